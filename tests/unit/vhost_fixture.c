/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <linux/virtio_ids.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include <foo_lcore.h>

#include "vhost_fixture.h"

#define WAIT_MS 3000
#define RING_SIZE 64

/* --- classes: as much of a device as the control plane sees --- */

static uint16_t
vt_num_queues(__rte_unused const struct foo_device *dev)
{
	return VT_QUEUES;
}

static uint64_t
vt_features(__rte_unused const struct foo_device *dev)
{
	return UINT64_C(1) << VIRTIO_F_VERSION_1 | UINT64_C(1) << VIRTIO_F_RING_PACKED |
	       UINT64_C(1) << VIRTIO_RING_F_EVENT_IDX;
}

/* More than any device may have: what is too much is taken away from it. */
static uint64_t
vt_protocol_features(__rte_unused const struct foo_device *dev)
{
	return UINT64_MAX;
}

static int
vt_set_features(struct foo_device *dev)
{
	struct vt_dev *vd = (struct vt_dev *)dev;

	vd->features_set++;
	return vd->fail_features;
}

static int
vt_get_config(struct foo_device *dev, uint32_t offset, void *buf, uint32_t len)
{
	struct vt_dev *vd = (struct vt_dev *)dev;

	memcpy(buf, vd->config + offset, len);
	return vd->fail_config;
}

static int
vt_set_config(struct foo_device *dev, uint32_t offset, const void *buf, uint32_t len)
{
	struct vt_dev *vd = (struct vt_dev *)dev;

	memcpy(vd->config + offset, buf, len);
	return vd->fail_config;
}

static unsigned int
vt_poll(__rte_unused struct foo_queue *q)
{
	return 0;
}

static struct foo_class vt_class = {
	.name = "vt",
	.parent = "virtio",
	.help = "device of the tests",
	.abstract = true,
	.instance_size = sizeof(struct vt_dev),
	.ops = {.num_queues = vt_num_queues,
		.features = vt_features,
		.protocol_features = vt_protocol_features,
		.set_features = vt_set_features,
		.poll = vt_poll},
};
FOO_CLASS_REGISTER(vt_class)

static struct foo_class vt_blk_class = {
	.name = "vt_blk",
	.parent = "vt",
	.help = "a disk: config space and status",
	.virtio_id = VIRTIO_ID_BLOCK,
	.config_size = VT_CONFIG,
	.ops = {.get_config = vt_get_config, .set_config = vt_set_config},
};
FOO_CLASS_REGISTER(vt_blk_class)

static struct foo_class vt_net_class = {
	.name = "vt_net",
	.parent = "vt",
	.help = "a network card: config space of QEMU's own, status",
	.virtio_id = VIRTIO_ID_NET,
	.config_size = VT_CONFIG,
	.ops = {.get_config = vt_get_config},
};
FOO_CLASS_REGISTER(vt_net_class)

static struct foo_class vt_gpu_class = {
	.name = "vt_gpu",
	.parent = "vt",
	.help = "a display: config space, no status",
	.virtio_id = VIRTIO_ID_GPU,
	.config_size = 16,
	.ops = {.get_config = vt_get_config},
};
FOO_CLASS_REGISTER(vt_gpu_class)

static struct foo_class vt_rng_class = {
	.name = "vt_rng",
	.parent = "vt",
	.help = "a random source: neither",
	.virtio_id = VIRTIO_ID_RNG,
};
FOO_CLASS_REGISTER(vt_rng_class)

/* --- EAL --- */

int
vt_main(const char *program, int (*tests)(void))
{
	char name[64], prefix[32];
	char *argv[] = {name,
			(char *)"--lcores=0",
			(char *)"--no-huge",
			(char *)"--no-pci",
			(char *)"--no-shconf",
			(char *)"--no-telemetry",
			(char *)"--log-level=error",
			(char *)"-m",
			(char *)"64",
			prefix,
			NULL};
	struct foo_error err = {""};
	int ret;

	snprintf(name, sizeof(name), "%s", program);
	snprintf(prefix, sizeof(prefix), "--file-prefix=vt-%d", (int)getpid());
	if (rte_eal_init(RTE_DIM(argv) - 1, argv) < 0) {
		printf("1..0 # SKIP EAL cannot start here: %s\n", rte_strerror(rte_errno));
		return 0;
	}
	if (foo_class_seal(&err) != 0 || foo_lcore_init(FOO_IDLE_ADAPTIVE) != 0) {
		printf("no classes or lcores: %s\n", err.text);
		return 1;
	}
	ret = tests();
	foo_lcore_fini();
	rte_eal_cleanup();
	return ret;
}

/* --- a test's device and front-end --- */

int
vt_setup(void **state)
{
	const struct foo_guest_range range = {.gpa = 0, .size = VT_MEM};
	struct vt *vt = calloc(1, sizeof(*vt));

	if (vt == NULL)
		return -1;
	*state = vt;
	snprintf(vt->dir, sizeof(vt->dir), "/tmp/foo-vt-XXXXXX");
	if (mkdtemp(vt->dir) == NULL)
		return -1;
	snprintf(vt->path, sizeof(vt->path), "%s/s", vt->dir);
	foo_front_init(&vt->front);
	vt->front.timeout_ms = WAIT_MS;
	return foo_guest_mem_create(&vt->mem, &range, 1, FOO_GUEST_MEM_UNSEALED);
}

int
vt_teardown(void **state)
{
	struct vt *vt = *state;

	foo_front_fini(&vt->front);
	if (vt->vd != NULL)
		vt_end(vt);
	if (vt->has_ring)
		foo_guest_ring_fini(&vt->ring);
	foo_guest_mem_destroy(&vt->mem);
	unlink(vt->path);
	rmdir(vt->dir);
	free(vt);
	return 0;
}

void
vt_serve(struct vt *vt, const char *name, const char *more)
{
	struct foo_error err = {""};
	struct foo_device *dev;
	char args[256];

	snprintf(args, sizeof(args), "iface=%s%s", vt->path, more);
	assert_int_equal(foo_device_create(name, args, &dev, &err), 0);
	vt->vd = (struct vt_dev *)dev;
	assert_int_equal(foo_device_realize(dev, &err), 0);
	if (foo_vhost_start(dev, &err) != 0)
		fail_msg("%s", err.text);
}

void
vt_end(struct vt *vt)
{
	foo_vhost_stop(&vt->vd->dev);
	foo_device_unrealize(&vt->vd->dev);
	foo_device_destroy(&vt->vd->dev);
	vt->vd = NULL;
}

void
vt_connect(struct vt *vt, uint64_t features)
{
	assert_int_equal(foo_front_connect(&vt->front, vt->path), 0);
	assert_int_equal(
		foo_front_negotiate(&vt->front, features | UINT64_C(1) << VIRTIO_F_VERSION_1), 0);
}

void
vt_share(struct vt *vt)
{
	assert_int_equal(foo_front_set_mem(&vt->front, &vt->mem), 0);
}

int
vt_start(struct vt *vt)
{
	struct foo_guest_ring_config cfg = {
		.features = vt->front.features, .size = RING_SIZE, .kickfd = -1};

	if (foo_front_has(&vt->front, VIRTIO_F_RING_PACKED))
		cfg.base = 0x8000;
	if (!vt->has_ring)
		assert_int_equal(foo_guest_ring_init(&vt->ring, &vt->mem, &cfg), 0);
	vt->has_ring = true;
	return foo_front_start_ring(&vt->front, 0, &vt->mem, &vt->ring, -1);
}

static void
nap(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 1000 * 1000}, NULL);
}

void
vt_wait_why(struct vt *vt, uint16_t queue, const char *text)
{
	const struct foo_queue *q = &vt->vd->dev.queue[queue];
	char why[sizeof(q->why)];
	bool running;
	int i;

	for (i = 0; i < WAIT_MS; i++) {
		foo_ctl_lock();
		memcpy(why, q->why, sizeof(why));
		running = foo_queue_state(q) == FOO_QUEUE_RUNNING;
		foo_ctl_unlock();
		if (text[0] == '\0' ? running && why[0] == '\0' :
				      !running && strstr(why, text) != NULL)
			return;
		nap();
	}
	fail_msg("queue %u is %srunning: '%s'", queue, running ? "" : "not ", why);
}

void
vt_wait_gone(struct vt *vt)
{
	bool connected = true;
	int i;

	for (i = 0; i < WAIT_MS && connected; i++) {
		nap();
		foo_ctl_lock();
		connected = vt->vd->dev.is_connected;
		foo_ctl_unlock();
	}
	assert_false(connected);
}

struct foo_vhost_stats
vt_stats(struct vt *vt)
{
	struct foo_vhost_stats stats;

	assert_true(foo_vhost_stats_get(&vt->vd->dev, &stats));
	return stats;
}
