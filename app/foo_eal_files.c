/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "foo_eal_files.h"

/* Whether a path is that of a huge page's file: PREFIXmap_N. */
static bool
files_is_huge(const char *path, const char *prefix)
{
	const char *name = strrchr(path, '/');
	size_t len = strlen(prefix);

	if (name == NULL || strncmp(++name, prefix, len) != 0)
		return false;
	name += len;
	if (strncmp(name, "map_", 4) != 0)
		return false;
	name += 4;
	return *name != '\0' && name[strspn(name, "0123456789")] == '\0';
}

void
foo_eal_files_unlink_huge(const char *prefix)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char *line = NULL, *path;
	size_t size = 0;

	while (maps != NULL && getline(&line, &size, maps) > 0) {
		line[strcspn(line, "\n")] = '\0';
		path = strchr(line, '/');
		if (path != NULL && files_is_huge(path, prefix))
			unlink(path);
	}
	free(line);
	if (maps != NULL)
		fclose(maps);
}

/*
 * Whether the folder is ours, and its contents with it: a primary process holds a lock on the file
 * "config". Ours, which EAL took, is not seen here. The file stays open, for to close it would
 * drop that lock and let another process in while we remove what it has just made.
 */
static bool
files_own_dir(int dir)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int config = openat(dir, "config", O_RDWR | O_CLOEXEC);

	return config >= 0 && fcntl(config, F_SETLK, &lock) == 0;
}

/* A file that EAL makes for a primary process. Telemetry removes its sockets itself. */
static bool
files_is_eal(const char *name)
{
	return strcmp(name, "config") == 0 || strcmp(name, "hugepage_info") == 0 ||
	       strcmp(name, "hugepage_data") == 0 || strncmp(name, "fbarray_", 8) == 0 ||
	       strncmp(name, "mp_socket", 9) == 0;
}

void
foo_eal_files_remove_dir(const char *path)
{
	struct dirent *entry;
	DIR *dir = path[0] != '\0' ? opendir(path) : NULL;

	if (dir == NULL)
		return;
	if (files_own_dir(dirfd(dir)))
		while ((entry = readdir(dir)) != NULL)
			if (files_is_eal(entry->d_name))
				unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	rmdir(path); /* fails if others have something in it, as it should */
}
