#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""Either side goes away in the middle of traffic, politely or not, and comes back."""

import os
import signal
import socket

import harness
import systest

SPLIT = "packed_vq=0,mrg_rxbuf=1,in_order=0"
INORDER = "packed_vq=0,mrg_rxbuf=1,in_order=1"
PACKED = "packed_vq=1,mrg_rxbuf=1,in_order=0"
FOREVER = ["--seconds=120", "--size=60-1518"]
BRIEF = ["--count=50000", "--seconds=10", "--check-lossless", "--size=60-1518"]
# Packets that must arrive before something is broken on purpose.
SOME = 2000


def flowing(guest, more=SOME):
    """Waits until `more` packets were received from now on."""
    before = guest.received()
    harness.wait_until("%s to receive %d packets after its first %d" % (guest.name, more, before),
                       lambda: guest.running() and guest.received() >= before + more, 30)


class GuestTest(systest.SystemTest):
    """dpdk-foo stays, guests come and go."""

    def setUp(self):
        super().setUp()
        self.sock = self.ws.path("a.sock")
        self.foo = self.ws.foo(["net_vhost0,iface=%s,queues=2" % self.sock])

    def guest(self, devargs, options):
        return self.ws.pktcheck(["path=%s,%s" % (self.sock, devargs)], options)

    def killed(self, kinds):
        """Kills guests of the given kinds one after the other, then checks the last thoroughly
        and that nothing of the dead ones is left in the backend."""
        self.guest(kinds[0], BRIEF).passed()
        fds, rss = len(self.foo.fds()), self.foo.rss_mb()
        for devargs in kinds:
            guest = self.guest(devargs, FOREVER)
            flowing(guest)
            guest.kill()
            self.assertTrue(self.foo.running(), "dpdk-foo died with its guest")
        self.guest(kinds[0], BRIEF).passed()
        harness.wait_until("the dead guests' fds to be closed (%d, not %d)" %
                           (fds, len(self.foo.fds())), lambda: len(self.foo.fds()) <= fds, 5)
        self.assertLess(self.foo.rss_mb(), rss + 64, "memory of dead guests is still mapped")
        self.assertEqual(self.foo.stop(signal.SIGINT), 0)

    def test_split_killed_five_times(self):
        self.killed([SPLIT] * 5)

    def test_packed_killed_five_times(self):
        self.killed([PACKED] * 5)

    def test_killed_and_back_with_another_ring_format(self):
        self.killed([SPLIT, PACKED, INORDER, PACKED, SPLIT])

    def test_port_stopped_and_started(self):
        guest = self.ws.testpmd_guest(["path=%s,%s" % (self.sock, SPLIT)],
                                      ["--txd=256", "--rxd=256"])
        for _ in range(5):
            for command in ("start tx_first", "stop", "port stop 0", "port start 0"):
                guest.send(command)
        guest.send("start tx_first")
        guest.send("stop")
        guest.send("quit")
        self.assertEqual(guest.wait(), 0)
        self.assertNotIn("Failed", guest.err())
        self.guest(PACKED, BRIEF).passed()

    def test_second_guest_is_refused_and_the_first_goes_on(self):
        first = self.guest(SPLIT, FOREVER)
        flowing(first)
        second = self.guest(SPLIT, BRIEF)
        self.assertNotEqual(second.wait(), 0)
        flowing(first)
        first.stop(signal.SIGINT)
        self.assertEqual(first.result()["result"], "pass")

    def test_one_of_two_guests_is_killed(self):
        self.foo.stop()
        socks = [self.ws.path(name) for name in ("0.sock", "1.sock")]
        foo = self.ws.foo(["net_vhost%d,iface=%s" % (i, s) for i, s in enumerate(socks)])
        port = "path=%s," + SPLIT
        sender = self.ws.pktcheck([port % socks[0]], ["--mode=tx", "--seconds=120", "--rate=20000"])
        for _ in range(3):
            receiver = self.ws.pktcheck([port % socks[1]], ["--mode=rx", "--seconds=120"])
            flowing(receiver)
            receiver.kill()
        receiver = self.ws.pktcheck([port % socks[1]], ["--mode=rx", "--count=%d" % SOME,
                                                        "--seconds=30"])
        receiver.passed()
        sender.stop(signal.SIGINT)
        self.assertTrue(foo.running())


class BackendTest(systest.SystemTest):
    """The guest stays and listens (server=1), dpdk-foo (client=1) goes away."""

    def setUp(self):
        super().setUp()
        self.sock = self.ws.path("guest.sock")

    def foo(self):
        return self.ws.foo(["net_vhost0,iface=%s,client=1,queues=2" % self.sock])

    def restarted(self, devargs, number):
        guest = self.ws.pktcheck(["path=%s,server=1,%s" % (self.sock, devargs)], FOREVER)
        for life in range(3):
            foo = self.foo()
            flowing(guest)
            if number == signal.SIGTERM:
                self.assertEqual(foo.stop(number), 0)
            else:
                foo.kill()
            self.assertTrue(guest.running(), "the guest died with its backend, life %d" % life)
        foo = self.foo()
        flowing(guest)
        guest.send_signal(signal.SIGINT)
        result = guest.result()
        self.note("SIG%d: %d received, %d lost, %d twice over four lives of dpdk-foo" %
                  (number, result["received"], result["lost"], result["dup"]))
        for bad in ("corrupted", "wrong_length", "misrouted", "foreign"):
            self.assertEqual(result[bad], 0, "%s: %s" % (bad, result))
        return result

    def test_split_sigterm(self):
        result = self.restarted(SPLIT, signal.SIGTERM)
        self.assertEqual((result["dup"], result["reorder"]), (0, 0), result)

    def test_split_sigkill(self):
        self.restarted(SPLIT, signal.SIGKILL)

    def test_inorder_sigterm(self):
        result = self.restarted(INORDER, signal.SIGTERM)
        self.assertEqual((result["dup"], result["reorder"]), (0, 0), result)

    def test_inorder_sigkill(self):
        self.restarted(INORDER, signal.SIGKILL)

    def test_packed_sigterm(self):
        self.restarted(PACKED, signal.SIGTERM)

    def test_packed_sigkill(self):
        self.restarted(PACKED, signal.SIGKILL)

    def test_client_waits_for_its_guest(self):
        foo = self.foo()
        guest = self.ws.pktcheck(["path=%s,server=1,%s" % (self.sock, SPLIT)], BRIEF)
        guest.passed()
        self.assertEqual(foo.stop(signal.SIGINT), 0)


class SocketFileTest(systest.SystemTest):
    """What lies at iface= when dpdk-foo starts."""

    def setUp(self):
        super().setUp()
        self.sock = self.ws.path("a.sock")
        self.vdev = "net_vhost0,iface=" + self.sock

    def serves(self, foo):
        self.ws.pktcheck(["path=%s,%s" % (self.sock, SPLIT)], BRIEF).passed()
        self.assertEqual(foo.stop(signal.SIGINT), 0)
        self.assertFalse(os.path.exists(self.sock), "the socket file is still there")

    def test_stale_socket_is_replaced(self):
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(self.sock)
        self.serves(self.ws.foo([self.vdev]))

    def test_killed_and_started_again(self):
        self.ws.foo([self.vdev]).kill()
        self.assertTrue(os.path.exists(self.sock))
        self.serves(self.ws.foo([self.vdev]))

    def refused(self):
        foo = self.ws.foo([self.vdev], wait=False)
        self.assertEqual(foo.wait(), 1)
        self.assertIn(self.sock, foo.err())
        self.assertTrue(os.path.exists(self.sock), "a file of somebody else was removed")

    def test_socket_in_use_is_left_alone(self):
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(self.sock)
            s.listen()
            self.refused()

    def test_file_that_is_no_socket_is_left_alone(self):
        with open(self.sock, "w", encoding="ascii") as f:
            f.write("precious")
        self.refused()
        with open(self.sock, encoding="ascii") as f:
            self.assertEqual(f.read(), "precious")


if __name__ == "__main__":
    systest.main()
