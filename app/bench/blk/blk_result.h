/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BLK_RESULT_H
#define BLK_RESULT_H

/**
 * @file
 * What a run of `blk` found: tables, JSON, plot and exit status.
 */

#include <jansson.h>
#include <stdint.h>

#include "bench_hist.h"
#include "bench_result.h"
#include "bench_run.h"
#include "blk_guest.h"

/** What is kept of a point of a sweep. */
struct blk_kept {
	struct blk_point point;        /**< Which one. */
	struct bench_blk_result total; /**< All guests together. */
	struct bench_hist latency;     /**< Of all guests. */
};

/** Everything. */
struct blk_results {
	const struct blk_config *cfg;                      /**< What was configured. */
	int argc;                                          /**< Of the verb. */
	char **argv;                                       /**< Of the verb. */
	struct blk_kept kept[BLK_MAX_LIST * BLK_MAX_LIST]; /**< Points so far. */
	unsigned int npoints;                              /**< Entries of kept. */
	json_t *guests;                                    /**< "guests", of the first point. */
	json_t *points;                                    /**< What was measured at each point. */
	json_t *intervals;  /**< "intervals" of the point that runs. */
	unsigned int found; /**< Kinds of trouble. */
};

/** Begin. */
void blk_results_init(struct blk_results *r, const struct blk_config *cfg, int argc, char **argv);

/** An interval is over: for the JSON. */
void blk_results_interval(struct blk_results *r, double seconds,
			  const struct bench_blk_result *interval);

/** A point is over: tables, and what is kept of it. @return 0 or -ENOMEM after a message */
int blk_results_point(struct blk_results *r, const struct blk_guest *guest,
		      const struct bench_run_result *run);

/** Everything is over: files. @return exit status */
int blk_results_finish(struct blk_results *r);

/** Kinds of trouble in a result. */
unsigned int blk_results_trouble(const struct bench_blk_result *r);

/** Free everything. */
void blk_results_fini(struct blk_results *r);

#endif /* BLK_RESULT_H */
