/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * The smallest guest: says hello to a vhost-user disk or network card.
 *
 *     guest_hello blk SOCKET     asks the disk for its name (VIRTIO_BLK_T_GET_ID)
 *     guest_hello net SOCKET     sends one packet
 *
 * Builds by itself: cc guest_hello.c $(pkg-config --cflags --libs libdpdk-foo-guest)
 */
#include <stdio.h>
#include <string.h>

#include <linux/virtio_blk.h>
#include <linux/virtio_net.h>

#include <foo_guest.h>

#define WAIT_MS 5000

/* Send a request and wait until the device has used it. */
static int
request(struct foo_guest *g, unsigned int queue, const struct foo_guest_buf *buf, uint16_t n,
	struct foo_guest_used *used)
{
	int rc = foo_guest_send(g, queue, buf, n, 0);

	return rc == 0 ? foo_guest_receive(g, queue, used, WAIT_MS) : rc;
}

static int
hello_blk(struct foo_guest *g)
{
	struct foo_guest_buf buf[3] = {{.len = sizeof(struct virtio_blk_outhdr)},
				       {.len = VIRTIO_BLK_ID_BYTES, .flags = VRING_DESC_F_WRITE},
				       {.len = 1, .flags = VRING_DESC_F_WRITE}};
	struct virtio_blk_outhdr *hdr = foo_guest_alloc(g, buf[0].len, &buf[0].gpa);
	const char *id = foo_guest_alloc(g, buf[1].len, &buf[1].gpa);
	const uint8_t *status = foo_guest_alloc(g, buf[2].len, &buf[2].gpa);
	struct foo_guest_used used;
	int rc;

	hdr->type = VIRTIO_BLK_T_GET_ID;
	rc = request(g, 0, buf, 3, &used);
	if (rc == 0)
		printf("disk '%.20s': status %u, %u bytes written\n", id, *status, used.len);
	return rc;
}

static int
hello_net(struct foo_guest *g)
{
	static const char packet[60] = "\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\1\x88\xb5hello";
	struct foo_guest_buf buf = {.len = sizeof(struct virtio_net_hdr_v1) + sizeof(packet)};
	char *va = foo_guest_alloc(g, buf.len, &buf.gpa);
	struct foo_guest_used used;
	int rc;

	memcpy(va + sizeof(struct virtio_net_hdr_v1), packet, sizeof(packet));
	rc = request(g, 1, &buf, 1, &used);
	if (rc == 0)
		printf("packet of %zu bytes taken\n", sizeof(packet));
	return rc;
}

int
main(int argc, char **argv)
{
	struct foo_guest_config cfg = {.features = 1ULL << VIRTIO_RING_F_EVENT_IDX,
				       .required = 1ULL << VIRTIO_F_VERSION_1};
	struct foo_guest g;
	char names[256];
	int rc;

	if (argc != 3 || (strcmp(argv[1], "blk") != 0 && strcmp(argv[1], "net") != 0)) {
		fprintf(stderr, "usage: guest_hello blk|net SOCKET\n");
		return 2;
	}
	cfg.path = argv[2];
	cfg.nqueues = argv[1][0] == 'n' ? 2 : 1;
	if (foo_guest_open(&g, &cfg) != 0) {
		fprintf(stderr, "guest_hello: %s\n", g.error);
		return 1;
	}
	printf("negotiated %s\n",
	       foo_guest_feature_names(FOO_GUEST_ANY, g.features, names, sizeof(names)));
	rc = argv[1][0] == 'n' ? hello_net(&g) : hello_blk(&g);
	if (rc != 0)
		fprintf(stderr, "guest_hello: %s\n", strerror(-rc));
	foo_guest_close(&g);
	return rc != 0;
}
