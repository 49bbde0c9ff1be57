/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/* What engines of disks share: lists, places in data, and memory of another NUMA node. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_common.h>
#include <rte_lcore.h>
#include <rte_memory.h>

#include <foo_blk_io.h>

#define BYTES 600

/* EAL's, in the test's hands: a heap a node, of which only the last one has something left. */
static int asked[2];
static unsigned int n_asked;

void *__wrap_rte_zmalloc_socket(const char *type, size_t size, unsigned int align, int node);
void *__wrap_rte_zmalloc(const char *type, size_t size, unsigned int align);
unsigned int __wrap_rte_lcore_to_socket_id(unsigned int lcore);

void *
__wrap_rte_zmalloc_socket(const char *type, size_t size, unsigned int align, int node)
{
	(void)type;
	(void)align;
	assert_true(n_asked < RTE_DIM(asked));
	asked[n_asked++] = node;
	return node == 2 ? calloc(1, size) : NULL;
}

void *
__wrap_rte_zmalloc(const char *type, size_t size, unsigned int align)
{
	(void)type;
	(void)align;
	assert_true(n_asked < RTE_DIM(asked));
	asked[n_asked++] = SOCKET_ID_ANY;
	return size <= BYTES ? calloc(1, size) : NULL;
}

unsigned int
__wrap_rte_lcore_to_socket_id(unsigned int lcore)
{
	return lcore + 1;
}

/* Memory for a queue of that lcore: there is some, after so many attempts. */
static void
try_memory(unsigned int lcore, size_t size, bool is, unsigned int attempts)
{
	struct foo_queue q = {.lcore = lcore};
	const struct foo_blk_queue bq = {.q = &q};
	void *p;

	n_asked = 0;
	p = foo_blk_queue_alloc(&bq, size, 64);
	assert_int_equal(p != NULL, is);
	assert_int_equal(n_asked, attempts);
	assert_int_equal(asked[0], (int)lcore + 1);
	free(p);
}

static void
memory(void **state)
{
	(void)state;
	try_memory(1, BYTES, true, 1);
	try_memory(0, BYTES, true, 2);
	assert_int_equal(asked[1], SOCKET_ID_ANY);
	try_memory(0, BYTES + 1, false, 2);
}

/* First in, first out; also when it runs empty, and when the one that was taken comes back. */
static void
lists(void **state)
{
	struct foo_blk_io io[5];
	struct foo_blk_list list;

	(void)state;
	memset(io, 0xee, sizeof(io));
	foo_blk_list_init(&list);
	for (unsigned int round = 1; round <= RTE_DIM(io); round++) {
		assert_null(list.head);
		for (unsigned int i = 0; i < round; i++)
			foo_blk_list_add(&list, &io[i]);
		assert_ptr_equal(list.head, &io[0]);
		for (unsigned int i = 0; i < round; i++)
			foo_blk_list_add(&list, foo_blk_list_take(&list));
		for (unsigned int i = 0; i < round; i++)
			assert_ptr_equal(foo_blk_list_take(&list), &io[i]);
	}
	assert_null(list.head);
}

/* Places in pieces of all lengths, reached in steps of all lengths, and what is copied there. */
static void
places(void **state)
{
	static uint8_t guest[BYTES], back[BYTES];
	static const size_t len[] = {1, 7, 0, 512, 2, 78};
	struct iovec iov[RTE_DIM(len)];
	struct foo_blk_io io = {.iov = iov, .niov = RTE_DIM(len), .len = BYTES};
	size_t at = 0;

	(void)state;
	for (size_t i = 0; i < RTE_DIM(len); at += len[i++])
		iov[i] = (struct iovec){guest + at, len[i]};
	assert_int_equal(at, BYTES);
	for (size_t step = 1; step <= BYTES; step++) {
		struct foo_blk_place place = {.skip = 0};

		for (size_t i = 0; i < BYTES; i++)
			guest[i] = (uint8_t)(i * 7 + step);
		memset(back, 0, sizeof(back));
		io.op = FOO_BLK_WRITE;
		for (at = 0; at < BYTES; at += step) {
			size_t n = RTE_MIN(step, BYTES - at);

			foo_blk_place_copy(place, &io, back + at, n);
			foo_blk_place_advance(&place, &io, n);
			assert_true(place.piece == io.niov || place.skip < len[place.piece]);
		}
		assert_int_equal(place.piece, io.niov);
		assert_int_equal(place.skip, 0);
		assert_memory_equal(guest, back, BYTES);

		/* and back again, from some place on, to the last byte but one */
		memset(&place, 0, sizeof(place));
		foo_blk_place_advance(&place, &io, step);
		memset(guest, 0, sizeof(guest));
		io.op = FOO_BLK_READ;
		if (step < BYTES)
			foo_blk_place_copy(place, &io, back + step, BYTES - step - 1);
		for (size_t i = 0; i < BYTES; i++)
			assert_int_equal(guest[i],
					 i >= step && i + 1 < BYTES ? (uint8_t)(i * 7 + step) : 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory),
		cmocka_unit_test(lists),
		cmocka_unit_test(places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
