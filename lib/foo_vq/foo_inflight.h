/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_INFLIGHT_H
#define FOO_INFLIGHT_H

/**
 * @file
 * The table of in-flight chains that outlives the process (vhost-user, "Inflight I/O tracking").
 *
 * Each queue has a region in memory that the front-end keeps. Whatever the queue takes from the
 * ring it marks there, and takes the mark away when the guest has it back. A process that is
 * killed between any two stores leaves a region from which the next one finds out, with the ring,
 * what was taken and not given back: foo_vq_init() reads it, and foo_vq_pop() returns those chains
 * first, in the order in which they were taken.
 *
 * The layout is the protocol's, little-endian. A queue that runs never reads its region: it keeps
 * what it needs in memory of its own. One that starts believes nothing there that it has not
 * checked, since the front-end may have written anything.
 */

#include <stdbool.h>
#include <stdint.h>

/** Value of the regions' version once a queue has started on them; 0 before. */
#define FOO_INFLIGHT_VERSION 1

/** Alignment of each region within the table, and so of the table's parts. */
#define FOO_INFLIGHT_ALIGN 64

/** State of a chain of a split ring, at the index of its head. */
struct foo_inflight_split_desc {
	uint8_t inflight; /**< 1: taken and not given back. */
	uint8_t pad[5];   /**< Not used. */
	uint16_t next;    /**< Head that was given back before this one, in the last batch. */
	uint64_t counter; /**< Order of taking. */
};

/** Region of a split queue. */
struct foo_inflight_split {
	uint64_t features;                     /**< 0. */
	uint16_t version;                      /**< FOO_INFLIGHT_VERSION, or 0: not in use. */
	uint16_t desc_num;                     /**< Queue size. */
	uint16_t last_batch_head;              /**< Head that was given back last. */
	uint16_t used_idx;                     /**< Used index up to which the marks are right. */
	struct foo_inflight_split_desc desc[]; /**< By head. */
};

/** A descriptor taken from a packed ring, or a free entry. */
struct foo_inflight_packed_desc {
	uint8_t inflight; /**< First of a chain: 1, taken and not given back. */
	uint8_t pad;      /**< Not used. */
	uint16_t next;    /**< Next entry of the chain, or of the free ones; queue size: none. */
	uint16_t last;    /**< First of a chain: its last entry. */
	uint16_t num;     /**< First of a chain: its number of entries. */
	uint64_t counter; /**< First of a chain: order of taking. */
	uint16_t id;      /**< Buffer id. */
	uint16_t flags;   /**< Flags. */
	uint32_t len;     /**< Buffer length. */
	uint64_t addr;    /**< Buffer address. */
};

/** Where the free entries of a packed region begin; stored at once. */
struct foo_inflight_heads {
	uint16_t free_head;     /**< First free entry, with those of a batch under way. */
	uint16_t old_free_head; /**< Without them. */
};

/** Where a packed queue is in its ring; stored at once. */
struct foo_inflight_place {
	uint16_t used_idx;     /**< Next position to use, behind a batch under way. */
	uint16_t old_used_idx; /**< Before it. */
	uint8_t used_wrap;     /**< Wrap counter of used_idx. */
	uint8_t old_used_wrap; /**< Wrap counter of old_used_idx. */
	uint8_t pad[2];        /**< Not used. */
};

/** Region of a packed queue. */
struct foo_inflight_packed {
	uint64_t features;                      /**< 0. */
	uint16_t version;                       /**< FOO_INFLIGHT_VERSION, or 0: not in use. */
	uint16_t desc_num;                      /**< Queue size. */
	struct foo_inflight_heads heads;        /**< Free entries. */
	struct foo_inflight_place place;        /**< Place in the ring. */
	uint64_t pad;                           /**< Not used. */
	struct foo_inflight_packed_desc desc[]; /**< Entries. */
};

/** Bytes of the region of a queue of that size, rounded up to FOO_INFLIGHT_ALIGN. Any thread. */
uint32_t foo_inflight_size(bool packed, uint16_t size);

/** Whether a queue has started on this region: then it knows better than anyone where the next
 * one goes on. Any thread. */
bool foo_inflight_is_used(const void *region);

/**
 * The queue is stopped, and its place goes to the front-end: the next one to start on the region
 * begins anew; it may be of the other format. If there are chains left in it, nothing is done.
 * Control thread.
 *
 * @param region where foo_vq_config::inflight was, of at least foo_inflight_size() bytes
 */
void foo_inflight_release(void *region, bool packed, uint16_t size);

#endif /* FOO_INFLIGHT_H */
