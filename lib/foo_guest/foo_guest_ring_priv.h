/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_GUEST_RING_PRIV_H
#define FOO_GUEST_RING_PRIV_H

/**
 * @file
 * What the two halves of the driver-side ring share.
 */

#include "foo_guest_ring.h"

/** Bits of a packed descriptor's flags (VIRTIO 1.2, 2.8.1). */
#define RING_F_AVAIL (1 << VRING_PACKED_DESC_F_AVAIL)
#define RING_F_USED (1 << VRING_PACKED_DESC_F_USED)

/* Flags of a packed descriptor that becomes available under this wrap counter (2.8.1). */
static inline uint16_t
ring_avail_bits(bool wrap)
{
	return wrap ? RING_F_AVAIL : RING_F_USED;
}

/* Flags of a packed descriptor that was used under this wrap counter (2.8.1). */
static inline uint16_t
ring_used_bits(bool wrap)
{
	return wrap ? RING_F_AVAIL | RING_F_USED : 0;
}

/* Go on behind ndesc positions of a packed ring. */
static inline void
ring_skip(struct foo_guest_ring *ring, uint32_t ndesc)
{
	ring->used_idx += ndesc;
	if (ring->used_idx >= ring->size) {
		ring->used_idx -= ring->size;
		ring->used_wrap = !ring->used_wrap;
	}
}

#endif /* FOO_GUEST_RING_PRIV_H */
