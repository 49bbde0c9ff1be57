/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Command lines of dpdk-foo-bench.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "bench.h"
#include "bench_opts.h"

#define BIT(n) (UINT64_C(1) << (n))

struct mine {
	unsigned int mode;
	bool flag;
};

static const char *const modes[] = {"one", "two", NULL};
static const struct bench_opt mine_opt[] = {
	BENCH_CHOICE(struct mine, mode, "mode", "M", modes, "a choice"),
	BENCH_ON(struct mine, flag, "flag", "a flag"),
	{.name = NULL},
};
static const char *const without[] = {"plot", NULL};
static struct mine mine;
static const struct bench_opts_verb verb = {.name = "test",
					    .usage = "test",
					    .opt = mine_opt,
					    .base = &mine,
					    .type = FOO_GUEST_NET,
					    .without = without};

/* Parse words, which a blank separates. */
static int
parse(struct bench_opts *o, const char *line)
{
	static char copy[512];
	static char name[] = "test";
	char *argv[32] = {name};
	int argc = 1;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *w = strtok(copy, " "); w != NULL; w = strtok(NULL, " "))
		argv[argc++] = w;
	bench_opts_init(o);
	memset(&mine, 0, sizeof(mine));
	return bench_opts_parse(o, &verb, argc, argv);
}

static void
test_defaults(void **state)
{
	struct bench_opts o;

	(void)state;
	assert_int_equal(parse(&o, "--socket /tmp/x"), BENCH_OPTS_RUN);
	assert_int_equal(o.guests, 1);
	assert_string_equal(o.socket[0], "/tmp/x");
	assert_int_equal(o.ring, BENCH_RING_SPLIT);
	assert_int_equal(o.nsizes, 1);
	assert_int_equal(o.size[0], 64);
	assert_false(o.interrupt);
	assert_int_equal(bench_opts_features(&o, 0), BIT(VIRTIO_F_VERSION_1));
	bench_opts_fini(&o);
}

static void
test_values(void **state)
{
	struct bench_opts o;

	(void)state;
	assert_int_equal(parse(&o, "--socket a --socket=b --ring packed --size 64,1500,4k "
				   "--rate 1.5M --cpus 1,3-5 --interrupt --mode two --flag "
				   "--features csum,MRG-RXBUF,33 --no-features VERSION_1"),
			 BENCH_OPTS_RUN);
	assert_int_equal(o.guests, 2);
	assert_string_equal(o.socket[1], "b");
	assert_int_equal(o.nsizes, 3);
	assert_int_equal(o.size[2], 4096);
	assert_true(o.rate == 1.5e6);
	assert_int_equal(o.ncpus, 4);
	assert_int_equal(o.cpu[3], 5);
	assert_true(o.interrupt);
	assert_int_equal(mine.mode, 1);
	assert_true(mine.flag);
	assert_int_equal(bench_opts_features(&o, 0),
			 BIT(0) | BIT(15) | BIT(33) | BIT(VIRTIO_F_RING_PACKED));
	assert_int_equal(bench_opts_required(&o), BIT(VIRTIO_F_RING_PACKED));
	bench_opts_fini(&o);
}

static void
test_guests(void **state)
{
	struct bench_opts o;

	(void)state;
	assert_int_equal(parse(&o, "--socket /tmp/v%d.sock --guests 16"), BENCH_OPTS_RUN);
	assert_int_equal(o.guests, 16);
	assert_string_equal(o.socket[0], "/tmp/v0.sock");
	assert_string_equal(o.socket[15], "/tmp/v15.sock");
	bench_opts_fini(&o);
	assert_int_equal(parse(&o, "--socket a --guests 2"), BENCH_ERROR);
	assert_int_equal(parse(&o, "--socket a --socket b --guests 2"), BENCH_OPTS_RUN);
	bench_opts_fini(&o);
}

/* Each is refused, whatever else is right. */
static void
test_mistakes(void **state)
{
	static const char *const line[] = {
		"--nothing",        "--queues",      "--queues 0",
		"--queues 129",     "--queues 1.5",  "--queues 2x",
		"--ring triple",    "--size 64,",    "--size 0",
		"--size 64;65",     "--rate -1",     "--rate fast",
		"--cpus 1-",        "--cpus 3-1",    "--features NONSENSE",
		"--queue-size 100", "--mode three",  "word",
		"--plot x.svg",     "--seconds nan", "--json /nowhere/at/all",
		"--interval 0",     "--features 64", "--burst 1000",
	};
	struct bench_opts o;

	(void)state;
	for (size_t i = 0; i < sizeof(line) / sizeof(line[0]); i++) {
		if (parse(&o, line[i]) != BENCH_ERROR)
			fail_msg("'%s' was taken", line[i]);
		bench_opts_fini(&o);
	}
}

/* A packed ring may have any size. */
static void
test_packed_size(void **state)
{
	struct bench_opts o;

	(void)state;
	assert_int_equal(parse(&o, "--queue-size 100 --ring packed"), BENCH_OPTS_RUN);
	bench_opts_fini(&o);
}

static void
test_json(void **state)
{
	struct bench_opts o;
	json_t *config;

	(void)state;
	assert_int_equal(parse(&o, "--socket a --size 64,128 --mode two --features CSUM"),
			 BENCH_OPTS_RUN);
	config = bench_opts_json(&o);
	assert_string_equal(json_string_value(json_object_get(config, "ring")), "split");
	assert_string_equal(json_string_value(json_object_get(config, "mode")), "two");
	assert_true(json_is_false(json_object_get(config, "flag")));
	assert_int_equal(json_array_size(json_object_get(config, "size")), 2);
	assert_true(json_real_value(json_object_get(config, "seconds")) == 10);
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(config, "features"), 0)), "CSUM");
	assert_null(json_object_get(config, "poll"));
	assert_null(json_object_get(config, "plot"));
	json_decref(config);
	bench_opts_fini(&o);
}

/* Names are found again, and unnamed bits do not vanish. */
static void
test_feature_names(void **state)
{
	char text[64], small[12];

	(void)state;
	for (unsigned int bit = 0; bit < 64; bit++) {
		const char *name = foo_guest_feature_name(FOO_GUEST_BLK, bit);

		if (name != NULL)
			assert_int_equal(foo_guest_feature_bit(FOO_GUEST_BLK, name), bit);
	}
	assert_int_equal(foo_guest_feature_bit(FOO_GUEST_ANY, "CSUM"), -1);
	assert_string_equal(foo_guest_feature_names(FOO_GUEST_NET, BIT(0) | BIT(50) | BIT(32), text,
						    sizeof(text)),
			    "CSUM VERSION_1 50");
	assert_string_equal(
		foo_guest_feature_names(FOO_GUEST_NET, BIT(0) | BIT(32), small, sizeof(small)),
		"CSUM");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),      cmocka_unit_test(test_values),
		cmocka_unit_test(test_guests),        cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_packed_size),   cmocka_unit_test(test_json),
		cmocka_unit_test(test_feature_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
