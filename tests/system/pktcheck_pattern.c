/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <stddef.h>
#include <string.h>

#include "pktcheck.h"

/* IEEE's ethertype for experiments. */
#define PC_ETHERTYPE 0x88B5

static inline uint64_t
mix64(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9ULL;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

static inline uint32_t
seed_of(uint32_t session, uint16_t flow, uint64_t seq)
{
	uint64_t x = mix64(seq + 0x9e3779b97f4a7c15ULL);

	return (uint32_t)mix64(x ^ ((uint64_t)session << 16) ^ flow);
}

/* 32-bit lanes only, so that the loops over it become vector code. */
static inline uint32_t
payload_word(uint32_t seed, uint32_t i)
{
	uint32_t x = seed + i * 0x9e3779b9U;

	x ^= x >> 16;
	x *= 0x7feb352dU;
	return x ^ (x >> 15);
}

static inline uint32_t
hdr_sum(const struct pc_hdr *h)
{
	return (uint32_t)mix64(((uint64_t)h->session << 32 | h->len) ^ mix64(h->seq + h->flow));
}

static void
macs(struct rte_ether_hdr *eth, uint16_t flow, bool swapped)
{
	struct rte_ether_hdr h = {.ether_type = rte_cpu_to_be_16(PC_ETHERTYPE)};
	static const uint8_t dst[6] = {0x02, 0xf0, 0x0d, 0xd5, 0x00, 0x00};
	static const uint8_t src[6] = {0x02, 0xf0, 0x0d, 0x50, 0x00, 0x00};

	memcpy(h.dst_addr.addr_bytes, swapped ? src : dst, sizeof(dst));
	memcpy(h.src_addr.addr_bytes, swapped ? dst : src, sizeof(src));
	h.dst_addr.addr_bytes[5] = (uint8_t)flow;
	h.src_addr.addr_bytes[5] = (uint8_t)flow;
	memcpy(eth, &h, sizeof(h));
}

uint16_t
pc_len(const struct pc_config *cfg, uint32_t session, uint16_t flow, uint64_t seq)
{
	uint32_t span = cfg->len_max - cfg->len_min + 1u;

	if (span == 1)
		return cfg->len_min;
	return (uint16_t)(cfg->len_min + seed_of(session, flow, ~seq) % span);
}

void
pc_build(uint8_t *p, uint16_t len, uint32_t session, uint16_t flow, uint64_t seq)
{
	struct pc_hdr h = {.flow = flow, .session = session, .len = len, .seq = seq};
	uint32_t seed = seed_of(session, flow, seq), n = len - PC_PAYLOAD_OFF, words = n / 4, i, w;
	uint8_t *d = p + PC_PAYLOAD_OFF;

	h.sum = hdr_sum(&h);
	macs((struct rte_ether_hdr *)p, flow, false);
	memcpy(p + sizeof(struct rte_ether_hdr), &h, sizeof(h));
	for (i = 0; i < words; i++) {
		w = payload_word(seed, i);
		memcpy(d + i * 4, &w, 4);
	}
	w = payload_word(seed, words);
	memcpy(d + words * 4, &w, n % 4);
}

/* 0 when the `n` payload bytes at `d` are those of `seed`. */
static inline uint32_t
payload_diff(const uint8_t *d, uint32_t n, uint32_t seed)
{
	uint32_t words = n / 4, diff = 0, i, w, got = 0;

	for (i = 0; i < words; i++) {
		memcpy(&w, d + i * 4, 4);
		diff |= w ^ payload_word(seed, i);
	}
	w = payload_word(seed, words);
	memcpy(&got, d + words * 4, n % 4);
	return diff | memcmp(&w, &got, n % 4);
}

static bool
eth_ok(const uint8_t *p, uint16_t flow, bool macswap)
{
	struct rte_ether_hdr want;

	macs(&want, flow, macswap);
	return memcmp(p, &want, sizeof(want)) == 0;
}

enum pc_verdict
pc_verify(const struct pc_state *st, const uint8_t *p, uint32_t len, uint16_t *flow, uint64_t *seq)
{
	struct pc_hdr h;
	uint32_t n;

	if (len < PC_PAYLOAD_OFF)
		return PC_BAD_DATA;
	memcpy(&h, p + sizeof(struct rte_ether_hdr), sizeof(h));
	if (h.sum != hdr_sum(&h) || !eth_ok(p, h.flow, st->cfg.macswap))
		return PC_BAD_DATA;
	*flow = h.flow;
	*seq = h.seq;
	n = (len < h.len ? len : h.len) - PC_PAYLOAD_OFF;
	if (payload_diff(p + PC_PAYLOAD_OFF, n, seed_of(h.session, h.flow, h.seq)) != 0)
		return PC_BAD_DATA;
	if (h.session != st->session)
		return PC_FOREIGN;
	if (h.flow >= st->nb_flows)
		return PC_BAD_DATA;
	if (len != h.len || h.len != pc_len(&st->cfg, h.session, h.flow, h.seq))
		return PC_BAD_LEN;
	return PC_OK;
}

uint16_t
pc_split(uint32_t seed, uint16_t len, uint16_t n, uint16_t room, uint16_t *parts, uint16_t max)
{
	uint16_t used = 0, left = len;

	while (left > 0 && used < max) {
		uint16_t behind = used + 1 < n ? (uint16_t)(n - used - 1) : 0;
		uint16_t part = left;

		/* A random cut that leaves a byte at least for each part behind it. */
		if (behind > 0 && left > behind)
			part = (uint16_t)(1 + payload_word(seed, used) % (left - behind));
		if (part > room)
			part = room;
		parts[used++] = part;
		left = (uint16_t)(left - part);
	}
	return left == 0 ? used : 0;
}
