/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef VHOST_FIXTURE_H
#define VHOST_FIXTURE_H

/**
 * @file
 * Device classes of several types behind real sockets in this process, and a front-end for them.
 *
 * No lcore runs its loop: orders are carried out by the thread that gives them.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <foo_device.h>
#include <foo_guest_front.h>
#include <foo_vhost.h>

/** Queues of each device. */
#define VT_QUEUES 4

/** Bytes of the config space where a class has one. */
#define VT_CONFIG 60

/** Bytes of guest memory. */
#define VT_MEM (UINT64_C(1) << 20)

/** A device of the tests. */
struct vt_dev {
	struct foo_device dev;     /**< The parent. */
	uint8_t config[VT_CONFIG]; /**< Config space. */
	int fail_config;           /**< What get_config and set_config return. */
	int fail_features;         /**< What set_features returns. */
	unsigned int features_set; /**< Calls of set_features. */
};

/** What a test has. */
struct vt {
	char dir[32];               /**< Folder of its own. */
	char path[64];              /**< The device's socket. */
	struct vt_dev *vd;          /**< The device, served; NULL before vt_serve(). */
	struct foo_front front;     /**< A front-end, initialised. */
	struct foo_guest_mem mem;   /**< Memory for it. */
	struct foo_guest_ring ring; /**< A ring of 64 in it, after vt_start(). */
	bool has_ring;              /**< Whether ring is set up. */
};

/** Start EAL and run the tests. Exit code of the program; skips all if EAL cannot be had. */
int vt_main(const char *program, int (*tests)(void));

/** A folder and guest memory: set-up of each test. */
int vt_setup(void **state);

/** Undo vt_setup() and all that the test did. */
int vt_teardown(void **state);

/** Create, realize and serve a device: name "vt_blk0", more devargs. */
void vt_serve(struct vt *vt, const char *name, const char *more);

/** Stop serving and destroy it. */
void vt_end(struct vt *vt);

/** Connect and negotiate VERSION_1 and these feature bits. */
void vt_connect(struct vt *vt, uint64_t features);

/** Share the memory. */
void vt_share(struct vt *vt);

/** Start queue 0 with a fresh ring. 0 or what the front-end says. */
int vt_start(struct vt *vt);

/** Wait until a queue's reason contains a text; "" waits for a queue that runs. */
void vt_wait_why(struct vt *vt, uint16_t queue, const char *text);

/** Wait until no front-end is connected. */
void vt_wait_gone(struct vt *vt);

/** Counters of the device's control plane. */
struct foo_vhost_stats vt_stats(struct vt *vt);

/** An entry of a table of tests. */
#define vt_test(f) cmocka_unit_test_setup_teardown(f, vt_setup, vt_teardown)

#endif /* VHOST_FIXTURE_H */
