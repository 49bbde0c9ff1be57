/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* The dirty log of a migration, as its source sees it. */

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "foo_guest.h"
#include "foo_guest_memfd.h"

#define WORD_BITS 64
#define WORD_PAGES (UINT64_C(64) * FOO_GUEST_LOG_PAGE)

/* Bytes for all memory up to the highest address, in whole words. */
static uint64_t
log_bytes(const struct foo_guest_mem *mem)
{
	uint64_t words = 0;

	for (unsigned int i = 0; i < mem->nregions; i++) {
		uint64_t last = mem->region[i].gpa + mem->region[i].size - 1;

		if (last / WORD_PAGES + 1 > words)
			words = last / WORD_PAGES + 1;
	}
	return words * sizeof(uint64_t);
}

static int
log_create(struct foo_guest_log *log, uint64_t size)
{
	void *map;

	log->size = size;
	log->fd = foo_guest_memfd("foo-guest-log", size, false, true);
	if (log->fd < 0)
		return log->fd;
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, log->fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	log->bit = map;
	return 0;
}

static void
log_free(struct foo_guest_log *log)
{
	if (log->bit != NULL)
		munmap(log->bit, log->size);
	if (log->fd >= 0)
		close(log->fd);
	*log = (struct foo_guest_log){.fd = -1};
}

/* Features with or without LOG_ALL, and rings whose used part is logged or not: QEMU's way. */
static int
log_switch(struct foo_guest *g, bool on)
{
	const uint64_t all = UINT64_C(1) << VHOST_F_LOG_ALL;
	int ret;

	ret = foo_front_set_features(&g->front, on ? g->features | all : g->features);
	for (unsigned int i = 0; i < g->nqueues && ret == 0; i++) {
		struct foo_front_ring ring =
			foo_front_ring_of(&g->mem, &g->queue[i].ring, g->queue[i].callfd);

		ring.log = on;
		ret = foo_front_set_vring_addr(&g->front, i, &ring);
	}
	return ret;
}

int
foo_guest_log_start(struct foo_guest *g)
{
	int ret;

	if (!(g->front.offered >> VHOST_F_LOG_ALL & 1) ||
	    !foo_front_has_proto(&g->front, FOO_FRONT_P_LOG_SHMFD))
		return -ENOTSUP;
	if (g->log.fd >= 0)
		return -EALREADY;
	ret = log_create(&g->log, log_bytes(&g->mem));
	if (ret == 0)
		ret = foo_front_set_log_base(&g->front, g->log.fd, g->log.size, 0);
	if (ret == 0)
		ret = log_switch(g, true);
	if (ret != 0)
		log_free(&g->log);
	return ret;
}

uint64_t
foo_guest_log_count(struct foo_guest *g, bool clear)
{
	uint64_t pages = 0;

	for (uint64_t i = 0; i < g->log.size / sizeof(uint64_t); i++) {
		/* the device sets bits meanwhile: one that is cleared has been counted */
		uint64_t word = clear ? __atomic_exchange_n(&g->log.bit[i], 0, __ATOMIC_ACQ_REL) :
					__atomic_load_n(&g->log.bit[i], __ATOMIC_ACQUIRE);

		pages += (uint64_t)__builtin_popcountll(word);
	}
	return pages;
}

bool
foo_guest_log_dirty(const struct foo_guest *g, uint64_t gpa)
{
	uint64_t page = gpa / FOO_GUEST_LOG_PAGE;

	if (page / WORD_BITS >= g->log.size / sizeof(uint64_t))
		return false;
	return __atomic_load_n(&g->log.bit[page / WORD_BITS], __ATOMIC_ACQUIRE) >>
		       (page % WORD_BITS) &
	       1;
}

int
foo_guest_log_stop(struct foo_guest *g)
{
	int ret = 0;

	if (g->log.fd >= 0 && g->front.sock >= 0)
		ret = log_switch(g, false);
	log_free(&g->log);
	return ret;
}
