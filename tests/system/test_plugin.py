#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""The example device of examples/virtio-foo, loaded as a plugin with -d."""

import os
import subprocess

import harness
import systest

PLUGIN = os.path.join(harness.BUILD, "examples", "virtio-foo", "foo_echo.so")
CLIENT = os.path.join(harness.BUILD, "tests", "system", "echo_client")


class Plugin(systest.SystemTest):
    """A device type that the program was not built with."""

    def client(self, *args):
        done = subprocess.run([CLIENT] + list(args), stdout=subprocess.PIPE, timeout=30,
                              stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout.splitlines()

    def serve(self, *properties):
        """Starts dpdk-foo with the plugin; returns it and the socket's path."""
        path = self.ws.path("foo.sock")
        vdev = ",".join(["foo_echo0", "iface=" + path] + list(properties))
        return self.ws.foo([vdev], eal=["-d", PLUGIN]), path

    def test_echo(self):
        for ring in ("split", "packed"):
            with self.subTest(ring=ring):
                foo, path = self.serve()
                answers = self.client(path, ring, "a", "virtio-foo", "x" * 256)
                self.assertEqual(answers, ["256", "a", "virtio-foo", "x" * 256])
                self.assertEqual(foo.stop(), 0)

    def test_properties_and_counters(self):
        foo, path = self.serve("upper=1", "max-message=10")
        answers = self.client(path, "split", "abcdefghij", "abcdefghijk", "end")
        self.assertEqual(answers, ["10", "ABCDEFGHIJ", "", "END"])
        counters = harness.flat(foo.telemetry("/foo/queue,foo_echo0,0"))
        self.assertEqual(counters["requests"], 2)
        self.assertEqual(counters["refused"], 1)

    def test_class_tree(self):
        shown = subprocess.run([harness.FOO, "-d", PLUGIN, "--list-devices"], check=True,
                               stdout=subprocess.PIPE, text=True).stdout
        self.assertRegex(shown, r"(?m)^  foo +example device.*abstract")
        self.assertRegex(shown, r"(?m)^    foo_echo +example driver")

    def test_bad_plugin(self):
        done = subprocess.run([harness.FOO, "-d", "/nowhere/foo_echo.so", "--vdev",
                               "foo_echo0,iface=/nowhere/x"], check=False, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertIn("/nowhere/foo_echo.so", done.stderr)


if __name__ == "__main__":
    systest.main()
