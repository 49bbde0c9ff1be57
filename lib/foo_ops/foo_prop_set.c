/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Properties of devices that exist: read back, and changed while the device runs.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ether.h>
#include <rte_string_fns.h>

#include "foo_ops_priv.h"

/* A value of any type. */
union prop_value {
	bool flag;
	uint32_t u32;
	uint64_t u64;
	char *text; /* owned */
	uint8_t mac[RTE_ETHER_ADDR_LEN];
};

/* Bytes of the member. */
static size_t
prop_size(const struct foo_prop *prop)
{
	switch (prop->type) {
	case FOO_PROP_T_BOOL:
		return sizeof(bool);
	case FOO_PROP_T_SIZE:
		return sizeof(uint64_t);
	case FOO_PROP_T_STRING:
	case FOO_PROP_T_PATH:
		return sizeof(char *);
	case FOO_PROP_T_MAC:
		return RTE_ETHER_ADDR_LEN;
	case FOO_PROP_T_UINT:
	case FOO_PROP_T_MODE:
	case FOO_PROP_T_ENUM:
		return sizeof(uint32_t);
	default:
		return 0;
	}
}

static union prop_value
prop_load(const struct foo_prop *prop, const void *inst)
{
	union prop_value value;

	memset(&value, 0, sizeof(value));
	memcpy(&value, (const char *)inst + prop->offset, prop_size(prop));
	return value;
}

static bool
prop_is_text(const struct foo_prop *prop)
{
	return prop->type == FOO_PROP_T_STRING || prop->type == FOO_PROP_T_PATH;
}

void
foo_prop_text(const struct foo_prop *prop, const void *inst, char *buf, size_t size)
{
	union prop_value v = prop_load(prop, inst);

	switch (prop->type) {
	case FOO_PROP_T_BOOL:
		rte_strscpy(buf, v.flag ? "1" : "0", size);
		return;
	case FOO_PROP_T_UINT:
		snprintf(buf, size, "%" PRIu32, v.u32);
		return;
	case FOO_PROP_T_SIZE:
		foo_prop_size_text(v.u64, buf, size);
		return;
	case FOO_PROP_T_MODE:
		snprintf(buf, size, "%04" PRIo32, v.u32);
		return;
	case FOO_PROP_T_ENUM:
		rte_strscpy(buf, prop->values[v.u32], size);
		return;
	case FOO_PROP_T_MAC:
		snprintf(buf, size, RTE_ETHER_ADDR_PRT_FMT, v.mac[0], v.mac[1], v.mac[2], v.mac[3],
			 v.mac[4], v.mac[5]);
		return;
	default:
		snprintf(buf, size, "%s", prop_is_text(prop) && v.text != NULL ? v.text : "");
	}
}

bool
foo_prop_number(const struct foo_prop *prop, const void *inst, uint64_t *value)
{
	union prop_value v = prop_load(prop, inst);

	if (prop->type == FOO_PROP_T_BOOL)
		*value = v.flag;
	else if (prop->type == FOO_PROP_T_UINT)
		*value = v.u32;
	else if (prop->type == FOO_PROP_T_SIZE)
		*value = v.u64;
	else
		return false;
	return true;
}

/* Set it, with the value before out of the way: a string of that is freed only when the new one is
 * sure to stay. */
static int
device_replace(struct foo_device *dev, const struct foo_prop *prop, const char *value,
	       struct foo_error *err)
{
	union prop_value old = prop_load(prop, dev), new;
	char *member = (char *)dev + prop->offset;
	int rc;

	if (prop_is_text(prop))
		memset(member, 0, prop_size(prop));
	rc = foo_prop_set(prop, dev, value, err);
	if (rc == 0 && dev->realized && dev->cls->ops.prop_changed != NULL)
		rc = dev->cls->ops.prop_changed(dev, prop, err);
	if (rc != 0) {
		new = prop_load(prop, dev);
		memcpy(member, &old, prop_size(prop));
		old = new;
	}
	if (prop_is_text(prop))
		free(old.text);
	return rc;
}

static int
device_set_prop(struct foo_device *dev, const char *key, const char *value, struct foo_error *err)
{
	const struct foo_prop *prop = foo_class_prop(dev->cls, key);
	struct foo_error why = {""};
	int rc;

	if (prop == NULL)
		return foo_prop_unknown(dev->cls, key, err);
	if (!prop->runtime)
		return foo_error_set(err, -EPERM,
				     "%s cannot be changed at run time: --help-device %s shows "
				     "what can",
				     key, dev->cls->name);
	rc = device_replace(dev, prop, value, &why);
	if (rc != 0)
		foo_error_set(err, rc, "%s", why.text[0] != '\0' ? why.text : strerror(-rc));
	return rc;
}

int
foo_device_set_prop(struct foo_device *dev, const char *key, const char *value,
		    struct foo_error *err)
{
	int rc;

	foo_ctl_lock();
	rc = device_set_prop(dev, key, value, err);
	foo_ctl_unlock();
	return rc;
}
