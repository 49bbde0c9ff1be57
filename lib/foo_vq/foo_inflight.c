/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/*
 * Marks of a queue that runs, in the order that "Inflight I/O tracking" of vhost-user asks for,
 * except that what is pushed enters the region at the flush: pops in between find the list of free
 * entries whole.
 */

#include <string.h>

#include "foo_vq_impl.h"

_Static_assert(sizeof(struct foo_inflight_split) == 16 &&
		       sizeof(struct foo_inflight_split_desc) == 16,
	       "the protocol's layout");
_Static_assert(sizeof(struct foo_inflight_packed) == 32 &&
		       sizeof(struct foo_inflight_packed_desc) == 32 &&
		       offsetof(struct foo_inflight_packed, heads) == 12 &&
		       offsetof(struct foo_inflight_packed, place) == 16,
	       "the protocol's layout");

uint32_t
foo_inflight_size(bool packed, uint16_t size)
{
	uint32_t bytes = packed ? sizeof(struct foo_inflight_packed) +
					  size * sizeof(struct foo_inflight_packed_desc) :
				  sizeof(struct foo_inflight_split) +
					  size * sizeof(struct foo_inflight_split_desc);

	return RTE_ALIGN_MUL_CEIL(bytes, FOO_INFLIGHT_ALIGN);
}

bool
foo_inflight_is_used(const void *region)
{
	/* both formats have it in the same place */
	const struct foo_inflight_split *s = region;

	return __atomic_load_n(&s->version, __ATOMIC_RELAXED) != 0;
}

static bool
is_empty(const void *region, bool packed, uint16_t size)
{
	const struct foo_inflight_packed *p = region;
	const struct foo_inflight_split *s = region;
	uint32_t i;

	for (i = 0; i < size; i++)
		if ((packed ? p->desc[i].inflight : s->desc[i].inflight) != 0)
			return false;
	return true;
}

void
foo_inflight_release(void *region, bool packed, uint16_t size)
{
	struct foo_inflight_split *s = region;

	if (!is_empty(region, packed, size))
		return;
	VQ_TRACK_STORE(&s->version, 0);
	/* the next one may be of the other format, and look for its version elsewhere */
	memset(region, 0, foo_inflight_size(packed, size));
}

void
vq_track_store_heads(struct vq_track *tr, uint16_t head)
{
	struct foo_inflight_heads heads = {head, head};

	tr->head = head;
	__atomic_store(&tr->packed->heads, &heads, __ATOMIC_RELEASE);
}

void
vq_track_store_place(struct vq_track *tr, const struct foo_inflight_place *place)
{
	struct foo_inflight_place copy = *place;

	__atomic_store(&tr->packed->place, &copy, __ATOMIC_RELEASE);
}

/** Entries of the table that a chain takes; none if its head is in there already. */
static uint16_t
track_slots(const struct foo_vq *vq, const struct foo_chain *chain)
{
	if (vq->packed)
		return chain->slots;
	return chain->fault != FOO_FAULT_HEAD_REPEATED;
}

static void
split_mark(struct vq_track *tr, uint16_t head)
{
	VQ_TRACK_STORE(&tr->split->desc[head].counter, tr->counter);
	tr->counter++;
	VQ_TRACK_STORE(&tr->split->desc[head].inflight, 1);
}

/** The chain is in flight once its entries are no longer free. */
static void
packed_mark(struct foo_vq *vq, struct foo_chain *chain, uint16_t *pos)
{
	struct vq_track *tr = vq->track;
	struct foo_inflight_packed_desc *d;
	const struct vring_packed_desc *ring;
	uint16_t i, last = tr->head, free_head = tr->head;

	chain->entry = free_head;
	for (i = 0; i < chain->slots; i++) {
		ring = &vq->packed_desc[*pos];
		last = free_head;
		d = &tr->packed->desc[last];
		VQ_TRACK_STORE(&d->addr, ring->addr);
		VQ_TRACK_STORE(&d->len, ring->len);
		VQ_TRACK_STORE(&d->flags, ring->flags);
		VQ_TRACK_STORE(&d->id, ring->id);
		free_head = tr->next[last];
		*pos = *pos + 1 == vq->size ? 0 : *pos + 1;
	}
	tr->last[chain->entry] = last;
	d = &tr->packed->desc[chain->entry];
	VQ_TRACK_STORE(&d->last, last);
	VQ_TRACK_STORE(&d->num, chain->slots);
	VQ_TRACK_STORE(&d->counter, tr->counter);
	tr->counter++;
	VQ_TRACK_STORE(&d->inflight, 1);
	vq_track_store_heads(tr, free_head);
}

/** Undo chains of the ring, as foo_vq_undo(). */
static void
track_give_back(struct foo_vq *vq, const struct foo_chain *chain, uint16_t n)
{
	if (vq->packed)
		vq_packed_undo(vq, chain, n);
	else
		vq_split_undo(vq, chain, n);
}

uint16_t
vq_track_popped(struct foo_vq *vq, struct foo_chain *chain, uint16_t n, uint16_t pos)
{
	struct vq_track *tr = vq->track;
	uint16_t i, slots;

	for (i = 0; i < n; i++) {
		slots = track_slots(vq, &chain[i]);
		/* what is pushed and not flushed cannot be available again */
		if (unlikely(tr->held + slots > vq->size)) {
			track_give_back(vq, &chain[i], n - i);
			foo_vq_break(vq, FOO_FAULT_INFLIGHT_OVERFLOW);
			return i;
		}
		tr->held += slots;
		chain[i].replayed = false;
		if (vq->packed)
			packed_mark(vq, &chain[i], &pos);
		else if (slots != 0)
			split_mark(tr, chain[i].id);
	}
	return n;
}

static void
packed_unmark(struct vq_track *tr, uint16_t entry)
{
	uint16_t last = tr->last[entry];

	tr->next[last] = tr->head;
	VQ_TRACK_STORE(&tr->packed->desc[last].next, tr->head);
	vq_track_store_heads(tr, entry);
	VQ_TRACK_STORE(&tr->packed->desc[entry].inflight, 0);
}

/* Backwards: what is left at any moment was popped before what is not. */
void
vq_track_undone(struct foo_vq *vq, const struct foo_chain *chain, uint16_t n)
{
	struct vq_track *tr = vq->track;
	uint16_t slots;

	while (n-- > 0) {
		slots = track_slots(vq, &chain[n]);
		tr->held -= slots;
		if (vq->packed)
			packed_unmark(tr, chain[n].entry);
		else if (slots != 0)
			VQ_TRACK_STORE(&tr->split->desc[chain[n].id].inflight, 0);
	}
}

void
vq_track_pushed(struct foo_vq *vq, const struct foo_chain *chain, uint16_t n)
{
	struct vq_track *tr = vq->track;
	uint16_t i, slots;

	for (i = 0; i < n; i++) {
		slots = track_slots(vq, &chain[i]);
		if (slots != 0)
			tr->batch[tr->nbatch++] = vq->packed ? chain[i].entry : chain[i].id;
		tr->batch_slots += slots;
	}
}

static void
split_flush(struct vq_track *tr)
{
	struct foo_inflight_split *s = tr->split;
	uint16_t i, last = tr->head;

	for (i = 0; i < tr->nbatch; i++) {
		VQ_TRACK_STORE(&s->desc[tr->batch[i]].next, last);
		last = tr->batch[i];
		VQ_TRACK_STORE(&s->last_batch_head, last);
	}
	tr->head = last;
}

static void
packed_flush(const struct foo_vq *vq)
{
	struct vq_track *tr = vq->track;
	struct foo_inflight_place place = tr->place;
	uint16_t i, last;

	for (i = 0; i < tr->nbatch; i++) {
		last = tr->last[tr->batch[i]];
		tr->next[last] = tr->head;
		VQ_TRACK_STORE(&tr->packed->desc[last].next, tr->head);
		tr->head = tr->batch[i];
		VQ_TRACK_STORE(&tr->packed->heads.free_head, tr->head);
	}
	place.used_idx = vq->used_idx;
	place.used_wrap = vq->used_wrap;
	vq_track_store_place(tr, &place);
}

void
vq_track_flush(struct foo_vq *vq)
{
	if (vq->packed)
		packed_flush(vq);
	else
		split_flush(vq->track);
}

void
vq_track_flushed(struct foo_vq *vq)
{
	struct vq_track *tr = vq->track;
	uint16_t i;

	for (i = 0; i < tr->nbatch; i++)
		VQ_TRACK_STORE(vq->packed ? &tr->packed->desc[tr->batch[i]].inflight :
					    &tr->split->desc[tr->batch[i]].inflight,
			       0);
	if (vq->packed) {
		vq_track_store_heads(tr, tr->head);
		tr->place = (struct foo_inflight_place){
			vq->used_idx, vq->used_idx, vq->used_wrap, vq->used_wrap, {0}};
		vq_track_store_place(tr, &tr->place);
	} else {
		VQ_TRACK_STORE(&tr->split->used_idx, vq->used_idx);
	}
	tr->held -= tr->batch_slots;
	tr->batch_slots = 0;
	tr->nbatch = 0;
}

/** The descriptors of a chain, which lie anywhere in the table, one behind the other. */
static uint16_t
packed_copy(struct vq_track *tr, uint16_t entry)
{
	const struct foo_inflight_packed_desc *d;
	uint16_t num = 0, at = entry;

	for (;; at = tr->next[at]) {
		d = &tr->packed->desc[at];
		tr->copy[num++] = (struct vring_packed_desc){
			.addr = d->addr, .len = d->len, .id = d->id, .flags = d->flags};
		if (at == tr->last[entry])
			return num;
	}
}

uint16_t
vq_track_replay(struct foo_vq *vq, struct foo_chain *chain, uint16_t max)
{
	struct vq_track *tr = vq->track;
	unsigned int nseg = 0;
	uint16_t i, entry;
	bool taken;

	for (i = 0; i < max && tr->replayed < tr->nreplay && vq->walked < FOO_VQ_WALK_MAX; i++) {
		entry = tr->replay[tr->replayed];
		if (vq->packed)
			taken = vq_packed_pop_copy(vq, &chain[i], packed_copy(tr, entry), nseg);
		else
			taken = vq_split_pop_head(vq, &chain[i], entry, nseg);
		if (!taken)
			break;
		chain[i].entry = entry;
		chain[i].replayed = true;
		tr->replayed++;
		nseg += (unsigned int)chain[i].nread + chain[i].nwrite;
	}
	return i;
}
