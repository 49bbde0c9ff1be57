/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BLK_URING_PRIV_H
#define BLK_URING_PRIV_H

/*
 * What the files of class `blk_uring` share.
 */

#include <liburing.h>

#include <rte_log.h>

#include "foo_blk_io.h"

/** Entries of the submission ring: a burst or two; it stays in the cache. */
#define URING_SQ 64

/** Completions taken in one poll. */
#define URING_REAP 64

/** Bytes of a bounce buffer: longer requests go in slices. */
#define URING_BOUNCE_SIZE (64u << 10)

/** Bounce buffers of a queue. */
#define URING_BOUNCES 16

/** Bytes of zeroes written at once where fallocate cannot make them. */
#define URING_ZEROES_SIZE (1u << 20)

extern int foo_blk_uring_logtype;

/** A line for the log. */
#define URING_LOG(level, fmt, ...)                                                                 \
	rte_log(RTE_LOG_##level, foo_blk_uring_logtype, "foo: " fmt "\n", ##__VA_ARGS__)

/** Words of direct=, in the order of its property's table. */
enum uring_direct {
	URING_DIRECT_AUTO, /**< O_DIRECT where it works. */
	URING_DIRECT_ON,   /**< O_DIRECT or nothing. */
	URING_DIRECT_OFF,  /**< Through the page cache. */
};

/** How a range is made to read as zeroes. */
enum uring_zeroing {
	URING_ZERO_PUNCH, /**< fallocate(PUNCH_HOLE). */
	URING_ZERO_RANGE, /**< fallocate(ZERO_RANGE). */
	URING_ZERO_WRITE, /**< Writes. */
};

/** What is kept of a request while the engine has it: foo_blk_io::state. */
struct uring_state {
	uint64_t done;           /**< Bytes done: of ZEROES they may be more than 4 GiB. */
	uint8_t *buf;            /**< Bounce buffer, while the kernel has it. */
	struct foo_blk_place at; /**< READ, WRITE: where to go on. */
	uint8_t how;             /**< ZEROES: enum uring_zeroing. */
	bool bounced;            /**< READ, WRITE: not aligned, goes through buffers. */
};
_Static_assert(sizeof(struct uring_state) <= sizeof(((struct foo_blk_io *)0)->state), "no room");

/** A free bounce buffer. */
struct uring_bounce {
	struct uring_bounce *next; /**< Free list. */
};

/** Counters of a queue; written by its lcore, read by anyone. */
struct uring_stats {
	uint64_t submits;          /**< System calls that submitted. */
	uint64_t bounced;          /**< Requests copied for their alignment. */
	uint64_t short_io;         /**< Reads and writes that went on where the kernel stopped. */
	uint64_t waits;            /**< Requests that waited for a buffer or an entry. */
	uint64_t past_end;         /**< Reads beyond the end: the file has shrunk. */
	uint64_t zeroes_written;   /**< Write-zeroes that fallocate could not do. */
	uint64_t discards_in_vain; /**< Discards without effect. */
};

struct uring_dev;

/** A queue. */
struct uring_queue {
	struct io_uring ring;         /**< Its ring. */
	struct uring_dev *dev;        /**< Its disk. */
	struct foo_blk_list wait;     /**< Requests that wait for a buffer or an entry. */
	struct uring_bounce *bounces; /**< Free bounce buffers. */
	void *bounce_mem;             /**< All bounce buffers. */
	bool enabled;                 /**< The lcore has made the ring its own. */
	struct uring_stats stats;     /**< Counters. */
} __rte_cache_aligned;

/** An open file or block device. */
struct uring_file {
	int fd;             /**< Open, or -1. */
	bool is_block;      /**< A block device. */
	bool direct;        /**< Open with O_DIRECT. */
	uint32_t mem_align; /**< O_DIRECT: alignment of buffers, bytes; else 1. */
	uint32_t io_align;  /**< O_DIRECT: alignment of offsets and lengths, bytes; else 1. */
};

/** Instance of class `blk_uring`. */
struct uring_dev {
	struct foo_blk blk;        /**< The disk; first. */
	char *path;                /**< path= */
	uint64_t size;             /**< size=, or 0. */
	uint32_t direct;           /**< direct=, enum uring_direct. */
	bool lock;                 /**< lock= */
	struct uring_file file;    /**< The medium. */
	struct uring_queue *queue; /**< Queues, by index, while it is open. */
	void *zeroes;              /**< URING_ZEROES_SIZE bytes, read-only. */
	bool no_punch;             /**< No PUNCH_HOLE here; any lcore stores, all read relaxed. */
	bool no_zero;              /**< No ZERO_RANGE here; the same. */
};

/** Its state of a request. */
static inline struct uring_state *
uring_state(struct foo_blk_io *io)
{
	return (struct uring_state *)&io->state;
}

/* --- blk_uring_file.c --- */

/** Open the medium, and fill dev->cap. 0, or -errno with err and everything undone. */
int uring_file_open(struct uring_dev *d, struct foo_error *err);

/** Close it. */
void uring_file_close(struct uring_dev *d);

/** Its size in bytes now. 0 or -errno. */
int uring_file_size(const struct uring_file *f, uint64_t *size);

/* --- blk_uring_lock.c --- */

/**
 * Lock an image in the way of QEMU: a writer keeps out all others, readers only writers.
 *
 * Control thread, which waits in it.
 *
 * @param wait_ms how long to wait for a lock that someone else has
 * @return 0; -EAGAIN: someone else has it; -errno: this file system has no locks
 */
int uring_lock(int fd, bool read_only, unsigned int wait_ms);

/* --- blk_uring_ring.c --- */

/** Whether io_uring works here: 0, or -errno and err. Control. */
int uring_ring_probe(struct foo_error *err);

/** Make the ring of a queue. 0 or -errno. Control. */
int uring_ring_open(struct uring_queue *u, uint32_t depth, int fd);

/** Free it. Control. */
void uring_ring_close(struct uring_queue *u);

/** An entry to fill in, or NULL: there is none now. Lcore. */
struct io_uring_sqe *uring_ring_sqe(struct uring_queue *u);

/** Give the kernel what was filled in. Lcore. */
void uring_ring_submit(struct uring_queue *u);

/* --- blk_uring_io.c --- */

/** Implements foo_blk_engine::submit. */
void uring_io_submit(struct foo_blk_queue *bq, struct foo_blk_io *io);

/** Implements foo_blk_engine::commit. */
void uring_io_commit(struct foo_blk_queue *bq);

/** Implements foo_blk_engine::poll. */
void uring_io_poll(struct foo_blk_queue *bq);

/* --- blk_uring_bounce.c --- */

/** Bounce buffers for a queue. 0 or -ENOMEM. Control. */
int uring_bounce_open(struct uring_queue *u, const struct foo_blk_queue *bq, uint32_t align);

/** Free them. Control. */
void uring_bounce_close(struct uring_queue *u);

/** Whether the kernel takes the pieces of a request as they are. */
bool uring_bounce_needed(const struct uring_file *f, const struct foo_blk_io *io);

/** Take a free buffer, or NULL. */
uint8_t *uring_bounce_get(struct uring_queue *u);

/** Give it back. */
void uring_bounce_put(struct uring_queue *u, uint8_t *buf);

#endif /* BLK_URING_PRIV_H */
