/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BENCH_PACE_H
#define BENCH_PACE_H

/**
 * @file
 * Open-loop rate control: when each request is due, whatever the back-end does.
 *
 *     bench_pace_init(&p, rate, BENCH_PACE_CONSTANT, seed);
 *     bench_pace_start(&p, now);
 *     n = bench_pace_take(&p, now, due, room);   again and again
 *     ... send n requests; the latency of request i counts from due[i] ...
 *
 * The schedule never slips. If the back-end was slow or its queue full, the requests that became
 * due meanwhile are still due, with the times at which they should have been sent; the wait counts
 * as their latency, as it would for somebody who had really wanted them then (no coordinated
 * omission). What a thread cannot send it does not take.
 *
 * Times are ns of one clock, CLOCK_MONOTONIC say. A pace belongs to one thread. Where several
 * threads share a rate, each gets its part of it, and starts shifted by a part of the interval.
 */

#include <stdint.h>

#include "bench_hist.h"

/** How the intervals between requests are distributed. */
enum bench_pace_mode {
	BENCH_PACE_CONSTANT, /**< All alike. */
	BENCH_PACE_POISSON,  /**< Exponentially: requests of many independent users. */
};

/** Names of enum bench_pace_mode as on the command line; NULL ends it. */
extern const char *const bench_pace_mode_names[];

/** A schedule. Members are for reading. */
struct bench_pace {
	double interval;           /**< Mean ns between two requests; 0: no rate, always due. */
	enum bench_pace_mode mode; /**< Constant or Poisson. */
	uint64_t start;  /**< Time at which the first one was due (Poisson: the origin). */
	uint64_t taken;  /**< Requests taken so far. */
	double next;     /**< ns from start to when the next one is due. */
	uint64_t random; /**< State of the generator (Poisson). */
};

/**
 * Prepare a schedule.
 *
 * @param rate requests a second; 0: closed loop, every request is due at once
 * @param seed Poisson: chooses the sequence of intervals; the same one gives the same sequence
 * @return 0; -EINVAL if rate is negative, not a number or above 1e9
 */
int bench_pace_init(struct bench_pace *p, double rate, enum bench_pace_mode mode, uint64_t seed);

/** Begin: the first request is due at start (Poisson: one random interval later). */
void bench_pace_start(struct bench_pace *p, uint64_t start);

/**
 * Take requests that are due.
 *
 * @param due set to when each of them was due (rate 0: now); in rising order
 * @param max room in due: the cap on a burst, also when there is much to catch up on
 * @return number of requests, 0 to max; send all of them
 */
unsigned int bench_pace_take(struct bench_pace *p, uint64_t now, uint64_t *due, unsigned int max);

/** When the next request is due (rate 0: start): how long a thread may sleep. */
uint64_t bench_pace_next(const struct bench_pace *p);

/** How many requests, about (Poisson: on average), are due and not taken: how far the back-end
 * or this thread is behind. */
uint64_t bench_pace_backlog(const struct bench_pace *p, uint64_t now);

/**
 * The load is over: give up what is due and was not sent. It has waited until now, which is the
 * least that its latency would have been; left out, a back-end that cannot keep up would seem the
 * faster the more it leaves behind.
 *
 * @param h each wait is recorded there (of millions: in groups)
 * @return how many; rate 0: none
 */
uint64_t bench_pace_give_up(struct bench_pace *p, uint64_t now, struct bench_hist *h);

#endif /* BENCH_PACE_H */
