/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Zoned disks (VIRTIO 1.3, 5.2.6), as a driver sees them: numbers and layouts are written here once
 * more.
 */
#include <errno.h>
#include <string.h>

#include <rte_common.h>

#include "blk_fixture.h"
#include "blk_slow.h"

#define F_ZONED FX_BIT(17)

#define T_APPEND 15
#define T_REPORT 16
#define T_OPEN 18
#define T_CLOSE 20
#define T_FINISH 22
#define T_RESET 24
#define T_RESET_ALL 26

#define S_INVALID 3
#define S_UNALIGNED 4

#define EMPTY 1
#define IOPEN 2
#define EOPEN 3
#define CLOSED 4
#define FULL 14

/* Zones of 128 KiB on a disk of 960 KiB: seven, and a half. The first two are conventional. */
#define ZONE 256u
#define ZONES 8u
#define CONV 2u
#define END 1920u
#define ARGS "size=960K,zone-size=128K,conventional-zones=2"

struct descriptor {
	uint64_t cap, start, wp;
	uint8_t type, state, reserved[38];
};

struct report {
	uint64_t n;
	uint8_t reserved[56];
	struct descriptor zone[ZONES + 2];
};

static uint8_t data[ZONE * 512 + 512], back[ZONE * 512];
static struct report report;

static void
zoned_start(const char *args)
{
	fx_start(&(struct fx_setup){.name = "blk_malloc0", .args = args});
	fx_pattern(data, sizeof(data), 1);
}

static uint8_t
do_zone(uint32_t type, uint64_t sector)
{
	int token = fx_run(&(struct fx_req){.type = type, .sector = sector});

	assert_int_equal(fx.io[token].used, 1);
	return fx_status(token);
}

static uint8_t
do_write(uint64_t sector, uint32_t n)
{
	return fx_status(fx_run(&(struct fx_req){
		.type = VIRTIO_BLK_T_OUT, .sector = sector, .out = data, .out_len = n * 512}));
}

static uint8_t
do_read(uint64_t sector, uint32_t n)
{
	int token = fx_run(&(struct fx_req){.sector = sector, .in_len = n * 512});

	if (fx_status(token) == VIRTIO_BLK_S_OK)
		fx_written(token, 0, back, n * 512);
	return fx_status(token);
}

/* Append; where it went, or -status. */
static int
do_append(unsigned int queue, uint64_t zone, uint32_t n)
{
	int token = fx_run(&(struct fx_req){.queue = queue,
					    .type = T_APPEND,
					    .sector = zone,
					    .out = data,
					    .out_len = n * 512,
					    .in_len = 8});
	uint64_t sector;

	if (fx_status(token) != VIRTIO_BLK_S_OK)
		return -(int)fx_status(token);
	assert_int_equal(fx.io[token].used, 9);
	fx_written(token, 0, &sector, sizeof(sector));
	return (int)sector;
}

/* Room for n zones. */
static uint8_t
do_report(uint64_t sector, uint32_t n)
{
	uint32_t room = 64 + n * 64;
	int token = fx_run(&(struct fx_req){.type = T_REPORT, .sector = sector, .in_len = room});

	if (fx_status(token) != VIRTIO_BLK_S_OK)
		return fx_status(token);
	memset(&report, 0, sizeof(report));
	fx_written(token, 0, &report, room);
	assert_true(report.n <= n);
	assert_int_equal(fx.io[token].used, 64 + report.n * 64 + (report.n == n));
	return VIRTIO_BLK_S_OK;
}

static void
expect_zone(uint32_t zone, uint8_t state, uint64_t written)
{
	assert_int_equal(do_report(zone * ZONE, 1), VIRTIO_BLK_S_OK);
	assert_int_equal(report.n, 1);
	assert_int_equal(report.zone[0].start, zone * ZONE);
	assert_int_equal(report.zone[0].state, state);
	if (state != FULL)
		assert_int_equal(report.zone[0].wp, zone * ZONE + written);
}

static void
characteristics(void **state)
{
	struct {
		uint32_t sectors, open, active, append, granularity;
		uint8_t model, unused[3];
	} zoned;
	uint64_t f;

	(void)state;
	zoned_start(ARGS ",block-size=4096,seg-max=4");
	f = fx.dev->cls->ops.features(fx.dev);
	assert_true(f & F_ZONED);
	assert_false(f & (FX_BIT(VIRTIO_BLK_F_DISCARD) | FX_BIT(VIRTIO_BLK_F_WRITE_ZEROES) |
			  FX_BIT(VIRTIO_BLK_F_SECURE_ERASE)));
	assert_int_equal(fx.dev->cls->config_size, 96);
	assert_int_equal(fx.dev->cls->ops.get_config(fx.dev, 72, &zoned, sizeof(zoned)), 0);
	assert_int_equal(zoned.sectors, ZONE);
	assert_int_equal(zoned.open + zoned.active, 0);
	assert_int_equal(zoned.append, 32);
	assert_int_equal(zoned.granularity, 4096);
	assert_int_equal(zoned.model, 1);
	assert_int_equal(zoned.unused[0] | zoned.unused[1] | zoned.unused[2], 0);
	/* who does not know zones does not get the disk */
	assert_int_equal(foo_queue_stop(&fx.dev->queue[0], NULL, NULL), 0);
	assert_int_equal(foo_device_set_features(fx.dev, fx.dev->features & ~F_ZONED), -EINVAL);
	assert_int_equal(foo_device_set_features(fx.dev, fx.dev->features), 0);
	fx_stop();
}

/* A disk without zones knows nothing of them. */
static void
not_zoned(void **state)
{
	static const uint8_t zeroes[24];
	uint8_t zoned[24];

	(void)state;
	zoned_start("size=1M");
	assert_false(fx.dev->cls->ops.features(fx.dev) & F_ZONED);
	assert_int_equal(fx.dev->cls->ops.get_config(fx.dev, 72, zoned, sizeof(zoned)), 0);
	assert_memory_equal(zoned, zeroes, sizeof(zeroes));
	for (uint32_t type = T_REPORT; type <= T_RESET_ALL; type += 2)
		assert_int_equal(do_zone(type, 0), VIRTIO_BLK_S_UNSUPP);
	assert_int_equal(do_append(0, 0, 1), -VIRTIO_BLK_S_UNSUPP);
	fx_stop();
}

static void
reports(void **state)
{
	(void)state;
	zoned_start(ARGS);
	assert_int_equal(do_report(0, ZONES + 2), VIRTIO_BLK_S_OK);
	assert_int_equal(report.n, ZONES);
	for (uint32_t i = 0; i < ZONES; i++) {
		const struct descriptor *d = &report.zone[i];

		assert_int_equal(d->start, i * ZONE);
		assert_int_equal(d->cap, i + 1 < ZONES ? ZONE : END - i * ZONE);
		assert_int_equal(d->type, i < CONV ? 1 : 2);
		assert_int_equal(d->state, i < CONV ? 0 : EMPTY);
		for (size_t k = 0; k < sizeof(d->reserved); k++)
			assert_int_equal(d->reserved[k], 0);
		if (i >= CONV)
			assert_int_equal(d->wp, d->start);
	}
	/* from any sector of a zone, as many as there is room for */
	for (uint32_t n = 0; n <= ZONES; n++) {
		assert_int_equal(do_report(3 * ZONE + 7, n), VIRTIO_BLK_S_OK);
		assert_int_equal(report.n, RTE_MIN(n, 5u));
		assert_int_equal(report.zone[0].start, n != 0 ? 3 * ZONE : 0);
	}
	assert_int_equal(do_report(END - 1, 4), VIRTIO_BLK_S_OK);
	assert_int_equal(report.n, 1);
	assert_int_equal(do_report(END, 4), S_INVALID);
	assert_int_equal(do_report(UINT64_MAX, 4), S_INVALID);
	/* no room for its header */
	for (uint32_t room = 0; room < 64; room += 9)
		fx_expect(&(struct fx_req){.type = T_REPORT, .in_len = room}, S_INVALID, room == 0);
	fx_stop();
}

/* From empty to full, by writes that follow each other. */
static void
sequential(void **state)
{
	(void)state;
	zoned_start(ARGS);
	assert_int_equal(do_write(3 * ZONE + 8, 8), S_UNALIGNED);
	assert_int_equal(do_write(3 * ZONE, 0), VIRTIO_BLK_S_OK);
	expect_zone(3, EMPTY, 0);
	assert_int_equal(do_write(3 * ZONE, 8), VIRTIO_BLK_S_OK);
	expect_zone(3, IOPEN, 8);
	assert_int_equal(do_write(3 * ZONE, 8), S_UNALIGNED);
	assert_int_equal(do_write(3 * ZONE + 9, 8), S_UNALIGNED);
	assert_int_equal(do_write(3 * ZONE + 8, ZONE - 7), S_INVALID);
	expect_zone(3, IOPEN, 8);
	assert_int_equal(do_write(3 * ZONE + 8, ZONE - 9), VIRTIO_BLK_S_OK);
	expect_zone(3, IOPEN, ZONE - 1);
	assert_int_equal(do_write(4 * ZONE - 1, 1), VIRTIO_BLK_S_OK);
	expect_zone(3, FULL, ZONE);
	assert_int_equal(do_write(3 * ZONE, 1), S_INVALID);
	assert_int_equal(do_write(4 * ZONE - 1, 1), S_INVALID);
	/* what is behind the data is zeroes */
	assert_int_equal(do_write(4 * ZONE, 1), VIRTIO_BLK_S_OK);
	assert_int_equal(do_read(4 * ZONE, 2), VIRTIO_BLK_S_OK);
	assert_memory_equal(back, data, 512);
	assert_int_equal(back[512], 0);
	/* the last zone is smaller */
	assert_int_equal(do_write(7 * ZONE, END - 7 * ZONE), VIRTIO_BLK_S_OK);
	expect_zone(7, FULL, 0);
	assert_int_equal(do_write(END, 1), VIRTIO_BLK_S_IOERR);
	/* neither reads nor writes go from zone to zone */
	assert_int_equal(do_read(4 * ZONE - 1, 2), S_INVALID);
	assert_int_equal(do_read(2 * ZONE - 1, 2), S_INVALID);
	assert_int_equal(do_write(2 * ZONE - 1, 2), S_INVALID);
	expect_zone(2, EMPTY, 0);
	/* but where there is no pointer they do */
	assert_int_equal(do_write(ZONE - 1, 2), VIRTIO_BLK_S_OK);
	assert_int_equal(do_write(ZONE - 1, 2), VIRTIO_BLK_S_OK);
	assert_int_equal(do_read(ZONE - 1, 2), VIRTIO_BLK_S_OK);
	assert_memory_equal(back, data, 1024);
	fx_stop();
}

static void
appends(void **state)
{
	(void)state;
	zoned_start(ARGS ",queues=2,seg-max=8");
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(do_append(i % 2, 3 * ZONE, 60), (int)(3 * ZONE + i * 60));
	expect_zone(3, IOPEN, 240);
	assert_int_equal(do_append(0, 3 * ZONE, 17), -S_INVALID);
	expect_zone(3, IOPEN, 240);
	assert_int_equal(do_append(0, 3 * ZONE, 16), 3 * ZONE + 240);
	expect_zone(3, FULL, 0);
	assert_int_equal(do_append(0, 3 * ZONE, 1), -S_INVALID);
	assert_int_equal(do_read(3 * ZONE + 60, 60), VIRTIO_BLK_S_OK);
	assert_memory_equal(back, data, 60 * 512);
	/* not at the start of a zone, conventional, beyond, nothing, too much */
	assert_int_equal(do_append(0, 4 * ZONE + 1, 1), -S_INVALID);
	assert_int_equal(do_append(0, 0, 1), -S_INVALID);
	assert_int_equal(do_append(0, ZONES * ZONE, 1), -S_INVALID);
	assert_int_equal(do_append(0, UINT64_MAX & ~(uint64_t)(ZONE - 1), 1), -S_INVALID);
	assert_int_equal(do_append(0, 4 * ZONE, 0), -S_INVALID);
	assert_int_equal(do_append(0, 4 * ZONE, 64), 4 * ZONE);
	assert_int_equal(do_append(0, 5 * ZONE, 65), -S_INVALID);
	expect_zone(5, EMPTY, 0);
	/* no room to say where */
	for (uint32_t room = 0; room < 8; room++)
		fx_expect(&(struct fx_req){.type = T_APPEND,
					   .sector = 5 * ZONE,
					   .out = data,
					   .out_len = 512,
					   .in_len = room},
			  S_INVALID, room == 0);
	expect_zone(5, EMPTY, 0);
	fx_stop();
}

/* Two queues at once: no sector is given twice. */
static void
appends_at_once(void **state)
{
	bool taken[ZONE] = {false};
	int token[64];

	(void)state;
	zoned_start(ARGS ",queues=2");
	for (unsigned int i = 0; i < RTE_DIM(token); i++)
		token[i] = fx_send(&(struct fx_req){.queue = i % 2,
						    .type = T_APPEND,
						    .sector = 3 * ZONE,
						    .out = data,
						    .out_len = 4 * 512,
						    .in_len = 8});
	fx_run_all();
	for (unsigned int i = 0; i < RTE_DIM(token); i++) {
		uint64_t sector;

		assert_int_equal(fx_status(token[i]), VIRTIO_BLK_S_OK);
		fx_written(token[i], 0, &sector, sizeof(sector));
		assert_in_range(sector, 3 * ZONE, 4 * ZONE - 4);
		assert_false(taken[sector - 3 * ZONE]);
		taken[sector - 3 * ZONE] = true;
	}
	expect_zone(3, FULL, 0);
	fx_stop();
}

/* Bring zone 3 into a state, with 8 sectors written where it can be. */
static void
bring_to(uint8_t state)
{
	assert_int_equal(do_zone(T_RESET, 3 * ZONE), VIRTIO_BLK_S_OK);
	if (state == EMPTY)
		return;
	assert_int_equal(do_write(3 * ZONE, 8), VIRTIO_BLK_S_OK);
	if (state != IOPEN)
		assert_int_equal(do_zone(state == EOPEN  ? T_OPEN :
					 state == CLOSED ? T_CLOSE :
							   T_FINISH,
					 3 * ZONE),
				 VIRTIO_BLK_S_OK);
	expect_zone(3, state, 8);
}

static void
transitions(void **state)
{
	static const struct {
		uint32_t type;
		uint8_t from, to; /* to 0: it cannot */
	} step[] = {
		{T_OPEN, EMPTY, EOPEN},    {T_OPEN, IOPEN, EOPEN},   {T_OPEN, EOPEN, EOPEN},
		{T_OPEN, CLOSED, EOPEN},   {T_OPEN, FULL, 0},        {T_CLOSE, EMPTY, 0},
		{T_CLOSE, IOPEN, CLOSED},  {T_CLOSE, EOPEN, CLOSED}, {T_CLOSE, CLOSED, CLOSED},
		{T_CLOSE, FULL, 0},        {T_FINISH, EMPTY, FULL},  {T_FINISH, IOPEN, FULL},
		{T_FINISH, EOPEN, FULL},   {T_FINISH, CLOSED, FULL}, {T_FINISH, FULL, FULL},
		{T_RESET, EMPTY, EMPTY},   {T_RESET, IOPEN, EMPTY},  {T_RESET, EOPEN, EMPTY},
		{T_RESET, CLOSED, EMPTY},  {T_RESET, FULL, EMPTY},   {T_RESET_ALL, IOPEN, EMPTY},
		{T_RESET_ALL, FULL, EMPTY}};

	(void)state;
	zoned_start(ARGS);
	for (size_t i = 0; i < RTE_DIM(step); i++) {
		uint8_t to = step[i].to != 0 ? step[i].to : step[i].from;
		uint64_t sector = step[i].type == T_RESET_ALL ? 0 : 3 * ZONE;
		uint32_t written = to == EMPTY || step[i].from == EMPTY ? 0 : 8;

		bring_to(step[i].from);
		assert_int_equal(do_zone(step[i].type, sector),
				 step[i].to != 0 ? VIRTIO_BLK_S_OK : S_INVALID);
		expect_zone(3, to, written);
	}
	/* open, and closed before anything was written */
	bring_to(EMPTY);
	assert_int_equal(do_zone(T_OPEN, 3 * ZONE), VIRTIO_BLK_S_OK);
	assert_int_equal(do_zone(T_CLOSE, 3 * ZONE), VIRTIO_BLK_S_OK);
	expect_zone(3, EMPTY, 0);
	/* writes leave it explicitly open, and open a closed one */
	assert_int_equal(do_zone(T_OPEN, 3 * ZONE), VIRTIO_BLK_S_OK);
	assert_int_equal(do_write(3 * ZONE, 8), VIRTIO_BLK_S_OK);
	expect_zone(3, EOPEN, 8);
	assert_int_equal(do_zone(T_CLOSE, 3 * ZONE), VIRTIO_BLK_S_OK);
	assert_int_equal(do_append(0, 3 * ZONE, 8), 3 * ZONE + 8);
	expect_zone(3, IOPEN, 16);
	/* zones that are none, or not sequential */
	for (uint32_t type = T_OPEN; type <= T_RESET; type += 2) {
		assert_int_equal(do_zone(type, 0), S_INVALID);
		assert_int_equal(do_zone(type, 3 * ZONE + 1), S_INVALID);
		assert_int_equal(do_zone(type, ZONES * ZONE), S_INVALID);
		assert_int_equal(do_zone(type, UINT64_MAX), S_INVALID);
	}
	for (uint32_t type = T_REPORT + 1; type < T_RESET_ALL + 2; type += 2)
		assert_int_equal(do_zone(type, 3 * ZONE), VIRTIO_BLK_S_UNSUPP);
	fx_stop();
}

/* What was written is gone; other zones, and conventional ones, are not. */
static void
resets(void **state)
{
	static const uint8_t zero[ZONE * 512];
	struct fx_req reset = {.type = T_RESET_ALL};
	unsigned int polls = 0;
	int token;

	(void)state;
	zoned_start(ARGS);
	for (uint32_t i = 1; i < ZONES - 1; i++)
		assert_int_equal(do_write(i * ZONE, i == 5 ? 3 : ZONE), VIRTIO_BLK_S_OK);
	assert_int_equal(do_zone(T_RESET, 3 * ZONE), VIRTIO_BLK_S_OK);
	expect_zone(3, EMPTY, 0);
	assert_int_equal(do_read(3 * ZONE, ZONE), VIRTIO_BLK_S_OK);
	assert_memory_equal(back, zero, sizeof(zero));
	assert_int_equal(do_read(2 * ZONE, ZONE), VIRTIO_BLK_S_OK);
	assert_memory_equal(back, data, sizeof(back));
	/* all of them, two zones a poll; the fifth that is cleared takes nothing meanwhile */
	assert_int_equal(do_write(3 * ZONE, ZONE), VIRTIO_BLK_S_OK);
	assert_int_equal(do_write(5 * ZONE + 3, ZONE - 3), VIRTIO_BLK_S_OK);
	token = fx_send(&reset);
	for (; !fx.io[token].done; polls++) {
		if (polls == 1)
			assert_int_equal(do_write(6 * ZONE, 1), S_INVALID);
		fx_poll();
	}
	assert_true(polls > 1);
	assert_int_equal(fx_status(token), VIRTIO_BLK_S_OK);
	for (uint32_t i = CONV; i < ZONES; i++) {
		expect_zone(i, EMPTY, 0);
		assert_int_equal(do_read(i * ZONE, i + 1 < ZONES ? ZONE : END - i * ZONE),
				 VIRTIO_BLK_S_OK);
		assert_memory_equal(back, zero, (i + 1 < ZONES ? ZONE : END - i * ZONE) * 512);
	}
	assert_int_equal(do_read(ZONE, ZONE), VIRTIO_BLK_S_OK);
	assert_memory_equal(back, data, sizeof(back));
	assert_int_equal(do_write(4 * ZONE, 1), VIRTIO_BLK_S_OK);
	fx_stop();
}

/* A zone that could not be cleared is full, and those behind it stay as they are. */
static void
reset_fails(void **state)
{
	(void)state;
	blk_slow = (struct blk_slow){.size = END * 512, .per_poll = 1};
	blk_slow.cap = (struct foo_blk_cap){.zeroes = true, .zone_size = ZONE * 512};
	fx_start(&(struct fx_setup){.name = "blk_slow0"});
	for (uint32_t i = 2; i < 5; i++)
		assert_int_equal(do_write(i * ZONE, i), VIRTIO_BLK_S_OK);
	blk_slow.fail_at = blk_slow.submitted + 2;
	assert_int_equal(do_zone(T_RESET_ALL, 0), VIRTIO_BLK_S_IOERR);
	assert_int_equal(blk_slow.last.op, FOO_BLK_ZEROES);
	assert_int_equal(blk_slow.last.offset, 3 * ZONE * 512);
	assert_int_equal(blk_slow.last.len, 3 * 512);
	assert_int_equal(fx_stats().io_errors, 1);
	expect_zone(2, EMPTY, 0);
	expect_zone(3, FULL, 0);
	expect_zone(4, IOPEN, 4);
	/* the whole of what had been written is cleared the next time */
	assert_int_equal(do_zone(T_RESET_ALL, 0), VIRTIO_BLK_S_OK);
	assert_int_equal(blk_slow.last.len, 4 * 512);
	expect_zone(3, EMPTY, 0);
	expect_zone(4, EMPTY, 0);
	fx_stop();
}

static void
refusals(void **state)
{
	struct foo_error err = {""};

	(void)state;
	zoned_start(ARGS ",ro=1");
	assert_int_equal(do_report(0, ZONES), VIRTIO_BLK_S_OK);
	for (uint32_t type = T_OPEN; type <= T_RESET_ALL; type += 2)
		assert_int_equal(do_zone(type, 3 * ZONE), VIRTIO_BLK_S_IOERR);
	assert_int_equal(do_append(0, 3 * ZONE, 1), -VIRTIO_BLK_S_IOERR);
	assert_int_equal(do_write(3 * ZONE, 1), VIRTIO_BLK_S_IOERR);
	expect_zone(3, EMPTY, 0);
	fx_stop();
	zoned_start(ARGS);
	assert_int_equal(foo_device_set_prop(fx.dev, "size", "128K", &err), -ENOTSUP);
	assert_string_equal(err.text, "a disk with zones keeps its size");
	assert_int_equal(fx_config().capacity, END);
	fx_stop();
	assert_int_equal(fx_create("blk_malloc0", "zone-size=96K", &err), -EINVAL);
	assert_non_null(strstr(err.text, "zone-size=98304: it must be a power of two"));
	assert_int_equal(fx_create("blk_malloc0", "size=8G,zone-size=64K", &err), -EINVAL);
	assert_non_null(strstr(err.text, "65536 at most"));
}

#define T(f) cmocka_unit_test_teardown(f, fx_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(characteristics), T(not_zoned),   T(reports), T(sequential),  T(appends),
		T(appends_at_once), T(transitions), T(resets),  T(reset_fails), T(refusals),
	};

	return cmocka_run_group_tests_name("blk_zone", tests, fx_group_setup, NULL);
}
