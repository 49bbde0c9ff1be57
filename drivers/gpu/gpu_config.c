/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * What a GPU says of itself: features and config space (VIRTIO 1.2, 5.7.3 and 5.7.4), and the sizes
 * that a user gives its outputs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpu_priv.h"

#define GPU_BIT(bit) (UINT64_C(1) << (bit))

/* QEMU passes what its guest acknowledges of the ring's bits to a back-end without asking what that
 * has offered, so all of those that it offers by itself are here. */
#define GPU_FEATURES                                                                               \
	(GPU_BIT(VIRTIO_F_NOTIFY_ON_EMPTY) | GPU_BIT(VIRTIO_F_ANY_LAYOUT) |                        \
	 GPU_BIT(VIRTIO_RING_F_INDIRECT_DESC) | GPU_BIT(VIRTIO_RING_F_EVENT_IDX) |                 \
	 GPU_BIT(VIRTIO_F_VERSION_1) | GPU_BIT(VIRTIO_F_RING_PACKED) |                             \
	 GPU_BIT(VIRTIO_F_RING_RESET) | GPU_BIT(VIRTIO_GPU_F_EDID) |                               \
	 GPU_BIT(VIRTIO_GPU_F_RESOURCE_UUID))

/* Smallest side of an output. */
#define SIZE_MIN_SIDE 16

/* What stands between the sizes of two outputs. */
#define SIZE_NEXT ':'

uint64_t
gpu_features(const struct foo_device *dev)
{
	(void)dev;
	return GPU_FEATURES;
}

int
gpu_get_config(struct foo_device *dev, uint32_t offset, void *buf, uint32_t len)
{
	struct foo_gpu *gpu = foo_gpu(dev);
	struct virtio_gpu_config c = {
		.events_read = __atomic_load_n(&gpu->events, __ATOMIC_RELAXED),
		.num_scanouts = gpu->outputs,
	};

	/* the caller has seen to it that offset and len are within config_size */
	memcpy(buf, (const uint8_t *)&c + offset, len);
	return 0;
}

/* A driver writes one field, events_clear; a front-end may write all of them, as it has them. */
int
gpu_set_config(struct foo_device *dev, uint32_t offset, const void *buf, uint32_t len)
{
	uint32_t at = offsetof(struct virtio_gpu_config, events_clear), clear;

	if (offset > at || len < at - offset + sizeof(clear))
		return -EINVAL;
	memcpy(&clear, (const uint8_t *)buf + (at - offset), sizeof(clear));
	__atomic_fetch_and(&foo_gpu(dev)->events, ~clear, __ATOMIC_RELAXED);
	return 0;
}

/* A side of an output; *end is where it ends. 0: it is none. */
static uint32_t
size_side(const char *text, char **end)
{
	unsigned long side;

	if (*text < '0' || *text > '9') {
		*end = (char *)(uintptr_t)text;
		return 0;
	}
	side = strtoul(text, end, 10);
	return side >= SIZE_MIN_SIDE && side <= FOO_GPU_MAX_SIDE ? (uint32_t)side : 0;
}

/* One size; what follows it, or NULL if it is none. Nothing at all is no size, and right. */
static const char *
size_parse(const char *text, struct foo_gpu_size *size)
{
	char *end;

	*size = (struct foo_gpu_size){0};
	if (*text != SIZE_NEXT && *text != '\0') {
		size->width = size_side(text, &end);
		if (size->width == 0 || *end != 'x')
			return NULL;
		size->height = size_side(end + 1, &end);
		if (size->height == 0)
			return NULL;
		text = end;
	}
	return *text == SIZE_NEXT || *text == '\0' ? text : NULL;
}

int
gpu_sizes_parse(struct foo_gpu *gpu, struct foo_error *err)
{
	const char *text = gpu->resolution != NULL ? gpu->resolution : "", *at = text;
	struct foo_gpu_size size[FOO_GPU_MAX_OUTPUTS] = {0};

	for (uint32_t i = 0; *at != '\0'; i++, at += *at == SIZE_NEXT) {
		if (i == gpu->outputs)
			return foo_error_set(err, -EINVAL,
					     "resolution=%s: more sizes than outputs=%u", text,
					     gpu->outputs);
		at = size_parse(at, &size[i]);
		if (at == NULL)
			return foo_error_set(err, -EINVAL,
					     "resolution=%s: must be WIDTHxHEIGHT[:WIDTHxHEIGHT"
					     "...], from %dx%d to %dx%d",
					     text, SIZE_MIN_SIDE, SIZE_MIN_SIDE, FOO_GPU_MAX_SIDE,
					     FOO_GPU_MAX_SIDE);
	}
	for (uint32_t i = 0; i < FOO_GPU_MAX_OUTPUTS; i++)
		__atomic_store(&gpu->size[i], &size[i], __ATOMIC_RELAXED);
	return 0;
}

struct foo_gpu_size
gpu_size_get(const struct foo_gpu *gpu, uint32_t output)
{
	struct foo_gpu_size size;

	/* pairs with the store in gpu_sizes_parse() */
	__atomic_load(&gpu->size[output], &size, __ATOMIC_RELAXED);
	return size;
}
