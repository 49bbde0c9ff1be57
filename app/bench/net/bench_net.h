/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BENCH_NET_H
#define BENCH_NET_H

/**
 * @file
 * The verb `net`: packets through a network device, counted and checked.
 */

#include "bench.h"

/** `dpdk-foo-bench net`. */
extern const struct bench_verb bench_net;

#endif /* BENCH_NET_H */
