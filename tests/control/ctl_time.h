/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef CTL_TIME_H
#define CTL_TIME_H

/**
 * @file
 * The clock of these tests.
 */

#include <stdint.h>
#include <time.h>

/** Monotonic time in us. */
static inline int64_t
ctl_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/** Monotonic time in ms. */
static inline int64_t
ctl_now_ms(void)
{
	return ctl_now_us() / 1000;
}

#endif /* CTL_TIME_H */
