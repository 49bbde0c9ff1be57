/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * The class `blk_null`: a disk that forgets. Reads leave the guest's memory as it is. It shows
 * what everything but the medium costs, and what the least engine looks like.
 */
#include <errno.h>
#include <inttypes.h>

#include "foo_blk.h"

/** Its size where size= is not given. */
#define NULL_SIZE "1T"

/* Smallest and largest size. */
#define NULL_SIZE_MIN UINT64_C(4096)
#define NULL_SIZE_MAX (UINT64_C(1) << 60)

/** Instance of class `blk_null`. */
struct null_dev {
	struct foo_blk blk; /**< The disk; first. */
	uint64_t size;      /**< size= */
};

static int
null_open(struct foo_blk *dev, struct foo_error *err)
{
	(void)err;
	dev->cap.flush = true;
	dev->cap.discard = true;
	dev->cap.zeroes = true;
	dev->cap.zeroes_unmap = true;
	foo_blk_set_size(dev, ((struct null_dev *)dev)->size);
	return 0;
}

static void
null_submit(struct foo_blk_queue *bq, struct foo_blk_io *io)
{
	foo_blk_done(bq, io, 0);
}

static int
null_resize(struct foo_blk *dev, uint64_t size, struct foo_error *err)
{
	if (size == 0)
		size = foo_blk_size(dev);
	if (size < NULL_SIZE_MIN || size > NULL_SIZE_MAX)
		return foo_error_set(err, -EINVAL,
				     "size %" PRIu64 ": from 4K to 1048576T is possible", size);
	foo_blk_set_size(dev, size);
	return 0;
}

static const struct foo_blk_engine null_engine = {
	.open = null_open,
	.submit = null_submit,
	.resize = null_resize,
};

static int
null_instance_init(struct foo_device *dev)
{
	foo_blk(dev)->engine = &null_engine;
	return 0;
}

static const struct foo_prop null_props[] = {
	FOO_PROP_SIZE("size", struct null_dev, size, NULL_SIZE, NULL_SIZE_MIN, NULL_SIZE_MAX,
		      "bytes of the disk", .runtime = true),
	FOO_PROP_END,
};

static struct foo_class blk_null_class = {
	.name = "blk_null",
	.parent = "blk",
	.help = "disk that forgets what is written, for measurements",
	.instance_size = sizeof(struct null_dev),
	.props = null_props,
	.ops =
		{
			.instance_init = null_instance_init,
		},
};
FOO_CLASS_REGISTER(blk_null_class)
