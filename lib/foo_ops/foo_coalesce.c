/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <rte_common.h>
#include <rte_cycles.h>

#include "foo_coalesce.h"

void
foo_coalesce_set(struct foo_coalesce *c, uint32_t count, uint32_t us)
{
	/* both pair with the loads in foo_coalesce_due() and foo_coalesce_decide(); an lcore that
	 * sees one of two new values holds a call by a mixture of both, once */
	__atomic_store_n(&c->count, count, __ATOMIC_RELAXED);
	__atomic_store_n(&c->cycles, us * rte_get_tsc_hz() / 1000000, __ATOMIC_RELAXED);
}

bool
foo_coalesce_release(struct foo_coalesce_held *held)
{
	bool due = held->due;

	*held = (struct foo_coalesce_held){0};
	return due;
}

bool
foo_coalesce_decide(struct foo_coalesce_held *held, const struct foo_coalesce *c, bool wanted,
		    uint32_t done, uint64_t now)
{
	/* pair with foo_coalesce_set() */
	uint32_t count = __atomic_load_n(&c->count, __ATOMIC_RELAXED);
	uint64_t cycles = __atomic_load_n(&c->cycles, __ATOMIC_RELAXED);

	/* a driver that wants no calls for long may complete any number */
	held->count = RTE_MIN((uint64_t)held->count + done, UINT32_MAX);
	if (wanted && !held->due) {
		held->due = true;
		held->since = now;
	}
	if (!held->due)
		return false;
	if (now - held->since < cycles && (count == 0 || held->count < count))
		return false;
	return foo_coalesce_release(held);
}
