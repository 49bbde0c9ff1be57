#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""A guest writes its disk while what serves it dies, or while the guest moves.

The load is fio, which reads every block that it has written and checks it. It
must not notice anything: neither that dpdk-foo is killed and started anew,
FOO_KILLS times, nor that the guest migrates to another QEMU and another
dpdk-foo, and back.
"""

import os
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "system"))

import harness  # noqa: E402
import systest  # noqa: E402
import qemu     # noqa: E402

KILLS = int(os.environ.get("FOO_KILLS", "2"))
FIO = "/usr/bin/fio"
MEBI = 1 << 20
IMAGE = 16 * MEBI
# Random writes and reads of blocks, each of which is read again and checked.
JOB = """--name=load --filename=/dev/vda --direct=1 --ioengine=libaio --iodepth=16 --rw=randrw
--bs=4k --size=4m --verify=crc32c --verify_fatal=1 --verify_backlog=64 --randrepeat=0
--time_based --runtime=3 --eta=never""".replace("\n", " ")


class Load(systest.SystemTest):
    """A guest with fio."""

    def setUp(self):
        reason = qemu.why_not([FIO])
        if reason:
            self.skipTest(reason)
        super().setUp()
        self.begin = time.monotonic()
        self.image = self.ws.path("disk.img")
        with open(self.image, "wb") as file:
            file.truncate(IMAGE)

    def step(self, text):
        self.note("%5.1f s: %s" % (time.monotonic() - self.begin, text))

    def serve(self, name, more=""):
        """Starts a back-end: two lcores, which share a CPU as the guest needs the other."""
        return self.ws.foo(["blk_uring0,iface=%s,path=%s%s" % (self.ws.path(name), self.image,
                                                               more)],
                           lcores="(0,1)@%d" % harness.CPU_BACKEND)

    def boot(self, name, **kwargs):
        return qemu.DiskGuest(self.ws, self.ws.path(name), memory="512M", tools=[FIO], **kwargs)

    @staticmethod
    def ended(foo):
        """Requests that a back-end has ended."""
        disk = harness.flat(foo.telemetry("/foo/device,blk_uring0"))
        return disk["read"] + disk["write"]

    def flowing(self, foo, more=200):
        before = self.ended(foo)
        harness.wait_until("%d requests to end" % more,
                           lambda: self.ended(foo) >= before + more, 60)


    def load(self, guest):
        guest.must("begin_load " + JOB)

    def finish(self, guest, foo):
        """fio has found nothing, nor has the guest's kernel."""
        said = guest.must("end_load", 120)
        self.assertIn("err= 0", said)
        self.step(said.splitlines()[-1])
        self.assertEqual(guest.must("dmesg | grep -i 'error\\|reset\\|timeout' || true"), "")
        guest.quit()
        self.assertTrue(foo.running(), "the back-end has died")
        self.assertEqual(foo.stop(signal.SIGTERM), 0)


class Crash(Load):
    """dpdk-foo is killed."""

    def start(self, **kwargs):
        self.foo = self.serve("blk.sock")
        self.guest = self.boot("blk.sock", chardev="reconnect=1", **kwargs)
        self.step("the guest has booted")

    def kill(self):
        self.foo.kill()
        self.foo = self.serve("blk.sock")

    def killed(self, **kwargs):
        self.start(**kwargs)
        self.load(self.guest)
        for _ in range(KILLS):
            self.flowing(self.foo)
            self.kill()
            self.flowing(self.foo)
            self.step("killed and started again, and the load goes on")
        self.finish(self.guest, self.foo)

    def test_split(self):
        self.killed()

    def test_packed(self):
        self.killed(disk="packed=on")

    def kill_running(self):
        """Kills it as soon as a driver has started the disk's queue."""
        def runs():
            return self.foo.telemetry("/foo/queue,blk_uring0,0")["state"] == "running"
        harness.wait_until("a driver to start the disk", runs, qemu.BOOT_SECONDS)
        self.kill()
        self.step("killed while the guest booted")

    def test_boot(self):
        """Killed with nothing in flight, then while the firmware looks at the disk, then while
        Linux does."""
        self.start()
        self.kill()

        def kills():
            for _ in range(2):
                self.kill_running()
        self.guest.reset(kills)
        self.step("the guest has booted again")
        self.load(self.guest)
        self.flowing(self.foo)
        self.finish(self.guest, self.foo)


class Migration(Load):
    """The guest moves. Both back-ends have the image open, and use it one after the other.

    Its memory is copied while it runs, and a rest when it has been stopped, for as long as QEMU
    allows by default. To make QEMU 7.2 copy anew again and again is no test of ours: a guest under
    TCG then panics where it arrives with QEMU's own virtio-blk and with qemu-storage-daemon, too.
    """

    def moved(self, **kwargs):
        foos = [self.serve("%d.sock" % n, ",lock=0") for n in (0, 1)]
        guest = self.boot("0.sock", **kwargs)
        self.step("the guest has booted")
        self.load(guest)
        for to in (1, 0):
            self.flowing(foos[1 - to])
            other = self.boot("%d.sock" % to, comes="unix:" + self.ws.path("to%d" % to), **kwargs)
            status = guest.migrate(other)
            guest.quit()
            guest = other
            self.step("moved in %d ms, stopped for %d ms" % (status["total-time"],
                                                             status["downtime"]))
            self.flowing(foos[to])
        self.finish(guest, foos[0])

    def test_migration_split(self):
        self.moved()

    def test_migration_packed(self):
        self.moved(disk="packed=on")


if __name__ == "__main__":
    systest.main()
