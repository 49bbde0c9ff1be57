/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/* Properties changed while the device is there: which, how the driver hears of it, and what is left
 * when it refuses. */

#include <errno.h>
#include <stdio.h>

#include "ops_fixture.h"

/* A fake device with a property of each kind. */
struct knobs {
	struct fake_dev fake;
	bool flag;
	uint32_t count;
	uint64_t bytes;
	char *label;
	uint32_t shape;
	uint8_t mac[6];
	uint32_t perm;
	uint32_t fixed;
	char heard[256]; /* what prop_changed was told */
	int fail;        /* what it answers */
	bool mute;       /* without a word */
};

static const char *const shapes[] = {"round", "square", NULL};

static const struct foo_prop knobs_props[] = {
	FOO_PROP_BOOL("flag", struct knobs, flag, "0", "a flag", .runtime = true),
	FOO_PROP_UINT("count", struct knobs, count, "1", 1, 128, "a number", .runtime = true),
	FOO_PROP_SIZE("bytes", struct knobs, bytes, "4K", 1024, 1ULL << 40, "a size",
		      .runtime = true),
	FOO_PROP_STRING("label", struct knobs, label, "old", 5, "a text", .runtime = true),
	FOO_PROP_ENUM("shape", struct knobs, shape, "square", shapes, "a word", .runtime = true),
	FOO_PROP_MAC("mac", struct knobs, mac, "02:00:00:00:00:01", "an address", .runtime = true),
	FOO_PROP_MODE("perm", struct knobs, perm, "0600", "a mode", .runtime = true),
	FOO_PROP_UINT("fixed", struct knobs, fixed, "7", 0, 9, "not to be changed"),
	FOO_PROP_END,
};

static int
knobs_changed(struct foo_device *dev, const struct foo_prop *prop, struct foo_error *err)
{
	struct knobs *k = (struct knobs *)dev;
	size_t len = strlen(k->heard);
	char text[64];

	foo_prop_text(prop, dev, text, sizeof(text));
	snprintf(k->heard + len, sizeof(k->heard) - len, "%s%s=%s", len != 0 ? " " : "", prop->name,
		 text);
	if (k->fail == 0 || k->mute)
		return k->fail;
	return foo_error_set(err, k->fail, "not with me");
}

static struct foo_class knobs_class = {
	.name = "knobs",
	.parent = "fake",
	.help = "device with properties that can be changed",
	.instance_size = sizeof(struct knobs),
	.props = knobs_props,
	.ops = {.prop_changed = knobs_changed},
};

FOO_CLASS_REGISTER(knobs_class)

static struct knobs *knobs;

static int
setup(__rte_unused void **state)
{
	ops_loops_none();
	knobs = (struct knobs *)ops_device("knobs0", "", 0);
	return 0;
}

static int
teardown(__rte_unused void **state)
{
	ops_devices_end();
	ops_loops_none_end();
	return 0;
}

static int
set(const char *key, const char *value, struct foo_error *err)
{
	*err = (struct foo_error){""};
	knobs->heard[0] = '\0';
	return foo_device_set_prop(&knobs->fake.dev, key, value, err);
}

static void
changed(const char *key, const char *value, const char *heard)
{
	struct foo_error err;

	assert_int_equal(set(key, value, &err), 0);
	assert_string_equal(knobs->heard, heard);
	assert_string_equal(err.text, "");
}

static void
refused(const char *key, const char *value, int code, const char *text)
{
	struct foo_error err;

	assert_int_equal(set(key, value, &err), code);
	assert_string_equal(err.text, text);
	assert_int_equal(foo_device_set_prop(&knobs->fake.dev, key, value, NULL), code);
}

static void
test_each_type(__rte_unused void **state)
{
	static const uint8_t mac[6] = {0x02, 0, 0, 0, 0, 0x0a};

	changed("flag", "on", "flag=1");
	assert_true(knobs->flag);
	changed("flag", NULL, "flag=1");
	changed("count", "128", "count=128");
	assert_int_equal(knobs->count, 128);
	changed("bytes", "1536", "bytes=1536");
	changed("bytes", "3072M", "bytes=3G");
	assert_int_equal(knobs->bytes, 3ULL << 30);
	changed("label", "new", "label=new");
	assert_string_equal(knobs->label, "new");
	changed("label", "", "label=");
	changed("shape", "round", "shape=round");
	assert_int_equal(knobs->shape, 0);
	changed("mac", "02:00:00:00:00:0a", "mac=02:00:00:00:00:0A");
	assert_memory_equal(knobs->mac, mac, sizeof(mac));
	changed("perm", "17", "perm=0017");
	assert_int_equal(knobs->perm, 017);
}

static void
test_refused(__rte_unused void **state)
{
	refused("fixed", "1", -EPERM,
		"fixed cannot be changed at run time: --help-device knobs shows what can");
	refused("iface", "/x", -EPERM,
		"iface cannot be changed at run time: --help-device knobs shows what can");
	refused("cuont", "1", -EINVAL, "unknown property 'cuont' of knobs: did you mean 'count'?");
	refused("count", "129", -ERANGE, "count=129: must be a number from 1 to 128");
	refused("count", NULL, -EINVAL,
		"count needs a value: count=..., which must be a number from 1 to 128");
	refused("label", "longer", -ERANGE, "label=longer: must be a text of at most 5 characters");
	assert_string_equal(knobs->heard, "");
	assert_int_equal(knobs->fixed, 7);
	assert_int_equal(knobs->count, 1);
	assert_string_equal(knobs->label, "old");
	assert_string_equal(knobs->fake.dev.iface, "/tmp/none");
}

/* The driver does not want it: all is as before. */
static void
test_driver_refuses(__rte_unused void **state)
{
	char *label = knobs->label;

	knobs->fail = -EBUSY;
	refused("count", "5", -EBUSY, "not with me");
	assert_int_equal(knobs->count, 1);
	refused("bytes", "2K", -EBUSY, "not with me");
	assert_int_equal(knobs->bytes, 4096);
	refused("label", "new", -EBUSY, "not with me");
	assert_ptr_equal(knobs->label, label);
	assert_string_equal(knobs->label, "old");
	refused("mac", "02:00:00:00:00:0a", -EBUSY, "not with me");
	assert_int_equal(knobs->mac[5], 1);
	knobs->mute = true;
	refused("flag", "1", -EBUSY, "Device or resource busy");
	assert_false(knobs->flag);
}

/* Before realize and after unrealize nobody is told. */
static void
test_unrealized(__rte_unused void **state)
{
	foo_device_unrealize(&knobs->fake.dev);
	changed("count", "5", "");
	assert_int_equal(knobs->count, 5);
}

static void
test_numbers(__rte_unused void **state)
{
	const struct foo_class *cls = knobs->fake.dev.cls;
	uint64_t value;

	assert_true(foo_prop_number(foo_class_prop(cls, "bytes"), knobs, &value));
	assert_int_equal(value, 4096);
	assert_true(foo_prop_number(foo_class_prop(cls, "count"), knobs, &value));
	assert_int_equal(value, 1);
	knobs->flag = true;
	assert_true(foo_prop_number(foo_class_prop(cls, "flag"), knobs, &value));
	assert_int_equal(value, 1);
	assert_false(foo_prop_number(foo_class_prop(cls, "label"), knobs, &value));
	assert_false(foo_prop_number(foo_class_prop(cls, "shape"), knobs, &value));
	assert_false(foo_prop_number(foo_class_prop(cls, "perm"), knobs, &value));
}

static void
test_marked_in_help(__rte_unused void **state)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	foo_class_print_help(f, &knobs_class);
	fclose(f);
	assert_non_null(strstr(text, "a number (default 1) (changeable)\n"));
	assert_non_null(strstr(text, "not to be changed (default 7)\n"));
	assert_non_null(strstr(text, "What is marked (changeable)"));
	free(text);
}

static int
run(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		TEST(test_each_type),  TEST(test_refused), TEST(test_driver_refuses),
		TEST(test_unrealized), TEST(test_numbers), TEST(test_marked_in_help),
	};

	return cmocka_run_group_tests_name("ops_set", tests, NULL, NULL);
}

int
main(void)
{
	return ops_main("test_ops_set", run);
}
