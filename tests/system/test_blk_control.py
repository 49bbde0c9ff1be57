#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""A disk that is changed while a guest uses it: limits, held interrupts, size.

And what is shown of it: startup, statistics on the screen, telemetry.
"""

import os
import re
import signal

import harness
import systest

BENCH = os.path.join(harness.BUILD, "app", "bench", "dpdk-foo-bench")
RESIZE = os.path.join(harness.BUILD, "tests", "system", "resize_client")
GIBI = 1 << 30


class BlkControlBase(systest.SystemTest):
    """One disk that forgets."""

    def serve(self, more="", options=(), **kwargs):
        self.sock = self.ws.path("a.sock")
        self.foo = self.ws.foo(["blk_null0,iface=%s%s" % (self.sock, more)], options, **kwargs)
        return self.foo

    def set(self, pairs):
        return self.foo.telemetry("/foo/set,blk_null0," + pairs)

    def counters(self, command="/foo/device,blk_null0"):
        return harness.flat(self.foo.telemetry(command))

    def bench(self, *options):
        return self.ws.run([BENCH, "blk", "--socket", self.sock, *options],
                           cpus=[harness.CPU_GUEST])

    def rates(self, guest):
        """IOPS, interval by interval, that the guest has seen so far."""
        return [int(n) for n in re.findall(r"^\[.*\] IOPS: +(\d+)", guest.out(), re.M)]

    def rate_of(self, guest):
        """Of the next interval that begins after now."""
        seen = len(self.rates(guest))
        return harness.wait_until("two more intervals",
                                  lambda: self.rates(guest)[seen + 1:seen + 2], 30)[0]


class LimitTest(BlkControlBase):
    """QoS."""

    def follows(self, guest, pairs, wanted):
        """The guest's rate within 5 %: one second of some, as others use the machine, too."""
        self.set(pairs)
        found = [self.rate_of(guest)]
        while abs(found[-1] - wanted) > wanted * 0.05 and len(found) < 10:
            found.append(self.rate_of(guest))
        self.assertAlmostEqual(found[-1], wanted, delta=wanted * 0.05, msg=pairs + str(found))
        # never too many, whatever the machine does
        for rate in found[1:]:
            self.assertLess(rate, wanted * 1.06, pairs)

    def test_rate_follows(self):
        self.serve(",queues=2,iops-limit=5000", lcores="(0,1)@%d" % harness.CPU_BACKEND)
        # so many that the disk has something to do while the guest waits for its CPU
        guest = self.bench("--seconds=3600", "--warmup=0", "--interval=1", "--depth=256",
                           "--queues=2", "--bs=4k")
        guest.expect("IOPS:")
        self.follows(guest, "iops-limit=5000", 5000)
        self.follows(guest, "iops-limit=20000", 20000)
        self.follows(guest, "iops-limit=0,bytes-limit=4000K", 1000)
        self.follows(guest, "iops-limit=400", 400)
        throttled = self.counters()["throttled"]
        self.set("iops-limit=0,bytes-limit=0")
        self.assertGreater(self.rate_of(guest), 30000)
        self.assertGreater(throttled, 0)
        # both queues have had their share of it
        shares = [self.counters("/foo/queue,blk_null0,%d" % n)["read"] for n in (0, 1)]
        self.assertGreater(min(shares), 0.2 * max(shares), shares)
        guest.send_signal(signal.SIGINT)
        self.assertEqual(guest.wait(), 0)

    def test_burst(self):
        """After a pause a burst at once, then the rate."""
        self.serve(",iops-limit=100,iops-burst=1000")
        guest = self.bench("--seconds=3600", "--warmup=0", "--interval=0.2", "--depth=16")
        guest.expect("IOPS:")
        harness.wait_until("all of the burst", lambda: self.counters()["read"] >= 1000, 5)
        before = self.counters()["read"]
        self.assertLess(before, 1300)
        harness.wait_until("more intervals", lambda: len(self.rates(guest)) > 10, 20)
        after = self.counters()["read"]
        self.assertGreater(after, before)
        self.assertLess(after, 1000 + 100 * 0.2 * (len(self.rates(guest)) + 5))


class CoalesceTest(BlkControlBase):
    """Held interrupts."""

    def calls(self):
        queue = self.counters("/foo/queue,blk_null0,0")
        return queue["calls"], queue["read"]

    def measured(self, *options):
        """Calls and requests of a short run."""
        calls, reads = self.calls()
        guest = self.bench("--seconds=0.6", "--warmup=0.1", "--interrupt", *options)
        self.assertEqual(guest.wait(60), 0, guest.describe())
        self.assertIn("Errors: 0 ", guest.out())
        calls, reads = self.calls()[0] - calls, self.calls()[1] - reads
        self.assertGreater(calls, 0)
        return calls, reads

    def test_time(self):
        """One interrupt each 20 ms, which a guest at depth 1 has to wait for."""
        self.serve()
        self.set("coalesce-us=20000")
        for ring in ([], ["--event-idx"]):
            with self.subTest(ring=ring):
                calls, _ = self.measured("--depth=1", *ring)
                self.assertLess(calls, 60)
                self.assertGreater(calls, 5)
        self.set("coalesce-us=0")
        self.assertGreater(self.measured("--depth=1")[0], 70)

    def test_count(self):
        self.serve(",coalesce-us=50000,coalesce-count=32")
        for ring in ([], ["--event-idx"]):
            with self.subTest(ring=ring):
                calls, reads = self.measured("--depth=32", *ring)
                self.assertGreaterEqual(reads / calls, 25)
                # not once did it take the 50 ms: 32 are always there
                self.assertGreater(reads, 32 * 60)

    def test_stop_sends_what_is_held(self):
        """The end of a guest that waits for an interrupt is not held up."""
        self.serve(",coalesce-us=100000")
        guest = self.bench("--seconds=3600", "--warmup=0", "--interrupt", "--depth=1",
                           "--interval=0.2")
        guest.expect("IOPS:")
        guest.send_signal(signal.SIGINT)
        self.assertEqual(guest.wait(20), 0)
        self.assertEqual(self.foo.stop(), 0)


class ResizeTest(BlkControlBase):
    """size= at run time."""

    def test_guest_hears_of_it(self):
        self.serve(",size=1G")
        guest = self.ws.run([RESIZE, self.sock])
        guest.expect(r"^capacity %d$" % (GIBI // 512))
        for size, sectors in (("2T", 2 << 31), ("4096", 8), ("4104", 8), ("3G", 6 << 20)):
            with self.subTest(size=size):
                start = len(guest.out())
                self.assertIn("size", self.set("size=" + size))
                guest.expect(r"^capacity %d$" % sectors, start=start)
        self.assertEqual(self.counters()["size"], 3 * GIBI)

    def test_under_load(self):
        self.serve(",size=1G")
        guest = self.bench("--seconds=3600", "--warmup=0", "--interval=0.2", "--depth=16")
        guest.expect("IOPS: +[1-9]")
        for size in ("2G", "3G", "1G"):
            self.set("size=" + size)
        seen = len(self.rates(guest))
        harness.wait_until("more requests", lambda: len(self.rates(guest)) > seen + 1, 20)
        guest.send_signal(signal.SIGINT)
        self.assertEqual(guest.wait(), 0, guest.describe())
        self.assertIn("Errors: 0 ", guest.out())


class SetTest(BlkControlBase):
    """/foo/set itself."""

    def test_answers(self):
        self.serve()
        for pairs, answer in (
                ("iops-limit=1000,bytes-limit=1M", {"iops_limit": 1000, "bytes_limit": 1 << 20}),
                ("iops-limit=x", {"error": "iops-limit=x: must be a number from 0 to 4294967295"}),
                ("serial=x", {"error": "serial cannot be changed at run time: "
                                       "--help-device blk_null shows what can"}),
                ("iops-limt=1", {"error": "unknown property 'iops-limt' of blk_null: "
                                          "did you mean 'iops-limit'?"}),
                ("coalesce-us=5,serial=x", {"coalesce_us": 5,
                                            "error": "serial cannot be changed at run time: "
                                                     "--help-device blk_null shows what can"})):
            with self.subTest(pairs=pairs):
                self.assertEqual(self.set(pairs), dict(answer, name="blk_null0"))
        # what is longer than DPDK's answers is cut
        for pairs in ("zzzzzzzzz=1", 'a"b\\c=1', "iops-limit=" + "9" * 800):
            self.assertRegex(self.set(pairs)["error"], "^(unknown property|iops-limit|'iops)")
        self.assertEqual(self.foo.telemetry("/foo/set,blk_null1,iops-limit=1"),
                         {"error": "there is no device blk_null1"})
        for command in ("/foo/set", "/foo/set,", "/foo/set,blk_null0", "/foo/set,blk_null0,"):
            self.assertEqual(self.foo.telemetry(command),
                             {"error": "nothing to set: NAME,key=value[,key=value]"})
        self.assertTrue(self.foo.running())


class ShownTest(BlkControlBase):
    """What is printed."""

    def numbers(self, text, title):
        """The newest block with that title: {"Reads": 12, ...}."""
        block = text[text.rindex(title):]
        return {k: float(v) for k, v in re.findall(r"([\w/-]+): +([\d.]+)", block[:1000])}

    def test_statistics(self):
        self.serve(",queues=2", ["--stats-period=1", "--stats-queues"])
        self.foo.expect(r"^blk_null0 \(2 queues\) listens on ")
        guest = self.bench("--seconds=2.5", "--warmup=0", "--rw=randrw", "--depth=8", "--queues=2",
                           "--flush-every=100")
        self.assertEqual(guest.wait(60), 0)
        device = self.counters()
        done = device["read"] + device["write"] + device["flush"]
        self.foo.expect(r"^  Reads: +%d " % device["read"])
        self.foo.expect(r"Read-IOPS: +[1-9]")
        self.foo.expect(r"Write-MBps: +([1-9]|0\.[1-9])")
        self.foo.expect(r"Stats for Disk=blk_null0/Queue= 1 \(lcore 0, running\)")
        self.assertEqual(self.foo.stop(signal.SIGINT), 0)
        out = self.foo.out()
        for title in ("Disk summary for blk_null0", "Accumulated statistics for all disks"):
            shown = self.numbers(out, title)
            self.assertEqual((shown["Reads"], shown["Writes"], shown["Flushes"]),
                             (device["read"], device["write"], device["flush"]))
            self.assertEqual(shown["Read-bytes"], device["read"] * 4096)
        self.assertRegex(out, r"CPU cycles/request=\d+\.\d\d \(total cycles=\d+ / "
                              r"total requests=%d\) at \d+ MHz Clock" % done)
        for foreign in ("NIC", "RX-", "Port statistics", "port 0"):
            self.assertNotIn(foreign, out)

    def test_with_a_port(self):
        """Each has its own kind of statistics."""
        net = self.ws.path("n.sock")
        self.sock = self.ws.path("a.sock")
        self.foo = self.ws.foo(["blk_null0,iface=" + self.sock, "net_vhost0,iface=" + net],
                               ["--stats-period=1"])
        self.foo.expect(r"^blk_null0 \(1 queue\) listens on ")
        self.foo.expect(r"^net_vhost0 \(port \d, 2 queues\) listens on ")
        self.foo.expect("NIC statistics for port")
        self.foo.expect("Disk statistics for blk_null0")
        self.assertEqual(self.foo.stop(signal.SIGINT), 0)
        self.foo.expect("Accumulated forward statistics for all ports")
        self.foo.expect("Accumulated statistics for all disks")

    def test_telemetry(self):
        self.serve()
        guest = self.bench("--seconds=0.5", "--warmup=0", "--rw=randwrite", "--depth=4")
        self.assertEqual(guest.wait(60), 0)
        device, queue = self.counters(), self.counters("/foo/queue,blk_null0,0")
        for name in ("write", "write_bytes", "io_errors", "throttled", "latency_p99_ns",
                     "latency_max_ns"):
            self.assertEqual(device[name], queue[name], name)
        self.assertGreater(device["write"], 20)
        self.assertEqual(device["write_bytes"], 4096 * device["write"])
        self.assertEqual(device["size"], 1 << 40)


if __name__ == "__main__":
    systest.main()
