/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <poll.h>
#include <sys/eventfd.h>

#include "bench_call.h"

bool
bench_call_arm(struct bench_call *w, struct foo_guest_ring *ring, int callfd)
{
	eventfd_t ignored;

	/* late ones of the last time must not be taken for the one that is asked for now */
	eventfd_read(callfd, &ignored);
	foo_guest_ring_calls_enable(ring, 0);
	w->owed = !foo_guest_ring_has_used(ring);
	return w->owed;
}

/* Whether the eventfd stays silent for so long. */
static bool
call_silent(int callfd)
{
	struct pollfd p = {.fd = callfd, .events = POLLIN};

	return poll(&p, 1, BENCH_CALL_GRACE_MS) == 0;
}

void
bench_call_disarm(struct bench_call *w, struct foo_guest_ring *ring, int callfd)
{
	eventfd_t ignored;

	if (w->owed && foo_guest_ring_has_used(ring) && call_silent(callfd))
		__atomic_store_n(&w->missed, w->missed + 1, __ATOMIC_RELAXED);
	w->owed = false;
	foo_guest_ring_calls_disable(ring);
	eventfd_read(callfd, &ignored);
}
