/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_VHOST_PROTO_H
#define FOO_VHOST_PROTO_H

/**
 * @file
 * The vhost-user protocol as this layer speaks it: request numbers, payloads, and a message in a
 * form that depends on no version of librte_vhost. Internal to lib/foo_vhost.
 *
 * Names are those of QEMU's docs/interop/vhost-user.rst without the prefix VHOST_USER_.
 */

#include <stdint.h>

/** Requests of a front-end that this layer knows. */
enum vhu_request {
	VHU_GET_FEATURES = 1,           /**< u64 in the answer. */
	VHU_SET_FEATURES = 2,           /**< u64. */
	VHU_SET_OWNER = 3,              /**< Nothing. */
	VHU_RESET_OWNER = 4,            /**< Nothing: disable all rings. */
	VHU_SET_MEM_TABLE = 5,          /**< mem, and a file for each region. */
	VHU_SET_LOG_BASE = 6,           /**< log, and a file. */
	VHU_SET_LOG_FD = 7,             /**< A file. */
	VHU_SET_VRING_NUM = 8,          /**< state. */
	VHU_SET_VRING_ADDR = 9,         /**< addr. */
	VHU_SET_VRING_BASE = 10,        /**< state. */
	VHU_GET_VRING_BASE = 11,        /**< state, also in the answer. */
	VHU_SET_VRING_KICK = 12,        /**< u64, and a file unless bit 8 is set. */
	VHU_SET_VRING_CALL = 13,        /**< u64, and a file unless bit 8 is set. */
	VHU_SET_VRING_ERR = 14,         /**< u64, and a file unless bit 8 is set. */
	VHU_GET_PROTOCOL_FEATURES = 15, /**< u64 in the answer. */
	VHU_SET_PROTOCOL_FEATURES = 16, /**< u64. */
	VHU_GET_QUEUE_NUM = 17,         /**< u64 in the answer. */
	VHU_SET_VRING_ENABLE = 18,      /**< state. */
	VHU_SEND_RARP = 19,             /**< u64. */
	VHU_NET_SET_MTU = 20,           /**< u64. */
	VHU_SET_BACKEND_REQ_FD = 21,    /**< A socket. */
	VHU_GET_CONFIG = 24,            /**< config, also in the answer. */
	VHU_SET_CONFIG = 25,            /**< config. */
	VHU_GET_INFLIGHT_FD = 31,       /**< inflight, also in the answer, with a file. */
	VHU_SET_INFLIGHT_FD = 32,       /**< inflight, and a file. */
	VHU_SET_STATUS = 39,            /**< u64. */
	VHU_GET_STATUS = 40,            /**< u64 in the answer. */
	VHU_REQUEST_MAX,                /**< One more than the largest. */
};

/** Our own request to the front-end: the config space changed. */
#define VHU_BACKEND_CONFIG_CHANGE_MSG 2

/** Bits of the header's flags. */
enum vhu_flag {
	VHU_VERSION = 0x1,      /**< The protocol's version, in the two lowest bits. */
	VHU_VERSION_MASK = 0x3, /**< See VHU_VERSION. */
	VHU_REPLY = 0x4,        /**< The message is an answer. */
	VHU_NEED_REPLY = 0x8,   /**< The sender wants to know how it went (REPLY_ACK). */
};

/** Bits of the u64 of KICK, CALL and ERR. */
enum vhu_ring_file {
	VHU_RING_MASK = 0xff,  /**< The ring's index. */
	VHU_RING_NOFD = 0x100, /**< No file comes with it. */
};

/** Protocol features, by bit number. */
enum vhu_proto {
	VHU_PROTO_MQ = 0,          /**< More than the default number of queues. */
	VHU_PROTO_LOG_SHMFD = 1,   /**< The dirty log is a shared file. */
	VHU_PROTO_RARP = 2,        /**< SEND_RARP. */
	VHU_PROTO_REPLY_ACK = 3,   /**< NEED_REPLY. */
	VHU_PROTO_NET_MTU = 4,     /**< NET_SET_MTU. */
	VHU_PROTO_BACKEND_REQ = 5, /**< SET_BACKEND_REQ_FD. */
	VHU_PROTO_CONFIG = 9,      /**< GET_CONFIG and SET_CONFIG. */
	VHU_PROTO_INFLIGHT = 12,   /**< GET_INFLIGHT_FD and SET_INFLIGHT_FD. */
	VHU_PROTO_STATUS = 16,     /**< SET_STATUS and GET_STATUS. */
};

/** Feature bits that are vhost-user's, not VirtIO's, by bit number. */
enum vhu_feature {
	VHU_F_LOG_ALL = 26,           /**< Log what is written to guest memory. */
	VHU_F_PROTOCOL_FEATURES = 30, /**< There are protocol features. */
};

/** Mask of the bits of enum vhu_feature. */
#define VHU_F_MASK (UINT64_C(1) << VHU_F_LOG_ALL | UINT64_C(1) << VHU_F_PROTOCOL_FEATURES)

/** Bit of vhu_addr::flags: vhu_addr::log is valid. */
#define VHU_ADDR_F_LOG 0x1

/** Most regions of SET_MEM_TABLE, and most files of a message. */
#define VHU_MAX_FDS 8

/** Most bytes of a config space that travel in a message. */
#define VHU_CONFIG_MAX 256

/** Payload: a ring and a number. */
struct vhu_state {
	uint32_t index; /**< Ring. */
	uint32_t num;   /**< Size, index, or on/off. */
};

/** Payload: where a ring is, in the front-end's addresses. */
struct vhu_addr {
	uint32_t index; /**< Ring. */
	uint32_t flags; /**< VHU_ADDR_F_LOG. */
	uint64_t desc;  /**< Descriptor Area. */
	uint64_t used;  /**< Device Area. */
	uint64_t avail; /**< Driver Area. */
	uint64_t log;   /**< Guest address of the used ring, for the dirty log. */
};

/** A region of SET_MEM_TABLE. */
struct vhu_region {
	uint64_t gpa;    /**< Guest physical address. */
	uint64_t size;   /**< Bytes. */
	uint64_t uaddr;  /**< Address in the front-end. */
	uint64_t offset; /**< Where it starts in its file. */
};

/** Payload of SET_MEM_TABLE. */
struct vhu_mem {
	uint32_t nregions;                     /**< Valid entries of region. */
	uint32_t pad;                          /**< Not used. */
	struct vhu_region region[VHU_MAX_FDS]; /**< Regions. */
};

/** Payload of SET_LOG_BASE. */
struct vhu_log {
	uint64_t size;   /**< Bytes of the bitmap. */
	uint64_t offset; /**< Where it starts in its file. */
};

/** Payload of GET_CONFIG and SET_CONFIG. */
struct vhu_config {
	uint32_t offset;              /**< First byte in the config space. */
	uint32_t size;                /**< Bytes. */
	uint32_t flags;               /**< 1: written by a live migration. */
	uint8_t data[VHU_CONFIG_MAX]; /**< The bytes. */
};

/** Payload of GET_INFLIGHT_FD and SET_INFLIGHT_FD. */
struct vhu_inflight {
	uint64_t mmap_size;   /**< Bytes of the table. */
	uint64_t mmap_offset; /**< Where it starts in its file. */
	uint16_t num_queues;  /**< Queues. */
	uint16_t queue_size;  /**< Descriptors that each has at most. */
};

/** Bytes of vhu_inflight without the padding that most front-ends send behind it. */
#define VHU_INFLIGHT_MIN 20

/** Bytes of vhu_config before data. */
#define VHU_CONFIG_HDR 12

/** A message. */
struct foo_vhost_msg {
	uint32_t request;    /**< enum vhu_request, or anything. */
	uint32_t flags;      /**< Header flags. */
	uint32_t size;       /**< Bytes of the payload, even where the union has less room. */
	int nfds;            /**< Files that came with it. */
	int fd[VHU_MAX_FDS]; /**< Those; -1 where taken or not used. */
	union {
		uint64_t u64;                 /**< Features, status, a ring's file, ... */
		struct vhu_state state;       /**< See vhu_request. */
		struct vhu_addr addr;         /**< SET_VRING_ADDR. */
		struct vhu_mem mem;           /**< SET_MEM_TABLE. */
		struct vhu_log log;           /**< SET_LOG_BASE. */
		struct vhu_config config;     /**< GET_CONFIG, SET_CONFIG. */
		struct vhu_inflight inflight; /**< GET_INFLIGHT_FD, SET_INFLIGHT_FD. */
	};                                    /**< Payload; bytes beyond size are 0. */
};

#endif /* FOO_VHOST_PROTO_H */
