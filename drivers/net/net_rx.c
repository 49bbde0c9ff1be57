/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Polling a guest's receive queue: what other lcores handed over, or generated packets. Packets
 * from the same lcore need no poll here: the transmit queue's poll puts them in.
 */
#include <string.h>

#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include "net_priv.h"

/** What --fwd=txonly sends: UDP from 198.18.0.1 to 198.18.0.2 (RFC 2544), port 9 (discard). */
struct gen_packet {
	struct rte_ether_hdr eth;
	struct rte_ipv4_hdr ip;
	struct rte_udp_hdr udp;
} __attribute__((packed, aligned(2)));

static void
gen_fill(struct gen_packet *p, uint16_t len)
{
	memset(p, 0, sizeof(*p));
	memset(&p->eth.dst_addr, 0xff, sizeof(p->eth.dst_addr));
	p->eth.src_addr = (struct rte_ether_addr){{0x02, 0, 0, 0, 0, 1}};
	p->eth.ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	p->ip.version_ihl = RTE_IPV4_VHL_DEF;
	p->ip.total_length = rte_cpu_to_be_16(len - sizeof(p->eth));
	p->ip.time_to_live = 64;
	p->ip.next_proto_id = IPPROTO_UDP;
	p->ip.src_addr = RTE_BE32(RTE_IPV4(198U, 18, 0, 1));
	p->ip.dst_addr = RTE_BE32(RTE_IPV4(198U, 18, 0, 2));
	p->ip.hdr_checksum = rte_ipv4_cksum(&p->ip);
	p->udp.src_port = RTE_BE16(9);
	p->udp.dst_port = RTE_BE16(9);
	p->udp.dgram_len = rte_cpu_to_be_16(len - sizeof(p->eth) - sizeof(p->ip));
}

/** Write one generated packet; 0 if the buffer is too small for it. */
static uint32_t
gen_write(const struct net_queue *rxq, const struct foo_chain *rx, const struct gen_packet *p)
{
	struct virtio_net_hdr_v1 hdr = {.num_buffers = 1};
	struct foo_cursor c = foo_cursor_writable(&rxq->q->vq, rx);
	uint32_t len = net_conf.txonly_size;

	if (rx->nread != 0 || rx->write_len < rxq->dev->hdr_len + len)
		return 0;
	foo_cursor_write(&c, &hdr, rxq->dev->hdr_len);
	foo_cursor_write(&c, p, sizeof(*p));
	foo_cursor_fill(&c, 0, len - (uint32_t)sizeof(*p));
	return rxq->dev->hdr_len + len;
}

static unsigned int
rx_generate(struct net_queue *rxq)
{
	struct foo_chain rx[NET_BURST];
	uint32_t written[NET_BURST];
	struct gen_packet p;
	uint16_t i, n;

	n = foo_vq_pop(&rxq->q->vq, rx, NET_BURST);
	if (n == 0)
		return 0;
	gen_fill(&p, net_conf.txonly_size);
	for (i = 0; i < n; i++) {
		written[i] = gen_write(rxq, &rx[i], &p);
		if (written[i] == 0) {
			net_drop(rxq, FOO_NET_DROP_RX_BUFFER);
			continue;
		}
		rxq->stats.packets++;
		rxq->stats.bytes += net_conf.txonly_size;
	}
	foo_vq_push_burst(&rxq->q->vq, rx, written, n);
	net_flush(&rxq->q->vq);
	return n;
}

unsigned int
net_rx_poll(struct net_queue *rxq)
{
	unsigned int work = net_handover_receive(rxq);

	rxq->gone = 0;

	if (net_conf.fwd == FOO_NET_FWD_TXONLY)
		work += rx_generate(rxq);
	return work;
}

bool
net_rx_pending(const struct net_queue *rxq)
{
	if (net_conf.fwd == FOO_NET_FWD_TXONLY && foo_vq_avail(&rxq->q->vq))
		return true;
	if (rxq->inbox == NULL)
		return false;
	/* a source that is being drained waits for an answer, room or no room */
	if (__atomic_load_n(&rxq->drains, __ATOMIC_ACQUIRE) != 0)
		return true;
	if (rxq->nheld == 0 && rte_ring_empty(rxq->inbox))
		return false;
	return !rxq->blocked || foo_vq_avail(&rxq->q->vq);
}
