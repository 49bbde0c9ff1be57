/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * The class `blk_rbd`: a disk that is an image in a Ceph cluster, by librbd.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_log.h>
#include <rte_malloc.h>

#include "blk_rbd_priv.h"

/* Seconds that opening and closing may take. */
#define RBD_TIMEOUT_S 5
#define RBD_TIMEOUT "5"

/* Longest name. */
#define RBD_NAME_MAX 255

RTE_LOG_REGISTER(blk_rbd_logtype, foo.blk.rbd, NOTICE);

static struct blk_rbd *
rbd_of(struct foo_blk *dev)
{
	return (struct blk_rbd *)dev;
}

/* Wait for a completion that has no callback, and free it. What it came to; -EINPROGRESS: it did
 * not come, and still belongs to librbd. */
static int
rbd_wait(rbd_completion_t c)
{
	int rc;

	for (int i = 0; i < RBD_TIMEOUT_S * 100 && !rbd_aio_is_complete(c); i++)
		usleep(10000);
	if (!rbd_aio_is_complete(c))
		return -EINPROGRESS;
	rc = (int)rbd_aio_get_return_value(c);
	rbd_aio_release(c);
	return rc;
}

/* Close what is open, unless the cluster hangs: then it stays as it is, for good. Returns
 * -EINPROGRESS in that case. */
static int
image_close(struct blk_rbd_image *im)
{
	rbd_completion_t c;
	int rc = 0;

	if (im->image != NULL) {
		rc = rbd_aio_create_completion(NULL, NULL, &c);
		if (rc == 0)
			rc = rbd_aio_close(im->image, c);
		if (rc < 0 || rbd_wait(c) == -EINPROGRESS)
			return -EINPROGRESS;
	}
	if (im->pool != NULL)
		rados_ioctx_destroy(im->pool);
	rados_shutdown(im->cluster);
	free(im);
	return 0;
}

/* Connect to the cluster and find the pool. */
static int
image_connect(const struct blk_rbd *r, struct blk_rbd_image *im, struct foo_error *err)
{
	int rc = rados_conf_read_file(im->cluster, r->conf);

	if (rc < 0)
		return foo_error_set(err, rc, "conf=%.100s: %s",
				     r->conf != NULL ? r->conf : "(Ceph's own places)",
				     strerror(-rc));
	rados_conf_set(im->cluster, "client_mount_timeout", RBD_TIMEOUT);
	rados_conf_set(im->cluster, "rados_mon_op_timeout", RBD_TIMEOUT);
	rc = rados_connect(im->cluster);
	if (rc < 0)
		return foo_error_set(err, rc,
				     "the Ceph cluster cannot be reached as user=%.60s: "
				     "%s",
				     r->user, strerror(-rc));
	rc = rados_ioctx_create(im->cluster, r->pool, &im->pool);
	if (rc < 0)
		return foo_error_set(err, rc, "pool=%.60s: %s", r->pool,
				     rc == -ENOENT ? "the cluster has no such pool" :
						     strerror(-rc));
	return 0;
}

/* Open the image. -EINPROGRESS: librbd still tries. */
static int
image_open(const struct blk_rbd *r, struct blk_rbd_image *im, struct foo_error *err)
{
	rbd_completion_t c;
	int rc = rbd_aio_create_completion(NULL, NULL, &c);

	if (rc == 0)
		rc = r->blk.read_only ?
			     rbd_aio_open_read_only(im->pool, r->image, &im->image, NULL, c) :
			     rbd_aio_open(im->pool, r->image, &im->image, NULL, c);
	if (rc == 0)
		rc = rbd_wait(c);
	if (rc == -EINPROGRESS)
		return foo_error_set(err, rc,
				     "image=%.60s: the cluster does not answer within "
				     "%d s",
				     r->image, RBD_TIMEOUT_S);
	if (rc < 0) {
		im->image = NULL;
		return foo_error_set(err, rc, "image=%.60s: %s", r->image,
				     rc == -ENOENT ? "the pool has no such image" : strerror(-rc));
	}
	return 0;
}

/* What is given up stays with librbd, which may still come back to it. */
static void
rbd_leave(const struct blk_rbd *r)
{
	rte_log(RTE_LOG_WARNING, blk_rbd_logtype,
		"foo: %s: the Ceph cluster does not answer: its image is left open\n",
		r->blk.dev.name);
}

static void
rbd_close_image(struct blk_rbd *r)
{
	if (image_close(r->open) != 0)
		rbd_leave(r);
	r->open = NULL;
}

/* What the guest may do. */
static int
open_cap(struct blk_rbd *r, struct foo_error *err)
{
	struct foo_blk_cap *cap = &r->blk.cap;
	rbd_image_info_t info;
	int rc = rbd_stat(r->open->image, &info, sizeof(info));

	if (rc < 0)
		return foo_error_set(err, rc, "image=%.60s: %s", r->image, strerror(-rc));
	cap->flush = true;
	cap->discard = true;
	cap->zeroes = true;
	cap->zeroes_unmap = true;
	cap->discard_align = 64 << 10; /* rbd_discard_granularity_bytes: smaller ones do nothing */
	if (info.obj_size <= UINT32_MAX)
		cap->optimal_io = (uint32_t)info.obj_size;
	foo_blk_set_size(&r->blk, info.size);
	return 0;
}

static int
open_image(struct blk_rbd *r, struct foo_error *err)
{
	int rc;

	r->open = calloc(1, sizeof(*r->open));
	if (r->open == NULL)
		return foo_error_set(err, -ENOMEM, "no memory for an image");
	rc = rados_create(&r->open->cluster, r->user);
	if (rc < 0) {
		free(r->open);
		return foo_error_set(err, rc, "user=%.60s: %s", r->user, strerror(-rc));
	}
	rc = image_connect(r, r->open, err);
	if (rc == 0)
		rc = image_open(r, r->open, err);
	if (rc == -EINPROGRESS)
		return rc; /* all of it is librbd's */
	if (rc == 0)
		rc = open_cap(r, err);
	if (rc != 0)
		rbd_close_image(r);
	return rc;
}

static int
rbd_open_disk(struct foo_blk *dev, struct foo_error *err)
{
	struct blk_rbd *r = rbd_of(dev);
	int rc;

	r->queue = rte_zmalloc(NULL, dev->queues * sizeof(*r->queue), RTE_CACHE_LINE_SIZE);
	if (r->queue == NULL)
		return foo_error_set(err, -ENOMEM, "no memory for %u queues", dev->queues);
	for (uint32_t i = 0; i < dev->queues; i++) {
		r->queue[i].dev = r;
		foo_blk_list_init(&r->queue[i].wait);
	}
	rc = open_image(r, err);
	if (rc != 0)
		rte_free(r->queue);
	return rc;
}

static void
rbd_close_disk(struct foo_blk *dev)
{
	struct blk_rbd *r = rbd_of(dev);
	uint32_t busy = 0;

	for (uint32_t i = 0; i < dev->queues; i++) {
		blk_rbd_reap(&r->queue[i]);
		busy += r->queue[i].busy;
	}
	if (busy != 0) {
		rbd_leave(r); /* with the commands that librbd has */
		return;
	}
	rbd_close_image(r);
	for (uint32_t i = 0; i < dev->queues; i++) {
		rte_free(r->queue[i].cmd);
		rte_free(r->queue[i].data);
	}
	rte_free(r->queue);
	r->queue = NULL;
}

/* Commands stay until the disk is closed: librbd may have some after the queue was stopped. */
static int
rbd_queue_open(struct foo_blk_queue *bq)
{
	struct blk_rbd_queue *q = &rbd_of(bq->dev)->queue[bq->q->index];

	q->bq = bq;
	bq->engine = q;
	if (q->cmd != NULL)
		return 0;
	q->cmd = foo_blk_queue_alloc(bq, BLK_RBD_CMDS * sizeof(*q->cmd), 0);
	q->data = foo_blk_queue_alloc(bq, BLK_RBD_CMDS * BLK_RBD_DATA, 4096);
	if (q->cmd == NULL || q->data == NULL) {
		rte_free(q->cmd);
		rte_free(q->data);
		q->cmd = NULL;
		q->data = NULL;
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < BLK_RBD_CMDS; i++) {
		q->cmd[i].q = q;
		q->cmd[i].data = q->data + (size_t)i * BLK_RBD_DATA;
		q->cmd[i].next = q->free;
		q->free = &q->cmd[i];
	}
	return 0;
}

static int
rbd_resize_disk(struct foo_blk *dev, uint64_t size, struct foo_error *err)
{
	struct blk_rbd *r = rbd_of(dev);
	uint64_t found;
	int rc = rbd_get_size(r->open->image, &found);

	if (rc < 0)
		return foo_error_set(err, rc, "image=%.60s: %s", r->image, strerror(-rc));
	if (size != 0 && size != found)
		return foo_error_set(err, -EINVAL,
				     "image=%.60s has %" PRIu64 " bytes: first resize it by "
				     "'rbd resize'",
				     r->image, found);
	foo_blk_set_size(dev, found);
	return 0;
}

static void
rbd_counters(const struct foo_blk_queue *bq, foo_counter_fn emit, void *ctx)
{
	const struct blk_rbd *r = (const struct blk_rbd *)bq->dev;
	const struct blk_rbd_stats *s = &r->queue[bq->q->index].stats;

	emit(ctx, "rbd_commands", __atomic_load_n(&s->commands, __ATOMIC_RELAXED));
	emit(ctx, "rbd_errors", __atomic_load_n(&s->errors, __ATOMIC_RELAXED));
	emit(ctx, "rbd_abandoned", __atomic_load_n(&s->abandoned, __ATOMIC_RELAXED));
}

static const struct foo_blk_engine rbd_engine = {
	.open = rbd_open_disk,
	.close = rbd_close_disk,
	.queue_open = rbd_queue_open,
	.submit = blk_rbd_submit,
	.commit = blk_rbd_commit,
	.poll = blk_rbd_poll,
	.resize = rbd_resize_disk,
	.counters = rbd_counters,
};

static int
rbd_instance_init(struct foo_device *dev)
{
	foo_blk(dev)->engine = &rbd_engine;
	return 0;
}

static const struct foo_prop rbd_props[] = {
	FOO_PROP_STRING("pool", struct blk_rbd, pool, "rbd", RBD_NAME_MAX, "pool of the image"),
	FOO_PROP_PATH("image", struct blk_rbd, image, true, RBD_NAME_MAX, "name of the image"),
	FOO_PROP_PATH("conf", struct blk_rbd, conf, false, 0,
		      "Ceph's configuration file; by default where Ceph looks for it"),
	FOO_PROP_STRING("user", struct blk_rbd, user, "admin", RBD_NAME_MAX,
			"Ceph user, without 'client.'"),
	FOO_PROP_END,
};

static struct foo_class blk_rbd_class = {
	.name = "blk_rbd",
	.parent = "blk",
	.help = "disk in a Ceph cluster",
	.instance_size = sizeof(struct blk_rbd),
	.props = rbd_props,
	.ops =
		{
			.instance_init = rbd_instance_init,
		},
};
FOO_CLASS_REGISTER(blk_rbd_class)
