/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pktcheck.h"

#define WORDS (PC_WINDOW_BITS / 64)

int
pc_track_init(struct pc_track *t)
{
	memset(t, 0, sizeof(*t));
	t->seen = calloc(WORDS, sizeof(*t->seen));
	return t->seen == NULL ? -ENOMEM : 0;
}

void
pc_track_fini(struct pc_track *t)
{
	free(t->seen);
	t->seen = NULL;
}

static inline uint64_t *
word_of(struct pc_track *t, uint64_t seq)
{
	return &t->seen[seq / 64 % WORDS];
}

/* The window moves up to `seq`: what it jumped over has not been seen. */
static void
advance(struct pc_track *t, uint64_t seq)
{
	uint64_t s;

	if (seq - t->next >= PC_WINDOW_BITS) {
		memset(t->seen, 0, WORDS * sizeof(*t->seen));
	} else {
		for (s = t->next; s <= seq; s++)
			*word_of(t, s) &= ~(1ULL << (s % 64));
	}
	t->next = seq + 1;
}

void
pc_track_add(struct pc_track *t, uint64_t seq)
{
	uint64_t bit = 1ULL << (seq % 64);

	if (seq >= t->next) {
		advance(t, seq);
	} else if (t->next - seq > PC_WINDOW_BITS || (*word_of(t, seq) & bit)) {
		/* Older than the window cannot be told apart: take the worse case. */
		t->dup++;
		return;
	} else {
		t->reorder++;
	}
	*word_of(t, seq) |= bit;
	t->unique++;
}
