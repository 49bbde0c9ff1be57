/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench_plot_priv.h"

/* Most points of a series. */
#define SWEEP_POINTS 64u
/* Most different values of x. */
#define SWEEP_VALUES (BENCH_PLOT_MAX * SWEEP_POINTS)

/* NaN, infinity and what is below 0 cannot be drawn. */
static bool
sweep_drawable(double value)
{
	return value >= 0 && value < 1e18;
}

/* On a logarithmic axis there is no 0. */
static bool
sweep_valid(const struct bench_plot_points *p, bool log)
{
	if (p->n > SWEEP_POINTS)
		return false;
	for (unsigned int i = 0; i < p->n; i++) {
		if (!sweep_drawable(p->x[i]) || !sweep_drawable(p->y[i]) ||
		    (p->lo != NULL && !sweep_drawable(p->lo[i])) ||
		    (p->hi != NULL && !sweep_drawable(p->hi[i])))
			return false;
		if ((log && p->x[i] == 0) || (i > 0 && p->x[i] <= p->x[i - 1]))
			return false;
	}
	return true;
}

static int
sweep_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The different values of x of all series, rising. */
static unsigned int
sweep_values(const struct bench_plot_points *points, unsigned int n, double *value)
{
	unsigned int all = 0, kept = 0;

	for (unsigned int s = 0; s < n; s++)
		for (unsigned int i = 0; i < points[s].n; i++)
			value[all++] = points[s].x[i];
	qsort(value, all, sizeof(*value), sweep_compare);
	for (unsigned int i = 0; i < all; i++)
		if (i == 0 || value[i] != value[kept - 1])
			value[kept++] = value[i];
	return kept;
}

static double
sweep_max(const struct bench_plot_points *points, unsigned int n)
{
	double max = 0;

	for (unsigned int s = 0; s < n; s++)
		for (unsigned int i = 0; i < points[s].n; i++) {
			max = fmax(max, points[s].y[i]);
			if (points[s].hi != NULL)
				max = fmax(max, points[s].hi[i]);
		}
	return max;
}

static void
sweep_bars(struct bench_svg *svg, const struct bench_plot_points *p, unsigned int i, double px,
	   const struct bench_axis *y, const char *colour)
{
	double lo, hi;

	if (p->lo == NULL || p->hi == NULL)
		return;
	lo = bench_axis_px(y, p->lo[i]);
	hi = bench_axis_px(y, p->hi[i]);
	bench_svg_line(svg, px, lo, px, hi, colour, 1.3, NULL);
	bench_svg_line(svg, px - 4, lo, px + 4, lo, colour, 1.3, NULL);
	bench_svg_line(svg, px - 4, hi, px + 4, hi, colour, 1.3, NULL);
}

static void
sweep_series(struct bench_svg *svg, unsigned int series, const struct bench_plot_points *p,
	     const struct bench_axis *x, const struct bench_axis *y)
{
	const char *colour = bench_plot_colour(series);
	double px[SWEEP_POINTS], py[SWEEP_POINTS];

	for (unsigned int i = 0; i < p->n; i++) {
		px[i] = bench_axis_px(x, p->x[i]);
		py[i] = bench_axis_px(y, p->y[i]);
		sweep_bars(svg, p, i, px[i], y, colour);
	}
	bench_svg_polyline(svg, px, py, p->n, colour, 2.2, bench_plot_dash(series));
	for (unsigned int i = 0; i < p->n; i++)
		bench_svg_marker(svg, series, px[i], py[i], colour);
}

/* From left to right, in as many rows as it takes. */
static double
sweep_legend(struct bench_svg *svg, const struct bench_plot_points *points, unsigned int n,
	     double y)
{
	double x = PLOT_LEFT;

	y += 16;
	for (unsigned int i = 0; i < n; i++) {
		double width = 44 + bench_svg_width(points[i].name, 13.5) + 22;

		if (x > PLOT_LEFT && x + width > PLOT_WIDTH - PLOT_RIGHT) {
			x = PLOT_LEFT;
			y += 21;
		}
		bench_plot_sign(svg, i, x, y - 5);
		bench_svg_text(svg, &(struct bench_svg_style){.x = x + 44, .y = y, .size = 13.5},
			       points[i].name);
		x += width;
	}
	return y;
}

static void
sweep_label(const struct bench_plot_axis *axis, const char *prefix, char *text, size_t size)
{
	const char *unit = axis->unit != NULL ? axis->unit : "";

	if (unit[0] == '\0' && prefix[0] == '\0')
		snprintf(text, size, "%s", axis->label);
	else
		snprintf(text, size, "%s (%s%s)", axis->label, prefix, unit);
}

static void
sweep_draw(struct bench_svg *svg, struct bench_axis *x, struct bench_axis *y,
	   const struct bench_plot_axis *x_axis, const struct bench_plot_axis *y_axis,
	   const struct bench_plot_points *points, unsigned int n, double top)
{
	char x_label[128], y_label[128];

	/* the first and the last point stand a little inside */
	x->px_lo = PLOT_LEFT + 24;
	x->px_hi = PLOT_WIDTH - PLOT_RIGHT - 24;
	y->px_lo = PLOT_HEIGHT - PLOT_BOTTOM;
	y->px_hi = sweep_legend(svg, points, n, top) + 22;
	sweep_label(x_axis, "", x_label, sizeof(x_label));
	sweep_label(y_axis, y->prefix, y_label, sizeof(y_label));
	bench_plot_frame(svg, x, y, x_label, y_label);
	for (unsigned int i = 0; i < n; i++)
		sweep_series(svg, i, &points[i], x, y);
}

void
bench_plot_insert(double *xs, double *ys, unsigned int n, double x, double y)
{
	for (; n > 0 && xs[n - 1] > x; n--) {
		xs[n] = xs[n - 1];
		ys[n] = ys[n - 1];
	}
	xs[n] = x;
	ys[n] = y;
}

int
bench_plot_sweep(const char *path, const struct bench_plot_text *text,
		 const struct bench_plot_axis *x_axis, const struct bench_plot_axis *y_axis,
		 const struct bench_plot_points *points, unsigned int n)
{
	double value[SWEEP_VALUES], top;
	struct bench_axis x, y;
	struct bench_svg svg;
	unsigned int values;
	int ret;

	if (n == 0 || n > BENCH_PLOT_MAX)
		return -EINVAL;
	for (unsigned int i = 0; i < n; i++)
		if (!sweep_valid(&points[i], x_axis->log2))
			return -EINVAL;
	values = sweep_values(points, n, value);
	if (values == 0)
		return -EINVAL;
	bench_axis_values(&x, value, values, x_axis->log2);
	bench_axis_linear(&y, sweep_max(points, n));
	ret = bench_plot_begin(&svg, text, &top);
	if (ret != 0)
		return ret;
	sweep_draw(&svg, &x, &y, x_axis, y_axis, points, n, top);
	return bench_svg_finish(&svg, path);
}
