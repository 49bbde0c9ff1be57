/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/* Which calls are held back, and what ends that. The clock is the test's. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <rte_common.h>

#include <foo_coalesce.h>

static struct foo_coalesce how;
static struct foo_coalesce_held held;

static int
setup(__rte_unused void **state)
{
	how = (struct foo_coalesce){0};
	held = (struct foo_coalesce_held){0};
	return 0;
}

static bool
due(bool wanted, uint32_t done, uint64_t now)
{
	return foo_coalesce_due(&held, &how, wanted, done, now);
}

static void
test_off(__rte_unused void **state)
{
	assert_true(due(true, 1, 100));
	assert_true(due(true, 1, 101));
	assert_false(due(false, 1, 102));
	assert_false(foo_coalesce_held(&held));
	/* a count alone would hold the last call for ever */
	foo_coalesce_set(&how, 8, 0);
	assert_true(due(true, 1, 103));
}

static void
test_time(__rte_unused void **state)
{
	how.cycles = 50;
	assert_false(due(true, 1, 1000));
	assert_true(foo_coalesce_held(&held));
	/* from the first that was held on, whatever comes later */
	assert_false(due(true, 1000, 1049));
	assert_true(due(false, 0, 1050));
	assert_false(foo_coalesce_held(&held));
	assert_false(due(false, 0, 2000));
	assert_false(due(true, 1, 3000));
	assert_true(due(true, 1, 3060));
}

static void
test_count(__rte_unused void **state)
{
	how.cycles = 1000000;
	how.count = 8;
	assert_false(due(true, 5, 1));
	/* with EVENT_IDX only the first flush says that a call is wanted */
	assert_false(due(false, 2, 2));
	assert_true(due(false, 1, 3));
	assert_false(due(true, 7, 4));
	assert_true(due(true, 7, 5));
	how.count = 1;
	assert_true(due(true, 1, 6));
}

/* What ended while the driver wanted no calls counts: it has waited longest. */
static void
test_count_since_the_last_call(__rte_unused void **state)
{
	how.cycles = 1000000;
	how.count = 8;
	assert_false(due(false, 7, 1));
	assert_false(foo_coalesce_held(&held));
	assert_true(due(true, 1, 2));
	assert_false(due(false, UINT32_MAX, 3));
	assert_false(due(false, UINT32_MAX, 4)); /* does not wrap */
	assert_true(due(true, 1, 5));
}

static void
test_release(__rte_unused void **state)
{
	assert_false(foo_coalesce_release(&held));
	how.cycles = 1000;
	assert_false(due(true, 1, 1));
	assert_true(foo_coalesce_release(&held));
	assert_false(foo_coalesce_release(&held));
	assert_false(due(false, 0, 5000));
}

/* Switched off while a call is held: it is not forgotten. */
static void
test_changed_while_held(__rte_unused void **state)
{
	how.cycles = 1000;
	assert_false(due(true, 1, 1));
	foo_coalesce_set(&how, 0, 0);
	assert_true(due(false, 0, 2));
	assert_false(due(false, 0, 3));
	assert_true(due(true, 1, 4));
}

/* The TSC may wrap. */
static void
test_wrap(__rte_unused void **state)
{
	how.cycles = 50;
	assert_false(due(true, 1, UINT64_MAX - 9));
	assert_false(due(false, 0, 39));
	assert_true(due(false, 0, 40));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup(fn, setup)
		TEST(test_off),     TEST(test_time),
		TEST(test_count),   TEST(test_count_since_the_last_call),
		TEST(test_release), TEST(test_changed_while_held),
		TEST(test_wrap),
	};

	return cmocka_run_group_tests_name("ops_coalesce", tests, NULL, NULL);
}
