/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * virtio-foo: a whole VirtIO device in one file, to be read first and copied.
 *
 * The device has one virtqueue. A request is a descriptor chain with a readable part, the message,
 * and a writable part, where the device puts the message back: as it came, or with its letters in
 * upper case. Its config space tells the driver the longest message.
 *
 * Two classes show how a device type and its drivers divide the work: `foo` (abstract) is
 * everything that VirtIO says about the device, `foo_echo` is one way to carry out a request.
 *
 *     dpdk-foo -l 2 -d foo_echo.so --vdev foo_echo0,iface=/tmp/foo.sock,upper=1
 */
#include <ctype.h>
#include <string.h>

#include <foo_chain.h>
#include <foo_device.h>

#define FOO_BURST 16
#define FOO_MAX_MESSAGE 4096

/* What the driver sees as config space: little-endian, as all of VirtIO (VIRTIO 1.2, 2.5). */
struct foo_config {
	uint32_t max_message;
};

/* An instance: the common part first, then the properties and whatever the device remembers. */
struct foo_dev {
	struct foo_device dev;
	uint32_t max_message;
	bool upper;
};

/* Counters of the one queue: a device with more keeps them per queue, in q->priv. */
static struct {
	uint64_t requests, refused;
} echo_stats;

/* --- class foo: the device type --- */

static const struct foo_prop foo_props[] = {
	FOO_PROP_UINT("max-message", struct foo_dev, max_message, "256", 1, FOO_MAX_MESSAGE,
		      "longest message in bytes; longer ones are refused"),
	FOO_PROP_END,
};

static uint16_t
foo_num_queues(const struct foo_device *dev)
{
	(void)dev;
	return 1;
}

static uint64_t
foo_features(const struct foo_device *dev)
{
	(void)dev;
	return UINT64_C(1) << VIRTIO_F_VERSION_1 | UINT64_C(1) << VIRTIO_F_RING_PACKED |
	       UINT64_C(1) << VIRTIO_RING_F_INDIRECT_DESC | UINT64_C(1) << VIRTIO_RING_F_EVENT_IDX;
}

static int
foo_get_config(struct foo_device *dev, uint32_t offset, void *buf, uint32_t len)
{
	const struct foo_config config = {
		.max_message = ((const struct foo_dev *)dev)->max_message,
	};

	/* offset and len are within config_size: the caller has seen to it */
	memcpy(buf, (const uint8_t *)&config + offset, len);
	return 0;
}

static struct foo_class foo_class = {
	.name = "foo",
	.parent = "virtio",
	.help = "example device: gives a message back",
	.abstract = true,
	.virtio_id = 0xf00,
	.config_size = sizeof(struct foo_config),
	.instance_size = sizeof(struct foo_dev),
	.props = foo_props,
	.ops =
		{
			.num_queues = foo_num_queues,
			.features = foo_features,
			.get_config = foo_get_config,
		},
};
FOO_CLASS_REGISTER(foo_class)

/* --- class foo_echo: a driver of it --- */

static const struct foo_prop echo_props[] = {
	FOO_PROP_BOOL("upper", struct foo_dev, upper, "0", "answer in upper case"),
	FOO_PROP_END,
};

/* Carry out one request; returns the bytes written into the chain. */
static uint32_t
echo_request(const struct foo_vq *vq, const struct foo_chain *chain, const struct foo_dev *dev)
{
	struct foo_cursor from = foo_cursor_readable(vq, chain);
	struct foo_cursor to = foo_cursor_writable(vq, chain);
	uint8_t message[FOO_MAX_MESSAGE];
	uint32_t i, len;

	/* a chain with a fault has no bytes; one that is wrong is completed with length 0 */
	if (chain->read_len == 0 || chain->read_len > dev->max_message ||
	    chain->write_len < chain->read_len) {
		echo_stats.refused++;
		return 0;
	}
	/* the guest may change the message meanwhile: it is read once, and the copy is used */
	len = foo_cursor_read(&from, message, sizeof(message));
	for (i = 0; dev->upper && i < len; i++)
		message[i] = (uint8_t)toupper(message[i]);
	echo_stats.requests++;
	return foo_cursor_write(&to, message, len);
}

/* On the queue's lcore, again and again: a bounded piece of work, no lock, no system call. */
static unsigned int
echo_poll(struct foo_queue *q)
{
	struct foo_chain chain[FOO_BURST];
	uint16_t i, n;

	n = foo_vq_pop(&q->vq, chain, FOO_BURST);
	for (i = 0; i < n; i++)
		foo_vq_push(&q->vq, &chain[i],
			    echo_request(&q->vq, &chain[i], (struct foo_dev *)q->dev));
	if (foo_vq_flush(&q->vq))
		foo_vq_call(&q->vq);
	return n;
}

static void
echo_counters(const struct foo_queue *q, foo_counter_fn emit, void *ctx)
{
	(void)q;
	emit(ctx, "requests", echo_stats.requests);
	emit(ctx, "refused", echo_stats.refused);
}

static struct foo_class foo_echo_class = {
	.name = "foo_echo",
	.parent = "foo",
	.help = "example driver: answers at once",
	.props = echo_props,
	.ops =
		{
			.poll = echo_poll,
			.queue_counters = echo_counters,
		},
};
FOO_CLASS_REGISTER(foo_echo_class)
