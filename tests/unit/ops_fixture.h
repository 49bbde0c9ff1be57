/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef OPS_FIXTURE_H
#define OPS_FIXTURE_H

/**
 * @file
 * EAL lcores, a device class and a guest for the tests of lib/foo_ops.
 *
 * Two lcores run the real loops; the tests are a control thread beside them. The device class
 * `fake` completes every chain with length 0, keeps a record of its calls, and misbehaves on
 * demand.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_pause.h>

#include <foo_device.h>
#include <foo_guest_ring.h>
#include <foo_lcore.h>

/** Virtqueues of a fake device, unless queues= says otherwise. */
#define FAKE_QUEUES 2

/** A queue of a fake device; members shared with the lcore are accessed atomically. */
struct fake_queue {
	bool stuck;                /**< poll() does not return while this is set. */
	bool inside;               /**< poll() is in that state. */
	bool undrained;            /**< queue_stop() returns false while this is set. */
	bool break_next;           /**< The next poll() breaks the queue. */
	uint64_t spin;             /**< TSC cycles that each poll() with work wastes. */
	uint64_t polls;            /**< Calls of poll(). */
	uint64_t stopped;          /**< Calls of poll_stopped(). */
	uint64_t mail;             /**< Letters put in by others. */
	uint64_t mail_done;        /**< Letters taken out, by poll() or poll_stopped(). */
	struct foo_queue *forward; /**< Where a letter goes next, or NULL. */
};

/** A fake device. */
struct fake_dev {
	struct foo_device dev; /**< The parent. */
	uint32_t queues;       /**< queues=. */
	int fail_init;         /**< instance_init returns this. */
	int fail_realize;      /**< realize returns this. */
	int fail_attach;       /**< queue_attach of queue 1 returns this. */
	int fail_features;     /**< set_features returns this. */
	struct fake_queue *fq; /**< From realize to unrealize. */
	char trace[1024];      /**< Names of the control operations called, with spaces. */
};

/** The record of operations called outside of an instance's life. */
extern char fake_init_trace[256];
/** What instance_init of the next fake device returns. */
extern int fake_fail_init;

/** The fake device behind a device. */
static inline struct fake_dev *
fake_of(struct foo_device *dev)
{
	return (struct fake_dev *)dev;
}

/** The fake queue behind a queue, also while that is attached to no lcore. */
static inline struct fake_queue *
fake_queue_of(const struct foo_queue *q)
{
	return &fake_of(q->dev)->fq[q->index];
}

/** A guest of one queue. */
struct ops_guest {
	struct foo_guest_mem guest;  /**< Its memory. */
	struct foo_mem mem;          /**< The same as the device sees it. */
	struct foo_guest_ring ring;  /**< The driver's side. */
	uint64_t data;               /**< Guest address of 64 bytes. */
	int kickfd;                  /**< Its eventfds, both blocking: the fussiest kind. */
	int callfd;                  /**< See kickfd. */
	struct foo_queue_config cfg; /**< For foo_queue_start(). */
	uint64_t sent;               /**< Chains made available. */
	uint64_t done;               /**< Chains seen used. */
};

/**
 * Start EAL with three lcores, and run tests() in a thread of its own while the main thread waits
 * to run its loop.
 *
 * @return exit code of the program; 0 with a TAP line that skips all if EAL cannot be had here
 */
int ops_main(const char *program, int (*tests)(void));

/** Start the loops of all lcores. */
void ops_loops_start(enum foo_idle_mode mode);

/** End them and free the scheduler. */
void ops_loops_stop(void);

/** Have foo_lcore_init() done without any loop running. ops_loops_none_end() undoes it. */
void ops_loops_none(void);
/** See ops_loops_none(). */
void ops_loops_none_end(void);

/** Create and realize a fake device whose queues all go to that lcore. */
struct foo_device *ops_device(const char *name, const char *more, unsigned int lcore);

/** Unrealize and destroy it. */
void ops_device_end(struct foo_device *dev);

/** End whatever devices a failed test left behind. */
void ops_devices_end(void);

/** Make a guest with a split ring of that size and features, known to the device. */
void ops_guest_open(struct ops_guest *g, struct foo_device *dev, uint16_t size, uint64_t features);

/** Free it. */
void ops_guest_close(struct ops_guest *g);

/** Make one chain available; kick if the device asked for that. Whether it did. */
bool ops_guest_send(struct ops_guest *g);

/** Wait until all chains sent are used; false after a second. */
bool ops_guest_wait(struct ops_guest *g);

/** As ops_guest_wait(), by OPS_WATCH(). */
bool ops_guest_watch(struct ops_guest *g);

/** Wait for a condition, at most ms milliseconds. Its value at the end. */
#define OPS_WAIT(ms, cond)                                                                         \
	({                                                                                         \
		uint64_t ops_end_ = ops_now_ms() + (ms);                                           \
		while (!(cond) && ops_now_ms() <= ops_end_)                                        \
			ops_nap_us(50);                                                            \
		(cond);                                                                            \
	})

/** As OPS_WAIT(), without sleeping: what follows happens within a microsecond of the event. */
#define OPS_WATCH(ms, cond)                                                                        \
	({                                                                                         \
		uint64_t ops_end_ = ops_now_ms() + (ms);                                           \
		while (!(cond) && ops_now_ms() <= ops_end_)                                        \
			rte_pause();                                                               \
		(cond);                                                                            \
	})

/** Milliseconds of the monotonic clock. */
uint64_t ops_now_ms(void);

/** Sleep. */
void ops_nap_us(unsigned int us);

/** Busy-wait that long, more precisely than a sleep. */
void ops_spin_us(unsigned int us);

/** Relaxed load of what an lcore writes. */
#define OPS_GET(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
/** Relaxed store of what an lcore reads. */
#define OPS_SET(x, v) __atomic_store_n(&(x), (v), __ATOMIC_RELAXED)

#endif /* OPS_FIXTURE_H */
