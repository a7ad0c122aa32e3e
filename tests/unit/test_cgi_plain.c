/* SPDX-License-Identifier: ISC */
/* cgi/plain.c: a process, a request, as a web server's CGI module does it */
#include "toy_server.h"

struct run {
	char answer[4096];
	int status;
	int ms;
};

/*
 * Runs one CGI request: `vars` end with NULL. stdin is a pipe with `body` in
 * it, which stays open, as RFC 3875 section 4.2 allows.
 */
static struct run
run(struct toy *t, const char *const *vars, const char *body)
{
	struct run r = {"", 0, 0};
	struct server_app app;
	int64_t began = clock_mono_ms();
	size_t at = 0;
	ssize_t n;
	int in[2], out[2];
	pid_t pid;

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	/* Before it is read by one who may not wait for it, and end. */
	assert_int_equal(write(in[1], body, strlen(body)), strlen(body));
	(void)fflush(NULL);
	if ((pid = fork()) == 0) {
		log_set_level(LOG_ERROR);
		(void)dup2(in[0], STDIN_FILENO);
		(void)dup2(out[1], STDOUT_FILENO);
		(void)close(in[1]);
		(void)close(out[1]);
		(void)clearenv();
		(void)setenv("GATEWAY_INTERFACE", "CGI/1.1", 1);
		(void)setenv("REQUEST_METHOD", "POST", 1);
		for (; vars[0] != NULL; vars += 2)
			(void)setenv(vars[0], vars[1], 1);
		toy_app(t, &app);
		exit(server_run(&t->o, &app));
	}
	(void)close(in[0]);
	(void)close(out[1]);
	while ((n = read(out[0], r.answer + at, sizeof(r.answer) - 1 - at)) > 0)
		at += (size_t)n;
	r.ms = (int)(clock_mono_ms() - began);
	(void)close(in[1]);
	(void)close(out[0]);
	r.status = toy_wait(pid, TOY_PATIENCE_MS);
	return r;
}

static void
test_get(void **state)
{
	static const char *const vars[] = {"SCRIPT_NAME", "/", NULL};
	struct run r = run(*state, vars, "");

	assert_int_equal(r.status, 0);
	assert_ptr_equal(strstr(r.answer, "Status: 200 OK\r\n"), r.answer);
	assert_non_null(strstr(r.answer, "role=responder"));
}

/* Exactly CONTENT_LENGTH bytes; waiting for more would be for ever. */
static void
test_body(void **state)
{
	static const char *const vars[] = {
	    "SCRIPT_NAME", "/body", "CONTENT_LENGTH", "5", NULL};
	struct run r = run(*state, vars, "123456789");

	assert_int_equal(r.status, 0);
	assert_non_null(strstr(r.answer, "body=5"));
	assert_true(r.ms < 300);
}

static void
test_no_length_is_no_body(void **state)
{
	static const char *const none[] = {"SCRIPT_NAME", "/body", NULL};
	static const char *const bad[] = {
	    "SCRIPT_NAME", "/body", "CONTENT_LENGTH", "-5", NULL};
	struct run r = run(*state, none, "123456789");

	assert_non_null(strstr(r.answer, "body=0"));
	r = run(*state, bad, "123456789");
	assert_non_null(strstr(r.answer, "body=0"));
}

static void
test_body_that_does_not_come(void **state)
{
	static const char *const vars[] = {
	    "SCRIPT_NAME", "/body", "CONTENT_LENGTH", "10", NULL};
	struct run r = run(*state, vars, "123");

	assert_non_null(strstr(r.answer, "body=-1"));
	assert_in_range(r.ms, 300, 2000);
}

static void
test_never_empty(void **state)
{
	static const char *const empty[] = {"SCRIPT_NAME", "/empty", NULL};
	static const char *const failed[] = {"SCRIPT_NAME", "/failed", NULL};
	struct toy *t = *state;
	struct run r = run(t, empty, "");

	assert_ptr_equal(strstr(r.answer, "Status: 500 "), r.answer);
	r = run(t, failed, "");
	assert_ptr_equal(strstr(r.answer, "Status: 500 "), r.answer);
	toy_touch(t, "unopenable", true);
	r = run(t, empty, "");
	assert_ptr_equal(strstr(r.answer, "Status: 500 "), r.answer);
	assert_int_equal(r.status, 1);
}

/* A configured address is for the daemon that shares the file. */
static void
test_cgi_wins_over_listen(void **state)
{
	static const char *const vars[] = {"SCRIPT_NAME", "/", NULL};
	struct toy *t = *state;
	struct run r;

	assert_non_null(t->o.listen);
	r = run(t, vars, "");
	assert_int_equal(r.status, 0);
	assert_int_equal(access(t->sock, F_OK), -1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, toy_setup, toy_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_get),
	    T(test_body),
	    T(test_no_length_is_no_body),
	    T(test_body_that_does_not_come),
	    T(test_never_empty),
	    T(test_cgi_wins_over_listen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
