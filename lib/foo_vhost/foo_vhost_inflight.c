/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/*
 * The table of in-flight chains. A front-end asks for it once, keeps the file, and gives it back to
 * the process that comes after this one; QEMU gives it back to this one too, before each start.
 * What stands in it is judged by the queue that starts on it: foo_inflight.h.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_common.h>

#include "foo_vhost_priv.h"

/*
 * Rings that a table of ours has room for, at least. A driver on QEMU's virtio-mmio may make rings
 * of that size, and Linux does, while QEMU asks for a table by the queue-size= of its device.
 */
#define RING_MIN 1024

static bool
is_packed(const struct foo_vhost *t)
{
	return t->st.features >> VIRTIO_F_RING_PACKED & 1;
}

uint64_t
foo_vhost_inflight_size(const struct foo_vhost_state *st, const struct vhu_inflight *i)
{
	bool packed = st->features >> VIRTIO_F_RING_PACKED & 1;

	return (uint64_t)i->num_queues * foo_inflight_size(packed, i->queue_size);
}

/* Rings go on with the table, or without one. */
static int
replace(struct foo_vhost *t, const struct foo_vhost_inflight *with)
{
	int ret;

	ret = foo_vhost_rings_pause(t);
	if (ret == 0) {
		foo_vhost_area_unmap(&t->inflight.area);
		t->inflight = *with;
	}
	foo_vhost_rings_update(t);
	return ret;
}

/* Bytes of a table of ours: for either format, since QEMU's vhost-user-scsi keeps it when a driver
 * of packed rings follows firmware of split ones. */
static uint64_t
own_size(const struct vhu_inflight *i)
{
	return (uint64_t)i->num_queues *
	       foo_inflight_size(true, RTE_MAX(i->queue_size, (uint16_t)RING_MIN));
}

/* Descriptors that each queue of a table may have. QEMU gives it back with our size of the file and
 * its own of the queues: a file of exactly that size is of our making. */
static uint16_t
queue_size(const struct vhu_inflight *i)
{
	if (i->mmap_size == own_size(i))
		return RTE_MAX(i->queue_size, (uint16_t)RING_MIN);
	return i->queue_size;
}

/* Map a table and take it into use. */
static int
take(struct foo_vhost *t, const struct vhu_inflight *i, int fd)
{
	struct foo_vhost_inflight table = {.num_queues = i->num_queues,
					   .queue_size = queue_size(i)};
	int ret;

	/* not more of the file than can be of use */
	table.bytes = RTE_MIN(i->mmap_size, (uint64_t)table.num_queues *
						    foo_inflight_size(true, table.queue_size));
	ret = foo_vhost_area_map(&table.area, fd, i->mmap_offset, table.bytes, t);
	if (ret != 0)
		return ret;
	ret = replace(t, &table);
	if (ret != 0)
		foo_vhost_area_unmap(&table.area);
	return ret;
}

/* A file whose size nobody changes any more. Or -errno. */
static int
create(uint64_t size)
{
	int fd = memfd_create("dpdk-foo-inflight", MFD_CLOEXEC | MFD_ALLOW_SEALING), ret;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)size) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == 0)
		return fd;
	ret = -errno;
	close(fd);
	return ret;
}

int
foo_vhost_inflight_get(struct foo_vhost *t, struct vhu_inflight *i, struct foo_error *err)
{
	int fd, ret;

	i->mmap_size = own_size(i);
	i->mmap_offset = 0;
	fd = create(i->mmap_size);
	if (fd < 0)
		return foo_error_set(err, fd, "no memory for the in-flight table: %s",
				     strerror(-fd));
	ret = take(t, i, fd);
	if (ret == 0)
		ret = foo_vhost_relay_attach(t->conn, VHU_GET_INFLIGHT_FD, fd);
	if (ret == 0)
		return 0;
	close(fd);
	return foo_error_set(err, ret, "the in-flight table cannot be given: %s", strerror(-ret));
}

int
foo_vhost_inflight_set(struct foo_vhost *t, const struct vhu_inflight *i, int fd,
		       struct foo_error *err)
{
	int ret = take(t, i, fd);

	if (ret != 0)
		foo_error_set(err, ret, "the in-flight table cannot be mapped: %s", strerror(-ret));
	return ret;
}

void
foo_vhost_inflight_drop(struct foo_vhost *t)
{
	foo_vhost_area_unmap(&t->inflight.area);
	memset(&t->inflight, 0, sizeof(t->inflight));
}

int
foo_vhost_inflight_of(const struct foo_vhost *t, uint16_t index, uint32_t num,
		      struct foo_vq_config *cfg, struct foo_error *err)
{
	const struct foo_vhost_inflight *table = &t->inflight;
	uint32_t size;

	cfg->inflight = NULL;
	cfg->inflight_size = 0;
	if (table->area.base == NULL)
		return 0;
	if (num > table->queue_size)
		return foo_error_set(err, -ERANGE,
				     "a ring of %u, and an in-flight table for %u: give QEMU's "
				     "device queue-size=%u",
				     num, table->queue_size, num);
	size = foo_inflight_size(is_packed(t), table->queue_size);
	if (index >= table->num_queues || (index + UINT64_C(1)) * size > table->bytes)
		return foo_error_set(
			err, -ERANGE,
			"the in-flight table has no room for it: %u queues of %u in %" PRIu64
			" bytes",
			table->num_queues, table->queue_size, table->bytes);
	cfg->inflight = table->area.va + (uint64_t)index * size;
	cfg->inflight_size = size;
	return 0;
}

void
foo_vhost_inflight_release(const struct foo_vhost *t, uint16_t index, uint32_t num)
{
	struct foo_vq_config cfg;
	struct foo_error why;

	if (foo_vhost_inflight_of(t, index, num, &cfg, &why) == 0 && cfg.inflight != NULL)
		foo_inflight_release(cfg.inflight, is_packed(t), (uint16_t)num);
}
