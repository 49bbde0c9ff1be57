/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_VHOST_PRIV_H
#define FOO_VHOST_PRIV_H

/**
 * @file
 * What the files of lib/foo_vhost share.
 *
 * Division of labour. librte_vhost keeps the sockets and the thread that serves them all; it reads
 * from a relay of ours, which gives it whole messages only. Everything that has to do with rings
 * and memory is answered here, in the handler that runs before the library's own, so that nothing
 * is pulled away from under an lcore: guest memory is mapped and unmapped by foo_vhost_mem.c, and
 * only when no queue runs; the fds of rings are ours; the library never touches guest memory, and
 * never sees a message that foo_vhost_check.c has not found right.
 *
 * Every function here is for a control thread under foo_ctl_lock, unless it says otherwise.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>
#include <sys/un.h>

#include <rte_log.h>

#include "foo_vhost.h"
#include "foo_vhost_proto.h"

/** A mapped part of a file. */
struct foo_vhost_area {
	void *base;  /**< What mmap() returned, or NULL: nothing mapped. */
	size_t len;  /**< What mmap() was asked for. */
	uint8_t *va; /**< First byte that was wanted. */
};

/** A region of guest memory. */
struct foo_vhost_region {
	uint64_t gpa;               /**< Guest physical address. */
	uint64_t size;              /**< Bytes. */
	uint64_t uaddr;             /**< Address in the front-end; rings are given by it. */
	struct foo_vhost_area area; /**< Where it is mapped here. */
};

/** The memory table of a front-end. */
struct foo_vhost_map {
	uint32_t nregions;                           /**< Valid entries of region. */
	struct foo_vhost_region region[VHU_MAX_FDS]; /**< Regions. */
};

/** The table of in-flight chains. */
struct foo_vhost_inflight {
	struct foo_vhost_area area; /**< Where it is mapped; base NULL: there is none. */
	uint64_t bytes;             /**< Bytes of it. */
	uint16_t num_queues;        /**< Queues that it has room for. */
	uint16_t queue_size;        /**< Descriptors that each may have. */
};

/** What the front-end has said about a ring. */
struct foo_vhost_ring {
	uint32_t num;  /**< Queue size, or 0: not set. */
	bool has_addr; /**< addr is set. */
	bool kicked;   /**< SET_VRING_KICK came: started, in the protocol's words. */
	bool enabled;  /**< SET_VRING_ENABLE 1 came. */
	bool broken;   /**< A fault broke it: not started again before the driver resets it. */
	bool resumes;  /**< It has run before: avail and used are exact, and the guest may
			       * wait for a call that was lost. */
	struct vhu_addr addr; /**< Where it is. */
	uint32_t base;        /**< SET_VRING_BASE, if not resumes. */
	uint16_t avail;       /**< Where to go on, if resumes. */
	uint16_t used;        /**< Where to go on, if resumes. */
	int kickfd;           /**< Owned, or FOO_VQ_NO_FD. */
	int callfd;           /**< Owned, or FOO_VQ_NO_FD. */
};

/** What the check of a message depends on. */
struct foo_vhost_state {
	uint16_t nqueues;            /**< Rings of the device. */
	uint64_t offered;            /**< Feature bits offered, vhost-user's included. */
	uint64_t proto_offered;      /**< Protocol features offered. */
	bool has_features;           /**< SET_FEATURES came. */
	uint64_t features;           /**< Feature bits acknowledged. */
	uint64_t proto;              /**< Protocol features acknowledged. */
	struct foo_vhost_map map;    /**< Memory; nregions 0 before SET_MEM_TABLE. */
	struct foo_vhost_ring *ring; /**< nqueues rings. */
};

/** A device's connection to the outside: its socket, and the front-end if one is connected. */
struct foo_vhost {
	TAILQ_ENTRY(foo_vhost) link;                            /**< In foo_vhost_all. */
	struct foo_device *dev;                                 /**< The device. */
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)]; /**< iface=. */
	bool client;                                            /**< We connect. */
	bool closing;                /**< foo_vhost_stop() is under way. */
	bool draining;               /**< The front-end is gone, but an lcore has not let go. */
	uint64_t barred_until;       /**< CLOCK_MONOTONIC ms up to which a new one waits. */
	bool waits;                  /**< The front-end is barred: nothing is read from it. */
	bool lost;                   /**< Guest memory went away: nothing is started any more. */
	int vid;                     /**< The library's number of the connection, or -1. */
	struct foo_vhost_conn *conn; /**< The connection, if vid is not -1. */
	int backend_fd;              /**< Channel for requests of ours, or -1. */
	struct foo_vhost_state st;   /**< What was negotiated. */
	struct foo_vhost_area log;   /**< Dirty log, if the front-end gave one. */
	uint64_t log_size;           /**< Bytes of the dirty log. */
	struct foo_vhost_inflight inflight; /**< In-flight table, if there is one. */
	struct foo_vhost_stats stats;       /**< Counters. */
	uint64_t log_time;                  /**< Second in which lines were last counted. */
	unsigned int log_lines;             /**< Lines in that second. */
};

TAILQ_HEAD(foo_vhost_list, foo_vhost);

/** All of them. */
extern struct foo_vhost_list foo_vhost_all;

/** Log type of this layer. */
extern int foo_vhost_logtype;

/** Log a line; the newline is added. */
#define FOO_VHOST_LOG(level, fmt, ...)                                                             \
	rte_log(RTE_LOG_##level, foo_vhost_logtype, "foo: " fmt "\n", ##__VA_ARGS__)

/* --- foo_vhost.c --- */

/** Whether to log one more line about this front-end: some would never stop. */
bool foo_vhost_may_log(struct foo_vhost *t);

/** Forget the front-end: queues stopped, memory unmapped, files closed. If an lcore does not let
 * go within its deadline, memory stays mapped, draining is set, and foo_vhost_drain() goes on. */
void foo_vhost_disconnect(struct foo_vhost *t);

/** The front-end has held an lcore up: end its connection, and let the next one wait. */
void foo_vhost_bar(struct foo_vhost *t);

/** Whether that was a short time ago: nothing that the front-end still has under way is done. */
bool foo_vhost_is_locked_out(const struct foo_vhost *t);

/** Whether a front-end that connects must wait: for the end of foo_vhost_bar(), or because files of
 * those before it are not closed yet. */
bool foo_vhost_is_barred(const struct foo_vhost *t);

/** Finish a foo_vhost_disconnect() that had to wait. An lcore that has missed its deadline before
 * is only looked at, unless wait is set: others want the lock. Whether it is done. */
bool foo_vhost_drain(struct foo_vhost *t, bool wait);

/* --- foo_vhost_msg.c --- */

/**
 * Check a message and do what it asks for. Its files are taken or closed. An answer, if there is
 * one, is left in m.
 *
 * @return an enum rte_vhost_msg_result
 */
int foo_vhost_msg_handle(struct foo_vhost *t, struct foo_vhost_msg *m);

/** Count and report a message that was refused by the relay. */
void
foo_vhost_msg_refused(struct foo_vhost *t, const struct foo_vhost_msg *m, struct foo_error *why);

/** Close the files of a message that nobody took, by foo_vhost_file_close(). Any thread. */
void foo_vhost_msg_close(struct foo_vhost_msg *m, const void *owner);

/* --- foo_vhost_file.c --- */

/** What a file is, as far as it matters here. */
enum foo_vhost_file_kind {
	FOO_VHOST_FILE_OTHER,   /**< Anything else; most of what is asked of it may block. */
	FOO_VHOST_FILE_EVENTFD, /**< An eventfd. */
	FOO_VHOST_FILE_MEMORY,  /**< A file in memory: memfd, tmpfs, hugetlbfs. */
	FOO_VHOST_FILE_SOCKET,  /**< A stream socket of AF_UNIX. */
};

/** Find out, without asking anybody but the kernel. Any thread. */
enum foo_vhost_file_kind foo_vhost_file_kind(int fd);

/** Close a file of a front-end; at once where that cannot block, or soon, on behalf of owner, by
 * another thread. Any thread. */
void foo_vhost_file_close(int fd, const void *owner);

/** Whether fd waits to be closed; it is nobody else's then. Any thread. */
bool foo_vhost_file_is_closing(int fd);

/** Files of its front-ends that a device may have waiting for their end, which may never come. */
#define FOO_VHOST_CLOSING_MAX 64

/** How many files of owner wait to be closed. Any thread. */
unsigned int foo_vhost_files_closing(const void *owner);

/** See to it that a stream socket of AF_UNIX holds no other files, and never will: nothing can be
 * sent to it any more. 0, -ENOTCONN: it is not connected (it may listen), or -EBUSY: there is
 * something in it already. Any thread. */
int foo_vhost_file_deafen(int fd);

/** Start the thread that closes files, once; it never ends, since it may hang for ever. 0 or
 * -errno. */
int foo_vhost_files_start(void);

/* --- foo_vhost_check.c --- */

/** Name of a request without prefix, or NULL. Any thread. */
const char *foo_vhost_request_name(uint32_t request);

/** Whether a request has an answer of its own, so that NEED_REPLY asks for no other. Any thread. */
bool foo_vhost_request_answered(uint32_t request);

/** The ring that a message is about, or -1. Any thread. */
int foo_vhost_msg_ring(const struct foo_vhost_msg *m);

/**
 * Check the form of a message: known, as long as it must be, with as many files as it must have
 * and of the right kind, and a ring that the library could have. Any thread.
 *
 * @return 0, or -EPROTO with err
 */
int foo_vhost_check_form(const struct foo_vhost_msg *m, struct foo_error *err);

/**
 * Check a message against the protocol and against what was said before. Changes nothing. Any
 * thread while st is stable.
 *
 * @return 0; -EPROTO if it is no proper message at all, and the connection is to be closed;
 *   another -errno if what it asks for is refused. err says why.
 */
int foo_vhost_check(const struct foo_vhost_state *st, const struct foo_vhost_msg *m,
		    struct foo_error *err);

/* --- foo_vhost_mem.c --- */

/**
 * Map size bytes of a file from offset on, shared; it is guarded against truncation on behalf of
 * owner.
 *
 * @return 0 or -errno
 */
int foo_vhost_area_map(struct foo_vhost_area *area, int fd, uint64_t offset, uint64_t size,
		       void *owner);

/** Undo foo_vhost_area_map(); nothing if area is not mapped. */
void foo_vhost_area_unmap(struct foo_vhost_area *area);

/** Map the regions of a SET_MEM_TABLE that was checked; all or none. 0 or -errno with err. */
int foo_vhost_map_open(struct foo_vhost_map *map, const struct foo_vhost_msg *m, void *owner,
		       struct foo_error *err);

/** Unmap all regions. */
void foo_vhost_map_close(struct foo_vhost_map *map);

/** Translate a front-end's address; len bytes of it lie in one region, or the result is NULL.
 * gpa (may be NULL) is set to the guest's address. Any thread while the map is stable. */
void *
foo_vhost_map_find(const struct foo_vhost_map *map, uint64_t uaddr, uint64_t len, uint64_t *gpa);

/* --- foo_vhost_ring.c --- */

/** Bytes of the three areas of a ring of num descriptors. Any thread. */
void foo_vhost_ring_sizes(uint64_t features, uint32_t num, uint64_t *desc, uint64_t *driver,
			  uint64_t *device);

/** All rings as before the first message, files not closed. */
void foo_vhost_rings_init(struct foo_vhost *t);

/** Close the files of all rings and forget what was said; no queue runs. */
void foo_vhost_rings_reset(struct foo_vhost *t);

/** Take a ring out of service, remembering where to go on. 0 or -ETIMEDOUT. */
int foo_vhost_ring_pause(struct foo_vhost *t, uint16_t index);

/** foo_vhost_ring_pause() of all rings, up to the first that fails. */
int foo_vhost_rings_pause(struct foo_vhost *t);

/** Start a ring if all that it needs is there, or say why not. */
void foo_vhost_ring_update(struct foo_vhost *t, uint16_t index);

/** foo_vhost_ring_update() of all rings. */
void foo_vhost_rings_update(struct foo_vhost *t);

/** Give a ring another callfd, which is taken over. 0 or -errno. */
int foo_vhost_ring_set_call(struct foo_vhost *t, uint16_t index, int fd);

/** What GET_VRING_BASE answers; the ring is stopped then, until the next SET_VRING_KICK. */
uint32_t foo_vhost_ring_stop(struct foo_vhost *t, uint16_t index);

/* --- foo_vhost_log.c --- */

/** Replace the dirty log; no queue runs. fd is not kept. 0 or -errno. */
int foo_vhost_log_set(struct foo_vhost *t, int fd, uint64_t offset, uint64_t size);

/** Forget the dirty log; no queue runs. */
void foo_vhost_log_drop(struct foo_vhost *t);

/** Give the device its memory map, with the dirty log if it is wanted; no queue runs. */
int foo_vhost_log_apply(struct foo_vhost *t, struct foo_error *err);

/* --- foo_vhost_inflight.c --- */

/** Bytes that a table must have for the features of now. */
uint64_t foo_vhost_inflight_size(const struct foo_vhost_state *st, const struct vhu_inflight *i);

/** Make a table, take it into use, and have its file go with the answer; i becomes that. 0 or
 * -errno with err. */
int foo_vhost_inflight_get(struct foo_vhost *t, struct vhu_inflight *i, struct foo_error *err);

/** Take a table of the front-end's into use; it was checked, and fd is not kept. 0 or -errno with
 * err. */
int foo_vhost_inflight_set(struct foo_vhost *t, const struct vhu_inflight *i, int fd,
			   struct foo_error *err);

/** Forget the table; no queue runs. */
void foo_vhost_inflight_drop(struct foo_vhost *t);

/** Enter the region of a ring of num descriptors into cfg, or NULL if there is no table. 0, or
 * -ERANGE with err if the table has no room for it. */
int foo_vhost_inflight_of(const struct foo_vhost *t, uint16_t index, uint32_t num,
			  struct foo_vq_config *cfg, struct foo_error *err);

/** The front-end gets the place of a ring that has run: it is no longer the table's to know. */
void foo_vhost_inflight_release(const struct foo_vhost *t, uint16_t index, uint32_t num);

/* --- foo_vhost_socket.c --- */

/** Whether a server could listen at path: a stale socket file is removed. 0 or -errno with err.
 * Without foo_ctl_lock. */
int foo_vhost_socket_prepare(const char *path, struct foo_error *err);

/** The ids of "user[:group]"; -1, as lchown() takes it, for what is not named, and for NULL. 0 or
 * -EINVAL with err. */
int foo_vhost_socket_owner(const char *owner, uid_t *uid, gid_t *gid, struct foo_error *err);

/** Give the listening socket its mode and owner. 0 or -errno with err. */
int foo_vhost_socket_dress(const char *path, uint32_t mode, uid_t uid, gid_t gid,
			   struct foo_error *err);

/** Find the connection that the library has just made from path. Its fd, which stays the library's;
 * negative if there is none, or more than one. */
int foo_vhost_socket_find(const char *path, bool client);

/* --- foo_vhost_relay.c --- */

/** A connection. */
struct foo_vhost_conn;

/** Take over the connection of the library's fd, which becomes one end of a socket pair. Files that
 * come by it belong to owner. If it is held, nothing is read from the front-end at first. NULL on
 * failure. Any thread. */
struct foo_vhost_conn *foo_vhost_relay_open(int fd, const void *owner, bool held);

/** Have a file go with the next answer to such a request, which is not yet given. It is taken over
 * on success. 0, -EBUSY: one waits already, or -ECONNRESET. Any thread. */
int foo_vhost_relay_attach(struct foo_vhost_conn *c, uint32_t request, int fd);

/** Read from a front-end that was held. Any thread. */
void foo_vhost_relay_let(struct foo_vhost_conn *c);

/** Whether fd is the relay's: either side of a connection, or a file of a message that is not yet
 * complete or not yet handed on. Any thread. */
bool foo_vhost_relay_owns(int fd);

/** Done with it; it frees itself when it has ended. Any thread. */
void foo_vhost_relay_release(struct foo_vhost_conn *c);

/** End the connection; the library notices, and foo_vhost_disconnect() follows. Any thread. */
void foo_vhost_relay_hang_up(struct foo_vhost_conn *c);

/** Whether the front-end has closed it. Any thread. */
bool foo_vhost_relay_gone(struct foo_vhost_conn *c);

/** Whether the relay has ended it by itself, and then the message and the reason. Any thread. */
bool foo_vhost_relay_why(struct foo_vhost_conn *c, struct foo_vhost_msg *m, struct foo_error *why);

/** Do what there is to do for a connection, after an event of the epoll set. Its thread. */
void foo_vhost_relay_run(void *conn);

/** Watch connections by this epoll set; their events point to them. */
void foo_vhost_relay_init(int epoll);

/** End all connections. */
void foo_vhost_relay_fini(void);

/* --- foo_vhost_sigbus.c --- */

/** Begin to survive SIGBUS in guarded memory; event is an eventfd that is written when it came. 0
 * or -errno. */
int foo_vhost_sigbus_init(int event);

/** As before foo_vhost_sigbus_init(). */
void foo_vhost_sigbus_fini(void);

/** Guard a mapping on behalf of owner. 0 or -ENOSPC. */
int foo_vhost_sigbus_guard(void *base, size_t len, void *owner);

/** Guard it no longer; nobody touches the mapping any more. */
void foo_vhost_sigbus_unguard(void *base);

/** Whether a mapping of owner was lost since the last call. */
bool foo_vhost_sigbus_lost(const void *owner);

/* --- foo_vhost_watch.c --- */

/** Start the thread that relays messages, and sees to lost memory and slow lcores, for the first
 * transport. 0 or -errno. Without foo_ctl_lock. */
int foo_vhost_watch_get(void);

/** End it after the last one. Without foo_ctl_lock. */
void foo_vhost_watch_put(void);

/** Make it look at all transports. Any thread. */
void foo_vhost_watch_wake(void);

/** Start a thread that is no lcore: faults and FOO_LCORE_SIGNAL reach it, other signals do not. 0
 * or -errno. */
int foo_vhost_thread_start(pthread_t *thread, void *(*run)(void *arg), const char *name);

/* --- foo_vhost_guard.c --- */

/** Start the thread that frees lcores which a front-end holds up. 0 or -errno. */
int foo_vhost_guard_start(void);

/** End it. */
void foo_vhost_guard_stop(void);

#endif /* FOO_VHOST_PRIV_H */
