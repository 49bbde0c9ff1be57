/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

/**
 * @file
 * Threads and phases of a load run.
 *
 * A verb brings jobs (a guest, usually) and says how to drive one. bench_run() spreads them over
 * threads, which poll their jobs in turn, and leads all of them through the phases: warm-up,
 * measure, drain (nothing new is sent; what is on its way arrives). SIGINT and SIGTERM end the
 * measuring early; what follows stays the same, so that a run always has a result. A second signal
 * cuts the drain short.
 *
 * A job is touched by its thread only, from its first begin() until bench_run() returns. Counters
 * that tick() reads belong on cache lines of their own; bench_count_add() writes them.
 */

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/** Phases, in their order. */
enum bench_phase {
	BENCH_WARMUP,  /**< Full load, not counted. */
	BENCH_MEASURE, /**< Full load, counted. */
	BENCH_DRAIN,   /**< Nothing new; the rest arrives. */
	BENCH_STOP,    /**< Over. */
};

/** How a verb's jobs are driven. ctx is that of bench_run(), job one of its jobs. */
struct bench_run_ops {
	/** A phase begins for this job. In its thread. @param now bench_now() */
	void (*begin)(void *job, enum bench_phase phase, uint64_t now);
	/**
	 * Do a burst of work. In its thread.
	 *
	 * @return units of work that were done; 0: nothing to do; -errno: the run must end, and
	 *   bench_run() returns this
	 */
	int (*poll)(void *job, enum bench_phase phase);
	/** What the drain must wait for: requests that will come back for certain. In its thread.
	 * NULL: none. */
	uint64_t (*pending)(const void *job);
	/**
	 * Interrupts: poll() found nothing; ask the device for interrupts. In its thread. NULL:
	 * this run polls.
	 *
	 * @param fd room for max descriptors to wait for
	 * @param until set to the bench_now() at which to go on in any case, if that is earlier
	 * @return descriptors; 0: there is work after all, do not sleep
	 */
	unsigned int (*arm)(void *job, struct pollfd *fd, unsigned int max, uint64_t *until);
	/** The sleep is over: no more interrupts. In its thread. NULL if arm is NULL. */
	void (*disarm)(void *job);
	/** An interval of the run is over, or, with last 0, the first one begins. In the main
	 * thread. May be NULL. @param seconds since measuring began @param last how long the
	 * interval was */
	void (*tick)(void *ctx, double seconds, double last);
};

/** How long and where. */
struct bench_run_config {
	double warmup;        /**< Seconds. */
	double seconds;       /**< Seconds to measure; 0: until a signal. */
	double interval;      /**< Seconds between ticks. */
	double drain;         /**< Seconds that the drain may take at most. */
	double quiet;         /**< The drain is over when so many seconds have brought nothing. */
	unsigned int threads; /**< Threads; 0: one a job, but leave a CPU for the back-end. */
	const unsigned int *cpu; /**< CPUs for them, in turn; NULL: wherever. */
	unsigned int ncpus;      /**< Entries of cpu. */
};

/** What happened. */
struct bench_run_result {
	double seconds;       /**< Measured, from clock to clock. */
	bool interrupted;     /**< A signal ended it. */
	bool drained;         /**< The drain came to its end; false: it was cut short. */
	unsigned int threads; /**< Threads that ran. */
	int error;           /**< What bench_run() returned; what was counted until then is good. */
	unsigned int failed; /**< Index of the job that failed, if bench_run() failed. */
};

/**
 * Run.
 *
 * @param jobs njobs of them
 * @return 0; what a job's poll() returned; -EINVAL if a thread could not be pinned; other errors of
 *   creating threads
 */
int bench_run(const struct bench_run_config *cfg, const struct bench_run_ops *ops, void *ctx,
	      void *const *jobs, unsigned int njobs, struct bench_run_result *result);

/** ns of CLOCK_MONOTONIC. */
uint64_t bench_now(void);

/** Add to a counter that one thread writes and others read. */
static inline void
bench_count_add(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

/** Read a counter of another thread. */
static inline uint64_t
bench_count_read(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

#endif /* BENCH_RUN_H */
