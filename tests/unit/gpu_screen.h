/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef GPU_SCREEN_H
#define GPU_SCREEN_H

/*
 * A display that keeps what it is shown, in the place of the one that speaks with a front-end.
 * Whoever reads or changes it while the gpu thread may be at work does so under the lock.
 */

#include <pthread.h>

#include <foo_gpu.h>
#include <gpu_display.h>

#define SCREEN_SIDE 2048 /* largest output */

/* What an output was shown. */
struct screen_output {
	bool busy;                /* takes no update */
	unsigned int scanouts;    /* sizes told */
	uint32_t width, height;   /* the last one */
	unsigned int updates;     /* parts sent */
	struct foo_gpu_rect last; /* the last one */
	uint32_t *pixel;          /* all that was sent, SCREEN_SIDE a row */
	uint32_t *room;           /* of an update that has begun */
	unsigned int cursors;     /* images of the cursor */
	unsigned int moves;       /* moves of it */
	struct foo_gpu_cursor cursor;
};

/* The display. */
extern struct screen {
	pthread_mutex_t lock;
	uint64_t generation; /* 0: nobody is there */
	bool mute;           /* does not answer questions */
	unsigned int asked;
	struct gpu_display_mode mode[FOO_GPU_MAX_OUTPUTS]; /* what it answers */
	struct screen_output output[FOO_GPU_MAX_OUTPUTS];
	void (*wake)(void *ctx);
	void *ctx;
} screen;

/* As new, with a front-end. */
void screen_reset(void);

/* Another front-end has come, or with 0 gone. */
void screen_peer(uint64_t generation);

/* An output is busy, or not any more. */
void screen_busy(uint32_t output, bool busy);

/* What the front-end says of an output. */
void screen_mode(uint32_t output, struct gpu_display_mode mode);

/* Whether the front-end answers. */
void screen_mute(bool mute);

/* A pixel that an output shows. */
uint32_t screen_pixel(uint32_t output, uint32_t x, uint32_t y);

/* What an output was shown by now, but for its pixels. */
struct screen_output screen_get(uint32_t output);

#endif /* GPU_SCREEN_H */
