#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
#
# A guest whose disk is at dpdk-foo, over virtio-pci (modern), with a queue for each
# of its two processors. Start the back-end first:
#
#     dpdk-foo -l 2-3 --vdev blk_uring0,iface=/tmp/blk.sock,path=disk.img,queues=2
#
# usage: qemu-pci.sh SOCKET [QEMU ARGUMENT...]
# The firmware boots from it. Add ",packed=on" to the device for packed rings.
#
# "reconnect=1" of the socket lets the back-end be restarted under the guest.
# ACCEL=tcg in the environment does without KVM.

socket=${1:?usage: $0 SOCKET [QEMU ARGUMENT...]}
shift
exec qemu-system-x86_64 -cpu max -smp 2 -m 512M \
	-M q35,accel="${ACCEL:-kvm:tcg}",memory-backend=m0 \
	-object memory-backend-memfd,id=m0,size=512M,share=on \
	-chardev socket,id=c0,path="$socket",reconnect=1 \
	-device vhost-user-blk-pci-non-transitional,chardev=c0,num-queues=2,bootindex=1 \
	"$@"
