/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "foo_lcore_priv.h"
#include "foo_ops_priv.h"

void
foo_queue_set_why(struct foo_queue *q, const char *fmt, ...)
{
	va_list ap;

	foo_ctl_lock();
	va_start(ap, fmt);
	vsnprintf(q->why, sizeof(q->why), fmt, ap);
	va_end(ap);
	foo_ctl_unlock();
}

const char *
foo_queue_state_name(enum foo_queue_state state)
{
	static const char *const name[] = {
		[FOO_QUEUE_DETACHED] = "detached",
		[FOO_QUEUE_STOPPED] = "stopped",
		[FOO_QUEUE_RUNNING] = "running",
		[FOO_QUEUE_STOPPING] = "stopping",
	};

	return (unsigned int)state < RTE_DIM(name) ? name[state] : "unknown";
}

/* The state, and with it what the lcore did before it got there. */
static enum foo_queue_state
queue_state_acquire(const struct foo_queue *q)
{
	/* pairs with the release store in lcore_set_state() */
	return (enum foo_queue_state)__atomic_load_n(&q->state, __ATOMIC_ACQUIRE);
}

bool
foo_queue_is_idle(const struct foo_queue *q)
{
	enum foo_queue_state state = queue_state_acquire(q);

	return state == FOO_QUEUE_DETACHED || state == FOO_QUEUE_STOPPED;
}

static void
queue_close(int *fd)
{
	if (*fd != FOO_VQ_NO_FD)
		close(*fd);
	*fd = FOO_VQ_NO_FD;
}

static void
queue_close_fds(struct foo_queue *q)
{
	queue_close(&q->kickfd);
	queue_close(&q->callfd);
}

bool
foo_fd_is_eventfd(int fd)
{
	static const char eventfd_name[] = "anon_inode:[eventfd]";
	char path[32], target[sizeof(eventfd_name)];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	len = readlink(path, target, sizeof(target));
	return len == (ssize_t)sizeof(eventfd_name) - 1 && memcmp(target, eventfd_name, len) == 0;
}

/*
 * Duplicate an eventfd of the front-end. Nothing else is taken: an lcore writes to call fds, and
 * a full pipe or a file on a dead server would hold it for ever.
 */
static int
queue_dup_eventfd(int fd, int *copy)
{
	*copy = FOO_VQ_NO_FD;
	if (fd == FOO_VQ_NO_FD)
		return 0;
	if (!foo_fd_is_eventfd(fd))
		return -EBADF;
	*copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return *copy >= 0 ? 0 : -errno;
}

/*
 * An lcore must not be held by a call fd that a front-end filled up to its limit. O_NONBLOCK is of
 * the file description, so the front-end's readers see it: all known ones have set it themselves.
 * One that clears it again is found out by foo_lcore_release_held().
 */
static int
queue_dup_callfd(int fd, int *copy)
{
	int rc = queue_dup_eventfd(fd, copy);
	int flags = rc == 0 && *copy != FOO_VQ_NO_FD ? fcntl(*copy, F_GETFL) : O_NONBLOCK;

	if ((flags & O_NONBLOCK) == 0)
		fcntl(*copy, F_SETFL, flags | O_NONBLOCK);
	return rc;
}

static int
queue_take_fds(struct foo_queue *q, const struct foo_queue_config *cfg)
{
	int rc = queue_dup_callfd(cfg->vq.callfd, &q->callfd);

	if (rc == 0)
		rc = queue_dup_eventfd(cfg->kickfd, &q->kickfd);
	if (rc != 0)
		queue_close_fds(q);
	return rc;
}

/* Let kicks end the lcore's sleep; if that cannot be had, the lcore will sleep briefly only. */
static void
queue_watch(struct foo_queue *q)
{
	int rc = q->kickfd != FOO_VQ_NO_FD ? foo_lcore_watch(q) : 0;

	if (rc == 0)
		return;
	FOO_LOG(WARNING, "%s queue %u: kicks cannot be watched (%s), it is polled instead",
		q->dev->name, q->index, strerror(-rc));
	queue_close(&q->kickfd);
}

static void
queue_unwatch(struct foo_queue *q)
{
	if (q->kickfd != FOO_VQ_NO_FD)
		foo_lcore_unwatch(q);
}

/* Add the counters of the life that ends to those of the lives before. */
static void
queue_add_stats(struct foo_vq_stats *past, const struct foo_vq_stats *now)
{
	past->chains += now->chains;
	past->calls += now->calls;
	past->calls_suppressed += now->calls_suppressed;
	for (unsigned int i = 0; i < FOO_FAULT_MAX; i++)
		past->fault[i] += now->fault[i];
}

/* The lcore has let go of the ring: remember where it was, and take it down. */
static void
queue_harvest(struct foo_queue *q)
{
	q->sched.cfg.vq.avail_base = foo_vq_avail_base(&q->vq);
	q->sched.cfg.vq.used_base = foo_vq_used_base(&q->vq);
	if (q->vq.broken != 0)
		__atomic_store_n(&q->broken, q->vq.broken, __ATOMIC_RELAXED);
	queue_add_stats(&q->past, &q->vq.stats);
	foo_vq_fini(&q->vq);
	memset(&q->vq.stats, 0, sizeof(q->vq.stats));
	q->sched.in_service = false;
}

/* A stop that missed its deadline before is still under way: wait for it once more. */
static int
queue_await_stopped(const struct foo_queue *q)
{
	const struct timespec ms = {.tv_nsec = 1000 * 1000};

	for (int waited = 0; waited < FOO_CTL_DEADLINE_MS; waited++) {
		if (foo_queue_is_idle(q))
			return 0;
		foo_lcore_stand_in();
		nanosleep(&ms, NULL);
	}
	return -ETIMEDOUT;
}

/* Out of service; the fds stay. 0, -EALREADY or -ETIMEDOUT. */
static int
queue_halt(struct foo_queue *q)
{
	int rc;

	if (!q->sched.in_service)
		return -EALREADY;
	if (!q->sched.stopping) {
		/* first the watch: behind the stop nobody may look at the fd any more */
		queue_unwatch(q);
		q->sched.stopping = true;
		rc = foo_lcore_order(FOO_LCORE_STOP, q);
		if (rc != 0 && rc != -EINPROGRESS) {
			/* never ordered: the next try must order it */
			q->sched.stopping = false;
			queue_watch(q);
		}
	} else {
		rc = queue_await_stopped(q);
	}
	if (rc != 0) {
		foo_queue_set_why(q, "lcore %u has not let go of it", q->lcore);
		return -ETIMEDOUT;
	}
	q->sched.stopping = false;
	queue_harvest(q);
	return 0;
}

/* Into service with q->sched.cfg and the fds that q holds. 0 or -errno. */
static int
queue_go(struct foo_queue *q, enum foo_fault broken)
{
	struct foo_queue_config *cfg = &q->sched.cfg;
	int rc;

	cfg->vq.features = q->dev->features;
	cfg->vq.mem = &q->dev->mem;
	cfg->vq.callfd = q->callfd;
	rc = foo_vq_init(&q->vq, &cfg->vq);
	if (rc != 0) {
		foo_queue_set_why(q, "rings refused: %s",
				  rc == -EBADMSG ? "the in-flight table contradicts itself" :
						   strerror(-rc));
		return rc;
	}
	if (broken != FOO_FAULT_NONE) {
		foo_vq_break(&q->vq, broken);
		memset(&q->vq.stats, 0, sizeof(q->vq.stats)); /* it has been counted */
	}
	queue_watch(q);
	q->sched.in_service = true;
	rc = foo_lcore_order(FOO_LCORE_START, q);
	if (rc == 0) {
		foo_queue_set_why(q, "%s", "");
		return 0;
	}
	foo_queue_set_why(q, "lcore %u did not take it", q->lcore);
	if (rc == -EINPROGRESS)
		return -ETIMEDOUT; /* it may still be started: foo_queue_stop() can follow */
	queue_unwatch(q);
	queue_harvest(q);
	return rc;
}

static int
queue_attach_to(struct foo_queue *q, unsigned int lcore)
{
	struct foo_lcore *lc = foo_lcore_get(lcore);
	int rc = 0;

	if (lc == NULL)
		return -ENODEV;
	/* release: whoever sees the new place sees that the old lcore has let go of the queue */
	__atomic_store_n(&q->lcore, lcore, __ATOMIC_RELEASE);
	if (q->ops->queue_attach != NULL)
		rc = q->ops->queue_attach(q);
	if (rc == 0) {
		rc = foo_lcore_order(FOO_LCORE_ATTACH, q);
		if (rc == -EINPROGRESS)
			q->dev->leaked = true;
		if (rc != 0 && q->ops->queue_detach != NULL)
			q->ops->queue_detach(q);
	}
	if (rc != 0) {
		__atomic_store_n(&q->lcore, RTE_MAX_LCORE, __ATOMIC_RELAXED);
		return rc == -EINPROGRESS ? -ETIMEDOUT : rc;
	}
	lc->attached++;
	return 0;
}

int
foo_queue_attach(struct foo_queue *q)
{
	return queue_attach_to(q, foo_placement_choose(q));
}

/* Off its lcore's list; the queue is not in service. */
static int
queue_leave(struct foo_queue *q)
{
	if (q->lcore == RTE_MAX_LCORE)
		return 0;
	if (foo_lcore_order(FOO_LCORE_DETACH, q) != 0) {
		q->dev->leaked = true;
		return -ETIMEDOUT;
	}
	foo_lcore_get(q->lcore)->attached--;
	if (q->ops->queue_detach != NULL)
		q->ops->queue_detach(q);
	__atomic_store_n(&q->lcore, RTE_MAX_LCORE, __ATOMIC_RELAXED);
	return 0;
}

int
foo_queue_detach(struct foo_queue *q)
{
	if (foo_queue_stop(q, NULL, NULL) == -ETIMEDOUT) {
		q->dev->leaked = true;
		return -ETIMEDOUT;
	}
	return queue_leave(q);
}

/* Leave for another lcore; the queue is not in service. */
static int
queue_change_lcore(struct foo_queue *q, unsigned int lcore)
{
	int rc;

	if (lcore == q->lcore)
		return 0;
	rc = queue_leave(q);
	if (rc == 0)
		rc = queue_attach_to(q, lcore);
	if (rc != 0)
		foo_queue_set_why(q, "it could not be moved to lcore %u: %s", lcore, strerror(-rc));
	return rc;
}

static int
queue_start(struct foo_queue *q, const struct foo_queue_config *cfg)
{
	int rc;

	if (q->sched.in_service)
		return q->sched.stopping ? -EBUSY : -EALREADY;
	if (q->lcore == RTE_MAX_LCORE) {
		foo_queue_set_why(q, "no lcore polls it");
		return -ENODEV;
	}
	rc = queue_take_fds(q, cfg);
	if (rc != 0) {
		foo_queue_set_why(q, "kick or call fd refused: %s",
				  rc == -EBADF ? "it is no eventfd" : strerror(-rc));
		return rc;
	}
	q->sched.cfg = *cfg;
	rc = queue_change_lcore(q, foo_placement_review(q));
	if (rc == 0)
		rc = queue_go(q, FOO_FAULT_NONE);
	if (!q->sched.in_service)
		queue_close_fds(q);
	return rc;
}

int
foo_queue_start(struct foo_queue *q, const struct foo_queue_config *cfg)
{
	int rc;

	foo_ctl_lock();
	rc = queue_start(q, cfg);
	foo_ctl_unlock();
	return rc;
}

int
foo_queue_stop(struct foo_queue *q, uint16_t *avail, uint16_t *used)
{
	int rc;

	foo_ctl_lock();
	rc = queue_halt(q);
	if (rc == 0) {
		queue_close_fds(q);
		foo_queue_set_why(q, "stopped");
		if (avail != NULL)
			*avail = q->sched.cfg.vq.avail_base;
		if (used != NULL)
			*used = q->sched.cfg.vq.used_base;
	}
	foo_ctl_unlock();
	return rc;
}

bool
foo_queue_is_late(const struct foo_queue *q)
{
	bool late;

	foo_ctl_lock();
	late = q->sched.in_service && q->sched.stopping;
	if (late && !foo_queue_is_idle(q))
		foo_lcore_stand_in();
	late = late && !foo_queue_is_idle(q);
	foo_ctl_unlock();
	return late;
}

/* Back into service after queue_halt(), broken if it was. */
static int
queue_resume(struct foo_queue *q)
{
	int rc;

	q->sched.cfg.call_first = true;
	rc = queue_go(q, (enum foo_fault)q->broken);
	if (!q->sched.in_service)
		queue_close_fds(q);
	return rc;
}

/*
 * Put another eventfd under the number that the lcore writes to. The lcore does not notice, so no
 * packet finds the queue stopped; a call that went to the old one is made up for, by the lcore
 * too: it is the one thread that is freed where a guest lets it wait.
 */
static int
queue_exchange_callfd(struct foo_queue *q, int copy)
{
	int rc;

	if (dup3(copy, q->callfd, O_CLOEXEC) < 0)
		return -errno;
	rc = foo_lcore_order(FOO_LCORE_CALL, q);
	return rc == -EINPROGRESS ? -ETIMEDOUT : rc;
}

/* Takes the copy over, or leaves it alone. */
static int
queue_set_callfd(struct foo_queue *q, int *copy)
{
	int rc;

	if (q->sched.in_service && !q->sched.stopping && *copy != FOO_VQ_NO_FD &&
	    q->callfd != FOO_VQ_NO_FD)
		return queue_exchange_callfd(q, *copy);
	rc = queue_halt(q);
	if (rc != 0)
		return rc;
	queue_close(&q->callfd);
	q->callfd = *copy;
	*copy = FOO_VQ_NO_FD;
	return queue_resume(q);
}

int
foo_queue_set_callfd(struct foo_queue *q, int callfd)
{
	int rc, copy;

	foo_ctl_lock();
	rc = queue_dup_callfd(callfd, &copy);
	if (rc == 0) {
		rc = queue_set_callfd(q, &copy);
		queue_close(&copy);
	}
	foo_ctl_unlock();
	return rc;
}

static int
queue_move(struct foo_queue *q, unsigned int lcore)
{
	bool running = q->sched.in_service;
	int rc;

	if (foo_lcore_get(lcore) == NULL)
		return -EINVAL;
	if (q->lcore == RTE_MAX_LCORE)
		return -ENODEV;
	if (q->lcore == lcore)
		return 0;
	if (running) {
		rc = queue_halt(q);
		if (rc != 0)
			return rc;
	}
	rc = queue_change_lcore(q, lcore);
	if (rc == 0 && running)
		return queue_resume(q);
	if (running)
		queue_close_fds(q);
	return rc;
}

int
foo_queue_move(struct foo_queue *q, unsigned int lcore)
{
	int rc;

	foo_ctl_lock();
	rc = queue_move(q, lcore);
	foo_ctl_unlock();
	return rc;
}
