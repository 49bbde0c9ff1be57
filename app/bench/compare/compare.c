/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "bench_file.h"
#include "bench_compare.h"
#include "compare_json.h"
#include "compare_place.h"
#include "compare_plan.h"
#include "compare_run.h"
#include "compare_table.h"

/* A command line. */
struct options {
	const char *file;
	const char *json, *plot, *rst;
	struct compare_choice choice;
	bool done; /* nothing is to be run */
};

static const char help_text[] =
	"usage: dpdk-foo-bench compare FILE.ini [OPTION...]\n"
	"Runs back-ends in turn (A B A B ...) under the same loads, starting and stopping them.\n\n"
	"FILE.ini is a path, or the name of a file that comes along (--list).\n\n"
	"  --rounds N        rounds, instead of those in the file\n"
	"  --seconds S       seconds a load measures, instead of those in the file\n"
	"  --only NAME       only this back-end, or this load\n"
	"  --set NAME=VALUE  set a variable of the file, or what a load sweeps over: size=64,128\n"
	"  --json FILE       write all figures, every run among them\n"
	"  --plot FILE.svg   plot the file's first metric\n"
	"  --rst FILE        write the tables as reStructuredText\n"
	"  --list            show the files that come along\n"
	"  --help            show this\n";

static int __attribute__((format(printf, 1, 2))) complain(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("dpdk-foo-bench compare: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	return BENCH_ERROR;
}

static int
take_number(const char *name, const char *text, double min, double max, double *value)
{
	char *end;

	*value = strtod(text, &end);
	if (end == text || *end != '\0' || !(*value >= min && *value <= max))
		return complain("--%s: '%s' is not a number from %g to %g", name, text, min, max);
	return BENCH_OK;
}

static int
take_set(struct options *o, const char *text)
{
	const char *equals = strchr(text, '=');
	char *name = equals != NULL ? strndup(text, (size_t)(equals - text)) : NULL;
	int rc;

	if (name == NULL || name[0] == '\0') {
		free(name);
		return complain("--set: '%s' is not NAME=VALUE", text);
	}
	rc = compare_vars_set(&o->choice.set, name, equals + 1);
	free(name);
	return rc == 0 ? BENCH_OK : complain("--set: too many variables");
}

/* Take one option. @return BENCH_OK or BENCH_ERROR */
static int
take(struct options *o, int option)
{
	double value = 0;
	int rc = BENCH_OK;

	switch (option) {
	case 'r':
		rc = take_number("rounds", optarg, 1, 1000, &value);
		o->choice.rounds = (unsigned int)value;
		if (rc == BENCH_OK && value != o->choice.rounds)
			rc = complain("--rounds: '%s' is not a whole number", optarg);
		break;
	case 's':
		rc = take_number("seconds", optarg, 0.01, 86400, &o->choice.seconds);
		break;
	case 'o':
		o->choice.only = optarg;
		break;
	case 'S':
		rc = take_set(o, optarg);
		break;
	case 'j':
		o->json = optarg;
		break;
	case 'p':
		o->plot = optarg;
		break;
	case 'R':
		o->rst = optarg;
		break;
	case 'l':
		compare_place_list(stdout);
		o->done = true;
		break;
	case 'h':
		fputs(help_text, stdout);
		o->done = true;
		break;
	default:
		break;
	}
	return rc;
}

/* Take the command line apart. */
static int
parse(struct options *o, int argc, char **argv)
{
	static const struct option known[] = {{"rounds", 1, NULL, 'r'}, {"seconds", 1, NULL, 's'},
					      {"only", 1, NULL, 'o'},   {"set", 1, NULL, 'S'},
					      {"json", 1, NULL, 'j'},   {"plot", 1, NULL, 'p'},
					      {"rst", 1, NULL, 'R'},    {"list", 0, NULL, 'l'},
					      {"help", 0, NULL, 'h'},   {NULL, 0, NULL, 0}};
	int option, rc = BENCH_OK;

	optind = 0;
	opterr = 0;
	while (rc == BENCH_OK && !o->done &&
	       (option = getopt_long(argc, argv, ":h", known, NULL)) != -1) {
		if (option == ':' || option == '?')
			rc = complain("%s: %s; see --help", argv[optind - 1],
				      option == ':' ? "needs a value" : "no such option");
		else
			rc = take(o, option);
	}
	if (rc != BENCH_OK || o->done)
		return rc;
	if (optind != argc - 1)
		return complain("%s", optind == argc ? "which file? see --list and --help" :
						       "one file at a time, please");
	o->file = argv[optind];
	return BENCH_OK;
}

/* A file that cannot be written is better known before a run of an hour. */
static int
check_files(const struct options *o)
{
	const char *const path[] = {o->json, o->plot, o->rst};

	for (unsigned int i = 0; i < 3; i++) {
		int rc = path[i] != NULL ? bench_file_check(path[i]) : 0;

		if (rc != 0)
			return complain("%s: %s", path[i], strerror(-rc));
	}
	return BENCH_OK;
}

static void
on_signal(int number)
{
	(void)number;
	compare_interrupted = 1;
}

static void
catch_signals(void)
{
	static const int caught[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = on_signal};

	compare_interrupted = 0;
	for (unsigned int i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		sigaction(caught[i], &action, NULL);
	/* a program that does not read any more is noticed by write() */
	signal(SIGPIPE, SIG_IGN);
}

/* All files that were asked for. */
static int
write_files(const struct options *o, const struct compare_result *r, int argc, char **argv)
{
	int rc = 0;

	if (o->json != NULL && (rc = compare_json_write(o->json, r, argc, argv)) != 0)
		return complain("%s: %s", o->json, strerror(-rc));
	if (o->rst != NULL && (rc = compare_table_rst(o->rst, r)) != 0)
		return complain("%s: %s", o->rst, strerror(-rc));
	if (o->plot != NULL && (rc = compare_plot_write(o->plot, r, argc, argv)) != 0)
		return complain("%s: %s", o->plot,
				rc == -ENODATA ? "no load sweeps over two numbers or more" :
						 strerror(-rc));
	return BENCH_OK;
}

static bool
has_any(const struct compare_result *r)
{
	for (unsigned int i = 0; i < r->ncases; i++)
		if (r->cases[i].rounds != 0)
			return true;
	return false;
}

static int
compare(const struct options *o, const struct compare_plan *plan, int argc, char **argv)
{
	struct compare_result *r = calloc(1, sizeof(*r));
	struct compare_error err;
	struct bench_live live;
	int rc, status = BENCH_OK;

	if (r == NULL || compare_result_init(r, plan) != 0)
		return complain("out of memory");
	bench_live_init(&live, stderr);
	rc = compare_versions(r, &err);
	if (rc == 0)
		rc = compare_rounds(r, &live, &err);
	if (rc != 0)
		status = complain("%s", err.text);
	/* what is complete is worth showing, too */
	if (has_any(r)) {
		compare_table_print(stdout, r);
		if (write_files(o, r, argc, argv) != BENCH_OK)
			status = BENCH_ERROR;
	}
	if (status == BENCH_OK && r->found != 0)
		status = BENCH_FOUND;
	compare_result_free(r);
	free(r);
	return status;
}

static int
compare_main(int argc, char **argv)
{
	struct compare_plan *plan = calloc(1, sizeof(*plan));
	struct options o = {.file = NULL};
	struct compare_error err;
	int rc = plan != NULL ? parse(&o, argc, argv) : complain("out of memory");

	if (rc == BENCH_OK && !o.done)
		rc = check_files(&o);
	if (rc == BENCH_OK && !o.done) {
		catch_signals();
		if (compare_plan_load(plan, o.file, &o.choice, &err) != 0)
			rc = complain("%s", err.text);
		else
			rc = compare(&o, plan, argc, argv);
		compare_plan_free(plan);
	}
	compare_vars_free(&o.choice.set);
	free(plan);
	return rc;
}

const struct bench_verb bench_compare = {
	.name = "compare",
	.summary = "back-ends in turn under the same loads",
	.run = compare_main,
};
