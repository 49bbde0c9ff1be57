/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef COMPARE_JSON_H
#define COMPARE_JSON_H

/**
 * @file
 * Results for programs, and for eyes.
 */

#include "compare_result.h"

/** Write all figures, every run among them. @param argc as of the verb @return 0 or -errno */
int
compare_json_write(const char *path, const struct compare_result *r, int argc, char *const *argv);

/**
 * Plot a metric: a series a back-end and combination, over the last variable that is a number in
 * all its values ("imix" is left out), with the spread of the rounds.
 *
 * @return 0; -ENODATA: no load sweeps over numbers; -errno
 */
int
compare_plot_write(const char *path, const struct compare_result *r, int argc, char *const *argv);

#endif /* COMPARE_JSON_H */
