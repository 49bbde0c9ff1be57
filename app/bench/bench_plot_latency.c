/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "bench_plot_priv.h"

/* Points of a curve: one for each two pixels. */
#define LATENCY_POINTS 420u

/* The columns of the legend. */
static const struct {
	const char *name;
	double percent;
} latency_column[] = {
	{"median", 50}, {"99 %", 99}, {"99.9 %", 99.9}, {"99.99 %", 99.99}, {"largest", 100},
};

#define LATENCY_COLUMNS (sizeof(latency_column) / sizeof(latency_column[0]))

/* How far right a curve goes: log10(1 / (1 - p)) where p is all samples but one. */
static double
latency_extent(const struct bench_hist *h)
{
	return h->count > 0 ? log10((double)h->count) : 0;
}

static void
latency_axes(const struct bench_plot_curve *curve, unsigned int n, struct bench_axis *x,
	     struct bench_axis *y)
{
	double extent = 0, min = INFINITY, max = 0;

	for (unsigned int i = 0; i < n; i++) {
		const struct bench_hist *h = curve[i].hist;

		if (h->count == 0)
			continue;
		extent = fmax(extent, latency_extent(h));
		min = fmin(min, (double)bench_hist_min(h));
		max = fmax(max, (double)h->max);
	}
	bench_axis_percentile(x, extent);
	bench_axis_time(y, isinf(min) ? 100 : min, max > 0 ? max : 1e6);
}

/* The last sample is where the curve ends. */
static double
latency_at(const struct bench_hist *h, double extent)
{
	bool last = extent >= latency_extent(h) - 1e-9;
	double ns = last ? (double)h->max :
			   (double)bench_hist_percentile(h, 100 * (1 - pow(10, -extent)));

	return ns < 1 ? 1 : ns;
}

static void
latency_curve(struct bench_svg *svg, unsigned int series, const struct bench_hist *h,
	      const struct bench_axis *x, const struct bench_axis *y)
{
	double px[LATENCY_POINTS], py[LATENCY_POINTS];
	double extent = fmin(latency_extent(h), x->hi);

	if (h->count == 0)
		return;
	for (unsigned int i = 0; i < LATENCY_POINTS; i++) {
		double at = extent * i / (LATENCY_POINTS - 1);

		px[i] = bench_axis_px(x, at);
		py[i] = bench_axis_px(y, latency_at(h, at));
	}
	bench_svg_polyline(svg, px, py, LATENCY_POINTS, bench_plot_colour(series), 2.2,
			   bench_plot_dash(series));
	/* a single sample has no line: its marker stands at 0 % */
	for (unsigned int i = extent > 0; i < x->n; i++)
		if (x->tick[i].value <= extent)
			bench_svg_marker(svg, series, bench_axis_px(x, x->tick[i].value),
					 bench_axis_px(y, latency_at(h, x->tick[i].value)),
					 bench_plot_colour(series));
}

static double
latency_column_px(unsigned int column)
{
	return PLOT_WIDTH - PLOT_RIGHT - 88.0 * (double)(LATENCY_COLUMNS - 1 - column);
}

static void
latency_legend_values(struct bench_svg *svg, const struct bench_hist *h, double y)
{
	char text[32];

	for (unsigned int i = 0; i < LATENCY_COLUMNS; i++) {
		struct bench_svg_style style = {latency_column_px(i), y, 13, .anchor = "end"};

		if (h == NULL) {
			style.colour = PLOT_GREY;
			bench_svg_text(svg, &style, latency_column[i].name);
			continue;
		}
		if (h->count == 0)
			continue;
		bench_axis_format_time((double)bench_hist_percentile(h, latency_column[i].percent),
				       text, sizeof(text));
		bench_svg_text(svg, &style, text);
	}
}

/* A table: what one asks for first can be read without a ruler. */
static double
latency_legend(struct bench_svg *svg, const struct bench_plot_curve *curve, unsigned int n,
	       double y)
{
	y += 12;
	latency_legend_values(svg, NULL, y);
	for (unsigned int i = 0; i < n; i++) {
		double room = latency_column_px(0) - 62 - (PLOT_LEFT + 44);
		double width = bench_svg_width(curve[i].name, 13.5);
		struct bench_svg_style style = {.x = PLOT_LEFT + 44, .y = y + 20};

		y += 20;
		bench_plot_sign(svg, i, PLOT_LEFT, y - 5);
		style.size = fmax(width > room ? 13.5 * room / width : 13.5, 9.5);
		bench_svg_text(svg, &style, curve[i].name);
		latency_legend_values(svg, curve[i].hist, y);
	}
	return y;
}

int
bench_plot_latency(const char *path, const struct bench_plot_text *text,
		   const struct bench_plot_curve *curve, unsigned int n)
{
	struct bench_axis x, y;
	struct bench_svg svg;
	double top;
	int ret;

	if (n == 0 || n > BENCH_PLOT_MAX)
		return -EINVAL;
	ret = bench_plot_begin(&svg, text, &top);
	if (ret != 0)
		return ret;
	top = latency_legend(&svg, curve, n, top);
	latency_axes(curve, n, &x, &y);
	x.px_lo = PLOT_LEFT;
	x.px_hi = PLOT_WIDTH - PLOT_RIGHT;
	y.px_lo = PLOT_HEIGHT - PLOT_BOTTOM;
	y.px_hi = top + 20;
	bench_plot_frame(&svg, &x, &y, "percentile", "latency");
	for (unsigned int i = 0; i < n; i++)
		latency_curve(&svg, i, curve[i].hist, &x, &y);
	return bench_svg_finish(&svg, path);
}
