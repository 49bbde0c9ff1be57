/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <sched.h>
#include <string.h>
#include <time.h>

#include "dev_fixture.h"
#include "gpu_fixture.h"

/* Where requests are: up to 8 MiB. */
#define FX_DATA (UINT64_C(8) << 20)

struct fx_gpu fx;

int
fx_group_setup(void **state)
{
	(void)state;
	return dev_start("0@0");
}

static void
fx_mem(bool log)
{
	const struct foo_guest_range range[] = {
		{.gpa = FX_GPA, .size = FX_REGION},
		{.gpa = FX_GPA + FX_REGION, .size = FX_REGION},
	};

	dev_mem(&fx.mem, &fx.map, range, RTE_DIM(range));
	if (log)
		foo_mem_set_log(&fx.map, fx.log, sizeof(fx.log));
	fx.data = FX_GPA + (UINT64_C(10) << 20);
	/* the seam is in the middle of it */
	fx.back = FX_GPA + FX_REGION - FX_BACK_MAX / 2;
}

void
fx_queues_start(void)
{
	for (unsigned int i = 0; i < FX_QUEUES; i++)
		dev_queue_start(&fx.dev->queue[i], &fx.ring[i], fx.base[i].avail, fx.base[i].used);
}

void
fx_queues_stop(void)
{
	for (unsigned int i = 0; i < FX_QUEUES; i++)
		foo_queue_stop(&fx.dev->queue[i], &fx.base[i].avail, &fx.base[i].used);
}

int
fx_create_device(const char *name, const char *args, struct foo_error *err)
{
	return dev_create(&fx.dev, name, args, err);
}

void
fx_rings_begin(void)
{
	struct foo_guest_ring_config cfg = {
		.size = fx.size,
		.indirect_max = fx.size,
		.kickfd = -1,
		.features = fx.dev->features,
		.base = foo_guest_ring_start(fx.dev->features),
	};

	foo_guest_mem_free_all(&fx.mem);
	for (unsigned int i = 0; i < FX_QUEUES; i++) {
		if (fx.ring[i].slot != NULL)
			foo_guest_ring_fini(&fx.ring[i]);
		memset(&fx.ring[i], 0, sizeof(fx.ring[i]));
		assert_int_equal(foo_guest_ring_init(&fx.ring[i], &fx.mem, &cfg), 0);
		fx.base[i].avail = cfg.base;
		fx.base[i].used = cfg.base;
	}
	assert_true(FX_GPA + fx.mem.region[0].allocated < fx.data);
	assert_int_equal(fx.mem.region[1].allocated, 0);
	fx.flown = 0;
	fx.taken = 0;
}

void
fx_start(const struct fx_setup *s)
{
	struct foo_error err = {""};
	uint64_t features;

	memset(&fx, 0, sizeof(fx));
	screen_reset();
	if (fx_create_device(s->name != NULL ? s->name : "gpu_2d0", s->args != NULL ? s->args : "",
			     &err) != 0)
		fail_msg("%s", err.text);
	features = fx.dev->cls->ops.features(fx.dev) & ~s->without;
	if (!s->packed)
		features &= ~FX_PACKED;
	fx_mem(s->log);
	foo_device_connect(fx.dev, true);
	assert_int_equal(foo_device_set_features(fx.dev, features), 0);
	assert_int_equal(foo_device_set_mem(fx.dev, &fx.map), 0);
	fx.size = s->ring != 0 ? s->ring : 64;
	fx_rings_begin();
	fx_queues_start();
}

void
fx_stop(void)
{
	struct foo_device *dev = fx.dev;

	fx_queues_stop();
	foo_device_connect(dev, false);
	for (unsigned int i = 0; i < FX_QUEUES; i++)
		if (fx.ring[i].slot != NULL)
			foo_guest_ring_fini(&fx.ring[i]);
	foo_device_unrealize(dev);
	foo_device_destroy(dev);
	if (fx.mem.nregions != 0)
		foo_guest_mem_destroy(&fx.mem);
	fx.dev = NULL;
	fx.mem.nregions = 0;
	screen_reset();
}

int
fx_teardown(void **state)
{
	(void)state;
	if (fx.dev != NULL)
		fx_stop(); /* the test failed on its way */
	return 0;
}

/* Where the next piece goes: never next to the last one. */
static uint64_t
fx_place(uint32_t len)
{
	uint64_t gpa;

	if (fx.flown == 0 && fx.taken > FX_DATA / 2)
		fx.taken = 0;
	gpa = fx.data + fx.taken;
	fx.taken += len + 1;
	assert_true(fx.taken <= FX_DATA);
	return gpa;
}

static void
fx_cut(struct fx_io *io, uint32_t len, uint32_t piece, uint16_t flags)
{
	for (uint32_t at = 0; at < len;) {
		uint32_t part = piece == 0 ? len : RTE_MIN(piece, len - at);

		assert_true(io->n < FX_PIECES);
		io->buf[io->n++] = (struct foo_guest_buf){fx_place(part), part, flags};
		at += part;
	}
}

/* The bytes of pieces, from the first one or from the first writable one on. */
static void
fx_copy(const struct fx_io *io, bool in, uint32_t at, void *data, uint32_t len)
{
	uint8_t *p = data;

	for (uint16_t i = 0; i < io->n && len != 0; i++) {
		const struct foo_guest_buf *b = &io->buf[i];
		uint32_t part;

		if ((b->flags != 0) != in)
			continue;
		if (at >= b->len) {
			at -= b->len;
			continue;
		}
		part = RTE_MIN(b->len - at, len);
		assert_int_equal(in ? foo_guest_mem_read(&fx.mem, b->gpa + at, p, part) :
				      foo_guest_mem_write(&fx.mem, b->gpa + at, p, part),
				 0);
		p += part;
		len -= part;
		at = 0;
	}
	assert_int_equal(len, 0);
}

int
fx_send(const struct fx_req *req)
{
	unsigned int token = fx.next++ % FX_TOKENS;
	struct foo_guest_ring *r = &fx.ring[req->queue];
	struct fx_io *io = &fx.io[token];
	uint8_t stain[4096];

	memset(stain, FX_TOUCHLESS, sizeof(stain));
	io->n = 0;
	io->done = false;
	fx_cut(io, req->out_len, req->piece, 0);
	fx_cut(io, req->in_len, req->piece, VRING_DESC_F_WRITE);
	fx_copy(io, false, 0, (void *)(uintptr_t)req->out, req->out_len);
	for (uint16_t i = 0; i < io->n; i++)
		if (io->buf[i].flags != 0)
			foo_guest_mem_write(&fx.mem, io->buf[i].gpa, stain,
					    RTE_MIN(sizeof(stain), io->buf[i].len));
	assert_true(foo_guest_ring_add(r, io->buf, io->n,
				       req->indirect ? FOO_GUEST_INDIRECT : FOO_GUEST_DIRECT,
				       token) >= 0);
	foo_guest_ring_publish(r);
	fx.flown++;
	return (int)token;
}

bool
fx_poll(void)
{
	struct foo_guest_used used[64];
	bool any = false;

	for (unsigned int k = 0; k < FX_QUEUES; k++) {
		struct foo_queue *q = &fx.dev->queue[k];
		int n;

		if (foo_queue_state(q) == FOO_QUEUE_RUNNING && q->vq.broken == 0)
			q->ops->poll(q);
		else
			q->ops->poll_stopped(q);
		n = foo_guest_ring_poll(&fx.ring[k], used, RTE_DIM(used));
		assert_true(n >= 0);
		for (int i = 0; i < n; i++) {
			assert_false(fx.io[used[i].token].done);
			fx.io[used[i].token].done = true;
			fx.io[used[i].token].used = used[i].len;
			fx.flown--;
			any = true;
		}
	}
	return any;
}

void
fx_wait(int token)
{
	time_t end = time(NULL) + 20;

	while (!fx.io[token].done && time(NULL) < end)
		if (!fx_poll())
			sched_yield();
	assert_true(fx.io[token].done);
}

void
fx_written(int token, uint32_t at, void *to, uint32_t len)
{
	assert_true(fx.io[token].done);
	fx_copy(&fx.io[token], true, at, to, len);
}

uint32_t
fx_cmd(const void *req, uint32_t len, uint32_t room)
{
	const struct fx_req r = {.out = req, .out_len = len, .in_len = room};
	int token = fx_send(&r);
	uint32_t type;

	fx_wait(token);
	memset(fx.resp, FX_TOUCHLESS, sizeof(fx.resp));
	fx_written(token, 0, fx.resp, RTE_MIN(sizeof(fx.resp), room));
	fx.used = fx.io[token].used;
	memcpy(&type, fx.resp, sizeof(type));
	return type;
}

uint32_t
fx_ctl(const void *req, uint32_t len)
{
	uint32_t type = fx_cmd(req, len, FX_HDR);

	assert_int_equal(fx.used, FX_HDR);
	return type;
}

uint32_t
fx_create(uint32_t id, uint32_t format, uint32_t width, uint32_t height)
{
	const struct virtio_gpu_resource_create_2d req = {
		.hdr.type = VIRTIO_GPU_CMD_RESOURCE_CREATE_2D,
		.resource_id = id,
		.format = format,
		.width = width,
		.height = height,
	};

	return fx_ctl(&req, sizeof(req));
}

uint32_t
fx_unref(uint32_t id)
{
	const struct virtio_gpu_resource_unref req = {
		.hdr.type = VIRTIO_GPU_CMD_RESOURCE_UNREF,
		.resource_id = id,
	};

	return fx_ctl(&req, sizeof(req));
}

uint32_t
fx_attach_entries(uint32_t id, const struct virtio_gpu_mem_entry *entry, uint32_t n)
{
	const struct virtio_gpu_resource_attach_backing req = {
		.hdr.type = VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING,
		.resource_id = id,
		.nr_entries = n,
	};
	uint8_t *all = test_malloc(sizeof(req) + n * sizeof(*entry));
	uint32_t type;

	memcpy(all, &req, sizeof(req));
	if (n != 0)
		memcpy(all + sizeof(req), entry, n * sizeof(*entry));
	type = fx_ctl(all, sizeof(req) + n * sizeof(*entry));
	test_free(all);
	return type;
}

/* Where a byte of the backing is: the last page first. */
static uint64_t
fx_back_at(uint64_t bytes, uint64_t offset)
{
	uint64_t pages = (bytes + FX_PAGE - 1) / FX_PAGE;

	return fx.back + (pages - 1 - offset / FX_PAGE) * FX_PAGE + offset % FX_PAGE;
}

uint32_t
fx_attach(uint32_t id, uint64_t bytes)
{
	uint32_t n = (uint32_t)((bytes + FX_PAGE - 1) / FX_PAGE), type;
	struct virtio_gpu_mem_entry *entry = test_calloc(n, sizeof(*entry));

	assert_true(bytes <= FX_BACK_MAX);
	for (uint32_t i = 0; i < n; i++) {
		entry[i].addr = fx_back_at(bytes, (uint64_t)i * FX_PAGE);
		entry[i].length = (uint32_t)RTE_MIN(FX_PAGE, bytes - (uint64_t)i * FX_PAGE);
	}
	type = fx_attach_entries(id, entry, n);
	test_free(entry);
	return type;
}

uint32_t
fx_detach(uint32_t id)
{
	const struct virtio_gpu_resource_detach_backing req = {
		.hdr.type = VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING,
		.resource_id = id,
	};

	return fx_ctl(&req, sizeof(req));
}

uint32_t
fx_transfer(uint32_t id, uint64_t offset, uint32_t x, uint32_t y, uint32_t w, uint32_t h)
{
	const struct virtio_gpu_transfer_to_host_2d req = {
		.hdr.type = VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D,
		.r = {x, y, w, h},
		.offset = offset,
		.resource_id = id,
	};

	return fx_ctl(&req, sizeof(req));
}

uint32_t
fx_scanout(uint32_t output, uint32_t id, uint32_t x, uint32_t y, uint32_t w, uint32_t h)
{
	const struct virtio_gpu_set_scanout req = {
		.hdr.type = VIRTIO_GPU_CMD_SET_SCANOUT,
		.r = {x, y, w, h},
		.scanout_id = output,
		.resource_id = id,
	};

	return fx_ctl(&req, sizeof(req));
}

uint32_t
fx_flush(uint32_t id, uint32_t x, uint32_t y, uint32_t w, uint32_t h)
{
	const struct virtio_gpu_resource_flush req = {
		.hdr.type = VIRTIO_GPU_CMD_RESOURCE_FLUSH,
		.r = {x, y, w, h},
		.resource_id = id,
	};

	return fx_ctl(&req, sizeof(req));
}

void
fx_cursor(uint32_t type, uint32_t output, uint32_t id, uint32_t x, uint32_t y)
{
	const struct virtio_gpu_update_cursor c = {
		.hdr.type = type,
		.pos = {.scanout_id = output, .x = x, .y = y},
		.resource_id = id,
		.hot_x = 3,
		.hot_y = 4,
	};
	const struct fx_req req = {.queue = FX_CURSOR, .out = &c, .out_len = sizeof(c)};
	int token = fx_send(&req);

	fx_wait(token);
	assert_int_equal(fx.io[token].used, 0);
}

void
fx_back_write(uint64_t bytes, uint64_t offset, const void *from, uint32_t len)
{
	const uint8_t *p = from;

	while (len != 0) {
		uint32_t part = RTE_MIN(len, FX_PAGE - (uint32_t)(offset % FX_PAGE));

		assert_int_equal(foo_guest_mem_write(&fx.mem, fx_back_at(bytes, offset), p, part),
				 0);
		p += part;
		offset += part;
		len -= part;
	}
}

uint32_t
fx_pattern(uint32_t x, uint32_t y, uint32_t seed)
{
	return (x * 2654435761u + y * 40503u + seed * 97u) & 0xffffff;
}

void
fx_back_draw(uint32_t width, uint32_t height, uint32_t seed)
{
	uint64_t bytes = (uint64_t)width * height * FOO_GPU_PIXEL;
	uint32_t *row = test_calloc(width, sizeof(*row));

	for (uint32_t y = 0; y < height; y++) {
		for (uint32_t x = 0; x < width; x++)
			row[x] = fx_pattern(x, y, seed);
		fx_back_write(bytes, (uint64_t)y * width * FOO_GPU_PIXEL, row,
			      width * FOO_GPU_PIXEL);
	}
	test_free(row);
}

void
fx_picture(uint32_t id, uint32_t output, uint32_t width, uint32_t height, uint32_t seed)
{
	assert_int_equal(fx_create(id, BGRX, width, height), OK);
	assert_int_equal(fx_attach(id, (uint64_t)width * height * FOO_GPU_PIXEL), OK);
	fx_back_draw(width, height, seed);
	assert_int_equal(fx_transfer(id, 0, 0, 0, width, height), OK);
	assert_int_equal(fx_scanout(output, id, 0, 0, width, height), OK);
	assert_int_equal(fx_flush(id, 0, 0, width, height), OK);
}

void
fx_expect_shown(uint32_t output, const struct foo_gpu_rect *r, int32_t x0, int32_t y0,
		uint32_t seed)
{
	for (uint32_t y = r->y; y < r->y + r->height; y++)
		for (uint32_t x = r->x; x < r->x + r->width; x++) {
			uint32_t from_x = (uint32_t)((int32_t)x - x0);
			uint32_t from_y = (uint32_t)((int32_t)y - y0);

			if (screen_pixel(output, x, y) != fx_pattern(from_x, from_y, seed))
				fail_msg("output %u: pixel %u, %u is %06x", output, x, y,
					 screen_pixel(output, x, y));
		}
}

struct foo_gpu_stats
fx_stats(void)
{
	struct foo_gpu_stats s;

	foo_gpu_stats_get(fx.dev, &s);
	return s;
}
