/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <stdlib.h>
#include <string.h>

#include "compare_expand.h"

/* A variable in a variable in ...: more is a circle. */
#define MAX_DEPTH 16

int
compare_vars_set(struct compare_vars *v, const char *name, const char *value)
{
	char *copy = strdup(value);
	unsigned int i = 0;

	if (copy == NULL)
		return -ENOMEM;
	while (i < v->n && strcmp(v->var[i].name, name) != 0)
		i++;
	if (i < v->n) {
		free(v->var[i].value);
		v->var[i].value = copy;
		return 0;
	}
	if (i < COMPARE_MAX_VARS)
		v->var[i].name = strdup(name);
	if (i == COMPARE_MAX_VARS || v->var[i].name == NULL) {
		free(copy);
		return i == COMPARE_MAX_VARS ? -ENOSPC : -ENOMEM;
	}
	v->var[i].value = copy;
	v->n++;
	return 0;
}

int
compare_vars_number(struct compare_vars *v, const char *name, double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%g", value);
	return compare_vars_set(v, name, text);
}

const char *
compare_vars_get(const struct compare_vars *v, const char *name)
{
	for (unsigned int i = 0; i < v->n; i++)
		if (strcmp(v->var[i].name, name) == 0)
			return v->var[i].value;
	return NULL;
}

int
compare_vars_copy(struct compare_vars *dst, const struct compare_vars *src)
{
	int rc = 0;

	for (unsigned int i = 0; rc == 0 && i < src->n; i++)
		rc = compare_vars_set(dst, src->var[i].name, src->var[i].value);
	return rc;
}

void
compare_vars_free(struct compare_vars *v)
{
	for (unsigned int i = 0; i < v->n; i++) {
		free(v->var[i].name);
		free(v->var[i].value);
	}
	v->n = 0;
}

static int expand_into(const struct compare_vars *v, const char *text, size_t len, FILE *out,
		       unsigned int depth, struct compare_error *err);

/* Expand a part of a text into one of its own. */
static int
expand_part(const struct compare_vars *v, const char *text, size_t len, char **out,
	    unsigned int depth, struct compare_error *err)
{
	size_t size = 0;
	FILE *f = open_memstream(out, &size);
	int rc;

	if (f == NULL)
		return compare_fail(err, -ENOMEM, "out of memory");
	rc = expand_into(v, text, len, f, depth, err);
	if (fclose(f) != 0 && rc == 0)
		rc = compare_fail(err, -ENOMEM, "out of memory");
	if (rc != 0) {
		free(*out);
		*out = NULL;
	}
	return rc;
}

/* Length of what stands in braces, given what follows "${"; len if no brace closes it. */
static size_t
braced(const char *text, size_t len)
{
	unsigned int depth = 1;
	size_t i;

	for (i = 0; i < len; i++) {
		if (text[i] == '{')
			depth++;
		else if (text[i] == '}' && --depth == 0)
			break;
	}
	return i;
}

static int
expand_variable(const struct compare_vars *v, const char *text, size_t len, FILE *out,
		unsigned int depth, struct compare_error *err)
{
	char *name;
	const char *value;
	int rc = expand_part(v, text, len, &name, depth, err);

	if (rc != 0)
		return rc;
	value = compare_vars_get(v, name);
	if (value == NULL)
		rc = compare_fail(err, -EINVAL,
				  "no variable ${%s}; give it in [vars], or with "
				  "--set %s=VALUE",
				  name, name);
	else if (depth == MAX_DEPTH)
		rc = compare_fail(err, -EINVAL, "${%s} refers to itself", name);
	else
		rc = expand_into(v, value, strlen(value), out, depth + 1, err);
	free(name);
	return rc;
}

static int
expand_into(const struct compare_vars *v, const char *text, size_t len, FILE *out,
	    unsigned int depth, struct compare_error *err)
{
	size_t i, n;
	int rc = 0;

	for (i = 0; rc == 0 && i < len; i++) {
		if (text[i] != '$' || i + 1 == len || (text[i + 1] != '{' && text[i + 1] != '$')) {
			fputc(text[i], out);
			continue;
		}
		i += 2;
		if (text[i - 1] == '$') {
			fputc('$', out);
			i--;
			continue;
		}
		n = braced(text + i, len - i);
		if (i + n == len)
			return compare_fail(err, -EINVAL, "no \"}\" closes \"%.*s\"", (int)(n + 2),
					    text + i - 2);
		rc = expand_variable(v, text + i, n, out, depth, err);
		i += n;
	}
	return rc;
}

int
compare_expand(const struct compare_vars *v, const char *text, char **out,
	       struct compare_error *err)
{
	return expand_part(v, text, strlen(text), out, 0, err);
}
