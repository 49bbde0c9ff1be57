/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl_time.h"
#include "ctl_traffic.h"

#define WAIT_MS 10000
#define INTERRUPT_MS 3000
#define SILENCE_US 100000
#define IDLE_US 50
#define STREAM UINT32_C(0x7affc000)

static int
flag_get(const int *flag)
{
	return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

static void
flag_set(int *flag, int value)
{
	__atomic_store_n(flag, value, __ATOMIC_RELEASE);
}

/* Sleep until the receive queue's interrupt, whichever eventfd it has at the moment; not for ever
 * where nothing has come: packets may be lost. */
static void
wait_interrupt(struct ctl_traffic *t)
{
	struct ctl_queue *q = &t->to->q[2 * t->pair + CTL_RX];
	int64_t start = ctl_now_ms(), waited = 0;
	uint64_t count;

	foo_guest_ring_calls_enable(&q->ring, 0);
	while (!flag_get(&t->stop) && !flag_get(&t->pause)) {
		/* pairs with the store of the test's thread when it swaps eventfds */
		struct pollfd p = {.fd = flag_get(&q->call), .events = POLLIN};

		if (waited == 0 && foo_guest_ring_has_used(&q->ring))
			return;
		if (poll(&p, 1, 10) > 0) {
			if (read(p.fd, &count, sizeof(count)) > 0)
				t->interrupts_seen++;
			return;
		}
		waited = ctl_now_ms() - start;
		if (waited > INTERRUPT_MS) {
			t->interrupts_lost += foo_guest_ring_has_used(&q->ring);
			return;
		}
		if (waited > SILENCE_US / 1000 && !foo_guest_ring_has_used(&q->ring))
			return;
	}
}

static int
send_some(struct ctl_traffic *t)
{
	int ret = 0;

	while (ret == 0 && t->sent - t->next < t->window + t->probes) {
		ret = ctl_send(t->from, t->pair, t->stream, t->sent, 60 + t->sent % 1000);
		if (ret == 0)
			t->sent++;
	}
	return ret == -ENOSPC ? 0 : ret;
}

/* Packets received, or -errno. */
static int
receive_some(struct ctl_traffic *t)
{
	struct ctl_packet pkt;
	int ret, n = 0;

	while (n < 64 && (ret = ctl_recv(t->to, t->pair, &pkt)) != 0) {
		if (ret < 0)
			return ret;
		n++;
		if (pkt.stream != t->stream)
			continue;
		if ((int32_t)(pkt.seq - t->next) < 0) {
			t->disorder++;
			continue;
		}
		t->lost += pkt.seq - t->next;
		t->next = pkt.seq + 1;
		t->probes = 0;
		__atomic_fetch_add(&t->received, 1, __ATOMIC_RELAXED);
	}
	return n;
}

/* Nothing has come for a while: what was in flight may be lost, so send more. */
static int64_t
after_silence(struct ctl_traffic *t, int64_t last)
{
	int64_t now = ctl_now_us();

	if (now - last < SILENCE_US)
		return last;
	t->probes += 2;
	return now;
}

static void *
traffic_main(void *arg)
{
	struct ctl_traffic *t = arg;
	int64_t last = ctl_now_us();
	int ret = 0;

	while (ret >= 0 && !flag_get(&t->stop)) {
		if (flag_get(&t->pause)) {
			flag_set(&t->pause, 2);
			usleep(200);
			continue;
		}
		ret = send_some(t);
		if (ret == 0 && t->interrupts)
			wait_interrupt(t);
		if (ret == 0)
			ret = receive_some(t);
		if (ret > 0)
			last = ctl_now_us();
		else if (ret == 0)
			last = after_silence(t, last);
		if (ret == 0 && !t->interrupts)
			usleep(IDLE_US);
	}
	if (ret < 0)
		flag_set(&t->error, ret);
	return NULL;
}

void
ctl_traffic_start(struct ctl_traffic *t)
{
	static uint32_t serial;

	t->stream = STREAM + serial++;
	if (t->window == 0)
		t->window = t->to->opt.size / 2;
	t->running = pthread_create(&t->thread, NULL, traffic_main, t) == 0;
}

void
ctl_traffic_pause(struct ctl_traffic *t)
{
	flag_set(&t->pause, 1);
	while (flag_get(&t->pause) != 2 && flag_get(&t->error) == 0)
		usleep(200);
}

void
ctl_traffic_resume(struct ctl_traffic *t)
{
	flag_set(&t->pause, 0);
}

int
ctl_traffic_wait(struct ctl_traffic *t, uint64_t n)
{
	uint64_t goal = __atomic_load_n(&t->received, __ATOMIC_RELAXED) + n;
	int64_t deadline = ctl_now_ms() + WAIT_MS;

	while (__atomic_load_n(&t->received, __ATOMIC_RELAXED) < goal) {
		if (flag_get(&t->error) != 0)
			return t->error;
		if (ctl_now_ms() > deadline) {
			printf("# %d packets missing after %d ms\n",
			       (int)(goal - __atomic_load_n(&t->received, __ATOMIC_RELAXED)),
			       WAIT_MS);
			return -ETIMEDOUT;
		}
		usleep(500);
	}
	return 0;
}

void
ctl_traffic_stop(struct ctl_traffic *t)
{
	if (!t->running)
		return;
	flag_set(&t->stop, 1);
	pthread_join(t->thread, NULL);
	t->running = false;
}
