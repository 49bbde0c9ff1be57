/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_kvargs.h>

#include "foo_ops_priv.h"

/* Stands for a '=' within a value while rte_kvargs works on it. */
#define PROPS_EQUALS '\x01'

/* Whether the key that a pair begins with is a URI's, which has '=' in it. */
static bool
props_is_uri(const struct foo_class *cls, const char *pair)
{
	char key[32];
	const struct foo_prop *prop;

	snprintf(key, sizeof(key), "%.*s", (int)strcspn(pair, "="), pair);
	prop = foo_class_prop(cls, key);
	return prop != NULL && prop->type == FOO_PROP_T_URI;
}

/*
 * rte_kvargs is lenient where a user's slip should not pass: a second '=' silently starts the
 * pair anew, and an open '[' swallows what follows. Refuse both before it sees them; in a URI hide
 * the '='.
 */
static int
props_check_syntax(const struct foo_class *cls, char *devargs, struct foo_error *err)
{
	const char *pair = devargs;
	unsigned int pairs = 1;
	bool in_list = false, has_value = false;

	for (char *p = devargs; *p != '\0'; p++) {
		if (*p == '[')
			in_list = true;
		if (*p == ']')
			in_list = false;
		if (*p == '=' && has_value && props_is_uri(cls, pair))
			*p = PROPS_EQUALS;
		if (*p == '=' && has_value)
			return foo_error_set(err, -EINVAL, "'%.*s': a value cannot contain '='",
					     (int)strcspn(pair, ","), pair);
		if (*p == '=')
			has_value = true;
		if (*p == ',' && !in_list) {
			pair = p + 1;
			has_value = false;
			pairs++;
		}
	}
	if (in_list)
		return foo_error_set(err, -EINVAL, "'%.100s': '[' without ']'", pair);
	if (pairs > RTE_KVARGS_MAX)
		return foo_error_set(err, -EINVAL, "more than %d properties", RTE_KVARGS_MAX);
	return 0;
}

/* All keys that cls knows, for a message. */
static void
props_list(const struct foo_class *cls, char *buf, size_t room)
{
	size_t n = 0;

	buf[0] = '\0';
	for (const struct foo_class *c = cls; c != NULL; c = c->super)
		for (const struct foo_prop *p = c->props; p != NULL && p->name != NULL; p++) {
			if (foo_class_prop(cls, p->name) != p || !foo_prop_is_stored(p))
				continue;
			if (n < room)
				n += snprintf(buf + n, room - n, "%s%s", n == 0 ? "" : ", ",
					      p->name);
		}
}

int
foo_prop_unknown(const struct foo_class *cls, const char *key, struct foo_error *err)
{
	struct foo_near near = foo_near_begin(key);
	char known[160];

	for (const struct foo_class *c = cls; c != NULL; c = c->super)
		for (const struct foo_prop *p = c->props; p != NULL && p->name != NULL; p++)
			foo_near_offer(&near, p->name);
	if (near.best != NULL)
		return foo_error_set(err, -EINVAL,
				     "unknown property '%s' of %s: did you mean '%s'?", key,
				     cls->name, near.best);
	props_list(cls, known, sizeof(known));
	return foo_error_set(err, -EINVAL, "unknown property '%.40s' of %s, which has %s", key,
			     cls->name, known);
}

static int
props_check_keys(const struct foo_class *cls, const struct rte_kvargs *kv, struct foo_error *err)
{
	for (unsigned int i = 0; i < kv->count; i++) {
		if (foo_class_prop(cls, kv->pairs[i].key) == NULL)
			return foo_prop_unknown(cls, kv->pairs[i].key, err);
		for (unsigned int j = 0; j < i; j++)
			if (strcmp(kv->pairs[i].key, kv->pairs[j].key) == 0)
				return foo_error_set(err, -EINVAL, "property %s is given twice",
						     kv->pairs[i].key);
	}
	return 0;
}

/* Set one property: given, else its default, else it must not be required. */
static int
props_set_one(const struct foo_prop *prop, void *inst, const struct rte_kvargs *kv,
	      struct foo_error *err)
{
	for (unsigned int i = 0; kv != NULL && i < kv->count; i++)
		if (strcmp(kv->pairs[i].key, prop->name) == 0)
			return foo_prop_set(prop, inst, kv->pairs[i].value, err);
	if (prop->required) {
		char syntax[96];

		foo_prop_syntax(prop, syntax, sizeof(syntax));
		return foo_error_set(err, -EINVAL, "%s=%s is missing: %s", prop->name, syntax,
				     prop->help);
	}
	if (prop->def == NULL || !foo_prop_is_stored(prop))
		return 0;
	return foo_prop_set(prop, inst, prop->def, err);
}

static int
props_set_all(const struct foo_class *cls, void *inst, const struct rte_kvargs *kv,
	      struct foo_error *err)
{
	int rc;

	for (const struct foo_class *c = cls; c != NULL; c = c->super) {
		for (const struct foo_prop *p = c->props; p != NULL && p->name != NULL; p++) {
			if (foo_class_prop(cls, p->name) != p)
				continue; /* overridden */
			rc = props_set_one(p, inst, kv, err);
			if (rc != 0)
				return rc;
		}
	}
	return 0;
}

/* The pairs of devargs, which is changed. NULL with *rc and err if they are not well-formed. */
static struct rte_kvargs *
props_tokenize(const struct foo_class *cls, char *devargs, int *rc, struct foo_error *err)
{
	struct rte_kvargs *kv;

	*rc = props_check_syntax(cls, devargs, err);
	if (*rc != 0)
		return NULL;
	kv = rte_kvargs_parse(devargs, NULL);
	if (kv == NULL) {
		*rc = foo_error_set(err, -ENOMEM, "'%.100s': cannot be parsed", devargs);
		return NULL;
	}
	for (unsigned int i = 0; i < kv->count; i++)
		for (char *p = kv->pairs[i].value; p != NULL && *p != '\0'; p++)
			if (*p == PROPS_EQUALS)
				*p = '=';
	return kv;
}

int
foo_props_parse(const struct foo_class *cls, void *inst, const char *devargs, struct foo_error *err)
{
	struct rte_kvargs *kv = NULL;
	char *copy;
	int rc = 0;

	if (devargs != NULL && devargs[0] != '\0') {
		copy = strdup(devargs);
		if (copy == NULL)
			return foo_error_set(err, -ENOMEM, "'%.100s': no memory", devargs);
		kv = props_tokenize(cls, copy, &rc, err);
		free(copy);
		if (kv == NULL)
			return rc;
		rc = props_check_keys(cls, kv, err);
	}
	if (rc == 0)
		rc = props_set_all(cls, inst, kv, err);
	rte_kvargs_free(kv);
	return rc;
}

void
foo_props_free(const struct foo_class *cls, void *inst)
{
	for (const struct foo_class *c = cls; c != NULL; c = c->super) {
		for (const struct foo_prop *p = c->props; p != NULL && p->name != NULL; p++) {
			if (!foo_prop_is_string(p))
				continue;
			char **member = (char **)((char *)inst + p->offset);

			free(*member);
			*member = NULL;
		}
	}
}
