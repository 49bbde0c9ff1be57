/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/*
 * The in-flight table, by real messages. The test is the device: it takes chains from the queue and
 * leaves them, and what comes after it is to find them.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_common.h>

#include <foo_guest.h>
#include <foo_vq.h>

#include "vhost_fixture.h"

#define BIT(n) (UINT64_C(1) << (n))
#define RING 64

static const uint64_t split = 0, packed = BIT(VIRTIO_F_RING_PACKED);

/* Entries of a cmocka table: one, and one for each format. */
#define SPLIT(test)                                                                                \
	{                                                                                          \
#test, test, setup, teardown, (void *)(uintptr_t)&split                            \
	}
#define BOTH(test)                                                                                 \
	{#test " (split)", test, setup, teardown, (void *)(uintptr_t)&split},                      \
	{                                                                                          \
#test " (packed)", test, setup, teardown, (void *)(uintptr_t)&packed               \
	}

/* A test's device and front-end, and its table. */
struct fixture {
	struct vt *vt;
	uint64_t features;
	struct foo_front_wire_inflight table;
	int fd;
	uint64_t token;
};

static int
setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return -1;
	x->features = *(const uint64_t *)*state;
	x->fd = -1;
	x->table = (struct foo_front_wire_inflight){.num_queues = VT_QUEUES, .queue_size = RING};
	*state = x;
	return vt_setup((void **)&x->vt);
}

static int
teardown(void **state)
{
	struct fixture *x = *state;

	if (x->fd >= 0)
		close(x->fd);
	vt_teardown((void **)&x->vt);
	free(x);
	return 0;
}

static void
connect_front(struct fixture *x)
{
	foo_front_init(&x->vt->front);
	x->vt->front.proto_wanted |= BIT(FOO_FRONT_P_INFLIGHT_SHMFD);
	vt_connect(x->vt, x->features);
}

/* A process that serves, and a front-end that is about to start a ring. */
static void
serve(struct fixture *x)
{
	vt_serve(x->vt, "vt_blk0", "");
	connect_front(x);
	vt_share(x->vt);
}

static void
get_table(struct fixture *x)
{
	assert_int_equal(foo_front_get_inflight(&x->vt->front, &x->table, &x->fd), 0);
}

static int
set_table(struct fixture *x)
{
	return foo_front_set_inflight(&x->vt->front, &x->table, x->fd);
}

/* A process that knows nothing comes after one that is gone; queue 0 goes on with the table. */
static void
replace_process(struct fixture *x, const char *why)
{
	foo_front_close(&x->vt->front);
	vt_wait_gone(x->vt);
	vt_end(x->vt);
	serve(x);
	assert_int_equal(set_table(x), 0);
	assert_int_equal(vt_start(x->vt), 0);
	vt_wait_why(x->vt, 0, why);
}

/* Requests of 16 bytes; their tokens count. */
static void
send(struct fixture *x, unsigned int n)
{
	struct foo_guest_buf buf = {.len = 16};

	for (; n > 0; n--) {
		buf.gpa = foo_guest_mem_alloc(&x->vt->mem, 16, 16);
		assert_true(foo_guest_ring_add(&x->vt->ring, &buf, 1, FOO_GUEST_DIRECT,
					       ++x->token) >= 0);
		foo_guest_ring_publish(&x->vt->ring);
	}
}

static struct foo_vq *
queue(struct fixture *x)
{
	return &x->vt->vd->dev.queue[0].vq;
}

static uint16_t
pop(struct fixture *x, struct foo_chain *chain)
{
	uint16_t n;

	foo_ctl_lock();
	n = foo_vq_pop(queue(x), chain, FOO_VQ_BURST_MAX);
	foo_ctl_unlock();
	return n;
}

static void
complete(struct fixture *x, const struct foo_chain *chain)
{
	foo_ctl_lock();
	foo_vq_push(queue(x), chain, 0);
	foo_vq_flush(queue(x));
	foo_ctl_unlock();
}

static void
expect_used(struct fixture *x, uint64_t token)
{
	struct foo_guest_used used;

	assert_int_equal(foo_guest_ring_poll(&x->vt->ring, &used, 1), 1);
	assert_int_equal(used.token, token);
}

/* The table: as large as it must be, and of a size that nobody changes. */
static void
test_get(void **state)
{
	struct fixture *x = *state;
	struct stat sb;

	serve(x);
	get_table(x);
	assert_int_equal(x->table.num_queues, VT_QUEUES);
	assert_int_equal(x->table.queue_size, RING);
	assert_int_equal(x->table.mmap_offset, 0);
	/* QEMU asks by a smaller size than that of the rings of its virtio-mmio */
	assert_int_equal(x->table.mmap_size, VT_QUEUES * foo_inflight_size(true, 1024));
	assert_int_equal(fstat(x->fd, &sb), 0);
	assert_int_equal(sb.st_size, x->table.mmap_size);
	assert_true(ftruncate(x->fd, 0) < 0);
	/* as QEMU does, before each start */
	assert_int_equal(set_table(x), 0);
	assert_int_equal(vt_start(x->vt), 0);
	vt_wait_why(x->vt, 0, "");
	assert_true(queue(x)->tracked);
}

/* One asked for by half the size of the ring: QEMU's virtio-mmio. */
static void
test_get_small(void **state)
{
	struct fixture *x = *state;

	serve(x);
	x->table.queue_size = RING / 2;
	get_table(x);
	assert_int_equal(x->table.queue_size, RING / 2);
	assert_int_equal(set_table(x), 0);
	assert_int_equal(vt_start(x->vt), 0);
	vt_wait_why(x->vt, 0, "");
	assert_true(queue(x)->tracked);
}

/* Without SET_INFLIGHT_FD the table that was asked for is in use all the same. */
static void
test_get_alone(void **state)
{
	struct fixture *x = *state;

	serve(x);
	assert_int_equal(vt_start(x->vt), 0);
	vt_wait_why(x->vt, 0, "");
	assert_false(queue(x)->tracked);
	get_table(x);
	vt_wait_why(x->vt, 0, "");
	assert_true(queue(x)->tracked);
}

/* Its file comes with its own answer, whatever else was asked meanwhile. */
static void
test_answers_in_a_row(void **state)
{
	struct fixture *x = *state;
	struct foo_front *f = &x->vt->front;
	struct foo_front_msg msg;
	uint8_t buf[256];
	size_t len = 0;
	int i;

	serve(x);
	len += foo_front_compose(buf, FOO_FRONT_GET_FEATURES, 1, 0, NULL, 0);
	/* some send the padding behind it, and some do not */
	len += foo_front_compose(buf + len, FOO_FRONT_GET_INFLIGHT_FD, 1, 20, &x->table, 20);
	len += foo_front_compose(buf + len, FOO_FRONT_GET_FEATURES, 1, 0, NULL, 0);
	assert_int_equal(foo_front_send_bytes(f, buf, len, NULL, 0), 0);
	for (i = 0; i < 3; i++) {
		assert_int_equal(foo_front_recv(f, &msg), 0);
		assert_int_equal(msg.request,
				 i == 1 ? FOO_FRONT_GET_INFLIGHT_FD : FOO_FRONT_GET_FEATURES);
		assert_int_equal(msg.nfds, i == 1);
		assert_int_equal(msg.size, i == 1 ? 20 : 8);
		foo_front_msg_close(&msg);
	}
}

/* The next process finds what this one has taken and not given back. */
static void
test_next_process(void **state)
{
	struct fixture *x = *state;
	struct foo_chain chain[RING];

	serve(x);
	get_table(x);
	assert_int_equal(vt_start(x->vt), 0);
	vt_wait_why(x->vt, 0, "");
	send(x, 1);
	assert_int_equal(pop(x, chain), 1);
	/* nothing was completed yet, and so the first request is not forgotten */
	replace_process(x, "");
	send(x, 3);
	assert_int_equal(pop(x, chain), 1);
	assert_int_equal(pop(x, &chain[1]), 3);
	complete(x, &chain[2]);
	expect_used(x, 3);
	replace_process(x, "");
	assert_int_equal(pop(x, chain), 3);
	complete(x, &chain[2]);
	complete(x, &chain[0]);
	complete(x, &chain[1]);
	expect_used(x, 4);
	expect_used(x, 1);
	expect_used(x, 2);
}

/* A ring that is paused, and started again, is where it was; one that is stopped leaves the table
 * to whoever starts next. */
static void
test_pause(void **state)
{
	struct fixture *x = *state;
	struct foo_front *f = &x->vt->front;
	struct foo_chain chain[RING];
	const struct foo_inflight_split *region;

	serve(x);
	get_table(x);
	assert_int_equal(vt_start(x->vt), 0);
	vt_wait_why(x->vt, 0, "");
	region = mmap(NULL, x->table.mmap_size, PROT_READ, MAP_SHARED, x->fd, 0);
	assert_ptr_not_equal(region, MAP_FAILED);
	send(x, 2);
	assert_int_equal(pop(x, chain), 2);
	complete(x, &chain[1]);
	vt_share(x->vt);
	vt_wait_why(x->vt, 0, "");
	assert_int_equal(pop(x, chain), 1);
	complete(x, &chain[0]);
	expect_used(x, 2);
	expect_used(x, 1);
	assert_int_equal(region->version, FOO_INFLIGHT_VERSION);
	assert_int_equal(foo_front_stop_queue(f, 0, NULL), 0);
	assert_int_equal(region->version, 0);
	assert_int_equal(set_table(x), 0);
	assert_int_equal(vt_start(x->vt), 0);
	vt_wait_why(x->vt, 0, "");
	assert_int_equal(region->version, FOO_INFLIGHT_VERSION);
	send(x, 1);
	assert_int_equal(pop(x, chain), 1);
	complete(x, &chain[0]);
	expect_used(x, 3);
	munmap((void *)(uintptr_t)region, x->table.mmap_size);
}

/* A table of the front-end's own making. */
static void
make_table(struct fixture *x, uint64_t size)
{
	x->fd = memfd_create("inflight", MFD_CLOEXEC);
	assert_true(x->fd >= 0);
	assert_int_equal(ftruncate(x->fd, (off_t)size), 0);
	x->table.mmap_size = size;
}

static void
expect_refused(struct fixture *x, struct foo_front_wire_inflight table)
{
	assert_int_equal(foo_front_set_inflight(&x->vt->front, &table, x->fd), -EREMOTEIO);
}

static void
test_refused(void **state)
{
	struct fixture *x = *state;
	struct foo_front *f = &x->vt->front;
	struct foo_front_wire_inflight good;
	uint64_t size = VT_QUEUES * foo_inflight_size(x->features == packed, RING);
	int got;

	serve(x);
	make_table(x, size);
	good = x->table;
#define SPOILT(member, value)                                                                      \
	({                                                                                         \
		struct foo_front_wire_inflight t_ = good;                                          \
		t_.member = (value);                                                               \
		t_;                                                                                \
	})
	expect_refused(x, SPOILT(num_queues, VT_QUEUES + 1));
	expect_refused(x, SPOILT(queue_size, 0));
	expect_refused(x, SPOILT(queue_size, 32769));
	expect_refused(x, SPOILT(queue_size, 2 * RING));
	expect_refused(x, SPOILT(mmap_size, 0));
	expect_refused(x, SPOILT(mmap_size, size - 1));
	expect_refused(x, SPOILT(mmap_size, size + 1));
	expect_refused(x, SPOILT(mmap_size, UINT64_MAX));
	expect_refused(x, SPOILT(mmap_offset, 64));
	expect_refused(x, SPOILT(mmap_offset, 8));
	expect_refused(x, SPOILT(mmap_offset, UINT64_MAX - 63));
#undef SPOILT
	assert_int_equal(foo_front_set_inflight(f, &good, x->fd), 0);
	assert_int_equal(foo_front_set_inflight(f, &good, x->fd), 0);
	good.num_queues = VT_QUEUES + 1;
	assert_true(foo_front_get_inflight(f, &good, &got) < 0);
}

/* No file, two files, files of kinds that may keep a thread waiting, and numbers of queues that the
 * library would take exception to, end the connection. */
static void
test_files(void **state)
{
	static const unsigned int nfds[] = {0, 2, 1, 1, 1};
	static const uint16_t queues[] = {1, 1, 1, 0, 257};
	int fd[2], zero = open("/dev/zero", O_RDWR | O_CLOEXEC);
	struct fixture *x = *state;
	unsigned int i;

	vt_serve(x->vt, "vt_blk0", "");
	make_table(x, 1 << 16);
	for (i = 0; i < RTE_DIM(nfds); i++) {
		connect_front(x);
		x->table.num_queues = queues[i];
		fd[0] = i == 2 ? zero : x->fd;
		fd[1] = x->fd;
		assert_true(foo_front_command(&x->vt->front, FOO_FRONT_SET_INFLIGHT_FD, &x->table,
					      sizeof(x->table), fd, nfds[i]) < 0);
		vt_wait_gone(x->vt);
		foo_front_close(&x->vt->front);
	}
	close(zero);
}

/* Rings that the table has no room for, and regions that are nonsense. */
static void
test_no_start(void **state)
{
	struct fixture *x = *state;
	struct foo_inflight_split bad = {.version = FOO_INFLIGHT_VERSION, .desc_num = RING / 2};

	serve(x);
	make_table(x, 1 << 16);
	x->table.queue_size = RING / 2;
	assert_int_equal(set_table(x), 0);
	assert_int_equal(vt_start(x->vt), 0);
	vt_wait_why(x->vt, 0, "give QEMU's device queue-size=");
	x->table.queue_size = RING;
	assert_int_equal(pwrite(x->fd, &bad, sizeof(bad), 0), sizeof(bad));
	assert_int_equal(set_table(x), 0);
	vt_wait_why(x->vt, 0, "the in-flight table contradicts itself");
	bad.version = 0;
	assert_int_equal(pwrite(x->fd, &bad, sizeof(bad), 0), sizeof(bad));
	assert_int_equal(set_table(x), 0);
	vt_wait_why(x->vt, 0, "");
	x->table.num_queues = 1;
	assert_int_equal(set_table(x), 0);
	assert_int_equal(foo_front_start_ring(&x->vt->front, 1, &x->vt->mem, &x->vt->ring, -1), 0);
	vt_wait_why(x->vt, 1, "no room for it");
	vt_wait_why(x->vt, 0, "");
}

/* The file loses its pages: the connection ends, nothing else. */
static void
test_truncated(void **state)
{
	struct fixture *x = *state;
	struct foo_chain chain[RING];

	serve(x);
	make_table(x, 1 << 16);
	assert_int_equal(set_table(x), 0);
	assert_int_equal(vt_start(x->vt), 0);
	vt_wait_why(x->vt, 0, "");
	send(x, 1);
	assert_int_equal(ftruncate(x->fd, 0), 0);
	pop(x, chain);
	vt_wait_gone(x->vt);
}

/* A front-end of lib/foo_guest loses a device that has done the second of two requests. */
static void
lose_device(struct fixture *x, struct foo_guest *g, bool tracked)
{
	const struct foo_guest_config cfg = {.path = x->vt->path,
					     .required = BIT(VIRTIO_F_VERSION_1) | x->features,
					     .nqueues = 1,
					     .queue_size = RING,
					     .inflight = tracked};
	struct foo_guest_buf buf = {.len = 16};
	struct foo_guest_used used;
	struct foo_chain chain[2];

	assert_int_equal(foo_guest_open(g, &cfg), 0);
	vt_wait_why(x->vt, 0, "");
	assert_non_null(foo_guest_alloc(g, 16, &buf.gpa));
	assert_int_equal(foo_guest_send(g, 0, &buf, 1, 1), 0);
	assert_int_equal(foo_guest_send(g, 0, &buf, 1, 2), 0);
	assert_int_equal(pop(x, chain), 2);
	complete(x, &chain[1]);
	assert_int_equal(foo_guest_receive(g, 0, &used, 1000), 0);
	assert_int_equal(used.token, 2);
	foo_front_close(&g->front);
	vt_wait_gone(x->vt);
}

static void
test_guest_reconnects(void **state)
{
	struct fixture *x = *state;
	struct foo_guest_used used;
	struct foo_chain chain[2];
	struct foo_guest g;

	vt_serve(x->vt, "vt_blk0", "");
	lose_device(x, &g, true);
	if (foo_guest_reconnect(&g) != 0)
		fail_msg("%s", g.error);
	vt_wait_why(x->vt, 0, "");
	assert_int_equal(pop(x, chain), 1);
	complete(x, chain);
	assert_int_equal(foo_guest_receive(&g, 0, &used, 1000), 0);
	assert_int_equal(used.token, 1);
	foo_guest_close(&g);
	vt_wait_gone(x->vt);
	/* of a packed ring nobody knows any more what the first one was */
	if (x->features != packed)
		return;
	lose_device(x, &g, false);
	assert_int_equal(foo_guest_reconnect(&g), -ENOTSUP);
	assert_non_null(strstr(g.error, "queue 0: chains that were in flight"));
	foo_guest_close(&g);
}

static unsigned int
open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

static void
test_no_leak(void **state)
{
	struct fixture *x = *state;
	unsigned int before, i;
	uint64_t ignored;

	serve(x);
	get_table(x);
	/* behind the answer its file is closed */
	assert_int_equal(foo_front_get_features(&x->vt->front, &ignored), 0);
	before = open_files();
	for (i = 0; i < 5; i++) {
		close(x->fd);
		get_table(x);
		assert_int_equal(set_table(x), 0);
	}
	assert_int_equal(foo_front_get_features(&x->vt->front, &ignored), 0);
	assert_int_equal(open_files(), before);
}

static int
run(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_get),
		BOTH(test_get_small),
		BOTH(test_next_process),
		BOTH(test_pause),
		BOTH(test_guest_reconnects),
		SPLIT(test_get_alone),
		SPLIT(test_answers_in_a_row),
		SPLIT(test_refused),
		SPLIT(test_files),
		SPLIT(test_no_start),
		SPLIT(test_truncated),
		SPLIT(test_no_leak),
	};

	return cmocka_run_group_tests_name("vhost_inflight", tests, NULL, NULL);
}

int
main(int argc, char **argv)
{
	RTE_SET_USED(argc);
	return vt_main(argv[0], run);
}
