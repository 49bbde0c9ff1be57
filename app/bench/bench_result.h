/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BENCH_RESULT_H
#define BENCH_RESULT_H

/**
 * @file
 * What a load run found: the verbs fill it in, bench_report.h prints it, bench_json.h writes it.
 */

#include <stdint.h>

#include "bench_hist.h"
#include "bench_track.h"

/** Result of `net`: of a guest, of all guests together, or of an interval. */
struct bench_net_result {
	double seconds;                   /**< Time that the counters are of. */
	uint64_t tx_packets;              /**< Packets sent. */
	uint64_t rx_packets;              /**< Packets received, those found wrong included. */
	uint64_t not_sent;                /**< With a rate: due when the load ended, not sent. */
	uint64_t tx_bytes;                /**< Bytes sent, Ethernet header included, no FCS. */
	uint64_t rx_bytes;                /**< Bytes received. */
	struct bench_track_result track;  /**< Sequence numbers. */
	uint64_t corrupted;               /**< Packets that were not as they were sent. */
	uint64_t missed_calls;            /**< Interrupts that did not come: bench_call.h. */
	const struct bench_hist *latency; /**< From due to received; NULL: not measured. */
};

/** Result of `blk`: of a guest, of all guests together, or of an interval. */
struct bench_blk_result {
	double seconds;                   /**< Time that the counters are of. */
	uint64_t requests;                /**< Requests completed, failed ones included. */
	uint64_t reads;                   /**< Reads among them. */
	uint64_t writes;                  /**< Writes among them. */
	uint64_t flushes;                 /**< Flushes among them. */
	uint64_t discards;                /**< Discards among them. */
	uint64_t write_zeroes;            /**< Write-zeroes among them. */
	uint64_t bytes;                   /**< Bytes read and written. */
	uint64_t verified;                /**< Reads whose content was known and compared. */
	uint64_t not_sent;                /**< With a rate: due when the load ended, not sent. */
	uint64_t lost;                    /**< Requests that were never completed. */
	uint64_t errors;                  /**< Requests with a status other than OK. */
	uint64_t verify_errors;           /**< Reads whose content was wrong. */
	uint64_t bad_status;              /**< Status bytes not written, or of no meaning. */
	uint64_t bad_used_length;         /**< Used lengths that cannot be right. */
	uint64_t missed_calls;            /**< Interrupts that did not come: bench_call.h. */
	const struct bench_hist *latency; /**< From due to completed; NULL: not measured. */
};

/** n a second. */
static inline double
bench_rate(uint64_t n, double seconds)
{
	return seconds > 0 ? (double)n / seconds : 0;
}

#endif /* BENCH_RESULT_H */
