/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench_file.h"

static bool
file_is_stdout(const char *path)
{
	return strcmp(path, "-") == 0;
}

/* Exists, and is something that must not be replaced by a file. */
static bool
file_is_special(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

static int
file_put(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

static int
file_write_directly(const char *path, const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = file_put(fd, data, size);
	if (close(fd) != 0 && ret == 0)
		ret = -errno;
	return ret;
}

/* mkstemp() makes files private; a result is an ordinary file. */
static int
file_permit(int fd)
{
	mode_t mask = umask(0);

	umask(mask);
	return fchmod(fd, 0666 & ~mask) == 0 ? 0 : -errno;
}

static int
file_temporary(const char *path, char **name)
{
	int fd;

	if (asprintf(name, "%s.XXXXXX", path) < 0) {
		*name = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(*name, O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int
bench_file_write(const char *path, const void *data, size_t size)
{
	char *name;
	int fd, ret;

	if (file_is_stdout(path)) {
		fflush(stdout);
		return file_put(STDOUT_FILENO, data, size);
	}
	if (file_is_special(path))
		return file_write_directly(path, data, size);
	fd = file_temporary(path, &name);
	if (fd < 0) {
		free(name);
		return fd;
	}
	ret = file_put(fd, data, size);
	if (ret == 0)
		ret = file_permit(fd);
	if (close(fd) != 0 && ret == 0)
		ret = -errno;
	if (ret == 0 && rename(name, path) != 0)
		ret = -errno;
	if (ret != 0)
		unlink(name);
	free(name);
	return ret;
}

int
bench_file_check(const char *path)
{
	struct stat st;
	char *name;
	int fd;

	if (file_is_stdout(path))
		return 0;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return -EISDIR;
	if (file_is_special(path))
		return access(path, W_OK) == 0 ? 0 : -errno;
	fd = file_temporary(path, &name);
	if (fd >= 0) {
		close(fd);
		unlink(name);
	}
	free(name);
	return fd < 0 ? fd : 0;
}
