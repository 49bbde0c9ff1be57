/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef PKTCHECK_H
#define PKTCHECK_H

/**
 * @file
 * foo_pktcheck: a guest that knows every byte it should receive.
 *
 * The program drives one or two net_virtio_user ports. Every packet is a pure
 * function of (session, flow, sequence number): its length, its header and all
 * its payload bytes. The receiver computes the same function and compares, so
 * nothing is remembered about a packet while it is under way.
 *
 * A flow is what must keep its order: one transmit queue of one port. Flow
 * number = port * queues + queue.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <rte_ether.h>
#include <rte_mbuf.h>

/** Most ports that one process drives. */
#define PC_MAX_PORTS 2
/** Most queue pairs of a port. */
#define PC_MAX_QUEUES 16
/** Most flows of a process. */
#define PC_MAX_FLOWS (PC_MAX_PORTS * PC_MAX_QUEUES)
/** Longest packet, in bytes. */
#define PC_MAX_LEN 16384
/** Shortest packet: Ethernet's minimum without the checksum. */
#define PC_MIN_LEN 60
/** Packets a burst. */
#define PC_BURST 32
/** Sequence numbers that the duplicate check looks back. */
#define PC_WINDOW_BITS 65536
/** Round trips kept for the report. */
#define PC_MAX_RTT 1024

/** What the packets do; see --mode. */
enum pc_mode {
	PC_MODE_LOOP, /**< What a port sends comes back to it. */
	PC_MODE_PAIR, /**< What port 0 sends arrives at port 1 and the other way round. */
	PC_MODE_TX,   /**< Nothing comes back (the other side is rxonly). */
	PC_MODE_RX,   /**< Nothing is sent; packets of any content are counted. */
};

/** The command line. */
struct pc_config {
	enum pc_mode mode;
	uint64_t count;        /**< Packets to send over all flows; 0 = until seconds pass. */
	double seconds;        /**< Run time; 0 = until count is reached. */
	double drain;          /**< Seconds without a packet after which the rest is lost. */
	uint32_t window;       /**< Packets outstanding a flow; 0 = no limit. */
	uint32_t gap_us;       /**< Time between two packets of a flow, microseconds. */
	uint32_t rx_delay_us;  /**< Time between two bursts received, microseconds. */
	uint32_t rate;         /**< Packets a second over all flows; 0 = no limit. */
	uint16_t queues;       /**< Queue pairs of each port. */
	uint16_t ring;         /**< Descriptors of each queue. */
	uint16_t len_min;      /**< Shortest packet, bytes. */
	uint16_t len_max;      /**< Longest packet, bytes. */
	uint16_t segs;         /**< Buffers that a sent packet is spread over. */
	uint16_t buf_size;     /**< Data room of a buffer, without headroom. */
	uint16_t mtu;          /**< MTU to configure; 0 = from len_max. */
	bool macswap;          /**< The other side swaps the MAC addresses. */
	bool check_lossless;   /**< A lost packet is a failure. */
	bool selftest;         /**< Check the checker and leave. */
	uint64_t min_received; /**< Fail when fewer arrive. */
};

/** The part of a packet behind the Ethernet header. Host byte order. */
struct pc_hdr {
	uint16_t flow;    /**< Sender: port * queues + queue. */
	uint32_t session; /**< Random number of the sending process. */
	uint32_t len;     /**< Length of the whole packet. */
	uint64_t seq;     /**< Number of the packet within its flow, from 0. */
	uint32_t sum;     /**< Checksum of the fields above. */
} __attribute__((packed));

/** First payload byte. */
#define PC_PAYLOAD_OFF (sizeof(struct rte_ether_hdr) + sizeof(struct pc_hdr))

/** Why a received packet is not what was sent. */
enum pc_verdict {
	PC_OK,
	PC_FOREIGN,   /**< Valid, but of another process (an earlier life of the guest). */
	PC_BAD_LEN,   /**< Longer or shorter than it was sent. */
	PC_BAD_DATA,  /**< At least one byte differs, or it is none of our packets. */
	PC_MISROUTED, /**< Right, but not for this port. */
	PC_VERDICTS,
};

/** Order of one flow as the receiver sees it. */
struct pc_track {
	uint64_t next;     /**< One more than the highest sequence number seen. */
	uint64_t unique;   /**< Different packets received. */
	uint64_t dup;      /**< Packets received once more. */
	uint64_t reorder;  /**< Packets received after a later one. */
	uint64_t rxq_mask; /**< Receive queues on which the flow arrived. */
	uint64_t *seen;    /**< Ring of PC_WINDOW_BITS bits below `next`. */
};

/** One transmit queue. */
struct pc_flow {
	struct pc_track track; /**< What of it was received. */
	uint64_t seq;          /**< Next sequence number to build. */
	uint64_t sent;         /**< Packets that the driver took. */
	uint64_t limit;        /**< Packets to send. */
	uint64_t forgiven;     /**< Outstanding packets given up by a stall. */
	uint64_t rx_tsc;       /**< When the last packet came in. */
	uint64_t tx_tsc;       /**< When the last packet went out. */
	uint16_t port;
	uint16_t queue;
	uint16_t pend_off; /**< First packet of `pend` that the driver did not take. */
	uint16_t pend_n;   /**< Packets in `pend`. */
	struct rte_mbuf *pend[PC_BURST];
};

/** Everything the program knows while it runs. */
struct pc_state {
	struct pc_config cfg;
	uint32_t session;
	uint16_t nb_ports;
	uint16_t nb_flows;
	uint16_t ports[PC_MAX_PORTS]; /**< ethdev identifiers. */
	struct rte_mempool *pool;
	struct pc_flow flows[PC_MAX_FLOWS];
	uint64_t verdicts[PC_VERDICTS]; /**< Packets by verdict. */
	uint64_t rx_packets;            /**< All packets received. */
	uint64_t rx_bytes;
	uint64_t stalls;  /**< Times a flow gave up its outstanding packets. */
	uint64_t no_mbuf; /**< Times the pool was empty. */
	uint64_t start_tsc;
	uint64_t next_rx; /**< Time of the next burst, with rx_delay_us. */
	uint64_t end_tsc;
	uint32_t nb_rtt;           /**< Entries of rtt_us. */
	double rtt_us[PC_MAX_RTT]; /**< Round trips, microseconds, with gap_us only. */
	uint8_t *scratch;          /**< PC_MAX_LEN bytes. */
};

/* pktcheck_pattern.c */

/** Length of packet `seq` of `flow`. */
uint16_t pc_len(const struct pc_config *cfg, uint32_t session, uint16_t flow, uint64_t seq);

/** Write packet `seq` of `flow`, `len` bytes, to `p`. */
void pc_build(uint8_t *p, uint16_t len, uint32_t session, uint16_t flow, uint64_t seq);

/** Compare the packet of `len` bytes at `p` with what it claims to be.
 * `*flow` and `*seq` are valid with PC_OK and PC_BAD_LEN (of our session).
 */
enum pc_verdict
pc_verify(const struct pc_state *st, const uint8_t *p, uint32_t len, uint16_t *flow, uint64_t *seq);

/** Split `len` bytes into `n` parts of at most `room` bytes, from the number `seed`.
 * @return the parts used; more than `n` when the room asks for it.
 */
uint16_t
pc_split(uint32_t seed, uint16_t len, uint16_t n, uint16_t room, uint16_t *parts, uint16_t max);

/* pktcheck_track.c */

/** @return 0 or -ENOMEM. */
int pc_track_init(struct pc_track *t);
void pc_track_fini(struct pc_track *t);
/** Note that `seq` arrived. */
void pc_track_add(struct pc_track *t, uint64_t seq);

/* pktcheck_args.c */

/** Parse the arguments behind `--`. @return 0, 1 (help was printed) or -EINVAL. */
int pc_parse(struct pc_config *cfg, int argc, char **argv);

/* pktcheck_port.c */

/** Configure and start every port. @return 0 or -errno. */
int pc_ports_start(struct pc_state *st);
void pc_ports_stop(struct pc_state *st);

/* pktcheck_report.c */

/** One JSON line about the packets so far. */
void pc_progress(const struct pc_state *st, FILE *f);
/** The final JSON line. @return true when everything that was asked for holds. */
bool pc_result(struct pc_state *st, FILE *f);

/* pktcheck_self.c */

/** Check the checker. @return failures. */
int pc_selftest(void);

#endif
