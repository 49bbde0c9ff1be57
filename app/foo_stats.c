/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "foo_stats.h"
#include "foo_type.h"

/* Erase the screen, cursor to the top left (ECMA-48). */
#define CLEAR_SCREEN "\033[2J\033[1;1H"

uint64_t
foo_stats_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

uint64_t
foo_stats_rate(uint64_t new, uint64_t old, uint64_t ns)
{
	return ns == 0 || new < old ? 0 : (uint64_t)((double)(new - old) * 1e9 / (double)ns);
}

static void
stats_print_queues(FILE *out)
{
	const struct foo_type *type;
	const struct foo_device *dev;

	TAILQ_FOREACH(dev, &foo_devices, link) {
		type = foo_type_of(dev);
		for (uint16_t i = 0; type != NULL && i < dev->nqueues; i++)
			type->print_queue(out, &dev->queue[i]);
	}
}

/* The first device of a type behind dev, or of all if that is NULL; or NULL. */
static const struct foo_device *
stats_next(const struct foo_type *type, const struct foo_device *dev)
{
	dev = dev == NULL ? TAILQ_FIRST(&foo_devices) : TAILQ_NEXT(dev, link);
	while (dev != NULL && foo_type_of(dev) != type)
		dev = TAILQ_NEXT(dev, link);
	return dev;
}

void
foo_stats_print(FILE *out, bool queues)
{
	const struct foo_device *dev;

	if (isatty(STDOUT_FILENO))
		fputs(CLEAR_SCREEN, out);
	for (const struct foo_type *const *t = foo_types; *t != NULL; t++) {
		dev = stats_next(*t, NULL);
		if (dev != NULL)
			fprintf(out, "\n%s ====================================", (*t)->title);
		for (; dev != NULL; dev = stats_next(*t, dev))
			(*t)->print_device(out, dev);
	}
	if (queues)
		stats_print_queues(out);
}

void
foo_stats_print_summary(FILE *out, const struct foo_args *args)
{
	if (args->stats_queues)
		stats_print_queues(out);
	for (const struct foo_type *const *t = foo_types; *t != NULL; t++)
		if (stats_next(*t, NULL) != NULL)
			(*t)->print_summary(out, args);
}
