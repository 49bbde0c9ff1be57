/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "bench_file.h"
#include "bench_opts.h"

/* Most options of a verb, the common ones included. */
#define OPTS_MAX 96

/* Value of getopt_long() for the first entry; entries follow each other. */
#define OPTS_FIRST 256

/* Column where --help explains. */
#define HELP_COLUMN 26

/* Every option of a verb, in the order of --help. */
struct opts_all {
	const struct bench_opt *opt[OPTS_MAX];
	void *base[OPTS_MAX];
	unsigned int n;
};

int
bench_opts_error(const struct bench_opts_verb *verb, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "dpdk-foo-bench %s: ", verb->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return BENCH_ERROR;
}

int
bench_opt_number(const char *text, double unit, double *value, const char **end)
{
	static const char prefix[] = "kMG";
	const char *found;
	char *stop;

	*value = strtod(text, &stop);
	if (stop == text || !isfinite(*value))
		return -EINVAL;
	found = *stop != '\0' ? strchr(prefix, *stop == 'K' ? 'k' : *stop) : NULL;
	if (found != NULL) {
		*value *= pow(unit, (double)(found - prefix + 1));
		stop++;
	}
	*end = stop;
	return 0;
}

static int
set_number(const struct bench_opt *opt, const char *arg, double unit, double *value, char *why,
	   size_t size)
{
	const char *end;

	if (bench_opt_number(arg, unit, value, &end) != 0 || *end != '\0') {
		snprintf(why, size, "'%s': not a number", arg);
		return -EINVAL;
	}
	if (opt->type == BENCH_OPT_UINT && *value != floor(*value)) {
		snprintf(why, size, "'%s': not a whole number", arg);
		return -EINVAL;
	}
	if (*value < opt->min || (opt->max > 0 && *value > opt->max)) {
		if (opt->max > 0)
			snprintf(why, size, "'%s': %g to %g are possible", arg, opt->min, opt->max);
		else
			snprintf(why, size, "'%s': must be at least %g", arg, opt->min);
		return -EINVAL;
	}
	return 0;
}

static int
set_choice(const struct bench_opt *opt, unsigned int *value, const char *arg, char *why,
	   size_t size)
{
	int n;

	for (*value = 0; opt->choice[*value] != NULL; ++*value)
		if (strcmp(opt->choice[*value], arg) == 0)
			return 0;
	n = snprintf(why, size, "'%s': one of", arg);
	for (unsigned int i = 0; opt->choice[i] != NULL && n >= 0 && (size_t)n < size; i++)
		n += snprintf(why + n, size - (size_t)n, " %s", opt->choice[i]);
	if (n >= 0 && (size_t)n < size)
		snprintf(why + n, size - (size_t)n, " is possible");
	return -EINVAL;
}

int
bench_opt_set(const struct bench_opt *opt, void *base, const char *arg, char *why, size_t size)
{
	void *member = (char *)base + opt->offset;
	double value;
	int rc = 0;

	switch (opt->type) {
	case BENCH_OPT_ON:
	case BENCH_OPT_OFF:
		*(bool *)member = opt->type == BENCH_OPT_ON;
		break;
	case BENCH_OPT_UINT:
		rc = set_number(opt, arg, 1024, &value, why, size);
		if (rc == 0)
			*(unsigned int *)member = (unsigned int)value;
		break;
	case BENCH_OPT_REAL:
		rc = set_number(opt, arg, 1000, &value, why, size);
		if (rc == 0)
			*(double *)member = value;
		break;
	case BENCH_OPT_TEXT:
		*(const char **)member = arg;
		break;
	case BENCH_OPT_CHOICE:
		rc = set_choice(opt, member, arg, why, size);
		break;
	case BENCH_OPT_CALL:
		rc = opt->parse(base, arg, why, size);
		break;
	}
	return rc;
}

static bool
is_without(const struct bench_opts_verb *verb, const char *name)
{
	for (const char *const *w = verb->without; w != NULL && *w != NULL; w++)
		if (strcmp(*w, name) == 0)
			return true;
	return false;
}

static void
add_table(struct opts_all *all, const struct bench_opt *opt, void *base,
	  const struct bench_opts_verb *common_of)
{
	for (; opt != NULL && opt->name != NULL && all->n < OPTS_MAX; opt++) {
		if (common_of != NULL && is_without(common_of, opt->name))
			continue;
		all->opt[all->n] = opt;
		all->base[all->n++] = base;
	}
}

static void
list_all(struct opts_all *all, const struct bench_opts *o, const struct bench_opts_verb *verb)
{
	all->n = 0;
	add_table(all, verb->opt, verb->base, NULL);
	add_table(all, bench_opts_common, (void *)(uintptr_t)o, verb);
}

static void
print_help(const struct opts_all *all, const struct bench_opts_verb *verb)
{
	printf("usage: dpdk-foo-bench %s\n\n", verb->usage);
	for (unsigned int i = 0; i < all->n; i++) {
		const struct bench_opt *opt = all->opt[i];
		int n = printf("  --%s%s%s", opt->name, opt->arg ? " " : "",
			       opt->arg ? opt->arg : "");

		printf("%*s%s\n", n < HELP_COLUMN ? HELP_COLUMN - n : 1, "", opt->help);
	}
	printf("  %-*s%s\n", HELP_COLUMN - 2, "--help", "this text");
}

/* "%d" in the only path, and --guests: a path a guest. */
static int
expand_paths(struct bench_opts *o, const struct bench_opts_verb *verb)
{
	const char *mark = o->guests == 1 ? strstr(o->socket[0], "%d") : NULL;
	const char *pattern = o->socket[0];
	size_t room;

	if (o->guests == 0)
		return 0;
	if (mark == NULL) {
		if (o->wanted_guests != 0 && o->wanted_guests != o->guests)
			return bench_opts_error(verb,
						"--guests %u: %u sockets are named; name one with "
						"%%d in it, or one a guest",
						o->wanted_guests, o->guests);
		return 0;
	}
	o->guests = o->wanted_guests != 0 ? o->wanted_guests : 1;
	room = strlen(pattern) + 8;
	o->path_ = calloc(o->guests, room);
	if (o->path_ == NULL)
		return bench_opts_error(verb, "out of memory");
	for (unsigned int i = 0; i < o->guests; i++) {
		char *path = o->path_ + i * room;

		snprintf(path, room, "%.*s%u%s", (int)(mark - pattern), pattern, i, mark + 2);
		o->socket[i] = path;
	}
	return 0;
}

static int
check_file(const struct bench_opts_verb *verb, const char *option, const char *path)
{
	int rc = path != NULL ? bench_file_check(path) : 0;

	return rc == 0 ? 0 : bench_opts_error(verb, "--%s %s: %s", option, path, strerror(-rc));
}

/* What depends on several options. */
static int
check_all(struct bench_opts *o, const struct bench_opts_verb *verb)
{
	int rc = expand_paths(o, verb);

	if (rc == 0 && o->ring == BENCH_RING_SPLIT && (o->queue_size & (o->queue_size - 1)) != 0)
		rc = bench_opts_error(verb,
				      "--queue-size %u: a split ring has a power of two of "
				      "descriptors",
				      o->queue_size);
	if (rc == 0)
		rc = check_file(verb, "json", o->json);
	return rc == 0 ? check_file(verb, "plot", o->plot) : rc;
}

/* NULL or what is wrong with the words behind the options. */
static int
parse_words(struct bench_opts *o, const struct opts_all *all, int argc, char **argv)
{
	struct option table[OPTS_MAX + 2] = {{.name = "help", .val = 'h'}};
	char why[256] = "";
	int value;

	for (unsigned int i = 0; i < all->n; i++)
		table[i + 1] = (struct option){.name = all->opt[i]->name,
					       .has_arg = all->opt[i]->arg != NULL,
					       .val = OPTS_FIRST + (int)i};
	optind = 0; /* glibc: begin anew, also in a second call */
	opterr = 0;
	while ((value = getopt_long(argc, argv, ":h", table, NULL)) != -1) {
		if (value == 'h') {
			print_help(all, o->verb);
			return BENCH_OK;
		}
		if (value == ':')
			return bench_opts_error(o->verb, "%s: needs a value; see --help",
						argv[optind - 1]);
		if (value == '?')
			return bench_opts_error(o->verb, "%s: %s; see --help", argv[optind - 1],
						optopt >= OPTS_FIRST ? "takes no value" :
								       "no such option");
		value -= OPTS_FIRST;
		if (bench_opt_set(all->opt[value], all->base[value], optarg, why, sizeof(why)) != 0)
			return bench_opts_error(o->verb, "--%s %s", all->opt[value]->name, why);
	}
	if (optind < argc)
		return bench_opts_error(o->verb, "'%s': options begin with --; see --help",
					argv[optind]);
	return BENCH_OPTS_RUN;
}

int
bench_opts_parse(struct bench_opts *o, const struct bench_opts_verb *verb, int argc, char **argv)
{
	struct opts_all all;
	int rc;

	o->verb = verb;
	list_all(&all, o, verb);
	rc = parse_words(o, &all, argc, argv);
	if (rc == BENCH_OPTS_RUN && check_all(o, verb) != 0)
		rc = BENCH_ERROR;
	return rc;
}

int
bench_opts_check_cpus(const struct bench_opts *o)
{
	cpu_set_t before, one;
	int rc = 0;

	/* only the kernel knows: a CPU outside of the present set may be within the allowed one */
	if (sched_getaffinity(0, sizeof(before), &before) != 0)
		return 0;
	for (unsigned int i = 0; i < o->ncpus && rc == 0; i++) {
		CPU_ZERO(&one);
		if (o->cpu[i] < CPU_SETSIZE)
			CPU_SET(o->cpu[i], &one);
		if (sched_setaffinity(0, sizeof(one), &one) != 0)
			rc = bench_opts_error(o->verb,
					      "--cpus: there is no CPU %u that this program may "
					      "use; 'taskset -pc $$' shows which it may",
					      o->cpu[i]);
	}
	sched_setaffinity(0, sizeof(before), &before);
	return rc;
}

static json_t *
opt_json(const struct bench_opt *opt, const void *base)
{
	const void *member = (const char *)base + opt->offset;

	switch (opt->type) {
	case BENCH_OPT_ON:
		return json_boolean(*(const bool *)member);
	case BENCH_OPT_UINT:
		return json_integer(*(const unsigned int *)member);
	case BENCH_OPT_REAL:
		return json_real(*(const double *)member);
	case BENCH_OPT_TEXT:
		if (*(const char *const *)member == NULL)
			return json_null();
		return json_string(*(const char *const *)member);
	case BENCH_OPT_CHOICE:
		return json_string(opt->choice[*(const unsigned int *)member]);
	default:
		return opt->json != NULL ? opt->json(base) : NULL;
	}
}

json_t *
bench_opts_json(const struct bench_opts *o)
{
	json_t *config = json_object();
	struct opts_all all;

	list_all(&all, o, o->verb);
	for (unsigned int i = 0; i < all.n; i++) {
		json_t *value = opt_json(all.opt[i], all.base[i]);

		if (value != NULL)
			json_object_set_new(config, all.opt[i]->name, value);
	}
	return config;
}

void
bench_opts_fini(struct bench_opts *o)
{
	free(o->path_);
	o->path_ = NULL;
}
