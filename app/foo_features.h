/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_FEATURES_H
#define FOO_FEATURES_H

/**
 * @file
 * VirtIO feature bits in words.
 */

#include <stdint.h>

/**
 * The specification's name of a feature bit.
 *
 * @param virtio_id device type; bits 0 to 23 and from 50 on are its own (VIRTIO 1.2, 2.2)
 * @param bit 0 to 63
 * @return e.g. "VIRTIO_F_VERSION_1", or NULL for a bit without a name. Any thread.
 */
const char *foo_feature_name(uint16_t virtio_id, unsigned int bit);

#endif /* FOO_FEATURES_H */
