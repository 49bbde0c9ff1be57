/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Plugins must be here before EAL loads them, for they may bring the classes of our --vdev. EAL
 * then opens the same files once more, which changes nothing.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "foo_vdev.h"

/*
 * EAL refuses a plugin below a folder that everybody may write to; loaded here first, its code
 * would have run by then.
 */
static int
plugin_check_folders(const char *file, struct foo_error *err)
{
	char path[PATH_MAX];
	struct stat st;
	char *folder = path;

	snprintf(path, sizeof(path), "%s", file);
	do {
		folder = dirname(folder);
		if (stat(folder, &st) == 0 && (st.st_mode & S_IWOTH))
			return foo_error_set(
				err, -EPERM,
				"-d %s: everybody may write to %s, so it is not safe to load: move "
				"the plugin",
				file, folder);
	} while (strcmp(folder, "/") != 0 && strcmp(folder, ".") != 0);
	return 0;
}

static int
plugin_open(const char *option, const char *file, struct foo_error *err)
{
	if (dlopen(file, RTLD_NOW) == NULL)
		return foo_error_set(err, -ENOENT, "-d %s: %s", option, dlerror());
	return 0;
}

static int
plugin_is_object(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 3 && strcmp(entry->d_name + len - 3, ".so") == 0;
}

static int
plugin_load_folder(const char *option, const char *folder, struct foo_error *err)
{
	struct dirent **entries;
	char file[PATH_MAX];
	int n = scandir(folder, &entries, plugin_is_object, alphasort);
	int rc = 0;

	if (n < 0)
		return foo_error_set(err, -errno, "-d %s: %s", option, strerror(errno));
	for (int i = 0; i < n; i++) {
		snprintf(file, sizeof(file), "%s/%s", folder, entries[i]->d_name);
		if (rc == 0)
			rc = plugin_open(option, file, err);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

static int
plugin_load(const char *option, struct foo_error *err)
{
	char *file = realpath(option, NULL);
	struct stat st;
	int rc;

	/* a name that is no file is searched for in the system's library folders */
	if (file == NULL)
		return plugin_open(option, option, err);
	rc = plugin_check_folders(file, err);
	if (rc == 0 && stat(file, &st) == 0 && S_ISDIR(st.st_mode))
		rc = plugin_load_folder(option, file, err);
	else if (rc == 0)
		rc = plugin_open(option, file, err);
	free(file);
	return rc;
}

int
foo_plugins_load(const struct foo_args *args, struct foo_error *err)
{
	int rc = 0;

	for (unsigned int i = 0; i < args->nplugins && rc == 0; i++)
		rc = plugin_load(args->plugins[i], err);
	return rc;
}
