/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_lcore.h>

#include "pktcheck.h"

static int
make_pool(struct pc_state *st)
{
	const struct pc_config *cfg = &st->cfg;
	unsigned int queues = st->nb_ports * cfg->queues;
	/* Receive rings full, transmit rings full of spread packets, bursts in hand. */
	unsigned int n = queues * (2u * cfg->ring * (1u + cfg->segs) + 2 * PC_BURST) + 1024;

	st->pool = rte_pktmbuf_pool_create("pktcheck", n, 256, 0,
					   (uint16_t)(RTE_PKTMBUF_HEADROOM + cfg->buf_size),
					   (int)rte_socket_id());
	if (st->pool == NULL) {
		fprintf(stderr, "pktcheck: no memory for %u buffers: %s\n", n,
			rte_strerror(rte_errno));
		return -rte_errno;
	}
	return 0;
}

static void
port_conf(const struct pc_config *cfg, const struct rte_eth_dev_info *info,
	  struct rte_eth_conf *conf)
{
	uint32_t mtu = cfg->mtu;

	memset(conf, 0, sizeof(*conf));
	if (mtu == 0)
		mtu = RTE_MAX(cfg->len_max - RTE_ETHER_HDR_LEN, RTE_ETHER_MTU);
	conf->rxmode.mtu = RTE_MIN(mtu, info->max_mtu);
	if (info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER)
		conf->rxmode.offloads |= RTE_ETH_RX_OFFLOAD_SCATTER;
	if (cfg->segs > 1 || cfg->len_max > cfg->buf_size)
		conf->txmode.offloads |= RTE_ETH_TX_OFFLOAD_MULTI_SEGS & info->tx_offload_capa;
	/* virtio-user as a server learns of a new client through this interrupt. */
	conf->intr_conf.lsc = (*info->dev_flags & RTE_ETH_DEV_INTR_LSC) != 0;
}

static int
queues_setup(struct pc_state *st, uint16_t port)
{
	uint16_t q;
	int rc;

	for (q = 0; q < st->cfg.queues; q++) {
		rc = rte_eth_rx_queue_setup(port, q, st->cfg.ring, rte_socket_id(), NULL, st->pool);
		if (rc < 0)
			return rc;
		rc = rte_eth_tx_queue_setup(port, q, st->cfg.ring, rte_socket_id(), NULL);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int
port_start(struct pc_state *st, uint16_t port)
{
	struct rte_eth_dev_info info;
	struct rte_eth_conf conf;
	int rc;

	rc = rte_eth_dev_info_get(port, &info);
	if (rc < 0)
		return rc;
	port_conf(&st->cfg, &info, &conf);
	rc = rte_eth_dev_configure(port, st->cfg.queues, st->cfg.queues, &conf);
	if (rc < 0)
		return rc;
	rc = queues_setup(st, port);
	if (rc < 0)
		return rc;
	return rte_eth_dev_start(port);
}

int
pc_ports_start(struct pc_state *st)
{
	uint16_t port, i;
	int rc;

	RTE_ETH_FOREACH_DEV(port)
	{
		if (st->nb_ports < PC_MAX_PORTS)
			st->ports[st->nb_ports++] = port;
	}
	if (st->nb_ports == 0 || (st->cfg.mode == PC_MODE_PAIR && st->nb_ports != 2)) {
		fprintf(stderr,
			"pktcheck: %u ports: need one --vdev net_virtio_user0,path=..., "
			"two with --mode pair\n",
			st->nb_ports);
		return -ENODEV;
	}
	rc = make_pool(st);
	for (i = 0; rc == 0 && i < st->nb_ports; i++) {
		rc = port_start(st, st->ports[i]);
		if (rc < 0)
			fprintf(stderr, "pktcheck: port %u does not start: %s\n", i, strerror(-rc));
	}
	return rc;
}

void
pc_ports_stop(struct pc_state *st)
{
	uint16_t i;

	for (i = 0; i < st->nb_ports; i++) {
		rte_eth_dev_stop(st->ports[i]);
		rte_eth_dev_close(st->ports[i]);
	}
}
