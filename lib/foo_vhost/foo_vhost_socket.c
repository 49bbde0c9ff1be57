/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 dpdk-foo contributors
 */

/* Socket files, and the connections that the library makes from them. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_string_fns.h>

#include "foo_vhost_priv.h"

static void
set_address(struct sockaddr_un *un, const char *path)
{
	memset(un, 0, sizeof(*un));
	un->sun_family = AF_UNIX;
	rte_strscpy(un->sun_path, path, sizeof(un->sun_path));
}

/* Ask who is behind an existing socket file. 0: nobody. */
static int
ask_socket(const char *path)
{
	struct sockaddr_un un;
	int fd, ret;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	set_address(&un, path);
	ret = connect(fd, (const struct sockaddr *)&un, sizeof(un)) == 0 ? -EADDRINUSE : -errno;
	close(fd);
	if (ret == -ECONNREFUSED || ret == -ENOENT)
		return 0;
	/* a listener whose backlog is full */
	return ret == -EAGAIN ? -EADDRINUSE : ret;
}

/* Listen where the library will, for it tells nobody why it could not. */
static int
try_bind(const char *path, struct foo_error *err)
{
	struct sockaddr_un un;
	int fd, ret = 0;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return foo_error_set(err, -errno, "no socket: %s", strerror(errno));
	set_address(&un, path);
	if (bind(fd, (const struct sockaddr *)&un, sizeof(un)) < 0)
		ret = foo_error_set(err, -errno, "iface=%s: cannot listen there: %s", path,
				    errno == ENOENT ? "the folder does not exist" :
						      strerror(errno));
	else
		unlink(path);
	close(fd);
	return ret;
}

int
foo_vhost_socket_prepare(const char *path, struct foo_error *err)
{
	struct stat sb;
	int ret;

	if (lstat(path, &sb) == 0) {
		if (!S_ISSOCK(sb.st_mode))
			return foo_error_set(err, -EEXIST,
					     "iface=%s: exists and is no socket; remove it, or name"
					     " another path",
					     path);
		ret = ask_socket(path);
		if (ret == -EADDRINUSE)
			return foo_error_set(err, ret,
					     "iface=%s: another process listens there; stop it, or"
					     " name another path",
					     path);
		if (ret != 0)
			return foo_error_set(
				err, ret,
				"iface=%s: a socket that cannot be replaced (%s); remove"
				" it, or name another path",
				path, strerror(-ret));
		if (unlink(path) < 0 && errno != ENOENT)
			return foo_error_set(err, -errno,
					     "iface=%s: cannot remove the old socket: %s", path,
					     strerror(errno));
		FOO_VHOST_LOG(NOTICE, "removed the stale socket %s", path);
	}
	return try_bind(path, err);
}

static int
parse_id(const char *name, unsigned long *id)
{
	char *end;

	errno = 0;
	*id = strtoul(name, &end, 10);
	return *name >= '0' && *name <= '9' && *end == '\0' && errno == 0 && *id < UINT32_MAX ?
		       0 :
		       -EINVAL;
}

int
foo_vhost_socket_owner(const char *owner, uid_t *uid, gid_t *gid, struct foo_error *err)
{
	char user[64], *group;
	const struct passwd *pw;
	const struct group *gr;
	unsigned long id;

	*uid = (uid_t)-1;
	*gid = (gid_t)-1;
	if (owner == NULL)
		return 0;
	if (rte_strscpy(user, owner, sizeof(user)) < 0)
		return foo_error_set(err, -EINVAL, "owner=%s: too long", owner);
	group = strchr(user, ':');
	if (group != NULL)
		*group++ = '\0';
	if (user[0] != '\0') {
		pw = getpwnam(user);
		if (pw != NULL)
			*uid = pw->pw_uid;
		else if (parse_id(user, &id) == 0)
			*uid = id;
		else
			return foo_error_set(err, -EINVAL, "owner=%s: no user %s", owner, user);
	}
	if (group != NULL) {
		gr = getgrnam(group);
		if (gr != NULL)
			*gid = gr->gr_gid;
		else if (parse_id(group, &id) == 0)
			*gid = id;
		else
			return foo_error_set(err, -EINVAL, "owner=%s: no group %s", owner, group);
	}
	return 0;
}

int
foo_vhost_socket_dress(const char *path, uint32_t mode, uid_t uid, gid_t gid, struct foo_error *err)
{
	if ((uid != (uid_t)-1 || gid != (gid_t)-1) && lchown(path, uid, gid) < 0)
		return foo_error_set(err, -errno, "iface=%s: cannot be given to owner=: %s", path,
				     strerror(errno));
	if (chmod(path, mode) < 0)
		return foo_error_set(err, -errno, "mode=%o: cannot change %s: %s", mode, path,
				     strerror(errno));
	return 0;
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/*
 * Whether fd is a connection of ours to path. A server's end has the path as its own name, but so
 * has the listening socket; a client's end has it as its peer's, in the words of the peer, which
 * may have bound it by another path to the same place: if not exact, the last part will do.
 */
static bool
is_connection(int fd, const char *path, bool client, bool exact)
{
	struct sockaddr_un un;
	socklen_t len = sizeof(un);
	int type, listening;
	socklen_t optlen = sizeof(int);

	memset(&un, 0, sizeof(un));
	if ((client ? getpeername(fd, (struct sockaddr *)&un, &len) :
		      getsockname(fd, (struct sockaddr *)&un, &len)) < 0)
		return false;
	if (un.sun_family != AF_UNIX || len <= offsetof(struct sockaddr_un, sun_path))
		return false;
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &optlen) < 0 || type != SOCK_STREAM)
		return false;
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &optlen) < 0 || listening)
		return false;
	/* the kernel adds the terminator only if there is room for it */
	if (strncmp(un.sun_path, path, sizeof(un.sun_path)) == 0)
		return true;
	return client && !exact && un.sun_path[sizeof(un.sun_path) - 1] == '\0' &&
	       strcmp(base_name(un.sun_path), base_name(path)) == 0;
}

/* Whether a file is one of a front-end's, who may have sent us a socket with any name. */
static bool
is_sent(int fd)
{
	const struct foo_vhost *t;

	TAILQ_FOREACH(t, &foo_vhost_all, link) {
		if (t->backend_fd == fd)
			return true;
	}
	return foo_vhost_relay_owns(fd) || foo_vhost_file_is_closing(fd);
}

/*
 * Of older connections, which may still be about to end, only the relay has the socket. Asked for
 * its name on both sides of is_sent(): a file that was sent may be closed just now.
 */
static int
find_connection(const char *path, bool client, bool exact)
{
	const struct dirent *e;
	int fd, found = -1;
	DIR *dir;

	dir = opendir("/proc/self/fd");
	if (dir == NULL)
		return -1;
	while ((e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		fd = atoi(e->d_name);
		if (!is_connection(fd, path, client, exact) || is_sent(fd) ||
		    !is_connection(fd, path, client, exact))
			continue;
		/* two of them: one is on its way through the library, and nobody knows which */
		if (found >= 0) {
			found = -EEXIST;
			break;
		}
		found = fd;
	}
	closedir(dir);
	return found;
}

int
foo_vhost_socket_find(const char *path, bool client)
{
	int fd = find_connection(path, client, true);

	return fd != -1 ? fd : find_connection(path, client, false);
}
