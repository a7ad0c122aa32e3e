/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cgi/listen.h"

static char dir[64];
static char path[96];
static char address[112];
static struct server_options o;
static struct listener l;
static struct err e;

static int
setup(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/rolegate-listen.XXXXXX");
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/s", dir);
	(void)snprintf(address, sizeof(address), "unix:%s", path);
	memset(&o, 0, sizeof(o));
	o.listen = address;
	o.socket_mode = 0660;
	memset(&l, 0, sizeof(l));
	l.fd = -1;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	listen_close(&l);
	(void)unlink(path);
	return rmdir(dir);
}

static struct sockaddr_un
unix_address(const char *at)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};

	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", at);
	return sa;
}

/* A bound unix socket that nobody listens on, as a crash leaves it. */
static void
make_stale(void)
{
	struct sockaddr_un sa = unix_address(path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	(void)close(fd);
}

static int
connect_unix(void)
{
	struct sockaddr_un sa = unix_address(path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

static void
test_unix(void **state)
{
	struct stat st;
	mode_t mask = umask(0);

	(void)state;
	o.socket_mode = 0600;
	assert_int_equal(listen_open(&o, &l, &e), RG_OK);
	(void)umask(mask);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_true(listen_is_listening(l.fd));
	assert_true(fcntl(l.fd, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(l.fd, F_GETFD) & FD_CLOEXEC);
	listen_close(&l);
	assert_int_equal(lstat(path, &st), -1);
}

static void
test_authorizer_listener(void **state)
{
	(void)state;
	assert_int_equal(listen_open_authorizer(&o, &l, &e), RG_OK);
	assert_int_equal(l.fd, -1);
	o.listen_authorizer = "127.0.0.1:0";
	assert_int_equal(listen_open_authorizer(&o, &l, &e), RG_OK);
	assert_true(listen_is_listening(l.fd));
	assert_true(l.authorizer_only);
	listen_close(&l);
	o.listen_authorizer = "0.0.0.0:0";
	assert_int_equal(listen_open_authorizer(&o, &l, &e), RG_E_CONF);
	assert_int_equal(l.fd, -1);
}

static void
test_mode_does_not_depend_on_umask(void **state)
{
	struct stat st;
	mode_t mask = umask(0777);
	enum rg_err r = listen_open(&o, &l, &e);

	(void)state;
	(void)umask(mask);
	assert_int_equal(r, RG_OK);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
}

static void
test_owner_and_group(void **state)
{
	struct stat st;
	const struct group *gr = getgrnam("daemon");

	(void)state;
	if (geteuid() != 0 || gr == NULL)
		skip();
	o.socket_owner = "nobody";
	o.socket_group = "daemon";
	assert_int_equal(listen_open(&o, &l, &e), RG_OK);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_uid, 65534);
	assert_int_equal(st.st_gid, gr->gr_gid);
	assert_int_equal(st.st_mode & 07777, 0660);
}

/* listen_open() as nobody, who is in the group `gid` besides, or in none. */
static void
open_as_nobody(gid_t gid, size_t groups, enum rg_err expect, const char *why)
{
	struct stat st = {0};
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (setgroups(groups, &gid) != 0 || setgid(65534) != 0 ||
		    setuid(65534) != 0)
			_exit(1);
		if (listen_open(&o, &l, &e) != expect ||
		    strstr(e.detail, why) == NULL)
			_exit(2);
		if (expect == RG_OK &&
		    (lstat(path, &st) != 0 || st.st_gid != gid))
			_exit(3);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
test_group_of_ours(void **state)
{
	const struct group *gr = getgrnam("daemon");

	(void)state;
	if (geteuid() != 0 || gr == NULL)
		skip();
	assert_int_equal(chown(dir, 65534, 65534), 0);
	o.socket_group = "daemon";
	open_as_nobody(gr->gr_gid, 0, RG_E_FILE,
	    "socket_group: the user that rolegate runs as must be in the "
	    "group daemon");
	open_as_nobody(gr->gr_gid, 1, RG_OK, "");
	o.socket_owner = "root";
	open_as_nobody(gr->gr_gid, 1, RG_E_FILE,
	    "socket_owner: only root can give it to root");
}

/* What can't be done as written is an error, and leaves nothing behind. */
static void
test_unknown_names(void **state)
{
	(void)state;
	o.socket_owner = "no-such-user";
	assert_int_equal(listen_open(&o, &l, &e), RG_E_CONF);
	assert_non_null(strstr(e.detail, "no-such-user"));
	o.socket_owner = NULL;
	o.socket_group = "no-such-group";
	assert_int_equal(listen_open(&o, &l, &e), RG_E_CONF);
	o.socket_group = NULL;
	o.peer_user = "no-such-user";
	assert_int_equal(listen_open(&o, &l, &e), RG_E_CONF);
	assert_int_equal(l.fd, -1);
	assert_int_equal(access(path, F_OK), -1);
}

static void
test_stale_is_replaced(void **state)
{
	(void)state;
	make_stale();
	assert_int_equal(listen_open(&o, &l, &e), RG_OK);
	(void)close(connect_unix());
}

static void
test_live_is_left_alone(void **state)
{
	struct sockaddr_un sa = unix_address(path);
	int other = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	assert_int_equal(bind(other, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(other, 0), 0);
	assert_int_equal(listen_open(&o, &l, &e), RG_E_EXISTS);
	assert_non_null(strstr(e.detail, "in use"));
	assert_int_equal(l.fd, -1);
	/* It was asked several times: its backlog is full, and it is alive. */
	assert_int_equal(listen_open(&o, &l, &e), RG_E_EXISTS);
	assert_int_equal(access(path, F_OK), 0);
	(void)close(other);
}

static void
test_file_is_left_alone(void **state)
{
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	(void)state;
	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(listen_open(&o, &l, &e), RG_E_EXISTS);
	assert_int_equal(access(path, F_OK), 0);
}

static void
test_symlink_is_left_alone(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(symlink("/nonexistent", path), 0);
	assert_int_equal(listen_open(&o, &l, &e), RG_E_EXISTS);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
}

static void
test_bad_addresses(void **state)
{
	static const char *const bad[] = {"", "unix:", "unix:relative", "9000",
	    ":9000", "localhost:9000", "127.0.0.1",
	    "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:-1", "127.0.0.1:9000x",
	    "[::1]", "[::1:9000", "::1:9000", "0.0.0.0:9000", "192.0.2.1:9000",
	    "[::]:9000", "[2001:db8::1]:9000", "127.0.0.1:123456"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		o.listen = bad[i];
		if (listen_open(&o, &l, &e) != RG_E_CONF)
			fail_msg("\"%s\" was not refused", bad[i]);
		assert_int_equal(l.fd, -1);
	}
}

static void
test_path_limit(void **state)
{
	char text[256];

	(void)state;
	(void)snprintf(text, sizeof(text), "unix:/tmp/%0200d", 1);
	o.listen = text;
	assert_int_equal(listen_open(&o, &l, &e), RG_E_CONF);
	o.listen = "unix:/nonexistent/folder/s";
	assert_int_equal(listen_open(&o, &l, &e), RG_E_FILE);
	assert_non_null(strstr(e.detail, "/nonexistent/folder/s"));
}

static void
test_tcp(void **state)
{
	struct sockaddr_in in;
	socklen_t len = sizeof(in);
	char busy[32];
	struct listener other;

	(void)state;
	o.listen = "127.0.0.1:0";
	assert_int_equal(listen_open(&o, &l, &e), RG_OK);
	assert_true(listen_is_listening(l.fd));
	assert_int_equal(getsockname(l.fd, (struct sockaddr *)&in, &len), 0);
	assert_int_equal(ntohl(in.sin_addr.s_addr), INADDR_LOOPBACK);
	(void)snprintf(busy, sizeof(busy), "127.0.0.1:%u", ntohs(in.sin_port));
	o.listen = busy;
	assert_int_equal(listen_open(&o, &other, &e), RG_E_EXISTS);
}

/* Where it really is, unless that is what is configured. */
static void
test_address(void **state)
{
	char text[LISTEN_ADDRESS_MAX], port[8], same[32];
	const char *is;

	(void)state;
	assert_int_equal(listen_open(&o, &l, &e), RG_OK);
	assert_true(l.is_ours);
	assert_string_equal(listen_address(&l, "unix:/else", text), address);
	listen_close(&l);
	o.listen = "127.0.0.1:0";
	assert_int_equal(listen_open(&o, &l, &e), RG_OK);
	is = listen_address(&l, NULL, text);
	assert_int_equal(strncmp(is, "127.0.0.1:", 10), 0);
	(void)snprintf(port, sizeof(port), "%s", is + 10);
	assert_string_equal(listen_address(&l, "127.0.0.1:1", text), is);
	assert_string_equal(listen_address(&l, "[::1]:1", text), is);
	(void)snprintf(same, sizeof(same), "127.0.0.1:%s", port);
	assert_ptr_equal(listen_address(&l, same, text), same);
	listen_close(&l);
	o.listen = "[::1]:0";
	if (listen_open(&o, &l, &e) != RG_OK)
		skip(); /* no IPv6 here */
	is = listen_address(&l, NULL, text);
	assert_int_equal(strncmp(is, "[::1]:", 6), 0);
	(void)snprintf(same, sizeof(same), "[0:0::1]:%s", is + 6);
	assert_ptr_equal(listen_address(&l, same, text), same);
}

static void
test_adopt(void **state)
{
	struct sockaddr_un sa = unix_address(path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	/* Not listening yet. */
	assert_int_equal(listen_adopt(fd, &o, &l, &e), RG_E_CONF);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(listen_adopt(fd, &o, &l, &e), RG_OK);
	assert_true(l.is_unix);
	assert_true(fcntl(l.fd, F_GETFL) & O_NONBLOCK);
	listen_close(&l);
	/* The path is not ours. */
	assert_int_equal(access(path, F_OK), 0);
	(void)close(fd);
	assert_int_equal(listen_adopt(fd, &o, &l, &e), RG_E_CONF);
}

/* Whoever connects is believed to be the web server: not the network. */
static void
test_adopt_refuses_network(void **state)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(listen_adopt(fd, &o, &l, &e), RG_E_CONF);
	assert_non_null(strstr(e.detail, "network"));
	assert_int_equal(l.fd, -1);
	(void)close(fd);
}

static void
test_peers(void **state)
{
	uid_t uid;
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	l.is_unix = true;
	assert_true(listen_may_speak(&l, fds[0], &uid));
	assert_int_equal(uid, geteuid());
	/* A descriptor that says nothing about its peer. */
	(void)close(fds[1]);
	(void)close(fds[0]);
	assert_false(listen_may_speak(&l, fds[0], &uid));
	l.is_unix = false;
	assert_true(listen_may_speak(&l, fds[0], &uid));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_unix),
	    T(test_authorizer_listener),
	    T(test_mode_does_not_depend_on_umask),
	    T(test_owner_and_group),
	    T(test_group_of_ours),
	    T(test_unknown_names),
	    T(test_stale_is_replaced),
	    T(test_live_is_left_alone),
	    T(test_file_is_left_alone),
	    T(test_symlink_is_left_alone),
	    T(test_bad_addresses),
	    T(test_path_limit),
	    T(test_tcp),
	    T(test_address),
	    T(test_adopt),
	    T(test_adopt_refuses_network),
	    T(test_peers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
