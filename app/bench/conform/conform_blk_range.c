/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* virtio-blk: requests about ranges of sectors, and what a read-only disk refuses. */

#include <string.h>

#include "conform_blk.h"

/* Where ranges are tried: sectors that no other case needs. */
#define FIRST 8u

/* Sectors of one write or read here: conform_blk_chain() takes no more. */
#define SECTORS 4u

enum conform_reaction
conform_blk_send_ranges(struct conform_ctx *ctx, uint32_t type,
			const struct conform_blk_range *range, uint32_t len)
{
	struct foo_guest_buf buf[3];

	conform_blk_chain(ctx->g, buf, type, 0, 16, 0);
	buf[1].flags = 0;
	buf[1].len = len;
	foo_guest_mem_write(&ctx->g->mem, buf[1].gpa, range, len);
	if (len == 0)
		buf[1] = buf[2];
	return conform_send(ctx, buf, len == 0 ? 2 : 3, FOO_GUEST_DIRECT);
}

/* The request whose feature the case needs. */
static uint32_t
range_type(const struct conform_ctx *ctx)
{
	if (ctx->c->features & CONFORM_BIT(VIRTIO_BLK_F_DISCARD))
		return T_DISCARD;
	return ctx->c->features & CONFORM_BIT(VIRTIO_BLK_F_WRITE_ZEROES) ? T_WRITE_ZEROES :
									   T_SECURE_ERASE;
}

/* Across the end of the disk, or sectors around 2^64. */
static enum conform_reaction
range_beyond(struct conform_ctx *ctx)
{
	const struct conform_blk_range end = {.sector = ctx->be->capacity - 1, .num = 16};
	const struct conform_blk_range far = {.sector = UINT64_MAX - 4, .num = 8};

	return conform_blk_expect(ctx,
				  conform_blk_send_ranges(ctx, range_type(ctx),
							  ctx->c->arg ? &far : &end, sizeof(end)),
				  VIRTIO_BLK_S_IOERR);
}

static enum conform_reaction
range_flags(struct conform_ctx *ctx)
{
	const struct conform_blk_range r = {
		.sector = FIRST, .num = 8, .flags = (uint32_t)ctx->c->arg};

	return conform_blk_expect(ctx, conform_blk_send_ranges(ctx, range_type(ctx), &r, sizeof(r)),
				  VIRTIO_BLK_S_UNSUPP);
}

/* Ranges of arg bytes. */
static enum conform_reaction
range_length(struct conform_ctx *ctx)
{
	struct conform_blk_range r[128];

	for (unsigned int i = 0; i < 128; i++)
		r[i] = (struct conform_blk_range){.sector = FIRST, .num = 8};
	return conform_blk_send_ranges(ctx, range_type(ctx), r, (uint32_t)ctx->c->arg);
}

static enum conform_reaction
transfer(struct conform_ctx *ctx, uint32_t type, uint32_t seed)
{
	struct foo_guest_buf buf[3];

	conform_blk_chain(ctx->g, buf, type, FIRST, SECTORS * SECTOR, seed);
	return conform_send(ctx, buf, 3, FOO_GUEST_DIRECT);
}

/*
 * Two ranges in one request, the first and the last of four sectors. Of zeroes they must be
 * zeroes then; what lies between is as it was.
 */
static enum conform_reaction
range_two(struct conform_ctx *ctx)
{
	const struct conform_blk_range r[] = {{.sector = FIRST + SECTORS - 1, .num = 1},
					      {.sector = FIRST, .num = 1}};
	const uint32_t type = range_type(ctx), seed = ++ctx->g->seq;
	enum conform_reaction reaction = transfer(ctx, T_OUT, seed);
	const uint8_t *data;

	if (reaction == CONFORM_PASS)
		reaction = conform_blk_send_ranges(ctx, type, r, sizeof(r));
	if (reaction == CONFORM_PASS)
		reaction = transfer(ctx, T_IN, 0);
	if (reaction != CONFORM_PASS || !ctx->g->set.keeps_data)
		return reaction;
	data = conform_blk_data(ctx->g, ctx->bad_token);
	for (uint32_t i = 0; i < SECTORS * SECTOR; i++) {
		bool inside = i < SECTOR || i >= (SECTORS - 1) * SECTOR;

		if (inside && type != T_WRITE_ZEROES)
			continue;
		if (data[i] != (inside ? 0 : conform_pattern(seed, i))) {
			conform_note(ctx, "byte %u is 0x%x", i, data[i]);
			return CONFORM_UNEXPECTED;
		}
	}
	return reaction;
}

/* A request that would change a read-only disk, and what the disk holds before and after it. */
static enum conform_reaction
read_only(struct conform_ctx *ctx)
{
	const struct conform_blk_range range = {.sector = FIRST, .num = SECTORS};
	uint8_t before[SECTORS * SECTOR];
	enum conform_reaction r, after;

	r = transfer(ctx, T_IN, 0);
	if (r != CONFORM_PASS)
		return r;
	memcpy(before, conform_blk_data(ctx->g, ctx->bad_token), sizeof(before));
	r = ctx->c->arg == T_OUT ?
		    conform_blk_expect(ctx, transfer(ctx, T_OUT, 1), VIRTIO_BLK_S_IOERR) :
		    conform_blk_send_ranges(ctx, (uint32_t)ctx->c->arg, &range, sizeof(range));
	if (r != CONFORM_REFUSED)
		return r;
	after = transfer(ctx, T_IN, 0);
	if (after != CONFORM_PASS)
		return after;
	if (memcmp(before, conform_blk_data(ctx->g, ctx->bad_token), sizeof(before)) != 0) {
		conform_note(ctx, "the disk holds something else now");
		return CONFORM_UNEXPECTED;
	}
	return r;
}

#define DISCARD CONFORM_BIT(VIRTIO_BLK_F_DISCARD)
#define ZEROES CONFORM_BIT(VIRTIO_BLK_F_WRITE_ZEROES)
#define ERASE CONFORM_BIT(VIRTIO_BLK_F_SECURE_ERASE)

static const struct conform_case cases[] = {
	{"blk.discard-beyond", "a discard across the end of the disk", "VIRTIO 1.2, 5.2.6.1",
	 CONFORM_OURS, REFUSE, RW, DISCARD, range_beyond, 0},
	{"blk.discard-wraps", "a discard of sectors around 2^64", "VIRTIO 1.2, 5.2.6.1",
	 CONFORM_OURS, REFUSE, RW, DISCARD, range_beyond, 1},
	{"blk.discard-unmap", "a discard with the unmap flag ends with UNSUPP",
	 "VIRTIO 1.2, 5.2.6.2", CONFORM_SPEC, REFUSE, RW, DISCARD, range_flags, 1},
	{"blk.discard-flags", "a discard with unknown flags ends with UNSUPP",
	 "VIRTIO 1.2, 5.2.6.2", CONFORM_SPEC, REFUSE, RW, DISCARD, range_flags, 0x80},
	{"blk.discard-length", "a discard whose range has 15 bytes", "VIRTIO 1.2, 5.2.6",
	 CONFORM_OURS, REFUSE, RW, DISCARD, range_length, 15},
	{"blk.discard-nothing", "a discard without a range", "VIRTIO 1.2, 5.2.6", LENIENT, RW,
	 DISCARD, range_length, 0},
	{"blk.discard-128", "a discard of more ranges than disks take", "VIRTIO 1.2, 5.2.6.1",
	 LENIENT, RW, DISCARD, range_length, 2048},
	{"blk.discard-two", "a discard of two ranges leaves what is between them",
	 "VIRTIO 1.2, 5.2.6", LENIENT, RW, DISCARD, range_two, 0},
	{"blk.zeroes-beyond", "zeroes across the end of the disk", "VIRTIO 1.2, 5.2.6.1",
	 CONFORM_OURS, REFUSE, RW, ZEROES, range_beyond, 0},
	{"blk.zeroes-wraps", "zeroes in sectors around 2^64", "VIRTIO 1.2, 5.2.6.1", CONFORM_OURS,
	 REFUSE, RW, ZEROES, range_beyond, 1},
	{"blk.zeroes-flags", "zeroes with unknown flags end with UNSUPP", "VIRTIO 1.2, 5.2.6.2",
	 CONFORM_SPEC, REFUSE, RW, ZEROES, range_flags, 0x80},
	{"blk.zeroes-length", "zeroes whose range has 8 bytes", "VIRTIO 1.2, 5.2.6", CONFORM_OURS,
	 REFUSE, RW, ZEROES, range_length, 8},
	{"blk.zeroes-two", "zeroes in two ranges, and not between them", "VIRTIO 1.2, 5.2.6",
	 LENIENT, RW, ZEROES, range_two, 0},
	{"blk.erase-beyond", "a secure erase across the end of the disk", "VIRTIO 1.2, 5.2.6.1",
	 CONFORM_OURS, REFUSE, RW, ERASE, range_beyond, 0},
	{"blk.erase-wraps", "a secure erase of sectors around 2^64", "VIRTIO 1.2, 5.2.6.1",
	 CONFORM_OURS, REFUSE, RW, ERASE, range_beyond, 1},
	{"blk.erase-flags", "a secure erase with flags ends with UNSUPP", "VIRTIO 1.2, 5.2.6.2",
	 CONFORM_SPEC, REFUSE, RW, ERASE, range_flags, 1},
	{"blk.erase-length", "a secure erase whose range has 17 bytes", "VIRTIO 1.2, 5.2.6",
	 CONFORM_OURS, REFUSE, RW, ERASE, range_length, 17},
	{"blk.erase-two", "a secure erase of two ranges leaves what is between them",
	 "VIRTIO 1.2, 5.2.6", LENIENT, RW, ERASE, range_two, 0},
	{"blk.read-only-write", "a write to a read-only disk ends with IOERR",
	 "VIRTIO 1.2, 5.2.6.2", CONFORM_SPEC, REFUSE, CONFORM_NEED_RO, 0, read_only, T_OUT},
	{"blk.read-only-discard", "a discard on a read-only disk", "VIRTIO 1.2, 5.2.6.2",
	 CONFORM_OURS, REFUSE, CONFORM_NEED_RO, 0, read_only, T_DISCARD},
	{"blk.read-only-zeroes", "zeroes on a read-only disk", "VIRTIO 1.2, 5.2.6.2", CONFORM_OURS,
	 REFUSE, CONFORM_NEED_RO, 0, read_only, T_WRITE_ZEROES},
	{"blk.read-only-erase", "a secure erase on a read-only disk", "VIRTIO 1.2, 5.2.6.2",
	 CONFORM_OURS, REFUSE, CONFORM_NEED_RO, 0, read_only, T_SECURE_ERASE},
};

const struct conform_group conform_blk_range_group = {cases, sizeof(cases) / sizeof(cases[0])};
