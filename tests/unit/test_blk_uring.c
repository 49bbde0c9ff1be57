/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * blk_uring without a guest: the test is the class `blk`, and gives the engine requests that no
 * driver would be patient enough to make.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_eal.h>
#include <rte_memory.h>

#include "blk_uring_priv.h"

#define SIZE (4u << 20)
#define QUEUES 2
#define DEPTH 512

/* A disk with a queue, in a file of random bytes. */
struct fixture {
	struct uring_dev d;
	struct foo_queue q;
	struct foo_blk_queue bq;
	const struct foo_blk_engine *engine;
	char path[64];
	uint8_t *model; /* what the file holds */
	uint8_t *mem;   /* the guest's, SIZE bytes */
	uint64_t size;  /* as foo_blk_set_size() was told */
	unsigned int ended;
	int last; /* the last result */
};

static struct fixture *fx;

void
foo_blk_done(struct foo_blk_queue *bq, struct foo_blk_io *io, int result)
{
	assert_ptr_equal(bq, &fx->bq);
	assert_non_null(io);
	fx->ended++;
	fx->last = result;
}

void
foo_blk_set_size(struct foo_blk *dev, uint64_t bytes)
{
	dev->sectors = bytes / FOO_BLK_SECTOR;
	fx->size = bytes;
}

static int
start(void **state)
{
	static const char *const args[] = {"test_blk_uring", "--no-huge",   "--no-pci",
					   "--no-shconf",    "-m",          "64",
					   "--no-telemetry", "--lcores=0@0"};
	char *argv[RTE_DIM(args)];

	(void)state;
	for (size_t i = 0; i < RTE_DIM(args); i++)
		argv[i] = (char *)(uintptr_t)args[i];
	return rte_eal_init(RTE_DIM(argv), argv) < 0 ? -1 : 0;
}

static void
fill(uint8_t *to, size_t n, unsigned int seed)
{
	for (size_t i = 0; i < n; i++)
		to[i] = (uint8_t)((seed = seed * 1103515245 + 12345) >> 16);
}

/* The file, as the page cache has it, is what the model says. */
static void
check_file(void)
{
	uint8_t *now = malloc(SIZE);
	int fd = open(fx->path, O_RDONLY);

	assert_int_equal(pread(fd, now, SIZE, 0), SIZE);
	assert_memory_equal(now, fx->model, SIZE);
	close(fd);
	free(now);
}

static int
setup(void **state)
{
	int fd;

	(void)state;
	fx = calloc(1, sizeof(*fx));
	snprintf(fx->path, sizeof(fx->path), "blk_uring_XXXXXX");
	fd = mkstemp(fx->path);
	fx->model = malloc(SIZE);
	fill(fx->model, SIZE, 1);
	if (fd < 0 || write(fd, fx->model, SIZE) != SIZE)
		return -1;
	close(fd);
	fx->mem = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	fx->d.path = fx->path;
	fx->d.lock = true;
	fx->d.blk.queues = QUEUES;
	fx->d.blk.depth = DEPTH;
	fx->d.blk.cap.block_size = 512;
	if (foo_class_find("blk_uring")->ops.instance_init(&fx->d.blk.dev) != 0)
		return -1;
	fx->engine = fx->d.blk.engine;
	fx->q.index = 1;
	fx->bq.q = &fx->q;
	fx->bq.dev = &fx->d.blk;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	if (fx->bq.engine != NULL)
		fx->engine->queue_close(&fx->bq);
	if (fx->d.queue != NULL)
		fx->engine->close(&fx->d.blk);
	unlink(fx->path);
	munmap(fx->mem, SIZE);
	free(fx->model);
	free(fx);
	return 0;
}

static void
open_disk(enum uring_direct direct)
{
	struct foo_error err = {""};

	fx->d.direct = direct;
	if (fx->engine->open(&fx->d.blk, &err) != 0)
		fail_msg("%s", err.text);
	assert_int_equal(fx->engine->queue_open(&fx->bq), 0);
	assert_int_equal(fx->size, SIZE);
}

/* Until so many more have ended. */
static void
await(unsigned int n)
{
	n += fx->ended;
	fx->engine->commit(&fx->bq);
	while (fx->ended < n)
		fx->engine->poll(&fx->bq);
	assert_int_equal(fx->ended, n);
}

/* One request, to its end; its pieces must be as before. */
static int
run(struct foo_blk_io *io)
{
	static struct iovec before[FOO_BLK_MAX_PIECES];

	for (uint16_t i = 0; i < io->niov; i++)
		before[i] = io->iov[i];
	fx->engine->submit(&fx->bq, io);
	await(1);
	if (io->niov != 0)
		assert_memory_equal(before, io->iov, io->niov * sizeof(before[0]));
	return fx->last;
}

/* A transfer of n pieces of len bytes each, gap bytes apart, from the guest's memory at skip. */
static int
transfer(enum foo_blk_op op, uint64_t offset, uint16_t n, uint32_t len, uint32_t gap, uint32_t skip)
{
	struct iovec iov[FOO_BLK_MAX_PIECES];
	struct foo_blk_io io = {
		.op = op, .iov = iov, .niov = n, .offset = offset, .len = (uint64_t)n * len};
	int rc;

	assert_true(skip + (uint64_t)n * (len + gap) <= SIZE);
	fill(fx->mem, SIZE, (unsigned int)offset + n);
	for (uint16_t i = 0; i < n; i++) {
		iov[i].iov_base = fx->mem + skip + (size_t)i * (len + gap);
		iov[i].iov_len = len;
		if (op == FOO_BLK_WRITE)
			memcpy(fx->model + offset + (size_t)i * len, iov[i].iov_base, len);
	}
	rc = run(&io);
	for (uint16_t i = 0; rc == 0 && op == FOO_BLK_READ && i < n; i++)
		assert_memory_equal(iov[i].iov_base, fx->model + offset + (size_t)i * len, len);
	return rc;
}

/* Pieces of all kinds: more than IOV_MAX, without alignment, longer than bounce buffers. */
static void
pieces(enum uring_direct direct)
{
	static const struct {
		uint16_t n;
		uint32_t len, gap, skip;
	} shapes[] = {
		{1, 512, 0, 0},
		{1, 4096, 0, 1},
		{FOO_BLK_MAX_PIECES, 512, 0, 0},
		{FOO_BLK_MAX_PIECES, 512, 1, 3},
		{1024, 1, 0, 0},
		{256, 6, 5, 2},
		{1, 1 << 20, 0, 0},
		{1, 1 << 20, 0, 511},
		{512, 1000, 24, 0},
		{3, 512 * 700, 512, 512},
	};

	open_disk(direct);
	for (size_t i = 0; i < RTE_DIM(shapes); i++) {
		uint64_t offset = 512 * (i + 1);

		assert_int_equal(transfer(FOO_BLK_READ, offset, shapes[i].n, shapes[i].len,
					  shapes[i].gap, shapes[i].skip),
				 0);
		assert_int_equal(transfer(FOO_BLK_WRITE, offset, shapes[i].n, shapes[i].len,
					  shapes[i].gap, shapes[i].skip),
				 0);
		check_file();
	}
	assert_int_equal(fx->d.queue[1].stats.bounced > 0, fx->d.file.direct);
}

static void
pieces_auto(void **state)
{
	(void)state;
	pieces(URING_DIRECT_AUTO);
}

static void
pieces_cached(void **state)
{
	(void)state;
	pieces(URING_DIRECT_OFF);
	assert_false(fx->d.file.direct);
}

/* More at once than there are entries, and more that bounce than there are buffers. */
static void
crowd(void **state)
{
	static struct foo_blk_io io[DEPTH];
	static struct iovec iov[DEPTH];

	(void)state;
	open_disk(URING_DIRECT_AUTO);
	/* as where direct I/O is strict */
	fx->d.file.mem_align = 512;
	if (!fx->d.file.direct)
		assert_int_equal(uring_bounce_open(&fx->d.queue[1], &fx->bq, 512), 0);
	fx->d.file.direct = true;
	for (unsigned int i = 0; i < DEPTH; i++) {
		iov[i].iov_base = fx->mem + (size_t)i * 1024 + (i % 2);
		iov[i].iov_len = 512;
		io[i] = (struct foo_blk_io){.op = i % 3 == 0 ? FOO_BLK_WRITE : FOO_BLK_READ,
					    .iov = &iov[i],
					    .niov = 1,
					    .offset = (uint64_t)i * 2048,
					    .len = 512};
		if (i % 3 == 0) {
			fill(iov[i].iov_base, 512, i);
			memcpy(fx->model + io[i].offset, iov[i].iov_base, 512);
		}
		fx->engine->submit(&fx->bq, &io[i]);
	}
	await(DEPTH);
	for (unsigned int i = 0; i < DEPTH; i++)
		assert_memory_equal(iov[i].iov_base, fx->model + io[i].offset, 512);
	check_file();
	assert_int_equal(fx->d.queue[1].stats.bounced, DEPTH / 2);
	assert_true(fx->d.queue[1].stats.waits > 0);
	assert_null(fx->d.queue[1].wait.head);
}

/* An idle medium begins before the burst is complete, and not with a system call a request. */
static void
burst(void **state)
{
	static struct foo_blk_io io[8];
	static struct iovec iov[8];
	const struct uring_queue *u;

	(void)state;
	open_disk(URING_DIRECT_AUTO);
	u = &fx->d.queue[1];
	for (unsigned int i = 0; i < RTE_DIM(io); i++) {
		iov[i] = (struct iovec){fx->mem + (size_t)i * 4096, 4096};
		io[i] = (struct foo_blk_io){.op = FOO_BLK_READ,
					    .iov = &iov[i],
					    .niov = 1,
					    .offset = (uint64_t)i * 4096,
					    .len = 4096};
		fx->bq.inflight++; /* as the class does before */
		fx->engine->submit(&fx->bq, &io[i]);
		if (i == 0)
			assert_int_equal(u->stats.submits, 1);
	}
	/* one, one, two and four; less where some have ended by then */
	assert_in_range(u->stats.submits, 1, 4);
	await(RTE_DIM(io));
	assert_memory_equal(fx->mem, fx->model, RTE_DIM(io) * 4096);
}

/* A file that ends within a request, or before it. */
static void
shrunk(void **state)
{
	(void)state;
	open_disk(URING_DIRECT_OFF);
	assert_int_equal(truncate(fx->path, 3 * 512), 0);
	assert_int_equal(transfer(FOO_BLK_READ, 0, 3, 512, 0, 0), 0);
	assert_int_equal(transfer(FOO_BLK_READ, 512, 5, 512, 0, 0), -EIO);
	assert_int_equal(fx->d.queue[1].stats.short_io, 1);
	assert_int_equal(transfer(FOO_BLK_READ, 4096, 1, 512, 0, 0), -EIO);
	assert_int_equal(fx->d.queue[1].stats.past_end, 2);
}

static int
range(enum foo_blk_op op, uint64_t offset, uint64_t len, bool unmap)
{
	struct foo_blk_io io = {.op = op, .offset = offset, .len = len, .unmap = unmap};

	if (op == FOO_BLK_ZEROES)
		memset(fx->model + offset, 0, len);
	return run(&io);
}

/* Zeroes, by each way that a medium may leave. */
static void
zeroes(void **state)
{
	(void)state;
	open_disk(URING_DIRECT_AUTO);
	for (unsigned int i = 0; i < 8; i++) {
		fx->d.no_punch = i & 1;
		fx->d.no_zero = i & 2;
		assert_int_equal(range(FOO_BLK_ZEROES, (uint64_t)i * 9 * 512, 4096, i & 4), 0);
		check_file();
	}
	/* in slices, to the end */
	fx->d.no_punch = fx->d.no_zero = true;
	assert_int_equal(range(FOO_BLK_ZEROES, 512 * 100, SIZE - 512 * 100, true), 0);
	check_file();
	assert_int_equal(range(FOO_BLK_DISCARD, 0, 4096, false), 0);
	assert_int_equal(range(FOO_BLK_FLUSH, 0, 0, false), 0);
}

/* tmpfs cannot make zeroes by fallocate: the first request finds out, none fails. */
static void
zeroes_tried(void **state)
{
	int fd = memfd_create("blk_uring", MFD_CLOEXEC);

	(void)state;
	assert_int_equal(write(fd, fx->model, SIZE), SIZE);
	unlink(fx->path);
	snprintf(fx->path, sizeof(fx->path), "/proc/self/fd/%d", fd);
	open_disk(URING_DIRECT_OFF);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(range(FOO_BLK_ZEROES, (uint64_t)i * 9 * 512, 4096, false), 0);
	check_file();
	assert_true(fx->d.no_zero);
	assert_int_equal(fx->d.queue[1].stats.zeroes_written, 1);
	close(fd);
}

/* More than 4 GiB, slice by slice: into /dev/null, which takes them at once. */
static void
zeroes_many(void **state)
{
	const uint64_t len = (UINT64_C(5) << 30) + 512;
	struct foo_blk_io io = {.op = FOO_BLK_ZEROES, .len = len};
	struct uring_queue *u;
	int fd = open("/dev/null", O_WRONLY);

	(void)state;
	open_disk(URING_DIRECT_OFF);
	u = &fx->d.queue[1];
	fx->d.no_zero = true;
	assert_int_equal(range(FOO_BLK_FLUSH, 0, 0, false), 0);
	assert_int_equal(io_uring_register_files_update(&u->ring, 0, &fd, 1), 1);
	u->stats.submits = 0;
	assert_int_equal(run(&io), 0);
	assert_int_equal(u->stats.submits, len / URING_ZEROES_SIZE + 1);
	close(fd);
}

static void
durable(void **state)
{
	struct iovec iov = {.iov_base = fx->mem, .iov_len = 4096};
	struct foo_blk_io io = {.op = FOO_BLK_WRITE,
				.iov = &iov,
				.niov = 1,
				.offset = 8192,
				.len = 4096,
				.fua = true};

	(void)state;
	open_disk(URING_DIRECT_AUTO);
	fill(fx->mem, 4096, 7);
	memcpy(fx->model + 8192, fx->mem, 4096);
	assert_int_equal(run(&io), 0);
	check_file();
}

static void
resized(void **state)
{
	struct foo_error err = {""};

	(void)state;
	open_disk(URING_DIRECT_AUTO);
	assert_int_equal(fx->engine->resize(&fx->d.blk, 2 * SIZE, &err), 0);
	assert_int_equal(fx->size, 2 * SIZE);
	assert_int_equal(fx->engine->resize(&fx->d.blk, SIZE, &err), -EINVAL);
	assert_non_null(strstr(err.text, "does not shrink"));
	assert_int_equal(truncate(fx->path, 3 * SIZE), 0);
	assert_int_equal(fx->engine->resize(&fx->d.blk, 0, &err), 0);
	assert_int_equal(fx->size, 3 * SIZE);
	fx->d.blk.cap.read_only = true;
	assert_int_equal(fx->engine->resize(&fx->d.blk, 4 * (uint64_t)SIZE, &err), -EROFS);
}

/* A queue that changes its lcore gets another ring; the counters go on. */
static void
moved(void **state)
{
	(void)state;
	open_disk(URING_DIRECT_AUTO);
	for (unsigned int i = 0; i < 40; i++) {
		assert_int_equal(transfer(FOO_BLK_WRITE, 4096 * i, 1, 4096, 0, 0), 0);
		fx->engine->queue_close(&fx->bq);
		assert_int_equal(fx->engine->queue_open(&fx->bq), 0);
	}
	assert_int_equal(fx->d.queue[1].stats.submits, 40);
	check_file();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(pieces_auto, setup, teardown),
		cmocka_unit_test_setup_teardown(pieces_cached, setup, teardown),
		cmocka_unit_test_setup_teardown(crowd, setup, teardown),
		cmocka_unit_test_setup_teardown(burst, setup, teardown),
		cmocka_unit_test_setup_teardown(shrunk, setup, teardown),
		cmocka_unit_test_setup_teardown(zeroes, setup, teardown),
		cmocka_unit_test_setup_teardown(zeroes_tried, setup, teardown),
		cmocka_unit_test_setup_teardown(zeroes_many, setup, teardown),
		cmocka_unit_test_setup_teardown(durable, setup, teardown),
		cmocka_unit_test_setup_teardown(resized, setup, teardown),
		cmocka_unit_test_setup_teardown(moved, setup, teardown),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
