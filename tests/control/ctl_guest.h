/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef CTL_GUEST_H
#define CTL_GUEST_H

/**
 * @file
 * A guest with a network card: front-end, memory, queue pairs and packets whose bytes are checked.
 *
 * Opened at once by ctl_guest_open(), or step by step where a test wants to do a step differently.
 * Vring 2k is the receive queue of pair k, vring 2k + 1 its transmit queue (VIRTIO 1.2, 5.1.2).
 */

#include <stdbool.h>
#include <stdint.h>

#include <linux/virtio_net.h>

#include <foo_guest_front.h>

/** Most queue pairs of a guest here. */
#define CTL_MAX_PAIRS 4

/** Bytes of a packet buffer. */
#define CTL_BUF 2048

/** @name Directions: index of a vring within its pair @{ */
#define CTL_RX 0
#define CTL_TX 1
/** @} */

/** Feature bits by number. */
#define CTL_BIT(n) (UINT64_C(1) << (n))

/** What a modern driver takes, without a choice of ring. */
#define CTL_MODERN                                                                                 \
	(CTL_BIT(VIRTIO_F_VERSION_1) | CTL_BIT(VIRTIO_NET_F_MRG_RXBUF) |                           \
	 CTL_BIT(VIRTIO_NET_F_MQ) | CTL_BIT(VIRTIO_NET_F_CTRL_VQ))

/** As CTL_MODERN, with the ring features that matter for notification. */
#define CTL_SPLIT                                                                                  \
	(CTL_MODERN | CTL_BIT(VIRTIO_RING_F_EVENT_IDX) | CTL_BIT(VIRTIO_RING_F_INDIRECT_DESC))

/** As CTL_SPLIT, packed. */
#define CTL_PACKED (CTL_SPLIT | CTL_BIT(VIRTIO_F_RING_PACKED))

/** The choices that a test has. Zero: a default. */
struct ctl_guest_opt {
	uint64_t features;   /**< Wanted features; 0: CTL_SPLIT. */
	unsigned int npairs; /**< Queue pairs to set up; 0: 1. */
	uint16_t size;       /**< Queue size; 0: 64. */
	uint16_t base;       /**< First index of every ring (split); 0. */
	bool listen;         /**< The back-end is a client: listen for it. */
	bool no_protocol;    /**< No protocol features: bit 30 is not acknowledged. */
	bool no_kickfd;      /**< Set KICK without a file. */
	bool no_callfd;      /**< Set CALL without a file. */
	const struct foo_guest_range *range; /**< Memory; NULL: two ranges with a hole between. */
	unsigned int nranges;                /**< Entries of range. */
};

/** A virtqueue with its buffers. */
struct ctl_queue {
	struct foo_guest_ring ring; /**< Driver side. */
	int kick;                   /**< eventfd, or -1. */
	int call;                   /**< eventfd, or -1. */
	uint64_t buf;               /**< Guest address of size buffers of CTL_BUF bytes. */
	uint16_t free[FOO_GUEST_RING_MAX_SIZE / 16]; /**< Buffers not in flight. */
	uint16_t nfree;                              /**< Valid entries. */
};

/** A guest. */
struct ctl_guest {
	struct foo_front front;                /**< Its front-end. */
	struct foo_guest_mem mem;              /**< Its memory. */
	struct ctl_guest_opt opt;              /**< Choices, defaults filled in. */
	unsigned int hdr_len;                  /**< Bytes of the packet header as negotiated. */
	unsigned int npairs;                   /**< Pairs that exist. */
	struct ctl_queue q[2 * CTL_MAX_PAIRS]; /**< By vring index. */
	bool is_open;                          /**< Something to close. */
};

/** connect, memory, rings and start in one. 0 or -errno, then nothing is open. */
int ctl_guest_open(struct ctl_guest *g, const char *path, const struct ctl_guest_opt *opt);

/** Connect and negotiate features. */
int ctl_guest_connect(struct ctl_guest *g, const char *path, const struct ctl_guest_opt *opt);

/** Create memory and share it. */
int ctl_guest_share(struct ctl_guest *g);

/** Create rings, eventfds and buffers; the receive queues are filled. Sends nothing. */
int ctl_guest_rings(struct ctl_guest *g);

/** Start one queue. */
int ctl_guest_start(struct ctl_guest *g, unsigned int vring);

/** Start all queues; DRIVER_OK. */
int ctl_guest_start_all(struct ctl_guest *g);

/** Stop all queues as a guest that shuts down does. */
int ctl_guest_stop_all(struct ctl_guest *g);

/** Forget the rings (all queues are stopped): ctl_guest_rings() makes new ones. */
void ctl_guest_drop_rings(struct ctl_guest *g);

/** Close the socket and free everything; again is harmless. */
void ctl_guest_close(struct ctl_guest *g);

/** A packet that has arrived. */
struct ctl_packet {
	uint32_t seq;    /**< Number given at ctl_send(). */
	uint32_t stream; /**< Stream given at ctl_send(). */
	uint32_t len;    /**< Bytes after the header. */
	uint64_t gpa;    /**< Buffer that it arrived in. */
};

/** Send one packet of len bytes (60..1514). 0; -ENOSPC: no descriptor is free; -EPROTO: the
 * device broke the rules of the ring. */
int ctl_send(struct ctl_guest *g, unsigned int pair, uint32_t stream, uint32_t seq, uint32_t len);

/** Receive one packet and give its buffer back. 1; 0: none there; -EPROTO; -EBADMSG: bytes differ
 * from those sent. */
int ctl_recv(struct ctl_guest *g, unsigned int pair, struct ctl_packet *pkt);

/** Take what the device has used of the transmit queue. Chains, or -EPROTO. */
int ctl_reclaim(struct ctl_guest *g, unsigned int pair);

/**
 * Send n packets from one guest's pair to another's (or its own) and receive all of them, in
 * order, intact, none twice.
 *
 * @return 0; -ETIMEDOUT (with a comment that says how far it came); -EBADMSG; -EPROTO
 */
int ctl_transfer(struct ctl_guest *from, unsigned int from_pair, struct ctl_guest *to,
		 unsigned int to_pair, uint32_t n);

/** Throw away what waits in a receive queue. Packets, or -errno. */
int ctl_drain(struct ctl_guest *g, unsigned int pair);

/** Round trip of a GET_FEATURES in us, or -errno. */
int64_t ctl_round_trip_us(struct ctl_guest *g);

#endif /* CTL_GUEST_H */
