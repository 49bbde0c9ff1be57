/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* The thread: waits for connections, messages and kicks. */

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench_faulty_priv.h"

/* A packet held back for longer than this is let go: no other one comes behind it. */
#define FAULTY_IDLE_MS 20

const struct bench_faulty_info bench_faulty_info[BENCH_FAULTY_MAX] = {
#define FAULTY_INFO(sym, name, devices, text) {#name, devices, text},
	BENCH_FAULTY_LIST(FAULTY_INFO)
#undef FAULTY_INFO
};

bool
faulty_now(struct bench_faulty *f, enum bench_faulty_fault fault)
{
	if (f->cfg.fault != fault || ++f->chances % f->cfg.every != 0)
		return false;
	__atomic_fetch_add(&f->planted, 1, __ATOMIC_RELAXED);
	return true;
}

static void
faulty_drain(int fd)
{
	eventfd_t count;

	eventfd_read(fd, &count);
}

/* Ask for kicks, then look once more: between the two nothing can be missed. */
static void
faulty_want_kicks(struct bench_faulty *f)
{
	for (unsigned int i = 0; i < faulty_nqueues(f); i++)
		if (f->queue[i].running)
			foo_vq_kicks_enable(&f->queue[i].vq);
}

/* The stop, the listening socket or the connection, then the kicks. */
static nfds_t
faulty_poll_set(const struct bench_faulty *f, struct pollfd *p)
{
	nfds_t n = 2;

	p[0] = (struct pollfd){.fd = f->stopfd, .events = POLLIN};
	p[1] = (struct pollfd){.fd = f->sock >= 0 ? f->sock : f->listen_sock, .events = POLLIN};
	for (unsigned int i = 0; i < faulty_nqueues(f); i++)
		if (f->queue[i].kickfd >= 0)
			p[n++] = (struct pollfd){.fd = f->queue[i].kickfd, .events = POLLIN};
	return n;
}

static void
faulty_hang_up(struct bench_faulty *f)
{
	close(f->sock);
	f->sock = -1;
	faulty_reset(f);
}

static void *
faulty_thread(void *arg)
{
	struct pollfd p[2 + FAULTY_QUEUES];
	struct bench_faulty *f = arg;

	for (;;) {
		nfds_t n = faulty_poll_set(f, p);
		int ready;

		faulty_want_kicks(f);
		faulty_serve(f, false);
		ready = poll(p, n, FAULTY_IDLE_MS);
		if (p[0].revents != 0)
			break;
		for (nfds_t i = 2; ready > 0 && i < n; i++)
			if (p[i].revents & POLLIN)
				faulty_drain(p[i].fd);
		faulty_serve(f, ready == 0);
		if (ready <= 0 || p[1].revents == 0)
			continue;
		if (f->sock < 0)
			f->sock = accept4(f->listen_sock, NULL, NULL, SOCK_CLOEXEC);
		else if (faulty_message(f) != 0)
			faulty_hang_up(f);
	}
	if (f->sock >= 0)
		faulty_hang_up(f);
	return NULL;
}

static int
faulty_listen(struct bench_faulty *f)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	if (strlen(f->cfg.path) >= sizeof(f->path))
		return -ENAMETOOLONG;
	memcpy(f->path, f->cfg.path, strlen(f->cfg.path) + 1);
	memcpy(addr.sun_path, f->path, sizeof(addr.sun_path));
	f->cfg.path = f->path;
	f->listen_sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (f->listen_sock < 0)
		return -errno;
	unlink(f->path);
	if (bind(f->listen_sock, (struct sockaddr *)&addr, sizeof(addr)) != 0 ||
	    listen(f->listen_sock, 8) != 0)
		return -errno;
	return 0;
}

static void
faulty_free(struct bench_faulty *f)
{
	if (f->listen_sock >= 0) {
		close(f->listen_sock);
		unlink(f->path);
	}
	if (f->stopfd >= 0)
		close(f->stopfd);
	free(f->disk);
	free(f);
}

int
bench_faulty_start(struct bench_faulty **fp, const struct bench_faulty_config *cfg)
{
	struct bench_faulty *f;
	int ret;

	if (cfg->fault >= BENCH_FAULTY_MAX ||
	    (bench_faulty_info[cfg->fault].devices & cfg->device) == 0)
		return -EINVAL;
	if (posix_memalign((void **)&f, 64, sizeof(*f)) != 0)
		return -ENOMEM;
	memset(f, 0, sizeof(*f));
	f->cfg = *cfg;
	f->cfg.every = cfg->every > 0 ? cfg->every : 1;
	f->sock = -1;
	for (unsigned int i = 0; i < FAULTY_QUEUES; i++)
		f->queue[i].kickfd = f->queue[i].callfd = -1;
	foo_mem_init(&f->mem);
	f->disk = calloc(1, BENCH_FAULTY_DISK);
	f->stopfd = eventfd(0, EFD_CLOEXEC);
	f->listen_sock = -1;
	ret = f->disk == NULL ? -ENOMEM : f->stopfd < 0 ? -errno : faulty_listen(f);
	if (ret == 0)
		ret = -pthread_create(&f->thread, NULL, faulty_thread, f);
	if (ret != 0)
		faulty_free(f);
	else
		*fp = f;
	return ret;
}

uint64_t
bench_faulty_planted(const struct bench_faulty *f)
{
	return __atomic_load_n(&f->planted, __ATOMIC_RELAXED);
}

uint64_t
bench_faulty_stop(struct bench_faulty *f)
{
	uint64_t planted;

	eventfd_write(f->stopfd, 1);
	pthread_join(f->thread, NULL);
	planted = bench_faulty_planted(f);
	faulty_free(f);
	return planted;
}
