/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * What lcores do for class `blk_nbd`: requests become commands, replies end them. Nothing here
 * waits. libnbd allocates a small struct for each command, and each command and reply is a system
 * call: that is the price of a server in another process.
 *
 * A request goes through blk_nbd_queue::wait until all its commands are sent. Commands that end
 * are put aside by libnbd's callback, which may not call libnbd, and settled afterwards. What a
 * broken connection had in flight waits for the next one, and is sent again: every command
 * of NBD may be repeated. A guest that takes the memory of a request away breaks its connection
 * (EFAULT), and not the next one: what is sent again is copied, and the fault is ours to catch.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include <rte_cycles.h>

#include "blk_nbd_priv.h"

/* Replies taken in one poll. */
#define NBD_BURST 32

/* Pieces of so many bytes have commands of their own; smaller ones share a bounce buffer. */
#define NBD_DIRECT_MIN (32u << 10)

/* Bytes of a trim or zero command: the protocol has 32 bits for them. */
#define NBD_RANGE_MAX (1u << 30)

/* Flags of a request. */
#define NBD_IO_SENT 1  /* all its commands are sent: it is not in the list */
#define NBD_IO_LOST 2  /* a connection broke under it */
#define NBD_IO_FLUSH 4 /* its data is written, what is left is a flush */
#define NBD_IO_AGAIN 8 /* it is sent again: by bounce buffers, as its memory may be at fault */

/* A request while it is ours: foo_blk_io::state. */
struct nbd_io {
	uint64_t sent;           /* bytes that have a command; of a flush: writes it is good for */
	int32_t error;           /* of the first command that failed */
	uint16_t cmds;           /* commands that the server has */
	struct foo_blk_place at; /* where the data that have a command end */
	uint8_t flags;           /* NBD_IO_* */
};
_Static_assert(sizeof(struct nbd_io) <= sizeof(((struct foo_blk_io *)NULL)->state), "too large");

static inline struct nbd_io *
io_state(struct foo_blk_io *io)
{
	return (struct nbd_io *)&io->state;
}

/* The state of this queue as the class has it. */
static inline struct blk_nbd_queue *
nbd_queue(const struct foo_blk_queue *bq)
{
	return bq->engine;
}

/* --- requests --- */

/* Whether the server may have this in a cache when it has ended. */
static bool
io_is_cached(const struct foo_blk_io *io)
{
	return (io->op == FOO_BLK_WRITE && !io->fua) || io->op == FOO_BLK_ZEROES;
}

static void
io_end(struct blk_nbd_queue *q, struct foo_blk_io *io, int error)
{
	if (io_is_cached(io))
		foo_blk_count(&q->stats.ended, 1);
	foo_blk_done(q->bq, io, -error);
}

uint64_t
blk_nbd_writes(const struct blk_nbd *n, bool ended)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < n->blk.queues; i++) {
		const struct blk_nbd_stats *s = &n->queue[i].stats;

		/* pairs with the stores in foo_blk_count(): each counter only grows */
		sum += __atomic_load_n(ended ? &s->ended : &s->issued, __ATOMIC_RELAXED);
	}
	return sum;
}

/* A flush has ended well: so many writes are durable. */
static void
io_flushed(struct blk_nbd *n, uint64_t writes)
{
	uint64_t old = __atomic_load_n(&n->flushed, __ATOMIC_RELAXED);

	/* pairs with the load in conn_lost() */
	while (old < writes && !__atomic_compare_exchange_n(&n->flushed, &old, writes, false,
							    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

/* The stop of a queue waits a second for the server: control's own patience is two
 * (FOO_CTL_DEADLINE_MS). */
static bool
stop_is_due(const struct blk_nbd_queue *q, uint64_t now)
{
	return q->stop_since != 0 && now - q->stop_since > rte_get_tsc_hz();
}

/* Whether a request that lost its connection may wait for another. */
static bool
queue_may_wait(const struct blk_nbd_queue *q, uint64_t now)
{
	uint64_t since = q->conn != NULL ? now : q->down_since;

	return !stop_is_due(q, now) && now - since < q->dev->wait_cycles;
}

static void
io_lost(struct blk_nbd_queue *q, struct foo_blk_io *io)
{
	foo_blk_count(&q->stats.lost, 1);
	io_end(q, io, EIO);
}

/* All commands of a request have ended, and there will be no more. */
static void
io_settle(struct blk_nbd_queue *q, struct foo_blk_io *io, uint64_t now)
{
	struct nbd_io *s = io_state(io);

	if (!(s->flags & NBD_IO_SENT))
		foo_blk_list_take(&q->wait); /* the first: only that one is sent in part */
	if (unlikely(s->error != 0)) {
		io_end(q, io, s->error);
	} else if (unlikely(s->flags & NBD_IO_LOST)) {
		if (!queue_may_wait(q, now)) {
			io_lost(q, io);
			return;
		}
		foo_blk_count(&q->stats.repeated, 1);
		memset(s, 0, sizeof(*s));
		s->flags = NBD_IO_AGAIN;
		foo_blk_list_add(&q->wait, io);
	} else if (io->op == FOO_BLK_WRITE && io->fua && !q->dev->facts.fua &&
		   q->dev->facts.flush && !(s->flags & NBD_IO_FLUSH)) {
		s->flags = NBD_IO_FLUSH;
		foo_blk_list_add(&q->wait, io);
	} else {
		if (io->op == FOO_BLK_FLUSH)
			io_flushed(q->dev, s->sent);
		io_end(q, io, 0);
	}
}

/* --- commands --- */

/* The command has ended, one way or other. */
static void
cmd_end(struct blk_nbd_cmd *cmd, int error)
{
	struct blk_nbd_queue *q = cmd->q;

	cmd->busy = false;
	cmd->error = error;
	cmd->next = q->ended;
	q->ended = cmd;
	q->busy--;
}

/* libnbd's callback; 1: libnbd forgets the command. */
static int
cmd_on_reply(void *user, int *error)
{
	cmd_end(user, *error);
	return 1;
}

/* A free command for a request. There is one. */
static struct blk_nbd_cmd *
cmd_new(struct blk_nbd_queue *q, struct foo_blk_io *io)
{
	struct blk_nbd_cmd *cmd = q->free;

	q->free = cmd->next;
	cmd->io = io;
	cmd->bounce = NULL;
	cmd->busy = true;
	q->busy++;
	io_state(io)->cmds++;
	foo_blk_count(&q->stats.commands, 1);
	return cmd;
}

static void
cmd_free(struct blk_nbd_cmd *cmd)
{
	struct blk_nbd_queue *q = cmd->q;

	if (cmd->bounce != NULL)
		q->bounce[q->nbounce++] = cmd->bounce;
	cmd->next = q->free;
	q->free = cmd;
}

/* To the server, or into the buffer of libnbd. Where that fails the command ends. */
static void
cmd_send(struct blk_nbd_cmd *cmd, void *buf, uint64_t offset)
{
	const nbd_completion_callback reply = {.callback = cmd_on_reply, .user_data = cmd};
	const struct blk_nbd_queue *q = cmd->q;
	const struct foo_blk_io *io = cmd->io;
	struct nbd_handle *h = q->conn->h;
	uint32_t flags;
	int64_t rc;

	if (io_state(cmd->io)->flags & NBD_IO_FLUSH || io->op == FOO_BLK_FLUSH) {
		rc = nbd_aio_flush(h, reply, 0);
	} else if (io->op == FOO_BLK_READ) {
		rc = nbd_aio_pread(h, buf, cmd->len, offset, reply, 0);
	} else if (io->op == FOO_BLK_WRITE) {
		flags = io->fua && q->dev->facts.fua ? LIBNBD_CMD_FLAG_FUA : 0;
		rc = nbd_aio_pwrite(h, buf, cmd->len, offset, reply, flags);
	} else if (io->op == FOO_BLK_DISCARD) {
		rc = nbd_aio_trim(h, cmd->len, offset, reply, 0);
	} else {
		flags = io->unmap ? 0 : LIBNBD_CMD_FLAG_NO_HOLE;
		rc = nbd_aio_zero(h, cmd->len, offset, reply, flags);
	}
	/* A broken handle says -1 as well: then the fault is not the command's. If it broke in this
	 * very call, the callback has ended the command, libnbd has freed its own, and what it
	 * returns (seen in 1.14) is what it still found there. */
	if (unlikely(rc < 0 && cmd->busy))
		cmd_end(cmd, nbd_aio_is_ready(h) || nbd_aio_is_processing(h) ? nbd_get_errno() :
									       ENOTCONN);
}

/* Settle what has ended. */
static void
cmds_settle(struct blk_nbd_queue *q, uint64_t now)
{
	struct blk_nbd_cmd *cmd;

	while ((cmd = q->ended) != NULL) {
		struct foo_blk_io *io = cmd->io;
		struct nbd_io *s = io_state(io);

		q->ended = cmd->next;
		if (unlikely(cmd->error == ENOTCONN || cmd->error == ESHUTDOWN)) {
			s->flags |= NBD_IO_LOST;
			q->shut |= cmd->error == ESHUTDOWN;
		} else if (unlikely(cmd->error != 0)) {
			foo_blk_count(&q->stats.server_errors, 1);
			s->error = s->error != 0 ? s->error : cmd->error;
		} else if (cmd->bounce != NULL && io->op == FOO_BLK_READ) {
			foo_blk_place_copy(cmd->at, io, cmd->bounce, cmd->len);
		}
		cmd_free(cmd);
		if (--s->cmds == 0 && (s->flags & (NBD_IO_SENT | NBD_IO_LOST) || s->error != 0))
			io_settle(q, io, now);
	}
}

/* --- from requests to commands --- */

/* Bytes of a piece, from off on, that one command may have. */
static uint32_t
send_direct_len(const struct blk_nbd_facts *facts, const struct iovec *iov, uint32_t off)
{
	uint64_t len = RTE_MIN(iov->iov_len - off, facts->maximum);

	return (uint32_t)(len & ~(uint64_t)(facts->minimum - 1));
}

/* One command of a read or write: of a large piece, or of several by a bounce buffer. Whether
 * there was room. */
static bool
send_data(struct blk_nbd_queue *q, struct foo_blk_io *io)
{
	const struct blk_nbd_facts *facts = &q->dev->facts;
	struct nbd_io *s = io_state(io);
	const struct iovec *iov = &io->iov[s->at.piece];
	uint64_t left = io->len - s->sent, offset = io->offset + s->sent;
	uint32_t direct = send_direct_len(facts, iov, s->at.skip);
	struct blk_nbd_cmd *cmd;
	uint8_t *buf;

	if (s->flags & NBD_IO_AGAIN ||
	    (direct < left && direct < NBD_DIRECT_MIN && q->nbounce != 0))
		direct = 0;
	if (direct == 0 && q->nbounce == 0)
		return false;
	cmd = cmd_new(q, io);
	cmd->at = s->at;
	cmd->len = direct;
	buf = (uint8_t *)iov->iov_base + s->at.skip;
	if (direct == 0) {
		cmd->len = (uint32_t)RTE_MIN(left, RTE_MIN(facts->maximum, BLK_NBD_BOUNCE_SIZE));
		cmd->bounce = q->bounce[--q->nbounce];
		buf = cmd->bounce;
		if (io->op == FOO_BLK_WRITE)
			foo_blk_place_copy(cmd->at, io, cmd->bounce, cmd->len);
		foo_blk_count(&q->stats.bounced, 1);
	}
	s->sent += cmd->len;
	foo_blk_place_advance(&s->at, io, cmd->len);
	cmd_send(cmd, buf, offset);
	return true;
}

/* One command of a trim or zero request. */
static void
send_range(struct blk_nbd_queue *q, struct foo_blk_io *io)
{
	struct nbd_io *s = io_state(io);
	struct blk_nbd_cmd *cmd = cmd_new(q, io);
	uint64_t offset = io->offset + s->sent;

	cmd->len = (uint32_t)RTE_MIN(io->len - s->sent, NBD_RANGE_MAX);
	s->sent += cmd->len;
	cmd_send(cmd, NULL, offset);
}

/* A flush, on its own or behind a write; unless it would promise what is not so. */
static void
send_flush(struct blk_nbd_queue *q, struct foo_blk_io *io)
{
	struct blk_nbd *n = q->dev;

	foo_blk_list_take(&q->wait);
	/* pairs with the store in conn_lost(), which came before this connection */
	if (unlikely(__atomic_load_n(&n->suspect, __ATOMIC_RELAXED) != 0 &&
		     __atomic_exchange_n(&n->suspect, 0, __ATOMIC_RELAXED) != 0)) {
		foo_blk_count(&q->stats.lost_flushes, 1);
		io_end(q, io, EIO);
		return;
	}
	io_state(io)->flags |= NBD_IO_SENT;
	if (io->op == FOO_BLK_FLUSH)
		io_state(io)->sent = blk_nbd_writes(n, true);
	cmd_send(cmd_new(q, io), NULL, 0);
}

/* Send as much of the first request as there is room for. Whether that was all. */
static bool
send_first(struct blk_nbd_queue *q)
{
	struct foo_blk_io *io = q->wait.head;
	struct nbd_io *s = io_state(io);

	if (s->flags & NBD_IO_FLUSH || io->op == FOO_BLK_FLUSH) {
		if (q->free == NULL)
			return false;
		send_flush(q, io);
		return true;
	}
	while (s->sent < io->len) {
		/* what has failed already is not gone on with */
		if (q->free == NULL || s->flags & NBD_IO_LOST || s->error != 0)
			return false;
		if (io->op == FOO_BLK_DISCARD || io->op == FOO_BLK_ZEROES)
			send_range(q, io);
		else if (!send_data(q, io))
			return false;
	}
	s->flags |= NBD_IO_SENT;
	foo_blk_list_take(&q->wait);
	return true;
}

/* --- the connection --- */

static bool
conn_is_broken(const struct blk_nbd_conn *c)
{
	return nbd_aio_is_dead(c->h) || nbd_aio_is_closed(c->h);
}

/* Give the connection up. From now on nobody reads from it into the guest's memory: libnbd does so
 * in our calls only, and closing it only frees. */
static void
conn_drop(struct blk_nbd_queue *q, uint64_t now)
{
	q->conn->drain = q->busy != 0 && !conn_is_broken(q->conn);
	for (uint32_t i = 0; i < BLK_NBD_CMDS; i++)
		if (q->cmd[i].busy)
			cmd_end(&q->cmd[i], ENOTCONN);
	blk_nbd_discard(q->conn);
	q->conn = NULL;
	q->shut = false;
	q->down_since = now;
}

/* Whether there is another connection to go over to. */
static bool
conn_is_superseded(const struct blk_nbd_queue *q)
{
	/* pairs with the exchange in blk_nbd_publish(); acquired by the exchange in conn_take() */
	return __atomic_load_n(&q->fresh, __ATOMIC_RELAXED) != NULL;
}

/* Go over to a new connection, when the old one has nothing to do any more. */
static void
conn_take(struct blk_nbd_queue *q)
{
	if (likely(!conn_is_superseded(q)) || q->busy != 0)
		return;
	if (q->conn != NULL)
		blk_nbd_discard(q->conn);
	/* pairs with the exchange in blk_nbd_publish() */
	q->conn = __atomic_exchange_n(&q->fresh, NULL, __ATOMIC_ACQ_REL);
	foo_blk_count(&q->stats.connections, 1);
}

/* Let libnbd do what the socket is ready for. */
static void
conn_advance(struct blk_nbd_queue *q)
{
	struct nbd_handle *h = q->conn->h;

	for (unsigned int i = 0; i < NBD_BURST && q->busy != 0; i++) {
		unsigned int dir = nbd_aio_get_direction(h);
		struct pollfd p = {.fd = q->conn->fd};
		int rc;

		p.events = (short)((dir & LIBNBD_AIO_DIRECTION_READ ? POLLIN : 0) |
				   (dir & LIBNBD_AIO_DIRECTION_WRITE ? POLLOUT : 0));
		if (poll(&p, 1, 0) <= 0)
			return;
		if (dir & LIBNBD_AIO_DIRECTION_READ && p.revents & ~POLLOUT)
			rc = nbd_aio_notify_read(h);
		else
			rc = nbd_aio_notify_write(h);
		if (rc != 0)
			return;
	}
}

/* --- what the class calls --- */

/* Send what waits, and settle what that ends at once. */
static void
queue_send(struct blk_nbd_queue *q, uint64_t now)
{
	conn_take(q);
	while (q->wait.head != NULL && q->conn != NULL && !conn_is_superseded(q) && send_first(q))
		;
	cmds_settle(q, now);
	if (unlikely(q->conn != NULL && (q->shut || conn_is_broken(q->conn)))) {
		conn_drop(q, now);
		cmds_settle(q, now);
	}
}

/* A queue that is being stopped waits for the server only so long. */
static void
queue_stopping(struct blk_nbd_queue *q, uint64_t now)
{
	if (likely(foo_queue_state(q->bq->q) != FOO_QUEUE_STOPPING)) {
		q->stop_since = 0;
		return;
	}
	if (q->stop_since == 0)
		q->stop_since = now;
	if (q->conn != NULL && stop_is_due(q, now)) {
		conn_drop(q, now);
		cmds_settle(q, now);
	}
}

/* Without a connection: end what has waited too long. */
static void
queue_expire(struct blk_nbd_queue *q, uint64_t now)
{
	while (q->wait.head != NULL && !queue_may_wait(q, now))
		io_lost(q, foo_blk_list_take(&q->wait));
}

void
blk_nbd_submit(struct foo_blk_queue *bq, struct foo_blk_io *io)
{
	struct blk_nbd_queue *q = nbd_queue(bq);

	memset(io_state(io), 0, sizeof(struct nbd_io));
	if (io_is_cached(io))
		foo_blk_count(&q->stats.issued, 1);
	foo_blk_list_add(&q->wait, io);
}

void
blk_nbd_commit(struct foo_blk_queue *bq)
{
	struct blk_nbd_queue *q = nbd_queue(bq);

	queue_send(q, rte_rdtsc());
}

void
blk_nbd_poll(struct foo_blk_queue *bq)
{
	struct blk_nbd_queue *q = nbd_queue(bq);
	uint64_t now = rte_rdtsc();

	queue_stopping(q, now);
	if (likely(q->conn != NULL)) {
		conn_advance(q);
		cmds_settle(q, now);
	}
	queue_send(q, now);
	if (unlikely(q->conn == NULL))
		queue_expire(q, now);
}
