/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * A GPU's properties, config space and EDIDs, without a guest.
 */
#include <errno.h>
#include <string.h>

#include "gpu_fixture.h"
#include <gpu_priv.h>

/* --- properties --- */

static void
test_refused(void **state)
{
	static const struct {
		const char *args;
		const char *why;
	} wrong[] = {
		{"outputs=0", "outputs"},
		{"outputs=17", "outputs"},
		{"memory=1K", "memory"},
		{"edid-name=12345678901234", "edid-name"},
		{"resolution=1920", "must be WIDTHxHEIGHT"},
		{"resolution=1920x", "must be WIDTHxHEIGHT"},
		{"resolution=x1080", "must be WIDTHxHEIGHT"},
		{"resolution=1920x1080x", "must be WIDTHxHEIGHT"},
		{"resolution=1920x1080:15x16,outputs=2", "must be WIDTHxHEIGHT"},
		{"resolution=16385x1080", "from 16x16 to 16384x16384"},
		{"resolution=1920x99999999999999999999", "must be WIDTHxHEIGHT"},
		{"resolution=-1x5", "must be WIDTHxHEIGHT"},
		{"resolution= 640x480", "must be WIDTHxHEIGHT"},
		{"resolution=640x480:640x480", "more sizes than outputs=1"},
		{"resolution=::,outputs=1", "more sizes than outputs=1"},
		{"xres=5", "unknown property 'xres'"},
	};

	(void)state;
	for (size_t i = 0; i < RTE_DIM(wrong); i++) {
		struct foo_error err = {""};

		assert_true(fx_create_device("gpu_2d0", wrong[i].args, &err) < 0);
		if (strstr(err.text, wrong[i].why) == NULL)
			fail_msg("%s: %s", wrong[i].args, err.text);
	}
}

static void
device_end(void)
{
	foo_device_unrealize(fx.dev);
	foo_device_destroy(fx.dev);
	fx.dev = NULL;
}

static void
test_sizes(void **state)
{
	struct foo_error err = {""};
	struct foo_gpu *gpu;

	(void)state;
	assert_int_equal(
		fx_create_device("gpu_2d0", "outputs=4,resolution=640x480::16x16384", &err), 0);
	gpu = foo_gpu(fx.dev);
	assert_int_equal(gpu_size_get(gpu, 0).width, 640);
	assert_int_equal(gpu_size_get(gpu, 0).height, 480);
	assert_int_equal(gpu_size_get(gpu, 1).width, 0);
	assert_int_equal(gpu_size_get(gpu, 2).width, 16);
	assert_int_equal(gpu_size_get(gpu, 2).height, 16384);
	assert_int_equal(gpu_size_get(gpu, 3).width, 0);
	device_end();
}

static void
test_class(void **state)
{
	const struct foo_class *cls = foo_class_find("gpu_2d");

	(void)state;
	assert_non_null(cls);
	assert_true(foo_class_is_a(cls, "gpu"));
	assert_true(foo_class_find("gpu")->abstract);
	assert_int_equal(cls->virtio_id, 16);
	assert_int_equal(cls->config_size, 16);
}

/* --- config space --- */

static struct virtio_gpu_config
config(void)
{
	struct virtio_gpu_config c;

	assert_int_equal(fx.dev->cls->ops.get_config(fx.dev, 0, &c, sizeof(c)), 0);
	return c;
}

static void
test_config(void **state)
{
	struct foo_error err = {""};
	struct virtio_gpu_config c;
	uint32_t part, clear = VIRTIO_GPU_EVENT_DISPLAY;

	(void)state;
	assert_int_equal(fx_create_device("gpu_2d0", "outputs=7", &err), 0);
	c = config();
	assert_int_equal(c.num_scanouts, 7);
	assert_int_equal(c.num_capsets + c.events_read + c.events_clear, 0);
	assert_int_equal(fx.dev->cls->ops.get_config(fx.dev, 8, &part, sizeof(part)), 0);
	assert_int_equal(part, 7);
	/* a size that changes is an event, which the driver clears */
	assert_int_equal(foo_device_set_prop(fx.dev, "resolution", "800x600", &err), 0);
	assert_int_equal(gpu_size_get(foo_gpu(fx.dev), 0).width, 800);
	assert_int_equal(config().events_read, VIRTIO_GPU_EVENT_DISPLAY);
	assert_int_equal(foo_device_set_prop(fx.dev, "resolution", "800", &err), -EINVAL);
	assert_int_equal(gpu_size_get(foo_gpu(fx.dev), 0).width, 800);
	assert_int_equal(fx.dev->cls->ops.set_config(fx.dev, 4, &clear, sizeof(clear)), 0);
	assert_int_equal(config().events_read, 0);
	device_end();
}

static void
test_config_write(void **state)
{
	const struct virtio_gpu_config all = {.events_clear = UINT32_MAX, .num_scanouts = 9};
	struct foo_error err = {""};
	int (*set)(struct foo_device * dev, uint32_t offset, const void *buf, uint32_t len);

	(void)state;
	assert_int_equal(fx_create_device("gpu_2d0", "", &err), 0);
	set = fx.dev->cls->ops.set_config;
	assert_int_equal(foo_device_set_prop(fx.dev, "resolution", "800x600", &err), 0);
	assert_int_equal(set(fx.dev, 0, &all, 4), -EINVAL);
	assert_int_equal(set(fx.dev, 8, &all, 4), -EINVAL);
	assert_int_equal(set(fx.dev, 4, &all, 3), -EINVAL);
	assert_int_equal(set(fx.dev, 0, &all, 7), -EINVAL);
	assert_int_equal(set(fx.dev, 0, &all, 0), -EINVAL);
	assert_int_equal(config().events_read, VIRTIO_GPU_EVENT_DISPLAY);
	assert_int_equal(set(fx.dev, 0, &all, sizeof(all)), 0);
	assert_int_equal(config().events_read, 0);
	assert_int_equal(config().num_scanouts, 1);
	device_end();
}

/* --- EDID --- */

static uint8_t
sum(const uint8_t *from, size_t len)
{
	uint8_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += from[i];
	return n;
}

static void
test_edid_detailed(void **state)
{
	static const uint8_t magic[] = {0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0};
	uint8_t e[GPU_EDID_MAX], *d = e + 54;
	uint32_t total;

	(void)state;
	assert_int_equal(gpu_edid_make(e, "a", 3, (struct foo_gpu_size){1920, 1080}), 128);
	assert_memory_equal(e, magic, sizeof(magic));
	assert_int_equal(sum(e, 128), 0);
	assert_int_equal(e[126], 0);
	/* the vendor: three letters of five bits */
	assert_int_equal(e[8] << 8 | e[9], 6 << 10 | 15 << 5 | 15);
	assert_int_equal(d[2] | (d[4] >> 4) << 8, 1920);
	assert_int_equal(d[5] | (d[7] >> 4) << 8, 1080);
	total = (1920 + (d[3] | (d[4] & 15) << 8)) * (1080 + (d[6] | (d[7] & 15) << 8));
	/* 60 Hz */
	assert_in_range((d[0] | d[1] << 8) * 10000 / total, 59, 60);
	assert_memory_equal(e + 72,
			    "\0\0\0\xfc\0"
			    "a\n           ",
			    18);
	assert_int_equal(gpu_edid_make(e, "thirteen char", 0, (struct foo_gpu_size){16, 16}), 128);
	assert_memory_equal(e + 77, "thirteen char", 13);
	assert_int_equal(sum(e, 128), 0);
}

/* What is too large for that stands in a DisplayID block. */
static void
test_edid_displayid(void **state)
{
	static const struct foo_gpu_size sizes[] = {
		{4096, 64}, {64, 4096}, {5120, 2880}, {4095, 4095}, {16384, 16384}};
	uint8_t e[GPU_EDID_MAX], *d = e + 128;

	(void)state;
	for (size_t i = 0; i < RTE_DIM(sizes); i++) {
		assert_int_equal(gpu_edid_make(e, "a", 0, sizes[i]), 256);
		assert_int_equal(sum(e, 128), 0);
		assert_int_equal(sum(d, 128), 0);
		assert_int_equal(sum(d + 1, 126), 0);
		assert_int_equal(e[126], 1);
		assert_int_equal(d[0], 0x70);
		assert_int_equal(d[2], 121);
		assert_int_equal(d[12] | d[13] << 8, sizes[i].width - 1);
		assert_int_equal(d[20] | d[21] << 8, sizes[i].height - 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_refused, NULL),
		cmocka_unit_test_teardown(test_sizes, NULL),
		cmocka_unit_test_teardown(test_class, NULL),
		cmocka_unit_test_teardown(test_config, NULL),
		cmocka_unit_test_teardown(test_config_write, NULL),
		cmocka_unit_test(test_edid_detailed),
		cmocka_unit_test(test_edid_displayid),
	};

	return cmocka_run_group_tests_name("gpu_set", tests, fx_group_setup, NULL);
}
