/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/* Why EAL failed, in one line, from what it logs; which of its files are removed; feature names. */

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_common.h>

#include "foo_eal_errors.h"
#include "foo_eal_files.h"
#include "foo_features.h"

/* A machine with two CPUs and huge pages, and a user who asked for little. */
static const struct foo_eal_facts machine = {
	.eal = {.lcores_option = "-l", .lcores = "2-5"},
	.cpus = "0-1",
	.allowed = "0-1",
	.huge_kb = 2048,
	.huge_total = 1024,
	.huge_free = 512,
	.huge_mount = "/dev/hugepages",
	.user = "nobody",
};

/* The message for a log must have each of the texts (NULL: no more), in one line. */
static void
explains(const struct foo_eal_facts *facts, const char *log, const char *a, const char *b,
	 const char *c)
{
	const char *const texts[] = {a, b, c};
	struct foo_error err;

	foo_eal_explain(log, facts, &err);
	assert_null(strchr(err.text, '\n'));
	for (unsigned int i = 0; i < RTE_DIM(texts) && texts[i] != NULL; i++)
		if (strstr(err.text, texts[i]) == NULL)
			fail_msg("'%s' lacks '%s'", err.text, texts[i]);
}

static void
test_lcores(__rte_unused void **state)
{
	struct foo_eal_facts f = machine;

	explains(&f,
		 "EAL: lcore 2 unavailable\nEAL: lcore 3 unavailable\n"
		 "EAL: invalid core list, please check specified cores are part of 0-1\n",
		 "-l 2-5", "no CPU 2, only 0-1", "--lcores '(2-5)@(0-1)'");
	explains(&f, "EAL: invalid core list syntax\n", "-l: '2-5'", "-l 0", NULL);
	explains(&f, "EAL: Main lcore is not enabled for DPDK\n", "--main-lcore", "-l 2-5", NULL);
	explains(&f, "EAL: Cannot set affinity\n", "only 0-1 are", "--lcores", NULL);
	f.eal.lcores_option = "--lcores";
	f.eal.lcores = "0@17";
	explains(&f, "EAL: core 17 unavailable\nEAL: invalid parameter for --lcores\n",
		 "--lcores 0@17", "no CPU 17, only 0-1", NULL);
	explains(&f, "EAL: invalid parameter for --lcores\n", "--lcores: '0@17'", "'0@0", NULL);
	f.eal.lcores_option = NULL;
	f.eal.lcores = NULL;
	explains(&f, "EAL: lcore 9 unavailable\n", "no CPU 9", "0-1", NULL);
}

static void
test_memory(__rte_unused void **state)
{
	static const char no_info[] = "EAL: Cannot get hugepage information.\n";
	static const char no_service[] = "EAL: error allocating rte services array\n"
					 "EAL: rte_service_init() failed\n";
	struct foo_eal_facts f = machine;

	explains(&f, no_service, "512 of 1024 are free", "vm.nr_hugepages=1280", "--no-huge");
	f.huge_free = 0;
	explains(&f, no_service, "all 1024 huge pages are in use", "/dev/hugepages", "--no-huge");
	f.eal.huge_dir = "/nowhere";
	explains(&f, no_info, "--huge-dir /nowhere", "/dev/hugepages", NULL);
	f.huge_mount[0] = '\0';
	explains(&f, no_info, "no hugetlbfs is mounted", "mount -t hugetlbfs", "--no-huge");
	f.huge_total = 0;
	explains(&f, no_info, "no huge pages", "vm.nr_hugepages=256", "--no-huge");
	f.eal.no_huge = true;
	explains(&f, "EAL: Cannot init memory\n", "-m", NULL, NULL);
}

static void
test_memory_size(__rte_unused void **state)
{
	static const char log[] =
		"EAL: Not enough memory available! Requested: 9000MB, available: 64MB\n"
		"EAL: FATAL: Cannot init memory\n";
	struct foo_eal_facts f = machine;

	f.eal.memory_option = "--socket-mem";
	f.eal.memory = "9000";
	explains(&f, log, "--socket-mem 9000: 9000 MB", "64 MB are free", "vm.nr_hugepages=4500");
	f.eal.memory = NULL; /* not the user's wish */
	explains(&f, log, "not enough memory in huge pages", "vm.nr_hugepages", NULL);
}

static void
test_permission(__rte_unused void **state)
{
	explains(&machine,
		 "EAL: get_seg_fd(): open '/dev/hugepages/rtemap_0' failed: Permission denied\n"
		 "EAL: Couldn't get fd on hugepage file\nEAL: rte_service_init() failed\n",
		 "permission", "chown nobody /dev/hugepages", "--in-memory");
	explains(&machine,
		 "EAL: Error creating '/root/dpdk': Permission denied\n"
		 "EAL: Cannot create runtime directory\n",
		 "permission", "/root/dpdk:", "XDG_RUNTIME_DIR");
}

static void
test_others(__rte_unused void **state)
{
	struct foo_eal_facts f = machine;

	explains(&f,
		 "EAL: Cannot create lock on '/var/run/dpdk/rte/config'. Is another primary "
		 "process running?\n",
		 "'rte'", "--file-prefix rte2", NULL);
	f.eal.file_prefix = "x";
	explains(&f, "EAL: Is another primary process running?\n", "'x'", "--file-prefix x2", NULL);
	explains(&f,
		 "EAL: failed to parse device \"net_vhots0,iface=a\"\n"
		 "EAL: Unable to parse device 'net_vhots0,iface=a'\n",
		 "--vdev net_vhots0", "did you mean net_vhost0?", NULL);
	/* what no rule knows: its first line, but no remark */
	explains(&f,
		 "EAL: No free 1048576 kB hugepages reported on node 0\n"
		 "EAL: Something new\nEAL: FATAL: so it ends\n",
		 "EAL: Something new", NULL, NULL);
	explains(&f, "", "gave no reason", "--log-level", NULL);
}

/* A folder with the files of a primary process; "" if it cannot be made. */
static void
make_dir(char *dir, size_t size)
{
	static const char *const names[] = {"config", "fbarray_memzone", "mp_socket",
					    "hugepage_info"};
	char path[128];

	snprintf(dir, size, "/tmp/foo-test-eal.XXXXXX");
	assert_non_null(mkdtemp(dir));
	for (unsigned int i = 0; i < RTE_DIM(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		close(open(path, O_CREAT | O_RDWR, 0600));
	}
}

static bool
exists(const char *dir, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return access(path, F_OK) == 0;
}

static void
test_dir_is_removed(__rte_unused void **state)
{
	char dir[64];

	make_dir(dir, sizeof(dir));
	foo_eal_files_remove_dir(dir);
	assert_int_not_equal(access(dir, F_OK), 0);
	foo_eal_files_remove_dir(dir); /* and again, when it is gone */
	foo_eal_files_remove_dir("");
}

/* A file that EAL does not make stays, and so does the folder. */
static void
test_dir_keeps_foreign_files(__rte_unused void **state)
{
	char dir[64], path[128];

	make_dir(dir, sizeof(dir));
	snprintf(path, sizeof(path), "%s/dpdk_telemetry.v2:1", dir);
	close(open(path, O_CREAT | O_RDWR, 0600));
	foo_eal_files_remove_dir(dir);
	assert_false(exists(dir, "config"));
	assert_true(exists(dir, "dpdk_telemetry.v2:1"));
	unlink(path);
	foo_eal_files_remove_dir(dir);
	assert_int_not_equal(access(dir, F_OK), 0);
}

/* A process that lives holds a lock on part of the file "config". */
static pid_t
lock_config(const char *dir)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 100, .l_len = 10};
	char path[128], byte;
	int ready[2];
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	snprintf(path, sizeof(path), "%s/config", dir);
	pid = fork();
	if (pid == 0) {
		if (fcntl(open(path, O_RDWR), F_SETLK, &lock) == 0 && write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void
test_dir_of_another_process(__rte_unused void **state)
{
	char dir[64];
	pid_t pid;

	make_dir(dir, sizeof(dir));
	pid = lock_config(dir);
	foo_eal_files_remove_dir(dir);
	assert_true(exists(dir, "config"));
	assert_true(exists(dir, "mp_socket"));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	foo_eal_files_remove_dir(dir);
	assert_int_not_equal(access(dir, F_OK), 0);
}

static void *
map_file(const char *dir, const char *name)
{
	char path[128];
	void *map;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_CREAT | O_RDWR, 0600);
	assert_int_equal(ftruncate(fd, 4096), 0);
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(map, MAP_FAILED);
	close(fd);
	return map;
}

/* Of the files that are mapped, those with the names of the prefix's huge pages. */
static void
test_huge_files(__rte_unused void **state)
{
	static const char *const names[] = {"pmap_0", "pmap_12", "ppmap_0",
					    "pmap_",  "pmap_1x", "map_0"};
	void *map[RTE_DIM(names)];
	char dir[] = "/tmp/foo-test-eal.XXXXXX", path[128];

	assert_non_null(mkdtemp(dir));
	for (unsigned int i = 0; i < RTE_DIM(names); i++)
		map[i] = map_file(dir, names[i]);
	foo_eal_files_unlink_huge("p");
	for (unsigned int i = 0; i < RTE_DIM(names); i++) {
		assert_int_equal(exists(dir, names[i]), i >= 2);
		munmap(map[i], 4096);
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(dir), 0);
}

static void
test_features(__rte_unused void **state)
{
	assert_string_equal(foo_feature_name(1, 0), "VIRTIO_NET_F_CSUM");
	assert_string_equal(foo_feature_name(1, 22), "VIRTIO_NET_F_MQ");
	assert_string_equal(foo_feature_name(1, 32), "VIRTIO_F_VERSION_1");
	assert_string_equal(foo_feature_name(2, 32), "VIRTIO_F_VERSION_1");
	assert_string_equal(foo_feature_name(2, 28), "VIRTIO_RING_F_INDIRECT_DESC");
	assert_null(foo_feature_name(2, 22));
	assert_null(foo_feature_name(1, 4));
	assert_null(foo_feature_name(1, 64));
	assert_null(foo_feature_name(1, 30));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lcores),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_memory_size),
		cmocka_unit_test(test_permission),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_dir_is_removed),
		cmocka_unit_test(test_dir_keeps_foreign_files),
		cmocka_unit_test(test_dir_of_another_process),
		cmocka_unit_test(test_huge_files),
		cmocka_unit_test(test_features),
	};

	return cmocka_run_group_tests_name("app_eal", tests, NULL, NULL);
}
