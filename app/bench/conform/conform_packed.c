/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* What only packed rings have: wrap bits, buffer ids, chains without a head. */

#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "conform_ctx.h"

#define F_AVAIL (1u << VRING_PACKED_DESC_F_AVAIL)
#define F_USED (1u << VRING_PACKED_DESC_F_USED)

static struct foo_guest_ring *
work_ring(struct conform_ctx *ctx)
{
	return &ctx->g->q[ctx->g->work].ring;
}

/* Wrap bits that say "used", of this lap or the last: nothing is available. */
static enum conform_reaction
wrap_confused(struct conform_ctx *ctx)
{
	static const uint16_t flags[] = {F_AVAIL | F_USED, 0, F_USED};
	struct foo_guest_ring *ring = work_ring(ctx);
	const uint16_t pos = ring->avail_idx;
	const struct vring_packed_desc before = ring->packed_desc[pos];
	struct vring_packed_desc bad = {.addr = CONFORM_NOWHERE, .len = 64, .id = 1};

	for (unsigned int i = 0; i < 3; i++) {
		bad.flags = flags[i];
		ring->packed_desc[pos] = bad;
		eventfd_write(ctx->g->q[ctx->g->work].kick, 1);
		usleep(10000);
		if (memcmp(&ring->packed_desc[pos], &bad, sizeof(bad)) != 0) {
			conform_note(ctx, "flags 0x%x were taken for an available descriptor",
				     flags[i]);
			return CONFORM_UNEXPECTED;
		}
	}
	ring->packed_desc[pos] = before;
	return conform_observe_work(ctx, 3);
}

/* Wait until the descriptor at pos has been used. */
static bool
wait_used(struct conform_ctx *ctx, uint16_t pos)
{
	const volatile struct vring_packed_desc *d = &work_ring(ctx)->packed_desc[pos];
	const int64_t deadline = conform_now_ms() + ctx->g->set.timeout_ms;

	while ((d->flags & (F_AVAIL | F_USED)) != (F_AVAIL | F_USED)) {
		if (conform_now_ms() > deadline || conform_guest_dropped(ctx->g))
			return false;
		usleep(100);
	}
	return true;
}

/* Buffer ids are the driver's: any may come, and come back, but none may index memory unchecked.
 * After it the driver's book-keeping is useless, so the descriptors are read themselves. */
static enum conform_reaction
buffer_id(struct conform_ctx *ctx)
{
	struct foo_guest_ring *ring = work_ring(ctx);
	const uint16_t id = (uint16_t)ctx->c->arg;
	struct foo_guest_buf buf[3];
	uint16_t n, pos, last;

	for (unsigned int i = 0; i < 8; i++) {
		n = conform_bad_chain(ctx, buf);
		pos = ring->avail_idx;
		last = (uint16_t)(pos + n - 1);
		if (foo_guest_ring_add(ring, buf, n, FOO_GUEST_DIRECT, 0) < 0)
			return CONFORM_UNEXPECTED;
		ring->packed_desc[last].id = id;
		conform_publish(ctx->g, ctx->g->work);
		if (!wait_used(ctx, pos))
			return conform_observe_socket(ctx);
		if (ring->packed_desc[pos].id != id) {
			conform_note(ctx, "buffer id %u came back as %u", id,
				     ring->packed_desc[pos].id);
			return CONFORM_UNEXPECTED;
		}
	}
	return CONFORM_PASS;
}

/* Every descriptor is available and has NEXT: a chain without end. */
static enum conform_reaction
endless(struct conform_ctx *ctx)
{
	struct foo_guest_ring *ring = work_ring(ctx);
	const uint64_t gpa = conform_buf(&ctx->g->q[ctx->g->work], 0);

	for (unsigned int i = ring->size; i-- > 0;) {
		ring->packed_desc[i].addr = gpa;
		ring->packed_desc[i].len = 64;
		__atomic_store_n(&ring->packed_desc[i].flags, VRING_DESC_F_NEXT | F_AVAIL,
				 __ATOMIC_RELEASE);
	}
	eventfd_write(ctx->g->q[ctx->g->work].kick, 1);
	/* nothing is right about it, so nothing may be used */
	for (int ms = 0; ms < ctx->g->set.timeout_ms; ms += 10) {
		if (conform_guest_dropped(ctx->g))
			return CONFORM_DROPPED;
		usleep(10000);
	}
	if (ring->packed_desc[0].flags & F_USED) {
		conform_note(ctx, "the chain without an end was used");
		return CONFORM_REFUSED;
	}
	return conform_observe_socket(ctx);
}

/* A queue size that is no power of two. */
static enum conform_reaction
odd_size(struct conform_ctx *ctx)
{
	struct conform_setup set = *ctx->base_set;
	int ret;

	set.size = (uint16_t)ctx->c->arg;
	ret = conform_reopen(ctx, &set);
	return ret != 0 ? conform_reaction_of(ret) : conform_observe_work(ctx, 100);
}

/* A chain of several descriptors that begins at the ring's end and goes on at its start. */
static enum conform_reaction
chain_wraps(struct conform_ctx *ctx)
{
	struct conform_setup set = *ctx->base_set;
	struct foo_guest_buf buf[3], cut[4];
	enum conform_reaction r = CONFORM_PASS;
	uint16_t n;
	int ret;

	set.base = CONFORM_SIZE - 1;
	ret = conform_reopen(ctx, &set);
	if (ret != 0)
		return conform_reaction_of(ret);
	for (unsigned int i = 0; i < CONFORM_SIZE && r == CONFORM_PASS; i++) {
		n = conform_bad_chain(ctx, buf);
		memcpy(&cut[1], buf, n * sizeof(buf[0]));
		cut[0] = buf[0];
		cut[0].len = 5;
		cut[1].gpa += 5;
		cut[1].len -= 5;
		r = conform_send(ctx, cut, n + 1, FOO_GUEST_DIRECT);
	}
	return r;
}

#define PACKED CONFORM_BOTH, CONFORM_PACKED, 0, 0

static const struct conform_case cases[] = {
	{"packed.wrap-confused", "wrap bits that say used, not available", "VIRTIO 1.2, 2.8.1",
	 CONFORM_SPEC, CONFORM_SET(PASS), PACKED, wrap_confused, 0},
	{"packed.buffer-id-range", "a buffer id beyond the queue size", "VIRTIO 1.2, 2.8.13",
	 CONFORM_OURS, CONFORM_CONTAINED | CONFORM_SET(PASS), PACKED, buffer_id, 40000},
	{"packed.buffer-id-repeated", "the same buffer id again and again", "VIRTIO 1.2, 2.8.13",
	 CONFORM_OURS, CONFORM_CONTAINED | CONFORM_SET(PASS), PACKED, buffer_id, 7},
	{"packed.endless-chain", "all descriptors are available, and none is the last",
	 "VIRTIO 1.2, 2.8.21", CONFORM_OURS, CONFORM_SET(BROKEN), PACKED, endless, 0},
	{"packed.size-37", "a queue size that is no power of two", "VIRTIO 1.2, 2.8.11",
	 CONFORM_SPEC, CONFORM_SET(PASS), PACKED, odd_size, 37},
	{"packed.chain-wraps", "chains across the end of the ring", "VIRTIO 1.2, 2.8.6",
	 CONFORM_SPEC, CONFORM_SET(PASS), PACKED, chain_wraps, 0},
};

const struct conform_group conform_packed_group = {cases, sizeof(cases) / sizeof(cases[0])};
