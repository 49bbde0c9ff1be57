/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/* Folder, variables and commands of a run. */

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compare_run.h"

/* Folders deep enough for what a back-end leaves. */
#define MAX_OPEN 16

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	remove(path);
	return 0;
}

static int
make_folder(struct compare_run *run, struct compare_error *err)
{
	static unsigned int serial;
	const char *tmp = getenv("TMPDIR");

	/* paths of sockets end at 107 characters */
	if (tmp == NULL || strlen(tmp) > sizeof(run->dir) - 20)
		tmp = "/tmp";
	snprintf(run->dir, sizeof(run->dir), "%s/foo-cmp-XXXXXX", tmp);
	if (mkdtemp(run->dir) == NULL) {
		run->dir[0] = '\0';
		return compare_fail(err, -errno, "no temporary folder in %s: %s", tmp,
				    strerror(errno));
	}
	snprintf(run->prefix, sizeof(run->prefix), "foo-cmp-%d-%u", getpid(), serial++);
	return 0;
}

static int
set_socket(struct compare_run *run, const char *name, unsigned int i)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/s%u", run->dir, i);
	return compare_vars_set(&run->vars, name, path);
}

static int
set_vars(struct compare_run *run)
{
	const struct compare_sweeps *s = &run->at->load->sweeps;
	struct compare_vars *v = &run->vars;
	int rc = compare_vars_copy(v, &run->plan->vars);

	for (unsigned int i = 0; rc == 0 && i < s->n; i++)
		rc = compare_vars_set(v, s->sweep[i].name,
				      compare_sweeps_value(s, run->at->combination, i));
	if (rc == 0)
		rc = compare_vars_set(v, "backend",
				      run->backend != NULL ? run->backend->program.name : "none");
	if (rc == 0)
		rc = compare_vars_set(v, "load", run->at->load->program.name);
	if (rc == 0)
		rc = compare_vars_set(v, "workdir", run->dir);
	if (rc == 0)
		rc = compare_vars_set(v, "prefix", run->prefix);
	if (rc == 0)
		rc = set_socket(run, "socket", 1);
	return rc;
}

/* How many sockets, and their variables. */
static int
set_sockets(struct compare_run *run, struct compare_error *err)
{
	char *text, *end, name[32];
	unsigned long n;
	int rc = compare_expand(&run->vars, run->at->load->sockets, &text, err);

	if (rc != 0)
		return rc;
	n = strtoul(text, &end, 10);
	if (end == text || *end != '\0' || n == 0 || n > COMPARE_MAX_SOCKETS)
		rc = compare_fail(err, -EINVAL,
				  "[load %s] sockets=: '%s' is not a number from 1 "
				  "to %d",
				  run->at->load->program.name, text, COMPARE_MAX_SOCKETS);
	free(text);
	run->sockets = (unsigned int)n;
	for (unsigned int i = 1; rc == 0 && i <= run->sockets; i++) {
		snprintf(name, sizeof(name), "socket%u", i);
		if (set_socket(run, name, i) != 0)
			rc = compare_fail(err, -ENOSPC, "too many variables");
	}
	if (rc == 0 && compare_vars_number(&run->vars, "sockets", run->sockets) != 0)
		rc = compare_fail(err, -ENOSPC, "too many variables");
	return rc;
}

int
compare_run_open(struct compare_run *run, const struct compare_plan *plan,
		 const struct compare_backend *backend, const struct compare_case *at,
		 struct compare_error *err)
{
	int rc;

	memset(run, 0, sizeof(*run));
	run->plan = plan;
	run->backend = backend;
	run->at = at;
	run->back.in = run->gen.in = -1;
	rc = make_folder(run, err);
	if (rc == 0 && set_vars(run) != 0)
		rc = compare_fail(err, -ENOSPC, "too many variables");
	return rc == 0 ? set_sockets(run, err) : rc;
}

void
compare_run_close(struct compare_run *run)
{
	struct compare_error ignored;

	/* normally both have ended: short waits do */
	compare_child_stop(&run->gen, SIGTERM, 2, &ignored);
	if (run->backend != NULL)
		compare_child_stop(&run->back, run->backend->program.stop, 5, &ignored);
	compare_child_free(&run->gen);
	compare_child_free(&run->back);
	free(run->back_output);
	free(run->gen_output);
	json_decref(run->json);
	compare_vars_free(&run->vars);
	if (run->dir[0] != '\0')
		nftw(run->dir, remove_one, MAX_OPEN, FTW_DEPTH | FTW_PHYS);
	memset(run, 0, sizeof(*run));
}

/* The text of ${each}: once a socket, with ${i} and ${socket} of that one. */
static int
expand_each(struct compare_run *run, const char *each, char **text, struct compare_error *err)
{
	size_t size = 0;
	FILE *f = open_memstream(text, &size);
	char *one;
	int rc = f == NULL ? compare_fail(err, -ENOMEM, "out of memory") : 0;

	for (unsigned int i = 0; rc == 0 && i < run->sockets; i++) {
		if (compare_vars_number(&run->vars, "i", i) != 0 ||
		    set_socket(run, "socket", i + 1) != 0)
			rc = compare_fail(err, -ENOSPC, "too many variables");
		else
			rc = compare_expand(&run->vars, each, &one, err);
		if (rc == 0) {
			fprintf(f, "%s%s", i != 0 ? " " : "", one);
			free(one);
		}
	}
	if (f != NULL)
		fclose(f);
	set_socket(run, "socket", 1);
	return rc;
}

/* Escape what would be expanded again. */
static int
set_each(struct compare_run *run, const char *each, struct compare_error *err)
{
	char *text = NULL;
	int rc = expand_each(run, each, &text, err);

	if (rc == 0 && strchr(text, '$') != NULL)
		rc = compare_fail(err, -EINVAL, "each=: no \"$\" may remain in '%s'", text);
	if (rc == 0 && compare_vars_set(&run->vars, "each", text) != 0)
		rc = compare_fail(err, -ENOSPC, "too many variables");
	free(text);
	return rc;
}

static int
shell_words(const char *line, char ***words, struct compare_error *err)
{
	*words = calloc(4, sizeof(**words));
	if (*words == NULL)
		return compare_fail(err, -ENOMEM, "out of memory");
	(*words)[0] = strdup("/bin/sh");
	(*words)[1] = strdup("-c");
	(*words)[2] = strdup(line);
	return 0;
}

int
compare_run_words(struct compare_run *run, const struct compare_program *p, const char *command,
		  const char *more, char ***words, struct compare_error *err)
{
	struct compare_error why;
	char *both = NULL, *line = NULL;
	int rc = set_each(run, p->each, &why);

	if (rc == 0 && asprintf(&both, "%s %s", command, more != NULL ? more : "") < 0)
		rc = compare_fail(&why, -ENOMEM, "out of memory");
	if (rc == 0)
		rc = compare_expand(&run->vars, both, &line, &why);
	if (rc == 0)
		rc = p->shell ? shell_words(line, words, &why) : compare_words(line, words, &why);
	free(both);
	free(line);
	if (rc != 0)
		compare_fail(err, rc, "%s: [%s %s] %s", run->plan->ini.path, p->section->kind,
			     p->name, why.text);
	return rc;
}
