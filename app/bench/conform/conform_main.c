/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* The command line, and the verb. */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_file.h"
#include "conform_run.h"

static const char help[] =
	"usage: dpdk-foo-bench conform --socket PATH [OPTION...]\n"
	"Sends hostile and valid-but-rare inputs to a vhost-user back-end, and reports what it\n"
	"does about each. A disk is written to: give it one that can be spared.\n\n"
	"  --socket PATH     socket at which the back-end listens\n"
	"  --device TYPE     net (default) or blk\n"
	"  --case GLOB       only these cases; may be given again\n"
	"  --list            print the table of cases, and end\n"
	"  --timeout MS      longest wait for any answer (default 2000)\n"
	"  --strict          a reaction that contains the input, but is not the expected one, is\n"
	"                    a failure too\n"
	"  --no-loop         net: packets do not come back; only their completion is checked\n"
	"  --witness PATH    another socket of the same back-end, on which a well-behaved guest\n"
	"                    works all the time: it must not notice anything\n"
	"  --no-second-connection\n"
	"                    never connect while another connection is open\n"
	"  --pid PID         process of the back-end, to tell its death from its silence\n"
	"  --restart COMMAND start the back-end by this command, and again after it died\n"
	"  --restart-log FILE\n"
	"                    where its output goes (default: nowhere)\n"
	"  --junit FILE      write the results as JUnit's XML\n"
	"  --json FILE       write the results as JSON\n\n"
	"Exit status: 0 all acceptable, 1 something is not, 2 could not run.\n";

enum option_id {
	OPT_SOCKET = 256,
	OPT_WITNESS,
	OPT_DEVICE,
	OPT_CASE,
	OPT_LIST,
	OPT_TIMEOUT,
	OPT_STRICT,
	OPT_NO_LOOP,
	OPT_NO_SECOND,
	OPT_PID,
	OPT_RESTART,
	OPT_LOG,
	OPT_JUNIT,
	OPT_JSON,
	OPT_HELP,
};

static const struct option options[] = {
	{"socket", required_argument, NULL, OPT_SOCKET},
	{"witness", required_argument, NULL, OPT_WITNESS},
	{"device", required_argument, NULL, OPT_DEVICE},
	{"case", required_argument, NULL, OPT_CASE},
	{"list", no_argument, NULL, OPT_LIST},
	{"timeout", required_argument, NULL, OPT_TIMEOUT},
	{"strict", no_argument, NULL, OPT_STRICT},
	{"no-loop", no_argument, NULL, OPT_NO_LOOP},
	{"no-second-connection", no_argument, NULL, OPT_NO_SECOND},
	{"pid", required_argument, NULL, OPT_PID},
	{"restart", required_argument, NULL, OPT_RESTART},
	{"restart-log", required_argument, NULL, OPT_LOG},
	{"junit", required_argument, NULL, OPT_JUNIT},
	{"json", required_argument, NULL, OPT_JSON},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

static int
number(const char *name, const char *text, long min, long max, long *value)
{
	char *end;

	errno = 0;
	*value = strtol(text, &end, 10);
	if (errno == 0 && end != text && *end == '\0' && *value >= min && *value <= max)
		return 0;
	fprintf(stderr, "dpdk-foo-bench conform: --%s %s: must be a number from %ld to %ld\n", name,
		text, min, max);
	return -1;
}

static int
set_device(struct conform_opts *opt, const char *text)
{
	if (strcmp(text, "net") == 0)
		opt->device = CONFORM_NET;
	else if (strcmp(text, "blk") == 0)
		opt->device = CONFORM_BLK;
	else
		return fprintf(stderr, "dpdk-foo-bench conform: --device %s: must be net or blk\n",
			       text),
		       -1;
	return 0;
}

static int
add_glob(struct conform_opts *opt, const char *text)
{
	if (opt->nglobs == CONFORM_MAX_GLOBS) {
		fprintf(stderr, "dpdk-foo-bench conform: --case %s: at most %u of them\n", text,
			CONFORM_MAX_GLOBS);
		return -1;
	}
	opt->glob[opt->nglobs++] = text;
	return 0;
}

static int
set_option(struct conform_opts *opt, int id, const char *arg)
{
	long n = 0;
	int ret = 0;

	switch (id) {
	case OPT_SOCKET:
		opt->path = arg;
		break;
	case OPT_WITNESS:
		opt->witness = arg;
		break;
	case OPT_DEVICE:
		return set_device(opt, arg);
	case OPT_CASE:
		return add_glob(opt, arg);
	case OPT_LIST:
		opt->list = true;
		break;
	case OPT_TIMEOUT:
		ret = number("timeout", arg, 10, 600000, &n);
		opt->timeout_ms = (int)n;
		break;
	case OPT_STRICT:
		opt->strict = true;
		break;
	case OPT_NO_LOOP:
		opt->no_loop = true;
		break;
	case OPT_NO_SECOND:
		opt->no_second = true;
		break;
	case OPT_PID:
		ret = number("pid", arg, 1, INT32_MAX, &n);
		opt->pid = (pid_t)n;
		break;
	case OPT_RESTART:
		opt->restart = arg;
		break;
	case OPT_LOG:
		opt->log = arg;
		break;
	case OPT_JUNIT:
		opt->junit = arg;
		break;
	case OPT_JSON:
		opt->json = arg;
		break;
	case OPT_HELP:
		fputs(help, stdout);
		return 1;
	default:
		break;
	}
	return ret;
}

/* What getopt_long() could not take. */
static int
refuse_option(int id, const char *word)
{
	fprintf(stderr, "dpdk-foo-bench conform: %s: %s; see --help\n", word,
		id == ':'            ? "needs a value" :
		optopt >= OPT_SOCKET ? "takes no value" :
				       "no such option");
	return -1;
}

/* Reports that cannot be written are better known before the run than behind it. */
static int
check_files(const struct conform_opts *opt)
{
	const char *const option[] = {"junit", "json"}, *const path[] = {opt->junit, opt->json};

	for (unsigned int i = 0; i < 2; i++) {
		int rc = path[i] != NULL ? bench_file_check(path[i]) : 0;

		if (rc == 0)
			continue;
		fprintf(stderr, "dpdk-foo-bench conform: --%s %s: %s\n", option[i], path[i],
			strerror(-rc));
		return -1;
	}
	return 0;
}

/* The words of the command line. @return 0, or what conform_parse() is to return */
static int
parse_words(struct conform_opts *opt, int argc, char **argv)
{
	int id, ret;

	optind = 0; /* begin anew: the verb is not the first to parse */
	opterr = 0;
	while ((id = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (id == ':' || id == '?')
			return refuse_option(id, argv[optind - 1]);
		ret = set_option(opt, id == 'h' ? OPT_HELP : id, optarg);
		if (ret != 0)
			return ret;
	}
	if (optind == argc)
		return 0;
	fprintf(stderr, "dpdk-foo-bench conform: unexpected argument '%s'\n", argv[optind]);
	return -1;
}

/* Whether a case has a run that the glob matches. */
static bool
is_meant(const struct conform_case *c, const char *glob)
{
	static const unsigned int formats[] = {CONFORM_ANY, CONFORM_SPLIT, CONFORM_PACKED};
	char name[64];

	for (unsigned int i = 0; i < 3; i++) {
		if (i == 0 ? c->formats != CONFORM_ANY : !(c->formats & formats[i]))
			continue;
		conform_run_name(c, formats[i], name, sizeof(name));
		if (conform_name_matches(name, &glob, 1))
			return true;
	}
	return false;
}

/* A glob that matches nothing is a mistake: "0 cases, all acceptable" must not come of a typo. */
static int
check_globs(const struct conform_opts *opt)
{
	for (unsigned int i = 0; i < opt->nglobs; i++) {
		bool found = false;

		for (const struct conform_group *const *g = conform_groups; *g != NULL; g++)
			for (size_t k = 0; k < (*g)->n; k++)
				found |= ((*g)->cases[k].devices & opt->device) != 0 &&
					 is_meant(&(*g)->cases[k], opt->glob[i]);
		if (!found) {
			fprintf(stderr,
				"dpdk-foo-bench conform: --case %s: no such case of this device; "
				"--list shows all\n",
				opt->glob[i]);
			return -1;
		}
	}
	return 0;
}

int
conform_parse(struct conform_opts *opt, int argc, char **argv)
{
	int ret;

	memset(opt, 0, sizeof(*opt));
	opt->device = CONFORM_NET;
	opt->timeout_ms = CONFORM_TIMEOUT_MS;
	ret = parse_words(opt, argc, argv);
	if (ret != 0)
		return ret;
	if (check_globs(opt) != 0 || check_files(opt) != 0)
		return -1;
	if (opt->path == NULL && !opt->list) {
		fprintf(stderr, "dpdk-foo-bench conform: --socket PATH is missing\n");
		return -1;
	}
	if (opt->restart != NULL && opt->pid != 0) {
		fprintf(stderr, "dpdk-foo-bench conform: --pid and --restart exclude each other\n");
		return -1;
	}
	return 0;
}

/* Write the reports that were asked for. */
static int
write_reports(const struct conform_opts *opt, const struct conform_report *report)
{
	int ret = 0, one;

	if (opt->junit != NULL) {
		ret = conform_write_junit(opt->junit, opt, report);
		if (ret != 0)
			fprintf(stderr, "dpdk-foo-bench conform: --junit %s: %s\n", opt->junit,
				strerror(-ret));
	}
	if (opt->json != NULL) {
		one = conform_write_json(opt->json, opt, report);
		if (one != 0)
			fprintf(stderr, "dpdk-foo-bench conform: --json %s: %s\n", opt->json,
				strerror(-one));
		ret = ret != 0 ? ret : one;
	}
	return ret;
}

static int
run_verb(int argc, char **argv)
{
	static struct conform_report report;
	struct conform_opts opt;
	int ret;

	ret = conform_parse(&opt, argc, argv);
	if (ret != 0)
		return ret > 0 ? BENCH_OK : BENCH_ERROR;
	if (opt.list) {
		conform_print_list(&opt);
		return BENCH_OK;
	}
	if (conform_run(&opt, &report) != 0)
		return BENCH_ERROR;
	if (report.n == 0) {
		fprintf(stderr, "dpdk-foo-bench conform: no case was run\n");
		return BENCH_ERROR;
	}
	conform_print_summary(&opt, &report);
	if (write_reports(&opt, &report) != 0)
		return BENCH_ERROR;
	return report.bad != 0 || report.ended[0] != '\0' ? BENCH_FOUND : BENCH_OK;
}

const struct bench_verb conform_verb = {
	.name = "conform",
	.summary = "hostile and valid-but-rare inputs, each a case with a verdict",
	.run = run_verb,
};
