/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench_axis.h"

static struct bench_tick *
axis_add(struct bench_axis *a, double value)
{
	struct bench_tick *tick = &a->tick[a->n < BENCH_AXIS_TICKS ? a->n++ : a->n - 1];

	tick->value = value;
	tick->label[0] = '\0';
	return tick;
}

static void
axis_begin(struct bench_axis *a, double lo, double hi, bool log)
{
	memset(a, 0, sizeof(*a));
	a->lo = lo;
	a->hi = hi;
	a->log = log;
	a->unit = 1;
	a->prefix = "";
}

/* The smallest of 1, 2, 5, 10, 20, 50, ... (and their fractions) that is not below value. */
static double
axis_round_up(double value)
{
	double power = pow(10, floor(log10(value)));
	double digit = value / power;

	/* a hair of tolerance: 5.000000001 is 5 */
	return power * (digit <= 1.0000001 ? 1 :
			digit <= 2.0000001 ? 2 :
			digit <= 5.0000001 ? 5 :
					     10);
}

static double
axis_round_down(double value)
{
	double power = pow(10, floor(log10(value) + 1e-9));
	double digit = value / power;

	return power * (digit >= 4.9999999 ? 5 : digit >= 1.9999999 ? 2 : 1);
}

static void
axis_choose_unit(struct bench_axis *a)
{
	static const char *const prefix[] = {"", "k", "M", "G", "T"};
	unsigned int i = 0;

	while (i + 1 < sizeof(prefix) / sizeof(prefix[0]) && a->hi / a->unit >= 2000) {
		a->unit *= 1000;
		i++;
	}
	a->prefix = prefix[i];
}

void
bench_axis_linear(struct bench_axis *a, double max)
{
	double step = axis_round_up((max > 0 ? max : 1) / 8);
	unsigned int steps = (unsigned int)ceil((max > 0 ? max : 1) / step - 1e-9);

	axis_begin(a, 0, steps * step, false);
	axis_choose_unit(a);
	for (unsigned int i = 0; i <= steps; i++) {
		struct bench_tick *tick = axis_add(a, i * step);

		snprintf(tick->label, sizeof(tick->label), "%.6g", i * step / a->unit);
	}
}

void
bench_axis_format_time(double ns, char *text, size_t size)
{
	static const char *const unit[] = {"ns", "µs", "ms", "s"};
	unsigned int i = 0;
	int decimals;

	for (; i < 3 && ns >= 999.5; i++)
		ns /= 1000;
	decimals = ns == floor(ns) || ns >= 99.95 ? 0 : ns >= 9.995 ? 1 : 2;
	snprintf(text, size, "%.*f %s", decimals, ns, unit[i]);
}

void
bench_axis_time(struct bench_axis *a, double min, double max)
{
	double decades;

	if (min < 1)
		min = 1;
	axis_begin(a, axis_round_down(min), axis_round_up(fmax(max, min)), true);
	if (a->hi <= a->lo * 2.1)
		a->hi = a->lo * 5;
	decades = log10(a->hi / a->lo);
	for (double power = pow(10, floor(log10(a->lo) + 1e-9)); power <= a->hi * 1.001;
	     power *= 10)
		for (unsigned int digit = 1; digit < 10; digit++) {
			double value = power * digit;
			struct bench_tick *tick;

			if (value < a->lo * 0.999 || value > a->hi * 1.001)
				continue;
			tick = axis_add(a, value);
			if (digit == 1 || (decades < 3.5 && (digit == 2 || digit == 5)))
				bench_axis_format_time(value, tick->label, sizeof(tick->label));
		}
}

void
bench_axis_percentile(struct bench_axis *a, double max)
{
	/* two nines at least, so that there is something to see, six at most: few have more */
	double hi = fmin(fmax(max, 2), 6.5);

	axis_begin(a, 0, hi, false);
	snprintf(axis_add(a, 0)->label, sizeof(a->tick[0].label), "0 %%");
	snprintf(axis_add(a, log10(2))->label, sizeof(a->tick[0].label), "50 %%");
	for (int nines = 1; nines <= (int)(hi + 1e-6); nines++) {
		struct bench_tick *tick = axis_add(a, nines);

		snprintf(tick->label, sizeof(tick->label), "%.*f %%", nines > 2 ? nines - 2 : 0,
			 100 - pow(10, 2 - nines));
	}
}

void
bench_axis_values(struct bench_axis *a, const double *value, unsigned int n, bool log)
{
	double lo = value[0], hi = value[n - 1];

	if (hi <= lo) {
		lo = log ? lo / 2 : lo - 1;
		hi = log ? hi * 2 : hi + 1;
	}
	axis_begin(a, lo, hi, log);
	for (unsigned int i = 0; i < n; i++) {
		struct bench_tick *tick = axis_add(a, value[i]);

		snprintf(tick->label, sizeof(tick->label), "%.8g", value[i]);
	}
}

double
bench_axis_px(const struct bench_axis *a, double value)
{
	double part;

	if (a->log)
		part = log(value / a->lo) / log(a->hi / a->lo);
	else
		part = (value - a->lo) / (a->hi - a->lo);
	return a->px_lo + part * (a->px_hi - a->px_lo);
}
