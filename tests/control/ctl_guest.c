/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ctl_guest.h"
#include "ctl_time.h"

#define DEFAULT_SIZE 64
#define ETH_HDR 14
#define MAGIC 0x0f00f00du
#define TRANSFER_MS 10000
#define SETTLE_MS 2000
#define IDLE_US 100

/* As a PC has it: below and above a hole. */
static const struct foo_guest_range default_range[] = {
	{.gpa = 0, .size = 4 << 20},
	{.gpa = UINT64_C(4) << 30, .size = 4 << 20},
};

/* What stands behind the Ethernet header, before bytes that follow from seq. */
struct stamp {
	uint32_t magic;
	uint32_t stream;
	uint32_t seq;
	uint32_t len;
};

int
ctl_guest_connect(struct ctl_guest *g, const char *path, const struct ctl_guest_opt *opt)
{
	int ret;

	memset(g, 0, sizeof(*g));
	foo_front_init(&g->front);
	g->is_open = true;
	if (opt != NULL)
		g->opt = *opt;
	if (g->opt.features == 0)
		g->opt.features = CTL_SPLIT;
	if (g->opt.npairs == 0)
		g->opt.npairs = 1;
	if (g->opt.size == 0)
		g->opt.size = DEFAULT_SIZE;
	if (g->opt.range == NULL) {
		g->opt.range = default_range;
		g->opt.nranges = 2;
	}
	if (g->opt.no_protocol)
		g->front.proto_wanted = 0;
	if (g->opt.listen)
		ret = foo_front_listen(&g->front, path);
	else
		ret = foo_front_connect(&g->front, path);
	if (ret == 0 && g->opt.listen)
		ret = foo_front_accept(&g->front);
	if (ret == 0)
		ret = foo_front_negotiate(&g->front, g->opt.features);
	if (foo_front_has(&g->front, VIRTIO_F_VERSION_1) ||
	    foo_front_has(&g->front, VIRTIO_NET_F_MRG_RXBUF))
		g->hdr_len = sizeof(struct virtio_net_hdr_mrg_rxbuf);
	else
		g->hdr_len = sizeof(struct virtio_net_hdr);
	return ret;
}

int
ctl_guest_share(struct ctl_guest *g)
{
	int ret =
		foo_guest_mem_create(&g->mem, g->opt.range, g->opt.nranges, FOO_GUEST_MEM_UNSEALED);

	return ret != 0 ? ret : foo_front_set_mem(&g->front, &g->mem);
}

/* Let the device have one receive buffer. */
static int
give_buffer(struct ctl_queue *q, uint16_t n)
{
	const struct foo_guest_buf buf = {
		.gpa = q->buf + (uint64_t)n * CTL_BUF, .len = CTL_BUF, .flags = VRING_DESC_F_WRITE};
	int ret = foo_guest_ring_add(&q->ring, &buf, 1, FOO_GUEST_DIRECT, n);

	return ret < 0 ? ret : 0;
}

static void
publish(struct ctl_queue *q)
{
	if (foo_guest_ring_publish(&q->ring))
		foo_guest_ring_kick(&q->ring);
}

static int
make_queue(struct ctl_guest *g, unsigned int vring)
{
	struct ctl_queue *q = &g->q[vring];
	struct foo_guest_ring_config cfg = {.features = g->front.features,
					    .size = g->opt.size,
					    .base = foo_guest_ring_start(g->front.features)};
	uint16_t i;
	int ret;

	q->kick = g->opt.no_kickfd ? -1 : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	q->call = g->opt.no_callfd ? -1 : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	cfg.kickfd = q->kick;
	cfg.base += g->opt.base;
	ret = foo_guest_ring_init(&q->ring, &g->mem, &cfg);
	if (ret != 0)
		return ret;
	q->buf = foo_guest_mem_alloc(&g->mem, (uint64_t)cfg.size * CTL_BUF, 4096);
	if (q->buf == FOO_GUEST_NO_GPA)
		return -ENOSPC;
	q->nfree = 0;
	for (i = 0; i < cfg.size && ret == 0; i++) {
		if (vring % 2 == CTL_RX)
			ret = give_buffer(q, i);
		else
			q->free[q->nfree++] = i;
	}
	foo_guest_ring_publish(&q->ring); /* nobody is there to be kicked */
	return ret;
}

int
ctl_guest_rings(struct ctl_guest *g)
{
	unsigned int i;
	int ret;

	for (i = 0; i < 2 * g->opt.npairs; i++) {
		ret = make_queue(g, i);
		if (ret != 0)
			return ret;
		g->npairs = (i + 2) / 2;
	}
	return 0;
}

int
ctl_guest_start(struct ctl_guest *g, unsigned int vring)
{
	struct ctl_queue *q = &g->q[vring];

	return foo_front_start_ring(&g->front, vring, &g->mem, &q->ring, q->call);
}

int
ctl_guest_start_all(struct ctl_guest *g)
{
	uint64_t ignored;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < 2 * g->npairs && ret == 0; i++)
		ret = ctl_guest_start(g, i);
	if (ret == 0)
		ret = foo_front_driver_ok(&g->front);
	/* an answer to the last message may precede its effect; one to the next does not */
	return ret != 0 ? ret : foo_front_get_features(&g->front, &ignored);
}

int
ctl_guest_open(struct ctl_guest *g, const char *path, const struct ctl_guest_opt *opt)
{
	int ret;

	ret = ctl_guest_connect(g, path, opt);
	if (ret == 0)
		ret = ctl_guest_share(g);
	if (ret == 0)
		ret = ctl_guest_rings(g);
	if (ret == 0)
		ret = ctl_guest_start_all(g);
	if (ret != 0)
		ctl_guest_close(g);
	return ret;
}

int
ctl_guest_stop_all(struct ctl_guest *g)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < 2 * g->npairs && ret == 0; i++)
		ret = foo_front_stop_queue(&g->front, i, NULL);
	return ret;
}

void
ctl_guest_drop_rings(struct ctl_guest *g)
{
	unsigned int i;

	for (i = 0; i < 2 * CTL_MAX_PAIRS; i++) {
		struct ctl_queue *q = &g->q[i];

		if (q->ring.slot == NULL)
			continue;
		foo_guest_ring_fini(&q->ring);
		if (q->kick >= 0)
			close(q->kick);
		if (q->call >= 0)
			close(q->call);
		memset(q, 0, sizeof(*q));
	}
	g->npairs = 0;
	foo_guest_mem_free_all(&g->mem);
}

void
ctl_guest_close(struct ctl_guest *g)
{
	if (!g->is_open)
		return;
	foo_front_fini(&g->front);
	ctl_guest_drop_rings(g);
	if (g->mem.nregions > 0)
		foo_guest_mem_destroy(&g->mem);
	memset(g, 0, sizeof(*g));
}

/* Byte i of the packet with this number. */
static uint8_t
pattern(uint32_t seq, uint32_t i)
{
	return (uint8_t)(seq * 31 + i);
}

static void
fill_packet(uint8_t *pkt, uint32_t stream, uint32_t seq, uint32_t len)
{
	static const uint8_t eth[ETH_HDR] = {0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1, 0x88, 0xb5};
	const struct stamp st = {.magic = MAGIC, .stream = stream, .seq = seq, .len = len};
	uint32_t i;

	memcpy(pkt, eth, sizeof(eth));
	memcpy(pkt + ETH_HDR, &st, sizeof(st));
	for (i = ETH_HDR + sizeof(st); i < len; i++)
		pkt[i] = pattern(seq, i);
}

static int
check_packet(const uint8_t *pkt, uint32_t len, struct ctl_packet *out)
{
	struct stamp st;
	uint32_t i;

	if (len < ETH_HDR + sizeof(st))
		return -EBADMSG;
	memcpy(&st, pkt + ETH_HDR, sizeof(st));
	if (st.magic != MAGIC || st.len != len)
		return -EBADMSG;
	for (i = ETH_HDR + sizeof(st); i < len; i++)
		if (pkt[i] != pattern(st.seq, i))
			return -EBADMSG;
	out->stream = st.stream;
	out->seq = st.seq;
	out->len = len;
	return 0;
}

int
ctl_reclaim(struct ctl_guest *g, unsigned int pair)
{
	struct ctl_queue *q = &g->q[2 * pair + CTL_TX];
	struct foo_guest_used used;
	int n, total = 0;

	while ((n = foo_guest_ring_poll(&q->ring, &used, 1)) > 0) {
		q->free[q->nfree++] = used.token;
		total++;
	}
	return n < 0 ? n : total;
}

int
ctl_send(struct ctl_guest *g, unsigned int pair, uint32_t stream, uint32_t seq, uint32_t len)
{
	struct ctl_queue *q = &g->q[2 * pair + CTL_TX];
	struct foo_guest_buf buf = {.len = g->hdr_len + len};
	uint16_t slot;
	uint8_t *va;
	int ret;

	if ((q->nfree == 0 || q->ring.nfree == 0) && ctl_reclaim(g, pair) < 0)
		return -EPROTO;
	if (q->nfree == 0 || q->ring.nfree == 0)
		return -ENOSPC;
	slot = q->free[q->nfree - 1];
	buf.gpa = q->buf + (uint64_t)slot * CTL_BUF;
	va = foo_guest_mem_va(&g->mem, buf.gpa, CTL_BUF);
	memset(va, 0, g->hdr_len);
	fill_packet(va + g->hdr_len, stream, seq, len);
	ret = foo_guest_ring_add(&q->ring, &buf, 1, FOO_GUEST_DIRECT, slot);
	if (ret < 0)
		return ret;
	q->nfree--;
	publish(q);
	return 0;
}

int
ctl_recv(struct ctl_guest *g, unsigned int pair, struct ctl_packet *pkt)
{
	struct ctl_queue *q = &g->q[2 * pair + CTL_RX];
	struct foo_guest_used used;
	const uint8_t *va;
	int n, ret;

	n = foo_guest_ring_poll(&q->ring, &used, 1);
	if (n <= 0)
		return n;
	pkt->gpa = q->buf + used.token * CTL_BUF;
	va = foo_guest_mem_va(&g->mem, pkt->gpa, CTL_BUF);
	if (used.len < g->hdr_len || used.len > CTL_BUF)
		ret = -EBADMSG;
	else
		ret = check_packet(va + g->hdr_len, used.len - g->hdr_len, pkt);
	if (give_buffer(q, used.token) != 0)
		return -EPROTO;
	publish(q);
	return ret != 0 ? ret : 1;
}

/* Stream numbers tell one transfer's packets from leftovers of an earlier one. */
static uint32_t
new_stream(void)
{
	static uint32_t stream;

	return __atomic_add_fetch(&stream, 1, __ATOMIC_RELAXED);
}

/* Receive what is there of a stream; *next is the number expected. Packets, or -errno. */
static int
receive_stream(struct ctl_guest *g, unsigned int pair, uint32_t stream, uint32_t *next)
{
	struct ctl_packet pkt;
	int n = 0, ret;

	while ((ret = ctl_recv(g, pair, &pkt)) > 0) {
		if (pkt.stream != stream)
			continue;
		if (pkt.seq != *next) {
			printf("# packet %u came where %u was due\n", pkt.seq, *next);
			return -EBADMSG;
		}
		(*next)++;
		n++;
	}
	return ret < 0 ? ret : n;
}

/* Let leftovers of earlier tests pass, which would take up the receiver's buffers. */
static int
settle(struct ctl_guest *from, unsigned int from_pair, struct ctl_guest *to, unsigned int to_pair)
{
	const struct foo_guest_ring *tx = &from->q[2 * from_pair + CTL_TX].ring;
	int64_t deadline = ctl_now_ms() + SETTLE_MS;
	int ret;

	for (;;) {
		ret = ctl_reclaim(from, from_pair);
		if (ret >= 0)
			ret = ctl_drain(to, to_pair);
		if (ret < 0 && ret != -EBADMSG)
			return ret;
		if ((ret == 0 && tx->inflight == 0) || ctl_now_ms() > deadline)
			return 0;
		usleep(IDLE_US);
	}
}

int
ctl_transfer(struct ctl_guest *from, unsigned int from_pair, struct ctl_guest *to,
	     unsigned int to_pair, uint32_t n)
{
	static const uint32_t length[] = {60, 1514, 128, 64, 999};
	const uint32_t window = to->opt.size / 2;
	const uint32_t stream = new_stream();
	int64_t deadline = ctl_now_ms() + TRANSFER_MS;
	uint32_t sent = 0, received = 0;
	int ret;

	ret = settle(from, from_pair, to, to_pair);
	if (ret != 0)
		return ret;
	while (received < n) {
		while (sent < n && sent - received < window) {
			ret = ctl_send(from, from_pair, stream, sent, length[sent % 5]);
			if (ret != 0 && ret != -ENOSPC)
				return ret;
			if (ret != 0)
				break;
			sent++;
		}
		ret = receive_stream(to, to_pair, stream, &received);
		if (ret < 0)
			return ret;
		if (ret == 0 && ctl_now_ms() > deadline) {
			printf("# %u packets sent, %u received in %d ms\n", sent, received,
			       TRANSFER_MS);
			return -ETIMEDOUT;
		}
		if (ret == 0)
			usleep(IDLE_US);
	}
	return ctl_reclaim(from, from_pair) < 0 ? -EPROTO : 0;
}

int
ctl_drain(struct ctl_guest *g, unsigned int pair)
{
	struct ctl_packet pkt;
	int n = 0, ret;

	while ((ret = ctl_recv(g, pair, &pkt)) > 0)
		n++;
	return ret < 0 ? ret : n;
}

int64_t
ctl_round_trip_us(struct ctl_guest *g)
{
	int64_t start = ctl_now_us();
	uint64_t ignored;
	int ret;

	ret = foo_front_get_features(&g->front, &ignored);
	return ret != 0 ? ret : ctl_now_us() - start;
}
