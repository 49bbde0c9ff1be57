/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * The verb `blk`: guests, points of a sweep, results.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench_blk.h"
#include "bench_report.h"
#include "blk_guest.h"
#include "blk_result.h"

/* The drain ends by itself: a guest gives up after --timeout without an answer. */
#define DRAIN_S 1e6

/* Of run_point(): the device broke a ring, which is trouble, and there are no results. */
#define BLK_BROKEN (BENCH_ERROR + 1)

/* Counters of all guests at the last tick. */
struct ticker {
	struct blk_guest *guest;
	const struct blk_config *cfg;
	struct bench_live live;
	struct blk_results *results;
	struct bench_blk_result before;
	uint64_t null_before; /* blk_null::ns at the last tick */
};

static void
sum_now(const struct ticker *t, struct bench_blk_result *r)
{
	*r = (struct bench_blk_result){0};
	for (unsigned int i = 0; i < t->cfg->o.guests; i++) {
		const struct blk_count *c = &t->guest[i].count;

		r->requests += bench_count_read(&c->requests);
		r->bytes += bench_count_read(&c->bytes);
		r->errors += bench_count_read(&c->errors);
		r->verify_errors += bench_count_read(&c->verify_errors);
		r->bad_status += bench_count_read(&c->bad_status);
		r->bad_used_length += bench_count_read(&c->bad_used_length);
	}
}

static void
tick(void *ctx, double seconds, double last)
{
	struct ticker *t = ctx;
	uint64_t null = bench_count_read(&t->guest[0].null.ns);
	struct bench_blk_result now, r;

	sum_now(t, &now);
	r = (struct bench_blk_result){
		.seconds = last - (double)(null - t->null_before) / 1e9,
		.requests = now.requests - t->before.requests,
		.bytes = now.bytes - t->before.bytes,
		.errors = now.errors - t->before.errors,
		.verify_errors = now.verify_errors - t->before.verify_errors,
		.bad_status = now.bad_status - t->before.bad_status,
		.bad_used_length = now.bad_used_length - t->before.bad_used_length,
	};
	t->before = now;
	t->null_before = null;
	if (last == 0)
		return;
	blk_results_interval(t->results, seconds, &r);
	if (!t->cfg->o.quiet)
		bench_live_blk(&t->live, seconds, t->cfg->o.seconds, &r);
}

static void
print_guest(const struct blk_guest *bg)
{
	const char *path = bg->cfg->o.socket[bg->index];
	char text[512];

	printf("%s: %s\n", path, blk_disk_line(&bg->disk, text, sizeof(text)));
	printf("%s: %s\n", path,
	       foo_guest_feature_names(FOO_GUEST_BLK, bg->g.features, text, sizeof(text)));
}

static int
open_guests(struct blk_guest *guest, const struct blk_config *cfg, const struct blk_point *point)
{
	for (unsigned int i = 0; i < cfg->o.guests; i++) {
		if (blk_guest_open(&guest[i], cfg, i, point) != 0) {
			bench_opts_error(&blk_verb, "%s", guest[i].g.error);
			while (i-- > 0)
				blk_guest_close(&guest[i]);
			return -1;
		}
		if (point->nth == 0 && !cfg->o.quiet)
			print_guest(&guest[i]);
	}
	return 0;
}

/* A burst of the generator's work, and then of the null device's. */
static int
poll_null(void *job, enum bench_phase phase)
{
	struct blk_guest *bg = job;
	int n = blk_guest_ops.poll(job, phase);

	blk_null_poll(&bg->null, &bg->g.mem, phase == BENCH_MEASURE);
	return n;
}

/* One point. @return 0, or -errno after a message */
static int
run_guests(struct ticker *t, struct bench_run_result *run)
{
	const struct bench_opts *o = &t->cfg->o;
	const struct bench_run_config cfg = {
		.warmup = o->warmup,
		.seconds = o->seconds,
		.interval = o->interval,
		.drain = DRAIN_S,
		.threads = o->threads,
		.cpu = o->cpu,
		.ncpus = o->ncpus,
	};
	struct bench_run_ops ops = blk_guest_ops;
	void *jobs[BENCH_MAX_GUESTS];
	int rc = 0;

	ops.tick = tick;
	if (!o->interrupt)
		ops.arm = NULL;
	for (unsigned int i = 0; i < o->guests; i++)
		jobs[i] = &t->guest[i];
	if (t->cfg->b.mode == BLK_NULL) {
		ops.poll = poll_null;
		rc = blk_null_init(&t->guest[0].null, &t->guest[0].g);
	}
	if (rc == 0)
		rc = bench_run(&cfg, &ops, t, jobs, o->guests, run);
	bench_live_end(&t->live);
	if (rc != 0)
		bench_opts_error(&blk_verb, "%s: %s", o->socket[run->failed],
				 rc == -ECONNRESET ? "the back-end closed the connection" :
				 rc == -EPROTO     ? "the device used what was not in flight" :
						     strerror(-rc));
	return rc;
}

/* One point of a sweep, from connection to result. */
static int
run_point(struct blk_guest *guest, const struct blk_config *cfg, struct blk_results *results,
	  unsigned int nth)
{
	const struct blk_point point = blk_opts_point(cfg, nth);
	struct ticker t = {.guest = guest, .cfg = cfg, .results = results};
	struct bench_run_result run = {0};
	int rc;

	if (open_guests(guest, cfg, &point) != 0)
		return BENCH_ERROR;
	bench_live_init(&t.live, stdout);
	rc = run_guests(&t, &run);
	/* what was measured until it failed is shown, too */
	if (blk_results_point(results, guest, &run) != 0)
		rc = -ENOMEM;
	for (unsigned int i = 0; i < cfg->o.guests; i++)
		blk_guest_close(&guest[i]);
	if (rc != 0)
		return rc == -EPROTO ? BLK_BROKEN : BENCH_ERROR;
	return run.interrupted ? BENCH_FOUND : BENCH_OK;
}

static int
run_points(const struct blk_config *cfg, struct blk_guest *guest, struct blk_results *results)
{
	int rc = BENCH_OK;

	for (unsigned int i = 0; i < blk_opts_points(cfg) && rc == BENCH_OK; i++)
		rc = run_point(guest, cfg, results, i);
	/* a signal or a failure ends a sweep, too; what was measured is shown */
	if (results->npoints > 0 && blk_results_finish(results) == BENCH_ERROR)
		rc = BENCH_ERROR;
	if (rc == BENCH_ERROR)
		return rc;
	return results->found > 0 ? BENCH_FOUND : BENCH_OK;
}

static int
run(int argc, char **argv)
{
	struct blk_results *results;
	struct blk_config cfg;
	struct blk_guest *guest = NULL;
	int rc;

	rc = blk_opts_parse(&cfg, argc, argv);
	if (rc != BENCH_OPTS_RUN) {
		bench_opts_fini(&cfg.o);
		return rc;
	}
	results = malloc(sizeof(*results));
	if (results == NULL ||
	    posix_memalign((void **)&guest, 64, cfg.o.guests * sizeof(*guest)) != 0) {
		free(results);
		bench_opts_fini(&cfg.o);
		return bench_opts_error(&blk_verb, "out of memory");
	}
	blk_results_init(results, &cfg, argc, argv);
	rc = run_points(&cfg, guest, results);
	blk_results_fini(results);
	free(results);
	free(guest);
	bench_opts_fini(&cfg.o);
	return rc;
}

const struct bench_verb bench_blk = {
	.name = "blk",
	.summary = "requests to a disk, timed and verified",
	.run = run,
};
