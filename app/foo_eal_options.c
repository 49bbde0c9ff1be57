/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * EAL's options, as far as one must know them to read past them: names, and which take a value.
 * EAL has no call that says so.
 */
#include "foo_args.h"

const struct foo_opt foo_eal_options[] = {
	{"a", FOO_OPT_VALUE, 0},
	{"allow", FOO_OPT_VALUE, 0},
	{"b", FOO_OPT_VALUE, 0},
	{"base-virtaddr", FOO_OPT_VALUE, 0},
	{"block", FOO_OPT_VALUE, 0},
	{"c", FOO_OPT_VALUE, FOO_OPT_LCORES},
	{"create-uio-dev", FOO_OPT_FLAG, 0},
	{"d", FOO_OPT_VALUE, FOO_OPT_PLUGIN},
	{"file-prefix", FOO_OPT_VALUE, FOO_OPT_FILE_PREFIX},
	{"force-max-simd-bitwidth", FOO_OPT_VALUE, 0},
	{"h", FOO_OPT_FLAG, FOO_OPT_HELP},
	{"help", FOO_OPT_FLAG, FOO_OPT_HELP},
	{"help-device", FOO_OPT_VALUE, FOO_OPT_HELP_DEVICE}, /* ours */
	{"huge-dir", FOO_OPT_VALUE, FOO_OPT_HUGE_DIR},
	{"huge-unlink", FOO_OPT_OPTIONAL, 0},
	{"huge-worker-stack", FOO_OPT_OPTIONAL, 0},
	{"in-memory", FOO_OPT_FLAG, 0},
	{"iova-mode", FOO_OPT_VALUE, 0},
	{"l", FOO_OPT_VALUE, FOO_OPT_LCORES},
	{"lcores", FOO_OPT_VALUE, FOO_OPT_LCORES},
	{"legacy-mem", FOO_OPT_FLAG, 0},
	{"list-devices", FOO_OPT_FLAG, FOO_OPT_LIST_DEVICES}, /* ours */
	{"log-level", FOO_OPT_VALUE, FOO_OPT_LOG_LEVEL},
	{"m", FOO_OPT_VALUE, FOO_OPT_MEMORY},
	{"main-lcore", FOO_OPT_VALUE, 0},
	{"match-allocations", FOO_OPT_FLAG, 0},
	{"mbuf-pool-ops-name", FOO_OPT_VALUE, 0},
	{"n", FOO_OPT_VALUE, 0},
	{"no-hpet", FOO_OPT_FLAG, 0},
	{"no-huge", FOO_OPT_FLAG, FOO_OPT_NO_HUGE},
	{"no-pci", FOO_OPT_FLAG, 0},
	{"no-shconf", FOO_OPT_FLAG, 0},
	{"no-telemetry", FOO_OPT_FLAG, 0},
	{"proc-type", FOO_OPT_VALUE, FOO_OPT_PROC_TYPE},
	{"r", FOO_OPT_VALUE, 0},
	{"s", FOO_OPT_VALUE, 0},
	{"S", FOO_OPT_VALUE, 0},
	{"single-file-segments", FOO_OPT_FLAG, 0},
	{"socket-limit", FOO_OPT_VALUE, 0},
	{"socket-mem", FOO_OPT_VALUE, FOO_OPT_MEMORY},
	{"syslog", FOO_OPT_VALUE, FOO_OPT_SYSLOG},
	{"telemetry", FOO_OPT_FLAG, 0},
	{"trace", FOO_OPT_VALUE, 0},
	{"trace-bufsz", FOO_OPT_VALUE, 0},
	{"trace-dir", FOO_OPT_VALUE, 0},
	{"trace-mode", FOO_OPT_VALUE, 0},
	{"v", FOO_OPT_FLAG, 0},
	{"vdev", FOO_OPT_VALUE, FOO_OPT_VDEV},
	{"version", FOO_OPT_FLAG, FOO_OPT_VERSION}, /* ours */
	{"vfio-intr", FOO_OPT_VALUE, 0},
	{"vfio-vf-token", FOO_OPT_VALUE, 0},
	{"vmware-tsc-map", FOO_OPT_FLAG, 0},
	{NULL, FOO_OPT_FLAG, 0},
};
