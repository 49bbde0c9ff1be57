/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * What lcores do for class `blk_rbd`. librbd's asynchronous calls queue the work for its own
 * threads; they allocate and lock inside, for short times. Its threads say that a command has ended
 * by pushing it to a stack of the queue, and the lcore takes all there is.
 */
#include <errno.h>
#include <string.h>

#include <rte_cycles.h>

#include "blk_rbd_priv.h"

/* Bytes of a discard or zero command. */
#define RBD_RANGE_MAX (1u << 30)

/* Flags of a request. */
#define RBD_IO_SENT 1  /* all its commands are handed over: it is not in the list */
#define RBD_IO_FLUSH 2 /* its data is written, what is left is a flush */

/* A request while it is ours: foo_blk_io::state. */
struct rbd_io {
	uint64_t sent;           /* bytes that have a command */
	int32_t error;           /* negative errno of the first command that failed */
	uint16_t cmds;           /* commands that librbd has */
	struct foo_blk_place at; /* where the data that have a command end */
	uint8_t flags;           /* RBD_IO_* */
};
_Static_assert(sizeof(struct rbd_io) <= sizeof(((struct foo_blk_io *)NULL)->state), "too large");

static inline struct rbd_io *
io_state(struct foo_blk_io *io)
{
	return (struct rbd_io *)&io->state;
}

/* All commands of a request have ended, and there will be no more. */
static void
io_settle(struct blk_rbd_queue *q, struct foo_blk_io *io)
{
	struct rbd_io *s = io_state(io);

	if (!(s->flags & RBD_IO_SENT))
		foo_blk_list_take(&q->wait); /* the first: only that one is handed over in part */
	if (s->error == 0 && io->op == FOO_BLK_WRITE && io->fua && !(s->flags & RBD_IO_FLUSH)) {
		s->flags = RBD_IO_FLUSH;
		foo_blk_list_add(&q->wait, io);
		return;
	}
	foo_blk_done(q->bq, io, s->error);
}

/* The command has ended, for its request. */
static void
cmd_settle(struct blk_rbd_queue *q, struct blk_rbd_cmd *cmd, int64_t result)
{
	struct foo_blk_io *io = cmd->io;
	struct rbd_io *s = io_state(io);

	if (unlikely(result < 0)) {
		foo_blk_count(&q->stats.errors, 1);
		s->error = s->error != 0 ? s->error : (int32_t)result;
	} else if (io->op == FOO_BLK_READ) {
		foo_blk_place_copy(cmd->at, io, cmd->data, cmd->len);
	}
	cmd->io = NULL;
	if (--s->cmds == 0 && (s->flags & RBD_IO_SENT || s->error != 0))
		io_settle(q, io);
}

/* The command is ours again. */
static void
cmd_free(struct blk_rbd_queue *q, struct blk_rbd_cmd *cmd)
{
	q->busy--;
	cmd->next = q->free;
	q->free = cmd;
}

void
blk_rbd_reap(struct blk_rbd_queue *q)
{
	struct blk_rbd_cmd *cmd, *next;

	if (__atomic_load_n(&q->ended, __ATOMIC_RELAXED) == NULL)
		return;
	/* pairs with the exchange in cmd_on_end() */
	for (cmd = __atomic_exchange_n(&q->ended, NULL, __ATOMIC_ACQUIRE); cmd != NULL;
	     cmd = next) {
		next = cmd->next;
		if (likely(cmd->io != NULL))
			cmd_settle(q, cmd, cmd->result);
		cmd_free(q, cmd);
	}
}

static void
cmd_push(struct blk_rbd_cmd *cmd)
{
	struct blk_rbd_queue *q = cmd->q;

	cmd->next = __atomic_load_n(&q->ended, __ATOMIC_RELAXED);
	/* release pairs with the exchange in blk_rbd_reap() */
	while (!__atomic_compare_exchange_n(&q->ended, &cmd->next, cmd, false, __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED))
		;
}

/* librbd's callback, on a thread of its own. The lcore polls while it waits: nobody to wake. */
static void
cmd_on_end(rbd_completion_t c, void *arg)
{
	struct blk_rbd_cmd *cmd = arg;

	cmd->result = rbd_aio_get_return_value(c);
	rbd_aio_release(c);
	/* pairs with the exchange in cmd_abandon() */
	if (__atomic_exchange_n(&cmd->state, BLK_RBD_ENDED, __ATOMIC_ACQ_REL) ==
	    BLK_RBD_ABANDONED) /* release below pairs with the load in blk_rbd_commit() */
		__atomic_fetch_sub(&cmd->q->dev->abandoned, 1, __ATOMIC_RELEASE);
	cmd_push(cmd);
}

/* Wait for a command no more. */
static void
cmd_abandon(struct blk_rbd_cmd *cmd)
{
	uint32_t *abandoned = &cmd->q->dev->abandoned;

	foo_blk_count(&cmd->q->stats.abandoned, 1);
	__atomic_fetch_add(abandoned, 1, __ATOMIC_RELAXED);
	/* pairs with the exchange in cmd_on_end() */
	if (__atomic_exchange_n(&cmd->state, BLK_RBD_ABANDONED, __ATOMIC_ACQ_REL) == BLK_RBD_ENDED)
		__atomic_fetch_sub(abandoned, 1, __ATOMIC_RELEASE);
	cmd_settle(cmd->q, cmd, -ETIMEDOUT);
}

/* A free command for a request. There is one. */
static struct blk_rbd_cmd *
cmd_new(struct blk_rbd_queue *q, struct foo_blk_io *io)
{
	struct blk_rbd_cmd *cmd = q->free;

	q->free = cmd->next;
	cmd->io = io;
	/* librbd's threads learn of it by librbd's own means */
	__atomic_store_n(&cmd->state, BLK_RBD_BUSY, __ATOMIC_RELAXED);
	q->busy++;
	io_state(io)->cmds++;
	foo_blk_count(&q->stats.commands, 1);
	return cmd;
}

/* To librbd, with a completion of its own. 0 or -errno. */
static int
cmd_call(struct blk_rbd_cmd *cmd, uint64_t offset, rbd_completion_t c)
{
	rbd_image_t image = cmd->q->dev->open->image;
	const struct foo_blk_io *io = cmd->io;

	if (io->op == FOO_BLK_FLUSH || io_state(cmd->io)->flags & RBD_IO_FLUSH)
		return rbd_aio_flush(image, c);
	if (io->op == FOO_BLK_READ)
		return rbd_aio_read(image, offset, cmd->len, (char *)cmd->data, c);
	if (io->op == FOO_BLK_WRITE)
		return rbd_aio_write(image, offset, cmd->len, (const char *)cmd->data, c);
	if (io->op == FOO_BLK_DISCARD)
		return rbd_aio_discard(image, offset, cmd->len, c);
	return rbd_aio_write_zeroes(image, offset, cmd->len, c,
				    io->unmap ? 0 : RBD_WRITE_ZEROES_FLAG_THICK_PROVISION, 0);
}

/* To librbd. Where that fails the command ends, as if librbd had said so. */
static void
cmd_send(struct blk_rbd_cmd *cmd, uint64_t offset)
{
	rbd_completion_t c;
	int rc = rbd_aio_create_completion(cmd, cmd_on_end, &c);

	if (likely(rc == 0)) {
		rc = cmd_call(cmd, offset, c);
		if (unlikely(rc < 0))
			rbd_aio_release(c);
	}
	if (unlikely(rc < 0)) {
		cmd->result = rc;
		__atomic_store_n(&cmd->state, BLK_RBD_ENDED, __ATOMIC_RELAXED);
		cmd_push(cmd);
	}
}

/* The next command of a request. */
static void
send_next(struct blk_rbd_queue *q, struct foo_blk_io *io)
{
	struct rbd_io *s = io_state(io);
	struct blk_rbd_cmd *cmd = cmd_new(q, io);
	uint64_t offset = io->offset + s->sent, left = io->len - s->sent;

	if (io->op == FOO_BLK_READ || io->op == FOO_BLK_WRITE) {
		cmd->len = (uint32_t)RTE_MIN(left, BLK_RBD_DATA);
		cmd->at = s->at;
		if (io->op == FOO_BLK_WRITE)
			foo_blk_place_copy(cmd->at, io, cmd->data, cmd->len);
		foo_blk_place_advance(&s->at, io, cmd->len);
	} else {
		cmd->len = (uint32_t)RTE_MIN(left, RBD_RANGE_MAX);
	}
	s->sent += cmd->len;
	cmd_send(cmd, offset);
}

/* Hand over as much of the first request as there is room for. Whether that was all. */
static bool
send_first(struct blk_rbd_queue *q)
{
	struct foo_blk_io *io = q->wait.head;
	struct rbd_io *s = io_state(io);

	if (q->free == NULL)
		return false;
	if (io->op == FOO_BLK_FLUSH || s->flags & RBD_IO_FLUSH)
		cmd_send(cmd_new(q, io), 0);
	else
		while (s->sent < io->len) {
			/* what has failed already is not gone on with */
			if (q->free == NULL || s->error != 0)
				return false;
			send_next(q, io);
		}
	s->flags |= RBD_IO_SENT;
	foo_blk_list_take(&q->wait);
	return true;
}

/* The cluster does not answer, and the queue is being stopped: its requests end without it. What
 * librbd has is its business from now on, and ours again when it comes back. */
static void
queue_abandon(struct blk_rbd_queue *q)
{
	for (uint32_t i = 0; i < BLK_RBD_CMDS; i++)
		if (q->cmd[i].io != NULL)
			cmd_abandon(&q->cmd[i]);
	while (q->wait.head != NULL)
		foo_blk_done(q->bq, foo_blk_list_take(&q->wait), -ETIMEDOUT);
}

/* A queue that is being stopped waits a second for the cluster: control's own patience is two
 * (FOO_CTL_DEADLINE_MS). */
static void
queue_stopping(struct blk_rbd_queue *q)
{
	uint64_t now;

	if (likely(foo_queue_state(q->bq->q) != FOO_QUEUE_STOPPING)) {
		q->stop_since = 0;
		return;
	}
	now = rte_rdtsc();
	if (q->stop_since == 0)
		q->stop_since = now;
	if (now - q->stop_since > rte_get_tsc_hz())
		queue_abandon(q);
}

void
blk_rbd_submit(struct foo_blk_queue *bq, struct foo_blk_io *io)
{
	struct blk_rbd_queue *q = bq->engine;

	memset(io_state(io), 0, sizeof(struct rbd_io));
	foo_blk_list_add(&q->wait, io);
}

void
blk_rbd_commit(struct foo_blk_queue *bq)
{
	struct blk_rbd_queue *q = bq->engine;

	blk_rbd_reap(q);
	/* pairs with the subtractions in cmd_on_end() and cmd_abandon(): a write that was given up
	 * has been done, or not, before another is begun */
	if (unlikely(__atomic_load_n(&q->dev->abandoned, __ATOMIC_ACQUIRE) != 0))
		return;
	while (q->wait.head != NULL && send_first(q))
		;
}

void
blk_rbd_poll(struct foo_blk_queue *bq)
{
	blk_rbd_commit(bq);
	queue_stopping(bq->engine);
}
