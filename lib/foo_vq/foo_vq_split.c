/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Split virtqueues (VIRTIO 1.2, 2.7).
 */
#include <errno.h>

#include <rte_prefetch.h>

#include "foo_vq_impl.h"

/** Fields behind the rings with EVENT_IDX: used_event and avail_event (2.7.6, 2.7.8). */
static uint16_t *
split_used_event(const struct foo_vq *vq)
{
	return &vq->avail->ring[vq->size];
}

static uint16_t *
split_avail_event(const struct foo_vq *vq)
{
	return (uint16_t *)&vq->used->ring[vq->size];
}

static bool
split_aligned(const void *p, uintptr_t align)
{
	return ((uintptr_t)p & (align - 1)) == 0;
}

int
vq_split_init(struct foo_vq *vq, const struct foo_vq_config *cfg)
{
	uint64_t event = vq->event_idx ? sizeof(uint16_t) : 0;
	uint64_t size = vq->size;

	if ((size & (size - 1)) != 0 || !split_aligned(vq->desc, 16) ||
	    !split_aligned(vq->avail, 2) || !split_aligned(vq->used, 4))
		return -EINVAL;
	if ((uint16_t)(cfg->avail_base - cfg->used_base) > size)
		return -EINVAL;
	if (!foo_mem_holds_va(vq->mem, vq->desc, size * sizeof(struct vring_desc)) ||
	    !foo_mem_holds_va(vq->mem, vq->avail,
			      sizeof(struct vring_avail) + size * sizeof(uint16_t) + event) ||
	    !foo_mem_holds_va(vq->mem, vq->used,
			      sizeof(struct vring_used) + size * sizeof(struct vring_used_elem) +
				      event))
		return -EFAULT;
	vq->avail_idx = vq->avail_seen = cfg->avail_base;
	vq->used_idx = vq->used_flushed = cfg->used_base;
	return 0;
}

/** Number of chains to take now, at most max. */
static uint16_t
split_available(struct foo_vq *vq, uint16_t max)
{
	uint16_t n = (uint16_t)(vq->avail_seen - vq->avail_idx);
	uint16_t idx;

	if (n < max) {
		/* acquire: pairs with the driver's barrier before it moves the index (2.7.13.3) */
		idx = __atomic_load_n(&vq->avail->idx, __ATOMIC_ACQUIRE);
		if (unlikely((uint16_t)(idx - vq->avail_seen) > vq->size)) {
			foo_vq_break(vq, FOO_FAULT_AVAIL_JUMP);
			return 0;
		}
		if (unlikely((uint16_t)(idx - vq->used_idx) > vq->size)) {
			foo_vq_break(vq, FOO_FAULT_INFLIGHT_OVERFLOW);
			return 0;
		}
		vq->avail_seen = idx;
		n = (uint16_t)(idx - vq->avail_idx);
	}
	return RTE_MIN(n, max);
}

/** Follow a chain, count its descriptors in the ring. Returns a BREAK fault or FOO_FAULT_NONE. */
static enum foo_fault
split_walk(struct foo_vq *vq, struct vq_walk *w, struct foo_chain *chain)
{
	struct vq_desc d;
	uint16_t idx = chain->id;

	for (chain->slots = 1;; chain->slots++) {
		d = vq_desc_load(&vq->desc[idx]);
		if (d.flags & VRING_DESC_F_INDIRECT) {
			/* the descriptor of the table does not count, and its WRITE flag means
			 * nothing (2.7.5.3.2) */
			if (d.flags & VRING_DESC_F_NEXT)
				return FOO_FAULT_INDIRECT_NEXT;
			return vq_walk_table(vq, w, d.addr, d.len);
		}
		if (w->left-- == 0)
			return FOO_FAULT_CHAIN_LONG;
		vq_walk_add(vq, w, d.addr, d.len, d.flags & VRING_DESC_F_WRITE);
		if (!(d.flags & VRING_DESC_F_NEXT))
			return FOO_FAULT_NONE;
		idx = d.next;
		if (idx >= vq->size)
			return FOO_FAULT_NEXT_RANGE;
		if (w->fault != FOO_FAULT_NONE)
			return FOO_FAULT_NONE;
	}
}

/** The quick way: direct descriptors, or one for an indirect table and nothing else. False: not
 * this chain. */
static bool
split_chain_quick(struct foo_vq *vq, struct foo_chain *chain, struct foo_seg *seg, unsigned int max)
{
	struct vq_quick q = vq_quick(vq, seg, max);
	struct vq_desc d = vq_desc_load(&vq->desc[chain->id]);
	bool indirect = d.flags & VRING_DESC_F_INDIRECT;
	const uint8_t *table = (const uint8_t *)vq->desc;
	uint32_t count = vq->size;

	if (indirect) {
		table = vq_quick_table(vq, &q, d.addr, d.len, &count);
		if (unlikely(table == NULL || d.flags & VRING_DESC_F_NEXT))
			return false;
		d = vq_desc_load(table);
	}
	for (;;) {
		if (unlikely(d.flags & VRING_DESC_F_INDIRECT) ||
		    !vq_quick_add(vq, &q, d.addr, d.len, d.flags & VRING_DESC_F_WRITE))
			return false;
		if (!(d.flags & VRING_DESC_F_NEXT))
			break;
		if (unlikely(d.next >= count))
			return false;
		d = vq_desc_load(table + d.next * sizeof(struct vring_desc));
	}
	chain->slots = indirect ? 1 : (uint16_t)(q.nread + q.nwrite);
	return vq_quick_end(vq, &q, chain);
}

/** Any chain but a single direct descriptor. */
static enum foo_fault
split_chain(struct foo_vq *vq, struct foo_chain *chain, struct foo_seg *seg, unsigned int max)
{
	enum foo_fault fault = FOO_FAULT_NONE;
	struct vq_walk w;

	if (likely(!vq->inflight[chain->id] && split_chain_quick(vq, chain, seg, max)))
		return FOO_FAULT_NONE;
	vq_walk_start(&w, seg, max, vq->size);
	if (vq->inflight[chain->id])
		w.fault = FOO_FAULT_HEAD_REPEATED;
	else
		fault = split_walk(vq, &w, chain);
	if (fault == FOO_FAULT_NONE && !(w.fault == FOO_FAULT_SEGMENTS && max < vq->seg_max))
		vq_walk_end(vq, &w, chain);
	else
		chain->fault = (uint16_t)w.fault;
	return fault;
}

/** Elements of the used ring in a cache line. */
#define SPLIT_USED_LINE (RTE_CACHE_LINE_SIZE / sizeof(struct vring_used_elem))

void
vq_split_prefetch(const struct foo_vq *vq, uint16_t n)
{
	uint16_t i;

	rte_prefetch0(&vq->avail->idx);
	rte_prefetch0(&vq->avail->ring[vq->avail_idx & (vq->size - 1)]);
	for (i = 0; i < n; i += SPLIT_USED_LINE)
		foo_prefetch_write(&vq->used->ring[(vq->used_idx + i) & (vq->size - 1)]);
}

/**
 * The common case, as long as it lasts: one direct descriptor, in the region of the last one.
 *
 * @return chains taken, at most n
 */
static uint16_t
split_pop_singles(struct foo_vq *vq, struct foo_chain *chain, const uint16_t *head, uint16_t n,
		  struct foo_seg *seg)
{
	const struct vq_window win = vq_window(vq);
	const struct vring_desc *desc = vq->desc;
	uint8_t *inflight = vq->inflight;
	uint32_t size = vq->size;
	struct vq_desc d;
	uint16_t i;
	uint8_t *va;

	for (i = 0; i < n; i++, chain++, seg++) {
		if (unlikely(head[i] >= size || inflight[head[i]]))
			break;
		d = vq_desc_load(&desc[head[i]]);
		va = vq_window_va(&win, d.addr, d.len);
		if (unlikely(va == NULL || d.flags & (VRING_DESC_F_NEXT | VRING_DESC_F_INDIRECT)))
			break;
		vq_chain_single(chain, seg, va, d.len, d.flags, head[i]);
		inflight[head[i]] = 1;
	}
	return i;
}

/** Any other chain; the window moves to where it begins. False: the burst ends before it. */
bool
vq_split_pop_head(struct foo_vq *vq, struct foo_chain *chain, uint16_t head, unsigned int nseg)
{
	enum foo_fault fault = FOO_FAULT_HEAD_RANGE;

	chain->id = head;
	chain->slots = 1;
	if (likely(head < vq->size))
		fault = split_chain(vq, chain, &vq->seg[nseg], vq->seg_max - nseg);
	if (unlikely(fault != FOO_FAULT_NONE)) {
		foo_vq_break(vq, fault);
		return false;
	}
	/* room for its pieces after the next pop only */
	if (unlikely(chain->fault == FOO_FAULT_SEGMENTS && nseg != 0))
		return false;
	vq->inflight[head] = 1;
	return true;
}

uint16_t
vq_split_pop(struct foo_vq *vq, struct foo_chain *chain, uint16_t max)
{
	uint16_t head[FOO_VQ_BURST_MAX];
	uint16_t mask = (uint16_t)(vq->size - 1);
	uint16_t n = split_available(vq, max);
	unsigned int nseg = 0;
	uint16_t i, k;

	for (i = 0; i < n; i++) {
		head[i] = ((volatile uint16_t *)vq->avail->ring)[(vq->avail_idx + i) & mask];
		rte_prefetch0(&vq->desc[head[i] & mask]);
	}
	for (i = 0; i < n && vq->walked < FOO_VQ_WALK_MAX; i++) {
		k = RTE_MIN((uint32_t)(n - i), vq->seg_max - nseg);
		k = split_pop_singles(vq, &chain[i], &head[i], k, &vq->seg[nseg]);
		nseg += k;
		i += k;
		if (i == n || !vq_split_pop_head(vq, &chain[i], head[i], nseg))
			break;
		nseg += (unsigned int)chain[i].nread + chain[i].nwrite;
	}
	vq->avail_idx += i;
	return i;
}

/** A repeated head's first chain is still out: its mark stays. */
static void
split_unmark(struct foo_vq *vq, const struct foo_chain *chain)
{
	if (likely(chain->fault != FOO_FAULT_HEAD_REPEATED))
		vq->inflight[chain->id] = 0;
}

void
vq_split_undo(struct foo_vq *vq, const struct foo_chain *chain, uint16_t n)
{
	uint16_t i;

	for (i = 0; i < n; i++)
		split_unmark(vq, &chain[i]);
	vq->avail_idx -= n;
}

void
vq_split_push(struct foo_vq *vq, const struct foo_chain *chain, const uint32_t *written, uint16_t n)
{
	struct vring_used_elem *ring = vq->used->ring, *elem;
	uint16_t mask = (uint16_t)(vq->size - 1);
	bool log = vq->mem->log != NULL;
	uint16_t i;

	for (i = 0; i < n; i++) {
		elem = &ring[(vq->used_idx + i) & mask];
		elem->id = chain[i].id;
		elem->len = written != NULL ? written[i] : 0;
		if (unlikely(log))
			foo_mem_log_va(vq->mem, elem, sizeof(*elem));
		split_unmark(vq, &chain[i]);
	}
	vq->used_idx += n;
}

uint16_t
vq_split_publish(struct foo_vq *vq)
{
	uint16_t old = vq->used_flushed;

	vq->used_flushed = vq->used_idx;
	/* release: the used elements and the payload before the index; pairs with the driver's
	 * load of the index (2.7.14) */
	__atomic_store_n(&vq->used->idx, vq->used_idx, __ATOMIC_RELEASE);
	foo_mem_written(vq->mem, &vq->used->idx, sizeof(vq->used->idx));
	return old;
}

bool
vq_split_wants_call(const struct foo_vq *vq, uint16_t old)
{
	if (vq->event_idx)
		return vring_need_event(__atomic_load_n(split_used_event(vq), __ATOMIC_RELAXED),
					vq->used_idx, old);
	return !(__atomic_load_n(&vq->avail->flags, __ATOMIC_RELAXED) & VRING_AVAIL_F_NO_INTERRUPT);
}

bool
vq_split_avail(const struct foo_vq *vq)
{
	/* acquire: as in split_available() */
	return __atomic_load_n(&vq->avail->idx, __ATOMIC_ACQUIRE) != vq->avail_idx;
}

void
vq_split_kicks(struct foo_vq *vq, bool wanted)
{
	if (vq->event_idx) {
		/* To want none, the event index is left behind (2.7.10): it comes true again only
		 * after 2^16 chains, for one kick that does no harm. */
		if (!wanted)
			return;
		__atomic_store_n(split_avail_event(vq), vq->avail_idx, __ATOMIC_RELAXED);
		foo_mem_written(vq->mem, split_avail_event(vq), sizeof(uint16_t));
		return;
	}
	__atomic_store_n(&vq->used->flags, wanted ? 0 : VRING_USED_F_NO_NOTIFY, __ATOMIC_RELAXED);
	foo_mem_written(vq->mem, &vq->used->flags, sizeof(vq->used->flags));
}
