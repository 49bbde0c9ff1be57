/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* virtio-blk with blocks of 4096 bytes. Sectors count 512 bytes all the same (VIRTIO 1.2, 5.2.5),
 * and blk_size says what is read and written best. Whether less than a block is refused is the
 * device's to say: it must be done right or not at all. */

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

static bool
is_pattern(struct conform_ctx *ctx, uint32_t seed, uint32_t from, uint32_t to)
{
	const uint8_t *data = conform_blk_data(ctx->g, ctx->bad_token);

	for (uint32_t i = from; i < to; i++) {
		if (data[i] != conform_pattern(seed, i)) {
			conform_note(ctx, "byte %u of the block is 0x%x", i, data[i]);
			return false;
		}
	}
	return true;
}

/* A block is there as it was written. */
static enum conform_reaction
block_is(struct conform_ctx *ctx, uint32_t seed)
{
	enum conform_reaction r = transfer(ctx, T_IN, FIRST, BLOCK, 0);

	if (r != CONFORM_PASS || is_pattern(ctx, seed, 0, BLOCK))
		return r;
	return CONFORM_UNEXPECTED;
}

static enum conform_reaction
write_block(struct conform_ctx *ctx)
{
	const uint32_t seed = ++ctx->g->seq;
	enum conform_reaction r = transfer(ctx, T_OUT, FIRST, BLOCK, seed);

	return r == CONFORM_PASS ? block_is(ctx, seed) : r;
}

/* A write of arg sectors from the second one of a block on. Refused, it has changed nothing. */
static enum conform_reaction
write_part(struct conform_ctx *ctx)
{
	const uint32_t seed = ++ctx->g->seq;
	enum conform_reaction r = transfer(ctx, T_OUT, FIRST, BLOCK, seed), after;

	if (r != CONFORM_PASS)
		return r;
	r = transfer(ctx, T_OUT, FIRST + 1, (uint32_t)ctx->c->arg * SECTOR, seed + 1);
	if (r != CONFORM_REFUSED)
		return r;
	after = block_is(ctx, seed);
	return after == CONFORM_PASS ? r : after;
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

/* One range (5.2.6) of arg sectors. */
static enum conform_reaction
range(struct conform_ctx *ctx)
{
	const bool zeroes = ctx->c->features & CONFORM_BIT(VIRTIO_BLK_F_WRITE_ZEROES);
	const struct {
		uint64_t sector;
		uint32_t num;
		uint32_t flags;
	} one = {FIRST, (uint32_t)ctx->c->arg, 0};
	const uint32_t seed = ++ctx->g->seq;
	enum conform_reaction r = transfer(ctx, T_OUT, FIRST, BLOCK, seed), after;
	struct foo_guest_buf buf[3];

	if (r != CONFORM_PASS)
		return r;
	conform_blk_chain(ctx->g, buf, zeroes ? T_WRITE_ZEROES : T_DISCARD, 0, sizeof(one), 0);
	buf[1].flags = 0;
	foo_guest_mem_write(&ctx->g->mem, buf[1].gpa, &one, sizeof(one));
	r = conform_send(ctx, buf, 3, FOO_GUEST_DIRECT);
	if (r != CONFORM_REFUSED)
		return r;
	after = block_is(ctx, seed);
	return after == CONFORM_PASS ? r : after;
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
