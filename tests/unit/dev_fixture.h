/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef DEV_FIXTURE_H
#define DEV_FIXTURE_H

/*
 * What the fixtures of all device types share: EAL without huge pages, a device, its guest's memory
 * and its queues.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <foo_device.h>
#include <foo_guest_mem.h>
#include <foo_guest_ring.h>

/* EAL with these lcores, classes and scheduler. 0, or -1 after a message. */
int dev_start(const char *lcores);

/* Make and realize a device that has no socket. 0, or -errno with err and *dev NULL. */
int dev_create(struct foo_device **dev, const char *name, const char *args, struct foo_error *err);

/* Memory of n ranges, and the same as the device sees it. */
void dev_mem(struct foo_guest_mem *mem, struct foo_mem *map, const struct foo_guest_range *range,
	     size_t n);

/* A queue into service on this ring, polled by both sides, from these indices on. */
void dev_queue_start(struct foo_queue *q, const struct foo_guest_ring *ring, uint16_t avail_base,
		     uint16_t used_base);

#endif /* DEV_FIXTURE_H */
