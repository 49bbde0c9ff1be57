#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
#
# Builds as a packager would, installs into a temporary folder and checks what is
# there: program, headers, libraries, pkg-config file, manual page, documentation.
# Prints one line a check, "ok - what" or "not ok - what" with the reason below it,
# and fails if any check does.

# Checks are called by name.
# shellcheck disable=SC2317
set -uo pipefail
. "$(dirname "$0")/common.sh"
cd "$FOO_ROOT" || exit 1

BUILD=build-install
dest=$(mktemp -d)
trap 'rm -rf "$dest"; give_back "$BUILD"' EXIT
failed=0

# check WHAT COMMAND...: the check holds if the command succeeds.
check()
{
	local what=$1 output

	shift
	if output=$("$@" 2>&1); then
		echo "ok - install: $what"
	else
		echo "not ok - install: $what"
		tail -n 40 <<<"$output" | sed 's/^/    /'
		failed=1
		return 1
	fi
}

configure()
{
	# where libraries go by default depends on what else is installed
	local options=(--werror --prefix=/usr --libdir=lib -Dtests=false -Ddocs=enabled)

	if [ -f "$BUILD/build.ninja" ]; then
		meson setup --reconfigure "$BUILD" "${options[@]}" && return
		rm -rf "$BUILD"
	fi
	meson setup "$BUILD" "${options[@]}"
}

build()
{
	ninja -C "$BUILD"
}

install_all()
{
	DESTDIR=$dest meson install -C "$BUILD" --no-rebuild
}

# installed PATTERN...: each matches a file of what was installed.
installed()
{
	local pattern missing=0

	for pattern in "$@"; do
		if [ -z "$(find "$dest" -path "$dest$pattern" -size +0 -print -quit)" ]; then
			echo "nothing installed as $pattern"
			missing=1
		fi
	done
	return "$missing"
}

# installed_pkg_config NAME OPTION...: pkg-config for what lies in the temporary folder; DPDK's
# own file stays as it is.
installed_pkg_config()
{
	local name=$1

	shift
	mkdir -p "$dest/pkgconfig"
	sed "s|^prefix=.*|prefix=$dest/usr|" "$dest/usr/lib/pkgconfig/$name.pc" \
		>"$dest/pkgconfig/$name.pc"
	PKG_CONFIG_PATH=$dest/pkgconfig pkg-config "$@" "$name"
}

# Each header alone: it includes what it needs, and only what is installed.
headers_compile()
{
	local cflags header

	read -ra cflags < <(installed_pkg_config libdpdk-foo --cflags)
	for header in "$dest"/usr/include/dpdk-foo/*.h; do
		gcc -std=gnu11 -Wall -Wextra -Werror -D_GNU_SOURCE "${cflags[@]}" -fsyntax-only \
			-include "$header" -x c /dev/null || return
	done
}

program_links()
{
	local flags

	cat >"$dest/program.c" <<-'END'
	#include <stdio.h>
	#include <string.h>
	#include <foo_fault.h>
	#include <foo_version.h>

	int
	main(void)
	{
		printf("%s %s\n", FOO_VERSION_STRING, foo_fault_name(FOO_FAULT_HEAD_RANGE));
		return strcmp(foo_fault_name(FOO_FAULT_HEAD_RANGE), "head_range") != 0;
	}
	END
	read -ra flags < <(installed_pkg_config libdpdk-foo --cflags --libs)
	gcc -std=gnu11 -o "$dest/program" "$dest/program.c" "${flags[@]}" && "$dest/program"
}

# Against the guest's side alone, which needs nothing of DPDK.
guest_program_links()
{
	local flags

	read -ra flags < <(installed_pkg_config libdpdk-foo-guest --cflags --libs)
	gcc -std=gnu11 -o "$dest/guest_hello" \
		"$dest/usr/share/doc/dpdk-foo/examples/guest-hello/guest_hello.c" "${flags[@]}" &&
		! ldd "$dest/guest_hello" | grep -F librte_
}

program_runs()
{
	local program=$dest/usr/bin/dpdk-foo version

	version=$(sed -n "s/^\tversion: '\(.*\)',/\1/p" meson.build)
	"$program" --version | grep -F "$version" && "$program" --list-devices | grep -F net_vhost
}

manual_lints()
{
	local output

	output=$(groff -ww -man -Tutf8 -z "$dest/usr/share/man/man8/dpdk-foo.8" 2>&1)
	echo "$output"
	[ -z "$output" ]
}

# Every option that --help names stands in the manual, too.
manual_is_complete()
{
	local option manual missing=0

	manual=$(sed 's/\\-/-/g' "$dest/usr/share/man/man8/dpdk-foo.8")
	for option in $("$dest/usr/bin/dpdk-foo" -- --help | grep -oE -- '--[a-z][a-z-]+' |
			sort -u); do
		if ! grep -qF -- "$option" <<<"$manual"; then
			echo "the manual does not mention $option"
			missing=1
		fi
	done
	return "$missing"
}

faults_documented()
{
	local names name missing=0

	mapfile -t names < <(grep -oE 'X\([A-Z_]+, [a-z_]+' lib/foo_vq/foo_fault.h |
		sed 's/.*, //')
	for name in "${names[@]}"; do
		if ! grep -qF "\`\`$name\`\`" doc/hostile-inputs.rst; then
			echo "doc/hostile-inputs.rst does not name the fault $name"
			missing=1
		fi
	done
	return "$missing"
}

texts_lint()
{
	local text

	find . -name 'build*' -prune -o -name '*.rst' -print | while read -r text; do
		rst2html5 --report=2 --halt=2 "$text" >/dev/null || exit 1
	done
}

check "configure" configure || exit 1
check "build and documentation without warnings" build || exit 1
check "install" install_all || exit 1
check "program" installed /usr/bin/dpdk-foo
check "libraries" installed '/usr/lib/libfoo_vq.a' '/usr/lib/libfoo_ops.a' \
	'/usr/lib/libfoo_vhost.a' '/usr/lib/libfoo_guest.a'
check "headers" installed /usr/include/dpdk-foo/foo_{vq,class,vhost,guest,guest_ring,version}.h
check "pkg-config files" installed '/usr/lib/pkgconfig/libdpdk-foo.pc' \
	'/usr/lib/pkgconfig/libdpdk-foo-guest.pc'
check "manual page" installed /usr/share/man/man8/dpdk-foo.8
check "documentation" installed /usr/share/doc/dpdk-foo/html/{index,architecture,api/index}.html
check "each header compiles alone" headers_compile
check "a program links by pkg-config" program_links
check "a guest links by pkg-config, without DPDK" guest_program_links
check "the installed program runs" program_runs
check "the manual page has no warnings" manual_lints
check "the manual page names every option" manual_is_complete
check "the documentation names every fault" faults_documented
check "the texts have no warnings" texts_lint
exit "$failed"
