#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""The command lines of examples/net and examples/blk, each run as it stands.

QEMU boots the kernel of the guest tests behind the script's own arguments, and
a case holds when the guest's driver has taken the queues into service.
"""

import os
import sys
import xml.etree.ElementTree as ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "system"), os.path.join(HERE, "..", "guest")]

import build_guest  # noqa: E402
import harness      # noqa: E402
import systest      # noqa: E402

EXAMPLES = os.path.join(harness.ROOT, "examples")
BOOT_SECONDS = 120
# QEMU 7.2 without KVM crashes when a guest uses MSI-X with vhost-user.
NO_MSIX = ["-global", "virtio-net-pci.vectors=0"]
KERNEL_ARGS = ("console=ttyS0 panic=1 nokaslr mitigations=off random.trust_cpu=on no_timer_check "
               "tsc_early_khz=2000000 lpj=4000000 cryptomgr.notests")


class Examples(systest.SystemTest):
    """One test a file."""

    folder = ""

    def boots(self, script, device, queues=(0, 1), options=()):
        """The script's guest brings these queues of the device into service."""
        socket = self.ws.path("foo.sock")
        name, _, properties = device.partition(",")
        server = "client=1" not in properties
        foo = self.ws.foo(["%s,iface=%s,%s" % (name, socket, properties)], wait=server)
        telemetry = os.path.join(harness.runtime_dir(foo.prefix), "dpdk_telemetry.v2")
        kernel, initrd = build_guest.build()
        env = dict(os.environ, ACCEL="tcg")
        qemu = self.ws.run([os.path.join(EXAMPLES, self.folder, script), socket, "-kernel", kernel,
                            "-initrd", initrd, "-append", KERNEL_ARGS, "-display", "none",
                            "-no-reboot", "-serial", "file:" + self.ws.path("tty"), *options],
                           env=env)

        def in_service():
            if not qemu.running():
                raise harness.Failure("QEMU ended before the guest used the device")
            if not os.path.exists(telemetry):
                return False
            states = [harness.flat(foo.telemetry("/foo/queue,%s,%d" % (name, queue))).get("state")
                      for queue in queues]
            return all(state == "running" for state in states)

        harness.wait_until("queues %s to run" % (queues,), in_service, BOOT_SECONDS, 0.2)
        qemu.stop()
        self.assertEqual(foo.stop(), 0)

    def domain(self):
        """The folder's libvirt domain, which shares its memory."""
        path = os.path.join(EXAMPLES, self.folder, "libvirt.xml")
        domain = ElementTree.parse(path).getroot()
        self.assertEqual(domain.find("memoryBacking/access").get("mode"), "shared")
        return domain

    def all_are_run(self, *scripts):
        there = {name for name in os.listdir(os.path.join(EXAMPLES, self.folder))
                 if name.endswith(".sh")}
        self.assertEqual(there, set(scripts))


class NetExamples(Examples):
    """examples/net"""

    folder = "net"

    def test_pci(self):
        self.boots("qemu-pci.sh", "net_vhost0", options=NO_MSIX)

    def test_multiqueue(self):
        self.boots("qemu-multiqueue.sh", "net_vhost0,queues=4", range(8), NO_MSIX)

    def test_server(self):
        self.boots("qemu-server.sh", "net_vhost0,client=1", options=NO_MSIX)

    def test_microvm(self):
        self.boots("qemu-microvm.sh", "net_vhost0")

    def test_libvirt(self):
        interface = self.domain().find("devices/interface")
        self.assertEqual(interface.get("type"), "vhostuser")

    def test_all_are_run(self):
        self.all_are_run("qemu-pci.sh", "qemu-multiqueue.sh", "qemu-server.sh", "qemu-microvm.sh")


class BlkExamples(Examples):
    """examples/blk"""

    folder = "blk"

    def disk(self, queues=1):
        path = self.ws.path("disk.img")
        return "blk_uring0,path=%s,size=64M,queues=%d" % (path, queues)

    def test_blk_pci(self):
        self.boots("qemu-pci.sh", self.disk(2))

    def test_blk_transitional(self):
        self.boots("qemu-transitional.sh", self.disk(), [0])

    def test_blk_microvm(self):
        self.boots("qemu-microvm.sh", self.disk(), [0])

    def test_blk_libvirt(self):
        disk = self.domain().find("devices/disk")
        self.assertEqual(disk.get("type"), "vhostuser")
        self.assertEqual(disk.find("source").get("type"), "unix")

    def test_blk_all_are_run(self):
        self.all_are_run("qemu-pci.sh", "qemu-transitional.sh", "qemu-microvm.sh")


if __name__ == "__main__":
    systest.main()
