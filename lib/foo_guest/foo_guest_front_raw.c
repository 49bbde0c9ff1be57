/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* The socket and the bytes on it: connections, sending anything, receiving messages. */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "foo_guest_front.h"

/* Pause between two attempts to connect. */
#define CONNECT_RETRY_US 2000

/* Control data of one sendmsg() or recvmsg(), aligned for its header. */
union control {
	struct cmsghdr align;
	char buf[CMSG_SPACE(FOO_FRONT_MAX_FDS * sizeof(int))];
};

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* The peer has gone: one error for all the ways in which the kernel says so. */
static int
socket_error(int err)
{
	return err == EPIPE || err == ECONNRESET || err == ENOTCONN ? -ECONNRESET : -err;
}

/* Wait for an event of fd until the deadline. 0, -ETIMEDOUT or another error. */
static int
wait_for(int fd, short events, int64_t deadline)
{
	struct pollfd p = {.fd = fd, .events = events};
	int64_t left;
	int n;

	do {
		left = deadline - now_ms();
		n = poll(&p, 1, left > 0 ? (int)left : 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n == 0 ? -ETIMEDOUT : 0;
}

static int
set_path(struct foo_front *f, const char *path, struct sockaddr_un *addr)
{
	size_t len = strlen(path);

	if (len >= sizeof(addr->sun_path))
		return -ENAMETOOLONG;
	if (path != f->path) /* a reconnect passes f->path itself */
		memcpy(f->path, path, len + 1);
	memset(addr, 0, sizeof(*addr));
	addr->sun_family = AF_UNIX;
	memcpy(addr->sun_path, path, len + 1);
	return 0;
}

void
foo_front_init(struct foo_front *f)
{
	memset(f, 0, sizeof(*f));
	f->sock = -1;
	f->listen_sock = -1;
	f->backend_sock = -1;
	f->timeout_ms = FOO_FRONT_TIMEOUT_MS;
	f->confirm = true;
	f->proto_wanted = 1ULL << FOO_FRONT_P_MQ | 1ULL << FOO_FRONT_P_LOG_SHMFD |
			  1ULL << FOO_FRONT_P_REPLY_ACK | 1ULL << FOO_FRONT_P_MTU |
			  1ULL << FOO_FRONT_P_CONFIG | 1ULL << FOO_FRONT_P_STATUS;
}

int
foo_front_connect(struct foo_front *f, const char *path)
{
	int64_t deadline = now_ms() + f->timeout_ms;
	struct sockaddr_un addr;
	int ret, err;

	if (f->sock >= 0)
		return -EISCONN;
	ret = set_path(f, path, &addr);
	if (ret != 0)
		return ret;
	f->sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (f->sock < 0)
		return -errno;
	for (;;) {
		if (connect(f->sock, (const struct sockaddr *)&addr, sizeof(addr)) == 0)
			return 0;
		err = errno;
		if (err != ENOENT && err != ECONNREFUSED && err != EAGAIN && err != EINTR)
			break;
		if (now_ms() >= deadline)
			break;
		usleep(CONNECT_RETRY_US);
	}
	close(f->sock);
	f->sock = -1;
	return err == EAGAIN || err == EINTR ? -ETIMEDOUT : -err;
}

int
foo_front_listen(struct foo_front *f, const char *path)
{
	struct sockaddr_un addr;
	int ret;

	ret = set_path(f, path, &addr);
	if (ret != 0)
		return ret;
	f->listen_sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (f->listen_sock < 0)
		return -errno;
	unlink(path);
	if (bind(f->listen_sock, (const struct sockaddr *)&addr, sizeof(addr)) == 0 &&
	    listen(f->listen_sock, 1) == 0)
		return 0;
	ret = -errno;
	close(f->listen_sock);
	f->listen_sock = -1;
	return ret;
}

int
foo_front_accept(struct foo_front *f)
{
	int ret;

	if (f->sock >= 0)
		return -EISCONN;
	ret = wait_for(f->listen_sock, POLLIN, now_ms() + f->timeout_ms);
	if (ret != 0)
		return ret;
	f->sock = accept4(f->listen_sock, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	return f->sock < 0 ? -errno : 0;
}

void
foo_front_close(struct foo_front *f)
{
	if (f->sock >= 0)
		close(f->sock);
	if (f->backend_sock >= 0)
		close(f->backend_sock);
	f->sock = -1;
	f->backend_sock = -1;
	f->offered = 0;
	f->features = 0;
	f->proto_offered = 0;
	f->proto = 0;
	f->queue_num = 0;
	f->status = 0;
}

int
foo_front_reconnect(struct foo_front *f)
{
	foo_front_close(f);
	return f->listen_sock >= 0 ? foo_front_accept(f) : foo_front_connect(f, f->path);
}

void
foo_front_fini(struct foo_front *f)
{
	foo_front_close(f);
	if (f->listen_sock >= 0) {
		close(f->listen_sock);
		unlink(f->path);
		f->listen_sock = -1;
	}
}

int
foo_front_wait_closed(struct foo_front *f, int wait_ms)
{
	int64_t deadline = now_ms() + wait_ms;
	char buf[256];
	ssize_t n;
	int ret;

	for (;;) {
		ret = wait_for(f->sock, POLLIN, deadline);
		if (ret != 0)
			return ret;
		n = recv(f->sock, buf, sizeof(buf), MSG_DONTWAIT);
		if (n == 0 || (n < 0 && socket_error(errno) == -ECONNRESET))
			return 0;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		/* one that writes all the time is always ready */
		if (now_ms() >= deadline)
			return -ETIMEDOUT;
	}
}

static void
attach_fds(struct msghdr *mh, union control *ctl, const int *fd, unsigned int nfds)
{
	struct cmsghdr *cm;

	memset(ctl, 0, sizeof(*ctl));
	mh->msg_control = ctl->buf;
	mh->msg_controllen = CMSG_SPACE(nfds * sizeof(int));
	cm = CMSG_FIRSTHDR(mh);
	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SCM_RIGHTS;
	cm->cmsg_len = CMSG_LEN(nfds * sizeof(int));
	memcpy(CMSG_DATA(cm), fd, nfds * sizeof(int));
}

int
foo_front_send_bytes(struct foo_front *f, const void *buf, size_t len, const int *fd,
		     unsigned int nfds)
{
	int64_t deadline = now_ms() + f->timeout_ms;
	const char *pos = buf;
	union control ctl;
	ssize_t n;
	int ret;

	if (nfds > FOO_FRONT_MAX_FDS)
		return -EINVAL;
	while (len > 0) {
		struct iovec iov = {.iov_base = (void *)(uintptr_t)pos, .iov_len = len};
		struct msghdr mh = {.msg_iov = &iov, .msg_iovlen = 1};

		if (nfds > 0)
			attach_fds(&mh, &ctl, fd, nfds);
		n = sendmsg(f->sock, &mh, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return socket_error(errno);
		if (n < 0) {
			ret = wait_for(f->sock, POLLOUT, deadline);
			if (ret != 0)
				return ret;
			continue;
		}
		pos += n;
		len -= n;
		nfds = 0; /* they went with the first byte */
	}
	return 0;
}

int
foo_front_send_slowly(struct foo_front *f, const void *buf, size_t len, const int *fd,
		      unsigned int nfds, size_t chunk, unsigned int delay_us)
{
	const char *pos = buf;
	size_t n;
	int ret;

	while (len > 0) {
		n = len < chunk ? len : chunk;
		ret = foo_front_send_bytes(f, pos, n, fd, nfds);
		if (ret != 0)
			return ret;
		pos += n;
		len -= n;
		nfds = 0;
		if (len > 0)
			usleep(delay_us);
	}
	return 0;
}

size_t
foo_front_compose(void *buf, uint32_t request, uint32_t flags, uint32_t size, const void *payload,
		  size_t len)
{
	const uint32_t hdr[3] = {request, flags, size};

	memcpy(buf, hdr, FOO_FRONT_HDR_SIZE);
	if (len > 0)
		memcpy((char *)buf + FOO_FRONT_HDR_SIZE, payload, len);
	return FOO_FRONT_HDR_SIZE + len;
}

int
foo_front_send(struct foo_front *f, uint32_t request, uint32_t flags, const void *payload,
	       size_t len, const int *fd, unsigned int nfds)
{
	char buf[FOO_FRONT_HDR_SIZE + FOO_FRONT_MAX_PAYLOAD];
	size_t total;
	int ret;

	if (len > FOO_FRONT_MAX_PAYLOAD)
		return -EMSGSIZE;
	total = foo_front_compose(buf, request, flags, len, payload, len);
	ret = foo_front_send_bytes(f, buf, total, fd, nfds);
	if (ret == 0)
		f->sent++;
	return ret;
}

/* Keep the files that came with a piece of a message. */
static void
take_fds(struct foo_front_msg *msg, struct msghdr *mh)
{
	struct cmsghdr *cm;
	unsigned int i, n;
	int fd;

	for (cm = CMSG_FIRSTHDR(mh); cm != NULL; cm = CMSG_NXTHDR(mh, cm)) {
		if (cm->cmsg_level != SOL_SOCKET || cm->cmsg_type != SCM_RIGHTS)
			continue;
		n = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(cm) + i * sizeof(int), sizeof(fd));
			if (msg->nfds < FOO_FRONT_MAX_FDS)
				msg->fd[msg->nfds++] = fd;
			else
				close(fd);
		}
	}
}

/* Receive exactly len bytes. */
static int
recv_bytes(int sock, struct foo_front_msg *msg, void *buf, size_t len, int64_t deadline)
{
	char *pos = buf;
	union control ctl;
	ssize_t n;
	int ret;

	while (len > 0) {
		struct iovec iov = {.iov_base = pos, .iov_len = len};
		struct msghdr mh = {.msg_iov = &iov,
				    .msg_iovlen = 1,
				    .msg_control = ctl.buf,
				    .msg_controllen = sizeof(ctl.buf)};

		n = recvmsg(sock, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		if (n == 0)
			return -ECONNRESET;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return socket_error(errno);
		if (n < 0) {
			ret = wait_for(sock, POLLIN, deadline);
			if (ret != 0)
				return ret;
			continue;
		}
		take_fds(msg, &mh);
		pos += n;
		len -= n;
	}
	return 0;
}

static int
recv_msg(int sock, struct foo_front_msg *msg, int timeout_ms)
{
	int64_t deadline = now_ms() + timeout_ms;
	uint32_t hdr[3];
	int ret;

	memset(msg, 0, sizeof(*msg));
	if (sock < 0)
		return -ECONNRESET;
	ret = recv_bytes(sock, msg, hdr, sizeof(hdr), deadline);
	if (ret == 0) {
		msg->request = hdr[0];
		msg->flags = hdr[1];
		msg->size = hdr[2];
		ret = msg->size > sizeof(msg->bytes) ?
			      -EPROTO :
			      recv_bytes(sock, msg, msg->bytes, msg->size, deadline);
	}
	if (ret != 0)
		foo_front_msg_close(msg);
	return ret;
}

int
foo_front_recv(struct foo_front *f, struct foo_front_msg *msg)
{
	int ret = recv_msg(f->sock, msg, f->timeout_ms);

	if (ret == 0)
		f->received++;
	return ret;
}

int
foo_front_recv_backend(struct foo_front *f, struct foo_front_msg *msg)
{
	return recv_msg(f->backend_sock, msg, f->timeout_ms);
}

void
foo_front_msg_close(struct foo_front_msg *msg)
{
	while (msg->nfds > 0)
		close(msg->fd[--msg->nfds]);
}
