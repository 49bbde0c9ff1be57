/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_telemetry.h>

#include <foo_device.h>
#include <foo_lcore.h>
#include <foo_vhost.h>

#include "foo_features.h"
#include "foo_set.h"
#include "foo_telemetry.h"

/* Commands run in telemetry's own threads, to the very end of the process. Under foo_ctl_lock. */
static bool telemetry_open;

/* A counter that its lcore may be adding to. */
static uint64_t
telemetry_load(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/* A foo_counter_fn: into a dictionary. */
static void
telemetry_emit(void *dict, const char *name, uint64_t value)
{
	rte_tel_data_add_dict_u64(dict, name, value);
}

/* Add a dictionary or array to a dictionary, which takes it over; NULL does nothing. */
static void
telemetry_nest(struct rte_tel_data *dict, const char *name, struct rte_tel_data *inner)
{
	if (inner != NULL && rte_tel_data_add_dict_container(dict, name, inner, 0) != 0)
		rte_tel_data_free(inner);
}

static int
telemetry_devices(const char *cmd, const char *params, struct rte_tel_data *d)
{
	const struct foo_device *dev;

	(void)cmd;
	(void)params;
	rte_tel_data_start_array(d, RTE_TEL_STRING_VAL);
	foo_ctl_lock();
	if (telemetry_open)
		TAILQ_FOREACH(dev, &foo_devices, link)
			rte_tel_data_add_array_string(d, dev->name);
	foo_ctl_unlock();
	return 0;
}

static struct rte_tel_data *
telemetry_features(const struct foo_device *dev)
{
	struct rte_tel_data *list = rte_tel_data_alloc();
	char unnamed[16];
	const char *name;

	if (list == NULL)
		return NULL;
	rte_tel_data_start_array(list, RTE_TEL_STRING_VAL);
	for (unsigned int bit = 0; bit < 64; bit++) {
		if (!(dev->features >> bit & 1))
			continue;
		name = foo_feature_name(dev->cls->virtio_id, bit);
		snprintf(unnamed, sizeof(unnamed), "bit %u", bit);
		rte_tel_data_add_array_string(list, name != NULL ? name : unnamed);
	}
	return list;
}

static unsigned int
telemetry_running(const struct foo_device *dev)
{
	unsigned int n = 0;

	for (uint16_t i = 0; i < dev->nqueues; i++)
		n += foo_queue_is_serving(&dev->queue[i]);
	return n;
}

static void
telemetry_device_state(const struct foo_device *dev, struct rte_tel_data *d)
{
	unsigned int running = telemetry_running(dev);
	const char *state = "not connected";

	if (running > 0)
		state = "running";
	else if (dev->is_connected)
		state = "connected";
	rte_tel_data_add_dict_string(d, "state", state);
	if (running == 0 && dev->nqueues > 0)
		rte_tel_data_add_dict_string(d, "why", dev->queue[0].why);
	rte_tel_data_add_dict_u64(d, "queues", dev->nqueues);
	rte_tel_data_add_dict_u64(d, "queues_running", running);
}

static void
telemetry_device_memory(const struct foo_device *dev, struct rte_tel_data *d)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < dev->mem.nregions; i++)
		bytes += dev->mem.region[i].size;
	rte_tel_data_add_dict_u64(d, "memory_regions", dev->mem.nregions);
	rte_tel_data_add_dict_u64(d, "memory_bytes", bytes);
	rte_tel_data_add_dict_u64(d, "migrating", dev->mem.log != NULL);
}

static void
telemetry_device_control(const struct foo_device *dev, struct rte_tel_data *d)
{
	struct foo_vhost_stats s;

	rte_tel_data_add_dict_string(d, "last_message", dev->last_msg);
	if (!foo_vhost_stats_get(dev, &s))
		return;
	rte_tel_data_add_dict_u64(d, "connections", s.connections);
	rte_tel_data_add_dict_u64(d, "connections_refused", s.connections_refused);
	rte_tel_data_add_dict_u64(d, "messages", s.messages);
	rte_tel_data_add_dict_u64(d, "messages_refused", s.messages_refused);
	rte_tel_data_add_dict_u64(d, "memory_lost", s.memory_lost);
}

static void
telemetry_fill_device(const struct foo_device *dev, struct rte_tel_data *d)
{
	char hex[24];

	rte_tel_data_start_dict(d);
	rte_tel_data_add_dict_string(d, "name", dev->name);
	rte_tel_data_add_dict_string(d, "class", dev->cls->name);
	rte_tel_data_add_dict_u64(d, "id", dev->id);
	rte_tel_data_add_dict_u64(d, "virtio_id", dev->cls->virtio_id);
	if (dev->iface != NULL)
		rte_tel_data_add_dict_string(d, "iface", dev->iface);
	rte_tel_data_add_dict_string(d, "socket", dev->client ? "client" : "server");
	telemetry_device_state(dev, d);
	snprintf(hex, sizeof(hex), "0x%" PRIx64, dev->features);
	rte_tel_data_add_dict_string(d, "features_hex", hex);
	telemetry_nest(d, "features", telemetry_features(dev));
	telemetry_device_memory(dev, d);
	telemetry_device_control(dev, d);
	if (dev->cls->ops.counters != NULL)
		dev->cls->ops.counters(dev, telemetry_emit, d);
}

static int
telemetry_device(const char *cmd, const char *params, struct rte_tel_data *d)
{
	const struct foo_device *dev = NULL;

	(void)cmd;
	foo_ctl_lock();
	if (telemetry_open && params != NULL)
		dev = foo_device_find(params);
	if (dev != NULL)
		telemetry_fill_device(dev, d);
	foo_ctl_unlock();
	return dev != NULL ? 0 : -ENODEV;
}

/* All faults with their counts, this life and earlier ones. */
static struct rte_tel_data *
telemetry_faults(const struct foo_queue *q)
{
	struct rte_tel_data *dict = rte_tel_data_alloc();

	if (dict == NULL)
		return NULL;
	rte_tel_data_start_dict(dict);
	for (unsigned int i = FOO_FAULT_NONE + 1; i < FOO_FAULT_MAX; i++)
		rte_tel_data_add_dict_u64(dict, foo_fault_name(i),
					  telemetry_load(&q->vq.stats.fault[i]) + q->past.fault[i]);
	return dict;
}

static void
telemetry_queue_state(const struct foo_queue *q, struct rte_tel_data *d)
{
	enum foo_fault broken = __atomic_load_n(&q->broken, __ATOMIC_RELAXED);
	enum foo_queue_state state = foo_queue_state(q);
	unsigned int lcore = __atomic_load_n(&q->lcore, __ATOMIC_RELAXED);
	bool is_broken = broken != FOO_FAULT_NONE && state == FOO_QUEUE_RUNNING;

	rte_tel_data_add_dict_string(d, "state",
				     is_broken ? "broken" : foo_queue_state_name(state));
	rte_tel_data_add_dict_string(d, "why", is_broken ? foo_fault_text(broken) : q->why);
	rte_tel_data_add_dict_string(d, "broken",
				     broken != FOO_FAULT_NONE ? foo_fault_name(broken) : "");
	rte_tel_data_add_dict_int(d, "lcore", lcore == RTE_MAX_LCORE ? -1 : (int)lcore);
	if (state != FOO_QUEUE_RUNNING && state != FOO_QUEUE_STOPPING)
		return;
	rte_tel_data_add_dict_u64(d, "size", q->vq.size);
	rte_tel_data_add_dict_string(d, "ring", q->vq.packed ? "packed" : "split");
	rte_tel_data_add_dict_u64(d, "event_idx", q->vq.event_idx);
	rte_tel_data_add_dict_u64(d, "in_order", q->vq.in_order);
	rte_tel_data_add_dict_u64(d, "kick_fd", q->kickfd != FOO_VQ_NO_FD);
	rte_tel_data_add_dict_u64(d, "call_fd", q->callfd != FOO_VQ_NO_FD);
}

static void
telemetry_queue_counters(const struct foo_queue *q, struct rte_tel_data *d)
{
	const struct foo_vq_stats *now = &q->vq.stats, *past = &q->past;

	rte_tel_data_add_dict_u64(d, "chains", telemetry_load(&now->chains) + past->chains);
	rte_tel_data_add_dict_u64(d, "calls", telemetry_load(&now->calls) + past->calls);
	rte_tel_data_add_dict_u64(d, "calls_suppressed",
				  telemetry_load(&now->calls_suppressed) + past->calls_suppressed);
	rte_tel_data_add_dict_u64(d, "kicks", telemetry_load(&q->stats.wakeups));
	rte_tel_data_add_dict_u64(d, "busy_cycles", telemetry_load(&q->stats.busy_cycles));
	rte_tel_data_add_dict_u64(d, "work", telemetry_load(&q->stats.work));
	rte_tel_data_add_dict_u64(d, "breaks", telemetry_load(&q->stats.breaks));
}

static void
telemetry_fill_queue(const struct foo_queue *q, struct rte_tel_data *d)
{
	rte_tel_data_start_dict(d);
	rte_tel_data_add_dict_string(d, "device", q->dev->name);
	rte_tel_data_add_dict_u64(d, "queue", q->index);
	telemetry_queue_state(q, d);
	telemetry_nest(d, "faults", telemetry_faults(q));
	telemetry_queue_counters(q, d);
	if (q->ops->queue_counters != NULL)
		q->ops->queue_counters(q, telemetry_emit, d);
}

/* The queue of "NAME,N", or NULL. */
static const struct foo_queue *
telemetry_find_queue(const char *params)
{
	const char *comma = params != NULL ? strrchr(params, ',') : NULL;
	const struct foo_device *dev;
	char name[FOO_DEVICE_NAME_MAX];
	unsigned long n;
	char *end;

	if (comma == NULL || comma[1] < '0' || comma[1] > '9')
		return NULL;
	n = strtoul(comma + 1, &end, 10);
	if (*end != '\0')
		return NULL;
	snprintf(name, sizeof(name), "%.*s", (int)(comma - params), params);
	dev = foo_device_find(name);
	return dev != NULL && n < dev->nqueues ? &dev->queue[n] : NULL;
}

static int
telemetry_queue(const char *cmd, const char *params, struct rte_tel_data *d)
{
	const struct foo_queue *q = NULL;

	(void)cmd;
	foo_ctl_lock();
	if (telemetry_open)
		q = telemetry_find_queue(params);
	if (q != NULL)
		telemetry_fill_queue(q, d);
	foo_ctl_unlock();
	return q != NULL ? 0 : -ENODEV;
}

static struct rte_tel_data *
telemetry_lcore(unsigned int lcore)
{
	struct foo_lcore_stats s;
	struct rte_tel_data *dict;

	if (!foo_lcore_stats_get(lcore, &s))
		return NULL;
	dict = rte_tel_data_alloc();
	if (dict == NULL)
		return NULL;
	rte_tel_data_start_dict(dict);
	rte_tel_data_add_dict_string(dict, "state",
				     foo_lcore_is_asleep(lcore) ? "asleep" : "polling");
	rte_tel_data_add_dict_u64(dict, "numa_node", rte_lcore_to_socket_id(lcore));
	rte_tel_data_add_dict_u64(dict, "queues", foo_lcore_num_queues(lcore));
	rte_tel_data_add_dict_u64(dict, "busy_cycles", s.busy_cycles);
	rte_tel_data_add_dict_u64(dict, "idle_cycles", s.idle_cycles);
	rte_tel_data_add_dict_u64(dict, "loops", s.loops);
	rte_tel_data_add_dict_u64(dict, "sleeps", s.sleeps);
	rte_tel_data_add_dict_u64(dict, "wakeups", s.wakeups);
	rte_tel_data_add_dict_u64(dict, "messages", s.messages);
	return dict;
}

static int
telemetry_lcores(const char *cmd, const char *params, struct rte_tel_data *d)
{
	unsigned int lcore;
	char name[16];

	(void)cmd;
	(void)params;
	rte_tel_data_start_dict(d);
	foo_ctl_lock();
	if (telemetry_open)
		RTE_LCORE_FOREACH(lcore) {
			snprintf(name, sizeof(name), "%u", lcore);
			telemetry_nest(d, name, telemetry_lcore(lcore));
		}
	foo_ctl_unlock();
	return 0;
}

/* A foo_set_fn: the new value into a dictionary. DPDK refuses a '-' in names. */
static void
telemetry_set_emit(void *dict, const struct foo_device *dev, const struct foo_prop *prop)
{
	char key[RTE_TEL_MAX_STRING_LEN], text[RTE_TEL_MAX_STRING_LEN];
	uint64_t number;

	if (prop == NULL) {
		rte_tel_data_add_dict_string(dict, "name", dev->name);
		return;
	}
	snprintf(key, sizeof(key), "%s", prop->name);
	for (char *p = key; *p != '\0'; p++)
		if (*p == '-')
			*p = '_';
	if (foo_prop_number(prop, dev, &number)) {
		rte_tel_data_add_dict_u64(dict, key, number);
		return;
	}
	foo_prop_text(prop, dev, text, sizeof(text));
	rte_tel_data_add_dict_string(dict, key, text);
}

/* An answer below 0 would be shown as null: what was wrong is part of the answer. */
static int
telemetry_set(const char *cmd, const char *params, struct rte_tel_data *d)
{
	struct foo_error err = {""};
	int rc = 0;

	(void)cmd;
	rte_tel_data_start_dict(d);
	foo_ctl_lock();
	if (telemetry_open)
		rc = foo_set(params != NULL ? params : "", telemetry_set_emit, d, &err);
	foo_ctl_unlock();
	if (rc != 0)
		rte_tel_data_add_dict_string(d, "error", err.text);
	return 0;
}

int
foo_telemetry_start(void)
{
	int rc;

	telemetry_open = true;
	rc = rte_telemetry_register_cmd("/foo/devices", telemetry_devices,
					"Names of the devices. Takes no parameters");
	if (rc == 0)
		rc = rte_telemetry_register_cmd("/foo/device", telemetry_device,
						"State of a device. Parameters: NAME");
	if (rc == 0)
		rc = rte_telemetry_register_cmd(
			"/foo/queue", telemetry_queue,
			"State and counters of a virtqueue. Parameters: NAME,N");
	if (rc == 0)
		rc = rte_telemetry_register_cmd(
			"/foo/lcores", telemetry_lcores,
			"Counters of the polling lcores. Takes no parameters");
	if (rc == 0)
		rc = rte_telemetry_register_cmd(
			"/foo/set", telemetry_set,
			"Change properties of a device. Parameters: NAME,key=value[,key=value]");
	return rc;
}

void
foo_telemetry_stop(void)
{
	foo_ctl_lock();
	telemetry_open = false;
	foo_ctl_unlock();
}
