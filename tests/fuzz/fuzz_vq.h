/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FUZZ_VQ_H
#define FUZZ_VQ_H

/**
 * @file
 * What the parts of the virtqueue fuzz target share; fuzz_vq.c tells how it works.
 */

#include <stdio.h>
#include <stdlib.h>

#include <foo_chain.h>
#include <foo_vq.h>

/** Promises are checked with sanitizers or without. */
#define CHECK(cond)                                                                                \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, #cond); \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

#define NUM_OPS 40
#define NUM_AREAS 3   /* of a queue: Descriptor, Driver, Device Area */
#define NUM_REGIONS 8 /* those of two queues, and two for data */
#define MAX_HELD 256
#define GAP 0x1000

/** Bits of input_header::flags. */
enum {
	FLAG_EVENT_IDX = 1 << 0,
	FLAG_INDIRECT = 1 << 1,
	FLAG_IN_ORDER = 1 << 2,
	FLAG_LOG = 1 << 3,
	FLAG_GAP = 1 << 4,
	FLAG_NO_CALLFD = 1 << 5,
	FLAG_READ_ONLY = 1 << 6, /* first queue: foo_vq_set_table_read_only() */
	FLAG_OWN_USED = 1 << 7,  /* input_header::used_base counts */
};

/** Bit of input_header::spare: both queues have a region of the in-flight table each, which begins
 * with the last bytes of the input. */
#define SPARE_TRACKED 0x8000

/** The first bytes of an input, little-endian. make_corpus.py writes the same. */
struct input_header {
	uint8_t size;        /* queue size: 2^(n % 9) if split, n + 1 if packed */
	uint8_t flags;       /* FLAG_* */
	uint16_t avail_base; /* where both queues start */
	uint16_t used_base;  /* with FLAG_OWN_USED; otherwise as avail_base */
	uint16_t spare;      /* moves avail_base of the second queue; SPARE_TRACKED */
	uint8_t op[NUM_OPS]; /* bits 0-3: what, bit 4: which queue, bits 5-7: how much */
};

/** A chain popped and not pushed. */
struct held {
	struct foo_chain chain;
	struct foo_seg *saved; /* its pieces, once another pop may overwrite them */
	unsigned int seq;      /* count of pops before it */
};

struct fuzz_queue {
	struct foo_vq vq;
	struct foo_vq_config cfg;
	bool read_only;             /* set again after each start */
	void *region;               /* of the in-flight table, or NULL */
	struct held held[MAX_HELD]; /* in the order of their pop */
	unsigned int nheld;
	unsigned int popped; /* seq of the next chain */
};

struct fuzz {
	const struct input_header *in;
	const uint8_t *bytes; /* the memory as the input has it */
	uint64_t nbytes;
	struct foo_mem mem;
	uint64_t offset[NUM_REGIONS]; /* of each region in bytes */
	uint8_t *shadow[NUM_REGIONS]; /* what each region would hold if the device wrote nothing */
	uint8_t *log;
	struct fuzz_queue queue[2];
};

/** Carry out one operation of the header on an input. */
void fuzz_run_op(struct fuzz *f, uint8_t op);

/** Take a queue into service as configured. */
bool fuzz_start(struct fuzz_queue *q);

/** Forget all chains held. */
void fuzz_drop_all(struct fuzz_queue *q);

#endif /* FUZZ_VQ_H */
