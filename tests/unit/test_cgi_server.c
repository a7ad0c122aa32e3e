/* SPDX-License-Identifier: ISC */
/* cgi/server.c, prefork.c and child.c: how it starts, stops and survives */
#include "toy_server.h"

static void
test_term_finishes_request(void **state)
{
	struct toy *t = *state;
	struct fc_answer a;
	int fd;

	toy_start(t);
	fd = toy_connect(t);
	assert_true(fc_get(fd, "/slow", false));
	assert_true(toy_logs(t, "path=/slow", 1));
	assert_int_equal(kill(t->pid, SIGTERM), 0);
	a = fc_read(fd, TOY_PATIENCE_MS);
	assert_true(a.complete);
	assert_non_null(strstr(a.text, "Status: 200"));
	fc_clear(&a);
	(void)close(fd);
	assert_int_equal(toy_wait(t->pid, TOY_PATIENCE_MS), 0);
	t->pid = 0;
	assert_int_equal(access(t->sock, F_OK), -1);
}

static void
test_stops_at_once_when_idle(void **state)
{
	struct toy *t = *state;
	struct fc_answer a;
	int64_t began;
	int kept, silent;

	t->o.workers = 4;
	t->o.read_timeout_ms = 20000;
	t->o.idle_timeout_ms = 20000;
	toy_start(t);
	kept = toy_connect(t);
	assert_true(fc_get(kept, "/", true));
	a = fc_read(kept, TOY_PATIENCE_MS);
	fc_clear(&a);
	silent = toy_connect(t);
	toy_sleep(50);
	began = clock_mono_ms();
	assert_int_equal(kill(t->pid, SIGINT), 0);
	assert_int_equal(toy_wait(t->pid, TOY_PATIENCE_MS), 0);
	assert_true(clock_mono_ms() - began < 1500);
	t->pid = 0;
	(void)close(kept);
	(void)close(silent);
}

static void
test_dead_worker_is_replaced(void **state)
{
	struct toy *t = *state;
	long pid;

	t->o.workers = 1;
	toy_start(t);
	pid = toy_number(t, "pid");
	assert_true(pid > 0 && pid != t->pid);
	assert_int_equal(kill((pid_t)pid, SIGKILL), 0);
	assert_int_not_equal(toy_number(t, "pid"), pid);
	assert_int_equal(toy_logged(t, "worker.end"), 1);
}

/* One request that ends its process costs that request only. */
static void
test_crash_costs_one_request(void **state)
{
	struct toy *t = *state;
	struct fc_answer a;
	int fd, slow;

	toy_start(t);
	slow = toy_connect(t);
	assert_true(fc_get(slow, "/slow", false));
	assert_true(toy_logs(t, "path=/slow", 1));
	fd = toy_connect(t);
	assert_true(fc_get(fd, "/abort", false));
	a = fc_read(fd, TOY_PATIENCE_MS);
	assert_false(a.complete);
	assert_int_equal(a.len, 0);
	fc_clear(&a);
	(void)close(fd);
	a = fc_read(slow, TOY_PATIENCE_MS);
	assert_true(a.complete);
	fc_clear(&a);
	(void)close(slow);
	assert_true(toy_logs(t, "status=9", 1));
	a = toy_get(t, "/");
	fc_clear(&a);
}

/* Workers that can't open are tried again, with longer and longer pauses. */
static void
test_backoff(void **state)
{
	struct toy *t = *state;
	int starts;

	t->o.workers = 1;
	toy_touch(t, "unopenable", true);
	toy_start(t);
	toy_sleep(800); /* starts at 0, 100, 300, 700 ms */
	starts = toy_logged(t, "worker.start");
	assert_in_range(starts, 2, 5);
	assert_true(toy_logged(t, "could not open") > 0);
	toy_touch(t, "unopenable", false);
	assert_true(toy_number(t, "pid") > 0);
}

static void
test_hup_replaces_workers(void **state)
{
	struct toy *t = *state;
	struct fc_answer a;
	long pid;
	int fd;

	t->o.workers = 1;
	toy_start(t);
	pid = toy_number(t, "pid");
	fd = toy_connect(t);
	assert_true(fc_get(fd, "/slow", false));
	assert_true(toy_logs(t, "path=/slow", 1));
	assert_int_equal(kill(t->pid, SIGHUP), 0);
	assert_true(toy_logs(t, "server.reloaded", 1));
	/* The new one answers while the old one finishes what it has. */
	assert_int_equal(toy_number(t, "generation"), 1);
	assert_int_not_equal(toy_number(t, "pid"), pid);
	a = fc_read(fd, TOY_PATIENCE_MS);
	assert_true(a.complete);
	assert_non_null(strstr(a.text, "generation=0"));
	fc_clear(&a);
	(void)close(fd);
	assert_true(toy_logs(t, "reason=\"ended\"", 1));
	assert_int_equal(kill((pid_t)pid, 0), -1);
}

static void
test_hup_with_bad_config(void **state)
{
	struct toy *t = *state;
	long pid;

	t->o.workers = 1;
	toy_start(t);
	pid = toy_number(t, "pid");
	toy_touch(t, "bad-config", true);
	assert_int_equal(kill(t->pid, SIGHUP), 0);
	assert_true(toy_logs(t, "server.reload_refused", 1));
	assert_int_equal(toy_logged(t, "toy.conf:7: nonsense"), 1);
	assert_int_equal(toy_number(t, "pid"), pid);
	assert_int_equal(toy_number(t, "generation"), 0);
	assert_int_equal(toy_logged(t, "worker.end"), 0);
}

/* What a reload can't do, it says. */
static void
test_hup_with_other_socket(void **state)
{
	struct toy *t = *state;

	toy_start(t);
	toy_touch(t, "moved", true);
	assert_int_equal(kill(t->pid, SIGHUP), 0);
	assert_true(toy_logs(t, "server.reloaded", 1));
	assert_int_equal(toy_logged(t, "server.listen_unchanged"), 1);
	assert_int_equal(toy_number(t, "generation"), 1);
}

static void
test_hup_with_unknown_peer(void **state)
{
	struct toy *t = *state;
	long pid;

	t->o.workers = 1;
	toy_start(t);
	pid = toy_number(t, "pid");
	toy_touch(t, "bad-peer", true);
	assert_int_equal(kill(t->pid, SIGHUP), 0);
	assert_true(toy_logs(t, "server.reload_refused", 1));
	assert_int_equal(toy_logged(t, "no-such-user"), 1);
	assert_int_equal(toy_number(t, "pid"), pid);
}

static void
test_many_hups(void **state)
{
	struct toy *t = *state;
	int i, left;
	int64_t until;

	toy_start(t);
	for (i = 0; i < 10; i++) {
		assert_int_equal(kill(t->pid, SIGHUP), 0);
		assert_true(toy_number(t, "pid") > 0);
	}
	/* None of the old ones is left. */
	until = clock_mono_ms() + TOY_PATIENCE_MS;
	do {
		toy_sleep(50);
		left =
		    toy_logged(t, "worker.start") - toy_logged(t, "worker.end");
	} while (left != 2 && clock_mono_ms() < until);
	assert_int_equal(left, 2);
}

/* Whether it exists and is more than a zombie that nobody waits for. */
static bool
runs(long pid)
{
	char path[32], text[256], *p;
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	text[n < 0 ? 0 : n] = '\0';
	p = strrchr(text, ')');
	return p != NULL && strncmp(p, ") Z", 3) != 0;
}

/* A killed parent leaves neither workers nor a path that can't be used. */
static void
test_killed_parent(void **state)
{
	struct toy *t = *state;
	long pid;
	int fd, i;

	t->o.workers = 1;
	toy_start(t);
	pid = toy_number(t, "pid");
	fd = toy_connect(t);
	assert_true(fc_get(fd, "/slow", false));
	assert_true(toy_logs(t, "path=/slow", 1));
	assert_int_equal(kill(t->pid, SIGKILL), 0);
	assert_int_equal(toy_wait(t->pid, TOY_PATIENCE_MS), 128 + SIGKILL);
	assert_int_equal(access(t->sock, F_OK), 0);
	/* Its worker still has the slow request in hand. */
	t->pid = toy_fork(t, -1);
	assert_true(toy_logs(t, "worker.start", 2));
	assert_int_not_equal(toy_number(t, "pid"), pid);
	for (i = 0; i < 200 && runs(pid); i++)
		toy_sleep(10);
	assert_false(runs(pid));
	(void)close(fd);
}

static void
test_live_socket_is_not_stolen(void **state)
{
	struct toy *t = *state;
	struct fc_answer a;
	pid_t second;

	toy_start(t);
	second = toy_fork(t, -1);
	assert_int_equal(toy_wait(second, TOY_PATIENCE_MS), 1);
	assert_int_equal(toy_logged(t, "in use"), 1);
	a = toy_get(t, "/");
	fc_clear(&a);
}

/* The path may be somebody else's by the time we end. */
static void
test_foreign_socket_is_not_removed(void **state)
{
	struct toy *t = *state;
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd;

	toy_start(t);
	assert_int_equal(unlink(t->sock), 0);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", t->sock);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(kill(t->pid, SIGTERM), 0);
	assert_int_equal(toy_wait(t->pid, TOY_PATIENCE_MS), 0);
	t->pid = 0;
	assert_int_equal(access(t->sock, F_OK), 0);
	(void)close(fd);
}

/* A connection as another user; whether it got an answer. */
static bool
answered_as(const struct toy *t, uid_t uid)
{
	struct fc_answer a;
	pid_t pid;
	int fd, status;

	if ((pid = fork()) == 0) {
		if (setuid(uid) != 0)
			_exit(9);
		fd = fc_connect(t->sock);
		if (fd < 0)
			_exit(8);
		(void)fc_get(fd, "/", false);
		a = fc_read(fd, TOY_PATIENCE_MS);
		_exit(a.complete ? 0 : 1);
	}
	status = toy_wait(pid, TOY_PATIENCE_MS);
	assert_in_range(status, 0, 1);
	return status == 0;
}

static void
test_peer_is_checked(void **state)
{
	const uid_t nobody = 65534, daemon = 1;
	struct toy *t = *state;

	if (geteuid() != 0)
		skip();
	t->o.socket_mode = 0666;
	t->o.peer_user = "daemon";
	assert_int_equal(chmod(t->dir, 0755), 0);
	toy_start(t);
	assert_true(answered_as(t, 0));
	assert_true(answered_as(t, daemon));
	assert_false(answered_as(t, nobody));
	assert_false(answered_as(t, nobody));
	assert_true(answered_as(t, 0));
	assert_int_equal(toy_logged(t, "server.peer_refused uid=65534") > 0, 1);
}

/* As lighttpd, mod_fcgid and spawn-fcgi start us: fd 0 is the socket. */
static pid_t
spawn(struct toy *t)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", t->sock);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(fd, 16), 0);
	pid = toy_fork(t, fd);
	(void)close(fd);
	return pid;
}

static void
test_spawned(void **state)
{
	struct toy *t = *state;
	struct fc_answer a;
	int fd;

	/* A configured address does not matter then. */
	t->o.workers = 7;
	t->pid = spawn(t);
	/* This very process serves. */
	assert_int_equal(toy_number(t, "pid"), t->pid);
	assert_int_equal(kill(t->pid, SIGHUP), 0);
	assert_true(toy_logs(t, "server.reloaded", 1));
	assert_int_equal(toy_number(t, "generation"), 1);
	assert_int_equal(toy_number(t, "pid"), t->pid);
	fd = toy_connect(t);
	assert_true(fc_get(fd, "/slow", false));
	assert_true(toy_logs(t, "path=/slow", 1));
	assert_int_equal(kill(t->pid, SIGTERM), 0);
	a = fc_read(fd, TOY_PATIENCE_MS);
	assert_true(a.complete);
	fc_clear(&a);
	(void)close(fd);
	assert_int_equal(toy_wait(t->pid, TOY_PATIENCE_MS), 0);
	t->pid = 0;
	/* It belongs to the server that made it. */
	assert_int_equal(access(t->sock, F_OK), 0);
}

static void
test_spawned_bad_reload(void **state)
{
	struct toy *t = *state;

	t->pid = spawn(t);
	toy_touch(t, "bad-config", true);
	assert_int_equal(toy_number(t, "generation"), 0);
	assert_int_equal(kill(t->pid, SIGHUP), 0);
	assert_true(toy_logs(t, "server.reload_refused", 1));
	assert_int_equal(toy_number(t, "generation"), 0);
	assert_int_equal(toy_number(t, "pid"), t->pid);
}

static int
begin_stuck(const struct toy *t)
{
	int fd = toy_connect(t);

	assert_true(fc_get(fd, "/stuck", false));
	assert_true(toy_logs(t, "path=/stuck", 1));
	return fd;
}

/*
 * A request that never ends keeps neither way of running from stopping within
 * 8 s: mod_fcgid kills then, lighttpd never does. Both at once, to save time.
 */
static void
test_stuck_request(void **state)
{
	struct toy *t = *state, *alone;
	void *other = NULL;
	int64_t began;
	int fd, fd_alone;

	assert_int_equal(toy_setup(&other), 0);
	alone = other;
	alone->pid = spawn(alone);
	toy_start(t);
	fd = begin_stuck(t);
	fd_alone = begin_stuck(alone);
	began = clock_mono_ms();
	assert_int_equal(kill(t->pid, SIGTERM), 0);
	assert_int_equal(kill(alone->pid, SIGTERM), 0);
	assert_int_equal(toy_wait(t->pid, 8000), 0);
	assert_true(fc_is_closed(fd, 100));
	assert_int_equal(toy_wait(alone->pid, 3000), 4);
	assert_true(clock_mono_ms() - began < 8000);
	t->pid = alone->pid = 0;
	assert_true(fc_is_closed(fd_alone, 100));
	(void)close(fd);
	(void)close(fd_alone);
	assert_int_equal(toy_teardown(&other), 0);
}

/* systemd: LISTEN_FDS, and the socket is fd 3 */
static void
test_activated(void **state)
{
	struct toy *t = *state;
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	struct server_app app;
	char self[24];
	int fd, log;

	(void)snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", t->sock);
	t->o.listen = NULL;
	(void)fflush(NULL);
	if ((t->pid = fork()) == 0) {
		log = open(t->log, O_CREAT | O_WRONLY | O_APPEND, 0600);
		(void)dup2(log, STDERR_FILENO);
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0 ||
		    listen(fd, 16) != 0)
			_exit(9);
		if (fd != 3 && dup2(fd, 3) != 3)
			_exit(9);
		(void)snprintf(self, sizeof(self), "%ld", (long)getpid());
		(void)setenv("LISTEN_PID", self, 1);
		(void)setenv("LISTEN_FDS", "1", 1);
		toy_app(t, &app);
		exit(server_run(&t->o, &app));
	}
	assert_true(toy_number(t, "pid") > 0);
	assert_int_equal(toy_logged(t, "mode=activated"), 1);
	assert_int_equal(kill(t->pid, SIGTERM), 0);
	assert_int_equal(toy_wait(t->pid, TOY_PATIENCE_MS), 0);
	t->pid = 0;
	assert_int_equal(access(t->sock, F_OK), 0);
}

static void
test_nothing_to_serve(void **state)
{
	struct toy *t = *state;
	pid_t pid;

	t->o.listen = NULL;
	pid = toy_fork(t, -1);
	assert_int_equal(toy_wait(pid, TOY_PATIENCE_MS), 1);
	assert_int_equal(toy_logged(t, "no socket"), 1);
}

/* Over TCP nobody knows who connects; the administrator should. */
static void
test_tcp_is_warned_of(void **state)
{
	struct toy *t = *state;

	t->o.listen = "127.0.0.1:0";
	t->pid = toy_fork(t, -1);
	assert_true(toy_logs(t, "warn - server.tcp every local user", 1));
	assert_true(toy_logs(t, "worker.start", 2));
}

static void
test_unix_is_not_warned_of(void **state)
{
	struct toy *t = *state;

	toy_start(t);
	assert_int_equal(toy_logged(t, "server.tcp"), 0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, toy_setup, toy_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_term_finishes_request),
	    T(test_stops_at_once_when_idle),
	    T(test_dead_worker_is_replaced),
	    T(test_crash_costs_one_request),
	    T(test_backoff),
	    T(test_hup_replaces_workers),
	    T(test_hup_with_bad_config),
	    T(test_hup_with_other_socket),
	    T(test_hup_with_unknown_peer),
	    T(test_many_hups),
	    T(test_killed_parent),
	    T(test_live_socket_is_not_stolen),
	    T(test_foreign_socket_is_not_removed),
	    T(test_peer_is_checked),
	    T(test_spawned),
	    T(test_spawned_bad_reload),
	    T(test_stuck_request),
	    T(test_activated),
	    T(test_nothing_to_serve),
	    T(test_tcp_is_warned_of),
	    T(test_unix_is_not_warned_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
