/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_GUEST_MEMFD_H
#define FOO_GUEST_MEMFD_H

/**
 * @file
 * Files without a name that are shared with a back-end. Private to the library.
 */

#include <stdbool.h>
#include <stdint.h>

/**
 * Create a file of a certain size.
 *
 * @param name of use in /proc only
 * @param size bytes; with hugepages whole ones
 * @param huge of hugepages of 2 MiB
 * @param sealed nobody can change the size any more: a back-end that truncated the file would have
 *   this process killed by SIGBUS. A kernel that cannot do so gives a file without seals.
 * @return descriptor or -errno
 */
int foo_guest_memfd(const char *name, uint64_t size, bool huge, bool sealed);

#endif /* FOO_GUEST_MEMFD_H */
