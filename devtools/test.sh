#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
#
# The second command: installs what is missing, builds and runs every test:
#  - a release build by gcc and one with ASan and UBSan by clang, warnings as errors, the
#    second with the device types that a user has to ask for (-Ddrivers=) as well, each
#    with the tests that `meson test` knows; long ones that ask what a program does,
#    not how fast (suite "once"), in the second only, unless arguments say which to run,
#  - the house rules (check-style.sh), the installed files and the documentation
#    (check-install.sh).
# The last line is "N passed, N failed" (", N skipped" only if there are any). Test
# cases are counted, those of both builds. The status is 0 only if none failed.

set -uo pipefail
. "$(dirname "$0")/common.sh"
cd "$FOO_ROOT" || exit 1

RELEASE=build-test
SANITIZED=build-asan
# What sanitizers find ends the program at once.
export ASAN_OPTIONS=${ASAN_OPTIONS:-abort_on_error=1:detect_stack_use_after_return=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-halt_on_error=1:abort_on_error=1:print_stacktrace=1}
passed=0
failed=0
skipped=0
install=1

usage()
{
	cat <<-END
	usage: devtools/test.sh [--no-install] [MESON TEST ARGUMENT...]
	  --no-install  leave packages and huge pages as they are
	Anything else goes to each \`meson test\`, for example --suite unit, or the name
	of a test.
	END
}

args=("$@")
case ${1:-} in
-h | --help) usage; exit 0 ;;
--no-install) install=0; shift ;;
esac
become_root "$0" "${args[@]}"
trap 'give_back "$RELEASE" "$SANITIZED"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# step WHAT COMMAND...: a step that counts as a test case only if it fails.
step()
{
	local what=$1 log

	shift
	say "$what"
	log=$(mktemp)
	if ! "$@" >"$log" 2>&1; then
		tail -n 60 "$log"
		echo "not ok - $what"
		failed=$((failed + 1))
		rm -f "$log"
		return 1
	fi
	rm -f "$log"
}

# configure FOLDER COMPILER OPTION...: makes the build folder as asked for, also
# if an earlier run, or somebody else, made it in another way.
configure()
{
	local folder=$1 compiler=$2

	shift 2
	set -- --werror -Dtests=true -Dexamples=true -Ddocs=disabled "$@"
	if [ -f "$folder/build.ninja" ]; then
		CC=$compiler meson setup --reconfigure "$folder" "$@" && return
		rm -rf "$folder"
	fi
	CC=$compiler meson setup "$folder" "$@"
}

# tests WHAT FOLDER ARGUMENT...: runs `meson test` there and adds up its cases.
tests()
{
	local what=$1 folder=$2 counts

	shift 2
	say "tests: $what"
	rm -f "$folder"/meson-logs/testlog.{json,junit.xml}
	meson test -C "$folder" --no-rebuild "$@"
	if counts=$(devtools/count_results.py "$folder/meson-logs/testlog"); then
		read -r -a counts <<<"$counts"
		passed=$((passed + counts[0]))
		failed=$((failed + counts[1]))
		skipped=$((skipped + counts[2]))
	else
		echo "not ok - tests: $what left no results"
		failed=$((failed + 1))
	fi
}

# checks COMMAND...: runs a script that prints "ok - ..." and "not ok - ..." lines.
checks()
{
	local log status=0

	say "checks: $*"
	log=$(mktemp)
	"$@" 2>&1 | tee "$log" || status=$?
	passed=$((passed + $(grep -c '^ok - ' "$log")))
	failed=$((failed + $(grep -c '^not ok - ' "$log")))
	# A script that fails without a word is a failure too.
	if [ "$status" -ne 0 ] && ! grep -q '^not ok - ' "$log"; then
		echo "not ok - $*"
		failed=$((failed + 1))
	fi
	rm -f "$log"
}

if [ "$install" -eq 1 ]; then
	devtools/setup.sh test || { echo "0 passed, 1 failed"; exit 1; }
fi
step "build: release (gcc)" configure "$RELEASE" gcc &&
	step "compile: release (gcc)" ninja -C "$RELEASE" &&
	tests "release (gcc)" "$RELEASE" "${@:---no-suite=once}"
# The second time the system tests send for a shorter while.
export FOO_RUN_SECONDS=${FOO_RUN_SECONDS:-3}
step "build: ASan and UBSan (clang)" configure "$SANITIZED" clang -Dfuzz=true \
		-Ddrivers=net,blk,gpu -Db_sanitize=address,undefined -Doptimization=2 \
		-Ddebug=true &&
	step "compile: ASan and UBSan (clang)" ninja -C "$SANITIZED" &&
	tests "ASan and UBSan (clang)" "$SANITIZED" "$@"
checks devtools/check-style.sh
checks devtools/check-install.sh

line="$passed passed, $failed failed"
[ "$skipped" -eq 0 ] || line+=", $skipped skipped"
echo "$line"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
