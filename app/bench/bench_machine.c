/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <ctype.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "bench_machine.h"

/* What stands behind the colon of the first line of /proc/cpuinfo that starts with key. */
static bool
machine_cpuinfo(const char *key, char *text, size_t size)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[4096];
	bool found = false;

	if (file == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), file) != NULL) {
		const char *colon = strchr(line, ':');

		if (strncmp(line, key, strlen(key)) != 0 || colon == NULL)
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(text, size, "%s", colon + 1 + strspn(colon + 1, " "));
		found = true;
	}
	fclose(file);
	return found;
}

/* x86 has a flag for it; elsewhere a virtual machine shows in the device tree or not at all. */
static bool
machine_is_virtual(void)
{
	char flags[4096];
	const char *at;

	if (!machine_cpuinfo("flags", flags, sizeof(flags)))
		return false;
	at = strstr(flags, " hypervisor");
	return at != NULL && !isalnum((unsigned char)at[strlen(" hypervisor")]);
}

void
bench_machine_get(struct bench_machine *m)
{
	time_t now = time(NULL);
	struct utsname un;
	cpu_set_t set;
	struct tm tm;

	memset(m, 0, sizeof(*m));
	if (!machine_cpuinfo("model name", m->cpu, sizeof(m->cpu)))
		snprintf(m->cpu, sizeof(m->cpu), "unknown");
	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		m->cpus = (unsigned int)CPU_COUNT(&set);
	snprintf(m->kernel, sizeof(m->kernel), "%s", uname(&un) == 0 ? un.release : "unknown");
	m->hypervisor = machine_is_virtual();
	if (gmtime_r(&now, &tm) != NULL)
		strftime(m->time, sizeof(m->time), "%Y-%m-%dT%H:%M:%SZ", &tm);
}

void
bench_machine_line(const struct bench_machine *m, char *text, size_t size)
{
	snprintf(text, size, "%s, %u CPU%s%s, Linux %s, %.10s", m->cpu, m->cpus,
		 m->cpus == 1 ? "" : "s", m->hypervisor ? " (virtual)" : "", m->kernel, m->time);
}

/* One argument, behind a space unless it is the first; cut where text ends. */
static size_t
machine_argument(const char *arg, char *text, size_t size, size_t used)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-+=.,:/@%^";
	bool quote = arg[0] == '\0' || arg[strspn(arg, plain)] != '\0';
	FILE *out = fmemopen(text + used, size - used, "w");
	long end;

	if (out == NULL)
		return used;
	if (used > 0)
		fputc(' ', out);
	if (quote)
		fputc('\'', out);
	for (; *arg != '\0'; arg++)
		if (*arg == '\'')
			fputs("'\\''", out);
		else
			fputc(*arg, out);
	if (quote)
		fputc('\'', out);
	fflush(out);
	end = ftell(out);
	fclose(out);
	text[size - 1] = '\0';
	return end < 0 ? used : used + (size_t)end;
}

void
bench_command_line(int argc, char *const *argv, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (int i = 0; i < argc && used + 1 < size; i++)
		used = machine_argument(argv[i], text, size, used);
}
