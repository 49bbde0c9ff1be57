/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* Memory tables that lie, that change, and whose files shrink. */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conform_ctx.h"

#define MB (UINT64_C(1) << 20)
#define FILE_SIZE (4 * MB)
#define MAX_REGIONS 16

#define REFUSAL (CONFORM_SET(REFUSED) | CONFORM_SET(DROPPED))

/* A connection that has negotiated, and no memory. */
static int
connect_only(struct conform_ctx *ctx)
{
	conform_guest_close(ctx->g);
	conform_guest_init(ctx->g);
	return conform_guest_connect(ctx->g, ctx->base_set);
}

static int
make_file(void)
{
	int fd = memfd_create("conform", MFD_CLOEXEC);

	if (fd >= 0 && ftruncate(fd, FILE_SIZE) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* The table must be refused, with and without an answer to it. */
static void
try_table(struct conform_ctx *ctx, const struct foo_front_region *r, unsigned int n,
	  const char *what)
{
	uint64_t ignored;
	int ret;

	if (!conform_may_go_on(ctx))
		return;
	if (connect_only(ctx) != 0) {
		conform_try(ctx, CONFORM_HUNG, what);
		return;
	}
	ret = foo_front_set_mem_table(&ctx->g->front, r, n);
	if (ret == -EREMOTEIO && foo_front_get_features(&ctx->g->front, &ignored) != 0)
		ret = -ECONNRESET;
	conform_try(ctx, conform_reaction_of(ret), what);
}

/* Tables of one region. */
static const struct {
	const char *name;
	struct foo_front_region region;
} beyond[] =
	{
		{"a page more than the file", {.size = FILE_SIZE + 4096, .uva = MB}},
		{"2^40 bytes of a small file", {.size = UINT64_C(1) << 40, .uva = MB}},
		{"an offset of a page", {.size = FILE_SIZE, .uva = MB, .mmap_offset = 4096}},
		{"an offset at the file's end",
		 {.size = 4096, .uva = MB, .mmap_offset = FILE_SIZE}},
},
  wraps[] = {
	  {"guest address", {.gpa = UINT64_MAX - 4095, .size = 8192, .uva = MB}},
	  {"size of 2^64 - 1", {.size = UINT64_MAX, .uva = MB, .mmap_offset = MB}},
	  {"user address", {.size = 8192, .uva = UINT64_MAX - 4095}},
	  {"offset", {.size = 4096, .uva = MB, .mmap_offset = UINT64_MAX - 4095}},
};

static enum conform_reaction
region_wrong(struct conform_ctx *ctx)
{
	const int fd = make_file();
	struct foo_front_region r;

	for (unsigned int i = 0; i < 4; i++) {
		r = ctx->c->arg ? wraps[i].region : beyond[i].region;
		r.fd = fd;
		try_table(ctx, &r, 1, ctx->c->arg ? wraps[i].name : beyond[i].name);
	}
	close(fd);
	return ctx->total;
}

static enum conform_reaction
region_empty(struct conform_ctx *ctx)
{
	const int fd = make_file();
	const struct foo_front_region r = {.size = 0, .uva = MB, .fd = fd};

	try_table(ctx, &r, 1, "size 0");
	close(fd);
	return ctx->total;
}

static enum conform_reaction
overlap(struct conform_ctx *ctx)
{
	const int fd = make_file();
	struct foo_front_region r[3] = {
		{.gpa = 0, .size = MB, .uva = MB, .fd = fd},
		{.gpa = 4 * MB, .size = MB, .uva = 8 * MB, .fd = fd},
		{.gpa = MB - 4096, .size = 8192, .uva = 16 * MB, .fd = fd},
	};

	try_table(ctx, r, 3, "the last page of another");
	r[2].gpa = 4 * MB;
	try_table(ctx, r, 3, "the start of another");
	r[2].gpa = 3 * MB;
	r[2].size = 3 * MB;
	try_table(ctx, r, 3, "all of another");
	close(fd);
	return ctx->total;
}

static enum conform_reaction
region_count(struct conform_ctx *ctx)
{
	static const unsigned int none[] = {0}, many[] = {9, MAX_REGIONS};
	const unsigned int *n = ctx->c->arg ? many : none;
	struct foo_front_region r[MAX_REGIONS];
	const int fd = make_file();
	char what[32];

	for (unsigned int i = 0; i < MAX_REGIONS; i++)
		r[i] = (struct foo_front_region){
			.gpa = i * MB, .size = 4096, .uva = (i + 1) * MB, .fd = fd};
	for (int i = 0; i <= ctx->c->arg; i++) {
		snprintf(what, sizeof(what), "%u regions", n[i]);
		try_table(ctx, r, n[i], what);
	}
	close(fd);
	return ctx->total;
}

/* Regions, bytes and files that disagree. */
static enum conform_reaction
count_mismatch(struct conform_ctx *ctx)
{
	static const struct {
		uint32_t nregions;
		uint32_t len;
		unsigned int nfds;
	} bad[] = {
		{1, 8 + 32, 0},          {1, 8 + 32, 2},          {2, 8 + 64, 1},
		{8, 8 + 8 * 32, 0},      {8, 8 + 32, 8},          {1, 8, 1},
		{0xffffffff, 8 + 32, 1}, {0x08000001, 8 + 32, 1}, {1, 8 + 31, 1},
	};
	const int fd = make_file(), files[8] = {fd, fd, fd, fd, fd, fd, fd, fd};
	struct foo_front_msg msg = {0};
	char what[64];

	for (unsigned int i = 0; i < 8; i++)
		msg.mem.region[i] = (struct foo_front_wire_region){
			.gpa = i * MB, .size = 4096, .uva = (i + 1) * MB};
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]) && conform_may_go_on(ctx); i++) {
		struct foo_front *f = &ctx->g->front;

		snprintf(what, sizeof(what), "%u regions, %u bytes, %u files", bad[i].nregions,
			 bad[i].len, bad[i].nfds);
		if (connect_only(ctx) != 0) {
			conform_try(ctx, CONFORM_HUNG, what);
			break;
		}
		msg.mem.nregions = bad[i].nregions;
		conform_try(
			ctx,
			conform_reaction_of(foo_front_command(f, FOO_FRONT_SET_MEM_TABLE, msg.bytes,
							      bad[i].len, files, bad[i].nfds)),
			what);
	}
	close(fd);
	return ctx->total;
}

/* Files that cannot be memory. */
static enum conform_reaction
odd_files(struct conform_ctx *ctx)
{
	static const char *const name[] = {"a directory", "/dev/null", "a file to read only"};
	struct foo_front_region r = {.size = 4096, .uva = MB};
	const int memory = make_file();
	char path[64];
	int fd[3];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", memory);
	fd[0] = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd[1] = open("/dev/null", O_RDWR | O_CLOEXEC);
	fd[2] = open(path, O_RDONLY | O_CLOEXEC);
	for (unsigned int i = 0; i < 3; i++) {
		r.fd = fd[i];
		try_table(ctx, &r, 1, name[i]);
		close(fd[i]);
	}
	close(memory);
	return ctx->total;
}

/* Eight regions that touch, rings and buffers in all of them. */
static enum conform_reaction
eight_regions(struct conform_ctx *ctx)
{
	struct foo_guest_range range[8];
	struct conform_setup set = *ctx->base_set;
	int ret;

	for (unsigned int i = 0; i < 8; i++)
		range[i] = (struct foo_guest_range){.gpa = i * 512 * 1024, .size = 512 * 1024};
	set.range = range;
	set.nranges = 8;
	ret = conform_reopen(ctx, &set);
	return ret != 0 ? conform_reaction_of(ret) : conform_observe_work(ctx, CONFORM_SIZE + 8);
}

/* Regions that begin in the middle of their files. */
static enum conform_reaction
offsets(struct conform_ctx *ctx)
{
	struct conform_guest *g = ctx->g;
	struct foo_front_region r[3];
	const uint64_t skip = (uint64_t)ctx->c->arg;
	int ret;

	ret = connect_only(ctx);
	if (ret == 0)
		ret = foo_guest_mem_create(&g->mem, g->set.range, g->set.nranges, 0);
	if (ret != 0)
		return CONFORM_HUNG;
	for (unsigned int i = 0; i < 3; i++)
		r[i] = (struct foo_front_region){.gpa = g->mem.region[i].gpa + skip,
						 .size = g->mem.region[i].size - skip,
						 .uva = (uintptr_t)g->mem.region[i].va + skip,
						 .mmap_offset = skip,
						 .fd = g->mem.region[i].fd};
	ret = foo_front_set_mem_table(&g->front, r, 3);
	foo_guest_mem_alloc(&g->mem, skip, 4096);
	if (ret == 0)
		ret = conform_guest_rings(g);
	if (ret == 0)
		ret = conform_guest_start(g);
	return ret != 0 ? conform_reaction_of(ret) : conform_observe_work(ctx, 20);
}

/* The same table again, by other files of the same memory, between packets and requests. */
static enum conform_reaction
table_again(struct conform_ctx *ctx)
{
	struct conform_guest *g = ctx->g;
	enum conform_reaction r = CONFORM_PASS;
	int ret;

	for (unsigned int i = 0; i < 10 && r == CONFORM_PASS; i++) {
		r = conform_observe_work(ctx, 3);
		ret = foo_front_set_mem(&g->front, &g->mem);
		if (ret != 0)
			return conform_reaction_of(ret);
	}
	return r == CONFORM_PASS ? conform_observe_work(ctx, 5) : r;
}

/* The rings leave the table while they run, and come back. */
static enum conform_reaction
rings_unmapped(struct conform_ctx *ctx)
{
	struct conform_guest *g = ctx->g;
	const struct foo_front_region r = {.gpa = g->mem.region[2].gpa,
					   .size = g->mem.region[2].size,
					   .uva = (uintptr_t)g->mem.region[2].va,
					   .fd = g->mem.region[2].fd};
	struct foo_guest_buf buf[3];
	uint16_t n;
	int ret;

	ret = foo_front_set_mem_table(&g->front, &r, 1);
	if (ret != 0)
		return conform_reaction_of(ret);
	n = conform_valid_chain(g, buf);
	conform_add(g, g->work, buf, n, FOO_GUEST_DIRECT);
	conform_publish(g, g->work);
	usleep(20000);
	ret = foo_front_set_mem(&g->front, &g->mem);
	return ret != 0 ? conform_reaction_of(ret) : conform_observe_work(ctx, 1);
}

/* Files that can shrink. */
static int
unseal(struct conform_ctx *ctx)
{
	struct conform_setup set = *ctx->base_set;

	set.unsealed = true;
	return conform_reopen(ctx, &set);
}

/* Let a region's file be empty, or whole again: then with zeros, but to be touched safely. */
static int
resize(struct conform_ctx *ctx, unsigned int region, bool whole)
{
	const struct foo_guest_region *r = &ctx->g->mem.region[region];

	return ftruncate(r->fd, whole ? (off_t)r->size : 0);
}

/* The payload's file shrinks under the mapping: what the device touches next raises SIGBUS. */
static enum conform_reaction
payload_shrinks(struct conform_ctx *ctx)
{
	struct foo_guest_buf buf[3];
	enum conform_reaction r;
	uint16_t n;

	if (unseal(ctx) != 0 || conform_observe_work(ctx, 3) != CONFORM_PASS)
		return CONFORM_UNEXPECTED;
	n = conform_bad_chain(ctx, buf);
	buf[n == 1 ? 0 : 1].gpa = CONFORM_HIGH;
	if (resize(ctx, 2, false) != 0)
		return CONFORM_UNEXPECTED;
	r = conform_send(ctx, buf, n, FOO_GUEST_DIRECT);
	return resize(ctx, 2, true) == 0 ? r : CONFORM_UNEXPECTED;
}

/* The rings' file, too. While it is gone, not even this process may look at them. */
static enum conform_reaction
rings_shrink(struct conform_ctx *ctx)
{
	struct conform_guest *g = ctx->g;
	struct foo_guest_buf buf[3];
	enum conform_reaction r;
	uint16_t n;

	if (unseal(ctx) != 0 || conform_observe_work(ctx, 3) != CONFORM_PASS)
		return CONFORM_UNEXPECTED;
	n = conform_bad_chain(ctx, buf);
	conform_add(g, g->work, buf, n, FOO_GUEST_DIRECT);
	conform_publish(g, g->work);
	if (resize(ctx, 0, false) != 0)
		return CONFORM_UNEXPECTED;
	foo_guest_ring_kick(&g->q[g->work].ring);
	usleep(50000);
	r = conform_observe_socket(ctx);
	return resize(ctx, 0, true) == 0 ? r : CONFORM_UNEXPECTED;
}

#define TABLE CONFORM_OURS, REFUSAL, CONFORM_BOTH, CONFORM_ANY, CONFORM_RAW, 0
#define ANYTHING CONFORM_OURS, CONFORM_CONTAINED | CONFORM_SET(PASS), CONFORM_BOTH
#define VALID CONFORM_SPEC, CONFORM_SET(PASS), CONFORM_BOTH
#define SECTION "vhost-user.rst, Memory region description"

static const struct conform_case cases[] = {
	{"ctl.mem-region-beyond-file", "a region that its file is too small for", SECTION, TABLE,
	 region_wrong, 0},
	{"ctl.mem-region-wraps", "a region around the end of addresses", SECTION, TABLE,
	 region_wrong, 1},
	{"ctl.mem-region-empty", "a region of size 0", SECTION, TABLE, region_empty, 0},
	{"ctl.mem-regions-overlap", "regions that overlap", SECTION, TABLE, overlap, 0},
	{"ctl.mem-regions-none", "a table without regions", SECTION, TABLE, region_count, 0},
	{"ctl.mem-regions-many", "a table of more than eight regions", SECTION, TABLE, region_count,
	 1},
	{"ctl.mem-count-mismatch", "regions, bytes and files of a table disagree", SECTION, TABLE,
	 count_mismatch, 0},
	{"ctl.mem-odd-files", "files that cannot be mapped for writing", SECTION, TABLE, odd_files,
	 0},
	{"ctl.mem-eight-regions", "eight adjacent regions with rings and buffers in them", SECTION,
	 VALID, CONFORM_ANY, 0, 0, eight_regions, 0},
	{"ctl.mem-offset", "regions that begin 64 KiB into their files", SECTION, VALID,
	 CONFORM_ANY, CONFORM_RAW, 0, offsets, 65536},
	{"ctl.mem-table-again", "the same table again between requests", SECTION, VALID,
	 CONFORM_EITHER, 0, 0, table_again, 0},
	{"ctl.mem-rings-unmapped", "the rings leave the table while they run", SECTION, ANYTHING,
	 CONFORM_EITHER, 0, 0, rings_unmapped, 0},
	{"ctl.mem-file-shrinks", "the payload's file shrinks under the mapping", SECTION, ANYTHING,
	 CONFORM_EITHER, 0, 0, payload_shrinks, 0},
	{"ctl.mem-rings-shrink", "the rings' file shrinks under the mapping", SECTION, ANYTHING,
	 CONFORM_EITHER, 0, 0, rings_shrink, 0},
};

const struct conform_group conform_mem_group = {cases, sizeof(cases) / sizeof(cases[0])};
