/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* The back-end's process: started, watched and ended, by its own id only. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conform_run.h"

/* How long a process may take to end when asked to. */
#define STOP_MS 3000
#define STEP_US 10000

/* In the child: a group of its own, so that what the command starts can be ended with it. */
static void
exec_command(const struct conform_proc *p)
{
	const char *log = p->log != NULL ? p->log : "/dev/null";
	const int in = open("/dev/null", O_RDONLY);
	const int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(in, 0);
	dup2(out, 1);
	dup2(out, 2);
	execl("/bin/sh", "sh", "-c", p->command, (char *)NULL);
	_exit(127);
}

int
conform_proc_start(struct conform_proc *p)
{
	pid_t pid;

	unlink(p->path);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		exec_command(p);
	setpgid(pid, pid); /* whoever is first: the child may be ended before it got there */
	p->pid = pid;
	p->starts++;
	return 0;
}

static void
say_how(const struct conform_proc *p, char *why, size_t len)
{
	if (WIFSIGNALED(p->status))
		snprintf(why, len, "ended by signal %d (%s)", WTERMSIG(p->status),
			 strsignal(WTERMSIG(p->status)));
	else
		snprintf(why, len, "ended with status %d", WEXITSTATUS(p->status));
}

bool
conform_proc_gone(struct conform_proc *p, char *why, size_t len)
{
	if (p->pid == 0) {
		if (p->command != NULL)
			say_how(p, why, len);
		return p->command != NULL;
	}
	if (p->command == NULL) {
		if (kill(p->pid, 0) == 0 || errno == EPERM)
			return false;
		snprintf(why, len, "process %d is gone", (int)p->pid);
		return true;
	}
	if (waitpid(p->pid, &p->status, WNOHANG) != p->pid)
		return false;
	kill(-p->pid, SIGKILL); /* what it left behind */
	p->pid = 0;
	say_how(p, why, len);
	return true;
}

void
conform_proc_stop(struct conform_proc *p)
{
	if (p->command == NULL || p->pid == 0)
		return;
	kill(-p->pid, SIGTERM);
	for (int us = 0; us < STOP_MS * 1000; us += STEP_US) {
		if (waitpid(p->pid, &p->status, WNOHANG) == p->pid) {
			kill(-p->pid, SIGKILL);
			p->pid = 0;
			return;
		}
		usleep(STEP_US);
	}
	kill(-p->pid, SIGKILL);
	waitpid(p->pid, &p->status, 0);
	p->pid = 0;
}
