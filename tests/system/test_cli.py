#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""The command line: what is refused is refused in one line, and leaves nothing behind."""

import glob
import os
import re
import signal

import harness
import systest

# Lines that DPDK's libraries print: "EAL: ...", "VHOST_CONFIG: (path) ...", "TELEMETRY: ...".
THEIRS = re.compile(r"^[A-Z][A-Z_]+: |^\s*$")
BRIEF = ["--count=20000", "--seconds=10", "--check-lossless"]


class CliBase(systest.SystemTest):
    """Runs dpdk-foo to its end."""

    def setUp(self):
        super().setUp()
        self.sock = self.ws.path("a.sock")
        self.good = "net_vhost0,iface=" + self.sock

    def plain(self, *args):
        """dpdk-foo with exactly these arguments."""
        process = self.ws.run([harness.FOO] + list(args))
        return process, process.wait()

    def leftovers(self, prefix):
        """Files that a process of this prefix left behind."""
        ours = (".out", ".err", os.path.basename(harness.FOO))
        found = [f for f in os.listdir(self.ws.folder) if not f.endswith(ours)]
        for folder in harness.hugetlbfs_dirs():
            found += glob.glob(os.path.join(folder, prefix + "map_*"))
        found += glob.glob(os.path.join(harness.runtime_dir(prefix), "dpdk_telemetry*"))
        return found

    def our_lines(self, process):
        return [line for line in process.err().splitlines() if not THEIRS.search(line)]

    def refused(self, words, vdevs=None, options=(), eal=(), only_ours=True, **kwargs):
        """It must exit with 1 after one line that has each of the words."""
        vdevs = [self.good] if vdevs is None else vdevs
        foo = self.ws.foo(vdevs, options, wait=False, eal=eal, **kwargs)
        self.assertEqual(foo.wait(), 1, "exit status")
        lines = self.our_lines(foo)
        self.assertEqual(len(lines), 1, "not one line of ours but: %s" % lines)
        for word in words:
            self.assertIn(word, lines[0])
        if only_ours:
            self.assertEqual(foo.out(), "")
        self.assertEqual(self.leftovers(foo.prefix), [])
        return lines[0]

    def serves(self, foo, sock=None):
        self.ws.pktcheck(["path=" + (sock or self.sock)], BRIEF).passed()
        self.assertEqual(foo.stop(signal.SIGINT), 0)


class DeviceTest(CliBase):
    """--vdev NAME,PROPERTIES"""

    def test_wrong_properties(self):
        long = "/tmp/" + "x" * 110
        for args, words in (
                ("iface={s},nonsense=1", ["nonsense"]),
                ("iface={s},queues=0", ["queues", "0"]),
                ("iface={s},queues=100000", ["queues", "100000"]),
                ("iface={s},queues=-1", ["queues", "-1"]),
                ("iface={s},queues=many", ["queues", "many"]),
                ("iface={s},client=maybe", ["client", "maybe"]),
                ("iface={s},mode=rwx", ["mode", "rwx"]),
                ("iface={s},owner=no-such-user-here", ["no-such-user-here"]),
                ("queues=1", ["iface"]),
                ("", ["iface"]),
                ("iface=", ["iface"]),
                ("iface={s},iommu-support=1", ["iommu-support"]),
                ("iface={s},postcopy-support=1", ["postcopy-support"]),
                ("iface=" + long, ["107"]),
                ("iface=/no/such/folder/a.sock", ["/no/such/folder"])):
            with self.subTest(args=args):
                vdev = "net_vhost0" + ("," + args.format(s=self.sock) if args else "")
                self.refused(words, [vdev])

    def test_wrong_devices(self):
        other = self.ws.path("b.sock")
        for vdevs, words in (
                ([self.good, "net_vhost0,iface=" + other], ["net_vhost0"]),
                ([self.good, "net_vhost1,iface=" + self.sock], [self.sock]),
                (["net0,iface=" + self.sock], ["net"]),
                (["net_vhozt0,iface=" + self.sock], ["net_vhozt0"])):
            with self.subTest(vdevs=vdevs):
                self.refused(words, vdevs)

    def test_accepted_for_the_sake_of_testpmd_command_lines(self):
        for args in ("tso=1", "linear-buffer=1", "ext-buffer=1", "tso=0", "iommu-support=0",
                     "postcopy-support=0", "client=0"):
            with self.subTest(args=args):
                foo = self.ws.foo(["%s,%s" % (self.good, args)])
                if args.endswith("=1"):
                    self.assertRegex(foo.log(), args.split("=")[0])
                self.serves(foo)

    def test_path_of_107_characters(self):
        path = os.path.join(self.ws.folder, "x" * (106 - len(self.ws.folder)))
        self.assertEqual(len(path), 107)
        self.serves(self.ws.foo(["net_vhost0,iface=" + path]), path)

    def test_mode_and_owner_of_the_socket(self):
        foo = self.ws.foo([self.good + ",mode=0620,owner=nobody:nogroup"])
        # The socket has them from this line on; before it, its owner alone may connect.
        foo.expect(r"listens on")
        status = os.stat(self.sock)
        self.assertEqual(status.st_mode & 0o777, 0o620)
        self.assertEqual((status.st_uid, status.st_gid), (65534, 65534))
        self.serves(foo)

    def test_our_device_serves_and_not_that_of_dpdk(self):
        """EAL has a net_vhost driver of its own, as a plugin that it always loads."""
        foo = self.ws.foo([self.good])
        plugins = [p for p in _mapped(foo) if "librte_net_vhost" in p]
        self.assertTrue(plugins, "DPDK's own driver is not there: the test shows nothing")
        self.assertIn("net_vhost0", str(foo.telemetry("/foo/devices")))
        self.assertEqual(foo.telemetry("/ethdev/list") or [], [])
        self.serves(foo)


def _mapped(process):
    with open("/proc/%d/maps" % process.pid, encoding="utf-8") as f:
        return {line.split()[-1] for line in f if "/" in line}


class OptionTest(CliBase):
    """What stands behind --."""

    def test_wrong_options(self):
        for option, words in (
                ("--fwd=sideways", ["--fwd", "sideways", "macswap"]),
                ("--fwd=", ["--fwd"]),
                ("--overload=panic", ["--overload", "panic", "backpressure"]),
                ("--idle=never", ["--idle", "never", "adaptive"]),
                ("--placement=chaos", ["--placement", "chaos", "spread"]),
                ("--stats-period=often", ["--stats-period", "often"]),
                ("--stats-period=-1", ["--stats-period", "-1"]),
                ("--txonly-size=10", ["--txonly-size", "10"]),
                ("--txonly-size=100000", ["--txonly-size", "100000"]),
                ("--nonsense", ["--nonsense"]),
                ("stray", ["stray"])):
            with self.subTest(option=option):
                self.refused(words, options=[option])

    def test_help(self):
        for args in (["--help"], ["-l", "0", "--", "--help"]):
            with self.subTest(args=args):
                process, status = self.plain(*args)
                self.assertEqual(status, 0)
                for word in ("--vdev", "--fwd", "--overload", "--idle", "--placement",
                             "--stats-period"):
                    self.assertIn(word, process.out())

    def test_version(self):
        process, status = self.plain("--version")
        self.assertEqual(status, 0)
        self.assertRegex(process.out(), r"dpdk-foo \d+\.\d+")

    def test_list_devices(self):
        process, status = self.plain("--list-devices")
        self.assertEqual(status, 0)
        lines = process.out().splitlines()
        net = [line for line in lines if re.match(r"\s*net\b", line)]
        vhost = [line for line in lines if re.match(r"\s*net_vhost\b", line)]
        self.assertEqual((len(net), len(vhost)), (1, 1), lines)
        self.assertGreater(_indent(vhost[0]), _indent(net[0]), "no tree")

    def test_help_device(self):
        process, status = self.plain("--help-device", "net_vhost")
        self.assertEqual(status, 0)
        for name in ("iface", "queues", "client", "mode", "owner", "iommu-support",
                     "postcopy-support", "tso", "linear-buffer", "ext-buffer"):
            self.assertRegex(process.out(), r"(?m)^\s*%s\b" % name)

    def test_help_device_unknown(self):
        process, status = self.plain("--help-device", "net_vhozt")
        self.assertEqual(status, 1)
        self.assertEqual(len(self.our_lines(process)), 1, process.err())
        self.assertIn("net_vhozt", process.err())


def _indent(line):
    return len(line) - len(line.lstrip())


class EalTest(CliBase):
    """EAL fails: one line of ours says why and what mends it."""

    def eal_fails(self, words, **kwargs):
        line = self.refused(words, only_ours=False, **kwargs)
        self.note(line)

    def test_lcore_that_the_machine_lacks(self):
        self.eal_fails(["99"], lcores="99")

    def test_huge_dir_that_does_not_exist(self):
        if not self.ws.huge:
            self.skipTest("no huge pages on this machine")
        self.eal_fails(["huge"], eal=["--huge-dir", self.ws.path("nothing")])

    def test_more_memory_than_there_is(self):
        if not self.ws.huge:
            self.skipTest("no huge pages on this machine")
        self.eal_fails(["huge"], eal=["--socket-mem", "900000"])

    def test_another_primary_process(self):
        first = self.ws.foo([self.good])
        second = self.ws.foo(["net_vhost0,iface=" + self.ws.path("b.sock")], wait=False,
                             prefix=first.prefix)
        self.assertEqual(second.wait(), 1)
        lines = self.our_lines(second)
        self.assertEqual(len(lines), 1, lines)
        self.assertIn("--file-prefix", lines[0])
        self.assertFalse(os.path.exists(self.ws.path("b.sock")))
        self.serves(first)

    def test_no_permission_for_huge_pages(self):
        if not self.ws.huge or os.geteuid() != 0:
            self.skipTest("needs huge pages and root")
        os.chmod(self.ws.folder, 0o777)
        self.refused(["permission"], only_ours=False, user="nobody", env=_env())

    def test_without_root(self):
        if os.geteuid() != 0:
            self.skipTest("is not root, so every other test shows it")
        os.chmod(self.ws.folder, 0o777)
        self.ws.huge = False
        foo = self.ws.foo([self.good + ",mode=0666"], user="nobody", env=_env())
        self.serves(foo)


def _env():
    """An environment in which a user without a home has a run-time directory."""
    env = dict(os.environ)
    env.pop("XDG_RUNTIME_DIR", None)
    return env


if __name__ == "__main__":
    systest.main()
