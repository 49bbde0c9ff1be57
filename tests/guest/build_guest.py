#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""Makes the guest of the tests: Debian's cloud kernel and an initramfs.

Nothing is installed. The kernel package is downloaded once into a cache
folder ($FOO_GUEST_CACHE, or ~/.cache/dpdk-foo) and read in place; busybox, ethtool
and tools of ext4 come from the machine that runs the tests (see packages.txt).

Run by itself it prints the two files that it made. As a module:
build() -> (kernel, initramfs).
"""

import fcntl
import hashlib
import io
import lzma
import os
import re
import struct
import subprocess
import sys
import tarfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
META_PACKAGE = "linux-image-cloud-amd64"
# What the init script loads; their dependencies are found in the modules.
MODULES = ["virtio_pci", "virtio_mmio", "virtio_net", "virtio_blk"]
LZ4_LEGACY = b"\x02\x21\x4c\x18"
BUSYBOX = "/bin/busybox"
TOOLS = ["/usr/sbin/ethtool", "/usr/sbin/mke2fs", "/usr/sbin/resize2fs"]
APPLETS = """awk blockdev cat cmp cp cut date dd dmesg echo find free fstrim grep head hostname
httpd ifconfig insmod ip kill ls mkdir mount nproc nsenter ping ping6 poweroff ps readlink reboot rm
sed seq sh sha256sum sleep sort stty sync tail taskset timeout tr true umount uname unshare wc
wget""".split()


class Missing(Exception):
    """The machine lacks something; the text says what to install."""


def cache_dir():
    path = os.environ.get("FOO_GUEST_CACHE") or os.path.expanduser("~/.cache/dpdk-foo")
    os.makedirs(path, exist_ok=True)
    return path


def run(args, **kwargs):
    try:
        return subprocess.run(args, check=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, **kwargs).stdout
    except FileNotFoundError:
        raise Missing("%s is not installed" % args[0]) from None
    except subprocess.CalledProcessError as err:
        text = err.stderr.decode(errors="replace").strip()
        raise Missing("'%s' failed: %s" % (" ".join(args), text)) from None


def kernel_package(cache):
    """The path of the kernel's .deb, downloaded if the cache has none."""
    have = sorted(f for f in os.listdir(cache)
                  if re.match(r"linux-image-.*cloud-amd64_.*\.deb$", f))
    if have:
        return os.path.join(cache, have[-1])
    text = run(["apt-cache", "depends", META_PACKAGE]).decode()
    names = re.findall(r"Depends: (linux-image-\S+)", text)
    if not names:
        raise Missing("apt knows no %s: run apt-get update" % META_PACKAGE)
    work = os.path.join(cache, "download.%d" % os.getpid())
    os.makedirs(work)
    try:
        run(["apt-get", "download", "-q", names[0]], cwd=work)
        for name in os.listdir(work):
            os.rename(os.path.join(work, name), os.path.join(cache, name))
    finally:
        os.rmdir(work)
    return kernel_package(cache)


def read_package(deb):
    """(kernel image, {module name: ELF image}) out of a kernel package."""
    kernel, modules = None, {}
    tar = run(["dpkg-deb", "--fsys-tarfile", deb])
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        for member in archive:
            name = os.path.basename(member.name)
            if name.startswith("vmlinuz-"):
                kernel = archive.extractfile(member).read()
            found = re.match(r"(.+)\.ko(\.xz)?$", name)
            if found and re.search("/(virtio|net|block)/", member.name):
                data = archive.extractfile(member).read()
                modules[found[1].replace("-", "_")] = lzma.decompress(data) if found[2] else data
    if kernel is None:
        raise Missing("%s holds no vmlinuz" % deb)
    return kernel, modules


def unpacked(image):
    """The ELF file inside a kernel image that LZ4 compresses, else the image itself.

    Without KVM, a kernel unpacks itself slowly: 1 s, and 6 s after a reset.
    """
    sectors = image[0x1f1]
    offset, length = struct.unpack_from("<II", image, 0x248)
    begin = (1 + sectors) * 512 + offset
    # Four bytes behind the compressed kernel tell its size.
    payload = image[begin:begin + length - 4]
    if not payload.startswith(LZ4_LEGACY):
        return image
    return run(["lz4", "-d", "-c"], input=payload)


def in_load_order(modules):
    """MODULES and what they depend on, dependencies first."""
    order = []

    def visit(name):
        if name in order:
            return
        if name not in modules:
            raise Missing("the kernel package has no module %s" % name)
        depends = re.search(rb"\0depends=([^\0]*)\0", modules[name])
        for other in (depends[1].decode().split(",") if depends else []):
            if other:
                visit(other.replace("-", "_"))
        order.append(name)

    for name in MODULES:
        visit(name)
    return order


def libraries(program):
    """The shared objects that a program of the host needs, loader included."""
    return re.findall(r"(/\S+) \(0x", run(["ldd", program]).decode())


class Cpio:
    """A 'newc' archive, as the kernel unpacks it."""

    def __init__(self):
        self.out = io.BytesIO()
        self.inode = 0
        self.dirs = set()

    def add(self, path, mode, data=b"", rdev=(0, 0)):
        path = path.strip("/")
        parent = os.path.dirname(path)
        if parent and parent not in self.dirs:
            self.dirs.add(parent)
            self.add(parent, 0o040755)
        self.inode += 1
        name = path.encode() + b"\0"
        fields = [self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, *rdev, len(name), 0]
        self._put(b"070701" + b"".join(b"%08X" % f for f in fields) + name)
        self._put(data)

    def file(self, path, data):
        self.add(path, 0o100755, data)

    def link(self, path, target):
        self.add(path, 0o120777, target.encode())

    def finish(self):
        self.add("TRAILER!!!", 0)
        return self.out.getvalue()

    def _put(self, data):
        self.out.write(data)
        self.out.write(b"\0" * (-self.out.tell() % 4))


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        raise Missing("%s is missing: install what packages.txt lists" % path) from None


def initramfs(modules, tools):
    cpio = Cpio()
    for name in ("proc", "sys", "dev", "tmp", "run"):
        cpio.dirs.add(name)
        cpio.add(name, 0o040755)
    cpio.add("dev/console", 0o020600, rdev=(5, 1))
    cpio.file("init", read(os.path.join(HERE, "init.sh")))
    cpio.file("bin/busybox", read(BUSYBOX))
    for name in APPLETS:
        cpio.link("bin/" + name, "busybox")
    for tool in tools:
        cpio.file("bin/" + os.path.basename(tool), read(tool))
    for lib in sorted({lib for tool in tools for lib in libraries(tool)}):
        cpio.file(lib, read(lib))
    order = in_load_order(modules)
    for name in order:
        cpio.file("modules/%s.ko" % name, modules[name])
    cpio.file("modules/order", "".join(name + "\n" for name in order).encode())
    return cpio.finish()


def key(deb, tools):
    """Changes whenever an input of the two files does."""
    digest = hashlib.sha256(os.path.basename(deb).encode())
    for path in [os.path.join(HERE, "init.sh"), os.path.abspath(__file__), BUSYBOX] + tools:
        digest.update(read(path))
    return digest.hexdigest()[:16]


def write(path, data):
    """Never leaves half a file under its final name."""
    part = "%s.%d" % (path, os.getpid())
    with open(part, "wb") as file:
        file.write(data)
    os.rename(part, path)


def remove_old(cache):
    """Guests of earlier versions of this folder that nobody used for a day."""
    for name in os.listdir(cache):
        path = os.path.join(cache, name)
        if name.startswith("guest-") and os.stat(path).st_mtime < time.time() - 86400:
            os.unlink(path)


def build(tools=()):
    """(kernel, initramfs): paths, made now or found in the cache. tools: further programs."""
    tools = TOOLS + list(tools)
    cache = cache_dir()
    with open(os.path.join(cache, "lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        deb = kernel_package(cache)
        base = os.path.join(cache, "guest-" + key(deb, tools))
        kernel, initrd = base + ".kernel", base + ".initrd"
        if not (os.path.exists(kernel) and os.path.exists(initrd)):
            remove_old(cache)
            image, modules = read_package(deb)
            write(initrd, initramfs(modules, tools))
            write(kernel, unpacked(image))
        os.utime(kernel)
        os.utime(initrd)
        return kernel, initrd


def main():
    try:
        print("\n".join(build()))
    except Missing as err:
        print("build_guest: %s" % err, file=sys.stderr)
        return 77
    return 0


if __name__ == "__main__":
    sys.exit(main())
