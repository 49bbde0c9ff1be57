/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* Bytes on the socket, and connections. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conform_ctx.h"

#define ASK (FOO_FRONT_VERSION | FOO_FRONT_NEED_REPLY)
#define REFUSAL (CONFORM_SET(REFUSED) | CONFORM_SET(DROPPED))

/* Connections of a storm. */
#define STORM 300

static struct foo_front *
connect_only(struct conform_ctx *ctx)
{
	conform_guest_close(ctx->g);
	conform_guest_init(ctx->g);
	if (conform_guest_connect(ctx->g, ctx->base_set) == 0)
		return &ctx->g->front;
	ctx->total = CONFORM_HUNG;
	return NULL;
}

/* What came of a message that asked for an answer. An empty answer is how GET_CONFIG refuses. */
static enum conform_reaction
answer(struct conform_ctx *ctx)
{
	struct foo_front *f = &ctx->g->front;
	struct foo_front_msg reply;
	uint64_t ignored;
	int ret;

	if (!foo_front_has_proto(f, FOO_FRONT_P_REPLY_ACK))
		ret = foo_front_get_features(f, &ignored);
	else
		ret = foo_front_recv(f, &reply);
	if (ret != 0 || !foo_front_has_proto(f, FOO_FRONT_P_REPLY_ACK))
		return conform_reaction_of(ret);
	foo_front_msg_close(&reply);
	if (reply.size == 0)
		return CONFORM_REFUSED;
	return reply.size == sizeof(reply.u64) && reply.u64 != 0 ? CONFORM_REFUSED : CONFORM_PASS;
}

static enum conform_reaction
unknown_request(struct conform_ctx *ctx)
{
	static const uint32_t id[] = {0, 23, 99, 255, 256, 0x7fffffff, 0xffffffff};
	const char payload[16] = {0};
	char what[32];

	for (unsigned int i = 0; i < sizeof(id) / sizeof(id[0]) && conform_may_go_on(ctx); i++) {
		struct foo_front *f = connect_only(ctx);

		if (f == NULL)
			break;
		snprintf(what, sizeof(what), "request %u", id[i]);
		foo_front_send(f, id[i], ASK, payload, sizeof(payload), NULL, 0);
		conform_try(ctx, answer(ctx), what);
	}
	return ctx->total;
}

/* Payloads of any size but the right one. */
static enum conform_reaction
wrong_size(struct conform_ctx *ctx)
{
	static const uint32_t request[] = {FOO_FRONT_SET_FEATURES,   FOO_FRONT_SET_MEM_TABLE,
					   FOO_FRONT_SET_VRING_NUM,  FOO_FRONT_SET_VRING_ADDR,
					   FOO_FRONT_SET_VRING_KICK, FOO_FRONT_SET_VRING_ENABLE};
	static const size_t size[] = {0, 1, 7, 300};
	const char payload[512] = {0};
	char what[48];

	for (unsigned int i = 0; i < 24 && conform_may_go_on(ctx); i++) {
		struct foo_front *f = connect_only(ctx);

		if (f == NULL)
			break;
		snprintf(what, sizeof(what), "request %u with %zu bytes", request[i / 4],
			 size[i % 4]);
		foo_front_send(f, request[i / 4], ASK, payload, size[i % 4], NULL, 0);
		conform_try(ctx, answer(ctx), what);
	}
	return ctx->total;
}

/* A size field beyond every payload: nobody should wait for so many bytes. */
static enum conform_reaction
huge_size(struct conform_ctx *ctx)
{
	static const uint32_t size[] = {65536, 0x7fffffff, 0x80000000, 0xffffffff};
	unsigned char buf[FOO_FRONT_HDR_SIZE + 64] = {0};
	char what[32];

	for (unsigned int i = 0; i < 4 && conform_may_go_on(ctx); i++) {
		struct foo_front *f = connect_only(ctx);

		if (f == NULL)
			break;
		snprintf(what, sizeof(what), "size 0x%x", size[i]);
		foo_front_compose(buf, FOO_FRONT_SET_FEATURES, ASK, size[i], NULL, 0);
		foo_front_send_bytes(f, buf, sizeof(buf), NULL, 0);
		conform_try(ctx, answer(ctx), what);
	}
	return ctx->total;
}

/* Header flags that no request has. */
static enum conform_reaction
wrong_flags(struct conform_ctx *ctx)
{
	static const uint32_t flags[] = {0, 2, 3, FOO_FRONT_VERSION | FOO_FRONT_REPLY};
	char what[32];

	for (unsigned int i = 0; i < 4 && conform_may_go_on(ctx); i++) {
		struct foo_front *f = connect_only(ctx);
		struct foo_front_msg reply;
		int ret;

		if (f == NULL)
			break;
		snprintf(what, sizeof(what), "flags 0x%x", flags[i]);
		ret = foo_front_send(f, FOO_FRONT_GET_FEATURES, flags[i], NULL, 0, NULL, 0);
		if (ret == 0)
			ret = foo_front_recv(f, &reply);
		if (ret == 0)
			foo_front_msg_close(&reply);
		conform_try(ctx, conform_reaction_of(ret), what);
	}
	return ctx->total;
}

/* Files with every message, one or a lot; then none where one must be. */
static enum conform_reaction
wrong_files(struct conform_ctx *ctx)
{
	static const unsigned int count[] = {1, 9, 64};
	const uint64_t payload[6] = {0};
	int fd[FOO_FRONT_MAX_FDS];

	for (unsigned int i = 0; i < FOO_FRONT_MAX_FDS; i++)
		fd[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (uint32_t i = 3; i <= 3 * FOO_FRONT_GET_STATUS && conform_may_go_on(ctx); i++) {
		struct foo_front *f = connect_only(ctx);
		uint32_t request = i / 3;

		if (f == NULL)
			break;
		/* what waits for a postcopy or a display that never comes is no fault */
		if (request >= FOO_FRONT_POSTCOPY_ADVISE && request <= FOO_FRONT_POSTCOPY_END)
			continue;
		foo_front_send(f, request, ASK, payload, request % 2 ? 8 : sizeof(payload), fd,
			       count[i % 3]);
		f->timeout_ms = 100;
		foo_front_get_features(f, &(uint64_t){0});
	}
	for (unsigned int i = 0; i < FOO_FRONT_MAX_FDS; i++)
		close(fd[i]);
	return ctx->total == CONFORM_HUNG ? CONFORM_HUNG : CONFORM_REFUSED;
}

static enum conform_reaction
missing_file(struct conform_ctx *ctx)
{
	struct foo_front *f = connect_only(ctx);
	const uint64_t index = 0;

	if (f == NULL)
		return CONFORM_HUNG;
	foo_front_send(f, FOO_FRONT_SET_VRING_KICK, ASK, &index, sizeof(index), NULL, 0);
	return answer(ctx);
}

/* Files come with the second half of a message. */
static enum conform_reaction
late_files(struct conform_ctx *ctx)
{
	const int fd = eventfd(0, EFD_CLOEXEC);
	const uint64_t index = 0;
	unsigned char buf[64];

	for (unsigned int i = 0; i < 5 && conform_may_go_on(ctx); i++) {
		struct foo_front *f = connect_only(ctx);
		size_t n;

		if (f == NULL)
			break;
		n = foo_front_compose(buf, FOO_FRONT_SET_VRING_CALL, ASK, sizeof(index), &index,
				      sizeof(index));
		foo_front_send_bytes(f, buf, 14, NULL, 0);
		usleep(2000);
		foo_front_send_bytes(f, buf + 14, n - 14, &fd, 1);
		conform_try(ctx, answer(ctx), NULL);
	}
	close(fd);
	return ctx->total;
}

/* A message stops in the middle, and the connection ends. */
static enum conform_reaction
truncated(struct conform_ctx *ctx)
{
	static const size_t at[] = {1, 11, 12, 13, 19};
	const uint64_t features = 0;
	unsigned char buf[64];

	for (unsigned int i = 0; i < 5; i++) {
		struct foo_front *f = connect_only(ctx);

		if (f == NULL)
			return CONFORM_HUNG;
		foo_front_compose(buf, FOO_FRONT_SET_FEATURES, FOO_FRONT_VERSION, sizeof(features),
				  &features, sizeof(features));
		foo_front_send_bytes(f, buf, at[i], NULL, 0);
		usleep(10000);
		conform_try(ctx, conform_observe_other(ctx, CONFORM_DROPPED), "meanwhile");
		conform_guest_close(ctx->g);
	}
	return ctx->total;
}

/* Byte by byte: carried out, or the connection ends. */
static enum conform_reaction
slow(struct conform_ctx *ctx)
{
	struct foo_front *f = connect_only(ctx);
	unsigned char buf[64];
	size_t n;
	int ret;

	if (f == NULL)
		return CONFORM_HUNG;
	n = foo_front_compose(buf, FOO_FRONT_SET_FEATURES, ASK, sizeof(f->features), &f->features,
			      sizeof(f->features));
	ret = foo_front_send_slowly(f, buf, n / 2, NULL, 0, 1, 3000);
	conform_try(ctx, conform_observe_other(ctx, CONFORM_PASS), "meanwhile");
	if (ret == 0)
		ret = foo_front_send_slowly(f, buf + n / 2, n - n / 2, NULL, 0, 1, 3000);
	conform_try(ctx, ret == 0 ? answer(ctx) : conform_reaction_of(ret), "at its end");
	return ctx->total;
}

/* Requests without end whose answers are not read. */
static enum conform_reaction
answers_unread(struct conform_ctx *ctx)
{
	struct foo_front *f = connect_only(ctx);
	unsigned char buf[FOO_FRONT_HDR_SIZE * 64];

	if (f == NULL)
		return CONFORM_HUNG;
	for (unsigned int i = 0; i < 64; i++)
		foo_front_compose(buf + (size_t)FOO_FRONT_HDR_SIZE * i, FOO_FRONT_GET_FEATURES,
				  FOO_FRONT_VERSION, 0, NULL, 0);
	f->timeout_ms = 300;
	for (unsigned int i = 0; i < 2000; i++)
		if (foo_front_send_bytes(f, buf, sizeof(buf), NULL, 0) != 0)
			break;
	return conform_observe_other(ctx, CONFORM_DROPPED);
}

/* Many requests in one write are answered in order. */
static enum conform_reaction
pipelined(struct conform_ctx *ctx)
{
	struct foo_front *f = connect_only(ctx);
	unsigned char buf[FOO_FRONT_HDR_SIZE * 50];
	struct foo_front_msg reply;
	int ret;

	if (f == NULL)
		return CONFORM_HUNG;
	for (unsigned int i = 0; i < 50; i++)
		foo_front_compose(buf + (size_t)FOO_FRONT_HDR_SIZE * i,
				  i % 2 ? FOO_FRONT_GET_FEATURES : FOO_FRONT_GET_PROTOCOL_FEATURES,
				  FOO_FRONT_VERSION, 0, NULL, 0);
	ret = foo_front_send_bytes(f, buf, sizeof(buf), NULL, 0);
	for (unsigned int i = 0; i < 50 && ret == 0; i++) {
		ret = foo_front_recv(f, &reply);
		if (ret != 0)
			break;
		foo_front_msg_close(&reply);
		if (reply.request !=
		    (i % 2 ? FOO_FRONT_GET_FEATURES : FOO_FRONT_GET_PROTOCOL_FEATURES))
			ret = -EPROTO;
	}
	return conform_reaction_of(ret);
}

static enum conform_reaction
random_bytes(struct conform_ctx *ctx)
{
	unsigned char buf[512];
	unsigned int seed = 1;

	for (unsigned int i = 0; i < 60; i++) {
		struct foo_front *f = connect_only(ctx);

		if (f == NULL)
			return CONFORM_HUNG;
		for (unsigned int j = 0; j < sizeof(buf); j++)
			buf[j] = (unsigned char)(rand_r(&seed) >> 8);
		if (i % 2) { /* at least the request is a real one */
			memset(buf, 0, FOO_FRONT_HDR_SIZE);
			buf[0] = (unsigned char)(1 + i % 42);
			buf[4] = FOO_FRONT_VERSION;
			buf[8] = (unsigned char)(rand_r(&seed) >> 8);
		}
		foo_front_send_bytes(f, buf, sizeof(buf), NULL, 0);
		foo_front_wait_closed(f, 5);
	}
	return CONFORM_DROPPED;
}

/* Connections that say nothing, or negotiate and leave. */
static enum conform_reaction
reconnect_storm(struct conform_ctx *ctx)
{
	for (unsigned int i = 0; i < STORM; i++) {
		if (i % 10 == 9) {
			if (connect_only(ctx) == NULL)
				return CONFORM_HUNG;
			continue;
		}
		conform_guest_close(ctx->g);
		conform_guest_init(ctx->g);
		ctx->g->front.timeout_ms = ctx->base_set->timeout_ms;
		if (foo_front_connect(&ctx->g->front, ctx->base_set->path) != 0)
			return CONFORM_HUNG;
	}
	return CONFORM_PASS;
}

/* The front-end goes in the middle of its work, its memory with it. */
static enum conform_reaction
closed_at_work(struct conform_ctx *ctx)
{
	struct conform_guest *g = ctx->g;
	struct foo_guest_buf buf[3];

	for (unsigned int i = 0; i < 10; i++) {
		if (conform_reopen(ctx, ctx->base_set) != 0)
			return CONFORM_HUNG;
		for (unsigned int k = 0; k < CONFORM_SIZE / 4; k++) {
			const uint16_t n = conform_valid_chain(g, buf);

			conform_add(g, g->work, buf, n, FOO_GUEST_DIRECT);
		}
		conform_publish(g, g->work);
		conform_guest_close(g);
	}
	return CONFORM_PASS;
}

/* A second front-end while one works: the first must not notice. */
static enum conform_reaction
second_front_end(struct conform_ctx *ctx)
{
	struct foo_front second;
	enum conform_reaction r = CONFORM_PASS;
	uint64_t features;

	for (unsigned int i = 0; i < 3 && r == CONFORM_PASS; i++) {
		foo_front_init(&second);
		second.timeout_ms = 300;
		if (foo_front_connect(&second, ctx->base_set->path) == 0)
			foo_front_get_features(&second, &features);
		r = conform_observe_work(ctx, 5);
		foo_front_fini(&second);
		if (r == CONFORM_PASS)
			r = conform_observe_work(ctx, 5);
	}
	return r;
}

/* Configuration space with any offset and size. */
static enum conform_reaction
config_range(struct conform_ctx *ctx)
{
	static const struct foo_front_wire_config bad[] = {
		{.offset = 200, .size = 100},        {.offset = 0xffffffff, .size = 1},
		{.offset = 0xffffff00, .size = 256}, {.offset = 0, .size = 0xffffffff},
		{.offset = 256, .size = 1},          {.offset = 1, .size = 0x80000000},
	};
	const size_t head = offsetof(struct foo_front_wire_config, data);
	struct foo_front_msg reply;
	char what[64];

	if (!(ctx->be->proto & CONFORM_BIT(FOO_FRONT_P_CONFIG))) {
		conform_note(ctx, "CONFIG is not offered");
		return CONFORM_NOT_RUN;
	}
	for (unsigned int i = 0; i < 6 && conform_may_go_on(ctx); i++) {
		struct foo_front *f = connect_only(ctx);
		int ret;

		if (f == NULL)
			break;
		snprintf(what, sizeof(what), "offset 0x%x, size 0x%x", bad[i].offset, bad[i].size);
		ret = foo_front_ask(f, FOO_FRONT_GET_CONFIG, &bad[i],
				    head + (bad[i].size > 256 ? 256 : bad[i].size), NULL, 0,
				    &reply);
		if (ret == 0) {
			foo_front_msg_close(&reply);
			if (reply.size == 0)
				ret = -EREMOTEIO;
		}
		conform_try(ctx, conform_reaction_of(ret), what);
	}
	return ctx->total;
}

/* In-flight tables that are none. */
static enum conform_reaction
inflight(struct conform_ctx *ctx)
{
	static const struct foo_front_wire_inflight bad[] = {
		{.num_queues = 65535, .queue_size = 65535},
		{.num_queues = 2, .queue_size = 64, .mmap_size = 1},
		{.num_queues = 2, .queue_size = 64, .mmap_size = UINT64_MAX},
		{.num_queues = 2, .queue_size = 64, .mmap_size = 4096, .mmap_offset = 1 << 30},
	};
	const int fd = memfd_create("inflight", MFD_CLOEXEC);
	char what[32];

	if (fd < 0 || ftruncate(fd, 4096) != 0)
		return CONFORM_UNEXPECTED;
	for (unsigned int i = 0; i < 4 && conform_may_go_on(ctx); i++) {
		struct foo_front *f = connect_only(ctx);

		if (f == NULL)
			break;
		snprintf(what, sizeof(what), "table %u", i);
		conform_try(ctx, conform_reaction_of(foo_front_set_inflight(f, &bad[i], fd)), what);
	}
	close(fd);
	return ctx->total;
}

/* A dirty log that its file is too small for. */
static enum conform_reaction
log_beyond(struct conform_ctx *ctx)
{
	static const struct foo_front_wire_log bad[] = {
		{.size = 1 << 20}, {.size = 4096, .offset = 4096}, {.size = 4096, .offset = -4096}};
	const int fd = memfd_create("log", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, 4096) != 0)
		return CONFORM_UNEXPECTED;
	for (unsigned int i = 0; i < 3 && conform_may_go_on(ctx); i++) {
		struct foo_front *f = connect_only(ctx);

		if (f == NULL)
			break;
		foo_front_send(f, FOO_FRONT_SET_LOG_BASE, ASK, &bad[i], sizeof(bad[i]), &fd, 1);
		conform_try(ctx, answer(ctx), "a log beyond its file");
	}
	close(fd);
	return ctx->total;
}

#define RAW CONFORM_BOTH, CONFORM_ANY, CONFORM_RAW, 0
#define BAD CONFORM_OURS, REFUSAL, RAW
#define ANY_END CONFORM_OURS, REFUSAL | CONFORM_SET(PASS), RAW
#define RST "vhost-user.rst, "

static const struct conform_case cases[] = {
	{"ctl.unknown-request", "requests that do not exist", RST "Communication", BAD,
	 unknown_request, 0},
	{"ctl.payload-size", "payloads of another size than the request has", RST "Message layout",
	 BAD, wrong_size, 0},
	{"ctl.payload-huge", "size fields beyond every payload", RST "Message layout", BAD,
	 huge_size, 0},
	{"ctl.header-flags", "another version, or a reply where a request belongs", RST "Header",
	 BAD, wrong_flags, 0},
	{"ctl.files-unexpected", "files, up to 64, with messages that take none or one",
	 RST "Communication", ANY_END, wrong_files, 0},
	{"ctl.files-missing", "SET_VRING_KICK without its file", RST "Front-end message types", BAD,
	 missing_file, 0},
	{"ctl.files-late", "the file comes with the second half of the message",
	 RST "Communication", ANY_END, late_files, 0},
	{"ctl.truncated", "a message stops in the middle", RST "Message layout", ANY_END, truncated,
	 0},
	{"ctl.slow-sender", "a message byte by byte", RST "Message layout", ANY_END, slow, 0},
	{"ctl.answers-unread", "requests without end, answers unread", RST "Communication", ANY_END,
	 answers_unread, 0},
	{"ctl.pipelined", "50 requests in one write", RST "Communication", CONFORM_OURS,
	 CONFORM_SET(PASS), RAW, pipelined, 0},
	{"ctl.random-bytes", "random bytes, and real requests with random payloads",
	 RST "Message layout", ANY_END, random_bytes, 0},
	{"ctl.reconnect-storm", "300 connections that say little", RST "Communication",
	 CONFORM_OURS, CONFORM_SET(PASS), RAW, reconnect_storm, 0},
	{"ctl.closed-at-work", "the front-end goes while its requests are carried out",
	 RST "Communication", CONFORM_OURS, CONFORM_SET(PASS), CONFORM_BOTH, CONFORM_EITHER,
	 CONFORM_RAW, 0, closed_at_work, 0},
	{"ctl.second-front-end", "a second front-end connects while the first works",
	 RST "Communication", CONFORM_OURS, CONFORM_SET(PASS), CONFORM_BOTH, CONFORM_ANY, 0, 0,
	 second_front_end, 0},
	{"ctl.config-range", "GET_CONFIG beyond the configuration space", RST "GET_CONFIG", BAD,
	 config_range, 0},
	{"ctl.inflight-table", "SET_INFLIGHT_FD with wild sizes", RST "Inflight I/O tracking", BAD,
	 inflight, 0},
	{"ctl.log-beyond-file", "a dirty log that its file is too small for", RST "Migration", BAD,
	 log_beyond, 0},
};

const struct conform_group conform_stream_group = {cases, sizeof(cases) / sizeof(cases[0])};
