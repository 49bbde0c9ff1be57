/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_cfgfile.h>

#include "compare_ini.h"
#include "compare_place.h"

/* "step" entries are a list; all others of one name are one text. */
#define LIST_ENTRY "step"

const char *
compare_ini_get(const struct compare_section *s, const char *name)
{
	for (unsigned int i = 0; i < s->n; i++)
		if (strcmp(s->entry[i].name, name) == 0)
			return s->entry[i].value;
	return NULL;
}

static struct compare_entry *
find_entry(struct compare_section *s, const char *name)
{
	if (strcmp(name, LIST_ENTRY) == 0)
		return NULL;
	for (unsigned int i = 0; i < s->n; i++)
		if (strcmp(s->entry[i].name, name) == 0)
			return &s->entry[i];
	return NULL;
}

static int
add_entry(struct compare_section *s, const struct rte_cfgfile_entry *from)
{
	struct compare_entry *e = find_entry(s, from->name);
	char *joined;

	if (e != NULL) {
		if (asprintf(&joined, "%s %s", e->value, from->value) < 0)
			return -ENOMEM;
		free(e->value);
		e->value = joined;
		return 0;
	}
	e = &s->entry[s->n];
	e->name = strdup(from->name);
	e->value = strdup(from->value);
	s->n++;
	return e->name == NULL || e->value == NULL ? -ENOMEM : 0;
}

/* Kind and name of a section. */
static int
name_section(const struct compare_ini *ini, struct compare_section *s, const char *title,
	     struct compare_error *err)
{
	size_t kind = strcspn(title, " \t");
	const char *name = title + kind + strspn(title + kind, " \t");

	s->kind = strndup(title, kind);
	s->name = strdup(name);
	if (s->kind == NULL || s->name == NULL)
		return compare_fail(err, -ENOMEM, "%s: out of memory", ini->path);
	for (const struct compare_section *o = ini->section; o < s; o++)
		if (strcmp(o->kind, s->kind) == 0 && strcmp(o->name, s->name) == 0)
			return compare_fail(err, -EINVAL,
					    "%s: [%s] stands there twice; "
					    "make one section of them",
					    ini->path, title);
	return 0;
}

static int
load_section(struct compare_ini *ini, struct rte_cfgfile *file, int index,
	     struct compare_error *err)
{
	struct compare_section *s = &ini->section[index];
	char title[CFG_NAME_LEN] = "";
	int n = rte_cfgfile_section_num_entries_by_index(file, title, index);
	struct rte_cfgfile_entry *entry = calloc((size_t)n + 1, sizeof(*entry));
	int rc;

	s->entry = calloc((size_t)n + 1, sizeof(*s->entry));
	ini->n++;
	rc = name_section(ini, s, title, err);
	if (entry == NULL || s->entry == NULL)
		rc = compare_fail(err, -ENOMEM, "%s: out of memory", ini->path);
	if (rc == 0)
		rte_cfgfile_section_entries_by_index(file, index, title, entry, n);
	for (int i = 0; rc == 0 && i < n; i++) {
		if (strlen(entry[i].value) >= CFG_VALUE_LEN - 1)
			rc = compare_fail(err, -EINVAL,
					  "%s: [%s] %s= is longer than %d "
					  "characters; give the rest in further lines \"%s=...\"",
					  ini->path, title, entry[i].name, CFG_VALUE_LEN - 2,
					  entry[i].name);
		else if (add_entry(s, &entry[i]) != 0)
			rc = compare_fail(err, -ENOMEM, "%s: out of memory", ini->path);
	}
	free(entry);
	return rc;
}

int
compare_ini_load(struct compare_ini *ini, const char *name, struct compare_error *err)
{
	struct rte_cfgfile *file;
	int i, n, rc;

	memset(ini, 0, sizeof(*ini));
	rc = compare_place_ini(name, &ini->path);
	if (rc != 0)
		return compare_fail(err, rc, "%s: %s; --list shows those that come along", name,
				    strerror(-rc));
	file = rte_cfgfile_load(ini->path, CFG_FLAG_EMPTY_VALUES);
	if (file == NULL)
		return compare_fail(err, -EINVAL,
				    "%s: not an INI file: \"[section]\", "
				    "\"name = value\" of at most %d characters, \"; comment\"",
				    ini->path, CFG_VALUE_LEN - 2);
	n = rte_cfgfile_num_sections(file, "", 0);
	ini->section = calloc((size_t)n + 1, sizeof(*ini->section));
	if (ini->section == NULL)
		rc = compare_fail(err, -ENOMEM, "%s: out of memory", ini->path);
	for (i = 0; rc == 0 && i < n; i++)
		rc = load_section(ini, file, i, err);
	rte_cfgfile_close(file);
	return rc;
}

void
compare_ini_free(struct compare_ini *ini)
{
	for (unsigned int i = 0; i < ini->n; i++) {
		for (unsigned int e = 0; e < ini->section[i].n; e++) {
			free(ini->section[i].entry[e].name);
			free(ini->section[i].entry[e].value);
		}
		free(ini->section[i].entry);
		free(ini->section[i].kind);
		free(ini->section[i].name);
	}
	free(ini->section);
	free(ini->path);
	memset(ini, 0, sizeof(*ini));
}
