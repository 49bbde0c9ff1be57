/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_EAL_H
#define FOO_EAL_H

/**
 * @file
 * Start and end of EAL: quiet, with one line when it fails, and nothing left behind.
 */

#include "foo_args.h"

/**
 * rte_eal_init() with what is EAL's of the command line. Main thread, once.
 *
 * What EAL and DPDK's libraries log goes to stderr from then on, warnings and above unless the
 * user gave --log-level.
 *
 * @return 0; -errno with err naming the cause and the remedy
 */
int foo_eal_start(const struct foo_args *args, struct foo_error *err);

/** rte_eal_cleanup(), and removal of the files that it leaves. Main thread; no lcore runs. */
void foo_eal_stop(void);

/** Print EAL's help and then ours; exits with 0. Returns -errno with err if EAL fails first. */
int foo_eal_help(const char *program, struct foo_error *err);

#endif /* FOO_EAL_H */
