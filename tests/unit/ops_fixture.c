/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_launch.h>

#include "ops_fixture.h"

char fake_init_trace[256];
int fake_fail_init;

static sem_t main_go, main_done;
static bool main_end;
static int (*main_tests)(void);
static unsigned int place_lcore;

/* --- the class `fake` --- */

static void
fake_note(struct foo_device *dev, const char *what)
{
	char *trace = fake_of(dev)->trace;
	size_t n = strlen(trace);

	snprintf(trace + n, sizeof(fake_of(dev)->trace) - n, "%s%s", n == 0 ? "" : " ", what);
}

static int
fake_instance_init(struct foo_device *dev)
{
	fake_note(dev, "init");
	return fake_fail_init;
}

static int
fake_realize(struct foo_device *dev, struct foo_error *err)
{
	struct fake_dev *fd = fake_of(dev);

	fake_note(dev, "realize");
	if (fd->fail_realize != 0)
		return foo_error_set(err, fd->fail_realize, "out of luck");
	fd->fq = calloc(fd->queues, sizeof(*fd->fq));
	return fd->fq != NULL ? 0 : -ENOMEM;
}

static void
fake_unrealize(struct foo_device *dev)
{
	fake_note(dev, "unrealize");
	free(fake_of(dev)->fq);
	fake_of(dev)->fq = NULL;
}

static uint16_t
fake_num_queues(const struct foo_device *dev)
{
	return ((const struct fake_dev *)dev)->queues;
}

static uint64_t
fake_features(__rte_unused const struct foo_device *dev)
{
	return 1ULL << VIRTIO_F_VERSION_1 | 1ULL << VIRTIO_RING_F_EVENT_IDX |
	       1ULL << VIRTIO_F_RING_PACKED;
}

static int
fake_set_features(struct foo_device *dev)
{
	fake_note(dev, "features");
	return fake_of(dev)->fail_features;
}

static void
fake_connected(struct foo_device *dev, bool up)
{
	fake_note(dev, up ? "up" : "down");
}

static int
fake_queue_attach(struct foo_queue *q)
{
	fake_note(q->dev, "attach");
	q->priv = &fake_of(q->dev)->fq[q->index];
	return q->index == 1 ? fake_of(q->dev)->fail_attach : 0;
}

static void
fake_queue_detach(struct foo_queue *q)
{
	fake_note(q->dev, "detach");
	q->priv = NULL;
}

/* On an lcore, but control waits for it: nobody else writes to the trace now. */
static void
fake_queue_start(struct foo_queue *q)
{
	fake_note(q->dev, "start");
}

static unsigned int
fake_take_mail(struct fake_queue *fq)
{
	uint64_t mail = __atomic_load_n(&fq->mail, __ATOMIC_ACQUIRE);
	unsigned int n = mail - fq->mail_done;

	if (n == 0)
		return 0;
	OPS_SET(fq->mail_done, mail);
	if (fq->forward != NULL) {
		__atomic_fetch_add(&fake_queue_of(fq->forward)->mail, n, __ATOMIC_RELEASE);
		foo_queue_wake(fq->forward);
	}
	return n;
}

static unsigned int
fake_serve(struct foo_queue *q)
{
	static const uint32_t none[32];
	struct foo_chain chain[32];
	uint16_t n = foo_vq_pop(&q->vq, chain, 32);

	if (n == 0)
		return 0;
	foo_vq_push_burst(&q->vq, chain, none, n);
	if (foo_vq_flush(&q->vq))
		foo_vq_call(&q->vq);
	return n;
}

static unsigned int
fake_poll(struct foo_queue *q)
{
	struct fake_queue *fq = q->priv;
	uint64_t end;
	unsigned int n;

	while (OPS_GET(fq->stuck)) {
		OPS_SET(fq->inside, true);
		ops_nap_us(100);
	}
	OPS_SET(fq->inside, false);
	OPS_SET(fq->polls, fq->polls + 1);
	if (OPS_GET(fq->break_next)) {
		OPS_SET(fq->break_next, false);
		foo_vq_break(&q->vq, FOO_FAULT_AVAIL_JUMP);
	}
	n = fake_serve(q) + fake_take_mail(fq);
	end = rte_rdtsc() + OPS_GET(fq->spin);
	while (n != 0 && rte_rdtsc() < end)
		rte_pause();
	return n;
}

static unsigned int
fake_poll_stopped(struct foo_queue *q)
{
	struct fake_queue *fq = q->priv;

	OPS_SET(fq->stopped, fq->stopped + 1);
	return fake_take_mail(fq);
}

static bool
fake_queue_stop(struct foo_queue *q)
{
	if (OPS_GET(fake_queue_of(q)->undrained))
		return false;
	fake_note(q->dev, "stop");
	return foo_class_parent_ops(q->dev->cls)->queue_stop(q);
}

static bool
fake_queue_pending(const struct foo_queue *q)
{
	const struct fake_queue *fq = q->priv;

	if (OPS_GET(fq->mail) != fq->mail_done)
		return true;
	return foo_queue_is_serving(q) && foo_vq_avail(&q->vq);
}

static const struct foo_prop fake_props[] = {
	FOO_PROP_UINT("queues", struct fake_dev, queues, "2", 0, 300, "number of virtqueues"),
	FOO_PROP_END,
};

static struct foo_class fake_class = {
	.name = "fake",
	.parent = "virtio",
	.help = "device of the tests",
	.virtio_id = 42,
	.instance_size = sizeof(struct fake_dev),
	.props = fake_props,
	.ops =
		{
			.instance_init = fake_instance_init,
			.realize = fake_realize,
			.unrealize = fake_unrealize,
			.num_queues = fake_num_queues,
			.features = fake_features,
			.set_features = fake_set_features,
			.connected = fake_connected,
			.queue_attach = fake_queue_attach,
			.queue_detach = fake_queue_detach,
			.queue_start = fake_queue_start,
			.poll = fake_poll,
			.poll_stopped = fake_poll_stopped,
			.queue_stop = fake_queue_stop,
			.queue_pending = fake_queue_pending,
		},
};

FOO_CLASS_REGISTER(fake_class)

/* --- time --- */

uint64_t
ops_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void
ops_nap_us(unsigned int us)
{
	const struct timespec ts = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};

	nanosleep(&ts, NULL);
}

void
ops_spin_us(unsigned int us)
{
	uint64_t end = rte_rdtsc() + rte_get_tsc_hz() / 1000000 * us;

	while (rte_rdtsc() < end)
		rte_pause();
}

/* --- EAL and the loops --- */

static void *
ops_thread(__rte_unused void *arg)
{
	struct foo_error err = {""};
	int failed = 1;

	if (foo_class_seal(&err) != 0)
		fprintf(stderr, "classes: %s\n", err.text);
	else
		failed = main_tests();
	main_end = true;
	sem_post(&main_go);
	return (void *)(intptr_t)failed;
}

/* "0@(0,1),1@(0,1),2@(0,1)" of the processors that this process may use. */
static void
ops_lcores(char *buf, size_t size)
{
	char cpus[64] = "";
	cpu_set_t set;
	size_t n = 0;

	CPU_ZERO(&set);
	sched_getaffinity(0, sizeof(set), &set);
	for (int cpu = 0, found = 0; cpu < CPU_SETSIZE && found < 2; cpu++)
		if (CPU_ISSET(cpu, &set))
			n += snprintf(cpus + n, sizeof(cpus) - n, "%s%d", found++ ? "," : "", cpu);
	snprintf(buf, size, "0@(%s),1@(%s),2@(%s)", cpus, cpus, cpus);
}

int
ops_main(const char *program, int (*tests)(void))
{
	char name[64], lcores[256];
	char *argv[] = {name,
			(char *)"--lcores",
			lcores,
			(char *)"--no-huge",
			(char *)"--no-shconf",
			(char *)"--no-pci",
			(char *)"--no-telemetry",
			(char *)"-m",
			(char *)"64",
			(char *)"--log-level=error",
			NULL};
	pthread_t thread;
	void *failed;

	snprintf(name, sizeof(name), "%s", program);
	ops_lcores(lcores, sizeof(lcores));
	if (rte_eal_init(RTE_DIM(argv) - 1, argv) < 0) {
		printf("1..0 # SKIP EAL cannot start here: %s\n", rte_strerror(rte_errno));
		return 0;
	}
	main_tests = tests;
	sem_init(&main_go, 0, 0);
	sem_init(&main_done, 0, 0);
	pthread_create(&thread, NULL, ops_thread, NULL);
	for (;;) {
		sem_wait(&main_go);
		if (main_end)
			break;
		rte_eal_mp_remote_launch(foo_lcore_run, NULL, CALL_MAIN);
		rte_eal_mp_wait_lcore();
		sem_post(&main_done);
	}
	pthread_join(thread, &failed);
	rte_eal_cleanup();
	return (intptr_t)failed != 0;
}

void
ops_loops_start(enum foo_idle_mode mode)
{
	assert_int_equal(foo_lcore_init(mode), 0);
	sem_post(&main_go);
	assert_int_equal(foo_lcore_wait_running(), 0);
}

void
ops_loops_stop(void)
{
	foo_lcore_quit();
	sem_wait(&main_done);
	foo_lcore_fini();
}

void
ops_loops_none(void)
{
	assert_int_equal(foo_lcore_init(FOO_IDLE_ADAPTIVE), 0);
}

void
ops_loops_none_end(void)
{
	foo_lcore_fini();
}

/* --- device and guest --- */

static unsigned int
ops_place(__rte_unused const struct foo_queue *q)
{
	return place_lcore;
}

struct foo_device *
ops_device(const char *name, const char *more, unsigned int lcore)
{
	struct foo_error err = {""};
	struct foo_device *dev;
	char args[128];

	snprintf(args, sizeof(args), "iface=/tmp/none%s%s", more[0] != '\0' ? "," : "", more);
	assert_int_equal(foo_device_create(name, args, &dev, &err), 0);
	place_lcore = lcore;
	foo_placement_set(ops_place);
	assert_int_equal(foo_device_realize(dev, &err), 0);
	foo_placement_set(NULL);
	foo_device_connect(dev, true);
	return dev;
}

void
ops_device_end(struct foo_device *dev)
{
	foo_device_connect(dev, false);
	foo_device_unrealize(dev);
	foo_device_destroy(dev);
}

void
ops_devices_end(void)
{
	struct foo_device *dev;

	while ((dev = TAILQ_FIRST(&foo_devices)) != NULL) {
		for (unsigned int i = 0; i < dev->nqueues; i++) {
			OPS_SET(fake_of(dev)->fq[i].stuck, false);
			OPS_SET(fake_of(dev)->fq[i].undrained, false);
		}
		ops_device_end(dev);
	}
}

void
ops_guest_open(struct ops_guest *g, struct foo_device *dev, uint16_t size, uint64_t features)
{
	const struct foo_guest_range range = {0, 1 << 20};
	struct foo_guest_ring_config ring = {.features = features, .size = size};

	memset(g, 0, sizeof(*g));
	assert_int_equal(foo_guest_mem_create(&g->guest, &range, 1, 0), 0);
	foo_mem_init(&g->mem);
	assert_int_equal(foo_mem_add(&g->mem, range.gpa, range.size, g->guest.region[0].va), 0);
	g->data = foo_guest_mem_alloc(&g->guest, 64, 64);
	g->kickfd = eventfd(0, EFD_CLOEXEC);
	g->callfd = eventfd(0, EFD_CLOEXEC);
	ring.kickfd = g->kickfd;
	ring.base = foo_guest_ring_start(features);
	assert_int_equal(foo_guest_ring_init(&g->ring, &g->guest, &ring), 0);
	foo_guest_ring_calls_disable(&g->ring);
	g->cfg = (struct foo_queue_config){
		.vq =
			{
				.size = size,
				.desc = g->ring.desc,
				.driver = g->ring.avail,
				.device = g->ring.used,
				.device_gpa = g->ring.device_gpa,
				.avail_base = ring.base,
				.used_base = ring.base,
				.callfd = g->callfd,
			},
		.kickfd = g->kickfd,
	};
	if (dev->features != (features | 1ULL << VIRTIO_F_VERSION_1))
		assert_int_equal(
			foo_device_set_features(dev, features | 1ULL << VIRTIO_F_VERSION_1), 0);
	foo_device_set_mem(dev, &g->mem);
}

void
ops_guest_close(struct ops_guest *g)
{
	foo_guest_ring_fini(&g->ring);
	foo_guest_mem_destroy(&g->guest);
	close(g->kickfd);
	close(g->callfd);
}

bool
ops_guest_send(struct ops_guest *g)
{
	const struct foo_guest_buf buf = {g->data, 64, 0};
	bool kick;

	assert_true(foo_guest_ring_add(&g->ring, &buf, 1, FOO_GUEST_DIRECT, ++g->sent) >= 0);
	kick = foo_guest_ring_publish(&g->ring);
	if (kick)
		foo_guest_ring_kick(&g->ring);
	return kick;
}

static bool
ops_guest_is_done(struct ops_guest *g)
{
	struct foo_guest_used used[32];
	int n;

	while ((n = foo_guest_ring_poll(&g->ring, used, RTE_DIM(used))) > 0)
		g->done += n;
	return g->done == g->sent;
}

bool
ops_guest_wait(struct ops_guest *g)
{
	return OPS_WAIT(1000, ops_guest_is_done(g));
}

bool
ops_guest_watch(struct ops_guest *g)
{
	return OPS_WATCH(1000, ops_guest_is_done(g));
}
