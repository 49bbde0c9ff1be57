/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "bench_pace.h"

/* Requests that are given up one by one, about: more of them take no longer. */
#define PACE_GROUPS 1000000

const char *const bench_pace_mode_names[] = {
	[BENCH_PACE_CONSTANT] = "constant",
	[BENCH_PACE_POISSON] = "poisson",
	NULL,
};

/* Steps a 64-bit state by an odd constant and scrambles it: every seed is a good one. */
static uint64_t
pace_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Exponential with mean 1: the logarithm of a number in (0, 1]. */
static double
pace_exponential(struct bench_pace *p)
{
	return -log((double)((pace_random(&p->random) >> 11) + 1) * 0x1p-53);
}

/* Constant: a product, not a sum, so that rounding never adds up to a wrong rate. */
static void
pace_advance(struct bench_pace *p)
{
	p->taken++;
	if (p->mode == BENCH_PACE_CONSTANT)
		p->next = (double)p->taken * p->interval;
	else
		p->next += p->interval * pace_exponential(p);
}

int
bench_pace_init(struct bench_pace *p, double rate, enum bench_pace_mode mode, uint64_t seed)
{
	memset(p, 0, sizeof(*p));
	if (!(rate >= 0 && rate <= 1e9))
		return -EINVAL;
	p->interval = rate > 0 ? 1e9 / rate : 0;
	p->mode = mode;
	p->random = seed;
	return 0;
}

void
bench_pace_start(struct bench_pace *p, uint64_t start)
{
	p->start = start;
	p->taken = 0;
	p->next = p->mode == BENCH_PACE_POISSON ? p->interval * pace_exponential(p) : 0;
}

unsigned int
bench_pace_take(struct bench_pace *p, uint64_t now, uint64_t *due, unsigned int max)
{
	unsigned int n = 0;

	if (p->interval == 0) {
		while (n < max)
			due[n++] = now;
		p->taken += max;
		return max;
	}
	while (n < max && bench_pace_next(p) <= now) {
		due[n++] = bench_pace_next(p);
		pace_advance(p);
	}
	return n;
}

uint64_t
bench_pace_next(const struct bench_pace *p)
{
	return p->start + (uint64_t)p->next;
}

uint64_t
bench_pace_backlog(const struct bench_pace *p, uint64_t now)
{
	uint64_t next = bench_pace_next(p);

	if (p->interval == 0 || now < next)
		return 0;
	return (uint64_t)((double)(now - next) / p->interval) + 1;
}

/* Step over n - 1 of them; about, if they are random. */
static void
pace_skip(struct bench_pace *p, uint64_t n)
{
	if (n == 1)
		return;
	p->taken += n - 1;
	p->next += (double)(n - 1) * p->interval;
}

uint64_t
bench_pace_give_up(struct bench_pace *p, uint64_t now, struct bench_hist *h)
{
	uint64_t group = bench_pace_backlog(p, now) / PACE_GROUPS + 1, n = 0;

	while (p->interval > 0 && bench_pace_next(p) <= now) {
		bench_hist_record_n(h, now - bench_pace_next(p), group);
		n += group;
		pace_skip(p, group);
		pace_advance(p);
	}
	return n;
}
