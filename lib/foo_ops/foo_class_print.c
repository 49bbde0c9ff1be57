/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <string.h>

#include "foo_ops_priv.h"

/* Columns that one level of the tree is moved to the right. */
#define PRINT_INDENT 2

/* The child of super whose name follows last in the alphabet. */
static const struct foo_class *
print_next_child(const struct foo_class *super, const struct foo_class *last)
{
	const struct foo_class *best = NULL;

	for (const struct foo_class *c = foo_classes; c != NULL; c = c->next) {
		if (c->super != super || (last != NULL && strcmp(c->name, last->name) <= 0))
			continue;
		if (best == NULL || strcmp(c->name, best->name) < 0)
			best = c;
	}
	return best;
}

static int
print_depth(const struct foo_class *cls)
{
	int depth = 0;

	for (cls = cls->super; cls != NULL; cls = cls->super)
		depth++;
	return depth;
}

/* What stands behind the help of a class, in brackets. */
static void
print_class_note(FILE *out, const struct foo_class *cls)
{
	bool is_type = cls->virtio_id != 0 &&
		       (cls->super == NULL || cls->super->virtio_id != cls->virtio_id);

	if (is_type)
		fprintf(out, " (VirtIO device type %u%s)", cls->virtio_id,
			cls->abstract ? ", abstract" : "");
	else if (cls->abstract)
		fprintf(out, " (abstract)");
	fputc('\n', out);
}

static void
print_subtree(FILE *out, const struct foo_class *super, int width)
{
	const struct foo_class *c = NULL;

	while ((c = print_next_child(super, c)) != NULL) {
		int indent = PRINT_INDENT * print_depth(c);

		fprintf(out, "%*s%-*s  %s", indent, "", width - indent, c->name, c->help);
		print_class_note(out, c);
		print_subtree(out, c, width);
	}
}

void
foo_class_print_tree(FILE *out)
{
	int width = 0;

	for (const struct foo_class *c = foo_classes; c != NULL; c = c->next) {
		int w = PRINT_INDENT * print_depth(c) + (int)strlen(c->name);

		if (w > width)
			width = w;
	}
	print_subtree(out, NULL, width);
}

/* "key=<1..128>", or the bare key of one that takes no value. */
static void
print_key(const struct foo_prop *prop, char *buf, size_t size)
{
	char syntax[128];

	foo_prop_syntax(prop, syntax, sizeof(syntax));
	snprintf(buf, size, "%s%s%s", prop->name, syntax[0] != '\0' ? "=" : "", syntax);
}

/* What stands behind the help of a property, in brackets. */
static void
print_note(FILE *out, const struct foo_prop *prop)
{
	if (prop->type == FOO_PROP_T_REFUSED)
		fprintf(out, " (not supported)");
	else if (prop->type == FOO_PROP_T_IGNORED)
		fprintf(out, " (accepted, no effect)");
	else if (prop->required)
		fprintf(out, " (required)");
	else if (prop->def != NULL)
		fprintf(out, " (default %s)", prop->def);
	if (prop->runtime)
		fprintf(out, " (changeable)");
}

static int
print_width(const struct foo_class *cls)
{
	char key[160];
	int width = 0;

	for (const struct foo_class *c = cls; c != NULL; c = c->super)
		for (const struct foo_prop *p = c->props; p != NULL && p->name != NULL; p++) {
			print_key(p, key, sizeof(key));
			if ((int)strlen(key) > width)
				width = strlen(key);
		}
	/* one long enum must not push all help to the right */
	return width < 32 ? width : 32;
}

/* The properties that cls has from c, itself or an ancestor. */
static void
print_group(FILE *out, const struct foo_class *cls, const struct foo_class *c, int width)
{
	bool titled = false;
	char key[160];

	for (const struct foo_prop *p = c->props; p != NULL && p->name != NULL; p++) {
		if (foo_class_prop(cls, p->name) != p)
			continue; /* overridden: printed where that is done */
		if (!titled)
			fprintf(out, "\n%s %s:\n", c == cls ? "Properties of" : "Inherited from",
				c->name);
		titled = true;
		print_key(p, key, sizeof(key));
		if ((int)strlen(key) > width)
			fprintf(out, "  %s\n  %*s  %s", key, width, "", p->help);
		else
			fprintf(out, "  %-*s  %s", width, key, p->help);
		print_note(out, p);
		fputc('\n', out);
	}
}

static bool
print_any_runtime(const struct foo_class *cls)
{
	for (const struct foo_class *c = cls; c != NULL; c = c->super)
		for (const struct foo_prop *p = c->props; p != NULL && p->name != NULL; p++)
			if (p->runtime && foo_class_prop(cls, p->name) == p)
				return true;
	return false;
}

void
foo_class_print_help(FILE *out, const struct foo_class *cls)
{
	int width = print_width(cls);

	fprintf(out, "%s: %s%s\n", cls->name, cls->help, cls->abstract ? " (abstract)" : "");
	if (!cls->abstract)
		fprintf(out, "Usage: --vdev %s<N>,key=value,...\n", cls->name);
	if (print_any_runtime(cls))
		fprintf(out, "What is marked (changeable) can be set while the device runs.\n");
	for (const struct foo_class *c = cls; c != NULL; c = c->super)
		print_group(out, cls, c, width);
}
