#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
#
# A Ceph cluster of one monitor and one OSD that keeps its data in memory, for
# the test of blk_rbd: without systemd, in a folder of its own, on one port of
# the loopback. It ends when the script does.

set -euo pipefail
. "$(dirname "$0")/common.sh"

usage()
{
	cat <<-END
	usage: devtools/ceph.sh FOLDER
	Needs Debian's ceph-mon, ceph-osd and ceph-common. FOLDER is new or empty. Prints
	"ready" when the cluster serves: FOLDER/ceph.conf says where, its pool is "rbd", with
	the images "disk" (64 MiB) and "other". Ends, with all of it, at SIGTERM or SIGINT.
	END
}

case ${1:-} in
-h | --help) usage; exit 0 ;;
"") usage >&2; exit 2 ;;
esac
for program in ceph-mon ceph-osd ceph rbd monmaptool; do
	command -v "$program" >/dev/null || die "$program is missing: install ceph-mon," \
		"ceph-osd and ceph-common"
done
mkdir -p "$1"
folder=$(cd "$1" && pwd)
[ -z "$(ls -A "$folder")" ] || die "$folder is not empty"
export CEPH_CONF=$folder/ceph.conf
started=()

finish()
{
	trap - EXIT
	for pid in "${started[@]}"; do
		kill "$pid" 2>/dev/null || true
	done
	wait
}
trap finish EXIT
trap 'exit 0' TERM INT

# A port that nobody listens on.
free_port()
{
	python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# start NAME COMMAND...: in the background, its output in FOLDER/NAME.log.
start()
{
	local name=$1

	shift
	"$@" >"$folder/$name.log" 2>&1 &
	started+=($!)
}

write_config()
{
	cat >"$CEPH_CONF" <<-END
	[global]
	fsid = $fsid
	mon host = [v2:127.0.0.1:$port]
	public addr = 127.0.0.1
	auth cluster required = none
	auth service required = none
	auth client required = none
	osd pool default size = 1
	osd pool default min size = 1
	osd pool default pg num = 8
	osd pool default pgp num = 8
	osd pool default pg autoscale mode = off
	osd crush chooseleaf type = 0
	osd objectstore = memstore
	memstore device bytes = 1073741824
	mon allow pool size one = true
	mon data avail crit = 1
	mon data = $folder/mon
	osd data = $folder/osd
	run dir = $folder
	crash dir = $folder
	keyring = $folder/keyring
	admin socket = $folder/\$name.asok
	log file = $folder/\$name.log
	[client]
	log file =
	admin socket =
	END
}

ceph_quietly()
{
	timeout 60 ceph --connect-timeout 30 "$@" >>"$folder/ceph.log" 2>&1 ||
		die "ceph $*: $(tail -n 1 "$folder/ceph.log")"
}

fsid=$(cat /proc/sys/kernel/random/uuid)
port=$(free_port)
write_config
mkdir "$folder/mon" "$folder/osd"
monmaptool --create --fsid "$fsid" --addv a "[v2:127.0.0.1:$port]" "$folder/monmap" \
	>"$folder/monmap.log"
ceph-mon --mkfs -i a --monmap "$folder/monmap" >"$folder/mon-mkfs.log" 2>&1 ||
	die "the monitor cannot be made: $folder/mon-mkfs.log"
start mon ceph-mon -f -i a
ceph_quietly osd new "$fsid"
ceph-osd --mkfs -i 0 --osd-uuid "$fsid" >"$folder/osd-mkfs.log" 2>&1 ||
	die "the OSD cannot be made: $folder/osd-mkfs.log"
start osd ceph-osd -f -i 0
ceph_quietly osd pool create rbd 8
timeout 60 rbd pool init rbd || die "the OSD does not serve: $folder/osd.log"
for image in disk other; do
	rbd create --size 64M "rbd/$image"
done
echo ready
wait
