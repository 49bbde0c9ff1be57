/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* The guest's memory: tables that lie, tables that change, files that shrink. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ctl_env.h"

#define MB (UINT64_C(1) << 20)
#define FILE_SIZE (4 * MB)

/* A file of FILE_SIZE bytes for the tables below. */
static int
make_file(void)
{
	int fd = memfd_create("memory", MFD_CLOEXEC);

	assert_int_equal(ftruncate(fd, FILE_SIZE), 0);
	return fd;
}

/* A fresh connection, with and without answers to all messages. */
static struct foo_front *
connect_subject(struct ctl_env *env, bool reply_ack)
{
	struct foo_front *f = &env->subject.front;

	ctl_guest_close(&env->subject);
	assert_int_equal(ctl_guest_connect(&env->subject, env->path, NULL), 0);
	if (!reply_ack)
		f->proto &= ~CTL_BIT(FOO_FRONT_P_REPLY_ACK);
	return f;
}

static void
assert_table_refused(struct ctl_env *env, const struct foo_front_region *region, unsigned int n)
{
	unsigned int ack;
	int ret;

	for (ack = 0; ack < 2; ack++) {
		ret = foo_front_set_mem_table(connect_subject(env, ack), region, n);
		if (ret != -EREMOTEIO && ret != -ECONNRESET)
			fail_msg("table (first region %#lx + %#lx, offset %#lx) not refused: %d",
				 region[0].gpa, region[0].size, region[0].mmap_offset, ret);
	}
	ctl_check_witnesses(env);
}

static void
test_region_wrong(void **state)
{
	struct ctl_env *env = *state;
	const int fd = make_file();
	const struct foo_front_region bad[] = {
		{.size = FILE_SIZE + 4096, .uva = MB, .fd = fd},  /* beyond the file */
		{.size = UINT64_C(1) << 40, .uva = MB, .fd = fd}, /* far beyond */
		{.size = FILE_SIZE, .uva = MB, .mmap_offset = 4096, .fd = fd},
		{.size = 4096, .uva = MB, .mmap_offset = FILE_SIZE, .fd = fd},
		{.size = 0, .uva = MB, .fd = fd},
		{.gpa = UINT64_MAX - 4095, .size = 8192, .uva = MB, .fd = fd}, /* wraps */
		{.gpa = UINT64_MAX - 4095, .size = UINT64_MAX, .uva = MB, .fd = fd},
		{.size = 8192, .uva = UINT64_MAX - 4095, .fd = fd},
		{.size = 4096, .uva = MB, .mmap_offset = UINT64_MAX - 4095, .fd = fd},
		{.size = UINT64_MAX, .uva = MB, .mmap_offset = MB, .fd = fd},
	};
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_table_refused(env, &bad[i], 1);
	close(fd);
}

static void
test_region_count(void **state)
{
	struct foo_front_region region[32];
	struct ctl_env *env = *state;
	int fd = make_file();
	unsigned int i;

	for (i = 0; i < 32; i++)
		region[i] = (struct foo_front_region){
			.gpa = i * MB, .size = 4096, .uva = (i + 1) * MB, .fd = fd};
	assert_int_equal(foo_front_set_mem_table(connect_subject(env, true), region, 8), 0);
	assert_table_refused(env, region, 0);
	assert_table_refused(env, region, 9);
	assert_table_refused(env, region, 10);
	assert_table_refused(env, region, 32);
	close(fd);
}

static void
test_region_overlap(void **state)
{
	struct ctl_env *env = *state;
	const int fd = make_file();
	struct foo_front_region r[3] = {
		{.gpa = 0, .size = MB, .uva = MB, .fd = fd},
		{.gpa = 4 * MB, .size = MB, .uva = 8 * MB, .fd = fd},
		{.gpa = MB - 1, .size = 4096, .uva = 16 * MB, .fd = fd},
	};

	assert_table_refused(env, r, 3); /* the last byte of the first */
	r[2].gpa = 4 * MB;
	assert_table_refused(env, r, 3); /* the same start as the second */
	r[2].gpa = 2 * MB;
	r[2].size = 3 * MB;
	assert_table_refused(env, r, 3); /* around the second */
	r[2].gpa = MB;
	r[2].size = MB;
	assert_int_equal(foo_front_set_mem_table(connect_subject(env, true), r, 3), 0);
	close(fd);
}

/* The message says one number of regions, and carries another of files or of bytes. */
static void
test_count_mismatch(void **state)
{
	const uint32_t flags = FOO_FRONT_VERSION | FOO_FRONT_NEED_REPLY;
	const int fd = make_file(), two[9] = {fd, fd, fd, fd, fd, fd, fd, fd, fd};
	struct foo_front_msg msg = {0}, reply;
	struct ctl_env *env = *state;
	static const struct {
		uint32_t nregions;
		uint32_t len;
		unsigned int nfds;
	} bad[] = {
		{1, 8 + 32, 0}, {1, 8 + 32, 2},     {2, 8 + 64, 1},           {8, 8 + 8 * 32, 0},
		{8, 8 + 32, 8}, {1, 8, 1},          {0xffffffff, 40, 1},      {0x08000001, 40, 1},
		{1, 8 + 31, 1}, {9, 8 + 9 * 32, 9}, {0x10000, 8 + 8 * 32, 8}, {2, 8 + 32, 2},
	};
	unsigned int i;

	for (i = 0; i < 9; i++)
		msg.mem.region[i] = (struct foo_front_wire_region){
			.gpa = i * MB, .size = 4096, .uva = (i + 1) * MB};
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct foo_front *f = connect_subject(env, true);
		int ret;

		msg.mem.nregions = bad[i].nregions;
		assert_int_equal(foo_front_send(f, FOO_FRONT_SET_MEM_TABLE, flags, msg.bytes,
						bad[i].len, two, bad[i].nfds),
				 0);
		ret = foo_front_recv(f, &reply);
		if (ret == 0)
			assert_true(reply.u64 != 0);
		else
			assert_int_equal(ret, -ECONNRESET);
	}
	close(fd);
}

/* Files that cannot be memory. */
static void
test_odd_files(void **state)
{
	struct ctl_env *env = *state;
	struct foo_front_region r = {.size = 4096, .uva = MB};
	char path[64];
	int memory = make_file(), pipe_fd[2];

	assert_int_equal(pipe2(pipe_fd, O_CLOEXEC), 0);
	r.fd = pipe_fd[0];
	assert_table_refused(env, &r, 1);
	close(pipe_fd[0]);
	close(pipe_fd[1]);
	r.fd = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_table_refused(env, &r, 1);
	close(r.fd);
	r.fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	assert_table_refused(env, &r, 1);
	close(r.fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", memory);
	r.fd = open(path, O_RDONLY | O_CLOEXEC); /* may not be mapped for writing */
	assert_table_refused(env, &r, 1);
	close(r.fd);
	close(memory);
}

/* A region that begins in the middle of its file, off a page boundary. */
static void
test_offsets(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest *g = &env->subject;
	struct foo_front_region r[2];
	unsigned int i;

	assert_int_equal(ctl_guest_connect(g, env->path, NULL), 0);
	assert_int_equal(foo_guest_mem_create(&g->mem, g->opt.range, g->opt.nranges, 0), 0);
	for (i = 0; i < 2; i++) /* leave the first 64 KiB out, and an odd piece of the second */
		r[i] = (struct foo_front_region){.gpa = g->mem.region[i].gpa + 65536 + i * 16,
						 .size = g->mem.region[i].size - 65536 - i * 16,
						 .uva = (uintptr_t)g->mem.region[i].va + 65536 +
							i * 16,
						 .mmap_offset = 65536 + i * 16,
						 .fd = g->mem.region[i].fd};
	assert_int_equal(foo_front_set_mem_table(&g->front, r, 2), 0);
	foo_guest_mem_alloc(&g->mem, 65536, 4096);
	assert_int_equal(ctl_guest_rings(g), 0);
	assert_int_equal(ctl_guest_start_all(g), 0);
	ctl_check_subject(env, 200);
}

/* Eight regions that touch, with rings and buffers in all of them. */
static void
test_many_regions(void **state)
{
	struct foo_guest_range range[8];
	struct ctl_env *env = *state;
	struct ctl_guest_opt opt = {.range = range, .nranges = 8, .npairs = 4};
	unsigned int i;

	for (i = 0; i < 8; i++)
		range[i] = (struct foo_guest_range){.gpa = i * 256 * 1024, .size = 256 * 1024};
	ctl_open_subject(env, &opt);
	ctl_check_subject(env, 200);
}

/* The same memory by other files, and more of it, while packets flow: as at memory hot-plug. */
static void
remap(struct ctl_guest *g, int extra_fd)
{
	struct foo_front_region r[3];
	char path[64];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", g->mem.region[i].fd);
		r[i] = (struct foo_front_region){.gpa = g->mem.region[i].gpa,
						 .size = g->mem.region[i].size,
						 .uva = (uintptr_t)g->mem.region[i].va,
						 .fd = open(path, O_RDWR | O_CLOEXEC)};
	}
	r[2] = (struct foo_front_region){
		.gpa = UINT64_C(8) << 30, .size = FILE_SIZE, .uva = 1 << 30, .fd = extra_fd};
	assert_int_equal(foo_front_set_mem_table(&g->front, r, extra_fd >= 0 ? 3 : 2), 0);
	close(r[0].fd);
	close(r[1].fd);
}

static void
table_again(struct ctl_env *env, uint64_t features)
{
	struct ctl_guest *g = &env->subject;
	struct ctl_guest_opt opt = {.features = features};
	int fd = make_file(), i;

	ctl_open_subject(env, &opt);
	env->traffic = (struct ctl_traffic){.from = g, .to = g};
	ctl_traffic_start(&env->traffic);
	for (i = 0; i < 20; i++) {
		assert_int_equal(ctl_traffic_wait(&env->traffic, 50), 0);
		remap(g, i % 2 ? fd : -1);
	}
	assert_int_equal(ctl_traffic_wait(&env->traffic, 200), 0);
	ctl_traffic_stop(&env->traffic);
	assert_int_equal(env->traffic.error, 0);
	assert_int_equal(env->traffic.disorder, 0);
	assert_int_equal(env->traffic.lost, 0);
	close(fd);
}

static void
test_table_again_split(void **state)
{
	table_again(*state, CTL_SPLIT);
}

static void
test_table_again_packed(void **state)
{
	table_again(*state, CTL_PACKED);
}

/* The rings' region leaves the table while they run, and comes back. */
static void
test_rings_unmapped(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest *g = &env->subject;
	struct foo_front_region r;
	int i;

	for (i = 0; i < 5; i++) {
		ctl_open_subject(env, NULL);
		env->traffic = (struct ctl_traffic){.from = g, .to = g};
		ctl_traffic_start(&env->traffic);
		assert_int_equal(ctl_traffic_wait(&env->traffic, 100), 0);
		r = (struct foo_front_region){.gpa = g->mem.region[1].gpa,
					      .size = g->mem.region[1].size,
					      .uva = (uintptr_t)g->mem.region[1].va,
					      .fd = g->mem.region[1].fd};
		if (foo_front_set_mem_table(&g->front, &r, 1) == 0) {
			usleep(10000);
			foo_front_set_mem(&g->front, &g->mem);
		}
		ctl_traffic_stop(&env->traffic);
		ctl_guest_close(g);
	}
	ctl_open_subject(env, NULL);
	ctl_check_subject(env, 100);
}

/* What of a guest's memory goes away. */
enum loss {
	LOSE_RINGS,   /* rings and all */
	LOSE_SENT,    /* a packet that waits to be read */
	LOSE_RECEIVE, /* the buffers that a packet would be written to */
};

/* Let all receive buffers be at gpa. */
static void
redirect_receive(struct ctl_guest *g, uint64_t gpa)
{
	struct foo_guest_ring *ring = &g->q[CTL_RX].ring;
	uint16_t i;

	for (i = 0; i < ring->size; i++) {
		if (ring->packed)
			ring->packed_desc[i].addr = gpa;
		else
			ring->desc[i].addr = gpa;
	}
}

/* A guest's file shrinks under the mapping: what the lcore touches next is SIGBUS. */
static void
shrink(struct ctl_env *env, uint64_t features, enum loss loss)
{
	static const struct foo_guest_range range[] = {
		{.gpa = 0, .size = MB},
		{.gpa = UINT64_C(4) << 30, .size = 65536},
	};
	struct ctl_guest_opt opt = {.features = features, .range = range, .nranges = 2};
	const struct foo_guest_buf buf = {.gpa = range[1].gpa, .len = 1000};
	struct ctl_guest *g = &env->subject;

	ctl_open_subject(env, &opt);
	ctl_check_subject(env, 100);
	if (loss == LOSE_RECEIVE)
		redirect_receive(g, range[1].gpa);
	assert_int_equal(ftruncate(g->mem.region[loss == LOSE_RINGS ? 0 : 1].fd, 0), 0);
	if (loss == LOSE_RECEIVE) {
		assert_int_equal(ctl_send(g, 0, 0, 0, 1000), 0);
	} else if (loss == LOSE_SENT) {
		assert_true(foo_guest_ring_add(&g->q[CTL_TX].ring, &buf, 1, FOO_GUEST_DIRECT, 0) >=
			    0);
		foo_guest_ring_publish(&g->q[CTL_TX].ring);
	}
	foo_guest_ring_kick(&g->q[CTL_TX].ring);
	usleep(20000);
	ctl_check_witnesses(env);
	ctl_guest_close(g);
	ctl_open_subject(env, NULL);
	ctl_check_subject(env, 100);
	ctl_guest_close(g);
}

static void
test_file_shrinks_rings(void **state)
{
	shrink(*state, CTL_SPLIT, LOSE_RINGS);
	shrink(*state, CTL_PACKED, LOSE_RINGS);
}

static void
test_file_shrinks_sent(void **state)
{
	shrink(*state, CTL_SPLIT, LOSE_SENT);
	shrink(*state, CTL_PACKED, LOSE_SENT);
}

static void
test_file_shrinks_receive(void **state)
{
	shrink(*state, CTL_SPLIT, LOSE_RECEIVE);
	shrink(*state, CTL_PACKED, LOSE_RECEIVE);
}

/* As above between two guests: the receiver's memory goes, the sender has done nothing wrong. */
static void
test_peer_memory_shrinks(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest *from = &env->other, *to = &env->subject;
	struct ctl_guest_opt client = {.listen = true};
	const char *path = ctl_proc_path(&env->proc, "3");
	int i;

	assert_int_equal(ctl_guest_open(from, ctl_proc_path(&env->proc, "2"), NULL), 0);
	assert_int_equal(ctl_guest_open(to, path, &client), 0);
	assert_int_equal(ctl_transfer(from, 0, to, 0, 100), 0);
	for (i = 0; i < 2; i++)
		assert_int_equal(ftruncate(to->mem.region[i].fd, 0), 0);
	for (i = 0; i < 200; i++) {
		ctl_send(from, 0, 0, i, 900);
		usleep(200);
	}
	ctl_check_witnesses(env);
	ctl_guest_close(to);
	assert_int_equal(ctl_guest_open(to, path, &client), 0);
	assert_int_equal(ctl_transfer(from, 0, to, 0, 100), 0);
	assert_int_equal(ctl_transfer(to, 0, from, 0, 100), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ctl_test(test_region_wrong),
		ctl_test(test_region_count),
		ctl_test(test_region_overlap),
		ctl_test(test_count_mismatch),
		ctl_test(test_odd_files),
		ctl_test(test_offsets),
		ctl_test(test_many_regions),
		ctl_test(test_table_again_split),
		ctl_test(test_table_again_packed),
		ctl_test(test_rings_unmapped),
		ctl_test(test_file_shrinks_rings),
		ctl_test(test_file_shrinks_sent),
		ctl_test(test_file_shrinks_receive),
		ctl_test(test_peer_memory_shrinks),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, ctl_group_setup, ctl_group_teardown);
}
