/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/*
 * A tracked queue that is killed at any instruction.
 *
 * The device is a child that runs one instruction at a time (ptrace), on rings and an in-flight
 * region in shared memory. The guest lives in the parent, and acts while the child is stopped.
 * Whenever an instruction has changed the shared memory, a copy of it is taken, with the guest's
 * side: what a crash at this moment would leave. A new queue is started on the copy, and has to
 * find each request that the guest has not got back, exactly once and in the order of their
 * submission, and to finish all of them. Now and then the child is really killed, and another one
 * goes on, so that starts are interrupted too, and leftovers pile up.
 */

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <foo_chain.h>
#include <foo_guest_mem.h>
#include <foo_guest_ring.h>
#include <foo_vq.h>

#define BIT64(n) (UINT64_C(1) << (n))

#define GPA 0x100000
#define SHARED 0x2000 /* bytes of rings, tables and requests; behind them the region */
#define REGION 0x400
#define REQUESTS 64 /* tokens that are told apart */
#define MAX_SIZE 16
#define CHILD_OPS 60 /* of a child that is not killed */

/* Format and size of a queue, and how many children run it. */
struct shape {
	bool packed;
	uint16_t size;
	unsigned int children;
	uint64_t features;
};

/* Guest, rings and region, real or copied. */
struct world {
	uint8_t *base; /* SHARED + REGION bytes */
	struct foo_guest_mem guest;
	struct foo_guest_ring ring;
	struct foo_mem mem;
	struct foo_vq_config cfg;
	uint64_t requests; /* gpa of their buffers */
	uint64_t sent;     /* tokens so far */
	/* those that are out, in the order of their submission */
	uint64_t out[MAX_SIZE];
	unsigned int nout;
	uint32_t dice;
};

static uint32_t
roll(uint32_t *dice, uint32_t n)
{
	*dice = *dice * 1664525 + 1013904223;
	return (*dice >> 8) % n;
}

/* --- guest --- */

static void
world_mem(struct world *w)
{
	w->guest.nregions = 1;
	w->guest.region[0].gpa = GPA;
	w->guest.region[0].size = SHARED;
	w->guest.region[0].va = w->base;
	w->guest.region[0].fd = -1;
	foo_mem_init(&w->mem);
	assert_int_equal(foo_mem_add(&w->mem, GPA, SHARED, w->base), 0);
	w->cfg.mem = &w->mem;
	w->cfg.desc = w->ring.desc;
	w->cfg.driver = w->ring.avail;
	w->cfg.device = w->ring.used;
	w->cfg.inflight = w->base + SHARED;
}

static void
world_open(struct world *w, const struct shape *s)
{
	struct foo_guest_ring_config ring = {
		.features = s->features | (s->packed ? BIT64(VIRTIO_F_RING_PACKED) : 0),
		.size = s->size,
		.indirect_max = 4,
		.kickfd = -1,
	};

	memset(w, 0, sizeof(*w));
	w->base = mmap(NULL, SHARED + REGION, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	assert_ptr_not_equal(w->base, MAP_FAILED);
	world_mem(w);
	/* indices that are about to wrap */
	ring.base = s->packed ? foo_guest_ring_start(ring.features) : 65500;
	assert_int_equal(foo_guest_ring_init(&w->ring, &w->guest, &ring), 0);
	w->requests = foo_guest_mem_alloc(&w->guest, REQUESTS * 16, 16);
	assert_true(w->requests != FOO_GUEST_NO_GPA);
	w->cfg = (struct foo_vq_config){
		.features = ring.features | BIT64(VIRTIO_RING_F_INDIRECT_DESC),
		.size = s->size,
		.avail_base = ring.base,
		.used_base = ring.base,
		.callfd = FOO_VQ_NO_FD,
		.inflight_size = foo_inflight_size(s->packed, s->size),
	};
	assert_true(w->cfg.inflight_size <= REGION && s->size <= MAX_SIZE);
	world_mem(w);
}

static void
world_close(struct world *w)
{
	foo_guest_ring_fini(&w->ring);
	munmap(w->base, SHARED + REGION);
}

static void *
world_move(const struct world *from, const struct world *to, void *p)
{
	return p == NULL ? NULL : to->base + ((uint8_t *)p - from->base);
}

/* What a crash would leave. The copy's memory is on the heap. */
static void
world_copy(struct world *to, const struct world *from, const uint8_t *image)
{
	size_t slots = from->ring.size * sizeof(*from->ring.slot);

	*to = *from;
	to->base = malloc(SHARED + REGION);
	assert_non_null(to->base);
	memcpy(to->base, image, SHARED + REGION);
	to->ring.desc = world_move(from, to, from->ring.desc);
	to->ring.avail = world_move(from, to, from->ring.avail);
	to->ring.used = world_move(from, to, from->ring.used);
	to->ring.table = world_move(from, to, from->ring.table);
	to->ring.slot = malloc(slots);
	assert_non_null(to->ring.slot);
	memcpy(to->ring.slot, from->ring.slot, slots);
	world_mem(to);
	if (!to->ring.packed)
		to->cfg.used_base = to->cfg.avail_base = to->ring.used->idx;
}

static void
world_drop(struct world *w)
{
	foo_guest_ring_fini(&w->ring);
	free(w->base);
}

/* One request, of one to three descriptors, or in a table. False: no room. */
static bool
guest_send(struct world *w)
{
	uint64_t token = w->sent, gpa = w->requests + token % REQUESTS * 16;
	uint16_t n = 1 + roll(&w->dice, 3), direct = roll(&w->dice, n + 1);
	struct foo_guest_buf buf[] = {
		{gpa, 8, 0}, {gpa + 8, 4, VRING_DESC_F_WRITE}, {gpa + 12, 4, VRING_DESC_F_WRITE}};

	memcpy(w->base + (gpa - GPA), &token, sizeof(token));
	if (foo_guest_ring_add(&w->ring, buf, n, direct, token) < 0)
		return false;
	foo_guest_ring_publish(&w->ring);
	assert_true(w->nout < MAX_SIZE);
	w->out[w->nout++] = token;
	w->sent++;
	return true;
}

static void
guest_poll(struct world *w)
{
	struct foo_guest_used used[MAX_SIZE];
	int i, n = foo_guest_ring_poll(&w->ring, used, MAX_SIZE);
	unsigned int k;

	assert_true(n >= 0);
	for (i = 0; i < n; i++) {
		for (k = 0; k < w->nout && w->out[k] != used[i].token; k++)
			;
		assert_true(k < w->nout); /* out, and once */
		memmove(&w->out[k], &w->out[k + 1], (w->nout - k - 1) * sizeof(w->out[0]));
		w->nout--;
	}
}

static void
guest_turn(struct world *w)
{
	uint32_t n = roll(&w->dice, 6);

	guest_poll(w);
	while (n-- > 0 && guest_send(w))
		;
}

/* --- device --- */

struct device {
	struct foo_vq vq;
	struct foo_chain held[MAX_SIZE];
	unsigned int at[MAX_SIZE]; /* count of pops before it */
	uint64_t token[MAX_SIZE];  /* what the request says */
	unsigned int nheld;
	unsigned int pops;
	uint32_t dice;
};

static void
device_pop(struct device *d, uint16_t max)
{
	uint16_t n = foo_vq_pop(&d->vq, &d->held[d->nheld], max);
	struct foo_cursor c;

	for (; n > 0; n--, d->nheld++) {
		d->at[d->nheld] = d->pops++;
		c = foo_cursor_readable(&d->vq, &d->held[d->nheld]);
		foo_cursor_read(&c, &d->token[d->nheld], sizeof(d->token[0]));
	}
}

static void
device_push(struct device *d, unsigned int i)
{
	foo_vq_push(&d->vq, &d->held[i], 0);
	memmove(&d->held[i], &d->held[i + 1], (d->nheld - i - 1) * sizeof(d->held[0]));
	memmove(&d->at[i], &d->at[i + 1], (d->nheld - i - 1) * sizeof(d->at[0]));
	memmove(&d->token[i], &d->token[i + 1], (d->nheld - i - 1) * sizeof(d->token[0]));
	d->nheld--;
}

/* As many of those popped last as are still held. */
static void
device_undo(struct device *d, unsigned int max)
{
	unsigned int n = 0;

	while (n < max && n < d->nheld && d->at[d->nheld - 1 - n] == d->pops - 1 - n)
		n++;
	foo_vq_undo(&d->vq, &d->held[d->nheld - n], (uint16_t)n);
	d->nheld -= n;
	d->pops -= n;
}

static void
device_op(struct device *d)
{
	switch (roll(&d->dice, 8)) {
	case 0:
	case 1:
	case 2:
		device_pop(d, (uint16_t)RTE_MIN(1 + roll(&d->dice, 4), MAX_SIZE - d->nheld));
		break;
	case 3:
	case 4:
	case 5:
		if (d->nheld > 0)
			device_push(d, roll(&d->dice, d->nheld));
		break;
	case 6:
		foo_vq_flush(&d->vq);
		break;
	case 7:
		device_undo(d, 1 + roll(&d->dice, 3));
		break;
	}
}

/* The child. */
static void
device_run(const struct foo_vq_config *cfg, uint32_t dice, unsigned int ops)
{
	struct device *d = calloc(1, sizeof(*d));

	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0 || d == NULL)
		_exit(77);
	raise(SIGSTOP);
	d->dice = dice;
	if (foo_vq_init(&d->vq, cfg) != 0)
		_exit(1);
	raise(SIGSTOP);
	for (; ops > 0; ops--) {
		if (roll(&d->dice, 4) == 0)
			raise(SIGSTOP);
		device_op(d);
	}
	_exit(d->vq.broken);
}

/* --- what must hold after a crash --- */

/* All that the guest waits for comes, once and in its order. */
static void
check_pops(struct world *w, struct device *d)
{
	unsigned int i;

	do {
		i = d->nheld;
		device_pop(d, (uint16_t)RTE_MIN(1 + roll(&w->dice, 3), MAX_SIZE - d->nheld));
	} while (d->nheld > i);
	assert_int_equal(d->vq.broken, FOO_FAULT_NONE);
	assert_int_equal(d->nheld, w->nout);
	for (i = 0; i < d->nheld; i++) {
		assert_int_equal(d->held[i].fault, FOO_FAULT_NONE);
		assert_int_equal(d->token[i], w->out[i]);
	}
	assert_false(foo_vq_avail(&d->vq));
}

static void
check_crash(const struct world *w, const uint8_t *image)
{
	struct device d = {.nheld = 0};
	struct world copy;
	unsigned int i;

	world_copy(&copy, w, image);
	guest_poll(&copy);
	assert_int_equal(foo_vq_init(&d.vq, &copy.cfg), 0);
	check_pops(&copy, &d);
	while (d.nheld > 0) {
		device_push(&d, roll(&copy.dice, d.nheld));
		if (roll(&copy.dice, 2) == 0)
			foo_vq_flush(&d.vq);
		guest_poll(&copy);
	}
	foo_vq_flush(&d.vq);
	guest_poll(&copy);
	assert_int_equal(copy.nout, 0);
	for (i = 0; i < 2u * MAX_SIZE; i++) {
		guest_send(&copy);
		check_pops(&copy, &d);
		device_push(&d, 0);
		foo_vq_flush(&d.vq);
		guest_poll(&copy);
		assert_int_equal(copy.nout, 0);
	}
	foo_vq_fini(&d.vq);
	world_drop(&copy);
}

/* --- the child's life --- */

static pid_t
child_start(const struct world *w, uint32_t dice, unsigned int ops)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		device_run(&w->cfg, dice, ops);
	return pid;
}

/* One instruction. False: it has ended. */
static bool
child_step(pid_t pid, struct world *w)
{
	int status;

	assert_int_equal(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status)) {
		assert_int_equal(WEXITSTATUS(status), 0);
		return false;
	}
	assert_true(WIFSTOPPED(status));
	if (WSTOPSIG(status) == SIGSTOP)
		guest_turn(w);
	else
		assert_int_equal(WSTOPSIG(status), SIGTRAP);
	return true;
}

static void
child_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* Run a child up to its next stop, without a look. */
static void
child_skip(pid_t pid)
{
	int status;

	assert_int_equal(ptrace(PTRACE_CONT, pid, NULL, NULL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
}

/* Run a child up to its end, or until it has changed the memory that many times. Returns how often
 * it has. */
static unsigned int
child_live(pid_t pid, struct world *w, unsigned int changes)
{
	uint8_t *image = malloc(SHARED + REGION);
	unsigned int n = 0;

	assert_non_null(image);
	memcpy(image, w->base, SHARED + REGION);
	while (child_step(pid, w)) {
		if (memcmp(image, w->base, SHARED + REGION) == 0)
			continue;
		memcpy(image, w->base, SHARED + REGION);
		check_crash(w, image);
		if (++n == changes) {
			child_kill(pid);
			break;
		}
	}
	free(image);
	return n;
}

static void
test_crash(void **state)
{
	const struct shape *s = *state;
	unsigned int i, changes = 0;
	struct world w;
	int status;
	pid_t pid;

	world_open(&w, s);
	for (i = 0; i < s->children; i++) {
		if (!w.ring.packed)
			w.cfg.used_base = w.cfg.avail_base = w.ring.used->idx;
		pid = child_start(&w, w.dice + i, CHILD_OPS);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
			print_message("no ptrace here\n");
			skip();
		}
		assert_true(WIFSTOPPED(status));
		/* a start is long: only the first ones, and then every fourth, are looked at in it,
		 * and end in it or soon after */
		if (i >= 4 && i % 4 != 0)
			child_skip(pid);
		changes += child_live(pid, &w, 1 + (i % 4 == 0 ? i : roll(&w.dice, 120)));
	}
	assert_true(changes > 20 * s->children);
	world_close(&w);
}

#define SHAPE(packed, size, children, features)                                                    \
	(void *)&(const struct shape)                                                              \
	{                                                                                          \
		packed, size, children, features                                                   \
	}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		{"split, 4", test_crash, NULL, NULL, SHAPE(false, 4, 5, 0)},
		{"split, 16", test_crash, NULL, NULL, SHAPE(false, 16, 5, 0)},
		{"packed, 3", test_crash, NULL, NULL, SHAPE(true, 3, 5, 0)},
		{"packed, 4", test_crash, NULL, NULL, SHAPE(true, 4, 5, 0)},
		{"packed, 15", test_crash, NULL, NULL, SHAPE(true, 15, 5, 0)},
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
