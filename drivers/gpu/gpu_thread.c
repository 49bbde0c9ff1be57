/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * The gpu thread: carries out the commands of both queues, one after the other, and shows what has
 * changed. It runs beside the lcores, on CPUs that are not theirs.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_lcore.h>

#include "gpu_priv.h"

/* How long it sleeps at most where nobody wakes it, in us: with something left to show, and
 * without. */
#define THREAD_LOOK_US 20000
#define THREAD_REST_US 1000000

void
gpu_thread_wake(struct foo_gpu *gpu)
{
	sem_post(&gpu->thread->wake);
}

void
gpu_thread_reset(struct foo_gpu *gpu)
{
	/* pairs with the exchange in thread_reset(); a burst that is given later brings it along */
	__atomic_store_n(&gpu->thread->reset, 1, __ATOMIC_RELEASE);
	gpu_thread_wake(gpu);
}

bool
foo_gpu_is_cancelled(const struct foo_gpu *gpu)
{
	const struct gpu_thread *t = gpu->thread;

	return __atomic_load_n(&t->quit, __ATOMIC_RELAXED) != 0 ||
	       __atomic_load_n(&t->current->cancel, __ATOMIC_RELAXED) != 0;
}

uint64_t
gpu_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

void
gpu_thread_rest(struct gpu_thread *t, unsigned int us)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)us * 1000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	if (sem_clockwait(&t->wake, CLOCK_MONOTONIC, &until) == 0)
		/* one look is enough for all that has been posted */
		while (sem_trywait(&t->wake) == 0)
			;
}

static void
thread_reset(struct foo_gpu *gpu)
{
	/* pairs with gpu_thread_reset() */
	if (__atomic_exchange_n(&gpu->thread->reset, 0, __ATOMIC_ACQUIRE) == 0)
		return;
	gpu_cursor_reset(gpu);
	gpu_res_reset(gpu);
}

/* One command of a queue; whether there was one. */
static bool
queue_serve(struct foo_gpu *gpu, enum gpu_queue_index index)
{
	struct gpu_queue *gq = &gpu->thread->queue[index];
	uint32_t done, len = GPU_CANCELLED;

	/* pairs with the release in queue_give() */
	if (__atomic_load_n(&gq->phase, __ATOMIC_ACQUIRE) != GPU_GIVEN)
		return false;
	thread_reset(gpu);
	gpu->thread->current = gq;
	done = __atomic_load_n(&gq->done, __ATOMIC_RELAXED);
	/* before a store that makes the queue the lcore's again; read by gpu_queue_detach() */
	__atomic_store_n(&gq->waking, 1, __ATOMIC_RELAXED);
	if (!foo_gpu_is_cancelled(gpu))
		len = gpu_cmd_run(gpu, index, &gq->q->vq, &gq->chain[done]);
	if (len != GPU_CANCELLED) {
		gq->written[done++] = len;
		/* pairs with the acquire in queue_collect() */
		__atomic_store_n(&gq->done, done, __ATOMIC_RELEASE);
	}
	if (len == GPU_CANCELLED || done == gq->n)
		/* likewise */
		__atomic_store_n(&gq->phase, GPU_BACK, __ATOMIC_RELEASE);
	foo_queue_wake(gq->q);
	/* pairs with the acquire in gpu_queue_detach() */
	__atomic_store_n(&gq->waking, 0, __ATOMIC_RELEASE);
	return true;
}

static void *
thread_main(void *arg)
{
	struct foo_gpu *gpu = arg;
	struct gpu_thread *t = gpu->thread;
	sigset_t set;

	/* guest memory may be lost (lib/foo_vhost), whatever mask this was started with */
	sigemptyset(&set);
	sigaddset(&set, SIGBUS);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	while (!__atomic_load_n(&t->quit, __ATOMIC_RELAXED)) {
		bool busy = queue_serve(gpu, GPU_CONTROL);

		busy |= queue_serve(gpu, GPU_CURSOR);
		if (busy)
			continue;
		thread_reset(gpu);
		gpu_thread_rest(t, gpu_scanout_show(gpu) ? THREAD_LOOK_US : THREAD_REST_US);
	}
	gpu_cursor_reset(gpu);
	gpu_res_reset(gpu);
	return NULL;
}

int
gpu_thread_init(struct foo_gpu *gpu)
{
	struct gpu_thread *t = aligned_alloc(_Alignof(struct gpu_thread), sizeof(*t));

	if (t == NULL)
		return -ENOMEM;
	memset(t, 0, sizeof(*t));
	sem_init(&t->wake, 0, 0);
	t->current = &t->queue[GPU_CONTROL];
	gpu->thread = t;
	return 0;
}

void
gpu_thread_fini(struct foo_gpu *gpu)
{
	sem_destroy(&gpu->thread->wake);
	free(gpu->thread);
	gpu->thread = NULL;
}

int
gpu_thread_start(struct foo_gpu *gpu)
{
	/* not on the CPUs of lcores, as a plain thread would be */
	int rc = rte_ctrl_thread_create(&gpu->thread->id, "foo-gpu", NULL, thread_main, gpu);

	/* a negative errno from DPDK, a positive one from pthread_create() */
	return rc < 0 ? rc : -rc;
}

void
gpu_thread_stop(struct foo_gpu *gpu)
{
	__atomic_store_n(&gpu->thread->quit, 1, __ATOMIC_RELAXED);
	gpu_thread_wake(gpu);
	pthread_join(gpu->thread->id, NULL);
}
