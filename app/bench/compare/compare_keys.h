/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef COMPARE_KEYS_H
#define COMPARE_KEYS_H

/**
 * @file
 * Entries of an INI file with a type. Mistakes are named with file, section and entry.
 */

#include "compare_ini.h"

/** A section of a file, for messages. */
struct compare_keys {
	const struct compare_ini *ini;         /**< The file. */
	const struct compare_section *section; /**< The section. */
	struct compare_error *err;             /**< Where mistakes are told. */
	int rc;                                /**< 0, or -EINVAL from the first mistake on. */
};

/** A mistake: "FILE: [SECTION] NAME=: ...". Only the first one counts. */
void compare_keys_fail(struct compare_keys *k, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** Only these entries may be there; a trailing "." stands for all that begin so. NULL ends them. */
void compare_keys_known(struct compare_keys *k, const char *const *names);

/** A text. @param standard if it is not there */
const char *compare_keys_text(struct compare_keys *k, const char *name, const char *standard);

/** A number, min to max. */
double compare_keys_number(struct compare_keys *k, const char *name, double standard, double min,
			   double max);

/** yes or no. */
bool compare_keys_bool(struct compare_keys *k, const char *name, bool standard);

/** One of the names: its index. @param names NULL ends them */
unsigned int compare_keys_choice(struct compare_keys *k, const char *name, const char *const *names,
				 unsigned int standard);

#endif /* COMPARE_KEYS_H */
