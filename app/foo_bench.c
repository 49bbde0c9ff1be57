/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * dpdk-foo-bench: plays the guests of a vhost-user back-end, to load and to check it.
 */

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "bench_blk.h"
#include "bench_compare.h"
#include "bench_net.h"
#include "conform.h"
#include "foo_version.h"

/* NULL ends it. */
static const struct bench_verb *const verbs[] = {
	&bench_net, &bench_blk, &bench_compare, &conform_verb, NULL,
};

static void
usage(FILE *out)
{
	fputs("usage: dpdk-foo-bench VERB [OPTION...]\n"
	      "Plays the guests of any vhost-user back-end, to load it and to check it.\n\n"
	      "Verbs (dpdk-foo-bench VERB --help explains one):\n",
	      out);
	for (const struct bench_verb *const *v = verbs; *v != NULL; v++)
		fprintf(out, "  %-10s %s\n", (*v)->name, (*v)->summary);
}

static const struct bench_verb *
find(const char *name)
{
	for (const struct bench_verb *const *v = verbs; *v != NULL; v++)
		if (strcmp((*v)->name, name) == 0)
			return *v;
	return NULL;
}

int
main(int argc, char **argv)
{
	const struct bench_verb *verb;

	if (argc < 2) {
		usage(stderr);
		return BENCH_ERROR;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		usage(stdout);
		return BENCH_OK;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("dpdk-foo-bench %s\n", FOO_VERSION_STRING);
		return BENCH_OK;
	}
	verb = find(argv[1]);
	if (verb == NULL) {
		fprintf(stderr, "dpdk-foo-bench: no verb '%s'; see dpdk-foo-bench --help\n",
			argv[1]);
		return BENCH_ERROR;
	}
	return verb->run(argc - 1, argv + 1);
}
