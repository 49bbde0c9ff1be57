#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""examples/guest-hello says hello to a card of ours and to a disk of QEMU's."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "system"))

import harness      # noqa: E402
import systest      # noqa: E402

HELLO = os.path.join(harness.BUILD, "examples", "guest-hello", "guest_hello")


class GuestHello(systest.SystemTest):
    """One test a device type."""

    def hello(self, kind, path):
        guest = self.ws.run([HELLO, kind, path])
        self.assertEqual(guest.wait(), 0, guest.err())
        self.assertIn("VERSION_1", guest.out())
        return guest.out()

    def test_net(self):
        path = self.ws.path("net.sock")
        foo = self.ws.foo(["net_vhost0,iface=" + path])
        for _ in range(2):  # the first one has left in good order
            self.assertIn("packet of 60 bytes taken", self.hello("net", path))
        self.assertEqual(foo.stop(), 0)

    def test_blk(self):
        path = self.ws.path("blk.sock")
        disk = self.ws.run(["qemu-storage-daemon", "--blockdev",
                            "driver=null-co,node-name=d,size=1048576,read-zeroes=on", "--export",
                            "type=vhost-user-blk,id=e,node-name=d,addr.type=unix,addr.path=" +
                            path])
        harness.wait_until("the disk to listen", lambda: harness.listening(disk, path))
        self.assertRegex(self.hello("blk", path), r"status 0, \d+ bytes written")

    def test_nobody_there(self):
        guest = self.ws.run([HELLO, "net", self.ws.folder])
        self.assertEqual(guest.wait(), 1)
        self.assertIn("guest_hello: connect to " + self.ws.folder, guest.err())

    def test_usage(self):
        guest = self.ws.run([HELLO, "gpu", "x"])
        self.assertEqual(guest.wait(), 2)
        self.assertIn("usage: guest_hello", guest.err())


if __name__ == "__main__":
    systest.main()
