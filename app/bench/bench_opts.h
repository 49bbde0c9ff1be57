/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BENCH_OPTS_H
#define BENCH_OPTS_H

/**
 * @file
 * Command lines of the verbs that make load.
 *
 * Options are tables: the common ones (struct bench_opts) stand here, a verb adds a table for a
 * structure of its own. A table gives parsing, limits, --help and the object "config" of --json.
 *
 *     static const struct bench_opt mine[] = {
 *             BENCH_CHOICE(struct my, mode, "mode", "NAME", mode_names, "what to do"),
 *             {.name = NULL}};
 *     const struct bench_opts_verb verb = {"net", "net --socket PATH [OPTION...]", mine, &my};
 *
 *     bench_opts_init(&o);                     then the verb's own defaults
 *     rc = bench_opts_parse(&o, &verb, argc, argv);
 *     if (rc >= 0)
 *             return rc;
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <foo_guest.h>

#include "bench_pace.h"

/** Most guests of a run. */
#define BENCH_MAX_GUESTS 64

/** Most sizes of a sweep. */
#define BENCH_MAX_SIZES 64

/** Most CPUs of --cpus. */
#define BENCH_MAX_CPUS 64

/** bench_opts_parse(): parsed, go on. */
#define BENCH_OPTS_RUN (-1)

/** What an option is. */
enum bench_opt_type {
	BENCH_OPT_ON,     /**< bool: true if given. */
	BENCH_OPT_OFF,    /**< bool: false if given; not in "config". */
	BENCH_OPT_UINT,   /**< unsigned int, min to max; k, M and G multiply by 1024. */
	BENCH_OPT_REAL,   /**< double, min to max; k, M and G multiply by 1000. */
	BENCH_OPT_TEXT,   /**< const char *: the argument itself. */
	BENCH_OPT_CHOICE, /**< unsigned int: index of the argument in choice. */
	BENCH_OPT_CALL,   /**< Whatever parse and json do with it. */
};

/** An option. */
struct bench_opt {
	const char *name;          /**< Without the dashes; NULL ends a table. */
	const char *arg;           /**< What --help calls its argument; NULL: it has none. */
	const char *help;          /**< One line. */
	enum bench_opt_type type;  /**< What it is. */
	size_t offset;             /**< Of the member in its structure. */
	double min;                /**< Smallest value. */
	double max;                /**< Largest value; 0 with min 0: no limit. */
	const char *const *choice; /**< BENCH_OPT_CHOICE: names; NULL ends them. */
	/**
	 * BENCH_OPT_CALL: take the argument.
	 *
	 * @param base start of the structure
	 * @param why room for what is wrong with it, as "'9x': not a number"
	 * @return 0 or -EINVAL
	 */
	int (*parse)(void *base, const char *arg, char *why, size_t size);
	/** BENCH_OPT_CALL: its value for "config"; NULL: it is left out. */
	json_t *(*json)(const void *base);
};

/**
 * @name Entries of a table
 * T is the structure, m its member, n the name, h the help, a the argument.
 * @{
 */
/** A switch; T.m is a bool. */
#define BENCH_ON(T, m, n, h)                                                                       \
	{                                                                                          \
		.name = n, .help = h, .type = BENCH_OPT_ON, .offset = offsetof(T, m)               \
	}
/** A switch that sets T.m to false. */
#define BENCH_OFF(T, m, n, h)                                                                      \
	{                                                                                          \
		.name = n, .help = h, .type = BENCH_OPT_OFF, .offset = offsetof(T, m)              \
	}
/** A whole number, lo to hi; T.m is an unsigned int. */
#define BENCH_UINT(T, m, n, a, lo, hi, h)                                                          \
	{                                                                                          \
		.name = n, .arg = a, .help = h, .type = BENCH_OPT_UINT, .offset = offsetof(T, m),  \
		.min = lo, .max = hi                                                               \
	}
/** A number, lo to hi; T.m is a double. */
#define BENCH_REAL(T, m, n, a, lo, hi, h)                                                          \
	{                                                                                          \
		.name = n, .arg = a, .help = h, .type = BENCH_OPT_REAL, .offset = offsetof(T, m),  \
		.min = lo, .max = hi                                                               \
	}
/** A text; T.m is a const char *. */
#define BENCH_TEXT(T, m, n, a, h)                                                                  \
	{                                                                                          \
		.name = n, .arg = a, .help = h, .type = BENCH_OPT_TEXT, .offset = offsetof(T, m)   \
	}
/** One of names; T.m is an unsigned int. */
#define BENCH_CHOICE(T, m, n, a, names, h)                                                         \
	{                                                                                          \
		.name = n, .arg = a, .help = h, .type = BENCH_OPT_CHOICE,                          \
		.offset = offsetof(T, m), .choice = names                                          \
	}
/** Taken by a function, shown by another. */
#define BENCH_CALL(n, a, take, show, h)                                                            \
	{                                                                                          \
		.name = n, .arg = a, .help = h, .type = BENCH_OPT_CALL, .parse = take,             \
		.json = show                                                                       \
	}
/** @} */

/** A verb's part of the command line. */
struct bench_opts_verb {
	const char *name;            /**< As on the command line. */
	const char *usage;           /**< First line of --help behind "dpdk-foo-bench". */
	const struct bench_opt *opt; /**< Its own options, shown first. */
	void *base;                  /**< Structure that they are members of. */
	enum foo_guest_type type;    /**< Device type, for the names of features. */
	const char *const *without;  /**< Common options that it does not have; NULL ends them.
				      * NULL itself: it has all. */
};

/** Values of bench_opts::ring. */
enum bench_ring {
	BENCH_RING_SPLIT,  /**< Split virtqueues. */
	BENCH_RING_PACKED, /**< Packed virtqueues. */
};

/** The common options. */
struct bench_opts {
	const char *socket[BENCH_MAX_GUESTS]; /**< Paths, one a guest, "%d" replaced. */
	unsigned int guests;                  /**< Entries of socket. */
	unsigned int wanted_guests;           /**< --guests; 0: not given. */
	bool listen;                          /**< Back-ends connect to us. */
	unsigned int ring;                    /**< enum bench_ring. */
	bool in_order;                        /**< IN_ORDER. */
	bool indirect;                        /**< INDIRECT_DESC, and used. */
	bool event_idx;                       /**< EVENT_IDX. */
	uint64_t features_on;                 /**< --features: take them, too. */
	uint64_t features_off;                /**< --no-features: do not take them. */
	unsigned int queues;                  /**< Queues (net: pairs) a guest. */
	unsigned int queue_size;              /**< Descriptors of each. */
	unsigned int depth;                   /**< Most in flight a queue; 0: the verb's default. */
	unsigned int burst;                   /**< Most at once. */
	unsigned int size[BENCH_MAX_SIZES];   /**< Sizes to sweep over. */
	unsigned int nsizes;                  /**< Entries of size. */
	bool imix;                            /**< --size imix. */
	double seconds;                       /**< To measure (each size); 0: until SIGINT. */
	double warmup;                        /**< Before that. */
	double rate;                          /**< Open loop: so many a second, all guests
					       * together; 0: closed loop. */
	unsigned int pace;                    /**< enum bench_pace_mode. */
	bool interrupt;                       /**< Sleep until the device interrupts. */
	bool huge;                            /**< Guests' memory in hugepages. */
	unsigned int cpu[BENCH_MAX_CPUS];     /**< CPUs of the threads, in turn. */
	unsigned int ncpus;                   /**< Entries of cpu; 0: not pinned. */
	unsigned int threads;                 /**< Threads; 0: as many as CPUs allow. */
	double interval;                      /**< Between live lines. */
	const char *json;                     /**< File for results; NULL. */
	const char *plot;                     /**< File for a plot; NULL. */
	bool quiet;                           /**< No live lines. */
	unsigned int timeout_ms;              /**< Longest wait for a back-end's answer. */
	const struct bench_opts_verb *verb;   /**< Whose command line it is. */
	char *path_;                          /**< Private: room for paths made of "%d". */
};

/** The defaults. */
void bench_opts_init(struct bench_opts *o);

/**
 * Parse a command line. Mistakes are one line on stderr; --help goes to stdout.
 *
 * @param argc as of bench_verb::run()
 * @return BENCH_OPTS_RUN, or the exit status of the program
 */
int
bench_opts_parse(struct bench_opts *o, const struct bench_opts_verb *verb, int argc, char **argv);

/** Free what parsing allocated. */
void bench_opts_fini(struct bench_opts *o);

/** Whether this program may use all of --cpus. @return 0, or BENCH_ERROR after a message */
int bench_opts_check_cpus(const struct bench_opts *o);

/** The feature bits that the options ask for, beside those of the verb: VERSION_1, the ring's, and
 * --features; without --no-features. @param base what the verb wants by itself */
uint64_t bench_opts_features(const struct bench_opts *o, uint64_t base);

/** Those that a run makes no sense without: the ring's, as asked for. */
uint64_t bench_opts_required(const struct bench_opts *o);

/** The object "config": every option in effect, the verb's and the common ones. */
json_t *bench_opts_json(const struct bench_opts *o);

/** "dpdk-foo-bench VERB: ..." and a line end on stderr. @return BENCH_ERROR */
int bench_opts_error(const struct bench_opts_verb *verb, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* --- what bench_opts_parse() is made of --- */

/** The table of struct bench_opts. */
extern const struct bench_opt bench_opts_common[];

/** Take one option's argument. @return 0, or -EINVAL with why it is wrong */
int bench_opt_set(const struct bench_opt *opt, void *base, const char *arg, char *why, size_t size);

/**
 * A number with an optional k, M or G.
 *
 * @param unit what k stands for: 1000 or 1024
 * @param end set behind it
 * @return 0, or -EINVAL if there is none
 */
int bench_opt_number(const char *text, double unit, double *value, const char **end);

#endif /* BENCH_OPTS_H */
