/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Indirect descriptor tables, and the work that one pop may make.
 */
#include "vq_fixture.h"

static void
check_table(void **state, uint64_t gpa, uint32_t len, uint16_t flags, bool no_indirect,
	    enum foo_fault fault)
{
	const struct foo_guest_buf buf[] = {{VQT_A, 4, 0}, {gpa, len, I | flags}};
	struct vqt t;

	vqt_open(&t,
		 &(struct vqt_config){.packed = vqt_is_packed(state), .no_indirect = no_indirect});
	for (unsigned int first = 0; first < 2; first++) {
		vqt_add(&t, &buf[first], 2 - first, FOO_GUEST_DIRECT);
		foo_guest_ring_publish(&t.ring);
		if (foo_fault_reaction(fault) == FOO_REFUSE)
			vqt_expect_refused(&t, fault);
		else
			vqt_expect_broken(&t, fault);
	}
	vqt_close(&t);
}

static void
test_table_len(void **state)
{
	check_table(state, VQT_C, 0, 0, false, FOO_FAULT_INDIRECT_LEN);
	check_table(state, VQT_C, 1, 0, false, FOO_FAULT_INDIRECT_LEN);
	check_table(state, VQT_C, 15, 0, false, FOO_FAULT_INDIRECT_LEN);
	check_table(state, VQT_C, 17, 0, false, FOO_FAULT_INDIRECT_LEN);
	check_table(state, VQT_C, 9 * 16, 0, false, FOO_FAULT_INDIRECT_LEN);
	check_table(state, VQT_C, 0x10000 * 16 + 16, 0, false, FOO_FAULT_INDIRECT_LEN);
	check_table(state, VQT_C, 0xfffffff0, W, false, FOO_FAULT_INDIRECT_LEN);
}

static void
test_table_addr(void **state)
{
	check_table(state, VQT_HOLE, 32, 0, false, FOO_FAULT_ADDR_UNMAPPED);
	check_table(state, UINT64_MAX - 15, 32, 0, false, FOO_FAULT_ADDR_WRAP);
}

/* The first entry is there, the second, which the first one leads to, is not. */
static void
test_table_past_region(void **state)
{
	const struct vring_desc entry = {VQT_A, 4, vqt_is_packed(state) ? 0 : N, 1};
	const uint64_t gpa = VQT_C + VQT_DATA_SIZE - 16;
	struct vqt t;

	vqt_open_default(&t, state);
	memcpy(vqt_va(&t, gpa, 16), &entry, 16);
	VQT_PUT(&t, {gpa, 32, I});
	vqt_expect_refused(&t, FOO_FAULT_ADDR_UNMAPPED);
	vqt_close(&t);
}

static void
test_table_feature(void **state)
{
	check_table(state, VQT_C, 32, 0, true, FOO_FAULT_INDIRECT_FEATURE);
	check_table(state, VQT_HOLE, 17, W, true, FOO_FAULT_INDIRECT_FEATURE);
}

static void
test_table_nested(void **state)
{
	struct vqt t;

	vqt_open_default(&t, state);
	for (uint16_t direct = 0; direct < 2; direct++) {
		VQT_PUT_MIXED(&t, direct, {VQT_A, 4, 0}, {VQT_C, 32, I}, {VQT_A, 4, W});
		vqt_expect_broken(&t, FOO_FAULT_INDIRECT_NESTED);
	}
	vqt_close(&t);
}

static void
test_table_next(void **state)
{
	struct vqt t;

	vqt_open_default(&t, state);
	VQT_PUT(&t, {VQT_C, 16, I}, {VQT_A, 4, W});
	vqt_expect_broken(&t, FOO_FAULT_INDIRECT_NEXT);
	VQT_PUT(&t, {VQT_A, 4, 0}, {VQT_C, 16, I}, {VQT_A, 4, W});
	vqt_expect_broken(&t, FOO_FAULT_INDIRECT_NEXT);
	vqt_close(&t);
}

/* WRITE on the descriptor of the table itself means nothing (2.7.5.3.2). */
static void
test_table_write_ignored(void **state)
{
	struct foo_chain chain;
	struct vqt t;

	vqt_open_default(&t, state);
	VQT_PUT_MIXED(&t, FOO_GUEST_INDIRECT, {VQT_A, 4, 0}, {VQT_C, 7, W});
	chain = vqt_pop_one(&t);
	vqt_complete(&t, &chain, 0);
	vqt_expect_used(&t, t.token, 0);
	/* the same table again, by hand */
	VQT_PUT(&t, {t.ring.table_gpa, 32, I | W});
	chain = vqt_pop_one(&t);
	assert_int_equal(chain.read_len, 4);
	assert_int_equal(chain.write_len, 7);
	vqt_complete(&t, &chain, 7);
	vqt_expect_used(&t, t.token, 7);
	vqt_close(&t);
}

/* A table at every offset around the seam of two regions. */
static void
test_table_crosses_regions(void **state)
{
	bool packed = vqt_is_packed(state);
	struct foo_chain chain;
	struct vqt t;

	vqt_open_default(&t, state);
	for (uint64_t gpa = VQT_B - 64; gpa <= VQT_B; gpa++) {
		for (uint16_t i = 0; i < 4; i++) {
			uint16_t write = i < 2 ? 0 : W, next = i < 3 ? N : 0;
			struct vring_packed_desc p = {VQT_C + 8 * i, 4 + i, 0, write};
			struct vring_desc s = {VQT_C + 8 * i, 4 + i, write | next, i + 1};

			foo_guest_mem_write(&t.guest, gpa + 16 * i,
					    packed ? (void *)&p : (void *)&s, 16);
		}
		VQT_PUT(&t, {gpa, 64, I});
		chain = vqt_pop_one(&t);
		assert_int_equal(chain.nread, 2);
		assert_int_equal(chain.nwrite, 2);
		assert_int_equal(chain.read_len, 4 + 5);
		assert_int_equal(chain.write_len, 6 + 7);
		assert_ptr_equal(chain.seg[3].va, vqt_va(&t, VQT_C + 24, 7));
		vqt_complete(&t, &chain, 0);
		vqt_expect_used(&t, t.token, 0);
	}
	vqt_close(&t);
}

/* In a packed table NEXT and the id are reserved; all entries count (2.8.7). */
static void
test_packed_table_reserved(void **state)
{
	const struct vring_packed_desc entry[3] = {
		{VQT_A, 4, 0xffff, 0}, {VQT_A, 5, W | N, N}, {VQT_C, 6, 7, W}};
	struct foo_chain chain;
	struct vqt t;

	(void)state;
	vqt_open(&t, &(struct vqt_config){.packed = true});
	memcpy(vqt_va(&t, VQT_B, sizeof(entry)), entry, sizeof(entry));
	VQT_PUT(&t, {VQT_B, sizeof(entry), I});
	chain = vqt_pop_one(&t);
	assert_int_equal(chain.read_len, 9);
	assert_int_equal(chain.write_len, 6);
	vqt_close(&t);
}

/* A queue whose buffers the device only reads: WRITE is ignored in packed indirect tables. */
static void
test_table_read_only(void **state)
{
	const struct foo_guest_buf buf[] = {{VQT_A, 4, W}, {VQT_C, 8, 0}, {VQT_B, 2, W}};
	struct foo_chain chain;
	struct vqt t;

	vqt_open_default(&t, state);
	foo_vq_set_table_read_only(&t.vq);
	vqt_add(&t, buf, 3, FOO_GUEST_INDIRECT);
	foo_guest_ring_publish(&t.ring);
	if (!t.vq.packed) {
		vqt_expect_refused(&t, FOO_FAULT_READ_AFTER_WRITE);
	} else {
		chain = vqt_pop_one(&t);
		assert_int_equal(chain.fault, FOO_FAULT_NONE);
		assert_int_equal(chain.nread, 3);
		assert_int_equal(chain.nwrite, 0);
		assert_int_equal(chain.read_len, 14);
		vqt_complete(&t, &chain, 0);
		vqt_expect_used(&t, t.token, 0);
	}
	/* direct descriptors mean what they say */
	vqt_add(&t, buf, 3, 1);
	foo_guest_ring_publish(&t.ring);
	vqt_expect_refused(&t, FOO_FAULT_READ_AFTER_WRITE);
	vqt_close(&t);
}

/* ---- how much one pop does ---- */

/* Chains of 500 descriptors: a pop stops early, and the next ones bring the rest. */
static void
check_walk_bound(bool packed, uint16_t direct)
{
	static struct foo_guest_buf buf[500];
	struct foo_chain chain[FOO_VQ_BURST_MAX];
	unsigned int pops = 0, served = 0;
	struct vqt t;

	for (unsigned int i = 0; i < 500; i++)
		buf[i] = (struct foo_guest_buf){VQT_A + i, 1, 0};
	vqt_open(&t, &(struct vqt_config){.packed = packed, .size = 4096, .indirect_max = 500});
	for (unsigned int i = 0; i < 8; i++)
		vqt_add(&t, buf, 500, direct);
	foo_guest_ring_publish(&t.ring);
	while (foo_vq_avail(&t.vq)) {
		uint16_t n = foo_vq_pop(&t.vq, chain, FOO_VQ_BURST_MAX);

		/* the chain that goes beyond the bound is the last one */
		assert_in_range(n, 1, FOO_VQ_WALK_MAX / 500 + 1);
		for (uint16_t i = 0; i < n; i++) {
			assert_int_equal(chain[i].read_len, 500);
			foo_vq_push(&t.vq, &chain[i], 0);
		}
		foo_vq_flush(&t.vq);
		served += n;
		pops++;
	}
	assert_int_equal(served, 8);
	assert_true(pops >= 3);
	for (unsigned int i = 0; i < 8; i++)
		vqt_expect_used(&t, i + 1, 0);
	vqt_close(&t);
}

static void
test_walk_bound(void **state)
{
	check_walk_bound(vqt_is_packed(state), FOO_GUEST_DIRECT);
	check_walk_bound(vqt_is_packed(state), FOO_GUEST_INDIRECT);
	check_walk_bound(vqt_is_packed(state), 250);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VQT_BOTH(test_table_read_only),
		VQT_BOTH(test_table_len),
		VQT_BOTH(test_table_addr),
		VQT_BOTH(test_table_past_region),
		VQT_BOTH(test_table_feature),
		VQT_BOTH(test_table_nested),
		VQT_BOTH(test_table_next),
		VQT_BOTH(test_table_write_ignored),
		VQT_BOTH(test_table_crosses_regions),
		cmocka_unit_test(test_packed_table_reserved),
		VQT_BOTH(test_walk_bound),
	};

	return cmocka_run_group_tests_name("vq_table", tests, NULL, NULL);
}
