/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BLK_PRIV_H
#define BLK_PRIV_H

/*
 * What the files of class `blk` share; engines see foo_blk.h only.
 */

#include <linux/virtio_blk.h>

#include <rte_common.h>

#include "blk_zone.h"
#include "foo_blk_io.h"

/** Bytes of the answer to GET_ID (VIRTIO 1.2, 5.2.6). */
#define BLK_ID_LEN VIRTIO_BLK_ID_BYTES

/** Pieces, and ranges, that a request has room for by itself. */
#define BLK_OWN_PIECES 16

/** Requests of a queue with more pieces that may be in flight. */
#define BLK_LONG_MAX 64

/** Requests taken from the ring in one poll. */
#define BLK_BURST 32

/** What is limited. */
enum blk_limit {
	BLK_LIMIT_REQUESTS, /**< Requests of any kind. */
	BLK_LIMIT_BYTES,    /**< Bytes of data that they carry. */
	BLK_LIMIT_MAX,      /**< Number of limits. */
};

/** A token bucket, told by the time at which it is empty: see blk_qos.c. */
struct blk_bucket {
	uint64_t cost;  /**< TSC cycles that one unit takes, in 2^-24; 0: no limit. Stored by
			  * control, read relaxed by lcores. */
	uint64_t burst; /**< TSC cycles that it holds; likewise. */
	uint64_t next;  /**< TSC at which it is empty; in the future: its debt. Compare-and-swap. */
};

/** Limits of a disk: one cache line, which lcores touch only while foo_blk::limited. */
struct blk_qos {
	struct blk_bucket bucket[BLK_LIMIT_MAX]; /**< By enum blk_limit. */
	uint64_t waiting; /**< Queues that had to wait, a bit each; atomic. */
	uint64_t
		epoch; /**< Changes when a limit does; stored by control, read relaxed by lcores. */
} __rte_cache_aligned;

/** Room for the pieces of a long request. */
struct blk_long {
	struct blk_long *next;                /**< Free list. */
	struct iovec iov[FOO_BLK_MAX_PIECES]; /**< The pieces. */
};

/** A request of the guest while it is carried out. */
struct blk_req {
	struct foo_blk_io io;    /**< Its current step, as the engine sees it; first. */
	struct foo_chain chain;  /**< Its chain; the pieces are in io.iov. */
	uint8_t *status;         /**< Where the status byte goes. */
	uint64_t start;          /**< TSC when it was popped. */
	struct blk_long *pieces; /**< Room for its pieces, if own.iov is too small. */
	uint64_t bytes;          /**< What to count if it ends well. */
	uint32_t data;           /**< Bytes before the status that it writes if it ends well. */
	uint8_t kind;            /**< enum foo_blk_kind. */
	uint8_t nranges;         /**< Ranges of a request of several. */
	uint8_t range;           /**< The one that the engine works on. */
	bool sync;               /**< A flush is its last step: no cache may keep what it did. */
	bool resets;             /**< The engine clears zone own.reset.zone. */
	union {
		struct iovec iov[BLK_OWN_PIECES];                                 /**< Pieces. */
		struct virtio_blk_discard_write_zeroes range[FOO_BLK_MAX_RANGES]; /**< Ranges. */
		struct {
			uint32_t zone; /**< The one that is cleared. */
			uint32_t end;  /**< The one behind the last. */
		} reset;               /**< Zones to reset. */
	} own;                         /**< Room of its own. */
} __rte_cache_aligned;

/** A queue, beyond what engines see. */
struct blk_queue {
	struct foo_blk_queue bq;       /**< What engines see; first. */
	struct blk_req **free;         /**< Stack of free requests. */
	uint32_t nfree;                /**< Entries of free. */
	struct blk_long *longs;        /**< Free list of room for long requests. */
	uint64_t now;                  /**< TSC of this poll. */
	uint32_t ended;                /**< Requests ended since the last look. */
	bool uncommitted;              /**< Something was submitted since the last commit. */
	bool waits;                    /**< Its bit in blk_qos::waiting is set. */
	uint64_t own[BLK_LIMIT_MAX];   /**< As blk_bucket::next, of its share alone. */
	uint64_t epoch;                /**< blk_qos::epoch that own is of. */
	struct foo_coalesce_held held; /**< Calls held back. */
	struct blk_req *req;           /**< All requests. */
	struct blk_long *long_mem;     /**< All room for long requests. */
} __rte_cache_aligned;

/** Words of block-size=, and their number of bytes. */
extern const char *const blk_block_sizes[];

/** The queue, from what engines see. */
static inline struct blk_queue *
blk_queue(struct foo_blk_queue *bq)
{
	return (struct blk_queue *)bq;
}

/** The virtqueue's disk queue. */
static inline struct blk_queue *
blk_queue_of(const struct foo_queue *q)
{
	return q->priv;
}

/* --- blk_config.c --- */

/** Implements foo_ops::features: what the medium can do. */
uint64_t blk_features(const struct foo_device *dev);

/** Implements foo_ops::get_config (VIRTIO 1.2, 5.2.4). */
int blk_get_config(struct foo_device *dev, uint32_t offset, void *buf, uint32_t len);

/** Implements foo_ops::set_config: the driver may write one field, writeback (5.2.4). */
int blk_set_config(struct foo_device *dev, uint32_t offset, const void *buf, uint32_t len);

/** Implements foo_ops::set_features: whether writes may wait in a cache (5.2.6.2). */
int blk_set_features(struct foo_device *dev);

/* --- blk_req.c --- */

/**
 * Carry out the request of a chain: submit it to the engine, or answer it at once.
 *
 * @return 0; -EAGAIN: there is no room now, the chain is to be given back
 */
int blk_req_begin(struct blk_queue *bk, const struct foo_chain *chain);

/* --- blk_range.c --- */

/**
 * Read and check the ranges of a discard, write-zeroes or secure-erase request into r->own.range.
 *
 * @param c behind the header
 * @return a status of VirtIO: VIRTIO_BLK_S_OK, _IOERR or _UNSUPP
 */
uint8_t
blk_range_parse(struct blk_queue *bk, struct blk_req *r, struct foo_cursor *c, uint32_t type);

/** Make r->own.range[r->range] the engine's next step. */
void blk_range_step(struct blk_req *r);

/** Whether sectors [sector, sector + n) are on the disk, in whole blocks. */
bool blk_range_ok(const struct foo_blk *dev, uint64_t sector, uint64_t n);

/* --- blk_qos.c --- */

/** Make the limits that the properties say. Control. 0 or -ENOMEM. */
int blk_qos_init(struct foo_blk *dev);

/** Undo it; no queue is attached. */
void blk_qos_fini(struct foo_blk *dev);

/** The properties have changed. Control; queues may be running. */
void blk_qos_update(struct foo_blk *dev);

/**
 * Set one limit. Control.
 *
 * @param rate units a second, 0: any number
 * @param burst units that may pass at once after a pause, 0: those of 25 ms
 * @param hz TSC cycles of a second
 * @param now the TSC
 */
void blk_qos_set(struct blk_qos *qos, enum blk_limit which, uint64_t rate, uint64_t burst,
		 uint64_t hz, uint64_t now);

/** How many requests are worth looking at, at bk->now: BLK_BURST at most, and no more than may
 * pass if they are small. If none, and one waits, that is noted. Lcore. */
uint16_t blk_qos_open(struct blk_queue *bk);

/** How many of these n chains, from the first one on, may pass at bk->now: tokens are taken for
 * them. That others wait is noted. drained: the ring has no more than these. Lcore. */
uint16_t
blk_qos_pass(struct blk_queue *bk, const struct foo_chain *chain, uint16_t n, bool drained);

/** Give tokens back: these chains have passed, but are not carried out now. Lcore. */
void blk_qos_undo(struct blk_queue *bk, const struct foo_chain *chain, uint16_t n);

/** The queue wants nothing any more. Lcore. */
void blk_qos_leave(struct blk_queue *bk);

/* --- blk_queue.c --- */

/** Implements foo_ops::queue_attach: room for requests, on the lcore's NUMA node. */
int blk_queue_attach(struct foo_queue *q);

/** Implements foo_ops::queue_detach. */
void blk_queue_detach(struct foo_queue *q);

/** Implements foo_ops::poll. */
unsigned int blk_queue_poll(struct foo_queue *q);

/** Implements foo_ops::poll_stopped: requests of a broken queue end, and nobody hears of it. */
unsigned int blk_queue_poll_stopped(struct foo_queue *q);

/** Implements foo_ops::queue_stop. */
bool blk_queue_stop(struct foo_queue *q);

/** Implements foo_ops::queue_pending. */
bool blk_queue_pending(const struct foo_queue *q);

/* --- blk_stats.c --- */

/** Count a request that has ended. Lcore. */
void blk_stats_ended(struct blk_queue *bk, const struct blk_req *r, uint8_t status);

/** Implements foo_ops::queue_counters. */
void blk_queue_counters(const struct foo_queue *q, foo_counter_fn emit, void *ctx);

/** Implements foo_ops::counters. */
void blk_counters(const struct foo_device *dev, foo_counter_fn emit, void *ctx);

#endif /* BLK_PRIV_H */
