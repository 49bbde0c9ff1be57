/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_CONTROL_H
#define FOO_CONTROL_H

/**
 * @file
 * The control thread: everything but polling, which the lcores do.
 */

#include "foo_args.h"

/**
 * Block the signals that the control thread waits for. Main thread, before any other thread, so
 * that all inherit it.
 */
void foo_control_block_signals(void);

/**
 * Bring the devices into service, wait for signals and print statistics, take the devices out of
 * service again, and end the lcores' loops. The control thread's function.
 *
 * @param args a const struct foo_args *
 * @return NULL, or the foo_args if something failed, which one line on stderr explains
 */
void *foo_control_run(void *args);

#endif /* FOO_CONTROL_H */
