/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* What honest but uncommon guests do: every life of a queue has to work. */

#include <stdlib.h>
#include <unistd.h>

#include <sys/eventfd.h>

#include "ctl_env.h"

static const uint64_t formats[] = {
	CTL_SPLIT,
	CTL_PACKED,
	CTL_MODERN,
	CTL_MODERN | CTL_BIT(VIRTIO_F_RING_PACKED),
	CTL_SPLIT | CTL_BIT(VIRTIO_F_IN_ORDER),
	CTL_PACKED | CTL_BIT(VIRTIO_F_IN_ORDER),
	CTL_BIT(VIRTIO_F_VERSION_1),
};

#define NFORMATS (sizeof(formats) / sizeof(formats[0]))

static void
test_formats(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest_opt opt = {0};
	unsigned int i;

	for (i = 0; i < NFORMATS; i++) {
		opt.features = formats[i];
		opt.npairs = 1 + i % CTL_MAX_PAIRS;
		ctl_open_subject(env, &opt);
		assert_int_equal(env->subject.front.features & ~CTL_BIT(VIRTIO_NET_F_CTRL_VQ) &
					 ~CTL_BIT(FOO_FRONT_F_PROTOCOL_FEATURES),
				 formats[i] & ~CTL_BIT(VIRTIO_NET_F_CTRL_VQ));
		ctl_check_subject(env, 300);
		ctl_guest_close(&env->subject);
	}
}

/* Legacy: no VERSION_1, a 10 byte header, and no protocol features: rings are on from the kick. */
static void
test_legacy(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest_opt opt = {.features = CTL_BIT(VIRTIO_F_NOTIFY_ON_EMPTY),
				    .no_protocol = true};

	ctl_open_subject(env, &opt);
	assert_int_equal(env->subject.hdr_len, sizeof(struct virtio_net_hdr));
	assert_false(foo_front_has(&env->subject.front, FOO_FRONT_F_PROTOCOL_FEATURES));
	ctl_check_subject(env, 300);
}

/* Any subset of what is offered is a driver's right. */
static void
test_feature_subsets(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest_opt opt = {0};
	unsigned int seed = 7, i;

	for (i = 0; i < 60; i++) {
		opt.features = (uint64_t)rand_r(&seed) << 40 | (uint64_t)rand_r(&seed) << 20 |
			       (uint64_t)rand_r(&seed) | 1;
		opt.features &= ~CTL_BIT(VHOST_F_LOG_ALL);
		opt.npairs = 1 + i % 2;
		opt.no_protocol = i % 5 == 0;
		ctl_open_subject(env, &opt);
		ctl_check_subject(env, 70);
		ctl_guest_close(&env->subject);
	}
}

/* The 16 bit index passes its end within the test. */
static void
test_index_wrap(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest_opt opt = {.base = 65500};

	ctl_open_subject(env, &opt);
	ctl_check_subject(env, 300);
}

/* GET_QUEUE_NUM is the device's own number, not what the library could do at most. */
static void
test_queue_num(void **state)
{
	struct ctl_env *env = *state;

	ctl_open_subject(env, NULL);
	assert_int_equal(env->subject.front.queue_num, 4);
	assert_int_equal(env->witness[0].front.queue_num, 1);
}

/* QEMU mentions all vrings when it connects; a guest with fewer CPUs sets up fewer pairs. */
static void
test_fewer_queues(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest *g = &env->subject;
	struct ctl_guest_opt opt = {.npairs = 1};
	unsigned int i;
	int fd;

	assert_int_equal(ctl_guest_connect(g, env->path, &opt), 0);
	fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	for (i = 0; i < 2 * CTL_MAX_PAIRS; i++)
		assert_int_equal(foo_front_set_vring_call(&g->front, i, fd), 0);
	close(fd);
	assert_int_equal(ctl_guest_share(g), 0);
	assert_int_equal(ctl_guest_rings(g), 0);
	assert_int_equal(ctl_guest_start_all(g), 0);
	ctl_check_subject(env, 300);
	ctl_check_queue(env, 0, "running");
	ctl_check_queue(env, 7, "stopped");
}

/* A transmit queue without its receive queue, then both; other queues never. */
static void
test_one_queue_first(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest *g = &env->subject;
	uint32_t i;

	assert_int_equal(ctl_guest_connect(g, env->path, NULL), 0);
	assert_int_equal(ctl_guest_share(g), 0);
	assert_int_equal(ctl_guest_rings(g), 0);
	assert_int_equal(ctl_guest_start(g, CTL_TX), 0);
	assert_int_equal(foo_front_driver_ok(&g->front), 0);
	for (i = 0; i < 8; i++)
		assert_int_equal(ctl_send(g, 0, 0, i, 64), 0);
	usleep(50000);
	assert_int_equal(ctl_guest_start(g, CTL_RX), 0);
	ctl_check_subject(env, 300);
}

/* One queue pair of the middle, set up alone. */
static void
test_middle_pair(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest *g = &env->subject;
	struct ctl_guest_opt opt = {.npairs = 3};

	assert_int_equal(ctl_guest_connect(g, env->path, &opt), 0);
	assert_int_equal(ctl_guest_share(g), 0);
	assert_int_equal(ctl_guest_rings(g), 0);
	assert_int_equal(ctl_guest_start(g, 2 * 2 + CTL_RX), 0);
	assert_int_equal(ctl_guest_start(g, 2 * 2 + CTL_TX), 0);
	assert_int_equal(foo_front_driver_ok(&g->front), 0);
	assert_int_equal(ctl_transfer(g, 2, g, 2, 300), 0);
}

/* Firmware first, then Linux: another driver with other features on the same connection. */
static void
test_second_driver(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest *g = &env->subject;
	unsigned int i;

	ctl_open_subject(env, &(struct ctl_guest_opt){.features = formats[0]});
	ctl_check_subject(env, 100);
	for (i = 1; i < NFORMATS; i++) {
		assert_int_equal(ctl_guest_stop_all(g), 0);
		ctl_guest_drop_rings(g);
		assert_int_equal(foo_front_set_features(
					 &g->front, (formats[i] & g->front.offered) |
							    CTL_BIT(FOO_FRONT_F_PROTOCOL_FEATURES)),
				 0);
		g->opt.npairs = 1 + i % CTL_MAX_PAIRS;
		assert_int_equal(ctl_guest_rings(g), 0);
		assert_int_equal(ctl_guest_start_all(g), 0);
		ctl_check_subject(env, 100);
	}
}

/* Without a kick eventfd the device has to poll; without a call eventfd it must stay quiet. */
static void
test_no_eventfds(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest_opt opt = {.no_kickfd = true, .no_callfd = true};

	ctl_open_subject(env, &opt);
	ctl_check_subject(env, 300);
	usleep(300000); /* let the lcore fall asleep, if it will */
	ctl_check_subject(env, 8);
}

/* The first packet after a long silence is not forgotten by a sleeping lcore. */
static void
test_wake_up(void **state)
{
	struct ctl_env *env = *state;
	int i;

	ctl_open_subject(env, NULL);
	for (i = 0; i < 5; i++) {
		usleep(200000);
		ctl_check_subject(env, 1);
	}
}

/* Stop a queue under traffic and compare what the device says with what it did. */
static void
stop_and_compare(struct ctl_env *env, unsigned int vring)
{
	struct ctl_guest *g = &env->subject;
	struct foo_front_ring ring;
	uint16_t base;

	assert_int_equal(foo_front_stop_queue(&g->front, vring, &base), 0);
	ctl_traffic_pause(&env->traffic);
	if (vring == CTL_TX)
		assert_true(ctl_reclaim(g, 0) >= 0);
	else
		assert_true(ctl_drain(g, 0) >= 0);
	ring = foo_front_ring_of(&g->mem, &g->q[vring].ring, g->q[vring].call);
	assert_int_equal(base, ring.base);
	usleep(20000);
	assert_false(foo_guest_ring_has_used(&g->q[vring].ring));
	ring.base = base;
	assert_int_equal(foo_front_start_queue(&g->front, vring, &ring), 0);
	ctl_traffic_resume(&env->traffic);
}

static void
resume_base(struct ctl_env *env, uint64_t features)
{
	struct ctl_guest_opt opt = {.features = features};
	struct ctl_traffic *t = &env->traffic;
	int i;

	ctl_open_subject(env, &opt);
	*t = (struct ctl_traffic){.from = &env->subject, .to = &env->subject};
	ctl_traffic_start(t);
	for (i = 0; i < 6; i++) {
		assert_int_equal(ctl_traffic_wait(t, 200), 0);
		stop_and_compare(env, CTL_TX);
	}
	assert_int_equal(ctl_traffic_wait(t, 200), 0);
	ctl_traffic_pause(t);
	assert_int_equal(t->lost, 0); /* a stopped transmit queue loses nothing */
	ctl_traffic_resume(t);
	ctl_traffic_stop(t);
	assert_int_equal(t->disorder, 0);
	assert_int_equal(t->error, 0);
}

static void
test_resume_split(void **state)
{
	resume_base(*state, CTL_SPLIT);
}

static void
test_resume_packed(void **state)
{
	resume_base(*state, CTL_PACKED);
}

static void
test_resume_in_order(void **state)
{
	resume_base(*state, CTL_PACKED | CTL_BIT(VIRTIO_F_IN_ORDER));
}

/* A receive queue stops and goes on; packets may be dropped meanwhile, none comes twice. */
static void
resume_receive(struct ctl_env *env, uint64_t features)
{
	struct ctl_guest_opt opt = {.features = features};
	struct ctl_guest *g = &env->subject;
	struct foo_front_ring ring;
	uint16_t base;
	int i;

	ctl_open_subject(env, &opt);
	for (i = 0; i < 6; i++) {
		assert_int_equal(ctl_transfer(g, 0, g, 0, 150), 0);
		assert_int_equal(foo_front_stop_queue(&g->front, CTL_RX, &base), 0);
		assert_int_equal(ctl_send(g, 0, 0, i, 64), 0);
		usleep(20000);
		assert_int_equal(ctl_drain(g, 0), 0);
		ring = foo_front_ring_of(&g->mem, &g->q[CTL_RX].ring, g->q[CTL_RX].call);
		assert_int_equal(base, ring.base);
		assert_int_equal(foo_front_start_queue(&g->front, CTL_RX, &ring), 0);
	}
	ctl_check_subject(env, 150);
}

static void
test_resume_receive(void **state)
{
	resume_receive(*state, CTL_SPLIT);
	ctl_guest_close(&((struct ctl_env *)*state)->subject);
	resume_receive(*state, CTL_PACKED);
}

/* QEMU swaps callfds whenever the guest masks a vector; no interrupt may fall between. */
static void
swap_call(struct ctl_env *env, uint64_t features)
{
	struct ctl_guest_opt opt = {.features = features};
	struct ctl_traffic *t = &env->traffic;
	struct ctl_queue *q = &env->subject.q[CTL_RX];
	int old[40], i;

	ctl_open_subject(env, &opt);
	*t = (struct ctl_traffic){
		.from = &env->subject, .to = &env->subject, .interrupts = true, .window = 2};
	ctl_traffic_start(t);
	for (i = 0; i < 40; i++) {
		int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

		old[i] = __atomic_exchange_n(&q->call, fd, __ATOMIC_ACQ_REL);
		usleep(1000); /* interrupts of this time go to nobody */
		assert_int_equal(foo_front_set_vring_call(&env->subject.front, CTL_RX, fd), 0);
		assert_int_equal(ctl_traffic_wait(t, 20), 0);
		assert_int_equal(__atomic_load_n(&t->interrupts_lost, __ATOMIC_RELAXED), 0);
	}
	ctl_traffic_stop(t);
	while (i-- > 0)
		close(old[i]);
	assert_true(t->interrupts_seen > 40);
	assert_int_equal(t->disorder + t->lost, 0);
	assert_int_equal(t->error, 0);
}

static void
test_call_swap_split(void **state)
{
	swap_call(*state, CTL_SPLIT);
}

static void
test_call_swap_packed(void **state)
{
	swap_call(*state, CTL_PACKED);
}

/* After a restart of a queue the guest may wait for an interrupt that the old life owed it. */
static void
test_call_after_restart(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest *g = &env->subject;
	struct ctl_queue *q = &g->q[CTL_RX];
	struct foo_front_ring ring;
	uint64_t count;
	int i;

	ctl_open_subject(env, NULL);
	ctl_check_subject(env, 20);
	assert_int_equal(foo_front_stop_queue(&g->front, CTL_RX, NULL), 0);
	ring = foo_front_ring_of(&g->mem, &q->ring, q->call);
	while (read(q->call, &count, sizeof(count)) > 0)
		;
	assert_int_equal(foo_front_start_queue(&g->front, CTL_RX, &ring), 0);
	for (i = 0; i < 200 && read(q->call, &count, sizeof(count)) < 0; i++)
		usleep(5000);
	assert_true(i < 200);
}

/* The kick eventfd is exchanged while packets flow. */
static void
test_kick_swap(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest *g = &env->subject;
	int i, fd;

	ctl_open_subject(env, NULL);
	for (i = 0; i < 10; i++) {
		fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		assert_int_equal(foo_front_set_vring_kick(&g->front, CTL_TX, fd), 0);
		close(g->q[CTL_TX].kick);
		g->q[CTL_TX].kick = fd;
		g->q[CTL_TX].ring.kickfd = fd;
		usleep(50000); /* asleep, it can hear of packets by the new eventfd only */
		ctl_check_subject(env, 10);
	}
}

/* ENABLE 0 and 1 again under traffic, as a guest does that changes its number of queues. */
static void
test_enable_toggle(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest *g = &env->subject;
	int i;

	ctl_open_subject(env, &(struct ctl_guest_opt){.npairs = 2});
	env->traffic = (struct ctl_traffic){.from = g, .to = g};
	ctl_traffic_start(&env->traffic);
	for (i = 0; i < 20; i++) {
		assert_int_equal(foo_front_set_vring_enable(&g->front, i % 4, false), 0);
		usleep(2000);
		assert_int_equal(foo_front_set_vring_enable(&g->front, i % 4, true), 0);
	}
	assert_int_equal(ctl_traffic_wait(&env->traffic, 200), 0);
	ctl_traffic_stop(&env->traffic);
	assert_int_equal(env->traffic.disorder, 0);
	ctl_check_subject(env, 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ctl_test(test_formats),          ctl_test(test_legacy),
		ctl_test(test_feature_subsets),  ctl_test(test_index_wrap),
		ctl_test(test_queue_num),        ctl_test(test_fewer_queues),
		ctl_test(test_one_queue_first),  ctl_test(test_middle_pair),
		ctl_test(test_second_driver),    ctl_test(test_no_eventfds),
		ctl_test(test_wake_up),          ctl_test(test_resume_split),
		ctl_test(test_resume_packed),    ctl_test(test_resume_in_order),
		ctl_test(test_resume_receive),   ctl_test(test_call_swap_split),
		ctl_test(test_call_swap_packed), ctl_test(test_call_after_restart),
		ctl_test(test_kick_swap),        ctl_test(test_enable_toggle),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, ctl_group_setup, ctl_group_teardown);
}
