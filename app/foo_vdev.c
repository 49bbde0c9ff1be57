/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <foo_device.h>

#include "foo_vdev.h"

/* Longest name looked at; a device's is shorter. */
#define VDEV_NAME_MAX 256

/* Cut "NAME,key=value" in two; devargs may be NULL. */
static int
vdev_split(const char *text, char *name, size_t size, const char **devargs, struct foo_error *err)
{
	size_t len = strcspn(text, ",");

	*devargs = text[len] == ',' ? text + len + 1 : NULL;
	if (len == 0 || len >= size)
		return foo_error_set(err, -EINVAL,
				     "--vdev: '%.60s' does not begin with a name: e.g. "
				     "net_vhost0,iface=/tmp/foo.sock",
				     text);
	snprintf(name, size, "%.*s", (int)len, text);
	return 0;
}

void
foo_vdev_unknown(const char *name, struct foo_error *err)
{
	struct foo_error why = {""};
	struct foo_device *dev = NULL;

	/* creating it fails, and says why better than we could here */
	if (foo_device_create(name, NULL, &dev, &why) != 0)
		foo_error_set(err, -ENODEV, "--vdev %s", why.text);
}

/*
 * Whether a name that is none of our devices was meant to be: a class of ours and then something
 * else than a number. EAL takes "net_vhost" and "net_vhostX" for its own driver, silently.
 */
static bool
vdev_is_near_miss(const char *name)
{
	char prefix[VDEV_NAME_MAX];
	const struct foo_class *cls;

	snprintf(prefix, sizeof(prefix), "%s", name);
	for (size_t len = strlen(prefix); len > 0; prefix[--len] = '\0') {
		cls = foo_class_find(prefix);
		/* "net0" is a miss of the abstract class net, "net_tap0" is not */
		if (cls != NULL &&
		    (!cls->abstract || name[len + strspn(name + len, "0123456789")] == '\0'))
			return true;
	}
	return false;
}

/* The socket's path with its folder resolved, so that two spellings of one file compare equal. */
static void
vdev_canonical(const char *path, char *buf, size_t size)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX], real[PATH_MAX];

	if (slash == NULL)
		snprintf(folder, sizeof(folder), ".");
	else
		snprintf(folder, sizeof(folder), "%.*s/", (int)(slash - path), path);
	if (realpath(folder, real) == NULL)
		snprintf(buf, size, "%s", path);
	else
		snprintf(buf, size, "%s/%s", real, slash == NULL ? path : slash + 1);
}

/* No two devices may have the same socket. */
static int
vdev_check_socket(const struct foo_device *dev, struct foo_error *err)
{
	char mine[2 * PATH_MAX], theirs[2 * PATH_MAX];
	const struct foo_device *other;

	if (dev->iface == NULL)
		return 0;
	vdev_canonical(dev->iface, mine, sizeof(mine));
	TAILQ_FOREACH(other, &foo_devices, link) {
		if (other == dev || other->iface == NULL)
			continue;
		vdev_canonical(other->iface, theirs, sizeof(theirs));
		if (strcmp(mine, theirs) == 0)
			return foo_error_set(
				err, -EEXIST,
				"--vdev %s: iface=%s is the socket of %s already: each device "
				"needs its own",
				dev->name, dev->iface, other->name);
	}
	return 0;
}

static int
vdev_create(struct foo_args_vdev *vdev, struct foo_error *err)
{
	char name[VDEV_NAME_MAX];
	struct foo_error why = {""};
	struct foo_device *dev;
	const char *devargs;
	int rc;

	rc = vdev_split(vdev->text, name, sizeof(name), &devargs, err);
	if (rc != 0)
		return rc;
	vdev->ours = foo_class_of_device(name) != NULL || vdev_is_near_miss(name);
	if (!vdev->ours)
		return 0;
	rc = foo_device_create(name, devargs, &dev, &why);
	if (rc != 0)
		return foo_error_set(err, rc, "--vdev %s", why.text);
	return vdev_check_socket(dev, err);
}

int
foo_vdevs_create(struct foo_args *args, struct foo_error *err)
{
	int rc;

	for (unsigned int i = 0; i < args->nvdevs; i++) {
		rc = vdev_create(&args->vdevs[i], err);
		if (rc != 0)
			return rc;
	}
	if (!TAILQ_EMPTY(&foo_devices))
		return 0;
	if (args->nvdevs > 0) {
		char name[VDEV_NAME_MAX];
		const char *devargs;

		rc = vdev_split(args->vdevs[0].text, name, sizeof(name), &devargs, err);
		if (rc == 0)
			foo_vdev_unknown(name, err);
		return -ENODEV;
	}
	return foo_error_set(err, -ENODEV,
			     "no device to serve: give one before the '--', e.g. "
			     "--vdev net_vhost0,iface=/tmp/foo.sock");
}

void
foo_vdevs_destroy(void)
{
	struct foo_device *dev;

	while ((dev = TAILQ_FIRST(&foo_devices)) != NULL)
		foo_device_destroy(dev);
}
