/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Counters of disks: written by the queues' lcores, added up here for whoever asks.
 */
#include <string.h>

#include <rte_cycles.h>

#include "blk_priv.h"

/* Buckets of a power of two. */
#define BUCKETS_SHIFT 3

static const char *const kind_names[FOO_BLK_KIND_MAX] = {
	[FOO_BLK_KIND_READ] = "read",     [FOO_BLK_KIND_WRITE] = "write",
	[FOO_BLK_KIND_FLUSH] = "flush",   [FOO_BLK_KIND_DISCARD] = "discard",
	[FOO_BLK_KIND_ZEROES] = "zeroes", [FOO_BLK_KIND_OTHER] = "other",
};

const char *
foo_blk_kind_name(enum foo_blk_kind kind)
{
	return (unsigned int)kind < FOO_BLK_KIND_MAX ? kind_names[kind] : "unknown";
}

/* The bucket of a number of cycles: its power of two and the three bits below that. */
static unsigned int
bucket_of(uint64_t cycles)
{
	unsigned int power, bucket;

	if (cycles < 1u << BUCKETS_SHIFT)
		return (unsigned int)cycles;
	power = 63 - (unsigned int)__builtin_clzll(cycles);
	bucket = ((power - BUCKETS_SHIFT + 1) << BUCKETS_SHIFT) +
		 ((cycles >> (power - BUCKETS_SHIFT)) & ((1u << BUCKETS_SHIFT) - 1));
	return RTE_MIN(bucket, FOO_BLK_BUCKETS - 1u);
}

/* The largest number of cycles of a bucket. */
static uint64_t
bucket_top(unsigned int bucket)
{
	unsigned int power = bucket >> BUCKETS_SHIFT;
	uint64_t part = bucket & ((1u << BUCKETS_SHIFT) - 1);

	if (power == 0)
		return bucket;
	return (((part + (1u << BUCKETS_SHIFT) + 1) << (power - 1)) - 1);
}

static uint64_t
cycles_to_ns(uint64_t cycles)
{
	return (uint64_t)((double)cycles * 1e9 / (double)rte_get_tsc_hz());
}

void
blk_stats_ended(struct blk_queue *bk, const struct blk_req *r, uint8_t status)
{
	struct foo_blk_queue_stats *s = &bk->bq.stats;
	uint64_t cycles = bk->now - r->start;

	foo_blk_count(&s->requests[r->kind], 1);
	if (likely(status == VIRTIO_BLK_S_OK))
		foo_blk_count(&s->bytes[r->kind], r->bytes);
	else if (status == VIRTIO_BLK_S_UNSUPP)
		foo_blk_count(&s->unsupported, 1);
	foo_blk_count(&s->latency_cycles, cycles);
	foo_blk_count(&s->latency[bucket_of(cycles)], 1);
}

bool
foo_blk_is_disk(const struct foo_device *dev)
{
	return foo_class_is_a(dev->cls, "blk");
}

/* Lcores may be adding to them: each is one load, never torn. */
void
foo_blk_stats_add(const struct foo_blk_queue_stats *from, struct foo_blk_queue_stats *to)
{
	const uint64_t *f = (const uint64_t *)from;
	uint64_t *t = (uint64_t *)to;

	for (size_t i = 0; i < sizeof(*to) / sizeof(*t); i++)
		t[i] += __atomic_load_n(&f[i], __ATOMIC_RELAXED);
}

bool
foo_blk_queue_stats_get(const struct foo_queue *q, struct foo_blk_queue_stats *stats)
{
	const struct blk_queue *queue;

	memset(stats, 0, sizeof(*stats));
	if (!foo_blk_is_disk(q->dev))
		return false;
	queue = ((const struct foo_blk *)q->dev)->queue;
	if (queue == NULL)
		return false;
	foo_blk_stats_add(&queue[q->index].bq.stats, stats);
	return true;
}

void
foo_blk_stats_get(const struct foo_device *dev, struct foo_blk_queue_stats *stats)
{
	const struct foo_blk *b = (const struct foo_blk *)dev;

	memset(stats, 0, sizeof(*stats));
	for (uint32_t i = 0; b->queue != NULL && i < b->queues; i++)
		foo_blk_stats_add(&b->queue[i].bq.stats, stats);
}

uint64_t
foo_blk_latency_mean(const struct foo_blk_queue_stats *stats)
{
	uint64_t all = 0;

	for (unsigned int i = 0; i < FOO_BLK_KIND_MAX; i++)
		all += stats->requests[i];
	return all != 0 ? cycles_to_ns(stats->latency_cycles) / all : 0;
}

uint64_t
foo_blk_latency_at(const struct foo_blk_queue_stats *stats, double share)
{
	uint64_t all = 0, seen = 0;

	for (unsigned int i = 0; i < FOO_BLK_BUCKETS; i++)
		all += stats->latency[i];
	for (unsigned int i = 0; i < FOO_BLK_BUCKETS && all != 0; i++) {
		seen += stats->latency[i];
		if ((double)seen >= share * (double)all)
			return cycles_to_ns(bucket_top(i));
	}
	return 0;
}

static void
emit_stats(const struct foo_blk_queue_stats *s, foo_counter_fn emit, void *ctx)
{
	static const char *const bytes[FOO_BLK_KIND_MAX] = {
		[FOO_BLK_KIND_READ] = "read_bytes",
		[FOO_BLK_KIND_WRITE] = "write_bytes",
		[FOO_BLK_KIND_DISCARD] = "discard_bytes",
		[FOO_BLK_KIND_ZEROES] = "zeroes_bytes",
	};

	for (unsigned int i = 0; i < FOO_BLK_KIND_MAX; i++) {
		emit(ctx, kind_names[i], s->requests[i]);
		if (bytes[i] != NULL)
			emit(ctx, bytes[i], s->bytes[i]);
	}
	emit(ctx, "io_errors", s->io_errors);
	emit(ctx, "refused", s->refused);
	emit(ctx, "unsupported", s->unsupported);
	emit(ctx, "throttled", s->throttled);
	emit(ctx, "latency_mean_ns", foo_blk_latency_mean(s));
	emit(ctx, "latency_p50_ns", foo_blk_latency_at(s, 0.5));
	emit(ctx, "latency_p99_ns", foo_blk_latency_at(s, 0.99));
	emit(ctx, "latency_p99_9_ns", foo_blk_latency_at(s, 0.999));
	emit(ctx, "latency_max_ns", foo_blk_latency_at(s, 1));
}

void
blk_queue_counters(const struct foo_queue *q, foo_counter_fn emit, void *ctx)
{
	struct foo_blk_queue_stats s;
	const struct foo_blk *dev = (const struct foo_blk *)q->dev;

	if (!foo_blk_queue_stats_get(q, &s))
		return;
	emit_stats(&s, emit, ctx);
	if (dev->engine->counters != NULL)
		dev->engine->counters(&dev->queue[q->index].bq, emit, ctx);
}

void
blk_counters(const struct foo_device *dev, foo_counter_fn emit, void *ctx)
{
	struct foo_blk_queue_stats s;

	foo_blk_stats_get(dev, &s);
	emit(ctx, "size", foo_blk_size((const struct foo_blk *)dev));
	emit_stats(&s, emit, ctx);
}
