/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/*
 * Guest memory. The mappings are ours, not the library's: they live until every lcore has let go
 * of them, whatever the front-end does meanwhile.
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include <rte_common.h>

#include "foo_vhost_priv.h"

/* Mappings of hugetlbfs begin and end at its own page size. */
static uint64_t
file_page_size(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) == 0 && fs.f_type == HUGETLBFS_MAGIC && fs.f_bsize > 0)
		return fs.f_bsize;
	return sysconf(_SC_PAGESIZE);
}

int
foo_vhost_area_map(struct foo_vhost_area *area, int fd, uint64_t offset, uint64_t size, void *owner)
{
	uint64_t page = file_page_size(fd), first = RTE_ALIGN_FLOOR(offset, page);
	uint64_t len = RTE_ALIGN_CEIL(offset + size - first, page);
	void *base;
	int ret;

	if (len == 0)
		return -ERANGE;
	base = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, first);
	if (base == MAP_FAILED)
		return -errno;
	/* a guest's memory is no business of our core files; failure does not matter */
	madvise(base, len, MADV_DONTDUMP);
	ret = foo_vhost_sigbus_guard(base, len, owner);
	if (ret != 0) {
		munmap(base, len);
		return ret;
	}
	area->base = base;
	area->len = len;
	area->va = (uint8_t *)base + (offset - first);
	return 0;
}

void
foo_vhost_area_unmap(struct foo_vhost_area *area)
{
	if (area->base == NULL)
		return;
	foo_vhost_sigbus_unguard(area->base);
	munmap(area->base, area->len);
	memset(area, 0, sizeof(*area));
}

int
foo_vhost_map_open(struct foo_vhost_map *map, const struct foo_vhost_msg *m, void *owner,
		   struct foo_error *err)
{
	struct foo_vhost_region *r;
	uint32_t i;
	int ret;

	memset(map, 0, sizeof(*map));
	for (i = 0; i < m->mem.nregions; i++) {
		r = &map->region[i];
		r->gpa = m->mem.region[i].gpa;
		r->size = m->mem.region[i].size;
		r->uaddr = m->mem.region[i].uaddr;
		ret = foo_vhost_area_map(&r->area, m->fd[i], m->mem.region[i].offset, r->size,
					 owner);
		if (ret != 0) {
			foo_vhost_map_close(map);
			return foo_error_set(err, ret,
					     "region %" PRIu32 " of 0x%" PRIx64
					     " bytes cannot be mapped: %s",
					     i, m->mem.region[i].size, strerror(-ret));
		}
		map->nregions++;
	}
	return 0;
}

void
foo_vhost_map_close(struct foo_vhost_map *map)
{
	uint32_t i;

	for (i = 0; i < map->nregions; i++)
		foo_vhost_area_unmap(&map->region[i].area);
	memset(map, 0, sizeof(*map));
}

void *
foo_vhost_map_find(const struct foo_vhost_map *map, uint64_t uaddr, uint64_t len, uint64_t *gpa)
{
	const struct foo_vhost_region *r;
	uint64_t off;
	uint32_t i;

	for (i = 0; i < map->nregions; i++) {
		r = &map->region[i];
		off = uaddr - r->uaddr;
		if (off >= r->size || len > r->size - off)
			continue;
		if (gpa != NULL)
			*gpa = r->gpa + off;
		return r->area.va + off;
	}
	return NULL;
}
