/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_DEVICE_H
#define FOO_DEVICE_H

/**
 * @file
 * Devices and their queues: life cycle and control.
 *
 *     foo_device_create()  instance_init, properties
 *     foo_device_realize() realize; queues attached to lcores, stopped
 *       foo_device_connect() / foo_device_set_features() / foo_device_set_mem()   (foo_vhost)
 *       foo_queue_start() / foo_queue_stop()                                      (foo_vhost)
 *     foo_device_unrealize()  queues stopped and detached, unrealize
 *     foo_device_destroy()
 *
 * All functions here are for control threads, take foo_ctl_lock themselves (it is recursive) and
 * may wait for an lcore's acknowledgement, but never for a guest.
 */

#include <sys/queue.h>

#include <foo_vq.h>

#include "foo_class.h"

/** Longest device name, terminator included. */
#define FOO_DEVICE_NAME_MAX 64

/** Most queues of a device: the limit of librte_vhost's vrings that we rely on. */
#define FOO_DEVICE_MAX_QUEUES 256

/** Most devices of a process. */
#define FOO_MAX_DEVICES 128

/** State of a queue. */
enum foo_queue_state {
	FOO_QUEUE_DETACHED, /**< No lcore polls it. */
	FOO_QUEUE_STOPPED,  /**< Attached to its lcore, not in service. */
	FOO_QUEUE_RUNNING,  /**< In service. */
	FOO_QUEUE_STOPPING, /**< Being drained. */
};

/** Counters of a queue that the scheduler keeps; written by its lcore only, read by anyone. */
struct foo_queue_stats {
	uint64_t busy_cycles; /**< TSC cycles of polls that did work. */
	uint64_t work;        /**< Sum of what poll returned. */
	uint64_t wakeups;     /**< Sleeps of the lcore ended by a kick of this queue. */
	uint64_t breaks;      /**< Times that a fault broke the queue (foo_vq::broken). */
};

/** What foo_queue_start() needs beside the ring. The fds are duplicated. */
struct foo_queue_config {
	struct foo_vq_config vq; /**< Rings, size, bases, callfd; features and mem are filled in
				  * by foo_queue_start() from the device. */
	int kickfd;              /**< eventfd that the guest kicks, or FOO_VQ_NO_FD: poll. */
	bool call_first;         /**< Send one interrupt at start: after a callfd swap, a restart
				  * or a resume the guest may wait for one that was lost. */
};

struct foo_queue;

/** The scheduler's own members of a queue; nobody else's business. */
struct foo_queue_sched {
	unsigned int (*step)(struct foo_queue *q); /**< What a round calls. Lcore. */
	uint32_t slot;                             /**< Index in its lcore's list. Lcore. */
	bool pinned;                 /**< A placement rule chose the lcore. Control. */
	struct foo_lcore_msg *stop;  /**< The order that is being drained for. Lcore. */
	bool in_service;             /**< vq and cfg are set up. Control. */
	bool stopping;               /**< A stop was ordered and not yet seen done. Control. */
	struct foo_queue_config cfg; /**< As started, with the owned fds. Control. */
};

/** A virtqueue of a device, with its place. */
struct foo_queue {
	struct foo_vq vq;          /**< The ring; valid while RUNNING or STOPPING. */
	struct foo_device *dev;    /**< Its device. */
	void *priv;                /**< The driver's, from queue_attach on. */
	uint16_t index;            /**< Vring index within the device. */
	uint16_t state;            /**< enum foo_queue_state; stored by the lcore with release,
				  * read relaxed by anyone. */
	unsigned int lcore;        /**< Lcore that it is attached to; RTE_MAX_LCORE if DETACHED.
				  * Stored by control, read relaxed by anyone. */
	int kickfd;                /**< eventfd that ends the lcore's sleep, or FOO_VQ_NO_FD (then
				  * the lcore never sleeps long). Owned: a duplicate. */
	int callfd;                /**< Owned duplicate of the guest's, or FOO_VQ_NO_FD. */
	const struct foo_ops *ops; /**< Of the device's class. */
	struct foo_queue_stats stats; /**< Counters. */
	struct foo_vq_stats past;     /**< Counters of vq's earlier lives (added at stop). */
	uint8_t broken;               /**< Fault that broke the present or last life, or 0. */
	char why[96]; /**< Why it is not running, for an operator; "" if it is. Written
				  * under foo_ctl_lock by whoever knows (foo_queue_set_why()). */
	struct foo_queue_sched sched; /**< The scheduler's. */
} __rte_cache_aligned;

/** What all devices share: the root class `virtio`'s instance. */
struct foo_device {
	TAILQ_ENTRY(foo_device) link;   /**< In foo_devices. */
	const struct foo_class *cls;    /**< Its class. */
	char name[FOO_DEVICE_NAME_MAX]; /**< "net_vhost0". */
	uint16_t id;                    /**< Small number, the port number for net; unique. */

	/* properties of the root class */
	char *iface;   /**< iface=: path of the vhost-user socket. */
	bool client;   /**< client=: connect instead of listen, and reconnect. */
	uint32_t mode; /**< mode=: file mode of the listening socket. */
	char *owner;   /**< owner=: user[:group] of the listening socket, or NULL. */

	/* state, written under foo_ctl_lock while no queue runs */
	uint64_t features;       /**< Acknowledged VirtIO features; 0 before that. */
	struct foo_mem mem;      /**< The guest's memory. */
	bool realized;           /**< Between realize and unrealize. */
	bool is_connected;       /**< A front-end is connected. */
	uint16_t nqueues;        /**< Entries of queue[]. */
	struct foo_queue *queue; /**< The queues, allocated by realize. */
	void *transport;         /**< foo_vhost's. */
	/** The transport's way to tell the guest's driver that the config space changed, or NULL:
	 * foo_device_config_changed(). */
	int (*config_changed)(struct foo_device *dev);
	char last_msg[48];   /**< Last vhost-user message, in words. */
	uint64_t generation; /**< Counts connections. */
	bool leaked; /**< An lcore did not let go of a queue: the instance is never freed. */
};

TAILQ_HEAD(foo_device_list, foo_device);

/** All devices, in order of creation; under foo_ctl_lock. */
extern struct foo_device_list foo_devices;

/** Serialises the control threads. Recursive. Never taken by an lcore. */
void foo_ctl_lock(void);
/** See foo_ctl_lock(). */
void foo_ctl_unlock(void);

/**
 * Make an instance: name decides the class (foo_class_of_device()), devargs its properties.
 *
 * @return 0 and *dev; -ENODEV (no such class; err lists near names), -EEXIST, -EINVAL, ...
 */
int foo_device_create(const char *name, const char *devargs, struct foo_device **dev,
		      struct foo_error *err);

/** Realize: after it the device's queues are attached to lcores (which must be running). */
int foo_device_realize(struct foo_device *dev, struct foo_error *err);

/** Undo realize; stops and detaches running queues. Where an lcore does not answer within the
 * deadline, the device stays in memory for good, and a line is logged. */
void foo_device_unrealize(struct foo_device *dev);

/** Free the instance; it must not be realized. */
void foo_device_destroy(struct foo_device *dev);

/**
 * Give a property with foo_prop::runtime another value. foo_ops::prop_changed() follows, if the
 * device is realized.
 *
 * @param value as in devargs; NULL: the key stood without a value
 * @return 0; -EINVAL (no such property; err names the nearest), -EPERM (it cannot be changed any
 *   more), -ERANGE, -ENOMEM, or what prop_changed says, with err and the old value in place
 */
int foo_device_set_prop(struct foo_device *dev, const char *key, const char *value,
			struct foo_error *err);

/** The device of that name, or NULL. */
struct foo_device *foo_device_find(const char *name);

/**
 * The config space reads differently now: the guest's driver is told, where there is one. Does not
 * wait for an answer.
 *
 * @return 0; -ENOTCONN if there is nobody to tell; -ENOTSUP if the front-end has no ear for it;
 *   -EAGAIN if it does not listen
 */
int foo_device_config_changed(struct foo_device *dev);

/** A front-end connected or went away. Going away: queues that still run are stopped; features and
 * memory are forgotten. */
void foo_device_connect(struct foo_device *dev, bool up);

/** The front-end acknowledged features, without vhost-user's own bits; all queues must be stopped.
 * 0, -EBUSY, -EINVAL for bits that are not offered, or what the driver says. */
int foo_device_set_features(struct foo_device *dev, uint64_t features);

/** Replace the memory map (a copy is taken); all queues must be stopped (-EBUSY otherwise). */
int foo_device_set_mem(struct foo_device *dev, const struct foo_mem *mem);

/**
 * Take a queue into service on its lcore, moved first to one of the memory's NUMA node (unless a
 * placement rule of foo_placement_set() chose the lcore).
 *
 * @return 0 when the lcore has acknowledged; -EALREADY if it runs; -EBUSY if it is still being
 *   drained; -ENODEV if it is attached to no lcore; -EBADF if an fd is no eventfd; -EINVAL,
 *   -EFAULT, -ENOMEM of foo_vq_init(); -ETIMEDOUT if the lcore did not acknowledge. q->why is set
 *   on error, except for -EALREADY.
 */
int foo_queue_start(struct foo_queue *q, const struct foo_queue_config *cfg);

/**
 * Take a queue out of service: drained, flushed, memory untouched from the return on.
 *
 * @param avail,used set to where to go on (foo_vq_avail_base(), foo_vq_used_base()); may be NULL
 * @return 0 (also if it did not run: then avail and used are left alone and -EALREADY returned);
 *   -ETIMEDOUT if the lcore did not acknowledge within FOO_CTL_DEADLINE_MS: it may still use the
 *   guest's memory. The order stands; call again to wait for it.
 */
int foo_queue_stop(struct foo_queue *q, uint16_t *avail, uint16_t *used);

/** Whether fd is an eventfd; asks the kernel alone, never the file (by /proc). Any thread. */
bool foo_fd_is_eventfd(int fd);

/** Whether a foo_queue_stop() has missed its deadline, and the lcore still has not let go: to stop
 * the queue again would be to wait once more. */
bool foo_queue_is_late(const struct foo_queue *q);

/**
 * Give a running queue another callfd, with one call to it, since one to the old may have been
 * lost. The queue is not stopped, unless one of the two is FOO_VQ_NO_FD: then it stops and starts.
 *
 * @return 0; -EALREADY if it does not run; -EBADF if the fd is no eventfd; -ETIMEDOUT or what
 *   foo_queue_start() says
 */
int foo_queue_set_callfd(struct foo_queue *q, int callfd);

/**
 * Move an attached queue to another lcore: stop, detach, attach, start. Its service goes on with
 * the same rings, and a forced call.
 *
 * @return 0; -EINVAL if lcore does not poll; -ENODEV if the queue is attached to no lcore;
 *   -ETIMEDOUT as foo_queue_stop(), or what queue_attach says (the queue is detached then)
 */
int foo_queue_move(struct foo_queue *q, unsigned int lcore);

/**
 * Wake the lcore of a queue, after something was stored that its queue_pending() sees. Lcores and
 * control threads, also while the queue is being moved. Has a full barrier before it looks where
 * the queue is; enters the kernel only if that lcore sleeps.
 */
void foo_queue_wake(const struct foo_queue *q);

/** Say why the queue is not running (printf-like). */
void
foo_queue_set_why(struct foo_queue *q, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** State as anyone may read it. */
static inline enum foo_queue_state
foo_queue_state(const struct foo_queue *q)
{
	return (enum foo_queue_state)__atomic_load_n(&q->state, __ATOMIC_RELAXED);
}

/** Whether the queue is polled: running and not broken. Then, and while it is being drained, q->vq
 * may be used by its lcore. */
static inline bool
foo_queue_is_serving(const struct foo_queue *q)
{
	return foo_queue_state(q) == FOO_QUEUE_RUNNING &&
	       __atomic_load_n(&q->broken, __ATOMIC_RELAXED) == 0;
}

/** A state in a word: "running", "stopped", ... */
const char *foo_queue_state_name(enum foo_queue_state state);

/** Longest wait for an lcore's acknowledgement, in ms. */
#define FOO_CTL_DEADLINE_MS 2000

/** Where foo_device_realize() attaches a queue. By default to the least loaded lcore: by share of
 * busy cycles, then by number of queues. Under foo_ctl_lock. */
typedef unsigned int (*foo_placement_fn)(const struct foo_queue *q);

/** Replace the placement rule (NULL: default). Before devices are realized. The function returns
 * the lcore, or RTE_MAX_LCORE for "no opinion". */
void foo_placement_set(foo_placement_fn fn);

#endif /* FOO_DEVICE_H */
