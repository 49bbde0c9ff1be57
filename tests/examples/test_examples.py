#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""The command lines of examples/net, each run as it stands.

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

EXAMPLES = os.path.join(harness.ROOT, "examples", "net")
BOOT_SECONDS = 120
# QEMU 7.2 without KVM crashes when a guest uses MSI-X with vhost-user.
NO_MSIX = ["-global", "virtio-net-pci.vectors=0"]
KERNEL_ARGS = ("console=ttyS0 panic=1 nokaslr mitigations=off random.trust_cpu=on no_timer_check "
               "tsc_early_khz=2000000 lpj=4000000 cryptomgr.notests")


class Examples(systest.SystemTest):
    """One test a file of examples/net."""

    def boots(self, script, properties="", queues=(0, 1), options=()):
        """The script's guest brings these queues of net_vhost0 into service."""
        socket = self.ws.path("foo.sock")
        vdev = "net_vhost0,iface=" + socket + properties
        server = "client=1" not in properties
        foo = self.ws.foo([vdev], wait=server)
        telemetry = os.path.join(harness.runtime_dir(foo.prefix), "dpdk_telemetry.v2")
        kernel, initrd = build_guest.build()
        env = dict(os.environ, ACCEL="tcg")
        qemu = self.ws.run([os.path.join(EXAMPLES, script), socket, "-kernel", kernel,
                            "-initrd", initrd, "-append", KERNEL_ARGS, "-display", "none",
                            "-no-reboot", "-serial", "file:" + self.ws.path("tty"), *options],
                           env=env)

        def in_service():
            if not qemu.running():
                raise harness.Failure("QEMU ended before the guest used the card")
            if not os.path.exists(telemetry):
                return False
            states = [harness.flat(foo.telemetry("/foo/queue,net_vhost0,%d" % queue)).get("state")
                      for queue in queues]
            return all(state == "running" for state in states)

        harness.wait_until("queues %s to run" % (queues,), in_service, BOOT_SECONDS, 0.2)
        qemu.stop()
        self.assertEqual(foo.stop(), 0)

    def test_pci(self):
        self.boots("qemu-pci.sh", options=NO_MSIX)

    def test_multiqueue(self):
        self.boots("qemu-multiqueue.sh", ",queues=4", range(8), NO_MSIX)

    def test_server(self):
        self.boots("qemu-server.sh", ",client=1", options=NO_MSIX)

    def test_microvm(self):
        self.boots("qemu-microvm.sh")

    def test_libvirt(self):
        domain = ElementTree.parse(os.path.join(EXAMPLES, "libvirt.xml")).getroot()
        interface = domain.find("devices/interface")
        self.assertEqual(interface.get("type"), "vhostuser")
        self.assertEqual(domain.find("memoryBacking/access").get("mode"), "shared")

    def test_all_are_run(self):
        scripts = {name for name in os.listdir(EXAMPLES) if name.endswith(".sh")}
        self.assertEqual(scripts, {"qemu-pci.sh", "qemu-multiqueue.sh", "qemu-server.sh",
                                   "qemu-microvm.sh"})


if __name__ == "__main__":
    systest.main()
