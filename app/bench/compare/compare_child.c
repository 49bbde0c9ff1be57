/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "compare_child.h"

/* In the new process. @return only with what failed */
static int
become(char *const *argv, int in, int out, const cpu_set_t *cpus, pid_t parent)
{
	static const int standard[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};

	setpgid(0, 0);
	/* should we be killed, so is it */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	for (unsigned int i = 0; i < sizeof(standard) / sizeof(standard[0]); i++)
		signal(standard[i], SIG_DFL);
	if (CPU_COUNT(cpus) != 0 && sched_setaffinity(0, sizeof(*cpus), cpus) != 0)
		return errno;
	if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(out, STDERR_FILENO) < 0)
		return errno;
	execvp(argv[0], argv);
	return errno;
}

static int
parse_cpus(const char *text, cpu_set_t *set)
{
	char *end;

	CPU_ZERO(set);
	while (text != NULL && *text != '\0') {
		unsigned long cpu = strtoul(text, &end, 10);

		if (end == text || (*end != ',' && *end != '\0') || cpu >= CPU_SETSIZE)
			return -EINVAL;
		CPU_SET(cpu, set);
		text = end + (*end == ',');
	}
	return 0;
}

/* Fork. report is a pipe that a successful exec() closes; else errno comes out of it. */
static int
launch(struct compare_child *child, char *const *argv, int in, int out, const int *report,
       const cpu_set_t *cpus)
{
	pid_t parent = getpid();
	int error = 0;

	child->pid = fork();
	if (child->pid < 0) {
		child->pid = 0;
		return -errno;
	}
	if (child->pid == 0) {
		error = become(argv, in, out, cpus, parent);
		if (write(report[1], &error, sizeof(error)) != sizeof(error))
			_exit(126);
		_exit(127);
	}
	/* here, too: whoever comes first */
	setpgid(child->pid, child->pid);
	close(report[1]);
	if (read(report[0], &error, sizeof(error)) != sizeof(error))
		return 0;
	waitpid(child->pid, &child->status, 0);
	child->pid = 0;
	return -error;
}

int
compare_child_start(struct compare_child *child, const char *name, char *const *argv,
		    const char *log, const char *cpus, struct compare_error *err)
{
	int in[2] = {-1, -1}, report[2] = {-1, -1}, out, rc = 0;
	cpu_set_t set;

	*child = (struct compare_child){.name = name, .in = -1, .log = strdup(log)};
	if (parse_cpus(cpus, &set) != 0)
		return compare_fail(err, -EINVAL, "%s: '%s' is not a list of CPUs", name, cpus);
	if (argv[0] == NULL)
		return compare_fail(err, -EINVAL, "%s: the command is empty", name);
	out = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
	if (out < 0 || child->log == NULL || pipe2(in, O_CLOEXEC) != 0 ||
	    pipe2(report, O_CLOEXEC) != 0)
		rc = errno != 0 ? -errno : -ENOMEM;
	if (rc == 0) {
		rc = launch(child, argv, in[0], out, report, &set);
		report[1] = -1;
		child->in = in[1];
		in[1] = -1;
	}
	for (unsigned int i = 0; i < 2; i++) {
		if (in[i] >= 0)
			close(in[i]);
		if (report[i] >= 0)
			close(report[i]);
	}
	if (out >= 0)
		close(out);
	return rc == 0 ? 0 :
			 compare_fail(err, rc, "%s: cannot start '%s': %s", name, argv[0],
				      strerror(-rc));
}

int
compare_child_type(struct compare_child *child, const char *line, struct compare_error *err)
{
	char *text;
	int n = asprintf(&text, "%s\n", line);
	bool written;

	if (n < 0)
		return compare_fail(err, -ENOMEM, "out of memory");
	written = write(child->in, text, (size_t)n) == n;
	free(text);
	return written ? 0 :
			 compare_child_fail(child, err, -EPIPE, "%s does not take input",
					    child->name);
}

void
compare_child_free(struct compare_child *child)
{
	if (child->in >= 0)
		close(child->in);
	free(child->log);
	*child = (struct compare_child){.in = -1};
}
