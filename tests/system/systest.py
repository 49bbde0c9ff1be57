# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""What every system test shares: a base class and a runner that prints TAP.

Each test gets a Workspace (self.ws) and, when it fails, shows how its programs
were started and what they printed. A test can be run alone:

    FOO_BUILD=build tests/system/test_paths.py test_split_inorder
"""

import os
import sys
import traceback
import unittest

import harness

# How long a run sends, whatever --count asks: CPUs may be shared.
SECONDS = float(os.environ.get("FOO_RUN_SECONDS", "10"))


class SystemTest(unittest.TestCase):
    """A test with a workspace of its own."""

    def setUp(self):
        self.ws = harness.Workspace()
        self.addCleanup(self.ws.close)

    def note(self, text):
        """A line for the log of a test that passes, too."""
        print("# %s: %s" % (self._testMethodName, text), flush=True)


class TapResult(unittest.TestResult):
    """Prints one line a test as it ends."""

    def startTestRun(self):
        self.verdicts = {}

    def _bad(self, test, err):
        lines = traceback.format_exception_only(err[0], err[1])
        frames = [f for f in traceback.extract_tb(err[2]) if "/unittest/" not in f.filename]
        for frame in frames:
            lines.append("  at %s:%d: %s" % (os.path.basename(frame.filename), frame.lineno,
                                             frame.line))
        if isinstance(test, SystemTest) and test.id() not in self.verdicts:
            lines += test.ws.describe().splitlines()
        self.verdicts.setdefault(test.id(), ("not ok", ""))
        for line in "\n".join(lines).splitlines():
            print("# " + line)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._bad(test, err)

    def addError(self, test, err):
        super().addError(test, err)
        self._bad(test, err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            print("# " + str(subtest))
            self._bad(test, err)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.verdicts[test.id()] = ("ok", " # SKIP " + reason)

    def stopTest(self, test):
        super().stopTest(test)
        verdict, tail = self.verdicts.get(test.id(), ("ok", ""))
        print("%s %d - %s%s" % (verdict, self.testsRun, test._testMethodName, tail), flush=True)


def main():
    """Runs the tests of the calling file, or those whose names hold a word given."""
    words = [a for a in sys.argv[1:] if not a.startswith("-")]
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    chosen = unittest.TestSuite()
    for group in suite:
        for test in group:
            if not words or any(word in test.id() for word in words):
                chosen.addTest(test)
    print("TAP version 13\n1..%d" % chosen.countTestCases(), flush=True)
    result = TapResult()
    result.startTestRun()
    chosen.run(result)
    sys.exit(0 if result.wasSuccessful() else 1)
