/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Sequence tracker: against a plain list of everything that came.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench_track.h"

#define W BENCH_TRACK_WINDOW

static void
feed(struct bench_track *t, uint64_t from, uint64_t to)
{
	for (uint64_t seq = from; seq < to; seq++)
		bench_track_packet(t, seq);
}

static void
check(const struct bench_track *t, uint64_t sent, uint64_t lost, uint64_t duplicated,
      uint64_t reordered)
{
	struct bench_track_result r;

	bench_track_result(t, sent, &r);
	assert_int_equal(r.lost, lost);
	assert_int_equal(r.duplicated, duplicated);
	assert_int_equal(r.reordered, reordered);
	assert_int_equal(r.received, sent - lost + duplicated);
}

static void
test_in_order(void **state)
{
	struct bench_track t;

	(void)state;
	bench_track_init(&t, 0);
	check(&t, 0, 0, 0, 0);
	feed(&t, 0, 10 * W + 7);
	check(&t, 10 * W + 7, 0, 0, 0);
}

/* At the start, in the middle, and at the end, where nothing follows that would tell. */
static void
test_lost(void **state)
{
	struct bench_track t;

	(void)state;
	bench_track_init(&t, 0);
	feed(&t, 2, 100);
	feed(&t, 101, 5 * W);
	check(&t, 5 * W + 3, 6, 0, 0);
	bench_track_init(&t, 0);
	check(&t, 5, 5, 0, 0);
}

static void
test_duplicated(void **state)
{
	struct bench_track t;

	(void)state;
	bench_track_init(&t, 0);
	feed(&t, 0, 1);
	feed(&t, 0, 1);
	feed(&t, 1, 200);
	feed(&t, 150, 151);
	feed(&t, 150, 151);
	feed(&t, 199, 200);
	check(&t, 200, 0, 4, 0);
}

/* Two packets changed places: one came too late, none is lost. */
static void
test_swapped(void **state)
{
	struct bench_track t;

	(void)state;
	bench_track_init(&t, 0);
	feed(&t, 0, 64);
	feed(&t, 65, 66);
	feed(&t, 64, 65);
	feed(&t, 66, 130);
	check(&t, 130, 0, 0, 1);
	/* and the late one once more */
	feed(&t, 64, 65);
	check(&t, 130, 0, 1, 1);
}

/* The last place of the window, and the first beyond: there a late packet counts as reordered as
 * long as something of that age is missing, and as a duplicate afterwards. */
static void
test_window_edges(void **state)
{
	struct bench_track t;

	(void)state;
	bench_track_init(&t, 0);
	feed(&t, 1, W);
	feed(&t, 0, 1);
	check(&t, W, 0, 0, 1);
	feed(&t, 0, 1);
	check(&t, W, 0, 1, 1);

	bench_track_init(&t, 0);
	feed(&t, 1, W + 1);
	feed(&t, W + 1, W + 1);
	check(&t, W + 1, 1, 0, 0);
	feed(&t, 0, 1);
	check(&t, W + 1, 0, 0, 1);
	feed(&t, 0, 1);
	check(&t, W + 1, 0, 1, 1);
}

/* A bit of an old loss must not be taken for a loss of the number that follows it a window on. */
static void
test_window_reused(void **state)
{
	struct bench_track t;

	(void)state;
	bench_track_init(&t, 0);
	feed(&t, 0, 10);
	feed(&t, 11, W + 100);
	feed(&t, W + 10, W + 11);
	check(&t, W + 100, 1, 1, 0);
}

/* Losses larger than the window. */
static void
test_great_loss(void **state)
{
	struct bench_track t;

	(void)state;
	bench_track_init(&t, 0);
	feed(&t, 0, 10);
	feed(&t, 10 + 3 * W, 20 + 3 * W);
	check(&t, 20 + 3 * W, 3 * W, 0, 0);
	feed(&t, 9 + 3 * W, 10 + 3 * W);
	feed(&t, 10, 11);
	check(&t, 20 + 3 * W, 3 * W - 2, 0, 2);
	bench_track_packet(&t, UINT64_C(1) << 60);
	assert_int_equal(t.next, (UINT64_C(1) << 60) + 1);
	assert_int_equal(bench_track_unique(&t), 23);
}

/* Random mishaps of all kinds, within the window, against a count of each number. */
static void
test_random(void **state)
{
	const unsigned int n = 60000;
	uint8_t *seen = calloc(n + W, 1);
	uint64_t highest = 0, duplicated = 0, reordered = 0, lost = 0;
	struct bench_track t;

	(void)state;
	srand(7);
	bench_track_init(&t, 0);
	for (unsigned int i = 0; i < n; i++) {
		int kind = rand() % 100;
		uint64_t seq = highest + 1;

		if (kind < 5)
			seq += (uint64_t)rand() % 50;
		else if (kind < 20)
			seq -= (uint64_t)rand() % (highest < W - 2 ? highest + 1 : W - 2);
		if (seq >= n)
			break;
		duplicated += seen[seq];
		reordered += seq < highest && !seen[seq];
		seen[seq] = 1;
		highest = seq > highest ? seq : highest;
		bench_track_packet(&t, seq);
	}
	for (unsigned int i = 0; i < n; i++)
		lost += !seen[i];
	assert_true(duplicated > 100 && reordered > 100 && lost > 1000);
	check(&t, n, lost, duplicated, reordered);
	free(seen);
}

static void
test_add(void **state)
{
	struct bench_track_result sum = {1, 2, 3, 4};

	(void)state;
	bench_track_add(&sum, &(struct bench_track_result){10, 20, 30, 40});
	assert_int_equal(sum.received, 11);
	assert_int_equal(sum.lost, 22);
	assert_int_equal(sum.duplicated, 33);
	assert_int_equal(sum.reordered, 44);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),     cmocka_unit_test(test_lost),
		cmocka_unit_test(test_duplicated),   cmocka_unit_test(test_swapped),
		cmocka_unit_test(test_window_edges), cmocka_unit_test(test_window_reused),
		cmocka_unit_test(test_great_loss),   cmocka_unit_test(test_random),
		cmocka_unit_test(test_add),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
