/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef CONFORM_CTX_H
#define CONFORM_CTX_H

/**
 * @file
 * What the cases work with.
 */

#include <errno.h>

#include "conform.h"
#include "conform_guest.h"

/** What was found out about the back-end before the first case. */
struct conform_backend {
	uint64_t features;  /**< Feature bits that it offers. */
	uint64_t proto;     /**< Protocol features that it offers. */
	uint64_t queue_num; /**< GET_QUEUE_NUM; 0: not known. */
	uint64_t capacity;  /**< Blk: sectors, 0: not known. */
	uint32_t block;     /**< Blk: bytes of a block. */
	bool read_only;     /**< Blk: VIRTIO_BLK_F_RO. */
	bool keeps_data;    /**< Blk: what is written can be read. */
	bool two;           /**< It serves two front-ends on a socket at once. */
};

/** A case that runs. */
struct conform_ctx {
	const struct conform_case *c;         /**< The case. */
	const struct conform_backend *be;     /**< The back-end. */
	const struct conform_setup *base_set; /**< How a guest is opened here. */
	struct conform_guest *g;              /**< The guest; with CONFORM_RAW not yet open. */
	struct conform_guest *other;          /**< A guest on another socket, or NULL. */
	char note[240];                       /**< What to add to the verdict. */
	enum conform_reaction total;          /**< Of several tries: the one that counts. */
	int64_t bad_seq; /**< Number of the packet that should not arrive, -1: none. */
	int bad_token;   /**< Chain that should not be carried out. */
};

/** Say something about what was seen; the last one stays. */
void conform_note(struct conform_ctx *ctx, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** Reaction that a return value of the front-end's functions stands for. */
enum conform_reaction conform_reaction_of(int ret);

/** Enter the outcome of one of several tries. */
void conform_try(struct conform_ctx *ctx, enum conform_reaction r, const char *what);

/** Whether further tries make sense: not with a back-end that does not answer. */
bool conform_may_go_on(const struct conform_ctx *ctx);

/** Close the guest and open one as `set` says. */
int conform_reopen(struct conform_ctx *ctx, const struct conform_setup *set);

/** Close the guest, connect anew and get ready up to, not including, the start of rings. */
int conform_prepare(struct conform_ctx *ctx);

/**
 * The chain conform_ctx::bad_token has been published (or CONFORM_NO_TOKEN: something else is
 * wrong). Send a valid one after it, and see what becomes of both.
 */
enum conform_reaction conform_observe(struct conform_ctx *ctx);

/**
 * Let the guest on the other socket, if there is one, do valid work: nothing that happens on one
 * socket may concern another.
 *
 * @return r if it gets its service, else CONFORM_UNEXPECTED, with a note
 */
enum conform_reaction conform_observe_other(struct conform_ctx *ctx, enum conform_reaction r);

/** Do valid work on the guest: CONFORM_PASS, or what is wrong. */
enum conform_reaction conform_observe_work(struct conform_ctx *ctx, unsigned int n);

/** Of a queue that makes no progress: is the connection alive? */
enum conform_reaction conform_observe_socket(struct conform_ctx *ctx);

/** Add a chain, valid or not, to the queue, publish it, and observe. */
enum conform_reaction
conform_send(struct conform_ctx *ctx, const struct foo_guest_buf *buf, uint16_t n, uint16_t direct);

/** Compose a valid chain as conform_valid_chain(); if it is a packet, it is the bad one. */
uint16_t conform_bad_chain(struct conform_ctx *ctx, struct foo_guest_buf *buf);

/** An indirect table in guest memory: n entries of 16 bytes. Returns its address. */
uint64_t
conform_table(struct conform_ctx *ctx, const struct foo_guest_buf *buf, uint16_t n, uint64_t gpa);

#endif /* CONFORM_CTX_H */
