#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""--fwd, --overload, --placement and lcores: what they do to packets and counters."""

import signal

import harness
import systest

SPLIT = "packed_vq=0,mrg_rxbuf=1,in_order=0"
PACKED = "packed_vq=1,mrg_rxbuf=1,in_order=1"
COUNT = 100000
SEND = ["--count=%d" % COUNT, "--seconds=%g" % systest.SECONDS, "--size=60-1518"]
CPU = harness.CPU_BACKEND


class ModesBase(systest.SystemTest):
    """One or two guests of one process."""

    def backend(self, options=(), ports=1, queues=1, lcores=None):
        self.socks = [self.ws.path("%d.sock" % i) for i in range(ports)]
        self.foo = self.ws.foo(["net_vhost%d,iface=%s,queues=%d" % (i, s, queues)
                                for i, s in enumerate(self.socks)], options, lcores=lcores)

    def guest(self, devargs, options, queues=1):
        return self.ws.pktcheck(["path=%s,queues=%d,%s" % (s, queues, devargs)
                                 for s in self.socks], list(options))

    def counters(self, queue, port=0):
        """Everything that /foo/queue says, flattened."""
        return harness.flat(self.foo.telemetry("/foo/queue,net_vhost%d,%d" % (port, queue)))

    def sum(self, name, ports=1, queues=2):
        return sum(self.counters(q, p)[name] for p in range(ports) for q in range(queues))


class FwdTest(ModesBase):
    """--fwd="""

    def test_macswap(self):
        self.backend(["--fwd=macswap"])
        for devargs in (SPLIT, PACKED):
            for more in ([], ["--segs=3"], ["--size=60-9000", "--window=24"]):
                with self.subTest(devargs=devargs, more=more):
                    self.guest(devargs, SEND + ["--macswap", "--check-lossless"] + more).passed()

    def test_io_leaves_macs_alone(self):
        """The check of --macswap itself: io must not pass it, nor macswap pass without."""
        self.backend()
        result = self.guest(SPLIT, ["--count=100", "--macswap"]).result()
        self.assertEqual((result["result"], result["corrupted"]), ("fail", 100))

    def test_rxonly(self):
        self.backend(["--fwd=rxonly"])
        for devargs in (SPLIT, PACKED):
            with self.subTest(devargs=devargs):
                before = self.port_packets("rx_packets")
                result = self.guest(devargs, SEND + ["--mode=tx"]).passed()
                self.assertEqual(result["received"], 0)
                harness.wait_until("rx_packets to grow by the %d sent" % result["sent"], lambda:
                                   self.port_packets("rx_packets") - before == result["sent"], 5)

    def port_packets(self, name):
        return harness.flat(self.foo.telemetry("/foo/device,net_vhost0"))[name]

    def test_txonly(self):
        for size in (None, 1400):
            options = ["--fwd=txonly"] + (["--txonly-size=%d" % size] if size else [])
            self.backend(options)
            for devargs in (SPLIT, PACKED):
                with self.subTest(size=size, devargs=devargs):
                    self.guest(devargs, ["--mode=rx", "--count=%d" % COUNT, "--seconds=20",
                                         "--min-received=%d" % (COUNT // 20),
                                         "--size=%d" % (size or 64)]).passed()
            self.assertEqual(self.foo.stop(signal.SIGINT), 0)

    def test_one_copy_and_no_mbuf(self):
        """Guest to guest each payload byte is copied once, and there is no pool of mbufs that
        a packet could go through."""
        self.backend(ports=2)
        for devargs in (SPLIT, PACKED):
            with self.subTest(devargs=devargs):
                before = [self.counters(0, p) for p in (0, 1)]
                result = self.guest(devargs, SEND + ["--mode=pair", "--check-lossless"]).passed()
                after = [self.counters(0, p) for p in (0, 1)]
                for name in ("bytes", "copied_bytes"):
                    grown = sum(a[name] - b[name] for a, b in zip(after, before))
                    self.assertEqual(grown, result["bytes"], name)
        self.assertEqual(self.foo.telemetry("/mempool/list") or [], [])


class OverloadTest(ModesBase):
    """--overload= with a guest that receives too slowly."""

    SLOW = ["--window=0", "--rx-delay-us=50"]

    def test_drop_counts_what_is_lost(self):
        self.backend()
        for devargs in (SPLIT, PACKED):
            with self.subTest(devargs=devargs):
                before = self.sum("drops_ring_full")
                result = self.guest(devargs, SEND + self.SLOW).passed()
                self.assertGreater(result["lost"], 0, "the guest was not slow enough")
                self.assertEqual(self.sum("drops_ring_full") - before, result["lost"])

    def test_backpressure_counts_and_loses_nothing(self):
        self.backend(["--overload=backpressure"])
        for devargs in (SPLIT, PACKED):
            with self.subTest(devargs=devargs):
                before = self.sum("backpressure")
                self.guest(devargs, SEND + self.SLOW + ["--check-lossless"]).passed()
                self.assertGreater(self.sum("backpressure"), before)
                self.assertEqual(self.sum("drops_ring_full"), 0)


class LcoresTest(ModesBase):
    """Queues of one flow on one lcore, and on two. The lcores share a CPU, so that the guest
    has one of its own."""

    def lossless(self, options, lcores, queues, ports=2):
        self.backend(["--overload=backpressure"] + options, ports=ports, queues=queues,
                     lcores=lcores)
        mode = ["--mode=pair"] if ports == 2 else []
        for devargs in (SPLIT, PACKED):
            for more in ([], ["--segs=3"], ["--window=0"]):
                with self.subTest(devargs=devargs, more=more):
                    self.guest(devargs, SEND + mode + ["--check-lossless", "--queues=%d" % queues] +
                               more, queues).passed(90)

    def lcores_used(self, queues, ports=2):
        return {self.counters(q, p)["lcore"] for p in range(ports) for q in range(2 * queues)}

    def test_flow_two_lcores(self):
        self.lossless(["--placement=flow"], "0@%d,1@%d" % (CPU, CPU), 2)
        self.assertEqual(self.sum("handovers", 2, 4), 0)
        self.assertEqual(len(self.lcores_used(2)), 2)

    def test_spread_two_lcores(self):
        self.lossless(["--placement=spread"], "0@%d,1@%d" % (CPU, CPU), 1)
        self.assertGreater(self.sum("handovers", 2, 2), 0)
        self.assertEqual(len(self.lcores_used(1)), 2)

    def test_spread_loop(self):
        self.lossless(["--placement=spread"], "0@%d,1@%d" % (CPU, CPU), 1, ports=1)
        self.assertGreater(self.sum("handovers"), 0)

    def test_spread_four_lcores(self):
        lcores = ",".join("%d@%d" % (i, CPU) for i in (2, 3, 4, 5))
        self.lossless(["--placement=spread"], lcores, 2)
        self.assertEqual(len(self.lcores_used(2)), 4)


if __name__ == "__main__":
    systest.main()
