/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BENCH_FAULTY_PRIV_H
#define BENCH_FAULTY_PRIV_H

/**
 * @file
 * The faulty back-end inside: bench_faulty.c is the thread and its socket, bench_faulty_msg.c the
 * protocol, bench_faulty_dev.c the devices.
 */

#include <pthread.h>
#include <stdbool.h>

#include <foo_guest_front.h>
#include <foo_vq.h>

#include "bench_faulty.h"

/** Queues of a connection. */
#define FAULTY_QUEUES (2 * BENCH_FAULTY_QUEUES)

/** Largest packet, virtio_net_hdr included. */
#define FAULTY_PACKET 66000u

/** A mapped region of the guest's memory. */
struct faulty_region {
	struct foo_front_wire_region wire; /**< As the front-end described it. */
	void *map;                         /**< Start of the mapping. */
	size_t map_size;                   /**< Bytes of it. */
};

/** A queue. */
struct faulty_queue {
	struct foo_vq vq;             /**< While it runs. */
	bool running;                 /**< vq is valid. */
	bool enabled;                 /**< SET_VRING_ENABLE. */
	bool has_addr;                /**< SET_VRING_ADDR has come. */
	uint32_t size;                /**< SET_VRING_NUM. */
	uint32_t base;                /**< Where to begin, or where it stopped. */
	struct vhost_vring_addr addr; /**< SET_VRING_ADDR. */
	int kickfd;                   /**< Or -1. */
	int callfd;                   /**< Or -1. */
};

/** A packet that waits for the one behind it (reorder). */
struct faulty_held {
	uint32_t len;                /**< 0: none. */
	uint8_t data[FAULTY_PACKET]; /**< With its header. */
};

/** The back-end. Everything but planted belongs to its thread. */
struct bench_faulty {
	struct bench_faulty_config cfg; /**< What to play; path is the copy below. */
	char path[108];                 /**< Socket. */
	pthread_t thread;               /**< Serves. */
	int listen_sock;                /**< Listening socket. */
	int sock;                       /**< Connection, or -1. */
	int stopfd;                     /**< eventfd: written to end the thread. */
	uint64_t planted;               /**< Faults so far; atomic. */
	uint64_t chances;               /**< Times that the fault could have happened. */
	uint64_t features;              /**< Acknowledged. */
	uint64_t proto;                 /**< Acknowledged protocol features. */
	unsigned int nregions;          /**< Valid entries of region. */
	struct faulty_region region[FOO_MEM_MAX_REGIONS]; /**< The guest's memory. */
	struct foo_mem mem;                               /**< The same for lib/foo_vq. */
	struct faulty_queue queue[FAULTY_QUEUES];         /**< Queues. */
	struct faulty_held held[BENCH_FAULTY_QUEUES];     /**< For each pair of queues. */
	uint8_t packet[FAULTY_PACKET];                    /**< The packet under way. */
	uint8_t *disk;                                    /**< BENCH_FAULTY_DISK bytes. */
};

/** Whether this is a moment for the fault, if it is the one that was asked for; counts it. */
bool faulty_now(struct bench_faulty *f, enum bench_faulty_fault fault);

/** Complete a chain and tell the guest, rightly or wrongly. */
void faulty_use(struct bench_faulty *f, struct faulty_queue *q, const struct foo_chain *chain,
		uint32_t written);

/** Features that the device offers. */
uint64_t faulty_features(const struct bench_faulty *f);

/** Number of queues in use. */
unsigned int faulty_nqueues(const struct bench_faulty *f);

/** Config space: copy len bytes from offset on. @return whether they are inside */
bool faulty_config(const struct bench_faulty *f, uint32_t offset, void *buf, uint32_t len);

/** Serve all queues until nothing is left to do. @param idle nothing came for some time */
void faulty_serve(struct bench_faulty *f, bool idle);

/** Receive one message and act on it. @return 0, or -errno: close the connection */
int faulty_message(struct bench_faulty *f);

/** Stop queues, close their files, unmap memory, forget what was negotiated. */
void faulty_reset(struct bench_faulty *f);

#endif /* BENCH_FAULTY_PRIV_H */
