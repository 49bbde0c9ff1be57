/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Every fault of the faulty back-end is seen by the checks of app/bench and lib/foo_guest, exactly
 * as often as it was planted; and without a fault nothing is seen.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_net.h>

#include <foo_guest.h>

#include "bench_faulty.h"
#include "bench_payload.h"
#include "bench_track.h"

#define BIT(n) (UINT64_C(1) << (n))
#define PACKETS 500u
#define PACKET 300u
#define WINDOW 16u
#define BUFFER 2048u
#define HEADER ((uint32_t)sizeof(struct virtio_net_hdr_v1))
#define REQUESTS 200u
#define BLOCK 4096u
/* PACKETS and REQUESTS are no multiples of it: the last one is never the faulty one. */
#define EVERY 7u
/* Long for a machine that is busy; short where something must be waited for that never comes. */
#define WAIT_MS 5000
#define MISSING_MS 300

/* Ring formats: split, split with EVENT_IDX, packed. */
static const uint64_t rings[] = {BIT(VIRTIO_F_VERSION_1),
				 BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_RING_F_EVENT_IDX),
				 BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_F_RING_PACKED)};

#define RINGS (sizeof(rings) / sizeof(rings[0]))

/* A guest at a faulty back-end, and what it has seen. */
struct seen {
	struct bench_track_result track;
	uint64_t verdict[BENCH_PAYLOAD_VERDICTS];
	uint64_t broken;        /* rings */
	uint64_t bad_status;    /* status byte not written, or without a meaning */
	uint64_t errors;        /* status other than OK */
	uint64_t bad_length;    /* used length wrong */
	uint64_t verify_errors; /* content of a block wrong */
	uint64_t missing;       /* requests that never came back, or interrupts */
	uint64_t planted;       /* by the back-end */
};

struct bed {
	char dir[32];
	char path[64];
	struct bench_faulty *back;
	struct foo_guest guest;
	uint8_t *buf; /* WINDOW buffers of each kind */
	uint64_t gpa;
};

static void
bed_start(struct bed *b, enum bench_faulty_device device, enum bench_faulty_fault fault,
	  unsigned int every, uint64_t features)
{
	const struct bench_faulty_config cfg = {
		.path = b->path, .device = device, .fault = fault, .every = every};
	const struct foo_guest_config guest = {
		.path = b->path,
		.required = features,
		.nqueues = device == BENCH_FAULTY_NET ? 2 : 1,
		.interrupts = true,
		.config_len = device == BENCH_FAULTY_BLK ? sizeof(struct virtio_blk_config) : 0,
	};

	memset(b, 0, sizeof(*b));
	snprintf(b->dir, sizeof(b->dir), "/tmp/bench-faulty-XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	snprintf(b->path, sizeof(b->path), "%s/s", b->dir);
	assert_int_equal(bench_faulty_start(&b->back, &cfg), 0);
	assert_int_equal(foo_guest_open(&b->guest, &guest), 0);
	b->buf = foo_guest_alloc(&b->guest, 2 * WINDOW * BUFFER, &b->gpa);
	assert_non_null(b->buf);
}

static void
bed_stop(struct bed *b, struct seen *seen)
{
	foo_guest_close(&b->guest);
	seen->planted = bench_faulty_stop(b->back);
	assert_int_equal(rmdir(b->dir), 0);
}

/* ---- net ---- */

/* Buffer i takes what is received. */
static void
net_offer(struct bed *b, unsigned int i)
{
	const struct foo_guest_buf buf = {b->gpa + i * BUFFER, BUFFER, VRING_DESC_F_WRITE};

	assert_int_equal(foo_guest_send(&b->guest, 0, &buf, 1, i), 0);
}

static void
net_send(struct bed *b, uint64_t seq)
{
	static const struct bench_payload_addr addr = {{2}, {4}};
	const struct bench_payload p = {.length = PACKET, .seq = seq, .level = BENCH_PAYLOAD_FULL};
	unsigned int i = WINDOW + (unsigned int)(seq % WINDOW);
	const struct foo_guest_buf buf = {b->gpa + i * BUFFER, HEADER + PACKET, 0};

	memset(b->buf + i * BUFFER, 0, HEADER);
	bench_payload_write(b->buf + i * BUFFER + HEADER, &p, &addr);
	assert_int_equal(foo_guest_send(&b->guest, 1, &buf, 1, seq), 0);
}

/* Everything that is there; 0 or -EPROTO. */
static int
net_receive(struct bed *b, struct bench_track *track, struct seen *seen, int wait_ms)
{
	struct foo_guest_used used;
	int ret;

	while ((ret = foo_guest_receive(&b->guest, 0, &used, wait_ms)) == 0) {
		const uint8_t *packet = b->buf + used.token * BUFFER + HEADER;
		enum bench_payload_verdict verdict;
		struct bench_payload p;

		verdict = bench_payload_verify(packet, used.len - HEADER, BENCH_PAYLOAD_FULL, &p,
					       NULL);
		seen->verdict[verdict]++;
		if (verdict != BENCH_PAYLOAD_DAMAGED && verdict != BENCH_PAYLOAD_FOREIGN)
			bench_track_packet(track, p.seq);
		net_offer(b, (unsigned int)used.token);
		wait_ms = 0;
	}
	return ret == -EPROTO ? ret : 0;
}

/* Send PACKETS, never more than half of the window on the way, and take what comes back. */
static void
net_run(struct bed *b, struct seen *seen)
{
	struct foo_guest_used used;
	struct bench_track track;
	int ret = 0;

	bench_track_init(&track, 0);
	for (unsigned int i = 0; i < WINDOW; i++)
		net_offer(b, i);
	for (uint64_t seq = 0; seq < PACKETS && ret == 0; seq++) {
		net_send(b, seq);
		if (seq >= WINDOW / 2)
			ret = foo_guest_receive(&b->guest, 1, &used, WAIT_MS);
		assert_int_not_equal(ret, -ETIMEDOUT);
		if (ret == 0)
			ret = net_receive(b, &track, seen, 0);
	}
	/* until nothing has come for a while */
	while (ret == 0 && foo_guest_wait(&b->guest, 0, MISSING_MS) == 0)
		ret = net_receive(b, &track, seen, 0);
	seen->broken = ret == -EPROTO;
	bench_track_result(&track, PACKETS, &seen->track);
}

static struct seen
net_test(enum bench_faulty_fault fault, unsigned int every, uint64_t ring)
{
	struct seen seen = {0};
	struct bed b;

	bed_start(&b, BENCH_FAULTY_NET, fault, every, ring);
	net_run(&b, &seen);
	bed_stop(&b, &seen);
	return seen;
}

/* Of these, and of nothing else, was something seen: exactly what was planted. */
static void
net_check(const struct seen *seen, uint64_t lost, uint64_t duplicated, uint64_t reordered,
	  uint64_t different, uint64_t length)
{
	assert_int_equal(seen->broken, 0);
	assert_int_equal(seen->track.lost, lost);
	assert_int_equal(seen->track.duplicated, duplicated);
	assert_int_equal(seen->track.reordered, reordered);
	assert_int_equal(seen->verdict[BENCH_PAYLOAD_DIFFERENT], different);
	assert_int_equal(seen->verdict[BENCH_PAYLOAD_LENGTH], length);
	assert_int_equal(seen->verdict[BENCH_PAYLOAD_SHORT], 0);
	assert_int_equal(seen->verdict[BENCH_PAYLOAD_FOREIGN], 0);
	assert_int_equal(seen->verdict[BENCH_PAYLOAD_DAMAGED], 0);
	assert_int_equal(seen->track.received, PACKETS - lost + duplicated);
}

static void
test_net_none(void **state)
{
	(void)state;
	for (unsigned int r = 0; r < RINGS; r++) {
		struct seen seen = net_test(BENCH_FAULTY_NONE, 1, rings[r]);

		net_check(&seen, 0, 0, 0, 0, 0);
	}
}

static void
test_net_drop(void **state)
{
	(void)state;
	for (unsigned int r = 0; r < RINGS; r++) {
		struct seen seen = net_test(BENCH_FAULTY_DROP, EVERY, rings[r]);

		assert_int_equal(seen.planted, PACKETS / EVERY);
		net_check(&seen, seen.planted, 0, 0, 0, 0);
	}
}

static void
test_net_duplicate(void **state)
{
	(void)state;
	for (unsigned int r = 0; r < RINGS; r++) {
		struct seen seen = net_test(BENCH_FAULTY_DUPLICATE, EVERY, rings[r]);

		assert_int_equal(seen.planted, PACKETS / EVERY);
		net_check(&seen, 0, seen.planted, 0, 0, 0);
	}
}

/* A packet that waits is let go when nothing comes for a while, as on a machine that is busy:
 * then it is in order. */
static void
test_net_reorder(void **state)
{
	(void)state;
	for (unsigned int r = 0; r < RINGS; r++) {
		struct seen seen = net_test(BENCH_FAULTY_REORDER, EVERY, rings[r]);

		assert_true(seen.planted >= PACKETS / (EVERY + 1));
		assert_in_range(seen.track.reordered, 1, seen.planted);
		net_check(&seen, 0, 0, seen.track.reordered, 0, 0);
	}
}

static void
test_net_corrupt(void **state)
{
	(void)state;
	for (unsigned int r = 0; r < RINGS; r++) {
		struct seen seen = net_test(BENCH_FAULTY_CORRUPT, EVERY, rings[r]);

		assert_int_equal(seen.planted, PACKETS / EVERY);
		net_check(&seen, 0, 0, 0, seen.planted, 0);
	}
}

static void
test_net_truncate(void **state)
{
	(void)state;
	for (unsigned int r = 0; r < RINGS; r++) {
		struct seen seen = net_test(BENCH_FAULTY_TRUNCATE, EVERY, rings[r]);

		assert_int_equal(seen.planted, PACKETS / EVERY);
		net_check(&seen, 0, 0, 0, 0, seen.planted);
	}
}

static void
test_net_used_length(void **state)
{
	(void)state;
	for (unsigned int r = 0; r < RINGS; r++) {
		struct seen seen = net_test(BENCH_FAULTY_USED_LENGTH, EVERY, rings[r]);

		assert_int_equal(seen.planted, PACKETS / EVERY);
		net_check(&seen, 0, 0, 0, 0, seen.planted);
	}
}

static void
test_net_used_twice(void **state)
{
	struct seen seen = net_test(BENCH_FAULTY_USED_TWICE, EVERY, rings[0]);

	(void)state;
	assert_true(seen.planted > 0);
	assert_int_equal(seen.broken, 1);
}

/* Wait until a chain is used, without sleeping on an interrupt, then see whether one came. */
static bool
interrupted(struct foo_guest *g, unsigned int queue)
{
	eventfd_t count;

	for (unsigned int i = 0; i < WAIT_MS && !foo_guest_ring_has_used(&g->queue[queue].ring);
	     i++)
		usleep(1000);
	assert_true(foo_guest_ring_has_used(&g->queue[queue].ring));
	/* it comes after the used entry: give it the time of a busy machine */
	for (unsigned int i = 0; i < MISSING_MS; i++) {
		if (eventfd_read(g->queue[queue].callfd, &count) == 0)
			return true;
		usleep(1000);
	}
	return false;
}

/* Packets one by one; of the interrupts, two for each packet, every third is not sent. */
static uint64_t
net_missing_calls(enum bench_faulty_fault fault, uint64_t ring, uint64_t *planted)
{
	struct foo_guest_used used;
	struct seen seen = {0};
	struct bed b;

	bed_start(&b, BENCH_FAULTY_NET, fault, 3, ring);
	for (uint64_t seq = 0; seq < 6; seq++) {
		/* with EVENT_IDX each one is asked for */
		foo_guest_ring_calls_enable(&b.guest.queue[0].ring, 0);
		foo_guest_ring_calls_enable(&b.guest.queue[1].ring, 0);
		net_offer(&b, 0);
		net_send(&b, seq);
		for (unsigned int queue = 0; queue < 2; queue++) {
			seen.missing += !interrupted(&b.guest, queue);
			assert_int_equal(foo_guest_receive(&b.guest, queue, &used, 0), 0);
		}
	}
	bed_stop(&b, &seen);
	*planted = seen.planted;
	return seen.missing;
}

static void
test_net_no_call(void **state)
{
	uint64_t planted;

	(void)state;
	for (unsigned int r = 0; r < RINGS; r++) {
		assert_int_equal(net_missing_calls(BENCH_FAULTY_NO_CALL, rings[r], &planted), 4);
		assert_int_equal(planted, 4);
		assert_int_equal(net_missing_calls(BENCH_FAULTY_NONE, rings[r], &planted), 0);
	}
}

/* ---- blk ---- */

/* One request: header, data, status, each a descriptor. 0; -ETIMEDOUT, -EPROTO. */
static int
blk_request(struct bed *b, uint32_t type, uint64_t sector, struct seen *seen, int wait_ms)
{
	struct virtio_blk_outhdr *hdr = (struct virtio_blk_outhdr *)b->buf;
	uint8_t *status = b->buf + 64;
	const struct foo_guest_buf buf[] = {
		{b->gpa, sizeof(*hdr), 0},
		{b->gpa + BLOCK, BLOCK, type == VIRTIO_BLK_T_IN ? VRING_DESC_F_WRITE : 0},
		{b->gpa + 64, 1, VRING_DESC_F_WRITE},
	};
	struct foo_guest_used used;
	int ret;

	*hdr = (struct virtio_blk_outhdr){.type = type, .sector = sector};
	*status = 0xff;
	assert_int_equal(foo_guest_send(&b->guest, 0, buf, 3, sector), 0);
	ret = foo_guest_receive(&b->guest, 0, &used, wait_ms);
	if (ret != 0)
		return ret;
	seen->bad_status += *status > VIRTIO_BLK_S_UNSUPP;
	seen->errors += *status == VIRTIO_BLK_S_IOERR || *status == VIRTIO_BLK_S_UNSUPP;
	seen->bad_length += used.len != (type == VIRTIO_BLK_T_IN ? BLOCK + 1 : 1);
	return 0;
}

/* Writes, each read back: 2 * REQUESTS requests. */
static struct seen
blk_test(enum bench_faulty_fault fault, unsigned int every, uint64_t ring)
{
	struct seen seen = {0};
	struct bed b;
	int ret = 0;

	bed_start(&b, BENCH_FAULTY_BLK, fault, every, ring);
	for (uint64_t i = 0; i < REQUESTS && ret == 0; i++) {
		int wait_ms = fault == BENCH_FAULTY_DROP ? MISSING_MS : WAIT_MS;
		uint64_t key = bench_payload_key(0, i);

		bench_payload_fill(b.buf + BLOCK, BLOCK, key, 0);
		ret = blk_request(&b, VIRTIO_BLK_T_OUT, i % 100 * 8, &seen, wait_ms);
		if (ret != 0)
			break;
		memset(b.buf + BLOCK, 0, BLOCK);
		ret = blk_request(&b, VIRTIO_BLK_T_IN, i % 100 * 8, &seen, wait_ms);
		if (ret == 0)
			seen.verify_errors +=
				bench_payload_compare(b.buf + BLOCK, BLOCK, key, 0) != BLOCK;
	}
	seen.missing = ret == -ETIMEDOUT;
	seen.broken = ret == -EPROTO;
	bed_stop(&b, &seen);
	return seen;
}

static void
blk_check(const struct seen *seen, uint64_t bad_status, uint64_t errors, uint64_t bad_length,
	  uint64_t verify_errors, uint64_t missing)
{
	assert_int_equal(seen->bad_status, bad_status);
	assert_int_equal(seen->errors, errors);
	assert_int_equal(seen->bad_length, bad_length);
	assert_int_equal(seen->verify_errors, verify_errors);
	assert_int_equal(seen->missing, missing);
	assert_int_equal(seen->broken, 0);
}

static void
test_blk_none(void **state)
{
	(void)state;
	for (unsigned int r = 0; r < RINGS; r++) {
		struct seen seen = blk_test(BENCH_FAULTY_NONE, 1, rings[r]);

		blk_check(&seen, 0, 0, 0, 0, 0);
	}
}

/* The faults of every EVERY-th request, and in which counter they show. */
static void
test_blk_status_and_length(void **state)
{
	const uint64_t n = 2 * REQUESTS / EVERY;

	(void)state;
	for (unsigned int r = 0; r < RINGS; r++) {
		struct seen seen = blk_test(BENCH_FAULTY_NO_STATUS, EVERY, rings[r]);

		assert_int_equal(seen.planted, n);
		blk_check(&seen, n, 0, 0, 0, 0);
		seen = blk_test(BENCH_FAULTY_BAD_STATUS, EVERY, rings[r]);
		blk_check(&seen, n, 0, 0, 0, 0);
		seen = blk_test(BENCH_FAULTY_ERROR_STATUS, EVERY, rings[r]);
		blk_check(&seen, 0, n, 0, 0, 0);
		seen = blk_test(BENCH_FAULTY_USED_LENGTH, EVERY, rings[r]);
		blk_check(&seen, 0, 0, n, 0, 0);
	}
}

static void
test_blk_content(void **state)
{
	const uint64_t n = REQUESTS / EVERY;

	(void)state;
	for (unsigned int r = 0; r < RINGS; r++) {
		struct seen seen = blk_test(BENCH_FAULTY_CORRUPT, EVERY, rings[r]);

		assert_int_equal(seen.planted, n);
		blk_check(&seen, 0, 0, 0, n, 0);
		seen = blk_test(BENCH_FAULTY_LOST_WRITE, EVERY, rings[r]);
		assert_int_equal(seen.planted, n);
		blk_check(&seen, 0, 0, 0, n, 0);
	}
}

static void
test_blk_drop(void **state)
{
	(void)state;
	for (unsigned int r = 0; r < RINGS; r++) {
		struct seen seen = blk_test(BENCH_FAULTY_DROP, 100, rings[r]);

		assert_int_equal(seen.planted, 1);
		blk_check(&seen, 0, 0, 0, 0, 1);
	}
}

static void
test_blk_used_twice(void **state)
{
	struct seen seen = blk_test(BENCH_FAULTY_USED_TWICE, 10, rings[0]);

	(void)state;
	assert_int_equal(seen.planted, 1);
	assert_int_equal(seen.broken, 1);
}

/* ---- the back-end itself ---- */

static void
test_refuses(void **state)
{
	struct bench_faulty *f;
	struct bench_faulty_config cfg = {
		.path = "/tmp/x", .device = BENCH_FAULTY_NET, .fault = BENCH_FAULTY_NO_STATUS};

	(void)state;
	assert_int_equal(bench_faulty_start(&f, &cfg), -EINVAL);
	cfg.fault = BENCH_FAULTY_NONE;
	cfg.path = "/nonexistent/folder/s";
	assert_int_equal(bench_faulty_start(&f, &cfg), -ENOENT);
}

/* One guest after the other, on the same back-end. */
static void
test_reconnect(void **state)
{
	struct seen seen = {0};
	struct bed b;

	(void)state;
	bed_start(&b, BENCH_FAULTY_BLK, BENCH_FAULTY_NONE, 1, rings[2]);
	for (unsigned int i = 0; i < 3; i++) {
		bench_payload_fill(b.buf + BLOCK, BLOCK, i, 0);
		assert_int_equal(blk_request(&b, VIRTIO_BLK_T_OUT, 8, &seen, WAIT_MS), 0);
		assert_int_equal(foo_guest_reconnect(&b.guest), 0);
		memset(b.buf + BLOCK, 0, BLOCK);
		assert_int_equal(blk_request(&b, VIRTIO_BLK_T_IN, 8, &seen, WAIT_MS), 0);
		assert_int_equal(bench_payload_compare(b.buf + BLOCK, BLOCK, i, 0), BLOCK);
	}
	bed_stop(&b, &seen);
	blk_check(&seen, 0, 0, 0, 0, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_net_none),
		cmocka_unit_test(test_net_drop),
		cmocka_unit_test(test_net_duplicate),
		cmocka_unit_test(test_net_reorder),
		cmocka_unit_test(test_net_corrupt),
		cmocka_unit_test(test_net_truncate),
		cmocka_unit_test(test_net_used_length),
		cmocka_unit_test(test_net_used_twice),
		cmocka_unit_test(test_net_no_call),
		cmocka_unit_test(test_blk_none),
		cmocka_unit_test(test_blk_status_and_length),
		cmocka_unit_test(test_blk_content),
		cmocka_unit_test(test_blk_drop),
		cmocka_unit_test(test_blk_used_twice),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_reconnect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
