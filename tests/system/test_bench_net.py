#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""dpdk-foo-bench net against dpdk-foo, and against testpmd's net_vhost.

Times are short and rates are not judged: what is checked is that every packet is
accounted for, in each mode and ring format, and that the exit status says so.
"""

import json
import os
import signal

import harness
import systest

BENCH = os.path.join(harness.BUILD, "app", "bench", "dpdk-foo-bench")
RINGS = {
    "split": [],
    "split in order": ["--in-order"],
    "packed": ["--ring", "packed"],
    "packed in order": ["--ring", "packed", "--in-order"],
}
SHORT = ["--seconds", "0.5", "--warmup", "0.1"]
# The receiving guest may be the one that waits for its CPU: nothing is dropped meanwhile.
LOSSLESS = ["--overload=backpressure"]


class BenchNet(systest.SystemTest):
    """One test a mode or an option."""

    def bench(self, *options, **kwargs):
        kwargs.setdefault("cpus", [harness.CPU_GUEST])
        return self.ws.run([BENCH, "net", *options], **kwargs)

    def result(self, guest, rc=0, timeout=90):
        """The JSON of a run, which must end like this."""
        self.assertEqual(guest.wait(timeout), rc, guest.describe())
        with open(self.ws.path("r.json"), encoding="utf-8") as f:
            return json.load(f)

    def measure(self, *options, rc=0):
        """Runs it to its end; returns the JSON."""
        return self.result(self.bench(*SHORT, "--quiet", "--json", self.ws.path("r.json"),
                                      *options), rc)

    def sockets(self, count=1, props="", options=LOSSLESS, backend=None):
        """Starts a back-end with so many cards; returns the options that name them."""
        paths = [self.ws.path("s%d" % i) for i in range(count)]
        vdevs = ["net_vhost%d,iface=%s%s" % (i, p, props) for i, p in enumerate(paths)]
        if backend is None:
            self.foo = self.ws.foo(vdevs, options)
        else:
            self.foo = backend(vdevs)
        return [word for path in paths for word in ("--socket", path)]

    def accounted(self, result, lossless=True):
        """Packets came, and none in a way in which it should not have."""
        self.assertEqual(result["found"], 0)
        run = result["results"]
        self.assertGreater(run["rx_packets"], 100)
        for what in ("corrupted", "duplicated", "reordered") + (("lost",) if lossless else ()):
            self.assertEqual(run[what], 0, what)
        return run

    def test_loop(self):
        sockets = self.sockets()
        for ring, options in RINGS.items():
            with self.subTest(ring=ring):
                run = self.accounted(self.measure(*sockets, *options, "--no-loss"))
                self.assertEqual(run["rx_bytes"], 64 * run["rx_packets"])

    def test_loop_full_check(self):
        sockets = self.sockets()
        for ring, options in RINGS.items():
            for size in ("1500", "imix", "9000"):
                with self.subTest(ring=ring, size=size):
                    self.accounted(self.measure(*sockets, *options, "--no-loss", "--check",
                                                "full", "--size", size))

    def test_several_buffers(self):
        """Packets that take five receive buffers each."""
        result = self.measure(*self.sockets(), "--size", "9000", "--rx-buffer", "2048",
                              "--check", "full", "--no-loss")
        self.assertIn("MRG_RXBUF", result["guests"][0]["feature_names"])
        self.assertEqual(self.accounted(result)["rx_bytes"] % 9000, 0)

    def test_interrupts(self):
        sockets = self.sockets()
        for ring, options in RINGS.items():
            with self.subTest(ring=ring):
                self.accounted(self.measure(*sockets, *options, "--interrupt", "--event-idx",
                                            "--no-loss", "--window", "64"))

    def test_pair(self):
        sockets = self.sockets(2)
        for ring, options in RINGS.items():
            with self.subTest(ring=ring):
                result = self.measure(*sockets, *options, "--mode", "pair", "--no-loss",
                                      "--check", "full", "--size", "200")
                run = self.accounted(result)
                self.assertGreaterEqual(run["tx_packets"], run["rx_packets"] - 512)

    def test_pair_interrupts_and_indirect(self):
        self.accounted(self.measure(*self.sockets(2), "--mode", "pair", "--no-loss", "--indirect",
                                    "--interrupt", "--event-idx"))

    def test_queues(self):
        sockets = self.sockets(2, ",queues=4")
        result = self.measure(*sockets, "--mode", "pair", "--queues", "4", "--no-loss")
        self.accounted(result)
        self.assertEqual(result["guests"][1]["queues"], 4)

    def test_sixteen_guests(self):
        self.sockets(16)
        result = self.measure("--socket", self.ws.path("s%d"), "--guests", "16", "--mode", "pair",
                              "--no-loss")
        self.accounted(result)
        self.assertEqual(len(result["guests"]), 16)

    def test_latency(self):
        run = self.accounted(self.measure(*self.sockets(), "--mode", "latency", "--rate", "2k",
                                          "--plot", self.ws.path("p.svg")))
        latency = run["latency_ns"]
        self.assertAlmostEqual(latency["count"], 1000, delta=250)
        self.assertLessEqual(latency["min"], latency["p50"])
        self.assertLessEqual(latency["p50"], latency["p99_99"])
        with open(self.ws.path("p.svg"), encoding="utf-8") as f:
            self.assertIn("<svg", f.read())

    def test_rate_too_high(self):
        """What was due and never sent is told, and counts as late."""
        result = self.measure(*self.sockets(), "--rate", "100M")
        run = self.accounted(result, lossless=False)
        self.assertGreater(run["not_sent"], 1e6)
        self.assertGreater(run["latency_ns"]["count"], run["not_sent"])
        self.assertGreater(run["latency_ns"]["p50"], 1e7)

    def test_sweep(self):
        result = self.measure(*self.sockets(), "--size", "64,512", "--no-loss")
        points = result["results"]["points"]
        self.assertEqual([point["size"] for point in points], [64, 512])
        for point in points:
            self.assertGreater(point["rx_packets"], 100)
        self.assertEqual(result["config"]["size"], [64, 512])

    def test_loss_is_seen(self):
        """A back-end that drops: --no-loss alone makes trouble of it."""
        sockets = self.sockets(2, options=["--overload=drop"])
        # a packet takes eleven of the receiver's sixteen buffers: of a burst one fits
        options = [*sockets, "--mode", "pair", "--rx-buffer", "128", "--size", "1500",
                   "--queue-size", "16"]
        result = self.measure(*options)
        self.assertEqual(result["found"], 0)
        self.assertGreater(result["results"]["lost"], 0)
        self.assertEqual(self.measure(*options, "--no-loss", rc=1)["found"], 1)

    def test_other_topology(self):
        """Two cards that are connected to each other are not two loops."""
        result = self.measure(*self.sockets(2), rc=1)
        self.assertGreater(result["results"]["corrupted"], 0)

    def test_listen(self):
        path = self.ws.path("c")
        guest = self.bench(*SHORT, "--quiet", "--json", self.ws.path("r.json"), "--listen",
                           "--socket", path, "--no-loss")
        harness.wait_until("the bench to listen", lambda: harness.listening(guest, path))
        self.ws.foo(["net_vhost0,client=1,iface=" + path], LOSSLESS, wait=False)
        self.accounted(self.result(guest))

    def test_reconnect(self):
        """The back-end dies and comes back in the middle of a run."""
        for ring in ("split", "split in order"):
            options = RINGS[ring]
            with self.subTest(ring=ring):
                sockets = self.sockets()
                guest = self.bench("--seconds", "0", "--warmup", "0.1", "--reconnect", "--json",
                                   self.ws.path("r.json"), "--interval", "0.1", *sockets,
                                   *options)
                guest.expect(r"Rx-pps: +[1-9]")
                self.foo.kill()
                os.unlink(sockets[1])
                # lines of the time before may still be on their way
                guest.expect(r"Rx-pps: +0\b", start=len(guest.out()))
                before = len(guest.out())
                self.sockets()
                guest.expect(r"Rx-pps: +[1-9]\d{3}", start=before)
                guest.send_signal(signal.SIGINT)
                result = self.result(guest)
                self.assertEqual(result["guests"][0]["reconnects"], 1)
                self.accounted(result, lossless=False)
                self.foo.stop()

    def test_backend_dies(self):
        sockets = self.sockets()
        guest = self.bench("--seconds", "0", "--interval", "0.1", "--json",
                           self.ws.path("r.json"), *sockets)
        guest.expect(r"Rx-pps: +[1-9]")
        self.foo.kill()
        result = self.result(guest, rc=2)
        self.assertIn("the back-end closed the connection", guest.err())
        self.assertEqual(len(guest.err().splitlines()), 1)
        self.assertGreater(result["found"], 0)
        self.assertGreater(result["results"]["rx_pps"], 0)
        self.assertGreater(len(result["results"]["intervals"]), 0)

    def test_interrupted(self):
        """SIGINT ends it early, and it has its result."""
        guest = self.bench("--seconds", "3600", "--interval", "0.1", "--json",
                           self.ws.path("r.json"), *self.sockets())
        guest.expect(r"Rx-pps: +[1-9]")
        guest.send_signal(signal.SIGINT)
        run = self.accounted(self.result(guest))
        self.assertLess(run["seconds"], 3000)
        self.assertIn("Accumulated", guest.out())

    def test_testpmd(self):
        sockets = self.sockets(backend=self.ws.testpmd_backend)
        for ring, options in RINGS.items():
            with self.subTest(ring=ring):
                self.accounted(self.measure(*sockets, *options, "--check", "full", "--size",
                                            "64", "--window", "128"), lossless=False)

    def test_null(self):
        for ring, options in RINGS.items():
            with self.subTest(ring=ring):
                result = self.measure("--mode", "null", "--no-loss", *options)
                self.accounted(result)
                self.assertEqual(len(result["guests"]), 1)

    def test_null_guests(self):
        """As many as wanted, each with a device of its own."""
        result = self.measure("--mode", "null", "--no-loss", "--guests", "3", "--threads", "1")
        self.accounted(result)
        self.assertEqual(len(result["guests"]), 3)

    def test_mistakes(self):
        for options, text in (
                ([], "--socket PATH is missing"),
                (["--socket", "a", "--mode", "pair"], "each sender needs a receiver"),
                (["--mode", "null", "--socket", "a"], "there is no back-end, so no --socket"),
                (["--socket", "a", "--reconnect", "--ring", "packed"], "with --ring split only"),
                (["--socket", "a", "--window", "8", "--check", "none"], "not with --check none"),
                (["--socket", "a", "--plot", self.ws.path("p"), "--size", "imix"],
                 "only the latency can be drawn"),
                (["--socket", "a", "--plot", self.ws.path("p"), "--size", "64,128,64"],
                 "--size 64 is there twice"),
                (["--socket", "a", "--size", "20"], "--size 20: 48 to 65500 are possible"),
                (["--socket", "a", "--speed"], "--speed: no such option"),
                (["--socket", "a", "--quiet=3"], "--quiet=3: takes no value"),
                (["--socket", "a", "--cpus", "0,4095"], "--cpus: there is no CPU 4095"),
                (["--socket", self.ws.folder], "connect to " + self.ws.folder)):
            with self.subTest(options=options):
                guest = self.bench(*options)
                self.assertEqual(guest.wait(), 2)
                self.assertIn(text, guest.err())
                self.assertEqual(len(guest.err().splitlines()), 1)
        self.assertEqual(self.bench("--help").wait(), 0)

    def test_required_feature(self):
        """What the ring is asked to be, and the back-end does not offer."""
        path = self.ws.path("blk.sock")
        disk = self.ws.run(["qemu-storage-daemon", "--blockdev",
                            "driver=null-co,node-name=d,size=1048576", "--export",
                            "type=vhost-user-blk,id=e,node-name=d,addr.type=unix,addr.path=" +
                            path])
        harness.wait_until("the disk to listen", lambda: harness.listening(disk, path))
        guest = self.bench("--ring", "packed", "--socket", path)
        self.assertEqual(guest.wait(), 2)
        self.assertIn("does not offer RING_PACKED", guest.err())


if __name__ == "__main__":
    systest.main()
