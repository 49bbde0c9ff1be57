/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <rte_ether.h>
#include <rte_string_fns.h>

#include "foo_ops_priv.h"

/* Room for what a value must be, in words. */
#define PROP_TEXT_MAX 160

/* Room for the names of an enum within that. */
#define PROP_NAMES_MAX 128

int
foo_error_set(struct foo_error *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL)
		return code;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return code;
}

void
foo_prop_size_text(uint64_t size, char *buf, size_t room)
{
	static const char suffix[] = "KMGT";
	int i = -1;

	while (size != 0 && size % 1024 == 0 && i < 3) {
		size /= 1024;
		i++;
	}
	if (i < 0)
		snprintf(buf, room, "%" PRIu64, size);
	else
		snprintf(buf, room, "%" PRIu64 "%c", size, suffix[i]);
}

/* The names of an enum, with separators. */
static void
prop_enum_text(const struct foo_prop *prop, const char *sep, char *buf, size_t room)
{
	size_t n = 0;

	buf[0] = '\0';
	for (unsigned int i = 0; prop->values[i] != NULL && n < room; i++)
		n += snprintf(buf + n, room - n, "%s%s", i == 0 ? "" : sep, prop->values[i]);
}

/* What a string is called. */
static const char *
prop_string_text(const struct foo_prop *prop)
{
	if (prop->type == FOO_PROP_T_URI)
		return "URI";
	return prop->type == FOO_PROP_T_PATH ? "path" : "text";
}

/* What a value must be, to follow "must be". */
static void
prop_rule(const struct foo_prop *prop, char *buf, size_t room)
{
	char lo[24], hi[24], names[PROP_NAMES_MAX];

	switch (prop->type) {
	case FOO_PROP_T_BOOL:
		snprintf(buf, room, "0 or 1");
		return;
	case FOO_PROP_T_UINT:
		snprintf(buf, room, "a number from %" PRIu64 " to %" PRIu64, prop->min, prop->max);
		return;
	case FOO_PROP_T_SIZE:
		foo_prop_size_text(prop->min, lo, sizeof(lo));
		foo_prop_size_text(prop->max, hi, sizeof(hi));
		snprintf(buf, room, "a size from %s to %s (suffix K, M, G or T)", lo, hi);
		return;
	case FOO_PROP_T_MODE:
		snprintf(buf, room, "an octal file mode from %04" PRIo64 " to %04" PRIo64,
			 prop->min, prop->max);
		return;
	case FOO_PROP_T_ENUM:
		prop_enum_text(prop, ", ", names, sizeof(names));
		snprintf(buf, room, "one of %s", names);
		return;
	case FOO_PROP_T_MAC:
		snprintf(buf, room, "a unicast address like 02:00:00:00:00:01");
		return;
	default:
		if (prop->max == 0)
			snprintf(buf, room, "a %s", prop_string_text(prop));
		else
			snprintf(buf, room, "a %s of at most %" PRIu64 " characters",
				 prop_string_text(prop), prop->max);
	}
}

static int
prop_wrong(const struct foo_prop *prop, const char *value, int code, struct foo_error *err)
{
	char rule[PROP_TEXT_MAX];

	prop_rule(prop, rule, sizeof(rule));
	/* a value may be longer than the line */
	return foo_error_set(err, code, "%s=%.60s%s: must be %s", prop->name, value,
			     strlen(value) > 60 ? "..." : "", rule);
}

static int
prop_parse_bool(const char *value, bool *out)
{
	static const char *const word[] = {"0", "1", "off", "on", "no", "yes", "false", "true"};

	for (unsigned int i = 0; i < RTE_DIM(word); i++) {
		if (strcasecmp(value, word[i]) == 0) {
			*out = i % 2;
			return 0;
		}
	}
	return -EINVAL;
}

/* A number that starts with a digit; base 0 knows 0x. *end is what follows it. */
static int
prop_parse_number(const char *value, int base, uint64_t *out, const char **end)
{
	char *stop;

	if (!isdigit((unsigned char)value[0]))
		return -EINVAL;
	/* "010" is ten to a user, whatever it is to C */
	if (base == 0 && strncasecmp(value, "0x", 2) != 0)
		base = 10;
	errno = 0;
	*out = strtoull(value, &stop, base);
	*end = stop;
	return errno == ERANGE ? -ERANGE : 0;
}

static int
prop_parse_size(const char *value, uint64_t *out)
{
	static const char suffix[] = "kmgt";
	const char *end, *s;
	unsigned int shift;
	int rc = prop_parse_number(value, 0, out, &end);

	if (rc != 0 || *end == '\0')
		return rc;
	s = strchr(suffix, tolower((unsigned char)*end));
	if (s == NULL || end[1] != '\0')
		return -EINVAL;
	shift = 10 * (s - suffix + 1);
	if (*out > UINT64_MAX >> shift)
		return -ERANGE;
	*out <<= shift;
	return 0;
}

static int
prop_parse_unsigned(const struct foo_prop *prop, const char *value, uint64_t *out)
{
	const char *end = "";
	int rc;

	if (prop->type == FOO_PROP_T_SIZE)
		rc = prop_parse_size(value, out);
	else
		rc = prop_parse_number(value, prop->type == FOO_PROP_T_MODE ? 8 : 0, out, &end);
	if (rc != 0)
		return rc;
	if (*end != '\0')
		return -EINVAL;
	return *out < prop->min || *out > prop->max ? -ERANGE : 0;
}

static int
prop_parse_enum(const struct foo_prop *prop, const char *value, uint32_t *out)
{
	for (uint32_t i = 0; prop->values[i] != NULL; i++) {
		if (strcmp(value, prop->values[i]) == 0) {
			*out = i;
			return 0;
		}
	}
	return -EINVAL;
}

static int
prop_parse_mac(const char *value, uint8_t *out)
{
	struct rte_ether_addr addr;

	if (rte_ether_unformat_addr(value, &addr) != 0 || !rte_is_valid_assigned_ether_addr(&addr))
		return -EINVAL;
	memcpy(out, addr.addr_bytes, RTE_ETHER_ADDR_LEN);
	return 0;
}

static int
prop_store_string(const struct foo_prop *prop, const char *value, char **out)
{
	char *copy;

	if (prop->type != FOO_PROP_T_STRING && value[0] == '\0')
		return -EINVAL;
	if (prop->max != 0 && strlen(value) > prop->max)
		return -ERANGE;
	copy = strdup(value);
	if (copy == NULL)
		return -ENOMEM;
	free(*out);
	*out = copy;
	return 0;
}

static int
prop_store(const struct foo_prop *prop, void *member, const char *value)
{
	uint64_t number = 0;
	int rc;

	switch (prop->type) {
	case FOO_PROP_T_BOOL:
		return prop_parse_bool(value, member);
	case FOO_PROP_T_UINT:
	case FOO_PROP_T_MODE:
		rc = prop_parse_unsigned(prop, value, &number);
		if (rc == 0)
			*(uint32_t *)member = number;
		return rc;
	case FOO_PROP_T_SIZE:
		rc = prop_parse_unsigned(prop, value, &number);
		if (rc == 0)
			*(uint64_t *)member = number;
		return rc;
	case FOO_PROP_T_ENUM:
		return prop_parse_enum(prop, value, member);
	case FOO_PROP_T_MAC:
		return prop_parse_mac(value, member);
	default:
		return prop_store_string(prop, value, member);
	}
}

/* A no-op property was used: say so, once in the life of the process. */
static void
prop_note_ignored(const struct foo_prop *prop)
{
	static const struct foo_prop *noted[32];

	for (unsigned int i = 0; i < RTE_DIM(noted); i++) {
		if (noted[i] == prop)
			return;
		if (noted[i] == NULL) {
			noted[i] = prop;
			break;
		}
	}
	FOO_LOG(NOTICE, "%s= has no effect: %s", prop->name, prop->help);
}

int
foo_prop_set(const struct foo_prop *prop, void *inst, const char *value, struct foo_error *err)
{
	char rule[PROP_TEXT_MAX];
	int rc;

	if (prop->type == FOO_PROP_T_IGNORED) {
		prop_note_ignored(prop);
		return 0;
	}
	if (prop->type == FOO_PROP_T_REFUSED) {
		if (value != NULL && strcmp(value, "0") == 0)
			return 0;
		return foo_error_set(err, -ENOTSUP, "%s is not supported: %s", prop->name,
				     prop->help);
	}
	if (value == NULL) {
		if (prop->type != FOO_PROP_T_BOOL) {
			prop_rule(prop, rule, sizeof(rule));
			return foo_error_set(err, -EINVAL,
					     "%s needs a value: %s=%s, which must be %s",
					     prop->name, prop->name, "...", rule);
		}
		value = "1";
	}
	rc = prop_store(prop, (char *)inst + prop->offset, value);
	if (rc == -ENOMEM)
		return foo_error_set(err, rc, "%s: out of memory", prop->name);
	return rc == 0 ? 0 : prop_wrong(prop, value, rc, err);
}

void
foo_prop_syntax(const struct foo_prop *prop, char *buf, size_t size)
{
	char lo[24], hi[24], names[PROP_NAMES_MAX];

	switch (prop->type) {
	case FOO_PROP_T_BOOL:
		rte_strscpy(buf, "<0|1>", size);
		return;
	case FOO_PROP_T_UINT:
		snprintf(buf, size, "<%" PRIu64 "..%" PRIu64 ">", prop->min, prop->max);
		return;
	case FOO_PROP_T_SIZE:
		foo_prop_size_text(prop->min, lo, sizeof(lo));
		foo_prop_size_text(prop->max, hi, sizeof(hi));
		snprintf(buf, size, "<%s..%s>", lo, hi);
		return;
	case FOO_PROP_T_MODE:
		rte_strscpy(buf, "<octal>", size);
		return;
	case FOO_PROP_T_PATH:
		rte_strscpy(buf, "<path>", size);
		return;
	case FOO_PROP_T_URI:
		rte_strscpy(buf, "<uri>", size);
		return;
	case FOO_PROP_T_ENUM:
		prop_enum_text(prop, "|", names, sizeof(names));
		snprintf(buf, size, "<%s>", names);
		return;
	case FOO_PROP_T_MAC:
		rte_strscpy(buf, "<mac>", size);
		return;
	case FOO_PROP_T_STRING:
		rte_strscpy(buf, "<text>", size);
		return;
	default:
		buf[0] = '\0';
	}
}

static int
prop_check_limits(const struct foo_prop *prop, struct foo_error *err)
{
	bool is_number = prop->type == FOO_PROP_T_UINT || prop->type == FOO_PROP_T_SIZE ||
			 prop->type == FOO_PROP_T_MODE;

	if (prop->help == NULL)
		return foo_error_set(err, -EINVAL, "property %s has no help", prop->name);
	if (is_number && prop->min > prop->max)
		return foo_error_set(err, -EINVAL, "property %s: min is above max", prop->name);
	if (is_number && prop->type != FOO_PROP_T_SIZE && prop->max > UINT32_MAX)
		return foo_error_set(err, -EINVAL, "property %s: max does not fit its member",
				     prop->name);
	if (prop->type == FOO_PROP_T_ENUM && (prop->values == NULL || prop->values[0] == NULL))
		return foo_error_set(err, -EINVAL, "property %s: enum without values", prop->name);
	return 0;
}

int
foo_prop_check(const struct foo_prop *prop, struct foo_error *err)
{
	struct foo_prop copy = *prop;
	union {
		uint64_t number;
		uint8_t mac[RTE_ETHER_ADDR_LEN];
		char *string;
	} member = {0};
	struct foo_error why;
	int rc = prop_check_limits(prop, err);

	if (rc != 0 || prop->def == NULL || !foo_prop_is_stored(prop))
		return rc;
	copy.offset = 0;
	rc = foo_prop_set(&copy, &member, prop->def, &why);
	if (foo_prop_is_string(prop))
		free(member.string);
	if (rc != 0)
		return foo_error_set(err, -EINVAL, "property %s: its default does not fit: %s",
				     prop->name, why.text);
	return 0;
}
