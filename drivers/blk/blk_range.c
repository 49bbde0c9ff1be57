/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Discard, write zeroes and secure erase: requests about ranges of sectors (VIRTIO 1.2, 5.2.6).
 */
#include "blk_priv.h"

bool
blk_range_ok(const struct foo_blk *dev, uint64_t sector, uint64_t n)
{
	uint64_t capacity = __atomic_load_n(&dev->sectors, __ATOMIC_RELAXED);
	uint64_t mask = dev->cap.block_size / FOO_BLK_SECTOR - 1;

	/* no sum is made: sector and n may be anything */
	return sector <= capacity && n <= capacity - sector && ((sector | n) & mask) == 0;
}

/* Which flags a range of this type may have. */
static uint32_t
range_flags(uint32_t type)
{
	return type == VIRTIO_BLK_T_WRITE_ZEROES ? VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP : 0;
}

static bool
range_supported(const struct foo_blk_cap *cap, uint32_t type)
{
	switch (type) {
	case VIRTIO_BLK_T_DISCARD:
		return cap->discard;
	case VIRTIO_BLK_T_WRITE_ZEROES:
		return cap->zeroes;
	default:
		return cap->erase;
	}
}

static enum foo_blk_op
range_op(uint32_t type)
{
	switch (type) {
	case VIRTIO_BLK_T_DISCARD:
		return FOO_BLK_DISCARD;
	case VIRTIO_BLK_T_WRITE_ZEROES:
		return FOO_BLK_ZEROES;
	default:
		return FOO_BLK_ERASE;
	}
}

void
blk_range_step(struct blk_req *r)
{
	const struct virtio_blk_discard_write_zeroes *range = &r->own.range[r->range];

	r->io.offset = range->sector * FOO_BLK_SECTOR;
	r->io.len = (uint64_t)range->num_sectors * FOO_BLK_SECTOR;
	r->io.unmap = range->flags & VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP;
}

/* All ranges are checked before the first is carried out: a request fails as a whole. */
uint8_t
blk_range_parse(struct blk_queue *bk, struct blk_req *r, struct foo_cursor *c, uint32_t type)
{
	const struct foo_blk *dev = bk->bq.dev;
	const uint32_t len = c->left, n = len / sizeof(r->own.range[0]);
	uint8_t kept = 0;

	if (!range_supported(&dev->cap, type))
		return VIRTIO_BLK_S_UNSUPP;
	if (len == 0 || len % sizeof(r->own.range[0]) != 0 || n > FOO_BLK_MAX_RANGES)
		return VIRTIO_BLK_S_IOERR;
	foo_cursor_read(c, r->own.range, len);
	for (uint32_t i = 0; i < n; i++) {
		const struct virtio_blk_discard_write_zeroes range = r->own.range[i];

		if (range.flags & ~range_flags(type))
			return VIRTIO_BLK_S_UNSUPP;
		if (!blk_range_ok(dev, range.sector, range.num_sectors))
			return VIRTIO_BLK_S_IOERR;
		r->bytes += (uint64_t)range.num_sectors * FOO_BLK_SECTOR;
		if (range.num_sectors != 0)
			r->own.range[kept++] = range;
	}
	if (kept == 0)
		return VIRTIO_BLK_S_OK;
	r->nranges = kept;
	r->io.op = range_op(type);
	blk_range_step(r);
	return VIRTIO_BLK_S_OK;
}
