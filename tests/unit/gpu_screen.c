/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <stdlib.h>
#include <string.h>

#include "gpu_fixture.h"

struct gpu_display {
	int unused;
};

struct screen screen = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Locked, for the rest of the block. */
static void
unlock(pthread_mutex_t **lock)
{
	pthread_mutex_unlock(*lock);
}

static pthread_mutex_t *
lock(void)
{
	pthread_mutex_lock(&screen.lock);
	return &screen.lock;
}

#define LOCKED pthread_mutex_t *locked __attribute__((cleanup(unlock), unused)) = lock()

void
screen_reset(void)
{
	LOCKED;
	for (unsigned int i = 0; i < FOO_GPU_MAX_OUTPUTS; i++)
		free(screen.output[i].pixel);
	memset(screen.output, 0, sizeof(screen.output));
	memset(screen.mode, 0, sizeof(screen.mode));
	screen.generation = 1;
	screen.mute = false;
	screen.asked = 0;
}

static void
screen_wake(void)
{
	if (screen.wake != NULL)
		screen.wake(screen.ctx);
}

void
screen_peer(uint64_t generation)
{
	LOCKED;
	screen.generation = generation;
	screen_wake();
}

void
screen_busy(uint32_t output, bool busy)
{
	LOCKED;
	screen.output[output].busy = busy;
	screen_wake();
}

void
screen_mode(uint32_t output, struct gpu_display_mode mode)
{
	LOCKED;
	screen.mode[output] = mode;
}

void
screen_mute(bool mute)
{
	LOCKED;
	screen.mute = mute;
	screen_wake();
}

uint32_t
screen_pixel(uint32_t output, uint32_t x, uint32_t y)
{
	LOCKED;
	return screen.output[output].pixel[y * SCREEN_SIDE + x];
}

struct screen_output
screen_get(uint32_t output)
{
	LOCKED;
	return screen.output[output];
}

struct gpu_display *
gpu_display_create(const char *name, void (*wake)(void *ctx), void *ctx)
{
	LOCKED;
	(void)name;
	screen.wake = wake;
	screen.ctx = ctx;
	return calloc(1, sizeof(struct gpu_display));
}

void
gpu_display_destroy(struct gpu_display *d)
{
	LOCKED;
	screen.wake = NULL;
	free(d);
}

uint64_t
gpu_display_generation(struct gpu_display *d)
{
	LOCKED;
	(void)d;
	return screen.generation;
}

enum gpu_display_state
gpu_display_state(struct gpu_display *d, uint32_t output)
{
	LOCKED;
	(void)d;
	if (screen.generation == 0)
		return GPU_DISPLAY_ABSENT;
	return screen.output[output].busy ? GPU_DISPLAY_BUSY : GPU_DISPLAY_READY;
}

void
gpu_display_scanout(struct gpu_display *d, uint32_t output, uint32_t width, uint32_t height)
{
	LOCKED;
	struct screen_output *o = &screen.output[output];

	(void)d;
	o->scanouts++;
	o->width = width;
	o->height = height;
	if (o->pixel == NULL)
		o->pixel = calloc(SCREEN_SIDE * SCREEN_SIDE, sizeof(*o->pixel));
}

uint32_t *
gpu_display_update_begin(struct gpu_display *d, uint32_t output, uint32_t x, uint32_t y,
			 uint32_t width, uint32_t height)
{
	LOCKED;
	struct screen_output *o = &screen.output[output];

	(void)d;
	/* QEMU crashes on what this asserts */
	assert_true(width != 0 && height != 0 && x + width <= o->width && y + height <= o->height &&
		    o->height <= SCREEN_SIDE);
	assert_null(o->room);
	o->last = (struct foo_gpu_rect){x, y, width, height};
	o->room = malloc((size_t)width * height * sizeof(*o->room));
	return o->room;
}

void
gpu_display_update_end(struct gpu_display *d, uint32_t output)
{
	LOCKED;
	struct screen_output *o = &screen.output[output];

	(void)d;
	for (uint32_t y = 0; y < o->last.height; y++)
		for (uint32_t x = 0; x < o->last.width; x++)
			o->pixel[(o->last.y + y) * SCREEN_SIDE + o->last.x + x] =
				o->room[y * o->last.width + x] & 0xffffff;
	free(o->room);
	o->room = NULL;
	o->updates++;
}

void
gpu_display_cursor(struct gpu_display *d, uint32_t output, uint32_t x, uint32_t y, uint32_t hot_x,
		   uint32_t hot_y, const uint32_t *pixel)
{
	LOCKED;
	struct screen_output *o = &screen.output[output];

	(void)d;
	o->cursors++;
	o->cursor.visible = true;
	o->cursor.x = x;
	o->cursor.y = y;
	o->cursor.hot_x = hot_x;
	o->cursor.hot_y = hot_y;
	memcpy(o->cursor.pixel, pixel, sizeof(o->cursor.pixel));
}

void
gpu_display_cursor_move(struct gpu_display *d, uint32_t output, uint32_t x, uint32_t y,
			bool visible)
{
	LOCKED;
	struct screen_output *o = &screen.output[output];

	(void)d;
	o->moves++;
	o->cursor.visible = visible;
	o->cursor.x = x;
	o->cursor.y = y;
}

bool
gpu_display_ask(struct gpu_display *d)
{
	LOCKED;
	(void)d;
	screen.asked++;
	return screen.generation != 0;
}

bool
gpu_display_answer(struct gpu_display *d, struct gpu_display_mode *mode, uint32_t n)
{
	LOCKED;
	(void)d;
	memcpy(mode, screen.mode, n * sizeof(*mode));
	return !screen.mute;
}
