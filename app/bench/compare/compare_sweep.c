/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <stdlib.h>
#include <string.h>

#include "compare_expand.h"

static int
parse_values(struct compare_sweep *w, const char *text, struct compare_error *err)
{
	while (*text != '\0') {
		size_t n = strcspn(text, ",");

		if (n == 0 || w->n == COMPARE_MAX_VALUES)
			return compare_fail(err, -EINVAL, "sweep over %s: %s", w->name,
					    n == 0 ? "an empty value" : "too many values");
		w->value[w->n] = strndup(text, n);
		if (w->value[w->n] == NULL)
			return compare_fail(err, -ENOMEM, "out of memory");
		w->n++;
		text += n;
		if (*text == ',')
			text++;
	}
	return 0;
}

static int
parse_one(struct compare_sweeps *s, const char *word, const struct compare_vars *fixed,
	  struct compare_error *err)
{
	struct compare_sweep *w = &s->sweep[s->n];
	const char *equals = strchr(word, '='), *text;
	int rc;

	if (equals == NULL || equals == word || equals[1] == '\0')
		return compare_fail(err, -EINVAL, "sweep: '%s' is not NAME=VALUE,VALUE...", word);
	if (s->n == COMPARE_MAX_SWEEPS)
		return compare_fail(err, -EINVAL, "sweep: more than %d variables",
				    COMPARE_MAX_SWEEPS);
	w->name = strndup(word, (size_t)(equals - word));
	if (w->name == NULL)
		return compare_fail(err, -ENOMEM, "out of memory");
	s->n++;
	text = compare_vars_get(fixed, w->name);
	rc = parse_values(w, text != NULL ? text : equals + 1, err);
	if (rc == 0 && w->n == 0)
		rc = compare_fail(err, -EINVAL, "sweep over %s: no value", w->name);
	return rc;
}

int
compare_sweeps_parse(struct compare_sweeps *s, const char *text, const struct compare_vars *fixed,
		     struct compare_error *err)
{
	char **words;
	int rc;

	memset(s, 0, sizeof(*s));
	if (text == NULL)
		return 0;
	rc = compare_words(text, &words, err);
	for (unsigned int i = 0; rc == 0 && words[i] != NULL; i++)
		rc = parse_one(s, words[i], fixed, err);
	compare_words_free(words);
	return rc;
}

void
compare_sweeps_free(struct compare_sweeps *s)
{
	for (unsigned int i = 0; i < s->n; i++) {
		for (unsigned int k = 0; k < s->sweep[i].n; k++)
			free(s->sweep[i].value[k]);
		free(s->sweep[i].name);
	}
	memset(s, 0, sizeof(*s));
}

unsigned int
compare_sweeps_count(const struct compare_sweeps *s)
{
	unsigned int n = 1;

	for (unsigned int i = 0; i < s->n; i++)
		n *= s->sweep[i].n;
	return n;
}

const char *
compare_sweeps_value(const struct compare_sweeps *s, unsigned int combination, unsigned int i)
{
	for (unsigned int k = s->n - 1; k > i; k--)
		combination /= s->sweep[k].n;
	return s->sweep[i].value[combination % s->sweep[i].n];
}
