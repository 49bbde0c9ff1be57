/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/*
 * What each message does, once it is found right. Messages that concern rings or memory end here;
 * what the library is still shown (features, status) it only notes down.
 *
 * Whatever an lcore might be looking at changes between a pause of the rings concerned and their
 * update, which starts them again where nothing is missing.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/virtio_ids.h>

#include <rte_common.h>

#include "foo_vhost_compat.h"
#include "foo_vhost_priv.h"

/* What a handler returns beside -errno. */
enum outcome {
	DONE,   /* carried out */
	ANSWER, /* carried out, the answer is in the message */
	PASS,   /* the library is to see it too */
};

/* Take the first file out of a message. */
static int
take_fd(struct foo_vhost_msg *m)
{
	int fd = m->fd[0];

	m->fd[0] = -1;
	return fd;
}

void
foo_vhost_msg_close(struct foo_vhost_msg *m, const void *owner)
{
	int i;

	for (i = 0; i < m->nfds; i++) {
		if (m->fd[i] >= 0)
			foo_vhost_file_close(m->fd[i], owner);
		m->fd[i] = -1;
	}
	m->nfds = 0;
}

static int
set_features(struct foo_vhost *t, struct foo_vhost_msg *m, struct foo_error *err)
{
	uint64_t virtio = m->u64 & ~VHU_F_MASK;
	int ret;

	ret = foo_vhost_rings_pause(t);
	if (ret != 0)
		return ret;
	/* the dirty log may be switched under a driver that must not notice */
	if (!t->st.has_features || virtio != t->dev->features)
		ret = foo_device_set_features(t->dev, virtio);
	if (ret == 0) {
		t->st.features = m->u64;
		t->st.has_features = true;
		if (t->st.map.nregions > 0)
			ret = foo_vhost_log_apply(t, err);
	} else {
		foo_error_set(err, ret, "features 0x%" PRIx64 " are not taken: %s", virtio,
			      strerror(-ret));
	}
	foo_vhost_rings_update(t);
	return ret != 0 ? ret : PASS;
}

static int
set_protocol_features(struct foo_vhost *t, struct foo_vhost_msg *m, struct foo_error *err)
{
	RTE_SET_USED(err);
	t->st.proto = m->u64;
	return PASS;
}

/* No longer used by front-ends; the protocol advises to disable all rings. */
static int
reset_owner(struct foo_vhost *t, struct foo_vhost_msg *m, struct foo_error *err)
{
	uint16_t i;
	int ret;

	RTE_SET_USED(m);
	RTE_SET_USED(err);
	ret = foo_vhost_rings_pause(t);
	for (i = 0; i < t->st.nqueues && ret == 0; i++) {
		t->st.ring[i].enabled = false;
		foo_vhost_ring_stop(t, i);
	}
	foo_vhost_rings_update(t);
	return ret;
}

static int
set_mem_table(struct foo_vhost *t, struct foo_vhost_msg *m, struct foo_error *err)
{
	struct foo_vhost_map map, old = t->st.map;
	int ret;

	/* if the new one cannot be had, the old one stays */
	ret = foo_vhost_map_open(&map, m, t, err);
	if (ret != 0)
		return ret;
	ret = foo_vhost_rings_pause(t);
	if (ret == 0) {
		t->st.map = map;
		ret = foo_vhost_log_apply(t, err);
		if (ret == 0)
			map = old;
		else
			t->st.map = old;
	}
	foo_vhost_map_close(&map);
	foo_vhost_rings_update(t);
	return ret;
}

static int
set_log_base(struct foo_vhost *t, struct foo_vhost_msg *m, struct foo_error *err)
{
	int ret;

	ret = foo_vhost_rings_pause(t);
	if (ret != 0)
		return ret;
	ret = foo_vhost_log_set(t, m->fd[0], m->log.offset, m->log.size);
	if (ret != 0)
		foo_error_set(err, ret, "the dirty log cannot be mapped: %s", strerror(-ret));
	else if (t->st.map.nregions > 0)
		ret = foo_vhost_log_apply(t, err);
	foo_vhost_rings_update(t);
	m->size = 0;
	return ret != 0 ? ret : ANSWER;
}

/* Change something about a ring that may be running. */
static int
set_ring(struct foo_vhost *t, struct foo_vhost_msg *m, struct foo_error *err)
{
	uint16_t index = foo_vhost_msg_ring(m);
	struct foo_vhost_ring *r = &t->st.ring[index];
	int ret;

	RTE_SET_USED(err);
	ret = foo_vhost_ring_pause(t, index);
	if (ret != 0)
		return ret;
	switch (m->request) {
	case VHU_SET_VRING_NUM:
		r->num = m->state.num;
		break;
	case VHU_SET_VRING_ADDR:
		r->addr = m->addr;
		r->has_addr = true;
		break;
	case VHU_SET_VRING_BASE:
		r->base = m->state.num;
		r->resumes = false;
		break;
	case VHU_SET_VRING_ENABLE:
		r->enabled = m->state.num != 0;
		break;
	case VHU_SET_VRING_KICK:
		if (r->kickfd >= 0)
			close(r->kickfd);
		r->kickfd = m->nfds > 0 ? take_fd(m) : FOO_VQ_NO_FD;
		r->kicked = true;
		break;
	}
	foo_vhost_ring_update(t, index);
	return DONE;
}

static int
set_vring_call(struct foo_vhost *t, struct foo_vhost_msg *m, struct foo_error *err)
{
	RTE_SET_USED(err);
	return foo_vhost_ring_set_call(t, foo_vhost_msg_ring(m),
				       m->nfds > 0 ? take_fd(m) : FOO_VQ_NO_FD);
}

static int
get_vring_base(struct foo_vhost *t, struct foo_vhost_msg *m, struct foo_error *err)
{
	uint16_t index = foo_vhost_msg_ring(m);
	int ret;

	RTE_SET_USED(err);
	ret = foo_vhost_ring_pause(t, index);
	if (ret != 0)
		return ret;
	m->state.num = foo_vhost_ring_stop(t, index);
	foo_vhost_ring_update(t, index);
	return ANSWER;
}

/* The library would always say 128. For net it is a number of queue pairs. */
static int
get_queue_num(struct foo_vhost *t, struct foo_vhost_msg *m, struct foo_error *err)
{
	RTE_SET_USED(err);
	m->u64 = t->st.nqueues;
	if (t->dev->cls->virtio_id == VIRTIO_ID_NET)
		m->u64 /= 2;
	m->size = sizeof(m->u64);
	return ANSWER;
}

static int
set_backend_req_fd(struct foo_vhost *t, struct foo_vhost_msg *m, struct foo_error *err)
{
	RTE_SET_USED(err);
	if (t->backend_fd >= 0)
		foo_vhost_file_close(t->backend_fd, t);
	t->backend_fd = take_fd(m);
	return DONE;
}

/* Bytes beyond the config space read as 0: a newer front-end may know of a longer one. */
static int
get_config(struct foo_vhost *t, struct foo_vhost_msg *m, struct foo_error *err)
{
	const struct foo_class *cls = t->dev->cls;
	uint32_t len = m->config.size;

	if (cls->ops.get_config == NULL)
		return foo_error_set(err, -ENOTSUP, "the device has no config space");
	memset(m->config.data, 0, sizeof(m->config.data));
	if (m->config.offset >= cls->config_size)
		return ANSWER;
	len = RTE_MIN(len, cls->config_size - m->config.offset);
	if (cls->ops.get_config(t->dev, m->config.offset, m->config.data, len) != 0)
		return foo_error_set(err, -EIO, "the config space cannot be read");
	return ANSWER;
}

static int
set_config(struct foo_vhost *t, struct foo_vhost_msg *m, struct foo_error *err)
{
	const struct foo_class *cls = t->dev->cls;

	if (cls->ops.set_config == NULL)
		return foo_error_set(err, -ENOTSUP, "the config space cannot be written");
	if (m->config.offset + m->config.size > cls->config_size)
		return foo_error_set(err, -ERANGE, "the config space has %u bytes",
				     cls->config_size);
	if (cls->ops.set_config(t->dev, m->config.offset, m->config.data, m->config.size) != 0)
		return foo_error_set(err, -EINVAL, "the device refuses what is written");
	return DONE;
}

static int
get_inflight_fd(struct foo_vhost *t, struct foo_vhost_msg *m, struct foo_error *err)
{
	int ret = foo_vhost_inflight_get(t, &m->inflight, err);

	return ret != 0 ? ret : ANSWER;
}

static int
set_inflight_fd(struct foo_vhost *t, struct foo_vhost_msg *m, struct foo_error *err)
{
	return foo_vhost_inflight_set(t, &m->inflight, m->fd[0], err);
}

/* Noted down by the library alone. */
static int
pass(struct foo_vhost *t, struct foo_vhost_msg *m, struct foo_error *err)
{
	RTE_SET_USED(t);
	RTE_SET_USED(m);
	RTE_SET_USED(err);
	return PASS;
}

/* Right, and of no consequence here. */
static int
ignore(struct foo_vhost *t, struct foo_vhost_msg *m, struct foo_error *err)
{
	RTE_SET_USED(t);
	RTE_SET_USED(m);
	RTE_SET_USED(err);
	return DONE;
}

typedef int (*handler_fn)(struct foo_vhost *t, struct foo_vhost_msg *m, struct foo_error *err);

static const handler_fn handlers[VHU_REQUEST_MAX] = {
	[VHU_GET_FEATURES] = pass,
	[VHU_SET_FEATURES] = set_features,
	[VHU_SET_OWNER] = pass,
	[VHU_RESET_OWNER] = reset_owner,
	[VHU_SET_MEM_TABLE] = set_mem_table,
	[VHU_SET_LOG_BASE] = set_log_base,
	[VHU_SET_LOG_FD] = ignore,
	[VHU_SET_VRING_NUM] = set_ring,
	[VHU_SET_VRING_ADDR] = set_ring,
	[VHU_SET_VRING_BASE] = set_ring,
	[VHU_GET_VRING_BASE] = get_vring_base,
	[VHU_SET_VRING_KICK] = set_ring,
	[VHU_SET_VRING_CALL] = set_vring_call,
	[VHU_SET_VRING_ERR] = ignore,
	[VHU_GET_PROTOCOL_FEATURES] = pass,
	[VHU_SET_PROTOCOL_FEATURES] = set_protocol_features,
	[VHU_GET_QUEUE_NUM] = get_queue_num,
	[VHU_SET_VRING_ENABLE] = set_ring,
	[VHU_SEND_RARP] = ignore,
	[VHU_NET_SET_MTU] = pass,
	[VHU_SET_BACKEND_REQ_FD] = set_backend_req_fd,
	[VHU_GET_CONFIG] = get_config,
	[VHU_SET_CONFIG] = set_config,
	[VHU_GET_INFLIGHT_FD] = get_inflight_fd,
	[VHU_SET_INFLIGHT_FD] = set_inflight_fd,
	[VHU_SET_STATUS] = pass,
	[VHU_GET_STATUS] = pass,
};

/* Keep the message's name for an operator. */
static void
note(struct foo_vhost *t, const struct foo_vhost_msg *m, const char *how)
{
	const char *name = foo_vhost_request_name(m->request);
	int ring = foo_vhost_msg_ring(m);
	char *to = t->dev->last_msg;
	size_t room = sizeof(t->dev->last_msg);

	if (name == NULL)
		snprintf(to, room, "request %" PRIu32 "%s", m->request, how);
	else if (ring >= 0)
		snprintf(to, room, "%s %d%s", name, ring, how);
	else
		snprintf(to, room, "%s%s", name, how);
}

static void
report(struct foo_vhost *t, const struct foo_error *err)
{
	if (foo_vhost_may_log(t))
		FOO_VHOST_LOG(WARNING, "%s: %s: %s", t->dev->name, t->dev->last_msg, err->text);
}

/*
 * Refuse a message. What follows is up to NEED_REPLY: if it is set the library answers that the
 * message failed, if not it closes the connection. It must not be set where the front-end waits
 * for another answer, or where nothing that it says makes sense any more.
 */
static int
refuse(struct foo_vhost *t, struct foo_vhost_msg *m, int code, struct foo_error *err)
{
	t->stats.messages_refused++;
	note(t, m, ": refused");
	if (err->text[0] == '\0')
		foo_error_set(err, code, "%s", strerror(-code));
	report(t, err);
	if (m->request == VHU_GET_CONFIG && code != -EPROTO) {
		/* the protocol's way to say that it cannot be read */
		m->size = 0;
		return RTE_VHOST_MSG_RESULT_REPLY;
	}
	if (code == -EPROTO || code == -ETIMEDOUT || foo_vhost_request_answered(m->request))
		m->flags &= ~(uint32_t)VHU_NEED_REPLY;
	return RTE_VHOST_MSG_RESULT_ERR;
}

void
foo_vhost_msg_refused(struct foo_vhost *t, const struct foo_vhost_msg *m, struct foo_error *why)
{
	t->stats.messages++;
	t->stats.messages_refused++;
	note(t, m, ": refused");
	report(t, why);
}

int
foo_vhost_msg_handle(struct foo_vhost *t, struct foo_vhost_msg *m)
{
	struct foo_error err = {.text = ""};
	int ret;

	t->stats.messages++;
	note(t, m, "");
	ret = foo_vhost_check(&t->st, m, &err);
	if (ret == 0)
		ret = handlers[m->request](t, m, &err);
	if (ret < 0)
		ret = refuse(t, m, ret, &err);
	else if (ret == ANSWER)
		ret = RTE_VHOST_MSG_RESULT_REPLY;
	else if (ret == PASS)
		ret = RTE_VHOST_MSG_RESULT_NOT_HANDLED;
	else
		ret = RTE_VHOST_MSG_RESULT_OK;
	foo_vhost_msg_close(m, t);
	return ret;
}
