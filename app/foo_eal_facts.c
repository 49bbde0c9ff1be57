/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <mntent.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "foo_eal_errors.h"

/* First line of a file that starts with key, without key and the spaces behind it. */
static void
facts_line(const char *path, const char *key, char *buf, size_t size)
{
	char line[512];
	FILE *f = fopen(path, "re");

	buf[0] = '\0';
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, key, strlen(key)) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(buf, size, "%s", line + strlen(key) + strspn(line + strlen(key), " \t"));
		break;
	}
	if (f != NULL)
		fclose(f);
}

static uint64_t
facts_meminfo(const char *key)
{
	char text[64];

	facts_line("/proc/meminfo", key, text, sizeof(text));
	return strtoull(text, NULL, 10);
}

static void
facts_huge_mount(char *buf, size_t size)
{
	FILE *f = setmntent("/proc/mounts", "r");
	struct mntent *m;

	buf[0] = '\0';
	if (f == NULL)
		return;
	while (buf[0] == '\0' && (m = getmntent(f)) != NULL)
		if (strcmp(m->mnt_type, "hugetlbfs") == 0)
			snprintf(buf, size, "%s", m->mnt_dir);
	endmntent(f);
}

void
foo_eal_facts_get(struct foo_eal_facts *facts, const struct foo_args *args)
{
	struct passwd *user = getpwuid(geteuid());

	*facts = (struct foo_eal_facts){.eal = args->eal};
	facts_line("/sys/devices/system/cpu/online", "", facts->cpus, sizeof(facts->cpus));
	facts_line("/proc/self/status", "Cpus_allowed_list:", facts->allowed,
		   sizeof(facts->allowed));
	facts->huge_kb = facts_meminfo("Hugepagesize:");
	facts->huge_total = facts_meminfo("HugePages_Total:");
	facts->huge_free = facts_meminfo("HugePages_Free:");
	facts_huge_mount(facts->huge_mount, sizeof(facts->huge_mount));
	if (user != NULL)
		snprintf(facts->user, sizeof(facts->user), "%s", user->pw_name);
	else
		snprintf(facts->user, sizeof(facts->user), "%u", geteuid());
}
