/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Resources of a GPU, by the ids that the guest chooses, and the memory that they may take.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_random.h>

#include "gpu_priv.h"

/* Buckets of the table, a power of two. */
#define RES_BUCKETS 4096

/* Most resources. A guest may choose ids that share a bucket: what it then waits for, in its own
 * gpu thread, is a walk over so many. */
#define RES_MAX 65536

/* What a resource costs beside its pixels. */
#define RES_OVERHEAD 256

static struct foo_gpu_resource **
res_bucket(const struct foo_gpu *gpu, uint32_t id)
{
	return &gpu->bucket[id % RES_BUCKETS];
}

int
gpu_res_init(struct foo_gpu *gpu)
{
	gpu->bucket = calloc(RES_BUCKETS, sizeof(*gpu->bucket));
	gpu->uuid_seed[0] = rte_rand();
	gpu->uuid_seed[1] = rte_rand();
	return gpu->bucket != NULL ? 0 : -ENOMEM;
}

void
gpu_res_fini(struct foo_gpu *gpu)
{
	free(gpu->bucket);
	gpu->bucket = NULL;
}

struct foo_gpu_resource *
gpu_res_find(const struct foo_gpu *gpu, uint32_t id)
{
	struct foo_gpu_resource *res = *res_bucket(gpu, id);

	while (res != NULL && res->id != id)
		res = res->next;
	return res;
}

bool
gpu_charge(struct foo_gpu *gpu, uint64_t bytes)
{
	if (bytes > gpu->memory - gpu->stats.memory)
		return false;
	foo_gpu_count(&gpu->stats.memory, bytes);
	return true;
}

void
gpu_uncharge(struct foo_gpu *gpu, uint64_t bytes)
{
	foo_gpu_count(&gpu->stats.memory, -bytes);
}

bool
gpu_rect_get(struct foo_gpu_rect *to, const struct virtio_gpu_rect *from, uint32_t width,
	     uint32_t height)
{
	if (from->width == 0 || from->height == 0 || from->x >= width || from->y >= height ||
	    from->width > width - from->x || from->height > height - from->y)
		return false;
	*to = (struct foo_gpu_rect){from->x, from->y, from->width, from->height};
	return true;
}

static bool
format_is_known(uint32_t format)
{
	switch (format) {
	case VIRTIO_GPU_FORMAT_B8G8R8A8_UNORM:
	case VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM:
	case VIRTIO_GPU_FORMAT_A8R8G8B8_UNORM:
	case VIRTIO_GPU_FORMAT_X8R8G8B8_UNORM:
	case VIRTIO_GPU_FORMAT_R8G8B8A8_UNORM:
	case VIRTIO_GPU_FORMAT_X8B8G8R8_UNORM:
	case VIRTIO_GPU_FORMAT_A8B8G8R8_UNORM:
	case VIRTIO_GPU_FORMAT_R8G8B8X8_UNORM:
		return true;
	default:
		return false;
	}
}

/* Put a resource into the table, which takes it over. */
static void
res_add(struct foo_gpu *gpu, struct foo_gpu_resource *res)
{
	struct foo_gpu_resource **bucket = res_bucket(gpu, res->id);

	res->next = *bucket;
	*bucket = res;
	foo_gpu_count(&gpu->stats.resources, 1);
}

/* Its pixels and everything else; it is in the table no more. */
static void
res_free(struct foo_gpu *gpu, struct foo_gpu_resource *res)
{
	gpu_scanout_forget(gpu, res);
	gpu_backing_free(gpu, res);
	gpu->engine->destroy(gpu, res);
	gpu_uncharge(gpu, res->charged);
	foo_gpu_count(&gpu->stats.resources, -UINT64_C(1));
	free(res);
}

void
gpu_res_reset(struct foo_gpu *gpu)
{
	for (uint32_t i = 0; i < RES_BUCKETS; i++) {
		while (gpu->bucket[i] != NULL) {
			struct foo_gpu_resource *res = gpu->bucket[i];

			gpu->bucket[i] = res->next;
			res_free(gpu, res);
		}
	}
}

/* A response type. */
static uint32_t
res_create(struct foo_gpu *gpu, const struct virtio_gpu_resource_create_2d *req, uint64_t bytes)
{
	struct foo_gpu_resource *res = calloc(1, sizeof(*res));

	if (res == NULL)
		return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
	res->id = req->resource_id;
	res->format = req->format;
	res->width = req->width;
	res->height = req->height;
	res->charged = bytes;
	if (gpu->engine->create(gpu, res) != 0) {
		free(res);
		return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
	}
	res_add(gpu, res);
	return VIRTIO_GPU_RESP_OK_NODATA;
}

uint32_t
gpu_resource_create_2d(struct foo_gpu *gpu, struct foo_gpu_cmd *cmd)
{
	const struct virtio_gpu_resource_create_2d *req = &cmd->req.create_2d;
	uint64_t bytes;
	uint32_t type;

	if (req->resource_id == 0 || gpu_res_find(gpu, req->resource_id) != NULL)
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	if (!format_is_known(req->format) || req->width == 0 || req->height == 0)
		return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	/* two numbers of 32 bits: their product does not wrap, but four times it may */
	bytes = (uint64_t)req->width * req->height;
	if (bytes > gpu->memory || gpu->stats.resources >= RES_MAX)
		return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
	if (req->width > FOO_GPU_MAX_SIDE || req->height > FOO_GPU_MAX_SIDE)
		return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	bytes = bytes * FOO_GPU_PIXEL + RES_OVERHEAD;
	if (!gpu_charge(gpu, bytes))
		return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
	type = res_create(gpu, req, bytes);
	if (type != VIRTIO_GPU_RESP_OK_NODATA)
		gpu_uncharge(gpu, bytes);
	return type;
}

uint32_t
gpu_resource_unref(struct foo_gpu *gpu, struct foo_gpu_cmd *cmd)
{
	struct foo_gpu_resource *res = gpu_res_find(gpu, cmd->req.unref.resource_id), **link;

	if (res == NULL)
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	link = res_bucket(gpu, res->id);
	while (*link != res)
		link = &(*link)->next;
	*link = res->next;
	res_free(gpu, res);
	return VIRTIO_GPU_RESP_OK_NODATA;
}

/* Bits that look random, and are the same for no two numbers (the finaliser of splitmix64). */
static uint64_t
uuid_mix(uint64_t n)
{
	n = (n ^ (n >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	n = (n ^ (n >> 27)) * UINT64_C(0x94d049bb133111eb);
	return n ^ (n >> 31);
}

/* A UUID of RFC 4122, version 4. */
static void
uuid_make(struct foo_gpu *gpu, uint8_t uuid[16])
{
	uint64_t half[2] = {
		uuid_mix(gpu->uuid_seed[0] + gpu->uuids),
		uuid_mix(gpu->uuid_seed[1] + gpu->uuids),
	};

	gpu->uuids++;
	memcpy(uuid, half, 16);
	uuid[6] = (uuid[6] & 0x0f) | 0x40;
	uuid[8] = (uuid[8] & 0x3f) | 0x80;
}

uint32_t
gpu_resource_assign_uuid(struct foo_gpu *gpu, struct foo_gpu_cmd *cmd)
{
	struct foo_gpu_resource *res = gpu_res_find(gpu, cmd->req.uuid.resource_id);

	if (res == NULL)
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	if (!res->has_uuid)
		uuid_make(gpu, res->uuid);
	res->has_uuid = true;
	memcpy(cmd->resp.uuid.uuid, res->uuid, sizeof(res->uuid));
	return VIRTIO_GPU_RESP_OK_RESOURCE_UUID;
}
