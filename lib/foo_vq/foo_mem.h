/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_MEM_H
#define FOO_MEM_H

/**
 * @file
 * The guest's memory as this process sees it.
 *
 * A map of at most FOO_MEM_MAX_REGIONS ranges of guest physical addresses, sorted by address and
 * free of overlap, and the dirty log of a migration. One control thread writes a map, and only
 * while no lcore runs a queue that uses it; lcores read it without a lock.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

#include "foo_fault.h"

/** Most regions that a map holds. librte_vhost and vhost-user's SET_MEM_TABLE stop at 8. */
#define FOO_MEM_MAX_REGIONS 8

/** Bytes of guest memory that one bit of the dirty log stands for (vhost-user, "Migration"). */
#define FOO_MEM_LOG_PAGE 4096

/** One contiguous range of guest memory, mapped into this process. */
struct foo_mem_region {
	uint64_t gpa;  /**< First guest physical address. */
	uint64_t size; /**< Bytes; never 0. */
	uint8_t *va;   /**< Where the first byte is mapped here. */
};

/** A guest's memory map. */
struct foo_mem {
	uint32_t nregions;                                 /**< Valid entries of region[]. */
	struct foo_mem_region region[FOO_MEM_MAX_REGIONS]; /**< Sorted by gpa. */
	uint8_t *log;      /**< Dirty bitmap shared with the front-end, or NULL: not migrating. */
	uint64_t log_size; /**< Bytes of the bitmap. */
};

/** A piece of guest memory, contiguous in this process. */
struct foo_seg {
	uint8_t *va;   /**< First byte. */
	uint32_t len;  /**< Bytes; never 0. */
	uint32_t pad_; /**< Unused. */
};

/** Make an empty map. Control thread. */
void foo_mem_init(struct foo_mem *mem);

/**
 * Add a region. Control thread, while no queue runs.
 *
 * @return 0; -EINVAL if size is 0 or gpa + size or va + size wraps; -EEXIST if it overlaps a
 *   region of the map; -ENOSPC if the map is full. The map is unchanged on error.
 */
int foo_mem_add(struct foo_mem *mem, uint64_t gpa, uint64_t size, void *va);

/**
 * Give the map a dirty log, or take it away with NULL. Control thread, while no queue runs.
 *
 * @param log bitmap of the front-end; bit n of byte m is guest page 8 m + n
 * @param size bytes of the bitmap; pages beyond it are not logged
 */
void foo_mem_set_log(struct foo_mem *mem, uint8_t *log, uint64_t size);

/** The region that holds gpa, or NULL. Any thread while the map is stable. */
const struct foo_mem_region *foo_mem_find(const struct foo_mem *mem, uint64_t gpa);

/**
 * Cut a guest range into pieces that are contiguous here; a range may span adjacent regions.
 *
 * @param seg array for the pieces; adjacent pieces are not merged
 * @param max room in seg
 * @return number of pieces (0 for len 0); -ERANGE if gpa + len wraps; -EFAULT if a byte of it is
 *   unmapped; -ENOSPC if more than max pieces are needed
 */
int foo_mem_map(const struct foo_mem *mem, uint64_t gpa, uint32_t len, struct foo_seg *seg,
		unsigned int max);

/**
 * Copy len bytes out of guest memory, across regions if need be.
 *
 * @return 0, -ERANGE or -EFAULT as foo_mem_map(); buf is undefined on error
 */
int foo_mem_read(const struct foo_mem *mem, uint64_t gpa, void *buf, uint32_t len);

/**
 * Whether [va, va + len) lies wholly inside one region as mapped here. Used to prove that rings
 * are guest memory before they are trusted. Any thread while the map is stable.
 */
bool foo_mem_holds_va(const struct foo_mem *mem, const void *va, uint64_t len);

/** Mark the pages of a guest range dirty. The caller has checked that mem->log is set. */
void foo_mem_log_gpa(const struct foo_mem *mem, uint64_t gpa, uint64_t len);

/** As foo_mem_log_gpa() for memory known by its address here. */
void foo_mem_log_va(const struct foo_mem *mem, const void *va, uint64_t len);

/** Mark what was just written, if a migration is under way; nearly free if not. */
static inline void
foo_mem_written(const struct foo_mem *mem, const void *va, uint64_t len)
{
	if (unlikely(mem->log != NULL))
		foo_mem_log_va(mem, va, len);
}

/**
 * Ask for a cache line that is about to be written. Where another core has it, this takes it for
 * writing at once, which spares the second trip that a store after a plain prefetch makes.
 */
static inline void
foo_prefetch_write(const void *p)
{
#ifdef __x86_64__
	/* by hand: the compiler emits it only for processors known to have it, others take the
	 * instruction as a no-op */
	__asm__ volatile("prefetchw %0" : : "m"(*(const char *)p));
#else
	__builtin_prefetch(p, 1, 3);
#endif
}

/**
 * Translate a range that lies in one region, with the region of the last translation tried
 * first: one compare in the common case.
 *
 * @param cache the caller's memory of the last region; a valid pointer into mem->region or NULL
 * @return address here, or NULL if the range is not inside a single region
 */
static inline uint8_t *
foo_mem_va(const struct foo_mem *mem, const struct foo_mem_region **cache, uint64_t gpa,
	   uint32_t len)
{
	const struct foo_mem_region *r = *cache;
	uint64_t off;

	/* off + len cannot wrap where off < size: a region never ends beyond 2^64 - 1 */
	if (likely(r != NULL)) {
		off = gpa - r->gpa;
		if (likely(off < r->size && len <= r->size - off))
			return r->va + off;
	}
	r = foo_mem_find(mem, gpa);
	if (r == NULL)
		return NULL;
	*cache = r;
	off = gpa - r->gpa;
	return len <= r->size - off ? r->va + off : NULL;
}

#endif /* FOO_MEM_H */
