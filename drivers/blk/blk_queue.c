/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * A queue of a disk: requests in, requests out, on one lcore and without a lock.
 */
#include <errno.h>

#include <rte_cycles.h>
#include <rte_malloc.h>
#include <rte_prefetch.h>

#include "blk_priv.h"

/* Requests of a burst after which a guest sees those that have ended. */
#define PUBLISH_EVERY 8

/* Room for requests goes; the counters stay. */
static void
queue_free(struct blk_queue *bk)
{
	rte_free(bk->long_mem);
	rte_free(bk->req);
	rte_free(bk->free);
	bk->long_mem = NULL;
	bk->longs = NULL;
	bk->req = NULL;
	bk->free = NULL;
	bk->nfree = 0;
}

/* Zeroed memory of the queue's, beginning with a cache line. */
static void *
queue_zalloc(const struct blk_queue *bk, size_t size)
{
	return foo_blk_queue_alloc(&bk->bq, size, RTE_CACHE_LINE_SIZE);
}

static int
queue_alloc(struct blk_queue *bk, uint32_t depth)
{
	uint32_t nlong = RTE_MIN(depth, BLK_LONG_MAX);

	bk->free = queue_zalloc(bk, depth * sizeof(*bk->free));
	bk->req = queue_zalloc(bk, depth * sizeof(*bk->req));
	bk->long_mem = queue_zalloc(bk, nlong * sizeof(*bk->long_mem));
	if (bk->free == NULL || bk->req == NULL || bk->long_mem == NULL) {
		queue_free(bk);
		return -ENOMEM;
	}
	for (uint32_t i = depth; i > 0; i--)
		bk->free[bk->nfree++] = &bk->req[i - 1];
	for (uint32_t i = 0; i < nlong; i++) {
		bk->long_mem[i].next = bk->longs;
		bk->longs = &bk->long_mem[i];
	}
	return 0;
}

int
blk_queue_attach(struct foo_queue *q)
{
	struct foo_blk *dev = foo_blk(q->dev);
	struct blk_queue *bk = &dev->queue[q->index];
	int rc;

	bk->bq.q = q;
	bk->bq.dev = dev;
	rc = queue_alloc(bk, dev->depth);
	if (rc != 0)
		return rc;
	if (dev->engine->queue_open != NULL)
		rc = dev->engine->queue_open(&bk->bq);
	if (rc != 0)
		queue_free(bk);
	else
		q->priv = bk;
	return rc;
}

void
blk_queue_detach(struct foo_queue *q)
{
	struct blk_queue *bk = blk_queue_of(q);

	if (bk->bq.dev->engine->queue_close != NULL)
		bk->bq.dev->engine->queue_close(&bk->bq);
	queue_free(bk);
}

/* Let the engine go on with what it has. */
static void
queue_advance(struct blk_queue *bk)
{
	const struct foo_blk_engine *engine = bk->bq.dev->engine;

	if (bk->bq.inflight != 0 && engine->poll != NULL)
		engine->poll(&bk->bq);
}

/* Tell the guest what has ended, at once or later. That of a broken queue hears no more. */
static void
queue_tell(struct blk_queue *bk, unsigned int ended)
{
	struct foo_vq *vq = &bk->bq.q->vq;
	bool wanted;

	if (unlikely(vq->broken != 0)) {
		foo_coalesce_release(&bk->held);
		return;
	}
	wanted = ended != 0 && foo_vq_flush(vq);
	if (foo_coalesce_due(&bk->held, &bk->bq.dev->coalesce, wanted, ended, bk->now))
		foo_vq_call(vq);
}

/* End of a round: what was submitted goes off, what has ended is told. Requests ended. */
static unsigned int
queue_finish(struct blk_queue *bk)
{
	const struct foo_blk_engine *engine = bk->bq.dev->engine;
	unsigned int ended;

	if (bk->uncommitted && engine->commit != NULL)
		engine->commit(&bk->bq);
	bk->uncommitted = false;
	ended = bk->ended;
	bk->ended = 0;
	queue_tell(bk, ended);
	return ended;
}

/* Whether the disk has limits. */
static bool
queue_limited(const struct blk_queue *bk)
{
	/* pairs with the store in blk_qos_update() */
	return unlikely(__atomic_load_n(&bk->bq.dev->limited, __ATOMIC_RELAXED));
}

/* Take chains, as many as may be carried out now. */
static uint16_t
queue_pop(struct blk_queue *bk, struct foo_chain *chain, bool limited)
{
	struct foo_vq *vq = &bk->bq.q->vq;
	uint16_t max = (uint16_t)RTE_MIN(bk->nfree, BLK_BURST), n, passed;

	if (limited)
		max = RTE_MIN(max, blk_qos_open(bk));
	n = foo_vq_pop(vq, chain, max);
	if (!limited)
		return n;
	passed = blk_qos_pass(bk, chain, n, n < max);
	if (passed < n)
		foo_vq_undo(vq, &chain[passed], n - passed);
	return passed;
}

/* The lines that requests are about to need: the header, and the status byte to write. Drivers
 * often keep both in one, which is asked for with the right to write it. */
static void
queue_prefetch(const struct foo_chain *chain, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		const struct foo_seg *last;

		if (unlikely(chain[i].write_len == 0))
			continue;
		last = &chain[i].seg[chain[i].nread + chain[i].nwrite - 1];
		foo_prefetch_write(last->va + last->len - 1);
		rte_prefetch0(chain[i].seg->va);
	}
}

/* Engines that answer at once: the guest goes on with these while the rest of a burst is served. */
static void
queue_publish(struct blk_queue *bk)
{
	if (bk->ended != 0 && likely(bk->bq.q->vq.broken == 0))
		foo_vq_publish(&bk->bq.q->vq);
}

/* Take a burst out of the ring. What there is no room for stays there. */
static uint16_t
queue_take(struct blk_queue *bk)
{
	struct foo_chain chain[BLK_BURST];
	bool limited = queue_limited(bk);
	uint16_t i, n = queue_pop(bk, chain, limited);

	queue_prefetch(chain, n);
	for (i = 0; i < n; i++) {
		if (unlikely(blk_req_begin(bk, &chain[i]) != 0)) {
			foo_vq_undo(&bk->bq.q->vq, &chain[i], n - i);
			if (limited)
				blk_qos_undo(bk, &chain[i], n - i);
			break;
		}
		if ((i + 1) % PUBLISH_EVERY == 0)
			queue_publish(bk);
	}
	return i;
}

unsigned int
blk_queue_poll(struct foo_queue *q)
{
	struct blk_queue *bk = blk_queue_of(q);
	unsigned int taken;

	bk->now = rte_rdtsc();
	queue_advance(bk);
	taken = queue_take(bk);
	return taken + queue_finish(bk);
}

unsigned int
blk_queue_poll_stopped(struct foo_queue *q)
{
	struct blk_queue *bk = blk_queue_of(q);

	foo_coalesce_release(&bk->held);
	blk_qos_leave(bk);
	if (bk->bq.inflight == 0)
		return 0;
	bk->now = rte_rdtsc();
	queue_advance(bk);
	return queue_finish(bk);
}

bool
blk_queue_stop(struct foo_queue *q)
{
	struct blk_queue *bk = blk_queue_of(q);

	bk->now = rte_rdtsc();
	blk_qos_leave(bk);
	queue_advance(bk);
	queue_finish(bk);
	if (foo_coalesce_release(&bk->held))
		foo_vq_call(&q->vq);
	return bk->bq.inflight == 0;
}

bool
blk_queue_pending(const struct foo_queue *q)
{
	const struct blk_queue *bk = blk_queue_of(q);

	/* what an engine works on is asked after until it has ended; requests that wait for a limit
	 * and calls that are held have their time, for which only a poll looks */
	return bk->bq.inflight != 0 || foo_coalesce_held(&bk->held) ||
	       (foo_queue_is_serving(q) && foo_vq_avail(&q->vq));
}
