/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_CHAIN_H
#define FOO_CHAIN_H

/**
 * @file
 * Cursors over descriptor chains: read, write, copy between two chains, map to iovecs.
 *
 * A device must not depend on how a driver cuts its buffers into descriptors (VIRTIO 1.2,
 * 2.7.4.1): a cursor hides the cut. It never leaves its chain; a request for more than is left
 * does what it can and returns the number of bytes done. Writes are entered into the dirty log.
 * A cursor is a small value of its owner, usable by whichever lcore holds the chain.
 */

#include <stdint.h>
#include <sys/uio.h>

#include "foo_vq.h"

/** A place in the readable or in the writable part of a chain. */
struct foo_cursor {
	const struct foo_seg *seg; /**< Current piece. */
	uint32_t off;              /**< Bytes of the current piece that are behind. */
	uint32_t left;             /**< Bytes ahead, over all pieces. */
	const struct foo_mem *mem; /**< For the dirty log. */
};

/** At the first byte that the device may read. */
static inline struct foo_cursor
foo_cursor_readable(const struct foo_vq *vq, const struct foo_chain *chain)
{
	return (struct foo_cursor){chain->seg, 0, chain->read_len, vq->mem};
}

/** At the first byte that the device may write. */
static inline struct foo_cursor
foo_cursor_writable(const struct foo_vq *vq, const struct foo_chain *chain)
{
	/* a refused chain has no pieces: seg is NULL, and even adding 0 to that is undefined */
	const struct foo_seg *seg = chain->nread != 0 ? chain->seg + chain->nread : chain->seg;

	return (struct foo_cursor){seg, 0, chain->write_len, vq->mem};
}

/**
 * Where the next len bytes are, if they lie in one piece; go on behind them. Guest memory: whoever
 * looks at a byte twice may see two values, and whoever writes enters it into the dirty log.
 *
 * @param len at least 1
 * @return NULL: they are cut, or there are fewer; the cursor stands where it stood
 */
static inline uint8_t *
foo_cursor_take(struct foo_cursor *c, uint32_t len)
{
	const struct foo_seg *seg = c->seg;
	uint32_t off = c->off;

	if (unlikely(len > c->left))
		return NULL;
	if (off == seg->len) {
		seg++;
		off = 0;
	}
	if (unlikely(len > seg->len - off))
		return NULL;
	*c = (struct foo_cursor){seg, off + len, c->left - len, c->mem};
	return seg->va + off;
}

/** Copy up to len bytes from the chain into buf and go on behind them. */
uint32_t foo_cursor_read(struct foo_cursor *c, void *buf, uint32_t len);

/** Copy up to len bytes from buf into the chain and go on behind them. */
uint32_t foo_cursor_write(struct foo_cursor *c, const void *buf, uint32_t len);

/** Fill up to len bytes of the chain with a value and go on behind them. */
uint32_t foo_cursor_fill(struct foo_cursor *c, int value, uint32_t len);

/** Go on behind up to len bytes. */
uint32_t foo_cursor_skip(struct foo_cursor *c, uint32_t len);

/** Copy up to len bytes from src (readable) to dst (writable), both go on behind them. */
uint32_t foo_cursor_copy(struct foo_cursor *dst, struct foo_cursor *src, uint32_t len);

/**
 * Describe up to len bytes as iovecs, for readv() and the like, and go on behind them. Whoever
 * writes through them enters it into the dirty log himself: foo_mem_written().
 *
 * @param iov array of max entries
 * @param done set to the bytes described (fewer than len where max or the chain ends)
 * @return entries used
 */
unsigned int foo_cursor_iov(struct foo_cursor *c, struct iovec *iov, unsigned int max, uint32_t len,
			    uint32_t *done);

/**
 * Keep a chain beyond the next pop: copy its pieces into the caller's array and let the chain
 * point there.
 *
 * @return 0; -ENOSPC if the chain has more than max pieces (the chain is unchanged)
 */
int foo_chain_save(struct foo_chain *chain, struct foo_seg *seg, unsigned int max);

#endif /* FOO_CHAIN_H */
