/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef BENCH_H
#define BENCH_H

/**
 * @file
 * The verbs of dpdk-foo-bench: `dpdk-foo-bench VERB [OPTION...]`.
 */

/** Exit status: everything was as it should be. */
#define BENCH_OK 0
/** Exit status: it ran, and found losses, corruption or a failed case. */
#define BENCH_FOUND 1
/** Exit status: it could not run: wrong argument, no back-end. One line on stderr says why. */
#define BENCH_ERROR 2

/** A verb. */
struct bench_verb {
	const char *name;    /**< As on the command line. */
	const char *summary; /**< One line for --help. */
	/**
	 * Do it.
	 *
	 * @param argc as of main(), argv[0] being the verb
	 * @return BENCH_OK, BENCH_FOUND or BENCH_ERROR
	 */
	int (*run)(int argc, char **argv);
};

#endif /* BENCH_H */
