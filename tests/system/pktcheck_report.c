/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "pktcheck.h"

struct totals {
	uint64_t sent;
	uint64_t unique;
	uint64_t lost;
	uint64_t dup;
	uint64_t reorder;
};

static void
sum_up(const struct pc_state *st, struct totals *t)
{
	uint16_t i;

	memset(t, 0, sizeof(*t));
	for (i = 0; i < st->nb_flows; i++) {
		const struct pc_flow *f = &st->flows[i];

		t->sent += f->sent;
		t->unique += f->track.unique;
		t->dup += f->track.dup;
		t->reorder += f->track.reorder;
		if (f->sent > f->track.unique)
			t->lost += f->sent - f->track.unique;
	}
}

static double
elapsed(const struct pc_state *st)
{
	uint64_t end = st->end_tsc != 0 ? st->end_tsc : rte_rdtsc();

	return (double)(end - st->start_tsc) / (double)rte_get_tsc_hz();
}

void
pc_progress(const struct pc_state *st, FILE *f)
{
	struct totals t;

	sum_up(st, &t);
	fprintf(f,
		"{\"progress\":%.1f,\"sent\":%" PRIu64 ",\"received\":%" PRIu64
		",\"outstanding\":%" PRIu64 ",\"corrupted\":%" PRIu64 "}\n",
		elapsed(st), t.sent, st->rx_packets, t.lost, st->verdicts[PC_BAD_DATA]);
	fflush(f);
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
put_rtt(struct pc_state *st, FILE *f)
{
	double sum = 0, first = st->rtt_us[0];
	uint32_t i, n = st->nb_rtt;

	if (n == 0)
		return;
	for (i = 0; i < n; i++)
		sum += st->rtt_us[i];
	qsort(st->rtt_us, n, sizeof(st->rtt_us[0]), by_value);
	fprintf(f,
		",\"rtt_us\":{\"samples\":%u,\"first\":%.1f,\"min\":%.1f,\"median\":%.1f,"
		"\"mean\":%.1f,\"max\":%.1f}",
		n, first, st->rtt_us[0], st->rtt_us[n / 2], sum / n, st->rtt_us[n - 1]);
}

static void
put_flows(const struct pc_state *st, FILE *f)
{
	uint16_t i;

	fprintf(f, ",\"flows\":[");
	for (i = 0; i < st->nb_flows; i++) {
		const struct pc_flow *w = &st->flows[i];

		fprintf(f,
			"%s{\"port\":%u,\"queue\":%u,\"sent\":%" PRIu64 ",\"received\":%" PRIu64
			",\"dup\":%" PRIu64 ",\"reorder\":%" PRIu64 ",\"rx_queues\":%" PRIu64 "}",
			i ? "," : "", w->port, w->queue, w->sent, w->track.unique, w->track.dup,
			w->track.reorder, w->track.rxq_mask);
	}
	fprintf(f, "]");
}

/* What is wrong, or NULL. The worst first. */
static const char *
complaint(const struct pc_state *st, const struct totals *t)
{
	if (st->verdicts[PC_BAD_DATA] != 0)
		return "corrupted";
	if (st->verdicts[PC_BAD_LEN] != 0)
		return "wrong length";
	if (st->verdicts[PC_MISROUTED] != 0)
		return "misrouted";
	if (st->verdicts[PC_FOREIGN] != 0)
		return "foreign";
	if (t->dup != 0)
		return "duplicated";
	if (t->reorder != 0)
		return "reordered";
	if (st->cfg.check_lossless && t->lost != 0)
		return "lost";
	if (st->cfg.mode != PC_MODE_RX && st->cfg.seconds == 0 && t->sent < st->cfg.count)
		return "not all sent";
	if (st->rx_packets < st->cfg.min_received)
		return "too few received";
	return NULL;
}

bool
pc_result(struct pc_state *st, FILE *f)
{
	struct totals t;
	const char *why;
	double secs = elapsed(st);

	sum_up(st, &t);
	why = complaint(st, &t);
	fprintf(f,
		"{\"result\":\"%s\",\"why\":\"%s\",\"seconds\":%.3f,\"sent\":%" PRIu64
		",\"received\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"mpps\":%.3f,\"lost\":%" PRIu64
		",\"dup\":%" PRIu64 ",\"reorder\":%" PRIu64,
		why == NULL ? "pass" : "fail", why == NULL ? "" : why, secs, t.sent, st->rx_packets,
		st->rx_bytes, secs > 0 ? (double)st->rx_packets / secs / 1e6 : 0.0, t.lost, t.dup,
		t.reorder);
	fprintf(f,
		",\"corrupted\":%" PRIu64 ",\"wrong_length\":%" PRIu64 ",\"misrouted\":%" PRIu64
		",\"foreign\":%" PRIu64 ",\"stalls\":%" PRIu64 ",\"no_mbuf\":%" PRIu64,
		st->verdicts[PC_BAD_DATA], st->verdicts[PC_BAD_LEN], st->verdicts[PC_MISROUTED],
		st->verdicts[PC_FOREIGN], st->stalls, st->no_mbuf);
	put_rtt(st, f);
	put_flows(st, f);
	fprintf(f, "}\n");
	fflush(f);
	return why == NULL;
}
