/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef VQ_FIXTURE_H
#define VQ_FIXTURE_H

/**
 * @file
 * One guest and one device queue, back to back, for the tests of lib/foo_vq.
 *
 * The guest's memory comes from the heap in exact sizes, and each ring area is a region of its
 * own: AddressSanitizer sees the first byte that is touched beyond any of them.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <foo_chain.h>
#include <foo_guest_mem.h>
#include <foo_guest_ring.h>
#include <foo_vq.h>

#define BIT64(n) (UINT64_C(1) << (n))

/* Where the fixture puts things, in guest physical addresses. */
#define VQT_DESC 0x10000000           /**< Descriptor Area. */
#define VQT_DRIVER 0x20000000         /**< Driver Area. */
#define VQT_DEVICE 0x30000000         /**< Device Area. */
#define VQT_TABLES 0x40000000         /**< Indirect tables, if any. */
#define VQT_A 0x100000                /**< Data, VQT_DATA_SIZE bytes. */
#define VQT_B (VQT_A + VQT_DATA_SIZE) /**< Data, adjacent to the end of A, mapped elsewhere. */
#define VQT_C 0x200000                /**< Data, a hole before and behind. */
#define VQT_DATA_SIZE 0x10000         /**< Bytes of each of the three. */
#define VQT_HOLE 0x900000             /**< Never mapped. */

/** Shorthands for descriptor flags. */
#define W VRING_DESC_F_WRITE
#define N VRING_DESC_F_NEXT
#define I VRING_DESC_F_INDIRECT

/** What a test wants. Zeroed members mean the default. */
struct vqt_config {
	bool packed;           /**< Ring format. */
	uint64_t features;     /**< Beside RING_PACKED, VERSION_1 and INDIRECT_DESC. */
	uint16_t size;         /**< Default 8. */
	uint16_t base;         /**< Index of both sides: as foo_guest_ring_config::base for split;
				* for packed a distance from the start of a new ring. */
	uint16_t indirect_max; /**< Entries of each indirect table; default 16. */
	bool no_indirect;      /**< INDIRECT_DESC not negotiated. */
	bool no_callfd;        /**< The guest gave no eventfd. */
};

/** The pair. */
struct vqt {
	struct foo_guest_mem guest;     /**< The guest's memory. */
	struct foo_guest_ring ring;     /**< Its side of the queue. */
	struct foo_mem mem;             /**< The same memory as the device sees it. */
	struct foo_vq vq;               /**< The device's side. */
	struct foo_vq_config vq_config; /**< What vq was made of. */
	int callfd;                     /**< The guest's eventfd. */
	uint64_t token;                 /**< Of the last chain added. */
	uint8_t *log;                   /**< Dirty log, if vqt_log_start() was called. */
	bool packed;                    /**< Ring format. */
};

/** Two entries of a cmocka table: the test in split and in packed format. */
#define VQT_BOTH(test)                                                                             \
	{#test " (split)", test, NULL, NULL, (void *)&vqt_split},                                  \
	{                                                                                          \
#test " (packed)", test, NULL, NULL, (void *)&vqt_packed                           \
	}

/** Initial states of VQT_BOTH. */
extern const bool vqt_split, vqt_packed;

/** The format that VQT_BOTH chose. */
static inline bool
vqt_is_packed(void **state)
{
	return *(const bool *)*state;
}

/** Set up guest and device; fails the test on error. */
void vqt_open(struct vqt *t, const struct vqt_config *cfg);

/** As vqt_open() with the format from cmocka's state and all defaults. */
void vqt_open_default(struct vqt *t, void **state);

/** Free everything. */
void vqt_close(struct vqt *t);

/** The driver resets the queue: both sides start again, faults are gone. */
void vqt_reset(struct vqt *t);

/** Add one chain; its token is ++t->token. Not published. */
void vqt_add(struct vqt *t, const struct foo_guest_buf *buf, uint16_t n, uint16_t direct);

/** Add one chain, all direct, and publish it. */
#define VQT_PUT(t, ...)                                                                            \
	do {                                                                                       \
		const struct foo_guest_buf buf_[] = {__VA_ARGS__};                                 \
		vqt_add((t), buf_, sizeof(buf_) / sizeof(buf_[0]), FOO_GUEST_DIRECT);              \
		foo_guest_ring_publish(&(t)->ring);                                                \
	} while (0)

/** Add one chain with that many direct buffers and the rest indirect, and publish it. */
#define VQT_PUT_MIXED(t, direct, ...)                                                              \
	do {                                                                                       \
		const struct foo_guest_buf buf_[] = {__VA_ARGS__};                                 \
		vqt_add((t), buf_, sizeof(buf_) / sizeof(buf_[0]), (direct));                      \
		foo_guest_ring_publish(&(t)->ring);                                                \
	} while (0)

/** Add and publish n chains of one small readable buffer each. */
void vqt_put_simple(struct vqt *t, unsigned int n);

/** The device pops exactly one chain, without fault. */
struct foo_chain vqt_pop_one(struct vqt *t);

/** The device completes a chain and flushes. */
void vqt_complete(struct vqt *t, const struct foo_chain *chain, uint32_t written);

/** The guest polls exactly one used chain: this token, this length. */
void vqt_expect_used(struct vqt *t, uint64_t token, uint32_t len);

/** The guest finds nothing used. */
void vqt_expect_idle(struct vqt *t);

/** The guest makes n chains available; the device pops them and pushes them back, without flush. */
void vqt_serve(struct vqt *t, unsigned int n);

/** The guest polls n used chains, and there are no more. */
void vqt_take(struct vqt *t, unsigned int n);

/**
 * The one available chain is refused with that fault: counted, without pieces, completed with
 * length 0, and the queue goes on to serve the next chain.
 */
void vqt_expect_refused(struct vqt *t, enum foo_fault fault);

/**
 * Pop finds that fault and the queue is broken: nothing is popped, counted, sticky, and works
 * again after a reset.
 */
void vqt_expect_broken(struct vqt *t, enum foo_fault fault);

/** One chain there and back shows that the queue works. */
void vqt_expect_working(struct vqt *t);

/** Where a guest address is mapped. */
void *vqt_va(struct vqt *t, uint64_t gpa, uint64_t len);

/** Write bytes 0, 1, 2, ... (plus seed, modulo 251) to guest memory. */
void vqt_pattern(struct vqt *t, uint64_t gpa, uint32_t len, uint32_t seed);

/** The byte that vqt_pattern() puts at offset i. */
static inline uint8_t
vqt_pattern_byte(uint32_t i, uint32_t seed)
{
	return (uint8_t)((i + seed) % 251);
}

#endif /* VQ_FIXTURE_H */
