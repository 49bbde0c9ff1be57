/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/* Waiting for children, and what they printed. */

#include <math.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "compare_child.h"

#define STEP_NS 5000000
#define TAIL_LINES 12
#define TAIL_BYTES 2000
#define MAX_OUTPUT (16L << 20)

volatile sig_atomic_t compare_interrupted;

double
compare_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

char *
compare_read_file(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	long size;

	if (f == NULL)
		return NULL;
	if (fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0) {
		long start = size > MAX_OUTPUT ? size - MAX_OUTPUT : 0;

		text = malloc((size_t)(size - start) + 1);
		if (text != NULL && fseek(f, start, SEEK_SET) == 0)
			text[fread(text, 1, (size_t)(size - start), f)] = '\0';
	}
	fclose(f);
	/* a program may print zeros: they end no text here */
	return text;
}

char *
compare_child_output(const struct compare_child *child)
{
	return child->log != NULL ? compare_read_file(child->log) : NULL;
}

/* The last lines, each behind "\n  | ". */
static void
tail(const char *output, char *text, size_t size)
{
	size_t n = strlen(output), start, used = 0;
	unsigned int lines = 0;

	while (n > 0 && output[n - 1] == '\n')
		n--;
	for (start = n; start > 0 && n - start < TAIL_BYTES; start--)
		if (output[start - 1] == '\n' && ++lines == TAIL_LINES)
			break;
	while (start < n && used < size) {
		size_t line = strcspn(output + start, "\n");

		used += (size_t)snprintf(text + used, size - used, "\n  | %.*s", (int)line,
					 output + start);
		start += line + 1;
	}
}

int
compare_child_fail(const struct compare_child *child, struct compare_error *err, int rc,
		   const char *format, ...)
{
	char *output = compare_child_output(child);
	va_list args;
	size_t used;

	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	used = strlen(err->text);
	if (output != NULL && output[0] != '\0') {
		used += (size_t)snprintf(err->text + used, sizeof(err->text) - used,
					 "; its output ends with:");
		if (used < sizeof(err->text))
			tail(output, err->text + used, sizeof(err->text) - used);
	}
	free(output);
	return rc;
}

void
compare_child_describe(const struct compare_child *child, char *text, size_t size)
{
	if (WIFSIGNALED(child->status))
		snprintf(text, size, "was ended by signal %d (%s)", WTERMSIG(child->status),
			 strsignal(WTERMSIG(child->status)));
	else
		snprintf(text, size, "ended with status %d", WEXITSTATUS(child->status));
}

/* Whether it has ended. */
static bool
has_ended(struct compare_child *child)
{
	if (!child->ended && waitpid(child->pid, &child->status, WNOHANG) == child->pid)
		child->ended = true;
	return child->ended;
}

static void
step(void)
{
	nanosleep(&(struct timespec){.tv_nsec = STEP_NS}, NULL);
}

/* @return 0; -ECHILD: one of them has ended; -EINTR */
static int
look_after(compare_watch watch, struct compare_error *err)
{
	char how[80];

	if (compare_interrupted)
		return compare_fail(err, -EINTR, "interrupted");
	for (unsigned int i = 0; watch[i] != NULL; i++) {
		if (!has_ended(watch[i]))
			continue;
		compare_child_describe(watch[i], how, sizeof(how));
		return compare_child_fail(watch[i], err, -ECHILD, "%s %s before it should",
					  watch[i]->name, how);
	}
	return 0;
}

int
compare_child_sleep(double seconds, compare_watch watch, struct compare_error *err)
{
	double end = compare_now() + seconds;
	int rc;

	do {
		rc = look_after(watch, err);
		if (rc == 0 && seconds > 0)
			step();
	} while (rc == 0 && compare_now() < end);
	return rc;
}

/* Somebody listens there: connecting would disturb a back-end, so ask the kernel's list. */
static bool
is_listening(const char *path)
{
	char line[512], flags[16], *name;
	FILE *f = fopen("/proc/net/unix", "re");
	bool found = false;

	while (f != NULL && !found && fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		name = strchr(line, '/');
		/* __SO_ACCEPTCON */
		found = name != NULL && strcmp(name, path) == 0 &&
			sscanf(line, "%*s %*s %*s %15s", flags) == 1 &&
			(strtoul(flags, NULL, 16) & 0x10000) != 0;
	}
	if (f != NULL)
		fclose(f);
	return found;
}

int
compare_child_await_file(struct compare_child *child, const char *path, double timeout,
			 struct compare_error *err)
{
	double end = compare_now() + timeout;
	int rc = 0;

	while (!is_listening(path)) {
		rc = look_after((compare_watch){child, NULL}, err);
		if (rc != 0)
			return rc;
		if (compare_now() > end)
			return compare_child_fail(child, err, -ETIMEDOUT,
						  "%s does not listen on %s after %g s",
						  child->name, path, timeout);
		step();
	}
	return 0;
}

static bool
has_printed(const struct compare_child *child, const regex_t *re)
{
	char *output = compare_child_output(child);
	bool found = output != NULL && regexec(re, output, 0, NULL, 0) == 0;

	free(output);
	return found;
}

int
compare_child_await_output(struct compare_child *child, const char *regex, double timeout,
			   struct compare_error *err)
{
	double end = compare_now() + timeout;
	regex_t re;
	int rc = 0;

	if (regcomp(&re, regex, REG_EXTENDED | REG_NEWLINE | REG_NOSUB) != 0)
		return compare_fail(err, -EINVAL, "'%s' is not a regular expression", regex);
	while (!has_printed(child, &re)) {
		rc = look_after((compare_watch){child, NULL}, err);
		if (rc == 0 && compare_now() > end)
			rc = compare_child_fail(child, err, -ETIMEDOUT,
						"%s has not printed /%s/ after %g s", child->name,
						regex, timeout);
		/* what it printed last may have come between the two looks */
		if (rc == -ECHILD && has_printed(child, &re))
			rc = 0;
		if (rc != 0 || child->ended)
			break;
		step();
	}
	regfree(&re);
	return rc;
}

int
compare_child_await_end(struct compare_child *child, double timeout, compare_watch watch,
			struct compare_error *err)
{
	double end = compare_now() + timeout;
	int rc;

	while (!has_ended(child)) {
		rc = look_after(watch, err);
		if (rc != 0)
			return rc;
		if (compare_now() > end)
			return compare_child_fail(child, err, -ETIMEDOUT,
						  "%s has not ended after %g s", child->name,
						  timeout);
		step();
	}
	return 0;
}

int
compare_child_stop(struct compare_child *child, int signal, double timeout,
		   struct compare_error *err)
{
	double end = compare_now() + timeout;
	int rc = 0;

	if (child->pid == 0)
		return 0;
	if (!has_ended(child))
		kill(child->pid, signal);
	while (!has_ended(child) && compare_now() < end)
		step();
	/* an own group: what a shell or a daemon left there, and nothing else */
	kill(-child->pid, SIGKILL);
	if (!child->ended) {
		rc = compare_child_fail(child, err, -ETIMEDOUT,
					"%s did not end within %g s of signal %d and was killed",
					child->name, timeout, signal);
		waitpid(child->pid, &child->status, 0);
		child->ended = true;
	}
	child->pid = 0;
	return rc;
}
