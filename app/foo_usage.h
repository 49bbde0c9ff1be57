/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_USAGE_H
#define FOO_USAGE_H

/**
 * @file
 * What the program says about itself. Needs no EAL, no root and no huge pages.
 */

#include "foo_args.h"

/** Print our part of the help to stdout; an rte_usage_hook_t. */
void foo_usage_print(const char *program);

/**
 * Do what a command line that does not run devices asks for.
 *
 * @return 0, or -errno with err
 */
int foo_usage_do(const struct foo_args *args, struct foo_error *err);

#endif /* FOO_USAGE_H */
