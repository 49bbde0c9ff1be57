/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "foo_ops_priv.h"

struct foo_class *foo_classes;

void
foo_class_register(struct foo_class *cls)
{
	for (const struct foo_class *c = foo_classes; c != NULL; c = c->next)
		if (c == cls)
			return;
	cls->next = foo_classes;
	foo_classes = cls;
}

void
foo_class_unregister(struct foo_class *cls)
{
	for (struct foo_class **link = &foo_classes; *link != NULL; link = &(*link)->next) {
		if (*link == cls) {
			*link = cls->next;
			return;
		}
	}
}

static struct foo_class *
class_find(const char *name)
{
	for (struct foo_class *c = foo_classes; c != NULL; c = c->next)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

const struct foo_class *
foo_class_find(const char *name)
{
	return class_find(name);
}

/* Find the parent, and refuse a name that is taken. */
static int
class_link(struct foo_class *cls, struct foo_error *err)
{
	struct foo_near near;

	for (const struct foo_class *c = cls->next; c != NULL; c = c->next)
		if (strcmp(c->name, cls->name) == 0)
			return foo_error_set(err, -EINVAL, "two device classes are named %s",
					     cls->name);
	if (cls->help == NULL)
		return foo_error_set(err, -EINVAL, "class %s has no help", cls->name);
	cls->super = NULL;
	if (cls->parent == NULL) {
		if (strcmp(cls->name, FOO_CLASS_ROOT) == 0)
			return 0;
		return foo_error_set(err, -EINVAL, "class %s has no parent; only %s may", cls->name,
				     FOO_CLASS_ROOT);
	}
	cls->super = class_find(cls->parent);
	if (cls->super != NULL)
		return 0;
	near = foo_near_begin(cls->parent);
	for (const struct foo_class *c = foo_classes; c != NULL; c = c->next)
		foo_near_offer(&near, c->name);
	return foo_error_set(err, -EINVAL, "class %s: its parent %s is not registered%s%s",
			     cls->name, cls->parent, near.best != NULL ? ", but there is " : "",
			     near.best != NULL ? near.best : "");
}

static int
class_check_loop(const struct foo_class *cls, struct foo_error *err)
{
	const struct foo_class *fast = cls;

	/* two steps against one: they meet if the line of parents never ends */
	for (const struct foo_class *slow = cls; fast != NULL && fast->super != NULL;) {
		slow = slow->super;
		fast = fast->super->super;
		if (slow == fast && slow != NULL)
			return foo_error_set(err, -EINVAL, "class %s is its own ancestor",
					     cls->name);
	}
	return 0;
}

/* Take over the operations that cls leaves out. instance_init is not one: each runs by itself. */
static void
class_inherit_ops(struct foo_class *cls)
{
	typedef void (*any_fn)(void);

	static_assert(sizeof(struct foo_ops) % sizeof(any_fn) == 0, "only functions in foo_ops");
	for (size_t off = 0; off < sizeof(struct foo_ops); off += sizeof(any_fn)) {
		char *own = (char *)&cls->ops + off;
		any_fn fn;

		memcpy(&fn, own, sizeof(fn));
		if (fn == NULL && off != offsetof(struct foo_ops, instance_init))
			memcpy(own, (const char *)&cls->super->ops + off, sizeof(fn));
	}
}

static int
class_check_props(const struct foo_class *cls, struct foo_error *err)
{
	struct foo_error why;

	for (const struct foo_prop *p = cls->props; p != NULL && p->name != NULL; p++) {
		const struct foo_prop *up = NULL;

		if (foo_prop_check(p, &why) != 0)
			return foo_error_set(err, -EINVAL, "class %s: %s", cls->name, why.text);
		if (cls->super != NULL)
			up = foo_class_prop(cls->super, p->name);
		if (up == NULL || !foo_prop_is_stored(p) || !foo_prop_is_stored(up))
			continue;
		if (up->type != p->type || up->offset != p->offset)
			return foo_error_set(
				err, -EINVAL,
				"class %s: property %s overrides one of another type or member",
				cls->name, p->name);
	}
	return 0;
}

static int
class_check_ops(const struct foo_class *cls, struct foo_error *err)
{
	const char *missing = NULL;

	if (cls->abstract)
		return 0;
	if (cls->ops.num_queues == NULL)
		missing = "num_queues";
	else if (cls->ops.features == NULL)
		missing = "features";
	else if (cls->ops.poll == NULL)
		missing = "poll";
	if (missing == NULL)
		return 0;
	return foo_error_set(err, -EINVAL, "class %s lacks the operation %s (or is abstract)",
			     cls->name, missing);
}

/* Complete a class from its parent, which is completed first; harmless if done before. */
static int
class_complete(struct foo_class *cls, struct foo_error *err)
{
	const struct foo_class *super = cls->super;
	int rc;

	if (super != NULL) {
		rc = class_complete(class_find(super->name), err);
		if (rc != 0)
			return rc;
		if (cls->virtio_id == 0)
			cls->virtio_id = super->virtio_id;
		if (cls->config_size == 0)
			cls->config_size = super->config_size;
		if (cls->instance_size == 0)
			cls->instance_size = super->instance_size;
		if (cls->instance_size < super->instance_size)
			return foo_error_set(
				err, -EINVAL,
				"class %s: its instance is smaller than that of its parent %s",
				cls->name, super->name);
		class_inherit_ops(cls);
	}
	rc = class_check_props(cls, err);
	return rc != 0 ? rc : class_check_ops(cls, err);
}

int
foo_class_seal(struct foo_error *err)
{
	int rc = 0;

	foo_class_register(&foo_virtio_class);
	for (struct foo_class *c = foo_classes; c != NULL && rc == 0; c = c->next)
		rc = class_link(c, err);
	for (struct foo_class *c = foo_classes; c != NULL && rc == 0; c = c->next)
		rc = class_check_loop(c, err);
	for (struct foo_class *c = foo_classes; c != NULL && rc == 0; c = c->next)
		rc = class_complete(c, err);
	return rc;
}

const struct foo_class *
foo_class_of_device(const char *device)
{
	const struct foo_class *best = NULL;
	size_t best_len = 0;

	for (const struct foo_class *c = foo_classes; c != NULL; c = c->next) {
		size_t len = strlen(c->name);

		if (c->abstract || len <= best_len || strncmp(device, c->name, len) != 0)
			continue;
		if (device[len] == '\0' || device[len + strspn(device + len, "0123456789")] != '\0')
			continue;
		best = c;
		best_len = len;
	}
	return best;
}

bool
foo_class_is_a(const struct foo_class *cls, const char *base)
{
	for (; cls != NULL; cls = cls->super)
		if (strcmp(cls->name, base) == 0)
			return true;
	return false;
}

const struct foo_prop *
foo_class_prop(const struct foo_class *cls, const char *name)
{
	for (; cls != NULL; cls = cls->super)
		for (const struct foo_prop *p = cls->props; p != NULL && p->name != NULL; p++)
			if (strcmp(p->name, name) == 0)
				return p;
	return NULL;
}
