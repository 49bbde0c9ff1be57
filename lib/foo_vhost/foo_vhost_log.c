/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/*
 * The dirty log of a migration. It is mapped here and not by the library, which up to 22.11 adds
 * the log's offset twice and never compares its size with the file.
 */

#include <string.h>

#include "foo_vhost_priv.h"

int
foo_vhost_log_set(struct foo_vhost *t, int fd, uint64_t offset, uint64_t size)
{
	struct foo_vhost_area area;
	int ret;

	ret = foo_vhost_area_map(&area, fd, offset, size, t);
	if (ret != 0)
		return ret;
	foo_vhost_log_drop(t);
	t->log = area;
	t->log_size = size;
	return 0;
}

void
foo_vhost_log_drop(struct foo_vhost *t)
{
	t->dev->mem.log = NULL;
	foo_vhost_area_unmap(&t->log);
	t->log_size = 0;
}

int
foo_vhost_log_apply(struct foo_vhost *t, struct foo_error *err)
{
	const struct foo_vhost_region *r;
	struct foo_mem mem;
	uint32_t i;
	int ret;

	foo_mem_init(&mem);
	for (i = 0; i < t->st.map.nregions; i++) {
		r = &t->st.map.region[i];
		ret = foo_mem_add(&mem, r->gpa, r->size, r->area.va);
		if (ret != 0)
			return foo_error_set(err, ret, "region %u does not fit in: %s", i,
					     strerror(-ret));
	}
	if (t->log.base != NULL && (t->st.features >> VHU_F_LOG_ALL & 1))
		foo_mem_set_log(&mem, t->log.va, t->log_size);
	ret = foo_device_set_mem(t->dev, &mem);
	if (ret != 0)
		return foo_error_set(err, ret, "the memory table is not taken: %s", strerror(-ret));
	return 0;
}
