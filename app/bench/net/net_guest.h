/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef NET_GUEST_H
#define NET_GUEST_H

/**
 * @file
 * A guest with a network card, as a job of bench_run.h: sends, receives and checks.
 *
 * Vring 2k is the receive queue of pair k, vring 2k + 1 its transmit queue (VIRTIO 1.2, 5.1.2).
 * Each transmit queue is a stream of its own: a back-end keeps the order within it. A packet is one
 * buffer, laid out as drivers do it: the packet starts on a cache line, the device's header ends
 * where it starts. So whoever sends the same packet again and again leaves the header's line alone.
 */

#include <stdbool.h>
#include <stdint.h>

#include <foo_guest.h>

#include "bench_call.h"
#include "bench_hist.h"
#include "bench_pace.h"
#include "bench_result.h"
#include "bench_run.h"
#include "bench_track.h"
#include "net_null.h"
#include "net_opts.h"

/** Most packets at once: the limit of --burst. */
#define NET_MAX_BURST 256

/** Counters of a guest; its thread writes, all read. */
struct net_count {
	uint64_t tx_packets; /**< Sent. */
	uint64_t rx_packets; /**< Received. */
	uint64_t tx_bytes;   /**< Bytes sent. */
	uint64_t rx_bytes;   /**< Bytes received. */
	uint64_t corrupted;  /**< Not as they were sent. */
	uint64_t reconnects; /**< Times that the back-end came back. */
} __attribute__((aligned(64)));

/** Buffers of a queue: one after the other in guest memory. */
struct net_buffers {
	uint64_t gpa;    /**< First one, at the device's header. */
	uint8_t *va;     /**< The same here. */
	uint32_t stride; /**< From one to the next; a multiple of a cache line. */
	uint32_t len;    /**< Bytes of each, with the header. */
	uint32_t n;      /**< How many. */
};

/** A transmit queue. */
struct net_txq {
	struct foo_guest_ring *ring; /**< Its ring. */
	struct net_buffers buf;      /**< Packets. */
	uint16_t *free;              /**< Indices of those that are not in flight. */
	uint32_t nfree;              /**< Entries of free. */
	uint64_t seq;                /**< Number of the next packet. */
	uint32_t stream;             /**< Its stream: net_stream(). */
	uint64_t back;               /**< Window: all below this number came back, or are lost. */
	uint64_t closed;             /**< Window: since when it has been full, ns; 0: it is not. */
	struct bench_pace pace;      /**< When packets are due. */
	struct bench_call call;      /**< Interrupts of sent packets. */
} __attribute__((aligned(64)));

/** A receive queue. */
struct net_rxq {
	struct foo_guest_ring *ring; /**< Its ring. */
	struct net_buffers buf;      /**< Where packets arrive. */
	uint8_t *merged;             /**< A packet that came in several buffers. */
	uint32_t merged_len;         /**< Bytes of it so far. */
	uint16_t missing;            /**< Buffers of it that are to come. */
	struct bench_call call;      /**< Interrupts of received packets. */
} __attribute__((aligned(64)));

/** What a guest knows of a stream that it receives. */
struct net_flow {
	struct bench_track track; /**< Numbers of the packets. */
	struct bench_track_result
		past;    /**< Of the streams before, but for what was lost of them. */
	uint32_t stream; /**< Current stream. */
};

/** A guest. */
struct net_guest {
	struct foo_guest g;           /**< The guest itself. */
	const struct net_config *cfg; /**< What is configured. */
	unsigned int index;           /**< Number of the guest. */
	unsigned int source;          /**< Number of the guest whose packets it receives. */
	bool sends;                   /**< Sends. */
	bool receives;                /**< Receives. */
	uint32_t size;                /**< Of packets; 0: IMIX. */
	uint32_t burst;               /**< Most packets at once. */
	uint32_t hdr_len;             /**< Of the device's header. */
	bool mergeable;               /**< MRG_RXBUF. */
	unsigned int npairs;          /**< Pairs of queues. */
	struct net_txq *txq;          /**< npairs, if it sends. */
	struct net_rxq *rxq;          /**< npairs. */
	struct net_flow *flow;        /**< npairs: those of the source. */
	struct bench_hist latency;    /**< If has_latency. */
	bool has_latency;             /**< Measures latency. */
	uint32_t idle;                /**< Polls in vain since the last look at the socket. */
	unsigned int told;            /**< Wrong packets that were described on stderr. */
	struct net_count count;       /**< Counters since it was opened. */
	struct net_count first;       /**< The same when measuring began. */
	struct net_count last;        /**< The same when it ended. */
	struct net_null null;         /**< Mode null: the device. */
	uint64_t not_sent;            /**< With a rate: due when measuring ended, not sent. */
	uint64_t null_ns; /**< Measured time that the null devices of its thread took. */
	uint64_t begun;   /**< When that was, ns. */
	uint64_t ended;   /**< When that was, ns. */
};

/** Number of a stream: which guest sends it, on which pair, and the how manyeth one there. */
static inline uint32_t
net_stream(unsigned int guest, unsigned int pair, unsigned int generation)
{
	return generation << 16 | guest << 8 | pair;
}

/**
 * Connect a guest and prepare its buffers.
 *
 * @param size of packets; 0: IMIX
 * @param generation of its streams: differs from those that may still be on their way
 * @return 0 or -errno; foo_guest::error says why
 */
int net_guest_open(struct net_guest *ng, const struct net_config *cfg, unsigned int index,
		   uint32_t size, unsigned int generation);

/** Close it and free everything. */
void net_guest_close(struct net_guest *ng);

/** Its result: counters of the measured time; what became of the streams that it receives.
 * @param source the guest that sends them, at rest */
void net_guest_result(const struct net_guest *ng, const struct net_guest *source,
		      struct bench_net_result *r);

/** How to drive it; ctx and tick are the caller's. */
extern const struct bench_run_ops net_guest_ops;

/** Send what is due, as far as there is room. @return packets */
int net_tx(struct net_guest *ng, struct net_txq *q);

/** Take back sent packets. @return packets or -EPROTO */
int net_reclaim(struct net_txq *q);

/** Receive and check a burst. @return packets or -EPROTO */
int net_rx(struct net_guest *ng, struct net_rxq *q);

/** A stream takes the place of the one before, whose packets on their way are of no interest: they
 * are not lost, but what was wrong with others stays. */
void net_flow_begin(struct net_flow *flow, uint32_t stream);

/** Give the device n receive buffers, by index. */
void net_rx_give(struct net_rxq *q, const uint64_t *index, uint16_t n);

#endif /* NET_GUEST_H */
