/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "blk_guest.h"
#include "blk_pattern.h"

#define LINE 64
#define PAGE UINT64_C(4096)

/* Polls in vain after which it is time to see whether the back-end is still there. */
#define IDLE_LOOK 20000

/* For alignments. */
#define MEMORY_SPARE (UINT64_C(2) << 20)

/* A write that was made later has a higher generation, in whatever run: otherwise what a run like
 * this one left on the disk could pass for what this one has written. */
static uint64_t
first_generation(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	/* 61 bits have room for it until 2262; nobody writes a block in 4 ns */
	return ((uint64_t)ts.tv_sec * UINT64_C(1000000000) + (uint64_t)ts.tv_nsec) >> 2;
}

static uint64_t
memory_for(const struct blk_guest *bg)
{
	const struct bench_opts *o = &bg->cfg->o;
	/* a packed descriptor and 3 entries of 16 bytes are more than any ring format has */
	uint64_t ring = UINT64_C(64) * bg->point.queue_size + PAGE;
	uint64_t tables =
		o->indirect ? UINT64_C(16) * (bg->cfg->b.segments + 2) * bg->point.queue_size : 0;
	uint64_t slots = (uint64_t)bg->point.depth * (bg->point.bs + LINE) + 2 * PAGE;

	return (o->queues * (ring + tables + slots) + MEMORY_SPARE + PAGE - 1) & ~(PAGE - 1);
}

/* Before any queue is started: some back-ends do not survive one that they do not have. */
static int
inspect(struct foo_guest *g, void *ctx)
{
	struct blk_guest *bg = ctx;
	char why[160];
	int rc;

	blk_disk_read(&bg->disk, g->front.features, g->config);
	rc = blk_disk_check(&bg->disk, bg->cfg, &bg->point, why, sizeof(why));
	if (rc != 0)
		snprintf(g->error, sizeof(g->error), "%.90s: %s", g->front.path, why);
	return rc;
}

static int
open_session(struct blk_guest *bg)
{
	const struct bench_opts *o = &bg->cfg->o;
	struct foo_guest_config gc = {
		.path = o->socket[bg->index],
		.listen = o->listen,
		.timeout_ms = (int)o->timeout_ms,
		.features = bench_opts_features(o, blk_disk_features()),
		.required = bench_opts_required(o),
		.nqueues = o->queues,
		.queue_size = (uint16_t)bg->point.queue_size,
		.indirect_max = o->indirect ? (uint16_t)(bg->cfg->b.segments + 2) : 0,
		.memory = memory_for(bg),
		.huge = o->huge,
		.inflight = bg->cfg->b.reconnect,
		.config_len = BLK_CONFIG_LEN,
		.inspect = inspect,
		.ctx = bg,
	};

	if (bg->cfg->b.mode != BLK_NULL)
		return foo_guest_open(&bg->g, &gc);
	blk_disk_null(&bg->disk, gc.features);
	return foo_guest_open_alone(&bg->g, &gc);
}

/* Guest memory that starts on a page: back-ends with O_DIRECT would copy it otherwise. */
static uint8_t *
alloc_pages(struct blk_guest *bg, uint64_t size, uint64_t *gpa)
{
	uint8_t *va = foo_guest_alloc(&bg->g, size + PAGE, gpa);
	uint64_t skip;

	if (va == NULL)
		return NULL;
	skip = -*gpa & (PAGE - 1);
	*gpa += skip;
	return va + skip;
}

static int
make_queue(struct blk_guest *bg, unsigned int i, uint64_t blocks)
{
	struct blk_queue *q = &bg->queue[i];

	q->ring = &bg->g.queue[i].ring;
	q->depth = bg->point.depth;
	q->free = calloc(q->depth, sizeof(*q->free));
	q->request = calloc(q->depth, sizeof(*q->request));
	q->line = foo_guest_alloc(&bg->g, (uint64_t)LINE * q->depth, &q->line_gpa);
	q->data = alloc_pages(bg, (uint64_t)bg->point.bs * q->depth, &q->data_gpa);
	if (q->free == NULL || q->request == NULL || q->line == NULL || q->data == NULL)
		return -ENOMEM;
	for (uint32_t slot = q->depth; slot-- > 0;) {
		q->free[q->nfree++] = (uint16_t)slot;
		blk_pattern_write(q->data + (uint64_t)slot * bg->point.bs, bg->point.bs, slot, 0,
				  bg->writer);
	}
	blk_plan_init(&q->plan, &bg->cfg->b, &bg->model, blocks, i, bg->nqueues, bg->index);
	return 0;
}

static int
make_queues(struct blk_guest *bg)
{
	uint64_t blocks = blk_disk_blocks(&bg->disk, bg->cfg, &bg->point);
	size_t bytes = bg->nqueues * sizeof(*bg->queue);
	int rc = 0;

	if (bg->cfg->b.verify)
		rc = blk_model_init(&bg->model, blocks, first_generation());
	if (rc == 0 && posix_memalign((void **)&bg->queue, LINE, bytes) != 0)
		rc = -ENOMEM;
	if (rc != 0)
		return rc;
	memset(bg->queue, 0, bytes);
	for (unsigned int i = 0; i < bg->nqueues && rc == 0; i++)
		rc = make_queue(bg, i, blocks);
	return rc == 0 ? bench_hist_init(&bg->latency) : rc;
}

int
blk_guest_open(struct blk_guest *bg, const struct blk_config *cfg, unsigned int index,
	       const struct blk_point *point)
{
	int rc;

	memset(bg, 0, sizeof(*bg));
	bg->cfg = cfg;
	bg->index = index;
	bg->point = *point;
	bg->nqueues = cfg->o.queues;
	bg->sectors = point->bs / BLK_SECTOR;
	bg->direct = cfg->o.indirect ? FOO_GUEST_INDIRECT : FOO_GUEST_DIRECT;
	bg->writer = blk_writer(cfg->b.seed, index);
	rc = open_session(bg);
	if (rc != 0)
		return rc;
	rc = make_queues(bg);
	if (rc != 0) {
		snprintf(bg->g.error, sizeof(bg->g.error), "prepare buffers: %s", strerror(-rc));
		blk_guest_close(bg);
	}
	return rc;
}

void
blk_guest_close(struct blk_guest *bg)
{
	blk_null_fini(&bg->null);
	foo_guest_close(&bg->g);
	for (unsigned int i = 0; i < bg->nqueues && bg->queue != NULL; i++) {
		free(bg->queue[i].free);
		free(bg->queue[i].request);
	}
	free(bg->queue);
	bg->queue = NULL;
	blk_model_fini(&bg->model);
	bench_hist_fini(&bg->latency);
}

/* Each queue of each guest has its part of the rate, and its place in the interval. */
static void
start_pace(struct blk_guest *bg, uint64_t now)
{
	const struct bench_opts *o = &bg->cfg->o;
	unsigned int all = o->guests * bg->nqueues;

	for (unsigned int i = 0; i < bg->nqueues; i++) {
		struct bench_pace *pace = &bg->queue[i].pace;
		unsigned int nth = bg->index * bg->nqueues + i;

		bench_pace_init(pace, o->rate / all, o->pace, nth + bg->cfg->b.seed);
		bench_pace_start(pace, now + (uint64_t)(pace->interval * nth / all));
	}
}

/* The measured time is over, or, in a run that failed or was ended early, never began. */
static void
end(struct blk_guest *bg, uint64_t now)
{
	if (bg->begun == 0) {
		bg->first = bg->count;
		bg->begun = now;
	}
	bg->last = bg->count;
	bg->ended = now;
}

static void
begin(void *job, enum bench_phase phase, uint64_t now)
{
	struct blk_guest *bg = job;

	switch (phase) {
	case BENCH_WARMUP:
		start_pace(bg, now);
		break;
	case BENCH_MEASURE:
		bg->first = bg->count;
		bg->begun = now;
		bench_hist_reset(&bg->latency);
		break;
	case BENCH_DRAIN:
		end(bg, now);
		bg->heard = now;
		for (unsigned int i = 0; i < bg->nqueues; i++) {
			bg->not_sent += bench_pace_give_up(&bg->queue[i].pace, now, &bg->latency);
			blk_drop_plan(&bg->queue[i]);
		}
		break;
	case BENCH_STOP:
		if (bg->ended == 0)
			end(bg, now);
		break;
	}
}

uint64_t
blk_guest_inflight(const struct blk_guest *bg)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < bg->nqueues; i++)
		n += bg->queue[i].depth - bg->queue[i].nfree;
	return n;
}

/* Everything that has been answered, within reason, before anything else is asked for. */
static int
reap_all(struct blk_guest *bg, struct blk_queue *q)
{
	int done = 0, n;

	do {
		n = blk_reap(bg, q);
		if (n < 0)
			return n;
		done += n;
	} while (n == (int)bg->cfg->o.burst && done < (int)q->depth);
	return done;
}

/* The back-end is gone. The next one owes what this one has left. */
static int
come_back(struct blk_guest *bg)
{
	uint64_t inflight = blk_guest_inflight(bg);
	int rc;

	if (!bg->cfg->b.reconnect)
		return -ECONNRESET;
	rc = foo_guest_reconnect(&bg->g);
	/* the next one died, too: look for another when it is time to look again */
	if (rc == -ECONNRESET)
		return 0;
	if (rc != 0)
		return rc;
	bench_count_add(&bg->count.reconnects, 1);
	bench_count_add(&bg->count.resumed, inflight);
	bg->heard = bench_now();
	return 0;
}

/* Nothing came back: see whether the back-end is there, and whether it has taken too long. */
static int
look(struct blk_guest *bg, enum bench_phase phase)
{
	if (phase == BENCH_DRAIN && !bg->stalled && blk_guest_inflight(bg) > 0 &&
	    bench_now() > bg->heard + bg->cfg->o.timeout_ms * UINT64_C(1000000))
		bg->stalled = true;
	if (++bg->idle < IDLE_LOOK)
		return 0;
	bg->idle = 0;
	if (bg->cfg->b.mode != BLK_NULL && foo_guest_hung_up(&bg->g))
		return come_back(bg);
	return 0;
}

static int
poll_guest(void *job, enum bench_phase phase)
{
	struct blk_guest *bg = job;
	int done = 0, n;

	if (phase == BENCH_DRAIN && bg->model.block != NULL && blk_guest_inflight(bg) == 0)
		bg->in_last_pass = true;
	for (unsigned int i = 0; i < bg->nqueues; i++) {
		struct blk_queue *q = &bg->queue[i];

		n = reap_all(bg, q);
		if (n < 0)
			return n;
		done += n;
		if (phase < BENCH_DRAIN)
			done += blk_submit(bg, q);
		else if (bg->in_last_pass)
			done += blk_submit_last_pass(bg, q);
	}
	if (done == 0)
		return look(bg, phase);
	if (phase == BENCH_DRAIN)
		bg->heard = bench_now();
	return done;
}

/* Requests are answered, unless the back-end has lost them; then there is no last pass either. */
static uint64_t
pending(const void *job)
{
	const struct blk_guest *bg = job;
	uint64_t n = blk_guest_inflight(bg);

	if (bg->stalled)
		return 0;
	return n + (bg->model.block != NULL && bg->pass_block < bg->model.n);
}

static unsigned int
arm(void *job, struct pollfd *fd, unsigned int max, uint64_t *until)
{
	struct blk_guest *bg = job;
	unsigned int nfds = 0;

	/* one look in many sleeps: the socket tells by itself that it was closed */
	if (foo_guest_hung_up(&bg->g)) {
		bg->idle = IDLE_LOOK;
		return 0;
	}
	fd[nfds++] = (struct pollfd){.fd = bg->g.front.sock, .events = POLLRDHUP};
	for (unsigned int i = 0; i < bg->nqueues && nfds < max; i++) {
		struct blk_queue *q = &bg->queue[i];

		if (q->pace.interval > 0 && q->nfree > 0 && bench_pace_next(&q->pace) < *until)
			*until = bench_pace_next(&q->pace);
		fd[nfds++] = (struct pollfd){.fd = bg->g.queue[i].callfd, .events = POLLIN};
		if (!bench_call_arm(&q->call, q->ring, bg->g.queue[i].callfd))
			return 0;
	}
	return nfds;
}

static void
disarm(void *job)
{
	struct blk_guest *bg = job;
	bool gone = foo_guest_hung_up(&bg->g);

	for (unsigned int i = 0; i < bg->nqueues; i++) {
		struct blk_queue *q = &bg->queue[i];

		/* a back-end that died owes nothing */
		if (gone)
			q->call.owed = false;
		bench_call_disarm(&q->call, q->ring, bg->g.queue[i].callfd);
	}
}

const struct bench_run_ops blk_guest_ops = {
	.begin = begin,
	.poll = poll_guest,
	.pending = pending,
	.arm = arm,
	.disarm = disarm,
};

static uint64_t
missed_calls(const struct blk_guest *bg)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < bg->nqueues; i++)
		n += bg->queue[i].call.missed;
	return n;
}

void
blk_guest_result(const struct blk_guest *bg, struct bench_blk_result *r)
{
	const struct blk_count *a = &bg->first, *z = &bg->last, *all = &bg->count;

	*r = (struct bench_blk_result){
		.seconds = (double)(bg->ended - bg->begun - bg->null.ns) / 1e9,
		.requests = z->requests - a->requests,
		.reads = z->op[BLK_READ] - a->op[BLK_READ],
		.writes = z->op[BLK_WRITE] - a->op[BLK_WRITE],
		.flushes = z->op[BLK_FLUSH] - a->op[BLK_FLUSH],
		.discards = z->op[BLK_DISCARD] - a->op[BLK_DISCARD],
		.write_zeroes = z->op[BLK_WRITE_ZEROES] - a->op[BLK_WRITE_ZEROES],
		.bytes = z->bytes - a->bytes,
		.verified = all->verified,
		.errors = all->errors,
		.verify_errors = all->verify_errors,
		.bad_status = all->bad_status,
		.bad_used_length = all->bad_used_length,
		.missed_calls = missed_calls(bg),
		.not_sent = bg->not_sent,
		.lost = bg->stalled ? blk_guest_inflight(bg) : 0,
		.latency = &bg->latency,
	};
}
