/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BLK_OPTS_H
#define BLK_OPTS_H

/**
 * @file
 * The command line of `blk`.
 */

#include "bench_opts.h"

/** Most values of --bs and of --depth. */
#define BLK_MAX_LIST 16

/** Most requests in flight a queue. */
#define BLK_MAX_DEPTH 1024

/** Largest request. */
#define BLK_MAX_BS (4u << 20)

/** Most buffers that the data of a request is cut into. */
#define BLK_MAX_SEGMENTS 32

/** What is asked of the disk. */
enum blk_rw {
	BLK_RW_READ,      /**< Reads, one behind the other. */
	BLK_RW_WRITE,     /**< Writes, one behind the other. */
	BLK_RW_RANDREAD,  /**< Reads anywhere. */
	BLK_RW_RANDWRITE, /**< Writes anywhere. */
	BLK_RW_RW,        /**< Both, one behind the other. */
	BLK_RW_RANDRW,    /**< Both, anywhere. */
};

/** Whom we ask. */
enum blk_mode {
	BLK_LOAD, /**< A back-end. */
	BLK_NULL, /**< A thread that answers at once: our own limit. */
};

/** Values of a sweep. */
struct blk_list {
	unsigned int value[BLK_MAX_LIST]; /**< Values. */
	unsigned int n;                   /**< How many. */
};

/** The options of `blk` beside the common ones. */
struct blk_opts {
	unsigned int mode;         /**< enum blk_mode. */
	unsigned int rw;           /**< enum blk_rw. */
	unsigned int mix;          /**< Percent of reads, of rw and randrw. */
	struct blk_list bs;        /**< Bytes of a request. */
	struct blk_list depth;     /**< Requests in flight a queue. */
	unsigned int segments;     /**< Buffers that the data is cut into. */
	double range;              /**< First bytes of the disk that are used; 0: all. */
	unsigned int flush_every;  /**< A flush after so many writes of a queue; 0: none. */
	unsigned int discard;      /**< Percent of all requests. */
	unsigned int write_zeroes; /**< Percent of all requests. */
	bool verify;               /**< Check what is read. */
	bool reconnect;            /**< Go on when the back-end has been restarted. */
	unsigned int seed;         /**< Of what is asked for, and written. */
};

/** Everything that is configured. */
struct blk_config {
	struct bench_opts o; /**< Common options. */
	struct blk_opts b;   /**< Ours. */
};

/** A point of a sweep. */
struct blk_point {
	uint32_t bs;         /**< Bytes of a request. */
	uint32_t depth;      /**< Requests in flight a queue. */
	uint32_t queue_size; /**< Descriptors of a queue. */
	unsigned int nth;    /**< Number of the point. */
};

/** Defaults, then the command line. @return BENCH_OPTS_RUN or an exit status */
int blk_opts_parse(struct blk_config *cfg, int argc, char **argv);

/** What blk is called in messages. */
extern const struct bench_opts_verb blk_verb;

/** Number of points. */
unsigned int blk_opts_points(const struct blk_config *cfg);

/** A point: for each size of requests all depths. */
struct blk_point blk_opts_point(const struct blk_config *cfg, unsigned int nth);

/** Whether anything is written, cleared or discarded. */
bool blk_opts_writes(const struct blk_opts *b);

/** Whether requests follow each other on the disk. */
bool blk_opts_sequential(const struct blk_opts *b);

/** Percent of reads among reads and writes. */
unsigned int blk_opts_reads(const struct blk_opts *b);

#endif /* BLK_OPTS_H */
