/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/* Rounds: all back-ends in turn, and whether the CPUs stayed where they were. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare_distance.h"
#include "compare_run.h"

#define DISTANCE_SECONDS 0.1
/* Rounds of a case that are repeated, for each round asked for. */
#define MAX_REPEATS 2
#define VERSION_TIMEOUT 30

/* A round at work. */
struct round {
	struct compare_result *r;
	struct bench_live *live;
	unsigned int index;  /* of the case */
	unsigned int number; /* of the round */
	double near, far;    /* distances during it */
	json_t *runs;        /* its runs, for --json */
};

/* Measure the distance, unless it is known that this cannot be done. */
static void
probe(struct round *o)
{
	const struct compare_plan *plan = o->r->plan;
	double ns = 0;

	if (o->r->why_no_distance != NULL)
		return;
	if (plan->cpu == plan->cpu_guest)
		o->r->why_no_distance = "back-end and load share a CPU";
	else if (compare_distance(plan->cpu_guest, plan->cpu, DISTANCE_SECONDS, &ns) != 0)
		o->r->why_no_distance = "the CPUs cannot be used by this program";
	if (o->r->why_no_distance != NULL)
		return;
	o->near = o->near == 0 || ns < o->near ? ns : o->near;
	o->far = ns > o->far ? ns : o->far;
}

static void
show(struct round *o, unsigned int actor)
{
	const struct compare_result *r = o->r;
	char line[400], label[256];

	snprintf(line, sizeof(line), "%u/%u  %s  round %u/%u%s  %s", o->index + 1, r->ncases,
		 compare_case_label(&r->cases[o->index], label, sizeof(label)), o->number + 1,
		 r->plan->rounds, r->cases[o->index].repeated != 0 ? " (some repeated)" : "",
		 compare_actor_name(r, actor));
	bench_live_show(o->live, line);
}

static int
note_run(struct round *o, const struct compare_run *run, const double *value, unsigned int actor)
{
	const struct compare_plan *plan = o->r->plan;
	json_t *entry = json_object(), *values = json_object();
	char label[256];

	for (unsigned int i = 0; i < plan->metrics; i++)
		json_object_set_new(values, plan->metric[i].name,
				    isnan(value[i]) ? json_null() : json_real(value[i]));
	compare_case_label(run->at, label, sizeof(label));
	json_object_set_new(entry, "case", json_string(label));
	json_object_set_new(entry, "backend",
			    run->backend != NULL ? json_string(compare_actor_name(o->r, actor)) :
						   json_null());
	json_object_set_new(entry, "round", json_integer(o->number + 1));
	json_object_set_new(entry, "values", values);
	if (run->json != NULL)
		json_object_set(entry, "load", run->json);
	return json_array_append_new(o->runs, entry);
}

static int
one_run(struct round *o, unsigned int actor, struct compare_error *err)
{
	const struct compare_plan *plan = o->r->plan;
	struct compare_case *c = &o->r->cases[o->index];
	double value[COMPARE_MAX_METRICS];
	struct compare_run run;
	int rc;

	show(o, actor);
	rc = compare_run_open(&run, plan, actor < plan->backends ? &plan->backend[actor] : NULL, c,
			      err);
	if (rc == 0)
		rc = compare_run_do(&run, o->r, err);
	if (rc == 0)
		rc = compare_run_values(&run, value, err);
	if (rc == 0 && note_run(o, &run, value, actor) != 0)
		rc = compare_fail(err, -ENOMEM, "out of memory");
	for (unsigned int i = 0; rc == 0 && i < plan->metrics; i++)
		compare_values(o->r, o->index, actor, i)[o->number] = value[i];
	compare_run_close(&run);
	return rc;
}

/* All in turn. @return 0; -EAGAIN: the CPUs moved meanwhile */
static int
one_round(struct round *o, struct compare_error *err)
{
	struct compare_case *c = &o->r->cases[o->index];
	int rc = 0;

	o->near = o->far = 0;
	probe(o);
	for (unsigned int a = 0; rc == 0 && a < o->r->actors; a++) {
		if (a == o->r->plan->backends && c->load->limit == NULL)
			continue;
		rc = one_run(o, a, err);
		probe(o);
	}
	if (rc != 0)
		return rc;
	return o->far > COMPARE_DISTANCE_CHANGE * o->near ? -EAGAIN : 0;
}

/* One round, again where it did not count. */
static int
good_round(struct round *o, struct compare_error *err)
{
	struct compare_case *c = &o->r->cases[o->index];
	int rc;

	for (;;) {
		o->runs = json_array();
		rc = o->runs == NULL ? compare_fail(err, -ENOMEM, "out of memory") :
				       one_round(o, err);
		if (rc != -EAGAIN || c->repeated == MAX_REPEATS * o->r->plan->rounds)
			break;
		json_decref(o->runs);
		c->repeated++;
	}
	if (rc == -EAGAIN) {
		c->unsteady++;
		rc = 0;
	}
	if (rc == 0) {
		json_array_extend(o->r->runs, o->runs);
		c->rounds++;
		c->near = c->near == 0 || o->near < c->near ? o->near : c->near;
		c->far = o->far > c->far ? o->far : c->far;
	}
	json_decref(o->runs);
	return rc;
}

int
compare_rounds(struct compare_result *r, struct bench_live *live, struct compare_error *err)
{
	struct round o = {.r = r, .live = live};
	int rc = 0;

	for (o.index = 0; rc == 0 && o.index < r->ncases; o.index++)
		for (o.number = 0; rc == 0 && o.number < r->plan->rounds; o.number++)
			rc = good_round(&o, err);
	bench_live_end(live);
	return rc;
}

/* The first line that a back-end's version command prints. */
static int
version_of(struct compare_result *r, unsigned int index, struct compare_error *err)
{
	const struct compare_backend *b = &r->plan->backend[index];
	struct compare_run run;
	char log[96], **words = NULL;
	int rc = compare_run_open(&run, r->plan, b, &r->cases[0], err);

	if (rc == 0)
		rc = compare_run_words(&run, &b->program, b->version, NULL, &words, err);
	if (rc == 0) {
		snprintf(log, sizeof(log), "%s/version.out", run.dir);
		rc = compare_child_start(&run.back, b->program.name, words, log, NULL, err);
	}
	if (rc == 0)
		rc = compare_child_await_end(&run.back, VERSION_TIMEOUT, (compare_watch){NULL},
					     err);
	if (rc == 0 && (run.back_output = compare_child_output(&run.back)) != NULL)
		r->version[index] = strndup(run.back_output, strcspn(run.back_output, "\n"));
	compare_words_free(words);
	compare_run_close(&run);
	return rc;
}

int
compare_versions(struct compare_result *r, struct compare_error *err)
{
	int rc = 0;

	for (unsigned int i = 0; rc == 0 && i < r->plan->backends; i++)
		if (r->plan->backend[i].version != NULL)
			rc = version_of(r, i, err);
	return rc;
}
