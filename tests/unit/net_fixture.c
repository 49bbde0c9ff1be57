/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <stdio.h>
#include <string.h>

#include "dev_fixture.h"
#include "net_fixture.h"

struct fx_port fx_port[2];
uint8_t out[70000], in[70000];
static unsigned int fx_ports, fx_pairs;

int
fx_group_setup(void **state)
{
	(void)state;
	return dev_start("0@0,1@0");
}

static void
fx_mem(struct fx_port *p, struct foo_mem *mem)
{
	const struct foo_guest_range range = {.gpa = 0x100000, .size = 8 << 20};

	dev_mem(&p->mem, mem, &range, 1);
}

void
fx_queue_start(struct fx_port *p, unsigned int index)
{
	uint16_t base = foo_guest_ring_start(p->dev->features);

	dev_queue_start(&p->dev->queue[index], &p->ring[index], base, base);
}

void
fx_queue_restart(struct fx_port *p, unsigned int index)
{
	/* split only, and everything popped was pushed */
	uint16_t base = p->ring[index].used->idx;

	dev_queue_start(&p->dev->queue[index], &p->ring[index], base, base);
}

static void
fx_connect(struct fx_port *p, uint64_t features, uint16_t ring)
{
	struct foo_guest_ring_config cfg = {.features = features,
					    .size = ring != 0 ? ring : FX_RING,
					    .indirect_max = 64,
					    .base = foo_guest_ring_start(features),
					    .kickfd = -1};
	struct foo_mem mem;
	unsigned int i;

	fx_mem(p, &mem);
	foo_device_connect(p->dev, true);
	assert_int_equal(foo_device_set_features(p->dev, features), 0);
	assert_int_equal(foo_device_set_mem(p->dev, &mem), 0);
	for (i = 0; i < 2 * fx_pairs; i++) {
		assert_int_equal(foo_guest_ring_init(&p->ring[i], &p->mem, &cfg), 0);
		fx_queue_start(p, i);
	}
}

void
fx_start(const struct fx_setup *setup)
{
	struct foo_net_conf conf = setup->conf;
	struct foo_error err = {""};
	char name[32], args[96];
	unsigned int i;

	fx_ports = setup->ports != 0 ? setup->ports : 2;
	fx_pairs = setup->pairs != 0 ? setup->pairs : 1;
	if (conf.txonly_size == 0)
		conf.txonly_size = 60;
	for (i = 0; i < fx_ports; i++) {
		snprintf(name, sizeof(name), "net_vhost%u", i);
		snprintf(args, sizeof(args), "iface=/nowhere/%u,queues=%u", i, fx_pairs);
		if (foo_device_create(name, args, &fx_port[i].dev, &err) != 0)
			fail_msg("%s", err.text);
	}
	assert_int_equal(foo_net_setup(&conf, &err), 0);
	for (i = 0; i < fx_ports; i++) {
		if (foo_device_realize(fx_port[i].dev, &err) != 0)
			fail_msg("%s", err.text);
	}
	for (i = 0; i < fx_ports; i++)
		fx_connect(&fx_port[i], setup->features[i], setup->ring);
}

int
fx_teardown(void **state)
{
	(void)state;
	if (fx_ports != 0)
		fx_stop(); /* the test failed on its way */
	return 0;
}

void
fx_stop(void)
{
	unsigned int i, k;

	for (i = 0; i < fx_ports; i++)
		for (k = 0; k < 2 * fx_pairs; k++)
			foo_queue_stop(&fx_port[i].dev->queue[k], NULL, NULL);
	for (i = 0; i < fx_ports; i++)
		foo_device_connect(fx_port[i].dev, false);
	for (i = 0; i < fx_ports; i++)
		foo_device_unrealize(fx_port[i].dev);
	for (i = 0; i < fx_ports; i++) {
		foo_device_destroy(fx_port[i].dev);
		for (k = 0; k < 2 * fx_pairs; k++)
			foo_guest_ring_fini(&fx_port[i].ring[k]);
		foo_guest_mem_destroy(&fx_port[i].mem);
	}
	fx_ports = 0;
}

void
fx_post(struct fx_port *p, unsigned int pair, const uint32_t *len, uint16_t n, uint64_t token)
{
	struct foo_guest_ring *r = &p->ring[2 * pair];
	struct foo_guest_buf *buf = p->rx[token % FX_RING];
	uint16_t i;

	for (i = 0; i < n; i++) {
		buf[i].gpa = foo_guest_mem_alloc(&p->mem, len[i], 1);
		buf[i].len = len[i];
		buf[i].flags = VRING_DESC_F_WRITE;
	}
	assert_true(foo_guest_ring_add(r, buf, n, n > 1 ? FOO_GUEST_INDIRECT : FOO_GUEST_DIRECT,
				       token) >= 0);
	foo_guest_ring_publish(r);
}

void
fx_post_many(struct fx_port *p, uint16_t count, uint32_t len)
{
	uint16_t i;

	for (i = 0; i < count; i++)
		fx_post(p, 0, &len, 1, i);
}

void
fx_send_cut(struct fx_port *p, unsigned int pair, const void *data, uint32_t len,
	    const uint32_t *cut, uint16_t ncut)
{
	struct foo_guest_ring *r = &p->ring[2 * pair + 1];
	struct foo_guest_buf buf[64];
	const uint8_t *from = data;
	uint16_t n = 0;
	uint32_t part;

	while (len != 0) {
		part = n < ncut && cut[n] < len ? cut[n] : len;
		buf[n].gpa = foo_guest_mem_alloc(&p->mem, part, 1);
		assert_int_not_equal(buf[n].gpa, FOO_GUEST_NO_GPA);
		buf[n].len = part;
		buf[n].flags = 0;
		assert_int_equal(foo_guest_mem_write(&p->mem, buf[n].gpa, from, part), 0);
		from += part;
		len -= part;
		n++;
	}
	assert_true(foo_guest_ring_add(r, buf, n, n > 1 ? FOO_GUEST_INDIRECT : FOO_GUEST_DIRECT,
				       0) >= 0);
	foo_guest_ring_publish(r);
}

void
fx_send(struct fx_port *p, const void *data, uint32_t len)
{
	fx_send_cut(p, 0, data, len, NULL, 0);
}

unsigned int
fx_poll(void)
{
	unsigned int i, k, work = 0;
	struct foo_queue *q;

	for (i = 0; i < fx_ports; i++) {
		for (k = 0; k < 2 * fx_pairs; k++) {
			q = &fx_port[i].dev->queue[k];
			work += foo_queue_state(q) == FOO_QUEUE_RUNNING && q->vq.broken == 0 ?
					q->ops->poll(q) :
					q->ops->poll_stopped(q);
		}
	}
	return work;
}

int
fx_receive(struct fx_port *p, unsigned int pair, void *data, uint32_t max)
{
	struct foo_guest_used used;
	const struct foo_guest_buf *buf;
	uint32_t done = 0, part;
	int n = foo_guest_ring_poll(&p->ring[2 * pair], &used, 1);

	assert_true(n >= 0);
	if (n == 0)
		return -1;
	assert_true(used.len <= max);
	for (buf = p->rx[used.token % FX_RING]; done < used.len; buf++, done += part) {
		part = RTE_MIN(buf->len, used.len - done);
		assert_int_equal(
			foo_guest_mem_read(&p->mem, buf->gpa, (uint8_t *)data + done, part), 0);
	}
	return (int)used.len;
}

void
expect_packet(const uint8_t *payload, uint32_t len, uint32_t hdr)
{
	assert_int_equal(fx_receive(P1, 0, in, sizeof(in)), (int)(hdr + len));
	assert_memory_equal(in + hdr, payload, len);
}

int
fx_sent(struct fx_port *p)
{
	struct foo_guest_used used[FX_RING];

	return foo_guest_ring_poll(&p->ring[1], used, FX_RING);
}

struct foo_net_queue_stats
fx_stats(struct fx_port *p, unsigned int index)
{
	struct foo_net_queue_stats s;

	assert_true(foo_net_queue_stats_get(&p->dev->queue[index], &s));
	return s;
}

uint32_t
fx_packet(uint8_t *to, uint32_t hdr_len, uint32_t len, uint8_t seed)
{
	uint32_t i;

	memset(to, 0, hdr_len);
	for (i = 0; i < len; i++)
		to[hdr_len + i] = (uint8_t)(seed + i * 7 + i / 256);
	return hdr_len + len;
}
