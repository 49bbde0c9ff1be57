/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * What a disk says of itself: features and config space (VIRTIO 1.2, 5.2.3 and 5.2.4).
 */
#include <errno.h>
#include <string.h>

#include "blk_priv.h"

#define BLK_BIT(bit) (UINT64_C(1) << (bit))

/* What the class itself does, whatever the medium. */
#define BLK_COMMON                                                                                 \
	(BLK_BIT(VIRTIO_F_VERSION_1) | BLK_BIT(VIRTIO_F_ANY_LAYOUT) |                              \
	 BLK_BIT(VIRTIO_RING_F_INDIRECT_DESC) | BLK_BIT(VIRTIO_RING_F_EVENT_IDX) |                 \
	 BLK_BIT(VIRTIO_F_RING_PACKED) | BLK_BIT(VIRTIO_BLK_F_SEG_MAX) |                           \
	 BLK_BIT(VIRTIO_BLK_F_BLK_SIZE) | BLK_BIT(VIRTIO_BLK_F_TOPOLOGY))

/* Sectors of a range: its length is a 32-bit number, here of whole 4 KiB blocks. */
#define BLK_RANGE_MAX (UINT32_MAX & ~UINT32_C(7))

uint64_t
blk_features(const struct foo_device *dev)
{
	const struct foo_blk *b = (const struct foo_blk *)dev;
	const struct foo_blk_cap *cap = &b->cap;
	uint64_t f = BLK_COMMON;

	if (b->queues > 1)
		f |= BLK_BIT(VIRTIO_BLK_F_MQ);
	if (cap->flush)
		f |= BLK_BIT(VIRTIO_BLK_F_FLUSH);
	if (b->zones != NULL)
		f |= BLK_BIT(BLK_F_ZONED);
	if (cap->read_only)
		return f | BLK_BIT(VIRTIO_BLK_F_RO);
	if (cap->flush)
		f |= BLK_BIT(VIRTIO_BLK_F_CONFIG_WCE);
	if (cap->discard)
		f |= BLK_BIT(VIRTIO_BLK_F_DISCARD);
	if (cap->zeroes)
		f |= BLK_BIT(VIRTIO_BLK_F_WRITE_ZEROES);
	if (cap->erase)
		f |= BLK_BIT(VIRTIO_BLK_F_SECURE_ERASE);
	return f;
}

/*
 * The cache's mode. A driver that does not flush expects each write to be durable (5.2.6.2); one
 * that reads wce == 0 does not flush either, so the two must never disagree. A front-end may read
 * the config space once and keep wce for itself, over resets and reconnections: what it was set to
 * stays, and only who sets it changes it.
 */
static void
blk_update_writeback(struct foo_blk *b)
{
	bool on = b->wce && (b->dev.features & BLK_BIT(VIRTIO_BLK_F_FLUSH));

	/* read relaxed by lcores: a write that was there before may still be of the other kind */
	__atomic_store_n(&b->writeback, on, __ATOMIC_RELAXED);
}

int
blk_set_features(struct foo_device *dev)
{
	/* who does not know of zones must not use them (VIRTIO 1.3, 5.2.5.2) */
	if (foo_blk(dev)->zones != NULL && !(dev->features & BLK_BIT(BLK_F_ZONED)))
		return -EINVAL;
	blk_update_writeback(foo_blk(dev));
	return 0;
}

/* Sizes of requests that the medium likes, in logical blocks. */
static void
blk_config_topology(const struct foo_blk_cap *cap, struct virtio_blk_config *c)
{
	uint32_t physical = RTE_MAX(cap->physical_block, cap->block_size);

	c->blk_size = cap->block_size;
	c->physical_block_exp = (uint8_t)__builtin_ctz(physical / cap->block_size);
	c->min_io_size = (uint16_t)(physical / cap->block_size);
	c->opt_io_size = cap->optimal_io / cap->block_size;
}

static void
blk_config_ranges(const struct foo_blk_cap *cap, struct virtio_blk_config *c)
{
	uint32_t align = RTE_MAX(cap->discard_align, cap->block_size) / FOO_BLK_SECTOR;

	c->max_discard_sectors = cap->discard ? BLK_RANGE_MAX : 0;
	c->max_discard_seg = cap->discard ? FOO_BLK_MAX_RANGES : 0;
	c->discard_sector_alignment = cap->discard ? align : 0;
	c->max_write_zeroes_sectors = cap->zeroes ? BLK_RANGE_MAX : 0;
	c->max_write_zeroes_seg = cap->zeroes ? FOO_BLK_MAX_RANGES : 0;
	c->write_zeroes_may_unmap = cap->zeroes && cap->zeroes_unmap;
	c->max_secure_erase_sectors = cap->erase ? BLK_RANGE_MAX : 0;
	c->max_secure_erase_seg = cap->erase ? FOO_BLK_MAX_RANGES : 0;
	c->secure_erase_sector_alignment = cap->erase ? align : 0;
}

_Static_assert(sizeof(struct virtio_blk_config) >= BLK_CONFIG_ZONED, "zones are behind it");
_Static_assert(BLK_CONFIG_ZONED + sizeof(struct blk_zoned) == BLK_CONFIG_SIZE, "and the last");

int
blk_get_config(struct foo_device *dev, uint32_t offset, void *buf, uint32_t len)
{
	struct foo_blk *b = foo_blk(dev);
	struct virtio_blk_config c = {
		.capacity = __atomic_load_n(&b->sectors, __ATOMIC_RELAXED),
		.seg_max = b->seg_max,
		.num_queues = (uint16_t)b->queues,
		/* who cannot flush has no cache to choose (5.2.5.2) */
		.wce = b->wce &&
		       (dev->features == 0 || (dev->features & BLK_BIT(VIRTIO_BLK_F_FLUSH)) != 0),
	};
	uint8_t raw[BLK_CONFIG_SIZE];
	struct blk_zoned zoned;

	blk_config_topology(&b->cap, &c);
	blk_config_ranges(&b->cap, &c);
	memcpy(raw, &c, BLK_CONFIG_ZONED);
	blk_zones_config(b, &zoned);
	memcpy(raw + BLK_CONFIG_ZONED, &zoned, sizeof(zoned));
	/* the caller has seen to it that offset and len are within config_size */
	memcpy(buf, raw + offset, len);
	return 0;
}

int
blk_set_config(struct foo_device *dev, uint32_t offset, const void *buf, uint32_t len)
{
	struct foo_blk *b = foo_blk(dev);
	const uint8_t *value = buf;

	if (offset != offsetof(struct virtio_blk_config, wce) || len != 1 || *value > 1)
		return -EINVAL;
	if (!(dev->features & BLK_BIT(VIRTIO_BLK_F_CONFIG_WCE)))
		return -EINVAL;
	b->wce = *value != 0;
	blk_update_writeback(b);
	return 0;
}
