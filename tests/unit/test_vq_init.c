/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * What foo_vq_init() takes, and what it refuses: sizes, bases, alignment, rings in no memory.
 */
#include <errno.h>

#include "vq_fixture.h"

static void
check_init(const struct foo_vq_config *cfg, int expected)
{
	struct foo_vq vq;

	assert_int_equal(foo_vq_init(&vq, cfg), expected);
	foo_vq_fini(&vq);
	foo_vq_fini(&vq);
}

static void
test_init_size(void **state)
{
	bool packed = vqt_is_packed(state);
	struct foo_vq_config cfg;
	struct vqt t;

	vqt_open_default(&t, state);
	for (uint32_t size = 0; size <= UINT16_MAX; size += size < 20 ? 1 : 3333) {
		bool power_of_two = (size & (size - 1)) == 0;

		cfg = t.vq_config;
		cfg.size = (uint16_t)size;
		if (size == 0 || size > FOO_VQ_MAX_SIZE || (!packed && !power_of_two))
			check_init(&cfg, -EINVAL);
		else /* the fixture's rings have room for 8 */
			check_init(&cfg, size <= 8 ? 0 : -EFAULT);
	}
	vqt_close(&t);
}

static void
test_init_base(void **state)
{
	struct foo_vq_config cfg;
	struct vqt t;

	vqt_open_default(&t, state);
	cfg = t.vq_config;
	if (vqt_is_packed(state)) {
		for (uint32_t base = 0; base <= UINT16_MAX; base += base % 0x8000 > 20 ? 99 : 1) {
			cfg.avail_base = (uint16_t)base;
			cfg.used_base = 0x8000;
			check_init(&cfg, (base & 0x7fff) < 8 ? 0 : -EINVAL);
			cfg.avail_base = 0x8000;
			cfg.used_base = (uint16_t)base;
			check_init(&cfg, (base & 0x7fff) < 8 ? 0 : -EINVAL);
		}
	} else {
		cfg.used_base = 0xfffe;
		for (uint16_t ahead = 0; ahead <= 8; ahead++) {
			cfg.avail_base = cfg.used_base + ahead;
			check_init(&cfg, 0);
		}
		cfg.avail_base = cfg.used_base + 9;
		check_init(&cfg, -EINVAL);
		cfg.avail_base = cfg.used_base - 1;
		check_init(&cfg, -EINVAL);
	}
	vqt_close(&t);
}

static void
test_init_alignment(void **state)
{
	bool packed = vqt_is_packed(state);
	struct foo_vq_config cfg;
	struct vqt t;

	vqt_open(&t, &(struct vqt_config){.packed = packed, .size = 16});
	cfg = t.vq_config;
	cfg.size = 8; /* so that all of it is mapped */
	for (unsigned int off = 1; off < 16; off++) {
		cfg.desc = (uint8_t *)t.vq_config.desc + off;
		check_init(&cfg, -EINVAL);
	}
	cfg.desc = t.vq_config.desc;
	cfg.driver = (uint8_t *)t.vq_config.driver + 1;
	check_init(&cfg, -EINVAL);
	cfg.driver = (uint8_t *)t.vq_config.driver + 2;
	check_init(&cfg, packed ? -EINVAL : 0);
	cfg.driver = t.vq_config.driver;
	for (unsigned int off = 1; off < 4; off++) {
		cfg.device = (uint8_t *)t.vq_config.device + off;
		check_init(&cfg, -EINVAL);
	}
	vqt_close(&t);
}

/* Make region n of the map one byte shorter, and try to start. */
static void
check_short_area(struct vqt *t, unsigned int n, uint64_t by, int expected)
{
	struct foo_vq_config cfg = t->vq_config;
	struct foo_mem mem;

	foo_mem_init(&mem);
	for (unsigned int i = 0; i < 3; i++) {
		const struct foo_guest_region *r = &t->guest.region[i];

		assert_int_equal(foo_mem_add(&mem, r->gpa, r->size - (i == n ? by : 0), r->va), 0);
	}
	cfg.mem = &mem;
	check_init(&cfg, expected);
}

static void
test_init_mapped(void **state)
{
	bool packed = vqt_is_packed(state);
	struct foo_vq_config cfg;
	uint8_t elsewhere[64] __attribute__((aligned(16)));
	struct vqt t;

	vqt_open(&t, &(struct vqt_config){.packed = packed,
					  .features = BIT64(VIRTIO_RING_F_EVENT_IDX)});
	for (unsigned int i = 0; i < 3; i++) {
		check_short_area(&t, i, 0, 0);
		check_short_area(&t, i, 1, -EFAULT);
	}
	/* the event fields of a split ring are there only with EVENT_IDX */
	t.vq_config.features &= ~BIT64(VIRTIO_RING_F_EVENT_IDX);
	for (unsigned int i = 1; i < 3 && !packed; i++) {
		check_short_area(&t, i, 2, 0);
		check_short_area(&t, i, 3, -EFAULT);
	}
	for (unsigned int i = 0; i < 3; i++) {
		cfg = t.vq_config;
		*(i == 0 ? &cfg.desc : i == 1 ? &cfg.driver : &cfg.device) = elsewhere;
		check_init(&cfg, -EFAULT);
		*(i == 0 ? &cfg.desc : i == 1 ? &cfg.driver : &cfg.device) = NULL;
		check_init(&cfg, -EFAULT);
	}
	vqt_close(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VQT_BOTH(test_init_size),
		VQT_BOTH(test_init_base),
		VQT_BOTH(test_init_alignment),
		VQT_BOTH(test_init_mapped),
	};

	return cmocka_run_group_tests_name("vq_init", tests, NULL, NULL);
}
