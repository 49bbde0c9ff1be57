/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * dpdk-foo-bench blk: contents of sectors, what blocks must hold, plans, command lines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/virtio_blk.h>

#include "bench.h"
#include "blk_disk.h"
#include "blk_model.h"
#include "blk_null.h"
#include "blk_opts.h"
#include "blk_pattern.h"
#include "blk_plan.h"
#include "blk_result.h"

#define BIT(n) (UINT64_C(1) << (n))
#define SECTORS 8u
#define BYTES (SECTORS * BLK_SECTOR)

/* Where the tests write: sectors 100 to 107. */
#define FIRST 100u

static uint64_t buffer[BYTES / 8];

static enum blk_verdict
check(enum blk_content content, uint64_t generation, uint64_t writer, struct blk_difference *d)
{
	memset(d, 0, sizeof(*d));
	return blk_pattern_check(buffer, BYTES, FIRST, content, generation, writer, d);
}

/* ---- contents of sectors ---- */

static void
test_pattern(void **state)
{
	struct blk_difference d;

	(void)state;
	blk_pattern_write(buffer, BYTES, FIRST, 7, 1);
	assert_int_equal(check(BLK_CONTENT_WRITTEN, 7, 1, &d), BLK_OK);
	assert_int_equal(check(BLK_CONTENT_UNKNOWN, 0, 2, &d), BLK_OK);
	assert_int_equal(check(BLK_CONTENT_ANY, 0, 0, &d), BLK_OK);
	assert_int_equal(check(BLK_CONTENT_ZERO, 0, 0, &d), BLK_CORRUPTED);
	assert_int_equal(d.sector, FIRST);
	assert_int_equal(d.expected, 0);
}

static void
test_pattern_every_bit(void **state)
{
	uint8_t *byte = (uint8_t *)buffer;
	struct blk_difference d;

	(void)state;
	blk_pattern_write(buffer, BYTES, FIRST, 7, 1);
	for (uint32_t i = 0; i < BYTES * 8; i++) {
		byte[i / 8] ^= 1 << i % 8;
		assert_int_equal(check(BLK_CONTENT_WRITTEN, 7, 1, &d), BLK_CORRUPTED);
		assert_int_equal(d.sector, FIRST + i / 8 / BLK_SECTOR);
		assert_int_equal(d.offset, i / 8 % BLK_SECTOR);
		assert_int_equal(d.found ^ d.expected, 1 << i % 8);
		byte[i / 8] ^= 1 << i % 8;
	}
	assert_int_equal(check(BLK_CONTENT_WRITTEN, 7, 1, &d), BLK_OK);
}

/* A block that was never written here: what claims to be ours is held to it. */
static void
test_pattern_unknown(void **state)
{
	uint8_t *byte = (uint8_t *)buffer;
	struct blk_difference d;

	(void)state;
	memset(buffer, 0, sizeof(buffer));
	assert_int_equal(check(BLK_CONTENT_UNKNOWN, 0, 1, &d), BLK_OK);
	assert_int_equal(check(BLK_CONTENT_ZERO, 0, 1, &d), BLK_OK);
	memset(buffer, 0xa5, sizeof(buffer));
	assert_int_equal(check(BLK_CONTENT_UNKNOWN, 0, 1, &d), BLK_OK);
	blk_pattern_write(buffer, BYTES, FIRST, 7, 1);
	byte[3 * BLK_SECTOR + 300] ^= 4;
	assert_int_equal(check(BLK_CONTENT_UNKNOWN, 0, 1, &d), BLK_CORRUPTED);
	assert_int_equal(d.sector, FIRST + 3);
	assert_int_equal(d.offset, 300);
	blk_pattern_write(buffer, BYTES, FIRST + 1, 7, 1);
	assert_int_equal(check(BLK_CONTENT_UNKNOWN, 0, 1, &d), BLK_MISPLACED);
}

/* Each kind of wrong content has its name, and says what it is. */
static void
test_pattern_verdicts(void **state)
{
	static const struct {
		uint64_t sector, generation, writer;
		enum blk_verdict verdict;
		const char *text;
	} t[] = {
		{FIRST, 7, 1, BLK_OK, "is right"},
		{FIRST, 6, 1, BLK_STALE, "what write 6 left there, instead of write 7"},
		{FIRST, 8, 1, BLK_FUTURE, "what write 8 left there, instead of write 7"},
		{FIRST + 1, 7, 1, BLK_MISPLACED, "what was written to sector 101"},
		{FIRST, 7, 2, BLK_FOREIGN, "guest 2"},
	};
	struct blk_difference d;
	char text[160];

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		blk_pattern_write(buffer, BYTES, t[i].sector, t[i].generation, t[i].writer);
		assert_int_equal(check(BLK_CONTENT_WRITTEN, 7, 1, &d), t[i].verdict);
		blk_pattern_describe(&d, text, sizeof(text));
		assert_non_null(strstr(text, t[i].text));
	}
	blk_pattern_write(buffer, BYTES, FIRST, 7, 1);
	memset((char *)buffer + 5 * BLK_SECTOR, 0, BLK_SECTOR);
	assert_int_equal(check(BLK_CONTENT_WRITTEN, 7, 1, &d), BLK_EMPTY);
	blk_pattern_describe(&d, text, sizeof(text));
	assert_string_equal(text, "sector 105 has zeros instead of what write 7 left there");
}

static void
test_writers(void **state)
{
	(void)state;
	assert_int_not_equal(blk_writer(1, 0), blk_writer(1, 1));
	assert_int_not_equal(blk_writer(1, 0), blk_writer(2, 0));
	assert_int_equal(blk_writer(9, 5) & 0xff, 5);
}

/* ---- what blocks must hold ---- */

static void
test_model(void **state)
{
	const uint64_t large = BIT(60);
	struct blk_model m;

	(void)state;
	assert_int_equal(blk_model_init(&m, 10, 5), 0);
	assert_int_equal(blk_model_content(&m, 3), BLK_CONTENT_UNKNOWN);
	assert_int_equal(blk_model_next_known(&m, 0), 10);
	blk_model_take(&m, 3);
	assert_true(blk_model_busy(&m, 3));
	assert_false(blk_model_busy(&m, 2));
	blk_model_set(&m, 3, BLK_CONTENT_WRITTEN, large);
	assert_false(blk_model_busy(&m, 3));
	blk_model_set(&m, 5, BLK_CONTENT_ANY, 0);
	blk_model_set(&m, 7, BLK_CONTENT_ZERO, 0);
	blk_model_take(&m, 3);
	assert_int_equal(blk_model_generation(&m, 3), large);
	assert_int_equal(blk_model_content(&m, 3), BLK_CONTENT_WRITTEN);
	blk_model_release(&m, 3);
	assert_int_equal(blk_model_generation(&m, 3), large);
	assert_int_equal(blk_model_next_known(&m, 0), 3);
	assert_int_equal(blk_model_next_known(&m, 4), 7);
	assert_int_equal(blk_model_next_known(&m, 8), 10);
	blk_model_fini(&m);
}

/* ---- plans ---- */

static const struct blk_opts random_mix = {
	.rw = BLK_RW_RANDRW,
	.mix = 70,
	.discard = 10,
	.write_zeroes = 10,
	.flush_every = 5,
	.seed = 3,
};

static void
test_plan_mix(void **state)
{
	struct blk_model none = {.block = NULL};
	unsigned int n[BLK_OPS] = {0}, low = 0;
	struct blk_plan p;
	struct blk_step s;

	(void)state;
	blk_plan_init(&p, &random_mix, &none, 1000, 0, 1, 0);
	for (int i = 0; i < 100000; i++) {
		assert_true(blk_plan_next(&p, &s));
		assert_true(s.block < 1000);
		n[s.op]++;
		low += s.op != BLK_FLUSH && s.block < 500;
	}
	/* 80 % are reads and writes, of which 70 % are reads */
	assert_in_range(n[BLK_READ], 53000, 57000);
	assert_in_range(n[BLK_WRITE], 22000, 25000);
	assert_in_range(n[BLK_DISCARD], 9000, 10500);
	assert_in_range(n[BLK_WRITE_ZEROES], 9000, 10500);
	assert_int_equal(n[BLK_FLUSH], n[BLK_WRITE] / 5);
	assert_in_range(low, 46000, 50000);
}

static void
test_plan_seed(void **state)
{
	struct blk_model none = {.block = NULL};
	struct blk_opts other = random_mix;
	struct blk_plan p[4];
	struct blk_step s[4];
	unsigned int same[4] = {0};

	(void)state;
	other.seed = 4;
	blk_plan_init(&p[0], &random_mix, &none, 1000, 0, 2, 0);
	blk_plan_init(&p[1], &random_mix, &none, 1000, 0, 2, 0);
	blk_plan_init(&p[2], &other, &none, 1000, 0, 2, 0);
	blk_plan_init(&p[3], &random_mix, &none, 1000, 1, 2, 0);
	for (int i = 0; i < 1000; i++)
		for (int k = 0; k < 4; k++) {
			blk_plan_next(&p[k], &s[k]);
			same[k] += s[k].op == s[0].op && s[k].block == s[0].block;
		}
	assert_int_equal(same[1], 1000);
	assert_true(same[2] < 100);
	assert_true(same[3] < 100);
}

/* Each queue has its part, in order and around. */
static void
test_plan_sequential(void **state)
{
	const struct blk_opts write = {.rw = BLK_RW_WRITE};
	struct blk_model none = {.block = NULL};
	struct blk_plan p;
	struct blk_step s;

	(void)state;
	blk_plan_init(&p, &write, &none, 11, 1, 2, 0);
	for (unsigned int i = 0; i < 20; i++) {
		assert_true(blk_plan_next(&p, &s));
		assert_int_equal(s.op, BLK_WRITE);
		assert_int_equal(s.block, 5 + i % 6);
	}
}

/* Nothing goes to a block to which something is on its way. */
static void
test_plan_busy(void **state)
{
	const struct blk_opts read = {.rw = BLK_RW_RANDREAD};
	struct blk_model m;
	struct blk_plan p;
	struct blk_step s;
	unsigned int n = 0;

	(void)state;
	assert_int_equal(blk_model_init(&m, 4, 0), 0);
	blk_plan_init(&p, &read, &m, 4, 0, 1, 0);
	for (int i = 0; i < 100; i++)
		n += blk_plan_next(&p, &s);
	assert_int_equal(n, 4);
	blk_model_release(&m, 2);
	assert_true(blk_plan_next(&p, &s));
	assert_int_equal(s.block, 2);
	blk_model_fini(&m);
}

/* ---- the disk ---- */

static struct blk_disk
disk_of(uint64_t features)
{
	struct virtio_blk_config c = {.capacity = 2048,
				      .blk_size = 4096,
				      .seg_max = 4,
				      .size_max = 65536,
				      .num_queues = 2,
				      .max_discard_sectors = 8,
				      .max_write_zeroes_sectors = 8};
	struct blk_disk d;

	blk_disk_read(&d, features, (const uint8_t *)&c);
	return d;
}

static void
test_disk_read(void **state)
{
	struct blk_disk d = disk_of(blk_disk_features());

	(void)state;
	assert_int_equal(d.capacity, 2048);
	assert_int_equal(d.blk_size, 4096);
	assert_int_equal(d.num_queues, 2);
	assert_int_equal(d.zeroes_max, 8);
	/* what is not negotiated does not count */
	d = disk_of(0);
	assert_int_equal(d.capacity, 2048);
	assert_int_equal(d.blk_size, 0);
	assert_int_equal(d.num_queues, 1);
	assert_int_equal(d.zeroes_max, 0);
}

static void
test_disk_check(void **state)
{
	static const uint64_t all = BIT(VIRTIO_BLK_F_MQ) | BIT(VIRTIO_BLK_F_DISCARD) |
				    BIT(VIRTIO_BLK_F_WRITE_ZEROES) | BIT(VIRTIO_BLK_F_FLUSH) |
				    BIT(VIRTIO_BLK_F_SEG_MAX) | BIT(VIRTIO_BLK_F_SIZE_MAX);
	static const struct {
		struct blk_opts b;
		unsigned int queues, bs;
		uint64_t features;
		const char *why; /* NULL: it can */
	} t[] = {
		{{.rw = BLK_RW_RANDWRITE, .segments = 1}, 2, 4096, all, NULL},
		{{.rw = BLK_RW_READ, .segments = 1}, 3, 4096, all, "--queues 3"},
		{{.rw = BLK_RW_READ, .segments = 1}, 2, 4096, 0, "--queues 2: the disk has 1"},
		{{.rw = BLK_RW_READ, .segments = 1}, 1, 4 << 20, all, "no room"},
		{{.rw = BLK_RW_READ, .segments = 5}, 1, 5120, all, "--segments 5"},
		{{.rw = BLK_RW_READ, .segments = 1}, 1, 131072, all, "at most 65536 bytes"},
		{{.rw = BLK_RW_READ, .segments = 2}, 1, 131072, all, NULL},
		{{.rw = BLK_RW_READ, .segments = 1}, 1, 4096, BIT(VIRTIO_BLK_F_RO), NULL},
		{{.rw = BLK_RW_RW, .segments = 1}, 1, 4096, BIT(VIRTIO_BLK_F_RO), "read-only"},
		{{.rw = BLK_RW_RW, .segments = 1, .discard = 1}, 1, 4096, 0, "DISCARD"},
		{{.rw = BLK_RW_RW, .segments = 1, .discard = 1}, 1, 8192, all, "discards at most"},
		{{.rw = BLK_RW_RW, .segments = 1, .write_zeroes = 1}, 1, 512, 0, "WRITE_ZEROES"},
		{{.rw = BLK_RW_RW, .segments = 1, .write_zeroes = 1}, 1, 8192, all, "clears"},
		{{.rw = BLK_RW_RW, .segments = 1, .flush_every = 1}, 1, 512, 0, "FLUSH"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const struct blk_config cfg = {.o = {.queues = t[i].queues}, .b = t[i].b};
		const struct blk_point point = {.bs = t[i].bs};
		const struct blk_disk d = disk_of(t[i].features);
		char why[160] = "";
		int rc = blk_disk_check(&d, &cfg, &point, why, sizeof(why));

		assert_int_equal(rc != 0, t[i].why != NULL);
		if (t[i].why != NULL)
			assert_non_null(strstr(why, t[i].why));
	}
}

static void
test_disk_blocks(void **state)
{
	const struct blk_disk d = disk_of(0);
	struct blk_config cfg = {.b = {.range = 0}};
	const struct blk_point point = {.bs = 4096};

	(void)state;
	assert_int_equal(blk_disk_blocks(&d, &cfg, &point), 256);
	cfg.b.range = 10000;
	assert_int_equal(blk_disk_blocks(&d, &cfg, &point), 2);
	cfg.b.range = 1e15;
	assert_int_equal(blk_disk_blocks(&d, &cfg, &point), 256);
}

/* ---- command lines ---- */

/* Parse words, which a blank separates. */
static int
parse(struct blk_config *cfg, const char *line)
{
	static char copy[512];
	static char name[] = "blk";
	char *argv[32] = {name};
	int argc = 1;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *w = strtok(copy, " "); w != NULL; w = strtok(NULL, " "))
		argv[argc++] = w;
	return blk_opts_parse(cfg, argc, argv);
}

static void
test_opts_defaults(void **state)
{
	struct blk_config cfg;
	struct blk_point p;

	(void)state;
	assert_int_equal(parse(&cfg, "--socket a"), BENCH_OPTS_RUN);
	assert_int_equal(blk_opts_points(&cfg), 1);
	p = blk_opts_point(&cfg, 0);
	assert_int_equal(p.bs, 4096);
	assert_int_equal(p.depth, 1);
	assert_int_equal(p.queue_size, 256);
	/* nothing is overwritten by accident */
	assert_false(blk_opts_writes(&cfg.b));
}

static void
test_opts_sweep(void **state)
{
	struct blk_config cfg;
	struct blk_point p;
	json_t *json;

	(void)state;
	assert_int_equal(parse(&cfg, "--socket a --bs 512,64k --depth 1,16,256 --rw write "
				     "--range 1G --flush-every 7 --verify --seed 9"),
			 BENCH_OPTS_RUN);
	assert_int_equal(blk_opts_points(&cfg), 6);
	p = blk_opts_point(&cfg, 4);
	assert_int_equal(p.bs, 65536);
	assert_int_equal(p.depth, 16);
	/* 256 requests of three descriptors each */
	assert_int_equal(p.queue_size, 1024);
	json = bench_opts_json(&cfg.o);
	assert_int_equal(json_array_size(json_object_get(json, "depth")), 3);
	assert_int_equal(json_array_size(json_object_get(json, "bs")), 2);
	assert_int_equal(json_integer_value(json_object_get(json, "range")), 1 << 30);
	assert_null(json_object_get(json, "size"));
	json_decref(json);
}

static void
test_opts_queue_size(void **state)
{
	struct blk_config cfg;

	(void)state;
	assert_int_equal(parse(&cfg, "--socket a --depth 256 --indirect"), BENCH_OPTS_RUN);
	assert_int_equal(blk_opts_point(&cfg, 0).queue_size, 256);
	assert_int_equal(parse(&cfg, "--socket a --depth 80 --queue-size 256"), BENCH_OPTS_RUN);
	assert_int_equal(parse(&cfg, "--socket a --depth 86 --queue-size 256"), BENCH_ERROR);
}

static void
test_opts_wrong(void **state)
{
	static const char *const wrong[] = {
		"",
		"--socket a --rw sometimes",
		"--socket a --bs 100",
		"--socket a --bs 0",
		"--socket a --bs 4k,",
		"--socket a --depth 0",
		"--socket a --depth 1,,2",
		"--socket a --depth 100000",
		"--socket a --size 64",
		"--socket a --range 100",
		"--socket a --rw rw --mix 101",
		"--socket a --rw rw --discard 60 --write-zeroes 50",
		"--socket a --rw randread --discard 1",
		"--socket a --rw read --flush-every 1",
		"--socket a --segments 3 --bs 4k",
		"--mode null --verify --rw rw",
		"--mode null --interrupt",
		"--mode null --guests 2",
		"--mode null --socket a",
		"--socket a --plot /tmp/p.svg --depth 1,2,1",
		"--socket a --plot /tmp/p.svg --bs 512,512",
	};
	struct blk_config cfg;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(parse(&cfg, wrong[i]), BENCH_ERROR);
}

/* ---- the rest ---- */

/* Each kind of trouble counts once, however often it was. */
static void
test_trouble(void **state)
{
	struct bench_blk_result r = {.requests = 5, .verified = 5, .discards = 1};

	(void)state;
	assert_int_equal(blk_results_trouble(&r), 0);
	r.errors = 3;
	assert_int_equal(blk_results_trouble(&r), 1);
	r.verify_errors = r.bad_status = r.bad_used_length = r.missed_calls = r.lost = 2;
	assert_int_equal(blk_results_trouble(&r), 6);
}

/* The stand-in for a back-end answers reads and writes in both formats of rings. */
static void
test_null(void **state)
{
	for (int packed = 0; packed < 2; packed++) {
		const struct foo_guest_config gc = {.features =
							    packed ? BIT(VIRTIO_F_RING_PACKED) : 0,
						    .nqueues = 1,
						    .queue_size = 8,
						    .memory = 1 << 20};
		struct foo_guest_used used;
		struct foo_guest_buf buf[3];
		struct blk_null_ring ring;
		struct foo_guest g;
		uint64_t gpa;
		uint8_t *va;

		(void)state;
		assert_int_equal(foo_guest_open_alone(&g, &gc), 0);
		va = foo_guest_alloc(&g, 1024, &gpa);
		blk_null_init_ring(&ring, &g.queue[0].ring);
		assert_int_equal(blk_null_serve(&g.mem, &ring), 0);
		/* more than once around the ring */
		for (unsigned int i = 0; i < 50; i++) {
			uint16_t flags = i % 2 ? VRING_DESC_F_WRITE : 0;

			buf[0] = (struct foo_guest_buf){.gpa = gpa, .len = 16};
			buf[1] = (struct foo_guest_buf){gpa + 512, 512, flags};
			buf[2] = (struct foo_guest_buf){gpa + 16, 1, VRING_DESC_F_WRITE};
			va[16] = 0xff;
			assert_int_equal(foo_guest_send(&g, 0, buf, 3, i), 0);
			assert_int_equal(blk_null_serve(&g.mem, &ring), 1);
			assert_int_equal(foo_guest_ring_poll(&g.queue[0].ring, &used, 1), 1);
			assert_int_equal(used.token, i);
			assert_int_equal(used.len, i % 2 ? 513 : 1);
			assert_int_equal(va[16], VIRTIO_BLK_S_OK);
		}
		foo_guest_close(&g);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pattern),
		cmocka_unit_test(test_pattern_every_bit),
		cmocka_unit_test(test_pattern_unknown),
		cmocka_unit_test(test_pattern_verdicts),
		cmocka_unit_test(test_writers),
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_plan_mix),
		cmocka_unit_test(test_plan_seed),
		cmocka_unit_test(test_plan_sequential),
		cmocka_unit_test(test_plan_busy),
		cmocka_unit_test(test_disk_read),
		cmocka_unit_test(test_disk_check),
		cmocka_unit_test(test_disk_blocks),
		cmocka_unit_test(test_opts_defaults),
		cmocka_unit_test(test_opts_sweep),
		cmocka_unit_test(test_opts_queue_size),
		cmocka_unit_test(test_opts_wrong),
		cmocka_unit_test(test_trouble),
		cmocka_unit_test(test_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
