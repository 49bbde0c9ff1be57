/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/* Files that are truncated under their mapping: survived where guarded, and nowhere else. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_common.h>

#include "foo_vhost_priv.h"

#define SIZE 65536

static int event = -1;

/* A mapping whose file is about to shrink. */
struct victim {
	int fd;
	volatile uint8_t *va;
};

static void
open_victim(struct victim *v)
{
	v->fd = memfd_create("victim", MFD_CLOEXEC);
	assert_true(v->fd >= 0);
	assert_int_equal(ftruncate(v->fd, SIZE), 0);
	v->va = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0);
	assert_ptr_not_equal(v->va, MAP_FAILED);
	v->va[0] = 1;
	v->va[SIZE - 1] = 2;
}

static void
close_victim(struct victim *v)
{
	munmap((void *)(uintptr_t)v->va, SIZE);
	close(v->fd);
}

static void
shrink(struct victim *v, off_t size)
{
	assert_int_equal(ftruncate(v->fd, size), 0);
}

static bool
rang(void)
{
	eventfd_t count;

	return eventfd_read(event, &count) == 0;
}

/* Within a test: cmocka has a handler of its own around each. */
static void
begin(void (*before)(int sig))
{
	signal(SIGBUS, before);
	event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert_int_equal(foo_vhost_sigbus_init(event), 0);
}

static void
end(void)
{
	foo_vhost_sigbus_fini();
	close(event);
}

static void
test_survives(__rte_unused void **state)
{
	struct victim v, other;
	int me, she;

	begin(SIG_DFL);
	open_victim(&v);
	open_victim(&other);
	assert_int_equal(foo_vhost_sigbus_guard((void *)(uintptr_t)v.va, SIZE, &me), 0);
	assert_int_equal(foo_vhost_sigbus_guard((void *)(uintptr_t)other.va, SIZE, &she), 0);
	assert_false(foo_vhost_sigbus_lost(&me));
	shrink(&v, SIZE / 2);
	/* what is still there is no reason for anything */
	assert_int_equal(v.va[0], 1);
	assert_false(rang());
	assert_int_equal(v.va[SIZE - 1], 0);
	assert_true(rang());
	/* all of it was replaced: a guest's memory is there or it is not */
	assert_int_equal(v.va[0], 0);
	v.va[SIZE / 2] = 3;
	assert_int_equal(v.va[SIZE / 2], 3);
	assert_false(rang());
	assert_false(foo_vhost_sigbus_lost(&she));
	assert_true(foo_vhost_sigbus_lost(&me));
	assert_false(foo_vhost_sigbus_lost(&me));
	assert_int_equal(other.va[0], 1);
	foo_vhost_sigbus_unguard((void *)(uintptr_t)v.va);
	foo_vhost_sigbus_unguard((void *)(uintptr_t)other.va);
	close_victim(&v);
	close_victim(&other);
	end();
}

static void
touch_first(struct victim *v)
{
	v->va[0] = 9;
}

static void
raise_it(__rte_unused struct victim *v)
{
	kill(getpid(), SIGBUS);
	sleep(1);
}

/* How a child ends that does this. */
static int
child(void (*what)(struct victim *v), struct victim *v)
{
	const struct rlimit no_core = {0, 0};
	int status;
	pid_t pid;

	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &no_core);
		what(v);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void
exit_42(__rte_unused int sig)
{
	_exit(42);
}

/* Elsewhere SIGBUS does what it did before. */
static void
test_elsewhere(__rte_unused void **state)
{
	struct victim v;
	int me;

	begin(exit_42);
	open_victim(&v);
	shrink(&v, 0);
	assert_int_equal(child(touch_first, &v), 42);
	assert_int_equal(child(raise_it, &v), 42);
	assert_int_equal(foo_vhost_sigbus_guard((void *)(uintptr_t)v.va, SIZE, &me), 0);
	assert_int_equal(child(touch_first, &v), 0);
	foo_vhost_sigbus_unguard((void *)(uintptr_t)v.va);
	assert_int_equal(child(touch_first, &v), 42);
	/* one byte before and behind what is guarded */
	assert_int_equal(foo_vhost_sigbus_guard((void *)(uintptr_t)(v.va + 4096), 4096, &me), 0);
	assert_int_equal(child(touch_first, &v), 42);
	foo_vhost_sigbus_unguard((void *)(uintptr_t)(v.va + 4096));
	close_victim(&v);
	end();
}

static void
test_default(__rte_unused void **state)
{
	struct victim v;

	begin(SIG_DFL);
	open_victim(&v);
	shrink(&v, 0);
	assert_int_equal(child(touch_first, &v), 128 + SIGBUS);
	assert_int_equal(child(raise_it, &v), 128 + SIGBUS);
	close_victim(&v);
	end();
}

/* The table has room for all devices, and its entries are used again. */
static void
test_room(__rte_unused void **state)
{
	const unsigned int need = FOO_MAX_DEVICES * (2 * VHU_MAX_FDS + 1);
	uint8_t *base = (uint8_t *)(uintptr_t)UINT64_C(0x100000000000);
	unsigned int i, round, n;
	int me;

	for (round = 0; round < 2; round++) {
		for (n = 0; foo_vhost_sigbus_guard(base + n * 4096, 4096, &me) == 0; n++)
			assert_true(n < 100 * need);
		assert_true(n >= need);
		assert_int_equal(foo_vhost_sigbus_guard(base, 4096, &me), -ENOSPC);
		for (i = 0; i < n; i++)
			foo_vhost_sigbus_unguard(base + i * 4096);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_survives),
		cmocka_unit_test(test_elsewhere),
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests_name("vhost_sigbus", tests, NULL, NULL);
}
