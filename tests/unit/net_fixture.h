/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef NET_FIXTURE_H
#define NET_FIXTURE_H

/*
 * Network ports with guests that this process plays: real devices of class net_vhost, real rings,
 * no sockets and no running lcores. A test polls the queues itself.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/virtio_net.h>

#include <foo_device.h>
#include <foo_guest_mem.h>
#include <foo_guest_ring.h>
#include <foo_net.h>

#define FX_RING 128
#define FX_PAIRS 2
#define FX_BIT(n) (UINT64_C(1) << (n))
#define FX_MODERN (FX_BIT(VIRTIO_F_VERSION_1) | FX_BIT(VIRTIO_RING_F_INDIRECT_DESC))
#define FX_MRG (FX_MODERN | FX_BIT(VIRTIO_NET_F_MRG_RXBUF))
#define FX_PACKED (FX_MRG | FX_BIT(VIRTIO_F_RING_PACKED))

struct fx_port {
	struct foo_device *dev;
	struct foo_guest_mem mem;
	struct foo_guest_ring ring[2 * FX_PAIRS]; /* as virtqueues: 2k receives, 2k + 1 sends */
	struct foo_guest_buf rx[FX_RING][32];     /* receive buffers posted, by token */
};

/* Where a test begins: features of both guests, and how packets are forwarded. */
struct fx_setup {
	uint64_t features[2];
	struct foo_net_conf conf;
	unsigned int ports; /* 1 or 2; 0 means 2 */
	unsigned int pairs; /* 0 means 1 */
	uint16_t ring;      /* queue size, up to FX_RING; 0 means FX_RING */
};

extern struct fx_port fx_port[2];

#define P0 (&fx_port[0])
#define P1 (&fx_port[1])
#define HDR 12

/* Room for a packet sent and one received. */
extern uint8_t out[70000], in[70000];

int fx_group_setup(void **state);
int fx_teardown(void **state);
void fx_start(const struct fx_setup *setup);
void fx_stop(void);
void fx_queue_start(struct fx_port *p, unsigned int index);
/* Start a queue again where foo_queue_stop() left it. */
void fx_queue_restart(struct fx_port *p, unsigned int index);

/* Post one receive buffer cut into n pieces. */
void fx_post(struct fx_port *p, unsigned int pair, const uint32_t *len, uint16_t n, uint64_t token);
/* Post count receive buffers of len bytes each, tokens from 0. */
void fx_post_many(struct fx_port *p, uint16_t count, uint32_t len);
/* Send bytes (header included) as a chain cut into pieces of these lengths; the last piece takes
 * the rest. */
void fx_send_cut(struct fx_port *p, unsigned int pair, const void *data, uint32_t len,
		 const uint32_t *cut, uint16_t ncut);
void fx_send(struct fx_port *p, const void *data, uint32_t len);
/* Poll every queue of every port once; returns the work done. */
unsigned int fx_poll(void);
/* Next used receive buffer: its bytes; -1 if there is none. */
int fx_receive(struct fx_port *p, unsigned int pair, void *data, uint32_t max);
/* The next packet at port 1 has this payload behind a header of hdr bytes. */
void expect_packet(const uint8_t *payload, uint32_t len, uint32_t hdr);
/* How many sent chains were completed since the last call. */
int fx_sent(struct fx_port *p);
struct foo_net_queue_stats fx_stats(struct fx_port *p, unsigned int index);
/* A packet: header of hdr_len zero bytes, then len bytes of a pattern. Returns its length. */
uint32_t fx_packet(uint8_t *to, uint32_t hdr_len, uint32_t len, uint8_t seed);

#endif /* NET_FIXTURE_H */
