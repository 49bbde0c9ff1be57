/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "foo_eal_errors.h"
#include "foo_vdev.h"

/* Huge pages that are enough for some devices, in MiB. */
#define EXPLAIN_HUGE_MB 512

/* Longest line of EAL's that a message repeats. */
#define EXPLAIN_LINE_MAX 160

/* Explains what a line says; at is where the rule's words stand in the log. */
typedef void (*explain_fn)(const char *at, const struct foo_eal_facts *facts,
			   struct foo_error *err);

/* One line of the log, without "EAL: " and newline. */
static void
explain_line(const char *begin, char *buf, size_t size)
{
	if (strncmp(begin, "EAL: ", 5) == 0)
		begin += 5;
	snprintf(buf, size, "%.*s", (int)strcspn(begin, "\n"), begin);
}

static const char *
explain_prefix(const struct foo_eal_facts *facts)
{
	return facts->eal.file_prefix != NULL ? facts->eal.file_prefix : "rte";
}

static void
explain_primary(const char *at, const struct foo_eal_facts *facts, struct foo_error *err)
{
	(void)at;
	foo_error_set(
		err, -EBUSY,
		"another DPDK process runs under the file prefix '%s': end it, or give this one "
		"its own, e.g. --file-prefix %s2",
		explain_prefix(facts), explain_prefix(facts));
}

/* Whether -l was given, whose lists --lcores takes in brackets. */
static bool
explain_has_list(const struct foo_eal_facts *facts)
{
	return facts->eal.lcores_option != NULL && strcmp(facts->eal.lcores_option, "-l") == 0;
}

/* "lcore 7 unavailable"; at is behind the number. */
static void
explain_cpu(const char *at, const struct foo_eal_facts *facts, struct foo_error *err)
{
	const char *option = facts->eal.lcores_option;
	const char *digits = at;
	int len;

	while (digits[-1] >= '0' && digits[-1] <= '9')
		digits--;
	len = (int)(at - digits);
	if (explain_has_list(facts))
		foo_error_set(
			err, -ENODEV,
			"-l %.40s: this machine has no CPU %.*s, only %s: name others, or map the "
			"lcores onto them: --lcores '(%.40s)@(%s)'",
			facts->eal.lcores, len, digits, facts->cpus, facts->eal.lcores,
			facts->cpus);
	else
		foo_error_set(
			err, -ENODEV,
			"%s %.60s: this machine has no CPU %.*s, only %s: e.g. --lcores '0@(%s)'",
			option != NULL ? option : "EAL:", option != NULL ? facts->eal.lcores : "",
			len, digits, facts->cpus, facts->cpus);
}

static void
explain_affinity(const char *at, const struct foo_eal_facts *facts, struct foo_error *err)
{
	(void)at;
	foo_error_set(err, -EPERM,
		      "the CPUs of the lcores are not allowed to this process, only %s are: e.g. "
		      "--lcores '0@(%s)'",
		      facts->allowed, facts->allowed);
}

static void
explain_main_lcore(const char *at, const struct foo_eal_facts *facts, struct foo_error *err)
{
	(void)at;
	foo_error_set(err, -EINVAL, "--main-lcore names none of the lcores of %s %.80s",
		      facts->eal.lcores_option != NULL ? facts->eal.lcores_option : "this machine,",
		      facts->eal.lcores != NULL ? facts->eal.lcores : facts->cpus);
}

static void
explain_lcores(const char *at, const struct foo_eal_facts *facts, struct foo_error *err)
{
	const char *option = facts->eal.lcores_option;

	(void)at;
	if (option == NULL)
		return;
	foo_error_set(
		err, -EINVAL, "%s: '%.80s' is not a %s", option, facts->eal.lcores,
		strcmp(option, "-l") == 0 ? "list of lcores: e.g. -l 0 or -l 0,2-3" :
		strcmp(option, "-c") == 0 ? "mask of lcores: e.g. -c 3, or -l 0-1" :
					    "map of lcores to CPUs: e.g. --lcores '0@0,1@(2-3)'");
}

static void
explain_huge_permission(const char *at, const struct foo_eal_facts *facts, struct foo_error *err)
{
	(void)at;
	if (facts->eal.no_huge)
		return;
	foo_error_set(
		err, -EACCES,
		"no permission to make files in %s: run as root, or `chown %s %s` as root, or add "
		"--in-memory (huge pages without files) or --no-huge",
		facts->huge_mount[0] != '\0' ? facts->huge_mount : "the hugetlbfs", facts->user,
		facts->huge_mount[0] != '\0' ? facts->huge_mount : "/dev/hugepages");
}

static void
explain_runtime_dir(const char *at, const struct foo_eal_facts *facts, struct foo_error *err)
{
	char path[EXPLAIN_LINE_MAX];
	const char *quote = strchr(at, '\'');

	(void)facts;
	snprintf(path, sizeof(path), "%.*s", quote == NULL ? 0 : (int)strcspn(quote + 1, "'\n"),
		 quote == NULL ? "" : quote + 1);
	foo_error_set(err, -EACCES,
		      "no permission to use DPDK's run-time folder %s: run as root, or set "
		      "XDG_RUNTIME_DIR to a folder of your own, or choose another --file-prefix",
		      path);
}

static uint64_t
explain_huge_pages(const struct foo_eal_facts *facts, uint64_t mb)
{
	return facts->huge_kb == 0 ? mb / 2 : (mb * 1024 + facts->huge_kb - 1) / facts->huge_kb;
}

static void
explain_memory(const char *at, const struct foo_eal_facts *facts, struct foo_error *err)
{
	uint64_t pages = explain_huge_pages(facts, EXPLAIN_HUGE_MB);

	(void)at;
	if (facts->eal.no_huge)
		foo_error_set(err, -ENOMEM, "not enough memory: give more with -m, e.g. -m 64");
	else if (facts->huge_total == 0)
		foo_error_set(err, -ENOMEM,
			      "no huge pages: reserve some as root with "
			      "`sysctl -w vm.nr_hugepages=%" PRIu64 "`, or run with --no-huge",
			      pages);
	else if (facts->huge_mount[0] == '\0')
		foo_error_set(
			err, -ENOMEM,
			"huge pages are reserved, but no hugetlbfs is mounted: `mount -t hugetlbfs "
			"none /dev/hugepages` as root, or run with --in-memory or --no-huge");
	else if (facts->eal.huge_dir != NULL && strstr(at, "hugepage information") != NULL)
		foo_error_set(err, -ENOENT,
			      "--huge-dir %.80s: no hugetlbfs is mounted there, but one is on %s",
			      facts->eal.huge_dir, facts->huge_mount);
	else if (facts->huge_free == 0)
		foo_error_set(err, -ENOMEM,
			      "all %" PRIu64 " huge pages are in use (`ls %s` shows files of ended "
			      "processes): free some, or reserve more as root with `sysctl -w "
			      "vm.nr_hugepages=%" PRIu64 "`, or run with --no-huge",
			      facts->huge_total, facts->huge_mount, facts->huge_total + pages);
	else
		foo_error_set(
			err, -ENOMEM,
			"not enough memory in huge pages (%" PRIu64 " of %" PRIu64 " are free): "
			"reserve more as root with `sysctl -w vm.nr_hugepages=%" PRIu64 "`, or run "
			"with --no-huge",
			facts->huge_free, facts->huge_total, facts->huge_total + pages);
}

/* "Not enough memory available! Requested: 100MB, available: 10MB", with or without a socket. */
static void
explain_memory_size(const char *at, const struct foo_eal_facts *facts, struct foo_error *err)
{
	const char *numbers = strstr(at, "Requested: ");
	uint64_t wanted = 0, available = 0;

	if (numbers == NULL || facts->eal.memory == NULL ||
	    sscanf(numbers, "Requested: %" SCNu64 "MB, available: %" SCNu64, &wanted, &available) !=
		    2) {
		explain_memory(at, facts, err);
		return;
	}
	foo_error_set(err, -ENOMEM,
		      "%s %.40s: %" PRIu64 " MB wanted, but huge pages of %" PRIu64
		      " MB are free: ask for "
		      "less, or reserve more as root with `sysctl -w vm.nr_hugepages=%" PRIu64 "`",
		      facts->eal.memory_option, facts->eal.memory, wanted, available,
		      explain_huge_pages(facts, wanted));
}

/* 'failed to parse device "X"': no driver has that name. */
static void
explain_device(const char *at, const struct foo_eal_facts *facts, struct foo_error *err)
{
	char name[EXPLAIN_LINE_MAX];
	const char *quote = strchr(at, '"');

	(void)facts;
	if (quote == NULL)
		return;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(quote + 1, ",\"\n"), quote + 1);
	foo_vdev_unknown(name, err);
}

/* In this order: what comes first is the cause of what comes later. */
static const struct {
	const char *words; /* What the log contains. */
	explain_fn explain;
} explain_rules[] = {
	{"Is another primary process running", explain_primary},
	{" unavailable\n", explain_cpu},
	{"Main lcore is not enabled", explain_main_lcore},
	{"invalid core list", explain_lcores},
	{"invalid coremask", explain_lcores},
	{"invalid parameter for --lcores", explain_lcores},
	{"Error creating '", explain_runtime_dir},
	{"Cannot open '", explain_runtime_dir},
	{"failed to parse device", explain_device},
	{"failed: Permission denied", explain_huge_permission},
	{"Unable to open hugepage directory", explain_huge_permission},
	{"Not enough memory available", explain_memory_size},
	{"Cannot get hugepage information", explain_memory},
	{"rte_service_init() failed", explain_memory},
	{"Cannot init memory", explain_memory},
	{"Cannot init malloc heap", explain_memory},
	{"Cannot set affinity", explain_affinity},
};

/* A line that only describes the machine, not what failed. */
static bool
explain_is_remark(const char *line)
{
	return strstr(line, "hugepages reported") != NULL || strncmp(line, "RTE Version", 11) == 0;
}

/* No rule: repeat the first line that says what failed, which EAL logs at its cause. */
static void
explain_other(const char *log, struct foo_error *err)
{
	char line[EXPLAIN_LINE_MAX];

	for (const char *p = log; *p != '\0'; p += strcspn(p, "\n"), p += *p == '\n') {
		explain_line(p, line, sizeof(line));
		if (line[0] == '\0' || explain_is_remark(line))
			continue;
		foo_error_set(err, -EINVAL, "EAL: %s", line);
		return;
	}
	foo_error_set(err, -EINVAL,
		      "EAL did not start and gave no reason: see --log-level=lib.eal:debug");
}

void
foo_eal_explain(const char *log, const struct foo_eal_facts *facts, struct foo_error *err)
{
	const char *at;

	err->text[0] = '\0';
	for (unsigned int i = 0; i < RTE_DIM(explain_rules) && err->text[0] == '\0'; i++) {
		at = strstr(log, explain_rules[i].words);
		if (at != NULL)
			explain_rules[i].explain(at, facts, err);
	}
	if (err->text[0] == '\0')
		explain_other(log, err);
}
