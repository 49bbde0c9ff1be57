/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h> /* first: glibc defines only what is missing */
#include <sys/mman.h>
#include <unistd.h>

#include "foo_guest_memfd.h"

int
foo_guest_memfd(const char *name, uint64_t size, bool huge, bool sealed)
{
	const unsigned int flags = MFD_CLOEXEC | (huge ? MFD_HUGETLB | MFD_HUGE_2MB : 0);
	int fd = -1, ret;

	if (sealed)
		fd = memfd_create(name, flags | MFD_ALLOW_SEALING);
	if (fd < 0) /* Linux before 4.16 has no seals for hugepages */
		fd = memfd_create(name, flags);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)size) != 0) {
		ret = -errno;
		close(fd);
		return ret;
	}
	if (sealed) /* refused: go on without */
		(void)fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	return fd;
}
