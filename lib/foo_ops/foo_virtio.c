/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/*
 * The root class: what every device has, and what a queue does where its driver has no opinion.
 */

#include <rte_common.h>

#include "foo_ops_priv.h"

/* Longest path that fits struct sockaddr_un; librte_vhost cuts longer ones without a word. */
#define VIRTIO_PATH_MAX 107

/* Longest "user:group": two names of 32 characters. */
#define VIRTIO_OWNER_MAX 65

static unsigned int
virtio_poll_stopped(__rte_unused struct foo_queue *q)
{
	return 0;
}

static bool
virtio_queue_stop(struct foo_queue *q)
{
	if (foo_vq_flush(&q->vq))
		foo_vq_call(&q->vq);
	return true;
}

static void
virtio_queue_arm(struct foo_queue *q)
{
	foo_vq_kicks_enable(&q->vq);
}

static bool
virtio_queue_pending(const struct foo_queue *q)
{
	return foo_queue_is_serving(q) && foo_vq_avail(&q->vq);
}

static void
virtio_queue_disarm(struct foo_queue *q)
{
	foo_vq_kicks_disable(&q->vq);
}

static const struct foo_prop virtio_props[] = {
	FOO_PROP_PATH("iface", struct foo_device, iface, true, VIRTIO_PATH_MAX,
		      "path of the vhost-user socket"),
	FOO_PROP_BOOL("client", struct foo_device, client, "0",
		      "connect to the socket, and again when it goes away, instead of listening"),
	FOO_PROP_MODE("mode", struct foo_device, mode, "0660",
		      "file mode of the socket that is listened on"),
	FOO_PROP_STRING("owner", struct foo_device, owner, NULL, VIRTIO_OWNER_MAX,
			"user[:group] that owns the socket that is listened on"),
	FOO_PROP_END,
};

struct foo_class foo_virtio_class = {
	.name = FOO_CLASS_ROOT,
	.help = "VirtIO device behind a vhost-user socket",
	.abstract = true,
	.instance_size = sizeof(struct foo_device),
	.props = virtio_props,
	.ops =
		{
			.poll_stopped = virtio_poll_stopped,
			.queue_stop = virtio_queue_stop,
			.queue_arm = virtio_queue_arm,
			.queue_pending = virtio_queue_pending,
			.queue_disarm = virtio_queue_disarm,
		},
};
