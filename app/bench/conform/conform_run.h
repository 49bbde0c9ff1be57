/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef CONFORM_RUN_H
#define CONFORM_RUN_H

/**
 * @file
 * A run: options, the back-end's process, and the cases one after the other.
 */

#include <sys/types.h>

#include "conform.h"

/** Most --case options. */
#define CONFORM_MAX_GLOBS 64

/** Most results of a run: every case in both formats. */
#define CONFORM_MAX_RESULTS 512

/** Default of --timeout. */
#define CONFORM_TIMEOUT_MS 2000

/** The command line. */
struct conform_opts {
	const char *path;                    /**< --socket. */
	const char *witness;                 /**< --witness. */
	unsigned int device;                 /**< --device: CONFORM_NET or CONFORM_BLK. */
	const char *glob[CONFORM_MAX_GLOBS]; /**< --case. */
	unsigned int nglobs;                 /**< How many. */
	bool list;                           /**< --list. */
	bool strict;                         /**< --strict. */
	bool no_loop;                        /**< --no-loop. */
	bool no_second;                      /**< --no-second-connection. */
	int timeout_ms;                      /**< --timeout. */
	pid_t pid;                           /**< --pid, 0: not known. */
	const char *restart;                 /**< --restart. */
	const char *log;                     /**< --restart-log. */
	const char *junit;                   /**< --junit. */
	const char *json;                    /**< --json. */
};

/** The back-end's process. */
struct conform_proc {
	const char *command; /**< Command that starts it, or NULL: it is not ours. */
	const char *log;     /**< File for its output, or NULL. */
	const char *path;    /**< Its socket: a stale file is removed before a start. */
	pid_t pid;           /**< Process, 0: not known or ended. */
	int status;          /**< Of wait(), once a process of ours has ended. */
	unsigned int starts; /**< How often it was started. */
};

/** Outcome of a run. */
struct conform_report {
	struct conform_result result[CONFORM_MAX_RESULTS]; /**< In the order in which they ran. */
	unsigned int n;                                    /**< Valid entries. */
	unsigned int by_verdict[CONFORM_VERDICTS];         /**< How many of each. */
	unsigned int by_reaction[CONFORM_REACTIONS];       /**< How many of each. */
	unsigned int bad;                                  /**< Not acceptable. */
	unsigned int bad_spec; /**< Of them those that the specification forbids. */
	uint64_t features;     /**< What the back-end offers. */
	uint64_t proto;        /**< Protocol features offered. */
	unsigned int restarts; /**< How often it was started again. */
	char ended[240];       /**< Why the run ended before its last case; may be empty. */
	double seconds;        /**< How long it took. */
};

/** Parse the command line. @return 0, or -1 after one line on stderr, or 1 after --help. */
int conform_parse(struct conform_opts *opt, int argc, char **argv);

/**
 * Run the cases.
 *
 * @return 0, or -1 after one line on stderr: no back-end that could be tested
 */
int conform_run(const struct conform_opts *opt, struct conform_report *report);

/** What a case in a ring format is called: with @split or @packed behind it, or nothing. */
void conform_run_name(const struct conform_case *c, unsigned int format, char *name, size_t size);

/** Start the process. 0 or -errno. */
int conform_proc_start(struct conform_proc *p);

/** Whether the process is known to be gone; with `why` how it ended. */
bool conform_proc_gone(struct conform_proc *p, char *why, size_t len);

/** End a process of ours: first asked to, then made to. */
void conform_proc_stop(struct conform_proc *p);

/** Enter a result into the counts. */
void conform_count(struct conform_report *report, const struct conform_result *r, bool strict);

/** Print the table of cases. */
void conform_print_list(const struct conform_opts *opt);

/** Print a result as it comes. */
void conform_print_result(const struct conform_result *r);

/** Print the closing summary. */
void conform_print_summary(const struct conform_opts *opt, const struct conform_report *report);

/** Write a report as JUnit's XML. 0 or -errno. */
int conform_write_junit(const char *path, const struct conform_opts *opt,
			const struct conform_report *report);

/** Write a report as JSON, schema "dpdk-foo-bench/conform/1". 0 or -errno. */
int conform_write_json(const char *path, const struct conform_opts *opt,
		       const struct conform_report *report);

#endif /* CONFORM_RUN_H */
