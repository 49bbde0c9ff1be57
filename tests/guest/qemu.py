# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""A Linux guest under QEMU that obeys orders.

One Guest is one QEMU process (without KVM): a NetGuest with two network cards,
a and b, or a DiskGuest with a disk, whose vhost-user back-end is somebody else.
Kernel and initramfs come from build_guest.py; the orders are the shell functions
of init.sh. The serial line is QEMU's standard input and output, so a failing
test shows what the guest said.
"""

import json
import mmap
import os
import re
import shutil
import socket

import build_guest
import harness

QEMU = "qemu-system-x86_64"
MEMORY = "256M"
BOOT_SECONDS = 120
KERNEL_ARGS = """console=ttyS0 loglevel=4 panic=1 nokaslr mitigations=off random.trust_cpu=on
no_timer_check cryptomgr.notests""".split()
# microvm has no timer to calibrate these against.
MICROVM_ARGS = ["tsc_early_khz=2000000", "lpj=4000000"]
# vectors=0: when a vhost-user network card with MSI-X starts, QEMU 7.2 takes interrupt
# routes that only KVM has and crashes without. INTx it is, then: no difference to a back-end.
PCI_CARD = "virtio-net-pci,romfile=,vectors=0"
MMIO_CARD = "virtio-net-device"


class Qmp:
    """QEMU's control socket."""

    def __init__(self, qemu, path):
        self.socket = socket.socket(socket.AF_UNIX)
        harness.wait_until("QEMU to make its control socket",
                           lambda: harness.listening(qemu, path), harness.START_TIMEOUT)
        self.socket.connect(path)
        self.file = self.socket.makefile("rw", encoding="utf-8")
        self.file.readline()
        self.command("qmp_capabilities")

    def command(self, name, **arguments):
        json.dump({"execute": name, "arguments": arguments}, self.file)
        self.file.write("\n")
        self.file.flush()
        while True:
            line = self.file.readline()
            if not line:
                raise harness.Failure("QEMU closed its control socket at '%s'" % name)
            answer = json.loads(line)
            if "error" in answer:
                raise harness.Failure("QEMU refuses '%s': %s" % (name, answer["error"]["desc"]))
            if "return" in answer:
                return answer["return"]


class Guest:
    """A booted guest.

    devices:  arguments of QEMU for whatever dpdk-foo serves
    machine:  "q35" or "microvm"
    append:   further words for the kernel
    boots:    "kernel", or "disk" to leave it to the firmware: then orders are not to be given
    memory:   its size
    tools:    programs of the host that orders may name
    comes:    where a guest comes from that migrates to here: it does not boot
    """

    def __init__(self, ws, devices, machine="q35", cpus=1, append=(), boots="kernel",
                 memory=MEMORY, tools=(), comes=None):
        control = ws.path("qmp%d" % len(ws.processes))
        argv = [QEMU] + self._machine(machine, cpus, memory)
        if boots == "kernel":
            argv += self._kernel(machine, append, tools)
        if comes:
            argv += ["-incoming", comes]
        argv += list(devices) + ["-serial", "stdio",
                                 "-qmp", "unix:%s,server=on,wait=off" % control]
        self.orders, self.comes = 0, comes
        self.process = ws.run(argv, stdin=True)
        self.qmp = Qmp(self.process, control)
        if boots == "kernel" and not comes:
            self._booted(0)

    @staticmethod
    def _machine(machine, cpus, memory):
        acpi = ",acpi=on" if machine == "microvm" else ""
        return ["-M", "%s,accel=tcg,memory-backend=m0%s" % (machine, acpi),
                "-object", "memory-backend-memfd,id=m0,size=%s,share=on" % memory,
                "-m", memory, "-cpu", "max,la57=off", "-smp", str(cpus),
                "-nodefaults", "-no-user-config", "-display", "none"]

    @staticmethod
    def _kernel(machine, append, tools):
        kernel, initrd = build_guest.build(tools)
        words = KERNEL_ARGS + list(append) + (MICROVM_ARGS if machine == "microvm" else [])
        return ["-kernel", kernel, "-initrd", initrd, "-append", " ".join(words)]

    def _booted(self, start):
        """Waits for init.sh to be ready for orders."""
        found = self.process.expect(r"@0= (\d+)\n", BOOT_SECONDS, start)
        if found[1] != "0":
            raise harness.Failure("the guest could not set itself up")

    def begin(self, command):
        """Has the guest run a command; what end() takes."""
        self.orders += 1
        start = len(self.process.out())
        self.process.send("%d %s" % (self.orders, command))
        return self.orders, start

    def end(self, begun, seconds=60):
        """Waits for the end of what begin() began: (exit status, output)."""
        number, start = begun
        found = self.process.expect(r"@%d= (\d+)\n" % number, seconds, start)
        lines = re.findall(r"@%d\| (.*)" % number, self.process.out()[start:])
        return int(found[1]), "\n".join(lines)

    def order(self, command, seconds=60):
        """Runs a command in the guest: (exit status, output)."""
        return self.end(self.begin(command), seconds)

    def must(self, command, seconds=60):
        """Runs a command that must succeed; its output."""
        status, text = self.order(command, seconds)
        if status != 0:
            raise harness.Failure("'%s' failed in the guest:\n%s" % (command, text))
        return text

    def reset(self, meanwhile=None):
        """Turns the machine off and on; returns when it has booted again. meanwhile: called first
        of all."""
        start = len(self.process.out())
        self.qmp.command("system_reset")
        if meanwhile:
            meanwhile()
        self._booted(start)

    def migrate(self, other):
        """Moves to a guest that was started with comes=; this one stays behind without life."""
        self.qmp.command("migrate", uri=other.comes)

        def moved():
            status = self.qmp.command("query-migrate")
            if status["status"] in ("failed", "cancelled"):
                raise harness.Failure("QEMU does not migrate: %s" % status)
            return status if status["status"] == "completed" else None
        status = harness.wait_until("the guest to move", moved, 60)
        harness.wait_until("the guest to run where it came to", lambda: other.qmp.command(
            "query-status")["running"], 30)
        other.orders = self.orders
        return status

    def quit(self):
        self.qmp.command("quit")
        status = self.process.wait()
        if status != 0:
            raise harness.Failure("QEMU ended with %d" % status)

    def memory(self):
        """The whole memory, to be scribbled on; the offset is the physical address."""
        for number, target in self.process.fds().items():
            if target.startswith("/memfd:memory-backend-memfd"):
                path = "/proc/%d/fd/%d" % (self.process.pid, number)
                with open(path, "r+b") as file:
                    return mmap.mmap(file.fileno(), 0)
        raise harness.Failure("QEMU holds no memfd")


class NetGuest(Guest):
    """A guest with two network cards, a and b.

    sockets:  the vhost-user sockets of a and b
    chardev:  further options of both sockets ("server=on" when the back-end connects)
    card:     properties of both cards, or a pair
    queues:   queue pairs that each card offers
    options:  further arguments of QEMU
    """

    def __init__(self, ws, sockets, chardev=("", ""), card="", machine="q35", queues=1, cpus=1,
                 options=()):
        cards = (card, card) if isinstance(card, str) else card
        devices = list(options)
        for letter, path, char, properties in zip("ab", sockets, chardev, cards):
            kind = MMIO_CARD if machine == "microvm" else PCI_CARD
            if queues > 1:
                kind += ",mq=on"
            devices += ["-chardev", join("socket,id=c%s,path=%s" % (letter, path), char),
                        "-netdev", "vhost-user,id=n%s,chardev=c%s,queues=%d"
                        % (letter, letter, queues),
                        "-device", join("%s,netdev=n%s,id=card%s,mac=52:54:00:00:00:0%s"
                                        % (kind, letter, letter, letter), properties)]
        super().__init__(ws, devices, machine, cpus)

    def queue(self, letter, number):
        """QEMU's view of a virtqueue: the addresses of its parts and its size."""
        return self.qmp.command("x-query-virtio-vhost-queue-status", queue=number,
                                path="/machine/peripheral/card%s/virtio-backend" % letter)


class DiskGuest(Guest):
    """A guest with one disk and no network card.

    sock:     its vhost-user socket
    kind:     the device, of virtio-pci, or for a microvm of virtio-mmio
    disk:     properties of the disk
    chardev:  further options of the socket
    """

    def __init__(self, ws, sock, kind="vhost-user-blk-pci", disk="", chardev="", machine="q35",
                 cpus=1, options=(), **kwargs):
        devices = list(options) + ["-chardev", join("socket,id=c0,path=" + sock, chardev),
                                   "-device", join(kind + ",id=disk0,chardev=c0", disk)]
        super().__init__(ws, devices, machine, cpus, append=["cards=no"], **kwargs)


def join(text, more):
    return text + "," + more if more else text


def why_not(tools=()):
    """What this machine lacks for guests with these tools, or None."""
    if not shutil.which(QEMU):
        return QEMU + " is not installed"
    try:
        build_guest.build(tools)
    except build_guest.Missing as err:
        return str(err)
    return None
