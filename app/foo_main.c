/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * dpdk-foo: from the command line to polling lcores, and back.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_eal.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_version.h>

#include <foo_class.h>
#include <foo_lcore.h>

#include "foo_args.h"
#include "foo_control.h"
#include "foo_eal.h"
#include "foo_telemetry.h"
#include "foo_usage.h"
#include "foo_vdev.h"

/* The DPDK whose options our table of EAL's lists. */
#define MAIN_EAL_YEAR 22

/* Whether EAL may have options that our table lacks. */
static bool
main_eal_is_newer(void)
{
	unsigned int year = 0;

	sscanf(rte_version(), "DPDK %u.", &year);
	return year > MAIN_EAL_YEAR;
}

/* All lcores poll and the control thread does the rest, until that ends. */
static int
main_serve(struct foo_args *args, struct foo_error *err)
{
	pthread_t control;
	void *failed = NULL;
	int rc;

	rc = foo_telemetry_start();
	if (rc != 0)
		return foo_error_set(err, rc, "telemetry commands cannot be registered");
	/* a negative errno from DPDK, a positive one from pthread_create() */
	rc = rte_ctrl_thread_create(&control, "foo-control", NULL, foo_control_run, args);
	if (rc != 0)
		return foo_error_set(err, -abs(rc), "the control thread cannot be created");
	rte_eal_mp_remote_launch(foo_lcore_run, NULL, CALL_MAIN);
	rte_eal_mp_wait_lcore();
	pthread_join(control, &failed);
	foo_telemetry_stop();
	return failed != NULL ? -ECANCELED : 0;
}

/* Between rte_eal_init() and rte_eal_cleanup(). */
static int
main_run(struct foo_args *args, struct foo_error *err)
{
	int rc;

	rc = foo_lcore_init(args->idle);
	if (rc != 0)
		return foo_error_set(err, rc, "not enough memory for the lcores");
	rc = main_serve(args, err);
	foo_vdevs_destroy();
	foo_lcore_fini();
	return rc;
}

static int
main_with_classes(struct foo_args *args, struct foo_error *err)
{
	int rc;

	if (args->action != FOO_ACTION_RUN)
		return foo_usage_do(args, err);
	foo_control_block_signals();
	rc = foo_vdevs_create(args, err);
	if (rc == 0)
		rc = foo_eal_start(args, err);
	if (rc == 0) {
		rc = main_run(args, err);
		foo_eal_stop();
	}
	foo_vdevs_destroy();
	return rc;
}

int
main(int argc, char **argv)
{
	struct foo_error err = {""};
	struct foo_args args;
	int rc;

	rc = foo_args_parse(&args, argc, argv, main_eal_is_newer(), &err);
	if (rc == 0)
		rc = foo_plugins_load(&args, &err);
	if (rc == 0)
		rc = foo_class_seal(&err);
	if (rc == 0)
		rc = main_with_classes(&args, &err);
	foo_args_free(&args);
	if (err.text[0] != '\0')
		fprintf(stderr, "dpdk-foo: %s\n", err.text);
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
