/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * A driver for the example device of examples/virtio-foo: sends messages, prints the answers.
 *
 *     echo_client SOCKET split|packed MESSAGE...
 *
 * Prints the longest message that the config space allows, then each answer in a line.
 */
#include <stdio.h>
#include <string.h>

#include <foo_guest_front.h>

#define ROOM 8192

static struct foo_front front;
static struct foo_guest_mem mem;
static struct foo_guest_ring ring;

static int
start(const char *path, uint64_t features)
{
	const struct foo_guest_range range = {.gpa = 0x1000, .size = 1 << 20};
	struct foo_guest_ring_config cfg = {.size = 8, .indirect_max = 4, .kickfd = -1};
	int rc = foo_guest_mem_create(&mem, &range, 1, 0);

	foo_front_init(&front);
	if (rc == 0)
		rc = foo_front_connect(&front, path);
	if (rc == 0)
		rc = foo_front_negotiate(&front, features);
	if (rc == 0)
		rc = foo_front_set_mem(&front, &mem);
	cfg.features = front.features;
	cfg.base = foo_guest_ring_start(front.features);
	if (rc == 0)
		rc = foo_guest_ring_init(&ring, &mem, &cfg);
	return rc == 0 ? foo_front_start_ring(&front, 0, &mem, &ring, -1) : rc;
}

/* Send a message and print the answer; the ring is polled, as nothing else is to be done. */
static int
echo(const char *message)
{
	uint32_t len = (uint32_t)strlen(message);
	struct foo_guest_buf buf[2] = {
		{.gpa = foo_guest_mem_alloc(&mem, len + 1, 1), .len = len},
		{.gpa = foo_guest_mem_alloc(&mem, ROOM, 1),
		 .len = ROOM,
		 .flags = VRING_DESC_F_WRITE},
	};
	char answer[ROOM + 1] = "";
	struct foo_guest_used used;
	int n;

	foo_guest_mem_write(&mem, buf[0].gpa, message, len);
	if (foo_guest_ring_add(&ring, buf, 2, FOO_GUEST_INDIRECT, 0) < 0)
		return -1;
	foo_guest_ring_publish(&ring);
	while ((n = foo_guest_ring_poll(&ring, &used, 1)) == 0)
		continue;
	if (n != 1 || used.len > ROOM)
		return -1;
	foo_guest_mem_read(&mem, buf[1].gpa, answer, used.len);
	printf("%s\n", answer);
	return 0;
}

int
main(int argc, char **argv)
{
	uint64_t packed = argc > 2 && strcmp(argv[2], "packed") == 0;
	uint32_t max = 0;
	int i, rc;

	if (argc < 3) {
		fprintf(stderr, "usage: echo_client SOCKET split|packed MESSAGE...\n");
		return 2;
	}
	rc = start(argv[1], UINT64_C(1) << VIRTIO_F_VERSION_1 | packed << VIRTIO_F_RING_PACKED |
				    UINT64_C(1) << VIRTIO_RING_F_INDIRECT_DESC);
	if (rc == 0)
		rc = foo_front_get_config(&front, 0, &max, sizeof(max));
	if (rc != 0) {
		fprintf(stderr, "echo_client: %s\n", strerror(-rc));
		return 1;
	}
	printf("%u\n", max);
	for (i = 3; i < argc && rc == 0; i++)
		rc = echo(argv[i]);
	foo_front_fini(&front);
	return rc != 0;
}
