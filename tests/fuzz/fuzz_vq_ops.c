/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * The operations of the virtqueue fuzz target, and the promises that each of them must keep.
 */
#include <errno.h>
#include <string.h>

#include "fuzz_vq.h"

/* ---- promises ---- */

static void
check_chain(const struct fuzz *f, const struct fuzz_queue *q, const struct foo_chain *chain)
{
	uint64_t read_len = 0, write_len = 0;

	CHECK(chain->slots >= 1 && chain->slots <= q->vq.size);
	CHECK(FUZZ_PACKED || chain->id < q->vq.size);
	if (chain->fault != FOO_FAULT_NONE) {
		CHECK(chain->fault < FOO_FAULT_MAX);
		CHECK(foo_fault_reaction(chain->fault) == FOO_REFUSE);
		CHECK(chain->seg == NULL);
		CHECK(chain->nread == 0 && chain->nwrite == 0);
		CHECK(chain->read_len == 0 && chain->write_len == 0);
		return;
	}
	for (unsigned int i = 0; i < (unsigned int)chain->nread + chain->nwrite; i++) {
		const struct foo_seg *seg = &chain->seg[i];

		CHECK(seg->len != 0);
		CHECK(foo_mem_holds_va(&f->mem, seg->va, seg->len));
		*(i < chain->nread ? &read_len : &write_len) += seg->len;
	}
	CHECK(read_len == chain->read_len);
	CHECK(write_len == chain->write_len);
	CHECK(read_len + write_len <= UINT32_MAX);
}

static unsigned int
held_slots(const struct fuzz_queue *q)
{
	unsigned int sum = 0;

	for (unsigned int i = 0; i < q->nheld; i++)
		sum += q->held[i].chain.slots;
	return sum;
}

/* ---- what the device does ---- */

/* Keep a held chain's pieces in a heap block of exact size. */
static void
save_held(struct held *h)
{
	unsigned int n = (unsigned int)h->chain.nread + h->chain.nwrite;

	if (h->saved != NULL || n == 0)
		return;
	h->saved = malloc(n * sizeof(*h->saved));
	CHECK(h->saved != NULL);
	CHECK(foo_chain_save(&h->chain, h->saved, n - 1) == -ENOSPC);
	CHECK(foo_chain_save(&h->chain, h->saved, n) == 0);
}

static void
op_pop(struct fuzz *f, struct fuzz_queue *q, unsigned int arg)
{
	static const uint16_t burst[8] = {1, 2, 3, 5, 8, 16, 64, 200};
	struct foo_chain chain[200];
	uint64_t before = q->vq.stats.chains;
	uint16_t n, max = burst[arg];

	/* a chain takes at least one slot, so that no more than the size can be out */
	if (q->nheld + max > MAX_HELD)
		max = MAX_HELD - q->nheld;
	for (unsigned int i = 0; i < q->nheld; i++)
		save_held(&q->held[i]);
	foo_vq_prefetch(&q->vq, max);
	n = foo_vq_pop(&q->vq, chain, max);
	CHECK(n <= max);
	CHECK(q->vq.stats.chains == before + n);
	if (n == 0 && max > 0)
		CHECK(!foo_vq_avail(&q->vq));
	for (unsigned int i = 0; i < n; i++) {
		check_chain(f, q, &chain[i]);
		q->held[q->nheld++] = (struct held){.chain = chain[i], .seq = q->popped++};
	}
	/* chains of a split ring may share descriptors, a hostile guest willing */
	CHECK((FUZZ_PACKED ? held_slots(q) : q->nheld) <= q->vq.size);
}

static void
remove_held(struct fuzz_queue *q, unsigned int i)
{
	free(q->held[i].saved);
	q->nheld--;
	memmove(&q->held[i], &q->held[i + 1], (q->nheld - i) * sizeof(q->held[0]));
}

static void
op_push(struct fuzz_queue *q, unsigned int arg)
{
	uint32_t written[2] = {0};
	struct foo_chain chain[2];
	unsigned int i = 0;

	if (arg == 7 && q->nheld >= 2) {
		for (i = 0; i < 2; i++) {
			chain[i] = q->held[0].chain;
			written[i] = chain[i].write_len;
			remove_held(q, 0);
		}
		foo_vq_push_burst(&q->vq, chain, q->nheld & 1 ? NULL : written, 2);
		return;
	}
	if (!q->vq.in_order)
		i = arg * (q->nheld - 1) / 7;
	foo_vq_push(&q->vq, &q->held[i].chain,
		    arg & 1 ? q->held[i].chain.write_len :
			      arg % (q->held[i].chain.write_len + 1ull));
	remove_held(q, i);
}

/* The longest run of chains that may be given back: the last ones popped, none pushed. */
static unsigned int
undoable(const struct fuzz_queue *q)
{
	unsigned int n = 0;

	while (n < q->nheld && q->held[q->nheld - 1 - n].seq == q->popped - 1 - n)
		n++;
	return n;
}

static void
op_undo(struct fuzz_queue *q, unsigned int arg)
{
	unsigned int n = RTE_MIN(undoable(q), arg + 1);
	struct foo_chain chain[8] = {0};

	for (unsigned int i = 0; i < n; i++)
		chain[i] = q->held[q->nheld - n + i].chain;
	foo_vq_undo(&q->vq, chain, (uint16_t)n);
	for (unsigned int i = 0; i < n; i++)
		remove_held(q, q->nheld - 1);
	q->popped -= n;
}

static void
op_flush(struct fuzz_queue *q, unsigned int arg)
{
	bool pushed = q->vq.pushed != 0 || q->vq.untold, wanted;

	if (arg >= 5)
		foo_vq_publish(&q->vq);
	if (arg == 5) { /* the flush comes later */
		CHECK(q->vq.pushed == 0 && q->vq.untold == pushed);
		return;
	}
	if (arg == 7)
		foo_vq_force_call(&q->vq);
	wanted = foo_vq_flush(&q->vq);
	CHECK(arg != 7 || wanted);
	CHECK(arg == 7 || pushed || !wanted);
	CHECK(!foo_vq_flush(&q->vq));
}

/* Work through a chain in steps of some bytes; the steps cannot be more than its bytes. */
static void
op_bytes(struct fuzz_queue *q, unsigned int arg, bool write)
{
	static const uint32_t step[8] = {1, 2, 7, 12, 64, 333, 4096, UINT32_MAX};
	static uint8_t buf[4096];
	struct foo_chain *chain = &q->held[q->nheld - 1].chain;
	uint32_t n, done = 0, all = write ? chain->write_len : chain->read_len;
	struct foo_cursor c =
		write ? foo_cursor_writable(&q->vq, chain) : foo_cursor_readable(&q->vq, chain);

	do {
		uint32_t want = RTE_MIN(step[arg], (uint32_t)sizeof(buf));

		n = write ? foo_cursor_write(&c, buf, want) : foo_cursor_read(&c, buf, want);
		CHECK(n == RTE_MIN(want, all - done));
		done += n;
		/* long chains of the same few bytes over and over teach nothing */
		if (done > 64 * 1024) {
			n = foo_cursor_skip(&c, all - done);
			CHECK(n == all - done);
			done += n;
		}
	} while (n != 0);
	CHECK(done == all && c.left == 0);
}

static void
op_fill(struct fuzz_queue *q, unsigned int arg)
{
	const struct foo_chain *chain = &q->held[q->nheld - 1].chain;
	struct foo_cursor c = foo_cursor_writable(&q->vq, chain);
	uint32_t skip = RTE_MIN(arg * 5, chain->write_len);

	CHECK(foo_cursor_skip(&c, arg * 5) == skip);
	CHECK(foo_cursor_fill(&c, 0xee, 4096) == RTE_MIN(4096u, chain->write_len - skip));
}

static void
op_copy(struct fuzz_queue *from, struct fuzz_queue *to, unsigned int arg)
{
	const struct foo_chain *src = &from->held[from->nheld - 1].chain;
	const struct foo_chain *dst = &to->held[to->nheld - 1].chain;
	struct foo_cursor s = foo_cursor_readable(&from->vq, src);
	struct foo_cursor d = foo_cursor_writable(&to->vq, dst);
	uint32_t head = RTE_MIN(RTE_MIN(arg * 3, src->read_len), dst->write_len);
	uint32_t rest = RTE_MIN(RTE_MIN(src->read_len, dst->write_len) - head, 65536u);

	CHECK(foo_cursor_copy(&d, &s, arg * 3) == head);
	CHECK(foo_cursor_copy(&d, &s, 65536) == rest);
	CHECK(s.left == src->read_len - head - rest && d.left == dst->write_len - head - rest);
}

static void
op_iov(const struct fuzz *f, struct fuzz_queue *q, unsigned int arg)
{
	const struct foo_chain *chain = &q->held[q->nheld - 1].chain;
	struct foo_cursor c = foo_cursor_writable(&q->vq, chain);
	struct iovec iov[8];
	uint64_t sum = 0;
	uint32_t done;
	unsigned int n;

	foo_cursor_skip(&c, arg);
	n = foo_cursor_iov(&c, iov, arg + 1, 1000, &done);
	CHECK(n <= arg + 1 && done <= 1000);
	CHECK((n == 0) == (done == 0));
	for (unsigned int i = 0; i < n; i++) {
		CHECK(iov[i].iov_len != 0);
		CHECK(foo_mem_holds_va(&f->mem, iov[i].iov_base, iov[i].iov_len));
		sum += iov[i].iov_len;
	}
	CHECK(sum == done);
}

static void
op_kicks(struct fuzz_queue *q, unsigned int arg)
{
	if (arg & 1)
		foo_vq_kicks_enable(&q->vq);
	else
		foo_vq_kicks_disable(&q->vq);
}

bool
fuzz_start(struct fuzz_queue *q)
{
	if (foo_vq_init(&q->vq, &q->cfg) != 0)
		return false;
	if (q->read_only)
		foo_vq_set_table_read_only(&q->vq);
	return true;
}

void
fuzz_drop_all(struct fuzz_queue *q)
{
	while (q->nheld > 0)
		remove_held(q, q->nheld - 1);
}

/* Whether a held chain is in the in-flight table: one of a head that was there already is not. */
static bool
holds_tracked(const struct fuzz_queue *q)
{
	for (unsigned int i = 0; i < q->nheld; i++)
		if (q->held[i].chain.fault != FOO_FAULT_HEAD_REPEATED)
			return true;
	return false;
}

/* Killed, and the next one goes on: what was out is found again. */
static void
op_crash(struct fuzz_queue *q)
{
	bool replays = holds_tracked(q) || foo_vq_replays(&q->vq);

	q->cfg.avail_base = q->cfg.used_base = foo_vq_used_base(&q->vq);
	fuzz_drop_all(q);
	foo_vq_fini(&q->vq);
	CHECK(fuzz_start(q));
	/* a head that is used again before it was given back shares its entry: its own loss */
	CHECK(foo_vq_replays(&q->vq) == replays || (!FUZZ_PACKED && replays));
}

/* Stop and start again: where it stood if nothing is out and it is whole, else as at first. */
static void
op_restart(struct fuzz_queue *q)
{
	foo_vq_flush(&q->vq);
	if (q->region != NULL) {
		op_crash(q);
		return;
	}
	if (q->nheld == 0 && q->vq.broken == FOO_FAULT_NONE) {
		q->cfg.avail_base = foo_vq_avail_base(&q->vq);
		q->cfg.used_base = foo_vq_used_base(&q->vq);
	}
	fuzz_drop_all(q);
	foo_vq_fini(&q->vq);
	CHECK(fuzz_start(q));
	CHECK(q->vq.broken == FOO_FAULT_NONE);
}

/* ---- what the guest does ---- */

/* Write to guest memory as the guest: the device has no part in the change. */
static void
guest_write(struct fuzz *f, unsigned int region, uint64_t off, const void *bytes, size_t n)
{
	memcpy(f->mem.region[region].va + off, bytes, n);
	memcpy(f->shadow[region] + off, bytes, n);
}

/* Make some more descriptors available, whatever they hold. */
static void
op_guest_avail(struct fuzz *f, struct fuzz_queue *q, unsigned int arg)
{
	unsigned int region = q == &f->queue[0] ? 0 : NUM_AREAS;

	if (!FUZZ_PACKED) {
		uint16_t idx = q->vq.avail->idx + arg + 1;

		guest_write(f, region + 1, offsetof(struct vring_avail, idx), &idx, sizeof(idx));
		return;
	}
	for (unsigned int i = 0; i <= arg; i++) {
		unsigned int pos = (q->vq.avail_idx + i) % q->vq.size;
		bool wrap = q->vq.avail_wrap ^ (q->vq.avail_idx + i >= q->vq.size);
		uint16_t flags = q->vq.packed_desc[pos].flags & 0x7f7f;

		flags |= wrap ? 1 << VRING_PACKED_DESC_F_AVAIL : 1 << VRING_PACKED_DESC_F_USED;
		guest_write(f, region, pos * 16 + offsetof(struct vring_packed_desc, flags), &flags,
			    sizeof(flags));
	}
}

/* The guest puts a region back to what the input says. */
static void
op_guest_rewrite(struct fuzz *f, unsigned int arg)
{
	if (arg < f->mem.nregions)
		guest_write(f, arg, 0, f->bytes + f->offset[arg], f->mem.region[arg].size);
}

/* Operations on a chain: the last one held, or one to be given away. */
static void
run_chain_op(struct fuzz *f, struct fuzz_queue *q, struct fuzz_queue *other, unsigned int op,
	     unsigned int arg)
{
	if (op == 2 || op == 3)
		op_push(q, arg);
	else if (op == 5)
		op_undo(q, arg);
	else if (op == 6 || op == 7)
		op_bytes(q, arg, op & 1);
	else if (op == 8 && other->nheld > 0)
		op_copy(q, other, arg);
	else if (op == 9)
		op_iov(f, q, arg);
	else if (op == 10)
		op_fill(q, arg);
}

void
fuzz_run_op(struct fuzz *f, uint8_t op)
{
	struct fuzz_queue *q = &f->queue[op >> 4 & 1], *other = &f->queue[!(op >> 4 & 1)];
	unsigned int arg = op >> 5;

	switch (op & 15) {
	case 0:
	case 1:
		op_pop(f, q, arg);
		return;
	case 4:
		op_flush(q, arg);
		return;
	case 11:
		op_kicks(q, arg);
		return;
	case 12:
		op_restart(q);
		return;
	case 13:
		op_guest_rewrite(f, arg);
		return;
	case 14:
	case 15:
		op_guest_avail(f, q, arg);
		return;
	default:
		break;
	}
	if (q->nheld > 0)
		run_chain_op(f, q, other, op & 15, arg);
}
