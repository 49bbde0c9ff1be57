/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "foo_guest_ring_priv.h"

/* An event suppression structure is read as one word: its halves belong together. */
typedef uint32_t __attribute__((may_alias)) ring_event_word;

static bool
ring_config_valid(const struct foo_guest_ring_config *cfg, bool packed)
{
	if (cfg->size == 0 || cfg->size > FOO_GUEST_RING_MAX_SIZE)
		return false;
	if (packed)
		return (cfg->base & 0x7fff) < cfg->size;
	return (cfg->size & (cfg->size - 1)) == 0;
}

static int
ring_place(struct foo_guest_ring *ring, struct foo_guest_mem *mem,
	   const struct foo_guest_ring_config *cfg)
{
	uint64_t desc = foo_guest_ring_desc_bytes(ring->size);
	uint64_t driver = foo_guest_ring_driver_bytes(ring->size, ring->packed);
	uint64_t device = foo_guest_ring_device_bytes(ring->size, ring->packed);

	ring->desc_gpa = cfg->desc_gpa;
	ring->driver_gpa = cfg->driver_gpa;
	ring->device_gpa = cfg->device_gpa;
	if (!cfg->placed) {
		/* own cache lines: the two sides write different areas */
		ring->desc_gpa = foo_guest_mem_alloc(mem, desc, 64);
		ring->driver_gpa = foo_guest_mem_alloc(mem, driver, 64);
		ring->device_gpa = foo_guest_mem_alloc(mem, device, 64);
		if (ring->desc_gpa == FOO_GUEST_NO_GPA || ring->driver_gpa == FOO_GUEST_NO_GPA ||
		    ring->device_gpa == FOO_GUEST_NO_GPA)
			return -ENOSPC;
	}
	ring->desc = foo_guest_mem_va(mem, ring->desc_gpa, desc);
	ring->avail = foo_guest_mem_va(mem, ring->driver_gpa, driver);
	ring->used = foo_guest_mem_va(mem, ring->device_gpa, device);
	if (ring->desc == NULL || ring->avail == NULL || ring->used == NULL)
		return -EFAULT;
	memset(ring->desc, 0, desc);
	memset(ring->avail, 0, driver);
	memset(ring->used, 0, device);
	return 0;
}

static int
ring_place_tables(struct foo_guest_ring *ring, struct foo_guest_mem *mem, uint16_t entries)
{
	uint64_t bytes = (uint64_t)ring->size * entries * sizeof(struct vring_desc);

	if (entries == 0)
		return 0;
	ring->table_gpa = foo_guest_mem_alloc(mem, bytes, 64);
	if (ring->table_gpa == FOO_GUEST_NO_GPA)
		return -ENOSPC;
	ring->table = foo_guest_mem_va(mem, ring->table_gpa, bytes);
	ring->table_max = entries;
	return 0;
}

/* Make memory look as if the ring had come to rest at this index. */
static void
ring_start_at(struct foo_guest_ring *ring, uint16_t base)
{
	if (!ring->packed) {
		ring->avail_idx = base;
		ring->used_idx = base;
		ring->avail->idx = base;
		ring->used->idx = base;
	} else {
		ring->avail_idx = base & 0x7fff;
		ring->used_idx = ring->avail_idx;
		ring->avail_wrap = base >> 15;
		ring->used_wrap = ring->avail_wrap;
		for (uint16_t i = 0; i < ring->size; i++)
			ring->packed_desc[i].flags = ring_used_bits(
				i < ring->used_idx ? ring->used_wrap : !ring->used_wrap);
	}
	foo_guest_ring_calls_enable(ring, 0);
}

int
foo_guest_ring_init(struct foo_guest_ring *ring, struct foo_guest_mem *mem,
		    const struct foo_guest_ring_config *cfg)
{
	int ret;

	memset(ring, 0, sizeof(*ring));
	ring->packed = cfg->features & (UINT64_C(1) << VIRTIO_F_RING_PACKED);
	ring->event_idx = cfg->features & (UINT64_C(1) << VIRTIO_RING_F_EVENT_IDX);
	ring->in_order = cfg->features & (UINT64_C(1) << VIRTIO_F_IN_ORDER);
	if (!ring_config_valid(cfg, ring->packed))
		return -EINVAL;
	ring->size = cfg->size;
	ring->kickfd = cfg->kickfd;
	ret = ring_place(ring, mem, cfg);
	if (ret == 0)
		ret = ring_place_tables(ring, mem, cfg->indirect_max);
	if (ret != 0)
		return ret;
	ring->slot = calloc(ring->size, sizeof(*ring->slot));
	if (ring->slot == NULL)
		return -ENOMEM;
	for (uint16_t i = 0; i < ring->size; i++)
		ring->slot[i].next = i + 1;
	ring->slot[ring->size - 1].next = 0;
	ring->nfree = ring->size;
	ring->free_tail = ring->size - 1;
	ring_start_at(ring, cfg->base);
	return 0;
}

void
foo_guest_ring_fini(struct foo_guest_ring *ring)
{
	free(ring->slot);
	memset(ring, 0, sizeof(*ring));
}

static uint64_t
ring_fill_split_table(struct foo_guest_ring *ring, uint16_t head, const struct foo_guest_buf *buf,
		      uint16_t n)
{
	uint32_t first = (uint32_t)head * ring->table_max;
	struct vring_desc *table = &ring->table[first];

	for (uint16_t i = 0; i < n; i++) {
		table[i].addr = buf[i].gpa;
		table[i].len = buf[i].len;
		table[i].flags = buf[i].flags | (i + 1 < n ? VRING_DESC_F_NEXT : 0);
		table[i].next = i + 1;
	}
	return ring->table_gpa + first * sizeof(*table);
}

/* In a packed table position is order: only WRITE has a meaning (2.8.7). */
static uint64_t
ring_fill_packed_table(struct foo_guest_ring *ring, uint16_t id, const struct foo_guest_buf *buf,
		       uint16_t n)
{
	uint32_t first = (uint32_t)id * ring->table_max;
	struct vring_packed_desc *table = (struct vring_packed_desc *)&ring->table[first];

	for (uint16_t i = 0; i < n; i++) {
		table[i].addr = buf[i].gpa;
		table[i].len = buf[i].len;
		table[i].id = 0;
		table[i].flags = buf[i].flags;
	}
	return ring->table_gpa + first * sizeof(*table);
}

static int
ring_add_split(struct foo_guest_ring *ring, const struct foo_guest_buf *buf, uint16_t direct,
	       uint16_t indirect, uint64_t token)
{
	uint16_t n = direct + (indirect > 0);
	uint16_t head = ring->free_head, last = head, d = head;

	for (uint16_t i = 0; i < n; i++) {
		struct vring_desc *desc = &ring->desc[d];

		last = d;
		d = ring->slot[d].next;
		if (i < direct) {
			desc->addr = buf[i].gpa;
			desc->len = buf[i].len;
			desc->flags = buf[i].flags | (i + 1 < n ? VRING_DESC_F_NEXT : 0);
		} else {
			desc->addr = ring_fill_split_table(ring, head, &buf[i], indirect);
			desc->len = indirect * sizeof(*desc);
			desc->flags = VRING_DESC_F_INDIRECT;
		}
		desc->next = d;
	}
	ring->free_head = d;
	ring->slot[head].token = token;
	ring->slot[head].ndesc = n;
	ring->slot[head].last = last;
	foo_guest_ring_add_head(ring, head);
	return head;
}

void
foo_guest_ring_add_head(struct foo_guest_ring *ring, uint16_t head)
{
	ring->avail->ring[ring->avail_idx & (ring->size - 1)] = head;
	ring->avail_idx++;
	ring->added++;
}

/* Fill the next position. The first one since the last publish gets its flags there, and hides what
 * stands behind it until then. */
static void
ring_put_packed(struct foo_guest_ring *ring, const struct foo_guest_buf *buf, uint16_t id,
		bool next)
{
	struct vring_packed_desc *desc = &ring->packed_desc[ring->avail_idx];
	uint16_t flags = buf->flags | ring_avail_bits(ring->avail_wrap);

	if (next)
		flags |= VRING_DESC_F_NEXT;
	desc->addr = buf->gpa;
	desc->len = buf->len;
	desc->id = id;
	ring->added++;
	if (!ring->first_held) {
		ring->first_held = true;
		ring->first_pos = ring->avail_idx;
		ring->first_flags = flags;
	} else {
		desc->flags = flags;
	}
	if (++ring->avail_idx == ring->size) {
		ring->avail_idx = 0;
		ring->avail_wrap = !ring->avail_wrap;
	}
}

static int
ring_add_packed(struct foo_guest_ring *ring, const struct foo_guest_buf *buf, uint16_t direct,
		uint16_t indirect, uint64_t token)
{
	uint16_t n = direct + (indirect > 0);
	uint16_t id = ring->free_head;

	for (uint16_t i = 0; i < direct; i++)
		ring_put_packed(ring, &buf[i], id, i + 1 < n);
	if (indirect > 0) {
		struct foo_guest_buf table = {
			.gpa = ring_fill_packed_table(ring, id, &buf[direct], indirect),
			.len = indirect * sizeof(struct vring_packed_desc),
			.flags = VRING_DESC_F_INDIRECT,
		};

		ring_put_packed(ring, &table, id, false);
	}
	ring->free_head = ring->slot[id].next;
	ring->slot[id].token = token;
	ring->slot[id].ndesc = n;
	ring->slot[id].last = id;
	return id;
}

int
foo_guest_ring_add(struct foo_guest_ring *ring, const struct foo_guest_buf *buf, uint16_t nbuf,
		   uint16_t direct, uint64_t token)
{
	uint16_t indirect, n;

	if (direct > nbuf)
		direct = nbuf;
	indirect = nbuf - direct;
	n = direct + (indirect > 0);
	if (nbuf == 0 || indirect > ring->table_max)
		return -EINVAL;
	if (n > ring->nfree)
		return -ENOSPC;
	ring->nfree -= n;
	ring->inflight++;
	if (ring->packed)
		return ring_add_packed(ring, buf, direct, indirect, token);
	return ring_add_split(ring, buf, direct, indirect, token);
}

static bool
ring_publish_split(struct foo_guest_ring *ring, uint16_t added)
{
	uint16_t idx = ring->avail_idx;

	/* pairs with the device's acquire of the avail index */
	__atomic_store_n(&ring->avail->idx, idx, __ATOMIC_RELEASE);
	/* the index before the question; pairs with the barrier of the device that asks for
	 * kicks and then looks at the index again */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (ring->event_idx) {
		uint16_t *event = (uint16_t *)&ring->used->ring[ring->size];

		return vring_need_event(__atomic_load_n(event, __ATOMIC_RELAXED), idx, idx - added);
	}
	return !(__atomic_load_n(&ring->used->flags, __ATOMIC_RELAXED) & VRING_USED_F_NO_NOTIFY);
}

static bool
ring_publish_packed(struct foo_guest_ring *ring, uint16_t added)
{
	union {
		uint32_t word;
		struct vring_packed_desc_event event;
	} u;
	uint16_t event_pos;

	/* pairs with the device's acquire of a descriptor's flags */
	if (ring->first_held)
		__atomic_store_n(&ring->packed_desc[ring->first_pos].flags, ring->first_flags,
				 __ATOMIC_RELEASE);
	ring->first_held = false;
	/* as in ring_publish_split() */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	u.word = __atomic_load_n((ring_event_word *)ring->device_event, __ATOMIC_RELAXED);
	if (u.event.flags != VRING_PACKED_EVENT_FLAG_DESC || !ring->event_idx)
		return u.event.flags != VRING_PACKED_EVENT_FLAG_DISABLE;
	event_pos = u.event.off_wrap & 0x7fff;
	if (u.event.off_wrap >> VRING_PACKED_EVENT_F_WRAP_CTR != ring->avail_wrap)
		event_pos -= ring->size;
	return vring_need_event(event_pos, ring->avail_idx, ring->avail_idx - added);
}

bool
foo_guest_ring_publish(struct foo_guest_ring *ring)
{
	uint16_t added = ring->added;

	if (added == 0)
		return false;
	ring->added = 0;
	return ring->packed ? ring_publish_packed(ring, added) : ring_publish_split(ring, added);
}

void
foo_guest_ring_kick(const struct foo_guest_ring *ring)
{
	if (ring->kickfd >= 0)
		eventfd_write(ring->kickfd, 1);
}

/* Descriptors of the used entry at a position; 0 if it names nothing that is in flight. With
 * IN_ORDER it may stand for a batch, from *next to the id that it names (2.7.9). */
static uint32_t
ring_used_span(const struct foo_guest_ring *ring, uint16_t id, uint16_t *next)
{
	uint32_t n = 0;

	if (id >= ring->size || ring->slot[id].ndesc == 0)
		return 0;
	if (!ring->in_order)
		return ring->slot[id].ndesc;
	for (uint32_t i = 0; i < ring->size; i++) {
		uint16_t at = *next;

		n += ring->slot[at].ndesc;
		*next = (at + 1) % ring->size;
		if (at == id)
			break;
	}
	return n;
}

/* A copy of a packed ring goes ahead, behind what the device has used; nothing is taken. Returns
 * the descriptors passed. mark: set at each id that is met, or NULL. */
static uint32_t
ring_go_ahead(const struct foo_guest_ring *ring, struct foo_guest_ring *at, uint8_t *mark)
{
	uint32_t span, seen = 0;
	uint16_t id;

	*at = *ring;
	/* the used descriptor of a batch that is being polled lies behind used_idx */
	if (at->batch) {
		seen = ring_used_span(ring, at->batch_id, &at->in_order_id);
		ring_skip(at, seen);
		at->batch = false;
	}
	while (seen < ring->size && foo_guest_ring_has_used(at)) {
		id = at->packed_desc[at->used_idx].id;
		span = ring_used_span(ring, id, &at->in_order_id);
		if (span == 0)
			break;
		if (mark != NULL)
			mark[id] = 1;
		seen += span;
		ring_skip(at, span);
	}
	return seen;
}

/* The chain where the copy stands, if it is one that was made available and not used: its number of
 * descriptors, and the copy is behind it. Otherwise 0. */
static uint32_t
ring_pass_chain(const struct foo_guest_ring *ring, struct foo_guest_ring *at, uint8_t *mark)
{
	struct vring_packed_desc d;
	uint32_t n = 0;

	do {
		d = at->packed_desc[at->used_idx];
		if ((d.flags & ring_used_bits(true)) != ring_avail_bits(at->used_wrap))
			return 0;
		ring_skip(at, 1);
	} while (++n < ring->size && (d.flags & VRING_DESC_F_NEXT));
	if (d.id >= ring->size || ring->slot[d.id].ndesc != n || mark[d.id])
		return 0;
	mark[d.id] = 1;
	return n;
}

bool
foo_guest_ring_is_whole(const struct foo_guest_ring *ring)
{
	struct foo_guest_ring at;
	uint32_t left, n = 1;
	uint8_t *mark;

	if (!ring->packed)
		return true;
	mark = calloc(ring->size, 1);
	if (mark == NULL)
		return false;
	left = ring->size - ring->nfree - ring->added;
	left -= ring_go_ahead(ring, &at, mark);
	while (left > 0 && left <= ring->size && n > 0) {
		n = ring_pass_chain(ring, &at, mark);
		left -= n;
	}
	free(mark);
	return left == 0;
}

uint16_t
foo_guest_ring_resume(const struct foo_guest_ring *ring)
{
	struct foo_guest_ring at;

	if (!ring->packed)
		return __atomic_load_n(&ring->used->idx, __ATOMIC_ACQUIRE);
	ring_go_ahead(ring, &at, NULL);
	return at.used_idx | (at.used_wrap ? 0x8000 : 0);
}

void
foo_guest_ring_calls_enable(struct foo_guest_ring *ring, uint16_t after)
{
	if (!ring->packed) {
		ring->avail->flags = 0;
		__atomic_store_n(&ring->avail->ring[ring->size], ring->used_idx + after,
				 __ATOMIC_RELAXED);
	} else {
		uint32_t pos = ring->used_idx + (ring->event_idx ? after : 0);
		bool wrap = ring->used_wrap ^ (pos / ring->size & 1);
		uint16_t off_wrap = pos % ring->size;

		off_wrap |= wrap << VRING_PACKED_EVENT_F_WRAP_CTR;
		__atomic_store_n(&ring->driver_event->off_wrap, off_wrap, __ATOMIC_RELAXED);
		/* the position before the flags that make it count; pairs with the device's
		 * read of both in one word */
		__atomic_store_n(&ring->driver_event->flags,
				 ring->event_idx ? VRING_PACKED_EVENT_FLAG_DESC :
						   VRING_PACKED_EVENT_FLAG_ENABLE,
				 __ATOMIC_RELEASE);
	}
	/* pairs with the barrier between the device's publishing and its look at the above */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void
foo_guest_ring_calls_disable(struct foo_guest_ring *ring)
{
	if (ring->packed) {
		__atomic_store_n(&ring->driver_event->flags, VRING_PACKED_EVENT_FLAG_DISABLE,
				 __ATOMIC_RELAXED);
	} else if (ring->event_idx) {
		/* the index just passed: 65535 more before it comes again */
		__atomic_store_n(&ring->avail->ring[ring->size], ring->used_idx - 1,
				 __ATOMIC_RELAXED);
	} else {
		__atomic_store_n(&ring->avail->flags, VRING_AVAIL_F_NO_INTERRUPT, __ATOMIC_RELAXED);
	}
}
