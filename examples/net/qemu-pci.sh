#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
#
# A guest with one network card over virtio-pci (transitional: modern drivers and
# old ones). Start the back-end first:
#
#     dpdk-foo -l 2 --vdev net_vhost0,iface=/tmp/foo.sock
#
# usage: qemu-pci.sh SOCKET [QEMU ARGUMENT...]      for example a disk image
# Add ",disable-legacy=on" to the device for a modern-only card, ",disable-modern=on"
# for a legacy-only one, and ",packed=on" for packed rings.
#
# ACCEL=tcg in the environment does without KVM; QEMU 7.2 then also needs
# "-global virtio-net-pci.vectors=0", or it crashes when the guest starts the card.

socket=${1:?usage: $0 SOCKET [QEMU ARGUMENT...]}
shift
exec qemu-system-x86_64 -cpu max -m 512M \
	-M q35,accel="${ACCEL:-kvm:tcg}",memory-backend=m0 \
	-object memory-backend-memfd,id=m0,size=512M,share=on \
	-chardev socket,id=c0,path="$socket" \
	-netdev vhost-user,id=n0,chardev=c0 \
	-device virtio-net-pci,netdev=n0,mac=52:54:00:00:00:01,romfile= \
	"$@"
