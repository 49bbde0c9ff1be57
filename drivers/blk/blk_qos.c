/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Limits of a disk: requests and bytes a second, shared by its queues on all lcores.
 *
 * A bucket is told by one number, the time at which its tokens were all taken: what has passed
 * since is what it holds (its burst at most), and a time that lies ahead is its debt. To take
 * tokens is to move that time by what they cost, one compare-and-swap. A request passes while there
 * is a token at all and may leave a debt, so that one larger than the burst passes, too; the rate
 * is kept all the same.
 *
 * Lcores do not poll equally often, and the bucket would go to those that look first. So each queue
 * that finds others waiting has a bucket of its own as well, where everything costs as many times
 * more as there are queues that wait.
 */
#include <errno.h>

#include <rte_cycles.h>
#include <rte_malloc.h>

#include "blk_priv.h"

/* Fraction bits of blk_bucket::cost. */
#define COST_SHIFT 24

/* What a request may cost at most, in cycles: half a year. Sums of these do not wrap. */
#define PRICE_MAX (UINT64_C(1) << 55)

/* Where no burst is given: this part of a second's tokens. An lcore that loses its CPU for a while
 * finds them all, and the first second has 2.5 percent too many. */
#define BURST_PART 40

/* Bytes of a request's header and status, which are no data (VIRTIO 1.2, 5.2.6). */
#define REQUEST_FRAME 17

/* Whether a comes before b; the TSC may wrap. */
static bool
before(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b) < 0;
}

static uint64_t
later(uint64_t a, uint64_t b)
{
	return before(a, b) ? b : a;
}

static uint64_t
price(uint64_t cost, uint64_t units)
{
	unsigned __int128 cycles = ((unsigned __int128)cost * units) >> COST_SHIFT;

	return cycles < PRICE_MAX ? (uint64_t)cycles : PRICE_MAX;
}

/* What a chain asks for. The type of a request does not matter: a range to discard is no data. */
static uint64_t
chain_units(const struct foo_chain *chain, enum blk_limit which)
{
	uint64_t len = (uint64_t)chain->read_len + chain->write_len;

	if (which == BLK_LIMIT_REQUESTS)
		return 1;
	return len > REQUEST_FRAME ? len - REQUEST_FRAME : 0;
}

/* How many queues wait for this disk's buckets, this one included. */
static unsigned int
qos_sharers(const struct blk_queue *bk)
{
	uint64_t waiting = __atomic_load_n(&bk->bq.dev->qos->waiting, __ATOMIC_RELAXED);

	return (unsigned int)__builtin_popcountll(waiting | UINT64_C(1) << bk->bq.q->index);
}

/* Note whether the queue has to wait; others see it sooner or later. */
static void
qos_wait(struct blk_queue *bk, bool waits)
{
	uint64_t *waiting = &bk->bq.dev->qos->waiting;
	uint64_t bit = UINT64_C(1) << bk->bq.q->index;

	if (waits == bk->waits)
		return;
	bk->waits = waits;
	/* both pair with the load in qos_sharers() */
	if (waits)
		__atomic_fetch_or(waiting, bit, __ATOMIC_RELAXED);
	else
		__atomic_fetch_and(waiting, ~bit, __ATOMIC_RELAXED);
}

static void
qos_throttled(struct blk_queue *bk)
{
	qos_wait(bk, true);
	foo_blk_count(&bk->bq.stats.throttled, 1);
}

void
blk_qos_leave(struct blk_queue *bk)
{
	qos_wait(bk, false);
}

/* A limit was changed: what the queue has had under the old one does not count. */
static void
qos_follow(struct blk_queue *bk)
{
	/* pairs with the store in blk_qos_set() */
	uint64_t epoch = __atomic_load_n(&bk->bq.dev->qos->epoch, __ATOMIC_RELAXED);

	if (likely(epoch == bk->epoch))
		return;
	bk->epoch = epoch;
	for (unsigned int i = 0; i < BLK_LIMIT_MAX; i++)
		bk->own[i] = bk->now - 1;
}

/* How many requests a bucket has tokens for, the last one on credit. */
static uint64_t
bucket_room(const struct blk_queue *bk, enum blk_limit which, bool shared)
{
	const struct blk_bucket *b = &bk->bq.dev->qos->bucket[which];
	/* pair with the stores in blk_qos_set() and in bucket_take() */
	uint64_t cost = __atomic_load_n(&b->cost, __ATOMIC_RELAXED);
	uint64_t next = __atomic_load_n(&b->next, __ATOMIC_RELAXED), least;

	if (cost == 0)
		return BLK_BURST;
	if (shared)
		next = later(next, bk->own[which]);
	if (!before(next, bk->now))
		return 0;
	least = price(cost, which == BLK_LIMIT_BYTES ? FOO_BLK_SECTOR : 1);
	return (bk->now - next) / RTE_MAX(least, UINT64_C(1)) + 1;
}

uint16_t
blk_qos_open(struct blk_queue *bk)
{
	bool shared = qos_sharers(bk) > 1;
	uint64_t room = BLK_BURST;

	qos_follow(bk);
	for (unsigned int i = 0; i < BLK_LIMIT_MAX; i++)
		room = RTE_MIN(room, bucket_room(bk, i, shared));
	if (room != 0)
		return (uint16_t)room;
	if (foo_vq_avail(&bk->bq.q->vq))
		qos_throttled(bk);
	else
		qos_wait(bk, false);
	return 0;
}

/* Take tokens for as many of the chains as there are. */
static uint16_t
bucket_take(struct blk_queue *bk, enum blk_limit which, const struct foo_chain *chain, uint16_t n)
{
	struct blk_bucket *b = &bk->bq.dev->qos->bucket[which];
	uint64_t cost = __atomic_load_n(&b->cost, __ATOMIC_RELAXED);
	uint64_t full = bk->now - __atomic_load_n(&b->burst, __ATOMIC_RELAXED);
	uint64_t old = __atomic_load_n(&b->next, __ATOMIC_RELAXED), next, own;
	unsigned int sharers = qos_sharers(bk);
	uint16_t i;

	if (cost == 0)
		return n;
	do {
		next = later(old, full);
		own = later(bk->own[which], full);
		for (i = 0; i < n && before(next, bk->now); i++) {
			uint64_t cycles = price(cost, chain_units(&chain[i], which));

			if (sharers > 1 && !before(own, bk->now))
				break;
			next += cycles;
			own += cycles * sharers;
		}
		if (i == 0)
			return 0;
		/* pairs with itself on other lcores, and with the store in blk_qos_set() */
	} while (!__atomic_compare_exchange_n(&b->next, &old, next, false, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	bk->own[which] = own;
	return i;
}

/* Put back what was taken for these chains. Their share of the queue's own bucket stays taken:
 * it is made good within a burst. */
static void
bucket_return(struct blk_queue *bk, enum blk_limit which, const struct foo_chain *chain, uint16_t n)
{
	struct blk_bucket *b = &bk->bq.dev->qos->bucket[which];
	uint64_t cost = __atomic_load_n(&b->cost, __ATOMIC_RELAXED), cycles = 0;

	for (uint16_t i = 0; i < n; i++)
		cycles += price(cost, chain_units(&chain[i], which));
	if (cycles != 0) /* pairs with bucket_take() */
		__atomic_fetch_sub(&b->next, cycles, __ATOMIC_RELAXED);
}

uint16_t
blk_qos_pass(struct blk_queue *bk, const struct foo_chain *chain, uint16_t n, bool drained)
{
	uint16_t requests = bucket_take(bk, BLK_LIMIT_REQUESTS, chain, n);
	uint16_t passed = bucket_take(bk, BLK_LIMIT_BYTES, chain, requests);

	bucket_return(bk, BLK_LIMIT_REQUESTS, &chain[passed], requests - passed);
	if (passed < n)
		qos_throttled(bk);
	else if (drained)
		qos_wait(bk, false);
	return passed;
}

void
blk_qos_undo(struct blk_queue *bk, const struct foo_chain *chain, uint16_t n)
{
	for (unsigned int i = 0; i < BLK_LIMIT_MAX; i++)
		bucket_return(bk, i, chain, n);
}

void
blk_qos_set(struct blk_qos *qos, enum blk_limit which, uint64_t rate, uint64_t burst, uint64_t hz,
	    uint64_t now)
{
	struct blk_bucket *b = &qos->bucket[which];
	uint64_t cost = rate == 0 ? 0 : RTE_MAX((hz << COST_SHIFT) / rate, UINT64_C(1));
	uint64_t cycles = burst == 0 ? hz / BURST_PART : price(cost, burst);

	if (cost == b->cost && cycles == b->burst)
		return;
	/* A new bucket is full; one that is changed is empty, its debt forgiven. Pair with the
	 * loads in bucket_take(): an lcore may mix old and new in one burst of requests. */
	__atomic_store_n(&b->next, b->cost == 0 ? now - cycles : now, __ATOMIC_RELAXED);
	__atomic_store_n(&b->burst, cycles, __ATOMIC_RELAXED);
	__atomic_store_n(&b->cost, cost, __ATOMIC_RELAXED);
	__atomic_store_n(&qos->epoch, qos->epoch + 1, __ATOMIC_RELAXED);
}

void
blk_qos_update(struct foo_blk *dev)
{
	uint64_t hz = rte_get_tsc_hz(), now = rte_rdtsc();

	blk_qos_set(dev->qos, BLK_LIMIT_REQUESTS, dev->iops_limit, dev->iops_burst, hz, now);
	blk_qos_set(dev->qos, BLK_LIMIT_BYTES, dev->bytes_limit, dev->bytes_burst, hz, now);
	/* pairs with the load in queue_limited(): lcores see it sooner or later */
	__atomic_store_n(&dev->limited, dev->iops_limit != 0 || dev->bytes_limit != 0,
			 __ATOMIC_RELAXED);
}

int
blk_qos_init(struct foo_blk *dev)
{
	dev->qos = rte_zmalloc(NULL, sizeof(*dev->qos), RTE_CACHE_LINE_SIZE);
	if (dev->qos == NULL)
		return -ENOMEM;
	blk_qos_update(dev);
	return 0;
}

void
blk_qos_fini(struct foo_blk *dev)
{
	rte_free(dev->qos);
	dev->qos = NULL;
}
