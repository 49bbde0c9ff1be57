/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * From lcore to lcore: a chain is handed over by reference, copied by the lcore of the receive
 * queue and given back for completion. The references of a transmit queue are used in the order
 * of a ring, and all that are in flight are with one sink, which works in order: so they come
 * back in order, and a flag in each is all that the way back needs.
 */
#include <errno.h>
#include <stdlib.h>

#include <rte_malloc.h>

#include "net_plain.h"

/** A name for the inbox that no other has. */
static struct rte_ring *
inbox_create(const struct net_queue *nq, uint32_t count)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "foo_net_%u_%u", nq->dev->dev.id, nq->q->index);
	return rte_ring_create(name, count, SOCKET_ID_ANY, RING_F_SC_DEQ | RING_F_EXACT_SZ);
}

static int
handover_init_rx(struct net_queue *nq)
{
	uint32_t count = NET_REFS * net_fwd_max_sources(nq);

	nq->inbox = inbox_create(nq, count);
	nq->held = rte_zmalloc(NULL, count * sizeof(*nq->held), RTE_CACHE_LINE_SIZE);
	return nq->inbox != NULL && nq->held != NULL ? 0 : -ENOMEM;
}

int
net_handover_init(struct net_queue *nq)
{
	int ret = 0;

	if (rte_lcore_count() == 1 || nq->ref != NULL || nq->inbox != NULL)
		return 0;
	if (net_is_tx(nq->q)) {
		nq->ref = rte_zmalloc(NULL, NET_REFS * sizeof(*nq->ref), RTE_CACHE_LINE_SIZE);
		ret = nq->ref != NULL ? 0 : -ENOMEM;
	} else {
		ret = handover_init_rx(nq);
	}
	if (ret != 0)
		net_handover_fini(nq);
	return ret;
}

void
net_handover_fini(struct net_queue *nq)
{
	rte_free(nq->ref);
	rte_free(nq->held);
	rte_ring_free(nq->inbox);
	nq->ref = NULL;
	nq->held = NULL;
	nq->inbox = NULL;
}

/** How many chains the transmit queue may hand to this sink now. */
static uint16_t
send_room(struct net_queue *txq, struct net_queue *sink)
{
	uint32_t inflight = net_inflight(txq);

	if (inflight == 0) {
		txq->sink = sink;
		txq->hold = false;
	}
	/* references are with one sink at a time, or they would not come back in order */
	if (txq->sink != sink || txq->hold)
		return 0;
	return (uint16_t)RTE_MIN(NET_REFS - inflight, (uint32_t)NET_BURST);
}

unsigned int
net_handover_send(struct net_queue *txq, struct net_queue *sink)
{
	struct foo_chain chain[NET_BURST];
	struct net_ref *out[NET_BURST];
	struct net_ref *ref;
	uint16_t i, n;

	n = foo_vq_pop(&txq->q->vq, chain, send_room(txq, sink));
	for (i = 0; i < n; i++) {
		ref = &txq->ref[txq->ref_head++ % NET_REFS];
		ref->src = txq;
		ref->chain = chain[i];
		ref->state = NET_REF_HELD;
		ref->fault = FOO_NET_DROP_MAX;
		if (foo_chain_save(&ref->chain, ref->seg, NET_REF_SEGS) != 0)
			txq->hold = true;
		out[i] = ref;
		txq->stats.packets++;
		if (chain[i].read_len > txq->dev->hdr_len)
			txq->stats.bytes += chain[i].read_len - txq->dev->hdr_len;
	}
	if (n == 0)
		return 0;
	txq->stats.handovers += n;
	/* never full: it has room for all references of all who may send to it */
	rte_ring_mp_enqueue_bulk(sink->inbox, (void **)out, n, NULL);
	foo_queue_wake(sink->q);
	return n;
}

/** Count the oldest references that are in this state, and step over them. */
static unsigned int
reclaim_state(struct net_queue *txq, enum net_ref_state state)
{
	struct net_ref *ref;
	unsigned int n = 0;

	for (; net_inflight(txq) != 0; txq->ref_tail++, n++) {
		ref = &txq->ref[txq->ref_tail % NET_REFS];
		/* acquire: pairs with ref_release(), so that the sink's reads of the chain are
		 * over before the guest gets it back */
		if (__atomic_load_n(&ref->state, __ATOMIC_ACQUIRE) != state)
			break;
		if (state != NET_REF_DONE)
			continue;
		if (unlikely(ref->fault != FOO_NET_DROP_MAX))
			net_drop(txq, (enum foo_net_drop_reason)ref->fault);
		foo_vq_push(&txq->q->vq, &ref->chain, 0);
	}
	return n;
}

unsigned int
net_handover_reclaim(struct net_queue *txq)
{
	unsigned int n = reclaim_state(txq, NET_REF_DONE);

	if (n != 0)
		net_flush(&txq->q->vq);
	return n;
}

/** Undo the n references behind ref_tail, newest first. */
static void
drain_undo(struct net_queue *txq, unsigned int n)
{
	struct net_ref *ref;
	uint32_t i;

	for (i = 1; i <= n; i++) {
		ref = &txq->ref[(txq->ref_tail - i) % NET_REFS];
		foo_vq_undo(&txq->q->vq, &ref->chain, 1);
		txq->stats.packets--;
		if (ref->chain.read_len > txq->dev->hdr_len)
			txq->stats.bytes -= ref->chain.read_len - txq->dev->hdr_len;
	}
	txq->stats.handovers -= n;
}

/**
 * Get all references back. Those that the sink has not looked at when it sees `draining` return
 * undone; as it works in order, they are the newest ones.
 *
 * @return true when none is in flight
 */
bool
net_handover_drain(struct net_queue *txq)
{
	if (net_inflight(txq) == 0)
		return true;
	if (txq->draining % 2 == 0) {
		/* release: pairs with receive_draining() */
		__atomic_store_n(&txq->draining, txq->draining + 1, __ATOMIC_RELEASE);
		/* release: pairs with the acquire in net_handover_receive() */
		__atomic_fetch_add(&txq->sink->drains, 1, __ATOMIC_RELEASE);
		foo_queue_wake(txq->sink->q);
	}
	net_handover_reclaim(txq);
	drain_undo(txq, reclaim_state(txq, NET_REF_UNDONE));
	if (net_inflight(txq) != 0)
		return false;
	__atomic_store_n(&txq->draining, txq->draining + 1, __ATOMIC_RELAXED);
	__atomic_fetch_sub(&txq->sink->drains, 1, __ATOMIC_RELAXED);
	return true;
}

/**
 * Give a reference back; its source may reuse it, or end, at once.
 *
 * @param last lcore of the last reference given back, RTE_MAX_LCORE for none; it is woken when
 *   the next one is another's, so that a burst costs one barrier
 * @return lcore to pass to the next call; the caller wakes the last one
 */
static unsigned int
ref_release(struct net_ref *ref, enum net_ref_state state, unsigned int last)
{
	unsigned int lcore = ref->src->q->lcore;

	/* release: pairs with reclaim_state() */
	__atomic_store_n(&ref->state, state, __ATOMIC_RELEASE);
	if (last != lcore && last != RTE_MAX_LCORE)
		foo_lcore_wake(last);
	return lcore;
}

static void
ref_release_end(unsigned int last)
{
	if (last != RTE_MAX_LCORE)
		foo_lcore_wake(last);
}

/** Take references out of the inbox into held[], at most max in all. */
static void
receive_fetch(struct net_queue *rxq, uint32_t max)
{
	if (rxq->nheld < max)
		rxq->nheld += rte_ring_sc_dequeue_burst(rxq->inbox, (void **)&rxq->held[rxq->nheld],
							max - rxq->nheld, NULL);
}

/** The first n of held[] are done with. */
static void
receive_done(struct net_queue *rxq, uint32_t n)
{
	unsigned int lcore = RTE_MAX_LCORE;
	uint32_t i;

	for (i = 0; i < n; i++)
		lcore = ref_release(rxq->held[i], NET_REF_DONE, lcore);
	ref_release_end(lcore);
	rxq->nheld -= n;
	for (i = 0; i < rxq->nheld; i++)
		rxq->held[i] = rxq->held[n + i];
}

/** Which transmit queues, by pair, are being drained (odd): all that they have sent is in the
 * inbox. */
static void
receive_draining(const struct net_queue *rxq, uint32_t *draining)
{
	const struct net_dev *from = rxq->dev->peer;
	uint32_t k;

	for (k = 0; k < from->pairs; k++)
		/* acquire: pairs with net_handover_drain() */
		draining[k] = __atomic_load_n(&from->nq[2 * k + 1].draining, __ATOMIC_ACQUIRE);
}

/**
 * Return all references of sources that are being drained, others keep their order. A source that
 * begins only now has to wait for the next time: it may have sent more behind what is fetched, and
 * an older reference must not return undone where a newer one is delivered. One that has ended may
 * have started again, and what is fetched be from after that: it could not take that back undone.
 */
static void
receive_undo(struct net_queue *rxq)
{
	unsigned int lcore = RTE_MAX_LCORE;
	uint32_t draining[NET_MAX_PAIRS];
	const struct net_queue *src;
	uint32_t i, was, kept = 0;

	receive_draining(rxq, draining);
	receive_fetch(rxq, rte_ring_get_capacity(rxq->inbox));
	for (i = 0; i < rxq->nheld; i++) {
		src = rxq->held[i]->src;
		was = draining[src->q->index / 2];
		/* who sees what was sent behind the end of a drain sees that end, too */
		if (was % 2 != 0 && __atomic_load_n(&src->draining, __ATOMIC_RELAXED) == was)
			lcore = ref_release(rxq->held[i], NET_REF_UNDONE, lcore);
		else
			rxq->held[kept++] = rxq->held[i];
	}
	rxq->nheld = kept;
	ref_release_end(lcore);
}

/** Deliver held references in order until there is no room; returns how many are done with. */
static uint32_t
receive_deliver(struct net_queue *rxq, struct net_sink *sink, uint32_t n)
{
	enum foo_net_drop_reason reason;
	enum net_verdict verdict;
	struct net_ref *ref;
	uint32_t i;

	for (i = 0; i < n; i++) {
		ref = rxq->held[i];
		if (!net_is_packet(ref->src->dev, &ref->chain, &reason)) {
			ref->fault = reason;
			continue;
		}
		net_prefetch_next(i + 1 < n ? &rxq->held[i + 1]->chain : NULL);
		if (net_sink_put_plains(sink, ref->src->dev, &ref->chain, 1) != 0)
			continue;
		verdict = net_sink_put(sink, ref->src, &ref->chain);
		if (verdict == NET_DELIVERED)
			continue;
		if (verdict == NET_BAD) {
			ref->fault = FOO_NET_DROP_BAD_HEADER;
			continue;
		}
		if (verdict == NET_AGAIN || net_conf.overload == FOO_NET_BACKPRESSURE)
			break;
		net_drop(rxq, FOO_NET_DROP_RING_FULL);
	}
	return i;
}

unsigned int
net_handover_receive(struct net_queue *rxq)
{
	struct net_sink sink;
	uint32_t i, n, done, need = 0;

	if (rxq->inbox == NULL)
		return 0;
	receive_fetch(rxq, NET_BURST);
	n = RTE_MIN(rxq->nheld, (uint32_t)NET_BURST);
	if (n == 0)
		return 0;
	for (i = 0; i < n; i++)
		need += net_sink_need(rxq, rxq->held[i]->chain.read_len);
	net_sink_open(&sink, rxq, need, rxq->held[0]->src->dev);
	done = receive_deliver(rxq, &sink, n);
	net_sink_close(&sink);
	net_flush(&rxq->q->vq);
	receive_done(rxq, done);
	rxq->blocked = done < n && sink.n < sink.wanted;
	rxq->stats.backpressure += rxq->blocked;
	/* acquire: pairs with net_handover_drain() */
	if (rxq->blocked && __atomic_load_n(&rxq->drains, __ATOMIC_ACQUIRE) != 0)
		receive_undo(rxq);
	return done;
}

unsigned int
net_handover_refuse(struct net_queue *rxq)
{
	uint32_t i, n;

	if (rxq->inbox == NULL)
		return 0;
	if (net_waits(rxq)) {
		/* acquire: pairs with net_handover_drain() */
		if (__atomic_load_n(&rxq->drains, __ATOMIC_ACQUIRE) != 0)
			receive_undo(rxq);
		return 0;
	}
	receive_fetch(rxq, RTE_MAX(rxq->nheld, (uint32_t)NET_BURST));
	n = rxq->nheld;
	for (i = 0; i < n; i++)
		net_drop(rxq, FOO_NET_DROP_NO_PORT);
	receive_done(rxq, n);
	return n;
}
