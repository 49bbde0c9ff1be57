/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* Rings that lie, through the whole process: the queue breaks alone, under its fault's name. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl_env.h"

#define NOWHERE UINT64_C(0x7f0000000000)

/* Two pairs: the first transmit queue will be spoilt, the second pair must not notice. */
static struct ctl_queue *
open_two(struct ctl_env *env, uint64_t features)
{
	struct ctl_guest_opt opt = {.features = features, .npairs = 2};

	ctl_guest_close(&env->subject);
	ctl_open_subject(env, &opt);
	return &env->subject.q[CTL_TX];
}

/* Value of a member of a telemetry answer; 0 if there is none. */
static unsigned long
telemetry_number(struct ctl_env *env, unsigned int vring, const char *member)
{
	static char answer[32768];
	char text[64];
	const char *at;

	snprintf(text, sizeof(text), "/foo/queue,net_vhost4,%u", vring);
	if (ctl_proc_telemetry(&env->proc, text, answer, sizeof(answer)) != 0)
		return 0;
	snprintf(text, sizeof(text), "\"%s\":", member);
	at = strstr(answer, text);
	return at == NULL ? 0 : strtoul(at + strlen(text), NULL, 0);
}

static void
assert_counted(struct ctl_env *env, unsigned int vring, const char *fault)
{
	int64_t deadline = ctl_now_ms() + 3000;

	while (telemetry_number(env, vring, fault) == 0) {
		if (ctl_now_ms() > deadline)
			fail_msg("telemetry counts no %s", fault);
		usleep(10000);
	}
}

/* The queue is broken by that fault and says so; the other pair works; a restart mends it. */
static void
assert_broken(struct ctl_env *env, const char *fault)
{
	struct ctl_guest *g = &env->subject;

	foo_guest_ring_kick(&g->q[CTL_TX].ring);
	assert_counted(env, CTL_TX, fault);
	ctl_check_queue(env, CTL_TX, "broken");
	assert_int_equal(ctl_transfer(g, 1, g, 1, 100), 0);
	ctl_check_witnesses(env);
	assert_int_equal(ctl_guest_stop_all(g), 0);
	ctl_guest_drop_rings(g);
	assert_int_equal(ctl_guest_rings(g), 0);
	assert_int_equal(ctl_guest_start_all(g), 0);
	ctl_check_subject(env, 100);
}

/* The chain was refused under that name, and the queue goes on. */
static void
assert_chain_refused(struct ctl_env *env, const char *fault)
{
	struct ctl_guest *g = &env->subject;

	foo_guest_ring_kick(&g->q[CTL_TX].ring);
	assert_counted(env, CTL_TX, fault);
	ctl_check_subject(env, 100);
}

/* Add a chain to the spoilt queue without publishing it: returns the head. */
static int
add_chain(struct ctl_queue *q, const struct foo_guest_buf *buf, uint16_t n)
{
	int head;

	assert_true(q->nfree > 0);
	head = foo_guest_ring_add(&q->ring, buf, n, FOO_GUEST_DIRECT, q->free[--q->nfree]);
	assert_true(head >= 0);
	return head;
}

static void
add_and_publish(struct ctl_queue *q, const struct foo_guest_buf *buf, uint16_t n)
{
	add_chain(q, buf, n);
	foo_guest_ring_publish(&q->ring);
}

/* An indirect descriptor for a table of len bytes, whose first entry is e. */
static struct foo_guest_buf
table_of(struct ctl_guest *g, const void *e, uint32_t len, uint16_t flags)
{
	uint64_t gpa = foo_guest_mem_alloc(&g->mem, 4096, 4096);

	assert_int_equal(foo_guest_mem_write(&g->mem, gpa, e, sizeof(struct vring_desc)), 0);
	return (struct foo_guest_buf){gpa, len, VRING_DESC_F_INDIRECT | flags};
}

static void
test_split_broken(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_queue *q;
	struct foo_guest_buf buf[2];
	int head;

	q = open_two(env, CTL_SPLIT);
	__atomic_store_n(&q->ring.avail->idx, q->ring.avail->idx + 65, __ATOMIC_RELEASE);
	assert_broken(env, "avail_jump");

	q = open_two(env, CTL_SPLIT);
	__atomic_store_n(&q->ring.avail->idx, q->ring.avail->idx - 1, __ATOMIC_RELEASE);
	assert_broken(env, "avail_jump");

	q = open_two(env, CTL_SPLIT);
	foo_guest_ring_add_head(&q->ring, 64);
	foo_guest_ring_publish(&q->ring);
	assert_broken(env, "head_range");

	q = open_two(env, CTL_SPLIT);
	buf[0] = (struct foo_guest_buf){q->buf, 64, 0};
	buf[1] = (struct foo_guest_buf){q->buf + 64, 64, 0};
	head = add_chain(q, buf, 2);
	q->ring.desc[head].next = 64;
	foo_guest_ring_publish(&q->ring);
	assert_broken(env, "next_range");

	q = open_two(env, CTL_SPLIT); /* a loop of one */
	head = add_chain(q, buf, 2);
	q->ring.desc[head].next = head;
	foo_guest_ring_publish(&q->ring);
	assert_broken(env, "chain_long");

	q = open_two(env, CTL_SPLIT); /* a loop of two */
	head = add_chain(q, buf, 2);
	q->ring.desc[q->ring.desc[head].next].flags = VRING_DESC_F_NEXT;
	q->ring.desc[q->ring.desc[head].next].next = head;
	foo_guest_ring_publish(&q->ring);
	assert_broken(env, "chain_long");
}

/* One head twice at once: the second is refused, though the driver cannot tell them apart. */
static void
test_split_repeated(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_queue *q = open_two(env, CTL_SPLIT);
	struct ctl_guest *g = &env->subject;
	const struct foo_guest_buf buf = {q->buf, 100, 0};
	int head = add_chain(q, &buf, 1);

	foo_guest_ring_add_head(&q->ring, head);
	foo_guest_ring_publish(&q->ring);
	foo_guest_ring_kick(&q->ring);
	assert_counted(env, CTL_TX, "head_repeated");
	assert_int_equal(ctl_transfer(g, 1, g, 1, 100), 0);
}

/* More receive buffers than the queue has room for. */
static void
test_split_too_many(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest *g = &env->subject;
	struct vring_avail *avail;

	open_two(env, CTL_SPLIT);
	avail = g->q[CTL_RX].ring.avail;
	__atomic_store_n(&avail->idx, avail->idx + 32, __ATOMIC_RELEASE);
	assert_int_equal(ctl_send(g, 0, 0, 0, 64), 0);
	assert_counted(env, CTL_RX, "avail_jump");
	assert_int_equal(ctl_transfer(g, 1, g, 1, 100), 0);
}

static void
test_split_indirect_broken(void **state)
{
	const struct vring_desc nested = {.addr = 0, .len = 64, .flags = VRING_DESC_F_INDIRECT};
	const struct vring_desc loop = {.addr = 0, .len = 64, .flags = VRING_DESC_F_NEXT};
	const struct vring_desc range = {.len = 64, .flags = VRING_DESC_F_NEXT, .next = 9};
	struct ctl_env *env = *state;
	struct foo_guest_buf buf;
	struct ctl_queue *q;

	q = open_two(env, CTL_SPLIT);
	buf = table_of(&env->subject, &nested, 16, 0);
	add_and_publish(q, &buf, 1);
	assert_broken(env, "indirect_nested");

	q = open_two(env, CTL_SPLIT);
	buf = table_of(&env->subject, &loop, 32, 0);
	add_and_publish(q, &buf, 1);
	assert_broken(env, "chain_long");

	q = open_two(env, CTL_SPLIT);
	buf = table_of(&env->subject, &range, 32, 0);
	add_and_publish(q, &buf, 1);
	assert_broken(env, "next_range");

	q = open_two(env, CTL_SPLIT);
	buf = table_of(&env->subject, &range, 32, VRING_DESC_F_NEXT);
	add_and_publish(q, &buf, 1);
	assert_broken(env, "indirect_next");
}

static void
test_packed_indirect_broken(void **state)
{
	const struct vring_packed_desc nested = {.len = 64, .flags = VRING_DESC_F_INDIRECT};
	struct ctl_env *env = *state;
	struct foo_guest_buf buf;
	struct ctl_queue *q;

	q = open_two(env, CTL_PACKED);
	buf = table_of(&env->subject, &nested, 16, 0);
	add_and_publish(q, &buf, 1);
	assert_broken(env, "indirect_nested");

	q = open_two(env, CTL_PACKED);
	buf = table_of(&env->subject, &nested, 16, VRING_DESC_F_NEXT);
	add_and_publish(q, &buf, 1);
	assert_broken(env, "indirect_next");
}

/* Buffer ids beyond the queue, and the same one again and again: they index nothing. */
static void
test_packed_ids(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_queue *q = open_two(env, CTL_PACKED);
	struct foo_guest_buf buf = {q->buf, 100, 0};
	uint16_t pos;
	int i;

	for (i = 0; i < 32; i++) {
		pos = q->ring.avail_idx;
		add_chain(q, &buf, 1);
		q->ring.packed_desc[pos].id = i % 2 ? 7 : 40000 + i;
		foo_guest_ring_publish(&q->ring);
	}
	foo_guest_ring_kick(&q->ring);
	usleep(20000);
	assert_int_equal(ctl_transfer(&env->subject, 1, &env->subject, 1, 100), 0);
}

static void
test_packed_broken(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_queue *q;
	unsigned int i;

	/* every descriptor available, and none is the last */
	q = open_two(env, CTL_PACKED);
	for (i = 0; i < q->ring.size; i++)
		q->ring.packed_desc[i] = (struct vring_packed_desc){
			.addr = q->buf,
			.len = 64,
			.flags = VRING_DESC_F_NEXT | 1 << VRING_PACKED_DESC_F_AVAIL};
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	usleep(50000);
	assert_broken(env, "chain_long");
}

static void
test_split_refused(void **state)
{
	const struct vring_desc plain = {.addr = 0, .len = 64};
	struct ctl_env *env = *state;
	struct ctl_queue *q = open_two(env, CTL_SPLIT);
	struct ctl_guest *g = &env->subject;
	struct foo_guest_buf buf[3] = {{NOWHERE, 100, 0}};

	add_and_publish(q, buf, 1);
	assert_chain_refused(env, "addr_unmapped");
	buf[0] = (struct foo_guest_buf){UINT64_MAX - 10, 100, 0};
	add_and_publish(q, buf, 1);
	assert_chain_refused(env, "addr_wrap");
	buf[0] = (struct foo_guest_buf){q->buf, 100, VRING_DESC_F_WRITE};
	buf[1] = (struct foo_guest_buf){q->buf, 100, 0};
	add_and_publish(q, buf, 2);
	assert_chain_refused(env, "read_after_write");
	buf[0] = table_of(g, &plain, 0, 0);
	add_and_publish(q, buf, 1);
	buf[0] = table_of(g, &plain, 17, 0);
	add_and_publish(q, buf, 1);
	buf[0] = table_of(g, &plain, 65 * 16, 0);
	add_and_publish(q, buf, 1);
	assert_chain_refused(env, "indirect_len");
	buf[0] = (struct foo_guest_buf){NOWHERE, 16, VRING_DESC_F_INDIRECT};
	add_and_publish(q, buf, 1);
	assert_chain_refused(env, "addr_unmapped");
}

static void
test_packed_refused(void **state)
{
	const struct vring_desc plain = {.addr = 0, .len = 64};
	struct ctl_env *env = *state;
	struct ctl_queue *q = open_two(env, CTL_PACKED);
	struct ctl_guest *g = &env->subject;
	struct foo_guest_buf buf[3] = {{NOWHERE, 100, 0}};

	add_and_publish(q, buf, 1);
	assert_chain_refused(env, "addr_unmapped");
	buf[0] = (struct foo_guest_buf){UINT64_MAX - 10, 100, 0};
	add_and_publish(q, buf, 1);
	assert_chain_refused(env, "addr_wrap");
	buf[0] = (struct foo_guest_buf){q->buf, 100, VRING_DESC_F_WRITE};
	buf[1] = (struct foo_guest_buf){q->buf, 100, 0};
	add_and_publish(q, buf, 2);
	assert_chain_refused(env, "read_after_write");
	buf[0] = table_of(g, &plain, 0, 0);
	add_and_publish(q, buf, 1);
	assert_chain_refused(env, "indirect_len");
}

static void
test_indirect_unnegotiated(void **state)
{
	const struct vring_desc plain = {.addr = 0, .len = 64};
	struct ctl_env *env = *state;
	struct ctl_queue *q = open_two(env, CTL_MODERN);
	struct foo_guest_buf buf = table_of(&env->subject, &plain, 16, 0);

	add_and_publish(q, &buf, 1);
	assert_chain_refused(env, "indirect_feature");
}

/* One chain of more than 2^32 bytes, built of the same few megabytes again and again. */
static void
test_total_length(void **state)
{
	static const struct foo_guest_range big = {.gpa = 0, .size = 512 << 20};
	struct ctl_guest_opt opt = {.range = &big, .nranges = 1};
	struct ctl_env *env = *state;
	struct foo_guest_buf buf[16];
	unsigned int i;

	ctl_open_subject(env, &opt);
	for (i = 0; i < 16; i++)
		buf[i] = (struct foo_guest_buf){0, 512 << 20, 0};
	add_and_publish(&env->subject.q[CTL_TX], buf, 16);
	assert_chain_refused(env, "len_total");
}

/* Packets that are none: shorter than their header, or with a header full of nonsense. */
static void
odd_packets(struct ctl_env *env, uint64_t features)
{
	const uint64_t offloads = CTL_BIT(VIRTIO_NET_F_CSUM) | CTL_BIT(VIRTIO_NET_F_GUEST_CSUM) |
				  CTL_BIT(VIRTIO_NET_F_HOST_TSO4) |
				  CTL_BIT(VIRTIO_NET_F_GUEST_TSO4);
	struct foo_guest_buf buf[12 + 1];
	struct ctl_guest *g = &env->subject;
	struct ctl_packet pkt;
	struct ctl_queue *q;
	unsigned int i;

	q = open_two(env, features | offloads);
	for (i = 0; i <= g->hdr_len; i++) {
		buf[0] = (struct foo_guest_buf){q->buf, i == 0 ? 1 : i, 0};
		add_and_publish(q, buf, 1);
	}
	for (i = 0; i < 12; i++) { /* a header in twelve pieces, all bits set */
		memset(foo_guest_mem_va(&g->mem, q->buf + i * 64, 64), 0xff, 64);
		buf[i] = (struct foo_guest_buf){q->buf + i * 64, 1, 0};
	}
	buf[12] = (struct foo_guest_buf){q->buf + 12 * 64, 600, 0};
	add_and_publish(q, buf, 13);
	foo_guest_ring_kick(&q->ring);
	for (i = 0; i < 100; i++) { /* take what comes of them */
		ctl_recv(g, 0, &pkt);
		usleep(200);
	}
	ctl_check_subject(env, 100);
}

static void
test_odd_packets(void **state)
{
	odd_packets(*state, CTL_SPLIT);
	odd_packets(*state, CTL_PACKED);
}

/* Receive buffers smaller than a header, of one byte, of none. */
static void
small_buffers(struct ctl_env *env, uint64_t features, uint32_t len)
{
	struct ctl_guest *g = &env->subject;
	struct foo_guest_ring *ring;
	unsigned int i;

	open_two(env, features);
	ring = &g->q[CTL_RX].ring;
	for (i = 0; i < ring->size; i++) {
		if (ring->packed)
			ring->packed_desc[i].len = len;
		else
			ring->desc[i].len = len;
	}
	for (i = 0; i < 32; i++)
		assert_int_equal(ctl_send(g, 0, 0, i, 600), 0);
	usleep(20000);
	assert_int_equal(ctl_transfer(g, 1, g, 1, 100), 0);
	ctl_check_witnesses(env);
}

static void
test_small_buffers(void **state)
{
	static const uint32_t len[] = {0, 1, 9, 10, 11, 12, 13};
	struct ctl_env *env = *state;
	unsigned int i;

	for (i = 0; i < sizeof(len) / sizeof(len[0]); i++) {
		small_buffers(env, CTL_SPLIT, len[i]);
		small_buffers(env, CTL_PACKED, len[i]);
		small_buffers(env, CTL_SPLIT & ~CTL_BIT(VIRTIO_NET_F_MRG_RXBUF), len[i]);
	}
}

/* The device never reads back what it wrote: scribbling over it changes nothing for it. */
static void
test_used_scribbled(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_queue *q = open_two(env, CTL_SPLIT);
	struct ctl_guest *g = &env->subject;
	unsigned int i;

	for (i = 0; i < 50; i++) {
		assert_int_equal(ctl_send(g, 0, 0, i, 64), 0);
		while (ctl_reclaim(g, 0) == 0)
			usleep(100);
		memset(q->ring.used->ring, 0xa5, 64 * sizeof(q->ring.used->ring[0]));
		ctl_drain(g, 0);
	}
	ctl_check_subject(env, 100);
}

/* Any value of the event fields is a wish that the device may grant, never a fault. */
static void
test_event_scribbled(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_queue *q = open_two(env, CTL_SPLIT);
	unsigned int i;

	for (i = 0; i < 50; i++) {
		q->ring.avail->ring[q->ring.size] = i * 7919; /* used_event */
		q->ring.avail->flags = i * 257;
		ctl_check_subject(env, 3);
	}
	q = open_two(env, CTL_PACKED);
	for (i = 0; i < 50; i++) {
		q->ring.driver_event->off_wrap = i * 7919;
		q->ring.driver_event->flags = i * 257;
		ctl_check_subject(env, 3);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ctl_test(test_split_broken),
		ctl_test(test_split_repeated),
		ctl_test(test_split_too_many),
		ctl_test(test_split_indirect_broken),
		ctl_test(test_packed_indirect_broken),
		ctl_test(test_packed_broken),
		ctl_test(test_packed_ids),
		ctl_test(test_split_refused),
		ctl_test(test_packed_refused),
		ctl_test(test_indirect_unnegotiated),
		ctl_test(test_total_length),
		ctl_test(test_odd_packets),
		ctl_test(test_small_buffers),
		ctl_test(test_used_scribbled),
		ctl_test(test_event_scribbled),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, ctl_group_setup, ctl_group_teardown);
}
