/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "foo_vq_impl.h"

/** Pieces kept beside two a descriptor: chains that span regions need a few more. */
#define VQ_SEG_EXTRA 64

static bool
vq_feature(const struct foo_vq_config *cfg, unsigned int bit)
{
	return (cfg->features >> bit) & 1;
}

static int
vq_alloc(struct foo_vq *vq)
{
	/* a chain counts its pieces in 16 bits */
	vq->seg_max = RTE_MIN(2 * (uint32_t)vq->size + VQ_SEG_EXTRA, (uint32_t)UINT16_MAX);
	vq->seg = calloc(vq->seg_max, sizeof(*vq->seg));
	vq->inflight = calloc(vq->size, sizeof(*vq->inflight));
	return vq->seg != NULL && vq->inflight != NULL ? 0 : -ENOMEM;
}

int
foo_vq_init(struct foo_vq *vq, const struct foo_vq_config *cfg)
{
	int ret;

	memset(vq, 0, sizeof(*vq));
	vq->mem = cfg->mem;
	vq->desc = cfg->desc;
	vq->avail = cfg->driver;
	vq->used = cfg->device;
	vq->device_gpa = cfg->device_gpa;
	vq->size = cfg->size;
	vq->callfd = cfg->callfd;
	vq->packed = vq_feature(cfg, VIRTIO_F_RING_PACKED);
	vq->event_idx = vq_feature(cfg, VIRTIO_RING_F_EVENT_IDX);
	vq->indirect = vq_feature(cfg, VIRTIO_RING_F_INDIRECT_DESC);
	vq->in_order = vq_feature(cfg, VIRTIO_F_IN_ORDER);
	if (vq->size == 0 || vq->size > FOO_VQ_MAX_SIZE)
		return -EINVAL;
	ret = vq->packed ? vq_packed_init(vq, cfg) : vq_split_init(vq, cfg);
	if (ret == 0)
		ret = vq_alloc(vq);
	if (ret == 0 && cfg->inflight != NULL)
		ret = vq_track_open(vq, cfg);
	if (ret != 0)
		foo_vq_fini(vq);
	else
		foo_vq_kicks_disable(vq);
	return ret;
}

void
foo_vq_fini(struct foo_vq *vq)
{
	vq_track_close(vq);
	free(vq->seg);
	free(vq->inflight);
	vq->seg = NULL;
	vq->inflight = NULL;
}

void
foo_vq_break(struct foo_vq *vq, enum foo_fault fault)
{
	vq->stats.fault[fault]++;
	if (vq->broken == FOO_FAULT_NONE)
		vq->broken = (uint8_t)fault;
}

void
foo_vq_prefetch(const struct foo_vq *vq, uint16_t n)
{
	if (vq->packed)
		vq_packed_prefetch(vq, n);
	else
		vq_split_prefetch(vq, n);
}

static uint16_t
vq_pop_ring(struct foo_vq *vq, struct foo_chain *chain, uint16_t max)
{
	return vq->packed ? vq_packed_pop(vq, chain, max) : vq_split_pop(vq, chain, max);
}

static uint16_t
vq_pop_tracked(struct foo_vq *vq, struct foo_chain *chain, uint16_t max)
{
	uint16_t pos = vq->avail_idx;

	/* never both at once: undo goes by what comes last */
	if (foo_vq_replays(vq))
		return vq_track_replay(vq, chain, max);
	return vq_track_popped(vq, chain, vq_pop_ring(vq, chain, max), pos);
}

uint16_t
foo_vq_pop(struct foo_vq *vq, struct foo_chain *chain, uint16_t max)
{
	uint16_t n;

	if (unlikely(vq->broken != FOO_FAULT_NONE))
		return 0;
	vq->walked = 0;
	max = RTE_MIN(max, FOO_VQ_BURST_MAX);
	n = likely(!vq->tracked) ? vq_pop_ring(vq, chain, max) : vq_pop_tracked(vq, chain, max);
	vq->stats.chains += n;
	return n;
}

static void
vq_undo_ring(struct foo_vq *vq, const struct foo_chain *chain, uint16_t n)
{
	if (vq->packed)
		vq_packed_undo(vq, chain, n);
	else
		vq_split_undo(vq, chain, n);
}

/** Those from the in-flight table come first, and go back to where they came from. */
static void
vq_undo_tracked(struct foo_vq *vq, const struct foo_chain *chain, uint16_t n)
{
	uint16_t i;

	for (i = 0; i < n && chain[i].replayed; i++) {
		vq->track->replayed--;
		if (!vq->packed)
			vq->inflight[chain[i].id] = 0;
	}
	vq_track_undone(vq, &chain[i], n - i);
	vq_undo_ring(vq, &chain[i], n - i);
}

void
foo_vq_undo(struct foo_vq *vq, const struct foo_chain *chain, uint16_t n)
{
	uint16_t i;

	if (likely(!vq->tracked))
		vq_undo_ring(vq, chain, n);
	else
		vq_undo_tracked(vq, chain, n);
	vq->stats.chains -= n;
	/* popped again they are counted again */
	for (i = 0; i < n; i++)
		if (unlikely(chain[i].fault != FOO_FAULT_NONE))
			vq->stats.fault[chain[i].fault]--;
}

bool
foo_vq_all_popped(const struct foo_vq *vq, const struct foo_chain *chain, uint16_t n)
{
	uint32_t slots = 0, least = vq->size;
	uint16_t i;

	for (i = 0; i < n; i++) {
		slots += chain[i].slots;
		least = RTE_MIN(least, (uint32_t)chain[i].slots);
	}
	return slots + least > vq->size;
}

void
foo_vq_push(struct foo_vq *vq, const struct foo_chain *chain, uint32_t written)
{
	foo_vq_push_burst(vq, chain, &written, 1);
}

void
foo_vq_push_burst(struct foo_vq *vq, const struct foo_chain *chain, const uint32_t *written,
		  uint16_t n)
{
	if (vq->packed)
		vq_packed_push(vq, chain, written, n);
	else
		vq_split_push(vq, chain, written, n);
	if (unlikely(vq->tracked))
		vq_track_pushed(vq, chain, n);
	vq->pushed += n;
}

/** What was pushed becomes the guest's. False: nothing was. *old is set to where it begins. */
static bool
vq_publish(struct foo_vq *vq, uint16_t *old)
{
	if (vq->pushed == 0)
		return false;
	if (unlikely(vq->tracked))
		vq_track_flush(vq);
	vq->pushed = 0;
	*old = vq->packed ? vq_packed_publish(vq) : vq_split_publish(vq);
	if (unlikely(vq->tracked))
		vq_track_flushed(vq);
	return true;
}

/** Between publishing and the look at what the guest wants to hear of it (2.7.7, 2.8.10.1): pairs
 * with the driver's barrier between its store of the event fields and its look for used chains.
 * One of the two sees the other. */
static void
vq_fence(bool needed)
{
	if (needed)
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/** Whether a published queue's guest is to be interrupted. */
static bool
vq_wants_call(struct foo_vq *vq, bool published, uint16_t old)
{
	bool wanted = vq->call_forced;

	if (!published && !wanted)
		return false;
	vq->call_forced = false;
	if (!wanted && vq->callfd != FOO_VQ_NO_FD)
		wanted = vq->packed ? vq_packed_wants_call(vq, old) : vq_split_wants_call(vq, old);
	vq->stats.calls_suppressed += !wanted;
	return wanted;
}

void
foo_vq_publish(struct foo_vq *vq)
{
	uint16_t old;

	if (!vq_publish(vq, &old) || vq->untold)
		return;
	vq->untold = true;
	vq->untold_from = old;
}

/** vq_publish(), for what has been published and not told as well. */
static bool
vq_publish_all(struct foo_vq *vq, uint16_t *old)
{
	bool published = vq_publish(vq, old), untold = vq->untold;

	if (untold)
		*old = vq->untold_from;
	vq->untold = false;
	return published || untold;
}

bool
foo_vq_flush(struct foo_vq *vq)
{
	uint16_t old = 0;
	bool published = vq_publish_all(vq, &old);

	vq_fence(published && vq->callfd != FOO_VQ_NO_FD);
	return vq_wants_call(vq, published, old);
}

bool
foo_vq_flush_both(struct foo_vq *vq, struct foo_vq *other, bool *other_wants)
{
	uint16_t old = 0, other_old = 0;
	bool published = vq_publish_all(vq, &old);
	bool other_published = vq_publish_all(other, &other_old);

	vq_fence((published && vq->callfd != FOO_VQ_NO_FD) ||
		 (other_published && other->callfd != FOO_VQ_NO_FD));
	*other_wants = vq_wants_call(other, other_published, other_old);
	return vq_wants_call(vq, published, old);
}

void
foo_vq_call(struct foo_vq *vq)
{
	if (vq->callfd == FOO_VQ_NO_FD)
		return;
	vq->stats.calls++;
	/*
	 * An eventfd that is full has a wake-up pending already, and says so at once; there is
	 * nothing to do about that. One that waits was made blocking again by the front-end, with
	 * whom its file description is shared: only a signal ends that, and there is no second one.
	 */
	if (unlikely(eventfd_write(vq->callfd, 1) < 0 && errno == EINTR)) {
		vq->callfd = FOO_VQ_NO_FD;
		foo_vq_break(vq, FOO_FAULT_CALL_BLOCKED);
	}
}

bool
foo_vq_replays(const struct foo_vq *vq)
{
	return unlikely(vq->tracked) && vq->track->replayed < vq->track->nreplay;
}

bool
foo_vq_avail(const struct foo_vq *vq)
{
	if (vq->broken != FOO_FAULT_NONE)
		return false;
	if (foo_vq_replays(vq))
		return true;
	return vq->packed ? vq_packed_avail(vq, 1) : vq_split_avail(vq);
}

bool
foo_vq_avail_burst(const struct foo_vq *vq, uint16_t n)
{
	if (vq->broken != FOO_FAULT_NONE)
		return false;
	if (foo_vq_replays(vq))
		return true;
	n = RTE_MIN(n, vq->size);
	return vq->packed ? vq_packed_avail(vq, n) :
			    (uint16_t)(vq->avail_seen - vq->avail_idx) >= n;
}

static void
vq_kicks(struct foo_vq *vq, bool wanted)
{
	vq->kicks_wanted = wanted;
	if (vq->packed)
		vq_packed_kicks(vq, wanted);
	else
		vq_split_kicks(vq, wanted);
}

void
foo_vq_kicks_enable(struct foo_vq *vq)
{
	vq_kicks(vq, true);
	/* Pairs with the driver's barrier between its store of the avail index (or flags) and its
	 * load of our event fields: one of the two sees the other. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void
foo_vq_kicks_disable(struct foo_vq *vq)
{
	vq_kicks(vq, false);
}

uint16_t
foo_vq_avail_base(const struct foo_vq *vq)
{
	return vq->packed ? (uint16_t)(vq->avail_idx | vq->avail_wrap << 15) : vq->avail_idx;
}

uint16_t
foo_vq_used_base(const struct foo_vq *vq)
{
	return vq->packed ? (uint16_t)(vq->used_idx | vq->used_wrap << 15) : vq->used_idx;
}

struct vq_window
vq_window_move(struct foo_vq *vq, uint64_t addr)
{
	const struct foo_mem_region *r = foo_mem_find(vq->mem, addr);

	if (r != NULL)
		vq->mem_cache = r;
	return vq_window(vq);
}

/** Map a buffer into pieces; the region of the last translation is tried first. */
static int
walk_map(struct foo_vq *vq, uint64_t addr, uint32_t len, struct foo_seg *seg, unsigned int room)
{
	uint8_t *va = foo_mem_va(vq->mem, &vq->mem_cache, addr, len);

	if (va == NULL || room == 0)
		return foo_mem_map(vq->mem, addr, len, seg, room);
	*seg = (struct foo_seg){.va = va, .len = len};
	return 1;
}

void
vq_walk_add(struct foo_vq *vq, struct vq_walk *w, uint64_t addr, uint32_t len, bool write)
{
	struct foo_seg *seg = w->seg + w->nread + w->nwrite;
	unsigned int room = w->max - w->nread - w->nwrite;
	int n;

	if (w->fault != FOO_FAULT_NONE || len == 0)
		return;
	if (!write && w->nwrite != 0) {
		w->fault = FOO_FAULT_READ_AFTER_WRITE;
		return;
	}
	n = walk_map(vq, addr, len, seg, room);
	if (n < 0) {
		w->fault = n == -ERANGE ? FOO_FAULT_ADDR_WRAP :
			   n == -EFAULT ? FOO_FAULT_ADDR_UNMAPPED :
					  FOO_FAULT_SEGMENTS;
		return;
	}
	w->len[write] += len;
	if (w->len[0] + w->len[1] > UINT32_MAX)
		w->fault = FOO_FAULT_LEN_TOTAL;
	*(write ? &w->nwrite : &w->nread) += (unsigned int)n;
}

/** One entry of an indirect table, which may cross regions. */
static int
walk_table_load(struct foo_vq *vq, const uint8_t *table, uint64_t addr, unsigned int idx,
		struct vq_desc *d)
{
	uint8_t raw[sizeof(struct vring_desc)];
	int ret;

	if (table != NULL) {
		*d = vq_desc_load(table + idx * sizeof(struct vring_desc));
		return 0;
	}
	ret = foo_mem_read(vq->mem, addr + idx * sizeof(raw), raw, sizeof(raw));
	if (ret == 0)
		*d = vq_desc_load(raw);
	return ret;
}

/** Flags of an entry: a packed one has them behind its id, where a split one has next. */
static uint16_t
walk_table_flags(const struct foo_vq *vq, const struct vq_desc *d)
{
	if (!vq->packed)
		return d->flags;
	return vq->table_read_only ? d->next & ~VRING_DESC_F_WRITE : d->next;
}

enum foo_fault
vq_walk_table(struct foo_vq *vq, struct vq_walk *w, uint64_t addr, uint32_t len)
{
	unsigned int count = len / sizeof(struct vring_desc), idx = 0;
	const uint8_t *table;
	struct vq_desc d;
	uint16_t flags;

	if (!vq->indirect)
		w->fault = FOO_FAULT_INDIRECT_FEATURE;
	else if (len == 0 || len % sizeof(struct vring_desc) != 0 || count > vq->size)
		w->fault = FOO_FAULT_INDIRECT_LEN;
	else if (len > UINT64_MAX - addr)
		w->fault = FOO_FAULT_ADDR_WRAP;
	if (w->fault != FOO_FAULT_NONE)
		return FOO_FAULT_NONE;
	table = foo_mem_va(vq->mem, &vq->mem_cache, addr, len);
	do {
		if (w->left-- == 0)
			return FOO_FAULT_CHAIN_LONG;
		if (walk_table_load(vq, table, addr, idx, &d) != 0) {
			w->fault = FOO_FAULT_ADDR_UNMAPPED;
			return FOO_FAULT_NONE;
		}
		flags = walk_table_flags(vq, &d);
		if (flags & VRING_DESC_F_INDIRECT)
			return FOO_FAULT_INDIRECT_NESTED;
		vq_walk_add(vq, w, d.addr, d.len, flags & VRING_DESC_F_WRITE);
		if (vq->packed) {
			/* entries follow each other, NEXT is reserved (VIRTIO 1.2, 2.8.7) */
			idx++;
		} else if (flags & VRING_DESC_F_NEXT) {
			idx = d.next;
			if (idx >= count)
				return FOO_FAULT_NEXT_RANGE;
		} else {
			break;
		}
	} while (idx < count && w->fault == FOO_FAULT_NONE);
	return FOO_FAULT_NONE;
}

void
vq_walk_end(struct foo_vq *vq, const struct vq_walk *w, struct foo_chain *chain)
{
	vq->walked += vq->size - w->left;
	chain->fault = (uint16_t)w->fault;
	if (w->fault != FOO_FAULT_NONE) {
		vq->stats.fault[w->fault]++;
		chain->seg = NULL;
		chain->nread = chain->nwrite = 0;
		chain->read_len = chain->write_len = 0;
		return;
	}
	chain->seg = w->seg;
	chain->nread = (uint16_t)w->nread;
	chain->nwrite = (uint16_t)w->nwrite;
	chain->read_len = (uint32_t)w->len[0];
	chain->write_len = (uint32_t)w->len[1];
}
