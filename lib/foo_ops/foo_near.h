/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_NEAR_H
#define FOO_NEAR_H

/**
 * @file
 * "Did you mean ...?": the known word that is nearest to a mistyped one. Any thread.
 */

/** Search for the known word that a mistyped one may have meant. */
struct foo_near {
	const char *word;      /**< As typed. */
	const char *best;      /**< Nearest so far, or NULL. */
	unsigned int distance; /**< Of best; candidates further away are not considered. */
};

/** Begin a search. */
struct foo_near foo_near_begin(const char *word);

/** Consider a known word, which must outlive the search. */
void foo_near_offer(struct foo_near *near, const char *known);

/** Edits (insert, remove, replace, swap neighbours) between two words. Longer words than 63
 * characters are infinitely far (UINT_MAX) from all. */
unsigned int foo_near_distance(const char *a, const char *b);

#endif /* FOO_NEAR_H */
