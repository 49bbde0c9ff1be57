/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BENCH_PLOT_PRIV_H
#define BENCH_PLOT_PRIV_H

/**
 * @file
 * What the two kinds of plots share: the words above, the frame, the legend's signs.
 */

#include "bench_axis.h"
#include "bench_plot.h"
#include "bench_svg.h"

/** @name Measures, in pixels @{ */
#define PLOT_WIDTH 960.0
#define PLOT_HEIGHT 620.0
#define PLOT_LEFT 92.0
#define PLOT_RIGHT 36.0
#define PLOT_BOTTOM 66.0
/** @} */

/** Grey of secondary text. */
#define PLOT_GREY "#555555"

/** Colour of a series. */
const char *bench_plot_colour(unsigned int series);

/** Dash pattern of a series, or NULL. */
const char *bench_plot_dash(unsigned int series);

/** Begin a picture with title, machine and command. @param y set to where they end */
int bench_plot_begin(struct bench_svg *svg, const struct bench_plot_text *text, double *y);

/** Grid, ticks, frame and labels; the axes' pixels are set. */
void bench_plot_frame(struct bench_svg *svg, const struct bench_axis *x, const struct bench_axis *y,
		      const char *x_label, const char *y_label);

/** A series' sign in the legend, 34 pixels wide, from x on, around y. */
void bench_plot_sign(struct bench_svg *svg, unsigned int series, double x, double y);

#endif /* BENCH_PLOT_PRIV_H */
