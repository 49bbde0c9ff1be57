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
        status, _, planted = self.bench("net", "used_twice", self.COMMON)
        self.assertGreater(planted, 0)
        self.assertEqual(status, 1, self.error)
        self.assertIn("not in flight", self.error)

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


if __name__ == "__main__":
    systest.main()
