/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bench_file.h"
#include "bench_machine.h"
#include "compare_distance.h"
#include "compare_table.h"
#include "foo_version.h"

#define COLUMNS 8
#define CELL 96

/* A table of texts; the first row is its head. */
struct grid {
	char (*cell)[COLUMNS][CELL];
	unsigned int rows;
};

void
compare_format(double value, char *text, size_t size)
{
	double a = fabs(value);
	int digits = a >= 1000 ? 0 : a >= 100 ? 1 : a >= 10 ? 2 : 3;

	if (isnan(value))
		snprintf(text, size, "-");
	else
		snprintf(text, size, "%.*f", digits, value);
}

static void
fill_row(const struct compare_result *r, char (*cell)[CELL], unsigned int index, unsigned int actor,
	 unsigned int metric)
{
	struct compare_summary s = compare_result_summary(r, index, actor, metric);
	const struct compare_case *c = &r->cases[index];

	snprintf(cell[1], CELL, "%s", compare_actor_name(r, actor));
	compare_format(s.median, cell[2], CELL);
	compare_format(s.min, cell[3], CELL);
	compare_format(s.max, cell[4], CELL);
	if (isnan(s.ratio))
		snprintf(cell[5], CELL, "-");
	else
		snprintf(cell[5], CELL, "%.2f", s.ratio);
	snprintf(cell[6], CELL, "%u", s.n);
	if (c->far > 0)
		snprintf(cell[7], CELL, "%.0f-%.0f ns", c->near, c->far);
	else
		snprintf(cell[7], CELL, "-");
}

/* @return false: memory is short */
static bool
make_grid(const struct compare_result *r, unsigned int metric, struct grid *g)
{
	static const char *const head[COLUMNS] = {"load", "back-end", "median", "min",
						  "max",  "ratio",    "rounds", "CPUs apart"};
	bool first;

	g->rows = 1;
	g->cell = calloc((size_t)r->ncases * r->actors + 1, sizeof(*g->cell));
	if (g->cell == NULL)
		return false;
	for (unsigned int i = 0; i < COLUMNS; i++)
		snprintf(g->cell[0][i], CELL, "%s", head[i]);
	for (unsigned int c = 0; c < r->ncases; c++) {
		first = true;
		for (unsigned int a = 0; a < r->actors; a++) {
			fill_row(r, g->cell[g->rows], c, a, metric);
			/* a load whose own limit has no such figure, a case not reached */
			if (g->cell[g->rows][6][0] == '0')
				continue;
			compare_case_label(&r->cases[c], g->cell[g->rows][0], CELL);
			if (!first)
				snprintf(g->cell[g->rows][0], CELL, "\\");
			first = false;
			g->rows++;
		}
	}
	return true;
}

static void
print_rule(FILE *out, const unsigned int *width)
{
	for (unsigned int c = 0; c < COLUMNS; c++) {
		fputs(c != 0 ? "  " : "", out);
		for (unsigned int i = 0; i < width[c]; i++)
			fputc('=', out);
	}
	fputc('\n', out);
}

static void
print_grid(FILE *out, const struct grid *g, bool rst)
{
	unsigned int width[COLUMNS] = {0};

	for (unsigned int i = 0; i < g->rows * COLUMNS; i++)
		if (strlen(g->cell[i / COLUMNS][i % COLUMNS]) > width[i % COLUMNS])
			width[i % COLUMNS] =
				(unsigned int)strlen(g->cell[i / COLUMNS][i % COLUMNS]);
	print_rule(out, width);
	for (unsigned int i = 0; i < g->rows; i++) {
		for (unsigned int c = 0; c < COLUMNS; c++) {
			const char *text = g->cell[i][c];

			/* the backslash is rst's empty cell */
			if (c == 0 && !rst && strcmp(text, "\\") == 0)
				text = "";
			fprintf(out, c < 2 ? "%s%-*s" : "%s%*s", c != 0 ? "  " : "", (int)width[c],
				text);
		}
		fputc('\n', out);
		if (i == 0)
			print_rule(out, width);
	}
	print_rule(out, width);
}

static void
print_metric(FILE *out, const struct compare_result *r, unsigned int metric, bool rst)
{
	const struct compare_plan *plan = r->plan;
	const struct compare_metric *m = &plan->metric[metric];
	struct grid g;

	fprintf(out, "\n%s%s%s (%s is better", rst ? "**" : "", m->title, rst ? "**" : "",
		m->higher ? "higher" : "lower");
	if (m->unit[0] != '\0')
		fprintf(out, "; %s", m->unit);
	if (m->ratio && plan->backends > 1)
		fprintf(out, "; ratio: median over the rounds of x / %s",
			plan->backend[plan->base].program.name);
	fputs(")\n\n", out);
	if (!make_grid(r, metric, &g))
		return;
	print_grid(out, &g, rst);
	free(g.cell);
}

static void
print_head(FILE *out, const struct compare_result *r, bool rst)
{
	const struct compare_plan *plan = r->plan;
	const char *item = rst ? "- " : "";
	struct bench_machine machine;
	char line[512];

	bench_machine_get(&machine);
	bench_machine_line(&machine, line, sizeof(line));
	fprintf(out, "%s\n\n%smachine: %s\n", plan->title, item, line);
	fprintf(out, "%sfile: %s; %u rounds, back-ends in turn, %g s each\n", item, plan->ini.path,
		plan->rounds, plan->seconds);
	fprintf(out, "%sCPU of the back-end: %u, of the load: %u\n", item, plan->cpu,
		plan->cpu_guest);
	fprintf(out, "%sversions: dpdk-foo-bench %s", item, FOO_VERSION_STRING);
	for (unsigned int i = 0; i < plan->backends; i++)
		fprintf(out, "; %s: %s", plan->backend[i].program.name,
			r->version[i] != NULL ? r->version[i] : "no version= in the file");
	fputc('\n', out);
}

static void
print_distance(FILE *out, const struct compare_result *r, bool rst)
{
	unsigned int repeated = 0, unsteady = 0, rounds = 0;
	double near = 0, far = 0;

	for (unsigned int i = 0; i < r->ncases; i++) {
		const struct compare_case *c = &r->cases[i];

		repeated += c->repeated;
		unsteady += c->unsteady;
		rounds += c->rounds;
		near = near == 0 || (c->near > 0 && c->near < near) ? c->near : near;
		far = c->far > far ? c->far : far;
	}
	fprintf(out, "\n%s", rst ? "- " : "");
	if (r->why_no_distance != NULL)
		fprintf(out, "distance of the CPUs: not measured (%s)\n", r->why_no_distance);
	else
		fprintf(out,
			"distance of the CPUs: %.0f to %.0f ns there and back; of %u rounds "
			"%u were repeated because it changed by %.1f or more, %u kept although it "
			"did\n",
			near, far, rounds + repeated, repeated, COMPARE_DISTANCE_CHANGE, unsteady);
	if (r->found != 0)
		fprintf(out,
			"%strouble found by the load (loss, corruption, errors) in %u runs: "
			"see --json\n",
			rst ? "- " : "", r->found);
}

static void
print_facts(FILE *out, const char *head, const struct compare_facts *f)
{
	if (f->n == 0)
		return;
	fprintf(out, "\n%s::\n\n", head);
	for (unsigned int i = 0; i < f->n; i++) {
		fprintf(out, "    # %s", f->fact[i].where);
		if (f->fact[i].times > 1)
			fprintf(out, " (%u runs)", f->fact[i].times);
		fprintf(out, "\n    %s\n", f->fact[i].text);
	}
}

static void
print(FILE *out, const struct compare_result *r, bool rst)
{
	print_head(out, r, rst);
	for (unsigned int i = 0; i < r->plan->metrics; i++)
		print_metric(out, r, i, rst);
	print_distance(out, r, rst);
	print_facts(out, "Negotiated, as of the first run", &r->negotiated);
	print_facts(out,
		    "Commands, W being an empty folder and P a name of its own, as of the "
		    "first run",
		    &r->commands);
}

void
compare_table_print(FILE *out, const struct compare_result *r)
{
	print(out, r, false);
}

int
compare_table_rst(const char *path, const struct compare_result *r)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	int rc;

	if (f == NULL)
		return -ENOMEM;
	print(f, r, true);
	rc = fclose(f) == 0 ? bench_file_write(path, text, size) : -ENOMEM;
	free(text);
	return rc;
}
