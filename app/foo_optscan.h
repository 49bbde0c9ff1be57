/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_OPTSCAN_H
#define FOO_OPTSCAN_H

/**
 * @file
 * Walks over an argument vector as getopt_long() would, and says more when it is at a loss.
 *
 * EAL parses its part of the command line itself, later. Reading it here first finds the devices
 * that are ours, and turns a slip into one line instead of EAL's usage text.
 */

#include <stdbool.h>

#include <foo_prop.h>

/** Whether an option takes a value, as getopt's has_arg. */
enum foo_opt_arg {
	FOO_OPT_FLAG,     /**< No value. */
	FOO_OPT_VALUE,    /**< --name=VALUE or --name VALUE; -nVALUE or -n VALUE. */
	FOO_OPT_OPTIONAL, /**< --name or --name=VALUE. */
};

/** One option of a table; the table ends with a NULL name. */
struct foo_opt {
	const char *name;     /**< Without dashes; a single letter stands behind a single dash. */
	enum foo_opt_arg arg; /**< Value. */
	int id;               /**< The caller's. */
};

/** Room for the name of an option. */
#define FOO_OPT_NAME_MAX 64

/** The walk; zero what is not named. */
struct foo_optscan {
	char *const *argv;           /**< In: arguments. */
	int end;                     /**< In: index behind the last one. */
	int pos;                     /**< In: index of the first one. Then where the walk is. */
	const struct foo_opt *table; /**< In: the options known. */
	bool abbreviations;          /**< In: unique beginnings of long names will do. */
	const char *letters;         /**< Rest of several short options behind one dash, or NULL. */
	const struct foo_opt *opt;   /**< Out: the option. */
	const char *value;           /**< Out: its value, or NULL. */
	char name[FOO_OPT_NAME_MAX]; /**< Out: its name as typed, without dashes and value. */
	int first;                   /**< Out: index of the argument that holds the option; the
				      * last one that belongs to it is pos - 1. */
};

/**
 * Go to the next option.
 *
 * @return 1: found; 0: the end; -EINVAL with err: an argument that is no option, a value missing
 *   or too many, an ambiguous name; -ENOENT with err: no such option (the walk can go on)
 */
int foo_optscan_next(struct foo_optscan *s, struct foo_error *err);

/** The option of that very name, or NULL. */
const struct foo_opt *foo_opt_find(const struct foo_opt *table, const char *name);

/** Print an option's dashes and name into buf, for a message. Returns buf. */
const char *foo_opt_spell(const char *name, char *buf, size_t size);

#endif /* FOO_OPTSCAN_H */
