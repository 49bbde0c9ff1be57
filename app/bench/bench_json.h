/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BENCH_JSON_H
#define BENCH_JSON_H

/**
 * @file
 * Results for programs: `--json FILE`, schema "dpdk-foo-bench/1".
 *
 *     root = bench_json_run(argc, argv);           schema, tool, verb, command, time, machine
 *     json_object_set_new(root, "config", ...);    every option in effect, by its long name
 *     json_object_set_new(root, "guests", ...);    bench_json_guest() for each
 *     json_object_set_new(root, "results", bench_json_net(&result));
 *     json_object_set_new(root, "found", json_integer(found));
 *     bench_json_write(root, path);
 *     json_decref(root);
 *
 * Functions that return a json_t return a new reference, or NULL if memory is short, which
 * json_object_set_new() takes as an error and the rest of jansson passes on.
 */

#include <jansson.h>
#include <stdint.h>

#include <foo_guest.h>

#include "bench_opts.h"
#include "bench_result.h"

/** Name and version of the schema. */
#define BENCH_JSON_SCHEMA "dpdk-foo-bench/1"

/** What a back-end and this side agreed on. */
struct bench_json_guest {
	const char *socket;         /**< Path. */
	uint64_t features;          /**< VIRTIO feature bits negotiated. */
	uint64_t protocol_features; /**< vhost-user protocol features negotiated. */
	enum foo_guest_type type;   /**< Device type, for the names of its features. */
	unsigned int queues;        /**< Queues (net: pairs). */
	unsigned int queue_size;    /**< Descriptors of each. */
};

/**
 * The root of a result.
 *
 * @param argc as of the verb's run(): argv[0] is the verb
 */
json_t *bench_json_run(int argc, char *const *argv);

/** An object of "guests". */
json_t *bench_json_guest(const struct bench_json_guest *g);

/** Names of feature bits of a device type: an array; bits without a name are "BIT_n". */
json_t *bench_json_features(uint64_t features, enum foo_guest_type type);

/** An object of "results" for `net`; the caller adds "intervals" and "points". */
json_t *bench_json_net(const struct bench_net_result *r);

/** An object of "results" for `blk`; the caller adds "intervals" and "points". */
json_t *bench_json_blk(const struct bench_blk_result *r);

/** The object "latency_ns". */
json_t *bench_json_latency(const struct bench_hist *h);

/** All of a run that has ended. The arrays stay the caller's. */
struct bench_json_whole {
	int argc;                   /**< As of bench_json_run(). */
	char *const *argv;          /**< As of bench_json_run(). */
	const struct bench_opts *o; /**< "config", and the path to write to. */
	json_t *guests;             /**< "guests": an array of bench_json_guest(). */
	json_t *points; /**< An array of what was measured: one is "results", more are a sweep. */
	unsigned int found; /**< Kinds of trouble. */
};

/** Write it, as above. @return 0 or -errno */
int bench_json_write_whole(const struct bench_json_whole *w);

/**
 * Write a result, indented, by bench_file_write().
 *
 * @return 0 or -errno; -ENOMEM also for root NULL
 */
int bench_json_write(const json_t *root, const char *path);

#endif /* BENCH_JSON_H */
