/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench_run.h"
#include "net_null.h"

#define BURST 32
#define LINE 64
#define F_AVAIL (1 << VRING_PACKED_DESC_F_AVAIL)
#define F_USED (1 << VRING_PACKED_DESC_F_USED)

/* An available buffer. */
struct entry {
	uint64_t addr;
	uint32_t len;
	uint16_t id;
};

/* The packed ring keeps its event words apart: neither side is told of anything. */
static void
quiet(struct foo_guest_ring *ring)
{
	if (ring->packed)
		ring->device_event->flags = VRING_PACKED_EVENT_FLAG_DISABLE;
	else
		ring->used->flags = VRING_USED_F_NO_NOTIFY;
}

void
net_null_init_pair(struct net_null_pair *pair, struct foo_guest_ring *tx, struct foo_guest_ring *rx)
{
	pair->tx = (struct net_null_ring){.ring = tx, .wrap = true};
	pair->rx = (struct net_null_ring){.ring = rx, .wrap = true};
	quiet(tx);
	quiet(rx);
}

static unsigned int
look_split(const struct net_null_ring *r, struct entry *e, unsigned int max)
{
	const struct foo_guest_ring *ring = r->ring;
	/* pairs with foo_guest_ring_publish() */
	uint16_t avail = __atomic_load_n(&ring->avail->idx, __ATOMIC_ACQUIRE);
	unsigned int n;

	for (n = 0; n < max && (uint16_t)(r->idx + n) != avail; n++) {
		uint16_t head = ring->avail->ring[(r->idx + n) & (ring->size - 1)];
		const struct vring_desc *desc = &ring->desc[head];

		e[n] = (struct entry){.addr = desc->addr, .len = desc->len, .id = head};
	}
	return n;
}

static unsigned int
look_packed(const struct net_null_ring *r, struct entry *e, unsigned int max)
{
	const struct foo_guest_ring *ring = r->ring;
	uint16_t idx = r->idx;
	bool wrap = r->wrap;
	unsigned int n;

	for (n = 0; n < max; n++) {
		const struct vring_packed_desc *desc = &ring->packed_desc[idx];
		/* pairs with foo_guest_ring_publish() */
		uint16_t flags = __atomic_load_n(&desc->flags, __ATOMIC_ACQUIRE);

		if ((flags & (F_AVAIL | F_USED)) != (wrap ? F_AVAIL : F_USED))
			break;
		e[n] = (struct entry){.addr = desc->addr, .len = desc->len, .id = desc->id};
		if (++idx == ring->size) {
			idx = 0;
			wrap = !wrap;
		}
	}
	return n;
}

static void
use_split(struct net_null_ring *r, const struct entry *e, unsigned int n)
{
	struct foo_guest_ring *ring = r->ring;

	for (unsigned int i = 0; i < n; i++)
		ring->used->ring[(r->idx + i) & (ring->size - 1)] =
			(struct vring_used_elem){.id = e[i].id, .len = e[i].len};
	r->idx += n;
	/* pairs with foo_guest_ring_poll() */
	__atomic_store_n(&ring->used->idx, r->idx, __ATOMIC_RELEASE);
}

/* A length counts where WRITE says that something was written (2.8.4). */
static uint16_t
used_flags(const struct net_null_ring *r, uint32_t len)
{
	return (uint16_t)((r->wrap ? F_AVAIL | F_USED : 0) | (len != 0 ? VRING_DESC_F_WRITE : 0));
}

/* The flags of the first descriptor last: nobody sees half of a burst. */
static void
use_packed(struct net_null_ring *r, const struct entry *e, unsigned int n)
{
	struct foo_guest_ring *ring = r->ring;
	struct vring_packed_desc *first = &ring->packed_desc[r->idx];
	uint16_t first_flags = used_flags(r, e[0].len);

	for (unsigned int i = 0; i < n; i++) {
		struct vring_packed_desc *desc = &ring->packed_desc[r->idx];

		desc->id = e[i].id;
		desc->len = e[i].len;
		if (i > 0)
			desc->flags = used_flags(r, e[i].len);
		if (++r->idx == ring->size) {
			r->idx = 0;
			r->wrap = !r->wrap;
		}
	}
	/* pairs with foo_guest_ring_poll() */
	__atomic_store_n(&first->flags, first_flags, __ATOMIC_RELEASE);
}

static unsigned int
look(const struct net_null_ring *r, struct entry *e, unsigned int max)
{
	return r->ring->packed ? look_packed(r, e, max) : look_split(r, e, max);
}

static void
use(struct net_null_ring *r, const struct entry *e, unsigned int n)
{
	if (r->ring->packed)
		use_packed(r, e, n);
	else
		use_split(r, e, n);
}

unsigned int
net_null_serve(const struct foo_guest_mem *mem, struct net_null_pair *pair)
{
	const struct foo_guest_region *region = &mem->region[0];
	struct entry tx[BURST], rx[BURST];
	unsigned int n = look(&pair->tx, tx, BURST);

	n = n > 0 ? look(&pair->rx, rx, n) : 0;
	if (n == 0)
		return 0;
	/* a header, which ends where the packet's first line begins, and that line */
	for (unsigned int i = 0; i < n; i++) {
		__builtin_prefetch(region->va + (tx[i].addr - region->gpa));
		__builtin_prefetch(region->va + (tx[i].addr - region->gpa) + LINE);
	}
	for (unsigned int i = 0; i < n; i++) {
		if (rx[i].len > tx[i].len)
			rx[i].len = tx[i].len;
		memcpy(region->va + (rx[i].addr - region->gpa),
		       region->va + (tx[i].addr - region->gpa), rx[i].len);
		tx[i].len = 0;
	}
	use(&pair->rx, rx, n);
	use(&pair->tx, tx, n);
	return n;
}

int
net_null_init(struct net_null *null, struct foo_guest *g, unsigned int npairs)
{
	*null = (struct net_null){.npairs = npairs};
	null->pair = calloc(npairs, sizeof(*null->pair));
	if (null->pair == NULL)
		return -ENOMEM;
	for (unsigned int i = 0; i < npairs; i++)
		net_null_init_pair(&null->pair[i], &g->queue[2 * i + 1].ring,
				   &g->queue[2 * i].ring);
	return 0;
}

void
net_null_fini(struct net_null *null)
{
	free(null->pair);
	*null = (struct net_null){.pair = NULL};
}

void
net_null_poll(struct net_null *null, const struct foo_guest_mem *mem, bool count)
{
	uint64_t begun = bench_now();

	unsigned int n = 0;

	for (unsigned int i = 0; i < null->npairs; i++)
		n += net_null_serve(mem, &null->pair[i]);
	/* a look in vain is not work: the generator waits, and that time is its own */
	if (count && n > 0)
		bench_count_add(&null->ns, bench_now() - begun);
}
