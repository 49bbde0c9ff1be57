/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BENCH_SVG_H
#define BENCH_SVG_H

/**
 * @file
 * An SVG picture, written as text: what bench_plot.h draws with.
 *
 * Errors are kept: bench_svg_finish() tells them. Coordinates are pixels from the top left.
 */

#include <stdbool.h>
#include <stdio.h>

/** A picture under way. */
struct bench_svg {
	FILE *out;   /**< Grows in memory. */
	char *data;  /**< What was written. */
	size_t size; /**< Bytes of it. */
};

/** How a text looks and where it stands. */
struct bench_svg_style {
	double x;           /**< Of its anchor. */
	double y;           /**< Of its base line. */
	double size;        /**< Font size. */
	const char *anchor; /**< "start", "middle" or "end"; NULL: start. */
	const char *colour; /**< NULL: black. */
	bool bold;          /**< Bold. */
	bool mono;          /**< Fixed width, 0.6 of the font size. */
	bool upright;       /**< Turned by 90 degrees, read from bottom to top. */
};

/** Begin a picture on a white ground. @return 0 or -ENOMEM */
int bench_svg_begin(struct bench_svg *svg, double width, double height);

/** End it and write it by bench_file_write(). @return 0 or -errno */
int bench_svg_finish(struct bench_svg *svg, const char *path);

/** A text. Characters that XML does not allow become '?'. */
void bench_svg_text(struct bench_svg *svg, const struct bench_svg_style *style, const char *text);

/** A straight line. @param dash pattern of stroke-dasharray, or NULL */
void bench_svg_line(struct bench_svg *svg, double x1, double y1, double x2, double y2,
		    const char *colour, double width, const char *dash);

/** A line through n points. @param dash as bench_svg_line() */
void bench_svg_polyline(struct bench_svg *svg, const double *x, const double *y, unsigned int n,
			const char *colour, double width, const char *dash);

/** A marker about 9 pixels wide. @param shape 0 to 7, each looks different */
void
bench_svg_marker(struct bench_svg *svg, unsigned int shape, double x, double y, const char *colour);

/** About how wide a text will be: fonts differ. */
double bench_svg_width(const char *text, double font_size);

#endif /* BENCH_SVG_H */
