#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
#
# A microvm: no PCI, the disk over virtio-mmio (modern). Start the back-end first:
#
#     dpdk-foo -l 2 --vdev blk_uring0,iface=/tmp/blk.sock,path=disk.img
#
# usage: qemu-microvm.sh SOCKET -kernel KERNEL [-append ARGUMENTS] [QEMU ARGUMENT...]
#
# "reconnect=1" of the socket lets the back-end be restarted under the guest.
# ACCEL=tcg in the environment does without KVM.

socket=${1:?usage: $0 SOCKET -kernel KERNEL [QEMU ARGUMENT...]}
shift
exec qemu-system-x86_64 -cpu max -m 512M \
	-M microvm,accel="${ACCEL:-kvm:tcg}",acpi=on,memory-backend=m0 \
	-global virtio-mmio.force-legacy=off \
	-object memory-backend-memfd,id=m0,size=512M,share=on \
	-chardev socket,id=c0,path="$socket",reconnect=1 \
	-device vhost-user-blk,chardev=c0,num-queues=1 \
	"$@"
