/* SPDX-License-Identifier: ISC */
/*
 * server_run() in a child process, with a toy application that does what its
 * path says, in a folder of its own; its log is a file there.
 */
#ifndef RG_TESTS_TOY_SERVER_H
#define RG_TESTS_TOY_SERVER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/log.h"
#include "cgi/server.h"
#include "fcgi_client.h"

/* Generous: a loaded machine must not fail a test that is right. */
#define TOY_PATIENCE_MS 4000

struct toy {
	char dir[64];
	char sock[96];
	char log[96];
	char address[112]; /* unix:... */
	struct server_options o;
	pid_t pid; /* of the server; 0 = none */
	int generation;
};

/* Whole, whatever signals come. */
static inline void
toy_sleep(int ms)
{
	int64_t until = clock_mono_ms() + ms, left;

	while ((left = until - clock_mono_ms()) > 0)
		(void)poll(NULL, 0, (int)left);
}

static inline bool
toy_has(const struct toy *t, const char *name)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", t->dir, name);
	return access(path, F_OK) == 0;
}

static inline void
toy_touch(const struct toy *t, const char *name, bool there)
{
	char path[160];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", t->dir, name);
	if (!there) {
		(void)unlink(path);
	} else {
		fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
		assert_true(fd >= 0);
		(void)close(fd);
	}
}

static inline void *
toy_open(void *ctx)
{
	struct toy *t = ctx;

	return toy_has(t, "unopenable") ? NULL : t;
}

static inline void
toy_close(void *state)
{
	(void)state;
}

static inline enum rg_err
toy_reload(void *ctx, struct err *e)
{
	struct toy *t = ctx;

	if (toy_has(t, "bad-config"))
		return err_set(e, RG_E_CONF, "toy.conf:7: nonsense");
	if (toy_has(t, "moved"))
		t->o.listen = "127.0.0.1:1";
	if (toy_has(t, "bad-peer"))
		t->o.peer_user = "no-such-user";
	t->generation++;
	return RG_OK;
}

static inline const char *
toy_param(char *const *params, const char *name)
{
	size_t n = strlen(name);

	for (; *params != NULL; params++)
		if (strncmp(*params, name, n) == 0 && (*params)[n] == '=')
			return *params + n + 1;
	return "";
}

static inline void
toy_serve(void *state, char *const *params, enum fcgi_role role,
    request_read_fn *fn, void *ctx, struct buf *out)
{
	const struct toy *t = state;
	const char *path = toy_param(params, "SCRIPT_NAME");
	char chunk[1000];
	long n, total = 0;
	int i;

	log_info("toy.serve", "path=%s", path);
	if (strcmp(path, "/empty") == 0)
		return;
	if (strcmp(path, "/failed") == 0) {
		buf_puts(out, "Status: 200 OK\r\n");
		out->failed = true;
		return;
	}
	if (strcmp(path, "/abort") == 0)
		_exit(9);
	if (strcmp(path, "/slow") == 0)
		toy_sleep(600);
	if (strcmp(path, "/stuck") == 0)
		for (;;)
			toy_sleep(1000);
	buf_puts(out, "Status: 200 OK\r\n\r\n");
	if (strcmp(path, "/body") == 0) {
		while ((n = fn(ctx, chunk, sizeof(chunk))) > 0)
			total += n;
		buf_printf(out, "body=%ld", n < 0 ? n : total);
		return;
	}
	if (strcmp(path, "/big") == 0)
		for (i = 0; i < 300; i++)
			buf_printf(out, "%01000d", i);
	buf_printf(out, "pid=%ld generation=%d role=%s", (long)getpid(),
	    t->generation,
	    role == ROLE_AUTHORIZER ? "authorizer" : "responder");
}

static inline void
toy_app(struct toy *t, struct server_app *app)
{
	memset(app, 0, sizeof(*app));
	app->open = toy_open;
	app->serve = toy_serve;
	app->close = toy_close;
	app->reload = toy_reload;
	app->ctx = t;
}

/* A folder and options that a test may change before toy_start(). */
static inline int
toy_setup(void **state)
{
	struct toy *t = calloc(1, sizeof(*t));

	(void)snprintf(t->dir, sizeof(t->dir), "/tmp/rolegate-toy.XXXXXX");
	assert_non_null(mkdtemp(t->dir));
	(void)snprintf(t->sock, sizeof(t->sock), "%s/s", t->dir);
	(void)snprintf(t->log, sizeof(t->log), "%s/log", t->dir);
	(void)snprintf(t->address, sizeof(t->address), "unix:%s", t->sock);
	t->o.listen = t->address;
	t->o.socket_mode = 0660;
	t->o.workers = 2;
	t->o.read_timeout_ms = 400;
	t->o.idle_timeout_ms = 3000;
	*state = t;
	return 0;
}

/* Runs the server in a child process; `stdin_fd` becomes fd 0 if not -1. */
static inline pid_t
toy_fork(struct toy *t, int stdin_fd)
{
	struct server_app app;
	pid_t pid;
	int fd;

	(void)fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	fd = open(t->log, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
	(void)dup2(fd, STDERR_FILENO);
	if (stdin_fd >= 0)
		(void)dup2(stdin_fd, STDIN_FILENO);
	toy_app(t, &app);
	exit(server_run(&t->o, &app));
}

/* A connection, when the server is there. */
static inline int
toy_connect(const struct toy *t)
{
	int64_t until = clock_mono_ms() + TOY_PATIENCE_MS;
	int fd;

	while ((fd = fc_connect(t->sock)) < 0 && clock_mono_ms() < until)
		toy_sleep(5);
	assert_true(fd >= 0);
	return fd;
}

static inline void
toy_start(struct toy *t)
{
	t->pid = toy_fork(t, -1);
	(void)close(toy_connect(t));
}

/* Its exit status within `ms`, or 128 + signal; -1 if it still runs. */
static inline int
toy_wait(pid_t pid, int ms)
{
	int64_t until = clock_mono_ms() + ms;
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (clock_mono_ms() >= until)
			return -1;
		toy_sleep(5);
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

static inline int
toy_teardown(void **state)
{
	struct toy *t = *state;
	char command[160];

	if (t->pid > 0) {
		(void)kill(t->pid, SIGTERM);
		if (toy_wait(t->pid, 9000) < 0) {
			(void)kill(t->pid, SIGKILL);
			(void)waitpid(t->pid, NULL, 0);
		}
	}
	(void)snprintf(command, sizeof(command), "rm -rf %s", t->dir);
	if (system(command) != 0)
		return -1;
	free(t);
	return 0;
}

/* A GET on a connection of its own; must be answered whole. */
static inline struct fc_answer
toy_get(const struct toy *t, const char *path)
{
	struct fc_answer a;
	int fd = toy_connect(t);

	assert_true(fc_get(fd, path, false));
	a = fc_read(fd, TOY_PATIENCE_MS);
	(void)close(fd);
	if (!a.complete)
		fail_msg("%s: no whole answer after %d ms", path, a.ms);
	return a;
}

/* The number behind `name`= in the answer to /. */
static inline long
toy_number(const struct toy *t, const char *name)
{
	struct fc_answer a = toy_get(t, "/");
	const char *p = strstr(a.text, name);
	long n = p == NULL ? -1 : strtol(p + strlen(name) + 1, NULL, 10);

	fc_clear(&a);
	return n;
}

/* How often `text` is in the log. */
static inline int
toy_logged(const struct toy *t, const char *text)
{
	static char log[1 << 20];
	int fd = open(t->log, O_RDONLY | O_CLOEXEC), count = 0;
	ssize_t n = fd < 0 ? 0 : read(fd, log, sizeof(log) - 1);
	const char *p = log;

	(void)close(fd);
	log[n < 0 ? 0 : n] = '\0';
	for (; (p = strstr(p, text)) != NULL; p++)
		count++;
	return count;
}

/* Waits until the log holds `text` `count` times. */
static inline bool
toy_logs(const struct toy *t, const char *text, int count)
{
	int64_t until = clock_mono_ms() + TOY_PATIENCE_MS;

	while (toy_logged(t, text) < count) {
		if (clock_mono_ms() >= until)
			return false;
		toy_sleep(5);
	}
	return true;
}

#endif
