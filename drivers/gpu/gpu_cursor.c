/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Cursors (VIRTIO 1.2, 5.7.6.10): an image and a place for each output. The image is a copy, since
 * the driver may do with its resource what it likes afterwards.
 */
#include "gpu_display.h"
#include "gpu_priv.h"

/* Tell the display all of a cursor. */
static void
cursor_show(struct foo_gpu *gpu, uint32_t output)
{
	const struct foo_gpu_cursor *c = &gpu->cursor[output];

	if (c->visible)
		gpu_display_cursor(gpu->display, output, c->x, c->y, c->hot_x, c->hot_y, c->pixel);
	else
		gpu_display_cursor_move(gpu->display, output, c->x, c->y, false);
}

void
gpu_cursor_repeat(struct foo_gpu *gpu)
{
	for (uint32_t i = 0; i < gpu->outputs; i++)
		if (gpu->cursor[i].visible)
			cursor_show(gpu, i);
}

void
gpu_cursor_reset(struct foo_gpu *gpu)
{
	for (uint32_t i = 0; i < gpu->outputs; i++) {
		if (!gpu->cursor[i].visible)
			continue;
		gpu->cursor[i].visible = false;
		cursor_show(gpu, i);
	}
}

uint32_t
gpu_update_cursor(struct foo_gpu *gpu, struct foo_gpu_cmd *cmd)
{
	static const struct foo_gpu_rect all = {0, 0, FOO_GPU_CURSOR_SIDE, FOO_GPU_CURSOR_SIDE};
	const struct virtio_gpu_update_cursor *req = &cmd->req.cursor;
	struct foo_gpu_resource *res = NULL;
	struct foo_gpu_cursor *c;

	if (req->pos.scanout_id >= gpu->outputs)
		return VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID;
	c = &gpu->cursor[req->pos.scanout_id];
	if (req->resource_id != 0) {
		res = gpu_res_find(gpu, req->resource_id);
		if (res == NULL)
			return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
		if (res->width != all.width || res->height != all.height ||
		    req->hot_x >= all.width || req->hot_y >= all.height)
			return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
		gpu->engine->read(gpu, res, &all, c->pixel, all.width * FOO_GPU_PIXEL, true);
		c->hot_x = req->hot_x;
		c->hot_y = req->hot_y;
	}
	c->visible = res != NULL;
	c->x = req->pos.x;
	c->y = req->pos.y;
	cursor_show(gpu, req->pos.scanout_id);
	foo_gpu_count(&gpu->stats.cursors, 1);
	return VIRTIO_GPU_RESP_OK_NODATA;
}

uint32_t
gpu_move_cursor(struct foo_gpu *gpu, struct foo_gpu_cmd *cmd)
{
	const struct virtio_gpu_cursor_pos *pos = &cmd->req.cursor.pos;
	struct foo_gpu_cursor *c;

	if (pos->scanout_id >= gpu->outputs)
		return VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID;
	c = &gpu->cursor[pos->scanout_id];
	c->x = pos->x;
	c->y = pos->y;
	gpu_display_cursor_move(gpu->display, pos->scanout_id, c->x, c->y, c->visible);
	foo_gpu_count(&gpu->stats.cursors, 1);
	return VIRTIO_GPU_RESP_OK_NODATA;
}
