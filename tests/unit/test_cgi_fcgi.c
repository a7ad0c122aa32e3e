/* SPDX-License-Identifier: ISC */
/* cgi/fcgi.c and child.c, through real connections to a running server */
#include "toy_server.h"

static void
test_get(void **state)
{
	struct toy *t = *state;
	struct fc_answer a;

	toy_start(t);
	a = toy_get(t, "/hello");
	assert_ptr_equal(strstr(a.text, "Status: 200 OK\r\n"), a.text);
	assert_non_null(strstr(a.text, "role=responder"));
	fc_clear(&a);
}

/* For what arrives as fast as a busy machine lets it. */
#define ARRIVES_MS 20000

static void
test_authorizer_without_stdin(void **state)
{
	struct toy *t = *state;
	struct fc_answer a;
	int fd;

	t->o.read_timeout_ms = ARRIVES_MS;
	toy_start(t);
	fd = toy_connect(t);
	/* As lighttpd and mod_fcgid do it: no end of stdin, ever. */
	assert_true(fc_begin(fd, FC_AUTHORIZER, false) &&
		    fc_param(fd, "REQUEST_METHOD", "POST") &&
		    fc_param(fd, "CONTENT_LENGTH", "10") && fc_params_end(fd));
	a = fc_read(fd, TOY_PATIENCE_MS);
	assert_true(a.complete);
	assert_true(a.ms < ARRIVES_MS / 2);
	assert_non_null(strstr(a.text, "role=authorizer"));
	fc_clear(&a);
	assert_true(fc_is_closed(fd, 1000));
	(void)close(fd);
}

/* On the second socket a responder is refused, and an authorizer is not. */
static void
test_authorizer_listener(void **state)
{
	static const int roles[] = {FC_RESPONDER, FC_AUTHORIZER};
	static const char *const want[] = {"Status: 403 ", "Status: 200 "};
	struct toy *t = *state;
	struct fc_answer a;
	char second[96], address[112];
	int64_t until = clock_mono_ms() + TOY_PATIENCE_MS;
	int fd, i;

	(void)snprintf(second, sizeof(second), "%s/second", t->dir);
	(void)snprintf(address, sizeof(address), "unix:%s", second);
	t->o.listen_authorizer = address;
	t->o.workers = 1;
	toy_start(t);
	for (i = 0; i < 2; i++) {
		while ((fd = fc_connect(second)) < 0 && clock_mono_ms() < until)
			toy_sleep(5);
		assert_true(fc_begin(fd, roles[i], false) &&
			    fc_params_end(fd) && fc_stdin(fd, 0));
		a = fc_read(fd, TOY_PATIENCE_MS);
		assert_true(a.complete);
		assert_ptr_equal(strstr(a.text, want[i]), a.text);
		assert_int_equal(toy_logged(t, "toy.serve"), 2 * i);
		fc_clear(&a);
		(void)close(fd);
		/* The main one serves all, in turn with it. */
		a = toy_get(t, "/empty");
		assert_non_null(strstr(a.text, "Status: 500"));
		fc_clear(&a);
	}
	assert_int_equal(kill(t->pid, SIGTERM), 0);
	assert_int_equal(toy_wait(t->pid, TOY_PATIENCE_MS), 0);
	t->pid = 0;
	assert_int_equal(access(second, F_OK), -1);
}

/* "Nothing" would mean "allowed". */
static void
test_never_empty(void **state)
{
	static const char *const paths[] = {"/empty", "/failed"};
	struct toy *t = *state;
	struct fc_answer a;
	size_t i;
	int fd;

	toy_start(t);
	for (i = 0; i < 2; i++) {
		fd = toy_connect(t);
		assert_true(fc_begin(fd, FC_AUTHORIZER, false) &&
			    fc_param(fd, "SCRIPT_NAME", paths[i]) &&
			    fc_params_end(fd));
		a = fc_read(fd, TOY_PATIENCE_MS);
		assert_true(a.complete);
		assert_ptr_equal(strstr(a.text, "Status: 500 "), a.text);
		assert_null(strstr(a.text, "200"));
		fc_clear(&a);
		(void)close(fd);
	}
}

static void
test_filter_refused(void **state)
{
	struct toy *t = *state;
	struct fc_answer a;
	int fd;

	toy_start(t);
	fd = toy_connect(t);
	assert_true(fc_begin(fd, FC_FILTER, false) &&
		    fc_param(fd, "SCRIPT_NAME", "/filter") &&
		    fc_params_end(fd) && fc_stdin(fd, 0));
	a = fc_read(fd, TOY_PATIENCE_MS);
	assert_ptr_equal(strstr(a.text, "Status: 500 "), a.text);
	assert_int_equal(toy_logged(t, "path=/filter"), 0);
	fc_clear(&a);
	(void)close(fd);
}

/* Bodies that nobody reads must not become the next request's beginning. */
static void
test_kept_connection_with_bodies(void **state)
{
	static const size_t sizes[] = {0, 1100000, 1, 1048576, 70000, 0};
	struct toy *t = *state;
	struct fc_answer a;
	char want[32];
	size_t i, seen;
	int fd;

	t->o.read_timeout_ms = ARRIVES_MS;
	toy_start(t);
	fd = toy_connect(t);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_true(
		    fc_begin(fd, FC_RESPONDER, true) &&
		    fc_param(fd, "SCRIPT_NAME", i % 2 ? "/" : "/body") &&
		    fc_params_end(fd) && fc_stdin(fd, sizes[i]));
		a = fc_read(fd, TOY_PATIENCE_MS);
		assert_true(a.complete);
		/* One byte over the limit is enough to see that it is over. */
		seen = sizes[i] > REQUEST_MAX_JSON ? REQUEST_MAX_JSON + 1
						   : sizes[i];
		(void)snprintf(want, sizeof(want), "body=%zu", seen);
		if (i % 2 == 0)
			assert_string_equal(strstr(a.text, "body="), want);
		fc_clear(&a);
	}
	(void)close(fd);
}

static void
test_endless_body(void **state)
{
	struct toy *t = *state;
	struct fc_answer a;
	int fd;

	t->o.read_timeout_ms = ARRIVES_MS;
	toy_start(t);
	fd = toy_connect(t);
	assert_true(fc_begin(fd, FC_RESPONDER, true) &&
		    fc_param(fd, "SCRIPT_NAME", "/body") && fc_params_end(fd));
	/* Answered and closed before all of it was read. */
	(void)fc_stdin(fd, 3 * 1024 * 1024);
	a = fc_read(fd, TOY_PATIENCE_MS);
	assert_non_null(strstr(a.text, "body=1048577"));
	assert_true(a.complete);
	fc_clear(&a);
	(void)close(fd);
	a = toy_get(t, "/");
	fc_clear(&a);
}

/*
 * What follows on a connection whose body was not read to its end begins
 * anywhere in that body: a client could write requests of its own there, with
 * the variables that only the server may set.
 */
static void
test_no_request_inside_a_body(void **state)
{
	static const unsigned char forged[64] = "\1\1\0\1\0\10\0\0"
						"\0\1\1\0\0\0\0\0"
						"\1\4\0\1\0\30\0\0"
						"\13\13SCRIPT_NAME/smuggled!!"
						"\1\4\0\1\0\0\0\0"
						"\1\5\0\1\0\0\0\0";
	/* BEGIN, keeping the connection; SCRIPT_NAME; and the body's start */
	static const char start[] = "\1\1\0\1\0\10\0\0\0\1\1\0\0\0\0\0"
				    "\1\4\0\1\0\22\6\0\13\5SCRIPT_NAME/body"
				    "......\1\4\0\1\0\0\0\0";
	static const char record[] = "\1\5\0\1\40\0\0";
	struct toy *t = *state;
	struct buf all = BUF_INIT;
	struct fc_answer a;
	size_t shift, i, n;
	int fd;

	t->o.workers = 1;
	t->o.read_timeout_ms = ARRIVES_MS;
	toy_start(t);
	for (shift = 0; shift < sizeof(forged); shift += 8) {
		buf_reset(&all);
		buf_put(&all, start, sizeof(start) - 1);
		for (n = 0; n < 300; n++) {
			buf_put(&all, record, sizeof(record));
			for (i = 0; i < 8192; i++)
				buf_putc(&all,
				    (char)forged[(i + shift) % sizeof(forged)]);
		}
		/* All at once, so that libfcgi always reads full buffers. */
		fd = toy_connect(t);
		(void)fc_send(fd, all.p, all.len);
		a = fc_read(fd, TOY_PATIENCE_MS);
		assert_true(a.complete);
		fc_clear(&a);
		toy_sleep(10);
		(void)close(fd);
	}
	buf_clear(&all);
	assert_int_equal(toy_logged(t, "path=/body"), 8);
	assert_int_equal(toy_logged(t, "smuggled"), 0);
}

static void
test_big_answer(void **state)
{
	struct toy *t = *state;
	struct fc_answer a;

	toy_start(t);
	a = toy_get(t, "/big");
	assert_true(a.len > 300000);
	assert_non_null(strstr(a.text, "299pid="));
	fc_clear(&a);
}

/* A lost variable could be the one that says which role is needed. */
static void
test_cut_variables(void **state)
{
	struct toy *t = *state;
	int fd;

	toy_start(t);
	fd = toy_connect(t);
	assert_true(fc_begin(fd, FC_AUTHORIZER, false) &&
		    fc_param(fd, "SCRIPT_NAME", "/cut"));
	(void)shutdown(fd, SHUT_WR);
	assert_true(fc_is_closed(fd, TOY_PATIENCE_MS));
	(void)close(fd);
	assert_true(toy_logs(t, "fcgi.incomplete", 1));
	assert_int_equal(toy_logged(t, "path=/cut"), 0);
}

static void
test_cut_body(void **state)
{
	struct toy *t = *state;
	int fd;

	toy_start(t);
	fd = toy_connect(t);
	assert_true(fc_begin(fd, FC_RESPONDER, false) &&
		    fc_param(fd, "SCRIPT_NAME", "/cut") && fc_params_end(fd) &&
		    fc_record(fd, FC_STDIN, "state=", 6));
	(void)close(fd);
	assert_true(toy_logs(t, "fcgi.incomplete", 1));
	assert_int_equal(toy_logged(t, "path=/cut"), 0);
}

static void
test_garbage(void **state)
{
	struct toy *t = *state;
	struct fc_answer a;
	char junk[4096];
	int fd, i;

	t->o.workers = 1;
	toy_start(t);
	for (i = 0; i < 20; i++) {
		memset(junk, i * 13, sizeof(junk));
		junk[0] = 1;
		junk[1] = (char)i;
		fd = toy_connect(t);
		(void)fc_send(fd, junk, sizeof(junk));
		(void)close(fd);
	}
	a = toy_get(t, "/");
	fc_clear(&a);
}

/*
 * libfcgi would add the lengths as int and abort, or allocate what a few bytes
 * announce. It doesn't get to see them.
 */
static void
test_fatal_lengths(void **state)
{
	static const unsigned char huge[][8] = {
	    {0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xfe},
	    {0xc0, 0, 0, 0, 0xc0, 0, 0, 0}, {0xc0, 0, 0, 0, 1}};
	struct toy *t = *state;
	size_t i;
	long pid;
	int fd;

	t->o.workers = 1;
	toy_start(t);
	pid = toy_number(t, "pid");
	for (i = 0; i < 3; i++) {
		fd = toy_connect(t);
		assert_true(fc_begin(fd, FC_RESPONDER, false) &&
			    fc_record(fd, FC_PARAMS, huge[i], sizeof(huge[i])));
		assert_true(fc_is_closed(fd, TOY_PATIENCE_MS));
		(void)close(fd);
	}
	assert_int_equal(toy_number(t, "pid"), pid);
	assert_int_equal(toy_logged(t, "fcgi.refused"), 3);
}

#define GET_VALUES "\1\11\0\0"
#define NAME "\16\0FCGI_MAX_CONNS"

/*
 * libfcgi answers a repeated name into 64 bytes of stack, once it reads such a
 * record. It must not, wherever the record comes: at the start, ...
 */
static void
send_get_values(int fd)
{
	char record[8 + 50 * 16];
	size_t i;

	memcpy(record, GET_VALUES "\3\40\0\0", 8);
	for (i = 0; i < 50; i++)
		memcpy(record + 8 + i * 16, NAME, 16);
	(void)fc_send(fd, record, sizeof(record));
}

/* ... in the variables, in the body, or in what pads the variables' end. */
static void
send_around(int fd, int where)
{
	static const char end[8] = {1, FC_PARAMS, 0, 1, 0, 0, (char)0xf8, 0};
	char padding[0xf8] = GET_VALUES "\0\xf0";
	size_t i;

	if (where == 0)
		send_get_values(fd);
	(void)fc_begin(fd, FC_RESPONDER, false);
	(void)fc_param(fd, "SCRIPT_NAME", "/around");
	if (where == 1)
		send_get_values(fd);
	if (where == 3) {
		for (i = 8; i < sizeof(padding); i += 16)
			memcpy(padding + i, NAME, 16);
		(void)fc_send(fd, end, sizeof(end));
		(void)fc_send(fd, padding, sizeof(padding));
	} else {
		(void)fc_params_end(fd);
	}
	if (where == 2)
		send_get_values(fd);
	(void)fc_stdin(fd, 0);
}

static void
test_get_values(void **state)
{
	struct toy *t = *state;
	struct fc_answer a;
	long pid;
	int fd, where;

	t->o.workers = 1;
	toy_start(t);
	pid = toy_number(t, "pid");
	for (where = 0; where < 4; where++) {
		fd = toy_connect(t);
		send_around(fd, where);
		a = fc_read(fd, TOY_PATIENCE_MS);
		/* Padding may hold anything: it is skipped. */
		assert_int_equal(a.complete, where == 3);
		assert_true(a.complete || a.eof);
		fc_clear(&a);
		(void)close(fd);
	}
	assert_int_equal(toy_number(t, "pid"), pid);
	assert_int_equal(
	    toy_logged(t, "fcgi.refused reason=\"management record\""), 3);
	assert_int_equal(toy_logged(t, "path=/around"), 1);
}

/* A kept connection is looked at from its beginning to its end. */
static void
test_get_values_after_a_request(void **state)
{
	struct toy *t = *state;
	struct fc_answer a;
	long pid;
	int fd, i;

	t->o.workers = 1;
	toy_start(t);
	pid = toy_number(t, "pid");
	fd = toy_connect(t);
	for (i = 0; i < 3; i++) {
		assert_true(fc_get(fd, "/", true));
		a = fc_read(fd, TOY_PATIENCE_MS);
		assert_true(a.complete);
		fc_clear(&a);
	}
	send_get_values(fd);
	assert_true(fc_is_closed(fd, TOY_PATIENCE_MS));
	(void)close(fd);
	assert_int_equal(toy_number(t, "pid"), pid);
	assert_int_equal(toy_logged(t, "fcgi.refused"), 1);
}

/*
 * Two requests in one piece. libfcgi would forget what it has read of the
 * second one, and go on in the middle of what follows.
 */
static void
test_two_requests_at_once(void **state)
{
#define WHOLE(path)                                                            \
	"\1\1\0\1\0\10\0\0\0\1\1\0\0\0\0\0"                                    \
	"\1\4\0\1\0\21\7\0\13\4SCRIPT_NAME" path "......."                     \
	"\1\4\0\1\0\0\0\0\1\5\0\1\0\0\0\0"
	static const char two[] = WHOLE("/one") WHOLE("/two");
	struct toy *t = *state;
	struct fc_answer a;
	int fd;

	t->o.workers = 1;
	t->o.idle_timeout_ms = 20000;
	toy_start(t);
	fd = toy_connect(t);
	assert_true(fc_send(fd, two, sizeof(two) - 1));
	a = fc_read(fd, TOY_PATIENCE_MS);
	assert_true(a.complete);
	fc_clear(&a);
	assert_true(fc_is_closed(fd, TOY_PATIENCE_MS));
	(void)close(fd);
	assert_int_equal(toy_logged(t, "path=/one"), 1);
	assert_int_equal(toy_logged(t, "path=/two"), 0);
	/* One after the other they are served. */
	fd = toy_connect(t);
	assert_true(fc_send(fd, two, sizeof(two) / 2));
	a = fc_read(fd, TOY_PATIENCE_MS);
	assert_true(a.complete);
	fc_clear(&a);
	assert_true(fc_send(fd, two + sizeof(two) / 2, sizeof(two) / 2));
	a = fc_read(fd, TOY_PATIENCE_MS);
	assert_true(a.complete);
	fc_clear(&a);
	(void)close(fd);
	assert_int_equal(toy_logged(t, "path=/two"), 1);
}

/* With one worker, somebody who connects and says nothing costs a timeout. */
static void
test_silent_connection(void **state)
{
	struct toy *t = *state;
	struct fc_answer a;
	int silent;

	t->o.workers = 1;
	toy_start(t);
	silent = toy_connect(t);
	toy_sleep(50);
	a = toy_get(t, "/");
	assert_in_range(a.ms, 200, 1500);
	fc_clear(&a);
	assert_true(fc_is_closed(silent, 1000));
	(void)close(silent);
}

/* A byte now and then does not extend the time. */
static void
test_trickler(void **state)
{
	static const unsigned char header[] = {
	    1, FC_PARAMS, 0, 1, 0xff, 0, 0, 0};
	struct toy *t = *state;
	int64_t began;
	int fd, i;

	t->o.workers = 1;
	toy_start(t);
	fd = toy_connect(t);
	assert_true(fc_begin(fd, FC_RESPONDER, false) &&
		    fc_send(fd, header, sizeof(header)));
	began = clock_mono_ms();
	/* Names and values of one byte each: all well-formed. */
	for (i = 0; i < 100 && fc_send(fd, "\1", 1); i++)
		toy_sleep(30);
	assert_in_range(clock_mono_ms() - began, 300, 1500);
	(void)close(fd);
}

/* An idle kept connection holds nobody up, and is closed for the new one. */
static void
test_idle_yields(void **state)
{
	struct toy *t = *state;
	struct fc_answer a;
	int kept;

	t->o.workers = 1;
	t->o.idle_timeout_ms = 10000;
	toy_start(t);
	kept = toy_connect(t);
	assert_true(fc_get(kept, "/", true));
	a = fc_read(kept, TOY_PATIENCE_MS);
	assert_true(a.complete);
	fc_clear(&a);
	a = toy_get(t, "/");
	assert_true(a.ms < 1000);
	fc_clear(&a);
	assert_true(fc_is_closed(kept, 1000));
	(void)close(kept);
}

static void
test_idle_timeout(void **state)
{
	struct toy *t = *state;
	struct fc_answer a;
	int64_t began;
	int kept;

	t->o.idle_timeout_ms = 300;
	toy_start(t);
	kept = toy_connect(t);
	assert_true(fc_get(kept, "/", true));
	a = fc_read(kept, TOY_PATIENCE_MS);
	fc_clear(&a);
	began = clock_mono_ms();
	assert_true(fc_is_closed(kept, TOY_PATIENCE_MS));
	assert_in_range(clock_mono_ms() - began, 200, 1500);
	(void)close(kept);
}

/* Nor does a kept connection that never pauses. */
static void
test_busy_yields(void **state)
{
	struct toy *t = *state;
	struct fc_answer a;
	pid_t hammer;
	int kept;

	t->o.workers = 1;
	toy_start(t);
	kept = toy_connect(t);
	if ((hammer = fork()) == 0) {
		do {
			if (!fc_get(kept, "/", true))
				_exit(0);
			a = fc_read(kept, TOY_PATIENCE_MS);
		} while (a.complete);
		_exit(0);
	}
	(void)close(kept);
	toy_sleep(50);
	a = toy_get(t, "/");
	assert_true(a.ms < 1500);
	fc_clear(&a);
	assert_int_equal(toy_wait(hammer, TOY_PATIENCE_MS), 0);
}

static int
count_fds(long pid)
{
	char path[64];
	int fd, n = 0;

	for (fd = 0; fd < 256; fd++) {
		(void)snprintf(path, sizeof(path), "/proc/%ld/fd/%d", pid, fd);
		n += faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	}
	return n;
}

static void
test_no_descriptor_growth(void **state)
{
	struct toy *t = *state;
	struct fc_answer a;
	long pid;
	int before, i;

	t->o.workers = 1;
	toy_start(t);
	pid = toy_number(t, "pid");
	before = count_fds(pid);
	assert_true(before > 3);
	for (i = 0; i < 300; i++) {
		a = toy_get(t, "/");
		fc_clear(&a);
	}
	/* One connection may still be closing. */
	toy_sleep(50);
	assert_int_equal(toy_number(t, "pid"), pid);
	toy_sleep(50);
	assert_in_range(count_fds(pid), before - 1, before + 1);
}

#define T(f) cmocka_unit_test_setup_teardown(f, toy_setup, toy_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_get),
	    T(test_authorizer_without_stdin),
	    T(test_authorizer_listener),
	    T(test_never_empty),
	    T(test_filter_refused),
	    T(test_kept_connection_with_bodies),
	    T(test_endless_body),
	    T(test_no_request_inside_a_body),
	    T(test_big_answer),
	    T(test_cut_variables),
	    T(test_cut_body),
	    T(test_garbage),
	    T(test_fatal_lengths),
	    T(test_get_values),
	    T(test_get_values_after_a_request),
	    T(test_two_requests_at_once),
	    T(test_silent_connection),
	    T(test_trickler),
	    T(test_idle_yields),
	    T(test_idle_timeout),
	    T(test_busy_yields),
	    T(test_no_descriptor_growth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
