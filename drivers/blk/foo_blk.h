/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_BLK_H
#define FOO_BLK_H

/**
 * @file
 * VirtIO block devices (VIRTIO 1.2, 5.2) and the engines that keep their data.
 *
 * The abstract class `blk` is everything that VirtIO asks for: config space, requests in any
 * layout, checks, status bytes, used lengths. A concrete class inherits it, and gives it an engine:
 * a table of functions that open a medium and carry out requests which are right. blk_null.c is
 * the smallest one.
 *
 *     instance_init   sets foo_blk::engine                                          control
 *       open          opens the medium, fills foo_blk::cap                          control
 *         queue_open  what one queue needs, for the lcore that will poll it         control
 *           submit    takes one request; commit follows a burst of them             lcore
 *           poll      ends requests by foo_blk_done(), which submit may do as well  lcore
 *         queue_close nothing is in flight any more                                 control
 *       close         as before open                                                control
 *
 * Each queue belongs to one lcore at a time and has its own engine state: an engine needs locks
 * only for what its queues share. No function that an lcore calls may wait.
 */

#include <sys/uio.h>

#include <foo_chain.h>
#include <foo_coalesce.h>
#include <foo_device.h>

#include "foo_blk_stats.h"

/** Bytes of a sector: the unit of VirtIO, whatever the block size. */
#define FOO_BLK_SECTOR 512

/** Most pieces that the data of a request may have. A driver that keeps to seg_max has fewer. */
#define FOO_BLK_MAX_PIECES 1040

/** Most ranges of a discard, write-zeroes or secure-erase request. */
#define FOO_BLK_MAX_RANGES 16

/** What an engine is asked to do. */
enum foo_blk_op {
	FOO_BLK_READ,    /**< Read offset, len into iov. */
	FOO_BLK_WRITE,   /**< Write iov to offset, len. */
	FOO_BLK_FLUSH,   /**< Make durable every write that has ended before. */
	FOO_BLK_DISCARD, /**< What offset, len holds is not needed any more. */
	FOO_BLK_ZEROES,  /**< offset, len reads as zeroes from now on. */
	FOO_BLK_ERASE,   /**< offset, len is erased so that nobody can read it again. */
	FOO_BLK_OP_MAX,  /**< Number of operations. */
};

/**
 * A request to an engine: right in itself (within the disk, whole blocks, allowed). Belongs to the
 * engine from submit to foo_blk_done().
 */
struct foo_blk_io {
	uint8_t op;              /**< enum foo_blk_op. */
	bool unmap;              /**< ZEROES: the range may be deallocated. */
	bool fua;                /**< WRITE: durable when it ends. */
	uint16_t niov;           /**< READ, WRITE: entries of iov, at least 1; others: 0. */
	struct iovec *iov;       /**< Guest memory. What the engine changes in it, it has changed
				  * back when the request ends. */
	uint64_t offset;         /**< Bytes from the start of the disk; FLUSH: 0. */
	uint64_t len;            /**< Bytes; of READ and WRITE the sum of iov. 0 only for FLUSH. */
	struct foo_blk_io *next; /**< The engine's, to queue requests. */
	union {
		uint64_t u64[3]; /**< The engine's. */
		void *ptr[3];    /**< The engine's. */
	} state;                 /**< The engine's own while it has the request. */
};

/** What a medium is and can do; filled in by open, read by anyone. */
struct foo_blk_cap {
	uint32_t block_size;         /**< Smallest unit that the engine reads and writes, bytes: 512
				    * or 4096. In: what block-size= says, or 0. */
	uint32_t physical_block;     /**< Bytes that the medium writes at once, or 0: block_size. */
	uint32_t optimal_io;         /**< Bytes of requests that it likes best, or 0: no opinion. */
	bool read_only;              /**< Nothing may change. In: what ro= says. */
	bool flush;                  /**< There is a cache to flush; else all writes are durable. */
	bool discard;                /**< FOO_BLK_DISCARD. */
	bool zeroes;                 /**< FOO_BLK_ZEROES. */
	bool zeroes_unmap;           /**< ZEROES with unmap does deallocate. */
	bool erase;                  /**< FOO_BLK_ERASE. */
	uint64_t zone_size;          /**< Bytes of a zone of a host-managed zoned disk, which needs
				    * zeroes and has a size that does not change; 0: it is not
				    * zoned. */
	uint32_t conventional_zones; /**< So many zones from the first one on are not sequential. */
	uint32_t discard_align;  /**< Bytes of alignment of discards that have an effect, or 0. */
	unsigned int max_queues; /**< Queues that may be open at once, or 0: any number. */
};

struct foo_blk;
struct foo_blk_queue;
struct blk_qos;
struct blk_queue;
struct blk_zones;

/** An engine. Optional functions may be NULL. */
struct foo_blk_engine {
	/** Control: open the medium; properties are set. Fills dev->cap, and tells the size by
	 * foo_blk_set_size(). 0, or -errno with err and everything undone. */
	int (*open)(struct foo_blk *dev, struct foo_error *err);
	/** Control: all queues are closed. Optional. */
	void (*close)(struct foo_blk *dev);
	/** Control: the queue is about to be polled by lcore bq->q->lcore. May set bq->engine.
	 * Optional. 0 or -errno. */
	int (*queue_open)(struct foo_blk_queue *bq);
	/** Control: polled by no lcore any more, nothing in flight. Optional. */
	void (*queue_close)(struct foo_blk_queue *bq);
	/** Lcore: take a request, always; where there is no room it waits in a list of the engine's
	 * (foo_blk_io::next). */
	void (*submit)(struct foo_blk_queue *bq, struct foo_blk_io *io);
	/** Lcore: a burst of submits is over. Optional. */
	void (*commit)(struct foo_blk_queue *bq);
	/** Lcore: go on with what was submitted, a bounded piece of work; end what is ready.
	 * Called only while something is in flight. Optional, if submit ends everything. */
	void (*poll)(struct foo_blk_queue *bq);
	/** Control: a new size was asked for (0: find out what the medium has now), by the class'
	 * property `size`: see struct foo_blk. Queues may be running. foo_blk_set_size() says what
	 * came of it. Optional: refused. 0 or -errno. */
	int (*resize)(struct foo_blk *dev, uint64_t size, struct foo_error *err);
	/** Any thread: hand counters of the engine's to emit. Optional. */
	void (*counters)(const struct foo_blk_queue *bq, foo_counter_fn emit, void *ctx);
};

/**
 * Instance of class `blk`: a disk.
 *
 * A concrete class whose disks can change their size at run time has a property `size` of type SIZE
 * with `.runtime = true`. Setting it calls foo_blk_engine::resize() with the new value, and what
 * that refuses leaves the old one. Where the medium decides, let it be 0 by default, "what the
 * medium has": setting it to 0 asks the medium again.
 *
 *     FOO_PROP_SIZE("size", struct my_dev, size, "0", 0, UINT64_C(1) << 60,
 *                   "bytes of the disk; 0: what the medium has", .runtime = true)
 */
struct foo_blk {
	struct foo_device dev;               /**< What all devices share; first. */
	const struct foo_blk_engine *engine; /**< Set by the concrete class' instance_init. */
	void *priv;                          /**< The engine's. */

	/* properties */
	uint32_t queues;      /**< queues= */
	uint32_t depth;       /**< depth=: requests of a queue that may be in flight. */
	char *serial;         /**< serial= */
	bool read_only;       /**< ro= */
	uint32_t block_shift; /**< block-size= as an index: see blk_props. */
	uint32_t seg_max;     /**< seg-max= */
	bool write_cache;     /**< write-cache=: initial state of the cache, on: writeback. */

	/* properties that change at run time; lcores read what blk_qos.c and lib/foo_ops make of
	 * them */
	uint32_t iops_limit;     /**< iops-limit=: requests a second, 0: any number. */
	uint32_t iops_burst;     /**< iops-burst=: requests at once after a pause, 0: of 25 ms. */
	uint64_t bytes_limit;    /**< bytes-limit=: bytes read and written a second, 0: any. */
	uint64_t bytes_burst;    /**< bytes-burst=: bytes at once after a pause, 0: of 25 ms. */
	uint32_t coalesce_count; /**< coalesce-count=: as foo_coalesce_set(). */
	uint32_t coalesce_us;    /**< coalesce-us=: as foo_coalesce_set(). */

	/* state */
	struct foo_blk_cap cap; /**< The medium's. */
	uint64_t sectors;       /**< Capacity; stored by control, read relaxed by anyone. */
	bool wce;               /**< Cache mode as the config space shows it, 1: writeback.
				    * Control. */
	bool writeback;         /**< Writes may wait in a cache: wce, and the guest can flush.
				    * Stored by control, read relaxed by anyone. */
	bool limited;           /**< There is a limit; stored by control, read relaxed by lcores. */
	struct foo_coalesce coalesce; /**< How calls are held back. */
	struct blk_qos *qos;          /**< The limits, from realize on. */
	struct blk_zones *zones;      /**< The zones, or NULL. */
	struct blk_queue *queue;      /**< Queues, by index, from realize on. */
};

/** A queue of a disk. */
struct foo_blk_queue {
	struct foo_queue *q;              /**< The virtqueue. */
	struct foo_blk *dev;              /**< Its disk. */
	void *engine;                     /**< The engine's state of this queue. */
	uint32_t inflight;                /**< Requests that the engine has. Lcore. */
	struct foo_blk_queue_stats stats; /**< Counters; written by the lcore, read by anyone. */
};

/** The disk that a device of class `blk` is. */
static inline struct foo_blk *
foo_blk(struct foo_device *dev)
{
	return (struct foo_blk *)dev;
}

/** A request has ended: result is 0 or -errno. -EOPNOTSUPP of a discard, write-zeroes or erase is
 * UNSUPP to the guest (5.2.6), whose driver then does without; all else is IOERR. On the lcore of
 * the queue, from submit, commit or poll; io may be given to submit again at once. */
void foo_blk_done(struct foo_blk_queue *bq, struct foo_blk_io *io, int result);

/** The disk has this size, cut to whole blocks; a connected guest is told. Control. */
void foo_blk_set_size(struct foo_blk *dev, uint64_t bytes);

/** The disk's size in bytes. Any thread. */
static inline uint64_t
foo_blk_size(const struct foo_blk *dev)
{
	return __atomic_load_n(&dev->sectors, __ATOMIC_RELAXED) * FOO_BLK_SECTOR;
}

#endif /* FOO_BLK_H */
