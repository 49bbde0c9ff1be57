/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * The class `blk_nbd`: a disk that an NBD server has, by libnbd. qemu-nbd and nbdkit bring images
 * of any format, and remote ones.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_log.h>
#include <rte_malloc.h>

#include "blk_nbd_priv.h"

/* Longest URI. */
#define NBD_URI_MAX 1024

/* Largest block of the class, and largest preferred size that becomes a physical block. */
#define NBD_BLOCK_MAX 4096
#define NBD_PHYSICAL_MAX (64u << 10)

/* What the guest may do is what the server can. */
static void
open_cap(struct blk_nbd *n)
{
	const struct blk_nbd_facts *f = &n->facts;
	struct foo_blk_cap *cap = &n->blk.cap;
	bool round = f->preferred != 0 && (f->preferred & (f->preferred - 1)) == 0;

	if (f->minimum > cap->block_size)
		cap->block_size = f->minimum;
	if (round && f->preferred >= cap->block_size && f->preferred <= NBD_PHYSICAL_MAX)
		cap->physical_block = f->preferred;
	if (f->preferred % cap->block_size == 0)
		cap->optimal_io = f->preferred;
	cap->read_only |= f->read_only;
	cap->flush = f->flush;
	cap->discard = f->trim;
	cap->zeroes = f->zero;
	cap->zeroes_unmap = f->zero;
	cap->max_queues = f->multi_conn ? 0 : 1;
}

/* 0, or -EINVAL with err if there is something that we cannot work with. */
static int
open_check(const struct blk_nbd *n, struct foo_error *err)
{
	const struct blk_nbd_facts *f = &n->facts;

	if (f->minimum > NBD_BLOCK_MAX || (f->minimum & (f->minimum - 1)) != 0)
		return foo_error_set(err, -EINVAL,
				     "uri=%.100s: the server wants blocks of %" PRIu32
				     " bytes, a disk has 512 or 4096",
				     n->uri, f->minimum);
	if (n->blk.queues > 1 && !f->multi_conn)
		return foo_error_set(err, -EINVAL,
				     "queues=%" PRIu32 ": the NBD server takes one connection "
				     "only (no NBD_FLAG_CAN_MULTI_CONN): queues=1",
				     n->blk.queues);
	return 0;
}

/* Connections that no lcore has taken, or will. */
static void
open_disconnect(struct blk_nbd *n)
{
	for (uint32_t i = 0; i < n->blk.queues; i++) {
		struct blk_nbd_queue *q = &n->queue[i];

		if (q->fresh != NULL)
			blk_nbd_close(q->fresh);
		if (q->conn != NULL)
			blk_nbd_close(q->conn);
		q->fresh = NULL;
		q->conn = NULL;
	}
}

/* One connection for each queue; the first says what the server can. */
static int
open_connect(struct blk_nbd *n, struct foo_error *err)
{
	int rc;

	for (uint32_t i = 0; i < n->blk.queues; i++) {
		struct blk_nbd_queue *q = &n->queue[i];

		q->dev = n;
		foo_blk_list_init(&q->wait);
		q->fresh = blk_nbd_connect(q, err);
		q->current = q->fresh;
		rc = q->fresh == NULL ? -ECONNREFUSED : 0;
		if (rc == 0 && i == 0) {
			n->facts = q->fresh->facts;
			rc = open_check(n, err);
		}
		if (rc != 0) {
			open_disconnect(n);
			return rc;
		}
	}
	return 0;
}

static int
nbd_open(struct foo_blk *dev, struct foo_error *err)
{
	struct blk_nbd *n = blk_nbd(dev);
	int rc;

	n->wait_cycles = n->reconnect * rte_get_tsc_hz();
	n->quit = false;
	n->queue = rte_zmalloc(NULL, dev->queues * sizeof(*n->queue), RTE_CACHE_LINE_SIZE);
	if (n->queue == NULL)
		return foo_error_set(err, -ENOMEM, "no memory for %" PRIu32 " queues", dev->queues);
	pthread_mutex_init(&n->lock, NULL);
	rc = open_connect(n, err);
	if (rc == 0) {
		rc = blk_nbd_helper_start(n);
		if (rc != 0) {
			foo_error_set(err, rc,
				      "the thread that watches connections cannot be "
				      "created");
			open_disconnect(n);
		}
	}
	if (rc != 0) {
		pthread_mutex_destroy(&n->lock);
		rte_free(n->queue);
		return rc;
	}
	open_cap(n);
	foo_blk_set_size(dev, n->facts.size);
	return 0;
}

static void
nbd_close_disk(struct foo_blk *dev)
{
	struct blk_nbd *n = blk_nbd(dev);

	blk_nbd_helper_stop(n);
	open_disconnect(n);
	pthread_mutex_destroy(&n->lock);
	rte_free(n->queue);
	n->queue = NULL;
}

static void
nbd_queue_close(struct foo_blk_queue *bq)
{
	struct blk_nbd_queue *q = bq->engine;

	/* its connection stays, for when it is opened again on another lcore */
	rte_free(q->cmd);
	rte_free(q->bounce_mem);
	q->cmd = NULL;
	q->bounce_mem = NULL;
}

static int
nbd_queue_open(struct foo_blk_queue *bq)
{
	struct blk_nbd_queue *q = &blk_nbd(bq->dev)->queue[bq->q->index];

	bq->engine = q;
	q->bq = bq;
	q->cmd = foo_blk_queue_alloc(bq, BLK_NBD_CMDS * sizeof(*q->cmd), 0);
	q->bounce_mem = foo_blk_queue_alloc(bq, BLK_NBD_BOUNCES * BLK_NBD_BOUNCE_SIZE, 4096);
	if (q->cmd == NULL || q->bounce_mem == NULL) {
		nbd_queue_close(bq);
		return -ENOMEM;
	}
	q->free = NULL;
	for (uint32_t i = 0; i < BLK_NBD_CMDS; i++) {
		q->cmd[i].q = q;
		q->cmd[i].next = q->free;
		q->free = &q->cmd[i];
	}
	for (q->nbounce = 0; q->nbounce < BLK_NBD_BOUNCES; q->nbounce++)
		q->bounce[q->nbounce] = q->bounce_mem + q->nbounce * BLK_NBD_BOUNCE_SIZE;
	return 0;
}

/* The server decides on the size: a connection made now knows it, those made before do not. */
static int
nbd_resize(struct foo_blk *dev, uint64_t size, struct foo_error *err)
{
	struct blk_nbd *n = blk_nbd(dev);
	uint64_t found = 0;

	for (uint32_t i = 0; i < dev->queues; i++) {
		struct blk_nbd_conn *c = blk_nbd_connect(&n->queue[i], err);

		if (c == NULL)
			return -ECONNREFUSED;
		found = c->facts.size;
		if (size != 0 && size != found) {
			blk_nbd_close(c);
			return foo_error_set(err, -EINVAL,
					     "the NBD server's export has %" PRIu64
					     " bytes: resize it there first",
					     found);
		}
		blk_nbd_publish(c);
	}
	foo_blk_set_size(dev, found);
	return 0;
}

static void
nbd_counters(const struct foo_blk_queue *bq, foo_counter_fn emit, void *ctx)
{
	const struct blk_nbd *n = (const struct blk_nbd *)bq->dev;
	const struct blk_nbd_stats *s = &n->queue[bq->q->index].stats;
	const struct {
		const char *name;
		const uint64_t *value;
	} all[] = {
		{"nbd_commands", &s->commands},           {"nbd_bounced", &s->bounced},
		{"nbd_connections", &s->connections},     {"nbd_repeated", &s->repeated},
		{"nbd_server_errors", &s->server_errors}, {"nbd_lost", &s->lost},
		{"nbd_lost_flushes", &s->lost_flushes},
	};

	for (unsigned int i = 0; i < RTE_DIM(all); i++)
		emit(ctx, all[i].name, __atomic_load_n(all[i].value, __ATOMIC_RELAXED));
}

static const struct foo_blk_engine nbd_engine = {
	.open = nbd_open,
	.close = nbd_close_disk,
	.queue_open = nbd_queue_open,
	.queue_close = nbd_queue_close,
	.submit = blk_nbd_submit,
	.commit = blk_nbd_commit,
	.poll = blk_nbd_poll,
	.resize = nbd_resize,
	.counters = nbd_counters,
};

static int
nbd_instance_init(struct foo_device *dev)
{
	foo_blk(dev)->engine = &nbd_engine;
	return 0;
}

static const struct foo_prop nbd_props[] = {
	FOO_PROP_URI("uri", struct blk_nbd, uri, true, NBD_URI_MAX,
		     "export of an NBD server: nbd://HOST/NAME, nbds://..., "
		     "nbd+unix:///NAME?socket=PATH, ..."),
	FOO_PROP_UINT("reconnect", struct blk_nbd, reconnect, "10", 0, 86400,
		      "seconds that requests wait while the server is away, before they fail; "
		      "0: it is not connected to again"),
	FOO_PROP_END,
};

static struct foo_class blk_nbd_class = {
	.name = "blk_nbd",
	.parent = "blk",
	.help = "disk of an NBD server (qemu-nbd, nbdkit, ...)",
	.instance_size = sizeof(struct blk_nbd),
	.props = nbd_props,
	.ops =
		{
			.instance_init = nbd_instance_init,
		},
};
FOO_CLASS_REGISTER(blk_nbd_class)
