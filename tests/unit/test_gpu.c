/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * A GPU's queues: form of requests and responses, fences, used lengths, stops and starts, and a
 * class of another engine. Both ring formats.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "gpu_fixture.h"

static const struct fx_setup formats[] = {{.packed = false}, {.packed = true}};

/* --- a class that changes one function: colours are inverted --- */

static uint32_t gate; /* 0: open, 1: closed, 2: somebody waits */

static void
odd_read(struct foo_gpu *gpu, struct foo_gpu_resource *res, const struct foo_gpu_rect *r,
	 uint32_t *pixel, size_t stride, bool alpha)
{
	const struct foo_class *parent = foo_class_find("gpu_2d");
	struct foo_gpu plain = {.engine = NULL};

	assert_int_equal(parent->ops.instance_init(&plain.dev), 0);
	plain.engine->read(gpu, res, r, pixel, stride, alpha);
	for (uint32_t y = 0; y < r->height; y++)
		for (uint32_t x = 0; x < r->width; x++)
			pixel[y * stride / FOO_GPU_PIXEL + x] ^= 0xffffff;
}

static struct foo_gpu_engine odd_engine;

static int
odd_instance_init(struct foo_device *dev)
{
	odd_engine = *foo_gpu(dev)->engine;
	odd_engine.read = odd_read;
	foo_gpu(dev)->engine = &odd_engine;
	return 0;
}

static struct foo_class gpu_odd_class = {
	.name = "gpu_odd",
	.parent = "gpu_2d",
	.help = "inverted colours",
	.ops = {.instance_init = odd_instance_init},
};
FOO_CLASS_REGISTER(gpu_odd_class)

/* --- and one whose transfers wait until they are let through, or given up --- */

static int
held_transfer(struct foo_gpu *gpu, struct foo_gpu_resource *res, const struct foo_gpu_rect *r,
	      uint64_t offset)
{
	const uint32_t closed = 1;
	uint32_t was = closed;

	(void)res;
	(void)r;
	(void)offset;
	__atomic_compare_exchange_n(&gate, &was, 2, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&gate, __ATOMIC_SEQ_CST) != 0) {
		if (foo_gpu_is_cancelled(gpu))
			return -ECANCELED;
		sched_yield();
	}
	return 0;
}

static struct foo_gpu_engine held_engine;

static int
held_instance_init(struct foo_device *dev)
{
	held_engine = *foo_gpu(dev)->engine;
	held_engine.transfer = held_transfer;
	foo_gpu(dev)->engine = &held_engine;
	return 0;
}

static struct foo_class gpu_held_class = {
	.name = "gpu_held",
	.parent = "gpu_2d",
	.help = "transfers that the test lets through",
	.ops = {.instance_init = held_instance_init},
};
FOO_CLASS_REGISTER(gpu_held_class)

static void
gate_set(uint32_t state)
{
	__atomic_store_n(&gate, state, __ATOMIC_SEQ_CST);
}

static void
gate_await(void)
{
	while (__atomic_load_n(&gate, __ATOMIC_SEQ_CST) != 2) {
		fx_poll();
		sched_yield();
	}
}

/* A transfer that is in the engine's hands; its token. */
static int
transfer_hold(void)
{
	static const struct virtio_gpu_transfer_to_host_2d t = {
		.hdr.type = VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D,
		.r = {0, 0, 8, 8},
		.resource_id = 1};
	const struct fx_req req = {.out = &t, .out_len = sizeof(t), .in_len = FX_HDR};
	int token;

	gate_set(1);
	token = fx_send(&req);
	gate_await();
	return token;
}

/* --- form --- */

static void
test_features(void **state)
{
	static const unsigned int needed[] = {
		24, 27, 28, 29, 32, 34, 40, VIRTIO_GPU_F_EDID, VIRTIO_GPU_F_RESOURCE_UUID};
	uint64_t want = 0;

	(void)state;
	fx_start(&formats[0]);
	for (size_t i = 0; i < RTE_DIM(needed); i++)
		want |= FX_BIT(needed[i]);
	assert_int_equal(fx.dev->cls->ops.features(fx.dev), want);
	assert_int_equal(fx.dev->nqueues, 2);
	fx_stop();
}

static void
test_fence(void **state)
{
	struct virtio_gpu_resource_create_2d req = {
		.hdr = {VIRTIO_GPU_CMD_RESOURCE_CREATE_2D,
			VIRTIO_GPU_FLAG_FENCE,
			UINT64_C(0x123456789abcdef0),
			77,
			5,
			{9, 9, 9}},
		.format = BGRX,
		.width = 1,
		.height = 1,
	};
	struct virtio_gpu_ctrl_hdr want = {
		.flags = VIRTIO_GPU_FLAG_FENCE, .fence_id = req.hdr.fence_id, .ctx_id = 77};

	(void)state;
	for (const struct fx_setup *s = formats; s < formats + 2; s++) {
		fx_start(s);
		req.resource_id = 3;
		want.type = fx_ctl(&req, sizeof(req));
		assert_int_equal(want.type, OK);
		assert_memory_equal(fx.resp, &want, sizeof(want));
		/* also with an error */
		want.type = fx_ctl(&req, sizeof(req));
		assert_int_equal(want.type, BAD_RESOURCE);
		assert_memory_equal(fx.resp, &want, sizeof(want));
		fx_stop();
	}
}

static void
test_fence_ring_and_none(void **state)
{
	struct virtio_gpu_ctrl_hdr req = {.type = 0x4444,
					  .flags = VIRTIO_GPU_FLAG_FENCE |
						   VIRTIO_GPU_FLAG_INFO_RING_IDX | 0x100,
					  .fence_id = 8,
					  .ring_idx = 6};
	struct virtio_gpu_ctrl_hdr want = {
		.type = UNSPEC, .flags = 3, .fence_id = 8, .ring_idx = 6};

	(void)state;
	fx_start(&formats[0]);
	fx_ctl(&req, sizeof(req));
	assert_memory_equal(fx.resp, &want, sizeof(want));
	req.flags = VIRTIO_GPU_FLAG_INFO_RING_IDX;
	want = (struct virtio_gpu_ctrl_hdr){.type = UNSPEC};
	fx_ctl(&req, sizeof(req));
	assert_memory_equal(fx.resp, &want, sizeof(want));
	fx_stop();
}

static void
test_unknown(void **state)
{
	static const uint32_t types[] = {0,
					 0xff,
					 VIRTIO_GPU_CMD_GET_CAPSET_INFO,
					 VIRTIO_GPU_CMD_GET_CAPSET,
					 VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB,
					 VIRTIO_GPU_CMD_SET_SCANOUT_BLOB,
					 VIRTIO_GPU_CMD_CTX_CREATE,
					 VIRTIO_GPU_CMD_SUBMIT_3D,
					 VIRTIO_GPU_CMD_UPDATE_CURSOR,
					 VIRTIO_GPU_CMD_MOVE_CURSOR,
					 OK,
					 UNSPEC,
					 UINT32_MAX};
	uint8_t req[256] = {0};

	(void)state;
	fx_start(&formats[0]);
	for (size_t i = 0; i < RTE_DIM(types); i++) {
		memcpy(req, &types[i], sizeof(types[i]));
		assert_int_equal(fx_ctl(req, sizeof(req)), UNSPEC);
	}
	assert_int_equal(fx_stats().errors, RTE_DIM(types));
	assert_int_equal(fx_stats().refused, 0);
	fx_stop();
}

/* Commands of the control queue and how long each must be. */
static const struct {
	uint32_t type;
	uint32_t len;
} lengths[] = {
	{VIRTIO_GPU_CMD_RESOURCE_CREATE_2D, sizeof(struct virtio_gpu_resource_create_2d)},
	{VIRTIO_GPU_CMD_RESOURCE_UNREF, sizeof(struct virtio_gpu_resource_unref)},
	{VIRTIO_GPU_CMD_SET_SCANOUT, sizeof(struct virtio_gpu_set_scanout)},
	{VIRTIO_GPU_CMD_RESOURCE_FLUSH, sizeof(struct virtio_gpu_resource_flush)},
	{VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D, sizeof(struct virtio_gpu_transfer_to_host_2d)},
	{VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING, sizeof(struct virtio_gpu_resource_attach_backing)},
	{VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING, sizeof(struct virtio_gpu_resource_detach_backing)},
	{VIRTIO_GPU_CMD_GET_EDID, sizeof(struct virtio_gpu_cmd_get_edid)},
	{VIRTIO_GPU_CMD_RESOURCE_ASSIGN_UUID, sizeof(struct virtio_gpu_resource_assign_uuid)},
};

static void
test_short(void **state)
{
	uint8_t req[256] = {0};

	(void)state;
	fx_start(&formats[0]);
	for (size_t i = 0; i < RTE_DIM(lengths); i++) {
		memcpy(req, &lengths[i].type, sizeof(lengths[i].type));
		/* a command that were taken would find no resource 0, or give an EDID */
		assert_int_equal(fx_cmd(req, lengths[i].len - 1, 2048), UNSPEC);
		assert_int_equal(fx.used, FX_HDR);
		assert_int_not_equal(fx_cmd(req, lengths[i].len, 2048), UNSPEC);
	}
	/* without all of a header, no fence is known */
	memset(req, 0xff, FX_HDR);
	assert_int_equal(fx_ctl(req, FX_HDR - 1), UNSPEC);
	assert_int_equal(fx.resp[4], 0);
	assert_int_equal(fx_stats().refused, 1);
	fx_stop();
}

static void
test_no_room(void **state)
{
	const struct virtio_gpu_resource_create_2d create = {
		.hdr.type = VIRTIO_GPU_CMD_RESOURCE_CREATE_2D,
		.resource_id = 1,
		.format = BGRX,
		.width = 4,
		.height = 4};
	const struct virtio_gpu_ctrl_hdr info = {.type = VIRTIO_GPU_CMD_GET_DISPLAY_INFO};
	const uint32_t info_len = sizeof(struct virtio_gpu_resp_display_info);

	(void)state;
	fx_start(&formats[0]);
	for (uint32_t room = 0; room < FX_HDR; room++) {
		fx_cmd(&create, sizeof(create), room);
		assert_int_equal(fx.used, 0);
		for (uint32_t i = 0; i < room; i++)
			assert_int_equal(fx.resp[i], FX_TOUCHLESS);
	}
	assert_int_equal(fx_stats().resources, 0);
	assert_int_equal(fx_stats().refused, FX_HDR);
	assert_int_equal(fx_cmd(&info, sizeof(info), info_len - 1), UNSPEC);
	assert_int_equal(fx.used, FX_HDR);
	assert_int_equal(fx.resp[FX_HDR], FX_TOUCHLESS);
	assert_int_equal(fx_cmd(&info, sizeof(info), info_len + 7),
			 VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
	assert_int_equal(fx.used, info_len);
	assert_int_equal(fx.resp[info_len], FX_TOUCHLESS);
	fx_stop();
}

static void
test_no_request(void **state)
{
	const struct fx_req req = {.in_len = 100};
	uint32_t type;
	int token;

	(void)state;
	fx_start(&formats[1]);
	token = fx_send(&req);
	fx_wait(token);
	assert_int_equal(fx.io[token].used, FX_HDR);
	fx_written(token, 0, &type, sizeof(type));
	assert_int_equal(type, UNSPEC);
	fx_stop();
}

/* However a request is cut, the response is the same. */
static void
test_layouts(void **state)
{
	const struct virtio_gpu_ctrl_hdr req = {.type = VIRTIO_GPU_CMD_GET_DISPLAY_INFO};
	static const uint32_t pieces[] = {1, 3, 23, 24, 100};
	struct virtio_gpu_resp_display_info want, got;

	(void)state;
	for (const struct fx_setup *f = formats; f < formats + 2; f++) {
		const struct fx_setup s = {.packed = f->packed, .ring = 512};

		fx_start(&s);
		assert_int_equal(fx_cmd(&req, sizeof(req), sizeof(want)),
				 VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
		memcpy(&want, fx.resp, sizeof(want));
		for (size_t i = 0; i < RTE_DIM(pieces); i++) {
			const struct fx_req r = {.out = &req,
						 .out_len = sizeof(req),
						 .in_len = sizeof(got),
						 .piece = pieces[i],
						 .indirect = true};
			int token = fx_send(&r);

			fx_wait(token);
			assert_int_equal(fx.io[token].used, sizeof(got));
			fx_written(token, 0, &got, sizeof(got));
			assert_memory_equal(&got, &want, sizeof(got));
		}
		fx_stop();
	}
}

static void
test_without_features(void **state)
{
	const struct fx_setup s = {.without = FX_BIT(VIRTIO_GPU_F_EDID) |
					      FX_BIT(VIRTIO_GPU_F_RESOURCE_UUID)};
	const struct virtio_gpu_cmd_get_edid edid = {.hdr.type = VIRTIO_GPU_CMD_GET_EDID};
	const struct virtio_gpu_resource_assign_uuid uuid = {
		.hdr.type = VIRTIO_GPU_CMD_RESOURCE_ASSIGN_UUID, .resource_id = 1};

	(void)state;
	fx_start(&s);
	assert_int_equal(fx_create(1, BGRX, 1, 1), OK);
	assert_int_equal(fx_cmd(&edid, sizeof(edid), 2048), UNSPEC);
	assert_int_equal(fx_cmd(&uuid, sizeof(uuid), 2048), UNSPEC);
	fx_stop();
}

/* --- queues --- */

static void
test_many(void **state)
{
	struct virtio_gpu_resource_create_2d c = {
		.hdr = {VIRTIO_GPU_CMD_RESOURCE_CREATE_2D, VIRTIO_GPU_FLAG_FENCE, 0, 0, 0, {0}},
		.format = BGRX,
		.width = 3,
		.height = 3};
	const struct fx_req req = {
		.out = &c, .out_len = sizeof(c), .in_len = FX_HDR, .indirect = true};

	(void)state;
	for (const struct fx_setup *s = formats; s < formats + 2; s++) {
		fx_start(s);
		for (uint32_t round = 0; round < 10; round++) {
			int token[60];

			for (uint32_t i = 0; i < RTE_DIM(token); i++) {
				c.resource_id = round * 60 + i + 1;
				c.hdr.fence_id = c.resource_id;
				token[i] = fx_send(&req);
			}
			for (uint32_t i = 0; i < RTE_DIM(token); i++) {
				struct virtio_gpu_ctrl_hdr hdr;

				fx_wait(token[i]);
				fx_written(token[i], 0, &hdr, sizeof(hdr));
				assert_int_equal(hdr.type, OK);
				assert_int_equal(hdr.fence_id, round * 60 + i + 1);
			}
		}
		assert_int_equal(fx_stats().resources, 600);
		fx_stop();
	}
}

/* A poll never waits for a command, and the other queue goes on. */
static void
test_poll_does_not_wait(void **state)
{
	const struct fx_setup s = {.name = "gpu_held0"};
	int token;

	(void)state;
	fx_start(&s);
	assert_int_equal(fx_create(1, BGRX, 8, 8), OK);
	assert_int_equal(fx_attach(1, 256), OK);
	token = transfer_hold();
	for (int i = 0; i < 1000; i++)
		assert_int_equal(fx.dev->queue[0].ops->poll(&fx.dev->queue[0]), 0);
	assert_false(fx.dev->queue[0].ops->queue_pending(&fx.dev->queue[0]));
	assert_false(fx.io[token].done);
	gate_set(0);
	fx_wait(token);
	assert_int_equal(fx.io[token].used, FX_HDR);
	fx_stop();
}

/* What is under way when a queue stops is done again when it starts. */
static void
test_stop_and_go(void **state)
{
	struct fx_setup s = {.name = "gpu_held0"};

	(void)state;
	for (const struct fx_setup *f = formats; f < formats + 2; f++) {
		const struct virtio_gpu_resource_unref u = {
			.hdr.type = VIRTIO_GPU_CMD_RESOURCE_UNREF, .resource_id = 1};
		const struct fx_req req = {.out = &u, .out_len = sizeof(u), .in_len = FX_HDR};
		int token, behind;
		uint32_t type;

		s.packed = f->packed;
		fx_start(&s);
		assert_int_equal(fx_create(1, BGRX, 8, 8), OK);
		assert_int_equal(fx_attach(1, 256), OK);
		token = transfer_hold();
		behind = fx_send(&req);
		fx_queues_stop();
		assert_int_equal(foo_queue_state(&fx.dev->queue[0]), FOO_QUEUE_STOPPED);
		fx_poll();
		assert_false(fx.io[token].done);
		gate_set(0);
		fx_queues_start();
		fx_wait(behind);
		assert_true(fx.io[token].done);
		fx_written(token, 0, &type, sizeof(type));
		assert_int_equal(type, OK);
		fx_written(behind, 0, &type, sizeof(type));
		assert_int_equal(type, OK);
		assert_int_equal(fx_stats().resources, 0);
		fx_stop();
	}
}

/* A queue that breaks takes back what it had given away, and the device can be ended. */
static void
test_broken(void **state)
{
	const struct fx_setup s = {.name = "gpu_held0"};
	int token;

	(void)state;
	fx_start(&s);
	assert_int_equal(fx_create(1, BGRX, 8, 8), OK);
	assert_int_equal(fx_attach(1, 256), OK);
	token = transfer_hold();
	foo_vq_break(&fx.dev->queue[0].vq, FOO_FAULT_AVAIL_JUMP);
	for (int i = 0; i < 1000; i++) {
		fx_poll();
		sched_yield();
	}
	assert_false(fx.io[token].done);
	fx_stop();
	gate_set(0);
}

/* A driver that begins anew finds nothing; one that goes on finds what it had. */
static void
test_reset(void **state)
{
	(void)state;
	for (const struct fx_setup *s = formats; s < formats + 2; s++) {
		fx_start(s);
		assert_int_equal(fx_create(1, BGRX, 8, 8), OK);
		fx_queues_stop();
		fx_queues_start();
		assert_int_equal(fx_create(1, BGRX, 8, 8), BAD_RESOURCE);
		fx_queues_stop();
		fx_rings_begin();
		fx_queues_start();
		assert_int_equal(fx_create(1, BGRX, 8, 8), OK);
		assert_int_equal(fx_stats().resources, 1);
		/* also where the ring stands at its first entry again by chance */
		while (foo_guest_ring_resume(&fx.ring[0]) != foo_guest_ring_start(fx.dev->features))
			assert_int_equal(fx_flush(1, 0, 0, 1, 1), OK);
		fx_queues_stop();
		fx_queues_start();
		assert_int_equal(fx_create(1, BGRX, 8, 8), BAD_RESOURCE);
		fx_stop();
	}
}

/* Another front-end finds nothing of the one before. */
static void
test_reconnect(void **state)
{
	(void)state;
	fx_start(&formats[0]);
	assert_int_equal(fx_create(1, BGRX, 8, 8), OK);
	fx_queues_stop();
	foo_device_connect(fx.dev, false);
	for (int i = 0; i < 20000 && fx_stats().resources != 0; i++)
		usleep(100);
	assert_int_equal(fx_stats().resources, 0);
	assert_int_equal(fx_stats().memory, 0);
	fx_stop();
}

/* The legacy way to hear of an empty ring although interrupts are suppressed. */
static void
test_notify_on_empty(void **state)
{
	static const uint64_t bits[] = {0, FX_BIT(VIRTIO_F_NOTIFY_ON_EMPTY)};

	(void)state;
	for (size_t i = 0; i < RTE_DIM(bits); i++) {
		const struct fx_setup s = {.without = FX_BIT(VIRTIO_RING_F_EVENT_IDX) | bits[i]};
		int fd = eventfd(0, EFD_NONBLOCK);
		uint64_t n = 0;

		fx_start(&s);
		assert_int_equal(foo_queue_set_callfd(&fx.dev->queue[0], fd), 0);
		assert_int_equal(read(fd, &n, sizeof(n)), sizeof(n));
		foo_guest_ring_calls_disable(&fx.ring[0]);
		assert_int_equal(fx_create(1, BGRX, 8, 8), OK);
		assert_int_equal(read(fd, &n, sizeof(n)), bits[i] == 0 ? (ssize_t)sizeof(n) : -1);
		fx_stop();
		close(fd);
	}
}

static void
test_third_class(void **state)
{
	const struct fx_setup s = {.name = "gpu_odd0"};
	const uint32_t white = 0xffffff;

	(void)state;
	fx_start(&s);
	assert_int_equal(fx_create(1, BGRX, 16, 16), OK);
	assert_int_equal(fx_scanout(0, 1, 0, 0, 16, 16), OK);
	assert_int_equal(fx_flush(1, 0, 0, 16, 16), OK);
	assert_true(screen_get(0).updates > 0);
	assert_int_equal(screen_pixel(0, 15, 15), white);
	fx_stop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_features, fx_teardown),
		cmocka_unit_test_teardown(test_fence, fx_teardown),
		cmocka_unit_test_teardown(test_fence_ring_and_none, fx_teardown),
		cmocka_unit_test_teardown(test_unknown, fx_teardown),
		cmocka_unit_test_teardown(test_short, fx_teardown),
		cmocka_unit_test_teardown(test_no_room, fx_teardown),
		cmocka_unit_test_teardown(test_no_request, fx_teardown),
		cmocka_unit_test_teardown(test_layouts, fx_teardown),
		cmocka_unit_test_teardown(test_without_features, fx_teardown),
		cmocka_unit_test_teardown(test_many, fx_teardown),
		cmocka_unit_test_teardown(test_poll_does_not_wait, fx_teardown),
		cmocka_unit_test_teardown(test_stop_and_go, fx_teardown),
		cmocka_unit_test_teardown(test_broken, fx_teardown),
		cmocka_unit_test_teardown(test_reset, fx_teardown),
		cmocka_unit_test_teardown(test_reconnect, fx_teardown),
		cmocka_unit_test_teardown(test_notify_on_empty, fx_teardown),
		cmocka_unit_test_teardown(test_third_class, fx_teardown),
	};

	return cmocka_run_group_tests_name("gpu", tests, fx_group_setup, NULL);
}
