/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Packed virtqueues (VIRTIO 1.2, 2.8).
 */
#include <errno.h>

#include <rte_prefetch.h>

#include "foo_vq_impl.h"

#define PACKED_AVAIL ((uint16_t)(1u << VRING_PACKED_DESC_F_AVAIL))
#define PACKED_USED ((uint16_t)(1u << VRING_PACKED_DESC_F_USED))
#define PACKED_WRAP_BIT VRING_PACKED_EVENT_F_WRAP_CTR

/** A packed descriptor, copied out of guest memory once. */
struct packed_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t id;
	uint16_t flags;
};

static bool
packed_aligned(const void *p, uintptr_t align)
{
	return ((uintptr_t)p & (align - 1)) == 0;
}

static bool
packed_base(uint16_t base, uint16_t size, uint16_t *pos, bool *wrap)
{
	*pos = base & ((1u << PACKED_WRAP_BIT) - 1);
	*wrap = base >> PACKED_WRAP_BIT;
	return *pos < size;
}

int
vq_packed_init(struct foo_vq *vq, const struct foo_vq_config *cfg)
{
	const uint64_t event = sizeof(struct vring_packed_desc_event);

	if (!packed_aligned(vq->packed_desc, 16) || !packed_aligned(vq->driver_event, 4) ||
	    !packed_aligned(vq->device_event, 4))
		return -EINVAL;
	if (!packed_base(cfg->avail_base, vq->size, &vq->avail_idx, &vq->avail_wrap) ||
	    !packed_base(cfg->used_base, vq->size, &vq->used_idx, &vq->used_wrap))
		return -EINVAL;
	if (!foo_mem_holds_va(vq->mem, vq->packed_desc,
			      (uint64_t)vq->size * sizeof(struct vring_packed_desc)) ||
	    !foo_mem_holds_va(vq->mem, vq->driver_event, event) ||
	    !foo_mem_holds_va(vq->mem, vq->device_event, event))
		return -EFAULT;
	vq->used_flushed = vq->used_idx;
	return 0;
}

void
vq_packed_advance(const struct foo_vq *vq, uint16_t *pos, bool *wrap, uint16_t n)
{
	uint32_t to = (uint32_t)*pos + n;

	if (to >= vq->size) {
		to -= vq->size;
		*wrap = !*wrap;
	}
	*pos = (uint16_t)to;
}

/** Whether these flags say available to someone whose wrap counter is wrap (2.8.1). */
static bool
packed_is_avail(uint16_t flags, bool wrap)
{
	return !!(flags & PACKED_AVAIL) == wrap && !!(flags & PACKED_USED) != wrap;
}

/** len, id and flags in one load, as acquire: pairs with the driver's release of the flags, so
 * that an available descriptor's address is read after them. */
static uint64_t
packed_tail(const struct vring_packed_desc *ring, uint16_t pos)
{
	return __atomic_load_n((const uint64_t *)&ring[pos].len, __ATOMIC_ACQUIRE);
}

static uint64_t
packed_load_tail(const struct foo_vq *vq, uint16_t pos)
{
	return packed_tail(vq->packed_desc, pos);
}

static struct packed_desc
packed_load_from(const struct vring_packed_desc *ring, uint16_t pos)
{
	uint64_t tail = packed_tail(ring, pos);

	return (struct packed_desc){.addr = vq_load64(&ring[pos].addr),
				    .len = (uint32_t)tail,
				    .id = (uint16_t)(tail >> 32),
				    .flags = (uint16_t)(tail >> 48)};
}

static struct packed_desc
packed_load(const struct foo_vq *vq, uint16_t pos)
{
	return packed_load_from(vq->packed_desc, pos);
}

/** Where a chain lies. */
struct packed_place {
	const struct vring_packed_desc *ring; /* the queue's, or a copy */
	uint16_t pos;                         /* of its first descriptor */
	uint16_t room;                        /* descriptors that it may have */
};

/**
 * Follow a chain that starts with d at a place. Unlike a split one it must be followed to its end
 * even when refused: only there are its id and its length in slots.
 *
 * @return a BREAK fault or FOO_FAULT_NONE
 */
static enum foo_fault
packed_walk(struct foo_vq *vq, struct vq_walk *w, const struct packed_place *at,
	    struct packed_desc d, struct foo_chain *chain)
{
	uint16_t slots = 1, pos = at->pos;
	enum foo_fault fault;

	for (;;) {
		if (d.flags & VRING_DESC_F_INDIRECT) {
			if (d.flags & VRING_DESC_F_NEXT)
				return FOO_FAULT_INDIRECT_NEXT;
			fault = w->fault == FOO_FAULT_NONE ? vq_walk_table(vq, w, d.addr, d.len) :
							     FOO_FAULT_NONE;
			if (fault != FOO_FAULT_NONE)
				return fault;
		} else {
			vq_walk_add(vq, w, d.addr, d.len, d.flags & VRING_DESC_F_WRITE);
			w->left--;
		}
		if (!(d.flags & VRING_DESC_F_NEXT))
			break;
		if (w->left == 0 || slots >= at->room)
			return FOO_FAULT_CHAIN_LONG;
		slots++;
		pos = pos + 1 == vq->size ? 0 : pos + 1;
		d = packed_load_from(at->ring, pos);
	}
	chain->id = d.id;
	chain->slots = slots;
	return FOO_FAULT_NONE;
}

/** The entries of an indirect table, whose flags stand behind the id. False: not this chain. */
static bool
packed_quick_table(struct foo_vq *vq, struct vq_quick *q, const struct packed_desc *d)
{
	const uint16_t ignored = vq->table_read_only ? VRING_DESC_F_WRITE : 0;
	const uint8_t *table;
	struct vq_desc e;
	uint32_t count, i;
	uint16_t flags;

	table = vq_quick_table(vq, q, d->addr, d->len, &count);
	if (unlikely(table == NULL || d->flags & VRING_DESC_F_NEXT))
		return false;
	for (i = 0; i < count; i++) {
		e = vq_desc_load(table + i * sizeof(struct vring_packed_desc));
		flags = e.next & ~ignored;
		if (unlikely(flags & VRING_DESC_F_INDIRECT) ||
		    !vq_quick_add(vq, q, e.addr, e.len, flags & VRING_DESC_F_WRITE))
			return false;
	}
	return true;
}

/** Direct descriptors from d on; *id is set to that of the last one. False: not this chain. */
static bool
packed_quick_ring(struct foo_vq *vq, struct vq_quick *q, const struct packed_place *at,
		  struct packed_desc d, uint16_t *id)
{
	uint16_t slots = 1, pos = at->pos;

	for (;; slots++) {
		if (unlikely(d.flags & VRING_DESC_F_INDIRECT) ||
		    !vq_quick_add(vq, q, d.addr, d.len, d.flags & VRING_DESC_F_WRITE))
			return false;
		*id = d.id;
		if (!(d.flags & VRING_DESC_F_NEXT))
			return true;
		if (unlikely(slots >= at->room))
			return false;
		pos = pos + 1 == vq->size ? 0 : pos + 1;
		d = packed_load_from(at->ring, pos);
	}
}

/** The quick way: direct descriptors, or one for an indirect table and nothing else. False: not
 * this chain. */
static bool
packed_chain_quick(struct foo_vq *vq, struct foo_chain *chain, unsigned int nseg,
		   const struct packed_place *at, struct packed_desc d)
{
	struct vq_quick q = vq_quick(vq, &vq->seg[nseg], vq->seg_max - nseg);

	if (d.flags & VRING_DESC_F_INDIRECT) {
		if (!packed_quick_table(vq, &q, &d))
			return false;
		chain->id = d.id;
		chain->slots = 1;
	} else {
		if (!packed_quick_ring(vq, &q, at, d, &chain->id))
			return false;
		chain->slots = (uint16_t)(q.nread + q.nwrite);
	}
	return vq_quick_end(vq, &q, chain);
}

/** Any chain but a single direct descriptor. */
static enum foo_fault
packed_chain(struct foo_vq *vq, struct foo_chain *chain, unsigned int nseg,
	     const struct packed_place *at, struct packed_desc d)
{
	unsigned int max = vq->seg_max - nseg;
	enum foo_fault fault;
	struct vq_walk w;

	if (likely(packed_chain_quick(vq, chain, nseg, at, d)))
		return FOO_FAULT_NONE;
	vq_walk_start(&w, &vq->seg[nseg], max, vq->size);
	fault = packed_walk(vq, &w, at, d, chain);
	if (fault == FOO_FAULT_NONE && !(w.fault == FOO_FAULT_SEGMENTS && max < vq->seg_max))
		vq_walk_end(vq, &w, chain);
	else
		chain->fault = (uint16_t)w.fault;
	return fault;
}

/** Descriptors in a cache line. */
#define PACKED_LINE (RTE_CACHE_LINE_SIZE / sizeof(struct vring_packed_desc))

void
vq_packed_prefetch(const struct foo_vq *vq, uint16_t n)
{
	uint32_t pos = vq->avail_idx;
	uint16_t i;

	/* for writing: a chain is completed in the same line */
	for (i = 0; i < n; i += PACKED_LINE, pos += PACKED_LINE) {
		pos %= vq->size; /* a line may be more than a small ring */
		foo_prefetch_write(&vq->packed_desc[pos]);
	}
}

/**
 * The common case, as long as it lasts: one direct descriptor, in the region of the last one.
 *
 * @return chains taken, at most max
 */
static uint16_t
packed_pop_singles(struct foo_vq *vq, struct foo_chain *chain, uint16_t max, struct foo_seg *seg)
{
	const uint16_t mask =
		PACKED_AVAIL | PACKED_USED | VRING_DESC_F_NEXT | VRING_DESC_F_INDIRECT;
	const struct vq_window win = vq_window(vq);
	uint16_t want = vq->avail_wrap ? PACKED_AVAIL : PACKED_USED;
	uint32_t pos = vq->avail_idx, size = vq->size;
	struct packed_desc d;
	uint16_t n;
	uint8_t *va;

	for (n = 0; n < max; n++, chain++, seg++) {
		d = packed_load(vq, (uint16_t)pos);
		va = vq_window_va(&win, d.addr, d.len);
		if (unlikely((d.flags & mask) != want || va == NULL))
			break;
		vq_chain_single(chain, seg, va, d.len, d.flags, d.id);
		if (unlikely(++pos == size)) {
			pos = 0;
			want ^= PACKED_AVAIL | PACKED_USED;
		}
	}
	vq->inflight_slots += n;
	vq->avail_idx = (uint16_t)pos;
	vq->avail_wrap = want == PACKED_AVAIL;
	return n;
}

/** Any other chain, that starts with d at a place. False: the burst ends before it. */
static bool
packed_pop_at(struct foo_vq *vq, struct foo_chain *chain, unsigned int nseg,
	      const struct packed_place *at, struct packed_desc d)
{
	enum foo_fault fault = FOO_FAULT_INFLIGHT_OVERFLOW;

	if (likely(at->room > 0))
		fault = packed_chain(vq, chain, nseg, at, d);
	if (unlikely(fault != FOO_FAULT_NONE)) {
		foo_vq_break(vq, fault);
		return false;
	}
	/* room for its pieces after the next pop only */
	return likely(chain->fault != FOO_FAULT_SEGMENTS || nseg == 0);
}

/** The next one of the ring. */
static bool
packed_pop_one(struct foo_vq *vq, struct foo_chain *chain, unsigned int nseg)
{
	struct packed_desc d = packed_load(vq, vq->avail_idx);
	/* slots in flight belong to other chains */
	const struct packed_place at = {vq->packed_desc, vq->avail_idx,
					vq->size - vq->inflight_slots};

	if (!packed_is_avail(d.flags, vq->avail_wrap))
		return false;
	if (!packed_pop_at(vq, chain, nseg, &at, d))
		return false;
	vq->inflight_slots += chain->slots;
	vq_packed_advance(vq, &vq->avail_idx, &vq->avail_wrap, chain->slots);
	return true;
}

bool
vq_packed_pop_copy(struct foo_vq *vq, struct foo_chain *chain, uint16_t num, unsigned int nseg)
{
	const struct packed_place at = {vq->track->copy, 0, num};

	if (!packed_pop_at(vq, chain, nseg, &at, packed_load_from(at.ring, 0)))
		return false;
	if (unlikely(chain->slots != num)) {
		foo_vq_break(vq, FOO_FAULT_INFLIGHT_TABLE);
		return false;
	}
	return true;
}

uint16_t
vq_packed_pop(struct foo_vq *vq, struct foo_chain *chain, uint16_t max)
{
	unsigned int nseg = 0;
	uint32_t room;
	uint16_t n, k;

	for (n = 0; n < max && vq->walked < FOO_VQ_WALK_MAX; n++) {
		room = RTE_MIN((uint32_t)vq->size - vq->inflight_slots, vq->seg_max - nseg);
		k = (uint16_t)RTE_MIN((uint32_t)(max - n), room);
		k = packed_pop_singles(vq, &chain[n], k, &vq->seg[nseg]);
		nseg += k;
		n += k;
		if (n == max || !packed_pop_one(vq, &chain[n], nseg))
			break;
		nseg += (unsigned int)chain[n].nread + chain[n].nwrite;
	}
	return n;
}

void
vq_packed_undo(struct foo_vq *vq, const struct foo_chain *chain, uint16_t n)
{
	uint16_t i, slots = 0;

	for (i = 0; i < n; i++)
		slots += chain[i].slots;
	vq->inflight_slots -= slots;
	if (slots > vq->avail_idx) {
		vq->avail_wrap = !vq->avail_wrap;
		vq->avail_idx += vq->size;
	}
	vq->avail_idx -= slots;
}

void
vq_packed_push(struct foo_vq *vq, const struct foo_chain *chain, const uint32_t *written,
	       uint16_t n)
{
	uint16_t flags = vq->used_wrap ? PACKED_AVAIL | PACKED_USED : 0;
	uint32_t pos = vq->used_idx, len, slots = 0;
	bool log = vq->mem->log != NULL;
	uint64_t *tail, word;
	uint16_t i;

	for (i = 0; i < n; i++) {
		tail = (uint64_t *)&vq->packed_desc[pos].len;
		len = written != NULL ? written[i] : 0;
		word = (uint64_t)(flags | (len != 0 ? VRING_DESC_F_WRITE : 0)) << 48 |
		       (uint64_t)chain[i].id << 32 | len;
		if (i == 0 && vq->pushed == 0) {
			vq->push_first = word;
		} else {
			__atomic_store_n(tail, word, __ATOMIC_RELAXED);
			if (unlikely(log))
				foo_mem_log_va(vq->mem, tail, sizeof(*tail));
		}
		slots += chain[i].slots;
		pos += chain[i].slots;
		if (unlikely(pos >= vq->size)) {
			pos -= vq->size;
			flags ^= PACKED_AVAIL | PACKED_USED;
		}
	}
	vq->inflight_slots -= (uint16_t)slots;
	vq->used_idx = (uint16_t)pos;
	vq->used_wrap = flags != 0;
}

uint16_t
vq_packed_publish(struct foo_vq *vq)
{
	uint16_t old = vq->used_flushed;
	uint64_t *tail = (uint64_t *)&vq->packed_desc[old].len;

	vq->used_flushed = vq->used_idx;
	/* release: all later used descriptors and the payload before the first one's flags; pairs
	 * with the driver's load of those flags (2.8.21) */
	__atomic_store_n(tail, vq->push_first, __ATOMIC_RELEASE);
	foo_mem_written(vq->mem, tail, sizeof(*tail));
	return old;
}

bool
vq_packed_wants_call(const struct foo_vq *vq, uint16_t old)
{
	uint32_t event = __atomic_load_n((const uint32_t *)vq->driver_event, __ATOMIC_RELAXED);
	uint16_t flags = (uint16_t)(event >> 16), off;

	if (flags != VRING_PACKED_EVENT_FLAG_DESC || !vq->event_idx)
		return flags != VRING_PACKED_EVENT_FLAG_DISABLE;
	off = event & ((1u << PACKED_WRAP_BIT) - 1);
	/* bring all three into one lap: the present one of the used side */
	if (!!(event & (1u << PACKED_WRAP_BIT)) != vq->used_wrap)
		off -= vq->size;
	if (old >= vq->used_idx)
		old -= vq->size;
	return vring_need_event(off, vq->used_idx, old);
}

bool
vq_packed_avail(const struct foo_vq *vq, uint16_t n)
{
	uint16_t pos = vq->avail_idx;
	bool wrap = vq->avail_wrap;

	vq_packed_advance(vq, &pos, &wrap, (uint16_t)(n - 1));
	return packed_is_avail((uint16_t)(packed_load_tail(vq, pos) >> 48), wrap);
}

void
vq_packed_kicks(struct foo_vq *vq, bool wanted)
{
	uint32_t off_wrap = (uint32_t)vq->avail_idx | (uint32_t)vq->avail_wrap << PACKED_WRAP_BIT;
	uint32_t flags = !wanted       ? VRING_PACKED_EVENT_FLAG_DISABLE :
			 vq->event_idx ? VRING_PACKED_EVENT_FLAG_DESC :
					 VRING_PACKED_EVENT_FLAG_ENABLE;

	/* offset and flags in one store: the driver never sees one without the other */
	__atomic_store_n((uint32_t *)vq->device_event, flags << 16 | off_wrap, __ATOMIC_RELAXED);
	foo_mem_written(vq->mem, vq->device_event, sizeof(uint32_t));
}

bool
vq_packed_was_used(const struct foo_vq *vq, uint16_t pos, bool wrap)
{
	return !packed_is_avail((uint16_t)(packed_load_tail(vq, pos) >> 48), wrap);
}

/*
 * A batch that was under way has left used descriptors behind its first one, which alone hides
 * them from the driver: with another one in its place they would be taken for part of that batch.
 */
void
vq_packed_unuse(struct foo_vq *vq, uint16_t n)
{
	uint16_t pos = vq->used_idx, flags, *to;
	bool wrap = vq->used_wrap;

	for (; n > 0; n--) {
		to = &vq->packed_desc[pos].flags;
		flags = __atomic_load_n(to, __ATOMIC_RELAXED);
		if (!packed_is_avail(flags, wrap)) {
			flags &= ~(PACKED_AVAIL | PACKED_USED);
			flags |= wrap ? PACKED_AVAIL : PACKED_USED;
			__atomic_store_n(to, flags, __ATOMIC_RELAXED);
			foo_mem_written(vq->mem, to, sizeof(*to));
		}
		vq_packed_advance(vq, &pos, &wrap, 1);
	}
}
