/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * A driver that looks at the size of its disk, and again whenever the back-end says that the config
 * space has changed:
 *
 *     resize_client SOCKET
 *
 * Prints "capacity N" (sectors) each time; ends when the back-end does.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <linux/virtio_config.h>

#include <foo_guest_front.h>

static struct foo_front front;

static int
start(const char *path)
{
	int rc;

	foo_front_init(&front);
	front.proto_wanted |= 1ULL << FOO_FRONT_P_BACKEND_REQ;
	rc = foo_front_connect(&front, path);
	if (rc == 0)
		rc = foo_front_negotiate(&front, 1ULL << VIRTIO_F_VERSION_1);
	if (rc == 0 && !foo_front_has_proto(&front, FOO_FRONT_P_BACKEND_REQ))
		rc = -ENOTSUP;
	return rc == 0 ? foo_front_open_backend_channel(&front) : rc;
}

static int
print_capacity(void)
{
	uint64_t capacity;
	int rc = foo_front_get_config(&front, 0, &capacity, sizeof(capacity));

	if (rc == 0) {
		printf("capacity %" PRIu64 "\n", capacity);
		fflush(stdout);
	}
	return rc;
}

/* The next change. 0 or -errno. */
static int
await_change(void)
{
	struct foo_front_msg msg;
	int rc;

	do {
		rc = foo_front_recv_backend(&front, &msg);
		if (rc == 0)
			foo_front_msg_close(&msg);
	} while (rc == -ETIMEDOUT || (rc == 0 && msg.request != FOO_FRONT_B_CONFIG_CHANGE_MSG));
	return rc;
}

int
main(int argc, char **argv)
{
	int rc;

	if (argc != 2) {
		fprintf(stderr, "usage: resize_client SOCKET\n");
		return 2;
	}
	rc = start(argv[1]);
	while (rc == 0) {
		rc = print_capacity();
		if (rc == 0)
			rc = await_change();
	}
	fprintf(stderr, "resize_client: %s\n", strerror(-rc));
	foo_front_fini(&front);
	return 1;
}
