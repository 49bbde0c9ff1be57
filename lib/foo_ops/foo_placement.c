/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_lcore.h>

#include "foo_lcore_priv.h"
#include "foo_ops_priv.h"

/* A share of busy cycles is measured over at least this long, in ms. */
#define PLACEMENT_WINDOW_MS 10

/* Busy shares are compared in eighths: below that, the number of queues decides. */
#define PLACEMENT_SHARES 8

static foo_placement_fn placement_rule;

void
foo_placement_set(foo_placement_fn fn)
{
	placement_rule = fn;
}

/* Bring lc->share up to date, unless that was done just now. */
static void
placement_measure(struct foo_lcore *lc)
{
	uint64_t busy = foo_stat_get(&lc->stats.busy_cycles);
	uint64_t total = busy + foo_stat_get(&lc->stats.idle_cycles);
	uint64_t window = total - lc->seen_total;

	if (window < rte_get_tsc_hz() / 1000 * PLACEMENT_WINDOW_MS)
		return;
	lc->share = (busy - lc->seen_busy) * PLACEMENT_SHARES / window;
	lc->seen_busy = busy;
	lc->seen_total = total;
}

static bool
placement_is_better(const struct foo_lcore *a, const struct foo_lcore *b)
{
	if (a->share != b->share)
		return a->share < b->share;
	return a->attached < b->attached;
}

/* The least loaded lcore of a NUMA node, or of all. */
static unsigned int
placement_least(int node)
{
	const struct foo_lcore *best = NULL;
	unsigned int id;

	RTE_LCORE_FOREACH(id) {
		struct foo_lcore *lc = foo_lcore_get(id);

		if (lc == NULL)
			continue;
		if (node != SOCKET_ID_ANY && (int)rte_lcore_to_socket_id(id) != node)
			continue;
		placement_measure(lc);
		if (best == NULL || placement_is_better(lc, best))
			best = lc;
	}
	return best != NULL ? best->id : RTE_MAX_LCORE;
}

/* The NUMA node of the guest's memory: of its largest region. */
static int
placement_node(const struct foo_mem *mem)
{
	const struct foo_mem_region *r = NULL;
	int node;

	if (rte_socket_count() < 2)
		return SOCKET_ID_ANY;
	for (uint32_t i = 0; i < mem->nregions; i++)
		if (r == NULL || mem->region[i].size > r->size)
			r = &mem->region[i];
	if (r == NULL ||
	    syscall(SYS_get_mempolicy, &node, NULL, 0, r->va, MPOL_F_NODE | MPOL_F_ADDR) != 0)
		return SOCKET_ID_ANY;
	return node;
}

unsigned int
foo_placement_choose(struct foo_queue *q)
{
	unsigned int id = placement_rule != NULL ? placement_rule(q) : RTE_MAX_LCORE;

	q->sched.pinned = foo_lcore_get(id) != NULL;
	return q->sched.pinned ? id : placement_least(SOCKET_ID_ANY);
}

unsigned int
foo_placement_review(const struct foo_queue *q)
{
	int node = q->sched.pinned ? SOCKET_ID_ANY : placement_node(&q->dev->mem);
	unsigned int id;

	if (node == SOCKET_ID_ANY || (int)rte_lcore_to_socket_id(q->lcore) == node)
		return q->lcore;
	id = placement_least(node);
	return id != RTE_MAX_LCORE ? id : q->lcore;
}
