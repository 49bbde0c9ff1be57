/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * A display that nobody has connected to: what is shown on it goes nowhere.
 */
#include <stdlib.h>
#include <string.h>

#include "gpu_display.h"

struct gpu_display {
	void (*wake)(void *ctx);
	void *ctx;
};

struct gpu_display *
gpu_display_create(const char *name, void (*wake)(void *ctx), void *ctx)
{
	struct gpu_display *d = calloc(1, sizeof(*d));

	(void)name;
	if (d != NULL)
		*d = (struct gpu_display){wake, ctx};
	return d;
}

void
gpu_display_destroy(struct gpu_display *d)
{
	free(d);
}

uint64_t
gpu_display_generation(struct gpu_display *d)
{
	(void)d;
	return 0;
}

enum gpu_display_state
gpu_display_state(struct gpu_display *d, uint32_t output)
{
	(void)d;
	(void)output;
	return GPU_DISPLAY_ABSENT;
}

void
gpu_display_scanout(struct gpu_display *d, uint32_t output, uint32_t width, uint32_t height)
{
	(void)d;
	(void)output;
	(void)width;
	(void)height;
}

uint32_t *
gpu_display_update_begin(struct gpu_display *d, uint32_t output, uint32_t x, uint32_t y,
			 uint32_t width, uint32_t height)
{
	(void)d;
	(void)output;
	(void)x;
	(void)y;
	(void)width;
	(void)height;
	return NULL;
}

void
gpu_display_update_end(struct gpu_display *d, uint32_t output)
{
	(void)d;
	(void)output;
}

void
gpu_display_cursor(struct gpu_display *d, uint32_t output, uint32_t x, uint32_t y, uint32_t hot_x,
		   uint32_t hot_y, const uint32_t *pixel)
{
	(void)d;
	(void)output;
	(void)x;
	(void)y;
	(void)hot_x;
	(void)hot_y;
	(void)pixel;
}

void
gpu_display_cursor_move(struct gpu_display *d, uint32_t output, uint32_t x, uint32_t y,
			bool visible)
{
	(void)d;
	(void)output;
	(void)x;
	(void)y;
	(void)visible;
}

bool
gpu_display_ask(struct gpu_display *d)
{
	(void)d;
	return false;
}

bool
gpu_display_answer(struct gpu_display *d, struct gpu_display_mode *mode, uint32_t n)
{
	(void)d;
	memset(mode, 0, n * sizeof(*mode));
	return true;
}
