/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "blk_pattern.h"

#define HEADER_WORDS (sizeof(struct blk_stamp) / sizeof(uint64_t))
#define WORDS (BLK_SECTOR / sizeof(uint64_t))

/* 2^64 divided by the golden ratio, odd: its multiples spread over all bits. */
#define STEP UINT64_C(0x9e3779b97f4a7c15)

/* A bijection in which every bit of the input reaches every bit of the result. */
static uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
	x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return x ^ x >> 32;
}

uint64_t
blk_writer(uint64_t seed, unsigned int guest)
{
	return mix(seed) << 8 | (guest & 0xff);
}

static uint64_t
checksum(uint64_t sector, uint64_t generation, uint64_t writer)
{
	return mix(mix(mix(sector) + generation) + writer) ^ BLK_STAMP_MAGIC;
}

/* Word i of a sector behind its header. */
static inline uint64_t
word(uint64_t key, unsigned int i)
{
	return htole64(key + i * STEP);
}

static void
write_sector(uint64_t *to, uint64_t sector, uint64_t generation, uint64_t writer)
{
	uint64_t key = checksum(sector, generation, writer);

	to[0] = htole64(BLK_STAMP_MAGIC);
	to[1] = htole64(sector);
	to[2] = htole64(generation);
	to[3] = htole64(writer);
	to[4] = htole64(key);
	for (unsigned int i = HEADER_WORDS; i < WORDS; i++)
		to[i] = word(key, i);
}

void
blk_pattern_write(void *data, uint32_t bytes, uint64_t sector, uint64_t generation, uint64_t writer)
{
	uint64_t *to = data;

	for (uint32_t i = 0; i < bytes / BLK_SECTOR; i++)
		write_sector(to + i * WORDS, sector + i, generation, writer);
}

/* Compare with what it must be; without a branch a word, so that the compiler can use vectors. */
static bool
same(const uint64_t *at, uint64_t sector, uint64_t generation, uint64_t writer)
{
	uint64_t key = checksum(sector, generation, writer);
	uint64_t wrong = (at[0] ^ htole64(BLK_STAMP_MAGIC)) | (at[1] ^ htole64(sector)) |
			 (at[2] ^ htole64(generation)) | (at[3] ^ htole64(writer)) |
			 (at[4] ^ htole64(key));

	for (unsigned int i = HEADER_WORDS; i < WORDS; i++)
		wrong |= at[i] ^ word(key, i);
	return wrong == 0;
}

static bool
is_zero(const uint64_t *at)
{
	uint64_t any = 0;

	for (unsigned int i = 0; i < WORDS; i++)
		any |= at[i];
	return any == 0;
}

static void
read_stamp(const uint64_t *at, struct blk_stamp *stamp)
{
	stamp->magic = le64toh(at[0]);
	stamp->sector = le64toh(at[1]);
	stamp->generation = le64toh(at[2]);
	stamp->writer = le64toh(at[3]);
	stamp->checksum = le64toh(at[4]);
}

/* Whether a sector is what its own header says. */
static bool
is_intact(const uint64_t *at, const struct blk_stamp *stamp)
{
	return same(at, stamp->sector, stamp->generation, stamp->writer);
}

/* The first byte in which a sector differs from what it should be. */
static void
find_byte(const uint64_t *at, const uint64_t *want, struct blk_difference *d)
{
	const uint8_t *is = (const uint8_t *)at, *should = (const uint8_t *)want;

	while (d->offset < BLK_SECTOR - 1 && is[d->offset] == should[d->offset])
		d->offset++;
	d->expected = should[d->offset];
	d->found = is[d->offset];
}

/* A sector is not what was written: find out what else it is. */
static enum blk_verdict
judge(const uint64_t *at, uint64_t sector, uint64_t generation, uint64_t writer)
{
	struct blk_stamp stamp;

	if (is_zero(at))
		return BLK_EMPTY;
	read_stamp(at, &stamp);
	if (!is_intact(at, &stamp))
		return BLK_CORRUPTED;
	if (stamp.sector != sector)
		return BLK_MISPLACED;
	if (stamp.writer != writer)
		return BLK_FOREIGN;
	return stamp.generation < generation ? BLK_STALE : BLK_FUTURE;
}

/* Nothing is known of the sector; but if it says that it is ours, it must be so. */
static enum blk_verdict
judge_unknown(const uint64_t *at, uint64_t sector, struct blk_stamp *stamp)
{
	read_stamp(at, stamp);
	if (stamp->magic != BLK_STAMP_MAGIC ||
	    stamp->checksum != checksum(stamp->sector, stamp->generation, stamp->writer))
		return BLK_OK;
	if (!is_intact(at, stamp))
		return BLK_CORRUPTED;
	return stamp->sector == sector ? BLK_OK : BLK_MISPLACED;
}

static enum blk_verdict
check_sector(const uint64_t *at, uint64_t sector, enum blk_content content, uint64_t generation,
	     uint64_t writer, struct blk_difference *d)
{
	uint64_t want[WORDS] = {0};
	enum blk_verdict verdict = BLK_OK;
	struct blk_stamp stamp;

	if (content == BLK_CONTENT_WRITTEN && !same(at, sector, generation, writer)) {
		verdict = judge(at, sector, generation, writer);
		write_sector(want, sector, generation, writer);
	} else if (content == BLK_CONTENT_ZERO && !is_zero(at)) {
		verdict = BLK_CORRUPTED;
	} else if (content == BLK_CONTENT_UNKNOWN) {
		verdict = judge_unknown(at, sector, &stamp);
		if (verdict != BLK_OK)
			write_sector(want, stamp.sector, stamp.generation, stamp.writer);
	}
	if (verdict == BLK_OK)
		return BLK_OK;
	*d = (struct blk_difference){
		.verdict = verdict, .sector = sector, .generation = generation};
	read_stamp(at, &d->stamp);
	find_byte(at, want, d);
	return verdict;
}

enum blk_verdict
blk_pattern_check(const void *data, uint32_t bytes, uint64_t sector, enum blk_content content,
		  uint64_t generation, uint64_t writer, struct blk_difference *d)
{
	enum blk_verdict verdict = BLK_OK;
	const uint64_t *at = data;

	if (content == BLK_CONTENT_ANY)
		return BLK_OK;
	for (uint32_t i = 0; i < bytes / BLK_SECTOR && verdict == BLK_OK; i++)
		verdict = check_sector(at + i * WORDS, sector + i, content, generation, writer, d);
	return verdict;
}

void
blk_pattern_describe(const struct blk_difference *d, char *text, size_t size)
{
	switch (d->verdict) {
	case BLK_OK:
		snprintf(text, size, "sector %" PRIu64 " is right", d->sector);
		break;
	case BLK_CORRUPTED:
		snprintf(text, size, "sector %" PRIu64 ": byte %u is 0x%02x instead of 0x%02x",
			 d->sector, d->offset, d->found, d->expected);
		break;
	case BLK_STALE:
	case BLK_FUTURE:
		snprintf(text, size,
			 "sector %" PRIu64 " has what write %" PRIu64
			 " left there, instead of write %" PRIu64,
			 d->sector, d->stamp.generation, d->generation);
		break;
	case BLK_MISPLACED:
		snprintf(text, size, "sector %" PRIu64 " has what was written to sector %" PRIu64,
			 d->sector, d->stamp.sector);
		break;
	case BLK_FOREIGN:
		snprintf(text, size,
			 "sector %" PRIu64 " has what another run, or guest %u, wrote there",
			 d->sector, (unsigned int)(d->stamp.writer & 0xff));
		break;
	case BLK_EMPTY:
		snprintf(text, size,
			 "sector %" PRIu64 " has zeros instead of what write %" PRIu64
			 " left there",
			 d->sector, d->generation);
		break;
	}
}
