/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <foo_near.h>

#include "foo_optscan.h"

/* Room for dashes and name. */
#define SPELL_MAX (FOO_OPT_NAME_MAX + 2)

const char *
foo_opt_spell(const char *name, char *buf, size_t size)
{
	bool is_letter = name[0] != '\0' && name[1] == '\0';

	snprintf(buf, size, "%s%s", is_letter ? "-" : "--", name);
	return buf;
}

const struct foo_opt *
foo_opt_find(const struct foo_opt *table, const char *name)
{
	for (; table->name != NULL; table++)
		if (strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

static int
optscan_unknown(const struct foo_optscan *s, struct foo_error *err)
{
	struct foo_near near = foo_near_begin(s->name);
	char mine[SPELL_MAX], other[SPELL_MAX];

	foo_opt_spell(s->name, mine, sizeof(mine));
	for (const struct foo_opt *o = s->table; o->name != NULL; o++)
		if (o->name[1] != '\0')
			foo_near_offer(&near, o->name);
	if (near.best == NULL || s->name[1] == '\0')
		return foo_error_set(err, -ENOENT, "unknown option %s (see --help)", mine);
	foo_opt_spell(near.best, other, sizeof(other));
	return foo_error_set(err, -ENOENT, "unknown option %s: did you mean %s?", mine, other);
}

/* The long option that the name, which is no full name, is the beginning of. */
static int
optscan_abbreviation(struct foo_optscan *s, struct foo_error *err)
{
	size_t len = strlen(s->name);

	for (const struct foo_opt *o = s->table; o->name != NULL && len > 0; o++) {
		if (o->name[1] == '\0' || strncmp(o->name, s->name, len) != 0)
			continue;
		if (s->opt != NULL)
			return foo_error_set(err, -EINVAL,
					     "option --%s is ambiguous: --%s or --%s?", s->name,
					     s->opt->name, o->name);
		s->opt = o;
	}
	return s->opt != NULL ? 0 : optscan_unknown(s, err);
}

/* Take the next argument as the option's value. */
static int
optscan_take_value(struct foo_optscan *s, struct foo_error *err)
{
	char name[SPELL_MAX];

	if (s->pos == s->end)
		return foo_error_set(err, -EINVAL, "option %s needs a value",
				     foo_opt_spell(s->opt->name, name, sizeof(name)));
	s->value = s->argv[s->pos++];
	return 1;
}

static int
optscan_long(struct foo_optscan *s, const char *text, struct foo_error *err)
{
	const char *equals = strchrnul(text, '=');
	int rc = 0;

	snprintf(s->name, sizeof(s->name), "%.*s", (int)(equals - text), text);
	/* the single letters of the table are no long options */
	s->opt = strlen(s->name) > 1 ? foo_opt_find(s->table, s->name) : NULL;
	if (s->opt == NULL)
		rc = s->abbreviations ? optscan_abbreviation(s, err) : optscan_unknown(s, err);
	if (rc != 0)
		return rc;
	s->value = *equals == '=' ? equals + 1 : NULL;
	if (s->opt->arg == FOO_OPT_FLAG && s->value != NULL)
		return foo_error_set(err, -EINVAL, "option --%s takes no value", s->opt->name);
	if (s->opt->arg == FOO_OPT_VALUE && s->value == NULL)
		return optscan_take_value(s, err);
	return 1;
}

static int
optscan_letter(struct foo_optscan *s, struct foo_error *err)
{
	const char *rest = s->letters + 1;

	snprintf(s->name, sizeof(s->name), "%c", *s->letters);
	s->letters = *rest != '\0' ? rest : NULL;
	s->opt = foo_opt_find(s->table, s->name);
	s->value = NULL;
	if (s->opt == NULL)
		return optscan_unknown(s, err);
	if (s->opt->arg != FOO_OPT_VALUE)
		return 1;
	s->letters = NULL;
	if (*rest == '\0')
		return optscan_take_value(s, err);
	s->value = rest;
	return 1;
}

int
foo_optscan_next(struct foo_optscan *s, struct foo_error *err)
{
	const char *text;

	if (s->letters != NULL)
		return optscan_letter(s, err);
	if (s->pos == s->end)
		return 0;
	s->first = s->pos;
	text = s->argv[s->pos++];
	if (text[0] != '-' || text[1] == '\0')
		return foo_error_set(err, -EINVAL, "unexpected argument '%s' (see --help)", text);
	if (text[1] == '-')
		return optscan_long(s, text + 2, err);
	s->letters = text + 1;
	return optscan_letter(s, err);
}
