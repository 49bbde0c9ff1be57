/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* Reactions, verdicts and names: what needs no back-end. */

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "conform.h"

const char *
conform_reaction_name(enum conform_reaction r)
{
	static const char *const name[CONFORM_REACTIONS] = {
		[CONFORM_PASS] = "pass",
		[CONFORM_REFUSED] = "refused",
		[CONFORM_BROKEN] = "queue-broken",
		[CONFORM_DROPPED] = "socket-dropped",
		[CONFORM_UNEXPECTED] = "unexpected",
		[CONFORM_HUNG] = "hung",
		[CONFORM_DIED] = "died",
		[CONFORM_NOT_RUN] = "not-run",
	};

	return name[r];
}

const char *
conform_verdict_name(enum conform_verdict v)
{
	static const char *const name[CONFORM_VERDICTS] = {
		[CONFORM_OK] = "pass",
		[CONFORM_DIFFERS] = "differs",
		[CONFORM_FAILED] = "FAIL",
		[CONFORM_SKIPPED] = "skip",
	};

	return name[v];
}

const char *
conform_set_names(unsigned int set, char *buf, size_t len)
{
	size_t used = 0;

	if (len != 0)
		buf[0] = '\0';
	for (unsigned int r = 0; r < CONFORM_REACTIONS; r++) {
		if (!(set >> r & 1) || used >= len)
			continue;
		used += snprintf(buf + used, len - used, "%s%s", used != 0 ? "|" : "",
				 conform_reaction_name(r));
	}
	return buf;
}

enum conform_verdict
conform_judge_reaction(const struct conform_case *c, enum conform_reaction r)
{
	if (r == CONFORM_NOT_RUN)
		return CONFORM_SKIPPED;
	if (c->expected >> r & 1)
		return CONFORM_OK;
	/* valid work must be done; what to do about a hostile input is a matter of taste */
	if (c->origin == CONFORM_OURS && (c->expected & CONFORM_CONTAINED) &&
	    (CONFORM_CONTAINED >> r & 1))
		return CONFORM_DIFFERS;
	return CONFORM_FAILED;
}

bool
conform_is_bad(enum conform_verdict v, bool strict)
{
	return v == CONFORM_FAILED || (strict && v == CONFORM_DIFFERS);
}

enum conform_reaction
conform_worse(const struct conform_case *c, enum conform_reaction a, enum conform_reaction b)
{
	enum conform_verdict va, vb;

	if (a == CONFORM_NOT_RUN || b == CONFORM_NOT_RUN)
		return a == CONFORM_NOT_RUN ? b : a;
	va = conform_judge_reaction(c, a);
	vb = conform_judge_reaction(c, b);
	if (va != vb)
		return va > vb ? a : b;
	return a > b ? a : b;
}

bool
conform_name_matches(const char *name, const char *const *glob, unsigned int n)
{
	char stem[64];

	snprintf(stem, sizeof(stem), "%s", name);
	stem[strcspn(stem, "@")] = '\0';
	for (unsigned int i = 0; i < n; i++)
		if (fnmatch(glob[i], name, 0) == 0 || fnmatch(glob[i], stem, 0) == 0)
			return true;
	return n == 0;
}
