/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * Runs a fuzz target once over each file named, or over each file of a folder named: what a
 * compiler without libFuzzer can do, and the regression test of the committed inputs.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned int files;

static int
run_file(const char *path, size_t size)
{
	/* exact size: a read too far is seen */
	uint8_t *data = malloc(size > 0 ? size : 1);
	FILE *file = fopen(path, "rb");

	if (data == NULL || file == NULL || fread(data, 1, size, file) != size) {
		fprintf(stderr, "%s: cannot be read\n", path);
		return 1;
	}
	fclose(file);
	/* printed first: the last line names the input that ends the program */
	printf("%s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	files++;
	return 0;
}

static int
run_path(const char *path)
{
	struct dirent *entry;
	char name[4096];
	struct stat st;
	int ret = 0;
	DIR *dir;

	if (stat(path, &st) != 0) {
		fprintf(stderr, "%s: does not exist\n", path);
		return 1;
	}
	if (!S_ISDIR(st.st_mode))
		return run_file(path, (size_t)st.st_size);
	dir = opendir(path);
	if (dir == NULL) {
		fprintf(stderr, "%s: cannot be opened\n", path);
		return 1;
	}
	while (ret == 0 && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		ret = run_path(name);
	}
	closedir(dir);
	return ret;
}

int
main(int argc, char **argv)
{
	int ret = 0;

	for (int i = 1; i < argc && ret == 0; i++)
		ret = run_path(argv[i]);
	if (ret == 0 && files == 0) {
		fprintf(stderr, "usage: %s FILE|FOLDER...  (no input found)\n", argv[0]);
		ret = 1;
	}
	if (ret == 0)
		printf("%u inputs ran\n", files);
	return ret;
}
