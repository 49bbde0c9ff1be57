/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/* The control plane of devices of several types, by real messages. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_common.h>

#include "vhost_fixture.h"

#define BIT(n) (UINT64_C(1) << (n))
#define COMMON                                                                                     \
	(BIT(FOO_FRONT_P_MQ) | BIT(FOO_FRONT_P_LOG_SHMFD) | BIT(FOO_FRONT_P_REPLY_ACK) |           \
	 BIT(FOO_FRONT_P_INFLIGHT_SHMFD))
#define CONFIG (BIT(FOO_FRONT_P_CONFIG) | BIT(FOO_FRONT_P_BACKEND_REQ))

/* The library offers net's protocol features to all types, and not those that some need. */
static void
test_protocol_features(void **state)
{
	static const struct {
		const char *name;
		uint64_t must;
		uint64_t queues;
	} type[] = {
		{"vt_blk0", COMMON | CONFIG | BIT(FOO_FRONT_P_STATUS), VT_QUEUES},
		{"vt_gpu0", COMMON | CONFIG, VT_QUEUES},
		{"vt_rng0", COMMON | BIT(FOO_FRONT_P_BACKEND_REQ), VT_QUEUES},
		{"vt_net0",
		 COMMON | BIT(FOO_FRONT_P_RARP) | BIT(FOO_FRONT_P_MTU) |
			 BIT(FOO_FRONT_P_BACKEND_REQ) | BIT(FOO_FRONT_P_STATUS),
		 VT_QUEUES / 2},
	};
	struct vt *vt = *state;
	uint64_t got;
	unsigned int i;

	for (i = 0; i < RTE_DIM(type); i++) {
		vt_serve(vt, type[i].name, "");
		assert_int_equal(foo_front_connect(&vt->front, vt->path), 0);
		assert_int_equal(foo_front_get_features(&vt->front, &got), 0);
		/* QEMU needs bit 30, a migration bit 26 */
		assert_int_equal(got & (BIT(30) | BIT(26)), BIT(30) | BIT(26));
		assert_int_equal(foo_front_get_protocol_features(&vt->front, &got), 0);
		assert_int_equal(got, type[i].must);
		assert_int_equal(foo_front_get_queue_num(&vt->front, &got), 0);
		assert_int_equal(got, type[i].queues);
		foo_front_close(&vt->front);
		vt_end(vt);
	}
}

static void
test_get_config(void **state)
{
	struct vt *vt = *state;
	uint8_t buf[256];
	unsigned int i;

	vt_serve(vt, "vt_blk0", "");
	vt_connect(vt, 0);
	for (i = 0; i < VT_CONFIG; i++)
		vt->vd->config[i] = i + 1;
	assert_int_equal(foo_front_get_config(&vt->front, 8, buf, 4), 0);
	assert_memory_equal(buf, vt->vd->config + 8, 4);
	/* a front-end that knows of more fields reads zeroes */
	assert_int_equal(foo_front_get_config(&vt->front, 0, buf, 256), 0);
	assert_memory_equal(buf, vt->vd->config, VT_CONFIG);
	for (i = VT_CONFIG; i < 256; i++)
		assert_int_equal(buf[i], 0);
	assert_int_equal(foo_front_get_config(&vt->front, 250, buf, 6), 0);
	assert_int_equal(buf[0], 0);
	/* refused by size 0, and the connection lives */
	assert_int_equal(foo_front_get_config(&vt->front, 250, buf, 7), -EINVAL);
	assert_int_equal(foo_front_get_config(&vt->front, UINT32_MAX, buf, 2), -EINVAL);
	vt->vd->fail_config = -EIO;
	assert_int_equal(foo_front_get_config(&vt->front, 0, buf, 4), -EINVAL);
	vt->vd->fail_config = 0;
	assert_int_equal(foo_front_get_config(&vt->front, 0, buf, 4), 0);
}

static void
test_set_config(void **state)
{
	struct vt *vt = *state;
	uint8_t buf[64] = {1, 2, 3, 4};

	vt_serve(vt, "vt_blk0", "");
	vt_connect(vt, 0);
	assert_int_equal(foo_front_set_config(&vt->front, 10, buf, 4, 0), 0);
	assert_memory_equal(vt->vd->config + 10, buf, 4);
	assert_int_equal(foo_front_set_config(&vt->front, VT_CONFIG - 4, buf, 4, 0), 0);
	assert_int_equal(foo_front_set_config(&vt->front, VT_CONFIG - 3, buf, 4, 0), -EREMOTEIO);
	assert_int_equal(foo_front_set_config(&vt->front, 255, buf, 4, 0), -EREMOTEIO);
	vt->vd->fail_config = -EINVAL;
	assert_int_equal(foo_front_set_config(&vt->front, 0, buf, 4, 0), -EREMOTEIO);
	foo_front_close(&vt->front);
	vt_end(vt);
	/* a class without it */
	vt_serve(vt, "vt_gpu0", "");
	vt_connect(vt, 0);
	assert_int_equal(foo_front_set_config(&vt->front, 0, buf, 4, 0), -EREMOTEIO);
}

static void
test_no_config(void **state)
{
	struct vt *vt = *state;
	uint8_t buf[8];

	vt_serve(vt, "vt_rng0", "");
	vt_connect(vt, 0);
	assert_int_equal(foo_front_get_config(&vt->front, 0, buf, 4), -EINVAL);
}

/* Our own request: nobody waits for an answer, nor for room. */
static void
test_config_changed(void **state)
{
	struct vt *vt = *state;
	struct foo_front_msg msg;
	int i, ret = 0;

	vt_serve(vt, "vt_blk0", "");
	assert_int_equal(foo_vhost_config_changed(&vt->vd->dev), -ENOTCONN);
	vt_connect(vt, 0);
	assert_int_equal(foo_vhost_config_changed(&vt->vd->dev), -ENOTSUP);
	assert_int_equal(foo_front_open_backend_channel(&vt->front), 0);
	assert_int_equal(foo_vhost_config_changed(&vt->vd->dev), 0);
	assert_int_equal(foo_front_recv_backend(&vt->front, &msg), 0);
	assert_int_equal(msg.request, 2);
	assert_int_equal(msg.flags, FOO_FRONT_VERSION);
	assert_int_equal(msg.size, 0);
	for (i = 0; i < 100000 && ret == 0; i++)
		ret = foo_vhost_config_changed(&vt->vd->dev);
	assert_int_equal(ret, -EAGAIN);
}

/* An operator sees what a queue still waits for, and what was said last. */
static void
test_why(void **state)
{
	struct vt *vt = *state;
	struct foo_front *f = &vt->front;
	struct foo_front_ring ring;

	vt_serve(vt, "vt_blk0", "");
	vt_wait_why(vt, 0, "no front-end is connected");
	assert_int_equal(foo_front_connect(f, vt->path), 0);
	vt_wait_why(vt, 0, "features are not negotiated");
	assert_int_equal(foo_front_negotiate(f, BIT(VIRTIO_F_VERSION_1)), 0);
	vt_wait_why(vt, 0, "no memory table");
	vt_share(vt);
	vt_wait_why(vt, 0, "queue size is not set");
	assert_int_equal(foo_front_set_vring_num(f, 0, 64), 0);
	vt_wait_why(vt, 0, "ring addresses are not set");
	assert_string_equal(vt->vd->dev.last_msg, "SET_VRING_NUM 0");
	assert_int_equal(vt_start(vt), 0);
	vt_wait_why(vt, 0, "");
	vt_wait_why(vt, 1, "queue size is not set");
	assert_int_equal(foo_front_set_vring_enable(f, 0, false), 0);
	vt_wait_why(vt, 0, "disabled by the front-end");
	assert_int_equal(foo_front_set_vring_enable(f, 0, true), 0);
	vt_wait_why(vt, 0, "");
	assert_int_equal(foo_front_stop_queue(f, 0, NULL), 0);
	vt_wait_why(vt, 0, "not started by the driver");
	ring = foo_front_ring_of(&vt->mem, &vt->ring, -1);
	ring.desc += 8;
	assert_int_equal(foo_front_set_vring_addr(f, 0, &ring), -EREMOTEIO);
	assert_string_equal(vt->vd->dev.last_msg, "SET_VRING_ADDR 0: refused");
	foo_front_close(f);
	vt_wait_why(vt, 0, "no front-end is connected");
}

/* Memory moves under a ring's feet, and back. */
static void
test_memory_moves(void **state)
{
	struct vt *vt = *state;
	struct foo_front_region away = {
		.gpa = 0, .size = VT_MEM, .uva = 4096, .fd = vt->mem.region[0].fd};

	vt_serve(vt, "vt_blk0", "");
	vt_connect(vt, 0);
	vt_share(vt);
	assert_int_equal(vt_start(vt), 0);
	vt_wait_why(vt, 0, "");
	assert_int_equal(foo_front_set_mem_table(&vt->front, &away, 1), 0);
	vt_wait_why(vt, 0, "ring addresses are outside the memory table");
	vt_share(vt);
	vt_wait_why(vt, 0, "");
	/* a table that is refused changes nothing */
	away.size = 2 * VT_MEM;
	assert_int_equal(foo_front_set_mem_table(&vt->front, &away, 1), -EREMOTEIO);
	vt_wait_why(vt, 0, "");
}

/* What a driver refuses, and a dirty log that it must not notice. */
static void
test_features(void **state)
{
	struct vt *vt = *state;
	uint64_t features;

	vt_serve(vt, "vt_blk0", "");
	vt_connect(vt, 0);
	features = vt->front.features;
	assert_int_equal(vt->vd->features_set, 1);
	assert_int_equal(vt->vd->dev.features, BIT(VIRTIO_F_VERSION_1));
	vt->vd->fail_features = -EINVAL;
	assert_int_equal(foo_front_set_features(&vt->front, features | BIT(VIRTIO_F_RING_PACKED)),
			 -EREMOTEIO);
	assert_int_equal(vt->vd->dev.features, BIT(VIRTIO_F_VERSION_1));
	vt->vd->fail_features = 0;
	vt_share(vt);
	assert_int_equal(vt_start(vt), 0);
	vt->vd->features_set = 0;
	assert_int_equal(foo_front_set_features(&vt->front, features | BIT(26)), 0);
	assert_int_equal(foo_front_set_features(&vt->front, features), 0);
	assert_int_equal(vt->vd->features_set, 0);
	vt_wait_why(vt, 0, "");
}

/* GET_VRING_BASE of a packed ring: both positions, each with its wrap counter. */
static void
test_packed_base(void **state)
{
	struct vt *vt = *state;
	uint32_t base;

	vt_serve(vt, "vt_blk0", "");
	vt_connect(vt, BIT(VIRTIO_F_RING_PACKED));
	vt_share(vt);
	assert_int_equal(vt_start(vt), 0);
	vt_wait_why(vt, 0, "");
	assert_int_equal(foo_front_get_vring_base(&vt->front, 0, &base), 0);
	assert_int_equal(base, 0x80008000);
	/* what was set for a ring that never ran comes back */
	assert_int_equal(foo_front_set_vring_base(&vt->front, 1, 0x8005), 0);
	assert_int_equal(foo_front_get_vring_base(&vt->front, 1, &base), 0);
	assert_int_equal(base, 0x8005);
}

static void
test_reset_owner(void **state)
{
	struct vt *vt = *state;

	vt_serve(vt, "vt_blk0", "");
	vt_connect(vt, 0);
	vt_share(vt);
	assert_int_equal(vt_start(vt), 0);
	assert_int_equal(foo_front_command(&vt->front, FOO_FRONT_RESET_OWNER, NULL, 0, NULL, 0), 0);
	vt_wait_why(vt, 0, "not started by the driver");
	assert_int_equal(vt_start(vt), 0);
	vt_wait_why(vt, 0, "");
}

/* The guest's file shrinks, and what touches it is the control plane itself. */
static void
test_memory_lost(void **state)
{
	struct vt *vt = *state;

	vt_serve(vt, "vt_blk0", "");
	vt_connect(vt, 0);
	vt_share(vt);
	assert_int_equal(vt_start(vt), 0);
	assert_int_equal(foo_front_stop_queue(&vt->front, 0, NULL), 0);
	assert_int_equal(ftruncate(vt->mem.region[0].fd, 0), 0);
	vt_start(vt);
	vt_wait_gone(vt);
	assert_int_equal(vt_stats(vt).memory_lost, 1);
	foo_front_close(&vt->front);
	assert_int_equal(ftruncate(vt->mem.region[0].fd, VT_MEM), 0);
	vt_connect(vt, 0);
	vt_share(vt);
	assert_int_equal(vt_start(vt), 0);
	vt_wait_why(vt, 0, "");
	assert_int_equal(vt_stats(vt).memory_lost, 1);
}

/* A front-end that is gone makes room before the library has noticed. */
static void
test_successor(void **state)
{
	struct vt *vt = *state;
	struct foo_front other;
	uint64_t features;

	vt_serve(vt, "vt_blk0", "");
	vt_connect(vt, 0);
	foo_front_init(&other);
	assert_int_equal(foo_front_connect(&other, vt->path), 0);
	assert_int_equal(foo_front_get_features(&other, &features), -ECONNRESET);
	assert_int_equal(vt_stats(vt).connections_refused, 1);
	foo_front_close(&other);
	/* the library's thread waits for the lock in a handler, and then finds both events */
	foo_ctl_lock();
	foo_front_send(&vt->front, FOO_FRONT_GET_FEATURES, FOO_FRONT_VERSION, NULL, 0, NULL, 0);
	usleep(20000);
	foo_front_close(&vt->front);
	assert_int_equal(foo_front_connect(&other, vt->path), 0);
	usleep(20000);
	foo_ctl_unlock();
	assert_int_equal(foo_front_get_features(&other, &features), 0);
	assert_int_equal(vt_stats(vt).connections, 2);
	assert_int_equal(vt_stats(vt).connections_refused, 1);
	foo_front_close(&other);
}

/* The end of service under a connection; and again. */
static void
test_stop(void **state)
{
	struct vt *vt = *state;
	int i;

	for (i = 0; i < 3; i++) {
		vt_serve(vt, "vt_blk0", "");
		vt_connect(vt, 0);
		vt_share(vt);
		assert_int_equal(vt_start(vt), 0);
		vt_wait_why(vt, 0, "");
		vt_end(vt);
		assert_int_equal(access(vt->path, F_OK), -1);
		assert_int_equal(foo_front_wait_closed(&vt->front, 1000), 0);
		foo_front_close(&vt->front);
		foo_guest_ring_fini(&vt->ring);
		vt->has_ring = false;
		foo_guest_mem_free_all(&vt->mem);
	}
}

/* client=1: to whoever listens, now or later, again and again. */
static void
test_client(void **state)
{
	struct vt *vt = *state;
	int i;

	vt_serve(vt, "vt_blk0", ",client=1");
	assert_int_equal(foo_front_listen(&vt->front, vt->path), 0);
	vt->front.timeout_ms = 5000;
	for (i = 0; i < 2; i++) {
		assert_int_equal(foo_front_accept(&vt->front), 0);
		assert_int_equal(foo_front_negotiate(&vt->front, BIT(VIRTIO_F_VERSION_1)), 0);
		vt_share(vt);
		assert_int_equal(vt_start(vt), 0);
		vt_wait_why(vt, 0, "");
		foo_front_close(&vt->front);
		foo_guest_ring_fini(&vt->ring);
		vt->has_ring = false;
		foo_guest_mem_free_all(&vt->mem);
	}
	assert_true(vt_stats(vt).connections >= 2);
}

/* Called in place of chmod(), which fails then. */
static struct vt *at_chmod;

/* The library under test calls this one, not libc's. */
int
chmod(const char *path, mode_t mode)
{
	struct vt *vt = at_chmod;

	if (vt == NULL)
		return fchmodat(AT_FDCWD, path, mode, 0);
	vt_connect(vt, 0);
	vt_share(vt);
	assert_int_equal(vt_start(vt), 0);
	errno = EPERM;
	return -1;
}

/* A front-end comes between bind() and the socket's mode, which cannot be set: it is sent away. */
static void
test_start_fails(void **state)
{
	struct vt *vt = *state;
	struct foo_error err;

	vt_serve(vt, "vt_blk0", "");
	foo_vhost_stop(&vt->vd->dev);
	at_chmod = vt;
	assert_int_equal(foo_vhost_start(&vt->vd->dev, &err), -EPERM);
	at_chmod = NULL;
	assert_false(vt->vd->dev.is_connected);
	assert_int_equal(foo_queue_state(&vt->vd->dev.queue[0]), FOO_QUEUE_STOPPED);
	assert_int_equal(foo_front_wait_closed(&vt->front, 5000), 0);
	foo_front_close(&vt->front);
	assert_int_equal(foo_vhost_start(&vt->vd->dev, &err), 0);
	vt_connect(vt, 0);
}

static int
run(void)
{
	const struct CMUnitTest tests[] = {
		vt_test(test_protocol_features),
		vt_test(test_get_config),
		vt_test(test_set_config),
		vt_test(test_no_config),
		vt_test(test_config_changed),
		vt_test(test_why),
		vt_test(test_memory_moves),
		vt_test(test_features),
		vt_test(test_packed_base),
		vt_test(test_reset_owner),
		vt_test(test_memory_lost),
		vt_test(test_successor),
		vt_test(test_stop),
		vt_test(test_client),
		vt_test(test_start_fails),
	};

	return cmocka_run_group_tests_name("vhost_device", tests, NULL, NULL);
}

int
main(int argc, char **argv)
{
	(void)argc;
	return vt_main(argv[0], run);
}
