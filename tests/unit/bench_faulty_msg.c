/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* The protocol: the messages of a well-behaved front-end, no more. */

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench_faulty_priv.h"

/* Protocol features that are offered; a disk has a config space as well. */
#define MSG_PROTO (UINT64_C(1) << FOO_FRONT_P_MQ | UINT64_C(1) << FOO_FRONT_P_REPLY_ACK)

/* Control data of a message. */
union msg_control {
	struct cmsghdr align;
	char buf[CMSG_SPACE(FOO_FRONT_MAX_FDS * sizeof(int))];
};

static void
msg_take_files(struct msghdr *hdr, struct foo_front_msg *msg)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(hdr); c != NULL; c = CMSG_NXTHDR(hdr, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		msg->nfds = (unsigned int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(msg->fd, CMSG_DATA(c), msg->nfds * sizeof(int));
	}
}

static int
msg_receive(int sock, struct foo_front_msg *msg)
{
	struct iovec iov = {&msg->request, FOO_FRONT_HDR_SIZE};
	union msg_control control;
	struct msghdr hdr = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = &control,
			     .msg_controllen = sizeof(control)};

	msg->nfds = 0;
	if (recvmsg(sock, &hdr, MSG_CMSG_CLOEXEC | MSG_WAITALL) != FOO_FRONT_HDR_SIZE)
		return -ECONNRESET;
	msg_take_files(&hdr, msg);
	memset(msg->bytes, 0, sizeof(msg->bytes));
	if (msg->size > sizeof(msg->bytes))
		return -EMSGSIZE;
	if (msg->size > 0 && recv(sock, msg->bytes, msg->size, MSG_WAITALL) != (ssize_t)msg->size)
		return -ECONNRESET;
	return 0;
}

/* The answer is in msg already. */
static int
msg_reply(int sock, struct foo_front_msg *msg, uint32_t size)
{
	struct iovec iov[2] = {{&msg->request, FOO_FRONT_HDR_SIZE}, {msg->bytes, size}};
	struct msghdr hdr = {.msg_iov = iov, .msg_iovlen = 2};

	msg->flags = FOO_FRONT_VERSION | FOO_FRONT_REPLY;
	msg->size = size;
	return sendmsg(sock, &hdr, MSG_NOSIGNAL) == (ssize_t)(FOO_FRONT_HDR_SIZE + size) ?
		       0 :
		       -ECONNRESET;
}

static int
msg_reply_u64(struct bench_faulty *f, struct foo_front_msg *msg, uint64_t value)
{
	msg->u64 = value;
	return msg_reply(f->sock, msg, sizeof(msg->u64));
}

static void
msg_stop(struct faulty_queue *q)
{
	if (!q->running)
		return;
	q->base = foo_vq_avail_base(&q->vq);
	foo_vq_fini(&q->vq);
	q->running = false;
}

/* Where an address of the front-end is mapped here. */
static void *
msg_address(const struct bench_faulty *f, uint64_t uva)
{
	for (unsigned int i = 0; i < f->nregions; i++) {
		const struct foo_front_wire_region *w = &f->region[i].wire;

		if (uva - w->uva < w->size)
			return (uint8_t *)f->region[i].map + w->mmap_offset + (uva - w->uva);
	}
	return NULL;
}

/* A queue runs as soon as all is known that it needs. */
static void
msg_start(struct bench_faulty *f, struct faulty_queue *q)
{
	const struct foo_vq_config cfg = {
		.features = f->features,
		.size = (uint16_t)q->size,
		.desc = msg_address(f, q->addr.desc_user_addr),
		.driver = msg_address(f, q->addr.avail_user_addr),
		.device = msg_address(f, q->addr.used_user_addr),
		.avail_base = (uint16_t)q->base,
		.used_base = (uint16_t)q->base,
		.callfd = q->callfd,
		.mem = &f->mem,
	};

	if (q->running || !q->enabled || !q->has_addr || q->kickfd < 0 || cfg.desc == NULL ||
	    cfg.driver == NULL || cfg.device == NULL)
		return;
	q->running = foo_vq_init(&q->vq, &cfg) == 0;
}

static void
msg_forget_mem(struct bench_faulty *f)
{
	for (unsigned int i = 0; i < FAULTY_QUEUES; i++)
		msg_stop(&f->queue[i]);
	for (unsigned int i = 0; i < f->nregions; i++)
		munmap(f->region[i].map, f->region[i].map_size);
	f->nregions = 0;
	foo_mem_init(&f->mem);
}

static int
msg_set_mem(struct bench_faulty *f, const struct foo_front_msg *msg)
{
	msg_forget_mem(f);
	if (msg->mem.nregions > FOO_MEM_MAX_REGIONS || msg->nfds != msg->mem.nregions)
		return -EINVAL;
	for (unsigned int i = 0; i < msg->nfds; i++) {
		struct faulty_region *r = &f->region[i];

		r->wire = msg->mem.region[i];
		r->map_size = r->wire.size + r->wire.mmap_offset;
		r->map = mmap(NULL, r->map_size, PROT_READ | PROT_WRITE, MAP_SHARED, msg->fd[i], 0);
		if (r->map == MAP_FAILED)
			return -errno;
		f->nregions++;
		if (foo_mem_add(&f->mem, r->wire.gpa, r->wire.size,
				(uint8_t *)r->map + r->wire.mmap_offset) != 0)
			return -EINVAL;
	}
	for (unsigned int i = 0; i < FAULTY_QUEUES; i++)
		msg_start(f, &f->queue[i]);
	return 0;
}

/* Take over the file that came, if one did. */
static void
msg_set_file(struct foo_front_msg *msg, int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	if (!(msg->u64 & FOO_FRONT_VRING_NOFD) && msg->nfds == 1) {
		*fd = msg->fd[0];
		msg->nfds = 0;
	}
}

static int
msg_get_config(struct bench_faulty *f, struct foo_front_msg *msg)
{
	uint32_t len = msg->config.size;

	if (len > sizeof(msg->config.data) ||
	    !faulty_config(f, msg->config.offset, msg->config.data, len))
		return msg_reply(f->sock, msg, 0);
	return msg_reply(f->sock, msg, 12 + len);
}

/* Requests that have an answer. @return 1 if it is none of them */
static int
msg_ask(struct bench_faulty *f, struct foo_front_msg *msg, struct faulty_queue *q)
{
	bool is_blk = f->cfg.device == BENCH_FAULTY_BLK;

	switch (msg->request) {
	case FOO_FRONT_GET_FEATURES:
		return msg_reply_u64(f, msg, faulty_features(f));
	case FOO_FRONT_GET_PROTOCOL_FEATURES:
		return msg_reply_u64(f, msg, MSG_PROTO | (uint64_t)is_blk << FOO_FRONT_P_CONFIG);
	case FOO_FRONT_GET_QUEUE_NUM:
		/* in pairs for a network card */
		return msg_reply_u64(f, msg, BENCH_FAULTY_QUEUES);
	case FOO_FRONT_GET_CONFIG:
		return msg_get_config(f, msg);
	case FOO_FRONT_GET_VRING_BASE:
		msg_stop(q);
		msg_set_file(&(struct foo_front_msg){.u64 = FOO_FRONT_VRING_NOFD}, &q->kickfd);
		msg->state.num = q->base;
		return msg_reply(f->sock, msg, sizeof(msg->state));
	default:
		return 1;
	}
}

/* Requests about one queue. */
static int
msg_queue(struct bench_faulty *f, struct foo_front_msg *msg, struct faulty_queue *q)
{
	switch (msg->request) {
	case FOO_FRONT_SET_VRING_NUM:
		q->size = msg->state.num;
		break;
	case FOO_FRONT_SET_VRING_BASE:
		q->base = msg->state.num;
		break;
	case FOO_FRONT_SET_VRING_ADDR:
		q->addr = msg->addr;
		q->has_addr = true;
		break;
	case FOO_FRONT_SET_VRING_ENABLE:
		q->enabled = msg->state.num != 0;
		break;
	case FOO_FRONT_SET_VRING_KICK:
		msg_set_file(msg, &q->kickfd);
		break;
	case FOO_FRONT_SET_VRING_CALL:
		msg_set_file(msg, &q->callfd);
		q->vq.callfd = q->callfd;
		break;
	default:
		return -ENOTSUP;
	}
	msg_start(f, q);
	return 0;
}

static int
msg_set_features(struct bench_faulty *f, uint64_t features)
{
	if (features & ~faulty_features(f))
		return -EINVAL;
	f->features = features;
	/* without protocol features rings are enabled from the start */
	if (!(features >> FOO_FRONT_F_PROTOCOL_FEATURES & 1))
		for (unsigned int i = 0; i < FAULTY_QUEUES; i++)
			f->queue[i].enabled = true;
	return 0;
}

static int
msg_command(struct bench_faulty *f, struct foo_front_msg *msg, struct faulty_queue *q)
{
	switch (msg->request) {
	case FOO_FRONT_SET_OWNER:
	case FOO_FRONT_SET_VRING_ERR:
	case FOO_FRONT_SET_CONFIG:
		return 0;
	case FOO_FRONT_SET_FEATURES:
		return msg_set_features(f, msg->u64);
	case FOO_FRONT_SET_PROTOCOL_FEATURES:
		f->proto = msg->u64;
		return 0;
	case FOO_FRONT_SET_MEM_TABLE:
		return msg_set_mem(f, msg);
	default:
		return msg_queue(f, msg, q);
	}
}

/* The queue's number is in the first word of all messages about queues, in the low byte where
 * that word is a file's. Others do not look at it. */
static struct faulty_queue *
msg_queue_of(struct bench_faulty *f, const struct foo_front_msg *msg)
{
	bool is_file = msg->request == FOO_FRONT_SET_VRING_KICK ||
		       msg->request == FOO_FRONT_SET_VRING_CALL;
	unsigned int index = is_file ? msg->u64 & 0xff : msg->state.index;

	return index < FAULTY_QUEUES ? &f->queue[index] : NULL;
}

int
faulty_message(struct bench_faulty *f)
{
	static struct faulty_queue nowhere;
	struct faulty_queue *q;
	struct foo_front_msg msg;
	int ret = msg_receive(f->sock, &msg);
	bool ack;

	if (ret == 0) {
		q = msg_queue_of(f, &msg);
		ack = msg.flags & FOO_FRONT_NEED_REPLY && f->proto >> FOO_FRONT_P_REPLY_ACK & 1;
		nowhere = (struct faulty_queue){.kickfd = -1, .callfd = -1};
		ret = msg_ask(f, &msg, q != NULL ? q : &nowhere);
		if (ret == 1) {
			ret = msg_command(f, &msg, q != NULL ? q : &nowhere);
			if (ack)
				ret = msg_reply_u64(f, &msg, ret != 0);
		}
	}
	foo_front_msg_close(&msg);
	return ret;
}

void
faulty_reset(struct bench_faulty *f)
{
	msg_forget_mem(f);
	for (unsigned int i = 0; i < FAULTY_QUEUES; i++) {
		if (f->queue[i].kickfd >= 0)
			close(f->queue[i].kickfd);
		if (f->queue[i].callfd >= 0)
			close(f->queue[i].callfd);
		memset(&f->queue[i], 0, sizeof(f->queue[i]));
		f->queue[i].kickfd = f->queue[i].callfd = -1;
	}
	for (unsigned int i = 0; i < BENCH_FAULTY_QUEUES; i++)
		f->held[i].len = 0;
	f->features = 0;
	f->proto = 0;
}
