/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare_result.h"

static unsigned int
count_cases(const struct compare_plan *plan)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < plan->loads; i++)
		n += compare_sweeps_count(&plan->load[i].sweeps);
	return n;
}

int
compare_result_init(struct compare_result *r, const struct compare_plan *plan)
{
	size_t values;

	memset(r, 0, sizeof(*r));
	r->plan = plan;
	r->actors = plan->backends + compare_plan_has_limit(plan);
	r->ncases = count_cases(plan);
	values = (size_t)r->ncases * r->actors * plan->metrics * plan->rounds;
	r->cases = calloc(r->ncases, sizeof(*r->cases));
	r->value = malloc(values * sizeof(*r->value));
	r->runs = json_array();
	if (r->cases == NULL || r->value == NULL || r->runs == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < values; i++)
		r->value[i] = NAN;
	for (unsigned int i = 0, n = 0; i < plan->loads; i++)
		for (unsigned int k = 0; k < compare_sweeps_count(&plan->load[i].sweeps); k++)
			r->cases[n++] =
				(struct compare_case){.load = &plan->load[i], .combination = k};
	return 0;
}

static void
free_facts(struct compare_facts *f)
{
	for (unsigned int i = 0; i < f->n; i++) {
		free(f->fact[i].text);
		free(f->fact[i].where);
	}
}

void
compare_result_free(struct compare_result *r)
{
	free_facts(&r->commands);
	free_facts(&r->negotiated);
	for (unsigned int i = 0; i < COMPARE_MAX_BACKENDS; i++)
		free(r->version[i]);
	json_decref(r->runs);
	free(r->cases);
	free(r->value);
}

double *
compare_values(const struct compare_result *r, unsigned int index, unsigned int actor,
	       unsigned int metric)
{
	size_t row = ((size_t)index * r->actors + actor) * r->plan->metrics + metric;

	return r->value + row * r->plan->rounds;
}

struct compare_summary
compare_result_summary(const struct compare_result *r, unsigned int index, unsigned int actor,
		       unsigned int metric)
{
	const double *base = NULL;

	if (actor < r->plan->backends && r->plan->backends > 1 && r->plan->metric[metric].ratio)
		base = compare_values(r, index, r->plan->base, metric);
	return compare_summarise(compare_values(r, index, actor, metric), base,
				 r->cases[index].rounds);
}

const char *
compare_actor_name(const struct compare_result *r, unsigned int actor)
{
	return actor < r->plan->backends ? r->plan->backend[actor].program.name : "(load alone)";
}

const char *
compare_case_label(const struct compare_case *c, char *text, size_t size)
{
	const struct compare_sweeps *s = &c->load->sweeps;
	size_t used = (size_t)snprintf(text, size, "%s", c->load->program.name);

	for (unsigned int i = 0; i < s->n && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s=%s", i == 0 ? ": " : " ",
					 s->sweep[i].name,
					 compare_sweeps_value(s, c->combination, i));
	return text;
}

void
compare_facts_add(struct compare_facts *f, const char *text, const char *where)
{
	struct compare_fact *fact;

	for (fact = f->fact; fact < f->fact + f->n; fact++)
		if (strcmp(fact->text, text) == 0) {
			fact->times++;
			return;
		}
	if (f->n == COMPARE_MAX_FACTS)
		return;
	fact->text = strdup(text);
	fact->where = strdup(where);
	fact->times = 1;
	if (fact->text != NULL && fact->where != NULL) {
		f->n++;
		return;
	}
	free(fact->text);
	free(fact->where);
}
