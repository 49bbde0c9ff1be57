/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Zones of a host-managed disk (VIRTIO 1.3, 5.2.6).
 *
 * A zone is one word, its state and its write pointer, which lcores change by compare-and-swap: a
 * write takes its sectors before the engine gets it, so that writes of several queues never get the
 * same ones. What lies behind a write pointer is zeroes: a zone that is reset is cleared first, and
 * nothing can be written to it meanwhile.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <rte_malloc.h>

#include "blk_priv.h"

/* States, as VIRTIO numbers them. */
enum zone_state {
	ZONE_NOT_WP = 0,  /* conventional */
	ZONE_EMPTY = 1,   /* nothing is written */
	ZONE_IOPEN = 2,   /* open because it was written to */
	ZONE_EOPEN = 3,   /* open because the driver said so */
	ZONE_CLOSED = 4,  /* partly written */
	ZONE_FULL = 14,   /* takes no more */
	ZONE_RESET = 255, /* being cleared; the driver sees it as full */
};

/* Types of zones, and the model. */
#define ZONE_CONVENTIONAL 1
#define ZONE_SEQUENTIAL 2
#define ZONE_HOST_MANAGED 1

#define ZONE_STATE_SHIFT 56
#define ZONE_WP_MASK ((UINT64_C(1) << ZONE_STATE_SHIFT) - 1)

/* A zone in a report. */
struct zone_descriptor {
	uint64_t capacity;
	uint64_t start;
	uint64_t wp;
	uint8_t type;
	uint8_t state;
	uint8_t reserved[38];
};

/* What a report begins with. */
struct zone_report {
	uint64_t n;
	uint8_t reserved[56];
};

static uint64_t
zone_word(enum zone_state state, uint64_t wp)
{
	return (uint64_t)state << ZONE_STATE_SHIFT | wp;
}

static enum zone_state
zone_state(uint64_t word)
{
	return (enum zone_state)(word >> ZONE_STATE_SHIFT);
}

static uint64_t
zone_wp(uint64_t word)
{
	return word & ZONE_WP_MASK;
}

static uint64_t
zone_load(const struct blk_zones *z, uint32_t zone)
{
	/* acquire: pairs with zone_swap(), so that who finds a zone empty finds it cleared */
	return __atomic_load_n(&z->word[zone], __ATOMIC_ACQUIRE);
}

/* True if the word was old; else old is what it is. */
static bool
zone_swap(struct blk_zones *z, uint32_t zone, uint64_t *old, uint64_t word)
{
	/* pairs with itself and zone_load() */
	return __atomic_compare_exchange_n(&z->word[zone], old, word, false, __ATOMIC_ACQ_REL,
					   __ATOMIC_ACQUIRE);
}

/* Sectors of a zone. */
static uint64_t
zone_sectors(const struct foo_blk *dev, uint32_t zone)
{
	const struct blk_zones *z = dev->zones;

	return RTE_MIN(z->sectors, dev->sectors - zone * z->sectors);
}

int
blk_zones_init(struct foo_blk *dev, struct foo_error *err)
{
	uint64_t sectors = dev->cap.zone_size / FOO_BLK_SECTOR, n;
	struct blk_zones *z;

	if (sectors == 0)
		return 0;
	n = (dev->sectors + sectors - 1) / sectors;
	if (n > BLK_ZONES_MAX || sectors > UINT32_MAX ||
	    dev->cap.zone_size % dev->cap.block_size != 0)
		return foo_error_set(err, -EINVAL,
				     "zones of %" PRIu64 " bytes: they must be whole blocks, less "
				     "than 2T, and %u at most",
				     dev->cap.zone_size, BLK_ZONES_MAX);
	z = rte_zmalloc(NULL, sizeof(*z) + n * sizeof(z->word[0]), RTE_CACHE_LINE_SIZE);
	if (z == NULL)
		return foo_error_set(err, -ENOMEM, "no memory for %" PRIu64 " zones", n);
	z->sectors = sectors;
	z->n = (uint32_t)n;
	z->conventional = RTE_MIN(dev->cap.conventional_zones, z->n);
	/* not more than seg-max pages can carry */
	z->append = (uint32_t)RTE_MIN(sectors, dev->seg_max * UINT64_C(8));
	for (uint32_t i = 0; i < z->n; i++)
		z->word[i] = zone_word(i < z->conventional ? ZONE_NOT_WP : ZONE_EMPTY, 0);
	dev->zones = z;
	/* a driver resets zones instead: these would write behind the write pointer's back */
	dev->cap.discard = false;
	dev->cap.zeroes = false;
	dev->cap.erase = false;
	return 0;
}

void
blk_zones_fini(struct foo_blk *dev)
{
	rte_free(dev->zones);
	dev->zones = NULL;
}

void
blk_zones_config(const struct foo_blk *dev, struct blk_zoned *zoned)
{
	memset(zoned, 0, sizeof(*zoned));
	if (dev->zones == NULL)
		return;
	zoned->zone_sectors = (uint32_t)dev->zones->sectors;
	zoned->max_append_sectors = dev->zones->append;
	zoned->write_granularity = dev->cap.block_size;
	zoned->model = ZONE_HOST_MANAGED;
}

bool
blk_zone_is_type(uint32_t type)
{
	return type == BLK_T_ZONE_APPEND ||
	       (type >= BLK_T_ZONE_REPORT && type <= BLK_T_ZONE_RESET_ALL && type % 2 == 0);
}

bool
blk_zone_mutates(uint32_t type)
{
	return blk_zone_is_type(type) && type != BLK_T_ZONE_REPORT;
}

uint8_t
blk_zone_read(const struct foo_blk *dev, uint64_t sector, uint64_t n)
{
	const struct blk_zones *z = dev->zones;
	uint64_t last = sector + n - 1;

	if (n == 0 || sector / z->sectors == last / z->sectors ||
	    last / z->sectors < z->conventional)
		return VIRTIO_BLK_S_OK;
	return BLK_S_ZONE_INVALID_CMD;
}

/* Take n sectors of a zone, at sector at of it; UINT64_MAX: wherever it stands, which at is set
 * to. A status. */
static uint8_t
zone_take(struct foo_blk *dev, uint32_t zone, uint64_t *at, uint64_t n)
{
	struct blk_zones *z = dev->zones;
	uint64_t size = zone_sectors(dev, zone), old = zone_load(z, zone), wp, next;
	enum zone_state state;

	do {
		state = zone_state(old);
		wp = zone_wp(old);
		if (state == ZONE_FULL || state == ZONE_RESET)
			return BLK_S_ZONE_INVALID_CMD;
		if (*at != UINT64_MAX && *at != wp)
			return BLK_S_ZONE_UNALIGNED_WP;
		if (n > size - wp)
			return BLK_S_ZONE_INVALID_CMD;
		if (n == 0)
			break;
		if (wp + n == size)
			state = ZONE_FULL;
		else if (state != ZONE_EOPEN)
			state = ZONE_IOPEN;
		next = zone_word(state, wp + n);
	} while (!zone_swap(z, zone, &old, next));
	*at = wp;
	return VIRTIO_BLK_S_OK;
}

uint8_t
blk_zone_write(struct foo_blk *dev, uint64_t sector, uint64_t n)
{
	const struct blk_zones *z = dev->zones;
	uint64_t zone = sector / z->sectors, at = sector % z->sectors;
	uint8_t status = blk_zone_read(dev, sector, n);

	if (status != VIRTIO_BLK_S_OK || n == 0 || zone < z->conventional)
		return status;
	return zone_take(dev, (uint32_t)zone, &at, n);
}

/* The sequential zone that begins at a sector, or -1. */
static int64_t
zone_at(const struct foo_blk *dev, uint64_t sector)
{
	const struct blk_zones *z = dev->zones;
	uint64_t zone = sector / z->sectors;

	if (sector % z->sectors != 0 || zone >= z->n || zone < z->conventional)
		return -1;
	return (int64_t)zone;
}

uint8_t
blk_zone_append(struct foo_blk *dev, uint64_t *sector, uint64_t n)
{
	int64_t zone = zone_at(dev, *sector);
	uint64_t at = UINT64_MAX;
	uint8_t status;

	if (zone < 0 || n > dev->zones->append || n % (dev->cap.block_size / FOO_BLK_SECTOR) != 0)
		return BLK_S_ZONE_INVALID_CMD;
	status = zone_take(dev, (uint32_t)zone, &at, n);
	if (status == VIRTIO_BLK_S_OK)
		*sector += at;
	return status;
}

static struct zone_descriptor
zone_describe(const struct foo_blk *dev, uint32_t zone)
{
	const struct blk_zones *z = dev->zones;
	uint64_t word = zone_load(z, zone), start = zone * z->sectors;
	enum zone_state state = zone_state(word);

	if (state == ZONE_RESET)
		state = ZONE_FULL;
	return (struct zone_descriptor){
		.capacity = zone_sectors(dev, zone),
		.start = start,
		/* not valid for others, but no secret either */
		.wp = state == ZONE_FULL ? start + zone_sectors(dev, zone) : start + zone_wp(word),
		.type = zone < z->conventional ? ZONE_CONVENTIONAL : ZONE_SEQUENTIAL,
		.state = (uint8_t)state,
	};
}

/* Report zones from the one that has the sector on, as many as there is room for. */
static uint8_t
zone_report(struct blk_queue *bk, struct blk_req *r, uint64_t sector)
{
	const struct foo_blk *dev = bk->bq.dev;
	const struct blk_zones *z = dev->zones;
	struct foo_cursor to = foo_cursor_writable(&bk->bq.q->vq, &r->chain);
	struct zone_report report = {.n = (r->chain.write_len - 1) /
					  sizeof(struct zone_descriptor)};
	struct zone_descriptor d;
	uint64_t first = sector / z->sectors;

	/* the header has the size of a descriptor */
	if (report.n == 0 || sector >= dev->sectors)
		return BLK_S_ZONE_INVALID_CMD;
	report.n = RTE_MIN(report.n - 1, z->n - first);
	report.n = RTE_MIN(report.n, (uint64_t)BLK_ZONES_REPORT);
	r->data = foo_cursor_write(&to, &report, sizeof(report));
	for (uint64_t i = 0; i < report.n; i++) {
		d = zone_describe(dev, (uint32_t)(first + i));
		r->data += foo_cursor_write(&to, &d, sizeof(d));
	}
	return VIRTIO_BLK_S_OK;
}

/* The state that a zone gets by a request, or ZONE_NOT_WP: it cannot. */
static enum zone_state
zone_next(uint32_t type, enum zone_state state, uint64_t wp)
{
	bool open = state == ZONE_IOPEN || state == ZONE_EOPEN;

	switch (type) {
	case BLK_T_ZONE_OPEN:
		return open || state == ZONE_EMPTY || state == ZONE_CLOSED ? ZONE_EOPEN :
									     ZONE_NOT_WP;
	case BLK_T_ZONE_CLOSE:
		if (open)
			return wp == 0 ? ZONE_EMPTY : ZONE_CLOSED;
		return state == ZONE_CLOSED ? ZONE_CLOSED : ZONE_NOT_WP;
	default:
		return state == ZONE_RESET ? ZONE_NOT_WP : ZONE_FULL;
	}
}

/* Open, close, finish. */
static uint8_t
zone_change(struct foo_blk *dev, uint32_t type, uint64_t sector)
{
	int64_t zone = zone_at(dev, sector);
	enum zone_state state;
	uint64_t old;

	if (zone < 0)
		return BLK_S_ZONE_INVALID_CMD;
	old = zone_load(dev->zones, (uint32_t)zone);
	do {
		state = zone_next(type, zone_state(old), zone_wp(old));
		if (state == ZONE_NOT_WP)
			return BLK_S_ZONE_INVALID_CMD;
	} while (!zone_swap(dev->zones, (uint32_t)zone, &old, zone_word(state, zone_wp(old))));
	return VIRTIO_BLK_S_OK;
}

/* Let a zone be cleared, or make it empty at once where nothing is written. False: it is empty, or
 * another request clears it. */
static bool
zone_begin_reset(struct foo_blk *dev, uint32_t zone)
{
	uint64_t old = zone_load(dev->zones, zone), word;

	do {
		if (zone_state(old) == ZONE_EMPTY || zone_state(old) == ZONE_RESET)
			return false;
		word = zone_wp(old) == 0 ? zone_word(ZONE_EMPTY, 0) :
					   zone_word(ZONE_RESET, zone_wp(old));
	} while (!zone_swap(dev->zones, zone, &old, word));
	return zone_wp(old) != 0;
}

/* The next zone of a reset that has something to clear becomes r->io. False: there is none. */
static bool
zone_reset_step(struct foo_blk *dev, struct blk_req *r)
{
	struct blk_zones *z = dev->zones;

	for (; r->own.reset.zone < r->own.reset.end; r->own.reset.zone++) {
		uint32_t zone = r->own.reset.zone;

		if (!zone_begin_reset(dev, zone))
			continue;
		r->resets = true;
		r->io.op = FOO_BLK_ZEROES;
		r->io.unmap = true;
		r->io.offset = zone * z->sectors * FOO_BLK_SECTOR;
		r->io.len = zone_wp(zone_load(z, zone)) * FOO_BLK_SECTOR;
		return true;
	}
	return false;
}

bool
blk_zone_cleared(struct foo_blk *dev, struct blk_req *r, bool ok)
{
	struct blk_zones *z = dev->zones;
	uint32_t zone = r->own.reset.zone++;
	uint64_t word = zone_word(ZONE_EMPTY, 0);

	if (!ok) /* what is written may be in part what it was: nothing more goes there */
		word = zone_word(ZONE_FULL, zone_wp(zone_load(z, zone)));
	/* release: the zeroes before the state; pairs with zone_load(). Nobody else changes a zone
	 * that is being cleared. */
	__atomic_store_n(&z->word[zone], word, __ATOMIC_RELEASE);
	r->resets = false;
	return ok && zone_reset_step(dev, r);
}

static uint8_t
zone_reset(struct foo_blk *dev, struct blk_req *r, uint64_t sector)
{
	int64_t zone = zone_at(dev, sector);

	if (zone < 0)
		return BLK_S_ZONE_INVALID_CMD;
	r->own.reset.zone = (uint32_t)zone;
	r->own.reset.end = (uint32_t)zone + 1;
	zone_reset_step(dev, r);
	return VIRTIO_BLK_S_OK;
}

uint8_t
blk_zone_request(struct blk_queue *bk, struct blk_req *r, uint32_t type, uint64_t sector)
{
	struct foo_blk *dev = bk->bq.dev;

	switch (type) {
	case BLK_T_ZONE_REPORT:
		return zone_report(bk, r, sector);
	case BLK_T_ZONE_RESET:
		return zone_reset(dev, r, sector);
	case BLK_T_ZONE_RESET_ALL:
		r->own.reset.zone = dev->zones->conventional;
		r->own.reset.end = dev->zones->n;
		zone_reset_step(dev, r);
		return VIRTIO_BLK_S_OK;
	default:
		return zone_change(dev, type, sector);
	}
}
