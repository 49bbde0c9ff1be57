/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef NET_OPTS_H
#define NET_OPTS_H

/**
 * @file
 * The command line of `net`.
 */

#include "bench_opts.h"

/** Longest packet. */
#define NET_MAX_SIZE 65500u

/** Packets a second of `--mode latency` where --rate is not given. */
#define NET_LATENCY_RATE 10000

/** What is sent where. */
enum net_mode {
	NET_LOOP,    /**< Each guest sends, and gets back what it sent. */
	NET_PAIR,    /**< Guest 0 sends to guest 1, 2 to 3, and so on. */
	NET_LATENCY, /**< As NET_LOOP, at a rate that leaves the queues empty. */
	NET_NULL,    /**< No back-end: a thread that copies packets stands for one. */
};

/** What is written into packets, and checked when they arrive. */
enum net_check {
	NET_CHECK_NONE,  /**< Nothing; they are counted. */
	NET_CHECK_WRITE, /**< Our header is written, and nobody reads it: the lines of a receive
			  * buffer stay with the device, as under drivers that drop packets. */
	NET_CHECK_SEQ,   /**< Our header: stream, number, time, length, checksum. */
	NET_CHECK_FULL,  /**< Every byte. */
};

/** The options of `net` beside the common ones. */
struct net_opts {
	unsigned int mode;      /**< enum net_mode. */
	unsigned int check;     /**< enum net_check. */
	bool no_loss;           /**< A lost packet is trouble. */
	unsigned int rx_buffer; /**< Bytes of a receive buffer; 0: a whole packet's. */
	unsigned int window;    /**< Loop: most packets of a queue on their way; 0: no limit. */
	bool reconnect;         /**< Go on when the back-end has been restarted. */
};

/** Everything that is configured. */
struct net_config {
	struct bench_opts o; /**< Common options. */
	struct net_opts n;   /**< Ours. */
};

/** Defaults, then the command line. @return BENCH_OPTS_RUN or an exit status */
int net_opts_parse(struct net_config *cfg, int argc, char **argv);

/** What net is called in messages. */
extern const struct bench_opts_verb net_verb;

/** Bytes of the longest packet of a point. @param size its size; 0: IMIX */
uint32_t net_longest(uint32_t size);

/** Bytes of packet seq. @param size as above */
uint32_t net_size(uint32_t size, uint64_t seq);

#endif /* NET_OPTS_H */
