#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""blk_uring: disks in files and on block devices."""

import ctypes
import fcntl
import hashlib
import json
import os
import stat
import struct
import subprocess
import sys

import harness
import systest

BENCH = os.path.join(harness.BUILD, "app", "bench", "dpdk-foo-bench")
MEBI = 1 << 20
F_OFD_SETLK = 37
TROUBLE = ("lost", "errors", "verify_errors", "bad_status", "bad_used_length")
# Requests of all kinds, in all rings. Pieces of 64 and 3200 bytes: nothing that direct I/O takes.
LOADS = {
    "split": ["--queues=4", "--discard=5", "--write-zeroes=5", "--flush-every=50"],
    "packed": ["--ring=packed", "--segments=4", "--discard=5", "--write-zeroes=5"],
    "unaligned": ["--bs=512", "--segments=8", "--indirect"],
    "unaligned, long": ["--bs=100k", "--segments=32", "--depth=32", "--flush-every=20"],
}


class Uring(systest.SystemTest):
    """One test a way to use it, or a way in which it may fail."""

    def image(self, name="disk.img", size=16 * MEBI):
        """A file of that size, without content."""
        path = self.ws.path(name)
        with open(path, "wb") as f:
            f.truncate(size)
        return path

    def disk(self, path, options="", number=0, **kwargs):
        """Starts dpdk-foo with one disk; returns it and the disk's socket."""
        sock = self.ws.path("%d.sock" % number)
        foo = self.ws.foo(["blk_uring%d,iface=%s,path=%s%s" % (number, sock, path, options)],
                          memory_mb=512, **kwargs)
        return foo, sock

    def load(self, sock, *options, rc=0, rw="randrw"):
        """Runs a load; returns its results."""
        report = self.ws.path("r.json")
        args = [BENCH, "blk", "--socket", sock, "--rw", rw, "--seconds=0.4", "--warmup=0.1",
                "--quiet", "--json", report]
        if not any(o.startswith("--depth") for o in options):
            args.append("--depth=16")
        guest = self.ws.run(args + list(options), cpus=[harness.CPU_GUEST])
        self.assertEqual(guest.wait(90), rc, guest.describe())
        with open(report, encoding="utf-8") as f:
            results = json.load(f)["results"]
        self.assertGreater(results["requests"], 0)
        if rc == 0:
            self.assertEqual({what: results[what] for what in TROUBLE}, dict.fromkeys(TROUBLE, 0))
        return results

    def counters(self, foo, queues=1, number=0):
        """Sum of the counters of a disk's queues."""
        total = {}
        for i in range(queues):
            answer = harness.flat(foo.telemetry("/foo/queue,blk_uring%d,%d" % (number, i)))
            for key, value in answer.items():
                if isinstance(value, int):
                    total[key] = total.get(key, 0) + value
        return total

    def refused(self, options, text, program=harness.FOO):
        """dpdk-foo does not start, and says why in one line."""
        foo = self.ws.dpdk("foo", program, ["blk_uring9,iface=%s,%s" % (
            self.ws.path("9.sock"), options)], [])
        self.assertNotEqual(foo.wait(), 0, foo.describe())
        lines = [line for line in foo.err().splitlines() if text in line]
        self.assertEqual(len(lines), 1, foo.describe())

    def verify(self, path, options, bounces):
        foo, sock = self.disk(path, ",queues=4" + options)
        for name, args in LOADS.items():
            with self.subTest(load=name):
                before = self.counters(foo, 4)
                run = self.load(sock, "--verify", "--range=%d" % (6 * MEBI), *args)
                self.assertGreater(run["verified"], 0)
                after = self.counters(foo, 4)
                self.assertEqual(after["bounced"] > before["bounced"],
                                 bounces and name.startswith("unaligned"))
                self.assertEqual(after["io_errors"], 0)
        foo.stop()

    def test_direct(self):
        self.verify(self.image(), ",direct=on", True)

    def test_cached(self):
        self.verify(self.image(), ",direct=off,write-cache=0", False)

    def test_blocks_of_4096(self):
        _, sock = self.disk(self.image(), ",block-size=4096")
        run = self.load(sock, "--verify", "--bs=4k", "--discard=5", "--write-zeroes=5")
        self.assertGreater(run["verified"], 0)

    def test_block_device(self):
        """A loop device over a file."""
        path = self.image()
        device = subprocess.run(["losetup", "--find", "--show", path], check=True,
                                stdout=subprocess.PIPE, text=True).stdout.strip()
        self.addCleanup(subprocess.run, ["losetup", "--detach", device], check=True)
        self.assertTrue(stat.S_ISBLK(os.stat(device).st_mode))
        foo, sock = self.disk(device, ",queues=4")
        self.load(sock, "--verify", "--discard=5", "--write-zeroes=5", "--flush-every=20",
                  "--queues=4")
        self.assertEqual(harness.flat(foo.telemetry("/foo/device,blk_uring0"))["size"], 16 * MEBI)
        foo.stop()
        self.refused("path=%s,size=1M" % device, "it is there, and has 16777216 bytes")

    def test_created(self):
        path = self.ws.path("new.img")
        foo, sock = self.disk(path, ",size=8M")
        self.assertEqual(os.path.getsize(path), 8 * MEBI)
        self.load(sock, "--verify")
        self.grown(foo, sock, path)

    def grown(self, foo, sock, path):
        """By the file, and with it; never shrunk."""
        for size, file, answer in (("12M", 8 * MEBI, 12 * MEBI), ("0", 16 * MEBI, 0)):
            os.truncate(path, file)
            self.assertEqual(foo.telemetry("/foo/set,blk_uring0,size=" + size)["size"], answer)
            now = max(file, answer)
            self.assertEqual(harness.flat(foo.telemetry("/foo/device,blk_uring0"))["size"], now)
            self.assertEqual(os.path.getsize(path), now)
        self.assertIn("does not shrink", foo.telemetry("/foo/set,blk_uring0,size=1M")["error"])
        self.load(sock, "--verify")

    def test_read_only(self):
        """No request changes the image, whatever it asks for."""
        path = self.image(size=4 * MEBI)
        with open(path, "r+b") as f:
            f.write(os.urandom(4 * MEBI))
        before = self.checksum(path)
        foo, sock = self.disk(path, ",ro=1,queues=2")
        conform = self.ws.run([BENCH, "conform", "--device", "blk", "--socket", sock, "--strict",
                               "--case", "blk.*", "--pid", str(foo.pid)],
                              cpus=[harness.CPU_GUEST])
        self.assertEqual(conform.wait(90), 0, conform.describe())
        self.load(sock, rw="randread")
        self.assertNotIn(os.O_RDWR, [self.mode(foo, fd) for fd, name in foo.fds().items()
                                     if name == path])
        foo.stop()
        self.assertEqual(self.checksum(path), before)

    @staticmethod
    def checksum(path):
        with open(path, "rb") as f:
            return hashlib.sha256(f.read()).hexdigest()

    @staticmethod
    def mode(process, fd):
        """How a file of the process is open."""
        with open("/proc/%d/fdinfo/%d" % (process.pid, fd), encoding="ascii") as f:
            flags = [line.split()[1] for line in f if line.startswith("flags:")]
        return int(flags[0], 8) & os.O_ACCMODE

    def test_no_space(self):
        """A full file system is an error to the guest, which goes on reading."""
        small = self.ws.path("small")
        os.mkdir(small)
        script = self.ws.path("on-small")
        with open(script, "w", encoding="ascii") as f:
            f.write("#!/bin/sh\nexec unshare --mount sh -c 'mount -t tmpfs -o size=2m none %s && "
                    "exec \"$0\" \"$@\"' %s \"$@\"\n" % (small, harness.FOO))
        os.chmod(script, 0o755)
        sock = self.ws.path("0.sock")
        vdevs = ["blk_uring0,iface=%s,path=%s/disk,size=16M" % (sock, small)]
        foo = self.ws.dpdk("foo", script, vdevs, [], memory_mb=512)
        self.ws.wait_sockets(foo, vdevs)
        run = self.load(sock, "--bs=64k", "--verify", rw="randwrite", rc=1)
        self.assertGreater(run["errors"], 0)
        self.assertEqual(run["verify_errors"] + run["lost"] + run["bad_status"], 0)
        self.assertGreater(self.counters(foo)["io_errors"], 0)
        self.load(sock, rw="randread")

    def test_truncated(self):
        """What is gone is an error, and no more than that."""
        path = self.image()
        foo, sock = self.disk(path)
        self.load(sock, rw="randread")
        os.truncate(path, 0)
        run = self.load(sock, rw="randread", rc=1)
        self.assertGreaterEqual(run["errors"], run["requests"])
        self.assertGreater(self.counters(foo)["past_end"], 0)
        os.truncate(path, 16 * MEBI)
        self.load(sock, "--verify")
        os.unlink(path)
        self.load(sock, "--verify")

    def test_locked(self):
        path = self.image()
        foo, _ = self.disk(path)
        busy = "path=%s: in use by another program" % path
        self.refused("path=" + path, busy)
        self.refused("path=%s,ro=1" % path, busy)
        self.assertIn("lock", self.qemu(path, "off"))
        _, shared = self.disk(path, ",lock=0", number=1)
        self.load(shared, rw="randread")
        foo.stop()

    def test_lock_waits(self):
        """The kernel may still hold the image for a process that was killed."""
        path = self.image()
        with open(path, "r+b") as f:
            # QEMU's byte for "nobody else may write"
            lock = struct.pack("hhqqi4x", fcntl.F_RDLCK, os.SEEK_SET, 201, 1, 0)
            fcntl.fcntl(f.fileno(), F_OFD_SETLK, lock)
            foo, sock = self.disk(path, wait=False)
            harness.wait_until("the image to be open", lambda: self.opened(foo, path), 30)
        self.ws.wait_sockets(foo, ["iface=" + sock])
        self.load(sock)

    def opened(self, foo, path):
        self.assertTrue(foo.running(), foo.describe())
        return path in foo.fds().values()

    def test_readers(self):
        """Readers keep out writers only."""
        path = self.image()
        _, first = self.disk(path, ",ro=1")
        _, second = self.disk(path, ",ro=1", number=1)
        self.load(first, rw="randread")
        self.load(second, rw="randread")
        self.refused("path=" + path, "in use by another program")
        self.assertIn("lock", self.qemu(path, "off"))
        self.assertEqual(self.qemu(path, "on"), "")

    def qemu(self, path, read_only):
        """What qemu-storage-daemon says when it opens the image."""
        option = "driver=file,node-name=n,filename=%s,read-only=%s" % (path, read_only)
        daemon = subprocess.run(
            ["qemu-storage-daemon", "--blockdev", option, "--export",
             "type=vhost-user-blk,id=e,node-name=n,writable=%s,addr.type=unix,addr.path=%s" % (
                 "off" if read_only == "on" else "on", self.ws.path("qemu.sock")),
             "--chardev", "stdio,id=m", "--monitor", "chardev=m"],
            input='{"execute":"qmp_capabilities"}{"execute":"quit"}', text=True, timeout=30,
            check=False, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        return daemon.stderr

    def test_mistakes(self):
        path = self.image(size=MEBI + 512)
        self.refused("path=/nonexistent/disk", "path=/nonexistent/disk: No such file")
        self.refused("path=" + self.ws.folder, "Is a directory")
        self.refused("path=/dev/null", "neither a file nor a block device")
        self.refused("path=%s,size=2M" % path, "it is there, and has 1049088 bytes")
        self.refused("path=%s,size=1000" % self.ws.path("new"), "not a multiple of block-size=512")
        self.refused("path=" + self.image("tiny", 100), "100 bytes are no disk")
        self.refused("path=%s,direct=maybe" % path, "direct")
        foo, _ = self.disk(path, ",block-size=4096")
        foo.expect("its last 512 bytes are no whole block")

    def test_forbidden(self):
        """Where a seccomp filter forbids io_uring, as in containers, it says so."""
        script = self.ws.path("no-uring")
        with open(script, "w", encoding="utf-8") as f:
            f.write("#!%s\nimport sys\nsys.path.insert(0, %r)\nimport test_blk_uring\n"
                    "test_blk_uring.exec_without_uring(%r, sys.argv[1:])\n" % (
                        sys.executable, os.path.dirname(os.path.abspath(__file__)), harness.FOO))
        os.chmod(script, 0o755)
        self.refused("path=" + self.image(), "io_uring is forbidden here", program=script)


class Filter(ctypes.Structure):
    """struct sock_filter"""
    _fields_ = [("code", ctypes.c_uint16), ("jt", ctypes.c_uint8), ("jf", ctypes.c_uint8),
                ("k", ctypes.c_uint32)]


class Program(ctypes.Structure):
    """struct sock_fprog"""
    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.POINTER(Filter))]


def exec_without_uring(program, args):
    """Runs a program for which io_uring_setup() is EPERM."""
    code = (Filter * 4)(
        Filter(0x20, 0, 0, 0),          # load the number of the system call
        Filter(0x15, 0, 1, 425),        # io_uring_setup?
        Filter(0x06, 0, 0, 0x00050001), # answer EPERM
        Filter(0x06, 0, 0, 0x7fff0000)) # go ahead
    libc = ctypes.CDLL(None, use_errno=True)
    fprog = Program(len(code), code)
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, ctypes.byref(fprog), 0, 0):
        raise OSError(ctypes.get_errno(), "seccomp")
    os.execv(program, [program] + args)


if __name__ == "__main__":
    systest.main()
