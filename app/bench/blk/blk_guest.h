/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BLK_GUEST_H
#define BLK_GUEST_H

/**
 * @file
 * A guest with a disk, as a job of bench_run.h: asks, and checks the answers.
 *
 * A queue has one slot for each request that may be in flight: a cache line that holds the header,
 * the range of a discard and the status byte, and a buffer for data. After the load, in the drain,
 * a guest with --verify reads every block again of which it knows what it must hold.
 */

#include <stdbool.h>
#include <stdint.h>

#include <foo_guest.h>

#include "bench_call.h"
#include "bench_hist.h"
#include "bench_pace.h"
#include "bench_result.h"
#include "bench_run.h"
#include "blk_disk.h"
#include "blk_model.h"
#include "blk_null.h"
#include "blk_opts.h"
#include "blk_plan.h"

/** Most requests at once: the limit of --burst. */
#define BLK_MAX_BURST 256

/** Counters of a guest; its thread writes, all read. */
struct blk_count {
	uint64_t requests;        /**< Completed, those of the last pass not included. */
	uint64_t op[BLK_OPS];     /**< The same by kind. */
	uint64_t bytes;           /**< Read and written by them. */
	uint64_t verified;        /**< Reads whose content was known, and compared. */
	uint64_t errors;          /**< Status IOERR or UNSUPP. */
	uint64_t verify_errors;   /**< Wrong contents. */
	uint64_t bad_status;      /**< Status not written, or of no meaning. */
	uint64_t bad_used_length; /**< Used length that cannot be right. */
	uint64_t reconnects;      /**< Times that the back-end came back. */
	uint64_t resumed;         /**< Requests that were in flight at these times, in all. */
} __attribute__((aligned(64)));

/** A request in flight. */
struct blk_request {
	uint64_t due;         /**< When it should have been sent. */
	uint64_t generation;  /**< Of a write with --verify. */
	struct blk_step step; /**< What it asks for. */
	bool last_pass;       /**< Of the last pass: not counted as load. */
};

/** A queue. */
struct blk_queue {
	struct foo_guest_ring *ring; /**< Its ring. */
	struct blk_request *request; /**< depth of them, by slot. */
	uint16_t *free;              /**< Slots that are not in flight. */
	uint32_t nfree;              /**< Entries of free. */
	uint32_t depth;              /**< Slots. */
	uint64_t line_gpa;           /**< Cache lines of the slots. */
	uint8_t *line;               /**< The same here. */
	uint64_t data_gpa;           /**< Data of the slots. */
	uint8_t *data;               /**< The same here. */
	struct blk_plan plan;        /**< What it asks for. */
	struct blk_step next;        /**< Planned, not yet due. */
	bool has_next;               /**< next is valid. */
	struct bench_pace pace;      /**< When requests are due. */
	struct bench_call call;      /**< Interrupts. */
} __attribute__((aligned(64)));

/** A guest. */
struct blk_guest {
	struct foo_guest g;           /**< The guest itself. */
	const struct blk_config *cfg; /**< What is configured. */
	struct blk_point point;       /**< Point of the sweep. */
	unsigned int index;           /**< Number of the guest. */
	struct blk_disk disk;         /**< What the disk says of itself. */
	uint32_t sectors;             /**< Sectors of a block. */
	uint16_t direct;              /**< For foo_guest_ring_add(). */
	uint64_t writer;              /**< Name in what it writes. */
	struct blk_model model;       /**< With --verify. */
	struct blk_null null;         /**< With --mode null. */
	unsigned int nqueues;         /**< Queues. */
	struct blk_queue *queue;      /**< nqueues. */
	struct bench_hist latency;    /**< Of the requests that were measured. */
	uint32_t idle;                /**< Polls in vain since the last look at the socket. */
	unsigned int told;            /**< Wrong answers that were described on stderr. */
	uint64_t not_sent;            /**< With a rate: due when measuring ended, not sent. */
	bool in_last_pass;            /**< The load is over and complete. */
	uint64_t pass_block;          /**< Next block of the last pass. */
	uint64_t heard;               /**< Drain: when something last came back, ns. */
	bool stalled;                 /**< Nothing came back for too long. */
	struct blk_count count;       /**< Counters since it was opened. */
	struct blk_count first;       /**< The same when measuring began. */
	struct blk_count last;        /**< The same when it ended. */
	uint64_t begun;               /**< When that was, ns. */
	uint64_t ended;               /**< When that was, ns. */
};

/**
 * Connect a guest and prepare its buffers.
 *
 * @return 0 or -errno; foo_guest::error says why
 */
int blk_guest_open(struct blk_guest *bg, const struct blk_config *cfg, unsigned int index,
		   const struct blk_point *point);

/** Close it and free everything. */
void blk_guest_close(struct blk_guest *bg);

/** Its result: counters of the measured time, trouble of all the time. */
void blk_guest_result(const struct blk_guest *bg, struct bench_blk_result *r);

/** How to drive it; ctx and tick are the caller's. */
extern const struct bench_run_ops blk_guest_ops;

/** Requests of a guest that are in flight. */
uint64_t blk_guest_inflight(const struct blk_guest *bg);

/** Send what is due, as far as there is room. @return requests */
int blk_submit(struct blk_guest *bg, struct blk_queue *q);

/** Send reads of the last pass, as far as there is room. @return requests */
int blk_submit_last_pass(struct blk_guest *bg, struct blk_queue *q);

/** Take back what has been answered, and check it. @return requests or -EPROTO */
int blk_reap(struct blk_guest *bg, struct blk_queue *q);

/** Forget what is planned and not sent. */
void blk_drop_plan(struct blk_queue *q);

#endif /* BLK_GUEST_H */
