/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef NET_PRIV_H
#define NET_PRIV_H

/*
 * What the files of this driver share. Virtqueue 2k is the guest's receive queue of pair k,
 * 2k + 1 its transmit queue (VIRTIO 1.2, 5.1.2). Guest to guest, a transmit queue (source) feeds
 * a receive queue (sink).
 */

#include <linux/virtio_net.h>

#include <rte_ring.h>

#include <foo_chain.h>
#include <foo_device.h>
#include <foo_lcore.h>

#include "foo_net.h"

#define NET_MAX_PAIRS (FOO_DEVICE_MAX_QUEUES / 2)

/* Packets of one poll: two bursts of most drivers. What a burst costs by itself (its barrier, the
 * wait for its first line) is shared by twice as many. */
#define NET_BURST FOO_VQ_BURST_MAX

/* Length of the header without and with num_buffers (5.1.6). */
#define NET_HDR_LEGACY 10
#define NET_HDR_LEN 12

#define NET_ETH_LEN 14

/* Largest packet: what IP can say, an Ethernet header and two VLAN tags. A chain may describe
 * gigabytes, and copying them would hold up every other guest of the lcore. */
#define NET_MAX_LEN (UINT16_MAX + NET_ETH_LEN + 8)

/* Chains that a transmit queue may have at other lcores at a time; a power of two. */
#define NET_REFS 256
/* Pieces kept with a handed-over chain; one with more keeps its queue from popping. */
#define NET_REF_SEGS 20

/* State of a reference: the sink stores it with release when it lets go of the chain, the source
 * loads it with acquire before it pushes or undoes the chain. */
enum net_ref_state {
	NET_REF_HELD,   /* with the sink */
	NET_REF_DONE,   /* copied or dropped: to be pushed */
	NET_REF_UNDONE, /* not looked at, because its source is being drained: to be undone */
};

/* A chain handed from the lcore of its transmit queue to that of a receive queue. */
struct net_ref {
	struct net_queue *src;
	struct foo_chain chain;
	uint32_t state;
	uint32_t fault; /* why the sender is to blame for a drop, or FOO_NET_DROP_MAX; the sink's
			 * until it stores state */
	struct foo_seg seg[NET_REF_SEGS];
} __rte_cache_aligned;

/* The driver's part of a queue. */
struct net_queue {
	struct foo_queue *q;
	struct net_dev *dev;
	struct foo_net_queue_stats stats;
	uint64_t gone;  /* TSC when the receive queue was first found stopped, or 0 */
	uint32_t burst; /* chains of the last burst, a guess at the next */
	/* transmit queue */
	uint64_t last_burst;    /* TSC when the last burst was done with */
	struct net_queue *sink; /* where references in flight went, or the last burst */
	struct net_ref *ref;    /* NET_REFS of them, or NULL: one lcore only */
	uint32_t ref_head;      /* free-running: next to hand over */
	uint32_t ref_tail;      /* free-running: oldest in flight */
	bool hold;              /* no pop until all references are back */
	bool blocked;           /* the last poll found no room at the sink */
	uint32_t draining;      /* atomic, counts; odd: the sink is to return what it cannot use */
	/* receive queue */
	uint32_t buf_len;       /* shortest receive buffer of the last burst */
	uint32_t drains;        /* sources being drained; atomic, changed by their lcores */
	struct rte_ring *inbox; /* references from other lcores, or NULL: one lcore only */
	struct net_ref **held;  /* taken out of inbox, not yet done; as large as inbox */
	uint32_t nheld;
} __rte_cache_aligned;

/* An instance of class net. */
struct net_dev {
	struct foo_device dev;
	uint32_t pairs; /* queues= */
	uint16_t port;
	uint16_t hdr_len;     /* of the negotiated features */
	bool mergeable;       /* MRG_RXBUF negotiated */
	uint8_t may_send;     /* bit 1 << gso type, or NET_CSUM: offloads as a sender */
	uint8_t may_receive;  /* likewise as a receiver */
	struct net_dev *peer; /* port that this one's packets go to */
	struct net_queue *nq; /* dev.nqueues of them */
};

/* Bit of may_send and may_receive for checksums; the others are 1 << VIRTIO_NET_HDR_GSO_*. */
#define NET_CSUM (1u << VIRTIO_NET_HDR_GSO_NONE)
#define NET_GSO_ECN (1u << 7)

/* Receive buffers taken for a burst, and what became of them. */
struct net_sink {
	struct net_queue *rxq;
	uint16_t n;                  /* chains popped */
	uint16_t pos;                /* chains used up */
	uint16_t wanted;             /* chains asked for: n < wanted means the ring is empty */
	const struct net_dev *plain; /* packets of this sender may go the short way */
	uint32_t packets;            /* gone the short way, to be counted */
	uint64_t bytes;
	struct foo_chain rx[FOO_VQ_BURST_MAX];
	uint32_t written[FOO_VQ_BURST_MAX];
};

/* What became of a packet. */
enum net_verdict {
	NET_DELIVERED, /* or dropped, and counted */
	NET_NO_ROOM,   /* nothing was done: the ring is empty */
	NET_AGAIN,     /* nothing was done: try again with more receive buffers */
	NET_BAD,       /* dropped for its header, to be counted at the sender */
};

extern struct foo_net_conf net_conf;
extern uint64_t net_gather_cycles; /* net_conf.gather_us in TSC cycles */

static inline struct net_dev *
net_dev(const struct foo_device *dev)
{
	return (struct net_dev *)(uintptr_t)dev;
}

static inline struct net_queue *
net_queue(const struct foo_queue *q)
{
	return q->priv;
}

static inline bool
net_is_tx(const struct foo_queue *q)
{
	return q->index & 1;
}

/* net_stats.c */
void net_queue_counters(const struct foo_queue *q, foo_counter_fn emit, void *ctx);

/** Operation counters: what a port did, for telemetry. */
void net_counters(const struct foo_device *dev, foo_counter_fn emit, void *ctx);

/* net_fwd.c */
struct net_queue *net_fwd_sink(const struct net_queue *txq);
bool net_fwd_is_mine(const struct net_queue *txq, const struct net_queue *sink);
uint32_t net_fwd_max_sources(const struct net_queue *rxq);

/* net_hdr.c: the virtio-net header between two guests */
bool net_hdr_is_plain(const struct virtio_net_hdr_v1 *hdr);
int net_hdr_translate(const struct net_dev *from, const struct net_dev *to,
		      struct virtio_net_hdr_v1 *hdr, uint32_t len, bool *sw_csum);
uint16_t net_hdr_csum(const struct foo_cursor *packet, const struct virtio_net_hdr_v1 *hdr);

/* net_sink.c: into a receive queue */
void net_sink_open(struct net_sink *s, struct net_queue *rxq, uint32_t wanted,
		   const struct net_dev *from);
enum net_verdict
net_sink_put(struct net_sink *s, const struct net_queue *txq, const struct foo_chain *chain);
void net_sink_close(struct net_sink *s); /* the flush is the caller's */

/* net_tx.c and net_rx.c: polls */
unsigned int net_tx_poll(struct net_queue *txq);
bool net_tx_stop(struct net_queue *txq);
bool net_tx_pending(const struct net_queue *txq);
unsigned int net_rx_poll(struct net_queue *rxq);
bool net_rx_pending(const struct net_queue *rxq);

bool net_waits(struct net_queue *nq);

/* net_handover.c: between lcores */
int net_handover_init(struct net_queue *nq);
void net_handover_fini(struct net_queue *nq);
unsigned int net_handover_send(struct net_queue *txq, struct net_queue *sink);
unsigned int net_handover_reclaim(struct net_queue *txq);
bool net_handover_drain(struct net_queue *txq);
unsigned int net_handover_receive(struct net_queue *rxq);
unsigned int net_handover_refuse(struct net_queue *rxq);

/** Whether the chain can hold a packet; if not, reason is set. */
static inline bool
net_is_packet(const struct net_dev *from, const struct foo_chain *chain,
	      enum foo_net_drop_reason *reason)
{
	uint32_t hdr_len = from->hdr_len;

	if (likely(chain->read_len >= hdr_len + NET_ETH_LEN &&
		   chain->read_len <= hdr_len + NET_MAX_LEN))
		return true;
	*reason = chain->read_len == 0          ? FOO_NET_DROP_BAD_CHAIN :
		  chain->read_len > NET_MAX_LEN ? FOO_NET_DROP_TOO_BIG :
						  FOO_NET_DROP_TOO_SHORT;
	return false;
}

static inline void
net_drop(struct net_queue *nq, enum foo_net_drop_reason reason)
{
	nq->stats.drops[reason]++;
}

/** How many receive buffers to pop for a packet of len bytes, as far as one can tell before. */
static inline uint32_t
net_sink_need(const struct net_queue *rxq, uint32_t len)
{
	if (likely(len <= rxq->buf_len || !rxq->dev->mergeable))
		return 1;
	return 1 + RTE_MIN(len / rxq->buf_len, (uint32_t)FOO_VQ_BURST_MAX);
}

static inline uint32_t
net_inflight(const struct net_queue *txq)
{
	return txq->ref_head - txq->ref_tail;
}

static inline void
net_flush(struct foo_vq *vq)
{
	if (foo_vq_flush(vq))
		foo_vq_call(vq);
}

/** Likewise for both ends of a burst of packets: the receiver first. */
static inline void
net_flush_both(struct foo_vq *rx, struct foo_vq *tx)
{
	bool tx_wants, rx_wants = foo_vq_flush_both(rx, tx, &tx_wants);

	if (rx_wants)
		foo_vq_call(rx);
	if (tx_wants)
		foo_vq_call(tx);
}

#endif /* NET_PRIV_H */
