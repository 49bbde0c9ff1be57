/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* What is shown: the table of cases, a line a result, a summary. */

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conform_run.h"

void
conform_count(struct conform_report *report, const struct conform_result *r, bool strict)
{
	report->by_verdict[r->verdict]++;
	report->by_reaction[r->observed]++;
	report->bad += conform_is_bad(r->verdict, strict);
	report->bad_spec += conform_is_bad(r->verdict, strict) && r->c->origin == CONFORM_SPEC;
}

static const char *
colour(enum conform_verdict v)
{
	static const char *const code[CONFORM_VERDICTS] = {"\033[32m", "\033[33m", "\033[31m",
							   "\033[2m"};

	return isatty(STDOUT_FILENO) ? code[v] : "";
}

static const char *
uncolour(void)
{
	return isatty(STDOUT_FILENO) ? "\033[0m" : "";
}

static const char *
formats_name(unsigned int formats)
{
	switch (formats) {
	case CONFORM_SPLIT:
		return "split";
	case CONFORM_PACKED:
		return "packed";
	case CONFORM_EITHER:
		return "both";
	default:
		return "-";
	}
}

void
conform_print_list(const struct conform_opts *opt)
{
	char set[128];

	printf("%-32s %-7s %-6s %-4s %-38s %-40s %s\n", "case", "device", "ring", "from",
	       "expected", "section", "what");
	for (const struct conform_group *const *g = conform_groups; *g != NULL; g++) {
		for (size_t i = 0; i < (*g)->n; i++) {
			const struct conform_case *c = &(*g)->cases[i];

			if (!(c->devices & opt->device) ||
			    !conform_name_matches(c->name, opt->glob, opt->nglobs))
				continue;
			printf("%-32s %-7s %-6s %-4s %-38s %-40s %s\n", c->name,
			       c->devices == CONFORM_BOTH ? "any" :
			       c->devices == CONFORM_NET  ? "net" :
							    "blk",
			       formats_name(c->formats),
			       c->origin == CONFORM_SPEC ? "spec" : "ours",
			       conform_set_names(c->expected, set, sizeof(set)), c->section,
			       c->what);
		}
	}
}

void
conform_print_result(const struct conform_result *r)
{
	char set[128];

	printf("%s%-7s%s %-36s %-14s  %s, %s\n", colour(r->verdict),
	       conform_verdict_name(r->verdict), uncolour(), r->name,
	       conform_reaction_name(r->observed), r->c->section,
	       r->c->origin == CONFORM_SPEC ? "spec" : "ours");
	if (r->verdict == CONFORM_DIFFERS || r->verdict == CONFORM_FAILED)
		printf("        %s; expected %s\n", r->c->what,
		       conform_set_names(r->c->expected, set, sizeof(set)));
	if (r->note[0] != '\0')
		printf("        %s\n", r->note);
	fflush(stdout);
}

void
conform_print_summary(const struct conform_opts *opt, const struct conform_report *report)
{
	printf("\n%u runs of cases in %.1f s on %s\n", report->n, report->seconds, opt->path);
	for (unsigned int v = 0; v < CONFORM_VERDICTS; v++)
		printf("  %s%-8s%s %4u\n", colour(v), conform_verdict_name(v), uncolour(),
		       report->by_verdict[v]);
	if (report->bad != 0)
		printf("not acceptable: %u by the specification, %u by dpdk-foo's own rules\n",
		       report->bad_spec, report->bad - report->bad_spec);
	printf("reactions:");
	for (unsigned int r = 0; r < CONFORM_REACTIONS; r++)
		if (report->by_reaction[r] != 0)
			printf(" %s %u", conform_reaction_name(r), report->by_reaction[r]);
	printf("\n");
	if (report->restarts != 0)
		printf("the back-end was started again %u times\n", report->restarts);
	if (report->ended[0] != '\0')
		printf("the run ended early: %s\n", report->ended);
}
