/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BENCH_PAYLOAD_H
#define BENCH_PAYLOAD_H

/**
 * @file
 * What a test packet holds, so that its receiver can tell what became of it.
 *
 * An Ethernet header, then, within the first 48 bytes, our own header: magic, stream, sequence
 * number, the time at which it was due, length and a checksum of all that. The Ethernet addresses
 * are not covered: a back-end may exchange them. The rest of the packet is left alone
 * (BENCH_PAYLOAD_SEQ) or holds a pattern that follows from stream and sequence number
 * (BENCH_PAYLOAD_FULL), so that a byte that is wrong, missing or from another packet is found.
 *
 * The pattern can also be used alone, for blocks of a disk and for packets that lie in pieces.
 *
 * No state: any thread may call anything here.
 */

#include <stdbool.h>
#include <stdint.h>

/** Bytes of the Ethernet header and ours: the shortest test packet. */
#define BENCH_PAYLOAD_HEADER 48u

/** EtherType of our packets: one of the two for local experiments (IEEE 802). */
#define BENCH_PAYLOAD_ETHERTYPE 0x88b5

/** How much of a packet is written and verified. */
enum bench_payload_level {
	BENCH_PAYLOAD_SEQ,  /**< The first 48 bytes. */
	BENCH_PAYLOAD_FULL, /**< Every byte. */
};

/** Names of enum bench_payload_level as on the command line; NULL ends it. */
extern const char *const bench_payload_level_names[];

/** Our header. */
struct bench_payload {
	uint32_t stream; /**< Which stream. */
	uint32_t length; /**< Bytes of the packet, from the Ethernet header on. */
	uint64_t seq;    /**< Number within the stream. */
	uint64_t time;   /**< When it was due, ns. */
	uint8_t level;   /**< enum bench_payload_level of its sender. */
};

/** The two Ethernet addresses. */
struct bench_payload_addr {
	uint8_t dst[6]; /**< Destination. */
	uint8_t src[6]; /**< Source. */
};

/** What is wrong with a packet. */
enum bench_payload_verdict {
	BENCH_PAYLOAD_OK = 0,    /**< Nothing. */
	BENCH_PAYLOAD_SHORT,     /**< Too short for our header. */
	BENCH_PAYLOAD_FOREIGN,   /**< Not one of ours: EtherType or magic differ. */
	BENCH_PAYLOAD_DAMAGED,   /**< The checksum of our header is wrong. */
	BENCH_PAYLOAD_LENGTH,    /**< Cut off or longer than sent. */
	BENCH_PAYLOAD_DIFFERENT, /**< A byte of the pattern is wrong. */
	BENCH_PAYLOAD_VERDICTS,  /**< Number of values. */
};

/** Where a packet differs. */
struct bench_payload_difference {
	enum bench_payload_verdict verdict; /**< What is wrong. */
	uint32_t offset;                    /**< Of the first wrong byte in the packet. */
	uint32_t expected;                  /**< What should be there: a byte, or a length. */
	uint32_t found;                     /**< What is there. */
};

/** A verdict in words, without a full stop. */
const char *bench_payload_verdict_text(enum bench_payload_verdict verdict);

/**
 * Write a packet. At BENCH_PAYLOAD_SEQ only the first 48 bytes are touched.
 *
 * @param packet p->length bytes, at least BENCH_PAYLOAD_HEADER; any alignment
 */
void bench_payload_write(void *packet, const struct bench_payload *p,
			 const struct bench_payload_addr *addr);

/** As bench_payload_write() where the Ethernet header and the pattern beyond our header are to
 * stay as they are: for a buffer that held a packet of the same level, stream and length
 * (BENCH_PAYLOAD_SEQ only). */
void bench_payload_rewrite(void *packet, const struct bench_payload *p);

/**
 * Read our header and check it, and the length.
 *
 * @param packet first bytes of the packet, at least BENCH_PAYLOAD_HEADER of them unless the
 *   packet is shorter
 * @param length bytes of the packet as received
 * @param p set if the header is intact (BENCH_PAYLOAD_OK, BENCH_PAYLOAD_LENGTH)
 */
enum bench_payload_verdict
bench_payload_read(const void *packet, uint32_t length, struct bench_payload *p);

/**
 * bench_payload_read(), and at BENCH_PAYLOAD_FULL every byte behind our header, if the sender
 * wrote the pattern there.
 *
 * @param d set if the packet is not as it should be; may be NULL
 */
enum bench_payload_verdict
bench_payload_verify(const void *packet, uint32_t length, enum bench_payload_level level,
		     struct bench_payload *p, struct bench_payload_difference *d);

/** One line, without a line end, that says what is wrong: for messages. */
void bench_payload_describe(const struct bench_payload *p, const struct bench_payload_difference *d,
			    char *text, unsigned int size);

/** The key of a pattern: every packet, and every version of a block, has a different one. */
uint64_t bench_payload_key(uint64_t stream, uint64_t seq);

/**
 * Write a part of a pattern.
 *
 * @param offset where buf starts within the pattern, which for a packet starts at its first byte
 */
void bench_payload_fill(void *buf, uint32_t len, uint64_t key, uint64_t offset);

/**
 * Compare a part of a pattern.
 *
 * @return index in buf of the first byte that differs; len: none
 */
uint32_t bench_payload_compare(const void *buf, uint32_t len, uint64_t key, uint64_t offset);

/** The byte of a pattern at an offset. */
uint8_t bench_payload_byte(uint64_t key, uint64_t offset);

#endif /* BENCH_PAYLOAD_H */
