#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
#
# Lets a libFuzzer program search for some seconds, starting from a folder of inputs
# that is left as it is. An input that breaks the program is kept beside the program.
# One that takes a minute counts as endless: the clock runs on while a busy machine
# lets nothing else run.

set -u

if [ $# -ne 3 ]; then
	echo "usage: $0 PROGRAM CORPUS SECONDS" >&2
	exit 2
fi
program=$1
found=$(mktemp -d) || exit 1
trap 'rm -rf "$found"' EXIT

nice -n 10 "$program" -max_total_time="$3" -max_len=3072 -timeout=60 -rss_limit_mb=2048 \
	-print_final_stats=1 -verbosity=0 -artifact_prefix="$program-" "$found" "$2"
