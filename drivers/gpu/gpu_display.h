/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef GPU_DISPLAY_H
#define GPU_DISPLAY_H

/**
 * @file
 * Where a GPU's outputs are shown: the front-end's display, which speaks the vhost-user-gpu
 * protocol on a socket of its own. A thread of the display's owns the socket; no function here
 * waits for the peer. All are the gpu thread's, unless they say otherwise.
 *
 * The peer may come, go and come again at any time. What it was told before is unknown to the next
 * one: gpu_display_generation() tells the caller to say everything again.
 */

#include <stdbool.h>
#include <stdint.h>

/** A display. */
struct gpu_display;

/** What an output can take just now. */
enum gpu_display_state {
	GPU_DISPLAY_ABSENT, /**< Nobody is there, or does not know yet how to speak. */
	GPU_DISPLAY_READY,  /**< An update is taken at once. */
	GPU_DISPLAY_BUSY,   /**< The last update is still on its way. */
};

/** What the peer says of an output. */
struct gpu_display_mode {
	uint32_t x;      /**< Its place, in pixels. */
	uint32_t y;      /**< Likewise. */
	uint32_t width;  /**< Pixels. */
	uint32_t height; /**< Pixels. */
	bool enabled;    /**< It is there. */
};

/** Make a display; wake(ctx) is called by its thread when an output has become ready, an answer has
 * come, or a peer has come or gone. Control. NULL if there is no memory or no thread. */
struct gpu_display *gpu_display_create(const char *name, void (*wake)(void *ctx), void *ctx);

/** End its thread and free it. Control; nobody else uses it. */
void gpu_display_destroy(struct gpu_display *d);

/** A number that changes with each peer, and is 0 while there is none. */
uint64_t gpu_display_generation(struct gpu_display *d);

/** Whether an update of this output would be taken. */
enum gpu_display_state gpu_display_state(struct gpu_display *d, uint32_t output);

/** An output has this size from now on, or with 0 x 0 none. Comes before its updates. */
void gpu_display_scanout(struct gpu_display *d, uint32_t output, uint32_t width, uint32_t height);

/**
 * Begin an update of a part of an output that is ready, which has a size.
 *
 * @return room for width * height pixels, 0x00RRGGBB each, in rows that follow each other closely;
 *   NULL: it is not taken after all. gpu_display_update_end() must follow.
 */
uint32_t *gpu_display_update_begin(struct gpu_display *d, uint32_t output, uint32_t x, uint32_t y,
				   uint32_t width, uint32_t height);

/** The pixels are there: send them. */
void gpu_display_update_end(struct gpu_display *d, uint32_t output);

/** Show this image as the cursor of an output, its hot spot at x, y. The pixels, 64 x 64 times
 * 0xAARRGGBB, are copied. */
void gpu_display_cursor(struct gpu_display *d, uint32_t output, uint32_t x, uint32_t y,
			uint32_t hot_x, uint32_t hot_y, const uint32_t *pixel);

/** Move the cursor of an output to x, y, or hide it. */
void gpu_display_cursor_move(struct gpu_display *d, uint32_t output, uint32_t x, uint32_t y,
			     bool visible);

/** Ask the peer what outputs there are. False: there is nobody to ask. */
bool gpu_display_ask(struct gpu_display *d);

/** Whether the last question has been answered. mode is set to what the peer said last of n
 * outputs, or to all zero if it never did. */
bool gpu_display_answer(struct gpu_display *d, struct gpu_display_mode *mode, uint32_t n);

#endif /* GPU_DISPLAY_H */
