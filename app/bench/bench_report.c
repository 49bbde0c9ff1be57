/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench_report.h"

/* Erase from the cursor to the end of the line (ECMA-48). */
#define REPORT_ERASE "\033[K"

static const char report_border[] = "########################";

void
bench_live_init(struct bench_live *live, FILE *out)
{
	live->out = out;
	live->terminal = isatty(fileno(out)) == 1;
	live->shown = false;
}

static unsigned int
report_width(FILE *out)
{
	struct winsize size;

	if (ioctl(fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return 80;
	return size.ws_col;
}

void
bench_live_show(struct bench_live *live, const char *line)
{
	if (live->terminal) {
		/* one column less: in the last one some terminals go to the next row */
		fprintf(live->out, "\r%.*s" REPORT_ERASE, (int)report_width(live->out) - 1, line);
		live->shown = true;
	} else {
		fprintf(live->out, "%s\n", line);
	}
	fflush(live->out);
}

void
bench_live_end(struct bench_live *live)
{
	if (!live->shown)
		return;
	fputs("\r" REPORT_ERASE, live->out);
	fflush(live->out);
	live->shown = false;
}

/* Three digits in front of a unit that is 1000 times that before it. */
static void
report_scale(double value, const char *const *unit, unsigned int units, char *text, size_t size)
{
	unsigned int i = 0;
	int decimals;

	/* 999.5 would be printed as 1000 */
	for (; i + 1 < units && fabs(value) >= 999.5; i++)
		value /= 1000;
	decimals = fabs(value) >= 99.95 ? 0 : fabs(value) >= 9.995 ? 1 : 2;
	if (i == 0 && value == floor(value))
		decimals = 0;
	snprintf(text, size, "%.*f%s%s", decimals, value, unit[i][0] != '\0' ? " " : "", unit[i]);
}

void
bench_format_ns(double ns, char *text, size_t size)
{
	static const char *const unit[] = {"ns", "us", "ms", "s"};

	report_scale(ns, unit, 4, text, size);
}

void
bench_format_si(double value, char *text, size_t size)
{
	static const char *const unit[] = {"", "k", "M", "G", "T"};

	report_scale(value, unit, 5, text, size);
}

/* "[  3 s of 10]", or without the end if there is none. */
static void
report_clock(double now, double total, char *text, size_t size)
{
	if (total > 0)
		snprintf(text, size, "[%5.1f of %.0f s]", now, total);
	else
		snprintf(text, size, "[%5.1f s]", now);
}

static void
report_live_latency(const struct bench_hist *h, char *text, size_t size)
{
	char p50[32], p99[32];

	text[0] = '\0';
	if (h == NULL || h->count == 0)
		return;
	bench_format_ns((double)bench_hist_percentile(h, 50), p50, sizeof(p50));
	bench_format_ns((double)bench_hist_percentile(h, 99), p99, sizeof(p99));
	snprintf(text, size, "  p50: %s  p99: %s", p50, p99);
}

/* What went wrong, if anything did. */
static void
report_live_trouble(const char *name, uint64_t n, char *text, size_t size)
{
	size_t used = strlen(text);

	if (n > 0)
		snprintf(text + used, size - used, "  %s: %" PRIu64, name, n);
}

void
bench_live_net(struct bench_live *live, double now, double total, const struct bench_net_result *r)
{
	char clock[48], latency[80], trouble[160] = "", line[400];

	report_clock(now, total, clock, sizeof(clock));
	report_live_latency(r->latency, latency, sizeof(latency));
	report_live_trouble("lost", r->track.lost, trouble, sizeof(trouble));
	report_live_trouble("reordered", r->track.reordered, trouble, sizeof(trouble));
	report_live_trouble("duplicated", r->track.duplicated, trouble, sizeof(trouble));
	report_live_trouble("corrupted", r->corrupted, trouble, sizeof(trouble));
	report_live_trouble("interrupts missed", r->missed_calls, trouble, sizeof(trouble));
	snprintf(line, sizeof(line), "%s Rx-pps: %10.0f  Tx-pps: %10.0f  Rx-bps: %12.0f%s%s", clock,
		 bench_rate(r->rx_packets, r->seconds), bench_rate(r->tx_packets, r->seconds),
		 8 * bench_rate(r->rx_bytes, r->seconds), latency, trouble);
	bench_live_show(live, line);
}

void
bench_live_blk(struct bench_live *live, double now, double total, const struct bench_blk_result *r)
{
	char clock[48], latency[80], trouble[160] = "", line[400];

	report_clock(now, total, clock, sizeof(clock));
	report_live_latency(r->latency, latency, sizeof(latency));
	report_live_trouble("errors", r->errors, trouble, sizeof(trouble));
	report_live_trouble("verify errors", r->verify_errors, trouble, sizeof(trouble));
	report_live_trouble("bad status", r->bad_status, trouble, sizeof(trouble));
	report_live_trouble("bad used length", r->bad_used_length, trouble, sizeof(trouble));
	report_live_trouble("interrupts missed", r->missed_calls, trouble, sizeof(trouble));
	snprintf(line, sizeof(line), "%s IOPS: %10.0f  MB/s: %9.1f%s%s", clock,
		 bench_rate(r->requests, r->seconds), bench_rate(r->bytes, r->seconds) / 1e6,
		 latency, trouble);
	bench_live_show(live, line);
}

/* Only where interrupts are used can they be missed, and it should not happen. */
static void
report_missed_calls(FILE *out, uint64_t missed)
{
	if (missed > 0)
		fprintf(out, "  Interrupts-missed: %" PRIu64 "\n", missed);
}

/* With a rate that cannot be kept up with. */
static void
report_not_sent(FILE *out, uint64_t n)
{
	if (n > 0)
		fprintf(out, "  Not-sent: %" PRIu64 "\n", n);
}

/* Counters and rates, the same for one guest and for all. */
static void
report_net(FILE *out, const struct bench_net_result *r)
{
	fprintf(out,
		"  RX-packets: %-12" PRIu64 " RX-missed: %-10" PRIu64 " RX-bytes:  %" PRIu64 "\n",
		r->rx_packets, r->track.lost, r->rx_bytes);
	fprintf(out, "  RX-errors: %" PRIu64 "\n", r->corrupted);
	fprintf(out, "  RX-reordered: %-10" PRIu64 " RX-duplicated: %" PRIu64 "\n",
		r->track.reordered, r->track.duplicated);
	fprintf(out, "  TX-packets: %-12" PRIu64 " TX-bytes:  %" PRIu64 "\n", r->tx_packets,
		r->tx_bytes);
	report_not_sent(out, r->not_sent);
	report_missed_calls(out, r->missed_calls);
	fprintf(out, "\n  Throughput (over %.2f s)\n", r->seconds);
	fprintf(out, "  Rx-pps: %12.0f          Rx-bps: %12.0f\n",
		bench_rate(r->rx_packets, r->seconds), 8 * bench_rate(r->rx_bytes, r->seconds));
	fprintf(out, "  Tx-pps: %12.0f          Tx-bps: %12.0f\n",
		bench_rate(r->tx_packets, r->seconds), 8 * bench_rate(r->tx_bytes, r->seconds));
}

static void
report_bottom(FILE *out)
{
	fprintf(out, "  %s############################%s\n", report_border, report_border);
}

void
bench_report_net(FILE *out, unsigned int guest, const char *name, const struct bench_net_result *r)
{
	fprintf(out, "\n  %s NIC statistics for guest %-2u %s\n", report_border, guest,
		report_border);
	fprintf(out, "  Socket: %s\n", name);
	report_net(out, r);
	report_bottom(out);
}

static void
report_total_top(FILE *out, const char *what, unsigned int guests)
{
	static const char border[] = "+++++++++++++++";

	fprintf(out, "\n  %s Accumulated %s statistics for %u guest%s %s\n", border, what, guests,
		guests == 1 ? "" : "s", border);
}

static void
report_total_bottom(FILE *out, const struct bench_hist *h)
{
	static const char border[] = "+++++++++++++++";

	if (h != NULL)
		bench_report_latency(out, h);
	fprintf(out, "  %s++++++++++++++++++++++++++++++++++++++++++++++%s\n", border, border);
}

void
bench_report_net_total(FILE *out, unsigned int guests, const struct bench_net_result *r)
{
	report_total_top(out, "NIC", guests);
	report_net(out, r);
	report_total_bottom(out, r->latency);
}

static void
report_blk(FILE *out, const struct bench_blk_result *r)
{
	fprintf(out, "  Requests: %-14" PRIu64 " Reads: %-14" PRIu64 " Writes: %" PRIu64 "\n",
		r->requests, r->reads, r->writes);
	if (r->flushes + r->discards + r->write_zeroes > 0)
		fprintf(out,
			"  Flushes: %-15" PRIu64 " Discards: %-11" PRIu64 " Write-zeroes: %" PRIu64
			"\n",
			r->flushes, r->discards, r->write_zeroes);
	if (r->verified > 0)
		fprintf(out, "  Verified: %" PRIu64 "\n", r->verified);
	fprintf(out, "  Errors: %-16" PRIu64 " Verify-errors: %" PRIu64 "\n", r->errors,
		r->verify_errors);
	fprintf(out, "  Bad-status: %-12" PRIu64 " Bad-used-length: %" PRIu64 "\n", r->bad_status,
		r->bad_used_length);
	if (r->lost > 0)
		fprintf(out, "  Lost: %" PRIu64 "\n", r->lost);
	report_not_sent(out, r->not_sent);
	report_missed_calls(out, r->missed_calls);
	fprintf(out, "\n  Throughput (over %.2f s)\n", r->seconds);
	fprintf(out, "  IOPS: %14.0f          MB/s: %14.1f\n", bench_rate(r->requests, r->seconds),
		bench_rate(r->bytes, r->seconds) / 1e6);
}

void
bench_report_blk(FILE *out, unsigned int guest, const char *name, const struct bench_blk_result *r)
{
	fprintf(out, "\n  %s Disk statistics for guest %-2u %s\n", report_border, guest,
		report_border);
	fprintf(out, "  Socket: %s\n", name);
	report_blk(out, r);
	report_bottom(out);
}

void
bench_report_blk_total(FILE *out, unsigned int guests, const struct bench_blk_result *r)
{
	report_total_top(out, "disk", guests);
	report_blk(out, r);
	report_total_bottom(out, r->latency);
}

static void
report_latency_line(FILE *out, const char *name, double ns)
{
	char text[32];

	bench_format_ns(ns, text, sizeof(text));
	fprintf(out, "  %9s: %10s\n", name, text);
}

void
bench_report_latency(FILE *out, const struct bench_hist *h)
{
	static const struct {
		const char *name;
		double percent;
	} line[] = {
		{"p50", 50}, {"p75", 75},     {"p90", 90},       {"p95", 95},
		{"p99", 99}, {"p99.9", 99.9}, {"p99.99", 99.99},
	};

	fprintf(out, "\n  Latency (%" PRIu64 " samples)\n", h->count);
	if (h->count == 0)
		return;
	report_latency_line(out, "min", (double)bench_hist_min(h));
	report_latency_line(out, "mean", bench_hist_mean(h));
	for (unsigned int i = 0; i < sizeof(line) / sizeof(line[0]); i++)
		report_latency_line(out, line[i].name,
				    (double)bench_hist_percentile(h, line[i].percent));
	report_latency_line(out, "max", (double)h->max);
}
