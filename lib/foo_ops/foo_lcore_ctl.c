/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <sys/epoll.h>
#include <time.h>

#include <rte_pause.h>

#include "foo_lcore_priv.h"

/* Looks at the acknowledgement before each is put off by a short sleep. */
#define CTL_SPINS 200
#define CTL_SLEEP_NS 20000

static uint64_t
ctl_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void
foo_lcore_ring_bell(struct foo_lcore *lc)
{
	/* pairs with the acquire exchange in foo_lcore_messages() */
	__atomic_store_n(&lc->doorbell, 1, __ATOMIC_RELEASE);
	foo_lcore_wake(lc->id);
}

unsigned int
foo_lcore_num_queues(unsigned int lcore)
{
	const struct foo_lcore *lc = foo_lcore_get(lcore);

	return lc != NULL ? lc->attached : 0;
}

static struct foo_lcore_msg *
ctl_take_slot(struct foo_lcore *lc)
{
	for (unsigned int i = 0; i < FOO_LCORE_MSGS; i++)
		/* acquire pairs with the lcore's release store of FREE */
		if (__atomic_load_n(&lc->msg[i].state, __ATOMIC_ACQUIRE) == FOO_MSG_FREE)
			return &lc->msg[i];
	return NULL;
}

void
foo_lcore_stand_in(void)
{
	unsigned int id;

	RTE_LCORE_FOREACH(id) {
		struct foo_lcore *lc = foo_lcore_get(id);

		if (lc == NULL || __atomic_load_n(&lc->owner, __ATOMIC_RELAXED) == FOO_LCORE_LOOP)
			continue;
		if (!foo_lcore_own(lc, FOO_LCORE_CONTROL))
			continue;
		foo_lcore_messages(lc);
		foo_lcore_round(lc);
		foo_lcore_disown(lc);
	}
}

/* The deadline has passed. An order to let go stands; any other is void if it was not begun. */
static int
ctl_give_up(struct foo_lcore_msg *msg)
{
	bool stands = msg->op == FOO_LCORE_STOP || msg->op == FOO_LCORE_DETACH;
	uint32_t state = FOO_MSG_PENDING;
	uint32_t next = stands ? FOO_MSG_ORPHAN : FOO_MSG_CANCELLED;

	if (__atomic_compare_exchange_n(&msg->state, &state, next, false, __ATOMIC_RELAXED,
					__ATOMIC_RELAXED))
		return stands ? -EINPROGRESS : -ETIMEDOUT;
	if (state == FOO_MSG_ACTIVE &&
	    __atomic_compare_exchange_n(&msg->state, &state, FOO_MSG_ORPHAN, false,
					__ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return -EINPROGRESS;
	/* it was done at the last moment */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	__atomic_store_n(&msg->state, FOO_MSG_FREE, __ATOMIC_RELAXED);
	return 0;
}

static int
ctl_await(struct foo_lcore_msg *msg)
{
	const struct timespec nap = {.tv_nsec = CTL_SLEEP_NS};
	uint64_t deadline = ctl_now_ms() + FOO_CTL_DEADLINE_MS;

	for (unsigned int spins = 0; ctl_now_ms() <= deadline; spins++) {
		/* acquire pairs with the release in lcore_done() */
		if (__atomic_load_n(&msg->state, __ATOMIC_ACQUIRE) == FOO_MSG_DONE) {
			__atomic_store_n(&msg->state, FOO_MSG_FREE, __ATOMIC_RELAXED);
			return 0;
		}
		foo_lcore_stand_in();
		if (spins < CTL_SPINS)
			rte_pause();
		else
			nanosleep(&nap, NULL);
	}
	return ctl_give_up(msg);
}

int
foo_lcore_order(enum foo_lcore_op op, struct foo_queue *q)
{
	struct foo_lcore *lc = foo_lcore_get(q->lcore);
	struct foo_lcore_msg *msg;

	if (lc == NULL)
		return -ENODEV;
	msg = ctl_take_slot(lc);
	if (msg == NULL)
		return -EBUSY;
	msg->op = op;
	msg->q = q;
	__atomic_store_n(&msg->state, FOO_MSG_PENDING, __ATOMIC_RELAXED);
	if (rte_ring_mp_enqueue(lc->ring, msg) != 0) {
		__atomic_store_n(&msg->state, FOO_MSG_FREE, __ATOMIC_RELAXED);
		return -EBUSY;
	}
	foo_lcore_ring_bell(lc);
	return ctl_await(msg);
}

int
foo_lcore_watch(struct foo_queue *q)
{
	struct epoll_event ev = {.events = EPOLLIN | EPOLLET, .data.ptr = q};
	const struct foo_lcore *lc = foo_lcore_get(q->lcore);

	return epoll_ctl(lc->epfd, EPOLL_CTL_ADD, q->kickfd, &ev) == 0 ? 0 : -errno;
}

void
foo_lcore_unwatch(struct foo_queue *q)
{
	const struct foo_lcore *lc = foo_lcore_get(q->lcore);

	epoll_ctl(lc->epfd, EPOLL_CTL_DEL, q->kickfd, NULL);
}
