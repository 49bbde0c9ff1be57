/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BLK_NBD_PRIV_H
#define BLK_NBD_PRIV_H

/*
 * What the files of class `blk_nbd` share. blk_nbd.c is the class, blk_nbd_conn.c makes and closes
 * connections (never on an lcore), blk_nbd_io.c is what lcores do.
 *
 * A queue has a connection of its own, which belongs to its lcore. The helper thread watches it
 * from outside; when it breaks, the helper makes another and hands that over by
 * blk_nbd_queue::fresh, and the lcore hands back what is of no use any more by blk_nbd::dead.
 */

#include <pthread.h>

#include <libnbd.h>

#include "foo_blk_io.h"

/** Commands of a queue that the server may have at a time. */
#define BLK_NBD_CMDS 128

/** Bounce buffers of a queue. */
#define BLK_NBD_BOUNCES 8

/** Bytes of a bounce buffer. */
#define BLK_NBD_BOUNCE_SIZE (128u << 10)

struct blk_nbd_queue;

/** What the server says of its export. */
struct blk_nbd_facts {
	uint64_t size;      /**< Bytes. */
	uint32_t minimum;   /**< Smallest block, bytes; 512 if it does not say or is smaller. */
	uint32_t preferred; /**< Bytes of requests that it likes, or 0. */
	uint32_t maximum;   /**< Largest read or write, bytes. */
	bool read_only;     /**< It takes no writes. */
	bool flush;         /**< NBD_CMD_FLUSH. */
	bool fua;           /**< NBD_CMD_FLAG_FUA. */
	bool trim;          /**< NBD_CMD_TRIM. */
	bool zero;          /**< NBD_CMD_WRITE_ZEROES. */
	bool multi_conn;    /**< A flush is good for the writes of all connections. */
};

/** A connection. Belongs to who holds it; the helper thread makes and closes it. */
struct blk_nbd_conn {
	struct nbd_handle *h;       /**< libnbd's. */
	int fd;                     /**< Duplicate of its socket: stays valid when it breaks. */
	uint32_t epoch;             /**< blk_nbd::epoch when it was made. */
	struct blk_nbd_queue *q;    /**< The queue that it was made for. */
	struct blk_nbd_conn *next;  /**< In blk_nbd::dead. */
	bool drain;                 /**< Given up while the server had commands. */
	struct blk_nbd_facts facts; /**< As negotiated. */
};

/** A command that the server has. */
struct blk_nbd_cmd {
	struct blk_nbd_queue *q;  /**< Its queue. */
	struct blk_nbd_cmd *next; /**< In a list of its queue. */
	struct foo_blk_io *io;    /**< The request that it is a part of. */
	uint8_t *bounce;          /**< Bounce buffer, or NULL: it works on the guest's memory. */
	uint32_t len;             /**< Bytes, where it moves data. */
	struct foo_blk_place at;  /**< Where its data begins. */
	bool busy;                /**< The server has it. */
	int error;                /**< Of the ended command: errno, 0 for none. */
};

/** Counters of a queue; written by its lcore only, read by anyone. */
struct blk_nbd_stats {
	uint64_t commands;      /**< Sent. */
	uint64_t server_errors; /**< Commands that the server failed. */
	uint64_t bounced;       /**< Commands by way of a bounce buffer. */
	uint64_t connections;   /**< Connections taken into use. */
	uint64_t repeated;      /**< Requests sent again on another connection. */
	uint64_t lost;          /**< Requests failed for want of a connection. */
	uint64_t lost_flushes;  /**< Flushes failed as writes before them may be lost. */
	uint64_t issued;        /**< Writes taken that the server may cache. */
	uint64_t ended;         /**< Of those, ended. */
};

/** A queue. Lives as long as the medium is open, whichever lcore polls it. */
struct blk_nbd_queue {
	struct blk_nbd *dev;       /**< Its disk. */
	struct foo_blk_queue *bq;  /**< The class' side of it, while open. */
	struct blk_nbd_conn *conn; /**< Connection in use, or NULL. Lcore. */
	struct blk_nbd_cmd *cmd;   /**< All commands. */
	struct blk_nbd_cmd *free;  /**< Those not in use. Lcore. */
	struct blk_nbd_cmd *ended; /**< Those that have ended and were not looked at. Lcore. */
	uint32_t busy;             /**< Commands that the server has. Lcore. */
	uint32_t nbounce;          /**< Entries of bounce. Lcore. */
	uint8_t *bounce[BLK_NBD_BOUNCES]; /**< Free bounce buffers. Lcore. */
	uint8_t *bounce_mem;              /**< All of them. */
	struct foo_blk_list wait;         /**< Requests not, or not wholly, sent. Lcore. */
	uint64_t down_since;              /**< TSC when conn was lost. Lcore. */
	uint64_t stop_since;              /**< TSC when it was first seen stopping, or 0. Lcore. */
	bool shut;                        /**< The server says that it is about to go. Lcore. */
	struct blk_nbd_stats stats;       /**< Counters. */

	struct blk_nbd_conn *fresh;   /**< A connection for the lcore to take. Atomic. */
	struct blk_nbd_conn *current; /**< Newest one, as far as is known alive. Under
				       * blk_nbd::lock. */
} __rte_cache_aligned;

/** Instance of class `blk_nbd`. */
struct blk_nbd {
	struct foo_blk blk; /**< The disk; first. */

	/* properties */
	char *uri;          /**< uri= */
	uint32_t reconnect; /**< reconnect=, seconds. */

	/* state */
	struct blk_nbd_facts facts;  /**< As negotiated first; later connections must be able to do
				      * what it says. */
	struct blk_nbd_queue *queue; /**< By index, foo_blk::queues of them. */
	uint64_t wait_cycles;        /**< TSC cycles of reconnect. */
	uint64_t flushed;            /**< Ended writes that a flush has made durable. Atomic. */
	uint32_t suspect;            /**< Writes that were not flushed may be lost: the next flush
				      * must say so. Atomic. */
	struct blk_nbd_conn *dead;   /**< Stack of connections to be closed. Atomic. */
	pthread_mutex_t lock;        /**< Of blk_nbd_queue::current and epoch; never an lcore's. */
	uint32_t epoch;              /**< Counts losses of the server. */
	pthread_t helper;            /**< The helper thread. */
	int wakefd;                  /**< eventfd that wakes it. */
	bool quit;                   /**< The helper is to end. Atomic. */
};

/** Log type "foo.blk.nbd". */
extern int blk_nbd_logtype;

/** The disk's own members. */
static inline struct blk_nbd *
blk_nbd(struct foo_blk *dev)
{
	return (struct blk_nbd *)dev;
}

/* --- blk_nbd_conn.c --- */

/**
 * Make a connection for a queue; waits, but not long. Control or helper.
 *
 * @return it, or NULL with err
 */
struct blk_nbd_conn *blk_nbd_connect(struct blk_nbd_queue *q, struct foo_error *err);

/** Hand a connection to the lcore of its queue, in place of what it has. Control or helper. */
void blk_nbd_publish(struct blk_nbd_conn *c);

/** Hand a connection to the helper, to be closed. Any thread. */
void blk_nbd_discard(struct blk_nbd_conn *c);

/** Close a connection. Control or helper, never an lcore. */
void blk_nbd_close(struct blk_nbd_conn *c);

/** Start the helper thread. Control. 0 or -errno. */
int blk_nbd_helper_start(struct blk_nbd *n);

/** End the helper thread and close all connections. Control. */
void blk_nbd_helper_stop(struct blk_nbd *n);

/* --- blk_nbd_io.c --- */

/** Implements foo_blk_engine::submit. */
void blk_nbd_submit(struct foo_blk_queue *bq, struct foo_blk_io *io);

/** Implements foo_blk_engine::commit. */
void blk_nbd_commit(struct foo_blk_queue *bq);

/** Implements foo_blk_engine::poll. */
void blk_nbd_poll(struct foo_blk_queue *bq);

/** Writes that the server may cache, over all queues: taken, or of these ended. Any thread. */
uint64_t blk_nbd_writes(const struct blk_nbd *n, bool ended);

#endif /* BLK_NBD_PRIV_H */
