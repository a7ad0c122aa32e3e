/* SPDX-License-Identifier: ISC */
#include "store/document.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store_util.h"

#define OP "https://op.example"

static void
assert_text(
    struct store *s, const char *issuer, const char *kind, const char *want)
{
	struct buf text = BUF_INIT;
	int64_t at = -1;
	enum rg_err r = store_document_load(s, issuer, kind, &text, &at);

	assert_int_equal(r, want == NULL ? RG_E_NOT_FOUND : RG_OK);
	assert_string_equal(buf_str(&text), want == NULL ? "" : want);
	if (want == NULL)
		assert_int_equal(at, 0);
	buf_clear(&text);
}

static bool
may(struct store *s, const char *issuer, const char *kind, int64_t now)
{
	bool granted = true;

	assert_int_equal(
	    store_document_may_fetch(s, issuer, kind, now, 300, &granted),
	    RG_OK);
	return granted;
}

static void
test_load_and_save(void **state)
{
	struct fixture *f = *state;
	struct buf text = BUF_INIT, tight = BUF_LIMITED(3);
	int64_t at = 0;

	assert_text(f->s, OP, "keys", NULL);
	assert_int_equal(
	    store_document_save(f->s, OP, "keys", "{\"a\":1}rest", 7, 1000),
	    RG_OK);
	assert_text(f->s, OP, "keys", "{\"a\":1}");
	assert_text(f->s, OP, "discovery", NULL);
	assert_text(f->s, OP "/", "keys", NULL);
	assert_int_equal(
	    store_document_save(f->s, OP, "keys", "{}", 2, 2000), RG_OK);
	assert_int_equal(
	    store_document_load(f->s, OP, "keys", &text, &at), RG_OK);
	assert_string_equal(buf_str(&text), "{}");
	assert_int_equal(at, 2000);
	/* A process that was slow to save must not undo what came later ... */
	assert_int_equal(
	    store_document_save(f->s, OP, "keys", "{\"old\":1}", 9, 1999),
	    RG_OK);
	assert_text(f->s, OP, "keys", "{}");
	/* ... but what is from the future stays only until there is another. */
	assert_int_equal(
	    store_document_save(f->s, OP, "keys", "{\"back\":1}", 10, 1600),
	    RG_OK);
	assert_text(f->s, OP, "keys", "{\"back\":1}");
	assert_int_equal(
	    store_document_save(f->s, OP, "keys", "{\"long\":1}", 10, 2000),
	    RG_OK);
	assert_int_equal(
	    store_document_load(f->s, OP, "keys", &tight, &at), RG_E_NOMEM);
	buf_clear(&tight);
	buf_clear(&text);
}

static void
test_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(
	    store_document_save(f->s, OP, "secrets", "{}", 2, 1), RG_E_INVALID);
	assert_int_equal(
	    store_document_save(f->s, "", "keys", "{}", 2, 1), RG_E_INVALID);
	assert_int_equal(
	    store_document_save(f->s, OP, "keys", "{}", 2, -1), RG_E_INVALID);
	assert_int_equal(
	    store_document_save(f->s, OP, "keys", "{}", 9 << 20, 1),
	    RG_E_TOO_LARGE);
	assert_text(f->s, OP, "keys", NULL);
}

static void
test_may_fetch(void **state)
{
	struct fixture *f = *state;

	assert_true(may(f->s, OP, "keys", 1000)); /* the first at once */
	assert_false(may(f->s, OP, "keys", 1000));
	assert_false(may(f->s, OP, "keys", 1299));
	assert_true(may(f->s, OP, "discovery", 1299));
	assert_true(may(f->s, OP "/", "keys", 1299));
	assert_true(may(f->s, OP, "keys", 1300));
	assert_false(may(f->s, OP, "keys", 1301));
	/* the clock was set back by more than anyone would wait */
	assert_true(may(f->s, OP, "keys", 500));
	assert_false(may(f->s, OP, "keys", 501));
}

/* Attempts and documents do not disturb each other. */
static void
test_attempt_and_text(void **state)
{
	struct fixture *f = *state;

	assert_true(may(f->s, OP, "keys", 1000));
	assert_text(f->s, OP, "keys", NULL);
	assert_int_equal(
	    store_document_save(f->s, OP, "keys", "{}", 2, 1001), RG_OK);
	assert_false(may(f->s, OP, "keys", 1002));
	assert_true(may(f->s, OP, "keys", 1300));
	assert_text(f->s, OP, "keys", "{}"); /* last good one */
	assert_int_equal(
	    store_document_save(f->s, OP "/b", "keys", "{}", 2, 1001), RG_OK);
	assert_true(may(f->s, OP "/b", "keys", 1002));
}

static int
fetch(void *ctx)
{
	struct fixture *f = ctx;
	struct store *s = NULL;
	bool granted = false;

	if (store_open(f->path, 5000, &s, NULL) != RG_OK ||
	    store_document_may_fetch(s, OP, "keys", 5000, 300, &granted) !=
		RG_OK)
		return 2;
	store_free(&s);
	return granted ? 1 : 0;
}

static void
test_race(void **state)
{
	struct fixture *f = *state;
	int total[256];

	util_race(8, fetch, f, total); /* no row yet */
	assert_int_equal(total[1], 1);
	assert_int_equal(total[0], 7);
	assert_false(may(f->s, OP, "keys", 5000));
	store_raw(f->path, "UPDATE documents SET attempted_at = 1000");
	util_race(2, fetch, f, total); /* a row that is old */
	assert_int_equal(total[1], 1);
	assert_int_equal(total[0], 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    store_test(test_load_and_save),
	    store_test(test_refused),
	    store_test(test_may_fetch),
	    store_test(test_attempt_and_text),
	    store_test(test_race),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
