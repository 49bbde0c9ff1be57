/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * The ring of a queue: made by a control thread, used by one lcore.
 */
#include <errno.h>
#include <string.h>

#include "blk_uring_priv.h"

/* The ring belongs to the thread that enables it, the lcore; what ends waits, unseen, until that
 * thread asks for it, so that no interrupt disturbs it. From Linux 6.1 on. */
#define RING_OWNED                                                                                 \
	(IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG |     \
	 IORING_SETUP_R_DISABLED)

/* Whatever the kernel: no entry stops those behind it. */
#define RING_COMMON (IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP | IORING_SETUP_SUBMIT_ALL)

static int
ring_init(struct io_uring *ring, uint32_t depth)
{
	struct io_uring_params p = {
		.flags = RING_COMMON | RING_OWNED,
		/* each request has one completion at most: they always have room */
		.cq_entries = RTE_MAX(depth, (uint32_t)URING_SQ),
	};

	return io_uring_queue_init_params(URING_SQ, ring, &p);
}

int
uring_ring_probe(struct foo_error *err)
{
	struct io_uring ring;
	int rc = ring_init(&ring, 1);

	switch (rc) {
	case 0:
		io_uring_queue_exit(&ring);
		return 0;
	case -ENOSYS:
		return foo_error_set(err, rc, "this kernel has no io_uring: Linux 6.1 is needed");
	case -EINVAL:
		return foo_error_set(err, rc,
				     "this kernel's io_uring is too old: Linux 6.1 is needed");
	case -EPERM:
	case -EACCES:
		return foo_error_set(
			err, rc,
			"io_uring is forbidden here: sysctl kernel.io_uring_disabled=0,"
			" and a seccomp filter (of a container) must allow io_uring_setup");
	default:
		return foo_error_set(err, rc, "io_uring: %s", strerror(-rc));
	}
}

int
uring_ring_open(struct uring_queue *u, uint32_t depth, int fd)
{
	int rc = ring_init(&u->ring, depth);

	if (rc != 0)
		return rc;
	rc = io_uring_register_files(&u->ring, &fd, 1);
	if (rc != 0)
		io_uring_queue_exit(&u->ring);
	u->enabled = false;
	return rc;
}

void
uring_ring_close(struct uring_queue *u)
{
	io_uring_queue_exit(&u->ring);
}

struct io_uring_sqe *
uring_ring_sqe(struct uring_queue *u)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&u->ring);

	if (unlikely(sqe == NULL)) {
		uring_ring_submit(u);
		sqe = io_uring_get_sqe(&u->ring);
	}
	return sqe;
}

/* The first use by the lcore makes the ring its own. (Version 2.3 of the library does not export
 * its io_uring_enable_rings().) */
static void
ring_enable(struct uring_queue *u)
{
	u->enabled = io_uring_register((unsigned int)u->ring.ring_fd, IORING_REGISTER_ENABLE_RINGS,
				       NULL, 0) == 0;
}

/* A system call, once or a few times a burst. What the kernel does not take now stays, and poll
 * tries again. */
void
uring_ring_submit(struct uring_queue *u)
{
	if (io_uring_sq_ready(&u->ring) == 0)
		return;
	if (unlikely(!u->enabled))
		ring_enable(u);
	foo_blk_count(&u->stats.submits, 1);
	io_uring_submit(&u->ring);
}
