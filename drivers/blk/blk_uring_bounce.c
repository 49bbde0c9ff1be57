/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Bounce buffers: O_DIRECT asks for an alignment that a guest's buffers need not have.
 */
#include <errno.h>
#include <string.h>

#include <rte_malloc.h>

#include "blk_uring_priv.h"

int
uring_bounce_open(struct uring_queue *u, uint32_t align, int node)
{
	uint8_t *mem =
		rte_malloc_socket(NULL, (size_t)URING_BOUNCES * URING_BOUNCE_SIZE, align, node);

	if (mem == NULL)
		return -ENOMEM;
	u->bounce_mem = mem;
	u->bounces = NULL;
	for (unsigned int i = 0; i < URING_BOUNCES; i++)
		uring_bounce_put(u, mem + (size_t)i * URING_BOUNCE_SIZE);
	return 0;
}

void
uring_bounce_close(struct uring_queue *u)
{
	rte_free(u->bounce_mem);
	u->bounce_mem = NULL;
	u->bounces = NULL;
}

bool
uring_bounce_needed(const struct uring_file *f, const struct foo_blk_io *io)
{
	uintptr_t base = 0;
	size_t len = 0;

	if (!f->direct)
		return false;
	for (uint16_t i = 0; i < io->niov; i++) {
		base |= (uintptr_t)io->iov[i].iov_base;
		len |= io->iov[i].iov_len;
	}
	return (base & (f->mem_align - 1)) != 0 || (len & (f->io_align - 1)) != 0;
}

uint8_t *
uring_bounce_get(struct uring_queue *u)
{
	struct uring_bounce *b = u->bounces;

	if (b != NULL)
		u->bounces = b->next;
	return (uint8_t *)b;
}

void
uring_bounce_put(struct uring_queue *u, uint8_t *buf)
{
	struct uring_bounce *b = (struct uring_bounce *)buf;

	b->next = u->bounces;
	u->bounces = b;
}

void
uring_bounce_copy(const struct foo_blk_io *io, const struct uring_state *s, uint8_t *buf,
		  uint32_t n)
{
	const struct iovec *v = &io->iov[s->first];
	size_t skip = s->skip;

	while (n != 0) {
		uint32_t part = (uint32_t)RTE_MIN(v->iov_len - skip, (size_t)n);
		uint8_t *piece = (uint8_t *)v->iov_base + skip;

		if (io->op == FOO_BLK_READ)
			memcpy(piece, buf, part);
		else
			memcpy(buf, piece, part);
		buf += part;
		n -= part;
		skip = 0;
		v++;
	}
}
