/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * The guest memory map alone: regions, translation, and the dirty log.
 */
#include <errno.h>

#include "vq_fixture.h"

/** Any address will do where nothing is touched. */
static uint8_t *const somewhere = (uint8_t *)0x100000;

static void
expect_region(const struct foo_mem *mem, unsigned int i, uint64_t gpa, uint64_t size)
{
	assert_true(i < mem->nregions);
	assert_int_equal(mem->region[i].gpa, gpa);
	assert_int_equal(mem->region[i].size, size);
}

static void
test_add_sorts(void **state)
{
	struct foo_mem mem;

	(void)state;
	foo_mem_init(&mem);
	assert_int_equal(mem.nregions, 0);
	assert_null(foo_mem_find(&mem, 0));
	assert_int_equal(foo_mem_add(&mem, 0x3000, 0x1000, somewhere + 0x3000), 0);
	assert_int_equal(foo_mem_add(&mem, 0x1000, 0x1000, somewhere + 0x1000), 0);
	assert_int_equal(foo_mem_add(&mem, 0x9000, 0x1000, somewhere + 0x9000), 0);
	assert_int_equal(foo_mem_add(&mem, 0x2000, 0x1000, somewhere + 0x2000), 0);
	assert_int_equal(foo_mem_add(&mem, 0, 0x1000, somewhere), 0);
	expect_region(&mem, 0, 0, 0x1000);
	expect_region(&mem, 1, 0x1000, 0x1000);
	expect_region(&mem, 2, 0x2000, 0x1000);
	expect_region(&mem, 3, 0x3000, 0x1000);
	expect_region(&mem, 4, 0x9000, 0x1000);
	for (unsigned int i = 0; i < 5; i++)
		assert_ptr_equal(mem.region[i].va, somewhere + mem.region[i].gpa);
}

static void
test_add_refuses(void **state)
{
	struct foo_mem mem, before;

	(void)state;
	foo_mem_init(&mem);
	assert_int_equal(foo_mem_add(&mem, 0x10000, 0x10000, somewhere), 0);
	assert_int_equal(foo_mem_add(&mem, 0x30000, 0x10000, somewhere), 0);
	before = mem;
	assert_int_equal(foo_mem_add(&mem, 0, 0, somewhere), -EINVAL);
	assert_int_equal(foo_mem_add(&mem, UINT64_MAX - 0xfff, 0x1001, somewhere), -EINVAL);
	/* 2^64 itself is no address, so the byte before it cannot be the last of a region */
	assert_int_equal(foo_mem_add(&mem, UINT64_MAX - 0xfff, 0x1000, somewhere), -EINVAL);
	assert_int_equal(foo_mem_add(&mem, 1, UINT64_MAX, somewhere), -EINVAL);
	assert_int_equal(foo_mem_add(&mem, 0, 0x1000, (void *)(UINTPTR_MAX - 0xffe)), -EINVAL);
	/* overlap: the same, the first byte, the last byte, inside, around */
	assert_int_equal(foo_mem_add(&mem, 0x10000, 0x10000, somewhere), -EEXIST);
	assert_int_equal(foo_mem_add(&mem, 0x0f000, 0x1001, somewhere), -EEXIST);
	assert_int_equal(foo_mem_add(&mem, 0x1ffff, 1, somewhere), -EEXIST);
	assert_int_equal(foo_mem_add(&mem, 0x18000, 1, somewhere), -EEXIST);
	assert_int_equal(foo_mem_add(&mem, 0, 0x100000, somewhere), -EEXIST);
	assert_int_equal(foo_mem_add(&mem, 0x20000, 0x10001, somewhere), -EEXIST);
	assert_int_equal(foo_mem_add(&mem, 0, UINT64_MAX, somewhere), -EINVAL);
	assert_memory_equal(&mem, &before, sizeof(mem));
	/* exactly between is no overlap */
	assert_int_equal(foo_mem_add(&mem, 0x20000, 0x10000, somewhere), 0);
}

static void
test_add_full(void **state)
{
	struct foo_mem mem;

	(void)state;
	foo_mem_init(&mem);
	for (unsigned int i = 0; i < FOO_MEM_MAX_REGIONS; i++)
		assert_int_equal(foo_mem_add(&mem, 0x1000u * (100 - i), 0x1000, somewhere), 0);
	assert_int_equal(foo_mem_add(&mem, 0, 0x1000, somewhere), -ENOSPC);
	assert_int_equal(mem.nregions, FOO_MEM_MAX_REGIONS);
	expect_region(&mem, 0, 0x1000 * 93, 0x1000);
	expect_region(&mem, 7, 0x1000 * 100, 0x1000);
}

/* Two adjacent regions, whose mappings are not, a hole, and one more. */
struct map {
	struct foo_mem mem;
	uint8_t *a; /* 0x1000 to 0x1fff */
	uint8_t *b; /* 0x2000 to 0x200f */
	uint8_t *c; /* 0x8000 to 0x80ff */
};

static void
map_open(struct map *m)
{
	m->a = malloc(0x1000);
	m->b = malloc(0x10);
	m->c = malloc(0x100);
	assert_true(m->a != NULL && m->b != NULL && m->c != NULL);
	foo_mem_init(&m->mem);
	assert_int_equal(foo_mem_add(&m->mem, 0x1000, 0x1000, m->a), 0);
	assert_int_equal(foo_mem_add(&m->mem, 0x2000, 0x10, m->b), 0);
	assert_int_equal(foo_mem_add(&m->mem, 0x8000, 0x100, m->c), 0);
}

static void
map_close(struct map *m)
{
	free(m->a);
	free(m->b);
	free(m->c);
}

static void
test_find(void **state)
{
	struct map m;

	(void)state;
	map_open(&m);
	assert_null(foo_mem_find(&m.mem, 0));
	assert_null(foo_mem_find(&m.mem, 0xfff));
	assert_ptr_equal(foo_mem_find(&m.mem, 0x1000), &m.mem.region[0]);
	assert_ptr_equal(foo_mem_find(&m.mem, 0x1fff), &m.mem.region[0]);
	assert_ptr_equal(foo_mem_find(&m.mem, 0x2000), &m.mem.region[1]);
	assert_ptr_equal(foo_mem_find(&m.mem, 0x200f), &m.mem.region[1]);
	assert_null(foo_mem_find(&m.mem, 0x2010));
	assert_null(foo_mem_find(&m.mem, 0x7fff));
	assert_ptr_equal(foo_mem_find(&m.mem, 0x80ff), &m.mem.region[2]);
	assert_null(foo_mem_find(&m.mem, 0x8100));
	assert_null(foo_mem_find(&m.mem, UINT64_MAX));
	map_close(&m);
}

static void
test_map(void **state)
{
	struct foo_seg seg[4];
	struct map m;

	(void)state;
	map_open(&m);
	assert_int_equal(foo_mem_map(&m.mem, 0x1000, 0, seg, 4), 0);
	assert_int_equal(foo_mem_map(&m.mem, 0x1010, 0x20, seg, 4), 1);
	assert_ptr_equal(seg[0].va, m.a + 0x10);
	assert_int_equal(seg[0].len, 0x20);
	assert_int_equal(foo_mem_map(&m.mem, 0x1ffe, 5, seg, 4), 2);
	assert_ptr_equal(seg[0].va, m.a + 0xffe);
	assert_int_equal(seg[0].len, 2);
	assert_ptr_equal(seg[1].va, m.b);
	assert_int_equal(seg[1].len, 3);
	assert_int_equal(foo_mem_map(&m.mem, 0x1000, 0x1010, seg, 4), 2);
	assert_int_equal(foo_mem_map(&m.mem, 0x1000, 0x1010, seg, 1), -ENOSPC);
	assert_int_equal(foo_mem_map(&m.mem, 0x1000, 0x1011, seg, 4), -EFAULT);
	assert_int_equal(foo_mem_map(&m.mem, 0xfff, 2, seg, 4), -EFAULT);
	assert_int_equal(foo_mem_map(&m.mem, 0x80ff, 1, seg, 4), 1);
	assert_int_equal(foo_mem_map(&m.mem, 0x80ff, 2, seg, 4), -EFAULT);
	assert_int_equal(foo_mem_map(&m.mem, 0x3000, 1, seg, 4), -EFAULT);
	assert_int_equal(foo_mem_map(&m.mem, UINT64_MAX - 3, 8, seg, 4), -ERANGE);
	assert_int_equal(foo_mem_map(&m.mem, UINT64_MAX, UINT32_MAX, seg, 4), -ERANGE);
	assert_int_equal(foo_mem_map(&m.mem, UINT64_MAX - 3, 2, seg, 4), -EFAULT);
	map_close(&m);
}

/* The highest region that there can be: its last byte maps, and the byte behind it does not. */
static void
test_top_of_address_space(void **state)
{
	const struct foo_mem_region *cache = NULL;
	const uint64_t top = UINT64_MAX - 0x100;
	struct foo_seg seg[2];
	struct foo_mem mem;
	uint8_t *va = malloc(0x100);

	(void)state;
	assert_non_null(va);
	foo_mem_init(&mem);
	assert_int_equal(foo_mem_add(&mem, top, 0x100, va), 0);
	assert_int_equal(foo_mem_add(&mem, 0, 0x100, va), 0);
	assert_int_equal(foo_mem_map(&mem, top, 0x100, seg, 2), 1);
	assert_ptr_equal(seg[0].va, va);
	assert_int_equal(foo_mem_map(&mem, UINT64_MAX - 1, 1, seg, 2), 1);
	assert_ptr_equal(seg[0].va, va + 0xff);
	assert_true(foo_mem_map(&mem, UINT64_MAX - 1, 2, seg, 2) < 0);
	assert_true(foo_mem_map(&mem, UINT64_MAX, 1, seg, 2) < 0);
	/* never around the end into the region at 0 */
	assert_int_equal(foo_mem_map(&mem, UINT64_MAX - 1, 4, seg, 2), -ERANGE);
	assert_ptr_equal(foo_mem_va(&mem, &cache, UINT64_MAX - 1, 1), va + 0xff);
	assert_null(foo_mem_va(&mem, &cache, UINT64_MAX - 1, 2));
	assert_null(foo_mem_va(&mem, &cache, UINT64_MAX - 1, UINT32_MAX));
	assert_null(foo_mem_va(&mem, &cache, UINT64_MAX, 1));
	free(va);
}

/* The cached translation agrees with the plain one, whatever the cache holds. */
static void
test_va_cache(void **state)
{
	static const uint64_t gpa[] = {0,      0xfff,  0x1000, 0x1ffe, 0x1fff, 0x2000, 0x2008,
				       0x200f, 0x2010, 0x7fff, 0x8000, 0x80ff, 0x8100, UINT64_MAX};
	static const uint32_t len[] = {1, 2, 16, 17, 0x100, 0x1000, 0x1001, UINT32_MAX};
	struct map m;

	(void)state;
	map_open(&m);
	for (unsigned int first = 0; first <= m.mem.nregions; first++) {
		for (unsigned int i = 0; i < sizeof(gpa) / sizeof(gpa[0]); i++) {
			for (unsigned int j = 0; j < sizeof(len) / sizeof(len[0]); j++) {
				const struct foo_mem_region *cache =
					first == m.mem.nregions ? NULL : &m.mem.region[first];
				struct foo_seg seg[2];
				int n = foo_mem_map(&m.mem, gpa[i], len[j], seg, 2);
				uint8_t *va = foo_mem_va(&m.mem, &cache, gpa[i], len[j]);

				assert_ptr_equal(va, n == 1 ? seg[0].va : NULL);
			}
		}
	}
	map_close(&m);
}

static void
test_read(void **state)
{
	uint8_t buf[0x1010];
	struct map m;

	(void)state;
	map_open(&m);
	for (unsigned int i = 0; i < 0x1000; i++)
		m.a[i] = (uint8_t)(i % 251);
	memset(m.b, 0xbb, 0x10);
	assert_int_equal(foo_mem_read(&m.mem, 0x1000, buf, 0), 0);
	assert_int_equal(foo_mem_read(&m.mem, 0x1000, buf, 0x1010), 0);
	assert_memory_equal(buf, m.a, 0x1000);
	assert_memory_equal(buf + 0x1000, m.b, 0x10);
	assert_int_equal(foo_mem_read(&m.mem, 0x1fff, buf, 2), 0);
	assert_int_equal(buf[0], 0xfff % 251);
	assert_int_equal(buf[1], 0xbb);
	assert_int_equal(foo_mem_read(&m.mem, 0x1fff, buf, 0x12), -EFAULT);
	assert_int_equal(foo_mem_read(&m.mem, UINT64_MAX, buf, 16), -ERANGE);
	map_close(&m);
}

static void
test_holds_va(void **state)
{
	struct map m;

	(void)state;
	map_open(&m);
	assert_true(foo_mem_holds_va(&m.mem, m.a, 0x1000));
	assert_true(foo_mem_holds_va(&m.mem, m.a + 0xfff, 1));
	assert_false(foo_mem_holds_va(&m.mem, m.a, 0x1001));
	assert_false(foo_mem_holds_va(&m.mem, (void *)((uintptr_t)m.a - 1), 2));
	assert_false(foo_mem_holds_va(&m.mem, (void *)((uintptr_t)m.c + 0x100), 1));
	assert_false(foo_mem_holds_va(&m.mem, m.c, UINT64_MAX));
	assert_false(foo_mem_holds_va(&m.mem, NULL, 1));
	assert_false(foo_mem_holds_va(&m.mem, &m, 1));
	map_close(&m);
}

/* ---- dirty log ---- */

/* The pages of a log, and nothing else, are marked. */
static void
expect_pages(const uint8_t *log, uint64_t bytes, uint64_t first, uint64_t n)
{
	for (uint64_t page = 0; page < 8 * bytes; page++)
		assert_int_equal(log[page / 8] >> page % 8 & 1, page >= first && page - first < n);
}

static void
test_log_gpa(void **state)
{
	static const struct {
		uint64_t gpa, len, first, n;
	} row[] = {
		{0, 1, 0, 1},
		{0xfff, 1, 0, 1},
		{0xfff, 2, 0, 2},
		{0x1000, 0x1000, 1, 1},
		{0x1001, 0x1000, 1, 2},
		{0x7fff, 0x4002, 7, 6},
		{0x5000, 0, 0, 0},
		/* the log ends at page 24 */
		{0x17fff, 1, 23, 1},
		{0x17fff, 2, 23, 1},
		{0x18000, 1, 0, 0},
		{0x17000, UINT64_MAX, 23, 1},
		{0, UINT64_MAX, 0, 24},
		{UINT64_MAX, 1, 0, 0},
		{UINT64_MAX - 5, 100, 0, 0},
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		uint8_t *log = calloc(1, 3);
		struct foo_mem mem;

		assert_non_null(log);
		foo_mem_init(&mem);
		foo_mem_set_log(&mem, log, 3);
		foo_mem_log_gpa(&mem, row[i].gpa, row[i].len);
		expect_pages(log, 3, row[i].first, row[i].n);
		free(log);
	}
}

static void
test_log_va(void **state)
{
	uint8_t log[3] = {0};
	struct map m;

	(void)state;
	map_open(&m);
	/* no log: nothing happens */
	foo_mem_written(&m.mem, m.a, 0x1000);
	foo_mem_set_log(&m.mem, log, sizeof(log));
	foo_mem_written(&m.mem, m.b + 3, 4);
	expect_pages(log, 3, 2, 1);
	log[0] = 0;
	foo_mem_log_va(&m.mem, m.c + 0xff, 1);
	expect_pages(log, 3, 8, 1);
	log[1] = 0;
	/* what is not guest memory is not logged */
	foo_mem_log_va(&m.mem, &m, 1);
	expect_pages(log, 3, 0, 0);
	foo_mem_set_log(&m.mem, NULL, 0);
	assert_null(m.mem.log);
	foo_mem_written(&m.mem, m.a, 0x1000);
	expect_pages(log, 3, 0, 0);
	map_close(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_sorts), cmocka_unit_test(test_add_refuses),
		cmocka_unit_test(test_add_full),  cmocka_unit_test(test_find),
		cmocka_unit_test(test_map),       cmocka_unit_test(test_top_of_address_space),
		cmocka_unit_test(test_va_cache),  cmocka_unit_test(test_read),
		cmocka_unit_test(test_holds_va),  cmocka_unit_test(test_log_gpa),
		cmocka_unit_test(test_log_va),
	};

	return cmocka_run_group_tests_name("vq_mem", tests, NULL, NULL);
}
