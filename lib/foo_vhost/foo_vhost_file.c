/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/*
 * Files of front-ends. What a front-end sends may be a file on a FUSE server of its own, or a
 * socket that lingers: fstat(), fstatfs(), mmap() or close() of such a file last as long as it
 * likes. So the first thing that is asked of a file is its kind, in ways that only the kernel
 * answers, and files that are of no kind known here are closed by a thread of their own.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_common.h>

#include "foo_vhost_priv.h"

/* A file that is to be closed, or being closed. */
struct closing {
	STAILQ_ENTRY(closing) next;
	int fd;
	const void *owner;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t more;
	STAILQ_HEAD(closing_list, closing) list; /* the first one is being closed */
	int idle; /* an eventfd that takes the place of what is being closed */
	bool runs;
} closer = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.more = PTHREAD_COND_INITIALIZER,
	.list = STAILQ_HEAD_INITIALIZER(closer.list),
	.idle = -1,
};

static bool
is_unix_stream(int fd)
{
	int domain, type;
	socklen_t len = sizeof(int);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_UNIX &&
	       getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

enum foo_vhost_file_kind
foo_vhost_file_kind(int fd)
{
	/* files in memory alone have seals, set or not: memfd, tmpfs, hugetlbfs */
	if (fcntl(fd, F_GET_SEALS) >= 0)
		return FOO_VHOST_FILE_MEMORY;
	if (foo_fd_is_eventfd(fd))
		return FOO_VHOST_FILE_EVENTFD;
	return is_unix_stream(fd) ? FOO_VHOST_FILE_SOCKET : FOO_VHOST_FILE_OTHER;
}

int
foo_vhost_file_deafen(int fd)
{
	struct sockaddr_un peer;
	socklen_t len = sizeof(peer);
	int unread;

	/* one that is connected cannot come to listen either */
	if (getpeername(fd, (struct sockaddr *)&peer, &len) < 0)
		return -ENOTCONN;
	/* of the socket, whoever else has it: the order matters */
	if (shutdown(fd, SHUT_RD) < 0 || ioctl(fd, FIONREAD, &unread) < 0 || unread != 0)
		return -EBUSY;
	return 0;
}

/*
 * Close the first of the list, without the lock. The number is kept from being given to another
 * file until the entry is gone: what is found under it belongs to this list.
 */
static void
close_first(void)
{
	struct closing *c = STAILQ_FIRST(&closer.list);

	pthread_mutex_unlock(&closer.lock);
	dup3(closer.idle, c->fd, O_CLOEXEC);
	pthread_mutex_lock(&closer.lock);
	STAILQ_REMOVE_HEAD(&closer.list, next);
	close(c->fd);
	free(c);
}

static void *
run(void *arg)
{
	RTE_SET_USED(arg);
	pthread_mutex_lock(&closer.lock);
	for (;;) {
		if (STAILQ_EMPTY(&closer.list))
			pthread_cond_wait(&closer.more, &closer.lock);
		else
			close_first();
	}
	return NULL;
}

void
foo_vhost_file_close(int fd, const void *owner)
{
	enum foo_vhost_file_kind kind = foo_vhost_file_kind(fd);
	struct closing *c = NULL;

	/* a socket may hold others that nobody has received */
	if (kind != FOO_VHOST_FILE_MEMORY && kind != FOO_VHOST_FILE_EVENTFD)
		c = malloc(sizeof(*c));
	pthread_mutex_lock(&closer.lock);
	if (c != NULL && closer.runs) {
		*c = (struct closing){.fd = fd, .owner = owner};
		STAILQ_INSERT_TAIL(&closer.list, c, next);
		pthread_cond_signal(&closer.more);
		pthread_mutex_unlock(&closer.lock);
		return;
	}
	pthread_mutex_unlock(&closer.lock);
	free(c);
	close(fd);
}

bool
foo_vhost_file_is_closing(int fd)
{
	const struct closing *c;

	pthread_mutex_lock(&closer.lock);
	STAILQ_FOREACH(c, &closer.list, next) {
		if (c->fd == fd)
			break;
	}
	pthread_mutex_unlock(&closer.lock);
	return c != NULL;
}

unsigned int
foo_vhost_files_closing(const void *owner)
{
	const struct closing *c;
	unsigned int n = 0;

	pthread_mutex_lock(&closer.lock);
	STAILQ_FOREACH(c, &closer.list, next)
		n += c->owner == owner;
	pthread_mutex_unlock(&closer.lock);
	return n;
}

int
foo_vhost_files_start(void)
{
	pthread_t thread;
	int ret = 0;

	pthread_mutex_lock(&closer.lock);
	if (closer.idle < 0)
		closer.idle = eventfd(0, EFD_CLOEXEC);
	if (closer.idle < 0)
		ret = -errno;
	else if (!closer.runs)
		ret = foo_vhost_thread_start(&thread, run, "foo-close");
	if (ret == 0 && !closer.runs) {
		pthread_detach(thread);
		closer.runs = true;
	}
	pthread_mutex_unlock(&closer.lock);
	return ret;
}
