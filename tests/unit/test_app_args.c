/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/* The command line: what is found in it, what is refused and with which words, what EAL gets. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_common.h>

#include <foo_device.h>

#include "foo_args.h"
#include "foo_vdev.h"

/* Most arguments of a case. */
#define ARGS_MAX 24

#define IFACE "iface=/tmp/foo-test-args.sock"

/* A command line under test: args, NULL at the end, behind the program's name. */
struct line {
	const char *argv[ARGS_MAX + 2];
	int argc;
	struct foo_args args;
	struct foo_error err;
	int rc;
};

/* Take a command line apart. */
static void
run(struct line *l, const char *const *words, bool lenient)
{
	*l = (struct line){.argv = {"dpdk-foo"}, .argc = 1};
	for (; words[l->argc - 1] != NULL; l->argc++)
		l->argv[l->argc] = words[l->argc - 1];
	l->rc = foo_args_parse(&l->args, l->argc, (char *const *)(uintptr_t)l->argv, lenient,
			       &l->err);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void
done(struct line *l)
{
	foo_args_free(&l->args);
	foo_vdevs_destroy();
}

/* The line must be refused, with both texts in the message. */
static void
refused(const char *const *words, const char *what, const char *right)
{
	struct line l;

	run(&l, words, false);
	if (l.rc == 0 || strstr(l.err.text, what) == NULL || strstr(l.err.text, right) == NULL)
		fail_msg("%s ...: rc %d, '%s' lacks '%s' or '%s'", words[0], l.rc, l.err.text, what,
			 right);
	assert_null(strchr(l.err.text, '\n'));
	done(&l);
}

static void
test_nothing_given(__rte_unused void **state)
{
	struct line l;

	run(&l, WORDS(NULL), false);
	assert_int_equal(l.rc, 0);
	assert_int_equal(l.args.action, FOO_ACTION_RUN);
	assert_int_equal(l.args.stats_period, 0);
	assert_false(l.args.stats_queues);
	assert_int_equal(l.args.idle, FOO_IDLE_ADAPTIVE);
	assert_int_equal(l.args.net.fwd, FOO_NET_FWD_IO);
	assert_int_equal(l.args.net.overload, FOO_NET_DROP);
	assert_int_equal(l.args.net.placement, FOO_NET_PLACE_FLOW);
	assert_int_equal(l.args.net.txonly_size, FOO_TXONLY_SIZE_DEFAULT);
	assert_int_equal(l.args.net.gather_us, FOO_GATHER_DEFAULT);
	done(&l);
}

static void
test_own_options(__rte_unused void **state)
{
	struct line l;

	run(&l,
	    WORDS("-l", "0", "--", "--stats-period", "7", "--fwd=txonly", "--txonly-size=1514",
		  "--overload", "backpressure", "--placement=spread", "--idle=spin",
		  "--stats-queues", "--gather=100"),
	    false);
	assert_int_equal(l.rc, 0);
	assert_int_equal(l.args.stats_period, 7);
	assert_int_equal(l.args.net.fwd, FOO_NET_FWD_TXONLY);
	assert_int_equal(l.args.net.txonly_size, 1514);
	assert_int_equal(l.args.net.gather_us, 100);
	assert_int_equal(l.args.net.overload, FOO_NET_BACKPRESSURE);
	assert_int_equal(l.args.net.placement, FOO_NET_PLACE_SPREAD);
	assert_int_equal(l.args.idle, FOO_IDLE_SPIN);
	assert_true(l.args.stats_queues);
	done(&l);
}

/* --idle's words are ours, the enum's names are foo_ops'. */
static void
test_idle_words(__rte_unused void **state)
{
	unsigned int n = 0;

	for (; foo_idle_words[n] != NULL; n++)
		assert_string_equal(foo_idle_words[n], foo_idle_mode_name(n));
	assert_int_equal(n, 2);
}

static void
test_actions(__rte_unused void **state)
{
	static const struct {
		const char *words[4];
		enum foo_action action;
	} cases[] = {
		{{"--help"}, FOO_ACTION_HELP},
		{{"-h"}, FOO_ACTION_HELP},
		{{"--", "--help"}, FOO_ACTION_HELP_OURS},
		{{"--", "-h"}, FOO_ACTION_HELP_OURS},
		{{"--version"}, FOO_ACTION_VERSION},
		{{"--", "--version"}, FOO_ACTION_VERSION},
		{{"--list-devices"}, FOO_ACTION_LIST_DEVICES},
		{{"--", "--list-devices"}, FOO_ACTION_LIST_DEVICES},
		{{"--help-device", "x"}, FOO_ACTION_HELP_DEVICE},
		{{"--", "--help-device=x"}, FOO_ACTION_HELP_DEVICE},
	};
	struct line l;

	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		run(&l, cases[i].words, false);
		assert_int_equal(l.rc, 0);
		assert_int_equal(l.args.action, cases[i].action);
		if (l.args.action == FOO_ACTION_HELP_DEVICE)
			assert_string_equal(l.args.help_device, "x");
		done(&l);
	}
}

static void
test_numbers(__rte_unused void **state)
{
	static const char *const wrong[] = {"",   "-1", "+1", " 1",         "1 ",
					    "1x", "x",  "0x", "0x10",       "1.5",
					    "11", "1",  "-0", "4294967298", "99999999999999999999"};
	struct foo_error err;
	uint32_t n = 5;

	for (unsigned int i = 0; i < RTE_DIM(wrong); i++) {
		assert_int_equal(foo_args_number("--n", wrong[i], 2, 10, &n, &err), -EINVAL);
		assert_non_null(strstr(err.text, "from 2 to 10"));
		assert_int_equal(n, 5);
	}
	assert_int_equal(foo_args_number("--n", "2", 2, 10, &n, &err), 0);
	assert_int_equal(n, 2);
	assert_int_equal(foo_args_number("--n", "010", 2, 10, &n, &err), 0);
	assert_int_equal(n, 10);
	assert_int_equal(foo_args_number("--n", "4294967295", 0, UINT32_MAX, &n, &err), 0);
	assert_int_equal(n, UINT32_MAX);
	assert_int_equal(foo_args_number("--n", "4294967296", 0, UINT32_MAX, &n, &err), -EINVAL);
}

static void
test_refused(__rte_unused void **state)
{
	refused(WORDS("--", "--stats-period=x"), "--stats-period: 'x'", "0 to 86400");
	refused(WORDS("--", "--stats-period"), "--stats-period", "needs a value");
	refused(WORDS("--", "--stats-queues=1"), "--stats-queues", "takes no value");
	refused(WORDS("--", "--fwd=i"), "--fwd: 'i'", "io, macswap, rxonly or txonly");
	refused(WORDS("--", "--fwd="), "--fwd: ''", "io, macswap");
	refused(WORDS("--", "--idle=IO"), "--idle: 'IO'", "adaptive or spin");
	refused(WORDS("--", "--txonly-size=59"), "--txonly-size: '59'", "60 to 1514");
	refused(WORDS("--", "--txonly-size=1515"), "--txonly-size: '1515'", "60 to 1514");
	refused(WORDS("--", "--gather=101"), "--gather: '101'", "0 to 100");
	refused(WORDS("--", "stray"), "'stray'", "--help");
	refused(WORDS("--", "--"), "--", "--help");
	refused(WORDS("--", "-"), "'-'", "--help");
	refused(WORDS("stray"), "'stray'", "--help");
	refused(WORDS("-l"), "-l", "needs a value");
	refused(WORDS("--no-huge=1"), "--no-huge", "takes no value");
	refused(WORDS("--file-prefix", "a/b"), "--file-prefix", "a/b");
	refused(WORDS("--proc-type=secondary"), "--proc-type", "primary");
}

/* What is unknown gets the nearest name, or the side of "--" on which it is known. */
static void
test_suggestions(__rte_unused void **state)
{
	refused(WORDS("--", "--stats-peroid=1"), "--stats-peroid", "did you mean --stats-period?");
	refused(WORDS("--", "--forward=io"), "unknown option --forward", "--help");
	refused(WORDS("--fileprefix=x"), "--fileprefix", "did you mean --file-prefix?");
	refused(WORDS("-x"), "unknown option -x", "--help");
	refused(WORDS("--fwd=io"), "--fwd", "behind a '--'");
	refused(WORDS("--", "--no-huge"), "--no-huge is EAL's", "before the '--'");
	refused(WORDS("--", "-l", "0"), "-l is EAL's", "before the '--'");
	/* getopt takes beginnings of EAL's names; ours must be spelt out */
	refused(WORDS("--no-h"), "ambiguous", "--no-hpet or --no-huge");
	refused(WORDS("--", "--over=drop"), "--over", "--help");
}

/* EAL's options are read as getopt reads them. */
static void
test_eal_options(__rte_unused void **state)
{
	struct line l;

	run(&l,
	    WORDS("-vl", "0-1", "--lcor=0@1", "-m64", "--file-pre", "x", "--huge-unlink",
		  "--log-level", "--vdev", "-da.so", "-d", "b.so", "--huge-dir=/h", "--no-huge"),
	    false);
	assert_int_equal(l.rc, 0);
	assert_string_equal(l.args.eal.lcores_option, "--lcores");
	assert_string_equal(l.args.eal.lcores, "0@1");
	assert_string_equal(l.args.eal.memory_option, "-m");
	assert_string_equal(l.args.eal.memory, "64");
	assert_string_equal(l.args.eal.file_prefix, "x");
	assert_string_equal(l.args.eal.huge_dir, "/h");
	assert_true(l.args.eal.log_level);
	assert_true(l.args.eal.no_huge);
	assert_int_equal(l.args.nvdevs, 0); /* it was --log-level's value */
	assert_int_equal(l.args.nplugins, 2);
	assert_string_equal(l.args.plugins[0], "a.so");
	assert_string_equal(l.args.plugins[1], "b.so");
	done(&l);
}

/* An EAL newer than our table may know what we do not. */
static void
test_lenient(__rte_unused void **state)
{
	struct line l;

	run(&l, WORDS("--brand-new", "value", "-l", "0", "--", "--fwd=rxonly"), true);
	assert_int_equal(l.rc, 0);
	assert_string_equal(l.args.eal.lcores, "0");
	assert_int_equal(l.args.net.fwd, FOO_NET_FWD_RXONLY);
	done(&l);
	run(&l, WORDS("--fwd=io"), true);
	assert_int_equal(l.rc, -EINVAL);
	done(&l);
	run(&l, WORDS("--", "--brand-new"), true);
	assert_int_equal(l.rc, -EINVAL);
	done(&l);
}

/* Compare EAL's argument vector with the words expected behind the program's name. */
static void
eal_gets(const struct line *l, const char *extra, const char *const *words)
{
	const char *const extras[] = {extra, NULL};
	char **argv;
	int argc, n = 0;

	argv = foo_args_eal_argv(&l->args, extras, &argc);
	assert_non_null(argv);
	assert_string_equal(argv[0], "dpdk-foo");
	for (; words[n] != NULL; n++)
		assert_string_equal(argv[n + 1], words[n]);
	assert_int_equal(argc, n + 1);
	assert_null(argv[argc]);
	free(argv);
}

static void
test_vdevs(__rte_unused void **state)
{
	struct line l;
	struct foo_device *dev;

	run(&l,
	    WORDS("--vdev", "net_vhost3," IFACE, "-l", "0", "--vdev=net_tap0,iface=x",
		  "--vdev=net_vhost12," IFACE "2,queues=2", "--no-huge", "--vd", "net_null0", "--",
		  "--fwd=io"),
	    false);
	assert_int_equal(l.rc, 0);
	assert_int_equal(l.args.nvdevs, 4);
	assert_int_equal(foo_vdevs_create(&l.args, &l.err), 0);
	dev = foo_device_find("net_vhost3");
	assert_non_null(dev);
	assert_int_equal(dev->id, 0);
	assert_string_equal(dev->iface, "/tmp/foo-test-args.sock");
	dev = foo_device_find("net_vhost12");
	assert_non_null(dev);
	assert_int_equal(dev->id, 1);
	eal_gets(&l, NULL,
		 WORDS("-l", "0", "--vdev=net_tap0,iface=x", "--no-huge", "--vd", "net_null0"));
	eal_gets(&l, "--extra",
		 WORDS("--extra", "-l", "0", "--vdev=net_tap0,iface=x", "--no-huge", "--vd",
		       "net_null0"));
	done(&l);
	assert_true(TAILQ_EMPTY(&foo_devices));
}

/* The devices must be refused, with both texts in the message. */
static void
vdevs_refused(const char *const *words, const char *what, const char *right)
{
	struct line l;

	run(&l, words, false);
	assert_int_equal(l.rc, 0);
	l.rc = foo_vdevs_create(&l.args, &l.err);
	if (l.rc == 0 || strstr(l.err.text, what) == NULL || strstr(l.err.text, right) == NULL)
		fail_msg("%s ...: rc %d, '%s' lacks '%s' or '%s'", words[0], l.rc, l.err.text, what,
			 right);
	done(&l);
}

static void
test_vdevs_refused(__rte_unused void **state)
{
	vdevs_refused(WORDS("-l", "0"), "no device", "--vdev net_vhost0,iface=");
	vdevs_refused(WORDS("--vdev="), "--vdev: ''", "net_vhost0,iface=");
	vdevs_refused(WORDS("--vdev=," IFACE), "--vdev", "net_vhost0,iface=");
	vdevs_refused(WORDS("--vdev=net_vhots0," IFACE), "net_vhots0", "net_vhost0");
	vdevs_refused(WORDS("--vdev=net_vhost0"), "net_vhost0", "iface=");
	vdevs_refused(WORDS("--vdev=net_vhost0," IFACE ",queues=0"), "queues", "1");
	vdevs_refused(WORDS("--vdev=net_vhost0," IFACE, "--vdev=net_vhost0," IFACE "2"),
		      "net_vhost0", "of this name");
	vdevs_refused(WORDS("--vdev=net_vhost0," IFACE, "--vdev=net_vhost1," IFACE),
		      "net_vhost1: iface=", "of net_vhost0");
	vdevs_refused(WORDS("--vdev=net_vhost0," IFACE,
			    "--vdev=net_vhost1,iface=/tmp/../tmp/./foo-test-args.sock"),
		      "net_vhost1: iface=", "of net_vhost0");
	/* EAL would take these for a driver of its own, and nothing would serve the socket */
	vdevs_refused(WORDS("--vdev=net_vhost0," IFACE, "--vdev=net_vhost," IFACE "2"),
		      "net_vhost:", "net_vhost0");
	vdevs_refused(WORDS("--vdev=net_vhost0," IFACE, "--vdev=net_vhost0x," IFACE "2"),
		      "net_vhost0x", "net_vhost0");
	vdevs_refused(WORDS("--vdev=net_vhost0," IFACE, "--vdev=net0," IFACE "2"), "net0",
		      "abstract");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_given), cmocka_unit_test(test_own_options),
		cmocka_unit_test(test_idle_words),    cmocka_unit_test(test_actions),
		cmocka_unit_test(test_numbers),       cmocka_unit_test(test_refused),
		cmocka_unit_test(test_suggestions),   cmocka_unit_test(test_eal_options),
		cmocka_unit_test(test_lenient),       cmocka_unit_test(test_vdevs),
		cmocka_unit_test(test_vdevs_refused),
	};
	struct foo_error err;

	if (foo_class_seal(&err) != 0) {
		print_error("%s\n", err.text);
		return EXIT_FAILURE;
	}
	return cmocka_run_group_tests_name("app_args", tests, NULL, NULL);
}
