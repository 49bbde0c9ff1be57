/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef COMPARE_EXPAND_H
#define COMPARE_EXPAND_H

/**
 * @file
 * Variables, ${...}, words and sweeps.
 *
 * "${name}" stands for a variable's value, in which further ones may stand; names may be made of
 * variables themselves ("${ring_${ring}}"); "$$" is a "$".
 */

#include "compare_error.h"

/** Most variables. */
#define COMPARE_MAX_VARS 128

/** Most words of a command. */
#define COMPARE_MAX_WORDS 512

/** Most variables that a load sweeps over. */
#define COMPARE_MAX_SWEEPS 6

/** Most values of one of them. */
#define COMPARE_MAX_VALUES 64

/** Variables. */
struct compare_vars {
	/** Name and value of each, for free(). */
	struct {
		char *name;      /**< Its name. */
		char *value;     /**< Its value, not expanded. */
	} var[COMPARE_MAX_VARS]; /**< In no order. */
	unsigned int n;          /**< How many there are. */
};

/** Set a variable, anew or again. @return 0; -ENOMEM; -ENOSPC */
int compare_vars_set(struct compare_vars *v, const char *name, const char *value);

/** The same with a number. */
int compare_vars_number(struct compare_vars *v, const char *name, double value);

/** Its value. @return NULL: there is none */
const char *compare_vars_get(const struct compare_vars *v, const char *name);

/** Make dst, empty so far, the same as src. @return as compare_vars_set() */
int compare_vars_copy(struct compare_vars *dst, const struct compare_vars *src);

/** Free all. */
void compare_vars_free(struct compare_vars *v);

/**
 * Replace variables in a text.
 *
 * @param out set to a text for free()
 * @return 0; -EINVAL; -ENOMEM
 */
int compare_expand(const struct compare_vars *v, const char *text, char **out,
		   struct compare_error *err);

/**
 * Cut into words at blanks, but for those within '...' or "..." or behind a backslash.
 *
 * @param words set to an array that NULL ends, in one block for compare_words_free()
 * @return 0; -EINVAL; -ENOMEM
 */
int compare_words(const char *text, char ***words, struct compare_error *err);

/** Free words. NULL is fine. */
void compare_words_free(char **words);

/** Words as one would type them for a shell. @return a text for free(), NULL */
char *compare_words_line(char *const *words);

/** A variable that a load sweeps over. */
struct compare_sweep {
	char *name;                      /**< Its name. */
	char *value[COMPARE_MAX_VALUES]; /**< Its values. */
	unsigned int n;                  /**< How many. */
};

/** What a load sweeps over: all combinations, the last one changing fastest. */
struct compare_sweeps {
	struct compare_sweep sweep[COMPARE_MAX_SWEEPS]; /**< The variables. */
	unsigned int n;                                 /**< How many. */
};

/**
 * Parse "size=64,1500 ring=split,packed".
 *
 * @param text NULL: none
 * @param fixed a variable that stands there takes its place: its values, as "64,128"
 * @return 0; -EINVAL; -ENOMEM
 */
int compare_sweeps_parse(struct compare_sweeps *s, const char *text,
			 const struct compare_vars *fixed, struct compare_error *err);

/** Free. */
void compare_sweeps_free(struct compare_sweeps *s);

/** Number of combinations; 1 if nothing is swept over. */
unsigned int compare_sweeps_count(const struct compare_sweeps *s);

/** Value of variable i in a combination. */
const char *
compare_sweeps_value(const struct compare_sweeps *s, unsigned int combination, unsigned int i);

#endif /* COMPARE_EXPAND_H */
