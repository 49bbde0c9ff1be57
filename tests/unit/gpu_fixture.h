/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef GPU_FIXTURE_H
#define GPU_FIXTURE_H

/*
 * A GPU with a guest that this process plays: a real device of a gpu class, real rings and a real
 * gpu thread, no socket and no running lcore. A test polls the queues itself.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <foo_gpu.h>
#include <foo_guest_mem.h>
#include <foo_guest_ring.h>

#include "gpu_screen.h"

#define FX_CONTROL 0
#define FX_CURSOR 1
#define FX_QUEUES 2
#define FX_TOKENS 256u
#define FX_PIECES 512
#define FX_TOUCHLESS 0xee /* what the device has not written */
#define FX_BIT(n) (UINT64_C(1) << (n))
#define FX_PACKED FX_BIT(VIRTIO_F_RING_PACKED)
#define FX_PAGE 4096u
#define FX_HDR sizeof(struct virtio_gpu_ctrl_hdr)

/* Guest memory: two regions that touch, and backing over the seam. */
#define FX_GPA UINT64_C(0x100000)
#define FX_REGION (UINT64_C(32) << 20)
#define FX_END (FX_GPA + 2 * FX_REGION)
#define FX_BACK_MAX (UINT64_C(24) << 20)

/* Shorter names of what is answered. */
#define OK VIRTIO_GPU_RESP_OK_NODATA
#define UNSPEC VIRTIO_GPU_RESP_ERR_UNSPEC
#define NO_MEMORY VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY
#define BAD_SCANOUT VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID
#define BAD_RESOURCE VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID
#define BAD_PARAMETER VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER

#define BGRA VIRTIO_GPU_FORMAT_B8G8R8A8_UNORM
#define BGRX VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM

/* How a guest drives its GPU. */
struct fx_setup {
	const char *name; /* of the device; NULL: "gpu_2d0" */
	const char *args; /* its properties, iface= not among them */
	bool packed;      /* ring format */
	uint64_t without; /* features that are offered and not acknowledged */
	uint16_t ring;    /* queue size; 0: 64 */
	bool log;         /* with a dirty log */
};

/* A request, and how it is cut. Zeroed members mean: none. */
struct fx_req {
	unsigned int queue;
	const void *out; /* what the device reads */
	uint32_t out_len;
	uint32_t in_len; /* room for the response */
	uint32_t piece;  /* longest piece; 0: two pieces, or one */
	bool indirect;
};

/* What the device made of a request, by token. */
struct fx_io {
	struct foo_guest_buf buf[FX_PIECES];
	uint16_t n;
	bool done;
	uint32_t used;
};

/* The GPU, and its guest. */
extern struct fx_gpu {
	struct foo_device *dev;
	struct foo_guest_mem mem;
	struct foo_mem map; /* the same memory as the device sees it */
	struct foo_guest_ring ring[FX_QUEUES];
	struct {
		uint16_t avail, used;
	} base[FX_QUEUES]; /* where the device goes on */
	struct fx_io io[FX_TOKENS];
	unsigned int next;  /* token */
	unsigned int flown; /* requests that have not come back */
	uint64_t data;      /* memory for requests: taken from the front, given back when none is */
	uint64_t taken;     /* in flight */
	uint64_t back;      /* memory for backing */
	uint16_t size;      /* of the queues */
	uint8_t log[8192];  /* dirty log */
	uint8_t resp[2048] __attribute__((aligned(16))); /* of the last fx_cmd() */
	uint32_t used;                                   /* its used length */
} fx;

int fx_group_setup(void **state);
int fx_teardown(void **state);

/* The GPU is made and started; stopped and gone. */
void fx_start(const struct fx_setup *setup);
void fx_stop(void);
/* Without a guest. 0 or -errno with err. */
int fx_create_device(const char *name, const char *args, struct foo_error *err);
/* The rings into service where they stand; out of it. */
void fx_queues_start(void);
void fx_queues_stop(void);
/* As after a reset: rings from their start. */
void fx_rings_begin(void);

/* Make a request available; its token. */
int fx_send(const struct fx_req *req);
/* One poll of each queue. Whether a request has come back. */
bool fx_poll(void);
/* Poll until it has come back. */
void fx_wait(int token);
/* Bytes [at, at + len) of the writable part of a request. */
void fx_written(int token, uint32_t at, void *to, uint32_t len);

/* Run a command that has room bytes for its response, which is left in fx.resp; its type. */
uint32_t fx_cmd(const void *req, uint32_t len, uint32_t room);
/* Run a command of the control queue that is answered by a header. */
uint32_t fx_ctl(const void *req, uint32_t len);

uint32_t fx_create(uint32_t id, uint32_t format, uint32_t width, uint32_t height);
uint32_t fx_unref(uint32_t id);
/* Attach so many bytes of pages of fx.back, in reverse order. */
uint32_t fx_attach(uint32_t id, uint64_t bytes);
uint32_t fx_attach_entries(uint32_t id, const struct virtio_gpu_mem_entry *entry, uint32_t n);
uint32_t fx_detach(uint32_t id);
uint32_t fx_transfer(uint32_t id, uint64_t offset, uint32_t x, uint32_t y, uint32_t w, uint32_t h);
uint32_t fx_scanout(uint32_t output, uint32_t id, uint32_t x, uint32_t y, uint32_t w, uint32_t h);
uint32_t fx_flush(uint32_t id, uint32_t x, uint32_t y, uint32_t w, uint32_t h);
/* Of the cursor queue, without room for a response. */
void fx_cursor(uint32_t type, uint32_t output, uint32_t id, uint32_t x, uint32_t y);

/* Bytes of what fx_attach(id, bytes) has attached. */
void fx_back_write(uint64_t bytes, uint64_t offset, const void *from, uint32_t len);
/* Fill it with pixels: pattern() of x and y. */
void fx_back_draw(uint32_t width, uint32_t height, uint32_t seed);
uint32_t fx_pattern(uint32_t x, uint32_t y, uint32_t seed);

/* Create, attach, draw, transfer all of it and show it on an output. */
void fx_picture(uint32_t id, uint32_t output, uint32_t width, uint32_t height, uint32_t seed);
/* Expect a part of an output to show the pattern, whose origin is at x0, y0. */
void fx_expect_shown(uint32_t output, const struct foo_gpu_rect *r, int32_t x0, int32_t y0,
		     uint32_t seed);

struct foo_gpu_stats fx_stats(void);

#endif /* GPU_FIXTURE_H */
