/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/* Socket files: stale ones, others' ones, mode and owner; and which connection is ours. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_string_fns.h>

#include "foo_vhost_priv.h"

static char dir[32], path[64];

static int
setup(__rte_unused void **state)
{
	snprintf(dir, sizeof(dir), "/tmp/foo-vs-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/s", dir);
	return 0;
}

static int
teardown(__rte_unused void **state)
{
	unlink(path);
	return rmdir(dir);
}

static struct sockaddr_un
address(const char *name)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	rte_strscpy(un.sun_path, name, sizeof(un.sun_path));
	return un;
}

/* A socket bound to path, and listening if it can. */
static int
serve(int type)
{
	struct sockaddr_un un = address(path);
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static int
dial(const char *name)
{
	struct sockaddr_un un = address(name);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	return fd;
}

static int
prepare(const char *name)
{
	struct foo_error err = {""};
	int ret = foo_vhost_socket_prepare(name, &err);

	assert_true((ret == 0) == (err.text[0] == '\0'));
	/* the line says where */
	assert_true(ret == 0 || strstr(err.text, name) != NULL);
	return ret;
}

static void
test_prepare(__rte_unused void **state)
{
	char missing[96];
	int fd;

	assert_int_equal(prepare(path), 0);
	assert_int_equal(access(path, F_OK), -1);
	/* stale */
	close(serve(SOCK_STREAM));
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(prepare(path), 0);
	assert_int_equal(access(path, F_OK), -1);
	/* live, and live with a full backlog */
	fd = serve(SOCK_STREAM);
	assert_int_equal(prepare(path), -EADDRINUSE);
	assert_int_equal(prepare(path), -EADDRINUSE);
	assert_int_equal(prepare(path), -EADDRINUSE);
	assert_int_equal(access(path, F_OK), 0);
	close(fd);
	unlink(path);
	/* somebody else's */
	fd = serve(SOCK_DGRAM);
	assert_int_equal(prepare(path), -EPROTOTYPE);
	close(fd);
	unlink(path);
	snprintf(missing, sizeof(missing), "%s/none/s", dir);
	assert_int_equal(prepare(missing), -ENOENT);
}

static void
test_prepare_files(__rte_unused void **state)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(prepare(path), -EEXIST);
	assert_int_equal(access(path, F_OK), 0);
	unlink(path);
	assert_int_equal(symlink("/nowhere", path), 0);
	assert_int_equal(prepare(path), -EEXIST);
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(prepare(path), -EEXIST);
	rmdir(path);
}

static int
dress(uint32_t mode, const char *owner)
{
	struct foo_error err = {""};

	uid_t uid;
	gid_t gid;
	int ret = foo_vhost_socket_owner(owner, &uid, &gid, &err);

	return ret != 0 ? ret : foo_vhost_socket_dress(path, mode, uid, gid, &err);
}

static void
test_dress(__rte_unused void **state)
{
	char self[64];
	struct stat sb;
	int fd = serve(SOCK_STREAM);

	assert_int_equal(dress(0640, NULL), 0);
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 07777, 0640);
	snprintf(self, sizeof(self), "%u:%u", getuid(), getgid());
	assert_int_equal(dress(0600, self), 0);
	assert_int_equal(dress(0600, "no such user"), -EINVAL);
	assert_int_equal(dress(0600, ":no such group"), -EINVAL);
	assert_int_equal(dress(0600, "-1"), -EINVAL);
	assert_int_equal(dress(0600, "4294967295"), -EINVAL);
	assert_int_equal(dress(0600, "1x"), -EINVAL);
	if (getuid() == 0) {
		assert_int_equal(dress(0600, "12:34"), 0);
		assert_int_equal(stat(path, &sb), 0);
		assert_int_equal(sb.st_uid, 12);
		assert_int_equal(sb.st_gid, 34);
		assert_int_equal(dress(0600, ":56"), 0);
		assert_int_equal(stat(path, &sb), 0);
		assert_int_equal(sb.st_uid, 12);
		assert_int_equal(sb.st_gid, 56);
	}
	close(fd);
}

/* Among listening sockets, peers and strangers. */
static void
test_find(__rte_unused void **state)
{
	char elsewhere[96];
	int server = serve(SOCK_STREAM), front, back, cwd;

	assert_int_equal(foo_vhost_socket_find(path, false), -1);
	front = dial(path);
	/* not accepted yet: there is the front-end's side only */
	assert_int_equal(foo_vhost_socket_find(path, false), -1);
	assert_int_equal(foo_vhost_socket_find(path, true), front);
	back = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	assert_int_equal(foo_vhost_socket_find(path, false), back);
	snprintf(elsewhere, sizeof(elsewhere), "%s/t", dir);
	assert_int_equal(foo_vhost_socket_find(elsewhere, false), -1);
	assert_int_equal(foo_vhost_socket_find(elsewhere, true), -1);
	close(front);
	close(back);
	close(server);
	unlink(path);
	/* a peer that bound its socket by a relative path */
	cwd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(chdir(dir), 0);
	rte_strscpy(elsewhere, path, sizeof(elsewhere));
	rte_strscpy(path, "s", sizeof(path));
	server = serve(SOCK_STREAM);
	rte_strscpy(path, elsewhere, sizeof(path));
	assert_int_equal(fchdir(cwd), 0);
	close(cwd);
	front = dial(path);
	assert_int_equal(foo_vhost_socket_find(path, true), front);
	close(server);
	unlink(path);
	/* another connection has the very path: it is the one, although found later */
	server = serve(SOCK_STREAM);
	back = dial(path);
	assert_true(back > front);
	assert_int_equal(foo_vhost_socket_find(path, true), back);
	close(front);
	close(back);
	close(server);
}

#define socket_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		socket_test(test_prepare),
		socket_test(test_prepare_files),
		socket_test(test_dress),
		socket_test(test_find),
	};

	return cmocka_run_group_tests_name("vhost_socket", tests, NULL, NULL);
}
