/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/* What differs between versions of librte_vhost. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "foo_vhost_compat.h"

/* The library's private struct: what goes out comes back, and a wrong offset is noticed. */
static void
test_layout(__rte_unused void **state)
{
	uint8_t ctx[2048];
	struct foo_vhost_msg in;
	uint32_t word[3] = {VHU_SET_VRING_KICK, VHU_VERSION, 8};
	uint64_t payload = 3;
	struct foo_vhost_ctx_fds files = {.fd = {7, -1, -1, -1, -1, -1, -1, -1}, .nfds = 1};
	size_t off = foo_vhost_ctx_fds_offset();

	memset(ctx, 0xa5, sizeof(ctx));
	memcpy(ctx, word, sizeof(word));
	memcpy(ctx + 12, &payload, sizeof(payload));
	memcpy(ctx + off, &files, sizeof(files));
	foo_vhost_msg_load(&in, ctx);
	assert_true(foo_vhost_msg_plausible(&in));
	assert_int_equal(in.request, VHU_SET_VRING_KICK);
	assert_int_equal(in.u64, 3);
	assert_int_equal(in.nfds, 1);
	assert_int_equal(in.fd[0], 7);
	/* nothing beyond the payload is believed */
	assert_int_equal(in.addr.desc, 0);
	in.size = 4;
	in.state.index = 9;
	foo_vhost_msg_store(&in, ctx);
	foo_vhost_msg_load(&in, ctx);
	assert_int_equal(in.size, 4);
	assert_int_equal(in.state.index, 9);
	assert_int_equal(in.nfds, 0);
	assert_int_equal(in.fd[0], -1);
	/* the struct of the other version */
	memset(ctx, 0xa5, sizeof(ctx));
	memcpy(ctx, word, sizeof(word));
	memcpy(ctx + (FOO_VHOST_FDS_OLD + FOO_VHOST_FDS_NEW - off), &files, sizeof(files));
	foo_vhost_msg_load(&in, ctx);
	assert_false(foo_vhost_msg_plausible(&in));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
	};

	return cmocka_run_group_tests_name("vhost_compat", tests, NULL, NULL);
}
