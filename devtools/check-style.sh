#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
#
# Checks what CONTRIBUTING.rst asks of every file, as far as a script can. Prints
# one line a check, "ok - what" or "not ok - what" with the places below it, and
# fails if any check does.

# Checks are called by name.
# shellcheck disable=SC2317
set -uo pipefail
. "$(dirname "$0")/common.sh"
cd "$FOO_ROOT" || exit 1

MAX_FUNCTION=60
MAX_FILE=600
MAX_COLUMNS=100
MAX_SUBJECT=60
failed=0

# check WHAT COMMAND...: the check holds if the command prints nothing.
check()
{
	local what=$1 output

	shift
	output=$("$@" 2>&1)
	if [ -z "$output" ]; then
		echo "ok - style: $what"
	else
		echo "not ok - style: $what"
		head -n 40 <<<"$output" | sed 's/^/    /'
		failed=1
	fi
}

# The files of the repository whose names match one of the patterns; in a tree
# without git, all files outside build folders.
files()
{
	if git_here rev-parse --git-dir >/dev/null 2>&1; then
		git_here ls-files --cached -- "$@" | while read -r file; do
			[ -f "$file" ] && echo "$file"
		done
	else
		local pattern

		for pattern in "$@"; do
			find . -name 'build*' -prune -o -type f -path "./$pattern" -printf '%P\n'
		done
	fi
}

clang_format()
{
	mapfile -t sources < <(files '*.c' '*.h')
	[ ${#sources[@]} -eq 0 ] || clang-format --dry-run -Werror "${sources[@]}" 2>&1 |
		sed -nE 's/^([^:]*):[0-9]+:.*error:.*/\1: run clang-format -i on it/p' | uniq
}

# A body starts at a "{" and ends at a "}" in the first column.
function_length()
{
	files '*.c' '*.h' | xargs -r awk -v max="$MAX_FUNCTION" '
		/^{/ { start = FNR }
		/^}/ { if (start && FNR - start - 1 > max)
				printf "%s:%d: %d lines\n", FILENAME, start, FNR - start - 1
			start = 0 }'
}

file_length()
{
	files '*.c' '*.h' '*.py' '*.sh' | xargs -r awk -v max="$MAX_FILE" '
		FNR == max + 1 { print FILENAME ": more than " max " lines" }'
}

line_length()
{
	files '*.c' '*.h' '*.py' '*.sh' '*meson.build' '*.ini' | while read -r file; do
		expand -t 8 "$file" | awk -v max="$MAX_COLUMNS" -v file="$file" '
			length($0) > max { printf "%s:%d: %d columns\n", file, NR, length($0) }'
	done
}

licence()
{
	files '*.c' '*.h' '*.h.in' '*.py' '*.sh' '*meson.build' 'meson_options.txt' '.ci/run' |
	while read -r file; do
		head -n 3 "$file" | grep -q 'SPDX-License-Identifier: BSD-3-Clause' ||
			echo "$file: no SPDX line in its first three"
	done
}

white_space()
{
	mapfile -t texts < <(files '*.c' '*.h' '*.py' '*.sh' '*meson.build' '*.rst' '*.txt')
	grep -nE '[[:blank:]]+$' "${texts[@]}"
	for file in "${texts[@]}"; do
		[ ! -s "$file" ] || [ -z "$(tail -c 1 "$file")" ] ||
			echo "$file: no newline at its end"
	done
}

# The places of a pattern in C files, less those in files that may hold it.
only_in()
{
	local allowed=$1 pattern=$2

	files '*.c' '*.h' | grep -vE "$allowed" | xargs -r grep -nE "$pattern"
}

# Which folders (as a pattern) the files of a folder may take headers from.
allowed_folders()
{
	case $1 in
	lib/foo_vq/*) echo 'lib/foo_vq|config' ;;
	lib/foo_ops/*) echo 'lib/foo_(ops|vq)|config' ;;
	lib/foo_vhost/*) echo 'lib/foo_(vhost|ops|vq)|config' ;;
	lib/foo_guest/*) echo 'lib/foo_(guest|vq)|config' ;;
	drivers/*) echo "$(cut -d / -f 1,2 <<<"$1")|lib/foo_(ops|vq)|config" ;;
	examples/guest-hello/*) echo 'lib/foo_guest' ;;
	examples/*) echo "$(dirname "$1")|lib/foo_(ops|vq)|config" ;;
	app/bench/*/*) echo "app/bench|$(dirname "$1")|lib/foo_guest|config" ;;
	app/bench/*) echo 'app/bench|lib/foo_guest|config' ;;
	app/foo_bench.c) echo 'app/bench(/.*)?|config' ;;
	app/*) echo 'app|drivers/.*|lib/foo_(vhost|ops|vq)|config' ;;
	*) echo '.*' ;;
	esac
}

include_direction()
{
	local -A folder_of
	local file header

	while read -r file; do
		folder_of[$(basename "$file" .in)]=$(dirname "$file")
	done < <(files '*.h' '*.h.in')
	files '*.c' '*.h' | xargs -r grep -HoE '^#include [<"][^>"]+' |
	sed -E 's/:#include [<"]/ /' | while read -r file header; do
		header=${folder_of[$(basename "$header")]:+$(basename "$header")}
		[ -n "$header" ] || continue
		[[ ${folder_of[$header]} =~ ^($(allowed_folders "$file"))$ ]] ||
			echo "$file: may not include $header of ${folder_of[$header]}"
	done
}

no_eal_in_foo_vq()
{
	files 'lib/foo_vq/*.c' 'lib/foo_vq/*.h' | xargs -r grep -nE \
		'#include <rte_(eal|lcore|launch|malloc|memzone|mempool|mbuf|ethdev|ring|vhost)'
}

shell_scripts()
{
	files '*.sh' '.ci/run' | while read -r file; do
		bash -n "$file"
		if command -v shellcheck >/dev/null; then
			shellcheck -x -P SCRIPTDIR "$file"
		fi
	done
}

commit_subjects()
{
	git_here rev-parse --git-dir >/dev/null 2>&1 || return 0
	git_here log --format='%h %s' | awk -v max="$MAX_SUBJECT" '{
		hash = $1; sub(/^[^ ]+ /, "")
		if (length($0) > max) printf "%s: %d characters: %s\n", hash, length($0), $0
		else if ($0 !~ /^[a-z.][^:]*: ./) printf "%s: no \"area: \": %s\n", hash, $0 }'
}

check "clang-format" clang_format
check "functions of at most $MAX_FUNCTION lines" function_length
check "files of at most $MAX_FILE lines" file_length
check "lines of at most $MAX_COLUMNS columns" line_length
check "SPDX licence line" licence
check "no stray white space" white_space
check "rte_vhost.h only in lib/foo_vhost" only_in '^lib/foo_vhost/' '#include [<"]rte_vhost'
check "DPDK version tests only in foo_vhost_compat.h" \
	only_in '/foo_vhost_compat\.h$' '^#.*\<RTE_(VERSION|VER_)'
check "includes point down only" include_direction
check "lib/foo_vq needs no EAL" no_eal_in_foo_vq
check "no unbounded string functions" only_in '^$' '\<(strcpy|strcat|sprintf|vsprintf|gets) ?\('
check "nothing left to do in comments" only_in '^$' '\<(TODO|FIXME|XXX)\>'
check "shell scripts" shell_scripts
check "commit subjects" commit_subjects
exit "$failed"
