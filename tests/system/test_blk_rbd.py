#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""blk_rbd with a Ceph cluster of one node (devtools/ceph.sh).

Not a part of `meson test`: Ceph's packages are 200 MB. With ceph-mon, ceph-osd, ceph-common and
librbd-dev installed:

    FOO_BUILD=build tests/system/test_blk_rbd.py
"""

import json
import os
import signal
import subprocess

import harness
import systest

BENCH = os.path.join(harness.BUILD, "app", "bench", "dpdk-foo-bench")
CEPH = os.path.join(harness.ROOT, "devtools", "ceph.sh")
TROUBLE = ("lost", "errors", "verify_errors", "bad_status", "bad_used_length")
ALL_KINDS = ["--rw=randrw", "--verify", "--depth=16", "--discard=5", "--write-zeroes=5",
             "--flush-every=20"]


class BlkRbd(systest.SystemTest):
    """One cluster a test: it takes some five seconds."""

    def setUp(self):
        super().setUp()
        self.disk = self.ws.path("blk.sock")
        self.cluster = self.ws.run([CEPH, self.ws.path("ceph")])
        self.cluster.expect("^ready", timeout=90)
        self.conf = self.ws.path("ceph/ceph.conf")

    def foo(self, properties="image=disk", *others, wait=True):
        vdev = "blk_rbd0,iface=%s,conf=%s,%s" % (self.disk, self.conf, properties)
        self.backend = self.ws.foo([vdev, *others], wait=wait)
        return self.backend

    def counters(self, queue=0):
        return harness.flat(self.backend.telemetry("/foo/queue,blk_rbd0,%d" % queue))

    def bench(self, *options, path=None):
        return self.ws.run([BENCH, "blk", "--quiet", "--json", self.ws.path("r.json"),
                            "--seconds=0.5", "--warmup=0", "--socket", path or self.disk,
                            *options], cpus=[harness.CPU_GUEST])

    def measure(self, *options, path=None):
        """A run without trouble; returns its results."""
        guest = self.bench(*options, path=path)
        self.assertEqual(guest.wait(60), 0, guest.describe())
        with open(self.ws.path("r.json"), encoding="utf-8") as f:
            results = json.load(f)["results"]
        for run in results.get("points", [results]):
            self.assertGreater(run["requests"], 0)
            for what in TROUBLE:
                self.assertEqual(run[what], 0, what)
        return results

    def rbd(self, *arguments):
        subprocess.run(["rbd", "--conf", self.conf, *arguments], check=True, timeout=60,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def osd(self):
        """Process id of the cluster's OSD."""
        with open("/proc/%d/task/%d/children" % (self.cluster.pid, self.cluster.pid),
                  encoding="ascii") as f:
            for pid in map(int, f.read().split()):
                with open("/proc/%d/comm" % pid, encoding="utf-8") as comm:
                    if comm.read().strip() == "ceph-osd":
                        return pid
        raise harness.Failure("there is no ceph-osd")

    def test_verify(self):
        """All kinds and sizes, over two queues; the image keeps it."""
        foo = self.foo("image=disk,queues=2")
        for ring in (["--ring=split", "--indirect"], ["--ring=packed"]):
            for pieces in ("--segments=1", "--segments=8"):
                with self.subTest(ring=ring, pieces=pieces):
                    self.measure(*ALL_KINDS, "--bs=512,4k,1M", "--queues=2", *ring, pieces)
        self.measure("--rw=write", "--verify", "--bs=1M", "--depth=8", "--flush-every=1")
        self.assertGreater(self.counters(1)["rbd_commands"], 0)
        self.assertEqual(self.counters()["rbd_errors"], 0)
        self.assertEqual(foo.stop(), 0)
        self.rbd("export", "disk", self.ws.path("image"))
        with open(self.ws.path("image"), "rb") as f:
            self.assertTrue(any(f.read(1 << 20)))
        self.foo("image=disk,write-cache=0")
        self.measure("--rw=read", "--verify", "--bs=1M")
        self.measure("--rw=randwrite", "--verify", "--depth=4")

    def test_conform(self):
        foo = self.foo("image=disk")
        run = self.ws.run([BENCH, "conform", "--device", "blk", "--socket", self.disk, "--strict",
                           "--pid", str(foo.pid)], cpus=[harness.CPU_GUEST])
        self.assertEqual(run.wait(120), 0, run.describe(400))

    def test_mistakes(self):
        for properties, text in (("image=none", "image=none: the pool has no such image"),
                                 ("image=disk,pool=none", "pool=none: the cluster has no such"),
                                 ("pool=rbd", "image=<path> is missing")):
            with self.subTest(properties=properties):
                foo = self.foo(properties, wait=False)
                self.assertNotEqual(foo.wait(60), 0)
                self.assertIn(text, foo.err())
        self.cluster.stop()
        foo = self.foo(wait=False)
        self.assertNotEqual(foo.wait(60), 0)
        self.assertIn("the Ceph cluster cannot be reached as user=admin", foo.err())

    def test_read_only(self):
        self.foo("image=disk,ro=1")
        self.measure("--rw=randread", "--depth=8")
        self.assertEqual(self.bench("--rw=randwrite").wait(), 2)

    def test_hung(self):
        """A cluster that hangs holds up neither other disks nor the end of its guest."""
        null = self.ws.path("null.sock")
        foo = self.foo("image=disk", "blk_null0,iface=" + null)
        guest = self.bench("--rw=randrw", "--verify", "--depth=32", "--seconds=0")
        harness.wait_until("requests", lambda: self.counters()["rbd_commands"] > 100)
        osd = self.osd()
        os.kill(osd, signal.SIGSTOP)
        try:
            self.measure("--depth=16", path=null)
            guest.kill()
            foo.expect("blk_rbd0: front-end disconnected", timeout=5)
            self.measure("--depth=16", path=null)
        finally:
            os.kill(osd, signal.SIGCONT)
        self.assertGreater(self.counters()["rbd_abandoned"], 0)
        self.assertNotRegex(foo.err(), "does not let go|does not answer")
        self.measure(*ALL_KINDS)
        self.assertEqual(foo.stop(), 0)


if __name__ == "__main__":
    systest.main()
