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

/** Whether the short way is right for a packet: its pieces, and its length (with the header). */
static inline bool
net_is_plain(const struct foo_chain *chain, const struct foo_chain *rx)
{
	return chain->nread == 1 && rx->nwrite == 1 && rx->nread == 0 &&
	       chain->read_len <= rx->write_len && chain->read_len >= NET_HDR_LEN + NET_ETH_LEN &&
	       chain->read_len <= NET_HDR_LEN + NET_MAX_LEN;
}

/**
 * The common case, as long as it lasts: a plain sender, one readable piece, one writable piece that
 * holds it all. The stores into guest memory might change anything, for all that the compiler
 * knows: what the loop goes by is kept in locals, that is, in registers.
 *
 * @return packets of chain[0 .. n) that are done with
 */
static inline uint16_t
net_sink_put_plains(struct net_sink *s, const struct net_dev *from, const struct foo_chain *chain,
		    uint16_t n)
{
	const struct foo_mem *mem = s->rxq->q->vq.mem;
	const struct foo_chain *rx = &s->rx[s->pos];
	uint32_t *written = &s->written[s->pos];
	const uint16_t room = RTE_MIN(n, (uint16_t)(s->n - s->pos));
	const bool log = mem->log != NULL;
	uint64_t bytes = 0;
	uint32_t len;
	uint16_t i;
	uint8_t *to;

	if (unlikely(s->plain != from))
		return 0;
	for (i = 0; i < room && likely(net_is_plain(&chain[i], &rx[i])); i++) {
		net_prefetch_next(i + 1 < n ? &chain[i + 1] : NULL);
		len = chain[i].read_len;
		to = rx[i].seg->va;
		net_put_plain_header(to);
		net_copy(to + NET_HDR_LEN, chain[i].seg->va + NET_HDR_LEN, len - NET_HDR_LEN);
		if (unlikely(log))
			foo_mem_log_va(mem, to, len);
		written[i] = len;
		bytes += len - NET_HDR_LEN;
	}
	if (i != 0)
		s->rxq->buf_len = rx[i - 1].write_len;
	s->pos += i;
	s->packets += i;
	s->bytes += bytes;
	return i;
}

#endif /* NET_PLAIN_H */
