/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <string.h>

#include "pktcheck.h"

static int failures;

#define CHECK(cond)                                                                                \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #cond);       \
			failures++;                                                                \
		}                                                                                  \
	} while (0)

static const struct pc_state self = {
	.cfg = {.len_min = 60, .len_max = 300},
	.session = 0x12345678,
	.nb_flows = 4,
};

static enum pc_verdict
verify(const uint8_t *p, uint32_t len)
{
	uint16_t flow;
	uint64_t seq;

	return pc_verify(&self, p, len, &flow, &seq);
}

/* Every single byte of every packet matters. */
static void
test_every_byte(void)
{
	uint8_t p[400];
	uint64_t seq;
	uint16_t len, i;

	for (seq = 0; seq < 200; seq++) {
		len = pc_len(&self.cfg, self.session, 1, seq);
		CHECK(len >= 60 && len <= 300);
		pc_build(p, len, self.session, 1, seq);
		CHECK(verify(p, len) == PC_OK);
		for (i = 0; i < len; i++) {
			p[i] ^= 0x10;
			CHECK(verify(p, len) != PC_OK);
			p[i] ^= 0x10;
		}
	}
}

static void
test_length(void)
{
	uint16_t len = pc_len(&self.cfg, self.session, 2, 7);
	uint8_t p[400] = {0};

	pc_build(p, len, self.session, 2, 7);
	CHECK(verify(p, len) == PC_OK);
	CHECK(verify(p, len + 1u) == PC_BAD_LEN);
	CHECK(verify(p, len - 1u) == PC_BAD_LEN);
	CHECK(verify(p, 20) == PC_BAD_DATA);
}

static void
test_strangers(void)
{
	uint16_t len = pc_len(&self.cfg, self.session, 2, 7);
	uint8_t p[400] = {0};

	CHECK(verify(p, len) == PC_BAD_DATA);
	pc_build(p, len, self.session + 1, 2, 7);
	CHECK(verify(p, len) == PC_FOREIGN);
	pc_build(p, len, self.session, 4, 7);
	CHECK(verify(p, len) == PC_BAD_DATA);
}

static void
test_macswap(void)
{
	struct pc_state st = self;
	uint16_t len = pc_len(&st.cfg, st.session, 0, 9), flow;
	struct rte_ether_hdr *eth;
	uint8_t p[400];
	uint64_t seq;
	struct rte_ether_addr a;

	st.cfg.macswap = true;
	pc_build(p, len, st.session, 0, 9);
	CHECK(pc_verify(&st, p, len, &flow, &seq) == PC_BAD_DATA);
	eth = (struct rte_ether_hdr *)p;
	a = eth->dst_addr;
	eth->dst_addr = eth->src_addr;
	eth->src_addr = a;
	CHECK(pc_verify(&st, p, len, &flow, &seq) == PC_OK);
	CHECK(verify(p, len) == PC_BAD_DATA);
}

static void
test_track(void)
{
	struct pc_track t;
	uint64_t i;

	CHECK(pc_track_init(&t) == 0);
	for (i = 0; i < 200000; i++)
		pc_track_add(&t, i);
	CHECK(t.unique == 200000 && t.dup == 0 && t.reorder == 0);
	pc_track_add(&t, 199999);
	CHECK(t.dup == 1);
	pc_track_add(&t, 200002);
	pc_track_add(&t, 200001);
	CHECK(t.reorder == 1 && t.dup == 1);
	pc_track_add(&t, 200001);
	CHECK(t.reorder == 1 && t.dup == 2);
	pc_track_add(&t, 200000);
	CHECK(t.reorder == 2 && t.unique == 200003);
	pc_track_add(&t, 200000 + 3 * PC_WINDOW_BITS);
	pc_track_add(&t, 200000 + 2 * PC_WINDOW_BITS + 1);
	CHECK(t.reorder == 3);
	pc_track_add(&t, 5);
	CHECK(t.dup == 3);
	pc_track_fini(&t);
}

static void
test_split(void)
{
	uint16_t parts[32], n, i, sum;
	uint32_t seed;

	for (seed = 0; seed < 1000; seed++) {
		n = pc_split(seed, 300, 5, 200, parts, 32);
		CHECK(n >= 5);
		for (i = 0, sum = 0; i < n; i++) {
			CHECK(parts[i] > 0 && parts[i] <= 200);
			sum = (uint16_t)(sum + parts[i]);
		}
		CHECK(sum == 300);
	}
	CHECK(pc_split(1, 64, 1, 2048, parts, 32) == 1 && parts[0] == 64);
	CHECK(pc_split(1, 9000, 1, 1000, parts, 4) == 0);
}

int
pc_selftest(void)
{
	test_every_byte();
	test_length();
	test_strangers();
	test_macswap();
	test_track();
	test_split();
	return failures;
}
