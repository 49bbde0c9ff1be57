/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <stdlib.h>

#include "blk_model.h"

int
blk_model_init(struct blk_model *m, uint64_t blocks, uint64_t generation)
{
	m->n = blocks;
	m->generation = generation;
	m->block = calloc(blocks, sizeof(*m->block));
	return m->block != NULL ? 0 : -ENOMEM;
}

void
blk_model_fini(struct blk_model *m)
{
	free(m->block);
	m->block = NULL;
}

uint64_t
blk_model_next_known(const struct blk_model *m, uint64_t from)
{
	for (; from < m->n; from++) {
		enum blk_content content = blk_model_content(m, from);

		if (content == BLK_CONTENT_WRITTEN || content == BLK_CONTENT_ZERO)
			break;
	}
	return from;
}
