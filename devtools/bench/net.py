#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""Cycles a packet of dpdk-foo beside testpmd's own net_vhost.

Both serve the same guest, testpmd's flowgen on virtio-user, in turn (A B A B ...), each on one
lcore on the same processor, the guest on another; one port that loops to itself. Beside them
stands what one copy between the two processors costs at best (copy_limit). Figures are medians
over the rounds; run it on an otherwise idle machine.

Where the processors are virtual, the host may move them closer together or further apart at any
time, which changes all figures up to threefold. So their distance is measured before and after each
run, and a round in which it was not the shortest one seen is repeated (and counted in the output).

    devtools/bench/net.py [--rounds 5] [--seconds 3] [--sizes 64,1500] [--rings split,packed]
                          [--rst FILE]

FOO_BUILD names the build folder (default: build).
"""
import argparse
import os
import platform
import re
import signal
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "system"))
os.environ.setdefault("FOO_BUILD", os.path.join(ROOT, "build"))
import harness  # noqa: E402  (needs the path above)

RINGS = {
    "split": "in_order=0",
    "split-inorder": "in_order=1",
    "packed": "packed_vq=1,in_order=0",
    "packed-inorder": "packed_vq=1,in_order=1",
}
WARM_UP = 1.0
# A change of distance by this factor is the host's doing, not noise.
DISTANCE_CHANGE = 1.6
DISTANCE_SECONDS = 0.1
MAX_REPEATS = 8


def number(pattern, text):
    """The last number that the pattern finds."""
    found = re.findall(pattern, text)
    if not found:
        raise harness.Failure("no %r in:\n%s" % (pattern, text[-2000:]))
    return float(found[-1])


def backend_start(work, kind, socket):
    vdevs = ["net_vhost0,iface=%s" % socket]
    if kind == "testpmd":
        return work.testpmd_backend(vdevs, ["--record-core-cycles"])
    return work.foo(vdevs)


def measure(kind, ring, size, seconds):
    """One run: (cycles a packet, million packets a second that the guest got back)."""
    with harness.Workspace() as work:
        socket = work.path("bench.sock")
        backend = backend_start(work, kind, socket)
        guest = work.testpmd_guest(["path=%s,queues=1,%s" % (socket, RINGS[ring])],
                                   ["--forward-mode=flowgen", "--txpkts=%d" % size])
        guest.send("start")
        for pause in (WARM_UP, seconds, 0):
            time.sleep(pause)
            guest.send("show port stats all")
        backend.stop(signal.SIGINT)
        guest.send("quit")
        guest.wait()
        # The last block but one covers the seconds; what a pipe's program prints comes at its end.
        rate = re.findall(r"Rx-pps:\s*([0-9]+)", guest.out())[1]
        return number(r"CPU cycles/packet=\s*([0-9.]+)", backend.out()), int(rate) / 1e6


def copy_limit(size, kind, seconds):
    tool = os.path.join(os.environ["FOO_BUILD"], "devtools", "bench", "copy_limit")
    out = subprocess.run([tool, str(harness.CPU_GUEST), str(harness.CPU_BACKEND), str(size), kind,
                          str(seconds)], check=True, stdout=subprocess.PIPE, text=True)
    return float(out.stdout)


def one_round(ring, size, seconds, shortest):
    """Both back-ends in turn, and whether the processors stayed as close as they ever were."""
    distances = [copy_limit(64, "stale", DISTANCE_SECONDS)]
    results = []
    for kind in ("testpmd", "foo"):
        results.append(measure(kind, ring, size, seconds))
        distances.append(copy_limit(64, "stale", DISTANCE_SECONDS))
    shortest.append(min(distances))
    return results, max(distances) < DISTANCE_CHANGE * min(shortest)


def row(ring, size, rounds, seconds, shortest):
    """All figures of one line of the table, as lists over the rounds; rounds repeated."""
    figures = {name: [] for name in ("testpmd", "foo", "testpmd_mpps", "foo_mpps", "stale",
                                     "fresh")}
    repeated = 0
    for i in range(rounds):
        results, steady = one_round(ring, size, seconds, shortest)
        while not steady and repeated < rounds * MAX_REPEATS:
            repeated += 1
            results, steady = one_round(ring, size, seconds, shortest)
        for kind, (cycles, mpps) in zip(("testpmd", "foo"), results):
            figures[kind].append(cycles)
            figures[kind + "_mpps"].append(mpps)
        for kind in ("stale", "fresh"):
            figures[kind].append(copy_limit(size, kind, 0.5))
        print("  %s %d B round %d/%d: testpmd %.0f, dpdk-foo %.0f cycles; %.2f, %.2f Mpps" %
              (ring, size, i + 1, rounds, figures["testpmd"][-1], figures["foo"][-1],
               figures["testpmd_mpps"][-1], figures["foo_mpps"][-1]), file=sys.stderr, flush=True)
    return figures, repeated


def spread(values):
    return "%.0f (%.0f-%.0f)" % (statistics.median(values), min(values), max(values))


def table_line(ring, size, f):
    ratio = statistics.median(a / b for a, b in zip(f["foo"], f["testpmd"]))
    rate = statistics.median(a / b for a, b in zip(f["foo_mpps"], f["testpmd_mpps"]))
    return [ring, str(size), spread(f["testpmd"]), spread(f["foo"]), "%.2f" % ratio,
            "%.2f" % statistics.median(f["testpmd_mpps"]),
            "%.2f" % statistics.median(f["foo_mpps"]),
            "%.2f" % rate, "%.0f / %.0f" % (statistics.median(f["stale"]),
                                            statistics.median(f["fresh"]))]


HEAD = ["ring", "bytes", "testpmd cycles", "dpdk-foo cycles", "ratio", "testpmd Mpps",
        "dpdk-foo Mpps", "ratio", "copy limit stale / fresh"]


def rst_table(lines):
    width = [max(len(line[i]) for line in [HEAD] + lines) for i in range(len(HEAD))]
    rule = "  ".join("=" * w for w in width)
    text = [rule, "  ".join(h.ljust(w) for h, w in zip(HEAD, width)).rstrip(), rule]
    text += ["  ".join(c.ljust(w) for c, w in zip(line, width)).rstrip() for line in lines]
    return "\n".join(text + [rule]) + "\n"


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        model = re.search(r"model name\s*:\s*(.*)", f.read()).group(1)
    dpdk = subprocess.run(["pkg-config", "--modversion", "libdpdk"], check=False,
                          stdout=subprocess.PIPE, text=True).stdout.strip()
    return "%s, %d CPUs, Linux %s, DPDK %s" % (model, os.cpu_count(), platform.release(), dpdk)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--sizes", default="64,1500")
    parser.add_argument("--rings", default="split,packed,split-inorder,packed-inorder")
    parser.add_argument("--rst", help="write the table to this file, too")
    args = parser.parse_args()
    lines = []
    shortest = []  # distances seen; the least of them counts
    moved = 0
    for ring in args.rings.split(","):
        for size in args.sizes.split(","):
            figures, repeated = row(ring, int(size), args.rounds, args.seconds,
                                    shortest)
            moved += repeated
            lines.append(table_line(ring, int(size), figures))
    text = rst_table(lines)
    print(machine())
    print("rounds repeated because the processors moved: %d" % moved)
    print(text, end="")
    if args.rst:
        with open(args.rst, "w", encoding="utf-8") as f:
            f.write(text)


if __name__ == "__main__":
    main()
