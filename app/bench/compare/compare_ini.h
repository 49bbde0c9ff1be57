/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef COMPARE_INI_H
#define COMPARE_INI_H

/**
 * @file
 * INI files of `compare`, as text: sections of a kind and a name, and their entries.
 *
 * They are read by rte_cfgfile, whose values end at 254 characters. So an entry may stand several
 * times in its section: the values are joined by a blank, in their order.
 */

#include <stdbool.h>

#include "compare_error.h"

/** An entry, as it stands in the file. */
struct compare_entry {
	char *name;  /**< Left of "=". */
	char *value; /**< Right of it. */
};

/** A section: "[kind name]", or "[kind]". */
struct compare_section {
	char *kind;                  /**< First word. */
	char *name;                  /**< The rest; "" if there is none. */
	struct compare_entry *entry; /**< In the file's order, joined by name but for "step". */
	unsigned int n;              /**< Number of entries. */
};

/** A file. */
struct compare_ini {
	char *path;                      /**< Where it was found. */
	struct compare_section *section; /**< In the file's order. */
	unsigned int n;                  /**< Number of sections. */
};

/**
 * Read a file.
 *
 * @param name a path; or a bare name, with or without ".ini", of a file that comes along
 * @param err filled in if it fails
 * @return 0 or -errno
 */
int compare_ini_load(struct compare_ini *ini, const char *name, struct compare_error *err);

/** Free it. */
void compare_ini_free(struct compare_ini *ini);

/** The value of an entry. @return NULL: there is none */
const char *compare_ini_get(const struct compare_section *s, const char *name);

#endif /* COMPARE_INI_H */
