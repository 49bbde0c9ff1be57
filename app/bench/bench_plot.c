/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "bench_plot_priv.h"

#define PLOT_GRID "#dddddd"
#define PLOT_GRID_MINOR "#f0f0f0"
#define PLOT_COMMAND_SIZE 11.0
#define PLOT_COMMAND_LINES 3u

/* Colours of Okabe and Ito, who chose them for the colour-blind, the darker ones first. */
const char *
bench_plot_colour(unsigned int series)
{
	static const char *const colour[BENCH_PLOT_MAX] = {
		"#0072b2", "#d55e00", "#009e73", "#cc79a7",
		"#000000", "#e69f00", "#56b4e9", "#777777",
	};

	return colour[series % BENCH_PLOT_MAX];
}

const char *
bench_plot_dash(unsigned int series)
{
	static const char *const dash[BENCH_PLOT_MAX] = {
		NULL, "9 4", "3 3", "10 3 3 3", "6 2", "2 4", "12 5", "8 3 2 3 2 3",
	};

	return dash[series % BENCH_PLOT_MAX];
}

/* How many characters of text go into a line of max: up to a space if there is one. */
static size_t
plot_break(const char *text, size_t max)
{
	size_t n = max;

	if (strlen(text) <= max)
		return strlen(text);
	while (n > max / 2 && text[n] != ' ')
		n--;
	return text[n] == ' ' ? n : max;
}

/* The command, in a few lines; what does not fit is cut, with a sign. */
static double
plot_command(struct bench_svg *svg, const char *command, double y)
{
	const double width = PLOT_WIDTH - PLOT_LEFT - PLOT_RIGHT;
	const size_t max = (size_t)(width / (0.602 * PLOT_COMMAND_SIZE));
	char line[256];

	for (unsigned int i = 0; i < PLOT_COMMAND_LINES && *command != '\0'; i++) {
		size_t n = plot_break(command, max - 2);
		bool cut = i + 1 == PLOT_COMMAND_LINES && command[n] != '\0';
		struct bench_svg_style style = {PLOT_LEFT, y, PLOT_COMMAND_SIZE,
						.colour = PLOT_GREY, .mono = true};

		snprintf(line, sizeof(line), "%s%.*s%s", i > 0 ? "  " : "", (int)n, command,
			 cut ? "…" : "");
		bench_svg_text(svg, &style, line);
		y += PLOT_COMMAND_SIZE * 1.4;
		command += n;
		command += strspn(command, " ");
	}
	return y;
}

int
bench_plot_begin(struct bench_svg *svg, const struct bench_plot_text *text, double *y)
{
	double width = bench_svg_width(text->title, 21), room = PLOT_WIDTH - PLOT_LEFT - PLOT_RIGHT;
	int ret = bench_svg_begin(svg, PLOT_WIDTH, PLOT_HEIGHT);

	if (ret != 0)
		return ret;
	*y = 38;
	bench_svg_text(svg,
		       &(struct bench_svg_style){
			       PLOT_LEFT, *y, width > room ? 21 * room / width : 21, .bold = true},
		       text->title);
	*y += 21;
	if (text->machine != NULL) {
		bench_svg_text(svg,
			       &(struct bench_svg_style){PLOT_LEFT, *y, 12.5, .colour = PLOT_GREY},
			       text->machine);
		*y += 17;
	}
	if (text->command != NULL)
		*y = plot_command(svg, text->command, *y);
	return 0;
}

static void
plot_frame_x(struct bench_svg *svg, const struct bench_axis *x, const struct bench_axis *y)
{
	double room = -1e9;

	for (unsigned int i = 0; i < x->n; i++) {
		const char *label = x->tick[i].label;
		double px = bench_axis_px(x, x->tick[i].value);
		double half = bench_svg_width(label, 13) / 2;

		bench_svg_line(svg, px, y->px_lo, px, y->px_hi,
			       label[0] != '\0' ? PLOT_GRID : PLOT_GRID_MINOR, 1, NULL);
		/* labels that would touch the one before are left out */
		if (label[0] == '\0' || px - half < room)
			continue;
		room = px + half + 6;
		bench_svg_line(svg, px, y->px_lo, px, y->px_lo + 5, "#333333", 1, NULL);
		bench_svg_text(svg,
			       &(struct bench_svg_style){px, y->px_lo + 21, 13, .anchor = "middle"},
			       label);
	}
}

static void
plot_frame_y(struct bench_svg *svg, const struct bench_axis *y)
{
	for (unsigned int i = 0; i < y->n; i++) {
		const char *label = y->tick[i].label;
		double px = bench_axis_px(y, y->tick[i].value);

		bench_svg_line(svg, PLOT_LEFT, px, PLOT_WIDTH - PLOT_RIGHT, px,
			       label[0] != '\0' ? PLOT_GRID : PLOT_GRID_MINOR, 1, NULL);
		if (label[0] == '\0')
			continue;
		bench_svg_line(svg, PLOT_LEFT - 5, px, PLOT_LEFT, px, "#333333", 1, NULL);
		bench_svg_text(
			svg,
			&(struct bench_svg_style){PLOT_LEFT - 9, px + 4.5, 13, .anchor = "end"},
			label);
	}
}

void
bench_plot_frame(struct bench_svg *svg, const struct bench_axis *x, const struct bench_axis *y,
		 const char *x_label, const char *y_label)
{
	plot_frame_x(svg, x, y);
	plot_frame_y(svg, y);
	bench_svg_line(svg, PLOT_LEFT, y->px_lo, PLOT_WIDTH - PLOT_RIGHT, y->px_lo, "#333333", 1.2,
		       NULL);
	bench_svg_line(svg, PLOT_LEFT, y->px_lo, PLOT_LEFT, y->px_hi, "#333333", 1.2, NULL);
	bench_svg_text(svg,
		       &(struct bench_svg_style){(x->px_lo + x->px_hi) / 2, y->px_lo + 48, 14,
						 .anchor = "middle"},
		       x_label);
	bench_svg_text(svg,
		       &(struct bench_svg_style){30, (y->px_lo + y->px_hi) / 2, 14,
						 .anchor = "middle", .upright = true},
		       y_label);
}

void
bench_plot_sign(struct bench_svg *svg, unsigned int series, double x, double y)
{
	bench_svg_line(svg, x, y, x + 34, y, bench_plot_colour(series), 2.2,
		       bench_plot_dash(series));
	bench_svg_marker(svg, series, x + 17, y, bench_plot_colour(series));
}
