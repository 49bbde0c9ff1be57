/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Rate control, on a clock that the tests set.
 */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bench_pace.h"

#define START UINT64_C(5000000000000)
#define SECOND UINT64_C(1000000000)
#define BURST 32u

/* Take everything that is due, a burst at a time; counts, and checks that the times rise. */
static uint64_t
take_all(struct bench_pace *p, uint64_t now, uint64_t *last)
{
	uint64_t due[BURST], all = 0;
	unsigned int n;

	do {
		n = bench_pace_take(p, now, due, BURST);
		for (unsigned int i = 0; i < n; i++) {
			assert_in_range(due[i], *last, now);
			*last = due[i];
		}
		all += n;
	} while (n == BURST);
	return all;
}

static void
test_refuses(void **state)
{
	struct bench_pace p;

	(void)state;
	assert_int_equal(bench_pace_init(&p, -1, BENCH_PACE_CONSTANT, 0), -EINVAL);
	assert_int_equal(bench_pace_init(&p, NAN, BENCH_PACE_CONSTANT, 0), -EINVAL);
	assert_int_equal(bench_pace_init(&p, 1.1e9, BENCH_PACE_CONSTANT, 0), -EINVAL);
	assert_int_equal(bench_pace_init(&p, 1e9, BENCH_PACE_POISSON, 0), 0);
}

/* The n-th request is due at n times the interval, and not a ns before. */
static void
test_due_times(void **state)
{
	struct bench_pace p;
	uint64_t due[4];

	(void)state;
	assert_int_equal(bench_pace_init(&p, 1e6, BENCH_PACE_CONSTANT, 0), 0);
	bench_pace_start(&p, START);
	assert_int_equal(bench_pace_take(&p, START - 1, due, 4), 0);
	assert_int_equal(bench_pace_take(&p, START, due, 4), 1);
	assert_int_equal(due[0], START);
	assert_int_equal(bench_pace_next(&p), START + 1000);
	assert_int_equal(bench_pace_take(&p, START + 999, due, 4), 0);
	assert_int_equal(bench_pace_take(&p, START + 2000, due, 4), 2);
	assert_int_equal(due[0], START + 1000);
	assert_int_equal(due[1], START + 2000);
}

/* However irregularly it is asked, the rate is exact, also after an hour and for odd rates. */
static void
test_exact_rate(void **state)
{
	static const double rates[] = {1, 3, 777, 700001};

	(void)state;
	for (unsigned int r = 0; r < 4; r++) {
		uint64_t now = START, last = 0, all = 0, step = 1;
		const uint64_t end = START + (rates[r] < 1000 ? 3600 : 10) * SECOND;
		struct bench_pace p;

		assert_int_equal(bench_pace_init(&p, rates[r], BENCH_PACE_CONSTANT, 0), 0);
		bench_pace_start(&p, START);
		while (now < end) {
			all += take_all(&p, now, &last);
			step = step * 75 % 65537;
			now += step * 1000;
		}
		all += take_all(&p, end, &last);
		assert_int_equal(
			all, (uint64_t)floor((double)(end - START) / 1e9 * rates[r] + 1e-6) + 1);
	}
}

/* A back-end that stands still for 100 ms: nothing is forgotten, each keeps its due time, a burst
 * is never larger than asked for, and afterwards the schedule is the old one. */
static void
test_stall(void **state)
{
	uint64_t due[BURST], n = 0;
	struct bench_pace p;

	(void)state;
	assert_int_equal(bench_pace_init(&p, 1e5, BENCH_PACE_CONSTANT, 0), 0);
	bench_pace_start(&p, START);
	assert_int_equal(bench_pace_take(&p, START, due, BURST), 1);
	assert_int_equal(bench_pace_backlog(&p, START + SECOND / 10), 10000);
	while (n < 10000) {
		unsigned int got = bench_pace_take(&p, START + SECOND / 10, due, BURST);

		assert_in_range(got, 1, BURST);
		for (unsigned int i = 0; i < got; i++)
			assert_int_equal(due[i], START + (n + i + 1) * 10000);
		n += got;
	}
	assert_int_equal(bench_pace_backlog(&p, START + SECOND / 10), 0);
	assert_int_equal(bench_pace_take(&p, START + SECOND / 10 + 9999, due, BURST), 0);
	assert_int_equal(bench_pace_take(&p, START + SECOND / 10 + 10000, due, BURST), 1);
	assert_int_equal(p.taken, 10002);
}

/* What is not taken for want of room is not lost, and its due time does not move. */
static void
test_no_room(void **state)
{
	struct bench_pace p;
	uint64_t due[1];

	(void)state;
	assert_int_equal(bench_pace_init(&p, 1e3, BENCH_PACE_CONSTANT, 0), 0);
	bench_pace_start(&p, START);
	assert_int_equal(bench_pace_take(&p, START + SECOND, due, 0), 0);
	assert_int_equal(bench_pace_take(&p, START + SECOND, due, 1), 1);
	assert_int_equal(due[0], START);
}

static void
test_closed_loop(void **state)
{
	struct bench_pace p;
	uint64_t due[8];

	(void)state;
	assert_int_equal(bench_pace_init(&p, 0, BENCH_PACE_CONSTANT, 0), 0);
	bench_pace_start(&p, START);
	assert_int_equal(bench_pace_take(&p, START + 77, due, 8), 8);
	assert_int_equal(due[7], START + 77);
	assert_int_equal(p.taken, 8);
	assert_int_equal(bench_pace_backlog(&p, START + SECOND), 0);
}

/* Intervals of a Poisson process: mean and standard deviation are the same, one in e is longer
 * than the mean; bounds of five standard errors. */
static void
test_poisson(void **state)
{
	const unsigned int n = 100000;
	double sum = 0, squares = 0, mean;
	uint64_t due, last = START;
	unsigned int longer = 0;
	struct bench_pace p;

	(void)state;
	assert_int_equal(bench_pace_init(&p, 1e4, BENCH_PACE_POISSON, 42), 0);
	bench_pace_start(&p, START);
	for (unsigned int i = 0; i < n; i++) {
		double interval;

		assert_int_equal(bench_pace_take(&p, UINT64_MAX, &due, 1), 1);
		interval = (double)(due - last);
		last = due;
		sum += interval;
		squares += interval * interval;
		longer += interval > 1e5;
	}
	mean = sum / n;
	assert_true(fabs(mean - 1e5) < 5 * 1e5 / sqrt(n));
	assert_true(fabs(sqrt(squares / n - mean * mean) - 1e5) < 0.03 * 1e5);
	assert_true(fabs((double)longer / n - exp(-1)) < 0.01);
}

/* The same seed gives the same schedule, another one another. */
static void
test_seed(void **state)
{
	uint64_t a[BURST], b[BURST], c[BURST];
	struct bench_pace p;

	(void)state;
	bench_pace_init(&p, 1e6, BENCH_PACE_POISSON, 1);
	bench_pace_start(&p, START);
	bench_pace_take(&p, UINT64_MAX, a, BURST);
	bench_pace_init(&p, 1e6, BENCH_PACE_POISSON, 1);
	bench_pace_start(&p, START);
	bench_pace_take(&p, UINT64_MAX, b, BURST);
	bench_pace_init(&p, 1e6, BENCH_PACE_POISSON, 2);
	bench_pace_start(&p, START);
	bench_pace_take(&p, UINT64_MAX, c, BURST);
	assert_memory_equal(a, b, sizeof(a));
	assert_memory_not_equal(a, c, sizeof(a));
}

/* What is given up has waited, whether it is little or more than one would count one by one. */
static void
test_give_up(void **state)
{
	const enum bench_pace_mode mode[] = {BENCH_PACE_CONSTANT, BENCH_PACE_POISSON};
	const double rate[] = {1000, 20e6};
	struct bench_hist h;
	struct bench_pace p;

	(void)state;
	assert_int_equal(bench_hist_init(&h), 0);
	for (unsigned int i = 0; i < 4; i++) {
		uint64_t n, all = (uint64_t)rate[i / 2];

		bench_hist_reset(&h);
		bench_pace_init(&p, rate[i / 2], mode[i % 2], 1);
		bench_pace_start(&p, START);
		n = bench_pace_give_up(&p, START + SECOND, &h);
		assert_int_equal(h.count, n);
		assert_in_range(n, all - all / 5, all + all / 5);
		assert_in_range(h.max, SECOND - SECOND / 50, SECOND);
		assert_in_range((uint64_t)bench_hist_mean(&h), SECOND / 5 * 2, SECOND / 5 * 3);
		assert_int_equal(bench_pace_give_up(&p, START + SECOND, &h), 0);
	}
	/* a closed loop is never late */
	bench_pace_init(&p, 0, BENCH_PACE_CONSTANT, 1);
	bench_pace_start(&p, START);
	assert_int_equal(bench_pace_give_up(&p, START + SECOND, &h), 0);
	bench_hist_fini(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refuses),    cmocka_unit_test(test_due_times),
		cmocka_unit_test(test_exact_rate), cmocka_unit_test(test_stall),
		cmocka_unit_test(test_no_room),    cmocka_unit_test(test_closed_loop),
		cmocka_unit_test(test_poisson),    cmocka_unit_test(test_seed),
		cmocka_unit_test(test_give_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
