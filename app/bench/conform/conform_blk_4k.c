/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* virtio-blk with blocks of 4096 bytes. Sectors count 512 bytes all the same (VIRTIO 1.2, 5.2.5),
 * and blk_size says what is read and written best. Whether less than a block is refused is the
 * device's to say: what changes the disk must be done right or not at all. */

#include <string.h>

#include "conform_blk.h"

/* Bytes and sectors of a block. */
#define BLOCK 4096u
#define PER_BLOCK (BLOCK / SECTOR)

/* Where blocks are tried: sectors that no other case needs. */
#define FIRST (8 * PER_BLOCK)

static enum conform_reaction
transfer(struct conform_ctx *ctx, uint32_t type, uint64_t sector, uint32_t len, uint32_t seed)
{
	struct foo_guest_buf buf[3];

	conform_blk_chain(ctx->g, buf, type, sector, len, seed);
	return conform_send(ctx, buf, 3, FOO_GUEST_DIRECT);
}

/* What the first len bytes of a block hold is a pattern, of a write that began there. */
static void
fill(uint8_t *to, uint32_t len, uint32_t seed)
{
	for (uint32_t i = 0; i < len; i++)
		to[i] = conform_pattern(seed, i);
}

/* The block is there as it should be. */
static enum conform_reaction
block_is(struct conform_ctx *ctx, const uint8_t *want)
{
	enum conform_reaction r = transfer(ctx, T_IN, FIRST, BLOCK, 0);
	const uint8_t *data;

	if (r != CONFORM_PASS)
		return r;
	data = conform_blk_data(ctx->g, ctx->bad_token);
	for (uint32_t i = 0; i < BLOCK; i++) {
		if (data[i] != want[i]) {
			conform_note(ctx, "byte %u of the block is 0x%x", i, data[i]);
			return CONFORM_UNEXPECTED;
		}
	}
	return r;
}

/* A request about the block ended with r, which stands if the block is as it should be. */
static enum conform_reaction
block_after(struct conform_ctx *ctx, enum conform_reaction r, const uint8_t *want)
{
	const enum conform_reaction after = block_is(ctx, want);

	return after == CONFORM_PASS ? r : after;
}

static enum conform_reaction
write_block(struct conform_ctx *ctx)
{
	const uint32_t seed = ++ctx->g->seq;
	enum conform_reaction r = transfer(ctx, T_OUT, FIRST, BLOCK, seed);
	uint8_t want[BLOCK];

	fill(want, BLOCK, seed);
	return r == CONFORM_PASS ? block_is(ctx, want) : r;
}

/* A write of arg sectors from the second one of a block on. Refused, it has changed nothing. */
static enum conform_reaction
write_part(struct conform_ctx *ctx)
{
	const uint32_t seed = ++ctx->g->seq, len = (uint32_t)ctx->c->arg * SECTOR;
	enum conform_reaction r = transfer(ctx, T_OUT, FIRST, BLOCK, seed);
	uint8_t want[BLOCK];

	if (r != CONFORM_PASS)
		return r;
	fill(want, BLOCK, seed);
	r = transfer(ctx, T_OUT, FIRST + 1, len, seed + 1);
	if (r == CONFORM_PASS)
		fill(want + SECTOR, len < BLOCK - SECTOR ? len : BLOCK - SECTOR, seed + 1);
	return r == CONFORM_PASS || r == CONFORM_REFUSED ? block_after(ctx, r, want) : r;
}

/* A read of arg sectors from the second one of a block on. */
static enum conform_reaction
read_part(struct conform_ctx *ctx)
{
	return transfer(ctx, T_IN, FIRST + 1, (uint32_t)ctx->c->arg * SECTOR, 0);
}

static enum conform_reaction
read_sector(struct conform_ctx *ctx)
{
	return transfer(ctx, T_IN, FIRST, SECTOR, 0);
}

/* The last block can be read; the disk ends with it. */
static enum conform_reaction
last_block(struct conform_ctx *ctx)
{
	if (ctx->be->capacity % PER_BLOCK != 0) {
		conform_note(ctx, "capacity %llu sectors is no whole number of blocks",
			     (unsigned long long)ctx->be->capacity);
		return CONFORM_UNEXPECTED;
	}
	return transfer(ctx, T_IN, ctx->be->capacity - PER_BLOCK, BLOCK, 0);
}

static enum conform_reaction
beyond(struct conform_ctx *ctx)
{
	return conform_blk_expect(ctx, transfer(ctx, T_IN, ctx->be->capacity, BLOCK, 0),
				  VIRTIO_BLK_S_IOERR);
}

/* Zeroes in, or a discard of, the first arg sectors of a block. Refused, it has changed nothing;
 * what is discarded may hold anything. */
static enum conform_reaction
range(struct conform_ctx *ctx)
{
	const bool zeroes = ctx->c->features & CONFORM_BIT(VIRTIO_BLK_F_WRITE_ZEROES);
	const struct conform_blk_range one = {.sector = FIRST, .num = (uint32_t)ctx->c->arg};
	const uint32_t seed = ++ctx->g->seq;
	enum conform_reaction r = transfer(ctx, T_OUT, FIRST, BLOCK, seed);
	uint8_t want[BLOCK];

	if (r != CONFORM_PASS)
		return r;
	fill(want, BLOCK, seed);
	r = conform_blk_send_ranges(ctx, zeroes ? T_WRITE_ZEROES : T_DISCARD, &one, sizeof(one));
	if (r == CONFORM_PASS && zeroes)
		memset(want, 0, one.num * SECTOR);
	else if (r != CONFORM_REFUSED)
		return r;
	return ctx->g->set.keeps_data ? block_after(ctx, r, want) : r;
}

#define DISCARD CONFORM_BIT(VIRTIO_BLK_F_DISCARD)
#define ZEROES CONFORM_BIT(VIRTIO_BLK_F_WRITE_ZEROES)
#define READ4K CONFORM_NEED_4K
#define WRITE4K (CONFORM_NEED_4K | CONFORM_NEED_RW)
#define KEEP4K (CONFORM_NEED_4K | CONFORM_NEED_DATA)

static const struct conform_case cases[] = {
	{"blk.4k-write", "a block is written and read", "VIRTIO 1.2, 5.2.6", VALID, KEEP4K, 0,
	 write_block, 0},
	{"blk.4k-last", "the last block is read, and the disk ends with it", "VIRTIO 1.2, 5.2.5",
	 VALID, READ4K, 0, last_block, 0},
	{"blk.4k-beyond", "a read of the block behind the last one", "VIRTIO 1.2, 5.2.6.1",
	 CONFORM_OURS, REFUSE, READ4K, 0, beyond, 0},
	{"blk.4k-read-sector", "a read of one sector of a block", "VIRTIO 1.2, 5.2.5", LENIENT,
	 READ4K, 0, read_sector, 0},
	{"blk.4k-read-across", "a read of as much as a block, over two", "VIRTIO 1.2, 5.2.5",
	 LENIENT, READ4K, 0, read_part, PER_BLOCK},
	{"blk.4k-write-sector", "a write of one sector of a block", "VIRTIO 1.2, 5.2.5", LENIENT,
	 KEEP4K, 0, write_part, 1},
	{"blk.4k-write-across", "a write of as much as a block, over two", "VIRTIO 1.2, 5.2.5",
	 LENIENT, KEEP4K, 0, write_part, PER_BLOCK},
	{"blk.4k-zeroes", "zeroes in a block", "VIRTIO 1.2, 5.2.6", VALID, WRITE4K, ZEROES, range,
	 PER_BLOCK},
	{"blk.4k-zeroes-sector", "zeroes in one sector of a block", "VIRTIO 1.2, 5.2.5", LENIENT,
	 KEEP4K, ZEROES, range, 1},
	{"blk.4k-discard", "a discard of a block", "VIRTIO 1.2, 5.2.6", VALID, WRITE4K, DISCARD,
	 range, PER_BLOCK},
	{"blk.4k-discard-sector", "a discard of one sector of a block", "VIRTIO 1.2, 5.2.6.1",
	 LENIENT, KEEP4K, DISCARD, range, 1},
};

const struct conform_group conform_blk_4k_group = {cases, sizeof(cases) / sizeof(cases[0])};
