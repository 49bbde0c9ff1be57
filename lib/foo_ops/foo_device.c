/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include <rte_string_fns.h>

#include "foo_lcore_priv.h"
#include "foo_ops_priv.h"

RTE_LOG_REGISTER(foo_ops_logtype, foo.ops, NOTICE);

struct foo_device_list foo_devices = TAILQ_HEAD_INITIALIZER(foo_devices);

static pthread_mutex_t ctl_mutex = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

void
foo_ctl_lock(void)
{
	pthread_mutex_lock(&ctl_mutex);
}

void
foo_ctl_unlock(void)
{
	pthread_mutex_unlock(&ctl_mutex);
}

/* No class fits the name: say which one may have been meant. */
static int
device_no_class(const char *name, struct foo_error *err)
{
	char word[FOO_DEVICE_NAME_MAX];
	const struct foo_class *cls;
	struct foo_near near;
	size_t len;

	rte_strscpy(word, name, sizeof(word));
	len = strlen(word);
	while (len > 0 && word[len - 1] >= '0' && word[len - 1] <= '9')
		word[--len] = '\0';
	cls = foo_class_find(word);
	if (cls != NULL && !cls->abstract)
		return foo_error_set(err, -ENODEV,
				     "%s: a device needs a number behind its class: "
				     "%s0",
				     name, word);
	near = foo_near_begin(word);
	for (const struct foo_class *c = foo_classes; c != NULL; c = c->next)
		if (!c->abstract)
			foo_near_offer(&near, c->name);
	return foo_error_set(err, -ENODEV, "%.64s: %s%s%s%s", name,
			     cls != NULL ? "this class is abstract" : "no such device class",
			     near.best != NULL ? "; did you mean " : "; --list-devices shows them",
			     near.best != NULL ? near.best : "", near.best != NULL ? "0?" : "");
}

static struct foo_device *
device_find(const char *name)
{
	struct foo_device *dev;

	TAILQ_FOREACH(dev, &foo_devices, link)
		if (strcmp(dev->name, name) == 0)
			return dev;
	return NULL;
}

/* The smallest number that no device has, or FOO_MAX_DEVICES. */
static unsigned int
device_free_id(void)
{
	bool taken[FOO_MAX_DEVICES] = {false};
	struct foo_device *dev;
	unsigned int id = 0;

	TAILQ_FOREACH(dev, &foo_devices, link)
		taken[dev->id] = true;
	while (id < FOO_MAX_DEVICES && taken[id])
		id++;
	return id;
}

static int
device_init(struct foo_device *dev, const struct foo_class *cls)
{
	int rc = cls->super != NULL ? device_init(dev, cls->super) : 0;

	if (rc == 0 && cls->ops.instance_init != NULL)
		rc = cls->ops.instance_init(dev);
	return rc;
}

static struct foo_device *
device_alloc(const struct foo_class *cls)
{
	size_t size = RTE_ALIGN_CEIL(cls->instance_size, RTE_CACHE_LINE_SIZE);
	struct foo_device *dev = aligned_alloc(RTE_CACHE_LINE_SIZE, size);

	if (dev == NULL)
		return NULL;
	memset(dev, 0, size);
	dev->cls = cls;
	foo_mem_init(&dev->mem);
	return dev;
}

static void
device_free(struct foo_device *dev)
{
	foo_props_free(dev->cls, dev);
	free(dev);
}

static int
device_create(const char *name, const char *devargs, struct foo_device **out, struct foo_error *err)
{
	const struct foo_class *cls = foo_class_of_device(name);
	struct foo_device *dev;
	struct foo_error why = {""};
	unsigned int id = device_free_id();
	int rc;

	if (cls == NULL)
		return device_no_class(name, err);
	if (strlen(name) >= FOO_DEVICE_NAME_MAX)
		return foo_error_set(err, -EINVAL, "device name '%.20s...' is longer than %d", name,
				     FOO_DEVICE_NAME_MAX - 1);
	if (device_find(name) != NULL)
		return foo_error_set(err, -EEXIST, "%s: there is a device of this name", name);
	if (id == FOO_MAX_DEVICES)
		return foo_error_set(err, -ENOSPC, "%s: more than %d devices", name,
				     FOO_MAX_DEVICES);
	dev = device_alloc(cls);
	if (dev == NULL)
		return foo_error_set(err, -ENOMEM, "%s: out of memory", name);
	dev->id = id;
	rte_strscpy(dev->name, name, sizeof(dev->name));
	rc = device_init(dev, cls);
	if (rc != 0)
		foo_error_set(&why, rc, "cannot be initialised: %s", strerror(-rc));
	else
		rc = foo_props_parse(cls, dev, devargs, &why);
	if (rc != 0) {
		device_free(dev);
		return foo_error_set(err, rc, "%s: %s", name, why.text);
	}
	TAILQ_INSERT_TAIL(&foo_devices, dev, link);
	*out = dev;
	return 0;
}

int
foo_device_create(const char *name, const char *devargs, struct foo_device **dev,
		  struct foo_error *err)
{
	int rc;

	foo_ctl_lock();
	rc = device_create(name, devargs, dev, err);
	foo_ctl_unlock();
	return rc;
}

void
foo_device_destroy(struct foo_device *dev)
{
	foo_ctl_lock();
	TAILQ_REMOVE(&foo_devices, dev, link);
	if (!dev->leaked)
		device_free(dev);
	foo_ctl_unlock();
}

struct foo_device *
foo_device_find(const char *name)
{
	struct foo_device *dev;

	foo_ctl_lock();
	dev = device_find(name);
	foo_ctl_unlock();
	return dev;
}

/* Make the queues, attached to nothing. */
static int
device_alloc_queues(struct foo_device *dev, uint16_t n)
{
	dev->queue = aligned_alloc(alignof(struct foo_queue), n * sizeof(*dev->queue));
	if (dev->queue == NULL)
		return -ENOMEM;
	memset(dev->queue, 0, n * sizeof(*dev->queue));
	dev->nqueues = n;
	for (uint16_t i = 0; i < n; i++) {
		struct foo_queue *q = &dev->queue[i];

		q->dev = dev;
		q->index = i;
		q->ops = &dev->cls->ops;
		q->lcore = RTE_MAX_LCORE;
		q->kickfd = FOO_VQ_NO_FD;
		q->callfd = FOO_VQ_NO_FD;
		foo_queue_set_why(q, "no front-end has connected");
	}
	return 0;
}

/* Detach all queues and free them, unless an lcore has kept one. */
static void
device_free_queues(struct foo_device *dev)
{
	for (uint16_t i = 0; i < dev->nqueues; i++)
		if (foo_queue_detach(&dev->queue[i]) != 0)
			FOO_LOG(ERR,
				"%s queue %u: lcore %u does not answer; the device stays in memory",
				dev->name, i, dev->queue[i].lcore);
	if (dev->leaked)
		return;
	free(dev->queue);
	dev->queue = NULL;
	dev->nqueues = 0;
}

static int
device_attach_queues(struct foo_device *dev, struct foo_error *err)
{
	uint16_t n = dev->cls->ops.num_queues(dev);
	int rc;

	if (n == 0 || n > FOO_DEVICE_MAX_QUEUES)
		return foo_error_set(err, -EINVAL, "%s: %u queues, but it can have 1 to %d",
				     dev->name, n, FOO_DEVICE_MAX_QUEUES);
	rc = device_alloc_queues(dev, n);
	if (rc != 0)
		return foo_error_set(err, rc, "%s: out of memory for %u queues", dev->name, n);
	for (uint16_t i = 0; i < n; i++) {
		rc = foo_queue_attach(&dev->queue[i]);
		if (rc != 0) {
			foo_error_set(err, rc, "%s: queue %u cannot be attached to an lcore: %s",
				      dev->name, i, strerror(-rc));
			device_free_queues(dev);
			return rc;
		}
	}
	return 0;
}

static int
device_realize(struct foo_device *dev, struct foo_error *err)
{
	const struct foo_ops *ops = &dev->cls->ops;
	struct foo_error why = {""};
	int rc = 0;

	if (dev->realized)
		return foo_error_set(err, -EALREADY, "%s: is realized already", dev->name);
	if (ops->realize != NULL)
		rc = ops->realize(dev, &why);
	if (rc != 0)
		return foo_error_set(err, rc, "%s: %s", dev->name,
				     why.text[0] != '\0' ? why.text : strerror(-rc));
	rc = device_attach_queues(dev, err);
	if (rc != 0) {
		if (ops->unrealize != NULL && !dev->leaked)
			ops->unrealize(dev);
		return rc;
	}
	dev->realized = true;
	return 0;
}

int
foo_device_realize(struct foo_device *dev, struct foo_error *err)
{
	int rc;

	foo_ctl_lock();
	rc = device_realize(dev, err);
	foo_ctl_unlock();
	return rc;
}

void
foo_device_unrealize(struct foo_device *dev)
{
	foo_ctl_lock();
	if (dev->realized) {
		device_free_queues(dev);
		if (dev->cls->ops.unrealize != NULL && !dev->leaked)
			dev->cls->ops.unrealize(dev);
		dev->realized = false;
	}
	foo_ctl_unlock();
}

static bool
device_is_idle(const struct foo_device *dev)
{
	for (uint16_t i = 0; i < dev->nqueues; i++)
		if (dev->queue[i].sched.in_service)
			return false;
	return true;
}

static void
device_disconnect(struct foo_device *dev)
{
	for (uint16_t i = 0; i < dev->nqueues; i++) {
		foo_queue_stop(&dev->queue[i], NULL, NULL);
		if (!dev->queue[i].sched.in_service)
			foo_queue_set_why(&dev->queue[i], "no front-end is connected");
	}
	if (!device_is_idle(dev)) {
		/* what an lcore may still look at has to stay as it is */
		FOO_LOG(ERR, "%s: an lcore still runs a queue of the connection that is gone",
			dev->name);
		return;
	}
	dev->features = 0;
	foo_mem_init(&dev->mem);
}

int
foo_device_config_changed(struct foo_device *dev)
{
	int rc = -ENOTCONN;

	foo_ctl_lock();
	if (dev->config_changed != NULL)
		rc = dev->config_changed(dev);
	foo_ctl_unlock();
	return rc;
}

void
foo_device_connect(struct foo_device *dev, bool up)
{
	foo_ctl_lock();
	if (up)
		dev->generation++;
	else
		device_disconnect(dev);
	dev->is_connected = up;
	if (dev->cls->ops.connected != NULL)
		dev->cls->ops.connected(dev, up);
	foo_ctl_unlock();
}

static int
device_set_features(struct foo_device *dev, uint64_t features)
{
	uint64_t before = dev->features;
	int rc = 0;

	if (!device_is_idle(dev))
		return -EBUSY;
	if ((features & ~dev->cls->ops.features(dev)) != 0)
		return -EINVAL;
	dev->features = features;
	if (dev->cls->ops.set_features != NULL)
		rc = dev->cls->ops.set_features(dev);
	if (rc != 0)
		dev->features = before;
	return rc;
}

int
foo_device_set_features(struct foo_device *dev, uint64_t features)
{
	int rc;

	foo_ctl_lock();
	rc = device_set_features(dev, features);
	foo_ctl_unlock();
	return rc;
}

int
foo_device_set_mem(struct foo_device *dev, const struct foo_mem *mem)
{
	int rc = -EBUSY;

	foo_ctl_lock();
	if (device_is_idle(dev)) {
		dev->mem = *mem;
		rc = 0;
	}
	foo_ctl_unlock();
	return rc;
}
