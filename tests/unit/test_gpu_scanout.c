/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * What a GPU's outputs show, to displays that are quick, slow, dead or new; cursors; and what
 * outputs there are.
 */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gpu_fixture.h"

static const struct fx_setup one = {.packed = false};
static const struct fx_setup three = {.args = "outputs=3"};

/* Wait for what the gpu thread does by itself; false after 10 s. */
#define EVENTUALLY(cond)                                                                           \
	({                                                                                         \
		for (int tries = 0; tries < 100000 && !(cond); tries++)                            \
			usleep(100);                                                               \
		(cond);                                                                            \
	})

/* --- scanouts --- */

static void
test_set_scanout(void **state)
{
	static const struct virtio_gpu_rect wrong[] = {
		{0, 0, 0, 16},          {0, 0, 16, 0},
		{0, 0, 65, 48},         {0, 0, 64, 49},
		{1, 0, 64, 48},         {64, 0, 1, 1},
		{0, 48, 1, 1},          {0, 1, 64, 48},
		{UINT32_MAX, 0, 2, 48}, {0, 0, UINT32_MAX, UINT32_MAX},
	};

	(void)state;
	fx_start(&three);
	assert_int_equal(fx_scanout(0, 1, 0, 0, 64, 48), BAD_RESOURCE);
	assert_int_equal(fx_create(1, BGRX, 64, 48), OK);
	assert_int_equal(fx_scanout(3, 1, 0, 0, 64, 48), BAD_SCANOUT);
	assert_int_equal(fx_scanout(UINT32_MAX, 1, 0, 0, 64, 48), BAD_SCANOUT);
	assert_int_equal(fx_scanout(16, 0, 0, 0, 0, 0), BAD_SCANOUT);
	for (size_t i = 0; i < RTE_DIM(wrong); i++)
		assert_int_equal(
			fx_scanout(0, 1, wrong[i].x, wrong[i].y, wrong[i].width, wrong[i].height),
			BAD_PARAMETER);
	assert_int_equal(screen_get(0).scanouts, 0);
	assert_int_equal(fx_scanout(2, 1, 0, 0, 64, 48), OK);
	assert_int_equal(screen_get(2).scanouts, 1);
	assert_int_equal(screen_get(2).width, 64);
	assert_int_equal(screen_get(2).height, 48);
	/* a part of it on another output */
	assert_int_equal(fx_scanout(1, 1, 32, 16, 32, 32), OK);
	assert_int_equal(screen_get(1).width, 32);
	/* off */
	assert_int_equal(fx_scanout(2, 0, 0, 0, 0, 0), OK);
	assert_int_equal(screen_get(2).width, 0);
	assert_int_equal(screen_get(1).width, 32);
	fx_stop();
}

/* Flipping between resources of one size does not resize the output. */
static void
test_flip(void **state)
{
	const struct foo_gpu_rect all = {0, 0, 64, 64};

	(void)state;
	fx_start(&one);
	fx_picture(1, 0, 64, 64, 1);
	fx_expect_shown(0, &all, 0, 0, 1);
	fx_picture(2, 0, 64, 64, 2);
	fx_expect_shown(0, &all, 0, 0, 2);
	assert_int_equal(screen_get(0).scanouts, 1);
	/* all of the other one is seen, whatever part of it is flushed */
	assert_int_equal(fx_scanout(0, 1, 0, 0, 64, 64), OK);
	assert_int_equal(fx_flush(1, 5, 5, 1, 1), OK);
	fx_expect_shown(0, &all, 0, 0, 1);
	/* even without a flush */
	assert_int_equal(fx_scanout(0, 2, 0, 0, 64, 64), OK);
	assert_true(EVENTUALLY(screen_pixel(0, 0, 0) == fx_pattern(0, 0, 2)));
	fx_expect_shown(0, &all, 0, 0, 2);
	fx_stop();
}

/* A resource that is shown and goes takes its outputs with it. */
static void
test_unref_shown(void **state)
{
	(void)state;
	fx_start(&three);
	fx_picture(1, 0, 64, 64, 1);
	assert_int_equal(fx_scanout(1, 1, 0, 0, 32, 32), OK);
	assert_int_equal(fx_unref(1), OK);
	assert_int_equal(screen_get(0).width, 0);
	assert_int_equal(screen_get(1).width, 0);
	assert_int_equal(fx_flush(1, 0, 0, 1, 1), BAD_RESOURCE);
	fx_stop();
}

/* --- flushes --- */

static void
test_flush_wrong(void **state)
{
	(void)state;
	fx_start(&one);
	assert_int_equal(fx_flush(1, 0, 0, 1, 1), BAD_RESOURCE);
	assert_int_equal(fx_flush(0, 0, 0, 1, 1), BAD_RESOURCE);
	assert_int_equal(fx_create(1, BGRX, 64, 64), OK);
	/* nobody sees it */
	assert_int_equal(fx_flush(1, 0, 0, 64, 64), OK);
	assert_int_equal(fx_stats().flushes, 0);
	assert_int_equal(fx_scanout(0, 1, 0, 0, 64, 64), OK);
	assert_int_equal(fx_flush(1, 0, 0, 0, 64), BAD_PARAMETER);
	assert_int_equal(fx_flush(1, 0, 0, 65, 64), BAD_PARAMETER);
	assert_int_equal(fx_flush(1, 64, 0, 1, 1), BAD_PARAMETER);
	assert_int_equal(fx_flush(1, 1, 0, UINT32_MAX, 1), BAD_PARAMETER);
	assert_int_equal(fx_flush(1, UINT32_MAX, UINT32_MAX, 2, 2), BAD_PARAMETER);
	assert_int_equal(fx_stats().flushes, 0);
	fx_stop();
}

/* Only what is flushed is sent, to each output that shows it, at its place there. */
static void
test_flush_parts(void **state)
{
	const struct foo_gpu_rect part = {10, 20, 30, 40};

	(void)state;
	fx_start(&three);
	fx_picture(1, 0, 100, 100, 1);
	assert_int_equal(fx_scanout(1, 1, 20, 30, 50, 60), OK);
	assert_true(EVENTUALLY(screen_get(1).updates == 1));
	fx_expect_shown(1, &(struct foo_gpu_rect){0, 0, 50, 60}, -20, -30, 1);
	fx_back_draw(100, 100, 2);
	assert_int_equal(fx_transfer(1, 0, 0, 0, 100, 100), OK);
	assert_int_equal(fx_flush(1, part.x, part.y, part.width, part.height), OK);
	fx_expect_shown(0, &part, 0, 0, 2);
	fx_expect_shown(0, &(struct foo_gpu_rect){0, 0, 100, 20}, 0, 0, 1);
	fx_expect_shown(0, &(struct foo_gpu_rect){40, 20, 60, 40}, 0, 0, 1);
	assert_int_equal(screen_get(1).last.x, 0);
	assert_int_equal(screen_get(1).last.y, 0);
	assert_int_equal(screen_get(1).last.width, 20);
	assert_int_equal(screen_get(1).last.height, 30);
	fx_expect_shown(1, &(struct foo_gpu_rect){0, 0, 20, 30}, -20, -30, 2);
	fx_expect_shown(1, &(struct foo_gpu_rect){20, 0, 30, 60}, -20, -30, 1);
	/* beside what an output shows */
	assert_int_equal(fx_flush(1, 0, 0, 20, 100), OK);
	assert_int_equal(screen_get(1).updates, 2);
	assert_int_equal(fx_stats().updates, screen_get(0).updates + screen_get(1).updates);
	fx_stop();
}

/* --- displays --- */

/* Milliseconds that a flush of the first resource takes. */
static unsigned int
flush_ms(uint32_t x, uint32_t width)
{
	struct timespec from, to;

	clock_gettime(CLOCK_MONOTONIC, &from);
	assert_int_equal(fx_flush(1, x, 0, width, 64), OK);
	clock_gettime(CLOCK_MONOTONIC, &to);
	return (unsigned int)((to.tv_sec - from.tv_sec) * 1000 +
			      (to.tv_nsec - from.tv_nsec) / 1000000);
}

/* A display that is slow holds a guest up, but not for ever, and gets the last picture. */
static void
test_busy(void **state)
{
	const struct foo_gpu_rect all = {0, 0, 64, 64};
	unsigned int updates, ms = 0;

	(void)state;
	fx_start(&one);
	fx_picture(1, 0, 64, 64, 1);
	updates = screen_get(0).updates;
	screen_busy(0, true);
	for (uint32_t i = 2; i < 50; i++) {
		fx_back_draw(64, 64, i);
		assert_int_equal(fx_transfer(1, 0, 0, 0, 64, 64), OK);
		/* columns from 2 to 49, in any order; the first one waits, for 50 ms or longer */
		if (i == 2)
			assert_true(flush_ms(20, 1) >= 40);
		else
			ms += flush_ms(2 + i * 19 % 48, 1);
	}
	/* if each waited it would be 2350 */
	assert_true(ms < 1500);
	assert_int_equal(screen_get(0).updates, updates);
	fx_expect_shown(0, &all, 0, 0, 1);
	screen_busy(0, false);
	assert_true(EVENTUALLY(screen_get(0).updates == updates + 1));
	fx_expect_shown(0, &(struct foo_gpu_rect){2, 0, 48, 64}, 0, 0, 49);
	fx_expect_shown(0, &(struct foo_gpu_rect){0, 0, 2, 64}, 0, 0, 1);
	/* the display is waited for again */
	screen_busy(0, true);
	assert_true(flush_ms(0, 64) >= 40);
	fx_stop();
}

/* A queue stops although its flush waits. */
static void
test_busy_stop(void **state)
{
	const struct virtio_gpu_resource_flush f = {
		.hdr.type = VIRTIO_GPU_CMD_RESOURCE_FLUSH, .r = {0, 0, 64, 64}, .resource_id = 1};
	const struct fx_req req = {.out = &f, .out_len = sizeof(f), .in_len = FX_HDR};
	int token;

	(void)state;
	fx_start(&one);
	fx_picture(1, 0, 64, 64, 1);
	screen_busy(0, true);
	token = fx_send(&req);
	fx_poll();
	fx_queues_stop();
	screen_busy(0, false);
	fx_queues_start();
	fx_wait(token);
	fx_stop();
}

/* A new display is shown everything. */
static void
test_peers(void **state)
{
	const struct foo_gpu_rect all = {0, 0, 64, 64};

	(void)state;
	fx_start(&three);
	screen_peer(0);
	fx_picture(1, 0, 64, 64, 1);
	fx_cursor(VIRTIO_GPU_CMD_UPDATE_CURSOR, 2, 1, 7, 8);
	assert_int_equal(screen_get(0).updates, 0);
	screen_peer(2);
	assert_true(EVENTUALLY(screen_get(0).updates == 1));
	fx_expect_shown(0, &all, 0, 0, 1);
	assert_true(EVENTUALLY(screen_get(2).cursors == 2));
	screen_peer(3);
	assert_true(EVENTUALLY(screen_get(0).updates == 2));
	assert_int_equal(screen_get(0).scanouts, 3);
	assert_int_equal(screen_get(1).scanouts, 0);
	assert_true(EVENTUALLY(screen_get(2).cursors == 3));
	assert_int_equal(screen_get(0).cursors, 0);
	fx_stop();
}

/* A reset of the device empties the screen. */
static void
test_reset(void **state)
{
	(void)state;
	fx_start(&one);
	fx_picture(1, 0, 64, 64, 1);
	fx_cursor(VIRTIO_GPU_CMD_UPDATE_CURSOR, 0, 1, 7, 8);
	fx_queues_stop();
	fx_rings_begin();
	fx_queues_start();
	assert_true(EVENTUALLY(screen_get(0).width == 0));
	assert_true(EVENTUALLY(!screen_get(0).cursor.visible));
	assert_int_equal(fx_stats().resources, 0);
	fx_stop();
}

/* --- cursors --- */

static void
test_cursor(void **state)
{
	const uint32_t update = VIRTIO_GPU_CMD_UPDATE_CURSOR, move = VIRTIO_GPU_CMD_MOVE_CURSOR;
	struct screen_output o;

	(void)state;
	fx_start(&three);
	fx_picture(1, 0, 64, 64, 1);
	fx_cursor(update, 1, 1, 100, 200);
	o = screen_get(1);
	assert_int_equal(o.cursors, 1);
	assert_int_equal(o.cursor.x, 100);
	assert_int_equal(o.cursor.y, 200);
	assert_int_equal(o.cursor.hot_x, 3);
	assert_int_equal(o.cursor.hot_y, 4);
	for (uint32_t i = 0; i < 64 * 64; i++)
		assert_int_equal(o.cursor.pixel[i] & 0xffffff, fx_pattern(i % 64, i / 64, 1));
	/* the image is a copy */
	assert_int_equal(fx_unref(1), OK);
	fx_cursor(move, 1, 0, 300, UINT32_MAX);
	o = screen_get(1);
	assert_int_equal(o.moves, 1);
	assert_int_equal(o.cursor.x, 300);
	assert_int_equal(o.cursor.y, UINT32_MAX);
	assert_true(o.cursor.visible);
	fx_cursor(update, 1, 0, 1, 2);
	assert_false(screen_get(1).cursor.visible);
	fx_cursor(move, 1, 0, 3, 4);
	assert_false(screen_get(1).cursor.visible);
	assert_int_equal(screen_get(0).cursors + screen_get(2).cursors, 0);
	assert_int_equal(fx_stats().cursors, 4);
	fx_stop();
}

/* A response is written where there is room for one. */
static uint32_t
cursor_type(uint32_t type, uint32_t output, uint32_t id, uint32_t hot)
{
	const struct virtio_gpu_update_cursor c = {
		.hdr.type = type, .pos.scanout_id = output, .resource_id = id, .hot_x = hot};
	const struct fx_req req = {
		.queue = FX_CURSOR, .out = &c, .out_len = sizeof(c), .in_len = FX_HDR};
	int token = fx_send(&req);
	uint32_t got;

	fx_wait(token);
	assert_int_equal(fx.io[token].used, FX_HDR);
	fx_written(token, 0, &got, sizeof(got));
	return got;
}

static void
test_cursor_wrong(void **state)
{
	const uint32_t update = VIRTIO_GPU_CMD_UPDATE_CURSOR, move = VIRTIO_GPU_CMD_MOVE_CURSOR;

	(void)state;
	fx_start(&three);
	assert_int_equal(fx_create(1, BGRA, 64, 64), OK);
	assert_int_equal(fx_create(2, BGRA, 32, 64), OK);
	assert_int_equal(fx_create(3, BGRA, 64, 65), OK);
	assert_int_equal(cursor_type(update, 0, 1, 63), OK);
	assert_int_equal(cursor_type(update, 0, 1, 64), BAD_PARAMETER);
	assert_int_equal(cursor_type(update, 0, 1, UINT32_MAX), BAD_PARAMETER);
	assert_int_equal(cursor_type(update, 3, 1, 0), BAD_SCANOUT);
	assert_int_equal(cursor_type(update, UINT32_MAX, 0, 0), BAD_SCANOUT);
	assert_int_equal(cursor_type(update, 0, 4, 0), BAD_RESOURCE);
	assert_int_equal(cursor_type(update, 0, 2, 0), BAD_PARAMETER);
	assert_int_equal(cursor_type(update, 0, 3, 0), BAD_PARAMETER);
	assert_int_equal(cursor_type(move, 2, 4, 99), OK);
	assert_int_equal(cursor_type(move, 3, 0, 0), BAD_SCANOUT);
	assert_int_equal(cursor_type(VIRTIO_GPU_CMD_GET_DISPLAY_INFO, 0, 0, 0), UNSPEC);
	assert_int_equal(screen_get(0).cursors, 1);
	fx_stop();
}

/* --- what outputs there are --- */

static const struct virtio_gpu_resp_display_info *
display_info(void)
{
	const struct virtio_gpu_ctrl_hdr req = {.type = VIRTIO_GPU_CMD_GET_DISPLAY_INFO};
	const uint32_t len = sizeof(struct virtio_gpu_resp_display_info);

	assert_int_equal(fx_cmd(&req, sizeof(req), len), VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
	assert_int_equal(fx.used, len);
	return (const void *)fx.resp;
}

static void
expect_mode(uint32_t output, uint32_t x, uint32_t width, uint32_t height, bool enabled)
{
	const struct virtio_gpu_display_one *d = &display_info()->pmodes[output];

	assert_int_equal(d->r.x, x);
	assert_int_equal(d->r.y, 0);
	assert_int_equal(d->r.width, width);
	assert_int_equal(d->r.height, height);
	assert_int_equal(d->enabled, enabled);
	assert_int_equal(d->flags, 0);
}

static void
test_display_info(void **state)
{
	const struct fx_setup s = {.args = "outputs=4,resolution=:1920x1080:"};

	(void)state;
	fx_start(&s);
	/* nobody says anything */
	expect_mode(0, 0, 1280, 800, true);
	expect_mode(1, 0, 1920, 1080, true);
	expect_mode(2, 0, 1280, 800, false);
	expect_mode(4, 0, 0, 0, false);
	/* the display does, about the others */
	screen_mode(0, (struct gpu_display_mode){10, 0, 640, 480, true});
	screen_mode(1, (struct gpu_display_mode){20, 0, 800, 600, false});
	screen_mode(3, (struct gpu_display_mode){30, 0, 1024, 768, false});
	screen_mode(4, (struct gpu_display_mode){30, 0, 1024, 768, true});
	expect_mode(0, 10, 640, 480, true);
	expect_mode(1, 20, 1920, 1080, true);
	expect_mode(3, 30, 1024, 768, false);
	expect_mode(4, 0, 0, 0, false);
	/* and once more */
	screen_mode(0, (struct gpu_display_mode){10, 0, 1000, 480, true});
	expect_mode(0, 10, 1000, 480, true);
	/* nonsense */
	screen_mode(0, (struct gpu_display_mode){10, 0, 1u << 31, 480, true});
	expect_mode(0, 0, 1280, 800, true);
	fx_stop();
}

/* The display's answer is waited for, but not for ever. */
static void
test_display_info_late(void **state)
{
	const struct virtio_gpu_ctrl_hdr h = {.type = VIRTIO_GPU_CMD_GET_DISPLAY_INFO};
	const struct fx_req req = {.out = &h,
				   .out_len = sizeof(h),
				   .in_len = sizeof(struct virtio_gpu_resp_display_info)};
	struct virtio_gpu_resp_display_info info;
	int token;

	(void)state;
	fx_start(&one);
	screen_mute(true);
	token = fx_send(&req);
	for (int i = 0; i < 100; i++) {
		fx_poll();
		usleep(100);
	}
	assert_false(fx.io[token].done);
	screen_mode(0, (struct gpu_display_mode){0, 0, 640, 480, true});
	screen_mute(false);
	fx_wait(token);
	fx_written(token, 0, &info, sizeof(info));
	assert_int_equal(info.pmodes[0].r.width, 640);
	/* stopped while it waits, and never answered */
	screen_mute(true);
	token = fx_send(&req);
	fx_poll();
	fx_queues_stop();
	assert_false(fx.io[token].done);
	fx_queues_start();
	fx_wait(token);
	fx_written(token, 0, &info, sizeof(info));
	assert_int_equal(info.pmodes[0].r.width, 640);
	fx_stop();
}

static void
test_edid(void **state)
{
	const struct fx_setup s = {.args = "outputs=2,resolution=1920x1080,edid-name=Foo 27"};
	struct virtio_gpu_cmd_get_edid req = {.hdr.type = VIRTIO_GPU_CMD_GET_EDID};
	const uint32_t len = sizeof(struct virtio_gpu_resp_edid);
	const struct virtio_gpu_resp_edid *resp = (const void *)fx.resp;
	uint8_t sum = 0;

	(void)state;
	fx_start(&s);
	assert_int_equal(fx_cmd(&req, sizeof(req), len), VIRTIO_GPU_RESP_OK_EDID);
	assert_int_equal(fx.used, len);
	assert_int_equal(resp->size, 128);
	for (uint32_t i = 0; i < 128; i++)
		sum += resp->edid[i];
	assert_int_equal(sum, 0);
	for (uint32_t i = 128; i < sizeof(resp->edid); i++)
		assert_int_equal(resp->edid[i], 0);
	assert_int_equal(resp->edid[56] | (resp->edid[58] & 0xf0) << 4, 1920);
	assert_memory_equal(resp->edid + 77, "Foo 27\n", 7);
	/* of the other one what the display says */
	screen_mode(1, (struct gpu_display_mode){0, 0, 640, 480, true});
	req.scanout = 1;
	assert_int_equal(fx_cmd(&req, sizeof(req), len), VIRTIO_GPU_RESP_OK_EDID);
	assert_int_equal(resp->edid[56] | (resp->edid[58] & 0xf0) << 4, 640);
	req.scanout = 2;
	assert_int_equal(fx_cmd(&req, sizeof(req), len), BAD_SCANOUT);
	req.scanout = UINT32_MAX;
	assert_int_equal(fx_cmd(&req, sizeof(req), len), BAD_SCANOUT);
	assert_int_equal(fx.used, FX_HDR);
	fx_stop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_set_scanout, fx_teardown),
		cmocka_unit_test_teardown(test_flip, fx_teardown),
		cmocka_unit_test_teardown(test_unref_shown, fx_teardown),
		cmocka_unit_test_teardown(test_flush_wrong, fx_teardown),
		cmocka_unit_test_teardown(test_flush_parts, fx_teardown),
		cmocka_unit_test_teardown(test_busy, fx_teardown),
		cmocka_unit_test_teardown(test_busy_stop, fx_teardown),
		cmocka_unit_test_teardown(test_peers, fx_teardown),
		cmocka_unit_test_teardown(test_reset, fx_teardown),
		cmocka_unit_test_teardown(test_cursor, fx_teardown),
		cmocka_unit_test_teardown(test_cursor_wrong, fx_teardown),
		cmocka_unit_test_teardown(test_display_info, fx_teardown),
		cmocka_unit_test_teardown(test_display_info_late, fx_teardown),
		cmocka_unit_test_teardown(test_edid, fx_teardown),
	};

	return cmocka_run_group_tests_name("gpu_scanout", tests, fx_group_setup, NULL);
}
