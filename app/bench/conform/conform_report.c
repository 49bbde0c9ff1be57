/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* Reports for programs: JUnit's XML, and JSON. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "bench_machine.h"
#include "conform_run.h"
#include "foo_version.h"

/* Text of an attribute or element. Control characters have no place in XML 1.0. */
static void
put_xml(FILE *f, const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", f);
			break;
		case '<':
			fputs("&lt;", f);
			break;
		case '>':
			fputs("&gt;", f);
			break;
		case '"':
			fputs("&quot;", f);
			break;
		case '\'':
			fputs("&apos;", f);
			break;
		default:
			/* bytes above 127 may be no UTF-8: paths and notes are what they are */
			putc(*text >= ' ' && *text < 127 ? *text : '?', f);
		}
	}
}

static void
put_attribute(FILE *f, const char *name, const char *value)
{
	fprintf(f, " %s=\"", name);
	put_xml(f, value);
	putc('"', f);
}

static void
junit_case(FILE *f, const struct conform_result *r, bool strict)
{
	char group[80], text[400], set[128];

	snprintf(group, sizeof(group), "conform.%s", r->name);
	group[strlen("conform.") + strcspn(r->name, ".")] = '\0';
	fputs("  <testcase", f);
	put_attribute(f, "classname", group);
	put_attribute(f, "name", r->name);
	fprintf(f, " time=\"%.3f\">\n", r->ms / 1000);
	if (r->verdict == CONFORM_SKIPPED) {
		fputs("    <skipped", f);
		put_attribute(f, "message", r->note);
		fputs("/>\n", f);
	} else if (conform_is_bad(r->verdict, strict)) {
		snprintf(text, sizeof(text), "%s, expected %s", conform_reaction_name(r->observed),
			 conform_set_names(r->c->expected, set, sizeof(set)));
		fputs("    <failure", f);
		put_attribute(f, "type", conform_reaction_name(r->observed));
		put_attribute(f, "message", text);
		fputs(">", f);
		snprintf(text, sizeof(text), "%s (%s, %s) %s", r->c->what, r->c->section,
			 r->c->origin == CONFORM_SPEC ? "spec" : "ours", r->note);
		put_xml(f, text);
		fputs("</failure>\n", f);
	} else {
		snprintf(text, sizeof(text), "%s %s %s", conform_verdict_name(r->verdict),
			 conform_reaction_name(r->observed), r->note);
		fputs("    <system-out>", f);
		put_xml(f, text);
		fputs("</system-out>\n", f);
	}
	fputs("  </testcase>\n", f);
}

/* A run that ended early is an error of its own, so that no reader takes it for whole. */
static void
junit_ended(FILE *f, const struct conform_report *report)
{
	fputs("  <testcase classname=\"conform\" name=\"run\" time=\"0\">\n    <error", f);
	put_attribute(f, "message", report->ended);
	fputs("/>\n  </testcase>\n", f);
}

int
conform_write_junit(const char *path, const struct conform_opts *opt,
		    const struct conform_report *report)
{
	const unsigned int early = report->ended[0] != '\0';
	FILE *f = fopen(path, "w");
	int ret;

	if (f == NULL)
		return -errno;
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite", f);
	put_attribute(f, "name", "dpdk-foo-bench conform");
	put_attribute(f, "hostname", opt->path);
	fprintf(f, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\" time=\"%.3f\">\n",
		report->n + early, report->bad, early, report->by_verdict[CONFORM_SKIPPED],
		report->seconds);
	for (unsigned int i = 0; i < report->n; i++)
		junit_case(f, &report->result[i], opt->strict);
	if (early)
		junit_ended(f, report);
	fputs("</testsuite>\n", f);
	ret = ferror(f) ? -EIO : 0;
	return fclose(f) != 0 && ret == 0 ? -errno : ret;
}

static json_t *
json_machine(const struct bench_machine *m)
{
	return json_pack("{s:s, s:i, s:s, s:b}", "cpu", m->cpu, "cpus", (int)m->cpus, "kernel",
			 m->kernel, "hypervisor", (int)m->hypervisor);
}

static json_t *
json_set(unsigned int set)
{
	json_t *names = json_array();

	for (unsigned int r = 0; r < CONFORM_REACTIONS; r++)
		if (set >> r & 1)
			json_array_append_new(names, json_string(conform_reaction_name(r)));
	return names;
}

/* A string that may hold what is no UTF-8. */
static json_t *
json_text(const char *text)
{
	json_t *s = json_string(text);

	return s != NULL ? s : json_string("?");
}

static json_t *
json_case(const struct conform_result *r)
{
	static const char *const verdict[CONFORM_VERDICTS] = {"pass", "differs", "fail", "skip"};
	json_t *c = json_object();

	json_object_set_new(c, "name", json_text(r->name));
	json_object_set_new(c, "what", json_text(r->c->what));
	json_object_set_new(c, "section", json_text(r->c->section));
	json_object_set_new(c, "origin",
			    json_string(r->c->origin == CONFORM_SPEC ? "spec" : "ours"));
	json_object_set_new(c, "expected", json_set(r->c->expected));
	json_object_set_new(c, "observed", json_string(conform_reaction_name(r->observed)));
	json_object_set_new(c, "verdict", json_string(verdict[r->verdict]));
	json_object_set_new(c, "ms", json_real(r->ms));
	json_object_set_new(c, "note", json_text(r->note));
	return c;
}

static json_t *
json_report(const struct conform_opts *opt, const struct conform_report *report)
{
	json_t *root = json_object(), *cases = json_array();
	struct bench_machine machine;
	char text[32];

	bench_machine_get(&machine);
	json_object_set_new(root, "schema", json_string("dpdk-foo-bench/conform/1"));
	json_object_set_new(root, "tool", json_string("dpdk-foo-bench"));
	json_object_set_new(root, "version", json_string(FOO_VERSION_STRING));
	json_object_set_new(root, "verb", json_string("conform"));
	json_object_set_new(root, "time", json_text(machine.time));
	json_object_set_new(root, "machine", json_machine(&machine));
	json_object_set_new(root, "socket", json_text(opt->path));
	json_object_set_new(root, "device",
			    json_string(opt->device == CONFORM_NET ? "net" : "blk"));
	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)report->features);
	json_object_set_new(root, "features", json_string(text));
	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)report->proto);
	json_object_set_new(root, "protocol_features", json_string(text));
	json_object_set_new(root, "strict", json_boolean(opt->strict));
	json_object_set_new(root, "timeout_ms", json_integer(opt->timeout_ms));
	json_object_set_new(root, "seconds", json_real(report->seconds));
	json_object_set_new(root, "restarts", json_integer(report->restarts));
	json_object_set_new(root, "ended_early", json_text(report->ended));
	json_object_set_new(root, "found", json_integer(report->bad));
	for (unsigned int i = 0; i < report->n; i++)
		json_array_append_new(cases, json_case(&report->result[i]));
	json_object_set_new(root, "cases", cases);
	return root;
}

int
conform_write_json(const char *path, const struct conform_opts *opt,
		   const struct conform_report *report)
{
	json_t *root = json_report(opt, report);
	int ret = json_dump_file(root, path, JSON_INDENT(1));

	json_decref(root);
	return ret == 0 ? 0 : -EIO;
}
