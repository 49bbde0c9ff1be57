#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""Disks of dpdk-foo, driven by dpdk-foo-bench: contents, all kinds of requests, and what no guest
should send."""

import json
import os

import blkbench
import harness
import systest

RINGS = {
    "split": ["--ring=split"],
    "packed": ["--ring=packed"],
    "split, tables": ["--ring=split", "--indirect", "--segments=4", "--event-idx", "--interrupt"],
    "packed, tables": ["--ring=packed", "--indirect", "--segments=4", "--event-idx",
                       "--interrupt"],
}
KINDS = ("reads", "writes", "flushes", "discards", "write_zeroes")
ALL_KINDS = ["--discard=10", "--write-zeroes=10", "--flush-every=20"]


class Blk(blkbench.BlkBench):
    """One test a class of disk or a workload."""

    def disks(self, *vdevs, **kwargs):
        """Starts dpdk-foo with these disks ("blk_null0,size=1M"); returns their sockets."""
        paths = [self.ws.path("%d.sock" % i) for i in range(len(vdevs))]
        kwargs.setdefault("memory_mb", 512)
        self.foo = self.ws.foo(["%s,iface=%s" % pair for pair in zip(vdevs, paths)], **kwargs)
        return paths

    def conform(self, path, *options):
        """Runs all cases of disks, or those named; returns the report's cases by name."""
        report = self.ws.path("report.json")
        bench = self.ws.run([blkbench.BENCH, "conform", "--device", "blk", "--socket", path,
                             "--pid", str(self.foo.pid), "--strict", "--json", report, *options],
                            cpus=[harness.CPU_GUEST])
        status = bench.wait(200)
        with open(report, encoding="utf-8") as f:
            cases = json.load(f)["cases"]
        bad = [c for c in cases if c["verdict"] not in ("pass", "skip")]
        self.assertEqual((status, bad), (0, []))
        self.assertTrue(self.foo.running())
        return {c["name"]: c for c in cases}

    def skipped(self, cases):
        """Which cases were not run, without their formats."""
        return {name.partition("@")[0] for name, c in cases.items() if c["verdict"] == "skip"}

    def test_verify(self):
        """What was written is read, in each ring and depth; all sectors, at the end."""
        path, = self.disks("blk_malloc0,size=16M,queues=2")
        for name, ring in RINGS.items():
            for depth in ("1", "16", "256"):
                with self.subTest(ring=name, depth=depth):
                    run = self.accounted(self.measure(
                        path, "--rw=randrw", "--verify", "--depth=" + depth, *ring)["results"])
                    self.assertGreater(run["verified"], 20)

    def test_all_kinds(self):
        """Discards, zeroes and flushes among the rest, of one disk over four queues, on as many
        lcores as there are CPUs."""
        cpus = sorted({harness.CPU_BACKEND, harness.CPU_GUEST})
        lcores = ",".join("%d@%d" % pair for pair in enumerate(cpus))
        path, = self.disks("blk_malloc0,size=16M,queues=4", lcores=lcores, cpus=cpus)
        for name, ring in RINGS.items():
            for bs in ("512", "4k", "64k"):
                with self.subTest(ring=name, bs=bs):
                    run = self.accounted(self.measure(
                        path, "--rw=randrw", "--verify", "--depth=16", "--bs=" + bs,
                        "--queues=4", *ALL_KINDS, *ring)["results"])
                    for kind in KINDS:
                        self.assertGreater(run[kind], 0, kind)

    def test_large_blocks(self):
        """4096 bytes a block, requests of up to 1 MiB, through a pool of four requests."""
        path, = self.disks("blk_malloc0,size=16M,block-size=4096,depth=4")
        for ring in ("split", "packed"):
            for bs in ("4k", "1M"):
                with self.subTest(ring=ring, bs=bs):
                    run = self.accounted(self.measure(
                        path, "--rw=randrw", "--verify", "--depth=16", "--bs=" + bs,
                        "--ring=" + ring, *ALL_KINDS)["results"])
                    self.assertGreater(run["verified"], 20)

    def test_null(self):
        """The disk that forgets answers everything as well."""
        path, = self.disks("blk_null0,queues=2")
        for name, ring in RINGS.items():
            with self.subTest(ring=name):
                result = self.measure(path, "--rw=randrw", "--depth=32", "--queues=2",
                                      *ALL_KINDS, *ring)
                run = self.accounted(result["results"])
                for kind in KINDS:
                    self.assertGreater(run[kind], 0, kind)
                self.assertEqual(result["guests"][0]["disk"]["capacity"], 1 << 31)

    def test_forgetful(self):
        """And is found out by who looks at what it read."""
        path, = self.disks("blk_null0,size=1M")
        result = self.measure(path, "--rw=randwrite", "--verify", rc=1)
        self.assertGreater(result["results"]["verify_errors"], 0)

    def test_counters(self):
        """Telemetry has seen what the guest did."""
        path, = self.disks("blk_malloc0,size=16M")
        run = self.accounted(self.measure(path, "--rw=randrw", "--depth=16",
                                          *ALL_KINDS)["results"])
        counters = harness.flat(self.foo.telemetry("/foo/queue,blk_malloc0,0"))
        for kind, name in (("reads", "read"), ("writes", "write"), ("flushes", "flush"),
                           ("discards", "discard"), ("write_zeroes", "zeroes")):
            # the guest's warm-up and its end are not in its own figures
            self.assertGreaterEqual(counters[name], run[kind], kind)
        for name in ("io_errors", "refused", "unsupported"):
            self.assertEqual(counters[name], 0, name)

    def test_conform(self):
        """Every hostile and rare input is answered as it should be; another guest sees no
        error."""
        path, witness = self.disks("blk_malloc0,size=16M,queues=2", "blk_malloc1,size=16M")
        cases = self.conform(path, "--witness", witness)
        # what is left out has a reason; these are of other disks (test_bench_conform.py)
        others = {name.partition("@")[0] for name in cases
                  if name.startswith(("blk.4k-", "blk.zone-"))}
        self.assertEqual(self.skipped(cases), others | {
            "ring.index-wraps-in-order", "blk.read-only-write", "blk.read-only-discard",
            "blk.read-only-zeroes", "blk.read-only-erase"})

    def test_conform_read_only(self):
        """Nothing changes a read-only disk."""
        path, null, witness = self.disks("blk_malloc0,size=16M,ro=1", "blk_null0,ro=1",
                                         "blk_malloc1,size=16M")
        for disk in (path, null):
            cases = self.conform(disk, "--witness", witness, "--case", "blk.*")
            for name in ("write", "discard", "zeroes", "erase"):
                for ring in ("split", "packed"):
                    case = cases["blk.read-only-%s@%s" % (name, ring)]
                    self.assertEqual(case["observed"], "refused", case)

    def test_conform_null(self):
        """The disk that forgets refuses what the one in RAM refuses."""
        path, witness = self.disks("blk_null0", "blk_malloc1,size=16M")
        cases = self.conform(path, "--witness", witness, "--case", "blk.*", "--case", "desc.*")
        self.assertIn("blk.read-back", self.skipped(cases))
        self.assertNotIn("blk.discard-beyond", self.skipped(cases))

    def test_mistakes(self):
        """One line says what was wrong."""
        sock = self.ws.path("x.sock")
        for args, words in (("blk_malloc0,size=2M,max-size=1M",
                             "size=2097152: it is beyond max-size=1048576"),
                            ("blk_malloc0,size=17", "size"),
                            ("blk_null0,block-size=1024", "512, 4096"),
                            ("blk_null0,queues=65", "queues"),
                            ("blk_malloc0,size=60T", "60"),
                            ("blk_malloc0,serial=" + "x" * 21, "serial")):
            with self.subTest(args=args):
                foo = self.ws.foo(["%s,iface=%s" % (args, sock)], wait=False)
                self.assertNotEqual(foo.wait(30), 0)
                self.assertIn(words, foo.err())
                self.assertFalse(os.path.exists(sock))


if __name__ == "__main__":
    systest.main()
