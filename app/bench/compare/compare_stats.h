/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef COMPARE_STATS_H
#define COMPARE_STATS_H

/**
 * @file
 * From outputs to figures, from figures of many rounds to a few.
 */

#include <jansson.h>

#include "compare_error.h"

/** Figures of a metric over the rounds. */
struct compare_summary {
	unsigned int n; /**< Rounds that have a value; 0: the rest is NAN. */
	double median;  /**< Middle one; of an even number the mean of the two. */
	double min;     /**< Smallest. */
	double max;     /**< Largest. */
	double ratio;   /**< Median of each round's value divided by the base's in the same round;
			 * NAN: there is none. */
};

/** Median of n values, NAN ones left out. @return NAN: there are none */
double compare_median(const double *value, unsigned int n);

/**
 * Sum up.
 *
 * @param value of each round, NAN: none
 * @param base of each round, of the back-end that others are compared with; NULL: no ratio
 */
struct compare_summary
compare_summarise(const double *value, const double *base, unsigned int rounds);

/** Whether a text is an extended regular expression with a group, for a number. @return 0; -EINVAL
 */
int compare_regex_check(const char *regex, struct compare_error *err);

/**
 * The number in the first group of a regular expression's last match. "^" and "$" are the ends of
 * a line.
 *
 * @return 0; -ENOENT: no match; -EINVAL: no number, or not a regular expression
 */
int compare_regex_number(const char *regex, const char *text, double *value);

/** A number within a JSON value: "results.rx_pps", "guests.0.queue_size". @return 0; -ENOENT */
int compare_path_number(const json_t *root, const char *path, double *value);

#endif /* COMPARE_STATS_H */
