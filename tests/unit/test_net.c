/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Packets from guest to guest on one lcore: any cut, any buffers, hostile headers.
 */
#include <string.h>

#include "net_fixture.h"

static void
check_sizes(uint64_t features)
{
	const uint32_t sizes[] = {14, 15, 60, 63, 64, 65, 127, 128, 1499, 1500, 1514, 2036};
	struct fx_setup s = {.features = {features, features}};
	uint32_t i, len;

	fx_start(&s);
	for (i = 0; i < RTE_DIM(sizes); i++) {
		fx_post_many(P1, 1, 2048);
		len = fx_packet(out, HDR, sizes[i], (uint8_t)i);
		fx_send(P0, out, len);
		assert_int_equal(fx_poll(), 1);
		expect_packet(out + HDR, sizes[i], HDR);
		assert_int_equal(((struct virtio_net_hdr_v1 *)in)->num_buffers, 1);
		assert_int_equal(fx_sent(P0), 1);
	}
	assert_int_equal(fx_stats(P0, 1).packets, RTE_DIM(sizes));
	assert_int_equal(fx_stats(P1, 0).packets, RTE_DIM(sizes));
	assert_int_equal(fx_stats(P1, 0).copied_bytes, fx_stats(P0, 1).bytes);
	fx_stop();
}

static void
sizes_split(void **state)
{
	(void)state;
	check_sizes(FX_MODERN);
}

static void
sizes_packed(void **state)
{
	(void)state;
	check_sizes(FX_PACKED);
}

/** A header that is in the buffer already is not written; a wrong one is, wherever it stands. */
static void
stale_headers(void **state)
{
	struct fx_setup s = {.features = {FX_MRG, FX_MRG}};
	const struct virtio_net_hdr_v1 good = {.num_buffers = 1};
	uint32_t pad, len, scribble, size = 200;

	(void)state;
	fx_start(&s);
	len = fx_packet(out, HDR, 100, 9);
	/* the first packet of a burst takes the long way, so two of them */
	for (pad = 1; pad <= 64; pad++) {
		for (scribble = 0; scribble <= HDR; scribble++) {
			foo_guest_mem_alloc(&P1->mem, pad, 64);
			for (uint16_t i = 0; i < 2; i++) {
				uint8_t buffer[HDR];

				fx_post(P1, 0, &size, 1, i);
				memcpy(buffer, &good, HDR);
				if (scribble < HDR)
					buffer[scribble] ^= 0x81;
				assert_int_equal(foo_guest_mem_write(&P1->mem, P1->rx[i][0].gpa,
								     buffer, HDR),
						 0);
				fx_send(P0, out, len);
			}
			assert_int_equal(fx_poll(), 2);
			for (uint16_t i = 0; i < 2; i++) {
				expect_packet(out + HDR, 100, HDR);
				assert_memory_equal(in, &good, HDR);
			}
			assert_int_equal(fx_sent(P0), 2);
		}
	}
	fx_stop();
}

static void
cut_anywhere(void **state)
{
	struct fx_setup s = {.features = {FX_MRG, FX_MODERN}};
	uint32_t len, a, b, tx_cut[2], rx_cut[3];

	(void)state;
	fx_start(&s);
	len = fx_packet(out, HDR, 64, 3);
	for (a = 1; a < HDR + 16; a++) {
		for (b = 1; b < HDR + 16; b += 5) {
			tx_cut[0] = a;
			tx_cut[1] = b;
			rx_cut[0] = b;
			rx_cut[1] = a;
			rx_cut[2] = 200;
			fx_post(P1, 0, rx_cut, 3, 0);
			fx_send_cut(P0, 0, out, len, tx_cut, 2);
			assert_int_equal(fx_poll(), 1);
			expect_packet(out + HDR, 64, HDR);
			assert_int_equal(fx_sent(P0), 1);
		}
	}
	fx_stop();
}

static void
runts(void **state)
{
	struct fx_setup s = {.features = {FX_MRG, FX_MRG}};
	uint32_t len;

	(void)state;
	fx_start(&s);
	fx_post_many(P1, 4, 2048);
	memset(out, 0, 64);
	for (len = 1; len < HDR + 14; len++) {
		fx_send(P0, out, len);
		fx_poll();
		assert_int_equal(fx_sent(P0), 1);
	}
	assert_int_equal(fx_stats(P0, 1).drops[FOO_NET_DROP_TOO_SHORT], HDR + 13);
	/* a chain with nothing to read */
	assert_true(foo_guest_ring_add(&P0->ring[1],
				       &(struct foo_guest_buf){.gpa = 0x100000,
							       .len = 8,
							       .flags = VRING_DESC_F_WRITE},
				       1, FOO_GUEST_DIRECT, 0) >= 0);
	/* and one outside memory */
	assert_true(foo_guest_ring_add(&P0->ring[1], &(struct foo_guest_buf){.gpa = 0, .len = 64},
				       1, FOO_GUEST_DIRECT, 0) >= 0);
	foo_guest_ring_publish(&P0->ring[1]);
	fx_poll();
	assert_int_equal(fx_sent(P0), 2);
	assert_int_equal(fx_stats(P0, 1).drops[FOO_NET_DROP_BAD_CHAIN], 2);
	assert_int_equal(fx_receive(P1, 0, in, sizeof(in)), -1);
	len = fx_packet(out, HDR, 60, 1);
	fx_send(P0, out, len);
	fx_poll();
	expect_packet(out + HDR, 60, HDR);
	fx_stop();
}

#define FX_SENDER (FX_MRG | FX_BIT(VIRTIO_NET_F_CSUM) | FX_BIT(VIRTIO_NET_F_HOST_TSO4))
#define FX_RECEIVER (FX_MRG | FX_BIT(VIRTIO_NET_F_GUEST_CSUM) | FX_BIT(VIRTIO_NET_F_GUEST_TSO4))

static void
put_header(struct virtio_net_hdr_v1 hdr, uint32_t payload)
{
	fx_packet(out, HDR, payload, 9);
	memcpy(out, &hdr, sizeof(hdr));
	fx_send(P0, out, HDR + payload);
	fx_poll();
	assert_int_equal(fx_sent(P0), 1);
}

static void
wild_headers(void **state)
{
	const struct virtio_net_hdr_v1 bad[] = {
		{.flags = 1, .csum_start = 0xffff, .csum_offset = 0xffff},
		{.flags = 1, .csum_start = 99, .csum_offset = 0},
		{.flags = 1, .csum_start = 0, .csum_offset = 99},
		{.gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .gso_size = 1000},
		{.flags = 1,
		 .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
		 .csum_start = 34,
		 .csum_offset = 16},
		{.flags = 1,
		 .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
		 .csum_start = 34,
		 .csum_offset = 16,
		 .gso_size = 1000,
		 .hdr_len = 101},
		{.flags = 1,
		 .gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
		 .csum_start = 2,
		 .csum_offset = 16,
		 .gso_size = 1000},
		{.flags = 1,
		 .gso_type = VIRTIO_NET_HDR_GSO_TCPV6,
		 .csum_start = 34,
		 .csum_offset = 16,
		 .gso_size = 1000},
		{.flags = 1, .gso_type = 0x7f, .csum_start = 34, .csum_offset = 16, .gso_size = 10},
		{.flags = 1, .gso_type = 2, .csum_start = 34, .csum_offset = 16, .gso_size = 10},
		{.flags = 1,
		 .gso_type = VIRTIO_NET_HDR_GSO_ECN,
		 .csum_start = 34,
		 .csum_offset = 16},
	};
	struct fx_setup s = {.features = {FX_SENDER, FX_RECEIVER}};
	uint32_t i;

	(void)state;
	fx_start(&s);
	fx_post_many(P1, 4, 2048);
	for (i = 0; i < RTE_DIM(bad); i++) {
		put_header(bad[i], 100);
		assert_int_equal(fx_stats(P0, 1).drops[FOO_NET_DROP_BAD_HEADER], i + 1);
	}
	assert_int_equal(fx_receive(P1, 0, in, sizeof(in)), -1);
	fx_stop();
	/* what a sender without offloads writes there says nothing */
	s.features[0] = FX_MRG;
	fx_start(&s);
	fx_post_many(P1, 1, 2048);
	put_header((struct virtio_net_hdr_v1){.flags = 1, .csum_start = 34, .csum_offset = 16},
		   100);
	expect_packet(out + HDR, 100, HDR);
	assert_memory_equal(in, (&(struct virtio_net_hdr_v1){.num_buffers = 1}), HDR);
	fx_stop();
}

static void
offloads_pass(void **state)
{
	struct virtio_net_hdr_v1 hdr = {.flags = 1 | VIRTIO_NET_HDR_F_DATA_VALID,
					.gso_type = VIRTIO_NET_HDR_GSO_TCPV4,
					.csum_start = 34,
					.csum_offset = 16,
					.gso_size = 1000,
					.hdr_len = 54,
					.num_buffers = 77};
	struct fx_setup s = {.features = {FX_SENDER, FX_RECEIVER}};
	struct virtio_net_hdr_v1 got;

	(void)state;
	fx_start(&s);
	fx_post_many(P1, 3, 2048);
	put_header(hdr, 1900);
	expect_packet(out + HDR, 1900, HDR);
	memcpy(&got, in, sizeof(got));
	hdr.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM; /* the other flag is not a driver's to set */
	hdr.num_buffers = 1;
	assert_memory_equal(&got, &hdr, sizeof(got));
	fx_stop();
	/* a receiver without TSO cannot be given it */
	s.features[1] = FX_MRG | FX_BIT(VIRTIO_NET_F_GUEST_CSUM);
	fx_start(&s);
	fx_post_many(P1, 3, 2048);
	put_header(hdr, 1900);
	assert_int_equal(fx_stats(P1, 0).drops[FOO_NET_DROP_OFFLOAD], 1);
	fx_stop();
}

/** Ones' complement sum of big-endian words, by the book. */
static uint16_t
book_sum(const uint8_t *p, uint32_t len)
{
	uint32_t sum = 0, i;

	for (i = 0; i < len; i++) {
		sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)sum;
}

static void
checksum_in_software(void **state)
{
	const uint32_t small = 40, sizes[] = {60, 61, 255, 256, 257, 1000, 1001};
	struct virtio_net_hdr_v1 hdr = {.flags = 1, .csum_start = 34, .csum_offset = 16};
	struct fx_setup s = {.features = {FX_SENDER, FX_MRG}};
	uint32_t i, len, got, sum;
	int n;

	(void)state;
	for (i = 0; i < RTE_DIM(sizes); i++) {
		fx_start(&s);
		len = sizes[i];
		fx_post_many(P1, FX_RING, small);
		fx_packet(out, HDR, len, 9);
		memcpy(out, &hdr, sizeof(hdr));
		fx_send(P0, out, HDR + len);
		fx_poll(); /* this one learns how small the buffers are */
		fx_poll();
		for (got = 0; got < HDR + len; got += (uint32_t)n) {
			n = fx_receive(P1, 0, in + got, sizeof(in) - got);
			assert_true(n > 0);
		}
		assert_int_equal(in[0], 0);
		/* the covered bytes and what the sender had put into the field (the pseudo
		 * header's sum) add up to all ones */
		sum = (uint32_t)book_sum(in + HDR + 34, len - 34) + book_sum(out + HDR + 50, 2);
		assert_int_equal((sum & 0xffff) + (sum >> 16), 0xffff);
		memcpy(in + HDR + 50, out + HDR + 50, 2);
		assert_memory_equal(in + HDR, out + HDR, len);
		assert_int_equal(fx_stats(P1, 0).sw_checksums, 1);
		assert_int_equal(fx_stats(P1, 0).copied_bytes, len);
		fx_stop();
	}
}

static void
bad_receive_buffers(void **state)
{
	const uint32_t bad[] = {1, 11, 12};
	struct fx_setup s = {.features = {FX_MODERN, FX_MODERN}};
	uint32_t i, len = 2048;

	(void)state;
	fx_start(&s);
	for (i = 0; i < RTE_DIM(bad); i++)
		fx_post(P1, 0, &bad[i], 1, i);
	/* a readable descriptor where a writable one belongs */
	assert_true(foo_guest_ring_add(&P1->ring[0],
				       &(struct foo_guest_buf){.gpa = 0x100000, .len = 2048}, 1,
				       FOO_GUEST_DIRECT, 3) >= 0);
	foo_guest_ring_publish(&P1->ring[0]);
	fx_post(P1, 0, &len, 1, 4);
	len = fx_packet(out, HDR, 100, 5);
	for (i = 0; i < 8 && fx_stats(P1, 0).packets == 0; i++) {
		fx_send(P0, out, len);
		fx_poll();
	}
	for (i = 0; i < 4; i++)
		assert_int_equal(fx_receive(P1, 0, in, sizeof(in)), 0);
	expect_packet(out + HDR, 100, HDR);
	assert_int_equal(fx_stats(P1, 0).drops[FOO_NET_DROP_RX_BUFFER], 4);
	fx_stop();
}

static void
mergeable_buffers(void **state)
{
	struct fx_setup s = {.features = {FX_MRG, FX_MRG}};
	uint32_t len, part = 300, got = 0, pieces = 0, i;
	int n;

	(void)state;
	fx_start(&s);
	fx_post_many(P1, FX_RING, part);
	len = fx_packet(out, HDR, 9000, 5);
	fx_send(P0, out, len);
	for (i = 0; i < 3; i++) /* the first poll learns how small the buffers are */
		fx_poll();
	assert_int_equal(fx_sent(P0), 1);
	while ((n = fx_receive(P1, 0, in + got, sizeof(in) - got)) > 0) {
		got += (uint32_t)n;
		pieces++;
	}
	assert_int_equal(got, len);
	assert_int_equal(((struct virtio_net_hdr_v1 *)in)->num_buffers, pieces);
	assert_int_equal(pieces, (len + part - 1) / part);
	assert_memory_equal(in + HDR, out + HDR, 9000);
	/* what is left of the ring cannot hold another, and both sides go on */
	fx_send(P0, out, len);
	for (i = 0; i < 3; i++)
		fx_poll();
	assert_int_equal(fx_sent(P0), 1);
	assert_int_equal(fx_stats(P1, 0).drops[FOO_NET_DROP_RING_FULL] + fx_stats(P1, 0).packets,
			 2);
	fx_stop();
}

static void
too_big(void **state)
{
	struct fx_setup s = {.features = {FX_MODERN, FX_MODERN}};
	uint32_t len;

	(void)state;
	fx_start(&s);
	fx_post_many(P1, 2, 1000);
	len = fx_packet(out, HDR, 989, 5);
	fx_send(P0, out, len);
	fx_poll();
	assert_int_equal(fx_stats(P1, 0).drops[FOO_NET_DROP_TOO_BIG], 1);
	len = fx_packet(out, HDR, 988, 5);
	fx_send(P0, out, len);
	fx_poll();
	expect_packet(out + HDR, 988, HDR); /* into the buffer that the other did not get */
	fx_stop();
	/* mergeable, and yet more than one burst of buffers can hold */
	s.features[1] = FX_MRG;
	fx_start(&s);
	fx_post_many(P1, FX_RING, 20);
	len = fx_packet(out, HDR, 1400, 5);
	fx_send(P0, out, len);
	for (len = 0; len < 4; len++)
		fx_poll();
	assert_int_equal(fx_sent(P0), 1);
	assert_int_equal(fx_stats(P1, 0).drops[FOO_NET_DROP_TOO_BIG], 1);
	fx_stop();
}

/** The whole ring is too small for the packet: it is not waited for, with back-pressure neither. */
static void
check_ring_too_small(uint64_t features, enum foo_net_placement placement)
{
	struct fx_setup s = {.features = {features, features},
			     .ring = 32,
			     .conf = {.overload = FOO_NET_BACKPRESSURE, .placement = placement}};
	uint32_t len;

	fx_start(&s);
	fx_post_many(P1, 31, 20);
	len = fx_packet(out, HDR, 1400, 5);
	fx_send(P0, out, len);
	for (len = 0; len < 4; len++)
		fx_poll();
	assert_int_equal(fx_sent(P0), 0); /* another buffer may come */
	fx_post(P1, 0, &(uint32_t){20}, 1, 31);
	for (len = 0; len < 4; len++)
		fx_poll();
	assert_int_equal(fx_sent(P0), 1);
	assert_int_equal(fx_stats(P1, 0).drops[FOO_NET_DROP_TOO_BIG], 1);
	len = fx_packet(out, HDR, 500, 6);
	fx_send(P0, out, len);
	for (len = 0; len < 4; len++)
		fx_poll();
	assert_int_equal(fx_stats(P1, 0).packets, 1);
	assert_int_equal(fx_sent(P0), 1);
	fx_stop();
}

/** The same with buffers of three descriptors each, of which the ring holds ten: two are left. */
static void
check_chains_too_small(uint64_t features, enum foo_net_placement placement)
{
	struct fx_setup s = {.features = {features, features},
			     .ring = 32,
			     .conf = {.overload = FOO_NET_BACKPRESSURE, .placement = placement}};
	struct foo_guest_buf buf[3];
	uint32_t len, i, k;

	fx_start(&s);
	len = fx_packet(out, HDR, 1400, 5);
	fx_send(P0, out, len);
	for (i = 0; i < 10; i++) {
		for (k = 0; k < 4; k++)
			fx_poll();
		assert_int_equal(fx_sent(P0), 0); /* another buffer may come */
		for (k = 0; k < 3; k++)
			buf[k] = (struct foo_guest_buf){foo_guest_mem_alloc(&P1->mem, 20, 1), 20,
							VRING_DESC_F_WRITE};
		assert_true(foo_guest_ring_add(&P1->ring[0], buf, 3, FOO_GUEST_DIRECT, i) >= 0);
		foo_guest_ring_publish(&P1->ring[0]);
	}
	for (k = 0; k < 4; k++)
		fx_poll();
	assert_int_equal(fx_sent(P0), 1);
	assert_int_equal(fx_stats(P1, 0).drops[FOO_NET_DROP_TOO_BIG], 1);
	fx_stop();
}

static void
ring_too_small(void **state)
{
	(void)state;
	check_ring_too_small(FX_MRG, FOO_NET_PLACE_FLOW);
	check_ring_too_small(FX_PACKED | FX_BIT(VIRTIO_NET_F_MRG_RXBUF), FOO_NET_PLACE_FLOW);
	check_ring_too_small(FX_MRG, FOO_NET_PLACE_SPREAD);
	check_chains_too_small(FX_MRG, FOO_NET_PLACE_FLOW);
	check_chains_too_small(FX_PACKED, FOO_NET_PLACE_FLOW);
	check_chains_too_small(FX_MRG, FOO_NET_PLACE_SPREAD);
}

/** What the sender did wrong is counted at its port, whichever lcore found it out. */
static void
check_blame(enum foo_net_placement placement)
{
	struct fx_setup s = {.features = {FX_SENDER, FX_RECEIVER},
			     .conf = {.placement = placement}};
	struct virtio_net_hdr_v1 bad = {.flags = 1, .csum_start = 0xffff};
	struct foo_net_port_stats port;
	uint32_t len, i;

	fx_start(&s);
	fx_post_many(P1, 4, 2048);
	len = fx_packet(out, HDR, 60, 1);
	fx_send(P0, out, len);
	memcpy(out, &bad, HDR);
	fx_send(P0, out, len);
	fx_send(P0, out, HDR + 5);
	fx_packet(out, HDR, 60, 1);
	fx_send(P0, out, len);
	for (i = 0; i < 3; i++)
		fx_poll();
	assert_int_equal(fx_sent(P0), 4);
	assert_int_equal(fx_stats(P0, 1).drops[FOO_NET_DROP_BAD_HEADER], 1);
	assert_int_equal(fx_stats(P0, 1).drops[FOO_NET_DROP_TOO_SHORT], 1);
	foo_net_port_stats_get(P0->dev, &port);
	assert_int_equal(port.rx_errors, 2);
	foo_net_port_stats_get(P1->dev, &port);
	assert_int_equal(port.tx_packets, 2);
	assert_int_equal(port.tx_errors, 0);
	fx_stop();
}

static void
blame(void **state)
{
	(void)state;
	check_blame(FOO_NET_PLACE_FLOW);
	check_blame(FOO_NET_PLACE_SPREAD);
}

/** A chain may describe gigabytes; a packet is refused before anything is copied. */
static void
enormous(void **state)
{
	struct fx_setup s = {.features = {FX_MRG, FX_MRG}};
	struct foo_guest_buf buf = {.gpa = 0x100000, .len = HDR + 65558};

	(void)state;
	fx_start(&s);
	fx_post_many(P1, 1, 70000);
	assert_true(foo_guest_ring_add(&P0->ring[1], &buf, 1, FOO_GUEST_DIRECT, 0) >= 0);
	foo_guest_ring_publish(&P0->ring[1]);
	fx_poll();
	assert_int_equal(fx_sent(P0), 1);
	assert_int_equal(fx_stats(P0, 1).drops[FOO_NET_DROP_TOO_BIG], 1);
	buf.len--;
	assert_true(foo_guest_ring_add(&P0->ring[1], &buf, 1, FOO_GUEST_DIRECT, 0) >= 0);
	foo_guest_ring_publish(&P0->ring[1]);
	fx_poll();
	assert_int_equal(fx_receive(P1, 0, in, sizeof(in)), HDR + 65557);
	fx_stop();
}

static void
legacy_header(void **state)
{
	const uint64_t legacy = FX_BIT(VIRTIO_RING_F_INDIRECT_DESC);
	struct fx_setup s = {.features = {legacy, FX_MODERN}};
	uint32_t len;

	(void)state;
	fx_start(&s);
	fx_post_many(P1, 2, 2048);
	fx_post_many(P0, 2, 2048);
	len = fx_packet(out, 10, 60, 1);
	fx_send(P0, out, len);
	fx_poll();
	expect_packet(out + 10, 60, 12);
	len = fx_packet(out, 12, 70, 2);
	fx_send(P1, out, len);
	fx_poll();
	assert_int_equal(fx_receive(P0, 0, in, sizeof(in)), 80);
	assert_memory_equal(in + 10, out + 12, 70);
	fx_stop();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(sizes_split, fx_teardown),
		cmocka_unit_test_teardown(sizes_packed, fx_teardown),
		cmocka_unit_test_teardown(stale_headers, fx_teardown),
		cmocka_unit_test_teardown(cut_anywhere, fx_teardown),
		cmocka_unit_test_teardown(runts, fx_teardown),
		cmocka_unit_test_teardown(wild_headers, fx_teardown),
		cmocka_unit_test_teardown(offloads_pass, fx_teardown),
		cmocka_unit_test_teardown(checksum_in_software, fx_teardown),
		cmocka_unit_test_teardown(bad_receive_buffers, fx_teardown),
		cmocka_unit_test_teardown(mergeable_buffers, fx_teardown),
		cmocka_unit_test_teardown(too_big, fx_teardown),
		cmocka_unit_test_teardown(ring_too_small, fx_teardown),
		cmocka_unit_test_teardown(blame, fx_teardown),
		cmocka_unit_test_teardown(enormous, fx_teardown),
		cmocka_unit_test_teardown(legacy_header, fx_teardown),
	};

	return cmocka_run_group_tests(tests, fx_group_setup, NULL);
}
