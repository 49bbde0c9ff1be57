#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""dpdk-foo is killed again and again while disks are written.

The guests see no more than a pause: what was in flight is answered by the next
process, what was acknowledged is there, and nothing is written a second time
over something newer. dpdk-foo-bench numbers its writes and has one request at a
time on its way to a block, so that each of these would be a wrong number.

FOO_KILLS says how often.
"""

import json
import os
import random
import signal
import time

import blkbench
import harness
import systest

KILLS = int(os.environ.get("FOO_KILLS", "10"))
MEBI = 1 << 20
# Until a signal. Few blocks, so that each is written many times.
LOAD = ["--seconds=0", "--warmup=0", "--rw=randrw", "--mix=20", "--verify", "--reconnect",
        "--range=%d" % MEBI, "--timeout=30000", "--quiet"]
# Guests, each with a disk of its own. Those of 128 bytes go through buffers of the device.
BUSY = {
    "split": ["--depth=64"],
    "packed": ["--depth=64", "--ring=packed"],
    "split, indirect": ["--depth=32", "--segments=4", "--indirect", "--queues=2"],
    "packed, indirect": ["--depth=32", "--segments=4", "--indirect", "--queues=2",
                         "--ring=packed", "--bs=512"],
    "packed, full": ["--depth=16", "--segments=2", "--queue-size=64", "--ring=packed"],
    "interrupts": ["--depth=32", "--interrupt"],
}
# Mostly they have nothing in flight.
QUIET = {
    "split": ["--depth=4", "--rate=200"],
    "packed": ["--depth=4", "--rate=200", "--ring=packed", "--interrupt"],
}


class Crash(blkbench.BlkBench):
    """One test a kind of guests, or of moments."""

    def start(self, guests):
        """The first process and its guests."""
        self.disks = range(len(guests))
        for i in self.disks:
            with open(self.path(i, "img"), "wb") as f:
                f.truncate(2 * MEBI)
        self.serve()
        self.guests = {name: self.bench("--socket", self.path(i, "sock"), "--json",
                                        self.path(i, "json"), *LOAD, *options)
                       for i, (name, options) in enumerate(guests.items())}

    def path(self, number, kind):
        return self.ws.path("%d.%s" % (number, kind))

    def serve(self):
        """The next process."""
        self.foo = self.ws.foo(["blk_uring%d,iface=%s,path=%s,queues=2" % (
            i, self.path(i, "sock"), self.path(i, "img")) for i in self.disks], memory_mb=512)

    def ended(self, number):
        """Requests of a disk that this process has ended."""
        answer = harness.flat(self.foo.telemetry("/foo/queue,blk_uring%d,0" % number))
        return sum(answer[kind] for kind in ("read", "write"))

    def flowing(self, more):
        """Returns when all guests have got so many answers from this process."""
        def enough():
            for name, guest in self.guests.items():
                self.assertTrue(guest.running(), "the guest '%s' has ended" % name)
            return all(self.ended(i) >= more for i in self.disks)
        harness.wait_until("%d requests of each guest to end" % more, enough, 60)

    def finish(self):
        """The loads end, and all that they have written is read again. By name: times that a guest
        has connected again, and requests that were in flight then."""
        found = {}
        for guest in self.guests.values():
            guest.send_signal(signal.SIGINT)
        for i, (name, guest) in enumerate(self.guests.items()):
            self.assertEqual(guest.wait(90), 0, guest.describe())
            with open(self.path(i, "json"), encoding="utf-8") as f:
                result = json.load(f)
            run, one = self.accounted(result["results"]), result["guests"][0]
            self.assertGreater(run["verified"], 20)
            found[name] = (one["reconnects"], one["resumed"])
            self.note("%s: %d requests over %d kills, %d were in flight" % (
                name, run["requests"], *found[name]))
        return found

    def test_busy(self):
        """What had been sent is answered, in all kinds of rings."""
        self.start(BUSY)
        for _ in range(KILLS):
            self.flowing(100)
            self.foo.kill()
            self.serve()
        self.flowing(100)
        for name, (reconnects, resumed) in self.finish().items():
            self.assertEqual(reconnects, KILLS, name)
            self.assertGreater(resumed, KILLS, name)

    def test_quiet(self):
        """Nothing has to be done twice because nothing was in flight."""
        self.start(QUIET)
        for _ in range(KILLS // 2):
            self.flowing(2)
            self.foo.kill()
            self.serve()
        self.flowing(20)
        for name, (reconnects, _) in self.finish().items():
            self.assertEqual(reconnects, KILLS // 2, name)

    def test_any_moment(self):
        """Killed while it starts, while guests connect, while it takes up what was in flight."""
        seed = int.from_bytes(os.urandom(4), "big")
        self.note("seed %d" % seed)
        rand = random.Random(seed)
        self.start({name: BUSY[name] for name in ("split", "packed, indirect")})
        self.flowing(100)
        for _ in range(KILLS):
            self.foo.kill()
            self.serve()
            if rand.random() < 0.8:
                self.foo.expect("front-end connected")
            time.sleep(rand.random() * 0.01)
        self.flowing(100)
        self.finish()


if __name__ == "__main__":
    systest.main()
