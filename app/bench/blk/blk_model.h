/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BLK_MODEL_H
#define BLK_MODEL_H

/**
 * @file
 * What each block of a disk must hold: the memory of --verify.
 *
 * A block is as long as a request and starts at a multiple of its length. While a request is on its
 * way to a block, none other goes there, so that there is always one answer that is right.
 */

#include <stdbool.h>
#include <stdint.h>

#include "blk_pattern.h"

/** Most blocks: 1 GiB of memory. */
#define BLK_MODEL_MAX (UINT64_C(1) << 27)

/** The blocks of a disk. */
struct blk_model {
	uint64_t *block;     /**< What each one holds; NULL: nothing is verified. */
	uint64_t n;          /**< Number of blocks. */
	uint64_t generation; /**< Of the last write. */
};

/** Nothing is known of any block. @param generation that the first write follows
 * @return 0 or -ENOMEM */
int blk_model_init(struct blk_model *m, uint64_t blocks, uint64_t generation);

/** Free it. */
void blk_model_fini(struct blk_model *m);

/** What a block may hold. */
static inline enum blk_content
blk_model_content(const struct blk_model *m, uint64_t block)
{
	return (enum blk_content)(m->block[block] & 3);
}

/** Generation of a block that is BLK_CONTENT_WRITTEN. */
static inline uint64_t
blk_model_generation(const struct blk_model *m, uint64_t block)
{
	return m->block[block] >> 3;
}

/** Whether a request is on its way to a block. */
static inline bool
blk_model_busy(const struct blk_model *m, uint64_t block)
{
	return m->block[block] & 4;
}

/** A request is on its way. */
static inline void
blk_model_take(struct blk_model *m, uint64_t block)
{
	m->block[block] |= 4;
}

/** It has come back, or was not sent after all, and changed nothing. */
static inline void
blk_model_release(struct blk_model *m, uint64_t block)
{
	m->block[block] &= ~UINT64_C(4);
}

/** It has come back, and the block holds something else now. */
static inline void
blk_model_set(struct blk_model *m, uint64_t block, enum blk_content content, uint64_t generation)
{
	m->block[block] = generation << 3 | content;
}

/** The next block, from this one on, of which it is known what it holds; m->n: there is none. */
uint64_t blk_model_next_known(const struct blk_model *m, uint64_t from);

#endif /* BLK_MODEL_H */
