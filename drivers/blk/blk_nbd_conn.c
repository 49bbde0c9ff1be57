/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Connections of class `blk_nbd`: made and closed by control threads and a helper thread, which
 * also watches them, so that one that broke while a queue was idle is replaced before the guest
 * notices. To connect may take a while: no lcore does it, and control only when a disk is set up.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <rte_lcore.h>
#include <rte_log.h>

#include "blk_nbd_priv.h"

/* Longest wait for a server that accepts and then says nothing, in ms. */
#define NBD_CONNECT_MS 2000

/* Time between two attempts in ms: doubled after each that failed, up to the second. */
#define NBD_RETRY_MIN_MS 50
#define NBD_RETRY_MAX_MS 2000

/* Largest read or write where the server does not say. */
#define NBD_MAX_REQUEST (32u << 20)

#define NBD_LOG(level, fmt, ...)                                                                   \
	rte_log(RTE_LOG_##level, blk_nbd_logtype, "foo: " fmt "\n", ##__VA_ARGS__)

RTE_LOG_REGISTER(blk_nbd_logtype, foo.blk.nbd, NOTICE);

/* What the helper knows, and nobody else. */
struct nbd_helper {
	struct blk_nbd *n;
	uint64_t retry_at; /* ms: when to try again */
	uint64_t delay;    /* ms: after the next failure */
	bool down;         /* an outage was logged */
	struct blk_nbd_conn *draining;
};

static uint64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static bool
nbd_quits(const struct blk_nbd *n)
{
	/* pairs with the store in blk_nbd_helper_stop() */
	return __atomic_load_n(&n->quit, __ATOMIC_RELAXED);
}

/* --- making a connection --- */

/* What was negotiated. Answers of -1 are as good as "no". */
static void
conn_facts(struct nbd_handle *h, struct blk_nbd_facts *f)
{
	int64_t size = nbd_get_size(h), minimum = nbd_get_block_size(h, LIBNBD_SIZE_MINIMUM),
		preferred = nbd_get_block_size(h, LIBNBD_SIZE_PREFERRED),
		maximum = nbd_get_block_size(h, LIBNBD_SIZE_MAXIMUM);

	f->size = size > 0 ? (uint64_t)size : 0;
	f->minimum = minimum > FOO_BLK_SECTOR ? (uint32_t)minimum : FOO_BLK_SECTOR;
	f->preferred = preferred > 0 ? (uint32_t)preferred : 0;
	f->maximum = maximum > 0 ? (uint32_t)RTE_MIN(maximum, (int64_t)NBD_MAX_REQUEST) :
				   NBD_MAX_REQUEST;
	f->read_only = nbd_is_read_only(h) != 0;
	f->flush = nbd_can_flush(h) > 0;
	f->fua = nbd_can_fua(h) > 0;
	f->trim = nbd_can_trim(h) > 0;
	f->zero = nbd_can_zero(h) > 0;
	f->multi_conn = nbd_can_multi_conn(h) > 0;
}

/* What went wrong, without the name of libnbd's function that says so. */
static const char *
conn_why(void)
{
	const char *why = nbd_get_error(), *text = why != NULL ? strstr(why, ": ") : NULL;

	if (why == NULL)
		return "not connected";
	return text != NULL ? text + 2 : why;
}

/* Connect and negotiate, within the time allowed. 0 or -errno. */
static int
conn_negotiate(const struct blk_nbd *n, struct nbd_handle *h, struct foo_error *err)
{
	uint64_t end = now_ms() + NBD_CONNECT_MS;

	if (nbd_set_uri_allow_local_file(h, true) != 0 || nbd_set_pread_initialize(h, false) != 0 ||
	    nbd_aio_connect_uri(h, n->uri) != 0)
		return foo_error_set(err, -ECONNREFUSED, "uri=%.100s: %s", n->uri, conn_why());
	while (nbd_aio_is_connecting(h)) {
		if (now_ms() > end)
			return foo_error_set(err, -ETIMEDOUT, "uri=%.100s: no answer within %d s",
					     n->uri, NBD_CONNECT_MS / 1000);
		if (nbd_quits(n))
			return foo_error_set(err, -ECANCELED, "uri=%.100s: cancelled", n->uri);
		if (nbd_poll(h, 50) < 0)
			break;
	}
	if (!nbd_aio_is_ready(h))
		return foo_error_set(err, -ECONNREFUSED, "uri=%.100s: %s", n->uri, conn_why());
	return 0;
}

struct blk_nbd_conn *
blk_nbd_connect(struct blk_nbd_queue *q, struct foo_error *err)
{
	struct blk_nbd *n = q->dev;
	struct blk_nbd_conn *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		foo_error_set(err, -ENOMEM, "no memory for a connection");
		return NULL;
	}
	c->q = q;
	c->fd = -1;
	pthread_mutex_lock(&n->lock);
	c->epoch = n->epoch;
	pthread_mutex_unlock(&n->lock);
	c->h = nbd_create();
	if (c->h == NULL) {
		foo_error_set(err, -ENOMEM, "%s", nbd_get_error());
		blk_nbd_close(c);
		return NULL;
	}
	if (conn_negotiate(n, c->h, err) != 0) {
		blk_nbd_close(c);
		return NULL;
	}
	c->fd = fcntl(nbd_aio_get_fd(c->h), F_DUPFD_CLOEXEC, 0);
	if (c->fd < 0) {
		foo_error_set(err, -errno, "uri=%.100s: %s", n->uri, strerror(errno));
		blk_nbd_close(c);
		return NULL;
	}
	conn_facts(c->h, &c->facts);
	return c;
}

void
blk_nbd_close(struct blk_nbd_conn *c)
{
	if (c->h != NULL && nbd_aio_is_ready(c->h))
		nbd_aio_disconnect(c->h, 0); /* a word of good-bye, where that needs no waiting */
	nbd_close(c->h);
	if (c->fd >= 0)
		close(c->fd);
	free(c);
}

/* --- handing over --- */

/* Wake the helper. A system call, at an event that is rare. */
static void
helper_wake(const struct blk_nbd *n)
{
	eventfd_write(n->wakefd, 1);
}

void
blk_nbd_discard(struct blk_nbd_conn *c)
{
	struct blk_nbd *n = c->q->dev;

	c->next = __atomic_load_n(&n->dead, __ATOMIC_RELAXED);
	/* release pairs with the exchange in helper_reap() */
	while (!__atomic_compare_exchange_n(&n->dead, &c->next, c, false, __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED))
		;
	helper_wake(n);
}

void
blk_nbd_publish(struct blk_nbd_conn *c)
{
	struct blk_nbd_queue *q = c->q;
	struct blk_nbd_conn *old;

	pthread_mutex_lock(&q->dev->lock);
	q->current = c;
	/* pairs with the exchange in conn_take() */
	old = __atomic_exchange_n(&q->fresh, c, __ATOMIC_ACQ_REL);
	pthread_mutex_unlock(&q->dev->lock);
	if (old != NULL)
		blk_nbd_discard(old);
}

/* --- the helper thread --- */

/*
 * A connection is lost; blk_nbd::lock is held. The first of its epoch says that the server is: what
 * it had in its cache may be gone with it. That the others follow is no news.
 */
static void
conn_lost(struct nbd_helper *hp, struct blk_nbd_conn *c)
{
	struct blk_nbd *n = hp->n;

	c->q->current = NULL;
	if (c->epoch != n->epoch)
		return;
	n->epoch++;
	/* flushed pairs with the exchange in io_flushed(), suspect with that in send_flush() */
	if (n->facts.flush &&
	    __atomic_load_n(&n->flushed, __ATOMIC_RELAXED) != blk_nbd_writes(n, false))
		__atomic_store_n(&n->suspect, 1, __ATOMIC_RELAXED);
	if (!hp->down)
		NBD_LOG(NOTICE, "%s: the connection to the NBD server is lost%s", n->blk.dev.name,
			n->reconnect != 0 ? ", trying to connect again" : "");
	hp->down = true;
	hp->delay = NBD_RETRY_MIN_MS;
	hp->retry_at = now_ms() + hp->delay;
}

/*
 * A connection that was given up may hold writes that the server has not done yet, and would do
 * after newer ones of another connection. So there is no other until the server has closed this
 * one, which it does when it has read all that was sent.
 */
static void
drain_begin(struct nbd_helper *hp, struct blk_nbd_conn *c)
{
	nbd_close(c->h); /* the socket stays open, by its duplicate */
	c->h = NULL;
	shutdown(c->fd, SHUT_WR);
	c->next = hp->draining;
	hp->draining = c;
}

/* Whether the server has closed it; what it still says is thrown away. */
static bool
drain_is_over(const struct blk_nbd_conn *c)
{
	static char nowhere[64 << 10];
	ssize_t n = 1;

	for (int i = 0; i < 64 && n > 0; i++)
		n = recv(c->fd, nowhere, sizeof(nowhere), MSG_DONTWAIT);
	return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

/* Close the connections that are drained, or all. */
static void
helper_drain(struct nbd_helper *hp, bool all)
{
	struct blk_nbd_conn **link = &hp->draining, *c;

	while ((c = *link) != NULL) {
		if (!all && !drain_is_over(c)) {
			link = &c->next;
			continue;
		}
		*link = c->next;
		blk_nbd_close(c);
	}
}

/* Close what others have no use for. */
static void
helper_reap(struct nbd_helper *hp)
{
	struct blk_nbd *n = hp->n;
	struct blk_nbd_conn *c, *next;

	/* pairs with the exchange in blk_nbd_discard() */
	for (c = __atomic_exchange_n(&n->dead, NULL, __ATOMIC_ACQUIRE); c != NULL; c = next) {
		next = c->next;
		pthread_mutex_lock(&n->lock);
		if (c->q->current == c)
			conn_lost(hp, c);
		pthread_mutex_unlock(&n->lock);
		if (c->drain)
			drain_begin(hp, c);
		else
			blk_nbd_close(c);
	}
}

/* How long to sleep, in ms; -1: until something happens. */
static int
helper_timeout(const struct nbd_helper *hp, bool missing)
{
	uint64_t now = now_ms();

	if (hp->draining != NULL)
		return NBD_RETRY_MIN_MS;
	if (!missing || hp->n->reconnect == 0)
		return -1;
	return hp->retry_at > now ? (int)(hp->retry_at - now) : 0;
}

/* Sleep until a connection breaks, somebody calls, or it is time to try again. */
static void
helper_watch(struct nbd_helper *hp)
{
	struct blk_nbd *n = hp->n;
	struct blk_nbd_conn *watched[FOO_DEVICE_MAX_QUEUES];
	struct pollfd p[FOO_DEVICE_MAX_QUEUES + 1];
	bool missing = false;
	eventfd_t calls;

	pthread_mutex_lock(&n->lock);
	for (uint32_t i = 0; i < n->blk.queues; i++) {
		watched[i] = n->queue[i].current;
		missing |= watched[i] == NULL;
		p[i] = (struct pollfd){.fd = watched[i] != NULL ? watched[i]->fd : -1,
				       .events = POLLRDHUP};
	}
	pthread_mutex_unlock(&n->lock);
	p[n->blk.queues] = (struct pollfd){.fd = n->wakefd, .events = POLLIN};
	if (poll(p, n->blk.queues + 1, helper_timeout(hp, missing)) <= 0)
		return;
	if (p[n->blk.queues].revents != 0)
		eventfd_read(n->wakefd, &calls);
	pthread_mutex_lock(&n->lock);
	for (uint32_t i = 0; i < n->blk.queues; i++)
		if (p[i].revents != 0 && n->queue[i].current == watched[i])
			conn_lost(hp, watched[i]);
	pthread_mutex_unlock(&n->lock);
}

/* Whether the server can still do what the guest was told. NULL, or what is missing. */
static const char *
facts_missing(const struct blk_nbd *n, const struct blk_nbd_facts *now)
{
	const struct blk_nbd_facts *was = &n->facts;

	if (now->size < foo_blk_size(&n->blk))
		return "its export is smaller";
	if (now->minimum > was->minimum || now->maximum < was->maximum)
		return "its block sizes are others";
	if (now->read_only && !n->blk.cap.read_only)
		return "its export is read-only";
	if (now->flush < was->flush || now->fua < was->fua)
		return "it cannot flush";
	if (now->trim < was->trim || now->zero < was->zero)
		return "it cannot trim or zero";
	return now->multi_conn < was->multi_conn && n->blk.queues > 1 ?
		       "it does not take several connections" :
		       NULL;
}

/* Try to make one connection anew. */
static bool
helper_connect(struct nbd_helper *hp, struct blk_nbd_queue *q)
{
	struct foo_error err = {""};
	struct blk_nbd_conn *c = blk_nbd_connect(q, &err);
	const char *missing = c != NULL ? facts_missing(hp->n, &c->facts) : NULL;

	if (c != NULL && missing == NULL) {
		blk_nbd_publish(c);
		return true;
	}
	if (missing != NULL) {
		blk_nbd_close(c);
		foo_error_set(&err, -EINVAL, "the server is another now: %s", missing);
	}
	if (hp->delay == NBD_RETRY_MIN_MS)
		NBD_LOG(NOTICE, "%s: %s", hp->n->blk.dev.name, err.text);
	hp->retry_at = now_ms() + hp->delay;
	hp->delay = RTE_MIN(2 * hp->delay, (uint64_t)NBD_RETRY_MAX_MS);
	return false;
}

/* Make anew what is missing. */
static void
helper_reconnect(struct nbd_helper *hp)
{
	struct blk_nbd *n = hp->n;
	bool is_missing;

	if (n->reconnect == 0 || hp->draining != NULL || now_ms() < hp->retry_at)
		return;
	for (uint32_t i = 0; i < n->blk.queues && !nbd_quits(n); i++) {
		pthread_mutex_lock(&n->lock);
		is_missing = n->queue[i].current == NULL;
		pthread_mutex_unlock(&n->lock);
		if (is_missing && !helper_connect(hp, &n->queue[i]))
			return;
	}
	if (hp->down)
		NBD_LOG(NOTICE, "%s: connected to the NBD server again", n->blk.dev.name);
	hp->down = false;
	hp->delay = NBD_RETRY_MIN_MS;
}

static void *
helper_main(void *arg)
{
	struct nbd_helper hp = {.n = arg, .delay = NBD_RETRY_MIN_MS};

	while (!nbd_quits(hp.n)) {
		helper_watch(&hp);
		helper_reap(&hp);
		helper_drain(&hp, false);
		helper_reconnect(&hp);
	}
	helper_reap(&hp);
	helper_drain(&hp, true);
	return NULL;
}

int
blk_nbd_helper_start(struct blk_nbd *n)
{
	int rc;

	n->quit = false;
	n->wakefd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (n->wakefd < 0)
		return -errno;
	/* not on the CPUs of lcores, as a plain thread would be */
	rc = rte_ctrl_thread_create(&n->helper, "foo-nbd", NULL, helper_main, n);
	if (rc != 0)
		close(n->wakefd);
	return -abs(rc);
}

void
blk_nbd_helper_stop(struct blk_nbd *n)
{
	/* pairs with the load in nbd_quits() */
	__atomic_store_n(&n->quit, true, __ATOMIC_RELAXED);
	helper_wake(n);
	pthread_join(n->helper, NULL);
	close(n->wakefd);
}
