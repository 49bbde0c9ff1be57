#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""dpdk-foo-bench conform: every case on dpdk-foo, and a run on somebody else's disk."""

import json
import os
import re
import subprocess
import time
import xml.etree.ElementTree

import harness
import systest

BENCH = os.path.join(harness.BUILD, "app", "bench", "dpdk-foo-bench")
STORAGE = "qemu-storage-daemon"
# Reactions as printed and as reported.
REACTIONS = {"pass", "refused", "queue-broken", "socket-dropped", "unexpected", "hung", "died",
             "not-run"}
VERDICTS = {"pass", "differs", "fail", "skip"}


def listed(device):
    """Names of the cases of a device type, with the suffixes of their ring formats."""
    text = subprocess.run([BENCH, "conform", "--list", "--device", device], check=True,
                          capture_output=True, text=True).stdout
    names = []
    for line in text.splitlines()[1:]:
        name, _, formats = line.split()[:3]
        names += {"-": [name], "split": [name + "@split"], "packed": [name + "@packed"],
                  "both": [name + "@split", name + "@packed"]}[formats]
    return names


class ConformTest(systest.SystemTest):
    """The whole run, as a user starts it."""

    def conform(self, *options, timeout=240):
        """Runs to the end; returns its exit status, the JSON and the JUnit report."""
        junit, report = self.ws.path("junit.xml"), self.ws.path("report.json")
        bench = self.ws.run([BENCH, "conform", "--junit", junit, "--json", report] +
                            list(options), cpus=[harness.CPU_GUEST])
        status = bench.wait(timeout)
        if status not in (0, 1):
            raise harness.Failure("conform ended with %d\n%s" % (status, bench.describe()))
        with open(report, encoding="utf-8") as f:
            return status, json.load(f), xml.etree.ElementTree.parse(junit).getroot()

    def check_reports(self, report, junit):
        """Both say the same, in words that the schema knows."""
        self.assertEqual(report["schema"], "dpdk-foo-bench/conform/1")
        self.assertGreater(report["machine"]["cpus"], 0)
        for case in report["cases"]:
            self.assertIn(case["observed"], REACTIONS)
            self.assertIn(case["verdict"], VERDICTS)
            self.assertIn(case["origin"], ("spec", "ours"))
            self.assertTrue(set(case["expected"]) <= REACTIONS)
            self.assertTrue(re.match(r"VIRTIO 1\.[23], \d|vhost-user\.rst, ", case["section"]))
        cases = [c for c in junit.iter("testcase") if c.get("name") != "run"]
        self.assertEqual([c.get("name") for c in cases], [c["name"] for c in report["cases"]])
        self.assertEqual(int(junit.get("failures")), len(list(junit.iter("failure"))))
        self.assertEqual(int(junit.get("failures")), report["found"])
        self.assertEqual(int(junit.get("skipped")), len(list(junit.iter("skipped"))))

    def test_dpdk_foo(self):
        """Every case of net is as it should be, down to the reaction, on the same process."""
        socks = [self.ws.path("%d.sock" % i) for i in range(3)]
        foo = self.ws.foo(["net_vhost%d,iface=%s" % (i, s) for i, s in enumerate(socks)])
        # the last port loops; the first two are each other's, and one is the witness
        status, report, junit = self.conform("--socket", socks[2], "--witness", socks[0],
                                             "--strict", "--pid", str(foo.pid))
        bad = [c for c in report["cases"] if c["verdict"] not in ("pass", "skip")]
        self.assertEqual((status, bad), (0, []))
        self.assertEqual([c["name"] for c in report["cases"]], listed("net"))
        # virtio-net has no configuration space behind vhost-user
        skipped = [c["name"] for c in report["cases"] if c["verdict"] == "skip"]
        self.assertEqual(skipped, ["ctl.config-range"])
        self.assertEqual(report["ended_early"], "")
        self.check_reports(report, junit)
        self.assertTrue(foo.running())

    def test_no_loop(self):
        """Where packets do not come back, their completion is judged."""
        sock = self.ws.path("foo.sock")
        foo = self.ws.foo(["net_vhost0,iface=" + sock], ["--fwd=rxonly"])
        status, report, _ = self.conform("--socket", sock, "--no-loop", "--pid", str(foo.pid),
                                         "--case", "desc.*", "--case", "net.*")
        bad = [c for c in report["cases"] if c["verdict"] not in ("pass", "skip")]
        self.assertEqual((status, bad), (0, []))
        seen = {c["name"]: c["observed"] for c in report["cases"]}
        self.assertEqual(seen["net.rx-split@split"], "not-run")
        self.assertEqual(seen["desc.addr-unmapped@packed"], "refused")

    def test_storage_daemon(self):
        """Somebody else's disk: the run comes to its end whatever the back-end does."""
        sock, image = self.ws.path("disk.sock"), self.ws.path("disk.img")
        with open(image, "wb") as f:
            f.truncate(16 << 20)
        command = ("exec %s --blockdev driver=file,filename=%s,node-name=f "
                   "--blockdev driver=raw,file=f,node-name=d "
                   "--export type=vhost-user-blk,id=e,node-name=d,writable=on,"
                   "addr.type=unix,addr.path=%s" % (STORAGE, image, sock))
        _, report, junit = self.conform("--socket", sock, "--device", "blk",
                                        "--timeout", "1000", "--restart", command)
        self.assertEqual([c["name"] for c in report["cases"]], listed("blk"))
        self.assertEqual(report["ended_early"], "")
        self.check_reports(report, junit)
        # what every disk can do, this one can
        seen = {c["name"]: c["observed"] for c in report["cases"]}
        for name in ("blk.layout@split", "blk.read-2k@split", "desc.indirect@split",
                     "ring.index-wraps@split"):
            self.assertEqual(seen[name], "pass", name)
        self.note("%d restarts, %d not acceptable" % (report["restarts"], report["found"]))

    def test_null_disk(self):
        """A disk that forgets what is written, read-only: the cases that it lacks are skipped."""
        sock = self.ws.path("null.sock")
        command = ("exec %s --blockdev driver=null-co,node-name=d,size=16777216,read-zeroes=on "
                   "--export type=vhost-user-blk,id=e,node-name=d,"
                   "addr.type=unix,addr.path=%s" % (STORAGE, sock))
        _, report, junit = self.conform("--socket", sock, "--device", "blk", "--case", "blk.*",
                                        "--timeout", "1000", "--restart", command)
        self.check_reports(report, junit)
        seen = {c["name"]: c for c in report["cases"]}
        self.assertEqual(seen["blk.read-only-write@split"]["verdict"], "pass")
        self.assertEqual(seen["blk.write-513@split"]["verdict"], "skip")

    def test_4k_disk(self):
        """Blocks of 4096 bytes: all that is not of 512-byte disks alone is done, and its own."""
        sock = self.ws.path("4k.sock")
        foo = self.ws.foo(["blk_malloc0,iface=%s,size=16M,block-size=4096" % sock])
        status, report, junit = self.conform("--socket", sock, "--device", "blk", "--case",
                                             "blk.*", "--case", "desc.*", "--strict", "--pid",
                                             str(foo.pid))
        bad = [c for c in report["cases"] if c["verdict"] not in ("pass", "skip")]
        self.assertEqual((status, bad), (0, []))
        seen = {c["name"]: c["observed"] for c in report["cases"]}
        self.assertEqual(seen["blk.4k-write@split"], "pass")
        self.assertEqual(seen["blk.4k-write-sector@packed"], "refused")
        self.assertEqual(seen["blk.read-511@split"], "not-run")
        self.assertEqual(seen["desc.addr-unmapped@split"], "refused")
        self.check_reports(report, junit)

    def test_zoned_disk(self):
        """A disk with zones, of which the first is conventional: nothing about zones is skipped."""
        sock = self.ws.path("zoned.sock")
        foo = self.ws.foo(["blk_malloc0,iface=%s,size=16M,zone-size=1M,conventional-zones=1" %
                           sock])
        status, report, junit = self.conform("--socket", sock, "--device", "blk", "--case",
                                             "blk.*", "--strict", "--pid", str(foo.pid))
        bad = [c for c in report["cases"] if c["verdict"] not in ("pass", "skip")]
        self.assertEqual((status, bad), (0, []))
        zones = [c for c in report["cases"] if c["name"].startswith("blk.zone-")]
        self.assertGreater(len(zones), 20)
        self.assertEqual([c for c in zones if c["verdict"] != "pass"], [])
        self.check_reports(report, junit)

    def test_dead(self):
        """A back-end that dies ends the run, and the reports say so."""
        sock = self.ws.path("dead.sock")
        # the first message after the look at it kills this one
        command = "exec %s --blockdev driver=null-co,node-name=d,size=16777216 --export " \
                  "type=vhost-user-blk,id=e,node-name=d,addr.type=unix,addr.path=%s"
        disk = self.ws.run(["sh", "-c", command % (STORAGE, sock)])
        harness.wait_until("the disk to listen", lambda: harness.listening(disk, sock))
        bench = self.ws.run([BENCH, "conform", "--socket", sock, "--device", "blk", "--pid",
                             str(disk.pid), "--timeout", "500", "--case", "ring.kick-storm",
                             "--case", "ctl.*", "--junit", self.ws.path("junit.xml")])
        bench.expect(r"^pass +ring.kick-storm@split", timeout=30)
        disk.kill()
        self.assertEqual(bench.wait(60), 1)
        self.assertRegex(bench.out(), r"(?m)^FAIL +\S+ +died ")
        self.assertRegex(bench.out(), r"the run ended early: the back-end died in ")
        junit = xml.etree.ElementTree.parse(self.ws.path("junit.xml")).getroot()
        self.assertEqual(junit.get("errors"), "1")

    def test_memory_taken(self):
        """A back-end has the files of the guest's memory, and cannot shrink them. (Here
        somebody else tries to: dpdk-foo would not.)"""
        sock = self.ws.path("foo.sock")
        foo = self.ws.foo(["net_vhost0,iface=" + sock])
        bench = self.ws.run([BENCH, "conform", "--socket", sock, "--timeout", "1500",
                             "--case", "ring.kick*", "--case", "ring.e*", "--case", "ring.i*"])
        bench.expect(r"^pass", timeout=30)
        deadline = time.monotonic() + 60
        refused = 0
        while bench.running() and time.monotonic() < deadline:
            for number, target in bench.fds().items():
                if target.startswith("/memfd:"):
                    try:
                        os.truncate("/proc/%d/fd/%d" % (bench.pid, number), 0)
                    except PermissionError:
                        refused += 1
                    except FileNotFoundError:
                        pass
        self.assertEqual(bench.wait(10), 0, bench.describe())
        self.assertGreater(refused, 0)
        self.assertTrue(foo.running())

    def test_mistakes(self):
        """One line, exit status 2."""
        for options, words in ((["--socket", "/nonexistent/s", "--timeout", "50"],
                                "no net back-end"),
                               (["--case", "x.y", "--socket", "/s"], "no such case"),
                               (["--socket", self.ws.path("s"), "--restart", "exit 3"],
                                "ended with status 3")):
            done = subprocess.run([BENCH, "conform"] + options, capture_output=True, text=True,
                                  timeout=60, check=False)
            self.assertEqual(done.returncode, 2, done)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
            self.assertIn(words, done.stderr)


if __name__ == "__main__":
    systest.main()
