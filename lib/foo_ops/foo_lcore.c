/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_pause.h>

#include "foo_lcore_priv.h"

/* Room of a message ring: a power of two above FOO_LCORE_MSGS. */
#define LCORE_RING_SIZE 128

/* Queues that may be attached to one lcore: all there can be. The list costs memory only where
 * it is used. */
#define LCORE_QUEUES_MAX (FOO_MAX_DEVICES * FOO_DEVICE_MAX_QUEUES)

/* How long foo_lcore_wait_running() waits, in milliseconds. */
#define LCORE_START_MS 10000

static struct foo_lcore *lcores[RTE_MAX_LCORE];
static enum foo_idle_mode lcore_idle;
static uint32_t lcore_quit;

struct foo_lcore *
foo_lcore_get(unsigned int id)
{
	return id < RTE_MAX_LCORE ? lcores[id] : NULL;
}

enum foo_idle_mode
foo_lcore_idle_mode(void)
{
	return lcore_idle;
}

static void
lcore_set_state(struct foo_queue *q, enum foo_queue_state state)
{
	/* pairs with the acquire load in queue_state_acquire(): who sees the state sees what was
	 * done before */
	__atomic_store_n(&q->state, state, __ATOMIC_RELEASE);
}

/* A message was carried out: tell the sender, if it still waits. */
static void
lcore_done(struct foo_lcore_msg *msg)
{
	uint32_t active = FOO_MSG_ACTIVE;

	/* release pairs with the acquire load in foo_lcore_order() */
	if (!__atomic_compare_exchange_n(&msg->state, &active, FOO_MSG_DONE, false,
					 __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		__atomic_store_n(&msg->state, FOO_MSG_FREE, __ATOMIC_RELEASE);
}

/* The queue broke: from now on it is only asked for what others handed to it. */
static void
lcore_broke(struct foo_queue *q)
{
	__atomic_store_n(&q->broken, q->vq.broken, __ATOMIC_RELAXED);
	foo_stat_add(&q->stats.breaks, 1);
	q->sched.step = q->ops->poll_stopped;
}

/* Call at a control thread's order; it learns at once if that broke the queue. A guest whose queue
 * is broken has nothing to wait for, and must not hold the lcore up by that. */
static void
lcore_call(struct foo_queue *q)
{
	if (q->vq.broken != 0)
		return;
	foo_vq_call(&q->vq);
	if (q->vq.broken != 0)
		lcore_broke(q);
}

static unsigned int
lcore_step_serve(struct foo_queue *q)
{
	unsigned int work = q->ops->poll(q);

	if (unlikely(q->vq.broken != 0))
		lcore_broke(q);
	return work;
}

static unsigned int
lcore_step_drain(struct foo_queue *q)
{
	struct foo_lcore_msg *msg = q->sched.stop;

	if (q->ops->queue_stop(q)) {
		q->sched.stop = NULL;
		q->sched.step = q->ops->poll_stopped;
		lcore_set_state(q, FOO_QUEUE_STOPPED);
		lcore_done(msg);
	}
	return 0;
}

static void
lcore_attach(struct foo_lcore *lc, struct foo_queue *q)
{
	q->sched.slot = lc->nqueues;
	q->sched.step = q->ops->poll_stopped;
	lc->queue[lc->nqueues++] = q;
	lcore_set_state(q, FOO_QUEUE_STOPPED);
}

static void
lcore_detach(struct foo_lcore *lc, struct foo_queue *q)
{
	struct foo_queue *last = lc->queue[--lc->nqueues];

	lc->queue[q->sched.slot] = last;
	last->sched.slot = q->sched.slot;
	lcore_set_state(q, FOO_QUEUE_DETACHED);
}

static void
lcore_start(struct foo_queue *q)
{
	/* one that was moved while broken stays so */
	__atomic_store_n(&q->broken, q->vq.broken, __ATOMIC_RELAXED);
	q->sched.step = q->broken != 0 ? q->ops->poll_stopped : lcore_step_serve;
	if (q->ops->queue_start != NULL)
		q->ops->queue_start(q);
	lcore_set_state(q, FOO_QUEUE_RUNNING);
	if (q->broken == 0)
		q->ops->queue_disarm(q); /* it is polled: kicks would be wasted */
	if (q->sched.cfg.call_first)
		lcore_call(q);
}

static void
lcore_execute(struct foo_lcore *lc, struct foo_lcore_msg *msg)
{
	switch ((enum foo_lcore_op)msg->op) {
	case FOO_LCORE_ATTACH:
		lcore_attach(lc, msg->q);
		break;
	case FOO_LCORE_DETACH:
		lcore_detach(lc, msg->q);
		break;
	case FOO_LCORE_START:
		lcore_start(msg->q);
		break;
	case FOO_LCORE_STOP:
		msg->q->sched.stop = msg;
		msg->q->sched.step = lcore_step_drain;
		lcore_set_state(msg->q, FOO_QUEUE_STOPPING);
		return; /* lcore_step_drain() acknowledges */
	case FOO_LCORE_CALL:
		lcore_call(msg->q);
		break;
	}
	lcore_done(msg);
}

void
foo_lcore_messages(struct foo_lcore *lc)
{
	struct foo_lcore_msg *msg;
	uint32_t pending;

	/* acquire pairs with the release store in foo_lcore_ring_bell(): what was put into the
	 * ring before the bell is found below; what comes later rings it again */
	__atomic_exchange_n(&lc->doorbell, 0, __ATOMIC_ACQUIRE);
	while (rte_ring_sc_dequeue(lc->ring, (void **)&msg) == 0) {
		pending = FOO_MSG_PENDING;
		__atomic_compare_exchange_n(&msg->state, &pending, FOO_MSG_ACTIVE, false,
					    __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE);
		if (pending == FOO_MSG_CANCELLED) {
			__atomic_store_n(&msg->state, FOO_MSG_FREE, __ATOMIC_RELEASE);
			continue;
		}
		lcore_execute(lc, msg);
		foo_stat_add(&lc->stats.messages, 1);
	}
	lc->stop = __atomic_load_n(&lcore_quit, __ATOMIC_RELAXED) != 0;
}

/* Whether vq is the lcore's now. */
static bool
lcore_serves(const struct foo_queue *q)
{
	return q->state == FOO_QUEUE_RUNNING || q->state == FOO_QUEUE_STOPPING;
}

/* No more calls to the guest of this device: its other eventfds may be like that one. */
static void
lcore_silence(const struct foo_lcore *lc, const struct foo_device *dev)
{
	for (uint32_t i = 0; i < lc->nqueues; i++) {
		struct foo_queue *q = lc->queue[i];

		if (q->dev == dev && lcore_serves(q))
			q->vq.callfd = FOO_VQ_NO_FD;
	}
}

/*
 * A signal came: whether it has ended a call. Looked at after each step, not each round: one round
 * could be held up by all queues of a device in turn. The step need not be that queue's, since a
 * queue is called by those that send to it.
 */
static void
lcore_signalled(struct foo_lcore *lc)
{
	lc->signals = __atomic_load_n(&foo_held_signals, __ATOMIC_RELAXED);
	for (uint32_t i = 0; i < lc->nqueues; i++) {
		const struct foo_queue *q = lc->queue[i];

		if (lcore_serves(q) && q->vq.broken == FOO_FAULT_CALL_BLOCKED)
			lcore_silence(lc, q->dev);
	}
}

bool
foo_lcore_round(struct foo_lcore *lc)
{
	uint64_t begin = lc->now, now = begin, busy = 0, end;
	bool worked = false;

	for (uint32_t i = 0; i < lc->nqueues; i++) {
		struct foo_queue *q = lc->queue[i];
		unsigned int work = q->sched.step(q);

		if (unlikely(__atomic_load_n(&foo_held_signals, __ATOMIC_RELAXED) != lc->signals))
			lcore_signalled(lc);
		end = rte_rdtsc();
		if (work != 0) {
			foo_stat_add(&q->stats.busy_cycles, end - now);
			foo_stat_add(&q->stats.work, work);
			busy += end - now;
			worked = true;
		}
		now = end;
	}
	if (lc->nqueues == 0)
		now = rte_rdtsc();
	foo_stat_add(&lc->stats.busy_cycles, busy);
	foo_stat_add(&lc->stats.idle_cycles, now - begin - busy);
	foo_stat_add(&lc->stats.loops, 1);
	lc->now = now;
	return worked;
}

bool
foo_lcore_own(struct foo_lcore *lc, enum foo_lcore_owner owner)
{
	uint32_t nobody = FOO_LCORE_NOBODY;

	/* acquire pairs with the release in foo_lcore_disown() of the owner before */
	if (!__atomic_compare_exchange_n(&lc->owner, &nobody, owner, false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED))
		return false;
	__atomic_store_n(&lc->tid, gettid(), __ATOMIC_RELAXED);
	lc->now = rte_rdtsc();
	return true;
}

void
foo_lcore_disown(struct foo_lcore *lc)
{
	__atomic_store_n(&lc->owner, FOO_LCORE_NOBODY, __ATOMIC_RELEASE);
}

int
foo_lcore_run(__rte_unused void *arg)
{
	struct foo_lcore *lc = foo_lcore_get(rte_lcore_id());

	if (lc == NULL)
		return -EINVAL;
	foo_lcore_hear();
	while (!foo_lcore_own(lc, FOO_LCORE_LOOP))
		rte_pause(); /* a control thread is about to leave */
	lc->last_work = lc->now;
	lc->stop = __atomic_load_n(&lcore_quit, __ATOMIC_RELAXED) != 0;
	while (likely(!lc->stop)) {
		if (unlikely(__atomic_load_n(&lc->doorbell, __ATOMIC_RELAXED) != 0))
			foo_lcore_messages(lc);
		if (foo_lcore_round(lc))
			lc->last_work = lc->now;
		else if (!lc->stop)
			foo_idle_step(lc);
	}
	foo_lcore_disown(lc);
	return 0;
}

static void
lcore_free(struct foo_lcore *lc)
{
	if (lc->epfd >= 0)
		close(lc->epfd);
	if (lc->wakefd >= 0)
		close(lc->wakefd);
	free(lc->ring);
	free(lc->queue);
	free(lc);
}

static int
lcore_alloc_ring(struct foo_lcore *lc)
{
	ssize_t size = rte_ring_get_memsize(LCORE_RING_SIZE);
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "foo_lcore_%u", lc->id);
	lc->ring = aligned_alloc(RTE_CACHE_LINE_SIZE, RTE_ALIGN_CEIL(size, RTE_CACHE_LINE_SIZE));
	if (lc->ring == NULL)
		return -ENOMEM;
	return rte_ring_init(lc->ring, name, LCORE_RING_SIZE, RING_F_SC_DEQ);
}

static int
lcore_open_fds(struct foo_lcore *lc)
{
	/* edge-triggered: nothing ever needs to be read from it */
	struct epoll_event ev = {.events = EPOLLIN | EPOLLET, .data.ptr = NULL};

	lc->epfd = epoll_create1(EPOLL_CLOEXEC);
	lc->wakefd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (lc->epfd < 0 || lc->wakefd < 0)
		return -errno;
	return epoll_ctl(lc->epfd, EPOLL_CTL_ADD, lc->wakefd, &ev) == 0 ? 0 : -errno;
}

static int
lcore_alloc(unsigned int id)
{
	struct foo_lcore *lc = aligned_alloc(RTE_CACHE_LINE_SIZE, sizeof(*lc));
	int rc;

	if (lc == NULL)
		return -ENOMEM;
	*lc = (struct foo_lcore){.id = id, .epfd = -1, .wakefd = -1};
	lc->queue = calloc(LCORE_QUEUES_MAX, sizeof(*lc->queue));
	rc = lc->queue == NULL ? -ENOMEM : lcore_alloc_ring(lc);
	if (rc == 0)
		rc = lcore_open_fds(lc);
	if (rc != 0) {
		lcore_free(lc);
		return rc;
	}
	lcores[id] = lc;
	return 0;
}

int
foo_lcore_init(enum foo_idle_mode mode)
{
	unsigned int id;
	int rc;

	lcore_idle = mode;
	__atomic_store_n(&lcore_quit, 0, __ATOMIC_RELAXED);
	foo_idle_init();
	foo_held_init();
	RTE_LCORE_FOREACH(id) {
		rc = lcore_alloc(id);
		if (rc != 0) {
			foo_lcore_fini();
			return rc;
		}
	}
	return 0;
}

void
foo_lcore_fini(void)
{
	for (unsigned int id = 0; id < RTE_MAX_LCORE; id++) {
		if (lcores[id] != NULL)
			lcore_free(lcores[id]);
		lcores[id] = NULL;
	}
	foo_held_fini();
}

int
foo_lcore_wait_running(void)
{
	const struct timespec ms = {.tv_nsec = 1000 * 1000};
	unsigned int id;

	for (int waited = 0; waited < LCORE_START_MS; waited++) {
		bool all = true;

		RTE_LCORE_FOREACH(id)
			if (lcores[id] == NULL ||
			    __atomic_load_n(&lcores[id]->owner, __ATOMIC_ACQUIRE) != FOO_LCORE_LOOP)
				all = false;
		if (all)
			return 0;
		nanosleep(&ms, NULL);
	}
	return -ETIMEDOUT;
}

bool
foo_lcore_stats_get(unsigned int id, struct foo_lcore_stats *stats)
{
	const struct foo_lcore *lc = foo_lcore_get(id);

	if (lc == NULL)
		return false;
	stats->busy_cycles = foo_stat_get(&lc->stats.busy_cycles);
	stats->idle_cycles = foo_stat_get(&lc->stats.idle_cycles);
	stats->loops = foo_stat_get(&lc->stats.loops);
	stats->sleeps = foo_stat_get(&lc->stats.sleeps);
	stats->wakeups = foo_stat_get(&lc->stats.wakeups);
	stats->messages = foo_stat_get(&lc->stats.messages);
	return true;
}

void
foo_lcore_quit(void)
{
	__atomic_store_n(&lcore_quit, 1, __ATOMIC_RELAXED);
	for (unsigned int id = 0; id < RTE_MAX_LCORE; id++)
		if (lcores[id] != NULL)
			foo_lcore_ring_bell(lcores[id]);
}
