/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Network devices: how they forward.
 */
#include <errno.h>

#include "foo_stats.h"
#include "foo_type.h"

static const char net_usage[] =
	"Forwarding between net devices, behind the \"--\":\n"
	"  --fwd=io|macswap|rxonly|txonly (io)\n"
	"      io: ports in pairs, 0 with 1, 2 with 3; a port without a partner sends\n"
	"      back to its guest. macswap: as io, with the MAC addresses exchanged.\n"
	"      rxonly: count and drop. txonly: send generated packets to every guest.\n"
	"  --overload=drop|backpressure (drop)\n"
	"      What becomes of a packet when the receiving guest has no room: dropped and\n"
	"      counted, or left in the sender's ring until there is room.\n"
	"  --placement=flow|spread (flow)\n"
	"      Which lcore polls a queue. flow: a guest's transmit queue with the receive\n"
	"      queue that it feeds. spread: every queue by itself, round-robin.\n"
	"  --txonly-size=N (64)\n"
	"      Bytes of a packet that --fwd=txonly sends, 60 to 1514, without FCS.\n"
	"  --gather=N (3)\n"
	"      Microseconds, 0 to 100, that a guest which sends without a pause is given to\n"
	"      fill a burst of 32 packets. The first packet after a pause never waits.\n"
	"\n";

static void
net_defaults(struct foo_args *args)
{
	args->net.txonly_size = FOO_TXONLY_SIZE_DEFAULT;
	args->net.gather_us = FOO_GATHER_DEFAULT;
}

static int
net_option(struct foo_args *args, const struct foo_optscan *s, struct foo_error *err)
{
	unsigned int word = 0;
	uint32_t number = 0;
	int rc;

	switch (s->opt->id) {
	case FOO_OPT_TXONLY_SIZE:
		rc = foo_args_number("--txonly-size", s->value, FOO_TXONLY_SIZE_MIN,
				     FOO_TXONLY_SIZE_MAX, &number, err);
		args->net.txonly_size = (uint16_t)number;
		return rc;
	case FOO_OPT_GATHER:
		rc = foo_args_number("--gather", s->value, 0, FOO_NET_GATHER_MAX, &number, err);
		args->net.gather_us = (uint16_t)number;
		return rc;
	case FOO_OPT_FWD:
		rc = foo_args_word("--fwd", s->value, foo_net_fwd_names, &word, err);
		args->net.fwd = word;
		return rc;
	case FOO_OPT_OVERLOAD:
		rc = foo_args_word("--overload", s->value, foo_net_overload_names, &word, err);
		args->net.overload = word;
		return rc;
	case FOO_OPT_PLACEMENT:
		rc = foo_args_word("--placement", s->value, foo_net_placement_names, &word, err);
		args->net.placement = word;
		return rc;
	default:
		return -ENOENT;
	}
}

static int
net_setup(const struct foo_args *args, struct foo_error *err)
{
	return foo_net_setup(&args->net, err);
}

const struct foo_type foo_type_net = {
	.cls = "net",
	.number = "port",
	.title = "Port statistics",
	.usage = net_usage,
	.defaults = net_defaults,
	.option = net_option,
	.setup = net_setup,
	.print_device = foo_stats_net_device,
	.print_queue = foo_stats_net_queue,
	.print_summary = foo_stats_net_summary,
};
