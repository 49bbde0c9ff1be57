/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_STATS_H
#define FOO_STATS_H

/**
 * @file
 * Printed statistics, in testpmd's formats. Control thread, under foo_ctl_lock.
 */

#include <stdio.h>

#include <foo_net.h>

/**
 * Print what testpmd prints with --stats-period: the counters of each port, and rates since the
 * last call. The screen is cleared first if standard output is a terminal.
 *
 * @param out where to; see foo_out.h
 * @param queues print the statistics of each queue, too
 */
void foo_stats_print_ports(FILE *out, bool queues);

/**
 * Print what testpmd prints at its end: what each port forwarded, the sum, and cycles by packet
 * (busy cycles by packets received; sent, if nothing else is done).
 *
 * @param out where to
 * @param fwd the forwarding mode
 * @param queues print the statistics of each queue, too
 */
void foo_stats_print_forward(FILE *out, enum foo_net_fwd fwd, bool queues);

#endif /* FOO_STATS_H */
