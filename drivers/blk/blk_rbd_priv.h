/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BLK_RBD_PRIV_H
#define BLK_RBD_PRIV_H

/*
 * What the files of class `blk_rbd` share: blk_rbd.c is the class, blk_rbd_io.c is what lcores do,
 * and the callback of librbd's threads.
 *
 * librbd never gets to see the guest's memory: what it works on are buffers of ours, which stay
 * where they are for as long as it has them. So a queue can be stopped whatever the cluster does.
 */

#include <rbd/librbd.h>

#include "foo_blk_io.h"

/** Commands of a queue that librbd may have at a time. */
#define BLK_RBD_CMDS 64

/** Bytes of data of a command. */
#define BLK_RBD_DATA (128u << 10)

struct blk_rbd_queue;

/** State of a command. */
enum blk_rbd_state {
	BLK_RBD_BUSY,      /**< librbd has it. */
	BLK_RBD_ABANDONED, /**< librbd has it, and nobody waits for it. */
	BLK_RBD_ENDED,     /**< librbd is done with it. */
};

/** A command that librbd has, with its data. */
struct blk_rbd_cmd {
	struct blk_rbd_queue *q;  /**< Its queue. */
	struct blk_rbd_cmd *next; /**< In a list of its queue. */
	struct foo_blk_io *io;    /**< The request that it is a part of; NULL: given up. Lcore. */
	uint8_t *data;            /**< BLK_RBD_DATA bytes. */
	uint32_t len;             /**< Bytes of data that are read or written. */
	struct foo_blk_place at;  /**< Where in the request they begin. */
	uint32_t state;           /**< enum blk_rbd_state. Atomic. */
	int64_t result;           /**< Of the ended command: negative errno, or not. */
};

/** Counters of a queue; written by its lcore only, read by anyone. */
struct blk_rbd_stats {
	uint64_t commands;  /**< Handed to librbd. */
	uint64_t errors;    /**< That failed. */
	uint64_t abandoned; /**< That librbd still had when their queue was stopped. */
};

/** A queue. Lives as long as the image is open, whichever lcore polls it. */
struct blk_rbd_queue {
	struct foo_blk_queue *bq;   /**< The class' side of it, while open. */
	struct blk_rbd *dev;        /**< Its disk. */
	struct blk_rbd_cmd *cmd;    /**< All commands. */
	uint8_t *data;              /**< All their data. */
	struct blk_rbd_cmd *free;   /**< Commands not in use. Lcore. */
	uint32_t busy;              /**< Commands that librbd has. Lcore. */
	struct foo_blk_list wait;   /**< Requests not, or not wholly, handed over. Lcore. */
	uint64_t stop_since;        /**< TSC when it was first seen stopping, or 0. Lcore. */
	struct blk_rbd_stats stats; /**< Counters. */

	/** Stack of commands that have ended; librbd's threads push, the lcore takes all. */
	struct blk_rbd_cmd *ended __rte_cache_aligned;
} __rte_cache_aligned;

/** A connection to a cluster, with an image. Left alone for good where librbd does not end. */
struct blk_rbd_image {
	rados_t cluster;    /**< The cluster. */
	rados_ioctx_t pool; /**< The pool; NULL: not opened. */
	rbd_image_t image;  /**< The image; NULL: not opened. */
};

/** Instance of class `blk_rbd`. */
struct blk_rbd {
	struct foo_blk blk; /**< The disk; first. */

	/* properties */
	char *pool;  /**< pool= */
	char *image; /**< image= */
	char *conf;  /**< conf=, or NULL: where Ceph looks by itself. */
	char *user;  /**< user=, without "client.". */

	/* state */
	struct blk_rbd_image *open; /**< What is open. */
	uint32_t abandoned; /**< Commands that librbd has and nobody waits for: no others are
	 * begun meanwhile, which they could overwrite. Atomic. */
	struct blk_rbd_queue *queue; /**< By index, foo_blk::queues of them. */
};

/* --- blk_rbd_io.c --- */

/** Implements foo_blk_engine::submit. */
void blk_rbd_submit(struct foo_blk_queue *bq, struct foo_blk_io *io);

/** Implements foo_blk_engine::commit. */
void blk_rbd_commit(struct foo_blk_queue *bq);

/** Implements foo_blk_engine::poll. */
void blk_rbd_poll(struct foo_blk_queue *bq);

/** Take back the commands of a closed queue that have ended. Control, in the lcore's place. */
void blk_rbd_reap(struct blk_rbd_queue *q);

#endif /* BLK_RBD_PRIV_H */
