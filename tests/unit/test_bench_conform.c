/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/* dpdk-foo-bench conform: verdicts, reports, the command line, and back-ends that answer badly. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "bench_faulty.h"
#include "conform_run.h"

static char folder[] = "/tmp/foo-conform-XXXXXX";
static struct conform_report report;

static const char *
path_of(const char *name)
{
	static char path[100];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

/* ---- verdicts ---- */

static void
test_judge(void **state)
{
	const struct conform_case hostile = {.origin = CONFORM_OURS,
					     .expected = CONFORM_SET(REFUSED)};
	const struct conform_case demanded = {.origin = CONFORM_SPEC,
					      .expected = CONFORM_SET(REFUSED)};
	const struct conform_case valid = {.origin = CONFORM_OURS, .expected = CONFORM_SET(PASS)};

	(void)state;
	assert_int_equal(conform_judge_reaction(&hostile, CONFORM_REFUSED), CONFORM_OK);
	assert_int_equal(conform_judge_reaction(&hostile, CONFORM_BROKEN), CONFORM_DIFFERS);
	assert_int_equal(conform_judge_reaction(&hostile, CONFORM_DROPPED), CONFORM_DIFFERS);
	assert_int_equal(conform_judge_reaction(&hostile, CONFORM_PASS), CONFORM_FAILED);
	assert_int_equal(conform_judge_reaction(&hostile, CONFORM_UNEXPECTED), CONFORM_FAILED);
	assert_int_equal(conform_judge_reaction(&hostile, CONFORM_HUNG), CONFORM_FAILED);
	assert_int_equal(conform_judge_reaction(&hostile, CONFORM_DIED), CONFORM_FAILED);
	assert_int_equal(conform_judge_reaction(&hostile, CONFORM_NOT_RUN), CONFORM_SKIPPED);
	/* what the specification demands is not a matter of taste */
	assert_int_equal(conform_judge_reaction(&demanded, CONFORM_BROKEN), CONFORM_FAILED);
	/* and valid work must be done, whoever asks for it */
	assert_int_equal(conform_judge_reaction(&valid, CONFORM_PASS), CONFORM_OK);
	assert_int_equal(conform_judge_reaction(&valid, CONFORM_REFUSED), CONFORM_FAILED);
	assert_int_equal(conform_judge_reaction(&valid, CONFORM_BROKEN), CONFORM_FAILED);
}

static void
test_is_bad(void **state)
{
	(void)state;
	for (int strict = 0; strict < 2; strict++) {
		assert_false(conform_is_bad(CONFORM_OK, strict));
		assert_false(conform_is_bad(CONFORM_SKIPPED, strict));
		assert_true(conform_is_bad(CONFORM_FAILED, strict));
		assert_int_equal(conform_is_bad(CONFORM_DIFFERS, strict), strict);
	}
}

/* Of several tries the one counts that is worst for the back-end. */
static void
test_worse(void **state)
{
	const struct conform_case c = {.origin = CONFORM_OURS, .expected = CONFORM_SET(DROPPED)};

	(void)state;
	assert_int_equal(conform_worse(&c, CONFORM_NOT_RUN, CONFORM_DROPPED), CONFORM_DROPPED);
	assert_int_equal(conform_worse(&c, CONFORM_DROPPED, CONFORM_NOT_RUN), CONFORM_DROPPED);
	/* REFUSED is milder than DROPPED, but not what was expected */
	assert_int_equal(conform_worse(&c, CONFORM_DROPPED, CONFORM_REFUSED), CONFORM_REFUSED);
	assert_int_equal(conform_worse(&c, CONFORM_REFUSED, CONFORM_DROPPED), CONFORM_REFUSED);
	assert_int_equal(conform_worse(&c, CONFORM_REFUSED, CONFORM_PASS), CONFORM_PASS);
	assert_int_equal(conform_worse(&c, CONFORM_HUNG, CONFORM_PASS), CONFORM_HUNG);
}

static void
test_names(void **state)
{
	const char *const glob[] = {"ring.*@packed", "net.r?nt"};
	char text[40];

	(void)state;
	assert_string_equal(conform_set_names(CONFORM_CONTAINED, text, sizeof(text)),
			    "refused|queue-broken|socket-dropped");
	assert_string_equal(conform_set_names(0, text, sizeof(text)), "");
	/* cut, never written beyond */
	assert_string_equal(conform_set_names(CONFORM_CONTAINED, text, 9), "refused|");
	assert_true(conform_name_matches("anything", NULL, 0));
	assert_true(conform_name_matches("ring.race@packed", glob, 2));
	assert_false(conform_name_matches("ring.race@split", glob, 2));
	assert_true(conform_name_matches("net.runt@split", glob, 2));
	assert_true(conform_name_matches("net.runt", glob, 2));
	assert_false(conform_name_matches("net.runts", glob, 2));
}

/* Every case can be told by its name, and says all that is to be said. */
static void
test_tables(void **state)
{
	unsigned int n = 0;

	(void)state;
	for (const struct conform_group *const *g = conform_groups; *g != NULL; g++) {
		for (size_t i = 0; i < (*g)->n; i++, n++) {
			const struct conform_case *c = &(*g)->cases[i];
			const char *const glob[] = {c->name};
			unsigned int same = 0;

			assert_non_null(strchr(c->name, '.'));
			assert_true(strlen(c->name) < 48);
			assert_true(strlen(c->what) > 8 && strlen(c->section) > 8);
			assert_non_null(c->run);
			assert_int_not_equal(c->expected, 0);
			assert_false(c->expected & (CONFORM_SET(DIED) | CONFORM_SET(HUNG) |
						    CONFORM_SET(NOT_RUN)));
			assert_int_not_equal(c->devices & CONFORM_BOTH, 0);
			for (const struct conform_group *const *h = conform_groups; *h != NULL; h++)
				for (size_t k = 0; k < (*h)->n; k++)
					same += conform_name_matches((*h)->cases[k].name, glob, 1);
			assert_int_equal(same, 1);
		}
	}
	assert_true(n > 130 && 2 * n < CONFORM_MAX_RESULTS);
}

/* ---- reports ---- */

static const struct conform_case nasty = {.name = "ring.nasty",
					  .what = "<what> & \"why\"",
					  .section = "VIRTIO 1.2, 2.7",
					  .origin = CONFORM_OURS,
					  .expected = CONFORM_SET(REFUSED)};

/* One result of each verdict; the notes hold what XML and JSON must escape. */
static const struct conform_opts *
make_report(void)
{
	static const struct conform_opts opt = {.path = "/tmp/<a>&b", .device = CONFORM_NET};
	static const struct conform_result r[] = {
		{&nasty, "ring.nasty@split", CONFORM_REFUSED, CONFORM_OK, 1.5, ""},
		{&nasty, "ring.nasty@packed", CONFORM_DIED, CONFORM_FAILED, 2, "a\x01z\xff'<>&\""},
		{&nasty, "ctl.nasty", CONFORM_BROKEN, CONFORM_DIFFERS, 3, "differs"},
		{&nasty, "net.nasty", CONFORM_NOT_RUN, CONFORM_SKIPPED, 0, "not \"offered\""},
	};

	memset(&report, 0, sizeof(report));
	for (unsigned int i = 0; i < 4; i++) {
		report.result[report.n++] = r[i];
		conform_count(&report, &r[i], false);
	}
	report.seconds = 1.25;
	return &opt;
}

static char *
read_file(const char *path)
{
	static char text[16384];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	assert_true(n > 0);
	text[n] = '\0';
	return text;
}

static void
assert_holds(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("no '%s' in:\n%s", part, text);
}

static void
test_junit(void **state)
{
	const struct conform_opts *opt = make_report();
	const char *path = path_of("junit.xml"), *text;

	(void)state;
	assert_int_equal(conform_write_junit(path, opt, &report), 0);
	text = read_file(path);
	assert_holds(text, "tests=\"4\" failures=\"1\" errors=\"0\" skipped=\"1\" time=\"1.250\"");
	assert_holds(text, "hostname=\"/tmp/&lt;a&gt;&amp;b\"");
	assert_holds(text, "classname=\"conform.ring\" name=\"ring.nasty@split\" time=\"0.002\"");
	assert_holds(text, "classname=\"conform.ctl\"");
	assert_holds(text, "<failure type=\"died\" message=\"died, expected refused\">");
	assert_holds(text, "&lt;what&gt; &amp; &quot;why&quot;");
	assert_holds(text, "a?z?&apos;&lt;&gt;&amp;&quot;</failure>");
	assert_holds(text, "<skipped message=\"not &quot;offered&quot;\"/>");
	assert_holds(text, "<system-out>differs queue-broken differs</system-out>");
}

/* A run that did not come to its end must not look as if it had. */
static void
test_junit_ended(void **state)
{
	const struct conform_opts *opt = make_report();
	const char *path = path_of("junit.xml"), *text;

	(void)state;
	snprintf(report.ended, sizeof(report.ended), "the back-end died");
	assert_int_equal(conform_write_junit(path, opt, &report), 0);
	text = read_file(path);
	assert_holds(text, "tests=\"5\" failures=\"1\" errors=\"1\" skipped=\"1\"");
	assert_holds(text, "<error message=\"the back-end died\"/>");
	assert_int_equal(conform_write_junit("/nonexistent/x", opt, &report), -ENOENT);
}

static void
test_json(void **state)
{
	const struct conform_opts *opt = make_report();
	const char *path = path_of("report.json");
	json_t *root, *c;

	(void)state;
	assert_int_equal(conform_write_json(path, opt, &report), 0);
	root = json_load_file(path, 0, NULL);
	assert_non_null(root);
	assert_string_equal(json_string_value(json_object_get(root, "schema")),
			    "dpdk-foo-bench/conform/1");
	assert_true(json_is_object(json_object_get(root, "machine")));
	assert_int_equal(json_integer_value(json_object_get(root, "found")), 1);
	assert_int_equal(json_array_size(json_object_get(root, "cases")), 4);
	c = json_array_get(json_object_get(root, "cases"), 1);
	assert_string_equal(json_string_value(json_object_get(c, "name")), "ring.nasty@packed");
	assert_string_equal(json_string_value(json_object_get(c, "observed")), "died");
	assert_string_equal(json_string_value(json_object_get(c, "verdict")), "fail");
	assert_string_equal(json_string_value(json_object_get(c, "origin")), "ours");
	assert_string_equal(json_string_value(json_array_get(json_object_get(c, "expected"), 0)),
			    "refused");
	assert_true(json_is_string(json_object_get(c, "note")));
	json_decref(root);
}

/* ---- the command line ---- */

/* Take a command line apart; what is printed goes to a file. */
static int
parse(struct conform_opts *opt, const char *const *words)
{
	int argc = 1, ret, saved[2] = {dup(1), dup(2)};
	char verb[] = "conform", *argv[16] = {verb};
	int fd = open(path_of("said"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	while (words[argc - 1] != NULL) {
		argv[argc] = (char *)(uintptr_t)words[argc - 1];
		argc++;
	}
	fflush(NULL);
	dup2(fd, 1);
	dup2(fd, 2);
	ret = conform_parse(opt, argc, argv);
	fflush(NULL);
	dup2(saved[0], 1);
	dup2(saved[1], 2);
	close(saved[0]);
	close(saved[1]);
	close(fd);
	return ret;
}

static void
assert_refused(const char *const *words, const char *said)
{
	struct conform_opts opt;

	assert_int_equal(parse(&opt, words), -1);
	assert_holds(read_file(path_of("said")), said);
}

#define WORDS(...)                                                                                 \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

static void
test_parse(void **state)
{
	struct conform_opts opt;

	(void)state;
	assert_int_equal(
		parse(&opt, WORDS("--socket", "/x", "--device", "blk", "--case", "blk.*", "--case",
				  "ring.race@packed", "--timeout", "77", "--strict", "--pid", "5")),
		0);
	assert_string_equal(opt.path, "/x");
	assert_int_equal(opt.device, CONFORM_BLK);
	assert_int_equal(opt.nglobs, 2);
	assert_int_equal(opt.timeout_ms, 77);
	assert_true(opt.strict);
	assert_int_equal(opt.pid, 5);
	assert_int_equal(parse(&opt, WORDS("--help")), 1);
	assert_int_equal(parse(&opt, WORDS("--list")), 0);
	assert_refused(WORDS("--strict"), "--socket PATH is missing");
	assert_refused(WORDS("--socket", "/x", "--device", "gpu"), "must be net or blk");
	assert_refused(WORDS("--socket", "/x", "--timeout", "0"), "from 10 to 600000");
	assert_refused(WORDS("--socket", "/x", "--timeout", "9x"), "must be a number");
	assert_refused(WORDS("--socket", "/x", "--case", "ring.typo"), "no such case");
	assert_int_equal(parse(&opt, WORDS("--socket", "/x", "--case", "ring.kick-storm@split")),
			 0);
	assert_refused(WORDS("--socket", "/x", "--case", "ring.kick-storm@pakced"), "no such case");
	/* a case of another device would run nothing, and be acceptable */
	assert_refused(WORDS("--socket", "/x", "--case", "blk.*"), "no such case");
	assert_refused(WORDS("--socket", "/x", "y"), "unexpected argument 'y'");
	assert_refused(WORDS("--socket"), "bench conform: --socket: needs a value");
	assert_refused(WORDS("--sokcet", "/x"), "bench conform: --sokcet: no such option");
	assert_refused(WORDS("--strict=1"), "--strict=1: takes no value");
	assert_refused(WORDS("--socket", "/x", "--junit", "/nowhere/x"), "--junit /nowhere/x: No");
	assert_refused(WORDS("--socket", "/x", "--pid", "1", "--restart", "y"), "exclude");
}

/* ---- back-ends ---- */

/* Run the cases silently. */
static int
run(const char *path, const char *witness, const char *glob, int timeout_ms)
{
	struct conform_opts opt = {
		.path = path, .witness = witness, .device = CONFORM_NET, .timeout_ms = timeout_ms};
	int ret, saved[2] = {dup(1), dup(2)}, null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	opt.glob[opt.nglobs++] = glob;
	fflush(NULL);
	dup2(null, 1);
	dup2(null, 2);
	ret = conform_run(&opt, &report);
	fflush(NULL);
	dup2(saved[0], 1);
	dup2(saved[1], 2);
	close(saved[0]);
	close(saved[1]);
	close(null);
	return ret;
}

/* A back-end of which one thing is known to be wrong; the case must see it, and others not. */
static void
check_fault(enum bench_faulty_fault fault, unsigned int every, const char *glob,
	    enum conform_verdict verdict)
{
	struct bench_faulty_config cfg = {
		.device = BENCH_FAULTY_NET, .fault = fault, .every = every};
	struct bench_faulty *f;
	char path[100];

	snprintf(path, sizeof(path), "%s", path_of("faulty"));
	cfg.path = path;
	assert_int_equal(bench_faulty_start(&f, &cfg), 0);
	assert_int_equal(run(path, NULL, glob, 1000), 0);
	bench_faulty_stop(f);
	assert_true(report.n != 0);
	for (unsigned int i = 0; i < report.n; i++)
		if (report.result[i].verdict != verdict)
			fail_msg("%s: %s, %s", report.result[i].name,
				 conform_verdict_name(report.result[i].verdict),
				 report.result[i].note);
}

static void
test_faults(void **state)
{
	(void)state;
	check_fault(BENCH_FAULTY_NONE, 1, "ring.interrupt", CONFORM_OK);
	check_fault(BENCH_FAULTY_NO_CALL, 1, "ring.interrupt", CONFORM_FAILED);
	check_fault(BENCH_FAULTY_NONE, 1, "net.packet-split", CONFORM_OK);
	/* the first packets are used up by the look at the back-end */
	check_fault(BENCH_FAULTY_CORRUPT, 12, "ring.index-wraps@split", CONFORM_FAILED);
	check_fault(BENCH_FAULTY_TRUNCATE, 12, "ring.index-wraps@packed", CONFORM_FAILED);
	check_fault(BENCH_FAULTY_USED_TWICE, 12, "ring.index-wraps", CONFORM_FAILED);
}

/* The guest on the other socket is cheated by its fifth packet, and that is noticed. */
static void
test_witness(void **state)
{
	struct bench_faulty_config cfg[2] = {
		{.device = BENCH_FAULTY_NET},
		{.device = BENCH_FAULTY_NET, .fault = BENCH_FAULTY_USED_TWICE, .every = 5}};
	struct bench_faulty *f[2];
	char path[2][100];

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		snprintf(path[i], sizeof(path[i]), "%s", path_of(i == 0 ? "faulty" : "other"));
		cfg[i].path = path[i];
		assert_int_equal(bench_faulty_start(&f[i], &cfg[i]), 0);
	}
	assert_int_equal(run(path[0], path[1], "ring.kick-*@split", 1000), 0);
	for (unsigned int i = 0; i < 2; i++)
		bench_faulty_stop(f[i]);
	assert_int_equal(report.n, 3);
	assert_int_equal(report.result[0].verdict, CONFORM_OK);
	assert_int_equal(report.result[2].observed, CONFORM_UNEXPECTED);
	assert_non_null(strstr(report.result[2].note, "the guest on the other socket suffers"));
}

/* How a socket answers that is no back-end. */
enum nonsense {
	SILENT,
	CLOSES,
	RANDOM,
	HUGE_SIZE,
	TRUNCATED,
	FLOOD,
};

struct liar {
	enum nonsense kind;
	int sock;
	int stop;
};

/* Answer whatever came with nonsense. */
static void
answer(const struct liar *l, int fd, unsigned int *seed)
{
	uint32_t reply[64];
	uint8_t request[512];
	size_t len = sizeof(reply);

	if (recv(fd, request, sizeof(request), 0) <= 0 || l->kind == SILENT)
		return;
	for (unsigned int i = 0; i < 64; i++)
		reply[i] = (uint32_t)rand_r(seed);
	if (l->kind != RANDOM) { /* a header that could be one */
		memcpy(reply, request, 4);
		reply[1] = 5;
		reply[2] = l->kind == HUGE_SIZE ? 0xffffffff : 8;
	}
	if (l->kind == TRUNCATED)
		len = 14;
	do {
		if (send(fd, reply, len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			break;
	} while (l->kind == FLOOD);
}

static void *
liar_main(void *arg)
{
	struct liar *l = arg;
	unsigned int seed = 1;
	int fd = -1;

	while (!__atomic_load_n(&l->stop, __ATOMIC_ACQUIRE)) {
		struct pollfd p[2] = {{l->sock, POLLIN, 0}, {fd, POLLIN, 0}};

		if (poll(p, 2, 20) <= 0)
			continue;
		if (p[1].revents & POLLIN)
			answer(l, fd, &seed);
		if ((p[1].revents & POLLHUP) || l->kind == CLOSES) {
			close(fd);
			fd = -1;
		}
		if (p[0].revents & POLLIN) {
			if (fd >= 0)
				close(fd);
			fd = accept4(l->sock, NULL, NULL, SOCK_CLOEXEC);
		}
	}
	if (fd >= 0)
		close(fd);
	return NULL;
}

/* Whatever a socket says, conform says that it cannot begin, and says so soon. */
static void
test_nonsense(void **state)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	pthread_t thread;

	(void)state;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path_of("liar"));
	for (int kind = SILENT; kind <= FLOOD; kind++) {
		struct liar l = {.kind = kind,
				 .sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};

		unlink(addr.sun_path);
		assert_int_equal(bind(l.sock, (struct sockaddr *)&addr, sizeof(addr)), 0);
		assert_int_equal(listen(l.sock, 8), 0);
		assert_int_equal(pthread_create(&thread, NULL, liar_main, &l), 0);
		assert_int_equal(run(addr.sun_path, NULL, "ring.*", 200), -1);
		assert_true(report.seconds < 20);
		__atomic_store_n(&l.stop, 1, __ATOMIC_RELEASE);
		pthread_join(thread, NULL);
		close(l.sock);
	}
	unlink(addr.sun_path);
	assert_int_equal(run(addr.sun_path, NULL, "ring.*", 100), -1);
}

static int
setup(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(path_of("junit.xml"));
	unlink(path_of("report.json"));
	unlink(path_of("said"));
	unlink(path_of("liar"));
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judge),       cmocka_unit_test(test_is_bad),
		cmocka_unit_test(test_worse),       cmocka_unit_test(test_names),
		cmocka_unit_test(test_tables),      cmocka_unit_test(test_junit),
		cmocka_unit_test(test_junit_ended), cmocka_unit_test(test_json),
		cmocka_unit_test(test_parse),       cmocka_unit_test(test_faults),
		cmocka_unit_test(test_witness),     cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
