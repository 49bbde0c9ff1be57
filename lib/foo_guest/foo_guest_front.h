/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
#ifndef FOO_GUEST_FRONT_H
#define FOO_GUEST_FRONT_H

/**
 * @file
 * A vhost-user front-end: what QEMU does on the socket, for tests and measurements.
 *
 *     foo_front_init(&f);
 *     foo_front_connect(&f, "/tmp/foo.sock");
 *     foo_front_negotiate(&f, 1ULL << VIRTIO_F_VERSION_1);
 *     foo_front_set_mem(&f, &mem);                      memory of foo_guest_mem.h
 *     foo_front_start_ring(&f, 0, &mem, &ring, callfd); a ring of foo_guest_ring.h
 *     foo_front_driver_ok(&f);
 *     ...
 *     foo_front_stop_queue(&f, 0, &base);
 *     foo_front_close(&f);
 *
 * Above: a well-behaved front-end, which asks for nothing that was not offered. Below, from
 * foo_front_send_bytes() on, the raw layer, which sends whatever it is told.
 *
 * Needs libc only. A front-end is used by one thread at a time. Nothing here waits longer than
 * foo_front::timeout_ms: a back-end that hangs is a return value, never a hanging test. Functions
 * return 0 or a negative errno value, and these mean the same everywhere:
 *
 * - -ETIMEDOUT: no answer (or no room in the socket) within timeout_ms;
 * - -ECONNRESET: the back-end closed the connection;
 * - -EPROTO: the answer is not what the protocol asks for (wrong request, size or flags);
 * - -EREMOTEIO: the back-end refused the request with an error in its REPLY_ACK.
 *
 * "The specification" is QEMU's docs/interop/vhost-user.rst.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/vhost_types.h>

#include "foo_guest_mem.h"
#include "foo_guest_ring.h"

/** Requests of a front-end; names and numbers of the specification. */
enum foo_front_request {
	FOO_FRONT_GET_FEATURES = 1,           /**< What the back-end offers. */
	FOO_FRONT_SET_FEATURES = 2,           /**< What the driver acknowledged. */
	FOO_FRONT_SET_OWNER = 3,              /**< First message of a session. */
	FOO_FRONT_RESET_OWNER = 4,            /**< Obsolete. */
	FOO_FRONT_SET_MEM_TABLE = 5,          /**< The guest's memory; files come along. */
	FOO_FRONT_SET_LOG_BASE = 6,           /**< Dirty bitmap; a file comes along. */
	FOO_FRONT_SET_LOG_FD = 7,             /**< Obsolete; an eventfd comes along. */
	FOO_FRONT_SET_VRING_NUM = 8,          /**< Queue size. */
	FOO_FRONT_SET_VRING_ADDR = 9,         /**< Where the rings are. */
	FOO_FRONT_SET_VRING_BASE = 10,        /**< Where to begin. */
	FOO_FRONT_GET_VRING_BASE = 11,        /**< Stop; where to go on. */
	FOO_FRONT_SET_VRING_KICK = 12,        /**< eventfd of the driver. */
	FOO_FRONT_SET_VRING_CALL = 13,        /**< eventfd of the device. */
	FOO_FRONT_SET_VRING_ERR = 14,         /**< eventfd for errors. */
	FOO_FRONT_GET_PROTOCOL_FEATURES = 15, /**< What the back-end offers. */
	FOO_FRONT_SET_PROTOCOL_FEATURES = 16, /**< What the front-end takes. */
	FOO_FRONT_GET_QUEUE_NUM = 17,         /**< How many queues there are. */
	FOO_FRONT_SET_VRING_ENABLE = 18,      /**< Switch a ring on or off. */
	FOO_FRONT_SEND_RARP = 19,             /**< Announce a migrated guest. */
	FOO_FRONT_NET_SET_MTU = 20,           /**< MTU of the guest. */
	FOO_FRONT_SET_BACKEND_REQ_FD = 21,    /**< Socket for the back-end's requests. */
	FOO_FRONT_IOTLB_MSG = 22,             /**< vIOMMU. */
	FOO_FRONT_GET_CONFIG = 24,            /**< Read config space. */
	FOO_FRONT_SET_CONFIG = 25,            /**< Write config space. */
	FOO_FRONT_POSTCOPY_ADVISE = 28,       /**< Postcopy is near. */
	FOO_FRONT_POSTCOPY_LISTEN = 29,       /**< Postcopy begins. */
	FOO_FRONT_POSTCOPY_END = 30,          /**< Postcopy is over. */
	FOO_FRONT_GET_INFLIGHT_FD = 31,       /**< Ask for in-flight tracking. */
	FOO_FRONT_SET_INFLIGHT_FD = 32,       /**< Give it back after a restart. */
	FOO_FRONT_GPU_SET_SOCKET = 33,        /**< Display socket. */
	FOO_FRONT_RESET_DEVICE = 34,          /**< Reset. */
	FOO_FRONT_GET_MAX_MEM_SLOTS = 36,     /**< Regions that the back-end takes. */
	FOO_FRONT_ADD_MEM_REG = 37,           /**< One more region. */
	FOO_FRONT_REM_MEM_REG = 38,           /**< One region less. */
	FOO_FRONT_SET_STATUS = 39,            /**< Device status. */
	FOO_FRONT_GET_STATUS = 40,            /**< Device status. */
};

/** Numbers of the back-end's own requests, as foo_front_recv_backend() returns them. */
enum foo_front_backend_request {
	FOO_FRONT_B_IOTLB_MSG = 1,         /**< vIOMMU. */
	FOO_FRONT_B_CONFIG_CHANGE_MSG = 2, /**< The config space reads differently now. */
	FOO_FRONT_B_VRING_CALL = 4,        /**< A call in-band. */
	FOO_FRONT_B_VRING_ERR = 5,         /**< An error in-band. */
};

/** Bits of the protocol features; names and numbers of the specification. */
enum foo_front_protocol_feature {
	FOO_FRONT_P_MQ = 0,                    /**< Several queues. */
	FOO_FRONT_P_LOG_SHMFD = 1,             /**< Dirty log in shared memory. */
	FOO_FRONT_P_RARP = 2,                  /**< SEND_RARP. */
	FOO_FRONT_P_REPLY_ACK = 3,             /**< Answers to every request. */
	FOO_FRONT_P_MTU = 4,                   /**< NET_SET_MTU. */
	FOO_FRONT_P_BACKEND_REQ = 5,           /**< The back-end's own requests. */
	FOO_FRONT_P_CROSS_ENDIAN = 6,          /**< Legacy endianness. */
	FOO_FRONT_P_CRYPTO_SESSION = 7,        /**< Crypto sessions. */
	FOO_FRONT_P_PAGEFAULT = 8,             /**< Postcopy. */
	FOO_FRONT_P_CONFIG = 9,                /**< Config space. */
	FOO_FRONT_P_BACKEND_SEND_FD = 10,      /**< Files in the back-end's requests. */
	FOO_FRONT_P_HOST_NOTIFIER = 11,        /**< Mapped doorbells. */
	FOO_FRONT_P_INFLIGHT_SHMFD = 12,       /**< In-flight tracking. */
	FOO_FRONT_P_RESET_DEVICE = 13,         /**< RESET_DEVICE. */
	FOO_FRONT_P_INBAND_NOTIFICATIONS = 14, /**< Kicks and calls as messages. */
	FOO_FRONT_P_CONFIGURE_MEM_SLOTS = 15,  /**< ADD_MEM_REG, REM_MEM_REG. */
	FOO_FRONT_P_STATUS = 16,               /**< SET_STATUS, GET_STATUS. */
};

/** Feature bit that says "I have protocol features"; belongs to the transport, not to VIRTIO. */
#define FOO_FRONT_F_PROTOCOL_FEATURES 30

/**
 * @name Header flags
 * @{
 */
#define FOO_FRONT_VERSION 0x1u    /**< Protocol version, the low two bits. */
#define FOO_FRONT_REPLY 0x4u      /**< This message is an answer. */
#define FOO_FRONT_NEED_REPLY 0x8u /**< REPLY_ACK: answer even where no answer is defined. */
/** @} */

/** Bit of a SET_VRING_KICK/CALL/ERR payload: no file descriptor comes with the message. */
#define FOO_FRONT_VRING_NOFD 0x100u

/** Bytes of the message header. */
#define FOO_FRONT_HDR_SIZE 12u

/** Largest payload that this library sends or receives as one message. */
#define FOO_FRONT_MAX_PAYLOAD 4096u

/** Most file descriptors that go with one message here (the protocol's limit is 8). */
#define FOO_FRONT_MAX_FDS 64u

/** Most memory regions of one SET_MEM_TABLE here (librte_vhost's limit is 8). */
#define FOO_FRONT_MAX_REGIONS 32u

/** Default of foo_front::timeout_ms. */
#define FOO_FRONT_TIMEOUT_MS 10000

/** One entry of SET_MEM_TABLE, as on the wire. */
struct foo_front_wire_region {
	uint64_t gpa;         /**< Guest physical address. */
	uint64_t size;        /**< Bytes. */
	uint64_t uva;         /**< Address in the front-end, the unit of ring addresses. */
	uint64_t mmap_offset; /**< Where the region starts in the file. */
};

/** Payload of SET_LOG_BASE. */
struct foo_front_wire_log {
	uint64_t size;   /**< Bytes of the log. */
	uint64_t offset; /**< Where it starts in the file. */
};

/** Payload of GET_CONFIG and SET_CONFIG. */
struct foo_front_wire_config {
	uint32_t offset;   /**< First byte within the config space. */
	uint32_t size;     /**< Bytes. */
	uint32_t flags;    /**< 0, or 1: written by a live migration. */
	uint8_t data[256]; /**< The bytes. */
};

/** Payload of GET_INFLIGHT_FD and SET_INFLIGHT_FD. */
struct foo_front_wire_inflight {
	uint64_t mmap_size;   /**< Bytes to map. */
	uint64_t mmap_offset; /**< Where they start in the file. */
	uint16_t num_queues;  /**< Queues described. */
	uint16_t queue_size;  /**< Descriptors of a queue. */
};

/** A message, with room for every payload. */
struct foo_front_msg {
	uint32_t request; /**< enum foo_front_request. */
	uint32_t flags;   /**< Header flags. */
	uint32_t size;    /**< Bytes of the payload. */
	union {
		uint64_t u64;                            /**< Features, status, a ring's file. */
		struct vhost_vring_state state;          /**< Ring index and a number. */
		struct vhost_vring_addr addr;            /**< SET_VRING_ADDR. */
		struct foo_front_wire_log log;           /**< SET_LOG_BASE. */
		struct foo_front_wire_config config;     /**< GET_CONFIG, SET_CONFIG. */
		struct foo_front_wire_inflight inflight; /**< GET/SET_INFLIGHT_FD. */
		struct {
			uint32_t nregions; /**< Valid entries of region. */
			uint32_t pad;      /**< 0. */
			struct foo_front_wire_region region[FOO_FRONT_MAX_REGIONS]; /**< Regions. */
		} mem;                                /**< SET_MEM_TABLE. */
		uint8_t bytes[FOO_FRONT_MAX_PAYLOAD]; /**< Anything. */
	};                                            /**< Payload. */
	int fd[FOO_FRONT_MAX_FDS]; /**< Files that came with it; the receiver closes them. */
	unsigned int nfds;         /**< Valid entries of fd. */
};

/** A region of guest memory to share. */
struct foo_front_region {
	uint64_t gpa;         /**< Guest physical address. */
	uint64_t size;        /**< Bytes. */
	uint64_t uva;         /**< Address in this process; any unique number will do. */
	uint64_t mmap_offset; /**< Where the region starts in fd. */
	int fd;               /**< File (memfd) that holds it; stays the caller's. */
};

/** A ring to start. Addresses are those of foo_front_region::uva. */
struct foo_front_ring {
	uint16_t size;    /**< Queue size. */
	uint16_t base;    /**< Where to begin: as foo_front_stop_queue() returned it; 0 for a new
			   * split ring, 0x8000 for a new packed one (wrap counter 1). */
	uint64_t desc;    /**< Descriptor Area. */
	uint64_t driver;  /**< Driver Area. */
	uint64_t device;  /**< Device Area. */
	bool log;         /**< Log writes to the used ring at log_gpa. */
	uint64_t log_gpa; /**< Guest physical address of the used ring. */
	int kickfd;       /**< eventfd that the driver kicks, or -1. Stays the caller's. */
	int callfd;       /**< eventfd that the device calls, or -1. Stays the caller's. */
};

/** A front-end. Members may be read by anyone, and written where it says so. */
struct foo_front {
	int sock;               /**< Connection, or -1. Non-blocking. */
	int listen_sock;        /**< Listening socket, or -1. */
	char path[108];         /**< Path of the last connect or listen. */
	int timeout_ms;         /**< Longest wait of one call, in ms; may be written. */
	bool confirm;           /**< Follow commands by GET_FEATURES where there is no REPLY_ACK,
				   * so that a refusal is seen at once; may be written, true. */
	uint64_t proto_wanted;  /**< Protocol features to ask for; may be written. */
	uint64_t offered;       /**< Features that the back-end offers. */
	uint64_t features;      /**< Features that were acknowledged. */
	uint64_t proto_offered; /**< Protocol features that the back-end offers. */
	uint64_t proto;         /**< Protocol features that were acknowledged. */
	uint64_t queue_num;     /**< GET_QUEUE_NUM, or 0 without MQ. */
	uint8_t status;         /**< Device status as last sent (STATUS only). */
	int backend_sock;       /**< Our end of SET_BACKEND_REQ_FD, or -1. */
	uint64_t sent;          /**< Messages sent whole by foo_front_send(). */
	uint64_t received;      /**< Messages received. */
};

/* --- connection --- */

/** Set every member to its initial value: not connected, default time-out. */
void foo_front_init(struct foo_front *f);

/**
 * Connect to a back-end that listens at path. A socket that is not there yet, refuses or has a
 * full backlog is tried again until the time-out.
 *
 * @return 0, -ENAMETOOLONG, -EISCONN, the last error of connect(), or -ETIMEDOUT
 */
int foo_front_connect(struct foo_front *f, const char *path);

/** Listen at path (an existing socket file is replaced) for a back-end in client mode. */
int foo_front_listen(struct foo_front *f, const char *path);

/** Wait for a back-end to connect to the listening socket. 0, -ETIMEDOUT, -EISCONN. */
int foo_front_accept(struct foo_front *f);

/** Close the connection and forget what was negotiated; a listening socket stays. */
void foo_front_close(struct foo_front *f);

/** Close, then connect() or accept() again as before. */
int foo_front_reconnect(struct foo_front *f);

/** Close everything; a listening socket's file is removed. */
void foo_front_fini(struct foo_front *f);

/** Wait until the back-end closes the connection; data that arrives is thrown away.
 * 0 if it did, -ETIMEDOUT if it is still open after wait_ms. */
int foo_front_wait_closed(struct foo_front *f, int wait_ms);

/* --- negotiation --- */

/**
 * Do what QEMU does first: GET_FEATURES, protocol features (if bit 30 is offered), SET_OWNER,
 * GET_QUEUE_NUM (with MQ), SET_FEATURES, and with STATUS the driver's first steps.
 *
 * @param wanted feature bits to acknowledge where offered; bit 30 is added by itself.
 *   foo_front::features says what came of it.
 */
int foo_front_negotiate(struct foo_front *f, uint64_t wanted);

/** Whether a feature bit was acknowledged. */
static inline bool
foo_front_has(const struct foo_front *f, unsigned int bit)
{
	return (f->features >> bit) & 1;
}

/** Whether a protocol feature was acknowledged. */
static inline bool
foo_front_has_proto(const struct foo_front *f, enum foo_front_protocol_feature bit)
{
	return (f->proto >> bit) & 1;
}

/** With STATUS: tell the back-end that the driver is ready (VIRTIO 1.2, 3.1.1). Without: 0. */
int foo_front_driver_ok(struct foo_front *f);

/* --- the messages --- */

/** GET_FEATURES; result also in foo_front::offered. Also a cheap round trip to the back-end. */
int foo_front_get_features(struct foo_front *f, uint64_t *features);

/** SET_FEATURES with exactly these bits. */
int foo_front_set_features(struct foo_front *f, uint64_t features);

/** GET_PROTOCOL_FEATURES; result also in foo_front::proto_offered. */
int foo_front_get_protocol_features(struct foo_front *f, uint64_t *features);

/** SET_PROTOCOL_FEATURES with exactly these bits. */
int foo_front_set_protocol_features(struct foo_front *f, uint64_t features);

/** GET_QUEUE_NUM. */
int foo_front_get_queue_num(struct foo_front *f, uint64_t *num);

/** SET_MEM_TABLE with nregions (at most 32) regions and as many files. */
int foo_front_set_mem_table(struct foo_front *f, const struct foo_front_region *region,
			    unsigned int nregions);

/** SET_MEM_TABLE of a guest's memory, region[].va as the addresses in the front-end. */
int foo_front_set_mem(struct foo_front *f, const struct foo_guest_mem *mem);

/**
 * Start a queue: NUM, BASE, ADDR, CALL, KICK, and ENABLE if bit 30 was negotiated.
 *
 * The order is QEMU's, KICK last but for ENABLE.
 */
int
foo_front_start_queue(struct foo_front *f, unsigned int index, const struct foo_front_ring *ring);

/**
 * Describe a driver-side ring in the state that it is in now.
 *
 * base is where the device would begin on a ring that it has served completely: a new one, or one
 * whose chains have all been used and polled. Overwrite it to resume an interrupted ring.
 */
struct foo_front_ring
foo_front_ring_of(const struct foo_guest_mem *mem, const struct foo_guest_ring *ring, int callfd);

/** foo_front_start_queue() of foo_front_ring_of(). */
int foo_front_start_ring(struct foo_front *f, unsigned int index, const struct foo_guest_mem *mem,
			 const struct foo_guest_ring *ring, int callfd);

/**
 * Stop a queue: ENABLE 0 (if bit 30 was negotiated), then GET_VRING_BASE.
 *
 * @param base set to where to go on; may be NULL
 */
int foo_front_stop_queue(struct foo_front *f, unsigned int index, uint16_t *base);

/** SET_VRING_NUM. */
int foo_front_set_vring_num(struct foo_front *f, unsigned int index, uint32_t num);

/** SET_VRING_BASE. */
int foo_front_set_vring_base(struct foo_front *f, unsigned int index, uint32_t base);

/** SET_VRING_ADDR with the addresses of ring. */
int foo_front_set_vring_addr(struct foo_front *f, unsigned int index,
			     const struct foo_front_ring *ring);

/** GET_VRING_BASE. */
int foo_front_get_vring_base(struct foo_front *f, unsigned int index, uint32_t *base);

/** SET_VRING_KICK; fd -1: without a file (bit 8 set). */
int foo_front_set_vring_kick(struct foo_front *f, unsigned int index, int fd);

/** SET_VRING_CALL; fd -1: without a file (bit 8 set). */
int foo_front_set_vring_call(struct foo_front *f, unsigned int index, int fd);

/** SET_VRING_ERR; fd -1: without a file (bit 8 set). */
int foo_front_set_vring_err(struct foo_front *f, unsigned int index, int fd);

/** SET_VRING_ENABLE. */
int foo_front_set_vring_enable(struct foo_front *f, unsigned int index, bool on);

/** SET_LOG_BASE: the dirty bitmap of a migration. Always answered (LOG_SHMFD). */
int foo_front_set_log_base(struct foo_front *f, int fd, uint64_t size, uint64_t offset);

/** GET_CONFIG. -EINVAL if the back-end answers with size 0 (its way to refuse). */
int foo_front_get_config(struct foo_front *f, uint32_t offset, void *buf, uint32_t len);

/** SET_CONFIG. */
int foo_front_set_config(struct foo_front *f, uint32_t offset, const void *buf, uint32_t len,
			 uint32_t flags);

/** NET_SET_MTU. */
int foo_front_set_mtu(struct foo_front *f, uint64_t mtu);

/** SET_STATUS. */
int foo_front_set_status(struct foo_front *f, uint8_t status);

/** GET_STATUS. */
int foo_front_get_status(struct foo_front *f, uint64_t *status);

/** GET_INFLIGHT_FD: *fd is a file of the back-end that the caller closes; desc in and out. */
int foo_front_get_inflight(struct foo_front *f, struct foo_front_wire_inflight *desc, int *fd);

/** SET_INFLIGHT_FD. */
int foo_front_set_inflight(struct foo_front *f, const struct foo_front_wire_inflight *desc, int fd);

/** SET_BACKEND_REQ_FD with one end of a new socket pair; the other is backend_sock. */
int foo_front_open_backend_channel(struct foo_front *f);

/* --- raw layer --- */

/**
 * Send bytes as they are, with files attached to the first of them.
 *
 * @param nfds at most FOO_FRONT_MAX_FDS
 */
int foo_front_send_bytes(struct foo_front *f, const void *buf, size_t len, const int *fd,
			 unsigned int nfds);

/** As foo_front_send_bytes(), in pieces of chunk bytes, delay_us apart. */
int foo_front_send_slowly(struct foo_front *f, const void *buf, size_t len, const int *fd,
			  unsigned int nfds, size_t chunk, unsigned int delay_us);

/**
 * Compose a message, right or wrong, into buf (FOO_FRONT_HDR_SIZE + len bytes) for the two
 * functions above.
 *
 * @param size the header's size field, whatever len is
 * @return bytes in buf
 */
size_t foo_front_compose(void *buf, uint32_t request, uint32_t flags, uint32_t size,
			 const void *payload, size_t len);

/** Send one message with exactly these flags, a size field of len and these files. */
int foo_front_send(struct foo_front *f, uint32_t request, uint32_t flags, const void *payload,
		   size_t len, const int *fd, unsigned int nfds);

/** Receive one message, files included. */
int foo_front_recv(struct foo_front *f, struct foo_front_msg *msg);

/** Receive one message of the back-end's own requests (foo_front_open_backend_channel()). */
int foo_front_recv_backend(struct foo_front *f, struct foo_front_msg *msg);

/**
 * Send a request that has no answer of its own. With REPLY_ACK ask for one and judge it; without,
 * and with foo_front::confirm, make sure by GET_FEATURES that the back-end has taken it.
 */
int foo_front_command(struct foo_front *f, uint32_t request, const void *payload, size_t len,
		      const int *fd, unsigned int nfds);

/** Send a request and receive its answer, which must have the same request number. */
int foo_front_ask(struct foo_front *f, uint32_t request, const void *payload, size_t len,
		  const int *fd, unsigned int nfds, struct foo_front_msg *reply);

/** Close the files of a received message. */
void foo_front_msg_close(struct foo_front_msg *msg);

#endif /* FOO_GUEST_FRONT_H */
