/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/* Limits of a disk, on a clock of the test's own: rates, bursts, debts, and several queues. */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <linux/virtio_ring.h>

#include <blk_priv.h>

/* The clock: a cycle is a nanosecond. */
#define HZ UINT64_C(1000000000)
#define SECOND HZ

#define QUEUES 4

/* A ring with an avail index of 1: something waits, or nothing does. */
static struct vring_avail waits = {.idx = 1}, idle;

static struct foo_blk disk;
static struct blk_qos qos;
static struct foo_queue queue[QUEUES];
static struct blk_queue bk[QUEUES];
static struct foo_chain chain[BLK_BURST];
static uint64_t now;

/* All chains read so many bytes. */
static void
data(uint32_t len)
{
	for (int i = 0; i < BLK_BURST; i++)
		chain[i] = (struct foo_chain){.nread = 1, .read_len = 16, .write_len = len + 1};
}

static int
setup(__rte_unused void **state)
{
	memset(&qos, 0, sizeof(qos));
	memset(bk, 0, sizeof(bk));
	disk.qos = &qos;
	now = 1000 * SECOND;
	for (uint16_t i = 0; i < QUEUES; i++) {
		queue[i].index = i;
		queue[i].vq.avail = &waits;
		bk[i].bq.q = &queue[i];
		bk[i].bq.dev = &disk;
	}
	data(4096);
	return 0;
}

static void
limit(enum blk_limit which, uint64_t rate, uint64_t burst)
{
	blk_qos_set(&qos, which, rate, burst, HZ, now);
}

/* One poll of a queue that has n requests: how many went through. */
static uint16_t
poll_queue(unsigned int q, uint16_t n)
{
	uint16_t max;

	bk[q].now = now;
	max = blk_qos_open(&bk[q]);
	assert_in_range(max, 0, BLK_BURST);
	return max == 0 ? 0 : blk_qos_pass(&bk[q], chain, RTE_MIN(n, max), n < max);
}

/* Polls of one busy queue for so long, a step apart: requests that went through. */
static uint64_t
busy_for(uint64_t time, uint64_t step)
{
	uint64_t end = now + time, passed = 0;

	for (; now < end; now += step)
		passed += poll_queue(0, BLK_BURST);
	return passed;
}

/* Within so many thousandths. */
static void
near_to(uint64_t value, uint64_t wanted, unsigned int thousandths)
{
	uint64_t slack = wanted * thousandths / 1000 + 1;

	assert_in_range(value, wanted - slack, wanted + slack);
}

static void
test_rate(__rte_unused void **state)
{
	static const uint64_t rates[] = {1, 10, 999, 100000, 3000000};

	for (unsigned int i = 0; i < RTE_DIM(rates); i++) {
		setup(NULL);
		limit(BLK_LIMIT_REQUESTS, rates[i], 0);
		busy_for(SECOND / 10, 1500);
		/* what one has more the other has less: whole requests */
		near_to(busy_for(SECOND, 1500), rates[i], 2);
	}
}

/* The first second has what 25 ms bring, and no more. */
static void
test_first_second(__rte_unused void **state)
{
	limit(BLK_LIMIT_REQUESTS, 10000, 0);
	near_to(busy_for(SECOND, 10000), 10250, 1);
}

/* An lcore that is away for less than a burst loses nothing. */
static void
test_rare_polls(__rte_unused void **state)
{
	limit(BLK_LIMIT_REQUESTS, 1000, 0);
	busy_for(SECOND, 20000000);
	near_to(busy_for(SECOND, 20000000), 1000, 25);
}

static void
test_burst(__rte_unused void **state)
{
	limit(BLK_LIMIT_REQUESTS, 100, 20);
	assert_int_equal(poll_queue(0, BLK_BURST), 20);
	assert_int_equal(poll_queue(0, BLK_BURST), 0);
	assert_int_equal(bk[0].bq.stats.throttled, 2);
	now += 10 * 1000 * 1000;
	assert_int_equal(poll_queue(0, BLK_BURST), 1);
	/* a long pause brings one burst */
	now += 100 * SECOND;
	assert_int_equal(poll_queue(0, 12), 12);
	assert_int_equal(poll_queue(0, 12), 8);
}

/* Larger than what the bucket holds: it passes, and those behind it pay. */
static void
test_debt(__rte_unused void **state)
{
	limit(BLK_LIMIT_BYTES, 1 << 20, 4096);
	data(1 << 20);
	assert_int_equal(poll_queue(0, BLK_BURST), 1);
	now += SECOND - SECOND / 256 - 10;
	assert_int_equal(poll_queue(0, BLK_BURST), 0);
	now += 20;
	assert_int_equal(poll_queue(0, BLK_BURST), 1);
}

static void
test_bytes(__rte_unused void **state)
{
	uint64_t passed;

	limit(BLK_LIMIT_BYTES, 100 << 20, 0);
	busy_for(SECOND / 10, 2000);
	passed = busy_for(SECOND, 2000);
	near_to(passed * 4096, 100 << 20, 2);
	/* a flush has none */
	data(0);
	for (int i = 0; i < BLK_BURST; i++)
		chain[i].write_len = 1;
	now += SECOND;
	assert_int_equal(poll_queue(0, BLK_BURST), BLK_BURST);
	assert_int_equal(poll_queue(0, BLK_BURST), BLK_BURST);
}

/* The tighter of two limits decides, and does not use up the other. */
static void
test_both(__rte_unused void **state)
{
	limit(BLK_LIMIT_REQUESTS, 1000, 0);
	limit(BLK_LIMIT_BYTES, 4096 * 100, 0);
	busy_for(SECOND, 10000);
	near_to(busy_for(SECOND, 10000), 100, 20);
	limit(BLK_LIMIT_BYTES, 0, 0);
	near_to(busy_for(SECOND, 10000), 1025, 2);
	limit(BLK_LIMIT_BYTES, 4096 * 100000, 0);
	near_to(busy_for(SECOND, 10000), 1000, 2);
}

static void
test_none(__rte_unused void **state)
{
	assert_int_equal(poll_queue(0, BLK_BURST), BLK_BURST);
	assert_int_equal(qos.waiting, 0);
	assert_int_equal(bk[0].bq.stats.throttled, 0);
}

/* Queues on one lcore are polled in turn, and then comes a pause: the first one behind it must not
 * have everything. */
static void
shares(unsigned int n, uint64_t rate, const uint64_t *gap, uint64_t *share)
{
	uint64_t end;

	limit(BLK_LIMIT_REQUESTS, rate, 0);
	memset(share, 0, QUEUES * sizeof(*share));
	busy_for(SECOND / 10, 10000);
	for (end = now + 2 * SECOND; now < end;)
		for (unsigned int q = 0; q < n; q++) {
			now += gap[q];
			share[q] += poll_queue(q, BLK_BURST);
		}
}

static void
test_fair(__rte_unused void **state)
{
	static const uint64_t gap[QUEUES] = {3000, 50, 200, 10};
	uint64_t share[QUEUES];

	shares(2, 10000, gap, share);
	near_to(share[0] + share[1], 20000, 15);
	near_to(share[0], share[1], 100);
	setup(NULL);
	shares(4, 500000, gap, share);
	near_to(share[0] + share[1] + share[2] + share[3], 1000000, 15);
	for (unsigned int q = 0; q < QUEUES; q++)
		near_to(share[q], 250000, 100);
}

/* Who wants nothing leaves its share to the others, whether it is polled or gone. */
static void
test_share_of_the_idle(__rte_unused void **state)
{
	limit(BLK_LIMIT_REQUESTS, 1000, 0);
	poll_queue(0, BLK_BURST);
	poll_queue(0, BLK_BURST);
	poll_queue(1, BLK_BURST);
	poll_queue(2, BLK_BURST);
	assert_int_equal(qos.waiting, 7);
	queue[1].vq.avail = &idle;
	poll_queue(1, BLK_BURST);
	blk_qos_leave(&bk[2]);
	assert_int_equal(qos.waiting, 1);
	near_to(busy_for(SECOND, 10000), 1000, 5);
}

static void
test_changed(__rte_unused void **state)
{
	limit(BLK_LIMIT_REQUESTS, 1000, 0);
	near_to(busy_for(SECOND, 10000), 1025, 2);
	limit(BLK_LIMIT_REQUESTS, 5000, 0);
	near_to(busy_for(SECOND, 10000), 5000, 2);
	/* the same again brings no second burst */
	for (int i = 0; i < 10; i++) {
		limit(BLK_LIMIT_REQUESTS, 5000, 0);
		limit(BLK_LIMIT_REQUESTS, 5000, 100);
		near_to(busy_for(SECOND / 10, 10000), 500, 5);
	}
	limit(BLK_LIMIT_REQUESTS, 0, 0);
	assert_int_equal(poll_queue(0, BLK_BURST), BLK_BURST);
}

/* A debt that would take years is forgiven when the limit changes: the bucket's and the queue's. */
static void
test_debt_forgiven(__rte_unused void **state)
{
	limit(BLK_LIMIT_BYTES, 1, 0);
	data(UINT32_MAX - 100);
	now += SECOND;
	assert_int_equal(poll_queue(0, 1), 1);
	poll_queue(1, 1);
	now += 100000 * SECOND;
	assert_int_equal(poll_queue(0, 1), 0);
	data(512);
	limit(BLK_LIMIT_BYTES, 512 * 1000, 0);
	assert_in_range(poll_queue(0, BLK_BURST), 0, 1);
	now += SECOND / 100;
	assert_in_range(poll_queue(0, BLK_BURST), 4, 6); /* half of it is queue 1's */
}

static void
test_undo(__rte_unused void **state)
{
	limit(BLK_LIMIT_REQUESTS, 100, 20);
	limit(BLK_LIMIT_BYTES, 409600, 4096 * 30);
	assert_int_equal(poll_queue(0, BLK_BURST), 20);
	bk[0].now = now;
	blk_qos_undo(&bk[0], chain, 5);
	assert_int_equal(poll_queue(0, BLK_BURST), 5);
}

static void
test_wrap(__rte_unused void **state)
{
	now = UINT64_MAX - SECOND / 2;
	limit(BLK_LIMIT_REQUESTS, 1000, 0);
	for (uint64_t i = 0, n = 0; i <= 1000; i++, now += SECOND / 1000) {
		n += poll_queue(0, BLK_BURST);
		if (i == 1000)
			near_to(n, 1025, 2);
	}
}

static uint64_t thread_passed[2];

static void *
thread(void *arg)
{
	unsigned int q = (unsigned int)(uintptr_t)arg;

	bk[q].now = now;
	for (int i = 0; i < 100000; i++)
		thread_passed[q] += blk_qos_pass(&bk[q], chain, 7, false);
	return NULL;
}

/* Two lcores, a clock that stands still: no token goes twice. */
static void
test_lcores(__rte_unused void **state)
{
	pthread_t t[2];

	limit(BLK_LIMIT_REQUESTS, 1000, 100000);
	thread_passed[0] = thread_passed[1] = 0;
	for (uintptr_t i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&t[i], NULL, thread, (void *)i), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(thread_passed[0] + thread_passed[1], 100000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup(fn, setup)
		TEST(test_rate),       TEST(test_first_second),
		TEST(test_rare_polls), TEST(test_burst),
		TEST(test_debt),       TEST(test_bytes),
		TEST(test_both),       TEST(test_none),
		TEST(test_fair),       TEST(test_share_of_the_idle),
		TEST(test_changed),    TEST(test_debt_forgiven),
		TEST(test_undo),       TEST(test_wrap),
		TEST(test_lcores),
	};

	return cmocka_run_group_tests_name("blk_qos", tests, NULL, NULL);
}
