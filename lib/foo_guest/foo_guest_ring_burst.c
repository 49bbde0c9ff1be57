/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* The two calls that a load generator lives in: many chains at once, in both directions. What they
 * change again and again they keep in registers; a ring format is a constant of each loop. */

#include <errno.h>

#include "foo_guest_ring_priv.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* Where a poll stands: the members of the ring that it moves. */
struct cursor {
	uint16_t used_idx;
	bool used_wrap;
	uint16_t in_order_id;
	uint16_t free_tail;
	uint16_t nfree;
	uint16_t inflight;
};

bool
foo_guest_ring_has_used(const struct foo_guest_ring *ring)
{
	uint16_t flags;

	if (ring->batch)
		return true;
	if (!ring->packed) /* pairs with the device's release of the used index */
		return __atomic_load_n(&ring->used->idx, __ATOMIC_ACQUIRE) != ring->used_idx;
	/* pairs with the device's release of the first used descriptor's flags */
	flags = __atomic_load_n(&ring->packed_desc[ring->used_idx].flags, __ATOMIC_ACQUIRE);
	return (flags & ring_used_bits(true)) == ring_used_bits(ring->used_wrap);
}

/* Take the next descriptors for n chains of one buffer each. */
static void
burst_split(struct foo_guest_ring *ring, const struct foo_guest_buf *buf, const uint64_t *token,
	    uint16_t n)
{
	uint16_t d = ring->free_head, idx = ring->avail_idx;
	const uint16_t mask = ring->size - 1;

	for (uint16_t i = 0; i < n; i++) {
		struct vring_desc *desc = &ring->desc[d];
		struct foo_guest_slot *slot = &ring->slot[d];

		desc->addr = buf[i].gpa;
		desc->len = buf[i].len;
		desc->flags = buf[i].flags;
		slot->token = token[i];
		slot->ndesc = 1;
		slot->last = d;
		ring->avail->ring[idx++ & mask] = d;
		d = slot->next;
	}
	ring->free_head = d;
	ring->avail_idx = idx;
	ring->added += n;
}

/* Each chain becomes available by itself: a device that looks meanwhile finds a part of the burst,
 * as it does under the drivers of DPDK and Linux. */
static void
burst_packed(struct foo_guest_ring *ring, const struct foo_guest_buf *buf, const uint64_t *token,
	     uint16_t n)
{
	uint16_t id = ring->free_head, idx = ring->avail_idx,
		 bits = ring_avail_bits(ring->avail_wrap);
	const uint16_t size = ring->size;

	for (uint16_t i = 0; i < n; i++) {
		struct vring_packed_desc *desc = &ring->packed_desc[idx];
		struct foo_guest_slot *slot = &ring->slot[id];

		slot->token = token[i];
		slot->ndesc = 1;
		slot->last = id;
		desc->addr = buf[i].gpa;
		desc->len = buf[i].len;
		desc->id = id;
		/* pairs with the device's acquire of a descriptor's flags */
		__atomic_store_n(&desc->flags, buf[i].flags | bits, __ATOMIC_RELEASE);
		id = slot->next;
		if (++idx == size) {
			idx = 0;
			bits ^= RING_F_AVAIL | RING_F_USED;
		}
	}
	if (idx < ring->avail_idx || n == size)
		ring->avail_wrap = !ring->avail_wrap;
	ring->free_head = id;
	ring->avail_idx = idx;
	ring->added += n;
}

uint16_t
foo_guest_ring_add_burst(struct foo_guest_ring *ring, const struct foo_guest_buf *buf,
			 const uint64_t *token, uint16_t n)
{
	if (n > ring->nfree)
		n = ring->nfree;
	if (n == 0)
		return 0;
	ring->nfree -= n;
	ring->inflight += n;
	if (ring->packed)
		burst_packed(ring, buf, token, n);
	else
		burst_split(ring, buf, token, n);
	return n;
}

/* Go on behind a used chain, and recycle its descriptors (split) or buffer id (packed). */
ALWAYS_INLINE void
poll_release(struct foo_guest_ring *ring, struct cursor *at, uint16_t id, const bool packed)
{
	struct foo_guest_slot *slot = &ring->slot[id];
	uint16_t n = slot->ndesc;
	bool empty = packed ? at->inflight == ring->size : at->nfree == 0;
	uint32_t next;

	if (packed) {
		at->used_idx += n;
		if (at->used_idx >= ring->size) {
			at->used_idx -= ring->size;
			at->used_wrap = !at->used_wrap;
		}
	} else {
		at->used_idx++;
		/* the device has read it, and the next chain goes there */
		if (n > 1)
			foo_guest_own_line(&ring->desc[id]);
	}
	if (empty)
		ring->free_head = id;
	else
		ring->slot[at->free_tail].next = id;
	at->free_tail = slot->last;
	slot->ndesc = 0;
	at->nfree += n;
	at->inflight--;
	/* in order, heads (split) and ids (packed) follow each other around the ring */
	next = (uint32_t)id + (packed ? 1 : n);
	at->in_order_id = next < ring->size ? next : next - ring->size;
}

/* Whether the entry at the cursor is used, and if so what stands there, unchecked. */
ALWAYS_INLINE bool
poll_entry(const struct foo_guest_ring *ring, const struct cursor *at, uint16_t device_idx,
	   uint32_t *id, uint32_t *len, const bool packed)
{
	if (packed) {
		const struct vring_packed_desc *desc = &ring->packed_desc[at->used_idx];
		/* pairs with the device's release of the first used descriptor's flags */
		uint16_t flags = __atomic_load_n(&desc->flags, __ATOMIC_ACQUIRE);

		if ((flags & ring_used_bits(true)) != ring_used_bits(at->used_wrap))
			return false;
		/* without WRITE the length is reserved, and the driver ignores it (2.8.4) */
		*len = flags & VRING_DESC_F_WRITE ? desc->len : 0;
		*id = desc->id;
	} else {
		const struct vring_used_elem *elem;

		if (at->used_idx == device_idx)
			return false;
		elem = &ring->used->ring[at->used_idx & (ring->size - 1)];
		*len = elem->len;
		*id = elem->id;
	}
	return true;
}

/* With IN_ORDER one used entry may stand for a batch, whose last chain it names (2.7.9). */
ALWAYS_INLINE uint16_t
poll_in_order(struct foo_guest_ring *ring, const struct cursor *at, uint16_t id, uint32_t *len)
{
	if (!ring->batch) {
		ring->batch_id = id;
		ring->batch_len = *len;
	}
	ring->batch = at->in_order_id != ring->batch_id;
	*len = ring->batch ? FOO_GUEST_LEN_UNKNOWN : ring->batch_len;
	return at->in_order_id;
}

ALWAYS_INLINE uint16_t
poll_loop(struct foo_guest_ring *ring, struct cursor *at, struct foo_guest_used *used, uint16_t max,
	  const bool packed, const bool in_order)
{
	/* pairs with the device's release of the used index */
	uint16_t device_idx = packed ? 0 : __atomic_load_n(&ring->used->idx, __ATOMIC_ACQUIRE);
	uint16_t n;

	for (n = 0; n < max; n++) {
		uint32_t id, len = 0;

		if (in_order && ring->batch)
			id = ring->batch_id;
		else if (!poll_entry(ring, at, device_idx, &id, &len, packed))
			break;
		if (id >= ring->size || ring->slot[id].ndesc == 0) {
			ring->broken = true;
			break;
		}
		if (in_order) {
			id = poll_in_order(ring, at, id, &len);
			if (ring->slot[id].ndesc == 0) {
				ring->broken = true;
				break;
			}
		}
		used[n].token = ring->slot[id].token;
		used[n].len = len;
		poll_release(ring, at, id, packed);
	}
	return n;
}

int
foo_guest_ring_poll(struct foo_guest_ring *ring, struct foo_guest_used *used, uint16_t max)
{
	struct cursor at = {
		.used_idx = ring->used_idx,
		.used_wrap = ring->used_wrap,
		.in_order_id = ring->in_order_id,
		.free_tail = ring->free_tail,
		.nfree = ring->nfree,
		.inflight = ring->inflight,
	};
	uint16_t n;

	if (ring->broken)
		return -EPROTO;
	if (ring->packed)
		n = ring->in_order ? poll_loop(ring, &at, used, max, true, true) :
				     poll_loop(ring, &at, used, max, true, false);
	else
		n = ring->in_order ? poll_loop(ring, &at, used, max, false, true) :
				     poll_loop(ring, &at, used, max, false, false);
	ring->used_idx = at.used_idx;
	ring->used_wrap = at.used_wrap;
	ring->in_order_id = at.in_order_id;
	ring->free_tail = at.free_tail;
	ring->nfree = at.nfree;
	ring->inflight = at.inflight;
	return n == 0 && ring->broken ? -EPROTO : n;
}
