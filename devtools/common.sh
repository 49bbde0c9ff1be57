# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
#
# What the scripts of this folder share; sourced by bash, does nothing by itself.
# shellcheck shell=bash disable=SC2034

export LC_ALL=C.UTF-8
FOO_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# What is fetched once and kept between runs: the kernel for the guest tests.
export FOO_GUEST_CACHE=${FOO_GUEST_CACHE:-${HOME:-/root}/.cache/dpdk-foo}
# The least memory in free huge pages with which the programs start, in MiB.
HUGE_MIN_MB=256

say()
{
	printf '==> %s\n' "$*"
}

warn()
{
	printf 'warning: %s\n' "$*" >&2
}

die()
{
	printf 'error: %s\n' "$*" >&2
	exit 1
}

is_root()
{
	[ "$(id -u)" -eq 0 ]
}

# Runs a command as root: directly, or by sudo. Fails where there is neither.
as_root()
{
	if is_root; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		return 1
	fi
}

# Starts the calling script again as root if that is possible: the programs
# then reach huge pages and the tests may make network namespaces.
become_root()
{
	if ! is_root && command -v sudo >/dev/null; then
		say "not root: going on with sudo"
		exec sudo FOO_GUEST_CACHE="$FOO_GUEST_CACHE" "$@"
	fi
}

# Gives what root built in a user's tree back to that user.
give_back()
{
	local path

	for path in "$@"; do
		if is_root && [ -n "${SUDO_UID:-}" ] && [ -e "$path" ]; then
			chown -R "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" "$path"
		fi
	done
}

meminfo()
{
	awk -v key="$1:" '$1 == key { print $2 }' /proc/meminfo
}

# The mount point of a hugetlbfs of the default page size; empty if there is none.
hugetlbfs_dir()
{
	local size_mb=$(($(meminfo Hugepagesize) / 1024))

	awk -v want="pagesize=${size_mb}M" '
		$3 == "hugetlbfs" && ($4 !~ /pagesize=/ || index($4, want)) { print $2; exit }
	' /proc/mounts
}

# True if a DPDK program that this user starts now gets huge pages.
hugepages_usable()
{
	local dir free_mb

	dir=$(hugetlbfs_dir)
	free_mb=$(($(meminfo HugePages_Free) * $(meminfo Hugepagesize) / 1024))
	[ -n "$dir" ] && [ -w "$dir" ] && [ "$free_mb" -ge "$HUGE_MIN_MB" ]
}

# The CPUs that this process may run on, one a line.
allowed_cpus()
{
	local ranges range

	IFS=, read -ra ranges < <(awk '/^Cpus_allowed_list:/ { print $2 }' /proc/self/status)
	for range in "${ranges[@]}"; do
		seq "${range%-*}" "${range#*-}"
	done
}

# What a DPDK program of the given --file-prefix leaves behind when it ends.
remove_dpdk_files()
{
	local prefix=$1 dir

	dir=$(hugetlbfs_dir)
	[ -z "$dir" ] || rm -f "$dir/${prefix}map_"*
	if is_root; then
		rm -rf "/var/run/dpdk/$prefix"
	else
		rm -rf "${XDG_RUNTIME_DIR:-/tmp}/dpdk/$prefix"
	fi
}

# git on this repository, whoever owns its files.
git_here()
{
	git -c safe.directory="$FOO_ROOT" -C "$FOO_ROOT" "$@"
}
