/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef COMPARE_PLAN_H
#define COMPARE_PLAN_H

/**
 * @file
 * What is to be compared: an INI file, checked.
 */

#include "compare_expand.h"
#include "compare_ini.h"

/** Most back-ends. */
#define COMPARE_MAX_BACKENDS 8
/** Most loads. */
#define COMPARE_MAX_LOADS 16
/** Most metrics. */
#define COMPARE_MAX_METRICS 16
/** Most sockets of a run. */
#define COMPARE_MAX_SOCKETS 64

/** A program: what back-ends and loads have in common. Texts are not expanded. */
struct compare_program {
	const char *name;                      /**< Its section's name. */
	const struct compare_section *section; /**< Its section. */
	const char *command;                   /**< Its command line. */
	const char *each;                      /**< What ${each} stands for, once a socket; "". */
	const char *cpus;                      /**< CPUs it may run on; NULL: all. */
	const char *ready;                     /**< "socket", or a regular expression. */
	bool shell;                            /**< The command is for a shell. */
	int stop;                              /**< Signal that ends it. */
	double ready_timeout;                  /**< Seconds until it must be ready. */
	double stop_timeout;                   /**< Seconds until it is killed. */
};

/** A back-end. */
struct compare_backend {
	struct compare_program program; /**< How it is run. */
	const char *version;            /**< Command that prints its version; NULL. */
	bool client;                    /**< It connects to the load's sockets. */
};

/** A load generator. */
struct compare_load {
	struct compare_program program; /**< How it is run; command NULL: a verb of this program. */
	const char *verb;               /**< That verb; NULL. */
	const char *arguments;          /**< Arguments of the verb. */
	const char *listen;             /**< Further ones where the back-end is a client. */
	const char *limit;              /**< Arguments of the verb that show its own limit; NULL. */
	const char *sockets;            /**< How many sockets. */
	double timeout;                 /**< Seconds until it must have ended. */
	struct compare_sweeps sweeps;   /**< Over what it goes. */
};

/** A figure to be taken from each run. */
struct compare_metric {
	const char *name;  /**< Its section's name. */
	const char *title; /**< Heading. */
	const char *unit;  /**< Its unit. */
	const char *path;  /**< Where it is in the load's JSON; NULL. */
	const char *regex; /**< Where it is in the output of the back-end, or else of the load. */
	double scale;      /**< What it is multiplied by. */
	bool higher;       /**< Higher is better. */
	bool ratio;        /**< Ratios are shown. */
	bool optional;     /**< It need not be there. */
};

/** A comparison. */
struct compare_plan {
	struct compare_ini ini;   /**< The file. */
	const char *title;        /**< Heading. */
	unsigned int rounds;      /**< Rounds. */
	double seconds;           /**< ${seconds}: how long a load shall measure. */
	double settle;            /**< Pause between a back-end's start and the load, seconds. */
	unsigned int cpu;         /**< ${cpu}: of the back-end. */
	unsigned int cpu_guest;   /**< ${cpu_guest}: of the load. */
	unsigned int base;        /**< The back-end that others are compared with. */
	struct compare_vars vars; /**< All variables that do not change from run to run. */
	struct compare_backend backend[COMPARE_MAX_BACKENDS]; /**< The back-ends. */
	unsigned int backends;                                /**< How many. */
	struct compare_load load[COMPARE_MAX_LOADS];          /**< The loads. */
	unsigned int loads;                                   /**< How many. */
	struct compare_metric metric[COMPARE_MAX_METRICS];    /**< The metrics. */
	unsigned int metrics;                                 /**< How many. */
};

/** What a command line changes. */
struct compare_choice {
	unsigned int rounds;     /**< 0: as in the file. */
	double seconds;          /**< 0: as in the file. */
	const char *only;        /**< Back-end or load that alone takes part; NULL: all. */
	struct compare_vars set; /**< --set. */
};

/**
 * Read and check a file.
 *
 * @param plan filled in; compare_plan_free() also after a failure
 * @return 0 or -errno
 */
int compare_plan_load(struct compare_plan *plan, const char *name,
		      const struct compare_choice *choice, struct compare_error *err);

/** Free it. */
void compare_plan_free(struct compare_plan *plan);

/** Whether any load shows its own limit. */
bool compare_plan_has_limit(const struct compare_plan *plan);

#endif /* COMPARE_PLAN_H */
