/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <glob.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compare_ini.h"
#include "compare_place.h"

char *
compare_place_self(void)
{
	char path[PATH_MAX] = "";
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	return strdup(n > 0 ? path : "dpdk-foo-bench");
}

/* "<folder of this program>/<rest>" */
static char *
beside(const char *rest)
{
	char *self = compare_place_self(), *path = NULL;

	if (self != NULL && asprintf(&path, "%s/%s", dirname(self), rest) < 0)
		path = NULL;
	free(self);
	return path;
}

char *
compare_place_foo(void)
{
	/* in a build folder: app/bench/dpdk-foo-bench and app/dpdk-foo */
	static const char *const rest[] = {"dpdk-foo", "../dpdk-foo"};
	char *path, *real;

	for (unsigned int i = 0; i < 2; i++) {
		path = beside(rest[i]);
		real = path != NULL && access(path, X_OK) == 0 ? realpath(path, NULL) : NULL;
		free(path);
		if (real != NULL)
			return real;
	}
	return strdup("dpdk-foo");
}

char *
compare_place_build(void)
{
	char *ninja = beside("../../build.ninja");
	char *path = beside(ninja != NULL && access(ninja, R_OK) == 0 ? "../.." : ".");
	char *real = path != NULL ? realpath(path, NULL) : NULL;

	free(ninja);
	free(path);
	return real;
}

const char *
compare_place_folder(void)
{
	return access(COMPARE_INI_DIR, X_OK) == 0 ? COMPARE_INI_DIR : COMPARE_INI_SOURCE;
}

int
compare_place_ini(const char *name, char **path)
{
	static const char *const suffix[] = {"", ".ini"};
	const char *folder[] = {NULL, COMPARE_INI_DIR, COMPARE_INI_SOURCE};
	unsigned int folders = strchr(name, '/') == NULL ? 3 : 1;
	int error = ENOENT;

	for (unsigned int i = 0; i < folders * 2; i++) {
		const char *f = folder[i / 2];

		if (asprintf(path, "%s%s%s%s", f != NULL ? f : "", f != NULL ? "/" : "", name,
			     suffix[i % 2]) < 0)
			return -ENOMEM;
		if (access(*path, R_OK) == 0)
			return 0;
		error = errno != ENOENT ? errno : error;
		free(*path);
	}
	*path = NULL;
	return -error;
}

static void
list_file(FILE *out, char *path)
{
	struct compare_error err;
	struct compare_ini ini;
	const char *title = NULL;

	if (compare_ini_load(&ini, path, &err) == 0)
		for (unsigned int i = 0; i < ini.n; i++)
			if (strcmp(ini.section[i].kind, "compare") == 0)
				title = compare_ini_get(&ini.section[i], "title");
	fprintf(out, "%-20s %s\n", basename(path), title != NULL ? title : "");
	compare_ini_free(&ini);
}

void
compare_place_list(FILE *out)
{
	char pattern[PATH_MAX];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/*.ini", compare_place_folder());
	if (glob(pattern, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		list_file(out, found.gl_pathv[i]);
	globfree(&found);
}
