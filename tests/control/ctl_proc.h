/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef CTL_PROC_H
#define CTL_PROC_H

/**
 * @file
 * A dpdk-foo process under test: started without hugepages, watched through /proc and telemetry,
 * ended with SIGTERM.
 *
 * $FOO_APP is its program. With $FOO_CONTROL_SPREAD it polls on two lcores, and packets are handed
 * from one to the other; otherwise on one. With $FOO_CONTROL_SANITIZED its memory may grow as
 * AddressSanitizer lets it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/** The process. Members are for reading. */
struct ctl_proc {
	pid_t pid;       /**< Process, or 0. */
	char dir[64];    /**< Folder of its own: sockets and log. */
	char prefix[48]; /**< EAL's --file-prefix. */
};

/**
 * Start the program and return; connecting to its sockets waits for it.
 *
 * @param vdev devargs, NULL at the end; "@" in them stands for the process's folder
 * @param args further arguments behind "--", NULL at the end; may be NULL
 * @return 0 or -errno
 */
int ctl_proc_start(struct ctl_proc *p, const char *const *vdev, const char *const *args);

/** End it: SIGTERM, and SIGKILL after 10 s. Exit status (128 + signal number if one ended it); the
 * folder is removed if it was 0 and the log is free of sanitizer reports, else kept and named. */
int ctl_proc_stop(struct ctl_proc *p);

/** Whether it still runs. */
bool ctl_proc_alive(struct ctl_proc *p);

/** Open file descriptors. */
int ctl_proc_fds(const struct ctl_proc *p);

/** Print what the open files are, as TAP comments. */
void ctl_proc_show_fds(const struct ctl_proc *p);

/** Memory mappings. */
int ctl_proc_maps(const struct ctl_proc *p);

/** Resident memory in KiB. */
long ctl_proc_rss_kb(const struct ctl_proc *p);

/** CPU time used so far, in ms. */
long ctl_proc_cpu_ms(const struct ctl_proc *p);

/** Ask DPDK telemetry; the JSON answer goes to buf as a string. 0 or -errno. */
int ctl_proc_telemetry(const struct ctl_proc *p, const char *command, char *buf, size_t size);

/** Ask again and again until the answer contains a text; 0 or -ETIMEDOUT. buf has the last. */
int ctl_proc_telemetry_wait(const struct ctl_proc *p, const char *command, const char *text,
			    int wait_ms, char *buf, size_t size);

/** "dir/name" in static memory (good for 8 calls). */
const char *ctl_proc_path(const struct ctl_proc *p, const char *name);

/** Print the end of the log as TAP comments. */
void ctl_proc_show_log(const struct ctl_proc *p);

#endif /* CTL_PROC_H */
