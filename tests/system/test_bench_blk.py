#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""dpdk-foo-bench blk against qemu-storage-daemon.

Rates are not judged: what is checked is that every request is accounted for, that what is
verified is what is on the disk, and that the exit status says so.
"""

import signal

import blkbench
import harness
import systest

# qemu-storage-daemon 7.2 has no packed rings.
RINGS = {
    "direct": [],
    "indirect": ["--indirect"],
    "event index": ["--event-idx"],
    "interrupts": ["--interrupt"],
    "all": ["--indirect", "--event-idx", "--interrupt", "--segments=4"],
}
DEPTHS = [1, 16, 256]
MEBI = 1 << 20


class BenchBlk(blkbench.BlkBench):
    """One test a workload or an option."""

    def disk(self, name, blockdev, options="writable=on,num-queues=4"):
        """Starts a disk; returns its socket."""
        path = self.ws.path(name)
        self.daemon = self.ws.run(
            ["qemu-storage-daemon", "--blockdev", blockdev + ",node-name=d", "--export",
             "type=vhost-user-blk,id=e,node-name=d,addr.type=unix,addr.path=%s,%s" % (
                 path, options)], cpus=[harness.CPU_BACKEND])
        harness.wait_until("the disk to listen", lambda: harness.listening(self.daemon, path))
        return path

    def null_disk(self, options="writable=on,num-queues=4"):
        return self.disk("null", "driver=null-co,size=%d" % (64 * MEBI), options)

    def file_disk(self, size=16 * MEBI):
        self.image = self.ws.path("image")
        with open(self.image, "wb") as f:
            f.truncate(size)
        return self.disk("file", "driver=file,discard=unmap,filename=" + self.image)

    def test_depths(self):
        path = self.null_disk()
        for ring, options in RINGS.items():
            for rw in ("read", "randwrite", "randrw"):
                with self.subTest(ring=ring, rw=rw):
                    result = self.measure(path, "--depth=1,16,256", "--rw=" + rw, *options)
                    points = result["results"]["points"]
                    self.assertEqual([point["depth"] for point in points], DEPTHS)
                    for run in points:
                        self.accounted(run)
                        self.assertEqual(run["reads"] > 0, rw != "randwrite")
                        self.assertEqual(run["writes"] > 0, rw != "read")
                    self.assertEqual(result["found"], 0)

    def test_verify(self):
        """What it says was verified was; in each ring, depth and order."""
        path = self.file_disk()
        for ring, options in RINGS.items():
            for rw in ("rw", "randrw", "randwrite"):
                with self.subTest(ring=ring, rw=rw):
                    result = self.measure(path, "--depth=1,16,256", "--rw=" + rw, "--verify",
                                          *options)
                    for run in result["results"]["points"]:
                        self.accounted(run)
                        self.assertGreater(run["verified"], 20)

    def test_all_kinds(self):
        """Discards, write-zeroes and flushes among the rest, over four queues."""
        path = self.file_disk()
        for bs in ("512", "4k", "64k"):
            with self.subTest(bs=bs):
                result = self.measure(path, "--depth=16", "--rw=randrw", "--verify", "--bs=" + bs,
                                      "--discard=10", "--write-zeroes=10", "--flush-every=20",
                                      "--queues=4")
                run = self.accounted(result["results"])
                for kind in ("reads", "writes", "flushes", "discards", "write_zeroes"):
                    self.assertGreater(run[kind], 0, kind)
                self.assertEqual(result["guests"][0]["queues"], 4)
                self.assertEqual(result["guests"][0]["disk"]["capacity"], 32768)

    def test_written_before(self):
        """What a run has written a later one finds, and misses if it was spoilt meanwhile."""
        path = self.file_disk(MEBI)
        self.accounted(self.measure(path, "--rw=write", "--verify", "--depth=16")["results"])
        read = ["--rw=read", "--verify", "--depth=16"]
        self.accounted(self.measure(path, *read)["results"])
        with open(self.image, "r+b") as f:
            f.seek(123456)
            old = f.read(1)
            f.seek(123456)
            f.write(bytes([old[0] ^ 1]))
        guest = self.bench(*blkbench.SHORT, "--quiet", "--json", self.ws.path("r.json"),
                           "--socket", path, *read)
        result = self.result(guest, 1)
        self.assertGreater(result["results"]["verify_errors"], 0)
        self.assertIn("sector 241: byte 64 is", guest.err())

    def test_forgetful_disk(self):
        """null-co answers every read with zeros."""
        path = self.disk("null", "driver=null-co,read-zeroes=on,size=%d" % MEBI)
        result = self.measure(path, "--rw=randwrite", "--verify", rc=1)
        self.assertGreater(result["results"]["verify_errors"], 0)
        self.assertEqual(result["found"], 1)

    def test_rate(self):
        """Open loop: as many as asked for."""
        path = self.null_disk()
        for ring in ([], ["--interrupt"]):
            result = self.measure(path, "--rate=1k", "--depth=16", "--seconds=1",
                                  "--plot", self.ws.path("p.svg"), *ring)
            run = self.accounted(result["results"])
            self.assertAlmostEqual(run["requests"], 1000, delta=250)
        with open(self.ws.path("p.svg"), encoding="utf-8") as f:
            self.assertIn("Latency of requests", f.read())

    def test_sweep(self):
        result = self.measure(self.null_disk(), "--bs=512,4k", "--depth=1,4,16",
                              "--plot", self.ws.path("p.svg"))
        points = result["results"]["points"]
        self.assertEqual([(p["bs"], p["depth"]) for p in points],
                         [(512, 1), (512, 4), (512, 16), (4096, 1), (4096, 4), (4096, 16)])
        for run in points:
            self.accounted(run)
            self.assertAlmostEqual(run["bytes_per_second"] / run["iops"], run["bs"], delta=1)
        with open(self.ws.path("p.svg"), encoding="utf-8") as f:
            plot = f.read()
        for text in ("Requests answered", "depth", "512 B", "4096 B"):
            self.assertIn(text, plot)

    def test_guests(self):
        """Two disks at once."""
        first = self.null_disk()
        second = self.file_disk()
        result = self.measure(first, "--socket", second, "--depth=4")
        self.accounted(result["results"])
        self.assertEqual(len(result["guests"]), 2)

    def test_output(self):
        guest = self.bench("--socket", self.null_disk(), "--seconds=0.5", "--warmup=0",
                           "--interval=0.1")
        self.assertEqual(guest.wait(), 0)
        for text in ("67.1 MB, capacity 131072", "num_queues 4", "blk_size 512", "VERSION_1",
                     "IOPS:", "Disk statistics for guest 0", "p99.99"):
            self.assertIn(text, guest.out())

    def test_interrupted(self):
        """SIGINT ends it early, and it has its result."""
        guest = self.bench("--socket", self.null_disk(), "--seconds=3600", "--interval=0.1",
                           "--json", self.ws.path("r.json"))
        guest.expect(r"IOPS: +[1-9]")
        guest.send_signal(signal.SIGINT)
        self.accounted(self.result(guest)["results"])

    def test_backend_dies(self):
        guest = self.bench("--socket", self.null_disk(), "--seconds=0", "--interval=0.1")
        guest.expect(r"IOPS: +[1-9]")
        self.daemon.kill()
        self.assertEqual(guest.wait(), 2)
        self.assertIn("the back-end closed the connection", guest.err())

    def test_null(self):
        for ring in ("split", "packed"):
            result = self.measure(None, "--mode=null", "--ring", ring, "--depth=1,128",
                                  "--rw=randrw")
            for run in result["results"]["points"]:
                self.accounted(run)

    def test_mistakes(self):
        read_only = self.null_disk("writable=off")
        for options, text in (
                (["--socket", read_only, "--rw=write"], "the disk is read-only"),
                (["--socket", read_only, "--queues=2"], "--queues 2: the disk has 1"),
                (["--socket", read_only, "--ring=packed"], "does not offer RING_PACKED"),
                (["--socket", read_only, "--segments=32", "--bs=1000"], "multiples of 512"),
                (["--socket", self.ws.folder], "connect to " + self.ws.folder),
                ([], "--socket PATH is missing")):
            with self.subTest(options=options):
                guest = self.bench(*options)
                self.assertEqual(guest.wait(), 2)
                self.assertIn(text, guest.err())
                self.assertEqual(len(guest.err().splitlines()), 1)
        self.assertEqual(self.bench("--help").wait(), 0)


if __name__ == "__main__":
    systest.main()
