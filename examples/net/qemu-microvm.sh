#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
#
# A microvm: no PCI, the network card over virtio-mmio (modern). Start the back-end
# first:
#
#     dpdk-foo -l 2 --vdev net_vhost0,iface=/tmp/foo.sock
#
# usage: qemu-microvm.sh SOCKET -kernel KERNEL [-append ARGUMENTS] [QEMU ARGUMENT...]
#
# ACCEL=tcg in the environment does without KVM.

socket=${1:?usage: $0 SOCKET -kernel KERNEL [QEMU ARGUMENT...]}
shift
exec qemu-system-x86_64 -cpu max -m 512M \
	-M microvm,accel="${ACCEL:-kvm:tcg}",acpi=on,memory-backend=m0 \
	-global virtio-mmio.force-legacy=off \
	-object memory-backend-memfd,id=m0,size=512M,share=on \
	-chardev socket,id=c0,path="$socket" \
	-netdev vhost-user,id=n0,chardev=c0 \
	-device virtio-net-device,netdev=n0,mac=52:54:00:00:00:01 \
	"$@"
