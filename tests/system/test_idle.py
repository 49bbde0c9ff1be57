#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""An idle backend gives its CPU away, and wakes for the first packet."""

import time

import harness
import systest

SPLIT = "packed_vq=0,mrg_rxbuf=1,in_order=0"
PACKED = "packed_vq=1,mrg_rxbuf=1,in_order=1"
SECONDS = 5.0
MAX_PERCENT = 3.0
# Wake-up from epoll, on a CPU that others may use: generous, the note has the truth.
MAX_WAKE_US = 100000


class IdleTest(systest.SystemTest):
    """CPU time by thread, as the kernel counts it."""

    def backend(self, options, lcores=None):
        self.sock = self.ws.path("a.sock")
        self.foo = self.ws.foo(["net_vhost0,iface=%s,queues=2" % self.sock], options,
                               lcores=lcores)

    def idle_guest(self, devargs):
        """A guest that is connected, with rings running, and sends nothing."""
        guest = self.ws.testpmd_guest(["path=%s,queues=2,%s" % (self.sock, devargs)],
                                      ["--rxq=2", "--txq=2"])
        time.sleep(1)
        return guest

    def percent(self):
        """CPU of the whole process over SECONDS, and of its busiest thread."""
        before, start = self.foo.thread_cpu_seconds(), time.monotonic()
        time.sleep(SECONDS)
        after, span = self.foo.thread_cpu_seconds(), time.monotonic() - start
        used = {t: 100 * (after[t] - before.get(t, 0)) / span for t in after}
        return sum(used.values()), max(used.values())

    def test_adaptive_is_idle_without_a_guest(self):
        self.backend(["--idle=adaptive"])
        time.sleep(1)
        total, _ = self.percent()
        self.note("%.2f %% CPU without a guest" % total)
        self.assertLess(total, MAX_PERCENT)

    def adaptive(self, devargs, lcores=None, nlcores=1):
        self.backend([], lcores)
        guest = self.idle_guest(devargs)
        total, _ = self.percent()
        self.note("%.2f %% CPU with an idle guest, %d lcores" % (total, nlcores))
        self.assertLess(total, MAX_PERCENT * nlcores)
        guest.send("quit")
        guest.wait()
        self.first_packets(devargs)

    def first_packets(self, devargs):
        """Single packets, long enough apart for the backend to fall asleep."""
        result = self.ws.pktcheck(["path=%s,%s" % (self.sock, devargs)],
                                  ["--count=20", "--gap-us=200000", "--check-lossless",
                                   "--drain=3"]).passed()
        rtt = result["rtt_us"]
        self.note("round trip of packets after 200 ms of silence: median %.0f us, worst %.0f us" %
                  (rtt["median"], rtt["max"]))
        self.assertEqual(rtt["samples"], 20)
        self.assertLess(rtt["max"], MAX_WAKE_US)
        lcores = harness.flat(self.foo.telemetry("/foo/lcores"))
        self.note("/foo/lcores: %s" % lcores)

    def test_adaptive_split(self):
        self.adaptive(SPLIT)

    def test_adaptive_packed(self):
        self.adaptive(PACKED)

    def test_adaptive_two_lcores(self):
        cpu = harness.CPU_BACKEND
        self.adaptive(SPLIT, "0@%d,1@%d" % (cpu, cpu), 2)

    def test_idle_again_after_traffic(self):
        self.backend([])
        self.ws.pktcheck(["path=%s,%s" % (self.sock, SPLIT)],
                         ["--count=50000", "--check-lossless", "--seconds=10"]).passed()
        time.sleep(1)
        total, _ = self.percent()
        self.note("%.2f %% CPU after the guest has gone" % total)
        self.assertLess(total, MAX_PERCENT)

    def test_spin_spins(self):
        self.backend(["--idle=spin"])
        _, busiest = self.percent()
        self.note("%.0f %% CPU of the polling lcore" % busiest)
        self.assertGreater(busiest, 30, "a CPU of its own would give it 100 %")


if __name__ == "__main__":
    systest.main()
