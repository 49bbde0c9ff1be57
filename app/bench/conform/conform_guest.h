/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef CONFORM_GUEST_H
#define CONFORM_GUEST_H

/**
 * @file
 * The guest of a case: a connection with memory and started rings, on which everything is in order
 * until a case spoils it. Queues are those of virtio-net (0 receive, 1 transmit) or virtio-blk (0).
 *
 * Nothing here waits longer than conform_opt::timeout_ms, and nothing that a back-end writes is
 * believed: lengths and ids are checked before they index anything.
 */

#include <stdbool.h>
#include <stdint.h>

#include <linux/virtio_blk.h>
#include <linux/virtio_net.h>

#include "foo_guest_front.h"
#include "foo_guest_mem.h"
#include "foo_guest_ring.h"

/** Feature bit n. */
#define CONFORM_BIT(n) (UINT64_C(1) << (n))

/** Bytes of a buffer of a queue. */
#define CONFORM_BUF 8192u

/** Feature bit of zoned disks, VIRTIO 1.3, 5.2.3; headers have it from Linux 6.3 on. */
#define CONFORM_BLK_F_ZONED 17

/** Queue size unless a case wants another. */
#define CONFORM_SIZE 64

/** Chains and packets of a guest that can be told apart. */
#define CONFORM_TOKENS 4096u

/** Where the first region of memory ends and the second begins: they are adjacent. */
#define CONFORM_SEAM (UINT64_C(2) << 20)

/** Where the third region is: behind a hole, 1 MiB that nobody uses. */
#define CONFORM_HIGH (UINT64_C(4) << 30)

/** Bytes of the third region. */
#define CONFORM_HIGH_SIZE (UINT64_C(1) << 20)

/** A guest address in no region. */
#define CONFORM_NOWHERE UINT64_C(0x7f0000000000)

/** No chain. */
#define CONFORM_NO_TOKEN (-1)

/** Queues of a net device. */
enum conform_queue_index {
	CONFORM_RX = 0, /**< Receive queue. */
	CONFORM_TX = 1, /**< Transmit queue. */
};

/** What a guest should be. */
struct conform_setup {
	const char *path;    /**< Socket. */
	unsigned int device; /**< CONFORM_NET or CONFORM_BLK. */
	bool packed;         /**< Ring format. */
	bool legacy;         /**< Without VERSION_1. */
	bool no_protocol;    /**< Without protocol features. */
	bool no_loop;        /**< Net: packets do not come back. */
	bool keeps_data;     /**< Blk: what is written can be read. */
	uint32_t block;      /**< Blk: bytes of a block, 512 or 4096; 0: 512. */
	uint64_t features;   /**< To negotiate beside the usual ones. */
	uint16_t size;       /**< Queue size, 0: CONFORM_SIZE. */
	uint16_t base;       /**< Added to the index at which rings start. */
	uint32_t rx_len;     /**< Bytes of a receive buffer, 0: 2048. */
	uint16_t rx_first;   /**< Bytes of its first descriptor; 0: one descriptor. */
	uint16_t rx_flags;   /**< Its flags; 0: VRING_DESC_F_WRITE. */
	bool rx_readable;    /**< Receive buffers are device-readable. */
	bool rx_none;        /**< No receive buffers are given. */
	bool unsealed;       /**< Its memory's files can shrink. */
	int timeout_ms;      /**< Longest wait. */
	const struct foo_guest_range *range; /**< Memory, NULL: three regions as above. */
	unsigned int nranges;                /**< Entries of range. */
};

/** A chain's end. */
struct conform_done {
	bool done;    /**< The device gave it back. */
	uint32_t len; /**< Used length. */
};

/** A queue. */
struct conform_queue {
	struct foo_guest_ring ring; /**< Driver's side. */
	int kick;                   /**< eventfd to the device. */
	int call;                   /**< eventfd from it. */
	uint64_t buf;      /**< Buffers of CONFORM_BUF bytes, as many as the ring's size. */
	unsigned int next; /**< Next token, and with it the next buffer. */
	struct conform_done done[CONFORM_TOKENS]; /**< By token. */
};

/** A packet that comes in pieces. */
struct conform_packet {
	uint8_t data[72 * 1024]; /**< Header and packet. */
	uint32_t len;            /**< Bytes so far. */
	unsigned int left;       /**< Buffers still to come. */
};

/** A guest. */
struct conform_guest {
	struct conform_setup set;  /**< As it was opened. */
	struct foo_front front;    /**< Connection. */
	struct foo_guest_mem mem;  /**< Memory. */
	unsigned int nqueues;      /**< Queues made. */
	struct conform_queue q[2]; /**< Queues. */
	unsigned int work;         /**< Index of the queue to spoil: transmit or request queue. */
	uint16_t hdr_len;          /**< Bytes of the virtio-net header. */
	uint32_t seq;              /**< Next packet's or request's number. */
	bool seen[CONFORM_TOKENS]; /**< Packets that came back whole, by number. */
	unsigned int rx_used;      /**< Receive buffers that came back. */
	unsigned int rx_corrupt;   /**< Packets that came back different. */
	struct virtio_net_hdr_v1 rx_hdr; /**< Header of the last packet. */
	struct conform_packet packet;    /**< Packet being put together. */
	char wrong[120]; /**< What the device did that no device may do; first one. */
};

/** Milliseconds of the monotonic clock. */
int64_t conform_now_ms(void);

/** Initialise to nothing, so that conform_guest_close() may follow. */
void conform_guest_init(struct conform_guest *g);

/** Connect and negotiate. A back-end that is still busy with the last front-end and closes the
 * connection is asked again until the time-out. */
int conform_guest_connect(struct conform_guest *g, const struct conform_setup *set);

/** Create and share the memory. */
int conform_guest_share(struct conform_guest *g);

/** Lay out the rings and fill the receive queue. */
int conform_guest_rings(struct conform_guest *g);

/** Start all rings, and the driver. */
int conform_guest_start(struct conform_guest *g);

/** All of the above. On error the guest is closed. */
int conform_guest_open(struct conform_guest *g, const struct conform_setup *set);

/** Forget the rings, so that conform_guest_rings() can make new ones. */
void conform_guest_drop_rings(struct conform_guest *g);

/** Stop the queues, make new rings and start them: what a driver's reset comes to. */
int conform_guest_restart(struct conform_guest *g);

/** Close everything. */
void conform_guest_close(struct conform_guest *g);

/** Whether the back-end has closed the connection. */
bool conform_guest_dropped(const struct conform_guest *g);

/** Guest address of the buffer of a token. */
uint64_t conform_buf(const struct conform_queue *q, unsigned int token);

/**
 * Add a chain to a queue, without publishing it.
 *
 * @param direct as of foo_guest_ring_add()
 * @return token, or -errno
 */
int conform_add(struct conform_guest *g, unsigned int queue, const struct foo_guest_buf *buf,
		uint16_t n, uint16_t direct);

/** Publish what was added, and kick whether or not the device wants it. */
void conform_publish(struct conform_guest *g, unsigned int queue);

/** Let one receive buffer, by its index, be the device's. */
int conform_give_rx(struct conform_guest *g, unsigned int index);

/** Take what the device has used. */
void conform_poll(struct conform_guest *g);

/** Whether the chain has come back. */
bool conform_is_done(const struct conform_guest *g, unsigned int queue, int token);

/** Poll until the chain has come back. False: not within the time, or the connection ended. */
bool conform_wait_done(struct conform_guest *g, unsigned int queue, int token, int ms);

/** Write a virtio-net header of 0 and a packet of len bytes with this number at a guest address. */
void conform_fill_packet(struct conform_guest *g, uint64_t gpa, uint32_t seq, uint32_t len);

/** As conform_fill_packet(): the first len bytes of a packet of `total`, whose byte i behind them
 * is conform_pattern(seq, i). */
void conform_fill_part(struct conform_guest *g, uint64_t gpa, uint32_t seq, uint32_t len,
		       uint32_t total);

/**
 * Compose a valid chain in the next token's buffer: a packet of 100 bytes, or the read of the
 * first sector.
 *
 * @param buf 3 entries
 * @return number of entries
 */
uint16_t conform_valid_chain(struct conform_guest *g, struct foo_guest_buf *buf);

/** Compose a block request of three buffers in the next token's buffer. Data is at most 2048
 * bytes; for a write it is a pattern of seed. */
void conform_blk_chain(struct conform_guest *g, struct foo_guest_buf buf[3], uint32_t type,
		       uint64_t sector, uint32_t len, uint32_t seed);

/** Status byte of a block request that conform_blk_chain() composed; 0xff: not written. */
uint8_t conform_blk_status(struct conform_guest *g, int token);

/** Data of such a request. */
uint8_t *conform_blk_data(struct conform_guest *g, int token);

/** Byte i of the pattern of a seed. */
uint8_t conform_pattern(uint32_t seed, uint32_t i);

/**
 * Do valid work: n packets of several lengths, there and back, or n requests; all bytes compared.
 *
 * @return 0; -ETIMEDOUT; -ECONNRESET; -EBADMSG if what came back is wrong (conform_guest::wrong)
 */
int conform_work(struct conform_guest *g, unsigned int n);

/** Note what no device may do; only the first one counts. */
void conform_wrong(struct conform_guest *g, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* CONFORM_GUEST_H */
