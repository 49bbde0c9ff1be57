/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* Opening and closing a guest; its memory, rings and chains. */

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "conform.h"
#include "conform_guest.h"

#define RX_LEN 2048
#define RETRY_US 5000
#define IDLE_US 50

/* Two regions that touch, and one behind a hole. */
static const struct foo_guest_range default_range[] = {
	{.gpa = 0, .size = CONFORM_SEAM},
	{.gpa = CONFORM_SEAM, .size = CONFORM_SEAM},
	{.gpa = CONFORM_HIGH, .size = CONFORM_HIGH_SIZE},
};

int64_t
conform_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void
conform_wrong(struct conform_guest *g, const char *format, ...)
{
	va_list ap;

	if (g->wrong[0] != '\0')
		return;
	va_start(ap, format);
	vsnprintf(g->wrong, sizeof(g->wrong), format, ap);
	va_end(ap);
}

void
conform_guest_init(struct conform_guest *g)
{
	memset(g, 0, sizeof(*g));
	foo_front_init(&g->front);
}

static uint64_t
wanted_features(const struct conform_setup *set)
{
	uint64_t f = set->features;

	if (!set->legacy)
		f |= CONFORM_BIT(VIRTIO_F_VERSION_1);
	if (set->packed)
		f |= CONFORM_BIT(VIRTIO_F_RING_PACKED);
	if (set->device == CONFORM_NET && !set->legacy)
		f |= CONFORM_BIT(VIRTIO_NET_F_MRG_RXBUF);
	if (set->device == CONFORM_BLK)
		f |= CONFORM_BIT(VIRTIO_BLK_F_RO) | CONFORM_BIT(VIRTIO_BLK_F_FLUSH) |
		     CONFORM_BIT(CONFORM_BLK_F_ZONED);
	return f;
}

int
conform_guest_connect(struct conform_guest *g, const struct conform_setup *set)
{
	int64_t deadline = conform_now_ms() + set->timeout_ms;
	int ret;

	g->set = *set;
	g->front.timeout_ms = set->timeout_ms;
	if (set->no_protocol)
		g->front.proto_wanted = 0;
	if (g->set.block == 0)
		g->set.block = 512;
	if (g->set.size == 0)
		g->set.size = CONFORM_SIZE;
	if (g->set.rx_len == 0)
		g->set.rx_len = RX_LEN;
	if (g->set.range == NULL) {
		g->set.range = default_range;
		g->set.nranges = sizeof(default_range) / sizeof(default_range[0]);
	}
	for (;;) {
		ret = foo_front_connect(&g->front, set->path);
		if (ret == 0)
			ret = foo_front_negotiate(&g->front, wanted_features(set));
		if (ret != -ECONNRESET || conform_now_ms() > deadline)
			break;
		foo_front_close(&g->front);
		usleep(RETRY_US);
	}
	g->work = set->device == CONFORM_NET ? CONFORM_TX : 0;
	g->hdr_len = foo_front_has(&g->front, VIRTIO_F_VERSION_1) ||
				     foo_front_has(&g->front, VIRTIO_NET_F_MRG_RXBUF) ?
			     sizeof(struct virtio_net_hdr_v1) :
			     sizeof(struct virtio_net_hdr);
	return ret;
}

int
conform_guest_share(struct conform_guest *g)
{
	int ret = foo_guest_mem_create(&g->mem, g->set.range, g->set.nranges,
				       g->set.unsealed ? FOO_GUEST_MEM_UNSEALED : 0);

	return ret != 0 ? ret : foo_front_set_mem(&g->front, &g->mem);
}

uint64_t
conform_buf(const struct conform_queue *q, unsigned int token)
{
	return q->buf + (uint64_t)(token % q->ring.size) * CONFORM_BUF;
}

int
conform_give_rx(struct conform_guest *g, unsigned int index)
{
	struct conform_queue *q = &g->q[CONFORM_RX];
	const uint16_t flags = g->set.rx_readable ? 0 : VRING_DESC_F_WRITE;
	const uint64_t gpa = conform_buf(q, index);
	struct foo_guest_buf buf[2] = {{gpa, g->set.rx_len, flags}};
	uint16_t n = 1;
	int ret;

	memset(foo_guest_mem_va(&g->mem, gpa, CONFORM_BUF), 0xcc, CONFORM_BUF);
	if (g->set.rx_first != 0) {
		buf[0].len = g->set.rx_first;
		buf[1] = (struct foo_guest_buf){gpa + g->set.rx_first,
						g->set.rx_len - g->set.rx_first, flags};
		n = 2;
	}
	ret = foo_guest_ring_add(&q->ring, buf, n, FOO_GUEST_DIRECT, index);
	return ret < 0 ? ret : 0;
}

static int
make_queue(struct conform_guest *g, unsigned int i)
{
	struct conform_queue *q = &g->q[i];
	struct foo_guest_ring_config cfg = {.features = g->front.features,
					    .size = g->set.size,
					    .indirect_max = 72,
					    .base = foo_guest_ring_start(g->front.features)};
	int ret;

	memset(q, 0, sizeof(*q));
	q->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	q->call = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	cfg.kickfd = q->kick;
	cfg.base += g->set.base;
	g->nqueues = i + 1;
	if (q->kick < 0 || q->call < 0)
		return -errno;
	ret = foo_guest_ring_init(&q->ring, &g->mem, &cfg);
	if (ret != 0)
		return ret;
	q->buf = foo_guest_mem_alloc(&g->mem, (uint64_t)cfg.size * CONFORM_BUF, CONFORM_BUF);
	return q->buf == FOO_GUEST_NO_GPA ? -ENOSPC : 0;
}

int
conform_guest_rings(struct conform_guest *g)
{
	const unsigned int n = g->set.device == CONFORM_NET ? 2 : 1;
	unsigned int i, chains = g->set.rx_first != 0 ? g->set.size / 2 : g->set.size;
	int ret = 0;

	for (i = 0; i < n && ret == 0; i++)
		ret = make_queue(g, i);
	if (g->set.device == CONFORM_NET && !g->set.rx_none) {
		for (i = 0; i < chains && ret == 0; i++)
			ret = conform_give_rx(g, i);
		if (ret == 0)
			foo_guest_ring_publish(&g->q[CONFORM_RX].ring);
	}
	return ret;
}

int
conform_guest_start(struct conform_guest *g)
{
	uint64_t ignored;
	int ret = 0;

	for (unsigned int i = 0; i < g->nqueues && ret == 0; i++)
		ret = foo_front_start_ring(&g->front, i, &g->mem, &g->q[i].ring, g->q[i].call);
	if (ret == 0)
		ret = foo_front_driver_ok(&g->front);
	/* an answer to the last message may precede its effect; one to the next does not */
	if (ret == 0)
		ret = foo_front_get_features(&g->front, &ignored);
	/* receive buffers were published before there was anybody to kick */
	for (unsigned int i = 0; i < g->nqueues && ret == 0; i++)
		foo_guest_ring_kick(&g->q[i].ring);
	return ret;
}

int
conform_guest_open(struct conform_guest *g, const struct conform_setup *set)
{
	int ret;

	ret = conform_guest_connect(g, set);
	if (ret == 0)
		ret = conform_guest_share(g);
	if (ret == 0)
		ret = conform_guest_rings(g);
	if (ret == 0)
		ret = conform_guest_start(g);
	if (ret != 0)
		conform_guest_close(g);
	return ret;
}

void
conform_guest_drop_rings(struct conform_guest *g)
{
	for (unsigned int i = 0; i < g->nqueues; i++) {
		struct conform_queue *q = &g->q[i];

		if (q->ring.slot != NULL)
			foo_guest_ring_fini(&q->ring);
		if (q->kick >= 0)
			close(q->kick);
		if (q->call >= 0)
			close(q->call);
	}
	g->nqueues = 0;
	g->packet.left = 0;
	foo_guest_mem_free_all(&g->mem);
}

int
conform_guest_restart(struct conform_guest *g)
{
	int ret = 0;

	for (unsigned int i = 0; i < g->nqueues && ret == 0; i++)
		ret = foo_front_stop_queue(&g->front, i, NULL);
	conform_guest_drop_rings(g);
	if (ret == 0)
		ret = conform_guest_rings(g);
	return ret != 0 ? ret : conform_guest_start(g);
}

void
conform_guest_close(struct conform_guest *g)
{
	foo_front_fini(&g->front);
	conform_guest_drop_rings(g);
	if (g->mem.nregions > 0)
		foo_guest_mem_destroy(&g->mem);
}

bool
conform_guest_dropped(const struct conform_guest *g)
{
	struct pollfd p = {.fd = g->front.sock, .events = POLLRDHUP};

	return g->front.sock < 0 || (poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLRDHUP)));
}

int
conform_add(struct conform_guest *g, unsigned int queue, const struct foo_guest_buf *buf,
	    uint16_t n, uint16_t direct)
{
	struct conform_queue *q = &g->q[queue];
	const unsigned int token = q->next % CONFORM_TOKENS;
	int ret = foo_guest_ring_add(&q->ring, buf, n, direct, token);

	if (ret < 0)
		return ret;
	q->next++;
	q->done[token] = (struct conform_done){0};
	return (int)token;
}

void
conform_publish(struct conform_guest *g, unsigned int queue)
{
	foo_guest_ring_publish(&g->q[queue].ring);
	foo_guest_ring_kick(&g->q[queue].ring);
}

bool
conform_is_done(const struct conform_guest *g, unsigned int queue, int token)
{
	return token >= 0 && g->q[queue].done[token].done;
}

bool
conform_wait_done(struct conform_guest *g, unsigned int queue, int token, int ms)
{
	const int64_t deadline = conform_now_ms() + ms;

	for (;;) {
		conform_poll(g);
		if (conform_is_done(g, queue, token))
			return true;
		if (conform_now_ms() > deadline || conform_guest_dropped(g))
			return false;
		usleep(IDLE_US);
	}
}
