/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/*
 * The lcore scheduler with its loops running: orders and their deadline, cycles, queues that
 * break, placement.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_cycles.h>

#include "ops_fixture.h"

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

static struct foo_lcore_stats
stats_of(unsigned int lcore)
{
	struct foo_lcore_stats stats;

	assert_true(foo_lcore_stats_get(lcore, &stats));
	return stats;
}

static void
test_serves(__rte_unused void **state)
{
	static const uint64_t features[] = {
		0, 1ULL << VIRTIO_RING_F_EVENT_IDX, 1ULL << VIRTIO_F_RING_PACKED,
		1ULL << VIRTIO_F_RING_PACKED | 1ULL << VIRTIO_RING_F_EVENT_IDX};
	struct foo_device *dev = ops_device("fake0", "", 1);
	struct foo_queue *q = &dev->queue[0];
	uint16_t avail, used;
	struct ops_guest g;

	for (unsigned int i = 0; i < RTE_DIM(features); i++) {
		ops_guest_open(&g, dev, 64, features[i]);
		for (int life = 0; life < 20; life++) {
			assert_int_equal(foo_queue_start(q, &g.cfg), 0);
			for (int n = 0; n < 50; n++)
				ops_guest_send(&g);
			assert_true(ops_guest_wait(&g));
			assert_int_equal(foo_queue_stop(q, &avail, &used), 0);
			assert_int_equal(avail, used);
			g.cfg.vq.avail_base = avail;
			g.cfg.vq.used_base = used;
		}
		ops_guest_close(&g);
	}
	assert_int_equal(q->past.chains, 4 * 20 * 50);
	assert_int_equal(OPS_GET(q->stats.work), 4 * 20 * 50);
	ops_device_end(dev);
}

static void
test_stopped_memory_is_untouched(__rte_unused void **state)
{
	struct foo_device *dev = ops_device("fake0", "", 1);
	struct foo_queue *q = &dev->queue[0];
	struct ops_guest g;

	/* unmapped right behind each stop: a late access is a segmentation fault */
	for (int i = 0; i < 200; i++) {
		ops_guest_open(&g, dev, 64, 0);
		assert_int_equal(foo_queue_start(q, &g.cfg), 0);
		ops_guest_send(&g);
		assert_int_equal(foo_queue_stop(q, NULL, NULL), 0);
		ops_guest_close(&g);
	}
	assert_true(OPS_WAIT(1000, OPS_GET(fake_queue_of(q)->stopped) > 0));
	ops_device_end(dev);
}

static void
test_stuck_poll_start_is_void(__rte_unused void **state)
{
	struct foo_device *dev = ops_device("fake0", "", 1);
	struct fake_queue *stuck = fake_queue_of(&dev->queue[0]);
	struct ops_guest g, other;
	uint64_t begin;

	ops_guest_open(&g, dev, 8, 0);
	assert_int_equal(foo_queue_start(&dev->queue[0], &g.cfg), 0);
	OPS_SET(stuck->stuck, true);
	ops_guest_send(&g);
	assert_true(OPS_WAIT(1000, OPS_GET(stuck->inside)));
	other = g;
	other.cfg.vq.avail_base = other.cfg.vq.used_base = 0;
	begin = ops_now_ms();
	assert_int_equal(foo_queue_start(&dev->queue[1], &other.cfg), -ETIMEDOUT);
	assert_in_range(ops_now_ms() - begin, FOO_CTL_DEADLINE_MS - 50, FOO_CTL_DEADLINE_MS + 500);
	assert_string_equal(dev->queue[1].why, "lcore 1 did not take it");
	OPS_SET(stuck->stuck, false);
	assert_true(ops_guest_wait(&g));
	ops_nap_us(10000);
	/* the order that was given up is not carried out later */
	assert_int_equal(foo_queue_state(&dev->queue[1]), FOO_QUEUE_STOPPED);
	assert_int_equal(foo_queue_stop(&dev->queue[1], NULL, NULL), -EALREADY);
	assert_int_equal(foo_queue_start(&dev->queue[1], &other.cfg), 0);
	ops_device_end(dev);
	ops_guest_close(&g);
}

static void
test_stuck_poll_stop_stands(__rte_unused void **state)
{
	struct foo_device *dev = ops_device("fake0", "", 1);
	struct foo_queue *q = &dev->queue[0];
	struct fake_queue *stuck = fake_queue_of(q);
	uint16_t avail, used;
	struct ops_guest g;

	ops_guest_open(&g, dev, 8, 0);
	assert_int_equal(foo_queue_start(q, &g.cfg), 0);
	OPS_SET(stuck->stuck, true);
	ops_guest_send(&g);
	assert_true(OPS_WAIT(1000, OPS_GET(stuck->inside)));
	assert_int_equal(foo_queue_stop(q, &avail, &used), -ETIMEDOUT);
	assert_string_equal(q->why, "lcore 1 has not let go of it");
	assert_int_equal(foo_device_set_mem(dev, &g.mem), -EBUSY);
	/* another device on another lcore is served meanwhile */
	struct foo_device *well = ops_device("fake1", "", 2);
	struct ops_guest g2;

	ops_guest_open(&g2, well, 8, 0);
	assert_int_equal(foo_queue_start(&well->queue[0], &g2.cfg), 0);
	ops_guest_send(&g2);
	assert_true(ops_guest_wait(&g2));
	ops_device_end(well);
	ops_guest_close(&g2);

	OPS_SET(stuck->stuck, false);
	assert_true(OPS_WAIT(1000, foo_queue_state(q) == FOO_QUEUE_STOPPED));
	assert_int_equal(foo_queue_stop(q, &avail, &used), 0);
	assert_true(ops_guest_wait(&g));
	assert_int_equal(avail, 1);
	assert_int_equal(used, 1);
	assert_int_equal(foo_device_set_mem(dev, &g.mem), 0);
	ops_device_end(dev);
	ops_guest_close(&g);
}

static void
test_lcore_that_never_answers(__rte_unused void **state)
{
	struct foo_device *dev = ops_device("fake0", "queues=1", 1);
	struct fake_queue *stuck = fake_queue_of(&dev->queue[0]);
	struct foo_device *kept = dev;
	struct ops_guest g;

	ops_guest_open(&g, dev, 8, 0);
	assert_int_equal(foo_queue_start(&dev->queue[0], &g.cfg), 0);
	OPS_SET(stuck->stuck, true);
	ops_guest_send(&g);
	assert_true(OPS_WAIT(1000, OPS_GET(stuck->inside)));
	foo_device_unrealize(dev);
	assert_true(dev->leaked);
	assert_null(strstr(fake_of(dev)->trace, "unrealize"));
	foo_device_destroy(dev);
	assert_null(foo_device_find("fake0"));
	/* what the lcore is using is still there when it comes back */
	OPS_SET(stuck->stuck, false);
	assert_true(OPS_WAIT(1000, foo_queue_state(&kept->queue[0]) == FOO_QUEUE_STOPPED));
	ops_guest_close(&g);
	/* tidy up behind the leak, for the leak checker */
	ops_loops_stop();
	free(kept->queue[0].vq.seg);
	free(kept->queue[0].vq.inflight);
	close(kept->queue[0].kickfd);
	close(kept->queue[0].callfd);
	free(kept->queue);
	free(fake_of(kept)->fq);
	foo_props_free(kept->cls, kept);
	free(kept);
	ops_loops_start(FOO_IDLE_ADAPTIVE);
}

static void
test_drain_takes_many_rounds(__rte_unused void **state)
{
	struct foo_device *dev = ops_device("fake0", "", 1);
	struct foo_queue *q = &dev->queue[0];
	struct ops_guest g;

	ops_guest_open(&g, dev, 8, 0);
	assert_int_equal(foo_queue_start(q, &g.cfg), 0);
	OPS_SET(fake_queue_of(q)->undrained, true);
	assert_int_equal(foo_queue_stop(q, NULL, NULL), -ETIMEDOUT);
	assert_int_equal(foo_queue_state(q), FOO_QUEUE_STOPPING);
	assert_string_equal(foo_queue_state_name(foo_queue_state(q)), "stopping");
	assert_true(foo_queue_is_late(q));
	OPS_SET(fake_queue_of(q)->undrained, false);
	assert_true(OPS_WAIT(1000, !foo_queue_is_late(q)));
	assert_true(OPS_GET(q->state) == FOO_QUEUE_STOPPED);
	assert_int_equal(foo_queue_stop(q, NULL, NULL), 0);
	ops_device_end(dev);
	ops_guest_close(&g);
}

static void
test_broken_queue_stands_alone(__rte_unused void **state)
{
	struct foo_device *dev = ops_device("fake0", "", 1);
	struct foo_queue *bad = &dev->queue[0], *good = &dev->queue[1];
	struct ops_guest g, h;
	uint64_t polls;

	ops_guest_open(&g, dev, 8, 0);
	h = g;
	ops_guest_open(&h, dev, 8, 0); /* two rings in two memories; the map holds the second */
	h.cfg.kickfd = h.kickfd;
	assert_int_equal(foo_queue_start(good, &h.cfg), 0);
	assert_int_equal(foo_queue_stop(good, NULL, NULL), 0);
	assert_int_equal(foo_mem_add(&h.mem, 1 << 20, 1 << 20, g.guest.region[0].va), 0);
	assert_int_equal(foo_device_set_mem(dev, &h.mem), 0);
	assert_int_equal(foo_queue_start(bad, &g.cfg), 0);
	assert_int_equal(foo_queue_start(good, &h.cfg), 0);

	OPS_SET(fake_queue_of(bad)->break_next, true);
	ops_guest_send(&g);
	assert_true(OPS_WAIT(1000, OPS_GET(bad->broken) != 0));
	assert_int_equal(bad->broken, FOO_FAULT_AVAIL_JUMP);
	assert_int_equal(OPS_GET(bad->stats.breaks), 1);
	assert_int_equal(foo_queue_state(bad), FOO_QUEUE_RUNNING);
	assert_false(foo_queue_is_serving(bad));
	polls = OPS_GET(fake_queue_of(bad)->polls);
	for (int i = 0; i < 100; i++) {
		ops_guest_send(&h);
		assert_true(ops_guest_wait(&h));
	}
	assert_int_equal(OPS_GET(fake_queue_of(bad)->polls), polls);
	assert_true(OPS_GET(fake_queue_of(bad)->stopped) > 0);
	assert_int_equal(g.done, 0);

	/* sticky over a move and a new callfd, not counted again */
	assert_int_equal(foo_queue_move(bad, 2), 0);
	assert_int_equal(foo_queue_set_callfd(bad, g.callfd), 0);
	assert_int_equal(bad->broken, FOO_FAULT_AVAIL_JUMP);
	assert_false(foo_queue_is_serving(bad));
	assert_int_equal(OPS_GET(bad->stats.breaks), 1);
	/* nor is its guest called: it could make the lcore wait */
	assert_int_equal(OPS_GET(bad->vq.stats.calls), 0);
	assert_int_equal(foo_queue_set_callfd(bad, h.callfd), 0);
	assert_int_equal(OPS_GET(bad->vq.stats.calls), 0);
	assert_int_equal(foo_queue_stop(bad, NULL, NULL), 0);
	assert_int_equal(bad->broken, FOO_FAULT_AVAIL_JUMP); /* why the last life ended */
	assert_int_equal(bad->past.fault[FOO_FAULT_AVAIL_JUMP], 1);

	/* the driver starts it anew */
	assert_int_equal(foo_queue_start(bad, &g.cfg), 0);
	assert_int_equal(bad->broken, 0);
	assert_true(foo_queue_is_serving(bad));
	assert_true(OPS_WAIT(1000, OPS_GET(fake_queue_of(bad)->polls) > polls));
	ops_device_end(dev);
	ops_guest_close(&g);
	ops_guest_close(&h);
}

/* Both queues of a device have a full call eventfd that was made blocking again. */
static void
test_call_blocked_once(__rte_unused void **state)
{
	struct foo_device *dev = ops_device("fake0", "", 1);
	struct foo_queue *q[2] = {&dev->queue[0], &dev->queue[1]};
	struct ops_guest g[2];
	struct foo_mem map;
	unsigned int i, broken = 0;

	for (i = 0; i < 2; i++)
		ops_guest_open(&g[i], dev, 8, 0);
	map = g[1].mem;
	assert_int_equal(foo_mem_add(&map, 1 << 20, 1 << 20, g[0].guest.region[0].va), 0);
	assert_int_equal(foo_device_set_mem(dev, &map), 0);
	for (i = 0; i < 2; i++) {
		assert_int_equal(foo_queue_start(q[i], &g[i].cfg), 0);
		assert_int_equal(eventfd_write(g[i].callfd, UINT64_MAX - 1), 0);
		assert_int_equal(fcntl(g[i].callfd, F_SETFL, O_RDWR), 0);
		foo_guest_ring_calls_enable(&g[i].ring, 0);
	}
	for (i = 0; i < 2; i++)
		ops_guest_send(&g[i]);
	/* the first one is ended, and there is no second one; held is who is seen so twice */
	for (i = 0; i < 1000 && broken == 0; i++) {
		foo_lcore_release_held();
		ops_nap_us(20000);
		broken = (OPS_GET(q[0]->broken) != 0) + (OPS_GET(q[1]->broken) != 0);
	}
	for (i = 0; i < 2; i++)
		ops_guest_send(&g[i]);
	ops_nap_us(50000);
	foo_lcore_release_held();
	ops_nap_us(20000);
	foo_lcore_release_held();
	ops_nap_us(20000);
	assert_int_equal((OPS_GET(q[0]->broken) != 0) + (OPS_GET(q[1]->broken) != 0), 1);
	for (i = 0; i < 2; i++)
		assert_int_equal(OPS_GET(q[i]->vq.callfd), FOO_VQ_NO_FD);
	ops_device_end(dev);
	for (i = 0; i < 2; i++)
		ops_guest_close(&g[i]);
}

static void
test_cycles(__rte_unused void **state)
{
	struct foo_device *dev = ops_device("fake0", "", 1);
	struct foo_queue *q = &dev->queue[0];
	uint64_t spin = rte_get_tsc_hz() / 10000; /* 100 us */
	struct foo_lcore_stats before, after;
	uint64_t busy, queue_busy, begin;
	struct ops_guest g;

	ops_guest_open(&g, dev, 64, 0);
	assert_int_equal(foo_queue_start(q, &g.cfg), 0);
	OPS_SET(fake_queue_of(q)->spin, spin);
	before = stats_of(1);
	queue_busy = OPS_GET(q->stats.busy_cycles);
	begin = rte_rdtsc();
	for (int i = 0; i < 20; i++) {
		ops_guest_send(&g);
		assert_true(ops_guest_wait(&g));
	}
	/* an idle time that must not count as busy, asleep for most of it */
	ops_nap_us(50000);
	ops_guest_send(&g);
	assert_true(ops_guest_wait(&g));
	ops_nap_us(1000);
	after = stats_of(1);
	busy = after.busy_cycles - before.busy_cycles;
	assert_int_equal(busy, OPS_GET(q->stats.busy_cycles) - queue_busy);
	assert_true(busy >= 21 * spin);
	/* others compete for the processor while a poll spins, but not for all of that time */
	assert_true(busy < rte_rdtsc() - begin - rte_get_tsc_hz() / 1000 * 40);
	assert_true(after.idle_cycles - before.idle_cycles > rte_get_tsc_hz() / 1000 * 45);
	assert_true(after.loops > before.loops);
	ops_device_end(dev);
	ops_guest_close(&g);
}

static int
by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Busy cycles of a poll that found a chain after a pause: the median of many. */
static uint64_t
busy_of_a_poll(struct foo_queue *q, struct ops_guest *g)
{
	uint64_t busy[301], before, polls;

	for (unsigned int i = 0; i < RTE_DIM(busy); i++) {
		ops_spin_us(5);
		before = OPS_GET(q->stats.busy_cycles);
		ops_guest_send(g);
		assert_true(ops_guest_watch(g));
		polls = OPS_GET(fake_queue_of(q)->polls);
		assert_true(OPS_WATCH(1000, OPS_GET(fake_queue_of(q)->polls) > polls));
		busy[i] = OPS_GET(q->stats.busy_cycles) - before;
	}
	qsort(busy, RTE_DIM(busy), sizeof(busy[0]), by_size);
	return busy[RTE_DIM(busy) / 2];
}

/* The pause between two rounds is not the work of the queue that comes first behind it. */
static void
test_pause_is_idle(__rte_unused void **state)
{
	struct foo_device *dev[2] = {ops_device("fake0", "queues=1", 1),
				     ops_device("fake1", "queues=1", 1)};
	uint64_t first, second, pauses, begin;
	struct ops_guest g[2];

	for (int i = 0; i < 2; i++) {
		ops_guest_open(&g[i], dev[i], 64, 0);
		assert_int_equal(foo_queue_start(&dev[i]->queue[0], &g[i].cfg), 0);
	}
	begin = rte_rdtsc();
	for (int i = 0; i < 16; i++)
		rte_pause();
	pauses = rte_rdtsc() - begin;
	first = busy_of_a_poll(&dev[0]->queue[0], &g[0]);
	second = busy_of_a_poll(&dev[1]->queue[0], &g[1]);
	/* both do the same; where pauses are short, so is what may be told apart */
	assert_true(first < second + pauses / 2 + 200);
	for (int i = 0; i < 2; i++) {
		ops_device_end(dev[i]);
		ops_guest_close(&g[i]);
	}
}

static void
test_placement_by_load(__rte_unused void **state)
{
	struct foo_device *busy = ops_device("fake0", "queues=1", 1), *next;
	struct foo_error err;
	struct ops_guest g;

	ops_guest_open(&g, busy, 256, 0);
	assert_int_equal(foo_queue_start(&busy->queue[0], &g.cfg), 0);
	OPS_SET(fake_queue_of(&busy->queue[0])->spin, rte_get_tsc_hz() / 100);
	for (int i = 0; i < 10; i++) {
		ops_guest_send(&g);
		assert_true(ops_guest_wait(&g));
	}
	/* one queue each on the others: lcore 1 has not more queues, but more work */
	struct foo_device *zero = ops_device("fake1", "queues=1", 0);
	struct foo_device *two = ops_device("fake2", "queues=1", 2);

	assert_int_equal(foo_device_create("fake3", "iface=/x,queues=2", &next, &err), 0);
	assert_int_equal(foo_device_realize(next, &err), 0);
	assert_int_not_equal(next->queue[0].lcore, 1);
	assert_int_not_equal(next->queue[1].lcore, 1);
	assert_int_not_equal(next->queue[0].lcore, next->queue[1].lcore);
	ops_device_end(next);
	ops_device_end(two);
	ops_device_end(zero);
	ops_device_end(busy);
	ops_guest_close(&g);
}

static void
test_quit_with_queues_running(__rte_unused void **state)
{
	struct foo_device *dev = ops_device("fake0", "", 1);
	struct foo_queue *q = &dev->queue[0];
	struct ops_guest g;

	ops_guest_open(&g, dev, 8, 0);
	assert_int_equal(foo_queue_start(q, &g.cfg), 0);
	assert_true(OPS_WAIT(1000, foo_lcore_is_asleep(1)));
	foo_lcore_quit(); /* ends sleeps too */
	ops_guest_send(&g);
	/* orders are carried out all the same */
	assert_int_equal(foo_queue_stop(q, NULL, NULL), 0);
	ops_device_end(dev);
	ops_guest_close(&g);
}

static void
test_spin_mode(__rte_unused void **state)
{
	struct foo_device *dev;
	struct ops_guest g;

	ops_loops_stop();
	ops_loops_start(FOO_IDLE_SPIN);
	dev = ops_device("fake0", "", 1);
	ops_guest_open(&g, dev, 8, 0);
	assert_int_equal(foo_queue_start(&dev->queue[0], &g.cfg), 0);
	ops_nap_us(5000);
	assert_false(ops_guest_send(&g)); /* never asks for a kick */
	assert_true(ops_guest_wait(&g));
	ops_nap_us(5000);
	assert_int_equal(stats_of(1).sleeps, 0);
	assert_string_equal(foo_idle_mode_name(FOO_IDLE_SPIN), "spin");
	assert_string_equal(foo_idle_mode_name(FOO_IDLE_ADAPTIVE), "adaptive");
	ops_device_end(dev);
	ops_guest_close(&g);
}

static int
run(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		TEST(test_serves),
		TEST(test_stopped_memory_is_untouched),
		TEST(test_stuck_poll_start_is_void),
		TEST(test_stuck_poll_stop_stands),
		TEST(test_lcore_that_never_answers),
		TEST(test_drain_takes_many_rounds),
		TEST(test_broken_queue_stands_alone),
		TEST(test_call_blocked_once),
		TEST(test_cycles),
		TEST(test_pause_is_idle),
		TEST(test_placement_by_load),
		TEST(test_quit_with_queues_running),
		TEST(test_spin_mode),
	};

	return cmocka_run_group_tests_name("ops_lcore", tests, NULL, NULL);
}

int
main(void)
{
	return ops_main("test_ops_lcore", run);
}
