/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* The cases one after the other, and whether the back-end is alive after each. */

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conform_ctx.h"
#include "conform_run.h"

/* How long a program may take from its start to its socket. */
#define START_MS 30000

/* How long a second front-end is listened to before it counts as turned away. */
#define SECOND_MS 500

/* After a case: tries to reach the back-end, each as long as the time-out. */
#define ALIVE_TRIES 3

/* One that turns front-ends away is not silent: it may do so for a while after a hostile one. */
#define TURNED_AWAY_MS 10000

const struct conform_group *const conform_groups[] = {
	&conform_ring_group,      &conform_desc_group,     &conform_packed_group,
	&conform_net_group,       &conform_blk_group,      &conform_blk_4k_group,
	&conform_blk_range_group, &conform_blk_zone_group, &conform_mem_group,
	&conform_ctl_group,       &conform_stream_group,   NULL,
};

/* A run as it goes. */
struct run {
	const struct conform_opts *opt;
	struct conform_report *report;
	struct conform_proc proc;
	struct conform_backend be;
	struct conform_guest *guest;   /* a case's */
	struct conform_guest *witness; /* a well-behaved one */
	struct conform_guest *other;   /* one on the other socket, or NULL */
	struct conform_ctx ctx;
};

/* What a disk says of itself, and how large the guest's requests must be. Each socket has a disk of
 * its own. */
static struct virtio_blk_config
learn_disk(struct conform_guest *g)
{
	struct virtio_blk_config c = {0};
	const uint32_t front = offsetof(struct virtio_blk_config, blk_size) + sizeof(c.blk_size);

	if (g->set.device != CONFORM_BLK || !foo_front_has_proto(&g->front, FOO_FRONT_P_CONFIG))
		return c;
	foo_front_get_config(&g->front, 0, &c, front);
	if ((g->front.offered & CONFORM_BIT(VIRTIO_BLK_F_BLK_SIZE)) && c.blk_size == 4096)
		g->set.block = c.blk_size;
	return c;
}

static struct conform_setup
plain_setup(const struct run *run)
{
	return (struct conform_setup){.path = run->opt->path,
				      .device = run->opt->device,
				      .no_loop = run->opt->no_loop,
				      .keeps_data = run->be.keeps_data,
				      .block = run->be.block,
				      .timeout_ms = run->opt->timeout_ms};
}

/*
 * The back-end holds the files of our memory, and may shrink them: then this process is stopped
 * where it touches it, goes on behind the case, and says so.
 */
static sigjmp_buf *volatile shrunk;

static void
on_sigbus(int number)
{
	if (shrunk != NULL)
		siglongjmp(*shrunk, 1);
	signal(number, SIG_DFL); /* a fault of this program's own: it comes again, and ends it */
}

/* Open the guest on the other socket, or do nothing without one. */
static int
open_other(struct run *run)
{
	struct conform_setup set = plain_setup(run);
	int ret;

	if (run->other == NULL)
		return 0;
	set.path = run->opt->witness;
	/* it only has to be served: where its packets go is not known */
	set.no_loop = true;
	set.keeps_data = false;
	conform_guest_close(run->other);
	conform_guest_init(run->other);
	ret = conform_guest_open(run->other, &set);
	if (ret != 0)
		return ret;
	learn_disk(run->other);
	return conform_work(run->other, 2);
}

/* Open a well-behaved guest and do valid work. 0 or -errno; `why` says what failed. */
static int
witness(struct run *run, int timeout_ms, char *why, size_t len)
{
	struct conform_setup set = plain_setup(run);
	int ret;

	set.timeout_ms = timeout_ms;
	conform_guest_init(run->witness);
	ret = conform_guest_open(run->witness, &set);
	if (ret != 0) {
		snprintf(why, len, "a well-behaved front-end cannot start: %s", strerror(-ret));
		return ret;
	}
	learn_disk(run->witness);
	ret = conform_work(run->witness, 3);
	if (ret != 0)
		snprintf(why, len, "a well-behaved front-end gets no service: %s",
			 run->witness->wrong[0] != '\0' ? run->witness->wrong : strerror(-ret));
	conform_guest_close(run->witness);
	return ret;
}

/* The back-end's reaction to everything so far: does it live? NOT_RUN if it does. */
static enum conform_reaction
check_alive(struct run *run, char *why, size_t len)
{
	const int64_t deadline = conform_now_ms() + TURNED_AWAY_MS;
	enum conform_reaction r = CONFORM_NOT_RUN;
	int ret = -ETIMEDOUT;

	for (int i = 0;
	     ret != 0 && (i < ALIVE_TRIES || (ret == -ECONNRESET && conform_now_ms() < deadline));
	     i++) {
		if (conform_proc_gone(&run->proc, why, len))
			return CONFORM_DIED;
		ret = witness(run, run->opt->timeout_ms, why, len);
		r = ret == -ECONNREFUSED || ret == -ENOENT ? CONFORM_DIED : CONFORM_HUNG;
	}
	if (ret == 0)
		return CONFORM_NOT_RUN;
	/* a process that dies is reaped a moment after its socket has gone */
	usleep(100000);
	return conform_proc_gone(&run->proc, why, len) ? CONFORM_DIED : r;
}

/* Start the command's process, and wait until it serves. */
static int
start_process(struct run *run)
{
	const int64_t deadline = conform_now_ms() + START_MS;
	char why[200] = "";
	int ret;

	ret = conform_proc_start(&run->proc);
	while (ret == 0) {
		if (conform_proc_gone(&run->proc, why, sizeof(why)))
			ret = -ESRCH;
		else if (access(run->opt->path, F_OK) == 0 &&
			 witness(run, run->opt->timeout_ms, why, sizeof(why)) == 0)
			return open_other(run);
		else if (conform_now_ms() > deadline)
			ret = -ETIMEDOUT;
		else
			usleep(20000);
	}
	conform_proc_stop(&run->proc);
	snprintf(run->report->ended, sizeof(run->report->ended), "--restart '%.80s': %s",
		 run->opt->restart, why[0] != '\0' ? why : strerror(-ret));
	return ret;
}

/* Capacity, blocks, and whether the disk keeps what is written. */
static void
look_at_disk(struct run *run, struct conform_guest *g)
{
	run->be.read_only = run->be.features & CONFORM_BIT(VIRTIO_BLK_F_RO);
	run->be.capacity = learn_disk(g).capacity;
	run->be.block = g->set.block;
	if (run->be.read_only)
		return;
	g->set.keeps_data = true;
	run->be.keeps_data = conform_work(g, 1) == 0;
	g->set.keeps_data = run->be.keeps_data;
	g->wrong[0] = '\0';
}

/* Whether a second front-end is served while the first one works, and the first one goes on. */
static bool
look_for_second(struct run *run, struct conform_guest *g)
{
	char why[200];

	if (run->opt->no_second)
		return false;
	return witness(run, SECOND_MS, why, sizeof(why)) == 0 && conform_work(g, 3) == 0;
}

/* Connect once to learn what there is to test. */
static int
look_at(struct run *run)
{
	const struct conform_setup set = plain_setup(run);
	struct conform_guest *g = run->guest;
	int ret;

	conform_guest_init(g);
	ret = conform_guest_open(g, &set);
	if (ret != 0) {
		fprintf(stderr, "dpdk-foo-bench conform: %s: no %s back-end answers there: %s\n",
			run->opt->path, run->opt->device == CONFORM_NET ? "net" : "blk",
			strerror(-ret));
		return ret;
	}
	run->be.features = g->front.offered;
	run->be.proto = g->front.proto_offered;
	run->be.queue_num = g->front.queue_num;
	if (run->opt->device == CONFORM_BLK)
		look_at_disk(run, g);
	ret = conform_work(g, 3);
	if (ret != 0)
		fprintf(stderr, "dpdk-foo-bench conform: %s: %s\n", run->opt->path,
			g->wrong[0] != '\0' ? g->wrong :
			run->opt->device == CONFORM_NET && !run->opt->no_loop ?
					      "packets do not come back; the device "
					      "must loop, or say --no-loop" :
					      "requests are not carried out");
	else
		run->be.two = look_for_second(run, g);
	conform_guest_close(g);
	return ret;
}

/* Why a case cannot run on this back-end; NULL if it can. */
static const char *
missing(const struct run *run, const struct conform_case *c, bool packed)
{
	if (packed && !(run->be.features & CONFORM_BIT(VIRTIO_F_RING_PACKED)))
		return "RING_PACKED is not offered";
	if (c->features & ~run->be.features)
		return "a feature that it needs is not offered";
	if ((c->needs & CONFORM_NEED_LOOP) && run->opt->no_loop)
		return "the device does not loop";
	if ((c->needs & CONFORM_NEED_RO) && !run->be.read_only)
		return "the disk can be written";
	if ((c->needs & CONFORM_NEED_RW) && run->be.read_only)
		return "the disk is read-only";
	if ((c->needs & CONFORM_NEED_DATA) && !run->be.keeps_data)
		return "the disk does not keep what is written";
	if (c->devices == CONFORM_BLK && !(c->needs & CONFORM_NEED_4K) != (run->be.block == 512))
		return run->be.block == 512 ? "the disk has blocks of 512 bytes" :
					      "the disk has blocks of 4096 bytes";
	return NULL;
}

/* The case itself, on a fresh guest. */
static enum conform_reaction
perform(struct run *run, const struct conform_setup *set)
{
	struct conform_ctx *ctx = &run->ctx;
	enum conform_reaction r;
	int ret = 0;

	conform_guest_init(run->guest);
	if (!(ctx->c->needs & CONFORM_RAW))
		ret = conform_guest_open(run->guest, set);
	if (ret != 0) {
		conform_note(ctx, "cannot begin: %s", strerror(-ret));
		return ret == -ETIMEDOUT ? CONFORM_HUNG : CONFORM_UNEXPECTED;
	}
	r = conform_observe_other(ctx, ctx->c->run(ctx));
	if (run->guest->wrong[0] != '\0' && ctx->note[0] == '\0')
		conform_note(ctx, "%s", run->guest->wrong);
	return r;
}

/* After the case: the guest's own connection, a second one beside it, then a new one. */
static enum conform_reaction
aftermath(struct run *run, enum conform_reaction r)
{
	struct conform_ctx *ctx = &run->ctx;
	enum conform_reaction alive;
	char why[200] = "";

	if (r == CONFORM_BROKEN && !(ctx->c->needs & CONFORM_RAW) && ctx->note[0] == '\0') {
		int ret = conform_guest_restart(run->guest);

		conform_note(ctx, "a restart of the queue %s",
			     ret == 0 && conform_work(run->guest, 1) == 0 ? "mends it" :
									    "does not mend it");
	}
	if (run->be.two && !conform_guest_dropped(run->guest) &&
	    witness(run, run->opt->timeout_ms, why, sizeof(why)) != 0)
		conform_note(ctx, "beside it: %s", why);
	conform_guest_close(run->guest);
	alive = check_alive(run, why, sizeof(why));
	if (alive != CONFORM_NOT_RUN)
		conform_note(ctx, "%s", why);
	return alive != CONFORM_NOT_RUN ? alive : r;
}

/* The same, unless our memory is taken away meanwhile. */
static enum conform_reaction
perform_guarded(struct run *run, const struct conform_setup *set)
{
	sigjmp_buf *const outer = shrunk;
	enum conform_reaction r;
	sigjmp_buf here;

	if (sigsetjmp(here, 1) == 0) {
		shrunk = &here;
		r = aftermath(run, perform(run, set));
	} else {
		conform_note(&run->ctx, "the back-end shrank the files of the guest's memory");
		r = CONFORM_UNEXPECTED;
		conform_guest_close(run->guest);
		conform_guest_close(run->witness);
	}
	shrunk = outer;
	return r;
}

static void
run_case(struct run *run, const struct conform_case *c, bool packed, struct conform_result *res)
{
	struct conform_setup set = plain_setup(run);
	const int64_t start = conform_now_ms();
	const char *why = missing(run, c, packed);

	set.packed = packed;
	set.features = c->features;
	run->ctx = (struct conform_ctx){.c = c,
					.be = &run->be,
					.base_set = &set,
					.g = run->guest,
					.other = run->other,
					.total = CONFORM_NOT_RUN,
					.bad_seq = -1,
					.bad_token = CONFORM_NO_TOKEN};
	if (why != NULL) {
		conform_note(&run->ctx, "%s", why);
		res->observed = CONFORM_NOT_RUN;
	} else {
		res->observed = perform_guarded(run, &set);
	}
	res->c = c;
	res->verdict = conform_judge_reaction(c, res->observed);
	res->ms = (double)(conform_now_ms() - start);
	snprintf(res->note, sizeof(res->note), "%s", run->ctx.note);
}

void
conform_run_name(const struct conform_case *c, unsigned int format, char *name, size_t size)
{
	snprintf(name, size, "%s%s", c->name,
		 format == CONFORM_SPLIT  ? "@split" :
		 format == CONFORM_PACKED ? "@packed" :
					    "");
}

/* One case in one format, if it was asked for. False: the run cannot go on. */
static bool
run_one(struct run *run, const struct conform_case *c, unsigned int format)
{
	struct conform_report *report = run->report;
	struct conform_result *res = &report->result[report->n];

	conform_run_name(c, format, res->name, sizeof(res->name));
	if (!(c->devices & run->opt->device) || report->n == CONFORM_MAX_RESULTS - 1 ||
	    !conform_name_matches(res->name, run->opt->glob, run->opt->nglobs))
		return true;
	run_case(run, c, format == CONFORM_PACKED, res);
	report->n++;
	conform_count(report, res, run->opt->strict);
	conform_print_result(res);
	if (res->observed != CONFORM_DIED && res->observed != CONFORM_HUNG)
		return true;
	if (run->opt->restart != NULL) {
		conform_proc_stop(&run->proc);
		report->restarts++;
		return start_process(run) == 0;
	}
	snprintf(report->ended, sizeof(report->ended), "the back-end %s in %s: %.120s",
		 res->observed == CONFORM_DIED ? "died" : "hung", res->name, res->note);
	return false;
}

static void
run_all(struct run *run)
{
	for (const struct conform_group *const *g = conform_groups; *g != NULL; g++) {
		for (size_t i = 0; i < (*g)->n; i++) {
			const struct conform_case *c = &(*g)->cases[i];
			bool on = true;

			if (c->formats == CONFORM_ANY)
				on = run_one(run, c, CONFORM_ANY);
			if (on && (c->formats & CONFORM_SPLIT))
				on = run_one(run, c, CONFORM_SPLIT);
			if (on && (c->formats & CONFORM_PACKED))
				on = run_one(run, c, CONFORM_PACKED);
			if (!on)
				return;
		}
	}
}

/* Memory for the guests, none of them connected. */
static int
make_guests(struct run *run)
{
	run->guest = calloc(1, sizeof(*run->guest));
	run->witness = calloc(1, sizeof(*run->witness));
	run->other = run->opt->witness != NULL ? calloc(1, sizeof(*run->other)) : NULL;
	if (run->guest == NULL || run->witness == NULL ||
	    (run->other == NULL && run->opt->witness != NULL)) {
		fprintf(stderr, "dpdk-foo-bench conform: out of memory\n");
		return -ENOMEM;
	}
	conform_guest_init(run->guest);
	conform_guest_init(run->witness);
	if (run->other != NULL)
		conform_guest_init(run->other);
	return 0;
}

/* Everything up to the first case. */
static int
begin(struct run *run)
{
	int ret = make_guests(run);

	if (ret == 0 && run->opt->restart != NULL) {
		ret = start_process(run);
		if (ret != 0)
			fprintf(stderr, "dpdk-foo-bench conform: %s\n", run->report->ended);
	}
	if (ret == 0)
		ret = look_at(run);
	if (ret == 0 && run->opt->restart == NULL) {
		ret = open_other(run);
		if (ret != 0)
			fprintf(stderr, "dpdk-foo-bench conform: --witness %s: no service: %s\n",
				run->opt->witness, strerror(-ret));
	}
	return ret;
}

/* Everything, unless our memory is taken away between two cases: that ends it. */
static int
run_guarded(struct run *run)
{
	struct conform_report *report = run->report;
	sigjmp_buf here;
	int ret;

	if (sigsetjmp(here, 1) == 0) {
		shrunk = &here;
		ret = begin(run);
		report->features = run->be.features;
		report->proto = run->be.proto;
		if (ret == 0)
			run_all(run);
	} else {
		snprintf(report->ended, sizeof(report->ended),
			 "the back-end shrank the files of the guest's memory");
		ret = report->n != 0 ? 0 : -EIO;
		if (ret != 0)
			fprintf(stderr, "dpdk-foo-bench conform: %s: %s\n", run->opt->path,
				report->ended);
	}
	shrunk = NULL;
	return ret;
}

int
conform_run(const struct conform_opts *opt, struct conform_report *report)
{
	const int64_t start = conform_now_ms();
	const struct sigaction bus = {.sa_handler = on_sigbus};
	struct run run = {.opt = opt,
			  .report = report,
			  .proc = {.command = opt->restart,
				   .log = opt->log,
				   .path = opt->path,
				   .pid = opt->restart != NULL ? 0 : opt->pid}};
	int ret;

	memset(report, 0, sizeof(*report));
	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGBUS, &bus, NULL);
	ret = run_guarded(&run);
	if (run.other != NULL)
		conform_guest_close(run.other);
	conform_proc_stop(&run.proc);
	free(run.guest);
	free(run.witness);
	free(run.other);
	report->seconds = (double)(conform_now_ms() - start) / 1000;
	return ret == 0 ? 0 : -1;
}
