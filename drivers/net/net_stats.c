/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Counters: written by the queues' lcores, added up here for whoever asks.
 */
#include <string.h>

#include "net_priv.h"

static const char *const drop_names[FOO_NET_DROP_MAX] = {
#define DROP_NAME(sym, name, text) [FOO_NET_DROP_##sym] = "drops_" #name,
	FOO_NET_DROP_LIST(DROP_NAME)
#undef DROP_NAME
};

const char *
foo_net_drop_name(enum foo_net_drop_reason reason)
{
	return (unsigned int)reason < FOO_NET_DROP_MAX ? drop_names[reason] + strlen("drops_") :
							 "unknown";
}

/** A counter that its lcore may be adding to: one load, never torn. */
static uint64_t
stats_load(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

bool
foo_net_is_port(const struct foo_device *dev)
{
	return foo_class_is_a(dev->cls, "net");
}

bool
foo_net_queue_stats_get(const struct foo_queue *q, struct foo_net_queue_stats *stats)
{
	const uint64_t *from;
	uint64_t *to = (uint64_t *)stats;
	size_t i;

	if (!foo_net_is_port(q->dev) || q->priv == NULL)
		return false;
	from = (const uint64_t *)&net_queue(q)->stats;
	for (i = 0; i < sizeof(*stats) / sizeof(*to); i++)
		to[i] = stats_load(&from[i]);
	return true;
}

static uint64_t
stats_drops(const struct foo_net_queue_stats *s)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < FOO_NET_DROP_MAX; i++)
		sum += s->drops[i];
	return sum;
}

/** Drops of a transmit queue for which its guest is to blame. */
static uint64_t
stats_errors(const struct foo_net_queue_stats *s)
{
	return s->drops[FOO_NET_DROP_TOO_SHORT] + s->drops[FOO_NET_DROP_BAD_CHAIN] +
	       s->drops[FOO_NET_DROP_BAD_HEADER] + s->drops[FOO_NET_DROP_TOO_BIG];
}

void
foo_net_port_stats_get(const struct foo_device *dev, struct foo_net_port_stats *stats)
{
	struct foo_net_queue_stats s;
	uint16_t i;

	memset(stats, 0, sizeof(*stats));
	for (i = 0; i < dev->nqueues; i++) {
		if (!foo_net_queue_stats_get(&dev->queue[i], &s))
			continue;
		stats->busy_cycles += stats_load(&dev->queue[i].stats.busy_cycles);
		if (net_is_tx(&dev->queue[i])) {
			stats->rx_packets += s.packets;
			stats->rx_bytes += s.bytes;
			stats->rx_errors += stats_errors(&s);
			stats->fwd_dropped += s.drops[FOO_NET_DROP_NO_PORT];
		} else {
			stats->tx_packets += s.packets;
			stats->tx_bytes += s.bytes;
			stats->tx_errors += stats_drops(&s);
		}
	}
}

void
net_queue_counters(const struct foo_queue *q, foo_counter_fn emit, void *ctx)
{
	struct foo_net_queue_stats s;
	unsigned int i;

	if (!foo_net_queue_stats_get(q, &s))
		return;
	emit(ctx, "packets", s.packets);
	emit(ctx, "bytes", s.bytes);
	emit(ctx, "copied_bytes", s.copied_bytes);
	emit(ctx, "handovers", s.handovers);
	emit(ctx, "backpressure", s.backpressure);
	emit(ctx, "sw_checksums", s.sw_checksums);
	for (i = 0; i < FOO_NET_DROP_MAX; i++)
		emit(ctx, drop_names[i], s.drops[i]);
}

/** Drops of a port by reason, over its queues. */
static void
stats_emit_drops(const struct foo_device *dev, foo_counter_fn emit, void *ctx)
{
	uint64_t drops[FOO_NET_DROP_MAX] = {0};
	struct foo_net_queue_stats s;
	unsigned int i;
	uint16_t q;

	for (q = 0; q < dev->nqueues; q++) {
		if (!foo_net_queue_stats_get(&dev->queue[q], &s))
			continue;
		for (i = 0; i < FOO_NET_DROP_MAX; i++)
			drops[i] += s.drops[i];
	}
	for (i = 0; i < FOO_NET_DROP_MAX; i++)
		emit(ctx, drop_names[i], drops[i]);
}

void
net_counters(const struct foo_device *dev, foo_counter_fn emit, void *ctx)
{
	struct foo_net_port_stats s;

	foo_net_port_stats_get(dev, &s);
	emit(ctx, "rx_packets", s.rx_packets);
	emit(ctx, "rx_bytes", s.rx_bytes);
	emit(ctx, "rx_errors", s.rx_errors);
	emit(ctx, "tx_packets", s.tx_packets);
	emit(ctx, "tx_bytes", s.tx_bytes);
	emit(ctx, "tx_errors", s.tx_errors);
	emit(ctx, "fwd_dropped", s.fwd_dropped);
	emit(ctx, "busy_cycles", s.busy_cycles);
	stats_emit_drops(dev, emit, ctx);
}
