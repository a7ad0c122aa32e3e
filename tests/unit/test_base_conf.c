/* SPDX-License-Identifier: ISC */
#include "base/conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "util.h"

struct files {
	char folder[UTIL_PATH_MAX];
	char path[UTIL_PATH_MAX];
};

static int
setup(void **state)
{
	static struct files f;

	util_folder(f.folder);
	util_path(f.path, f.folder, "test.conf");
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct files *f = *state;

	util_remove(f->folder);
	return 0;
}

static struct conf *
load(const struct files *f, const char *text)
{
	struct conf *c = NULL;
	struct err e = {RG_OK, ""};

	util_write_text(f->path, text, 0600);
	if (conf_load(f->path, &c, &e) != RG_OK)
		fail_msg("%s", e.detail);
	return c;
}

/* The file is refused by the parser, with this at the end of the message. */
static void
assert_refused(const struct files *f, const char *text, const char *where)
{
	struct conf *c = NULL;
	struct err e = {RG_OK, ""};
	char want[UTIL_PATH_MAX + 300];

	util_write_text(f->path, text, 0600);
	assert_int_equal(conf_load(f->path, &c, &e), RG_E_CONF);
	assert_null(c);
	(void)snprintf(want, sizeof(want), "%s%s", f->path, where);
	if (strncmp(e.detail, want, strlen(want)) != 0)
		fail_msg("\"%s\" is not \"%s\"", e.detail, want);
}

static void
assert_finish(struct conf **c, const struct files *f, const char *where)
{
	struct err e = {RG_OK, ""};
	enum rg_err r = conf_finish(*c, &e);
	char want[UTIL_PATH_MAX + 300];

	conf_free(c);
	assert_null(*c);
	if (where == NULL) {
		assert_int_equal(r, RG_OK);
		return;
	}
	assert_int_equal(r, RG_E_CONF);
	(void)snprintf(want, sizeof(want), "%s%s", f->path, where);
	assert_string_equal(e.detail, want);
}

static void
test_syntax(void **state)
{
	struct files *f = *state;
	char text[400];

	assert_refused(
	    f, "[a]\nb\n", ":2: neither a [section] nor key = value");
	assert_refused(f, "[a\nb = 1\n", ":1: a [section] lacks its ]");
	assert_refused(f, "b = 1\n", ":1: b stands before any [section]");
	assert_refused(f, "[]\nb = 1\n", ":2: b stands before any [section]");
	assert_refused(f, "[a]\nb = 1\nb = 1\n", ":3: [a] b is set twice");
	assert_refused(f, "[a]\nb = 1\n[c]\nd = 1\n[a]\ne = 1\n",
	    ":5: [a] is there twice");
	assert_refused(f, "[a]\n[a]\n", ":2: [a] is there twice");
	assert_refused(
	    f, "\xef\xbb\xbf[a]\nb = 1\n[a]\n", ":3: [a] is there twice");
	/* libinih would make it a part of the value above */
	assert_refused(f, "[a]\nb = 1\n c = 2\n",
	    ":3: a line must not start with a blank");
	assert_refused(
	    f, "[a]\n\tb = 1\n", ":2: a line must not start with a blank");
	(void)memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text, "[a]\nb = ", 8);
	assert_refused(f, text, ":2: line is longer than ");
	/* two names that differ behind what libinih keeps */
	memcpy(text, "[xxxxxxx", 8);
	memcpy(text + 60, "]\nb = 1\n", 9);
	assert_refused(f, text, ":1: more than ");
}

static void
test_too_many(void **state)
{
	struct files *f = *state;
	struct buf text = BUF_INIT;
	int i;

	buf_puts(&text, "[a]\n");
	for (i = 0; i < 1025; i++)
		buf_printf(&text, "k%d = 1\n", i);
	assert_refused(f, buf_str(&text), ":1026: more than 1024 settings");
	buf_reset(&text);
	for (i = 0; i < 65; i++)
		buf_printf(&text, "[s%d]\n", i);
	assert_refused(f, buf_str(&text), ":65: more than 64 sections");
	buf_clear(&text);
}

static void
test_file(void **state)
{
	struct files *f = *state;
	struct conf *c = NULL;
	struct err e = {RG_OK, ""};

	assert_int_equal(conf_load("/no/such/file", &c, &e), RG_E_FILE);
	assert_non_null(strstr(e.detail, "/no/such/file"));
	assert_int_equal(conf_load(f->folder, &c, &e), RG_E_CONF);
	assert_null(c);
	conf_free(&c);
	c = load(f, "");
	assert_finish(&c, f, NULL);
}

static void
test_unknown(void **state)
{
	struct files *f = *state;
	struct conf *c;

	c = load(f, "[a]\nb = 1\nc = 2\n");
	assert_string_equal(conf_str(c, "a", "b", NULL), "1");
	assert_true(conf_has(c, "a", "c")); /* which is not asking */
	assert_finish(&c, f, ":3: unknown key [a] c");
	c = load(f, "[a]\nb = 1\n[other]\nb = 2\n");
	assert_string_equal(conf_str(c, "a", "b", NULL), "1");
	assert_finish(&c, f, ":4: unknown key [other] b");
	/* case matters */
	c = load(f, "[a]\nB = 1\n");
	assert_null(conf_str(c, "a", "b", NULL));
	assert_finish(&c, f, ":2: unknown key [a] B");
	c = load(f, "[a]\n\n[sesion]\n");
	assert_null(conf_str(c, "a", "b", NULL));
	assert_finish(&c, f, ":3: unknown section [sesion]");
	c = load(f, "# all of it is optional\n[a]\n; b = 1\n");
	assert_null(conf_str(c, "a", "b", NULL));
	assert_finish(&c, f, NULL);
}

static void
test_str(void **state)
{
	struct files *f = *state;
	struct conf *c = load(f, "[a]\nb =\n");

	assert_string_equal(conf_str(c, "a", "b", "def"), "def");
	assert_finish(&c, f, ":2: [a] b: has no value");
	c = load(f, "\n[a]\nc = 1\n");
	assert_int_equal(conf_int(c, "a", "c", 0, 0, 9), 1);
	assert_string_equal(conf_need(c, "a", "b"), "");
	assert_string_equal(conf_need(c, "a", "z"), "");
	assert_finish(&c, f, ":2: [a] b: is required"); /* the first one */
	c = load(f, "");
	assert_string_equal(conf_need(c, "a", "b"), "");
	assert_finish(&c, f, ": [a] b: is required");
	c = load(f, "[a]\r\nb = x = y : z \r\nc: 2\r\n");
	assert_string_equal(conf_need(c, "a", "b"), "x = y : z");
	assert_string_equal(conf_need(c, "a", "c"), "2");
	assert_string_equal(conf_str(c, "a", "d", "def"), "def");
	assert_finish(&c, f, NULL);
}

static void
assert_int(const struct files *f, const char *value, bool good, int64_t want)
{
	struct conf *c;
	struct err e = {RG_OK, ""};
	char text[100];

	(void)snprintf(text, sizeof(text), "[a]\nb = %s\n", value);
	c = load(f, text);
	assert_int_equal(conf_int(c, "a", "b", 42, -5, 1000), good ? want : 42);
	if (conf_finish(c, &e) != (good ? RG_OK : RG_E_CONF))
		fail_msg("\"%s\": %s", value, e.detail);
	conf_free(&c);
}

/* A time-out of "30O" must not become 30, nor 0 (which curl takes for none). */
static void
test_int(void **state)
{
	static const char *const bad[] = {"30O", "O30", "1e2", "0x10", "1.0",
	    "+1", "-1", "-", "1001", "99999999999999999999", "1 0", "\"1\"",
	    "1,000"};
	struct files *f = *state;
	struct conf *c;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int(f, bad[i], false, 0);
	assert_int(f, "0", true, 0);
	assert_int(f, "1000", true, 1000);
	assert_int(f, "007", true, 7);
	c = load(f, "");
	assert_int_equal(conf_int(c, "a", "b", 42, 0, 1), 42);
	assert_finish(&c, f, NULL);
}

static void
assert_seconds(
    const struct files *f, const char *value, bool good, int64_t want)
{
	struct conf *c;
	struct err e = {RG_OK, ""};
	char text[100];

	(void)snprintf(text, sizeof(text), "[a]\nb = %s\n", value);
	c = load(f, text);
	assert_int_equal(
	    conf_seconds(c, "a", "b", 42, 1, 700000), good ? want : 42);
	if (conf_finish(c, &e) != (good ? RG_OK : RG_E_CONF))
		fail_msg("\"%s\": %s", value, e.detail);
	conf_free(&c);
}

static void
test_seconds(void **state)
{
	static const char *const bad[] = {"0", "0s", "s", "9d", "1w", "1M",
	    "1 m", "1mm", "-1s", "1.5h", "700001", "9223372036854775807d",
	    "213503982334602d", "99999999999999999999s"};
	struct files *f = *state;
	struct conf *c;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_seconds(f, bad[i], false, 0);
	assert_seconds(f, "90", true, 90);
	assert_seconds(f, "90s", true, 90);
	assert_seconds(f, "15m", true, 900);
	assert_seconds(f, "8h", true, 28800);
	assert_seconds(f, "7d", true, 604800);
	c = load(f, "");
	assert_int_equal(conf_seconds(c, "a", "b", 42, 0, 1), 42);
	assert_finish(&c, f, NULL);
}

static void
test_choice(void **state)
{
	static const char *const choices[] = {"query", "form_post", NULL};
	struct files *f = *state;
	struct conf *c = load(f, "[a]\nb = form_post\nc = Query\n");

	assert_int_equal(conf_choice(c, "a", "b", choices, 0), 1);
	assert_int_equal(conf_choice(c, "a", "d", choices, 7), 7);
	assert_int_equal(conf_choice(c, "a", "c", choices, 0), 0);
	assert_finish(&c, f,
	    ":3: [a] c: expected one of query, form_post; got \"Query\"");
}

static void
test_bool(void **state)
{
	static const char *const bad[] = {
	    "true", "false", "1", "0", "on", "Yes", "YES", "y"};
	struct files *f = *state;
	struct conf *c;
	struct err e;
	char text[100];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(text, sizeof(text), "[a]\nb = %s\n", bad[i]);
		c = load(f, text);
		assert_false(conf_bool(c, "a", "b", false));
		assert_int_equal(conf_finish(c, &e), RG_E_CONF);
		conf_free(&c);
	}
	c = load(f, "[a]\nb = yes\nc = no\n");
	assert_true(conf_bool(c, "a", "b", false));
	assert_false(conf_bool(c, "a", "c", true));
	assert_true(conf_bool(c, "a", "d", true));
	assert_finish(&c, f, NULL);
}

static void
test_sections(void **state)
{
	struct files *f = *state;
	struct conf *c = load(f, "[provider.b]\nk = 1\n[main]\nk = 1\n"
				 "[provider.a]\n");

	assert_string_equal(conf_section(c, "provider.", 0), "provider.b");
	assert_string_equal(conf_section(c, "provider.", 1), "provider.a");
	assert_null(conf_section(c, "provider.", 2));
	assert_null(conf_section(c, "other.", 0));
	(void)conf_str(c, "provider.b", "k", NULL);
	(void)conf_str(c, "main", "k", NULL);
	assert_finish(&c, f, ":5: unknown section [provider.a]");
}

static void
test_fail(void **state)
{
	struct files *f = *state;
	struct conf *c = load(f, "[a]\nb = 1\n");

	(void)conf_str(c, "a", "b", NULL);
	conf_fail(c, "a", "b", "is %s", "wrong");
	conf_fail(c, "a", "b", "comes later");
	assert_finish(&c, f, ":2: [a] b: is wrong");
}

#define conf_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    conf_test(test_syntax),
	    conf_test(test_too_many),
	    conf_test(test_file),
	    conf_test(test_unknown),
	    conf_test(test_str),
	    conf_test(test_int),
	    conf_test(test_seconds),
	    conf_test(test_choice),
	    conf_test(test_bool),
	    conf_test(test_sections),
	    conf_test(test_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
