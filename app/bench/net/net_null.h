/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef NET_NULL_H
#define NET_NULL_H

/**
 * @file
 * What stands for a back-end in `--mode null`: a thread that copies each packet of a transmit queue
 * into the next receive buffer of the same pair, and nothing else. What passes through it is the
 * most that this generator can do on this machine.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <foo_guest.h>

/** The device's place in a ring. */
struct net_null_ring {
	struct foo_guest_ring *ring; /**< The ring; its areas are used, not its book-keeping. */
	uint16_t idx;                /**< Next available entry; packed: position. */
	bool wrap;                   /**< Packed: wrap counter. */
};

/** A pair of queues. */
struct net_null_pair {
	struct net_null_ring tx; /**< What the guest sends. */
	struct net_null_ring rx; /**< What it receives. */
};

/** The thread. */
struct net_null {
	pthread_t thread;           /**< Runs until stop. */
	bool stop;                  /**< Ends it. */
	struct foo_guest *g;        /**< Whose memory. */
	struct net_null_pair *pair; /**< npairs. */
	unsigned int npairs;        /**< Entries of pair. */
};

/**
 * Start it.
 *
 * @param g a guest without a back-end: foo_guest_open_alone()
 * @param npairs its pairs of queues
 * @return 0 or -errno
 */
int net_null_start(struct net_null *null, struct foo_guest *g, unsigned int npairs);

/** Stop it, and wait until it has. */
void net_null_stop(struct net_null *null);

/** Serve one pair once. @return packets moved */
unsigned int net_null_serve(const struct foo_guest_mem *mem, struct net_null_pair *pair);

/** Begin at the start of a pair's rings. */
void net_null_init_pair(struct net_null_pair *pair, struct foo_guest_ring *tx,
			struct foo_guest_ring *rx);

#endif /* NET_NULL_H */
