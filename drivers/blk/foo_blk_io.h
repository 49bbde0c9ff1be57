/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_BLK_IO_H
#define FOO_BLK_IO_H

/**
 * @file
 * What engines of disks have in common: lists of requests, places in their data, memory of a
 * queue, counters. None of them must use it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "foo_blk.h"

/** Requests in the order in which they came, linked by foo_blk_io::next. Belongs to one lcore. */
struct foo_blk_list {
	struct foo_blk_io *head;  /**< The first one, or NULL. */
	struct foo_blk_io **tail; /**< Where the next one is linked in. */
};

/** Make a list empty, before its first use. */
static inline void
foo_blk_list_init(struct foo_blk_list *list)
{
	list->head = NULL;
	list->tail = &list->head;
}

/** Put a request, which is in no list, at the end. */
static inline void
foo_blk_list_add(struct foo_blk_list *list, struct foo_blk_io *io)
{
	io->next = NULL;
	*list->tail = io;
	list->tail = &io->next;
}

/** Take the first request, of a list that is not empty, out of it. The list knows nothing of it any
 * more: it may end, or be put into a list again. */
static inline struct foo_blk_io *
foo_blk_list_take(struct foo_blk_list *list)
{
	struct foo_blk_io *io = list->head;

	list->head = io->next;
	if (list->head == NULL)
		list->tail = &list->head;
	return io;
}

/** A place in the data of a read or write. All zeroes: its beginning. Six bytes, since it is part
 * of foo_blk_io::state. */
struct foo_blk_place {
	uint32_t skip;  /**< Bytes of that piece before it: fewer than the piece has. */
	uint16_t piece; /**< Index in foo_blk_io::iov; foo_blk_io::niov: the end. */
} __attribute__((packed, aligned(2)));

/** Move a place on by n bytes, to the end at most. */
static inline void
foo_blk_place_advance(struct foo_blk_place *at, const struct foo_blk_io *io, size_t n)
{
	uint16_t piece = at->piece;

	n += at->skip;
	while (piece < io->niov && n >= io->iov[piece].iov_len)
		n -= io->iov[piece++].iov_len;
	at->piece = piece;
	at->skip = (uint32_t)n;
}

/** Copy n bytes, which there are, between buf and the request's data from a place on: into the
 * guest's memory for a read, out of it for a write. Lcore. */
void foo_blk_place_copy(struct foo_blk_place at, const struct foo_blk_io *io, void *buf, size_t n);

/** Add to a counter that one lcore writes, and any thread reads relaxed. */
static inline void
foo_blk_count(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

/**
 * Memory of what a queue needs, for foo_blk_engine::queue_open: of the NUMA node of the lcore that
 * will poll it or, if there is none left, of another. Control thread.
 *
 * @param align a power of two, or 0: any alignment
 * @return zeroed memory, to be given back by rte_free(); NULL: there is none at all
 */
void *foo_blk_queue_alloc(const struct foo_blk_queue *bq, size_t size, unsigned int align);

#endif /* FOO_BLK_IO_H */
