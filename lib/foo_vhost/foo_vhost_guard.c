/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/*
 * Beside the thread that watches connections, which may have to wait for a lock or for an lcore,
 * this one waits for nothing: it frees lcores that a front-end holds up.
 */

#include <stdatomic.h>
#include <time.h>

#include <rte_common.h>

#include <foo_lcore.h>

#include "foo_vhost_priv.h"

/* How often it looks. A call that blocks is ended after one to two times as long. */
#define TICK_MS 25

static pthread_t thread;
static atomic_bool quit;

static void *
run(void *arg)
{
	const struct timespec tick = {.tv_nsec = TICK_MS * 1000 * 1000};
	bool freed = false;

	RTE_SET_USED(arg);
	while (!atomic_load_explicit(&quit, memory_order_relaxed)) {
		nanosleep(&tick, NULL);
		/* a queue that broke is seen by the next tick: whose it was is to be found out */
		if (freed)
			foo_vhost_watch_wake();
		freed = foo_lcore_release_held() > 0;
	}
	return NULL;
}

int
foo_vhost_guard_start(void)
{
	atomic_store_explicit(&quit, false, memory_order_relaxed);
	return foo_vhost_thread_start(&thread, run, "foo-guard");
}

void
foo_vhost_guard_stop(void)
{
	atomic_store_explicit(&quit, true, memory_order_relaxed);
	pthread_join(thread, NULL);
}
