/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_VHOST_COMPAT_H
#define FOO_VHOST_COMPAT_H

/**
 * @file
 * What differs between versions of librte_vhost, 22.11 to 26.07. Internal to lib/foo_vhost, and
 * the only place that asks for a version.
 *
 * The library was renamed in parts over the years (slave became backend in 23.03). This layer
 * speaks the protocol by its own names (foo_vhost_proto.h), so that only one difference is left:
 * the private struct that message handlers receive. It starts with the header, 12 bytes, and the
 * payload; behind the payload, at an offset that its largest member decides, are the files.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <rte_common.h>
#include <rte_version.h>
#include <rte_vhost.h>

#include "foo_vhost_proto.h"

/** Bytes of a message's header. */
#define FOO_VHOST_HDR 12

/** Offset of the files up to 24.11. */
#define FOO_VHOST_FDS_OLD 644

/** Offset of the files from 25.03 on. */
#define FOO_VHOST_FDS_NEW 1084

/** What stands behind the payload in the library's struct. */
struct foo_vhost_ctx_fds {
	int fd[VHU_MAX_FDS]; /**< Files; -1 where not used. */
	int nfds;            /**< How many came. */
};

/**
 * Offset of the files in the struct of the library that runs, which within one ABI may be newer
 * than the one that this was compiled for (24.11 and 25.03 share theirs, and differ here).
 */
static inline size_t
foo_vhost_ctx_fds_offset(void)
{
	unsigned int year = 0, month = 0;

	/* "DPDK 22.11.11", or with the distribution's own prefix and suffix */
	if (sscanf(rte_version(), "%*[^0-9]%u.%u", &year, &month) != 2)
		return FOO_VHOST_FDS_OLD;
	/* 25.03 enlarged the payload by the asymmetric crypto session */
	return year > 25 || (year == 25 && month >= 3) ? FOO_VHOST_FDS_NEW : FOO_VHOST_FDS_OLD;
}

/** Copy a message out of the library's struct. */
static inline void
foo_vhost_msg_load(struct foo_vhost_msg *m, const void *ctx)
{
	const uint8_t *p = ctx;
	struct foo_vhost_ctx_fds files;
	size_t room = sizeof(*m) - offsetof(struct foo_vhost_msg, u64);

	memset(m, 0, sizeof(*m));
	memcpy(&m->request, p, sizeof(m->request));
	memcpy(&m->flags, p + 4, sizeof(m->flags));
	memcpy(&m->size, p + 8, sizeof(m->size));
	memcpy(&m->u64, p + FOO_VHOST_HDR, RTE_MIN(m->size, room));
	memcpy(&files, p + foo_vhost_ctx_fds_offset(), sizeof(files));
	memcpy(m->fd, files.fd, sizeof(m->fd));
	m->nfds = files.nfds;
}

/** Put a message, or the answer to it, back into the library's struct; without files, for this
 * layer keeps or closes those itself. */
static inline void
foo_vhost_msg_store(const struct foo_vhost_msg *m, void *ctx)
{
	uint8_t *p = ctx;
	struct foo_vhost_ctx_fds files = {.nfds = 0};
	size_t room = sizeof(*m) - offsetof(struct foo_vhost_msg, u64);

	memcpy(p, &m->request, sizeof(m->request));
	memcpy(p + 4, &m->flags, sizeof(m->flags));
	memcpy(p + 8, &m->size, sizeof(m->size));
	memcpy(p + FOO_VHOST_HDR, &m->u64, RTE_MIN(m->size, room));
	memset(files.fd, 0xff, sizeof(files.fd));
	memcpy(p + foo_vhost_ctx_fds_offset(), &files, sizeof(files));
}

/**
 * Whether a message just loaded proves the offset: every version counts the files and sets the
 * places that are not used to -1. Asked for each message, since a wrong offset would make this
 * layer close files of others.
 */
static inline bool
foo_vhost_msg_plausible(const struct foo_vhost_msg *m)
{
	int i;

	if (m->nfds < 0 || m->nfds > VHU_MAX_FDS)
		return false;
	for (i = 0; i < VHU_MAX_FDS; i++) {
		if (i < m->nfds ? m->fd[i] < 0 : m->fd[i] != -1)
			return false;
	}
	return true;
}

#endif /* FOO_VHOST_COMPAT_H */
