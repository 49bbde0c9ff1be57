/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BLK_PATTERN_H
#define BLK_PATTERN_H

/**
 * @file
 * What is written to a disk, so that a read tells what it is: every sector of 512 bytes by itself
 * says where it belongs, who wrote it and when, and has no byte that could be otherwise.
 *
 * A sector is a header of five words (struct blk_stamp) and 59 words that follow from it. All words
 * are little-endian, so that disks may be moved between machines.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes of a sector (VIRTIO 1.2, 5.2.4: whatever the block size is). */
#define BLK_SECTOR 512u

/** First word of a sector that we wrote: "FOOBLK01". */
#define BLK_STAMP_MAGIC UINT64_C(0x31304b4c424f4f46)

/** Header of a sector. */
struct blk_stamp {
	uint64_t magic;      /**< BLK_STAMP_MAGIC. */
	uint64_t sector;     /**< Number of the sector. */
	uint64_t generation; /**< Number of the write, rising within a run. */
	uint64_t writer;     /**< Run and guest that wrote it: blk_writer(). */
	uint64_t checksum;   /**< Of the other four; the rest of the sector follows from it. */
};

/** What a sector may hold. */
enum blk_content {
	BLK_CONTENT_UNKNOWN, /**< Never written here: anything; a stamp must be right. */
	BLK_CONTENT_WRITTEN, /**< Exactly what was written. */
	BLK_CONTENT_ZERO,    /**< Zeros. */
	BLK_CONTENT_ANY,     /**< Anything: discarded, or a write failed. */
};

/** What a check found. */
enum blk_verdict {
	BLK_OK,        /**< As it must be. */
	BLK_CORRUPTED, /**< Neither ours nor what is expected, or ours with wrong bytes. */
	BLK_STALE,     /**< Intact, from an earlier write: one was lost. */
	BLK_FUTURE,    /**< Intact, from a later write than the last acknowledged. */
	BLK_MISPLACED, /**< Intact, but of another sector. */
	BLK_FOREIGN,   /**< Intact, but of another run or guest. */
	BLK_EMPTY,     /**< Zeros instead of what was written. */
};

/** What went wrong. */
struct blk_difference {
	enum blk_verdict verdict; /**< What. */
	uint64_t sector;          /**< Sector that is wrong. */
	uint32_t offset;          /**< First wrong byte in it. */
	uint8_t expected;         /**< That byte as it should be. */
	uint8_t found;            /**< As it is. */
	uint64_t generation;      /**< Generation expected. */
	struct blk_stamp stamp;   /**< What the sector's header says. */
};

/** Name of a writer. @param seed of the run @param guest number of the guest */
uint64_t blk_writer(uint64_t seed, unsigned int guest);

/**
 * Fill sectors.
 *
 * @param data aligned to 8 bytes
 * @param bytes a multiple of BLK_SECTOR
 * @param sector number of the first one
 */
void blk_pattern_write(void *data, uint32_t bytes, uint64_t sector, uint64_t generation,
		       uint64_t writer);

/**
 * Check sectors.
 *
 * @param content what they may hold
 * @param generation, writer of BLK_CONTENT_WRITTEN
 * @param d set if the verdict is not BLK_OK
 * @return the first thing that is wrong
 */
enum blk_verdict
blk_pattern_check(const void *data, uint32_t bytes, uint64_t sector, enum blk_content content,
		  uint64_t generation, uint64_t writer, struct blk_difference *d);

/** A difference in words: "sector 8 has what was written to sector 9". */
void blk_pattern_describe(const struct blk_difference *d, char *text, size_t size);

#endif /* BLK_PATTERN_H */
