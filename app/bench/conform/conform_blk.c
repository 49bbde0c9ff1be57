/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* virtio-blk: requests that are wrong, and right ones of rare shape. */

#include <string.h>

#include "conform_blk.h"

static enum conform_reaction
send3(struct conform_ctx *ctx, const struct foo_guest_buf *buf)
{
	return conform_send(ctx, buf, 3, FOO_GUEST_DIRECT);
}

/* Sectors that are not there. */
enum beyond {
	AT_CAPACITY,
	ACROSS_CAPACITY,
	SECTOR_MAX,
	BYTES_WRAP, /* sector times 512 is 2^64 */
};

static enum conform_reaction
beyond(struct conform_ctx *ctx, uint32_t type)
{
	struct foo_guest_buf buf[3];
	uint64_t sector;

	switch ((enum beyond)ctx->c->arg) {
	case AT_CAPACITY:
		sector = ctx->be->capacity;
		break;
	case ACROSS_CAPACITY:
		sector = ctx->be->capacity - 1;
		break;
	case SECTOR_MAX:
		sector = UINT64_MAX;
		break;
	default:
		sector = UINT64_C(1) << 55;
	}
	conform_blk_chain(ctx->g, buf, type, sector, 2 * SECTOR, 1);
	return conform_blk_expect(ctx, send3(ctx, buf), VIRTIO_BLK_S_IOERR);
}

static enum conform_reaction
read_beyond(struct conform_ctx *ctx)
{
	return beyond(ctx, T_IN);
}

static enum conform_reaction
write_beyond(struct conform_ctx *ctx)
{
	return beyond(ctx, T_OUT);
}

/* Data of arg bytes. */
static enum conform_reaction
read_length(struct conform_ctx *ctx)
{
	struct foo_guest_buf buf[3];

	conform_blk_chain(ctx->g, buf, T_IN, 0, (uint32_t)ctx->c->arg, 0);
	return send3(ctx, buf);
}

static enum conform_reaction
write_length(struct conform_ctx *ctx)
{
	struct foo_guest_buf buf[3];

	conform_blk_chain(ctx->g, buf, T_OUT, 0, (uint32_t)ctx->c->arg, 1);
	return send3(ctx, buf);
}

static enum conform_reaction
read_no_data(struct conform_ctx *ctx)
{
	struct foo_guest_buf buf[3];

	conform_blk_chain(ctx->g, buf, T_IN, 0, 0, 0);
	buf[1] = buf[2];
	return conform_send(ctx, buf, 2, FOO_GUEST_DIRECT);
}

static enum conform_reaction
no_status(struct conform_ctx *ctx)
{
	struct foo_guest_buf buf[3];

	conform_blk_chain(ctx->g, buf, ctx->c->arg, 0, SECTOR, 1);
	return conform_send(ctx, buf, ctx->c->arg == T_IN ? 1 : 2, FOO_GUEST_DIRECT);
}

static enum conform_reaction
status_read_only(struct conform_ctx *ctx)
{
	struct foo_guest_buf buf[3];
	enum conform_reaction r;

	conform_blk_chain(ctx->g, buf, T_OUT, 0, SECTOR, 1);
	buf[2].flags = 0;
	r = send3(ctx, buf);
	if (r == CONFORM_REFUSED && conform_blk_status(ctx->g, ctx->bad_token) != 0xff) {
		conform_note(ctx, "the device wrote into a device-readable status byte");
		return CONFORM_UNEXPECTED;
	}
	return r;
}

static enum conform_reaction
header_short(struct conform_ctx *ctx)
{
	struct foo_guest_buf buf[3];

	conform_blk_chain(ctx->g, buf, T_IN, 0, SECTOR, 0);
	buf[0].len = (uint32_t)ctx->c->arg;
	return send3(ctx, buf);
}

static enum conform_reaction
header_writable(struct conform_ctx *ctx)
{
	struct foo_guest_buf buf[3];

	conform_blk_chain(ctx->g, buf, T_IN, 0, SECTOR, 0);
	buf[0].flags = VRING_DESC_F_WRITE;
	return send3(ctx, buf);
}

/* Data in a buffer of the wrong direction. */
static enum conform_reaction
data_direction(struct conform_ctx *ctx)
{
	struct foo_guest_buf buf[3];

	conform_blk_chain(ctx->g, buf, ctx->c->arg, 0, SECTOR, 1);
	buf[1].flags ^= VRING_DESC_F_WRITE;
	return send3(ctx, buf);
}

/* Header in single bytes, data in odd pieces, the status byte behind the data in one buffer. */
static enum conform_reaction
layout(struct conform_ctx *ctx)
{
	struct foo_guest_buf buf[3], cut[24];
	const uint32_t seed = ++ctx->g->seq;
	enum conform_reaction r = CONFORM_PASS;
	const uint8_t *data;
	uint16_t n;

	for (int write = ctx->g->set.keeps_data ? 1 : 0; write >= 0 && r == CONFORM_PASS; write--) {
		conform_blk_chain(ctx->g, buf, write ? T_OUT : T_IN, 3, SECTOR, seed);
		for (n = 0; n < 16; n++)
			cut[n] = (struct foo_guest_buf){buf[0].gpa + n, 1, 0};
		cut[n++] = (struct foo_guest_buf){buf[1].gpa, 1, buf[1].flags};
		cut[n++] = (struct foo_guest_buf){buf[1].gpa + 1, 200, buf[1].flags};
		cut[n++] = (struct foo_guest_buf){buf[1].gpa + 201, 311, buf[1].flags};
		cut[n++] = buf[2];
		r = conform_send(ctx, cut, n, FOO_GUEST_DIRECT);
	}
	if (r != CONFORM_PASS || !ctx->g->set.keeps_data)
		return r;
	data = conform_blk_data(ctx->g, ctx->bad_token);
	for (uint32_t i = 0; i < SECTOR; i++) {
		if (data[i] != conform_pattern(seed, i)) {
			conform_note(ctx, "byte %u is not what was written", i);
			return CONFORM_UNEXPECTED;
		}
	}
	return r;
}

/* What is written to many sectors can be read. */
static enum conform_reaction
read_back(struct conform_ctx *ctx)
{
	return conform_observe_work(ctx, 64);
}

/* One writable buffer for data and status. */
static enum conform_reaction
status_behind_data(struct conform_ctx *ctx)
{
	struct foo_guest_buf buf[3];
	const uint8_t *data;
	enum conform_reaction r;

	conform_blk_chain(ctx->g, buf, T_IN, 0, SECTOR, 0);
	buf[1].len = SECTOR + 1;
	r = conform_send(ctx, buf, 2, FOO_GUEST_DIRECT);
	if (r != CONFORM_PASS && r != CONFORM_UNEXPECTED)
		return r;
	/* the status is not where conform_observe() looks for it */
	data = conform_blk_data(ctx->g, ctx->bad_token);
	if (data[SECTOR] == VIRTIO_BLK_S_OK) {
		ctx->note[0] = '\0';
		return CONFORM_PASS;
	}
	conform_note(ctx, "status 0x%x behind the data", data[SECTOR]);
	return CONFORM_UNEXPECTED;
}

static enum conform_reaction
type_unknown(struct conform_ctx *ctx)
{
	struct foo_guest_buf buf[3];

	conform_blk_chain(ctx->g, buf, T_UNKNOWN, 0, SECTOR, 0);
	return conform_blk_expect(ctx, send3(ctx, buf), VIRTIO_BLK_S_UNSUPP);
}

static enum conform_reaction
flush(struct conform_ctx *ctx)
{
	struct foo_guest_buf buf[3];

	conform_blk_chain(ctx->g, buf, T_FLUSH, ctx->c->arg, 0, 0);
	buf[1] = buf[2];
	return conform_send(ctx, buf, 2, FOO_GUEST_DIRECT);
}

/* The disk's name, into room for arg bytes. */
static enum conform_reaction
get_id(struct conform_ctx *ctx)
{
	const uint32_t room = (uint32_t)ctx->c->arg, most = room < 20 ? room : 20;
	struct foo_guest_buf buf[3];
	enum conform_reaction r;
	const uint8_t *id;
	uint32_t used;

	conform_blk_chain(ctx->g, buf, T_GET_ID, 0, room, 0);
	if (room == 0)
		buf[1] = buf[2];
	r = conform_send(ctx, buf, room == 0 ? 2 : 3, FOO_GUEST_DIRECT);
	if (r != CONFORM_PASS)
		return r;
	used = ctx->g->q[0].done[ctx->bad_token].len;
	if (used > room + 1) {
		conform_note(ctx, "used length %u where %u can be written", used, room + 1);
		return CONFORM_UNEXPECTED;
	}
	/* the name has 20 bytes; the ones behind it were 0xff */
	id = conform_blk_data(ctx->g, ctx->bad_token);
	for (uint32_t i = most; i < room; i++) {
		if (id[i] != 0xff && id[i] != 0) {
			conform_note(ctx, "byte %u behind the name is 0x%x", i, id[i]);
			return CONFORM_UNEXPECTED;
		}
	}
	return r;
}

/* The last byte of the data and the status in one buffer, the data before them in another. */
static enum conform_reaction
status_with_last(struct conform_ctx *ctx)
{
	struct foo_guest_buf buf[3];
	const uint8_t *data;
	enum conform_reaction r;

	conform_blk_chain(ctx->g, buf, T_IN, 0, SECTOR, 0);
	buf[1].len = SECTOR - 1;
	buf[2] = (struct foo_guest_buf){buf[1].gpa + SECTOR, 2, VRING_DESC_F_WRITE};
	r = send3(ctx, buf);
	if (r != CONFORM_PASS && r != CONFORM_UNEXPECTED)
		return r;
	data = conform_blk_data(ctx->g, ctx->bad_token);
	if (data[SECTOR + 1] != VIRTIO_BLK_S_OK || data[SECTOR - 1] != 0xff) {
		conform_note(ctx, "status 0x%x behind the last byte of data", data[SECTOR + 1]);
		return CONFORM_UNEXPECTED;
	}
	ctx->note[0] = '\0';
	return CONFORM_PASS;
}

/* The front of the config space, from its first byte: not every back-end minds the offset. */
static int
read_config(struct conform_ctx *ctx, struct virtio_blk_config *c)
{
	memset(c, 0, sizeof(*c));
	return foo_front_get_config(&ctx->g->front, 0, c,
				    offsetof(struct virtio_blk_config, wce) + 4);
}

/* The driver switches the cache, and finds it as it has set it. */
static enum conform_reaction
cache_mode(struct conform_ctx *ctx)
{
	struct virtio_blk_config c;
	uint8_t before, wce;
	int ret = read_config(ctx, &c);

	before = c.wce;
	for (unsigned int i = 1; ret == 0 && i <= 2; i++) {
		wce = (before + i) % 2;
		ret = foo_front_set_config(&ctx->g->front, offsetof(struct virtio_blk_config, wce),
					   &wce, 1, 0);
		if (ret == 0)
			ret = read_config(ctx, &c);
		if (ret == 0 && c.wce != wce) {
			conform_note(ctx, "wce was set to %u and is %u", wce, c.wce);
			return CONFORM_UNEXPECTED;
		}
		if (ret == 0)
			ret = conform_work(ctx->g, 1);
	}
	return ret == -EBADMSG ? CONFORM_UNEXPECTED : conform_reaction_of(ret);
}

/* A field that only the device may change. */
static enum conform_reaction
capacity_written(struct conform_ctx *ctx)
{
	struct virtio_blk_config c;
	uint64_t capacity = 1;
	int ret = foo_front_set_config(&ctx->g->front, 0, &capacity, sizeof(capacity), 0);
	int after = read_config(ctx, &c);

	/* a refusal may be an answer, or the end of the connection */
	if (after != 0)
		return conform_reaction_of(after);
	if (c.capacity != ctx->be->capacity) {
		conform_note(ctx, "capacity is %llu now", (unsigned long long)c.capacity);
		return CONFORM_UNEXPECTED;
	}
	return conform_reaction_of(ret);
}

#define WCE (CONFORM_BIT(VIRTIO_BLK_F_FLUSH) | CONFORM_BIT(VIRTIO_BLK_F_CONFIG_WCE))

static const struct conform_case cases[] = {
	{"blk.read-at-capacity", "a read that begins at the end of the disk", "VIRTIO 1.2, 5.2.6.1",
	 CONFORM_OURS, REFUSE, 0, 0, read_beyond, AT_CAPACITY},
	{"blk.read-across-capacity", "a read that begins in the last sector and goes on",
	 "VIRTIO 1.2, 5.2.6.1", CONFORM_OURS, REFUSE, 0, 0, read_beyond, ACROSS_CAPACITY},
	{"blk.read-sector-max", "a read of sector 2^64 - 1", "VIRTIO 1.2, 5.2.6.1", CONFORM_OURS,
	 REFUSE, 0, 0, read_beyond, SECTOR_MAX},
	{"blk.read-offset-wraps", "a read of a sector whose offset in bytes is 2^64",
	 "VIRTIO 1.2, 5.2.6.1", CONFORM_OURS, REFUSE, 0, 0, read_beyond, BYTES_WRAP},
	{"blk.write-at-capacity", "a write that begins at the end of the disk",
	 "VIRTIO 1.2, 5.2.6.1", CONFORM_OURS, REFUSE, RW, 0, write_beyond, AT_CAPACITY},
	{"blk.write-across-capacity", "a write that begins in the last sector and goes on",
	 "VIRTIO 1.2, 5.2.6.1", CONFORM_OURS, REFUSE, RW, 0, write_beyond, ACROSS_CAPACITY},
	{"blk.write-sector-max", "a write of sector 2^64 - 1", "VIRTIO 1.2, 5.2.6.1", CONFORM_OURS,
	 REFUSE, RW, 0, write_beyond, SECTOR_MAX},
	{"blk.write-offset-wraps", "a write of a sector whose offset in bytes is 2^64",
	 "VIRTIO 1.2, 5.2.6.1", CONFORM_OURS, REFUSE, RW, 0, write_beyond, BYTES_WRAP},
	{"blk.read-511", "a read of 511 bytes", "VIRTIO 1.2, 5.2.6.1", CONFORM_OURS, REFUSE, 0, 0,
	 read_length, 511},
	{"blk.read-1", "a read of one byte", "VIRTIO 1.2, 5.2.6.1", CONFORM_OURS, REFUSE, 0, 0,
	 read_length, 1},
	{"blk.write-513", "a write of 513 bytes", "VIRTIO 1.2, 5.2.6.1", CONFORM_OURS, REFUSE, RW,
	 0, write_length, 513},
	{"blk.read-nothing", "a read without data", "VIRTIO 1.2, 5.2.6", LENIENT, 0, 0,
	 read_no_data, 0},
	{"blk.read-2k", "a read of four sectors", "VIRTIO 1.2, 5.2.6", VALID, 0, 0, read_length,
	 2048},
	{"blk.status-missing-read", "a header alone: no room for data and status",
	 "VIRTIO 1.2, 5.2.6", CONFORM_OURS, REFUSE, 0, 0, no_status, T_IN},
	{"blk.status-missing-write", "a write without room for a status", "VIRTIO 1.2, 5.2.6",
	 CONFORM_OURS, REFUSE, RW, 0, no_status, T_OUT},
	{"blk.status-read-only", "a device-readable status byte", "VIRTIO 1.2, 5.2.6", CONFORM_OURS,
	 REFUSE, RW, 0, status_read_only, 0},
	{"blk.header-15", "a header of 15 bytes", "VIRTIO 1.2, 5.2.6", CONFORM_OURS, REFUSE, 0, 0,
	 header_short, 15},
	{"blk.header-1", "a header of one byte", "VIRTIO 1.2, 5.2.6", CONFORM_OURS, REFUSE, 0, 0,
	 header_short, 1},
	{"blk.header-writable", "a device-writable header", "VIRTIO 1.2, 5.2.6", CONFORM_OURS,
	 REFUSE, 0, 0, header_writable, 0},
	{"blk.read-into-readable", "a read into a device-readable buffer", "VIRTIO 1.2, 5.2.6",
	 LENIENT, 0, 0, data_direction, T_IN},
	{"blk.write-from-writable", "a write from a device-writable buffer", "VIRTIO 1.2, 5.2.6",
	 LENIENT, RW, 0, data_direction, T_OUT},
	{"blk.read-back", "what is written can be read, sector by sector", "VIRTIO 1.2, 5.2.6",
	 VALID, CONFORM_NEED_DATA, 0, read_back, 0},
	{"blk.layout", "header in single bytes, data in odd pieces", "VIRTIO 1.2, 2.7.4.1", VALID,
	 0, 0, layout, 0},
	{"blk.status-behind-data", "data and status in one buffer", "VIRTIO 1.2, 2.7.4.1", VALID, 0,
	 0, status_behind_data, 0},
	{"blk.type-unknown", "a request of an unknown type ends with UNSUPP", "VIRTIO 1.2, 5.2.6.2",
	 CONFORM_SPEC, REFUSE, 0, 0, type_unknown, 0},
	{"blk.flush", "a flush is carried out", "VIRTIO 1.2, 5.2.6.2", VALID, 0,
	 CONFORM_BIT(VIRTIO_BLK_F_FLUSH), flush, 0},
	{"blk.flush-sector", "a flush with a sector", "VIRTIO 1.2, 5.2.6.1", LENIENT, 0,
	 CONFORM_BIT(VIRTIO_BLK_F_FLUSH), flush, 7},
	{"blk.get-id", "the disk's name", "VIRTIO 1.2, 5.2.6", LENIENT, 0, 0, get_id, 20},
	{"blk.get-id-1", "one byte of the disk's name", "VIRTIO 1.2, 5.2.6", LENIENT, 0, 0, get_id,
	 1},
	{"blk.get-id-19", "all but one byte of the disk's name", "VIRTIO 1.2, 5.2.6", LENIENT, 0, 0,
	 get_id, 19},
	{"blk.get-id-64", "the disk's name, with room for more", "VIRTIO 1.2, 5.2.6", LENIENT, 0, 0,
	 get_id, 64},
	{"blk.get-id-nothing", "the disk's name, without room for it", "VIRTIO 1.2, 5.2.6", LENIENT,
	 0, 0, get_id, 0},
	{"blk.status-with-last", "the last byte of the data and the status in one buffer",
	 "VIRTIO 1.2, 2.7.4.1", VALID, 0, 0, status_with_last, 0},
	{"blk.cache-mode", "the driver switches the cache, and reads what it has set",
	 "VIRTIO 1.2, 5.2.6.2", VALID, 0, WCE, cache_mode, 0},
	{"blk.capacity-written", "the driver writes to the capacity", "VIRTIO 1.2, 5.2.4", LENIENT,
	 0, 0, capacity_written, 0},
};

const struct conform_group conform_blk_group = {cases, sizeof(cases) / sizeof(cases[0])};
