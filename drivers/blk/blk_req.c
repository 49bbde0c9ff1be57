/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Requests of a disk (VIRTIO 1.2, 5.2.6): read from a chain, checked, handed to the engine, ended.
 *
 * A request is a header of 16 bytes and, of some, data, all device-readable; then data that is
 * read, and last a status byte, device-writable. A driver may cut them into descriptors as it
 * likes (2.7.4.1), so the parts are found by their position, not by descriptor.
 */
#include <errno.h>
#include <string.h>

#include "blk_priv.h"

/* A header, copied from the guest once. */
struct blk_hdr {
	uint32_t type;
	uint32_t ioprio;
	uint64_t sector;
};

/* The used length counts written bytes from the first writable one on (2.7.8.2): data, and the
 * status only if nothing between the two was left as it was. */
static uint32_t
req_written(const struct blk_req *r, uint32_t data)
{
	return data == r->chain.write_len - 1 ? data + 1 : data;
}

/* The request gives back what it took. */
static void
req_free(struct blk_queue *bk, struct blk_req *r)
{
	if (unlikely(r->pieces != NULL)) {
		r->pieces->next = bk->longs;
		bk->longs = r->pieces;
		r->pieces = NULL;
	}
	bk->free[bk->nfree++] = r;
}

/* Enter what the engine has written into the dirty log: it does not know of it. */
static void
req_log(const struct foo_mem *mem, const struct blk_req *r)
{
	if (r->io.op != FOO_BLK_READ)
		return;
	for (uint16_t i = 0; i < r->io.niov; i++)
		foo_mem_log_va(mem, r->io.iov[i].iov_base, r->io.iov[i].iov_len);
}

static void
req_end(struct blk_queue *bk, struct blk_req *r, uint8_t status)
{
	struct foo_vq *vq = &bk->bq.q->vq;

	blk_stats_ended(bk, r, status);
	bk->ended++;
	/* a broken queue's guest hears nothing any more */
	if (likely(vq->broken == 0)) {
		*r->status = status;
		foo_mem_written(vq->mem, r->status, 1);
		foo_vq_push(vq, &r->chain, req_written(r, status == VIRTIO_BLK_S_OK ? r->data : 0));
	}
	req_free(bk, r);
}

/* To the engine. */
static void
req_submit(struct blk_queue *bk, struct blk_req *r)
{
	bk->bq.inflight++;
	bk->uncommitted = true;
	bk->bq.dev->engine->submit(&bk->bq, &r->io);
}

/* The step of a request has ended well. Whether there is another one. */
static bool
req_next(struct blk_queue *bk, struct blk_req *r)
{
	if (unlikely(++r->range < r->nranges)) {
		blk_range_step(r);
	} else if (unlikely(r->sync)) {
		r->sync = false;
		r->io.op = FOO_BLK_FLUSH;
		r->io.offset = 0;
		r->io.len = 0;
	} else {
		return false;
	}
	req_submit(bk, r);
	return true;
}

void
foo_blk_done(struct foo_blk_queue *bq, struct foo_blk_io *io, int result)
{
	struct blk_queue *bk = blk_queue(bq);
	struct blk_req *r = (struct blk_req *)io;

	bq->inflight--;
	if (unlikely(bq->q->vq.mem->log != NULL))
		req_log(bq->q->vq.mem, r);
	if (unlikely(r->resets) && blk_zone_cleared(bq->dev, r, result == 0)) {
		req_submit(bk, r);
		return;
	}
	if (likely(result == 0)) {
		if (likely(!req_next(bk, r)))
			req_end(bk, r, VIRTIO_BLK_S_OK);
	} else if (result == -EOPNOTSUPP && io->op >= FOO_BLK_DISCARD) {
		req_end(bk, r, VIRTIO_BLK_S_UNSUPP);
	} else {
		foo_blk_count(&bq->stats.io_errors, 1);
		req_end(bk, r, VIRTIO_BLK_S_IOERR);
	}
}

/* Whether what changes the disk must be durable when it ends: there is no flush to wait for. */
static bool
req_is_durable(const struct foo_blk *dev)
{
	/* pairs with the store in blk_update_writeback() */
	return !__atomic_load_n(&dev->writeback, __ATOMIC_RELAXED);
}

/* Room for n pieces. */
static struct iovec *
req_room(struct blk_queue *bk, struct blk_req *r, uint32_t n)
{
	if (likely(n <= BLK_OWN_PIECES))
		return r->own.iov;
	if (bk->longs == NULL)
		return NULL;
	r->pieces = bk->longs;
	bk->longs = bk->longs->next;
	return r->pieces->iov;
}

/* Data of a read or write: c stands where it begins. -EAGAIN, or a status: not OK, too many
 * pieces. */
static int
req_data(struct blk_queue *bk, struct blk_req *r, struct foo_cursor *c, uint32_t len)
{
	uint32_t pieces = r->chain.nread + r->chain.nwrite, done;
	uint8_t *flat = foo_cursor_take(c, len);

	if (likely(flat != NULL)) {
		r->io.iov = r->own.iov;
		r->io.iov[0] = (struct iovec){.iov_base = flat, .iov_len = len};
		r->io.niov = 1;
		return VIRTIO_BLK_S_OK;
	}
	r->io.iov = req_room(bk, r, pieces);
	if (unlikely(r->io.iov == NULL))
		return -EAGAIN;
	r->io.niov = (uint16_t)foo_cursor_iov(
		c, r->io.iov, r->pieces != NULL ? FOO_BLK_MAX_PIECES : BLK_OWN_PIECES, len, &done);
	return done == len ? VIRTIO_BLK_S_OK : VIRTIO_BLK_S_IOERR;
}

/* The engine will transfer len bytes at sector. */
static void
req_io(const struct foo_blk *dev, struct blk_req *r, uint64_t sector, uint32_t len, bool write)
{
	r->io.op = write ? FOO_BLK_WRITE : FOO_BLK_READ;
	r->io.fua = write && req_is_durable(dev);
	r->io.offset = sector * FOO_BLK_SECTOR;
	r->io.len = len;
	r->bytes = len;
}

/* IN and OUT. -EAGAIN, or a status; OK: the engine has it, or it has no data. */
static int
req_transfer(struct blk_queue *bk, struct blk_req *r, struct foo_cursor *c, uint64_t sector,
	     bool write)
{
	struct foo_blk *dev = bk->bq.dev;
	uint32_t len = write ? c->left : r->chain.write_len - 1;
	struct foo_cursor to;
	int rc;

	if (len % FOO_BLK_SECTOR != 0 || !blk_range_ok(dev, sector, len / FOO_BLK_SECTOR))
		return VIRTIO_BLK_S_IOERR;
	to = foo_cursor_writable(&bk->bq.q->vq, &r->chain);
	r->data = write ? 0 : len;
	if (len == 0)
		return VIRTIO_BLK_S_OK;
	rc = req_data(bk, r, write ? c : &to, len);
	/* last of all: the sectors of a zone that a write took are taken */
	if (unlikely(dev->zones != NULL) && rc == VIRTIO_BLK_S_OK)
		rc = write ? blk_zone_write(dev, sector, len / FOO_BLK_SECTOR) :
			     blk_zone_read(dev, sector, len / FOO_BLK_SECTOR);
	if (likely(rc == VIRTIO_BLK_S_OK))
		req_io(dev, r, sector, len, write);
	return rc;
}

/* Zone append: a write behind what its zone has, which tells where that was. As req_transfer(). */
static int
req_append(struct blk_queue *bk, struct blk_req *r, struct foo_cursor *c, uint64_t sector)
{
	struct foo_cursor to = foo_cursor_writable(&bk->bq.q->vq, &r->chain);
	uint32_t len = c->left;
	int rc;

	if (r->chain.write_len <= sizeof(sector) || len == 0 || len % FOO_BLK_SECTOR != 0)
		return BLK_S_ZONE_INVALID_CMD;
	rc = req_data(bk, r, c, len);
	if (rc == VIRTIO_BLK_S_OK)
		rc = blk_zone_append(bk->bq.dev, &sector, len / FOO_BLK_SECTOR);
	if (rc != VIRTIO_BLK_S_OK)
		return rc;
	foo_cursor_skip(&to, r->chain.write_len - 1 - sizeof(sector));
	foo_cursor_write(&to, &sector, sizeof(sector));
	r->data = r->chain.write_len == sizeof(sector) + 1 ? sizeof(sector) : 0;
	req_io(bk->bq.dev, r, sector, len, true);
	return VIRTIO_BLK_S_OK;
}

/* The disk's name, padded with zeroes; without a terminator if it fills the field. */
static uint8_t
req_id(struct blk_queue *bk, struct blk_req *r)
{
	const struct foo_blk *dev = bk->bq.dev;
	const char *name = dev->serial != NULL ? dev->serial : dev->dev.name;
	struct foo_cursor to = foo_cursor_writable(&bk->bq.q->vq, &r->chain);
	uint32_t room = r->chain.write_len - 1;
	char id[BLK_ID_LEN] = "";

	if (room == 0)
		return VIRTIO_BLK_S_IOERR;
	memcpy(id, name, strnlen(name, sizeof(id)));
	r->data = foo_cursor_write(&to, id, RTE_MIN(room, sizeof(id)));
	return VIRTIO_BLK_S_OK;
}

static enum foo_blk_kind
req_kind(uint32_t type)
{
	switch (type) {
	case VIRTIO_BLK_T_IN:
		return FOO_BLK_KIND_READ;
	case VIRTIO_BLK_T_OUT:
		return FOO_BLK_KIND_WRITE;
	case VIRTIO_BLK_T_FLUSH:
		return FOO_BLK_KIND_FLUSH;
	case VIRTIO_BLK_T_DISCARD:
	case VIRTIO_BLK_T_SECURE_ERASE:
		return FOO_BLK_KIND_DISCARD;
	case VIRTIO_BLK_T_WRITE_ZEROES:
		return FOO_BLK_KIND_ZEROES;
	default:
		return FOO_BLK_KIND_OTHER;
	}
}

/* Whether a request of this kind would change the disk. */
static bool
req_mutates(enum foo_blk_kind kind)
{
	return kind == FOO_BLK_KIND_WRITE || kind == FOO_BLK_KIND_DISCARD ||
	       kind == FOO_BLK_KIND_ZEROES;
}

/* GET_ID, requests about zones, and types that are not known. As req_prepare(). */
static int
req_other(struct blk_queue *bk, struct blk_req *r, struct foo_cursor *c, const struct blk_hdr *hdr)
{
	const struct foo_blk *dev = bk->bq.dev;

	if (hdr->type == VIRTIO_BLK_T_GET_ID)
		return req_id(bk, r);
	if (dev->zones == NULL || !blk_zone_is_type(hdr->type))
		return VIRTIO_BLK_S_UNSUPP;
	if (dev->cap.read_only && blk_zone_mutates(hdr->type))
		return VIRTIO_BLK_S_IOERR;
	if (hdr->type == BLK_T_ZONE_APPEND) {
		r->kind = FOO_BLK_KIND_WRITE;
		return req_append(bk, r, c, hdr->sector);
	}
	if (hdr->type == BLK_T_ZONE_RESET || hdr->type == BLK_T_ZONE_RESET_ALL)
		r->kind = FOO_BLK_KIND_DISCARD;
	return blk_zone_request(bk, r, hdr->type, hdr->sector);
}

/* Copy the header out, once; c goes on behind it. False: there is none. */
static bool
req_header(struct foo_cursor *c, struct blk_hdr *hdr)
{
	const uint8_t *flat = foo_cursor_take(c, sizeof(*hdr));

	if (unlikely(flat == NULL))
		return foo_cursor_read(c, hdr, sizeof(*hdr)) == sizeof(*hdr);
	memcpy(hdr, flat, sizeof(*hdr));
	/* from here on only the copy counts */
	__asm__ volatile("" : : : "memory");
	return true;
}

/* Make it the engine's, if it is right: -EAGAIN, or a status. With OK and without an operation it
 * is done already. */
static int
req_prepare(struct blk_queue *bk, struct blk_req *r)
{
	const struct foo_blk *dev = bk->bq.dev;
	struct foo_cursor c = foo_cursor_readable(&bk->bq.q->vq, &r->chain);
	struct blk_hdr hdr;
	int rc;

	if (unlikely(!req_header(&c, &hdr)))
		return VIRTIO_BLK_S_IOERR;
	r->kind = req_kind(hdr.type);
	if (unlikely(dev->cap.read_only && req_mutates(r->kind)))
		return VIRTIO_BLK_S_IOERR;
	switch (r->kind) {
	case FOO_BLK_KIND_READ:
	case FOO_BLK_KIND_WRITE:
		return req_transfer(bk, r, &c, hdr.sector, r->kind == FOO_BLK_KIND_WRITE);
	case FOO_BLK_KIND_FLUSH:
		if (dev->cap.flush)
			r->io.op = FOO_BLK_FLUSH;
		return VIRTIO_BLK_S_OK;
	case FOO_BLK_KIND_OTHER:
		return req_other(bk, r, &c, &hdr);
	default:
		rc = blk_range_parse(bk, r, &c, hdr.type);
		r->sync = rc == VIRTIO_BLK_S_OK && r->io.op != FOO_BLK_DISCARD && dev->cap.flush &&
			  req_is_durable(dev);
		return rc;
	}
}

/* A free request for a chain that has room for a status. */
static struct blk_req *
req_new(struct blk_queue *bk, const struct foo_chain *chain)
{
	const struct foo_seg *last = &chain->seg[chain->nread + chain->nwrite - 1];
	struct blk_req *r = bk->free[--bk->nfree];

	r->chain = *chain;
	r->status = last->va + last->len - 1;
	r->start = bk->now;
	r->kind = FOO_BLK_KIND_OTHER;
	r->nranges = 0;
	r->range = 0;
	r->sync = false;
	r->resets = false;
	r->bytes = 0;
	r->data = 0;
	r->io.op = FOO_BLK_OP_MAX;
	r->io.fua = false;
	r->io.niov = 0;
	r->io.offset = 0;
	r->io.len = 0;
	return r;
}

/* Nobody can be told how it went: the chain goes back with length 0. */
static int
req_refuse(struct blk_queue *bk, const struct foo_chain *chain)
{
	foo_blk_count(&bk->bq.stats.refused, 1);
	foo_vq_push(&bk->bq.q->vq, chain, 0);
	bk->ended++;
	return 0;
}

int
blk_req_begin(struct blk_queue *bk, const struct foo_chain *chain)
{
	struct blk_req *r;
	int rc;

	if (unlikely(chain->write_len == 0))
		return req_refuse(bk, chain);
	r = req_new(bk, chain);
	rc = req_prepare(bk, r);
	if (likely(rc == VIRTIO_BLK_S_OK && r->io.op != FOO_BLK_OP_MAX)) {
		req_submit(bk, r);
		return 0;
	}
	if (unlikely(rc == -EAGAIN)) {
		req_free(bk, r);
		return rc;
	}
	if (rc != VIRTIO_BLK_S_OK && rc != VIRTIO_BLK_S_UNSUPP)
		foo_blk_count(&bk->bq.stats.refused, 1);
	req_end(bk, r, (uint8_t)rc);
	return 0;
}
