/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Into a receive queue: one copy from the sender's chain into the receiver's.
 */
#include <string.h>

#include <rte_ether.h>
#include <rte_prefetch.h>

#include "net_plain.h"

/** A packet on its way. */
struct net_packet {
	const struct foo_chain *chain; /* the sender's */
	struct foo_cursor from;        /* at its first byte, behind the header */
	struct virtio_net_hdr_v1 hdr;  /* as the receiver will see it */
	uint32_t len;                  /* bytes, without header */
	bool sw_csum;                  /* complete the checksum on the way */
};

/** Whether packets of this sender may go the short way: headers of 12 bytes on both sides that
 * say nothing, and nothing to change in the packet. */
static bool
sink_is_plain(const struct net_dev *from, const struct net_dev *to)
{
	return to->hdr_len == NET_HDR_LEN && from->hdr_len == NET_HDR_LEN && from->may_send == 0 &&
	       net_conf.fwd == FOO_NET_FWD_IO;
}

/** Ask for a receive buffer's first lines: header and start of the packet. */
static void
sink_prefetch_buffer(const struct foo_chain *rx)
{
	const uint8_t *to;

	if (unlikely(rx->nwrite == 0))
		return;
	to = rx->seg->va;
	if (net_header_is_apart(to))
		rte_prefetch0(to);
	else
		foo_prefetch_write(to);
	foo_prefetch_write(to + RTE_CACHE_LINE_SIZE);
}

void
net_sink_open(struct net_sink *s, struct net_queue *rxq, uint32_t wanted,
	      const struct net_dev *from)
{
	uint16_t i;

	s->rxq = rxq;
	s->plain = sink_is_plain(from, rxq->dev) ? from : NULL;
	s->packets = 0;
	s->bytes = 0;
	s->pos = 0;
	s->wanted = (uint16_t)RTE_MIN(wanted, (uint32_t)FOO_VQ_BURST_MAX);
	s->n = foo_vq_pop(&rxq->q->vq, s->rx, s->wanted);
	for (i = 0; i < s->n; i++)
		sink_prefetch_buffer(&s->rx[i]);
}

void
net_sink_close(struct net_sink *s)
{
	struct foo_vq *vq = &s->rxq->q->vq;

	s->rxq->stats.packets += s->packets;
	s->rxq->stats.bytes += s->bytes;
	s->rxq->stats.copied_bytes += s->bytes;
	if (s->pos < s->n)
		foo_vq_undo(vq, &s->rx[s->pos], s->n - s->pos);
	foo_vq_push_burst(vq, s->rx, s->written, s->pos);
}

/** The next buffer that is one; those that are none go back to the guest empty. */
static struct foo_chain *
sink_next(struct net_sink *s)
{
	struct foo_chain *rx;

	for (; s->pos < s->n; s->pos++) {
		rx = &s->rx[s->pos];
		if (likely(rx->nread == 0 && rx->write_len > s->rxq->dev->hdr_len))
			return rx;
		s->written[s->pos] = 0;
		net_drop(s->rxq, FOO_NET_DROP_RX_BUFFER);
	}
	return NULL;
}

/** Nothing left of what was popped: is the ring empty, or was too little asked for? */
static enum net_verdict
sink_short(struct net_sink *s)
{
	/* a packet for which the whole ring is too small would wait for ever */
	if (s->n < s->wanted && (s->pos != 0 || !foo_vq_all_popped(&s->rxq->q->vq, s->rx, s->n)))
		return NET_NO_ROOM;
	if (s->n == s->wanted && (s->wanted < FOO_VQ_BURST_MAX || s->pos != 0)) {
		s->rxq->buf_len = 1; /* the next burst asks for as many as it can */
		return NET_AGAIN;
	}
	net_drop(s->rxq, FOO_NET_DROP_TOO_BIG);
	return NET_DELIVERED;
}

static void
sink_count(struct net_sink *s, uint32_t len)
{
	s->rxq->stats.packets++;
	s->rxq->stats.bytes += len;
}

/** Start of the packet as it goes out: with the MAC addresses exchanged if so configured. */
static uint32_t
sink_macswap(struct net_packet *p, struct rte_ether_addr mac[2])
{
	struct rte_ether_addr was[2];
	uint32_t n = foo_cursor_read(&p->from, was, sizeof(was));

	mac[0] = was[1];
	mac[1] = was[0];
	return n;
}

/** Write a header; what it says of the buffers is one. */
static inline void
sink_put_header(uint8_t *to, uint16_t hdr_len, const struct virtio_net_hdr_v1 *hdr)
{
	struct virtio_net_hdr_v1 out = *hdr;

	out.num_buffers = 1;
	memcpy(to, &out, hdr_len);
}

/** One readable piece, one writable piece that holds it all. */
static void
sink_copy_flat(struct net_sink *s, struct net_packet *p, const struct foo_chain *rx)
{
	uint16_t hdr_len = s->rxq->dev->hdr_len;
	uint8_t *to = rx->seg->va + hdr_len;
	const uint8_t *from = p->from.seg->va + p->from.off;
	struct rte_ether_addr mac[2];
	uint32_t done = 0;

	sink_put_header(rx->seg->va, hdr_len, &p->hdr);
	if (net_conf.fwd == FOO_NET_FWD_MACSWAP) {
		done = sink_macswap(p, mac);
		memcpy(to, mac, done);
	}
	/* memmove: a guest may point both chains at the same bytes */
	memmove(to + done, from + done, p->len - done);
	foo_mem_written(s->rxq->q->vq.mem, rx->seg->va, hdr_len + p->len);
	s->rxq->stats.copied_bytes += p->len;
	s->written[s->pos++] = hdr_len + p->len;
	sink_count(s, p->len);
}

/** A packet being written across the buffers that were chosen for it. */
struct sink_writer {
	struct net_sink *s;
	struct foo_cursor to;
	uint32_t in_chain; /* bytes written into the present buffer */
};

static void
writer_chain(struct sink_writer *w)
{
	w->to = foo_cursor_writable(&w->s->rxq->q->vq, &w->s->rx[w->s->pos]);
	w->in_chain = 0;
}

/** Bytes that the present buffer still takes; steps to the next one where it is full. */
static uint32_t
writer_room(struct sink_writer *w, uint32_t len)
{
	if (w->to.left == 0) {
		w->s->written[w->s->pos++] = w->in_chain;
		writer_chain(w);
	}
	return RTE_MIN(len, w->to.left);
}

static void
writer_put(struct sink_writer *w, const void *buf, uint32_t len)
{
	const uint8_t *p = buf;
	uint32_t n;

	for (; len != 0; len -= n, p += n) {
		n = foo_cursor_write(&w->to, p, writer_room(w, len));
		w->in_chain += n;
	}
}

static void
writer_copy(struct sink_writer *w, struct foo_cursor *from, uint32_t len)
{
	uint32_t n;

	for (; len != 0; len -= n) {
		n = foo_cursor_copy(&w->to, from, writer_room(w, len));
		w->in_chain += n;
		w->s->rxq->stats.copied_bytes += n;
	}
}

/** The packet itself: up to the checksum, the checksum, the rest. */
static void
sink_write_packet(struct sink_writer *w, struct net_packet *p)
{
	uint32_t at = (uint32_t)p->hdr.csum_start + p->hdr.csum_offset;
	struct rte_ether_addr mac[2];
	uint32_t done = 0;
	uint16_t csum;

	if (p->sw_csum) {
		csum = net_hdr_csum(&p->from, &p->hdr);
		w->s->rxq->stats.sw_checksums++;
	}
	if (net_conf.fwd == FOO_NET_FWD_MACSWAP && !(p->sw_csum && at < sizeof(mac))) {
		done = sink_macswap(p, mac);
		writer_put(w, mac, done);
		w->s->rxq->stats.copied_bytes += done;
	}
	if (p->sw_csum) {
		writer_copy(w, &p->from, at - done);
		writer_put(w, &csum, sizeof(csum));
		foo_cursor_skip(&p->from, sizeof(csum));
		w->s->rxq->stats.copied_bytes += sizeof(csum);
		done = at + sizeof(csum);
	}
	writer_copy(w, &p->from, p->len - done);
}

/** Any cut of both chains, several buffers, another header length, a checksum to complete. */
static void
sink_copy_any(struct net_sink *s, struct net_packet *p, uint16_t nbuf)
{
	struct sink_writer w = {.s = s};
	struct virtio_net_hdr_v1 hdr = p->hdr;

	if (p->sw_csum)
		hdr = (struct virtio_net_hdr_v1){0};
	hdr.num_buffers = nbuf;
	writer_chain(&w);
	writer_put(&w, &hdr, s->rxq->dev->hdr_len);
	sink_write_packet(&w, p);
	s->written[s->pos++] = w.in_chain;
	sink_count(s, p->len);
}

/**
 * How many buffers from the present one on hold the packet; 0 if there are not that many.
 * *big is set if it does not fit however many there were.
 */
static uint16_t
sink_buffers(const struct net_sink *s, uint32_t len, bool *big)
{
	const struct net_dev *to = s->rxq->dev;
	uint64_t room = 0;
	uint16_t i;

	*big = false;
	for (i = s->pos; i < s->n; i++) {
		if (s->rx[i].nread != 0 || s->rx[i].write_len == 0)
			break;
		room += s->rx[i].write_len;
		if (room >= (uint64_t)len + to->hdr_len)
			return (uint16_t)(i - s->pos + 1);
		if (!to->mergeable)
			break;
	}
	/* a bad buffer in the middle, or the only one that may be used, ends it */
	*big = i < s->n;
	return 0;
}

/** Read the sender's header, which may be cut at any byte, and check it. */
static int
sink_header(const struct net_sink *s, const struct net_queue *txq, struct net_packet *p)
{
	uint16_t hdr_len = txq->dev->hdr_len;

	p->from = foo_cursor_readable(&txq->q->vq, p->chain);
	p->len = p->chain->read_len - hdr_len;
	p->sw_csum = false;
	if (txq->dev->may_send == 0) {
		/* without offloads a header says nothing (5.1.6.2): its line is not even read */
		memset(&p->hdr, 0, sizeof(p->hdr));
		foo_cursor_skip(&p->from, hdr_len);
		return 0;
	}
	if (likely(p->chain->seg->len > hdr_len)) {
		memcpy(&p->hdr, p->chain->seg->va, NET_HDR_LEGACY);
		p->from.off = hdr_len;
		p->from.left -= hdr_len;
	} else {
		foo_cursor_read(&p->from, &p->hdr, NET_HDR_LEGACY);
		foo_cursor_skip(&p->from, hdr_len - NET_HDR_LEGACY);
	}
	/* from here on only the local copy counts */
	__asm__ volatile("" : : : "memory");
	if (likely(net_hdr_is_plain(&p->hdr))) {
		memset(&p->hdr, 0, sizeof(p->hdr));
		return 0;
	}
	return net_hdr_translate(txq->dev, s->rxq->dev, &p->hdr, p->len, &p->sw_csum);
}

enum net_verdict
net_sink_put(struct net_sink *s, const struct net_queue *txq, const struct foo_chain *chain)
{
	struct net_packet p = {.chain = chain};
	struct foo_chain *rx;
	uint16_t nbuf;
	bool big;
	int ret;

	rx = sink_next(s);
	if (unlikely(rx == NULL))
		return sink_short(s);
	ret = sink_header(s, txq, &p);
	if (unlikely(ret != 0)) {
		if (-ret - 1 == FOO_NET_DROP_BAD_HEADER)
			return NET_BAD;
		net_drop(s->rxq, (enum foo_net_drop_reason)(-ret - 1));
		return NET_DELIVERED;
	}
	s->rxq->buf_len = rx->write_len;
	if (sink_is_plain(txq->dev, s->rxq->dev))
		s->plain = txq->dev; /* from the next one on */
	if (likely(rx->nwrite == 1 && !p.sw_csum && p.from.seg->len - p.from.off >= p.len &&
		   rx->write_len - s->rxq->dev->hdr_len >= p.len)) {
		sink_copy_flat(s, &p, rx);
		return NET_DELIVERED;
	}
	nbuf = sink_buffers(s, p.len, &big);
	if (unlikely(nbuf == 0)) {
		if (!big)
			return sink_short(s);
		net_drop(s->rxq, FOO_NET_DROP_TOO_BIG);
		return NET_DELIVERED;
	}
	sink_copy_any(s, &p, nbuf);
	return NET_DELIVERED;
}
