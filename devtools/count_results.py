#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""Counts test cases of one run of `meson test`, and shows why some failed.

Prints "passed failed skipped"; the ends of failed tests' output go to stderr.

Meson's JUnit file has each line of a TAP test as a case of its own, and its JSON
file has one verdict a test. A test that fails as a whole although none of its
cases did (a crash after the last one, a time-out) counts as one failed case, so
that no failure is lost.

usage: count_results.py LOGBASE   (for example build/meson-logs/testlog)
"""

import json
import sys
import xml.etree.ElementTree as ElementTree

GOOD = {"OK", "EXPECTEDFAIL"}
# Lines to show of a failed test: at both ends of a failed case, at the end, in all.
CASE_LINES, END_LINES, MAX_LINES = 12, 30, 300


def case_verdict(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "skipped" if case.find("skipped") is not None else "passed"


def tap_cases(path):
    """{test name: [verdict of each case]} of the TAP tests."""
    suites = {}
    for suite in ElementTree.parse(path).getroot().iter("testsuite"):
        for case in suite.iter("testcase"):
            # A TAP test is a suite of its own, named as its cases' class is;
            # any other test is one case whose name holds the test's.
            if " / " in suite.get("name"):
                suites.setdefault(short_name(suite.get("name")), []).append(case_verdict(case))
    return suites


def short_name(name):
    return name.rsplit(" / ", 1)[1]


def telling_lines(text):
    """The first and last lines of each case that is "not ok", and the last ones of all."""
    lines = text.splitlines()
    shown = set(range(max(0, len(lines) - END_LINES), len(lines)))
    start = 0
    for number, line in enumerate(lines):
        if line.startswith("not ok"):
            shown.update(range(start, min(start + CASE_LINES, number)))
            shown.update(range(max(start, number - CASE_LINES), number + 1))
        if line.startswith(("ok", "not ok")):
            start = number + 1
    return [lines[number] for number in sorted(shown)][:MAX_LINES]


def show(test):
    print("--- %s: %s" % (test["name"], test["result"]), file=sys.stderr)
    for line in telling_lines(test.get("stdout", "")) + telling_lines(test.get("stderr", "")):
        print("    " + line, file=sys.stderr)


def count(logbase):
    cases = tap_cases(logbase + ".junit.xml")
    total = {"passed": 0, "failed": 0, "skipped": 0}
    with open(logbase + ".json", encoding="utf-8") as log:
        tests = [json.loads(line) for line in log]
    for test in tests:
        if test["result"] not in GOOD | {"SKIP"}:
            show(test)
        verdicts = cases.get(short_name(test["name"]), [])
        if test["result"] == "SKIP" and not verdicts:
            verdicts = ["skipped"]
        elif test["result"] not in GOOD | {"SKIP"} and "failed" not in verdicts:
            verdicts = verdicts + ["failed"]
        for verdict in verdicts or ["passed"]:
            total[verdict] += 1
    return total


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print("%(passed)d %(failed)d %(skipped)d" % count(sys.argv[1]))


if __name__ == "__main__":
    main()
