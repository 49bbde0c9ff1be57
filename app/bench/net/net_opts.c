/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include "bench.h"
#include "bench_payload.h"
#include "net_opts.h"

#define T struct net_opts

static const char *const mode_names[] = {
	[NET_LOOP] = "loop",
	[NET_PAIR] = "pair",
	[NET_LATENCY] = "latency",
	[NET_NULL] = "null",
	NULL,
};

static const char *const check_names[] = {
	[NET_CHECK_NONE] = "none",
	[NET_CHECK_WRITE] = "write",
	[NET_CHECK_SEQ] = "seq",
	[NET_CHECK_FULL] = "full",
	NULL,
};

static const struct bench_opt net_opt[] = {
	BENCH_CHOICE(T, mode, "mode", "MODE", mode_names,
		     "loop (default), pair, latency, or null: no back-end, our own limit"),
	BENCH_CHOICE(
		T, check, "check", "LEVEL", check_names,
		"none, write: written, not read; seq (default): first 64 bytes; full: every byte"),
	BENCH_ON(T, no_loss, "no-loss", "a lost packet is trouble: exit status 1"),
	BENCH_UINT(T, rx_buffer, "rx-buffer", "BYTES", 128, 65536,
		   "of a receive buffer; a packet takes several, if need be"),
	BENCH_UINT(T, window, "window", "N", 1, 1e6,
		   "loop: most packets of a queue sent and not come back"),
	BENCH_ON(T, reconnect, "reconnect", "go on when the back-end was restarted"),
	{.name = NULL},
};

/* parsed into by bench_opts_parse(), then copied: a command line is parsed once a process */
static struct net_opts parsed;

const struct bench_opts_verb net_verb = {
	.name = "net",
	.usage = "net --socket PATH [OPTION...]\n"
		 "Sends packets through a vhost-user network device and checks what comes back.\n"
		 "Corrupted, duplicated and reordered packets are trouble: exit status 1.\n"
		 "The size may be \"imix\": 64, 576 and 1500 bytes as 7:4:1.",
	.opt = net_opt,
	.base = &parsed,
	.type = FOO_GUEST_NET,
};

/* 7:4:1, mixed as evenly as they go */
static const uint16_t imix[12] = {64, 576, 64, 64, 576, 64, 1500, 64, 576, 64, 576, 64};

uint32_t
net_longest(uint32_t size)
{
	return size != 0 ? size : 1500;
}

uint32_t
net_size(uint32_t size, uint64_t seq)
{
	return size != 0 ? size : imix[seq % 12];
}

/* The number of guests that a mode takes. */
static int
check_guests(struct net_config *cfg)
{
	struct bench_opts *o = &cfg->o;

	if (cfg->n.mode == NET_NULL) {
		if (o->guests != 0)
			return bench_opts_error(&net_verb, "--mode null: there is no back-end, so "
							   "no --socket; --guests N is possible");
		o->guests = o->wanted_guests != 0 ? o->wanted_guests : 1;
		for (unsigned int i = 0; i < o->guests; i++)
			o->socket[i] = "null device";
		return 0;
	}
	if (o->guests == 0)
		return bench_opts_error(&net_verb, "--socket PATH is missing");
	if (cfg->n.mode == NET_PAIR && o->guests % 2 != 0)
		return bench_opts_error(&net_verb,
					"--mode pair: %u sockets, but each sender needs a receiver",
					o->guests);
	return 0;
}

static int
check_sizes(const struct bench_opts *o)
{
	for (unsigned int i = 0; i < o->nsizes; i++)
		if (o->size[i] < BENCH_PAYLOAD_HEADER || o->size[i] > NET_MAX_SIZE)
			return bench_opts_error(&net_verb, "--size %u: %u to %u are possible",
						o->size[i], BENCH_PAYLOAD_HEADER, NET_MAX_SIZE);
	return 0;
}

/* What cannot be drawn is better known before the run than behind it. */
static int
check_plot(const struct net_config *cfg)
{
	const struct bench_opts *o = &cfg->o;

	if (o->plot == NULL || o->rate > 0 || cfg->n.mode == NET_LATENCY)
		return 0;
	if (o->imix)
		return bench_opts_error(&net_verb, "--plot: of --size imix only the latency can be "
						   "drawn, with --rate");
	for (unsigned int i = 0; i < o->nsizes; i++)
		for (unsigned int k = 0; k < i; k++)
			if (o->size[i] == o->size[k])
				return bench_opts_error(
					&net_verb, "--plot: --size %u is there twice", o->size[i]);
	return 0;
}

static int
check_rest(const struct net_config *cfg)
{
	if (cfg->n.window != 0 && cfg->n.mode == NET_PAIR)
		return bench_opts_error(&net_verb, "--window: not with --mode pair, whose sender "
						   "does not see what arrives");
	if (cfg->n.window != 0 && cfg->n.check < NET_CHECK_SEQ)
		return bench_opts_error(&net_verb,
					"--window: not with --check %s, which does not see what "
					"came back; use seq",
					check_names[cfg->n.check]);
	/* a device that is killed within a burst leaves some of it used and some not: only with
	 * in-flight tracking does the next one know */
	if (cfg->n.reconnect && cfg->o.ring == BENCH_RING_PACKED)
		return bench_opts_error(&net_verb, "--reconnect: with --ring split only, since "
						   "where a packed ring goes on is not known");
	if (cfg->n.mode == NET_NULL && (cfg->o.interrupt || cfg->o.indirect))
		return bench_opts_error(&net_verb, "--mode null: polled, without --indirect");
	if (cfg->n.check < NET_CHECK_SEQ && (cfg->o.rate > 0 || cfg->n.mode == NET_LATENCY))
		return bench_opts_error(&net_verb,
					"--check %s: no times are read from packets, so no "
					"latency; use seq",
					check_names[cfg->n.check]);
	return 0;
}

int
net_opts_parse(struct net_config *cfg, int argc, char **argv)
{
	int rc;

	parsed = (struct net_opts){.check = NET_CHECK_SEQ};
	bench_opts_init(&cfg->o);
	rc = bench_opts_parse(&cfg->o, &net_verb, argc, argv);
	cfg->n = parsed;
	if (rc != BENCH_OPTS_RUN)
		return rc;
	if (check_guests(cfg) != 0 || check_sizes(&cfg->o) != 0 || check_rest(cfg) != 0 ||
	    check_plot(cfg) != 0 || bench_opts_check_cpus(&cfg->o) != 0)
		return BENCH_ERROR;
	if (cfg->n.mode == NET_LATENCY && cfg->o.rate == 0)
		cfg->o.rate = NET_LATENCY_RATE;
	return BENCH_OPTS_RUN;
}
