/* SPDX-License-Identifier: ISC */
#include "cgi/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#define BACKLOG 1024
#define PATH_TRIES 10 /* the workers of a killed parent end within these */
#define PATH_WAIT_MS 50
#define SUFFIX_MAX 12 /* "." and a process id */

static enum rg_err
fail(struct err *e, enum rg_err code, const char *what, const char *where)
{
	return err_set(e, code, "%s: %s: %s", where, what, strerror(errno));
}

static enum rg_err
lookup_owner(
    const struct server_options *o, uid_t *uid, gid_t *gid, struct err *e)
{
	const struct passwd *pw;
	const struct group *gr;

	*uid = (uid_t)-1;
	*gid = (gid_t)-1;
	if (o->socket_owner != NULL) {
		if ((pw = getpwnam(o->socket_owner)) == NULL)
			return err_set(e, RG_E_CONF,
			    "socket_owner: no user \"%s\"", o->socket_owner);
		*uid = pw->pw_uid;
	}
	if (o->socket_group != NULL) {
		if ((gr = getgrnam(o->socket_group)) == NULL)
			return err_set(e, RG_E_CONF,
			    "socket_group: no group \"%s\"", o->socket_group);
		*gid = gr->gr_gid;
	}
	return RG_OK;
}

enum rg_err
listen_peer(const struct server_options *o, struct listener *l, struct err *e)
{
	const struct passwd *pw;

	if (o->peer_user == NULL) {
		l->has_peer = false;
		return RG_OK;
	}
	if ((pw = getpwnam(o->peer_user)) == NULL)
		return err_set(
		    e, RG_E_CONF, "peer_user: no user \"%s\"", o->peer_user);
	l->peer_uid = pw->pw_uid;
	l->has_peer = true;
	return RG_OK;
}

/* 1: somebody listens there; 0: nobody any more; -1: can't tell (errno). */
static int
is_alive(const struct sockaddr_un *sa)
{
	int fd, n;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	n = connect(fd, (const struct sockaddr *)sa, sizeof(*sa));
	if (n != 0 && errno == ECONNREFUSED)
		n = 0;
	else if (n == 0 || errno == EAGAIN)
		n = 1; /* EAGAIN: a full backlog */
	else
		n = -1;
	(void)close(fd);
	return n;
}

/* Clears the path of a dead socket away; never of anything else. */
static enum rg_err
take_path(const struct sockaddr_un *sa, struct err *e)
{
	const char *path = sa->sun_path;
	struct stat before, after;
	int i, alive = 0;

	for (i = 0; i < PATH_TRIES; i++) {
		if (i > 0)
			(void)poll(NULL, 0, PATH_WAIT_MS);
		if (lstat(path, &before) != 0)
			return errno == ENOENT
				   ? RG_OK
				   : fail(e, RG_E_FILE, "lstat", path);
		if (!S_ISSOCK(before.st_mode))
			return err_set(
			    e, RG_E_EXISTS, "%s: exists, no socket", path);
		if ((alive = is_alive(sa)) == 0)
			break;
	}
	if (alive == 1)
		return err_set(e, RG_E_EXISTS,
		    "%s: in use, another process listens there", path);
	if (alive < 0)
		return fail(e, RG_E_FILE, "connect", path);
	if (lstat(path, &after) == 0 && after.st_dev == before.st_dev &&
	    after.st_ino == before.st_ino && unlink(path) != 0)
		return fail(e, RG_E_FILE, "unlink", path);
	return RG_OK;
}

/* rename(2) that overwrites nothing, where the file system can do that. */
static int
move_socket(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	return rename(from, to);
}

/* Whoever is not root can give a file to groups of theirs only. */
static enum rg_err
fail_chown(struct err *e, const struct server_options *o, uid_t uid, gid_t gid,
    const char *path)
{
	if (errno == EPERM && uid != (uid_t)-1 && uid != geteuid())
		return err_set(e, RG_E_FILE,
		    "%s: socket_owner: only root can give it to %s", path,
		    o->socket_owner);
	if (errno == EPERM && gid != (gid_t)-1)
		return err_set(e, RG_E_FILE,
		    "%s: socket_group: the user that rolegate runs as must be "
		    "in the group %s",
		    path, o->socket_group);
	return fail(e, RG_E_FILE, "chown", path);
}

/*
 * Binds under a name of our own, which nobody can open (umask), gives it its
 * owner and mode, listens, and only then moves it to the path: at no moment
 * does the path lead to a socket that is open to more than it will be.
 */
static enum rg_err
make_unix(const struct server_options *o, const struct sockaddr_un *sa,
    struct listener *l, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct sockaddr_un tmp = *sa;
	struct stat st;
	mode_t mask;
	uid_t uid;
	gid_t gid;
	size_t n = strlen(sa->sun_path);
	bool made = false;

	if ((r = lookup_owner(o, &uid, &gid, e)) != RG_OK)
		return r;
	(void)snprintf(
	    tmp.sun_path + n, sizeof(tmp.sun_path) - n, ".%ld", (long)getpid());
	(void)unlink(tmp.sun_path); /* of a predecessor with our pid */
	mask = umask(0777);
	made = bind(l->fd, (struct sockaddr *)&tmp, sizeof(tmp)) == 0;
	(void)umask(mask);
	r = RG_E_FILE;
	if (!made)
		(void)fail(e, r, "bind", sa->sun_path);
	else if ((uid != (uid_t)-1 || gid != (gid_t)-1) &&
		 chown(tmp.sun_path, uid, gid) != 0)
		(void)fail_chown(e, o, uid, gid, sa->sun_path);
	else if (chmod(tmp.sun_path, o->socket_mode & 0777) != 0)
		(void)fail(e, r, "chmod", sa->sun_path);
	else if (lstat(tmp.sun_path, &st) != 0)
		(void)fail(e, r, "lstat", sa->sun_path);
	else if (listen(l->fd, BACKLOG) != 0)
		(void)fail(e, r, "listen", sa->sun_path);
	else if (move_socket(tmp.sun_path, sa->sun_path) != 0)
		(void)fail(e, r, "rename", sa->sun_path);
	else
		r = RG_OK;
	if (r == RG_OK) {
		l->dev = st.st_dev;
		l->ino = st.st_ino;
		(void)snprintf(l->path, sizeof(l->path), "%s", sa->sun_path);
	} else if (made) {
		(void)unlink(tmp.sun_path);
	}
	return r;
}

static enum rg_err
open_unix(const struct server_options *o, const char *path, struct listener *l,
    struct err *e)
{
	enum rg_err r;
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	if (path[0] != '/' || strlen(path) + SUFFIX_MAX >= sizeof(sa.sun_path))
		return err_set(e, RG_E_CONF,
		    "listen: unix: needs an absolute path of at most %zu bytes",
		    sizeof(sa.sun_path) - SUFFIX_MAX - 1);
	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	if ((r = take_path(&sa, e)) != RG_OK)
		return r;
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0)
		return fail(e, RG_E_FILE, "socket", path);
	l->is_unix = true;
	return make_unix(o, &sa, l, e);
}

static bool
is_loopback(const struct sockaddr_storage *ss)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (ss->ss_family == AF_INET) {
		memcpy(&in, ss, sizeof(in));
		return ntohl(in.sin_addr.s_addr) >> 24 == 127;
	}
	if (ss->ss_family == AF_INET6) {
		memcpy(&in6, ss, sizeof(in6));
		return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
	}
	return false;
}

/* "127.0.0.1:9000" or "[::1]:9000"; the length of the address, 0 if wrong. */
static socklen_t
parse_tcp(const char *s, struct sockaddr_storage *ss)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	const char *colon = strrchr(s, ':');
	char host[INET6_ADDRSTRLEN + 2];
	unsigned long port;
	size_t n;

	if (colon == NULL || (n = (size_t)(colon - s)) >= sizeof(host) ||
	    n < 3 || colon[1] == '\0' || strlen(colon + 1) > 5 ||
	    colon[1 + strspn(colon + 1, "0123456789")] != '\0')
		return 0;
	port = strtoul(colon + 1, NULL, 10);
	if (port > 65535)
		return 0;
	memcpy(host, s, n);
	host[n] = '\0';
	if (host[0] == '[' && host[n - 1] == ']') {
		host[n - 1] = '\0';
		if (inet_pton(AF_INET6, host + 1, &in6.sin6_addr) != 1)
			return 0;
		in6.sin6_port = htons((uint16_t)port);
		memcpy(ss, &in6, sizeof(in6));
		return sizeof(in6);
	}
	if (inet_pton(AF_INET, host, &in.sin_addr) != 1)
		return 0;
	in.sin_port = htons((uint16_t)port);
	memcpy(ss, &in, sizeof(in));
	return sizeof(in);
}

static enum rg_err
open_tcp(const char *address, struct listener *l, struct err *e)
{
	struct sockaddr_storage ss = {0};
	socklen_t len = parse_tcp(address, &ss);
	int on = 1;

	if (len == 0)
		return err_set(e, RG_E_CONF,
		    "listen: \"%s\" is not unix:/path, 127.0.0.1:PORT or "
		    "[::1]:PORT",
		    address);
	if (!is_loopback(&ss))
		return err_set(e, RG_E_CONF,
		    "listen: %s: only loopback addresses, since whoever can "
		    "connect is believed to be the web server",
		    address);
	l->fd =
	    socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0)
		return fail(e, RG_E_FILE, "socket", address);
	(void)setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(l->fd, (struct sockaddr *)&ss, len) != 0)
		return fail(e, errno == EADDRINUSE ? RG_E_EXISTS : RG_E_FILE,
		    "bind", address);
	if (listen(l->fd, BACKLOG) != 0)
		return fail(e, RG_E_FILE, "listen", address);
	return RG_OK;
}

static enum rg_err
open_address(const struct server_options *o, const char *address,
    struct listener *out, struct err *e)
{
	enum rg_err r;

	memset(out, 0, sizeof(*out));
	out->fd = -1;
	if ((r = listen_peer(o, out, e)) != RG_OK)
		return r;
	if (strncmp(address, "unix:", 5) == 0)
		r = open_unix(o, address + 5, out, e);
	else
		r = open_tcp(address, out, e);
	if (r != RG_OK)
		listen_close(out);
	out->is_ours = r == RG_OK;
	return r;
}

/* Nothing tells the web server from anybody else who connects over TCP. */
static void
warn_if_open(const struct listener *l)
{
	if (!l->is_unix)
		log_warn("server.tcp",
		    "every local user can connect and speak as the web server; "
		    "a unix socket with peer_user prevents that");
}

enum rg_err
listen_open(const struct server_options *o, struct listener *out, struct err *e)
{
	enum rg_err r = open_address(o, o->listen, out, e);

	if (r == RG_OK)
		warn_if_open(out);
	return r;
}

enum rg_err
listen_open_authorizer(
    const struct server_options *o, struct listener *out, struct err *e)
{
	enum rg_err r = RG_OK;

	memset(out, 0, sizeof(*out));
	out->fd = -1;
	if (o->listen_authorizer != NULL)
		r = open_address(o, o->listen_authorizer, out, e);
	out->authorizer_only = true;
	return r;
}

bool
listen_is_listening(int fd)
{
	int on = 0;
	socklen_t len = sizeof(on);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) == 0 &&
	       on != 0;
}

enum rg_err
listen_adopt(
    int fd, const struct server_options *o, struct listener *out, struct err *e)
{
	enum rg_err r;
	struct sockaddr_storage ss = {0};
	socklen_t len = sizeof(ss);
	int flags;

	memset(out, 0, sizeof(*out));
	out->fd = -1;
	if ((r = listen_peer(o, out, e)) != RG_OK)
		return r;
	if (!listen_is_listening(fd))
		return err_set(e, RG_E_CONF,
		    "descriptor %d is not a listening socket", fd);
	if (getsockname(fd, (struct sockaddr *)&ss, &len) != 0)
		return fail(e, RG_E_FILE, "getsockname", "inherited socket");
	out->is_unix = ss.ss_family == AF_UNIX;
	if (!out->is_unix && !is_loopback(&ss))
		return err_set(e, RG_E_CONF,
		    "the inherited socket is open to the network: only unix "
		    "sockets and loopback addresses are served");
	/* Off 0, which is stdin to everybody else. */
	out->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (out->fd < 0)
		return fail(e, RG_E_FILE, "dup", "inherited socket");
	flags = fcntl(out->fd, F_GETFL);
	if (flags < 0 || fcntl(out->fd, F_SETFL, flags | O_NONBLOCK) != 0) {
		listen_close(out);
		return fail(e, RG_E_FILE, "fcntl", "inherited socket");
	}
	warn_if_open(out);
	return RG_OK;
}

/* Where make_unix() has moved it: the name that it was bound to has a suffix.
 */
static void
find_path(struct listener *l)
{
	struct sockaddr_un sa = {.sun_family = AF_UNSPEC};
	socklen_t len = sizeof(sa) - 1; /* a longest path has no NUL */
	char suffix[SUFFIX_MAX + 1];
	struct stat st;
	size_t n, tail;

	tail = (size_t)snprintf(suffix, sizeof(suffix), ".%ld", (long)getpid());
	if (getsockname(l->fd, (struct sockaddr *)&sa, &len) != 0 ||
	    sa.sun_family != AF_UNIX || (n = strlen(sa.sun_path)) <= tail ||
	    strcmp(sa.sun_path + n - tail, suffix) != 0)
		return;
	sa.sun_path[n - tail] = '\0';
	if (lstat(sa.sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return;
	memcpy(l->path, sa.sun_path, n - tail + 1);
	l->dev = st.st_dev;
	l->ino = st.st_ino;
}

enum rg_err
listen_adopt_own(
    int fd, const struct server_options *o, struct listener *out, struct err *e)
{
	enum rg_err r = listen_adopt(fd, o, out, e);

	if (r == RG_OK)
		find_path(out);
	out->is_ours = r == RG_OK;
	return r;
}

static void
write_address(const struct sockaddr_storage *ss, char *out, size_t size)
{
	char host[INET6_ADDRSTRLEN] = "";
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (ss->ss_family == AF_INET6) {
		memcpy(&in6, ss, sizeof(in6));
		(void)inet_ntop(AF_INET6, &in6.sin6_addr, host, sizeof(host));
		(void)snprintf(
		    out, size, "[%s]:%u", host, ntohs(in6.sin6_port));
	} else {
		memcpy(&in, ss, sizeof(in));
		(void)inet_ntop(AF_INET, &in.sin_addr, host, sizeof(host));
		(void)snprintf(out, size, "%s:%u", host, ntohs(in.sin_port));
	}
}

const char *
listen_address(const struct listener *l, const char *configured,
    char out[static LISTEN_ADDRESS_MAX])
{
	struct sockaddr_storage is = {0}, named = {0};
	socklen_t len = sizeof(is);

	if (l->path[0] != '\0') {
		(void)snprintf(out, LISTEN_ADDRESS_MAX, "unix:%s", l->path);
		return out;
	}
	if (l->is_unix || getsockname(l->fd, (struct sockaddr *)&is, &len) != 0)
		return configured;
	/* Not compared as text: an address can be written in several ways. */
	if (configured != NULL && parse_tcp(configured, &named) == len &&
	    memcmp(&is, &named, len) == 0)
		return configured;
	write_address(&is, out, LISTEN_ADDRESS_MAX);
	return out;
}

bool
listen_may_speak(const struct listener *l, int fd, uid_t *uid)
{
	struct ucred who = {0, 0, 0};
	socklen_t len = sizeof(who);

	*uid = (uid_t)-1;
	if (!l->is_unix)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0)
		return false;
	*uid = who.uid;
	return who.uid == 0 || who.uid == geteuid() ||
	       (l->has_peer && who.uid == l->peer_uid);
}

void
listen_close(struct listener *l)
{
	struct stat st;

	if (l->fd >= 0)
		(void)close(l->fd);
	l->fd = -1;
	if (l->path[0] != '\0' && lstat(l->path, &st) == 0 &&
	    st.st_dev == l->dev && st.st_ino == l->ino)
		(void)unlink(l->path);
	l->path[0] = '\0';
}
