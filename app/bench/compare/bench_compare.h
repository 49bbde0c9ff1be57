/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BENCH_COMPARE_H
#define BENCH_COMPARE_H

/**
 * @file
 * The verb `compare`: back-ends in turn under the same loads.
 */

#include "bench.h"

/** The verb. */
extern const struct bench_verb bench_compare;

#endif /* BENCH_COMPARE_H */
