/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* The path of the packets: nothing here allocates, locks, or touches more of a packet than it has
 * to. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <linux/virtio_net.h>

#include "bench_payload.h"
#include "net_guest.h"

/* Wrong packets that are described; the others are counted. */
#define TELL_MAX 5

/* A full window without a packet for so long is full of lost ones. */
#define WINDOW_NS 100000000

static const struct bench_payload_addr address = {
	.dst = {0x02, 0, 0, 0, 0, 0x02},
	.src = {0x02, 0, 0, 0, 0, 0x01},
};

static void
publish(struct foo_guest_ring *ring)
{
	if (foo_guest_ring_publish(ring))
		foo_guest_ring_kick(ring);
}

/* Make n buffers available, each a chain: by indirect tables, if the ring has any. */
static inline void
add(struct foo_guest_ring *ring, const struct foo_guest_buf *buf, const uint64_t *token, uint16_t n)
{
	if (__builtin_expect(ring->table_max == 0, 1))
		foo_guest_ring_add_burst(ring, buf, token, n);
	else
		for (uint16_t i = 0; i < n; i++)
			foo_guest_ring_add(ring, &buf[i], 1, FOO_GUEST_INDIRECT, token[i]);
	publish(ring);
}

int
net_reclaim(struct net_txq *q)
{
	struct foo_guest_used used[NET_MAX_BURST];
	int n = foo_guest_ring_poll(q->ring, used, NET_MAX_BURST);

	for (int i = 0; i < n; i++)
		q->free[q->nfree++] = (uint16_t)used[i].token;
	return n;
}

/* Write one packet. A packet of this stream stood in the buffer before, but for its first use. */
static inline uint32_t
build(const struct net_guest *ng, struct net_txq *q, uint8_t *packet, uint64_t due)
{
	struct bench_payload p = {
		.stream = q->stream,
		.length = net_size(ng->size, q->seq),
		.seq = q->seq,
		.time = due,
		.level = BENCH_PAYLOAD_SEQ,
	};

	q->seq++;
	if (ng->cfg->n.check == NET_CHECK_SEQ || ng->cfg->n.check == NET_CHECK_WRITE) {
		bench_payload_rewrite(packet, &p);
	} else if (ng->cfg->n.check == NET_CHECK_FULL) {
		p.level = BENCH_PAYLOAD_FULL;
		bench_payload_write(packet, &p, &address);
	}
	return p.length;
}

/* The window is full. True: for so long without a packet that what is away is lost, and leaves it:
 * otherwise a few lost packets would close it for good. */
static bool
give_up(struct net_txq *q)
{
	uint64_t now = bench_now();

	if (q->closed == 0)
		q->closed = now;
	if (now - q->closed < WINDOW_NS)
		return false;
	q->back = q->seq;
	q->closed = 0;
	return true;
}

/* What the window leaves of this room. A packet that a later one has overtaken is not waited for:
 * it is lost, or all but here. */
static uint32_t
window_room(const struct net_guest *ng, struct net_txq *q, uint32_t room)
{
	uint64_t next = ng->flow[q - ng->txq].track.next;
	uint64_t away;

	if (next > q->back && next <= q->seq) {
		q->back = next;
		q->closed = 0;
	}
	away = q->seq - q->back;
	if (away >= ng->cfg->n.window) {
		if (!give_up(q))
			return 0;
		away = 0;
	}
	return ng->cfg->n.window - away < room ? (uint32_t)(ng->cfg->n.window - away) : room;
}

/* How many packets may be sent now. */
static uint32_t
tx_room(const struct net_guest *ng, struct net_txq *q)
{
	uint32_t room = q->nfree < ng->burst ? q->nfree : ng->burst;

	return ng->cfg->n.window != 0 ? window_room(ng, q, room) : room;
}

/* The device has read the next n packets' lines: get them back for writing, all at once. */
static void
own_lines(const struct net_guest *ng, const struct net_txq *q, uint32_t n)
{
	const uint8_t *packet = q->buf.va + ng->hdr_len;

	for (uint32_t i = 1; i <= n; i++)
		foo_guest_own_line(packet + (uint64_t)q->free[q->nfree - i] * q->buf.stride);
}

int
net_tx(struct net_guest *ng, struct net_txq *q)
{
	struct foo_guest_buf buf[NET_MAX_BURST];
	uint64_t due[NET_MAX_BURST], token[NET_MAX_BURST];
	uint64_t bytes = 0;
	uint32_t n;

	if (q->nfree < ng->burst && net_reclaim(q) < 0)
		return -EPROTO;
	n = tx_room(ng, q);
	if (q->pace.interval > 0)
		n = bench_pace_take(&q->pace, bench_now(), due, n);
	else if (n < ng->burst && ng->cfg->n.window == 0)
		n = 0; /* whole bursts only: the rest comes back soon */
	else
		memset(due, 0, n * sizeof(due[0]));
	if (ng->cfg->n.check != NET_CHECK_NONE)
		own_lines(ng, q, n);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t index = q->free[--q->nfree];
		uint64_t at = (uint64_t)index * q->buf.stride;
		uint32_t len = build(ng, q, q->buf.va + at + ng->hdr_len, due[i]);

		buf[i] = (struct foo_guest_buf){.gpa = q->buf.gpa + at, .len = ng->hdr_len + len};
		token[i] = index;
		bytes += len;
	}
	if (n == 0)
		return 0;
	add(q->ring, buf, token, (uint16_t)n);
	bench_count_add(&ng->count.tx_packets, n);
	bench_count_add(&ng->count.tx_bytes, bytes);
	return (int)n;
}

static void
corrupted(struct net_guest *ng, const struct bench_payload *p,
	  const struct bench_payload_difference *d)
{
	char text[256];

	bench_count_add(&ng->count.corrupted, 1);
	if (ng->told++ >= TELL_MAX)
		return;
	bench_payload_describe(p, d, text, sizeof(text));
	fprintf(stderr, "dpdk-foo-bench net: %s: %s\n", ng->g.front.path, text);
}

void
net_flow_begin(struct net_flow *flow, uint32_t stream)
{
	struct bench_track_result r;

	bench_track_result(&flow->track, 0, &r);
	bench_track_add(&flow->past, &r);
	flow->stream = stream;
	bench_track_init(&flow->track, 0);
}

/* A stream of the source's: follow it. One that is newer than ours takes its place; the packets of
 * an older one are of no interest. */
static bool
follow(struct net_guest *ng, const struct bench_payload *p)
{
	unsigned int pair = p->stream & 0xff;
	struct net_flow *flow = &ng->flow[pair];

	if ((p->stream >> 8 & 0xff) != ng->source || pair >= ng->npairs)
		return false;
	if (p->stream != flow->stream) {
		if ((int16_t)((p->stream >> 16) - (flow->stream >> 16)) < 0)
			return true;
		net_flow_begin(flow, p->stream);
	}
	bench_track_packet(&flow->track, p->seq);
	return true;
}

/* Intact, and not meant for this guest: the back-end connects the guests in another way than the
 * mode supposes, or mixes them up. */
static void
stray(struct net_guest *ng, const struct bench_payload *p)
{
	bench_count_add(&ng->count.corrupted, 1);
	if (ng->told++ < TELL_MAX)
		fprintf(stderr,
			"dpdk-foo-bench net: %s: a packet of guest %u, queue %u, where those of "
			"guest %u are expected: is --mode right for this back-end?\n",
			ng->g.front.path, p->stream >> 8 & 0xff, p->stream & 0xff, ng->source);
}

/* Check a packet that has arrived whole. */
static inline void
check(struct net_guest *ng, const uint8_t *packet, uint32_t len, bool len_known, uint64_t now)
{
	struct bench_payload_difference d;
	enum bench_payload_verdict verdict;
	struct bench_payload p = {0};

	if (ng->cfg->n.check < NET_CHECK_SEQ)
		return;
	verdict = bench_payload_read(packet, len, &p);
	if (verdict == BENCH_PAYLOAD_LENGTH && !len_known) {
		len = p.length;
		verdict = BENCH_PAYLOAD_OK;
	}
	if (verdict != BENCH_PAYLOAD_OK || ng->cfg->n.check == NET_CHECK_FULL)
		verdict = bench_payload_verify(packet, len, BENCH_PAYLOAD_FULL, &p, &d);
	if (verdict != BENCH_PAYLOAD_OK) {
		corrupted(ng, &p, &d);
		return;
	}
	if (!follow(ng, &p)) {
		stray(ng, &p);
		return;
	}
	if (ng->has_latency)
		bench_hist_record(&ng->latency, now > p.time ? now - p.time : 0);
}

/* One more buffer of a packet that came in several. True: it was the last. */
static bool
merge(struct net_rxq *q, const uint8_t *part, uint32_t len)
{
	if (len > NET_MAX_SIZE - q->merged_len)
		len = NET_MAX_SIZE - q->merged_len;
	memcpy(q->merged + q->merged_len, part, len);
	q->merged_len += len;
	return --q->missing == 0;
}

/* A buffer has come back. Bytes of the packet that it completes; 0: none is complete. */
static inline uint32_t
take(struct net_guest *ng, struct net_rxq *q, const struct foo_guest_used *used, uint64_t now)
{
	const uint8_t *va = q->buf.va + used->token * q->buf.stride;
	const struct virtio_net_hdr_v1 *hdr = (const void *)va;
	bool known = used->len != FOO_GUEST_LEN_UNKNOWN;
	uint32_t len = known && used->len <= q->buf.len ? used->len : q->buf.len;

	if (__builtin_expect(q->missing > 0, 0)) {
		if (!merge(q, va, len))
			return 0;
		check(ng, q->merged, q->merged_len, known, now);
		return q->merged_len;
	}
	len = len > ng->hdr_len ? len - ng->hdr_len : 0;
	if (__builtin_expect(ng->mergeable && hdr->num_buffers > 1, 0)) {
		q->merged_len = 0;
		q->missing = hdr->num_buffers;
		merge(q, va + ng->hdr_len, len);
		return 0;
	}
	check(ng, va + ng->hdr_len, len, known, now);
	return len;
}

void
net_rx_give(struct net_rxq *q, const uint64_t *index, uint16_t n)
{
	struct foo_guest_buf buf[NET_MAX_BURST];

	for (uint16_t i = 0; i < n; i++)
		buf[i] = (struct foo_guest_buf){.gpa = q->buf.gpa + index[i] * q->buf.stride,
						.len = q->buf.len,
						.flags = VRING_DESC_F_WRITE};
	add(q->ring, buf, index, n);
}

int
net_rx(struct net_guest *ng, struct net_rxq *q)
{
	struct foo_guest_used used[NET_MAX_BURST];
	uint64_t index[NET_MAX_BURST];
	uint64_t now = 0, packets = 0, bytes = 0;
	int n = foo_guest_ring_poll(q->ring, used, (uint16_t)ng->burst);

	if (n <= 0)
		return n;
	for (int i = 0; i < n; i++) {
		const uint8_t *va = q->buf.va + used[i].token * q->buf.stride;

		__builtin_prefetch(va);
		if (ng->cfg->n.check >= NET_CHECK_SEQ)
			__builtin_prefetch(va + ng->hdr_len);
	}
	if (ng->has_latency)
		now = bench_now();
	for (int i = 0; i < n; i++) {
		uint32_t len = take(ng, q, &used[i], now);

		packets += len != 0;
		bytes += len;
		index[i] = used[i].token;
	}
	net_rx_give(q, index, (uint16_t)n);
	bench_count_add(&ng->count.rx_packets, packets);
	bench_count_add(&ng->count.rx_bytes, bytes);
	return n;
}
