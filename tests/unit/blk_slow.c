/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <stdlib.h>

#include "blk_slow.h"

/* Requests that a queue can hold. */
#define SLOW_ROOM 1024

struct slow_queue {
	struct foo_blk_io *io[SLOW_ROOM];
	unsigned int n;
};

struct blk_slow blk_slow;

static int
slow_open(struct foo_blk *dev, struct foo_error *err)
{
	uint32_t block = dev->cap.block_size;
	bool ro = dev->cap.read_only;

	if (blk_slow.open != 0)
		return foo_error_set(err, blk_slow.open, "not today");
	dev->cap = blk_slow.cap;
	dev->cap.block_size = block;
	dev->cap.read_only |= ro;
	foo_blk_set_size(dev, blk_slow.size);
	return 0;
}

static int
slow_queue_open(struct foo_blk_queue *bq)
{
	bq->engine = calloc(1, sizeof(struct slow_queue));
	if (bq->engine == NULL)
		return -ENOMEM;
	blk_slow.queues++;
	return 0;
}

static void
slow_queue_close(struct foo_blk_queue *bq)
{
	free(bq->engine);
	blk_slow.queues--;
}

static void
slow_submit(struct foo_blk_queue *bq, struct foo_blk_io *io)
{
	struct slow_queue *sq = bq->engine;

	blk_slow.last = *io;
	io->state.u64[0] = ++blk_slow.submitted;
	sq->io[sq->n++] = io;
	blk_slow.held++;
	if (blk_slow.held > blk_slow.most)
		blk_slow.most = blk_slow.held;
}

static void
slow_commit(struct foo_blk_queue *bq)
{
	(void)bq;
	blk_slow.commits++;
}

static void
slow_poll(struct foo_blk_queue *bq)
{
	struct slow_queue *sq = bq->engine;
	struct foo_blk_io *io;

	for (unsigned int i = 0; i < blk_slow.per_poll && sq->n != 0; i++) {
		unsigned int at = blk_slow.reverse ? sq->n - 1 : 0;

		io = sq->io[at];
		sq->n--;
		for (unsigned int k = at; k < sq->n; k++)
			sq->io[k] = sq->io[k + 1];
		blk_slow.held--;
		foo_blk_done(bq, io, io->state.u64[0] == blk_slow.fail_at ? -EIO : blk_slow.result);
	}
}

static const struct foo_blk_engine slow_engine = {
	.open = slow_open,
	.queue_open = slow_queue_open,
	.queue_close = slow_queue_close,
	.submit = slow_submit,
	.commit = slow_commit,
	.poll = slow_poll,
};

static int
slow_instance_init(struct foo_device *dev)
{
	foo_blk(dev)->engine = &slow_engine;
	return 0;
}

static struct foo_class blk_slow_class = {
	.name = "blk_slow",
	.parent = "blk",
	.help = "disk that takes its time, for tests",
	.instance_size = sizeof(struct foo_blk),
	.ops = {.instance_init = slow_instance_init},
};
FOO_CLASS_REGISTER(blk_slow_class)
