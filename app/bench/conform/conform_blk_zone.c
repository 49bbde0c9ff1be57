/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* virtio-blk: the zones of a host-managed disk (VIRTIO 1.3, 5.2). The last zone is worked on; the
 * first one should be conventional, for what is not about zones happens there. */

#include <string.h>

#include "conform_blk.h"

/* Where the characteristics of zones are in the config space, and its end (5.2.4). */
#define CONFIG_ZONED 72u
#define CONFIG_END 96u

/* Request types (5.2.6). */
enum zone_type {
	T_ZONE_APPEND = 15,
	T_ZONE_REPORT = 16,
	T_ZONE_OPEN = 18,
	T_ZONE_CLOSE = 20,
	T_ZONE_FINISH = 22,
	T_ZONE_RESET = 24,
	T_ZONE_RESET_ALL = 26,
};

/* Statuses (5.2.6). */
#define S_INVALID_CMD 3
#define S_UNALIGNED_WP 4

/* States of a zone, and the type of one that is written from its start on (5.2.6). */
enum zone_state {
	STATE_EMPTY = 1,
	STATE_IMPLICITLY_OPEN = 2,
	STATE_EXPLICITLY_OPEN = 3,
	STATE_CLOSED = 4,
	STATE_FULL = 14,
};
#define TYPE_SEQUENTIAL 2

/* A report of one zone. */
struct report {
	uint64_t n;
	uint8_t reserved[56];
	struct {
		uint64_t capacity;
		uint64_t start;
		uint64_t wp;
		uint8_t type;
		uint8_t state;
		uint8_t reserved[38];
	} zone;
};

/* First sector of the last zone, UINT64_MAX: the config space does not say. */
static uint64_t
last_zone(struct conform_ctx *ctx)
{
	uint8_t config[CONFIG_END] = {0};
	uint32_t sectors;

	if (foo_front_get_config(&ctx->g->front, 0, config, sizeof(config)) != 0)
		return UINT64_MAX;
	memcpy(&sectors, config + CONFIG_ZONED, sizeof(sectors));
	if (sectors == 0) {
		conform_note(ctx, "zone_sectors is 0");
		return UINT64_MAX;
	}
	return (ctx->be->capacity - 1) / sectors * sectors;
}

/* A request without data. */
static enum conform_reaction
zone_do(struct conform_ctx *ctx, uint32_t type, uint64_t sector)
{
	struct foo_guest_buf buf[3];

	conform_blk_chain(ctx->g, buf, type, sector, 0, 0);
	buf[1] = buf[2];
	return conform_send(ctx, buf, 2, FOO_GUEST_DIRECT);
}

static enum conform_reaction
zone_write(struct conform_ctx *ctx, uint64_t sector, uint32_t seed)
{
	struct foo_guest_buf buf[3];

	conform_blk_chain(ctx->g, buf, T_OUT, sector, SECTOR, seed);
	return conform_send(ctx, buf, 3, FOO_GUEST_DIRECT);
}

/* The zone is empty; *start is set to its first sector. */
static enum conform_reaction
zone_empty(struct conform_ctx *ctx, uint64_t *start)
{
	*start = last_zone(ctx);
	return *start == UINT64_MAX ? CONFORM_UNEXPECTED : zone_do(ctx, T_ZONE_RESET, *start);
}

/* The zone is in this state, with so many sectors written (-1: whatever the write pointer says). */
static enum conform_reaction
zone_is(struct conform_ctx *ctx, uint64_t start, enum zone_state state, int64_t written)
{
	struct foo_guest_buf buf[3];
	enum conform_reaction r;
	struct report report;

	conform_blk_chain(ctx->g, buf, T_ZONE_REPORT, start, sizeof(report), 0);
	r = conform_send(ctx, buf, 3, FOO_GUEST_DIRECT);
	if (r != CONFORM_PASS)
		return r;
	memcpy(&report, conform_blk_data(ctx->g, ctx->bad_token), sizeof(report));
	if (report.n != 1 || report.zone.start != start || report.zone.type != TYPE_SEQUENTIAL ||
	    report.zone.state != state) {
		conform_note(ctx, "%llu zones, the first of type %u from sector %llu in state %u",
			     (unsigned long long)report.n, report.zone.type,
			     (unsigned long long)report.zone.start, report.zone.state);
		return CONFORM_UNEXPECTED;
	}
	if (written >= 0 && report.zone.wp != start + (uint64_t)written) {
		conform_note(ctx, "write pointer %llu, should be %llu",
			     (unsigned long long)report.zone.wp,
			     (unsigned long long)start + (unsigned long long)written);
		return CONFORM_UNEXPECTED;
	}
	return r;
}

static enum conform_reaction
report_room(struct conform_ctx *ctx)
{
	struct foo_guest_buf buf[3];

	conform_blk_chain(ctx->g, buf, T_ZONE_REPORT, 0, (uint32_t)ctx->c->arg, 0);
	return conform_send(ctx, buf, 3, FOO_GUEST_DIRECT);
}

static enum conform_reaction
report_beyond(struct conform_ctx *ctx)
{
	struct foo_guest_buf buf[3];

	conform_blk_chain(ctx->g, buf, T_ZONE_REPORT, ctx->be->capacity, sizeof(struct report), 0);
	return conform_blk_expect(ctx, conform_send(ctx, buf, 3, FOO_GUEST_DIRECT), S_INVALID_CMD);
}

/* A request, arg, about a sector in the middle of a zone. */
static enum conform_reaction
middle(struct conform_ctx *ctx)
{
	uint64_t start;
	enum conform_reaction r = zone_empty(ctx, &start);

	if (r != CONFORM_PASS)
		return r;
	return conform_blk_expect(ctx, zone_do(ctx, (uint32_t)ctx->c->arg, start + 8),
				  S_INVALID_CMD);
}

/* Empty, written, written again, reset: the report says so each time. */
static enum conform_reaction
life(struct conform_ctx *ctx)
{
	uint64_t start;
	enum conform_reaction r = zone_empty(ctx, &start);

	if (r == CONFORM_PASS)
		r = zone_is(ctx, start, STATE_EMPTY, 0);
	for (uint32_t i = 0; i < 2 && r == CONFORM_PASS; i++) {
		r = zone_write(ctx, start + i, 1);
		if (r == CONFORM_PASS)
			r = zone_is(ctx, start, STATE_IMPLICITLY_OPEN, i + 1);
	}
	if (r == CONFORM_PASS)
		r = zone_do(ctx, T_ZONE_CLOSE, start);
	if (r == CONFORM_PASS)
		r = zone_is(ctx, start, STATE_CLOSED, 2);
	if (r == CONFORM_PASS)
		r = zone_do(ctx, T_ZONE_OPEN, start);
	if (r == CONFORM_PASS)
		r = zone_is(ctx, start, STATE_EXPLICITLY_OPEN, 2);
	if (r == CONFORM_PASS)
		r = zone_do(ctx, (uint32_t)ctx->c->arg, start);
	return r == CONFORM_PASS ? zone_is(ctx, start, STATE_EMPTY, 0) : r;
}

/* A write that is arg sectors from the write pointer. */
static enum conform_reaction
write_off(struct conform_ctx *ctx)
{
	uint64_t start;
	enum conform_reaction r = zone_empty(ctx, &start);

	if (r == CONFORM_PASS)
		r = zone_write(ctx, start, 1);
	if (r == CONFORM_PASS)
		r = conform_blk_expect(ctx, zone_write(ctx, start + 1 + (uint64_t)ctx->c->arg, 2),
				       S_UNALIGNED_WP);
	return r;
}

static enum conform_reaction
write_full(struct conform_ctx *ctx)
{
	uint64_t start;
	enum conform_reaction r = zone_empty(ctx, &start);

	if (r == CONFORM_PASS)
		r = zone_do(ctx, T_ZONE_FINISH, start);
	if (r == CONFORM_PASS)
		r = zone_is(ctx, start, STATE_FULL, -1);
	if (r == CONFORM_PASS)
		r = conform_blk_expect(ctx, zone_write(ctx, start, 1), S_INVALID_CMD);
	return r;
}

/* Append a sector to the zone of a sector; *at is set to where it says that it is. */
static enum conform_reaction
append(struct conform_ctx *ctx, uint64_t sector, uint32_t seed, uint64_t *at)
{
	struct foo_guest_buf buf[4];
	enum conform_reaction r;

	conform_blk_chain(ctx->g, buf, T_ZONE_APPEND, sector, SECTOR, seed);
	buf[3] = buf[2];
	buf[2] = (struct foo_guest_buf){buf[1].gpa + SECTOR, sizeof(*at), VRING_DESC_F_WRITE};
	r = conform_send(ctx, buf, 4, FOO_GUEST_DIRECT);
	if (r == CONFORM_PASS)
		memcpy(at, conform_blk_data(ctx->g, ctx->bad_token) + SECTOR, sizeof(*at));
	return r;
}

/* Appends go one behind the other, and what they wrote is there. */
static enum conform_reaction
append_two(struct conform_ctx *ctx)
{
	const uint32_t seed = ++ctx->g->seq;
	struct foo_guest_buf buf[3];
	uint64_t start, at = 0;
	enum conform_reaction r = zone_empty(ctx, &start);
	const uint8_t *data;

	for (uint32_t i = 0; i < 2 && r == CONFORM_PASS; i++) {
		r = append(ctx, start, seed + i, &at);
		if (r == CONFORM_PASS && at != start + i) {
			conform_note(ctx, "appended at sector %llu, should be %llu",
				     (unsigned long long)at, (unsigned long long)start + i);
			return CONFORM_UNEXPECTED;
		}
	}
	if (r != CONFORM_PASS)
		return r;
	conform_blk_chain(ctx->g, buf, T_IN, start + 1, SECTOR, 0);
	r = conform_send(ctx, buf, 3, FOO_GUEST_DIRECT);
	data = conform_blk_data(ctx->g, ctx->bad_token);
	for (uint32_t i = 0; i < SECTOR && r == CONFORM_PASS; i++) {
		if (data[i] != conform_pattern(seed + 1, i)) {
			conform_note(ctx, "byte %u is not what was appended", i);
			return CONFORM_UNEXPECTED;
		}
	}
	return r;
}

static enum conform_reaction
append_middle(struct conform_ctx *ctx)
{
	uint64_t start, at;
	enum conform_reaction r = zone_empty(ctx, &start);

	if (r == CONFORM_PASS)
		r = conform_blk_expect(ctx, append(ctx, start + 8, 1, &at), S_INVALID_CMD);
	return r;
}

static enum conform_reaction
read_across(struct conform_ctx *ctx)
{
	const uint64_t start = last_zone(ctx);
	struct foo_guest_buf buf[3];

	if (start == UINT64_MAX)
		return CONFORM_UNEXPECTED;
	conform_blk_chain(ctx->g, buf, T_IN, start - 1, 2 * SECTOR, 0);
	return conform_blk_expect(ctx, conform_send(ctx, buf, 3, FOO_GUEST_DIRECT), S_INVALID_CMD);
}

#define ZONED CONFORM_BIT(CONFORM_BLK_F_ZONED)
#define SECTION "VIRTIO 1.3, 5.2.6"

static const struct conform_case cases[] = {
	{"blk.zone-life", "the states of a zone, and its write pointer; reset", SECTION, VALID, RW,
	 ZONED, life, T_ZONE_RESET},
	{"blk.zone-reset-all", "likewise, and all zones are reset", SECTION, VALID, RW, ZONED, life,
	 T_ZONE_RESET_ALL},
	{"blk.zone-append", "appends tell where they are, and are there", SECTION, VALID, RW, ZONED,
	 append_two, 0},
	{"blk.zone-report-many", "a report with room for more zones than there are", SECTION, VALID,
	 0, ZONED, report_room, 3072},
	{"blk.zone-report-63", "a report without room for its header", SECTION, CONFORM_OURS,
	 REFUSE, 0, ZONED, report_room, 63},
	{"blk.zone-report-beyond", "a report from the end of the disk on", SECTION, CONFORM_SPEC,
	 REFUSE, 0, ZONED, report_beyond, 0},
	{"blk.zone-open-middle", "a zone is opened by a sector in its middle", SECTION,
	 CONFORM_SPEC, REFUSE, RW, ZONED, middle, T_ZONE_OPEN},
	{"blk.zone-finish-middle", "a zone is finished by a sector in its middle", SECTION,
	 CONFORM_SPEC, REFUSE, RW, ZONED, middle, T_ZONE_FINISH},
	{"blk.zone-reset-middle", "a zone is reset by a sector in its middle", SECTION,
	 CONFORM_SPEC, REFUSE, RW, ZONED, middle, T_ZONE_RESET},
	{"blk.zone-append-middle", "an append to a sector in the middle of a zone", SECTION,
	 CONFORM_SPEC, REFUSE, RW, ZONED, append_middle, 0},
	{"blk.zone-write-ahead", "a write ahead of the write pointer", SECTION, CONFORM_SPEC,
	 REFUSE, RW, ZONED, write_off, 3},
	{"blk.zone-write-again", "a write behind the write pointer", SECTION, CONFORM_SPEC, REFUSE,
	 RW, ZONED, write_off, -1},
	{"blk.zone-write-full", "a write to a zone that was finished", SECTION, CONFORM_SPEC,
	 REFUSE, RW, ZONED, write_full, 0},
	{"blk.zone-read-across", "a read that goes on in another zone", SECTION, CONFORM_OURS,
	 REFUSE, 0, ZONED, read_across, 0},
};

const struct conform_group conform_blk_zone_group = {cases, sizeof(cases) / sizeof(cases[0])};
