#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
#
# The guest of the tests. Its two network cards (told apart by their MAC
# addresses, which end in :0a and :0b) become "nic" in two network namespaces,
# a and b; with "cards=no" on the kernel's command line it has none. Then it
# reads orders from the serial line, one a line, "NUMBER COMMAND", runs each as
# shell text with the functions below, and answers "@NUMBER| output" for each
# line of output and "@NUMBER= exit-status".
#
# Busybox is the shell, and no word here holds a space:
# shellcheck shell=dash disable=SC2013,SC2046,SC2086

export PATH=/bin
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs tmp /tmp
exec </dev/ttyS0 >/dev/ttyS0 2>&1
stty raw -echo

# in_ns NS COMMAND...: run a command in namespace a or b
in_ns() {
	local ns=$1
	shift
	nsenter -t "$(cat /run/$ns.pid)" -n "$@"
}

# address NS: its IPv4 address; address6 NS: its IPv6 address
address() { case $1 in a) echo 10.0.0.1 ;; b) echo 10.0.0.2 ;; esac; }
address6() { case $1 in a) echo fd00::1 ;; b) echo fd00::2 ;; esac; }

# interface NS: the name, before it is moved, of the card that belongs to NS
interface() {
	grep -l ":0$1\$" /sys/class/net/*/address 2>/dev/null | cut -d/ -f5
}

# setup NS: a namespace, the card moved into it, addresses, a web server
setup() {
	local ns=$1 tries=0 card pid
	until card=$(interface $ns) && [ -n "$card" ]; do
		tries=$((tries + 1))
		[ $tries -lt 100 ] || { echo "@0| no network card for namespace $ns"; return 1; }
		sleep 0.1
	done
	readlink -f /sys/class/net/$card/device >/run/$ns.device
	unshare -n sleep 1000000 &
	pid=$!
	echo $pid >/run/$ns.pid
	until [ "$(readlink /proc/$pid/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do
		sleep 0.05
	done
	ip link set $card netns $pid
	in_ns $ns ip link set $card name nic
	in_ns $ns sh -c "echo 0 >/proc/sys/net/ipv6/conf/nic/accept_dad"
	in_ns $ns ip addr add $(address $ns)/24 dev nic
	in_ns $ns ip -6 addr add $(address6 $ns)/64 dev nic
	in_ns $ns ip link set lo up
	in_ns $ns ip link set nic up
	in_ns $ns httpd -p 80 -h /tmp
}

# ping_from NS SIZE COUNT: both protocols; fails if one answer is missing
ping_from() {
	local to=b
	[ $1 = a ] || to=a
	in_ns $1 ping -A -q -W 20 -s $2 -c $3 $(address $to) || return 1
	in_ns $1 ping6 -A -q -W 20 -s $2 -c $3 $(address6 $to)
}

# counters NS: "RX_BYTES RX_PACKETS TX_BYTES TX_PACKETS"
counters() {
	in_ns $1 cat /proc/net/dev | sed -n 's/^ *nic: *//p' | awk '{ print $1, $2, $9, $10 }'
}

# make_file MIB: the file that is moved from now on
make_file() {
	dd if=/dev/urandom of=/tmp/file bs=1M count=$1 2>/dev/null
	sha256sum </tmp/file >/tmp/file.sum
}

# fetch NS SECONDS: namespace NS gets the file from the other by TCP. Prints
# the bytes of a packet on average (in the direction of the data) when whole.
fetch() {
	local ns=$1 from=b
	[ $ns = a ] || from=a
	set -- $2 $(counters $ns)
	in_ns $ns timeout $1 wget -q -O - http://$(address $from)/file | sha256sum >/tmp/got.$ns
	if ! cmp -s /tmp/got.$ns /tmp/file.sum; then
		echo "the file came damaged or not whole"
		return 1
	fi
	set -- $2 $3 $(counters $ns)
	echo $((($3 - $1) / ($4 - $2)))
}

# offload NS on|off: what the card may leave to the device
offload() {
	in_ns $1 ethtool -K nic tx $2 sg $2 tso $2 gso $2 gro $2 2>&1
}

# on_cpu MASK COMMAND...: pin one command (a function included)
on_cpu() {
	taskset -p $1 $(sh -c 'echo $PPID') >/dev/null
	shift
	"$@"
}

# in_background COMMAND...
in_background() { "$@" >/dev/null 2>&1 & }

# channels NS: "OFFERED USED" queue pairs; set_channels NS NUMBER: use so many
channels() {
	in_ns $1 ethtool -l nic | awk '/Combined/ { n = n " " $2 } END { print substr(n, 2) }'
}
set_channels() { in_ns $1 ethtool -L nic combined $2; }

# mtu NS
mtu() { in_ns $1 ip link show nic | sed -n 's/.* mtu \([0-9]*\).*/\1/p'; }

# until_up SECONDS: until both namespaces reach each other
until_up() {
	local tries=$1
	until in_ns a ping -q -c 1 -W 1 $(address b) && in_ns b ping -q -c 1 -W 1 $(address a); do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.2
	done >/dev/null
}

# features NS: the negotiated feature bits
features() { cat "$(cat /run/$1.device)/features"; }

# sectors DISK: how many it has
sectors() { cat /sys/block/$1/size; }

# make_ext4 DISK: a file system with a journal, mounted on /mnt
make_ext4() {
	# by its path, for busybox has one of its own
	/bin/mke2fs -q -t ext4 /dev/$1 && mount_ext4 $1
}
mount_ext4() { mkdir -p /mnt && mount -t ext4 /dev/$1 /mnt; }

# remount DISK: nothing of it stays in the guest's memory
remount() {
	umount /mnt || return 1
	echo 3 >/proc/sys/vm/drop_caches
	mount_ext4 $1
}

# make_tree MIB: files of many sizes in /tmp/tree
make_tree() {
	local size
	mkdir -p /tmp/tree/small
	dd if=/dev/urandom of=/tmp/tree/large bs=1M count=$1 2>/dev/null
	for size in 0 1 511 512 513 4095 4096 4097 65537; do
		dd if=/dev/urandom of=/tmp/tree/small/$size bs=$size count=1 2>/dev/null
	done
}

# sum_tree DIRECTORY: a checksum of all names and contents in it
sum_tree() {
	cd $1 && find . -type f -exec sha256sum {} + | sort | sha256sum
}

# copy_tree DIRECTORY: the tree goes to the disk
copy_tree() { cp -r /tmp/tree $1 && sync; }

# copy_until DISK SECTORS: copies that come one after another until the disk has that size
copy_until() {
	local tries=0
	until [ $(sectors $1) = $2 ]; do
		tries=$((tries + 1))
		[ $tries -lt 100 ] || { echo "$1 has $(sectors $1) sectors, not $2"; return 1; }
		rm -rf /mnt/busy
		copy_tree /mnt/busy || return 1
	done
}

# begin_load OPTION...: fio again and again, in the background, until it fails or end_load comes
begin_load() {
	(
		status=0 runs=0
		while [ ! -e /tmp/load.end ] && [ $status = 0 ]; do
			fio "$@" >/tmp/load.out 2>&1
			status=$?
			runs=$((runs + 1))
		done
		echo "$runs runs of fio, the last with status $status" >>/tmp/load.out
		echo $status >/tmp/load.status
	) >/dev/null 2>&1 &
}

# end_load: waits for fio; what it has said. Fails if fio has.
end_load() {
	: >/tmp/load.end
	until [ -s /tmp/load.status ]; do
		sleep 0.1
	done
	cat /tmp/load.out
	return $(cat /tmp/load.status)
}

for module in $(cat /modules/order); do
	insmod /modules/$module.ko || echo "@0| insmod $module failed"
done
if ! grep -q cards=no /proc/cmdline; then
	setup a && setup b
fi
echo "@0= $?"

# Not by process 1, to which all orphans come: busybox's read forgets the part of a line that it has
# when a child of its own ends.
(
	while read -r number command; do
		( eval "$command" ) >/tmp/out 2>&1
		status=$?
		sed "s/^/@$number| /" /tmp/out
		echo "@$number= $status"
	done
)
poweroff -f
