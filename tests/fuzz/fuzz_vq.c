/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * The whole memory of a guest, rings included, is what the fuzzer says; a device works on it.
 *
 * An input is a struct input_header and then the guest's memory. Two queues of one format lie in
 * it. Each ring area, and each of two data areas, is a region of guest memory and a heap block of
 * its own, of exact size, so that AddressSanitizer sees any step beyond. Guest physical addresses
 * start at 0 and the regions follow each other without a gap (or with one, before the second
 * data area), so buffers may span them and descriptors may point into the rings.
 *
 * The header's operations say what device and guest do, in which order. After each of them the
 * promises of foo_vq.h are checked. Built once for each ring format (FUZZ_PACKED).
 */
#include <string.h>

#include "fuzz_vq.h"

/* ---- set-up ---- */

static uint64_t
area_bytes(unsigned int area, uint16_t size, bool event_idx)
{
	if (area == 0)
		return 16u * size;
	if (FUZZ_PACKED)
		return sizeof(struct vring_packed_desc_event);
	return (area == 1 ? 4 + 2u * size : 4 + 8u * size) + (event_idx ? 2 : 0);
}

static uint64_t
rings_bytes(uint16_t size, bool event_idx)
{
	uint64_t sum = 0;

	for (unsigned int area = 0; area < NUM_AREAS; area++)
		sum += 2 * area_bytes(area, size, event_idx);
	return sum;
}

static void
add_region(struct fuzz *f, uint64_t gpa, uint64_t offset, uint64_t size)
{
	unsigned int i = f->mem.nregions;
	uint8_t *va;

	if (size == 0)
		return;
	va = malloc(size);
	f->shadow[i] = malloc(size);
	CHECK(va != NULL && f->shadow[i] != NULL);
	memcpy(va, f->bytes + offset, size);
	memcpy(f->shadow[i], f->bytes + offset, size);
	f->offset[i] = offset;
	CHECK(foo_mem_add(&f->mem, gpa, size, va) == 0);
}

/* The largest size, not above the wanted one, whose rings fit; 0 if none. */
static uint16_t
ring_size(const struct input_header *in, uint64_t bytes)
{
	uint16_t size = FUZZ_PACKED ? in->size + 1 : 1 << in->size % 9;

	while (size > 0 && rings_bytes(size, in->flags & FLAG_EVENT_IDX) > bytes)
		size /= 2;
	return size;
}

static void
make_memory(struct fuzz *f, uint16_t size, uint64_t bytes)
{
	uint64_t offset = 0, gap = f->in->flags & FLAG_GAP ? GAP : 0;

	foo_mem_init(&f->mem);
	for (unsigned int i = 0; i < 2 * NUM_AREAS; i++) {
		uint64_t n = area_bytes(i % NUM_AREAS, size, f->in->flags & FLAG_EVENT_IDX);

		add_region(f, offset, offset, n);
		offset += n;
	}
	add_region(f, offset, offset, (bytes - offset) / 2);
	offset += (bytes - offset) / 2;
	add_region(f, offset + gap, offset, bytes - offset);
	if (f->in->flags & FLAG_LOG) {
		uint64_t pages = (bytes + gap) / FOO_MEM_LOG_PAGE + 1;

		f->log = calloc(1, (pages + 7) / 8);
		CHECK(f->log != NULL);
		foo_mem_set_log(&f->mem, f->log, (pages + 7) / 8);
	}
}

static uint16_t
ring_base(uint16_t value, uint16_t size)
{
	return FUZZ_PACKED ? (value & 0x8000) | (value & 0x7fff) % size : value;
}

/* A region that another process has left, or so the input says: in use, and of this size. */
static void
make_region(const struct fuzz *f, struct fuzz_queue *q, uint64_t bytes)
{
	uint32_t n = foo_inflight_size(FUZZ_PACKED, q->cfg.size);
	struct foo_inflight_split *region = calloc(1, n);

	CHECK(region != NULL);
	bytes = RTE_MIN(bytes, (uint64_t)n);
	memcpy(region, f->bytes + f->nbytes - bytes, bytes);
	region->version &= FOO_INFLIGHT_VERSION;
	region->desc_num = q->cfg.size;
	q->region = q->cfg.inflight = region;
	q->cfg.inflight_size = n;
}

/* False if the bases do not fit each other, or the region itself; then there is nothing to test. */
static bool
make_queue(struct fuzz *f, unsigned int n, uint16_t size)
{
	struct fuzz_queue *q = &f->queue[n];
	uint16_t base = f->in->avail_base + n * (f->in->spare & ~SPARE_TRACKED);

	q->cfg = (struct foo_vq_config){
		.size = size,
		.desc = f->mem.region[n * NUM_AREAS].va,
		.driver = f->mem.region[n * NUM_AREAS + 1].va,
		.device = f->mem.region[n * NUM_AREAS + 2].va,
		.device_gpa = f->mem.region[n * NUM_AREAS + 2].gpa,
		.avail_base = ring_base(base, size),
		.used_base =
			ring_base(f->in->flags & FLAG_OWN_USED ? f->in->used_base : base, size),
		/* no system calls here: the value only matters in that it is one */
		.callfd = f->in->flags & FLAG_NO_CALLFD ? FOO_VQ_NO_FD : 1000,
		.mem = &f->mem,
	};
	q->cfg.features = (uint64_t)FUZZ_PACKED << VIRTIO_F_RING_PACKED |
			  (uint64_t) !!(f->in->flags & FLAG_EVENT_IDX) << VIRTIO_RING_F_EVENT_IDX |
			  (uint64_t) !!(f->in->flags & FLAG_INDIRECT)
				  << VIRTIO_RING_F_INDIRECT_DESC |
			  (uint64_t) !!(f->in->flags & FLAG_IN_ORDER) << VIRTIO_F_IN_ORDER;
	q->read_only = n == 0 && (f->in->flags & FLAG_READ_ONLY);
	if (f->in->spare & SPARE_TRACKED)
		make_region(f, q, f->nbytes / (n + 1));
	return fuzz_start(q);
}

/* ---- one input ---- */

/* Every byte that the device changed lies in a page that is marked in the dirty log. */
static void
check_log(const struct fuzz *f)
{
	for (unsigned int i = 0; f->log != NULL && i < f->mem.nregions; i++) {
		const struct foo_mem_region *r = &f->mem.region[i];

		for (uint64_t at = 0; at < r->size; at++) {
			uint64_t page = (r->gpa + at) / FOO_MEM_LOG_PAGE;

			if (r->va[at] != f->shadow[i][at])
				CHECK(f->log[page / 8] >> (page % 8) & 1);
		}
	}
}

static void
clean_up(struct fuzz *f)
{
	for (unsigned int i = 0; i < 2; i++) {
		fuzz_drop_all(&f->queue[i]);
		foo_vq_fini(&f->queue[i].vq);
		free(f->queue[i].region);
	}
	for (unsigned int i = 0; i < f->mem.nregions; i++) {
		free(f->mem.region[i].va);
		free(f->shadow[i]);
	}
	free(f->log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz fuzz;
	struct input_header in;
	uint16_t qsize;

	if (size < sizeof(in))
		return 0;
	memcpy(&in, data, sizeof(in));
	size -= sizeof(in);
	qsize = ring_size(&in, size);
	if (qsize == 0)
		return 0;
	fuzz = (struct fuzz){.in = &in, .bytes = data + sizeof(in), .nbytes = size};
	make_memory(&fuzz, qsize, size);
	if (make_queue(&fuzz, 0, qsize) && make_queue(&fuzz, 1, qsize)) {
		for (unsigned int i = 0; i < NUM_OPS; i++)
			fuzz_run_op(&fuzz, in.op[i]);
		for (unsigned int i = 0; i < 2; i++)
			foo_vq_flush(&fuzz.queue[i].vq);
		check_log(&fuzz);
	}
	clean_up(&fuzz);
	return 0;
}
