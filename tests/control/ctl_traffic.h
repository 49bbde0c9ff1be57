/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef CTL_TRAFFIC_H
#define CTL_TRAFFIC_H

/**
 * @file
 * Packets in the background: a thread that owns a transmit and a receive queue, sends without end
 * and checks what comes back, while the test's thread does things to the control plane.
 */

#include <pthread.h>

#include "ctl_guest.h"

/** The thread and what it has seen. */
struct ctl_traffic {
	struct ctl_guest *from; /**< Sender. */
	struct ctl_guest *to;   /**< Receiver; may be the sender. */
	unsigned int pair;      /**< Queue pair of both. */
	bool interrupts;        /**< Look at the receive queue after an interrupt only. */
	uint32_t window;        /**< Packets in flight. */

	uint64_t received;        /**< Packets that came, relaxed atomic. */
	uint64_t lost;            /**< Numbers skipped. */
	uint64_t disorder;        /**< Packets that came twice or late: always wrong. */
	uint64_t interrupts_lost; /**< Waits of 3 s though something was there. */
	uint64_t interrupts_seen; /**< Waits ended by an interrupt. */
	int error;                /**< -EBADMSG, -EPROTO: the thread has given up. */

	pthread_t thread; /**< Private. */
	bool running;     /**< Private. */
	int stop;         /**< Private, atomic. */
	int pause;        /**< Private, atomic: 1 wanted, 2 acknowledged. */
	uint32_t stream;  /**< Private. */
	uint32_t sent;    /**< Private. */
	uint32_t next;    /**< Private: number expected. */
	uint32_t probes;  /**< Private: packets sent beyond the window after a silence. */
};

/** Start the thread; from, to, pair, interrupts and window (0: half of the ring) are set. */
void ctl_traffic_start(struct ctl_traffic *t);

/** Let the thread stand still, rings untouched, and wait until it does. */
void ctl_traffic_pause(struct ctl_traffic *t);

/** Let it go on. */
void ctl_traffic_resume(struct ctl_traffic *t);

/** Wait until n more packets have come. 0, -ETIMEDOUT, or the thread's error. */
int ctl_traffic_wait(struct ctl_traffic *t, uint64_t n);

/** End the thread; harmless if it does not run. */
void ctl_traffic_stop(struct ctl_traffic *t);

#endif /* CTL_TRAFFIC_H */
