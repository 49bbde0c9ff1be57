/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* Features in words: the names of VIRTIO 1.2, and of the vhost-user specification. */

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "foo_guest.h"

#define NBITS 64

/* 24 to 41: what all devices share (6), and vhost's own two. */
static const char *const any_name[NBITS] = {
	[24] = "NOTIFY_ON_EMPTY",   [26] = "LOG_ALL",           [27] = "ANY_LAYOUT",
	[28] = "INDIRECT_DESC",     [29] = "EVENT_IDX",         [30] = "PROTOCOL_FEATURES",
	[32] = "VERSION_1",         [33] = "ACCESS_PLATFORM",   [34] = "RING_PACKED",
	[35] = "IN_ORDER",          [36] = "ORDER_PLATFORM",    [37] = "SR_IOV",
	[38] = "NOTIFICATION_DATA", [39] = "NOTIF_CONFIG_DATA", [40] = "RING_RESET",
};

/* 5.1.3 */
static const char *const net_name[NBITS] = {
	[0] = "CSUM",
	[1] = "GUEST_CSUM",
	[2] = "CTRL_GUEST_OFFLOADS",
	[3] = "MTU",
	[5] = "MAC",
	[6] = "GSO",
	[7] = "GUEST_TSO4",
	[8] = "GUEST_TSO6",
	[9] = "GUEST_ECN",
	[10] = "GUEST_UFO",
	[11] = "HOST_TSO4",
	[12] = "HOST_TSO6",
	[13] = "HOST_ECN",
	[14] = "HOST_UFO",
	[15] = "MRG_RXBUF",
	[16] = "STATUS",
	[17] = "CTRL_VQ",
	[18] = "CTRL_RX",
	[19] = "CTRL_VLAN",
	[20] = "CTRL_RX_EXTRA",
	[21] = "GUEST_ANNOUNCE",
	[22] = "MQ",
	[23] = "CTRL_MAC_ADDR",
	[52] = "VQ_NOTF_COAL",
	[53] = "NOTF_COAL",
	[54] = "GUEST_USO4",
	[55] = "GUEST_USO6",
	[56] = "HOST_USO",
	[57] = "HASH_REPORT",
	[59] = "GUEST_HDRLEN",
	[60] = "RSS",
	[61] = "RSC_EXT",
	[62] = "STANDBY",
	[63] = "SPEED_DUPLEX",
};

/* 5.2.3 */
static const char *const blk_name[NBITS] = {
	[0] = "BARRIER",       [1] = "SIZE_MAX",  [2] = "SEG_MAX",
	[4] = "GEOMETRY",      [5] = "RO",        [6] = "BLK_SIZE",
	[7] = "SCSI",          [9] = "FLUSH",     [10] = "TOPOLOGY",
	[11] = "CONFIG_WCE",   [12] = "MQ",       [13] = "DISCARD",
	[14] = "WRITE_ZEROES", [15] = "LIFETIME", [16] = "SECURE_ERASE",
	[17] = "ZONED",
};

static const char *const protocol_name[NBITS] = {
	[FOO_FRONT_P_MQ] = "MQ",
	[FOO_FRONT_P_LOG_SHMFD] = "LOG_SHMFD",
	[FOO_FRONT_P_RARP] = "RARP",
	[FOO_FRONT_P_REPLY_ACK] = "REPLY_ACK",
	[FOO_FRONT_P_MTU] = "MTU",
	[FOO_FRONT_P_BACKEND_REQ] = "BACKEND_REQ",
	[FOO_FRONT_P_CROSS_ENDIAN] = "CROSS_ENDIAN",
	[FOO_FRONT_P_CRYPTO_SESSION] = "CRYPTO_SESSION",
	[FOO_FRONT_P_PAGEFAULT] = "PAGEFAULT",
	[FOO_FRONT_P_CONFIG] = "CONFIG",
	[FOO_FRONT_P_BACKEND_SEND_FD] = "BACKEND_SEND_FD",
	[FOO_FRONT_P_HOST_NOTIFIER] = "HOST_NOTIFIER",
	[FOO_FRONT_P_INFLIGHT_SHMFD] = "INFLIGHT_SHMFD",
	[FOO_FRONT_P_RESET_DEVICE] = "RESET_DEVICE",
	[FOO_FRONT_P_INBAND_NOTIFICATIONS] = "INBAND_NOTIFICATIONS",
	[FOO_FRONT_P_CONFIGURE_MEM_SLOTS] = "CONFIGURE_MEM_SLOTS",
	[FOO_FRONT_P_STATUS] = "STATUS",
};

const char *
foo_guest_feature_name(enum foo_guest_type type, unsigned int bit)
{
	const char *name = NULL;

	if (bit >= NBITS)
		return NULL;
	if (type == FOO_GUEST_NET)
		name = net_name[bit];
	else if (type == FOO_GUEST_BLK)
		name = blk_name[bit];
	return name != NULL ? name : any_name[bit];
}

const char *
foo_guest_protocol_name(unsigned int bit)
{
	return bit < NBITS ? protocol_name[bit] : NULL;
}

static bool
same_word(const char *a, const char *b)
{
	for (; *a != '\0'; a++, b++)
		if ((*a == '-' ? '_' : toupper((unsigned char)*a)) != *b)
			return false;
	return *b == '\0';
}

int
foo_guest_feature_bit(enum foo_guest_type type, const char *name)
{
	for (unsigned int bit = 0; bit < NBITS; bit++) {
		const char *known = foo_guest_feature_name(type, bit);

		if (known != NULL && same_word(name, known))
			return (int)bit;
	}
	return -1;
}

const char *
foo_guest_feature_names(enum foo_guest_type type, uint64_t features, char *buf, size_t size)
{
	size_t len = 0;

	if (size > 0)
		buf[0] = '\0';
	for (unsigned int bit = 0; bit < NBITS; bit++) {
		const char *name = foo_guest_feature_name(type, bit);
		char word[32];
		int n;

		if (!(features >> bit & 1))
			continue;
		if (name != NULL)
			n = snprintf(word, sizeof(word), "%s%s", len > 0 ? " " : "", name);
		else
			n = snprintf(word, sizeof(word), "%s%u", len > 0 ? " " : "", bit);
		if (len + (size_t)n >= size)
			break;
		memcpy(buf + len, word, (size_t)n + 1);
		len += (size_t)n;
	}
	return buf;
}
