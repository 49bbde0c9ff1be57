/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * A queue whose engine takes its time: back-pressure, any order, errors, a stop, a broken ring.
 */
#include <errno.h>
#include <string.h>

#include <rte_common.h>

#include "blk_fixture.h"
#include "blk_slow.h"

static void
slow_start(const char *args, bool packed, uint16_t ring)
{
	assert_int_equal(blk_slow.queues, 0);
	blk_slow = (struct blk_slow){.size = 64 << 20};
	blk_slow.cap = (struct foo_blk_cap){.flush = true, .discard = true, .zeroes = true};
	fx_start(&(struct fx_setup){
		.name = "blk_slow0", .args = args, .packed = packed, .ring = ring, .table = 64});
}

static void
slow_stop(void)
{
	assert_int_equal(blk_slow.held, 0);
	fx_stop();
	assert_int_equal(blk_slow.queues, 0);
}

/* A read that is cut into n pieces of data, in a table. */
static int
send_read(uint32_t sector, unsigned int n)
{
	uint32_t cut[64];
	struct fx_req q = {
		.sector = sector, .in_len = 512, .indirect = true, .cut = cut, .ncut = n};

	for (unsigned int i = 0; i < n; i++)
		cut[i] = 16 + i * 3;
	return fx_send(&q);
}

static void
expect_ok(unsigned int from, unsigned int to)
{
	for (unsigned int i = from; i < to; i++) {
		assert_int_equal(fx_status((int)i), VIRTIO_BLK_S_OK);
		assert_int_equal(fx.io[i].used, 513);
	}
}

/* More requests than there is room for: they wait in the ring, and none is lost or repeated. */
static void
check_depth(const char *args, unsigned int depth, unsigned int pieces, bool packed, bool reverse)
{
	const unsigned int n = 200;

	slow_start(args, packed, 256);
	blk_slow.reverse = reverse;
	for (unsigned int i = 0; i < n; i++)
		send_read(i, pieces);
	for (unsigned int i = 0; i < 20; i++)
		fx_poll();
	/* all that there is room for, and no more */
	assert_int_equal(blk_slow.held, RTE_MIN(depth, n));
	assert_int_equal(fx.flown, n);
	blk_slow.per_poll = 3;
	fx_run_all();
	assert_int_equal(blk_slow.submitted, n);
	assert_int_equal(blk_slow.most, RTE_MIN(depth, n));
	expect_ok(0, n);
	assert_int_equal(fx_stats().requests[FOO_BLK_KIND_READ], n);
	assert_int_equal(fx_stats().refused, 0);
	slow_stop();
}

static void
depth(void **state)
{
	(void)state;
	for (int way = 0; way < 4; way++) {
		bool packed = way & 1, reverse = way & 2;

		check_depth("depth=1", 1, 1, packed, reverse);
		check_depth("depth=7", 7, 1, packed, reverse);
		check_depth("depth=1024", 1024, 1, packed, reverse);
		/* long requests share their room */
		check_depth("depth=1", 1, 40, packed, reverse);
		check_depth("depth=1024", 64, 40, packed, reverse);
	}
}

/* Long and short requests mixed: a short one waits behind a long one that has no room. */
static void
mixed_lengths(void **state)
{
	(void)state;
	for (int packed = 0; packed < 2; packed++) {
		slow_start("depth=100", packed, 256);
		for (unsigned int i = 0; i < 240; i++)
			send_read(i, i % 3 ? 40 : 1);
		for (unsigned int i = 0; i < 20; i++)
			fx_poll();
		/* 64 long ones with the 33 short ones among and before them */
		assert_int_equal(blk_slow.held, 97);
		blk_slow.per_poll = 5;
		fx_run_all();
		expect_ok(0, 240);
		slow_stop();
	}
}

/* One commit for a burst; none where nothing was submitted. */
static void
commits(void **state)
{
	(void)state;
	slow_start("", false, 64);
	fx_poll();
	assert_int_equal(blk_slow.commits, 0);
	for (unsigned int i = 0; i < 32; i++)
		send_read(i, 1);
	fx_poll();
	assert_int_equal(blk_slow.submitted, 32);
	assert_int_equal(blk_slow.commits, 1);
	fx_poll();
	assert_int_equal(blk_slow.commits, 1);
	blk_slow.per_poll = 100;
	fx_run_all();
	assert_int_equal(blk_slow.commits, 1);
	slow_stop();
}

/* A range's successor is submitted while the engine is being polled, and committed. */
static void
ranges_in_steps(void **state)
{
	const struct virtio_blk_discard_write_zeroes r[3] = {
		{.sector = 8, .num_sectors = 8},
		{.sector = 32, .num_sectors = 16},
		{.sector = 0, .num_sectors = 1},
	};
	const struct fx_req q = {.type = VIRTIO_BLK_T_DISCARD, .out = r, .out_len = sizeof(r)};

	(void)state;
	slow_start("depth=1", false, 64);
	fx_send(&q);
	fx_poll();
	for (unsigned int i = 0; i < RTE_DIM(r); i++) {
		assert_int_equal(blk_slow.submitted, i + 1);
		assert_int_equal(blk_slow.commits, i + 1);
		assert_int_equal(blk_slow.held, 1);
		assert_int_equal(blk_slow.last.op, FOO_BLK_DISCARD);
		assert_int_equal(blk_slow.last.offset, r[i].sector * 512);
		assert_int_equal(blk_slow.last.len, r[i].num_sectors * 512);
		assert_false(fx.io[0].done);
		blk_slow.per_poll = 1;
		fx_poll();
	}
	assert_int_equal(fx_status(0), VIRTIO_BLK_S_OK);
	assert_int_equal(fx_stats().bytes[FOO_BLK_KIND_DISCARD], 25 * 512);
	assert_int_equal(fx_stats().requests[FOO_BLK_KIND_DISCARD], 1);
	/* the second of them fails: the third is not begun */
	blk_slow.fail_at = blk_slow.submitted + 2;
	fx_expect(&q, VIRTIO_BLK_S_IOERR, 1);
	assert_int_equal(blk_slow.submitted, 5);
	assert_int_equal(fx_stats().io_errors, 1);
	assert_int_equal(fx_stats().bytes[FOO_BLK_KIND_DISCARD], 25 * 512);
	slow_stop();
}

/* What an engine returns, as the guest sees it and as it is counted. */
static void
errors(void **state)
{
	static const int result[] = {-EIO, -ENOSPC, -ENODEV, -ETIMEDOUT, -EINVAL, -EOPNOTSUPP, 5};
	static const uint8_t data[512];
	const struct fx_req in = {.in_len = 512};
	const struct fx_req out = {.type = VIRTIO_BLK_T_OUT, .out = data, .out_len = 512};

	(void)state;
	slow_start("", false, 64);
	blk_slow.per_poll = 1;
	for (size_t i = 0; i < RTE_DIM(result); i++) {
		blk_slow.result = result[i];
		fx_expect(&in, VIRTIO_BLK_S_IOERR, 0);
		fx_expect(&out, VIRTIO_BLK_S_IOERR, 1);
		fx_expect(&(struct fx_req){.type = VIRTIO_BLK_T_FLUSH}, VIRTIO_BLK_S_IOERR, 1);
		assert_int_equal(fx_stats().io_errors, 3 * (i + 1));
	}
	assert_int_equal(fx_stats().unsupported, 0);
	assert_int_equal(fx_stats().bytes[FOO_BLK_KIND_WRITE], 0);
	blk_slow.result = 0;
	fx_expect(&in, VIRTIO_BLK_S_OK, 513);
	assert_int_equal(fx_stats().refused, 0);
	slow_stop();
}

/* One request in the middle of many fails: that one, whatever the order. */
static void
error_of_one(void **state)
{
	(void)state;
	slow_start("", true, 64);
	blk_slow.fail_at = 11;
	blk_slow.per_poll = 4;
	blk_slow.reverse = true;
	for (unsigned int i = 0; i < 30; i++)
		send_read(i, 1);
	fx_run_all();
	expect_ok(0, 10);
	assert_int_equal(fx_status(10), VIRTIO_BLK_S_IOERR);
	expect_ok(11, 30);
	slow_stop();
}

/* A stop waits for the engine, tells all of what it had taken, and leaves the rest in the ring. */
static void
stop_drains(void **state)
{
	uint16_t avail, used;

	(void)state;
	for (int packed = 0; packed < 2; packed++) {
		slow_start("depth=20", packed, 64);
		for (unsigned int i = 0; i < 50; i++)
			send_read(i, i % 25);
		/* a ring hands out only so many pieces at once */
		for (unsigned int i = 0; i < 4; i++)
			fx_poll();
		assert_int_equal(blk_slow.held, 20);
		blk_slow.per_poll = 1;
		blk_slow.reverse = true;
		assert_int_equal(foo_queue_stop(&fx.dev->queue[0], &avail, &used), 0);
		assert_int_equal(blk_slow.held, 0);
		assert_int_equal(avail, used);
		assert_int_equal(used & 0x7fff, 20);
		assert_int_equal(fx.flown, 50);
		fx_queue_start(0);
		blk_slow.per_poll = 100;
		fx_run_all();
		assert_int_equal(blk_slow.submitted, 50);
		expect_ok(0, 50);
		slow_stop();
	}
}

/* A ring that breaks under requests that are under way: they end, unheard, and the queue can be
 * started anew. */
static void
broken(void **state)
{
	struct foo_queue *q;

	(void)state;
	slow_start("depth=20", false, 64);
	q = &fx.dev->queue[0];
	for (unsigned int i = 0; i < 10; i++)
		send_read(i, i * 4);
	fx_poll();
	assert_int_equal(blk_slow.held, 10);
	fx.ring[0].avail->idx += 100;
	fx_poll();
	assert_int_equal(q->vq.broken, FOO_FAULT_AVAIL_JUMP);
	assert_true(q->ops->queue_pending(q));
	blk_slow.per_poll = 3;
	for (unsigned int i = 0; i < 4; i++)
		fx_poll();
	assert_int_equal(blk_slow.held, 0);
	assert_int_equal(fx.ring[0].used->idx, 0);
	assert_int_equal(fx.flown, 10);
	for (unsigned int i = 0; i < 10; i++) {
		fx.io[i].done = true;
		assert_int_equal(fx_status((int)i), FX_TOUCHLESS);
	}
	assert_int_equal(foo_queue_stop(q, NULL, NULL), 0);
	slow_stop();
	/* and stopped before they ended */
	slow_start("depth=20", false, 64);
	q = &fx.dev->queue[0];
	for (unsigned int i = 0; i < 10; i++)
		send_read(i, i * 4);
	fx_poll();
	fx.ring[0].avail->idx += 100;
	fx_poll();
	blk_slow.per_poll = 1;
	assert_int_equal(foo_queue_stop(q, NULL, NULL), 0);
	assert_int_equal(blk_slow.held, 0);
	fx.ring[0].avail->idx -= 100;
	fx_queue_start(0);
	blk_slow.per_poll = 100;
	/* the whole room is there again */
	for (unsigned int i = 10; i < 40; i++)
		send_read(i, 1);
	fx_run_all();
	expect_ok(0, 40);
	slow_stop();
}

/* The lcore does not sleep while the engine has something. */
static void
pending(void **state)
{
	struct foo_queue *q;

	(void)state;
	slow_start("", false, 64);
	q = &fx.dev->queue[0];
	assert_false(q->ops->queue_pending(q));
	send_read(0, 1);
	assert_true(q->ops->queue_pending(q));
	fx_poll();
	assert_true(q->ops->queue_pending(q));
	blk_slow.per_poll = 1;
	fx_poll();
	assert_false(q->ops->queue_pending(q));
	slow_stop();
}

/* What cannot be had is said, and nothing is left behind. */
static void
failures(void **state)
{
	struct foo_error err = {""};

	(void)state;
	blk_slow = (struct blk_slow){.size = 1 << 20, .open = -EBUSY};
	assert_int_equal(fx_create("blk_slow0", "", &err), -EBUSY);
	assert_string_equal(err.text, "blk_slow0: not today");
	blk_slow.open = 0;
	blk_slow.cap.max_queues = 3;
	assert_int_equal(fx_create("blk_slow0", "queues=4", &err), -EINVAL);
	assert_string_equal(err.text, "blk_slow0: queues=4: this medium can have 3 at most");
	assert_int_equal(fx_create("blk_slow0", "queues=3", &err), 0);
	assert_int_equal(blk_slow.queues, 3);
	fx_stop();
	assert_int_equal(blk_slow.queues, 0);
}

static int
slow_teardown(void **state)
{
	blk_slow.per_poll = 1000; /* or it could not be stopped */
	return fx_teardown(state);
}

#define T(f) cmocka_unit_test_teardown(f, slow_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(depth),        T(mixed_lengths), T(commits), T(ranges_in_steps), T(errors),
		T(error_of_one), T(stop_drains),   T(broken),  T(pending),         T(failures),
	};

	return cmocka_run_group_tests_name("blk_queue", tests, fx_group_setup, NULL);
}
