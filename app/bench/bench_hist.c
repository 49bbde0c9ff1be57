/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench_hist.h"

static uint64_t
hist_get(const uint64_t *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

int
bench_hist_init(struct bench_hist *h)
{
	h->bucket = calloc(BENCH_HIST_BUCKETS, sizeof(*h->bucket));
	if (h->bucket == NULL)
		return -ENOMEM;
	bench_hist_reset(h);
	return 0;
}

void
bench_hist_fini(struct bench_hist *h)
{
	free(h->bucket);
	memset(h, 0, sizeof(*h));
}

void
bench_hist_reset(struct bench_hist *h)
{
	for (unsigned int i = 0; i < BENCH_HIST_BUCKETS; i++)
		bench_hist_set(&h->bucket[i], 0);
	bench_hist_set(&h->count, 0);
	bench_hist_set(&h->sum, 0);
	bench_hist_set(&h->min, UINT64_MAX);
	bench_hist_set(&h->max, 0);
}

/* The count is taken from the buckets, so that the two agree even if src is being written. */
void
bench_hist_merge(struct bench_hist *dst, const struct bench_hist *src)
{
	uint64_t min = hist_get(&src->min), max = hist_get(&src->max);

	for (unsigned int i = 0; i < BENCH_HIST_BUCKETS; i++) {
		uint64_t n = hist_get(&src->bucket[i]);

		dst->bucket[i] += n;
		dst->count += n;
	}
	dst->sum += hist_get(&src->sum);
	if (min < dst->min)
		dst->min = min;
	if (max > dst->max)
		dst->max = max;
}

uint64_t
bench_hist_bucket_top(unsigned int index)
{
	unsigned int shift;

	if (index < 2u << BENCH_HIST_BITS)
		return index;
	shift = (index >> BENCH_HIST_BITS) - 1;
	return (((uint64_t)index - (shift << BENCH_HIST_BITS) + 1) << shift) - 1;
}

uint64_t
bench_hist_percentile(const struct bench_hist *h, double percent)
{
	uint64_t count = hist_get(&h->count), max = hist_get(&h->max), seen = 0;
	/* less a millionth: 99.9 % of 1000 must be 999, not what the rounding makes of it */
	double rank = ceil(percent / 100.0 * (double)count - 1e-6);

	if (count == 0)
		return 0;
	if (rank >= (double)count)
		return max;
	for (unsigned int i = 0; i < BENCH_HIST_BUCKETS; i++) {
		seen += hist_get(&h->bucket[i]);
		if (seen > 0 && (double)seen >= rank) {
			uint64_t top = bench_hist_bucket_top(i);

			return percent <= 0 ? bench_hist_min(h) : top < max ? top : max;
		}
	}
	return max;
}

double
bench_hist_mean(const struct bench_hist *h)
{
	uint64_t count = hist_get(&h->count);

	return count == 0 ? 0 : (double)hist_get(&h->sum) / (double)count;
}

uint64_t
bench_hist_min(const struct bench_hist *h)
{
	return hist_get(&h->count) == 0 ? 0 : hist_get(&h->min);
}
