/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Plots: axes, and that what is drawn is well-formed, whole and where it belongs.
 */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench_axis.h"
#include "bench_plot.h"
#include "bench_plot_priv.h"

static char dir[32];
static char path[64];
static char *svg;

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/bench-plot-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/p.svg", dir);
	svg = calloc(1, 1 << 20);
	return svg == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	free(svg);
	unlink(path);
	return rmdir(dir);
}

/* ---- axes ---- */

static const struct bench_tick *
find(const struct bench_axis *a, const char *label)
{
	for (unsigned int i = 0; i < a->n; i++)
		if (strcmp(a->tick[i].label, label) == 0)
			return &a->tick[i];
	fail_msg("no mark '%s'", label);
	return NULL;
}

/* From 0 to at least the largest value, with four to ten marks at round values. */
static void
test_linear(void **state)
{
	struct bench_axis a;

	(void)state;
	for (double max = 1e-3; max < 1e12; max *= 1.37) {
		bench_axis_linear(&a, max);
		assert_true(a.lo == 0 && a.hi >= max && a.hi <= max * 1.6);
		assert_in_range(a.n, 4, 10);
		assert_true(fabs(a.tick[a.n - 1].value - a.hi) < 1e-9 * a.hi);
	}
	bench_axis_linear(&a, 14.2e6);
	assert_string_equal(a.prefix, "M");
	assert_true(find(&a, "14")->value == 14e6);
	assert_true(a.hi == 16e6);
	bench_axis_linear(&a, 0);
	assert_true(a.hi > 0);
}

static void
test_time(void **state)
{
	struct bench_axis a;

	(void)state;
	bench_axis_time(&a, 700, 2.3e6);
	assert_true(a.lo == 500);
	assert_true(fabs(a.hi - 5e6) < 1);
	assert_true(fabs(find(&a, "1 µs")->value - 1000) < 1e-6);
	assert_true(fabs(find(&a, "1 ms")->value - 1e6) < 1e-3);
	bench_axis_time(&a, 900, 4000);
	assert_true(fabs(find(&a, "2 µs")->value - 2000) < 1e-6);
	/* one value alone, the largest range, and 0, which has no logarithm */
	bench_axis_time(&a, 1000, 1000);
	assert_true(a.hi > a.lo);
	bench_axis_time(&a, 0, 1e11);
	assert_true(a.lo == 1);
	assert_true(a.n < BENCH_AXIS_TICKS);
	assert_true(fabs(find(&a, "100 s")->value - 1e11) < 1e3);
}

static void
test_percentile(void **state)
{
	struct bench_axis a;

	(void)state;
	bench_axis_percentile(&a, 6);
	assert_true(find(&a, "0 %")->value == 0);
	assert_true(fabs(find(&a, "50 %")->value - log10(2)) < 1e-9);
	assert_true(find(&a, "90 %")->value == 1);
	assert_true(find(&a, "99.99 %")->value == 4);
	assert_true(find(&a, "99.9999 %")->value == 6);
	bench_axis_percentile(&a, 0);
	assert_true(a.hi == 2);
}

static void
test_pixels(void **state)
{
	const double values[] = {64, 256, 1024, 4096};
	struct bench_axis a;

	(void)state;
	bench_axis_values(&a, values, 4, true);
	a.px_lo = 100;
	a.px_hi = 400;
	for (unsigned int i = 0; i < 4; i++)
		assert_true(fabs(bench_axis_px(&a, values[i]) - (100 + 100.0 * i)) < 1e-9);
	/* a single value stands in the middle */
	bench_axis_values(&a, values, 1, true);
	a.px_lo = 100;
	a.px_hi = 400;
	assert_true(fabs(bench_axis_px(&a, 64) - 250) < 1e-9);
}

/* ---- plots ---- */

static unsigned int
count(const char *what)
{
	unsigned int n = 0;

	for (const char *at = svg; (at = strstr(at, what)) != NULL; at++)
		n++;
	return n;
}

/* Every element that is opened is closed, in order; no '<' and no bare '&' in texts. */
static void
check_well_formed(void)
{
	char open[16][32];
	unsigned int depth = 0;

	for (char *at = strchr(svg + 1, '<'); at != NULL; at = strchr(at + 1, '<')) {
		char *end = strchr(at, '>');
		char name[32];

		assert_non_null(end);
		assert_int_equal(sscanf(at + 1 + (at[1] == '/'), "%31[a-z]", name), 1);
		if (at[1] == '/') {
			assert_true(depth > 0);
			assert_string_equal(open[--depth], name);
		} else if (end[-1] != '/') {
			assert_true(depth < 16);
			strncpy(open[depth++], name, 32);
		}
	}
	assert_int_equal(depth, 0);
	for (char *at = strchr(svg, '&'); at != NULL; at = strchr(at + 1, '&'))
		assert_true(strncmp(at, "&amp;", 5) == 0 || strncmp(at, "&lt;", 4) == 0 ||
			    strncmp(at, "&gt;", 4) == 0);
}

/* All numbers in x, y, points: inside the picture; none is "nan" or "inf". */
static void
check_inside(void)
{
	assert_null(strstr(svg, "nan"));
	assert_null(strstr(svg, "inf"));
	for (char *at = svg; (at = strstr(at, "points=\"")) != NULL; at++) {
		char *p = at + strlen("points=\"");
		double x, y, last = 0;
		int n;

		while (sscanf(p, "%lf,%lf%n", &x, &y, &n) == 2) {
			assert_true(x >= PLOT_LEFT - 0.1 && x <= PLOT_WIDTH - PLOT_RIGHT + 0.1);
			assert_true(y >= 0 && y <= PLOT_HEIGHT - PLOT_BOTTOM + 0.1);
			assert_true(x >= last);
			last = x;
			p += n;
		}
	}
}

static void
read_plot(void)
{
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	memset(svg, 0, 1 << 20);
	assert_true(fread(svg, 1, (1 << 20) - 1, file) > 1000);
	fclose(file);
	check_well_formed();
	check_inside();
}

static const struct bench_plot_text text = {
	.title = "a <title> & more", .machine = "machine", .command = "bench 'x'"};

static void
test_latency_plot(void **state)
{
	struct bench_hist h[3];
	const struct bench_plot_curve curve[] = {
		{"first", &h[0]}, {"second", &h[1]}, {"no", &h[2]}};

	(void)state;
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(bench_hist_init(&h[i]), 0);
	for (unsigned int i = 0; i < 100000; i++) {
		bench_hist_record(&h[0], 1000 + i);
		bench_hist_record(&h[1], 2000 + (uint64_t)i * i);
	}
	assert_int_equal(bench_plot_latency(path, &text, curve, 3), 0);
	read_plot();
	assert_int_equal(count("<polyline"), 2);
	assert_non_null(strstr(svg, ">a &lt;title&gt; &amp; more</text>"));
	assert_non_null(strstr(svg, ">machine</text>"));
	assert_non_null(strstr(svg, ">bench 'x'</text>"));
	assert_non_null(strstr(svg, ">99.99 %</text>"));
	assert_non_null(strstr(svg, ">51.0 µs</text>"));
	assert_int_equal(bench_plot_latency(path, &text, curve, 0), -EINVAL);
	assert_int_equal(bench_plot_latency(path, &text, curve, BENCH_PLOT_MAX + 1), -EINVAL);
	for (unsigned int i = 0; i < 3; i++)
		bench_hist_fini(&h[i]);
}

/* Nothing at all, and one sample. */
static void
test_latency_plot_few(void **state)
{
	struct bench_hist h;
	const struct bench_plot_curve curve = {"one", &h};

	(void)state;
	assert_int_equal(bench_hist_init(&h), 0);
	assert_int_equal(bench_plot_latency(path, &text, &curve, 1), 0);
	read_plot();
	bench_hist_record(&h, 0);
	assert_int_equal(bench_plot_latency(path, &text, &curve, 1), 0);
	read_plot();
	bench_hist_fini(&h);
}

static void
test_sweep_plot(void **state)
{
	const double x[] = {64, 1500}, y[] = {5e6, 2e6}, lo[] = {4e6, 1e6}, hi[] = {6e6, 3e6};
	const double bad[] = {5, NAN}, falling[] = {2, 1}, zero[] = {0, 1};
	const struct bench_plot_axis x_axis = {"size", "B", true}, y_axis = {"rate", "pps", false};
	struct bench_plot_points p[] = {{"a", x, y, lo, hi, 2}, {"b", x, y, NULL, NULL, 2}};

	(void)state;
	assert_int_equal(bench_plot_sweep(path, &text, &x_axis, &y_axis, p, 2), 0);
	read_plot();
	assert_int_equal(count("<polyline"), 2);
	assert_non_null(strstr(svg, ">rate (Mpps)</text>"));
	assert_non_null(strstr(svg, ">size (B)</text>"));
	assert_non_null(strstr(svg, ">1500</text>"));
	p[1].y = bad;
	assert_int_equal(bench_plot_sweep(path, &text, &x_axis, &y_axis, p, 2), -EINVAL);
	p[1].y = y;
	p[1].x = falling;
	assert_int_equal(bench_plot_sweep(path, &text, &x_axis, &y_axis, p, 2), -EINVAL);
	p[1].x = zero;
	assert_int_equal(bench_plot_sweep(path, &text, &x_axis, &y_axis, p, 2), -EINVAL);
	p[0].n = p[1].n = 0;
	assert_int_equal(bench_plot_sweep(path, &text, &x_axis, &y_axis, p, 2), -EINVAL);
}

/* Bytes that are no text, in every text, and a command of any length. */
static void
test_odd_texts(void **state)
{
	const double x[] = {1}, y[] = {1};
	const struct bench_plot_axis axis = {"l\x01", "\xff", false};
	const struct bench_plot_points p = {"\xe2\x82z", x, y, NULL, NULL, 1};
	struct bench_plot_text odd = {.title = "\xc3\xa9 \xc3", .machine = "<"};
	char command[3000];

	(void)state;
	memset(command, 'x', sizeof(command) - 1);
	command[sizeof(command) - 1] = '\0';
	odd.command = command;
	assert_int_equal(bench_plot_sweep(path, &odd, &axis, &axis, &p, 1), 0);
	read_plot();
	assert_non_null(strstr(svg, ">\xc3\xa9 ?</text>"));
	assert_non_null(strstr(svg, "?z</text>"));
	assert_non_null(strstr(svg, "…</text>"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_linear),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_percentile),
		cmocka_unit_test(test_pixels),
		cmocka_unit_test_setup_teardown(test_latency_plot, setup, teardown),
		cmocka_unit_test_setup_teardown(test_latency_plot_few, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sweep_plot, setup, teardown),
		cmocka_unit_test_setup_teardown(test_odd_texts, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
