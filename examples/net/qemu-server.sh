#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
#
# QEMU listens and the back-end connects, so that the back-end can be restarted
# while the guest runs. Start the back-end before or after:
#
#     dpdk-foo -l 2 --vdev net_vhost0,iface=/tmp/foo.sock,client=1
#
# usage: qemu-server.sh SOCKET [QEMU ARGUMENT...]
# QEMU waits for the first connection before the guest starts.
#
# ACCEL=tcg in the environment does without KVM; QEMU 7.2 then also needs
# "-global virtio-net-pci.vectors=0", or it crashes when the guest starts the card.

socket=${1:?usage: $0 SOCKET [QEMU ARGUMENT...]}
shift
exec qemu-system-x86_64 -cpu max -m 512M \
	-M q35,accel="${ACCEL:-kvm:tcg}",memory-backend=m0 \
	-object memory-backend-memfd,id=m0,size=512M,share=on \
	-chardev socket,id=c0,path="$socket",server=on \
	-netdev vhost-user,id=n0,chardev=c0 \
	-device virtio-net-pci,netdev=n0,mac=52:54:00:00:00:01,romfile= \
	"$@"
