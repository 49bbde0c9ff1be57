/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* Messages about rings, features and the device. */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conform_ctx.h"

#define REFUSAL (CONFORM_SET(REFUSED) | CONFORM_SET(DROPPED))

/* A message that must not be carried out; if it was refused, the connection still answers. */
static enum conform_reaction
refusal(struct conform_ctx *ctx, int ret)
{
	uint64_t features;

	if (ret == -EREMOTEIO || ret == -EINVAL) {
		ret = foo_front_get_features(&ctx->g->front, &features);
		return ret == 0 ? CONFORM_REFUSED : conform_reaction_of(ret);
	}
	return conform_reaction_of(ret);
}

/* A ring that must not run: if it was accepted, it does no work. */
static enum conform_reaction
must_not_run(struct conform_ctx *ctx, int ret)
{
	return ret == 0 ? conform_observe_work(ctx, 1) : refusal(ctx, ret);
}

/* The requests that name a ring. */
static int
name_ring(struct conform_ctx *ctx, uint32_t request, uint32_t index)
{
	struct conform_guest *g = ctx->g;
	struct foo_front_ring ring = foo_front_ring_of(&g->mem, &g->q[0].ring, -1);
	uint32_t base;

	switch (request) {
	case FOO_FRONT_SET_VRING_NUM:
		return foo_front_set_vring_num(&g->front, index, 64);
	case FOO_FRONT_SET_VRING_BASE:
		return foo_front_set_vring_base(&g->front, index, 0);
	case FOO_FRONT_SET_VRING_ADDR:
		return foo_front_set_vring_addr(&g->front, index, &ring);
	case FOO_FRONT_SET_VRING_ENABLE:
		return foo_front_set_vring_enable(&g->front, index, true);
	case FOO_FRONT_SET_VRING_KICK:
		return foo_front_set_vring_kick(&g->front, index, g->q[0].kick);
	case FOO_FRONT_SET_VRING_CALL:
		return foo_front_set_vring_call(&g->front, index, g->q[0].call);
	default:
		return foo_front_get_vring_base(&g->front, index, &base);
	}
}

/* Rings that the device does not have. Pairs count twice with net. */
static enum conform_reaction
ring_index(struct conform_ctx *ctx)
{
	const uint32_t rings =
		(uint32_t)ctx->be->queue_num * (ctx->base_set->device == CONFORM_NET ? 2 : 1);
	const uint32_t index[] = {rings, 255, 256, 0x10000, 0x80000000, 0xffffffff};
	const bool byte =
		ctx->c->arg == FOO_FRONT_SET_VRING_KICK || ctx->c->arg == FOO_FRONT_SET_VRING_CALL;
	char what[32];

	for (unsigned int i = 0; i < 6 && conform_may_go_on(ctx); i++) {
		if (index[i] < rings || rings == 0 || (byte && index[i] > 255))
			continue;
		if (conform_prepare(ctx) != 0)
			return CONFORM_HUNG;
		snprintf(what, sizeof(what), "ring 0x%x", index[i]);
		conform_try(ctx, refusal(ctx, name_ring(ctx, (uint32_t)ctx->c->arg, index[i])),
			    what);
	}
	if (ctx->total == CONFORM_NOT_RUN)
		conform_note(ctx, "the back-end does not say how many rings it has, or has 256");
	return ctx->total;
}

/* A queue size; the ring in memory has CONFORM_SIZE entries whatever is said. */
static enum conform_reaction
ring_size(struct conform_ctx *ctx)
{
	static const uint32_t bad[] = {0, 32769, 65536, 65536 + 64, 0xffffffff, 65, 3};
	const unsigned int n = ctx->base_set->packed ? 5 : 7;
	char what[32];

	for (unsigned int i = 0; i < n && conform_may_go_on(ctx); i++) {
		struct foo_front_ring ring;
		int ret;

		if (conform_prepare(ctx) != 0)
			return CONFORM_HUNG;
		ret = foo_front_set_vring_num(&ctx->g->front, 0, bad[i]);
		if (ret == 0) {
			ring = foo_front_ring_of(&ctx->g->mem, &ctx->g->q[0].ring, -1);
			ring.size = (uint16_t)bad[i];
			ret = foo_front_start_queue(&ctx->g->front, 0, &ring);
		}
		snprintf(what, sizeof(what), "size %u", bad[i]);
		/* accepted, and never running, is as good */
		if (ret == 0)
			conform_try(ctx, conform_observe_socket(ctx), what);
		else
			conform_try(ctx, refusal(ctx, ret), what);
	}
	return ctx->total;
}

/* Where an area of a ring is put. */
enum area_fault {
	AREA_UNALIGNED,
	AREA_UNMAPPED,
	AREA_WRAPS,
	AREA_AT_END,
};

static enum conform_reaction
ring_address(struct conform_ctx *ctx)
{
	static const char *const name[] = {"descriptor area", "driver area", "device area"};

	for (unsigned int area = 0; area < 3 && conform_may_go_on(ctx); area++) {
		struct conform_guest *g = ctx->g;
		struct foo_front_ring ring;
		uint64_t *addr[3] = {&ring.desc, &ring.driver, &ring.device};
		const struct foo_guest_region *high = &g->mem.region[2];
		int ret = 0;

		if (conform_prepare(ctx) != 0)
			return CONFORM_HUNG;
		ring = foo_front_ring_of(&g->mem, &g->q[g->work].ring, g->q[g->work].call);
		if (ctx->c->arg == AREA_UNALIGNED)
			*addr[area] += 1;
		else if (ctx->c->arg == AREA_UNMAPPED)
			*addr[area] = 0x1000;
		else if (ctx->c->arg == AREA_WRAPS)
			*addr[area] = UINT64_MAX - 63;
		else /* a packed ring's event areas are too small to leave aligned memory */
			*addr[area] = (uintptr_t)high->va + high->size -
				      (g->set.packed && area > 0 ? 0 : 16);
		for (unsigned int i = 0; i < g->nqueues && ret == 0; i++) {
			if (i == g->work)
				ret = foo_front_start_queue(&g->front, i, &ring);
			else
				ret = foo_front_start_ring(&g->front, i, &g->mem, &g->q[i].ring,
							   g->q[i].call);
		}
		if (ret == 0)
			ret = foo_front_driver_ok(&g->front);
		conform_try(ctx, must_not_run(ctx, ret), name[area]);
	}
	return ctx->total;
}

static enum conform_reaction
addr_before_memory(struct conform_ctx *ctx)
{
	struct foo_front_ring ring = {
		.size = 64, .desc = 0x10000, .driver = 0x20000, .device = 0x30000, .callfd = -1};
	int ret;

	conform_guest_close(ctx->g);
	conform_guest_init(ctx->g);
	ret = conform_guest_connect(ctx->g, ctx->base_set);
	if (ret != 0)
		return CONFORM_HUNG;
	ring.kickfd = eventfd(0, EFD_CLOEXEC);
	ret = foo_front_start_queue(&ctx->g->front, 0, &ring);
	close(ring.kickfd);
	/* nothing to work with: accepted and not running is as good */
	return ret == 0 ? conform_observe_socket(ctx) : refusal(ctx, ret);
}

/* A ring that was never started is stopped. */
static enum conform_reaction
stop_unstarted(struct conform_ctx *ctx)
{
	uint32_t base;
	int ret;

	conform_guest_close(ctx->g);
	conform_guest_init(ctx->g);
	if (conform_guest_connect(ctx->g, ctx->base_set) != 0)
		return CONFORM_HUNG;
	ret = foo_front_get_vring_base(&ctx->g->front, 0, &base);
	return refusal(ctx, ret);
}

/* Features are set last of all, or never. */
static enum conform_reaction
kick_before_features(struct conform_ctx *ctx)
{
	struct foo_front *f = &ctx->g->front;
	uint64_t features;
	int ret;

	if (conform_prepare(ctx) != 0)
		return CONFORM_HUNG;
	foo_front_reconnect(f);
	ret = foo_front_get_features(f, &features);
	if (ret == 0 && (features & CONFORM_BIT(FOO_FRONT_F_PROTOCOL_FEATURES)) &&
	    (ctx->be->proto & CONFORM_BIT(FOO_FRONT_P_REPLY_ACK)))
		ret = foo_front_set_protocol_features(f, CONFORM_BIT(FOO_FRONT_P_REPLY_ACK));
	if (ret == 0)
		ret = foo_front_set_mem(f, &ctx->g->mem);
	if (ret == 0)
		ret = foo_front_start_ring(f, 0, &ctx->g->mem, &ctx->g->q[0].ring, -1);
	return ret == 0 ? conform_observe_socket(ctx) : refusal(ctx, ret);
}

static enum conform_reaction
features_unoffered(struct conform_ctx *ctx)
{
	char what[32];

	for (unsigned int bit = 0; bit < 64 && conform_may_go_on(ctx); bit += 3) {
		if (ctx->be->features & CONFORM_BIT(bit))
			continue;
		if (conform_prepare(ctx) != 0)
			return CONFORM_HUNG;
		snprintf(what, sizeof(what), "feature bit %u", bit);
		conform_try(ctx,
			    refusal(ctx, foo_front_set_features(&ctx->g->front,
								ctx->g->front.features |
									CONFORM_BIT(bit))),
			    what);
	}
	return ctx->total;
}

static enum conform_reaction
protocol_unoffered(struct conform_ctx *ctx)
{
	char what[40];

	for (unsigned int bit = 17; bit < 64 && conform_may_go_on(ctx); bit += 9) {
		if (ctx->be->proto & CONFORM_BIT(bit))
			continue;
		if (conform_prepare(ctx) != 0)
			return CONFORM_HUNG;
		snprintf(what, sizeof(what), "protocol feature %u", bit);
		conform_try(ctx,
			    refusal(ctx, foo_front_set_protocol_features(&ctx->g->front,
									 ctx->g->front.proto |
										 CONFORM_BIT(bit))),
			    what);
	}
	return ctx->total;
}

/* The ring format changes while rings run: refused, or work goes on as if nothing had been said. */
static enum conform_reaction
features_while_running(struct conform_ctx *ctx)
{
	struct foo_front *f = &ctx->g->front;
	int ret;

	ret = foo_front_set_features(f, f->features ^ CONFORM_BIT(VIRTIO_F_RING_PACKED));
	if (ret == 0 || ret == -EREMOTEIO) {
		enum conform_reaction r = conform_observe_work(ctx, 5);

		return ret != 0 && r == CONFORM_PASS ? CONFORM_REFUSED : r;
	}
	return refusal(ctx, ret);
}

/* NUM, BASE or ADDR of a ring that runs. Anything may come of it but harm. */
static enum conform_reaction
set_while_running(struct conform_ctx *ctx)
{
	struct conform_guest *g = ctx->g;
	struct foo_front_ring ring;
	int ret = 0;

	if (conform_observe_work(ctx, 5) != CONFORM_PASS)
		return CONFORM_UNEXPECTED;
	ring = foo_front_ring_of(&g->mem, &g->q[g->work].ring, -1);
	ring.desc = 0x1000;
	if (ctx->c->arg == FOO_FRONT_SET_VRING_NUM)
		ret = foo_front_set_vring_num(&g->front, g->work, 32768);
	else if (ctx->c->arg == FOO_FRONT_SET_VRING_BASE)
		ret = foo_front_set_vring_base(&g->front, g->work, 12345);
	else
		ret = foo_front_set_vring_addr(&g->front, g->work, &ring);
	if (ret == 0)
		return conform_observe_work(ctx, 3);
	return refusal(ctx, ret);
}

/* ENABLE comes first of all, as QEMU does it. */
static enum conform_reaction
enable_first(struct conform_ctx *ctx)
{
	struct foo_front *f = &ctx->g->front;
	const uint64_t features = f->features;
	int ret = 0;

	if (!foo_front_has(f, FOO_FRONT_F_PROTOCOL_FEATURES)) {
		conform_note(ctx, "there is no ENABLE without protocol features");
		return CONFORM_NOT_RUN;
	}
	if (conform_prepare(ctx) != 0)
		return CONFORM_HUNG;
	for (unsigned int i = 0; i < ctx->g->nqueues && ret == 0; i++)
		ret = foo_front_set_vring_enable(f, i, true);
	f->features &= ~CONFORM_BIT(FOO_FRONT_F_PROTOCOL_FEATURES); /* no ENABLE at the end */
	if (ret == 0)
		ret = conform_guest_start(ctx->g);
	f->features = features;
	return ret == 0 ? conform_observe_work(ctx, 5) : conform_reaction_of(ret);
}

/* Stop and start again on new rings. */
static enum conform_reaction
stop_start(struct conform_ctx *ctx)
{
	enum conform_reaction r = CONFORM_PASS;
	int ret;

	for (unsigned int round = 0; round < 5 && r == CONFORM_PASS; round++) {
		r = conform_observe_work(ctx, 7);
		ret = r == CONFORM_PASS ? conform_guest_restart(ctx->g) : 0;
		if (ret != 0)
			return conform_reaction_of(ret);
	}
	return r == CONFORM_PASS ? conform_observe_work(ctx, 7) : r;
}

/* Stop a ring; its base must be where the driver knows the device to be. */
static int
stop_at(struct conform_ctx *ctx, unsigned int i, struct foo_front_ring *ring)
{
	struct conform_guest *g = ctx->g;
	uint16_t base;
	int ret;

	ret = foo_front_stop_queue(&g->front, i, &base);
	conform_poll(g);
	*ring = foo_front_ring_of(&g->mem, &g->q[i].ring, g->q[i].call);
	if (ret == 0 && i == g->work && base != ring->base) {
		conform_note(ctx, "GET_VRING_BASE says 0x%x, the ring is at 0x%x", base,
			     ring->base);
		return -EPROTO;
	}
	ring->base = base;
	return ret;
}

/* Go on where GET_VRING_BASE says: all rings at once, or one after the other. */
static enum conform_reaction
stop_resume(struct conform_ctx *ctx)
{
	struct conform_guest *g = ctx->g;
	enum conform_reaction r = CONFORM_PASS;
	struct foo_front_ring ring[2];
	int ret = 0;

	for (unsigned int round = 0; round < 5 && r == CONFORM_PASS; round++) {
		r = conform_observe_work(ctx, 7);
		for (unsigned int i = 0; i < g->nqueues && ret == 0 && r == CONFORM_PASS; i++) {
			ret = stop_at(ctx, i, &ring[i]);
			if (ret == 0 && ctx->c->arg)
				ret = foo_front_start_queue(&g->front, i, &ring[i]);
		}
		for (unsigned int i = 0; i < g->nqueues && ret == 0 && !ctx->c->arg; i++)
			ret = foo_front_start_queue(&g->front, i, &ring[i]);
		if (ret != 0)
			return conform_reaction_of(ret);
	}
	return r == CONFORM_PASS ? conform_observe_work(ctx, 7) : r;
}

/* Start all rings with this file in place of every kick or call file; then valid work. */
static enum conform_reaction
start_with(struct conform_ctx *ctx, int fd, bool call)
{
	struct conform_guest *g = ctx->g;
	struct foo_front_ring ring;
	int ret = 0;

	if (conform_prepare(ctx) != 0)
		return CONFORM_HUNG;
	for (unsigned int i = 0; i < g->nqueues && ret == 0; i++) {
		ring = foo_front_ring_of(&g->mem, &g->q[i].ring, call ? fd : g->q[i].call);
		if (!call)
			ring.kickfd = fd;
		ret = foo_front_start_queue(&g->front, i, &ring);
	}
	if (ret == 0)
		ret = foo_front_driver_ok(&g->front);
	return ret == 0 ? conform_observe_work(ctx, 1) : refusal(ctx, ret);
}

/* Files that are no eventfds. */
static enum conform_reaction
odd_eventfd(struct conform_ctx *ctx)
{
	static const char *const name[] = {"a memory file", "/dev/zero"};
	const int odd[] = {memfd_create("odd", MFD_CLOEXEC), open("/dev/zero", O_RDWR | O_CLOEXEC)};

	for (unsigned int i = 0; i < 4 && conform_may_go_on(ctx); i++)
		conform_try(ctx, start_with(ctx, odd[i / 2], i % 2 != 0), name[i / 2]);
	close(odd[0]);
	close(odd[1]);
	return ctx->total;
}

/* An eventfd that blocks whoever writes to it. Alone: a back-end may lock such a guest out. */
static enum conform_reaction
full_eventfd(struct conform_ctx *ctx)
{
	const int full = eventfd(0, EFD_CLOEXEC);
	enum conform_reaction r;

	eventfd_write(full, UINT64_MAX - 1);
	r = start_with(ctx, full, true);
	close(full);
	return r;
}

/* Without eventfds: payload bit 8. The device polls, and calls nobody. */
static enum conform_reaction
no_call(struct conform_ctx *ctx)
{
	struct conform_guest *g = ctx->g;
	int ret = 0;

	for (unsigned int i = 0; i < g->nqueues && ret == 0; i++)
		ret = foo_front_set_vring_call(&g->front, i, -1);
	return ret == 0 ? conform_observe_work(ctx, 5) : conform_reaction_of(ret);
}

static enum conform_reaction
err_fd(struct conform_ctx *ctx)
{
	struct conform_guest *g = ctx->g;
	const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int ret = foo_front_set_vring_err(&g->front, 0, fd);

	close(fd);
	return ret == 0 ? conform_observe_work(ctx, 5) : conform_reaction_of(ret);
}

/* Another interrupt file while the queue runs: the next interrupt comes there. */
static enum conform_reaction
call_swapped(struct conform_ctx *ctx)
{
	struct conform_queue *q = &ctx->g->q[ctx->g->work];
	eventfd_t count;
	int ret;

	for (unsigned int i = 0; i < 5; i++) {
		close(q->call);
		q->call = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		ret = foo_front_set_vring_call(&ctx->g->front, ctx->g->work, q->call);
		if (ret != 0)
			return conform_reaction_of(ret);
		foo_guest_ring_calls_enable(&q->ring, 0);
		if (conform_observe_work(ctx, 1) != CONFORM_PASS)
			return CONFORM_UNEXPECTED;
		for (int ms = 0; eventfd_read(q->call, &count) != 0; ms++) {
			if (ms > ctx->g->set.timeout_ms) {
				conform_note(ctx, "no interrupt by the new eventfd");
				return CONFORM_UNEXPECTED;
			}
			usleep(1000);
		}
	}
	return CONFORM_PASS;
}

#define CTL CONFORM_BOTH, CONFORM_ANY, CONFORM_RAW, 0
#define CTL_OPEN CONFORM_BOTH, CONFORM_ANY, 0, 0
#define FORMATS CONFORM_BOTH, CONFORM_EITHER, CONFORM_RAW, 0
#define BAD CONFORM_OURS, REFUSAL
#define BAD_OR_STILL CONFORM_OURS, REFUSAL | CONFORM_SET(BROKEN)
#define ANYTHING CONFORM_OURS, CONFORM_CONTAINED | CONFORM_SET(PASS)
#define VALID CONFORM_SPEC, CONFORM_SET(PASS)
#define RST "vhost-user.rst, "

static const struct conform_case cases[] = {
	{"ctl.ring-index-num", "SET_VRING_NUM of rings that the device lacks", RST "Message types",
	 BAD, CTL, ring_index, FOO_FRONT_SET_VRING_NUM},
	{"ctl.ring-index-base", "SET_VRING_BASE of such rings", RST "Message types", BAD, CTL,
	 ring_index, FOO_FRONT_SET_VRING_BASE},
	{"ctl.ring-index-addr", "SET_VRING_ADDR of such rings", RST "Message types", BAD, CTL,
	 ring_index, FOO_FRONT_SET_VRING_ADDR},
	{"ctl.ring-index-enable", "SET_VRING_ENABLE of such rings", RST "Message types", BAD, CTL,
	 ring_index, FOO_FRONT_SET_VRING_ENABLE},
	{"ctl.ring-index-get-base", "GET_VRING_BASE of such rings", RST "Message types", BAD, CTL,
	 ring_index, FOO_FRONT_GET_VRING_BASE},
	{"ctl.ring-index-kick", "SET_VRING_KICK of such rings", RST "Message types", BAD, CTL,
	 ring_index, FOO_FRONT_SET_VRING_KICK},
	{"ctl.ring-index-call", "SET_VRING_CALL of such rings", RST "Message types", BAD, CTL,
	 ring_index, FOO_FRONT_SET_VRING_CALL},
	{"ctl.ring-size", "sizes 0, above 32768, and (split) no power of two",
	 "VIRTIO 1.2, 2.7, 2.8.11", BAD_OR_STILL, FORMATS, ring_size, 0},
	{"ctl.ring-unaligned", "an area of a ring at an odd address", "VIRTIO 1.2, 2.7, 2.8.10.1",
	 BAD_OR_STILL, FORMATS, ring_address, AREA_UNALIGNED},
	{"ctl.ring-unmapped", "an area of a ring in no region", RST "Ring states", BAD_OR_STILL,
	 FORMATS, ring_address, AREA_UNMAPPED},
	{"ctl.ring-wraps", "an area of a ring around the end of addresses", RST "Ring states",
	 BAD_OR_STILL, FORMATS, ring_address, AREA_WRAPS},
	{"ctl.ring-past-region", "an area of a ring that leaves its region", RST "Ring states",
	 BAD_OR_STILL, FORMATS, ring_address, AREA_AT_END},
	{"ctl.addr-before-memory", "ring addresses without SET_MEM_TABLE",
	 RST "Migration, Memory access", BAD_OR_STILL, CTL, addr_before_memory, 0},
	{"ctl.stop-unstarted", "GET_VRING_BASE of a ring that was never started", RST "Ring states",
	 ANYTHING, CTL, stop_unstarted, 0},
	{"ctl.kick-before-features", "a ring is started before SET_FEATURES", RST "Ring states",
	 BAD_OR_STILL, CTL, kick_before_features, 0},
	{"ctl.features-unoffered", "features that were not offered", "VIRTIO 1.2, 2.2.1", BAD, CTL,
	 features_unoffered, 0},
	{"ctl.protocol-features-unoffered", "protocol features that were not offered",
	 RST "Protocol features", BAD, CTL, protocol_unoffered, 0},
	{"ctl.features-while-running", "another ring format while rings run", "VIRTIO 1.2, 3.1.1",
	 BAD, CTL_OPEN, features_while_running, 0},
	{"ctl.num-while-running", "SET_VRING_NUM of a ring that runs", RST "Ring states", ANYTHING,
	 CTL_OPEN, set_while_running, FOO_FRONT_SET_VRING_NUM},
	{"ctl.base-while-running", "SET_VRING_BASE of a ring that runs", RST "Ring states",
	 ANYTHING, CTL_OPEN, set_while_running, FOO_FRONT_SET_VRING_BASE},
	{"ctl.addr-while-running", "SET_VRING_ADDR of a ring that runs, into nowhere",
	 RST "Ring states", ANYTHING, CTL_OPEN, set_while_running, FOO_FRONT_SET_VRING_ADDR},
	{"ctl.enable-first", "rings are enabled before they are described", RST "Ring states",
	 VALID, CTL_OPEN, enable_first, 0},
	{"ctl.stop-start", "rings are stopped, and new ones started", RST "Ring states", VALID,
	 CONFORM_BOTH, CONFORM_EITHER, 0, 0, stop_start, 0},
	{"ctl.stop-resume", "rings are stopped and go on where GET_VRING_BASE says",
	 RST "Ring states", VALID, CONFORM_BOTH, CONFORM_EITHER, 0, 0, stop_resume, 0},
	{"ctl.stop-resume-each", "the same with one ring after the other", RST "Ring states", VALID,
	 CONFORM_NET, CONFORM_EITHER, 0, 0, stop_resume, 1},
	{"ctl.odd-eventfds", "kick and call files that are no eventfds",
	 RST "Front-end message types", ANYTHING, CTL, odd_eventfd, 0},
	{"ctl.full-eventfd", "a call file that blocks whoever writes to it",
	 RST "Front-end message types", ANYTHING, CTL, full_eventfd, 0},
	{"ctl.no-call-file", "SET_VRING_CALL without a file", RST "Front-end message types", VALID,
	 CTL_OPEN, no_call, 0},
	{"ctl.err-file", "SET_VRING_ERR with a file", RST "Front-end message types", VALID,
	 CTL_OPEN, err_fd, 0},
	{"ctl.call-swapped", "another call file while the ring runs", RST "Front-end message types",
	 VALID, CTL_OPEN, call_swapped, 0},
};

const struct conform_group conform_ctl_group = {cases, sizeof(cases) / sizeof(cases[0])};
