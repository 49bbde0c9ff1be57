/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_EAL_ERRORS_H
#define FOO_EAL_ERRORS_H

/**
 * @file
 * Why EAL did not start, in one line that names the cause and what mends it.
 *
 * EAL reports by log lines and a coarse rte_errno; the lines are what there is to go by.
 */

#include <stdint.h>

#include "foo_args.h"

/** What the machine has, as far as it matters to a message. */
struct foo_eal_facts {
	struct foo_args_eal eal; /**< What EAL was told. */
	char cpus[128];          /**< CPUs online, as a list: "0-1". */
	char allowed[128];       /**< CPUs that the process may run on, likewise. */
	uint64_t huge_kb;        /**< Size of a default huge page, KiB. */
	uint64_t huge_total;     /**< Huge pages reserved, of the default size. */
	uint64_t huge_free;      /**< Of them free. */
	char huge_mount[128];    /**< Where a hugetlbfs is mounted, or "". */
	char user[64];           /**< Name of the effective user. */
};

/** Look at the machine. Main thread. */
void foo_eal_facts_get(struct foo_eal_facts *facts, const struct foo_args *args);

/** Say in err why EAL failed. log is what it logged: lines, 0 at the end. */
void foo_eal_explain(const char *log, const struct foo_eal_facts *facts, struct foo_error *err);

#endif /* FOO_EAL_ERRORS_H */
