#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""dpdk-foo-bench catches every fault of a back-end that does one thing wrong."""

import json
import os
import re
import signal

import harness
import systest

BENCH = os.path.join(harness.BUILD, "app", "bench", "dpdk-foo-bench")
FAULTY = os.path.join(harness.BUILD, "tests", "unit", "bench_faulty")
RINGS = ([], ["--event-idx"], ["--ring=packed"], ["--ring=packed", "--event-idx"])
TROUBLE = ("lost", "duplicated", "reordered", "corrupted", "missed_interrupts")
EVERY = 50


class FaultyBase(systest.SystemTest):
    """Runs dpdk-foo-bench against the faulty back-end."""

    def bench(self, device, fault, args, every=EVERY):
        """Returns exit status, results (None: none were written) and how often it was wrong."""
        sock, result = self.ws.path("s"), self.ws.path("result")
        if os.path.exists(result):
            os.unlink(result)
        back = self.ws.run([FAULTY, "--socket", sock, "--device", device,
                            "--fault", "%s=%d" % (fault, every)])
        back.expect("^listening")
        bench = self.ws.run([BENCH, device, "--socket", sock, "--seconds=1", "--warmup=0",
                             "--json", result, "--quiet"] + list(args))
        status = bench.wait(60)
        self.error = bench.err()
        self.assertEqual(back.stop(signal.SIGTERM), 0)
        planted = int(re.search(r"^planted (\d+)$", back.out(), re.M).group(1))
        self.note("%s %s: %d planted, status %d" % (fault, " ".join(args), planted, status))
        if not os.path.exists(result):
            return status, None, planted
        with open(result, encoding="utf-8") as f:
            return status, json.load(f), planted


class NetTest(FaultyBase):
    """The net verb. The back-end is slow, so that the rate is low."""

    COMMON = ["--rate=5k", "--check=full", "--size=300", "--no-loss"]

    def caught(self, fault, seen, also=()):
        """With every kind of ring: so often seen as planted, and nothing else is."""
        for ring in RINGS:
            with self.subTest(fault=fault, ring=ring):
                status, run, planted = self.bench("net", fault, self.COMMON + ring)
                self.assertGreater(planted, 10)
                self.assertEqual(status, 1, self.error)
                results = run["results"]
                self.assertEqual(results[seen], planted)
                for name in TROUBLE:
                    if name != seen and name not in also:
                        self.assertEqual(results[name], 0, name)
                self.assertGreaterEqual(run["found"], 1)

    def test_none(self):
        for ring in RINGS:
            for sleep in ([], ["--interrupt"]):
                with self.subTest(ring=ring, sleep=sleep):
                    status, run, _ = self.bench("net", "none", self.COMMON + ring + sleep)
                    self.assertEqual(status, 0, self.error)
                    self.assertGreater(run["results"]["rx_packets"], 1000)
                    for name in TROUBLE:
                        self.assertEqual(run["results"][name], 0, name)
                    self.assertEqual(run["found"], 0)

    def test_drop(self):
        self.caught("drop", "lost")

    def test_duplicate(self):
        self.caught("duplicate", "duplicated")

    def test_corrupt(self):
        # whose packet it was is known from its header alone
        self.caught("corrupt", "corrupted", also=("lost",))
        self.assertIn("byte", self.error)

    def test_truncate(self):
        self.caught("truncate", "corrupted", also=("lost",))
        self.assertIn("299 bytes instead of 300", self.error)

    def test_used_length(self):
        self.caught("used_length", "corrupted", also=("lost",))
        self.assertIn("301 bytes instead of 300", self.error)

    def test_reorder(self):
        """Where nothing followed for a while the packet was let go, in order."""
        for ring in RINGS:
            with self.subTest(ring=ring):
                status, run, planted = self.bench("net", "reorder", self.COMMON + ring)
                results = run["results"]
                self.assertEqual(status, 1, self.error)
                self.assertGreater(results["reordered"], planted // 2)
                self.assertLessEqual(results["reordered"], planted)
                for name in TROUBLE:
                    if name != "reordered":
                        self.assertEqual(results[name], 0, name)

    def test_used_twice(self):
        status, run, planted = self.bench("net", "used_twice", self.COMMON)
        self.assertGreater(planted, 0)
        self.assertEqual(status, 1, self.error)
        self.assertIn("not in flight", self.error)
        self.assertGreater(run["found"], 0)
        self.assertGreater(run["results"]["rx_packets"], 0)

    def test_no_call(self):
        """Few packets: the interrupt of the next one would make up for it."""
        for ring in RINGS:
            with self.subTest(ring=ring):
                status, run, planted = self.bench(
                    "net", "no_call", ["--rate=100", "--interrupt"] + ring, every=10)
                self.assertGreater(planted, 0)
                self.assertEqual(status, 1, self.error)
                self.assertGreater(run["results"]["missed_interrupts"], 0)
                self.assertLessEqual(run["results"]["missed_interrupts"], planted)

    def test_seq_level(self):
        """What the cheap check cannot see: the back-end is wrong, but not in the first bytes."""
        status, run, planted = self.bench(
            "net", "corrupt", ["--rate=5k", "--check=seq", "--size=300", "--no-loss"])
        self.assertGreater(planted, 10)
        self.assertEqual((status, run["results"]["corrupted"]), (0, 0))


class BlkTest(FaultyBase):
    """The blk verb."""

    COMMON = ["--rw=randrw", "--verify", "--depth=8", "--timeout=1000"]
    TROUBLE = ("lost", "errors", "verify_errors", "bad_status", "bad_used_length",
               "missed_interrupts")
    RINGS = ([], ["--event-idx", "--indirect"], ["--ring=packed"],
             ["--ring=packed", "--event-idx", "--indirect", "--queues=2"])

    def rings(self, fault, args=(), every=EVERY):
        """Runs with every kind of ring; yields status, trouble and how often it was wrong."""
        for ring in self.RINGS:
            with self.subTest(fault=fault, ring=ring):
                status, run, planted = self.bench("blk", fault, self.COMMON + ring + list(args),
                                                  every)
                self.assertEqual(status, 0 if fault == "none" else 1, self.error)
                trouble = {name: run["results"][name] for name in self.TROUBLE}
                self.assertEqual(run["found"], sum(n > 0 for n in trouble.values()))
                yield run["results"], {name: n for name, n in trouble.items() if n}, planted

    def exactly(self, fault, seen, every=EVERY):
        """So often seen as planted, and nothing else is."""
        for _, trouble, planted in self.rings(fault, every=every):
            self.assertGreater(planted, 5)
            self.assertEqual(trouble, {seen: planted})

    def test_none(self):
        for sleep in ([], ["--interrupt"], ["--discard=10", "--write-zeroes=10",
                                            "--flush-every=10"]):
            for results, trouble, _ in self.rings("none", sleep):
                self.assertEqual(trouble, {})
                self.assertGreater(results["verified"], 1000)

    def test_drop(self):
        """Sooner or later none of the requests in flight is answered."""
        self.exactly("drop", "lost", every=200)
        self.assertIn("never completed", self.error)

    def test_used_length(self):
        self.exactly("used_length", "bad_used_length")

    def test_no_status(self):
        self.exactly("no_status", "bad_status")
        self.assertIn("was not written", self.error)

    def test_bad_status(self):
        self.exactly("bad_status", "bad_status")
        self.assertIn("no status has the value", self.error)

    def test_error_status(self):
        self.exactly("error_status", "errors")

    def test_corrupt(self):
        """Blocks that were never written hold nothing that could be known to be wrong."""
        for _, trouble, planted in self.rings("corrupt"):
            self.assertEqual(list(trouble), ["verify_errors"])
            self.assertGreater(trouble["verify_errors"], 10)
            self.assertLessEqual(trouble["verify_errors"], planted)
        self.assertIn("byte", self.error)

    def test_lost_write(self):
        """Seen at each read until the block is written again; not if that comes first."""
        for _, trouble, planted in self.rings("lost_write"):
            self.assertEqual(list(trouble), ["verify_errors"])
            self.assertGreater(trouble["verify_errors"], planted / 3)
        self.assertIn("left there", self.error)

    def test_lost_write_last_pass(self):
        """Nothing is read during the load: only the last pass can see it."""
        for _, trouble, planted in self.rings("lost_write", ["--rw=randwrite"]):
            self.assertGreater(planted, 10)
            self.assertEqual(list(trouble), ["verify_errors"])

    def test_used_twice(self):
        status, run, planted = self.bench("blk", "used_twice", self.COMMON)
        self.assertGreater(planted, 0)
        self.assertEqual(status, 1, self.error)
        self.assertIn("not in flight", self.error)
        self.assertGreater(run["found"], 0)
        self.assertGreater(run["results"]["requests"], 0)

    def test_no_call(self):
        for _, trouble, planted in self.rings("no_call", ["--rate=100", "--interrupt"], 10):
            self.assertEqual(list(trouble), ["missed_interrupts"])
            self.assertLessEqual(trouble["missed_interrupts"], planted)


if __name__ == "__main__":
    systest.main()
