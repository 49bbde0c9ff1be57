/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef COMPARE_PLACE_H
#define COMPARE_PLACE_H

/**
 * @file
 * Where things are: the ready-made files, this program, dpdk-foo.
 */

#include <stdio.h>

/**
 * Find an INI file: a path as it is; a bare name in the working folder, then among the ready-made
 * ones, with or without ".ini".
 *
 * @param path set to a text for free()
 * @return 0 or -errno
 */
int compare_place_ini(const char *name, char **path);

/** The folder of the ready-made files: the installed one, or the source's in a build folder. */
const char *compare_place_folder(void);

/** This program. @return a text for free(), NULL if memory is short */
char *compare_place_self(void);

/** dpdk-foo: in this build, beside this program, or in $PATH. @return as compare_place_self() */
char *compare_place_foo(void);

/** The folder of the build, or of the installed programs. @return as compare_place_self() */
char *compare_place_build(void);

/** Name and title of every ready-made file. */
void compare_place_list(FILE *out);

#endif /* COMPARE_PLACE_H */
