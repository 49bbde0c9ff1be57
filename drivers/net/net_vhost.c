/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 *
 * The concrete class `net_vhost`: a network device served over vhost-user, under the name and
 * with the properties of DPDK's own driver, so that a testpmd command line ports over.
 */
#include "net_priv.h"

static const struct foo_prop net_vhost_props[] = {
	FOO_PROP_REFUSED("iommu-support",
			 "a guest behind a virtual IOMMU is not served yet; leave it out or say 0"),
	FOO_PROP_REFUSED("postcopy-support",
			 "post-copy migration is not supported yet; leave it out or say 0"),
	FOO_PROP_IGNORED("tso", "offloads pass through to whoever negotiated them; no effect"),
	FOO_PROP_IGNORED("linear-buffer", "packets go through no mbuf; no effect"),
	FOO_PROP_IGNORED("ext-buffer", "packets go through no mbuf; no effect"),
	FOO_PROP_END,
};

static struct foo_class net_vhost_class = {
	.name = "net_vhost",
	.parent = "net",
	.help = "network device served over a vhost-user socket",
	.props = net_vhost_props,
};
FOO_CLASS_REGISTER(net_vhost_class)
