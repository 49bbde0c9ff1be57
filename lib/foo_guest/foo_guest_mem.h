/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_GUEST_MEM_H
#define FOO_GUEST_MEM_H

/**
 * @file
 * The memory of a guest that this process plays itself.
 *
 * One or several ranges of guest physical addresses, adjacent or with holes between them, each
 * backed by a memfd of its own that vhost-user can pass to a back-end. A bump allocator hands out
 * pieces for rings and buffers. Every mapping stands between two inaccessible pages, so that a
 * back-end in the same process that leaves a region is caught at once even where the guest
 * addresses of two regions touch.
 *
 * Nothing here takes a lock: one thread at a time, except for the translations, which any thread
 * may use while the memory exists.
 */

#include <stddef.h>
#include <stdint.h>

/** Most regions of a guest: what vhost-user's SET_MEM_TABLE can carry. */
#define FOO_GUEST_MEM_MAX_REGIONS 8

/** No guest physical address: what foo_guest_mem_alloc() returns when nothing is left. */
#define FOO_GUEST_NO_GPA UINT64_MAX

/** Options of foo_guest_mem_create(). */
enum foo_guest_mem_flags {
	/** Back the memory by hugepages of 2 MiB; the files are rounded up to whole ones. */
	FOO_GUEST_MEM_HUGE = 1 << 0,
	/** Take each region from the heap, in its exact size and without a file: AddressSanitizer
	 * then sees the first byte too far, where a mapping would round up to a page. */
	FOO_GUEST_MEM_HEAP = 1 << 1,
	/** Leave the files open to ftruncate(), by this process or by the back-end. Otherwise their
	 * sizes are sealed: a mapping cannot lose its pages. */
	FOO_GUEST_MEM_UNSEALED = 1 << 2,
};

/** A range of guest physical addresses. */
struct foo_guest_range {
	uint64_t gpa;  /**< First address. */
	uint64_t size; /**< Bytes; not 0. */
};

/** A range of guest memory, mapped. */
struct foo_guest_region {
	uint64_t gpa;       /**< First guest physical address. */
	uint64_t size;      /**< Bytes. */
	uint8_t *va;        /**< Where the first byte is mapped in this process. */
	int fd;             /**< Its file, from offset 0 on; -1 with FOO_GUEST_MEM_HEAP. Owned by
			     * the memory: do not close. */
	uint64_t allocated; /**< Bytes handed out by the allocator, from the start. */
	void *base_;        /**< Private: start of the mapping, guard page included. */
	size_t base_size_;  /**< Private: bytes of the mapping, guard pages included. */
};

/** A guest's memory. Members are for reading. */
struct foo_guest_mem {
	unsigned int nregions;                                     /**< Valid entries. */
	struct foo_guest_region region[FOO_GUEST_MEM_MAX_REGIONS]; /**< As given, in that order. */
};

/**
 * Create a guest's memory, zeroed.
 *
 * @param range n ranges; they are not checked for overlap, hostile tables are of use in tests
 * @param flags enum foo_guest_mem_flags, or'ed; 0: none
 * @return 0; -EINVAL if n is 0 or too large or a size 0; -errno of memfd_create(), ftruncate() or
 *   mmap(), -ENOMEM above all where hugepages are short. On error nothing is left behind.
 */
int foo_guest_mem_create(struct foo_guest_mem *mem, const struct foo_guest_range *range,
			 unsigned int n, unsigned int flags);

/** Unmap everything and close the files. */
void foo_guest_mem_destroy(struct foo_guest_mem *mem);

/**
 * Take a piece of memory that lies in one region: the first region with room gives it.
 *
 * @param size bytes, not 0
 * @param align power of two; the guest physical address will be a multiple of it
 * @return guest physical address, or FOO_GUEST_NO_GPA if no region has that much left
 */
uint64_t foo_guest_mem_alloc(struct foo_guest_mem *mem, uint64_t size, uint64_t align);

/** Give back everything that was allocated. */
void foo_guest_mem_free_all(struct foo_guest_mem *mem);

/**
 * Where a guest range is mapped here.
 *
 * @return address of gpa, or NULL if the range does not lie in one region
 */
void *foo_guest_mem_va(const struct foo_guest_mem *mem, uint64_t gpa, uint64_t len);

/** The guest physical address of a byte mapped here, or FOO_GUEST_NO_GPA. */
uint64_t foo_guest_mem_gpa(const struct foo_guest_mem *mem, const void *va);

/**
 * Copy len bytes into guest memory, across adjacent regions if need be.
 *
 * @return 0; -EFAULT at the first byte that no region holds (those before it are written)
 */
int
foo_guest_mem_write(const struct foo_guest_mem *mem, uint64_t gpa, const void *buf, uint64_t len);

/** Copy len bytes out of guest memory; as foo_guest_mem_write(). */
int foo_guest_mem_read(const struct foo_guest_mem *mem, uint64_t gpa, void *buf, uint64_t len);

/**
 * Ask for a cache line with the right to write it, ahead of the store: one that the other side has
 * had. Any thread; any address, for nothing is touched. Processors without the instruction do
 * nothing.
 */
static inline void
foo_guest_own_line(const void *p)
{
#if defined(__x86_64__)
	/* by hand: the compiler emits it only for processors known to have it */
	__asm__ volatile("prefetchw %0" : : "m"(*(const char *)p));
#else
	__builtin_prefetch(p, 1);
#endif
}

#endif /* FOO_GUEST_MEM_H */
