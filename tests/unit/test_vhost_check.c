/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/* The check of vhost-user messages: each rule with what it must refuse and what it must not. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/virtio_config.h>

#include <rte_common.h>

#include "foo_vhost_priv.h"

#define BIT(n) (UINT64_C(1) << (n))
#define RINGS 4
#define FILE_SIZE UINT64_C(0x200000)
#define UADDR UINT64_C(0x7f0000000000)
#define PACKED BIT(VIRTIO_F_RING_PACKED)

static struct foo_vhost_ring ring[RINGS];
static struct foo_vhost_state st;
static struct foo_vhost_msg m;
static uint8_t memory[FILE_SIZE];
static int memfd = -1;

/* A device with four rings, everything negotiated, one region of memory, rings of 64. */
static int
setup(__rte_unused void **state)
{
	int i;

	memset(ring, 0, sizeof(ring));
	memset(&st, 0, sizeof(st));
	st.nqueues = RINGS;
	st.ring = ring;
	st.offered = BIT(VIRTIO_F_VERSION_1) | PACKED | BIT(VIRTIO_RING_F_EVENT_IDX) | VHU_F_MASK;
	st.proto_offered = BIT(VHU_PROTO_MQ) | BIT(VHU_PROTO_LOG_SHMFD) | BIT(VHU_PROTO_REPLY_ACK) |
			   BIT(VHU_PROTO_CONFIG) | BIT(VHU_PROTO_BACKEND_REQ) |
			   BIT(VHU_PROTO_NET_MTU) | BIT(VHU_PROTO_STATUS);
	st.has_features = true;
	st.features = BIT(VIRTIO_F_VERSION_1) | BIT(VHU_F_PROTOCOL_FEATURES);
	st.map.nregions = 1;
	st.map.region[0] = (struct foo_vhost_region){
		.gpa = 0, .size = FILE_SIZE, .uaddr = UADDR, .area.va = memory};
	for (i = 0; i < RINGS; i++)
		ring[i].num = 64;
	memfd = memfd_create("check", MFD_CLOEXEC);
	return memfd >= 0 && ftruncate(memfd, FILE_SIZE) == 0 ? 0 : -1;
}

static int
teardown(__rte_unused void **state)
{
	close(memfd);
	return 0;
}

/* Begin a message. */
static void
begin(uint32_t request, uint32_t size)
{
	memset(&m, 0, sizeof(m));
	memset(m.fd, 0xff, sizeof(m.fd));
	m.request = request;
	m.flags = VHU_VERSION;
	m.size = size;
}

static void
with_fd(int fd)
{
	m.fd[m.nfds++] = fd;
}

static int
check(void)
{
	struct foo_error err = {""};
	int ret = foo_vhost_check(&st, &m, &err);

	/* each refusal has a reason, in one line */
	assert_true((ret == 0) == (err.text[0] == '\0'));
	assert_null(strchr(err.text, '\n'));
	return ret;
}

static int
check_u64(uint32_t request, uint64_t value)
{
	begin(request, 8);
	m.u64 = value;
	return check();
}

static int
check_state(uint32_t request, uint32_t index, uint32_t num)
{
	begin(request, sizeof(m.state));
	m.state.index = index;
	m.state.num = num;
	return check();
}

static void
test_header(__rte_unused void **state)
{
	static const uint32_t unknown[] = {0, 22, 23, 26, 28, 33, 37, 41, 1000, UINT32_MAX};
	unsigned int i;

	begin(VHU_GET_FEATURES, 0);
	assert_int_equal(check(), 0);
	m.flags = VHU_VERSION | VHU_NEED_REPLY;
	assert_int_equal(check(), 0);
	m.flags = 0;
	assert_int_equal(check(), -EPROTO);
	m.flags = 2;
	assert_int_equal(check(), -EPROTO);
	m.flags = VHU_VERSION | VHU_REPLY;
	assert_int_equal(check(), -EPROTO);
	for (i = 0; i < RTE_DIM(unknown); i++) {
		begin(unknown[i], 0);
		assert_int_equal(check(), -EPROTO);
		assert_null(foo_vhost_request_name(unknown[i]));
		assert_int_equal(foo_vhost_msg_ring(&m), -1);
	}
}

static void
test_sizes(__rte_unused void **state)
{
	static const struct {
		uint32_t request, size;
	} right[] = {
		{VHU_GET_FEATURES, 0},
		{VHU_SET_FEATURES, 8},
		{VHU_SET_OWNER, 0},
		{VHU_RESET_OWNER, 0},
		{VHU_SET_VRING_NUM, 8},
		{VHU_SET_VRING_ADDR, 40},
		{VHU_SET_VRING_BASE, 8},
		{VHU_GET_VRING_BASE, 8},
		{VHU_SET_VRING_ENABLE, 8},
		{VHU_GET_PROTOCOL_FEATURES, 0},
		{VHU_SET_PROTOCOL_FEATURES, 8},
		{VHU_GET_QUEUE_NUM, 0},
		{VHU_NET_SET_MTU, 8},
		{VHU_SET_STATUS, 8},
		{VHU_GET_STATUS, 0},
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(right); i++) {
		begin(right[i].request, right[i].size);
		if (check() == -EPROTO)
			fail_msg("request %u", right[i].request);
		m.size = right[i].size + 1;
		assert_int_equal(check(), -EPROTO);
		m.size = UINT32_MAX;
		assert_int_equal(check(), -EPROTO);
		if (right[i].size > 0) {
			m.size = right[i].size - 1;
			assert_int_equal(check(), -EPROTO);
			m.size = 0;
			assert_int_equal(check(), -EPROTO);
		}
	}
}

static void
test_files(__rte_unused void **state)
{
	int fd = eventfd(0, EFD_CLOEXEC);

	/* none where none belongs */
	begin(VHU_SET_FEATURES, 8);
	with_fd(fd);
	assert_int_equal(check(), -EPROTO);
	/* one, or none and a bit that says so */
	begin(VHU_SET_VRING_CALL, 8);
	assert_int_equal(check(), -EPROTO);
	with_fd(fd);
	assert_int_equal(check(), 0);
	with_fd(fd);
	assert_int_equal(check(), -EPROTO);
	begin(VHU_SET_VRING_CALL, 8);
	m.u64 = VHU_RING_NOFD;
	assert_int_equal(check(), 0);
	with_fd(fd);
	assert_int_equal(check(), -EPROTO);
	begin(VHU_SET_LOG_FD, 0);
	assert_int_equal(check(), -EPROTO);
	with_fd(fd);
	assert_int_equal(check(), 0);
	close(fd);
}

/* Lcores write to call files and sleep on kick files. */
static void
test_eventfds(__rte_unused void **state)
{
	int fd[2], sock[2], poll = epoll_create1(EPOLL_CLOEXEC), i;
	static const uint32_t request[] = {VHU_SET_VRING_KICK, VHU_SET_VRING_CALL};

	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sock), 0);
	for (i = 0; i < 2; i++) {
		const int bad[] = {fd[0], fd[1], sock[0], poll, memfd};

		for (unsigned int j = 0; j < RTE_DIM(bad); j++) {
			begin(request[i], 8);
			with_fd(bad[j]);
			assert_int_equal(check(), -EPROTO);
		}
	}
	close(fd[0]);
	close(fd[1]);
	close(sock[0]);
	close(sock[1]);
	close(poll);
}

static void
test_ring_index(__rte_unused void **state)
{
	static const uint32_t request[] = {VHU_SET_VRING_NUM, VHU_SET_VRING_BASE,
					   VHU_GET_VRING_BASE, VHU_SET_VRING_ENABLE};
	unsigned int i;

	for (i = 0; i < RTE_DIM(request); i++) {
		assert_int_equal(check_state(request[i], RINGS - 1, 1), 0);
		assert_int_equal(foo_vhost_msg_ring(&m), RINGS - 1);
		assert_int_equal(check_state(request[i], RINGS, 1), -EINVAL);
		assert_int_equal(check_state(request[i], 255, 1), -EINVAL);
		/* beyond what the library has room for */
		assert_int_equal(check_state(request[i], 256, 1), -EPROTO);
		assert_int_equal(check_state(request[i], 0x10000, 1), -EPROTO);
		assert_int_equal(check_state(request[i], UINT32_MAX, 1), -EPROTO);
	}
	begin(VHU_SET_VRING_ADDR, sizeof(m.addr));
	m.addr.index = RINGS;
	assert_int_equal(check(), -EINVAL);
	assert_int_equal(check_u64(VHU_SET_VRING_KICK, VHU_RING_NOFD | RINGS), -EINVAL);
	assert_int_equal(check_u64(VHU_SET_VRING_KICK, VHU_RING_NOFD | (RINGS - 1)), 0);
}

static void
test_features(__rte_unused void **state)
{
	assert_int_equal(check_u64(VHU_SET_FEATURES, st.offered), 0);
	assert_int_equal(check_u64(VHU_SET_FEATURES, 0), 0);
	assert_int_equal(check_u64(VHU_SET_FEATURES, st.offered | BIT(40)), -EINVAL);
	assert_int_equal(check_u64(VHU_SET_FEATURES, UINT64_MAX), -EINVAL);
	assert_int_equal(check_u64(VHU_SET_PROTOCOL_FEATURES, st.proto_offered), 0);
	assert_int_equal(check_u64(VHU_SET_PROTOCOL_FEATURES, BIT(12)), -EINVAL);
	/* while a ring is started the dirty log may be switched, no more */
	ring[2].kicked = true;
	assert_int_equal(check_u64(VHU_SET_FEATURES, st.features), 0);
	assert_int_equal(check_u64(VHU_SET_FEATURES, st.features | BIT(VHU_F_LOG_ALL)), 0);
	assert_int_equal(check_u64(VHU_SET_FEATURES, st.features | PACKED), -EBUSY);
	assert_int_equal(check_u64(VHU_SET_FEATURES, 0), -EBUSY);
}

static void
test_proto_not_offered(__rte_unused void **state)
{
	assert_int_equal(check_u64(VHU_SEND_RARP, 0), -ENOTSUP);
	st.proto_offered = 0;
	assert_int_equal(check_u64(VHU_NET_SET_MTU, 1500), -ENOTSUP);
	assert_int_equal(check_u64(VHU_SET_STATUS, 0), -ENOTSUP);
	begin(VHU_GET_CONFIG, VHU_CONFIG_HDR);
	assert_int_equal(check(), -ENOTSUP);
	begin(VHU_SET_LOG_BASE, sizeof(m.log));
	m.log.size = 4096;
	with_fd(memfd);
	assert_int_equal(check(), -ENOTSUP);
}

static void
test_ring_size(__rte_unused void **state)
{
	assert_int_equal(check_state(VHU_SET_VRING_NUM, 0, 1), 0);
	assert_int_equal(check_state(VHU_SET_VRING_NUM, 0, 32768), 0);
	assert_int_equal(check_state(VHU_SET_VRING_NUM, 0, 0), -EINVAL);
	assert_int_equal(check_state(VHU_SET_VRING_NUM, 0, 32769), -EINVAL);
	assert_int_equal(check_state(VHU_SET_VRING_NUM, 0, 65536 + 64), -EINVAL);
	assert_int_equal(check_state(VHU_SET_VRING_NUM, 0, 48), -EINVAL);
	st.features |= PACKED;
	assert_int_equal(check_state(VHU_SET_VRING_NUM, 0, 48), 0);
	assert_int_equal(check_state(VHU_SET_VRING_NUM, 0, 32769), -EINVAL);
}

static void
test_ring_base(__rte_unused void **state)
{
	assert_int_equal(check_state(VHU_SET_VRING_BASE, 0, 65535), 0);
	assert_int_equal(check_state(VHU_SET_VRING_BASE, 0, 65536), -EINVAL);
	st.features |= PACKED;
	assert_int_equal(check_state(VHU_SET_VRING_BASE, 0, 0x8000 | 63), 0);
	assert_int_equal(check_state(VHU_SET_VRING_BASE, 0, 0x80008000), 0);
	assert_int_equal(check_state(VHU_SET_VRING_BASE, 0, 64), -EINVAL);
	/* a size may come later */
	ring[0].num = 0;
	assert_int_equal(check_state(VHU_SET_VRING_BASE, 0, 64), 0);
}

static int
check_addr(uint64_t desc, uint64_t avail, uint64_t used)
{
	begin(VHU_SET_VRING_ADDR, sizeof(m.addr));
	m.addr.desc = desc;
	m.addr.avail = avail;
	m.addr.used = used;
	return check();
}

static void
test_ring_address(__rte_unused void **state)
{
	const uint64_t end = UADDR + FILE_SIZE;

	assert_int_equal(check_addr(UADDR, UADDR + 0x1000, UADDR + 0x2000), 0);
	/* alignment: VIRTIO 1.2, 2.7 */
	assert_int_equal(check_addr(UADDR + 8, UADDR + 0x1000, UADDR + 0x2000), -EINVAL);
	assert_int_equal(check_addr(UADDR, UADDR + 0x1001, UADDR + 0x2000), -EINVAL);
	assert_int_equal(check_addr(UADDR, UADDR + 0x1002, UADDR + 0x2000), 0);
	assert_int_equal(check_addr(UADDR, UADDR + 0x1000, UADDR + 0x2002), -EINVAL);
	/* the last descriptor fits, the next would not */
	assert_int_equal(check_addr(end - 64 * 16, UADDR, UADDR + 0x2000), 0);
	assert_int_equal(check_addr(end - 64 * 16 + 16, UADDR, UADDR + 0x2000), -EFAULT);
	assert_int_equal(check_addr(UADDR - 16, UADDR, UADDR + 0x2000), -EFAULT);
	assert_int_equal(check_addr(UINT64_MAX - 15, UADDR, UADDR + 0x2000), -EFAULT);
	assert_int_equal(check_addr(0, UADDR, UADDR + 0x2000), -EFAULT);
	/* 4 + 2 * 64 bytes, and 2 more with EVENT_IDX */
	assert_int_equal(check_addr(UADDR, end - 132, UADDR), 0);
	assert_int_equal(check_addr(UADDR, end - 130, UADDR), -EFAULT);
	st.features |= BIT(VIRTIO_RING_F_EVENT_IDX);
	assert_int_equal(check_addr(UADDR, end - 132, UADDR), -EFAULT);
	/* 4 + 8 * 64 + 2 bytes */
	assert_int_equal(check_addr(UADDR, UADDR, end - 520), 0);
	assert_int_equal(check_addr(UADDR, UADDR, end - 516), -EFAULT);
	st.features |= PACKED;
	assert_int_equal(check_addr(UADDR, end - 4, end - 4), 0);
	assert_int_equal(check_addr(UADDR, end - 2, end - 4), -EINVAL);
	/* a table must be there, a size may come later */
	ring[0].num = 0;
	assert_int_equal(check_addr(end - 16, UADDR, UADDR), 0);
	assert_int_equal(check_addr(end, UADDR, UADDR), -EFAULT);
	st.map.nregions = 0;
	assert_int_equal(check_addr(UADDR, UADDR, UADDR), -EINVAL);
}

static void
test_order(__rte_unused void **state)
{
	/* QEMU enables rings first of all */
	st.has_features = false;
	st.map.nregions = 0;
	assert_int_equal(check_state(VHU_SET_VRING_ENABLE, 0, 1), 0);
	assert_int_equal(check_state(VHU_SET_VRING_ENABLE, 0, 2), -ERANGE);
	assert_int_equal(check_u64(VHU_SET_VRING_CALL, VHU_RING_NOFD), 0);
	assert_int_equal(check_u64(VHU_SET_VRING_KICK, VHU_RING_NOFD), -EINVAL);
	/* a size whose format is not known yet */
	assert_int_equal(check_state(VHU_SET_VRING_NUM, 0, 48), 0);
}

/* SET_MEM_TABLE of n regions of 64 KiB, one behind the other. */
static void
begin_table(uint32_t n)
{
	uint32_t i;

	begin(VHU_SET_MEM_TABLE, 8 + n * sizeof(struct vhu_region));
	m.mem.nregions = n;
	for (i = 0; i < n && i < VHU_MAX_FDS; i++) {
		m.mem.region[i] = (struct vhu_region){.gpa = i * 0x10000,
						      .size = 0x10000,
						      .uaddr = UADDR + i * 0x10000,
						      .offset = i * 0x10000};
		with_fd(memfd);
	}
}

static void
test_table_count(__rte_unused void **state)
{
	begin_table(1);
	assert_int_equal(check(), 0);
	begin_table(8);
	assert_int_equal(check(), 0);
	begin_table(0);
	assert_int_equal(check(), -EINVAL);
	begin_table(9);
	assert_int_equal(check(), -EPROTO);
	/* it says nine, or very many, in a message of proper size */
	begin_table(8);
	m.mem.nregions = 9;
	assert_int_equal(check(), -EINVAL);
	m.mem.nregions = 0x08000001;
	assert_int_equal(check(), -EINVAL);
	/* fewer bytes, fewer and more files than regions */
	begin_table(2);
	m.size -= 1;
	assert_int_equal(check(), -EPROTO);
	begin_table(2);
	m.nfds = 1;
	assert_int_equal(check(), -EPROTO);
	begin_table(2);
	with_fd(memfd);
	assert_int_equal(check(), -EPROTO);
}

static int
check_region(uint64_t gpa, uint64_t size, uint64_t uaddr, uint64_t offset)
{
	begin_table(1);
	m.mem.region[0] =
		(struct vhu_region){.gpa = gpa, .size = size, .uaddr = uaddr, .offset = offset};
	return check();
}

static void
test_region_range(__rte_unused void **state)
{
	assert_int_equal(check_region(0, FILE_SIZE, UADDR, 0), 0);
	assert_int_equal(check_region(0, FILE_SIZE - 4096, UADDR, 4096), 0);
	assert_int_equal(check_region(0, FILE_SIZE + 1, UADDR, 0), -ERANGE);
	assert_int_equal(check_region(0, FILE_SIZE, UADDR, 1), -ERANGE);
	assert_int_equal(check_region(0, 4096, UADDR, FILE_SIZE), -ERANGE);
	assert_int_equal(check_region(0, 0, UADDR, 0), -EINVAL);
	assert_int_equal(check_region(UINT64_MAX - 4095, 8192, UADDR, 0), -ERANGE);
	assert_int_equal(check_region(0, 8192, UINT64_MAX - 4095, 0), -ERANGE);
	assert_int_equal(check_region(0, 8192, UADDR, UINT64_MAX - 4095), -ERANGE);
	assert_int_equal(check_region(0, UINT64_MAX, UADDR, 0), -ERANGE);
}

static void
test_region_overlap(__rte_unused void **state)
{
	begin_table(3);
	m.mem.region[2].gpa = 0xffff;
	assert_int_equal(check(), -EEXIST);
	m.mem.region[2].gpa = 0;
	assert_int_equal(check(), -EEXIST);
	m.mem.region[2].gpa = 0x1ffff;
	assert_int_equal(check(), -EEXIST);
	m.mem.region[2].gpa = 0x20000;
	assert_int_equal(check(), 0);
	/* the first inside the last */
	m.mem.region[0].gpa = 0x20008;
	m.mem.region[0].size = 16;
	assert_int_equal(check(), -EEXIST);
}

static void
test_region_file(__rte_unused void **state)
{
	char path[32];
	int file;

	begin_table(1);
	/* on a disk: who knows whose */
	file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	m.fd[0] = file;
	assert_int_equal(check(), -EPROTO);
	close(file);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", memfd);
	file = open(path, O_RDONLY | O_CLOEXEC);
	m.fd[0] = file;
	assert_int_equal(check(), -EACCES);
	close(file);
}

static int
check_log(uint64_t size, uint64_t offset)
{
	begin(VHU_SET_LOG_BASE, sizeof(m.log));
	m.log.size = size;
	m.log.offset = offset;
	with_fd(memfd);
	return check();
}

static void
test_log(__rte_unused void **state)
{
	assert_int_equal(check_log(FILE_SIZE, 0), 0);
	assert_int_equal(check_log(FILE_SIZE - 4096, 4096), 0);
	assert_int_equal(check_log(FILE_SIZE + 1, 0), -ERANGE);
	assert_int_equal(check_log(FILE_SIZE, 1), -ERANGE);
	assert_int_equal(check_log(0, 0), -EINVAL);
	assert_int_equal(check_log(4096, UINT64_MAX - 1), -ERANGE);
}

static int
check_config(uint32_t request, uint32_t offset, uint32_t size, uint32_t payload)
{
	begin(request, VHU_CONFIG_HDR + payload);
	m.config.offset = offset;
	m.config.size = size;
	return check();
}

static void
test_config(__rte_unused void **state)
{
	static const uint32_t request[] = {VHU_GET_CONFIG, VHU_SET_CONFIG};
	unsigned int i;

	for (i = 0; i < 2; i++) {
		assert_int_equal(check_config(request[i], 0, 256, 256), 0);
		assert_int_equal(check_config(request[i], 255, 1, 1), 0);
		assert_int_equal(check_config(request[i], 256, 0, 0), 0);
		assert_int_equal(check_config(request[i], 256, 1, 1), -ERANGE);
		assert_int_equal(check_config(request[i], 200, 57, 57), -ERANGE);
		assert_int_equal(check_config(request[i], UINT32_MAX, 1, 1), -ERANGE);
		assert_int_equal(check_config(request[i], UINT32_MAX - 255, 256, 256), -ERANGE);
		assert_int_equal(check_config(request[i], 0, 257, 257), -EPROTO);
		assert_int_equal(check_config(request[i], 0, 256, 255), -EPROTO);
		assert_int_equal(check_config(request[i], 0, UINT32_MAX, 256), -EPROTO);
		assert_int_equal(check_config(request[i], 0, UINT32_MAX - 11, 0), -EPROTO);
	}
}

static void
test_numbers(__rte_unused void **state)
{
	assert_int_equal(check_u64(VHU_NET_SET_MTU, 68), 0);
	assert_int_equal(check_u64(VHU_NET_SET_MTU, 65535), 0);
	assert_int_equal(check_u64(VHU_NET_SET_MTU, 67), -ERANGE);
	assert_int_equal(check_u64(VHU_NET_SET_MTU, 65536), -ERANGE);
	assert_int_equal(check_u64(VHU_SET_STATUS, 255), 0);
	assert_int_equal(check_u64(VHU_SET_STATUS, 256), -ERANGE);
}

static void
test_backend_channel(__rte_unused void **state)
{
	int sock[2];

	begin(VHU_SET_BACKEND_REQ_FD, 0);
	assert_int_equal(check(), -EPROTO);
	with_fd(memfd);
	assert_int_equal(check(), -EPROTO);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sock), 0);
	m.fd[0] = sock[0];
	assert_int_equal(check(), 0);
	close(sock[0]);
	close(sock[1]);
	m.fd[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(check(), -EPROTO);
	close(m.fd[0]);
}

#define check_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		check_test(test_header),
		check_test(test_sizes),
		check_test(test_files),
		check_test(test_eventfds),
		check_test(test_ring_index),
		check_test(test_features),
		check_test(test_proto_not_offered),
		check_test(test_ring_size),
		check_test(test_ring_base),
		check_test(test_ring_address),
		check_test(test_order),
		check_test(test_table_count),
		check_test(test_region_range),
		check_test(test_region_overlap),
		check_test(test_region_file),
		check_test(test_log),
		check_test(test_config),
		check_test(test_numbers),
		check_test(test_backend_channel),
	};

	return cmocka_run_group_tests_name("vhost_check", tests, NULL, NULL);
}
