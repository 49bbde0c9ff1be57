/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_VDEV_H
#define FOO_VDEV_H

/**
 * @file
 * From the command line to device instances: plugins, and each --vdev that is one of ours.
 */

#include "foo_args.h"

/**
 * Load the plugins of -d, in order; of a folder, all its *.so. Main thread, before
 * foo_class_seal().
 *
 * @return 0, or -errno with err
 */
int foo_plugins_load(const struct foo_args *args, struct foo_error *err);

/**
 * Create a device for each --vdev that names one of our classes, and mark it as ours; nothing of
 * EAL is needed. Main thread, after foo_class_seal(), before any other thread.
 *
 * @return 0; -errno with err: a wrong name or property, a socket used twice, no device at all.
 *   Devices created so far stay in foo_devices.
 */
int foo_vdevs_create(struct foo_args *args, struct foo_error *err);

/** Say in err what is wrong with a --vdev that neither we nor EAL know. */
void foo_vdev_unknown(const char *name, struct foo_error *err);

/** Destroy all devices; none is realized. */
void foo_vdevs_destroy(void);

#endif /* FOO_VDEV_H */
