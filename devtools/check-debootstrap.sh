#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
#
# Runs the two commands of README.rst in a bare Debian 12, made by debootstrap in a
# folder, where nothing of what this machine has installed can hide a missing
# step. It runs in namespaces of its own: when the script ends, however it does,
# its mounts and processes are gone. Takes about half an hour and 4 GB.

set -euo pipefail
. "$(dirname "$0")/common.sh"

SUITE=bookworm
base=
keep=
commands=(devtools/run.sh devtools/test.sh)

usage()
{
	cat <<-END
	usage: devtools/check-debootstrap.sh [--base FOLDER] [--keep FOLDER] [COMMAND...]
	  --base FOLDER  take a copy of this bare system; it is made if it is not there
	  --keep FOLDER  work in this new folder and leave it there (without mounts)
	  COMMAND...     what to run instead of: ${commands[*]}
	END
}

args=("$@")
while [ $# -gt 0 ]; do
	case $1 in
	--base) base=$(realpath -m "${2:?--base wants a folder}"); shift ;;
	--keep) keep=$(realpath -m "${2:?--keep wants a folder}"); shift ;;
	-h | --help) usage; exit 0 ;;
	-*) usage >&2; die "unknown argument '$1'" ;;
	*) commands=("$@"); break ;;
	esac
	shift
done
become_root "$0" "${args[@]}"
is_root || die "needs root or sudo"

# The host's own sources of this release: "URI RELEASE" a line.
sources()
{
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(CODENAME) $(COMPONENT)' \
		'Created-By: Packages' 2>/dev/null |
		awk -v suite="$SUITE" '$3 ~ "^" suite && $4 == "main" { print $1, $2 }' | sort -u
}

make_base()
{
	local mirror

	command -v debootstrap >/dev/null ||
		DEBIAN_FRONTEND=noninteractive apt-get -qq -y install debootstrap
	mirror=$(sources | awk -v suite="$SUITE" '$2 == suite { print $1; exit }')
	say "debootstrap: $SUITE from ${mirror:=http://deb.debian.org/debian}"
	mkdir -p "$1"
	debootstrap --variant=minbase "$SUITE" "$1" "$mirror" >"$1.log" 2>&1 ||
		{ tail -n 20 "$1.log" >&2; die "debootstrap failed"; }
	rm -f "$1.log"
	sources | sed 's/^/deb /; s/$/ main/' >"$1/etc/apt/sources.list"
	if [ ! -s "$1/etc/apt/sources.list" ]; then
		echo "deb $mirror $SUITE main" >"$1/etc/apt/sources.list"
	fi
}

# shellcheck disable=SC2317
# In the new namespaces: the system's own file systems, then the command.
inside()
{
	local root=$1 command=$2

	mount -t proc proc "$root/proc"
	mount --rbind /sys "$root/sys"
	mount --rbind /dev "$root/dev"
	exec chroot "$root" /usr/bin/env -i HOME=/root TERM=dumb LANG=C \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		sh -c "cd /root/dpdk-foo && exec $command"
}

run_inside()
{
	export -f inside
	unshare --mount --pid --fork --kill-child bash -ec 'inside "$@"' bash "$@"
}

root=${keep:-$(mktemp -d "${TMPDIR:-/tmp}/dpdk-foo-debian.XXXXXX")}
[ -z "$keep" ] || [ ! -e "$keep" ] || die "--keep: $keep is already there"
if [ -z "$keep" ]; then
	trap 'rm -rf --one-file-system "$root"' EXIT
fi
trap 'exit 130' INT
trap 'exit 143' TERM

if [ -n "$base" ]; then
	[ -d "$base/etc" ] || make_base "$base"
	say "copying $base"
	mkdir -p "$root"
	cp -a "$base/." "$root"
else
	make_base "$root"
fi
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
say "a clean clone of $(git_here rev-parse --short HEAD)"
git -c safe.directory='*' clone -q --no-hardlinks "$FOO_ROOT" "$root/root/dpdk-foo"

failed=0
for command in "${commands[@]}"; do
	say "in the bare system: $command"
	start=$SECONDS
	if run_inside "$root" "$command"; then
		say "passed in $((SECONDS - start)) s: $command"
	else
		say "FAILED in $((SECONDS - start)) s: $command"
		failed=1
	fi
done
exit "$failed"
