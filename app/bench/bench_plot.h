/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BENCH_PLOT_H
#define BENCH_PLOT_H

/**
 * @file
 * Plots for a report: `--plot FILE.svg`.
 *
 * Plain SVG 1.1 without scripts or external fonts, on a light ground, in colours that remain apart
 * for the colour-blind; each series has a marker or a dash pattern of its own as well.
 */

#include <stdbool.h>

#include "bench_hist.h"

/** Most series of a plot. */
#define BENCH_PLOT_MAX 8

/** The words around a plot; any but title may be NULL. UTF-8. */
struct bench_plot_text {
	const char *title;   /**< What is shown. */
	const char *machine; /**< bench_machine_line(). */
	const char *command; /**< bench_command_line(): how to get the same again. */
};

/** A series of a latency plot. */
struct bench_plot_curve {
	const char *name;              /**< For the legend. */
	const struct bench_hist *hist; /**< Latencies; empty: nothing is drawn. */
};

/** An axis of a sweep. */
struct bench_plot_axis {
	const char *label; /**< What it is: "packet size", "throughput". */
	const char *unit;  /**< Its unit, "B" or "pps"; NULL: a plain number. Large values get
			    * the prefixes k, M, G. */
	bool log2;         /**< x: doubles from tick to tick. */
};

/** A series of a sweep. */
struct bench_plot_points {
	const char *name; /**< For the legend. */
	const double *x;  /**< n values, rising. */
	const double *y;  /**< n values, 0 or more. */
	const double *lo; /**< n values: bottoms of error bars; NULL: none. */
	const double *hi; /**< n values: tops of error bars; NULL: none. */
	unsigned int n;   /**< Number of points, at most 64. */
};

/** Put a point where it belongs among the n before it: x rises whatever order they came in. */
void bench_plot_insert(double *xs, double *ys, unsigned int n, double x, double y);

/**
 * Latency against percentile: how an HDR histogram is shown. The percentiles' axis is logarithmic
 * in what is beyond (90 %, 99 %, 99.9 %, ... are equally far apart), and ends where the histograms
 * have no values left; the latency's axis is logarithmic.
 *
 * @param n series, 1 to BENCH_PLOT_MAX
 * @return 0; -EINVAL for n; -ENOMEM; or that of bench_file_write()
 */
int bench_plot_latency(const char *path, const struct bench_plot_text *text,
		       const struct bench_plot_curve *curve, unsigned int n);

/**
 * A sweep: throughput (or anything else that starts at 0) against packet size or queue depth.
 *
 * @param n series, 1 to BENCH_PLOT_MAX
 * @return 0; -EINVAL for n or a series that cannot be on this axis; -ENOMEM; or that of
 *   bench_file_write()
 */
int bench_plot_sweep(const char *path, const struct bench_plot_text *text,
		     const struct bench_plot_axis *x, const struct bench_plot_axis *y,
		     const struct bench_plot_points *points, unsigned int n);

#endif /* BENCH_PLOT_H */
