/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <foo_device.h>
#include <foo_lcore.h>
#include <foo_vhost.h>

#include "foo_control.h"
#include "foo_out.h"
#include "foo_stats.h"
#include "foo_type.h"

/* Nanoseconds of a second. */
#define CONTROL_SECOND 1000000000LL

/* A signal that is blocked arrives even if it is ignored, so nohup must be asked for. */
static bool
control_hup_is_ignored(void)
{
	struct sigaction hup;

	return sigaction(SIGHUP, NULL, &hup) == 0 && hup.sa_handler == SIG_IGN;
}

static void
control_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGUSR1);
	if (!control_hup_is_ignored())
		sigaddset(set, SIGHUP);
}

void
foo_control_block_signals(void)
{
	sigset_t set;

	control_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	/* a reader of our output that went away must not end us with sockets left behind */
	signal(SIGPIPE, SIG_IGN);
}

/* What devices of a type need before the first of them is realized. */
static int
control_setup(const struct foo_args *args, struct foo_error *err)
{
	int rc = 0;

	for (const struct foo_type *const *t = foo_types; rc == 0 && *t != NULL; t++)
		if ((*t)->setup != NULL)
			rc = (*t)->setup(args, err);
	return rc;
}

/* Bring the devices into service. */
static int
control_realize(const struct foo_args *args, struct foo_error *err)
{
	struct foo_device *dev;
	int rc;

	rc = control_setup(args, err);
	TAILQ_FOREACH(dev, &foo_devices, link) {
		if (rc != 0)
			break;
		rc = foo_device_realize(dev, err);
	}
	TAILQ_FOREACH(dev, &foo_devices, link) {
		if (rc != 0)
			break;
		rc = foo_vhost_start(dev, err);
	}
	return rc;
}

static void
control_announce_device(FILE *f, const struct foo_device *dev)
{
	const struct foo_type *type = foo_type_of(dev);

	fprintf(f, "%s (", dev->name);
	if (type != NULL && type->number != NULL)
		fprintf(f, "%s %u, ", type->number, dev->id);
	fprintf(f, "%u queue%s) %s %s\n", dev->nqueues, dev->nqueues == 1 ? "" : "s",
		dev->client ? "connects to" : "listens on", dev->iface);
}

static void
control_announce(enum foo_idle_mode idle)
{
	const struct foo_device *dev;
	struct foo_out out;

	if (foo_out_begin(&out) != 0)
		return;
	TAILQ_FOREACH(dev, &foo_devices, link)
		control_announce_device(out.f, dev);
	fprintf(out.f, "%u lcore%s, %s idle; SIGINT ends, SIGUSR1 prints statistics\n",
		rte_lcore_count(), rte_lcore_count() == 1 ? " polls" : "s poll",
		foo_idle_mode_name(idle));
	foo_out_end(&out);
}

static void
control_print_stats(bool queues)
{
	struct foo_out out;

	if (foo_out_begin(&out) != 0)
		return;
	foo_ctl_lock();
	foo_stats_print(out.f, queues);
	foo_ctl_unlock();
	foo_out_end(&out);
}

static void
control_print_summary(const struct foo_args *args)
{
	struct foo_out out;

	if (foo_out_begin(&out) != 0)
		return;
	foo_ctl_lock();
	foo_stats_print_summary(out.f, args);
	foo_ctl_unlock();
	foo_out_end(&out);
}

static int64_t
control_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * CONTROL_SECOND + now.tv_nsec;
}

/* Wait for a signal until a time, 0: for ever. The signal, or 0 when the time has come. */
static int
control_wait(const sigset_t *set, int64_t until)
{
	struct timespec left;
	int64_t ns;
	int signal;

	do {
		ns = until == 0 ? 0 : RTE_MAX(until - control_now(), 0);
		left = (struct timespec){ns / CONTROL_SECOND, ns % CONTROL_SECOND};
		signal = sigtimedwait(set, NULL, until == 0 ? NULL : &left);
	} while (signal < 0 && errno == EINTR);
	return signal < 0 ? 0 : signal;
}

/* Until SIGINT, SIGTERM or SIGHUP. */
static void
control_serve(const struct foo_args *args)
{
	int64_t period = args->stats_period * CONTROL_SECOND;
	int64_t next = period == 0 ? 0 : control_now() + period;
	sigset_t set;
	int signal;

	control_signals(&set);
	for (;;) {
		signal = control_wait(&set, next);
		if (signal != 0 && signal != SIGUSR1)
			return;
		control_print_stats(signal == SIGUSR1 || args->stats_queues);
		/* a print that took longer than a period is not made up for */
		if (signal == 0)
			next = RTE_MAX(next + period, control_now());
	}
}

void *
foo_control_run(void *arg)
{
	const struct foo_args *args = arg;
	struct foo_error err = {""};
	struct foo_device *dev;
	int rc;

	rc = foo_lcore_wait_running();
	if (rc != 0)
		foo_error_set(&err, rc,
			      "an lcore did not start within 10 s: is its CPU busy with "
			      "work of a real-time priority?");
	else
		rc = control_realize(args, &err);
	if (rc == 0) {
		control_announce(args->idle);
		control_serve(args);
	} else {
		fprintf(stderr, "dpdk-foo: %s\n", err.text);
	}
	TAILQ_FOREACH(dev, &foo_devices, link)
		foo_vhost_stop(dev);
	if (rc == 0)
		control_print_summary(args);
	TAILQ_FOREACH(dev, &foo_devices, link)
		foo_device_unrealize(dev);
	foo_lcore_quit();
	return rc == 0 ? NULL : arg;
}
