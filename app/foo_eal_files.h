/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_EAL_FILES_H
#define FOO_EAL_FILES_H

/**
 * @file
 * The files that EAL leaves behind: huge pages and the run-time folder of its file prefix.
 */

/**
 * Remove the files of the huge pages that this process has mapped, which gives the pages back to
 * the system when it ends. While EAL's memory is mapped; main thread.
 *
 * @param prefix the --file-prefix
 */
void foo_eal_files_unlink_huge(const char *prefix);

/**
 * Remove EAL's run-time folder, unless another process owns it. Last of all, after EAL's own exit
 * handlers. Main thread.
 *
 * @param dir the folder; "" does nothing
 */
void foo_eal_files_remove_dir(const char *dir);

#endif /* FOO_EAL_FILES_H */
