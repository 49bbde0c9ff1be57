#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""Every ring path of DPDK's virtio-user driver, each byte of each packet compared.

Which receive and transmit function the driver takes follows from its devargs and
the negotiated features; its log says which it took, and the test insists.

FOO_SOAK_PACKETS=N sends N packets in all instead of 250,000 for each path and load;
FOO_BACKEND=testpmd asks testpmd's own net_vhost instead of dpdk-foo: the oracle.
"""

import os
import re
import unittest

import harness
import systest

BACKEND = os.environ.get("FOO_BACKEND", "foo")
SOAK = int(os.environ.get("FOO_SOAK_PACKETS", "0"))

# VIRTIO 1.2: 5.1.3 and 6.
MRG_RXBUF, INDIRECT, VERSION_1, PACKED, IN_ORDER = 1 << 15, 1 << 28, 1 << 32, 1 << 34, 1 << 35
AVX512 = "--force-max-simd-bitwidth=512"


class Path:
    """One way through the driver: its devargs and the functions that it must choose."""

    def __init__(self, packed, mrg, inorder, vec, tx, rx):
        self.packed, self.mrg, self.inorder, self.vec = packed, mrg, inorder, vec
        self.tx, self.rx = tx, rx
        self.devargs = "packed_vq=%d,mrg_rxbuf=%d,in_order=%d,vectorized=%d" % (
            packed, mrg, inorder, vec)
        self.eal = [AVX512] if packed and vec else []

    def features(self):
        """(those that must be negotiated, those that must not)."""
        yes, no = VERSION_1 | INDIRECT, 0
        for bit, wanted in ((MRG_RXBUF, self.mrg), (PACKED, self.packed),
                            (IN_ORDER, self.inorder)):
            yes, no = (yes | bit, no) if wanted else (yes, no | bit)
        return yes, no


PATHS = {
    "split_inorder": Path(0, 0, 1, 0, "inorder", "inorder"),
    "split_inorder_mergeable": Path(0, 1, 1, 0, "inorder", "inorder"),
    "split": Path(0, 0, 0, 0, "standard", "standard"),
    "split_mergeable": Path(0, 1, 0, 0, "standard", "mergeable buffer"),
    "split_vectorized": Path(0, 0, 0, 1, "standard", "vectorized"),
    "packed": Path(1, 0, 0, 0, "packed ring standard", "packed ring standard"),
    "packed_mergeable": Path(1, 1, 0, 0, "packed ring standard", "packed ring mergeable buffer"),
    "packed_inorder": Path(1, 0, 1, 0, "packed ring standard", "packed ring standard"),
    "packed_inorder_mergeable": Path(1, 1, 1, 0, "packed ring standard",
                                     "packed ring mergeable buffer"),
    "packed_vectorized": Path(1, 0, 1, 1, "packed ring vectorized", "packed ring vectorized"),
    "packed_vectorized_tx": Path(1, 1, 1, 1, "packed ring vectorized",
                                 "packed ring mergeable buffer"),
}

# What goes through a path. A packet over 9 buffers is longer than the driver's
# indirect tables: it becomes a chain of 10 direct descriptors.
LOADS = [
    ("64 bytes", ["--size=64"]),
    ("mixed sizes", ["--size=60-1518"]),
    ("3 buffers a packet", ["--size=60-1518", "--segs=3"]),
    ("9 buffers a packet", ["--size=60-1518", "--segs=9"]),
]
JUMBO = ("jumbo over many buffers", ["--size=60-9000", "--window=24"])


def loads(path):
    return LOADS + ([JUMBO] if path.mrg else [])


PACKETS = SOAK // sum(len(loads(p)) for p in PATHS.values()) if SOAK else 250000


class PathBase(systest.SystemTest):
    """Against one backend process at a time."""

    def backend(self, vdevs, queues=1, options=()):
        if BACKEND == "testpmd":
            return self.ws.testpmd_backend(vdevs, queues=queues)
        return self.ws.foo(vdevs, options)

    def vdev(self, n, queues=1):
        return "net_vhost%d,iface=%s,queues=%d" % (n, self.ws.path("%d.sock" % n), queues)

    def port(self, n, path, queues=1, more=""):
        args = "path=%s,queues=%d,%s%s" % (self.ws.path("%d.sock" % n), queues, path.devargs, more)
        return args

    def check_path(self, guest, path):
        """The driver negotiated and chose what the test is about."""
        self.assertRegex(guest.err(), r"using %s Tx path" % path.tx)
        self.assertRegex(guest.err(), r"using %s Rx path" % path.rx)
        acked = int(re.findall(r"set features: (0x[0-9a-f]+)", guest.err())[-1], 16)
        yes, no = path.features()
        self.assertEqual(acked & yes, yes, "features %#x lack %#x" % (acked, yes & ~acked))
        self.assertEqual(acked & no, 0, "features %#x have %#x" % (acked, acked & no))

    def send(self, path, ports, options, packets=None):
        packets = packets or PACKETS
        options = ["--count=%d" % packets, "--check-lossless"] + list(options)
        if not SOAK:
            options += ["--seconds=%g" % systest.SECONDS, "--min-received=%d" % (packets // 20)]
        guest = self.ws.pktcheck(ports, options, eal=path.eal)
        result = guest.passed(600 if SOAK else 90)
        self.check_path(guest, path)
        return result


class PathTest(PathBase):
    """One port whose packets come back to it; a test for each entry of PATHS."""

    def run_path(self, name):
        path = PATHS[name]
        if path.packed and path.vec and not _has_avx512():
            self.skipTest("this CPU has no AVX-512, which the vectorized packed path needs")
        self.backend([self.vdev(0)])
        total = 0
        for load, options in loads(path):
            with self.subTest(load=load):
                total += self.send(path, [self.port(0, path)], options)["received"]
        self.note("%d packets received, none wrong" % total)


def _has_avx512():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        return " avx512f " in f.read()


def _add_path(name):
    setattr(PathTest, "test_" + name, lambda self: self.run_path(name))


for _name in PATHS:
    _add_path(_name)


class ManyTest(PathBase):
    """More than one queue, more than one port."""

    def test_queues_split(self):
        self.backend([self.vdev(0, 4)], 4)
        path = PATHS["split_mergeable"]
        result = self.send(path, [self.port(0, path, 4)], ["--queues=4", "--size=60-1518"])
        self.check_flows(result, 4)

    def test_queues_packed(self):
        self.backend([self.vdev(0, 4)], 4)
        path = PATHS["packed_inorder"]
        result = self.send(path, [self.port(0, path, 4)], ["--queues=4", "--size=60-1518"])
        self.check_flows(result, 4)

    def test_fewer_queues_than_offered(self):
        self.backend([self.vdev(0, 4)], 4)
        path = PATHS["split_mergeable"]
        result = self.send(path, [self.port(0, path, 2)], ["--queues=2"])
        self.check_flows(result, 2)

    def check_flows(self, result, flows):
        """Every transmit queue was heard, and stayed on one receive queue."""
        self.assertEqual(len(result["flows"]), flows)
        for flow in result["flows"]:
            self.assertGreater(flow["received"], 0, flow)
            self.assertEqual(bin(flow["rx_queues"]).count("1"), 1, flow)

    def pair(self, first, second, options=(), queues=1):
        """Two guests of different kinds send to each other."""
        a, b = PATHS[first], PATHS[second]
        self.backend([self.vdev(0, queues), self.vdev(1, queues)], queues)
        guest = self.ws.pktcheck(
            [self.port(0, a, queues), self.port(1, b, queues)],
            ["--mode=pair", "--count=%d" % PACKETS, "--seconds=%g" % systest.SECONDS,
             "--check-lossless", "--queues=%d" % queues] + list(options),
            eal=a.eal + b.eal)
        result = guest.passed(90)
        for flow in result["flows"]:
            self.assertGreater(flow["received"], 0, flow)
        return result

    def test_pair_split(self):
        self.pair("split", "split_mergeable", ["--size=60-1518"])

    def test_pair_split_packed(self):
        self.pair("split_mergeable", "packed_mergeable", ["--size=60-9000", "--window=24"])

    def test_pair_header_sizes(self):
        self.pair("split_inorder", "packed_inorder_mergeable", ["--size=60-1518", "--segs=3"])

    def test_pair_queues(self):
        self.pair("packed_inorder", "split_mergeable", ["--size=60-1518"], 4)

    def test_small_ring(self):
        self.backend([self.vdev(0)])
        for name in ("split_mergeable", "packed_mergeable", "split_inorder"):
            with self.subTest(path=name):
                path = PATHS[name]
                self.send(path, [self.port(0, path, more=",queue_size=32")],
                          ["--ring=32", "--window=16", "--size=60-1518"])

    def test_large_ring(self):
        self.backend([self.vdev(0)])
        for name in ("split_mergeable", "packed_inorder"):
            with self.subTest(path=name):
                path = PATHS[name]
                self.send(path, [self.port(0, path, more=",queue_size=1024")],
                          ["--ring=1024", "--window=768", "--size=60-1518"])


class IndirectTest(PathBase):
    """Whether the driver's indirect tables were really used."""

    def ring_entries(self, name, segs):
        """Ring entries that one packet of `segs` buffers takes: with the backend stopped,
        the packets that the driver takes tell."""
        path = PATHS[name]
        backend = self.backend([self.vdev(0)])
        guest = self.ws.testpmd_guest([self.port(0, path)],
                                      ["--forward-mode=txonly", "--tx-offloads=0x8000"])
        guest.send("set txpkts " + ",".join(["64"] * segs))
        guest.expect(r"^testpmd> ")
        with harness.stopped(backend):
            guest.send("start")
            guest.send("show port stats 0")
            sent = harness.wait_until("packets in the ring", lambda: _settled(guest), 15)
        guest.send("stop")
        guest.send("quit")
        guest.wait()
        backend.stop()
        return 256 // sent

    def test_indirect(self):
        for name in ("split", "packed"):
            with self.subTest(path=name):
                self.assertEqual(self.ring_entries(name, 3), 1)

    def test_direct(self):
        with self.subTest(path="split_inorder"):
            self.assertEqual(self.ring_entries("split_inorder", 3), 4)


def _settled(guest):
    """TX-packets of the newest two statistics, once they are equal and not 0."""
    guest.send("show port stats 0")
    seen = re.findall(r"TX-packets: (\d+)", guest.out())
    return int(seen[-1]) if len(seen) > 3 and seen[-1] == seen[-2] != "0" else 0


@unittest.skipIf(BACKEND == "testpmd", "testpmd has no overload modes")
class OverloadTest(PathBase):
    """A guest that receives more slowly than it sends."""

    def slow(self, name, overload, options=()):
        path = PATHS[name]
        foo = self.backend([self.vdev(0)], options=["--overload=" + overload])
        options = ["--count=%d" % (PACKETS // 4), "--window=0", "--rx-delay-us=200",
                   "--size=60-1518", "--seconds=%g" % systest.SECONDS] + list(options)
        result = self.ws.pktcheck([self.port(0, path)], options, eal=path.eal).passed(90)
        self.note("%s %s: %d sent, %d lost" % (name, overload, result["sent"], result["lost"]))
        self.assertEqual(foo.stop(), 0)
        return result

    def test_backpressure_loses_nothing(self):
        for name in ("split_mergeable", "packed_inorder", "split"):
            with self.subTest(path=name):
                self.slow(name, "backpressure", ["--check-lossless"])

    def test_drop_loses_but_never_corrupts(self):
        for name in ("split_mergeable", "packed_inorder", "split"):
            with self.subTest(path=name):
                result = self.slow(name, "drop")
                self.assertGreater(result["lost"], 0, "the guest was not slow enough")


if __name__ == "__main__":
    systest.main()
