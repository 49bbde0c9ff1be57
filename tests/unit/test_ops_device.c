/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/*
 * Devices and queues without any loop running: the control thread stands in for the lcores. Life
 * cycle, what each step refuses, what a queue needs to start.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ops_fixture.h"

static int
setup(__rte_unused void **state)
{
	fake_fail_init = 0;
	ops_loops_none();
	return 0;
}

static int
teardown(__rte_unused void **state)
{
	ops_devices_end();
	ops_loops_none_end();
	return 0;
}

static void
create_refused(const char *name, const char *args, int code, const char *text)
{
	struct foo_device *dev = NULL;
	struct foo_error err = {""};

	assert_int_equal(foo_device_create(name, args, &dev, &err), code);
	assert_string_equal(err.text, text);
	assert_null(dev);
	assert_int_equal(foo_device_create(name, args, &dev, NULL), code);
}

static void
test_life_cycle(__rte_unused void **state)
{
	struct foo_error err = {""};
	struct foo_device *dev;
	struct ops_guest g;

	assert_int_equal(foo_device_create("fake0", "iface=/x", &dev, &err), 0);
	assert_ptr_equal(foo_device_find("fake0"), dev);
	assert_null(foo_device_find("fake1"));
	assert_string_equal(fake_of(dev)->trace, "init");
	assert_int_equal(dev->nqueues, 0);
	assert_int_equal(foo_device_realize(dev, &err), 0);
	assert_true(dev->realized);
	assert_int_equal(dev->nqueues, 2);
	assert_int_equal(foo_queue_state(&dev->queue[0]), FOO_QUEUE_STOPPED);
	assert_int_equal(foo_device_realize(dev, &err), -EALREADY);
	foo_device_connect(dev, true);
	assert_true(dev->is_connected);
	assert_int_equal(dev->generation, 1);
	ops_guest_open(&g, dev, 8, 0);
	assert_int_equal(foo_queue_start(&dev->queue[0], &g.cfg), 0);
	assert_int_equal(foo_queue_stop(&dev->queue[0], NULL, NULL), 0);
	foo_device_connect(dev, false);
	assert_int_equal(dev->features, 0);
	assert_int_equal(dev->mem.nregions, 0);
	foo_device_unrealize(dev);
	assert_false(dev->realized);
	assert_string_equal(
		fake_of(dev)->trace,
		"init realize attach attach up features start stop down detach detach unrealize");
	foo_device_unrealize(dev); /* nothing left to undo */
	foo_device_destroy(dev);
	assert_null(foo_device_find("fake0"));
	ops_guest_close(&g);
}

static void
test_create_refused(__rte_unused void **state)
{
	char name[80], text[200];
	struct foo_device *dev;

	create_refused("fkae0", "iface=/x", -ENODEV,
		       "fkae0: no such device class; did you mean fake0?");
	create_refused("zebra0", "iface=/x", -ENODEV,
		       "zebra0: no such device class; --list-devices shows them");
	create_refused("virtio0", "iface=/x", -ENODEV,
		       "virtio0: this class is abstract; --list-devices shows them");
	create_refused("fake", "iface=/x", -ENODEV,
		       "fake: a device needs a number behind its class: fake0");
	create_refused("fake0", "", -EINVAL,
		       "fake0: iface=<path> is missing: path of the vhost-user socket");
	create_refused("fake0", "iface=/x,queues=301", -ERANGE,
		       "fake0: queues=301: must be a number from 0 to 300");
	snprintf(name, sizeof(name), "fake%060d", 1);
	snprintf(text, sizeof(text), "device name '%.20s...' is longer than 63", name);
	create_refused(name, "iface=/x", -EINVAL, text);
	fake_fail_init = -ENOSPC;
	create_refused("fake0", "iface=/x", -ENOSPC,
		       "fake0: cannot be initialised: No space left on device");
	fake_fail_init = 0;
	dev = ops_device("fake0", "", 0);
	create_refused("fake0", "iface=/x", -EEXIST, "fake0: there is a device of this name");
	ops_device_end(dev);
}

static void
test_ids_and_the_limit(__rte_unused void **state)
{
	struct foo_device *dev[FOO_MAX_DEVICES], *again;
	char name[16];

	for (int i = 0; i < FOO_MAX_DEVICES; i++) {
		snprintf(name, sizeof(name), "fake%d", i);
		assert_int_equal(foo_device_create(name, "iface=/x", &dev[i], NULL), 0);
		assert_int_equal(dev[i]->id, i);
	}
	create_refused("fake999", "iface=/x", -ENOSPC, "fake999: more than 128 devices");
	foo_device_destroy(dev[5]);
	assert_int_equal(foo_device_create("fake999", "iface=/x", &again, NULL), 0);
	assert_int_equal(again->id, 5); /* the smallest that is free */
	dev[5] = again;
	for (int i = 0; i < FOO_MAX_DEVICES; i++)
		foo_device_destroy(dev[i]);
	assert_true(TAILQ_EMPTY(&foo_devices));
}

static void
realize_refused(const char *args, int fail_realize, int fail_attach, int code, const char *text,
		const char *trace)
{
	struct foo_error err = {""};
	struct foo_device *dev;

	assert_int_equal(foo_device_create("fake0", args, &dev, NULL), 0);
	fake_of(dev)->fail_realize = fail_realize;
	fake_of(dev)->fail_attach = fail_attach;
	assert_int_equal(foo_device_realize(dev, &err), code);
	assert_string_equal(err.text, text);
	assert_string_equal(fake_of(dev)->trace, trace);
	assert_false(dev->realized);
	assert_null(dev->queue);
	assert_int_equal(dev->nqueues, 0);
	foo_device_destroy(dev);
}

static void
test_realize_refused(__rte_unused void **state)
{
	realize_refused("iface=/x", -EPERM, 0, -EPERM, "fake0: out of luck", "init realize");
	realize_refused("iface=/x,queues=0", 0, 0, -EINVAL,
			"fake0: 0 queues, but it can have 1 to 256", "init realize unrealize");
	realize_refused("iface=/x,queues=257", 0, 0, -EINVAL,
			"fake0: 257 queues, but it can have 1 to 256", "init realize unrealize");
	realize_refused("iface=/x", 0, -ENOSR, -ENOSR,
			"fake0: queue 1 cannot be attached to an lcore: Out of streams resources",
			"init realize attach attach detach unrealize");
	for (unsigned int id = 0; id < 3; id++)
		assert_int_equal(foo_lcore_num_queues(id), 0);
}

static void
test_all_queues_of_a_device(__rte_unused void **state)
{
	struct foo_device *dev = ops_device("fake0", "queues=256", 1);

	assert_int_equal(dev->nqueues, 256);
	assert_int_equal(foo_lcore_num_queues(1), 256);
	ops_device_end(dev);
	assert_int_equal(foo_lcore_num_queues(1), 0);
}

static void
test_features(__rte_unused void **state)
{
	struct foo_device *dev = ops_device("fake0", "", 0);
	struct ops_guest g;

	assert_int_equal(foo_device_set_features(dev, 1ULL << VIRTIO_F_IN_ORDER), -EINVAL);
	assert_int_equal(dev->features, 0);
	fake_of(dev)->fail_features = -EIO;
	assert_int_equal(foo_device_set_features(dev, 1ULL << VIRTIO_F_VERSION_1), -EIO);
	assert_int_equal(dev->features, 0);
	fake_of(dev)->fail_features = 0;
	ops_guest_open(&g, dev, 8, 0);
	assert_int_equal(dev->features, 1ULL << VIRTIO_F_VERSION_1);
	assert_int_equal(foo_queue_start(&dev->queue[0], &g.cfg), 0);
	/* nothing may change under a queue that runs */
	assert_int_equal(foo_device_set_features(dev, 0), -EBUSY);
	assert_int_equal(foo_device_set_mem(dev, &g.mem), -EBUSY);
	assert_int_equal(dev->features, 1ULL << VIRTIO_F_VERSION_1);
	/* the connection ends with the queue running: it is stopped */
	foo_device_connect(dev, false);
	assert_int_equal(foo_queue_state(&dev->queue[0]), FOO_QUEUE_STOPPED);
	assert_string_equal(dev->queue[0].why, "no front-end is connected");
	assert_int_equal(foo_device_set_mem(dev, &g.mem), 0);
	ops_device_end(dev);
	ops_guest_close(&g);
}

static void
test_queue_start_stop(__rte_unused void **state)
{
	struct foo_device *dev = ops_device("fake0", "", 0);
	struct foo_queue *q = &dev->queue[0];
	uint16_t avail = 99, used = 99;
	struct ops_guest g;

	assert_string_equal(q->why, "no front-end has connected");
	assert_int_equal(foo_queue_stop(q, &avail, &used), -EALREADY);
	assert_int_equal(avail, 99);
	ops_guest_open(&g, dev, 8, 0);
	assert_int_equal(foo_queue_start(q, &g.cfg), 0);
	assert_string_equal(q->why, "");
	assert_string_equal(foo_queue_state_name(foo_queue_state(q)), "running");
	assert_true(foo_queue_is_serving(q));
	assert_int_equal(foo_queue_start(q, &g.cfg), -EALREADY);
	assert_true(q->kickfd >= 0 && q->kickfd != g.kickfd); /* a duplicate */
	assert_true(q->callfd >= 0 && q->callfd != g.callfd);
	for (int i = 0; i < 3; i++)
		ops_guest_send(&g);
	/* another order makes the control thread do a round of all lcores */
	assert_int_equal(foo_queue_start(&dev->queue[1], &g.cfg), 0);
	assert_int_equal(foo_queue_stop(&dev->queue[1], NULL, NULL), 0);
	assert_true(ops_guest_wait(&g));
	assert_int_equal(foo_queue_stop(q, &avail, &used), 0);
	assert_int_equal(avail, 3);
	assert_int_equal(used, 3);
	assert_int_equal(q->past.chains, 3);
	assert_int_equal(q->kickfd, FOO_VQ_NO_FD);
	assert_int_equal(q->callfd, FOO_VQ_NO_FD);
	assert_string_equal(q->why, "stopped");
	/* on from there */
	g.cfg.vq.avail_base = avail;
	g.cfg.vq.used_base = used;
	assert_int_equal(foo_queue_start(q, &g.cfg), 0);
	ops_guest_send(&g);
	assert_int_equal(foo_queue_set_callfd(q, FOO_VQ_NO_FD), 0);
	assert_int_equal(foo_queue_stop(q, &avail, &used), 0);
	assert_true(ops_guest_wait(&g));
	assert_int_equal(avail, 4);
	assert_int_equal(q->past.chains, 4);
	ops_device_end(dev);
	ops_guest_close(&g);
}

static void
start_refused(struct foo_queue *q, const struct foo_queue_config *cfg, int code, const char *why)
{
	assert_int_equal(foo_queue_start(q, cfg), code);
	assert_string_equal(q->why, why);
	assert_int_equal(foo_queue_state(q), FOO_QUEUE_STOPPED);
	assert_int_equal(q->kickfd, FOO_VQ_NO_FD);
	assert_int_equal(q->callfd, FOO_VQ_NO_FD);
	assert_int_equal(foo_queue_stop(q, NULL, NULL), -EALREADY);
}

static void
test_queue_start_refused(__rte_unused void **state)
{
	struct foo_device *dev = ops_device("fake0", "", 0);
	struct foo_queue *q = &dev->queue[0];
	struct foo_queue_config cfg;
	struct ops_guest g;
	int pipes[2];

	ops_guest_open(&g, dev, 8, 0);
	assert_int_equal(pipe(pipes), 0);
	cfg = g.cfg;
	cfg.kickfd = pipes[0];
	start_refused(q, &cfg, -EBADF, "kick or call fd refused: it is no eventfd");
	cfg = g.cfg;
	cfg.vq.callfd = pipes[1];
	start_refused(q, &cfg, -EBADF, "kick or call fd refused: it is no eventfd");
	close(pipes[0]);
	close(pipes[1]);
	cfg.vq.callfd = pipes[1]; /* closed */
	start_refused(q, &cfg, -EBADF, "kick or call fd refused: it is no eventfd");
	cfg = g.cfg;
	cfg.vq.size = 3;
	start_refused(q, &cfg, -EINVAL, "rings refused: Invalid argument");
	cfg = g.cfg;
	cfg.vq.desc = &cfg;
	start_refused(q, &cfg, -EFAULT, "rings refused: Bad address");
	assert_int_equal(foo_queue_set_callfd(q, g.callfd), -EALREADY);
	ops_device_end(dev);
	ops_guest_close(&g);
}

static bool
took_call(struct ops_guest *g)
{
	eventfd_t n;

	/* the device has made the description non-blocking */
	return eventfd_read(g->callfd, &n) == 0;
}

static void
test_calls(__rte_unused void **state)
{
	struct foo_device *dev = ops_device("fake0", "", 0);
	struct foo_queue *q = &dev->queue[0];
	struct ops_guest g;
	int other;

	ops_guest_open(&g, dev, 8, 0);
	assert_int_equal(fcntl(g.callfd, F_GETFL) & O_NONBLOCK, 0);
	assert_int_equal(foo_queue_start(q, &g.cfg), 0);
	assert_int_equal(fcntl(g.callfd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	assert_int_equal(fcntl(g.kickfd, F_GETFL) & O_NONBLOCK, 0);
	assert_false(took_call(&g));
	assert_int_equal(foo_queue_stop(q, NULL, NULL), 0);
	g.cfg.call_first = true;
	assert_int_equal(foo_queue_start(q, &g.cfg), 0);
	assert_true(took_call(&g));
	/* a full eventfd holds nobody up */
	assert_int_equal(eventfd_write(g.callfd, UINT64_MAX - 1), 0);
	assert_int_equal(foo_queue_stop(q, NULL, NULL), 0);
	assert_int_equal(foo_queue_start(q, &g.cfg), 0);
	other = eventfd(0, 0);
	assert_int_equal(foo_queue_set_callfd(q, other), 0);
	close(other);
	assert_int_equal(foo_queue_set_callfd(q, 9999), -EBADF);
	assert_true(foo_queue_is_serving(q));
	assert_true(took_call(&g));
	assert_int_equal(foo_queue_set_callfd(q, g.callfd), 0);
	assert_true(took_call(&g)); /* the swap may have lost one */
	ops_device_end(dev);
	ops_guest_close(&g);
}

static void
test_drain_without_loops(__rte_unused void **state)
{
	struct foo_device *dev = ops_device("fake0", "", 0);
	struct foo_queue *q = &dev->queue[0];
	struct ops_guest g;

	ops_guest_open(&g, dev, 8, 0);
	assert_int_equal(foo_queue_start(q, &g.cfg), 0);
	OPS_SET(fake_queue_of(q)->undrained, true);
	assert_int_equal(foo_queue_stop(q, NULL, NULL), -ETIMEDOUT);
	assert_int_equal(foo_queue_state(q), FOO_QUEUE_STOPPING);
	assert_int_equal(foo_queue_start(q, &g.cfg), -EBUSY);
	OPS_SET(fake_queue_of(q)->undrained, false);
	assert_int_equal(foo_queue_stop(q, NULL, NULL), 0);
	assert_int_equal(foo_queue_start(q, &g.cfg), 0);
	ops_device_end(dev);
	ops_guest_close(&g);
}

static unsigned int
place_nowhere(__rte_unused const struct foo_queue *q)
{
	return 77; /* no lcore of ours: no opinion */
}

static void
test_placement(__rte_unused void **state)
{
	struct foo_device *dev, *fixed;
	struct foo_error err;

	fixed = ops_device("fake0", "queues=4", 1);
	for (int i = 0; i < 4; i++)
		assert_int_equal(fixed->queue[i].lcore, 1);
	foo_placement_set(place_nowhere);
	assert_int_equal(foo_device_create("fake1", "iface=/x,queues=5", &dev, &err), 0);
	assert_int_equal(foo_device_realize(dev, &err), 0);
	foo_placement_set(NULL);
	/* none is busy: fewest queues first */
	assert_int_equal(foo_lcore_num_queues(0), 3);
	assert_int_equal(foo_lcore_num_queues(1), 4);
	assert_int_equal(foo_lcore_num_queues(2), 2);
	assert_int_equal(foo_queue_move(&dev->queue[0], 77), -EINVAL);
	assert_int_equal(foo_queue_move(&dev->queue[0], 1), 0);
	assert_int_equal(dev->queue[0].lcore, 1);
	assert_int_equal(foo_lcore_num_queues(1), 5);
	ops_device_end(dev);
	ops_device_end(fixed);
	foo_lcore_wake(RTE_MAX_LCORE);
	foo_lcore_wake(77);
	assert_int_equal(foo_lcore_num_queues(77), 0);
}

static void
test_no_lcore(__rte_unused void **state)
{
	struct foo_error err = {""};
	struct foo_device *dev;

	ops_loops_none_end();
	assert_int_equal(foo_device_create("fake0", "iface=/x", &dev, &err), 0);
	assert_int_equal(foo_device_realize(dev, &err), -ENODEV);
	assert_string_equal(err.text,
			    "fake0: queue 0 cannot be attached to an lcore: No such device");
	foo_device_destroy(dev);
	ops_loops_none();
}

static void
test_ctl_lock_is_recursive(__rte_unused void **state)
{
	foo_ctl_lock();
	foo_ctl_lock();
	ops_device_end(ops_device("fake0", "", 0));
	foo_ctl_unlock();
	foo_ctl_unlock();
}

static int
run(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		TEST(test_life_cycle),
		TEST(test_create_refused),
		TEST(test_ids_and_the_limit),
		TEST(test_realize_refused),
		TEST(test_all_queues_of_a_device),
		TEST(test_features),
		TEST(test_queue_start_stop),
		TEST(test_queue_start_refused),
		TEST(test_calls),
		TEST(test_drain_without_loops),
		TEST(test_placement),
		TEST(test_no_lcore),
		TEST(test_ctl_lock_is_recursive),
	};

	return cmocka_run_group_tests_name("ops_device", tests, NULL, NULL);
}

int
main(void)
{
	return ops_main("test_ops_device", run);
}
