/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/*
 * A front-end can truncate the file of its guest's memory at any time; the next access to the
 * mapping is SIGBUS, on an lcore. The handler below finds the mapping in a table, puts anonymous
 * memory in place of the whole of it, and leaves the rest to a control thread: the lcore goes on
 * with zeroes, in memory that is nobody's, until its queues are stopped.
 *
 * The table is read by the handler without a lock. A control thread writes an entry with start
 * last (release; pairs with the handler's acquire), and clears start first. It does so only while
 * no lcore uses the mapping, so an address that faults is never in an entry that is being written:
 * the handler has only to see that what it read belongs together, hence its second look at start.
 */

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_common.h>

#include "foo_vhost_priv.h"

/* Room for the memory tables of all devices, old and new while one is replaced, and their logs. */
#define GUARD_MAX (FOO_MAX_DEVICES * (2 * VHU_MAX_FDS + 2))

struct guard {
	atomic_uintptr_t start; /* first byte, or 0: free */
	atomic_size_t len;
	atomic_bool lost;  /* set by the handler, taken by foo_vhost_sigbus_lost() */
	const void *owner; /* control threads only */
};

static struct guard guards[GUARD_MAX];
static atomic_uint guards_used; /* entries beyond were never used */
static struct sigaction before;
static int event_fd = -1;

/* Replace the mapping that holds addr. Async-signal-safe. */
static bool
replace(uintptr_t addr)
{
	unsigned int i, n = atomic_load_explicit(&guards_used, memory_order_acquire);

	for (i = 0; i < n; i++) {
		struct guard *g = &guards[i];
		uintptr_t start = atomic_load_explicit(&g->start, memory_order_acquire);
		size_t len = atomic_load_explicit(&g->len, memory_order_acquire);

		if (start == 0 || addr - start >= len ||
		    atomic_load_explicit(&g->start, memory_order_relaxed) != start)
			continue;
		if (mmap((void *)start, len, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1,
			 0) == MAP_FAILED)
			return false;
		/* pairs with the exchange in foo_vhost_sigbus_lost() */
		atomic_store_explicit(&g->lost, true, memory_order_release);
		return true;
	}
	return false;
}

static void
on_sigbus(int sig, siginfo_t *info, void *context)
{
	static const uint64_t one = 1;
	int saved = errno;

	RTE_SET_USED(context);
	/* si_code <= 0: sent by a process, there is no address */
	if (info->si_code > 0 && replace((uintptr_t)info->si_addr)) {
		if (write(event_fd, &one, sizeof(one)) < 0) {
			/* the counter is full: then the thread is on its way anyhow */
		}
		errno = saved;
		return;
	}
	/* not ours: let whoever was there before have it, when the instruction is repeated */
	sigaction(SIGBUS, &before, NULL);
	if (info->si_code <= 0)
		raise(sig);
	errno = saved;
}

int
foo_vhost_sigbus_init(int event)
{
	struct sigaction sa = {
		.sa_sigaction = on_sigbus,
		.sa_flags = SA_SIGINFO | SA_ONSTACK,
	};

	event_fd = event;
	sigemptyset(&sa.sa_mask);
	if (sigaction(SIGBUS, &sa, &before) < 0)
		return -errno;
	return 0;
}

void
foo_vhost_sigbus_fini(void)
{
	sigaction(SIGBUS, &before, NULL);
	event_fd = -1;
}

int
foo_vhost_sigbus_guard(void *base, size_t len, void *owner)
{
	unsigned int i, n = atomic_load_explicit(&guards_used, memory_order_relaxed);
	struct guard *g;

	for (i = 0; i < n; i++) {
		if (atomic_load_explicit(&guards[i].start, memory_order_relaxed) == 0)
			break;
	}
	if (i == GUARD_MAX)
		return -ENOSPC;
	g = &guards[i];
	g->owner = owner;
	atomic_store_explicit(&g->lost, false, memory_order_relaxed);
	atomic_store_explicit(&g->len, len, memory_order_relaxed);
	/* pair with the acquires in replace() */
	atomic_store_explicit(&g->start, (uintptr_t)base, memory_order_release);
	if (i == n)
		atomic_store_explicit(&guards_used, n + 1, memory_order_release);
	return 0;
}

void
foo_vhost_sigbus_unguard(void *base)
{
	unsigned int i, n = atomic_load_explicit(&guards_used, memory_order_relaxed);

	for (i = 0; i < n; i++) {
		if (atomic_load_explicit(&guards[i].start, memory_order_relaxed) != (uintptr_t)base)
			continue;
		/* pairs with the acquire in replace() */
		atomic_store_explicit(&guards[i].start, 0, memory_order_release);
		return;
	}
}

bool
foo_vhost_sigbus_lost(const void *owner)
{
	unsigned int i, n = atomic_load_explicit(&guards_used, memory_order_relaxed);
	bool lost = false;

	for (i = 0; i < n; i++) {
		struct guard *g = &guards[i];

		if (atomic_load_explicit(&g->start, memory_order_relaxed) == 0 || g->owner != owner)
			continue;
		/* pairs with the store in replace() */
		if (atomic_exchange_explicit(&g->lost, false, memory_order_acquire))
			lost = true;
	}
	return lost;
}
