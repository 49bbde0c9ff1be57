/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <string.h>

#include <rte_common.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

#include "foo_blk_io.h"

void
foo_blk_place_copy(struct foo_blk_place at, const struct foo_blk_io *io, void *buf, size_t n)
{
	const struct iovec *iov = &io->iov[at.piece];
	size_t skip = at.skip, part;
	uint8_t *mine = buf;

	for (; n != 0; n -= part, mine += part, iov++, skip = 0) {
		uint8_t *guest = (uint8_t *)iov->iov_base + skip;

		part = RTE_MIN(iov->iov_len - skip, n);
		if (io->op == FOO_BLK_READ)
			memcpy(guest, mine, part);
		else
			memcpy(mine, guest, part);
	}
}

void *
foo_blk_queue_alloc(const struct foo_blk_queue *bq, size_t size, unsigned int align)
{
	int node = (int)rte_lcore_to_socket_id(bq->q->lcore);
	void *p = rte_zmalloc_socket(NULL, size, align, node);

	return p != NULL ? p : rte_zmalloc(NULL, size, align);
}
