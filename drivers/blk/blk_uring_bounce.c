/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Bounce buffers: O_DIRECT asks for an alignment that a guest's buffers need not have.
 */
#include <errno.h>

#include <rte_malloc.h>

#include "blk_uring_priv.h"

int
uring_bounce_open(struct uring_queue *u, const struct foo_blk_queue *bq, uint32_t align)
{
	uint8_t *mem = foo_blk_queue_alloc(bq, (size_t)URING_BOUNCES * URING_BOUNCE_SIZE, align);

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
