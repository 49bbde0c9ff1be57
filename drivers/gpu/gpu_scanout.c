/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * What outputs show. A flush marks a part of an output as damaged; damage is sent when the display
 * takes it. A display that is slow gets the newest pixels of all that has changed meanwhile, not
 * each of the steps between.
 */
#include <rte_common.h>

#include "gpu_display.h"
#include "gpu_priv.h"

/* How long a flush waits for a display that is busy, in us: a guest that draws faster than its
 * display takes pixels is slowed down to that. One that takes nothing for so long is not waited for
 * again, until it takes something. */
#define FLUSH_WAIT_US 50000

/* How long a change of scanout waits for the flush that usually follows, in us, lest all of the
 * output is sent twice. */
#define SCANOUT_WAIT_US 20000

/* One look at the display while waiting, in us, if nobody wakes the thread before. */
#define FLUSH_LOOK_US 5000

static bool
rect_is_empty(const struct foo_gpu_rect *r)
{
	return r->width == 0;
}

/* The part of a that is in b; width 0: none. */
static struct foo_gpu_rect
rect_common(const struct foo_gpu_rect *a, const struct foo_gpu_rect *b)
{
	uint32_t x = RTE_MAX(a->x, b->x), x_end = RTE_MIN(a->x + a->width, b->x + b->width);
	uint32_t y = RTE_MAX(a->y, b->y), y_end = RTE_MIN(a->y + a->height, b->y + b->height);

	if (x >= x_end || y >= y_end)
		return (struct foo_gpu_rect){0};
	return (struct foo_gpu_rect){x, y, x_end - x, y_end - y};
}

/* Make a large enough to hold b as well. */
static void
rect_join(struct foo_gpu_rect *a, const struct foo_gpu_rect *b)
{
	uint32_t x_end, y_end;

	if (rect_is_empty(a)) {
		*a = *b;
		return;
	}
	x_end = RTE_MAX(a->x + a->width, b->x + b->width);
	y_end = RTE_MAX(a->y + a->height, b->y + b->height);
	a->x = RTE_MIN(a->x, b->x);
	a->y = RTE_MIN(a->y, b->y);
	a->width = x_end - a->x;
	a->height = y_end - a->y;
}

/* All of an output is to be sent. */
static void
scanout_damage_all(struct foo_gpu_scanout *s)
{
	s->damage = (struct foo_gpu_rect){0, 0, s->rect.width, s->rect.height};
}

/* Let an output show a part of a resource, or nothing. The display keeps the picture that it has
 * until there is a new one, unless the size changes. */
static void
scanout_set(struct foo_gpu *gpu, uint32_t output, struct foo_gpu_resource *res,
	    const struct foo_gpu_rect *rect)
{
	struct foo_gpu_scanout *s = &gpu->scanout[output];
	bool resized = s->rect.width != rect->width || s->rect.height != rect->height;

	if (s->res != NULL)
		s->res->scanouts &= ~(UINT32_C(1) << output);
	if (res != NULL)
		res->scanouts |= UINT32_C(1) << output;
	s->res = res;
	s->rect = *rect;
	s->due = gpu_now_us() + SCANOUT_WAIT_US;
	scanout_damage_all(s);
	if (resized)
		gpu_display_scanout(gpu->display, output, rect->width, rect->height);
}

void
gpu_scanout_forget(struct foo_gpu *gpu, struct foo_gpu_resource *res)
{
	static const struct foo_gpu_rect none;

	for (uint32_t i = 0; i < gpu->outputs; i++)
		if (gpu->scanout[i].res == res)
			scanout_set(gpu, i, NULL, &none);
}

uint32_t
gpu_set_scanout(struct foo_gpu *gpu, struct foo_gpu_cmd *cmd)
{
	const struct virtio_gpu_set_scanout *req = &cmd->req.set_scanout;
	struct foo_gpu_resource *res = NULL;
	struct foo_gpu_rect rect = {0};

	if (req->scanout_id >= gpu->outputs)
		return VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID;
	/* resource 0: the output is switched off (5.7.6.8) */
	if (req->resource_id != 0) {
		res = gpu_res_find(gpu, req->resource_id);
		if (res == NULL)
			return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
		if (!gpu_rect_get(&rect, &req->r, res->width, res->height))
			return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	}
	scanout_set(gpu, req->scanout_id, res, &rect);
	return VIRTIO_GPU_RESP_OK_NODATA;
}

/* Send the display the damage of an output, which is ready. */
static void
scanout_send(struct foo_gpu *gpu, uint32_t output)
{
	struct foo_gpu_scanout *s = &gpu->scanout[output];
	struct foo_gpu_rect d = s->damage, from = d;
	uint32_t *pixel;

	pixel = gpu_display_update_begin(gpu->display, output, d.x, d.y, d.width, d.height);
	if (pixel == NULL)
		return;
	from.x += s->rect.x;
	from.y += s->rect.y;
	gpu->engine->read(gpu, s->res, &from, pixel, (size_t)d.width * FOO_GPU_PIXEL, false);
	gpu_display_update_end(gpu->display, output);
	s->damage = (struct foo_gpu_rect){0};
	gpu->thread->stalled = false;
	foo_gpu_count(&gpu->stats.updates, 1);
	foo_gpu_count(&gpu->stats.update_bytes, (uint64_t)d.width * d.height * FOO_GPU_PIXEL);
}

/* A display that has just come knows nothing. */
static void
scanout_greet(struct foo_gpu *gpu)
{
	uint64_t generation = gpu_display_generation(gpu->display);

	if (generation == gpu->thread->generation)
		return;
	gpu->thread->generation = generation;
	gpu->thread->stalled = false;
	for (uint32_t i = 0; generation != 0 && i < gpu->outputs; i++) {
		struct foo_gpu_scanout *s = &gpu->scanout[i];

		if (s->res == NULL)
			continue;
		gpu_display_scanout(gpu->display, i, s->rect.width, s->rect.height);
		scanout_damage_all(s);
	}
	gpu_cursor_repeat(gpu);
}

bool
gpu_scanout_show(struct foo_gpu *gpu)
{
	uint64_t now = gpu_now_us();
	bool left = false;

	scanout_greet(gpu);
	for (uint32_t i = 0; i < gpu->outputs; i++) {
		enum gpu_display_state state;

		if (rect_is_empty(&gpu->scanout[i].damage))
			continue;
		state = gpu_display_state(gpu->display, i);
		if (gpu->scanout[i].due <= now && state == GPU_DISPLAY_READY)
			scanout_send(gpu, i);
		/* one that is not there yet is greeted when it comes */
		left |= state != GPU_DISPLAY_ABSENT && !rect_is_empty(&gpu->scanout[i].damage);
	}
	return left;
}

/* Outputs, a bit each, that would show something else if the display took it. */
static uint32_t
scanout_waits(const struct foo_gpu *gpu, uint32_t outputs)
{
	uint32_t waits = 0;

	for (uint32_t i = 0; i < gpu->outputs; i++)
		if ((outputs & (UINT32_C(1) << i)) && !rect_is_empty(&gpu->scanout[i].damage) &&
		    gpu_display_state(gpu->display, i) == GPU_DISPLAY_BUSY)
			waits |= UINT32_C(1) << i;
	return waits;
}

/* Show what has changed, with a little patience. */
static void
scanout_push(struct foo_gpu *gpu, uint32_t outputs)
{
	struct gpu_thread *t = gpu->thread;
	uint64_t end = gpu_now_us() + FLUSH_WAIT_US;

	gpu_scanout_show(gpu);
	while (!t->stalled && scanout_waits(gpu, outputs) != 0 && !foo_gpu_is_cancelled(gpu)) {
		if (gpu_now_us() >= end) {
			t->stalled = true;
			break;
		}
		gpu_thread_rest(t, FLUSH_LOOK_US);
		gpu_scanout_show(gpu);
	}
}

uint32_t
gpu_resource_flush(struct foo_gpu *gpu, struct foo_gpu_cmd *cmd)
{
	const struct virtio_gpu_resource_flush *req = &cmd->req.flush;
	struct foo_gpu_resource *res = gpu_res_find(gpu, req->resource_id);
	struct foo_gpu_rect rect;

	if (res == NULL)
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	if (!gpu_rect_get(&rect, &req->r, res->width, res->height))
		return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	if (res->scanouts == 0)
		return VIRTIO_GPU_RESP_OK_NODATA;
	for (uint32_t i = 0; i < gpu->outputs; i++) {
		struct foo_gpu_scanout *s = &gpu->scanout[i];
		struct foo_gpu_rect seen = rect_common(&rect, &s->rect);

		if (s->res != res || rect_is_empty(&seen))
			continue;
		seen.x -= s->rect.x;
		seen.y -= s->rect.y;
		rect_join(&s->damage, &seen);
		s->due = 0;
	}
	foo_gpu_count(&gpu->stats.flushes, 1);
	scanout_push(gpu, res->scanouts);
	return VIRTIO_GPU_RESP_OK_NODATA;
}
