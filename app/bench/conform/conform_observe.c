/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* How the reaction to an input is observed. */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "conform_ctx.h"

/* After a later chain has come back: how long to wait for an earlier one that may be slower. */
#define LATE_MS 300

void
conform_note(struct conform_ctx *ctx, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(ctx->note, sizeof(ctx->note), format, ap);
	va_end(ap);
}

enum conform_reaction
conform_reaction_of(int ret)
{
	switch (ret) {
	case 0:
		return CONFORM_PASS;
	case -EREMOTEIO:
	case -EINVAL: /* how a configuration request is refused */
		return CONFORM_REFUSED;
	case -ECONNRESET:
		return CONFORM_DROPPED;
	case -ETIMEDOUT:
		return CONFORM_HUNG;
	default:
		return CONFORM_UNEXPECTED;
	}
}

void
conform_try(struct conform_ctx *ctx, enum conform_reaction r, const char *what)
{
	const enum conform_reaction total = conform_worse(ctx->c, ctx->total, r);
	char why[sizeof(ctx->note)];

	if (total != ctx->total && what != NULL &&
	    conform_judge_reaction(ctx->c, r) != CONFORM_OK) {
		memcpy(why, ctx->note, sizeof(why));
		conform_note(ctx, "%s: %s%s%.120s", what, conform_reaction_name(r),
			     why[0] != '\0' ? ": " : "", why);
	}
	ctx->total = total;
}

bool
conform_may_go_on(const struct conform_ctx *ctx)
{
	return ctx->total != CONFORM_HUNG && ctx->total != CONFORM_DIED;
}

int
conform_reopen(struct conform_ctx *ctx, const struct conform_setup *set)
{
	conform_guest_close(ctx->g);
	conform_guest_init(ctx->g);
	return conform_guest_open(ctx->g, set);
}

int
conform_prepare(struct conform_ctx *ctx)
{
	int ret;

	conform_guest_close(ctx->g);
	conform_guest_init(ctx->g);
	ret = conform_guest_connect(ctx->g, ctx->base_set);
	if (ret == 0)
		ret = conform_guest_share(ctx->g);
	if (ret == 0)
		ret = conform_guest_rings(ctx->g);
	return ret;
}

enum conform_reaction
conform_observe_socket(struct conform_ctx *ctx)
{
	struct foo_front *f = &ctx->g->front;
	uint64_t features;
	int ret = 0;

	/* some close only with the message after the one that they still answer */
	for (int i = 0; i < 2 && ret == 0; i++)
		ret = foo_front_get_features(f, &features);
	if (ret == 0 && conform_guest_dropped(ctx->g))
		ret = -ECONNRESET;
	if (ret == 0)
		return CONFORM_BROKEN;
	return conform_reaction_of(ret);
}

/* The last status that there is: zoned disks have four more (VIRTIO 1.3, 5.2.6). */
static uint8_t
worst_status(const struct conform_guest *g)
{
	return g->front.features & CONFORM_BIT(CONFORM_BLK_F_ZONED) ? 6 : VIRTIO_BLK_S_UNSUPP;
}

/* What the device did to the bad chain, now that it goes on with others. */
static enum conform_reaction
observe_chain(struct conform_ctx *ctx)
{
	struct conform_guest *g = ctx->g;
	const struct conform_done *done;
	uint8_t status;

	if (ctx->bad_token < 0)
		return CONFORM_PASS;
	if (!conform_wait_done(g, g->work, ctx->bad_token, LATE_MS)) {
		conform_note(ctx, "the queue goes on, and the chain never came back");
		return CONFORM_UNEXPECTED;
	}
	done = &g->q[g->work].done[ctx->bad_token];
	if (g->set.device == CONFORM_NET) {
		if (ctx->bad_seq >= 0 && g->seen[ctx->bad_seq % CONFORM_TOKENS])
			return CONFORM_PASS;
		if (done->len == 0)
			return g->set.no_loop && (ctx->c->expected & CONFORM_SET(PASS)) ?
				       CONFORM_PASS :
				       CONFORM_REFUSED;
		conform_note(ctx, "used length %u of a sent packet", done->len);
		return CONFORM_UNEXPECTED;
	}
	status = conform_blk_status(g, ctx->bad_token);
	if (status == VIRTIO_BLK_S_OK)
		return CONFORM_PASS;
	if (status <= worst_status(g) || done->len == 0)
		return CONFORM_REFUSED;
	conform_note(ctx, "used length %u, and no status was written", done->len);
	return CONFORM_UNEXPECTED;
}

/* The work has been done or not: what does that say? */
static enum conform_reaction
observe_end(struct conform_ctx *ctx, int ret)
{
	if (ret == -ETIMEDOUT)
		return conform_observe_socket(ctx);
	if (ret == -ECONNRESET)
		return CONFORM_DROPPED;
	if (ret != 0) {
		conform_note(ctx, "%s", ctx->g->wrong[0] != '\0' ? ctx->g->wrong : strerror(-ret));
		return CONFORM_UNEXPECTED;
	}
	return CONFORM_PASS;
}

enum conform_reaction
conform_observe_work(struct conform_ctx *ctx, unsigned int n)
{
	return observe_end(ctx, conform_work(ctx->g, n));
}

enum conform_reaction
conform_observe(struct conform_ctx *ctx)
{
	enum conform_reaction r = conform_observe_work(ctx, 1);

	return r == CONFORM_PASS ? observe_chain(ctx) : r;
}

enum conform_reaction
conform_observe_other(struct conform_ctx *ctx, enum conform_reaction r)
{
	int ret;

	if (ctx->other == NULL || ctx->other->nqueues == 0)
		return r;
	ret = conform_work(ctx->other, 2);
	if (ret == 0)
		return r;
	conform_note(ctx, "the guest on the other socket suffers: %s",
		     ctx->other->wrong[0] != '\0' ? ctx->other->wrong : strerror(-ret));
	return CONFORM_UNEXPECTED;
}

uint16_t
conform_bad_chain(struct conform_ctx *ctx, struct foo_guest_buf *buf)
{
	const uint16_t n = conform_valid_chain(ctx->g, buf);

	ctx->bad_seq = ctx->g->set.device == CONFORM_NET ? (int64_t)ctx->g->seq : -1;
	return n;
}

enum conform_reaction
conform_send(struct conform_ctx *ctx, const struct foo_guest_buf *buf, uint16_t n, uint16_t direct)
{
	ctx->bad_token = conform_add(ctx->g, ctx->g->work, buf, n, direct);
	if (ctx->bad_token < 0) {
		conform_note(ctx, "cannot add the chain: %s", strerror(-ctx->bad_token));
		return CONFORM_UNEXPECTED;
	}
	conform_publish(ctx->g, ctx->g->work);
	return conform_observe(ctx);
}

uint64_t
conform_table(struct conform_ctx *ctx, const struct foo_guest_buf *buf, uint16_t n, uint64_t gpa)
{
	if (gpa == 0)
		gpa = foo_guest_mem_alloc(&ctx->g->mem, n * sizeof(struct vring_desc), 16);
	for (uint16_t i = 0; i < n; i++) {
		const uint16_t next = i + 1 < n ? VRING_DESC_F_NEXT : 0;
		const uint64_t at = gpa + i * sizeof(struct vring_desc);

		if (ctx->g->set.packed) {
			const struct vring_packed_desc d = {
				.addr = buf[i].gpa, .len = buf[i].len, .flags = buf[i].flags};

			foo_guest_mem_write(&ctx->g->mem, at, &d, sizeof(d));
		} else {
			const struct vring_desc d = {.addr = buf[i].gpa,
						     .len = buf[i].len,
						     .flags = buf[i].flags | next,
						     .next = i + 1};

			foo_guest_mem_write(&ctx->g->mem, at, &d, sizeof(d));
		}
	}
	return gpa;
}
