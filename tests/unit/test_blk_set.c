/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/* Properties of disks changed while there is one: what lcores get to see of them, and what an
 * engine may refuse. */

#include <errno.h>

#include <blk_priv.h>

#include "ops_fixture.h"

#define MEBI (UINT64_C(1) << 20)

/* A disk of one MiB that can grow, or has no way to. */
struct stub {
	struct foo_blk blk;
	uint64_t size;
};

/* What open returns, and resize; and what resize was asked for. */
static int fail_open, fail_resize;
static uint64_t asked;

/* Times that the guest was told. */
static unsigned int config_changes;

static int
stub_open(struct foo_blk *dev, struct foo_error *err)
{
	if (fail_open != 0)
		return foo_error_set(err, fail_open, "no medium");
	dev->cap.max_queues = 4;
	foo_blk_set_size(dev, MEBI);
	return 0;
}

static void
stub_submit(struct foo_blk_queue *bq, struct foo_blk_io *io)
{
	foo_blk_done(bq, io, 0);
}

static int
stub_resize(struct foo_blk *dev, uint64_t size, struct foo_error *err)
{
	asked = size;
	if (fail_resize != 0)
		return foo_error_set(err, fail_resize, "the medium is full");
	foo_blk_set_size(dev, size != 0 ? size : MEBI);
	return 0;
}

static const struct foo_blk_engine fixed_engine = {.open = stub_open, .submit = stub_submit};
static const struct foo_blk_engine stub_engine = {
	.open = stub_open, .submit = stub_submit, .resize = stub_resize};

static int
fixed_init(struct foo_device *dev)
{
	foo_blk(dev)->engine = &fixed_engine;
	return 0;
}

static int
stub_init(struct foo_device *dev)
{
	foo_blk(dev)->engine = &stub_engine;
	return 0;
}

static const struct foo_prop stub_props[] = {
	FOO_PROP_SIZE("size", struct stub, size, "0", 0, MEBI << 20,
		      "bytes; 0: what the medium has", .runtime = true),
	FOO_PROP_END,
};

static struct foo_class stub_class = {
	.name = "blk_stub",
	.parent = "blk",
	.help = "disk of the tests",
	.instance_size = sizeof(struct stub),
	.props = stub_props,
	.ops = {.instance_init = stub_init},
};
FOO_CLASS_REGISTER(stub_class)

static struct foo_class fixed_class = {
	.name = "blk_fixed",
	.parent = "blk",
	.help = "disk that cannot be resized",
	.instance_size = sizeof(struct stub),
	.props = stub_props,
	.ops = {.instance_init = fixed_init},
};
FOO_CLASS_REGISTER(fixed_class)

static int
on_config_change(struct foo_device *dev)
{
	assert_true(dev->realized);
	config_changes++;
	return 0;
}

static int
setup(__rte_unused void **state)
{
	fail_open = fail_resize = 0;
	ops_loops_none();
	return 0;
}

static int
teardown(__rte_unused void **state)
{
	struct foo_device *dev;

	while ((dev = TAILQ_FIRST(&foo_devices)) != NULL)
		ops_device_end(dev);
	ops_loops_none_end();
	return 0;
}

static void
set(struct foo_blk *b, const char *key, const char *value, int code, const char *text)
{
	struct foo_error err = {""};

	assert_int_equal(foo_device_set_prop(&b->dev, key, value, &err), code);
	assert_string_equal(err.text, text);
}

static void
test_size(__rte_unused void **state)
{
	struct foo_blk *b = foo_blk(ops_device("blk_stub0", "", 0));

	assert_int_equal(foo_blk_size(b), MEBI);
	config_changes = 0;
	b->dev.config_changed = on_config_change;
	set(b, "size", "3M", 0, "");
	assert_int_equal(foo_blk_size(b), 3 * MEBI);
	assert_int_equal(config_changes, 1);
	set(b, "size", "0", 0, "");
	assert_int_equal(asked, 0);
	assert_int_equal(foo_blk_size(b), MEBI);
	fail_resize = -ENOSPC;
	set(b, "size", "4M", -ENOSPC, "the medium is full");
	assert_int_equal(asked, 4 * MEBI);
	assert_int_equal(((struct stub *)b)->size, 0);
	assert_int_equal(foo_blk_size(b), MEBI);
	assert_int_equal(config_changes, 2);
}

static void
test_size_fixed(__rte_unused void **state)
{
	struct foo_blk *b = foo_blk(ops_device("blk_fixed0", "", 0));

	set(b, "size", "4M", -ENOTSUP, "this disk cannot change its size");
	assert_int_equal(((struct stub *)b)->size, 0);
}

static void
test_limits(__rte_unused void **state)
{
	struct foo_blk *b = foo_blk(ops_device("blk_stub0", "", 0));
	struct foo_blk *limited = foo_blk(ops_device("blk_stub1", "bytes-limit=1M", 0));

	assert_true(limited->limited);
	assert_int_not_equal(limited->qos->bucket[BLK_LIMIT_BYTES].cost, 0);
	assert_int_equal(limited->qos->bucket[BLK_LIMIT_REQUESTS].cost, 0);
	assert_false(b->limited);
	set(b, "iops-limit", "1000", 0, "");
	assert_true(b->limited);
	assert_int_not_equal(b->qos->bucket[BLK_LIMIT_REQUESTS].cost, 0);
	set(b, "iops-burst", "1", 0, "");
	set(b, "iops-limit", "0", 0, "");
	assert_false(b->limited);
}

static void
test_coalesce(__rte_unused void **state)
{
	struct foo_blk *b = foo_blk(ops_device("blk_stub0", "coalesce-us=10,coalesce-count=5", 0));
	uint64_t cycles = b->coalesce.cycles;

	assert_int_not_equal(cycles, 0);
	assert_int_equal(b->coalesce.count, 5);
	set(b, "coalesce-us", "1000", 0, "");
	assert_in_range(b->coalesce.cycles, 99 * cycles, 101 * cycles);
	set(b, "coalesce-us", "0", 0, "");
	assert_int_equal(b->coalesce.cycles, 0);
	set(b, "coalesce-us", "100001", -ERANGE,
	    "coalesce-us=100001: must be a number from 0 to 100000");
}

static void
realize_refused(const char *name, const char *args, int code, const char *text)
{
	struct foo_error err = {""};
	struct foo_device *dev;

	assert_int_equal(foo_device_create(name, args, &dev, &err), 0);
	assert_int_equal(foo_device_realize(dev, &err), code);
	assert_string_equal(err.text, text);
	assert_null(foo_blk(dev)->queue);
	assert_null(foo_blk(dev)->qos);
	foo_device_destroy(dev);
}

static void
test_realize_refused(__rte_unused void **state)
{
	realize_refused("blk_stub0", "iface=/x,queues=5", -EINVAL,
			"blk_stub0: queues=5: this medium can have 4 at most");
	fail_open = -ENOMEDIUM;
	realize_refused("blk_stub0", "iface=/x", -ENOMEDIUM, "blk_stub0: no medium");
}

static int
run(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		TEST(test_size),     TEST(test_size_fixed),      TEST(test_limits),
		TEST(test_coalesce), TEST(test_realize_refused),
	};

	return cmocka_run_group_tests_name("blk_set", tests, NULL, NULL);
}

int
main(void)
{
	return ops_main("test_blk_set", run);
}
