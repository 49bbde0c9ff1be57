/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/*
 * Each ring is started by itself, as soon as all that it needs is there, in whatever order it
 * came; the library would wait for every ring that was ever mentioned.
 *
 * A ring that is paused (because memory, an fd or the log changes under it) goes on exactly where
 * it was. One that is started anew begins at SET_VRING_BASE, except that the used index is read
 * from the ring: a front-end that has lost its back-end cannot know better, and since every device
 * drains before it stops, available chains beyond the used index were never carried out. With an
 * in-flight table that is in use, the queue finds its place there (foo_inflight.h), and SET_VRING_
 * BASE says nothing: a front-end that has lost its back-end repeats that of the last start. When
 * GET_VRING_BASE hands the place over, the table's ends to be in use.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "foo_vhost_priv.h"

/* Wrap counter of a packed position. */
#define WRAP 0x8000

static bool
has_feature(const struct foo_vhost *t, unsigned int bit)
{
	return t->st.features >> bit & 1;
}

void
foo_vhost_ring_sizes(uint64_t features, uint32_t num, uint64_t *desc, uint64_t *driver,
		     uint64_t *device)
{
	uint64_t event = features >> VIRTIO_RING_F_EVENT_IDX & 1 ? sizeof(uint16_t) : 0;

	*desc = sizeof(struct vring_desc) * (uint64_t)num;
	if (features >> VIRTIO_F_RING_PACKED & 1) {
		*driver = sizeof(struct vring_packed_desc_event);
		*device = sizeof(struct vring_packed_desc_event);
		return;
	}
	*driver = sizeof(struct vring_avail) + sizeof(uint16_t) * (uint64_t)num + event;
	*device =
		sizeof(struct vring_used) + sizeof(struct vring_used_elem) * (uint64_t)num + event;
}

void
foo_vhost_rings_init(struct foo_vhost *t)
{
	uint16_t i;

	for (i = 0; i < t->st.nqueues; i++) {
		t->st.ring[i] = (struct foo_vhost_ring){
			.kickfd = FOO_VQ_NO_FD,
			.callfd = FOO_VQ_NO_FD,
		};
	}
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = FOO_VQ_NO_FD;
}

void
foo_vhost_rings_reset(struct foo_vhost *t)
{
	uint16_t i;

	for (i = 0; i < t->st.nqueues; i++) {
		close_fd(&t->st.ring[i].kickfd);
		close_fd(&t->st.ring[i].callfd);
	}
	foo_vhost_rings_init(t);
}

/* A ring that runs, or has run until now: whether a call to its guest has held the lcore up. */
static void
judge(struct foo_vhost *t, const struct foo_queue *q)
{
	if (__atomic_load_n(&q->broken, __ATOMIC_RELAXED) == FOO_FAULT_CALL_BLOCKED)
		foo_vhost_bar(t);
}

int
foo_vhost_ring_pause(struct foo_vhost *t, uint16_t index)
{
	struct foo_vhost_ring *r = &t->st.ring[index];
	struct foo_queue *q = &t->dev->queue[index];
	int ret;

	ret = foo_queue_stop(q, &r->avail, &r->used);
	if (ret == -EALREADY)
		return 0;
	if (ret != 0) {
		FOO_VHOST_LOG(ERR, "%s: queue %u: lcore %u does not let go of it", t->dev->name,
			      index, q->lcore);
		return ret;
	}
	r->resumes = true;
	if (q->broken != 0)
		r->broken = true;
	judge(t, q);
	return 0;
}

int
foo_vhost_rings_pause(struct foo_vhost *t)
{
	int ret = 0;
	uint16_t i;

	/* Backwards: a transmit queue stands behind the receive queue of its pair (VIRTIO 1.2,
	 * 5.1.2), and while it runs without that one its packets are dropped. An lcore that is late
	 * is waited for once, not once a queue. */
	for (i = t->st.nqueues; i > 0 && ret == 0; i--)
		ret = foo_vhost_ring_pause(t, i - 1);
	return ret;
}

/* What a ring still waits for, in words; NULL: nothing. */
static const char *
missing(const struct foo_vhost *t, const struct foo_vhost_ring *r)
{
	if (t->vid < 0)
		return "no front-end is connected";
	if (t->lost)
		return "memory of the guest went away; waiting for a new connection";
	if (!t->st.has_features)
		return "features are not negotiated";
	if (t->st.map.nregions == 0)
		return "no memory table";
	if (r->num == 0)
		return "queue size is not set";
	if (!r->has_addr)
		return "ring addresses are not set";
	if (!r->kicked)
		return "not started by the driver";
	if (has_feature(t, VHU_F_PROTOCOL_FEATURES) && !r->enabled)
		return "disabled by the front-end";
	if (foo_vhost_is_locked_out(t))
		return "locked out: the front-end blocked an lcore";
	return NULL;
}

/* Areas of the ring as mapped here. */
static int
set_areas(const struct foo_vhost *t, const struct foo_vhost_ring *r, struct foo_vq_config *cfg)
{
	uint64_t desc, driver, device;

	foo_vhost_ring_sizes(t->st.features, r->num, &desc, &driver, &device);
	cfg->desc = foo_vhost_map_find(&t->st.map, r->addr.desc, desc, NULL);
	cfg->driver = foo_vhost_map_find(&t->st.map, r->addr.avail, driver, NULL);
	cfg->device = foo_vhost_map_find(&t->st.map, r->addr.used, device, &cfg->device_gpa);
	if (cfg->desc == NULL || cfg->driver == NULL || cfg->device == NULL)
		return -EFAULT;
	/* with an IOMMU between them, the front-end knows the address and we do not */
	if (r->addr.flags & VHU_ADDR_F_LOG)
		cfg->device_gpa = r->addr.log;
	return 0;
}

/* Where the ring begins. Whether the guest may have been waiting for it. */
static bool
set_bases(const struct foo_vhost *t, const struct foo_vhost_ring *r, struct foo_vq_config *cfg)
{
	const struct vring_used *used = cfg->device;
	bool tracked = cfg->inflight != NULL && foo_inflight_is_used(cfg->inflight);

	if (r->resumes) {
		cfg->avail_base = r->avail;
		cfg->used_base = r->used;
		return true;
	}
	if (has_feature(t, VIRTIO_F_RING_PACKED)) {
		/* upper half: used position, where the front-end knows of it */
		cfg->used_base = r->base >> 16 != 0 ? r->base >> 16 : r->base & UINT16_MAX;
		cfg->avail_base = cfg->used_base;
		return cfg->used_base != WRAP || tracked;
	}
	cfg->used_base = __atomic_load_n(&used->idx, __ATOMIC_RELAXED);
	cfg->avail_base = cfg->used_base;
	return cfg->used_base != 0 || tracked;
}

static void
start(struct foo_vhost *t, uint16_t index)
{
	struct foo_vhost_ring *r = &t->st.ring[index];
	struct foo_queue *q = &t->dev->queue[index];
	struct foo_queue_config cfg = {
		.kickfd = r->kickfd,
		.vq.callfd = r->callfd,
		.vq.size = (uint16_t)r->num,
	};
	struct foo_error why;
	int ret;

	if (set_areas(t, r, &cfg.vq) != 0) {
		foo_queue_set_why(q, "ring addresses are outside the memory table");
		return;
	}
	if (foo_vhost_inflight_of(t, index, r->num, &cfg.vq, &why) != 0) {
		/* the guest waits for ever, and not every message is worth a line */
		if (strcmp(q->why, why.text) != 0 && foo_vhost_may_log(t))
			FOO_VHOST_LOG(ERR, "%s: queue %u cannot start: %s", t->dev->name, index,
				      why.text);
		foo_queue_set_why(q, "%s", why.text);
		return;
	}
	cfg.call_first = set_bases(t, r, &cfg.vq);
	ret = foo_queue_start(q, &cfg);
	if (ret == -EALREADY)
		return;
	if (ret != 0)
		FOO_VHOST_LOG(ERR, "%s: queue %u cannot start: %s", t->dev->name, index, q->why);
	else
		judge(t, q); /* it may have been called: the next one is not, then */
}

void
foo_vhost_ring_update(struct foo_vhost *t, uint16_t index)
{
	struct foo_vhost_ring *r = &t->st.ring[index];
	struct foo_queue *q = &t->dev->queue[index];
	const char *why = missing(t, r);

	if (why == NULL && !r->broken) {
		start(t, index);
		return;
	}
	if (foo_queue_state(q) != FOO_QUEUE_STOPPED)
		return;
	if (why == NULL)
		foo_queue_set_why(q, "broken: %s; waiting for a reset by the driver",
				  foo_fault_text(q->broken));
	else
		foo_queue_set_why(q, "%s", why);
}

void
foo_vhost_rings_update(struct foo_vhost *t)
{
	uint16_t i;

	for (i = 0; i < t->st.nqueues; i++)
		foo_vhost_ring_update(t, i);
}

int
foo_vhost_ring_set_call(struct foo_vhost *t, uint16_t index, int fd)
{
	struct foo_vhost_ring *r = &t->st.ring[index];
	struct foo_queue *q = &t->dev->queue[index];
	int ret;

	/* the queue has a duplicate: the old fd may be closed at any time */
	close_fd(&r->callfd);
	r->callfd = fd;
	ret = foo_queue_set_callfd(q, fd);
	if (ret == 0)
		judge(t, q);
	return ret == -EALREADY ? 0 : ret;
}

uint32_t
foo_vhost_ring_stop(struct foo_vhost *t, uint16_t index)
{
	struct foo_vhost_ring *r = &t->st.ring[index];

	if (r->resumes) {
		r->base = r->avail;
		if (has_feature(t, VIRTIO_F_RING_PACKED))
			r->base |= (uint32_t)r->used << 16;
		foo_vhost_inflight_release(t, index, r->num);
	}
	close_fd(&r->kickfd);
	r->kicked = false;
	r->broken = false;
	r->resumes = false;
	return r->base;
}
