/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_NET_H
#define FOO_NET_H

/**
 * @file
 * Network ports: VirtIO network devices (VIRTIO 1.2, 5.1) and how packets go between them.
 *
 * Every device of class `net` is a port; ports are numbered in the order of their creation, as
 * in testpmd. "Receive" (RX) is what a port receives from its guest's transmit queues, "transmit"
 * (TX) what it puts into its guest's receive queues: testpmd's point of view, not the guest's.
 *
 * Between two guests a packet is copied once, from the sender's descriptor chain straight into
 * the receiver's; there is no mbuf.
 */

#include <foo_device.h>

/** What happens to a packet that came from a guest. */
enum foo_net_fwd {
	FOO_NET_FWD_IO,      /**< To the paired port: 0-1, 2-3; one without a partner to itself. */
	FOO_NET_FWD_MACSWAP, /**< As io, with source and destination MAC exchanged. */
	FOO_NET_FWD_RXONLY,  /**< Counted and dropped. */
	FOO_NET_FWD_TXONLY,  /**< Nothing is taken; generated packets are sent to every guest. */
};

/** What happens when the destination has no room. */
enum foo_net_overload {
	FOO_NET_DROP,         /**< The packet is dropped and counted. */
	FOO_NET_BACKPRESSURE, /**< The packet waits in its sender's ring; counted. For a queue
			       * that does not run it waits 100 ms: a pause, not a missing
			       * guest. */
};

/** Which lcore polls a queue. */
enum foo_net_placement {
	FOO_NET_PLACE_FLOW,   /**< Transmit queue with the receive queue that it feeds. */
	FOO_NET_PLACE_SPREAD, /**< Each queue round-robin over lcores; chains are handed over. */
};

/** How ports forward; one for the process. */
struct foo_net_conf {
	enum foo_net_fwd fwd;             /**< --fwd= */
	enum foo_net_overload overload;   /**< --overload= */
	enum foo_net_placement placement; /**< --placement= */
	uint16_t txonly_size;             /**< --txonly-size=: bytes of a generated packet, 60 to
					  * 1514, without FCS. */
	uint16_t gather_us; /**< --gather=: microseconds that a guest which sends without a pause
			     * is given to fill a burst, up to FOO_NET_GATHER_MAX; 0: none. */
};

/** Largest foo_net_conf::gather_us: below what an lcore waits before it sleeps. */
#define FOO_NET_GATHER_MAX 100

/** Words of --fwd=, in the order of the enum, NULL at the end. */
extern const char *const foo_net_fwd_names[];
/** Words of --overload=, likewise. */
extern const char *const foo_net_overload_names[];
/** Words of --placement=, likewise. */
extern const char *const foo_net_placement_names[];

/**
 * Pair the ports. Control thread, after all net devices were created and before the first is
 * realized; sets the placement rule.
 *
 * @return 0, or -EINVAL with err
 */
int foo_net_setup(const struct foo_net_conf *conf, struct foo_error *err);

/** Why a packet that came from a guest, or was to go to one, was dropped: X(symbol, name, text) */
#define FOO_NET_DROP_LIST(X)                                                                       \
	X(NO_PORT, no_port, "destination port or queue is not running")                            \
	X(RING_FULL, ring_full, "destination has no receive buffer")                               \
	X(TOO_BIG, too_big,                                                                        \
	  "packet above 64 KiB, or does not fit into the receive buffers offered")                 \
	X(TOO_SHORT, too_short, "packet shorter than virtio-net header plus Ethernet header")      \
	X(BAD_HEADER, bad_header, "virtio-net header contradicts itself or the packet")            \
	X(OFFLOAD, offload, "packet needs an offload that the receiver did not negotiate")         \
	X(BAD_CHAIN, bad_chain, "descriptor chain refused, or without a readable part")            \
	X(RX_BUFFER, rx_buffer, "receive buffer smaller than the header, or refused")

/** Drop reasons. */
enum foo_net_drop_reason {
#define FOO_NET_DROP_ENUM(sym, name, text) FOO_NET_DROP_##sym,
	FOO_NET_DROP_LIST(FOO_NET_DROP_ENUM)
#undef FOO_NET_DROP_ENUM
	FOO_NET_DROP_MAX, /**< Number of reasons. */
};

/** Name of a drop reason as telemetry shows it. */
const char *foo_net_drop_name(enum foo_net_drop_reason reason);

/** Counters of one queue, written by its lcore only. */
struct foo_net_queue_stats {
	uint64_t packets;      /**< Transmit queue: taken from the guest; receive: given to it. */
	uint64_t bytes;        /**< Their bytes, without virtio-net header. */
	uint64_t copied_bytes; /**< Payload bytes copied (receive queue), counted where they are
				 * copied: equal to bytes where each went once. */
	uint64_t handovers;    /**< Chains handed to another lcore (transmit queue). */
	uint64_t backpressure; /**< Polls that left packets in the ring for want of room. */
	uint64_t sw_checksums; /**< Checksums completed in software for the receiver. */
	uint64_t drops[FOO_NET_DROP_MAX]; /**< Packets dropped, by reason. */
};

/** Counters of a port: sums over its queues, plus what testpmd shows for forwarding. */
struct foo_net_port_stats {
	uint64_t rx_packets;  /**< From the guest. */
	uint64_t rx_bytes;    /**< Their bytes. */
	uint64_t rx_errors;   /**< Of them dropped for what the sender did (bad chain, header). */
	uint64_t tx_packets;  /**< Into the guest. */
	uint64_t tx_bytes;    /**< Their bytes. */
	uint64_t tx_errors;   /**< Dropped on their way into the guest. */
	uint64_t fwd_dropped; /**< Received here and not delivered: testpmd's TX-dropped of the
			       * destination, counted at the destination port. */
	uint64_t busy_cycles; /**< TSC cycles of polls of its transmit queues that found packets. */
};

/** Whether the device is a port. */
bool foo_net_is_port(const struct foo_device *dev);

/** Snapshot of a port's counters. Any thread. */
void foo_net_port_stats_get(const struct foo_device *dev, struct foo_net_port_stats *stats);

/** Snapshot of a queue's counters; false if dev is no port. Any thread. */
bool foo_net_queue_stats_get(const struct foo_queue *q, struct foo_net_queue_stats *stats);

#endif /* FOO_NET_H */
