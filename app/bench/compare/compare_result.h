/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef COMPARE_RESULT_H
#define COMPARE_RESULT_H

/**
 * @file
 * What a comparison found.
 */

#include <jansson.h>

#include "compare_plan.h"
#include "compare_stats.h"

/** Most different commands and sets of features that are kept. */
#define COMPARE_MAX_FACTS 512

/** A load at one combination of what it sweeps over. */
struct compare_case {
	const struct compare_load *load; /**< The load. */
	unsigned int combination;        /**< Which combination. */
	unsigned int rounds;             /**< Rounds that are complete. */
	unsigned int repeated;           /**< Rounds repeated because the CPUs moved. */
	unsigned int unsteady;           /**< Rounds kept although they did. */
	double near;                     /**< Smallest distance of the CPUs, ns; 0: not known. */
	double far;                      /**< Largest. */
};

/** Something that makes a result reproducible, and the first case that it is of. */
struct compare_fact {
	char *text;         /**< A command, or what was negotiated. */
	char *where;        /**< Back-end and case. */
	unsigned int times; /**< In how many runs it was the same. */
};

/** A list of them. */
struct compare_facts {
	struct compare_fact fact[COMPARE_MAX_FACTS]; /**< Each text once. */
	unsigned int n;                              /**< How many. */
};

/** A result. */
struct compare_result {
	const struct compare_plan *plan; /**< What was asked. */
	unsigned int actors;             /**< Back-ends, and the loads' own limit if any has one. */
	struct compare_case *cases;      /**< In the order of the file. */
	unsigned int ncases;             /**< How many. */
	double *value;                   /**< All values: see compare_values(). */
	char *version[COMPARE_MAX_BACKENDS]; /**< Of each back-end; NULL: not known. */
	struct compare_facts commands;       /**< Exact commands. */
	struct compare_facts negotiated;     /**< Features, sizes of rings. */
	json_t *runs;                        /**< Every run, for --json. */
	unsigned int found;                  /**< Runs in which a load found trouble. */
	const char *why_no_distance;         /**< NULL: distances are known. */
};

/** Make an empty one. @return 0 or -ENOMEM */
int compare_result_init(struct compare_result *r, const struct compare_plan *plan);

/** Free it. */
void compare_result_free(struct compare_result *r);

/** The values of a metric, one a round; NAN: none. */
double *compare_values(const struct compare_result *r, unsigned int index, unsigned int actor,
		       unsigned int metric);

/** Summary of a metric over the complete rounds. */
struct compare_summary compare_result_summary(const struct compare_result *r, unsigned int index,
					      unsigned int actor, unsigned int metric);

/** Name of an actor. */
const char *compare_actor_name(const struct compare_result *r, unsigned int actor);

/** "net: ring=split size=64". @return text */
const char *compare_case_label(const struct compare_case *c, char *text, size_t size);

/** Keep a fact, unless it is there. */
void compare_facts_add(struct compare_facts *f, const char *text, const char *where);

#endif /* COMPARE_RESULT_H */
