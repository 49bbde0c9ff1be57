/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_ARGS_H
#define FOO_ARGS_H

/**
 * @file
 * The command line: `dpdk-foo [EAL options] -- [options]`.
 *
 * EAL's part is read before EAL sees it, for three reasons: our devices must be taken out of it
 * (EAL would give `--vdev net_vhost0` to a driver of its own), plugins that bring device classes
 * must be loaded before that, and a slip is to be answered with one line. Main thread, at start-up.
 */

#include <stdbool.h>
#include <stdint.h>

#include <foo_lcore.h>
#ifdef FOO_WITH_NET
#include <foo_net.h>
#endif
#include <foo_prop.h>

#include "foo_optscan.h"

/** What the program is to do. */
enum foo_action {
	FOO_ACTION_RUN,          /**< Serve devices. */
	FOO_ACTION_HELP,         /**< --help before "--": EAL's options and ours. */
	FOO_ACTION_HELP_OURS,    /**< --help behind "--": ours. */
	FOO_ACTION_VERSION,      /**< --version */
	FOO_ACTION_LIST_DEVICES, /**< --list-devices */
	FOO_ACTION_HELP_DEVICE,  /**< --help-device NAME */
};

/** Options that mean something to us: foo_opt::id, 0 for all others. */
enum foo_opt_id {
	FOO_OPT_HELP = 1,     /**< --help */
	FOO_OPT_VERSION,      /**< --version */
	FOO_OPT_LIST_DEVICES, /**< --list-devices */
	FOO_OPT_HELP_DEVICE,  /**< --help-device */
	FOO_OPT_PLUGIN,       /**< -d */
	FOO_OPT_VDEV,         /**< --vdev */
	FOO_OPT_LCORES,       /**< -l, -c, --lcores */
	FOO_OPT_MEMORY,       /**< -m, --socket-mem */
	FOO_OPT_FILE_PREFIX,  /**< --file-prefix */
	FOO_OPT_HUGE_DIR,     /**< --huge-dir */
	FOO_OPT_NO_HUGE,      /**< --no-huge */
	FOO_OPT_LOG_LEVEL,    /**< --log-level */
	FOO_OPT_SYSLOG,       /**< --syslog */
	FOO_OPT_PROC_TYPE,    /**< --proc-type */
	FOO_OPT_STATS_PERIOD, /**< --stats-period */
	FOO_OPT_STATS_QUEUES, /**< --stats-queues */
	FOO_OPT_FWD,          /**< --fwd */
	FOO_OPT_OVERLOAD,     /**< --overload */
	FOO_OPT_PLACEMENT,    /**< --placement */
	FOO_OPT_TXONLY_SIZE,  /**< --txonly-size */
	FOO_OPT_GATHER,       /**< --gather */
	FOO_OPT_IDLE,         /**< --idle */
};

/** A --vdev as it stands on the command line. */
struct foo_args_vdev {
	const char *text; /**< "NAME,key=value,..." */
	int first;        /**< Index of its first argument. */
	int last;         /**< Index of its last argument. */
	bool ours;        /**< Not to be shown to EAL. */
};

/** EAL options as the user wrote them, for messages; NULL where not given. */
struct foo_args_eal {
	const char *lcores_option; /**< "-l", "-c" or "--lcores". */
	const char *lcores;        /**< Its value. */
	const char *memory_option; /**< "-m" or "--socket-mem". */
	const char *memory;        /**< Its value. */
	const char *file_prefix;   /**< --file-prefix */
	const char *huge_dir;      /**< --huge-dir */
	bool no_huge;              /**< --no-huge was given. */
	bool log_level;            /**< --log-level was given. */
	bool syslog;               /**< --syslog was given. */
};

/** The command line, taken apart. Pointers are into argv. */
struct foo_args {
	enum foo_action action;      /**< What to do. */
	const char *help_device;     /**< NAME of --help-device. */
	int argc;                    /**< As given. */
	char *const *argv;           /**< As given. */
	int eal_end;                 /**< Index of "--", or argc. */
	struct foo_args_eal eal;     /**< What EAL was told. */
	const char **plugins;        /**< Files of -d; owned. */
	unsigned int nplugins;       /**< Entries of plugins. */
	struct foo_args_vdev *vdevs; /**< All --vdev; owned. */
	unsigned int nvdevs;         /**< Entries of vdevs. */
	uint32_t stats_period;       /**< Seconds between port statistics, 0: none. */
	bool stats_queues;           /**< Statistics of queues with those of ports. */
	enum foo_idle_mode idle;     /**< --idle */
#ifdef FOO_WITH_NET
	struct foo_net_conf net; /**< Forwarding. */
#endif
};

/** Most seconds of --stats-period. */
#define FOO_STATS_PERIOD_MAX 86400

/** --gather unless given: about what a guest takes to send a burst. */
#define FOO_GATHER_DEFAULT 3

/** Smallest --txonly-size, as foo_net_conf::txonly_size. */
#define FOO_TXONLY_SIZE_MIN 60

/** --txonly-size unless given: testpmd's. */
#define FOO_TXONLY_SIZE_DEFAULT 64

/** Largest --txonly-size. */
#define FOO_TXONLY_SIZE_MAX 1514

/** Words of --idle=, in the order of enum foo_idle_mode, NULL at the end. */
extern const char *const foo_idle_words[];

/** EAL's options, and those of ours that may stand among them. */
extern const struct foo_opt foo_eal_options[];

/** Our options, behind "--". */
extern const struct foo_opt foo_own_options[];

/**
 * Take a command line apart.
 *
 * @param lenient leave options that are unknown before "--" to EAL: it is newer than our table
 * @return 0; -EINVAL or -ENOMEM with err. foo_args_free() is due in either case.
 */
int foo_args_parse(struct foo_args *args, int argc, char *const *argv, bool lenient,
		   struct foo_error *err);

/** Free what foo_args_parse() allocated. */
void foo_args_free(struct foo_args *args);

/**
 * The argument vector for rte_eal_init(): what stands before "--", without our devices.
 *
 * @param extra options to put first, NULL at the end
 * @param argc set to the number of arguments
 * @return the vector, NULL at its end; free() it. NULL: out of memory
 */
char **foo_args_eal_argv(const struct foo_args *args, const char *const *extra, int *argc);

/** A decimal number of [min, max], nothing around it. 0, or -EINVAL with err naming the option. */
int foo_args_number(const char *option, const char *text, uint32_t min, uint32_t max,
		    uint32_t *value, struct foo_error *err);

/** A word of a list (NULL at its end). 0 and its index, or -EINVAL with err listing the words. */
int foo_args_word(const char *option, const char *text, const char *const *words,
		  unsigned int *index, struct foo_error *err);

#endif /* FOO_ARGS_H */
