/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * The abstract class `net`: VirtIO network device (VIRTIO 1.2, 5.1).
 */
#include <errno.h>

#include <linux/vhost.h>
#include <linux/virtio_ids.h>

#include <rte_malloc.h>

#include "net_priv.h"

#define NET_BIT(bit) (1ULL << (bit))

/* Checksums and segmentation that one guest leaves to the other. */
#define NET_OFFLOADS                                                                               \
	(NET_BIT(VIRTIO_NET_F_CSUM) | NET_BIT(VIRTIO_NET_F_GUEST_CSUM) |                           \
	 NET_BIT(VIRTIO_NET_F_GUEST_TSO4) | NET_BIT(VIRTIO_NET_F_GUEST_TSO6) |                     \
	 NET_BIT(VIRTIO_NET_F_GUEST_ECN) | NET_BIT(VIRTIO_NET_F_HOST_TSO4) |                       \
	 NET_BIT(VIRTIO_NET_F_HOST_TSO6) | NET_BIT(VIRTIO_NET_F_HOST_ECN))

/* Rings and layout, for every driver. */
#define NET_RINGS                                                                                  \
	(NET_BIT(VIRTIO_F_VERSION_1) | NET_BIT(VIRTIO_F_ANY_LAYOUT) |                              \
	 NET_BIT(VIRTIO_RING_F_INDIRECT_DESC) | NET_BIT(VIRTIO_RING_F_EVENT_IDX) |                 \
	 NET_BIT(VIRTIO_F_RING_PACKED) | NET_BIT(VIRTIO_F_IN_ORDER))

/* CTRL_VQ, CTRL_RX and GUEST_ANNOUNCE are the front-end's own work; it wants our leave. */
#define NET_FRONT_END                                                                              \
	(NET_BIT(VIRTIO_NET_F_CTRL_VQ) | NET_BIT(VIRTIO_NET_F_CTRL_RX) |                           \
	 NET_BIT(VIRTIO_NET_F_GUEST_ANNOUNCE) | NET_BIT(VIRTIO_NET_F_MTU))

/* vhost-user protocol features: F_RARP and F_NET_MTU */
#define NET_PROTOCOL (NET_BIT(2) | NET_BIT(4))

static const struct foo_prop net_props[] = {
	FOO_PROP_UINT("queues", struct net_dev, pairs, "1", 1, NET_MAX_PAIRS,
		      "queue pairs offered; the guest may use fewer"),
	FOO_PROP_END,
};

static uint16_t
net_num_queues(const struct foo_device *dev)
{
	return (uint16_t)(2 * net_dev(dev)->pairs);
}

static uint64_t
net_features(const struct foo_device *dev)
{
	uint64_t mq = net_dev(dev)->pairs > 1 ? NET_BIT(VIRTIO_NET_F_MQ) : 0;

	return NET_RINGS | NET_OFFLOADS | NET_FRONT_END | NET_BIT(VIRTIO_NET_F_MRG_RXBUF) | mq;
}

static uint64_t
net_protocol_features(const struct foo_device *dev)
{
	(void)dev;
	return NET_PROTOCOL;
}

/** Offloads that a guest may use in one direction, by its feature bits for that direction. */
static uint8_t
net_offloads(uint64_t features, unsigned int csum, unsigned int tso4, unsigned int tso6,
	     unsigned int ecn)
{
	uint8_t bits = 0;

	if (features & NET_BIT(csum))
		bits |= NET_CSUM;
	if (features & NET_BIT(tso4))
		bits |= 1u << VIRTIO_NET_HDR_GSO_TCPV4;
	if (features & NET_BIT(tso6))
		bits |= 1u << VIRTIO_NET_HDR_GSO_TCPV6;
	if (features & NET_BIT(ecn))
		bits |= NET_GSO_ECN;
	return bits;
}

static int
net_set_features(struct foo_device *dev)
{
	struct net_dev *nd = net_dev(dev);
	uint64_t f = dev->features;

	nd->mergeable = !!(f & NET_BIT(VIRTIO_NET_F_MRG_RXBUF));
	nd->hdr_len =
		nd->mergeable || (f & NET_BIT(VIRTIO_F_VERSION_1)) ? NET_HDR_LEN : NET_HDR_LEGACY;
	nd->may_send = net_offloads(f, VIRTIO_NET_F_CSUM, VIRTIO_NET_F_HOST_TSO4,
				    VIRTIO_NET_F_HOST_TSO6, VIRTIO_NET_F_HOST_ECN);
	nd->may_receive = net_offloads(f, VIRTIO_NET_F_GUEST_CSUM, VIRTIO_NET_F_GUEST_TSO4,
				       VIRTIO_NET_F_GUEST_TSO6, VIRTIO_NET_F_GUEST_ECN);
	return 0;
}

static int
net_instance_init(struct foo_device *dev)
{
	net_dev(dev)->peer = net_dev(dev);
	return 0;
}

static int
net_realize(struct foo_device *dev, struct foo_error *err)
{
	struct net_dev *nd = net_dev(dev);

	nd->nq = rte_zmalloc(NULL, 2 * nd->pairs * sizeof(*nd->nq), RTE_CACHE_LINE_SIZE);
	if (nd->nq == NULL)
		return foo_error_set(err, -ENOMEM, "%s: no memory for %u queue pairs", dev->name,
				     nd->pairs);
	return net_set_features(dev);
}

static void
net_unrealize(struct foo_device *dev)
{
	struct net_dev *nd = net_dev(dev);
	uint32_t i;

	for (i = 0; i < 2 * nd->pairs; i++)
		net_handover_fini(&nd->nq[i]);
	rte_free(nd->nq);
	nd->nq = NULL;
}

static int
net_queue_attach(struct foo_queue *q)
{
	struct net_dev *nd = net_dev(q->dev);
	struct net_queue *nq = &nd->nq[q->index];

	nq->q = q;
	nq->dev = nd;
	nq->buf_len = 1;
	q->priv = nq;
	return net_handover_init(nq);
}

static void
net_queue_start(struct foo_queue *q)
{
	/* what a guest sends is only read */
	if (net_is_tx(q))
		foo_vq_set_table_read_only(&q->vq);
}

static unsigned int
net_poll(struct foo_queue *q)
{
	return net_is_tx(q) ? net_tx_poll(net_queue(q)) : net_rx_poll(net_queue(q));
}

static unsigned int
net_poll_stopped(struct foo_queue *q)
{
	return net_is_tx(q) ? 0 : net_handover_refuse(net_queue(q));
}

static bool
net_queue_stop(struct foo_queue *q)
{
	if (net_is_tx(q))
		return net_tx_stop(net_queue(q));
	net_handover_refuse(net_queue(q));
	return true;
}

static bool
net_queue_pending(const struct foo_queue *q)
{
	const struct net_queue *nq = net_queue(q);

	if (!foo_queue_is_serving(q))
		return !net_is_tx(q) && nq->inbox != NULL &&
		       (nq->nheld != 0 || !rte_ring_empty(nq->inbox));
	return net_is_tx(q) ? net_tx_pending(nq) : net_rx_pending(nq);
}

static void
net_queue_arm(struct foo_queue *q)
{
	/* kicks of a receive queue tell of new buffers: only news to someone who waits for them */
	if (net_is_tx(q) || net_conf.overload == FOO_NET_BACKPRESSURE ||
	    net_conf.fwd == FOO_NET_FWD_TXONLY)
		foo_vq_kicks_enable(&q->vq);
}

static struct foo_class net_class = {
	.name = "net",
	.parent = "virtio",
	.help = "network device (VIRTIO 1.2, 5.1), a port of the forwarding plane",
	.abstract = true,
	.virtio_id = VIRTIO_ID_NET,
	.instance_size = sizeof(struct net_dev),
	.props = net_props,
	.ops =
		{
			.instance_init = net_instance_init,
			.realize = net_realize,
			.unrealize = net_unrealize,
			.num_queues = net_num_queues,
			.features = net_features,
			.protocol_features = net_protocol_features,
			.set_features = net_set_features,
			.queue_attach = net_queue_attach,
			.queue_start = net_queue_start,
			.poll = net_poll,
			.poll_stopped = net_poll_stopped,
			.queue_stop = net_queue_stop,
			.queue_arm = net_queue_arm,
			.queue_pending = net_queue_pending,
			.queue_counters = net_queue_counters,
			.counters = net_counters,
		},
};
FOO_CLASS_REGISTER(net_class)
