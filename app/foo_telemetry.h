/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_TELEMETRY_H
#define FOO_TELEMETRY_H

/**
 * @file
 * DPDK telemetry: the state of devices, queues and lcores for scripts and monitoring.
 *
 *     /foo/devices            names of the devices
 *     /foo/device,NAME        a device: state, features, memory, control plane
 *     /foo/queue,NAME,N       a virtqueue: state, faults, counters
 *     /foo/lcores             each polling lcore: queues, cycles, sleeps
 *     /foo/set,NAME,key=value change a property, or several: {"name": NAME, key: new value, ...},
 *                             with "error": why, where one was refused; those before it are set
 */

/** Register the commands. Main thread, after rte_eal_init(). 0 or -errno. */
int foo_telemetry_start(void);

/** From its return on no command looks at anything: answers are empty. Main thread. */
void foo_telemetry_stop(void);

#endif /* FOO_TELEMETRY_H */
