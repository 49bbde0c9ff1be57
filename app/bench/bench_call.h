/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BENCH_CALL_H
#define BENCH_CALL_H

/**
 * @file
 * Sleeping until the device interrupts, with an eye on interrupts that never come.
 *
 * A back-end that forgets an interrupt is hard to see: the next one makes up for it, and so does a
 * timer. Here it is seen: a chain was used while the device was asked for an interrupt, the sleep
 * is over for some other reason, and the eventfd stays silent.
 *
 *     if (bench_call_arm(&w, &q->ring, q->callfd))
 *             ... sleep: poll() of q->callfd and of others, with a time-out ...
 *     bench_call_disarm(&w, &q->ring, q->callfd);
 */

#include <stdbool.h>
#include <stdint.h>

#include <foo_guest_ring.h>

/** How long a used chain may wait for its interrupt: a back-end whose thread lost its CPU in
 * between is not at fault. */
#define BENCH_CALL_GRACE_MS 1000

/** A queue that is slept on; belongs to its thread. Starts as all zero. */
struct bench_call {
	uint64_t missed; /**< Interrupts that did not come; others may read it. */
	bool owed;       /**< The next used chain must interrupt. */
};

/**
 * Ask for an interrupt at the next used chain.
 *
 * @return false: something is used already, do not sleep
 */
bool bench_call_arm(struct bench_call *w, struct foo_guest_ring *ring, int callfd);

/**
 * The sleep is over: no more interrupts. Waits up to BENCH_CALL_GRACE_MS if one is missing, which
 * is counted if it does not come.
 */
void bench_call_disarm(struct bench_call *w, struct foo_guest_ring *ring, int callfd);

#endif /* BENCH_CALL_H */
