/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <stdio.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_version.h>

#include <foo_device.h>
#include <foo_version.h>

#include "foo_eal.h"
#include "foo_type.h"
#include "foo_usage.h"

static const char usage_text[] =
	"Usage: dpdk-foo [EAL options] -- [options]\n"
	"       dpdk-foo --list-devices | --help-device NAME | --version | --help\n"
	"\n"
	"Serves VirtIO devices to virtual machines over vhost-user sockets. Every EAL\n"
	"lcore, the main one included, polls the devices' virtqueues; one lcore is enough.\n"
	"\n"
	"Devices, before the \"--\":\n"
	"  --vdev NAME,key=value,...\n"
	"      Serve a device. NAME is a device class and a number, as in net_vhost0 or\n"
	"      blk_null0.\n"
	"      Names of no class of dpdk-foo go to EAL. May be given many times.\n"
	"  -d FILE\n"
	"      Load a plugin, or all plugins of a folder, that brings device classes.\n"
	"\n";

static const char usage_rest[] =
	"Lcores, behind the \"--\":\n"
	"  --idle=adaptive|spin (adaptive)\n"
	"      What an lcore without work does. adaptive: polls less, then sleeps until a\n"
	"      guest kicks. spin: polls without end, for the lowest latency.\n"
	"\n"
	"Statistics, behind the \"--\":\n"
	"  --stats-period=N (0)\n"
	"      Print the statistics of ports, in testpmd's format, and of disks each N\n"
	"      seconds; 0: never.\n"
	"  --stats-queues\n"
	"      Add the statistics of every queue.\n"
	"\n"
	"Information, on either side of the \"--\", without root and huge pages:\n"
	"  --list-devices      The device classes as a tree.\n"
	"  --help-device NAME  The properties of a device class.\n"
	"  --version           The versions of dpdk-foo and DPDK.\n"
	"  --help              EAL's options and these; behind \"--\" only these.\n"
	"\n"
	"Signals:\n"
	"  SIGINT, SIGTERM, SIGHUP\n"
	"      Stop: finish what is under way, print what was done, remove the sockets, exit\n"
	"      with status 0.\n"
	"  SIGUSR1\n"
	"      Print the statistics of devices and queues now.\n"
	"\n"
	"Telemetry (dpdk-telemetry.py --file-prefix PREFIX):\n"
	"  /foo/devices, /foo/device,NAME, /foo/queue,NAME,N, /foo/lcores\n"
	"  /foo/set,NAME,key=value[,key=value]\n"
	"      Change properties of a device; --help-device marks those that can be.\n"
	"\n"
	"Exit status: 0 after a signal to stop, 1 after an error, which one line explains.\n"
	"\n"
	"Examples:\n"
	"  A port whose packets go back to the guest, polled by lcore 2:\n"
	"    dpdk-foo -l 2 --vdev net_vhost0,iface=/tmp/foo.sock -- --stats-period=1\n"
	"  Two guests wired to each other, 4 queue pairs each, on lcores 2 to 5:\n"
	"    dpdk-foo -l 2-5 --vdev net_vhost0,iface=/tmp/a.sock,queues=4 \\\n"
	"        --vdev net_vhost1,iface=/tmp/b.sock,queues=4\n"
	"  Lcores 2 to 5 on a machine that has only CPUs 0 and 1:\n"
	"    dpdk-foo --lcores '(2-5)@(0-1)' --vdev net_vhost0,iface=/tmp/foo.sock\n"
	"  Without root and huge pages of one's own:\n"
	"    dpdk-foo -l 0 --no-huge -m 64 --vdev net_vhost0,iface=$HOME/foo.sock\n"
	"  A disk of two queues that forgets what is written, at most 10000 requests a second:\n"
	"    dpdk-foo -l 2,3 --vdev blk_null0,iface=/tmp/blk.sock,queues=2,iops-limit=10000\n"
	"  Connect to a socket that QEMU listens on, and again whenever QEMU restarts:\n"
	"    dpdk-foo -l 0 --vdev net_vhost0,iface=/tmp/qemu.sock,client=1\n";

void
foo_usage_print(const char *program)
{
	RTE_SET_USED(program);
	fputs(usage_text, stdout);
	for (const struct foo_type *const *t = foo_types; *t != NULL; t++)
		if ((*t)->usage != NULL)
			fputs((*t)->usage, stdout);
	fputs(usage_rest, stdout);
}

static int
usage_help_device(const char *name, struct foo_error *err)
{
	const struct foo_class *cls = foo_class_find(name);
	struct foo_error why = {""};
	struct foo_device *dev = NULL;

	/* the name of an instance will do */
	if (cls == NULL)
		cls = foo_class_of_device(name);
	if (cls != NULL) {
		foo_class_print_help(stdout, cls);
		return 0;
	}
	/* creating it fails, with the nearest name */
	foo_device_create(name, NULL, &dev, &why);
	return foo_error_set(err, -ENODEV, "--help-device %s", why.text);
}

int
foo_usage_do(const struct foo_args *args, struct foo_error *err)
{
	switch (args->action) {
	case FOO_ACTION_VERSION:
		printf("dpdk-foo %s (%s)\n", FOO_VERSION_STRING, rte_version());
		return 0;
	case FOO_ACTION_LIST_DEVICES:
		foo_class_print_tree(stdout);
		return 0;
	case FOO_ACTION_HELP_DEVICE:
		return usage_help_device(args->help_device, err);
	case FOO_ACTION_HELP:
		return foo_eal_help(args->argv[0], err);
	case FOO_ACTION_HELP_OURS:
	case FOO_ACTION_RUN:
		foo_usage_print(args->argv[0]);
		return 0;
	}
	return 0;
}
