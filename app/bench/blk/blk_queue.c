/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* The path of the requests: nothing here allocates or locks. */

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <linux/virtio_blk.h>

#include "blk_guest.h"

/* Wrong answers that are described; the others are counted. */
#define TELL_MAX 5

/* Status byte before the device writes it: none of its values (VIRTIO 1.2, 5.2.6). */
#define STATUS_UNSET 0xff

/* Stands in each sector of a buffer to read into: neither zeros nor ours. */
#define POISON UINT64_C(0x5ca1ab1e5ca1ab1e)

/* The cache line of a slot. */
struct slot_line {
	struct virtio_blk_outhdr hdr;
	struct virtio_blk_discard_write_zeroes range;
	uint8_t status;
} __attribute__((aligned(64)));

static const uint8_t op_type[BLK_OPS] = {
	[BLK_READ] = VIRTIO_BLK_T_IN,
	[BLK_WRITE] = VIRTIO_BLK_T_OUT,
	[BLK_FLUSH] = VIRTIO_BLK_T_FLUSH,
	[BLK_DISCARD] = VIRTIO_BLK_T_DISCARD,
	[BLK_WRITE_ZEROES] = VIRTIO_BLK_T_WRITE_ZEROES,
};

static const char *const op_name[BLK_OPS] = {
	[BLK_READ] = "read",
	[BLK_WRITE] = "write",
	[BLK_FLUSH] = "flush",
	[BLK_DISCARD] = "discard",
	[BLK_WRITE_ZEROES] = "write-zeroes",
};

static void
publish(struct foo_guest_ring *ring)
{
	if (foo_guest_ring_publish(ring))
		foo_guest_ring_kick(ring);
}

static uint8_t *
slot_data(const struct blk_guest *bg, const struct blk_queue *q, uint16_t slot)
{
	return q->data + (uint64_t)slot * bg->point.bs;
}

/* The data of a request, in as many parts as asked for. */
static uint16_t
add_data(const struct blk_guest *bg, const struct blk_queue *q, uint16_t slot, uint16_t flags,
	 struct foo_guest_buf *buf)
{
	uint16_t n = (uint16_t)bg->cfg->b.segments;
	uint32_t part = bg->point.bs / n;
	uint64_t gpa = q->data_gpa + (uint64_t)slot * bg->point.bs;

	for (uint16_t i = 0; i < n; i++)
		buf[i] = (struct foo_guest_buf){
			.gpa = gpa + (uint64_t)i * part, .len = part, .flags = flags};
	return n;
}

/* Before a write: what it writes. Before a read: something that cannot be its result. */
static void
prepare_data(struct blk_guest *bg, struct blk_queue *q, uint16_t slot)
{
	struct blk_request *r = &q->request[slot];
	uint8_t *data = slot_data(bg, q, slot);

	if (r->step.op == BLK_WRITE) {
		r->generation = ++bg->model.generation;
		blk_pattern_write(data, bg->point.bs, r->step.block * bg->sectors, r->generation,
				  bg->writer);
	} else if (r->step.op == BLK_READ) {
		for (uint32_t i = 0; i < bg->point.bs; i += BLK_SECTOR)
			*(uint64_t *)(data + i) = POISON;
	}
}

/* Add one request to the ring. */
static void
add(struct blk_guest *bg, struct blk_queue *q, uint16_t slot)
{
	struct slot_line *line = (struct slot_line *)q->line + slot;
	uint64_t gpa = q->line_gpa + slot * sizeof(*line);
	const struct blk_step *step = &q->request[slot].step;
	struct foo_guest_buf buf[BLK_MAX_SEGMENTS + 2];
	uint64_t sector = step->block * bg->sectors;
	uint16_t n = 0;

	line->hdr.type = htole32(op_type[step->op]);
	/* the sector is that of the range where there is one (VIRTIO 1.2, 5.2.6.1) */
	line->hdr.sector = step->op <= BLK_WRITE ? htole64(sector) : 0;
	line->status = STATUS_UNSET;
	buf[n++] = (struct foo_guest_buf){.gpa = gpa, .len = sizeof(line->hdr)};
	if (step->op <= BLK_WRITE) {
		n += add_data(bg, q, slot, step->op == BLK_READ ? VRING_DESC_F_WRITE : 0, &buf[n]);
	} else if (step->op != BLK_FLUSH) {
		line->range.sector = htole64(sector);
		line->range.num_sectors = htole32(bg->sectors);
		line->range.flags = 0;
		buf[n++] = (struct foo_guest_buf){.gpa = gpa + offsetof(struct slot_line, range),
						  .len = sizeof(line->range)};
	}
	buf[n++] = (struct foo_guest_buf){.gpa = gpa + offsetof(struct slot_line, status),
					  .len = 1,
					  .flags = VRING_DESC_F_WRITE};
	if (bg->model.block != NULL)
		prepare_data(bg, q, slot);
	/* there is room: the options were checked */
	foo_guest_ring_add(q->ring, buf, n, bg->direct, slot);
}

/* What is due next, with its time; false: nothing. */
static bool
take_next(struct blk_queue *q, uint64_t now, uint64_t *due)
{
	if (!q->has_next)
		q->has_next = blk_plan_next(&q->plan, &q->next);
	if (!q->has_next || bench_pace_take(&q->pace, now, due, 1) == 0)
		return false;
	q->has_next = false;
	return true;
}

void
blk_drop_plan(struct blk_queue *q)
{
	if (q->has_next && q->plan.model->block != NULL && q->next.op != BLK_FLUSH)
		blk_model_release(q->plan.model, q->next.block);
	q->has_next = false;
}

/* Closed loop: requests are due when they are sent, not before they are made. */
static void
stamp(struct blk_queue *q, const uint16_t *slot, int n)
{
	uint64_t now = bench_now();

	for (int i = 0; i < n; i++)
		q->request[slot[i]].due = now;
}

/* Member by member: the step was stored so just now. Loaded in one piece it would wait until all
 * stores before it, to lines that the back-end has, are through. */
static void
take_slot(struct blk_request *r, uint64_t due, const struct blk_step *step)
{
	r->due = due;
	r->generation = 0;
	r->step.op = step->op;
	r->step.block = step->block;
	r->last_pass = false;
}

int
blk_submit(struct blk_guest *bg, struct blk_queue *q)
{
	bool open_loop = q->pace.interval > 0;
	int max = (int)bg->cfg->o.burst, n = 0;
	uint16_t sent[BLK_MAX_BURST];
	uint64_t now, due;

	if (q->nfree == 0)
		return 0;
	now = open_loop ? bench_now() : 0;
	while (n < max && q->nfree > 0 && take_next(q, now, &due)) {
		uint16_t slot = q->free[--q->nfree];

		take_slot(&q->request[slot], due, &q->next);
		add(bg, q, slot);
		sent[n++] = slot;
	}
	if (n == 0)
		return 0;
	if (!open_loop)
		stamp(q, sent, n);
	publish(q->ring);
	return n;
}

int
blk_submit_last_pass(struct blk_guest *bg, struct blk_queue *q)
{
	int n = 0;

	while (n < (int)bg->cfg->o.burst && q->nfree > 0) {
		uint16_t slot;

		bg->pass_block = blk_model_next_known(&bg->model, bg->pass_block);
		if (bg->pass_block == bg->model.n)
			break;
		slot = q->free[--q->nfree];
		q->request[slot] = (struct blk_request){
			.step = {.op = BLK_READ, .block = bg->pass_block++}, .last_pass = true};
		add(bg, q, slot);
		n++;
	}
	if (n > 0)
		publish(q->ring);
	return n;
}

/* Count an answer that is wrong; true: describe it. */
static bool
tell(struct blk_guest *bg, uint64_t *counter)
{
	bench_count_add(counter, 1);
	return bg->told++ < TELL_MAX;
}

static void
wrong_answer(const struct blk_guest *bg, const struct blk_request *r, const char *what,
	     uint32_t value)
{
	fprintf(stderr, "dpdk-foo-bench blk: %s: %s of sector %" PRIu64 ": %s %" PRIu32 "\n",
		bg->g.front.path, op_name[r->step.op], r->step.block * bg->sectors, what, value);
}

/*
 * The used length counts the bytes that were written, status byte included, and is never more than
 * was written (VIRTIO 1.2, 2.7.8.2). It may be less where the device cannot know it; of a read that
 * succeeded it knows.
 */
static bool
is_length_right(const struct blk_guest *bg, const struct blk_request *r, uint8_t status,
		uint32_t len)
{
	uint32_t most = r->step.op == BLK_READ ? bg->point.bs + 1 : 1;

	if (len == FOO_GUEST_LEN_UNKNOWN)
		return true;
	if (r->step.op == BLK_READ && status == VIRTIO_BLK_S_OK)
		return len == most;
	return len <= most;
}

static void
check_answer(struct blk_guest *bg, const struct blk_request *r, uint8_t status, uint32_t len)
{
	if (status == STATUS_UNSET) {
		if (tell(bg, &bg->count.bad_status))
			wrong_answer(bg, r, "the status byte was not written, it is still", status);
	} else if (status > VIRTIO_BLK_S_UNSUPP) {
		if (tell(bg, &bg->count.bad_status))
			wrong_answer(bg, r, "no status has the value", status);
	} else if (status != VIRTIO_BLK_S_OK) {
		if (tell(bg, &bg->count.errors))
			wrong_answer(bg, r,
				     status == VIRTIO_BLK_S_IOERR ? "status IOERR," :
								    "status UNSUPP,",
				     status);
	}
	if (!is_length_right(bg, r, status, len) && tell(bg, &bg->count.bad_used_length))
		wrong_answer(bg, r, "the used length cannot be", len);
}

static void
check_data(struct blk_guest *bg, const struct blk_request *r, const uint8_t *data)
{
	enum blk_content content = blk_model_content(&bg->model, r->step.block);
	struct blk_difference d;
	char text[160];

	if (content == BLK_CONTENT_WRITTEN || content == BLK_CONTENT_ZERO)
		bench_count_add(&bg->count.verified, 1);
	if (blk_pattern_check(data, bg->point.bs, r->step.block * bg->sectors, content,
			      blk_model_generation(&bg->model, r->step.block), bg->writer,
			      &d) == BLK_OK)
		return;
	if (!tell(bg, &bg->count.verify_errors))
		return;
	blk_pattern_describe(&d, text, sizeof(text));
	fprintf(stderr, "dpdk-foo-bench blk: %s: %s\n", bg->g.front.path, text);
}

/* What the block holds from now on. What was not acknowledged may be there, or not, or in part. */
static void
settle(struct blk_guest *bg, const struct blk_request *r, bool ok, const uint8_t *data)
{
	uint64_t block = r->step.block;

	if (r->step.op == BLK_FLUSH)
		return;
	if (r->step.op == BLK_READ) {
		if (ok)
			check_data(bg, r, data);
		blk_model_release(&bg->model, block);
	} else if (ok && r->step.op == BLK_WRITE) {
		blk_model_set(&bg->model, block, BLK_CONTENT_WRITTEN, r->generation);
	} else if (ok && r->step.op == BLK_WRITE_ZEROES) {
		blk_model_set(&bg->model, block, BLK_CONTENT_ZERO, 0);
	} else {
		blk_model_set(&bg->model, block, BLK_CONTENT_ANY, 0);
	}
}

static void
complete(struct blk_guest *bg, struct blk_queue *q, const struct foo_guest_used *used, uint64_t now)
{
	uint16_t slot = (uint16_t)used->token;
	const struct slot_line *line = (const struct slot_line *)q->line + slot;
	struct blk_request *r = &q->request[slot];
	/* once: what is counted and what is believed must be the same */
	uint8_t status = __atomic_load_n(&line->status, __ATOMIC_RELAXED);
	bool ok = status == VIRTIO_BLK_S_OK;

	if (!ok || !is_length_right(bg, r, status, used->len))
		check_answer(bg, r, status, used->len);
	if (bg->model.block != NULL)
		settle(bg, r, ok, slot_data(bg, q, slot));
	if (r->last_pass)
		return;
	bench_count_add(&bg->count.requests, 1);
	bench_count_add(&bg->count.op[r->step.op], 1);
	if (ok && r->step.op <= BLK_WRITE)
		bench_count_add(&bg->count.bytes, bg->point.bs);
	bench_hist_record(&bg->latency, now > r->due ? now - r->due : 0);
}

/* The device has written the status of these requests; the next ones will be written there. */
static void
own_lines(const struct blk_queue *q, const struct foo_guest_used *used, int n)
{
	for (int i = 0; i < n; i++)
		foo_guest_own_line(q->line + used[i].token * sizeof(struct slot_line));
}

int
blk_reap(struct blk_guest *bg, struct blk_queue *q)
{
	struct foo_guest_used used[BLK_MAX_BURST];
	int n = foo_guest_ring_poll(q->ring, used, (uint16_t)bg->cfg->o.burst);
	uint64_t now;

	if (n <= 0)
		return n;
	now = bench_now();
	own_lines(q, used, n);
	for (int i = 0; i < n; i++) {
		complete(bg, q, &used[i], now);
		q->free[q->nfree++] = (uint16_t)used[i].token;
	}
	return n;
}
