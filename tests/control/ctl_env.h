/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef CTL_ENV_H
#define CTL_ENV_H

/**
 * @file
 * What every test here stands on: one dpdk-foo process with five devices.
 *
 * net_vhost0 and net_vhost1 forward to each other and serve two well-behaved guests, the
 * witnesses, for as long as the process runs. net_vhost4 is the last of an odd number, forwards to
 * itself and belongs to the test: the subject. net_vhost2 and net_vhost3 forward to each other;
 * net_vhost3 is a client. After each test its guests are closed, and then the process must be
 * alive, the witnesses' packets must come through in both directions, their control round trip
 * must be short, and the process must have as many open files as before the test.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl_guest.h"
#include "ctl_proc.h"
#include "ctl_time.h"
#include "ctl_traffic.h"

/** Longest control round trip of a witness that is called prompt; the machine may be busy. */
#define CTL_PROMPT_US 400000

/** The state of a test. */
struct ctl_env {
	struct ctl_proc proc;        /**< The process. */
	struct ctl_guest witness[2]; /**< On net_vhost0 and net_vhost1. */
	struct ctl_guest subject;    /**< The test's, on net_vhost4; closed after the test. */
	struct ctl_guest other;      /**< A second one of the test's; closed after the test. */
	struct ctl_traffic traffic;  /**< The test's; stopped after the test. */
	void (*cleanup)(void);       /**< Called before that, or NULL; the test sets it. */
	char path[108];              /**< Socket of net_vhost4. */
	int fds;                     /**< Files of the process before the test. */
	bool tainted;                /**< The checks after a test failed: start a new process. */
};

/** cmocka group fixture: start the process and the witnesses. */
int ctl_group_setup(void **state);

/** cmocka group fixture: end the process, which must exit with 0. */
int ctl_group_teardown(void **state);

/** cmocka test fixture: a process is there (a new one if the last did not survive a test). */
int ctl_test_setup(void **state);

/** cmocka test fixture: the checks above. */
int ctl_test_teardown(void **state);

/** A test with these fixtures. */
#define ctl_test(f) cmocka_unit_test_setup_teardown(f, ctl_test_setup, ctl_test_teardown)

/** Close subject and other, then do the checks that follow each test; for tests that want them
 * after each of several cases. */
void ctl_check_alive(struct ctl_env *env);

/** Packets of the witnesses come through, both ways. */
void ctl_check_witnesses(struct ctl_env *env);

/** The control plane serves a witness promptly, n times in a row. Once is enough in several tries:
 * on a busy machine a single answer may be late for reasons of its own. */
void ctl_check_prompt(struct ctl_env *env, int n);

/** Open env->subject; opt may be NULL. */
void ctl_open_subject(struct ctl_env *env, const struct ctl_guest_opt *opt);

/** The subject, opened with opt, can send n packets to itself over each of its pairs. */
void ctl_check_subject(struct ctl_env *env, uint32_t n);

/** Ask telemetry for a vring of the subject until the answer contains text. */
void ctl_check_queue(struct ctl_env *env, unsigned int vring, const char *text);

#endif /* CTL_ENV_H */
