/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/*
 * Nothing that a front-end says is believed. A message passes three stages: its form (a table:
 * known, as long as it must be, with as many files as it must have), the ring it names, and what
 * it says, judged by what was said before.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/virtio_config.h>

#include <rte_common.h>

#include "foo_vhost_priv.h"

/* Smallest MTU of IPv4 (RFC 791), largest of VIRTIO 1.2, 5.1.4.1. */
#define MTU_MIN 68
#define MTU_MAX 65535

/* Files that come with a message. */
enum rule_fds {
	FDS_NONE,
	FDS_ONE,
	FDS_RING, /* one, unless bit 8 of the payload says that there is none */
	FDS_MEM,  /* one for each region; counted with the regions */
};

/* Where a message names a ring. */
enum rule_ring {
	RING_NONE,
	RING_U64,
	RING_STATE, /* vhu_state and vhu_addr begin alike */
};

#define PROTO_ANY 0xff

/*
 * Most memory of one guest: a quarter of what can be mapped. Files may be sparse, so without a
 * limit one front-end could take all of the address space at no cost.
 */
#define MEM_MAX (UINT64_C(32) << 40)

struct rule {
	const char *name;
	uint16_t min; /* bytes of payload */
	uint16_t max;
	uint8_t fds;   /* enum rule_fds */
	uint8_t ring;  /* enum rule_ring */
	uint8_t proto; /* protocol feature that must have been offered, or PROTO_ANY */
	bool answered; /* has an answer of its own */
};

#define SIZE_STATE sizeof(struct vhu_state)
#define SIZE_ADDR sizeof(struct vhu_addr)
#define SIZE_LOG sizeof(struct vhu_log)
#define SIZE_INFLIGHT sizeof(struct vhu_inflight)

static const struct rule rules[VHU_REQUEST_MAX] = {
	[VHU_GET_FEATURES] = {"GET_FEATURES", 0, 0, FDS_NONE, RING_NONE, PROTO_ANY, true},
	[VHU_SET_FEATURES] = {"SET_FEATURES", 8, 8, FDS_NONE, RING_NONE, PROTO_ANY, false},
	[VHU_SET_OWNER] = {"SET_OWNER", 0, 0, FDS_NONE, RING_NONE, PROTO_ANY, false},
	[VHU_RESET_OWNER] = {"RESET_OWNER", 0, 0, FDS_NONE, RING_NONE, PROTO_ANY, false},
	[VHU_SET_MEM_TABLE] = {"SET_MEM_TABLE", 8, sizeof(struct vhu_mem), FDS_MEM, RING_NONE,
			       PROTO_ANY, false},
	[VHU_SET_LOG_BASE] = {"SET_LOG_BASE", SIZE_LOG, SIZE_LOG, FDS_ONE, RING_NONE,
			      VHU_PROTO_LOG_SHMFD, true},
	[VHU_SET_LOG_FD] = {"SET_LOG_FD", 0, 8, FDS_ONE, RING_NONE, PROTO_ANY, false},
	[VHU_SET_VRING_NUM] = {"SET_VRING_NUM", SIZE_STATE, SIZE_STATE, FDS_NONE, RING_STATE,
			       PROTO_ANY, false},
	[VHU_SET_VRING_ADDR] = {"SET_VRING_ADDR", SIZE_ADDR, SIZE_ADDR, FDS_NONE, RING_STATE,
				PROTO_ANY, false},
	[VHU_SET_VRING_BASE] = {"SET_VRING_BASE", SIZE_STATE, SIZE_STATE, FDS_NONE, RING_STATE,
				PROTO_ANY, false},
	[VHU_GET_VRING_BASE] = {"GET_VRING_BASE", SIZE_STATE, SIZE_STATE, FDS_NONE, RING_STATE,
				PROTO_ANY, true},
	[VHU_SET_VRING_KICK] = {"SET_VRING_KICK", 8, 8, FDS_RING, RING_U64, PROTO_ANY, false},
	[VHU_SET_VRING_CALL] = {"SET_VRING_CALL", 8, 8, FDS_RING, RING_U64, PROTO_ANY, false},
	[VHU_SET_VRING_ERR] = {"SET_VRING_ERR", 8, 8, FDS_RING, RING_U64, PROTO_ANY, false},
	[VHU_GET_PROTOCOL_FEATURES] = {"GET_PROTOCOL_FEATURES", 0, 0, FDS_NONE, RING_NONE,
				       PROTO_ANY, true},
	[VHU_SET_PROTOCOL_FEATURES] = {"SET_PROTOCOL_FEATURES", 8, 8, FDS_NONE, RING_NONE,
				       PROTO_ANY, false},
	[VHU_GET_QUEUE_NUM] = {"GET_QUEUE_NUM", 0, 0, FDS_NONE, RING_NONE, VHU_PROTO_MQ, true},
	[VHU_SET_VRING_ENABLE] = {"SET_VRING_ENABLE", SIZE_STATE, SIZE_STATE, FDS_NONE, RING_STATE,
				  PROTO_ANY, false},
	[VHU_SEND_RARP] = {"SEND_RARP", 8, 8, FDS_NONE, RING_NONE, VHU_PROTO_RARP, false},
	[VHU_NET_SET_MTU] = {"NET_SET_MTU", 8, 8, FDS_NONE, RING_NONE, VHU_PROTO_NET_MTU, false},
	[VHU_SET_BACKEND_REQ_FD] = {"SET_BACKEND_REQ_FD", 0, 8, FDS_ONE, RING_NONE,
				    VHU_PROTO_BACKEND_REQ, false},
	[VHU_GET_CONFIG] = {"GET_CONFIG", VHU_CONFIG_HDR, sizeof(struct vhu_config), FDS_NONE,
			    RING_NONE, VHU_PROTO_CONFIG, true},
	[VHU_SET_CONFIG] = {"SET_CONFIG", VHU_CONFIG_HDR, sizeof(struct vhu_config), FDS_NONE,
			    RING_NONE, VHU_PROTO_CONFIG, false},
	[VHU_GET_INFLIGHT_FD] = {"GET_INFLIGHT_FD", VHU_INFLIGHT_MIN, SIZE_INFLIGHT, FDS_NONE,
				 RING_NONE, VHU_PROTO_INFLIGHT, true},
	[VHU_SET_INFLIGHT_FD] = {"SET_INFLIGHT_FD", VHU_INFLIGHT_MIN, SIZE_INFLIGHT, FDS_ONE,
				 RING_NONE, VHU_PROTO_INFLIGHT, false},
	[VHU_SET_STATUS] = {"SET_STATUS", 8, 8, FDS_NONE, RING_NONE, VHU_PROTO_STATUS, false},
	[VHU_GET_STATUS] = {"GET_STATUS", 0, 0, FDS_NONE, RING_NONE, VHU_PROTO_STATUS, true},
};

static const struct rule *
rule_of(uint32_t request)
{
	if (request >= RTE_DIM(rules) || rules[request].name == NULL)
		return NULL;
	return &rules[request];
}

const char *
foo_vhost_request_name(uint32_t request)
{
	const struct rule *r = rule_of(request);

	return r != NULL ? r->name : NULL;
}

bool
foo_vhost_request_answered(uint32_t request)
{
	const struct rule *r = rule_of(request);

	return r == NULL || r->answered;
}

int
foo_vhost_msg_ring(const struct foo_vhost_msg *m)
{
	const struct rule *r = rule_of(m->request);

	if (r == NULL || r->ring == RING_NONE || m->size < r->min)
		return -1;
	if (r->ring == RING_U64)
		return m->u64 & VHU_RING_MASK;
	return (int)RTE_MIN(m->state.index, (uint32_t)INT16_MAX);
}

static bool
offers(const struct foo_vhost_state *st, unsigned int proto)
{
	return st->proto_offered >> proto & 1;
}

static bool
has_feature(const struct foo_vhost_state *st, unsigned int bit)
{
	return st->features >> bit & 1;
}

/*
 * Files of the right kind. Of any other kind nothing else may be asked: its answer, or its end, may
 * depend on a server of the front-end's. An lcore sleeps on kick files and writes to call files,
 * where a pipe that is full would stop it, and a page fault in memory must wait for nobody.
 */
static int
check_kinds(const struct foo_vhost_msg *m, struct foo_error *err)
{
	static const char *const names[] = {
		[FOO_VHOST_FILE_EVENTFD] = "eventfd",
		[FOO_VHOST_FILE_MEMORY] = "file in memory (memfd, tmpfs, hugetlbfs)",
		[FOO_VHOST_FILE_SOCKET] = "AF_UNIX stream socket",
	};
	enum foo_vhost_file_kind want = FOO_VHOST_FILE_EVENTFD;
	int i;

	if (m->request == VHU_SET_MEM_TABLE || m->request == VHU_SET_LOG_BASE ||
	    m->request == VHU_SET_INFLIGHT_FD)
		want = FOO_VHOST_FILE_MEMORY;
	else if (m->request == VHU_SET_BACKEND_REQ_FD)
		want = FOO_VHOST_FILE_SOCKET;
	for (i = 0; i < m->nfds; i++) {
		if (foo_vhost_file_kind(m->fd[i]) != want)
			return foo_error_set(err, -EPROTO, "file %d is no %s", i, names[want]);
	}
	return 0;
}

/* Files: as many as the message says that there are. */
static int
check_fds(const struct rule *r, const struct foo_vhost_msg *m, struct foo_error *err)
{
	int want = 0;

	if (r->fds == FDS_ONE || (r->fds == FDS_RING && !(m->u64 & VHU_RING_NOFD)))
		want = 1;
	else if (r->fds == FDS_MEM)
		want = m->mem.nregions <= VHU_MAX_FDS ? (int)m->mem.nregions : m->nfds;
	if (m->nfds != want)
		return foo_error_set(err, -EPROTO, "%d files came with it, %d should", m->nfds,
				     want);
	return check_kinds(m, err);
}

int
foo_vhost_check_form(const struct foo_vhost_msg *m, struct foo_error *err)
{
	const struct rule *r = rule_of(m->request);

	if (r == NULL)
		return foo_error_set(err, -EPROTO, "unknown request %" PRIu32, m->request);
	if ((m->flags & VHU_VERSION_MASK) != VHU_VERSION || (m->flags & VHU_REPLY))
		return foo_error_set(err, -EPROTO, "flags 0x%" PRIx32 " are not those of a request",
				     m->flags);
	if (m->size < r->min || m->size > r->max)
		return foo_error_set(err, -EPROTO, "payload of %" PRIu32 " bytes, should be %u%s",
				     m->size, r->min, r->max > r->min ? " or more" : "");
	/* the library makes room for a ring before it asks anybody, and the files would leak */
	if (r->ring == RING_STATE && m->state.index > VHU_RING_MASK)
		return foo_error_set(err, -EPROTO, "ring %" PRIu32, m->state.index);
	if (m->request == VHU_SET_INFLIGHT_FD &&
	    (m->inflight.num_queues == 0 || m->inflight.num_queues > VHU_RING_MASK + 1))
		return foo_error_set(err, -EPROTO, "%u queues", m->inflight.num_queues);
	return check_fds(r, m, err);
}

/* A region on its own; the file is asked for its size, since an access beyond it is SIGBUS. */
static int
check_region(const struct vhu_region *r, int fd, struct foo_error *err)
{
	struct stat sb;
	int mode;

	if (r->size == 0)
		return foo_error_set(err, -EINVAL, "its size is 0");
	if (r->gpa + r->size < r->gpa || r->uaddr + r->size < r->uaddr ||
	    r->offset + r->size < r->offset)
		return foo_error_set(err, -ERANGE, "address plus size wraps");
	if (fstat(fd, &sb) < 0 || !S_ISREG(sb.st_mode))
		return foo_error_set(err, -EINVAL, "its file is no regular one");
	mode = fcntl(fd, F_GETFL);
	if (mode < 0 || (mode & O_ACCMODE) != O_RDWR)
		return foo_error_set(err, -EACCES, "its file is not open for reading and writing");
	if (r->offset + r->size > (uint64_t)sb.st_size)
		return foo_error_set(err, -ERANGE,
				     "0x%" PRIx64 " bytes at 0x%" PRIx64
				     " lie beyond its file of 0x%" PRIx64 " bytes",
				     r->size, r->offset, (uint64_t)sb.st_size);
	return 0;
}

static int
check_mem_table(const struct foo_vhost_msg *m, struct foo_error *err)
{
	const struct vhu_mem *mem = &m->mem;
	struct foo_error why;
	uint64_t total = 0;
	uint32_t i, j;
	int ret;

	if (mem->nregions == 0 || mem->nregions > VHU_MAX_FDS)
		return foo_error_set(err, -EINVAL, "%" PRIu32 " regions, may be 1 to %d",
				     mem->nregions, VHU_MAX_FDS);
	if (m->size < offsetof(struct vhu_mem, region) + mem->nregions * sizeof(mem->region[0]))
		return foo_error_set(err, -EPROTO,
				     "payload of %" PRIu32 " bytes for %" PRIu32 " regions",
				     m->size, mem->nregions);
	for (i = 0; i < mem->nregions; i++) {
		ret = check_region(&mem->region[i], m->fd[i], &why);
		if (ret != 0)
			return foo_error_set(err, ret, "region %" PRIu32 ": %s", i, why.text);
		/* cannot wrap: no file has more than 2^63 bytes, and the first beyond ends it */
		total += mem->region[i].size;
		if (total > MEM_MAX)
			return foo_error_set(err, -ENOMEM, "more than %" PRIu64 " TiB in all",
					     MEM_MAX >> 40);
		for (j = 0; j < i; j++) {
			const struct vhu_region *a = &mem->region[i], *b = &mem->region[j];

			if (a->gpa < b->gpa + b->size && b->gpa < a->gpa + a->size)
				return foo_error_set(err, -EEXIST,
						     "regions %" PRIu32 " and %" PRIu32 " overlap",
						     j, i);
		}
	}
	return 0;
}

static int
check_features(const struct foo_vhost_state *st, uint64_t features, struct foo_error *err)
{
	uint16_t i;

	if (features & ~st->offered)
		return foo_error_set(err, -EINVAL, "feature bits 0x%" PRIx64 " were not offered",
				     features & ~st->offered);
	if (!st->has_features || ((features ^ st->features) & ~(UINT64_C(1) << VHU_F_LOG_ALL)) == 0)
		return 0;
	/* the dirty log is switched while the guest runs; all else belongs before the start */
	for (i = 0; i < st->nqueues; i++) {
		if (st->ring[i].kicked)
			return foo_error_set(err, -EBUSY,
					     "features change while ring %u is started", i);
	}
	return 0;
}

static int
check_num(const struct foo_vhost_state *st, uint32_t num, struct foo_error *err)
{
	if (num == 0 || num > FOO_VQ_MAX_SIZE)
		return foo_error_set(err, -EINVAL, "queue size %" PRIu32 ", may be 1 to %d", num,
				     FOO_VQ_MAX_SIZE);
	if (st->has_features && !has_feature(st, VIRTIO_F_RING_PACKED) && (num & (num - 1)) != 0)
		return foo_error_set(err, -EINVAL,
				     "queue size %" PRIu32 " of a split ring is no power of two",
				     num);
	return 0;
}

static int
check_base(const struct foo_vhost_state *st, const struct vhu_state *s, struct foo_error *err)
{
	uint32_t num = st->ring[s->index].num;

	if (!st->has_features)
		return 0;
	if (!has_feature(st, VIRTIO_F_RING_PACKED)) {
		if (s->num > UINT16_MAX)
			return foo_error_set(err, -EINVAL, "index %" PRIu32 " of a split ring",
					     s->num);
	} else if (num != 0 && (s->num & 0x7fff) >= num) {
		return foo_error_set(err, -EINVAL, "position %" PRIu32 " in a ring of %" PRIu32,
				     s->num & 0x7fff, num);
	}
	return 0;
}

/* An area of a ring: aligned (VIRTIO 1.2, 2.7 and 2.8) and, if its length is known, mapped. */
static int
check_area(const struct foo_vhost_state *st, const char *name, uint64_t addr, uint64_t align,
	   uint64_t len, struct foo_error *err)
{
	if (addr % align != 0)
		return foo_error_set(err, -EINVAL,
				     "%s area at 0x%" PRIx64 " is not aligned to %" PRIu64, name,
				     addr, align);
	if (foo_vhost_map_find(&st->map, addr, RTE_MAX(len, UINT64_C(1)), NULL) == NULL)
		return foo_error_set(err, -EFAULT,
				     "%s area at 0x%" PRIx64 " is not in the memory "
				     "table",
				     name, addr);
	return 0;
}

static int
check_addr(const struct foo_vhost_state *st, const struct vhu_addr *a, struct foo_error *err)
{
	uint64_t desc = 0, driver = 0, device = 0;
	bool packed = has_feature(st, VIRTIO_F_RING_PACKED);
	int ret;

	if (st->map.nregions == 0)
		return foo_error_set(err, -EINVAL, "ring addresses before SET_MEM_TABLE");
	foo_vhost_ring_sizes(st->features, st->ring[a->index].num, &desc, &driver, &device);
	ret = check_area(st, "descriptor", a->desc, 16, desc, err);
	if (ret == 0)
		ret = check_area(st, "driver", a->avail, packed ? 4 : 2, driver, err);
	if (ret == 0)
		ret = check_area(st, "device", a->used, 4, device, err);
	return ret;
}

static int
check_kick(const struct foo_vhost_state *st, struct foo_error *err)
{
	if (!st->has_features)
		return foo_error_set(err, -EINVAL, "a ring is started before SET_FEATURES");
	return 0;
}

static int
check_log(const struct foo_vhost_msg *m, struct foo_error *err)
{
	struct vhu_region r = {
		.size = m->log.size,
		.offset = m->log.offset,
	};

	/* a log is a region without an address */
	return check_region(&r, m->fd[0], err);
}

static int
check_inflight(const struct foo_vhost_state *st, const struct vhu_inflight *i,
	       struct foo_error *err)
{
	if (i->num_queues == 0 || i->num_queues > st->nqueues)
		return foo_error_set(err, -EINVAL, "%u queues, the device has %u", i->num_queues,
				     st->nqueues);
	if (i->queue_size == 0 || i->queue_size > FOO_VQ_MAX_SIZE)
		return foo_error_set(err, -EINVAL, "queue size %u, may be 1 to %d", i->queue_size,
				     FOO_VQ_MAX_SIZE);
	return 0;
}

/* Its file, and whether all queues have room in it. */
static int
check_set_inflight(const struct foo_vhost_state *st, const struct foo_vhost_msg *m,
		   struct foo_error *err)
{
	const struct vhu_region r = {.size = m->inflight.mmap_size,
				     .offset = m->inflight.mmap_offset};
	uint64_t need = foo_vhost_inflight_size(st, &m->inflight);
	int ret = check_inflight(st, &m->inflight, err);

	if (ret != 0)
		return ret;
	if (r.offset % FOO_INFLIGHT_ALIGN != 0)
		return foo_error_set(err, -EINVAL, "offset 0x%" PRIx64 " is no multiple of %d",
				     r.offset, FOO_INFLIGHT_ALIGN);
	/* before the features are known, a ring finds out when it starts */
	if (st->has_features && r.size < need)
		return foo_error_set(err, -ERANGE,
				     "%" PRIu64 " bytes for %u queues of %u, should be %" PRIu64,
				     r.size, m->inflight.num_queues, m->inflight.queue_size, need);
	return check_region(&r, m->fd[0], err);
}

static int
check_config(const struct foo_vhost_msg *m, struct foo_error *err)
{
	if (m->size != VHU_CONFIG_HDR + (uint64_t)m->config.size)
		return foo_error_set(err, -EPROTO,
				     "payload of %" PRIu32 " bytes for %" PRIu32
				     " bytes of config space",
				     m->size, m->config.size);
	if (m->config.offset > VHU_CONFIG_MAX || m->config.size > VHU_CONFIG_MAX - m->config.offset)
		return foo_error_set(err, -ERANGE,
				     "bytes %" PRIu32 " to %" PRIu64
				     " of the config space, may be 0 to %d",
				     m->config.offset, (uint64_t)m->config.offset + m->config.size,
				     VHU_CONFIG_MAX);
	return 0;
}

static int
check_number(const char *what, uint64_t value, uint64_t min, uint64_t max, struct foo_error *err)
{
	if (value < min || value > max)
		return foo_error_set(err, -ERANGE, "%s %" PRIu64 ", may be %" PRIu64 " to %" PRIu64,
				     what, value, min, max);
	return 0;
}

static int
check_content(const struct foo_vhost_state *st, const struct foo_vhost_msg *m,
	      struct foo_error *err)
{
	switch (m->request) {
	case VHU_SET_FEATURES:
		return check_features(st, m->u64, err);
	case VHU_SET_PROTOCOL_FEATURES:
		if (m->u64 & ~st->proto_offered)
			return foo_error_set(err, -EINVAL,
					     "protocol features 0x%" PRIx64 " were not offered",
					     m->u64 & ~st->proto_offered);
		return 0;
	case VHU_SET_MEM_TABLE:
		return check_mem_table(m, err);
	case VHU_SET_LOG_BASE:
		return check_log(m, err);
	case VHU_SET_VRING_NUM:
		return check_num(st, m->state.num, err);
	case VHU_SET_VRING_BASE:
		return check_base(st, &m->state, err);
	case VHU_SET_VRING_ADDR:
		return check_addr(st, &m->addr, err);
	case VHU_SET_VRING_ENABLE:
		return check_number("enable", m->state.num, 0, 1, err);
	case VHU_SET_VRING_KICK:
		return check_kick(st, err);
	case VHU_GET_CONFIG:
	case VHU_SET_CONFIG:
		return check_config(m, err);
	case VHU_GET_INFLIGHT_FD:
		return check_inflight(st, &m->inflight, err);
	case VHU_SET_INFLIGHT_FD:
		return check_set_inflight(st, m, err);
	case VHU_NET_SET_MTU:
		return check_number("MTU", m->u64, MTU_MIN, MTU_MAX, err);
	case VHU_SET_STATUS:
		return check_number("status", m->u64, 0, UINT8_MAX, err);
	default:
		return 0;
	}
}

int
foo_vhost_check(const struct foo_vhost_state *st, const struct foo_vhost_msg *m,
		struct foo_error *err)
{
	const struct rule *r = rule_of(m->request);
	int ret, ring;

	ret = foo_vhost_check_form(m, err);
	if (ret != 0)
		return ret;
	if (r->proto != PROTO_ANY && !offers(st, r->proto))
		return foo_error_set(err, -ENOTSUP, "protocol feature %u was not offered",
				     r->proto);
	ring = foo_vhost_msg_ring(m);
	if (ring >= st->nqueues)
		return foo_error_set(err, -EINVAL, "ring %d, the device has 0 to %d", ring,
				     st->nqueues - 1);
	return check_content(st, m, err);
}
