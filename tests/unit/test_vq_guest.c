/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * The guest's side itself (lib/foo_guest): what the other tests stand on.
 */
#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "foo_guest_front.h"
#include "vq_fixture.h"

/* ---- memory ---- */

static void
test_mem_create_refuses(void **state)
{
	struct foo_guest_range range[9];
	struct foo_guest_mem mem;

	(void)state;
	for (unsigned int i = 0; i < 9; i++)
		range[i] = (struct foo_guest_range){0x100000 * i, 0x1000};
	assert_int_equal(foo_guest_mem_create(&mem, range, 0, 0), -EINVAL);
	assert_int_equal(foo_guest_mem_create(&mem, range, 9, 0), -EINVAL);
	range[1].size = 0;
	assert_int_equal(foo_guest_mem_create(&mem, range, 2, 0), -EINVAL);
	assert_int_equal(mem.nregions, 0);
	range[1].size = UINT64_MAX - 0xfff;
	assert_true(foo_guest_mem_create(&mem, range, 2, 0) < 0);
	foo_guest_mem_destroy(&mem);
}

/* The files hold the memory: what is written here can be mapped elsewhere. */
static void
test_mem_files(void **state)
{
	const struct foo_guest_range range[] = {{0x4000, 0x3000}, {0x7000, 0x1234}};
	struct foo_guest_mem mem;
	struct stat st;

	(void)state;
	assert_int_equal(foo_guest_mem_create(&mem, range, 2, 0), 0);
	for (unsigned int i = 0; i < 2; i++) {
		uint8_t *other = mmap(NULL, 0x1000, PROT_READ, MAP_SHARED, mem.region[i].fd, 0);

		assert_ptr_not_equal(other, MAP_FAILED);
		assert_int_equal(fstat(mem.region[i].fd, &st), 0);
		assert_true((uint64_t)st.st_size >= mem.region[i].size);
		assert_int_equal(other[0x123], 0);
		mem.region[i].va[0x123] = 0x55;
		assert_int_equal(other[0x123], 0x55);
		munmap(other, 0x1000);
		/* whoever has the file cannot take the pages away */
		assert_int_equal(ftruncate(mem.region[i].fd, 0), -1);
		assert_int_equal(errno, EPERM);
		assert_int_equal(ftruncate(mem.region[i].fd, 1 << 20), -1);
	}
	foo_guest_mem_destroy(&mem);
	assert_int_equal(mem.nregions, 0);
}

/* But for tests of a device that must survive it. */
static void
test_mem_unsealed(void **state)
{
	const struct foo_guest_range range = {0x4000, 0x3000};
	struct foo_guest_mem mem;

	(void)state;
	assert_int_equal(foo_guest_mem_create(&mem, &range, 1, FOO_GUEST_MEM_UNSEALED), 0);
	assert_int_equal(ftruncate(mem.region[0].fd, 0), 0);
	foo_guest_mem_destroy(&mem);
}

/* The pages around a mapping are not accessible. */
static void
test_mem_guard_pages(void **state)
{
	const struct foo_guest_range range[] = {{0, 0x2000}, {0x2000, 0x2000}};
	struct foo_guest_mem mem;
	int pipefd[2];

	(void)state;
	assert_int_equal(pipe(pipefd), 0);
	assert_int_equal(foo_guest_mem_create(&mem, range, 2, 0), 0);
	for (unsigned int i = 0; i < 2; i++) {
		const uint8_t *va = mem.region[i].va;

		/* the kernel looks, so that the test survives it */
		assert_int_equal(write(pipefd[1], va + 0x1fff, 1), 1);
		assert_int_equal(write(pipefd[1], va + 0x2000, 1), -1);
		assert_int_equal(errno, EFAULT);
		assert_int_equal(write(pipefd[1], va - 1, 1), -1);
		assert_int_equal(errno, EFAULT);
	}
	foo_guest_mem_destroy(&mem);
	close(pipefd[0]);
	close(pipefd[1]);
}

/* Hugepages, or -ENOMEM and nothing left behind where the machine has none to spare. */
static void
test_mem_huge(void **state)
{
	const struct foo_guest_range range[] = {{0, 0x200000}, {0x200000, 0x1000}};
	struct foo_guest_mem mem;
	int ret = foo_guest_mem_create(&mem, range, 2, FOO_GUEST_MEM_HUGE);
	struct stat st;

	(void)state;
	if (ret != 0) {
		assert_int_equal(ret, -ENOMEM);
		assert_int_equal(mem.nregions, 0);
		return;
	}
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal((uintptr_t)mem.region[i].va % 0x200000, 0);
		assert_int_equal(fstat(mem.region[i].fd, &st), 0);
		assert_int_equal(st.st_size, 0x200000);
		assert_int_equal(st.st_blksize, 0x200000);
	}
	foo_guest_mem_destroy(&mem);
}

static void
test_mem_alloc(void **state)
{
	const struct foo_guest_range range[] = {{0x1004, 0x100}, {UINT64_MAX - 0x1ff, 0x100}};
	struct foo_guest_mem mem;

	(void)state;
	assert_int_equal(foo_guest_mem_create(&mem, range, 2, FOO_GUEST_MEM_HEAP), 0);
	assert_int_equal(foo_guest_mem_alloc(&mem, 1, 1), 0x1004);
	assert_int_equal(foo_guest_mem_alloc(&mem, 0x10, 64), 0x1040);
	assert_int_equal(foo_guest_mem_alloc(&mem, 0xb4, 1), 0x1050);
	/* the first region is full to the last byte */
	assert_int_equal(foo_guest_mem_alloc(&mem, 0x80, 16), UINT64_MAX - 0x1ff);
	assert_int_equal(foo_guest_mem_alloc(&mem, 0x81, 1), FOO_GUEST_NO_GPA);
	assert_int_equal(foo_guest_mem_alloc(&mem, 1, 4096), FOO_GUEST_NO_GPA);
	assert_int_equal(foo_guest_mem_alloc(&mem, UINT64_MAX, 1), FOO_GUEST_NO_GPA);
	assert_int_equal(foo_guest_mem_alloc(&mem, 0x80, 1), UINT64_MAX - 0x17f);
	foo_guest_mem_free_all(&mem);
	assert_int_equal(foo_guest_mem_alloc(&mem, 1, 1), 0x1004);
	foo_guest_mem_destroy(&mem);
}

static void
test_mem_translate(void **state)
{
	const struct foo_guest_range range[] = {{0x3000, 0x10}, {0x1000, 0x2000}};
	uint8_t in[6], out[6] = {1, 2, 3, 4, 5, 6};
	struct foo_guest_mem mem;

	(void)state;
	assert_int_equal(foo_guest_mem_create(&mem, range, 2, FOO_GUEST_MEM_HEAP), 0);
	assert_ptr_equal(foo_guest_mem_va(&mem, 0x1000, 0x2000), mem.region[1].va);
	assert_null(foo_guest_mem_va(&mem, 0x1000, 0x2001));
	assert_null(foo_guest_mem_va(&mem, 0xfff, 1));
	assert_ptr_equal(foo_guest_mem_va(&mem, 0x300f, 1), mem.region[0].va + 15);
	assert_int_equal(foo_guest_mem_gpa(&mem, mem.region[0].va + 7), 0x3007);
	assert_int_equal(foo_guest_mem_gpa(&mem, &mem), FOO_GUEST_NO_GPA);
	/* across the seam of two regions */
	assert_int_equal(foo_guest_mem_write(&mem, 0x2ffd, out, 6), 0);
	assert_memory_equal(mem.region[1].va + 0x1ffd, out, 3);
	assert_memory_equal(mem.region[0].va, out + 3, 3);
	assert_int_equal(foo_guest_mem_read(&mem, 0x2ffd, in, 6), 0);
	assert_memory_equal(in, out, 6);
	assert_int_equal(foo_guest_mem_write(&mem, 0x300f, out, 2), -EFAULT);
	assert_int_equal(foo_guest_mem_read(&mem, 0xffe, in, 6), -EFAULT);
	foo_guest_mem_destroy(&mem);
}

/* ---- rings ---- */

static void
test_ring_init_refuses(void **state)
{
	const struct foo_guest_range range[] = {{0, 0x10000}};
	struct foo_guest_ring_config cfg = {.size = 8, .kickfd = -1};
	bool packed = vqt_is_packed(state);
	struct foo_guest_mem mem;
	struct foo_guest_ring ring;

	cfg.features = packed ? BIT64(VIRTIO_F_RING_PACKED) : 0;
	cfg.base = foo_guest_ring_start(cfg.features);
	assert_int_equal(foo_guest_mem_create(&mem, range, 1, FOO_GUEST_MEM_HEAP), 0);
	cfg.size = 0;
	assert_int_equal(foo_guest_ring_init(&ring, &mem, &cfg), -EINVAL);
	cfg.size = FOO_GUEST_RING_MAX_SIZE + 1;
	assert_int_equal(foo_guest_ring_init(&ring, &mem, &cfg), -EINVAL);
	cfg.size = 6;
	assert_int_equal(foo_guest_ring_init(&ring, &mem, &cfg), packed ? 0 : -EINVAL);
	foo_guest_ring_fini(&ring);
	cfg.size = 0x4000;
	assert_int_equal(foo_guest_ring_init(&ring, &mem, &cfg), -ENOSPC);
	cfg.size = 8;
	cfg.indirect_max = 0x1000;
	assert_int_equal(foo_guest_ring_init(&ring, &mem, &cfg), -ENOSPC);
	cfg.indirect_max = 0;
	cfg.placed = true;
	cfg.driver_gpa = 0xfffe;
	assert_int_equal(foo_guest_ring_init(&ring, &mem, &cfg), -EFAULT);
	foo_guest_mem_destroy(&mem);
}

static void
test_ring_full(void **state)
{
	const struct foo_guest_buf buf[17] = {{VQT_A, 1, 0}, {VQT_A, 1, 0}, {VQT_A, 1, 0}};
	struct foo_chain chain[8];
	struct vqt t;

	vqt_open_default(&t, state);
	assert_int_equal(foo_guest_ring_add(&t.ring, buf, 0, FOO_GUEST_DIRECT, 0), -EINVAL);
	assert_int_equal(foo_guest_ring_add(&t.ring, buf, 17, FOO_GUEST_INDIRECT, 0), -EINVAL);
	assert_int_equal(foo_guest_ring_add(&t.ring, buf, 9, FOO_GUEST_DIRECT, 0), -ENOSPC);
	vqt_add(&t, buf, 3, FOO_GUEST_DIRECT);
	vqt_add(&t, buf, 3, FOO_GUEST_DIRECT);
	assert_int_equal(foo_guest_ring_add(&t.ring, buf, 3, FOO_GUEST_DIRECT, 0), -ENOSPC);
	/* 3 buffers, but 2 descriptors: that fits */
	vqt_add(&t, buf, 3, 1);
	assert_int_equal(t.ring.nfree, 0);
	assert_int_equal(foo_guest_ring_add(&t.ring, buf, 1, FOO_GUEST_DIRECT, 0), -ENOSPC);
	/* not published: nothing is available */
	assert_false(foo_vq_avail(&t.vq));
	foo_guest_ring_publish(&t.ring);
	assert_false(foo_guest_ring_publish(&t.ring));
	assert_int_equal(foo_vq_pop(&t.vq, chain, 8), 3);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(chain[i].read_len, i == 0 ? 3 : chain[0].read_len);
	vqt_close(&t);
}

/* With IN_ORDER descriptors are taken from the ring in the ring's order (2.7.5.4). */
static void
test_ring_in_order_descriptors(void **state)
{
	const struct foo_guest_buf buf[3] = {{VQT_A, 1, 0}, {VQT_A, 1, 0}, {VQT_A, 1, 0}};
	uint16_t expected = 0;
	struct vqt t;

	(void)state;
	vqt_open(&t, &(struct vqt_config){.features = BIT64(VIRTIO_F_IN_ORDER)});
	for (unsigned int i = 0; i < 40; i++) {
		uint16_t n = (uint16_t)(1 + i % 3);
		struct foo_chain chain;

		vqt_add(&t, buf, n, FOO_GUEST_DIRECT);
		foo_guest_ring_publish(&t.ring);
		chain = vqt_pop_one(&t);
		assert_int_equal(chain.id, expected);
		for (uint16_t d = 0; d + 1 < n; d++)
			assert_int_equal(t.ring.desc[(expected + d) % 8].next,
					 (expected + d + 1) % 8);
		expected = (expected + n) % 8;
		vqt_complete(&t, &chain, 0);
		vqt_expect_used(&t, t.token, 0);
	}
	vqt_close(&t);
}

/* What foo_guest_ring_resume() says when this many descriptors are used and not taken. */
static uint16_t
resume_of(const struct vqt *t, uint16_t n)
{
	uint16_t at = t->ring.used_idx + n;

	if (!t->packed)
		return at;
	return at % 8 | (t->ring.used_wrap ^ (at >= 8) ? 0x8000 : 0);
}

/* The device may name only the last chain of a batch (2.7.9); played by hand. */
static void
test_ring_in_order_batch(void **state)
{
	bool packed = vqt_is_packed(state);
	struct foo_guest_used used[8];
	struct vqt t;

	vqt_open(&t, &(struct vqt_config){.packed = packed, .features = BIT64(VIRTIO_F_IN_ORDER)});
	for (unsigned int round = 0; round < 20; round++) {
		bool wrap = t.ring.used_wrap;
		uint16_t at = t.ring.used_idx, last = 0;

		for (unsigned int i = 0; i < 5; i++) {
			const struct foo_guest_buf buf = {VQT_A, 1, 0};

			last = (uint16_t)foo_guest_ring_add(&t.ring, &buf, 1, FOO_GUEST_DIRECT,
							    ++t.token);
		}
		foo_guest_ring_publish(&t.ring);
		if (packed) {
			t.ring.packed_desc[at].id = last;
			t.ring.packed_desc[at].len = 99;
			t.ring.packed_desc[at].flags = wrap ? 0x8082 : 2;
		} else {
			t.ring.used->ring[at % 8] = (struct vring_used_elem){last, 99};
			t.ring.used->idx += 5;
		}
		/* in two goes: the batch goes on where it was left */
		assert_int_equal(foo_guest_ring_resume(&t.ring), resume_of(&t, 5));
		assert_int_equal(foo_guest_ring_poll(&t.ring, used, 3), 3);
		assert_int_equal(foo_guest_ring_resume(&t.ring), resume_of(&t, 2));
		assert_true(foo_guest_ring_has_used(&t.ring));
		assert_int_equal(foo_guest_ring_poll(&t.ring, used + 3, 5), 2);
		for (unsigned int i = 0; i < 5; i++) {
			assert_int_equal(used[i].token, t.token - 4 + i);
			assert_int_equal(used[i].len, i < 4 ? FOO_GUEST_LEN_UNKNOWN : 99);
		}
		assert_false(foo_guest_ring_has_used(&t.ring));
	}
	vqt_close(&t);
}

/* A packed descriptor that is used without WRITE has no length, whatever stands there (2.8.4). */
static void
test_ring_reserved_length(void **state)
{
	static const uint16_t flags[] = {0x8080, 0x8082};
	struct foo_guest_used used[2];
	struct vqt t;

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		const struct foo_guest_buf buf = {VQT_A, 1, 0};

		vqt_open(&t, &(struct vqt_config){.packed = true});
		assert_int_equal(foo_guest_ring_add(&t.ring, &buf, 1, FOO_GUEST_DIRECT, 1), 0);
		foo_guest_ring_publish(&t.ring);
		t.ring.packed_desc[0].len = 99;
		t.ring.packed_desc[0].flags = flags[i];
		assert_int_equal(foo_guest_ring_poll(&t.ring, used, 2), 1);
		assert_int_equal(used[0].len, i == 0 ? 0 : 99);
		vqt_close(&t);
	}
}

/* A device that lies: the ring breaks, and stays so; nothing out of bounds. */
static void
test_ring_hostile_device(void **state)
{
	static const uint32_t id[] = {8, 0xffff, 0x10000, UINT32_MAX, 5};
	bool packed = vqt_is_packed(state);
	struct foo_guest_used used[2];
	struct vqt t;

	for (unsigned int i = 0; i < 5; i++) {
		vqt_open_default(&t, state);
		vqt_put_simple(&t, 2);
		if (packed) {
			if (id[i] > UINT16_MAX) {
				vqt_close(&t);
				continue;
			}
			t.ring.packed_desc[0].id = (uint16_t)id[i];
			t.ring.packed_desc[0].flags = 0x8080;
		} else {
			t.ring.used->ring[0].id = id[i];
			t.ring.used->idx = 1;
		}
		assert_int_equal(foo_guest_ring_poll(&t.ring, used, 2), -EPROTO);
		assert_true(t.ring.broken);
		assert_int_equal(foo_guest_ring_poll(&t.ring, used, 2), -EPROTO);
		vqt_close(&t);
	}
}

/* The same chain used twice, and more used than was ever there. */
static void
test_ring_used_twice(void **state)
{
	struct foo_guest_used used[2];
	struct foo_chain chain;
	struct vqt t;

	vqt_open_default(&t, state);
	vqt_put_simple(&t, 3);
	assert_int_equal(foo_vq_pop(&t.vq, &chain, 1), 1);
	foo_vq_push(&t.vq, &chain, 0);
	foo_vq_push(&t.vq, &chain, 0);
	foo_vq_flush(&t.vq);
	assert_int_equal(foo_guest_ring_poll(&t.ring, used, 2), 1);
	assert_int_equal(foo_guest_ring_poll(&t.ring, used, 2), -EPROTO);
	vqt_close(&t);
}

/* Bursts of all lengths, round and round the ring: the device gets every buffer in its order, and
 * the tokens come back. */
static void
test_ring_burst(void **state)
{
	struct foo_guest_used used[8];
	struct foo_chain chain[8];
	uint64_t sent = 0;
	struct vqt t;

	vqt_open_default(&t, state);
	for (unsigned int round = 0; round < 100; round++) {
		uint16_t n = 1 + round % 8;
		struct foo_guest_buf buf[9];
		uint64_t token[9];

		for (uint16_t i = 0; i < 9; i++) {
			buf[i] = (struct foo_guest_buf){VQT_A + i, i + 1, i & 1 ? W : 0};
			token[i] = sent + i;
		}
		/* one by itself first, so that the burst does not start the batch */
		if (round % 3 == 0 && n < 8)
			assert_true(foo_guest_ring_add(&t.ring, &buf[8], 1, FOO_GUEST_DIRECT,
						       UINT64_MAX) >= 0);
		assert_int_equal(foo_guest_ring_add_burst(&t.ring, buf, token, n), n);
		foo_guest_ring_publish(&t.ring);
		n += round % 3 == 0 && n < 8;
		assert_int_equal(foo_vq_pop(&t.vq, chain, 8), n);
		for (uint16_t i = 0; i < n; i++)
			foo_vq_push(&t.vq, &chain[i], chain[i].write_len);
		foo_vq_flush(&t.vq);
		assert_int_equal(foo_guest_ring_resume(&t.ring), resume_of(&t, n));
		assert_int_equal(foo_guest_ring_poll(&t.ring, used, 8), n);
		for (uint16_t i = 0; i < n; i++) {
			uint32_t k = (uint32_t)(sent - token[0]);

			if (used[i].token == UINT64_MAX)
				continue;
			assert_int_equal(used[i].token, sent);
			assert_int_equal(used[i].len, k % 2 == 0 ? 0 : k + 1);
			sent++;
		}
		assert_int_equal(t.ring.nfree, 8);
	}
	vqt_close(&t);
}

/* More than there is room for: as many as fit, and none to a full ring. */
static void
test_ring_burst_full(void **state)
{
	struct foo_guest_buf buf[9];
	uint64_t token[9] = {0};
	struct foo_chain chain[8];
	struct vqt t;

	for (uint16_t i = 0; i < 9; i++)
		buf[i] = (struct foo_guest_buf){VQT_A, 1, 0};
	vqt_open_default(&t, state);
	assert_int_equal(foo_guest_ring_add_burst(&t.ring, buf, token, 9), 8);
	assert_int_equal(foo_guest_ring_add_burst(&t.ring, buf, token, 9), 0);
	foo_guest_ring_publish(&t.ring);
	assert_int_equal(foo_vq_pop(&t.vq, chain, 8), 8);
	vqt_close(&t);
}

/* What a device leaves of a packed ring that has done chains out of order, or died in a batch. */
static void
test_ring_whole(void **state)
{
	struct foo_chain chain[4];
	struct foo_guest_used used;
	struct vqt t;

	vqt_open_default(&t, state);
	assert_true(foo_guest_ring_is_whole(&t.ring));
	VQT_PUT(&t, {VQT_A, 8, 0}, {VQT_A + 8, 8, 0});
	vqt_put_simple(&t, 3);
	assert_true(foo_guest_ring_is_whole(&t.ring));
	assert_int_equal(foo_vq_pop(&t.vq, chain, 4), 4);
	vqt_complete(&t, &chain[0], 0);
	assert_true(foo_guest_ring_is_whole(&t.ring));
	vqt_complete(&t, &chain[2], 0);
	assert_int_equal(foo_guest_ring_is_whole(&t.ring), !t.packed);
	assert_int_equal(foo_guest_ring_poll(&t.ring, &used, 1), 1);
	assert_int_equal(foo_guest_ring_poll(&t.ring, &used, 1), 1);
	assert_int_equal(foo_guest_ring_is_whole(&t.ring), !t.packed);
	vqt_complete(&t, &chain[1], 0);
	vqt_complete(&t, &chain[3], 0);
	assert_true(foo_guest_ring_is_whole(&t.ring));
	assert_int_equal(foo_guest_ring_poll(&t.ring, &used, 1), 1);
	assert_true(foo_guest_ring_is_whole(&t.ring));
	assert_int_equal(foo_guest_ring_poll(&t.ring, &used, 1), 1);
	vqt_put_simple(&t, 3);
	assert_int_equal(foo_vq_pop(&t.vq, chain, 3), 3);
	foo_vq_push(&t.vq, &chain[0], 0);
	assert_true(foo_guest_ring_is_whole(&t.ring));
	/* it is used, and the one before it, that would say so, is not */
	foo_vq_push(&t.vq, &chain[1], 0);
	assert_int_equal(foo_guest_ring_is_whole(&t.ring), !t.packed);
	vqt_close(&t);
}

/* ---- front-end ---- */

/* Writes until nobody can read any more. */
static void *
write_always(void *arg)
{
	static const char words[4096];

	while (send(*(const int *)arg, words, sizeof(words), MSG_NOSIGNAL) > 0)
		;
	return NULL;
}

/* A back-end that never stops writing does not keep its front-end for ever. */
static void
test_wait_closed_is_bounded(void **state)
{
	struct foo_front front;
	pthread_t writer;
	int pair[2];

	(void)state;
	foo_front_init(&front);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	front.sock = pair[0];
	assert_int_equal(pthread_create(&writer, NULL, write_always, &pair[1]), 0);
	assert_int_equal(foo_front_wait_closed(&front, 50), -ETIMEDOUT);
	foo_front_fini(&front);
	pthread_join(writer, NULL);
	close(pair[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mem_create_refuses),
		cmocka_unit_test(test_mem_files),
		cmocka_unit_test(test_mem_unsealed),
		cmocka_unit_test(test_mem_guard_pages),
		cmocka_unit_test(test_mem_huge),
		cmocka_unit_test(test_mem_alloc),
		cmocka_unit_test(test_mem_translate),
		VQT_BOTH(test_ring_init_refuses),
		VQT_BOTH(test_ring_full),
		cmocka_unit_test(test_ring_in_order_descriptors),
		VQT_BOTH(test_ring_in_order_batch),
		cmocka_unit_test(test_ring_reserved_length),
		VQT_BOTH(test_ring_hostile_device),
		VQT_BOTH(test_ring_used_twice),
		VQT_BOTH(test_ring_whole),
		VQT_BOTH(test_ring_burst),
		VQT_BOTH(test_ring_burst_full),
		cmocka_unit_test(test_wait_closed_is_bounded),
	};

	return cmocka_run_group_tests_name("vq_guest", tests, NULL, NULL);
}
