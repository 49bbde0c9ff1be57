/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_SET_H
#define FOO_SET_H

/**
 * @file
 * The verb `set`: properties of a device changed while it runs, whoever asks for it.
 */

#include <foo_device.h>

/** Takes the device first, with NULL for prop, and then each property that was set; its value is in
 * dev. Under foo_ctl_lock. */
typedef void (*foo_set_fn)(void *ctx, const struct foo_device *dev, const struct foo_prop *prop);

/**
 * Carry out "NAME,key=value[,key=value]": the keys in their order, up to the first that is refused.
 * Those before it stay changed. Control thread.
 *
 * @return 0; -EINVAL (nothing to set), -ENODEV, or as foo_device_set_prop(), with err
 */
int foo_set(const char *text, foo_set_fn emit, void *ctx, struct foo_error *err);

#endif /* FOO_SET_H */
