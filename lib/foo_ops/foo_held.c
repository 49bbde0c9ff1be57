/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/* Lcores that are held up in a system call by a guest, and how they are freed. */

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "foo_lcore_priv.h"

static struct sigaction held_before;

uint32_t foo_held_signals;

/* That it came is nearly all: a system call that waits fails with EINTR. */
static void
held_signal(__rte_unused int sig)
{
	__atomic_fetch_add(&foo_held_signals, 1, __ATOMIC_RELAXED);
}

void
foo_held_init(void)
{
	/* without SA_RESTART: a write that waits must not be taken up again */
	struct sigaction sa = {.sa_handler = held_signal};

	sigemptyset(&sa.sa_mask);
	sigaction(FOO_LCORE_SIGNAL, &sa, &held_before);
}

void
foo_held_fini(void)
{
	sigaction(FOO_LCORE_SIGNAL, &held_before, NULL);
}

void
foo_lcore_hear(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, FOO_LCORE_SIGNAL);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* Whether the lcore has stood still since the last look. A guess, and harmless if wrong. */
static bool
held_is(struct foo_lcore *lc)
{
	uint64_t loops = foo_stat_get(&lc->stats.loops);
	bool same = loops == lc->held_loops;

	lc->held_loops = loops;
	return same && __atomic_load_n(&lc->asleep, __ATOMIC_RELAXED) == 0 &&
	       __atomic_load_n(&lc->owner, __ATOMIC_RELAXED) != FOO_LCORE_NOBODY;
}

unsigned int
foo_lcore_release_held(void)
{
	unsigned int id, n = 0;

	RTE_LCORE_FOREACH(id) {
		struct foo_lcore *lc = foo_lcore_get(id);

		if (lc == NULL || !held_is(lc))
			continue;
		/* a signal that comes just before the call is lost, and sent again next time */
		tgkill(getpid(), __atomic_load_n(&lc->tid, __ATOMIC_RELAXED), FOO_LCORE_SIGNAL);
		n++;
	}
	return n;
}
