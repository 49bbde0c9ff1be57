/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BENCH_HIST_H
#define BENCH_HIST_H

/**
 * @file
 * A histogram of latencies in ns, from 1 ns to 100 s, with three significant digits.
 *
 * Log-linear buckets: below 2048 ns each value has its own; above, every power of two is cut into
 * 1024 equal parts, so that a bucket is never wider than 1/1024 of its values. This is how an HDR
 * histogram of three digits works. It is written here because Debian 12 has no package of
 * HdrHistogram_c. The correction for coordinated omission that such histograms offer is not
 * needed: latencies are taken from the time at which a request was due (bench_pace.h).
 *
 * One thread records into a histogram, without locks and without allocation; any thread may read
 * or merge it meanwhile, and sees it a few records behind.
 */

#include <stdint.h>

/** Bits of a value that a bucket keeps: 10 give 1024 buckets for each power of two. */
#define BENCH_HIST_BITS 10

/** Largest value, 100 s; larger ones are counted as this one (bench_hist::max is exact). */
#define BENCH_HIST_LARGEST UINT64_C(100000000000)

/** Number of buckets: the largest value has bit 36 as its highest. */
#define BENCH_HIST_BUCKETS ((36 - BENCH_HIST_BITS + 2) << BENCH_HIST_BITS)

/** A histogram. Members are for reading. */
struct bench_hist {
	uint64_t count;   /**< Values recorded. */
	uint64_t sum;     /**< Their sum in ns: 2^64 is 584 years of waiting, all together. */
	uint64_t min;     /**< Smallest one, exact; UINT64_MAX: none. */
	uint64_t max;     /**< Largest one, exact, even if it is beyond BENCH_HIST_LARGEST. */
	uint64_t *bucket; /**< BENCH_HIST_BUCKETS counts. */
};

/** Make an empty histogram (224 KiB). @return 0 or -ENOMEM */
int bench_hist_init(struct bench_hist *h);

/** Free it. */
void bench_hist_fini(struct bench_hist *h);

/** Forget all values: the end of a warm-up. Recording thread. */
void bench_hist_reset(struct bench_hist *h);

/** The bucket of a value. */
static inline unsigned int
bench_hist_index(uint64_t ns)
{
	unsigned int shift;

	if (ns > BENCH_HIST_LARGEST)
		ns = BENCH_HIST_LARGEST;
	/* | 2047: without it small values would have a shift below 0 */
	shift = 63 - (unsigned int)__builtin_clzll(ns | ((2u << BENCH_HIST_BITS) - 1));
	shift -= BENCH_HIST_BITS;
	return (shift << BENCH_HIST_BITS) + (unsigned int)(ns >> shift);
}

/** Private: change a word that this thread alone writes and others may read. */
static inline void
bench_hist_set(uint64_t *word, uint64_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELAXED);
}

/** Record a value n times. */
static inline void
bench_hist_record_n(struct bench_hist *h, uint64_t ns, uint64_t n)
{
	uint64_t *bucket = &h->bucket[bench_hist_index(ns)];

	bench_hist_set(bucket, *bucket + n);
	bench_hist_set(&h->count, h->count + n);
	bench_hist_set(&h->sum, h->sum + ns * n);
	if (ns < h->min)
		bench_hist_set(&h->min, ns);
	if (ns > h->max)
		bench_hist_set(&h->max, ns);
}

/** Record a value. */
static inline void
bench_hist_record(struct bench_hist *h, uint64_t ns)
{
	bench_hist_record_n(h, ns, 1);
}

/** Add all values of src to dst, which no other thread uses meanwhile. */
void bench_hist_merge(struct bench_hist *dst, const struct bench_hist *src);

/** Largest value that falls into the same bucket as all others there. */
uint64_t bench_hist_bucket_top(unsigned int index);

/**
 * The value that percent of all values do not exceed, three digits of it exact; never larger than
 * the largest value recorded.
 *
 * @param percent 0 to 100; 0: the smallest value, 100: the largest
 * @return ns; 0 if nothing was recorded
 */
uint64_t bench_hist_percentile(const struct bench_hist *h, double percent);

/** Mean in ns, exact; 0 if nothing was recorded. */
double bench_hist_mean(const struct bench_hist *h);

/** Smallest value in ns; 0 if nothing was recorded. */
uint64_t bench_hist_min(const struct bench_hist *h);

#endif /* BENCH_HIST_H */
