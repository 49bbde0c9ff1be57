/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BENCH_BLK_H
#define BENCH_BLK_H

/**
 * @file
 * The verb `blk`: requests to a disk.
 */

#include "bench.h"

/** dpdk-foo-bench blk. */
extern const struct bench_verb bench_blk;

#endif /* BENCH_BLK_H */
