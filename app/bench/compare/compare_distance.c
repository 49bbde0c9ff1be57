/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "compare_child.h"
#include "compare_distance.h"

/* Ways there and back of a stretch: some 20 us. */
#define STRETCH 100u
#define MAX_STRETCHES 65536u
/* A line, and its neighbour that the prefetcher takes along. */
#define APART 128

struct bounce {
	uint32_t ball __attribute__((aligned(APART))); /* odd: the partner's turn */
	bool stop __attribute__((aligned(APART)));
	bool ready;       /* the partner runs */
	unsigned int cpu; /* of the partner */
	int error;        /* errno of the partner, before ready */
};

static int
pin(pthread_t thread, unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return pthread_setaffinity_np(thread, sizeof(set), &set);
}

static void *
partner(void *arg)
{
	struct bounce *b = arg;
	uint32_t ball;

	b->error = pin(pthread_self(), b->cpu);
	__atomic_store_n(&b->ready, true, __ATOMIC_RELEASE);
	while (b->error == 0 && !__atomic_load_n(&b->stop, __ATOMIC_RELAXED)) {
		ball = __atomic_load_n(&b->ball, __ATOMIC_ACQUIRE);
		if (ball % 2 != 0)
			__atomic_store_n(&b->ball, ball + 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

static double
stretch(struct bounce *b)
{
	double start = compare_now();

	for (unsigned int i = 0; i < STRETCH; i++) {
		uint32_t ball = b->ball + 1;

		__atomic_store_n(&b->ball, ball, __ATOMIC_RELEASE);
		while (__atomic_load_n(&b->ball, __ATOMIC_ACQUIRE) == ball)
			;
	}
	return compare_now() - start;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
measure(struct bounce *b, double seconds)
{
	double *t = malloc(MAX_STRETCHES * sizeof(*t)), end = compare_now() + seconds, quartile;
	unsigned int n = 0;

	if (t == NULL)
		return 0;
	do
		t[n++] = stretch(b);
	while (n < MAX_STRETCHES && compare_now() < end);
	qsort(t, n, sizeof(*t), by_value);
	quartile = t[n / 4] * 1e9 / STRETCH;
	free(t);
	return quartile;
}

int
compare_distance(unsigned int cpu_a, unsigned int cpu_b, double seconds, double *ns)
{
	struct bounce b = {.cpu = cpu_b};
	cpu_set_t before;
	pthread_t thread;
	int rc;

	if (cpu_a == cpu_b || cpu_a >= CPU_SETSIZE || cpu_b >= CPU_SETSIZE)
		return -EINVAL;
	rc = pthread_getaffinity_np(pthread_self(), sizeof(before), &before);
	if (rc == 0)
		rc = pin(pthread_self(), cpu_a);
	if (rc != 0)
		return -rc;
	rc = pthread_create(&thread, NULL, partner, &b);
	if (rc == 0) {
		/* acquire: pairs with the partner's release, behind which error is final */
		while (!__atomic_load_n(&b.ready, __ATOMIC_ACQUIRE))
			sched_yield();
		rc = b.error;
		if (rc == 0)
			*ns = measure(&b, seconds);
		__atomic_store_n(&b.stop, true, __ATOMIC_RELAXED);
		pthread_join(thread, NULL);
	}
	pthread_setaffinity_np(pthread_self(), sizeof(before), &before);
	return -rc;
}
