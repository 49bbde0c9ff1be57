#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""Statistics in testpmd's words, telemetry, and the end of the program.

testpmd itself is asked for its formats: whatever stands in one of its blocks must
stand in ours, numbers aside.
"""

import os
import re
import signal

import harness
import systest

SPLIT = "packed_vq=0,mrg_rxbuf=1,in_order=0"
COUNT = 50000
SEND = ["--count=%d" % COUNT, "--seconds=%g" % systest.SECONDS, "--check-lossless"]
BLOCKS = {
    "port statistics": (r"^  #+ NIC statistics for port 0 +#+$", r"^  #+$"),
    "forward statistics": (r"^  -+ Forward statistics for port 0 +-+$", r"^  -+$"),
    "accumulated": (r"^  \++ Accumulated forward statistics for all ports *\++$", r"^  \++$"),
}


def block(text, name):
    """The newest block of that name: its lines, or []."""
    first, last = (re.compile(r) for r in BLOCKS[name])
    found, inside = [], False
    for line in text.splitlines():
        if first.match(line):
            found, inside = [line], True
        elif inside:
            found.append(line)
            inside = not last.match(line)
    return found


def shape(lines):
    """Lines without their numbers, and without the padding that depends on those: behind a
    number, but before a rate, which is aligned to the right."""
    lines = [re.sub(r"([RT]x-[pb]ps:) +(?=\d)", r"\1 ", line) for line in lines]
    return [re.sub(r"\d+(\.\d+)?\s*", "N ", line).rstrip() for line in lines]


def numbers(lines):
    """{"RX-packets": 12, ...} of a block."""
    return {k: int(v) for k, v in re.findall(r"([\w-]+): +(\d+)", "\n".join(lines))}


class StatsBase(systest.SystemTest):
    """One port that has seen traffic."""

    def setUp(self):
        super().setUp()
        self.sock = self.ws.path("a.sock")
        self.vdev = "net_vhost0,iface=%s,queues=2" % self.sock

    def traffic(self):
        return self.ws.pktcheck(["path=%s,%s" % (self.sock, SPLIT)], SEND).passed()


class FormatTest(StatsBase):
    """The printed statistics."""

    def oracle(self):
        """What testpmd prints for the same traffic."""
        backend = self.ws.testpmd_backend(
            [self.vdev.replace(",queues=2", "")], ["--stats-period=1", "--record-core-cycles"])
        self.traffic()
        backend.expect(r"NIC statistics")
        backend.stop(signal.SIGINT)
        return backend.out()

    def test_formats_are_those_of_testpmd(self):
        theirs = self.oracle()
        foo = self.ws.foo([self.vdev], ["--stats-period=1"])
        sent = self.traffic()["sent"]
        foo.expect(r"RX-packets: *%d " % sent)
        self.assertEqual(foo.stop(signal.SIGINT), 0)
        for name in BLOCKS:
            with self.subTest(block=name):
                self.assertTrue(block(theirs, name), "testpmd printed none: mend the test")
                self.assertEqual(shape(block(foo.out(), name)), shape(block(theirs, name)))
        with self.subTest(block="cycles"):
            pattern = (r"(?m)^  CPU cycles/packet=\d+\.\d\d \(total cycles=\d+ / "
                       r"total io packets=%d\) at \d+ MHz Clock$")
            self.assertRegex(theirs, pattern % sent)
            self.assertRegex(foo.out(), pattern % sent)

    def test_summary_counts_every_packet(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number):
                foo = self.ws.foo([self.vdev])
                sent = self.traffic()["sent"]
                self.assertEqual(foo.stop(number), 0)
                self.assertFalse(os.path.exists(self.sock), "the socket file is still there")
                port = numbers(block(foo.out(), "forward statistics"))
                self.assertEqual((port["RX-packets"], port["TX-packets"]), (sent, sent))
                self.assertEqual((port["RX-dropped"], port["TX-dropped"]), (0, 0))
                total = numbers(block(foo.out(), "accumulated"))
                self.assertEqual((total["RX-total"], total["TX-total"]), (sent, sent))

    def test_cycles_are_plausible(self):
        foo = self.ws.foo([self.vdev])
        self.traffic()
        foo.stop(signal.SIGINT)
        found = re.search(r"cycles/packet=([\d.]+) \(total cycles=(\d+) / total io packets=(\d+)",
                          foo.out())
        self.assertIsNotNone(found, foo.out())
        per, cycles, packets = float(found[1]), int(found[2]), int(found[3])
        self.assertAlmostEqual(per, cycles / packets, delta=0.01)
        self.assertTrue(5 < per < 100000, per)

    def test_signal_with_a_guest_connected(self):
        foo = self.ws.foo([self.vdev])
        guest = self.ws.pktcheck(["path=%s,%s" % (self.sock, SPLIT)], ["--seconds=60"])
        harness.wait_until("traffic", lambda: guest.received() > 1000, 20)
        self.assertEqual(foo.stop(signal.SIGTERM, 10), 0)
        self.assertFalse(os.path.exists(self.sock))
        self.assertGreater(numbers(block(foo.out(), "accumulated"))["RX-total"], 1000)

    def test_second_signal_while_ending(self):
        foo = self.ws.foo([self.vdev])
        foo.send_signal(signal.SIGINT)
        foo.send_signal(signal.SIGTERM)
        self.assertEqual(foo.wait(10), 0)


class TelemetryTest(StatsBase):
    """/foo/..."""

    def setUp(self):
        super().setUp()
        self.foo = self.ws.foo([self.vdev])

    def queue(self, n):
        return harness.flat(self.foo.telemetry("/foo/queue,net_vhost0,%d" % n))

    def device(self):
        return harness.flat(self.foo.telemetry("/foo/device,net_vhost0"))

    def test_commands_are_listed(self):
        commands = self.foo.telemetry("/")
        for name in ("/foo/devices", "/foo/device", "/foo/queue", "/foo/lcores"):
            self.assertIn(name, commands)

    def test_without_a_guest(self):
        self.assertIn("net_vhost0", str(self.foo.telemetry("/foo/devices")))
        for n in range(4):
            queue = self.queue(n)
            self.assertEqual(queue["state"], "stopped", queue)
            self.assertTrue(queue["why"], queue)

    def test_with_a_guest(self):
        guest = self.ws.pktcheck(["path=%s,%s" % (self.sock, SPLIT)], ["--seconds=60"])
        harness.wait_until("traffic", lambda: guest.received() > 1000, 20)
        for n in (0, 1):
            queue = self.queue(n)
            self.assertEqual(queue["state"], "running", queue)
            self.assertGreater(queue["packets"], 1000, queue)
            self.assertGreater(queue["bytes"], 64000, queue)
        self.assertNotEqual(self.queue(2)["state"], "running")
        features = str(self.foo.telemetry("/foo/device,net_vhost0"))
        for word in ("VERSION_1", "MRG_RXBUF", "INDIRECT"):
            self.assertIn(word, features)
        guest.send_signal(signal.SIGINT)
        guest.passed()
        harness.wait_until("the queue to stop with its guest",
                           lambda: self.queue(0)["state"] == "stopped", 5)

    def test_counters_match_the_traffic(self):
        result = self.traffic()
        for n in (0, 1):
            queue = self.queue(n)
            self.assertEqual((queue["packets"], queue["bytes"]), (result["sent"], result["bytes"]),
                             queue)
            self.assertEqual({k: v for k, v in queue.items() if k.startswith("drops_") and v}, {})

    def test_last_message(self):
        self.traffic()
        self.assertRegex(str(self.device()), r"GET_VRING_BASE|SET_VRING_ENABLE")

    def test_lcores(self):
        self.traffic()
        lcores = self.foo.telemetry("/foo/lcores")
        text = str(lcores)
        for word in ("busy_cycles", "idle_cycles"):
            self.assertIn(word, text)

    def test_wrong_parameters(self):
        for command in ("/foo/device,net_vhost9", "/foo/queue,net_vhost0,99", "/foo/queue",
                        "/foo/queue,net_vhost0", "/foo/queue,net_vhost0,x", "/foo/device"):
            with self.subTest(command=command):
                self.assertFalse(self.foo.telemetry(command))
        self.assertTrue(self.foo.running())


if __name__ == "__main__":
    systest.main()
