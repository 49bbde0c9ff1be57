/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "foo_guest_mem.h"
#include "foo_guest_memfd.h"

/** Size that MFD_HUGE_2MB stands for; mappings are aligned to it. */
#define MEM_HUGE_SIZE (UINT64_C(2) << 20)

static uint64_t
mem_align(uint64_t value, uint64_t align)
{
	return (value + align - 1) & ~(align - 1);
}

/* A region in the middle of a larger reservation, whose rest stays inaccessible. */
static int
mem_map_file(struct foo_guest_region *r, uint64_t page)
{
	size_t bytes = mem_align(r->size, page);
	uint8_t *base;
	void *va;

	/* one page in front, one behind, one to spare for the alignment */
	base = mmap(NULL, bytes + 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED)
		return -errno;
	r->base_ = base;
	r->base_size_ = bytes + 3 * page;
	va = (void *)mem_align((uintptr_t)base + page, page);
	va = mmap(va, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, r->fd, 0);
	if (va == MAP_FAILED)
		return -errno;
	r->va = va;
	return 0;
}

static int
mem_create_file(struct foo_guest_region *r, unsigned int flags)
{
	bool huge = flags & FOO_GUEST_MEM_HUGE;
	uint64_t page = huge ? MEM_HUGE_SIZE : (uint64_t)sysconf(_SC_PAGESIZE);

	r->fd = foo_guest_memfd("foo-guest", mem_align(r->size, page), huge,
				!(flags & FOO_GUEST_MEM_UNSEALED));
	return r->fd < 0 ? r->fd : mem_map_file(r, page);
}

static int
mem_create_heap(struct foo_guest_region *r)
{
	void *va;
	int ret = posix_memalign(&va, sysconf(_SC_PAGESIZE), r->size);

	if (ret != 0)
		return -ret;
	memset(va, 0, r->size);
	r->va = va;
	return 0;
}

static void
mem_destroy_region(struct foo_guest_region *r)
{
	if (r->base_ != NULL)
		munmap(r->base_, r->base_size_);
	else
		free(r->va);
	if (r->fd >= 0)
		close(r->fd);
}

int
foo_guest_mem_create(struct foo_guest_mem *mem, const struct foo_guest_range *range, unsigned int n,
		     unsigned int flags)
{
	memset(mem, 0, sizeof(*mem));
	if (n == 0 || n > FOO_GUEST_MEM_MAX_REGIONS)
		return -EINVAL;
	for (unsigned int i = 0; i < n; i++) {
		struct foo_guest_region *r = &mem->region[mem->nregions++];
		int ret = -EINVAL;

		*r = (struct foo_guest_region){.gpa = range[i].gpa, .size = range[i].size};
		r->fd = -1;
		if (r->size != 0)
			ret = flags & FOO_GUEST_MEM_HEAP ? mem_create_heap(r) :
							   mem_create_file(r, flags);
		if (ret != 0) {
			foo_guest_mem_destroy(mem);
			return ret;
		}
	}
	return 0;
}

void
foo_guest_mem_destroy(struct foo_guest_mem *mem)
{
	for (unsigned int i = 0; i < mem->nregions; i++)
		mem_destroy_region(&mem->region[i]);
	memset(mem, 0, sizeof(*mem));
}

uint64_t
foo_guest_mem_alloc(struct foo_guest_mem *mem, uint64_t size, uint64_t align)
{
	for (unsigned int i = 0; i < mem->nregions; i++) {
		struct foo_guest_region *r = &mem->region[i];
		/* Distance from the region's start: an address near 2^64 must not wrap. */
		uint64_t gap = -(r->gpa + r->allocated) & (align - 1);
		uint64_t left = r->size - r->allocated;

		if (gap > left || size > left - gap)
			continue;
		r->allocated += gap + size;
		return r->gpa + r->allocated - size;
	}
	return FOO_GUEST_NO_GPA;
}

void
foo_guest_mem_free_all(struct foo_guest_mem *mem)
{
	for (unsigned int i = 0; i < mem->nregions; i++)
		mem->region[i].allocated = 0;
}

static const struct foo_guest_region *
mem_find(const struct foo_guest_mem *mem, uint64_t gpa)
{
	for (unsigned int i = 0; i < mem->nregions; i++)
		if (gpa - mem->region[i].gpa < mem->region[i].size)
			return &mem->region[i];
	return NULL;
}

void *
foo_guest_mem_va(const struct foo_guest_mem *mem, uint64_t gpa, uint64_t len)
{
	const struct foo_guest_region *r = mem_find(mem, gpa);

	if (r == NULL || len > r->size - (gpa - r->gpa))
		return NULL;
	return r->va + (gpa - r->gpa);
}

uint64_t
foo_guest_mem_gpa(const struct foo_guest_mem *mem, const void *va)
{
	for (unsigned int i = 0; i < mem->nregions; i++) {
		const struct foo_guest_region *r = &mem->region[i];
		uint64_t off = (uintptr_t)va - (uintptr_t)r->va;

		if (off < r->size)
			return r->gpa + off;
	}
	return FOO_GUEST_NO_GPA;
}

/* Both directions of a copy; exactly one of in and out is set. */
static int
mem_copy(const struct foo_guest_mem *mem, uint64_t gpa, const uint8_t *in, uint8_t *out,
	 uint64_t len)
{
	while (len > 0) {
		const struct foo_guest_region *r = mem_find(mem, gpa);
		uint64_t off, n;

		if (r == NULL)
			return -EFAULT;
		off = gpa - r->gpa;
		n = len < r->size - off ? len : r->size - off;
		if (in != NULL) {
			memcpy(r->va + off, in, n);
			in += n;
		} else {
			memcpy(out, r->va + off, n);
			out += n;
		}
		gpa += n;
		len -= n;
	}
	return 0;
}

int
foo_guest_mem_write(const struct foo_guest_mem *mem, uint64_t gpa, const void *buf, uint64_t len)
{
	return mem_copy(mem, gpa, buf, NULL, len);
}

int
foo_guest_mem_read(const struct foo_guest_mem *mem, uint64_t gpa, void *buf, uint64_t len)
{
	return mem_copy(mem, gpa, NULL, buf, len);
}
