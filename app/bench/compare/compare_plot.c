/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bench_machine.h"
#include "bench_plot.h"
#include "compare_json.h"

#define MAX_POINTS 64

/* A series. */
struct series {
	char name[128];
	double x[MAX_POINTS], y[MAX_POINTS], lo[MAX_POINTS], hi[MAX_POINTS];
	unsigned int n;
};

/* What is plotted. */
struct plot {
	const char *over; /* the variable */
	struct series series[BENCH_PLOT_MAX];
	unsigned int n;
};

static bool
as_number(const char *text, double *value)
{
	char *end;

	*value = strtod(text, &end);
	return end != text && *end == '\0';
}

/* The variable of a load that has most values which are numbers, two at least. */
static const char *
numeric(const struct compare_sweeps *s)
{
	const char *name = NULL;
	unsigned int best = 1;
	double value;

	for (unsigned int i = 0; i < s->n; i++) {
		unsigned int n = 0;

		for (unsigned int k = 0; k < s->sweep[i].n; k++)
			n += as_number(s->sweep[i].value[k], &value);
		if (n > best) {
			best = n;
			name = s->sweep[i].name;
		}
	}
	return name;
}

/* Name of a series: back-end, and the other variables. @return false: not on this plot */
static bool
name_series(const struct compare_result *r, const struct compare_case *c, unsigned int actor,
	    const char *over, char *name, size_t size, double *x)
{
	const struct compare_sweeps *s = &c->load->sweeps;
	size_t used = (size_t)snprintf(name, size, "%s", compare_actor_name(r, actor));
	bool found = false;

	if (r->plan->loads > 1 && used < size)
		used += (size_t)snprintf(name + used, size - used, ", %s", c->load->program.name);
	for (unsigned int i = 0; i < s->n && used < size; i++) {
		const char *value = compare_sweeps_value(s, c->combination, i);

		if (strcmp(s->sweep[i].name, over) == 0)
			found = as_number(value, x);
		else
			used += (size_t)snprintf(name + used, size - used, ", %s", value);
	}
	return found;
}

static struct series *
find_series(struct plot *p, const char *name)
{
	unsigned int i = 0;

	while (i < p->n && strcmp(p->series[i].name, name) != 0)
		i++;
	if (i == BENCH_PLOT_MAX)
		return NULL;
	if (i == p->n) {
		p->n++;
		snprintf(p->series[i].name, sizeof(p->series[i].name), "%s", name);
	}
	return &p->series[i];
}

/* Insert a point where it belongs: x rises. */
static void
add_point(struct series *s, double x, const struct compare_summary *y)
{
	unsigned int i;

	if (s->n == MAX_POINTS)
		return;
	for (i = s->n++; i > 0 && s->x[i - 1] > x; i--) {
		s->x[i] = s->x[i - 1];
		s->y[i] = s->y[i - 1];
		s->lo[i] = s->lo[i - 1];
		s->hi[i] = s->hi[i - 1];
	}
	s->x[i] = x;
	s->y[i] = y->median;
	s->lo[i] = y->min;
	s->hi[i] = y->max;
}

static void
collect(const struct compare_result *r, struct plot *p)
{
	char name[128];
	double x = 0;

	for (unsigned int i = 0; i < r->ncases && p->over == NULL; i++)
		p->over = numeric(&r->cases[i].load->sweeps);
	for (unsigned int i = 0; p->over != NULL && i < r->ncases * r->actors; i++) {
		unsigned int c = i / r->actors, a = i % r->actors;
		struct compare_summary s = compare_result_summary(r, c, a, 0);
		struct series *series;

		if (s.n == 0 || !name_series(r, &r->cases[c], a, p->over, name, sizeof(name), &x))
			continue;
		series = find_series(p, name);
		if (series != NULL)
			add_point(series, x, &s);
	}
}

int
compare_plot_write(const char *path, const struct compare_result *r, int argc, char *const *argv)
{
	const struct compare_metric *m = &r->plan->metric[0];
	struct bench_plot_points points[BENCH_PLOT_MAX];
	struct plot *p = calloc(1, sizeof(*p));
	struct bench_machine machine;
	char line[300], command[600];
	int rc;

	if (p == NULL)
		return -ENOMEM;
	collect(r, p);
	for (unsigned int i = 0; i < p->n; i++)
		points[i] = (struct bench_plot_points){p->series[i].name, p->series[i].x,
						       p->series[i].y,    p->series[i].lo,
						       p->series[i].hi,   p->series[i].n};
	bench_machine_get(&machine);
	bench_machine_line(&machine, line, sizeof(line));
	bench_command_line(argc, argv, command, sizeof(command));
	rc = p->n == 0 ?
		     -ENODATA :
		     bench_plot_sweep(path,
				      &(struct bench_plot_text){r->plan->title, line, command},
				      &(struct bench_plot_axis){.label = p->over, .log2 = true},
				      &(struct bench_plot_axis){.label = m->title, .unit = m->unit},
				      points, p->n);
	free(p);
	return rc;
}
