/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * A guest that sends a GPU anything: commands of all types with numbers that are right, nearly
 * right or absurd, while another of its CPUs rewrites them. Whatever comes back is a response of
 * the specification with its exact length, and the memory limit holds. Sanitizers see the rest.
 */
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "gpu_fixture.h"

#define ROUNDS 30000
#define LIMIT (UINT64_C(2) << 20)
#define IDS 12

static uint64_t random_state;

static uint32_t
random_u32(void)
{
	random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(random_state >> 32);
}

/* True once in n. */
static bool
random_one_in(uint32_t n)
{
	return random_u32() % n == 0;
}

/* A number that a check may get wrong. */
static uint32_t
random_odd(void)
{
	static const uint32_t odd[] = {0,          1,          63,         64,         65,
				       4096,       16384,      16385,      0xffff,     0x10000,
				       0x40000000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};

	return random_one_in(2) ? random_u32() : odd[random_u32() % RTE_DIM(odd)];
}

/* Mostly below n. */
static uint32_t
random_number(uint32_t n)
{
	return random_one_in(24) ? random_odd() : random_u32() % n;
}

static struct virtio_gpu_rect
random_rect(void)
{
	return (struct virtio_gpu_rect){random_number(8), random_number(8), random_number(60),
					random_number(60)};
}

/* An address that is the guest's, or nearly. */
static uint64_t
random_gpa(void)
{
	static const uint64_t edge[] = {0, FX_GPA, FX_END, UINT64_C(1) << 32, UINT64_C(1) << 63};

	if (random_one_in(24))
		return edge[random_u32() % RTE_DIM(edge)] - random_u32() % 8192;
	return fx.back + random_u32() % (FX_BACK_MAX / 2);
}

/* Any request. */
union any_req {
	uint8_t raw[512];
	struct virtio_gpu_ctrl_hdr hdr;
	struct virtio_gpu_resource_create_2d create;
	struct virtio_gpu_resource_unref id;
	struct virtio_gpu_set_scanout scanout;
	struct virtio_gpu_resource_flush flush;
	struct virtio_gpu_transfer_to_host_2d transfer;
	struct virtio_gpu_resource_attach_backing attach;
	struct virtio_gpu_cmd_get_edid edid;
	struct virtio_gpu_update_cursor cursor;
};

static uint32_t
random_attach(union any_req *r)
{
	struct virtio_gpu_mem_entry entry = {0};
	uint32_t n = random_u32() % 8, at = sizeof(r->attach);

	r->attach.resource_id = random_number(IDS);
	r->attach.nr_entries = random_one_in(8) ? random_odd() : n;
	for (uint32_t i = 0; i < n; i++, at += sizeof(entry)) {
		entry.addr = random_gpa();
		entry.length = random_number(65536);
		memcpy(r->raw + at, &entry, sizeof(entry));
	}
	return at;
}

/* Fill in what belongs to r->hdr.type; bytes of it. */
static uint32_t
random_control(union any_req *r)
{
	static const uint32_t formats[] = {1, 2, 3, 4, 67, 68, 121, 134};

	switch (r->hdr.type) {
	case VIRTIO_GPU_CMD_RESOURCE_CREATE_2D:
		r->create.resource_id = random_number(IDS);
		r->create.format = random_one_in(8) ? random_odd() : formats[random_u32() % 8];
		r->create.width = random_one_in(2) ? 64 : random_number(300);
		r->create.height = random_one_in(2) ? 64 : random_number(300);
		return sizeof(r->create);
	case VIRTIO_GPU_CMD_SET_SCANOUT:
		r->scanout.r = random_rect();
		r->scanout.scanout_id = random_number(4);
		r->scanout.resource_id = random_number(IDS);
		return sizeof(r->scanout);
	case VIRTIO_GPU_CMD_RESOURCE_FLUSH:
		r->flush.r = random_rect();
		r->flush.resource_id = random_number(IDS);
		return sizeof(r->flush);
	case VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D:
		r->transfer.r = random_rect();
		r->transfer.offset = random_one_in(16) ? random_gpa() : random_number(8192);
		r->transfer.resource_id = random_number(IDS);
		return sizeof(r->transfer);
	case VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING:
		return random_attach(r);
	default:
		/* all others have a number there, if anything */
		r->id.resource_id = random_number(IDS);
		return sizeof(r->id);
	}
}

static uint32_t
random_cursor(union any_req *r)
{
	r->hdr.type = VIRTIO_GPU_CMD_UPDATE_CURSOR + random_u32() % 3;
	r->cursor.pos.scanout_id = random_number(4);
	r->cursor.pos.x = random_odd();
	r->cursor.pos.y = random_odd();
	r->cursor.resource_id = random_number(IDS);
	r->cursor.hot_x = random_number(64);
	r->cursor.hot_y = random_number(64);
	return sizeof(r->cursor);
}

/* Some command, cut somehow, with room for its response or not. */
static int
random_send(void)
{
	union any_req r;
	struct fx_req req = {.queue = random_one_in(8) ? FX_CURSOR : FX_CONTROL, .out = &r};

	memset(&r, 0, sizeof(r));
	r.hdr.flags = random_u32() % 4;
	r.hdr.fence_id = random_u32();
	r.hdr.type = random_one_in(64) ? random_odd() :
					 VIRTIO_GPU_CMD_GET_DISPLAY_INFO + random_u32() % 14;
	/* otherwise nothing would live for long */
	if (r.hdr.type == VIRTIO_GPU_CMD_RESOURCE_UNREF && !random_one_in(4))
		r.hdr.type = VIRTIO_GPU_CMD_RESOURCE_CREATE_2D;
	req.out_len = req.queue == FX_CURSOR ? random_cursor(&r) : random_control(&r);
	if (random_one_in(32))
		req.out_len = random_u32() % (req.out_len + 1);
	req.in_len = random_one_in(16) ? random_u32() % 1100 : 1100;
	if (req.out_len + req.in_len == 0)
		req.in_len = 1;
	if (random_one_in(4))
		req.piece = 20 + random_u32() % 1000;
	req.indirect = random_one_in(2);
	return fx_send(&req);
}

/* Bytes of a response of that type. */
static uint32_t
response_len(uint32_t type)
{
	switch (type) {
	case VIRTIO_GPU_RESP_OK_DISPLAY_INFO:
		return sizeof(struct virtio_gpu_resp_display_info);
	case VIRTIO_GPU_RESP_OK_EDID:
		return sizeof(struct virtio_gpu_resp_edid);
	case VIRTIO_GPU_RESP_OK_RESOURCE_UUID:
		return sizeof(struct virtio_gpu_resp_resource_uuid);
	default:
		assert_true(type == OK || (type >= UNSPEC && type <= BAD_PARAMETER));
		return FX_HDR;
	}
}

static void
check(int token)
{
	uint32_t type;

	fx_wait(token);
	if (fx.io[token].used != 0) {
		fx_written(token, 0, &type, sizeof(type));
		assert_int_equal(fx.io[token].used, response_len(type));
	}
	assert_true(fx_stats().memory <= LIMIT);
}

static void
test_anything(void **state)
{
	struct fx_setup s = {.args = "outputs=3,memory=2M", .ring = 256};

	(void)state;
	for (int packed = 0; packed < 2; packed++) {
		s.packed = packed;
		random_state = 1234 + (uint64_t)packed;
		fx_start(&s);
		for (unsigned int i = 0; i < ROUNDS; i++)
			check(random_send());
		/* that it was not refused all the time */
		assert_true(fx_stats().errors > ROUNDS / 10);
		assert_true(fx_stats().transfers > 100);
		assert_true(fx_stats().updates > 100);
		assert_true(fx_stats().cursors > 100);
		assert_int_equal(fx.dev->queue[FX_CONTROL].vq.broken, 0);
		assert_int_equal(fx.dev->queue[FX_CURSOR].vq.broken, 0);
		fx_stop();
	}
}

/* --- and while it is read --- */

static bool scribble_end;

/* Rewrites the words of requests, with numbers that make sense and others. */
static void *
scribble(void *arg)
{
	uint8_t *at = foo_guest_mem_va(&fx.mem, fx.data, 4096);
	uint64_t n = 4711;

	(void)arg;
	while (!__atomic_load_n(&scribble_end, __ATOMIC_RELAXED)) {
		uint32_t word, value;

		n = n * UINT64_C(6364136223846793005) + 1442695040888963407;
		word = (uint32_t)(n >> 40) % 64;
		value = n & (1u << 20) ? (uint32_t)(n >> 32) : (uint32_t)(n >> 36) % 70;
		__atomic_store_n((uint32_t *)(void *)(at + word * 4), value, __ATOMIC_RELAXED);
		/* it may share a CPU with the thread that sends */
		if ((n >> 33) % 256 == 0)
			sched_yield();
	}
	return NULL;
}

static void
test_race(void **state)
{
	const struct fx_setup s = {.args = "outputs=3,memory=2M", .ring = 256};
	pthread_t thread;

	(void)state;
	random_state = 77;
	fx_start(&s);
	scribble_end = false;
	assert_int_equal(pthread_create(&thread, NULL, scribble, NULL), 0);
	for (unsigned int i = 0; i < ROUNDS / 3; i++) {
		int token;

		/* all requests begin where it writes */
		fx.taken = 0;
		token = random_send();
		fx_wait(token);
		assert_true(fx.io[token].used <= 1100);
		assert_true(fx_stats().memory <= LIMIT);
	}
	__atomic_store_n(&scribble_end, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	assert_int_equal(fx.dev->queue[FX_CONTROL].vq.broken, 0);
	fx_stop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_anything, fx_teardown),
		cmocka_unit_test_teardown(test_race, fx_teardown),
	};

	return cmocka_run_group_tests_name("gpu_hostile", tests, fx_group_setup, NULL);
}
