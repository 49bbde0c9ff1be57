/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * The abstract class `blk`: VirtIO block device (VIRTIO 1.2, 5.2).
 */
#include <errno.h>
#include <string.h>

#include <linux/virtio_ids.h>

#include <rte_malloc.h>

#include "blk_priv.h"

/* Most queues of a disk. */
#define BLK_MAX_QUEUES 64

/* Most of bytes-limit= and bytes-burst=. */
#define BLK_BYTES_MAX (UINT64_C(1) << 40)

/* Most of coalesce-us=: drivers take longer for a lost interrupt. */
#define BLK_COALESCE_US_MAX 100000

/* vhost-user protocol feature INFLIGHT_SHMFD: requests end in any order. */
#define BLK_PROTOCOL (UINT64_C(1) << 12)

const char *const blk_block_sizes[] = {"512", "4096", NULL};

static const struct foo_prop blk_props[] = {
	FOO_PROP_UINT("queues", struct foo_blk, queues, "1", 1, BLK_MAX_QUEUES,
		      "virtqueues offered; the guest may use fewer"),
	FOO_PROP_UINT("depth", struct foo_blk, depth, "1024", 1, FOO_VQ_MAX_SIZE,
		      "requests of a queue that may be in flight; more wait in its ring"),
	FOO_PROP_STRING("serial", struct foo_blk, serial, NULL, BLK_ID_LEN,
			"name of the disk that the guest sees; by default the device's name"),
	FOO_PROP_BOOL("ro", struct foo_blk, read_only, "0", "the guest may not change anything"),
	FOO_PROP_ENUM("block-size", struct foo_blk, block_shift, "512", blk_block_sizes,
		      "bytes of a logical block"),
	FOO_PROP_UINT("seg-max", struct foo_blk, seg_max, "254", 1, 1022,
		      "pieces that the guest may cut the data of a request into"),
	FOO_PROP_BOOL("write-cache", struct foo_blk, write_cache, "1",
		      "writes may wait in a cache until the guest flushes; 0: each is durable"),
	FOO_PROP_UINT("iops-limit", struct foo_blk, iops_limit, "0", 0, UINT32_MAX,
		      "requests a second, of all queues together; 0: no limit", .runtime = true),
	FOO_PROP_UINT("iops-burst", struct foo_blk, iops_burst, "0", 0, UINT32_MAX,
		      "requests at once after a pause; 0: those of 25 ms", .runtime = true),
	FOO_PROP_SIZE("bytes-limit", struct foo_blk, bytes_limit, "0", 0, BLK_BYTES_MAX,
		      "bytes read and written a second; 0: no limit", .runtime = true),
	FOO_PROP_SIZE("bytes-burst", struct foo_blk, bytes_burst, "0", 0, BLK_BYTES_MAX,
		      "bytes at once after a pause; 0: those of 25 ms", .runtime = true),
	FOO_PROP_UINT("coalesce-us", struct foo_blk, coalesce_us, "0", 0, BLK_COALESCE_US_MAX,
		      "microseconds that an interrupt may be held back; 0: none is",
		      .runtime = true),
	FOO_PROP_UINT("coalesce-count", struct foo_blk, coalesce_count, "0", 0, FOO_VQ_MAX_SIZE,
		      "requests after which it is not held any longer; 0: by time alone",
		      .runtime = true),
	FOO_PROP_END,
};

static uint16_t
blk_num_queues(const struct foo_device *dev)
{
	return (uint16_t)((const struct foo_blk *)dev)->queues;
}

static uint64_t
blk_protocol_features(const struct foo_device *dev)
{
	(void)dev;
	return BLK_PROTOCOL;
}

/* Open the medium, and see that it fits. */
static int
blk_open(struct foo_blk *b, struct foo_error *err)
{
	int rc = b->engine->open(b, err);

	if (rc != 0)
		return rc;
	if (b->cap.max_queues != 0 && b->queues > b->cap.max_queues)
		rc = foo_error_set(err, -EINVAL, "queues=%u: this medium can have %u at most",
				   b->queues, b->cap.max_queues);
	else
		rc = blk_zones_init(b, err);
	if (rc != 0 && b->engine->close != NULL)
		b->engine->close(b);
	return rc;
}

static void
blk_free(struct foo_blk *b)
{
	blk_qos_fini(b);
	blk_zones_fini(b);
	rte_free(b->queue);
	b->queue = NULL;
}

static int
blk_realize(struct foo_device *dev, struct foo_error *err)
{
	struct foo_blk *b = foo_blk(dev);
	int rc;

	b->cap = (struct foo_blk_cap){
		.block_size = b->block_shift == 0 ? 512 : 4096,
		.read_only = b->read_only,
	};
	b->queue = rte_zmalloc(NULL, b->queues * sizeof(*b->queue), RTE_CACHE_LINE_SIZE);
	if (b->queue == NULL || blk_qos_init(b) != 0)
		rc = foo_error_set(err, -ENOMEM, "no memory for %u queues", b->queues);
	else
		rc = blk_open(b, err);
	if (rc != 0)
		blk_free(b);
	b->wce = b->write_cache && b->cap.flush;
	foo_coalesce_set(&b->coalesce, b->coalesce_count, b->coalesce_us);
	return rc;
}

static void
blk_unrealize(struct foo_device *dev)
{
	struct foo_blk *b = foo_blk(dev);

	if (b->engine->close != NULL)
		b->engine->close(b);
	blk_free(b);
}

static int
blk_prop_changed(struct foo_device *dev, const struct foo_prop *prop, struct foo_error *err)
{
	struct foo_blk *b = foo_blk(dev);
	uint64_t size;

	if (strcmp(prop->name, "size") == 0 && foo_prop_number(prop, dev, &size)) {
		if (b->engine->resize == NULL)
			return foo_error_set(err, -ENOTSUP, "this disk cannot change its size");
		return b->engine->resize(b, size, err);
	}
	blk_qos_update(b);
	foo_coalesce_set(&b->coalesce, b->coalesce_count, b->coalesce_us);
	return 0;
}

void
foo_blk_set_size(struct foo_blk *dev, uint64_t bytes)
{
	uint64_t sectors = bytes / dev->cap.block_size * (dev->cap.block_size / FOO_BLK_SECTOR);

	/* read relaxed by lcores, which see it sooner or later: the engine can do both sizes */
	__atomic_store_n(&dev->sectors, sectors, __ATOMIC_RELAXED);
	foo_device_config_changed(&dev->dev);
}

static struct foo_class blk_class = {
	.name = "blk",
	.parent = "virtio",
	.help = "disk (VIRTIO 1.2, 5.2)",
	.abstract = true,
	.virtio_id = VIRTIO_ID_BLOCK,
	.config_size = BLK_CONFIG_SIZE,
	.instance_size = sizeof(struct foo_blk),
	.props = blk_props,
	.ops =
		{
			.realize = blk_realize,
			.unrealize = blk_unrealize,
			.prop_changed = blk_prop_changed,
			.num_queues = blk_num_queues,
			.features = blk_features,
			.protocol_features = blk_protocol_features,
			.set_features = blk_set_features,
			.get_config = blk_get_config,
			.set_config = blk_set_config,
			.queue_attach = blk_queue_attach,
			.queue_detach = blk_queue_detach,
			.poll = blk_queue_poll,
			.poll_stopped = blk_queue_poll_stopped,
			.queue_stop = blk_queue_stop,
			.queue_pending = blk_queue_pending,
			.queue_counters = blk_queue_counters,
			.counters = blk_counters,
		},
};
FOO_CLASS_REGISTER(blk_class)
