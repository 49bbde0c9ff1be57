/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef COMPARE_ERROR_H
#define COMPARE_ERROR_H

/**
 * @file
 * What went wrong, in words, and whether the user wants an end.
 */

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

/** Why something failed: one line, below which the last lines of a program may stand. */
struct compare_error {
	char text[3072]; /**< Without a line end. */
};

/** Set by the handler of SIGINT, SIGTERM and SIGHUP: every wait ends with -EINTR. */
extern volatile sig_atomic_t compare_interrupted;

/** Say why. @return rc */
static inline int __attribute__((format(printf, 3, 4)))
compare_fail(struct compare_error *err, int rc, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return rc;
}

#endif /* COMPARE_ERROR_H */
