/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef CONFORM_BLK_H
#define CONFORM_BLK_H

/**
 * @file
 * What the cases of virtio-blk share.
 */

#include "conform_ctx.h"

/** Bytes of a sector. */
#define SECTOR 512u

/** Request types of VIRTIO 1.2, 5.2.6. */
enum blk_type {
	T_IN = 0,            /**< Read. */
	T_OUT = 1,           /**< Write. */
	T_FLUSH = 4,         /**< Make what was written durable. */
	T_GET_ID = 8,        /**< The disk's name. */
	T_DISCARD = 11,      /**< Ranges are not needed any more. */
	T_WRITE_ZEROES = 13, /**< Ranges read as zeroes. */
	T_SECURE_ERASE = 14, /**< Ranges are gone for good. */
	T_UNKNOWN = 0x7ffe,  /**< No such type. */
};

/** @name Columns of the tables of cases @{ */
/** Device and formats. */
#define BLK CONFORM_BLK, CONFORM_EITHER
/** The request is refused. */
#define REFUSE CONFORM_SET(REFUSED), BLK
/** The specification says that it must work. */
#define VALID CONFORM_SPEC, CONFORM_SET(PASS), BLK
/** Either will do. */
#define LENIENT CONFORM_OURS, CONFORM_SET(REFUSED) | CONFORM_SET(PASS), BLK
/** The disk can be written. */
#define RW CONFORM_NEED_RW
/** @} */

/** One range of a discard, write zeroes or secure erase (5.2.6). */
struct conform_blk_range {
	uint64_t sector; /**< First one. */
	uint32_t num;    /**< Sectors. */
	uint32_t flags;  /**< 1: unmap. */
};

/** Send a request of this type with len bytes of ranges, and observe. */
enum conform_reaction conform_blk_send_ranges(struct conform_ctx *ctx, uint32_t type,
					      const struct conform_blk_range *range, uint32_t len);

/** The status that a request ended with, reaction r, must be this one. */
static inline enum conform_reaction
conform_blk_expect(struct conform_ctx *ctx, enum conform_reaction r, uint8_t status)
{
	if (r != CONFORM_REFUSED && r != CONFORM_PASS)
		return r;
	if (conform_blk_status(ctx->g, ctx->bad_token) == status)
		return r;
	conform_note(ctx, "status %u, should be %u", conform_blk_status(ctx->g, ctx->bad_token),
		     status);
	return CONFORM_UNEXPECTED;
}

#endif /* CONFORM_BLK_H */
