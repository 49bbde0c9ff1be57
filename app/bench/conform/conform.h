/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef CONFORM_H
#define CONFORM_H

/**
 * @file
 * `dpdk-foo-bench conform`: hostile and valid-but-rare inputs for any vhost-user back-end, each a
 * case with a name. What a case is, what can come of it, and how that is judged.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench.h"

/** The verb. */
extern const struct bench_verb conform_verb;

/** What a back-end did about an input. In order of severity. */
enum conform_reaction {
	CONFORM_PASS,       /**< It did the work, and the bytes are right. */
	CONFORM_REFUSED,    /**< This one request or message was not carried out; all goes on. */
	CONFORM_BROKEN,     /**< This queue makes no progress any more, the connection lives. */
	CONFORM_DROPPED,    /**< It closed the connection. */
	CONFORM_UNEXPECTED, /**< Something else; the note says what. */
	CONFORM_HUNG,       /**< No answer in time, or none to the next front-end. */
	CONFORM_DIED,       /**< The process is gone. */
	CONFORM_NOT_RUN,    /**< Nothing: the back-end lacks what the case needs. */
};

/** Number of reactions. */
#define CONFORM_REACTIONS (CONFORM_NOT_RUN + 1)

/** A set of reactions: the one named x (PASS, REFUSED, ...). */
#define CONFORM_SET(x) (1u << CONFORM_##x)

/** The reactions by which a back-end contains a hostile input. */
#define CONFORM_CONTAINED (CONFORM_SET(REFUSED) | CONFORM_SET(BROKEN) | CONFORM_SET(DROPPED))

/** What is made of a reaction. */
enum conform_verdict {
	CONFORM_OK,      /**< As expected. */
	CONFORM_DIFFERS, /**< Contained, by another reaction than dpdk-foo's own. */
	CONFORM_FAILED,  /**< Not acceptable. */
	CONFORM_SKIPPED, /**< Not run. */
};

/** Number of verdicts. */
#define CONFORM_VERDICTS (CONFORM_SKIPPED + 1)

/** Whose expectation it is. */
enum conform_origin {
	CONFORM_SPEC, /**< The specification demands it. */
	CONFORM_OURS, /**< The specification leaves it open; dpdk-foo answers so. */
};

/** Device types, as a set. */
enum conform_device {
	CONFORM_NET = 1,                          /**< virtio-net that loops a port to itself. */
	CONFORM_BLK = 2,                          /**< virtio-blk. */
	CONFORM_BOTH = CONFORM_NET | CONFORM_BLK, /**< Either. */
};

/** Ring formats that a case runs with, as a set. */
enum conform_format {
	CONFORM_ANY = 0,    /**< The format does not matter: once, without a suffix. */
	CONFORM_SPLIT = 1,  /**< "@split". */
	CONFORM_PACKED = 2, /**< "@packed". */
	CONFORM_EITHER = CONFORM_SPLIT | CONFORM_PACKED, /**< One run for each. */
};

/** What a case demands beside features. */
enum conform_need {
	CONFORM_NEED_LOOP = 1, /**< A net device that sends packets back. */
	CONFORM_NEED_DATA = 2, /**< A disk that keeps what is written. */
	CONFORM_NEED_RO = 4,   /**< A read-only disk. */
	CONFORM_NEED_RW = 8,   /**< A disk that is not. */
	CONFORM_NEED_4K = 32,  /**< A disk of 4096-byte blocks; others that are of disks alone need
				* 512-byte ones. */
	CONFORM_RAW = 16,      /**< The case connects by itself: none is opened for it. */
};

struct conform_ctx;

/** A case. */
struct conform_case {
	const char *name;           /**< "group.name". */
	const char *what;           /**< One line: what it does. */
	const char *section;        /**< Of VIRTIO 1.2 (zones: 1.3), or of QEMU's vhost-user.rst. */
	enum conform_origin origin; /**< Whose expectation. */
	unsigned int expected;      /**< Set of reactions that are as they should be. */
	unsigned int devices;       /**< enum conform_device. */
	unsigned int formats;       /**< enum conform_format. */
	unsigned int needs;         /**< enum conform_need. */
	uint64_t features;          /**< Negotiated for it, beside the usual ones. */
	/** Do it and say what came of it. */
	enum conform_reaction (*run)(struct conform_ctx *ctx);
	int arg; /**< For run: which variant. */
};

/** A table of cases. */
struct conform_group {
	const struct conform_case *cases; /**< The cases. */
	size_t n;                         /**< How many. */
};

/** All tables, in the order in which they run; NULL ends it. */
extern const struct conform_group *const conform_groups[];

/** @name The tables, one a file @{ */
extern const struct conform_group conform_ring_group;      /**< Rings. */
extern const struct conform_group conform_desc_group;      /**< Descriptors and chains. */
extern const struct conform_group conform_packed_group;    /**< What only packed rings have. */
extern const struct conform_group conform_net_group;       /**< Network packets. */
extern const struct conform_group conform_blk_group;       /**< Block requests. */
extern const struct conform_group conform_blk_4k_group;    /**< 4096-byte blocks. */
extern const struct conform_group conform_blk_range_group; /**< Ranges of sectors. */
extern const struct conform_group conform_blk_zone_group;  /**< Zones. */
extern const struct conform_group conform_ctl_group;       /**< Messages about rings. */
extern const struct conform_group conform_mem_group;       /**< Memory tables. */
extern const struct conform_group conform_stream_group;    /**< Bytes and connections. */
/** @} */

/** Outcome of one run of a case. */
struct conform_result {
	const struct conform_case *c;   /**< The case. */
	char name[64];                  /**< Its name, with the format's suffix. */
	enum conform_reaction observed; /**< What was seen. */
	enum conform_verdict verdict;   /**< What is made of it. */
	double ms;                      /**< How long it took. */
	char note[240];                 /**< What there is to add; may be empty. */
};

/** Name of a reaction, as printed. */
const char *conform_reaction_name(enum conform_reaction r);

/** Name of a verdict, as printed. */
const char *conform_verdict_name(enum conform_verdict v);

/** Names of a set of reactions, joined by '|'. */
const char *conform_set_names(unsigned int set, char *buf, size_t len);

/** Judge a reaction. */
enum conform_verdict conform_judge_reaction(const struct conform_case *c, enum conform_reaction r);

/** Whether a verdict makes the run fail. */
bool conform_is_bad(enum conform_verdict v, bool strict);

/**
 * Of the reactions to several tries of one case, the one that counts: one that is not expected
 * before one that is, then the more severe.
 */
enum conform_reaction
conform_worse(const struct conform_case *c, enum conform_reaction a, enum conform_reaction b);

/** Whether a case's name, with or without its suffix, matches one of n globs; none: all match. */
bool conform_name_matches(const char *name, const char *const *glob, unsigned int n);

#endif /* CONFORM_H */
