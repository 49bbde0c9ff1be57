/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/* The metrics of a run. */

#include <math.h>

#include "compare_run.h"

/* What a program's own "metric.NAME" finds in its output. */
static int
own_value(const struct compare_program *p, const char *metric, const char *output, double *value)
{
	char name[80];
	const char *regex;

	snprintf(name, sizeof(name), "metric.%s", metric);
	regex = compare_ini_get(p->section, name);
	if (regex == NULL || output == NULL)
		return -ENOENT;
	return compare_regex_number(regex, output, value);
}

/* In the order: back-end's own, load's own, common expression on either, load's JSON. */
static int
find_value(const struct compare_run *run, const struct compare_metric *m, double *value)
{
	const char *output[] = {run->back_output, run->gen_output};
	int rc = -ENOENT;

	if (run->backend != NULL)
		rc = own_value(&run->backend->program, m->name, run->back_output, value);
	if (rc != 0)
		rc = own_value(&run->at->load->program, m->name, run->gen_output, value);
	for (unsigned int i = 0; rc != 0 && m->regex != NULL && i < 2; i++)
		if (output[i] != NULL)
			rc = compare_regex_number(m->regex, output[i], value);
	if (rc != 0 && m->path != NULL && run->json != NULL)
		rc = compare_path_number(run->json, m->path, value);
	return rc;
}

int
compare_run_values(const struct compare_run *run, double *value, struct compare_error *err)
{
	for (unsigned int i = 0; i < run->plan->metrics; i++) {
		const struct compare_metric *m = &run->plan->metric[i];

		value[i] = NAN;
		if (find_value(run, m, &value[i]) == 0)
			value[i] *= m->scale;
		else if (run->backend != NULL && !m->optional)
			return compare_child_fail(&run->back, err, -ENOENT,
						  "%s: no value of "
						  "metric %s, neither in the outputs nor in the "
						  "load's results",
						  run->back.name, m->name);
	}
	return 0;
}
