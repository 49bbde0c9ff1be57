/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_OUT_H
#define FOO_OUT_H

/**
 * @file
 * Text for standard output from a thread that must not stop there.
 *
 * A stopped terminal or a pager that nobody scrolls would hold whoever prints, and with it the
 * locks that it has. Text is therefore collected first, and what is not taken in time is dropped.
 */

#include <stdio.h>

/** Text under way. */
struct foo_out {
	FILE *f;     /**< Write here. NULL: out of memory. */
	char *text;  /**< What was written. */
	size_t size; /**< Bytes of it. */
};

/** Begin a text. 0 or -ENOMEM. Any thread. */
int foo_out_begin(struct foo_out *out);

/** Print the text, as far as standard output takes it within a second at a time, and free it. */
void foo_out_end(struct foo_out *out);

#endif /* FOO_OUT_H */
