/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * What one copy between two cores costs at best: the limit that a forwarding back-end can come
 * near to. A sender on one core writes packets into buffers and publishes them with one index; a
 * copier on another core takes 32 at a time, prefetches them, copies each once into a second set
 * of buffers and gives them back with one index. No descriptor, no header, no notification.
 *
 *     copy_limit SENDER_CPU COPIER_CPU BYTES fresh|stale SECONDS
 *
 * "stale": the sender writes the first 64 bytes only, as testpmd's flowgen does; "fresh": it
 * writes all of them. Prints TSC cycles of the copier a packet, over bursts that found any.
 */
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_pause.h>
#include <rte_prefetch.h>

#define SLOTS 256u
#define STRIDE 2304u /* an mbuf of testpmd: header, head room, 2 KiB */
#define BURST 32u
#define MAX_BYTES 2048u

struct shared {
	uint32_t sent __rte_cache_aligned;   /* written by the sender */
	uint32_t copied __rte_cache_aligned; /* written by the copier */
	bool stop __rte_cache_aligned;
	uint8_t buffer[2][SLOTS][STRIDE] __rte_cache_aligned;
};

static struct shared *shared;
static uint32_t bytes;
static bool fresh;

static void
pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (pthread_setaffinity_np(pthread_self(), sizeof(set), &set) != 0) {
		fprintf(stderr, "copy_limit: cannot run on CPU %d\n", cpu);
		exit(1);
	}
}

static void *
sender(void *arg)
{
	uint32_t i, n, sent = 0;

	pin(*(int *)arg);
	while (!__atomic_load_n(&shared->stop, __ATOMIC_RELAXED)) {
		/* acquire: pairs with the copier's release of copied */
		n = SLOTS - (sent - __atomic_load_n(&shared->copied, __ATOMIC_ACQUIRE));
		n = RTE_MIN(n, BURST);
		for (i = 0; i < n; i++)
			memset(shared->buffer[0][(sent + i) % SLOTS], (int)sent,
			       fresh ? bytes : RTE_MIN(bytes, 64u));
		sent += n;
		/* release: pairs with the copier's acquire of sent */
		__atomic_store_n(&shared->sent, sent, __ATOMIC_RELEASE);
	}
	return NULL;
}

static uint32_t
copy_burst(uint32_t copied)
{
	uint32_t i, slot;
	/* acquire: pairs with the sender's release of sent */
	uint32_t n = __atomic_load_n(&shared->sent, __ATOMIC_ACQUIRE) - copied;

	n = RTE_MIN(n, BURST);
	for (i = 0; i < n; i++)
		rte_prefetch0(shared->buffer[0][(copied + i) % SLOTS]);
	for (i = 0; i < n; i++) {
		slot = (copied + i) % SLOTS;
		memcpy(shared->buffer[1][slot], shared->buffer[0][slot], bytes);
	}
	/* release: pairs with the sender's acquire of copied */
	if (n != 0)
		__atomic_store_n(&shared->copied, copied + n, __ATOMIC_RELEASE);
	return n;
}

/** Copy for some seconds; returns cycles a packet. */
static double
copier(double seconds)
{
	uint64_t now = rte_rdtsc(), busy = 0, packets = 0, then;
	struct timespec ts, start;
	uint32_t n, rounds = 0, copied = 0;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		n = copy_burst(copied);
		copied += n;
		then = now;
		now = rte_rdtsc();
		if (n != 0) {
			busy += now - then;
			packets += n;
		}
		if (++rounds % 4096 == 0)
			clock_gettime(CLOCK_MONOTONIC, &ts);
	} while (rounds < 4096 ||
		 (double)(ts.tv_sec - start.tv_sec) + 1e-9 * (double)(ts.tv_nsec - start.tv_nsec) <
			 seconds);
	return (double)busy / (double)packets;
}

int
main(int argc, char **argv)
{
	int cpu[2];
	pthread_t thread;
	double cycles;

	if (argc != 6) {
		fprintf(stderr,
			"usage: copy_limit SENDER_CPU COPIER_CPU BYTES fresh|stale SECONDS\n");
		return 1;
	}
	cpu[0] = atoi(argv[1]);
	cpu[1] = atoi(argv[2]);
	bytes = (uint32_t)atoi(argv[3]);
	fresh = strcmp(argv[4], "fresh") == 0;
	if (bytes == 0 || bytes > MAX_BYTES) {
		fprintf(stderr, "copy_limit: BYTES must be 1 to %u\n", MAX_BYTES);
		return 1;
	}
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (shared == MAP_FAILED || pthread_create(&thread, NULL, sender, &cpu[0]) != 0) {
		perror("copy_limit");
		return 1;
	}
	pin(cpu[1]);
	cycles = copier(atof(argv[5]));
	__atomic_store_n(&shared->stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	printf("%.1f\n", cycles);
	return 0;
}
