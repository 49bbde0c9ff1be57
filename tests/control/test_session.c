/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* A whole guest in one call (foo_guest.h), with a back-end that works. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#include <foo_guest.h>

#include "ctl_env.h"

#define RX 0
#define TX 1
#define LEN 100
#define WAIT_MS 10000
#define HDR sizeof(struct virtio_net_hdr_v1)

/* A guest with one packet to send and one receive buffer. */
struct card {
	struct foo_guest g;
	struct foo_guest_buf rx;
	struct foo_guest_buf tx;
	uint8_t *got;
	uint8_t *sent;
};

static void
open_card(struct ctl_env *env, struct card *c, const struct foo_guest_config *more)
{
	struct foo_guest_config cfg = *more;

	cfg.path = env->path;
	cfg.nqueues = 2;
	cfg.required |= CTL_BIT(VIRTIO_F_VERSION_1);
	if (foo_guest_open(&c->g, &cfg) != 0)
		fail_msg("%s", c->g.error);
	c->rx = (struct foo_guest_buf){.len = 2048, .flags = VRING_DESC_F_WRITE};
	c->tx = (struct foo_guest_buf){.len = HDR + LEN};
	c->got = foo_guest_alloc(&c->g, c->rx.len, &c->rx.gpa);
	c->sent = foo_guest_alloc(&c->g, c->tx.len, &c->tx.gpa);
	assert_non_null(c->got);
	assert_non_null(c->sent);
	memset(c->sent + HDR, 0x5a, LEN);
}

/* The card sends to itself. */
static void
check_packet(struct card *c, uint8_t byte)
{
	struct foo_guest_used used;

	c->sent[HDR + LEN - 1] = byte;
	assert_int_equal(foo_guest_send(&c->g, RX, &c->rx, 1, 7), 0);
	assert_int_equal(foo_guest_send(&c->g, TX, &c->tx, 1, 8), 0);
	assert_int_equal(foo_guest_receive(&c->g, TX, &used, WAIT_MS), 0);
	assert_int_equal(used.token, 8);
	assert_int_equal(foo_guest_receive(&c->g, RX, &used, WAIT_MS), 0);
	assert_int_equal(used.token, 7);
	assert_int_equal(used.len, HDR + LEN);
	assert_memory_equal(c->got + HDR, c->sent + HDR, LEN);
}

static const uint64_t ring_features[] = {
	0,
	CTL_BIT(VIRTIO_RING_F_EVENT_IDX),
	CTL_BIT(VIRTIO_F_IN_ORDER),
	CTL_BIT(VIRTIO_F_RING_PACKED),
	CTL_BIT(VIRTIO_F_RING_PACKED) | CTL_BIT(VIRTIO_RING_F_EVENT_IDX),
	CTL_BIT(VIRTIO_F_RING_PACKED) | CTL_BIT(VIRTIO_F_IN_ORDER),
};

static void
test_open(void **state)
{
	struct ctl_env *env = *state;

	for (unsigned int i = 0; i < sizeof(ring_features) / sizeof(ring_features[0]); i++) {
		struct foo_guest_config cfg = {.required = ring_features[i], .interrupts = i % 2};
		struct card c;

		open_card(env, &c, &cfg);
		assert_int_equal(c.g.features & ring_features[i], ring_features[i]);
		/* more than the queue has entries: indices wrap */
		for (unsigned int n = 0; n < 600; n++)
			check_packet(&c, (uint8_t)n);
		assert_int_equal(foo_guest_wait(&c.g, RX, 10), -ETIMEDOUT);
		foo_guest_close(&c.g);
	}
}

/* The caller looks at what was negotiated before any queue is started, and does not like it. */
static int
refuse(struct foo_guest *g, void *ctx)
{
	assert_int_equal(g->nqueues, 0);
	assert_int_equal(g->features & CTL_BIT(VIRTIO_F_VERSION_1), CTL_BIT(VIRTIO_F_VERSION_1));
	snprintf(g->error, sizeof(g->error), "%s", (const char *)ctx);
	return -ENOTSUP;
}

static void
test_inspect(void **state)
{
	static char why[] = "too few of them";
	struct ctl_env *env = *state;
	const struct foo_guest_config cfg = {.path = env->path,
					     .required = CTL_BIT(VIRTIO_F_VERSION_1),
					     .nqueues = 2,
					     .inspect = refuse,
					     .ctx = why};
	struct foo_guest g;

	assert_int_equal(foo_guest_open(&g, &cfg), -ENOTSUP);
	assert_string_equal(g.error, why);
	assert_true(foo_guest_hung_up(&g));
}

/* Each failure says what failed, and leaves nothing open. */
static void
test_errors(void **state)
{
	struct ctl_env *env = *state;
	struct foo_guest_config cfg = {.path = env->path, .nqueues = 2, .timeout_ms = 1000};
	struct foo_guest g;

	cfg.nqueues = 0;
	assert_int_equal(foo_guest_open(&g, &cfg), -EINVAL);
	assert_non_null(strstr(g.error, "0 queues"));
	cfg.nqueues = 2;
	cfg.queue_size = 100;
	assert_int_equal(foo_guest_open(&g, &cfg), -EINVAL);
	assert_non_null(strstr(g.error, "queue 0 with 100 descriptors"));
	cfg.queue_size = 0;
	cfg.required = CTL_BIT(VIRTIO_F_SR_IOV);
	assert_int_equal(foo_guest_open(&g, &cfg), -ENOTSUP);
	assert_non_null(strstr(g.error, "does not offer SR_IOV"));
	cfg.required = 0;
	cfg.memory = 4096;
	assert_int_equal(foo_guest_open(&g, &cfg), -ENOSPC);
	cfg.memory = 0;
	cfg.path = "/nowhere/at/all";
	cfg.timeout_ms = 10;
	assert_int_equal(foo_guest_open(&g, &cfg), -ENOENT);
	assert_string_equal(g.error, "connect to /nowhere/at/all: No such file or directory");
	assert_true(foo_guest_hung_up(&g));
	foo_guest_close(&g); /* again is harmless */
}

/* The connection breaks, and rings go on where they were. */
static void
test_reconnect(void **state)
{
	struct ctl_env *env = *state;

	for (unsigned int i = 0; i < sizeof(ring_features) / sizeof(ring_features[0]); i++) {
		struct foo_guest_config cfg = {.required = ring_features[i], .inflight = true};
		struct foo_guest_used used;
		eventfd_t kicks;
		struct card c;

		open_card(env, &c, &cfg);
		for (unsigned int n = 0; n < 300; n++)
			check_packet(&c, (uint8_t)n);
		foo_front_close(&c.g.front);
		assert_true(foo_guest_hung_up(&c.g));
		assert_int_equal(foo_guest_wait(&c.g, RX, 10), -ECONNRESET);
		/* added while nobody is there, used by who comes */
		assert_int_equal(foo_guest_send(&c.g, RX, &c.rx, 1, 1), 0);
		assert_int_equal(foo_guest_send(&c.g, TX, &c.tx, 1, 2), 0);
		/* one that has died may have taken every kick */
		for (unsigned int q = 0; q < 2; q++)
			eventfd_read(c.g.queue[q].kickfd, &kicks);
		if (foo_guest_reconnect(&c.g) != 0)
			fail_msg("%s", c.g.error);
		assert_false(foo_guest_hung_up(&c.g));
		for (unsigned int q = 0; q < 2; q++) /* this back-end polls: it leaves them */
			assert_int_equal(eventfd_read(c.g.queue[q].kickfd, &kicks), 0);
		assert_int_equal(foo_guest_receive(&c.g, RX, &used, WAIT_MS), 0);
		assert_int_equal(used.token, 1);
		assert_int_equal(foo_guest_receive(&c.g, TX, &used, WAIT_MS), 0);
		assert_int_equal(used.token, 2);
		for (unsigned int n = 0; n < 300; n++)
			check_packet(&c, (uint8_t)n);
		foo_guest_close(&c.g);
	}
}

static void
test_dirty_log(void **state)
{
	const struct foo_guest_config cfg = {.features = CTL_BIT(VIRTIO_NET_F_MRG_RXBUF)};
	struct ctl_env *env = *state;
	struct card c;

	open_card(env, &c, &cfg);
	check_packet(&c, 1);
	assert_int_equal(foo_guest_log_count(&c.g, false), 0);
	assert_int_equal(foo_guest_log_start(&c.g), 0);
	assert_int_equal(foo_guest_log_start(&c.g), -EALREADY);
	foo_guest_log_count(&c.g, true);
	check_packet(&c, 2);
	assert_true(foo_guest_log_dirty(&c.g, c.rx.gpa));
	assert_true(foo_guest_log_dirty(&c.g, c.g.queue[RX].ring.device_gpa));
	assert_false(foo_guest_log_dirty(&c.g, FOO_GUEST_MEMORY_GPA + FOO_GUEST_MEMORY - 1));
	assert_false(foo_guest_log_dirty(&c.g, UINT64_MAX));
	assert_true(foo_guest_log_count(&c.g, true) >= 1);
	assert_int_equal(foo_guest_log_count(&c.g, false), 0);
	assert_int_equal(foo_guest_log_stop(&c.g), 0);
	check_packet(&c, 3);
	foo_guest_close(&c.g);
}

/* Several ranges with a hole; tables of descriptors. */
static void
test_ranges_and_tables(void **state)
{
	const struct foo_guest_range range[] = {{0x10000, 1 << 20}, {0x100000000, 1 << 20}};
	const struct foo_guest_config cfg = {.required = CTL_BIT(VIRTIO_RING_F_INDIRECT_DESC),
					     .indirect_max = 4,
					     .range = range,
					     .nranges = 2};
	struct foo_guest_used used;
	struct ctl_env *env = *state;
	struct foo_guest_buf part[2];
	struct card c;

	open_card(env, &c, &cfg);
	part[0] = part[1] = c.tx;
	part[0].len = HDR;
	part[1].gpa += HDR;
	part[1].len -= HDR;
	assert_int_equal(foo_guest_send(&c.g, RX, &c.rx, 1, 7), 0);
	assert_int_equal(foo_guest_send(&c.g, TX, part, 2, 9), 0);
	assert_int_equal(c.g.queue[TX].ring.nfree, c.g.queue[TX].ring.size - 1);
	assert_int_equal(foo_guest_receive(&c.g, RX, &used, WAIT_MS), 0);
	assert_memory_equal(c.got + HDR, c.sent + HDR, LEN);
	foo_guest_close(&c.g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ctl_test(test_open),      ctl_test(test_inspect),
		ctl_test(test_errors),    ctl_test(test_reconnect),
		ctl_test(test_dirty_log), ctl_test(test_ranges_and_tables),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, ctl_group_setup, ctl_group_teardown);
}
