/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * The medium: a file or a block device, opened so that its storage likes it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include <sys/ioctl.h>
#include <sys/stat.h>

#include <linux/fs.h>

#include "blk_uring_priv.h"

/* Largest alignment that O_DIRECT may ask for: a page. */
#define ALIGN_MAX 4096

/* The kernel ends the io_uring of a process that was killed within 0.1 s, or when the storage has
 * answered. */
#define LOCK_WAIT_MS 1000

int
uring_file_size(const struct uring_file *f, uint64_t *size)
{
	struct stat st;

	if (f->is_block)
		return ioctl(f->fd, BLKGETSIZE64, size) == 0 ? 0 : -errno;
	if (fstat(f->fd, &st) != 0)
		return -errno;
	*size = (uint64_t)st.st_size;
	return 0;
}

/* Create a file of size=, unless it is there. */
static int
file_create(const struct uring_dev *d, struct foo_error *err)
{
	int fd, rc = 0;

	if (d->size % d->blk.cap.block_size != 0)
		return foo_error_set(err, -EINVAL,
				     "size=%" PRIu64 ": not a multiple of block-size=%u", d->size,
				     d->blk.cap.block_size);
	fd = open(d->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 && errno == EEXIST)
		return 0;
	if (fd < 0)
		return foo_error_set(err, -errno, "path=%s: cannot create it: %s", d->path,
				     strerror(errno));
	if (ftruncate(fd, (off_t)d->size) != 0) {
		rc = foo_error_set(err, -errno, "path=%s: size=%" PRIu64 ": %s", d->path, d->size,
				   strerror(errno));
		unlink(d->path);
	}
	close(fd);
	return rc;
}

static int
file_open_error(const struct uring_dev *d, int code, struct foo_error *err)
{
	const char *hint = "";

	if (code == ENOENT && !d->blk.read_only)
		hint = "; size= would create it";
	else if ((code == EACCES || code == EROFS) && !d->blk.read_only)
		hint = "; ro=1 would open it for reading only";
	return foo_error_set(err, -code, "path=%s: %s%s", d->path, strerror(code), hint);
}

/* Open it, with O_DIRECT if it may be, and find out what it is. */
static int
file_open_fd(struct uring_dev *d, struct foo_error *err)
{
	int flags = (d->blk.read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK;
	struct uring_file *f = &d->file;
	struct stat st;

	f->direct = d->direct != URING_DIRECT_OFF;
	f->fd = open(d->path, flags | (f->direct ? O_DIRECT : 0));
	if (f->fd < 0 && errno == EINVAL && f->direct) {
		f->direct = false;
		f->fd = open(d->path, flags);
	}
	if (f->fd < 0)
		return file_open_error(d, errno, err);
	/* O_NONBLOCK was for a FIFO that has no writer; with it io_uring would never wait */
	if (fcntl(f->fd, F_SETFL, f->direct ? O_DIRECT : 0) != 0 || fstat(f->fd, &st) != 0)
		return file_open_error(d, errno, err);
	f->is_block = S_ISBLK(st.st_mode);
	if (!f->is_block && !S_ISREG(st.st_mode))
		return foo_error_set(err, -EINVAL, "path=%s: neither a file nor a block device",
				     d->path);
	d->blk.cap.optimal_io = 0;
	d->blk.cap.physical_block = (uint32_t)st.st_blksize;
	return 0;
}

/* What the kernel says of O_DIRECT. Whether it says something. */
static bool
align_told(struct uring_file *f)
{
#ifdef STATX_DIOALIGN
	struct statx st;

	if (statx(f->fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &st) == 0 &&
	    (st.stx_mask & STATX_DIOALIGN)) {
		f->mem_align = st.stx_dio_mem_align;
		f->io_align = st.stx_dio_offset_align;
		return true;
	}
#endif
	if (f->is_block) {
		int size = 0;

		if (ioctl(f->fd, BLKSSZGET, &size) == 0 && size > 0) {
			f->mem_align = f->io_align = (uint32_t)size;
			return true;
		}
	}
	return false;
}

/* What reads of the first bytes show. */
static void
align_tried(struct uring_file *f)
{
	static uint8_t buf[2 * ALIGN_MAX] __attribute__((aligned(ALIGN_MAX)));
	uint32_t align;

	for (align = 512; align <= ALIGN_MAX; align *= 2) {
		/* at an address that is aligned to this and no more */
		if (pread(f->fd, buf + align, align, 0) > 0)
			break;
	}
	f->mem_align = f->io_align = align <= ALIGN_MAX ? align : 0;
}

/* Find what O_DIRECT needs, or do without. */
static int
file_align(struct uring_dev *d, struct foo_error *err)
{
	struct uring_file *f = &d->file;
	uint32_t block = d->blk.cap.block_size;

	if (f->direct && !align_told(f))
		align_tried(f);
	if (f->direct && f->io_align != 0 && f->mem_align != 0 && f->io_align <= block &&
	    f->mem_align <= ALIGN_MAX)
		return 0;
	if (d->direct == URING_DIRECT_ON && f->direct && f->io_align != 0)
		return foo_error_set(err, -EINVAL,
				     "path=%s: direct=on needs requests of %u bytes here: "
				     "block-size=%u, or direct=off",
				     d->path, f->io_align, f->io_align);
	if (d->direct == URING_DIRECT_ON)
		return foo_error_set(err, -EINVAL,
				     "path=%s: its file system has no direct I/O: direct=off",
				     d->path);
	if (d->direct == URING_DIRECT_AUTO)
		URING_LOG(NOTICE,
			  "%s: path=%s: no direct I/O in blocks of %u bytes here: "
			  "through the page cache",
			  d->blk.dev.name, d->path, block);
	if (f->direct && fcntl(f->fd, F_SETFL, 0) != 0)
		return foo_error_set(err, -errno, "path=%s: %s", d->path, strerror(errno));
	f->direct = false;
	f->mem_align = f->io_align = 1;
	return 0;
}

static int
file_lock(const struct uring_dev *d, struct foo_error *err)
{
	int rc;

	if (!d->lock)
		return 0;
	rc = uring_lock(d->file.fd, d->blk.read_only, LOCK_WAIT_MS);
	if (rc == -EAGAIN)
		return foo_error_set(err, -EBUSY,
				     "path=%s: in use by another program, or by another disk: "
				     "end that, or lock=0 if both know what they do",
				     d->path);
	if (rc != 0)
		URING_LOG(NOTICE, "%s: path=%s: it cannot be locked here (%s)", d->blk.dev.name,
			  d->path, strerror(-rc));
	return 0;
}

/* How large is it, and is that right? */
static int
file_check_size(struct uring_dev *d, struct foo_error *err)
{
	uint64_t size, rest;
	int rc = uring_file_size(&d->file, &size);

	if (rc != 0)
		return foo_error_set(err, rc, "path=%s: %s", d->path, strerror(-rc));
	if (d->size != 0 && size != d->size)
		return foo_error_set(err, -EINVAL,
				     "path=%s: it is there, and has %" PRIu64
				     " bytes, not size=%" PRIu64 ": leave size= out",
				     d->path, size, d->size);
	rest = size % d->blk.cap.block_size;
	if (size == rest)
		return foo_error_set(err, -EINVAL,
				     "path=%s: %" PRIu64 " bytes are no disk: one block has %u",
				     d->path, size, d->blk.cap.block_size);
	if (rest != 0)
		URING_LOG(NOTICE,
			  "%s: path=%s: its last %" PRIu64
			  " bytes are no whole block, and not part of the disk",
			  d->blk.dev.name, d->path, rest);
	foo_blk_set_size(&d->blk, size);
	return 0;
}

/* What the guest is told of it. */
static void
file_cap(struct uring_dev *d)
{
	struct foo_blk_cap *cap = &d->blk.cap;
	unsigned int size = 0;

	if (d->file.is_block && ioctl(d->file.fd, BLKPBSZGET, &size) == 0)
		cap->physical_block = size;
	if (cap->physical_block < cap->block_size || cap->physical_block > 64u << 10 ||
	    (cap->physical_block & (cap->physical_block - 1)) != 0)
		cap->physical_block = cap->block_size;
	if (d->file.is_block && ioctl(d->file.fd, BLKIOOPT, &size) == 0)
		cap->optimal_io = size;
	cap->flush = true;
	cap->discard = !cap->read_only;
	cap->zeroes = !cap->read_only;
	cap->zeroes_unmap = !cap->read_only;
	cap->discard_align = cap->physical_block;
}

int
uring_file_open(struct uring_dev *d, struct foo_error *err)
{
	int rc = 0;

	d->file.fd = -1;
	if (d->size != 0 && !d->blk.read_only)
		rc = file_create(d, err);
	if (rc == 0)
		rc = file_open_fd(d, err);
	if (rc == 0)
		rc = file_lock(d, err);
	if (rc == 0)
		rc = file_align(d, err);
	if (rc == 0)
		rc = file_check_size(d, err);
	if (rc == 0)
		file_cap(d);
	else
		uring_file_close(d);
	return rc;
}

void
uring_file_close(struct uring_dev *d)
{
	if (d->file.fd >= 0)
		close(d->file.fd);
	d->file.fd = -1;
}
