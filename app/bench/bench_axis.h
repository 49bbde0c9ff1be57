/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BENCH_AXIS_H
#define BENCH_AXIS_H

/**
 * @file
 * The axes of a plot: which values are marked, where they are, what stands beside them.
 */

#include <stdbool.h>
#include <stddef.h>

/** Most marks on an axis. */
#define BENCH_AXIS_TICKS 128

/** A mark. */
struct bench_tick {
	double value;   /**< Where. */
	char label[24]; /**< What stands there; empty: a thin line only. */
};

/** An axis. Members are for reading, but for px_lo and px_hi, which the caller sets. */
struct bench_axis {
	double lo;          /**< Value at its start. */
	double hi;          /**< Value at its end. */
	bool log;           /**< Logarithmic; lo is above 0. */
	double px_lo;       /**< Pixel of lo. */
	double px_hi;       /**< Pixel of hi. */
	double unit;        /**< Values are divided by this for their labels: 1, 1e3, 1e6, ... */
	const char *prefix; /**< Its name: "", "k", "M", ... */
	unsigned int n;     /**< Marks. */
	struct bench_tick tick[BENCH_AXIS_TICKS]; /**< The marks, rising. */
};

/** Linear, from 0 to a round value at or above max, marked at round values. */
void bench_axis_linear(struct bench_axis *a, double max);

/** Logarithmic, in ns: from a round value at or below min to one at or above max. */
void bench_axis_time(struct bench_axis *a, double min, double max);

/**
 * Percentiles: values are log10(1 / (1 - p)).
 *
 * @param max largest value: log10 of the number of samples
 */
void bench_axis_percentile(struct bench_axis *a, double max);

/** Marked at these n values, rising, of which too close ones are not labelled once px_lo and
 * px_hi are set. @param log logarithmic, if all are above 0 */
void bench_axis_values(struct bench_axis *a, const double *value, unsigned int n, bool log);

/** A time for a plot: "100 ns", "2 µs", "15.4 ms". */
void bench_axis_format_time(double ns, char *text, size_t size);

/** Pixel of a value. */
double bench_axis_px(const struct bench_axis *a, double value);

#endif /* BENCH_AXIS_H */
