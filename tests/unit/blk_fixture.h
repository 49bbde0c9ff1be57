/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BLK_FIXTURE_H
#define BLK_FIXTURE_H

/*
 * A disk with a guest that this process plays: a real device of a blk class, real rings, no socket
 * and no running lcore. A test polls the queues itself.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/virtio_blk.h>

#include <foo_blk.h>
#include <foo_guest_mem.h>
#include <foo_guest_ring.h>

#define FX_QUEUES 4
#define FX_TOKENS 256u
#define FX_PIECES 1100
#define FX_TOUCHLESS 0xee /* what the device has not written */
#define FX_BIT(n) (UINT64_C(1) << (n))
#define FX_PACKED FX_BIT(VIRTIO_F_RING_PACKED)

/* How a guest drives its disk. */
struct fx_setup {
	const char *name; /* of the device: "blk_malloc0" */
	const char *args; /* its properties, iface= not among them */
	bool packed;      /* ring format */
	uint64_t without; /* features that are offered and not acknowledged */
	uint16_t ring;    /* queue size; 0: 64 */
	uint16_t table;   /* entries of an indirect table; 0: 64, or as many as the queue */
	bool log;         /* with a dirty log */
};

/* A request, and how it is cut. Zeroed members mean: none. */
struct fx_req {
	unsigned int queue;
	uint32_t type;
	uint64_t sector;
	const void *out;     /* data that the device reads, behind the header */
	uint32_t out_len;    /* bytes of it */
	uint32_t in_len;     /* bytes that the device may write before the status */
	uint32_t hdr_less;   /* bytes that the header is too short */
	bool no_status;      /* nothing to write a status to */
	bool indirect;       /* in an indirect table */
	const uint32_t *cut; /* where a new piece begins, ascending, over readable and writable */
	unsigned int ncut;
};

/* What the device made of a request, by token. */
struct fx_io {
	struct foo_guest_buf buf[FX_PIECES]; /* its pieces */
	uint16_t n;                          /* entries of buf */
	bool done;                           /* it came back */
	uint32_t used;                       /* with this used length */
};

/* The disk, and its guest. */
extern struct fx_disk {
	struct foo_device *dev;
	struct foo_guest_mem mem;
	struct foo_mem map; /* the same memory as the device sees it */
	struct foo_guest_ring ring[FX_QUEUES];
	struct fx_io io[FX_TOKENS];
	unsigned int next;  /* token */
	unsigned int flown; /* requests that have not come back */
	uint64_t data;      /* memory for requests: taken from the front, given back when none is */
	uint64_t taken;     /* in flight */
	uint8_t log[8192];  /* dirty log */
} fx;

int fx_group_setup(void **state);
int fx_teardown(void **state);

/* The disk is made and started; stopped and gone. */
void fx_start(const struct fx_setup *setup);
void fx_stop(void);
/* Without a guest; err tells why it cannot be. 0 or -errno. */
int fx_create(const char *name, const char *args, struct foo_error *err);

/* A queue into service where its ring stands. */
void fx_queue_start(unsigned int index);

/* Make a request available; its token. */
int fx_send(const struct fx_req *req);
/* One poll of each queue, and see what came back. Work done. */
unsigned int fx_poll(void);
/* fx_send(), and poll until it has come back. Token. */
int fx_run(const struct fx_req *req);
/* Poll until everything has come back. */
void fx_run_all(void);

/* Bytes [at, at + len) of the writable part of a request that is done. */
void fx_written(int token, uint32_t at, void *to, uint32_t len);
/* Its status byte. */
uint8_t fx_status(int token);
/* Run the request; expect this status and used length. */
void fx_expect(const struct fx_req *req, uint8_t status, uint32_t used);

/* Read and write of whole requests that must succeed. */
void fx_read(uint64_t sector, void *to, uint32_t len);
void fx_write(uint64_t sector, const void *from, uint32_t len);

/* Config space as the guest reads it. */
struct virtio_blk_config fx_config(void);
struct foo_blk_queue_stats fx_stats(void);

/* Bytes that tell where they are. */
void fx_pattern(uint8_t *to, uint32_t len, uint8_t seed);

#endif /* BLK_FIXTURE_H */
