/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef NET_NULL_H
#define NET_NULL_H

/**
 * @file
 * What stands for a back-end in `--mode null`: it copies each packet of a transmit queue into the
 * next receive buffer of the same pair, and nothing else. It works in the generator's own thread,
 * between two of its polls, and its time is not counted: what passes through it is the most that
 * this generator can do with a device that costs nothing and is never far away.
 */

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

/** The device. */
struct net_null {
	struct net_null_pair *pair; /**< npairs. */
	unsigned int npairs;        /**< Entries of pair. */
	uint64_t ns; /**< Time that it copied while measuring, ns; its thread writes. */
};

/**
 * Make it.
 *
 * @param g a guest without a back-end: foo_guest_open_alone(); must outlive it
 * @param npairs its pairs of queues
 * @return 0 or -ENOMEM
 */
int net_null_init(struct net_null *null, struct foo_guest *g, unsigned int npairs);

/** Free it; nothing if all its members are 0. */
void net_null_fini(struct net_null *null);

/** Serve all pairs once. @param count whether to add its time to net_null::ns, if it has moved
 * anything */
void net_null_poll(struct net_null *null, const struct foo_guest_mem *mem, bool count);

/** Serve one pair once. @return packets moved */
unsigned int net_null_serve(const struct foo_guest_mem *mem, struct net_null_pair *pair);

/** Begin at the start of a pair's rings. */
void net_null_init_pair(struct net_null_pair *pair, struct foo_guest_ring *tx,
			struct foo_guest_ring *rx);

#endif /* NET_NULL_H */
