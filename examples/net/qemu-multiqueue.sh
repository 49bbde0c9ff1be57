#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
#
# A guest with four processors and a network card of four queue pairs with packed
# rings. Start the back-end first:
#
#     dpdk-foo -l 2-5 --vdev net_vhost0,iface=/tmp/foo.sock,queues=4
#
# usage: qemu-multiqueue.sh SOCKET [QEMU ARGUMENT...]
# In the guest, `ethtool -l eth0` shows the pairs in use.
#
# ACCEL=tcg in the environment does without KVM; QEMU 7.2 then also needs
# "-global virtio-net-pci.vectors=0", or it crashes when the guest starts the card.

socket=${1:?usage: $0 SOCKET [QEMU ARGUMENT...]}
shift
exec qemu-system-x86_64 -cpu max -smp 4 -m 512M \
	-M q35,accel="${ACCEL:-kvm:tcg}",memory-backend=m0 \
	-object memory-backend-memfd,id=m0,size=512M,share=on \
	-chardev socket,id=c0,path="$socket" \
	-netdev vhost-user,id=n0,chardev=c0,queues=4 \
	-device virtio-net-pci,netdev=n0,mac=52:54:00:00:00:01,romfile=,mq=on,packed=on \
	"$@"
