/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Content of test packets: written, verified, and every single wrong byte found.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bench_payload.h"

#define ADDRESSES 12u

static const struct bench_payload_addr addr = {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}};

static struct bench_payload
payload(uint32_t length, enum bench_payload_level level)
{
	return (struct bench_payload){.stream = 3,
				      .length = length,
				      .seq = 123456789012,
				      .time = 77777777777777,
				      .level = (uint8_t)level};
}

static void
test_round_trip(void **state)
{
	static const uint32_t length[] = {48, 49, 55, 56, 60, 64, 111, 112, 113, 1500, 9000, 65535};
	uint8_t *buf = malloc(65536);

	(void)state;
	for (unsigned int i = 0; i < sizeof(length) / sizeof(length[0]); i++)
		for (int level = BENCH_PAYLOAD_SEQ; level <= BENCH_PAYLOAD_FULL; level++) {
			struct bench_payload in = payload(length[i], level), out;

			/* at an odd address, and not a byte too far */
			buf[length[i]] = 0x5a;
			bench_payload_write(buf, &in, &addr);
			assert_int_equal(buf[length[i]], 0x5a);
			assert_memory_equal(buf, &addr, ADDRESSES);
			memmove(buf + 1, buf, length[i]);
			assert_int_equal(bench_payload_verify(buf + 1, length[i],
							      BENCH_PAYLOAD_FULL, &out, NULL),
					 BENCH_PAYLOAD_OK);
			assert_int_equal(out.stream, in.stream);
			assert_int_equal(out.seq, in.seq);
			assert_int_equal(out.time, in.time);
			assert_int_equal(out.length, in.length);
			assert_int_equal(out.level, level);
		}
	free(buf);
}

/* At BENCH_PAYLOAD_SEQ nothing behind our header is touched or looked at. */
static void
test_seq_level(void **state)
{
	struct bench_payload in = payload(200, BENCH_PAYLOAD_SEQ), out;
	uint8_t buf[200], rest[200];

	(void)state;
	memset(buf, 0xcd, sizeof(buf));
	memset(rest, 0xcd, sizeof(rest));
	bench_payload_write(buf, &in, &addr);
	assert_memory_equal(buf + BENCH_PAYLOAD_HEADER, rest, 200 - BENCH_PAYLOAD_HEADER);
	in.seq++;
	bench_payload_rewrite(buf, &in);
	buf[100] ^= 1;
	assert_int_equal(bench_payload_verify(buf, 200, BENCH_PAYLOAD_FULL, &out, NULL),
			 BENCH_PAYLOAD_OK);
	assert_int_equal(out.seq, in.seq);
}

/* Every bit of every byte but the addresses, which a back-end may exchange. */
static void
test_every_bit(void **state)
{
	struct bench_payload in = payload(300, BENCH_PAYLOAD_FULL), out;
	struct bench_payload_difference d;
	uint8_t buf[300];

	(void)state;
	bench_payload_write(buf, &in, &addr);
	for (unsigned int bit = 0; bit < 8 * sizeof(buf); bit++) {
		enum bench_payload_verdict want = BENCH_PAYLOAD_DIFFERENT, verdict;

		if (bit < 8 * ADDRESSES)
			want = BENCH_PAYLOAD_OK;
		else if (bit / 8 < 14 || (bit / 8 >= 16 && bit / 8 < 20))
			want = BENCH_PAYLOAD_FOREIGN;
		else if (bit / 8 < BENCH_PAYLOAD_HEADER)
			want = BENCH_PAYLOAD_DAMAGED;
		buf[bit / 8] ^= (uint8_t)(1u << bit % 8);
		verdict = bench_payload_verify(buf, sizeof(buf), BENCH_PAYLOAD_FULL, &out, &d);
		assert_int_equal(verdict, want);
		if (want != BENCH_PAYLOAD_OK)
			assert_int_equal(d.verdict, want);
		if (want == BENCH_PAYLOAD_DIFFERENT) {
			assert_int_equal(d.offset, bit / 8);
			assert_int_equal(d.found, buf[bit / 8]);
			assert_int_equal(d.expected ^ d.found, 1u << bit % 8);
		}
		buf[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void
test_length(void **state)
{
	struct bench_payload in = payload(100, BENCH_PAYLOAD_SEQ), out;
	struct bench_payload_difference d;
	uint8_t buf[128] = {0};

	(void)state;
	bench_payload_write(buf, &in, &addr);
	assert_int_equal(bench_payload_verify(buf, 99, BENCH_PAYLOAD_SEQ, &out, &d),
			 BENCH_PAYLOAD_LENGTH);
	assert_int_equal(d.offset, 99);
	assert_int_equal(d.expected, 100);
	assert_int_equal(d.found, 99);
	assert_int_equal(bench_payload_verify(buf, 101, BENCH_PAYLOAD_SEQ, &out, NULL),
			 BENCH_PAYLOAD_LENGTH);
	assert_int_equal(bench_payload_verify(buf, 47, BENCH_PAYLOAD_SEQ, &out, &d),
			 BENCH_PAYLOAD_SHORT);
	assert_int_equal(d.found, 47);
	assert_int_equal(bench_payload_verify(buf, 0, BENCH_PAYLOAD_SEQ, &out, NULL),
			 BENCH_PAYLOAD_SHORT);
}

/* The content of another packet, whole and in order, is still wrong. */
static void
test_other_packet(void **state)
{
	struct bench_payload a = payload(500, BENCH_PAYLOAD_FULL), b = a, out;
	uint8_t first[500], second[500];

	(void)state;
	b.seq++;
	bench_payload_write(first, &a, &addr);
	bench_payload_write(second, &b, &addr);
	memcpy(first + 64, second + 64, 436);
	assert_int_equal(bench_payload_verify(first, 500, BENCH_PAYLOAD_FULL, &out, NULL),
			 BENCH_PAYLOAD_DIFFERENT);
	/* its own content, moved by one word */
	bench_payload_write(first, &a, &addr);
	memmove(first + 64, first + 72, 500 - 72);
	assert_int_equal(bench_payload_verify(first, 500, BENCH_PAYLOAD_FULL, &out, NULL),
			 BENCH_PAYLOAD_DIFFERENT);
}

/* A pattern in pieces of any size is the same as in one. */
static void
test_pieces(void **state)
{
	const uint64_t key = bench_payload_key(9, 8);
	uint8_t whole[600], piece[600];

	(void)state;
	bench_payload_fill(whole, sizeof(whole), key, 13);
	for (unsigned int i = 0; i < sizeof(whole); i++)
		assert_int_equal(whole[i], bench_payload_byte(key, 13 + i));
	for (uint32_t size = 1; size < 150; size += 7) {
		memset(piece, 0, sizeof(piece));
		for (uint32_t at = 0; at < sizeof(piece); at += size) {
			uint32_t n = sizeof(piece) - at < size ? sizeof(piece) - at : size;

			bench_payload_fill(piece + at, n, key, 13 + at);
			assert_int_equal(bench_payload_compare(whole + at, n, key, 13 + at), n);
		}
		assert_memory_equal(piece, whole, sizeof(whole));
	}
}

static void
test_describe(void **state)
{
	struct bench_payload in = payload(100, BENCH_PAYLOAD_FULL), out;
	struct bench_payload_difference d;
	uint8_t buf[100];
	char text[160];

	(void)state;
	bench_payload_write(buf, &in, &addr);
	buf[70] = (uint8_t)~buf[70];
	assert_int_equal(bench_payload_verify(buf, 100, BENCH_PAYLOAD_FULL, &out, &d),
			 BENCH_PAYLOAD_DIFFERENT);
	bench_payload_describe(&out, &d, text, sizeof(text));
	assert_non_null(strstr(text, "packet 123456789012 of stream 3"));
	assert_non_null(strstr(text, "byte 70 of 100"));
	assert_int_equal(bench_payload_verify(buf, 90, BENCH_PAYLOAD_FULL, &out, &d),
			 BENCH_PAYLOAD_LENGTH);
	bench_payload_describe(&out, &d, text, sizeof(text));
	assert_non_null(strstr(text, "90 bytes instead of 100"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),   cmocka_unit_test(test_seq_level),
		cmocka_unit_test(test_every_bit),    cmocka_unit_test(test_length),
		cmocka_unit_test(test_other_packet), cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_describe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
