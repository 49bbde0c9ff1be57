/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * The verb `net`: guests, points of a sweep, results.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench_net.h"
#include "bench_report.h"
#include "net_guest.h"
#include "net_result.h"

/* The drain: at most so long, and over after so much silence. */
#define DRAIN_S 10
#define QUIET_S 0.3

/* Generations of streams between two points of a sweep: reconnections use those between. */
#define GENERATIONS 64

/* Of run_point(): the device broke a ring, which is trouble and ends a sweep. */
#define NET_BROKEN (BENCH_ERROR + 1)

/* Counters of all guests at the last tick. */
struct ticker {
	struct net_guest *guest;
	const struct net_config *cfg;
	struct bench_live live;
	struct net_results *results;
	struct bench_net_result before;
	uint64_t null_before; /* net_null::ns of all guests at the last tick */
	const struct bench_run_result *run;
};

static void
add_count(struct bench_net_result *r, const struct net_count *c)
{
	r->tx_packets += bench_count_read(&c->tx_packets);
	r->rx_packets += bench_count_read(&c->rx_packets);
	r->tx_bytes += bench_count_read(&c->tx_bytes);
	r->rx_bytes += bench_count_read(&c->rx_bytes);
	r->corrupted += bench_count_read(&c->corrupted);
}

static void
sum_now(const struct ticker *t, struct bench_net_result *r)
{
	*r = (struct bench_net_result){0};
	for (unsigned int i = 0; i < t->cfg->o.guests; i++)
		add_count(r, &t->guest[i].count);
}

static void
tick(void *ctx, double seconds, double last)
{
	struct ticker *t = ctx;
	struct bench_net_result now, r;
	uint64_t null = 0;

	for (unsigned int i = 0; i < t->cfg->o.guests; i++)
		null += bench_count_read(&t->guest[i].null.ns);
	sum_now(t, &now);
	r = (struct bench_net_result){
		.seconds = last - (double)(null - t->null_before) / 1e9 / t->run->threads,
		.tx_packets = now.tx_packets - t->before.tx_packets,
		.rx_packets = now.rx_packets - t->before.rx_packets,
		.tx_bytes = now.tx_bytes - t->before.tx_bytes,
		.rx_bytes = now.rx_bytes - t->before.rx_bytes,
		.corrupted = now.corrupted - t->before.corrupted,
	};
	t->before = now;
	t->null_before = null;
	if (last == 0)
		return;
	net_results_interval(t->results, seconds, &r);
	if (!t->cfg->o.quiet)
		bench_live_net(&t->live, seconds, t->cfg->o.seconds, &r);
}

static int
open_guests(struct net_guest *guest, const struct net_config *cfg, uint32_t size,
	    unsigned int generation)
{
	char names[512];

	for (unsigned int i = 0; i < cfg->o.guests; i++) {
		if (net_guest_open(&guest[i], cfg, i, size, generation) != 0) {
			bench_opts_error(&net_verb, "%s", guest[i].g.error);
			while (i-- > 0)
				net_guest_close(&guest[i]);
			return -1;
		}
		if (generation == 0 && !cfg->o.quiet)
			printf("%s: %s\n", cfg->o.socket[i],
			       foo_guest_feature_names(FOO_GUEST_NET, guest[i].g.features, names,
						       sizeof(names)));
	}
	return 0;
}

/* A burst of the generator's work, and then of the null device's. */
static int
poll_null(void *job, enum bench_phase phase)
{
	struct net_guest *ng = job;
	int n = net_guest_ops.poll(job, phase);

	net_null_poll(&ng->null, &ng->g.mem, phase == BENCH_MEASURE);
	return n;
}

/* A device without a back-end for each guest. */
static int
init_null(struct ticker *t)
{
	const struct bench_opts *o = &t->cfg->o;
	int rc = 0;

	for (unsigned int i = 0; i < o->guests && rc == 0; i++)
		rc = net_null_init(&t->guest[i].null, &t->guest[i].g, o->queues);
	return rc;
}

/* Guests that share a thread wait for each other's devices, too: bench_run() deals them out. */
static void
count_null(struct net_guest *guest, unsigned int n, unsigned int threads)
{
	for (unsigned int i = 0; i < n; i++)
		for (unsigned int j = i % threads; j < n; j += threads)
			guest[i].null_ns += guest[j].null.ns;
}

/* One size. @return 0, or -errno after a message */
static int
run_guests(struct ticker *t, struct bench_run_result *run)
{
	const struct bench_opts *o = &t->cfg->o;
	const struct bench_run_config cfg = {
		.warmup = o->warmup,
		.seconds = o->seconds,
		.interval = o->interval,
		.drain = DRAIN_S,
		.quiet = QUIET_S,
		.threads = o->threads,
		.cpu = o->cpu,
		.ncpus = o->ncpus,
	};
	struct bench_run_ops ops = net_guest_ops;
	void *jobs[BENCH_MAX_GUESTS];
	int rc = 0;

	ops.tick = tick;
	if (!o->interrupt)
		ops.arm = NULL;
	for (unsigned int i = 0; i < o->guests; i++)
		jobs[i] = &t->guest[i];
	if (t->cfg->n.mode == NET_NULL) {
		ops.poll = poll_null;
		rc = init_null(t);
	}
	if (rc == 0)
		rc = bench_run(&cfg, &ops, t, jobs, o->guests, run);
	bench_live_end(&t->live);
	if (run->threads > 0)
		count_null(t->guest, o->guests, run->threads);
	if (rc != 0)
		bench_opts_error(&net_verb, "%s: %s", o->socket[run->failed],
				 rc == -ECONNRESET ? "the back-end closed the connection" :
				 rc == -EPROTO     ? "the device used what was not in flight" :
						     strerror(-rc));
	return rc;
}

/* One point of a sweep, from connection to result. */
static int
run_point(struct net_guest *guest, const struct net_config *cfg, struct net_results *results,
	  unsigned int point)
{
	uint32_t size = cfg->o.imix ? 0 : cfg->o.size[point];
	struct bench_run_result run = {0};
	struct ticker t = {.guest = guest, .cfg = cfg, .results = results, .run = &run};
	int rc;

	if (open_guests(guest, cfg, size, point * GENERATIONS) != 0)
		return BENCH_ERROR;
	bench_live_init(&t.live, stdout);
	rc = run_guests(&t, &run);
	/* what was measured until it failed is shown, too */
	if (net_results_point(results, guest, size, &run) != 0)
		rc = -ENOMEM;
	for (unsigned int i = 0; i < cfg->o.guests; i++)
		net_guest_close(&guest[i]);
	if (rc != 0)
		return rc == -EPROTO ? NET_BROKEN : BENCH_ERROR;
	return run.interrupted ? BENCH_FOUND : BENCH_OK;
}

static int
run(int argc, char **argv)
{
	struct net_results results;
	struct net_config cfg;
	struct net_guest *guest;
	unsigned int points;
	int rc;

	rc = net_opts_parse(&cfg, argc, argv);
	if (rc != BENCH_OPTS_RUN) {
		bench_opts_fini(&cfg.o);
		return rc;
	}
	if (posix_memalign((void **)&guest, 64, cfg.o.guests * sizeof(*guest)) != 0)
		return bench_opts_error(&net_verb, "out of memory");
	net_results_init(&results, &cfg, argc, argv);
	points = cfg.o.imix ? 1 : cfg.o.nsizes;
	rc = BENCH_OK;
	for (unsigned int i = 0; i < points && rc == BENCH_OK; i++)
		rc = run_point(guest, &cfg, &results, i);
	/* a signal or a failure ends a sweep, too; what was measured is shown */
	if (results.npoints > 0 && net_results_finish(&results) == BENCH_ERROR)
		rc = BENCH_ERROR;
	if (rc != BENCH_ERROR)
		rc = results.found > 0 ? BENCH_FOUND : BENCH_OK;
	net_results_fini(&results);
	free(guest);
	bench_opts_fini(&cfg.o);
	return rc;
}

const struct bench_verb bench_net = {
	.name = "net",
	.summary = "packets through a network device, counted and checked",
	.run = run,
};
