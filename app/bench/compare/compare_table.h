/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef COMPARE_TABLE_H
#define COMPARE_TABLE_H

/**
 * @file
 * Results for people.
 */

#include <stdio.h>

#include "compare_result.h"

/** Everything: machine, versions, a table a metric, and all that it takes to repeat it. */
void compare_table_print(FILE *out, const struct compare_result *r);

/** The same as reStructuredText. @return 0 or -errno */
int compare_table_rst(const char *path, const struct compare_result *r);

/** A figure with three to four digits. @param value NAN: "-" */
void compare_format(double value, char *text, size_t size);

#endif /* COMPARE_TABLE_H */
