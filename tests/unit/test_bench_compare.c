/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/* compare: files and their mistakes, substitution, sweeps, words, statistics, metrics. */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "compare_child.h"
#include "compare_distance.h"
#include "compare_plan.h"
#include "compare_stats.h"

#define BACKEND "[backend a]\ncommand = x ${socket}\n"
#define LOAD "[load l]\nverb = net\n"
#define METRIC "[metric m]\npath = results.rx_pps\n"

static struct compare_plan plan;
static struct compare_error err;

/* Load a file of this text. */
static int
load(const char *text, const struct compare_choice *choice)
{
	static const struct compare_choice none;
	char path[] = "/tmp/foo-test-compare-XXXXXX";
	int fd = mkstemp(path), rc;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	err.text[0] = '\0';
	rc = compare_plan_load(&plan, path, choice != NULL ? choice : &none, &err);
	unlink(path);
	return rc;
}

/* The file must be refused, with both texts in the message, which is one line. */
static void
refused(const char *text, const char *where, const char *what)
{
	assert_int_not_equal(load(text, NULL), 0);
	if (strstr(err.text, where) == NULL || strstr(err.text, what) == NULL)
		fail_msg("'%s' in '%s': %s", where, what, err.text);
	assert_null(strchr(err.text, '\n'));
	compare_plan_free(&plan);
}

static void
test_plan(void **state)
{
	struct compare_choice choice = {.rounds = 7, .seconds = 0.5};

	(void)state;
	assert_int_equal(load("[compare]\ntitle = t\nrounds = 3\nbase = b\ncpus = 1,0\n"
			      "[vars]\nv = 1\n" BACKEND "[backend b]\ncommand = y\ncommand = z\n"
			      "stop = SIGTERM\nclient = yes\n" LOAD
			      "sweep = s=1,2\nsweep = r=a,b,c\n" METRIC
			      "better = lower\nscale = 1e-6\n",
			      NULL),
			 0);
	assert_int_equal(plan.backends, 2);
	assert_int_equal(plan.base, 1);
	assert_int_equal(plan.rounds, 3);
	assert_int_equal(plan.cpu, 1);
	assert_string_equal(plan.backend[1].program.command, "y z");
	assert_int_equal(plan.backend[1].program.stop, SIGTERM);
	assert_true(plan.backend[1].client);
	assert_int_equal(compare_sweeps_count(&plan.load[0].sweeps), 6);
	assert_false(plan.metric[0].higher);
	assert_true(plan.metric[0].scale == 1e-6);
	compare_plan_free(&plan);

	assert_int_equal(compare_vars_set(&choice.set, "s", "9"), 0);
	assert_int_equal(
		load("[compare]\nrounds = 3\n" BACKEND LOAD "sweep = s=1,2\n" METRIC, &choice), 0);
	assert_int_equal(plan.rounds, 7);
	assert_string_equal(compare_vars_get(&plan.vars, "seconds"), "0.5");
	assert_int_equal(compare_sweeps_count(&plan.load[0].sweeps), 1);
	assert_string_equal(compare_sweeps_value(&plan.load[0].sweeps, 0, 0), "9");
	compare_plan_free(&plan);
	compare_vars_free(&choice.set);
}

static void
test_only(void **state)
{
	struct compare_choice choice = {.only = "b"};

	(void)state;
	assert_int_equal(load(BACKEND "[backend b]\ncommand = y\n" LOAD METRIC, &choice), 0);
	assert_int_equal(plan.backends, 1);
	assert_string_equal(plan.backend[0].program.name, "b");
	assert_int_equal(plan.loads, 1);
	compare_plan_free(&plan);
	choice.only = "nobody";
	assert_int_equal(load(BACKEND LOAD METRIC, &choice), -ENOENT);
	assert_non_null(strstr(err.text, "called 'nobody'"));
	compare_plan_free(&plan);
}

static void
test_mistakes(void **state)
{
	char text[600];

	(void)state;
	refused(LOAD METRIC, "[backend NAME]", "no section");
	refused(BACKEND METRIC, "[load NAME]", "no section");
	refused(BACKEND LOAD, "[metric NAME]", "no section");
	refused("[backnd a]\nx = y\n", "[backnd a]", "no such kind of section");
	refused(BACKEND "comand = y\n", "[backend a] comand=", "no such entry");
	refused("[backend a]\nstop = SIGTERM\n", "[backend a] command=", "is missing");
	refused("[backend]\ncommand = y\n", "[backend]", "needs a name");
	refused(BACKEND "stop = SIGHUP\n", "stop=: 'SIGHUP'", "SIGINT, SIGTERM");
	refused(BACKEND "client = maybe\n", "client=: 'maybe'", "no, yes");
	refused(BACKEND "ready_timeout = 0\n", "ready_timeout=: '0'", "from 0.1 to 3600");
	refused(BACKEND "metric.m = a(b\n", "a(b", "not a regular expression");
	refused(BACKEND "metric.m = [0-9]+\n", "[0-9]+", "no group");
	refused(BACKEND BACKEND, "[backend a]", "twice");
	refused("[compare]\nrounds = many\n", "[compare] rounds=: 'many'", "not a number");
	refused("[compare]\ncpus = 0\n", "cpus=: '0'", "two CPUs");
	refused("[compare]\nbase = z\n" BACKEND LOAD METRIC, "base=", "no [backend z]");
	refused("[load l]\nsockets = 1\n", "[load l] verb=", "either");
	refused(LOAD "command = y\n", "[load l] verb=", "either");
	refused(LOAD "step = wait 3\n", "step=: 'wait 3'", "type LINE");
	refused(LOAD "sweep = size\n", "'size'", "NAME=VALUE");
	refused(LOAD "sweep = size=1,,2\n", "size", "an empty value");
	refused("[metric m]\nbetter = red\n", "better=: 'red'", "lower, higher");
	snprintf(text, sizeof(text), "[backend a]\ncommand = %0255d\n", 0);
	refused(text, "[backend a] command=", "further lines");
}

/* What a text becomes. */
static void
expands(const struct compare_vars *v, const char *text, const char *to)
{
	char *out = NULL;

	assert_int_equal(compare_expand(v, text, &out, &err), 0);
	assert_string_equal(out, to);
	free(out);
}

static void
test_expand(void **state)
{
	struct compare_vars v = {.n = 0};
	char *out;

	(void)state;
	assert_int_equal(compare_vars_set(&v, "ring", "old"), 0);
	assert_int_equal(compare_vars_set(&v, "ring", "packed"), 0);
	assert_int_equal(compare_vars_set(&v, "ring_packed", "packed_vq=${one}"), 0);
	assert_int_equal(compare_vars_number(&v, "one", 1), 0);
	assert_int_equal(compare_vars_set(&v, "self", "a${self}"), 0);
	expands(&v, "", "");
	expands(&v, "a ${ring} $b $$ ${one}${one}$", "a packed $b $ 11$");
	expands(&v, "${ring_${ring}}", "packed_vq=1");
	expands(&v, "$${ring}", "${ring}");
	assert_int_equal(compare_expand(&v, "${none}", &out, &err), -EINVAL);
	assert_non_null(strstr(err.text, "${none}"));
	assert_int_equal(compare_expand(&v, "x ${ring", &out, &err), -EINVAL);
	assert_non_null(strstr(err.text, "closes"));
	assert_int_equal(compare_expand(&v, "${self}", &out, &err), -EINVAL);
	assert_non_null(strstr(err.text, "refers to itself"));
	compare_vars_free(&v);
}

static void
test_words(void **state)
{
	static const char *const want[] = {"a", "b c", "d\"e", "", "f'g h"};
	char **words, *line;

	(void)state;
	assert_int_equal(compare_words(" a 'b c'\td\\\"e  \"\" f\"'\"g\\ h ", &words, &err), 0);
	for (unsigned int i = 0; i < 5; i++)
		assert_string_equal(words[i], want[i]);
	assert_null(words[5]);
	line = compare_words_line(words);
	assert_non_null(line);
	free(line);
	compare_words_free(words);
	assert_int_equal(compare_words("a 'b", &words, &err), -EINVAL);
	assert_non_null(strstr(err.text, "not closed"));
}

static void
test_sweeps(void **state)
{
	static const char *const want[] = {"64a", "64b", "64c", "imixa", "imixb", "imixc"};
	struct compare_vars none = {.n = 0};
	struct compare_sweeps s;

	(void)state;
	assert_int_equal(compare_sweeps_parse(&s, NULL, &none, &err), 0);
	assert_int_equal(compare_sweeps_count(&s), 1);
	assert_int_equal(compare_sweeps_parse(&s, "size=64,imix r=a,b,c", &none, &err), 0);
	assert_int_equal(compare_sweeps_count(&s), 6);
	for (unsigned int i = 0; i < 6; i++) {
		char text[16];

		snprintf(text, sizeof(text), "%s%s", compare_sweeps_value(&s, i, 0),
			 compare_sweeps_value(&s, i, 1));
		assert_string_equal(text, want[i]);
	}
	compare_sweeps_free(&s);
}

static void
test_statistics(void **state)
{
	static const double odd[] = {9, 1, 5}, even[] = {4, 1, 2, 100}, gap[] = {NAN, 3, NAN};
	static const double base[] = {3, 1, 10};
	struct compare_summary s = compare_summarise(odd, base, 3);

	(void)state;
	assert_true(s.n == 3 && s.median == 5 && s.min == 1 && s.max == 9);
	/* 3, 1, 0.5: of each round, not 5 / 3 */
	assert_true(s.ratio == 1);
	assert_true(compare_median(even, 4) == 3);
	s = compare_summarise(gap, NULL, 3);
	assert_true(s.n == 1 && s.median == 3 && isnan(s.ratio));
	s = compare_summarise(gap, NULL, 0);
	assert_true(s.n == 0 && isnan(s.median));
	s = compare_summarise(odd, (const double[]){0, 0, 5}, 3);
	assert_true(s.ratio == 1);
}

static void
test_regex(void **state)
{
	const char *text = "x=1\n x=2\nx=30.5 y\nx=q";
	double value = 0;

	(void)state;
	assert_int_equal(compare_regex_number("x=([0-9.]+)", text, &value), 0);
	assert_true(value == 30.5);
	assert_int_equal(compare_regex_number("^x=([0-9.]+)$", text, &value), 0);
	assert_true(value == 1);
	assert_int_equal(compare_regex_number("z=([0-9]+)", text, &value), -ENOENT);
	assert_int_equal(compare_regex_number("x=([a-z]+)", text, &value), -EINVAL);
	/* matches nothing, everywhere: must come to an end */
	assert_int_equal(compare_regex_number("([0-9]*)", "a1", &value), -EINVAL);
}

static void
test_path(void **state)
{
	json_t *root =
		json_loads("{\"a\": {\"b\": 2.5, \"c\": [1, {\"d\": 7}], \"e\": \"x\"}}", 0, NULL);
	double value = 0;

	(void)state;
	assert_int_equal(compare_path_number(root, "a.b", &value), 0);
	assert_true(value == 2.5);
	assert_int_equal(compare_path_number(root, "a.c.1.d", &value), 0);
	assert_true(value == 7);
	assert_int_equal(compare_path_number(root, "a.e", &value), -ENOENT);
	assert_int_equal(compare_path_number(root, "a.c.9", &value), -ENOENT);
	assert_int_equal(compare_path_number(root, "a.b.c", &value), -ENOENT);
	json_decref(root);
}

static void
test_distance(void **state)
{
	double ns = 0;

	(void)state;
	assert_int_equal(compare_distance(0, 0, 0.01, &ns), -EINVAL);
	assert_int_not_equal(compare_distance(0, 1023, 0.01, &ns), 0);
	if (sysconf(_SC_NPROCESSORS_ONLN) > 1) {
		assert_int_equal(compare_distance(0, 1, 0.02, &ns), 0);
		assert_true(ns > 1 && ns < 1e8);
	}
}

/* A program of the shell. */
static int
start(struct compare_child *c, const char *script)
{
	char *argv[] = {(char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c",
			(char *)(uintptr_t)script, NULL};
	static char log[64];

	snprintf(log, sizeof(log), "/tmp/foo-test-compare-%d.out", getpid());
	return compare_child_start(c, "it", argv, log, NULL, &err);
}

static void
test_child(void **state)
{
	struct compare_child c;
	char *argv[] = {(char *)(uintptr_t) "/nonexistent/x", NULL}, *output;

	(void)state;
	assert_int_equal(start(&c, "read line; echo got $line; exit 3"), 0);
	assert_int_equal(compare_child_type(&c, "word", &err), 0);
	assert_int_equal(compare_child_await_output(&c, "^got word$", 20, &err), 0);
	assert_int_equal(compare_child_await_end(&c, 20, (compare_watch){NULL}, &err), 0);
	assert_int_equal(WEXITSTATUS(c.status), 3);
	output = compare_child_output(&c);
	assert_string_equal(output, "got word\n");
	free(output);
	unlink(c.log);
	compare_child_free(&c);
	assert_int_equal(compare_child_start(&c, "it", argv, "/dev/null", NULL, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent/x"));
	compare_child_free(&c);
}

static void
test_child_ends(void **state)
{
	struct compare_child c;

	(void)state;
	assert_int_equal(start(&c, "echo why; exit 4"), 0);
	assert_int_equal(compare_child_await_output(&c, "never", 20, &err), -ECHILD);
	assert_non_null(strstr(err.text, "it ended with status 4 before it should"));
	assert_non_null(strstr(err.text, "\n  | why"));
	assert_int_equal(compare_child_stop(&c, SIGTERM, 1, &err), 0);
	unlink(c.log);
	compare_child_free(&c);
	/* one that does not want to end */
	assert_int_equal(start(&c, "trap '' INT; echo on; while :; do sleep 0.1; done"), 0);
	assert_int_equal(compare_child_await_output(&c, "on", 20, &err), 0);
	assert_int_equal(compare_child_await_output(&c, "never", 0.1, &err), -ETIMEDOUT);
	assert_int_equal(compare_child_stop(&c, SIGINT, 0.2, &err), -ETIMEDOUT);
	assert_non_null(strstr(err.text, "was killed"));
	unlink(c.log);
	compare_child_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan),       cmocka_unit_test(test_only),
		cmocka_unit_test(test_mistakes),   cmocka_unit_test(test_expand),
		cmocka_unit_test(test_words),      cmocka_unit_test(test_sweeps),
		cmocka_unit_test(test_statistics), cmocka_unit_test(test_regex),
		cmocka_unit_test(test_path),       cmocka_unit_test(test_distance),
		cmocka_unit_test(test_child),      cmocka_unit_test(test_child_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
