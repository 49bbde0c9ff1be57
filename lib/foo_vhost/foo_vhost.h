/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_VHOST_H
#define FOO_VHOST_H

/**
 * @file
 * The vhost-user control plane: connects devices to front-ends through librte_vhost.
 *
 * The library owns the socket and one thread that serves them all. This layer stands before it on
 * both sides: a relay gives it whole, well-formed messages only, and a handler checks what each
 * one asks for and answers it, where rings or memory are concerned, in the library's place. So
 * queues are quiesced before memory changes under them, each queue starts by itself, and no lcore
 * ever calls the library.
 *
 * A front-end may do anything: the worst that it achieves is that its own connection is closed.
 * Its queues say why they do not run (foo_queue::why), and foo_device::last_msg is the last
 * message that it sent.
 */

#include <foo_device.h>

/**
 * Serve a realized device at its iface=. Control thread; not under foo_ctl_lock, not from a
 * librte_vhost callback.
 *
 * Server: a stale socket file (nobody listens) is removed, a live one is an error; the file gets
 * mode= and owner=. Client: connects, and again whenever the front-end goes away.
 *
 * @return 0; -ENAMETOOLONG; -EEXIST (a file that is no socket, or a socket of another device);
 *   -EADDRINUSE (another process listens); -EINVAL (no such owner); -EACCES, -ENOENT, ... of
 *   bind(), chown() and chmod(); -EIO (the library refuses); -ENOMEM. err says what was wrong.
 */
int foo_vhost_start(struct foo_device *dev, struct foo_error *err);

/**
 * Stop serving: the connection is closed, queues are stopped, the socket file is removed. Control
 * thread; not under foo_ctl_lock, not from a librte_vhost callback. Nothing if dev is not served.
 */
void foo_vhost_stop(struct foo_device *dev);

/** Counters of a device's control plane. */
struct foo_vhost_stats {
	uint64_t connections;         /**< Front-ends accepted. */
	uint64_t connections_refused; /**< Second front-ends turned away. */
	uint64_t messages;            /**< vhost-user messages seen. */
	uint64_t messages_refused;    /**< Messages found wrong by our own check. */
	uint64_t memory_lost;         /**< SIGBUS survived: the guest's file was truncated. */
};

/** Snapshot of the counters. False if the device is not served. Any thread but lcores: takes
 * foo_ctl_lock. */
bool foo_vhost_stats_get(const struct foo_device *dev, struct foo_vhost_stats *stats);

/**
 * Tell the driver that the config space changed (vhost-user BACKEND_CONFIG_CHANGE_MSG), without
 * waiting for an answer or for room. Any thread but lcores: takes foo_ctl_lock.
 *
 * @return 0; -ENOTCONN; -ENOTSUP if the front-end gave no channel for it; -EAGAIN if it does not
 *   read the channel
 */
int foo_vhost_config_changed(struct foo_device *dev);

#endif /* FOO_VHOST_H */
