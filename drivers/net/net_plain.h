/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef NET_PLAIN_H
#define NET_PLAIN_H

/*
 * The short way of a packet into a receive queue, in line in the loops over bursts: one readable
 * piece, one writable piece that holds it, headers that say nothing. net_sink_put() does the rest.
 */

#include <string.h>

#include <rte_prefetch.h>

#include "net_priv.h"

/* Of a packet to come so much is asked for; the processor's own prefetch follows from there. */
#define NET_PREFETCH_MAX 512

/**
 * While a packet is copied, the next one's lines come in, behind the first two, which were asked
 * for earlier. Not those of its receive buffer: stores wait in a buffer of their own, and to ask
 * for their lines as well was measured to cost a tenth of a packet of 1500 bytes.
 */
static inline void
net_prefetch_next(const struct foo_chain *next)
{
	uint32_t off, len;

	if (next == NULL || next->nread == 0)
		return;
	len = RTE_MIN(next->seg->len, NET_PREFETCH_MAX);
	for (off = 2 * RTE_CACHE_LINE_SIZE; off < len; off += RTE_CACHE_LINE_SIZE)
		rte_prefetch0(next->seg->va + off);
}

/** 16 bytes at any alignment. */
typedef uint64_t net_block __attribute__((vector_size(16), aligned(1), may_alias));

/** Copy a packet. Everything is read before it is written, up to 64 bytes here, beyond in
 * memmove(): a guest may point both chains at the same bytes. */
static inline void
net_copy(uint8_t *to, const uint8_t *from, uint32_t len)
{
	net_block a, b, c, d;

	if (len - 32 > 32) { /* below 32 it wraps */
		memmove(to, from, len);
		return;
	}
	a = *(const net_block *)from;
	b = *(const net_block *)(from + 16);
	c = *(const net_block *)(from + len - 32);
	d = *(const net_block *)(from + len - 16);
	*(net_block *)to = a;
	*(net_block *)(to + 16) = b;
	*(net_block *)(to + len - 32) = c;
	*(net_block *)(to + len - 16) = d;
}

/**
 * Whether a header at this place has its cache line to itself, the packet beginning in the next:
 * so it is in mbufs. The line then holds the same header each time that the buffer comes by, and
 * both sides can keep a copy of it, as long as nobody writes to it.
 */
static inline bool
net_header_is_apart(const uint8_t *to)
{
	return ((uintptr_t)to + NET_HDR_LEN) % RTE_CACHE_LINE_SIZE < NET_HDR_LEN;
}

/**
 * Write a virtio_net_hdr_v1, all 0 but num_buffers; in two stores, from registers. One that has a
 * line to itself is only written where it is not there already: what was read decides nothing but
 * that, so a guest that changes it meanwhile cheats itself.
 */
static inline void
net_put_plain_header(uint8_t *to)
{
	const uint64_t first = 0;
	const uint32_t second = 1 << 16;

	if (net_header_is_apart(to) && memcmp(to, &first, sizeof(first)) == 0 &&
	    memcmp(to + sizeof(first), &second, sizeof(second)) == 0)
		return;
	memcpy(to, &first, sizeof(first));
	memcpy(to + sizeof(first), &second, sizeof(second));
}

/** The common case: a plain sender, one readable piece, one writable piece that holds it all.
 * False: nothing was done. */
static inline bool
net_sink_put_plain(struct net_sink *s, const struct net_dev *from, const struct foo_chain *chain)
{
	const struct foo_chain *rx = &s->rx[s->pos];
	uint32_t len = chain->read_len - NET_HDR_LEN;
	uint8_t *to;

	if (unlikely(s->pos == s->n || s->plain != from || chain->nread != 1 || rx->nwrite != 1 ||
		     rx->nread != 0 || rx->write_len < chain->read_len))
		return false;
	to = rx->seg->va;
	net_put_plain_header(to);
	net_copy(to + NET_HDR_LEN, chain->seg->va + NET_HDR_LEN, len);
	foo_mem_written(s->rxq->q->vq.mem, to, chain->read_len);
	s->rxq->buf_len = rx->write_len;
	s->written[s->pos++] = chain->read_len;
	s->packets++;
	s->bytes += len;
	return true;
}

#endif /* NET_PLAIN_H */
