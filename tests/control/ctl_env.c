/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl_env.h"

#define FDS_MS 3000
#define WITNESS_PACKETS 48
#define PROMPT_TRIES 5
#define ANSWER_SIZE 32768

static const char *const devices[] = {
	"net_vhost0,iface=@/0",          "net_vhost1,iface=@/1",          "net_vhost2,iface=@/2",
	"net_vhost3,iface=@/3,client=1", "net_vhost4,iface=@/4,queues=4", NULL,
};

static void
start_process(struct ctl_env *env)
{
	assert_int_equal(ctl_proc_start(&env->proc, devices, NULL), 0);
	snprintf(env->path, sizeof(env->path), "%s", ctl_proc_path(&env->proc, "4"));
	assert_int_equal(ctl_guest_open(&env->witness[0], ctl_proc_path(&env->proc, "0"), NULL), 0);
	assert_int_equal(ctl_guest_open(&env->witness[1], ctl_proc_path(&env->proc, "1"), NULL), 0);
	ctl_check_witnesses(env);
}

static void
close_guests(struct ctl_env *env)
{
	if (env->cleanup != NULL)
		env->cleanup();
	env->cleanup = NULL;
	ctl_traffic_stop(&env->traffic);
	ctl_guest_close(&env->subject);
	ctl_guest_close(&env->other);
}

int
ctl_group_setup(void **state)
{
	struct ctl_env *env;

	if (getenv("FOO_APP") == NULL) {
		printf("# FOO_APP must name the dpdk-foo program\n");
		return -1;
	}
	env = calloc(1, sizeof(*env));
	if (env == NULL)
		return -1;
	*state = env;
	start_process(env);
	return 0;
}

int
ctl_group_teardown(void **state)
{
	struct ctl_env *env = *state;
	int status;

	if (env == NULL)
		return -1;
	close_guests(env);
	ctl_guest_close(&env->witness[0]);
	ctl_guest_close(&env->witness[1]);
	status = ctl_proc_stop(&env->proc);
	if (status != 0)
		printf("# dpdk-foo ended with status %d\n", status);
	free(env);
	return status;
}

/* Files of the process, when they have come down to at most limit or after a while. */
static int
settled_fds(struct ctl_env *env, int limit)
{
	int64_t deadline = ctl_now_ms() + FDS_MS;
	int n;

	while ((n = ctl_proc_fds(&env->proc)) > limit && ctl_now_ms() < deadline)
		usleep(5000);
	return n;
}

int
ctl_test_setup(void **state)
{
	struct ctl_env *env = *state;

	if (env->tainted || !ctl_proc_alive(&env->proc)) {
		ctl_guest_close(&env->witness[0]);
		ctl_guest_close(&env->witness[1]);
		ctl_proc_stop(&env->proc);
		start_process(env);
	}
	env->tainted = true;
	env->fds = ctl_proc_fds(&env->proc);
	return 0;
}

void
ctl_check_alive(struct ctl_env *env)
{
	int fds;

	close_guests(env);
	if (!ctl_proc_alive(&env->proc)) {
		ctl_proc_show_log(&env->proc);
		fail_msg("dpdk-foo has died");
	}
	ctl_check_witnesses(env);
	ctl_check_prompt(env, 1);
	fds = settled_fds(env, env->fds);
	if (fds > env->fds) {
		ctl_proc_show_fds(&env->proc);
		fail_msg("%d files are open, %d were before", fds, env->fds);
	}
}

int
ctl_test_teardown(void **state)
{
	struct ctl_env *env = *state;

	ctl_check_alive(env);
	memset(&env->traffic, 0, sizeof(env->traffic));
	env->tainted = false;
	return 0;
}

void
ctl_check_witnesses(struct ctl_env *env)
{
	struct ctl_guest *a = &env->witness[0], *b = &env->witness[1];

	assert_int_equal(ctl_transfer(a, 0, b, 0, WITNESS_PACKETS), 0);
	assert_int_equal(ctl_transfer(b, 0, a, 0, WITNESS_PACKETS), 0);
}

void
ctl_check_prompt(struct ctl_env *env, int n)
{
	int64_t us;
	int tries;

	while (n-- > 0) {
		tries = 0;
		do {
			us = ctl_round_trip_us(&env->witness[n % 2]);
			if (us < 0)
				fail_msg("a witness lost its connection: %d", (int)us);
		} while (us > CTL_PROMPT_US && ++tries < PROMPT_TRIES);
		if (us > CTL_PROMPT_US)
			fail_msg("a witness waited %d us for an answer", (int)us);
	}
}

void
ctl_open_subject(struct ctl_env *env, const struct ctl_guest_opt *opt)
{
	assert_int_equal(ctl_guest_open(&env->subject, env->path, opt), 0);
}

void
ctl_check_subject(struct ctl_env *env, uint32_t n)
{
	struct ctl_guest *g = &env->subject;
	unsigned int i;

	for (i = 0; i < g->npairs; i++)
		assert_int_equal(ctl_transfer(g, i, g, i, n), 0);
}

void
ctl_check_queue(struct ctl_env *env, unsigned int vring, const char *text)
{
	static char answer[ANSWER_SIZE];
	char command[64];

	snprintf(command, sizeof(command), "/foo/queue,net_vhost4,%u", vring);
	assert_int_equal(
		ctl_proc_telemetry_wait(&env->proc, command, text, FDS_MS, answer, sizeof(answer)),
		0);
}
