/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Parts of a burst that the guest sees before its end: foo_vq_publish().
 */
#include "vq_fixture.h"

static void
open_queue(struct vqt *t, void **state, uint16_t base)
{
	vqt_open(t, &(struct vqt_config){.packed = vqt_is_packed(state),
					 .size = 8,
					 .base = base,
					 .features = BIT64(VIRTIO_RING_F_EVENT_IDX)});
}

/* What was published in parts is seen at once, and the flush is asked for all of it: whichever part
 * has the chain that the guest waits for. */
static void
test_publish(void **state)
{
	struct foo_chain chain[8];
	struct vqt t;

	open_queue(&t, state, 6);
	for (unsigned int at = 0; at <= 6; at++) {
		foo_guest_ring_calls_enable(&t.ring, (uint16_t)at);
		foo_vq_publish(&t.vq);
		vqt_put_simple(&t, 6);
		assert_int_equal(foo_vq_pop(&t.vq, chain, 8), 6);
		for (unsigned int i = 0; i < 6; i++) {
			foo_vq_push(&t.vq, &chain[i], 0);
			if (i % 2 == 1)
				foo_vq_publish(&t.vq);
			if (i % 2 == 1 && at % 2 == 1) /* otherwise it is not taken meanwhile */
				vqt_take(&t, 2);
		}
		assert_int_equal(foo_vq_flush(&t.vq), at < 6);
		assert_false(foo_vq_flush(&t.vq));
		if (at % 2 == 0)
			vqt_take(&t, 6);
	}
	vqt_close(&t);
}

/* A part that is published and a rest that is not, told by one flush of two queues. */
static void
test_publish_and_flush_both(void **state)
{
	struct vqt t, other;
	bool other_wants;

	open_queue(&t, state, 0);
	open_queue(&other, state, 0);
	for (unsigned int i = 0; i < 20; i++) {
		foo_guest_ring_calls_enable(&t.ring, 0);
		foo_guest_ring_calls_enable(&other.ring, 1);
		vqt_serve(&t, 1);
		vqt_serve(&other, 2);
		foo_vq_publish(&t.vq);
		foo_vq_publish(&other.vq);
		vqt_take(&t, 1);
		vqt_take(&other, 2);
		vqt_serve(&t, 3);
		assert_true(foo_vq_flush_both(&t.vq, &other.vq, &other_wants));
		assert_true(other_wants);
		assert_false(foo_vq_flush_both(&t.vq, &other.vq, &other_wants));
		assert_false(other_wants);
		vqt_take(&t, 3);
	}
	vqt_close(&t);
	vqt_close(&other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VQT_BOTH(test_publish),
		VQT_BOTH(test_publish_and_flush_both),
	};

	return cmocka_run_group_tests_name("vq_publish", tests, NULL, NULL);
}
