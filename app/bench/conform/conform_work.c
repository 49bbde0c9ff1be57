/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* Valid work: packets and requests, and what comes back of them. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conform.h"
#include "conform_guest.h"

#define ETH_HDR 14
#define MAGIC 0x0f00c0deu
#define IDLE_US 50

/* Where the parts of a block request are in its buffer. */
#define BLK_STATUS 64
#define BLK_DATA 512

/* Sectors that are written by conform_work(): of a disk that one can spare. */
#define BLK_SECTORS 64

/* What stands behind the Ethernet header, before the pattern. */
struct stamp {
	uint32_t magic;
	uint32_t seq;
	uint32_t len;
};

uint8_t
conform_pattern(uint32_t seed, uint32_t i)
{
	return (uint8_t)(seed * 31 + i + (i >> 8));
}

void
conform_fill_part(struct conform_guest *g, uint64_t gpa, uint32_t seq, uint32_t len, uint32_t total)
{
	static const uint8_t eth[ETH_HDR] = {0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1, 0x88, 0xb5};
	const struct stamp st = {.magic = MAGIC, .seq = seq, .len = total};
	uint8_t data[sizeof(struct virtio_net_hdr_v1) + CONFORM_BUF] = {0};
	uint8_t *pkt = data + g->hdr_len;

	if (len > CONFORM_BUF)
		len = CONFORM_BUF;
	for (uint32_t i = 0; i < len; i++)
		pkt[i] = conform_pattern(seq, i);
	memcpy(pkt, eth, len < sizeof(eth) ? len : sizeof(eth));
	if (len >= ETH_HDR + sizeof(st))
		memcpy(pkt + ETH_HDR, &st, sizeof(st));
	foo_guest_mem_write(&g->mem, gpa, data, g->hdr_len + len);
}

void
conform_fill_packet(struct conform_guest *g, uint64_t gpa, uint32_t seq, uint32_t len)
{
	conform_fill_part(g, gpa, seq, len, len);
}

/* A packet is complete: is it one of ours, and whole? Foreign ones are left alone. */
static void
check_packet(struct conform_guest *g, const uint8_t *pkt, uint32_t len)
{
	struct stamp st;

	if (len < ETH_HDR + sizeof(st))
		return;
	memcpy(&st, pkt + ETH_HDR, sizeof(st));
	if (st.magic != MAGIC)
		return;
	if (st.len != len)
		g->rx_corrupt++;
	for (uint32_t i = ETH_HDR + sizeof(st); i < len && st.len == len; i++) {
		if (pkt[i] != conform_pattern(st.seq, i)) {
			g->rx_corrupt++;
			conform_wrong(g, "byte %u of a packet of %u is wrong", i, len);
			return;
		}
	}
	if (st.len == len)
		g->seen[st.seq % CONFORM_TOKENS] = true;
	else
		conform_wrong(g, "a packet of %u bytes came as %u", st.len, len);
}

/* Bytes of a receive buffer that the device said it wrote. */
static void
take_piece(struct conform_guest *g, const uint8_t *buf, uint32_t len)
{
	struct conform_packet *p = &g->packet;

	if (p->left == 0) {
		if (len < g->hdr_len) {
			conform_wrong(g, "a receive buffer has %u bytes: no header", len);
			return;
		}
		memset(&g->rx_hdr, 0, sizeof(g->rx_hdr));
		memcpy(&g->rx_hdr, buf, g->hdr_len);
		p->len = 0;
		p->left = 1;
		if (foo_front_has(&g->front, VIRTIO_NET_F_MRG_RXBUF))
			p->left = g->rx_hdr.num_buffers;
		if (p->left == 0 || p->left > g->q[CONFORM_RX].ring.size) {
			conform_wrong(g, "num_buffers is %u", p->left);
			p->left = 0;
			return;
		}
	}
	if (len > sizeof(p->data) - p->len) {
		conform_wrong(g, "a packet is larger than any");
		p->left = 0;
		return;
	}
	memcpy(p->data + p->len, buf, len);
	p->len += len;
	if (--p->left == 0)
		check_packet(g, p->data + g->hdr_len, p->len - g->hdr_len);
}

/* Bytes that the device may not have touched: behind the buffer, or all of one to be read. */
static void
check_untouched(struct conform_guest *g, const uint8_t *buf)
{
	uint32_t i = g->set.rx_readable ? 0 : g->set.rx_len;

	for (; i < CONFORM_BUF; i++) {
		if (buf[i] != 0xcc) {
			conform_wrong(g, "byte %u of a receive buffer of %u was written", i,
				      g->set.rx_readable ? 0 : g->set.rx_len);
			return;
		}
	}
}

static void
take_rx(struct conform_guest *g, const struct foo_guest_used *used)
{
	const uint8_t *buf = foo_guest_mem_va(
		&g->mem, conform_buf(&g->q[CONFORM_RX], (unsigned int)used->token), CONFORM_BUF);

	g->rx_used++;
	check_untouched(g, buf);
	if (used->len > g->set.rx_len)
		conform_wrong(g, "used length %u of a buffer of %u", used->len, g->set.rx_len);
	else if (used->len != 0)
		take_piece(g, buf, used->len);
	if (!g->set.rx_none && conform_give_rx(g, (unsigned int)used->token) == 0)
		conform_publish(g, CONFORM_RX);
}

void
conform_poll(struct conform_guest *g)
{
	struct foo_guest_used used;

	for (unsigned int i = 0; i < g->nqueues; i++) {
		/* no more than a lap: a device that never rests must not keep us here */
		unsigned int left = g->q[i].ring.size;
		int n = 0;

		while (left-- > 0 && (n = foo_guest_ring_poll(&g->q[i].ring, &used, 1)) > 0) {
			if (g->set.device == CONFORM_NET && i == CONFORM_RX)
				take_rx(g, &used);
			else
				g->q[i].done[used.token % CONFORM_TOKENS] =
					(struct conform_done){true, used.len};
		}
		if (n < 0)
			conform_wrong(g, "queue %u: what was used was not in flight", i);
	}
}

void
conform_blk_chain(struct conform_guest *g, struct foo_guest_buf buf[3], uint32_t type,
		  uint64_t sector, uint32_t len, uint32_t seed)
{
	const struct virtio_blk_outhdr hdr = {.type = type, .sector = sector};
	const uint64_t gpa = conform_buf(&g->q[0], g->q[0].next);
	const bool out = type & 1;
	uint8_t *va = foo_guest_mem_va(&g->mem, gpa, CONFORM_BUF);

	memset(va, 0xff, CONFORM_BUF);
	memcpy(va, &hdr, sizeof(hdr));
	for (uint32_t i = 0; i < len && out; i++)
		va[BLK_DATA + i] = conform_pattern(seed, i);
	buf[0] = (struct foo_guest_buf){gpa, sizeof(hdr), 0};
	buf[1] = (struct foo_guest_buf){gpa + BLK_DATA, len, out ? 0 : VRING_DESC_F_WRITE};
	buf[2] = (struct foo_guest_buf){gpa + BLK_STATUS, 1, VRING_DESC_F_WRITE};
}

uint8_t
conform_blk_status(struct conform_guest *g, int token)
{
	return *(uint8_t *)foo_guest_mem_va(
		&g->mem, conform_buf(&g->q[0], (unsigned int)token) + BLK_STATUS, 1);
}

uint8_t *
conform_blk_data(struct conform_guest *g, int token)
{
	return foo_guest_mem_va(&g->mem, conform_buf(&g->q[0], (unsigned int)token) + BLK_DATA,
				CONFORM_BUF - BLK_DATA);
}

uint16_t
conform_valid_chain(struct conform_guest *g, struct foo_guest_buf *buf)
{
	const struct conform_queue *q = &g->q[g->work];

	g->seq++;
	if (g->set.device == CONFORM_BLK) {
		conform_blk_chain(g, buf, VIRTIO_BLK_T_IN, 0, g->set.block, 0);
		return 3;
	}
	g->seen[g->seq % CONFORM_TOKENS] = false;
	buf[0] = (struct foo_guest_buf){conform_buf(q, q->next), g->hdr_len + 100u, 0};
	conform_fill_packet(g, buf[0].gpa, g->seq, 100);
	return 1;
}

/* Why waiting ended without success. */
static int
why_not(const struct conform_guest *g)
{
	return conform_guest_dropped(g) ? -ECONNRESET : -ETIMEDOUT;
}

/* One packet, there and back. */
static int
work_net(struct conform_guest *g, uint32_t len)
{
	const int64_t deadline = conform_now_ms() + g->set.timeout_ms;
	const struct conform_queue *q = &g->q[CONFORM_TX];
	struct foo_guest_buf buf = {conform_buf(q, q->next), g->hdr_len + len, 0};
	const uint32_t seq = ++g->seq;
	int token;

	g->seen[seq % CONFORM_TOKENS] = false;
	conform_fill_packet(g, buf.gpa, seq, len);
	token = conform_add(g, CONFORM_TX, &buf, 1, FOO_GUEST_DIRECT);
	if (token < 0)
		return token;
	conform_publish(g, CONFORM_TX);
	if (!conform_wait_done(g, CONFORM_TX, token, g->set.timeout_ms))
		return why_not(g);
	while (!g->set.no_loop && !g->seen[seq % CONFORM_TOKENS]) {
		if (conform_now_ms() > deadline || conform_guest_dropped(g))
			return why_not(g);
		usleep(IDLE_US);
		conform_poll(g);
	}
	return 0;
}

/* One request; what it wrote, and how much it says that is, must be exact (2.7.8.2, 2.8.22). */
static int
request(struct conform_guest *g, uint32_t type, uint64_t sector, uint32_t seed, int *token)
{
	const uint32_t len = g->set.block, written = type == VIRTIO_BLK_T_IN ? len + 1 : 1;
	struct foo_guest_buf buf[3];

	conform_blk_chain(g, buf, type, sector, len, seed);
	*token = conform_add(g, 0, buf, 3, FOO_GUEST_DIRECT);
	if (*token < 0)
		return *token;
	conform_publish(g, 0);
	if (!conform_wait_done(g, 0, *token, g->set.timeout_ms))
		return why_not(g);
	if (conform_blk_status(g, *token) != VIRTIO_BLK_S_OK)
		conform_wrong(g, "a valid request of type %u ended with status %u", type,
			      conform_blk_status(g, *token));
	if (g->q[0].done[*token].len != written)
		conform_wrong(g, "used length %u of a request that writes %u",
			      g->q[0].done[*token].len, written);
	return 0;
}

static int
work_blk(struct conform_guest *g, unsigned int n)
{
	const uint64_t sector = n % BLK_SECTORS * (g->set.block / 512);
	const uint32_t seed = ++g->seq;
	int ret = 0, token;
	const uint8_t *data;

	if (g->set.keeps_data)
		ret = request(g, VIRTIO_BLK_T_OUT, sector, seed, &token);
	if (ret == 0)
		ret = request(g, VIRTIO_BLK_T_IN, sector, 0, &token);
	if (ret != 0 || !g->set.keeps_data)
		return ret;
	data = conform_blk_data(g, token);
	for (uint32_t i = 0; i < g->set.block; i++) {
		if (data[i] != conform_pattern(seed, i)) {
			conform_wrong(g, "byte %u of sector %u is not what was written", i,
				      (unsigned int)sector);
			break;
		}
	}
	return 0;
}

int
conform_work(struct conform_guest *g, unsigned int n)
{
	static const uint16_t length[] = {60, 1514, 64, 999, 128};
	int ret = 0;

	for (unsigned int i = 0; i < n && ret == 0; i++) {
		if (g->set.device == CONFORM_NET)
			ret = work_net(g, length[i % 5]);
		else
			ret = work_blk(g, i);
	}
	return ret == 0 && g->wrong[0] != '\0' ? -EBADMSG : ret;
}
