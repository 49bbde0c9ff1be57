/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Backing of resources: pieces of guest memory, and what is copied out of them.
 *
 * The pieces are kept by their guest addresses and translated when they are used, so that another
 * memory table needs nothing to be done here. What was within the guest's memory when it was
 * attached may be outside of it later.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "gpu_priv.h"

/* Entries that are read from a request at once. */
#define BACKING_ENTRIES 64

void
gpu_backing_free(struct foo_gpu *gpu, struct foo_gpu_resource *res)
{
	free(res->backing.piece);
	gpu_uncharge(gpu, res->backing.charged);
	res->backing = (struct foo_gpu_backing){0};
}

/* Append entries; -EFAULT if one is not in the guest's memory. Empty ones have no bytes. */
static int
backing_add(struct foo_gpu_backing *b, const struct foo_mem *mem,
	    const struct virtio_gpu_mem_entry *entry, uint32_t n)
{
	struct foo_seg seg[FOO_MEM_MAX_REGIONS];

	for (uint32_t i = 0; i < n; i++) {
		if (entry[i].length == 0)
			continue;
		if (foo_mem_map(mem, entry[i].addr, entry[i].length, seg, RTE_DIM(seg)) < 0)
			return -EFAULT;
		b->piece[b->npieces++] = (struct foo_gpu_piece){entry[i].addr, b->size};
		b->size += entry[i].length;
	}
	return 0;
}

/* Read n entries; a response type. */
static uint32_t
backing_read_entries(struct foo_gpu_backing *b, struct foo_gpu_cmd *cmd, uint32_t n)
{
	struct virtio_gpu_mem_entry entry[BACKING_ENTRIES];

	while (n != 0) {
		uint32_t now = RTE_MIN(n, (uint32_t)BACKING_ENTRIES), len = now * sizeof(*entry);

		if (foo_cursor_read(&cmd->in, entry, len) != len ||
		    backing_add(b, cmd->mem, entry, now) != 0)
			return VIRTIO_GPU_RESP_ERR_UNSPEC;
		n -= now;
	}
	b->piece[b->npieces] = (struct foo_gpu_piece){0, b->size};
	return VIRTIO_GPU_RESP_OK_NODATA;
}

uint32_t
gpu_resource_attach_backing(struct foo_gpu *gpu, struct foo_gpu_cmd *cmd)
{
	uint32_t n = cmd->req.attach.nr_entries, type;
	struct foo_gpu_resource *res = gpu_res_find(gpu, cmd->req.attach.resource_id);
	struct foo_gpu_backing b = {.charged = (UINT64_C(1) + n) * sizeof(*b.piece)};

	if (res == NULL)
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	/* before memory is taken: a request holds no more than it has bytes */
	if (res->backing.piece != NULL || cmd->in.left / sizeof(struct virtio_gpu_mem_entry) < n)
		return VIRTIO_GPU_RESP_ERR_UNSPEC;
	if (!gpu_charge(gpu, b.charged))
		return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
	b.piece = malloc(b.charged);
	type = b.piece != NULL ? backing_read_entries(&b, cmd, n) :
				 VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
	if (type != VIRTIO_GPU_RESP_OK_NODATA) {
		free(b.piece);
		gpu_uncharge(gpu, b.charged);
		return type;
	}
	res->backing = b;
	return type;
}

uint32_t
gpu_resource_detach_backing(struct foo_gpu *gpu, struct foo_gpu_cmd *cmd)
{
	struct foo_gpu_resource *res = gpu_res_find(gpu, cmd->req.detach.resource_id);

	if (res == NULL)
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	if (res->backing.piece == NULL)
		return VIRTIO_GPU_RESP_ERR_UNSPEC;
	gpu_backing_free(gpu, res);
	return VIRTIO_GPU_RESP_OK_NODATA;
}

/* The piece that holds a byte of the backing. */
static const struct foo_gpu_piece *
backing_find(const struct foo_gpu_backing *b, uint64_t offset)
{
	uint32_t low = 0, high = b->npieces;

	while (high - low > 1) {
		uint32_t mid = low + (high - low) / 2;

		if (b->piece[mid].start <= offset)
			low = mid;
		else
			high = mid;
	}
	return &b->piece[low];
}

int
foo_gpu_backing_read(const struct foo_gpu *gpu, const struct foo_gpu_resource *res, uint64_t offset,
		     void *to, size_t len)
{
	const struct foo_gpu_piece *p = backing_find(&res->backing, offset);
	uint8_t *at = to;

	for (; len != 0; p++) {
		uint64_t skip = offset - p->start;
		size_t part = RTE_MIN(p[1].start - offset, len);

		if (foo_mem_read(&gpu->dev.mem, p->gpa + skip, at, (uint32_t)part) != 0)
			return -EFAULT;
		at += part;
		offset += part;
		len -= part;
	}
	return 0;
}

uint32_t
gpu_transfer_to_host_2d(struct foo_gpu *gpu, struct foo_gpu_cmd *cmd)
{
	const struct virtio_gpu_transfer_to_host_2d *req = &cmd->req.transfer;
	struct foo_gpu_resource *res = gpu_res_find(gpu, req->resource_id);
	struct foo_gpu_rect r;
	uint64_t bytes;
	int rc;

	if (res == NULL)
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	if (res->backing.piece == NULL)
		return VIRTIO_GPU_RESP_ERR_UNSPEC;
	if (!gpu_rect_get(&r, &req->r, res->width, res->height))
		return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	/* within the resource, so that it does not wrap */
	bytes = (r.height - 1) * (uint64_t)foo_gpu_stride(res) + r.width * (uint64_t)FOO_GPU_PIXEL;
	if (bytes > res->backing.size || req->offset > res->backing.size - bytes)
		return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	rc = gpu->engine->transfer(gpu, res, &r, req->offset);
	if (rc == -ECANCELED)
		return GPU_CANCELLED;
	if (rc != 0)
		return VIRTIO_GPU_RESP_ERR_UNSPEC;
	foo_gpu_count(&gpu->stats.transfers, 1);
	foo_gpu_count(&gpu->stats.transferred_bytes, (uint64_t)r.width * r.height * FOO_GPU_PIXEL);
	return VIRTIO_GPU_RESP_OK_NODATA;
}
