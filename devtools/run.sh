#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
#
# The first command: from a bare Debian 12 to packets that move. Installs, builds,
# starts dpdk-foo with one net_vhost0 on this machine's own lcores, attaches a
# guest (DPDK's virtio-user driver in testpmd, which sends and receives as fast
# as it can), shows the back-end's statistics live and ends with a summary.

set -euo pipefail
. "$(dirname "$0")/common.sh"

BUILD=$FOO_ROOT/build
# How long a program may take to start or to end, in seconds.
PATIENCE=30
seconds=8
want_hugepages=1
install=1

usage()
{
	cat <<-END
	usage: devtools/run.sh [--seconds N] [--no-huge] [--no-install]
	  --seconds N   show traffic for N seconds (default $seconds)
	  --no-huge     ordinary shared memory even if there are huge pages
	  --no-install  leave packages and huge pages as they are
	END
}

args=("$@")
while [ $# -gt 0 ]; do
	case $1 in
	--seconds)
		[[ ${2:-} =~ ^[1-9][0-9]*$ ]] || die "--seconds wants a number from 1, not '${2:-}'"
		seconds=$2
		shift
		;;
	--no-huge) want_hugepages=0 ;;
	--no-install) install=0 ;;
	-h | --help) usage; exit 0 ;;
	*) usage >&2; die "unknown argument '$1'" ;;
	esac
	shift
done
become_root "$0" "${args[@]}"

work=$(mktemp -d "${TMPDIR:-/tmp}/dpdk-foo-run.XXXXXX")
socket=$work/foo.sock
prefix=foo-run-$$
backend_pid=
guest_pid=
tail_pid=

cleanup()
{
	local pid

	set +e
	for pid in $tail_pid $guest_pid $backend_pid; do
		kill -KILL "$pid" 2>/dev/null || true
	done
	remove_dpdk_files "$prefix-backend"
	remove_dpdk_files "$prefix-guest"
	rm -rf "$work"
	give_back "$BUILD"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Shares the CPUs out: the back-end's lcores, then the guest's main lcore and its
# forwarding lcores. With few CPUs the guest's lcores share one; with a single
# CPU everything shares it, which is slow and works.
plan_lcores()
{
	local cpus count

	mapfile -t cpus < <(allowed_cpus)
	count=${#cpus[@]}
	pairs=$(((count - 1) / 2))
	[ "$pairs" -le 4 ] || pairs=4
	[ "$pairs" -ge 1 ] || pairs=1
	if [ "$count" -eq 1 ]; then
		backend_lcores=(--lcores "0@${cpus[0]}")
		guest_lcores=(--lcores "0@${cpus[0]},1@${cpus[0]}")
	elif [ "$count" -eq 2 ]; then
		backend_lcores=(-l "${cpus[1]}")
		guest_lcores=(--lcores "0@${cpus[0]},1@${cpus[0]}")
	else
		backend_lcores=(-l "$(IFS=,; echo "${cpus[*]:0:pairs}")")
		guest_lcores=(-l "$(IFS=,; echo "${cpus[*]:pairs:pairs+1}")")
	fi
}

plan_memory()
{
	# virtio-user hands its memory to the back-end as files, eight at most.
	guest_memory=(-m 256 --single-file-segments)
	backend_memory=(--huge-unlink)
	if [ "$want_hugepages" -eq 0 ] || ! hugepages_usable; then
		guest_memory=(-m 256 --no-huge)
		backend_memory=(-m 64 --no-huge)
		say "memory: --no-huge (ordinary shared memory; slower than huge pages)"
	fi
}

build()
{
	say "build: release, in ${BUILD#"$FOO_ROOT"/}/"
	if [ ! -f "$BUILD/build.ninja" ]; then
		meson setup "$BUILD" "$FOO_ROOT" -Dtests=false -Dexamples=false -Ddocs=disabled \
			>"$work/setup.log" 2>&1 ||
			{ tail -n 20 "$work/setup.log" >&2; die "meson setup failed"; }
	fi
	ninja -C "$BUILD" app/dpdk-foo >"$work/build.log" 2>&1 ||
		{ tail -n 40 "$work/build.log" >&2; die "the build failed"; }
}

# wait_until WHAT PID LOG COMMAND...: until the command is true. Dies with the
# log's tail if the process ends first or PATIENCE is over.
wait_until()
{
	local what=$1 pid=$2 log=$3 end=$((SECONDS + PATIENCE))

	shift 3
	until "$@"; do
		if ! kill -0 "$pid" 2>/dev/null || [ "$SECONDS" -ge "$end" ]; then
			tail -n 20 "$log" >&2
			die "$what (the end of its output is above)"
		fi
		sleep 0.1
	done
}

start_backend()
{
	local command=("$BUILD/app/dpdk-foo" "${backend_lcores[@]}" "${backend_memory[@]}"
		--no-pci --file-prefix "$prefix-backend"
		--vdev "net_vhost0,iface=$socket,queues=$pairs" -- --stats-period 1)

	say "back-end: ${command[*]}"
	"${command[@]}" >"$work/backend.log" 2>&1 </dev/null &
	backend_pid=$!
	wait_until "dpdk-foo did not open its socket" "$backend_pid" "$work/backend.log" \
		test -S "$socket"
}

start_guest()
{
	local command=(dpdk-testpmd "${guest_lcores[@]}" "${guest_memory[@]}"
		--no-pci --no-telemetry --file-prefix "$prefix-guest"
		--vdev "net_virtio_user0,path=$socket,queues=$pairs" --
		--forward-mode=flowgen --rxq="$pairs" --txq="$pairs" --nb-cores="$pairs"
		--total-num-mbufs=16384 --stats-period 1)

	say "guest: ${command[*]}"
	"${command[@]}" >"$work/guest.log" 2>&1 </dev/null &
	guest_pid=$!
	wait_until "the guest did not start" "$guest_pid" "$work/guest.log" \
		grep -q 'Port statistics' "$work/guest.log"
}

# The statistics that the back-end prints from now on, for the time asked for.
show_traffic()
{
	say "traffic: the back-end's statistics for $seconds seconds"
	tail -n 0 -f "$work/backend.log" &
	tail_pid=$!
	sleep "$seconds"
	kill "$tail_pid"
	wait "$tail_pid" 2>/dev/null || true
	tail_pid=
	kill -0 "$backend_pid" 2>/dev/null ||
		{ tail -n 20 "$work/backend.log" >&2; die "dpdk-foo ended by itself"; }
	kill -0 "$guest_pid" 2>/dev/null ||
		{ tail -n 20 "$work/guest.log" >&2; die "the guest ended by itself"; }
}

# stop NAME PID: asks the process to end, waits, sets `status` to its exit status.
stop()
{
	local name=$1 pid=$2 end=$((SECONDS + PATIENCE))

	kill -TERM "$pid" 2>/dev/null || true
	while kill -0 "$pid" 2>/dev/null; do
		[ "$SECONDS" -lt "$end" ] || die "$name did not end within $PATIENCE seconds"
		sleep 0.1
	done
	status=0
	wait "$pid" || status=$?
}

# The sum of RX-packets over the forward statistics at the end of a log.
received()
{
	awk '/Forward statistics for port/ { port = 1 }
		port && $1 == "RX-packets:" { sum += $2; port = 0 }
		END { print sum + 0 }' "$1"
}

if [ "$install" -eq 1 ]; then
	"$FOO_ROOT/devtools/setup.sh" run
fi
plan_lcores
plan_memory
build
start_backend
start_guest
show_traffic

say "ending the guest, then the back-end"
stop "the guest" "$guest_pid"
guest_status=$status
guest_pid=
stop "dpdk-foo" "$backend_pid"
backend_status=$status
backend_pid=

backend_rx=$(received "$work/backend.log")
guest_rx=$(received "$work/guest.log")
say "summary"
awk '/Forward statistics/ { show = 1 } show' "$work/backend.log"
printf 'Packets received: %s by the back-end, %s by the guest, in about %s seconds.\n' \
	"$backend_rx" "$guest_rx" "$seconds"
[ "$backend_status" -eq 0 ] || die "dpdk-foo ended with status $backend_status"
[ "$guest_status" -eq 0 ] || die "the guest (testpmd) ended with status $guest_status"
[ "$backend_rx" -gt 0 ] || die "the back-end received no packet"
[ "$guest_rx" -gt 0 ] || die "the guest received no packet"
