/* SPDX-License-Identifier: ISC */
#include "cgi/answers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define V(text) ((char[]){text})

static char *const params[] = {
    V("REQUEST_METHOD=GET"), V("HTTP_COOKIE=a"), V("REMOTE_PORT=1"), NULL};
static const struct answers_moment moment = {1000, {1, 2, 3}};

struct fixture {
	struct answers *a;
	struct buf answer;
};

static int
set_up(void **state)
{
	static struct fixture f;

	f.a = answers_new();
	f.answer = (struct buf)BUF_INIT;
	buf_puts(&f.answer, "Status: 200 OK\r\n\r\nada");
	*state = &f;
	return f.a == NULL;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	answers_free(&f->a);
	buf_clear(&f->answer);
	return 0;
}

static bool
knows(struct fixture *f, const struct answers_moment *m, enum fcgi_role role,
    char *const *question)
{
	struct buf out = BUF_INIT;
	const char *endpoint = answers_find(f->a, m, role, question, &out);
	bool known = endpoint != NULL;

	if (known) {
		assert_string_equal(endpoint, "/whoami");
		assert_string_equal(buf_str(&out), buf_str(&f->answer));
	} else {
		assert_int_equal(out.len, 0);
	}
	buf_clear(&out);
	return known;
}

/* Asks, and has the answer kept. */
static void
keep(struct fixture *f, char *const *question)
{
	assert_false(knows(f, &moment, ROLE_RESPONDER, question));
	answers_keep(f->a, &moment, "/whoami", &f->answer);
}

static void
test_again(void **state)
{
	struct fixture *f = *state;

	keep(f, params);
	assert_true(knows(f, &moment, ROLE_RESPONDER, params));
	assert_true(knows(f, &moment, ROLE_RESPONDER, params));
}

/* Whatever the database or the clock says: it is decided anew. */
static void
test_another_moment(void **state)
{
	struct fixture *f = *state;
	struct answers_moment other = moment;

	other.now++;
	keep(f, params);
	assert_false(knows(f, &other, ROLE_RESPONDER, params));
	/* what was kept is gone for good */
	assert_false(knows(f, &moment, ROLE_RESPONDER, params));
	answers_keep(f->a, &moment, "/whoami", &f->answer);
	other = moment;
	other.now--;
	assert_false(knows(f, &other, ROLE_RESPONDER, params));
	keep(f, params);
	other = moment;
	other.database[GATE_STAMP_LEN - 1] ^= 1;
	assert_false(knows(f, &other, ROLE_RESPONDER, params));
}

/* What was asked for at one moment is not kept for another. */
static void
test_kept_too_late(void **state)
{
	struct fixture *f = *state;
	struct answers_moment other = moment;

	other.now++;
	assert_false(knows(f, &moment, ROLE_RESPONDER, params));
	answers_keep(f->a, &other, "/whoami", &f->answer);
	assert_false(knows(f, &other, ROLE_RESPONDER, params));
	assert_false(knows(f, &moment, ROLE_RESPONDER, params));
}

static void
test_another_question(void **state)
{
	char *const others[][4] = {
	    {V("REQUEST_METHOD=GET"), V("HTTP_COOKIE=b"), NULL},
	    {V("REQUEST_METHOD=HEAD"), V("HTTP_COOKIE=a"), NULL},
	    {V("REQUEST_METHOD=GET"), NULL},
	    {V("HTTP_COOKIE=a"), V("REQUEST_METHOD=GET"), NULL},
	    {V("REQUEST_METHOD=GETHTTP_COOKIE=a"), NULL},
	    {V("REQUEST_METHOD=GET"), V("HTTP_COOKIE=a"),
		V("ROLEGATE_REQUIRE=role:x"), NULL},
	    {NULL},
	};
	struct fixture *f = *state;
	size_t i;

	keep(f, params);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(knows(f, &moment, ROLE_RESPONDER, others[i]));
	assert_false(knows(f, &moment, ROLE_AUTHORIZER, params));
}

/* Another connection of the same web server is no other question. */
static void
test_what_does_not_count(void **state)
{
	char *const other[] = {V("UNIQUE_ID=x"), V("REQUEST_METHOD=GET"),
	    V("HTTP_COOKIE=a"), V("REMOTE_PORT=2"), NULL};
	struct fixture *f = *state;

	keep(f, params);
	assert_true(knows(f, &moment, ROLE_RESPONDER, other));
}

static void
test_bounds(void **state)
{
	struct fixture *f = *state;
	char text[32], *question[] = {text, NULL};
	size_t i, known = 0;

	while (f->answer.len < ANSWERS_BYTES / 100)
		buf_putc(&f->answer, 'x');
	for (i = 0; i < (size_t)4 * ANSWERS_MAX; i++) {
		(void)snprintf(text, sizeof(text), "HTTP_COOKIE=%zu", i);
		keep(f, question);
	}
	for (i = 0; i < (size_t)4 * ANSWERS_MAX; i++) {
		(void)snprintf(text, sizeof(text), "HTTP_COOKIE=%zu", i);
		known += knows(f, &moment, ROLE_RESPONDER, question);
	}
	assert_in_range(known, 1, 100);
	/* One that is larger than all of them may be is not kept. */
	while (f->answer.len <= ANSWERS_BYTES)
		buf_puts(&f->answer, "more of the same, again and again");
	(void)snprintf(text, sizeof(text), "HTTP_COOKIE=large");
	keep(f, question);
	assert_false(knows(f, &moment, ROLE_RESPONDER, question));
}

static void
test_failed_answer(void **state)
{
	struct fixture *f = *state;

	f->answer.failed = true;
	keep(f, params);
	assert_false(knows(f, &moment, ROLE_RESPONDER, params));
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_again),
	    T(test_another_moment),
	    T(test_kept_too_late),
	    T(test_another_question),
	    T(test_what_does_not_count),
	    T(test_bounds),
	    T(test_failed_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
