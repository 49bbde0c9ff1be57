/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>

#include "foo_eal.h"
#include "foo_eal_errors.h"
#include "foo_eal_files.h"
#include "foo_usage.h"

/*
 * What EAL is told unless the user sets log levels: its own and its libraries' chatter is not for
 * a user of ours, nor that telemetry has no commands of an older kind. EAL lets the first one that
 * matches decide.
 */
static const char *const eal_quiet[] = {"--log-level=lib.telemetry:error",
					"--log-level=lib.*:warning", NULL};
static const char *const eal_as_told[] = {NULL};

/* Room for what EAL logs while it starts; what comes first is what matters. */
#define EAL_LOG_MAX 16384

/* The start of EAL under way. rte_panic() may end it from anywhere, so it is kept here. */
static struct {
	const struct foo_args *args;
	FILE *stream;          /* EAL's log stream: log[] and, if wanted, err_fd. */
	char log[EAL_LOG_MAX]; /* Lines logged so far. */
	size_t len;            /* Bytes of log. */
	int out_fd;            /* The real standard output. */
	int err_fd;            /* The real standard error. */
	char dir[PATH_MAX];    /* Run-time folder. */
} eal;

static ssize_t
eal_log_write(void *cookie, const char *text, size_t size)
{
	size_t n = RTE_MIN(size, sizeof(eal.log) - 1 - eal.len);

	(void)cookie;
	memcpy(eal.log + eal.len, text, n);
	eal.len += n;
	eal.log[eal.len] = '\0';
	if (eal.args->eal.log_level && write(eal.err_fd, text, size) < 0)
		return 0;
	return size;
}

static void
eal_to_null(int fd)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null < 0)
		return;
	dup2(null, fd);
	close(null);
}

/*
 * EAL prints usage text to standard output and its alerts, a second time, to standard error:
 * both lead nowhere until it has started. What it logs is kept.
 */
static int
eal_capture_begin(const struct foo_args *args, struct foo_error *err)
{
	const cookie_io_functions_t io = {.write = eal_log_write};

	fflush(stdout);
	fflush(stderr);
	eal.args = args;
	eal.out_fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	eal.err_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	eal.stream = fopencookie(NULL, "w", io);
	if (eal.stream == NULL)
		return foo_error_set(err, -errno, "cannot capture EAL's log: %s", strerror(errno));
	setvbuf(eal.stream, NULL, _IONBF, 0);
	rte_openlog_stream(eal.stream);
	eal_to_null(STDOUT_FILENO);
	eal_to_null(STDERR_FILENO);
	return 0;
}

static void
eal_restore(int saved, int fd)
{
	if (saved < 0) {
		close(fd); /* it was closed when we started */
		return;
	}
	dup2(saved, fd);
	close(saved);
}

static void
eal_capture_end(void)
{
	fflush(stdout);
	fflush(stderr);
	eal_restore(eal.out_fd, STDOUT_FILENO);
	eal_restore(eal.err_fd, STDERR_FILENO);
	rte_openlog_stream(eal.args->eal.syslog ? NULL : stderr);
	fclose(eal.stream);
}

static void
eal_explain(struct foo_error *err)
{
	struct foo_eal_facts facts;

	foo_eal_facts_get(&facts, eal.args);
	foo_eal_explain(eal.log, &facts, err);
}

static void
eal_unlink_huge(void)
{
	const char *prefix = eal.args->eal.file_prefix;

	foo_eal_files_unlink_huge(prefix != NULL ? prefix : "rte");
}

static void
eal_remove_dir(void)
{
	foo_eal_files_remove_dir(eal.dir);
}

/*
 * EAL gives up on some errors by rte_panic(). That is abort() called in a thread that holds
 * nothing, so it is safe to do here what a return from rte_eal_init() would have led to.
 */
static void
eal_panicked(int number)
{
	struct foo_error err;

	(void)number;
	eal_explain(&err);
	eal_capture_end();
	fprintf(stderr, "dpdk-foo: %s\n", err.text);
	eal_unlink_huge();
	snprintf(eal.dir, sizeof(eal.dir), "%s", rte_eal_get_runtime_dir());
	eal_remove_dir();
	_exit(EXIT_FAILURE);
}

/* rte_eal_init() under capture. */
static int
eal_init(const struct foo_args *args, int argc, char **argv, struct foo_error *err)
{
	struct sigaction panicked = {.sa_handler = eal_panicked}, old;
	int rc;

	rc = eal_capture_begin(args, err);
	if (rc != 0)
		return rc;
	/* EAL's own exit handlers must run first: those registered later do */
	atexit(eal_remove_dir);
	sigaction(SIGABRT, &panicked, &old);
	rc = rte_eal_init(argc, argv);
	sigaction(SIGABRT, &old, NULL);
	snprintf(eal.dir, sizeof(eal.dir), "%s", rte_eal_get_runtime_dir());
	if (rc < 0)
		eal_explain(err);
	eal_capture_end();
	return rc < 0 ? -ENODEV : 0;
}

int
foo_eal_start(const struct foo_args *args, struct foo_error *err)
{
	char **argv;
	int argc, rc;

	argv = foo_args_eal_argv(args, args->eal.log_level ? eal_as_told : eal_quiet, &argc);
	if (argv == NULL)
		return foo_error_set(err, -ENOMEM, "out of memory");
	rc = eal_init(args, argc, argv, err);
	free(argv);
	if (rc != 0)
		eal_unlink_huge();
	else if (!args->eal.log_level)
		fputs(eal.log, stderr); /* warnings; with --log-level they were shown already */
	return rc;
}

void
foo_eal_stop(void)
{
	eal_unlink_huge();
	rte_eal_cleanup();
}

int
foo_eal_help(const char *program, struct foo_error *err)
{
	char help[] = "--help";
	char quiet[] = "--log-level=lib.*:warning";
	char *argv[] = {(char *)(uintptr_t)program, quiet, help, NULL};

	rte_set_application_usage_hook(foo_usage_print);
	rte_eal_init(RTE_DIM(argv) - 1, argv); /* prints and exits */
	return foo_error_set(err, -rte_errno, "EAL cannot print its help: %s",
			     rte_strerror(rte_errno));
}
