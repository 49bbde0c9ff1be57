/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* Bytes on the socket: truncated, slow, too much, unknown, unread; and connections. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl_env.h"

/* Lets the subject be a negotiated connection without memory and rings. */
static struct foo_front *
connect_subject(struct ctl_env *env)
{
	ctl_guest_close(&env->subject);
	assert_int_equal(ctl_guest_connect(&env->subject, env->path, NULL), 0);
	return &env->subject.front;
}

/* What came of a message that must not be carried out: 0 if it was refused, by an error answer or
 * by the end of the connection; 1 if it was accepted. */
static int
refused(struct foo_front *f)
{
	struct foo_front_msg reply;
	int ret = foo_front_recv(f, &reply);

	if (ret == -ECONNRESET)
		return 0;
	assert_int_equal(ret, 0);
	foo_front_msg_close(&reply);
	if (reply.size == 0)
		return 0; /* how a config request is refused */
	return reply.u64 != 0 && reply.size == sizeof(reply.u64) ? 0 : 1;
}

static const uint32_t all_requests[] = {
	FOO_FRONT_SET_FEATURES,     FOO_FRONT_SET_MEM_TABLE,  FOO_FRONT_SET_LOG_BASE,
	FOO_FRONT_SET_VRING_NUM,    FOO_FRONT_SET_VRING_ADDR, FOO_FRONT_SET_VRING_BASE,
	FOO_FRONT_SET_VRING_KICK,   FOO_FRONT_SET_VRING_CALL, FOO_FRONT_SET_PROTOCOL_FEATURES,
	FOO_FRONT_SET_VRING_ENABLE,
};

#define NREQUESTS (sizeof(all_requests) / sizeof(all_requests[0]))

static void
test_unknown_request(void **state)
{
	static const uint32_t id[] = {0, 23, 35, 41, 99, 255, 256, 0x7fffffff, 0xffffffff};
	const char payload[16] = {0};
	struct ctl_env *env = *state;
	struct foo_front *f;
	unsigned int i;

	for (i = 0; i < sizeof(id) / sizeof(id[0]); i++) {
		f = connect_subject(env);
		assert_int_equal(foo_front_send(f, id[i], FOO_FRONT_VERSION | FOO_FRONT_NEED_REPLY,
						payload, sizeof(payload), NULL, 0),
				 0);
		assert_int_equal(refused(f), 0);
		f = connect_subject(env);
		assert_int_equal(foo_front_send(f, id[i], FOO_FRONT_VERSION, NULL, 0, NULL, 0), 0);
		foo_front_wait_closed(f, 50); /* closed or ignored */
	}
}

/* A payload of any size but the right one is refused before anybody looks at it. */
static void
test_wrong_size(void **state)
{
	static const size_t size[] = {0, 1, 4, 7, 300, 340};
	struct ctl_env *env = *state;
	char payload[512] = {0};
	struct foo_front *f;
	unsigned int i, j;

	for (i = 0; i < NREQUESTS; i++) {
		for (j = 0; j < sizeof(size) / sizeof(size[0]); j++) {
			f = connect_subject(env);
			assert_int_equal(foo_front_send(f, all_requests[i],
							FOO_FRONT_VERSION | FOO_FRONT_NEED_REPLY,
							payload, size[j], NULL, 0),
					 0);
			if (refused(f) != 0)
				fail_msg("request %u with %zu bytes was accepted", all_requests[i],
					 size[j]);
		}
	}
}

/* A size field beyond every payload: close, do not wait for gigabytes. */
static void
test_huge_size(void **state)
{
	static const uint32_t size[] = {4096, 65536, 0x7fffffff, 0x80000000, 0xffffffff};
	struct ctl_env *env = *state;
	unsigned char buf[FOO_FRONT_HDR_SIZE + 64] = {0};
	struct foo_front *f;
	unsigned int i;
	size_t n;

	for (i = 0; i < sizeof(size) / sizeof(size[0]); i++) {
		f = connect_subject(env);
		n = foo_front_compose(buf, FOO_FRONT_SET_FEATURES,
				      FOO_FRONT_VERSION | FOO_FRONT_NEED_REPLY, size[i], buf, 0);
		assert_int_equal(foo_front_send_bytes(f, buf, n + 64, NULL, 0), 0);
		assert_int_equal(foo_front_wait_closed(f, 3000), 0);
	}
}

/* Files with messages that take none, none with those that need one, and far too many. */
static void
test_wrong_fds(void **state)
{
	static const unsigned int count[] = {1, 2, 8, 9, 16, 64};
	const uint64_t payload[6] = {0};
	struct ctl_env *env = *state;
	int fd[FOO_FRONT_MAX_FDS];
	struct foo_front *f;
	uint32_t request;
	unsigned int i;

	for (i = 0; i < FOO_FRONT_MAX_FDS; i++)
		fd[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (request = 1; request <= FOO_FRONT_GET_STATUS; request++) {
		for (i = 0; i < sizeof(count) / sizeof(count[0]); i++) {
			f = connect_subject(env);
			assert_int_equal(foo_front_send(f, request,
							FOO_FRONT_VERSION | FOO_FRONT_NEED_REPLY,
							payload, request % 2 ? 8 : sizeof(payload),
							fd, count[i]),
					 0);
			foo_front_get_features(f, &(uint64_t){0});
		}
	}
	for (i = 0; i < FOO_FRONT_MAX_FDS; i++)
		close(fd[i]);
}

static void
test_missing_fds(void **state)
{
	const struct foo_front_wire_log log = {.size = 4096};
	struct ctl_env *env = *state;
	struct foo_front *f;
	uint64_t index = 0;

	f = connect_subject(env);
	assert_int_equal(foo_front_send(f, FOO_FRONT_SET_VRING_KICK,
					FOO_FRONT_VERSION | FOO_FRONT_NEED_REPLY, &index,
					sizeof(index), NULL, 0),
			 0);
	assert_int_equal(refused(f), 0);
	f = connect_subject(env);
	assert_int_equal(foo_front_send(f, FOO_FRONT_SET_LOG_BASE,
					FOO_FRONT_VERSION | FOO_FRONT_NEED_REPLY, &log, sizeof(log),
					NULL, 0),
			 0);
	assert_int_equal(refused(f), 0);
}

/* Files on the second half of a message, where nobody expects them. */
static void
test_late_fds(void **state)
{
	struct ctl_env *env = *state;
	unsigned char buf[64];
	struct foo_front *f;
	uint64_t index = 0;
	size_t n;
	int fd = eventfd(0, EFD_CLOEXEC), i;

	for (i = 0; i < 20; i++) {
		f = connect_subject(env);
		n = foo_front_compose(buf, FOO_FRONT_SET_VRING_CALL, FOO_FRONT_VERSION,
				      sizeof(index), &index, sizeof(index));
		assert_int_equal(foo_front_send_bytes(f, buf, 14, NULL, 0), 0);
		usleep(2000);
		foo_front_send_bytes(f, buf + 14, n - 14, &fd, 1);
		foo_front_wait_closed(f, 10);
	}
	close(fd);
}

/* A socket that bears the name of another device's. */
static int
namesake(const char *path)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	char aside[sizeof(un.sun_path) + 8];
	int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fd;
	int front = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	snprintf(aside, sizeof(aside), "%s.aside", path);
	assert_int_equal(rename(path, aside), 0);
	assert_int_equal(bind(server, (struct sockaddr *)&un, sizeof(un)), 0);
	assert_int_equal(listen(server, 1), 0);
	assert_int_equal(connect(front, (struct sockaddr *)&un, sizeof(un)), 0);
	fd = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	assert_true(fd >= 0);
	close(server);
	close(front);
	assert_int_equal(rename(aside, path), 0);
	return fd;
}

/*
 * Such a socket, sent with a message that is never finished, is not taken for the connection of
 * the next front-end of that device: then nothing would stand between it and the library.
 */
static void
test_planted_socket(void **state)
{
	struct ctl_env *env = *state;
	const char *path = ctl_proc_path(&env->proc, "2");
	struct ctl_guest *g = &env->other;
	struct foo_front *f = connect_subject(env);
	uint64_t index = 0;
	unsigned char buf[64];
	int fd = namesake(path);

	foo_front_compose(buf, FOO_FRONT_SET_VRING_CALL, FOO_FRONT_VERSION, sizeof(index), &index,
			  sizeof(index));
	assert_int_equal(foo_front_send_bytes(f, buf, 12, &fd, 1), 0);
	close(fd);
	usleep(20000);
	assert_int_equal(ctl_guest_open(g, path, NULL), 0);
	assert_int_equal(foo_front_send_bytes(&g->front, buf, 12, NULL, 0), 0);
	usleep(20000);
	ctl_check_prompt(env, 2);
	/* nor is the connection of the one that sent it touched */
	assert_int_equal(foo_front_wait_closed(f, 10), -ETIMEDOUT);
}

/* One sender stops in the middle of a message. Everybody else must not notice. */
static void
test_truncated(void **state)
{
	static const size_t at[] = {1, 4, 11, 12, 13, 19};
	struct ctl_env *env = *state;
	uint64_t features = CTL_SPLIT;
	unsigned char buf[64];
	struct foo_front *f;
	unsigned int i;

	for (i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		f = connect_subject(env);
		foo_front_compose(buf, FOO_FRONT_SET_FEATURES, FOO_FRONT_VERSION, sizeof(features),
				  &features, sizeof(features));
		assert_int_equal(foo_front_send_bytes(f, buf, at[i], NULL, 0), 0);
		usleep(20000);
		ctl_check_prompt(env, 10);
		ctl_check_witnesses(env);
		/* a newcomer is served too */
		assert_int_equal(ctl_guest_open(&env->other, ctl_proc_path(&env->proc, "2"), NULL),
				 0);
		ctl_guest_close(&env->other);
	}
}

/* Byte by byte: carried out or closed, at nobody else's cost. */
static void
test_slow(void **state)
{
	struct ctl_env *env = *state;
	uint64_t features = CTL_SPLIT;
	unsigned char buf[64];
	struct foo_front *f;
	size_t n;
	unsigned int i;

	f = connect_subject(env);
	features &= f->offered;
	n = foo_front_compose(buf, FOO_FRONT_SET_FEATURES, FOO_FRONT_VERSION | FOO_FRONT_NEED_REPLY,
			      sizeof(features), &features, sizeof(features));
	for (i = 0; i < n; i++) {
		if (foo_front_send_bytes(f, buf + i, 1, NULL, 0) != 0)
			return;
		usleep(5000);
		ctl_check_prompt(env, 1);
	}
	foo_front_wait_closed(f, 100);
}

/* Requests without end whose answers are never read: the socket's buffer fills. */
static void
test_answers_unread(void **state)
{
	struct ctl_env *env = *state;
	struct foo_front *f = connect_subject(env);
	unsigned char buf[FOO_FRONT_HDR_SIZE * 64];
	unsigned int i;

	for (i = 0; i < 64; i++)
		foo_front_compose(buf + FOO_FRONT_HDR_SIZE * i, FOO_FRONT_GET_FEATURES,
				  FOO_FRONT_VERSION, 0, NULL, 0);
	f->timeout_ms = 300;
	for (i = 0; i < 2000; i++)
		if (foo_front_send_bytes(f, buf, sizeof(buf), NULL, 0) != 0)
			break;
	ctl_check_prompt(env, 10);
	assert_int_equal(ctl_guest_open(&env->other, ctl_proc_path(&env->proc, "2"), NULL), 0);
}

/* Many requests in one write are all answered, in order. */
static void
test_pipelined(void **state)
{
	struct ctl_env *env = *state;
	struct foo_front *f = connect_subject(env);
	unsigned char buf[FOO_FRONT_HDR_SIZE * 50];
	struct foo_front_msg reply;
	unsigned int i;

	for (i = 0; i < 50; i++)
		foo_front_compose(buf + FOO_FRONT_HDR_SIZE * i,
				  i % 2 ? FOO_FRONT_GET_FEATURES : FOO_FRONT_GET_QUEUE_NUM,
				  FOO_FRONT_VERSION, 0, NULL, 0);
	assert_int_equal(foo_front_send_bytes(f, buf, sizeof(buf), NULL, 0), 0);
	for (i = 0; i < 50; i++) {
		assert_int_equal(foo_front_recv(f, &reply), 0);
		assert_int_equal(reply.request,
				 i % 2 ? FOO_FRONT_GET_FEATURES : FOO_FRONT_GET_QUEUE_NUM);
	}
}

static void
test_random_bytes(void **state)
{
	struct ctl_env *env = *state;
	unsigned char buf[512];
	struct foo_front *f;
	unsigned int i, j, seed = 1;

	for (i = 0; i < 100; i++) {
		f = connect_subject(env);
		for (j = 0; j < sizeof(buf); j++)
			buf[j] = rand_r(&seed) >> 8;
		if (i % 2) { /* at least the request is a real one */
			memset(buf, 0, FOO_FRONT_HDR_SIZE);
			buf[0] = 1 + i % 42;
			buf[4] = FOO_FRONT_VERSION;
			buf[8] = rand_r(&seed) >> 8;
		}
		foo_front_send_bytes(f, buf, sizeof(buf), NULL, 0);
		foo_front_wait_closed(f, 5);
	}
}

/* A storm of connections: some say nothing, some negotiate, some set everything up. */
static void
test_reconnect_storm(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest *g = &env->subject;
	long rss = 0;
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		if (i % 100 == 99) {
			ctl_open_subject(env, NULL);
		} else if (i % 10 == 9) {
			connect_subject(env);
		} else {
			foo_front_init(&g->front);
			g->is_open = true;
			assert_int_equal(foo_front_connect(&g->front, env->path), 0);
		}
		ctl_guest_close(g);
		if (i == 300)
			rss = ctl_proc_rss_kb(&env->proc);
		if (i % 50 == 0)
			ctl_check_prompt(env, 1);
	}
	ctl_check_alive(env);
	/* freed memory stays resident for a while under AddressSanitizer */
	if (getenv("FOO_CONTROL_SANITIZED") == NULL)
		assert_in_range(ctl_proc_rss_kb(&env->proc), 1, rss + 1024);
	ctl_open_subject(env, NULL);
	ctl_check_subject(env, 100);
}

/* A device serves one front-end: the second is turned away, the first does not notice. */
static void
test_second_front_end(void **state)
{
	struct ctl_env *env = *state;
	struct foo_front *f = &env->other.front;
	uint64_t features;
	unsigned int i;

	ctl_open_subject(env, NULL);
	for (i = 0; i < 5; i++) {
		foo_front_init(f);
		env->other.is_open = true;
		assert_int_equal(foo_front_connect(f, env->path), 0);
		assert_int_equal(foo_front_get_features(f, &features), -ECONNRESET);
		foo_front_close(f);
		ctl_check_subject(env, 100);
	}
	/* the place is free again once the first has gone */
	ctl_guest_close(&env->subject);
	ctl_open_subject(env, NULL);
	ctl_check_subject(env, 100);
}

/* Two hundred at once, who stay: turned away, and nothing is kept of them. */
static void
test_crowd(void **state)
{
	struct ctl_env *env = *state;
	struct foo_front crowd[200];
	unsigned int i;

	ctl_open_subject(env, NULL);
	for (i = 0; i < 200; i++) {
		foo_front_init(&crowd[i]);
		assert_int_equal(foo_front_connect(&crowd[i], env->path), 0);
	}
	ctl_check_subject(env, 100);
	ctl_check_prompt(env, 10);
	for (i = 0; i < 200; i++) {
		assert_int_equal(foo_front_wait_closed(&crowd[i], 3000), 0);
		foo_front_fini(&crowd[i]);
	}
	ctl_check_subject(env, 100);
}

/* The front-end dies in the middle of traffic, its memory with it. */
static void
test_closed_mid_traffic(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_guest_opt opt = {0};
	unsigned int i;

	for (i = 0; i < 10; i++) {
		opt.features = i % 2 ? CTL_PACKED : CTL_SPLIT;
		ctl_open_subject(env, &opt);
		env->traffic = (struct ctl_traffic){.from = &env->subject, .to = &env->subject};
		ctl_traffic_start(&env->traffic);
		assert_int_equal(ctl_traffic_wait(&env->traffic, 200), 0);
		foo_front_close(&env->subject.front);
		usleep(5000);
		ctl_traffic_stop(&env->traffic);
		assert_int_equal(env->traffic.error, 0);
		ctl_guest_close(&env->subject);
	}
}

/* Two guests on two devices, one of them a client of its front-end. */
static void
open_pair(struct ctl_env *env)
{
	struct ctl_guest_opt client = {.listen = true};

	if (!env->other.is_open)
		assert_int_equal(ctl_guest_open(&env->other, ctl_proc_path(&env->proc, "2"), NULL),
				 0);
	if (!env->subject.is_open)
		assert_int_equal(
			ctl_guest_open(&env->subject, ctl_proc_path(&env->proc, "3"), &client), 0);
}

/* The receiver dies, with chains of the sender on their way; it comes back, then the sender
 * dies. Packets to nobody are dropped. */
static void
test_peer_dies(void **state)
{
	struct ctl_env *env = *state;
	struct ctl_traffic *t = &env->traffic;
	uint32_t i, seq;

	for (i = 0; i < 3; i++) {
		open_pair(env);
		*t = (struct ctl_traffic){.from = &env->other, .to = &env->subject};
		ctl_traffic_start(t);
		assert_int_equal(ctl_traffic_wait(t, 200), 0);
		foo_front_close(&env->subject.front);
		usleep(5000);
		ctl_traffic_stop(t);
		assert_int_equal(t->error, 0);
		ctl_guest_close(&env->subject);
		for (seq = 0; seq < 300; seq++) {
			ctl_send(&env->other, 0, 0, seq, 64);
			usleep(50);
		}
		open_pair(env);
		assert_int_equal(ctl_transfer(&env->other, 0, &env->subject, 0, 200), 0);
		assert_int_equal(ctl_transfer(&env->subject, 0, &env->other, 0, 200), 0);
		ctl_guest_close(&env->other);
		for (seq = 0; seq < 40; seq++)
			ctl_send(&env->subject, 0, 0, seq, 64);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ctl_test(test_unknown_request),
		ctl_test(test_wrong_size),
		ctl_test(test_huge_size),
		ctl_test(test_wrong_fds),
		ctl_test(test_missing_fds),
		ctl_test(test_late_fds),
		ctl_test(test_planted_socket),
		ctl_test(test_truncated),
		ctl_test(test_slow),
		ctl_test(test_answers_unread),
		ctl_test(test_pipelined),
		ctl_test(test_random_bytes),
		ctl_test(test_reconnect_storm),
		ctl_test(test_second_front_end),
		ctl_test(test_crowd),
		ctl_test(test_closed_mid_traffic),
		ctl_test(test_peer_dies),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, ctl_group_setup, ctl_group_teardown);
}
