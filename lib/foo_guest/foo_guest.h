/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_GUEST_H
#define FOO_GUEST_H

/**
 * @file
 * A whole guest: socket, memory and virtqueues of one device, in one call.
 *
 *     const struct foo_guest_config cfg = {.path = "/tmp/foo.sock",
 *                                          .features = 1ULL << VIRTIO_F_VERSION_1,
 *                                          .nqueues = 1};
 *     struct foo_guest g;
 *
 *     if (foo_guest_open(&g, &cfg) != 0)
 *             errx(1, "%s", g.error);
 *     buf.va = foo_guest_alloc(&g, 512, &buf.gpa);
 *     foo_guest_send(&g, 0, &buf, 1, token);            one chain, published and kicked
 *     foo_guest_receive(&g, 0, &used, 1000);            waits until the device has used one
 *     foo_guest_close(&g);
 *
 * examples/guest-hello is a program of that size. Whoever needs more control uses the parts that
 * are open here: foo_guest::front (foo_guest_front.h), foo_guest::mem (foo_guest_mem.h) and
 * foo_guest_queue::ring (foo_guest_ring.h), or these headers alone.
 *
 * Needs libc only. One thread at a time uses a guest; once it is open, different threads may each
 * use their own queues (foo_guest_send(), foo_guest_receive(), foo_guest_wait() and everything of
 * foo_guest_ring.h). Nothing waits longer than the time-out, whatever the back-end does.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "foo_guest_front.h"
#include "foo_guest_mem.h"
#include "foo_guest_ring.h"

/** Most queues of a guest: what vhost-user can number. */
#define FOO_GUEST_MAX_QUEUES 256

/** Queue size where foo_guest_config::queue_size is 0. */
#define FOO_GUEST_QUEUE_SIZE 256

/** Bytes of memory where the configuration names none. */
#define FOO_GUEST_MEMORY (UINT64_C(64) << 20)

/** Guest physical address of that memory: not 0, and a multiple of a hugepage. */
#define FOO_GUEST_MEMORY_GPA UINT64_C(0x200000)

/** Bytes of a page in the dirty log. */
#define FOO_GUEST_LOG_PAGE 4096

/** Device types whose features have names here (VIRTIO 1.2, 5). */
enum foo_guest_type {
	FOO_GUEST_ANY = 0, /**< Only the features that all devices share. */
	FOO_GUEST_NET = 1, /**< Network card. */
	FOO_GUEST_BLK = 2, /**< Disk. */
};

struct foo_guest;

/** What foo_guest_open() is to do. Zero: the default, where there is one. */
struct foo_guest_config {
	const char *path;      /**< Socket; copied. */
	bool listen;           /**< Listen at path for a back-end in client mode. */
	int timeout_ms;        /**< Longest wait of one step; 0: FOO_FRONT_TIMEOUT_MS. */
	uint64_t features;     /**< Features to take where they are offered. */
	uint64_t required;     /**< Features to take, and to fail without. */
	uint64_t proto;        /**< Protocol features to ask for, beside those of foo_front_init()
				    * and those that the members below need. */
	unsigned int nqueues;  /**< Queues to start, from 0 on; 1 to FOO_GUEST_MAX_QUEUES. */
	uint16_t queue_size;   /**< Descriptors of each; 0: FOO_GUEST_QUEUE_SIZE. */
	uint16_t indirect_max; /**< Entries of a chain's indirect table; 0: no tables. */
	uint64_t memory;       /**< Bytes of memory in one range; 0: FOO_GUEST_MEMORY. */
	const struct foo_guest_range *range; /**< Memory as ranges, instead; not kept. */
	unsigned int nranges;                /**< Entries of range. */
	bool huge;           /**< Hugepages. No fall-back: that is for the caller to choose. */
	bool interrupts;     /**< Leave interrupts on from the start; otherwise the device is
				    * told that the rings are polled. */
	bool inflight;       /**< In-flight tracking, where the back-end offers it:
				    * foo_guest::inflight_fd says whether. */
	uint32_t config_len; /**< Bytes of config space to read, at most 256; 0: none. */
	/**
	 * Features and config space are known, no queue is started yet: the last moment to see
	 * that the device cannot do what is wanted, have more queues, say. NULL: no question.
	 *
	 * @param ctx of below
	 * @return 0 to go on; -errno: foo_guest_open() fails with it, and with what was written
	 *   into foo_guest::error
	 */
	int (*inspect)(struct foo_guest *g, void *ctx);
	void *ctx; /**< For inspect. */
};

/** A virtqueue of a guest. */
struct foo_guest_queue {
	struct foo_guest_ring ring; /**< Driver side. */
	int kickfd;                 /**< eventfd that the driver writes. */
	int callfd;                 /**< eventfd that the device writes. */
} __attribute__((aligned(64)));

/** The dirty log of a migration. */
struct foo_guest_log {
	int fd;        /**< File, shared with the back-end; -1: no log. */
	uint64_t size; /**< Bytes. */
	uint64_t *bit; /**< One bit a page of FOO_GUEST_LOG_PAGE bytes, page 0 first. */
};

/** A guest. Members are for reading. */
struct foo_guest {
	struct foo_front front;        /**< Its front-end. */
	struct foo_guest_mem mem;      /**< Its memory. */
	struct foo_guest_queue *queue; /**< Its queues. */
	unsigned int nqueues;          /**< Entries of queue. */
	bool interrupts;               /**< As configured. */
	uint64_t features;             /**< What was negotiated; stays during a reconnection. */
	uint64_t proto;                /**< The same of protocol features. */
	uint64_t wanted;               /**< Features and required ones, as configured. */
	uint8_t config[256];           /**< Config space as read when it was opened. */
	int inflight_fd;               /**< The back-end's table of in-flight chains, or -1. */
	struct foo_front_wire_inflight inflight; /**< Where it lies in that file. */
	struct foo_guest_log log;                /**< Dirty log. */
	char error[256]; /**< Which step failed and why, after a function failed. */
};

/**
 * Connect, negotiate, share memory, lay out and start all queues, DRIVER_OK.
 *
 * @return 0; -EINVAL if the configuration is not valid; -ENOTSUP if a required feature or the
 *   config space is not offered; what the step returned that failed. Then nothing is open, and
 *   foo_guest::error says which step it was.
 */
int foo_guest_open(struct foo_guest *g, const struct foo_guest_config *cfg);

/**
 * Memory and queues of a guest without a back-end, as if all features that are wanted had been
 * negotiated: to measure what the driver's side can do, or for a device in the same process, which
 * finds the rings in foo_guest_queue::ring. path, listen, inflight and config_len are ignored.
 *
 * @return as foo_guest_open()
 */
int foo_guest_open_alone(struct foo_guest *g, const struct foo_guest_config *cfg);

/** Stop the queues if the back-end still answers, close and free everything. error stays. */
void foo_guest_close(struct foo_guest *g);

/**
 * Connect again after the back-end has died or restarted, as QEMU does: the same features, the
 * same memory, the in-flight table given back, rings resumed behind what the device had used. What
 * was in flight is not lost: the device finds it in the rings.
 *
 * Without an in-flight table the device must have used chains in the order of the ring, and in a
 * packed ring must not have died within a batch.
 *
 * @return 0; -ENOTSUP if there is no in-flight table and a packed ring has lost chains: see
 *   foo_guest_ring_is_whole(); -EPROTO if the back-end does not offer the features of before; as
 *   foo_guest_open().
 *   After an error the guest is not connected, and may try again.
 */
int foo_guest_reconnect(struct foo_guest *g);

/**
 * Allocate guest memory, on its own cache lines, zeroed if it was never used. There is no free:
 * memory goes with the guest.
 *
 * @param gpa set to its guest physical address
 * @return where it is mapped, or NULL if there is not enough left in any range
 */
void *foo_guest_alloc(struct foo_guest *g, uint64_t size, uint64_t *gpa);

/**
 * Add one chain to a queue, publish it and kick if the device wants that.
 *
 * Goes into an indirect table if there are tables and INDIRECT_DESC was negotiated.
 *
 * @return 0; errors of foo_guest_ring_add()
 */
int foo_guest_send(struct foo_guest *g, unsigned int queue, const struct foo_guest_buf *buf,
		   uint16_t nbuf, uint64_t token);

/**
 * Wait for one used chain and take it.
 *
 * @return 0; -EPROTO if the device broke the ring; errors of foo_guest_wait()
 */
int foo_guest_receive(struct foo_guest *g, unsigned int queue, struct foo_guest_used *used,
		      int timeout_ms);

/**
 * Sleep until the device interrupts because a used chain waits, if none does already. Interrupts
 * are on meanwhile; afterwards they are as foo_guest_config::interrupts says.
 *
 * @return 0: a used chain waits; -ETIMEDOUT; -ECONNRESET: the back-end has closed the connection;
 *   another errno of poll()
 */
int foo_guest_wait(struct foo_guest *g, unsigned int queue, int timeout_ms);

/** Whether the back-end has closed the connection (or there is none). Reads nothing. */
bool foo_guest_hung_up(const struct foo_guest *g);

/* --- dirty log --- */

/**
 * Begin a migration: give the back-end a log for all memory, and have it log every write.
 *
 * @return 0; -ENOTSUP if LOG_ALL or LOG_SHMFD is not offered; -EALREADY; other errors
 */
int foo_guest_log_start(struct foo_guest *g);

/** Pages marked so far; with clear, they are no longer marked afterwards. */
uint64_t foo_guest_log_count(struct foo_guest *g, bool clear);

/** Whether the page of this address is marked. */
bool foo_guest_log_dirty(const struct foo_guest *g, uint64_t gpa);

/** End logging, and free the log. 0 or an error of the front-end; the log is gone either way. */
int foo_guest_log_stop(struct foo_guest *g);

/* --- features in words --- */

/** Name of a feature bit without its prefix, "MRG_RXBUF"; NULL if it has none. */
const char *foo_guest_feature_name(enum foo_guest_type type, unsigned int bit);

/** The bit that has this name (in any case, "-" as good as "_"), or -1. */
int foo_guest_feature_bit(enum foo_guest_type type, const char *name);

/**
 * All features by name, separated by blanks, lowest bit first; a bit without a name as its number.
 *
 * @return buf, which always ends with a 0 byte; what has no room is left out
 */
const char *
foo_guest_feature_names(enum foo_guest_type type, uint64_t features, char *buf, size_t size);

/** Name of a protocol feature bit, "REPLY_ACK"; NULL if it has none. */
const char *foo_guest_protocol_name(unsigned int bit);

#endif /* FOO_GUEST_H */
