/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <stdbool.h>
#include <string.h>

#include "bench_track.h"

void
bench_track_init(struct bench_track *t, uint64_t first)
{
	memset(t, 0, sizeof(*t));
	t->next = first;
	t->synced = first;
}

/* Set the n bits of a word from bit on, or clear them; returns how many were set before. */
static unsigned int
track_word(uint64_t *word, unsigned int bit, unsigned int n, bool set)
{
	uint64_t mask = (n == 64 ? ~UINT64_C(0) : (UINT64_C(1) << n) - 1) << bit;
	unsigned int were = (unsigned int)__builtin_popcountll(*word & mask);

	*word = set ? *word | mask : *word & ~mask;
	return were;
}

/* The numbers [from, to) take their places in the bitmap, all missing or none: what was missing
 * in these places before leaves the window. Numbers that others of the range overwrite at once
 * are skipped; if they are missing, they are gone too. */
static void
track_range(struct bench_track *t, uint64_t from, uint64_t to, bool missing)
{
	uint64_t skipped = to - from > BENCH_TRACK_WINDOW ? to - from - BENCH_TRACK_WINDOW : 0;

	if (missing)
		t->gone += skipped;
	for (uint64_t seq = from + skipped; seq < to;) {
		unsigned int bit = seq % 64;
		uint64_t n = to - seq < 64 - bit ? to - seq : 64 - bit;

		t->gone += track_word(&t->hole[seq % BENCH_TRACK_WINDOW / 64], bit, (unsigned int)n,
				      missing);
		seq += n;
	}
}

static void
track_old(struct bench_track *t, uint64_t seq)
{
	uint64_t *word = &t->hole[seq % BENCH_TRACK_WINDOW / 64];
	uint64_t mask = UINT64_C(1) << seq % 64;
	bool in_window = t->next - seq <= BENCH_TRACK_WINDOW;
	bool is_missing = in_window ? (*word & mask) != 0 : t->gone > 0;

	if (!is_missing) {
		t->duplicated++;
		return;
	}
	if (in_window)
		*word &= ~mask;
	else
		t->gone--;
	t->missing--;
	t->reordered++;
}

void
bench_track_odd(struct bench_track *t, uint64_t seq)
{
	/* what came in order since the last time */
	track_range(t, t->synced, t->next, false);
	if (seq < t->next) {
		track_old(t, seq);
	} else {
		track_range(t, t->next, seq, true);
		track_range(t, seq, seq + 1, false);
		t->missing += seq - t->next;
		t->next = seq + 1;
	}
	t->synced = t->next;
}

void
bench_track_result(const struct bench_track *t, uint64_t sent, struct bench_track_result *r)
{
	uint64_t unique = bench_track_unique(t);

	r->received = unique + t->duplicated;
	r->lost = sent > unique ? sent - unique : 0;
	r->duplicated = t->duplicated;
	r->reordered = t->reordered;
}

void
bench_track_add(struct bench_track_result *sum, const struct bench_track_result *r)
{
	sum->received += r->received;
	sum->lost += r->lost;
	sum->duplicated += r->duplicated;
	sum->reordered += r->reordered;
}
