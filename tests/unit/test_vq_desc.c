/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Descriptors, valid and not: each case direct, in an indirect table, and half and half.
 */
#include <sys/mman.h>

#include "vq_fixture.h"

/** Where giant buffers are: address space without memory behind it. */
#define BIG_GPA UINT64_C(0x8000000000)
#define BIG_SIZE (UINT64_C(2) << 30)

/* ---- one chain, cut in every way ---- */

/* Put the chain with its first `direct` buffers direct. False: not possible for so few. */
static bool
put_cut(struct vqt *t, const struct foo_guest_buf *buf, uint16_t n, uint16_t direct)
{
	if (direct > n)
		return false;
	vqt_add(t, buf, n, direct);
	foo_guest_ring_publish(&t->ring);
	return true;
}

static void
check_refused(void **state, const struct foo_guest_buf *buf, uint16_t n, enum foo_fault fault)
{
	struct vqt t;

	vqt_open_default(&t, state);
	for (uint16_t direct = 0; put_cut(&t, buf, n, direct); direct++)
		vqt_expect_refused(&t, fault);
	vqt_close(&t);
}

#define REFUSED(state, fault, ...)                                                                 \
	check_refused((state), (const struct foo_guest_buf[]){__VA_ARGS__},                        \
		      sizeof((const struct foo_guest_buf[]){__VA_ARGS__}) /                        \
			      sizeof(struct foo_guest_buf),                                        \
		      (fault))

/* The chain is served, and its bytes are those at the guest addresses, in order. */
static void
check_served(void **state, const struct foo_guest_buf *buf, uint16_t n)
{
	struct foo_cursor r, w;
	struct foo_chain chain;
	uint8_t byte, in;
	uint32_t seed = 1;
	struct vqt t;

	vqt_open_default(&t, state);
	for (uint16_t direct = 0; put_cut(&t, buf, n, direct); direct++) {
		uint32_t written = 0;

		for (uint16_t i = 0; i < n; i++)
			vqt_pattern(&t, buf[i].gpa, buf[i].len, seed);
		chain = vqt_pop_one(&t);
		r = foo_cursor_readable(&t.vq, &chain);
		w = foo_cursor_writable(&t.vq, &chain);
		for (uint16_t i = 0; i < n; i++) {
			for (uint32_t at = 0; at < buf[i].len; at++) {
				byte = (uint8_t)(at ^ seed);
				if (buf[i].flags & W) {
					assert_int_equal(foo_cursor_write(&w, &byte, 1), 1);
					foo_guest_mem_read(&t.guest, buf[i].gpa + at, &in, 1);
					assert_int_equal(in, byte);
					written++;
				} else {
					assert_int_equal(foo_cursor_read(&r, &byte, 1), 1);
					assert_int_equal(byte, vqt_pattern_byte(at, seed));
				}
			}
		}
		assert_int_equal(r.left, 0);
		assert_int_equal(w.left, 0);
		assert_int_equal(chain.write_len, written);
		vqt_complete(&t, &chain, written);
		vqt_expect_used(&t, t.token, written);
		seed++;
	}
	vqt_close(&t);
}

#define SERVED(state, ...)                                                                         \
	check_served((state), (const struct foo_guest_buf[]){__VA_ARGS__},                         \
		     sizeof((const struct foo_guest_buf[]){__VA_ARGS__}) /                         \
			     sizeof(struct foo_guest_buf))

/* ---- addresses ---- */

static void
test_addr_wraps(void **state)
{
	REFUSED(state, FOO_FAULT_ADDR_WRAP, {UINT64_MAX - 7, 16, 0});
	REFUSED(state, FOO_FAULT_ADDR_WRAP, {UINT64_MAX, UINT32_MAX, W});
	REFUSED(state, FOO_FAULT_ADDR_WRAP, {VQT_A, 4, 0}, {UINT64_MAX - 7, 16, W});
	/* the byte that would be mapped behind the wrap must not help */
	REFUSED(state, FOO_FAULT_ADDR_WRAP, {UINT64_MAX - VQT_A, UINT32_MAX, 0});
}

static void
test_addr_unmapped(void **state)
{
	REFUSED(state, FOO_FAULT_ADDR_UNMAPPED, {VQT_HOLE, 4, 0});
	REFUSED(state, FOO_FAULT_ADDR_UNMAPPED, {0, 1, W});
	REFUSED(state, FOO_FAULT_ADDR_UNMAPPED, {VQT_A, 4, 0}, {VQT_HOLE, 4, W});
	REFUSED(state, FOO_FAULT_ADDR_UNMAPPED, {VQT_HOLE, 4, 0}, {VQT_A, 4, W});
	REFUSED(state, FOO_FAULT_ADDR_UNMAPPED, {UINT64_MAX - 1, 1, 0});
}

static void
test_addr_past_region(void **state)
{
	REFUSED(state, FOO_FAULT_ADDR_UNMAPPED, {VQT_C + VQT_DATA_SIZE - 4, 5, 0});
	REFUSED(state, FOO_FAULT_ADDR_UNMAPPED, {VQT_C + VQT_DATA_SIZE, 1, W});
	REFUSED(state, FOO_FAULT_ADDR_UNMAPPED, {VQT_C - 1, 2, 0});
	REFUSED(state, FOO_FAULT_ADDR_UNMAPPED, {VQT_C, UINT32_MAX, W});
	/* over two adjacent regions and one byte into the hole behind them */
	REFUSED(state, FOO_FAULT_ADDR_UNMAPPED, {VQT_A, 2 * VQT_DATA_SIZE + 1, 0});
	SERVED(state, {VQT_C + VQT_DATA_SIZE - 4, 4, 0}, {VQT_C, 1, W});
}

static void
test_spanning_regions(void **state)
{
	SERVED(state, {VQT_B - 3, 7, 0}, {VQT_C, 4, W});
	SERVED(state, {VQT_C, 4, 0}, {VQT_B - 100, 200, W});
	SERVED(state, {VQT_B - 1, 2, W});
	SERVED(state, {VQT_C, 3, 0}, {VQT_B - 1, 2, 0}, {VQT_C + 9, 2, W}, {VQT_A, 8, W});
}

static void
test_whole_regions(void **state)
{
	struct foo_chain chain;
	struct vqt t;

	vqt_open_default(&t, state);
	VQT_PUT(&t, {VQT_A, 2 * VQT_DATA_SIZE, 0}, {VQT_A, 2 * VQT_DATA_SIZE, W});
	chain = vqt_pop_one(&t);
	assert_int_equal(chain.nread, 2);
	assert_int_equal(chain.nwrite, 2);
	assert_int_equal(chain.read_len, 2 * VQT_DATA_SIZE);
	assert_ptr_equal(chain.seg[0].va, vqt_va(&t, VQT_A, VQT_DATA_SIZE));
	assert_int_equal(chain.seg[0].len, VQT_DATA_SIZE);
	assert_ptr_equal(chain.seg[1].va, vqt_va(&t, VQT_B, VQT_DATA_SIZE));
	vqt_close(&t);
}

/* Buffers of a chain of n, every other one in another region, the later half writable. */
static uint16_t
fill_alternating(struct foo_guest_buf *buf, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++)
		buf[i] = (struct foo_guest_buf){(i % 2 ? VQT_C : VQT_A) + i * 100u, i + 1u,
						i >= n / 2 ? W : 0};
	return n / 2;
}

/* Whatever way a chain of some length is read, its pieces are the same. */
static void
test_any_number(void **state)
{
	struct foo_guest_buf buf[24];
	struct foo_chain chain;
	struct vqt t;

	vqt_open(&t, &(struct vqt_config){
			     .packed = vqt_is_packed(state), .size = 32, .indirect_max = 32});
	for (uint16_t n = 1; n <= 24; n++) {
		uint16_t nread = fill_alternating(buf, n);

		for (unsigned int direct = 0; direct <= 1; direct++) {
			vqt_add(&t, buf, n, direct ? FOO_GUEST_DIRECT : 0);
			foo_guest_ring_publish(&t.ring);
			chain = vqt_pop_one(&t);
			assert_int_equal(chain.nread, nread);
			assert_int_equal(chain.nwrite, n - nread);
			assert_int_equal(chain.read_len, nread * (nread + 1) / 2);
			assert_int_equal(chain.read_len + chain.write_len, n * (n + 1) / 2);
			assert_int_equal(chain.slots, direct ? n : 1);
			for (uint16_t i = 0; i < n; i++) {
				assert_ptr_equal(chain.seg[i].va, vqt_va(&t, buf[i].gpa, 1));
				assert_int_equal(chain.seg[i].len, buf[i].len);
			}
			vqt_complete(&t, &chain, 0);
			vqt_expect_used(&t, t.token, 0);
		}
	}
	vqt_close(&t);
}

/* The rings are guest memory, too: a buffer may be there. */
static void
test_ring_as_buffer(void **state)
{
	uint8_t zero[64] = {0};
	struct foo_cursor c;
	struct foo_chain chain;
	struct vqt t;

	vqt_open_default(&t, state);
	VQT_PUT(&t, {VQT_DESC, 64, W});
	chain = vqt_pop_one(&t);
	c = foo_cursor_writable(&t.vq, &chain);
	assert_int_equal(foo_cursor_write(&c, zero, sizeof(zero)), 64);
	foo_vq_push(&t.vq, &chain, 64);
	foo_vq_flush(&t.vq);
	vqt_expect_used(&t, 1, 64);
	vqt_close(&t);
}

/* ---- lengths ---- */

static void
test_len_zero(void **state)
{
	SERVED(state, {VQT_A, 0, 0});
	SERVED(state, {VQT_A, 0, W});
	SERVED(state, {VQT_A, 0, 0}, {VQT_A, 5, 0}, {VQT_C, 0, W}, {VQT_C, 3, W});
	SERVED(state, {VQT_A, 5, 0}, {VQT_A + 5, 0, 0}, {VQT_C, 3, W}, {VQT_C, 0, W});
}

static void
test_len_zero_pieces(void **state)
{
	struct foo_chain chain;
	struct vqt t;

	vqt_open_default(&t, state);
	VQT_PUT(&t, {VQT_A, 0, 0}, {VQT_A, 5, 0}, {VQT_A, 0, 0}, {VQT_C, 0, W}, {VQT_C, 3, W});
	chain = vqt_pop_one(&t);
	/* a piece is never empty */
	assert_int_equal(chain.nread, 1);
	assert_int_equal(chain.nwrite, 1);
	assert_int_equal(chain.seg[0].len, 5);
	assert_int_equal(chain.seg[1].len, 3);
	vqt_complete(&t, &chain, 0);
	vqt_expect_used(&t, t.token, 0);
	/* alone, and where the last buffer was */
	for (uint64_t gpa = VQT_A; gpa <= VQT_C; gpa += VQT_C - VQT_A) {
		VQT_PUT(&t, {gpa, 1, W});
		chain = vqt_pop_one(&t);
		vqt_complete(&t, &chain, 0);
		vqt_expect_used(&t, t.token, 0);
		VQT_PUT(&t, {gpa, 0, W});
		chain = vqt_pop_one(&t);
		assert_int_equal(chain.nread + chain.nwrite, 0);
		vqt_complete(&t, &chain, 0);
		vqt_expect_used(&t, t.token, 0);
	}
	vqt_close(&t);
}

/* Two descriptors of those lengths over a giant region. */
static void
check_total(void **state, const struct foo_guest_buf *buf, uint16_t n, enum foo_fault fault)
{
	void *big =
		mmap(NULL, BIG_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct vqt t;

	assert_ptr_not_equal(big, MAP_FAILED);
	vqt_open_default(&t, state);
	assert_int_equal(foo_mem_add(&t.mem, BIG_GPA, BIG_SIZE, big), 0);
	for (uint16_t direct = 0; put_cut(&t, buf, n, direct); direct++) {
		if (fault == FOO_FAULT_NONE) {
			struct foo_chain chain = vqt_pop_one(&t);

			assert_int_equal((uint64_t)chain.read_len + chain.write_len, UINT32_MAX);
			vqt_complete(&t, &chain, 0);
			vqt_expect_used(&t, t.token, 0);
		} else {
			vqt_expect_refused(&t, fault);
		}
	}
	vqt_close(&t);
	munmap(big, BIG_SIZE);
}

static void
test_len_total(void **state)
{
	const uint32_t half = UINT32_C(1) << 31;
	const struct foo_guest_buf fits[] = {{BIG_GPA, half, 0}, {BIG_GPA, half - 1, 0}};
	const struct foo_guest_buf fits_mixed[] = {{BIG_GPA, half, 0}, {BIG_GPA, half - 1, W}};
	const struct foo_guest_buf full[] = {{BIG_GPA, half, 0}, {BIG_GPA, half, 0}};
	const struct foo_guest_buf full_mixed[] = {{BIG_GPA, half, 0}, {BIG_GPA, half, W}};
	const struct foo_guest_buf more[] = {
		{BIG_GPA, half, 0}, {BIG_GPA, half, 0}, {BIG_GPA, half, W}, {BIG_GPA, 4, W}};

	check_total(state, fits, 2, FOO_FAULT_NONE);
	check_total(state, fits_mixed, 2, FOO_FAULT_NONE);
	check_total(state, full, 2, FOO_FAULT_LEN_TOTAL);
	check_total(state, full_mixed, 2, FOO_FAULT_LEN_TOTAL);
	check_total(state, more, 4, FOO_FAULT_LEN_TOTAL);
}

/* ---- direction ---- */

static void
test_read_after_write(void **state)
{
	REFUSED(state, FOO_FAULT_READ_AFTER_WRITE, {VQT_A, 4, W}, {VQT_A, 4, 0});
	REFUSED(state, FOO_FAULT_READ_AFTER_WRITE, {VQT_A, 4, 0}, {VQT_A, 4, W}, {VQT_A, 4, 0});
	REFUSED(state, FOO_FAULT_READ_AFTER_WRITE, {VQT_A, 4, W}, {VQT_A, 4, 0}, {VQT_A, 4, W});
	SERVED(state, {VQT_A, 4, 0}, {VQT_A + 4, 4, 0}, {VQT_C, 4, W}, {VQT_C + 4, 4, W});
}

/* A refused chain in the middle of a burst: the others are served. */
static void
test_refused_within_burst(void **state)
{
	struct foo_chain chain[4];
	struct vqt t;

	vqt_open_default(&t, state);
	VQT_PUT(&t, {VQT_A, 4, 0});
	VQT_PUT(&t, {VQT_A, 4, 0}, {VQT_HOLE, 4, 0}, {VQT_A, 4, W});
	VQT_PUT_MIXED(&t, 1, {VQT_A, 4, 0}, {VQT_HOLE, 4, 0}, {VQT_A, 4, W});
	VQT_PUT(&t, {VQT_C, 9, W});
	assert_int_equal(foo_vq_pop(&t.vq, chain, 4), 4);
	assert_int_equal(chain[0].fault, FOO_FAULT_NONE);
	assert_int_equal(chain[1].fault, FOO_FAULT_ADDR_UNMAPPED);
	assert_int_equal(chain[2].fault, FOO_FAULT_ADDR_UNMAPPED);
	assert_int_equal(chain[3].fault, FOO_FAULT_NONE);
	assert_int_equal(chain[0].read_len, 4);
	assert_int_equal(chain[3].write_len, 9);
	assert_int_equal(t.vq.stats.fault[FOO_FAULT_ADDR_UNMAPPED], 2);
	for (unsigned int i = 0; i < 4; i++)
		foo_vq_push(&t.vq, &chain[i], chain[i].write_len);
	foo_vq_flush(&t.vq);
	vqt_expect_used(&t, 1, 0);
	vqt_expect_used(&t, 2, 0);
	vqt_expect_used(&t, 3, 0);
	vqt_expect_used(&t, 4, 9);
	vqt_close(&t);
}

/* Cursors over a refused chain are empty. */
static void
test_refused_is_empty(void **state)
{
	struct foo_cursor r, w;
	struct foo_chain chain;
	struct iovec iov[2];
	struct foo_seg seg;
	uint8_t byte = 0;
	uint32_t done;
	struct vqt t;

	vqt_open_default(&t, state);
	VQT_PUT(&t, {VQT_HOLE, 4, 0}, {VQT_A, 4, W});
	assert_int_equal(foo_vq_pop(&t.vq, &chain, 1), 1);
	r = foo_cursor_readable(&t.vq, &chain);
	w = foo_cursor_writable(&t.vq, &chain);
	assert_int_equal(foo_cursor_read(&r, &byte, 1), 0);
	assert_int_equal(foo_cursor_write(&w, &byte, 1), 0);
	assert_int_equal(foo_cursor_fill(&w, 0, 1), 0);
	assert_int_equal(foo_cursor_skip(&w, 1), 0);
	assert_int_equal(foo_cursor_copy(&w, &r, 1), 0);
	assert_int_equal(foo_cursor_iov(&w, iov, 2, 1, &done), 0);
	assert_int_equal(done, 0);
	assert_int_equal(foo_chain_save(&chain, &seg, 1), 0);
	vqt_close(&t);
}

/* ---- more pieces than are kept ---- */

/* A map in which one buffer of 16 bytes falls into 5 regions. */
static void
cut_memory(struct vqt *t)
{
	foo_mem_init(&t->mem);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(foo_mem_add(&t->mem, t->guest.region[i].gpa,
					     t->guest.region[i].size, t->guest.region[i].va),
				 0);
	for (unsigned int i = 0; i < 5; i++) {
		uint64_t off = i == 0 ? 0 : 0x1000 + 4 * i;
		uint64_t end = i == 4 ? VQT_DATA_SIZE : 0x1000 + 4 * (i + 1);

		assert_int_equal(foo_mem_add(&t->mem, VQT_A + off, end - off,
					     vqt_va(t, VQT_A + off, end - off)),
				 0);
	}
	foo_vq_fini(&t->vq);
	assert_int_equal(foo_vq_init(&t->vq, &t->vq_config), 0);
}

static void
put_cut_chain(struct vqt *t, uint16_t n)
{
	struct foo_guest_buf buf[64];

	for (uint16_t i = 0; i < n; i++)
		buf[i] = (struct foo_guest_buf){VQT_A + 0x1002, 16, 0};
	vqt_add(t, buf, n, FOO_GUEST_DIRECT);
	foo_guest_ring_publish(&t->ring);
}

static void
test_segments(void **state)
{
	struct foo_chain chain[3];
	struct vqt t;

	vqt_open(&t, &(struct vqt_config){.packed = vqt_is_packed(state), .size = 64});
	cut_memory(&t);
	put_cut_chain(&t, 64);
	assert_int_equal(foo_vq_pop(&t.vq, chain, 3), 1);
	assert_int_equal(chain[0].fault, FOO_FAULT_SEGMENTS);
	assert_int_equal(t.vq.stats.fault[FOO_FAULT_SEGMENTS], 1);
	vqt_complete(&t, &chain[0], 0);
	vqt_expect_used(&t, 1, 0);
	/* room for each alone, not for all: the rest comes with the next pop, not refused */
	for (int i = 0; i < 3; i++)
		put_cut_chain(&t, 20);
	for (unsigned int n = 0; n < 3;) {
		uint16_t got = foo_vq_pop(&t.vq, chain, 3);

		assert_in_range(got, 1, 3);
		for (uint16_t i = 0; i < got; i++, n++) {
			assert_int_equal(chain[i].fault, FOO_FAULT_NONE);
			assert_int_equal(chain[i].nread, 100);
			assert_int_equal(chain[i].read_len, 320);
			foo_vq_push(&t.vq, &chain[i], 0);
		}
	}
	assert_int_equal(t.vq.stats.fault[FOO_FAULT_SEGMENTS], 1);
	assert_int_equal(t.vq.broken, FOO_FAULT_NONE);
	vqt_close(&t);
}

/* The room for pieces is used up to the last one; what comes then waits for the next pop. */
static void
test_segments_exact(void **state)
{
	const struct foo_guest_buf one[2] = {{VQT_A + 0x3000, 7, 0}, {VQT_A + 0x3000, 8, 0}};
	struct foo_chain chain[4];
	struct vqt t;

	for (unsigned int spare = 0; spare <= 2; spare++) {
		vqt_open(&t, &(struct vqt_config){.packed = vqt_is_packed(state), .size = 64});
		cut_memory(&t);
		/* 2 pieces a slot and 64: 192; 38 buffers of 5 pieces, and two of one */
		assert_int_equal(t.vq.seg_max, 192);
		put_cut_chain(&t, 38);
		vqt_add(&t, one, 2 - spare % 2, FOO_GUEST_DIRECT);
		vqt_add(&t, one, spare == 2 ? 1 : 2, FOO_GUEST_DIRECT);
		foo_guest_ring_publish(&t.ring);
		assert_int_equal(foo_vq_pop(&t.vq, chain, 4), 2);
		assert_int_equal(foo_vq_pop(&t.vq, chain + 2, 2), 1);
		for (unsigned int i = 0; i < 3; i++)
			assert_int_equal(chain[i].fault, FOO_FAULT_NONE);
		assert_int_equal(chain[2].read_len, spare == 2 ? 7 : 15);
		assert_int_equal(t.vq.stats.fault[FOO_FAULT_SEGMENTS], 0);
		vqt_close(&t);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VQT_BOTH(test_addr_wraps),       VQT_BOTH(test_addr_unmapped),
		VQT_BOTH(test_addr_past_region), VQT_BOTH(test_spanning_regions),
		VQT_BOTH(test_whole_regions),    VQT_BOTH(test_any_number),
		VQT_BOTH(test_ring_as_buffer),   VQT_BOTH(test_len_zero),
		VQT_BOTH(test_len_zero_pieces),  VQT_BOTH(test_len_total),
		VQT_BOTH(test_read_after_write), VQT_BOTH(test_refused_within_burst),
		VQT_BOTH(test_refused_is_empty), VQT_BOTH(test_segments),
		VQT_BOTH(test_segments_exact),
	};

	return cmocka_run_group_tests_name("vq_desc", tests, NULL, NULL);
}
