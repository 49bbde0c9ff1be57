/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl_proc.h"
#include "ctl_time.h"

#define MAX_ARGS 48
#define STOP_MS 10000
#define LOG_TAIL 6000

/* An argument list with the strings that were made for it. */
struct argv {
	const char *arg[MAX_ARGS];
	char text[MAX_ARGS][192];
	int n;
};

static void
argv_add(struct argv *av, const char *arg)
{
	if (av->n < MAX_ARGS - 1)
		av->arg[av->n++] = arg;
}

/* The CPUs that we may use, as "0,1,2". */
static void
list_cpus(char *text, size_t size)
{
	size_t pos = 0;
	cpu_set_t set;
	int cpu;

	sched_getaffinity(0, sizeof(set), &set);
	for (cpu = 0; cpu < CPU_SETSIZE && pos < size - 8; cpu++)
		if (CPU_ISSET(cpu, &set))
			pos += snprintf(text + pos, size - pos, "%s%d", pos > 0 ? "," : "", cpu);
}

/* Lcores that are free to run on any CPU: the machine may be busy. */
static void
argv_add_lcores(struct argv *av)
{
	char *text = av->text[av->n];
	char cpus[64];

	list_cpus(cpus, sizeof(cpus));
	if (getenv("FOO_CONTROL_SPREAD") != NULL)
		snprintf(text, sizeof(av->text[0]), "--lcores=0@(%s),1@(%s)", cpus, cpus);
	else
		snprintf(text, sizeof(av->text[0]), "--lcores=0@(%s)", cpus);
	argv_add(av, text);
}

static void
argv_add_vdev(struct argv *av, const char *dir, const char *vdev)
{
	char *text = av->text[av->n];
	const char *at = strchr(vdev, '@');

	if (at == NULL)
		snprintf(text, sizeof(av->text[0]), "--vdev=%s", vdev);
	else
		snprintf(text, sizeof(av->text[0]), "--vdev=%.*s%s%s", (int)(at - vdev), vdev, dir,
			 at + 1);
	argv_add(av, text);
}

static void
make_argv(struct argv *av, const struct ctl_proc *p, const char *const *vdev,
	  const char *const *args)
{
	memset(av, 0, sizeof(*av));
	argv_add(av, getenv("FOO_APP"));
	argv_add_lcores(av);
	argv_add(av, "--no-huge");
	argv_add(av, "-m");
	argv_add(av, "128");
	argv_add(av, "--no-pci");
	argv_add(av, "--file-prefix");
	argv_add(av, p->prefix);
	for (; *vdev != NULL; vdev++)
		argv_add_vdev(av, p->dir, *vdev);
	argv_add(av, "--");
	if (getenv("FOO_CONTROL_SPREAD") != NULL)
		argv_add(av, "--placement=spread");
	for (; args != NULL && *args != NULL; args++)
		argv_add(av, *args);
}

static void
run_child(const struct ctl_proc *p, const struct argv *av)
{
	char log[96];
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(log, sizeof(log), "%s/log", p->dir);
	fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
	fd = open("/dev/null", O_RDONLY);
	dup2(fd, STDIN_FILENO);
	close(fd);
	execvp(av->arg[0], (char *const *)(uintptr_t)av->arg);
	dprintf(STDERR_FILENO, "cannot run %s: %s\n", av->arg[0], strerror(errno));
	_exit(127);
}

int
ctl_proc_start(struct ctl_proc *p, const char *const *vdev, const char *const *args)
{
	static int serial;
	struct argv av;

	memset(p, 0, sizeof(*p));
	snprintf(p->dir, sizeof(p->dir), "/tmp/foo-control-XXXXXX");
	if (mkdtemp(p->dir) == NULL)
		return -errno;
	snprintf(p->prefix, sizeof(p->prefix), "foo-control-%d-%d", (int)getpid(), serial++);
	make_argv(&av, p, vdev, args);
	fflush(NULL);
	p->pid = fork();
	if (p->pid < 0)
		return -errno;
	if (p->pid == 0)
		run_child(p, &av);
	return 0;
}

const char *
ctl_proc_path(const struct ctl_proc *p, const char *name)
{
	static char path[8][108];
	static unsigned int next;
	char *to = path[next++ % 8];

	snprintf(to, sizeof(path[0]), "%s/%s", p->dir, name);
	return to;
}

/* Remove a folder and the files in it (it has no folders). */
static void
remove_dir(const char *dir)
{
	char path[512];
	struct dirent *e;
	DIR *d = opendir(dir);

	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		unlink(path);
	}
	closedir(d);
	rmdir(dir);
}

/* The folder of EAL's runtime files; the answer is in static memory. */
static const char *
runtime_dir(const struct ctl_proc *p)
{
	static char dir[160];
	const char *base = getenv("RUNTIME_DIRECTORY");

	if (base == NULL)
		base = geteuid() == 0 ? "/var/run" : getenv("XDG_RUNTIME_DIR");
	snprintf(dir, sizeof(dir), "%s/dpdk/%s", base != NULL ? base : "/tmp", p->prefix);
	return dir;
}

/* Read the end of the log as a string. */
static void
read_log(const struct ctl_proc *p, char *buf, size_t size)
{
	int fd = open(ctl_proc_path(p, "log"), O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;

	if (fd >= 0) {
		if (lseek(fd, -(off_t)(size - 1), SEEK_END) < 0)
			lseek(fd, 0, SEEK_SET);
		n = read(fd, buf, size - 1);
		close(fd);
	}
	buf[n > 0 ? n : 0] = '\0';
}

void
ctl_proc_show_log(const struct ctl_proc *p)
{
	char buf[LOG_TAIL];
	char *line, *save;

	read_log(p, buf, sizeof(buf));
	printf("# end of %s/log:\n", p->dir);
	for (line = strtok_r(buf, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save))
		printf("#   %s\n", line);
}

static bool
log_is_clean(const struct ctl_proc *p)
{
	static char buf[1 << 20];

	read_log(p, buf, sizeof(buf));
	return strstr(buf, "Sanitizer") == NULL && strstr(buf, "runtime error:") == NULL;
}

/* Wait for the end of the process. Its wait status, or -ETIMEDOUT. */
static int
wait_end(struct ctl_proc *p, int wait_ms)
{
	int64_t deadline = ctl_now_ms() + wait_ms;
	int status;

	for (;;) {
		if (waitpid(p->pid, &status, WNOHANG) == p->pid) {
			p->pid = 0;
			return status;
		}
		if (ctl_now_ms() > deadline)
			return -ETIMEDOUT;
		usleep(5000);
	}
}

int
ctl_proc_stop(struct ctl_proc *p)
{
	int status;

	if (p->pid <= 0)
		return 0;
	kill(p->pid, SIGTERM);
	status = wait_end(p, STOP_MS);
	if (status == -ETIMEDOUT) {
		kill(p->pid, SIGKILL);
		status = wait_end(p, STOP_MS);
	}
	remove_dir(runtime_dir(p));
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	if (status == 0 && !log_is_clean(p))
		status = 99;
	if (status == 0)
		remove_dir(p->dir);
	else
		ctl_proc_show_log(p);
	return status;
}

bool
ctl_proc_alive(struct ctl_proc *p)
{
	int status;

	if (p->pid <= 0)
		return false;
	if (waitpid(p->pid, &status, WNOHANG) != p->pid)
		return true;
	printf("# the process has ended, %s %d\n", WIFSIGNALED(status) ? "signal" : "status",
	       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	remove_dir(runtime_dir(p));
	p->pid = 0;
	return false;
}

int
ctl_proc_fds(const struct ctl_proc *p)
{
	char path[32];
	int n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)p->pid);
	d = opendir(path);
	if (d == NULL)
		return -errno;
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2; /* "." and ".." */
}

void
ctl_proc_show_fds(const struct ctl_proc *p)
{
	char path[48], target[128];
	int fd, n, shown = 0;

	/* the highest are the latest */
	for (fd = 1023; fd >= 0 && shown < 12; fd--) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)p->pid, fd);
		n = readlink(path, target, sizeof(target));
		if (n > 0)
			printf("#   %d %.*s\n", fd, n, target);
		shown += n > 0;
	}
}

int
ctl_proc_maps(const struct ctl_proc *p)
{
	char path[32], buf[4096];
	ssize_t n, i;
	int fd, lines = 0;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)p->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (i = 0; i < n; i++)
			lines += buf[i] == '\n';
	close(fd);
	return lines;
}

/* Read a small file of /proc as a string. */
static int
read_proc(const struct ctl_proc *p, const char *name, char *buf, size_t size)
{
	char path[48];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)p->pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, buf, size - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return 0;
}

long
ctl_proc_rss_kb(const struct ctl_proc *p)
{
	long total, resident;
	char buf[256];

	if (read_proc(p, "statm", buf, sizeof(buf)) != 0)
		return -1;
	if (sscanf(buf, "%ld %ld", &total, &resident) != 2)
		return -1;
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

long
ctl_proc_cpu_ms(const struct ctl_proc *p)
{
	unsigned long user, system;
	char buf[1024];
	const char *end;

	if (read_proc(p, "stat", buf, sizeof(buf)) != 0)
		return -1;
	end = strrchr(buf, ')');
	if (end == NULL || sscanf(end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
				  &user, &system) != 2)
		return -1;
	return (long)((user + system) * 1000 / sysconf(_SC_CLK_TCK));
}

int
ctl_proc_telemetry(const struct ctl_proc *p, const char *command, char *buf, size_t size)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	const struct timeval limit = {.tv_sec = 5};
	ssize_t n = -1;
	int fd, ret = 0;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%.80s/dpdk_telemetry.v2", runtime_dir(p));
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) != 0 ||
	    recv(fd, buf, size - 1, 0) < 0 || /* its greeting */
	    send(fd, command, strlen(command), MSG_NOSIGNAL) < 0 ||
	    (n = recv(fd, buf, size - 1, 0)) < 0)
		ret = -errno;
	buf[n > 0 ? n : 0] = '\0';
	close(fd);
	return ret;
}

int
ctl_proc_telemetry_wait(const struct ctl_proc *p, const char *command, const char *text,
			int wait_ms, char *buf, size_t size)
{
	int64_t deadline = ctl_now_ms() + wait_ms;

	for (;;) {
		if (ctl_proc_telemetry(p, command, buf, size) == 0 && strstr(buf, text) != NULL)
			return 0;
		if (ctl_now_ms() > deadline)
			break;
		usleep(10000);
	}
	printf("# %s: wanted \"%s\", last answer: %s\n", command, text, buf);
	return -ETIMEDOUT;
}
