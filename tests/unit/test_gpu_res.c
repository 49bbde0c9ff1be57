/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * A GPU's resources: what may be made of them, their backing, transfers, and the memory they take.
 */
#include <string.h>

#include "gpu_fixture.h"

static const struct fx_setup split = {.packed = false};

/* --- resources --- */

static void
test_create(void **state)
{
	(void)state;
	fx_start(&split);
	assert_int_equal(fx_create(0, BGRX, 8, 8), BAD_RESOURCE);
	assert_int_equal(fx_create(1, BGRX, 8, 8), OK);
	assert_int_equal(fx_create(1, BGRX, 8, 8), BAD_RESOURCE);
	/* of the same bucket */
	assert_int_equal(fx_create(4097, BGRX, 8, 8), OK);
	assert_int_equal(fx_create(UINT32_MAX, BGRX, 8, 8), OK);
	assert_int_equal(fx_stats().resources, 3);
	assert_int_equal(fx_unref(4097), OK);
	assert_int_equal(fx_unref(4097), BAD_RESOURCE);
	assert_int_equal(fx_unref(1), OK);
	assert_int_equal(fx_unref(1), BAD_RESOURCE);
	assert_int_equal(fx_unref(0), BAD_RESOURCE);
	assert_int_equal(fx_unref(UINT32_MAX), OK);
	assert_int_equal(fx_stats().resources, 0);
	assert_int_equal(fx_stats().memory, 0);
	fx_stop();
}

static void
test_create_sizes(void **state)
{
	static const struct {
		uint32_t width, height, type;
	} sizes[] = {
		{0, 1, BAD_PARAMETER},
		{1, 0, BAD_PARAMETER},
		{0, 0, BAD_PARAMETER},
		{1, 1, OK},
		{16384, 1, OK},
		{1, 16384, OK},
		{16385, 1, BAD_PARAMETER},
		{1, 16385, BAD_PARAMETER},
		{16384, 16384, NO_MEMORY},
		{65536, 65536, NO_MEMORY},
		{0x40000000, 1, NO_MEMORY},
		{0x40000001, 4, NO_MEMORY},
		{0x80000000, 0x80000000, NO_MEMORY},
		{UINT32_MAX, UINT32_MAX, NO_MEMORY},
		{1, UINT32_MAX, NO_MEMORY},
	};

	(void)state;
	fx_start(&split);
	for (uint32_t i = 0; i < RTE_DIM(sizes); i++) {
		assert_int_equal(fx_create(i + 1, BGRX, sizes[i].width, sizes[i].height),
				 sizes[i].type);
		assert_int_equal(fx_unref(i + 1), sizes[i].type == OK ? OK : BAD_RESOURCE);
	}
	assert_int_equal(fx_stats().memory, 0);
	fx_stop();
}

static void
test_create_formats(void **state)
{
	static const uint32_t known[] = {1, 2, 3, 4, 67, 68, 121, 134};
	uint32_t n = 0;

	(void)state;
	fx_start(&split);
	for (uint32_t f = 0; f < 256; f++) {
		bool ok = n < RTE_DIM(known) && known[n] == f;

		n += ok;
		assert_int_equal(fx_create(f + 1, f, 2, 2), ok ? OK : BAD_PARAMETER);
	}
	assert_int_equal(n, 8);
	assert_int_equal(fx_create(1000, UINT32_MAX, 2, 2), BAD_PARAMETER);
	fx_stop();
}

/* The guest takes all that it can get, in sizes of all kinds; the limit holds. */
static void
test_memory_limit(void **state)
{
	const struct fx_setup s = {.args = "memory=8M"};
	const uint64_t limit = UINT64_C(8) << 20;
	uint32_t id = 0, type, side;

	(void)state;
	fx_start(&s);
	for (side = 1024; side != 0; side /= 2) {
		while ((type = fx_create(++id, BGRX, side, side)) == OK)
			assert_true(fx_stats().memory <= limit);
		assert_int_equal(type, NO_MEMORY);
	}
	assert_true(fx_stats().memory > limit - 1024);
	/* backing counts too */
	assert_int_equal(fx_attach(1, 1024 * 1024), NO_MEMORY);
	assert_int_equal(fx_unref(1), OK);
	assert_int_equal(fx_attach(3, 1024 * 1024), OK);
	assert_true(fx_stats().memory <= limit);
	for (uint32_t i = 2; i <= id; i++)
		fx_unref(i);
	assert_int_equal(fx_stats().memory, 0);
	assert_int_equal(fx_stats().resources, 0);
	fx_stop();
}

static void
test_uuid(void **state)
{
	struct virtio_gpu_resource_assign_uuid req = {
		.hdr.type = VIRTIO_GPU_CMD_RESOURCE_ASSIGN_UUID, .resource_id = 1};
	const uint32_t len = sizeof(struct virtio_gpu_resp_resource_uuid);
	uint8_t first[16], second[16];

	(void)state;
	fx_start(&split);
	assert_int_equal(fx_cmd(&req, sizeof(req), len), BAD_RESOURCE);
	assert_int_equal(fx.used, FX_HDR);
	assert_int_equal(fx_create(1, BGRX, 2, 2), OK);
	assert_int_equal(fx_create(2, BGRX, 2, 2), OK);
	assert_int_equal(fx_cmd(&req, sizeof(req), len), VIRTIO_GPU_RESP_OK_RESOURCE_UUID);
	assert_int_equal(fx.used, len);
	memcpy(first, fx.resp + FX_HDR, 16);
	assert_int_equal(first[6] >> 4, 4);
	assert_int_equal(first[8] >> 6, 2);
	/* it stays */
	assert_int_equal(fx_cmd(&req, sizeof(req), len), VIRTIO_GPU_RESP_OK_RESOURCE_UUID);
	assert_memory_equal(first, fx.resp + FX_HDR, 16);
	req.resource_id = 2;
	assert_int_equal(fx_cmd(&req, sizeof(req), len), VIRTIO_GPU_RESP_OK_RESOURCE_UUID);
	memcpy(second, fx.resp + FX_HDR, 16);
	assert_memory_not_equal(first, second, 16);
	fx_stop();
}

/* --- backing --- */

static void
test_attach(void **state)
{
	(void)state;
	fx_start(&split);
	assert_int_equal(fx_attach(1, 4096), BAD_RESOURCE);
	assert_int_equal(fx_detach(1), BAD_RESOURCE);
	assert_int_equal(fx_create(1, BGRX, 64, 64), OK);
	assert_int_equal(fx_detach(1), UNSPEC);
	assert_int_equal(fx_attach(1, 16384), OK);
	assert_int_equal(fx_attach(1, 16384), UNSPEC);
	assert_int_equal(fx_detach(1), OK);
	assert_int_equal(fx_detach(1), UNSPEC);
	/* none at all is something too: it can be detached */
	assert_int_equal(fx_attach_entries(1, NULL, 0), OK);
	assert_int_equal(fx_transfer(1, 0, 0, 0, 1, 1), BAD_PARAMETER);
	assert_int_equal(fx_detach(1), OK);
	fx_stop();
}

static void
test_attach_wrong_addresses(void **state)
{
	static const struct virtio_gpu_mem_entry wrong[] = {
		{.addr = 0, .length = 1},
		{.addr = FX_GPA - 1, .length = 1},
		{.addr = FX_GPA - 1, .length = 2},
		{.addr = FX_END, .length = 1},
		{.addr = FX_END - 1, .length = 2},
		{.addr = FX_GPA, .length = UINT32_MAX},
		{.addr = UINT64_MAX, .length = 1},
		{.addr = UINT64_MAX - 3, .length = 16},
		{.addr = UINT64_C(1) << 63, .length = 4096},
	};

	(void)state;
	fx_start(&split);
	assert_int_equal(fx_create(1, BGRX, 64, 64), OK);
	for (size_t i = 0; i < RTE_DIM(wrong); i++) {
		struct virtio_gpu_mem_entry entry[100];

		assert_int_equal(fx_attach_entries(1, &wrong[i], 1), UNSPEC);
		/* also behind good ones */
		for (size_t k = 0; k < RTE_DIM(entry); k++)
			entry[k] = (struct virtio_gpu_mem_entry){.addr = FX_GPA, .length = 4096};
		entry[99] = wrong[i];
		assert_int_equal(fx_attach_entries(1, entry, 100), UNSPEC);
		assert_int_equal(fx_transfer(1, 0, 0, 0, 1, 1), UNSPEC);
	}
	/* to the last byte */
	assert_int_equal(fx_attach_entries(1, &(struct virtio_gpu_mem_entry){FX_END - 4, 4, 0}, 1),
			 OK);
	assert_int_equal(fx_transfer(1, 0, 0, 0, 1, 1), OK);
	fx_stop();
}

/* More entries than there are bytes of them. */
static void
test_attach_wrong_counts(void **state)
{
	static const uint32_t counts[] = {3, 4, 0x10000000, 0x10000002, UINT32_MAX};
	struct {
		struct virtio_gpu_resource_attach_backing req;
		struct virtio_gpu_mem_entry entry[2];
	} r = {.req = {.hdr.type = VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING, .resource_id = 1},
	       .entry = {{FX_GPA, 4096, 0}, {FX_GPA, 4096, 0}}};

	(void)state;
	fx_start(&split);
	assert_int_equal(fx_create(1, BGRX, 64, 64), OK);
	for (size_t i = 0; i < RTE_DIM(counts); i++) {
		r.req.nr_entries = counts[i];
		assert_int_equal(fx_ctl(&r, sizeof(r)), UNSPEC);
	}
	r.req.nr_entries = 2;
	assert_int_equal(fx_ctl(&r, sizeof(r) - 1), UNSPEC);
	assert_int_equal(fx_ctl(&r, sizeof(r)), OK);
	fx_stop();
}

/* --- transfers --- */

/* Pixels as they come from the display, of a resource in another place than the backing. */
static void
test_transfer_rects(void **state)
{
	static const struct foo_gpu_rect rects[] = {
		{0, 0, 200, 150}, {0, 0, 1, 1},    {199, 149, 1, 1},
		{0, 7, 200, 20},  {13, 17, 99, 1}, {150, 100, 50, 50},
	};
	const uint32_t w = 200, h = 150, bytes = w * h * FOO_GPU_PIXEL;

	(void)state;
	fx_start(&split);
	for (uint32_t i = 0; i < RTE_DIM(rects); i++) {
		const struct foo_gpu_rect *r = &rects[i];
		uint64_t offset = ((uint64_t)r->y * w + r->x) * FOO_GPU_PIXEL;

		assert_int_equal(fx_create(i + 1, BGRX, w, h), OK);
		assert_int_equal(fx_attach(i + 1, bytes), OK);
		fx_back_draw(w, h, i);
		assert_int_equal(fx_transfer(i + 1, offset, r->x, r->y, r->width, r->height), OK);
		assert_int_equal(fx_scanout(0, i + 1, 0, 0, w, h), OK);
		assert_int_equal(fx_flush(i + 1, 0, 0, w, h), OK);
		fx_expect_shown(0, r, 0, 0, i);
		/* what was not transferred is black */
		for (uint32_t y = 0; y < h; y++)
			for (uint32_t x = 0; x < w; x++)
				if (x < r->x || x >= r->x + r->width || y < r->y ||
				    y >= r->y + r->height)
					assert_int_equal(screen_pixel(0, x, y), 0);
	}
	fx_stop();
}

static void
test_transfer_wrong(void **state)
{
	const uint32_t w = 64, h = 64, bytes = w * h * FOO_GPU_PIXEL;
	static const struct {
		uint64_t offset;
		struct virtio_gpu_rect r;
	} wrong[] = {
		{0, {0, 0, 0, 1}},
		{0, {0, 0, 1, 0}},
		{0, {64, 0, 1, 1}},
		{0, {0, 64, 1, 1}},
		{0, {0, 0, 65, 1}},
		{0, {0, 0, 1, 65}},
		{0, {1, 0, 64, 1}},
		{0, {0, 1, 1, 64}},
		{0, {UINT32_MAX, 0, 2, 1}},
		{0, {0, UINT32_MAX, 1, 2}},
		{0, {1, 1, UINT32_MAX, UINT32_MAX}},
		{0, {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX}},
		{1, {0, 0, 64, 64}},
		{64 * 64 * 4 - 3, {0, 0, 1, 1}},
		{64 * 64 * 4, {0, 0, 1, 1}},
		{UINT64_MAX, {0, 0, 1, 1}},
		{UINT64_MAX - 3, {0, 0, 1, 1}},
		{-UINT64_C(64 * 64 * 4), {0, 0, 64, 64}},
		{UINT64_C(1) << 63, {0, 0, 64, 64}},
	};

	(void)state;
	fx_start(&split);
	assert_int_equal(fx_transfer(1, 0, 0, 0, 1, 1), BAD_RESOURCE);
	assert_int_equal(fx_create(1, BGRX, w, h), OK);
	assert_int_equal(fx_transfer(1, 0, 0, 0, 1, 1), UNSPEC);
	assert_int_equal(fx_attach(1, bytes), OK);
	fx_back_draw(w, h, 1);
	for (size_t i = 0; i < RTE_DIM(wrong); i++)
		assert_int_equal(fx_transfer(1, wrong[i].offset, wrong[i].r.x, wrong[i].r.y,
					     wrong[i].r.width, wrong[i].r.height),
				 BAD_PARAMETER);
	assert_int_equal(fx_stats().transfers, 0);
	/* the last pixel of the backing may go anywhere */
	assert_int_equal(fx_transfer(1, bytes - 4, 5, 6, 1, 1), OK);
	assert_int_equal(fx_scanout(0, 1, 0, 0, w, h), OK);
	assert_int_equal(fx_flush(1, 0, 0, w, h), OK);
	for (uint32_t y = 0; y < h; y++)
		for (uint32_t x = 0; x < w; x++)
			assert_int_equal(screen_pixel(0, x, y),
					 x == 5 && y == 6 ? fx_pattern(63, 63, 1) : 0);
	fx_stop();
}

/* Backing that the same bytes belong to more than once. */
static void
test_transfer_overlapping(void **state)
{
	struct virtio_gpu_mem_entry entry[16];
	uint32_t pixel[64];

	(void)state;
	fx_start(&split);
	for (uint32_t i = 0; i < 64; i++)
		pixel[i] = i;
	foo_guest_mem_write(&fx.mem, fx.back, pixel, sizeof(pixel));
	for (uint32_t i = 0; i < RTE_DIM(entry); i++)
		entry[i] = (struct virtio_gpu_mem_entry){fx.back + i % 2 * 4, 64 * 4, 0};
	assert_int_equal(fx_create(1, BGRX, 64, 16), OK);
	assert_int_equal(fx_attach_entries(1, entry, RTE_DIM(entry)), OK);
	assert_int_equal(fx_transfer(1, 0, 0, 0, 64, 16), OK);
	assert_int_equal(fx_scanout(0, 1, 0, 0, 64, 16), OK);
	assert_int_equal(fx_flush(1, 0, 0, 64, 16), OK);
	for (uint32_t y = 0; y < 16; y++)
		for (uint32_t x = 0; x < 63; x++)
			assert_int_equal(screen_pixel(0, x, y), x + y % 2);
	fx_stop();
}

/* Pieces of any length, empty ones too, and pixels that lie in two of them. */
static void
test_transfer_odd_pieces(void **state)
{
	struct virtio_gpu_mem_entry entry[400];
	const uint32_t w = 32, h = 20, bytes = w * h * FOO_GPU_PIXEL;
	uint8_t *all = test_malloc(bytes);
	uint32_t n = 0;

	(void)state;
	fx_start(&split);
	for (uint32_t i = 0; i < w * h; i++) {
		uint32_t p = fx_pattern(i % w, i / w, 5);

		memcpy(all + i * 4, &p, 4);
	}
	for (uint32_t at = 0, len; at < bytes; at += len, n++) {
		len = RTE_MIN(n % 18, bytes - at);
		entry[n] = (struct virtio_gpu_mem_entry){fx.back + n * 100, len, 0};
		foo_guest_mem_write(&fx.mem, entry[n].addr, all + at, len);
	}
	test_free(all);
	assert_true(n < RTE_DIM(entry));
	assert_int_equal(fx_create(1, BGRX, w, h), OK);
	assert_int_equal(fx_attach_entries(1, entry, n), OK);
	for (uint32_t y = 0; y < h; y++)
		assert_int_equal(fx_transfer(1, (y * w + y) * 4, y, y, w - y, 1), OK);
	assert_int_equal(fx_scanout(0, 1, 0, 0, w, h), OK);
	assert_int_equal(fx_flush(1, 0, 0, w, h), OK);
	for (uint32_t y = 0; y < h; y++)
		fx_expect_shown(0, &(struct foo_gpu_rect){y, y, w - y, 1}, 0, 0, 5);
	fx_stop();
}

/* Red, green and blue where the format has them, and alpha in a cursor. */
static void
test_formats(void **state)
{
	/* place of the bytes of red, green, blue, alpha; of the latter 4: there is none */
	static const struct {
		uint32_t format;
		uint8_t at[4];
	} f[] = {
		{VIRTIO_GPU_FORMAT_B8G8R8A8_UNORM, {2, 1, 0, 3}},
		{VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM, {2, 1, 0, 4}},
		{VIRTIO_GPU_FORMAT_A8R8G8B8_UNORM, {1, 2, 3, 0}},
		{VIRTIO_GPU_FORMAT_X8R8G8B8_UNORM, {1, 2, 3, 4}},
		{VIRTIO_GPU_FORMAT_R8G8B8A8_UNORM, {0, 1, 2, 3}},
		{VIRTIO_GPU_FORMAT_X8B8G8R8_UNORM, {3, 2, 1, 4}},
		{VIRTIO_GPU_FORMAT_A8B8G8R8_UNORM, {3, 2, 1, 0}},
		{VIRTIO_GPU_FORMAT_R8G8B8X8_UNORM, {0, 1, 2, 4}},
	};

	(void)state;
	fx_start(&split);
	for (uint32_t i = 0; i < RTE_DIM(f); i++) {
		const uint8_t *at = f[i].at;
		uint8_t pixel[5] = {0x5a, 0x5a, 0x5a, 0x5a, 0x5a};
		uint32_t id = i + 1;

		pixel[at[0]] = 0x11;
		pixel[at[1]] = 0x82;
		pixel[at[2]] = 0xc3;
		pixel[at[3]] = 0x7f;
		assert_int_equal(fx_create(id, f[i].format, 64, 64), OK);
		assert_int_equal(fx_attach(id, 64 * 64 * 4), OK);
		fx_back_write(64 * 64 * 4, 63 * 4, pixel, 4);
		assert_int_equal(fx_transfer(id, 0, 0, 0, 64, 64), OK);
		assert_int_equal(fx_scanout(0, id, 0, 0, 64, 64), OK);
		assert_int_equal(fx_flush(id, 0, 0, 64, 64), OK);
		assert_int_equal(screen_pixel(0, 63, 0), 0x1182c3);
		fx_cursor(VIRTIO_GPU_CMD_UPDATE_CURSOR, 0, id, 0, 0);
		assert_int_equal(screen_get(0).cursor.pixel[63],
				 at[3] == 4 ? 0xff1182c3 : 0x7f1182c3);
	}
	fx_stop();
}

/* --- memory --- */

/* The guest's memory with the second region at another place, or without it. */
static void
memory_set(uint8_t *second)
{
	struct foo_mem mem;

	foo_mem_init(&mem);
	assert_int_equal(foo_mem_add(&mem, FX_GPA, FX_REGION, fx.mem.region[0].va), 0);
	if (second != NULL)
		assert_int_equal(foo_mem_add(&mem, FX_GPA + FX_REGION, FX_REGION, second), 0);
	fx_queues_stop();
	assert_int_equal(foo_device_set_mem(fx.dev, &mem), 0);
	fx_queues_start();
}

static void
test_memory_moves(void **state)
{
	const struct virtio_gpu_mem_entry entry = {FX_GPA + FX_REGION, 256 * 256 * 4, 0};
	const struct foo_gpu_rect all = {0, 0, 256, 256};
	uint32_t *elsewhere = test_calloc(1, FX_REGION);

	(void)state;
	fx_start(&split);
	assert_int_equal(fx_create(1, BGRX, 256, 256), OK);
	assert_int_equal(fx_attach_entries(1, &entry, 1), OK);
	assert_int_equal(fx_scanout(0, 1, 0, 0, 256, 256), OK);
	for (uint32_t i = 0; i < 256 * 256; i++)
		elsewhere[i] = fx_pattern(i % 256, i / 256, 7);
	memory_set((uint8_t *)elsewhere);
	assert_int_equal(fx_transfer(1, 0, 0, 0, 256, 256), OK);
	assert_int_equal(fx_flush(1, 0, 0, 256, 256), OK);
	fx_expect_shown(0, &all, 0, 0, 7);
	memory_set(NULL);
	assert_int_equal(fx_transfer(1, 0, 0, 0, 256, 256), UNSPEC);
	assert_int_equal(fx_flush(1, 0, 0, 256, 256), OK);
	fx_expect_shown(0, &all, 0, 0, 7);
	fx_stop();
	test_free(elsewhere);
}

/* What is written during a migration is logged: responses, and nothing of the backing. */
static void
test_dirty_log(void **state)
{
	const struct fx_setup s = {.log = true};
	uint64_t page;

	(void)state;
	fx_start(&s);
	fx_picture(1, 0, 64, 64, 1);
	page = fx.back / FX_PAGE;
	for (uint32_t i = 0; i < 4; i++)
		assert_false(fx.log[(page + i) / 8] & (1u << (page + i) % 8));
	page = fx.data / FX_PAGE;
	assert_true(fx.log[page / 8] & (1u << page % 8));
	fx_stop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_create, fx_teardown),
		cmocka_unit_test_teardown(test_create_sizes, fx_teardown),
		cmocka_unit_test_teardown(test_create_formats, fx_teardown),
		cmocka_unit_test_teardown(test_memory_limit, fx_teardown),
		cmocka_unit_test_teardown(test_uuid, fx_teardown),
		cmocka_unit_test_teardown(test_attach, fx_teardown),
		cmocka_unit_test_teardown(test_attach_wrong_addresses, fx_teardown),
		cmocka_unit_test_teardown(test_attach_wrong_counts, fx_teardown),
		cmocka_unit_test_teardown(test_transfer_rects, fx_teardown),
		cmocka_unit_test_teardown(test_transfer_wrong, fx_teardown),
		cmocka_unit_test_teardown(test_transfer_overlapping, fx_teardown),
		cmocka_unit_test_teardown(test_transfer_odd_pieces, fx_teardown),
		cmocka_unit_test_teardown(test_formats, fx_teardown),
		cmocka_unit_test_teardown(test_memory_moves, fx_teardown),
		cmocka_unit_test_teardown(test_dirty_log, fx_teardown),
	};

	return cmocka_run_group_tests_name("gpu_res", tests, fx_group_setup, NULL);
}
