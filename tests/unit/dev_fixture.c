/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <stdio.h>

#include <rte_eal.h>

#include <foo_lcore.h>

#include "dev_fixture.h"

int
dev_start(const char *lcores)
{
	const char *const args[] = {
		"test", "--no-huge",      "--no-pci", "--no-shconf", "-m",
		"128",  "--no-telemetry", "--lcores", lcores,        "--log-level=lib.eal:error"};
	char *argv[RTE_DIM(args)];
	struct foo_error err = {""};

	for (size_t i = 0; i < RTE_DIM(args); i++)
		argv[i] = (char *)(uintptr_t)args[i];
	if (rte_eal_init(RTE_DIM(argv), argv) < 0 || foo_class_seal(&err) != 0) {
		print_error("cannot start: %s\n", err.text);
		return -1;
	}
	return foo_lcore_init(FOO_IDLE_ADAPTIVE);
}

int
dev_create(struct foo_device **dev, const char *name, const char *args, struct foo_error *err)
{
	char all[512];
	int rc;

	snprintf(all, sizeof(all), "iface=/nowhere%s%s", args[0] != '\0' ? "," : "", args);
	rc = foo_device_create(name, all, dev, err);
	if (rc != 0)
		return rc;
	rc = foo_device_realize(*dev, err);
	if (rc != 0) {
		foo_device_destroy(*dev);
		*dev = NULL;
	}
	return rc;
}

void
dev_mem(struct foo_guest_mem *mem, struct foo_mem *map, const struct foo_guest_range *range,
	size_t n)
{
	assert_int_equal(foo_guest_mem_create(mem, range, (unsigned int)n, 0), 0);
	foo_mem_init(map);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(foo_mem_add(map, range[i].gpa, range[i].size, mem->region[i].va),
				 0);
}

void
dev_queue_start(struct foo_queue *q, const struct foo_guest_ring *ring, uint16_t avail_base,
		uint16_t used_base)
{
	struct foo_queue_config cfg = {
		.vq = {.size = ring->size,
		       .desc = ring->desc,
		       .driver = ring->avail,
		       .device = ring->used,
		       .device_gpa = ring->device_gpa,
		       .avail_base = avail_base,
		       .used_base = used_base,
		       .callfd = FOO_VQ_NO_FD},
		.kickfd = FOO_VQ_NO_FD,
	};

	assert_int_equal(foo_queue_start(q, &cfg), 0);
}
