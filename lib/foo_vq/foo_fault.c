/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include "foo_fault.h"

struct fault_info {
	const char *name;
	enum foo_reaction reaction;
	const char *text;
};

static const struct fault_info fault_info[FOO_FAULT_MAX] = {
	[FOO_FAULT_NONE] = {"none", FOO_REFUSE, "no fault"},
#define FAULT_INFO(sym, name, reaction, text) [FOO_FAULT_##sym] = {#name, reaction, text},
	FOO_FAULT_LIST(FAULT_INFO)
#undef FAULT_INFO
};

static const struct fault_info *
fault_get(enum foo_fault fault)
{
	return &fault_info[(unsigned int)fault < FOO_FAULT_MAX ? fault : FOO_FAULT_NONE];
}

const char *
foo_fault_name(enum foo_fault fault)
{
	return fault_get(fault)->name;
}

const char *
foo_fault_text(enum foo_fault fault)
{
	return fault_get(fault)->text;
}

enum foo_reaction
foo_fault_reaction(enum foo_fault fault)
{
	return fault_get(fault)->reaction;
}
