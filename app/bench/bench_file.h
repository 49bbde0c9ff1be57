/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BENCH_FILE_H
#define BENCH_FILE_H

/**
 * @file
 * Result files.
 */

#include <stddef.h>

/**
 * Write a file so that nobody ever sees half of it: into a temporary file beside it, which then
 * takes its name. "-" is standard output; what is not a regular file (a FIFO, /dev/stdout) is
 * written directly.
 *
 * @return 0 or -errno: the file is as it was before
 */
int bench_file_write(const char *path, const void *data, size_t size);

/**
 * Whether bench_file_write() is likely to work: to be asked before a run of an hour, not after.
 *
 * @return 0 or -errno
 */
int bench_file_check(const char *path);

#endif /* BENCH_FILE_H */
