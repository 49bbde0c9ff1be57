/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Rings that cannot be believed: what breaks a queue, and what must not.
 */
#include "vq_fixture.h"

#define SIZE 8

/* ---- the list of faults ---- */

static void
test_names(void **state)
{
	(void)state;
	for (int i = 0; i < FOO_FAULT_MAX; i++) {
		const char *name = foo_fault_name((enum foo_fault)i);

		assert_true(strlen(name) > 0);
		assert_true(strlen(foo_fault_text((enum foo_fault)i)) > 0);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(name, foo_fault_name((enum foo_fault)j));
	}
	assert_string_equal(foo_fault_name(FOO_FAULT_AVAIL_JUMP), "avail_jump");
	assert_string_equal(foo_fault_name(FOO_FAULT_SEGMENTS), "segments");
	/* a value from nowhere has a name, too */
	assert_non_null(foo_fault_name((enum foo_fault)200));
	assert_non_null(foo_fault_text((enum foo_fault) - 1));
	assert_int_equal(foo_fault_reaction(FOO_FAULT_NONE), FOO_REFUSE);
}

static void
test_first_fault_is_kept(void **state)
{
	struct vqt t;

	vqt_open_default(&t, state);
	vqt_put_simple(&t, 1);
	foo_vq_break(&t.vq, FOO_FAULT_RING_LOST);
	foo_vq_break(&t.vq, FOO_FAULT_CHAIN_LONG);
	assert_int_equal(t.vq.broken, FOO_FAULT_RING_LOST);
	assert_int_equal(t.vq.stats.fault[FOO_FAULT_RING_LOST], 1);
	assert_int_equal(t.vq.stats.fault[FOO_FAULT_CHAIN_LONG], 1);
	assert_false(foo_vq_avail(&t.vq));
	vqt_reset(&t);
	vqt_expect_working(&t);
	vqt_close(&t);
}

/* What was popped before the fault is still completed; nothing comes after it. */
static void
test_break_within_burst(void **state)
{
	struct foo_chain chain[4];
	struct vqt t;

	vqt_open_default(&t, state);
	VQT_PUT(&t, {VQT_A, 4, 0});
	VQT_PUT(&t, {VQT_A, 16, I}, {VQT_A, 4, 0});
	VQT_PUT(&t, {VQT_A, 4, 0});
	assert_int_equal(foo_vq_pop(&t.vq, chain, 4), 1);
	assert_int_equal(t.vq.broken, FOO_FAULT_INDIRECT_NEXT);
	assert_int_equal(t.vq.stats.chains, 1);
	assert_int_equal(foo_vq_pop(&t.vq, chain + 1, 3), 0);
	foo_vq_push(&t.vq, &chain[0], 0);
	foo_vq_flush(&t.vq);
	vqt_expect_used(&t, 1, 0);
	vqt_expect_idle(&t);
	vqt_close(&t);
}

/* ---- avail index (split) ---- */

static void
check_avail_idx(uint16_t base, uint16_t move, enum foo_fault fault)
{
	struct vqt t;

	vqt_open(&t, &(struct vqt_config){.size = SIZE, .base = base});
	vqt_expect_working(&t);
	t.ring.avail->idx += move;
	if (fault != FOO_FAULT_NONE) {
		vqt_expect_broken(&t, fault);
	} else {
		struct foo_chain chain[SIZE];

		/* the heads are what was left in the ring: any valid ones */
		assert_int_equal(foo_vq_pop(&t.vq, chain, SIZE), move);
		assert_int_equal(t.vq.broken, FOO_FAULT_NONE);
	}
	vqt_close(&t);
}

static void
test_avail_jump(void **state)
{
	(void)state;
	for (uint32_t base = 0; base <= UINT16_MAX; base += 0xfffd) {
		check_avail_idx((uint16_t)base, SIZE, FOO_FAULT_NONE);
		check_avail_idx((uint16_t)base, SIZE + 1, FOO_FAULT_AVAIL_JUMP);
		check_avail_idx((uint16_t)base, 0x8000, FOO_FAULT_AVAIL_JUMP);
		check_avail_idx((uint16_t)base, (uint16_t)-1, FOO_FAULT_AVAIL_JUMP);
		check_avail_idx((uint16_t)base, (uint16_t)-SIZE, FOO_FAULT_AVAIL_JUMP);
	}
}

/* The index goes back by less than was seen and not taken: still a jump backwards. */
static void
test_avail_back_under_seen(void **state)
{
	struct foo_chain chain[SIZE];
	struct vqt t;

	(void)state;
	vqt_open(&t, &(struct vqt_config){.size = SIZE});
	vqt_put_simple(&t, 4);
	assert_int_equal(foo_vq_pop(&t.vq, chain, 2), 2);
	t.ring.avail->idx = 3;
	/* the two that were seen may be handed out, or not; then it must be noticed */
	while (foo_vq_pop(&t.vq, chain, 1) != 0)
		;
	assert_int_equal(t.vq.broken, FOO_FAULT_AVAIL_JUMP);
	vqt_close(&t);
}

/* ---- more in flight than the ring holds ---- */

static void
test_inflight_overflow_split(void **state)
{
	struct foo_chain chain[SIZE];
	struct vqt t;

	(void)state;
	vqt_open(&t, &(struct vqt_config){.size = SIZE});
	vqt_put_simple(&t, SIZE);
	assert_int_equal(foo_vq_pop(&t.vq, chain, SIZE), SIZE);
	/* a head that is in flight: refused only if there were room for it */
	foo_guest_ring_add_head(&t.ring, 0);
	foo_guest_ring_publish(&t.ring);
	vqt_expect_broken(&t, FOO_FAULT_INFLIGHT_OVERFLOW);
	vqt_close(&t);
}

static void
test_inflight_overflow_packed(void **state)
{
	struct foo_chain chain[SIZE];
	struct vqt t;

	(void)state;
	vqt_open(&t, &(struct vqt_config){.packed = true, .size = SIZE});
	vqt_put_simple(&t, SIZE);
	assert_int_equal(foo_vq_pop(&t.vq, chain, SIZE), SIZE);
	/* the next lap, over descriptors that the device still holds */
	for (int i = 0; i < SIZE; i++)
		t.ring.packed_desc[i].flags = 1 << VRING_PACKED_DESC_F_USED;
	vqt_expect_broken(&t, FOO_FAULT_INFLIGHT_OVERFLOW);
	vqt_close(&t);
}

static void
test_inflight_full_is_valid(void **state)
{
	struct foo_chain chain[SIZE];
	struct vqt t;

	vqt_open_default(&t, state);
	for (int round = 0; round < 5; round++) {
		vqt_put_simple(&t, SIZE);
		assert_int_equal(foo_vq_pop(&t.vq, chain, SIZE), SIZE);
		assert_int_equal(foo_vq_pop(&t.vq, chain, 1), 0);
		assert_int_equal(t.vq.broken, FOO_FAULT_NONE);
		for (int i = 0; i < SIZE; i++)
			foo_vq_push(&t.vq, &chain[i], 0);
		foo_vq_flush(&t.vq);
		for (int i = 0; i < SIZE; i++)
			vqt_expect_used(&t, (uint64_t)round * SIZE + i + 1, 0);
	}
	vqt_close(&t);
}

/* ---- heads ---- */

static void
check_head_range(uint16_t head)
{
	struct vqt t;

	vqt_open(&t, &(struct vqt_config){.size = SIZE});
	foo_guest_ring_add_head(&t.ring, head);
	foo_guest_ring_publish(&t.ring);
	vqt_expect_broken(&t, FOO_FAULT_HEAD_RANGE);
	vqt_close(&t);
}

static void
test_head_range(void **state)
{
	(void)state;
	check_head_range(SIZE);
	check_head_range(SIZE + 1);
	check_head_range(0x8000);
	check_head_range(UINT16_MAX);
}

static void
test_head_repeated(void **state)
{
	struct foo_chain first, again;
	struct vqt t;

	(void)state;
	vqt_open(&t, &(struct vqt_config){.size = SIZE});
	VQT_PUT(&t, {VQT_A, 4, 0});
	first = vqt_pop_one(&t);
	foo_guest_ring_add_head(&t.ring, first.id);
	foo_guest_ring_publish(&t.ring);
	assert_int_equal(foo_vq_pop(&t.vq, &again, 1), 1);
	assert_int_equal(again.fault, FOO_FAULT_HEAD_REPEATED);
	assert_int_equal(foo_fault_reaction(FOO_FAULT_HEAD_REPEATED), FOO_REFUSE);
	assert_int_equal(t.vq.stats.fault[FOO_FAULT_HEAD_REPEATED], 1);
	assert_null(again.seg);
	foo_vq_push(&t.vq, &again, 0);
	/* refusing it has not forgotten the first one */
	foo_guest_ring_add_head(&t.ring, first.id);
	foo_guest_ring_publish(&t.ring);
	assert_int_equal(foo_vq_pop(&t.vq, &again, 1), 1);
	assert_int_equal(again.fault, FOO_FAULT_HEAD_REPEATED);
	foo_vq_undo(&t.vq, &again, 1);
	assert_int_equal(foo_vq_pop(&t.vq, &again, 1), 1);
	assert_int_equal(again.fault, FOO_FAULT_HEAD_REPEATED);
	/* one that was undone counts when it is popped for good */
	assert_int_equal(t.vq.stats.fault[FOO_FAULT_HEAD_REPEATED], 2);
	foo_vq_push(&t.vq, &again, 0);
	/* once it is used, the head is free again */
	foo_vq_push(&t.vq, &first, 0);
	foo_vq_flush(&t.vq);
	foo_guest_ring_add_head(&t.ring, first.id);
	foo_guest_ring_publish(&t.ring);
	again = vqt_pop_one(&t);
	assert_int_equal(again.read_len, 4);
	vqt_close(&t);
}

/* The same head twice in one burst, and 65535 times in a row: one works, the rest are refused. */
static void
test_head_repeated_in_burst(void **state)
{
	struct foo_chain chain[SIZE];
	struct vqt t;

	(void)state;
	vqt_open(&t, &(struct vqt_config){.size = SIZE});
	for (int round = 0; round < 100; round++) {
		t.ring.desc[3] = (struct vring_desc){VQT_A, 4, 0, 0};
		for (int i = 0; i < SIZE; i++)
			foo_guest_ring_add_head(&t.ring, 3);
		foo_guest_ring_publish(&t.ring);
		assert_int_equal(foo_vq_pop(&t.vq, chain, SIZE), SIZE);
		assert_int_equal(chain[0].fault, FOO_FAULT_NONE);
		for (int i = 1; i < SIZE; i++)
			assert_int_equal(chain[i].fault, FOO_FAULT_HEAD_REPEATED);
		for (int i = SIZE - 1; i >= 0; i--)
			foo_vq_push(&t.vq, &chain[i], 0);
		foo_vq_flush(&t.vq);
	}
	assert_int_equal(t.vq.stats.fault[FOO_FAULT_HEAD_REPEATED], 100 * (SIZE - 1));
	vqt_close(&t);
}

/* ---- chains without end (split) ---- */

/* One head, descriptors as given by the test. */
static void
check_split_chain(const struct vring_desc *desc, unsigned int n, enum foo_fault fault)
{
	struct vqt t;

	vqt_open(&t, &(struct vqt_config){.size = SIZE});
	memcpy(t.ring.desc, desc, n * sizeof(*desc));
	foo_guest_ring_add_head(&t.ring, 0);
	foo_guest_ring_publish(&t.ring);
	if (fault == FOO_FAULT_NONE)
		vqt_pop_one(&t);
	else
		vqt_expect_broken(&t, fault);
	vqt_close(&t);
}

static void
test_next_range(void **state)
{
	(void)state;
	check_split_chain((struct vring_desc[]){{VQT_A, 4, N, SIZE}}, 1, FOO_FAULT_NEXT_RANGE);
	check_split_chain((struct vring_desc[]){{VQT_A, 4, N, UINT16_MAX}}, 1,
			  FOO_FAULT_NEXT_RANGE);
	check_split_chain((struct vring_desc[]){{VQT_A, 4, N, 1}, {VQT_A, 4, N, SIZE}}, 2,
			  FOO_FAULT_NEXT_RANGE);
	/* next counts only where NEXT is set */
	check_split_chain((struct vring_desc[]){{VQT_A, 4, 0, UINT16_MAX}}, 1, FOO_FAULT_NONE);
}

static void
test_loop(void **state)
{
	(void)state;
	check_split_chain((struct vring_desc[]){{VQT_A, 4, N, 0}}, 1, FOO_FAULT_CHAIN_LONG);
	check_split_chain((struct vring_desc[]){{VQT_A, 4, N, 1}, {VQT_A, 4, N, 0}}, 2,
			  FOO_FAULT_CHAIN_LONG);
	/* a loop that does not come back to the head */
	check_split_chain(
		(struct vring_desc[]){{VQT_A, 4, N, 1}, {VQT_A, 4, N | W, 2}, {VQT_A, 4, N | W, 1}},
		3, FOO_FAULT_CHAIN_LONG);
	/* of empty buffers: nothing accumulates, and yet it ends */
	check_split_chain((struct vring_desc[]){{VQT_A, 0, N, 0}}, 1, FOO_FAULT_CHAIN_LONG);
}

/* Loops and bad indices inside an indirect table. */
static void
check_split_table(const struct vring_desc *desc, unsigned int n, enum foo_fault fault)
{
	struct vqt t;

	vqt_open(&t, &(struct vqt_config){.size = SIZE});
	memcpy(vqt_va(&t, VQT_B, n * sizeof(*desc)), desc, n * sizeof(*desc));
	VQT_PUT(&t, {VQT_B, n * sizeof(*desc), I});
	if (fault == FOO_FAULT_NONE)
		vqt_pop_one(&t);
	else
		vqt_expect_broken(&t, fault);
	vqt_close(&t);
}

static void
test_table_loop(void **state)
{
	(void)state;
	check_split_table((struct vring_desc[]){{VQT_A, 4, N, 0}}, 1, FOO_FAULT_CHAIN_LONG);
	check_split_table((struct vring_desc[]){{VQT_A, 4, N, 1}, {VQT_A, 4, N, 0}}, 2,
			  FOO_FAULT_CHAIN_LONG);
	check_split_table((struct vring_desc[]){{VQT_A, 4, N, 1}, {VQT_A, 4, N, 1}}, 2,
			  FOO_FAULT_CHAIN_LONG);
}

static void
test_table_next_range(void **state)
{
	(void)state;
	/* inside the queue size, outside the table */
	check_split_table((struct vring_desc[]){{VQT_A, 4, N, 2}, {VQT_A, 4, 0, 0}}, 2,
			  FOO_FAULT_NEXT_RANGE);
	check_split_table((struct vring_desc[]){{VQT_A, 4, N, UINT16_MAX}}, 1,
			  FOO_FAULT_NEXT_RANGE);
	/* backwards and skipping is allowed (2.7.5.3) */
	check_split_table(
		(struct vring_desc[]){{VQT_A, 4, N, 2}, {VQT_A, 4, 0, 0}, {VQT_A, 4, N, 1}}, 3,
		FOO_FAULT_NONE);
}

/* ---- chains without end (packed) ---- */

static void
test_packed_endless(void **state)
{
	struct vqt t;

	(void)state;
	vqt_open(&t, &(struct vqt_config){.packed = true, .size = SIZE});
	for (int i = 0; i < SIZE; i++)
		t.ring.packed_desc[i] =
			(struct vring_packed_desc){VQT_A, 4, 0, N | 1 << VRING_PACKED_DESC_F_AVAIL};
	vqt_expect_broken(&t, FOO_FAULT_CHAIN_LONG);
	vqt_close(&t);
}

/* A chain may not run into the slots of chains that the device holds. */
static void
test_packed_into_inflight(void **state)
{
	struct foo_chain chain[2];
	struct vqt t;

	(void)state;
	vqt_open(&t, &(struct vqt_config){.packed = true, .size = SIZE});
	vqt_put_simple(&t, 2);
	assert_int_equal(foo_vq_pop(&t.vq, chain, 2), 2);
	for (int i = 2; i < SIZE; i++)
		t.ring.packed_desc[i] =
			(struct vring_packed_desc){VQT_A, 4, 0, N | 1 << VRING_PACKED_DESC_F_AVAIL};
	vqt_expect_broken(&t, FOO_FAULT_CHAIN_LONG);
	vqt_close(&t);
}

/* Wrap bits that say anything but available: nothing there, and no fault. */
static void
test_packed_wrap_bits(void **state)
{
	const uint16_t avail = 1 << VRING_PACKED_DESC_F_AVAIL;
	const uint16_t used = 1 << VRING_PACKED_DESC_F_USED;
	struct foo_chain chain;
	struct vqt t;

	(void)state;
	for (uint16_t base = 0; base <= SIZE; base += SIZE) {
		const uint16_t wrong[] = {0, avail | used, base == 0 ? used : avail};

		vqt_open(&t, &(struct vqt_config){.packed = true, .size = SIZE, .base = base});
		for (unsigned int i = 0; i < 3; i++) {
			t.ring.packed_desc[0] = (struct vring_packed_desc){VQT_A, 4, 0, wrong[i]};
			assert_false(foo_vq_avail(&t.vq));
			assert_int_equal(foo_vq_pop(&t.vq, &chain, 1), 0);
			assert_int_equal(t.vq.broken, FOO_FAULT_NONE);
		}
		t.ring.packed_desc[0].flags = base == 0 ? avail : used;
		assert_true(foo_vq_avail(&t.vq));
		vqt_pop_one(&t);
		vqt_close(&t);
	}
}

/* Buffer ids are the guest's business: any value comes back as it was. */
static void
test_packed_any_id(void **state)
{
	const uint16_t id[] = {SIZE, 0x7fff, 0x8000, UINT16_MAX, 3, 3, 3, 0};
	struct foo_chain chain[SIZE];
	struct vqt t;

	(void)state;
	vqt_open(&t, &(struct vqt_config){.packed = true, .size = SIZE});
	for (int i = 0; i < SIZE; i++)
		t.ring.packed_desc[i] =
			(struct vring_packed_desc){VQT_A, 4, id[i], 1 << VRING_PACKED_DESC_F_AVAIL};
	assert_int_equal(foo_vq_pop(&t.vq, chain, SIZE), SIZE);
	for (int i = 0; i < SIZE; i++) {
		assert_int_equal(chain[i].fault, FOO_FAULT_NONE);
		foo_vq_push(&t.vq, &chain[i], 0);
	}
	foo_vq_flush(&t.vq);
	for (int i = 0; i < SIZE; i++)
		assert_int_equal(t.ring.packed_desc[i].id, id[i]);
	assert_int_equal(t.vq.broken, FOO_FAULT_NONE);
	vqt_close(&t);
}

/* ---- how long a chain may be ---- */

/* direct + indirect descriptors of one byte each; budget is the queue size for all together. */
static void
check_length(bool packed, uint16_t direct, uint16_t indirect, enum foo_fault fault)
{
	struct foo_guest_buf buf[3 * SIZE];
	struct foo_chain chain;
	struct vqt t;

	vqt_open(&t,
		 &(struct vqt_config){.packed = packed, .size = SIZE, .indirect_max = 2 * SIZE});
	for (uint16_t i = 0; i < direct + indirect; i++)
		buf[i] = (struct foo_guest_buf){VQT_A + i, 1, i < 2 ? 0 : W};
	vqt_add(&t, buf, direct + indirect, direct);
	foo_guest_ring_publish(&t.ring);
	if (fault == FOO_FAULT_NONE) {
		chain = vqt_pop_one(&t);
		assert_int_equal(chain.nread + chain.nwrite, direct + indirect);
		vqt_complete(&t, &chain, 1);
		vqt_expect_used(&t, 1, 1);
		vqt_expect_working(&t);
	} else if (foo_fault_reaction(fault) == FOO_BREAK) {
		vqt_expect_broken(&t, fault);
	} else {
		vqt_expect_refused(&t, fault);
	}
	vqt_close(&t);
}

static void
test_chain_length(void **state)
{
	bool packed = vqt_is_packed(state);

	check_length(packed, SIZE, 0, FOO_FAULT_NONE);
	check_length(packed, 0, SIZE, FOO_FAULT_NONE);
	check_length(packed, 0, SIZE + 1, FOO_FAULT_INDIRECT_LEN);
	check_length(packed, 0, 2 * SIZE, FOO_FAULT_INDIRECT_LEN);
	for (uint16_t direct = 1; direct < SIZE; direct++) {
		check_length(packed, direct, SIZE - direct, FOO_FAULT_NONE);
		check_length(packed, direct, SIZE - direct + 1, FOO_FAULT_CHAIN_LONG);
		check_length(packed, direct, SIZE, FOO_FAULT_CHAIN_LONG);
	}
}

/* ---- what the device wrote is never read back ---- */

static void
test_used_scribbled(void **state)
{
	bool packed = vqt_is_packed(state);
	struct foo_chain chain;
	struct vqt t;

	vqt_open_default(&t, state);
	for (uint16_t i = 0; i < 5 * SIZE; i++) {
		/* the guest scribbles over the Device Area at the worst moments */
		memset(t.ring.used, i & 1 ? 0xff : 0x5a, foo_guest_ring_device_bytes(SIZE, packed));
		vqt_put_simple(&t, 1);
		chain = vqt_pop_one(&t);
		memset(t.ring.used, 0xa5, foo_guest_ring_device_bytes(SIZE, packed));
		foo_vq_push(&t.vq, &chain, 0);
		if (!packed)
			t.ring.used->idx = 0x1234;
		foo_vq_flush(&t.vq);
		vqt_expect_used(&t, i + 1, 0);
	}
	assert_int_equal(t.vq.broken, FOO_FAULT_NONE);
	vqt_close(&t);
}

/* A chain in flight lives from what was copied: its descriptors may be overwritten. */
static void
test_desc_scribbled_in_flight(void **state)
{
	uint8_t in[8];
	struct foo_cursor c;
	struct foo_chain chain;
	struct vqt t;

	vqt_open_default(&t, state);
	vqt_pattern(&t, VQT_A, 8, 5);
	VQT_PUT(&t, {VQT_A, 8, 0}, {VQT_B, 8, W});
	chain = vqt_pop_one(&t);
	memset(t.ring.desc, 0xff, foo_guest_ring_desc_bytes(SIZE));
	c = foo_cursor_readable(&t.vq, &chain);
	assert_int_equal(foo_cursor_read(&c, in, sizeof(in)), 8);
	assert_int_equal(in[7], vqt_pattern_byte(7, 5));
	c = foo_cursor_writable(&t.vq, &chain);
	assert_int_equal(foo_cursor_write(&c, in, sizeof(in)), 8);
	assert_memory_equal(vqt_va(&t, VQT_B, 8), in, 8);
	foo_vq_push(&t.vq, &chain, 8);
	foo_vq_flush(&t.vq);
	vqt_expect_used(&t, 1, 8);
	vqt_close(&t);
}

/* Nothing there, looked at again and again. */
static void
test_empty(void **state)
{
	struct foo_chain chain[4];
	struct vqt t;

	vqt_open_default(&t, state);
	for (int i = 0; i < 100; i++) {
		assert_false(foo_vq_avail(&t.vq));
		assert_int_equal(foo_vq_pop(&t.vq, chain, 4), 0);
		assert_false(foo_vq_flush(&t.vq));
	}
	vqt_put_simple(&t, 1);
	assert_true(foo_vq_avail(&t.vq));
	assert_int_equal(foo_vq_pop(&t.vq, chain, 0), 0);
	assert_true(foo_vq_avail(&t.vq));
	vqt_pop_one(&t);
	assert_int_equal(t.vq.stats.chains, 1);
	vqt_close(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		VQT_BOTH(test_first_fault_is_kept),
		VQT_BOTH(test_break_within_burst),
		cmocka_unit_test(test_avail_jump),
		cmocka_unit_test(test_avail_back_under_seen),
		cmocka_unit_test(test_inflight_overflow_split),
		cmocka_unit_test(test_inflight_overflow_packed),
		VQT_BOTH(test_inflight_full_is_valid),
		cmocka_unit_test(test_head_range),
		cmocka_unit_test(test_head_repeated),
		cmocka_unit_test(test_head_repeated_in_burst),
		cmocka_unit_test(test_next_range),
		cmocka_unit_test(test_loop),
		cmocka_unit_test(test_table_loop),
		cmocka_unit_test(test_table_next_range),
		cmocka_unit_test(test_packed_endless),
		cmocka_unit_test(test_packed_into_inflight),
		cmocka_unit_test(test_packed_wrap_bits),
		cmocka_unit_test(test_packed_any_id),
		VQT_BOTH(test_chain_length),
		VQT_BOTH(test_used_scribbled),
		VQT_BOTH(test_desc_scribbled_in_flight),
		VQT_BOTH(test_empty),
	};

	return cmocka_run_group_tests_name("vq_fault", tests, NULL, NULL);
}
