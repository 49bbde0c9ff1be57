/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef COMPARE_DISTANCE_H
#define COMPARE_DISTANCE_H

/**
 * @file
 * How far two CPUs are apart. Where they are virtual, the host may move them closer together or
 * further apart at any time, which changes what a back-end can do up to threefold.
 */

/** A change by this factor is the host's doing, not noise. */
#define COMPARE_DISTANCE_CHANGE 1.6

/**
 * Bounce a cache line between two CPUs.
 *
 * @param seconds how long, 0.1 say
 * @param ns set to the time of a way there and back: the lower quartile of many short stretches,
 *   so that others who use the CPUs now and then do not count
 * @return 0 or -errno: a CPU that this program may not use, the same CPU twice
 */
int compare_distance(unsigned int cpu_a, unsigned int cpu_b, double seconds, double *ns);

#endif /* COMPARE_DISTANCE_H */
