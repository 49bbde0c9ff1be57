# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""Starts, watches and ends the programs of a system test.

A Workspace owns a temporary folder, unique file prefixes and every process that
was started through it; leaving it ends them (by pid) and removes what they left.

    with harness.Workspace() as ws:
        foo = ws.foo(["net_vhost0,iface=%s" % ws.path("a.sock")])
        guest = ws.pktcheck(["path=%s" % ws.path("a.sock")], ["--count", "1000"])
        print(guest.result(), foo.telemetry("/foo/devices"))

Programs are found in $FOO_BUILD (the build folder). $FOO_NO_HUGE=1 makes all of
them run without huge pages.
"""

import contextlib
import ctypes
import glob
import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("FOO_BUILD", os.path.join(ROOT, "build")))
FOO = os.environ.get("FOO_APP", os.path.join(BUILD, "app", "dpdk-foo"))
PKTCHECK = os.path.join(BUILD, "tests", "system", "foo_pktcheck")
TESTPMD = "dpdk-testpmd"

# Two programs that spin need a CPU each; where there is but one, they share it.
CPUS = sorted(os.sched_getaffinity(0))
CPU_BACKEND = CPUS[0]
CPU_GUEST = CPUS[1 % len(CPUS)]

HUGE_MIN_MB = 600
START_TIMEOUT = 30
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)
_serial = itertools.count()


class Failure(AssertionError):
    """Something did not happen that should have; the text says what."""


def _huge_free_mb():
    info = {}
    with open("/proc/meminfo", encoding="ascii") as f:
        for line in f:
            key, value = line.split(":")
            info[key] = int(value.split()[0])
    return info.get("HugePages_Free", 0) * info.get("Hugepagesize", 0) // 1024


def hugetlbfs_dirs():
    with open("/proc/mounts", encoding="utf-8") as f:
        mounts = [line.split() for line in f]
    return [m[1] for m in mounts if m[2] == "hugetlbfs" and os.access(m[1], os.W_OK)]


def use_hugepages():
    """Whether programs started now get huge pages."""
    if os.environ.get("FOO_NO_HUGE") == "1":
        return False
    return bool(hugetlbfs_dirs()) and _huge_free_mb() >= HUGE_MIN_MB


def runtime_dir(prefix):
    """Where DPDK keeps the sockets and maps of the processes of a file prefix."""
    base = "/var/run" if os.geteuid() == 0 else os.environ.get("XDG_RUNTIME_DIR", "/tmp")
    return os.path.join(base, "dpdk", prefix)


def wait_until(what, condition, timeout=10.0, step=0.02):
    """Returns the first true value of condition(); fails when none comes in time."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure("waited %g s in vain for: %s" % (timeout, what))
        time.sleep(step)


@contextlib.contextmanager
def stopped(process):
    """The process sleeps (SIGSTOP) meanwhile."""
    process.send_signal(signal.SIGSTOP)
    wait_until("%s to stop" % process.name, lambda: process.state() == "T")
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def telemetry(prefix, command, timeout=5.0):
    """Sends one command to the telemetry socket; returns the value it answers with."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
        s.settimeout(timeout)
        s.connect(os.path.join(runtime_dir(prefix), "dpdk_telemetry.v2"))
        greeting = json.loads(s.recv(1024))
        s.send(command.encode())
        answer = json.loads(s.recv(greeting["max_output_len"] + 1024))
    return answer[command.split(",")[0]]


def flat(value, found=None):
    """The names and values of a telemetry answer, whatever dictionary they lie in."""
    found = {} if found is None else found
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, dict):
                flat(inner, found)
            else:
                found[key] = inner
    return found


class Process:
    """A running program. Its output goes to files, so it never waits for us."""

    def __init__(self, name, argv, folder, cpus=None, stdin=False, user=None, env=None):
        self.name = name
        self.argv = [str(a) for a in argv]
        self.cpus = set(cpus or CPUS)
        base = os.path.join(folder, name)
        self.out_path, self.err_path = base + ".out", base + ".err"
        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            self.popen = subprocess.Popen(
                self.argv, stdout=out, stderr=err, cwd=folder, user=user, env=env,
                stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
                preexec_fn=self._in_child)
        self.pid = self.popen.pid

    def _in_child(self):
        # A test that is killed takes its programs along.
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.sched_setaffinity(0, self.cpus)

    def out(self):
        return _read(self.out_path)

    def err(self):
        return _read(self.err_path)

    def log(self):
        return self.out() + self.err()

    def running(self):
        return self.popen.poll() is None

    def wait(self, timeout=30.0):
        """Returns the exit status."""
        try:
            return self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failure("%s (pid %d) did not end within %g s" %
                          (self.name, self.pid, timeout)) from None

    def send_signal(self, number):
        if self.running():
            self.popen.send_signal(number)

    def stop(self, number=signal.SIGTERM, timeout=15.0):
        """Asks it to end; returns the exit status."""
        self.send_signal(number)
        return self.wait(timeout)

    def kill(self):
        """Ends it at once, if it still runs."""
        self.send_signal(signal.SIGKILL)
        return self.wait()

    def send(self, line):
        self.popen.stdin.write(line.encode() + b"\n")
        self.popen.stdin.flush()

    def expect(self, pattern, timeout=START_TIMEOUT, start=0):
        """Waits until the log, from character `start` of its output, matches."""
        regex = re.compile(pattern, re.M)

        def found():
            match = regex.search(self.out()[start:]) or regex.search(self.err())
            if match is None and not self.running():
                match = regex.search(self.out()[start:]) or regex.search(self.err())
                if match is None:
                    raise Failure("%s ended with %s before it printed /%s/" %
                                  (self.name, self.popen.returncode, pattern))
            return match
        return wait_until("%s to print /%s/" % (self.name, pattern), found, timeout)

    def state(self):
        """The kernel's letter for its state: R, S, T, Z ..."""
        return _stat_fields("/proc/%d/stat" % self.pid)[0]

    def cpu_seconds(self):
        """User and system time of all its threads so far."""
        return _cpu_seconds("/proc/%d/stat" % self.pid)

    def thread_cpu_seconds(self):
        """The same by thread: {(tid, name): seconds}."""
        times = {}
        for task in glob.glob("/proc/%d/task/*" % self.pid):
            try:
                name = _read(task + "/comm").strip()
                times[(int(os.path.basename(task)), name)] = _cpu_seconds(task + "/stat")
            except FileNotFoundError:
                pass
        return times

    def fds(self):
        """What its file descriptors refer to: {number: target}."""
        found = {}
        for link in glob.glob("/proc/%d/fd/*" % self.pid):
            try:
                found[int(os.path.basename(link))] = os.readlink(link)
            except FileNotFoundError:
                pass
        return found

    def rss_mb(self):
        with open("/proc/%d/status" % self.pid, encoding="utf-8") as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1)) / 1024

    def describe(self, lines=40):
        """For a failure's text: how it was started and what it printed last."""
        state = "runs" if self.running() else "ended with %s" % self.popen.returncode
        text = ["%s (pid %d) %s: %s" % (self.name, self.pid, state, " ".join(self.argv))]
        for label, content in (("stdout", self.out()), ("stderr", self.err())):
            text += ["  %s| %s" % (label, line) for line in content.splitlines()[-lines:]]
        return "\n".join(text)


class DpdkProcess(Process):
    """A program with an EAL of its own."""

    def __init__(self, name, program, eal, options, folder, prefix, cpus, **kwargs):
        self.prefix = prefix
        argv = [program] + eal
        if options is not None:
            argv += ["--"] + list(options)
        super().__init__(name, argv, folder, cpus=cpus, **kwargs)

    def telemetry(self, command):
        return telemetry(self.prefix, command)

    def clean(self):
        """Removes what a killed EAL leaves behind."""
        for folder in hugetlbfs_dirs():
            for path in glob.glob(os.path.join(folder, self.prefix + "map_*")):
                os.unlink(path)
        shutil.rmtree(runtime_dir(self.prefix), ignore_errors=True)


class Guest(DpdkProcess):
    """foo_pktcheck."""

    def lines(self):
        """Every JSON line so far."""
        complete = self.out().rpartition("\n")[0]
        return [json.loads(line) for line in complete.splitlines() if line.startswith("{")]

    def received(self):
        """Packets received so far."""
        lines = self.lines()
        return lines[-1]["received"] if lines else 0

    def result(self, timeout=60.0):
        """Waits for the end; returns the result line with exit status "rc"."""
        rc = self.wait(timeout)
        found = [line for line in self.lines() if "result" in line]
        if not found:
            raise Failure("%s ended with %d and no result" % (self.name, rc))
        return dict(found[-1], rc=rc)

    def passed(self, timeout=60.0):
        """As result(), and fails unless the result is "pass"."""
        result = self.result(timeout)
        if result["rc"] != 0 or result["result"] != "pass":
            raise Failure("%s: %s: %s" % (self.name, result["why"] or result["rc"], result))
        return result


class Workspace:
    """One test's folder and processes."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="foo-")
        os.chmod(self.folder, 0o755)
        self.processes = []
        self.huge = use_hugepages()
        self.names = itertools.count()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def path(self, name):
        return os.path.join(self.folder, name)

    def unique(self, name):
        """A file prefix that no other process uses."""
        return "foo-%s-%d-%d" % (name, os.getpid(), next(_serial))

    def close(self):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(5)
            except Failure:
                process.kill()
            if isinstance(process, DpdkProcess):
                process.clean()
        shutil.rmtree(self.folder, ignore_errors=True)

    def describe(self):
        return "\n".join(process.describe() for process in self.processes)

    def run(self, argv, **kwargs):
        """Starts any program."""
        return self._add(Process(self._name(os.path.basename(argv[0])), argv, self.folder,
                                 **kwargs))

    def _add(self, process):
        self.processes.append(process)
        return process

    def _name(self, stem):
        return "%s-%d" % (stem, next(self.names))

    def eal(self, prefix, lcores, memory_mb):
        """EAL options that every program here has."""
        args = ["--no-pci", "--file-prefix", prefix, "--lcores", lcores]
        if not self.huge:
            return args + ["--no-huge", "-m", str(memory_mb)]
        return args

    def dpdk(self, stem, program, vdevs, options, lcores=None, cpus=None, eal=(), memory_mb=256,
             cls=DpdkProcess, **kwargs):
        """Starts a DPDK program; `lcores` as of --lcores, `cpus` those it may run on."""
        cpus = cpus or [CPU_BACKEND]
        prefix = kwargs.pop("prefix", None) or self.unique(stem)
        args = self.eal(prefix, lcores or "0@%d" % cpus[0], memory_mb) + list(eal)
        for vdev in vdevs:
            args += ["--vdev", vdev]
        return self._add(cls(self._name(stem), program, args, options, self.folder, prefix, cpus,
                             **kwargs))

    def foo(self, vdevs, options=(), wait=True, **kwargs):
        """Starts dpdk-foo and waits for the sockets that it serves.

        FOO_LCORES is its --lcores where the test does not say."""
        program = FOO
        kwargs.setdefault("lcores", os.environ.get("FOO_LCORES"))
        if kwargs.get("user"):
            # Another user need not be able to reach the build folder.
            program = shutil.copy(FOO, self.path("dpdk-foo"))
        foo = self.dpdk("foo", program, vdevs, options, **kwargs)
        if wait:
            self.wait_sockets(foo, vdevs)
        return foo

    def testpmd_backend(self, vdevs, options=(), queues=1, **kwargs):
        """testpmd's net_vhost in place of dpdk-foo: the oracle."""
        cpus = kwargs.setdefault("cpus", [CPU_BACKEND])
        kwargs.setdefault("lcores", "0@{0},1@{0}".format(cpus[0]))
        options = ["--nb-cores=1", "--total-num-mbufs=16384", "--rxq=%d" % queues,
                   "--txq=%d" % queues, "--forward-mode=io", "--auto-start",
                   "--stats-period=3600"] + list(options)
        backend = self.dpdk("testpmd", TESTPMD, vdevs, options, **kwargs)
        self.wait_sockets(backend, vdevs)
        return backend

    @staticmethod
    def wait_sockets(process, vdevs):
        """Waits until the process listens on every iface= that is a server's."""
        for vdev in vdevs:
            path = re.search(r"iface=([^,]+)", vdev)
            if path is None or "client=1" in vdev:
                continue
            wait_until("%s to listen on %s" % (process.name, path.group(1)),
                       lambda path=path.group(1): listening(process, path), START_TIMEOUT)

    def guest_eal(self):
        """Memory options of a virtio-user process: few files, which vhost-user can share, and
        gone when the process is."""
        return ["--in-memory", "--single-file-segments", "-m", "256"] if self.huge else []

    def pktcheck(self, ports, options, eal=(), **kwargs):
        """Starts foo_pktcheck; a port is the devargs of a net_virtio_user."""
        vdevs = ["net_virtio_user%d,%s" % (i, port) for i, port in enumerate(ports)]
        kwargs.setdefault("cpus", [CPU_GUEST])
        eal = self.guest_eal() + ["--log-level=pmd.net.virtio.*:info"] + list(eal)
        if "--check-lossless" in options:
            # A busy machine may keep a program waiting for a second; only silence is a loss.
            options = list(options) + ["--drain=5"]
        return self.dpdk("guest", PKTCHECK, vdevs, options, eal=eal, cls=Guest, **kwargs)

    def testpmd_guest(self, ports, options=(), eal=(), **kwargs):
        """Starts an interactive testpmd on virtio-user ports: type with send()."""
        vdevs = ["net_virtio_user%d,%s" % (i, port) for i, port in enumerate(ports)]
        cpus = kwargs.setdefault("cpus", [CPU_GUEST])
        kwargs.setdefault("lcores", "0@{0},1@{0}".format(cpus[0]))
        eal = self.guest_eal() + ["--log-level=pmd.net.virtio.*:info"] + list(eal)
        options = ["-i", "--nb-cores=1", "--total-num-mbufs=16384"] + list(options)
        guest = self.dpdk("testpmd-guest", TESTPMD, vdevs, options, eal=eal, stdin=True, **kwargs)
        guest.expect(r"^testpmd> ")
        return guest


def _read(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read()


def _stat_fields(path):
    """proc_pid_stat(5), from its third field on."""
    return _read(path).rsplit(")", 1)[1].split()


def _cpu_seconds(path):
    fields = _stat_fields(path)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def listening(process, path):
    """Whether somebody listens on the unix socket; fails when `process` has ended."""
    if not process.running():
        raise Failure("%s ended with %d and never listened on %s" %
                      (process.name, process.popen.returncode, path))
    with open("/proc/net/unix", encoding="utf-8") as f:
        # Flag 0x10000 (__SO_ACCEPTCON) marks a listening socket.
        return any(len(c) == 8 and c[3] == "00010000" and c[7] == path
                   for c in (line.split() for line in f))
