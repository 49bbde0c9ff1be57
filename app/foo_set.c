/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <string.h>

#include "foo_set.h"

/* Longest "key=value". */
#define SET_PAIR_MAX 256

/* The next of the pairs: copied, cut in two, and passed. 0 or -EINVAL. */
static int
set_next(const char **text, char *pair, const char **value, struct foo_error *err)
{
	size_t len = strcspn(*text, ",");
	char *equals;

	if (len >= SET_PAIR_MAX)
		return foo_error_set(err, -EINVAL, "'%.40s...' is too long", *text);
	memcpy(pair, *text, len);
	pair[len] = '\0';
	*text += (*text)[len] == ',' ? len + 1 : len;
	equals = strchr(pair, '=');
	*value = NULL;
	if (equals != NULL) {
		*equals = '\0';
		*value = equals + 1;
	}
	return 0;
}

static int
set_device(struct foo_device *dev, const char *pairs, foo_set_fn emit, void *ctx,
	   struct foo_error *err)
{
	char pair[SET_PAIR_MAX];
	const char *value = NULL;
	int rc = 0;

	emit(ctx, dev, NULL);
	while (*pairs != '\0') {
		rc = set_next(&pairs, pair, &value, err);
		if (rc == 0)
			rc = foo_device_set_prop(dev, pair, value, err);
		if (rc != 0)
			return rc;
		emit(ctx, dev, foo_class_prop(dev->cls, pair));
	}
	return 0;
}

int
foo_set(const char *text, foo_set_fn emit, void *ctx, struct foo_error *err)
{
	size_t len = strcspn(text, ",");
	char name[FOO_DEVICE_NAME_MAX];
	struct foo_device *dev = NULL;
	int rc;

	if (len == 0 || text[len] == '\0' || text[len + 1] == '\0')
		return foo_error_set(err, -EINVAL, "nothing to set: NAME,key=value[,key=value]");
	snprintf(name, sizeof(name), "%.*s", (int)len, text);
	foo_ctl_lock();
	if (len < sizeof(name))
		dev = foo_device_find(name);
	if (dev == NULL)
		rc = foo_error_set(err, -ENODEV, "there is no device %s", name);
	else
		rc = set_device(dev, text + len + 1, emit, ctx, err);
	foo_ctl_unlock();
	return rc;
}
