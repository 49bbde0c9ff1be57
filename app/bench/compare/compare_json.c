/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <math.h>

#include "bench_json.h"
#include "compare_json.h"

static json_t *
number(double value)
{
	return isnan(value) ? json_null() : json_real(value);
}

static json_t *
facts(const struct compare_facts *f)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < f->n; i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:i}", "text", f->fact[i].text, "first",
						f->fact[i].where, "runs", (int)f->fact[i].times));
	return list;
}

static json_t *
config(const struct compare_plan *plan)
{
	json_t *vars = json_object();

	for (unsigned int i = 0; i < plan->vars.n; i++)
		json_object_set_new(vars, plan->vars.var[i].name,
				    json_string(plan->vars.var[i].value));
	return json_pack("{s:s, s:s, s:i, s:f, s:f, s:s, s:[i,i], s:o}", "file", plan->ini.path,
			 "title", plan->title, "rounds", (int)plan->rounds, "seconds",
			 plan->seconds, "settle", plan->settle, "base",
			 plan->backend[plan->base].program.name, "cpus", (int)plan->cpu,
			 (int)plan->cpu_guest, "vars", vars);
}

static json_t *
backends(const struct compare_result *r)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < r->plan->backends; i++)
		json_array_append_new(list, json_pack("{s:s, s:s?}", "name",
						      r->plan->backend[i].program.name, "version",
						      r->version[i]));
	return list;
}

/* A row of a table. */
static json_t *
row(const struct compare_result *r, unsigned int index, unsigned int actor, unsigned int metric)
{
	struct compare_summary s = compare_result_summary(r, index, actor, metric);
	const struct compare_metric *m = &r->plan->metric[metric];

	if (s.n == 0)
		return NULL;
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:i}", "backend",
			 compare_actor_name(r, actor), "metric", m->name, "unit", m->unit, "better",
			 m->higher ? "higher" : "lower", "median", number(s.median), "min",
			 number(s.min), "max", number(s.max), "ratio", number(s.ratio), "rounds",
			 (int)s.n);
}

static json_t *
one_case(const struct compare_result *r, unsigned int index)
{
	const struct compare_case *c = &r->cases[index];
	const struct compare_sweeps *s = &c->load->sweeps;
	json_t *vars = json_object(), *rows = json_array();

	for (unsigned int i = 0; i < s->n; i++)
		json_object_set_new(vars, s->sweep[i].name,
				    json_string(compare_sweeps_value(s, c->combination, i)));
	for (unsigned int a = 0; a < r->actors; a++)
		for (unsigned int m = 0; m < r->plan->metrics; m++)
			json_array_append_new(rows, row(r, index, a, m));
	return json_pack("{s:s, s:o, s:i, s:i, s:i, s:f, s:f, s:o}", "load", c->load->program.name,
			 "vars", vars, "rounds", (int)c->rounds, "repeated", (int)c->repeated,
			 "unsteady", (int)c->unsteady, "distance_min_ns", c->near,
			 "distance_max_ns", c->far, "table", rows);
}

int
compare_json_write(const char *path, const struct compare_result *r, int argc, char *const *argv)
{
	json_t *root = bench_json_run(argc, argv), *cases = json_array();
	int rc;

	for (unsigned int i = 0; i < r->ncases; i++)
		json_array_append_new(cases, one_case(r, i));
	json_object_set_new(root, "config", config(r->plan));
	json_object_set_new(root, "backends", backends(r));
	json_object_set_new(root, "negotiated", facts(&r->negotiated));
	json_object_set_new(root, "commands", facts(&r->commands));
	json_object_set_new(root, "cases", cases);
	json_object_set(root, "runs", r->runs);
	json_object_set_new(root, "found", json_integer(r->found));
	rc = bench_json_write(root, path);
	json_decref(root);
	return rc;
}
