/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * The dirty log of a migration: exactly the pages that the device wrote.
 */
#include "vq_fixture.h"

#define PAGE FOO_MEM_LOG_PAGE
#define LOG_BYTES (0x50000000 / PAGE / 8)
#define SIZE 1024 /* rings of several pages */

static void
log_open(struct vqt *t, void **state, uint64_t features)
{
	vqt_open(t, &(struct vqt_config){.packed = vqt_is_packed(state),
					 .size = SIZE,
					 .features = features,
					 .indirect_max = 4});
	t->log = calloc(1, LOG_BYTES);
	assert_non_null(t->log);
	foo_mem_set_log(&t->mem, t->log, LOG_BYTES);
}

/* These pages are marked, no others; then the log is empty again. A 0 stands for no page. */
static void
check_log(struct vqt *t, const uint64_t *gpa, unsigned int n)
{
	unsigned int marked = 0, wanted = 0;

	for (unsigned int i = 0; i < n; i++) {
		uint64_t page = gpa[i] / PAGE;

		if (gpa[i] == 0)
			continue;
		if (!(t->log[page / 8] >> page % 8 & 1))
			fail_msg("page of 0x%llx is not marked", (unsigned long long)gpa[i]);
		wanted++;
	}
	for (uint64_t page = 0; page < 8 * LOG_BYTES; page++) {
		bool found = false;

		if (!(t->log[page / 8] >> page % 8 & 1))
			continue;
		marked++;
		for (unsigned int i = 0; i < n; i++)
			found |= gpa[i] / PAGE == page;
		if (!found)
			fail_msg("page 0x%llx is marked", (unsigned long long)(page * PAGE));
	}
	assert_true(marked <= wanted);
	memset(t->log, 0, LOG_BYTES);
}

#define EXPECT_LOG(t, ...)                                                                         \
	check_log((t), (const uint64_t[]){__VA_ARGS__},                                            \
		  sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

/* Guest address of the used element (split) or descriptor (packed) at this position. */
static uint64_t
used_gpa(const struct vqt *t, unsigned int pos)
{
	return t->packed ? VQT_DESC + 16 * pos : VQT_DEVICE + 4 + 8 * pos;
}

/* Guest address of what a flush writes: the used index (split), the first descriptor (packed). */
static uint64_t
flush_gpa(const struct vqt *t, unsigned int pos)
{
	return t->packed ? VQT_DESC + 16 * pos : VQT_DEVICE + 2;
}

/* Chains there and back, to move on in the ring. */
static void
skip_chains(struct vqt *t, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		struct foo_chain chain;

		vqt_put_simple(t, 1);
		chain = vqt_pop_one(t);
		vqt_complete(t, &chain, 0);
		vqt_expect_used(t, t->token, 0);
	}
	memset(t->log, 0, LOG_BYTES);
}

static void
test_pop_and_read(void **state)
{
	struct foo_chain chain[2];
	struct foo_cursor c;
	uint8_t buf[300];
	struct vqt t;

	log_open(&t, state, 0);
	VQT_PUT_MIXED(&t, 1, {VQT_B - 100, 300, 0}, {VQT_C, 8, 0}, {VQT_C, 8, W});
	VQT_PUT(&t, {VQT_HOLE, 1, 0});
	assert_int_equal(foo_vq_pop(&t.vq, chain, 2), 2);
	c = foo_cursor_readable(&t.vq, &chain[0]);
	assert_int_equal(foo_cursor_read(&c, buf, 300), 300);
	assert_true(foo_vq_flush(&t.vq) == false);
	foo_vq_undo(&t.vq, chain, 2);
	EXPECT_LOG(&t, 0);
	vqt_close(&t);
}

/* Payload: the pages of the bytes written, not those of the chain. */
static void
test_write(void **state)
{
	struct foo_chain chain;
	struct foo_cursor c;
	uint8_t buf[3 * PAGE] = {0};
	struct vqt t;

	log_open(&t, state, 0);
	/* the last byte of a page, whole pages, two regions, out of order */
	VQT_PUT(&t, {VQT_C + 0xfff, 1, W}, {VQT_B - 1, 2, W}, {VQT_A + 0x2800, 2 * PAGE, W},
		{VQT_A, 3 * PAGE, W});
	chain = vqt_pop_one(&t);
	c = foo_cursor_writable(&t.vq, &chain);
	foo_cursor_write(&c, buf, 1);
	EXPECT_LOG(&t, VQT_C);
	foo_cursor_write(&c, buf, 1);
	EXPECT_LOG(&t, VQT_B - 1);
	foo_cursor_write(&c, buf, 1);
	EXPECT_LOG(&t, VQT_B);
	foo_cursor_write(&c, buf, 0x800);
	EXPECT_LOG(&t, VQT_A + 0x2000);
	foo_cursor_write(&c, buf, 1);
	EXPECT_LOG(&t, VQT_A + 0x3000);
	foo_cursor_skip(&c, 0xfff);
	EXPECT_LOG(&t, 0);
	foo_cursor_fill(&c, 1, 0x800);
	EXPECT_LOG(&t, VQT_A + 0x4000);
	foo_cursor_fill(&c, 1, PAGE + 1);
	EXPECT_LOG(&t, VQT_A, VQT_A + 0x1000);
	vqt_close(&t);
}

static void
test_copy(void **state)
{
	struct foo_chain chain[2];
	struct foo_cursor r, w;
	struct vqt t;

	log_open(&t, state, 0);
	VQT_PUT(&t, {VQT_A, 2 * PAGE, 0});
	VQT_PUT(&t, {VQT_C + 0x800, 100, W}, {VQT_C + 0x2000, 2 * PAGE, W});
	assert_int_equal(foo_vq_pop(&t.vq, chain, 2), 2);
	r = foo_cursor_readable(&t.vq, &chain[0]);
	w = foo_cursor_writable(&t.vq, &chain[1]);
	foo_cursor_copy(&w, &r, 100);
	EXPECT_LOG(&t, VQT_C);
	foo_cursor_copy(&w, &r, PAGE);
	EXPECT_LOG(&t, VQT_C + 0x2000);
	foo_cursor_copy(&w, &r, 1);
	EXPECT_LOG(&t, VQT_C + 0x3000);
	vqt_close(&t);
}

/* Used elements or descriptors at every page of the ring, and the used index. */
static void
test_used(void **state)
{
	struct foo_chain chain[4];
	struct vqt t;

	log_open(&t, state, 0);
	for (unsigned int at = 0; at < 3 * SIZE; at += 128) {
		unsigned int pos = at % SIZE;

		vqt_put_simple(&t, 4);
		assert_int_equal(foo_vq_pop(&t.vq, chain, 4), 4);
		for (unsigned int i = 0; i < 4; i++)
			foo_vq_push(&t.vq, &chain[i], i);
		foo_vq_flush(&t.vq);
		EXPECT_LOG(&t, used_gpa(&t, pos), used_gpa(&t, pos + 3), flush_gpa(&t, pos));
		/* a flush without a push writes nothing */
		assert_false(foo_vq_flush(&t.vq));
		EXPECT_LOG(&t, 0);
		for (unsigned int i = 0; i < 4; i++)
			vqt_expect_used(&t, t.token - 3 + i, i);
		skip_chains(&t, 124);
	}
	vqt_close(&t);
}

/* A burst over the end of the ring. */
static void
test_used_wraps(void **state)
{
	struct foo_chain chain[4];
	struct vqt t;

	log_open(&t, state, 0);
	skip_chains(&t, SIZE - 2);
	vqt_put_simple(&t, 4);
	assert_int_equal(foo_vq_pop(&t.vq, chain, 4), 4);
	for (unsigned int i = 0; i < 4; i++)
		foo_vq_push(&t.vq, &chain[i], 0);
	foo_vq_flush(&t.vq);
	/* the last element of a split ring lies across two pages */
	EXPECT_LOG(&t, used_gpa(&t, SIZE - 2), used_gpa(&t, SIZE - 1) + 7, used_gpa(&t, 0),
		   flush_gpa(&t, SIZE - 2));
	vqt_close(&t);
}

/* A refused chain is completed, too. */
static void
test_refused(void **state)
{
	struct foo_chain chain;
	struct vqt t;

	log_open(&t, state, 0);
	VQT_PUT(&t, {VQT_HOLE, 4, W});
	assert_int_equal(foo_vq_pop(&t.vq, &chain, 1), 1);
	assert_int_equal(chain.fault, FOO_FAULT_ADDR_UNMAPPED);
	EXPECT_LOG(&t, 0);
	vqt_complete(&t, &chain, 0);
	EXPECT_LOG(&t, used_gpa(&t, 0), flush_gpa(&t, 0));
	vqt_close(&t);
}

/* What asks the guest for kicks: flags, event index, or event structure. */
static void
test_kicks(void **state)
{
	const uint64_t event = BIT64(VIRTIO_RING_F_EVENT_IDX);
	struct vqt t;

	log_open(&t, state, 0);
	foo_vq_kicks_enable(&t.vq);
	EXPECT_LOG(&t, VQT_DEVICE);
	foo_vq_kicks_disable(&t.vq);
	EXPECT_LOG(&t, VQT_DEVICE);
	vqt_close(&t);

	log_open(&t, state, event);
	foo_vq_kicks_enable(&t.vq);
	EXPECT_LOG(&t, VQT_DEVICE + (t.packed ? 0 : 4 + 8 * SIZE));
	vqt_close(&t);
}

/* A migration starts while the queue works: marks from then on, none before, none after. */
static void
test_start_and_stop(void **state)
{
	struct foo_chain chain;
	struct foo_cursor c;
	struct vqt t;

	log_open(&t, state, 0);
	foo_mem_set_log(&t.mem, NULL, 0);
	for (unsigned int round = 0; round < 3; round++) {
		VQT_PUT(&t, {VQT_C, 8, W});
		chain = vqt_pop_one(&t);
		c = foo_cursor_writable(&t.vq, &chain);
		foo_cursor_fill(&c, 1, 8);
		vqt_complete(&t, &chain, 8);
		vqt_expect_used(&t, t.token, 8);
		if (round == 1)
			EXPECT_LOG(&t, VQT_C, used_gpa(&t, 1), flush_gpa(&t, 1));
		else
			EXPECT_LOG(&t, 0);
		foo_mem_set_log(&t.mem, round == 0 ? t.log : NULL, round == 0 ? LOG_BYTES : 0);
	}
	vqt_close(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VQT_BOTH(test_pop_and_read), VQT_BOTH(test_write),          VQT_BOTH(test_copy),
		VQT_BOTH(test_used),         VQT_BOTH(test_used_wraps),     VQT_BOTH(test_refused),
		VQT_BOTH(test_kicks),        VQT_BOTH(test_start_and_stop),
	};

	return cmocka_run_group_tests_name("vq_log", tests, NULL, NULL);
}
