/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * dpdk-foo-bench net: results, the device that costs nothing, command lines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
	assert_true(rate_of(json_array_get(results.points, 0)) == 1000.0);
	/* the longest time of two */
	cfg.o.guests = 2;
	assert_int_equal(net_results_point(&results, guest, 64, &run), 0);
	assert_true(results.point[1].total.seconds == 2.0);
	assert_true(rate_of(json_array_get(results.points, 1)) == 1500.0);
	net_results_fini(&results);
}

/* The plot of a sweep, whatever its order. */
static void
test_plot_unsorted(void **state)
{
	char path[] = "/tmp/foo-net-XXXXXX";
	struct net_config cfg = {.o = {.quiet = true, .guests = 1, .socket = {"a"}, .plot = path}};
	const struct bench_run_result run = {.seconds = 2, .drained = true};
	const uint32_t size[] = {1500, 64, 512};
	char name[] = "net", *argv[] = {name, NULL};
	struct net_results results;
	struct net_guest guest;
	int fd = mkstemp(path);
	struct stat st;

	(void)state;
	assert_true(fd >= 0);
	net_results_init(&results, &cfg, 1, argv);
	finished(&guest, 1, &cfg);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(net_results_point(&results, &guest, size[i], &run), 0);
	assert_int_equal(net_results_finish(&results), BENCH_OK);
	/* a new file of that name */
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size > 1000);
	net_results_fini(&results);
	close(fd);
	unlink(path);
}

/* A sender that came back begins a new stream. */
static void
test_streams(void **state)
{
	static const uint64_t seqs[] = {0, 2, 1, 1};
	const struct net_config cfg = {.n = {.mode = NET_PAIR, .check = NET_CHECK_SEQ}};
	struct net_flow flow = {.stream = net_stream(0, 0, 0)};
	struct net_txq txq = {.stream = net_stream(0, 0, 1), .seq = 7};
	struct net_rxq rxq = {.ring = NULL};
	struct net_guest guest[2];
	struct bench_net_result r;

	(void)state;
	finished(guest, 2, &cfg);
	guest[0].txq = &txq;
	guest[1].flow = &flow;
	guest[1].rxq = &rxq;
	guest[1].npairs = 1;
	for (unsigned int i = 0; i < 4; i++)
		bench_track_packet(&flow.track, seqs[i]);
	/* nothing of the new one has arrived */
	net_guest_result(&guest[1], &guest[0], &r);
	assert_int_equal(r.track.lost, 7);
	assert_int_equal(r.track.reordered, 1);
	assert_int_equal(r.track.duplicated, 1);
	/* two of seven have */
	net_flow_begin(&flow, txq.stream);
	bench_track_packet(&flow.track, 0);
	bench_track_packet(&flow.track, 1);
	net_guest_result(&guest[1], &guest[0], &r);
	assert_int_equal(r.track.received, 6);
	assert_int_equal(r.track.lost, 5);
	assert_int_equal(r.track.reordered, 1);
	assert_int_equal(r.track.duplicated, 1);
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

/* ---- the path of the packets ---- */

/* A guest whose device does nothing by itself. */
static void
alone(struct net_guest *ng, struct net_config *cfg)
{
	cfg->o.quiet = true;
	cfg->o.guests = 1;
	cfg->o.queues = 1;
	cfg->o.queue_size = 16;
	cfg->o.burst = 4;
	cfg->n.mode = NET_NULL;
	cfg->n.check = NET_CHECK_SEQ;
	assert_int_equal(net_guest_open(ng, cfg, 0, 64, 0), 0);
	assert_int_equal(net_null_init(&ng->null, &ng->g, 1), 0);
}

/* What is lost does not close the window for good. */
static void
test_window(void **state)
{
	struct net_config cfg = {.n = {.window = 6}};
	struct net_guest ng;
	uint64_t begun;

	(void)state;
	alone(&ng, &cfg);
	assert_int_equal(net_tx(&ng, &ng.txq[0]), 4);
	assert_int_equal(net_tx(&ng, &ng.txq[0]), 2);
	assert_int_equal(net_tx(&ng, &ng.txq[0]), 0);
	begun = bench_now();
	while (net_tx(&ng, &ng.txq[0]) == 0)
		assert_true(bench_now() - begun < 10 * SECOND);
	assert_true(bench_now() - begun > SECOND / 20);
	/* everything comes back after all: there is as much room as ever */
	net_null_poll(&ng.null, &ng.g.mem, false);
	while (net_rx(&ng, &ng.rxq[0]) > 0)
		;
	assert_int_equal(ng.flow[0].track.next, 10);
	assert_int_equal(net_tx(&ng, &ng.txq[0]), 4);
	assert_int_equal(net_tx(&ng, &ng.txq[0]), 2);
	assert_int_equal(net_tx(&ng, &ng.txq[0]), 0);
	net_guest_close(&ng);
}

/* --indirect: a descriptor of the ring names a table, whose entry names the packet. */
static void
test_indirect(void **state)
{
	(void)state;
	for (unsigned int packed = 0; packed < 2; packed++) {
		struct net_config cfg = {.o = {.indirect = true, .ring = packed}};
		struct net_guest ng;

		alone(&ng, &cfg);
		assert_int_equal(net_tx(&ng, &ng.txq[0]), 4);
		for (unsigned int i = 0; i < 4; i++) {
			const struct foo_guest_ring *tx = ng.txq[0].ring, *rx = ng.rxq[0].ring;
			uint16_t sent = packed ? tx->packed_desc[i].flags : tx->desc[i].flags;
			uint16_t given = packed ? rx->packed_desc[i].flags : rx->desc[i].flags;

			assert_true(sent & VRING_DESC_F_INDIRECT);
			assert_true(given & VRING_DESC_F_INDIRECT);
		}
		net_guest_close(&ng);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_total_seconds), cmocka_unit_test(test_plot_unsorted),
		cmocka_unit_test(test_streams),       cmocka_unit_test(test_null_time),
		cmocka_unit_test(test_window),        cmocka_unit_test(test_indirect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
