/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_VQ_IMPL_H
#define FOO_VQ_IMPL_H

/*
 * What the two ring formats share. Private to this folder.
 */

#include "foo_vq.h"

_Static_assert(
	__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	"virtqueues are little-endian (VIRTIO 1.2, 1.4); this host is not, and nothing swaps");

/** A descriptor of an indirect table or of a split ring, copied out of guest memory once. */
struct vq_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};

/** A chain while it is being read. */
struct vq_walk {
	struct foo_seg *seg; /* where the chain's pieces go */
	unsigned int max;    /* room there */
	unsigned int nread;
	unsigned int nwrite;
	uint64_t len[2];      /* readable, writable bytes */
	unsigned int left;    /* descriptors that the chain may still have */
	enum foo_fault fault; /* REFUSE fault found so far */
};

/** An 8-byte word at any alignment. */
struct vq_word {
	uint64_t w;
} __attribute__((packed, may_alias));

/** One load that the compiler cannot repeat: what is checked is what is used. */
static inline uint64_t
vq_load64(const void *p)
{
	return ((const volatile struct vq_word *)p)->w;
}

static inline struct vq_desc
vq_desc_load(const void *p)
{
	uint64_t second = vq_load64((const uint8_t *)p + 8);

	return (struct vq_desc){.addr = vq_load64(p),
				.len = (uint32_t)second,
				.flags = (uint16_t)(second >> 32),
				.next = (uint16_t)(second >> 48)};
}

/** Add one descriptor's buffer to the chain, or note why the chain is refused. */
void vq_walk_add(struct foo_vq *vq, struct vq_walk *w, uint64_t addr, uint32_t len, bool write);

/**
 * Add the descriptors of an indirect table.
 *
 * @return a BREAK fault, or FOO_FAULT_NONE (look at w->fault then)
 */
enum foo_fault vq_walk_table(struct foo_vq *vq, struct vq_walk *w, uint64_t addr, uint32_t len);

/** Start reading a chain whose pieces go to seg. */
static inline void
vq_walk_start(struct vq_walk *w, struct foo_seg *seg, unsigned int max, unsigned int budget)
{
	*w = (struct vq_walk){.seg = seg, .max = max, .left = budget};
}

/** Enter what was read into the chain: its pieces, or its fault. */
void vq_walk_end(struct foo_vq *vq, const struct vq_walk *w, struct foo_chain *chain);

/** The region of the last translation, for loops that keep it in registers. */
struct vq_window {
	uint64_t gpa;
	uint64_t size; /* 0: there was none */
	uint8_t *va;
};

static inline struct vq_window
vq_window(const struct foo_vq *vq)
{
	const struct foo_mem_region *r = vq->mem_cache;

	return r != NULL ? (struct vq_window){r->gpa, r->size, r->va} : (struct vq_window){0};
}

/** Where a buffer is, if it lies in the window and is not empty; else NULL. */
static inline uint8_t *
vq_window_va(const struct vq_window *win, uint64_t addr, uint32_t len)
{
	uint64_t off = addr - win->gpa;

	/* len - 1: an empty buffer is beyond any region */
	return likely(off < win->size && (uint64_t)len - 1 < win->size - off) ? win->va + off :
										NULL;
}

/** Enter a chain of one direct descriptor. A queue's chains are nearly all of one direction: the
 * branch costs nothing, and behind it constants are stored together. */
static inline void
vq_chain_single(struct foo_chain *chain, struct foo_seg *seg, uint8_t *va, uint32_t len,
		uint16_t flags, uint16_t id)
{
	seg->va = va;
	seg->len = len;
	chain->seg = seg;
	chain->id = id;
	if (flags & VRING_DESC_F_WRITE) {
		chain->nread = 0;
		chain->nwrite = 1;
		chain->read_len = 0;
		chain->write_len = len;
	} else {
		chain->nread = 1;
		chain->nwrite = 0;
		chain->read_len = len;
		chain->write_len = 0;
	}
	chain->slots = 1;
	chain->fault = FOO_FAULT_NONE;
}

/** The window moves to the region that holds addr, if there is one; its queue remembers it. */
struct vq_window vq_window_move(struct foo_vq *vq, uint64_t addr);

/** Descriptors of a chain that is tried the quick way. */
#define VQ_QUICK_MAX 20

/**
 * A chain as nearly all are: few descriptors, each in one region, the readable ones first. Anything
 * else ends the try, and the chain is walked from its start, which finds what it is. Everything is
 * inlined, so that this struct is registers.
 */
struct vq_quick {
	struct vq_window win;
	struct foo_seg *seg;
	unsigned int max; /* descriptors that it may have */
	unsigned int nread;
	unsigned int nwrite;
	uint64_t read_len;
	uint64_t write_len;
};

static inline struct vq_quick
vq_quick(const struct foo_vq *vq, struct foo_seg *seg, unsigned int room)
{
	unsigned int max =
		RTE_MIN(RTE_MIN(room, (unsigned int)vq->size), (unsigned int)VQ_QUICK_MAX);

	return (struct vq_quick){.win = vq_window(vq), .seg = seg, .max = max};
}

/** Where a buffer is; NULL: not in one region. */
static inline uint8_t *
vq_quick_va(struct foo_vq *vq, struct vq_quick *q, uint64_t addr, uint32_t len)
{
	uint8_t *va = vq_window_va(&q->win, addr, len);

	if (likely(va != NULL))
		return va;
	q->win = vq_window_move(vq, addr);
	return vq_window_va(&q->win, addr, len);
}

/** Add a buffer. False: the quick way ends. */
static inline bool
vq_quick_add(struct foo_vq *vq, struct vq_quick *q, uint64_t addr, uint32_t len, bool write)
{
	unsigned int n = q->nread + q->nwrite;
	uint8_t *va = vq_quick_va(vq, q, addr, len);

	if (unlikely(va == NULL || n == q->max || (!write && q->nwrite != 0)))
		return false;
	q->seg[n].va = va;
	q->seg[n].len = len;
	if (write) {
		q->nwrite++;
		q->write_len += len;
	} else {
		q->nread++;
		q->read_len += len;
	}
	return true;
}

/** The table of an indirect chain, if all of it may be read the quick way; *count is set to its
 * entries. */
static inline const uint8_t *
vq_quick_table(struct foo_vq *vq, struct vq_quick *q, uint64_t addr, uint32_t len, uint32_t *count)
{
	*count = len / sizeof(struct vring_desc);
	if (unlikely(!vq->indirect || len % sizeof(struct vring_desc) != 0 || *count > q->max))
		return NULL;
	return vq_quick_va(vq, q, addr, len);
}

/** All of it is there: enter it into the chain. False: the quick way ends. */
static inline bool
vq_quick_end(struct foo_vq *vq, const struct vq_quick *q, struct foo_chain *chain)
{
	if (unlikely(q->read_len + q->write_len > UINT32_MAX))
		return false;
	vq->walked += q->nread + q->nwrite;
	chain->seg = q->seg;
	chain->fault = FOO_FAULT_NONE;
	chain->nread = (uint16_t)q->nread;
	chain->nwrite = (uint16_t)q->nwrite;
	chain->read_len = (uint32_t)q->read_len;
	chain->write_len = (uint32_t)q->write_len;
	return true;
}

int vq_split_init(struct foo_vq *vq, const struct foo_vq_config *cfg);
void vq_split_prefetch(const struct foo_vq *vq, uint16_t n);
uint16_t vq_split_pop(struct foo_vq *vq, struct foo_chain *chain, uint16_t max);
void vq_split_undo(struct foo_vq *vq, const struct foo_chain *chain, uint16_t n);
void vq_split_push(struct foo_vq *vq, const struct foo_chain *chain, const uint32_t *written,
		   uint16_t n);
uint16_t vq_split_publish(struct foo_vq *vq);
bool vq_split_wants_call(const struct foo_vq *vq, uint16_t old);
bool vq_split_avail(const struct foo_vq *vq);
void vq_split_kicks(struct foo_vq *vq, bool wanted);

int vq_packed_init(struct foo_vq *vq, const struct foo_vq_config *cfg);
void vq_packed_prefetch(const struct foo_vq *vq, uint16_t n);
uint16_t vq_packed_pop(struct foo_vq *vq, struct foo_chain *chain, uint16_t max);
void vq_packed_undo(struct foo_vq *vq, const struct foo_chain *chain, uint16_t n);
void vq_packed_push(struct foo_vq *vq, const struct foo_chain *chain, const uint32_t *written,
		    uint16_t n);
uint16_t vq_packed_publish(struct foo_vq *vq);
bool vq_packed_wants_call(const struct foo_vq *vq, uint16_t old);
bool vq_packed_avail(const struct foo_vq *vq, uint16_t n);
void vq_packed_kicks(struct foo_vq *vq, bool wanted);

/**
 * What a tracked queue knows of its region, in memory that nobody else writes. Entries are heads
 * (split) or first entries of the table (packed).
 */
struct vq_track {
	union {
		struct foo_inflight_split *split;
		struct foo_inflight_packed *packed;
	};
	uint64_t counter;                /* of the next chain */
	struct foo_inflight_place place; /* packed: as last stored, no batch under way */
	uint16_t head;   /* packed: first free entry, or the queue size; split: last_batch_head */
	uint16_t nbatch; /* chains pushed since the last flush */
	uint32_t batch_slots;           /* entries of the table that they hold */
	uint32_t held;                  /* entries taken, those of the batch included */
	uint16_t nreplay;               /* chains found at the start */
	uint16_t replayed;              /* of them popped */
	uint16_t *batch;                /* size entries: those pushed */
	uint16_t *replay;               /* size entries: those found, in order */
	uint16_t *next;                 /* packed: as in the table */
	uint16_t *last;                 /* packed: as in the table */
	struct vring_packed_desc *copy; /* packed: a chain out of the table */
};

/** Take the region into use, or up again. 0, -EINVAL, -ENOMEM or -EBADMSG. */
int vq_track_open(struct foo_vq *vq, const struct foo_vq_config *cfg);

void vq_track_close(struct foo_vq *vq);

/**
 * Every store into the region has its place in an order, and keeps it: the next process goes by
 * what it finds. It pairs with no load that runs at the same time, and a process that is killed
 * has done all of its stores up to some one.
 */
#define VQ_TRACK_STORE(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)

/** One load: what is checked is what is used. */
#define VQ_TRACK_LOAD(p) __atomic_load_n((p), __ATOMIC_RELAXED)

/** Store both heads of the free entries. */
void vq_track_store_heads(struct vq_track *tr, uint16_t head);

/** Store the place in the ring. */
void vq_track_store_place(struct vq_track *tr, const struct foo_inflight_place *place);

/**
 * Mark what was just popped from the ring, n chains from position pos on (packed).
 *
 * @return n, or fewer: the queue broke, and the others are undone
 */
uint16_t vq_track_popped(struct foo_vq *vq, struct foo_chain *chain, uint16_t n, uint16_t pos);

/** Take the marks away again, before the ring is popped another time. */
void vq_track_undone(struct foo_vq *vq, const struct foo_chain *chain, uint16_t n);

/** Note what was pushed. */
void vq_track_pushed(struct foo_vq *vq, const struct foo_chain *chain, uint16_t n);

/** What was pushed is about to be published. */
void vq_track_flush(struct foo_vq *vq);

/** It was. */
void vq_track_flushed(struct foo_vq *vq);

/** Pop from what vq_track_open() has found. */
uint16_t vq_track_replay(struct foo_vq *vq, struct foo_chain *chain, uint16_t max);

/** A chain of the split ring that begins at head; its pieces go to seg from nseg on. False: it is
 * not taken, and the burst ends before it. */
bool
vq_split_pop_head(struct foo_vq *vq, struct foo_chain *chain, uint16_t head, unsigned int nseg);

/** Likewise a chain of num descriptors that lie in track->copy. */
bool
vq_packed_pop_copy(struct foo_vq *vq, struct foo_chain *chain, uint16_t num, unsigned int nseg);

/** Write the flags of the n slots from the used position on back to those of available ones. */
void vq_packed_unuse(struct foo_vq *vq, uint16_t n);

/** Whether the descriptor at a used position was given back to the driver. */
bool vq_packed_was_used(const struct foo_vq *vq, uint16_t pos, bool wrap);

/** Position n slots on, with the wrap counter; n is up to the queue size. */
void vq_packed_advance(const struct foo_vq *vq, uint16_t *pos, bool *wrap, uint16_t n);

#endif /* FOO_VQ_IMPL_H */
