/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <string.h>

#include "foo_chain.h"

/** Bytes that can be done at the cursor in one go, at most len; 0 at the end. Steps over pieces
 * that are used up. */
static uint32_t
cursor_span(struct foo_cursor *c, uint32_t len)
{
	len = RTE_MIN(len, c->left);
	if (len == 0)
		return 0;
	if (c->off == c->seg->len) {
		c->seg++;
		c->off = 0;
	}
	return RTE_MIN(len, c->seg->len - c->off);
}

static uint8_t *
cursor_at(const struct foo_cursor *c)
{
	return c->seg->va + c->off;
}

static void
cursor_step(struct foo_cursor *c, uint32_t n)
{
	c->off += n;
	c->left -= n;
}

uint32_t
foo_cursor_read(struct foo_cursor *c, void *buf, uint32_t len)
{
	uint32_t n, done = 0;

	while ((n = cursor_span(c, len - done)) != 0) {
		memcpy((uint8_t *)buf + done, cursor_at(c), n);
		cursor_step(c, n);
		done += n;
	}
	return done;
}

uint32_t
foo_cursor_write(struct foo_cursor *c, const void *buf, uint32_t len)
{
	uint32_t n, done = 0;

	while ((n = cursor_span(c, len - done)) != 0) {
		memcpy(cursor_at(c), (const uint8_t *)buf + done, n);
		foo_mem_written(c->mem, cursor_at(c), n);
		cursor_step(c, n);
		done += n;
	}
	return done;
}

uint32_t
foo_cursor_fill(struct foo_cursor *c, int value, uint32_t len)
{
	uint32_t n, done = 0;

	while ((n = cursor_span(c, len - done)) != 0) {
		memset(cursor_at(c), value, n);
		foo_mem_written(c->mem, cursor_at(c), n);
		cursor_step(c, n);
		done += n;
	}
	return done;
}

uint32_t
foo_cursor_skip(struct foo_cursor *c, uint32_t len)
{
	uint32_t n, done = 0;

	while ((n = cursor_span(c, len - done)) != 0) {
		cursor_step(c, n);
		done += n;
	}
	return done;
}

uint32_t
foo_cursor_copy(struct foo_cursor *dst, struct foo_cursor *src, uint32_t len)
{
	uint32_t n, done = 0;

	while ((n = cursor_span(dst, cursor_span(src, len - done))) != 0) {
		/* memmove: a guest may point both chains at the same bytes */
		memmove(cursor_at(dst), cursor_at(src), n);
		foo_mem_written(dst->mem, cursor_at(dst), n);
		cursor_step(dst, n);
		cursor_step(src, n);
		done += n;
	}
	return done;
}

unsigned int
foo_cursor_iov(struct foo_cursor *c, struct iovec *iov, unsigned int max, uint32_t len,
	       uint32_t *done)
{
	unsigned int count = 0;
	uint32_t n;

	*done = 0;
	while (count < max && (n = cursor_span(c, len - *done)) != 0) {
		iov[count++] = (struct iovec){.iov_base = cursor_at(c), .iov_len = n};
		cursor_step(c, n);
		*done += n;
	}
	return count;
}

int
foo_chain_save(struct foo_chain *chain, struct foo_seg *seg, unsigned int max)
{
	unsigned int n = (unsigned int)chain->nread + chain->nwrite;

	if (n > max)
		return -ENOSPC;
	if (n != 0) {
		memcpy(seg, chain->seg, n * sizeof(*seg));
		chain->seg = seg;
	}
	return 0;
}
