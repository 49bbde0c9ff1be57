/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Requests of a queue: each is in steps, one at a time, until the kernel has done all of it. The
 * pieces of the guest are never changed: a step that begins within a piece ends with it.
 */
#include <errno.h>
#include <limits.h>

#include <linux/falloc.h>
#include <linux/fs.h>

#include "blk_uring_priv.h"

/* Bytes of a step that goes slice by slice. */
static uint32_t
slice(const struct foo_blk_io *io, const struct uring_state *s, uint32_t most)
{
	return (uint32_t)RTE_MIN(io->len - s->done, (uint64_t)most);
}

/* A step over guest memory: all that is left or, within a piece, the rest of it. */
static void
prep_pieces(struct io_uring_sqe *sqe, const struct foo_blk_io *io, const struct uring_state *s)
{
	const struct iovec *v = &io->iov[s->at.piece];
	uint32_t n = RTE_MIN((uint32_t)(io->niov - s->at.piece), (uint32_t)IOV_MAX);
	bool read = io->op == FOO_BLK_READ;
	uint64_t at = io->offset + s->done;

	if (n == 1 || s->at.skip != 0)
		io_uring_prep_rw(read ? IORING_OP_READ : IORING_OP_WRITE, sqe, 0,
				 (uint8_t *)v->iov_base + s->at.skip,
				 (uint32_t)(v->iov_len - s->at.skip), at);
	else
		io_uring_prep_rw(read ? IORING_OP_READV : IORING_OP_WRITEV, sqe, 0, v, n, at);
}

/* A step through a bounce buffer. */
static void
prep_bounced(struct io_uring_sqe *sqe, const struct foo_blk_io *io, const struct uring_state *s)
{
	uint32_t n = slice(io, s, URING_BOUNCE_SIZE);

	if (io->op == FOO_BLK_WRITE)
		foo_blk_place_copy(s->at, io, s->buf, n);
	io_uring_prep_rw(io->op == FOO_BLK_READ ? IORING_OP_READ : IORING_OP_WRITE, sqe, 0, s->buf,
			 n, io->offset + s->done);
}

static void
prep_zeroes(struct io_uring_sqe *sqe, const struct uring_dev *d, const struct foo_blk_io *io,
	    struct uring_state *s)
{
	/* relaxed, as the stores in zeroes_done(): at worst the kernel says no once more */
	if (io->unmap && !__atomic_load_n(&d->no_punch, __ATOMIC_RELAXED))
		s->how = URING_ZERO_PUNCH;
	else if (!__atomic_load_n(&d->no_zero, __ATOMIC_RELAXED))
		s->how = URING_ZERO_RANGE;
	else
		s->how = URING_ZERO_WRITE;
	if (s->how == URING_ZERO_WRITE) {
		io_uring_prep_write(sqe, 0, d->zeroes, slice(io, s, URING_ZEROES_SIZE),
				    io->offset + s->done);
	} else {
		io_uring_prep_fallocate(sqe, 0,
					FALLOC_FL_KEEP_SIZE |
						(s->how == URING_ZERO_PUNCH ? FALLOC_FL_PUNCH_HOLE :
									      FALLOC_FL_ZERO_RANGE),
					(off_t)io->offset, (off_t)io->len);
	}
}

static void
prep(struct io_uring_sqe *sqe, const struct uring_dev *d, struct foo_blk_io *io)
{
	struct uring_state *s = uring_state(io);

	switch (io->op) {
	case FOO_BLK_READ:
	case FOO_BLK_WRITE:
		if (unlikely(s->buf != NULL))
			prep_bounced(sqe, io, s);
		else
			prep_pieces(sqe, io, s);
		if (io->op == FOO_BLK_WRITE && io->fua)
			sqe->rw_flags = RWF_DSYNC;
		break;
	case FOO_BLK_FLUSH:
		io_uring_prep_fsync(sqe, 0, IORING_FSYNC_DATASYNC);
		break;
	case FOO_BLK_DISCARD:
		io_uring_prep_fallocate(sqe, 0, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE,
					(off_t)io->offset, (off_t)io->len);
		break;
	default:
		prep_zeroes(sqe, d, io, s);
		break;
	}
	/* the medium is registered file 0 */
	sqe->flags |= IOSQE_FIXED_FILE;
	io_uring_sqe_set_data(sqe, io);
}

/* Begin the next step. false: there is no entry or buffer for it now. */
static bool
io_step(struct uring_queue *u, struct foo_blk_io *io)
{
	struct uring_state *s = uring_state(io);
	struct io_uring_sqe *sqe;

	if (unlikely(s->bounced && u->bounces == NULL))
		return false;
	sqe = uring_ring_sqe(u);
	if (unlikely(sqe == NULL))
		return false;
	s->buf = s->bounced ? uring_bounce_get(u) : NULL;
	prep(sqe, u->dev, io);
	return true;
}

/* The same, or wait in line. Who waits holds nothing that another may wait for. */
static void
io_go(struct uring_queue *u, struct foo_blk_io *io)
{
	if (likely(io_step(u, io)))
		return;
	foo_blk_count(&u->stats.waits, 1);
	foo_blk_list_add(&u->wait, io);
}

/* Begin what has waited, as far as there is room by now. */
static void
io_resume(struct uring_queue *u)
{
	while (u->wait.head != NULL && io_step(u, u->wait.head))
		foo_blk_list_take(&u->wait);
}

/* Whether the kernel did less than it was asked for: neither a slice, nor all pieces that it takes
 * at once. */
static bool
io_is_short(const struct foo_blk_io *io, const struct uring_state *s, bool sliced, uint32_t res)
{
	if (sliced)
		return res < slice(io, s, URING_BOUNCE_SIZE);
	if (s->at.skip != 0)
		return res < io->iov[s->at.piece].iov_len - s->at.skip;
	return res < io->len - s->done && io->niov - s->at.piece <= IOV_MAX;
}

/* A step of a read or write is over. The request's result, or 1: it goes on. */
static int
transfer_done(struct uring_queue *u, struct foo_blk_io *io, int res)
{
	struct uring_state *s = uring_state(io);
	bool sliced = s->buf != NULL;

	if (unlikely(sliced)) {
		if (io->op == FOO_BLK_READ && res > 0)
			foo_blk_place_copy(s->at, io, s->buf, (uint32_t)res);
		uring_bounce_put(u, s->buf);
		s->buf = NULL;
	}
	if (unlikely(res <= 0)) {
		if (res == 0)
			foo_blk_count(&u->stats.past_end, 1);
		return res == -EAGAIN || res == -EINTR ? 1 : -EIO;
	}
	if (likely((uint32_t)res == io->len))
		return 0;
	if (io_is_short(io, s, sliced, (uint32_t)res))
		foo_blk_count(&u->stats.short_io, 1);
	s->done += (uint32_t)res;
	foo_blk_place_advance(&s->at, io, (uint32_t)res);
	return s->done < io->len;
}

/* As transfer_done(), of a write-zeroes: where fallocate cannot, the next way is tried. */
static int
zeroes_done(struct uring_queue *u, struct foo_blk_io *io, int res)
{
	struct uring_state *s = uring_state(io);
	struct uring_dev *d = u->dev;

	if (res == -EAGAIN || res == -EINTR)
		return 1;
	if (s->how == URING_ZERO_WRITE) {
		if (res <= 0)
			return -EIO;
		s->done += (uint32_t)res;
		return s->done < io->len;
	}
	if (res != -EOPNOTSUPP)
		return res < 0 ? -EIO : 0;
	/* relaxed, as the loads in prep_zeroes() */
	__atomic_store_n(s->how == URING_ZERO_PUNCH ? &d->no_punch : &d->no_zero, true,
			 __ATOMIC_RELAXED);
	if (s->how == URING_ZERO_RANGE)
		foo_blk_count(&u->stats.zeroes_written, 1);
	return 1;
}

/* As transfer_done(), of a flush or a discard. */
static int
other_done(struct uring_queue *u, const struct foo_blk_io *io, int res)
{
	if (res == -EAGAIN || res == -EINTR)
		return 1;
	if (io->op == FOO_BLK_DISCARD && res == -EOPNOTSUPP) {
		/* a hint, no more */
		foo_blk_count(&u->stats.discards_in_vain, 1);
		return 0;
	}
	return res < 0 ? -EIO : 0;
}

static void
io_complete(struct foo_blk_queue *bq, struct uring_queue *u, struct foo_blk_io *io, int res)
{
	if (likely(io->op <= FOO_BLK_WRITE))
		res = transfer_done(u, io, res);
	else if (io->op == FOO_BLK_ZEROES)
		res = zeroes_done(u, io, res);
	else
		res = other_done(u, io, res);
	if (unlikely(res > 0))
		io_go(u, io);
	else
		foo_blk_done(bq, io, res);
}

/* Whether what is filled in goes off before its burst is complete: as soon as the kernel has no
 * more than that to work on. So an idle medium begins with the first request while the others are
 * prepared, and a busy one gets a burst by one system call. Where requests end within the call that
 * submits them, as in a page cache, no medium waits. */
static bool
io_is_urgent(const struct foo_blk_queue *bq, const struct uring_queue *u)
{
	return 2 * io_uring_sq_ready(&u->ring) >= bq->inflight && io_uring_cq_ready(&u->ring) == 0;
}

void
uring_io_submit(struct foo_blk_queue *bq, struct foo_blk_io *io)
{
	struct uring_queue *u = bq->engine;
	struct uring_state *s = uring_state(io);

	*s = (struct uring_state){
		.bounced = io->op <= FOO_BLK_WRITE && uring_bounce_needed(&u->dev->file, io),
	};
	if (s->bounced)
		foo_blk_count(&u->stats.bounced, 1);
	io_go(u, io);
	if (io_is_urgent(bq, u))
		uring_ring_submit(u);
}

void
uring_io_commit(struct foo_blk_queue *bq)
{
	uring_ring_submit(bq->engine);
}

void
uring_io_poll(struct foo_blk_queue *bq)
{
	struct uring_queue *u = bq->engine;
	struct io_uring_cqe *cqe[URING_REAP];
	unsigned int n;

	/* enters the kernel only if its flag says that something has ended */
	n = io_uring_peek_batch_cqe(&u->ring, cqe, URING_REAP);
	for (unsigned int i = 0; i < n; i++)
		io_complete(bq, u, io_uring_cqe_get_data(cqe[i]), cqe[i]->res);
	io_uring_cq_advance(&u->ring, n);
	io_resume(u);
	uring_ring_submit(u);
}
