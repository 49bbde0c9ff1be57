/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <stdlib.h>
#include <string.h>

#include "compare_keys.h"

void
compare_keys_fail(struct compare_keys *k, const char *name, const char *format, ...)
{
	const struct compare_section *s = k->section;
	char what[512];
	va_list args;

	if (k->rc != 0)
		return;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	k->rc = compare_fail(k->err, -EINVAL, "%s: [%s%s%s] %s%s%s", k->ini->path, s->kind,
			     s->name[0] != '\0' ? " " : "", s->name, name,
			     name[0] != '\0' ? "=: " : "", what);
}

static bool
is_known(const char *entry, const char *const *names)
{
	for (; *names != NULL; names++) {
		size_t n = strlen(*names);

		if (strcmp(entry, *names) == 0 ||
		    ((*names)[n - 1] == '.' && strncmp(entry, *names, n) == 0))
			return true;
	}
	return false;
}

void
compare_keys_known(struct compare_keys *k, const char *const *names)
{
	char list[400] = "";
	size_t used = 0;

	for (const char *const *n = names; *n != NULL && used < sizeof(list); n++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, " %s", *n);
	for (unsigned int i = 0; i < k->section->n; i++)
		if (!is_known(k->section->entry[i].name, names))
			compare_keys_fail(k, k->section->entry[i].name,
					  "no such entry here; there are%s", list);
}

const char *
compare_keys_text(struct compare_keys *k, const char *name, const char *standard)
{
	const char *value = compare_ini_get(k->section, name);

	if (value != NULL && value[0] == '\0')
		compare_keys_fail(k, name, "is empty");
	return value != NULL ? value : standard;
}

double
compare_keys_number(struct compare_keys *k, const char *name, double standard, double min,
		    double max)
{
	const char *text = compare_keys_text(k, name, NULL);
	char *end;
	double value;

	if (text == NULL)
		return standard;
	value = strtod(text, &end);
	if (end == text || *end != '\0' || !(value >= min && value <= max)) {
		compare_keys_fail(k, name, "'%s' is not a number from %g to %g", text, min, max);
		return standard;
	}
	return value;
}

unsigned int
compare_keys_choice(struct compare_keys *k, const char *name, const char *const *names,
		    unsigned int standard)
{
	const char *text = compare_keys_text(k, name, NULL);
	char list[200] = "";
	size_t used = 0;

	if (text == NULL)
		return standard;
	for (unsigned int i = 0; names[i] != NULL; i++) {
		if (strcmp(text, names[i]) == 0)
			return i;
		if (used < sizeof(list))
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
						 i != 0 ? ", " : "", names[i]);
	}
	compare_keys_fail(k, name, "'%s' is none of: %s", text, list);
	return standard;
}

bool
compare_keys_bool(struct compare_keys *k, const char *name, bool standard)
{
	static const char *const names[] = {"no", "yes", NULL};

	return compare_keys_choice(k, name, names, standard) != 0;
}
