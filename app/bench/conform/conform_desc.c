/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* Descriptors and chains, direct and indirect, in both ring formats. */

#include <string.h>

#include "conform_ctx.h"

/* Which part of memory a spoilt buffer lies in. */
enum place {
	NOWHERE,  /* in no region */
	WRAPS,    /* around the end of the address space */
	PAST_END, /* begins in the last region and leaves it */
	IN_HOLE,  /* begins in the second region and ends in the hole behind it */
};

static struct foo_guest_buf
displaced(struct foo_guest_buf buf, enum place place)
{
	switch (place) {
	case NOWHERE:
		buf.gpa = CONFORM_NOWHERE;
		break;
	case WRAPS:
		buf.gpa = UINT64_MAX - 3;
		break;
	case PAST_END:
		buf.gpa = CONFORM_HIGH + CONFORM_HIGH_SIZE - buf.len + 1;
		break;
	case IN_HOLE:
		buf.gpa = 2 * CONFORM_SEAM - buf.len + 1;
		break;
	}
	return buf;
}

/* The buffer that carries the payload: all of a packet, or the data of a read. */
static unsigned int
payload(const struct conform_ctx *ctx)
{
	return ctx->g->set.device == CONFORM_NET ? 0 : 1;
}

static enum conform_reaction
send_displaced(struct conform_ctx *ctx, uint16_t direct)
{
	struct foo_guest_buf buf[3];
	const uint16_t n = conform_bad_chain(ctx, buf);

	buf[payload(ctx)] = displaced(buf[payload(ctx)], ctx->c->arg);
	return conform_send(ctx, buf, n, direct);
}

static enum conform_reaction
bad_address(struct conform_ctx *ctx)
{
	return send_displaced(ctx, FOO_GUEST_DIRECT);
}

/* The same one level down, where an implementation may translate elsewhere. */
static enum conform_reaction
bad_address_indirect(struct conform_ctx *ctx)
{
	return send_displaced(ctx, FOO_GUEST_INDIRECT);
}

/* A buffer that begins in one region and ends in the next, which continues it. */
static enum conform_reaction
adjacent(struct conform_ctx *ctx)
{
	struct foo_guest_buf buf[3];
	const uint16_t n = conform_bad_chain(ctx, buf);

	buf[payload(ctx)].gpa = CONFORM_SEAM - 50;
	if (ctx->g->set.device == CONFORM_NET)
		conform_fill_packet(ctx->g, CONFORM_SEAM - 50, ctx->g->seq, 100);
	return conform_send(ctx, buf, n, FOO_GUEST_DIRECT);
}

/* An empty descriptor before, between and behind the others. */
static enum conform_reaction
length_zero(struct conform_ctx *ctx)
{
	struct foo_guest_buf buf[4];
	const uint16_t n = conform_bad_chain(ctx, &buf[1]);

	buf[0] = buf[1];
	if (ctx->c->arg == 0) {
		buf[0].len = 0;
	} else {
		/* a packet's first byte, nothing, the rest; or a request's */
		buf[0].len = 16;
		buf[1] = (struct foo_guest_buf){buf[0].gpa, 0, 0};
		if (ctx->g->set.device == CONFORM_NET)
			buf[2] = (struct foo_guest_buf){buf[0].gpa + 16, ctx->g->hdr_len + 84u, 0};
	}
	return conform_send(ctx, buf, ctx->g->set.device == CONFORM_NET ? 2 + ctx->c->arg : n + 1,
			    FOO_GUEST_DIRECT);
}

/* More than 2^32 bytes, of the same 128 MiB again and again. */
static enum conform_reaction
total_4g(struct conform_ctx *ctx)
{
	static const struct foo_guest_range big = {.gpa = 0, .size = 128 << 20};
	struct conform_setup set = *ctx->base_set;
	struct foo_guest_buf buf[40];
	int ret;

	set.range = &big;
	set.nranges = 1;
	ret = conform_reopen(ctx, &set);
	if (ret != 0)
		return conform_reaction_of(ret);
	conform_bad_chain(ctx, buf);
	for (unsigned int i = 0; i < 40; i++)
		buf[i] = (struct foo_guest_buf){0, 128 << 20, 0};
	return conform_send(ctx, buf, 40, FOO_GUEST_DIRECT);
}

static enum conform_reaction
read_after_write(struct conform_ctx *ctx)
{
	struct foo_guest_buf buf[3], turned[4];
	const uint16_t n = conform_bad_chain(ctx, buf);

	/* something to write first, then all that is to be read */
	turned[0] = buf[n - 1];
	turned[0].flags = VRING_DESC_F_WRITE;
	if (ctx->g->set.device == CONFORM_NET)
		turned[0].gpa += 2048;
	memcpy(&turned[1], buf, n * sizeof(buf[0]));
	return conform_send(ctx, turned, n + 1, FOO_GUEST_DIRECT);
}

/* The valid chain cut into as many descriptors as the queue has. */
static enum conform_reaction
chain_full(struct conform_ctx *ctx)
{
	struct foo_guest_buf buf[3], cut[CONFORM_SIZE + 8];
	const uint16_t n = conform_bad_chain(ctx, buf), pieces = CONFORM_SIZE - n + 1;
	const struct foo_guest_buf *p = &buf[payload(ctx)];
	uint16_t k = 0;

	for (uint16_t i = 0; i < n; i++) {
		if (&buf[i] != p) {
			cut[k++] = buf[i];
			continue;
		}
		for (uint16_t j = 0; j < pieces; j++)
			cut[k++] = (struct foo_guest_buf){
				p->gpa + j, j + 1 < pieces ? 1 : p->len - j, p->flags};
	}
	ctx->bad_token = conform_add(ctx->g, ctx->g->work, cut, k, FOO_GUEST_DIRECT);
	if (ctx->bad_token < 0)
		return CONFORM_UNEXPECTED;
	conform_publish(ctx->g, ctx->g->work);
	/* the ring is full of it: no other chain until it has come back */
	if (!conform_wait_done(ctx->g, ctx->g->work, ctx->bad_token, ctx->g->set.timeout_ms))
		return conform_observe_socket(ctx);
	return conform_observe(ctx);
}

/* One more than the queue size, in a table: arg entries more. */
static enum conform_reaction
table_too_long(struct conform_ctx *ctx)
{
	struct foo_guest_buf buf[3], cut[CONFORM_SIZE + 8], head;
	const uint16_t n = conform_bad_chain(ctx, buf);
	uint16_t k = 0;

	for (; k < CONFORM_SIZE + 1; k++)
		cut[k] = (struct foo_guest_buf){buf[0].gpa + k % 8, 1, 0};
	cut[k++] = buf[n - 1];
	head = (struct foo_guest_buf){conform_table(ctx, cut, k, 0),
				      k * (uint32_t)sizeof(struct vring_desc),
				      VRING_DESC_F_INDIRECT};
	return conform_send(ctx, &head, 1, FOO_GUEST_DIRECT);
}

/* A direct descriptor and a table of as many entries as the queue has: one too many together. */
static enum conform_reaction
chain_too_long(struct conform_ctx *ctx)
{
	struct foo_guest_buf buf[3], cut[CONFORM_SIZE], two[2];
	const uint16_t n = conform_bad_chain(ctx, buf);

	for (uint16_t k = 0; k < CONFORM_SIZE - 1; k++)
		cut[k] = (struct foo_guest_buf){buf[0].gpa + 1 + k % 8, 1, 0};
	cut[CONFORM_SIZE - 1] = buf[n - 1];
	two[0] = (struct foo_guest_buf){buf[0].gpa, 1, 0};
	two[1] = (struct foo_guest_buf){conform_table(ctx, cut, CONFORM_SIZE, 0),
					CONFORM_SIZE * (uint32_t)sizeof(struct vring_desc),
					VRING_DESC_F_INDIRECT};
	return conform_send(ctx, two, 2, FOO_GUEST_DIRECT);
}

/* A valid chain in a table: in one region, or across two. */
static enum conform_reaction
table_valid(struct conform_ctx *ctx)
{
	struct foo_guest_buf buf[3], cut[4], head;
	const uint16_t n = conform_bad_chain(ctx, buf);

	/* at least two entries: the first buffer in halves */
	memcpy(&cut[1], buf, n * sizeof(buf[0]));
	cut[0] = buf[0];
	cut[0].len = 8;
	cut[1].gpa += 8;
	cut[1].len -= 8;
	head = (struct foo_guest_buf){
		conform_table(ctx, cut, n + 1, ctx->c->arg == 1 ? CONFORM_SEAM - 16 : 0),
		(n + 1u) * (uint32_t)sizeof(struct vring_desc),
		VRING_DESC_F_INDIRECT | (ctx->c->arg == 2 ? VRING_DESC_F_WRITE : 0)};
	return conform_send(ctx, &head, 1, FOO_GUEST_DIRECT);
}

/* Direct descriptors followed by one table. */
static enum conform_reaction
table_behind(struct conform_ctx *ctx)
{
	struct foo_guest_buf buf[3], cut[4];
	const uint16_t n = conform_bad_chain(ctx, buf);

	memcpy(&cut[1], buf, n * sizeof(buf[0]));
	cut[0] = buf[0];
	cut[0].len = 8;
	cut[1].gpa += 8;
	cut[1].len -= 8;
	return conform_send(ctx, cut, n + 1, (uint16_t)ctx->c->arg);
}

/* How the descriptor of a table is spoilt. */
enum table_fault {
	TABLE_PLAIN,
	TABLE_EMPTY,
	TABLE_ODD,
	TABLE_UNMAPPED,
	TABLE_WRAPS,
	TABLE_NEXT,
	TABLE_NESTED,
	TABLE_LOOP,
	TABLE_RANGE,
};

static enum conform_reaction
table_bad(struct conform_ctx *ctx)
{
	struct foo_guest_buf buf[3], head, again;
	const uint16_t n = conform_bad_chain(ctx, buf);
	struct vring_desc *entry;
	uint64_t gpa;

	gpa = conform_table(ctx, buf, n, 0);
	entry = foo_guest_mem_va(&ctx->g->mem, gpa, sizeof(*entry));
	head = (struct foo_guest_buf){gpa, n * (uint32_t)sizeof(*entry), VRING_DESC_F_INDIRECT};
	again = head;
	switch ((enum table_fault)ctx->c->arg) {
	case TABLE_PLAIN:
		break;
	case TABLE_EMPTY:
		head.len = 0;
		break;
	case TABLE_ODD:
		head.len++;
		break;
	case TABLE_UNMAPPED:
		head.gpa = CONFORM_NOWHERE;
		break;
	case TABLE_WRAPS:
		head.gpa = UINT64_MAX - 15;
		head.len = 64;
		break;
	case TABLE_NEXT: /* set in the head, a second descriptor follows */
		return conform_send(ctx, (struct foo_guest_buf[]){head, buf[n - 1]}, 2,
				    FOO_GUEST_DIRECT);
	case TABLE_NESTED:
		head.gpa = conform_table(ctx, &again, 1, 0);
		head.len = sizeof(*entry);
		break;
	case TABLE_LOOP:
		entry->flags = VRING_DESC_F_NEXT;
		entry->next = 0;
		break;
	case TABLE_RANGE:
		entry->flags = VRING_DESC_F_NEXT;
		entry->next = n;
		break;
	}
	return conform_send(ctx, &head, 1, FOO_GUEST_DIRECT);
}

#define INDIRECT CONFORM_BIT(VIRTIO_RING_F_INDIRECT_DESC)
#define REFUSE CONFORM_OURS, CONFORM_SET(REFUSED), CONFORM_BOTH, CONFORM_EITHER, 0
#define BREAK CONFORM_OURS, CONFORM_SET(BROKEN), CONFORM_BOTH
#define VALID CONFORM_SET(PASS), CONFORM_BOTH

static const struct conform_case cases[] = {
	{"desc.addr-unmapped", "the payload is in no region of memory", "VIRTIO 1.2, 2.7.5, 2.8.4",
	 REFUSE, 0, bad_address, NOWHERE},
	{"desc.addr-wraps", "address plus length wraps around 2^64", "VIRTIO 1.2, 2.7.5, 2.8.4",
	 REFUSE, 0, bad_address, WRAPS},
	{"desc.addr-past-region", "the payload ends one byte behind the last region",
	 "VIRTIO 1.2, 2.7.5, 2.8.4", REFUSE, 0, bad_address, PAST_END},
	{"desc.addr-in-hole", "the payload ends one byte inside a hole", "VIRTIO 1.2, 2.7.5, 2.8.4",
	 REFUSE, 0, bad_address, IN_HOLE},
	{"desc.addr-unmapped-indirect", "the same as addr-unmapped in an indirect table",
	 "VIRTIO 1.2, 2.7.5.3, 2.8.7", REFUSE, INDIRECT, bad_address_indirect, NOWHERE},
	{"desc.addr-wraps-indirect", "the same as addr-wraps in an indirect table",
	 "VIRTIO 1.2, 2.7.5.3, 2.8.7", REFUSE, INDIRECT, bad_address_indirect, WRAPS},
	{"desc.addr-spans-regions", "the payload lies across two adjacent regions",
	 "VIRTIO 1.2, 2.7.4.1", CONFORM_OURS, VALID, CONFORM_EITHER, 0, 0, adjacent, 0},
	{"desc.length-zero-first", "an empty descriptor before the others", "VIRTIO 1.2, 2.7.5",
	 CONFORM_OURS, CONFORM_SET(PASS) | CONFORM_SET(REFUSED), CONFORM_BOTH, CONFORM_EITHER, 0, 0,
	 length_zero, 0},
	{"desc.length-zero-between", "an empty descriptor between the others", "VIRTIO 1.2, 2.7.5",
	 CONFORM_OURS, CONFORM_SET(PASS) | CONFORM_SET(REFUSED), CONFORM_BOTH, CONFORM_EITHER, 0, 0,
	 length_zero, 1},
	{"desc.total-4g", "a chain of more than 2^32 bytes", "VIRTIO 1.2, 2.7.5.2", REFUSE, 0,
	 total_4g, 0},
	{"desc.read-after-write", "a readable descriptor behind a writable one",
	 "VIRTIO 1.2, 2.7.4.2, 2.8.17", REFUSE, 0, read_after_write, 0},
	{"desc.chain-full", "a chain of as many descriptors as the queue has",
	 "VIRTIO 1.2, 2.7.5.2, 2.8.5", CONFORM_SPEC, VALID, CONFORM_EITHER, 0, 0, chain_full, 0},
	{"desc.chain-too-long", "one descriptor more than the queue has, with the help of a table",
	 "VIRTIO 1.2, 2.7.5.3.1, 2.8.19", BREAK, CONFORM_SPLIT, 0, INDIRECT, chain_too_long, 0},
	{"desc.indirect", "a chain in an indirect table", "VIRTIO 1.2, 2.7.5.3, 2.8.7",
	 CONFORM_SPEC, VALID, CONFORM_EITHER, 0, INDIRECT, table_valid, 0},
	{"desc.indirect-spans-regions", "an indirect table across two adjacent regions",
	 "VIRTIO 1.2, 2.7.5.3, 2.8.7", CONFORM_OURS, VALID, CONFORM_EITHER, 0, INDIRECT,
	 table_valid, 1},
	{"desc.indirect-write-flag", "WRITE on the descriptor of a table means nothing",
	 "VIRTIO 1.2, 2.7.5.3.2, 2.8.7", CONFORM_SPEC, VALID, CONFORM_EITHER, 0, INDIRECT,
	 table_valid, 2},
	{"desc.direct-then-indirect", "one direct descriptor, then an indirect table",
	 "VIRTIO 1.2, 2.7.5.3.2", CONFORM_SPEC, VALID, CONFORM_SPLIT, 0, INDIRECT, table_behind, 1},
	{"desc.indirect-unnegotiated", "an indirect table without the feature",
	 "VIRTIO 1.2, 2.7.5.3.1, 2.8.19", REFUSE, 0, table_bad, TABLE_PLAIN},
	{"desc.indirect-empty", "an indirect table of length 0", "VIRTIO 1.2, 2.7.5.3.1, 2.8.7",
	 REFUSE, INDIRECT, table_bad, TABLE_EMPTY},
	{"desc.indirect-odd-length", "an indirect table of no multiple of 16 bytes",
	 "VIRTIO 1.2, 2.7.5.3, 2.8.7", REFUSE, INDIRECT, table_bad, TABLE_ODD},
	{"desc.indirect-too-long", "an indirect table of more entries than the queue has",
	 "VIRTIO 1.2, 2.7.5.3.1, 2.8.19", REFUSE, INDIRECT, table_too_long, 0},
	{"desc.indirect-unmapped", "an indirect table in no region of memory",
	 "VIRTIO 1.2, 2.7.5.3, 2.8.7", REFUSE, INDIRECT, table_bad, TABLE_UNMAPPED},
	{"desc.indirect-wraps", "an indirect table around the end of addresses",
	 "VIRTIO 1.2, 2.7.5.3, 2.8.7", REFUSE, INDIRECT, table_bad, TABLE_WRAPS},
	{"desc.indirect-and-next", "INDIRECT and NEXT in one descriptor",
	 "VIRTIO 1.2, 2.7.5.3.1, 2.8.19", BREAK, CONFORM_EITHER, 0, INDIRECT, table_bad,
	 TABLE_NEXT},
	{"desc.indirect-nested", "an indirect table in an indirect table",
	 "VIRTIO 1.2, 2.7.5.3.1, 2.8.19", BREAK, CONFORM_EITHER, 0, INDIRECT, table_bad,
	 TABLE_NESTED},
	{"desc.indirect-loop", "an entry of an indirect table leads to itself",
	 "VIRTIO 1.2, 2.7.5.3", BREAK, CONFORM_SPLIT, 0, INDIRECT, table_bad, TABLE_LOOP},
	{"desc.indirect-next-range", "an entry's next lies beyond its table", "VIRTIO 1.2, 2.7.5.3",
	 BREAK, CONFORM_SPLIT, 0, INDIRECT, table_bad, TABLE_RANGE},
};

const struct conform_group conform_desc_group = {cases, sizeof(cases) / sizeof(cases[0])};
