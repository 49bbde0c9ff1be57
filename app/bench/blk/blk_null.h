/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BLK_NULL_H
#define BLK_NULL_H

/**
 * @file
 * What stands for a back-end in `--mode null`: it answers each request at once with OK, and touches
 * no data. It works in the generator's own thread, between two of its polls, and its time is not
 * counted: what passes through it is the most that this generator can do with a device that costs
 * nothing and is never far away. Direct descriptors only, no interrupts.
 */

#include <stdbool.h>
#include <stdint.h>

#include <foo_guest.h>

/** The device's place in a ring. */
struct blk_null_ring {
	struct foo_guest_ring *ring; /**< The ring; its areas are used, not its book-keeping. */
	uint16_t idx;                /**< Next available entry; packed: position. */
	uint16_t used;               /**< Split: next used entry. */
	bool wrap;                   /**< Packed: wrap counter. */
};

/** The device. */
struct blk_null {
	struct blk_null_ring *ring; /**< nqueues. */
	unsigned int nqueues;       /**< Entries of ring. */
	uint64_t ns; /**< Time that it answered while measuring, ns; its thread writes. */
};

/**
 * Make it.
 *
 * @param g a guest without a back-end: foo_guest_open_alone(); must outlive it
 * @return 0 or -ENOMEM
 */
int blk_null_init(struct blk_null *null, struct foo_guest *g);

/** Free it; nothing if all its members are 0. */
void blk_null_fini(struct blk_null *null);

/** Serve all queues once. @param count whether to add its time to blk_null::ns, if it has answered
 * anything */
void blk_null_poll(struct blk_null *null, const struct foo_guest_mem *mem, bool count);

/** Begin at the start of a ring. */
void blk_null_init_ring(struct blk_null_ring *r, struct foo_guest_ring *ring);

/** Answer what waits in a ring. @return requests */
unsigned int blk_null_serve(const struct foo_guest_mem *mem, struct blk_null_ring *r);

#endif /* BLK_NULL_H */
