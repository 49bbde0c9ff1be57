/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Cursors: whatever the cut of a chain, the device sees one run of bytes.
 *
 * No ring is needed: a chain is made of pieces, each in a heap block of its own exact size.
 */
#include <errno.h>

#include "vq_fixture.h"

#define LEN 24 /* bytes of the small chains */

/** A chain by hand. */
struct piece_chain {
	struct foo_seg seg[64];
	struct foo_chain chain;
	struct foo_vq vq;
	struct foo_mem mem;
};

static void
pieces_open(struct piece_chain *p)
{
	memset(p, 0, sizeof(*p));
	foo_mem_init(&p->mem);
	p->vq.mem = &p->mem;
	p->chain.seg = p->seg;
}

/* Readable pieces must be added before writable ones. */
static void
pieces_add(struct piece_chain *p, uint32_t len, bool write, uint32_t seed)
{
	struct foo_seg *seg = &p->seg[p->chain.nread + p->chain.nwrite];

	seg->va = malloc(len);
	seg->len = len;
	assert_non_null(seg->va);
	for (uint32_t i = 0; i < len; i++)
		seg->va[i] = write ? 0 : vqt_pattern_byte(p->chain.read_len + i, seed);
	*(write ? &p->chain.nwrite : &p->chain.nread) += 1;
	*(write ? &p->chain.write_len : &p->chain.read_len) += len;
}

/* Cut len bytes before each byte whose bit in mask is set. */
static void
pieces_cut(struct piece_chain *p, uint32_t len, uint32_t mask, bool write, uint32_t seed)
{
	uint32_t from = 0;

	for (uint32_t i = 1; i <= len; i++) {
		if (i == len || (mask >> i & 1)) {
			pieces_add(p, i - from, write, seed);
			from = i;
		}
	}
}

static void
pieces_close(struct piece_chain *p)
{
	for (unsigned int i = 0; i < (unsigned int)p->chain.nread + p->chain.nwrite; i++)
		free(p->seg[i].va);
}

/* All writable bytes, one after the other. */
static void
expect_written(const struct piece_chain *p, const uint8_t *expected, uint32_t len)
{
	uint32_t at = 0;

	for (unsigned int i = p->chain.nread; i < (unsigned int)p->chain.nread + p->chain.nwrite;
	     i++) {
		for (uint32_t j = 0; j < p->seg[i].len; j++, at++)
			assert_int_equal(p->seg[i].va[j], at < len ? expected[at] : 0);
	}
	assert_true(at >= len);
}

/* Cuts to try: each single place, each pair, all places, and some more. */
static uint32_t
next_mask(uint32_t mask)
{
	static const uint32_t extra[] = {0xaaaaaa, 0x555555, 0x249249, 0xffffff, 0};

	if (mask < 0x1000)
		return mask + 1;
	for (unsigned int i = 0; i + 1 < sizeof(extra) / sizeof(extra[0]); i++)
		if (mask == extra[i])
			return extra[i + 1];
	if (mask < 0x800000)
		return mask << 1;
	return mask == 0x800000 ? extra[0] : 0;
}

/* A header of 12 bytes and a body, read in two goes, with the chain cut in every way. */
static void
test_read_any_cut(void **state)
{
	uint8_t head[12], body[LEN];
	uint32_t mask = 0;

	(void)state;
	do {
		struct piece_chain p;
		struct foo_cursor c;

		pieces_open(&p);
		pieces_cut(&p, LEN, mask, false, mask);
		c = foo_cursor_readable(&p.vq, &p.chain);
		assert_int_equal(foo_cursor_read(&c, head, 12), 12);
		assert_int_equal(c.left, LEN - 12);
		assert_int_equal(foo_cursor_read(&c, body, LEN), LEN - 12);
		assert_int_equal(c.left, 0);
		assert_int_equal(foo_cursor_read(&c, body, 1), 0);
		for (uint32_t i = 0; i < 12; i++) {
			assert_int_equal(head[i], vqt_pattern_byte(i, mask));
			assert_int_equal(body[i], vqt_pattern_byte(12 + i, mask));
		}
		pieces_close(&p);
		mask = next_mask(mask);
	} while (mask != 0);
}

static void
test_write_any_cut(void **state)
{
	uint8_t data[LEN];
	uint32_t mask = 0;

	(void)state;
	for (uint32_t i = 0; i < LEN; i++)
		data[i] = (uint8_t)(i + 1);
	do {
		uint32_t first = mask % LEN;
		struct piece_chain p;
		struct foo_cursor c;

		pieces_open(&p);
		pieces_add(&p, 3, false, 0);
		pieces_cut(&p, LEN, mask, true, 0);
		c = foo_cursor_writable(&p.vq, &p.chain);
		assert_int_equal(foo_cursor_write(&c, data, first), first);
		expect_written(&p, data, first);
		assert_int_equal(foo_cursor_write(&c, data + first, LEN - first), LEN - first);
		expect_written(&p, data, LEN);
		assert_int_equal(foo_cursor_write(&c, data, 1), 0);
		pieces_close(&p);
		mask = next_mask(mask);
	} while (mask != 0);
}

/* Skip to every place, fill from there on. */
static void
test_skip_and_fill(void **state)
{
	uint8_t expected[LEN];

	(void)state;
	for (uint32_t mask = 0; mask < 0x400; mask += 7) {
		for (uint32_t skip = 0; skip <= LEN; skip++) {
			uint32_t n = (LEN - skip) / 2;
			struct piece_chain p;
			struct foo_cursor c;

			pieces_open(&p);
			pieces_cut(&p, LEN, mask, true, 0);
			c = foo_cursor_writable(&p.vq, &p.chain);
			assert_int_equal(foo_cursor_skip(&c, skip), skip);
			assert_int_equal(foo_cursor_fill(&c, 0xab, n), n);
			assert_int_equal(c.left, LEN - skip - n);
			memset(expected, 0, LEN);
			memset(expected + skip, 0xab, n);
			expect_written(&p, expected, LEN);
			assert_int_equal(foo_cursor_skip(&c, UINT32_MAX), LEN - skip - n);
			assert_int_equal(foo_cursor_fill(&c, 1, 1), 0);
			pieces_close(&p);
		}
	}
}

/* A copy between chains that are cut differently, behind a header on either side. */
static void
check_copy(uint32_t src_mask, uint32_t dst_mask, uint32_t len)
{
	const uint32_t src_skip = src_mask % 5, dst_skip = dst_mask % 4;
	uint8_t expected[LEN + 8] = {0};
	struct piece_chain s, d;
	struct foo_cursor from, to;
	uint32_t n = len;

	pieces_open(&s);
	pieces_open(&d);
	pieces_cut(&s, LEN, src_mask, false, 9);
	pieces_cut(&d, LEN - 2, dst_mask, true, 0);
	from = foo_cursor_readable(&s.vq, &s.chain);
	to = foo_cursor_writable(&d.vq, &d.chain);
	foo_cursor_skip(&from, src_skip);
	foo_cursor_skip(&to, dst_skip);
	if (n > LEN - src_skip)
		n = LEN - src_skip;
	if (n > LEN - 2 - dst_skip)
		n = LEN - 2 - dst_skip;
	assert_int_equal(foo_cursor_copy(&to, &from, len), n);
	assert_int_equal(from.left, LEN - src_skip - n);
	assert_int_equal(to.left, LEN - 2 - dst_skip - n);
	for (uint32_t i = 0; i < n; i++)
		expected[dst_skip + i] = vqt_pattern_byte(src_skip + i, 9);
	expect_written(&d, expected, LEN - 2);
	/* and on where both stand */
	if (n == len && from.left > 0 && to.left > 0) {
		assert_int_equal(foo_cursor_copy(&to, &from, 1), 1);
		expected[dst_skip + n] = vqt_pattern_byte(src_skip + n, 9);
		expect_written(&d, expected, LEN - 2);
	}
	pieces_close(&s);
	pieces_close(&d);
}

static void
test_copy_any_cut(void **state)
{
	uint32_t src = 0, dst;

	(void)state;
	do {
		dst = src * 5 % 0x1000;
		for (unsigned int i = 0; i < 8; i++) {
			check_copy(src, dst, src % (LEN + 4));
			check_copy(src, dst, UINT32_MAX);
			dst = next_mask(dst * 3 % 0x1000);
		}
		src = next_mask(src);
	} while (src != 0);
}

/* A guest may let both chains share bytes: the result is any, the accesses are within. */
static void
test_copy_overlapping(void **state)
{
	struct foo_seg src[2], dst[2];
	struct foo_chain from = {.seg = src, .nread = 2, .read_len = 100};
	struct foo_chain to = {.seg = dst, .nwrite = 2, .write_len = 100};
	struct piece_chain p;
	uint8_t *bytes = malloc(100);

	(void)state;
	assert_non_null(bytes);
	pieces_open(&p);
	for (uint32_t shift = 0; shift < 50; shift++) {
		struct foo_cursor r, w;

		src[0] = (struct foo_seg){bytes, 50 + shift, 0};
		src[1] = (struct foo_seg){bytes + 50, 50 - shift, 0};
		dst[0] = (struct foo_seg){bytes + shift, 50, 0};
		dst[1] = (struct foo_seg){bytes, 50, 0};
		memset(bytes, (int)shift, 100);
		r = foo_cursor_readable(&p.vq, &from);
		w = foo_cursor_writable(&p.vq, &to);
		assert_int_equal(foo_cursor_copy(&w, &r, UINT32_MAX), 100);
		for (unsigned int i = 0; i < 100; i++)
			assert_int_equal(bytes[i], shift);
	}
	free(bytes);
}

/* The iovecs describe the chain's bytes, in order; any number of them at a time. */
static void
test_iov(void **state)
{
	struct iovec iov[LEN];
	uint32_t mask = 0;

	(void)state;
	do {
		unsigned int max = 1 + mask % 5;
		uint32_t ask = 1 + mask % LEN, at = 0, done;
		struct piece_chain p;
		struct foo_cursor c;

		pieces_open(&p);
		pieces_cut(&p, LEN, mask, false, 3);
		c = foo_cursor_readable(&p.vq, &p.chain);
		while (c.left > 0) {
			uint32_t before = at;
			unsigned int n = foo_cursor_iov(&c, iov, max, ask, &done);

			assert_in_range(n, 1, max);
			assert_in_range(done, 1, ask);
			for (unsigned int i = 0; i < n; i++) {
				const uint8_t *byte = iov[i].iov_base;

				assert_true(iov[i].iov_len > 0);
				for (size_t j = 0; j < iov[i].iov_len; j++)
					assert_int_equal(byte[j], vqt_pattern_byte(at++, 3));
			}
			assert_int_equal(at - before, done);
			assert_int_equal(c.left, LEN - at);
			/* short only for a reason */
			assert_true(done == ask || n == max || c.left == 0);
		}
		assert_int_equal(at, LEN);
		assert_int_equal(foo_cursor_iov(&c, iov, max, ask, &done), 0);
		assert_int_equal(done, 0);
		pieces_close(&p);
		mask = next_mask(mask);
	} while (mask != 0);
}

static void
test_iov_limits(void **state)
{
	struct iovec iov[2] = {{NULL, 7}, {NULL, 7}};
	struct piece_chain p;
	struct foo_cursor c;
	uint32_t done = 99;

	(void)state;
	pieces_open(&p);
	pieces_cut(&p, LEN, 0xffffff, true, 0);
	c = foo_cursor_writable(&p.vq, &p.chain);
	assert_int_equal(foo_cursor_iov(&c, iov, 0, 5, &done), 0);
	assert_int_equal(done, 0);
	done = 99;
	assert_int_equal(foo_cursor_iov(&c, iov, 2, 0, &done), 0);
	assert_int_equal(done, 0);
	assert_int_equal(c.left, LEN);
	assert_int_equal(foo_cursor_iov(&c, iov, 1, UINT32_MAX, &done), 1);
	assert_int_equal(done, 1);
	assert_int_equal(iov[1].iov_len, 7);
	pieces_close(&p);
}

/* A saved chain survives the next pop, and needs exactly its number of pieces. */
static void
test_save(void **state)
{
	struct foo_seg seg[3];
	struct foo_chain first, before;
	struct foo_cursor c;
	uint8_t in[10];
	struct vqt t;

	vqt_open_default(&t, state);
	vqt_pattern(&t, VQT_A, 10, 21);
	VQT_PUT(&t, {VQT_A, 4, 0}, {VQT_A + 4, 6, 0}, {VQT_B, 5, W});
	first = before = vqt_pop_one(&t);
	assert_int_equal(foo_chain_save(&first, seg, 2), -ENOSPC);
	assert_memory_equal(&first, &before, sizeof(first));
	assert_int_equal(foo_chain_save(&first, seg, 3), 0);
	assert_ptr_equal(first.seg, seg);
	VQT_PUT(&t, {VQT_C, 1, 0}, {VQT_C + 1, 2, 0}, {VQT_C + 3, 3, 0}, {VQT_C + 6, 4, W});
	vqt_pop_one(&t);
	c = foo_cursor_readable(&t.vq, &first);
	assert_int_equal(foo_cursor_read(&c, in, 10), 10);
	for (uint32_t i = 0; i < 10; i++)
		assert_int_equal(in[i], vqt_pattern_byte(i, 21));
	c = foo_cursor_writable(&t.vq, &first);
	assert_int_equal(foo_cursor_fill(&c, 0x77, 9), 5);
	assert_int_equal(((uint8_t *)vqt_va(&t, VQT_B, 5))[4], 0x77);
	vqt_close(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_any_cut),     cmocka_unit_test(test_write_any_cut),
		cmocka_unit_test(test_skip_and_fill),    cmocka_unit_test(test_copy_any_cut),
		cmocka_unit_test(test_copy_overlapping), cmocka_unit_test(test_iov),
		cmocka_unit_test(test_iov_limits),       VQT_BOTH(test_save),
	};

	return cmocka_run_group_tests_name("vq_chain", tests, NULL, NULL);
}
