/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef GPU_PRIV_H
#define GPU_PRIV_H

/*
 * What the files of class `gpu` share; engines see foo_gpu.h only. "Gpu thread" is the device's,
 * see gpu_thread.c.
 */

#include <pthread.h>
#include <semaphore.h>

#include "foo_gpu.h"

/** The queues (VIRTIO 1.2, 5.7.2). */
enum gpu_queue_index {
	GPU_CONTROL, /**< controlq. */
	GPU_CURSOR,  /**< cursorq. */
	GPU_QUEUES,  /**< Number of queues. */
};

/** Chains that are handed to the gpu thread at once. */
#define GPU_BURST 16

/** gpu_cmd_run(): the command was given up, and nothing came of it. */
#define GPU_CANCELLED UINT32_MAX

/** Whose a queue's burst is. */
enum gpu_phase {
	GPU_FREE,  /**< The lcore's; there is none. */
	GPU_GIVEN, /**< The gpu thread's. */
	GPU_BACK,  /**< The lcore's: the gpu thread has ended or given up all of it. */
};

/** A queue. */
struct gpu_queue {
	struct foo_queue *q;               /**< The virtqueue. Set by attach. */
	struct foo_chain chain[GPU_BURST]; /**< The burst; read by the gpu thread while GIVEN. */
	uint32_t written[GPU_BURST];       /**< Used lengths; written by it for those done. */
	uint16_t n;                        /**< Chains of the burst. Lcore, while not GIVEN. */
	uint16_t pushed;                   /**< Of these pushed. Lcore. */

	uint32_t phase __rte_cache_aligned; /**< enum gpu_phase; each store is a release. */
	uint32_t done;   /**< Chains done, from the first on; stored by the gpu thread, release. */
	uint32_t cancel; /**< The gpu thread is to give the rest up. Stored by the lcore. */
	uint32_t waking; /**< The gpu thread looks at q, even if it is done with the burst. */
} __rte_cache_aligned;

/** The gpu thread of a device. */
struct gpu_thread {
	struct gpu_queue queue[GPU_QUEUES]; /**< By enum gpu_queue_index. */
	pthread_t id;                       /**< The thread. */
	sem_t wake;                         /**< Posted when there is something to do. */
	uint32_t quit;                      /**< It is to end; atomic. */
	uint32_t reset;                     /**< All resources are to go; atomic. */
	struct gpu_queue *current;          /**< Whose command it carries out. Its own. */
	bool stalled;        /**< The display takes nothing: waiting for it is no use. Its own. */
	uint64_t generation; /**< Of the display that knows all. Its own. */
};

/** The gpu thread's side of a command's function: a response type, or GPU_CANCELLED. */
typedef uint32_t (*gpu_cmd_fn)(struct foo_gpu *gpu, struct foo_gpu_cmd *cmd);

/* --- gpu_config.c --- */

/** Bytes of the config space (VIRTIO 1.2, 5.7.4). */
#define GPU_CONFIG_SIZE sizeof(struct virtio_gpu_config)

/** Implements foo_ops::features. */
uint64_t gpu_features(const struct foo_device *dev);

/** Implements foo_ops::get_config. */
int gpu_get_config(struct foo_device *dev, uint32_t offset, void *buf, uint32_t len);

/** Implements foo_ops::set_config: the driver clears events. */
int gpu_set_config(struct foo_device *dev, uint32_t offset, const void *buf, uint32_t len);

/** Parse resolution= into gpu->size. 0 or -EINVAL with err. */
int gpu_sizes_parse(struct foo_gpu *gpu, struct foo_error *err);

/** What resolution= says of an output. Any thread. */
struct foo_gpu_size gpu_size_get(const struct foo_gpu *gpu, uint32_t output);

/* --- gpu_edid.c --- */

/** Most bytes of gpu_edid_make(): two blocks. */
#define GPU_EDID_MAX 256

/** Make an EDID (E-EDID 1.4) of a monitor with this preferred mode. Bytes of it. */
uint32_t gpu_edid_make(uint8_t edid[GPU_EDID_MAX], const char *name, uint32_t output,
		       struct foo_gpu_size size);

/* --- gpu_modes.c --- */

/** GET_DISPLAY_INFO (VIRTIO 1.2, 5.7.6.8). */
uint32_t gpu_get_display_info(struct foo_gpu *gpu, struct foo_gpu_cmd *cmd);

/** GET_EDID. */
uint32_t gpu_get_edid(struct foo_gpu *gpu, struct foo_gpu_cmd *cmd);

/* --- gpu_cmd.c --- */

/**
 * Carry a command out and write its response. Gpu thread.
 *
 * @return used length, or GPU_CANCELLED
 */
uint32_t gpu_cmd_run(struct foo_gpu *gpu, enum gpu_queue_index index, const struct foo_vq *vq,
		     const struct foo_chain *chain);

/* --- gpu_res.c: gpu thread --- */

/** Room for resources. Control. 0 or -ENOMEM. */
int gpu_res_init(struct foo_gpu *gpu);

/** Free it; there are no resources. Control. */
void gpu_res_fini(struct foo_gpu *gpu);

/** The resource of that id, or NULL. */
struct foo_gpu_resource *gpu_res_find(const struct foo_gpu *gpu, uint32_t id);

/** Destroy all resources: what a device reset does. */
void gpu_res_reset(struct foo_gpu *gpu);

/** Take from the memory limit; false: there is not so much left. */
bool gpu_charge(struct foo_gpu *gpu, uint64_t bytes);

/** Give back to the memory limit. */
void gpu_uncharge(struct foo_gpu *gpu, uint64_t bytes);

/** Whether a guest's rectangle is not empty and lies within width, height; to is set then. */
bool gpu_rect_get(struct foo_gpu_rect *to, const struct virtio_gpu_rect *from, uint32_t width,
		  uint32_t height);

/** RESOURCE_CREATE_2D. */
uint32_t gpu_resource_create_2d(struct foo_gpu *gpu, struct foo_gpu_cmd *cmd);

/** RESOURCE_UNREF. */
uint32_t gpu_resource_unref(struct foo_gpu *gpu, struct foo_gpu_cmd *cmd);

/** RESOURCE_ASSIGN_UUID. */
uint32_t gpu_resource_assign_uuid(struct foo_gpu *gpu, struct foo_gpu_cmd *cmd);

/* --- gpu_backing.c: gpu thread --- */

/** RESOURCE_ATTACH_BACKING. */
uint32_t gpu_resource_attach_backing(struct foo_gpu *gpu, struct foo_gpu_cmd *cmd);

/** RESOURCE_DETACH_BACKING. */
uint32_t gpu_resource_detach_backing(struct foo_gpu *gpu, struct foo_gpu_cmd *cmd);

/** TRANSFER_TO_HOST_2D. */
uint32_t gpu_transfer_to_host_2d(struct foo_gpu *gpu, struct foo_gpu_cmd *cmd);

/** Forget the backing of a resource, if it has one. */
void gpu_backing_free(struct foo_gpu *gpu, struct foo_gpu_resource *res);

/* --- gpu_scanout.c: gpu thread --- */

/** SET_SCANOUT. */
uint32_t gpu_set_scanout(struct foo_gpu *gpu, struct foo_gpu_cmd *cmd);

/** RESOURCE_FLUSH. */
uint32_t gpu_resource_flush(struct foo_gpu *gpu, struct foo_gpu_cmd *cmd);

/** The outputs that show res show nothing any more. */
void gpu_scanout_forget(struct foo_gpu *gpu, struct foo_gpu_resource *res);

/** Send the display what it has not seen, as far as it takes it. Whether something is left for
 * later. */
bool gpu_scanout_show(struct foo_gpu *gpu);

/* --- gpu_cursor.c: gpu thread --- */

/** UPDATE_CURSOR. */
uint32_t gpu_update_cursor(struct foo_gpu *gpu, struct foo_gpu_cmd *cmd);

/** MOVE_CURSOR. */
uint32_t gpu_move_cursor(struct foo_gpu *gpu, struct foo_gpu_cmd *cmd);

/** Tell a display that has just come of all cursors. */
void gpu_cursor_repeat(struct foo_gpu *gpu);

/** No output has a cursor. */
void gpu_cursor_reset(struct foo_gpu *gpu);

/* --- gpu_thread.c --- */

/** Make gpu->thread, which can be woken; it does not run. Control. 0 or -ENOMEM. */
int gpu_thread_init(struct foo_gpu *gpu);

/** Free it; it does not run. Control. */
void gpu_thread_fini(struct foo_gpu *gpu);

/** Start the gpu thread. Control. 0 or -errno. */
int gpu_thread_start(struct foo_gpu *gpu);

/** End it; all resources go. Control; no queue is attached. */
void gpu_thread_stop(struct foo_gpu *gpu);

/** Have it look what there is to do. Any thread. */
void gpu_thread_wake(struct foo_gpu *gpu);

/** Have it forget all resources, before it carries out anything that is given to it from now on.
 * Any thread. */
void gpu_thread_reset(struct foo_gpu *gpu);

/** Microseconds of the monotonic clock. */
uint64_t gpu_now_us(void);

/** Gpu thread: wait for gpu_thread_wake(), at most so long. */
void gpu_thread_rest(struct gpu_thread *t, unsigned int us);

/* --- gpu_stats.c --- */

/** Implements foo_ops::counters. */
void gpu_counters(const struct foo_device *dev, foo_counter_fn emit, void *ctx);

/* --- gpu_queue.c: lcore --- */

/** Implements foo_ops::queue_attach. */
int gpu_queue_attach(struct foo_queue *q);

/** Implements foo_ops::queue_detach. */
void gpu_queue_detach(struct foo_queue *q);

/** Implements foo_ops::queue_start. */
void gpu_queue_start(struct foo_queue *q);

/** Implements foo_ops::poll. */
unsigned int gpu_queue_poll(struct foo_queue *q);

/** Implements foo_ops::poll_stopped: what a broken queue had given away comes back. */
unsigned int gpu_queue_poll_stopped(struct foo_queue *q);

/** Implements foo_ops::queue_stop. */
bool gpu_queue_stop(struct foo_queue *q);

/** Implements foo_ops::queue_pending. */
bool gpu_queue_pending(const struct foo_queue *q);

#endif /* GPU_PRIV_H */
