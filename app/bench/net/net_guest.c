/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include <linux/virtio_net.h>

#include "bench_payload.h"
#include "net_guest.h"

#define BIT(n) (UINT64_C(1) << (n))
#define LINE 64

/* Polls in vain after which it is time to see whether the back-end is still there. */
#define IDLE_LOOK 20000

/* For alignments. */
#define MEMORY_SPARE (UINT64_C(2) << 20)

static uint32_t
round_up(uint32_t value, uint32_t to)
{
	return (value + to - 1) / to * to;
}

/* Bytes from one buffer to the next: the header's line, and whole lines for the packet. */
static uint32_t
stride_for(uint32_t packet)
{
	return LINE + round_up(packet, LINE);
}

static uint32_t
rx_stride(const struct net_guest *ng)
{
	const uint32_t hdr = sizeof(struct virtio_net_hdr_v1);
	uint32_t asked = ng->cfg->n.rx_buffer;

	if (asked == 0)
		return stride_for(net_longest(ng->size));
	return stride_for(asked > hdr ? asked - hdr : 1);
}

static uint32_t
tx_stride(const struct net_guest *ng)
{
	return stride_for(net_longest(ng->size));
}

static uint32_t
tx_depth(const struct bench_opts *o)
{
	return o->depth != 0 && o->depth < o->queue_size ? o->depth : o->queue_size;
}

/* Whether the guest has receive buffers: a sender of a pair has none. */
static bool
is_receiver(const struct net_config *cfg, unsigned int index)
{
	return cfg->n.mode != NET_PAIR || index % 2 == 1;
}

static uint64_t
memory_for(const struct net_guest *ng)
{
	const struct bench_opts *o = &ng->cfg->o;
	/* a packed descriptor and 3 entries of 16 bytes are more than any ring format has */
	uint64_t ring = UINT64_C(64) * o->queue_size + 4096;
	uint64_t tables = o->indirect ? UINT64_C(16) * o->queue_size : 0;
	uint64_t pair = 2 * (ring + tables) + (uint64_t)rx_stride(ng) * o->queue_size +
			(uint64_t)tx_stride(ng) * tx_depth(o);

	return (o->queues * pair + MEMORY_SPARE + 0xfff) & ~UINT64_C(0xfff);
}

static int
open_session(struct net_guest *ng)
{
	const struct bench_opts *o = &ng->cfg->o;
	uint64_t base = BIT(VIRTIO_NET_F_MRG_RXBUF);
	struct foo_guest_config gc = {
		.path = o->socket[ng->index],
		.listen = o->listen,
		.timeout_ms = (int)o->timeout_ms,
		.required = bench_opts_required(o),
		.nqueues = 2 * o->queues,
		.queue_size = (uint16_t)o->queue_size,
		.indirect_max = o->indirect ? 1 : 0,
		.memory = memory_for(ng),
		.huge = o->huge,
		.inflight = ng->cfg->n.reconnect,
	};

	if (o->queues > 1)
		base |= BIT(VIRTIO_NET_F_MQ) | BIT(VIRTIO_NET_F_CTRL_VQ);
	gc.features = bench_opts_features(o, base);
	if (ng->cfg->n.mode == NET_NULL)
		return foo_guest_open_alone(&ng->g, &gc);
	return foo_guest_open(&ng->g, &gc);
}

static int
make_buffers(struct net_guest *ng, struct net_buffers *b, uint32_t stride, uint32_t n)
{
	const uint32_t before = LINE - ng->hdr_len;
	uint8_t *va = foo_guest_alloc(&ng->g, (uint64_t)stride * n, &b->gpa);

	if (va == NULL)
		return -ENOMEM;
	b->stride = stride;
	b->n = n;
	b->len = stride - before;
	b->va = va + before;
	b->gpa += before;
	return 0;
}

/* Packets as build() expects them: Ethernet header in place. */
static int
make_txq(struct net_guest *ng, unsigned int pair, unsigned int generation)
{
	static const struct bench_payload_addr address = {.dst = {0x02, 0, 0, 0, 0, 0x02},
							  .src = {0x02, 0, 0, 0, 0, 0x01}};
	const struct bench_payload p = {.length = BENCH_PAYLOAD_HEADER};
	struct net_txq *q = &ng->txq[pair];
	uint32_t n = tx_depth(&ng->cfg->o);

	q->ring = &ng->g.queue[2 * pair + 1].ring;
	q->stream = net_stream(ng->index, pair, generation);
	q->free = calloc(n, sizeof(*q->free));
	if (q->free == NULL || make_buffers(ng, &q->buf, tx_stride(ng), n) != 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t index = n - 1 - i;

		q->free[q->nfree++] = (uint16_t)index;
		bench_payload_write(q->buf.va + (uint64_t)index * q->buf.stride + ng->hdr_len, &p,
				    &address);
	}
	return 0;
}

static int
make_rxq(struct net_guest *ng, unsigned int pair)
{
	struct net_rxq *q = &ng->rxq[pair];
	uint32_t n = ng->cfg->o.queue_size;
	uint64_t index[NET_MAX_BURST];

	q->ring = &ng->g.queue[2 * pair].ring;
	if (!ng->receives)
		return 0;
	q->merged = malloc(NET_MAX_SIZE);
	if (q->merged == NULL || make_buffers(ng, &q->buf, rx_stride(ng), n) != 0)
		return -ENOMEM;
	for (uint32_t i = 0; i < n;) {
		uint16_t k = 0;

		while (i < n && k < NET_MAX_BURST)
			index[k++] = i++;
		net_rx_give(q, index, k);
	}
	return 0;
}

static void *
zalloc_lines(size_t bytes)
{
	void *p;

	if (posix_memalign(&p, LINE, bytes) != 0)
		return NULL;
	return memset(p, 0, bytes);
}

static int
make_queues(struct net_guest *ng, unsigned int generation)
{
	int rc = 0;

	ng->txq = zalloc_lines(ng->npairs * sizeof(*ng->txq));
	ng->rxq = zalloc_lines(ng->npairs * sizeof(*ng->rxq));
	ng->flow = zalloc_lines(ng->npairs * sizeof(*ng->flow));
	if (ng->txq == NULL || ng->rxq == NULL || ng->flow == NULL)
		return -ENOMEM;
	for (unsigned int i = 0; i < ng->npairs && rc == 0; i++) {
		ng->flow[i].stream = net_stream(ng->source, i, generation);
		rc = make_rxq(ng, i);
		if (rc == 0 && ng->sends)
			rc = make_txq(ng, i, generation);
	}
	if (rc == 0 && ng->has_latency)
		rc = bench_hist_init(&ng->latency);
	return rc;
}

int
net_guest_open(struct net_guest *ng, const struct net_config *cfg, unsigned int index,
	       uint32_t size, unsigned int generation)
{
	bool pair = cfg->n.mode == NET_PAIR;
	int rc;

	memset(ng, 0, sizeof(*ng));
	ng->cfg = cfg;
	ng->index = index;
	ng->source = pair ? index & ~1u : index;
	ng->receives = is_receiver(cfg, index);
	ng->sends = !pair || !ng->receives;
	ng->has_latency = cfg->o.rate > 0;
	ng->size = size;
	ng->npairs = cfg->o.queues;
	ng->burst = cfg->o.burst < tx_depth(&cfg->o) ? cfg->o.burst : tx_depth(&cfg->o);
	rc = open_session(ng);
	if (rc != 0)
		return rc;
	ng->mergeable = ng->g.features & BIT(VIRTIO_NET_F_MRG_RXBUF);
	ng->hdr_len = ng->mergeable || ng->g.features & BIT(VIRTIO_F_VERSION_1) ?
			      sizeof(struct virtio_net_hdr_v1) :
			      sizeof(struct virtio_net_hdr);
	rc = make_queues(ng, generation);
	if (rc != 0) {
		snprintf(ng->g.error, sizeof(ng->g.error), "prepare buffers: %s", strerror(-rc));
		net_guest_close(ng);
	}
	return rc;
}

void
net_guest_close(struct net_guest *ng)
{
	net_null_fini(&ng->null);
	foo_guest_close(&ng->g);
	for (unsigned int i = 0; i < ng->npairs; i++) {
		if (ng->txq != NULL)
			free(ng->txq[i].free);
		if (ng->rxq != NULL)
			free(ng->rxq[i].merged);
	}
	free(ng->txq);
	free(ng->rxq);
	free(ng->flow);
	if (ng->has_latency)
		bench_hist_fini(&ng->latency);
	ng->txq = NULL;
	ng->rxq = NULL;
	ng->flow = NULL;
	ng->has_latency = false;
}

/* Each queue of each sender has its part of the rate, and its place in the interval. */
static void
start_pace(struct net_guest *ng, uint64_t now)
{
	const struct bench_opts *o = &ng->cfg->o;
	unsigned int senders = ng->cfg->n.mode == NET_PAIR ? o->guests / 2 : o->guests;
	unsigned int place = ng->cfg->n.mode == NET_PAIR ? ng->index / 2 : ng->index;
	unsigned int all = senders * ng->npairs;

	for (unsigned int i = 0; i < ng->npairs && ng->sends; i++) {
		struct bench_pace *pace = &ng->txq[i].pace;
		unsigned int nth = place * ng->npairs + i;

		bench_pace_init(pace, o->rate / all, o->pace, nth + 1);
		bench_pace_start(pace, now + (uint64_t)(pace->interval * nth / all));
	}
}

/* The load is over: what is due has waited in vain until now. */
static void
give_up(struct net_guest *ng, uint64_t now)
{
	for (unsigned int i = 0; i < ng->npairs && ng->sends && ng->has_latency; i++)
		ng->not_sent += bench_pace_give_up(&ng->txq[i].pace, now, &ng->latency);
}

/* The measured time is over, or, in a run that failed or was ended early, never began. */
static void
end(struct net_guest *ng, uint64_t now)
{
	if (ng->begun == 0) {
		ng->first = ng->count;
		ng->begun = now;
	}
	ng->last = ng->count;
	ng->ended = now;
}

static void
begin(void *job, enum bench_phase phase, uint64_t now)
{
	struct net_guest *ng = job;

	switch (phase) {
	case BENCH_WARMUP:
		start_pace(ng, now);
		break;
	case BENCH_MEASURE:
		ng->first = ng->count;
		ng->begun = now;
		if (ng->has_latency)
			bench_hist_reset(&ng->latency);
		break;
	case BENCH_DRAIN:
		end(ng, now);
		give_up(ng, now);
		break;
	case BENCH_STOP:
		if (ng->ended == 0)
			end(ng, now);
		break;
	}
}

/* The back-end is gone. Streams begin anew: what was on its way is neither lost nor found. */
static int
come_back(struct net_guest *ng)
{
	int rc;

	if (!ng->cfg->n.reconnect)
		return -ECONNRESET;
	rc = foo_guest_reconnect(&ng->g);
	if (rc != 0)
		return rc;
	bench_count_add(&ng->count.reconnects, 1);
	for (unsigned int i = 0; i < ng->npairs && ng->sends; i++) {
		ng->txq[i].stream += net_stream(0, 0, 1);
		ng->txq[i].seq = 0;
		ng->txq[i].back = 0;
		ng->txq[i].closed = 0;
		/* what this guest sends itself is expected from now on: the window counts by it */
		if (ng->source == ng->index)
			net_flow_begin(&ng->flow[i], ng->txq[i].stream);
	}
	return 0;
}

static int
look(struct net_guest *ng)
{
	ng->idle = 0;
	if (ng->cfg->n.mode == NET_NULL || !foo_guest_hung_up(&ng->g))
		return 0;
	return come_back(ng);
}

/* Receive before anything is sent: whatever waits, within reason, so that a guest that was not
 * run for a while has room again. */
static int
receive(struct net_guest *ng, struct net_rxq *q)
{
	int done = 0, n;

	do {
		n = net_rx(ng, q);
		if (n < 0)
			return n;
		done += n;
	} while (n == (int)ng->burst && done < (int)q->buf.n);
	return done;
}

static int
poll_guest(void *job, enum bench_phase phase)
{
	struct net_guest *ng = job;
	int done = 0, n;

	for (unsigned int i = 0; i < ng->npairs; i++) {
		if (ng->receives) {
			n = receive(ng, &ng->rxq[i]);
			if (n < 0)
				return n;
			done += n;
		}
		if (ng->sends) {
			n = phase < BENCH_DRAIN ? net_tx(ng, &ng->txq[i]) :
						  net_reclaim(&ng->txq[i]);
			if (n < 0)
				return n;
			done += n;
		}
	}
	if (done == 0 && ++ng->idle >= IDLE_LOOK) {
		n = look(ng);
		if (n < 0)
			return n;
	}
	return done;
}

/* Sent packets come back for certain; received ones may have been lost, and silence tells. */
static uint64_t
pending(const void *job)
{
	const struct net_guest *ng = job;
	uint64_t n = 0;

	for (unsigned int i = 0; i < ng->npairs && ng->sends; i++)
		n += ng->txq[i].buf.n - ng->txq[i].nfree;
	return n;
}

/* Watch a ring. False: it has something already. */
static bool
arm_queue(struct foo_guest_queue *q, struct bench_call *call, struct pollfd *fd, unsigned int *nfds)
{
	fd[(*nfds)++] = (struct pollfd){.fd = q->callfd, .events = POLLIN};
	return bench_call_arm(call, &q->ring, q->callfd);
}

static unsigned int
arm(void *job, struct pollfd *fd, unsigned int max, uint64_t *until)
{
	struct net_guest *ng = job;
	unsigned int nfds = 0;

	/* one look in many sleeps: the socket tells by itself that it was closed */
	if (foo_guest_hung_up(&ng->g)) {
		ng->idle = IDLE_LOOK;
		return 0;
	}
	fd[nfds++] = (struct pollfd){.fd = ng->g.front.sock, .events = POLLRDHUP};
	for (unsigned int i = 0; i < ng->npairs && nfds + 2 <= max; i++) {
		if (ng->receives && !arm_queue(&ng->g.queue[2 * i], &ng->rxq[i].call, fd, &nfds))
			return 0;
		if (!ng->sends)
			continue;
		if (ng->txq[i].pace.interval > 0 && bench_pace_next(&ng->txq[i].pace) < *until)
			*until = bench_pace_next(&ng->txq[i].pace);
		if (ng->txq[i].nfree < ng->burst &&
		    !arm_queue(&ng->g.queue[2 * i + 1], &ng->txq[i].call, fd, &nfds))
			return 0;
	}
	return nfds;
}

static void
disarm_queue(struct foo_guest_queue *q, struct bench_call *call, bool gone)
{
	/* a back-end that died owes nothing */
	if (gone)
		call->owed = false;
	bench_call_disarm(call, &q->ring, q->callfd);
}

static void
disarm(void *job)
{
	struct net_guest *ng = job;
	bool gone = foo_guest_hung_up(&ng->g);

	for (unsigned int i = 0; i < ng->npairs; i++) {
		disarm_queue(&ng->g.queue[2 * i], &ng->rxq[i].call, gone);
		if (ng->sends)
			disarm_queue(&ng->g.queue[2 * i + 1], &ng->txq[i].call, gone);
	}
}

const struct bench_run_ops net_guest_ops = {
	.begin = begin,
	.poll = poll_guest,
	.pending = pending,
	.arm = arm,
	.disarm = disarm,
};

static uint64_t
missed_calls(const struct net_guest *ng)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < ng->npairs; i++)
		n += ng->rxq[i].call.missed + (ng->sends ? ng->txq[i].call.missed : 0);
	return n;
}

/* Of a stream of which nothing arrived, everything is lost; then the flow's is an older one. */
static void
add_flow(struct bench_track_result *sum, const struct net_flow *flow, const struct net_txq *source)
{
	bool current = flow->stream == source->stream;
	struct bench_track_result t;

	bench_track_result(&flow->track, current ? source->seq : 0, &t);
	if (!current)
		t.lost = source->seq;
	bench_track_add(sum, &t);
	bench_track_add(sum, &flow->past);
}

void
net_guest_result(const struct net_guest *ng, const struct net_guest *source,
		 struct bench_net_result *r)
{
	*r = (struct bench_net_result){
		.seconds = (double)(ng->ended - ng->begun - ng->null_ns) / 1e9,
		.tx_packets = ng->last.tx_packets - ng->first.tx_packets,
		.rx_packets = ng->last.rx_packets - ng->first.rx_packets,
		.tx_bytes = ng->last.tx_bytes - ng->first.tx_bytes,
		.rx_bytes = ng->last.rx_bytes - ng->first.rx_bytes,
		.corrupted = ng->count.corrupted,
		.missed_calls = missed_calls(ng),
		.not_sent = ng->not_sent,
		.latency = ng->has_latency ? &ng->latency : NULL,
	};
	if (!ng->receives)
		return;
	if (ng->cfg->n.check < NET_CHECK_SEQ) {
		uint64_t sent = source->count.tx_packets, came = ng->count.rx_packets;

		r->track.received = came;
		r->track.lost = sent > came ? sent - came : 0;
		return;
	}
	for (unsigned int i = 0; i < ng->npairs; i++)
		add_flow(&r->track, &ng->flow[i], &source->txq[i]);
}
