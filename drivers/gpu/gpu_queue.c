/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * The lcore's side of a queue: bursts of chains go to the gpu thread, and are completed when they
 * come back. One burst is under way at a time: its pieces live until the next pop.
 */
#include <sched.h>

#include "gpu_priv.h"

static struct gpu_queue *
gpu_queue_of(const struct foo_queue *q)
{
	return q->priv;
}

int
gpu_queue_attach(struct foo_queue *q)
{
	struct gpu_queue *gq = &foo_gpu(q->dev)->thread->queue[q->index];

	gq->q = q;
	q->priv = gq;
	return 0;
}

/* The queue may be freed next, and the gpu thread may be about to wake its lcore for a burst that
 * has come back already: that takes no longer than a system call. */
void
gpu_queue_detach(struct foo_queue *q)
{
	/* pairs with the release in queue_serve() */
	while (__atomic_load_n(&gpu_queue_of(q)->waking, __ATOMIC_ACQUIRE))
		sched_yield();
}

/* Whether nothing was ever used in a split ring. */
static bool
ring_is_new_split(const struct foo_vq *vq)
{
	uint32_t seen = 0;

	for (uint32_t i = 0; i < vq->size; i++)
		seen |= vq->used->ring[i].id | vq->used->ring[i].len;
	return seen == 0;
}

/* In a packed one: what is not available in the first round has no length. */
static bool
ring_is_new_packed(const struct foo_vq *vq)
{
	for (uint32_t i = 0; i < vq->size; i++) {
		const struct vring_packed_desc *d = &vq->packed_desc[i];

		if (!(d->flags & (1u << VRING_PACKED_DESC_F_AVAIL)) && d->len != 0)
			return false;
	}
	return true;
}

/*
 * Whether the driver begins, after a reset of the device, or goes on, after the machine was paused
 * or its memory changed. No message tells the two apart: both stop the rings and start them again.
 * A ring that begins stands at its first index; that is rare for one that goes on, and then it has
 * been through all of its entries. A driver that tricks this loses, or keeps, what is its own.
 */
static bool
ring_is_new(const struct foo_vq *vq)
{
	uint16_t start = vq->packed ? 1u << 15 : 0;

	if (foo_vq_avail_base(vq) != start || foo_vq_used_base(vq) != start)
		return false;
	return vq->packed ? ring_is_new_packed(vq) : ring_is_new_split(vq);
}

void
gpu_queue_start(struct foo_queue *q)
{
	if (q->index == GPU_CONTROL && ring_is_new(&q->vq))
		gpu_thread_reset(foo_gpu(q->dev));
}

/* Take back what the gpu thread has done. Chains completed; those of a queue that is not alive are
 * forgotten. */
static unsigned int
queue_collect(struct gpu_queue *gq, bool alive)
{
	/* phase first: after BACK there will be no more done. Both pair with the gpu thread's
	 * stores. */
	uint32_t phase = __atomic_load_n(&gq->phase, __ATOMIC_ACQUIRE);
	uint32_t done = __atomic_load_n(&gq->done, __ATOMIC_ACQUIRE);
	unsigned int ended = 0;

	if (phase == GPU_FREE)
		return 0;
	for (; gq->pushed < done; gq->pushed++, ended++)
		if (alive)
			foo_vq_push(&gq->q->vq, &gq->chain[gq->pushed], gq->written[gq->pushed]);
	if (phase != GPU_BACK)
		return ended;
	if (alive && gq->pushed < gq->n)
		foo_vq_undo(&gq->q->vq, &gq->chain[gq->pushed], gq->n - gq->pushed);
	__atomic_store_n(&gq->phase, GPU_FREE, __ATOMIC_RELAXED);
	return ended;
}

/* Hand the gpu thread what the ring has. May enter the kernel, to wake it. Chains taken. */
static unsigned int
queue_give(struct gpu_queue *gq)
{
	uint16_t n;

	if (__atomic_load_n(&gq->phase, __ATOMIC_RELAXED) != GPU_FREE)
		return 0;
	n = foo_vq_pop(&gq->q->vq, gq->chain, GPU_BURST);
	if (n == 0)
		return 0;
	gq->n = n;
	gq->pushed = 0;
	__atomic_store_n(&gq->done, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&gq->cancel, 0, __ATOMIC_RELAXED);
	/* pairs with the acquire in queue_serve() */
	__atomic_store_n(&gq->phase, GPU_GIVEN, __ATOMIC_RELEASE);
	gpu_thread_wake(foo_gpu(gq->q->dev));
	return n;
}

/* Tell the guest. A driver of the old kind may want to hear of an empty ring even where it
 * suppresses interrupts (2.7.7, VIRTIO_F_NOTIFY_ON_EMPTY of the legacy interface, 6.3). */
static void
queue_tell(struct foo_queue *q, unsigned int ended)
{
	if (ended == 0)
		return;
	if ((q->dev->features & (UINT64_C(1) << VIRTIO_F_NOTIFY_ON_EMPTY)) && !foo_vq_avail(&q->vq))
		foo_vq_force_call(&q->vq);
	if (foo_vq_flush(&q->vq))
		foo_vq_call(&q->vq);
}

unsigned int
gpu_queue_poll(struct foo_queue *q)
{
	struct gpu_queue *gq = gpu_queue_of(q);
	unsigned int ended = queue_collect(gq, true), taken = queue_give(gq);

	queue_tell(q, ended);
	return ended + taken;
}

/* Have the gpu thread give up what it has of this queue. */
static void
queue_cancel(struct gpu_queue *gq)
{
	if (__atomic_load_n(&gq->phase, __ATOMIC_RELAXED) != GPU_GIVEN ||
	    __atomic_load_n(&gq->cancel, __ATOMIC_RELAXED))
		return;
	/* read by foo_gpu_is_cancelled(); nothing goes with it */
	__atomic_store_n(&gq->cancel, 1, __ATOMIC_RELAXED);
	gpu_thread_wake(foo_gpu(gq->q->dev));
}

unsigned int
gpu_queue_poll_stopped(struct foo_queue *q)
{
	struct gpu_queue *gq = gpu_queue_of(q);

	queue_cancel(gq);
	return queue_collect(gq, false);
}

bool
gpu_queue_stop(struct foo_queue *q)
{
	struct gpu_queue *gq = gpu_queue_of(q);
	bool alive = q->vq.broken == 0;
	unsigned int ended;

	queue_cancel(gq);
	ended = queue_collect(gq, alive);
	if (alive)
		queue_tell(q, ended);
	return __atomic_load_n(&gq->phase, __ATOMIC_RELAXED) == GPU_FREE;
}

bool
gpu_queue_pending(const struct foo_queue *q)
{
	const struct gpu_queue *gq = gpu_queue_of(q);

	switch (__atomic_load_n(&gq->phase, __ATOMIC_RELAXED)) {
	case GPU_FREE:
		return foo_queue_is_serving(q) && foo_vq_avail(&q->vq);
	case GPU_GIVEN:
		/* the gpu thread wakes the lcore after each command */
		return __atomic_load_n(&gq->done, __ATOMIC_RELAXED) != gq->pushed;
	default:
		return true;
	}
}
