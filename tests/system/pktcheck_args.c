/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "pktcheck.h"

static const char usage[] =
	"foo_pktcheck [EAL options] --vdev net_virtio_user0,path=... -- [options]\n"
	"  --mode loop|pair|tx|rx  what comes back: the port's own packets, the other\n"
	"                          port's, nothing, or anything (default loop)\n"
	"  --count N               packets to send (rx: to receive) over all flows\n"
	"  --seconds S             run time; with --count, whichever ends first\n"
	"  --drain S               wait that long for outstanding packets (default 1)\n"
	"  --window N              packets outstanding a flow, 0 = no limit (default 128)\n"
	"  --rate N                packets a second over all flows, 0 = no limit\n"
	"  --gap-us N              one packet a flow every N us; reports round trips\n"
	"  --rx-delay-us N         receive a burst only every N us: a slow guest\n"
	"  --queues N              queue pairs of each port (default 1)\n"
	"  --ring N                descriptors of each queue (default 256)\n"
	"  --size N|A-B            bytes of a packet, fixed or random (default 64)\n"
	"  --segs N                spread each sent packet over N buffers (default 1)\n"
	"  --buf-size N            bytes that a buffer holds (default 2048)\n"
	"  --mtu N                 MTU (default: what --size needs)\n"
	"  --macswap               the other side swaps the MAC addresses\n"
	"  --check-lossless        a lost packet is a failure\n"
	"  --min-received N        fail when fewer packets arrive (default 1; tx: 0)\n"
	"  --selftest              check the checker (give no --vdev)\n"
	"Prints progress every second and then one line with \"result\", all JSON.\n"
	"Exit 0: nothing corrupted, duplicated, reordered or of a wrong length.\n";

/* What an option's argument is. */
enum kind {
	FLAG,
	U16,
	U32,
	U64,
	SECONDS,
	MODE,
	SIZE,
	HELP,
};

static const struct opt {
	const char *name;
	enum kind kind;
	size_t offset; /* in struct pc_config */
	uint64_t min;
	uint64_t max;
} opts[] = {
#define FIELD(f) offsetof(struct pc_config, f)
	{"mode", MODE, 0, 0, 0},
	{"count", U64, FIELD(count), 1, UINT64_MAX},
	{"seconds", SECONDS, FIELD(seconds), 0, 0},
	{"drain", SECONDS, FIELD(drain), 0, 0},
	{"window", U32, FIELD(window), 0, UINT32_MAX},
	{"rate", U32, FIELD(rate), 0, UINT32_MAX},
	{"gap-us", U32, FIELD(gap_us), 0, UINT32_MAX},
	{"rx-delay-us", U32, FIELD(rx_delay_us), 0, UINT32_MAX},
	{"queues", U16, FIELD(queues), 1, PC_MAX_QUEUES},
	{"ring", U16, FIELD(ring), 16, 32768},
	{"size", SIZE, 0, 0, 0},
	{"segs", U16, FIELD(segs), 1, 64},
	{"buf-size", U16, FIELD(buf_size), 64, 32768},
	{"mtu", U16, FIELD(mtu), 68, 65535},
	{"macswap", FLAG, FIELD(macswap), 0, 0},
	{"check-lossless", FLAG, FIELD(check_lossless), 0, 0},
	{"min-received", U64, FIELD(min_received), 0, UINT64_MAX - 1},
	{"selftest", FLAG, FIELD(selftest), 0, 0},
	{"help", HELP, 0, 0, 0},
#undef FIELD
};

static int
set_number(const struct opt *o, const char *s, void *field)
{
	uint64_t v;
	char *end;

	errno = 0;
	v = strtoull(s, &end, 10);
	if (errno != 0 || end == s || *end != '\0' || v < o->min || v > o->max) {
		fprintf(stderr, "pktcheck: --%s %s: need a number from %ju to %ju\n", o->name, s,
			(uintmax_t)o->min, (uintmax_t)o->max);
		return -EINVAL;
	}
	if (o->kind == U16)
		*(uint16_t *)field = (uint16_t)v;
	else if (o->kind == U32)
		*(uint32_t *)field = (uint32_t)v;
	else
		*(uint64_t *)field = v;
	return 0;
}

static int
set_seconds(const struct opt *o, const char *s, double *out)
{
	char *end;

	*out = strtod(s, &end);
	if (end == s || *end != '\0' || !(*out >= 0)) {
		fprintf(stderr, "pktcheck: --%s %s: need seconds\n", o->name, s);
		return -EINVAL;
	}
	return 0;
}

static int
set_mode(struct pc_config *cfg, const char *s)
{
	static const char *const names[] = {"loop", "pair", "tx", "rx"};
	unsigned int i;

	for (i = 0; i < RTE_DIM(names); i++) {
		if (strcmp(s, names[i]) == 0) {
			cfg->mode = (enum pc_mode)i;
			return 0;
		}
	}
	fprintf(stderr, "pktcheck: --mode %s: need loop, pair, tx or rx\n", s);
	return -EINVAL;
}

static int
set_size(struct pc_config *cfg, const char *s)
{
	unsigned int a, b;
	int n = 0;

	if (sscanf(s, "%u-%u%n", &a, &b, &n) != 2) {
		if (sscanf(s, "%u%n", &a, &n) != 1)
			n = 0;
		b = a;
	}
	if (n == 0 || s[n] != '\0' || a < PC_MIN_LEN || b < a || b > PC_MAX_LEN) {
		fprintf(stderr, "pktcheck: --size %s: need N or A-B within %d-%d\n", s, PC_MIN_LEN,
			PC_MAX_LEN);
		return -EINVAL;
	}
	cfg->len_min = (uint16_t)a;
	cfg->len_max = (uint16_t)b;
	return 0;
}

static int
set(struct pc_config *cfg, const struct opt *o, const char *arg)
{
	void *field = (char *)cfg + o->offset;

	switch (o->kind) {
	case FLAG:
		*(bool *)field = true;
		return 0;
	case SECONDS:
		return set_seconds(o, arg, field);
	case MODE:
		return set_mode(cfg, arg);
	case SIZE:
		return set_size(cfg, arg);
	case HELP:
		fputs(usage, stdout);
		return 1;
	default:
		return set_number(o, arg, field);
	}
}

static int
parse_all(struct pc_config *cfg, int argc, char **argv)
{
	struct option longopts[RTE_DIM(opts) + 1] = {0};
	unsigned int i;
	int idx, rc;

	for (i = 0; i < RTE_DIM(opts); i++) {
		longopts[i].name = opts[i].name;
		longopts[i].has_arg = opts[i].kind != FLAG && opts[i].kind != HELP;
	}
	optind = 1;
	while ((rc = getopt_long(argc, argv, "", longopts, &idx)) == 0) {
		rc = set(cfg, &opts[idx], optarg);
		if (rc != 0)
			return rc;
	}
	if (rc == '?')
		return -EINVAL;
	if (optind < argc) {
		fprintf(stderr, "pktcheck: what is '%s'? See --help\n", argv[optind]);
		return -EINVAL;
	}
	return 0;
}

int
pc_parse(struct pc_config *cfg, int argc, char **argv)
{
	int rc;

	memset(cfg, 0, sizeof(*cfg));
	cfg->drain = 1;
	cfg->window = 128;
	cfg->queues = 1;
	cfg->ring = 256;
	cfg->len_min = cfg->len_max = 64;
	cfg->segs = 1;
	cfg->buf_size = 2048;
	cfg->min_received = UINT64_MAX;
	rc = parse_all(cfg, argc, argv);
	if (rc != 0)
		return rc;
	if (cfg->count == 0 && cfg->seconds == 0 && !cfg->selftest) {
		fprintf(stderr, "pktcheck: say when to end: --count N or --seconds S\n");
		return -EINVAL;
	}
	if (cfg->min_received == UINT64_MAX)
		cfg->min_received = cfg->mode == PC_MODE_TX ? 0 : 1;
	return 0;
}
