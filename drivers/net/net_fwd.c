/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Which port's packets go where, and which lcore polls which queue.
 */
#include <errno.h>

#include <rte_cycles.h>

#include "net_priv.h"

const char *const foo_net_fwd_names[] = {"io", "macswap", "rxonly", "txonly", NULL};
const char *const foo_net_overload_names[] = {"drop", "backpressure", NULL};
const char *const foo_net_placement_names[] = {"flow", "spread", NULL};

/* Smallest frame without FCS, and the largest of an MTU of 1500. */
#define FWD_MIN_FRAME 60
#define FWD_MAX_FRAME 1514

/* How long packets wait for a receive queue to run again. */
#define NET_WAIT_MS 100

struct foo_net_conf net_conf = {.txonly_size = FWD_MIN_FRAME};
uint64_t net_gather_cycles;

static bool
fwd_is_running(const struct net_queue *nq)
{
	return nq->q != NULL && foo_queue_state(nq->q) == FOO_QUEUE_RUNNING &&
	       __atomic_load_n(&nq->q->vq.broken, __ATOMIC_RELAXED) == FOO_FAULT_NONE;
}

/** The guest uses fewer pairs than it was offered: spread over those that it does use. */
static struct net_queue *
fwd_sink_fallback(const struct net_dev *to, uint32_t pair)
{
	uint32_t k, running = 0;

	for (k = 0; k < to->pairs; k++)
		running += fwd_is_running(&to->nq[2 * k]);
	if (running == 0)
		return NULL;
	pair %= running;
	for (k = 0; k < to->pairs; k++) {
		if (fwd_is_running(&to->nq[2 * k]) && pair-- == 0)
			return &to->nq[2 * k];
	}
	return NULL;
}

/** The receive queue that a transmit queue feeds now, or NULL if its port has none running. */
struct net_queue *
net_fwd_sink(const struct net_queue *txq)
{
	const struct net_dev *to = txq->dev->peer;
	uint32_t pair = txq->q->index / 2;
	struct net_queue *sink;

	if (unlikely(to->nq == NULL))
		return NULL;
	sink = &to->nq[2 * (pair % to->pairs)];
	return likely(fwd_is_running(sink)) ? sink : fwd_sink_fallback(to, pair);
}

/**
 * Whether the transmit queue's lcore polls its receive queue, too. The place is read before the
 * state: a queue that is being moved here runs only when this lcore has started it, but it is said
 * to be here, or to run, before that.
 */
bool
net_fwd_is_mine(const struct net_queue *txq, const struct net_queue *sink)
{
	/* acquire: pairs with the release in queue_attach_to() */
	return __atomic_load_n(&sink->q->lcore, __ATOMIC_ACQUIRE) == txq->q->lcore &&
	       fwd_is_running(sink);
}

/**
 * Whether packets for a receive queue that does not run are to wait: with back-pressure, and for
 * NET_WAIT_MS. A pause for a new memory table is over by then; a guest that is gone is not waited
 * for. Either queue's `gone` is set to 0 by its lcore while the receive queue runs.
 */
bool
net_waits(struct net_queue *nq)
{
	uint64_t now;

	if (net_conf.overload != FOO_NET_BACKPRESSURE)
		return false;
	now = rte_rdtsc();
	if (nq->gone == 0)
		nq->gone = now;
	return now - nq->gone < rte_get_tsc_hz() / 1000 * NET_WAIT_MS;
}

/** How many transmit queues may feed this receive queue. */
uint32_t
net_fwd_max_sources(const struct net_queue *rxq)
{
	return rxq->dev->peer->pairs;
}

/** The n-th EAL lcore, counted round and round. */
static unsigned int
fwd_lcore(unsigned int n)
{
	unsigned int lcore;

	n %= rte_lcore_count();
	RTE_LCORE_FOREACH(lcore) {
		if (n-- == 0)
			return lcore;
	}
	return RTE_MAX_LCORE;
}

/** A transmit queue stays with the receive queue that it feeds: no handing over. */
static unsigned int
fwd_place_flow(const struct foo_queue *q)
{
	const struct net_dev *dev = net_dev(q->dev);
	const struct net_dev *to = net_is_tx(q) ? dev->peer : dev;

	return fwd_lcore(to->port + q->index / 2 % to->pairs);
}

/** Each queue on the next lcore, over all ports. */
static unsigned int
fwd_place_spread(const struct foo_queue *q)
{
	const struct foo_device *dev;
	unsigned int n = q->index;

	TAILQ_FOREACH(dev, &foo_devices, link) {
		if (dev == q->dev)
			break;
		if (foo_net_is_port(dev))
			n += 2 * net_dev(dev)->pairs;
	}
	return fwd_lcore(n);
}

static unsigned int
fwd_place(const struct foo_queue *q)
{
	if (!foo_net_is_port(q->dev))
		return RTE_MAX_LCORE;
	return net_conf.placement == FOO_NET_PLACE_SPREAD ? fwd_place_spread(q) : fwd_place_flow(q);
}

/** Pair the ports as testpmd does: 0-1, 2-3, a last odd one with itself. */
static void
fwd_pair(void)
{
	struct foo_device *dev;
	struct net_dev *first = NULL;
	uint16_t port = 0;

	TAILQ_FOREACH(dev, &foo_devices, link) {
		if (!foo_net_is_port(dev))
			continue;
		net_dev(dev)->port = port++;
		net_dev(dev)->peer = net_dev(dev);
		if (first == NULL) {
			first = net_dev(dev);
			continue;
		}
		first->peer = net_dev(dev);
		net_dev(dev)->peer = first;
		first = NULL;
	}
}

int
foo_net_setup(const struct foo_net_conf *conf, struct foo_error *err)
{
	if (conf->txonly_size < FWD_MIN_FRAME || conf->txonly_size > FWD_MAX_FRAME)
		return foo_error_set(err, -EINVAL, "--txonly-size=%u: must be %u to %u bytes",
				     conf->txonly_size, FWD_MIN_FRAME, FWD_MAX_FRAME);
	if (conf->gather_us > FOO_NET_GATHER_MAX)
		return foo_error_set(err, -EINVAL, "--gather=%u: must be 0 to %u microseconds",
				     conf->gather_us, FOO_NET_GATHER_MAX);
	net_conf = *conf;
	net_gather_cycles = rte_get_tsc_hz() / 1000000 * conf->gather_us;
	foo_ctl_lock();
	fwd_pair();
	foo_placement_set(fwd_place);
	foo_ctl_unlock();
	return 0;
}
