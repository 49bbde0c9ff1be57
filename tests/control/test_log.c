/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* The dirty log of a live migration: every page that the device writes is marked. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ctl_env.h"

#define PAGE 4096
#define LOG_SIZE 4096
#define LOG_FILE (8 * 4096)

/* A guest's log, mapped here too. */
struct dirty {
	int fd;
	uint64_t offset; /* within the file, as told to the device */
	uint8_t *file;   /* LOG_FILE bytes */
};

static void
open_log(struct dirty *log, uint64_t offset)
{
	log->fd = memfd_create("log", MFD_CLOEXEC);
	assert_int_equal(ftruncate(log->fd, LOG_FILE), 0);
	log->offset = offset;
	log->file = mmap(NULL, LOG_FILE, PROT_READ | PROT_WRITE, MAP_SHARED, log->fd, 0);
	assert_ptr_not_equal(log->file, MAP_FAILED);
}

static void
close_log(struct dirty *log)
{
	munmap(log->file, LOG_FILE);
	close(log->fd);
}

static bool
is_marked(const struct dirty *log, uint64_t gpa)
{
	uint64_t page = gpa / PAGE;

	return log->file[log->offset + page / 8] >> (page % 8) & 1;
}

static void
assert_marked(const struct dirty *log, uint64_t gpa, uint64_t len, const char *what)
{
	uint64_t page;

	for (page = gpa / PAGE; page <= (gpa + len - 1) / PAGE; page++)
		if (!is_marked(log, page * PAGE))
			fail_msg("page %#lx was written (%s) and is not marked", page * PAGE, what);
}

/* What QEMU does when a migration begins or ends: features, then the rings' addresses again. */
static void
set_logging(struct ctl_guest *g, bool on)
{
	struct foo_front_ring ring;
	uint64_t bit = CTL_BIT(VHOST_F_LOG_ALL);
	unsigned int i;

	assert_int_equal(foo_front_set_features(&g->front, on ? g->front.features | bit :
								g->front.features & ~bit),
			 0);
	for (i = 0; i < 2 * g->npairs; i++) {
		ring = foo_front_ring_of(&g->mem, &g->q[i].ring, -1);
		ring.log = on;
		assert_int_equal(foo_front_set_vring_addr(&g->front, i, &ring), 0);
	}
}

/* Send n packets and demand a mark for every byte of them. */
static void
check_payload(struct ctl_guest *g, const struct dirty *log, uint32_t n)
{
	struct ctl_packet pkt;
	uint32_t sent, got = 0;
	int64_t deadline = ctl_now_ms() + 5000;
	int ret;

	for (sent = 0; got < n && ctl_now_ms() < deadline;) {
		if (sent < n && sent < got + 16 && ctl_send(g, 0, 7, sent, 1500) == 0)
			sent++;
		ret = ctl_recv(g, 0, &pkt);
		assert_true(ret >= 0);
		if (ret == 0) {
			usleep(100);
			continue;
		}
		assert_marked(log, pkt.gpa, g->hdr_len + pkt.len, "payload");
		got++;
	}
	assert_int_equal(got, n);
}

/* The guest memory that the device alone writes: areas of each ring. */
struct area {
	uint64_t gpa;
	uint64_t len;
	uint8_t *before;
};

static struct area
remember(struct ctl_guest *g, unsigned int vring)
{
	const struct foo_guest_ring *ring = &g->q[vring].ring;
	struct area a = {ring->device_gpa, foo_guest_ring_device_bytes(ring->size, ring->packed),
			 NULL};

	a.before = malloc(a.len);
	assert_int_equal(foo_guest_mem_read(&g->mem, a.gpa, a.before, a.len), 0);
	return a;
}

static void
check_area(struct ctl_guest *g, const struct dirty *log, struct area *a)
{
	uint8_t *now = malloc(a->len);
	uint64_t i;

	assert_int_equal(foo_guest_mem_read(&g->mem, a->gpa, now, a->len), 0);
	for (i = 0; i < a->len; i++)
		if (now[i] != a->before[i])
			assert_marked(log, a->gpa + i, 1, "device area");
	free(now);
	free(a->before);
}

/* The whole life of a log: on under traffic, complete, off again. */
static void
migrate(struct ctl_env *env, uint64_t features, uint64_t offset)
{
	struct ctl_guest_opt opt = {.features = features | CTL_BIT(VHOST_F_LOG_ALL), .size = 256};
	struct ctl_guest *g = &env->subject;
	struct dirty log;
	struct area area[2];
	uint64_t quiet;
	unsigned int i;

	open_log(&log, offset);
	opt.features &= ~CTL_BIT(VHOST_F_LOG_ALL);
	ctl_open_subject(env, &opt);
	quiet = foo_guest_mem_alloc(&g->mem, 16 * PAGE, PAGE);
	ctl_check_subject(env, 100);
	env->traffic = (struct ctl_traffic){.from = g, .to = g};
	ctl_traffic_start(&env->traffic);
	assert_int_equal(ctl_traffic_wait(&env->traffic, 100), 0);
	assert_int_equal(foo_front_set_log_base(&g->front, log.fd, LOG_SIZE, offset), 0);
	set_logging(g, true);
	assert_int_equal(ctl_traffic_wait(&env->traffic, 100), 0);
	ctl_traffic_stop(&env->traffic);
	assert_int_equal(env->traffic.error, 0);
	assert_int_equal(env->traffic.disorder, 0);
	ctl_check_subject(env, 10);

	memset(log.file, 0, LOG_FILE);
	for (i = 0; i < 2; i++)
		area[i] = remember(g, i);
	check_payload(g, &log, 300);
	usleep(10000);
	for (i = 0; i < 2; i++) {
		check_area(g, &log, &area[i]);
		/* packed: the device writes descriptors, and this ring fills a page */
		if (g->q[i].ring.packed)
			assert_marked(&log, g->q[i].ring.desc_gpa, PAGE, "descriptors");
		else
			assert_marked(&log, g->q[i].ring.device_gpa, 4, "used index");
	}
	for (i = 0; i < 16; i++)
		assert_false(is_marked(&log, quiet + i * PAGE));
	for (i = 0; i < LOG_FILE; i++) /* nothing is written beside the log */
		assert_true(log.file[i] == 0 || (i >= offset && i < offset + LOG_SIZE));

	set_logging(g, false);
	memset(log.file, 0, LOG_FILE);
	ctl_check_subject(env, 100);
	for (i = 0; i < LOG_FILE; i++)
		assert_int_equal(log.file[i], 0);
	ctl_guest_close(g);
	close_log(&log);
}

static void
test_split(void **state)
{
	migrate(*state, CTL_SPLIT & ~CTL_BIT(VIRTIO_RING_F_EVENT_IDX), 0);
	migrate(*state, CTL_SPLIT, 0);
}

/* The used index is logged for itself: here its page holds none of the elements that are used. */
static void
test_split_index(void **state)
{
	struct ctl_guest_opt opt = {.size = 1024, .base = 600};
	struct ctl_env *env = *state;
	struct ctl_guest *g = &env->subject;
	struct dirty log;
	struct area area[2];
	unsigned int i;

	open_log(&log, 0);
	ctl_open_subject(env, &opt);
	assert_int_equal(foo_front_set_log_base(&g->front, log.fd, LOG_SIZE, 0), 0);
	set_logging(g, true);
	for (i = 0; i < 2; i++) {
		area[i] = remember(g, i);
		assert_int_not_equal(area[i].gpa / PAGE, (area[i].gpa + 600 * 8) / PAGE);
	}
	check_payload(g, &log, 100);
	usleep(10000);
	for (i = 0; i < 2; i++)
		check_area(g, &log, &area[i]);
	close_log(&log);
}

static void
test_packed(void **state)
{
	migrate(*state, CTL_PACKED & ~CTL_BIT(VIRTIO_RING_F_EVENT_IDX), 0);
	migrate(*state, CTL_PACKED, 0);
}

static void
test_offset(void **state)
{
	migrate(*state, CTL_SPLIT, PAGE);
	migrate(*state, CTL_PACKED, 3 * PAGE);
}

/* A log, however odd, that the device must either refuse or get along with. */
static void
use_log(struct ctl_env *env, const struct foo_guest_range *range, int fd, uint64_t size,
	uint64_t offset)
{
	struct ctl_guest_opt opt = {.range = range, .nranges = range != NULL ? 1 : 0};
	struct ctl_guest *g = &env->subject;
	int ret;

	ctl_open_subject(env, &opt);
	ret = foo_front_set_log_base(&g->front, fd, size, offset);
	if (ret == 0) {
		set_logging(g, true);
		ctl_check_subject(env, 100);
		set_logging(g, false);
		ctl_check_subject(env, 100);
	}
	ctl_guest_close(g);
	ctl_check_witnesses(env);
}

static void
test_odd_log(void **state)
{
	static const struct foo_guest_range high = {.gpa = UINT64_C(1) << 40, .size = 4 << 20};
	static const struct {
		uint64_t size;
		uint64_t offset;
	} odd[] = {
		{0, 0},          {8, 0},           {1, 0},
		{4096, 100},     {4096, 1 << 20},  {1 << 20, 0},
		{UINT64_MAX, 0}, {4096, LOG_FILE}, {UINT64_MAX - 4095, 8192},
	};
	struct ctl_env *env = *state;
	struct dirty log;
	unsigned int i;

	open_log(&log, 0);
	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		use_log(env, NULL, log.fd, odd[i].size, odd[i].offset);
	/* pages far beyond the last bit of the log */
	use_log(env, &high, log.fd, LOG_SIZE, 0);
	close_log(&log);
}

/* Logging without a log, and a log without logging. */
static void
test_no_log(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest *g = &env->subject;

	ctl_open_subject(env, NULL);
	set_logging(g, true);
	ctl_check_subject(env, 100);
	set_logging(g, false);
	ctl_check_subject(env, 100);
}

/* The log's file shrinks while it is in use. */
static void
test_log_shrinks(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest *g = &env->subject;
	struct dirty log;
	unsigned int i;

	open_log(&log, 0);
	ctl_open_subject(env, NULL);
	assert_int_equal(foo_front_set_log_base(&g->front, log.fd, LOG_SIZE, 0), 0);
	set_logging(g, true);
	ctl_check_subject(env, 50);
	assert_int_equal(ftruncate(log.fd, 0), 0);
	for (i = 0; i < 20; i++)
		ctl_send(g, 0, 0, i, 64);
	usleep(20000);
	ctl_check_witnesses(env);
	ctl_guest_close(g);
	close_log(&log);
	ctl_open_subject(env, NULL);
	ctl_check_subject(env, 50);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ctl_test(test_split),       ctl_test(test_split_index), ctl_test(test_packed),
		ctl_test(test_offset),      ctl_test(test_odd_log),     ctl_test(test_no_log),
		ctl_test(test_log_shrinks),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, ctl_group_setup, ctl_group_teardown);
}
