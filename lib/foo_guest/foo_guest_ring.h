/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_GUEST_RING_H
#define FOO_GUEST_RING_H

/**
 * @file
 * A virtqueue, driver side: split (VIRTIO 1.2, 2.7) or packed (2.8).
 *
 * The counterpart of lib/foo_vq, for tests and for load generators:
 *
 *     foo_guest_ring_add(ring, buf, n, FOO_GUEST_DIRECT, token);   any number of times
 *     if (foo_guest_ring_publish(ring))                 one release store for all of them
 *             foo_guest_ring_kick(ring);                the device wants to be told
 *     n = foo_guest_ring_poll(ring, used, 32);          what the device has used
 *
 * A well-behaved driver by itself, and the tool for hostile ones: descriptor flags are taken as
 * given, lengths and addresses are not checked, and the ring's areas are public pointers. A test
 * adds a chain, spoils what it likes, and publishes.
 *
 * One thread at a time owns a ring. All functions but foo_guest_ring_init(), foo_guest_ring_fini()
 * and foo_guest_ring_is_whole() are free of locks and allocations.
 *
 * Descriptors and buffer ids are recycled in the order in which the device uses them. With
 * IN_ORDER that is the order of the ring, as VIRTIO 1.2, 2.7.5.4 wants it.
 *
 * The device is not trusted either: a used id that is out of range or not in flight breaks the
 * ring (foo_guest_ring_poll()), it never indexes memory.
 */

#include <stdbool.h>
#include <stdint.h>

#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "foo_guest_mem.h"

/** Largest queue size (VIRTIO 1.2, 2.7 and 2.8). */
#define FOO_GUEST_RING_MAX_SIZE 32768

/** foo_guest_ring_add(): every buffer gets a descriptor of the ring. */
#define FOO_GUEST_DIRECT UINT16_MAX

/** foo_guest_ring_add(): every buffer goes into an indirect table. */
#define FOO_GUEST_INDIRECT 0

/** foo_guest_used::len of a chain that the device skipped in an IN_ORDER batch. */
#define FOO_GUEST_LEN_UNKNOWN UINT32_MAX

/** What foo_guest_ring_init() needs; copied. */
struct foo_guest_ring_config {
	/** Feature bits that shape the ring: RING_PACKED, EVENT_IDX, IN_ORDER; others ignored. */
	uint64_t features;
	uint16_t size; /**< Queue size: 1 to 32768, a power of two for split. */
	/** Entries of each chain's indirect table; 0: no tables, all chains are direct. */
	uint16_t indirect_max;
	/** Index to start from, both sides: 0 for a new queue. Packed: position, bit 15 the wrap
	 * counter, so 0x8000 for a new queue; see foo_guest_ring_start(). */
	uint16_t base;
	bool placed;         /**< The areas are given below; otherwise they are allocated. */
	uint64_t desc_gpa;   /**< Descriptor Area. */
	uint64_t driver_gpa; /**< Driver Area: avail ring, or driver event suppression. */
	uint64_t device_gpa; /**< Device Area: used ring, or device event suppression. */
	int kickfd;          /**< eventfd that foo_guest_ring_kick() writes, or -1. Not owned. */
};

/** One buffer of a chain. */
struct foo_guest_buf {
	uint64_t gpa;   /**< Guest physical address. */
	uint32_t len;   /**< Bytes. */
	uint16_t flags; /**< VRING_DESC_F_WRITE for the device to write, or 0 for it to read.
			 * Other flags are entered as they are (hostile chains). */
};

/** A chain that the device has used. */
struct foo_guest_used {
	uint64_t token; /**< As given to foo_guest_ring_add(). */
	uint32_t len;   /**< Bytes that the device says it wrote; FOO_GUEST_LEN_UNKNOWN. */
};

/** Private book-keeping for one descriptor (split) or buffer id (packed). */
struct foo_guest_slot {
	uint64_t token; /**< Of the chain that starts here. */
	uint16_t ndesc; /**< Ring descriptors of that chain; 0: none in flight. */
	uint16_t last;  /**< Split: last descriptor of that chain. */
	uint16_t next;  /**< Next in the chain, or in the list of free ones. */
};

/** A virtqueue, driver side. Areas may be written to spoil them; other members are for reading. */
struct foo_guest_ring {
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
	struct foo_guest_slot *slot; /**< Book-keeping, size entries. */
	uint16_t size;               /**< Queue size. */
	uint16_t nfree;              /**< Descriptors of the ring that are free. */
	uint16_t free_head;          /**< Next free descriptor (split) or buffer id (packed). */
	uint16_t free_tail;          /**< Last of them. */
	uint16_t avail_idx;          /**< Split: next avail index; packed: next position to fill. */
	uint16_t used_idx;    /**< Split: next used index; packed: next position to look at. */
	uint16_t in_order_id; /**< IN_ORDER: id of the oldest chain in flight. */
	uint16_t inflight;    /**< Chains published or added and not yet polled. */
	uint16_t added;       /**< Avail entries (split) or descriptors (packed) since publish. */
	uint16_t first_pos;   /**< Packed: position of the first unpublished descriptor. */
	uint16_t first_flags; /**< Packed: its flags, stored by foo_guest_ring_publish(). */
	bool first_held;      /**< Packed: there is such a descriptor. */
	bool packed;          /**< RING_PACKED. */
	bool event_idx;       /**< EVENT_IDX. */
	bool in_order;        /**< IN_ORDER. */
	bool avail_wrap;      /**< Packed: wrap counter of avail_idx. */
	bool used_wrap;       /**< Packed: wrap counter of used_idx. */
	bool broken;          /**< The device used what was not in flight. */
	bool batch;         /**< IN_ORDER: in the middle of a batch that the device skipped over. */
	uint16_t batch_id;  /**< Id of the last chain of that batch. */
	uint32_t batch_len; /**< Its used length. */
	struct vring_desc *table; /**< Indirect tables, indirect_max entries for each slot. */
	uint64_t table_gpa;       /**< Their guest physical address. */
	uint16_t table_max;       /**< Entries of each. */
	uint64_t desc_gpa;        /**< Guest address of the Descriptor Area. */
	uint64_t driver_gpa;      /**< Guest address of the Driver Area. */
	uint64_t device_gpa;      /**< Guest address of the Device Area. */
	int kickfd;               /**< eventfd to the device, or -1. */
};

/** Bytes of the Descriptor Area (split and packed alike). */
static inline uint64_t
foo_guest_ring_desc_bytes(uint16_t size)
{
	return (uint64_t)size * sizeof(struct vring_desc);
}

/** Bytes of the Driver Area, used_event included (VIRTIO 1.2, 2.7 and 2.8). */
static inline uint64_t
foo_guest_ring_driver_bytes(uint16_t size, bool packed)
{
	return packed ? sizeof(struct vring_packed_desc_event) : 6 + UINT64_C(2) * size;
}

/** Bytes of the Device Area, avail_event included (VIRTIO 1.2, 2.7 and 2.8). */
static inline uint64_t
foo_guest_ring_device_bytes(uint16_t size, bool packed)
{
	return packed ? sizeof(struct vring_packed_desc_event) : 6 + UINT64_C(8) * size;
}

/** What foo_guest_ring_config::base of a new queue is (VIRTIO 1.2, 2.8.1: wrap counters at 1). */
static inline uint16_t
foo_guest_ring_start(uint64_t features)
{
	return features & (UINT64_C(1) << VIRTIO_F_RING_PACKED) ? 0x8000 : 0;
}

/**
 * Lay out an empty ring in guest memory. Everything is free; device interrupts are enabled.
 *
 * @param mem memory of the guest; must outlive the ring
 * @return 0; -EINVAL if size or base is not valid; -EFAULT if a given area is not in the guest's
 *   memory; -ENOSPC if guest memory is short; -ENOMEM
 */
int foo_guest_ring_init(struct foo_guest_ring *ring, struct foo_guest_mem *mem,
			const struct foo_guest_ring_config *cfg);

/** Free the book-keeping; guest memory is not given back. */
void foo_guest_ring_fini(struct foo_guest_ring *ring);

/**
 * Add a chain. The device sees it after foo_guest_ring_publish().
 *
 * @param buf nbuf buffers; those that the device reads come first, unless a test wants otherwise
 * @param nbuf 1 or more
 * @param direct how many of the first buffers get descriptors of the ring; the others go into one
 *   indirect table, which is the chain's last descriptor. FOO_GUEST_DIRECT: all of them;
 *   FOO_GUEST_INDIRECT: none; a number between: mixed (VIRTIO 1.2, 2.7.5.3.2).
 * @param token returned by foo_guest_ring_poll() for this chain
 * @return head descriptor (split) or buffer id (packed), 0 or above; -ENOSPC if the ring has not
 *   enough free descriptors; -EINVAL if nbuf is 0 or the indirect part is larger than
 *   foo_guest_ring_config::indirect_max
 */
int foo_guest_ring_add(struct foo_guest_ring *ring, const struct foo_guest_buf *buf, uint16_t nbuf,
		       uint16_t direct, uint64_t token);

/**
 * Add up to n chains of one buffer each: what foo_guest_ring_add() does n times, for load
 * generators. On a packed ring the device may see each of them at once, as under the drivers of
 * DPDK and Linux; foo_guest_ring_publish(), which must follow, tells whether it wants a kick.
 *
 * @param buf n buffers, one a chain
 * @param token n tokens, one a chain
 * @return chains added: n, or as many as there were free descriptors
 */
uint16_t foo_guest_ring_add_burst(struct foo_guest_ring *ring, const struct foo_guest_buf *buf,
				  const uint64_t *token, uint16_t n);

/**
 * Split only: enter any head into the avail ring, whether or not a chain starts there; for tests
 * of hostile rings. Takes no descriptor, and foo_guest_ring_poll() knows nothing of it.
 */
void foo_guest_ring_add_head(struct foo_guest_ring *ring, uint16_t head);

/**
 * Make all chains added so far available: a release store of the avail index (split) or of the
 * flags of the first descriptor (packed), which pairs with the device's acquire of the same.
 *
 * @return true if the device wants a kick for them (VIRTIO 1.2, 2.7.10, 2.8.10): call
 *   foo_guest_ring_kick(). Nothing added: false.
 */
bool foo_guest_ring_publish(struct foo_guest_ring *ring);

/** Write the kick eventfd; nothing without one. */
void foo_guest_ring_kick(const struct foo_guest_ring *ring);

/**
 * Take up to max used chains.
 *
 * @return number of chains; -EPROTO if the device used what is not in flight: the ring is broken
 *   from then on
 */
int foo_guest_ring_poll(struct foo_guest_ring *ring, struct foo_guest_used *used, uint16_t max);

/** Whether a used chain waits; does not take it. */
bool foo_guest_ring_has_used(const struct foo_guest_ring *ring);

/**
 * Where the device goes on that is started on this ring again: behind everything that it had used,
 * taken by foo_guest_ring_poll() or not. In the form of foo_guest_ring_config::base.
 */
uint16_t foo_guest_ring_resume(const struct foo_guest_ring *ring);

/**
 * Whether a device that is started on this ring again, where foo_guest_ring_resume() says, finds
 * there each chain that it has not used, in the order in which they were added. That of a packed
 * ring need not: used descriptors take the places of chains that were not used yet, some of them
 * even before the device has published them. Split rings are not looked at. Allocates memory.
 */
bool foo_guest_ring_is_whole(const struct foo_guest_ring *ring);

/**
 * Ask the device for an interrupt. Includes a full barrier: foo_guest_ring_has_used() after it
 * cannot miss what was used without an interrupt.
 *
 * @param after with EVENT_IDX: used entries (split) or descriptors (packed) to let pass first; 0:
 *   interrupt at the very next one (VIRTIO 1.2, 2.7.7, 2.8.10). Ignored without EVENT_IDX.
 */
void foo_guest_ring_calls_enable(struct foo_guest_ring *ring, uint16_t after);

/** Tell the device that no interrupts are needed (with split EVENT_IDX: as late as can be). */
void foo_guest_ring_calls_disable(struct foo_guest_ring *ring);

#endif /* FOO_GUEST_RING_H */
