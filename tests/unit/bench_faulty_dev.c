/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* The devices: a network card that loops, a disk in memory; and what they do wrong. */

#include <stddef.h>
#include <string.h>

#include <linux/virtio_blk.h>
#include <linux/virtio_net.h>

#include <foo_chain.h>

#include "bench_faulty_priv.h"

#define SECTOR 512u
#define BIT(n) (UINT64_C(1) << (n))

uint64_t
faulty_features(const struct bench_faulty *f)
{
	uint64_t features = BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_F_RING_PACKED) |
			    BIT(VIRTIO_RING_F_EVENT_IDX) | BIT(VIRTIO_RING_F_INDIRECT_DESC) |
			    BIT(FOO_FRONT_F_PROTOCOL_FEATURES);

	if (f->cfg.device == BENCH_FAULTY_NET)
		features |= BIT(VIRTIO_NET_F_MQ);
	else
		features |= BIT(VIRTIO_BLK_F_MQ) | BIT(VIRTIO_BLK_F_FLUSH) |
			    BIT(VIRTIO_BLK_F_BLK_SIZE) | BIT(VIRTIO_BLK_F_SEG_MAX) |
			    BIT(VIRTIO_BLK_F_DISCARD) | BIT(VIRTIO_BLK_F_WRITE_ZEROES);
	return features & ~f->cfg.features;
}

unsigned int
faulty_nqueues(const struct bench_faulty *f)
{
	return f->cfg.device == BENCH_FAULTY_NET ? FAULTY_QUEUES : BENCH_FAULTY_QUEUES;
}

bool
faulty_config(const struct bench_faulty *f, uint32_t offset, void *buf, uint32_t len)
{
	const struct virtio_blk_config blk = {
		.capacity = BENCH_FAULTY_DISK / SECTOR,
		.seg_max = 126,
		.blk_size = SECTOR,
		.num_queues = BENCH_FAULTY_QUEUES,
		.max_discard_sectors = 2048,
		.max_discard_seg = 16,
		.discard_sector_alignment = 1,
		.max_write_zeroes_sectors = 2048,
		.max_write_zeroes_seg = 16,
		.write_zeroes_may_unmap = 1,
	};
	uint8_t space[256] = {0};

	if (f->cfg.device != BENCH_FAULTY_BLK || offset > sizeof(space) ||
	    len > sizeof(space) - offset)
		return false;
	memcpy(space, &blk, sizeof(blk));
	memcpy(buf, space + offset, len);
	return true;
}

void
faulty_use(struct bench_faulty *f, struct faulty_queue *q, const struct foo_chain *chain,
	   uint32_t written)
{
	foo_vq_push(&q->vq, chain, written);
	if (faulty_now(f, BENCH_FAULTY_USED_TWICE))
		foo_vq_push(&q->vq, chain, written);
	if (foo_vq_flush(&q->vq) && !faulty_now(f, BENCH_FAULTY_NO_CALL))
		foo_vq_call(&q->vq);
}

/* ---- network card ---- */

static uint32_t
net_header_size(const struct bench_faulty *f)
{
	return f->features & BIT(VIRTIO_F_VERSION_1) ? sizeof(struct virtio_net_hdr_v1) :
						       sizeof(struct virtio_net_hdr);
}

/* No offloads; without MRG_RXBUF a packet always takes one buffer (VIRTIO 1.2, 5.1.6.4). */
static void
net_clear_header(struct bench_faulty *f)
{
	struct virtio_net_hdr_v1 hdr = {.num_buffers = 1};

	memcpy(f->packet, &hdr, net_header_size(f));
}

/* Into one receive buffer; what has no room there is cut off. */
static void
net_deliver(struct bench_faulty *f, struct faulty_queue *rx, const struct foo_chain *chain,
	    const uint8_t *packet, uint32_t len)
{
	struct foo_cursor to = foo_cursor_writable(&rx->vq, chain);
	uint32_t written;

	if (faulty_now(f, BENCH_FAULTY_TRUNCATE))
		len--;
	written = foo_cursor_write(&to, packet, len);
	if (faulty_now(f, BENCH_FAULTY_USED_LENGTH))
		written++;
	faulty_use(f, rx, chain, written);
}

/* Up to want receive buffers, or none at all. */
static bool
net_take_buffers(struct faulty_queue *rx, struct foo_chain *chain, struct foo_seg *seg,
		 uint16_t want)
{
	for (uint16_t n = 0; n < want; n++) {
		if (foo_vq_pop(&rx->vq, &chain[n], 1) != 1) {
			for (; n > 0; n--)
				foo_vq_undo(&rx->vq, &chain[n - 1], 1);
			return false;
		}
		/* the pieces live to the next pop only */
		if (foo_chain_save(&chain[n], seg + 64 * n, 64) != 0)
			chain[n].fault = FOO_FAULT_SEGMENTS;
	}
	return true;
}

/* One bit of the packet, half way behind its headers. */
static void
net_corrupt(struct bench_faulty *f, uint32_t len)
{
	uint32_t start = net_header_size(f) + 14;

	if (len > start)
		f->packet[start + (len - start) / 2] ^= 0x10;
}

static void
net_forward(struct bench_faulty *f, struct faulty_queue *rx, struct faulty_held *held,
	    const struct foo_chain *to, uint32_t len)
{
	if (faulty_now(f, BENCH_FAULTY_CORRUPT))
		net_corrupt(f, len);
	net_deliver(f, rx, &to[0], f->packet, len);
	if (held->len > 0) {
		net_deliver(f, rx, &to[1], held->data, held->len);
		held->len = 0;
	}
}

/* A packet is held back for the next one, unless one is already. */
static bool
net_hold(struct bench_faulty *f, struct faulty_held *held, uint32_t len)
{
	if (held->len > 0 || !faulty_now(f, BENCH_FAULTY_REORDER))
		return false;
	memcpy(held->data, f->packet, len);
	held->len = len;
	return true;
}

/* One packet; false: there is none, or no buffer for it. */
static bool
net_step(struct bench_faulty *f, struct faulty_queue *rx, struct faulty_queue *tx,
	 struct faulty_held *held)
{
	/* a second buffer only where it may be needed: with one a guest may wait for its packet */
	bool twice = f->cfg.fault == BENCH_FAULTY_DUPLICATE;
	uint16_t need = held->len > 0 || twice ? 2 : 1;
	struct foo_seg seg[2 * 64];
	struct foo_chain from, to[2];
	struct foo_cursor data;
	uint32_t len;

	if (!foo_vq_avail(&tx->vq) || !net_take_buffers(rx, to, seg, need))
		return false;
	if (foo_vq_pop(&tx->vq, &from, 1) != 1) {
		foo_vq_undo(&rx->vq, to, need);
		return false;
	}
	data = foo_cursor_readable(&tx->vq, &from);
	len = foo_cursor_read(&data, f->packet, sizeof(f->packet));
	net_clear_header(f);
	if (faulty_now(f, BENCH_FAULTY_DROP) || net_hold(f, held, len)) {
		foo_vq_undo(&rx->vq, to, need);
	} else if (twice) {
		net_deliver(f, rx, &to[0], f->packet, len);
		if (faulty_now(f, BENCH_FAULTY_DUPLICATE))
			net_deliver(f, rx, &to[1], f->packet, len);
		else
			foo_vq_undo(&rx->vq, &to[1], 1);
	} else {
		net_forward(f, rx, held, to, len);
	}
	faulty_use(f, tx, &from, 0);
	return true;
}

/* Nothing came behind the packet that was held back. */
static void
net_release(struct bench_faulty *f, struct faulty_queue *rx, struct faulty_held *held)
{
	struct foo_seg seg[64];
	struct foo_chain to;

	if (held->len == 0 || !rx->running || !net_take_buffers(rx, &to, seg, 1))
		return;
	net_deliver(f, rx, &to, held->data, held->len);
	held->len = 0;
}

static void
net_serve(struct bench_faulty *f, bool idle)
{
	for (unsigned int i = 0; i < BENCH_FAULTY_QUEUES; i++) {
		struct faulty_queue *rx = &f->queue[2 * i], *tx = &f->queue[2 * i + 1];

		while (rx->running && tx->running && net_step(f, rx, tx, &f->held[i]))
			continue;
		if (idle)
			net_release(f, rx, &f->held[i]);
	}
}

/* ---- disk ---- */

/* Whether the disk has these bytes. */
static bool
blk_inside(uint64_t sector, uint64_t len)
{
	return len % SECTOR == 0 && sector <= BENCH_FAULTY_DISK / SECTOR &&
	       len <= BENCH_FAULTY_DISK - sector * SECTOR;
}

static uint8_t
blk_read(struct bench_faulty *f, uint64_t sector, struct foo_cursor *data, uint32_t len)
{
	const uint8_t *from = f->disk + sector * SECTOR;
	uint8_t wrong;

	if (!blk_inside(sector, len))
		return VIRTIO_BLK_S_IOERR;
	if (len == 0 || !faulty_now(f, BENCH_FAULTY_CORRUPT)) {
		foo_cursor_write(data, from, len);
		return VIRTIO_BLK_S_OK;
	}
	wrong = from[len / 2] ^ 0x10;
	foo_cursor_write(data, from, len / 2);
	foo_cursor_write(data, &wrong, 1);
	foo_cursor_write(data, from + len / 2 + 1, len - len / 2 - 1);
	return VIRTIO_BLK_S_OK;
}

static uint8_t
blk_write(struct bench_faulty *f, uint64_t sector, struct foo_cursor *data)
{
	if (!blk_inside(sector, data->left))
		return VIRTIO_BLK_S_IOERR;
	if (!faulty_now(f, BENCH_FAULTY_LOST_WRITE))
		foo_cursor_read(data, f->disk + sector * SECTOR, data->left);
	return VIRTIO_BLK_S_OK;
}

/* Discard and write-zeroes alike leave zeros behind. */
static uint8_t
blk_clear(struct bench_faulty *f, struct foo_cursor *data)
{
	struct virtio_blk_discard_write_zeroes range;

	while (foo_cursor_read(data, &range, sizeof(range)) == sizeof(range)) {
		uint64_t len = (uint64_t)range.num_sectors * SECTOR;

		if (!blk_inside(range.sector, len))
			return VIRTIO_BLK_S_IOERR;
		memset(f->disk + range.sector * SECTOR, 0, len);
	}
	return VIRTIO_BLK_S_OK;
}

static uint8_t
blk_get_id(struct foo_cursor *data, uint32_t len)
{
	char id[VIRTIO_BLK_ID_BYTES] = "faulty";

	foo_cursor_write(data, id, len < sizeof(id) ? len : sizeof(id));
	return VIRTIO_BLK_S_OK;
}

/* Carry a request out. @param room bytes that it may write in front of the status */
static uint8_t
blk_do(struct bench_faulty *f, struct foo_cursor *in, struct foo_cursor *out, uint32_t room)
{
	struct virtio_blk_outhdr hdr;

	if (foo_cursor_read(in, &hdr, sizeof(hdr)) != sizeof(hdr))
		return VIRTIO_BLK_S_IOERR;
	switch (hdr.type) {
	case VIRTIO_BLK_T_IN:
		return blk_read(f, hdr.sector, out, room);
	case VIRTIO_BLK_T_OUT:
		return blk_write(f, hdr.sector, in);
	case VIRTIO_BLK_T_FLUSH:
		return VIRTIO_BLK_S_OK;
	case VIRTIO_BLK_T_GET_ID:
		return blk_get_id(out, room);
	case VIRTIO_BLK_T_DISCARD:
	case VIRTIO_BLK_T_WRITE_ZEROES:
		return blk_clear(f, in);
	default:
		return VIRTIO_BLK_S_UNSUPP;
	}
}

/* The status is the last byte that may be written. */
static uint32_t
blk_answer(struct bench_faulty *f, struct foo_cursor *status, uint8_t value, uint32_t written)
{
	if (faulty_now(f, BENCH_FAULTY_ERROR_STATUS))
		value = VIRTIO_BLK_S_IOERR;
	if (faulty_now(f, BENCH_FAULTY_BAD_STATUS))
		value = 0x77;
	if (!faulty_now(f, BENCH_FAULTY_NO_STATUS))
		foo_cursor_write(status, &value, 1);
	written++;
	if (faulty_now(f, BENCH_FAULTY_USED_LENGTH))
		written++;
	return written;
}

static void
blk_request(struct bench_faulty *f, struct faulty_queue *q, const struct foo_chain *chain)
{
	struct foo_cursor in = foo_cursor_readable(&q->vq, chain);
	struct foo_cursor out = foo_cursor_writable(&q->vq, chain), status = out;
	uint32_t room = chain->write_len - (chain->write_len > 0), written = 0;
	uint8_t value;

	if (faulty_now(f, BENCH_FAULTY_DROP))
		return;
	if (chain->write_len > 0) {
		foo_cursor_skip(&status, room);
		value = blk_do(f, &in, &out, room);
		written = blk_answer(f, &status, value, chain->write_len - 1 - (out.left - 1));
	}
	faulty_use(f, q, chain, written);
}

static void
blk_serve(struct bench_faulty *f)
{
	struct foo_chain chain;

	for (unsigned int i = 0; i < BENCH_FAULTY_QUEUES; i++)
		while (f->queue[i].running && foo_vq_pop(&f->queue[i].vq, &chain, 1) == 1)
			blk_request(f, &f->queue[i], &chain);
}

void
faulty_serve(struct bench_faulty *f, bool idle)
{
	if (f->cfg.device == BENCH_FAULTY_NET)
		net_serve(f, idle);
	else
		blk_serve(f);
}
