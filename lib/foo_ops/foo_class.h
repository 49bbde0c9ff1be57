/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_CLASS_H
#define FOO_CLASS_H

/**
 * @file
 * Device classes: single inheritance, abstract and concrete, registered by a constructor.
 *
 * The root class is `virtio` (abstract; socket properties). A VirtIO device type is an abstract
 * class below it (`net`), a driver a concrete class below that (`net_vhost`). An operation or
 * property that a class leaves out is its parent's; foo_class_seal() resolves that once.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "foo_prop.h"

struct foo_device;
struct foo_queue;

/** Takes one named counter: ctx is the caller's, name lives as long as the program. */
typedef void (*foo_counter_fn)(void *ctx, const char *name, uint64_t value);

/**
 * What a device class does. NULL: inherited; still NULL after inheritance: see each.
 *
 * "Control" is one of the control threads, under foo_ctl_lock (foo_device.h); "lcore" is the
 * lcore that owns the queue (a control thread in its place while its loop does not run).
 */
struct foo_ops {
	/** Control: set what is not a property to its initial value. Optional; a child's is called
	 * after its parent's (both run). The struct is zeroed before. 0 or -errno. */
	int (*instance_init)(struct foo_device *dev);
	/** Control: check the properties and allocate; after it the device may be connected. Not
	 * chained: a child that overrides calls its parent's through foo_class_parent_ops().
	 * Optional. 0, or -errno with everything undone and err set (foo_device_realize() puts
	 * the device's name before it). */
	int (*realize)(struct foo_device *dev, struct foo_error *err);
	/** Control: undo realize; all queues are detached. Optional. */
	void (*unrealize)(struct foo_device *dev);

	/** Control: a property with foo_prop::runtime has got another value, which stands in its
	 * member. Lcores do not read the member, but what this makes of it. Called only between
	 * realize and unrealize; queues may be running. A child that overrides hands what is not
	 * its own to its parent's. Optional: the member alone is changed. 0, or -errno with err:
	 * the value before is put back, and this is not called again. */
	int (*prop_changed)(struct foo_device *dev, const struct foo_prop *prop,
			    struct foo_error *err);

	/** Control: virtqueues of the device (all directions), fixed after realize. Required. */
	uint16_t (*num_queues)(const struct foo_device *dev);
	/** Control: VirtIO feature bits to offer, VERSION_1 and ring features included, vhost-user
	 * bit 30 not. Required. */
	uint64_t (*features)(const struct foo_device *dev);
	/** Control: the VirtIO device type's extra vhost-user protocol features (CONFIG, MTU,
	 * STATUS...) beyond the common ones. INFLIGHT_SHMFD (bit 12) is for devices that complete
	 * chains out of order, or must not lose one to kill -9: their queues are tracked then
	 * (foo_inflight.h), with nothing to do for the device. Optional: none. */
	uint64_t (*protocol_features)(const struct foo_device *dev);
	/** Control: the front-end acknowledged features (dev->features is set already, all queues
	 * are stopped). Optional. 0 or -errno to refuse them. */
	int (*set_features)(struct foo_device *dev);
	/** Control: copy [offset, offset + len) of the config space (len <= 256, range checked
	 * against config_size by the caller). Optional: no config space. 0 or -errno. */
	int (*get_config)(struct foo_device *dev, uint32_t offset, void *buf, uint32_t len);
	/** Control: the driver writes to the config space. Optional: refused. 0 or -errno. */
	int (*set_config)(struct foo_device *dev, uint32_t offset, const void *buf, uint32_t len);
	/** Control: a front-end connected (true) or went away (false; all queues are stopped).
	 * Optional. */
	void (*connected)(struct foo_device *dev, bool up);

	/** Control: a place was chosen and the queue is about to be polled for the first time (or
	 * moved: it is attached to no lcore at this moment). q->lcore is the place. Optional. 0 or
	 * -errno. */
	int (*queue_attach)(struct foo_queue *q);
	/** Control: the queue is polled by no lcore any more. Optional. */
	void (*queue_detach)(struct foo_queue *q);
	/** Lcore: q->vq has just come into service. Optional. */
	void (*queue_start)(struct foo_queue *q);
	/** Lcore, for a running queue, again and again: do a bounded piece of work. Returns the
	 * number of work items done (packets, requests), 0 for none. Required. */
	unsigned int (*poll)(struct foo_queue *q);
	/** Lcore, for an attached queue that is not running (stopped or broken): give back what
	 * others handed to it. q->vq is not to be touched. Returns work done. Optional. */
	unsigned int (*poll_stopped)(struct foo_queue *q);
	/** Lcore: stop and drain, also of a broken queue. Called again and again (poll is not,
	 * meanwhile) until it returns true: nothing of the queue's memory is referenced by anyone
	 * any more, all chains taken are pushed or undone, flushed. Optional: flushes, true at
	 * once. Must finish without help of the guest, or of another lcore's guest. */
	bool (*queue_stop)(struct foo_queue *q);
	/** Lcore, about to sleep, for a queue that serves (foo_queue_is_serving()): ask for kicks
	 * (foo_vq_kicks_enable()) for every event that should end the sleep. Optional: enables
	 * kicks of q->vq. */
	void (*queue_arm)(struct foo_queue *q);
	/** Lcore, after all queues of the lcore were armed and a full barrier: is there work now?
	 * Asked of every attached queue, since others may hand work to a stopped one: q->vq may be
	 * looked at only if foo_queue_is_serving(). Optional: foo_vq_avail() of a queue that
	 * serves. */
	bool (*queue_pending)(const struct foo_queue *q);
	/** Lcore: awake again, for a queue that was armed. Optional: disables kicks of q->vq. */
	void (*queue_disarm)(struct foo_queue *q);

	/** Any thread: hand the driver's own counters of a queue to emit, one by one, names as
	 * telemetry shows them ("drops_ring_full"). Optional. */
	void (*queue_counters)(const struct foo_queue *q, foo_counter_fn emit, void *ctx);
	/** Any thread: likewise for the device as a whole. Optional. */
	void (*counters)(const struct foo_device *dev, foo_counter_fn emit, void *ctx);
};

/** A device class. Statically allocated by its author; ops is completed when sealed. */
struct foo_class {
	const char *name;     /**< "net_vhost"; instances are "net_vhost0", ... */
	const char *parent;   /**< Name of the parent class; NULL for the root only. */
	const char *help;     /**< One line for --list-devices. */
	bool abstract;        /**< No instances of it. */
	uint16_t virtio_id;   /**< VirtIO device type (VIRTIO 1.2, 5); 0: inherited. */
	uint16_t config_size; /**< Bytes of the config space; 0: inherited. */
	size_t instance_size; /**< Bytes of an instance, the parent's first; 0: inherited. */
	const struct foo_prop *props;  /**< Own properties, or NULL. */
	struct foo_ops ops;            /**< Own operations. */
	const struct foo_class *super; /**< Parent, set by foo_class_seal(). */
	struct foo_class *next;        /**< Registry link. */
};

/** Add a class to the registry; no check yet, so any order of constructors works. */
void foo_class_register(struct foo_class *cls);

/** Take a class out of the registry, which must have no instances and no derived classes. */
void foo_class_unregister(struct foo_class *cls);

/** Register a class when its object file is loaded (link it whole, or load it with -d), and take
 * it out when that is unloaded. */
#define FOO_CLASS_REGISTER(cls)                                                                    \
	RTE_INIT(foo_class_register_##cls)                                                         \
	{                                                                                          \
		foo_class_register(&(cls));                                                        \
	}                                                                                          \
	RTE_FINI(foo_class_unregister_##cls)                                                       \
	{                                                                                          \
		foo_class_unregister(&(cls));                                                      \
	}

/**
 * Check all registered classes and complete them by inheritance. Control thread, at start-up
 * (and again after a plugin brought more).
 *
 * @return 0, or -EINVAL with err: unknown parent, two classes of one name, a loop, a concrete
 *   class without a required operation, an instance smaller than its parent's, a property whose
 *   default does not fit its own rules or that changes the type of an inherited one
 */
int foo_class_seal(struct foo_error *err);

/** The class of that name, or NULL. */
const struct foo_class *foo_class_find(const char *name);

/** The operations of cls' parent, for an override that goes on to call what it overrides; members
 * may be NULL. After foo_class_seal(). */
static inline const struct foo_ops *
foo_class_parent_ops(const struct foo_class *cls)
{
	return &cls->super->ops;
}

/** The concrete class that `device` is an instance of: the longest class name that is followed
 * by digits only ("net_vhost0"), or NULL. */
const struct foo_class *foo_class_of_device(const char *device);

/** Whether cls is base or descends from it (base is a class name). */
bool foo_class_is_a(const struct foo_class *cls, const char *base);

/** The property `name` as cls sees it (own before inherited), or NULL. */
const struct foo_prop *foo_class_prop(const struct foo_class *cls, const char *name);

/** Print all classes as a tree, abstract ones marked. After foo_class_seal(). */
void foo_class_print_tree(FILE *out);

/** Print the properties of a class, inherited ones too: name, type, range, default, help. */
void foo_class_print_help(FILE *out, const struct foo_class *cls);

/**
 * Set all properties of cls in inst from devargs ("key=value,key=value"; NULL or "" is none).
 *
 * @return 0; -EINVAL, -ERANGE, -ENOTSUP, -ENOMEM with err naming the property, what it may be,
 *   and for an unknown key the nearest known one. Strings allocated so far stay with inst.
 */
int foo_props_parse(const struct foo_class *cls, void *inst, const char *devargs,
		    struct foo_error *err);

/** The value that prop has in inst, in the form that foo_props_parse() takes; of a string that is
 * NULL, and of a property without a member, "". */
void foo_prop_text(const struct foo_prop *prop, const void *inst, char *buf, size_t size);

/** The value of a BOOL, UINT or SIZE as a number; false if prop is none of these. */
bool foo_prop_number(const struct foo_prop *prop, const void *inst, uint64_t *value);

/** Free the strings that foo_props_parse() allocated. */
void foo_props_free(const struct foo_class *cls, void *inst);

#endif /* FOO_CLASS_H */
