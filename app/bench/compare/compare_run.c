/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "bench.h"
#include "compare_run.h"

/* A load that says nothing of its own time. */
#define LOAD_TIMEOUT(seconds) (4 * (seconds) + 60)

/* The text with every occurrence of a word replaced, in one for free(). */
static char *
replace(char *text, const char *word, const char *by)
{
	size_t size = 0, n = strlen(word);
	char *out = NULL, *in = text;
	FILE *f = text != NULL && n != 0 ? open_memstream(&out, &size) : NULL;

	if (f == NULL)
		return text;
	for (char *at; (at = strstr(in, word)) != NULL; in = at + n) {
		fwrite(in, 1, (size_t)(at - in), f);
		fputs(by, f);
	}
	fputs(in, f);
	fclose(f);
	free(text);
	return out;
}

/* Keep a command with what differs from run to run under a name. */
static void
note_command(struct compare_run *run, struct compare_result *r, const char *who, char *const *words)
{
	char *line = compare_words_line(words), label[256], where[400];

	line = replace(replace(line, run->dir, "$W"), run->prefix, "$P");
	snprintf(where, sizeof(where), "%s, %s", who,
		 compare_case_label(run->at, label, sizeof(label)));
	if (line != NULL)
		compare_facts_add(&r->commands, line, where);
	free(line);
}

static int
start(struct compare_run *run, struct compare_result *r, struct compare_child *child,
      const struct compare_program *p, char *const *words, struct compare_error *err)
{
	char log[96], *cpus = NULL;
	int rc = 0;

	snprintf(log, sizeof(log), "%s/%s.out", run->dir, child == &run->gen ? "load" : "backend");
	note_command(run, r, p->name, words);
	if (p->cpus != NULL)
		rc = compare_expand(&run->vars, p->cpus, &cpus, err);
	if (rc == 0)
		rc = compare_child_start(child, p->name, words, log, cpus, err);
	free(cpus);
	return rc;
}

/* Wait until a program listens on all sockets, or has said that it is ready. */
static int
await_ready(struct compare_run *run, struct compare_child *child, const struct compare_program *p,
	    bool listens, struct compare_error *err)
{
	char path[96];
	int rc = 0;

	if (strcmp(p->ready, "socket") != 0)
		return compare_child_await_output(child, p->ready, p->ready_timeout, err);
	for (unsigned int i = 1; listens && rc == 0 && i <= run->sockets; i++) {
		snprintf(path, sizeof(path), "%s/s%u", run->dir, i);
		rc = compare_child_await_file(child, path, p->ready_timeout, err);
	}
	return rc;
}

static int
start_backend(struct compare_run *run, struct compare_result *r, struct compare_error *err)
{
	const struct compare_program *p = &run->backend->program;
	char **words;
	int rc = compare_run_words(run, p, p->command, NULL, &words, err);

	if (rc != 0)
		return rc;
	rc = start(run, r, &run->back, p, words, err);
	compare_words_free(words);
	return rc == 0 ? await_ready(run, &run->back, p, !run->backend->client, err) : rc;
}

static int
load_words(struct compare_run *run, char ***words, struct compare_error *err)
{
	const struct compare_load *l = run->at->load;
	bool listens = run->backend != NULL && run->backend->client;
	char *command;
	int n, rc;

	if (l->verb == NULL)
		return compare_run_words(run, &l->program, l->program.command,
					 listens ? l->listen : NULL, words, err);
	n = asprintf(&command, "\"${dpdk-foo-bench}\" %s %s --json ${workdir}/load.json", l->verb,
		     run->backend != NULL ? l->arguments : l->limit);
	if (n < 0)
		return compare_fail(err, -ENOMEM, "out of memory");
	rc = compare_run_words(run, &l->program, command, listens ? l->listen : NULL, words, err);
	free(command);
	return rc;
}

static int
start_load(struct compare_run *run, struct compare_result *r, struct compare_error *err)
{
	const struct compare_program *p = &run->at->load->program;
	char **words;
	int rc = load_words(run, &words, err);

	if (rc != 0)
		return rc;
	rc = start(run, r, &run->gen, p, words, err);
	compare_words_free(words);
	return rc == 0 ? await_ready(run, &run->gen, p,
				     run->backend != NULL && run->backend->client, err) :
			 rc;
}

/* Those that must live while the load works. */
#define BACKEND_OF(run) ((compare_watch){(run)->back.pid != 0 ? &(run)->back : NULL, NULL})

static int
do_step(struct compare_run *run, const char *step, struct compare_error *err)
{
	const struct compare_program *p = &run->at->load->program;
	char *text;
	int rc = compare_expand(&run->vars, step, &text, err);

	if (rc != 0)
		return rc;
	if (strncmp(text, "type ", 5) == 0)
		rc = compare_child_type(&run->gen, text + 5, err);
	else if (strncmp(text, "sleep ", 6) == 0)
		rc = compare_child_sleep(
			atof(text + 6),
			(compare_watch){&run->gen, run->back.pid != 0 ? &run->back : NULL, NULL},
			err);
	else
		rc = compare_child_await_output(&run->gen, text + 7, p->ready_timeout, err);
	free(text);
	return rc;
}

/* Exit statuses of our own verbs: 1 is "found trouble", and there is a result. */
static int
check_load_status(struct compare_run *run, struct compare_result *r, struct compare_error *err)
{
	char how[80];
	int status = run->gen.status;

	if (WIFEXITED(status) && WEXITSTATUS(status) == BENCH_OK)
		return 0;
	if (run->at->load->verb != NULL && WIFEXITED(status) &&
	    WEXITSTATUS(status) == BENCH_FOUND) {
		r->found++;
		return 0;
	}
	compare_child_describe(&run->gen, how, sizeof(how));
	return compare_child_fail(&run->gen, err, -EIO, "load %s %s", run->gen.name, how);
}

static int
finish_load(struct compare_run *run, struct compare_result *r, struct compare_error *err)
{
	const struct compare_section *s = run->at->load->program.section;
	double timeout = run->at->load->timeout;
	int rc = 0;

	for (unsigned int i = 0; rc == 0 && i < s->n; i++)
		if (strcmp(s->entry[i].name, "step") == 0)
			rc = do_step(run, s->entry[i].value, err);
	if (rc == 0)
		rc = compare_child_await_end(
			&run->gen, timeout > 0 ? timeout : LOAD_TIMEOUT(run->plan->seconds),
			BACKEND_OF(run), err);
	return rc == 0 ? check_load_status(run, r, err) : rc;
}

static int
read_json(struct compare_run *run, struct compare_error *err)
{
	char path[96];
	json_error_t why;

	snprintf(path, sizeof(path), "%s/load.json", run->dir);
	run->json = json_load_file(path, 0, &why);
	if (run->json == NULL)
		return compare_child_fail(&run->gen, err, -EIO, "load %s wrote no result: %s",
					  run->gen.name, why.text);
	return 0;
}

/* One line for each different guest. */
static void
note_guests(struct compare_run *run, struct compare_result *r)
{
	const json_t *guest, *name;
	char label[256], where[400];
	size_t i, k, size;

	snprintf(where, sizeof(where), "%s, %s", run->back.name,
		 compare_case_label(run->at, label, sizeof(label)));
	json_array_foreach(json_object_get(run->json, "guests"), i, guest)
	{
		const char *bits = json_string_value(json_object_get(guest, "features"));
		const char *proto = json_string_value(json_object_get(guest, "protocol_features"));
		char *text = NULL;
		FILE *f = open_memstream(&text, &size);

		if (f == NULL)
			return;
		fprintf(f, "%s: %lld queue(s) of %lld, features %s", run->back.name,
			(long long)json_integer_value(json_object_get(guest, "queues")),
			(long long)json_integer_value(json_object_get(guest, "queue_size")),
			bits != NULL ? bits : "?");
		json_array_foreach(json_object_get(guest, "feature_names"), k, name)
			fprintf(f, " %s", json_string_value(name));
		fprintf(f, ", protocol features %s", proto != NULL ? proto : "?");
		fclose(f);
		compare_facts_add(&r->negotiated, text, where);
		free(text);
	}
}

static int
stop_backend(struct compare_run *run, struct compare_error *err)
{
	const struct compare_program *p = &run->backend->program;
	int rc = compare_child_stop(&run->back, p->stop, p->stop_timeout, err);

	run->back_output = compare_child_output(&run->back);
	return rc;
}

int
compare_run_do(struct compare_run *run, struct compare_result *r, struct compare_error *err)
{
	bool client = run->backend != NULL && run->backend->client;
	int rc = 0;

	if (client)
		rc = start_load(run, r, err);
	if (rc == 0 && run->backend != NULL)
		rc = start_backend(run, r, err);
	if (rc == 0 && run->backend != NULL)
		rc = compare_child_sleep(run->plan->settle, (compare_watch){&run->back, NULL}, err);
	if (rc == 0 && !client)
		rc = start_load(run, r, err);
	if (rc == 0)
		rc = finish_load(run, r, err);
	if (rc == 0 && run->at->load->verb != NULL)
		rc = read_json(run, err);
	if (rc == 0 && run->backend != NULL)
		rc = stop_backend(run, err);
	if (rc == 0)
		run->gen_output = compare_child_output(&run->gen);
	if (rc == 0 && run->json != NULL && run->backend != NULL)
		note_guests(run, r);
	return rc;
}
