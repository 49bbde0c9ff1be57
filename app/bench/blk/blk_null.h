/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BLK_NULL_H
#define BLK_NULL_H

/**
 * @file
 * What stands for a back-end in `--mode null`: a thread that answers each request at once with OK,
 * and touches no data. What passes through it is the most that this generator can do on this
 * machine. Direct descriptors only, no interrupts.
 */

#include <pthread.h>
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

/** The thread. */
struct blk_null {
	pthread_t thread;           /**< Runs until stop. */
	bool stop;                  /**< Ends it. */
	struct foo_guest *g;        /**< Whose memory. */
	struct blk_null_ring *ring; /**< nqueues. */
	unsigned int nqueues;       /**< Entries of ring. */
};

/**
 * Start it.
 *
 * @param g a guest without a back-end: foo_guest_open_alone()
 * @param not_cpu CPU of the generator, which this thread leaves to it if it can; -1: none is known
 * @return 0 or -errno
 */
int blk_null_start(struct blk_null *null, struct foo_guest *g, int not_cpu);

/** Stop it, and wait until it has; nothing if it was not started. */
void blk_null_stop(struct blk_null *null);

/** Begin at the start of a ring. */
void blk_null_init_ring(struct blk_null_ring *r, struct foo_guest_ring *ring);

/** Answer what waits in a ring. @return requests */
unsigned int blk_null_serve(const struct foo_guest_mem *mem, struct blk_null_ring *r);

#endif /* BLK_NULL_H */
