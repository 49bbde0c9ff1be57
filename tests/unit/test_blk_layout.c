/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * A driver cuts its requests into descriptors as it likes (VIRTIO 1.2, 2.7.4.1): nothing of what
 * the disk answers may depend on it.
 */
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "blk_fixture.h"

/* Formats and ways to lay out chains. */
struct way {
	bool packed;
	bool indirect;
};

static const struct way ways[] = {{false, false}, {false, true}, {true, false}, {true, true}};

#define DATA 1024u
#define MOST (16 + DATA + 1)

static uint8_t data[DATA], back[DATA];

/* Ranges: the first two sectors of what was written, and the last of the disk. */
static const struct virtio_blk_discard_write_zeroes ranges[] = {
	{.sector = 40, .num_sectors = 1},
	{.sector = 2047, .num_sectors = 1},
};

/* Requests, and what they come to. */
static const struct {
	struct fx_req req;
	uint8_t status;
	uint32_t used;
} cases[] = {
	{{.type = VIRTIO_BLK_T_IN, .sector = 20, .in_len = DATA}, VIRTIO_BLK_S_OK, DATA + 1},
	{{.type = VIRTIO_BLK_T_OUT, .sector = 40, .out = data, .out_len = DATA},
	 VIRTIO_BLK_S_OK,
	 1},
	{{.type = VIRTIO_BLK_T_WRITE_ZEROES, .out = ranges, .out_len = sizeof(ranges)},
	 VIRTIO_BLK_S_OK,
	 1},
	{{.type = VIRTIO_BLK_T_FLUSH}, VIRTIO_BLK_S_OK, 1},
	{{.type = VIRTIO_BLK_T_GET_ID, .in_len = 20}, VIRTIO_BLK_S_OK, 21},
	{{.type = VIRTIO_BLK_T_IN, .sector = 2047, .in_len = DATA}, VIRTIO_BLK_S_IOERR, 0},
	{{.type = VIRTIO_BLK_T_OUT, .sector = 2047, .out = data, .out_len = DATA},
	 VIRTIO_BLK_S_IOERR,
	 1},
	{{.type = 77, .out = data, .out_len = 30, .in_len = 50}, VIRTIO_BLK_S_UNSUPP, 0},
};

static void
disk_start(struct way way)
{
	fx_start(&(struct fx_setup){.name = "blk_malloc0",
				    .args = "size=1M,serial=a-name",
				    .packed = way.packed,
				    .ring = 2048,
				    .table = FX_PIECES});
	fx_pattern(data, DATA, 3);
	fx_write(20, data, DATA);
}

/* Put the sectors that requests change back to what they were: not what a request makes of them. */
static void
disk_stain(void)
{
	static uint8_t stain[512];

	memset(stain, 0x11, sizeof(stain));
	fx_write(40, stain, 512);
	fx_write(41, stain, 512);
	fx_write(2047, stain, 512);
}

/* What case i should have done to the disk and to the guest's memory, it did. */
static void
check_effect(size_t i, int token)
{
	const struct fx_req *req = &cases[i].req;
	uint32_t len = RTE_MIN(req->in_len, DATA);
	bool wrote = req->type == VIRTIO_BLK_T_OUT && cases[i].status == VIRTIO_BLK_S_OK;
	bool zeroed = req->type == VIRTIO_BLK_T_WRITE_ZEROES;
	char id[20] = "a-name";

	assert_int_equal(fx_status(token), cases[i].status);
	assert_int_equal(fx.io[token].used, cases[i].used);
	fx_written(token, 0, back, len);
	if (cases[i].used == 0)
		for (uint32_t k = 0; k < len; k++)
			assert_int_equal(back[k], FX_TOUCHLESS);
	else
		assert_memory_equal(back, len == sizeof(id) ? (void *)id : data, len);
	fx_read(40, back, DATA);
	if (wrote)
		assert_memory_equal(back, data, DATA);
	else
		assert_int_equal(back[0], zeroed ? 0 : 0x11);
	assert_int_equal(back[512], wrote ? data[512] : 0x11);
	fx_read(2047, back, 512);
	assert_int_equal(back[0], zeroed ? 0 : 0x11);
}

static void
run_cut(size_t i, const uint32_t *cut, unsigned int ncut, bool indirect)
{
	struct fx_req req = cases[i].req;

	req.cut = cut;
	req.ncut = ncut;
	req.indirect = indirect;
	disk_stain();
	check_effect(i, fx_run(&req));
}

static uint32_t
bytes_of(size_t i)
{
	return 16 + cases[i].req.out_len + cases[i].req.in_len + 1;
}

/* Two pieces, whatever the boundary. */
static void
every_boundary(void **state)
{
	(void)state;
	for (size_t w = 0; w < RTE_DIM(ways); w++) {
		disk_start(ways[w]);
		for (size_t i = 0; i < RTE_DIM(cases); i++)
			for (uint32_t cut = 0; cut < bytes_of(i); cut++)
				run_cut(i, &cut, 1, ways[w].indirect);
		fx_stop();
	}
}

/* Header and status in single bytes, and the first and the last byte of the data apart. */
static void
every_byte(void **state)
{
	uint32_t cut[MOST];

	(void)state;
	for (uint32_t k = 0; k < MOST; k++)
		cut[k] = k;
	for (size_t w = 0; w < RTE_DIM(ways); w++) {
		disk_start(ways[w]);
		for (size_t i = 0; i < RTE_DIM(cases); i++) {
			run_cut(i, cut, 17, ways[w].indirect);
			run_cut(i, cut, bytes_of(i) < 1000 ? bytes_of(i) : 600, ways[w].indirect);
		}
		fx_stop();
	}
}

static int
by_place(const void *a, const void *b)
{
	return (int)*(const uint32_t *)a - (int)*(const uint32_t *)b;
}

/* Any number of pieces anywhere; from 16 on they do not fit into the request itself. */
static void
random_cuts(void **state)
{
	uint32_t cut[64];
	unsigned int n;

	(void)state;
	srand(4);
	for (size_t w = 0; w < RTE_DIM(ways); w++) {
		disk_start(ways[w]);
		for (unsigned int round = 0; round < 600; round++) {
			size_t i = (size_t)rand() % RTE_DIM(cases);

			n = (unsigned int)rand() % RTE_DIM(cut);
			for (unsigned int k = 0; k < n; k++)
				cut[k] = (uint32_t)rand() % bytes_of(i);
			qsort(cut, n, sizeof(cut[0]), by_place);
			run_cut(i, cut, n, ways[w].indirect);
		}
		fx_stop();
	}
}

/* As many pieces as a request can have, and more. */
static void
most_pieces(void **state)
{
	static uint8_t big[64 * 512], got[64 * 512];
	uint32_t cut[FX_PIECES];

	(void)state;
	fx_pattern(big, sizeof(big), 8);
	for (size_t w = 0; w < RTE_DIM(ways); w++) {
		disk_start(ways[w]);
		for (uint32_t pieces = FOO_BLK_MAX_PIECES - 1; pieces <= FOO_BLK_MAX_PIECES + 1;
		     pieces++) {
			struct fx_req q = {.type = VIRTIO_BLK_T_OUT,
					   .sector = 64,
					   .out = big,
					   .out_len = sizeof(big),
					   .indirect = ways[w].indirect,
					   .cut = cut,
					   .ncut = pieces};
			bool fits = pieces <= FOO_BLK_MAX_PIECES;

			for (uint32_t k = 0; k < pieces; k++)
				cut[k] = 16 + k * 3;
			fx_expect(&q, fits ? VIRTIO_BLK_S_OK : VIRTIO_BLK_S_IOERR, 1);
			q = (struct fx_req){.sector = 64,
					    .in_len = sizeof(big),
					    .indirect = ways[w].indirect,
					    .cut = cut,
					    .ncut = pieces};
			/* the status stands behind the last byte of data, in its piece */
			fx_expect(&q, fits ? VIRTIO_BLK_S_OK : VIRTIO_BLK_S_IOERR,
				  fits ? sizeof(big) + 1 : 0);
		}
		fx_read(64, got, sizeof(got));
		assert_memory_equal(got, big, sizeof(got));
		assert_int_equal(fx_stats().refused, 2);
		fx_stop();
	}
}

#define T(f) cmocka_unit_test_teardown(f, fx_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(every_boundary),
		T(every_byte),
		T(random_cuts),
		T(most_pieces),
	};

	return cmocka_run_group_tests_name("blk_layout", tests, fx_group_setup, NULL);
}
