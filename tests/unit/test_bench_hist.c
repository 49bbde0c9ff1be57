/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Histogram: against the exact percentiles of sorted arrays.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bench_hist.h"

#define N 100000u

static const double percents[] = {0, 1, 10, 25, 50, 75, 90, 99, 99.9, 99.99, 99.999, 99.9999, 100};

static uint64_t random_state;

static uint64_t
random_next(void)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return random_state >> 20;
}

/* Values of all sizes: a uniform exponent, then a uniform value below that power of two. */
static uint64_t
random_value(unsigned int max_bits)
{
	unsigned int bits = 1 + (unsigned int)(random_next() % max_bits);

	return random_next() & ((UINT64_C(1) << bits) - 1);
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static int
setup(void **state)
{
	struct bench_hist *h = malloc(2 * sizeof(*h));

	*state = h;
	random_state = 1;
	return h == NULL || bench_hist_init(&h[0]) != 0 || bench_hist_init(&h[1]) != 0;
}

static int
teardown(void **state)
{
	struct bench_hist *h = *state;

	bench_hist_fini(&h[0]);
	bench_hist_fini(&h[1]);
	free(h);
	return 0;
}

/* Not below the exact value, and at most one in 1024 above it. */
static void
check_percentiles(const struct bench_hist *h, uint64_t *value, unsigned int n)
{
	qsort(value, n, sizeof(*value), compare);
	for (unsigned int i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
		double rank = ceil(percents[i] / 100 * n - 1e-6);
		uint64_t exact = value[rank < 1 ? 0 : (unsigned int)rank - 1];
		uint64_t found = bench_hist_percentile(h, percents[i]);

		assert_in_range(found, exact, exact + exact / 1024);
	}
	assert_int_equal(bench_hist_percentile(h, 0), value[0]);
	assert_int_equal(bench_hist_percentile(h, 100), value[n - 1]);
	assert_int_equal(bench_hist_min(h), value[0]);
	assert_int_equal(h->max, value[n - 1]);
	assert_int_equal(h->count, n);
}

static void
test_empty(void **state)
{
	struct bench_hist *h = *state;

	assert_int_equal(bench_hist_percentile(h, 50), 0);
	assert_int_equal(bench_hist_percentile(h, 100), 0);
	assert_int_equal(bench_hist_min(h), 0);
	assert_true(bench_hist_mean(h) == 0);
}

/* Every bucket ends where the next one begins, and is at most 1/1024 of its values wide. */
static void
test_buckets(void **state)
{
	unsigned int last = bench_hist_index(BENCH_HIST_LARGEST);

	(void)state;
	assert_true(last < BENCH_HIST_BUCKETS);
	assert_int_equal(bench_hist_index(UINT64_MAX), last);
	for (unsigned int i = 0; i < last; i++) {
		uint64_t top = bench_hist_bucket_top(i);
		uint64_t width = bench_hist_bucket_top(i + 1) - top;

		assert_int_equal(bench_hist_index(top), i);
		assert_int_equal(bench_hist_index(top + 1), i + 1);
		assert_true(width == 1 || width <= (top + 1) / 1024);
	}
}

static void
test_uniform_sizes(void **state)
{
	struct bench_hist *h = *state;
	uint64_t *value = calloc(N, sizeof(*value));

	for (unsigned int i = 0; i < N; i++) {
		value[i] = random_value(36);
		bench_hist_record(h, value[i]);
	}
	check_percentiles(h, value, N);
	free(value);
}

/* Below 2048 ns nothing is rounded. */
static void
test_small_is_exact(void **state)
{
	struct bench_hist *h = *state;
	uint64_t value[1000];

	for (unsigned int i = 0; i < 1000; i++) {
		value[i] = random_value(11);
		bench_hist_record(h, value[i]);
	}
	qsort(value, 1000, sizeof(*value), compare);
	for (unsigned int i = 1; i <= 1000; i++)
		assert_int_equal(bench_hist_percentile(h, i / 10.0), value[i - 1]);
}

static void
test_mean(void **state)
{
	struct bench_hist *h = *state;
	double sum = 0;

	for (unsigned int i = 0; i < N; i++) {
		uint64_t value = random_value(30);

		sum += (double)value;
		bench_hist_record(h, value);
	}
	assert_true(fabs(bench_hist_mean(h) - sum / N) < 1e-6 * sum / N);
}

/* Beyond 100 s: counted, and the largest is kept as it is. */
static void
test_beyond(void **state)
{
	struct bench_hist *h = *state;

	bench_hist_record(h, UINT64_C(1000000000000));
	bench_hist_record(h, 5);
	assert_int_equal(h->count, 2);
	assert_int_equal(h->max, UINT64_C(1000000000000));
	assert_int_equal(bench_hist_percentile(h, 100), UINT64_C(1000000000000));
	assert_int_equal(bench_hist_percentile(h, 50), 5);
}

/* Two halves merged are what one histogram of all would be. */
static void
test_merge(void **state)
{
	struct bench_hist *h = *state, all;
	uint64_t *value = calloc(N, sizeof(*value));

	assert_int_equal(bench_hist_init(&all), 0);
	for (unsigned int i = 0; i < N; i++) {
		value[i] = random_value(33);
		bench_hist_record(&h[i % 3 == 0], value[i]);
	}
	bench_hist_merge(&all, &h[0]);
	bench_hist_merge(&all, &h[1]);
	check_percentiles(&all, value, N);
	assert_int_equal(all.sum, h[0].sum + h[1].sum);
	bench_hist_fini(&all);
	free(value);
}

/* Merging nothing changes nothing, the smallest value above all. */
static void
test_merge_empty(void **state)
{
	struct bench_hist *h = *state;

	bench_hist_record(&h[0], 700);
	bench_hist_merge(&h[0], &h[1]);
	assert_int_equal(h[0].count, 1);
	assert_int_equal(bench_hist_min(&h[0]), 700);
	assert_int_equal(h[0].max, 700);
}

static void
test_reset(void **state)
{
	struct bench_hist *h = *state;

	bench_hist_record(h, 1);
	bench_hist_record(h, 100000);
	bench_hist_reset(h);
	assert_int_equal(h->count, 0);
	bench_hist_record(h, 300);
	assert_int_equal(bench_hist_percentile(h, 0), 300);
	assert_int_equal(bench_hist_percentile(h, 100), 300);
	assert_true(bench_hist_mean(h) == 300);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(test_buckets, setup, teardown),
		cmocka_unit_test_setup_teardown(test_uniform_sizes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_small_is_exact, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mean, setup, teardown),
		cmocka_unit_test_setup_teardown(test_beyond, setup, teardown),
		cmocka_unit_test_setup_teardown(test_merge, setup, teardown),
		cmocka_unit_test_setup_teardown(test_merge_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reset, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
