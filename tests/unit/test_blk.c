/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * What a disk says of itself, and each request with each answer (VIRTIO 1.2, 5.2).
 */
#include <errno.h>
#include <string.h>

#include <rte_common.h>

#include "blk_fixture.h"
#include "blk_slow.h"

#define RANGE(s, n, f)                                                                             \
	{                                                                                          \
		.sector = (s), .num_sectors = (n), .flags = (f)                                    \
	}

typedef struct virtio_blk_discard_write_zeroes blk_range;

static const struct fx_setup slow = {.name = "blk_slow0"};

/* A slow disk that is quick, with everything that an engine can have. */
static void
slow_all(uint64_t size)
{
	blk_slow = (struct blk_slow){.size = size, .per_poll = 100};
	blk_slow.cap = (struct foo_blk_cap){.flush = true,
					    .discard = true,
					    .zeroes = true,
					    .zeroes_unmap = true,
					    .erase = true};
}

static uint64_t
features_of(const char *name, const char *args)
{
	struct foo_error err = {""};
	uint64_t f;

	if (fx_create(name, args, &err) != 0)
		fail_msg("%s", err.text);
	f = fx.dev->cls->ops.features(fx.dev);
	fx_stop();
	return f;
}

static bool
has(uint64_t features, unsigned int bit)
{
	return (features >> bit) & 1;
}

static void
features(void **state)
{
	static const unsigned int always[] = {VIRTIO_F_VERSION_1,          VIRTIO_F_ANY_LAYOUT,
					      VIRTIO_RING_F_INDIRECT_DESC, VIRTIO_RING_F_EVENT_IDX,
					      VIRTIO_F_RING_PACKED,        VIRTIO_BLK_F_SEG_MAX,
					      VIRTIO_BLK_F_BLK_SIZE,       VIRTIO_BLK_F_TOPOLOGY};
	uint64_t none, all, ro;

	(void)state;
	blk_slow = (struct blk_slow){.size = 1 << 20};
	none = features_of("blk_slow0", "");
	slow_all(1 << 20);
	all = features_of("blk_slow0", "queues=2");
	ro = features_of("blk_slow0", "ro=1");
	for (size_t i = 0; i < RTE_DIM(always); i++) {
		assert_true(has(none, always[i]));
		assert_true(has(all, always[i]));
		assert_true(has(ro, always[i]));
	}
	assert_int_equal(all & ~none, FX_BIT(VIRTIO_BLK_F_MQ) | FX_BIT(VIRTIO_BLK_F_FLUSH) |
					      FX_BIT(VIRTIO_BLK_F_CONFIG_WCE) |
					      FX_BIT(VIRTIO_BLK_F_DISCARD) |
					      FX_BIT(VIRTIO_BLK_F_WRITE_ZEROES) |
					      FX_BIT(VIRTIO_BLK_F_SECURE_ERASE));
	assert_int_equal(ro & ~none, FX_BIT(VIRTIO_BLK_F_RO) | FX_BIT(VIRTIO_BLK_F_FLUSH));
	/* what the medium says counts as well */
	blk_slow.cap.read_only = true;
	assert_int_equal(features_of("blk_slow0", ""), ro);
	assert_true(has(features_of("blk_malloc0", ""), VIRTIO_BLK_F_SECURE_ERASE));
	assert_false(has(features_of("blk_null0", ""), VIRTIO_BLK_F_SECURE_ERASE));
}

static void
config_space(void **state)
{
	struct virtio_blk_config c;
	uint8_t part[sizeof(c)];

	(void)state;
	slow_all((1 << 20) + 5 * 512 + 100);
	blk_slow.cap.physical_block = 16384;
	blk_slow.cap.optimal_io = 1 << 20;
	blk_slow.cap.discard_align = 65536;
	fx_start(&(struct fx_setup){.name = "blk_slow0", .args = "queues=3,seg-max=77"});
	c = fx_config();
	assert_int_equal(c.capacity, 2048 + 5);
	assert_int_equal(c.seg_max, 77);
	assert_int_equal(c.blk_size, 512);
	assert_int_equal(c.physical_block_exp, 5);
	assert_int_equal(c.alignment_offset, 0);
	assert_int_equal(c.min_io_size, 32);
	assert_int_equal(c.opt_io_size, 2048);
	assert_int_equal(c.wce, 1);
	assert_int_equal(c.num_queues, 3);
	assert_int_equal(c.max_discard_seg, FOO_BLK_MAX_RANGES);
	assert_int_equal(c.max_discard_sectors, UINT32_MAX & ~7u);
	assert_int_equal(c.discard_sector_alignment, 128);
	assert_int_equal(c.max_write_zeroes_seg, FOO_BLK_MAX_RANGES);
	assert_int_equal(c.max_write_zeroes_sectors, UINT32_MAX & ~7u);
	assert_int_equal(c.write_zeroes_may_unmap, 1);
	assert_int_equal(c.max_secure_erase_seg, FOO_BLK_MAX_RANGES);
	assert_int_equal(c.max_secure_erase_sectors, UINT32_MAX & ~7u);
	assert_int_equal(c.secure_erase_sector_alignment, 128);
	/* any part of it */
	for (uint32_t at = 0; at < sizeof(c); at++) {
		uint32_t len = RTE_MIN(sizeof(c) - at, 1 + at % 9);

		assert_int_equal(fx.dev->cls->ops.get_config(fx.dev, at, part, len), 0);
		assert_memory_equal(part, (uint8_t *)&c + at, len);
	}
	fx_stop();
}

static void
config_space_least(void **state)
{
	struct virtio_blk_config c;

	(void)state;
	blk_slow = (struct blk_slow){.size = (1 << 20) + 4096 + 512};
	fx_start(&(struct fx_setup){.name = "blk_slow0", .args = "block-size=4096"});
	c = fx_config();
	/* whole blocks only */
	assert_int_equal(c.capacity, 2048 + 8);
	assert_int_equal(c.blk_size, 4096);
	assert_int_equal(c.physical_block_exp, 0);
	assert_int_equal(c.min_io_size, 1);
	assert_int_equal(c.opt_io_size, 0);
	assert_int_equal(c.wce, 0);
	assert_int_equal(c.num_queues, 1);
	assert_int_equal(c.max_discard_sectors, 0);
	assert_int_equal(c.max_write_zeroes_sectors, 0);
	assert_int_equal(c.max_secure_erase_sectors, 0);
	fx_stop();
}

/* Whether a write now would have to be durable when it ends. */
static bool
write_is_fua(void)
{
	static const uint8_t data[512];

	fx_write(0, data, sizeof(data));
	return blk_slow.last.fua;
}

static int
set_wce(uint8_t wce)
{
	return fx.dev->cls->ops.set_config(fx.dev, offsetof(struct virtio_blk_config, wce), &wce,
					   1);
}

/* The driver chooses the cache's mode, and finds what it chose, whoever else starts the disk. */
static void
cache_mode(void **state)
{
	struct fx_setup s = slow;

	(void)state;
	slow_all(1 << 20);
	fx_start(&s);
	assert_int_equal(fx_config().wce, 1);
	assert_false(write_is_fua());
	assert_int_equal(set_wce(0), 0);
	assert_int_equal(fx_config().wce, 0);
	assert_true(write_is_fua());
	/* a reset of the driver, whose front-end remembers the 0 */
	assert_int_equal(foo_queue_stop(&fx.dev->queue[0], NULL, NULL), 0);
	assert_int_equal(foo_device_set_features(fx.dev, fx.dev->features), 0);
	fx_queue_start(0);
	assert_int_equal(fx_config().wce, 0);
	assert_true(write_is_fua());
	assert_int_equal(set_wce(1), 0);
	assert_false(write_is_fua());
	assert_int_equal(set_wce(2), -EINVAL);
	assert_int_equal(fx_config().wce, 1);
	fx_stop();
	/* a driver that does not flush cannot have a cache */
	s.without = FX_BIT(VIRTIO_BLK_F_FLUSH);
	fx_start(&s);
	assert_int_equal(fx_config().wce, 0);
	assert_true(write_is_fua());
	assert_int_equal(set_wce(1), 0);
	assert_int_equal(fx_config().wce, 0);
	assert_true(write_is_fua());
	fx_stop();
	/* what was not negotiated cannot be set */
	s.without = FX_BIT(VIRTIO_BLK_F_CONFIG_WCE);
	fx_start(&s);
	assert_int_equal(set_wce(0), -EINVAL);
	assert_false(write_is_fua());
	fx_stop();
	s.without = 0;
	s.args = "write-cache=0";
	fx_start(&s);
	assert_int_equal(fx_config().wce, 0);
	assert_true(write_is_fua());
	fx_stop();
}

/* Without a cache zeroes are durable, too: an engine is asked to flush before they end. */
static void
zeroes_are_durable(void **state)
{
	const struct virtio_blk_discard_write_zeroes range[] = {{.sector = 8, .num_sectors = 8},
								{.sector = 64, .num_sectors = 8}};
	struct fx_req req = {
		.type = VIRTIO_BLK_T_WRITE_ZEROES, .out = range, .out_len = sizeof(range)};
	struct fx_setup s = slow;

	(void)state;
	slow_all(1 << 20);
	fx_start(&s);
	blk_slow.submitted = 0;
	fx_expect(&req, VIRTIO_BLK_S_OK, 1);
	assert_int_equal(blk_slow.submitted, 2);
	assert_int_equal(blk_slow.last.op, FOO_BLK_ZEROES);
	fx_stop();
	s.args = "write-cache=0";
	fx_start(&s);
	blk_slow.submitted = 0;
	fx_expect(&req, VIRTIO_BLK_S_OK, 1);
	assert_int_equal(blk_slow.submitted, 3);
	assert_int_equal(blk_slow.last.op, FOO_BLK_FLUSH);
	/* a flush that fails fails the request */
	blk_slow.submitted = 0;
	blk_slow.fail_at = 3;
	fx_expect(&req, VIRTIO_BLK_S_IOERR, 1);
	blk_slow.fail_at = 0;
	req.type = VIRTIO_BLK_T_DISCARD;
	blk_slow.submitted = 0;
	fx_expect(&req, VIRTIO_BLK_S_OK, 1);
	assert_int_equal(blk_slow.submitted, 2);
	fx_stop();
}

/* One field can be written, and nothing else. */
static void
config_writes(void **state)
{
	const struct foo_ops *ops;
	uint8_t bytes[sizeof(struct virtio_blk_config)] = {0};
	struct virtio_blk_config before;

	(void)state;
	slow_all(1 << 20);
	fx_start(&slow);
	ops = &fx.dev->cls->ops;
	before = fx_config();
	for (uint32_t at = 0; at < sizeof(bytes); at++) {
		if (at != offsetof(struct virtio_blk_config, wce))
			assert_int_equal(ops->set_config(fx.dev, at, bytes, 1), -EINVAL);
		assert_int_equal(ops->set_config(fx.dev, at, bytes, 0), -EINVAL);
		if (at + 2 <= sizeof(bytes))
			assert_int_equal(ops->set_config(fx.dev, at, bytes, 2), -EINVAL);
	}
	assert_memory_equal(&(struct virtio_blk_config[]){fx_config()}, &before, sizeof(before));
	fx_stop();
}

static void
requests(bool packed)
{
	static uint8_t data[8192], back[8192], zero[4096];
	const blk_range r = RANGE(16, 8, 0);
	struct foo_blk_queue_stats s;
	struct fx_req q = {.in_len = 0};

	fx_start(&(struct fx_setup){.name = "blk_malloc0", .args = "size=1M", .packed = packed});
	fx_pattern(data, sizeof(data), 1);
	fx_write(10, data, sizeof(data));
	fx_read(10, back, sizeof(back));
	assert_memory_equal(back, data, sizeof(data));
	fx_expect(&(struct fx_req){.type = VIRTIO_BLK_T_FLUSH}, VIRTIO_BLK_S_OK, 1);
	q = (struct fx_req){.type = VIRTIO_BLK_T_DISCARD, .out = &r, .out_len = sizeof(r)};
	for (int i = 0; i < 3; i++) {
		static const uint32_t type[] = {VIRTIO_BLK_T_DISCARD, VIRTIO_BLK_T_WRITE_ZEROES,
						VIRTIO_BLK_T_SECURE_ERASE};

		q.type = type[i];
		fx_write(10, data, sizeof(data));
		fx_expect(&q, VIRTIO_BLK_S_OK, 1);
		fx_read(16, back, 4096);
		assert_memory_equal(back, zero, 4096);
		fx_read(15, back, 512);
		assert_memory_equal(back, data + 5 * 512, 512);
		fx_read(24, back, 512);
		assert_memory_equal(back, data + 14 * 512, 512);
	}
	s = fx_stats();
	assert_int_equal(s.requests[FOO_BLK_KIND_READ], 10);
	assert_int_equal(s.requests[FOO_BLK_KIND_WRITE], 4);
	assert_int_equal(s.requests[FOO_BLK_KIND_FLUSH], 1);
	assert_int_equal(s.requests[FOO_BLK_KIND_DISCARD], 2);
	assert_int_equal(s.requests[FOO_BLK_KIND_ZEROES], 1);
	assert_int_equal(s.bytes[FOO_BLK_KIND_WRITE], 4 * sizeof(data));
	assert_int_equal(s.bytes[FOO_BLK_KIND_READ], 8192 + 3 * (4096 + 1024));
	assert_int_equal(s.bytes[FOO_BLK_KIND_DISCARD], 2 * 4096);
	assert_int_equal(s.refused + s.unsupported + s.io_errors, 0);
	fx_stop();
}

static void
requests_split(void **state)
{
	(void)state;
	requests(false);
}

static void
requests_packed(void **state)
{
	(void)state;
	requests(true);
}

/* Requests that are wrong: the engine never sees them. */
static void
wrong_requests(void **state)
{
	static const uint8_t data[4096];
	const struct fx_req wrong[] = {
		{.type = VIRTIO_BLK_T_IN, .sector = 2048, .in_len = 512},
		{.type = VIRTIO_BLK_T_IN, .sector = 2047, .in_len = 1024},
		{.type = VIRTIO_BLK_T_IN, .sector = UINT64_MAX, .in_len = 512},
		{.type = VIRTIO_BLK_T_IN, .sector = UINT64_MAX, .in_len = 1024},
		{.type = VIRTIO_BLK_T_IN, .sector = UINT64_C(1) << 55, .in_len = 512},
		{.type = VIRTIO_BLK_T_IN, .in_len = 511},
		{.type = VIRTIO_BLK_T_IN, .in_len = 1},
		{.type = VIRTIO_BLK_T_IN, .in_len = 513},
		{.type = VIRTIO_BLK_T_IN, .in_len = 512, .hdr_less = 1},
		{.type = VIRTIO_BLK_T_IN, .in_len = 512, .hdr_less = 15},
		{.type = VIRTIO_BLK_T_OUT, .sector = 2048, .out = data, .out_len = 512},
		{.type = VIRTIO_BLK_T_OUT, .sector = 2041, .out = data, .out_len = 4096},
		{.type = VIRTIO_BLK_T_OUT,
		 .sector = UINT64_C(1) << 55,
		 .out = data,
		 .out_len = 512},
		{.type = VIRTIO_BLK_T_OUT, .out = data, .out_len = 513},
		{.type = VIRTIO_BLK_T_OUT, .out = data, .out_len = 1},
		{.type = VIRTIO_BLK_T_FLUSH, .hdr_less = 4},
		{.type = VIRTIO_BLK_T_GET_ID},
	};
	static const uint32_t unknown[] = {2, 3, 5, 9, 10, 12, 15, 99, UINT32_MAX};
	struct foo_blk_queue_stats s;

	(void)state;
	slow_all(1 << 20);
	fx_start(&slow);
	for (size_t i = 0; i < RTE_DIM(wrong); i++) {
		fx_expect(&wrong[i], VIRTIO_BLK_S_IOERR, wrong[i].in_len == 0);
		assert_int_equal(fx_stats().refused, i + 1);
	}
	for (size_t i = 0; i < RTE_DIM(unknown); i++)
		for (uint32_t len = 0; len <= 512; len += 512)
			fx_expect(&(struct fx_req){.type = unknown[i], .in_len = len},
				  VIRTIO_BLK_S_UNSUPP, len == 0);
	s = fx_stats();
	assert_int_equal(s.unsupported, 2 * RTE_DIM(unknown));
	assert_int_equal(s.requests[FOO_BLK_KIND_OTHER], 2 * RTE_DIM(unknown) + 4);
	assert_int_equal(blk_slow.submitted, 0);
	/* and no answer where there is no room for one */
	for (uint32_t less = 0; less <= 15; less += 15) {
		struct fx_req q = {.type = VIRTIO_BLK_T_OUT,
				   .out = data,
				   .out_len = 512,
				   .hdr_less = less,
				   .no_status = true};

		assert_int_equal(fx.io[fx_run(&q)].used, 0);
	}
	assert_int_equal(fx_stats().refused, s.refused + 2);
	assert_int_equal(blk_slow.submitted, 0);
	/* the disk goes on */
	fx_write(2047, data, 512);
	assert_int_equal(blk_slow.last.offset, 2047 * 512);
	fx_stop();
}

/* Requests that are odd, and right. */
static void
odd_requests(void **state)
{
	static uint8_t data[1024], back[1024];
	struct fx_req q = {.type = VIRTIO_BLK_T_IN, .sector = 2048};

	(void)state;
	fx_start(&(struct fx_setup){.name = "blk_malloc0", .args = "size=1M"});
	fx_pattern(data, sizeof(data), 9);
	/* nothing, at the very end */
	fx_expect(&q, VIRTIO_BLK_S_OK, 1);
	/* writable bytes that nobody asked for stay as they are */
	q = (struct fx_req){.type = VIRTIO_BLK_T_OUT, .out = data, .out_len = 1024, .in_len = 100};
	fx_expect(&q, VIRTIO_BLK_S_OK, 0);
	fx_read(0, back, sizeof(back));
	assert_memory_equal(back, data, sizeof(data));
	/* bytes behind the header of a read say nothing */
	q = (struct fx_req){.type = VIRTIO_BLK_T_IN, .out = data, .out_len = 7, .in_len = 512};
	fx_expect(&q, VIRTIO_BLK_S_OK, 513);
	/* nor do the sector and data of a flush */
	q = (struct fx_req){.type = VIRTIO_BLK_T_FLUSH, .sector = 1, .out = data, .out_len = 3};
	fx_expect(&q, VIRTIO_BLK_S_OK, 1);
	fx_stop();
}

/* The name: 20 bytes, filled up with zeroes, or as many as fit. */
static void
check_id(const char *args, const char *name)
{
	char want[20] = "", id[64];

	fx_start(&(struct fx_setup){.name = "blk_malloc3", .args = args});
	memcpy(want, name, strlen(name));
	for (uint32_t room = 1; room <= 40; room++) {
		const struct fx_req q = {.type = VIRTIO_BLK_T_GET_ID, .in_len = room};
		uint32_t n = RTE_MIN(room, 20u);
		int token = fx_run(&q);

		assert_int_equal(fx_status(token), VIRTIO_BLK_S_OK);
		assert_int_equal(fx.io[token].used, room <= 20 ? room + 1 : 20);
		fx_written(token, 0, id, room);
		assert_memory_equal(id, want, n);
		for (uint32_t i = n; i < room; i++)
			assert_int_equal((uint8_t)id[i], FX_TOUCHLESS);
	}
	fx_stop();
}

static void
serial(void **state)
{
	struct foo_error err = {""};

	(void)state;
	check_id("", "blk_malloc3");
	check_id("serial=x", "x");
	check_id("serial=twenty-bytes-exactly", "twenty-bytes-exactly");
	check_id("serial=12345678901234567890", "12345678901234567890");
	assert_int_equal(fx_create("blk_malloc0", "serial=123456789012345678901", &err), -ERANGE);
	assert_non_null(strstr(err.text, "serial"));
}

/* Whatever would change a read-only disk is refused, and changes nothing. */
static void
read_only(void **state)
{
	static const uint8_t data[1024];
	const blk_range r = RANGE(0, 8, 0);
	const struct fx_req mutating[] = {
		{.type = VIRTIO_BLK_T_OUT, .out = data, .out_len = 512},
		{.type = VIRTIO_BLK_T_OUT, .out = data, .out_len = 0},
		{.type = VIRTIO_BLK_T_OUT, .sector = UINT64_MAX, .out = data, .out_len = 512},
		{.type = VIRTIO_BLK_T_DISCARD, .out = &r, .out_len = sizeof(r)},
		{.type = VIRTIO_BLK_T_WRITE_ZEROES, .out = &r, .out_len = sizeof(r)},
		{.type = VIRTIO_BLK_T_SECURE_ERASE, .out = &r, .out_len = sizeof(r)},
	};
	uint8_t back[512];

	(void)state;
	slow_all(1 << 20);
	for (int medium = 0; medium < 2; medium++) {
		blk_slow.cap.read_only = medium;
		blk_slow.submitted = 0;
		fx_start(&(struct fx_setup){.name = "blk_slow0", .args = medium ? "" : "ro=1"});
		for (size_t i = 0; i < RTE_DIM(mutating); i++)
			fx_expect(&mutating[i], VIRTIO_BLK_S_IOERR, 1);
		assert_int_equal(blk_slow.submitted, 0);
		fx_read(0, back, sizeof(back));
		fx_expect(&(struct fx_req){.type = VIRTIO_BLK_T_FLUSH}, VIRTIO_BLK_S_OK, 1);
		assert_int_equal(blk_slow.submitted, 2);
		fx_stop();
	}
}

/* An engine that cannot do it is not asked. */
static void
lacking(void **state)
{
	const blk_range r = RANGE(0, 8, 0);
	static const uint32_t type[] = {VIRTIO_BLK_T_DISCARD, VIRTIO_BLK_T_WRITE_ZEROES,
					VIRTIO_BLK_T_SECURE_ERASE};

	(void)state;
	blk_slow = (struct blk_slow){.size = 1 << 20, .per_poll = 1};
	fx_start(&slow);
	for (size_t i = 0; i < RTE_DIM(type); i++)
		fx_expect(&(struct fx_req){.type = type[i], .out = &r, .out_len = sizeof(r)},
			  VIRTIO_BLK_S_UNSUPP, 1);
	/* without a cache there is nothing to flush */
	fx_expect(&(struct fx_req){.type = VIRTIO_BLK_T_FLUSH}, VIRTIO_BLK_S_OK, 1);
	assert_int_equal(blk_slow.submitted, 0);
	assert_true(write_is_fua());
	fx_stop();
}

static void
blocks_of_4096(void **state)
{
	static uint8_t data[8192], back[8192];
	const blk_range bad = RANGE(8, 4, 0), odd = RANGE(4, 8, 0), good = RANGE(8, 8, 0);
	struct fx_req q = {.type = VIRTIO_BLK_T_DISCARD, .out_len = sizeof(good)};

	(void)state;
	fx_start(&(struct fx_setup){.name = "blk_malloc0", .args = "size=1M,block-size=4096"});
	fx_pattern(data, sizeof(data), 4);
	fx_write(8, data, 8192);
	fx_read(8, back, 8192);
	assert_memory_equal(back, data, 8192);
	for (uint32_t i = 1; i < 8; i++) {
		fx_expect(&(struct fx_req){.sector = i, .in_len = 4096}, VIRTIO_BLK_S_IOERR, 0);
		fx_expect(&(struct fx_req){.sector = 8, .in_len = 512 * i}, VIRTIO_BLK_S_IOERR, 0);
		fx_expect(&(struct fx_req){.type = VIRTIO_BLK_T_OUT,
					   .sector = 8,
					   .out = data,
					   .out_len = 512 * i},
			  VIRTIO_BLK_S_IOERR, 1);
	}
	q.out = &bad;
	fx_expect(&q, VIRTIO_BLK_S_IOERR, 1);
	q.out = &odd;
	fx_expect(&q, VIRTIO_BLK_S_IOERR, 1);
	q.out = &good;
	fx_expect(&q, VIRTIO_BLK_S_OK, 1);
	memset(data, 0, 4096);
	fx_read(8, back, 8192);
	assert_memory_equal(back, data, 8192);
	fx_stop();
}

#define T(f) cmocka_unit_test_teardown(f, fx_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(features),
		T(config_space),
		T(config_space_least),
		T(cache_mode),
		T(zeroes_are_durable),
		T(config_writes),
		T(requests_split),
		T(requests_packed),
		T(wrong_requests),
		T(odd_requests),
		T(serial),
		T(read_only),
		T(lacking),
		T(blocks_of_4096),
	};

	return cmocka_run_group_tests_name("blk", tests, fx_group_setup, NULL);
}
