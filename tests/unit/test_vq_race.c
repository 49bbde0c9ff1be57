/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Two threads: a guest that rewrites everything while the device reads it, and a guest and a
 * device that sleep until the other one wakes them.
 */
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "vq_fixture.h"

#define RACE_MS 700
#define WAIT_MS 10000 /* far beyond any scheduling delay: then a wake-up was lost */
#define PING_PONGS 3000

static uint32_t
rnd(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % below;
}

static uint64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* ---- the guest that rewrites ---- */

struct race {
	struct vqt t;
	bool stop;
};

/* As a guest's driver would write, and as a compiler cannot leave out. */
#define PUT(lvalue, value) __atomic_store_n(&(lvalue), (value), __ATOMIC_RELAXED)

static uint64_t
racing_addr(uint32_t *seed)
{
	static const uint64_t addr[] = {VQT_A, VQT_B - 3, VQT_B, VQT_C + VQT_DATA_SIZE - 8,
					VQT_C, VQT_TABLES};
	/* rings that the device itself overwrites break at once: now and then only */
	static const uint64_t rare[] = {VQT_DESC, VQT_DRIVER, VQT_DEVICE, VQT_HOLE, UINT64_MAX - 4};

	if (rnd(seed, 300) == 0)
		return rare[rnd(seed, sizeof(rare) / sizeof(rare[0]))];
	return addr[rnd(seed, sizeof(addr) / sizeof(addr[0]))] + rnd(seed, 2) * rnd(seed, 64);
}

static uint32_t
racing_len(uint32_t *seed)
{
	static const uint32_t len[] = {0, 1, 12, 16, 32, 64, 100, 1500, 48};

	if (rnd(seed, 300) == 0)
		return UINT32_MAX;
	return len[rnd(seed, sizeof(len) / sizeof(len[0]))];
}

static void
race_desc(struct vring_desc *desc, bool packed, uint16_t size, uint32_t *seed)
{
	static const uint16_t usual[] = {0, W, N, N | W, I, 0, W, N};
	uint16_t flags = rnd(seed, 100) ? usual[rnd(seed, 8)] : (uint16_t)rnd(seed, 8);

	if (rnd(seed, 2))
		PUT(desc->addr, racing_addr(seed));
	if (rnd(seed, 2))
		PUT(desc->len, racing_len(seed));
	if (packed) {
		struct vring_packed_desc *p = (struct vring_packed_desc *)desc;

		flags |= rnd(seed, 2) ? 1 << VRING_PACKED_DESC_F_AVAIL :
					1 << VRING_PACKED_DESC_F_USED;
		PUT(p->id, rnd(seed, size));
		PUT(p->flags, flags);
	} else {
		PUT(desc->next, rnd(seed, size + (rnd(seed, 64) == 0)));
		PUT(desc->flags, flags);
	}
}

static void
race_ring(struct vqt *t, uint32_t *seed)
{
	struct foo_guest_ring *ring = &t->ring;

	if (ring->packed) {
		PUT(ring->driver_event->off_wrap, rnd(seed, 0x10000));
		PUT(ring->driver_event->flags, rnd(seed, 4));
		PUT(ring->device_event->off_wrap, rnd(seed, 0x10000));
		return;
	}
	PUT(ring->avail->ring[rnd(seed, ring->size)], rnd(seed, ring->size));
	PUT(ring->avail->ring[ring->size], rnd(seed, 0x10000));
	PUT(ring->avail->flags, rnd(seed, 2));
	PUT(ring->used->idx, rnd(seed, 0x10000));
	/* a little ahead of the device, or it would do nothing but break */
	PUT(ring->avail->idx,
	    __atomic_load_n(&t->vq.used_idx, __ATOMIC_RELAXED) + rnd(seed, ring->size / 2));
}

static void *
racing_guest(void *arg)
{
	struct race *race = arg;
	struct vqt *t = &race->t;
	uint32_t seed = 7;

	while (!__atomic_load_n(&race->stop, __ATOMIC_RELAXED)) {
		race_desc(&t->ring.desc[rnd(&seed, t->ring.size)], t->packed, t->ring.size, &seed);
		race_desc(&t->ring.table[rnd(&seed, 64)], t->packed, 16, &seed);
		if (rnd(&seed, 4) == 0)
			race_ring(t, &seed);
	}
	return NULL;
}

/* The device writes and reads whatever it was given, and checks that it is guest memory. */
static void
race_chain(struct vqt *t, const struct foo_chain *chain, uint32_t *seed)
{
	struct foo_cursor r = foo_cursor_readable(&t->vq, chain);
	struct foo_cursor w = foo_cursor_writable(&t->vq, chain);
	uint64_t len = 0;
	uint8_t buf[64];

	for (unsigned int i = 0; i < (unsigned int)chain->nread + chain->nwrite; i++) {
		assert_true(foo_mem_holds_va(&t->mem, chain->seg[i].va, chain->seg[i].len));
		len += chain->seg[i].len;
	}
	assert_int_equal(len, (uint64_t)chain->read_len + chain->write_len);
	foo_cursor_read(&r, buf, rnd(seed, sizeof(buf)));
	foo_cursor_copy(&w, &r, rnd(seed, 2000));
	foo_cursor_fill(&w, 0x80, rnd(seed, 2000));
}

static uint64_t
race_device(struct vqt *t, uint64_t fault[FOO_FAULT_MAX])
{
	uint64_t end = now_ms() + RACE_MS, chains = 0;
	struct foo_chain chain[8];
	uint32_t seed = 11;

	while (now_ms() < end) {
		for (unsigned int round = 0; round < 200 && t->vq.broken == 0; round++) {
			uint16_t n = foo_vq_pop(&t->vq, chain, (uint16_t)rnd(&seed, 9));
			uint16_t back = (uint16_t)rnd(&seed, n + 1u);

			for (uint16_t i = 0; i < n; i++)
				race_chain(t, &chain[i], &seed);
			foo_vq_undo(&t->vq, chain + n - back, back);
			for (uint16_t i = 0; i < n - back; i++)
				foo_vq_push(&t->vq, &chain[i], chain[i].write_len);
			foo_vq_flush(&t->vq);
			if (rnd(&seed, 8) == 0)
				foo_vq_kicks_enable(&t->vq);
			foo_vq_avail(&t->vq);
			chains += n;
		}
		if (t->vq.broken == FOO_FAULT_NONE)
			continue;
		/* as after a reset by the driver */
		for (unsigned int i = 0; i < FOO_FAULT_MAX; i++)
			fault[i] += t->vq.stats.fault[i];
		foo_vq_fini(&t->vq);
		assert_int_equal(foo_vq_init(&t->vq, &t->vq_config), 0);
	}
	for (unsigned int i = 0; i < FOO_FAULT_MAX; i++)
		fault[i] += t->vq.stats.fault[i];
	return chains;
}

static void
test_racing_guest(void **state)
{
	uint64_t fault[FOO_FAULT_MAX] = {0}, chains;
	struct race race = {.stop = false};
	pthread_t guest;

	vqt_open(&race.t, &(struct vqt_config){.packed = vqt_is_packed(state),
					       .size = 16,
					       .features = BIT64(VIRTIO_RING_F_EVENT_IDX)});
	assert_int_equal(pthread_create(&guest, NULL, racing_guest, &race), 0);
	chains = race_device(&race.t, fault);
	__atomic_store_n(&race.stop, true, __ATOMIC_RELAXED);
	pthread_join(guest, NULL);
	/* a comment in TAP */
	print_message("# %llu chains", (unsigned long long)chains);
	for (unsigned int i = 1; i < FOO_FAULT_MAX; i++)
		if (fault[i] != 0)
			print_message(", %s %llu", foo_fault_name((enum foo_fault)i),
				      (unsigned long long)fault[i]);
	print_message("\n");
	assert_true(chains > 0);
	vqt_close(&race.t);
}

/* ---- sleep, and be woken ---- */

struct sleepers {
	struct vqt t;
	int kickfd;
	unsigned int chains;
	const char *lost; /* who was not woken */
};

/* Wait until the eventfd was written, then clear it. */
static bool
wait_fd(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	eventfd_t value;

	return poll(&p, 1, WAIT_MS) == 1 && eventfd_read(fd, &value) == 0;
}

/* Serves what comes, without looking again when there is nothing: only a kick brings it on. */
static void *
sleeping_device(void *arg)
{
	struct sleepers *s = arg;
	struct foo_vq *vq = &s->t.vq;
	struct foo_chain chain[8];
	unsigned int done = 0;

	while (done < s->chains && __atomic_load_n(&s->lost, __ATOMIC_RELAXED) == NULL) {
		uint16_t n = foo_vq_pop(vq, chain, 8);

		for (uint16_t i = 0; i < n; i++)
			foo_vq_push(vq, &chain[i], 0);
		if (foo_vq_flush(vq))
			foo_vq_call(vq);
		done += n;
		if (n != 0)
			continue;
		foo_vq_kicks_enable(vq);
		if (!foo_vq_avail(vq) && !wait_fd(s->kickfd)) {
			s->lost = "device";
			break;
		}
		foo_vq_kicks_disable(vq);
	}
	return NULL;
}

/* Keeps a few chains on their way, and sleeps when none has come back. */
static void
sleeping_guest(struct sleepers *s)
{
	const struct foo_guest_buf buf = {VQT_A, 4, 0};
	struct foo_guest_ring *ring = &s->t.ring;
	struct foo_guest_used used[8];
	unsigned int added = 0, polled = 0;
	uint32_t seed = 3;
	int n;

	while (polled < s->chains && s->lost == NULL) {
		for (unsigned int more = 1 + rnd(&seed, 3); more > 0 && added < s->chains; more--)
			if (foo_guest_ring_add(ring, &buf, 1, FOO_GUEST_DIRECT, added) >= 0)
				added++;
		if (foo_guest_ring_publish(ring))
			foo_guest_ring_kick(ring);
		n = foo_guest_ring_poll(ring, used, 8);
		assert_true(n >= 0);
		for (int i = 0; i < n; i++)
			assert_int_equal(used[i].token, polled + i);
		polled += n;
		if (n != 0)
			continue;
		foo_guest_ring_calls_enable(ring, 0);
		if (!foo_guest_ring_has_used(ring) && !wait_fd(s->t.callfd)) {
			s->lost = "guest";
			break;
		}
		foo_guest_ring_calls_disable(ring);
	}
}

static void
check_sleepers(bool packed, uint64_t features)
{
	struct sleepers s = {.chains = PING_PONGS};
	pthread_t device;

	vqt_open(&s.t, &(struct vqt_config){.packed = packed, .size = 4, .features = features});
	s.kickfd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	assert_true(s.kickfd >= 0);
	s.t.ring.kickfd = s.kickfd;
	assert_int_equal(pthread_create(&device, NULL, sleeping_device, &s), 0);
	sleeping_guest(&s);
	pthread_join(device, NULL);
	if (s.lost != NULL)
		fail_msg("the %s was never woken", s.lost);
	close(s.kickfd);
	vqt_close(&s.t);
}

static void
test_no_lost_wake_up(void **state)
{
	check_sleepers(vqt_is_packed(state), 0);
	check_sleepers(vqt_is_packed(state), BIT64(VIRTIO_RING_F_EVENT_IDX));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VQT_BOTH(test_racing_guest),
		VQT_BOTH(test_no_lost_wake_up),
	};

	return cmocka_run_group_tests_name("vq_race", tests, NULL, NULL);
}
