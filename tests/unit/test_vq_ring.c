/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Well-behaved rings of every size: bursts, order, undo, wrap-around, stop and start again.
 */
#include "vq_fixture.h"

/** A generator of its own: the same numbers on every machine. */
static uint32_t
rnd(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % below;
}

/* ---- bursts ---- */

static void
test_burst(void **state)
{
	struct foo_chain chain[300];
	uint32_t written[300];
	struct vqt t;

	vqt_open(&t, &(struct vqt_config){.packed = vqt_is_packed(state), .size = 256});
	vqt_put_simple(&t, 256);
	assert_int_equal(foo_vq_pop(&t.vq, chain, 10), 10);
	assert_int_equal(foo_vq_pop(&t.vq, chain + 10, 290), FOO_VQ_BURST_MAX);
	assert_int_equal(foo_vq_pop(&t.vq, chain + 74, FOO_VQ_BURST_MAX), FOO_VQ_BURST_MAX);
	assert_int_equal(foo_vq_pop(&t.vq, chain + 138, FOO_VQ_BURST_MAX), FOO_VQ_BURST_MAX);
	assert_int_equal(foo_vq_pop(&t.vq, chain + 202, FOO_VQ_BURST_MAX), 54);
	assert_int_equal(foo_vq_pop(&t.vq, chain, 1), 0);
	assert_int_equal(t.vq.stats.chains, 256);
	for (unsigned int i = 0; i < 256; i++)
		written[i] = i;
	foo_vq_push_burst(&t.vq, chain, written, 256);
	vqt_expect_idle(&t);
	foo_vq_flush(&t.vq);
	for (unsigned int i = 0; i < 256; i++)
		vqt_expect_used(&t, i + 1, i);
	vqt_expect_idle(&t);
	vqt_close(&t);
}

/* All chains of a burst keep their own pieces, whatever comes between them. */
static void
test_burst_pieces(void **state)
{
	static const uint64_t at[] = {VQT_A, VQT_A + 0x100, VQT_C, VQT_A, VQT_B - 2, VQT_C, VQT_C};
	struct foo_chain chain[32];
	struct foo_cursor c;
	uint32_t seed = 5;
	struct vqt t;

	vqt_open(&t, &(struct vqt_config){.packed = vqt_is_packed(state), .size = 128});
	for (unsigned int round = 0; round < 50; round++) {
		uint64_t gpa[32][3];
		uint8_t n[32], in[4];

		for (unsigned int i = 0; i < 32; i++) {
			struct foo_guest_buf buf[3];

			/* mostly single ones, in runs; 4 bytes each, which tell where they are */
			n[i] = rnd(&seed, 3) == 0 ? (uint8_t)(1 + rnd(&seed, 3)) : 1;
			for (unsigned int j = 0; j < n[i]; j++) {
				gpa[i][j] = at[rnd(&seed, 7)] + 4 * rnd(&seed, 16);
				buf[j] = (struct foo_guest_buf){gpa[i][j], 4, 0};
				vqt_pattern(&t, gpa[i][j], 4, (uint32_t)gpa[i][j] % 249);
			}
			vqt_add(&t, buf, n[i], rnd(&seed, 2) ? FOO_GUEST_DIRECT : 1);
		}
		foo_guest_ring_publish(&t.ring);
		assert_int_equal(foo_vq_pop(&t.vq, chain, 32), 32);
		for (unsigned int i = 0; i < 32; i++) {
			assert_int_equal(chain[i].read_len, 4 * n[i]);
			c = foo_cursor_readable(&t.vq, &chain[i]);
			for (unsigned int j = 0; j < n[i]; j++) {
				assert_int_equal(foo_cursor_read(&c, in, 4), 4);
				foo_guest_mem_read(&t.guest, gpa[i][j], &in[1], 1);
				assert_int_equal(in[0], in[1]);
			}
			assert_int_equal(chain[i].nread, c.seg - chain[i].seg + 1);
			foo_vq_push(&t.vq, &chain[i], 0);
		}
		/* no piece belongs to two chains */
		for (unsigned int i = 1; i < 32; i++)
			assert_true(chain[i].seg >= chain[i - 1].seg + chain[i - 1].nread);
		foo_vq_flush(&t.vq);
		for (unsigned int i = 0; i < 32; i++)
			vqt_expect_used(&t, t.token - 31 + i, 0);
	}
	vqt_close(&t);
}

/* Bursts of which nothing was written, over the end of the ring; the first with pushes before. */
static void
test_burst_unwritten(void **state)
{
	struct foo_chain chain[16];
	uint32_t written = 3;
	struct vqt t;

	vqt_open(&t, &(struct vqt_config){.packed = vqt_is_packed(state), .size = 16});
	foo_vq_push_burst(&t.vq, chain, NULL, 0);
	assert_false(foo_vq_flush(&t.vq));
	vqt_expect_idle(&t);
	for (unsigned int n = 1; n <= 15; n++) {
		vqt_put_simple(&t, n + 1);
		foo_vq_prefetch(&t.vq, 16);
		assert_int_equal(foo_vq_pop(&t.vq, chain, 16), n + 1);
		foo_vq_push_burst(&t.vq, chain, &written, 1);
		foo_vq_push_burst(&t.vq, chain + 1, NULL, (uint16_t)n);
		foo_vq_flush(&t.vq);
		vqt_expect_used(&t, t.token - n, 3);
		for (unsigned int i = 1; i <= n; i++)
			vqt_expect_used(&t, t.token - n + i, 0);
		vqt_expect_idle(&t);
	}
	vqt_close(&t);
}

/* Nothing is seen before the flush, everything after it. */
static void
test_flush_publishes(void **state)
{
	struct foo_chain chain[4];
	struct vqt t;

	vqt_open_default(&t, state);
	vqt_put_simple(&t, 4);
	assert_int_equal(foo_vq_pop(&t.vq, chain, 4), 4);
	foo_vq_push(&t.vq, &chain[0], 1);
	vqt_expect_idle(&t);
	foo_vq_push(&t.vq, &chain[1], 0);
	foo_vq_push(&t.vq, &chain[2], 3);
	vqt_expect_idle(&t);
	foo_vq_flush(&t.vq);
	vqt_expect_used(&t, 1, 1);
	vqt_expect_used(&t, 2, 0);
	vqt_expect_used(&t, 3, 3);
	vqt_expect_idle(&t);
	foo_vq_push(&t.vq, &chain[3], UINT32_MAX);
	foo_vq_flush(&t.vq);
	vqt_expect_used(&t, 4, UINT32_MAX);
	vqt_close(&t);
}

/* What a used packed descriptor says: WRITE exactly where something was written (2.8.6). */
static void
test_used_packed_flags(void **state)
{
	const uint16_t write_bit = VRING_DESC_F_WRITE;
	struct foo_chain chain[2];
	struct vqt t;

	(void)state;
	vqt_open(&t, &(struct vqt_config){.packed = true});
	for (unsigned int lap = 0; lap < 2; lap++) {
		uint16_t used_bits = lap == 0 ? 0x8080 : 0;

		for (unsigned int pos = 0; pos < 8; pos += 2) {
			VQT_PUT(&t, {VQT_A, 4, W});
			VQT_PUT(&t, {VQT_A, 4, W});
			assert_int_equal(foo_vq_pop(&t.vq, chain, 2), 2);
			foo_vq_push(&t.vq, &chain[0], 4);
			foo_vq_push(&t.vq, &chain[1], 0);
			foo_vq_flush(&t.vq);
			assert_int_equal(t.ring.packed_desc[pos].flags, used_bits | write_bit);
			assert_int_equal(t.ring.packed_desc[pos + 1].flags, used_bits);
			vqt_expect_used(&t, t.token - 1, 4);
			vqt_expect_used(&t, t.token, 0);
		}
	}
	vqt_close(&t);
}

/* ---- order ---- */

static void
test_out_of_order(void **state)
{
	static const uint8_t order[4][5] = {
		{4, 3, 2, 1, 0}, {2, 0, 4, 1, 3}, {0, 4, 1, 3, 2}, {1, 2, 3, 4, 0}};
	struct foo_chain chain[5];
	struct vqt t;

	vqt_open_default(&t, state);
	/* chains of 1, 2 or 1 descriptors: packed slots are used by others than made them */
	for (unsigned int round = 0; round < 40; round++) {
		const uint8_t *turn = order[round % 4];
		uint64_t first = t.token + 1;

		for (unsigned int i = 0; i < 5; i++) {
			if (i % 2 == 1)
				VQT_PUT(&t, {VQT_A + i, i + 1, 0}, {VQT_C, 1, W});
			else
				VQT_PUT(&t, {VQT_A + i, i + 1, 0});
		}
		assert_int_equal(foo_vq_pop(&t.vq, chain, 5), 5);
		for (unsigned int i = 0; i < 5; i++) {
			foo_vq_push(&t.vq, &chain[turn[i]], 100 + turn[i]);
			if (i == round % 5)
				foo_vq_flush(&t.vq);
		}
		foo_vq_flush(&t.vq);
		for (unsigned int i = 0; i < 5; i++)
			vqt_expect_used(&t, first + turn[i], 100 + turn[i]);
		vqt_expect_idle(&t);
	}
	vqt_close(&t);
}

static void
test_in_order(void **state)
{
	struct foo_chain chain[8];
	struct vqt t;

	vqt_open(&t, &(struct vqt_config){.packed = vqt_is_packed(state),
					  .features = BIT64(VIRTIO_F_IN_ORDER)});
	for (unsigned int round = 0; round < 50; round++) {
		unsigned int n = 1 + round % 4;

		for (unsigned int i = 0; i < n; i++)
			VQT_PUT(&t, {VQT_A, 1, 0}, {VQT_C, round + 1, W});
		assert_int_equal(foo_vq_pop(&t.vq, chain, 8), n);
		for (unsigned int i = 0; i < n; i++)
			foo_vq_push(&t.vq, &chain[i], round + i);
		foo_vq_flush(&t.vq);
		for (unsigned int i = 0; i < n; i++)
			vqt_expect_used(&t, t.token - n + 1 + i, round + i);
	}
	assert_false(t.ring.broken);
	vqt_close(&t);
}

/* ---- undo ---- */

static void
test_undo(void **state)
{
	struct foo_chain chain[8], again[8];
	struct vqt t;

	vqt_open(&t, &(struct vqt_config){.packed = vqt_is_packed(state), .size = 8});
	for (unsigned int round = 0; round < 60; round++) {
		unsigned int n = 1 + round % 4, back = round % (n + 1);

		for (unsigned int i = 0; i < n; i++)
			VQT_PUT(&t, {VQT_A, round + i + 1, 0}, {VQT_C, 1, W});
		assert_int_equal(foo_vq_pop(&t.vq, chain, 8), n);
		foo_vq_undo(&t.vq, chain + n - back, (uint16_t)back);
		assert_int_equal(t.vq.stats.chains, t.token - back);
		assert_int_equal(foo_vq_avail(&t.vq), back != 0);
		/* what was kept may be completed in between */
		for (unsigned int i = 0; i < n - back; i++)
			foo_vq_push(&t.vq, &chain[i], i);
		if (round & 1)
			foo_vq_flush(&t.vq);
		assert_int_equal(foo_vq_pop(&t.vq, again, 8), back);
		for (unsigned int i = 0; i < back; i++) {
			assert_int_equal(again[i].fault, FOO_FAULT_NONE);
			assert_int_equal(again[i].id, chain[n - back + i].id);
			assert_int_equal(again[i].slots, chain[n - back + i].slots);
			assert_int_equal(again[i].read_len, round + n - back + i + 1);
			foo_vq_push(&t.vq, &again[i], n - back + i);
		}
		foo_vq_flush(&t.vq);
		for (unsigned int i = 0; i < n; i++)
			vqt_expect_used(&t, t.token - n + 1 + i, i);
		assert_int_equal(t.vq.stats.chains, t.token);
	}
	vqt_close(&t);
}

/* Chains given back over and over never disappear: back-pressure that lasts. */
static void
test_undo_whole_ring(void **state)
{
	struct foo_chain chain[8];
	struct vqt t;

	vqt_open_default(&t, state);
	vqt_put_simple(&t, 8);
	for (unsigned int i = 0; i < 100; i++) {
		assert_int_equal(foo_vq_pop(&t.vq, chain, 8), 8);
		foo_vq_undo(&t.vq, chain, 8);
		assert_int_equal(t.vq.stats.chains, 0);
		assert_true(foo_vq_avail(&t.vq));
	}
	/* piece by piece, from the end */
	assert_int_equal(foo_vq_pop(&t.vq, chain, 8), 8);
	for (unsigned int i = 8; i > 0; i--)
		foo_vq_undo(&t.vq, &chain[i - 1], 1);
	assert_int_equal(foo_vq_pop(&t.vq, chain, 8), 8);
	for (unsigned int i = 0; i < 8; i++)
		foo_vq_push(&t.vq, &chain[i], 0);
	foo_vq_flush(&t.vq);
	for (unsigned int i = 0; i < 8; i++)
		vqt_expect_used(&t, i + 1, 0);
	vqt_close(&t);
}

/* ---- laps around rings of every size ---- */

/* Go around with bursts of changing length; every chain must come back with its own length. */
static void
check_laps(bool packed, uint16_t size, uint16_t base, uint64_t features, uint32_t chains)
{
	uint16_t max = size < 48 ? size : 48, n, burst = 0;
	struct foo_chain chain[48];
	uint64_t polled = 0;
	struct vqt t;

	vqt_open(&t, &(struct vqt_config){.packed = packed,
					  .size = size,
					  .base = base,
					  .features = features,
					  .indirect_max = 1});
	while (polled < chains) {
		burst = burst % max + 1;
		for (uint16_t i = 0; i < burst; i++) {
			struct foo_guest_buf buf = {VQT_A, t.token % 999 + 1, i & 1 ? W : 0};

			vqt_add(&t, &buf, 1, FOO_GUEST_DIRECT);
		}
		foo_guest_ring_publish(&t.ring);
		n = foo_vq_pop(&t.vq, chain, 48);
		assert_int_equal(n, burst);
		for (uint16_t i = 0; i < n; i++) {
			assert_int_equal(chain[i].fault, FOO_FAULT_NONE);
			foo_vq_push(&t.vq, &chain[i], chain[i].read_len + chain[i].write_len);
		}
		foo_vq_flush(&t.vq);
		for (uint16_t i = 0; i < n; i++, polled++)
			vqt_expect_used(&t, polled + 1, polled % 999 + 1);
	}
	assert_int_equal(t.vq.broken, FOO_FAULT_NONE);
	vqt_close(&t);
}

static void
test_laps_split(void **state)
{
	static const uint16_t size[] = {1, 2, 256, 32768};

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		check_laps(false, size[i], 0xfff0, 0, 200);
		check_laps(false, size[i], 0, BIT64(VIRTIO_RING_F_EVENT_IDX), 70000);
	}
}

static void
test_laps_packed(void **state)
{
	static const uint16_t size[] = {1, 2, 3, 7, 100, 256, 1000};

	(void)state;
	for (unsigned int i = 0; i < 7; i++)
		check_laps(true, size[i], 0, BIT64(VIRTIO_RING_F_EVENT_IDX), 5u * size[i] + 50);
	check_laps(true, 32768, 32768 - 10, 0, 100);
	check_laps(true, 32768, 0, 0, 70000);
	check_laps(true, 32767, 65534 - 10, 0, 40000);
	check_laps(true, 5, 5, BIT64(VIRTIO_F_IN_ORDER), 100);
}

/* The largest ring full to the last descriptor. */
static void
test_full_32768(void **state)
{
	struct foo_chain *chain = calloc(32768, sizeof(*chain));
	unsigned int n = 0, got;
	struct vqt t;

	assert_non_null(chain);
	vqt_open(&t, &(struct vqt_config){.packed = vqt_is_packed(state),
					  .size = 32768,
					  .base = 32767,
					  .indirect_max = 1});
	vqt_put_simple(&t, 32768);
	while ((got = foo_vq_pop(&t.vq, chain + n, 64)) != 0)
		n += got;
	assert_int_equal(n, 32768);
	assert_int_equal(t.vq.broken, FOO_FAULT_NONE);
	for (unsigned int i = 0; i < n; i++)
		foo_vq_push(&t.vq, &chain[i], i);
	foo_vq_flush(&t.vq);
	for (unsigned int i = 0; i < n; i++)
		vqt_expect_used(&t, i + 1, i);
	vqt_close(&t);
	free(chain);
}

/* ---- stop, and go on where it was ---- */

static void
test_bases(void **state)
{
	bool packed = vqt_is_packed(state);
	struct foo_chain chain[5];
	struct vqt t;

	for (uint16_t size = packed ? 5 : 8; size <= 8; size += 3) {
		vqt_open(&t, &(struct vqt_config){.packed = packed,
						  .size = size,
						  .base = (uint16_t)-3 * !packed});
		for (unsigned int round = 0; round < 4u * size; round++) {
			/* one completed, two given back, then the stop */
			vqt_put_simple(&t, 3);
			assert_int_equal(foo_vq_pop(&t.vq, chain, 5), 3);
			foo_vq_push(&t.vq, &chain[0], 7);
			foo_vq_undo(&t.vq, &chain[1], 2);
			foo_vq_flush(&t.vq);
			t.vq_config.avail_base = foo_vq_avail_base(&t.vq);
			t.vq_config.used_base = foo_vq_used_base(&t.vq);
			assert_int_equal(t.vq_config.avail_base, t.vq_config.used_base);
			foo_vq_fini(&t.vq);
			assert_int_equal(foo_vq_init(&t.vq, &t.vq_config), 0);
			assert_int_equal(foo_vq_pop(&t.vq, chain, 5), 2);
			foo_vq_push(&t.vq, &chain[0], 8);
			foo_vq_push(&t.vq, &chain[1], 9);
			foo_vq_flush(&t.vq);
			for (unsigned int i = 0; i < 3; i++)
				vqt_expect_used(&t, 3 * round + i + 1, 7 + i);
			vqt_expect_idle(&t);
		}
		vqt_close(&t);
	}
}

/* A split queue stopped with chains in flight takes them again from used_base on. */
static void
test_bases_in_flight(void **state)
{
	struct foo_chain chain[4];
	struct vqt t;

	(void)state;
	vqt_open(&t, &(struct vqt_config){.base = 0xfffe});
	vqt_put_simple(&t, 4);
	assert_int_equal(foo_vq_pop(&t.vq, chain, 4), 4);
	foo_vq_push(&t.vq, &chain[0], 0);
	foo_vq_flush(&t.vq);
	assert_int_equal(foo_vq_avail_base(&t.vq), 2);
	assert_int_equal(foo_vq_used_base(&t.vq), 0xffff);
	t.vq_config.avail_base = t.vq_config.used_base = foo_vq_used_base(&t.vq);
	foo_vq_fini(&t.vq);
	assert_int_equal(foo_vq_init(&t.vq, &t.vq_config), 0);
	assert_int_equal(foo_vq_pop(&t.vq, chain, 4), 3);
	vqt_close(&t);
}

/* ---- everything at random ---- */

struct flight {
	struct foo_chain chain[64];
	unsigned int n;
};

static void
random_add(struct vqt *t, uint32_t *seed)
{
	struct foo_guest_buf buf[6];
	uint16_t n = (uint16_t)(1 + rnd(seed, 6));
	uint16_t nread = (uint16_t)rnd(seed, n + 1u);

	for (uint16_t i = 0; i < n; i++)
		buf[i] = (struct foo_guest_buf){VQT_A + rnd(seed, 5000), 1 + rnd(seed, 50),
						i < nread ? 0 : W};
	/* the token tells what its chain must look like */
	buf[0].len = (uint32_t)(t->token + 1) % 1000 + 1;
	if (foo_guest_ring_add(&t->ring, buf, n, (uint16_t)rnd(seed, n + 1u), t->token + 1) >= 0)
		t->token++;
}

static void
random_device(struct vqt *t, struct flight *f, uint32_t *seed)
{
	uint16_t back, n = foo_vq_pop(&t->vq, f->chain + f->n, (uint16_t)rnd(seed, 8));

	for (unsigned int i = f->n; i < f->n + n; i++)
		assert_int_equal(f->chain[i].fault, FOO_FAULT_NONE);
	f->n += n;
	back = (uint16_t)rnd(seed, n + 1u);
	f->n -= back;
	foo_vq_undo(&t->vq, f->chain + f->n, back);
	for (unsigned int pushes = rnd(seed, 8); pushes > 0 && f->n > 0; pushes--) {
		unsigned int i = rnd(seed, f->n);

		/* the first piece may not be freed yet: its length is in the totals */
		foo_vq_push(&t->vq, &f->chain[i], f->chain[i].read_len + f->chain[i].write_len);
		f->chain[i] = f->chain[--f->n];
	}
	if (rnd(seed, 2))
		foo_vq_flush(&t->vq);
}

static void
test_random(void **state)
{
	static const uint16_t size[] = {8, 16, 32};
	struct foo_guest_used used;
	struct flight f;
	uint32_t seed = 20260101;
	struct vqt t;

	for (unsigned int s = 0; s < 3; s++) {
		uint8_t *seen = calloc(1, 20000);
		uint64_t polled = 0;

		assert_non_null(seen);
		f.n = 0;
		vqt_open(&t, &(struct vqt_config){
				     .packed = vqt_is_packed(state),
				     .size = (uint16_t)(size[s] - (vqt_is_packed(state) ? 1 : 0)),
				     .base = (uint16_t)(vqt_is_packed(state) ? 0 : 65000),
				     .features = s & 1 ? BIT64(VIRTIO_RING_F_EVENT_IDX) : 0});
		while (polled < 10000) {
			if (rnd(&seed, 3))
				random_add(&t, &seed);
			if (rnd(&seed, 2))
				foo_guest_ring_publish(&t.ring);
			random_device(&t, &f, &seed);
			while (foo_guest_ring_poll(&t.ring, &used, 1) == 1) {
				assert_in_range(used.token, 1, t.token);
				assert_int_equal(seen[used.token]++, 0);
				assert_in_range(used.len, used.token % 1000 + 1,
						used.token % 1000 + 1 + 5 * 50);
				polled++;
			}
			assert_int_equal(t.vq.broken, FOO_FAULT_NONE);
			assert_false(t.ring.broken);
		}
		vqt_close(&t);
		free(seen);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VQT_BOTH(test_burst),
		VQT_BOTH(test_burst_pieces),
		VQT_BOTH(test_burst_unwritten),
		VQT_BOTH(test_flush_publishes),
		cmocka_unit_test(test_used_packed_flags),
		VQT_BOTH(test_out_of_order),
		VQT_BOTH(test_in_order),
		VQT_BOTH(test_undo),
		VQT_BOTH(test_undo_whole_ring),
		cmocka_unit_test(test_laps_split),
		cmocka_unit_test(test_laps_packed),
		VQT_BOTH(test_full_32768),
		VQT_BOTH(test_bases),
		cmocka_unit_test(test_bases_in_flight),
		VQT_BOTH(test_random),
	};

	return cmocka_run_group_tests_name("vq_ring", tests, NULL, NULL);
}
