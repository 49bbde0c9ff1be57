/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * What a GPU has done.
 */
#include <rte_common.h>

#include "gpu_priv.h"

/* Names of the counters, as telemetry shows them. */
static const struct {
	const char *name;
	size_t offset;
} gpu_counter[] = {
	{"commands", offsetof(struct foo_gpu_stats, commands)},
	{"errors", offsetof(struct foo_gpu_stats, errors)},
	{"refused", offsetof(struct foo_gpu_stats, refused)},
	{"transfers", offsetof(struct foo_gpu_stats, transfers)},
	{"transferred_bytes", offsetof(struct foo_gpu_stats, transferred_bytes)},
	{"flushes", offsetof(struct foo_gpu_stats, flushes)},
	{"updates", offsetof(struct foo_gpu_stats, updates)},
	{"update_bytes", offsetof(struct foo_gpu_stats, update_bytes)},
	{"cursors", offsetof(struct foo_gpu_stats, cursors)},
	{"resources", offsetof(struct foo_gpu_stats, resources)},
	{"memory", offsetof(struct foo_gpu_stats, memory)},
};

static uint64_t
counter_get(const struct foo_gpu_stats *stats, size_t offset)
{
	/* pairs with the stores of foo_gpu_count() */
	return __atomic_load_n((const uint64_t *)(const void *)((const char *)stats + offset),
			       __ATOMIC_RELAXED);
}

void
foo_gpu_stats_get(const struct foo_device *dev, struct foo_gpu_stats *stats)
{
	const struct foo_gpu *gpu = (const struct foo_gpu *)dev;

	*stats = (struct foo_gpu_stats){0};
	if (!foo_class_is_a(dev->cls, "gpu"))
		return;
	for (size_t i = 0; i < RTE_DIM(gpu_counter); i++) {
		size_t offset = gpu_counter[i].offset;

		*(uint64_t *)(void *)((char *)stats + offset) = counter_get(&gpu->stats, offset);
	}
}

void
gpu_counters(const struct foo_device *dev, foo_counter_fn emit, void *ctx)
{
	const struct foo_gpu *gpu = (const struct foo_gpu *)dev;

	for (size_t i = 0; i < RTE_DIM(gpu_counter); i++)
		emit(ctx, gpu_counter[i].name, counter_get(&gpu->stats, gpu_counter[i].offset));
}
