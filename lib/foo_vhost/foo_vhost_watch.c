/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/*
 * The thread beside the library's: it relays messages, ends connections whose memory went away
 * (which the signal handler cannot), and goes on waiting for an lcore that was not done in time.
 */

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <rte_common.h>

#include <foo_lcore.h>

#include "foo_vhost_priv.h"

/* How often an lcore that is late is asked again. */
#define RETRY_MS 200

/* Events of one epoll_wait(). */
#define EVENTS 16

static struct {
	pthread_mutex_t lock; /* of start and end */
	unsigned int users;
	pthread_t thread;
	int epfd;
	int event;
	atomic_bool quit;
} watch = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.epfd = -1,
	.event = -1,
};

/* The guest's file was truncated: break its queues, end its connection. */
static void
lose(struct foo_vhost *t)
{
	struct foo_queue *q;
	uint16_t i;

	FOO_VHOST_LOG(ERR, "%s: guest memory went away (a file was truncated)", t->dev->name);
	t->stats.memory_lost++;
	t->lost = true;
	for (i = 0; i < t->st.nqueues; i++) {
		q = &t->dev->queue[i];
		if (foo_queue_state(q) != FOO_QUEUE_RUNNING)
			continue;
		/* the lcore is late: the others would be, too, and the end of the connection
		 * stops them all */
		if (foo_vhost_ring_pause(t, i) != 0)
			break;
		q->broken = FOO_FAULT_RING_LOST;
		q->past.fault[FOO_FAULT_RING_LOST]++;
	}
	foo_vhost_rings_update(t);
	if (t->conn != NULL)
		foo_vhost_relay_hang_up(t->conn);
}

/* Whether the front-end has held up the lcore of a queue that still runs; one that was stopped
 * since then is looked at there. */
static bool
holds_up(const struct foo_vhost *t)
{
	const struct foo_queue *q;
	uint16_t i;

	for (i = 0; i < t->st.nqueues; i++) {
		q = &t->dev->queue[i];
		if (foo_queue_state(q) == FOO_QUEUE_RUNNING &&
		    __atomic_load_n(&q->broken, __ATOMIC_RELAXED) == FOO_FAULT_CALL_BLOCKED)
			return true;
	}
	return false;
}

/* Look at all transports. Whether to look again soon. */
static bool
look(void)
{
	struct foo_vhost *t;
	bool again = false;

	foo_ctl_lock();
	TAILQ_FOREACH(t, &foo_vhost_all, link) {
		if (foo_vhost_sigbus_lost(t))
			lose(t);
		if (t->conn != NULL && holds_up(t))
			foo_vhost_bar(t);
		if (t->waits && t->conn != NULL && !foo_vhost_is_barred(t)) {
			t->waits = false;
			foo_vhost_relay_let(t->conn);
		}
		if (t->waits && t->conn != NULL)
			again = true;
		if (t->draining && !foo_vhost_drain(t, false))
			again = true;
	}
	foo_ctl_unlock();
	return again;
}

static void *
run(void *arg)
{
	struct epoll_event ev[EVENTS];
	bool again = false;
	eventfd_t count;
	int i, n;

	RTE_SET_USED(arg);
	/* pairs with the store in foo_vhost_watch_put() */
	while (!atomic_load_explicit(&watch.quit, memory_order_acquire)) {
		n = epoll_wait(watch.epfd, ev, EVENTS, again ? RETRY_MS : -1);
		for (i = 0; i < n; i++) {
			if (ev[i].data.ptr != NULL)
				foo_vhost_relay_run(ev[i].data.ptr);
			else if (eventfd_read(watch.event, &count) == 0)
				again = true;
		}
		if (again)
			again = look();
	}
	return NULL;
}

static void
close_fds(void)
{
	if (watch.epfd >= 0)
		close(watch.epfd);
	if (watch.event >= 0)
		close(watch.event);
	watch.epfd = -1;
	watch.event = -1;
}

static int
open_fds(void)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = NULL};

	watch.event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	watch.epfd = epoll_create1(EPOLL_CLOEXEC);
	if (watch.event < 0 || watch.epfd < 0 ||
	    epoll_ctl(watch.epfd, EPOLL_CTL_ADD, watch.event, &ev) < 0)
		return -errno;
	return 0;
}

int
foo_vhost_thread_start(pthread_t *thread, void *(*run_thread)(void *arg), const char *name)
{
	sigset_t all, old;
	int ret;

	/* signals are for the program's own threads, but faults stay with their thread */
	sigfillset(&all);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, FOO_LCORE_SIGNAL);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	ret = pthread_create(thread, NULL, run_thread, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (ret == 0)
		pthread_setname_np(*thread, name);
	return -ret;
}

/* A connection takes three files and each of its rings four: with many guests, more than the 1024
 * that a process may have by default. */
static void
raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void
end_thread(void)
{
	/* pairs with the load in run() */
	atomic_store_explicit(&watch.quit, true, memory_order_release);
	foo_vhost_watch_wake();
	pthread_join(watch.thread, NULL);
}

static int
start_threads(void)
{
	int ret;

	atomic_store_explicit(&watch.quit, false, memory_order_relaxed);
	ret = foo_vhost_thread_start(&watch.thread, run, "foo-vhost");
	if (ret != 0)
		return ret;
	ret = foo_vhost_guard_start();
	if (ret != 0)
		end_thread();
	return ret;
}

static int
start(void)
{
	int ret;

	raise_limit();
	ret = foo_vhost_files_start();
	if (ret == 0)
		ret = open_fds();
	if (ret == 0)
		ret = foo_vhost_sigbus_init(watch.event);
	if (ret != 0) {
		close_fds();
		return ret;
	}
	foo_vhost_relay_init(watch.epfd);
	ret = start_threads();
	if (ret != 0) {
		foo_vhost_sigbus_fini();
		close_fds();
	}
	return ret;
}

int
foo_vhost_watch_get(void)
{
	int ret = 0;

	pthread_mutex_lock(&watch.lock);
	if (watch.users == 0)
		ret = start();
	if (ret == 0)
		watch.users++;
	pthread_mutex_unlock(&watch.lock);
	return ret;
}

void
foo_vhost_watch_put(void)
{
	pthread_mutex_lock(&watch.lock);
	if (--watch.users == 0) {
		foo_vhost_guard_stop();
		end_thread();
		foo_vhost_relay_fini();
		foo_vhost_sigbus_fini();
		close_fds();
	}
	pthread_mutex_unlock(&watch.lock);
}

void
foo_vhost_watch_wake(void)
{
	eventfd_write(watch.event, 1);
}
