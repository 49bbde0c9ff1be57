/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/*
 * In-flight tracking: what the next queue finds, and regions that nobody should believe. That a
 * crash may come at any moment is the business of test_vq_crash.c.
 */

#include <errno.h>

#include "vq_fixture.h"

#define SIZE 8

/* A queue with a region of exactly its size. */
struct tracked {
	struct vqt t;
	void *region;
	uint32_t bytes;
	unsigned int sent;
};

static struct foo_inflight_split *
split_of(const struct tracked *k)
{
	return k->region;
}

static struct foo_inflight_packed *
packed_of(const struct tracked *k)
{
	return k->region;
}

/* As after kill -9: private memory is gone, shared memory stays. */
static int
restart(struct tracked *k)
{
	struct vqt *t = &k->t;

	foo_vq_fini(&t->vq);
	/* what the control plane knows: of a packed ring nothing */
	if (!t->packed)
		t->vq_config.used_base = t->vq_config.avail_base = t->ring.used->idx;
	return foo_vq_init(&t->vq, &t->vq_config);
}

static void
open_tracked(struct tracked *k, void **state)
{
	memset(k, 0, sizeof(*k));
	vqt_open_default(&k->t, state);
	k->bytes = foo_inflight_size(k->t.packed, SIZE);
	k->region = calloc(1, k->bytes);
	assert_non_null(k->region);
	k->t.vq_config.inflight = k->region;
	k->t.vq_config.inflight_size = k->bytes;
	assert_int_equal(restart(k), 0);
}

static void
close_tracked(struct tracked *k)
{
	vqt_close(&k->t);
	free(k->region);
}

/* Request number n has a buffer of its own. */
static uint64_t
request_gpa(unsigned int n)
{
	return VQT_A + 16 * (n % 64);
}

static void
send(struct tracked *k, unsigned int n)
{
	for (; n > 0; n--, k->sent++)
		VQT_PUT(&k->t, {request_gpa(k->sent), 16, 0});
}

/* The next pop gives these requests. */
static void
expect_popped(struct tracked *k, struct foo_chain *chain, const unsigned int *request,
	      unsigned int n)
{
	unsigned int i;

	assert_int_equal(foo_vq_pop(&k->t.vq, chain, FOO_VQ_BURST_MAX), n);
	for (i = 0; i < n; i++) {
		assert_int_equal(chain[i].fault, FOO_FAULT_NONE);
		assert_ptr_equal(chain[i].seg->va, vqt_va(&k->t, request_gpa(request[i]), 16));
	}
}

#define EXPECT_POPPED(k, chain, ...)                                                               \
	do {                                                                                       \
		const unsigned int request_[] = {__VA_ARGS__};                                     \
		expect_popped((k), (chain), request_, RTE_DIM(request_));                          \
	} while (0)

/* The layout is the protocol's: 16 bytes and 32, a header of as much, lines of 64. */
static void
test_size(void **state)
{
	RTE_SET_USED(state);
	assert_int_equal(foo_inflight_size(false, 1), 64);
	assert_int_equal(foo_inflight_size(false, 256), 16 + 256 * 16 + 48);
	assert_int_equal(foo_inflight_size(true, 1), 64);
	assert_int_equal(foo_inflight_size(true, 256), 32 + 256 * 32 + 32);
	assert_int_equal(foo_inflight_size(true, 32768), 32 + 32768 * 32 + 32);
}

/* Nothing had been completed before the crash: the first request is not forgotten. */
static void
test_first(void **state)
{
	struct foo_chain chain[SIZE];
	struct tracked k;

	open_tracked(&k, state);
	assert_true(foo_inflight_is_used(k.region));
	send(&k, 1);
	EXPECT_POPPED(&k, chain, 0);
	assert_int_equal(restart(&k), 0);
	assert_true(foo_vq_replays(&k.t.vq));
	assert_true(foo_vq_avail(&k.t.vq));
	assert_true(foo_vq_avail_burst(&k.t.vq, 1));
	EXPECT_POPPED(&k, chain, 0);
	assert_false(foo_vq_replays(&k.t.vq));
	assert_false(foo_vq_avail(&k.t.vq));
	vqt_complete(&k.t, chain, 0);
	vqt_expect_used(&k.t, 1, 0);
	vqt_expect_working(&k.t);
	close_tracked(&k);
}

/* Completed out of order, and the ring's slots taken by others since. */
static void
test_out_of_order(void **state)
{
	struct foo_guest_used used[SIZE];
	struct foo_chain chain[SIZE], more[SIZE];
	struct tracked k;
	int i;

	open_tracked(&k, state);
	send(&k, SIZE);
	EXPECT_POPPED(&k, chain, 0, 1, 2, 3, 4, 5, 6, 7);
	foo_vq_push(&k.t.vq, &chain[6], 0);
	foo_vq_push(&k.t.vq, &chain[3], 0);
	foo_vq_push(&k.t.vq, &chain[4], 0);
	foo_vq_flush(&k.t.vq);
	assert_int_equal(foo_guest_ring_poll(&k.t.ring, used, SIZE), 3);
	send(&k, 3);
	EXPECT_POPPED(&k, more, 8, 9, 10);
	foo_vq_push(&k.t.vq, &more[1], 0); /* not flushed: the guest knows nothing of it */
	assert_int_equal(restart(&k), 0);
	EXPECT_POPPED(&k, chain, 0, 1, 2, 5, 7, 8, 9, 10);
	for (i = SIZE - 1; i >= 0; i--)
		vqt_complete(&k.t, &chain[i], 0);
	assert_int_equal(foo_guest_ring_poll(&k.t.ring, used, SIZE), SIZE);
	for (i = 0; i < 3 * SIZE; i++)
		vqt_expect_working(&k.t);
	close_tracked(&k);
}

/* Places at the end of 64 bits, as no back-end leaves them: the next ones are behind them still. */
static void
test_last_counter(void **state)
{
	struct foo_chain chain[SIZE];
	struct tracked k;

	open_tracked(&k, state);
	send(&k, 3);
	EXPECT_POPPED(&k, chain, 0, 1, 2);
	if (k.t.packed)
		packed_of(&k)->desc[2].counter = UINT64_MAX;
	else
		split_of(&k)->desc[2].counter = UINT64_MAX;
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(restart(&k), 0);
		EXPECT_POPPED(&k, chain, 0, 1, 2);
	}
	send(&k, 1);
	EXPECT_POPPED(&k, &chain[3], 3);
	assert_int_equal(restart(&k), 0);
	EXPECT_POPPED(&k, chain, 0, 1, 2, 3);
	for (unsigned int i = 0; i < 4; i++)
		vqt_complete(&k.t, &chain[i], 0);
	vqt_take(&k.t, 4);
	close_tracked(&k);
}

/* What was taken up again can be given back again; what was not yet is not lost by a restart. */
static void
test_undo(void **state)
{
	struct foo_chain chain[SIZE];
	struct tracked k;

	open_tracked(&k, state);
	send(&k, 3);
	EXPECT_POPPED(&k, chain, 0, 1, 2);
	foo_vq_undo(&k.t.vq, &chain[2], 1);
	assert_int_equal(restart(&k), 0);
	EXPECT_POPPED(&k, chain, 0, 1);
	assert_int_equal(foo_vq_pop(&k.t.vq, &chain[2], 1), 1);
	assert_false(chain[2].replayed);
	foo_vq_undo(&k.t.vq, &chain[1], 2);
	assert_true(foo_vq_replays(&k.t.vq));
	EXPECT_POPPED(&k, chain, 1);
	vqt_complete(&k.t, &chain[0], 0);
	assert_int_equal(restart(&k), 0);
	assert_int_equal(restart(&k), 0);
	EXPECT_POPPED(&k, chain, 0);
	EXPECT_POPPED(&k, &chain[1], 2);
	vqt_complete(&k.t, &chain[1], 0);
	vqt_complete(&k.t, &chain[0], 0);
	close_tracked(&k);
}

/* Chains of several descriptors, in the ring and in tables. */
static void
test_chains(void **state)
{
	struct foo_chain chain[SIZE];
	struct tracked k;
	unsigned int i;

	open_tracked(&k, state);
	VQT_PUT(&k.t, {VQT_A, 16, 0}, {VQT_A + 16, 8, 0}, {VQT_C, 8, W});
	VQT_PUT_MIXED(&k.t, 0, {VQT_A + 64, 16, 0}, {VQT_C + 64, 8, W});
	VQT_PUT_MIXED(&k.t, 1, {VQT_A + 128, 16, 0}, {VQT_A + 256, 4, 0}, {VQT_C + 128, 8, W});
	for (i = 0; i < 2; i++) {
		assert_int_equal(foo_vq_pop(&k.t.vq, chain, 1), 1);
		assert_int_equal(foo_vq_pop(&k.t.vq, &chain[1], 1), 1);
		assert_int_equal(foo_vq_pop(&k.t.vq, &chain[2], 1), 1);
		assert_int_equal(chain[0].read_len, 24);
		assert_int_equal(chain[0].slots, 3);
		assert_int_equal(chain[1].write_len, 8);
		assert_int_equal(chain[2].read_len, 20);
		assert_int_equal(chain[2].nread, 2);
		assert_int_equal(restart(&k), 0);
	}
	assert_int_equal(foo_vq_pop(&k.t.vq, chain, SIZE), 3);
	vqt_complete(&k.t, &chain[2], 5);
	vqt_expect_used(&k.t, 3, 5);
	vqt_complete(&k.t, &chain[0], 6);
	vqt_complete(&k.t, &chain[1], 7);
	vqt_expect_used(&k.t, 1, 6);
	vqt_expect_used(&k.t, 2, 7);
	vqt_expect_working(&k.t);
	close_tracked(&k);
}

/* The place goes to the front-end: the region ends to know it, unless it still has chains. */
static void
test_release(void **state)
{
	struct foo_chain chain[SIZE];
	struct tracked k;
	uint32_t i;

	open_tracked(&k, state);
	send(&k, 1);
	EXPECT_POPPED(&k, chain, 0);
	foo_inflight_release(k.region, k.t.packed, SIZE);
	assert_true(foo_inflight_is_used(k.region));
	vqt_complete(&k.t, &chain[0], 0);
	vqt_expect_used(&k.t, 1, 0);
	foo_inflight_release(k.region, k.t.packed, SIZE);
	assert_false(foo_inflight_is_used(k.region));
	for (i = 0; i < k.bytes; i++)
		assert_int_equal(((uint8_t *)k.region)[i], 0);
	vqt_reset(&k.t);
	assert_true(foo_inflight_is_used(k.region));
	vqt_expect_working(&k.t);
	close_tracked(&k);
}

/* What foo_vq_init() needs of a region. */
static void
test_config(void **state)
{
	struct foo_vq_config *cfg;
	struct tracked k;

	open_tracked(&k, state);
	cfg = &k.t.vq_config;
	cfg->inflight_size--;
	assert_int_equal(restart(&k), -EINVAL);
	cfg->inflight_size += 2;
	cfg->inflight = (uint8_t *)k.region + 4;
	assert_int_equal(restart(&k), -EINVAL);
	cfg->inflight = k.region;
	memset(k.region, 0, k.bytes);
	foo_vq_fini(&k.t.vq);
	/* two chains that nobody knows */
	cfg->avail_base += 2;
	assert_int_equal(foo_vq_init(&k.t.vq, cfg), -EINVAL);
	close_tracked(&k);
}

/* Spoil a word of a region with chains in it: the queue does not start. */
static void
expect_refused(void **state, size_t offset, uint16_t value)
{
	struct foo_chain chain[SIZE];
	struct tracked k;

	open_tracked(&k, state);
	VQT_PUT(&k.t, {VQT_A, 16, 0}, {VQT_A + 16, 8, 0});
	VQT_PUT(&k.t, {VQT_A + 32, 16, 0}, {VQT_A + 48, 8, 0});
	assert_int_equal(foo_vq_pop(&k.t.vq, chain, SIZE), 2);
	memcpy((uint8_t *)k.region + offset, &value, sizeof(value));
	assert_int_equal(restart(&k), -EBADMSG);
	close_tracked(&k);
}

#define SPLIT_AT(i, member)                                                                        \
	(sizeof(struct foo_inflight_split) + (i) * sizeof(struct foo_inflight_split_desc) +        \
	 offsetof(struct foo_inflight_split_desc, member))
#define PACKED_AT(i, member)                                                                       \
	(sizeof(struct foo_inflight_packed) + (i) * sizeof(struct foo_inflight_packed_desc) +      \
	 offsetof(struct foo_inflight_packed_desc, member))

static void
test_refused_split(void **state)
{
	RTE_SET_USED(state);
	void *split = (void *)&vqt_split;

	expect_refused(&split, offsetof(struct foo_inflight_split, version), 2);
	expect_refused(&split, offsetof(struct foo_inflight_split, desc_num), SIZE + 1);
	/* a batch of more than the queue, and one whose list leaves the table */
	expect_refused(&split, offsetof(struct foo_inflight_split, used_idx), 1);
	expect_refused(&split, SPLIT_AT(2, counter), 0);
}

static void
test_refused_packed(void **state)
{
	RTE_SET_USED(state);
	void *packed = (void *)&vqt_packed;

	expect_refused(&packed, offsetof(struct foo_inflight_packed, version), 2);
	expect_refused(&packed, offsetof(struct foo_inflight_packed, desc_num), SIZE - 1);
	expect_refused(&packed, offsetof(struct foo_inflight_packed, heads.old_free_head),
		       SIZE + 1);
	expect_refused(&packed, offsetof(struct foo_inflight_packed, heads.old_free_head), 5);
	expect_refused(&packed, offsetof(struct foo_inflight_packed, place.used_idx), SIZE);
	expect_refused(&packed, offsetof(struct foo_inflight_packed, place.old_used_idx), SIZE);
	expect_refused(&packed, offsetof(struct foo_inflight_packed, place.used_wrap), 2);
	expect_refused(&packed, PACKED_AT(5, next), 5);      /* a loop of free entries */
	expect_refused(&packed, PACKED_AT(6, next), 1);      /* into a chain */
	expect_refused(&packed, PACKED_AT(7, next), 0xffff); /* out of the table */
	expect_refused(&packed, PACKED_AT(0, next), 0);      /* a loop in a chain */
	expect_refused(&packed, PACKED_AT(0, next), 0xffff);
	expect_refused(&packed, PACKED_AT(0, num), 0);
	expect_refused(&packed, PACKED_AT(0, num), 0xffff);
	expect_refused(&packed, PACKED_AT(0, num), 3); /* into the next chain */
	expect_refused(&packed, PACKED_AT(0, last), 0);
	expect_refused(&packed, PACKED_AT(2, counter), 0);  /* as the first */
	expect_refused(&packed, PACKED_AT(2, inflight), 0); /* two entries are nobody's */
	expect_refused(&packed, PACKED_AT(3, inflight), 1); /* inside a chain */
}

/* The table changes after it was checked: what is inside stays inside. */
static void
test_changed(void **state)
{
	struct foo_chain chain[SIZE];
	struct tracked k;

	RTE_SET_USED(state);
	open_tracked(&k, (void *[]){(void *)&vqt_packed});
	VQT_PUT(&k.t, {VQT_A, 16, 0}, {VQT_A + 16, 8, 0});
	assert_int_equal(foo_vq_pop(&k.t.vq, chain, 1), 1);
	assert_int_equal(restart(&k), 0);
	packed_of(&k)->desc[0].flags &= ~N;
	assert_int_equal(foo_vq_pop(&k.t.vq, chain, 1), 0);
	assert_int_equal(k.t.vq.broken, FOO_FAULT_INFLIGHT_TABLE);
	packed_of(&k)->desc[0].flags |= N;
	packed_of(&k)->desc[1].flags |= N;
	assert_int_equal(restart(&k), 0);
	assert_int_equal(foo_vq_pop(&k.t.vq, chain, 1), 0);
	assert_int_equal(k.t.vq.broken, FOO_FAULT_CHAIN_LONG);
	close_tracked(&k);
}

/* A driver that uses descriptors again which it has not got back: there is room for size chains. */
static void
test_unflushed(void **state)
{
	struct foo_chain chain;
	struct tracked k;
	unsigned int i;

	RTE_SET_USED(state);
	open_tracked(&k, (void *[]){(void *)&vqt_split});
	for (i = 0; i < SIZE; i++) {
		foo_guest_ring_add_head(&k.t.ring, 3);
		foo_guest_ring_publish(&k.t.ring);
		assert_int_equal(foo_vq_pop(&k.t.vq, &chain, 1), 1);
		foo_vq_push(&k.t.vq, &chain, 0);
	}
	foo_guest_ring_add_head(&k.t.ring, 3);
	foo_guest_ring_publish(&k.t.ring);
	assert_int_equal(foo_vq_pop(&k.t.vq, &chain, 1), 0);
	assert_int_equal(k.t.vq.broken, FOO_FAULT_INFLIGHT_OVERFLOW);
	foo_vq_flush(&k.t.vq);
	close_tracked(&k);
}

/* Whatever a region says: the queue starts and runs, or it does not. */
static void
test_random(void **state)
{
	uint32_t dice = 1, i, n;
	struct foo_chain chain[FOO_VQ_BURST_MAX];
	unsigned int started = 0, round;
	struct tracked k;
	uint16_t used;
	void *good;

	open_tracked(&k, state);
	send(&k, SIZE);
	assert_int_equal(foo_vq_pop(&k.t.vq, chain, 5), 5);
	used = k.t.packed ? 0 : k.t.ring.used->idx;
	good = malloc(k.bytes);
	assert_non_null(good);
	memcpy(good, k.region, k.bytes);
	for (round = 0; round < 20000; round++) {
		memcpy(k.region, good, k.bytes);
		if (!k.t.packed)
			k.t.ring.used->idx = used;
		for (n = 1 + round % 4; n > 0; n--) {
			dice = dice * 1664525 + 1013904223;
			i = (dice >> 8) % k.bytes;
			/* small numbers meet more */
			((uint8_t *)k.region)[i] = (uint8_t)(dice >> 28);
		}
		split_of(&k)->version = FOO_INFLIGHT_VERSION;
		split_of(&k)->desc_num = SIZE;
		if (restart(&k) != 0)
			continue;
		started++;
		n = foo_vq_pop(&k.t.vq, chain, 5);
		n += foo_vq_pop(&k.t.vq, &chain[n], 5);
		if (n > 0 && n % 2 == 0)
			foo_vq_undo(&k.t.vq, &chain[--n], 1);
		foo_vq_push_burst(&k.t.vq, chain, NULL, (uint16_t)n);
		foo_vq_flush(&k.t.vq);
		foo_inflight_release(k.region, k.t.packed, SIZE);
	}
	assert_in_range(started, round / 10, round - 1);
	free(good);
	close_tracked(&k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_size),
		VQT_BOTH(test_first),
		VQT_BOTH(test_out_of_order),
		VQT_BOTH(test_last_counter),
		VQT_BOTH(test_undo),
		VQT_BOTH(test_chains),
		VQT_BOTH(test_release),
		VQT_BOTH(test_config),
		cmocka_unit_test(test_refused_split),
		cmocka_unit_test(test_refused_packed),
		cmocka_unit_test(test_changed),
		cmocka_unit_test(test_unflushed),
		VQT_BOTH(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
