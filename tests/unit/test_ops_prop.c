/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/* Properties: each type with good and bad values, and the line that a mistake gets. */

#include <errno.h>
#include <stdio.h>

#include "ops_fixture.h"

struct bag {
	struct foo_device dev;
	bool flag;
	uint32_t count;
	uint64_t bytes;
	uint32_t perm;
	char *label;
	char *file;
	char *uri;
	uint32_t shape;
	uint8_t mac[6];
	uint32_t untouched;
};

static const char *const shapes[] = {"round", "square", NULL};

static const struct foo_prop bag_props[] = {
	FOO_PROP_BOOL("flag", struct bag, flag, "0", "a flag"),
	FOO_PROP_UINT("count", struct bag, count, "1", 1, 128, "a number"),
	FOO_PROP_SIZE("bytes", struct bag, bytes, "4K", 1024, 1ULL << 40, "a size"),
	FOO_PROP_MODE("perm", struct bag, perm, "0600", "a file mode"),
	FOO_PROP_STRING("label", struct bag, label, NULL, 5, "a text"),
	FOO_PROP_PATH("file", struct bag, file, false, 0, "a path"),
	FOO_PROP_URI("uri", struct bag, uri, false, 60, "a URI"),
	FOO_PROP_ENUM("shape", struct bag, shape, "square", shapes, "a word"),
	FOO_PROP_MAC("mac", struct bag, mac, NULL, "an address"),
	FOO_PROP_UINT("untouched", struct bag, untouched, NULL, 0, 9, "without a default"),
	FOO_PROP_REFUSED("magic", "there is none"),
	FOO_PROP_IGNORED("tso", "always on"),
	FOO_PROP_END,
};

static uint16_t
one_queue(__rte_unused const struct foo_device *dev)
{
	return 1;
}

static uint64_t
no_features(__rte_unused const struct foo_device *dev)
{
	return 0;
}

static unsigned int
no_poll(__rte_unused struct foo_queue *q)
{
	return 0;
}

static struct foo_class bag_class = {
	.name = "bag",
	.parent = "virtio",
	.help = "one property of each type",
	.instance_size = sizeof(struct bag),
	.props = bag_props,
	.ops = {.num_queues = one_queue, .features = no_features, .poll = no_poll},
};

FOO_CLASS_REGISTER(bag_class)

static struct bag bag;

static void
parsed(const char *devargs)
{
	struct foo_error err = {""};
	char args[256];

	foo_props_free(&bag_class, &bag);
	memset(&bag, 0, sizeof(bag));
	bag.untouched = 7;
	snprintf(args, sizeof(args), "iface=/s%s%s", devargs[0] != '\0' ? "," : "", devargs);
	if (foo_props_parse(&bag_class, &bag, args, &err) != 0)
		fail_msg("%s", err.text);
}

static void
refused(const char *devargs, int code, const char *text)
{
	struct foo_error err = {""};
	char args[1024];

	foo_props_free(&bag_class, &bag);
	snprintf(args, sizeof(args), "iface=/s,%s", devargs);
	assert_int_equal(foo_props_parse(&bag_class, &bag, args, &err), code);
	assert_string_equal(err.text, text);
}

static void
test_defaults(__rte_unused void **state)
{
	parsed("");
	assert_false(bag.flag);
	assert_int_equal(bag.count, 1);
	assert_int_equal(bag.bytes, 4096);
	assert_int_equal(bag.perm, 0600);
	assert_null(bag.label);
	assert_null(bag.file);
	assert_int_equal(bag.shape, 1);
	assert_int_equal(bag.untouched, 7);
	assert_string_equal(bag.dev.iface, "/s");
	assert_false(bag.dev.client);
	assert_int_equal(bag.dev.mode, 0660);
	assert_null(bag.dev.owner);
}

static void
test_bool(__rte_unused void **state)
{
	static const char *const yes[] = {"flag", "flag=1", "flag=on", "flag=yes", "flag=TRUE"};
	static const char *const no[] = {"flag=0", "flag=off", "flag=No", "flag=false"};

	for (unsigned int i = 0; i < RTE_DIM(yes); i++) {
		parsed(yes[i]);
		assert_true(bag.flag);
	}
	for (unsigned int i = 0; i < RTE_DIM(no); i++) {
		parsed(no[i]);
		assert_false(bag.flag);
	}
	refused("flag=2", -EINVAL, "flag=2: must be 0 or 1");
	refused("flag=", -EINVAL, "flag=: must be 0 or 1");
	refused("flag=yess", -EINVAL, "flag=yess: must be 0 or 1");
}

static void
test_uint(__rte_unused void **state)
{
	parsed("count=128");
	assert_int_equal(bag.count, 128);
	parsed("count=0x10");
	assert_int_equal(bag.count, 16);
	parsed("count=010"); /* not octal */
	assert_int_equal(bag.count, 10);
	refused("count=0", -ERANGE, "count=0: must be a number from 1 to 128");
	refused("count=129", -ERANGE, "count=129: must be a number from 1 to 128");
	refused("count=4294967297", -ERANGE, "count=4294967297: must be a number from 1 to 128");
	refused("count=99999999999999999999", -ERANGE,
		"count=99999999999999999999: must be a number from 1 to 128");
	refused("count=-1", -EINVAL, "count=-1: must be a number from 1 to 128");
	refused("count= 1", -EINVAL, "count= 1: must be a number from 1 to 128");
	refused("count=1 ", -EINVAL, "count=1 : must be a number from 1 to 128");
	refused("count=1K", -EINVAL, "count=1K: must be a number from 1 to 128");
	refused("count=0x", -EINVAL, "count=0x: must be a number from 1 to 128");
	refused("count=", -EINVAL, "count=: must be a number from 1 to 128");
	refused("count", -EINVAL,
		"count needs a value: count=..., which must be a number from 1 to 128");
}

static void
test_size(__rte_unused void **state)
{
	parsed("bytes=1024");
	assert_int_equal(bag.bytes, 1024);
	parsed("bytes=3k");
	assert_int_equal(bag.bytes, 3072);
	parsed("bytes=2M");
	assert_int_equal(bag.bytes, 2 << 20);
	parsed("bytes=0x10G");
	assert_int_equal(bag.bytes, 16ULL << 30);
	parsed("bytes=1T");
	assert_int_equal(bag.bytes, 1ULL << 40);
	refused("bytes=1023", -ERANGE,
		"bytes=1023: must be a size from 1K to 1T (suffix K, M, G or T)");
	refused("bytes=1025G", -ERANGE,
		"bytes=1025G: must be a size from 1K to 1T (suffix K, M, G or T)");
	/* 2^54 K would wrap to 0 */
	refused("bytes=18014398509481984K", -ERANGE,
		"bytes=18014398509481984K: must be a size from 1K to 1T (suffix K, M, G or T)");
	refused("bytes=1KB", -EINVAL,
		"bytes=1KB: must be a size from 1K to 1T (suffix K, M, G or T)");
	refused("bytes=1x", -EINVAL,
		"bytes=1x: must be a size from 1K to 1T (suffix K, M, G or T)");
	refused("bytes=K", -EINVAL, "bytes=K: must be a size from 1K to 1T (suffix K, M, G or T)");
}

static void
test_mode(__rte_unused void **state)
{
	parsed("perm=777");
	assert_int_equal(bag.perm, 0777);
	parsed("perm=0640");
	assert_int_equal(bag.perm, 0640);
	parsed("perm=0");
	assert_int_equal(bag.perm, 0);
	refused("perm=1777", -ERANGE, "perm=1777: must be an octal file mode from 0000 to 0777");
	refused("perm=0689", -EINVAL, "perm=0689: must be an octal file mode from 0000 to 0777");
	refused("perm=rw", -EINVAL, "perm=rw: must be an octal file mode from 0000 to 0777");
}

static void
test_string_and_path(__rte_unused void **state)
{
	parsed("label=abcde,file=/a[b,c]d");
	assert_string_equal(bag.label, "abcde");
	assert_string_equal(bag.file, "/a[b,c]d");
	parsed("label=");
	assert_string_equal(bag.label, "");
	refused("label=abcdef", -ERANGE, "label=abcdef: must be a text of at most 5 characters");
	refused("label", -EINVAL,
		"label needs a value: label=..., which must be a text of at most 5 characters");
	refused("file=", -EINVAL, "file=: must be a path");
}

static void
test_iface(__rte_unused void **state)
{
	struct foo_error err = {""};
	char args[200], path[120];

	foo_props_free(&bag_class, &bag);
	assert_int_equal(foo_props_parse(&bag_class, &bag, NULL, &err), -EINVAL);
	assert_string_equal(err.text, "iface=<path> is missing: path of the vhost-user socket");
	assert_int_equal(foo_props_parse(&bag_class, &bag, "", &err), -EINVAL);

	/* the longest path that a socket address holds, and one more */
	memset(path, 'p', sizeof(path));
	path[107] = '\0';
	snprintf(args, sizeof(args), "iface=%s", path);
	assert_int_equal(foo_props_parse(&bag_class, &bag, args, &err), 0);
	assert_string_equal(bag.dev.iface, path);
	foo_props_free(&bag_class, &bag);
	assert_null(bag.dev.iface);
	path[107] = 'p';
	path[108] = '\0';
	snprintf(args, sizeof(args), "iface=%s", path);
	assert_int_equal(foo_props_parse(&bag_class, &bag, args, &err), -ERANGE);
	path[60] = '\0';
	snprintf(args, sizeof(args), "iface=%s...: must be a path of at most 107 characters", path);
	assert_string_equal(err.text, args);
}

static void
test_enum_and_mac(__rte_unused void **state)
{
	static const uint8_t mac[6] = {0x02, 0xab, 0, 0, 0, 0x01};

	parsed("shape=round,mac=02:AB:00:00:00:01");
	assert_int_equal(bag.shape, 0);
	assert_memory_equal(bag.mac, mac, 6);
	refused("shape=oval", -EINVAL, "shape=oval: must be one of round, square");
	refused("shape=Round", -EINVAL, "shape=Round: must be one of round, square");
	refused("shape=", -EINVAL, "shape=: must be one of round, square");
#define BAD_MAC(m)                                                                                 \
	refused("mac=" m, -EINVAL, "mac=" m ": must be a unicast address like 02:00:00:00:00:01")
	BAD_MAC("01:00:5e:00:00:01");
	BAD_MAC("ff:ff:ff:ff:ff:ff");
	BAD_MAC("00:00:00:00:00:00");
	BAD_MAC("02:00:00:00:00");
	BAD_MAC("02:00:00:00:00:0g");
	BAD_MAC("02:00:00:00:00:01:02");
}

static void
test_refused_and_ignored(__rte_unused void **state)
{
	parsed("magic=0,tso=1");
	parsed("tso");
	refused("magic=1", -ENOTSUP, "magic is not supported: there is none");
	refused("magic", -ENOTSUP, "magic is not supported: there is none");
}

static void
test_unknown(__rte_unused void **state)
{
	refused("cuont=3", -EINVAL, "unknown property 'cuont' of bag: did you mean 'count'?");
	refused("lable=x", -EINVAL, "unknown property 'lable' of bag: did you mean 'label'?");
	refused("ifaces=x", -EINVAL, "unknown property 'ifaces' of bag: did you mean 'iface'?");
	refused("Count=3", -EINVAL, "unknown property 'Count' of bag: did you mean 'count'?");
	refused("zzzzzz=3", -EINVAL,
		"unknown property 'zzzzzz' of bag, which has flag, count, bytes, perm, label, "
		"file, uri, shape, mac, untouched, iface, client, mode, owner");
}

static void
test_syntax(__rte_unused void **state)
{
	struct foo_error err = {""};
	char many[600] = "";

	parsed("count=3,,label=x,"); /* empty pairs are nothing */
	assert_int_equal(bag.count, 3);
	refused("count=3,count=4", -EINVAL, "property count is given twice");
	refused("file=/a=b", -EINVAL, "'file=/a=b': a value cannot contain '='");
	refused("file=/a[b,count=3", -EINVAL, "'file=/a[b': a value cannot contain '='");
	refused("file=/a[b", -EINVAL, "'file=/a[b': '[' without ']'");
	refused("count=3,uri=a=b,file=/a=b", -EINVAL, "'file=/a=b': a value cannot contain '='");
	for (int i = 0; i < 40; i++)
		snprintf(many + strlen(many), sizeof(many) - strlen(many), "k%d=1,", i);
	refused(many, -EINVAL, "more than 32 properties");
	/* a whole page of garbage stays one bounded line */
	memset(many, 'x', sizeof(many) - 1);
	assert_int_equal(foo_props_parse(&bag_class, &bag, many, &err), -EINVAL);
	assert_true(strlen(err.text) < sizeof(err.text));
	assert_null(strchr(err.text, '\n'));
}

/* A URI has a '=' for each of its parameters. */
static void
test_uri(__rte_unused void **state)
{
	parsed("uri=nbd+unix:///?socket=/tmp/n.sock,count=3");
	assert_string_equal(bag.uri, "nbd+unix:///?socket=/tmp/n.sock");
	assert_int_equal(bag.count, 3);
	parsed("uri=nbds://me@[::1]:10809/x?tls-certificates=/p&a==&=,label=x");
	assert_string_equal(bag.uri, "nbds://me@[::1]:10809/x?tls-certificates=/p&a==&=");
	assert_string_equal(bag.label, "x");
	refused("uri=", -EINVAL, "uri=: must be a URI of at most 60 characters");
}

static int
seal(__rte_unused void **state)
{
	return foo_class_seal(NULL);
}

static int
unload(__rte_unused void **state)
{
	foo_props_free(&bag_class, &bag);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_bool),
		cmocka_unit_test(test_uint),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_mode),
		cmocka_unit_test(test_string_and_path),
		cmocka_unit_test(test_iface),
		cmocka_unit_test(test_enum_and_mac),
		cmocka_unit_test(test_refused_and_ignored),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_syntax),
		cmocka_unit_test(test_uri),
	};

	return cmocka_run_group_tests_name("ops_prop", tests, seal, unload);
}
