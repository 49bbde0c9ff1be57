/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Ranges of sectors (VIRTIO 1.2, 5.2.6), and numbers that are larger than a machine word was once.
 */
#include <errno.h>
#include <string.h>

#include <rte_common.h>

#include "blk_fixture.h"
#include "blk_slow.h"

typedef struct virtio_blk_discard_write_zeroes blk_range;

#define RANGE(s, n, f)                                                                             \
	(blk_range)                                                                                \
	{                                                                                          \
		.sector = (s), .num_sectors = (n), .flags = (f)                                    \
	}

#define GIB (UINT64_C(1) << 30)

static const uint32_t types[] = {VIRTIO_BLK_T_DISCARD, VIRTIO_BLK_T_WRITE_ZEROES,
				 VIRTIO_BLK_T_SECURE_ERASE};

static void
slow_start(uint64_t size)
{
	blk_slow = (struct blk_slow){.size = size, .per_poll = 100};
	blk_slow.cap = (struct foo_blk_cap){.discard = true, .zeroes = true, .erase = true};
	fx_start(&(struct fx_setup){.name = "blk_slow0"});
}

static void
expect_ranges(uint32_t type, const blk_range *r, size_t n, uint8_t status)
{
	const struct fx_req q = {.type = type, .out = r, .out_len = (uint32_t)(n * sizeof(*r))};

	fx_expect(&q, status, 1);
}

/* Several ranges, of which each one counts, and what is between them stays. */
static void
several(void **state)
{
	static uint8_t data[64 * 512], want[64 * 512], back[64 * 512];

	(void)state;
	fx_start(&(struct fx_setup){.name = "blk_malloc0", .args = "size=1M"});
	fx_pattern(data, sizeof(data), 5);
	for (size_t t = 0; t < RTE_DIM(types); t++) {
		for (uint32_t n = 1; n <= FOO_BLK_MAX_RANGES; n++) {
			blk_range r[FOO_BLK_MAX_RANGES];

			fx_write(0, data, sizeof(data));
			memcpy(want, data, sizeof(data));
			for (uint32_t i = 0; i < n; i++) {
				/* the last first, some of two sectors, some of none */
				r[i] = RANGE((n - 1 - i) * 4, i % 3, 0);
				memset(want + r[i].sector * 512, 0, r[i].num_sectors * 512);
			}
			expect_ranges(types[t], r, n, VIRTIO_BLK_S_OK);
			fx_read(0, back, sizeof(back));
			assert_memory_equal(back, want, sizeof(back));
		}
	}
	fx_stop();
}

/* What the medium finds out that it cannot do: the driver asks no more. */
static void
unsupported(void **state)
{
	const blk_range r[] = {RANGE(0, 8, 0), RANGE(16, 8, 0)};

	(void)state;
	slow_start(1u << 20);
	blk_slow.result = -EOPNOTSUPP;
	for (size_t t = 0; t < RTE_DIM(types); t++)
		expect_ranges(types[t], r, RTE_DIM(r), VIRTIO_BLK_S_UNSUPP);
	assert_int_equal(blk_slow.submitted, RTE_DIM(types));
	assert_int_equal(fx_stats().unsupported, RTE_DIM(types));
	assert_int_equal(fx_stats().io_errors, 0);
	fx_stop();
}

/* One wrong range, wherever it stands, and none is carried out. */
static void
all_or_nothing(void **state)
{
	const struct {
		blk_range r;
		uint8_t status[3];
	} wrong[] = {
		{RANGE(2048, 1, 0), {VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_IOERR}},
		{RANGE(2047, 2, 0), {VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_IOERR}},
		{RANGE(0, UINT32_MAX, 0),
		 {VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_IOERR}},
		{RANGE(UINT64_MAX, 2, 0),
		 {VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_IOERR}},
		{RANGE(UINT64_MAX, 0, 0),
		 {VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_IOERR}},
		{RANGE(UINT64_C(1) << 55, 8, 0),
		 {VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_IOERR, VIRTIO_BLK_S_IOERR}},
		{RANGE(0, 8, 1), {VIRTIO_BLK_S_UNSUPP, VIRTIO_BLK_S_OK, VIRTIO_BLK_S_UNSUPP}},
		{RANGE(0, 8, 2), {VIRTIO_BLK_S_UNSUPP, VIRTIO_BLK_S_UNSUPP, VIRTIO_BLK_S_UNSUPP}},
		{RANGE(0, 8, 0x80000000),
		 {VIRTIO_BLK_S_UNSUPP, VIRTIO_BLK_S_UNSUPP, VIRTIO_BLK_S_UNSUPP}},
	};
	blk_range r[3];

	(void)state;
	slow_start(1 << 20);
	for (size_t i = 0; i < RTE_DIM(wrong); i++) {
		for (size_t at = 0; at < RTE_DIM(r); at++) {
			for (size_t t = 0; t < RTE_DIM(types); t++) {
				for (size_t k = 0; k < RTE_DIM(r); k++)
					r[k] = RANGE(8 * k, 8, 0);
				r[at] = wrong[i].r;
				blk_slow.submitted = 0;
				expect_ranges(types[t], r, RTE_DIM(r), wrong[i].status[t]);
				assert_int_equal(blk_slow.submitted,
						 wrong[i].status[t] == VIRTIO_BLK_S_OK ? 3 : 0);
			}
		}
	}
	fx_stop();
}

static void
lengths(void **state)
{
	blk_range r[FOO_BLK_MAX_RANGES + 1];

	(void)state;
	slow_start(1 << 20);
	for (size_t i = 0; i < RTE_DIM(r); i++)
		r[i] = RANGE(8 * i, 8, 0);
	for (size_t t = 0; t < RTE_DIM(types); t++) {
		for (uint32_t len = 0; len <= sizeof(r); len++) {
			bool good = len != 0 && len % 16 == 0 && len < sizeof(r);

			blk_slow.submitted = 0;
			fx_expect(&(struct fx_req){.type = types[t], .out = r, .out_len = len},
				  good ? VIRTIO_BLK_S_OK : VIRTIO_BLK_S_IOERR, 1);
			assert_int_equal(blk_slow.submitted, good ? len / 16 : 0);
		}
	}
	fx_stop();
}

/* Ranges of no sectors are right, and nothing to bother the engine with. */
static void
empty(void **state)
{
	const blk_range r[] = {RANGE(5, 0, 0), RANGE(8, 8, 0), RANGE(2048, 0, 0), RANGE(0, 0, 0)};

	(void)state;
	slow_start(1 << 20);
	expect_ranges(VIRTIO_BLK_T_DISCARD, r, RTE_DIM(r), VIRTIO_BLK_S_OK);
	assert_int_equal(blk_slow.submitted, 1);
	assert_int_equal(blk_slow.last.len, 4096);
	expect_ranges(VIRTIO_BLK_T_DISCARD, &r[2], 2, VIRTIO_BLK_S_OK);
	assert_int_equal(blk_slow.submitted, 1);
	fx_stop();
}

/* The unmap flag gets to the engine, range by range. */
static void
unmap(void **state)
{
	blk_range r[2] = {RANGE(0, 8, 0), RANGE(8, 8, VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP)};

	(void)state;
	slow_start(1 << 20);
	expect_ranges(VIRTIO_BLK_T_WRITE_ZEROES, r, 2, VIRTIO_BLK_S_OK);
	assert_int_equal(blk_slow.last.op, FOO_BLK_ZEROES);
	assert_int_equal(blk_slow.last.offset, 4096);
	assert_true(blk_slow.last.unmap);
	r[1].flags = 0;
	expect_ranges(VIRTIO_BLK_T_WRITE_ZEROES, r, 2, VIRTIO_BLK_S_OK);
	assert_false(blk_slow.last.unmap);
	fx_stop();
}

/* Sectors and bytes that need more than 32 bits, up to the largest disk. */
static void
arithmetic(void **state)
{
	static const uint64_t size[] = {4 * GIB + 1024, UINT64_C(1) << 41, UINT64_C(1) << 60};
	static uint8_t data[1024];
	blk_range r;

	(void)state;
	for (size_t i = 0; i < RTE_DIM(size); i++) {
		const uint64_t end = size[i] / 512;
		const uint64_t sector[] = {4 * GIB / 512 - 1, 4 * GIB / 512, 4 * GIB / 512 + 1,
					   UINT32_MAX - 1,    UINT32_MAX,    UINT64_C(1) << 32,
					   end - 2,           end - 1,       end};

		slow_start(size[i]);
		assert_int_equal(fx_config().capacity, end);
		for (size_t k = 0; k < RTE_DIM(sector); k++) {
			bool fits = sector[k] + 1 <= end;
			bool both = sector[k] + 2 <= end;

			blk_slow.submitted = 0;
			fx_expect(&(struct fx_req){.sector = sector[k], .in_len = 512},
				  fits ? VIRTIO_BLK_S_OK : VIRTIO_BLK_S_IOERR, fits ? 513 : 0);
			assert_int_equal(blk_slow.submitted, fits);
			if (fits)
				assert_int_equal(blk_slow.last.offset, sector[k] * 512);
			fx_expect(&(struct fx_req){.type = VIRTIO_BLK_T_OUT,
						   .sector = sector[k],
						   .out = data,
						   .out_len = 1024},
				  both ? VIRTIO_BLK_S_OK : VIRTIO_BLK_S_IOERR, 1);
			if (both)
				assert_int_equal(blk_slow.last.len, 1024);
			r = RANGE(sector[k], 2, 0);
			expect_ranges(VIRTIO_BLK_T_DISCARD, &r, 1,
				      both ? VIRTIO_BLK_S_OK : VIRTIO_BLK_S_IOERR);
			if (both)
				assert_int_equal(blk_slow.last.offset, sector[k] * 512);
		}
		fx_stop();
	}
}

/* Ranges of up to 2^32 - 1 sectors, 2 TiB: their bytes are counted right. */
static void
large_ranges(void **state)
{
	const blk_range r[] = {RANGE(1, UINT32_MAX, 0), RANGE(UINT64_C(1) << 32, UINT32_MAX, 0)};

	(void)state;
	slow_start(UINT64_C(1) << 60);
	expect_ranges(VIRTIO_BLK_T_WRITE_ZEROES, r, 2, VIRTIO_BLK_S_OK);
	assert_int_equal(blk_slow.last.offset, UINT64_C(1) << 41);
	assert_int_equal(blk_slow.last.len, UINT32_MAX * UINT64_C(512));
	assert_int_equal(fx_stats().bytes[FOO_BLK_KIND_ZEROES], 2 * (UINT32_MAX * UINT64_C(512)));
	fx_stop();
	/* the disk ends within */
	slow_start((UINT64_C(1) << 41) + 512);
	expect_ranges(VIRTIO_BLK_T_WRITE_ZEROES, r, 1, VIRTIO_BLK_S_OK);
	expect_ranges(VIRTIO_BLK_T_WRITE_ZEROES, r, 2, VIRTIO_BLK_S_IOERR);
	fx_stop();
}

/* A disk that forgets has the size that it was given, to the sector. */
static void
null_sizes(void **state)
{
	static const struct {
		const char *args;
		uint64_t sectors;
	} disk[] = {
		{"", UINT64_C(1) << 31},
		{"size=1T", UINT64_C(1) << 31},
		{"size=2T", UINT64_C(1) << 32},
		{"size=4097", 8},
		{"size=1048576T", UINT64_C(1) << 51},
	};

	(void)state;
	for (size_t i = 0; i < RTE_DIM(disk); i++) {
		const uint64_t end = disk[i].sectors;

		fx_start(&(struct fx_setup){.name = "blk_null0", .args = disk[i].args});
		assert_int_equal(fx_config().capacity, end);
		fx_expect(&(struct fx_req){.sector = end - 1, .in_len = 512}, VIRTIO_BLK_S_OK, 513);
		fx_expect(&(struct fx_req){.sector = end, .in_len = 512}, VIRTIO_BLK_S_IOERR, 0);
		fx_expect(&(struct fx_req){.sector = end - 1, .in_len = 1024}, VIRTIO_BLK_S_IOERR,
			  0);
		fx_stop();
	}
}

#define T(f) cmocka_unit_test_teardown(f, fx_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(several), T(unsupported), T(all_or_nothing), T(lengths),    T(empty),
		T(unmap),   T(arithmetic),  T(large_ranges),   T(null_sizes),
	};

	return cmocka_run_group_tests_name("blk_range", tests, fx_group_setup, NULL);
}
