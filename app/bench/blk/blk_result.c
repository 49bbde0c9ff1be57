/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <string.h>

#include "bench.h"
#include "bench_json.h"
#include "bench_machine.h"
#include "bench_plot.h"
#include "bench_report.h"
#include "blk_result.h"

void
blk_results_init(struct blk_results *r, const struct blk_config *cfg, int argc, char **argv)
{
	memset(r, 0, sizeof(*r));
	r->cfg = cfg;
	r->argc = argc;
	r->argv = argv;
	r->guests = json_array();
	r->intervals = json_array();
	r->points = json_array();
}

void
blk_results_fini(struct blk_results *r)
{
	for (unsigned int i = 0; i < r->npoints; i++)
		bench_hist_fini(&r->kept[i].latency);
	json_decref(r->points);
	json_decref(r->guests);
	json_decref(r->intervals);
}

void
blk_results_interval(struct blk_results *r, double seconds, const struct bench_blk_result *interval)
{
	json_t *o = json_object();

	json_object_set_new(o, "t", json_real(seconds));
	json_object_set_new(o, "iops",
			    json_real(bench_rate(interval->requests, interval->seconds)));
	json_object_set_new(o, "bytes_per_second",
			    json_real(bench_rate(interval->bytes, interval->seconds)));
	json_array_append_new(r->intervals, o);
}

unsigned int
blk_results_trouble(const struct bench_blk_result *r)
{
	return (r->errors > 0) + (r->verify_errors > 0) + (r->bad_status > 0) +
	       (r->bad_used_length > 0) + (r->missed_calls > 0) + (r->lost > 0);
}

static void
keep_guest(struct blk_results *r, const struct blk_guest *bg)
{
	const struct bench_json_guest g = {
		.socket = r->cfg->o.socket[bg->index],
		.features = bg->g.features,
		.protocol_features = bg->g.proto,
		.type = FOO_GUEST_BLK,
		.queues = bg->nqueues,
		.queue_size = bg->point.queue_size,
	};
	json_t *json = bench_json_guest(&g);

	json_object_set_new(json, "disk", blk_disk_json(&bg->disk));
	if (r->cfg->b.reconnect) {
		json_object_set_new(json, "reconnects", json_integer(bg->count.reconnects));
		json_object_set_new(json, "resumed", json_integer(bg->count.resumed));
	}
	json_array_append_new(r->guests, json);
}

static void
add_result(struct bench_blk_result *sum, const struct bench_blk_result *r)
{
	/* the guests run at the same time */
	if (r->seconds > sum->seconds)
		sum->seconds = r->seconds;
	sum->requests += r->requests;
	sum->reads += r->reads;
	sum->writes += r->writes;
	sum->flushes += r->flushes;
	sum->discards += r->discards;
	sum->write_zeroes += r->write_zeroes;
	sum->bytes += r->bytes;
	sum->verified += r->verified;
	sum->not_sent += r->not_sent;
	sum->lost += r->lost;
	sum->errors += r->errors;
	sum->verify_errors += r->verify_errors;
	sum->bad_status += r->bad_status;
	sum->bad_used_length += r->bad_used_length;
	sum->missed_calls += r->missed_calls;
}

static json_t *
point_json(struct blk_results *r, const struct blk_kept *k)
{
	json_t *json = bench_json_blk(&k->total);

	json_object_set_new(json, "bs", json_integer(k->point.bs));
	json_object_set_new(json, "depth", json_integer(k->point.depth));
	json_object_set(json, "intervals", r->intervals);
	json_decref(r->intervals);
	r->intervals = json_array();
	return json;
}

/* What was not answered when the drain was cut short, by a signal, by its time or a failure. */
static void
check_drain(struct blk_results *r, const struct bench_run_result *run)
{
	if (run->drained)
		return;
	r->found++;
	if (run->error != 0)
		return;
	fprintf(stderr, "dpdk-foo-bench blk: %s when the drain was cut short\n",
		r->cfg->b.verify ? "not everything was verified" :
				   "the back-end still held requests");
}

int
blk_results_point(struct blk_results *r, const struct blk_guest *guest,
		  const struct bench_run_result *run)
{
	const struct bench_opts *o = &r->cfg->o;
	struct blk_kept *k = &r->kept[r->npoints];
	bool table = !o->quiet;

	memset(k, 0, sizeof(*k));
	k->point = guest[0].point;
	if (bench_hist_init(&k->latency) != 0) {
		bench_opts_error(&blk_verb, "out of memory");
		return -ENOMEM;
	}
	k->total.latency = &k->latency;
	r->npoints++;
	if (table && blk_opts_points(r->cfg) > 1)
		printf("\nRequests of %u bytes, depth %u\n", k->point.bs, k->point.depth);
	for (unsigned int i = 0; i < o->guests; i++) {
		struct bench_blk_result one;

		blk_guest_result(&guest[i], &one);
		add_result(&k->total, &one);
		bench_hist_merge(&k->latency, one.latency);
		if (table)
			bench_report_blk(stdout, i, o->socket[i], &one);
		if (r->npoints == 1)
			keep_guest(r, &guest[i]);
	}
	if (table)
		bench_report_blk_total(stdout, o->guests, &k->total);
	if (k->total.lost > 0)
		fprintf(stderr, "dpdk-foo-bench blk: requests were never completed\n");
	check_drain(r, run);
	r->found += blk_results_trouble(&k->total);
	json_array_append_new(r->points, point_json(r, k));
	return 0;
}

/* A series of a sweep, and its place in memory. */
struct series {
	double x[BLK_MAX_LIST];
	double y[BLK_MAX_LIST];
	char name[32];
};

/* Requests a second against depth, a series for each size; of one depth only, against size. */
static int
plot_sweep(const struct blk_results *r, const struct bench_plot_text *text)
{
	bool by_depth = r->cfg->b.depth.n > 1;
	const struct bench_plot_axis x = {.label = by_depth ? "depth" : "size of requests",
					  .unit = by_depth ? NULL : "B",
					  .log2 = true};
	const struct bench_plot_axis y = {.label = "requests", .unit = "IOPS"};
	unsigned int each = by_depth ? r->cfg->b.depth.n : r->npoints, n = 0;
	struct bench_plot_points points[BENCH_PLOT_MAX];
	struct series series[BENCH_PLOT_MAX];

	for (unsigned int i = 0; i < r->npoints && i < BENCH_PLOT_MAX * each; i++) {
		const struct blk_kept *k = &r->kept[i];
		struct series *s = &series[i / each];
		double iops = bench_rate(k->total.requests, k->total.seconds);

		if (i % each == 0) {
			snprintf(s->name, sizeof(s->name), by_depth ? "%u B" : "depth %u",
				 by_depth ? k->point.bs : k->point.depth);
			points[n++] =
				(struct bench_plot_points){.name = s->name, .x = s->x, .y = s->y};
		}
		bench_plot_insert(s->x, s->y, points[n - 1].n++,
				  by_depth ? k->point.depth : k->point.bs, iops);
	}
	return bench_plot_sweep(r->cfg->o.plot, text, &x, &y, points, n);
}

static int
plot_latency(const struct blk_results *r, const struct bench_plot_text *text)
{
	const struct bench_plot_curve curve = {.name = "latency", .hist = &r->kept[0].latency};

	return bench_plot_latency(r->cfg->o.plot, text, &curve, 1);
}

static int
write_plot(const struct blk_results *r)
{
	char machine[384], command[1024];
	struct bench_machine m;
	const struct bench_plot_text text = {
		.title = r->npoints > 1 ? "Requests answered" : "Latency of requests",
		.machine = machine,
		.command = command,
	};

	bench_machine_get(&m);
	bench_machine_line(&m, machine, sizeof(machine));
	bench_command_line(r->argc, r->argv, command, sizeof(command));
	return r->npoints > 1 ? plot_sweep(r, &text) : plot_latency(r, &text);
}

int
blk_results_finish(struct blk_results *r)
{
	const struct bench_opts *o = &r->cfg->o;
	const struct bench_json_whole whole = {r->argc, r->argv, o, r->guests, r->points, r->found};
	int rc = 0;

	if (o->json != NULL && (rc = bench_json_write_whole(&whole)) != 0)
		return bench_opts_error(&blk_verb, "--json %s: %s", o->json, strerror(-rc));
	if (o->plot != NULL && r->npoints > 0 && (rc = write_plot(r)) != 0)
		return bench_opts_error(&blk_verb, "--plot %s: %s", o->plot, strerror(-rc));
	return r->found > 0 ? BENCH_FOUND : BENCH_OK;
}
