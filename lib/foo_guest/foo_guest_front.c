/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */
/* What a well-behaved front-end says: negotiation and the single messages. */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/virtio_config.h>

#include "foo_guest_front.h"

int
foo_front_ask(struct foo_front *f, uint32_t request, const void *payload, size_t len, const int *fd,
	      unsigned int nfds, struct foo_front_msg *reply)
{
	int ret;

	ret = foo_front_send(f, request, FOO_FRONT_VERSION, payload, len, fd, nfds);
	if (ret != 0)
		return ret;
	ret = foo_front_recv(f, reply);
	if (ret != 0)
		return ret;
	if (reply->request == request &&
	    (reply->flags & (0x3 | FOO_FRONT_REPLY)) == (FOO_FRONT_VERSION | FOO_FRONT_REPLY))
		return 0;
	foo_front_msg_close(reply);
	return -EPROTO;
}

/* An answer that is one number. */
static int
ask_u64(struct foo_front *f, uint32_t request, uint64_t *value)
{
	struct foo_front_msg reply;
	int ret;

	ret = foo_front_ask(f, request, NULL, 0, NULL, 0, &reply);
	if (ret != 0)
		return ret;
	foo_front_msg_close(&reply);
	if (reply.size != sizeof(reply.u64))
		return -EPROTO;
	*value = reply.u64;
	return 0;
}

/* Send with NEED_REPLY and judge the answer. */
static int
command_acked(struct foo_front *f, uint32_t request, const void *payload, size_t len, const int *fd,
	      unsigned int nfds)
{
	struct foo_front_msg reply;
	int ret;

	ret = foo_front_send(f, request, FOO_FRONT_VERSION | FOO_FRONT_NEED_REPLY, payload, len, fd,
			     nfds);
	if (ret != 0)
		return ret;
	ret = foo_front_recv(f, &reply);
	if (ret != 0)
		return ret;
	foo_front_msg_close(&reply);
	if (reply.request != request || !(reply.flags & FOO_FRONT_REPLY) ||
	    reply.size != sizeof(reply.u64))
		return -EPROTO;
	return reply.u64 == 0 ? 0 : -EREMOTEIO;
}

int
foo_front_command(struct foo_front *f, uint32_t request, const void *payload, size_t len,
		  const int *fd, unsigned int nfds)
{
	uint64_t ignored;
	int ret;

	if (foo_front_has_proto(f, FOO_FRONT_P_REPLY_ACK))
		return command_acked(f, request, payload, len, fd, nfds);
	ret = foo_front_send(f, request, FOO_FRONT_VERSION, payload, len, fd, nfds);
	if (ret != 0 || !f->confirm)
		return ret;
	return ask_u64(f, FOO_FRONT_GET_FEATURES, &ignored);
}

static int
command_u64(struct foo_front *f, uint32_t request, uint64_t value)
{
	return foo_front_command(f, request, &value, sizeof(value), NULL, 0);
}

static int
command_state(struct foo_front *f, uint32_t request, unsigned int index, unsigned int num)
{
	const struct vhost_vring_state state = {.index = index, .num = num};

	return foo_front_command(f, request, &state, sizeof(state), NULL, 0);
}

int
foo_front_get_features(struct foo_front *f, uint64_t *features)
{
	int ret = ask_u64(f, FOO_FRONT_GET_FEATURES, features);

	if (ret == 0)
		f->offered = *features;
	return ret;
}

int
foo_front_set_features(struct foo_front *f, uint64_t features)
{
	int ret = command_u64(f, FOO_FRONT_SET_FEATURES, features);

	if (ret == 0)
		f->features = features;
	return ret;
}

int
foo_front_get_protocol_features(struct foo_front *f, uint64_t *features)
{
	int ret = ask_u64(f, FOO_FRONT_GET_PROTOCOL_FEATURES, features);

	if (ret == 0)
		f->proto_offered = *features;
	return ret;
}

int
foo_front_set_protocol_features(struct foo_front *f, uint64_t features)
{
	int ret = command_u64(f, FOO_FRONT_SET_PROTOCOL_FEATURES, features);

	if (ret == 0)
		f->proto = features;
	return ret;
}

int
foo_front_get_queue_num(struct foo_front *f, uint64_t *num)
{
	return ask_u64(f, FOO_FRONT_GET_QUEUE_NUM, num);
}

static int
negotiate_protocol(struct foo_front *f)
{
	uint64_t offered;
	int ret;

	ret = foo_front_get_protocol_features(f, &offered);
	if (ret == 0)
		ret = foo_front_set_protocol_features(f, offered & f->proto_wanted);
	if (ret == 0 && foo_front_has_proto(f, FOO_FRONT_P_MQ))
		ret = foo_front_get_queue_num(f, &f->queue_num);
	return ret;
}

int
foo_front_negotiate(struct foo_front *f, uint64_t wanted)
{
	const uint64_t transport = 1ULL << FOO_FRONT_F_PROTOCOL_FEATURES;
	uint64_t offered;
	int ret;

	ret = foo_front_get_features(f, &offered);
	if (ret == 0 && (offered & transport) && f->proto_wanted != 0) {
		wanted |= transport;
		ret = negotiate_protocol(f);
	}
	if (ret == 0)
		ret = foo_front_command(f, FOO_FRONT_SET_OWNER, NULL, 0, NULL, 0);
	if (ret == 0)
		ret = foo_front_set_features(f, offered & wanted);
	if (ret == 0 && foo_front_has_proto(f, FOO_FRONT_P_STATUS))
		ret = foo_front_set_status(f, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |
						      VIRTIO_CONFIG_S_FEATURES_OK);
	return ret;
}

int
foo_front_driver_ok(struct foo_front *f)
{
	if (!foo_front_has_proto(f, FOO_FRONT_P_STATUS))
		return 0;
	return foo_front_set_status(f, f->status | VIRTIO_CONFIG_S_DRIVER_OK);
}

int
foo_front_set_mem_table(struct foo_front *f, const struct foo_front_region *region,
			unsigned int nregions)
{
	struct {
		uint32_t nregions;
		uint32_t pad;
		struct foo_front_wire_region region[FOO_FRONT_MAX_REGIONS];
	} table;
	int fd[FOO_FRONT_MAX_REGIONS];
	unsigned int i;

	if (nregions > FOO_FRONT_MAX_REGIONS)
		return -EINVAL;
	table.nregions = nregions;
	table.pad = 0;
	for (i = 0; i < nregions; i++) {
		table.region[i] =
			(struct foo_front_wire_region){.gpa = region[i].gpa,
						       .size = region[i].size,
						       .uva = region[i].uva,
						       .mmap_offset = region[i].mmap_offset};
		fd[i] = region[i].fd;
	}
	return foo_front_command(f, FOO_FRONT_SET_MEM_TABLE, &table,
				 8 + nregions * sizeof(table.region[0]), fd, nregions);
}

int
foo_front_set_mem(struct foo_front *f, const struct foo_guest_mem *mem)
{
	struct foo_front_region region[FOO_GUEST_MEM_MAX_REGIONS];
	unsigned int i;

	for (i = 0; i < mem->nregions; i++)
		region[i] = (struct foo_front_region){.gpa = mem->region[i].gpa,
						      .size = mem->region[i].size,
						      .uva = (uintptr_t)mem->region[i].va,
						      .fd = mem->region[i].fd};
	return foo_front_set_mem_table(f, region, mem->nregions);
}

int
foo_front_set_vring_num(struct foo_front *f, unsigned int index, uint32_t num)
{
	return command_state(f, FOO_FRONT_SET_VRING_NUM, index, num);
}

int
foo_front_set_vring_base(struct foo_front *f, unsigned int index, uint32_t base)
{
	return command_state(f, FOO_FRONT_SET_VRING_BASE, index, base);
}

int
foo_front_set_vring_addr(struct foo_front *f, unsigned int index, const struct foo_front_ring *ring)
{
	const struct vhost_vring_addr addr = {.index = index,
					      .flags = ring->log ? 1U << VHOST_VRING_F_LOG : 0,
					      .desc_user_addr = ring->desc,
					      .used_user_addr = ring->device,
					      .avail_user_addr = ring->driver,
					      .log_guest_addr = ring->log_gpa};

	return foo_front_command(f, FOO_FRONT_SET_VRING_ADDR, &addr, sizeof(addr), NULL, 0);
}

int
foo_front_get_vring_base(struct foo_front *f, unsigned int index, uint32_t *base)
{
	const struct vhost_vring_state state = {.index = index};
	struct foo_front_msg reply;
	int ret;

	ret = foo_front_ask(f, FOO_FRONT_GET_VRING_BASE, &state, sizeof(state), NULL, 0, &reply);
	if (ret != 0)
		return ret;
	foo_front_msg_close(&reply);
	if (reply.size != sizeof(reply.state) || reply.state.index != index)
		return -EPROTO;
	*base = reply.state.num;
	return 0;
}

/* KICK, CALL, ERR: the ring's index, and a file or the bit that says there is none. */
static int
command_fd(struct foo_front *f, uint32_t request, unsigned int index, int fd)
{
	const uint64_t value = index | (fd < 0 ? FOO_FRONT_VRING_NOFD : 0);

	return foo_front_command(f, request, &value, sizeof(value), &fd, fd < 0 ? 0 : 1);
}

int
foo_front_set_vring_kick(struct foo_front *f, unsigned int index, int fd)
{
	return command_fd(f, FOO_FRONT_SET_VRING_KICK, index, fd);
}

int
foo_front_set_vring_call(struct foo_front *f, unsigned int index, int fd)
{
	return command_fd(f, FOO_FRONT_SET_VRING_CALL, index, fd);
}

int
foo_front_set_vring_err(struct foo_front *f, unsigned int index, int fd)
{
	return command_fd(f, FOO_FRONT_SET_VRING_ERR, index, fd);
}

int
foo_front_set_vring_enable(struct foo_front *f, unsigned int index, bool on)
{
	return command_state(f, FOO_FRONT_SET_VRING_ENABLE, index, on);
}

int
foo_front_start_queue(struct foo_front *f, unsigned int index, const struct foo_front_ring *ring)
{
	int ret;

	ret = foo_front_set_vring_num(f, index, ring->size);
	if (ret == 0)
		ret = foo_front_set_vring_base(f, index, ring->base);
	if (ret == 0)
		ret = foo_front_set_vring_addr(f, index, ring);
	if (ret == 0)
		ret = foo_front_set_vring_call(f, index, ring->callfd);
	if (ret == 0)
		ret = foo_front_set_vring_kick(f, index, ring->kickfd);
	if (ret == 0 && foo_front_has(f, FOO_FRONT_F_PROTOCOL_FEATURES))
		ret = foo_front_set_vring_enable(f, index, true);
	return ret;
}

struct foo_front_ring
foo_front_ring_of(const struct foo_guest_mem *mem, const struct foo_guest_ring *ring, int callfd)
{
	return (struct foo_front_ring){
		.size = ring->size,
		.base = ring->used_idx | (ring->packed && ring->used_wrap ? 0x8000 : 0),
		.desc = (uintptr_t)foo_guest_mem_va(mem, ring->desc_gpa, 1),
		.driver = (uintptr_t)foo_guest_mem_va(mem, ring->driver_gpa, 1),
		.device = (uintptr_t)foo_guest_mem_va(mem, ring->device_gpa, 1),
		.log_gpa = ring->device_gpa,
		.kickfd = ring->kickfd,
		.callfd = callfd,
	};
}

int
foo_front_start_ring(struct foo_front *f, unsigned int index, const struct foo_guest_mem *mem,
		     const struct foo_guest_ring *ring, int callfd)
{
	const struct foo_front_ring r = foo_front_ring_of(mem, ring, callfd);

	return foo_front_start_queue(f, index, &r);
}

int
foo_front_stop_queue(struct foo_front *f, unsigned int index, uint16_t *base)
{
	uint32_t num = 0;
	int ret = 0;

	if (foo_front_has(f, FOO_FRONT_F_PROTOCOL_FEATURES))
		ret = foo_front_set_vring_enable(f, index, false);
	if (ret == 0)
		ret = foo_front_get_vring_base(f, index, &num);
	if (ret == 0 && base != NULL)
		*base = num;
	return ret;
}

int
foo_front_set_log_base(struct foo_front *f, int fd, uint64_t size, uint64_t offset)
{
	const struct foo_front_wire_log log = {.size = size, .offset = offset};
	struct foo_front_msg reply;
	int ret;

	ret = foo_front_ask(f, FOO_FRONT_SET_LOG_BASE, &log, sizeof(log), &fd, 1, &reply);
	if (ret == 0)
		foo_front_msg_close(&reply);
	return ret;
}

/* Offset, size and flags come before the bytes. */
#define CONFIG_HDR offsetof(struct foo_front_wire_config, data)

int
foo_front_get_config(struct foo_front *f, uint32_t offset, void *buf, uint32_t len)
{
	struct foo_front_wire_config cfg = {.offset = offset, .size = len};
	struct foo_front_msg reply;
	int ret;

	if (len > sizeof(cfg.data))
		return -EINVAL;
	ret = foo_front_ask(f, FOO_FRONT_GET_CONFIG, &cfg, CONFIG_HDR + len, NULL, 0, &reply);
	if (ret != 0)
		return ret;
	foo_front_msg_close(&reply);
	if (reply.size == 0)
		return -EINVAL;
	if (reply.size < CONFIG_HDR + len)
		return -EPROTO;
	memcpy(buf, reply.config.data, len);
	return 0;
}

int
foo_front_set_config(struct foo_front *f, uint32_t offset, const void *buf, uint32_t len,
		     uint32_t flags)
{
	struct foo_front_wire_config cfg = {.offset = offset, .size = len, .flags = flags};

	if (len > sizeof(cfg.data))
		return -EINVAL;
	memcpy(cfg.data, buf, len);
	return foo_front_command(f, FOO_FRONT_SET_CONFIG, &cfg, CONFIG_HDR + len, NULL, 0);
}

int
foo_front_set_mtu(struct foo_front *f, uint64_t mtu)
{
	return command_u64(f, FOO_FRONT_NET_SET_MTU, mtu);
}

int
foo_front_set_status(struct foo_front *f, uint8_t status)
{
	int ret = command_u64(f, FOO_FRONT_SET_STATUS, status);

	if (ret == 0)
		f->status = status;
	return ret;
}

int
foo_front_get_status(struct foo_front *f, uint64_t *status)
{
	return ask_u64(f, FOO_FRONT_GET_STATUS, status);
}

int
foo_front_get_inflight(struct foo_front *f, struct foo_front_wire_inflight *desc, int *fd)
{
	struct foo_front_msg reply;
	int ret;

	ret = foo_front_ask(f, FOO_FRONT_GET_INFLIGHT_FD, desc, sizeof(*desc), NULL, 0, &reply);
	if (ret != 0)
		return ret;
	if (reply.nfds != 1 || reply.size < sizeof(*desc)) {
		foo_front_msg_close(&reply);
		return -EPROTO;
	}
	*desc = reply.inflight;
	*fd = reply.fd[0];
	return 0;
}

int
foo_front_set_inflight(struct foo_front *f, const struct foo_front_wire_inflight *desc, int fd)
{
	return foo_front_command(f, FOO_FRONT_SET_INFLIGHT_FD, desc, sizeof(*desc), &fd, 1);
}

int
foo_front_open_backend_channel(struct foo_front *f)
{
	int sv[2];
	int ret;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sv) != 0)
		return -errno;
	if (f->backend_sock >= 0)
		close(f->backend_sock);
	f->backend_sock = sv[0];
	ret = foo_front_command(f, FOO_FRONT_SET_BACKEND_REQ_FD, NULL, 0, &sv[1], 1);
	close(sv[1]);
	return ret;
}
