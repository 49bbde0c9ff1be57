/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * The disk in RAM: contents, slices, sizes that change, the dirty log; and the one that forgets.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "blk_fixture.h"

#define MEBI (1u << 20)
#define SLICE (256u << 10) /* bytes of one poll of a queue */
#define LOG_PAGE 4096u

static uint8_t data[2 * MEBI], back[2 * MEBI];

static int
resize(uint64_t size, struct foo_error *err)
{
	return foo_blk(fx.dev)->engine->resize(foo_blk(fx.dev), size, err);
}

/* Any sector of any queue, against an array. */
static void
contents(void **state)
{
	static uint8_t model[MEBI];

	(void)state;
	srand(7);
	fx_start(&(struct fx_setup){.name = "blk_malloc0", .args = "size=1M,queues=2"});
	fx_read(0, back, MEBI);
	assert_memory_equal(back, model, MEBI); /* zeroes at first */
	for (unsigned int i = 0; i < 500; i++) {
		uint32_t n = 1 + (uint32_t)rand() % 40, at = (uint32_t)rand() % (2048 - n);
		struct fx_req q = {.queue = i % 2, .sector = at};

		if (rand() % 2) {
			fx_pattern(data, n * 512, (uint8_t)i);
			memcpy(model + at * 512, data, n * 512);
			q.type = VIRTIO_BLK_T_OUT;
			q.out = data;
			q.out_len = n * 512;
			fx_expect(&q, VIRTIO_BLK_S_OK, 1);
		} else {
			q.in_len = n * 512;
			fx_written(fx_run(&q), 0, back, n * 512);
			assert_memory_equal(back, model + at * 512, n * 512);
		}
	}
	fx_read(0, back, MEBI);
	assert_memory_equal(back, model, MEBI);
	fx_stop();
}

/* A huge request takes many polls; one of another queue does not wait for it. */
static void
slices(void **state)
{
	const struct fx_req huge = {.type = VIRTIO_BLK_T_OUT, .out = data, .out_len = 2 * MEBI};
	const struct fx_req small = {.queue = 1, .in_len = 4096};
	int token, other;

	(void)state;
	fx_pattern(data, sizeof(data), 1);
	fx_start(&(struct fx_setup){.name = "blk_malloc0", .args = "size=4M,queues=2"});
	token = fx_send(&huge);
	for (unsigned int i = 0; i < 2 * MEBI / SLICE - 1; i++) {
		other = fx_send(&small);
		fx_poll();
		assert_int_equal(fx_status(other), VIRTIO_BLK_S_OK);
		assert_false(fx.io[token].done);
	}
	fx_poll();
	assert_int_equal(fx_status(token), VIRTIO_BLK_S_OK);
	fx_read(0, back, 2 * MEBI);
	assert_memory_equal(back, data, 2 * MEBI);
	fx_stop();
}

/* Small requests are done in the poll that takes them, as long as they are a slice together; those
 * behind a large one in its order. */
static void
slices_of_many(void **state)
{
	const struct fx_req q = {.in_len = 64 << 10};
	const struct fx_req flush = {.type = VIRTIO_BLK_T_FLUSH};
	unsigned int done = 0;
	int token[10];

	(void)state;
	fx_start(&(struct fx_setup){.name = "blk_malloc0", .args = "size=4M"});
	for (unsigned int i = 0; i < RTE_DIM(token); i++)
		token[i] = fx_send(&q);
	fx_poll();
	for (unsigned int i = 0; i < RTE_DIM(token); i++)
		assert_int_equal(fx.io[token[i]].done, i < SLICE / q.in_len);
	token[0] = fx_send(&flush);
	fx_poll();
	assert_true(fx.io[token[0]].done);
	for (unsigned int i = 1; i < RTE_DIM(token); i++)
		done += fx.io[token[i]].done;
	assert_int_equal(done, 7);
	fx_run_all();
	assert_int_equal(fx_stats().bytes[FOO_BLK_KIND_READ], 10 * (64 << 10));
	fx_stop();
}

/* Zeroes by several ranges, larger than a slice each. */
static void
sliced_ranges(void **state)
{
	const struct virtio_blk_discard_write_zeroes r[] = {
		{.sector = 1, .num_sectors = 1023},
		{.sector = 1025, .num_sectors = 2048},
	};
	const struct fx_req q = {.type = VIRTIO_BLK_T_WRITE_ZEROES, .out = r, .out_len = sizeof(r)};
	unsigned int polls = 0;
	int token;

	(void)state;
	fx_start(&(struct fx_setup){.name = "blk_malloc0", .args = "size=2M"});
	fx_pattern(data, sizeof(data), 1);
	fx_write(0, data, 2 * MEBI);
	token = fx_send(&q);
	for (; !fx.io[token].done; polls++)
		fx_poll();
	assert_int_equal(fx_status(token), VIRTIO_BLK_S_OK);
	assert_true(polls >= 3071 * 512 / SLICE);
	memset(data + 512, 0, 1023 * 512);
	memset(data + 1025 * 512, 0, 2048 * 512);
	fx_read(0, back, 2 * MEBI);
	assert_memory_equal(back, data, 2 * MEBI);
	fx_stop();
}

/* Growing and shrinking within what was reserved. */
static void
resizes(void **state)
{
	struct foo_error err = {""};
	struct fx_req q = {.in_len = 2 * MEBI};
	int token;

	(void)state;
	fx_start(&(struct fx_setup){.name = "blk_malloc0", .args = "size=1M,max-size=2M"});
	assert_int_equal(fx_config().capacity, 2048);
	fx_expect(&q, VIRTIO_BLK_S_IOERR, 0);
	assert_int_equal(foo_device_set_prop(fx.dev, "size", "2M", &err), 0);
	assert_int_equal(fx_config().capacity, 4096);
	assert_int_equal(foo_device_set_prop(fx.dev, "size", "3M", &err), -EINVAL);
	assert_int_equal(foo_device_set_prop(fx.dev, "max-size", "3M", &err), -EPERM);
	assert_int_equal(fx_config().capacity, 4096);
	fx_pattern(data, sizeof(data), 1);
	fx_write(0, data, 2 * MEBI);
	/* it shrinks under a request, which ends well */
	token = fx_send(&q);
	fx_poll();
	assert_int_equal(resize(4096, &err), 0);
	assert_int_equal(fx_config().capacity, 8);
	fx_run_all();
	assert_int_equal(fx_status(token), VIRTIO_BLK_S_OK);
	fx_written(token, 0, back, 2 * MEBI);
	assert_memory_equal(back, data, 2 * MEBI);
	q.in_len = 4096 + 512;
	fx_expect(&q, VIRTIO_BLK_S_IOERR, 0);
	assert_int_equal(resize(2 * MEBI + 1, &err), -EINVAL);
	assert_string_equal(err.text, "size 2097153: from 512 to 2097152 are possible (max-size=)");
	assert_int_equal(resize(511, &err), -EINVAL);
	assert_int_equal(fx_config().capacity, 8);
	/* what it has now */
	assert_int_equal(resize(0, &err), 0);
	assert_int_equal(fx_config().capacity, 8);
	fx_stop();
}

static void
resizes_null(void **state)
{
	struct foo_error err = {""};

	(void)state;
	fx_start(&(struct fx_setup){.name = "blk_null0"});
	assert_int_equal(resize(MEBI, &err), 0);
	assert_int_equal(fx_config().capacity, 2048);
	assert_int_equal(resize(0, &err), 0);
	assert_int_equal(fx_config().capacity, 2048);
	assert_int_equal(resize(4095, &err), -EINVAL);
	assert_int_equal(resize(UINT64_MAX, &err), -EINVAL);
	assert_int_equal(fx_config().capacity, 2048);
	fx_stop();
}

static void
sizes(void **state)
{
	struct foo_error err = {""};

	(void)state;
	assert_int_equal(fx_create("blk_malloc0", "size=2M,max-size=1M", &err), -EINVAL);
	assert_non_null(strstr(err.text, "size=2097152: it is beyond max-size=1048576"));
	assert_int_equal(fx_create("blk_malloc0", "size=64T", &err), -ENOMEM);
	assert_non_null(strstr(err.text, "more memory than there is"));
	fx_start(&(struct fx_setup){.name = "blk_malloc0"});
	assert_int_equal(fx_config().capacity, 64 * 2048);
	fx_stop();
}

static bool
dirty(uint64_t gpa)
{
	return fx.log[gpa / LOG_PAGE / 8] >> (gpa / LOG_PAGE % 8) & 1;
}

/* The dirty log has what the disk wrote into the guest's memory: data, status, used ring. */
static void
dirty_log(void **state)
{
	struct fx_req q = {.in_len = 5 * LOG_PAGE};
	const struct foo_guest_buf *b;
	int token;

	(void)state;
	for (int packed = 0; packed < 2; packed++) {
		fx_start(&(struct fx_setup){
			.name = "blk_malloc0", .args = "size=1M", .packed = packed, .log = true});
		memset(fx.log, 0, sizeof(fx.log));
		token = fx_run(&q);
		b = &fx.io[token].buf[fx.io[token].n - 1];
		for (uint64_t at = b->gpa; at < b->gpa + b->len; at += LOG_PAGE)
			assert_true(dirty(at));
		assert_true(dirty(b->gpa + b->len - 1));
		assert_false(dirty(b->gpa - LOG_PAGE));
		assert_false(dirty(b->gpa + b->len + LOG_PAGE));
		assert_true(dirty(packed ? fx.ring[0].desc_gpa : fx.ring[0].device_gpa));
		/* a write changes the status alone */
		memset(fx.log, 0, sizeof(fx.log));
		fx.taken += 10 * LOG_PAGE;
		token = fx_run(&(struct fx_req){
			.type = VIRTIO_BLK_T_OUT, .out = data, .out_len = 4 * LOG_PAGE});
		b = &fx.io[token].buf[0];
		assert_false(dirty(b->gpa));
		assert_false(dirty(b->gpa + 2 * LOG_PAGE));
		b = &fx.io[token].buf[fx.io[token].n - 1];
		assert_true(dirty(b->gpa));
		fx_stop();
	}
}

#define T(f) cmocka_unit_test_teardown(f, fx_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(contents), T(slices),       T(slices_of_many), T(sliced_ranges),
		T(resizes),  T(resizes_null), T(sizes),          T(dirty_log),
	};

	return cmocka_run_group_tests_name("blk_malloc", tests, fx_group_setup, NULL);
}
