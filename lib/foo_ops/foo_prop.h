/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_PROP_H
#define FOO_PROP_H

/**
 * @file
 * Typed properties of device classes: what `--vdev NAME,key=value,...` may say.
 *
 * A class lists its properties in a table that ends with FOO_PROP_END; a derived class inherits
 * the table of its parent and may repeat a name to override default, range or help, or to refuse
 * it. Values are parsed with rte_kvargs and stored in the instance at the given offset. Control
 * thread only.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_common.h>

/** What went wrong, in one line for the user: what was wrong, where, what would be right. */
struct foo_error {
	char text[256]; /**< Empty string: nothing went wrong. No newline. */
};

/** Fill err (which may be NULL) printf-like; returns code, so that one can `return` it. */
int foo_error_set(struct foo_error *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** Type of a property, and of the member that holds it. */
enum foo_prop_type {
	FOO_PROP_T_END,     /**< End of a table. */
	FOO_PROP_T_BOOL,    /**< bool: 0, 1, on, off, yes, no, true, false; no value means 1. */
	FOO_PROP_T_UINT,    /**< uint32_t within min..max; decimal or 0x. */
	FOO_PROP_T_SIZE,    /**< uint64_t bytes within min..max; suffix K, M, G, T (1024). */
	FOO_PROP_T_MODE,    /**< uint32_t file mode, octal, within min..max. */
	FOO_PROP_T_STRING,  /**< char * owned by the instance, at most max characters; or NULL. */
	FOO_PROP_T_PATH,    /**< As string: a file name, not empty. */
	FOO_PROP_T_URI,     /**< As string: not empty, and may contain '='; ',' is "%2C". */
	FOO_PROP_T_ENUM,    /**< uint32_t index into values[]. */
	FOO_PROP_T_MAC,     /**< uint8_t[6]; unicast only. */
	FOO_PROP_T_REFUSED, /**< Not supported: any value but "0" is an error that prints help. */
	FOO_PROP_T_IGNORED, /**< Accepted for compatibility without effect; help is logged once. */
};

/** One property. */
struct foo_prop {
	const char *name;        /**< Key in devargs. */
	enum foo_prop_type type; /**< How to parse and where to store. */
	size_t offset;           /**< Of the member within the instance. */
	const char *def;         /**< Default in the form of a value, or NULL: if the user gives
				    * none, the member keeps what instance_init left there. */
	bool required;           /**< Error if absent. */
	bool runtime;            /**< foo_device_set_prop() may change it while the device runs. */
	uint64_t min;            /**< Smallest UINT/SIZE/MODE. */
	uint64_t max;            /**< Largest UINT/SIZE/MODE; longest STRING/PATH/URI (0: any). */
	const char *const *values; /**< ENUM: names, NULL at the end. */
	const char *help;          /**< One line, starts lower-case, no full stop. */
};

/**
 * @name Entries of a property table
 * nm is the key, inst the instance's struct, member the member of it that is set, dflt the default
 * as text or NULL, hlp one line of help. More members may follow: `.runtime = true`.
 * @{
 */
/** A bool (see enum foo_prop_type for what each type takes). */
#define FOO_PROP_BOOL(nm, inst, member, dflt, hlp, ...)                                            \
	{                                                                                          \
		.name = (nm), .type = FOO_PROP_T_BOOL, .offset = offsetof(inst, member),           \
		.def = (dflt), .help = (hlp), ##__VA_ARGS__                                        \
	}
/** An unsigned integer from lo to hi. */
#define FOO_PROP_UINT(nm, inst, member, dflt, lo, hi, hlp, ...)                                    \
	{                                                                                          \
		.name = (nm), .type = FOO_PROP_T_UINT, .offset = offsetof(inst, member),           \
		.def = (dflt), .min = (lo), .max = (hi), .help = (hlp), ##__VA_ARGS__              \
	}
/** Bytes from lo to hi. */
#define FOO_PROP_SIZE(nm, inst, member, dflt, lo, hi, hlp, ...)                                    \
	{                                                                                          \
		.name = (nm), .type = FOO_PROP_T_SIZE, .offset = offsetof(inst, member),           \
		.def = (dflt), .min = (lo), .max = (hi), .help = (hlp), ##__VA_ARGS__              \
	}
/** File permissions, octal. */
#define FOO_PROP_MODE(nm, inst, member, dflt, hlp, ...)                                            \
	{                                                                                          \
		.name = (nm), .type = FOO_PROP_T_MODE, .offset = offsetof(inst, member),           \
		.def = (dflt), .max = 0777, .help = (hlp), ##__VA_ARGS__                           \
	}
/** Text of at most maxlen characters. */
#define FOO_PROP_STRING(nm, inst, member, dflt, maxlen, hlp, ...)                                  \
	{                                                                                          \
		.name = (nm), .type = FOO_PROP_T_STRING, .offset = offsetof(inst, member),         \
		.def = (dflt), .max = (maxlen), .help = (hlp), ##__VA_ARGS__                       \
	}
/** A path of at most maxlen characters; req: it must be given. */
#define FOO_PROP_PATH(nm, inst, member, req, maxlen, hlp, ...)                                     \
	{                                                                                          \
		.name = (nm), .type = FOO_PROP_T_PATH, .offset = offsetof(inst, member),           \
		.required = (req), .max = (maxlen), .help = (hlp), ##__VA_ARGS__                   \
	}
/** A URI of at most maxlen characters; req: it must be given. */
#define FOO_PROP_URI(nm, inst, member, req, maxlen, hlp)                                           \
	{                                                                                          \
		.name = (nm), .type = FOO_PROP_T_URI, .offset = offsetof(inst, member),            \
		.required = (req), .max = (maxlen), .help = (hlp)                                  \
	}
/** One of the words vals, as its index. */
#define FOO_PROP_ENUM(nm, inst, member, dflt, vals, hlp, ...)                                      \
	{                                                                                          \
		.name = (nm), .type = FOO_PROP_T_ENUM, .offset = offsetof(inst, member),           \
		.def = (dflt), .values = (vals), .help = (hlp), ##__VA_ARGS__                      \
	}
/** An Ethernet address. */
#define FOO_PROP_MAC(nm, inst, member, dflt, hlp, ...)                                             \
	{                                                                                          \
		.name = (nm), .type = FOO_PROP_T_MAC, .offset = offsetof(inst, member),            \
		.def = (dflt), .help = (hlp), ##__VA_ARGS__                                        \
	}
/** A key that is not supported; why says why. */
#define FOO_PROP_REFUSED(nm, why)                                                                  \
	{                                                                                          \
		.name = (nm), .type = FOO_PROP_T_REFUSED, .help = (why)                            \
	}
/** A key that has no effect; note says why. */
#define FOO_PROP_IGNORED(nm, note)                                                                 \
	{                                                                                          \
		.name = (nm), .type = FOO_PROP_T_IGNORED, .help = (note)                           \
	}
/** Ends the table. */
#define FOO_PROP_END                                                                               \
	{                                                                                          \
		.name = NULL, .type = FOO_PROP_T_END                                               \
	}
/** @} */

#endif /* FOO_PROP_H */
