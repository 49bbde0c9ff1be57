/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BLK_SLOW_H
#define BLK_SLOW_H

/*
 * The class `blk_slow`: a disk whose engine takes its time, as those do that wait for a kernel or a
 * network. A test says when requests end, how many, in which order and with what.
 */

#include <foo_blk.h>

/* What the engine does, and what it has seen. Zeroed by the test before it makes a disk. */
extern struct blk_slow {
	struct foo_blk_cap cap; /* what it can do; block_size and read_only as the user says */
	uint64_t size;          /* bytes of the disk */
	int open;               /* what open returns */
	unsigned int per_poll;  /* requests that one poll ends */
	bool reverse;           /* the last one first */
	int result;             /* of those that end */
	unsigned int fail_at;   /* of the request that is submitted as number so and so, from 1 */
	unsigned int submitted; /* requests that came */
	unsigned int held;      /* requests that have not ended */
	unsigned int most;      /* of them at once */
	unsigned int commits;   /* bursts */
	int queues;             /* queues open now */
	struct foo_blk_io last; /* the last that came, as it came */
} blk_slow;

#endif /* BLK_SLOW_H */
