/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * dpdk-foo-bench net: results, the device that costs nothing, command lines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bench.h"
#include "net_guest.h"
#include "net_null.h"
#include "net_opts.h"
#include "net_result.h"

#define SECOND UINT64_C(1000000000)

/* Guests as they are after a run of two seconds. */
static void
finished(struct net_guest *guest, unsigned int n, const struct net_config *cfg)
{
	memset(guest, 0, n * sizeof(*guest));
	for (unsigned int i = 0; i < n; i++) {
		guest[i].cfg = cfg;
		guest[i].index = i;
		guest[i].source = i;
		guest[i].receives = true;
		guest[i].begun = SECOND;
		guest[i].ended = 3 * SECOND;
		guest[i].last.rx_packets = 1000 * (i + 1);
	}
}

static double
rate_of(const json_t *result)
{
	return json_real_value(json_object_get(result, "rx_pps"));
}

/* ---- results ---- */

/* The rates of all guests together are those of the guests: not of another time. */
static void
test_total_seconds(void **state)
{
	struct net_config cfg = {.o = {.quiet = true, .guests = 1, .socket = {"a", "b"}}};
	const struct bench_run_result run = {.seconds = 2.5, .drained = true};
	struct net_results results;
	struct net_guest guest[2];

	(void)state;
	net_results_init(&results, &cfg, 0, NULL);
	finished(guest, 2, &cfg);
	guest[0].null_ns = SECOND;
	assert_int_equal(net_results_point(&results, guest, 64, &run), 0);
	assert_true(results.point[0].total.seconds == 1.0);
	assert_true(rate_of(results.point[0].json) == 1000.0);
	/* the longest time of two */
	cfg.o.guests = 2;
	assert_int_equal(net_results_point(&results, guest, 64, &run), 0);
	assert_true(results.point[1].total.seconds == 2.0);
	assert_true(rate_of(results.point[1].json) == 1500.0);
	net_results_fini(&results);
}

/* ---- the null device ---- */

/* It takes time only when it moves something. */
static void
test_null_time(void **state)
{
	const struct foo_guest_config gc = {.nqueues = 2, .queue_size = 8, .memory = 1 << 20};
	struct foo_guest_buf buf = {.len = 64, .flags = VRING_DESC_F_WRITE};
	struct net_null null;
	struct foo_guest g;

	(void)state;
	assert_int_equal(foo_guest_open_alone(&g, &gc), 0);
	assert_int_equal(net_null_init(&null, &g, 1), 0);
	for (unsigned int i = 0; i < 1000; i++)
		net_null_poll(&null, &g.mem, true);
	assert_int_equal(null.ns, 0);
	assert_non_null(foo_guest_alloc(&g, 64, &buf.gpa));
	for (unsigned int i = 0; i < 2; i++, buf.flags = 0)
		assert_int_equal(foo_guest_send(&g, i, &buf, 1, i), 0);
	net_null_poll(&null, &g.mem, true);
	assert_true(null.ns > 0);
	net_null_fini(&null);
	foo_guest_close(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_total_seconds),
		cmocka_unit_test(test_null_time),
	};

	return cmocka_run_group_tests_name("bench_net", tests, NULL, NULL);
}
