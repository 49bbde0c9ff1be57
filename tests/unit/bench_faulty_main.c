/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* The faulty back-end as a program, for system tests. */

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_faulty.h"

static void
usage(FILE *out)
{
	fputs("usage: bench_faulty --socket PATH --device net|blk [--fault NAME[=EVERY_N]]\n"
	      "A vhost-user back-end that does one thing wrong each n-th time, until SIGTERM.\n\n"
	      "Faults:\n",
	      out);
	for (unsigned int i = 0; i < BENCH_FAULTY_MAX; i++) {
		const struct bench_faulty_info *info = &bench_faulty_info[i];

		fprintf(out, "  %-13s %s %s  %s\n", info->name,
			info->devices & BENCH_FAULTY_NET ? "net" : "   ",
			info->devices & BENCH_FAULTY_BLK ? "blk" : "   ", info->text);
	}
}

static int
wrong(const char *what, const char *value)
{
	fprintf(stderr, "bench_faulty: %s '%s'; see bench_faulty --help\n", what, value);
	return 2;
}

/* NAME or NAME=N. */
static int
parse_fault(const char *text, struct bench_faulty_config *cfg)
{
	size_t len = strcspn(text, "=");
	char *end;

	if (text[len] == '=') {
		unsigned long every = strtoul(text + len + 1, &end, 10);

		if (*end != '\0' || every == 0 || every > 1000000000)
			return -EINVAL;
		cfg->every = (unsigned int)every;
	}
	for (unsigned int i = 0; i < BENCH_FAULTY_MAX; i++)
		if (strlen(bench_faulty_info[i].name) == len &&
		    strncmp(bench_faulty_info[i].name, text, len) == 0) {
			cfg->fault = (enum bench_faulty_fault)i;
			return 0;
		}
	return -EINVAL;
}

static int
parse(int argc, char **argv, struct bench_faulty_config *cfg)
{
	static const struct option options[] = {
		{"socket", required_argument, NULL, 's'},
		{"device", required_argument, NULL, 'd'},
		{"fault", required_argument, NULL, 'f'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 's')
			cfg->path = optarg;
		else if (option == 'd' && strcmp(optarg, "net") == 0)
			cfg->device = BENCH_FAULTY_NET;
		else if (option == 'd' && strcmp(optarg, "blk") == 0)
			cfg->device = BENCH_FAULTY_BLK;
		else if (option == 'd')
			return wrong("no device", optarg);
		else if (option == 'f' && parse_fault(optarg, cfg) != 0)
			return wrong("no fault", optarg);
		else if (option == 'h') {
			usage(stdout);
			exit(0);
		} else if (option == '?')
			return 2;
	}
	if (optind < argc)
		return wrong("no option", argv[optind]);
	if (cfg->path == NULL || cfg->device == 0)
		return wrong("missing option", cfg->path == NULL ? "--socket" : "--device");
	return 0;
}

int
main(int argc, char **argv)
{
	struct bench_faulty_config cfg = {0};
	struct bench_faulty *f;
	sigset_t set;
	int ret, sig;

	ret = parse(argc, argv, &cfg);
	if (ret != 0)
		return ret;
	/* before the thread starts, which inherits it */
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	ret = bench_faulty_start(&f, &cfg);
	if (ret != 0)
		return wrong(ret == -EINVAL ? "the device cannot have this fault" : strerror(-ret),
			     ret == -EINVAL ? bench_faulty_info[cfg.fault].name : cfg.path);
	printf("listening at %s\n", cfg.path);
	fflush(stdout);
	sigwait(&set, &sig);
	printf("planted %" PRIu64 "\n", bench_faulty_stop(f));
	return 0;
}
