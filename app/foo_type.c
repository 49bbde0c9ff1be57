/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#include "foo_type.h"

const struct foo_type *const foo_types[] = {
#ifdef FOO_WITH_NET
	&foo_type_net,
#endif
#ifdef FOO_WITH_BLK
	&foo_type_blk,
#endif
	NULL,
};

const struct foo_type *
foo_type_of(const struct foo_device *dev)
{
	for (const struct foo_type *const *t = foo_types; *t != NULL; t++)
		if (foo_class_is_a(dev->cls, (*t)->cls))
			return *t;
	return NULL;
}
