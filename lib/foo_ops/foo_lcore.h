/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_LCORE_H
#define FOO_LCORE_H

/**
 * @file
 * The lcore scheduler: each EAL lcore polls the queues attached to it.
 *
 * An lcore owns its list of queues. Control threads change the list by messages through an
 * rte_ring, each acknowledged; nothing on the path of a poll takes a lock. An lcore without work
 * climbs down a ladder: spin, pause, then it asks the guests for kicks, looks once more, and
 * sleeps in epoll on kick fds and its own wake-up fd.
 *
 * While an lcore's loop does not run (before foo_lcore_run(), after foo_lcore_quit()) the control
 * thread that sends a message carries it out itself, in the lcore's place, and polls the queues
 * of all such lcores until it is done: devices can be set up and torn down without the loops.
 */

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_lcore.h>

struct foo_queue;

/** What an lcore does without work. */
enum foo_idle_mode {
	FOO_IDLE_ADAPTIVE, /**< The whole ladder. */
	FOO_IDLE_SPIN,     /**< Spin for ever, as testpmd does. */
};

/** Counters of an lcore; written by it only, read relaxed by anyone. */
struct foo_lcore_stats {
	uint64_t busy_cycles; /**< TSC cycles of polls that did work. */
	uint64_t idle_cycles; /**< TSC cycles of polls that did none, of messages, and asleep. */
	uint64_t loops;       /**< Rounds over the queues. */
	uint64_t sleeps;      /**< Times asleep in epoll. */
	uint64_t wakeups;     /**< Sleeps ended by a kick or a wake-up (not by a time-out). */
	uint64_t messages;    /**< Control messages carried out. */
};

/** Prepare all EAL lcores. Control thread or main, after rte_eal_init(). 0 or -errno. */
int foo_lcore_init(enum foo_idle_mode mode);

/** Free what foo_lcore_init() allocated; no lcore may be running. */
void foo_lcore_fini(void);

/** The polling loop, for rte_eal_mp_remote_launch(..., CALL_MAIN); returns after
 * foo_lcore_quit(). arg is not used. */
int foo_lcore_run(void *arg);

/** End the loops of all lcores. Any thread. */
void foo_lcore_quit(void);

/** Wait until all lcores run their loops. 0 or -ETIMEDOUT after 10 s. */
int foo_lcore_wait_running(void);

/**
 * Wake an lcore that may be asleep, after something was stored that its queue_pending() sees.
 * Lcores and control threads. Has a full barrier; enters the kernel only if the lcore sleeps.
 * RTE_MAX_LCORE: nothing. For a queue, which may be moved meanwhile, use foo_queue_wake().
 */
void foo_lcore_wake(unsigned int lcore);

/** Snapshot of an lcore's counters; false if it is no polling lcore. Any thread. */
bool foo_lcore_stats_get(unsigned int lcore, struct foo_lcore_stats *stats);

/** Number of queues attached. Control. */
unsigned int foo_lcore_num_queues(unsigned int lcore);

/** Whether the lcore is asleep right now (a hint). Any thread. */
bool foo_lcore_is_asleep(unsigned int lcore);

/** Signal that ends a blocked call: one that does nothing where nobody expects it. Threads that
 * may send messages to lcores must not block it. */
#define FOO_LCORE_SIGNAL SIGURG

/** Let the calling thread receive FOO_LCORE_SIGNAL, whatever mask it was started with. */
void foo_lcore_hear(void);

/**
 * Free the lcores that a guest holds up. The one system call of an lcore that can block is the
 * write to a call eventfd, if the guest has made that blocking and filled it behind our back. Each
 * lcore that has done no round since the last call and is not asleep gets FOO_LCORE_SIGNAL, which
 * ends the write and breaks the queue (FOO_FAULT_CALL_BLOCKED); to one that is only slow it does
 * nothing. The call path pays nothing for it.
 *
 * One thread, again and again: what it waits between two calls is what a guest can hold others
 * up, twice. No locks.
 *
 * @return lcores that were sent the signal
 */
unsigned int foo_lcore_release_held(void);

/** The idle mode as its option word. */
const char *foo_idle_mode_name(enum foo_idle_mode mode);

#endif /* FOO_LCORE_H */
