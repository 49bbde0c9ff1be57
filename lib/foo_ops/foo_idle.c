/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <rte_cycles.h>
#include <rte_pause.h>

#include "foo_lcore_priv.h"

/*
 * The ladder: between two rounds without work an lcore pauses, and IDLE_PAUSE_US after the last
 * work it sleeps. To sleep and be woken costs 5 to 50 us and the guest a kick, so a queue with
 * traffic at all should not get there. A wake-up that brings no work (a time-out, a kick without a
 * buffer) does not climb the ladder again: one round, and back to sleep.
 */
#define IDLE_PAUSE_US 200

/*
 * Pauses between two rounds: some 300 ns. A round looks at the lines that the guest is about to
 * write, and takes them away from it: without a pause guest and lcore hold each other up, and an
 * lcore that polls less often finds more at once.
 */
#define IDLE_PAUSES 16

/* Longest sleep while a queue has no kick fd or is being drained, in ms. */
#define IDLE_BLIND_MS 1

/* Longest sleep otherwise, in ms: a guest that forgets a kick is served late, not never. */
#define IDLE_SLEEP_MS 100

/* Kicks taken note of in one wake-up; what is beyond shows in the next. */
#define IDLE_EVENTS 32

static uint64_t idle_pause_cycles;

void
foo_idle_init(void)
{
	idle_pause_cycles = rte_get_tsc_hz() / 1000000 * IDLE_PAUSE_US;
}

/* Ask for kicks of all queues that serve. How long to sleep at most, as epoll_wait() takes it. */
static int
idle_arm(const struct foo_lcore *lc)
{
	int timeout = IDLE_SLEEP_MS;

	for (uint32_t i = 0; i < lc->nqueues; i++) {
		struct foo_queue *q = lc->queue[i];

		if (foo_queue_is_serving(q)) {
			q->ops->queue_arm(q);
			if (q->kickfd < 0)
				timeout = IDLE_BLIND_MS;
		} else if (foo_queue_state(q) == FOO_QUEUE_STOPPING) {
			timeout = IDLE_BLIND_MS;
		}
	}
	return timeout;
}

static void
idle_disarm(const struct foo_lcore *lc)
{
	for (uint32_t i = 0; i < lc->nqueues; i++)
		if (foo_queue_is_serving(lc->queue[i]))
			lc->queue[i]->ops->queue_disarm(lc->queue[i]);
}

static bool
idle_pending(const struct foo_lcore *lc)
{
	if (__atomic_load_n(&lc->doorbell, __ATOMIC_RELAXED) != 0)
		return true;
	for (uint32_t i = 0; i < lc->nqueues; i++)
		if (lc->queue[i]->ops->queue_pending(lc->queue[i]))
			return true;
	return false;
}

/*
 * All fds are edge-triggered and nothing is read from them: a read could block (a kick fd's file
 * description is the front-end's, which may have made it blocking and drained it just now), and
 * each write to an eventfd is an edge, also one on top of an unread count.
 */
static void
idle_wait(struct foo_lcore *lc, int timeout)
{
	struct epoll_event ev[IDLE_EVENTS];
	int n;

	foo_stat_add(&lc->stats.sleeps, 1);
	n = epoll_wait(lc->epfd, ev, IDLE_EVENTS, timeout);
	if (n > 0)
		foo_stat_add(&lc->stats.wakeups, 1);
	for (int i = 0; i < n; i++) {
		struct foo_queue *q = ev[i].data.ptr;

		if (q != NULL)
			foo_stat_add(&q->stats.wakeups, 1);
	}
}

/* The lcore has rested until now: that is nobody's work. */
static void
idle_account(struct foo_lcore *lc)
{
	uint64_t now = rte_rdtsc();

	foo_stat_add(&lc->stats.idle_cycles, now - lc->now);
	lc->now = now;
}

static void
idle_sleep(struct foo_lcore *lc)
{
	int timeout;

	__atomic_store_n(&lc->asleep, 1, __ATOMIC_RELAXED);
	timeout = idle_arm(lc);
	/*
	 * Pairs with the fence of foo_lcore_wake() and of foo_queue_wake(), and with the guest's
	 * between making a buffer available and looking whether to kick: either they see us
	 * asleep (armed), or we see what they have stored.
	 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!idle_pending(lc))
		idle_wait(lc, timeout);
	__atomic_store_n(&lc->asleep, 0, __ATOMIC_RELAXED);
	idle_disarm(lc);
	idle_account(lc);
}

void
foo_idle_step(struct foo_lcore *lc)
{
	if (foo_lcore_idle_mode() == FOO_IDLE_ADAPTIVE &&
	    lc->now - lc->last_work >= idle_pause_cycles) {
		idle_sleep(lc);
		return;
	}
	for (unsigned int i = 0; i < IDLE_PAUSES; i++)
		rte_pause();
	idle_account(lc);
}

static void
idle_wake(struct foo_lcore *lc)
{
	/* one of several wakers pays for the system call */
	if (__atomic_load_n(&lc->asleep, __ATOMIC_RELAXED) != 0 &&
	    __atomic_exchange_n(&lc->asleep, 0, __ATOMIC_RELAXED) != 0)
		eventfd_write(lc->wakefd, 1);
}

void
foo_lcore_wake(unsigned int lcore)
{
	struct foo_lcore *lc = foo_lcore_get(lcore);

	/* pairs with the fence in idle_sleep() */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (lc != NULL)
		idle_wake(lc);
}

void
foo_queue_wake(const struct foo_queue *q)
{
	struct foo_lcore *lc;

	/* pairs with the fence in idle_sleep(). Only behind it is the place read: if the queue
	 * is being moved and the new lcore fell asleep without seeing the work, then its place
	 * was stored before that, and is seen here */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	lc = foo_lcore_get(__atomic_load_n(&q->lcore, __ATOMIC_RELAXED));
	if (lc != NULL)
		idle_wake(lc);
}

bool
foo_lcore_is_asleep(unsigned int lcore)
{
	const struct foo_lcore *lc = foo_lcore_get(lcore);

	return lc != NULL && __atomic_load_n(&lc->asleep, __ATOMIC_RELAXED) != 0;
}

const char *
foo_idle_mode_name(enum foo_idle_mode mode)
{
	return mode == FOO_IDLE_SPIN ? "spin" : "adaptive";
}
