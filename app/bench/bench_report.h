/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

/**
 * @file
 * What a person sees: live lines during a run, tables after it.
 *
 * The tables look like testpmd's and dpdk-foo's, so that figures can be laid side by side. Mind
 * the point of view: here RX is what the guest receives, in theirs what they receive from it.
 *
 * Main thread only.
 */

#include <stdbool.h>
#include <stdio.h>

#include "bench_result.h"

/** Live lines: on a terminal each one replaces the one before, elsewhere they follow. */
struct bench_live {
	FILE *out;     /**< Where they go. */
	bool terminal; /**< It is a terminal. */
	bool shown;    /**< A line is on the terminal's current row. */
};

/** Begin; whether out is a terminal is found out here. */
void bench_live_init(struct bench_live *live, FILE *out);

/** Show a line, given without a line end; on a terminal it is cut to its width. */
void bench_live_show(struct bench_live *live, const char *line);

/** Before anything else is printed: take the line off the terminal. */
void bench_live_end(struct bench_live *live);

/**
 * Live line of `net`.
 *
 * @param now seconds since the run began
 * @param total seconds that it will take; 0: until it is interrupted
 * @param r counters of the last interval, all guests together
 */
void
bench_live_net(struct bench_live *live, double now, double total, const struct bench_net_result *r);

/** Live line of `blk`; as bench_live_net(). */
void
bench_live_blk(struct bench_live *live, double now, double total, const struct bench_blk_result *r);

/** Closing table of a guest of `net`. @param name its socket */
void
bench_report_net(FILE *out, unsigned int guest, const char *name, const struct bench_net_result *r);

/** Closing table of all guests of `net`, and the latency if it was measured. */
void bench_report_net_total(FILE *out, unsigned int guests, const struct bench_net_result *r);

/** Closing table of a guest of `blk`. @param name its socket */
void
bench_report_blk(FILE *out, unsigned int guest, const char *name, const struct bench_blk_result *r);

/** Closing table of all guests of `blk`, and the latency if it was measured. */
void bench_report_blk_total(FILE *out, unsigned int guests, const struct bench_blk_result *r);

/** Lines of the latency: count, min, mean, percentiles up to 99.99, max. */
void bench_report_latency(FILE *out, const struct bench_hist *h);

/** A time with three digits and a unit: "812 ns", "3.52 us", "41.0 ms", "2.50 s". */
void bench_format_ns(double ns, char *text, size_t size);

/** A number with three digits and a prefix: "950", "1.20 k", "14.9 M", "6.40 G". */
void bench_format_si(double value, char *text, size_t size);

#endif /* BENCH_REPORT_H */
