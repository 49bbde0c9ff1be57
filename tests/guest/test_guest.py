#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""A Linux guest whose two network cards are served by one dpdk-foo.

The cards sit in two network namespaces of the guest, so all that they tell
each other goes through the back-end: pings, of which none may get lost, and
files over TCP, which must arrive whole.

FOO_GUEST_BACKEND=testpmd puts DPDK's own back-end in dpdk-foo's place: an
oracle. It passes all but the tests of what it does not know:
transitional_multiqueue (unequal numbers), mismatch and crash (telemetry).
"""

import os
import signal
import struct
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "system"))

import harness  # noqa: E402
import systest  # noqa: E402
import qemu  # noqa: E402

TESTPMD = os.environ.get("FOO_GUEST_BACKEND") == "testpmd"

# Feature bits: VIRTIO 1.2, sections 5.1.3 and 6.
CSUM, GUEST_CSUM, MTU, GUEST_TSO4, HOST_TSO4, MRG_RXBUF, MQ = 0, 1, 3, 7, 11, 15, 22
EVENT_IDX, VERSION_1, RING_PACKED = 29, 32, 34

ETHERNET_HEADER = 14
FILE_MIB = 4
NO_GUEST_OFFLOADS = ("guest_csum=off,guest_tso4=off,guest_tso6=off,guest_ecn=off,guest_ufo=off,"
                     "ctrl_guest_offloads=off")
MODERN = "disable-legacy=on"
TRANSITIONAL = "disable-legacy=off,disable-modern=off"
LEGACY = "disable-legacy=off,disable-modern=on"


class GuestTest(systest.SystemTest):
    """One back-end with two sockets, and what a guest can show through it."""

    def setUp(self):
        reason = qemu.why_not()
        if reason:
            self.skipTest(reason)
        super().setUp()
        self.begin = time.monotonic()
        self.sockets = [self.ws.path("a.sock"), self.ws.path("b.sock")]

    def step(self, text):
        self.note("%5.1f s: %s" % (time.monotonic() - self.begin, text))

    def serve(self, queues=1, client=(0, 0)):
        """Starts the back-end."""
        vdevs = ["net_vhost%d,iface=%s,client=%d,queues=%d"
                 % (n, self.sockets[n], client[n], queues) for n in (0, 1)]
        if TESTPMD:
            self.foo = self.ws.testpmd_backend([v + ",tso=1" for v in vdevs], queues=queues)
        else:
            self.foo = self.ws.foo(vdevs)

    def boot(self, **kwargs):
        """Starts a guest."""
        self.guest = qemu.NetGuest(self.ws, self.sockets, **kwargs)
        self.step("the guest has booted")

    def reboot(self):
        self.guest.reset()
        self.step("the guest has booted again")

    def finish(self):
        """Both sides end cleanly."""
        self.guest.quit()
        self.serving()
        self.assertEqual(self.foo.stop(signal.SIGTERM), 0)

    def serving(self):
        self.assertTrue(self.foo.running(), "the back-end has died")

    def features(self, letters="ab", has=(), lacks=()):
        """Checks what the guest's driver negotiated."""
        for letter in letters:
            bits = self.guest.must("features " + letter)
            for bit in tuple(has) + tuple(lacks):
                self.assertEqual(bits[bit], "1" if bit in has else "0",
                                 "feature bit %d of card %s: %s" % (bit, letter, bits))

    def pings(self, size=56, count=20):
        for letter in "ab":
            self.guest.must("ping_from %s %d %d" % (letter, size, count))
        self.serving()
        self.step("%d pings of %d bytes, none lost" % (4 * count, size))

    def fetch(self, letter, prefix=""):
        """A file comes to a card whole; bytes of a packet on average."""
        average = int(self.guest.must("%sfetch %s 60" % (prefix, letter), 120))
        self.serving()
        self.step("a file came whole to %s, %d bytes a packet" % (letter, average))
        return average

    def files(self, large, mtu=1500):
        """A file each way. large: whether packets beyond a frame come, or not (None: whatever)."""
        self.guest.must("make_file %d" % FILE_MIB)
        for letter in "ab":
            average = self.fetch(letter)
            if large is not None:
                self.assertEqual(average > mtu + ETHERNET_HEADER, large,
                                 "wrong size of packets to %s" % letter)

    def traffic(self, large=None, mtu=1500):
        self.pings()
        self.pings(size=mtu - 100)
        self.files(large, mtu)

    def file_on_its_way(self):
        """Returns while a large file moves."""
        self.guest.must("make_file 64")
        self.guest.must("in_background fetch a 60")

        def moved():
            return int(self.guest.must("counters a").split()[0])
        start = moved()
        harness.wait_until("a file to move", lambda: moved() > start + (2 << 20), 60)


class Transports(GuestTest):
    """Every way to attach the device."""

    def test_modern(self):
        """Virtio-pci without its legacy interface: offloads on and off, a reboot."""
        self.serve()
        self.boot(card=MODERN)
        self.features(has=(VERSION_1, MRG_RXBUF, CSUM, GUEST_CSUM, HOST_TSO4, GUEST_TSO4))
        self.traffic(large=True)
        for letter in "ab":
            self.guest.must("offload %s off" % letter)
        self.files(large=False)
        self.reboot()
        self.traffic(large=True)
        self.finish()

    def test_legacy(self):
        """A legacy card with few features and a header of 10 bytes, against a modern one."""
        self.serve()
        self.boot(card=(MODERN, LEGACY + ",mrg_rxbuf=off,event_idx=off,indirect_desc=off"))
        self.features("a", has=(VERSION_1, MRG_RXBUF, EVENT_IDX))
        self.features("b", lacks=(VERSION_1, MRG_RXBUF, EVENT_IDX))
        self.traffic(large=True)
        self.finish()

    def test_packed(self):
        """Packed rings, and frames of 9000 bytes by the device's MTU."""
        self.serve()
        self.boot(card="packed=on,host_mtu=9000")
        self.features(has=(RING_PACKED, MTU))
        self.assertEqual(self.guest.must("mtu a"), "9000")
        self.traffic(large=True, mtu=9000)
        self.finish()

    def test_mmio_modern(self):
        """Virtio-mmio, modern."""
        self.serve()
        self.boot(machine="microvm", options=["-global", "virtio-mmio.force-legacy=off"])
        self.features(has=(VERSION_1,))
        self.traffic(large=True)
        self.finish()

    def test_mmio_legacy(self):
        """Virtio-mmio, legacy."""
        self.serve()
        self.boot(machine="microvm", options=["-global", "virtio-mmio.force-legacy=on"])
        self.features(lacks=(VERSION_1,))
        self.traffic(large=True)
        self.finish()


class Negotiation(GuestTest):
    """The two guests' drivers agreed to different things."""

    def test_transitional_multiqueue(self):
        """Transitional cards, fewer CPUs than queue pairs, and unequal numbers in use."""
        self.serve(queues=4)
        self.boot(card=TRANSITIONAL, queues=4, cpus=2)
        self.features(has=(VERSION_1, MQ))
        for letter in "ab":
            self.assertEqual(self.guest.must("channels " + letter), "4 2", "offered, used")
        self.traffic(large=True)
        for numbers in ((1, 4), (4, 1), (3, 2)):
            for letter, number in zip("ab", numbers):
                self.guest.must("set_channels %s %d" % (letter, number))
            self.step("%d queue pairs at a, %d at b" % numbers)
            for cpu in (1, 2):
                for letter in "ab":
                    self.guest.must("on_cpu %d ping_from %s 56 10" % (cpu, letter))
                    self.fetch(letter, "on_cpu %d " % cpu)
        self.finish()

    def test_mismatch(self):
        """b sends unfinished checksums and large segments, a can take neither."""
        self.serve()
        self.boot(card=(MODERN + "," + NO_GUEST_OFFLOADS, MODERN))
        self.features("a", lacks=(GUEST_CSUM, GUEST_TSO4))
        self.features("b", has=(CSUM, HOST_TSO4))
        self.pings()
        # The back-end drops each large segment until TCP sends small ones: slow.
        self.guest.must("make_file 1")
        self.assertLessEqual(self.fetch("a"), 1500 + ETHERNET_HEADER, "a cannot take such packets")
        self.fetch("b")
        self.finish()


class Restarts(GuestTest):
    """One side goes, the other stays."""

    def test_crash(self):
        """QEMU is killed while a file moves; then a guest breaks a ring and reboots."""
        self.serve()
        self.boot(card=MODERN)
        self.file_on_its_way()
        self.guest.process.kill()
        self.serving()
        self.step("QEMU killed while a file moved")
        self.boot(card=MODERN)
        self.traffic()
        self.break_ring()
        self.reboot()
        self.assertFalse(self.broken())
        self.traffic()
        self.finish()

    def break_ring(self):
        """Fills a's receive queue with impossible descriptors, until the back-end meets one."""
        ring = self.guest.queue("a", 0)
        # The head of a chain, behind flags and index: VIRTIO 1.2, section 2.7.6.
        heads, size = ring["avail-phys"] + 4, 2 * ring["num"]
        self.guest.memory()[heads:heads + size] = struct.pack("<H", 0xffff) * ring["num"]

        def met():
            self.guest.order("in_ns b ping -q -c 20 -i 0.01 -W 1 $(address a)")
            self.serving()
            return self.broken()
        fault = harness.wait_until("the back-end to report a broken queue", met, 60)
        self.assertEqual(fault, "head_range")
        self.step("the guest broke a ring, the back-end reports it")

    def broken(self):
        queue = self.foo.telemetry("/foo/queue,net_vhost0,0")
        return queue["state"] == "broken" and queue["broken"]

    def test_reconnect(self):
        """The back-end restarts under a guest. It connects to a's socket, QEMU to b's."""
        self.serve(client=(1, 0))
        self.boot(chardev=("server=on", "reconnect=1"))
        self.traffic()
        self.assertEqual(self.foo.stop(signal.SIGTERM), 0)
        self.back("ended")
        self.foo.kill()
        self.back("killed")
        self.file_on_its_way()
        self.foo.kill()
        self.back("killed while a file moved")
        self.finish()

    def back(self, how):
        if TESTPMD and os.path.exists(self.sockets[1]):
            os.unlink(self.sockets[1])
        self.serve(client=(1, 0))
        self.guest.must("until_up 60", 90)
        self.step("back-end %s and started anew, both links are up" % how)
        self.traffic()


if __name__ == "__main__":
    systest.main()
