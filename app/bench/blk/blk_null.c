/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <stdlib.h>

#include <linux/virtio_blk.h>

#include "bench_result.h"
#include "bench_run.h"
#include "blk_null.h"

#define BURST 32
#define F_AVAIL (1 << VRING_PACKED_DESC_F_AVAIL)
#define F_USED (1 << VRING_PACKED_DESC_F_USED)

void
blk_null_init_ring(struct blk_null_ring *r, struct foo_guest_ring *ring)
{
	*r = (struct blk_null_ring){.ring = ring, .wrap = true};
	/* neither side is told of anything */
	if (ring->packed)
		ring->device_event->flags = VRING_PACKED_EVENT_FLAG_DISABLE;
	else
		ring->used->flags = VRING_USED_F_NO_NOTIFY;
}

/* The last descriptor of a request is its status byte. */
static void
answer(const struct foo_guest_mem *mem, uint64_t status_gpa)
{
	const struct foo_guest_region *region = &mem->region[0];

	region->va[status_gpa - region->gpa] = VIRTIO_BLK_S_OK;
}

/* Answer one chain. Bytes written, by what the guest has asked for. */
static uint32_t
serve_split_chain(const struct foo_guest_mem *mem, const struct foo_guest_ring *ring, uint16_t head)
{
	const struct vring_desc *desc = &ring->desc[head];
	uint32_t written = 0;

	for (;;) {
		if (desc->flags & VRING_DESC_F_WRITE)
			written += desc->len;
		if (!(desc->flags & VRING_DESC_F_NEXT))
			break;
		desc = &ring->desc[desc->next];
	}
	answer(mem, desc->addr);
	return written;
}

static unsigned int
serve_split(const struct foo_guest_mem *mem, struct blk_null_ring *r)
{
	struct foo_guest_ring *ring = r->ring;
	/* pairs with foo_guest_ring_publish() */
	uint16_t avail = __atomic_load_n(&ring->avail->idx, __ATOMIC_ACQUIRE);
	unsigned int n;

	for (n = 0; n < BURST && r->idx != avail; n++, r->idx++) {
		uint16_t head = ring->avail->ring[r->idx & (ring->size - 1)];

		ring->used->ring[r->used++ & (ring->size - 1)] = (struct vring_used_elem){
			.id = head, .len = serve_split_chain(mem, ring, head)};
	}
	if (n > 0) /* pairs with foo_guest_ring_poll() */
		__atomic_store_n(&ring->used->idx, r->used, __ATOMIC_RELEASE);
	return n;
}

static void
step_packed(struct blk_null_ring *r)
{
	if (++r->idx == r->ring->size) {
		r->idx = 0;
		r->wrap = !r->wrap;
	}
}

/* One chain; it is used before the next is looked at. */
static unsigned int
serve_packed_chain(const struct foo_guest_mem *mem, struct blk_null_ring *r)
{
	struct vring_packed_desc *first = &r->ring->packed_desc[r->idx], *desc = first;
	/* pairs with foo_guest_ring_publish() */
	uint16_t flags = __atomic_load_n(&first->flags, __ATOMIC_ACQUIRE);
	/* WRITE: the length counts (VIRTIO 1.2, 2.8.4) */
	uint16_t used = (uint16_t)((r->wrap ? F_AVAIL | F_USED : 0) | VRING_DESC_F_WRITE);
	uint32_t written = 0;

	if ((flags & (F_AVAIL | F_USED)) != (r->wrap ? F_AVAIL : F_USED))
		return 0;
	for (;;) {
		if (desc->flags & VRING_DESC_F_WRITE)
			written += desc->len;
		step_packed(r);
		if (!(desc->flags & VRING_DESC_F_NEXT))
			break;
		desc = &r->ring->packed_desc[r->idx];
	}
	answer(mem, desc->addr);
	first->id = desc->id;
	first->len = written;
	/* pairs with foo_guest_ring_poll() */
	__atomic_store_n(&first->flags, used, __ATOMIC_RELEASE);
	return 1;
}

static unsigned int
serve_packed(const struct foo_guest_mem *mem, struct blk_null_ring *r)
{
	unsigned int n = 0;

	while (n < BURST && serve_packed_chain(mem, r) != 0)
		n++;
	return n;
}

unsigned int
blk_null_serve(const struct foo_guest_mem *mem, struct blk_null_ring *r)
{
	return r->ring->packed ? serve_packed(mem, r) : serve_split(mem, r);
}

int
blk_null_init(struct blk_null *null, struct foo_guest *g)
{
	*null = (struct blk_null){.nqueues = g->nqueues};
	null->ring = calloc(g->nqueues, sizeof(*null->ring));
	if (null->ring == NULL)
		return -ENOMEM;
	for (unsigned int i = 0; i < g->nqueues; i++)
		blk_null_init_ring(&null->ring[i], &g->queue[i].ring);
	return 0;
}

void
blk_null_fini(struct blk_null *null)
{
	free(null->ring);
	*null = (struct blk_null){.ring = NULL};
}

void
blk_null_poll(struct blk_null *null, const struct foo_guest_mem *mem, bool count)
{
	uint64_t begun = bench_now();
	unsigned int n = 0;

	for (unsigned int i = 0; i < null->nqueues; i++)
		n += blk_null_serve(mem, &null->ring[i]);
	/* a look in vain is not work: the generator waits, and that time is its own */
	if (count && n > 0)
		bench_count_add(&null->ns, bench_now() - begun);
}
