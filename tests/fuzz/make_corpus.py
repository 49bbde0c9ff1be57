#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 dpdk-foo contributors
"""Writes the inputs that fuzz_vq.c starts from, always the same ones.

usage: make_corpus.py FOLDER

Makes FOLDER/vq_split and FOLDER/vq_packed. An input is a header (see struct
input_header in fuzz_vq.c) and a guest's memory: for each of two queues its
Descriptor, Driver and Device Area, then data. The well-formed inputs lead the fuzzer
into every part of the code; the others each start from one kind of hostile ring.
Inputs found by fuzzing that once broke something are kept beside these, under names
that start with "found-".
"""
import os
import struct
import sys

NEXT, WRITE, INDIRECT = 1, 2, 4
EVENT_IDX, TABLES, IN_ORDER, LOG, GAP, NO_CALLFD, READ_ONLY = 1, 2, 4, 8, 16, 32, 64
TRACKED = 0x8000  # in the header's spare word
NUM_OPS = 40

# operations: what; which queue and how much are added by op()
POP, PUSH, FLUSH, UNDO, READ, WRITE_OP, COPY, IOV, FILL, KICKS, RESTART, REWRITE, AVAIL = \
    0, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14


def op(what, queue=0, arg=0):
    return what | queue << 4 | arg << 5


# every operation at least once, both queues
ALL = [op(KICKS, 0, 1), op(KICKS, 1, 0), op(POP, 0, 5), op(POP, 1, 5), op(READ, 0, 2),
       op(WRITE_OP, 0, 3), op(COPY, 0, 2), op(COPY, 1, 0), op(IOV, 0, 3), op(FILL, 0, 1),
       op(UNDO, 0, 1), op(POP, 0, 1), op(PUSH, 0, 7), op(PUSH, 0, 3), op(FLUSH, 0, 0),
       op(PUSH, 1, 1), op(FLUSH, 1, 7), op(REWRITE, 0, 0), op(AVAIL, 0, 3), op(POP, 0, 3),
       op(READ, 0, 7), op(PUSH, 0, 1), op(PUSH, 0, 1), op(FLUSH, 0, 0), op(KICKS, 0, 1),
       op(RESTART, 0), op(AVAIL, 0, 7), op(POP, 0, 6), op(WRITE_OP, 0, 0), op(UNDO, 0, 7)]
# a long steady run over the ring's end
STEADY = [op(POP, 0, 1), op(PUSH, 0, 1), op(PUSH, 0, 1), op(FLUSH, 0, 0), op(AVAIL, 0, 1)] * 8


class Queue:
    """The areas of one queue, built descriptor by descriptor."""

    def __init__(self, packed, size, base, event_idx):
        self.packed, self.size, self.event_idx = packed, size, event_idx
        self.desc = bytearray(16 * size)
        self.heads = []
        self.pos, self.wrap = (base & 0x7fff) % size, base >> 15
        self.base, self.next_desc = base, 0

    def raw(self, slot, addr, length, flags, last):
        fields = (last, flags) if self.packed else (flags, last)
        struct.pack_into('<QIHH', self.desc, 16 * slot, addr, length, *fields)

    def chain(self, *bufs):
        """A chain of (address, length, flags); the last one's flags are taken as given."""
        self.heads.append(self.next_desc % self.size)
        for i, (addr, length, flags) in enumerate(bufs):
            if i + 1 < len(bufs):
                flags |= NEXT
            if self.packed:
                flags |= 0x80 if self.wrap else 0x8000
                self.raw(self.pos, addr, length, flags, len(self.heads) - 1)
                self.pos += 1
                if self.pos == self.size:
                    self.pos, self.wrap = 0, self.wrap ^ 1
            else:
                slot = self.next_desc % self.size
                self.next_desc += 1
                self.raw(slot, addr, length, flags, self.next_desc % self.size)

    def areas(self):
        if self.packed:
            return bytes(self.desc) + struct.pack('<HHHH', 0x8000, 2 if self.event_idx else 0, 0, 0)
        ring = [0] * self.size
        for i, head in enumerate(self.heads):
            ring[(self.base + i) % self.size] = head
        avail = struct.pack('<HH', 0, (self.base + len(self.heads)) & 0xffff)
        avail += struct.pack(f'<{self.size}H', *ring)
        used = struct.pack('<HH', 0, self.base) + bytes(8 * self.size)
        event = struct.pack('<H', self.base) if self.event_idx else b''
        return bytes(self.desc) + avail + event + used + event


def table(packed, *bufs):
    """An indirect table."""
    out = b''
    for i, (addr, length, flags) in enumerate(bufs):
        if packed:
            out += struct.pack('<QIHH', addr, length, 0, flags)
        else:
            flags |= NEXT if i + 1 < len(bufs) else 0
            out += struct.pack('<QIHH', addr, length, flags, i + 1)
    return out


def region(packed, size, gpa):
    """A region of the in-flight table, in use: the first descriptor of the ring is in flight."""
    if not packed:
        desc = [struct.pack('<B5xHQ', 1 if i == 0 else 0, 0, 7) for i in range(size)]
        out = struct.pack('<QHHHH', 0, 1, size, 0, 0) + b''.join(desc)
    else:
        first = (gpa, 12, 0, 0x80)
        desc = [struct.pack('<BxHHHQHHIQ', 1 if i == 0 else 0, i + 1, 0, 1 if i == 0 else 0, 7,
                            first[2], first[3], first[1], first[0]) for i in range(size)]
        out = struct.pack('<QHHHHHHBB2xQ', 0, 1, size, 1, 1, 0, 0, 1, 1, 0) + b''.join(desc)
    return out.ljust((len(out) + 63) // 64 * 64, b'\0')


class Corpus:
    """One format's inputs."""

    def __init__(self, folder, packed):
        self.folder = os.path.join(folder, 'vq_packed' if packed else 'vq_split')
        self.packed = packed
        os.makedirs(self.folder, exist_ok=True)

    def data_gpa(self, size, flags):
        """Where the first data area starts: behind the rings of both queues."""
        queue = Queue(self.packed, size, 0, flags & EVENT_IDX)
        return 2 * len(queue.areas())

    def add(self, name, build, size=8, flags=TABLES, base=None, ops=(), data=256, spare=0):
        """build(queue, gpa) adds the chains of either queue; returns data bytes or None."""
        if base is None:
            base = 0x8000 if self.packed else 0
        gpa = self.data_gpa(size, flags)
        memory, content = b'', b''
        for _ in range(2):
            queue = Queue(self.packed, size, base, flags & EVENT_IDX)
            content = build(queue, gpa) or b''
            memory += queue.areas()
        selector = size - 1 if self.packed else size.bit_length() - 1
        ops = (list(ops or ALL) + [op(POP)] * NUM_OPS)[:NUM_OPS]
        header = struct.pack('<BBHHH', selector, flags, base, base, spare) + bytes(ops)
        with open(os.path.join(self.folder, name), 'wb') as file:
            file.write(header + memory + content.ljust(data, b'\x5a'))

    def valid(self):
        packed = self.packed

        def simple(q, gpa):
            for i in range(q.size):
                q.chain((gpa + 8 * i, 8, WRITE if i & 1 else 0))

        def chains(q, gpa):
            q.chain((gpa, 12, 0), (gpa + 12, 50, 0), (gpa + 64, 10, WRITE))
            q.chain((gpa, 1, 0), (gpa + 1, 0, 0), (gpa + 5, 3, WRITE), (gpa + 9, 30, WRITE))
            q.chain((gpa + 100, 5, WRITE))

        def tables(q, gpa):
            q.chain((gpa, 48, INDIRECT))
            q.chain((gpa + 100, 4, 0), (gpa, 48, INDIRECT | WRITE))
            return table(packed, (gpa + 64, 7, 0), (gpa + 71, 9, 0), (gpa + 80, 64, WRITE))

        def spanning(q, gpa):
            q.chain((gpa + 120, 16, 0), (gpa - 8, 16, WRITE))
            q.chain((gpa + 112, 32, INDIRECT))
            return bytes(112) + table(packed, (gpa, 200, 0), (gpa + 8, 8, WRITE))

        for size in [1, 2, 8, 32] + ([3, 7, 13] if packed else []):
            self.add(f'simple-{size}', simple, size=size)
        late = 0x8006 if packed else 0xfffb
        self.add('simple-wraps', simple, base=late, ops=STEADY)
        self.add('simple-events-wraps', simple, base=late, flags=EVENT_IDX, ops=STEADY)
        self.add('simple-in-order', simple, flags=IN_ORDER | EVENT_IDX)
        self.add('simple-log', simple, flags=LOG | EVENT_IDX)
        self.add('chains', chains)
        self.add('tracked', lambda q, gpa: (q.chain((gpa, 12, 0)),
                                            region(packed, q.size, gpa))[1], data=0, spare=TRACKED)
        self.add('chains-tracked', chains, flags=TABLES | LOG, spare=TRACKED,
                 ops=[op(POP, arg=2), op(PUSH, arg=1), op(FLUSH), op(RESTART), op(POP, arg=2)])
        self.add('chains-log-gap', chains, flags=LOG | GAP)
        self.add('tables', tables)
        self.add('tables-events', tables, flags=EVENT_IDX | TABLES | NO_CALLFD)
        self.add('tables-read-only', tables, flags=READ_ONLY | TABLES)
        self.add('spanning', spanning)
        self.add('spanning-log', spanning, flags=TABLES | LOG)
        self.add('empty', lambda q, gpa: None, ops=[op(AVAIL, 0, 7), op(AVAIL, 1, 7)] + ALL)

    def hostile_chains(self):
        high = (1 << 64) - 8

        def one(name, *bufs, flags=TABLES):
            self.add(name, lambda q, gpa: q.chain(*[(gpa + a if a >= 0 else -a, n, f)
                                                    for a, n, f in bufs]), flags=flags)

        one('addr-wraps', (-high, 16, 0))
        one('addr-last-byte', (-(high + 7), 1, 0))
        one('addr-unmapped', (0, 4, 0), (100000, 4, WRITE))
        one('addr-past-region', (250, 16, WRITE))
        one('addr-in-gap', (100, 100, WRITE), flags=GAP)
        one('len-total', (0, 0xffffffff, 0), (0, 0xffffffff, 0))
        one('read-after-write', (0, 4, WRITE), (8, 4, 0))
        one('indirect-len', (0, 17, INDIRECT))
        one('indirect-empty', (0, 0, INDIRECT))
        one('indirect-long', (0, 16 * 9, INDIRECT))
        one('indirect-feature', (0, 32, INDIRECT), flags=0)
        one('indirect-next', (0, 16, INDIRECT), (0, 4, 0))
        one('next-at-end', (0, 4, NEXT))
        one('ring-as-buffer', (-1, 15, 0), (-16, 64, WRITE))

    def hostile_rings(self):
        packed = self.packed

        def nested(q, gpa):
            q.chain((gpa, 32, INDIRECT))
            return table(packed, (gpa, 4, 0), (gpa, 16, INDIRECT))

        def table_loop(q, gpa):
            q.chain((gpa, 16, INDIRECT))
            return table(packed, (gpa, 4, NEXT))

        def endless(q, gpa):
            for slot in range(q.size):
                wrap = 0x80 if packed else 0
                q.raw(slot, gpa, 4, NEXT | wrap, (slot + 1) % q.size)
            q.heads = [0]

        def repeated(q, gpa):
            q.chain((gpa, 4, 0))
            q.heads = [0] * 5
            if packed:
                for slot in range(5):
                    q.raw(slot, gpa, 4, 0x80, 0xffff)

        self.add('nested', nested)
        self.add('table-loop', table_loop)
        self.add('endless', endless)
        self.add('repeated', repeated, flags=IN_ORDER)
        if not packed:
            def out_of_range(q, gpa):
                q.chain((gpa, 4, 0))
                q.heads.append(q.size)

            def jump(q, gpa):
                q.heads = [0] * (2 * q.size)

            self.add('head-range', out_of_range)
            self.add('avail-jump', jump)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for packed in False, True:
        corpus = Corpus(sys.argv[1], packed)
        corpus.valid()
        corpus.hostile_chains()
        corpus.hostile_rings()


if __name__ == '__main__':
    main()
