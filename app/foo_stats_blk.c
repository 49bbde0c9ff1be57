/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Statistics of disks, in the style of those of ports.
 */
#include <inttypes.h>
#include <string.h>

#include <rte_cycles.h>

#include <foo_blk_stats.h>

#include "foo_stats.h"
#include "foo_type.h"

/* Counters of a disk when it was last printed, for rates. */
struct blk_mark {
	uint64_t ns; /* 0: never */
	struct foo_blk_queue_stats stats;
};

static struct blk_mark blk_marks[FOO_MAX_DEVICES];

/* What was counted since then: counters never go back, but for a device that was made anew. */
static void
blk_since(const struct foo_blk_queue_stats *now, const struct foo_blk_queue_stats *then,
	  struct foo_blk_queue_stats *diff)
{
	const uint64_t *n = (const uint64_t *)now, *t = (const uint64_t *)then;
	uint64_t *d = (uint64_t *)diff;

	for (size_t i = 0; i < sizeof(*diff) / sizeof(*d); i++)
		d[i] = n[i] >= t[i] ? n[i] - t[i] : n[i];
}

static uint64_t
blk_all(const struct foo_blk_queue_stats *s)
{
	uint64_t all = 0;

	for (unsigned int i = 0; i < FOO_BLK_KIND_MAX; i++)
		all += s->requests[i];
	return all;
}

/* Requests by kind, and what went wrong with them. */
static void
blk_print_counters(FILE *out, const struct foo_blk_queue_stats *s)
{
	fprintf(out, "  Reads:      %-14" PRIu64 " Read-bytes:  %" PRIu64 "\n",
		s->requests[FOO_BLK_KIND_READ], s->bytes[FOO_BLK_KIND_READ]);
	fprintf(out, "  Writes:     %-14" PRIu64 " Write-bytes: %" PRIu64 "\n",
		s->requests[FOO_BLK_KIND_WRITE], s->bytes[FOO_BLK_KIND_WRITE]);
	fprintf(out,
		"  Flushes:    %-14" PRIu64 " Discards: %-10" PRIu64 " Zeroes: %-10" PRIu64
		" Others: %" PRIu64 "\n",
		s->requests[FOO_BLK_KIND_FLUSH], s->requests[FOO_BLK_KIND_DISCARD],
		s->requests[FOO_BLK_KIND_ZEROES], s->requests[FOO_BLK_KIND_OTHER]);
	fprintf(out,
		"  I/O-errors: %-14" PRIu64 " Refused:  %-10" PRIu64 " Unsupported: %-5" PRIu64
		" Throttled-polls: %" PRIu64 "\n",
		s->io_errors, s->refused, s->unsupported, s->throttled);
}

static double
blk_us(uint64_t ns)
{
	return (double)ns / 1000;
}

static void
blk_print_latency(FILE *out, const struct foo_blk_queue_stats *s)
{
	fprintf(out, "  Latency-us: mean %.1f, p50 %.1f, p99 %.1f, p99.9 %.1f, max %.1f\n",
		blk_us(foo_blk_latency_mean(s)), blk_us(foo_blk_latency_at(s, 0.5)),
		blk_us(foo_blk_latency_at(s, 0.99)), blk_us(foo_blk_latency_at(s, 0.999)),
		blk_us(foo_blk_latency_at(s, 1)));
}

static void
blk_print_rates(FILE *out, const struct foo_device *dev, const struct foo_blk_queue_stats *s)
{
	static const struct foo_blk_queue_stats none;
	struct blk_mark *mark = &blk_marks[dev->id];
	uint64_t now = foo_stats_now();
	uint64_t ns = mark->ns == 0 ? 0 : now - mark->ns, transfers;
	struct foo_blk_queue_stats d;

	blk_since(s, mark->ns == 0 ? s : &mark->stats, &d);
	transfers = d.requests[FOO_BLK_KIND_READ] + d.requests[FOO_BLK_KIND_WRITE];
	fprintf(out, "\n  Throughput (since last show)\n");
	fprintf(out, "  Read-IOPS:  %12" PRIu64 "          Read-MBps:  %12.1f\n",
		foo_stats_rate(d.requests[FOO_BLK_KIND_READ], 0, ns),
		(double)foo_stats_rate(d.bytes[FOO_BLK_KIND_READ], 0, ns) / 1e6);
	fprintf(out, "  Write-IOPS: %12" PRIu64 "          Write-MBps: %12.1f\n",
		foo_stats_rate(d.requests[FOO_BLK_KIND_WRITE], 0, ns),
		(double)foo_stats_rate(d.bytes[FOO_BLK_KIND_WRITE], 0, ns) / 1e6);
	fprintf(out, "  Other-IOPS: %12" PRIu64 "\n",
		foo_stats_rate(blk_all(&d) - transfers, 0, ns));
	blk_print_latency(out, ns == 0 ? &none : &d);
	mark->ns = now;
	mark->stats = *s;
}

static void
blk_print_device(FILE *out, const struct foo_device *dev)
{
	static const char border[] = "########################";
	struct foo_blk_queue_stats s;

	foo_blk_stats_get(dev, &s);
	fprintf(out, "\n  %s Disk statistics for %s %s\n", border, dev->name, border);
	blk_print_counters(out, &s);
	blk_print_rates(out, dev, &s);
	fprintf(out, "  %s############################%s\n", border, border);
}

static void
blk_print_queue(FILE *out, const struct foo_queue *q)
{
	static const char border[] = "-------";
	unsigned int lcore = __atomic_load_n(&q->lcore, __ATOMIC_RELAXED);
	struct foo_blk_queue_stats s;

	if (!foo_blk_queue_stats_get(q, &s))
		return;
	fprintf(out, "\n  %s Stats for Disk=%s/Queue=%2u (lcore %u, %s) %s\n", border, q->dev->name,
		q->index, lcore, foo_queue_state_name(foo_queue_state(q)), border);
	if (q->why[0] != '\0')
		fprintf(out, "  Not running: %s\n", q->why);
	blk_print_counters(out, &s);
	blk_print_latency(out, &s);
	fprintf(out, "  Cycles:     %" PRIu64 "\n",
		__atomic_load_n(&q->stats.busy_cycles, __ATOMIC_RELAXED));
}

static uint64_t
blk_busy_cycles(const struct foo_device *dev)
{
	uint64_t cycles = 0;

	for (uint16_t i = 0; i < dev->nqueues; i++)
		cycles += __atomic_load_n(&dev->queue[i].stats.busy_cycles, __ATOMIC_RELAXED);
	return cycles;
}

static void
blk_print_sum(FILE *out, const struct foo_blk_queue_stats *sum, uint64_t cycles)
{
	static const char border[] = "+++++++++++++++";
	uint64_t all = blk_all(sum);

	fprintf(out, "\n  %s Accumulated statistics for all disks%s\n", border, border);
	blk_print_counters(out, sum);
	blk_print_latency(out, sum);
	fprintf(out, "  %s++++++++++++++++++++++++++++++++++++%s\n", border, border);
	if (all != 0)
		fprintf(out,
			"\n  CPU cycles/request=%.2f (total cycles=%" PRIu64
			" / total requests=%" PRIu64 ") at %" PRIu64 " MHz Clock\n",
			(double)cycles / (double)all, cycles, all, rte_get_tsc_hz() / 1000000);
}

static void
blk_print_summary(FILE *out, const struct foo_args *args)
{
	static const char border[] = "----------------------";
	struct foo_blk_queue_stats s, sum;
	const struct foo_device *dev;
	uint64_t cycles = 0;

	(void)args;
	memset(&sum, 0, sizeof(sum));
	TAILQ_FOREACH(dev, &foo_devices, link) {
		if (!foo_blk_is_disk(dev))
			continue;
		foo_blk_stats_get(dev, &s);
		fprintf(out, "\n  %s Disk summary for %s %s\n", border, dev->name, border);
		blk_print_counters(out, &s);
		blk_print_latency(out, &s);
		fprintf(out, "  %s--------------------------------%s\n", border, border);
		foo_blk_stats_add(&s, &sum);
		cycles += blk_busy_cycles(dev);
	}
	blk_print_sum(out, &sum, cycles);
}

const struct foo_type foo_type_blk = {
	.cls = "blk",
	.title = "Disk statistics",
	.print_device = blk_print_device,
	.print_queue = blk_print_queue,
	.print_summary = blk_print_summary,
};
