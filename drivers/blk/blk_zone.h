/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BLK_ZONE_H
#define BLK_ZONE_H

/*
 * Zoned disks (VIRTIO 1.3, 5.2.6): host-managed, with zones that are written from their start to
 * their end. Names and layouts are ours, for linux/virtio_blk.h has them from 6.3 on only.
 */

#include <stdbool.h>
#include <stdint.h>

struct blk_queue;
struct blk_req;
struct foo_blk;
struct foo_error;

/** Feature VIRTIO_BLK_F_ZONED. */
#define BLK_F_ZONED 17

/** Where the characteristics are in the config space, behind those of secure erase. */
#define BLK_CONFIG_ZONED 72

/** Bytes of the config space with them. */
#define BLK_CONFIG_SIZE 96

/** Most zones of a disk: their states fit into half a megabyte. */
#define BLK_ZONES_MAX 65536

/** Most zones in one report. The driver asks again for those behind. */
#define BLK_ZONES_REPORT 512

/** Requests about zones. */
enum blk_zone_type {
	BLK_T_ZONE_APPEND = 15,    /**< Write at the write pointer, and say where that was. */
	BLK_T_ZONE_REPORT = 16,    /**< Tell the states of zones. */
	BLK_T_ZONE_OPEN = 18,      /**< Open explicitly. */
	BLK_T_ZONE_CLOSE = 20,     /**< Close. */
	BLK_T_ZONE_FINISH = 22,    /**< Full from now on. */
	BLK_T_ZONE_RESET = 24,     /**< Empty from now on. */
	BLK_T_ZONE_RESET_ALL = 26, /**< All of them. */
};

/** Statuses beside those of all disks. Limits of open and active zones are not kept, so there is
 * none for them. */
enum blk_zone_status {
	BLK_S_ZONE_INVALID_CMD = 3,  /**< Not in this zone, or not in its state. */
	BLK_S_ZONE_UNALIGNED_WP = 4, /**< A write that is not at the write pointer. */
};

/** The characteristics in the config space. */
struct blk_zoned {
	uint32_t zone_sectors;       /**< Sectors of a zone. */
	uint32_t max_open_zones;     /**< 0: any number. */
	uint32_t max_active_zones;   /**< 0: any number. */
	uint32_t max_append_sectors; /**< Sectors of an append. */
	uint32_t write_granularity;  /**< Bytes: what a write is a multiple of. */
	uint8_t model;               /**< 1: host-managed. */
	uint8_t unused2[3];          /**< 0. */
};

/** The zones of a disk. */
struct blk_zones {
	uint64_t sectors;      /**< Sectors of a zone. */
	uint32_t n;            /**< Zones; the last one may be smaller. */
	uint32_t conventional; /**< The first so many are written in any order. */
	uint32_t append;       /**< Sectors of an append, at most. */
	uint64_t word[];       /**< By zone: its state in the upper 8 bits, the sectors written in
				 * the others. Compare-and-swap, by any lcore. */
};

/** Make dev->zones as cap says, all empty; nothing if the disk has none. 0 or -errno. Control. */
int blk_zones_init(struct foo_blk *dev, struct foo_error *err);

/** Free them. Control. */
void blk_zones_fini(struct foo_blk *dev);

/** The characteristics; zeroes if there are no zones. */
void blk_zones_config(const struct foo_blk *dev, struct blk_zoned *zoned);

/** Whether a request of this type is about zones. */
bool blk_zone_is_type(uint32_t type);

/** Whether one would change the disk. */
bool blk_zone_mutates(uint32_t type);

/** Whether sectors [sector, sector + n), which are on the disk, may be read. A status. */
uint8_t blk_zone_read(const struct foo_blk *dev, uint64_t sector, uint64_t n);

/** Whether they may be written; the write pointer is behind them then. A status. */
uint8_t blk_zone_write(struct foo_blk *dev, uint64_t sector, uint64_t n);

/**
 * Take n sectors of the zone that begins at *sector.
 *
 * @param sector set to where they are
 * @return a status
 */
uint8_t blk_zone_append(struct foo_blk *dev, uint64_t *sector, uint64_t n);

/** Carry out a request about zones that has no data to write: at once, or by the engine's help. A
 * status; with OK the engine is to do r->io, if that has an operation. */
uint8_t blk_zone_request(struct blk_queue *bk, struct blk_req *r, uint32_t type, uint64_t sector);

/** The engine has cleared a zone that is being reset, or failed to. True: r->io is the next one. */
bool blk_zone_cleared(struct foo_blk *dev, struct blk_req *r, bool ok);

#endif /* BLK_ZONE_H */
