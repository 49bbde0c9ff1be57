/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Threads and phases of dpdk-foo-bench.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench_run.h"

#define JOBS 5

struct job {
	uint64_t polled[BENCH_STOP + 1];
	uint64_t began[BENCH_STOP + 1];
	uint64_t late;    /* polls of the drain that still have work */
	uint64_t fail_at; /* poll in MEASURE that fails; 0: none */
	uint64_t slept;
	int fd; /* eventfd that nobody writes */
};

static struct job job[JOBS];
static void *jobs[JOBS];
static unsigned int ticks;

static void
begin(void *arg, enum bench_phase phase, uint64_t now)
{
	((struct job *)arg)->began[phase] = now;
}

static int
poll_job(void *arg, enum bench_phase phase)
{
	struct job *j = arg;

	bench_count_add(&j->polled[phase], 1);
	if (phase == BENCH_MEASURE && j->polled[phase] == j->fail_at)
		return -EIO;
	if (phase == BENCH_DRAIN && j->late > 0) {
		j->late--;
		return 1;
	}
	return 0;
}

static uint64_t
pending(const void *arg)
{
	return ((const struct job *)arg)->late;
}

static unsigned int
arm(void *arg, struct pollfd *fd, unsigned int max, uint64_t *until)
{
	struct job *j = arg;

	(void)max;
	(void)until;
	fd[0] = (struct pollfd){.fd = j->fd, .events = POLLIN};
	j->slept++;
	return 1;
}

static void
disarm(void *arg)
{
	(void)arg;
}

static void
tick(void *ctx, double seconds, double last)
{
	assert_ptr_equal(ctx, &ticks);
	assert_true(seconds > 0 || (last == 0 && ticks == 0));
	ticks += last > 0;
}

static const struct bench_run_ops ops = {
	.begin = begin, .poll = poll_job, .pending = pending, .tick = tick};
static const struct bench_run_config short_run = {
	.warmup = 0.05, .seconds = 0.2, .interval = 0.05, .drain = 5, .quiet = 0.05, .threads = 2};

static int
setup(void **state)
{
	(void)state;
	memset(job, 0, sizeof(job));
	for (unsigned int i = 0; i < JOBS; i++)
		jobs[i] = &job[i];
	ticks = 0;
	return 0;
}

static void
test_phases(void **state)
{
	struct bench_run_result r;

	(void)state;
	job[3].late = 1000;
	assert_int_equal(bench_run(&short_run, &ops, &ticks, jobs, JOBS, &r), 0);
	assert_int_equal(r.threads, 2);
	assert_true(r.drained && !r.interrupted);
	assert_true(r.seconds >= 0.2);
	assert_true(ticks >= 1);
	for (unsigned int i = 0; i < JOBS; i++) {
		for (int p = BENCH_WARMUP; p < BENCH_STOP; p++) {
			assert_true(job[i].polled[p] > 0);
			assert_true(job[i].began[p] < job[i].began[p + 1]);
		}
		assert_int_equal(job[i].late, 0);
	}
}

static void
test_no_warmup(void **state)
{
	struct bench_run_config cfg = short_run;
	struct bench_run_result r;

	(void)state;
	cfg.warmup = 0;
	cfg.threads = 64;
	assert_int_equal(bench_run(&cfg, &ops, &ticks, jobs, JOBS, &r), 0);
	assert_int_equal(r.threads, JOBS);
}

static void
test_job_fails(void **state)
{
	struct bench_run_config cfg = short_run;
	struct bench_run_result r;

	(void)state;
	cfg.seconds = 0; /* nothing else ends it */
	job[4].fail_at = 3;
	assert_int_equal(bench_run(&cfg, &ops, &ticks, jobs, JOBS, &r), -EIO);
	assert_int_equal(r.failed, 4);
	assert_int_equal(r.error, -EIO);
}

static void
test_drain_cut(void **state)
{
	struct bench_run_config cfg = short_run;
	struct bench_run_result r;

	(void)state;
	cfg.drain = 0.1;
	job[0].late = UINT64_MAX;
	assert_int_equal(bench_run(&cfg, &ops, &ticks, jobs, JOBS, &r), 0);
	assert_false(r.drained);
}

static void
test_signal(void **state)
{
	struct bench_run_config cfg = short_run;
	struct bench_run_result r;
	sigset_t set;

	(void)state;
	cfg.seconds = 0;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGINT);
	assert_int_equal(bench_run(&cfg, &ops, &ticks, jobs, JOBS, &r), 0);
	assert_true(r.interrupted && r.drained);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* A job without work sleeps, and the phases go on. */
static void
test_sleep(void **state)
{
	struct bench_run_ops sleepy = ops;
	struct bench_run_result r;

	(void)state;
	sleepy.arm = arm;
	sleepy.disarm = disarm;
	for (unsigned int i = 0; i < JOBS; i++)
		job[i].fd = eventfd(0, 0);
	assert_int_equal(bench_run(&short_run, &sleepy, &ticks, jobs, JOBS, &r), 0);
	for (unsigned int i = 0; i < JOBS; i++) {
		assert_true(job[i].slept > 0 && job[i].slept < 100);
		close(job[i].fd);
	}
}

static void
test_no_such_cpu(void **state)
{
	const unsigned int cpu = 1023;
	struct bench_run_config cfg = short_run;
	struct bench_run_result r;

	(void)state;
	cfg.cpu = &cpu;
	cfg.ncpus = 1;
	assert_int_equal(bench_run(&cfg, &ops, &ticks, jobs, JOBS, &r), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_phases, setup),
		cmocka_unit_test_setup(test_no_warmup, setup),
		cmocka_unit_test_setup(test_job_fails, setup),
		cmocka_unit_test_setup(test_drain_cut, setup),
		cmocka_unit_test_setup(test_signal, setup),
		cmocka_unit_test_setup(test_sleep, setup),
		cmocka_unit_test_setup(test_no_such_cpu, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
