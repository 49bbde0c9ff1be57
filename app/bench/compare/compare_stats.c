/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <math.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "compare_stats.h"

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The values that are numbers, sorted. @return how many; sorted is for free() */
static unsigned int
sort_values(const double *value, unsigned int n, double **sorted)
{
	unsigned int found = 0;

	*sorted = malloc((n + 1) * sizeof(**sorted));
	if (*sorted == NULL)
		return 0;
	for (unsigned int i = 0; i < n; i++)
		if (!isnan(value[i]))
			(*sorted)[found++] = value[i];
	qsort(*sorted, found, sizeof(**sorted), by_value);
	return found;
}

double
compare_median(const double *value, unsigned int n)
{
	double *sorted, median = NAN;

	n = sort_values(value, n, &sorted);
	if (n != 0)
		median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
	free(sorted);
	return median;
}

/* Median of value[i] / base[i]. */
static double
median_ratio(const double *value, const double *base, unsigned int rounds)
{
	double *ratio = malloc((rounds + 1) * sizeof(*ratio)), median = NAN;

	if (ratio == NULL)
		return NAN;
	for (unsigned int i = 0; i < rounds; i++)
		ratio[i] = base[i] != 0 ? value[i] / base[i] : NAN;
	median = compare_median(ratio, rounds);
	free(ratio);
	return median;
}

struct compare_summary
compare_summarise(const double *value, const double *base, unsigned int rounds)
{
	struct compare_summary s = {.median = NAN, .min = NAN, .max = NAN, .ratio = NAN};
	double *sorted;

	s.n = sort_values(value, rounds, &sorted);
	if (s.n != 0) {
		s.median = compare_median(value, rounds);
		s.min = sorted[0];
		s.max = sorted[s.n - 1];
	}
	free(sorted);
	if (base != NULL)
		s.ratio = median_ratio(value, base, rounds);
	return s;
}

int
compare_regex_check(const char *regex, struct compare_error *err)
{
	char why[128];
	regex_t re;
	int rc = regcomp(&re, regex, REG_EXTENDED | REG_NEWLINE);

	if (rc != 0) {
		regerror(rc, &re, why, sizeof(why));
		return compare_fail(err, -EINVAL, "'%s' is not a regular expression: %s", regex,
				    why);
	}
	rc = re.re_nsub == 0 ? compare_fail(err, -EINVAL,
					    "'%s' has no group (...) that is the "
					    "number",
					    regex) :
			       0;
	regfree(&re);
	return rc;
}

int
compare_regex_number(const char *regex, const char *text, double *value)
{
	const char *last = NULL;
	regmatch_t match[2];
	int flags = 0;
	regex_t re;
	char *end;

	if (regcomp(&re, regex, REG_EXTENDED | REG_NEWLINE) != 0)
		return -EINVAL;
	while (regexec(&re, text, 2, match, flags) == 0) {
		if (match[1].rm_so >= 0)
			last = text + match[1].rm_so;
		if (match[0].rm_eo == 0 && *text == '\0')
			break;
		/* at least one further, or an empty match would be found for ever */
		text += match[0].rm_eo > 0 ? match[0].rm_eo : 1;
		flags = text[-1] == '\n' ? 0 : REG_NOTBOL;
	}
	regfree(&re);
	if (last == NULL)
		return -ENOENT;
	*value = strtod(last, &end);
	return end == last ? -EINVAL : 0;
}

int
compare_path_number(const json_t *root, const char *path, double *value)
{
	char name[64];

	while (root != NULL && *path != '\0') {
		size_t n = strcspn(path, ".");

		snprintf(name, sizeof(name), "%.*s", (int)n, path);
		root = json_is_array(root) ? json_array_get(root, strtoul(name, NULL, 10)) :
					     json_object_get(root, name);
		path += n + (path[n] == '.');
	}
	if (!json_is_number(root))
		return -ENOENT;
	*value = json_number_value(root);
	return 0;
}
