/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef COMPARE_CHILD_H
#define COMPARE_CHILD_H

/**
 * @file
 * Programs that `compare` starts and ends: each in a process group of its own, its output in a
 * file, its standard input a pipe that stays open (testpmd takes the end of it for "quit"). None
 * outlives this program.
 *
 * Every wait has a deadline and ends with -EINTR once compare_interrupted is set.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "compare_error.h"

/** A program. */
struct compare_child {
	const char *name; /**< For messages. */
	pid_t pid;        /**< Its process and process group; 0: not started. */
	int in;           /**< Our end of its standard input; -1: none. */
	char *log;        /**< File with its standard output and error. */
	bool ended;       /**< It has ended and was waited for. */
	int status;       /**< Then: as of waitpid(). */
};

/** Programs that must not end during a wait; NULL ends the list. */
typedef struct compare_child *const compare_watch[];

/**
 * Start a program.
 *
 * @param child filled in; compare_child_stop() also after a failure
 * @param name for messages; not copied
 * @param argv its words; the first is looked for in $PATH
 * @param log file for its output
 * @param cpus CPUs that it may run on, as "0,2"; NULL: as this program
 * @return 0 or -errno
 */
int compare_child_start(struct compare_child *child, const char *name, char *const *argv,
			const char *log, const char *cpus, struct compare_error *err);

/** Wait for a file to appear: a socket that it listens on. @return 0, -ETIMEDOUT, -ECHILD... */
int compare_child_await_file(struct compare_child *child, const char *path, double timeout,
			     struct compare_error *err);

/** Wait for a line of its output. @param regex extended regular expression */
int compare_child_await_output(struct compare_child *child, const char *regex, double timeout,
			       struct compare_error *err);

/** Write a line to its standard input. */
int compare_child_type(struct compare_child *child, const char *line, struct compare_error *err);

/** Wait for its end. @param watch others that must live meanwhile */
int compare_child_await_end(struct compare_child *child, double timeout, compare_watch watch,
			    struct compare_error *err);

/** Let time pass. @param watch those that must live meanwhile */
int compare_child_sleep(double seconds, compare_watch watch, struct compare_error *err);

/**
 * End it: by a signal, and after the timeout by SIGKILL to its group; which is also what is left
 * of its group gets in any case. This wait is not cut short by compare_interrupted.
 *
 * @return 0; -ETIMEDOUT: it had to be killed
 */
int compare_child_stop(struct compare_child *child, int signal, double timeout,
		       struct compare_error *err);

/** Its output so far. @return a text for free(); NULL */
char *compare_child_output(const struct compare_child *child);

/** Say why, with the last lines of its output below. @return rc */
int compare_child_fail(const struct compare_child *child, struct compare_error *err, int rc,
		       const char *format, ...) __attribute__((format(printf, 4, 5)));

/** How it ended, in words: "ended with status 1". */
void compare_child_describe(const struct compare_child *child, char *text, size_t size);

/** Free what it holds; it has ended. */
void compare_child_free(struct compare_child *child);

/** CLOCK_MONOTONIC in seconds. */
double compare_now(void);

/** A file's content, at most its last 16 MiB. @return a text for free(); NULL */
char *compare_read_file(const char *path);

#endif /* COMPARE_CHILD_H */
