/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BENCH_FAULTY_H
#define BENCH_FAULTY_H

/**
 * @file
 * A vhost-user back-end that does one thing wrong, on purpose: what dpdk-foo-bench must catch.
 *
 * It runs in a thread of this process, listens at a socket and serves one front-end after the
 * other. As a network card it sends back what it gets, from each transmit queue to the receive
 * queue of the same pair; as a disk it keeps its content in memory. It drops nothing by itself: a
 * packet waits until the guest gives it a buffer. Split and packed rings, by lib/foo_vq; no EAL.
 *
 * Slow but for tests: it sleeps between kicks and copies everything twice.
 */

#include <stdint.h>

/** What it plays. */
enum bench_faulty_device {
	BENCH_FAULTY_NET = 1 << 0, /**< Network card, loop. */
	BENCH_FAULTY_BLK = 1 << 1, /**< Disk in memory. */
};

/**
 * The faults: X(symbol, name, devices, what it does wrong).
 *
 * "Every n-th" counts what the fault could happen to.
 */
#define BENCH_FAULTY_LIST(X)                                                                       \
	X(NONE, none, BENCH_FAULTY_NET | BENCH_FAULTY_BLK, "nothing is wrong")                     \
	X(DROP, drop, BENCH_FAULTY_NET | BENCH_FAULTY_BLK,                                         \
	  "a packet is thrown away, a request never completed")                                    \
	X(DUPLICATE, duplicate, BENCH_FAULTY_NET, "a packet is delivered twice")                   \
	X(REORDER, reorder, BENCH_FAULTY_NET, "a packet is delivered behind the next one")         \
	X(CORRUPT, corrupt, BENCH_FAULTY_NET | BENCH_FAULTY_BLK,                                   \
	  "one bit in the middle of a packet, or of the data of a read, is wrong")                 \
	X(TRUNCATE, truncate, BENCH_FAULTY_NET, "the last byte of a packet is missing")            \
	X(USED_LENGTH, used_length, BENCH_FAULTY_NET | BENCH_FAULTY_BLK,                           \
	  "the used length is one more than what was written")                                     \
	X(NO_STATUS, no_status, BENCH_FAULTY_BLK, "the status byte is not written")                \
	X(BAD_STATUS, bad_status, BENCH_FAULTY_BLK, "the status byte is one that has no meaning")  \
	X(ERROR_STATUS, error_status, BENCH_FAULTY_BLK,                                            \
	  "a request that was carried out is answered with IOERR")                                 \
	X(LOST_WRITE, lost_write, BENCH_FAULTY_BLK, "a write is not carried out, but answered OK") \
	X(NO_CALL, no_call, BENCH_FAULTY_NET | BENCH_FAULTY_BLK,                                   \
	  "an interrupt that the guest wants is not sent")                                         \
	X(USED_TWICE, used_twice, BENCH_FAULTY_NET | BENCH_FAULTY_BLK,                             \
	  "a chain is put on the used ring twice")

/** The faults by number. */
enum bench_faulty_fault {
#define BENCH_FAULTY_ENUM(sym, name, devices, text) BENCH_FAULTY_##sym,
	BENCH_FAULTY_LIST(BENCH_FAULTY_ENUM)
#undef BENCH_FAULTY_ENUM
	BENCH_FAULTY_MAX, /**< Number of faults. */
};

/** A fault in words. */
struct bench_faulty_info {
	const char *name;     /**< As on the command line. */
	unsigned int devices; /**< Devices that can have it: enum bench_faulty_device, or'ed. */
	const char *text;     /**< What is wrong. */
};

/** All of them, by enum bench_faulty_fault. */
extern const struct bench_faulty_info bench_faulty_info[BENCH_FAULTY_MAX];

/** What to play. */
struct bench_faulty_config {
	const char *path;                /**< Socket; a file that is there is replaced. */
	enum bench_faulty_device device; /**< Net or blk. */
	enum bench_faulty_fault fault;   /**< What to do wrong. */
	unsigned int every;              /**< Each how-many-th time; 0 is 1. */
	uint64_t features;               /**< Features not to offer. */
};

/** A back-end that runs. */
struct bench_faulty;

/** Bytes of the disk. */
#define BENCH_FAULTY_DISK (UINT64_C(16) << 20)

/** Queue pairs of the network card, and queues of the disk. */
#define BENCH_FAULTY_QUEUES 4u

/**
 * Start a back-end; when this returns, it listens.
 *
 * @param f set to it
 * @return 0; -EINVAL if the device cannot have this fault; -errno of the socket or the thread
 */
int bench_faulty_start(struct bench_faulty **f, const struct bench_faulty_config *cfg);

/** Stop and free it, remove its socket. @return how many faults it had planted */
uint64_t bench_faulty_stop(struct bench_faulty *f);

/** How many faults it has planted so far. */
uint64_t bench_faulty_planted(const struct bench_faulty *f);

#endif /* BENCH_FAULTY_H */
