/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench_run.h"

#define NS_PER_S 1e9

/* The main thread looks at its threads at least this often. */
#define LOOK_NS 20000000

/* A sleep of a thread never lasts longer: phases change without an interrupt. */
#define SLEEP_NS 50000000

/* Descriptors that a job may wait for. */
#define FDS_PER_JOB 64

struct run;

struct worker {
	struct run *run;
	pthread_t thread;
	unsigned int first;    /* jobs first, first + nthreads, ... */
	struct pollfd *fd;     /* room for all its jobs, for arm() */
	int error;             /* of a job; read by the main thread */
	unsigned int failed;   /* that job */
	uint64_t last_work;    /* when poll() last did something; written in the drain */
	uint64_t pending;      /* what the drain waits for */
	enum bench_phase seen; /* phase that it has begun */
} __attribute__((aligned(64)));

struct run {
	const struct bench_run_config *cfg;
	const struct bench_run_ops *ops;
	void *ctx;
	void *const *job;
	unsigned int njobs;
	struct worker *worker;
	unsigned int nthreads;
	enum bench_phase phase; /* written by the main thread */
	struct bench_run_result *result;
};

uint64_t
bench_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * UINT64_C(1000000000) + (uint64_t)ts.tv_nsec;
}

/* Call poll() of every job once. Units of work done. */
static int
worker_poll(struct worker *w)
{
	const struct run *run = w->run;
	int done = 0;

	for (unsigned int i = w->first; i < run->njobs; i += run->nthreads) {
		int n = run->ops->poll(run->job[i], w->seen);

		if (n < 0) {
			w->failed = i;
			__atomic_store_n(&w->error, n, __ATOMIC_RELEASE);
			return 0;
		}
		done += n;
	}
	return done;
}

/* Nothing to do: wait for an interrupt of any job. */
static void
worker_sleep(struct worker *w)
{
	const struct run *run = w->run;
	uint64_t now = bench_now(), until = now + SLEEP_NS;
	unsigned int n = 0, armed;
	bool work = false;

	for (armed = w->first; armed < run->njobs && !work; armed += run->nthreads) {
		unsigned int fds = run->ops->arm(run->job[armed], &w->fd[n], FDS_PER_JOB, &until);

		work = fds == 0;
		n += fds;
	}
	if (!work && until > now) {
		struct timespec left = {.tv_nsec = (long)(until - now)};

		ppoll(w->fd, n, &left, NULL);
	}
	for (unsigned int i = w->first; i < armed; i += run->nthreads)
		run->ops->disarm(run->job[i]);
}

static void
worker_begin(struct worker *w, enum bench_phase phase)
{
	const struct run *run = w->run;
	uint64_t now = bench_now();

	w->last_work = now;
	for (unsigned int i = w->first; i < run->njobs; i += run->nthreads)
		run->ops->begin(run->job[i], phase, now);
	__atomic_store_n(&w->seen, phase, __ATOMIC_RELEASE);
}

/* Tell the main thread how far the drain is. */
static void
worker_drain(struct worker *w, int done)
{
	const struct run *run = w->run;
	uint64_t pending = 0;

	for (unsigned int i = w->first; i < run->njobs && run->ops->pending != NULL;
	     i += run->nthreads)
		pending += run->ops->pending(run->job[i]);
	__atomic_store_n(&w->pending, pending, __ATOMIC_RELAXED);
	if (done > 0)
		__atomic_store_n(&w->last_work, bench_now(), __ATOMIC_RELAXED);
}

static void *
worker_main(void *arg)
{
	struct worker *w = arg;
	const struct run *run = w->run;
	enum bench_phase phase;

	worker_begin(w, BENCH_WARMUP);
	while ((phase = __atomic_load_n(&run->phase, __ATOMIC_ACQUIRE)) != BENCH_STOP) {
		int done;

		if (phase != w->seen)
			worker_begin(w, phase);
		done = worker_poll(w);
		if (phase == BENCH_DRAIN)
			worker_drain(w, done);
		if (w->error != 0)
			break;
		if (done == 0 && run->ops->arm != NULL)
			worker_sleep(w);
	}
	worker_begin(w, BENCH_STOP);
	return NULL;
}

/* The error of a thread, if one has ended. */
static int
run_error(const struct run *run)
{
	for (unsigned int i = 0; i < run->nthreads; i++) {
		int error = __atomic_load_n(&run->worker[i].error, __ATOMIC_ACQUIRE);

		if (error != 0) {
			run->result->failed = run->worker[i].failed;
			return error;
		}
	}
	return 0;
}

/* Sleep until a time, at most LOOK_NS. True: a signal came. */
static bool
sleep_until(uint64_t until, const sigset_t *signals)
{
	uint64_t now = bench_now();
	uint64_t left = until > now ? until - now : 0;
	struct timespec ts = {.tv_nsec = (long)(left < LOOK_NS ? left : LOOK_NS)};

	return sigtimedwait(signals, NULL, &ts) > 0;
}

/* Let a phase last so long, with ticks if it is the one that is measured. */
static int
run_phase(struct run *run, enum bench_phase phase, double seconds, const sigset_t *signals)
{
	uint64_t start = bench_now(), last = start;
	uint64_t step = (uint64_t)(run->cfg->interval * NS_PER_S);
	uint64_t end = seconds > 0 ? start + (uint64_t)(seconds * NS_PER_S) : UINT64_MAX;
	uint64_t next = start + step, now = start;
	int error = 0;

	__atomic_store_n(&run->phase, phase, __ATOMIC_RELEASE);
	if (phase == BENCH_MEASURE && run->ops->tick != NULL)
		run->ops->tick(run->ctx, 0, 0);
	while (now < end && !run->result->interrupted && error == 0) {
		run->result->interrupted = sleep_until(next < end ? next : end, signals);
		now = bench_now();
		if (phase == BENCH_MEASURE && now >= next) {
			if (run->ops->tick != NULL)
				run->ops->tick(run->ctx, (double)(now - start) / NS_PER_S,
					       (double)(now - last) / NS_PER_S);
			last = now;
			while (next <= now)
				next += step;
		}
		error = run_error(run);
	}
	return error;
}

/* Whether every thread has nothing to wait for and was quiet for long enough. */
static bool
is_drained(const struct run *run, uint64_t quiet)
{
	uint64_t now = bench_now();

	for (unsigned int i = 0; i < run->nthreads; i++) {
		const struct worker *w = &run->worker[i];

		if (__atomic_load_n(&w->seen, __ATOMIC_ACQUIRE) != BENCH_DRAIN ||
		    __atomic_load_n(&w->pending, __ATOMIC_RELAXED) != 0 ||
		    now < __atomic_load_n(&w->last_work, __ATOMIC_RELAXED) + quiet)
			return false;
	}
	return true;
}

static int
run_drain(struct run *run, const sigset_t *signals)
{
	uint64_t end = bench_now() + (uint64_t)(run->cfg->drain * NS_PER_S);
	uint64_t quiet = (uint64_t)(run->cfg->quiet * NS_PER_S);
	bool cut = false;
	int error = 0;

	for (unsigned int i = 0; i < run->nthreads; i++)
		__atomic_store_n(&run->worker[i].pending, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&run->phase, BENCH_DRAIN, __ATOMIC_RELEASE);
	while (bench_now() < end && error == 0 && !cut && !run->result->drained) {
		cut = sleep_until(bench_now() + LOOK_NS / 4, signals);
		run->result->drained = is_drained(run, quiet);
		error = run_error(run);
	}
	return error;
}

static int
run_phases(struct run *run, const sigset_t *signals)
{
	uint64_t start;
	int error = 0;

	if (run->cfg->warmup > 0)
		error = run_phase(run, BENCH_WARMUP, run->cfg->warmup, signals);
	start = bench_now();
	if (error == 0)
		error = run_phase(run, BENCH_MEASURE, run->cfg->seconds, signals);
	run->result->seconds = (double)(bench_now() - start) / NS_PER_S;
	return error == 0 ? run_drain(run, signals) : error;
}

static unsigned int
choose_threads(const struct bench_run_config *cfg, unsigned int njobs)
{
	unsigned int n = cfg->threads;
	cpu_set_t set;

	if (n == 0 && cfg->ncpus > 0)
		n = cfg->ncpus;
	if (n == 0 && sched_getaffinity(0, sizeof(set), &set) == 0)
		n = (unsigned int)CPU_COUNT(&set) - 1;
	if (n == 0)
		n = 1;
	return n < njobs ? n : njobs;
}

static int
start_worker(struct run *run, unsigned int i)
{
	struct worker *w = &run->worker[i];
	unsigned int jobs = (run->njobs - i + run->nthreads - 1) / run->nthreads;
	pthread_attr_t attr;
	cpu_set_t set;
	int rc = 0;

	w->run = run;
	w->first = i;
	w->fd = calloc(jobs, FDS_PER_JOB * sizeof(*w->fd));
	if (w->fd == NULL)
		return -ENOMEM;
	pthread_attr_init(&attr);
	if (run->cfg->ncpus > 0) {
		CPU_ZERO(&set);
		CPU_SET(run->cfg->cpu[i % run->cfg->ncpus], &set);
		rc = pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	}
	if (rc == 0)
		rc = pthread_create(&w->thread, &attr, worker_main, w);
	pthread_attr_destroy(&attr);
	if (rc != 0)
		free(w->fd);
	return -rc;
}

int
bench_run(const struct bench_run_config *cfg, const struct bench_run_ops *ops, void *ctx,
	  void *const *jobs, unsigned int njobs, struct bench_run_result *result)
{
	struct run run = {.cfg = cfg,
			  .ops = ops,
			  .ctx = ctx,
			  .job = jobs,
			  .njobs = njobs,
			  .result = result,
			  .phase = BENCH_WARMUP};
	unsigned int want = choose_threads(cfg, njobs);
	sigset_t signals, before;
	int rc = 0;

	memset(result, 0, sizeof(*result));
	if (posix_memalign((void **)&run.worker, 64, want * sizeof(*run.worker)) != 0)
		return result->error = -ENOMEM;
	memset(run.worker, 0, want * sizeof(*run.worker));
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &signals, &before);
	run.nthreads = want;
	result->threads = want;
	for (want = 0; want < run.nthreads && rc == 0; want++)
		rc = start_worker(&run, want);
	if (rc != 0)
		want--;
	else
		rc = run_phases(&run, &signals);
	__atomic_store_n(&run.phase, BENCH_STOP, __ATOMIC_RELEASE);
	for (unsigned int i = 0; i < want; i++) {
		pthread_join(run.worker[i].thread, NULL);
		free(run.worker[i].fd);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	free(run.worker);
	result->error = rc;
	return rc;
}
