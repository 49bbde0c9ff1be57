/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "foo_guest.h"

/* A cache line: what foo_guest_alloc() aligns to. */
#define LINE 64

/* Note why a step failed; returns its error. Steps after a failure are not reached. */
static int __attribute__((format(printf, 3, 4)))
failed(struct foo_guest *g, int ret, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (ret == 0)
		return 0;
	va_start(ap, fmt);
	n = vsnprintf(g->error, sizeof(g->error), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(g->error))
		snprintf(g->error + n, sizeof(g->error) - n, ": %s",
			 ret == -ECONNRESET ? "the back-end closed the connection" :
			 ret == -ETIMEDOUT  ? "no answer from the back-end in time" :
			 ret == -EREMOTEIO  ? "the back-end refused" :
					      strerror(-ret));
	return ret;
}

/* As failed(), where the text says it all. */
static int __attribute__((format(printf, 3, 4)))
refused(struct foo_guest *g, int ret, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(g->error, sizeof(g->error), fmt, ap);
	va_end(ap);
	return ret;
}

static int
guest_check(struct foo_guest *g, const struct foo_guest_config *cfg)
{
	if (cfg->nqueues == 0 || cfg->nqueues > FOO_GUEST_MAX_QUEUES)
		return refused(g, -EINVAL, "%u queues: 1 to %u are possible", cfg->nqueues,
			       FOO_GUEST_MAX_QUEUES);
	if (cfg->config_len > sizeof(g->config))
		return refused(g, -EINVAL, "%u bytes of config space: 256 are possible",
			       cfg->config_len);
	return 0;
}

static int
guest_connect(struct foo_guest *g, const struct foo_guest_config *cfg)
{
	int ret;

	if (cfg->path == NULL || cfg->path[0] == '\0')
		return refused(g, -EINVAL, "no path of a socket");
	if (!cfg->listen)
		return failed(g, foo_front_connect(&g->front, cfg->path), "connect to %s",
			      cfg->path);
	ret = failed(g, foo_front_listen(&g->front, cfg->path), "listen on %s", cfg->path);
	if (ret == 0)
		ret = failed(g, foo_front_accept(&g->front), "wait for a back-end on %s",
			     cfg->path);
	return ret;
}

static int
guest_negotiate(struct foo_guest *g)
{
	return failed(g, foo_front_negotiate(&g->front, g->wanted), "negotiate features on %s",
		      g->front.path);
}

static int
guest_required(struct foo_guest *g, uint64_t required)
{
	uint64_t missing = required & ~g->front.features;
	char names[128];

	if (missing == 0)
		return 0;
	return refused(g, -ENOTSUP, "the back-end on %s does not offer %s", g->front.path,
		       foo_guest_feature_names(FOO_GUEST_ANY, missing, names, sizeof(names)));
}

static int
guest_read_config(struct foo_guest *g, uint32_t len)
{
	if (len == 0)
		return 0;
	if (!foo_front_has_proto(&g->front, FOO_FRONT_P_CONFIG))
		return refused(g, -ENOTSUP, "the back-end on %s does not offer its config space",
			       g->front.path);
	return failed(g, foo_front_get_config(&g->front, 0, g->config, len),
		      "read %u bytes of config space", len);
}

static int
guest_create_mem(struct foo_guest *g, const struct foo_guest_config *cfg)
{
	const struct foo_guest_range one = {.gpa = FOO_GUEST_MEMORY_GPA,
					    .size = cfg->memory ? cfg->memory : FOO_GUEST_MEMORY};
	int ret;

	ret = foo_guest_mem_create(&g->mem, cfg->range ? cfg->range : &one,
				   cfg->range ? cfg->nranges : 1,
				   cfg->huge ? FOO_GUEST_MEM_HUGE : 0);
	return failed(g, ret, "create memory%s", cfg->huge ? " of hugepages" : "");
}

static int
guest_create_queue(struct foo_guest *g, unsigned int i, const struct foo_guest_config *cfg)
{
	struct foo_guest_queue *q = &g->queue[i];
	struct foo_guest_ring_config ring = {
		.features = g->features,
		.size = cfg->queue_size ? cfg->queue_size : FOO_GUEST_QUEUE_SIZE,
		.base = foo_guest_ring_start(g->features),
	};
	int ret;

	if (g->features & UINT64_C(1) << VIRTIO_RING_F_INDIRECT_DESC)
		ring.indirect_max = cfg->indirect_max;
	q->kickfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	q->callfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (q->kickfd < 0 || q->callfd < 0)
		return failed(g, -errno, "create eventfds of queue %u", i);
	ring.kickfd = q->kickfd;
	ret = foo_guest_ring_init(&q->ring, &g->mem, &ring);
	if (ret == 0 && !cfg->interrupts)
		foo_guest_ring_calls_disable(&q->ring);
	return failed(g, ret, "lay out queue %u with %u descriptors", i, ring.size);
}

static int
guest_create_queues(struct foo_guest *g, const struct foo_guest_config *cfg)
{
	int ret = 0;

	if (posix_memalign((void **)&g->queue, LINE, cfg->nqueues * sizeof(*g->queue)) != 0)
		return failed(g, -ENOMEM, "create %u queues", cfg->nqueues);
	memset(g->queue, 0, cfg->nqueues * sizeof(*g->queue));
	while (g->nqueues < cfg->nqueues && ret == 0)
		ret = guest_create_queue(g, g->nqueues++, cfg);
	return ret;
}

/* The back-end's table of in-flight chains: asked for once, given back at each connection. */
static int
guest_get_inflight(struct foo_guest *g, const struct foo_guest_config *cfg)
{
	int ret;

	if (!cfg->inflight || !foo_front_has_proto(&g->front, FOO_FRONT_P_INFLIGHT_SHMFD))
		return 0;
	g->inflight.num_queues = (uint16_t)g->nqueues;
	g->inflight.queue_size = g->queue[0].ring.size;
	ret = foo_front_get_inflight(&g->front, &g->inflight, &g->inflight_fd);
	return failed(g, ret, "get the table of in-flight requests");
}

/* Everything that a back-end must be told again after it has restarted. */
static int
guest_start(struct foo_guest *g)
{
	uint64_t ignored;
	int ret;

	ret = failed(g, foo_front_set_mem(&g->front, &g->mem), "share memory");
	if (ret == 0 && g->inflight_fd >= 0)
		ret = failed(g, foo_front_set_inflight(&g->front, &g->inflight, g->inflight_fd),
			     "give the table of in-flight requests");
	for (unsigned int i = 0; i < g->nqueues && ret == 0; i++) {
		struct foo_front_ring ring =
			foo_front_ring_of(&g->mem, &g->queue[i].ring, g->queue[i].callfd);

		ring.base = foo_guest_ring_resume(&g->queue[i].ring);
		ret = failed(g, foo_front_start_queue(&g->front, i, &ring), "start queue %u", i);
	}
	if (ret == 0)
		ret = failed(g, foo_front_driver_ok(&g->front), "set DRIVER_OK");
	/* an answer to the last message may precede its effect; one to the next does not */
	if (ret == 0)
		ret = failed(g, foo_front_get_features(&g->front, &ignored), "start the device");
	/* the one that died may have taken the kicks of what it left, or wanted none */
	for (unsigned int i = 0; i < g->nqueues && ret == 0; i++)
		if (g->queue[i].ring.inflight > 0)
			foo_guest_ring_kick(&g->queue[i].ring);
	return ret;
}

static int
guest_open(struct foo_guest *g, const struct foo_guest_config *cfg)
{
	int ret = guest_check(g, cfg);

	if (ret == 0)
		ret = guest_connect(g, cfg);
	if (ret == 0)
		ret = guest_negotiate(g);
	if (ret == 0)
		ret = guest_required(g, cfg->required);
	if (ret != 0)
		return ret;
	g->features = g->front.features;
	g->proto = g->front.proto;
	ret = guest_read_config(g, cfg->config_len);
	if (ret == 0 && cfg->inspect != NULL)
		ret = cfg->inspect(g, cfg->ctx);
	if (ret == 0)
		ret = guest_create_mem(g, cfg);
	if (ret == 0)
		ret = guest_create_queues(g, cfg);
	if (ret == 0)
		ret = guest_get_inflight(g, cfg);
	return ret == 0 ? guest_start(g) : ret;
}

static void
guest_init(struct foo_guest *g, const struct foo_guest_config *cfg)
{
	memset(g, 0, sizeof(*g));
	foo_front_init(&g->front);
	if (cfg->timeout_ms > 0)
		g->front.timeout_ms = cfg->timeout_ms;
	g->front.proto_wanted |= cfg->proto;
	if (cfg->inflight)
		g->front.proto_wanted |= UINT64_C(1) << FOO_FRONT_P_INFLIGHT_SHMFD;
	g->interrupts = cfg->interrupts;
	g->wanted = cfg->features | cfg->required;
	g->inflight_fd = -1;
	g->log.fd = -1;
}

int
foo_guest_open(struct foo_guest *g, const struct foo_guest_config *cfg)
{
	int ret;

	guest_init(g, cfg);
	ret = guest_open(g, cfg);
	if (ret != 0) {
		foo_front_fini(&g->front);
		foo_guest_close(g);
	}
	return ret;
}

int
foo_guest_open_alone(struct foo_guest *g, const struct foo_guest_config *cfg)
{
	int ret;

	guest_init(g, cfg);
	g->features = g->wanted;
	ret = guest_check(g, cfg);
	if (ret == 0)
		ret = guest_create_mem(g, cfg);
	if (ret == 0)
		ret = guest_create_queues(g, cfg);
	if (ret != 0)
		foo_guest_close(g);
	return ret;
}

static void
guest_free_queues(struct foo_guest *g)
{
	for (unsigned int i = 0; i < g->nqueues; i++) {
		struct foo_guest_queue *q = &g->queue[i];

		foo_guest_ring_fini(&q->ring);
		if (q->kickfd >= 0)
			close(q->kickfd);
		if (q->callfd >= 0)
			close(q->callfd);
	}
	free(g->queue);
	g->queue = NULL;
	g->nqueues = 0;
}

void
foo_guest_close(struct foo_guest *g)
{
	int ret = foo_guest_hung_up(g) ? -ECONNRESET : 0;

	for (unsigned int i = 0; i < g->nqueues && ret == 0; i++)
		ret = foo_front_stop_queue(&g->front, i, NULL);
	foo_front_fini(&g->front);
	foo_guest_log_stop(g);
	guest_free_queues(g);
	if (g->inflight_fd >= 0)
		close(g->inflight_fd);
	g->inflight_fd = -1;
	foo_guest_mem_destroy(&g->mem);
}

/* Without a table the new back-end has the rings only. */
static int
guest_check_rings(struct foo_guest *g)
{
	for (unsigned int i = 0; i < g->nqueues && g->inflight_fd < 0; i++)
		if (!foo_guest_ring_is_whole(&g->queue[i].ring))
			return refused(g, -ENOTSUP,
				       "queue %u: chains that were in flight are no longer in its "
				       "packed ring, and the back-end on %s keeps no in-flight "
				       "table (INFLIGHT_SHMFD) to find them by",
				       i, g->front.path);
	return 0;
}

static int
guest_reconnect(struct foo_guest *g)
{
	int ret;

	ret = guest_check_rings(g);
	if (ret != 0)
		return ret;
	ret = failed(g, foo_front_reconnect(&g->front), "connect to %s again", g->front.path);
	if (ret == 0)
		ret = guest_negotiate(g);
	if (ret != 0)
		return ret;
	if (g->front.features != g->features)
		return refused(g, -EPROTO, "features 0x%llx after the reconnection, 0x%llx before",
			       (unsigned long long)g->front.features,
			       (unsigned long long)g->features);
	return guest_start(g);
}

int
foo_guest_reconnect(struct foo_guest *g)
{
	int ret = guest_reconnect(g);

	if (ret != 0)
		foo_front_close(&g->front);
	return ret;
}

void *
foo_guest_alloc(struct foo_guest *g, uint64_t size, uint64_t *gpa)
{
	*gpa = foo_guest_mem_alloc(&g->mem, size, LINE);
	return *gpa == FOO_GUEST_NO_GPA ? NULL : foo_guest_mem_va(&g->mem, *gpa, size);
}

int
foo_guest_send(struct foo_guest *g, unsigned int queue, const struct foo_guest_buf *buf,
	       uint16_t nbuf, uint64_t token)
{
	struct foo_guest_ring *ring = &g->queue[queue].ring;
	bool indirect = nbuf > 1 && nbuf <= ring->table_max;
	int ret;

	ret = foo_guest_ring_add(ring, buf, nbuf, indirect ? FOO_GUEST_INDIRECT : FOO_GUEST_DIRECT,
				 token);
	if (ret < 0)
		return ret;
	if (foo_guest_ring_publish(ring))
		foo_guest_ring_kick(ring);
	return 0;
}

int
foo_guest_receive(struct foo_guest *g, unsigned int queue, struct foo_guest_used *used,
		  int timeout_ms)
{
	struct foo_guest_ring *ring = &g->queue[queue].ring;
	int n, ret;

	ret = foo_guest_wait(g, queue, timeout_ms);
	if (ret != 0)
		return ret;
	n = foo_guest_ring_poll(ring, used, 1);
	return n == 1 ? 0 : -EPROTO;
}

static int64_t
guest_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Interrupts are on: sleep until one brings a used chain, or the connection is closed. */
static int
guest_sleep(const struct foo_guest *g, const struct foo_guest_queue *q, int timeout_ms)
{
	struct pollfd p[2] = {{.fd = q->callfd, .events = POLLIN},
			      {.fd = g->front.sock, .events = POLLRDHUP}};
	int64_t deadline = guest_now_ms() + timeout_ms;
	eventfd_t ignored;

	while (!foo_guest_ring_has_used(&q->ring)) {
		int64_t left = deadline - guest_now_ms();
		int n;

		if (p[1].fd < 0)
			return -ECONNRESET;
		n = poll(p, 2, left > 0 ? (int)left : 0);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0 && p[0].revents != 0)
			eventfd_read(q->callfd, &ignored);
		else if (n > 0 && p[1].revents != 0)
			return foo_guest_ring_has_used(&q->ring) ? 0 : -ECONNRESET;
		if (left <= 0 && !foo_guest_ring_has_used(&q->ring))
			return -ETIMEDOUT;
	}
	return 0;
}

int
foo_guest_wait(struct foo_guest *g, unsigned int queue, int timeout_ms)
{
	struct foo_guest_queue *q = &g->queue[queue];
	int ret;

	if (foo_guest_ring_has_used(&q->ring))
		return 0;
	foo_guest_ring_calls_enable(&q->ring, 0);
	ret = guest_sleep(g, q, timeout_ms);
	if (!g->interrupts)
		foo_guest_ring_calls_disable(&q->ring);
	return ret;
}

bool
foo_guest_hung_up(const struct foo_guest *g)
{
	struct pollfd p = {.fd = g->front.sock, .events = POLLRDHUP};

	return p.fd < 0 || (poll(&p, 1, 0) == 1 && p.revents != 0);
}
