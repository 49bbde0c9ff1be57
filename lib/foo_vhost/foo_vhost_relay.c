/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/*
 * Between each front-end and the library stands a relay. One thread of the library serves all
 * connections, and it blocks: in the middle of a message whose rest does not come, and on a socket
 * whose peer does not read. It also forgets to close the files of a message whose ring it cannot
 * allocate. So the library is given one end of a socket pair instead of its connection, and sees
 * on it only messages that are complete and well-formed; answers are taken from it at once, and a
 * front-end that lets them pile up is cut off. A file that goes with an answer is added here.
 *
 * A connection is read by the thread of foo_vhost_watch.c. It ends when either side closes: what
 * the other has sent up to then is still delivered.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_common.h>

#include "foo_vhost_priv.h"

/* Bytes of a header on the wire: the first three members of struct foo_vhost_msg. */
#define HDR offsetof(struct foo_vhost_msg, nfds)

/* Room for a payload. */
#define PAYLOAD (sizeof(struct foo_vhost_msg) - offsetof(struct foo_vhost_msg, u64))

/* Files that the kernel passes at once: SCM_MAX_FD of its net/scm.h. With less room it would close
 * the rest itself, in this thread, and that may last. */
#define KERNEL_FDS 253

/* Messages of one connection before others get their turn. */
#define TURN 16

struct foo_vhost_conn {
	TAILQ_ENTRY(foo_vhost_conn) link;
	const void *owner; /* of the files that come */
	int front;         /* to the front-end, -1 when it has ended */
	int inner;         /* to the library, ends together with front */
	bool released;     /* by the transport */
	bool held;         /* nothing is read from the front-end yet */
	bool full;         /* the library's side has no room for msg */
	bool channel;      /* the front-end has sent a back-end channel */
	uint32_t request;  /* the answer to this one is to come, and takes attached with it */
	int attached;      /* or -1 */
	uint32_t have;     /* bytes of msg that are there */
	struct foo_vhost_msg msg;
	struct foo_error why; /* why it was closed; empty: not by us */
};

TAILQ_HEAD(conn_list, foo_vhost_conn);

/* Guards all connections. Taken with foo_ctl_lock held or without, never the other way round. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct conn_list conns = TAILQ_HEAD_INITIALIZER(conns);
static int epfd = -1;

union control {
	struct cmsghdr align;
	char space[CMSG_SPACE(KERNEL_FDS * sizeof(int))];
};

static void
conn_free(struct foo_vhost_conn *c)
{
	TAILQ_REMOVE(&conns, c, link);
	free(c);
}

/* The front-end's side ends at once, but messages that nobody has read may hold files. */
static void
end_front(struct foo_vhost_conn *c)
{
	int unread = 0;

	shutdown(c->front, SHUT_RDWR); /* no more come */
	if (ioctl(c->front, FIONREAD, &unread) == 0 && unread == 0)
		close(c->front);
	else
		foo_vhost_file_close(c->front, c->owner);
	c->front = -1;
}

/* Both sides end; the library notices, and the transport releases the connection. */
static void
conn_end(struct foo_vhost_conn *c)
{
	foo_vhost_msg_close(&c->msg, c->owner);
	/* closing is not enough to leave the epoll set: the front-end may hold a duplicate of its
	 * side, which it once sent in a message */
	epoll_ctl(epfd, EPOLL_CTL_DEL, c->front, NULL);
	epoll_ctl(epfd, EPOLL_CTL_DEL, c->inner, NULL);
	end_front(c);
	close(c->inner);
	c->inner = -1;
	if (c->attached >= 0)
		close(c->attached);
	c->attached = -1;
	if (c->released)
		conn_free(c);
}

static int
conn_watch(struct foo_vhost_conn *c, int op)
{
	struct epoll_event front = {.events = c->full || c->held ? 0 : EPOLLIN, .data.ptr = c};
	struct epoll_event inner = {.events = c->full ? EPOLLIN | EPOLLOUT : EPOLLIN,
				    .data.ptr = c};

	if (epoll_ctl(epfd, op, c->front, &front) < 0 || epoll_ctl(epfd, op, c->inner, &inner) < 0)
		return -errno;
	return 0;
}

/* Take the files out of what was received. They belong to the header. */
static int
take_files(struct foo_vhost_conn *c, struct msghdr *mh, bool header)
{
	struct cmsghdr *cm;
	int fd[KERNEL_FDS], n, i, ret = 0;

	for (cm = CMSG_FIRSTHDR(mh); cm != NULL; cm = CMSG_NXTHDR(mh, cm)) {
		if (cm->cmsg_level != SOL_SOCKET || cm->cmsg_type != SCM_RIGHTS)
			continue;
		n = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fd, CMSG_DATA(cm), n * sizeof(int));
		for (i = 0; i < n; i++) {
			if (header && c->msg.nfds < VHU_MAX_FDS) {
				c->msg.fd[c->msg.nfds++] = fd[i];
			} else {
				foo_vhost_file_close(fd[i], c->owner);
				ret = -EPROTO;
			}
		}
	}
	if (ret != 0 || (mh->msg_flags & MSG_CTRUNC))
		return foo_error_set(&c->why, -EPROTO,
				     "more than %d files, files behind the header, or more than "
				     "this process may open",
				     VHU_MAX_FDS);
	return 0;
}

/* Read what the message still lacks, and never beyond: the next one may have files of its own. */
static int
read_some(struct foo_vhost_conn *c)
{
	uint8_t *to = c->have < HDR ? (uint8_t *)&c->msg + c->have :
				      (uint8_t *)&c->msg.u64 + (c->have - HDR);
	struct iovec iov = {.iov_base = to,
			    .iov_len = c->have < HDR ? HDR - c->have : HDR + c->msg.size - c->have};
	union control control;
	struct msghdr mh = {.msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control)};
	bool header = c->have < HDR;
	ssize_t n;

	n = recvmsg(c->front, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n <= 0)
		return n == 0 ? -ECONNRESET : -errno;
	c->have += n;
	return take_files(c, &mh, header);
}

/* Send a message with its files. All or nothing: it is smaller than any unit of a socket's buffer.
 */
static int
send_whole(int fd, struct foo_vhost_msg *m)
{
	struct iovec iov[2] = {{.iov_base = m, .iov_len = HDR},
			       {.iov_base = &m->u64, .iov_len = m->size}};
	struct msghdr mh = {.msg_iov = iov, .msg_iovlen = 2};
	union control control;
	struct cmsghdr *cm;
	size_t bytes = m->nfds * sizeof(int);

	if (m->nfds > 0) {
		memset(&control, 0, sizeof(control));
		mh.msg_control = &control;
		mh.msg_controllen = CMSG_SPACE(bytes);
		cm = CMSG_FIRSTHDR(&mh);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(bytes);
		memcpy(CMSG_DATA(cm), m->fd, bytes);
	}
	if (sendmsg(fd, &mh, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)(HDR + m->size))
		return -errno;
	return 0;
}

/* Hand a complete message to the library. */
static int
forward(struct foo_vhost_conn *c)
{
	int ret = send_whole(c->inner, &c->msg);

	if (ret != 0)
		return ret;
	foo_vhost_msg_close(&c->msg, c->owner);
	memset(&c->msg, 0, sizeof(c->msg));
	c->have = 0;
	return 0;
}

/* One channel, that cannot carry other files about with it: each close of a front-end's socket may
 * last, and there is one thread for them all. */
static int
check_channel(struct foo_vhost_conn *c)
{
	if (c->channel)
		return foo_error_set(&c->why, -EPROTO, "a second back-end channel");
	c->channel = true;
	if (foo_vhost_file_deafen(c->msg.fd[0]) != 0)
		return foo_error_set(&c->why, -EPROTO,
				     "its socket is not connected, or has something to read");
	return 0;
}

static int
check(struct foo_vhost_conn *c)
{
	int ret = foo_vhost_check_form(&c->msg, &c->why);

	if (ret != 0 || c->msg.nfds == 0)
		return ret;
	if (foo_vhost_files_closing(c->owner) >= FOO_VHOST_CLOSING_MAX)
		return foo_error_set(&c->why, -EPROTO, "files that came before do not close");
	return c->msg.request == VHU_SET_BACKEND_REQ_FD ? check_channel(c) : 0;
}

/* Go on with the message. -EAGAIN: nothing to do now. */
static int
step(struct foo_vhost_conn *c)
{
	int ret;

	if (!c->full) {
		ret = read_some(c);
		if (ret != 0)
			return ret;
		if (c->have < HDR)
			return 0;
		if (c->msg.size > PAYLOAD)
			return foo_error_set(&c->why, -EPROTO, "payload of %" PRIu32 " bytes",
					     c->msg.size);
		if (c->have < HDR + c->msg.size)
			return 0;
		ret = check(c);
		if (ret != 0)
			return ret;
	}
	ret = forward(c);
	if ((ret == -EAGAIN) == c->full)
		return ret;
	c->full = !c->full;
	conn_watch(c, EPOLL_CTL_MOD);
	return ret;
}

/* Whether the peer has closed the connection. */
static bool
has_closed(int fd)
{
	struct pollfd pfd = {.fd = fd, .events = POLLRDHUP};

	return poll(&pfd, 1, 0) > 0 && (pfd.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

/* From the front-end to the library. */
static int
pump_requests(struct foo_vhost_conn *c)
{
	int i, ret = 0;

	for (i = 0; i < 2 * TURN && ret == 0 && !c->held; i++)
		ret = step(c);
	/* while there is no room, nobody reads the end of the stream */
	if ((c->full || c->held) && has_closed(c->front))
		return -ECONNRESET;
	return ret == -EAGAIN || ret == -EINTR ? 0 : ret;
}

/* Read an answer of the library, which it sends in one piece, without files. 0, -EAGAIN or
 * -ECONNRESET. */
static int
read_answer(struct foo_vhost_conn *c, struct foo_vhost_msg *m)
{
	ssize_t n = recv(c->inner, m, HDR, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return -EAGAIN;
	if (n != (ssize_t)HDR || m->size > PAYLOAD)
		return -ECONNRESET;
	if (m->size > 0 && recv(c->inner, &m->u64, m->size, MSG_DONTWAIT) != (ssize_t)m->size)
		return -ECONNRESET;
	return 0;
}

/* From the library to the front-end. */
static int
pump_answer(struct foo_vhost_conn *c)
{
	struct foo_vhost_msg m = {.nfds = 0};
	int ret = read_answer(c, &m);

	if (ret != 0)
		return ret;
	if (c->attached >= 0 && m.request == c->request) {
		m.fd[m.nfds++] = c->attached;
		c->attached = -1;
	}
	ret = send_whole(c->front, &m);
	foo_vhost_msg_close(&m, c->owner);
	if (ret != 0)
		return foo_error_set(&c->why, -ETIMEDOUT, "the front-end does not read answers");
	return 0;
}

static int
pump_answers(struct foo_vhost_conn *c)
{
	int i, ret = 0;

	for (i = 0; i < TURN && ret == 0; i++)
		ret = pump_answer(c);
	return ret == -EAGAIN ? 0 : ret;
}

void
foo_vhost_relay_run(void *conn)
{
	struct foo_vhost_conn *c = conn;
	int ret;

	pthread_mutex_lock(&lock);
	/* two events of one connection may come at once, and the first may have ended it */
	TAILQ_FOREACH(c, &conns, link) {
		if (c == conn && c->front >= 0)
			break;
	}
	if (c != NULL) {
		/* answers first: the last one explains why the library closes */
		ret = pump_answers(c);
		if (ret == 0)
			ret = pump_requests(c);
		if (ret != 0)
			conn_end(c);
	}
	pthread_mutex_unlock(&lock);
}

/* A second end of the library's connection. Or -1. */
static int
open_front(int fd)
{
	int on = 1, front = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	/* a byte out of band that is not read in its place is thrown away, with its files, in the
	 * thread that comes across it */
	if (front >= 0)
		setsockopt(front, SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on));
	return front;
}

struct foo_vhost_conn *
foo_vhost_relay_open(int fd, const void *owner, bool held)
{
	struct foo_vhost_conn *c;
	int pair[2], front;

	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		goto free_conn;
	front = open_front(fd);
	if (front < 0)
		goto close_pair;
	c->owner = owner;
	c->held = held;
	c->front = front;
	c->inner = pair[1];
	c->attached = -1;
	pthread_mutex_lock(&lock);
	TAILQ_INSERT_TAIL(&conns, c, link);
	/* the library's fd changes its meaning under it, before it is read for the first time */
	if (dup3(pair[0], fd, O_CLOEXEC) < 0 || conn_watch(c, EPOLL_CTL_ADD) != 0) {
		c->released = true;
		conn_end(c);
		c = NULL;
	}
	pthread_mutex_unlock(&lock);
	close(pair[0]);
	return c;

close_pair:
	close(pair[0]);
	close(pair[1]);
free_conn:
	free(c);
	return NULL;
}

static bool
conn_owns(const struct foo_vhost_conn *c, int fd)
{
	int i;

	for (i = 0; i < c->msg.nfds; i++) {
		if (c->msg.fd[i] == fd)
			return true;
	}
	return c->front == fd || c->inner == fd || c->attached == fd;
}

bool
foo_vhost_relay_owns(int fd)
{
	struct foo_vhost_conn *c;

	pthread_mutex_lock(&lock);
	TAILQ_FOREACH(c, &conns, link) {
		if (conn_owns(c, fd))
			break;
	}
	pthread_mutex_unlock(&lock);
	return c != NULL;
}

int
foo_vhost_relay_attach(struct foo_vhost_conn *c, uint32_t request, int fd)
{
	int ret = 0;

	pthread_mutex_lock(&lock);
	if (c->front < 0) {
		ret = -ECONNRESET;
	} else if (c->attached >= 0) {
		ret = -EBUSY;
	} else {
		c->request = request;
		c->attached = fd;
	}
	pthread_mutex_unlock(&lock);
	return ret;
}

void
foo_vhost_relay_release(struct foo_vhost_conn *c)
{
	pthread_mutex_lock(&lock);
	c->released = true;
	if (c->front < 0)
		conn_free(c);
	pthread_mutex_unlock(&lock);
}

void
foo_vhost_relay_let(struct foo_vhost_conn *c)
{
	pthread_mutex_lock(&lock);
	c->held = false;
	if (c->front >= 0)
		conn_watch(c, EPOLL_CTL_MOD);
	pthread_mutex_unlock(&lock);
}

void
foo_vhost_relay_hang_up(struct foo_vhost_conn *c)
{
	pthread_mutex_lock(&lock);
	if (c->front >= 0)
		shutdown(c->front, SHUT_RDWR);
	pthread_mutex_unlock(&lock);
}

bool
foo_vhost_relay_gone(struct foo_vhost_conn *c)
{
	bool gone;

	pthread_mutex_lock(&lock);
	gone = c->front < 0 || has_closed(c->front);
	pthread_mutex_unlock(&lock);
	return gone;
}

bool
foo_vhost_relay_why(struct foo_vhost_conn *c, struct foo_vhost_msg *m, struct foo_error *why)
{
	bool ours;

	pthread_mutex_lock(&lock);
	ours = c->front < 0 && c->why.text[0] != '\0';
	if (ours) {
		*m = c->msg;
		*why = c->why;
	}
	pthread_mutex_unlock(&lock);
	return ours;
}

void
foo_vhost_relay_init(int epoll)
{
	epfd = epoll;
}

void
foo_vhost_relay_fini(void)
{
	struct foo_vhost_conn *c, *next;

	pthread_mutex_lock(&lock);
	for (c = TAILQ_FIRST(&conns); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		if (c->front >= 0)
			conn_end(c);
	}
	epfd = -1;
	pthread_mutex_unlock(&lock);
}
