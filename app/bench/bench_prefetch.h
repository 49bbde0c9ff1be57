/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BENCH_PREFETCH_H
#define BENCH_PREFETCH_H

/**
 * @file
 * Cache lines that the other side has had, asked for ahead of their use.
 */

/** Of a function: `__builtin_prefetch(p, 1)` in it asks for a line with the right to write it, by
 * PREFETCHW. The compiler would not use that by itself; processors without it do nothing. */
#if defined(__x86_64__)
#define BENCH_FOR_WRITING __attribute__((target("prfchw")))
#else
#define BENCH_FOR_WRITING
#endif

#endif /* BENCH_PREFETCH_H */
