/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* Set-up messages that are wrong, or right but in an odd order. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl_env.h"

/* The subject is connected, has shared its memory and made rings, and has started nothing. */
static struct ctl_guest *
prepare(struct ctl_env *env, uint64_t features, bool reply_ack)
{
	struct ctl_guest *g = &env->subject;
	struct ctl_guest_opt opt = {.features = features};

	ctl_guest_close(g);
	assert_int_equal(ctl_guest_connect(g, env->path, &opt), 0);
	assert_int_equal(ctl_guest_share(g), 0);
	assert_int_equal(ctl_guest_rings(g), 0);
	if (!reply_ack) /* the front-end forgets that it could ask for answers */
		g->front.proto &= ~CTL_BIT(FOO_FRONT_P_REPLY_ACK);
	return g;
}

static void
assert_refused(int ret)
{
	if (ret != -EREMOTEIO && ret != -ECONNRESET)
		fail_msg("not refused: %d", ret);
}

static void
test_ring_index(void **state)
{
	static const unsigned int index[] = {8, 9, 128, 255, 256, 0x10000, 0x80000000, 0xffffffff};
	struct ctl_env *env = *state;
	struct foo_front_ring ring;
	struct ctl_guest *g;
	unsigned int i, ack;
	uint32_t base;
	int fd = eventfd(0, EFD_CLOEXEC);

	for (i = 0; i < sizeof(index) / sizeof(index[0]); i++) {
		for (ack = 0; ack < 2; ack++) {
			g = prepare(env, 0, ack);
			ring = foo_front_ring_of(&g->mem, &g->q[0].ring, -1);
			assert_refused(foo_front_set_vring_num(&g->front, index[i], 64));
			g = prepare(env, 0, ack);
			assert_refused(foo_front_set_vring_base(&g->front, index[i], 0));
			g = prepare(env, 0, ack);
			assert_refused(foo_front_set_vring_addr(&g->front, index[i], &ring));
			g = prepare(env, 0, ack);
			assert_refused(foo_front_set_vring_enable(&g->front, index[i], true));
			g = prepare(env, 0, ack);
			assert_true(foo_front_get_vring_base(&g->front, index[i], &base) < 0);
		}
	}
	/* the index of these has 8 bits */
	for (i = 0; i < 4; i++) {
		g = prepare(env, 0, true);
		assert_refused(foo_front_set_vring_kick(&g->front, index[i], fd));
		g = prepare(env, 0, true);
		assert_refused(foo_front_set_vring_call(&g->front, index[i], fd));
		g = prepare(env, 0, true);
		assert_refused(foo_front_set_vring_err(&g->front, index[i], fd));
	}
	close(fd);
}

/* Start vring 0 with this size; refused, or at least never running. */
static void
check_size(struct ctl_env *env, uint64_t features, uint32_t size)
{
	struct ctl_guest *g = prepare(env, features, true);
	struct foo_front_ring ring = foo_front_ring_of(&g->mem, &g->q[0].ring, -1);
	int ret;

	ret = foo_front_set_vring_num(&g->front, 0, size);
	if (ret == 0) {
		ring.size = size;
		ret = foo_front_start_queue(&g->front, 0, &ring);
	}
	if (ret == 0)
		ctl_check_queue(env, 0, "stopped");
	else
		assert_refused(ret);
}

static void
test_ring_size(void **state)
{
	struct ctl_env *env = *state;

	check_size(env, CTL_SPLIT, 0);
	check_size(env, CTL_SPLIT, 3);
	check_size(env, CTL_SPLIT, 65);
	check_size(env, CTL_SPLIT, 32769);
	check_size(env, CTL_SPLIT, 65536);
	check_size(env, CTL_SPLIT, 65536 + 64);
	check_size(env, CTL_SPLIT, 0xffffffff);
	check_size(env, CTL_PACKED, 0);
	check_size(env, CTL_PACKED, 32769);
	check_size(env, CTL_PACKED, 65536 + 64);
	check_size(env, CTL_PACKED, 0xffffffff);
}

/* A packed ring may have any size. */
static void
test_packed_odd_size(void **state)
{
	struct ctl_env *env = *state;

	ctl_open_subject(env, &(struct ctl_guest_opt){.features = CTL_PACKED, .size = 37});
	ctl_check_subject(env, 300);
}

/* The rings' addresses: refused, or the queue says why it does not run. */
static void
check_address(struct ctl_env *env, uint64_t features, int area, uint64_t add, uint64_t base)
{
	struct ctl_guest *g = prepare(env, features, true);
	struct foo_front_ring ring = foo_front_ring_of(&g->mem, &g->q[0].ring, -1);
	uint64_t *addr[3] = {&ring.desc, &ring.driver, &ring.device};
	int ret;

	*addr[area] = (base != 0 ? base : *addr[area]) + add;
	ret = foo_front_start_queue(&g->front, 0, &ring);
	if (ret == 0)
		ctl_check_queue(env, 0, "stopped");
	else
		assert_refused(ret);
}

static void
test_ring_address(void **state)
{
	static const uint64_t format[] = {CTL_SPLIT, CTL_PACKED};
	struct ctl_env *env = *state;
	uint64_t end;
	unsigned int i;
	int area;

	for (i = 0; i < 2; i++) {
		for (area = 0; area < 3; area++) {
			check_address(env, format[i], area, 1, 0);      /* misaligned */
			check_address(env, format[i], area, 0, 0x1000); /* unmapped */
			check_address(env, format[i], area, UINT64_MAX - 64, 1);
			end = (uintptr_t)env->subject.mem.region[0].va +
			      env->subject.mem.region[0].size;
			check_address(env, format[i], area, 0, end); /* just behind */
			/* begins inside; the last bytes are outside (the event areas of a packed
			 * ring are too small to do so aligned) */
			if (i == 0 || area == 0)
				check_address(env, format[i], area, 0, end - 16);
		}
	}
	check_address(env, CTL_SPLIT, 0, 8, 0); /* descriptors want 16 bytes */
	check_address(env, CTL_SPLIT, 2, 2, 0); /* the used ring wants 4 */
}

/* Addresses without SET_MEM_TABLE: librte_vhost has no table to look into. */
static void
test_no_memory(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest *g = &env->subject;
	struct foo_front_ring ring = {
		.size = 64, .desc = 0x10000, .driver = 0x20000, .device = 0x30000, .callfd = -1};
	uint32_t base;
	int ret;

	ring.kickfd = eventfd(0, EFD_CLOEXEC);
	assert_int_equal(ctl_guest_connect(g, env->path, NULL), 0);
	ret = foo_front_start_queue(&g->front, 0, &ring);
	if (ret == 0)
		foo_front_get_vring_base(&g->front, 0, &base);
	ctl_guest_close(g);
	/* stop what was never started */
	assert_int_equal(ctl_guest_connect(g, env->path, NULL), 0);
	foo_front_get_vring_base(&g->front, 5, &base);
	ctl_guest_close(g);
	/* KICK first of all */
	assert_int_equal(ctl_guest_connect(g, env->path, NULL), 0);
	foo_front_set_vring_kick(&g->front, 0, ring.kickfd);
	foo_front_driver_ok(&g->front);
	close(ring.kickfd);
}

/* QEMU itself enables rings before it describes them. */
static void
test_enable_first(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest *g = prepare(env, 0, true);
	uint64_t features = g->front.features;
	unsigned int i;

	for (i = 0; i < 2; i++)
		assert_int_equal(foo_front_set_vring_enable(&g->front, i, true), 0);
	g->front.features &= ~CTL_BIT(FOO_FRONT_F_PROTOCOL_FEATURES); /* no ENABLE at the end */
	assert_int_equal(ctl_guest_start_all(g), 0);
	g->front.features = features;
	ctl_check_subject(env, 100);
}

/* Rings before SET_FEATURES, which then change their format. */
static void
test_features_last(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest *g = prepare(env, 0, true);
	struct foo_front *f = &g->front;
	const uint64_t features = f->features;
	int ret;

	foo_front_reconnect(f);
	foo_front_get_features(f, &f->offered);
	foo_front_set_protocol_features(f, CTL_BIT(FOO_FRONT_P_REPLY_ACK));
	ret = foo_front_set_mem(f, &g->mem);
	if (ret == 0)
		ret = foo_front_start_ring(f, 0, &g->mem, &g->q[0].ring, -1);
	if (ret == 0)
		ret = foo_front_start_ring(f, 1, &g->mem, &g->q[1].ring, -1);
	if (ret == 0)
		ret = foo_front_set_features(f, features | CTL_BIT(VIRTIO_F_RING_PACKED));
	if (ret == 0)
		foo_front_set_features(f, features);
	/* whatever came of it, a proper start works afterwards */
	ctl_guest_close(g);
	ctl_open_subject(env, NULL);
	ctl_check_subject(env, 100);
}

static void
test_features_unoffered(void **state)
{
	static const unsigned int bit[] = {2, 30 + 33, 41, 50, 20};
	struct ctl_env *env = *state;
	struct ctl_guest *g = &env->subject;
	unsigned int i;

	for (i = 0; i < sizeof(bit) / sizeof(bit[0]); i++) {
		g = prepare(env, 0, i % 2);
		assert_int_equal(g->front.offered & CTL_BIT(bit[i]), 0);
		assert_refused(
			foo_front_set_features(&g->front, g->front.features | CTL_BIT(bit[i])));
	}
}

/* Other features while rings run (VHOST_F_LOG_ALL apart) would change the rings' meaning. */
static void
test_features_while_running(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest *g = &env->subject;
	int ret;

	ctl_open_subject(env, NULL);
	ctl_check_subject(env, 100);
	ret = foo_front_set_features(&g->front, g->front.features ^ CTL_BIT(VIRTIO_F_RING_PACKED));
	assert_refused(ret);
	if (ret == -EREMOTEIO)
		ctl_check_subject(env, 100);
}

/* SET_VRING_NUM, BASE and ADDR of a ring that runs. */
static void
test_set_while_running(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest *g = &env->subject;
	struct foo_front_ring ring;
	unsigned int i;
	int ret;

	for (i = 0; i < 3; i++) {
		ctl_guest_close(g);
		ctl_open_subject(env, &(struct ctl_guest_opt){.size = 128});
		env->traffic = (struct ctl_traffic){.from = g, .to = g};
		ctl_traffic_start(&env->traffic);
		assert_int_equal(ctl_traffic_wait(&env->traffic, 100), 0);
		ring = foo_front_ring_of(&g->mem, &g->q[CTL_TX].ring, -1);
		if (i == 0)
			ret = foo_front_set_vring_num(&g->front, CTL_TX, 32768);
		else if (i == 1)
			ret = foo_front_set_vring_base(&g->front, CTL_TX, 12345);
		else
			ret = foo_front_set_vring_addr(
				&g->front, CTL_TX,
				&(struct foo_front_ring){.desc = 0x1000,
							 .driver = ring.driver,
							 .device = ring.device});
		(void)ret; /* refused or obeyed; nothing may be touched out of bounds */
		usleep(20000);
		ctl_traffic_stop(&env->traffic);
	}
}

/* GET_CONFIG beyond the config space, with any offset and size. */
static void
test_config_range(void **state)
{
	static const struct foo_front_wire_config bad[] = {
		{.offset = 0, .size = 256},        {.offset = 200, .size = 100},
		{.offset = 0xffffffff, .size = 1}, {.offset = 0xffffff00, .size = 256},
		{.offset = 0, .size = 0xffffffff}, {.offset = 256, .size = 1},
		{.offset = 1, .size = 0x80000000},
	};
	const size_t head = offsetof(struct foo_front_wire_config, data);
	struct ctl_env *env = *state;
	struct foo_front_msg reply;
	struct ctl_guest *g;
	unsigned int i;
	int ret;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		g = prepare(env, 0, true);
		ret = foo_front_ask(&g->front, FOO_FRONT_GET_CONFIG, &bad[i],
				    head + (bad[i].size > 256 ? 256 : bad[i].size), NULL, 0,
				    &reply);
		if (ret == 0)
			assert_true(reply.size <= head + 256);
		g = prepare(env, 0, true);
		ret = foo_front_command(&g->front, FOO_FRONT_SET_CONFIG, &bad[i],
					head + (bad[i].size > 256 ? 256 : bad[i].size), NULL, 0);
		assert_true(ret < 0);
	}
}

/* In-flight tables with wild sizes; offered or not, they may not be believed. */
static void
test_inflight(void **state)
{
	static const struct foo_front_wire_inflight bad[] = {
		{.num_queues = 0, .queue_size = 0},
		{.num_queues = 65535, .queue_size = 65535},
		{.num_queues = 2, .queue_size = 64, .mmap_size = 1},
		{.num_queues = 2, .queue_size = 64, .mmap_size = UINT64_MAX},
		{.num_queues = 2, .queue_size = 64, .mmap_size = 4096, .mmap_offset = 1 << 30},
		{.num_queues = 255, .queue_size = 32768, .mmap_size = 4096},
	};
	struct foo_front_wire_inflight desc;
	struct ctl_env *env = *state;
	struct ctl_guest *g;
	unsigned int i;
	int fd = memfd_create("inflight", MFD_CLOEXEC), got;

	assert_int_equal(ftruncate(fd, 4096), 0);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		desc = bad[i];
		g = prepare(env, 0, true);
		if (foo_front_get_inflight(&g->front, &desc, &got) == 0)
			close(got);
		g = prepare(env, 0, true);
		assert_true(foo_front_set_inflight(&g->front, &bad[i], fd) < 0);
	}
	close(fd);
}

/* Files that are no eventfds: full, endless, or of no use to epoll. */
static void
check_odd_fds(struct ctl_env *env, int kick, int call)
{
	struct ctl_guest *g = prepare(env, 0, true);
	struct foo_front_ring ring;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < 2 && ret == 0; i++) {
		ring = foo_front_ring_of(&g->mem, &g->q[i].ring, call);
		ring.kickfd = kick;
		ret = foo_front_start_queue(&g->front, i, &ring);
	}
	if (ret == 0) {
		foo_front_driver_ok(&g->front);
		for (i = 0; i < 20; i++)
			ctl_send(g, 0, 0, i, 64);
		usleep(30000);
	} else {
		assert_refused(ret);
	}
	ctl_check_witnesses(env);
}

static void
test_odd_fds(void **state)
{
	struct ctl_env *env = *state;
	int good = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int full = eventfd(0, EFD_CLOEXEC), zero = open("/dev/zero", O_RDWR | O_CLOEXEC);
	int file = memfd_create("odd", MFD_CLOEXEC), poll = epoll_create1(EPOLL_CLOEXEC);
	int pipe_fd[2], pair[2], odd[7];
	char page[4096] = {0};
	unsigned int i;

	assert_int_equal(eventfd_write(full, UINT64_MAX - 1), 0); /* the next write blocks */
	assert_int_equal(pipe2(pipe_fd, O_CLOEXEC), 0);
	assert_int_equal(fcntl(pipe_fd[1], F_SETPIPE_SZ, 4096), 4096);
	assert_int_equal(write(pipe_fd[1], page, sizeof(page)), sizeof(page));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	odd[0] = full;
	odd[1] = zero;
	odd[2] = file;
	odd[3] = poll;
	odd[4] = pipe_fd[1];
	odd[5] = pipe_fd[0];
	odd[6] = pair[0];
	for (i = 0; i < 7; i++) {
		check_odd_fds(env, good, odd[i]);
		check_odd_fds(env, odd[i], good);
		close(odd[i]);
	}
	ctl_guest_close(&env->subject);
	close(good);
	close(pair[1]);
}

/* What is replaced is closed and unmapped at once, not when the connection ends. */
static void
test_replaced(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest *g = &env->subject;
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), log = memfd_create("log", MFD_CLOEXEC);
	int fds = 0, maps = 0, i;

	ctl_open_subject(env, NULL);
	assert_int_equal(ftruncate(log, 4096), 0);
	for (i = 0; i < 100; i++) {
		assert_int_equal(foo_front_set_vring_call(&g->front, CTL_RX, fd), 0);
		assert_int_equal(foo_front_set_vring_err(&g->front, CTL_RX, fd), 0);
		assert_int_equal(foo_front_set_vring_kick(&g->front, CTL_RX, fd), 0);
		assert_int_equal(foo_front_set_log_base(&g->front, log, 4096, 0), 0);
		assert_int_equal(foo_front_set_mem(&g->front, &g->mem), 0);
		if (i == 10) {
			fds = ctl_proc_fds(&env->proc);
			maps = ctl_proc_maps(&env->proc);
		}
	}
	assert_in_range(ctl_proc_fds(&env->proc), 1, fds + 2);
	assert_in_range(ctl_proc_maps(&env->proc), 1, maps + 4);
	ctl_check_subject(env, 100);
	close(fd);
	close(log);
}

/* The back-end's own channel: a socket that nobody reads, or no socket at all. */
static void
test_backend_channel(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest *g = prepare(env, 0, true);
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	foo_front_open_backend_channel(&g->front);
	g = prepare(env, 0, true);
	foo_front_command(&g->front, FOO_FRONT_SET_BACKEND_REQ_FD, NULL, 0, &fd, 1);
	foo_front_command(&g->front, FOO_FRONT_SET_BACKEND_REQ_FD, NULL, 0, NULL, 0);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ctl_test(test_ring_index),
		ctl_test(test_ring_size),
		ctl_test(test_packed_odd_size),
		ctl_test(test_ring_address),
		ctl_test(test_no_memory),
		ctl_test(test_enable_first),
		ctl_test(test_features_last),
		ctl_test(test_features_unoffered),
		ctl_test(test_features_while_running),
		ctl_test(test_set_while_running),
		ctl_test(test_config_range),
		ctl_test(test_inflight),
		ctl_test(test_odd_fds),
		ctl_test(test_backend_channel),
		ctl_test(test_replaced),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, ctl_group_setup, ctl_group_teardown);
}
