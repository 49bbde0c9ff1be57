/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_OPS_PRIV_H
#define FOO_OPS_PRIV_H

/**
 * @file
 * What the files of lib/foo_ops share and nobody else sees. Control threads only; the lcores'
 * part is in foo_lcore_priv.h.
 */

#include <rte_log.h>

#include "foo_class.h"
#include "foo_device.h"
#include "foo_near.h"

/** Log type "foo.ops". */
extern int foo_ops_logtype;

/** Log a line, which is completed by a newline. */
#define FOO_LOG(level, fmt, ...)                                                                   \
	rte_log(RTE_LOG_##level, foo_ops_logtype, "foo: " fmt "\n", ##__VA_ARGS__)

/** Name of the root class. */
#define FOO_CLASS_ROOT "virtio"

/** The root class. foo_class_seal() registers it: its file has no other caller that would make a
 * linker take it out of the static library. */
extern struct foo_class foo_virtio_class;

/** The registered classes, linked by foo_class::next. */
extern struct foo_class *foo_classes;

/**
 * Set one property of inst from text (NULL: the key stood without a value).
 *
 * @return 0; -EINVAL, -ERANGE, -ENOTSUP, -ENOMEM with err
 */
int foo_prop_set(const struct foo_prop *prop, void *inst, const char *value, struct foo_error *err);

/** Say that cls has no property of that name, and which is nearest. -EINVAL. */
int foo_prop_unknown(const struct foo_class *cls, const char *key, struct foo_error *err);

/** A size with the largest suffix that leaves no remainder. */
void foo_prop_size_text(uint64_t size, char *buf, size_t room);

/** What may stand behind "key=", for --help-device: "<1..128>". */
void foo_prop_syntax(const struct foo_prop *prop, char *buf, size_t size);

/** Check a class author's table entry: limits in order, default within them. 0 or -EINVAL. */
int foo_prop_check(const struct foo_prop *prop, struct foo_error *err);

/** Whether prop has a member in the instance. */
static inline bool
foo_prop_is_stored(const struct foo_prop *prop)
{
	return prop->type != FOO_PROP_T_REFUSED && prop->type != FOO_PROP_T_IGNORED;
}

/** Whether the member is a string of the instance's own. */
static inline bool
foo_prop_is_string(const struct foo_prop *prop)
{
	return prop->type == FOO_PROP_T_STRING || prop->type == FOO_PROP_T_PATH ||
	       prop->type == FOO_PROP_T_URI;
}

/** Attach a queue of a device being realized to the lcore that placement chooses. 0 or -errno. */
int foo_queue_attach(struct foo_queue *q);

/** Stop and detach a queue. 0, or -ETIMEDOUT: the lcore still has it, its device is leaked. */
int foo_queue_detach(struct foo_queue *q);

/** Whether no lcore and no control thread uses the queue's ring and memory. */
bool foo_queue_is_idle(const struct foo_queue *q);

/** The lcore for a queue; sets q->sched.pinned. RTE_MAX_LCORE if no lcore polls. */
unsigned int foo_placement_choose(struct foo_queue *q);

/** A better lcore for a queue whose guest memory is known now, or its present one. */
unsigned int foo_placement_review(const struct foo_queue *q);

#endif /* FOO_OPS_PRIV_H */
