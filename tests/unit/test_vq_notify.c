/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Notifications both ways: which flush interrupts the guest, which publish kicks the device.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/time.h>

#include "vq_fixture.h"

#define EVENT_IDX BIT64(VIRTIO_RING_F_EVENT_IDX)

static void
open_queue(struct vqt *t, void **state, uint16_t size, uint16_t base, uint64_t features)
{
	vqt_open(t, &(struct vqt_config){.packed = vqt_is_packed(state),
					 .size = size,
					 .base = base,
					 .features = features});
}

/* Serve and take n chains; what flush said. */
static bool
round_trip(struct vqt *t, unsigned int n)
{
	bool wanted;

	vqt_serve(t, n);
	wanted = foo_vq_flush(&t->vq);
	vqt_take(t, n);
	return wanted;
}

/* ---- calls: device to guest ---- */

static void
test_call_flags(void **state)
{
	struct vqt t;

	open_queue(&t, state, 8, 0, 0);
	assert_true(round_trip(&t, 1));
	assert_true(round_trip(&t, 5));
	assert_int_equal(t.vq.stats.calls_suppressed, 0);
	foo_guest_ring_calls_disable(&t.ring);
	assert_false(round_trip(&t, 1));
	assert_false(round_trip(&t, 8));
	assert_int_equal(t.vq.stats.calls_suppressed, 2);
	foo_guest_ring_calls_enable(&t.ring, 0);
	assert_true(round_trip(&t, 3));
	assert_int_equal(t.vq.stats.calls_suppressed, 2);
	vqt_close(&t);
}

/* Where the guest scribbles into reserved bits, nothing bad happens, and DISABLE is the only way
 * to have no interrupts. */
static void
test_call_flags_hostile(void **state)
{
	struct vqt t;

	open_queue(&t, state, 8, 0, 0);
	for (uint32_t flags = 0; flags <= UINT16_MAX; flags += 3) {
		t.ring.avail->flags = (uint16_t)flags; /* packed: the offset, meaningless here */
		if (!vqt_is_packed(state))
			assert_int_equal(round_trip(&t, 1), !(flags & 1));
		else
			assert_true(round_trip(&t, 1));
	}
	/* a position does not count where EVENT_IDX was not negotiated */
	if (vqt_is_packed(state)) {
		t.ring.driver_event->flags = VRING_PACKED_EVENT_FLAG_DESC;
		for (uint16_t pos = 0; pos < 8; pos++) {
			t.ring.driver_event->off_wrap = pos;
			assert_true(round_trip(&t, 1));
		}
	}
	vqt_close(&t);
}

static void
test_call_event_enable_disable(void **state)
{
	struct vqt t;

	open_queue(&t, state, 8, 3, EVENT_IDX);
	for (unsigned int i = 0; i < 30; i++) {
		foo_guest_ring_calls_enable(&t.ring, 0);
		assert_true(round_trip(&t, 1 + i % 8));
		/* not asked again: once is enough */
		assert_false(round_trip(&t, 1));
		foo_guest_ring_calls_disable(&t.ring);
		assert_false(round_trip(&t, 1 + i % 8));
	}
	vqt_close(&t);
}

/* Interrupt only after some more chains were used. */
static void
test_call_event_later(void **state)
{
	struct vqt t;

	open_queue(&t, state, 8, 5, EVENT_IDX);
	for (uint16_t after = 0; after < 8; after++) {
		foo_guest_ring_calls_enable(&t.ring, after);
		for (uint16_t i = 0; i < after; i++)
			assert_false(round_trip(&t, 1));
		assert_true(round_trip(&t, 1));
		foo_guest_ring_calls_enable(&t.ring, after);
		assert_true(round_trip(&t, after + 1));
		foo_guest_ring_calls_enable(&t.ring, after);
		if (after != 0)
			assert_false(round_trip(&t, after));
	}
	vqt_close(&t);
}

/* Every value that used_event can have, against the plain definition (2.7.7). */
static void
check_used_event_split(uint16_t size, uint16_t base, unsigned int n)
{
	uint16_t old = base;
	struct vqt t;

	vqt_open(&t, &(struct vqt_config){.size = size, .base = base, .features = EVENT_IDX});
	for (int distance = -70; distance <= 70; distance++) {
		bool expected = distance >= 0 && distance < (int)n;

		t.ring.avail->ring[size] = (uint16_t)(old + distance);
		assert_int_equal(round_trip(&t, n), expected);
		old += n;
	}
	for (uint32_t event = 0; event <= UINT16_MAX; event += 7) {
		t.ring.avail->ring[size] = (uint16_t)event;
		assert_int_equal(round_trip(&t, n), (uint16_t)(event - old) < n);
		old += n;
	}
	assert_int_equal(t.vq.broken, FOO_FAULT_NONE);
	vqt_close(&t);
}

static void
test_used_event_split(void **state)
{
	(void)state;
	check_used_event_split(1, 0xffc0, 1);
	check_used_event_split(2, 0xff00, 1);
	check_used_event_split(2, 0xff01, 2);
	check_used_event_split(8, 0xff80, 3);
	check_used_event_split(8, 0, 8);
	check_used_event_split(32768, 0x7f00, 5);
}

/* Every position and wrap counter, and positions that the ring does not have (2.8.10). */
static void
check_used_event_packed(uint16_t size, unsigned int n)
{
	struct vqt t;

	vqt_open(&t, &(struct vqt_config){.packed = true, .size = size, .features = EVENT_IDX});
	t.ring.driver_event->flags = VRING_PACKED_EVENT_FLAG_DESC;
	for (uint32_t event = 0; event <= UINT16_MAX; event += (event & 0x7fff) > size ? 1111 : 1) {
		uint16_t pos = t.ring.used_idx;
		bool wrap = t.ring.used_wrap, expected = false, wanted;

		for (unsigned int i = 0; i < n; i++) {
			expected |= event == (uint32_t)(pos | wrap << 15);
			if (++pos == size) {
				pos = 0;
				wrap = !wrap;
			}
		}
		t.ring.driver_event->off_wrap = (uint16_t)event;
		wanted = round_trip(&t, n);
		if ((event & 0x7fff) < size)
			assert_int_equal(wanted, expected);
	}
	assert_int_equal(t.vq.broken, FOO_FAULT_NONE);
	vqt_close(&t);
}

static void
test_used_event_packed(void **state)
{
	static const uint16_t size[] = {1, 2, 3, 7, 8, 13};

	(void)state;
	for (unsigned int i = 0; i < 6; i++)
		for (unsigned int n = 1; n <= size[i]; n++)
			check_used_event_packed(size[i], n);
	check_used_event_packed(32768, 1);
	check_used_event_packed(32768, 60);
}

/* An event inside the slots of one long packed chain counts. */
static void
test_used_event_packed_slots(void **state)
{
	struct foo_chain chain;
	struct vqt t;

	(void)state;
	vqt_open(&t, &(struct vqt_config){.packed = true, .size = 8, .features = EVENT_IDX});
	for (uint16_t after = 0; after < 5; after++) {
		foo_guest_ring_calls_enable(&t.ring, after);
		VQT_PUT(&t, {VQT_A, 1, 0}, {VQT_A, 2, 0}, {VQT_A, 3, W});
		chain = vqt_pop_one(&t);
		foo_vq_push(&t.vq, &chain, 0);
		assert_int_equal(foo_vq_flush(&t.vq), after < 3);
		vqt_expect_used(&t, t.token, 0);
	}
	vqt_close(&t);
}

static void
test_packed_event_enable_flag(void **state)
{
	struct vqt t;

	(void)state;
	vqt_open(&t, &(struct vqt_config){.packed = true, .features = EVENT_IDX});
	for (uint16_t i = 0; i < 40; i++) {
		/* ENABLE means always, wherever the offset points */
		t.ring.driver_event->off_wrap = i * 0x1357;
		t.ring.driver_event->flags = VRING_PACKED_EVENT_FLAG_ENABLE;
		assert_true(round_trip(&t, 1 + i % 3));
		t.ring.driver_event->flags = VRING_PACKED_EVENT_FLAG_DISABLE;
		assert_false(round_trip(&t, 1 + i % 3));
	}
	vqt_close(&t);
}

/* Several flushes, each asked for its own chains only. */
static void
test_call_each_flush(void **state)
{
	struct foo_chain chain[4];
	struct vqt t;

	open_queue(&t, state, 8, 6, EVENT_IDX);
	for (unsigned int at = 0; at < 4; at++) {
		foo_guest_ring_calls_enable(&t.ring, (uint16_t)at);
		vqt_put_simple(&t, 4);
		assert_int_equal(foo_vq_pop(&t.vq, chain, 4), 4);
		for (unsigned int i = 0; i < 4; i++) {
			foo_vq_push(&t.vq, &chain[i], 0);
			assert_int_equal(foo_vq_flush(&t.vq), i == at);
			assert_false(foo_vq_flush(&t.vq));
		}
		vqt_take(&t, 4);
	}
	vqt_close(&t);
}

static void
test_force_call(void **state)
{
	struct vqt t;

	open_queue(&t, state, 8, 0, 0);
	foo_guest_ring_calls_disable(&t.ring);
	foo_vq_force_call(&t.vq);
	assert_true(foo_vq_flush(&t.vq));
	assert_false(foo_vq_flush(&t.vq));
	assert_false(round_trip(&t, 2));
	foo_vq_force_call(&t.vq);
	assert_true(round_trip(&t, 2));
	assert_false(round_trip(&t, 2));
	assert_int_equal(t.vq.stats.calls_suppressed, 2);
	vqt_close(&t);
}

static void
test_call_counts(void **state)
{
	eventfd_t value;
	struct vqt t;

	open_queue(&t, state, 8, 0, 0);
	for (unsigned int i = 0; i < 3; i++)
		foo_vq_call(&t.vq);
	assert_int_equal(t.vq.stats.calls, 3);
	assert_int_equal(eventfd_read(t.callfd, &value), 0);
	assert_int_equal(value, 3);
	/* a flush alone writes nothing */
	assert_true(round_trip(&t, 1));
	assert_int_equal(eventfd_read(t.callfd, &value), -1);
	/* an eventfd that is full does not stop the lcore */
	assert_int_equal(eventfd_write(t.callfd, UINT64_MAX - 1), 0);
	foo_vq_call(&t.vq);
	assert_int_equal(eventfd_read(t.callfd, &value), 0);
	assert_int_equal(value, UINT64_MAX - 1);
	vqt_close(&t);
}

/* No eventfd: a guest that polls. Nothing to call, nothing counted as called. */
static void
test_no_callfd(void **state)
{
	struct vqt t;

	vqt_open(&t, &(struct vqt_config){.packed = vqt_is_packed(state), .no_callfd = true});
	round_trip(&t, 3);
	foo_vq_call(&t.vq);
	assert_int_equal(t.vq.stats.calls, 0);
	vqt_close(&t);
}

/* ---- kicks: guest to device ---- */

/* The guest adds one chain; whether it would kick. */
static bool
publish_one(struct vqt *t)
{
	const struct foo_guest_buf buf = {VQT_A, 4, 0};

	vqt_add(t, &buf, 1, FOO_GUEST_DIRECT);
	return foo_guest_ring_publish(&t->ring);
}

/* The device serves what is there. */
static void
serve_available(struct vqt *t, unsigned int n)
{
	struct foo_chain chain[64];

	assert_int_equal(foo_vq_pop(&t->vq, chain, 64), n);
	for (unsigned int i = 0; i < n; i++)
		foo_vq_push(&t->vq, &chain[i], 0);
	foo_vq_flush(&t->vq);
	vqt_take(t, n);
}

static void
check_kicks(bool packed, uint16_t size, uint16_t base, uint64_t features)
{
	struct vqt t;

	vqt_open(&t, &(struct vqt_config){
			     .packed = packed, .size = size, .base = base, .features = features});
	/* a split queue with EVENT_IDX may be kicked once for what a new ring says by chance */
	publish_one(&t);
	serve_available(&t, 1);
	for (unsigned int round = 0; round < 4u * size + 4; round++) {
		unsigned int more = round % size;

		assert_false(t.vq.kicks_wanted);
		assert_false(publish_one(&t));
		serve_available(&t, 1);
		foo_vq_kicks_enable(&t.vq);
		assert_true(t.vq.kicks_wanted);
		assert_false(foo_vq_avail(&t.vq));
		assert_true(publish_one(&t));
		assert_true(foo_vq_avail(&t.vq));
		/* with an event index the first kick is the only one */
		for (unsigned int i = 0; i < more; i++)
			assert_int_equal(publish_one(&t), features == 0);
		foo_vq_kicks_disable(&t.vq);
		serve_available(&t, more + 1);
		assert_false(publish_one(&t));
		serve_available(&t, 1);
	}
	vqt_close(&t);
}

static void
test_kicks(void **state)
{
	bool packed = vqt_is_packed(state);

	for (unsigned int events = 0; events < 2; events++) {
		uint64_t features = events ? EVENT_IDX : 0;

		check_kicks(packed, 1, 0, features);
		check_kicks(packed, 2, packed ? 0 : 0xfffe, features);
		check_kicks(packed, 8, packed ? 5 : 0xffc0, features);
		check_kicks(packed, 64, packed ? 100 : 0x7fff, features);
		if (packed) {
			check_kicks(true, 3, 1, features);
			check_kicks(true, 7, 13, features);
			check_kicks(true, 33, 65, features);
		}
	}
}

/* A burst that crosses the event is kicked for, wherever in it the event lies. */
static void
test_kick_within_burst(void **state)
{
	struct vqt t;

	open_queue(&t, state, 8, 7, EVENT_IDX);
	for (unsigned int n = 1; n <= 8; n++) {
		const struct foo_guest_buf buf = {VQT_A, 4, 0};

		foo_vq_kicks_enable(&t.vq);
		for (unsigned int i = 0; i < n; i++)
			vqt_add(&t, &buf, 1, FOO_GUEST_DIRECT);
		assert_true(foo_guest_ring_publish(&t.ring));
		foo_vq_kicks_disable(&t.vq);
		serve_available(&t, n);
	}
	vqt_close(&t);
}

/* Available before the device asks for kicks: no kick comes, so the look after it must see it. */
static void
test_enable_then_look(void **state)
{
	struct vqt t;

	open_queue(&t, state, 8, 0, EVENT_IDX);
	vqt_serve(&t, 1);
	foo_vq_flush(&t.vq);
	vqt_take(&t, 1);
	for (unsigned int i = 0; i < 40; i++) {
		assert_false(publish_one(&t));
		foo_vq_kicks_enable(&t.vq);
		assert_true(foo_vq_avail(&t.vq));
		foo_vq_kicks_disable(&t.vq);
		serve_available(&t, 1);
	}
	vqt_close(&t);
}

/* avail_event (split) and the device event structure (packed) are only ever written. */
static void
test_kicks_scribbled(void **state)
{
	bool packed = vqt_is_packed(state);
	struct vqt t;

	open_queue(&t, state, 8, 0, EVENT_IDX);
	for (unsigned int i = 0; i < 50; i++) {
		memset(t.ring.used, 0x11 * (i % 16), foo_guest_ring_device_bytes(8, packed));
		foo_vq_kicks_enable(&t.vq);
		assert_true(publish_one(&t));
		assert_true(foo_vq_avail(&t.vq));
		foo_vq_kicks_disable(&t.vq);
		serve_available(&t, 1);
	}
	assert_int_equal(t.vq.broken, FOO_FAULT_NONE);
	vqt_close(&t);
}

/* A split ring: what the last pop saw and left is there, not what came since. */
static void
test_avail_burst_split(void **state)
{
	struct foo_chain chain;
	struct vqt t;

	(void)state;
	vqt_open(&t, &(struct vqt_config){.size = 8});
	for (unsigned int there = 1; there < 8; there++) {
		for (unsigned int i = 0; i < there; i++)
			publish_one(&t);
		assert_false(foo_vq_avail_burst(&t.vq, 1));
		assert_int_equal(foo_vq_pop(&t.vq, &chain, 1), 1);
		publish_one(&t);
		for (uint16_t n = 1; n <= 8; n++)
			assert_int_equal(foo_vq_avail_burst(&t.vq, n), n < there);
		foo_vq_undo(&t.vq, &chain, 1);
		serve_available(&t, there + 1);
	}
	vqt_close(&t);
}

/* A packed ring: a burst is there when its last chain is, and never in a broken queue. */
static void
test_avail_burst_packed(void **state)
{
	struct vqt t;

	(void)state;
	vqt_open(&t, &(struct vqt_config){.packed = true, .size = 8});
	for (unsigned int round = 0; round < 20; round++) {
		for (uint16_t there = 0; there <= 8; there++) {
			for (uint16_t n = 1; n <= 8; n++)
				assert_int_equal(foo_vq_avail_burst(&t.vq, n), n <= there);
			/* more than the ring holds: a full ring will do */
			assert_int_equal(foo_vq_avail_burst(&t.vq, 32), there == 8);
			if (there < 8)
				publish_one(&t);
		}
		serve_available(&t, 8);
		/* another place in the ring for the next round */
		publish_one(&t);
		serve_available(&t, 1);
	}
	publish_one(&t);
	foo_vq_break(&t.vq, FOO_FAULT_RING_LOST);
	assert_false(foo_vq_avail_burst(&t.vq, 1));
	vqt_close(&t);
}

static void
on_alarm(int sig)
{
	(void)sig;
}

/* The guest has made its eventfd blocking, and full: a signal ends the write, and the queue. */
static void
test_call_blocked(void **state)
{
	/* again and again: the first may come too early */
	struct itimerval often = {.it_value = {0, 20000}, .it_interval = {0, 20000}},
			 off = {.it_value = {0}};
	struct sigaction sa = {.sa_handler = on_alarm}, old;
	struct vqt t;

	open_queue(&t, state, 8, 0, 0);
	sigaction(SIGALRM, &sa, &old);
	assert_int_equal(eventfd_write(t.callfd, UINT64_MAX - 1), 0);
	foo_vq_call(&t.vq); /* full alone holds nobody up */
	assert_int_equal(t.vq.broken, FOO_FAULT_NONE);
	assert_int_equal(fcntl(t.callfd, F_SETFL, 0), 0);
	setitimer(ITIMER_REAL, &often, NULL);
	foo_vq_call(&t.vq);
	setitimer(ITIMER_REAL, &off, NULL);
	sigaction(SIGALRM, &old, NULL);
	assert_int_equal(t.vq.broken, FOO_FAULT_CALL_BLOCKED);
	foo_vq_call(&t.vq); /* not a second time */
	vqt_close(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VQT_BOTH(test_call_flags),
		VQT_BOTH(test_call_flags_hostile),
		VQT_BOTH(test_call_event_enable_disable),
		VQT_BOTH(test_call_event_later),
		cmocka_unit_test(test_used_event_split),
		cmocka_unit_test(test_used_event_packed),
		cmocka_unit_test(test_used_event_packed_slots),
		cmocka_unit_test(test_packed_event_enable_flag),
		VQT_BOTH(test_call_each_flush),
		VQT_BOTH(test_force_call),
		VQT_BOTH(test_call_counts),
		VQT_BOTH(test_no_callfd),
		VQT_BOTH(test_kicks),
		VQT_BOTH(test_kick_within_burst),
		VQT_BOTH(test_enable_then_look),
		VQT_BOTH(test_kicks_scribbled),
		cmocka_unit_test(test_avail_burst_split),
		cmocka_unit_test(test_avail_burst_packed),
		VQT_BOTH(test_call_blocked),
	};

	return cmocka_run_group_tests_name("vq_notify", tests, NULL, NULL);
}
