/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_file.h"
#include "bench_json.h"
#include "bench_machine.h"
#include "foo_version.h"

/* JSON is UTF-8, a path or an argument any bytes: where it is not text, what is not ASCII goes. */
static json_t *
json_text(const char *text)
{
	json_t *json = json_string(text);
	char *copy;

	if (json != NULL)
		return json;
	copy = strdup(text);
	if (copy == NULL)
		return NULL;
	for (char *c = copy; *c != '\0'; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	json = json_string(copy);
	free(copy);
	return json;
}

json_t *
bench_json_features(uint64_t features, enum foo_guest_type type)
{
	json_t *names = json_array();

	for (unsigned int bit = 0; bit < 64; bit++) {
		const char *name = foo_guest_feature_name(type, bit);

		if ((features >> bit & 1) == 0)
			continue;
		json_array_append_new(names, name != NULL ? json_string(name) :
							    json_sprintf("BIT_%u", bit));
	}
	return names;
}

json_t *
bench_json_guest(const struct bench_json_guest *g)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:i, s:i}", "socket", json_text(g->socket),
			 "features", json_sprintf("0x%" PRIx64, g->features), "feature_names",
			 bench_json_features(g->features, g->type), "protocol_features",
			 json_sprintf("0x%" PRIx64, g->protocol_features), "queues", (int)g->queues,
			 "queue_size", (int)g->queue_size);
}

/* The program's name goes in front: argv[0] of a verb is the verb. */
static json_t *
json_command(int argc, char *const *argv)
{
	json_t *command = json_array();

	json_array_append_new(command, json_string("dpdk-foo-bench"));
	for (int i = 0; i < argc; i++)
		json_array_append_new(command, json_text(argv[i]));
	return command;
}

json_t *
bench_json_run(int argc, char *const *argv)
{
	struct bench_machine m;

	bench_machine_get(&m);
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:{s:s, s:i, s:s, s:b}}", "schema",
			 BENCH_JSON_SCHEMA, "tool", "dpdk-foo-bench", "version", FOO_VERSION_STRING,
			 "verb", json_text(argc > 0 ? argv[0] : ""), "command",
			 json_command(argc, argv), "time", m.time, "machine", "cpu", m.cpu, "cpus",
			 (int)m.cpus, "kernel", m.kernel, "hypervisor", (int)m.hypervisor);
}

static json_t *
json_count(uint64_t n)
{
	return json_integer((json_int_t)n);
}

json_t *
bench_json_latency(const struct bench_hist *h)
{
	return json_pack("{s:o, s:o, s:f, s:o, s:o, s:o, s:o, s:o, s:o}", "count",
			 json_count(h->count), "min", json_count(bench_hist_min(h)), "mean",
			 bench_hist_mean(h), "p50", json_count(bench_hist_percentile(h, 50)), "p90",
			 json_count(bench_hist_percentile(h, 90)), "p99",
			 json_count(bench_hist_percentile(h, 99)), "p99_9",
			 json_count(bench_hist_percentile(h, 99.9)), "p99_99",
			 json_count(bench_hist_percentile(h, 99.99)), "max", json_count(h->max));
}

static json_t *
json_with_latency(json_t *result, const struct bench_hist *h)
{
	if (result != NULL && h != NULL)
		json_object_set_new(result, "latency_ns", bench_json_latency(h));
	return result;
}

json_t *
bench_json_net(const struct bench_net_result *r)
{
	json_t *result = json_pack(
		"{s:f, s:o, s:o, s:o, s:o, s:f, s:f, s:f, s:o, s:o, s:o, s:o, s:o, s:o}", "seconds",
		r->seconds, "tx_packets", json_count(r->tx_packets), "rx_packets",
		json_count(r->rx_packets), "tx_bytes", json_count(r->tx_bytes), "rx_bytes",
		json_count(r->rx_bytes), "tx_pps", bench_rate(r->tx_packets, r->seconds), "rx_pps",
		bench_rate(r->rx_packets, r->seconds), "rx_bps",
		8 * bench_rate(r->rx_bytes, r->seconds), "lost", json_count(r->track.lost),
		"reordered", json_count(r->track.reordered), "duplicated",
		json_count(r->track.duplicated), "corrupted", json_count(r->corrupted),
		"missed_interrupts", json_count(r->missed_calls), "not_sent",
		json_count(r->not_sent));

	return json_with_latency(result, r->latency);
}

json_t *
bench_json_blk(const struct bench_blk_result *r)
{
	json_t *result = json_pack(
		"{s:f, s:o, s:f, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o,"
		" s:o}",
		"seconds", r->seconds, "requests", json_count(r->requests), "iops",
		bench_rate(r->requests, r->seconds), "bytes_per_second",
		bench_rate(r->bytes, r->seconds), "reads", json_count(r->reads), "writes",
		json_count(r->writes), "flushes", json_count(r->flushes), "discards",
		json_count(r->discards), "write_zeroes", json_count(r->write_zeroes), "verified",
		json_count(r->verified), "lost", json_count(r->lost), "errors",
		json_count(r->errors), "verify_errors", json_count(r->verify_errors), "bad_status",
		json_count(r->bad_status), "bad_used_length", json_count(r->bad_used_length),
		"missed_interrupts", json_count(r->missed_calls), "not_sent",
		json_count(r->not_sent));

	return json_with_latency(result, r->latency);
}

int
bench_json_write(const json_t *root, const char *path)
{
	char *text, *line;
	int ret;

	if (root == NULL)
		return -ENOMEM;
	text = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
	if (text == NULL || asprintf(&line, "%s\n", text) < 0) {
		free(text);
		return -ENOMEM;
	}
	ret = bench_file_write(path, line, strlen(line));
	free(line);
	free(text);
	return ret;
}

int
bench_json_write_whole(const struct bench_json_whole *w)
{
	json_t *root = bench_json_run(w->argc, w->argv), *results = json_object();
	int rc;

	if (json_array_size(w->points) == 1)
		json_object_update(results, json_array_get(w->points, 0));
	else if (json_array_size(w->points) > 1)
		json_object_set(results, "points", w->points);
	json_object_set_new(root, "config", bench_opts_json(w->o));
	json_object_set(root, "guests", w->guests);
	json_object_set_new(root, "results", results);
	json_object_set_new(root, "found", json_integer(w->found));
	rc = bench_json_write(root, w->o->json);
	json_decref(root);
	return rc;
}
