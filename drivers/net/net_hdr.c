/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * The virtio-net header (VIRTIO 1.2, 5.1.6) on its way from one guest to another. A sender may
 * write anything into it; a receiver must be able to believe it.
 */
#include <rte_byteorder.h>

#include "net_priv.h"

bool
net_hdr_is_plain(const struct virtio_net_hdr_v1 *hdr)
{
	return (hdr->flags | hdr->gso_type) == 0;
}

/** Whether the packet of len bytes can be what its header says (5.1.6.2). */
static bool
hdr_is_sane(const struct virtio_net_hdr_v1 *hdr, uint32_t len)
{
	uint8_t gso = hdr->gso_type & (uint8_t)~VIRTIO_NET_HDR_GSO_ECN;

	if (hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		if ((uint32_t)hdr->csum_start + hdr->csum_offset + sizeof(uint16_t) > len)
			return false;
	} else if (gso != VIRTIO_NET_HDR_GSO_NONE) {
		return false;
	}
	if (gso == VIRTIO_NET_HDR_GSO_NONE)
		return hdr->gso_type == 0;
	return hdr->gso_size != 0 && hdr->hdr_len <= len && hdr->csum_start >= NET_ETH_LEN;
}

static uint8_t
hdr_gso_bit(const struct virtio_net_hdr_v1 *hdr)
{
	uint8_t gso = hdr->gso_type & (uint8_t)~VIRTIO_NET_HDR_GSO_ECN;

	/* the types in use are 1, 3, 4 and 5; anything above has no bit and is refused */
	return gso < 6 ? (uint8_t)(1u << gso) : 0;
}

/**
 * Turn a sender's header into a receiver's.
 *
 * @param sw_csum set if the packet's checksum is to be completed on the way
 * @return 0, or the negative drop reason plus one: -(FOO_NET_DROP_x + 1)
 */
int
net_hdr_translate(const struct net_dev *from, const struct net_dev *to,
		  struct virtio_net_hdr_v1 *hdr, uint32_t len, bool *sw_csum)
{
	uint8_t gso;

	*sw_csum = false;
	hdr->flags &= VIRTIO_NET_HDR_F_NEEDS_CSUM;
	if (net_hdr_is_plain(hdr)) {
		*hdr = (struct virtio_net_hdr_v1){0};
		return 0;
	}
	gso = hdr_gso_bit(hdr);
	if (!hdr_is_sane(hdr, len) || !(from->may_send & NET_CSUM) || !(from->may_send & gso))
		return -(FOO_NET_DROP_BAD_HEADER + 1);
	if (gso != NET_CSUM) {
		if (!(to->may_receive & gso))
			return -(FOO_NET_DROP_OFFLOAD + 1);
		if (!(to->may_receive & NET_GSO_ECN))
			hdr->gso_type &= (uint8_t)~VIRTIO_NET_HDR_GSO_ECN;
	} else {
		hdr->hdr_len = 0;
		hdr->gso_size = 0;
		*sw_csum = !(to->may_receive & NET_CSUM);
	}
	return 0;
}

/** Add bytes, the first of them a high-order one, to a ones' complement sum. */
static uint64_t
hdr_sum(uint64_t sum, const uint8_t *p, uint32_t len)
{
	uint32_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	return i < len ? sum + ((uint32_t)p[i] << 8) : sum;
}

/**
 * The checksum that the header asks for (5.1.6.2): over the packet from csum_start on, the field
 * itself as the sender filled it.
 *
 * @param packet at the packet's first byte; it is not moved
 * @return in network byte order, 0xffff for 0
 */
uint16_t
net_hdr_csum(const struct foo_cursor *packet, const struct virtio_net_hdr_v1 *hdr)
{
	struct foo_cursor c = *packet;
	uint8_t part[256];
	uint64_t sum = 0;
	uint32_t n;

	foo_cursor_skip(&c, hdr->csum_start);
	/* parts of even length keep high and low bytes apart */
	while ((n = foo_cursor_read(&c, part, sizeof(part))) != 0)
		sum = hdr_sum(sum, part, n);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum & 0xffff;
	return rte_cpu_to_be_16(sum != 0 ? (uint16_t)sum : 0xffff);
}
