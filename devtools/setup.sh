#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
#
# Prepares a Debian 12 machine: packages, huge pages and, for the tests, the
# kernel that their guests boot. Does only what is missing, so that a second run
# changes nothing and needs no network.

set -euo pipefail
. "$(dirname "$0")/common.sh"

RUN_PACKAGES=(gcc libc6-dev meson ninja-build pkgconf libdpdk-dev dpdk-dev
	libjansson-dev liburing-dev libnbd-dev librbd-dev util-linux)
TEST_PACKAGES=("${RUN_PACKAGES[@]}"
	clang libclang-rt-14-dev libcmocka-dev libpixman-1-dev python3 qemu-system-common
	clang-format shellcheck git doxygen python3-docutils groff-base)
# Pages to reserve: enough for the largest test, a backend and two guests.
HUGE_WANT_MB=2048

usage()
{
	cat <<-END
	usage: devtools/setup.sh [run|test]
	  run    what devtools/run.sh needs: compiler, meson, DPDK, testpmd
	  test   (default) that, and what devtools/test.sh needs: QEMU, clang, cmocka, ...
	END
}

# What the tests of one folder need, as that folder lists it.
listed_packages()
{
	sed 's/#.*//' "$FOO_ROOT"/tests/*/packages.txt 2>/dev/null | xargs -r -n 1 | sort -u
}

is_installed()
{
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

apt_get()
{
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 "$@"
}

# Keeps apt's chatter in a file and shows it only when something went wrong.
quietly()
{
	local log

	log=$(mktemp)
	if ! "$@" >"$log" 2>&1; then
		tail -n 30 "$log" >&2
		rm -f "$log"
		return 1
	fi
	rm -f "$log"
}

install_packages()
{
	local missing=() package

	command -v dpkg-query >/dev/null || die "this script knows Debian's packages only;" \
		"install the equivalents of: $*"
	for package in "$@"; do
		is_installed "$package" || missing+=("$package")
	done
	if [ ${#missing[@]} -eq 0 ]; then
		say "packages: all $# are installed"
		return
	fi
	is_root || command -v sudo >/dev/null ||
		die "missing packages, and neither root nor sudo to install them: ${missing[*]}"
	say "packages: updating the package lists"
	quietly apt_get update || die "apt-get update failed: is the network up?"
	say "packages: installing ${missing[*]} (some minutes on a bare system)"
	quietly apt_get install --no-install-recommends "${missing[@]}" ||
		die "apt-get install failed (the last lines are above)"
}

# Asks for huge pages, at most half of the free memory, and never takes any away.
reserve_hugepages()
{
	local page_kb want now

	page_kb=$(meminfo Hugepagesize)
	[ -n "$page_kb" ] || return 0
	want=$((HUGE_WANT_MB * 1024))
	[ $(($(meminfo MemAvailable) / 2)) -ge "$want" ] || want=$(($(meminfo MemAvailable) / 2))
	want=$((want / page_kb))
	now=$(meminfo HugePages_Total)
	if [ "$now" -lt "$want" ]; then
		as_root sh -c "echo $want >/proc/sys/vm/nr_hugepages" 2>/dev/null || true
	fi
	if [ "$(meminfo HugePages_Total)" -gt 0 ] && [ -z "$(hugetlbfs_dir)" ]; then
		as_root sh -c "mkdir -p /dev/hugepages &&
			mount -t hugetlbfs hugetlbfs /dev/hugepages" 2>/dev/null || true
	fi
}

report_hugepages()
{
	if hugepages_usable; then
		say "huge pages: $(meminfo HugePages_Free) of $(meminfo HugePages_Total) free," \
			"$(meminfo Hugepagesize) kB each, in $(hugetlbfs_dir)"
	else
		say "huge pages: not available here, so programs run with --no-huge" \
			"on ordinary shared memory (slower)"
	fi
}

# Fetches the guests' kernel now, so that the tests themselves need no network.
prepare_guest()
{
	local builder=$FOO_ROOT/tests/guest/build_guest.py

	[ -f "$builder" ] || return 0
	say "guest: kernel and initramfs, in $FOO_GUEST_CACHE"
	python3 "$builder" >/dev/null || die "the guest for the tests could not be made"
}

what=${1:-test}
case $what in
run) packages=("${RUN_PACKAGES[@]}") ;;
test)
	mapfile -t listed < <(listed_packages)
	packages=("${TEST_PACKAGES[@]}" "${listed[@]}")
	;;
-h | --help) usage; exit 0 ;;
*) usage >&2; die "unknown argument '$1'" ;;
esac

install_packages "${packages[@]}"
reserve_hugepages
report_hugepages
if [ "$what" = test ]; then
	prepare_guest
fi
