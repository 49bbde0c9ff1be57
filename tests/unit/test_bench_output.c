/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * What a run leaves behind: files, JSON, live lines and tables.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench_file.h"
#include "bench_json.h"
#include "bench_machine.h"
#include "bench_report.h"

static char dir[32];
static char path[64];

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/bench-output-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/result", dir);
	return 0;
}

/* The folder must be empty: no temporary file stays. */
static int
teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

static void
assert_content(const char *want)
{
	char text[256] = "";
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	assert_true(fread(text, 1, sizeof(text) - 1, file) > 0 || want[0] == '\0');
	fclose(file);
	assert_string_equal(text, want);
}

/* ---- files ---- */

static void
test_file_write(void **state)
{
	struct stat st;
	mode_t mask;

	(void)state;
	mask = umask(022);
	assert_int_equal(bench_file_write(path, "one", 3), 0);
	umask(mask);
	assert_content("one");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	assert_int_equal(bench_file_write(path, "second", 6), 0);
	assert_content("second");
}

/* What was there stays if it cannot be replaced. */
static void
test_file_fails(void **state)
{
	char nowhere[96];

	(void)state;
	snprintf(nowhere, sizeof(nowhere), "%s/no/such", dir);
	assert_int_equal(bench_file_write(nowhere, "x", 1), -ENOENT);
	assert_int_equal(bench_file_check(nowhere), -ENOENT);
	assert_int_equal(bench_file_check(dir), -EISDIR);
	assert_true(bench_file_write(dir, "x", 1) < 0);
	assert_int_equal(bench_file_check(path), 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(bench_file_write("/dev/full", "x", 1), -ENOSPC);
	assert_int_equal(bench_file_write("/dev/null", "x", 1), 0);
}

/* ---- machine ---- */

static void
test_machine(void **state)
{
	struct bench_machine m;
	char line[512];

	(void)state;
	bench_machine_get(&m);
	assert_true(m.cpu[0] != '\0');
	assert_in_range(m.cpus, 1, sysconf(_SC_NPROCESSORS_CONF));
	assert_int_equal(strlen(m.time), strlen("2026-11-24T23:59:00Z"));
	assert_int_equal(m.time[10], 'T');
	bench_machine_line(&m, line, sizeof(line));
	assert_non_null(strstr(line, m.cpu));
	assert_non_null(strstr(line, m.kernel));
}

static void
test_command_line(void **state)
{
	char words[6][12] = {"bench", "--x=1,2", "two words", "it's", "", "$x"};
	char *argv[] = {words[0], words[1], words[2], words[3], words[4], words[5]};
	char text[64], small[12];

	(void)state;
	bench_command_line(6, argv, text, sizeof(text));
	assert_string_equal(text, "bench --x=1,2 'two words' 'it'\\''s' '' '$x'");
	bench_command_line(6, argv, small, sizeof(small));
	assert_true(strlen(small) < sizeof(small));
	assert_memory_equal(small, "bench --x", 9);
	bench_command_line(0, argv, text, sizeof(text));
	assert_string_equal(text, "");
}

/* ---- JSON ---- */

static void
test_json_run(void **state)
{
	char words[3][12] = {"net", "--socket", "/tmp/\xff"};
	char *argv[] = {words[0], words[1], words[2]};
	const struct bench_json_guest guest = {.socket = "/tmp/\xff",
					       .features = UINT64_C(0x100008021),
					       .type = FOO_GUEST_NET,
					       .queues = 2,
					       .queue_size = 256};
	json_t *root = bench_json_run(3, argv), *back, *names;

	(void)state;
	json_object_set_new(root, "guests", json_pack("[o]", bench_json_guest(&guest)));
	assert_int_equal(bench_json_write(root, path), 0);
	json_decref(root);
	back = json_load_file(path, 0, NULL);
	assert_non_null(back);
	assert_string_equal(json_string_value(json_object_get(back, "schema")), "dpdk-foo-bench/1");
	assert_string_equal(json_string_value(json_object_get(back, "verb")), "net");
	assert_int_equal(json_array_size(json_object_get(back, "command")), 4);
	assert_true(
		json_is_boolean(json_object_get(json_object_get(back, "machine"), "hypervisor")));
	names = json_array_get(json_object_get(back, "guests"), 0);
	assert_string_equal(json_string_value(json_object_get(names, "socket")), "/tmp/?");
	assert_string_equal(json_string_value(json_object_get(names, "features")), "0x100008021");
	names = json_object_get(names, "feature_names");
	assert_int_equal(json_array_size(names), 4);
	assert_string_equal(json_string_value(json_array_get(names, 0)), "CSUM");
	assert_string_equal(json_string_value(json_array_get(names, 1)), "MAC");
	assert_string_equal(json_string_value(json_array_get(names, 2)), "MRG_RXBUF");
	assert_string_equal(json_string_value(json_array_get(names, 3)), "VERSION_1");
	json_decref(back);
}

static json_int_t
integer(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	assert_true(json_is_integer(value));
	return json_integer_value(value);
}

static void
test_json_net(void **state)
{
	struct bench_net_result r = {.seconds = 2,
				     .tx_packets = 20,
				     .rx_packets = 18,
				     .rx_bytes = 1152,
				     .track = {18, 2, 3, 4},
				     .corrupted = 5};
	struct bench_hist h;
	json_t *net, *latency;

	(void)state;
	net = bench_json_net(&r);
	assert_int_equal(integer(net, "lost"), 2);
	assert_int_equal(integer(net, "duplicated"), 3);
	assert_int_equal(integer(net, "reordered"), 4);
	assert_int_equal(integer(net, "corrupted"), 5);
	assert_true(json_number_value(json_object_get(net, "rx_pps")) == 9);
	assert_true(json_number_value(json_object_get(net, "rx_bps")) == 4608);
	assert_null(json_object_get(net, "latency_ns"));
	json_decref(net);
	assert_int_equal(bench_hist_init(&h), 0);
	for (unsigned int i = 1; i <= 1000; i++)
		bench_hist_record(&h, i);
	r.latency = &h;
	net = bench_json_net(&r);
	latency = json_object_get(net, "latency_ns");
	assert_int_equal(integer(latency, "count"), 1000);
	assert_int_equal(integer(latency, "min"), 1);
	assert_int_equal(integer(latency, "p50"), 500);
	assert_int_equal(integer(latency, "p99_9"), 999);
	assert_int_equal(integer(latency, "max"), 1000);
	json_decref(net);
	bench_hist_fini(&h);
}

static void
test_json_blk(void **state)
{
	const struct bench_blk_result r = {.seconds = 0.5,
					   .requests = 100,
					   .reads = 60,
					   .writes = 40,
					   .bytes = 409600,
					   .errors = 1,
					   .verify_errors = 2,
					   .bad_status = 3,
					   .bad_used_length = 4};
	json_t *blk = bench_json_blk(&r);

	(void)state;
	assert_int_equal(integer(blk, "reads"), 60);
	assert_int_equal(integer(blk, "errors"), 1);
	assert_int_equal(integer(blk, "verify_errors"), 2);
	assert_int_equal(integer(blk, "bad_status"), 3);
	assert_int_equal(integer(blk, "bad_used_length"), 4);
	assert_true(json_number_value(json_object_get(blk, "iops")) == 200);
	assert_true(json_number_value(json_object_get(blk, "bytes_per_second")) == 819200);
	json_decref(blk);
}

/* ---- lines and tables ---- */

static void
test_formats(void **state)
{
	static const struct {
		double value;
		const char *ns;
		const char *si;
	} rows[] = {
		{0, "0 ns", "0"},
		{7, "7 ns", "7"},
		{7.25, "7.25 ns", "7.25"},
		{999.4, "999 ns", "999"},
		{999.6, "1.00 us", "1.00 k"},
		{1234, "1.23 us", "1.23 k"},
		{99960, "100 us", "100 k"},
		{4.56e7, "45.6 ms", "45.6 M"},
		{2.5e9, "2.50 s", "2.50 G"},
		{1.2e13, "12000 s", "12.0 T"},
	};
	char text[32];

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bench_format_ns(rows[i].value, text, sizeof(text));
		assert_string_equal(text, rows[i].ns);
		bench_format_si(rows[i].value, text, sizeof(text));
		assert_string_equal(text, rows[i].si);
	}
}

static char *printed;
static size_t printed_size;

/* Not a terminal: each line ends, nothing is erased. */
static void
test_live(void **state)
{
	const struct bench_net_result r = {
		.seconds = 0.5, .rx_packets = 100, .tx_packets = 150, .track = {.lost = 3}};
	FILE *file = fopen(path, "w");
	struct bench_live live;

	(void)state;
	bench_live_init(&live, file);
	bench_live_net(&live, 1, 10, &r);
	bench_live_end(&live);
	fclose(file);
	assert_content("[  1.0 of 10 s] Rx-pps:        200  Tx-pps:        300  "
		       "Rx-bps:            0  lost: 3\n");
}

/* On a terminal: one row, rewritten, and in the end nothing of it. */
static void
test_live_terminal(void **state)
{
	struct bench_live live;
	FILE *file = fopen(path, "w");

	(void)state;
	bench_live_init(&live, file);
	live.terminal = true;
	bench_live_show(&live, "a");
	bench_live_show(&live, "b");
	bench_live_end(&live);
	bench_live_end(&live);
	fclose(file);
	assert_content("\ra\033[K\rb\033[K\r\033[K");
}

static void
test_tables(void **state)
{
	struct bench_net_result net = {.seconds = 1, .rx_packets = 123, .track = {.lost = 7}};
	const struct bench_blk_result blk = {.seconds = 1, .requests = 55, .bytes = 2000000};
	struct bench_hist h;
	FILE *out = open_memstream(&printed, &printed_size);

	(void)state;
	assert_int_equal(bench_hist_init(&h), 0);
	bench_hist_record(&h, 1500);
	net.latency = &h;
	bench_report_net(out, 3, "/tmp/a.sock", &net);
	bench_report_net_total(out, 2, &net);
	bench_report_blk(out, 0, "/tmp/b.sock", &blk);
	bench_report_blk_total(out, 1, &blk);
	fclose(out);
	assert_non_null(strstr(printed, "  ######################## NIC statistics for guest 3  "
					"########################\n  Socket: /tmp/a.sock\n"));
	assert_non_null(strstr(printed, "RX-packets: 123          RX-missed: 7 "));
	assert_non_null(strstr(printed, "for 2 guests +"));
	assert_non_null(strstr(printed, "p99.99:    1.50 us\n"));
	assert_non_null(strstr(printed, "Disk statistics for guest 0"));
	assert_non_null(strstr(printed, "IOPS:             55          MB/s:            2.0\n"));
	free(printed);
	bench_hist_fini(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_file_write, setup, teardown),
		cmocka_unit_test_setup_teardown(test_file_fails, setup, teardown),
		cmocka_unit_test(test_machine),
		cmocka_unit_test(test_command_line),
		cmocka_unit_test_setup_teardown(test_json_run, setup, teardown),
		cmocka_unit_test(test_json_net),
		cmocka_unit_test(test_json_blk),
		cmocka_unit_test(test_formats),
		cmocka_unit_test_setup_teardown(test_live, setup, teardown),
		cmocka_unit_test_setup_teardown(test_live_terminal, setup, teardown),
		cmocka_unit_test(test_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
