/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * The class `blk_uring`: a disk in a file or on a block device, through io_uring.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

#include <rte_malloc.h>

#include "blk_uring_priv.h"

RTE_LOG_REGISTER(foo_blk_uring_logtype, foo.blk.uring, NOTICE);

static const char *const direct_words[] = {"auto", "on", "off", NULL};

static struct uring_dev *
uring_dev(struct foo_blk *dev)
{
	return (struct uring_dev *)dev;
}

static void
uring_close(struct foo_blk *dev)
{
	struct uring_dev *d = uring_dev(dev);

	uring_file_close(d);
	if (d->zeroes != MAP_FAILED)
		munmap(d->zeroes, URING_ZEROES_SIZE);
	rte_free(d->queue);
	d->queue = NULL;
}

static int
uring_open(struct foo_blk *dev, struct foo_error *err)
{
	struct uring_dev *d = uring_dev(dev);
	int rc = uring_ring_probe(err);

	if (rc != 0)
		return rc;
	d->queue = rte_zmalloc(NULL, dev->queues * sizeof(*d->queue), RTE_CACHE_LINE_SIZE);
	/* never written: takes address space and no memory */
	d->zeroes = mmap(NULL, URING_ZEROES_SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	d->file.fd = -1;
	if (d->queue == NULL || d->zeroes == MAP_FAILED)
		rc = foo_error_set(err, -ENOMEM, "no memory for %u queues", dev->queues);
	else
		rc = uring_file_open(d, err);
	if (rc != 0)
		uring_close(dev);
	return rc;
}

static int
uring_queue_open(struct foo_blk_queue *bq)
{
	struct uring_dev *d = uring_dev(bq->dev);
	struct uring_queue *u = &d->queue[bq->q->index];
	int rc;

	u->dev = d;
	foo_blk_list_init(&u->wait);
	rc = uring_ring_open(u, bq->dev->depth, d->file.fd);
	if (rc != 0)
		return rc;
	if (d->file.direct)
		rc = uring_bounce_open(u, bq, RTE_MAX(d->file.mem_align, d->file.io_align));
	if (rc != 0)
		uring_ring_close(u);
	else
		bq->engine = u;
	return rc;
}

static void
uring_queue_close(struct foo_blk_queue *bq)
{
	uring_bounce_close(bq->engine);
	uring_ring_close(bq->engine);
}

static int
uring_resize(struct foo_blk *dev, uint64_t size, struct foo_error *err)
{
	struct uring_dev *d = uring_dev(dev);
	uint64_t now;
	int rc = uring_file_size(&d->file, &now);

	if (rc != 0)
		return foo_error_set(err, rc, "path=%s: %s", d->path, strerror(-rc));
	if (size > now && d->file.is_block)
		return foo_error_set(err, -EINVAL,
				     "path=%s: the block device has %" PRIu64
				     " bytes: grow it first",
				     d->path, now);
	if (size > now && dev->cap.read_only)
		return foo_error_set(err, -EROFS, "path=%s: ro=1, and it has %" PRIu64 " bytes",
				     d->path, now);
	if (size != 0 && size < now)
		return foo_error_set(err, -EINVAL,
				     "path=%s: it has %" PRIu64
				     " bytes: a disk in use does not shrink",
				     d->path, now);
	if (size > now && ftruncate(d->file.fd, (off_t)size) != 0)
		return foo_error_set(err, -errno, "path=%s: %" PRIu64 " bytes: %s", d->path, size,
				     strerror(errno));
	foo_blk_set_size(dev, RTE_MAX(size, now));
	return 0;
}

static void
uring_counters(const struct foo_blk_queue *bq, foo_counter_fn emit, void *ctx)
{
	const struct uring_queue *u = bq->engine;
	const struct {
		const char *name;
		size_t at;
	} counter[] = {
		{"submits", offsetof(struct uring_stats, submits)},
		{"bounced", offsetof(struct uring_stats, bounced)},
		{"short_io", offsetof(struct uring_stats, short_io)},
		{"waits", offsetof(struct uring_stats, waits)},
		{"past_end", offsetof(struct uring_stats, past_end)},
		{"zeroes_written", offsetof(struct uring_stats, zeroes_written)},
		{"discards_in_vain", offsetof(struct uring_stats, discards_in_vain)},
	};

	if (u == NULL)
		return;
	for (size_t i = 0; i < RTE_DIM(counter); i++)
		emit(ctx, counter[i].name,
		     __atomic_load_n((const uint64_t *)((const char *)&u->stats + counter[i].at),
				     __ATOMIC_RELAXED));
}

static const struct foo_blk_engine uring_engine = {
	.open = uring_open,
	.close = uring_close,
	.queue_open = uring_queue_open,
	.queue_close = uring_queue_close,
	.submit = uring_io_submit,
	.commit = uring_io_commit,
	.poll = uring_io_poll,
	.resize = uring_resize,
	.counters = uring_counters,
};

static int
uring_instance_init(struct foo_device *dev)
{
	foo_blk(dev)->engine = &uring_engine;
	return 0;
}

static const struct foo_prop uring_props[] = {
	FOO_PROP_PATH("path", struct uring_dev, path, true, 0, "file or block device"),
	FOO_PROP_SIZE("size", struct uring_dev, size, "0", 0, UINT64_C(1) << 60,
		      "bytes; a file that is not there is created; 0: what the medium has",
		      .runtime = true),
	FOO_PROP_ENUM("direct", struct uring_dev, direct, "auto", direct_words,
		      "past the page cache (O_DIRECT); auto: where the file system can"),
	FOO_PROP_BOOL("lock", struct uring_dev, lock, "1",
		      "refuse an image that another program uses, and keep others out"),
	FOO_PROP_END,
};

static struct foo_class blk_uring_class = {
	.name = "blk_uring",
	.parent = "blk",
	.help = "disk in a file or on a block device",
	.instance_size = sizeof(struct uring_dev),
	.props = uring_props,
	.ops =
		{
			.instance_init = uring_instance_init,
		},
};
FOO_CLASS_REGISTER(blk_uring_class)
