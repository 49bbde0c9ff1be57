/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef COMPARE_RUN_H
#define COMPARE_RUN_H

/**
 * @file
 * Runs: one back-end under one load, and rounds of them.
 */

#include "bench_report.h"
#include "compare_child.h"
#include "compare_result.h"

/** A run. */
struct compare_run {
	const struct compare_plan *plan;       /**< The plan. */
	const struct compare_backend *backend; /**< NULL: the load alone. */
	const struct compare_case *at;         /**< Load and combination. */
	struct compare_vars vars;              /**< Variables of this run. */
	char dir[64];                          /**< Temporary folder; "": none. */
	char prefix[64];                       /**< A name that no other run has. */
	unsigned int sockets;                  /**< Number of sockets. */
	struct compare_child back;             /**< The back-end. */
	struct compare_child gen;              /**< The load. */
	char *back_output;                     /**< What they printed, once they have ended. */
	char *gen_output;                      /**< The same of the load. */
	json_t *json;                          /**< The load's results; NULL. */
};

/**
 * Make temporary folder and variables.
 *
 * @param run filled in; compare_run_close() also after a failure
 */
int compare_run_open(struct compare_run *run, const struct compare_plan *plan,
		     const struct compare_backend *backend, const struct compare_case *at,
		     struct compare_error *err);

/** Start back-end and load, wait for the load's end, end the back-end. Facts go to r. */
int compare_run_do(struct compare_run *run, struct compare_result *r, struct compare_error *err);

/** End what still runs, remove the folder. */
void compare_run_close(struct compare_run *run);

/**
 * The words of a program's command.
 *
 * @param more further words, not expanded yet; NULL: none
 */
int compare_run_words(struct compare_run *run, const struct compare_program *p, const char *command,
		      const char *more, char ***words, struct compare_error *err);

/** The values of all metrics after compare_run_do(). @param value one a metric; NAN: none */
int compare_run_values(const struct compare_run *run, double *value, struct compare_error *err);

/**
 * All rounds of all cases.
 *
 * @param live for progress
 * @return 0 or -errno; what was complete before is in r
 */
int compare_rounds(struct compare_result *r, struct bench_live *live, struct compare_error *err);

/** Ask each back-end for its version. */
int compare_versions(struct compare_result *r, struct compare_error *err);

#endif /* COMPARE_RUN_H */
