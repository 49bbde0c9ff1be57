/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef NET_RESULT_H
#define NET_RESULT_H

/**
 * @file
 * What a run of `net` found: tables, JSON, plot and exit status.
 */

#include <jansson.h>
#include <stdint.h>

#include "bench_hist.h"
#include "bench_result.h"
#include "bench_run.h"
#include "net_guest.h"

/** A point of a sweep. */
struct net_point {
	uint32_t size;                 /**< Of packets; 0: IMIX. */
	struct bench_net_result total; /**< All guests together. */
	struct bench_hist latency;     /**< Of all guests, if measured. */
};

/** Everything. */
struct net_results {
	const struct net_config *cfg;            /**< What was configured. */
	int argc;                                /**< Of the verb. */
	char **argv;                             /**< Of the verb. */
	struct net_point point[BENCH_MAX_SIZES]; /**< Points so far. */
	unsigned int npoints;                    /**< Entries of point. */
	json_t *guests;                          /**< "guests", of the first point. */
	json_t *points;                          /**< What was measured at each point. */
	json_t *intervals;                       /**< "intervals" of the point that runs. */
	unsigned int found;                      /**< Kinds of trouble. */
};

/** Begin. */
void net_results_init(struct net_results *r, const struct net_config *cfg, int argc, char **argv);

/** An interval is over: for the JSON. */
void net_results_interval(struct net_results *r, double seconds,
			  const struct bench_net_result *interval);

/** A point is over: tables, and what is kept of it. @return 0 or -ENOMEM after a message */
int net_results_point(struct net_results *r, const struct net_guest *guest, uint32_t size,
		      const struct bench_run_result *run);

/** Everything is over: files. @return exit status */
int net_results_finish(struct net_results *r);

/** Kinds of trouble in a result. @param lossless whether loss is one of them */
unsigned int net_results_trouble(const struct bench_net_result *r, bool lossless);

/** Free everything. */
void net_results_fini(struct net_results *r);

#endif /* NET_RESULT_H */
