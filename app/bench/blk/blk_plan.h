/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BLK_PLAN_H
#define BLK_PLAN_H

/**
 * @file
 * What a queue asks for next. The same seed gives the same sequence, as long as none has to make
 * way for a request that is on its way (--verify).
 */

#include <stdbool.h>
#include <stdint.h>

#include "blk_model.h"
#include "blk_opts.h"

/** Kinds of requests. */
enum blk_op {
	BLK_READ,         /**< VIRTIO_BLK_T_IN. */
	BLK_WRITE,        /**< VIRTIO_BLK_T_OUT. */
	BLK_FLUSH,        /**< VIRTIO_BLK_T_FLUSH. */
	BLK_DISCARD,      /**< VIRTIO_BLK_T_DISCARD. */
	BLK_WRITE_ZEROES, /**< VIRTIO_BLK_T_WRITE_ZEROES. */
	BLK_OPS,          /**< Number of kinds. */
};

/** What is next. */
struct blk_step {
	enum blk_op op; /**< What. */
	uint64_t block; /**< Where; not of BLK_FLUSH. */
};

/** The plan of a queue. */
struct blk_plan {
	struct blk_model *model;  /**< Blocks of the guest; its block is NULL: no --verify. */
	uint64_t first;           /**< First block of its part of the disk. */
	uint64_t n;               /**< Blocks of that part. */
	uint64_t next;            /**< Sequential: next one, from first on. */
	uint64_t random;          /**< State of the generator. */
	bool sequential;          /**< One behind the other. */
	unsigned int reads;       /**< Percent of reads among reads and writes. */
	unsigned int discards;    /**< Percent among all. */
	unsigned int zeroes;      /**< Percent among all. */
	unsigned int flush_every; /**< Writes to a flush; 0: none. */
	unsigned int writes;      /**< Writes since the last flush. */
};

/**
 * Begin.
 *
 * @param blocks of the disk
 * @param queue number of the queue
 * @param queues how many share the disk: sequential ones get a part each
 * @param guest number of the guest: chooses another sequence
 */
void blk_plan_init(struct blk_plan *p, const struct blk_opts *b, struct blk_model *model,
		   uint64_t blocks, unsigned int queue, unsigned int queues, unsigned int guest);

/** The next step; its block is taken in the model. @return false: all of its blocks are busy */
bool blk_plan_next(struct blk_plan *p, struct blk_step *step);

#endif /* BLK_PLAN_H */
