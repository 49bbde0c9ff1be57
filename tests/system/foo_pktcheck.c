/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/* The loop of foo_pktcheck: one lcore sends, receives and compares. See pktcheck.h. */

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>

#include "pktcheck.h"

/* What a back-end may take, in ms, to bring the queues of all ports into service. The socket's last
 * messages have no answer, and what is sent before another queue runs is rightly lost. */
#define SETTLE_MS 500

/* Most buffers of one sent packet. */
#define MAX_SEGS 64
/* Corrupted packets that are shown; the rest is only counted. */
#define MAX_SHOWN 4
/* Empty rounds before the CPU is offered to others. */
#define MAX_IDLE 4096

static volatile sig_atomic_t stop;

static void
on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static void
hexdump(const uint8_t *p, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		fprintf(stderr, "%02x%s", p[i], i % 32 == 31 ? "\n" : " ");
	fprintf(stderr, "\n");
}

/* Where does the packet part from what its header promises? */
static void
show_bad(const struct pc_state *st, const uint8_t *p, uint32_t len, uint16_t port, uint16_t queue,
	 enum pc_verdict v)
{
	struct pc_hdr h = {0};
	uint8_t want[PC_MAX_LEN];
	uint32_t i = 0, wl;

	if (len >= PC_PAYLOAD_OFF)
		memcpy(&h, p + sizeof(struct rte_ether_hdr), sizeof(h));
	fprintf(stderr,
		"pktcheck: bad packet (verdict %d) on port %u queue %u: %u bytes; header says "
		"flow %u, seq %ju, %u bytes, session %x (ours %x)\n",
		v, port, queue, len, h.flow, (uintmax_t)h.seq, h.len, h.session, st->session);
	if (h.flow < st->nb_flows && h.seq < st->flows[h.flow].seq) {
		wl = pc_len(&st->cfg, st->session, h.flow, h.seq);
		pc_build(want, (uint16_t)wl, st->session, h.flow, h.seq);
		while (i < len && i < wl && p[i] == want[i])
			i++;
		fprintf(stderr, "pktcheck: sent %u bytes; first difference at byte %u\n", wl, i);
	}
	hexdump(p, RTE_MIN(len, 128u));
}

static const uint8_t *
linear(struct pc_state *st, const struct rte_mbuf *m)
{
	if (m->nb_segs == 1)
		return rte_pktmbuf_mtod(m, const uint8_t *);
	if (m->pkt_len > PC_MAX_LEN)
		return NULL;
	return rte_pktmbuf_read(m, 0, m->pkt_len, st->scratch);
}

/* Round trip of the newest packet only: with a gap there is one under way. */
static void
note_rtt(struct pc_state *st, const struct pc_flow *f, uint64_t seq)
{
	if (seq + 1 != f->seq || st->nb_rtt == PC_MAX_RTT)
		return;
	st->rtt_us[st->nb_rtt++] =
		(double)(rte_rdtsc() - f->tx_tsc) * 1e6 / (double)rte_get_tsc_hz();
}

static enum pc_verdict
rx_one(struct pc_state *st, const struct rte_mbuf *m, uint16_t port, uint16_t queue, uint64_t now)
{
	const uint8_t *p = linear(st, m);
	enum pc_verdict v = PC_BAD_LEN;
	struct pc_flow *f;
	uint16_t flow;
	uint64_t seq;

	if (p != NULL)
		v = pc_verify(st, p, m->pkt_len, &flow, &seq);
	if (unlikely(v != PC_OK)) {
		if (p != NULL && st->verdicts[PC_BAD_DATA] + st->verdicts[PC_BAD_LEN] < MAX_SHOWN)
			show_bad(st, p, m->pkt_len, port, queue, v);
		return v;
	}
	f = &st->flows[flow];
	if (unlikely((f->port == port) != (st->cfg.mode == PC_MODE_LOOP)))
		return PC_MISROUTED;
	if (st->cfg.gap_us != 0)
		note_rtt(st, f, seq);
	f->rx_tsc = now;
	f->track.rxq_mask |= 1ULL << queue;
	pc_track_add(&f->track, seq);
	return PC_OK;
}

static bool
rx_burst(struct pc_state *st, uint16_t port, uint16_t queue, uint64_t now)
{
	struct rte_mbuf *m[PC_BURST];
	uint16_t n, i;

	n = rte_eth_rx_burst(st->ports[port], queue, m, PC_BURST);
	if (n == 0)
		return false;
	for (i = 0; i < n; i++) {
		st->rx_bytes += m[i]->pkt_len;
		if (i + 1 < n)
			rte_prefetch0(rte_pktmbuf_mtod(m[i + 1], void *));
		if (st->cfg.mode != PC_MODE_RX)
			st->verdicts[rx_one(st, m[i], port, queue, now)]++;
		else if (m[i]->pkt_len < st->cfg.len_min || m[i]->pkt_len > st->cfg.len_max)
			st->verdicts[PC_BAD_LEN]++;
	}
	st->rx_packets += n;
	rte_pktmbuf_free_bulk(m, n);
	return true;
}

/* A packet over several buffers: built in one piece, then cut. */
static struct rte_mbuf *
build_spread(struct pc_state *st, uint16_t len, uint16_t flow, uint64_t seq)
{
	uint16_t parts[MAX_SEGS], n, i, off = 0;
	struct rte_mbuf *m[MAX_SEGS];

	n = pc_split((uint32_t)seq ^ st->session, len, st->cfg.segs, st->cfg.buf_size, parts,
		     MAX_SEGS);
	if (n == 0 || rte_pktmbuf_alloc_bulk(st->pool, m, n) != 0)
		return NULL;
	pc_build(st->scratch, len, st->session, flow, seq);
	for (i = 0; i < n; i++) {
		memcpy(rte_pktmbuf_mtod(m[i], void *), st->scratch + off, parts[i]);
		m[i]->data_len = parts[i];
		m[i]->next = i + 1 < n ? m[i + 1] : NULL;
		off = (uint16_t)(off + parts[i]);
	}
	m[0]->nb_segs = n;
	m[0]->pkt_len = len;
	return m[0];
}

static struct rte_mbuf *
build(struct pc_state *st, uint16_t flow, uint64_t seq)
{
	uint16_t len = pc_len(&st->cfg, st->session, flow, seq);
	struct rte_mbuf *m;

	if (st->cfg.segs > 1 || len > st->cfg.buf_size)
		return build_spread(st, len, flow, seq);
	m = rte_pktmbuf_alloc(st->pool);
	if (m != NULL) {
		pc_build((uint8_t *)rte_pktmbuf_append(m, len), len, st->session, flow, seq);
	}
	return m;
}

static uint64_t
outstanding(const struct pc_flow *f)
{
	uint64_t done = f->track.unique + f->forgiven;

	return f->sent > done ? f->sent - done : 0;
}

/* Packets that the window, the limits and the clock allow now. */
static uint16_t
allowed(struct pc_state *st, struct pc_flow *f, uint64_t now)
{
	const struct pc_config *cfg = &st->cfg;
	uint64_t n = RTE_MIN((uint64_t)PC_BURST, f->limit - f->seq), hz = rte_get_tsc_hz(), out;

	if (cfg->gap_us != 0)
		return n > 0 && (f->seq == 0 || now - f->tx_tsc >= hz / 1000000 * cfg->gap_us);
	if (cfg->rate != 0) {
		double due = (double)(now - st->start_tsc) / (double)hz * cfg->rate / st->nb_flows;

		n = due <= (double)f->seq ? 0 : RTE_MIN(n, (uint64_t)(due - (double)f->seq) + 1);
	}
	if (cfg->window == 0 || cfg->mode == PC_MODE_TX)
		return (uint16_t)n;
	out = outstanding(f);
	if (out < cfg->window)
		return (uint16_t)RTE_MIN(n, cfg->window - out);
	/* Packets that never come back must not close the window for good. */
	if (now - RTE_MAX(f->rx_tsc, f->tx_tsc) > hz / 2) {
		f->forgiven += out;
		st->stalls++;
	}
	return 0;
}

static void
refill(struct pc_state *st, struct pc_flow *f, uint64_t now)
{
	uint16_t n = allowed(st, f, now), i;

	f->pend_off = 0;
	for (i = 0; i < n; i++) {
		f->pend[i] = build(st, (uint16_t)(f - st->flows), f->seq);
		if (f->pend[i] == NULL) {
			st->no_mbuf++;
			break;
		}
		f->seq++;
	}
	f->pend_n = i;
}

static bool
tx_burst(struct pc_state *st, struct pc_flow *f, uint64_t now)
{
	uint16_t n;

	if (f->pend_off == f->pend_n) {
		refill(st, f, now);
		if (f->pend_n == 0)
			return false;
	}
	if (st->cfg.gap_us != 0)
		now = rte_rdtsc();
	n = rte_eth_tx_burst(st->ports[f->port], f->queue, f->pend + f->pend_off,
			     (uint16_t)(f->pend_n - f->pend_off));
	if (n == 0)
		return false;
	f->pend_off = (uint16_t)(f->pend_off + n);
	f->sent += n;
	f->tx_tsc = now;
	return true;
}

/* True while packets are to be sent, or sent ones may still arrive. */
static bool
busy(const struct pc_state *st, uint64_t now)
{
	uint64_t hz = rte_get_tsc_hz(), quiet = (uint64_t)(st->cfg.drain * (double)hz);
	uint16_t i;

	if (st->cfg.mode == PC_MODE_RX)
		return st->cfg.count == 0 || st->rx_packets < st->cfg.count;
	for (i = 0; i < st->nb_flows; i++) {
		const struct pc_flow *f = &st->flows[i];

		if (f->seq < f->limit || f->pend_off < f->pend_n)
			return true;
		if (f->sent > f->track.unique && now - RTE_MAX(f->rx_tsc, f->tx_tsc) < quiet)
			return true;
	}
	return false;
}

/* No more packets: what is built but not sent goes back. */
static void
close_flows(struct pc_state *st)
{
	uint16_t i;

	for (i = 0; i < st->nb_flows; i++) {
		struct pc_flow *f = &st->flows[i];

		rte_pktmbuf_free_bulk(f->pend + f->pend_off, f->pend_n - f->pend_off);
		f->seq -= f->pend_n - f->pend_off;
		f->pend_n = 0;
		f->pend_off = 0;
		f->limit = f->seq;
	}
}

/* Every queue once. @return true when a packet moved. */
static bool
once(struct pc_state *st, uint64_t now)
{
	bool moved = false, rx = now >= st->next_rx;
	uint16_t i;

	if (rx && st->cfg.rx_delay_us != 0)
		st->next_rx = now + rte_get_tsc_hz() / 1000000 * st->cfg.rx_delay_us;
	for (i = 0; i < st->nb_flows; i++) {
		if (rx)
			moved |= rx_burst(st, st->flows[i].port, st->flows[i].queue, now);
		if (st->cfg.mode != PC_MODE_RX)
			moved |= tx_burst(st, &st->flows[i], now);
	}
	return moved;
}

static void
run(struct pc_state *st)
{
	uint64_t hz = rte_get_tsc_hz(), now, tick, end = UINT64_MAX, closed = 0;
	uint32_t idle = 0;

	now = st->start_tsc = rte_rdtsc();
	tick = now + hz;
	if (st->cfg.seconds > 0)
		end = now + (uint64_t)(st->cfg.seconds * (double)hz);
	while (busy(st, now) && (closed == 0 || now - closed < 20 * hz)) {
		/* A CPU shared with the other side is better given away than spun on. */
		idle = once(st, now) ? 0 : idle + 1;
		if (idle > MAX_IDLE)
			sched_yield();
		now = rte_rdtsc();
		if (now > tick) {
			pc_progress(st, stdout);
			tick += hz;
		}
		if (closed == 0 && (stop || now > end)) {
			if (st->cfg.mode == PC_MODE_RX)
				break;
			close_flows(st);
			closed = now;
		}
	}
	st->end_tsc = now;
}

static int
flows_init(struct pc_state *st)
{
	uint64_t n, left = st->cfg.count == 0 ? UINT64_MAX : st->cfg.count;
	uint16_t i;

	st->nb_flows = (uint16_t)(st->nb_ports * st->cfg.queues);
	for (i = 0; i < st->nb_flows; i++) {
		struct pc_flow *f = &st->flows[i];

		n = left / (st->nb_flows - i);
		left -= n;
		f->limit = n;
		f->port = i / st->cfg.queues;
		f->queue = i % st->cfg.queues;
		if (pc_track_init(&f->track) < 0)
			return -ENOMEM;
	}
	st->scratch = malloc(PC_MAX_LEN);
	return st->scratch == NULL ? -ENOMEM : 0;
}

static bool
check(struct pc_state *st)
{
	uint16_t i;
	bool ok;

	st->session = (uint32_t)rte_rand();
	if (pc_ports_start(st) < 0 || flows_init(st) < 0)
		return false;
	if (st->cfg.mode != PC_MODE_RX)
		rte_delay_us_sleep(SETTLE_MS * 1000);
	run(st);
	ok = pc_result(st, stdout);
	for (i = 0; i < st->nb_flows; i++)
		pc_track_fini(&st->flows[i].track);
	free(st->scratch);
	pc_ports_stop(st);
	return ok;
}

int
main(int argc, char **argv)
{
	static struct pc_state st;
	int rc;
	bool ok;

	rc = rte_eal_init(argc, argv);
	if (rc < 0)
		return EXIT_FAILURE;
	argc -= rc;
	argv += rc;
	rc = pc_parse(&st.cfg, argc, argv);
	if (rc != 0) {
		rte_eal_cleanup();
		return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	ok = st.cfg.selftest ? pc_selftest() == 0 : check(&st);
	rte_eal_cleanup();
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
