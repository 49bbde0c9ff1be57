#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""A firmware, and a Linux guest, that live on a disk of dpdk-foo.

What Linux keeps there is judged twice: by the guest, with checksums, after its
memory holds nothing of the disk any more; and by e2fsck, in the image.
"""

import os
import signal
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "system"))

import harness  # noqa: E402
import systest  # noqa: E402
import qemu     # noqa: E402

# Feature bits: VIRTIO 1.2, sections 5.2.3 and 6.
FLUSH, CONFIG_WCE, MQ, DISCARD, WRITE_ZEROES = 9, 11, 12, 13, 14
VERSION_1, RING_PACKED = 32, 34

SECTOR = 512
MEBI = 1 << 20
IMAGE = 64 * MEBI
TREE_MIB = 4
MODERN = "vhost-user-blk-pci-non-transitional"
TRANSITIONAL = "vhost-user-blk-pci-transitional"
LEGACY = "vhost-user-blk-pci,disable-legacy=off,disable-modern=on"
MMIO = "vhost-user-blk"
MMIO_MODERN = ["-global", "virtio-mmio.force-legacy=off"]

# A master boot record, at 0x7c00. It reads the sector that the packet behind it names to 0x7e00,
# writes it to sector 1, and prints it, up to a zero, on the first serial port.
BOOT_CODE = """
    fc                 00  cld
    31c0               01  xor ax, ax
    8ed8               03  mov ds, ax
    be397c             05  mov si, packet
    b442               08  mov ah, 42h            extended read; dl is the disk, by the firmware
    cd13               0a  int 13h
    7228               0c  jc stop
    c706417c0100       0e  mov word [packet + 8], 1
    c706437c0000       14  mov word [packet + 10], 0
    b80043             1a  mov ax, 4300h          extended write
    cd13               1d  int 13h
    7215               1f  jc stop
    be007e             21  mov si, 7e00h
    bafd03             24  next: mov dx, 3fdh
    ec                 27  wait: in al, dx
    a820               28  test al, 20h           is there room for a character?
    74fb               2a  jz wait
    b2f8               2c  mov dl, 0f8h
    ac                 2e  lodsb
    84c0               2f  test al, al
    7403               31  jz stop
    ee                 33  out dx, al
    ebee               34  jmp next
    f4                 36  stop: hlt
    ebfd               37  jmp stop
                       39  packet
"""


def boot_sector(sector):
    """One that prints that sector."""
    code = b"".join(bytes.fromhex(line[:18].strip()) for line in BOOT_CODE.splitlines())
    packet = struct.pack("<BxHHHQ", 16, 1, 0x7e00, 0, sector)
    return (code + packet).ljust(SECTOR - 2, b"\0") + b"\x55\xaa"


class BlkGuestTest(systest.SystemTest):
    """One image, one back-end, one guest."""

    def setUp(self):
        reason = qemu.why_not()
        if reason:
            self.skipTest(reason)
        super().setUp()
        self.begin = time.monotonic()
        self.sock = self.ws.path("blk.sock")
        self.image = self.ws.path("disk.img")
        with open(self.image, "wb") as file:
            file.truncate(IMAGE)

    def step(self, text):
        self.note("%5.1f s: %s" % (time.monotonic() - self.begin, text))

    def serve(self, more=""):
        """Starts the back-end: two lcores, which share a CPU as the guest needs the other."""
        self.foo = self.ws.foo(["blk_uring0,iface=%s,path=%s%s" % (self.sock, self.image, more)],
                               lcores="(0,1)@%d" % harness.CPU_BACKEND)

    def boot(self, kind, **kwargs):
        """Starts a guest."""
        self.guest = qemu.DiskGuest(self.ws, self.sock, kind, **kwargs)
        self.step("QEMU runs" if "boots" in kwargs else "the guest has booted")

    def disk(self):
        """The disk's counters."""
        return harness.flat(self.foo.telemetry("/foo/device,blk_uring0"))

    def queue(self, number):
        return harness.flat(self.foo.telemetry("/foo/queue,blk_uring0,%d" % number))

    def finish(self):
        """Both sides end cleanly, and nothing has gone wrong."""
        disk = self.disk()
        self.guest.quit()
        self.assertTrue(self.foo.running(), "the back-end has died")
        self.assertEqual(self.foo.stop(signal.SIGTERM), 0)
        for counter in ("io_errors", "refused", "unsupported"):
            self.assertEqual(disk[counter], 0, counter)


class Firmware(BlkGuestTest):
    """SeaBIOS, which uses one queue of however many."""

    def boots(self, kind):
        last = IMAGE // SECTOR - 1
        text = b"The last sector of a dpdk-foo disk.\n"
        with open(self.image, "r+b") as file:
            file.write(boot_sector(last))
            file.seek(last * SECTOR)
            file.write(text)
        self.serve(",queues=4")
        self.boot(kind, disk="num-queues=4,bootindex=0", boots="disk")
        self.guest.process.expect("^" + text.decode(), qemu.BOOT_SECONDS)
        self.step("the boot sector has spoken")
        self.assertEqual([self.queue(n)["state"] == "running" for n in range(4)],
                         [True, False, False, False])
        self.finish()
        with open(self.image, "rb") as file:
            file.seek(SECTOR)
            self.assertEqual(file.read(SECTOR), text.ljust(SECTOR, b"\0"))

    def test_firmware_modern(self):
        self.boots(MODERN)

    def test_firmware_transitional(self):
        self.boots(TRANSITIONAL)


class FileSystem(BlkGuestTest):
    """Linux, with ext4 on all of the disk."""

    def features(self, has=(), lacks=()):
        """Checks what the guest's driver negotiated."""
        bits = self.guest.must("cat /sys/block/vda/device/features")
        for bit in tuple(has) + tuple(lacks):
            self.assertEqual(bits[bit], "1" if bit in has else "0",
                             "feature bit %d of the disk: %s" % (bit, bits))

    def caches(self, first, *others):
        """The cache of the disk is of this kind, and of others after the guest has said so."""
        path = "/sys/block/vda/cache_type"
        self.assertEqual(self.guest.must("cat " + path), first)
        for kind in others:
            self.guest.must("echo '%s' >%s" % (kind, path))
            self.assertEqual(self.guest.must("cat " + path), kind)

    def fill(self):
        """A file system with a tree in it."""
        self.guest.must("make_ext4 vda")
        self.guest.must("make_tree %d" % TREE_MIB)
        self.tree = self.guest.must("sum_tree /tmp/tree")
        self.copied("first")

    def whole(self, name, prefix=""):
        """A copy of the tree is what it was."""
        self.assertEqual(self.guest.must("%ssum_tree /mnt/%s" % (prefix, name)), self.tree)
        self.step("%s copy of the tree whole" % name)

    def copied(self, name):
        """A copy of the tree that comes whole from the disk."""
        self.guest.must("copy_tree /mnt/" + name)
        self.guest.must("remount vda")
        self.whole(name)

    def image_bytes(self):
        return os.stat(self.image).st_blocks * SECTOR

    def trimmed(self):
        """What is deleted leaves the image; what is not stays."""
        self.copied("second")
        before, discards = self.image_bytes(), self.disk()["discard"]
        self.guest.must("rm -r /mnt/first && sync && fstrim /mnt")
        after = self.image_bytes()
        self.assertGreater(self.disk()["discard"], discards)
        self.assertLess(after, before - TREE_MIB * MEBI // 2)
        self.step("trimmed, the image %d KiB smaller" % ((before - after) >> 10))
        self.guest.must("remount vda")
        self.whole("second")

    def intact(self):
        """Ends all, and has the image checked."""
        self.guest.must("umount /mnt")
        self.assertEqual(self.guest.order("dmesg | grep -E 'I/O error|EXT4-fs error'"), (1, ""))
        self.finish()
        check = subprocess.run(["/sbin/e2fsck", "-fn", self.image], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, check=False, encoding="utf-8")
        self.assertEqual(check.returncode, 0, check.stdout)
        self.step("e2fsck is content")

    def test_modern(self):
        """Two processors with a queue each, and a reset with the file system mounted."""
        self.serve(",queues=4")
        self.boot(MODERN, disk="num-queues=4", cpus=2)
        self.features(has=(VERSION_1, MQ, FLUSH, CONFIG_WCE, DISCARD, WRITE_ZEROES))
        self.assertEqual(self.guest.must("echo $(cat /sys/block/vda/serial)"), "blk_uring0")
        self.caches("write back", "write through", "write back")
        self.fill()
        for cpu in (1, 2):
            self.guest.must("remount vda")
            self.whole("first", "on_cpu %d " % cpu)
        self.assertGreater(min(self.queue(n)["read_bytes"] for n in (0, 1)), TREE_MIB * MEBI / 2)
        self.trimmed()
        self.guest.reset()
        self.step("reset, and booted again")
        self.guest.must("mount_ext4 vda")
        self.whole("second")
        self.intact()

    def test_transitional(self):
        self.serve(",queues=2")
        self.boot(TRANSITIONAL)
        self.features(has=(VERSION_1, FLUSH, DISCARD))
        self.fill()
        self.trimmed()
        self.intact()

    def test_legacy(self):
        """As before VIRTIO 1.0, all through its I/O ports."""
        self.serve()
        self.boot(LEGACY)
        self.features(has=(FLUSH, DISCARD), lacks=(VERSION_1,))
        self.fill()
        self.trimmed()
        self.intact()

    def test_packed(self):
        """Packed rings, a cache that writes through, blocks of 4096 bytes."""
        self.serve(",queues=4,write-cache=0,block-size=4096")
        self.boot(MODERN, disk="packed=on,num-queues=2", cpus=2)
        self.features(has=(VERSION_1, RING_PACKED, MQ))
        self.assertEqual(self.guest.must("blockdev --getss /dev/vda"), "4096")
        self.caches("write through")
        self.fill()
        self.trimmed()
        self.intact()

    def test_mmio(self):
        self.serve()
        self.boot(MMIO, machine="microvm", options=MMIO_MODERN)
        self.features(has=(VERSION_1, FLUSH), lacks=(MQ,))
        self.fill()
        self.trimmed()
        self.intact()

    def test_resize(self):
        """The disk grows while the guest writes to it, and then the file system does."""
        self.serve(",queues=2")
        self.boot(MODERN)
        self.fill()
        writes, size = self.disk()["write"], 96 * MEBI
        copying = self.guest.begin("copy_until vda %d" % (size // SECTOR))
        harness.wait_until("the guest to write", lambda: self.disk()["write"] > writes)
        answer = self.foo.telemetry("/foo/set,blk_uring0,size=%d" % size)
        self.assertEqual(answer, {"name": "blk_uring0", "size": size})
        self.assertEqual(self.guest.end(copying), (0, ""))
        self.step("the guest has seen it grow")
        self.guest.must("resize2fs /dev/vda")
        # more than there was
        self.guest.must("dd if=/dev/zero of=/mnt/more bs=1M count=72 && rm /mnt/more && sync")
        self.guest.must("remount vda")
        self.whole("first")
        self.whole("busy")
        self.intact()


if __name__ == "__main__":
    systest.main()
