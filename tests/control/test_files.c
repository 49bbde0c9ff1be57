/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* Files that do not close, or that hold others. */

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl_env.h"

/* The subject is connected, and has said no more than it must. */
static struct ctl_guest *
prepare(struct ctl_env *env)
{
	ctl_guest_close(&env->subject);
	assert_int_equal(ctl_guest_connect(&env->subject, env->path, NULL), 0);
	return &env->subject;
}

/* All threads of the process stand still. */
static void
halt(struct ctl_env *env)
{
	siginfo_t info;

	assert_int_equal(kill(env->proc.pid, SIGSTOP), 0);
	assert_int_equal(waitid(P_PID, env->proc.pid, &info, WSTOPPED), 0);
}

/* A socket whose close() lasts as long as the other end lives: what it sent is not read. */
static int
lingering_socket(int *peer)
{
	const struct linger linger = {.l_onoff = 1, .l_linger = 60};
	struct sockaddr_in sin = {.sin_family = AF_INET};
	socklen_t len = sizeof(sin);
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	static char buf[65536];

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(server, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(listen(server, 1), 0);
	assert_int_equal(getsockname(server, (struct sockaddr *)&sin, &len), 0);
	connect(fd, (struct sockaddr *)&sin, sizeof(sin));
	*peer = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	assert_true(*peer >= 0);
	while (write(fd, buf, sizeof(buf)) > 0)
		;
	assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	close(server);
	return fd;
}

/* Files that do not close, wherever a message may have them: nobody waits for that. */
static void
test_lingering_fds(void **state)
{
	static const uint32_t request[] = {FOO_FRONT_SET_VRING_CALL, FOO_FRONT_SET_MEM_TABLE,
					   FOO_FRONT_SET_BACKEND_REQ_FD, FOO_FRONT_SET_VRING_NUM,
					   4711};
	struct ctl_env *env = *state;
	unsigned char buf[64] = {0};
	struct ctl_guest *g;
	unsigned int i, whole;
	size_t n;
	int fd, peer;

	for (i = 0; i < 2 * sizeof(request) / sizeof(request[0]); i++) {
		whole = i % 2; /* or the connection ends in the middle of the message */
		g = prepare(env);
		fd = lingering_socket(&peer);
		n = foo_front_compose(buf, request[i / 2], FOO_FRONT_VERSION, 8, buf + 32, 8);
		/* ours is closed first: the last one to close it is who waits */
		halt(env);
		foo_front_send_bytes(&g->front, buf, whole ? n : n - 1, &fd, 1);
		close(fd);
		kill(env->proc.pid, SIGCONT);
		usleep(20000);
		if (!whole)
			ctl_guest_close(g);
		ctl_check_prompt(env, 2);
		ctl_check_witnesses(env);
		close(peer);
	}
}

/* One of them comes with a byte out of band, or last of more than a message may have: neither may
 * be left to the kernel, which would close it in whoever reads. */
static void
send_aside(struct ctl_guest *g, const unsigned char *buf, size_t n, int fd, bool oob)
{
	int good = eventfd(0, EFD_CLOEXEC), fds[FOO_FRONT_MAX_FDS], i;
	char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec iov = {.iov_base = control, .iov_len = 1};
	struct msghdr mh = {.msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control)};
	struct cmsghdr *cm = CMSG_FIRSTHDR(&mh);

	*cm = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(int)),
			       .cmsg_level = SOL_SOCKET,
			       .cmsg_type = SCM_RIGHTS};
	memcpy(CMSG_DATA(cm), &fd, sizeof(fd));
	for (i = 0; i < (int)FOO_FRONT_MAX_FDS; i++)
		fds[i] = i + 1 < (int)FOO_FRONT_MAX_FDS ? good : fd;
	if (oob && sendmsg(g->front.sock, &mh, MSG_OOB | MSG_NOSIGNAL) < 0)
		print_message("# nothing is out of band here: %s\n", strerror(errno));
	foo_front_send_bytes(&g->front, buf, n, fds, oob ? 0 : FOO_FRONT_MAX_FDS);
	close(good);
}

static void
test_lingering_aside(void **state)
{
	struct ctl_env *env = *state;
	unsigned char buf[64] = {0};
	struct ctl_guest *g;
	int fd, peer, oob;
	size_t n;

	n = foo_front_compose(buf, FOO_FRONT_GET_FEATURES, FOO_FRONT_VERSION, 0, NULL, 0);
	for (oob = 0; oob < 2; oob++) {
		g = prepare(env);
		fd = lingering_socket(&peer);
		halt(env);
		send_aside(g, buf, n, fd, oob);
		close(fd);
		kill(env->proc.pid, SIGCONT);
		usleep(20000);
		ctl_check_prompt(env, 2);
		ctl_check_witnesses(env);
		close(peer);
	}
}

/* One that connects where another is, and is sent away with what it has sent. */
static void
test_lingering_second(void **state)
{
	struct ctl_env *env = *state;
	unsigned char buf[64] = {0};
	struct foo_front second;
	size_t n;
	int fd, peer;

	prepare(env);
	n = foo_front_compose(buf, FOO_FRONT_GET_FEATURES, FOO_FRONT_VERSION, 0, NULL, 0);
	fd = lingering_socket(&peer);
	halt(env);
	foo_front_init(&second);
	foo_front_connect(&second, env->path);
	foo_front_send_bytes(&second, buf, n, &fd, 1);
	close(fd);
	kill(env->proc.pid, SIGCONT);
	usleep(20000);
	ctl_check_prompt(env, 2);
	ctl_check_witnesses(env);
	foo_front_fini(&second);
	close(peer);
}

static int
send_channel(struct ctl_guest *g, int fd)
{
	return foo_front_command(&g->front, FOO_FRONT_SET_BACKEND_REQ_FD, NULL, 0, &fd, 1);
}

/* A back-end channel that could hold files which nobody has received, or a second one. */
static void
test_backend_channels(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest *g;
	int sv[2], fd, i;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g = prepare(env);
	assert_int_equal(send_channel(g, fd), -ECONNRESET); /* not connected */
	assert_int_equal(bind(fd, &(struct sockaddr){.sa_family = AF_UNIX}, sizeof(sa_family_t)),
			 0);
	assert_int_equal(listen(fd, 1), 0);
	g = prepare(env);
	assert_int_equal(send_channel(g, fd), -ECONNRESET);
	close(fd);
	for (i = 0; i < 2; i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), 0);
		g = prepare(env);
		if (i == 0) {
			/* in order, but net devices have no use for it */
			assert_int_equal(send_channel(g, sv[1]), -EREMOTEIO);
			assert_int_equal(send(sv[0], "", 1, MSG_NOSIGNAL), -1);
		} else {
			assert_int_equal(send(sv[0], "", 1, MSG_NOSIGNAL), 1);
		}
		/* the second, or with something to read */
		assert_int_equal(send_channel(g, sv[1]), -ECONNRESET);
		close(sv[0]);
		close(sv[1]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ctl_test(test_lingering_fds),
		ctl_test(test_lingering_aside),
		ctl_test(test_lingering_second),
		ctl_test(test_backend_channels),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, ctl_group_setup, ctl_group_teardown);
}
