/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* Rings: indices, heads, notifications. */

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "conform_ctx.h"

/* How long a guest rewrites what the device reads. */
#define RACE_MS 300

/* Kicks of a storm. */
#define STORM 20000

static struct foo_guest_ring *
work_ring(struct conform_ctx *ctx)
{
	return &ctx->g->q[ctx->g->work].ring;
}

/* The avail index moves by arg entries more than were added; they name a free descriptor. */
static enum conform_reaction
avail_moves(struct conform_ctx *ctx)
{
	for (int i = 0; i < ctx->c->arg; i++)
		foo_guest_ring_add_head(work_ring(ctx), CONFORM_SIZE - 1);
	conform_publish(ctx->g, ctx->g->work);
	ctx->bad_token = CONFORM_NO_TOKEN;
	return conform_observe(ctx);
}

static enum conform_reaction
head_range(struct conform_ctx *ctx)
{
	foo_guest_ring_add_head(work_ring(ctx), ctx->c->arg);
	conform_publish(ctx->g, ctx->g->work);
	ctx->bad_token = CONFORM_NO_TOKEN;
	return conform_observe(ctx);
}

/* More receive buffers than the queue has room for: no packet may come any more. */
static enum conform_reaction
rx_overflow(struct conform_ctx *ctx)
{
	struct conform_guest *g = ctx->g;

	for (unsigned int i = 0; i < CONFORM_SIZE / 2; i++)
		foo_guest_ring_add_head(&g->q[CONFORM_RX].ring, 0);
	conform_publish(g, CONFORM_RX);
	return conform_observe_work(ctx, 1);
}

/* One head twice at once: the driver's book-keeping cannot follow, so the used ring is read. */
static enum conform_reaction
head_repeated(struct conform_ctx *ctx)
{
	struct foo_guest_ring *ring = work_ring(ctx);
	const volatile struct vring_used *used = ring->used;
	const int64_t deadline = conform_now_ms() + ctx->g->set.timeout_ms;
	struct foo_guest_buf buf[3];
	const uint16_t n = conform_bad_chain(ctx, buf), start = used->idx;
	int head;

	head = foo_guest_ring_add(ring, buf, n, FOO_GUEST_DIRECT, 0);
	if (head < 0)
		return CONFORM_UNEXPECTED;
	foo_guest_ring_add_head(ring, (uint16_t)head);
	conform_publish(ctx->g, ctx->g->work);
	while ((uint16_t)(used->idx - start) < 2 && conform_now_ms() < deadline &&
	       !conform_guest_dropped(ctx->g))
		usleep(100);
	if ((uint16_t)(used->idx - start) < 2)
		return conform_observe_socket(ctx);
	if (used->ring[start % ring->size].id != (uint32_t)head ||
	    used->ring[(start + 1) % ring->size].id != (uint32_t)head) {
		conform_note(ctx, "other heads were used than the one that was given");
		return CONFORM_UNEXPECTED;
	}
	if (ctx->g->set.device == CONFORM_BLK && used->ring[(start + 1) % ring->size].len != 0)
		return CONFORM_PASS; /* one after the other */
	return CONFORM_REFUSED;
}

/* The chain's links are spoilt behind its back. */
static enum conform_reaction
bad_link(struct conform_ctx *ctx)
{
	struct foo_guest_ring *ring = work_ring(ctx);
	struct foo_guest_buf buf[3], two[4];
	uint16_t n = conform_bad_chain(ctx, buf), next;
	int head;

	/* at least two descriptors: the first buffer is cut in halves */
	memcpy(&two[1], buf, n * sizeof(buf[0]));
	two[0] = buf[0];
	two[0].len /= 2;
	two[1].gpa += two[0].len;
	two[1].len -= two[0].len;
	head = foo_guest_ring_add(ring, two, n + 1, FOO_GUEST_DIRECT, 0);
	if (head < 0)
		return CONFORM_UNEXPECTED;
	next = ring->desc[head].next;
	switch (ctx->c->arg) {
	case 0: /* out of the table */
		ring->desc[head].next = ring->size;
		break;
	case 1: /* to itself */
		ring->desc[head].next = (uint16_t)head;
		break;
	default: /* the second leads back to the first */
		ring->desc[next].flags |= VRING_DESC_F_NEXT;
		ring->desc[next].next = (uint16_t)head;
	}
	conform_publish(ctx->g, ctx->g->work);
	ctx->bad_token = CONFORM_NO_TOKEN;
	return conform_observe(ctx);
}

/* The device may not read what it wrote itself. */
static enum conform_reaction
used_scribbled(struct conform_ctx *ctx)
{
	struct foo_guest_ring *ring = work_ring(ctx);
	enum conform_reaction r = CONFORM_PASS;

	for (unsigned int i = 0; i < 50 && r == CONFORM_PASS; i++) {
		r = conform_observe_work(ctx, 1);
		memset(ring->used->ring, 0xa5, ring->size * sizeof(ring->used->ring[0]));
	}
	return r;
}

/* The used index, too: what the device writes next must follow from its own count. */
static enum conform_reaction
used_idx_scribbled(struct conform_ctx *ctx)
{
	struct foo_guest_ring *ring = work_ring(ctx);
	volatile uint16_t *idx = &ring->used->idx;
	const int64_t deadline = conform_now_ms() + ctx->g->set.timeout_ms;
	struct foo_guest_buf buf[3];
	uint16_t n, expected;

	if (conform_observe_work(ctx, 3) != CONFORM_PASS)
		return CONFORM_UNEXPECTED;
	expected = ring->used_idx + 1;
	*idx = expected + 1000;
	n = conform_valid_chain(ctx->g, buf);
	if (foo_guest_ring_add(ring, buf, n, FOO_GUEST_DIRECT, 0) < 0)
		return CONFORM_UNEXPECTED;
	conform_publish(ctx->g, ctx->g->work);
	while (*idx == (uint16_t)(expected + 1000) && conform_now_ms() < deadline)
		usleep(100);
	if (*idx == (uint16_t)(expected + 1000))
		return conform_observe_socket(ctx);
	if (*idx == expected)
		return conform_observe_work(ctx, 3);
	conform_note(ctx, "the next used index is %u, should be %u: it was read back", *idx,
		     expected);
	return CONFORM_UNEXPECTED;
}

/* Any wish for notifications may be granted or not, and is no fault. */
static enum conform_reaction
events_scribbled(struct conform_ctx *ctx)
{
	struct foo_guest_ring *ring = work_ring(ctx);
	enum conform_reaction r = CONFORM_PASS;

	for (unsigned int i = 0; i < 50 && r == CONFORM_PASS; i++) {
		if (ring->packed) {
			ring->driver_event->off_wrap = (uint16_t)(i * 7919);
			ring->driver_event->flags = (uint16_t)(i * 257);
		} else {
			ring->avail->ring[ring->size] = (uint16_t)(i * 7919);
			ring->avail->flags = (uint16_t)(i * 257);
		}
		r = conform_observe_work(ctx, 2);
	}
	return r;
}

static enum conform_reaction
kick_storm(struct conform_ctx *ctx)
{
	for (unsigned int i = 0; i < STORM; i++)
		eventfd_write(ctx->g->q[ctx->g->work].kick, 1);
	return conform_observe_work(ctx, 20);
}

static enum conform_reaction
kick_spurious(struct conform_ctx *ctx)
{
	enum conform_reaction r = CONFORM_PASS;

	for (unsigned int i = 0; i < 20 && r == CONFORM_PASS; i++) {
		for (unsigned int k = 0; k < ctx->g->nqueues; k++)
			eventfd_write(ctx->g->q[k].kick, 1);
		usleep(500);
		r = conform_observe_work(ctx, 1);
	}
	return r;
}

/* A chain that nobody was told of is done at the latest with the kick for another. */
static enum conform_reaction
kick_late(struct conform_ctx *ctx)
{
	struct foo_guest_buf buf[3];
	const uint16_t n = conform_bad_chain(ctx, buf);

	ctx->bad_token = conform_add(ctx->g, ctx->g->work, buf, n, FOO_GUEST_DIRECT);
	foo_guest_ring_publish(work_ring(ctx));
	usleep(20000);
	return conform_observe(ctx);
}

/* An interrupt that was asked for must come: arg chains after the present one. */
static enum conform_reaction
interrupt(struct conform_ctx *ctx)
{
	struct conform_queue *q = &ctx->g->q[ctx->g->work];
	struct pollfd p = {.fd = q->call, .events = POLLIN};
	enum conform_reaction r;
	eventfd_t count;

	for (unsigned int i = 0; i < 5; i++) {
		foo_guest_ring_calls_enable(&q->ring, (uint16_t)ctx->c->arg);
		while (eventfd_read(q->call, &count) == 0)
			;
		r = conform_observe_work(ctx, (unsigned int)ctx->c->arg + 1);
		if (r != CONFORM_PASS)
			return r;
		if (poll(&p, 1, ctx->g->set.timeout_ms) != 1) {
			conform_note(ctx, "chains came back, and no interrupt");
			return CONFORM_UNEXPECTED;
		}
	}
	return CONFORM_PASS;
}

/* The index passes 2^16 (split) or the ring's end (packed) at once. */
static enum conform_reaction
starts_late(struct conform_ctx *ctx)
{
	struct conform_setup set = *ctx->base_set;
	int ret;

	set.base = set.packed ? CONFORM_SIZE - 3 : 65530;
	ret = conform_reopen(ctx, &set);
	if (ret != 0)
		return conform_reaction_of(ret);
	return conform_observe_work(ctx, CONFORM_SIZE + 20);
}

/* A driver that changes its mind while the device reads. */
static enum conform_reaction
race(struct conform_ctx *ctx)
{
	struct foo_guest_ring *ring = work_ring(ctx);
	const int64_t deadline = conform_now_ms() + RACE_MS;
	volatile uint8_t *raw = (volatile uint8_t *)ring->desc;
	const size_t bytes = ring->size * sizeof(struct vring_desc);
	unsigned int seed = 1;

	while (conform_now_ms() < deadline && !conform_guest_dropped(ctx->g)) {
		struct foo_guest_buf buf[3];
		const uint16_t n = conform_valid_chain(ctx->g, buf);

		foo_guest_ring_add(ring, buf, n, FOO_GUEST_DIRECT, 0);
		conform_publish(ctx->g, ctx->g->work);
		for (unsigned int i = 0; i < 200; i++)
			raw[(size_t)rand_r(&seed) % bytes] ^= (uint8_t)(1 << (rand_r(&seed) % 8));
		if (!ring->packed && ring->nfree < 8)
			foo_guest_ring_add_head(ring, (uint16_t)(rand_r(&seed) % ring->size));
	}
	if (conform_guest_dropped(ctx->g))
		return CONFORM_DROPPED;
	/* what its queue does is its own affair now; the connection must answer */
	return conform_observe_socket(ctx);
}

#define INDIRECT CONFORM_BIT(VIRTIO_RING_F_INDIRECT_DESC)
#define EVENT CONFORM_BIT(VIRTIO_RING_F_EVENT_IDX)

static const struct conform_case cases[] = {
	{"ring.avail-jump", "the avail index runs ahead by more than the queue size",
	 "VIRTIO 1.2, 2.7.6", CONFORM_OURS, CONFORM_SET(BROKEN), CONFORM_BOTH, CONFORM_SPLIT, 0, 0,
	 avail_moves, CONFORM_SIZE + 1},
	{"ring.avail-back", "the avail index goes back by one", "VIRTIO 1.2, 2.7.6.1", CONFORM_OURS,
	 CONFORM_SET(BROKEN), CONFORM_BOTH, CONFORM_SPLIT, 0, 0, avail_moves, UINT16_MAX},
	{"ring.head-range", "an avail entry names a descriptor just beyond the table",
	 "VIRTIO 1.2, 2.7.6", CONFORM_OURS, CONFORM_SET(BROKEN), CONFORM_BOTH, CONFORM_SPLIT, 0, 0,
	 head_range, CONFORM_SIZE},
	{"ring.head-far", "an avail entry names descriptor 65535", "VIRTIO 1.2, 2.7.6",
	 CONFORM_OURS, CONFORM_SET(BROKEN), CONFORM_BOTH, CONFORM_SPLIT, 0, 0, head_range,
	 UINT16_MAX},
	{"ring.head-repeated", "a head is made available again while it is in flight",
	 "VIRTIO 1.2, 2.7.13", CONFORM_OURS, CONFORM_SET(REFUSED) | CONFORM_SET(PASS), CONFORM_BOTH,
	 CONFORM_SPLIT, 0, 0, head_repeated, 0},
	{"ring.too-many-available", "more receive buffers than the queue has room for",
	 "VIRTIO 1.2, 2.7.6", CONFORM_OURS, CONFORM_SET(BROKEN), CONFORM_NET, CONFORM_SPLIT,
	 CONFORM_NEED_LOOP, 0, rx_overflow, 0},
	{"ring.next-range", "a chain's next index lies beyond the table", "VIRTIO 1.2, 2.7.5",
	 CONFORM_OURS, CONFORM_SET(BROKEN), CONFORM_BOTH, CONFORM_SPLIT, 0, 0, bad_link, 0},
	{"ring.loop-self", "a descriptor's next is itself", "VIRTIO 1.2, 2.7.5.2", CONFORM_OURS,
	 CONFORM_SET(BROKEN), CONFORM_BOTH, CONFORM_SPLIT, 0, 0, bad_link, 1},
	{"ring.loop-two", "two descriptors lead to each other", "VIRTIO 1.2, 2.7.5.2", CONFORM_OURS,
	 CONFORM_SET(BROKEN), CONFORM_BOTH, CONFORM_SPLIT, 0, 0, bad_link, 2},
	{"ring.used-scribbled", "the driver overwrites the used elements", "VIRTIO 1.2, 2.7.8",
	 CONFORM_OURS, CONFORM_SET(PASS), CONFORM_BOTH, CONFORM_SPLIT, 0, 0, used_scribbled, 0},
	{"ring.used-idx-scribbled", "the driver overwrites the used index", "VIRTIO 1.2, 2.7.8",
	 CONFORM_OURS, CONFORM_SET(PASS), CONFORM_BOTH, CONFORM_SPLIT, 0, 0, used_idx_scribbled, 0},
	{"ring.events-scribbled", "any value in the driver's event fields",
	 "VIRTIO 1.2, 2.7.7, 2.8.10", CONFORM_OURS, CONFORM_SET(PASS), CONFORM_BOTH, CONFORM_EITHER,
	 0, EVENT, events_scribbled, 0},
	{"ring.kick-storm", "20000 notifications for nothing", "VIRTIO 1.2, 2.9", CONFORM_OURS,
	 CONFORM_SET(PASS), CONFORM_BOTH, CONFORM_EITHER, 0, 0, kick_storm, 0},
	{"ring.kick-spurious", "notifications of empty queues between requests", "VIRTIO 1.2, 2.9",
	 CONFORM_OURS, CONFORM_SET(PASS), CONFORM_BOTH, CONFORM_EITHER, 0, 0, kick_spurious, 0},
	{"ring.kick-late", "a chain without a kick, then one with it",
	 "VIRTIO 1.2, 2.7.13.4, 2.8.23", CONFORM_SPEC, CONFORM_SET(PASS), CONFORM_BOTH,
	 CONFORM_EITHER, 0, 0, kick_late, 0},
	{"ring.interrupt", "an interrupt that was asked for comes", "VIRTIO 1.2, 2.7.7.2, 2.8.10",
	 CONFORM_SPEC, CONFORM_SET(PASS), CONFORM_BOTH, CONFORM_EITHER, 0, 0, interrupt, 0},
	{"ring.interrupt-event-idx", "with EVENT_IDX an interrupt after four chains comes",
	 "VIRTIO 1.2, 2.7.7.2, 2.8.10", CONFORM_SPEC, CONFORM_SET(PASS), CONFORM_BOTH,
	 CONFORM_EITHER, 0, EVENT, interrupt, 3},
	{"ring.index-wraps", "a ring starts shortly before its index wraps",
	 "VIRTIO 1.2, 2.7.6, 2.8.1", CONFORM_SPEC, CONFORM_SET(PASS), CONFORM_BOTH, CONFORM_EITHER,
	 0, 0, starts_late, 0},
	{"ring.index-wraps-event-idx", "the same with EVENT_IDX", "VIRTIO 1.2, 2.7.7, 2.8.10",
	 CONFORM_SPEC, CONFORM_SET(PASS), CONFORM_BOTH, CONFORM_EITHER, 0, EVENT, starts_late, 0},
	{"ring.index-wraps-in-order", "the same with IN_ORDER", "VIRTIO 1.2, 2.7.9, 2.8.8",
	 CONFORM_SPEC, CONFORM_SET(PASS), CONFORM_BOTH, CONFORM_EITHER, 0,
	 CONFORM_BIT(VIRTIO_F_IN_ORDER), starts_late, 0},
	{"ring.race", "descriptors are rewritten at random while the device reads them",
	 "VIRTIO 1.2, 2.7.13, 2.8.21", CONFORM_OURS, CONFORM_CONTAINED | CONFORM_SET(PASS),
	 CONFORM_BOTH, CONFORM_EITHER, 0, INDIRECT, race, 0},
};

const struct conform_group conform_ring_group = {cases, sizeof(cases) / sizeof(cases[0])};
