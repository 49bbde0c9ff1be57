/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Polling a guest's transmit queue: the source of packets.
 */
#include <rte_cycles.h>
#include <rte_prefetch.h>

#include "net_plain.h"

/** Whether the chain can hold a packet; if not it is dropped. */
static bool
tx_is_packet(struct net_queue *txq, const struct foo_chain *chain)
{
	enum foo_net_drop_reason reason;

	if (likely(net_is_packet(txq->dev, chain, &reason)))
		return true;
	net_drop(txq, reason);
	return false;
}

/** Count a burst as received from the guest. */
static void
tx_count(struct net_queue *txq, uint16_t packets, uint64_t bytes)
{
	txq->stats.packets += packets;
	txq->stats.bytes += bytes;
}

/** Bytes of a packet behind its header. */
static uint32_t
tx_len(const struct net_queue *txq, const struct foo_chain *chain)
{
	return chain->read_len > txq->dev->hdr_len ? chain->read_len - txq->dev->hdr_len : 0;
}

/** Complete chains; nothing was written into them. */
static void
tx_complete(struct net_queue *txq, const struct foo_chain *chain, uint16_t n)
{
	foo_vq_push_burst(&txq->q->vq, chain, NULL, n);
	net_flush(&txq->q->vq);
}

/** Take packets and drop them: rxonly, or no port to send them to. */
static unsigned int
tx_discard(struct net_queue *txq, bool no_port)
{
	struct foo_chain chain[NET_BURST];
	uint64_t bytes = 0;
	uint16_t i, n;

	/* with IN_ORDER, what is out at another lcore completes first */
	if (unlikely(net_inflight(txq) != 0))
		return 0;
	n = foo_vq_pop(&txq->q->vq, chain, NET_BURST);
	for (i = 0; i < n; i++) {
		if (tx_is_packet(txq, &chain[i]) && no_port)
			net_drop(txq, FOO_NET_DROP_NO_PORT);
		bytes += tx_len(txq, &chain[i]);
	}
	tx_complete(txq, chain, n);
	tx_count(txq, n, bytes);
	return n;
}

/** Ask for a packet's first lines; the header's only if it is going to be read. */
static void
tx_prefetch(const struct net_queue *txq, const struct foo_chain *chain)
{
	if (unlikely(chain->nread == 0))
		return;
	if (txq->dev->may_send != 0)
		rte_prefetch0(chain->seg->va);
	rte_prefetch0(chain->seg->va + RTE_CACHE_LINE_SIZE);
}

/** Ask for the packets of a burst, all at once. Returns how many receive buffers they need. */
static uint32_t
tx_survey(const struct net_queue *txq, const struct net_queue *rxq, const struct foo_chain *chain,
	  uint16_t n)
{
	uint32_t need = 0;
	uint16_t i;

	for (i = 0; i < n; i++) {
		tx_prefetch(txq, &chain[i]);
		need += net_sink_need(rxq, chain[i].read_len);
	}
	return need;
}

/** Deliver chains in order until the sink has no room; returns how many are done with. */
static uint16_t
tx_deliver(struct net_queue *txq, struct net_sink *sink, const struct foo_chain *chain, uint16_t n)
{
	enum net_verdict verdict;
	uint16_t i;

	for (i = 0; i < n; i++) {
		i += net_sink_put_plains(sink, txq->dev, &chain[i], n - i);
		if (likely(i == n))
			break;
		if (unlikely(!tx_is_packet(txq, &chain[i])))
			continue;
		verdict = net_sink_put(sink, txq, &chain[i]);
		if (likely(verdict == NET_DELIVERED))
			continue;
		if (verdict == NET_BAD) {
			net_drop(txq, FOO_NET_DROP_BAD_HEADER);
			continue;
		}
		if (verdict == NET_AGAIN || net_conf.overload == FOO_NET_BACKPRESSURE)
			break;
		net_drop(sink->rxq, FOO_NET_DROP_RING_FULL);
	}
	return i;
}

/** Bytes of n packets behind their headers, as they were received. */
static uint64_t
tx_bytes(const struct net_queue *txq, const struct foo_chain *chain, uint16_t n)
{
	uint64_t bytes = 0;
	uint16_t i;

	for (i = 0; i < n; i++)
		bytes += tx_len(txq, &chain[i]);
	return bytes;
}

/** Both queues are this lcore's: copy straight from one ring to the other. */
static unsigned int
tx_direct(struct net_queue *txq, struct net_queue *rxq)
{
	struct foo_chain chain[NET_BURST];
	struct net_sink sink;
	uint64_t bytes;
	uint16_t n, done;

	if (!foo_vq_avail(&txq->q->vq) || (txq->blocked && !foo_vq_avail(&rxq->q->vq)))
		return 0;
	foo_vq_prefetch(&txq->q->vq, txq->burst);
	foo_vq_prefetch(&rxq->q->vq, txq->burst);
	n = foo_vq_pop(&txq->q->vq, chain, NET_BURST);
	txq->burst = n;
	if (n == 0)
		return 0;
	net_sink_open(&sink, rxq, tx_survey(txq, rxq, chain, n), txq->dev);
	done = tx_deliver(txq, &sink, chain, n);
	net_sink_close(&sink);
	txq->blocked = done < n && sink.n < sink.wanted;
	if (unlikely(done < n)) {
		foo_vq_undo(&txq->q->vq, &chain[done], n - done);
		txq->stats.backpressure += txq->blocked;
	}
	/* where all went the short way the sum is there already */
	bytes = likely(sink.packets == done) ? sink.bytes : tx_bytes(txq, chain, done);
	foo_vq_push_burst(&txq->q->vq, chain, NULL, done);
	net_flush_both(&rxq->q->vq, &txq->q->vq);
	tx_count(txq, done, bytes);
	return done;
}

/**
 * Whether to come back later: the last burst is only just over, and the guest has not filled the
 * next one yet. To watch it do so would take the lines that it writes away from it (on a split ring
 * it then waits for the avail index at each kick that it does not send), and a burst of few costs
 * nearly as much as a full one. The first packet after a pause never waits.
 */
static bool
tx_gathers(const struct net_queue *txq)
{
	return rte_rdtsc() - txq->last_burst < net_gather_cycles &&
	       !foo_vq_avail_burst(&txq->q->vq, NET_BURST);
}

/** Take a burst and send it where it belongs. */
static unsigned int
tx_burst(struct net_queue *txq)
{
	struct net_queue *sink;

	if (net_conf.fwd == FOO_NET_FWD_RXONLY)
		return tx_discard(txq, false);
	sink = net_fwd_sink(txq);
	if (unlikely(sink == NULL))
		return net_waits(txq) ? 0 : tx_discard(txq, true);
	txq->gone = 0;
	if (net_inflight(txq) == 0 && net_fwd_is_mine(txq, sink))
		return tx_direct(txq, sink);
	return net_handover_send(txq, sink);
}

unsigned int
net_tx_poll(struct net_queue *txq)
{
	unsigned int n, work = 0;

	if (net_inflight(txq) != 0)
		work = net_handover_reclaim(txq);
	if (net_conf.fwd == FOO_NET_FWD_TXONLY || tx_gathers(txq))
		return work;
	n = tx_burst(txq);
	if (n != 0)
		txq->last_burst = rte_rdtsc();
	return work + n;
}

bool
net_tx_stop(struct net_queue *txq)
{
	txq->blocked = false;
	return net_handover_drain(txq);
}

bool
net_tx_pending(const struct net_queue *txq)
{
	const struct net_queue *sink;

	if (net_inflight(txq) != 0)
		return __atomic_load_n(&txq->ref[txq->ref_tail % NET_REFS].state,
				       __ATOMIC_RELAXED) != NET_REF_HELD;
	if (net_conf.fwd == FOO_NET_FWD_TXONLY || !foo_vq_avail(&txq->q->vq))
		return false;
	/* a sender that waits for room is woken by the receiver's kick */
	sink = txq->blocked ? net_fwd_sink(txq) : NULL;
	return sink == NULL || !net_fwd_is_mine(txq, sink) || foo_vq_avail(&sink->q->vq);
}
