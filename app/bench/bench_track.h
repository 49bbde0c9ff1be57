/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BENCH_TRACK_H
#define BENCH_TRACK_H

/**
 * @file
 * Follows the sequence numbers of one stream: what is lost, duplicated or reordered.
 *
 * The sender numbers the packets of a stream 0, 1, 2, ... The receiver calls bench_track_packet()
 * for each; in order, that is one comparison and one increment. For the others there is a bitmap
 * of the last BENCH_TRACK_WINDOW numbers with a bit for each one that is missing. It is brought up
 * to date only when a packet out of order comes, and never takes more than one pass over it.
 *
 * The rules: a packet is *reordered* if one with a higher number came before it, *duplicated* if
 * its number had come before. One from before the window could be either: it is called reordered
 * as long as something from before the window is missing. Whatever the order, unique packets plus
 * lost ones are those sent.
 *
 * A tracker belongs to one thread; others may read the counters and see them a little behind.
 */

#include <stdint.h>

/** Numbers that the tracker remembers one by one. */
#define BENCH_TRACK_WINDOW 4096

/** A stream. Members are for reading. */
struct bench_track {
	uint64_t next;       /**< Number expected: one more than the highest seen. */
	uint64_t synced;     /**< The bitmap is right for the numbers below this one. */
	uint64_t missing;    /**< Numbers below next that have not come. */
	uint64_t gone;       /**< Those of them that are older than the window. */
	uint64_t duplicated; /**< Packets whose number had come before. */
	uint64_t reordered;  /**< Packets that came behind one with a higher number. */
	/** 1: the last number of this residue is missing. */
	uint64_t hole[BENCH_TRACK_WINDOW / 64];
};

/** What has become of a stream. */
struct bench_track_result {
	uint64_t received;   /**< Packets, duplicates included. */
	uint64_t lost;       /**< Numbers sent that never came. */
	uint64_t duplicated; /**< Packets whose number had come before. */
	uint64_t reordered;  /**< Packets that came behind one with a higher number. */
};

/** Expect number first (0 for a new stream). */
void bench_track_init(struct bench_track *t, uint64_t first);

/** Private: a packet that is not the one expected. */
void bench_track_odd(struct bench_track *t, uint64_t seq);

/**
 * A packet came. The caller has checked that its number is one that was sent: a damaged number
 * would count as a great loss.
 */
static inline void
bench_track_packet(struct bench_track *t, uint64_t seq)
{
	if (__builtin_expect(seq == t->next, 1))
		t->next++;
	else
		bench_track_odd(t, seq);
}

/** Different numbers received so far, for a stream that started at 0. */
static inline uint64_t
bench_track_unique(const struct bench_track *t)
{
	return t->next - t->missing;
}

/**
 * The result of a stream that started at 0.
 *
 * @param sent packets that the sender sent; lost is what is missing of them
 */
void bench_track_result(const struct bench_track *t, uint64_t sent, struct bench_track_result *r);

/** Add a stream's result to a sum. */
void bench_track_add(struct bench_track_result *sum, const struct bench_track_result *r);

#endif /* BENCH_TRACK_H */
