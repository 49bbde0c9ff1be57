/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <limits.h>
#include <string.h>

#include "foo_ops_priv.h"

/* Longest word compared, terminator included. */
#define NEAR_MAX 64

static unsigned int
near_min(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

unsigned int
foo_near_distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);
	/* rows i - 2, i - 1 and i of the table of distances between prefixes */
	unsigned int row[3][NEAR_MAX], *before = row[0], *last = row[1], *cur = row[2], *t;

	if (la >= NEAR_MAX || lb >= NEAR_MAX)
		return UINT_MAX;
	for (size_t j = 0; j <= lb; j++)
		last[j] = j;
	for (size_t i = 1; i <= la; i++) {
		cur[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			cur[j] = near_min(last[j] + 1, cur[j - 1] + 1);
			cur[j] = near_min(cur[j], last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				cur[j] = near_min(cur[j], before[j - 2] + 1);
		}
		t = before;
		before = last;
		last = cur;
		cur = t;
	}
	return last[lb];
}

struct foo_near
foo_near_begin(const char *word)
{
	/* a third of the word may be wrong: beyond that a suggestion is noise */
	return (struct foo_near){word, NULL, strlen(word) / 3 + 1};
}

void
foo_near_offer(struct foo_near *near, const char *known)
{
	unsigned int distance = foo_near_distance(near->word, known);

	if (distance > near->distance || (near->best != NULL && distance == near->distance))
		return;
	near->best = known;
	near->distance = distance;
}
