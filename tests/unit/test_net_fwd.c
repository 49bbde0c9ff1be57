/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Where packets go: overload, handing over between lcores, modes, pairs.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "net_fixture.h"

static void
overload_drop(void **state)
{
	struct fx_setup s = {.features = {FX_MRG, FX_PACKED}};
	uint32_t len, i;

	(void)state;
	fx_start(&s);
	fx_post_many(P1, 5, 2048);
	for (i = 0; i < 12; i++) {
		len = fx_packet(out, HDR, 60, (uint8_t)i);
		fx_send(P0, out, len);
	}
	while (fx_poll() != 0)
		;
	assert_int_equal(fx_sent(P0), 12);
	assert_int_equal(fx_stats(P1, 0).packets, 5);
	assert_int_equal(fx_stats(P1, 0).drops[FOO_NET_DROP_RING_FULL], 7);
	fx_stop();
}

static void
check_backpressure(uint64_t features, enum foo_net_placement placement)
{
	struct fx_setup s = {.features = {features, features},
			     .conf = {.overload = FOO_NET_BACKPRESSURE, .placement = placement}};
	uint32_t len, i, got = 0;

	fx_start(&s);
	for (i = 0; i < 40; i++) {
		len = fx_packet(out, HDR, 60 + i, (uint8_t)i);
		fx_send(P0, out, len);
	}
	while (got < 40) {
		for (i = 0; i < 3; i++)
			fx_poll();
		assert_int_equal(fx_receive(P1, 0, in, sizeof(in)), -1);
		fx_post_many(P1, 3, 2048);
		for (i = 0; i < 3; i++)
			fx_poll();
		for (i = 0; i < 3 && got < 40; i++, got++) {
			fx_packet(out, HDR, 60 + got, (uint8_t)got);
			expect_packet(out + HDR, 60 + got, HDR);
		}
	}
	fx_poll();
	assert_int_equal(fx_sent(P0), 40);
	assert_int_equal(fx_stats(P1, 0).packets, 40);
	assert_true(fx_stats(P0, 1).backpressure + fx_stats(P1, 0).backpressure > 0);
	assert_int_equal(fx_stats(P0, 1).handovers, placement == FOO_NET_PLACE_SPREAD ? 40 : 0);
	fx_stop();
}

static void
backpressure(void **state)
{
	(void)state;
	check_backpressure(FX_MRG, FOO_NET_PLACE_FLOW);
	check_backpressure(FX_PACKED, FOO_NET_PLACE_FLOW);
}

static void
handover(void **state)
{
	(void)state;
	check_backpressure(FX_MRG, FOO_NET_PLACE_SPREAD);
	check_backpressure(FX_PACKED, FOO_NET_PLACE_SPREAD);
	check_backpressure(FX_PACKED | FX_BIT(VIRTIO_F_IN_ORDER), FOO_NET_PLACE_SPREAD);
}

/** Chains that wait at the other lcore go back into their ring when it stops, and none is lost. */
static void
handover_drain(void **state)
{
	struct fx_setup s = {
		.features = {FX_MRG, FX_MRG},
		.conf = {.overload = FOO_NET_BACKPRESSURE, .placement = FOO_NET_PLACE_SPREAD}};
	uint16_t avail, used;
	uint32_t len, i;

	(void)state;
	fx_start(&s);
	fx_post_many(P1, 4, 2048);
	for (i = 0; i < 10; i++) {
		len = fx_packet(out, HDR, 60 + i, (uint8_t)i);
		fx_send(P0, out, len);
	}
	for (i = 0; i < 4; i++)
		fx_poll();
	assert_int_equal(foo_queue_stop(&P0->dev->queue[1], &avail, &used), 0);
	assert_int_equal(avail, 4);
	assert_int_equal(used, 4);
	assert_int_equal(fx_sent(P0), 4);
	assert_int_equal(fx_stats(P0, 1).packets, 4);
	fx_stop();
}

/** More pieces than a reference keeps. */
static void
handover_many_pieces(void **state)
{
	struct fx_setup s = {.features = {FX_MRG, FX_MRG},
			     .conf = {.placement = FOO_NET_PLACE_SPREAD}};
	uint32_t cut[40], len, i, k;

	(void)state;
	for (i = 0; i < RTE_DIM(cut); i++)
		cut[i] = 7;
	fx_start(&s);
	fx_post_many(P1, 20, 2048);
	for (i = 0; i < 10; i++) {
		len = fx_packet(out, HDR, 400 + i, (uint8_t)i);
		fx_send_cut(P0, 0, out, len, cut, i % 2 ? RTE_DIM(cut) : 3);
	}
	for (i = 0; i < 30; i++)
		fx_poll();
	for (k = 0; k < 10; k++) {
		fx_packet(out, HDR, 400 + k, (uint8_t)k);
		expect_packet(out + HDR, 400 + k, HDR);
	}
	assert_int_equal(fx_sent(P0), 10);
	fx_stop();
}

static void
handover_to_stopped(void **state)
{
	struct fx_setup s = {.features = {FX_MRG, FX_MRG},
			     .conf = {.placement = FOO_NET_PLACE_SPREAD}};
	uint32_t len;

	(void)state;
	fx_start(&s);
	fx_post_many(P1, 20, 2048);
	len = fx_packet(out, HDR, 60, 1);
	fx_send(P0, out, len);
	P0->dev->queue[1].ops->poll(&P0->dev->queue[1]); /* handed over, not yet seen */
	assert_int_equal(foo_queue_stop(&P1->dev->queue[0], NULL, NULL), 0);
	fx_poll();
	fx_poll();
	assert_int_equal(fx_sent(P0), 1);
	assert_int_equal(fx_stats(P1, 0).drops[FOO_NET_DROP_NO_PORT], 1);
	fx_send(P0, out, len);
	fx_poll();
	assert_int_equal(fx_sent(P0), 1);
	assert_int_equal(fx_stats(P0, 1).drops[FOO_NET_DROP_NO_PORT], 1);
	fx_stop();
}

/** With back-pressure a pause of the receiver loses nothing, on one lcore or on two. */
static void
check_pause(enum foo_net_placement placement)
{
	struct fx_setup s = {.features = {FX_MRG, FX_MRG},
			     .conf = {.overload = FOO_NET_BACKPRESSURE, .placement = placement}};
	uint32_t len, i;

	fx_start(&s);
	fx_post_many(P1, 20, 2048);
	len = fx_packet(out, HDR, 60, 1);
	fx_send(P0, out, len);
	P0->dev->queue[1].ops->poll(&P0->dev->queue[1]); /* delivered, or handed over */
	assert_int_equal(foo_queue_stop(&P1->dev->queue[0], NULL, NULL), 0);
	fx_send(P0, out, len);
	for (i = 0; i < 5; i++)
		fx_poll();
	assert_int_equal(fx_stats(P0, 1).drops[FOO_NET_DROP_NO_PORT], 0);
	assert_int_equal(fx_stats(P1, 0).drops[FOO_NET_DROP_NO_PORT], 0);
	fx_queue_restart(P1, 0);
	for (i = 0; i < 5; i++)
		fx_poll();
	assert_int_equal(fx_stats(P1, 0).packets, 2);
	assert_int_equal(fx_sent(P0), 2);
	/* a guest that is gone is not waited for */
	assert_int_equal(foo_queue_stop(&P1->dev->queue[0], NULL, NULL), 0);
	fx_send(P0, out, len);
	fx_poll();
	assert_int_equal(fx_sent(P0), 0);
	usleep(150 * 1000);
	for (i = 0; i < 3; i++)
		fx_poll();
	assert_int_equal(fx_sent(P0), 1);
	assert_int_equal(fx_stats(P0, 1).drops[FOO_NET_DROP_NO_PORT], 1);
	fx_stop();
}

static void
receiver_pauses(void **state)
{
	(void)state;
	check_pause(FOO_NET_PLACE_FLOW);
	check_pause(FOO_NET_PLACE_SPREAD);
}

static void
macswap(void **state)
{
	const uint32_t cut[] = {5, 9, 3}, rx_cut[] = {13, 8, 1000};
	struct fx_setup s = {.features = {FX_MRG, FX_MODERN}, .conf = {.fwd = FOO_NET_FWD_MACSWAP}};
	uint32_t len, i;

	(void)state;
	fx_start(&s);
	for (i = 0; i < 2; i++) {
		fx_post(P1, 0, i ? rx_cut : &rx_cut[2], i ? 3 : 1, i);
		len = fx_packet(out, HDR, 60, 1);
		fx_send_cut(P0, 0, out, len, cut, i ? 3 : 0);
		fx_poll();
		assert_int_equal(fx_receive(P1, 0, in, sizeof(in)), HDR + 60);
		assert_memory_equal(in + HDR, out + HDR + 6, 6);
		assert_memory_equal(in + HDR + 6, out + HDR, 6);
		assert_memory_equal(in + HDR + 12, out + HDR + 12, 48);
		assert_int_equal(fx_stats(P1, 0).copied_bytes, 60 * (i + 1));
	}
	fx_stop();
}

static void
rxonly_txonly(void **state)
{
	struct fx_setup s = {.features = {FX_MRG, FX_MRG}, .conf = {.fwd = FOO_NET_FWD_RXONLY}};
	uint32_t len;

	(void)state;
	fx_start(&s);
	fx_post_many(P1, 2, 2048);
	len = fx_packet(out, HDR, 60, 1);
	fx_send(P0, out, len);
	fx_poll();
	assert_int_equal(fx_sent(P0), 1);
	assert_int_equal(fx_stats(P0, 1).packets, 1);
	assert_int_equal(fx_receive(P1, 0, in, sizeof(in)), -1);
	fx_stop();
	s.conf = (struct foo_net_conf){.fwd = FOO_NET_FWD_TXONLY, .txonly_size = 100};
	fx_start(&s);
	fx_post_many(P1, 2, 2048);
	assert_int_equal(fx_poll(), 2);
	assert_int_equal(fx_receive(P1, 0, in, sizeof(in)), HDR + 100);
	assert_int_equal(fx_stats(P1, 0).packets, 2);
	fx_stop();
}

static void
fewer_pairs(void **state)
{
	struct fx_setup s = {.features = {FX_MRG, FX_MRG}, .pairs = 2};
	uint32_t len;

	(void)state;
	fx_start(&s);
	assert_int_equal(foo_queue_stop(&P1->dev->queue[2], NULL, NULL), 0);
	fx_post_many(P1, 2, 2048);
	len = fx_packet(out, HDR, 60, 1);
	fx_send_cut(P0, 1, out, len, NULL, 0); /* second pair: goes to the first, which runs */
	for (len = 0; len < 3; len++)
		fx_poll();
	expect_packet(out + HDR, 60, HDR);
	assert_int_equal(foo_queue_stop(&P1->dev->queue[0], NULL, NULL), 0);
	fx_send_cut(P0, 1, out, HDR + 60, NULL, 0);
	fx_poll();
	assert_int_equal(fx_stats(P0, 3).drops[FOO_NET_DROP_NO_PORT], 1);
	fx_stop();
}

static void
single_port(void **state)
{
	struct fx_setup s = {.features = {FX_PACKED}, .ports = 1};
	uint32_t len;

	(void)state;
	fx_start(&s);
	fx_post_many(P0, 2, 2048);
	len = fx_packet(out, HDR, 60, 1);
	fx_send(P0, out, len);
	for (len = 0; len < 3; len++)
		fx_poll();
	assert_int_equal(fx_receive(P0, 0, in, sizeof(in)), HDR + 60);
	assert_memory_equal(in + HDR, out + HDR, 60);
	fx_stop();
}

/* Packets of a whole burst: NET_BURST. */
#define BURST FOO_VQ_BURST_MAX

static void
gather_send(unsigned int n)
{
	uint32_t len = fx_packet(out, HDR, 60, 1);

	while (n-- != 0)
		fx_send(P0, out, len);
}

/**
 * Right behind a burst a single packet waits for others, until the time is over; on a packed ring a
 * whole burst does not wait, on a split one nobody looks. Whoever runs this may be held up for
 * longer than that time: then it is tried again.
 */
static void
check_gather(uint64_t features)
{
	struct fx_setup s = {.features = {features, features},
			     .conf = {.gather_us = FOO_NET_GATHER_MAX}};
	unsigned int i, waits = 0, bursts = 0;
	const unsigned int burst = features == FX_PACKED ? BURST : 0;

	fx_start(&s);
	for (i = 0; i < 500 && (waits == 0 || bursts == 0); i++) {
		fx_post_many(P1, BURST + 2, 200);
		usleep(2 * FOO_NET_GATHER_MAX);
		gather_send(1);
		assert_int_equal(fx_poll(), 1); /* the first one never waits */
		gather_send(1);
		waits += fx_poll() == 0;
		gather_send(BURST - 1);
		bursts += fx_poll() == burst;
		usleep(2 * FOO_NET_GATHER_MAX);
		gather_send(1);
		while (fx_poll() != 0)
			usleep(2 * FOO_NET_GATHER_MAX);
		assert_int_equal(fx_stats(P0, 1).packets, (BURST + 2) * (i + 1));
		while (fx_receive(P1, 0, in, sizeof(in)) >= 0)
			;
		assert_int_equal(fx_sent(P0), BURST + 2);
	}
	assert_true(waits != 0 && bursts != 0);
	fx_stop();
}

static void
gather(void **state)
{
	struct foo_net_conf conf = {.txonly_size = 60, .gather_us = FOO_NET_GATHER_MAX + 1};
	struct foo_error err = {""};

	(void)state;
	check_gather(FX_MRG);
	check_gather(FX_PACKED);
	assert_int_equal(foo_net_setup(&conf, &err), -EINVAL);
	assert_non_null(strstr(err.text, "--gather=101: must be 0 to 100"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(overload_drop, fx_teardown),
		cmocka_unit_test_teardown(backpressure, fx_teardown),
		cmocka_unit_test_teardown(handover, fx_teardown),
		cmocka_unit_test_teardown(handover_drain, fx_teardown),
		cmocka_unit_test_teardown(handover_many_pieces, fx_teardown),
		cmocka_unit_test_teardown(handover_to_stopped, fx_teardown),
		cmocka_unit_test_teardown(receiver_pauses, fx_teardown),
		cmocka_unit_test_teardown(macswap, fx_teardown),
		cmocka_unit_test_teardown(rxonly_txonly, fx_teardown),
		cmocka_unit_test_teardown(fewer_pairs, fx_teardown),
		cmocka_unit_test_teardown(single_port, fx_teardown),
		cmocka_unit_test_teardown(gather, fx_teardown),
	};

	return cmocka_run_group_tests(tests, fx_group_setup, NULL);
}
