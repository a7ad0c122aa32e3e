/* SPDX-License-Identifier: ISC */
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util.h"

/* stderr goes into a pipe while a test runs. */
struct capture {
	int saved;
	int fds[2];
};

static int
setup(void **state)
{
	static struct capture c;

	(void)fflush(stderr);
	assert_int_equal(pipe(c.fds), 0);
	c.saved = dup(STDERR_FILENO);
	assert_true(dup2(c.fds[1], STDERR_FILENO) >= 0);
	log_set_level(LOG_INFO);
	log_set_request(NULL);
	*state = &c;
	return 0;
}

static int
teardown(void **state)
{
	struct capture *c = *state;

	(void)dup2(c->saved, STDERR_FILENO);
	(void)close(c->saved);
	(void)close(c->fds[0]);
	(void)close(c->fds[1]);
	return 0;
}

/* What was logged since the last call, behind its 20 characters of time. */
static const char *
logged(struct capture *c)
{
	static char text[8192];
	ssize_t n;

	log_error("mark", "%s", ""); /* so that there is something to read */
	n = read(c->fds[0], text, sizeof(text) - 1);
	assert_in_range(n, 30, sizeof(text) - 1);
	text[n] = '\0';
	assert_int_equal(text[n - 1], '\n');
	*strrchr(text, 'Z') = '\0'; /* of the mark */
	n = (ssize_t)strlen(text) - 19;
	text[n] = '\0';
	return n == 0 ? text : text + 20;
}

static void
assert_logged(struct capture *c, const char *want)
{
	const char *got = logged(c);

	if (strcmp(got, want) != 0)
		fail_msg("\"%s\" is not \"%s\"", got, want);
}

/* A peer must not be able to make lines, or move an administrator's cursor. */
static void
test_escaping(void **state)
{
	struct capture *c = *state;

	log_info("x", "client=%s", "a\n2026-01-01T00:00:00Z info - sign_in.ok");
	assert_logged(c, " info - x client=a\\x0a2026-01-01T00:00:00Z info - "
			 "sign_in.ok\n");
	log_info("x", "d=%s", "\r\t\x1b[2J\x7f\x9b\x01\\");
	assert_logged(
	    c, " info - x d=\\x0d\\x09\\x1b[2J\\x7f\\x9b\\x01\\x5c\n");
	/* backslashes, too, so that what is escaped is certain */
	log_info("x", "d=%s", "\\x0a");
	assert_logged(c, " info - x d=\\x5cx0a\n");
	log_info("x", "n=%s", "Zo\xc3\xab");
	assert_logged(c, " info - x n=Zo\\xc3\\xab\n");
	log_info("a\nb", "%s", "");
	assert_logged(c, " info - a\\x0ab\n");
}

/* The text of others must not look like a key=value of ours. */
static void
test_quote(void **state)
{
	struct capture *c = *state;
	char text[1000];
	const char *quoted;

	log_info("x", "d=%s e=%s", log_quote("a\" error=RG_OK d=\"b"),
	    log_quote("\n"));
	assert_logged(c, " info - x d=\"a' error=RG_OK d='b\" e=\"\\x0a\"\n");
	assert_string_equal(log_quote(""), "\"\"");
	memset(text, '"', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	quoted = log_quote(text);
	assert_int_equal(strlen(quoted), 299);
	assert_ptr_equal(strchr(quoted + 1, '"'), quoted + 298);
}

static void
test_long(void **state)
{
	struct capture *c = *state;
	char text[5001];
	const char *got;

	memset(text, '\n', 5000);
	text[5000] = '\0';
	log_info("x", "d=%s", text);
	got = logged(c);
	assert_in_range(strlen(got), 1000, 2048);
	assert_ptr_equal(strchr(got, '\n'), got + strlen(got) - 1);
	log_info(text, "d=%s", text);
	got = logged(c);
	assert_in_range(strlen(got), 1000, 2048);
	assert_ptr_equal(strchr(got, '\n'), got + strlen(got) - 1);
}

static void
test_levels(void **state)
{
	struct capture *c = *state;

	log_debug("x", "%s", "");
	assert_logged(c, "");
	log_set_level(LOG_DEBUG);
	log_debug("x", "%s", "");
	assert_logged(c, " debug - x\n");
	log_set_level(LOG_ERROR);
	log_warn("x", "%s", "");
	log_info("x", "%s", "");
	assert_logged(c, "");
	log_error("x", "%s", "");
	assert_logged(c, " error - x\n");
	assert_int_equal(log_level_parse("error"), LOG_ERROR);
	assert_int_equal(log_level_parse("warn"), LOG_WARN);
	assert_int_equal(log_level_parse("info"), LOG_INFO);
	assert_int_equal(log_level_parse("debug"), LOG_DEBUG);
	assert_int_equal(log_level_parse("Info"), -1);
	assert_int_equal(log_level_parse(""), -1);
	assert_int_equal(log_level_parse("trace"), -1);
}

static void
test_request(void **state)
{
	struct capture *c = *state;

	log_set_request("8f3kq2");
	log_info("x", "a=%d", 1);
	assert_logged(c, " info 8f3kq2 x a=1\n");
	log_set_request("0123456789012345678901234567890123456789");
	log_info("x", "%s", "");
	assert_logged(c, " info 0123456789012345678901234567890 x\n");
	log_set_request("");
	log_info("x", "%s", "");
	assert_logged(c, " info - x\n");
}

/* Lines of several processes must not mix, and no stderr must not hurt. */
static int
log_many(void *ctx)
{
	char text[300];
	int i;

	(void)ctx;
	memset(text, 'y', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (i = 0; i < 40; i++)
		log_info("many", "%s", text);
	return 0;
}

static void
test_processes(void **state)
{
	struct capture *c = *state;
	char text[65536];
	int total[256], lines = 0;
	size_t len = 0;
	const char *p;
	ssize_t n;

	util_race(4, log_many, NULL, total);
	assert_int_equal(total[0], 4);
	log_error("end", "%s", "");
	do {
		n = read(c->fds[0], text + len, sizeof(text) - 1 - len);
		assert_true(n > 0);
		len += (size_t)n;
		text[len] = '\0';
	} while (strstr(text, " end\n") == NULL);
	for (p = text; (p = strstr(p, "Z info - many yyy")) != NULL; p++) {
		assert_int_equal(strspn(p + 14, "y"), 299);
		assert_int_equal(p[14 + 299], '\n');
		lines++;
	}
	assert_int_equal(lines, 160);
}

static void
test_closed(void **state)
{
	(void)state;
	(void)close(STDERR_FILENO);
	log_error("x", "nobody hears this");
}

#define log_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    log_test(test_escaping),
	    log_test(test_quote),
	    log_test(test_long),
	    log_test(test_levels),
	    log_test(test_request),
	    log_test(test_processes),
	    log_test(test_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
