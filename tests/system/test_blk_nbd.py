#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""blk_nbd with nbdkit and qemu-nbd, which answer, refuse, hang and die."""

import json
import os
import re
import signal
import socket
import subprocess

import harness
import systest

BENCH = os.path.join(harness.BUILD, "app", "bench", "dpdk-foo-bench")
SHORT = ["--seconds=0.4", "--warmup=0"]
TROUBLE = ("lost", "errors", "verify_errors", "bad_status", "bad_used_length")
ALL_KINDS = ["--rw=randrw", "--verify", "--depth=16", "--discard=5", "--write-zeroes=5",
             "--flush-every=20"]
MEBI = 1 << 20


class BlkNbd(systest.SystemTest):
    """One test a kind of server, or a kind of trouble with it."""

    def setUp(self):
        super().setUp()
        self.nbd = self.ws.path("nbd.sock")
        self.uri = "nbd+unix:///?socket=" + self.nbd
        self.disk = self.ws.path("blk.sock")

    def server(self, *arguments):
        """Starts nbdkit."""
        if os.path.exists(self.nbd):
            os.unlink(self.nbd)
        server = self.ws.run(["nbdkit", "--foreground", "--exit-with-parent", "--unix", self.nbd,
                              *arguments])
        harness.wait_until("nbdkit to listen", lambda: harness.listening(server, self.nbd))
        return server

    def qemu_nbd(self, form, image):
        server = self.ws.run(["qemu-nbd", "--socket", self.nbd, "--format=" + form,
                              "--persistent", "--shared=4", "--discard=unmap", image])
        harness.wait_until("qemu-nbd to listen", lambda: harness.listening(server, self.nbd))
        return server

    def foo(self, properties="", *others, uri=None, wait=True):
        """Starts dpdk-foo with a disk of the server."""
        vdev = "blk_nbd0,iface=%s,uri=%s%s" % (self.disk, uri or self.uri,
                                               "," + properties if properties else "")
        self.backend = self.ws.foo([vdev, *others], wait=wait)
        return self.backend

    def counters(self, queue=0):
        return harness.flat(self.backend.telemetry("/foo/queue,blk_nbd0,%d" % queue))

    def bench(self, *options, path=None):
        return self.ws.run([BENCH, "blk", "--quiet", "--json", self.ws.path("r.json"),
                            "--socket", path or self.disk, *options], cpus=[harness.CPU_GUEST])

    def result(self, guest, rc=0, timeout=60):
        """The JSON of a run, which must end like this."""
        self.assertEqual(guest.wait(timeout), rc, guest.describe())
        with open(self.ws.path("r.json"), encoding="utf-8") as f:
            return json.load(f)

    def measure(self, *options, path=None):
        """A run without trouble; returns its results."""
        results = self.result(self.bench(*SHORT, *options, path=path))["results"]
        for run in results.get("points", [results]):
            self.assertGreater(run["requests"], 0)
            for what in TROUBLE:
                self.assertEqual(run[what], 0, what)
        return results

    def refused(self, text, properties="", uri=None):
        foo = self.foo(properties, uri=uri, wait=False)
        self.assertNotEqual(foo.wait(), 0)
        self.assertRegex(foo.err(), text)
        self.assertEqual(len(foo.err().splitlines()), 1)

    def test_verify(self):
        """All kinds and sizes of requests, over two queues; in pieces of any size."""
        self.server("memory", "64M")
        self.foo("queues=2")
        for ring in (["--ring=split", "--segments=1"], ["--ring=packed", "--segments=8"],
                     ["--ring=split", "--indirect", "--segments=32", "--bs=1M"]):
            with self.subTest(ring=ring):
                self.measure(*ALL_KINDS, "--bs=512,4k,1M", "--queues=2", *ring)
        self.assertGreater(self.counters()["nbd_bounced"], 0)
        self.assertGreater(self.counters(1)["nbd_commands"], 100)
        self.assertEqual(self.counters()["nbd_server_errors"], 0)

    def test_conform(self):
        self.server("memory", "64M")
        foo = self.foo()
        # all cases take 35 s; of the others most never come to the engine
        run = self.ws.run([BENCH, "conform", "--device", "blk", "--socket", self.disk,
                           "--case", "blk.*", "--case", "ctl.mem-*", "--case", "ctl.closed-*",
                           "--pid", str(foo.pid), "--strict"], cpus=[harness.CPU_GUEST])
        self.assertEqual(run.wait(120), 0, run.describe())

    def test_blocks(self):
        """A server that refuses whatever is smaller or larger than it says."""
        self.server("--filter=blocksize-policy", "memory", "64M", "blocksize-minimum=4096",
                    "blocksize-preferred=32768", "blocksize-maximum=65536",
                    "blocksize-error-policy=error")
        self.foo()
        for bs in ("4k", "256k"):
            for pieces in ("--segments=1", "--segments=8"):
                with self.subTest(bs=bs, pieces=pieces):
                    self.measure(*ALL_KINDS, "--bs=" + bs, pieces)
        guest = self.bench(*SHORT, "--bs=4k")
        disk = self.result(guest)["guests"][0]["disk"]
        self.assertEqual(disk["blk_size"], 4096)

    def test_large_blocks(self):
        self.server("--filter=blocksize-policy", "memory", "64M", "blocksize-minimum=64K",
                    "blocksize-preferred=64K")
        self.refused("the server wants blocks of 65536 bytes")

    def test_one_connection(self):
        self.server("--filter=multi-conn", "memory", "64M", "multi-conn-mode=disable")
        self.refused(r"queues=2: the NBD server takes one connection only .*: queues=1",
                     "queues=2")
        self.foo()
        self.measure(*ALL_KINDS)

    def test_mistakes(self):
        self.refused(r"blk_nbd0: uri=nbd\+unix.*: connect: No such file or directory")
        self.refused(r"blk_nbd0: uri=http://x: unknown NBD URI scheme", uri="http://x")
        with socket.socket(socket.AF_UNIX) as deaf:
            deaf.bind(self.nbd)
            deaf.listen()
            self.refused("no answer within 2 s")

    def test_read_only(self):
        self.server("--readonly", "memory", "64M")
        self.foo()
        self.measure("--rw=randread", "--depth=8")
        guest = self.bench(*SHORT, "--rw=randwrite")
        self.assertEqual(guest.wait(), 2)
        self.assertIn("the disk is read-only", guest.err())

    def test_tls(self):
        keys = self.ws.path("keys")
        with open(keys, "w", encoding="ascii") as f:
            f.write("alice:" + "6b" * 32 + "\n")
        self.server("--tls=require", "--tls-psk=" + keys, "memory", "64M")
        self.foo(uri="nbds+unix://alice@/?socket=%s&tls-psk-file=%s" % (self.nbd, keys))
        self.measure(*ALL_KINDS, "--bs=4k,256k")

    def test_durable(self):
        """write-cache=0: each write is durable, by its flag or else by a flush behind it."""
        no_fua = ["eval", "get_size=echo 64M", "can_write=exit 0", "can_flush=exit 0",
                  "can_fua=echo none", "pwrite=cat >/dev/null",
                  "pread=dd if=/dev/zero count=$3 iflag=count_bytes", "flush=exit 0"]
        for plugin, verify, flush in ((["memory", "64M"], "--verify", False),
                                      (no_fua, "--quiet", True)):
            with self.subTest(plugin=plugin):
                log = self.ws.path("log-" + plugin[0])
                server = self.server("--filter=log", *plugin, "logfile=" + log)
                foo = self.foo("write-cache=0")
                self.measure("--rw=randwrite", verify, "--depth=4")
                self.assertEqual(foo.stop(), 0)
                server.stop()
                with open(log, encoding="utf-8") as f:
                    text = f.read()
                writes = len(re.findall(r" Write id=", text))
                self.assertGreater(writes, 20)
                self.assertEqual(len(re.findall(r" Write id=.*fua=1", text)),
                                 0 if flush else writes)
                self.assertEqual(len(re.findall(r" Flush id=", text)), writes if flush else 0)

    def test_errors(self):
        """What the server fails the guest hears of, and of no more."""
        trigger = self.ws.path("trigger")
        self.server("--filter=error", "memory", "64M", "error-rate=100%",
                    "error-pread=EIO", "error-pread-file=" + trigger,
                    "error-pwrite=ENOSPC", "error-pwrite-file=" + trigger,
                    "error-trim-rate=0", "error-zero-rate=0")
        self.foo()
        self.measure(*ALL_KINDS)
        for rw in ("randread", "randwrite"):
            with self.subTest(rw=rw):
                before = self.counters()
                with open(trigger, "w", encoding="ascii"):
                    pass
                run = self.result(self.bench(*SHORT, "--rw=" + rw), 1)["results"]
                os.unlink(trigger)
                after = self.counters()
                self.assertGreaterEqual(run["errors"], run["requests"])
                self.assertEqual(run["lost"], 0)
                failed = after["io_errors"] - before["io_errors"]
                self.assertGreater(failed, 0)
                self.assertEqual(after["nbd_server_errors"] - before["nbd_server_errors"], failed)
        self.measure(*ALL_KINDS)

    def test_slow(self):
        """Replies in any order, late."""
        self.server("--filter=delay", "memory", "64M", "rdelay=20ms", "wdelay=5ms")
        self.foo("queues=2")
        run = self.measure("--rw=randrw", "--verify", "--depth=16", "--queues=2", "--seconds=1")
        self.assertGreater(run["latency_ns"]["max"], 20e6)

    def image(self, size=16 * MEBI):
        path = self.ws.path("image")
        with open(path, "wb") as f:
            f.truncate(size)
        return path

    def test_restart(self):
        """The server is killed and comes back: with durable writes that is a pause."""
        image = self.image()
        server = self.server("file", image)
        self.foo("write-cache=0,queues=2")
        guest = self.bench("--rw=randrw", "--verify", "--depth=16", "--queues=2", "--seconds=4",
                           "--warmup=0")
        for done in (1, 1000, 2000):
            harness.wait_until("requests", lambda: self.counters()["nbd_commands"] > done)
            server.kill()
            server = self.server("file", image)
            harness.wait_until("a new connection", lambda n=done: [
                q for q in (0, 1) if self.counters(q)["nbd_connections"] > 1])
        run = self.result(guest)["results"]
        for what in TROUBLE:
            self.assertEqual(run[what], 0, what)
        self.assertGreater(self.counters()["nbd_repeated"], 0)
        self.assertEqual(self.counters()["nbd_lost"], 0)
        self.assertEqual(self.counters()["nbd_lost_flushes"], 0)
        self.measure("--rw=randread", "--verify")

    def test_restart_idle(self):
        """A server that comes back while nobody asks is not noticed at all."""
        image = self.image()
        server = self.server("file", image)
        foo = self.foo("reconnect=5")
        self.measure("--rw=randwrite", "--verify", "--flush-every=1")
        server.kill()
        server = self.server("file", image)
        foo.expect("connected to the NBD server again")
        self.measure("--rw=randread", "--verify")
        self.assertEqual(self.counters()["nbd_repeated"], 0)

    def test_lost_cache(self):
        """A flush after the server's death does not promise what may be gone."""
        image = self.image()
        server = self.server("file", image)
        foo = self.foo()
        self.measure("--rw=randwrite")
        server.kill()
        server = self.server("file", image)
        foo.expect("connected to the NBD server again")
        run = self.result(self.bench(*SHORT, "--rw=randwrite", "--flush-every=10"), 1)["results"]
        self.assertEqual(run["errors"], 1)
        self.assertEqual(self.counters()["nbd_lost_flushes"], 1)
        self.measure("--rw=randwrite", "--flush-every=10")

    def test_death(self):
        """A server that stays away: IOERR after reconnect= seconds; the guest's socket lives."""
        server = self.server("memory", "64M")
        foo = self.foo("reconnect=1")
        guest = self.bench("--rw=randread", "--depth=8", "--seconds=3", "--warmup=0")
        harness.wait_until("requests", lambda: self.counters()["nbd_commands"] > 0)
        server.kill()
        run = self.result(guest, 1)["results"]
        self.assertGreater(run["errors"], 0)
        self.assertEqual(run["lost"], 0)
        self.assertGreater(run["latency_ns"]["max"], 0.9e9)
        lost = self.counters()["nbd_lost"]
        self.assertEqual(self.counters()["io_errors"], lost)
        self.server("memory", "64M")
        foo.expect("connected to the NBD server again")
        self.measure(*ALL_KINDS)

    def test_no_reconnect(self):
        server = self.server("memory", "64M")
        self.foo("reconnect=0")
        self.measure(*ALL_KINDS)
        server.kill()
        for _ in range(2):
            run = self.result(self.bench(*SHORT, "--rw=randread"), 1)["results"]
            self.assertGreaterEqual(run["errors"], run["requests"])

    def test_hung(self):
        """A server that hangs holds up neither other disks nor the end of its guest."""
        null = self.ws.path("null.sock")
        # nbdkit would die by an assertion of its own when it goes on
        server = self.qemu_nbd("raw", self.image())
        foo = self.foo("write-cache=0", "blk_null0,iface=" + null)
        guest = self.bench("--rw=randrw", "--verify", "--depth=32", "--seconds=0")
        harness.wait_until("requests", lambda: self.counters()["nbd_commands"] > 100)
        with harness.stopped(server):
            self.measure("--depth=16", path=null)
            guest.kill()
            foo.expect("front-end disconnected", timeout=5)
            self.measure("--depth=16", path=null)
            self.assertNotRegex(foo.err(), "does not let go|does not answer")
        foo.expect("connected to the NBD server again")
        self.measure(*ALL_KINDS)

    def test_qcow2(self):
        """An image of another format, by qemu-nbd."""
        image = self.ws.path("image.qcow2")
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", image, "64M"], check=True)
        server = self.qemu_nbd("qcow2", image)
        self.foo("queues=2")
        self.measure(*ALL_KINDS, "--bs=4k,256k", "--segments=4", "--queues=2")
        self.measure("--rw=write", "--verify", "--bs=64k", "--depth=8", "--flush-every=1")
        self.assertEqual(self.backend.stop(), 0)
        server.stop(signal.SIGTERM)
        subprocess.run(["qemu-img", "check", "-q", image], check=True)


if __name__ == "__main__":
    systest.main()
