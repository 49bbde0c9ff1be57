/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_STATS_H
#define FOO_STATS_H

/**
 * @file
 * Printed statistics: of network devices in testpmd's formats, of others in the same style. Control
 * thread, under foo_ctl_lock.
 */

#include <stdio.h>

#include <foo_device.h>

#include "foo_args.h"

/**
 * Print what testpmd prints with --stats-period: the counters of each device, and rates since the
 * last call. The screen is cleared first if standard output is a terminal.
 *
 * @param out where to; see foo_out.h
 * @param queues print the statistics of each queue, too
 */
void foo_stats_print(FILE *out, bool queues);

/** Print what testpmd prints at its end: what each device has done, the sum, and cycles by packet
 * (busy cycles by packets received; sent, if nothing else is done) or by request. */
void foo_stats_print_summary(FILE *out, const struct foo_args *args);

/** Nanoseconds of the monotonic clock. */
uint64_t foo_stats_now(void);

/** What a counter grew by in a second; 0 if ns is. */
uint64_t foo_stats_rate(uint64_t new, uint64_t old, uint64_t ns);

/** foo_type::print_device of a port. */
void foo_stats_net_device(FILE *out, const struct foo_device *dev);

/** foo_type::print_queue of a port. In the names of ports: what a guest sends is received here. */
void foo_stats_net_queue(FILE *out, const struct foo_queue *q);

/** foo_type::print_summary of ports. */
void foo_stats_net_summary(FILE *out, const struct foo_args *args);

#endif /* FOO_STATS_H */
