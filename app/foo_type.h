/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_TYPE_H
#define FOO_TYPE_H

/**
 * @file
 * What the program does for devices of one VirtIO type, beyond what it does for all: options,
 * set-up, printed statistics. A build has those of its drivers (-Ddrivers=); devices of plugins
 * have none.
 */

#include <stdio.h>

#include <foo_device.h>

#include "foo_args.h"

/** One VirtIO type. Optional members may be NULL. */
struct foo_type {
	const char *cls;    /**< Its abstract class. */
	const char *number; /**< What foo_device::id is called; optional: it is not shown. */
	const char *title;  /**< What stands above the statistics of its devices. */
	const char *usage;  /**< Its options behind "--", for --help. Optional. */
	/** Set the initial values of options. Optional. */
	void (*defaults)(struct foo_args *args);
	/** Take an option behind "--". 0; -ENOENT: it is none of the type's; -errno with err.
	 * Optional. */
	int (*option)(struct foo_args *args, const struct foo_optscan *s, struct foo_error *err);
	/** Before the first device is realized. Control. 0, or -errno with err. Optional. */
	int (*setup)(const struct foo_args *args, struct foo_error *err);
	/** Print the statistics of a device, rates since the last call. Under foo_ctl_lock. */
	void (*print_device)(FILE *out, const struct foo_device *dev);
	/** Print the statistics of a queue. Under foo_ctl_lock. */
	void (*print_queue)(FILE *out, const struct foo_queue *q);
	/** Print what all devices of the type have done; there is one. Under foo_ctl_lock. */
	void (*print_summary)(FILE *out, const struct foo_args *args);
};

/** Network devices. */
extern const struct foo_type foo_type_net;
/** Disks. */
extern const struct foo_type foo_type_blk;

/** The types of this build, NULL at the end. */
extern const struct foo_type *const foo_types[];

/** The type of a device, or NULL: it is a plugin's. */
const struct foo_type *foo_type_of(const struct foo_device *dev);

#endif /* FOO_TYPE_H */
