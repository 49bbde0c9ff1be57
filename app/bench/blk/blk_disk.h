/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BLK_DISK_H
#define BLK_DISK_H

/**
 * @file
 * What a disk says of itself: its config space (VIRTIO 1.2, 5.2.4).
 */

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include <foo_guest.h>

#include "blk_opts.h"

/** Bytes of config space that are read: up to and with those of write-zeroes. */
#define BLK_CONFIG_LEN 60

/** A disk. What its features do not announce is 0. */
struct blk_disk {
	uint64_t features;      /**< Negotiated. */
	uint64_t capacity;      /**< Sectors of 512 bytes. */
	uint32_t size_max;      /**< Largest buffer. */
	uint32_t seg_max;       /**< Most buffers of a request. */
	uint32_t blk_size;      /**< Bytes of a block. */
	uint32_t num_queues;    /**< Queues; without MQ 1. */
	uint32_t discard_max;   /**< Sectors of a discard. */
	uint32_t zeroes_max;    /**< Sectors of a write-zeroes. */
	uint32_t discard_align; /**< Sectors that a discard should be aligned to. */
};

/** Features that blk takes where they are offered. */
uint64_t blk_disk_features(void);

/** Read it from config space. @param space BLK_CONFIG_LEN bytes */
void blk_disk_read(struct blk_disk *d, uint64_t features, const uint8_t *space);

/** A disk that can do everything, for --mode null. */
void blk_disk_null(struct blk_disk *d, uint64_t features);

/** One line: "1.07 GB (2097152 sectors of 512 bytes), blocks of 4096, ...". @return text */
const char *blk_disk_line(const struct blk_disk *d, char *text, size_t size);

/** An object for the results. */
json_t *blk_disk_json(const struct blk_disk *d);

/**
 * Whether it can do what is asked for.
 *
 * @param why room for what is in the way
 * @return 0 or -ENOTSUP
 */
int blk_disk_check(const struct blk_disk *d, const struct blk_config *cfg,
		   const struct blk_point *point, char *why, size_t size);

/** Blocks of a point that are used of it. */
uint64_t blk_disk_blocks(const struct blk_disk *d, const struct blk_config *cfg,
			 const struct blk_point *point);

#endif /* BLK_DISK_H */
