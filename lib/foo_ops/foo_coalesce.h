/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_COALESCE_H
#define FOO_COALESCE_H

/**
 * @file
 * Interrupt coalescing: calls that are due are held back for a while, so that one does for many.
 *
 * A call that foo_vq_flush() asks for is held until so many work items have been completed since
 * the call before, or so much time has passed since it was due, whatever comes first.
 * foo_vq_flush() asks but once for an interrupt that the driver wants (with EVENT_IDX: when its
 * event index is passed), so what it said is remembered.
 *
 * A driver's poll goes like this, also when nothing was completed:
 *
 *     wanted = n != 0 && foo_vq_flush(&q->vq);
 *     if (foo_coalesce_due(&mine->held, &dev->coalesce, wanted, n, now))
 *             foo_vq_call(&q->vq);
 *
 * Its queue_pending says true while foo_coalesce_held() does, so that the lcore stays awake, and
 * its queue_stop calls if foo_coalesce_release() says so.
 */

#include <stdbool.h>
#include <stdint.h>

/** How to coalesce: one for a device. Written by control, read relaxed by lcores. All zero: not. */
struct foo_coalesce {
	uint32_t count;  /**< Completed items that end the wait; 0: their number does not matter. */
	uint64_t cycles; /**< TSC cycles that end it; 0: calls are not held. */
};

/** What is held of a queue; its lcore's. All zero at first. */
struct foo_coalesce_held {
	bool due;       /**< A call is held. */
	uint32_t count; /**< Items completed since the last call. */
	uint64_t since; /**< TSC when the call became due. */
};

/**
 * Change how to coalesce. Control; queues may be running.
 *
 * @param count items that end the wait; 0: their number does not matter
 * @param us microseconds that end it; 0: no call is held
 */
void foo_coalesce_set(struct foo_coalesce *c, uint32_t count, uint32_t us);

/** What foo_coalesce_due() does where something is held or to be held. Lcore. */
bool foo_coalesce_decide(struct foo_coalesce_held *held, const struct foo_coalesce *c, bool wanted,
			 uint32_t done, uint64_t now);

/**
 * Whether to call now. Lcore, in each poll.
 *
 * @param wanted what foo_vq_flush() has said, or false if there was nothing to flush
 * @param done items completed since the last time
 * @param now the TSC
 */
static inline bool
foo_coalesce_due(struct foo_coalesce_held *held, const struct foo_coalesce *c, bool wanted,
		 uint32_t done, uint64_t now)
{
	/* pairs with foo_coalesce_set() */
	if (__atomic_load_n(&c->cycles, __ATOMIC_RELAXED) == 0 && !held->due)
		return wanted;
	return foo_coalesce_decide(held, c, wanted, done, now);
}

/** Whether a call is held. Lcore. */
static inline bool
foo_coalesce_held(const struct foo_coalesce_held *held)
{
	return held->due;
}

/** Hold nothing any more: whether a call was held, which is due now. Lcore. */
bool foo_coalesce_release(struct foo_coalesce_held *held);

#endif /* FOO_COALESCE_H */
