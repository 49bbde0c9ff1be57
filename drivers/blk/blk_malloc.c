/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * The class `blk_malloc`: a disk in RAM, as fast as memory is and gone with the process.
 *
 * An lcore copies the data itself, so a request takes as long as its copy, and others of the lcore
 * wait for that. Therefore one poll of a queue copies a slice; what is left goes on in the next.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_eal.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

#include "foo_blk_io.h"

/* Bytes that one poll of a queue copies or clears. */
#define MALLOC_SLICE (256u << 10)

/* Value of numa= where it is not given. */
#define MALLOC_ANY_NODE UINT32_MAX

/* Largest disk: more than any machine has. */
#define MALLOC_MAX_SIZE (UINT64_C(1) << 46)

/* Smallest and largest zone. */
#define MALLOC_ZONE_MIN (UINT64_C(64) << 10)
#define MALLOC_ZONE_MAX (UINT64_C(1) << 40)

/** Instance of class `blk_malloc`. */
struct malloc_dev {
	struct foo_blk blk; /**< The disk; first. */
	uint64_t size;      /**< size= */
	uint64_t max_size;  /**< max-size=; 0: size. */
	uint32_t node;      /**< numa= */
	uint64_t zone_size; /**< zone-size= */
	uint32_t zone_conv; /**< conventional-zones= */
	uint8_t *mem;       /**< The sectors: max_size bytes, there as long as the disk is open. */
};

/** A queue's requests that are not finished, in the order in which they came. Lcore. */
struct malloc_queue {
	struct foo_blk_list wait; /**< The first one is being worked on. */
	uint64_t budget;          /**< Bytes that this round may still copy. */
};

/** A request while it is ours: foo_blk_io::state. */
struct malloc_io {
	uint64_t done;           /**< Bytes that are done. */
	struct foo_blk_place at; /**< READ, WRITE: where they end. */
};
_Static_assert(sizeof(struct malloc_io) <= sizeof(((struct foo_blk_io *)NULL)->state), "too large");

static struct malloc_dev *
malloc_dev(struct foo_blk *dev)
{
	return (struct malloc_dev *)dev;
}

static struct malloc_io *
malloc_io(struct foo_blk_io *io)
{
	return (struct malloc_io *)&io->state;
}

/* Go on with a request as far as the budget allows. True: it is finished. */
static bool
malloc_go_on(struct malloc_queue *mq, uint8_t *mem, struct foo_blk_io *io)
{
	struct malloc_io *s = malloc_io(io);
	uint64_t len = RTE_MIN(io->len - s->done, mq->budget);
	uint8_t *disk = mem + io->offset + s->done;

	if (io->op == FOO_BLK_READ || io->op == FOO_BLK_WRITE) {
		foo_blk_place_copy(s->at, io, disk, len);
		foo_blk_place_advance(&s->at, io, len);
	} else {
		memset(disk, 0, len);
	}
	mq->budget -= len;
	s->done += len;
	return s->done == io->len;
}

static void
malloc_submit(struct foo_blk_queue *bq, struct foo_blk_io *io)
{
	struct malloc_queue *mq = bq->engine;

	*malloc_io(io) = (struct malloc_io){.done = 0};
	/* a flush has nothing to do: it is about writes that have ended, and those are in place */
	if (io->op == FOO_BLK_FLUSH ||
	    (mq->wait.head == NULL && malloc_go_on(mq, malloc_dev(bq->dev)->mem, io)))
		foo_blk_done(bq, io, 0);
	else
		foo_blk_list_add(&mq->wait, io);
}

static void
malloc_commit(struct foo_blk_queue *bq)
{
	((struct malloc_queue *)bq->engine)->budget = MALLOC_SLICE;
}

static void
malloc_poll(struct foo_blk_queue *bq)
{
	struct malloc_queue *mq = bq->engine;
	uint8_t *mem = malloc_dev(bq->dev)->mem;

	mq->budget = MALLOC_SLICE;
	/* out of the list first: the next step of a request may come back at once */
	while (mq->wait.head != NULL && malloc_go_on(mq, mem, mq->wait.head))
		foo_blk_done(bq, foo_blk_list_take(&mq->wait), 0);
}

static int
malloc_queue_open(struct foo_blk_queue *bq)
{
	struct malloc_queue *mq = foo_blk_queue_alloc(bq, sizeof(*mq), RTE_CACHE_LINE_SIZE);

	if (mq == NULL)
		return -ENOMEM;
	foo_blk_list_init(&mq->wait);
	mq->budget = MALLOC_SLICE;
	bq->engine = mq;
	return 0;
}

static void
malloc_queue_close(struct foo_blk_queue *bq)
{
	rte_free(bq->engine);
	bq->engine = NULL;
}

/* Memory of the node that numa= says, or else of the first lcore's. */
static int
malloc_reserve(struct malloc_dev *m, struct foo_error *err)
{
	bool any = m->node == MALLOC_ANY_NODE;
	int node = any ? (int)rte_lcore_to_socket_id(rte_get_main_lcore()) : (int)m->node;

	if (!rte_eal_has_hugepages()) {
		/* EAL's heap is small then; pages come from the kernel as they are written to */
		m->mem = mmap(NULL, m->max_size, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (m->mem != MAP_FAILED)
			return 0;
		m->mem = NULL;
		return foo_error_set(err, -ENOMEM, "%" PRIu64 " bytes: more memory than there is",
				     m->max_size);
	}
	m->mem = rte_zmalloc_socket(NULL, m->max_size, FOO_BLK_SECTOR, node);
	if (m->mem == NULL && any)
		m->mem = rte_zmalloc(NULL, m->max_size, FOO_BLK_SECTOR);
	if (m->mem == NULL)
		return foo_error_set(err, -ENOMEM,
				     "%" PRIu64 " bytes: not so many free in huge pages%s; give "
				     "more of them (-m, --socket-mem), or a smaller size=",
				     m->max_size, any ? "" : " of this NUMA node");
	return 0;
}

static void
malloc_close(struct foo_blk *dev)
{
	struct malloc_dev *m = malloc_dev(dev);

	if (rte_eal_has_hugepages())
		rte_free(m->mem);
	else
		munmap(m->mem, m->max_size);
	m->mem = NULL;
}

static int
malloc_open(struct foo_blk *dev, struct foo_error *err)
{
	struct malloc_dev *m = malloc_dev(dev);
	int rc;

	if (m->max_size == 0)
		m->max_size = m->size;
	if (m->size > m->max_size)
		return foo_error_set(err, -EINVAL,
				     "size=%" PRIu64 ": it is beyond max-size=%" PRIu64, m->size,
				     m->max_size);
	if ((m->zone_size & (m->zone_size - 1)) != 0)
		return foo_error_set(err, -EINVAL,
				     "zone-size=%" PRIu64 ": it must be a power of two, or drivers "
				     "do not take it",
				     m->zone_size);
	rc = malloc_reserve(m, err);
	if (rc != 0)
		return rc;
	dev->cap.flush = true;
	dev->cap.discard = true;
	dev->cap.zeroes = true;
	dev->cap.erase = true;
	dev->cap.zone_size = m->zone_size;
	dev->cap.conventional_zones = m->zone_conv;
	foo_blk_set_size(dev, m->size);
	return 0;
}

/* The memory stays, so a copy that began before the disk shrank still ends inside it. What lies
 * beyond the new end is kept, and seen again where the disk grows. */
static int
malloc_resize(struct foo_blk *dev, uint64_t size, struct foo_error *err)
{
	struct malloc_dev *m = malloc_dev(dev);

	if (dev->zones != NULL)
		return foo_error_set(err, -ENOTSUP, "a disk with zones keeps its size");
	if (size == 0)
		size = foo_blk_size(dev);
	if (size > m->max_size || size < dev->cap.block_size)
		return foo_error_set(err, -EINVAL,
				     "size %" PRIu64 ": from %u to %" PRIu64
				     " are possible (max-size=)",
				     size, dev->cap.block_size, m->max_size);
	foo_blk_set_size(dev, size);
	return 0;
}

static const struct foo_blk_engine malloc_engine = {
	.open = malloc_open,
	.close = malloc_close,
	.queue_open = malloc_queue_open,
	.queue_close = malloc_queue_close,
	.submit = malloc_submit,
	.commit = malloc_commit,
	.poll = malloc_poll,
	.resize = malloc_resize,
};

static int
malloc_instance_init(struct foo_device *dev)
{
	foo_blk(dev)->engine = &malloc_engine;
	((struct malloc_dev *)dev)->node = MALLOC_ANY_NODE;
	return 0;
}

static const struct foo_prop malloc_props[] = {
	FOO_PROP_SIZE("size", struct malloc_dev, size, "64M", 4096, MALLOC_MAX_SIZE,
		      "bytes of the disk", .runtime = true),
	FOO_PROP_SIZE("max-size", struct malloc_dev, max_size, NULL, 4096, MALLOC_MAX_SIZE,
		      "bytes to reserve, to which the disk can grow; by default size="),
	FOO_PROP_SIZE("zone-size", struct malloc_dev, zone_size, NULL, MALLOC_ZONE_MIN,
		      MALLOC_ZONE_MAX,
		      "bytes of a zone, a power of two: a zoned disk, host-managed"),
	FOO_PROP_UINT("conventional-zones", struct malloc_dev, zone_conv, "0", 0, UINT32_MAX,
		      "zones from the first on that are written in any order"),
	FOO_PROP_UINT("numa", struct malloc_dev, node, NULL, 0, RTE_MAX_NUMA_NODES - 1,
		      "NUMA node of the memory; by default the main lcore's, if it has enough"),
	FOO_PROP_END,
};

static struct foo_class blk_malloc_class = {
	.name = "blk_malloc",
	.parent = "blk",
	.help = "disk in RAM",
	.instance_size = sizeof(struct malloc_dev),
	.props = malloc_props,
	.ops =
		{
			.instance_init = malloc_instance_init,
		},
};
FOO_CLASS_REGISTER(blk_malloc_class)
