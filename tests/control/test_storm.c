/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* Noise without end: memory rewritten while it is read, kicks by the million. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ctl_env.h"

/* Length of each storm in ms. */
#define STORM_MS 1500

/* A thread that does harm until it is told to stop. */
struct storm {
	struct ctl_guest *g;
	void (*blow)(struct ctl_guest *g, unsigned int *seed);
	pthread_t thread;
	int stop;
	bool blows;
};

/* One at a time; it must end even where its test fails. */
static struct storm storm;

static void *
storm_main(void *arg)
{
	struct storm *s = arg;
	unsigned int seed = 42;

	while (!__atomic_load_n(&s->stop, __ATOMIC_RELAXED))
		s->blow(s->g, &seed);
	return NULL;
}

static void
storm_end(void)
{
	if (!storm.blows)
		return;
	__atomic_store_n(&storm.stop, 1, __ATOMIC_RELAXED);
	/* it may wait for a kick that the device has taken */
	while (pthread_tryjoin_np(storm.thread, NULL) == EBUSY) {
		foo_guest_ring_kick(&storm.g->q[CTL_TX].ring);
		usleep(1000);
	}
	storm.blows = false;
}

static void
storm_start(struct ctl_env *env, void (*blow)(struct ctl_guest *g, unsigned int *seed))
{
	storm = (struct storm){.g = &env->subject, .blow = blow};
	assert_int_equal(pthread_create(&storm.thread, NULL, storm_main, &storm), 0);
	storm.blows = true;
	env->cleanup = storm_end;
}

/* A value that is nearly right, or not at all. */
static uint64_t
wild(unsigned int *seed)
{
	static const uint64_t value[] = {0, 1, 16, 4096, UINT32_MAX, UINT64_MAX, 1ULL << 32, 2048};
	uint64_t r = rand_r(seed);

	return r % 3 == 0 ? value[r / 3 % 8] : r * 64;
}

/* Rewrite some of a ring: one field of one descriptor, or an index. */
static void
scribble(struct ctl_guest *g, unsigned int *seed)
{
	struct foo_guest_ring *r = &g->q[rand_r(seed) % 2].ring;
	volatile struct vring_desc *d = &r->desc[rand_r(seed) % r->size];
	unsigned int what = rand_r(seed) % 64;

	/* both formats: address at 0, length at 8, two 16 bit words at 12 */
	if (what < 24)
		d->addr = wild(seed);
	else if (what < 48)
		d->len = wild(seed);
	else if (what < 56)
		d->flags ^= 1 << rand_r(seed) % 16;
	else if (what < 62)
		d->next = wild(seed);
	else if (!r->packed)
		((volatile struct vring_avail *)r->avail)->ring[rand_r(seed) % r->size] =
			rand_r(seed);
	else
		((volatile struct vring_packed_desc_event *)r->driver_event)->off_wrap =
			rand_r(seed);
	if (rand_r(seed) % 4096 == 0 && !r->packed)
		((volatile struct vring_avail *)r->avail)->idx = rand_r(seed);
	if (rand_r(seed) % 64 == 0)
		foo_guest_ring_kick(r);
}

/* Rewrite an indirect table and a packet's header over and over. */
static void
scribble_table(struct ctl_guest *g, unsigned int *seed)
{
	struct ctl_queue *q = &g->q[CTL_TX];
	volatile struct vring_desc *t = foo_guest_mem_va(&g->mem, q->buf, 64 * 16);
	unsigned int i = rand_r(seed) % 64;

	t[i].addr = q->buf + rand_r(seed) % 4096;
	t[i].len = rand_r(seed) % 3 ? (uint64_t)(rand_r(seed) % 256) : wild(seed);
	t[i].flags = rand_r(seed) % 8 ? VRING_DESC_F_NEXT : rand_r(seed);
	t[i].next = rand_r(seed) % 70;
}

/* Traffic with a racing guest, again and again from a fresh start, since queues break. */
static void
race(struct ctl_env *env, uint64_t features, const char *socket)
{
	struct ctl_guest_opt opt = {.features = features};
	int64_t end = ctl_now_ms() + STORM_MS;
	struct ctl_guest *g = &env->subject;

	while (ctl_now_ms() < end) {
		assert_int_equal(ctl_guest_open(g, ctl_proc_path(&env->proc, socket), &opt), 0);
		env->traffic = (struct ctl_traffic){.from = g, .to = g};
		ctl_traffic_start(&env->traffic);
		usleep(5000);
		storm_start(env, scribble);
		usleep(60000);
		storm_end();
		ctl_traffic_stop(&env->traffic);
		ctl_guest_close(g);
		ctl_check_prompt(env, 1);
	}
	ctl_check_witnesses(env);
}

static void
test_race_split(void **state)
{
	race(*state, CTL_SPLIT, "4");
	race(*state, CTL_SPLIT | CTL_BIT(VIRTIO_F_IN_ORDER), "4");
}

static void
test_race_packed(void **state)
{
	race(*state, CTL_PACKED, "4");
	race(*state, CTL_PACKED | CTL_BIT(VIRTIO_F_IN_ORDER), "4");
}

/* A racing guest whose packets another guest receives, and that receives another's. */
static void
test_race_peer(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest_opt client = {.listen = true};
	struct ctl_guest *peer = &env->other, *g = &env->subject;
	const char *path = ctl_proc_path(&env->proc, "3");
	uint32_t i;

	assert_int_equal(ctl_guest_open(peer, path, &client), 0);
	race(env, CTL_SPLIT, "2");
	race(env, CTL_PACKED, "2");
	while (ctl_drain(peer, 0) == -EBADMSG) /* whatever the racing guest has sent */
		;
	assert_int_equal(ctl_guest_open(g, ctl_proc_path(&env->proc, "2"), NULL), 0);
	for (i = 0; i < 3; i++) {
		assert_int_equal(ctl_transfer(g, 0, peer, 0, 100), 0);
		assert_int_equal(ctl_transfer(peer, 0, g, 0, 100), 0);
	}
}

/* Indirect tables rewritten while they are walked. */
static void
race_table(struct ctl_env *env, uint64_t features)
{
	struct ctl_guest_opt opt = {.features = features};
	int64_t end = ctl_now_ms() + STORM_MS;
	struct ctl_guest *g = &env->subject;
	struct foo_guest_used used[32];
	struct ctl_packet pkt;

	while (ctl_now_ms() < end) {
		struct ctl_queue *q = &g->q[CTL_TX];
		struct foo_guest_buf buf = {0, 64 * 16, VRING_DESC_F_INDIRECT};
		unsigned int i;

		ctl_open_subject(env, &opt);
		buf.gpa = q->buf;
		storm_start(env, scribble_table);
		for (i = 0; i < 2000; i++) {
			foo_guest_ring_add(&q->ring, &buf, 1, FOO_GUEST_DIRECT, 0);
			if (foo_guest_ring_publish(&q->ring))
				foo_guest_ring_kick(&q->ring);
			foo_guest_ring_poll(&q->ring, used, 32);
			ctl_recv(g, 0, &pkt);
			if (i % 16 == 0)
				usleep(100);
		}
		storm_end();
		ctl_guest_close(g);
	}
	ctl_check_witnesses(env);
}

static void
test_race_indirect(void **state)
{
	race_table(*state, CTL_SPLIT);
	race_table(*state, CTL_PACKED);
}

static void
kick_hard(struct ctl_guest *g, unsigned int *seed)
{
	foo_guest_ring_kick(&g->q[rand_r(seed) % 2].ring);
}

/* Kicks that mean nothing: others are served, and the lcore sleeps again afterwards. */
static void
test_kick_storm(void **state)
{
	struct ctl_env *env = *state;
	int64_t end = ctl_now_ms() + STORM_MS;
	long cpu;

	ctl_open_subject(env, NULL);
	storm_start(env, kick_hard);
	while (ctl_now_ms() < end) {
		ctl_check_witnesses(env);
		ctl_check_prompt(env, 1);
	}
	storm_end();
	ctl_check_subject(env, 100);
	usleep(200000);
	cpu = ctl_proc_cpu_ms(&env->proc);
	usleep(1000000);
	assert_in_range(ctl_proc_cpu_ms(&env->proc) - cpu, 0, 300);
}

/* The guest reads its own kick eventfd, which is a blocking one: whoever reads second waits. */
static void
read_own_kick(struct ctl_guest *g, unsigned int *seed)
{
	int fd = g->q[CTL_TX].kick;
	uint64_t one = 1;
	unsigned int i;

	(void)seed;
	for (i = 0; i < 3; i++)
		if (write(fd, &one, sizeof(one)) < 0)
			return;
	usleep(10);
	/* leave it empty, however far the device has come */
	if (eventfd_write(fd, 1) == 0 && read(fd, &one, sizeof(one)) < 0)
		return;
}

static void
test_kick_reader(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest *g = &env->subject;
	struct foo_front_ring ring;
	int64_t end = ctl_now_ms() + STORM_MS;
	int old;

	ctl_open_subject(env, NULL);
	old = g->q[CTL_TX].kick;
	g->q[CTL_TX].kick = eventfd(0, EFD_CLOEXEC);
	assert_int_equal(foo_front_stop_queue(&g->front, CTL_TX, NULL), 0);
	g->q[CTL_TX].ring.kickfd = g->q[CTL_TX].kick;
	close(old);
	ring = foo_front_ring_of(&g->mem, &g->q[CTL_TX].ring, -1);
	assert_int_equal(foo_front_start_queue(&g->front, CTL_TX, &ring), 0);
	storm_start(env, read_own_kick);
	while (ctl_now_ms() < end)
		ctl_check_witnesses(env);
	storm_end();
	ctl_check_witnesses(env);
}

static void
ask_hard(struct ctl_guest *g, unsigned int *seed)
{
	uint64_t features;

	(void)seed;
	foo_front_get_features(&g->front, &features);
}

/* Requests without end, each answer read: the others have their turn. */
static void
test_message_storm(void **state)
{
	struct ctl_env *env = *state;
	int64_t end = ctl_now_ms() + STORM_MS;

	ctl_open_subject(env, NULL);
	storm_start(env, ask_hard);
	while (ctl_now_ms() < end)
		ctl_check_prompt(env, 10);
	storm_end();
	ctl_check_subject(env, 100);
}

/* The driver never kicks though it is asked to: its own loss alone. */
static void
test_no_kick(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest *g = &env->subject;
	int silent = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	uint32_t i;

	ctl_open_subject(env, NULL);
	g->q[CTL_TX].ring.kickfd = silent;
	g->q[CTL_RX].ring.kickfd = silent;
	for (i = 0; i < 40; i++) {
		assert_int_equal(ctl_send(g, 0, 0, i, 64), 0);
		usleep(5000);
	}
	ctl_check_witnesses(env);
	ctl_drain(g, 0);
	g->q[CTL_TX].ring.kickfd = g->q[CTL_TX].kick;
	g->q[CTL_RX].ring.kickfd = g->q[CTL_RX].kick;
	foo_guest_ring_kick(&g->q[CTL_TX].ring);
	ctl_check_subject(env, 100);
	close(silent);
}

/* Stops and starts without end while another thread sends. */
static void
test_restart_storm(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest *g = &env->subject;
	int64_t end = ctl_now_ms() + STORM_MS;
	struct foo_front_ring ring;
	uint16_t base;

	ctl_open_subject(env, NULL);
	env->traffic = (struct ctl_traffic){.from = g, .to = g};
	ctl_traffic_start(&env->traffic);
	while (ctl_now_ms() < end) {
		assert_int_equal(foo_front_stop_queue(&g->front, CTL_TX, &base), 0);
		ring = foo_front_ring_of(&g->mem, &g->q[CTL_TX].ring, g->q[CTL_TX].call);
		ring.base = base;
		assert_int_equal(foo_front_start_queue(&g->front, CTL_TX, &ring), 0);
	}
	assert_int_equal(ctl_traffic_wait(&env->traffic, 100), 0);
	ctl_traffic_stop(&env->traffic);
	assert_int_equal(env->traffic.error, 0);
	assert_int_equal(env->traffic.disorder, 0);
}

/* An eventfd filled to its limit: the next write waits, unless O_NONBLOCK is set. */
static void
fill(int fd)
{
	eventfd_t n;

	fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK);
	while (eventfd_write(fd, UINT64_MAX - 1) != 0)
		eventfd_read(fd, &n); /* the device calls meanwhile */
	fcntl(fd, F_SETFL, O_RDWR);
}

/* The next one that connects has to wait for its first answer. */
static void
check_locked_out(struct ctl_env *env)
{
	int64_t start;

	ctl_guest_close(&env->subject);
	start = ctl_now_ms();
	ctl_open_subject(env, NULL);
	assert_in_range(ctl_now_ms() - start, 1000, 9000);
	ctl_check_subject(env, 100);
}

/* The subject loses its connection first. */
static void
check_thrown_out(struct ctl_env *env)
{
	assert_int_equal(foo_front_wait_closed(&env->subject.front, 5000), 0);
	check_locked_out(env);
}

/* A packet is on its way; the call eventfd was made blocking behind the device's back, and full:
 * whoever writes to it waits. */
static void
block(struct ctl_env *env, unsigned int dir)
{
	ctl_open_subject(env, NULL);
	ctl_check_subject(env, 1);
	fill(env->subject.q[dir].call);
	env->subject.q[dir].ring.avail->ring[64] = env->subject.q[dir].ring.used_idx;
	assert_int_equal(ctl_send(&env->subject, 0, 0, 0, 64), 0);
}

static void
test_call_blocked(void **state)
{
	struct ctl_env *env = *state;
	unsigned int dir;

	for (dir = CTL_RX; dir <= CTL_TX; dir++) {
		block(env, dir);
		ctl_check_witnesses(env);
		check_thrown_out(env);
		ctl_guest_close(&env->subject);
	}
}

/* Gone before it is found out: that is of no use to it. */
static void
test_call_blocked_closed(void **state)
{
	struct ctl_env *env = *state;
	unsigned int dir;
	int64_t end;

	for (dir = CTL_RX; dir <= CTL_TX; dir++) {
		block(env, dir);
		end = ctl_now_ms() + 1000;
		/* the call is what follows; no sleep, or there is no time left to be first */
		while (!foo_guest_ring_has_used(&env->subject.q[dir].ring))
			assert_true(ctl_now_ms() < end);
		check_locked_out(env);
		ctl_guest_close(&env->subject);
	}
}

static void
unset_nonblock(struct ctl_guest *g, unsigned int *seed)
{
	(void)seed;
	fcntl(g->q[CTL_RX].call, F_SETFL, O_RDWR);
}

/* The same when it is set anew while the queue runs: a call follows each time. */
static void
test_call_blocked_anew(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest *g = &env->subject;
	int64_t end = ctl_now_ms() + STORM_MS;

	ctl_open_subject(env, NULL);
	fill(g->q[CTL_RX].call);
	storm_start(env, unset_nonblock);
	while (ctl_now_ms() < end &&
	       foo_front_set_vring_call(&g->front, CTL_RX, g->q[CTL_RX].call) == 0)
		ctl_check_prompt(env, 1);
	storm_end();
	check_thrown_out(env);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ctl_test(test_race_split),          ctl_test(test_race_packed),
		ctl_test(test_race_peer),           ctl_test(test_race_indirect),
		ctl_test(test_kick_storm),          ctl_test(test_kick_reader),
		ctl_test(test_message_storm),       ctl_test(test_no_kick),
		ctl_test(test_restart_storm),       ctl_test(test_call_blocked),
		ctl_test(test_call_blocked_closed), ctl_test(test_call_blocked_anew),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, ctl_group_setup, ctl_group_teardown);
}
