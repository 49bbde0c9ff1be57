/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compare_keys.h"
#include "compare_place.h"
#include "compare_plan.h"
#include "compare_stats.h"

#define STANDARD_TIMEOUT 30.0
#define MAX_SECONDS 86400.0
/* Huge pages that a back-end and a guest need together. */
#define HUGE_MIN_MB 600

static void
read_program(struct compare_keys *k, struct compare_program *p)
{
	static const char *const names[] = {"SIGINT", "SIGTERM", "SIGKILL", NULL};
	static const int signals[] = {SIGINT, SIGTERM, SIGKILL};

	p->name = k->section->name;
	p->section = k->section;
	p->command = compare_keys_text(k, "command", NULL);
	p->each = compare_keys_text(k, "each", "");
	p->cpus = compare_keys_text(k, "cpus", NULL);
	p->ready = compare_keys_text(k, "ready", "socket");
	p->shell = compare_keys_bool(k, "shell", false);
	p->stop = signals[compare_keys_choice(k, "stop", names, 0)];
	p->ready_timeout = compare_keys_number(k, "ready_timeout", STANDARD_TIMEOUT, 0.1, 3600);
	p->stop_timeout = compare_keys_number(k, "stop_timeout", STANDARD_TIMEOUT, 0.1, 3600);
	for (unsigned int i = 0; i < k->section->n; i++) {
		const struct compare_entry *e = &k->section->entry[i];

		if (strncmp(e->name, "metric.", 7) == 0 &&
		    compare_regex_check(e->value, k->err) != 0)
			k->rc = -EINVAL;
	}
	if (p->name[0] == '\0')
		compare_keys_fail(k, "", "needs a name: [%s NAME]", k->section->kind);
}

static void
read_backend(struct compare_plan *plan, struct compare_keys *k)
{
	static const char *const known[] = {"command", "each",   "cpus",          "ready",
					    "shell",   "stop",   "ready_timeout", "stop_timeout",
					    "version", "client", "metric.",       NULL};
	struct compare_backend *b = &plan->backend[plan->backends];

	if (plan->backends == COMPARE_MAX_BACKENDS) {
		compare_keys_fail(k, "", "more than %d back-ends", COMPARE_MAX_BACKENDS);
		return;
	}
	compare_keys_known(k, known);
	read_program(k, &b->program);
	b->version = compare_keys_text(k, "version", NULL);
	b->client = compare_keys_bool(k, "client", false);
	if (b->program.command == NULL)
		compare_keys_fail(k, "command", "is missing: how is it started?");
	plan->backends++;
}

static void
check_steps(struct compare_keys *k)
{
	for (unsigned int i = 0; i < k->section->n; i++) {
		const struct compare_entry *e = &k->section->entry[i];

		if (strcmp(e->name, "step") == 0 && strncmp(e->value, "type ", 5) != 0 &&
		    strncmp(e->value, "sleep ", 6) != 0 && strncmp(e->value, "expect ", 7) != 0)
			compare_keys_fail(k, "step",
					  "'%s' is none of: type LINE, sleep SECONDS, "
					  "expect REGEX",
					  e->value);
	}
}

static void
read_load(struct compare_plan *plan, struct compare_keys *k, const struct compare_vars *set)
{
	static const char *const known[] = {
		"verb",  "arguments",     "listen",       "limit", "sockets", "timeout",
		"sweep", "command",       "each",         "cpus",  "ready",   "shell",
		"stop",  "ready_timeout", "stop_timeout", "step",  "metric.", NULL};
	struct compare_load *l = &plan->load[plan->loads];

	if (plan->loads == COMPARE_MAX_LOADS) {
		compare_keys_fail(k, "", "more than %d loads", COMPARE_MAX_LOADS);
		return;
	}
	compare_keys_known(k, known);
	read_program(k, &l->program);
	l->verb = compare_keys_text(k, "verb", NULL);
	l->arguments = compare_keys_text(k, "arguments", "");
	l->listen = compare_keys_text(k, "listen", "");
	l->limit = compare_keys_text(k, "limit", NULL);
	l->sockets = compare_keys_text(k, "sockets", "1");
	l->timeout = compare_keys_number(k, "timeout", 0, 1, MAX_SECONDS);
	check_steps(k);
	if ((l->verb == NULL) == (l->program.command == NULL))
		compare_keys_fail(k, "verb",
				  "needs either verb= (of this program) or command= "
				  "(another load generator)");
	if (l->verb == NULL && l->limit != NULL)
		compare_keys_fail(k, "limit", "is for verb= only");
	plan->loads++;
	if (k->rc == 0 &&
	    compare_sweeps_parse(&l->sweeps, compare_keys_text(k, "sweep", NULL), set, k->err) != 0)
		k->rc = -EINVAL;
}

static void
read_metric(struct compare_plan *plan, struct compare_keys *k)
{
	static const char *const known[] = {"title",  "unit",  "path",     "regex", "scale",
					    "better", "ratio", "optional", NULL};
	static const char *const better[] = {"lower", "higher", NULL};
	struct compare_metric *m = &plan->metric[plan->metrics];

	if (plan->metrics == COMPARE_MAX_METRICS) {
		compare_keys_fail(k, "", "more than %d metrics", COMPARE_MAX_METRICS);
		return;
	}
	compare_keys_known(k, known);
	m->name = k->section->name;
	m->title = compare_keys_text(k, "title", m->name);
	m->unit = compare_keys_text(k, "unit", "");
	m->path = compare_keys_text(k, "path", NULL);
	m->regex = compare_keys_text(k, "regex", NULL);
	m->scale = compare_keys_number(k, "scale", 1, -1e18, 1e18);
	m->higher = compare_keys_choice(k, "better", better, 1) != 0;
	m->ratio = compare_keys_bool(k, "ratio", true);
	m->optional = compare_keys_bool(k, "optional", false);
	if (m->name[0] == '\0')
		compare_keys_fail(k, "", "needs a name: [metric NAME]");
	if (m->regex != NULL && k->rc == 0)
		k->rc = compare_regex_check(m->regex, k->err);
	plan->metrics++;
}

static void
read_vars(struct compare_plan *plan, struct compare_keys *k)
{
	for (unsigned int i = 0; i < k->section->n; i++)
		if (compare_vars_set(&plan->vars, k->section->entry[i].name,
				     k->section->entry[i].value) != 0)
			compare_keys_fail(k, k->section->entry[i].name, "too many variables");
}

/* The first two CPUs that this program may use. */
static void
standard_cpus(unsigned int *cpu)
{
	cpu_set_t set;
	unsigned int n = 0;

	cpu[0] = cpu[1] = 0;
	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return;
	for (unsigned int i = 0; i < CPU_SETSIZE && n < 2; i++)
		if (CPU_ISSET(i, &set))
			cpu[n++] = i;
	if (n == 1)
		cpu[1] = cpu[0];
}

static void
read_compare(struct compare_plan *plan, struct compare_keys *k)
{
	static const char *const known[] = {"title", "rounds", "seconds", "settle",
					    "base",  "cpus",   NULL};
	const char *cpus;
	char extra;

	compare_keys_known(k, known);
	plan->title = compare_keys_text(k, "title", plan->title);
	plan->rounds = (unsigned int)compare_keys_number(k, "rounds", plan->rounds, 1, 1000);
	plan->seconds = compare_keys_number(k, "seconds", plan->seconds, 0.01, MAX_SECONDS);
	plan->settle = compare_keys_number(k, "settle", plan->settle, 0, 600);
	cpus = compare_keys_text(k, "cpus", NULL);
	if (cpus != NULL && sscanf(cpus, "%u,%u%c", &plan->cpu, &plan->cpu_guest, &extra) != 2)
		compare_keys_fail(k, "cpus", "'%s' is not BACKEND,GUEST: two CPUs", cpus);
}

static void
read_base(struct compare_plan *plan, struct compare_keys *k)
{
	const char *base = compare_ini_get(k->section, "base");

	if (strcmp(k->section->kind, "compare") != 0 || base == NULL)
		return;
	for (plan->base = 0; plan->base < plan->backends; plan->base++)
		if (strcmp(plan->backend[plan->base].program.name, base) == 0)
			return;
	plan->base = 0;
	compare_keys_fail(k, "base", "there is no [backend %s]", base);
}

static void
read_section(struct compare_plan *plan, struct compare_keys *k, const struct compare_choice *c)
{
	const char *kind = k->section->kind;

	if (strcmp(kind, "compare") == 0)
		read_compare(plan, k);
	else if (strcmp(kind, "vars") == 0)
		read_vars(plan, k);
	else if (strcmp(kind, "backend") == 0)
		read_backend(plan, k);
	else if (strcmp(kind, "load") == 0)
		read_load(plan, k, &c->set);
	else if (strcmp(kind, "metric") == 0)
		read_metric(plan, k);
	else
		compare_keys_fail(k, "",
				  "no such kind of section; there are compare, vars, "
				  "backend NAME, load NAME, metric NAME");
}

/* Memory options of EAL: nothing where there are huge pages. */
static const char *
eal_memory(void)
{
	unsigned long n, free_pages = 0, page_kb = 0;
	char line[128];
	FILE *f = fopen("/proc/meminfo", "re");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "HugePages_Free: %lu", &n) == 1)
			free_pages = n;
		else if (sscanf(line, "Hugepagesize: %lu", &n) == 1)
			page_kb = n;
	}
	if (f != NULL)
		fclose(f);
	return free_pages * page_kb / 1024 >= HUGE_MIN_MB ? "" : "--no-huge -m 256";
}

/* What every file can count on. */
static int
set_standard_vars(struct compare_plan *plan)
{
	char *self = compare_place_self(), *foo = compare_place_foo();
	char *build = compare_place_build();
	int rc = self == NULL || foo == NULL || build == NULL ? -ENOMEM : 0;

	if (rc == 0)
		rc = compare_vars_set(&plan->vars, "dpdk-foo-bench", self);
	if (rc == 0)
		rc = compare_vars_set(&plan->vars, "dpdk-foo", foo);
	if (rc == 0)
		rc = compare_vars_set(&plan->vars, "build", build);
	if (rc == 0)
		rc = compare_vars_set(&plan->vars, "eal_memory", eal_memory());
	if (rc == 0)
		rc = compare_vars_set(&plan->vars, "queues", "1");
	free(self);
	free(foo);
	free(build);
	return rc;
}

static int
set_chosen_vars(struct compare_plan *plan, const struct compare_choice *choice)
{
	struct compare_vars *v = &plan->vars;
	int rc = compare_vars_number(v, "seconds", plan->seconds);

	if (rc == 0)
		rc = compare_vars_number(v, "rounds", plan->rounds);
	if (rc == 0)
		rc = compare_vars_number(v, "cpu", plan->cpu);
	if (rc == 0)
		rc = compare_vars_number(v, "cpu_guest", plan->cpu_guest);
	if (rc == 0)
		rc = compare_vars_copy(v, &choice->set);
	return rc;
}

/* Leave out what --only does not name, if it names anything of that kind. */
static int
keep_only(struct compare_plan *plan, const char *only, struct compare_error *err)
{
	unsigned int i, found = 0;

	for (i = 0; i < plan->backends; i++)
		if (strcmp(plan->backend[i].program.name, only) == 0) {
			plan->backend[0] = plan->backend[i];
			plan->backends = 1;
			plan->base = 0;
			found++;
		}
	for (i = 0; i < plan->loads; i++)
		if (strcmp(plan->load[i].program.name, only) == 0) {
			struct compare_load kept = plan->load[i];

			plan->load[i] = plan->load[0];
			plan->load[0] = kept;
			while (plan->loads > 1)
				compare_sweeps_free(&plan->load[--plan->loads].sweeps);
			found++;
		}
	return found != 0 ? 0 :
			    compare_fail(err, -ENOENT,
					 "%s: neither a back-end nor a load is "
					 "called '%s'",
					 plan->ini.path, only);
}

static int
check_whole(const struct compare_plan *plan, struct compare_error *err)
{
	const char *missing = plan->backends == 0 ? "[backend NAME]" :
			      plan->loads == 0    ? "[load NAME]" :
			      plan->metrics == 0  ? "[metric NAME]" :
						    NULL;

	if (missing != NULL)
		return compare_fail(err, -EINVAL, "%s: no section %s", plan->ini.path, missing);
	return 0;
}

int
compare_plan_load(struct compare_plan *plan, const char *name, const struct compare_choice *choice,
		  struct compare_error *err)
{
	struct compare_keys k = {.ini = &plan->ini, .err = err};
	unsigned int cpu[2], i;
	int rc;

	memset(plan, 0, sizeof(*plan));
	standard_cpus(cpu);
	plan->title = "comparison";
	plan->rounds = 5;
	plan->seconds = 3;
	plan->settle = 0.2;
	plan->cpu = cpu[0];
	plan->cpu_guest = cpu[1];
	rc = compare_ini_load(&plan->ini, name, err);
	if (rc == 0 && set_standard_vars(plan) != 0)
		rc = compare_fail(err, -ENOMEM, "out of memory");
	if (rc != 0)
		return rc;
	for (i = 0; k.rc == 0 && i < plan->ini.n; i++) {
		k.section = &plan->ini.section[i];
		read_section(plan, &k, choice);
	}
	for (i = 0; k.rc == 0 && i < plan->ini.n; i++) {
		k.section = &plan->ini.section[i];
		read_base(plan, &k);
	}
	rc = k.rc == 0 ? check_whole(plan, err) : k.rc;
	if (rc == 0 && choice->only != NULL)
		rc = keep_only(plan, choice->only, err);
	plan->rounds = choice->rounds != 0 ? choice->rounds : plan->rounds;
	plan->seconds = choice->seconds > 0 ? choice->seconds : plan->seconds;
	if (rc == 0 && set_chosen_vars(plan, choice) != 0)
		rc = compare_fail(err, -EINVAL, "too many variables, or out of memory");
	return rc;
}

void
compare_plan_free(struct compare_plan *plan)
{
	for (unsigned int i = 0; i < plan->loads; i++)
		compare_sweeps_free(&plan->load[i].sweeps);
	compare_vars_free(&plan->vars);
	compare_ini_free(&plan->ini);
}

bool
compare_plan_has_limit(const struct compare_plan *plan)
{
	for (unsigned int i = 0; i < plan->loads; i++)
		if (plan->load[i].limit != NULL)
			return true;
	return false;
}
