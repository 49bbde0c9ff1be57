/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * The abstract class `gpu`: VirtIO GPU device (VIRTIO 1.2, 5.7).
 */
#include <errno.h>
#include <string.h>

#include <linux/virtio_ids.h>

#include "gpu_display.h"
#include "gpu_priv.h"

/* Longest resolution=: one of each output. */
#define GPU_RESOLUTION_MAX (FOO_GPU_MAX_OUTPUTS * 12)

/* Longest name that fits a descriptor of an EDID. */
#define GPU_EDID_NAME_MAX 13

static const struct foo_prop gpu_props[] = {
	FOO_PROP_UINT("outputs", struct foo_gpu, outputs, "1", 1, FOO_GPU_MAX_OUTPUTS,
		      "outputs (scanouts), of which the guest may use fewer"),
	FOO_PROP_STRING("resolution", struct foo_gpu, resolution, NULL, GPU_RESOLUTION_MAX,
			"sizes of the outputs, 1920x1080:1280x1024; of one without, what the "
			"front-end's display says, or 1280x800",
			.runtime = true),
	FOO_PROP_STRING("edid-name", struct foo_gpu, edid_name, "dpdk-foo", GPU_EDID_NAME_MAX,
			"name of the monitors that the guest sees"),
	FOO_PROP_SIZE("memory", struct foo_gpu, memory, "256M", UINT64_C(1) << 20,
		      UINT64_C(1) << 40, "bytes that resources of the guest may take"),
	FOO_PROP_END,
};

static uint16_t
gpu_num_queues(const struct foo_device *dev)
{
	(void)dev;
	return GPU_QUEUES;
}

static void
gpu_display_woken(void *ctx)
{
	gpu_thread_wake(ctx);
}

/* Undo gpu_alloc(), also half of it. */
static void
gpu_free(struct foo_gpu *gpu)
{
	if (gpu->display != NULL)
		gpu_display_destroy(gpu->display);
	gpu->display = NULL;
	if (gpu->thread != NULL)
		gpu_thread_fini(gpu);
	gpu_res_fini(gpu);
}

/* Everything but the engine and the running thread. */
static int
gpu_alloc(struct foo_gpu *gpu)
{
	if (gpu_res_init(gpu) != 0 || gpu_thread_init(gpu) != 0)
		return -ENOMEM;
	gpu->display = gpu_display_create(gpu->dev.name, gpu_display_woken, gpu);
	return gpu->display != NULL ? 0 : -ENOMEM;
}

static int
gpu_realize(struct foo_device *dev, struct foo_error *err)
{
	struct foo_gpu *gpu = foo_gpu(dev);
	int rc = gpu_sizes_parse(gpu, err);

	if (rc != 0)
		return rc;
	rc = gpu_alloc(gpu);
	if (rc == 0 && gpu->engine->open != NULL)
		rc = gpu->engine->open(gpu, err);
	if (rc != 0) {
		gpu_free(gpu);
		return rc;
	}
	rc = gpu_thread_start(gpu);
	if (rc == 0)
		return 0;
	if (gpu->engine->close != NULL)
		gpu->engine->close(gpu);
	gpu_free(gpu);
	return foo_error_set(err, rc, "the gpu thread cannot be started: %s", strerror(-rc));
}

static void
gpu_unrealize(struct foo_device *dev)
{
	struct foo_gpu *gpu = foo_gpu(dev);

	gpu_thread_stop(gpu);
	if (gpu->engine->close != NULL)
		gpu->engine->close(gpu);
	gpu_free(gpu);
}

/* resolution= is the only one that can change. The guest is told to look. */
static int
gpu_prop_changed(struct foo_device *dev, const struct foo_prop *prop, struct foo_error *err)
{
	struct foo_gpu *gpu = foo_gpu(dev);
	int rc = gpu_sizes_parse(gpu, err);

	(void)prop;
	if (rc != 0)
		return rc;
	__atomic_fetch_or(&gpu->events, VIRTIO_GPU_EVENT_DISPLAY, __ATOMIC_RELAXED);
	foo_device_config_changed(dev);
	return 0;
}

/* Another guest finds nothing of the one before. */
static void
gpu_connected(struct foo_device *dev, bool up)
{
	struct foo_gpu *gpu = foo_gpu(dev);

	if (!up) {
		__atomic_store_n(&gpu->events, 0, __ATOMIC_RELAXED);
		gpu_thread_reset(gpu);
	}
}

static struct foo_class gpu_class = {
	.name = "gpu",
	.parent = "virtio",
	.help = "graphics adapter (VIRTIO 1.2, 5.7)",
	.abstract = true,
	.virtio_id = VIRTIO_ID_GPU,
	.config_size = GPU_CONFIG_SIZE,
	.instance_size = sizeof(struct foo_gpu),
	.props = gpu_props,
	.ops =
		{
			.realize = gpu_realize,
			.unrealize = gpu_unrealize,
			.prop_changed = gpu_prop_changed,
			.num_queues = gpu_num_queues,
			.features = gpu_features,
			.get_config = gpu_get_config,
			.set_config = gpu_set_config,
			.connected = gpu_connected,
			.queue_attach = gpu_queue_attach,
			.queue_detach = gpu_queue_detach,
			.queue_start = gpu_queue_start,
			.poll = gpu_queue_poll,
			.poll_stopped = gpu_queue_poll_stopped,
			.queue_stop = gpu_queue_stop,
			.queue_pending = gpu_queue_pending,
			.counters = gpu_counters,
		},
};
FOO_CLASS_REGISTER(gpu_class)
