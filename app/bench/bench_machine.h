/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

/**
 * @file
 * The machine that a result was measured on.
 */

#include <stdbool.h>
#include <stddef.h>

/** Facts about this machine; what could not be found out is "unknown" or 0. */
struct bench_machine {
	char cpu[128];     /**< Model, as the kernel names it. */
	unsigned int cpus; /**< CPUs that this process may use. */
	char kernel[128];  /**< Release of the kernel. */
	bool hypervisor;   /**< It is a virtual machine itself. */
	char time[32];     /**< Now, in UTC: 2026-11-24T23:59:00Z. */
};

/** Find out. */
void bench_machine_get(struct bench_machine *m);

/** One line for titles and tables: "AMD EPYC 9R14, 2 CPUs, virtual, Linux 6.1.0, 2026-11-24". */
void bench_machine_line(const struct bench_machine *m, char *text, size_t size);

/** A command line as one would type it again: arguments in quotes where the shell needs them. */
void bench_command_line(int argc, char *const *argv, char *text, size_t size);

#endif /* BENCH_MACHINE_H */
