/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_BLK_STATS_H
#define FOO_BLK_STATS_H

/**
 * @file
 * Counters of disks. Any thread may read them: each is a single word, written by one lcore.
 */

#include <stdbool.h>
#include <stdint.h>

struct foo_device;
struct foo_queue;

/** Kinds of requests that are counted apart. */
enum foo_blk_kind {
	FOO_BLK_KIND_READ,    /**< IN. */
	FOO_BLK_KIND_WRITE,   /**< OUT. */
	FOO_BLK_KIND_FLUSH,   /**< FLUSH. */
	FOO_BLK_KIND_DISCARD, /**< DISCARD, SECURE_ERASE. */
	FOO_BLK_KIND_ZEROES,  /**< WRITE_ZEROES. */
	FOO_BLK_KIND_OTHER,   /**< GET_ID, and types that are not known. */
	FOO_BLK_KIND_MAX,     /**< Number of kinds. */
};

/** Buckets of a latency histogram: 8 for each power of two of TSC cycles, up to some seconds. */
#define FOO_BLK_BUCKETS 280

/** What became of the requests of one queue. */
struct foo_blk_queue_stats {
	uint64_t requests[FOO_BLK_KIND_MAX]; /**< Ended, whatever the status. */
	uint64_t bytes[FOO_BLK_KIND_MAX];    /**< Bytes of those that ended well. */
	uint64_t io_errors;                  /**< Ended with IOERR because the engine failed. */
	uint64_t refused; /**< Wrong requests: ended with IOERR, or without room for a status. */
	uint64_t unsupported;    /**< Ended with UNSUPP. */
	uint64_t throttled;      /**< Polls that left requests in the ring for a limit. */
	uint64_t latency_cycles; /**< TSC cycles from pop to push, summed over all requests. */
	uint64_t latency[FOO_BLK_BUCKETS]; /**< Requests by that time: foo_blk_latency_at(). */
};

/** Whether the device is a disk. */
bool foo_blk_is_disk(const struct foo_device *dev);

/** Snapshot of a queue's counters; false if it is no disk's. Any thread. */
bool foo_blk_queue_stats_get(const struct foo_queue *q, struct foo_blk_queue_stats *stats);

/** Sum over all queues of a disk. Any thread. */
void foo_blk_stats_get(const struct foo_device *dev, struct foo_blk_queue_stats *stats);

/** Add the counters of one to those of another. */
void foo_blk_stats_add(const struct foo_blk_queue_stats *from, struct foo_blk_queue_stats *to);

/** The mean time of a request in ns; 0 if there were none. */
uint64_t foo_blk_latency_mean(const struct foo_blk_queue_stats *stats);

/** The time in ns below which this share (0 to 1) of the requests ended; 0 if there were none. */
uint64_t foo_blk_latency_at(const struct foo_blk_queue_stats *stats, double share);

/** Name of a kind as telemetry shows it. */
const char *foo_blk_kind_name(enum foo_blk_kind kind);

#endif /* FOO_BLK_STATS_H */
