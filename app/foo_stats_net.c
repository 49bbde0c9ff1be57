/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Statistics of network devices, as testpmd prints them.
 */
#include <inttypes.h>

#include <rte_cycles.h>

#include <foo_net.h>

#include "foo_stats.h"

/* Counters of a port when it was last printed, for rates. */
struct stats_mark {
	uint64_t ns; /* 0: never */
	uint64_t rx_packets, rx_bytes;
	uint64_t tx_packets, tx_bytes;
};

static struct stats_mark stats_marks[FOO_MAX_DEVICES];

static void
stats_print_rates(FILE *out, const struct foo_device *dev, const struct foo_net_port_stats *s)
{
	struct stats_mark *mark = &stats_marks[dev->id];
	uint64_t now = foo_stats_now();
	uint64_t ns = mark->ns == 0 ? 0 : now - mark->ns;

	fprintf(out, "\n  Throughput (since last show)\n");
	fprintf(out, "  Rx-pps: %12" PRIu64 "          Rx-bps: %12" PRIu64 "\n",
		foo_stats_rate(s->rx_packets, mark->rx_packets, ns),
		8 * foo_stats_rate(s->rx_bytes, mark->rx_bytes, ns));
	fprintf(out, "  Tx-pps: %12" PRIu64 "          Tx-bps: %12" PRIu64 "\n",
		foo_stats_rate(s->tx_packets, mark->tx_packets, ns),
		8 * foo_stats_rate(s->tx_bytes, mark->tx_bytes, ns));
	*mark = (struct stats_mark){now, s->rx_packets, s->rx_bytes, s->tx_packets, s->tx_bytes};
}

void
foo_stats_net_device(FILE *out, const struct foo_device *dev)
{
	static const char border[] = "########################";
	struct foo_net_port_stats s;

	foo_net_port_stats_get(dev, &s);
	fprintf(out, "\n  %s NIC statistics for port %-2u %s\n", border, dev->id, border);
	fprintf(out, "  RX-packets: %-10" PRIu64 " RX-missed: %-10u RX-bytes:  %" PRIu64 "\n",
		s.rx_packets, 0, s.rx_bytes);
	fprintf(out, "  RX-errors: %" PRIu64 "\n", s.rx_errors);
	fprintf(out, "  RX-nombuf:  %-10u\n", 0); /* there are no mbufs to run out of */
	fprintf(out,
		"  TX-packets: %-10" PRIu64 " TX-errors: %-10" PRIu64 " TX-bytes:  %" PRIu64 "\n",
		s.tx_packets, s.tx_errors, s.tx_bytes);
	stats_print_rates(out, dev, &s);
	fprintf(out, "  %s############################%s\n", border, border);
}

/* The reasons of drops that happened, and how often. */
static void
stats_print_drops(FILE *out, const struct foo_net_queue_stats *s)
{
	bool any = false;

	for (unsigned int i = 0; i < FOO_NET_DROP_MAX; i++) {
		if (s->drops[i] == 0)
			continue;
		fprintf(out, "%s%s %" PRIu64, any ? ", " : "  Drops: ", foo_net_drop_name(i),
			s->drops[i]);
		any = true;
	}
	if (any)
		fprintf(out, "\n");
}

/* A queue; in the names of ports: what a guest sends is received here. */
void
foo_stats_net_queue(FILE *out, const struct foo_queue *q)
{
	static const char border[] = "-------";
	bool is_rx = q->index & 1;
	struct foo_net_queue_stats s;
	unsigned int lcore = __atomic_load_n(&q->lcore, __ATOMIC_RELAXED);

	if (!foo_net_queue_stats_get(q, &s))
		return;
	fprintf(out, "\n  %s Stats for %s Port=%2u/Queue=%2u (vring %u, lcore %u, %s) %s\n", border,
		is_rx ? "RX" : "TX", q->dev->id, q->index / 2, q->index, lcore,
		foo_queue_state_name(foo_queue_state(q)), border);
	if (q->why[0] != '\0')
		fprintf(out, "  Not running: %s\n", q->why);
	fprintf(out,
		"  %s-packets: %-14" PRIu64 " %s-bytes: %-14" PRIu64 " Cycles: %-14" PRIu64 "\n",
		is_rx ? "RX" : "TX", s.packets, is_rx ? "RX" : "TX", s.bytes, q->stats.busy_cycles);
	if (s.handovers != 0 || s.backpressure != 0 || s.sw_checksums != 0)
		fprintf(out,
			"  Handovers: %-14" PRIu64 " Backpressure: %-14" PRIu64
			" Checksums: %-14" PRIu64 "\n",
			s.handovers, s.backpressure, s.sw_checksums);
	stats_print_drops(out, &s);
}

/* Packets in one direction: delivered, and lost. */
static void
stats_print_direction(FILE *out, const char *name, uint64_t packets, uint64_t dropped)
{
	fprintf(out,
		"  %s-packets: %-14" PRIu64 " %s-dropped: %-14" PRIu64 "%s-total: %" PRIu64 "\n",
		name, packets, name, dropped, name, packets + dropped);
}

static void
stats_print_forward_port(FILE *out, const struct foo_device *dev,
			 const struct foo_net_port_stats *s)
{
	static const char border[] = "----------------------";

	fprintf(out, "\n  %s Forward statistics for port %-2u %s\n", border, dev->id, border);
	stats_print_direction(out, "RX", s->rx_packets, 0);
	if (s->rx_errors > 0) {
		fprintf(out, "  RX-error: %" PRIu64 "\n", s->rx_errors);
		fprintf(out, "  RX-nombufs: %-14u\n", 0);
	}
	stats_print_direction(out, "TX", s->tx_packets, s->tx_errors + s->fwd_dropped);
	fprintf(out, "  %s--------------------------------%s\n", border, border);
}

static void
stats_print_total(FILE *out, const struct foo_net_port_stats *sum)
{
	static const char border[] = "+++++++++++++++";

	fprintf(out, "\n  %s Accumulated forward statistics for all ports%s\n", border, border);
	stats_print_direction(out, "RX", sum->rx_packets, 0);
	stats_print_direction(out, "TX", sum->tx_packets, sum->tx_errors + sum->fwd_dropped);
	fprintf(out, "  %s++++++++++++++++++++++++++++++++++++++++++++++%s\n", border, border);
}

/* testpmd's definition, with --record-core-cycles: rounds that found no packet do not count. */
static void
stats_print_cycles(FILE *out, const struct foo_net_port_stats *sum, enum foo_net_fwd fwd)
{
	uint64_t packets = fwd == FOO_NET_FWD_TXONLY ? sum->tx_packets : sum->rx_packets;

	if (packets == 0)
		return;
	fprintf(out,
		"\n  CPU cycles/packet=%.2f (total cycles=%" PRIu64 " / total %s packets=%" PRIu64
		") at %" PRIu64 " MHz Clock\n",
		(double)sum->busy_cycles / (double)packets, sum->busy_cycles,
		foo_net_fwd_names[fwd], packets, rte_get_tsc_hz() / 1000000);
}

void
foo_stats_net_summary(FILE *out, const struct foo_args *args)
{
	struct foo_net_port_stats s, sum = {0};
	const struct foo_device *dev;

	TAILQ_FOREACH(dev, &foo_devices, link) {
		if (!foo_net_is_port(dev))
			continue;
		foo_net_port_stats_get(dev, &s);
		stats_print_forward_port(out, dev, &s);
		sum.rx_packets += s.rx_packets;
		sum.tx_packets += s.tx_packets;
		sum.tx_errors += s.tx_errors;
		sum.fwd_dropped += s.fwd_dropped;
		sum.busy_cycles += s.busy_cycles;
	}
	stats_print_total(out, &sum);
	stats_print_cycles(out, &sum, args->net.fwd);
}
