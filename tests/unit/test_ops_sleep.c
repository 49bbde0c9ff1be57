/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/*
 * How lcores without work rest: that they sleep, and that no kick, wake-up or move of a queue is
 * lost on a sleeper.
 */

#include <pthread.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#include <rte_cycles.h>

#include "ops_fixture.h"

/* Sleeps that each of the four soaks goes through, unless FOO_TEST_SOAK says otherwise. */
#define SOAK_DEFAULT 2500

static int
setup(__rte_unused void **state)
{
	ops_loops_start(FOO_IDLE_ADAPTIVE);
	return 0;
}

static int
teardown(__rte_unused void **state)
{
	ops_devices_end();
	ops_loops_stop();
	return 0;
}

static unsigned int
soak_rounds(void)
{
	const char *text = getenv("FOO_TEST_SOAK");

	return text != NULL ? strtoul(text, NULL, 0) : SOAK_DEFAULT;
}

/* A small generator of our own: a run can be repeated. */
static uint32_t
soak_random(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % below;
}

/*
 * Pass the time that an lcore takes from its last work to its sleep, more or less: every other
 * time within a few microseconds of it, where a wake-up could fall between two stools.
 */
static void
soak_pause(uint32_t *seed)
{
	if (soak_random(seed, 2) == 0)
		ops_spin_us(195 + soak_random(seed, 12));
	else
		ops_spin_us(150 + soak_random(seed, 150));
}

static struct foo_lcore_stats
stats_of(unsigned int lcore)
{
	struct foo_lcore_stats stats;

	assert_true(foo_lcore_stats_get(lcore, &stats));
	return stats;
}

static void
test_sleeps_and_wakes_by_kick(__rte_unused void **state)
{
	struct foo_device *dev = ops_device("fake0", "", 1);
	struct foo_queue *q = &dev->queue[0];
	uint64_t sleeps, loops, wakeups;
	struct ops_guest g;

	ops_guest_open(&g, dev, 8, 0);
	assert_int_equal(foo_queue_start(q, &g.cfg), 0);
	assert_true(OPS_WAIT(1000, foo_lcore_is_asleep(1)));
	ops_nap_us(20000);
	sleeps = stats_of(1).sleeps;
	loops = stats_of(1).loops;
	ops_nap_us(50000);
	assert_int_equal(stats_of(1).sleeps, sleeps); /* one long sleep, no timer */
	assert_int_equal(stats_of(1).loops, loops);
	wakeups = OPS_GET(q->stats.wakeups);
	assert_true(ops_guest_send(&g)); /* it asked for the kick */
	assert_true(ops_guest_wait(&g));
	assert_true(OPS_WAIT(1000, OPS_GET(q->stats.wakeups) > wakeups));
	/* the count in the kick fd stays there, and is no reason to wake up again */
	assert_true(OPS_WAIT(1000, foo_lcore_is_asleep(1)));
	ops_nap_us(20000);
	sleeps = stats_of(1).sleeps;
	ops_nap_us(50000);
	assert_int_equal(stats_of(1).sleeps, sleeps);
	/* awake and polling, it wants none */
	OPS_SET(fake_queue_of(q)->spin, rte_get_tsc_hz() / 1000 * 20);
	ops_guest_send(&g);
	ops_nap_us(5000);
	assert_false(ops_guest_send(&g));
	assert_true(ops_guest_wait(&g));
	ops_device_end(dev);
	ops_guest_close(&g);
}

static void
test_no_kickfd(__rte_unused void **state)
{
	struct foo_device *dev = ops_device("fake0", "", 1);
	struct foo_lcore_stats before, after;
	struct rusage ru[2];
	struct ops_guest g;
	uint64_t ms, used;

	ops_guest_open(&g, dev, 8, 0);
	g.cfg.kickfd = FOO_VQ_NO_FD;
	assert_int_equal(foo_queue_start(&dev->queue[0], &g.cfg), 0);
	assert_true(OPS_WAIT(1000, foo_lcore_is_asleep(1)));
	before = stats_of(1);
	getrusage(RUSAGE_SELF, &ru[0]);
	ms = ops_now_ms();
	ops_nap_us(200000);
	ms = ops_now_ms() - ms;
	getrusage(RUSAGE_SELF, &ru[1]);
	after = stats_of(1);
	assert_true(after.sleeps - before.sleeps > 20); /* it looks about once a millisecond, */
	used = (ru[1].ru_utime.tv_sec - ru[0].ru_utime.tv_sec) * 1000000 + ru[1].ru_utime.tv_usec -
	       ru[0].ru_utime.tv_usec;
	assert_true(used < ms * 1000 / 10); /* and does not spin in between */
	for (int i = 0; i < 20; i++) {
		ops_nap_us(5000);
		ops_guest_send(&g);
		assert_true(ops_guest_wait(&g));
	}
	ops_device_end(dev);
	ops_guest_close(&g);
}

/* Write one fd as fast as can be. */
struct storm {
	int fd;
	bool end;
	uint64_t kicks;
};

static void *
storm_thread(void *arg)
{
	struct storm *s = arg;

	for (; !OPS_GET(s->end); s->kicks++)
		eventfd_write(s->fd, 1);
	return NULL;
}

static void
test_kick_storm(__rte_unused void **state)
{
	struct foo_device *bad = ops_device("fake0", "", 1), *good = ops_device("fake1", "", 1);
	struct ops_guest g, h;
	struct storm storm;
	pthread_t thread;

	ops_guest_open(&g, bad, 8, 0);
	ops_guest_open(&h, good, 8, 0);
	assert_int_equal(foo_queue_start(&bad->queue[0], &g.cfg), 0);
	assert_int_equal(foo_queue_start(&good->queue[0], &h.cfg), 0);
	storm = (struct storm){.fd = g.kickfd};
	pthread_create(&thread, NULL, storm_thread, &storm);
	for (int i = 0; i < 100; i++) {
		ops_nap_us(i * 10);
		ops_guest_send(&h);
		assert_true(ops_guest_wait(&h));
	}
	/* orders get through as well */
	assert_int_equal(foo_queue_stop(&bad->queue[0], NULL, NULL), 0);
	OPS_SET(storm.end, true);
	pthread_join(thread, NULL);
	assert_true(storm.kicks > 100);
	ops_device_end(bad);
	ops_device_end(good);
	ops_guest_close(&g);
	ops_guest_close(&h);
}

/* A front-end that reads its own kick fd empties it under the lcore's eyes. */
static void
test_kick_fd_emptied_by_others(__rte_unused void **state)
{
	struct foo_device *dev = ops_device("fake0", "", 1);
	struct ops_guest g;
	eventfd_t n;

	ops_guest_open(&g, dev, 8, 0);
	assert_int_equal(foo_queue_start(&dev->queue[0], &g.cfg), 0);
	for (int i = 0; i < 500; i++) {
		ops_spin_us(i);
		eventfd_write(g.kickfd, 1);
		eventfd_read(g.kickfd, &n); /* blocking, and ours alone to read */
	}
	ops_guest_send(&g);
	assert_true(ops_guest_wait(&g));
	ops_device_end(dev);
	ops_guest_close(&g);
}

/* Chains sent after random pauses around the length of the ladder: none may be left lying. */
static void
kick_soak(uint64_t features)
{
	struct foo_device *dev = ops_device("fake0", "", 1);
	struct foo_queue *q = &dev->queue[0];
	uint32_t seed = 1;
	struct ops_guest g;
	uint64_t sleeps;

	ops_guest_open(&g, dev, 256, features);
	assert_int_equal(foo_queue_start(q, &g.cfg), 0);
	sleeps = stats_of(1).sleeps;
	for (unsigned int i = 0; i < soak_rounds(); i++) {
		soak_pause(&seed);
		ops_guest_send(&g);
		if (!ops_guest_watch(&g))
			fail_msg("chain %u was not seen", i);
	}
	print_message("# %lu sleeps, %lu ended by a kick\n", stats_of(1).sleeps - sleeps,
		      OPS_GET(q->stats.wakeups));
	assert_true(stats_of(1).sleeps - sleeps > soak_rounds() / 10);
	ops_device_end(dev);
	ops_guest_close(&g);
}

static void
test_kick_soak(__rte_unused void **state)
{
	kick_soak(0);
}

static void
test_kick_soak_event_idx(__rte_unused void **state)
{
	kick_soak(1ULL << VIRTIO_RING_F_EVENT_IDX);
}

static void
test_kick_soak_packed(__rte_unused void **state)
{
	kick_soak(1ULL << VIRTIO_F_RING_PACKED | 1ULL << VIRTIO_RING_F_EVENT_IDX);
}

static void
post(struct foo_queue *q)
{
	/* release pairs with the acquire in fake_take_mail() */
	__atomic_fetch_add(&fake_queue_of(q)->mail, 1, __ATOMIC_RELEASE);
	foo_queue_wake(q);
}

/* A letter goes from a control thread to lcore 1, from there to lcore 2: two wake-ups each. */
static void
test_wake_soak(__rte_unused void **state)
{
	struct foo_device *a = ops_device("fake0", "queues=1", 1);
	struct foo_device *b = ops_device("fake1", "queues=1", 2);
	struct fake_queue *last = fake_queue_of(&b->queue[0]);
	uint64_t sleeps = stats_of(2).sleeps;
	uint32_t seed = 2;

	/* stopped queues take mail too: it is what others hand to them */
	fake_queue_of(&a->queue[0])->forward = &b->queue[0];
	for (unsigned int i = 0; i < soak_rounds(); i++) {
		soak_pause(&seed);
		post(&a->queue[0]);
		if (!OPS_WATCH(1000, OPS_GET(last->mail_done) == i + 1))
			fail_msg("letter %u did not arrive", i);
	}
	assert_true(stats_of(2).sleeps - sleeps > soak_rounds() / 10);
	ops_device_end(a);
	ops_device_end(b);
}

struct postman {
	struct foo_queue *q;
	uint64_t letters;
	bool end;
};

static void *
postman_thread(void *arg)
{
	struct postman *man = arg;
	uint32_t seed = 3;

	while (!OPS_GET(man->end)) {
		post(man->q);
		OPS_SET(man->letters, man->letters + 1);
		ops_spin_us(soak_random(&seed, 400));
	}
	return NULL;
}

/* Letters and chains arrive while the queue is moved about; each move is itself acknowledged. */
static void
test_move_soak(__rte_unused void **state)
{
	struct foo_device *dev = ops_device("fake0", "queues=1", 1);
	struct foo_queue *q = &dev->queue[0];
	struct postman man = {.q = q};
	unsigned int moves = soak_rounds() / 10;
	struct ops_guest g;
	struct fake_queue *fq = fake_queue_of(q);
	pthread_t thread;
	uint32_t seed = 4;

	ops_guest_open(&g, dev, 256, 0);
	assert_int_equal(foo_queue_start(q, &g.cfg), 0);
	pthread_create(&thread, NULL, postman_thread, &man);
	for (unsigned int i = 0; i < moves; i++) {
		unsigned int to = soak_random(&seed, 3);

		ops_guest_send(&g);
		assert_int_equal(foo_queue_move(q, to), 0);
		assert_int_equal(q->lcore, to);
		assert_true(foo_queue_is_serving(q));
		ops_guest_send(&g);
		if (!ops_guest_wait(&g))
			fail_msg("move %u: a chain was not seen", i);
		if (i % 4 == 0)
			ops_spin_us(soak_random(&seed, 400));
	}
	OPS_SET(man.end, true);
	pthread_join(thread, NULL);
	assert_true(OPS_WAIT(1000, OPS_GET(fq->mail_done) == man.letters));
	assert_int_equal(foo_queue_stop(q, NULL, NULL), 0);
	assert_int_equal(q->past.chains, 2 * moves);
	ops_device_end(dev);
	ops_guest_close(&g);
}

static int
run(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		TEST(test_sleeps_and_wakes_by_kick),
		TEST(test_no_kickfd),
		TEST(test_kick_storm),
		TEST(test_kick_fd_emptied_by_others),
		TEST(test_kick_soak),
		TEST(test_kick_soak_event_idx),
		TEST(test_kick_soak_packed),
		TEST(test_wake_soak),
		TEST(test_move_soak),
	};

	return cmocka_run_group_tests_name("ops_sleep", tests, NULL, NULL);
}

int
main(void)
{
	return ops_main("test_ops_sleep", run);
}
