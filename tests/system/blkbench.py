# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""dpdk-foo-bench blk, run to its end and its result read."""

import json
import os

import harness
import systest

BENCH = os.path.join(harness.BUILD, "app", "bench", "dpdk-foo-bench")
SHORT = ["--seconds=0.4", "--warmup=0.1"]
TROUBLE = ("lost", "errors", "verify_errors", "bad_status", "bad_used_length",
           "missed_interrupts")


class BlkBench(systest.SystemTest):
    """A test that plays the guests of a disk."""

    def bench(self, *options):
        return self.ws.run([BENCH, "blk", *options], cpus=[harness.CPU_GUEST])

    def result(self, guest, rc=0):
        """The JSON of a run, which must end like this."""
        self.assertEqual(guest.wait(90), rc, guest.describe())
        with open(self.ws.path("r.json"), encoding="utf-8") as f:
            return json.load(f)

    def measure(self, path, *options, rc=0):
        """Runs it to its end; returns the JSON."""
        return self.result(self.bench(*SHORT, "--quiet", "--json", self.ws.path("r.json"),
                                      *(["--socket", path] if path else []), *options), rc)

    def accounted(self, run):
        """Requests were answered, and none in a way in which it should not have been."""
        self.assertGreater(run["requests"], 20)
        for what in TROUBLE:
            self.assertEqual(run[what], 0, what)
        latency = run["latency_ns"]
        self.assertGreaterEqual(latency["count"], run["requests"])
        self.assertLessEqual(latency["min"], latency["p50"])
        self.assertLessEqual(latency["p50"], latency["p99_99"])
        return run
