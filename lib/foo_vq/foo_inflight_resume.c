/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/*
 * The start of a tracked queue: on a new region, or on one that another process has left. Whatever
 * is read there is read once, into memory of the queue's own, and checked against the rest of it: a
 * list that leaves the table, meets itself or another one, or misses an entry ends the start.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "foo_vq_impl.h"

/** A chain that was found. */
struct found {
	uint64_t counter;
	uint16_t entry;
};

/** What is gathered while the region is read. */
struct survey {
	struct found *chain;
	uint16_t n;     /* chains */
	uint32_t slots; /* entries that they hold */
	uint8_t *seen;  /* by entry: it was met */
};

/** Memory for the queue's side; vq_track_close() frees it. */
static int
track_alloc(struct foo_vq *vq)
{
	struct vq_track *tr = calloc(1, sizeof(*tr));

	vq->track = tr;
	if (tr == NULL)
		return -ENOMEM;
	tr->batch = calloc(vq->size, sizeof(*tr->batch));
	tr->replay = calloc(vq->size, sizeof(*tr->replay));
	tr->next = calloc(vq->size, sizeof(*tr->next));
	tr->last = calloc(vq->size, sizeof(*tr->last));
	tr->copy = calloc(vq->packed ? vq->size : 1, sizeof(*tr->copy));
	return tr->batch != NULL && tr->replay != NULL && tr->next != NULL && tr->last != NULL &&
			       tr->copy != NULL ?
		       0 :
		       -ENOMEM;
}

void
vq_track_close(struct foo_vq *vq)
{
	struct vq_track *tr = vq->track;

	vq->track = NULL;
	vq->tracked = false;
	if (tr == NULL)
		return;
	free(tr->batch);
	free(tr->replay);
	free(tr->next);
	free(tr->last);
	free(tr->copy);
	free(tr);
}

static int
survey_open(struct survey *s, uint16_t size)
{
	*s = (struct survey){.chain = calloc(size, sizeof(*s->chain)), .seen = calloc(size, 1)};
	return s->chain != NULL && s->seen != NULL ? 0 : -ENOMEM;
}

static void
survey_close(struct survey *s)
{
	free(s->chain);
	free(s->seen);
}

/** Note an entry; false if there is none of that number, or it was noted before. */
static bool
survey_see(struct survey *s, uint16_t entry, uint16_t size)
{
	if (entry >= size || s->seen[entry])
		return false;
	s->seen[entry] = 1;
	return true;
}

static int
found_compare(const void *a, const void *b)
{
	uint64_t left = ((const struct found *)a)->counter;
	uint64_t right = ((const struct found *)b)->counter;

	return left < right ? -1 : left > right;
}

/** Write down the place of a chain. */
static void
entry_number(const struct foo_vq *vq, uint16_t entry, uint64_t counter)
{
	if (vq->packed)
		VQ_TRACK_STORE(&vq->track->packed->desc[entry].counter, counter);
	else
		VQ_TRACK_STORE(&vq->track->split->desc[entry].counter, counter);
}

/**
 * Put the chains in the order of their taking, and number them from 0 on: a region that counts up
 * to the end of 64 bits would be refused next time. From the first one on, so that the order is
 * kept at each moment: no number is below its place.
 *
 * @return 0, or -EBADMSG if two have the same place
 */
static int
survey_order(struct survey *s, const struct foo_vq *vq)
{
	struct vq_track *tr = vq->track;
	uint16_t i;

	qsort(s->chain, s->n, sizeof(*s->chain), found_compare);
	for (i = 1; i < s->n; i++)
		if (s->chain[i].counter == s->chain[i - 1].counter)
			return -EBADMSG;
	for (i = 0; i < s->n; i++) {
		tr->replay[i] = s->chain[i].entry;
		entry_number(vq, s->chain[i].entry, i);
	}
	tr->nreplay = s->n;
	tr->held = s->slots;
	tr->counter = s->n;
	return 0;
}

/** The last batch was published, but its marks may still be there: take them away. */
static int
split_finish_batch(const struct foo_vq *vq, struct foo_inflight_split *r)
{
	uint16_t n = vq->used_idx - VQ_TRACK_LOAD(&r->used_idx);
	uint16_t head = VQ_TRACK_LOAD(&r->last_batch_head);

	if (n > vq->size)
		return -EBADMSG;
	for (; n > 0; n--) {
		if (head >= vq->size)
			return -EBADMSG;
		VQ_TRACK_STORE(&r->desc[head].inflight, 0);
		head = VQ_TRACK_LOAD(&r->desc[head].next);
	}
	VQ_TRACK_STORE(&r->used_idx, vq->used_idx);
	return 0;
}

static int
split_survey(struct foo_vq *vq, struct survey *s)
{
	struct foo_inflight_split *r = vq->track->split;
	int ret = split_finish_batch(vq, r);
	uint16_t i;

	if (ret != 0)
		return ret;
	for (i = 0; i < vq->size; i++) {
		if (VQ_TRACK_LOAD(&r->desc[i].inflight) == 0)
			continue;
		s->chain[s->n++] = (struct found){VQ_TRACK_LOAD(&r->desc[i].counter), i};
	}
	s->slots = s->n;
	vq->avail_idx = vq->avail_seen = vq->used_idx + s->n;
	vq->track->head = VQ_TRACK_LOAD(&r->last_batch_head);
	return 0;
}

static bool
place_is_valid(const struct foo_inflight_place *p, uint16_t size)
{
	return p->used_idx < size && p->old_used_idx < size && p->used_wrap <= 1 &&
	       p->old_used_wrap <= 1;
}

/** Settle a batch that was under way: it counts if the driver could see it, and else never was. */
static int
packed_settle(struct foo_vq *vq)
{
	struct vq_track *tr = vq->track;
	struct foo_inflight_place p;
	struct foo_inflight_heads h;
	bool used;

	__atomic_load(&tr->packed->place, &p, __ATOMIC_RELAXED);
	__atomic_load(&tr->packed->heads, &h, __ATOMIC_RELAXED);
	if (!place_is_valid(&p, vq->size))
		return -EBADMSG;
	used = (p.used_idx != p.old_used_idx || p.used_wrap != p.old_used_wrap) &&
	       vq_packed_was_used(vq, p.old_used_idx, p.old_used_wrap);
	vq->used_idx = vq->used_flushed = used ? p.used_idx : p.old_used_idx;
	vq->used_wrap = used ? p.used_wrap : p.old_used_wrap;
	tr->head = used ? h.free_head : h.old_free_head;
	return 0;
}

/** The free entries, up to the end of their list. */
static int
packed_survey_free(struct foo_vq *vq, struct survey *s)
{
	struct vq_track *tr = vq->track;
	uint16_t at = tr->head;

	while (at != vq->size) {
		if (!survey_see(s, at, vq->size))
			return -EBADMSG;
		tr->next[at] = VQ_TRACK_LOAD(&tr->packed->desc[at].next);
		at = tr->next[at];
	}
	return 0;
}

/** One chain: num entries, that end with the last. */
static int
packed_survey_chain(struct foo_vq *vq, struct survey *s, uint16_t entry)
{
	struct vq_track *tr = vq->track;
	const struct foo_inflight_packed_desc *d = tr->packed->desc;
	uint16_t num = VQ_TRACK_LOAD(&d[entry].num), at = entry, i;

	for (i = 0; i < num; i++) {
		if (i > 0)
			at = tr->next[at];
		if (!survey_see(s, at, vq->size))
			return -EBADMSG;
		tr->next[at] = VQ_TRACK_LOAD(&d[at].next);
	}
	if (num == 0 || at != VQ_TRACK_LOAD(&d[entry].last))
		return -EBADMSG;
	tr->last[entry] = at;
	s->slots += num;
	s->chain[s->n++] = (struct found){VQ_TRACK_LOAD(&d[entry].counter), entry};
	return 0;
}

static int
packed_survey_chains(struct foo_vq *vq, struct survey *s, const uint8_t *is_free)
{
	uint16_t i;
	int ret = 0;

	for (i = 0; i < vq->size && ret == 0; i++)
		if (!is_free[i] && VQ_TRACK_LOAD(&vq->track->packed->desc[i].inflight) != 0)
			ret = packed_survey_chain(vq, s, i);
	for (i = 0; i < vq->size && ret == 0; i++)
		if (!s->seen[i])
			ret = -EBADMSG;
	return ret;
}

/** Write down what was settled, in an order in which it would be settled again. */
static void
packed_write_back(struct foo_vq *vq, const uint8_t *is_free)
{
	struct vq_track *tr = vq->track;
	uint16_t i;

	vq_track_store_heads(tr, tr->head);
	tr->place = (struct foo_inflight_place){
		vq->used_idx, vq->used_idx, vq->used_wrap, vq->used_wrap, {0}};
	vq_track_store_place(tr, &tr->place);
	for (i = 0; i < vq->size; i++)
		if (is_free[i] && VQ_TRACK_LOAD(&tr->packed->desc[i].inflight) != 0)
			VQ_TRACK_STORE(&tr->packed->desc[i].inflight, 0);
}

static int
packed_survey(struct foo_vq *vq, struct survey *s)
{
	uint8_t *is_free;
	int ret;

	ret = packed_settle(vq);
	if (ret == 0)
		ret = packed_survey_free(vq, s);
	if (ret != 0)
		return ret;
	is_free = malloc(vq->size);
	if (is_free == NULL)
		return -ENOMEM;
	memcpy(is_free, s->seen, vq->size);
	ret = packed_survey_chains(vq, s, is_free);
	if (ret == 0) {
		packed_write_back(vq, is_free);
		vq->avail_idx = vq->used_idx;
		vq->avail_wrap = vq->used_wrap;
		vq_packed_advance(vq, &vq->avail_idx, &vq->avail_wrap, (uint16_t)s->slots);
		vq->inflight_slots = (uint16_t)s->slots;
		vq_packed_unuse(vq, (uint16_t)s->slots);
	}
	free(is_free);
	return ret;
}

static int
track_resume(struct foo_vq *vq)
{
	struct survey s;
	int ret;

	/* both formats have it in the same place */
	if (VQ_TRACK_LOAD(&vq->track->split->desc_num) != vq->size)
		return -EBADMSG;
	ret = survey_open(&s, vq->size);
	if (ret == 0)
		ret = vq->packed ? packed_survey(vq, &s) : split_survey(vq, &s);
	if (ret == 0)
		ret = survey_order(&s, vq);
	survey_close(&s);
	return ret;
}

/** A region that holds nothing. Its version, which says so, is stored last. */
static void
track_fresh(struct foo_vq *vq)
{
	struct vq_track *tr = vq->track;
	uint16_t i;

	memset(tr->split, 0, foo_inflight_size(vq->packed, vq->size));
	tr->split->desc_num = vq->size; /* both formats have it in the same place */
	if (vq->packed) {
		for (i = 0; i < vq->size; i++)
			tr->packed->desc[i].next = tr->next[i] = i + 1;
		tr->place = (struct foo_inflight_place){
			vq->used_idx, vq->used_idx, vq->used_wrap, vq->used_wrap, {0}};
		tr->packed->place = tr->place;
	} else {
		tr->split->used_idx = vq->used_idx;
	}
	VQ_TRACK_STORE(&tr->split->version, FOO_INFLIGHT_VERSION);
}

int
vq_track_open(struct foo_vq *vq, const struct foo_vq_config *cfg)
{
	uint16_t version;

	if ((uintptr_t)cfg->inflight % 8 != 0 ||
	    cfg->inflight_size < foo_inflight_size(vq->packed, vq->size))
		return -EINVAL;
	if (track_alloc(vq) != 0)
		return -ENOMEM;
	vq->track->split = cfg->inflight;
	vq->tracked = true;
	version = VQ_TRACK_LOAD(&vq->track->split->version);
	if (version == FOO_INFLIGHT_VERSION)
		return track_resume(vq);
	if (version != 0)
		return -EBADMSG;
	/* nobody knows what was taken and not used */
	if (cfg->avail_base != cfg->used_base)
		return -EINVAL;
	track_fresh(vq);
	return 0;
}
