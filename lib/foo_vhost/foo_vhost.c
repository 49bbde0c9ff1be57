/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>

#include <rte_common.h>
#include <rte_string_fns.h>

#include "foo_vhost_compat.h"
#include "foo_vhost_priv.h"

#define BIT(n) (UINT64_C(1) << (n))

/* What every device can do. */
#define PROTO_COMMON (BIT(VHU_PROTO_MQ) | BIT(VHU_PROTO_LOG_SHMFD) | BIT(VHU_PROTO_REPLY_ACK))
/* What a class may add. */
#define PROTO_KNOWN                                                                                \
	(PROTO_COMMON | BIT(VHU_PROTO_RARP) | BIT(VHU_PROTO_NET_MTU) | BIT(VHU_PROTO_CONFIG) |     \
	 BIT(VHU_PROTO_BACKEND_REQ) | BIT(VHU_PROTO_INFLIGHT) | BIT(VHU_PROTO_STATUS))

/* Lines about a front-end in a second. */
#define LOG_LINES_MAX 10

/* How long the next one waits after one that held an lcore up: what was stolen becomes a hundredth
 * of the time. */
#define BAR_MS 5000

struct foo_vhost_list foo_vhost_all = TAILQ_HEAD_INITIALIZER(foo_vhost_all);

/* The library's number of a connection, to ours. Under foo_ctl_lock. */
static struct foo_vhost *by_vid[RTE_MAX_VHOST_DEVICE];

RTE_LOG_REGISTER(foo_vhost_logtype, foo.vhost, NOTICE);

/*
 * Protocol features by type of device; the library's own default is net's for all.
 *
 * CONFIG goes to types whose QEMU device reads the config space through it: net's does not, and
 * before 7.2.3 would crash. STATUS goes to net and blk: QEMU reports DRIVER_OK by it for these
 * alone, and the library would wait for ever for it on others.
 */
static uint64_t
protocol_features(const struct foo_device *dev)
{
	const struct foo_class *cls = dev->cls;
	bool net = cls->virtio_id == VIRTIO_ID_NET;
	uint64_t f = PROTO_COMMON;

	if (cls->ops.protocol_features != NULL)
		f |= cls->ops.protocol_features(dev);
	if (net)
		f |= BIT(VHU_PROTO_RARP) | BIT(VHU_PROTO_NET_MTU);
	else
		f &= ~(BIT(VHU_PROTO_RARP) | BIT(VHU_PROTO_NET_MTU));
	if (!net && cls->ops.get_config != NULL)
		f |= BIT(VHU_PROTO_CONFIG) | BIT(VHU_PROTO_BACKEND_REQ);
	else
		f &= ~BIT(VHU_PROTO_CONFIG);
	if (!net && cls->virtio_id != VIRTIO_ID_BLOCK)
		f &= ~BIT(VHU_PROTO_STATUS);
	return f & PROTO_KNOWN;
}

static struct foo_vhost *
find_path(const char *path)
{
	struct foo_vhost *t;

	TAILQ_FOREACH(t, &foo_vhost_all, link) {
		if (strcmp(t->path, path) == 0)
			return t;
	}
	return NULL;
}

static uint64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool
foo_vhost_may_log(struct foo_vhost *t)
{
	uint64_t second = now_ms() / 1000;

	if (second != t->log_time) {
		t->log_time = second;
		t->log_lines = 0;
	}
	return t->log_lines++ < LOG_LINES_MAX;
}

bool
foo_vhost_is_locked_out(const struct foo_vhost *t)
{
	return now_ms() < t->barred_until;
}

void
foo_vhost_bar(struct foo_vhost *t)
{
	if (foo_vhost_is_locked_out(t))
		return;
	t->barred_until = now_ms() + BAR_MS;
	FOO_VHOST_LOG(ERR,
		      "%s: its front-end blocked an lcore by a call eventfd; closed, and locked out"
		      " for %d s",
		      t->dev->name, BAR_MS / 1000);
	/* it may have closed by itself, so as not to be the one */
	if (t->conn != NULL)
		foo_vhost_relay_hang_up(t->conn);
}

bool
foo_vhost_is_barred(const struct foo_vhost *t)
{
	return foo_vhost_is_locked_out(t) || foo_vhost_files_closing(t) >= FOO_VHOST_CLOSING_MAX;
}

static bool
is_late(const struct foo_vhost *t)
{
	uint16_t i;

	for (i = 0; i < t->st.nqueues; i++) {
		if (foo_queue_is_late(&t->dev->queue[i]))
			return true;
	}
	return false;
}

bool
foo_vhost_drain(struct foo_vhost *t, bool wait)
{
	if (!wait && is_late(t))
		return false;
	if (foo_vhost_rings_pause(t) != 0)
		return false;
	t->draining = false;
	foo_device_connect(t->dev, false);
	foo_vhost_log_drop(t);
	foo_vhost_inflight_drop(t);
	foo_vhost_map_close(&t->st.map);
	foo_vhost_rings_reset(t);
	t->st.has_features = false;
	t->st.features = 0;
	t->st.proto = 0;
	t->lost = false;
	foo_vhost_rings_update(t);
	return true;
}

void
foo_vhost_disconnect(struct foo_vhost *t)
{
	struct foo_vhost_msg m;
	struct foo_error why;

	if (t->vid < 0)
		return;
	by_vid[t->vid] = NULL;
	t->vid = -1;
	if (foo_vhost_relay_why(t->conn, &m, &why))
		foo_vhost_msg_refused(t, &m, &why);
	foo_vhost_relay_release(t->conn);
	t->conn = NULL;
	if (t->backend_fd >= 0)
		foo_vhost_file_close(t->backend_fd, t);
	t->backend_fd = -1;
	if (foo_vhost_may_log(t))
		FOO_VHOST_LOG(NOTICE, "%s: front-end disconnected", t->dev->name);
	t->draining = true;
	if (!foo_vhost_drain(t, false))
		foo_vhost_watch_wake();
}

/* Called by the library, before its own handlers: struct of foo_vhost_compat.h. */
static enum rte_vhost_msg_result
on_message(int vid, void *ctx)
{
	struct foo_vhost_msg m;
	struct foo_vhost *t;
	int ret = RTE_VHOST_MSG_RESULT_ERR;

	foo_vhost_msg_load(&m, ctx);
	if (!foo_vhost_msg_plausible(&m)) {
		FOO_VHOST_LOG(CRIT, "librte_vhost %s passes messages in an unknown form",
			      rte_version());
		return RTE_VHOST_MSG_RESULT_ERR;
	}
	foo_ctl_lock();
	t = by_vid[vid];
	if (t != NULL && !t->closing && !t->lost && !foo_vhost_is_locked_out(t)) {
		ret = foo_vhost_msg_handle(t, &m);
	} else {
		foo_vhost_msg_close(&m, t);
		m.flags &= ~(uint32_t)VHU_NEED_REPLY;
	}
	foo_ctl_unlock();
	foo_vhost_msg_store(&m, ctx);
	return ret;
}

static const struct rte_vhost_user_extern_ops message_ops = {
	.pre_msg_handle = on_message,
};

/* Whether a new front-end may have the device; one that is gone makes room. */
static bool
make_room(struct foo_vhost *t)
{
	if (t->closing)
		return false;
	if (t->vid >= 0 && foo_vhost_relay_gone(t->conn))
		foo_vhost_disconnect(t);
	if (t->vid < 0 && (!t->draining || foo_vhost_drain(t, false)))
		return true;
	t->stats.connections_refused++;
	if (foo_vhost_may_log(t))
		FOO_VHOST_LOG(WARNING, "%s: refused a second front-end on %s", t->dev->name,
			      t->path);
	return false;
}

/*
 * The front-end is there. 0, or -1: send it away. The library would not connect again for one that
 * is sent away, so one that is barred has its connection, and nobody reads from it.
 */
static int
connect_front(struct foo_vhost *t, int vid)
{
	int fd;

	if (rte_vhost_extern_callback_register(vid, &message_ops, NULL) != 0)
		return -1;
	t->waits = foo_vhost_is_barred(t);
	fd = foo_vhost_socket_find(t->path, t->client);
	if (fd >= 0)
		t->conn = foo_vhost_relay_open(fd, t, t->waits);
	if (t->conn == NULL) {
		FOO_VHOST_LOG(ERR, "%s: a connection on %s cannot be served: %s", t->dev->name,
			      t->path,
			      fd == -EEXIST ? "two sockets may be it" :
			      fd < 0        ? "its socket is not found" :
					      strerror(errno));
		return -1;
	}
	t->vid = vid;
	by_vid[vid] = t;
	t->stats.connections++;
	foo_device_connect(t->dev, true);
	foo_vhost_rings_update(t);
	if (foo_vhost_may_log(t))
		FOO_VHOST_LOG(NOTICE, "%s: front-end connected%s", t->dev->name,
			      t->waits ? ", and locked out for now" : "");
	if (t->waits)
		foo_vhost_watch_wake();
	return 0;
}

/*
 * The connection is refused, and the library will close what it has of it; that may last where
 * files of messages that nobody has read do not close. So the relay takes it over, to end it.
 */
static void
refuse_front(struct foo_vhost *t)
{
	struct foo_vhost_conn *c = NULL;
	int fd = -1;

	/* what piles up takes numbers of files from all, so it is limited; beyond that the library
	 * has to wait */
	if (foo_vhost_files_closing(t) < FOO_VHOST_CLOSING_MAX)
		fd = foo_vhost_socket_find(t->path, t->client);
	if (fd >= 0)
		c = foo_vhost_relay_open(fd, t, true);
	if (c == NULL)
		return;
	foo_vhost_relay_hang_up(c);
	foo_vhost_relay_release(c);
}

static int
on_connect(int vid)
{
	char path[PATH_MAX];
	struct foo_vhost *t;
	int ret = -1;

	if (rte_vhost_get_ifname(vid, path, sizeof(path)) != 0)
		return -1;
	foo_ctl_lock();
	t = find_path(path);
	if (t != NULL && make_room(t))
		ret = connect_front(t, vid);
	else if (t != NULL)
		refuse_front(t);
	foo_ctl_unlock();
	return ret;
}

static void
on_disconnect(int vid)
{
	struct foo_vhost *t;

	foo_ctl_lock();
	t = by_vid[vid];
	/* one that had to make room is long forgotten */
	if (t != NULL)
		foo_vhost_disconnect(t);
	foo_ctl_unlock();
}

/* The library's idea of a device that is ready is not ours, but it wants both or neither. */
static int
on_new_device(int vid)
{
	RTE_SET_USED(vid);
	return 0;
}

static void
on_destroy_device(int vid)
{
	RTE_SET_USED(vid);
}

static const struct rte_vhost_device_ops device_ops = {
	.new_device = on_new_device,
	.destroy_device = on_destroy_device,
	.new_connection = on_connect,
	.destroy_connection = on_disconnect,
};

/* The library reports each message at INFO, which it takes as default: too much for a terminal.
 * One who asks for more by --log-level gets it. */
static void
hush_library(void)
{
	int type = rte_log_register("lib.vhost.config");

	if (type >= 0 && rte_log_get_level(type) == RTE_LOG_INFO)
		rte_log_set_level(type, RTE_LOG_CRIT);
}

static struct foo_vhost *
transport_new(struct foo_device *dev)
{
	struct foo_vhost *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->st.ring = calloc(dev->nqueues, sizeof(*t->st.ring));
	if (t->st.ring == NULL) {
		free(t);
		return NULL;
	}
	rte_strscpy(t->path, dev->iface, sizeof(t->path));
	t->dev = dev;
	t->client = dev->client;
	t->vid = -1;
	t->backend_fd = -1;
	t->st.nqueues = dev->nqueues;
	t->st.offered = dev->cls->ops.features(dev) | VHU_F_MASK;
	t->st.proto_offered = protocol_features(dev);
	foo_vhost_rings_init(t);
	return t;
}

static void
transport_free(struct foo_vhost *t)
{
	if (t->draining) {
		/* an lcore still looks at the memory: it is never unmapped */
		FOO_VHOST_LOG(ERR, "%s: guest memory stays mapped", t->dev->name);
		return;
	}
	free(t->st.ring);
	free(t);
}

/* Nobody connects any more, and whoever has is sent away. */
static void
unserve(struct foo_vhost *t)
{
	/* handlers refuse from here on; the library would close the connection without a word */
	foo_ctl_lock();
	t->closing = true;
	foo_vhost_disconnect(t);
	if (t->draining)
		foo_vhost_drain(t, true); /* the last chance */
	foo_ctl_unlock();
	/* waits for handlers that are under way, and they may wait for the lock */
	rte_vhost_driver_unregister(t->path);
}

/* From the start of the driver on the library may call on_connect(). */
static int
serve(struct foo_vhost *t, struct foo_error *err)
{
	const struct foo_device *dev = t->dev;
	mode_t mask;
	uid_t uid;
	gid_t gid;
	int ret;

	/* what the user may have got wrong comes before there is a socket */
	ret = foo_vhost_socket_owner(t->client ? NULL : dev->owner, &uid, &gid, err);
	if (ret != 0)
		return ret;
	if (rte_vhost_driver_register(t->path, t->client ? RTE_VHOST_USER_CLIENT : 0) != 0)
		return foo_error_set(err, -EIO, "iface=%s: librte_vhost does not take it", t->path);
	ret = rte_vhost_driver_set_features(t->path, t->st.offered);
	if (ret == 0)
		ret = rte_vhost_driver_set_protocol_features(t->path, t->st.proto_offered);
	if (ret == 0)
		ret = rte_vhost_driver_callback_register(t->path, &device_ops);
	if (ret == 0) {
		/* nobody gets in between bind() and the socket's own mode */
		mask = umask(0177);
		ret = rte_vhost_driver_start(t->path);
		umask(mask);
	}
	if (ret != 0)
		ret = foo_error_set(err, -EIO, "iface=%s: librte_vhost cannot serve it", t->path);
	else if (!t->client)
		ret = foo_vhost_socket_dress(t->path, dev->mode, uid, gid, err);
	else if (t->stats.connections == 0)
		FOO_VHOST_LOG(NOTICE, "%s: nobody listens on %s yet; trying again and again",
			      dev->name, t->path);
	if (ret != 0)
		unserve(t);
	return ret;
}

static int
enlist(struct foo_vhost *t, struct foo_error *err)
{
	int ret = 0;

	foo_ctl_lock();
	if (find_path(t->path) != NULL) {
		ret = foo_error_set(err, -EEXIST, "iface=%s: another device has it", t->path);
	} else {
		TAILQ_INSERT_TAIL(&foo_vhost_all, t, link);
		t->dev->transport = t;
		t->dev->config_changed = foo_vhost_config_changed;
		foo_vhost_rings_update(t);
	}
	foo_ctl_unlock();
	return ret;
}

static void
delist(struct foo_vhost *t)
{
	foo_ctl_lock();
	TAILQ_REMOVE(&foo_vhost_all, t, link);
	t->dev->transport = NULL;
	t->dev->config_changed = NULL;
	foo_ctl_unlock();
}

static int
start(struct foo_vhost *t, struct foo_error *err)
{
	int ret;

	ret = enlist(t, err);
	if (ret != 0)
		return ret;
	ret = foo_vhost_watch_get();
	if (ret != 0) {
		foo_error_set(err, ret, "no thread for it: %s", strerror(-ret));
	} else {
		if (!t->client)
			ret = foo_vhost_socket_prepare(t->path, err);
		if (ret == 0)
			ret = serve(t, err);
		if (ret == 0)
			return 0;
		foo_vhost_watch_put();
	}
	delist(t);
	return ret;
}

int
foo_vhost_start(struct foo_device *dev, struct foo_error *err)
{
	struct foo_error why = {.text = ""};
	struct foo_vhost *t;
	int ret;

	/* the library would cut it */
	if (strlen(dev->iface) >= sizeof(t->path))
		return foo_error_set(err, -ENAMETOOLONG,
				     "%s: iface=%s: a socket's path may have %zu characters",
				     dev->name, dev->iface, sizeof(t->path) - 1);
	hush_library();
	t = transport_new(dev);
	if (t == NULL)
		return foo_error_set(err, -ENOMEM, "%s: out of memory", dev->name);
	ret = start(t, &why);
	if (ret != 0) {
		foo_error_set(err, ret, "%s: %s", dev->name, why.text);
		transport_free(t);
	}
	return ret;
}

void
foo_vhost_stop(struct foo_device *dev)
{
	struct foo_vhost *t = dev->transport;

	if (t == NULL)
		return;
	unserve(t);
	delist(t);
	foo_vhost_watch_put();
	transport_free(t);
}

bool
foo_vhost_stats_get(const struct foo_device *dev, struct foo_vhost_stats *stats)
{
	const struct foo_vhost *t;

	foo_ctl_lock();
	t = dev->transport;
	if (t != NULL)
		*stats = t->stats;
	foo_ctl_unlock();
	return t != NULL;
}

int
foo_vhost_config_changed(struct foo_device *dev)
{
	static const uint32_t msg[] = {VHU_BACKEND_CONFIG_CHANGE_MSG, VHU_VERSION, 0};
	const struct foo_vhost *t;
	int ret = 0;

	foo_ctl_lock();
	t = dev->transport;
	if (t == NULL || t->vid < 0)
		ret = -ENOTCONN;
	else if (t->backend_fd < 0)
		ret = -ENOTSUP;
	else if (send(t->backend_fd, msg, sizeof(msg), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		ret = -errno;
	foo_ctl_unlock();
	return ret;
}
