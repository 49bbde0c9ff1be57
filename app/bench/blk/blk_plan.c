/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include "blk_plan.h"

/* Blocks that are tried before a queue waits for one of its own requests. */
#define TRIES 64

/* splitmix64 */
static uint64_t
draw(struct blk_plan *p)
{
	uint64_t x = p->random += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* 0 to n - 1 */
static uint64_t
draw_below(struct blk_plan *p, uint64_t n)
{
	return (uint64_t)((unsigned __int128)draw(p) * n >> 64);
}

void
blk_plan_init(struct blk_plan *p, const struct blk_opts *b, struct blk_model *model,
	      uint64_t blocks, unsigned int queue, unsigned int queues, unsigned int guest)
{
	*p = (struct blk_plan){
		.model = model,
		.n = blocks,
		.random = b->seed,
		.sequential = blk_opts_sequential(b),
		.reads = blk_opts_reads(b),
		.discards = b->discard,
		.zeroes = b->write_zeroes,
		.flush_every = b->flush_every,
	};
	p->random = draw(p) ^ ((uint64_t)guest << 32 | queue);
	if (p->sequential) {
		p->first = blocks / queues * queue;
		p->n = queue + 1 == queues ? blocks - p->first : blocks / queues;
	}
}

static enum blk_op
choose(struct blk_plan *p)
{
	unsigned int percent;

	if (p->discards == 0 && p->zeroes == 0 && p->reads % 100 == 0)
		return p->reads != 0 ? BLK_READ : BLK_WRITE;
	percent = (unsigned int)draw_below(p, 100);
	if (percent < p->discards)
		return BLK_DISCARD;
	if (percent < p->discards + p->zeroes)
		return BLK_WRITE_ZEROES;
	return draw_below(p, 100) < p->reads ? BLK_READ : BLK_WRITE;
}

static uint64_t
place(struct blk_plan *p)
{
	uint64_t at;

	if (!p->sequential)
		return p->first + draw_below(p, p->n);
	at = p->first + p->next;
	p->next = p->next + 1 < p->n ? p->next + 1 : 0;
	return at;
}

bool
blk_plan_next(struct blk_plan *p, struct blk_step *step)
{
	unsigned int tries = 0;

	if (p->flush_every != 0 && p->writes == p->flush_every) {
		p->writes = 0;
		*step = (struct blk_step){.op = BLK_FLUSH};
		return true;
	}
	step->block = place(p);
	if (p->model->block != NULL) {
		while (blk_model_busy(p->model, step->block)) {
			if (++tries == TRIES)
				return false;
			step->block = place(p);
		}
		blk_model_take(p->model, step->block);
	}
	step->op = choose(p);
	p->writes += step->op == BLK_WRITE;
	return true;
}
