/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_VQ_H
#define FOO_VQ_H

/**
 * @file
 * A virtqueue, device side: split (VIRTIO 1.2, 2.7) or packed (2.8).
 *
 * A queue turns a ring into descriptor chains and nothing else:
 *
 *     n = foo_vq_pop(vq, chain, 32);            take up to 32 available chains
 *     ... work on them with cursors (foo_chain.h) ...
 *     foo_vq_push(vq, &chain[i], written);      each exactly once, in any order
 *     if (foo_vq_flush(vq))                     publish all pushes with one release store
 *             foo_vq_call(vq);                  interrupt the guest, if it wants one
 *
 * A queue belongs to one lcore at a time. Between foo_vq_init() and foo_vq_fini() only that lcore
 * may call the functions below, unless they say otherwise; none of them takes a lock, allocates
 * or logs, and only foo_vq_call() enters the kernel.
 *
 * Index arithmetic: split indices run freely over 16 bits, and the distance of two of them is
 * taken modulo 2^16; a slot is `index & (size - 1)`. Packed positions run from 0 to size - 1 and
 * carry a wrap counter, which flips each time position 0 is passed.
 *
 * The guest may rewrite everything in shared memory at any time. A descriptor is copied once into
 * a local before a field of it is looked at, and nothing that the device itself wrote to shared
 * memory is ever read back to be believed.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "foo_inflight.h"
#include "foo_mem.h"

/** Largest queue size (VIRTIO 1.2, 2.7 and 2.8). */
#define FOO_VQ_MAX_SIZE 32768

/** Value of foo_vq_config::callfd and kickfd: the guest gave no eventfd. */
#define FOO_VQ_NO_FD (-1)

/** What foo_vq_init() needs; copied, the caller keeps the struct. */
struct foo_vq_config {
	uint64_t features;   /**< Negotiated feature bits: RING_PACKED, EVENT_IDX, ... */
	uint16_t size;       /**< Queue size: 1 to 32768, a power of two for split. */
	void *desc;          /**< Descriptor Area as mapped here. */
	void *driver;        /**< Driver Area: avail ring, or driver event suppression. */
	void *device;        /**< Device Area: used ring, or device event suppression. */
	uint64_t device_gpa; /**< Guest address of the used ring for the dirty log (split); packed
			      * rings are logged by their address here. */
	uint16_t avail_base; /**< First avail index; packed: position, bit 15 the wrap counter. */
	uint16_t used_base;  /**< First used index; packed: position, bit 15 the wrap counter. */
	int callfd;          /**< eventfd to interrupt the guest, or FOO_VQ_NO_FD. Not owned. */
	const struct foo_mem *mem; /**< The guest's memory; must outlive the queue. */
	void *inflight; /**< The queue's region of the in-flight table (foo_inflight.h), or NULL:
			 * not tracked. Aligned to 8 bytes; must outlive the queue. If it is in use
			 * the place found there counts, not avail_base, nor, of a packed queue,
			 * used_base (which are valid all the same). */
	uint32_t inflight_size; /**< Bytes of it. */
};

/** Counters of a queue: written by its lcore only, read by anyone (each is a single word). */
struct foo_vq_stats {
	uint64_t chains;               /**< Chains popped (undone ones not counted). */
	uint64_t calls;                /**< Interrupts sent to the guest. */
	uint64_t calls_suppressed;     /**< Flushes after which the guest wanted none. */
	uint64_t fault[FOO_FAULT_MAX]; /**< Faults by name. */
};

struct vq_track; /* private to this folder */

/** A virtqueue. Members are read by the inline functions; do not write them. */
struct foo_vq {
	/* what every burst reads */
	const struct foo_mem *mem;              /**< Guest memory. */
	const struct foo_mem_region *mem_cache; /**< Region of the last translation. */
	union {
		struct vring_desc *desc;               /**< Split descriptor table. */
		struct vring_packed_desc *packed_desc; /**< Packed descriptor ring. */
	};
	union {
		struct vring_avail *avail;                    /**< Split avail ring. */
		struct vring_packed_desc_event *driver_event; /**< Packed driver area. */
	};
	union {
		struct vring_used *used;                      /**< Split used ring. */
		struct vring_packed_desc_event *device_event; /**< Packed device area. */
	};
	uint16_t size;         /**< Queue size. */
	uint16_t avail_idx;    /**< Next avail index (split) or position (packed) to pop. */
	uint16_t used_idx;     /**< Next used index (split) or position (packed) to push. */
	uint16_t used_flushed; /**< used_idx of the last flush or publish (as used_idx). */
	uint16_t untold_from;  /**< used_flushed before what is untold. */
	bool packed;           /**< RING_PACKED negotiated. */
	bool event_idx;        /**< EVENT_IDX negotiated. */
	bool indirect;         /**< INDIRECT_DESC negotiated. */
	bool in_order;         /**< IN_ORDER negotiated: push in the order of pop. */
	bool avail_wrap;       /**< Packed: wrap counter of avail_idx. */
	bool used_wrap;        /**< Packed: wrap counter of used_idx. */

	bool kicks_wanted;       /**< The guest was asked to kick. */
	bool untold;             /**< Published since the last flush. */
	bool call_forced;        /**< The next flush interrupts whatever the guest asked. */
	uint8_t broken;          /**< enum foo_fault that stopped the queue, or 0. */
	bool table_read_only;    /**< Packed: WRITE is ignored in indirect tables. */
	uint16_t pushed;         /**< Chains pushed and not published. */
	uint16_t inflight_slots; /**< Packed: ring slots popped and not pushed. */
	bool tracked;            /**< track is there. */
	uint64_t push_first; /**< Packed: len, id and flags of the first unflushed used descriptor,
			      * stored last because its flags publish the others. */
	uint16_t avail_seen; /**< Split: avail index as last read. */
	int callfd;          /**< eventfd of the guest, or FOO_VQ_NO_FD. */
	struct foo_seg *seg; /**< Pieces of the chains of the last pop. */
	uint32_t seg_max;    /**< Room in seg. */
	uint32_t walked;     /**< Descriptors read in the last pop, single ones not counted. */
	uint8_t *inflight;   /**< Split: 1 for each head popped and not pushed. */
	struct vq_track *track;    /**< In-flight tracking, if foo_vq_config::inflight was given. */
	uint64_t device_gpa;       /**< See foo_vq_config. */
	struct foo_vq_stats stats; /**< Counters. */
} __rte_cache_aligned;

/**
 * A descriptor chain: first the pieces that the device may read, then those it may write
 * (VIRTIO 1.2, 2.7.4.2). Valid from the pop that returned it to its push; the pieces only to the
 * next pop of the same queue (foo_chain_save() keeps them longer).
 */
struct foo_chain {
	struct foo_seg *seg; /**< nread + nwrite pieces; NULL where fault is set. */
	uint16_t nread;      /**< Device-readable pieces. */
	uint16_t nwrite;     /**< Device-writable pieces, behind the readable ones. */
	uint32_t read_len;   /**< Bytes that the device may read. */
	uint32_t write_len;  /**< Bytes that the device may write. */
	uint16_t slots;      /**< Ring slots taken, without those of an indirect table. */
	uint16_t fault;      /**< enum foo_fault that refused the chain, or 0. */
	uint16_t id;         /**< Head index (split) or buffer id (packed); opaque. */
	uint16_t entry;      /**< Packed, tracked: first entry in the in-flight table; opaque. */
	bool replayed;       /**< Tracked: taken from the in-flight table, not from the ring. */
	uint8_t pad_[3];     /**< Unused. */
};

/**
 * Take a queue into service. Control thread, before the queue's lcore knows it.
 *
 * With foo_vq_config::inflight in use the first pops return the chains that the queue before had
 * popped and not flushed, in that order.
 *
 * @return 0; -EINVAL if the size or a base is not valid, or an area is misaligned (VIRTIO 1.2,
 *   2.7 and 2.8: 16, 2 and 4 bytes, or 16, 4 and 4), or the in-flight region is misaligned or too
 *   small; -EBADMSG if that region contradicts itself or the ring; -EFAULT if an area is not
 *   wholly inside the guest's memory; -ENOMEM. On error vq is as if foo_vq_fini() had been called.
 */
int foo_vq_init(struct foo_vq *vq, const struct foo_vq_config *cfg);

/** Free what foo_vq_init() allocated. Control thread, after the lcore has let go. */
void foo_vq_fini(struct foo_vq *vq);

/** Most chains that one foo_vq_pop() returns. */
#define FOO_VQ_BURST_MAX 64

/** A pop that has read this many descriptors of long chains returns what it has: a guest that
 * makes chains as long as its queue does not hold the lcore for longer than others. */
#define FOO_VQ_WALK_MAX 1024

/**
 * Ask for the cache lines that a pop of n chains will read, and their completion write. Of use
 * where there is something else to do before the pop. Lines that the guest is just filling are
 * better left to it: call it for chains that are likely to be there.
 */
void foo_vq_prefetch(const struct foo_vq *vq, uint16_t n);

/**
 * Take up to max (and up to FOO_VQ_BURST_MAX) available chains.
 *
 * A chain with a REFUSE fault is returned too: without pieces, its fault set; push it with length
 * 0. A BREAK fault ends the burst, and the queue returns 0 from then on.
 *
 * @param chain array of max chains; valid entries are [0, return value)
 * @return number of chains
 */
uint16_t foo_vq_pop(struct foo_vq *vq, struct foo_chain *chain, uint16_t max);

/**
 * Give back the last n chains popped, as if they had never been taken: back-pressure.
 *
 * @param chain those n chains, in the order of their pop; none of them pushed, and none popped
 *   after them still held
 */
void foo_vq_undo(struct foo_vq *vq, const struct foo_chain *chain, uint16_t n);

/**
 * Whether the whole ring has been popped: the guest has too few descriptors left to make another
 * chain available, were it as short as the shortest of these, before it gets one back.
 *
 * @param chain the n chains that are popped and not pushed, all of them
 */
bool foo_vq_all_popped(const struct foo_vq *vq, const struct foo_chain *chain, uint16_t n);

/**
 * Complete a chain. The guest sees it after the next foo_vq_flush().
 *
 * With IN_ORDER negotiated chains must be pushed in the order of their pop (VIRTIO 1.2, 2.7.9).
 *
 * @param written bytes written into the chain, from its first writable byte (2.7.8.2)
 */
void foo_vq_push(struct foo_vq *vq, const struct foo_chain *chain, uint32_t written);

/** foo_vq_push() for n chains, written[i] each; NULL: nothing was written into any of them. */
void foo_vq_push_burst(struct foo_vq *vq, const struct foo_chain *chain, const uint32_t *written,
		       uint16_t n);

/**
 * Let the guest see what was pushed, before the burst has ended: for a guest that polls, and works
 * on it meanwhile. One release store, as of foo_vq_flush(), and no barrier: whether the guest wants
 * an interrupt for it is for the next foo_vq_flush() to say, which must follow soon.
 */
void foo_vq_publish(struct foo_vq *vq);

/**
 * Publish what was pushed: one release store, which pairs with the driver's acquire of the used
 * index (split) or of the first used descriptor's flags (packed).
 *
 * @return true if the guest wants an interrupt now: call foo_vq_call(). Nothing pushed: false.
 */
bool foo_vq_flush(struct foo_vq *vq);

/**
 * foo_vq_flush() of two queues of the same lcore, vq first, for the price of one: publishing is
 * followed by a full barrier, which waits for all stores of the burst.
 *
 * @param other_wants set to whether the guest of other wants an interrupt
 * @return whether that of vq does
 */
bool foo_vq_flush_both(struct foo_vq *vq, struct foo_vq *other, bool *other_wants);

/**
 * Interrupt the guest (one eventfd write; nothing without a callfd). It blocks only if the guest
 * has cleared O_NONBLOCK and filled the eventfd; a signal ends that, and breaks the queue
 * (FOO_FAULT_CALL_BLOCKED).
 */
void foo_vq_call(struct foo_vq *vq);

/**
 * Take the entries of indirect tables of a packed ring as device-readable, whatever their WRITE
 * flag says: for a queue whose buffers the device never writes. Before the first pop.
 *
 * DPDK's virtio driver sets WRITE for the header of a packet that it puts into such a table (seen
 * in 22.11), and the packet would be refused as FOO_FAULT_READ_AFTER_WRITE.
 */
static inline void
foo_vq_set_table_read_only(struct foo_vq *vq)
{
	vq->table_read_only = true;
}

/** Make the next flush say that an interrupt is due, whatever the guest asked for. */
static inline void
foo_vq_force_call(struct foo_vq *vq)
{
	vq->call_forced = true;
}

/**
 * Whether at least one chain is available; does not take it, never faults. A full barrier after
 * foo_vq_kicks_enable() is the caller's (foo_vq_kicks_enable() has it).
 */
bool foo_vq_avail(const struct foo_vq *vq);

/**
 * Whether a burst of n chains is known to be available, without a look at what the driver is
 * filling just now: that would take the lines away from it. A guess, which foo_vq_pop() decides.
 * On a packed ring it looks at the descriptor n slots on and at no other; on a split one, where
 * the driver writes the avail index for each of its own bursts, at what the last foo_vq_pop() left.
 * Never faults.
 *
 * @param n chains wanted; cut to the queue size
 */
bool foo_vq_avail_burst(const struct foo_vq *vq, uint16_t n);

/**
 * Ask the guest to kick when it makes chains available (VIRTIO 1.2, 2.7.10, 2.8.10). Includes a
 * full barrier: a foo_vq_avail() after it cannot miss what was available without a kick. With
 * EVENT_IDX it asks for one kick, the next one; call it again for another.
 */
void foo_vq_kicks_enable(struct foo_vq *vq);

/** Tell the guest that kicks are not needed: the queue is being polled. */
void foo_vq_kicks_disable(struct foo_vq *vq);

/** Where to go on after a stop: as foo_vq_config::avail_base. Owner lcore, or after it let go. */
uint16_t foo_vq_avail_base(const struct foo_vq *vq);

/** As foo_vq_avail_base() for the used side; call after a flush. */
uint16_t foo_vq_used_base(const struct foo_vq *vq);

/** Whether chains of the in-flight table wait for foo_vq_pop(). Owner lcore, or after it let go. */
bool foo_vq_replays(const struct foo_vq *vq);

/** Stop the queue for good with this fault (the first one is kept). Owner lcore. */
void foo_vq_break(struct foo_vq *vq, enum foo_fault fault);

#endif /* FOO_VQ_H */
