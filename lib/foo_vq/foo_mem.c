/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <string.h>

#include "foo_mem.h"

void
foo_mem_init(struct foo_mem *mem)
{
	memset(mem, 0, sizeof(*mem));
}

static bool
mem_overlaps(const struct foo_mem_region *r, uint64_t gpa, uint64_t size)
{
	/* neither end is computed, so that nothing wraps */
	return gpa >= r->gpa ? gpa - r->gpa < r->size : r->gpa - gpa < size;
}

int
foo_mem_add(struct foo_mem *mem, uint64_t gpa, uint64_t size, void *va)
{
	uint32_t i, at = 0;

	if (size == 0 || va == NULL || size > UINT64_MAX - gpa || size > UINT64_MAX - (uintptr_t)va)
		return -EINVAL;
	if (mem->nregions == FOO_MEM_MAX_REGIONS)
		return -ENOSPC;
	for (i = 0; i < mem->nregions; i++) {
		if (mem_overlaps(&mem->region[i], gpa, size))
			return -EEXIST;
		if (mem->region[i].gpa < gpa)
			at = i + 1;
	}
	memmove(&mem->region[at + 1], &mem->region[at],
		(mem->nregions - at) * sizeof(mem->region[0]));
	mem->region[at] = (struct foo_mem_region){.gpa = gpa, .size = size, .va = va};
	mem->nregions++;
	return 0;
}

void
foo_mem_set_log(struct foo_mem *mem, uint8_t *log, uint64_t size)
{
	mem->log = size != 0 ? log : NULL;
	mem->log_size = mem->log != NULL ? size : 0;
}

const struct foo_mem_region *
foo_mem_find(const struct foo_mem *mem, uint64_t gpa)
{
	uint32_t i;

	for (i = 0; i < mem->nregions; i++) {
		if (gpa - mem->region[i].gpa < mem->region[i].size)
			return &mem->region[i];
	}
	return NULL;
}

int
foo_mem_map(const struct foo_mem *mem, uint64_t gpa, uint32_t len, struct foo_seg *seg,
	    unsigned int max)
{
	const struct foo_mem_region *r;
	unsigned int n = 0;
	uint64_t off, part;

	if (len > UINT64_MAX - gpa)
		return -ERANGE;
	while (len != 0) {
		r = foo_mem_find(mem, gpa);
		if (r == NULL)
			return -EFAULT;
		if (n == max)
			return -ENOSPC;
		off = gpa - r->gpa;
		part = RTE_MIN((uint64_t)len, r->size - off);
		seg[n++] = (struct foo_seg){.va = r->va + off, .len = (uint32_t)part};
		gpa += part;
		len -= (uint32_t)part;
	}
	return (int)n;
}

int
foo_mem_read(const struct foo_mem *mem, uint64_t gpa, void *buf, uint32_t len)
{
	struct foo_seg seg[FOO_MEM_MAX_REGIONS];
	uint8_t *to = buf;
	int i, n;

	n = foo_mem_map(mem, gpa, len, seg, RTE_DIM(seg));
	for (i = 0; i < n; i++) {
		memcpy(to, seg[i].va, seg[i].len);
		to += seg[i].len;
	}
	return n < 0 ? n : 0;
}

/** The region that va is mapped from, or NULL. */
static const struct foo_mem_region *
mem_find_va(const struct foo_mem *mem, const void *va)
{
	uint32_t i;

	for (i = 0; i < mem->nregions; i++) {
		if ((uintptr_t)va - (uintptr_t)mem->region[i].va < mem->region[i].size)
			return &mem->region[i];
	}
	return NULL;
}

bool
foo_mem_holds_va(const struct foo_mem *mem, const void *va, uint64_t len)
{
	const struct foo_mem_region *r = mem_find_va(mem, va);

	return r != NULL && len <= r->size - ((uintptr_t)va - (uintptr_t)r->va);
}

void
foo_mem_log_gpa(const struct foo_mem *mem, uint64_t gpa, uint64_t len)
{
	uint64_t page, last;

	if (len == 0)
		return;
	last = (gpa + RTE_MIN(len - 1, UINT64_MAX - gpa)) / FOO_MEM_LOG_PAGE;
	for (page = gpa / FOO_MEM_LOG_PAGE; page <= last; page++) {
		if (page / 8 >= mem->log_size)
			return;
		/* The front-end fetches and clears bits with an atomic exchange; release orders
		 * the data before the mark, pairing with that exchange. */
		__atomic_fetch_or(&mem->log[page / 8], (uint8_t)(1u << (page % 8)),
				  __ATOMIC_RELEASE);
	}
}

void
foo_mem_log_va(const struct foo_mem *mem, const void *va, uint64_t len)
{
	const struct foo_mem_region *r = mem_find_va(mem, va);

	if (r != NULL)
		foo_mem_log_gpa(mem, r->gpa + ((uintptr_t)va - (uintptr_t)r->va), len);
}
