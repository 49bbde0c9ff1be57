/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Locks of an image that QEMU, qemu-img and other instances of ours respect.
 *
 * A process says with a shared lock on a byte what it does with the image, and on another byte
 * what it does not bear that others do; then it looks whether anyone contradicts. The locks belong
 * to the open file: they end with it, whatever happens to the process. A process that was killed
 * is gone before its file is: the kernel ends an io_uring, which holds the file, behind its back.
 * So long none of its writes can come after one of ours, and so long we wait.
 */
#include <errno.h>
#include <fcntl.h>
#include <time.h>

#include "blk_uring_priv.h"

/* Bytes that stand for what someone does, and for what someone does not bear. */
#define LOCK_DOES 100
#define LOCK_BARS 200

/* What one may do: offsets from those bytes. */
#define MAY_READ 0
#define MAY_WRITE 1
#define MAY_RESIZE 3

/* Between two attempts. */
#define LOCK_PAUSE_NS 5000000

static int
lock_byte(int fd, int byte)
{
	struct flock l = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};

	return fcntl(fd, F_OFD_SETLK, &l) == 0 ? 0 : -errno;
}

/* -EAGAIN if someone else has locked the byte. */
static int
lock_look(int fd, int byte)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};

	if (fcntl(fd, F_OFD_GETLK, &l) != 0)
		return -errno;
	return l.l_type == F_UNLCK ? 0 : -EAGAIN;
}

/* Both for what we do and what we bar. */
static int
lock_each(int fd, bool read_only, int (*step)(int fd, int byte), int does, int bars)
{
	int rc = step(fd, does + MAY_READ);

	if (rc == 0 && !read_only)
		rc = step(fd, does + MAY_WRITE);
	if (rc == 0 && !read_only)
		rc = step(fd, does + MAY_RESIZE);
	if (rc == 0)
		rc = step(fd, bars + MAY_WRITE);
	if (rc == 0)
		rc = step(fd, bars + MAY_RESIZE);
	return rc;
}

static int
lock_once(int fd, bool read_only)
{
	int rc = lock_each(fd, read_only, lock_byte, LOCK_DOES, LOCK_BARS);

	if (rc != 0)
		return rc;
	/* what we do, someone may bar; what we bar, someone may do */
	return lock_each(fd, read_only, lock_look, LOCK_BARS, LOCK_DOES);
}

static void
unlock(int fd)
{
	struct flock l = {.l_type = F_UNLCK, .l_whence = SEEK_SET};

	fcntl(fd, F_OFD_SETLK, &l);
}

static uint64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

int
uring_lock(int fd, bool read_only, unsigned int wait_ms)
{
	const struct timespec pause = {.tv_nsec = LOCK_PAUSE_NS};
	uint64_t until = now_ms() + wait_ms;
	int rc;

	while ((rc = lock_once(fd, read_only)) == -EAGAIN && now_ms() < until) {
		/* whoever waits is not in the way of others */
		unlock(fd);
		nanosleep(&pause, NULL);
	}
	return rc;
}
