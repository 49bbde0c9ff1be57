/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* The options that all verbs of load have. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench_opts.h"

#define BIT(n) (UINT64_C(1) << (n))

static const char *const ring_names[] = {
	[BENCH_RING_SPLIT] = "split",
	[BENCH_RING_PACKED] = "packed",
	NULL,
};

static int
parse_socket(void *base, const char *arg, char *why, size_t size)
{
	struct bench_opts *o = base;

	if (o->guests == BENCH_MAX_GUESTS) {
		snprintf(why, size, "'%s': at most %u sockets", arg, BENCH_MAX_GUESTS);
		return -EINVAL;
	}
	o->socket[o->guests++] = arg;
	return 0;
}

static json_t *
json_socket(const void *base)
{
	const struct bench_opts *o = base;
	json_t *array = json_array();

	for (unsigned int i = 0; i < o->guests; i++)
		json_array_append_new(array, json_string(o->socket[i]));
	return array;
}

/* Names with commas between them; numbers are bits, too. */
static int
parse_features(enum foo_guest_type type, uint64_t *features, const char *arg, char *why,
	       size_t size)
{
	char word[32], *end;

	while (*arg != '\0') {
		size_t len = strcspn(arg, ",");
		long bit;

		snprintf(word, sizeof(word), "%.*s", (int)len, arg);
		bit = strtol(word, &end, 10);
		if (end == word || *end != '\0')
			bit = foo_guest_feature_bit(type, word);
		if (bit < 0 || bit > 63) {
			snprintf(why, size,
				 "'%s': no such feature; names are VIRTIO's, as MRG_RXBUF, or "
				 "numbers of bits",
				 word);
			return -EINVAL;
		}
		*features |= BIT(bit);
		arg += len + (arg[len] == ',');
	}
	return 0;
}

static int
parse_on(void *base, const char *arg, char *why, size_t size)
{
	struct bench_opts *o = base;

	return parse_features(o->verb->type, &o->features_on, arg, why, size);
}

static int
parse_off(void *base, const char *arg, char *why, size_t size)
{
	struct bench_opts *o = base;

	return parse_features(o->verb->type, &o->features_off, arg, why, size);
}

static json_t *
json_features(enum foo_guest_type type, uint64_t features)
{
	json_t *array = json_array();

	for (unsigned int bit = 0; bit < 64; bit++) {
		const char *name = foo_guest_feature_name(type, bit);

		if (features >> bit & 1)
			json_array_append_new(array, name ? json_string(name) : json_integer(bit));
	}
	return array;
}

static json_t *
json_on(const void *base)
{
	const struct bench_opts *o = base;

	return json_features(o->verb->type, o->features_on);
}

static json_t *
json_off(const void *base)
{
	const struct bench_opts *o = base;

	return json_features(o->verb->type, o->features_off);
}

static int
parse_size(void *base, const char *arg, char *why, size_t size)
{
	struct bench_opts *o = base;
	const char *at = arg;
	double value;

	o->nsizes = 0;
	o->imix = strcmp(arg, "imix") == 0;
	if (o->imix)
		return 0;
	do {
		if (bench_opt_number(at, 1024, &value, &at) != 0 || value < 1 ||
		    value > (1 << 30) || (*at != '\0' && *at != ',')) {
			snprintf(why, size, "'%s': sizes in bytes, as 64,1500,4k", arg);
			return -EINVAL;
		}
		if (o->nsizes == BENCH_MAX_SIZES) {
			snprintf(why, size, "'%s': at most %u sizes", arg, BENCH_MAX_SIZES);
			return -EINVAL;
		}
		o->size[o->nsizes++] = (unsigned int)value;
	} while (*at++ == ',');
	return 0;
}

static json_t *
json_size(const void *base)
{
	const struct bench_opts *o = base;
	json_t *array;

	if (o->imix)
		return json_string("imix");
	array = json_array();
	for (unsigned int i = 0; i < o->nsizes; i++)
		json_array_append_new(array, json_integer(o->size[i]));
	return array;
}

/* "0,2-4" */
static int
parse_cpus(void *base, const char *arg, char *why, size_t size)
{
	struct bench_opts *o = base;
	char *at = (char *)(uintptr_t)arg;

	o->ncpus = 0;
	do {
		char *start = at;
		unsigned long from = strtoul(start, &at, 10), to = from;

		if (at != start && *at == '-') {
			start = at + 1;
			to = strtoul(start, &at, 10);
		}
		if (at == start || (*at != '\0' && *at != ',') || from > to || to > 4095) {
			snprintf(why, size, "'%s': CPUs as 1,3-5", arg);
			return -EINVAL;
		}
		for (; from <= to && o->ncpus < BENCH_MAX_CPUS; from++)
			o->cpu[o->ncpus++] = (unsigned int)from;
	} while (*at++ == ',');
	return 0;
}

static json_t *
json_cpus(const void *base)
{
	const struct bench_opts *o = base;
	json_t *array = json_array();

	for (unsigned int i = 0; i < o->ncpus; i++)
		json_array_append_new(array, json_integer(o->cpu[i]));
	return array;
}

/* shorter lines below */
#define T struct bench_opts

const struct bench_opt bench_opts_common[] = {
	BENCH_CALL("socket", "PATH", parse_socket, json_socket,
		   "of a back-end; one a guest, or with %d and --guests"),
	BENCH_UINT(T, wanted_guests, "guests", "N", 1, BENCH_MAX_GUESTS,
		   "so many guests, %d in PATH being 0 to N-1"),
	BENCH_ON(T, listen, "listen", "the back-ends are clients: listen for them"),
	BENCH_CHOICE(T, ring, "ring", "FORMAT", ring_names, "split or packed (split)"),
	BENCH_ON(T, in_order, "in-order", "negotiate IN_ORDER"),
	BENCH_ON(T, indirect, "indirect", "negotiate INDIRECT_DESC, and use it"),
	BENCH_ON(T, event_idx, "event-idx", "negotiate EVENT_IDX"),
	BENCH_CALL("features", "LIST", parse_on, json_on,
		   "negotiate these as well, by name: CSUM,MRG_RXBUF"),
	BENCH_CALL("no-features", "LIST", parse_off, json_off, "do not negotiate these"),
	BENCH_UINT(T, queues, "queues", "N", 1, 128, "queues, of net pairs of queues (1)"),
	BENCH_UINT(T, queue_size, "queue-size", "N", 1, 32768, "descriptors of a queue (256)"),
	BENCH_UINT(T, depth, "depth", "N", 1, 32768, "most in flight a queue"),
	BENCH_UINT(T, burst, "burst", "N", 1, 256, "most added or taken at once (32)"),
	BENCH_CALL("size", "LIST", parse_size, json_size, "bytes; several, as 64,1500,4k: a sweep"),
	BENCH_REAL(T, seconds, "seconds", "S", 0, 1e7,
		   "to measure, each size (10); 0: until SIGINT"),
	BENCH_REAL(T, warmup, "warmup", "S", 0, 1e6, "before that (1)"),
	BENCH_REAL(T, rate, "rate", "R", 0, 1e9,
		   "open loop: so many a second, as 1.5M, of all guests together"),
	BENCH_CHOICE(T, pace, "pace", "KIND", bench_pace_mode_names,
		     "intervals of --rate: constant or poisson (constant)"),
	BENCH_OFF(T, interrupt, "poll", "look at the rings all the time (default)"),
	BENCH_ON(T, interrupt, "interrupt", "sleep until the device interrupts"),
	BENCH_ON(T, huge, "huge", "guests' memory in hugepages"),
	BENCH_CALL("cpus", "LIST", parse_cpus, json_cpus, "pin the threads to these, in turn"),
	BENCH_UINT(T, threads, "threads", "N", 1, BENCH_MAX_CPUS,
		   "guests share so many threads (one a CPU)"),
	BENCH_REAL(T, interval, "interval", "S", 0.01, 3600, "between live lines (1)"),
	BENCH_TEXT(T, json, "json", "FILE", "write results as JSON; - is standard output"),
	BENCH_TEXT(T, plot, "plot", "FILE", "write a plot as SVG"),
	BENCH_ON(T, quiet, "quiet", "no live lines, no tables"),
	BENCH_UINT(T, timeout_ms, "timeout", "MS", 1, 3600000,
		   "longest wait for a back-end (10000)"),
	{.name = NULL},
};

void
bench_opts_init(struct bench_opts *o)
{
	*o = (struct bench_opts){
		.queues = 1,
		.queue_size = FOO_GUEST_QUEUE_SIZE,
		.burst = 32,
		.size = {64},
		.nsizes = 1,
		.seconds = 10,
		.warmup = 1,
		.interval = 1,
		.timeout_ms = FOO_FRONT_TIMEOUT_MS,
	};
}

uint64_t
bench_opts_required(const struct bench_opts *o)
{
	return (o->ring == BENCH_RING_PACKED ? BIT(VIRTIO_F_RING_PACKED) : 0) |
	       (o->in_order ? BIT(VIRTIO_F_IN_ORDER) : 0) |
	       (o->indirect ? BIT(VIRTIO_RING_F_INDIRECT_DESC) : 0) |
	       (o->event_idx ? BIT(VIRTIO_RING_F_EVENT_IDX) : 0);
}

uint64_t
bench_opts_features(const struct bench_opts *o, uint64_t base)
{
	return (BIT(VIRTIO_F_VERSION_1) | base | bench_opts_required(o) | o->features_on) &
	       ~o->features_off;
}
