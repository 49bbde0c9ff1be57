/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <foo_near.h>

#include "foo_args.h"
#include "foo_type.h"

const struct foo_opt foo_own_options[] = {
#ifdef FOO_WITH_NET
	{"fwd", FOO_OPT_VALUE, FOO_OPT_FWD},
	{"gather", FOO_OPT_VALUE, FOO_OPT_GATHER},
	{"overload", FOO_OPT_VALUE, FOO_OPT_OVERLOAD},
	{"placement", FOO_OPT_VALUE, FOO_OPT_PLACEMENT},
	{"txonly-size", FOO_OPT_VALUE, FOO_OPT_TXONLY_SIZE},
#endif
	{"h", FOO_OPT_FLAG, FOO_OPT_HELP},
	{"help", FOO_OPT_FLAG, FOO_OPT_HELP},
	{"help-device", FOO_OPT_VALUE, FOO_OPT_HELP_DEVICE},
	{"idle", FOO_OPT_VALUE, FOO_OPT_IDLE},
	{"list-devices", FOO_OPT_FLAG, FOO_OPT_LIST_DEVICES},
	{"stats-period", FOO_OPT_VALUE, FOO_OPT_STATS_PERIOD},
	{"stats-queues", FOO_OPT_FLAG, FOO_OPT_STATS_QUEUES},
	{"version", FOO_OPT_FLAG, FOO_OPT_VERSION},
	{NULL, FOO_OPT_FLAG, 0},
};

const char *const foo_idle_words[] = {
	[FOO_IDLE_ADAPTIVE] = "adaptive",
	[FOO_IDLE_SPIN] = "spin",
	NULL,
};

int
foo_args_number(const char *option, const char *text, uint32_t min, uint32_t max, uint32_t *value,
		struct foo_error *err)
{
	uint64_t n = 0;
	const char *p = text;

	/* stops before it could overflow; signs and spaces are no digits */
	while (*p >= '0' && *p <= '9' && n <= UINT32_MAX)
		n = 10 * n + (uint64_t)(*p++ - '0');
	if (p == text || *p != '\0' || n < min || n > max)
		return foo_error_set(err, -EINVAL, "%s: '%.40s' is not a number from %u to %u",
				     option, text, min, max);
	*value = (uint32_t)n;
	return 0;
}

int
foo_args_word(const char *option, const char *text, const char *const *words, unsigned int *index,
	      struct foo_error *err)
{
	char list[160] = "";
	size_t len = 0;

	for (unsigned int i = 0; words[i] != NULL; i++) {
		if (strcmp(text, words[i]) == 0) {
			*index = i;
			return 0;
		}
		len += snprintf(list + len, len < sizeof(list) ? sizeof(list) - len : 0, "%s%s",
				i == 0               ? "" :
				words[i + 1] == NULL ? " or " :
						       ", ",
				words[i]);
		len = RTE_MIN(len, sizeof(list) - 1);
	}
	return foo_error_set(err, -EINVAL, "%s: '%.40s' is not one of %s", option, text, list);
}

/* Options that may stand on either side of "--". */
static bool
args_common(struct foo_args *args, const struct foo_optscan *s, enum foo_action help)
{
	switch (s->opt->id) {
	case FOO_OPT_HELP:
		args->action = help;
		return true;
	case FOO_OPT_VERSION:
		args->action = FOO_ACTION_VERSION;
		return true;
	case FOO_OPT_LIST_DEVICES:
		args->action = FOO_ACTION_LIST_DEVICES;
		return true;
	case FOO_OPT_HELP_DEVICE:
		args->action = FOO_ACTION_HELP_DEVICE;
		args->help_device = s->value;
		return true;
	default:
		return false;
	}
}

static int
args_file_prefix(struct foo_args *args, const char *value, struct foo_error *err)
{
	if (value[0] == '\0' || strchr(value, '/') != NULL)
		return foo_error_set(err, -EINVAL,
				     "--file-prefix: '%.60s' is not a name without '/'", value);
	args->eal.file_prefix = value;
	return 0;
}

static int
args_proc_type(const char *value, struct foo_error *err)
{
	/* a secondary process waits without end for a primary one, and cannot serve anyway */
	if (strcmp(value, "primary") == 0)
		return 0;
	return foo_error_set(err, -EINVAL,
			     "--proc-type: dpdk-foo can only run as primary, not as '%.40s'",
			     value);
}

/* What an EAL option tells us. */
static int
args_eal_option(struct foo_args *args, const struct foo_optscan *s, struct foo_error *err)
{
	switch (s->opt->id) {
	case FOO_OPT_PLUGIN:
		args->plugins[args->nplugins++] = s->value;
		return 0;
	case FOO_OPT_VDEV:
		args->vdevs[args->nvdevs++] = (struct foo_args_vdev){
			.text = s->value, .first = s->first, .last = s->pos - 1};
		return 0;
	case FOO_OPT_LCORES:
		args->eal.lcores_option = s->opt->name[1] != '\0' ? "--lcores" :
					  s->opt->name[0] == 'l'  ? "-l" :
								    "-c";
		args->eal.lcores = s->value;
		return 0;
	case FOO_OPT_MEMORY:
		args->eal.memory_option = s->opt->name[1] != '\0' ? "--socket-mem" : "-m";
		args->eal.memory = s->value;
		return 0;
	case FOO_OPT_FILE_PREFIX:
		return args_file_prefix(args, s->value, err);
	case FOO_OPT_HUGE_DIR:
		args->eal.huge_dir = s->value;
		return 0;
	case FOO_OPT_NO_HUGE:
		args->eal.no_huge = true;
		return 0;
	case FOO_OPT_LOG_LEVEL:
		args->eal.log_level = true;
		return 0;
	case FOO_OPT_SYSLOG:
		args->eal.syslog = true;
		return 0;
	case FOO_OPT_PROC_TYPE:
		return args_proc_type(s->value, err);
	default:
		args_common(args, s, FOO_ACTION_HELP);
		return 0;
	}
}

static int
args_parse_eal(struct foo_args *args, bool lenient, struct foo_error *err)
{
	struct foo_optscan s = {.argv = args->argv,
				.pos = 1,
				.end = args->eal_end,
				.table = foo_eal_options,
				.abbreviations = true};
	int rc;

	for (;;) {
		rc = foo_optscan_next(&s, err);
		if (rc == 0)
			return 0;
		if (rc == -ENOENT && foo_opt_find(foo_own_options, s.name) != NULL)
			return foo_error_set(
				err, -EINVAL,
				"option --%s belongs behind a '--': dpdk-foo [EAL options] -- "
				"[options]",
				s.name);
		if (rc < 0 && lenient)
			continue; /* EAL will say what it thinks of it */
		if (rc > 0)
			rc = args_eal_option(args, &s, err);
		if (rc < 0)
			return -EINVAL;
	}
}

static int
args_own_option(struct foo_args *args, const struct foo_optscan *s, struct foo_error *err)
{
	unsigned int word = 0;
	int rc;

	for (const struct foo_type *const *t = foo_types; *t != NULL; t++) {
		rc = (*t)->option != NULL ? (*t)->option(args, s, err) : -ENOENT;
		if (rc != -ENOENT)
			return rc;
	}
	switch (s->opt->id) {
	case FOO_OPT_STATS_PERIOD:
		return foo_args_number("--stats-period", s->value, 0, FOO_STATS_PERIOD_MAX,
				       &args->stats_period, err);
	case FOO_OPT_STATS_QUEUES:
		args->stats_queues = true;
		return 0;
	case FOO_OPT_IDLE:
		rc = foo_args_word("--idle", s->value, foo_idle_words, &word, err);
		args->idle = word;
		return rc;
	default:
		args_common(args, s, FOO_ACTION_HELP_OURS);
		return 0;
	}
}

static int
args_parse_own(struct foo_args *args, struct foo_error *err)
{
	struct foo_optscan s = {.argv = args->argv,
				.pos = args->eal_end + 1,
				.end = args->argc,
				.table = foo_own_options};
	char name[FOO_OPT_NAME_MAX + 2];
	int rc;

	if (args->eal_end == args->argc)
		return 0;
	while ((rc = foo_optscan_next(&s, err)) > 0) {
		rc = args_own_option(args, &s, err);
		if (rc != 0)
			return rc;
	}
	if (rc == -ENOENT && foo_opt_find(foo_eal_options, s.name) != NULL)
		foo_error_set(err, rc, "option %s is EAL's: it belongs before the '--'",
			      foo_opt_spell(s.name, name, sizeof(name)));
	return rc == 0 ? 0 : -EINVAL;
}

int
foo_args_parse(struct foo_args *args, int argc, char *const *argv, bool lenient,
	       struct foo_error *err)
{
	int rc;

	*args = (struct foo_args){
		.argc = argc,
		.argv = argv,
		.eal_end = 1,
		.plugins = calloc(argc + 1, sizeof(*args->plugins)),
		.vdevs = calloc(argc + 1, sizeof(*args->vdevs)),
	};
	if (args->plugins == NULL || args->vdevs == NULL)
		return foo_error_set(err, -ENOMEM, "out of memory");
	for (const struct foo_type *const *t = foo_types; *t != NULL; t++)
		if ((*t)->defaults != NULL)
			(*t)->defaults(args);
	while (args->eal_end < argc && strcmp(argv[args->eal_end], "--") != 0)
		args->eal_end++;
	rc = args_parse_eal(args, lenient, err);
	if (rc == 0)
		rc = args_parse_own(args, err);
	return rc;
}

void
foo_args_free(struct foo_args *args)
{
	free(args->plugins);
	free(args->vdevs);
	args->plugins = NULL;
	args->vdevs = NULL;
}

/* Whether an argument belongs to one of our devices. */
static bool
args_is_ours(const struct foo_args *args, int index)
{
	for (unsigned int i = 0; i < args->nvdevs; i++) {
		const struct foo_args_vdev *v = &args->vdevs[i];

		if (v->ours && index >= v->first && index <= v->last)
			return true;
	}
	return false;
}

char **
foo_args_eal_argv(const struct foo_args *args, const char *const *extra, int *argc)
{
	char **argv;
	int n = 0;

	while (extra[n] != NULL)
		n++;
	argv = calloc(args->eal_end + n + 1, sizeof(*argv));
	if (argv == NULL)
		return NULL;
	argv[0] = args->argv[0];
	/* getopt moves arguments but does not write to them */
	memcpy(argv + 1, extra, n * sizeof(*argv));
	n++;
	for (int i = 1; i < args->eal_end; i++)
		if (!args_is_ours(args, i))
			argv[n++] = args->argv[i];
	*argc = n;
	return argv;
}
