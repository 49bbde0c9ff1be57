/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <string.h>

#include "blk_fixture.h"
#include "dev_fixture.h"

/* Guest memory: two regions that touch, so that requests cross from one to the other. */
#define FX_GPA 0x100000
#define FX_REGION (UINT64_C(64) << 20)
#define FX_DATA (UINT64_C(6) << 20)

struct fx_disk fx;

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
}

void
fx_queue_start(unsigned int index)
{
	uint16_t base = foo_guest_ring_resume(&fx.ring[index]);

	dev_queue_start(&fx.dev->queue[index], &fx.ring[index], base, base);
}

int
fx_create(const char *name, const char *args, struct foo_error *err)
{
	return dev_create(&fx.dev, name, args, err);
}

void
fx_start(const struct fx_setup *s)
{
	struct foo_guest_ring_config cfg = {.size = s->ring != 0 ? s->ring : 64, .kickfd = -1};
	struct foo_error err = {""};
	uint64_t features;

	memset(&fx, 0, sizeof(fx));
	if (fx_create(s->name, s->args != NULL ? s->args : "", &err) != 0)
		fail_msg("%s", err.text);
	features = fx.dev->cls->ops.features(fx.dev) & ~s->without;
	if (!s->packed)
		features &= ~FX_PACKED;
	fx_mem(s->log);
	foo_device_connect(fx.dev, true);
	assert_int_equal(foo_device_set_features(fx.dev, features), 0);
	assert_int_equal(foo_device_set_mem(fx.dev, &fx.map), 0);
	cfg.features = features;
	cfg.indirect_max = s->table != 0 ? s->table : RTE_MIN(cfg.size, 64);
	cfg.base = foo_guest_ring_start(features);
	assert_true(fx.dev->nqueues <= FX_QUEUES);
	for (unsigned int i = 0; i < fx.dev->nqueues; i++) {
		assert_int_equal(foo_guest_ring_init(&fx.ring[i], &fx.mem, &cfg), 0);
		fx_queue_start(i);
	}
	/* the seam is in the middle of it */
	fx.data = FX_GPA + FX_REGION - FX_DATA / 4;
	assert_true(fx.mem.region[0].allocated < FX_REGION - FX_DATA / 4);
}

void
fx_stop(void)
{
	struct foo_device *dev = fx.dev;

	for (unsigned int i = 0; i < dev->nqueues; i++)
		foo_queue_stop(&dev->queue[i], NULL, NULL);
	foo_device_connect(dev, false);
	for (unsigned int i = 0; i < dev->nqueues; i++)
		if (fx.ring[i].slot != NULL)
			foo_guest_ring_fini(&fx.ring[i]);
	foo_device_unrealize(dev);
	foo_device_destroy(dev);
	if (fx.mem.nregions != 0)
		foo_guest_mem_destroy(&fx.mem);
	fx.dev = NULL;
	fx.mem.nregions = 0;
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

/* Pieces of [0, len), cut where the request says; start is where they are in the whole of it. */
static void
fx_cut(struct fx_io *io, const struct fx_req *req, uint32_t start, uint32_t len, uint16_t flags)
{
	uint32_t at = 0, part;
	unsigned int i = 0;

	while (at < len) {
		while (i < req->ncut && req->cut[i] <= start + at)
			i++;
		part = i < req->ncut ? RTE_MIN(req->cut[i] - start - at, len - at) : len - at;
		assert_true(io->n < FX_PIECES);
		io->buf[io->n++] = (struct foo_guest_buf){fx_place(part), part, flags};
		at += part;
	}
}

/* The bytes of pieces, from the first one or from the first writable one on. */
static void
fx_copy(const struct fx_io *io, bool in, uint32_t at, uint8_t *data, uint32_t len)
{
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
		assert_int_equal(in ? foo_guest_mem_read(&fx.mem, b->gpa + at, data, part) :
				      foo_guest_mem_write(&fx.mem, b->gpa + at, data, part),
				 0);
		data += part;
		len -= part;
		at = 0;
	}
	assert_int_equal(len, 0);
}

int
fx_send(const struct fx_req *req)
{
	static const uint8_t stain[4096] = {[0 ... 4095] = FX_TOUCHLESS};
	const struct virtio_blk_outhdr hdr = {.type = req->type, .sector = req->sector};
	uint32_t hdr_len = sizeof(hdr) - req->hdr_less, readable = hdr_len + req->out_len;
	unsigned int token = fx.next++ % FX_TOKENS;
	struct fx_io *io = &fx.io[token];
	struct foo_guest_ring *r = &fx.ring[req->queue];
	uint8_t *raw = test_malloc(readable);

	memcpy(raw, &hdr, hdr_len);
	if (req->out_len != 0)
		memcpy(raw + hdr_len, req->out, req->out_len);
	io->n = 0;
	io->done = false;
	fx_cut(io, req, 0, readable, 0);
	fx_cut(io, req, readable, req->in_len + !req->no_status, VRING_DESC_F_WRITE);
	fx_copy(io, false, 0, raw, readable);
	test_free(raw);
	for (uint16_t i = 0; i < io->n; i++)
		for (uint32_t at = 0; io->buf[i].flags != 0 && at < io->buf[i].len; at += 4096)
			foo_guest_mem_write(&fx.mem, io->buf[i].gpa + at, stain,
					    RTE_MIN(4096u, io->buf[i].len - at));
	assert_true(foo_guest_ring_add(r, io->buf, io->n,
				       req->indirect ? FOO_GUEST_INDIRECT : FOO_GUEST_DIRECT,
				       token) >= 0);
	foo_guest_ring_publish(r);
	fx.flown++;
	return (int)token;
}

/* What has come back. */
static void
fx_collect(void)
{
	struct foo_guest_used used[64];
	int n;

	for (unsigned int k = 0; k < fx.dev->nqueues; k++) {
		n = foo_guest_ring_poll(&fx.ring[k], used, RTE_DIM(used));
		assert_true(n >= 0);
		for (int i = 0; i < n; i++) {
			assert_false(fx.io[used[i].token].done);
			fx.io[used[i].token].done = true;
			fx.io[used[i].token].used = used[i].len;
			fx.flown--;
		}
	}
}

unsigned int
fx_poll(void)
{
	unsigned int work = 0;

	for (unsigned int i = 0; i < fx.dev->nqueues; i++) {
		struct foo_queue *q = &fx.dev->queue[i];

		work += foo_queue_state(q) == FOO_QUEUE_RUNNING && q->vq.broken == 0 ?
				q->ops->poll(q) :
				q->ops->poll_stopped(q);
	}
	fx_collect();
	return work;
}

int
fx_run(const struct fx_req *req)
{
	int token = fx_send(req);

	for (int i = 0; i < 1000 && !fx.io[token].done; i++)
		fx_poll();
	assert_true(fx.io[token].done);
	return token;
}

void
fx_run_all(void)
{
	for (int i = 0; i < 1000 && fx.flown != 0; i++)
		fx_poll();
	assert_int_equal(fx.flown, 0);
}

void
fx_written(int token, uint32_t at, void *to, uint32_t len)
{
	assert_true(fx.io[token].done);
	fx_copy(&fx.io[token], true, at, to, len);
}

uint8_t
fx_status(int token)
{
	const struct fx_io *io = &fx.io[token];
	const struct foo_guest_buf *last = &io->buf[io->n - 1];
	uint8_t status;

	assert_true(io->done);
	assert_int_equal(last->flags, VRING_DESC_F_WRITE);
	assert_int_equal(foo_guest_mem_read(&fx.mem, last->gpa + last->len - 1, &status, 1), 0);
	return status;
}

void
fx_expect(const struct fx_req *req, uint8_t status, uint32_t used)
{
	int token = fx_run(req);

	assert_int_equal(fx_status(token), status);
	assert_int_equal(fx.io[token].used, used);
}

void
fx_read(uint64_t sector, void *to, uint32_t len)
{
	const struct fx_req req = {.type = VIRTIO_BLK_T_IN, .sector = sector, .in_len = len};
	int token = fx_run(&req);

	assert_int_equal(fx_status(token), VIRTIO_BLK_S_OK);
	assert_int_equal(fx.io[token].used, len + 1);
	fx_written(token, 0, to, len);
}

void
fx_write(uint64_t sector, const void *from, uint32_t len)
{
	const struct fx_req req = {
		.type = VIRTIO_BLK_T_OUT, .sector = sector, .out = from, .out_len = len};

	fx_expect(&req, VIRTIO_BLK_S_OK, 1);
}

struct virtio_blk_config
fx_config(void)
{
	struct virtio_blk_config c;

	assert_int_equal(fx.dev->cls->ops.get_config(fx.dev, 0, &c, sizeof(c)), 0);
	return c;
}

struct foo_blk_queue_stats
fx_stats(void)
{
	struct foo_blk_queue_stats s;

	foo_blk_stats_get(fx.dev, &s);
	return s;
}

void
fx_pattern(uint8_t *to, uint32_t len, uint8_t seed)
{
	for (uint32_t i = 0; i < len; i++)
		to[i] = (uint8_t)(seed + i * 7 + i / 256 * 3);
}
