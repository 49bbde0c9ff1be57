/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_common.h>

#include "foo_out.h"

/* Longest wait for standard output, in ms. */
#define OUT_PATIENCE_MS 1000

int
foo_out_begin(struct foo_out *out)
{
	out->f = open_memstream(&out->text, &out->size);
	return out->f != NULL ? 0 : -ENOMEM;
}

void
foo_out_end(struct foo_out *out)
{
	struct pollfd pfd = {.fd = STDOUT_FILENO, .events = POLLOUT};
	size_t done = 0;
	ssize_t n;

	fclose(out->f);
	while (done < out->size) {
		if (poll(&pfd, 1, OUT_PATIENCE_MS) <= 0)
			break;
		/* a pipe that polls writable takes PIPE_BUF bytes without a wait */
		n = write(STDOUT_FILENO, out->text + done, RTE_MIN(out->size - done, PIPE_BUF));
		if (n <= 0)
			break;
		done += n;
	}
	free(out->text);
}
