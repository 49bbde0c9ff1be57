/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * EDID of the monitors (VESA E-EDID 1.4), with one mode, and a DisplayID 1.3 block for a mode that
 * is too large for the fields of an EDID.
 */
#include <string.h>

#include <rte_common.h>

#include "gpu_priv.h"

/* Bytes of a block. */
#define EDID_BLOCK 128

/* Bytes of a text in a display descriptor. */
#define EDID_TEXT 13

/* Dots of 0.1 in: what guests take for a usual density of pixels, 100 of them an inch. */
#define EDID_MM(pixels) ((pixels)*254 / 1000)

/* Refresh rate in Hz. */
#define EDID_RATE 60

/* A mode with reduced blanking, as VESA's CVT has it. */
struct edid_timing {
	uint32_t width, height;       /* pixels */
	uint32_t h_blank, v_blank;    /* pixels, lines */
	uint32_t h_front, h_sync;     /* pixels */
	uint32_t v_front, v_sync;     /* lines */
	uint32_t clock;               /* 10 kHz */
	uint32_t width_mm, height_mm; /* size of the picture */
};

static struct edid_timing
edid_timing(struct foo_gpu_size size)
{
	struct edid_timing t = {
		.width = size.width,
		.height = size.height,
		.h_blank = 160,
		.h_front = 48,
		.h_sync = 32,
		.v_front = 3,
		.v_sync = 5,
		.width_mm = EDID_MM(size.width),
		.height_mm = EDID_MM(size.height),
	};

	/* at least 460 us of each 16667 us are blank */
	t.v_blank =
		RTE_MAX(UINT32_C(14), t.height * 460 * EDID_RATE / (1000000 - 460 * EDID_RATE) + 1);
	t.clock = (uint32_t)((uint64_t)(t.width + t.h_blank) * (t.height + t.v_blank) * EDID_RATE /
			     10000);
	return t;
}

/* Whether the mode fits the detailed timing of an EDID. */
static bool
edid_fits(const struct edid_timing *t)
{
	return t->width < 4096 && t->height < 4096 && t->clock < 65536;
}

static void
put16(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)value;
	to[1] = (uint8_t)(value >> 8);
}

/* What makes the sum of len bytes and of this one 0. */
static uint8_t
edid_checksum(const uint8_t *from, size_t len)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += from[i];
	return (uint8_t)-sum;
}

/* Detailed timing descriptor (E-EDID 3.10.2). */
static void
edid_detailed(uint8_t *d, const struct edid_timing *t)
{
	put16(d, t->clock);
	d[2] = (uint8_t)t->width;
	d[3] = (uint8_t)t->h_blank;
	d[4] = (uint8_t)(t->width >> 8 << 4 | t->h_blank >> 8);
	d[5] = (uint8_t)t->height;
	d[6] = (uint8_t)t->v_blank;
	d[7] = (uint8_t)(t->height >> 8 << 4 | t->v_blank >> 8);
	d[8] = (uint8_t)t->h_front;
	d[9] = (uint8_t)t->h_sync;
	d[10] = (uint8_t)(t->v_front << 4 | t->v_sync);
	d[12] = (uint8_t)t->width_mm;
	d[13] = (uint8_t)t->height_mm;
	d[14] = (uint8_t)(t->width_mm >> 8 << 4 | t->height_mm >> 8);
	d[17] = 0x1a; /* digital separate sync, horizontal positive */
}

/* Display descriptor with a text (E-EDID 3.10.3). */
static void
edid_text(uint8_t *d, uint8_t tag, const char *text)
{
	size_t len = strnlen(text, EDID_TEXT);

	d[3] = tag;
	memset(d + 5, ' ', EDID_TEXT);
	memcpy(d + 5, text, len);
	if (len < EDID_TEXT)
		d[5 + len] = '\n';
}

/* Display range limits: whatever a guest may set (E-EDID 3.10.3.3). */
static void
edid_ranges(uint8_t *d)
{
	static const uint8_t limits[] = {
		50,  /* Hz, vertical, at least */
		125, /* and at most */
		30,  /* kHz, horizontal, at least */
		255, /* and at most */
		255, /* 10 MHz, dot clock, at most */
		0x01, '\n', ' ', ' ', ' ', ' ', ' ', ' ',
	};

	d[3] = 0xfd;
	memcpy(d + 5, limits, sizeof(limits));
}

/* Vendor, product, version and basic parameters (E-EDID 3.3 to 3.9). */
static void
edid_head(uint8_t *e, uint32_t output, const struct edid_timing *t)
{
	static const uint8_t magic[] = {0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00};
	/* the primaries of sRGB */
	static const uint8_t colours[] = {0xee, 0x91, 0xa3, 0x54, 0x4c,
					  0x99, 0x26, 0x0f, 0x50, 0x54};

	memcpy(e, magic, sizeof(magic));
	/* "FOO", five bits a letter, the first one highest */
	e[8] = ('F' - '@') << 2 | ('O' - '@') >> 3;
	e[9] = (uint8_t)(('O' - '@') << 5 | ('O' - '@'));
	put16(e + 10, 1);
	put16(e + 12, output);
	e[16] = 1;           /* week */
	e[17] = 2026 - 1990; /* year */
	e[18] = 1;           /* version 1.4 */
	e[19] = 4;
	e[20] = 0xa5; /* digital, 8 bits a colour, DisplayPort */
	e[21] = (uint8_t)RTE_MIN(t->width_mm / 10, 255u);
	e[22] = (uint8_t)RTE_MIN(t->height_mm / 10, 255u);
	e[23] = 220 - 100; /* gamma 2.2 */
	e[24] = 0x06;      /* sRGB, and the first mode is the preferred one */
	memcpy(e + 25, colours, sizeof(colours));
	memset(e + 38, 0x01, 16); /* no standard timings */
}

/* DisplayID extension with one detailed timing of type I (DisplayID 1.3, 4.4.1). */
static void
edid_displayid(uint8_t *e, const struct edid_timing *t)
{
	uint8_t *d = e + 8;

	e[0] = 0x70;
	e[1] = 0x13;           /* version 1.3 */
	e[2] = EDID_BLOCK - 7; /* bytes of the section, without its ends and this block's */
	e[3] = 0x03;           /* a display that stands by itself */
	e[5] = 0x03;           /* detailed timings, type I */
	e[7] = 20;
	put16(d, t->clock - 1);
	d[2] = (uint8_t)((t->clock - 1) >> 16);
	d[3] = 0x88; /* preferred; the aspect ratio is not one of the list */
	put16(d + 4, t->width - 1);
	put16(d + 6, t->h_blank - 1);
	put16(d + 8, (t->h_front - 1) | 0x8000);
	put16(d + 10, t->h_sync - 1);
	put16(d + 12, t->height - 1);
	put16(d + 14, t->v_blank - 1);
	put16(d + 16, t->v_front - 1);
	put16(d + 18, t->v_sync - 1);
	e[EDID_BLOCK - 2] = edid_checksum(e + 1, EDID_BLOCK - 3);
	e[EDID_BLOCK - 1] = edid_checksum(e, EDID_BLOCK - 1);
}

uint32_t
gpu_edid_make(uint8_t edid[GPU_EDID_MAX], const char *name, uint32_t output,
	      struct foo_gpu_size size)
{
	/* what stands in the first block then, which has to have a mode */
	static const struct foo_gpu_size small = {1920, 1080};
	struct edid_timing t = edid_timing(size), first = t;
	bool large = !edid_fits(&t);

	if (large)
		first = edid_timing(small);
	memset(edid, 0, GPU_EDID_MAX);
	edid_head(edid, output, &t);
	edid_detailed(edid + 54, &first);
	edid_text(edid + 72, 0xfc, name);
	edid_ranges(edid + 90);
	edid[108 + 3] = 0x10; /* no descriptor */
	edid[126] = large;    /* extensions */
	edid[127] = edid_checksum(edid, EDID_BLOCK - 1);
	if (large)
		edid_displayid(edid + EDID_BLOCK, &t);
	return large ? 2 * EDID_BLOCK : EDID_BLOCK;
}
