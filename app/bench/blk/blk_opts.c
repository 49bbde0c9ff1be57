/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>

#include "bench.h"
#include "blk_opts.h"
#include "blk_pattern.h"

#define T struct blk_opts

/* Queue size where none is asked for; larger ones where the depth needs them. */
#define QUEUE_SIZE 256

static const char *const mode_names[] = {
	[BLK_LOAD] = "load",
	[BLK_NULL] = "null",
	NULL,
};

static const char *const rw_names[] = {
	[BLK_RW_READ] = "read",
	[BLK_RW_WRITE] = "write",
	[BLK_RW_RANDREAD] = "randread",
	[BLK_RW_RANDWRITE] = "randwrite",
	[BLK_RW_RW] = "rw",
	[BLK_RW_RANDRW] = "randrw",
	NULL,
};

static int
parse_list(struct blk_list *list, const char *arg, unsigned int max, const char *what, char *why,
	   size_t size)
{
	const char *at = arg;
	double value;

	list->n = 0;
	do {
		if (bench_opt_number(at, 1024, &value, &at) != 0 || value < 1 || value > max ||
		    (*at != '\0' && *at != ',')) {
			snprintf(why, size, "'%s': %s, 1 to %u are possible", arg, what, max);
			return -EINVAL;
		}
		if (list->n == BLK_MAX_LIST) {
			snprintf(why, size, "'%s': at most %u values", arg, BLK_MAX_LIST);
			return -EINVAL;
		}
		list->value[list->n++] = (unsigned int)value;
	} while (*at++ == ',');
	return 0;
}

static int
parse_bs(void *base, const char *arg, char *why, size_t size)
{
	T *b = base;
	int rc =
		parse_list(&b->bs, arg, BLK_MAX_BS, "bytes of a request, as 512,4k,64k", why, size);

	for (unsigned int i = 0; i < b->bs.n && rc == 0; i++)
		if (b->bs.value[i] % BLK_SECTOR != 0) {
			snprintf(why, size, "'%s': multiples of %u are possible", arg, BLK_SECTOR);
			rc = -EINVAL;
		}
	return rc;
}

static int
parse_depth(void *base, const char *arg, char *why, size_t size)
{
	T *b = base;

	return parse_list(&b->depth, arg, BLK_MAX_DEPTH, "requests in flight, as 1,16,256", why,
			  size);
}

static int
parse_range(void *base, const char *arg, char *why, size_t size)
{
	T *b = base;
	const char *end;

	if (bench_opt_number(arg, 1024, &b->range, &end) != 0 || *end != '\0' ||
	    b->range < BLK_SECTOR || b->range > 0x1p62) {
		snprintf(why, size, "'%s': bytes from the start of the disk, as 64M", arg);
		return -EINVAL;
	}
	return 0;
}

static json_t *
json_list(const struct blk_list *list)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < list->n; i++)
		json_array_append_new(array, json_integer(list->value[i]));
	return array;
}

static json_t *
json_bs(const void *base)
{
	return json_list(&((const T *)base)->bs);
}

static json_t *
json_depth(const void *base)
{
	return json_list(&((const T *)base)->depth);
}

static json_t *
json_range(const void *base)
{
	return json_integer((json_int_t)((const T *)base)->range);
}

static const struct bench_opt blk_opt[] = {
	BENCH_CHOICE(T, mode, "mode", "MODE", mode_names,
		     "load (default), or null: no back-end, our own limit"),
	BENCH_CHOICE(T, rw, "rw", "KIND", rw_names,
		     "read, write, randread (default), randwrite, rw or randrw"),
	BENCH_UINT(T, mix, "mix", "PERCENT", 0, 100, "reads of rw and randrw (50)"),
	BENCH_CALL("bs", "LIST", parse_bs, json_bs,
		   "bytes of a request (4k); several, as 512,4k: a sweep"),
	BENCH_CALL("depth", "LIST", parse_depth, json_depth,
		   "requests in flight a queue (1); several, as 1,16,256: a sweep"),
	BENCH_UINT(T, segments, "segments", "N", 1, BLK_MAX_SEGMENTS,
		   "buffers that the data of a request is cut into (1)"),
	BENCH_CALL("range", "BYTES", parse_range, json_range,
		   "use only so much of the disk, from its start"),
	BENCH_UINT(T, flush_every, "flush-every", "N", 1, 1e9,
		   "a flush after so many writes of a queue"),
	BENCH_UINT(T, discard, "discard", "PERCENT", 0, 100, "discards among all requests (0)"),
	BENCH_UINT(T, write_zeroes, "write-zeroes", "PERCENT", 0, 100,
		   "write-zeroes among all requests (0)"),
	BENCH_ON(T, verify, "verify", "check what is read; at the end read all that was written"),
	BENCH_ON(T, reconnect, "reconnect",
		 "go on when the back-end was restarted; what was in flight is in flight still"),
	BENCH_UINT(T, seed, "seed", "N", 0, 4294967295.0,
		   "another sequence of requests, other contents (1)"),
	{.name = NULL},
};

/* parsed into by bench_opts_parse(), then copied: a command line is parsed once a process */
static struct blk_opts parsed;

static const char *const without[] = {"depth", "size", NULL};

const struct bench_opts_verb blk_verb = {
	.name = "blk",
	.usage = "blk --socket PATH [OPTION...]\n"
		 "Sends requests to a vhost-user disk and checks what comes back. Wrong contents,\n"
		 "wrong used lengths, missing status bytes, failed and lost requests are trouble:\n"
		 "exit status 1. The disk is overwritten unless --rw is read or randread.",
	.opt = blk_opt,
	.base = &parsed,
	.type = FOO_GUEST_BLK,
	.without = without,
};

bool
blk_opts_sequential(const struct blk_opts *b)
{
	return b->rw == BLK_RW_READ || b->rw == BLK_RW_WRITE || b->rw == BLK_RW_RW;
}

unsigned int
blk_opts_reads(const struct blk_opts *b)
{
	switch (b->rw) {
	case BLK_RW_READ:
	case BLK_RW_RANDREAD:
		return 100;
	case BLK_RW_WRITE:
	case BLK_RW_RANDWRITE:
		return 0;
	default:
		return b->mix;
	}
}

bool
blk_opts_writes(const struct blk_opts *b)
{
	return b->rw != BLK_RW_READ && b->rw != BLK_RW_RANDREAD;
}

unsigned int
blk_opts_points(const struct blk_config *cfg)
{
	return cfg->b.bs.n * cfg->b.depth.n;
}

/* Descriptors that so many requests take. */
static uint32_t
descriptors(const struct blk_config *cfg, uint32_t depth)
{
	return cfg->o.indirect ? depth : depth * (cfg->b.segments + 2);
}

/* One size for all points: a sweep compares depths, not rings. */
static uint32_t
queue_size(const struct blk_config *cfg)
{
	uint32_t size = cfg->o.queue_size != 0 ? cfg->o.queue_size : QUEUE_SIZE;

	for (unsigned int i = 0; i < cfg->b.depth.n && cfg->o.queue_size == 0; i++)
		while (size < descriptors(cfg, cfg->b.depth.value[i]))
			size *= 2;
	return size;
}

struct blk_point
blk_opts_point(const struct blk_config *cfg, unsigned int nth)
{
	return (struct blk_point){
		.bs = cfg->b.bs.value[nth / cfg->b.depth.n],
		.depth = cfg->b.depth.value[nth % cfg->b.depth.n],
		.queue_size = cfg->o.queue_size,
		.nth = nth,
	};
}

static int
check_guests(struct blk_config *cfg)
{
	if (cfg->b.mode == BLK_NULL) {
		if (cfg->o.guests != 0 || cfg->o.wanted_guests > 1)
			return bench_opts_error(&blk_verb, "--mode null: one guest without a "
							   "back-end, so no --socket and --guests");
		cfg->o.socket[0] = "(null)";
		cfg->o.guests = 1;
		if (cfg->o.interrupt || cfg->o.indirect || cfg->o.in_order)
			return bench_opts_error(&blk_verb, "--mode null: polled, without "
							   "--indirect and --in-order");
		if (cfg->b.verify)
			return bench_opts_error(&blk_verb, "--mode null: keeps nothing that "
							   "--verify could check");
		if (cfg->b.reconnect)
			return bench_opts_error(&blk_verb, "--mode null: no back-end that "
							   "--reconnect could wait for");
	}
	if (cfg->o.guests == 0)
		return bench_opts_error(&blk_verb, "--socket PATH is missing");
	return 0;
}

static int
check_rings(struct blk_config *cfg)
{
	cfg->o.queue_size = queue_size(cfg);
	if (cfg->o.queue_size > 32768)
		return bench_opts_error(&blk_verb,
					"--segments %u: a ring has not enough descriptors for "
					"this --depth; use --indirect",
					cfg->b.segments);
	for (unsigned int i = 0; i < cfg->b.depth.n; i++) {
		uint32_t need = descriptors(cfg, cfg->b.depth.value[i]);

		if (need > cfg->o.queue_size)
			return bench_opts_error(&blk_verb,
						"--depth %u: takes %u descriptors of a queue, "
						"--queue-size %u has less%s",
						cfg->b.depth.value[i], need, cfg->o.queue_size,
						cfg->o.indirect ? "" : "; or use --indirect");
	}
	return 0;
}

static int
check_rest(const struct blk_config *cfg)
{
	const struct blk_opts *b = &cfg->b;

	for (unsigned int i = 0; i < b->bs.n; i++)
		if (b->bs.value[i] % b->segments != 0)
			return bench_opts_error(&blk_verb,
						"--segments %u: %u bytes cannot be cut into so "
						"many equal parts",
						b->segments, b->bs.value[i]);
	if (b->discard + b->write_zeroes > 100)
		return bench_opts_error(&blk_verb,
					"--discard %u and --write-zeroes %u: more than all "
					"requests",
					b->discard, b->write_zeroes);
	if (!blk_opts_writes(b) && (b->discard > 0 || b->write_zeroes > 0 || b->flush_every > 0))
		return bench_opts_error(&blk_verb, "--discard, --write-zeroes, --flush-every: not "
						   "with --rw read and randread, which keep the "
						   "disk as it is");
	return 0;
}

/* What cannot be drawn is better known before the run than behind it. */
static int
check_plot(const struct blk_config *cfg, const char *name, const struct blk_list *list)
{
	for (unsigned int i = 0; i < list->n && cfg->o.plot != NULL; i++)
		for (unsigned int k = 0; k < i; k++)
			if (list->value[i] == list->value[k])
				return bench_opts_error(&blk_verb, "--plot: --%s %u is there twice",
							name, list->value[i]);
	return 0;
}

int
blk_opts_parse(struct blk_config *cfg, int argc, char **argv)
{
	int rc;

	parsed = (struct blk_opts){
		.rw = BLK_RW_RANDREAD,
		.mix = 50,
		.bs = {.value = {4096}, .n = 1},
		.depth = {.value = {1}, .n = 1},
		.segments = 1,
		.seed = 1,
	};
	bench_opts_init(&cfg->o);
	cfg->o.queue_size = 0;
	rc = bench_opts_parse(&cfg->o, &blk_verb, argc, argv);
	cfg->b = parsed;
	if (rc != BENCH_OPTS_RUN)
		return rc;
	if (check_guests(cfg) != 0 || check_rings(cfg) != 0 || check_rest(cfg) != 0 ||
	    check_plot(cfg, "bs", &cfg->b.bs) != 0 ||
	    check_plot(cfg, "depth", &cfg->b.depth) != 0 || bench_opts_check_cpus(&cfg->o) != 0)
		return BENCH_ERROR;
	return BENCH_OPTS_RUN;
}
