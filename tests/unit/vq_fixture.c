/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <sys/eventfd.h>
#include <unistd.h>

#include "vq_fixture.h"

const bool vqt_split = false, vqt_packed = true;

static uint64_t
vqt_features(const struct vqt_config *cfg)
{
	return cfg->features | BIT64(VIRTIO_F_VERSION_1) |
	       (cfg->packed ? BIT64(VIRTIO_F_RING_PACKED) : 0) |
	       (cfg->no_indirect ? 0 : BIT64(VIRTIO_RING_F_INDIRECT_DESC));
}

/* A distance from the start of a packed ring as position and wrap counter. */
static uint16_t
vqt_packed_base(uint16_t distance, uint16_t size)
{
	bool wrap = !(distance / size & 1);

	return (uint16_t)(distance % size | wrap << 15);
}

static void
vqt_open_guest(struct vqt *t, const struct vqt_config *cfg, uint16_t size, uint16_t tables)
{
	const struct foo_guest_range range[] = {
		{VQT_DESC, foo_guest_ring_desc_bytes(size)},
		{VQT_DRIVER, foo_guest_ring_driver_bytes(size, cfg->packed)},
		{VQT_DEVICE, foo_guest_ring_device_bytes(size, cfg->packed)},
		{VQT_TABLES, UINT64_C(16) * size * tables},
		{VQT_A, VQT_DATA_SIZE},
		{VQT_B, VQT_DATA_SIZE},
		{VQT_C, VQT_DATA_SIZE},
	};
	const unsigned int n = sizeof(range) / sizeof(range[0]);

	assert_int_equal(foo_guest_mem_create(&t->guest, range, n, FOO_GUEST_MEM_HEAP), 0);
	foo_mem_init(&t->mem);
	for (unsigned int i = 0; i < n; i++) {
		/* the allocator is for the tables alone */
		if (range[i].gpa != VQT_TABLES)
			t->guest.region[i].allocated = range[i].size;
		assert_int_equal(
			foo_mem_add(&t->mem, range[i].gpa, range[i].size, t->guest.region[i].va),
			0);
	}
}

void
vqt_open(struct vqt *t, const struct vqt_config *cfg)
{
	uint16_t size = cfg->size != 0 ? cfg->size : 8;
	uint16_t tables = cfg->indirect_max != 0 ? cfg->indirect_max : 16;
	struct foo_guest_ring_config ring = {
		.features = vqt_features(cfg),
		.size = size,
		.indirect_max = tables,
		.base = cfg->packed ? vqt_packed_base(cfg->base, size) : cfg->base,
		.placed = true,
		.desc_gpa = VQT_DESC,
		.driver_gpa = VQT_DRIVER,
		.device_gpa = VQT_DEVICE,
		.kickfd = -1,
	};

	memset(t, 0, sizeof(*t));
	t->packed = cfg->packed;
	vqt_open_guest(t, cfg, size, tables);
	assert_int_equal(foo_guest_ring_init(&t->ring, &t->guest, &ring), 0);
	t->callfd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	assert_true(t->callfd >= 0);
	t->vq_config = (struct foo_vq_config){
		.features = ring.features,
		.size = size,
		.desc = t->ring.desc,
		.driver = t->ring.avail,
		.device = t->ring.used,
		.device_gpa = VQT_DEVICE,
		.avail_base = ring.base,
		.used_base = ring.base,
		.callfd = cfg->no_callfd ? FOO_VQ_NO_FD : t->callfd,
		.mem = &t->mem,
	};
	assert_int_equal(foo_vq_init(&t->vq, &t->vq_config), 0);
}

void
vqt_open_default(struct vqt *t, void **state)
{
	vqt_open(t, &(struct vqt_config){.packed = vqt_is_packed(state)});
}

void
vqt_close(struct vqt *t)
{
	foo_vq_fini(&t->vq);
	foo_guest_ring_fini(&t->ring);
	foo_guest_mem_destroy(&t->guest);
	close(t->callfd);
	free(t->log);
}

void
vqt_reset(struct vqt *t)
{
	struct foo_guest_ring_config ring = {
		.features = t->vq_config.features,
		.size = t->ring.size,
		.indirect_max = t->ring.table_max,
		.base = foo_guest_ring_start(t->vq_config.features),
		.placed = true,
		.desc_gpa = VQT_DESC,
		.driver_gpa = VQT_DRIVER,
		.device_gpa = VQT_DEVICE,
		.kickfd = -1,
	};

	foo_vq_fini(&t->vq);
	foo_guest_ring_fini(&t->ring);
	for (unsigned int i = 0; i < t->guest.nregions; i++)
		if (t->guest.region[i].gpa == VQT_TABLES)
			t->guest.region[i].allocated = 0;
	assert_int_equal(foo_guest_ring_init(&t->ring, &t->guest, &ring), 0);
	t->vq_config.avail_base = t->vq_config.used_base = ring.base;
	assert_int_equal(foo_vq_init(&t->vq, &t->vq_config), 0);
}

void
vqt_add(struct vqt *t, const struct foo_guest_buf *buf, uint16_t n, uint16_t direct)
{
	assert_true(foo_guest_ring_add(&t->ring, buf, n, direct, ++t->token) >= 0);
}

void
vqt_put_simple(struct vqt *t, unsigned int n)
{
	const struct foo_guest_buf buf = {VQT_A, 4, 0};

	for (unsigned int i = 0; i < n; i++)
		vqt_add(t, &buf, 1, FOO_GUEST_DIRECT);
	foo_guest_ring_publish(&t->ring);
}

struct foo_chain
vqt_pop_one(struct vqt *t)
{
	struct foo_chain chain[2];

	assert_int_equal(foo_vq_pop(&t->vq, chain, 2), 1);
	assert_string_equal(foo_fault_name(chain[0].fault), foo_fault_name(FOO_FAULT_NONE));
	assert_int_equal(t->vq.broken, FOO_FAULT_NONE);
	return chain[0];
}

void
vqt_complete(struct vqt *t, const struct foo_chain *chain, uint32_t written)
{
	foo_vq_push(&t->vq, chain, written);
	foo_vq_flush(&t->vq);
}

void
vqt_expect_used(struct vqt *t, uint64_t token, uint32_t len)
{
	struct foo_guest_used used;

	assert_int_equal(foo_guest_ring_poll(&t->ring, &used, 1), 1);
	assert_int_equal(used.token, token);
	assert_int_equal(used.len, len);
}

void
vqt_expect_idle(struct vqt *t)
{
	struct foo_guest_used used;

	assert_int_equal(foo_guest_ring_poll(&t->ring, &used, 1), 0);
}

void
vqt_expect_refused(struct vqt *t, enum foo_fault fault)
{
	uint64_t before = t->vq.stats.fault[fault];
	struct foo_chain chain[2];

	assert_int_equal(foo_fault_reaction(fault), FOO_REFUSE);
	assert_int_equal(foo_vq_pop(&t->vq, chain, 2), 1);
	assert_string_equal(foo_fault_name(chain[0].fault), foo_fault_name(fault));
	assert_null(chain[0].seg);
	assert_int_equal(chain[0].nread, 0);
	assert_int_equal(chain[0].nwrite, 0);
	assert_int_equal(chain[0].read_len, 0);
	assert_int_equal(chain[0].write_len, 0);
	assert_int_equal(t->vq.stats.fault[fault], before + 1);
	assert_int_equal(t->vq.broken, FOO_FAULT_NONE);
	vqt_complete(t, &chain[0], 0);
	vqt_expect_used(t, t->token, 0);
	vqt_expect_working(t);
}

static uint64_t
vqt_faults(const struct vqt *t)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < FOO_FAULT_MAX; i++)
		sum += t->vq.stats.fault[i];
	return sum;
}

void
vqt_expect_broken(struct vqt *t, enum foo_fault fault)
{
	uint64_t before = vqt_faults(t);
	struct foo_chain chain[FOO_VQ_BURST_MAX];

	assert_int_equal(foo_fault_reaction(fault), FOO_BREAK);
	assert_int_equal(foo_vq_pop(&t->vq, chain, FOO_VQ_BURST_MAX), 0);
	assert_string_equal(foo_fault_name(t->vq.broken), foo_fault_name(fault));
	assert_int_equal(t->vq.stats.fault[fault], 1);
	assert_int_equal(vqt_faults(t), before + 1);

	/* sticky, whatever the guest does next; not counted again */
	assert_false(foo_vq_avail(&t->vq));
	assert_int_equal(foo_vq_pop(&t->vq, chain, FOO_VQ_BURST_MAX), 0);
	assert_int_equal(vqt_faults(t), before + 1);
	foo_vq_break(&t->vq, FOO_FAULT_RING_LOST);
	assert_string_equal(foo_fault_name(t->vq.broken), foo_fault_name(fault));
	assert_false(foo_vq_flush(&t->vq));

	vqt_reset(t);
	assert_int_equal(t->vq.broken, FOO_FAULT_NONE);
	vqt_expect_working(t);
}

void
vqt_expect_working(struct vqt *t)
{
	uint8_t in[5], out[7] = {1, 2, 3, 4, 5, 6, 7};
	struct foo_cursor c;
	struct foo_chain chain;

	vqt_pattern(t, VQT_A, sizeof(in), 77);
	VQT_PUT(t, {VQT_A, sizeof(in), 0}, {VQT_C, sizeof(out), W});
	chain = vqt_pop_one(t);
	c = foo_cursor_readable(&t->vq, &chain);
	assert_int_equal(foo_cursor_read(&c, in, sizeof(in)), sizeof(in));
	assert_int_equal(in[4], vqt_pattern_byte(4, 77));
	c = foo_cursor_writable(&t->vq, &chain);
	assert_int_equal(foo_cursor_write(&c, out, sizeof(out)), sizeof(out));
	vqt_complete(t, &chain, sizeof(out));
	vqt_expect_used(t, t->token, sizeof(out));
	assert_memory_equal(vqt_va(t, VQT_C, sizeof(out)), out, sizeof(out));
	vqt_expect_idle(t);
}

void *
vqt_va(struct vqt *t, uint64_t gpa, uint64_t len)
{
	void *va = foo_guest_mem_va(&t->guest, gpa, len);

	assert_non_null(va);
	return va;
}

void
vqt_pattern(struct vqt *t, uint64_t gpa, uint32_t len, uint32_t seed)
{
	for (uint32_t i = 0; i < len; i++) {
		uint8_t byte = vqt_pattern_byte(i, seed);

		assert_int_equal(foo_guest_mem_write(&t->guest, gpa + i, &byte, 1), 0);
	}
}

void
vqt_serve(struct vqt *t, unsigned int n)
{
	struct foo_chain chain[64];

	vqt_put_simple(t, n);
	assert_int_equal(foo_vq_pop(&t->vq, chain, 64), n);
	for (unsigned int i = 0; i < n; i++)
		foo_vq_push(&t->vq, &chain[i], 0);
}

void
vqt_take(struct vqt *t, unsigned int n)
{
	struct foo_guest_used used;

	for (unsigned int i = 0; i < n; i++)
		assert_int_equal(foo_guest_ring_poll(&t->ring, &used, 1), 1);
	vqt_expect_idle(t);
}
