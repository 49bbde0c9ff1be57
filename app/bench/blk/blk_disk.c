/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include <linux/virtio_blk.h>

#include "bench_report.h"
#include "blk_disk.h"
#include "blk_model.h"

#define BIT(n) (UINT64_C(1) << (n))

/* Sectors of the disk of --mode null. */
#define NULL_SECTORS (UINT64_C(1) << 21)

uint64_t
blk_disk_features(void)
{
	return BIT(VIRTIO_BLK_F_SIZE_MAX) | BIT(VIRTIO_BLK_F_SEG_MAX) | BIT(VIRTIO_BLK_F_RO) |
	       BIT(VIRTIO_BLK_F_BLK_SIZE) | BIT(VIRTIO_BLK_F_FLUSH) | BIT(VIRTIO_BLK_F_MQ) |
	       BIT(VIRTIO_BLK_F_DISCARD) | BIT(VIRTIO_BLK_F_WRITE_ZEROES);
}

void
blk_disk_read(struct blk_disk *d, uint64_t features, const uint8_t *space)
{
	struct virtio_blk_config c = {0};

	memcpy(&c, space, BLK_CONFIG_LEN);
	*d = (struct blk_disk){
		.features = features,
		.capacity = le64toh(c.capacity),
		.num_queues = 1,
	};
	if (features & BIT(VIRTIO_BLK_F_SIZE_MAX))
		d->size_max = le32toh(c.size_max);
	if (features & BIT(VIRTIO_BLK_F_SEG_MAX))
		d->seg_max = le32toh(c.seg_max);
	if (features & BIT(VIRTIO_BLK_F_BLK_SIZE))
		d->blk_size = le32toh(c.blk_size);
	if (features & BIT(VIRTIO_BLK_F_MQ))
		d->num_queues = le16toh(c.num_queues);
	if (features & BIT(VIRTIO_BLK_F_DISCARD)) {
		d->discard_max = le32toh(c.max_discard_sectors);
		d->discard_align = le32toh(c.discard_sector_alignment);
	}
	if (features & BIT(VIRTIO_BLK_F_WRITE_ZEROES))
		d->zeroes_max = le32toh(c.max_write_zeroes_sectors);
}

void
blk_disk_null(struct blk_disk *d, uint64_t features)
{
	*d = (struct blk_disk){
		.features = features & ~BIT(VIRTIO_BLK_F_RO),
		.capacity = NULL_SECTORS,
		.num_queues = FOO_GUEST_MAX_QUEUES,
		.discard_max = UINT32_MAX,
		.zeroes_max = UINT32_MAX,
	};
}

/* Append ", name value" if the disk says it. */
static void
append(char *text, size_t size, const char *name, uint32_t value)
{
	size_t used = strlen(text);

	if (value != 0)
		snprintf(text + used, size - used, ", %s %" PRIu32, name, value);
}

const char *
blk_disk_line(const struct blk_disk *d, char *text, size_t size)
{
	char bytes[32];

	bench_format_si((double)d->capacity * BLK_SECTOR, bytes, sizeof(bytes));
	snprintf(text, size, "%sB, capacity %" PRIu64 "%s", bytes, d->capacity,
		 d->features & BIT(VIRTIO_BLK_F_RO) ? ", read-only" : "");
	append(text, size, "blk_size", d->blk_size);
	append(text, size, "size_max", d->size_max);
	append(text, size, "seg_max", d->seg_max);
	append(text, size, "num_queues", d->num_queues);
	append(text, size, "max_discard_sectors", d->discard_max);
	append(text, size, "max_write_zeroes_sectors", d->zeroes_max);
	return text;
}

json_t *
blk_disk_json(const struct blk_disk *d)
{
	return json_pack(
		"{s:I, s:b, s:i, s:I, s:i, s:i, s:I, s:I, s:i}", "capacity",
		(json_int_t)d->capacity, "read_only", (int)(d->features >> VIRTIO_BLK_F_RO & 1),
		"blk_size", (int)d->blk_size, "size_max", (json_int_t)d->size_max, "seg_max",
		(int)d->seg_max, "num_queues", (int)d->num_queues, "max_discard_sectors",
		(json_int_t)d->discard_max, "max_write_zeroes_sectors", (json_int_t)d->zeroes_max,
		"discard_sector_alignment", (int)d->discard_align);
}

static int __attribute__((format(printf, 3, 4)))
cannot(char *why, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, size, fmt, ap);
	va_end(ap);
	return -ENOTSUP;
}

uint64_t
blk_disk_blocks(const struct blk_disk *d, const struct blk_config *cfg,
		const struct blk_point *point)
{
	uint64_t sectors = d->capacity;

	if (cfg->b.range > 0 && cfg->b.range / BLK_SECTOR < (double)sectors)
		sectors = (uint64_t)cfg->b.range / BLK_SECTOR;
	return sectors / (point->bs / BLK_SECTOR);
}

/* Kinds of requests. */
static int
check_kinds(const struct blk_disk *d, const struct blk_config *cfg, const struct blk_point *point,
	    char *why, size_t size)
{
	uint32_t sectors = point->bs / BLK_SECTOR;
	const struct blk_opts *b = &cfg->b;

	if (blk_opts_writes(b) && d->features & BIT(VIRTIO_BLK_F_RO))
		return cannot(why, size, "the disk is read-only: use --rw read or randread");
	if (b->flush_every > 0 && !(d->features & BIT(VIRTIO_BLK_F_FLUSH)))
		return cannot(why, size, "--flush-every: the disk does not offer FLUSH");
	if (b->discard > 0 && !(d->features & BIT(VIRTIO_BLK_F_DISCARD)))
		return cannot(why, size, "--discard: the disk does not offer DISCARD");
	if (b->write_zeroes > 0 && !(d->features & BIT(VIRTIO_BLK_F_WRITE_ZEROES)))
		return cannot(why, size, "--write-zeroes: the disk does not offer WRITE_ZEROES");
	if (b->discard > 0 && sectors > d->discard_max)
		return cannot(why, size, "--bs %u: the disk discards at most %u sectors at once",
			      point->bs, d->discard_max);
	if (b->write_zeroes > 0 && sectors > d->zeroes_max)
		return cannot(why, size, "--bs %u: the disk clears at most %u sectors at once",
			      point->bs, d->zeroes_max);
	return 0;
}

int
blk_disk_check(const struct blk_disk *d, const struct blk_config *cfg,
	       const struct blk_point *point, char *why, size_t size)
{
	uint64_t blocks = blk_disk_blocks(d, cfg, point);
	const struct blk_opts *b = &cfg->b;

	if (cfg->o.queues > d->num_queues)
		return cannot(why, size, "--queues %u: the disk has %u", cfg->o.queues,
			      d->num_queues);
	if (blocks < cfg->o.queues)
		return cannot(why, size, "--bs %u: there is no room for %u of them", point->bs,
			      cfg->o.queues);
	if (d->seg_max != 0 && b->segments > d->seg_max)
		return cannot(why, size, "--segments %u: the disk takes at most %u", b->segments,
			      d->seg_max);
	if (d->size_max != 0 && point->bs / b->segments > d->size_max)
		return cannot(why, size,
			      "--bs %u: the disk takes buffers of at most %u bytes; use --segments",
			      point->bs, d->size_max);
	if (b->verify && blocks > BLK_MODEL_MAX)
		return cannot(why, size, "--verify: too large a disk; use --range %" PRIu64,
			      BLK_MODEL_MAX * point->bs);
	return check_kinds(d, cfg, point, why, size);
}
