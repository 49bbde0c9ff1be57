/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_GPU_H
#define FOO_GPU_H

/**
 * @file
 * VirtIO GPU devices (VIRTIO 1.2, 5.7) and the engines that draw.
 *
 * The abstract class `gpu` is everything that VirtIO and the display ask for: config space, both
 * queues, checks of each command, error responses, fences, used lengths, EDID, the list of
 * resources with their backing and the memory they may take, scanouts, and what is shown where. A
 * concrete class inherits it, and gives it an engine: a table of functions that keep the pixels of
 * resources. gpu_2d.c is the smallest one.
 *
 *     instance_init   sets foo_gpu::engine                                     control
 *       open          what the whole device needs                              control
 *         create      pixels of a resource                                     gpu thread
 *           transfer  the guest's pages into them                              gpu thread
 *           read      from them, for the display                               gpu thread
 *         destroy     the resource is gone                                     gpu thread
 *       close         as before open                                           control
 *
 * A command may take long: it copies a whole screen, takes memory, or draws. So lcores carry none
 * out: they hand chains to the device's gpu thread and complete those that come back. Resources
 * and scanouts belong to that thread alone, and an engine needs no locks. It may wait, but has to
 * ask foo_gpu_is_cancelled() now and then while it works on the guest's memory.
 *
 * A class that changes one function of an engine copies the table in its instance_init, which runs
 * after its parent's:
 *
 *     my_engine = *foo_gpu(dev)->engine;
 *     my_engine.read = my_read;
 *     foo_gpu(dev)->engine = &my_engine;
 */

#include <linux/virtio_gpu.h>

#include <foo_chain.h>
#include <foo_device.h>

/** Most outputs of a device (VIRTIO 1.2, 5.7.4). */
#define FOO_GPU_MAX_OUTPUTS VIRTIO_GPU_MAX_SCANOUTS

/** Bytes of a pixel: of every format that there is (VIRTIO 1.2, 5.7.6.8). */
#define FOO_GPU_PIXEL 4

/** Longest side of a resource and of an output, in pixels. */
#define FOO_GPU_MAX_SIDE 16384

/** Width and height of a cursor (VIRTIO 1.2, 5.7.6.10). */
#define FOO_GPU_CURSOR_SIDE 64

struct foo_gpu;
struct gpu_display;
struct gpu_thread;

/** A piece of backing: guest memory, known by its guest address, so that it may move here. */
struct foo_gpu_piece {
	uint64_t gpa;   /**< First guest physical address. */
	uint64_t start; /**< Bytes of backing before it. */
};

/** What the guest has attached to a resource (VIRTIO 1.2, 5.7.6.8). */
struct foo_gpu_backing {
	struct foo_gpu_piece *piece; /**< Pieces in order, none of them empty, and one more that
				      * only says where the last one ends; NULL: none attached. */
	uint32_t npieces;            /**< Pieces, without that last entry. */
	uint64_t size;               /**< Bytes. */
	uint64_t charged;            /**< Bytes of the memory limit that the list takes. */
};

/** A resource. Belongs to the gpu thread. */
struct foo_gpu_resource {
	uint32_t id;                    /**< The guest's number; not 0. */
	uint32_t format;                /**< enum virtio_gpu_formats. */
	uint32_t width;                 /**< Pixels, 1 to FOO_GPU_MAX_SIDE. */
	uint32_t height;                /**< Likewise. */
	struct foo_gpu_backing backing; /**< Guest memory. */
	void *engine;                   /**< The engine's. */
	uint64_t charged;               /**< Bytes of the memory limit that its pixels take. */
	uint32_t scanouts;              /**< Outputs that show it, a bit each. */
	uint8_t uuid[16];               /**< Of RESOURCE_ASSIGN_UUID. */
	bool has_uuid;                  /**< It was assigned. */
	struct foo_gpu_resource *next;  /**< In its bucket. */
};

/** A rectangle in pixels, right in itself: within what it is about, and not empty. */
struct foo_gpu_rect {
	uint32_t x;      /**< Left. */
	uint32_t y;      /**< Top. */
	uint32_t width;  /**< Not 0. */
	uint32_t height; /**< Not 0. */
};

/** What an output shows. Belongs to the gpu thread. */
struct foo_gpu_scanout {
	struct foo_gpu_resource *res; /**< Resource, or NULL: nothing. */
	struct foo_gpu_rect rect;     /**< Part of the resource. */
	struct foo_gpu_rect damage;   /**< Part of the output that is still to be sent to the
				       * display; width 0: none. */
	uint64_t due;                 /**< Not before this, in us: a flush will come; 0: now. */
};

/** The cursor of an output. Belongs to the gpu thread. */
struct foo_gpu_cursor {
	bool visible;   /**< There is one. */
	uint32_t x;     /**< Place of its hot spot. */
	uint32_t y;     /**< Likewise. */
	uint32_t hot_x; /**< Hot spot within the image. */
	uint32_t hot_y; /**< Likewise. */
	uint32_t pixel[FOO_GPU_CURSOR_SIDE * FOO_GPU_CURSOR_SIDE]; /**< 0xAARRGGBB. */
};

/** A command that is right in form. Belongs to the gpu thread. */
struct foo_gpu_cmd {
	const struct foo_mem *mem; /**< The guest's memory. */
	struct foo_cursor in;      /**< Behind the fixed part of the request. */
	/** The fixed part of the request, by hdr.type; copied from the guest once. */
	union {
		struct virtio_gpu_ctrl_hdr hdr;                   /**< All requests. */
		struct virtio_gpu_resource_create_2d create_2d;   /**< RESOURCE_CREATE_2D. */
		struct virtio_gpu_resource_unref unref;           /**< RESOURCE_UNREF. */
		struct virtio_gpu_set_scanout set_scanout;        /**< SET_SCANOUT. */
		struct virtio_gpu_resource_flush flush;           /**< RESOURCE_FLUSH. */
		struct virtio_gpu_transfer_to_host_2d transfer;   /**< TRANSFER_TO_HOST_2D. */
		struct virtio_gpu_resource_attach_backing attach; /**< ATTACH_BACKING. */
		struct virtio_gpu_resource_detach_backing detach; /**< DETACH_BACKING. */
		struct virtio_gpu_cmd_get_edid get_edid;          /**< GET_EDID. */
		struct virtio_gpu_resource_assign_uuid uuid;      /**< ASSIGN_UUID. */
		struct virtio_gpu_update_cursor cursor;           /**< Both of the cursor. */
	} req;
	/** The response; its header is written by the class. */
	union {
		struct virtio_gpu_ctrl_hdr hdr;                   /**< All responses. */
		struct virtio_gpu_resp_display_info display_info; /**< OK_DISPLAY_INFO. */
		struct virtio_gpu_resp_edid edid;                 /**< OK_EDID. */
		struct virtio_gpu_resp_resource_uuid uuid;        /**< OK_RESOURCE_UUID. */
	} resp;
};

/** An engine. Functions that may be NULL say so. */
struct foo_gpu_engine {
	/** Control: properties are set. Optional. 0, or -errno with err and everything undone. */
	int (*open)(struct foo_gpu *gpu, struct foo_error *err);
	/** Control: no resource is left, and the gpu thread has ended. Optional. */
	void (*close)(struct foo_gpu *gpu);
	/** Gpu thread: make the pixels of res, all zero; may set res->engine. What they take was
	 * found to be within the memory limit, if it is 4 bytes a pixel. 0, or -ENOMEM. */
	int (*create)(struct foo_gpu *gpu, struct foo_gpu_resource *res);
	/** Gpu thread: undo create. */
	void (*destroy)(struct foo_gpu *gpu, struct foo_gpu_resource *res);
	/** Gpu thread: copy r from the backing, which has it from offset on, row by row at the
	 * distance of the resource's rows. Both were checked. 0; -ECANCELED, which will be repeated
	 * from the start; or -EFAULT: foo_gpu_backing_read(). */
	int (*transfer)(struct foo_gpu *gpu, struct foo_gpu_resource *res,
			const struct foo_gpu_rect *r, uint64_t offset);
	/** Gpu thread: copy r to pixel, as 32-bit numbers 0xAARRGGBB, rows stride bytes apart.
	 * Alpha of a format without it is 0xff, if alpha is wanted; else it may be anything. */
	void (*read)(struct foo_gpu *gpu, struct foo_gpu_resource *res,
		     const struct foo_gpu_rect *r, uint32_t *pixel, size_t stride, bool alpha);
};

/** What a device has done and has. Written by the gpu thread only, read by anyone. */
struct foo_gpu_stats {
	uint64_t commands;          /**< Commands carried out, of both queues. */
	uint64_t errors;            /**< Of them ended by an error response. */
	uint64_t refused;           /**< Chains without room for a response, or no command. */
	uint64_t transfers;         /**< TRANSFER_TO_HOST_2D. */
	uint64_t transferred_bytes; /**< Bytes that they copied from the guest. */
	uint64_t flushes;           /**< RESOURCE_FLUSH of what an output shows. */
	uint64_t updates;           /**< Rectangles sent to the display. */
	uint64_t update_bytes;      /**< Bytes of them. */
	uint64_t cursors;           /**< Cursor images and moves. */
	uint64_t resources;         /**< Resources that there are now. */
	uint64_t memory;            /**< Bytes of the memory limit in use now. */
};

/** Size of an output, in pixels; 0 x 0: not given. */
struct foo_gpu_size {
	uint32_t width;  /**< Pixels. */
	uint32_t height; /**< Pixels. */
} __attribute__((aligned(8)));

/** Instance of class `gpu`. */
struct foo_gpu {
	struct foo_device dev;               /**< What all devices share; first. */
	const struct foo_gpu_engine *engine; /**< Set by the concrete class' instance_init. */
	void *priv;                          /**< The engine's. */

	/* properties */
	uint32_t outputs; /**< outputs= */
	char *resolution; /**< resolution=: of the outputs, in order. */
	char *edid_name;  /**< edid-name=: name of the monitors. */
	uint64_t memory;  /**< memory=: bytes that resources may take. */

	/* control; read by the gpu thread */
	struct foo_gpu_size size[FOO_GPU_MAX_OUTPUTS]; /**< What resolution= says; each stored and
							* read as a whole, relaxed. */
	uint32_t events; /**< events_read of the config space (5.7.4); atomic. */

	struct gpu_thread *thread;   /**< The gpu thread, from realize on. */
	struct gpu_display *display; /**< Where outputs are shown, from realize on. */

	/* the gpu thread's */
	struct foo_gpu_resource **bucket;                    /**< Resources by id. */
	struct foo_gpu_scanout scanout[FOO_GPU_MAX_OUTPUTS]; /**< Outputs. */
	struct foo_gpu_cursor cursor[FOO_GPU_MAX_OUTPUTS];   /**< Their cursors. */
	uint64_t uuid_seed[2];                               /**< Of UUIDs; constant. */
	uint64_t uuids;                                      /**< UUIDs assigned. */
	struct foo_gpu_stats stats;                          /**< Counters. */
};

/** The GPU that a device of class `gpu` is. */
static inline struct foo_gpu *
foo_gpu(struct foo_device *dev)
{
	return (struct foo_gpu *)dev;
}

/** Bytes of a row of a resource: in its backing, and of pixels that lie as closely. */
static inline size_t
foo_gpu_stride(const struct foo_gpu_resource *res)
{
	return (size_t)res->width * FOO_GPU_PIXEL;
}

/** Whether the present command is to be given up: its queue stops. Gpu thread. */
bool foo_gpu_is_cancelled(const struct foo_gpu *gpu);

/**
 * Copy from the backing of a resource. Gpu thread, during a command.
 *
 * @param offset, len bytes, within the backing
 * @return 0; -EFAULT if a part of it is not the guest's memory any more
 */
int foo_gpu_backing_read(const struct foo_gpu *gpu, const struct foo_gpu_resource *res,
			 uint64_t offset, void *to, size_t len);

/** Add to a counter of the device's; gpu thread. */
static inline void
foo_gpu_count(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

/** Snapshot of the counters; all zero if the device is no GPU. Any thread. */
void foo_gpu_stats_get(const struct foo_device *dev, struct foo_gpu_stats *stats);

#endif /* FOO_GPU_H */
