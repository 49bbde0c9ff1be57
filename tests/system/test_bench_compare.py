#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""dpdk-foo-bench compare, between programs that only pretend to be back-ends and loads."""

import json
import os
import re
import signal
import subprocess
import sys
import unittest

import harness
import systest

BENCH = os.path.join(harness.BUILD, "app", "bench", "dpdk-foo-bench")

# A back-end: listens, and says at its end how it did.
BACKEND = r"""
import os, signal, socket, sys, time
path, cycles, pids = sys.argv[1:4]
def end(*_):
    print("junk\nCPU cycles/packet=%s (total)" % cycles, flush=True)
    os._exit(0)
signal.signal(signal.SIGTERM, end)
signal.signal(signal.SIGINT, end)
open(pids, "a").write("%d %s\n" % (os.getpid(), cycles))
time.sleep(0.1)
s = socket.socket(socket.AF_UNIX)
s.bind(path)
s.listen()
print("up", flush=True)
if len(sys.argv) > 4:
    time.sleep(0.2)
    print("first\nsegmentation fault of some kind", file=sys.stderr, flush=True)
    os._exit(7)
sys.stdin.read()
print("end of input", flush=True)
os._exit(9)
"""

# A load: asked by its standard input.
LOAD = r"""
import os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
print("ready>", flush=True)
for line in sys.stdin:
    if line.strip() == "quit":
        break
    print("you said", line.strip(), flush=True)
    print("rate: 1", flush=True)
    print("rate: %s" % sys.argv[2], flush=True)
"""

INI = """\
[compare]
title = pretenders
rounds = 3
seconds = 0.1
settle = 0
base = slow

[vars]
py = {python}
rate_1 = 100
rate_2 = 250

[backend slow]
command = ${{py}} {folder}/backend.py ${{socket}} 40.5 {folder}/pids
version = echo slow 1.0

[backend fast]
command = ${{py}} {folder}/backend.py ${{socket}} 20.25 {folder}/pids {extra}
stop = SIGTERM
version = echo fast 2.0

[load talk]
sweep = size=1,2 kind=x
command = ${{py}} {folder}/load.py ${{socket}} ${{rate_${{size}}}}
ready = ready>
step = type hello ${{size}}
step = expect you said hello ${{size}}
step = sleep {sleep}
step = type quit
metric.rate = rate: ([0-9]+)

[metric rate]
title = how fast
unit = things
{rate}

[metric cycles]
better = lower
regex = CPU cycles/packet=([0-9.]+)
"""


class CompareTest(systest.SystemTest):
    def setUp(self):
        super().setUp()
        for name, text in (("backend.py", BACKEND), ("load.py", LOAD)):
            with open(self.ws.path(name), "w", encoding="utf-8") as f:
                f.write(text)
        self.tmp = self.ws.path("tmp")
        os.mkdir(self.tmp)
        self.env = dict(os.environ, TMPDIR=self.tmp)

    def ini(self, extra="", sleep="0.1", rate=""):
        path = self.ws.path("test.ini")
        with open(path, "w", encoding="utf-8") as f:
            f.write(INI.format(python=sys.executable, folder=self.ws.folder, extra=extra,
                               sleep=sleep, rate=rate))
        return path

    def run_bench(self, *options):
        return subprocess.run([BENCH, "compare"] + list(options), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False, timeout=120,
                              env=self.env)

    def pids(self):
        with open(self.ws.path("pids"), encoding="utf-8") as f:
            return [line.split() for line in f]

    def nothing_left(self):
        """Neither processes nor folders."""
        self.assertEqual(os.listdir(self.tmp), [])
        for pid, _ in self.pids():
            self.assertFalse(os.path.exists("/proc/" + pid), "pid %s is still there" % pid)

    def test_compare_in_turn(self):
        out = self.ws.path("out.json")
        plot, rst = self.ws.path("out.svg"), self.ws.path("out.rst")
        done = self.run_bench(self.ini(), "--json", out, "--plot", plot, "--rst", rst,
                              "--rounds", "2")
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(out, encoding="utf-8") as f:
            result = json.load(f)
        moved = sum(c["repeated"] for c in result["cases"])
        order = [cycles for _, cycles in self.pids()]
        self.assertEqual(order, ["40.5", "20.25"] * (4 + moved))
        rows = {(c["vars"]["size"], r["backend"], r["metric"]): r
                for c in result["cases"] for r in c["table"]}
        self.assertEqual(rows["1", "slow", "rate"]["median"], 100)
        self.assertEqual(rows["2", "fast", "rate"]["max"], 250)
        self.assertEqual(rows["2", "fast", "cycles"]["ratio"], 0.5)
        self.assertEqual(rows["2", "slow", "cycles"]["rounds"], 2)
        self.assertEqual(len(result["runs"]), 8)
        self.assertEqual([b["version"] for b in result["backends"]], ["slow 1.0", "fast 2.0"])
        for text in ("pretenders", "machine: ", "slow: slow 1.0", "distance of the CPUs", "$W/s1"):
            self.assertIn(text, done.stdout)
        self.assertRegex(done.stdout, r"fast +20\.25 +20\.25 +20\.25 +0\.50 +2 ")
        with open(plot, encoding="utf-8") as f:
            self.assertIn("<svg", f.read())
        subprocess.run(["rst2html5", "--report=2", "--halt=2", rst], check=True,
                       stdout=subprocess.DEVNULL)
        self.nothing_left()

    def test_compare_dead_backend(self):
        done = self.run_bench(self.ini(extra="die", sleep="20"))
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, "fast ended with status 7 before it should")
        self.assertRegex(done.stderr, r"(?m)^  \| segmentation fault of some kind$")
        self.nothing_left()

    def test_compare_interrupted(self):
        with subprocess.Popen([BENCH, "compare", self.ini(sleep="60")], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, env=self.env) as bench:
            harness.wait_until("a back-end", lambda: os.path.exists(self.ws.path("pids")))
            bench.send_signal(signal.SIGINT)
            err = bench.communicate(timeout=30)[1]
        self.assertEqual(bench.returncode, 2)
        self.assertIn("interrupted", err)
        self.nothing_left()

    def test_compare_killed(self):
        """Not even then does a program stay."""
        with subprocess.Popen([BENCH, "compare", self.ini(sleep="60")],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              env=self.env) as bench:
            harness.wait_until("a back-end", lambda: os.path.exists(self.ws.path("pids")))
            bench.kill()
        harness.wait_until("its end", lambda: not os.path.exists("/proc/" + self.pids()[0][0]))

    def test_compare_no_value(self):
        path = self.ini()
        with open(path, "a", encoding="utf-8") as f:
            f.write("[metric other]\nregex = no such text ([0-9])\n")
        done = self.run_bench(path)
        self.assertEqual(done.returncode, 2)
        self.assertIn("no value of metric other", done.stderr)
        self.nothing_left()

    def test_compare_mistakes(self):
        for options, text in ((["--rounds", "x", self.ini()], "--rounds: 'x'"),
                              (["--rounds", "1.5", self.ini()], "not a whole number"),
                              ([], "which file"),
                              (["no-such-file"], "no-such-file: No such file"),
                              ([self.ini(), "--only", "z"], "called 'z'"),
                              ([self.ini(), "--set", "z"], "'z' is not NAME=VALUE"),
                              ([self.ini(), "--set", "size=7"], "no variable ${rate_7}"),
                              ([self.ini(), "--json", "/nonexistent/x"], "/nonexistent/x"),
                              ([self.ini(), "--what"], "no such option")):
            with self.subTest(options=options):
                done = self.run_bench(*options)
                self.assertEqual(done.returncode, 2)
                self.assertIn(text, done.stderr)

    def test_compare_ready_made(self):
        """Each is listed, with its title, and without a mistake in it."""
        listed = self.run_bench("--list").stdout
        names = re.findall(r"^(\S+)\.ini +\S", listed, re.M)
        self.assertEqual(names, ["blk-file", "blk-null", "net-quick", "net", "qsd", "virtio-user",
                                 "vms"])
        for name in names:
            done = self.run_bench(name, "--only", "no one")
            self.assertIn("called 'no one'", done.stderr)


if __name__ == "__main__":
    unittest.TestCase.maxDiff = None
    systest.main()
