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
#include "net_result.h"

void
net_results_init(struct net_results *r, const struct net_config *cfg, int argc, char **argv)
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
net_results_fini(struct net_results *r)
{
	for (unsigned int i = 0; i < r->npoints; i++)
		bench_hist_fini(&r->point[i].latency);
	json_decref(r->points);
	json_decref(r->guests);
	json_decref(r->intervals);
}

void
net_results_interval(struct net_results *r, double seconds, const struct bench_net_result *interval)
{
	json_t *o = json_object();

	json_object_set_new(o, "t", json_real(seconds));
	json_object_set_new(o, "tx_pps",
			    json_real(bench_rate(interval->tx_packets, interval->seconds)));
	json_object_set_new(o, "rx_pps",
			    json_real(bench_rate(interval->rx_packets, interval->seconds)));
	json_array_append_new(r->intervals, o);
}

unsigned int
net_results_trouble(const struct bench_net_result *r, bool lossless)
{
	return (r->corrupted > 0) + (r->track.duplicated > 0) + (r->track.reordered > 0) +
	       (r->missed_calls > 0) + (lossless && r->track.lost > 0);
}

static void
keep_guest(struct net_results *r, const struct net_guest *ng)
{
	const struct bench_json_guest g = {
		.socket = r->cfg->o.socket[ng->index],
		.features = ng->g.features,
		.protocol_features = ng->g.proto,
		.type = FOO_GUEST_NET,
		.queues = ng->npairs,
		.queue_size = r->cfg->o.queue_size,
	};
	json_t *json = bench_json_guest(&g);

	if (r->cfg->n.reconnect)
		json_object_set_new(json, "reconnects", json_integer(ng->count.reconnects));
	json_array_append_new(r->guests, json);
}

static void
add_result(struct bench_net_result *sum, const struct bench_net_result *r)
{
	/* the guests run at the same time */
	if (r->seconds > sum->seconds)
		sum->seconds = r->seconds;
	sum->tx_packets += r->tx_packets;
	sum->rx_packets += r->rx_packets;
	sum->not_sent += r->not_sent;
	sum->tx_bytes += r->tx_bytes;
	sum->rx_bytes += r->rx_bytes;
	sum->corrupted += r->corrupted;
	sum->missed_calls += r->missed_calls;
	bench_track_add(&sum->track, &r->track);
}

static json_t *
point_json(struct net_results *r, const struct net_point *p)
{
	json_t *json = bench_json_net(&p->total);

	json_object_set_new(json, "size",
			    p->size != 0 ? json_integer(p->size) : json_string("imix"));
	json_object_set(json, "intervals", r->intervals);
	json_decref(r->intervals);
	r->intervals = json_array();
	return json;
}

int
net_results_point(struct net_results *r, const struct net_guest *guest, uint32_t size,
		  const struct bench_run_result *run)
{
	const struct bench_opts *o = &r->cfg->o;
	struct net_point *p = &r->point[r->npoints];
	bool table = !o->quiet;

	memset(p, 0, sizeof(*p));
	p->size = size;
	if (bench_hist_init(&p->latency) != 0) {
		bench_opts_error(&net_verb, "out of memory");
		return -ENOMEM;
	}
	r->npoints++;
	if (table && (o->nsizes > 1 || o->imix))
		printf("\nPackets of %.0d%s bytes\n", (int)size, size != 0 ? "" : "64, 576, 1500");
	for (unsigned int i = 0; i < o->guests; i++) {
		struct bench_net_result one;

		net_guest_result(&guest[i], &guest[guest[i].source], &one);
		add_result(&p->total, &one);
		if (one.latency != NULL) {
			bench_hist_merge(&p->latency, one.latency);
			p->total.latency = &p->latency;
		}
		if (table)
			bench_report_net(stdout, i, o->socket[i], &one);
		if (r->npoints == 1)
			keep_guest(r, &guest[i]);
	}
	if (table)
		bench_report_net_total(stdout, o->guests, &p->total);
	if (!run->drained && run->error == 0)
		fprintf(stderr, "dpdk-foo-bench net: the back-end still held packets when the "
				"drain was cut short\n");
	r->found += net_results_trouble(&p->total, r->cfg->n.no_loss) + !run->drained;
	json_array_append_new(r->points, point_json(r, p));
	return 0;
}

static int
plot_sweep(const struct net_results *r, const struct bench_plot_text *text)
{
	const struct bench_plot_axis x = {.label = "packet size", .unit = "B", .log2 = true};
	const struct bench_plot_axis y = {.label = "received", .unit = "pps"};
	double size[BENCH_MAX_SIZES], pps[BENCH_MAX_SIZES];
	const struct bench_plot_points points = {
		.name = "received", .x = size, .y = pps, .n = r->npoints};

	for (unsigned int i = 0; i < r->npoints; i++) {
		const struct bench_net_result *t = &r->point[i].total;

		bench_plot_insert(size, pps, i, r->point[i].size,
				  bench_rate(t->rx_packets, t->seconds));
	}
	return bench_plot_sweep(r->cfg->o.plot, text, &x, &y, &points, 1);
}

static int
plot_latency(const struct net_results *r, const struct bench_plot_text *text)
{
	struct bench_plot_curve curve[BENCH_PLOT_MAX];
	char name[BENCH_PLOT_MAX][16];
	unsigned int n = r->npoints < BENCH_PLOT_MAX ? r->npoints : BENCH_PLOT_MAX;

	for (unsigned int i = 0; i < n; i++) {
		if (r->point[i].size != 0)
			snprintf(name[i], sizeof(name[i]), "%u B", r->point[i].size);
		else
			snprintf(name[i], sizeof(name[i]), "IMIX");
		curve[i] = (struct bench_plot_curve){.name = name[i], .hist = &r->point[i].latency};
	}
	return bench_plot_latency(r->cfg->o.plot, text, curve, n);
}

static int
write_plot(const struct net_results *r)
{
	char machine[384], command[1024];
	struct bench_machine m;
	const struct bench_plot_text text = {
		.title = r->point[0].total.latency != NULL ? "Latency of packets" :
							     "Packets received",
		.machine = machine,
		.command = command,
	};

	bench_machine_get(&m);
	bench_machine_line(&m, machine, sizeof(machine));
	bench_command_line(r->argc, r->argv, command, sizeof(command));
	return r->point[0].total.latency != NULL ? plot_latency(r, &text) : plot_sweep(r, &text);
}

int
net_results_finish(struct net_results *r)
{
	const struct bench_opts *o = &r->cfg->o;
	const struct bench_json_whole whole = {r->argc, r->argv, o, r->guests, r->points, r->found};
	int rc = 0;

	if (o->json != NULL && (rc = bench_json_write_whole(&whole)) != 0)
		return bench_opts_error(&net_verb, "--json %s: %s", o->json, strerror(-rc));
	if (o->plot != NULL && r->npoints > 0 && (rc = write_plot(r)) != 0)
		return bench_opts_error(&net_verb, "--plot %s: %s", o->plot, strerror(-rc));
	return r->found > 0 ? BENCH_FOUND : BENCH_OK;
}
