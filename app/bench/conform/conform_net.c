/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* virtio-net: headers, packets and receive buffers. */

#include <string.h>
#include <unistd.h>

#include "conform_ctx.h"

#define CSUM CONFORM_BIT(VIRTIO_NET_F_CSUM)
#define GUEST_CSUM CONFORM_BIT(VIRTIO_NET_F_GUEST_CSUM)
#define TSO (CONFORM_BIT(VIRTIO_NET_F_HOST_TSO4) | CONFORM_BIT(VIRTIO_NET_F_GUEST_TSO4))

/* The header cut in two at every byte, then into single bytes. */
static enum conform_reaction
header_split(struct conform_ctx *ctx)
{
	const uint16_t hdr_len = ctx->g->hdr_len;
	struct foo_guest_buf buf[3], cut[16];
	enum conform_reaction r = CONFORM_PASS;

	for (uint16_t at = 1; at <= hdr_len && r == CONFORM_PASS; at++) {
		conform_bad_chain(ctx, buf);
		cut[0] = (struct foo_guest_buf){buf[0].gpa, at, 0};
		cut[1] = (struct foo_guest_buf){buf[0].gpa + at, buf[0].len - at, 0};
		r = conform_send(ctx, cut, 2, FOO_GUEST_DIRECT);
	}
	if (r != CONFORM_PASS)
		return r;
	conform_bad_chain(ctx, buf);
	for (uint16_t i = 0; i < hdr_len; i++)
		cut[i] = (struct foo_guest_buf){buf[0].gpa + i, 1, 0};
	cut[hdr_len] = (struct foo_guest_buf){buf[0].gpa + hdr_len, buf[0].len - hdr_len, 0};
	return conform_send(ctx, cut, hdr_len + 1, FOO_GUEST_DIRECT);
}

/* The packet cut into pieces of 7 bytes. */
static enum conform_reaction
packet_split(struct conform_ctx *ctx)
{
	struct foo_guest_buf buf[3], cut[20];
	uint16_t n = 0;

	conform_bad_chain(ctx, buf);
	for (uint32_t at = 0; at < buf[0].len; at += 7)
		cut[n++] = (struct foo_guest_buf){buf[0].gpa + at,
						  buf[0].len - at < 7 ? buf[0].len - at : 7, 0};
	return conform_send(ctx, cut, n, FOO_GUEST_DIRECT);
}

/* Chains of 1 byte up to one less than a header, or exactly arg bytes behind the header. */
static enum conform_reaction
short_chain(struct conform_ctx *ctx)
{
	const uint16_t hdr_len = ctx->g->hdr_len;
	struct foo_guest_buf buf[3];
	enum conform_reaction r = CONFORM_REFUSED;

	for (uint16_t len = 1; len < hdr_len && r == CONFORM_REFUSED; len++) {
		conform_bad_chain(ctx, buf);
		buf[0].len = len;
		r = conform_send(ctx, buf, 1, FOO_GUEST_DIRECT);
	}
	return r;
}

static enum conform_reaction
header_and(struct conform_ctx *ctx)
{
	struct foo_guest_buf buf[3];

	conform_bad_chain(ctx, buf);
	buf[0].len = ctx->g->hdr_len + (uint32_t)ctx->c->arg;
	return conform_send(ctx, buf, 1, FOO_GUEST_DIRECT);
}

static enum conform_reaction
tx_writable(struct conform_ctx *ctx)
{
	struct foo_guest_buf buf[3];
	uint8_t before[256], *va;
	enum conform_reaction r;

	conform_bad_chain(ctx, buf);
	buf[0].flags = VRING_DESC_F_WRITE;
	va = foo_guest_mem_va(&ctx->g->mem, buf[0].gpa, buf[0].len);
	memcpy(before, va, buf[0].len);
	r = conform_send(ctx, buf, 1, FOO_GUEST_DIRECT);
	if (r == CONFORM_REFUSED && memcmp(before, va, buf[0].len) != 0) {
		conform_note(ctx, "the device wrote into a packet that it should send");
		return CONFORM_UNEXPECTED;
	}
	return r;
}

/* Beyond what any packet may be: arg bytes more, in the third region. */
static enum conform_reaction
packet_huge(struct conform_ctx *ctx)
{
	const uint32_t more = (uint32_t)ctx->c->arg;
	struct foo_guest_buf buf[3];
	uint8_t *va = foo_guest_mem_va(&ctx->g->mem, CONFORM_HIGH, more);

	conform_bad_chain(ctx, buf);
	conform_fill_part(ctx->g, buf[0].gpa, ctx->g->seq, 100, 100 + more);
	for (uint32_t i = 0; i < more; i++)
		va[i] = conform_pattern(ctx->g->seq, 100 + i);
	buf[1] = (struct foo_guest_buf){CONFORM_HIGH, more, 0};
	return conform_send(ctx, buf, 2, FOO_GUEST_DIRECT);
}

/* Headers that ask for what cannot be done. */
static const struct virtio_net_hdr_v1 wild[] = {
	{.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 0xfff0, .csum_offset = 0xfff0},
	{.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 99, .csum_offset = 0},
	{.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
	 .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
	 .csum_start = 34,
	 .csum_offset = 16},
	{.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
	 .gso_type = 0x55,
	 .gso_size = 50,
	 .csum_start = 34,
	 .csum_offset = 16},
	{.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
	 .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
	 .gso_size = 50,
	 .hdr_len = 0xffff,
	 .csum_start = 34,
	 .csum_offset = 16},
	{.gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .gso_size = 50, .hdr_len = 54},
	{.hdr_len = 0xffff, .gso_size = 0xffff, .csum_start = 0xffff, .csum_offset = 0xffff},
	{.num_buffers = 0xffff},
};

static enum conform_reaction
header_wild(struct conform_ctx *ctx)
{
	struct foo_guest_buf buf[3];
	enum conform_reaction r;

	conform_bad_chain(ctx, buf);
	foo_guest_mem_write(&ctx->g->mem, buf[0].gpa, &wild[ctx->c->arg], ctx->g->hdr_len);
	r = conform_send(ctx, buf, 1, FOO_GUEST_DIRECT);
	return r;
}

/* An offload that was not negotiated: whatever is sent on must not say so. */
static enum conform_reaction
gso_unnegotiated(struct conform_ctx *ctx)
{
	struct conform_guest *g = ctx->g;
	struct foo_guest_buf buf[3];
	int token;

	conform_bad_chain(ctx, buf);
	foo_guest_mem_write(&g->mem, buf[0].gpa, &wild[ctx->c->arg], g->hdr_len);
	token = conform_add(g, CONFORM_TX, buf, 1, FOO_GUEST_DIRECT);
	conform_publish(g, CONFORM_TX);
	if (!conform_wait_done(g, CONFORM_TX, token, g->set.timeout_ms))
		return conform_observe_socket(ctx);
	for (unsigned int i = 0; i < 100 && !g->seen[ctx->bad_seq % CONFORM_TOKENS]; i++) {
		usleep(1000);
		conform_poll(g);
	}
	if (!g->seen[ctx->bad_seq % CONFORM_TOKENS])
		return CONFORM_REFUSED;
	if (g->rx_hdr.gso_type != VIRTIO_NET_HDR_GSO_NONE ||
	    (g->rx_hdr.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)) {
		conform_note(ctx, "a receiver without offloads got flags %u, gso_type %u",
			     g->rx_hdr.flags, g->rx_hdr.gso_type);
		return CONFORM_UNEXPECTED;
	}
	return CONFORM_PASS;
}

/* Receive buffers as a case wants them; then a packet of 100 bytes, and what becomes of it. */
static enum conform_reaction
with_rx(struct conform_ctx *ctx, const struct conform_setup *set)
{
	struct foo_guest_buf buf[3];
	struct conform_guest *g = ctx->g;
	int ret, token;

	ret = conform_reopen(ctx, set);
	if (ret != 0)
		return conform_reaction_of(ret);
	for (unsigned int i = 0; i < 20; i++) {
		conform_bad_chain(ctx, buf);
		token = conform_add(g, CONFORM_TX, buf, 1, FOO_GUEST_DIRECT);
		conform_publish(g, CONFORM_TX);
		if (!conform_wait_done(g, CONFORM_TX, token, g->set.timeout_ms))
			return conform_observe_socket(ctx);
	}
	for (unsigned int i = 0; i < 20; i++) {
		usleep(1000);
		conform_poll(g);
	}
	if (g->wrong[0] != '\0') {
		conform_note(ctx, "%s", g->wrong);
		return CONFORM_UNEXPECTED;
	}
	if (conform_guest_dropped(g))
		return CONFORM_DROPPED;
	return g->seen[ctx->bad_seq % CONFORM_TOKENS] ? CONFORM_PASS : CONFORM_REFUSED;
}

static enum conform_reaction
rx_small(struct conform_ctx *ctx)
{
	struct conform_setup set = *ctx->base_set;

	set.rx_len = (uint32_t)ctx->c->arg;
	return with_rx(ctx, &set);
}

static enum conform_reaction
rx_readable(struct conform_ctx *ctx)
{
	struct conform_setup set = *ctx->base_set;

	set.rx_readable = true;
	return with_rx(ctx, &set);
}

/* Packets larger than a receive buffer go into several. */
static enum conform_reaction
rx_mergeable(struct conform_ctx *ctx)
{
	struct conform_setup set = *ctx->base_set;
	int ret;

	set.rx_len = 128;
	ret = conform_reopen(ctx, &set);
	return ret != 0 ? conform_reaction_of(ret) : conform_observe_work(ctx, 40);
}

/* Receive buffers of two descriptors, cut at every byte of the header and behind it. */
static enum conform_reaction
rx_split(struct conform_ctx *ctx)
{
	struct conform_setup set = *ctx->base_set;
	enum conform_reaction r = CONFORM_PASS;
	int ret;

	for (uint16_t at = 1; at <= 14 && r == CONFORM_PASS; at++) {
		set.rx_first = at;
		ret = conform_reopen(ctx, &set);
		if (ret != 0)
			return conform_reaction_of(ret);
		r = conform_observe_work(ctx, 5);
	}
	return r;
}

/* Packets while there is no receive buffer: kept or dropped, and later ones arrive. */
static enum conform_reaction
rx_late(struct conform_ctx *ctx)
{
	struct conform_setup set = *ctx->base_set;
	struct conform_guest *g = ctx->g;
	struct foo_guest_buf buf[3];
	int ret;

	set.rx_none = true;
	ret = conform_reopen(ctx, &set);
	if (ret != 0)
		return conform_reaction_of(ret);
	for (unsigned int i = 0; i < 10; i++) {
		conform_valid_chain(g, buf);
		conform_add(g, CONFORM_TX, buf, 1, FOO_GUEST_DIRECT);
		conform_publish(g, CONFORM_TX);
	}
	usleep(30000);
	g->set.rx_none = false;
	for (unsigned int i = 0; i < CONFORM_SIZE; i++)
		if (conform_give_rx(g, i) != 0)
			return CONFORM_UNEXPECTED;
	conform_publish(g, CONFORM_RX);
	return conform_observe_work(ctx, 20);
}

/* A legacy driver: no VERSION_1, so that the header has 10 bytes. */
static enum conform_reaction
legacy(struct conform_ctx *ctx)
{
	struct conform_setup set = *ctx->base_set;
	int ret;

	set.legacy = true;
	ret = conform_reopen(ctx, &set);
	return ret != 0 ? conform_reaction_of(ret) : conform_observe_work(ctx, 20);
}

#define NET CONFORM_NET, CONFORM_EITHER
#define LOOP CONFORM_NEED_LOOP
#define REFUSE CONFORM_OURS, CONFORM_SET(REFUSED), NET
#define VALID CONFORM_SET(PASS), NET
#define EITHER CONFORM_OURS, CONFORM_SET(REFUSED) | CONFORM_SET(PASS), NET

static const struct conform_case cases[] = {
	{"net.header-split", "the header cut at any byte, and into single bytes",
	 "VIRTIO 1.2, 2.7.4.1, 5.1.6.2", CONFORM_SPEC, VALID, 0, 0, header_split, 0},
	{"net.packet-split", "a packet in pieces of 7 bytes, header included",
	 "VIRTIO 1.2, 2.7.4.1, 5.1.6.2", CONFORM_SPEC, VALID, 0, 0, packet_split, 0},
	{"net.chain-shorter-than-header", "chains of 1 byte up to one less than the header",
	 "VIRTIO 1.2, 5.1.6.2", REFUSE, 0, 0, short_chain, 0},
	{"net.header-only", "a header and no packet", "VIRTIO 1.2, 5.1.6.2", EITHER, 0, 0,
	 header_and, 0},
	{"net.runt", "a packet of one byte", "VIRTIO 1.2, 5.1.6.2", EITHER, 0, 0, header_and, 1},
	{"net.packet-70k", "a packet of 70000 bytes", "VIRTIO 1.2, 5.1.6.2", EITHER, 0, 0,
	 packet_huge, 70000},
	{"net.packet-1m", "a packet of 1 MiB", "VIRTIO 1.2, 5.1.6.2", REFUSE, 0, 0, packet_huge,
	 1 << 20},
	{"net.tx-writable", "a packet to send in a device-writable buffer", "VIRTIO 1.2, 5.1.6.2.1",
	 REFUSE, 0, 0, tx_writable, 0},
	{"net.csum-start-wild", "csum_start and csum_offset far beyond the packet",
	 "VIRTIO 1.2, 5.1.6.2", REFUSE, LOOP, CSUM, header_wild, 0},
	{"net.csum-at-end", "a checksum of which one byte lies in the packet",
	 "VIRTIO 1.2, 5.1.6.2", REFUSE, LOOP, CSUM | GUEST_CSUM, header_wild, 1},
	{"net.gso-size-zero", "segments of 0 bytes", "VIRTIO 1.2, 5.1.6.2", REFUSE, LOOP,
	 CSUM | GUEST_CSUM | TSO, header_wild, 2},
	{"net.gso-type-unknown", "an unknown gso_type", "VIRTIO 1.2, 5.1.6.2", REFUSE, LOOP,
	 CSUM | GUEST_CSUM | TSO, header_wild, 3},
	{"net.gso-hdr-len-wild", "segments, with a hdr_len beyond the packet",
	 "VIRTIO 1.2, 5.1.6.2", EITHER, LOOP, CSUM | GUEST_CSUM | TSO, header_wild, 4},
	{"net.gso-unnegotiated", "segmentation that was not negotiated",
	 "VIRTIO 1.2, 5.1.6.2.1, 5.1.6.4.1", EITHER, LOOP, 0, gso_unnegotiated, 5},
	{"net.header-ignored-fields", "wild values where no flag gives them a meaning",
	 "VIRTIO 1.2, 5.1.6.2", CONFORM_OURS, VALID, LOOP, 0, header_wild, 6},
	{"net.num-buffers-sent", "num_buffers of a sent packet is not 0", "VIRTIO 1.2, 5.1.6.2",
	 CONFORM_OURS, VALID, 0, 0, header_wild, 7},
	{"net.rx-buffer-1", "receive buffers of one byte", "VIRTIO 1.2, 5.1.6.3.1", REFUSE, LOOP, 0,
	 rx_small, 1},
	{"net.rx-buffer-11", "receive buffers one byte shorter than the header",
	 "VIRTIO 1.2, 5.1.6.3.1", REFUSE, LOOP, 0, rx_small, 11},
	{"net.rx-buffer-12", "receive buffers as long as the header", "VIRTIO 1.2, 5.1.6.3.1",
	 EITHER, LOOP, 0, rx_small, 12},
	{"net.rx-readable", "receive buffers that the device may not write",
	 "VIRTIO 1.2, 5.1.6.3, 2.7.5.1", REFUSE, LOOP, 0, rx_readable, 0},
	{"net.rx-mergeable", "packets in several receive buffers of 128 bytes",
	 "VIRTIO 1.2, 5.1.6.4.1", CONFORM_SPEC, VALID, LOOP, CONFORM_BIT(VIRTIO_NET_F_MRG_RXBUF),
	 rx_mergeable, 0},
	{"net.rx-split", "receive buffers of two descriptors, cut at any byte of the header",
	 "VIRTIO 1.2, 2.7.4.1, 5.1.6.3", CONFORM_SPEC, VALID, LOOP, 0, rx_split, 0},
	{"net.rx-late", "packets are sent before there is any receive buffer",
	 "VIRTIO 1.2, 5.1.6.3", CONFORM_OURS, VALID, LOOP, 0, rx_late, 0},
	{"net.legacy-header", "a driver without VERSION_1: headers of 10 bytes",
	 "VIRTIO 1.2, 5.1.6.1", CONFORM_SPEC, CONFORM_SET(PASS), CONFORM_NET, CONFORM_SPLIT, LOOP,
	 0, legacy, 0},
};

const struct conform_group conform_net_group = {cases, sizeof(cases) / sizeof(cases[0])};
