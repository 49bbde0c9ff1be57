/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_LCORE_PRIV_H
#define FOO_LCORE_PRIV_H

/**
 * @file
 * The inside of the lcore scheduler.
 *
 * foo_lcore.c is what lcores do, foo_idle.c how they rest, foo_lcore_ctl.c how control threads
 * reach them. Who owns an lcore's list of queues is written in foo_lcore::owner.
 */

#include <rte_ring.h>

#include "foo_device.h"
#include "foo_lcore.h"

/** Messages of an lcore that may be under way; more than one only after missed deadlines. */
#define FOO_LCORE_MSGS 64

/** What a message orders. */
enum foo_lcore_op {
	FOO_LCORE_ATTACH, /**< Append a queue to the list, stopped. */
	FOO_LCORE_DETACH, /**< Remove a stopped queue from the list. */
	FOO_LCORE_START,  /**< Begin to poll a queue. */
	FOO_LCORE_STOP,   /**< Drain a queue; acknowledged when that is done. */
	FOO_LCORE_CALL,   /**< Interrupt a queue's guest. */
};

/** State of a message; each change is a compare-and-swap. */
enum foo_lcore_msg_state {
	FOO_MSG_FREE,      /**< Not in use. */
	FOO_MSG_PENDING,   /**< In the ring. */
	FOO_MSG_ACTIVE,    /**< Being carried out. */
	FOO_MSG_DONE,      /**< Carried out; the sender frees it. */
	FOO_MSG_CANCELLED, /**< Given up before it was begun; the lcore frees it, unexecuted. */
	FOO_MSG_ORPHAN,    /**< Given up, but to be carried out; the lcore frees it. */
};

/** A message to an lcore, in one of its slots. */
struct foo_lcore_msg {
	uint32_t state;      /**< enum foo_lcore_msg_state, atomic. */
	uint32_t op;         /**< enum foo_lcore_op. */
	struct foo_queue *q; /**< The queue meant. */
};

/** Who may touch the lcore's own part of struct foo_lcore. */
enum foo_lcore_owner {
	FOO_LCORE_NOBODY,  /**< Its loop does not run. */
	FOO_LCORE_LOOP,    /**< Its loop. */
	FOO_LCORE_CONTROL, /**< A control thread that stands in for the loop. */
};

/** An lcore. */
struct foo_lcore {
	/* the lcore's own part: its owner reads and writes it */
	uint64_t now;                 /**< TSC at the end of the last poll. */
	uint64_t last_work;           /**< TSC of the last round that did work. */
	uint32_t nqueues;             /**< Entries of queue[]. */
	uint32_t signals;             /**< foo_held_signals when last looked at. */
	bool stop;                    /**< foo_lcore_quit() was seen. */
	struct foo_queue **queue;     /**< The queues attached, in no order. */
	struct foo_lcore_stats stats; /**< Counters. */

	/* written by others now and then, read in each round */
	uint32_t doorbell __rte_cache_aligned; /**< Not 0: look at the ring and at quit. */
	uint32_t asleep;       /**< In epoll, or about to be; see foo_lcore_wake(). */
	uint32_t owner;        /**< enum foo_lcore_owner, atomic. */
	unsigned int id;       /**< EAL's lcore id. */
	pid_t tid;             /**< Thread of the owner; relaxed, set before owner is LOOP. */
	int epfd;              /**< epoll on wakefd and the kick fds, all edge-triggered. */
	int wakefd;            /**< Own eventfd. */
	struct rte_ring *ring; /**< Of struct foo_lcore_msg *. */
	struct foo_lcore_msg msg[FOO_LCORE_MSGS]; /**< The slots; under foo_ctl_lock. */

	uint64_t held_loops; /**< stats.loops as foo_lcore_release_held() saw it last. */

	/* for placement, under foo_ctl_lock */
	uint32_t attached;   /**< Queues placed here. */
	uint32_t share;      /**< Busy cycles in eighths, when last looked at. */
	uint64_t seen_busy;  /**< stats.busy_cycles at that time. */
	uint64_t seen_total; /**< Busy and idle cycles at that time. */
} __rte_cache_aligned;

/** Add to a counter that others read; only its owner writes it. */
static inline void
foo_stat_add(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

/** Read a counter of somebody else. */
static inline uint64_t
foo_stat_get(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/** The lcore of that id, or NULL if it does not poll. Any thread. */
struct foo_lcore *foo_lcore_get(unsigned int id);

/** The idle mode given to foo_lcore_init(). */
enum foo_idle_mode foo_lcore_idle_mode(void);

/** Owner: carry out the messages waiting, and see whether to quit. */
void foo_lcore_messages(struct foo_lcore *lc);

/** Owner: poll each queue once. Whether any work was done. */
bool foo_lcore_round(struct foo_lcore *lc);

/** Become the owner of an lcore that has none. Whether that worked. */
bool foo_lcore_own(struct foo_lcore *lc, enum foo_lcore_owner owner);

/** Stop being the owner. */
void foo_lcore_disown(struct foo_lcore *lc);

/** Make an lcore look at its messages, and wake it. Any thread. */
void foo_lcore_ring_bell(struct foo_lcore *lc);

/** Set the thresholds of the idle ladder. Once, before the lcores run. */
void foo_idle_init(void);

/** Take FOO_LCORE_SIGNAL over, whose arrival ends a blocked call. Before the lcores run. */
void foo_held_init(void);

/** Counts the signals that came, to any thread. */
extern uint32_t foo_held_signals;

/** Give FOO_LCORE_SIGNAL back; no lcore runs. */
void foo_held_fini(void);

/** Lcore: one round without work has passed; go down the ladder. */
void foo_idle_step(struct foo_lcore *lc);

/**
 * Control, under foo_ctl_lock: let the queue's lcore carry out an order.
 *
 * @return 0 when it has; -ETIMEDOUT: it did not within FOO_CTL_DEADLINE_MS and never will;
 *   -EINPROGRESS: it did not, but will when it can (always so for DETACH and STOP); -EBUSY: too
 *   many such; -ENODEV: q->lcore does not poll
 */
int foo_lcore_order(enum foo_lcore_op op, struct foo_queue *q);

/**
 * Control, under foo_ctl_lock: stand in for all lcores whose loops do not run, for one round. All,
 * since a queue that is drained may have handed chains to a queue of another of them, and gets
 * them back only if that is polled too.
 */
void foo_lcore_stand_in(void);

/** Control: let kicks of q->kickfd end the sleep of its lcore. 0 or -errno of epoll_ctl(). */
int foo_lcore_watch(struct foo_queue *q);

/** Control: undo foo_lcore_watch(); before the fd is closed and before the queue is stopped. */
void foo_lcore_unwatch(struct foo_queue *q);

#endif /* FOO_LCORE_PRIV_H */
