/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <arpa/inet.h>
#include <endian.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "bench_payload.h"

#define PAYLOAD_MAGIC UINT32_C(0x6f6f6664)
#define PAYLOAD_STEP UINT64_C(0x9e3779b97f4a7c15)

const char *const bench_payload_level_names[] = {
	[BENCH_PAYLOAD_SEQ] = "seq",
	[BENCH_PAYLOAD_FULL] = "full",
	NULL,
};

/* A packet's start as it is on the wire; little endian but for the EtherType. */
struct payload_wire {
	uint8_t dst[6];
	uint8_t src[6];
	uint16_t ethertype;
	uint16_t level;
	uint32_t magic;
	uint32_t stream;
	uint64_t seq;
	uint64_t time;
	uint32_t length;
	uint32_t checksum;
};

_Static_assert(sizeof(struct payload_wire) == BENCH_PAYLOAD_HEADER, "has padding");

/* A change of any bit of the input changes about half of the output. */
static uint64_t
payload_mix(uint64_t x)
{
	x = (x ^ (x >> 32)) * UINT64_C(0xd6e8feb86659fd93);
	x = (x ^ (x >> 32)) * UINT64_C(0xd6e8feb86659fd93);
	return x ^ (x >> 32);
}

/* Each step can be undone, so that no two headers that differ in one word get the same 64 bits. */
static uint32_t
payload_checksum(const struct payload_wire *w)
{
	uint64_t x = payload_mix((uint64_t)w->level << 32 | w->magic);

	x = payload_mix(x + ((uint64_t)w->stream << 32 | w->length));
	x = payload_mix(x + w->seq);
	x = payload_mix(x + w->time);
	return (uint32_t)x;
}

const char *
bench_payload_verdict_text(enum bench_payload_verdict verdict)
{
	static const char *const text[BENCH_PAYLOAD_VERDICTS] = {
		[BENCH_PAYLOAD_OK] = "as it was sent",
		[BENCH_PAYLOAD_SHORT] = "too short to be a test packet",
		[BENCH_PAYLOAD_FOREIGN] = "not a test packet",
		[BENCH_PAYLOAD_DAMAGED] = "header damaged: wrong checksum",
		[BENCH_PAYLOAD_LENGTH] = "wrong length",
		[BENCH_PAYLOAD_DIFFERENT] = "content differs",
	};

	return (unsigned int)verdict < BENCH_PAYLOAD_VERDICTS ? text[verdict] : "?";
}

uint64_t
bench_payload_key(uint64_t stream, uint64_t seq)
{
	return payload_mix(payload_mix(stream + PAYLOAD_STEP) + seq);
}

/* The pattern: little-endian words, each a step above the one before. */
static uint64_t
payload_word(uint64_t key, uint64_t index)
{
	return htole64(key + index * PAYLOAD_STEP);
}

uint8_t
bench_payload_byte(uint64_t key, uint64_t offset)
{
	uint64_t word = payload_word(key, offset / 8);
	uint8_t bytes[8];

	memcpy(bytes, &word, 8);
	return bytes[offset % 8];
}

void
bench_payload_fill(void *buf, uint32_t len, uint64_t key, uint64_t offset)
{
	uint8_t *p = buf;
	uint32_t i = 0;

	for (; i < len && (offset + i) % 8 != 0; i++)
		p[i] = bench_payload_byte(key, offset + i);
	for (; len - i >= 8; i += 8) {
		uint64_t word = payload_word(key, (offset + i) / 8);

		memcpy(p + i, &word, 8);
	}
	for (; i < len; i++)
		p[i] = bench_payload_byte(key, offset + i);
}

/* Whole lines without a branch inside: the compiler makes vector code of it. */
static uint32_t
payload_compare_lines(const uint8_t *p, uint32_t len, uint64_t key, uint64_t index)
{
	uint32_t i;

	for (i = 0; len - i >= 64; i += 64, index += 8) {
		uint64_t diff = 0, word;

		for (unsigned int w = 0; w < 8; w++) {
			memcpy(&word, p + i + 8 * w, 8);
			diff |= word ^ payload_word(key, index + w);
		}
		if (diff != 0)
			break;
	}
	return i;
}

uint32_t
bench_payload_compare(const void *buf, uint32_t len, uint64_t key, uint64_t offset)
{
	const uint8_t *p = buf;
	uint64_t word;
	uint32_t i = 0;

	for (; i < len && (offset + i) % 8 != 0; i++)
		if (p[i] != bench_payload_byte(key, offset + i))
			return i;
	i += payload_compare_lines(p + i, len - i, key, (offset + i) / 8);
	for (; len - i >= 8; i += 8) {
		memcpy(&word, p + i, 8);
		if (word != payload_word(key, (offset + i) / 8))
			break;
	}
	for (; i < len; i++)
		if (p[i] != bench_payload_byte(key, offset + i))
			return i;
	return len;
}

void
bench_payload_rewrite(void *packet, const struct bench_payload *p)
{
	const size_t skip = offsetof(struct payload_wire, ethertype);
	struct payload_wire w = {
		.ethertype = htons(BENCH_PAYLOAD_ETHERTYPE),
		.level = htole16(p->level),
		.magic = htole32(PAYLOAD_MAGIC),
		.stream = htole32(p->stream),
		.seq = htole64(p->seq),
		.time = htole64(p->time),
		.length = htole32(p->length),
	};

	w.checksum = htole32(payload_checksum(&w));
	memcpy((uint8_t *)packet + skip, &w.ethertype, sizeof(w) - skip);
}

void
bench_payload_write(void *packet, const struct bench_payload *p,
		    const struct bench_payload_addr *addr)
{
	memcpy(packet, addr->dst, 6);
	memcpy((uint8_t *)packet + 6, addr->src, 6);
	bench_payload_rewrite(packet, p);
	if (p->level == BENCH_PAYLOAD_FULL)
		bench_payload_fill((uint8_t *)packet + BENCH_PAYLOAD_HEADER,
				   p->length - BENCH_PAYLOAD_HEADER,
				   bench_payload_key(p->stream, p->seq), BENCH_PAYLOAD_HEADER);
}

enum bench_payload_verdict
bench_payload_read(const void *packet, uint32_t length, struct bench_payload *p)
{
	struct payload_wire w;

	if (length < BENCH_PAYLOAD_HEADER)
		return BENCH_PAYLOAD_SHORT;
	memcpy(&w, packet, sizeof(w));
	if (w.ethertype != htons(BENCH_PAYLOAD_ETHERTYPE) || w.magic != htole32(PAYLOAD_MAGIC))
		return BENCH_PAYLOAD_FOREIGN;
	if (w.checksum != htole32(payload_checksum(&w)))
		return BENCH_PAYLOAD_DAMAGED;
	p->stream = le32toh(w.stream);
	p->length = le32toh(w.length);
	p->seq = le64toh(w.seq);
	p->time = le64toh(w.time);
	p->level = (uint8_t)le16toh(w.level);
	return p->length == length ? BENCH_PAYLOAD_OK : BENCH_PAYLOAD_LENGTH;
}

/* Which byte tells: the first one of what is wrong. */
static void
payload_difference(const void *packet, uint32_t length, enum bench_payload_verdict verdict,
		   const struct bench_payload *p, struct bench_payload_difference *d)
{
	const uint16_t ethertype = htons(BENCH_PAYLOAD_ETHERTYPE);

	*d = (struct bench_payload_difference){.verdict = verdict};
	switch (verdict) {
	case BENCH_PAYLOAD_SHORT:
		d->offset = length;
		d->expected = BENCH_PAYLOAD_HEADER;
		d->found = length;
		break;
	case BENCH_PAYLOAD_FOREIGN:
		d->offset = offsetof(struct payload_wire, magic);
		if (memcmp((const uint8_t *)packet + 12, &ethertype, 2) != 0)
			d->offset = offsetof(struct payload_wire, ethertype);
		break;
	case BENCH_PAYLOAD_DAMAGED:
		d->offset = offsetof(struct payload_wire, ethertype);
		break;
	case BENCH_PAYLOAD_LENGTH:
		d->offset = length < p->length ? length : p->length;
		d->expected = p->length;
		d->found = length;
		break;
	default:
		break;
	}
}

enum bench_payload_verdict
bench_payload_verify(const void *packet, uint32_t length, enum bench_payload_level level,
		     struct bench_payload *p, struct bench_payload_difference *d)
{
	enum bench_payload_verdict verdict = bench_payload_read(packet, length, p);
	uint64_t key;
	uint32_t at;

	if (verdict != BENCH_PAYLOAD_OK) {
		if (d != NULL)
			payload_difference(packet, length, verdict, p, d);
		return verdict;
	}
	if (level != BENCH_PAYLOAD_FULL || p->level != BENCH_PAYLOAD_FULL)
		return BENCH_PAYLOAD_OK;
	key = bench_payload_key(p->stream, p->seq);
	at = BENCH_PAYLOAD_HEADER +
	     bench_payload_compare((const uint8_t *)packet + BENCH_PAYLOAD_HEADER,
				   length - BENCH_PAYLOAD_HEADER, key, BENCH_PAYLOAD_HEADER);
	if (at == length)
		return BENCH_PAYLOAD_OK;
	if (d != NULL)
		*d = (struct bench_payload_difference){
			.verdict = BENCH_PAYLOAD_DIFFERENT,
			.offset = at,
			.expected = bench_payload_byte(key, at),
			.found = ((const uint8_t *)packet)[at],
		};
	return BENCH_PAYLOAD_DIFFERENT;
}

void
bench_payload_describe(const struct bench_payload *p, const struct bench_payload_difference *d,
		       char *text, unsigned int size)
{
	const char *what = bench_payload_verdict_text(d->verdict);

	switch (d->verdict) {
	case BENCH_PAYLOAD_DIFFERENT:
		snprintf(text, size,
			 "packet %" PRIu64 " of stream %" PRIu32 ": %s at byte %" PRIu32
			 " of %" PRIu32 ": 0x%02" PRIx32 " instead of 0x%02" PRIx32,
			 p->seq, p->stream, what, d->offset, p->length, d->found, d->expected);
		break;
	case BENCH_PAYLOAD_LENGTH:
		snprintf(text, size,
			 "packet %" PRIu64 " of stream %" PRIu32 ": %s: %" PRIu32
			 " bytes instead of %" PRIu32,
			 p->seq, p->stream, what, d->found, d->expected);
		break;
	case BENCH_PAYLOAD_SHORT:
		snprintf(text, size, "a packet of %" PRIu32 " bytes: %s", d->found, what);
		break;
	default:
		snprintf(text, size, "a packet, at byte %" PRIu32 ": %s", d->offset, what);
		break;
	}
}
