/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_FAULT_H
#define FOO_FAULT_H

/**
 * @file
 * What a guest can do wrong on a virtqueue, each with a name.
 *
 * The list is written once, here. Code, counters, telemetry, tests and documentation take the
 * names from it. Every fault has one of two reactions:
 *
 * - **REFUSE**: this one descriptor chain is not carried out. It is handed to the device without
 *   segments, the device completes it (used length 0, or its own error status), and the queue
 *   goes on.
 * - **BREAK**: the ring itself cannot be believed any more. The queue stops, alone and sticky,
 *   with its first fault kept, until the driver resets it (foo_vq_init() again). This is what
 *   VIRTIO 1.2, 2.1.2 calls DEVICE_NEEDS_RESET, limited to one queue.
 */

#include <stdint.h>

/** Reaction to a fault. */
enum foo_reaction {
	FOO_REFUSE, /**< Complete the chain unprocessed, go on. */
	FOO_BREAK,  /**< Stop this queue until the driver resets it. */
};

/**
 * The faults: X(symbol, name, reaction, meaning).
 *
 * Sections are those of VIRTIO 1.2.
 */
#define FOO_FAULT_LIST(X)                                                                          \
	X(AVAIL_JUMP, avail_jump, FOO_BREAK,                                                       \
	  "avail index moved by more than the queue size (2.7.6)")                                 \
	X(INFLIGHT_OVERFLOW, inflight_overflow, FOO_BREAK,                                         \
	  "more chains made available than the queue has room for (2.7.6)")                        \
	X(HEAD_RANGE, head_range, FOO_BREAK, "head index is not below the queue size (2.7.6)")     \
	X(NEXT_RANGE, next_range, FOO_BREAK, "next index is outside its table (2.7.5)")            \
	X(CHAIN_LONG, chain_long, FOO_BREAK,                                                       \
	  "chain has more descriptors than the queue size, or loops (2.7.5.2, 2.8.21)")            \
	X(INDIRECT_NESTED, indirect_nested, FOO_BREAK,                                             \
	  "indirect descriptor inside an indirect table (2.7.5.3.1)")                              \
	X(INDIRECT_NEXT, indirect_next, FOO_BREAK,                                                 \
	  "INDIRECT and NEXT set in one descriptor (2.7.5.3.1)")                                   \
	X(RING_LOST, ring_lost, FOO_BREAK, "memory of the rings went away")                        \
	X(CALL_BLOCKED, call_blocked, FOO_BREAK,                                                   \
	  "call eventfd made blocking and full: an interrupt held the device up")                  \
	X(INFLIGHT_TABLE, inflight_table, FOO_BREAK,                                               \
	  "in-flight table changed while its chains were taken up again")                          \
	X(HEAD_REPEATED, head_repeated, FOO_REFUSE,                                                \
	  "head made available again before it was used (2.7.13)")                                 \
	X(ADDR_WRAP, addr_wrap, FOO_REFUSE, "descriptor address plus length wraps")                \
	X(ADDR_UNMAPPED, addr_unmapped, FOO_REFUSE,                                                \
	  "descriptor or indirect table is outside the guest's memory")                            \
	X(LEN_TOTAL, len_total, FOO_REFUSE, "chain describes 2^32 bytes or more (2.7.5.2)")        \
	X(READ_AFTER_WRITE, read_after_write, FOO_REFUSE,                                          \
	  "device-readable descriptor after a device-writable one (2.7.4.2)")                      \
	X(INDIRECT_LEN, indirect_len, FOO_REFUSE,                                                  \
	  "indirect table length is 0, no multiple of 16, or beyond the queue size (2.7.5.3)")     \
	X(INDIRECT_FEATURE, indirect_feature, FOO_REFUSE,                                          \
	  "INDIRECT used though the feature was not negotiated (2.7.5.3.1)")                       \
	X(SEGMENTS, segments, FOO_REFUSE, "chain falls into more ranges of memory than are kept")

/** Names of the faults; FOO_FAULT_NONE is 0. */
enum foo_fault {
	FOO_FAULT_NONE = 0,
#define FOO_FAULT_ENUM(sym, name, reaction, meaning) FOO_FAULT_##sym,
	FOO_FAULT_LIST(FOO_FAULT_ENUM)
#undef FOO_FAULT_ENUM
	FOO_FAULT_MAX, /**< Number of values, FOO_FAULT_NONE included. */
};

/** Short name of a fault as counters and telemetry show it ("avail_jump"); any thread. */
const char *foo_fault_name(enum foo_fault fault);

/** The fault in words, one line without a full stop; any thread. */
const char *foo_fault_text(enum foo_fault fault);

/** What the queue does about the fault; FOO_REFUSE for FOO_FAULT_NONE. Any thread. */
enum foo_reaction foo_fault_reaction(enum foo_fault fault);

#endif /* FOO_FAULT_H */
