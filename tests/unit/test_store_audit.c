/* SPDX-License-Identifier: ISC */
#include "store/audit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store_util.h"

#define NO_GUARDS                                                              \
	"DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete;"          \
	"DROP TRIGGER audit_in_order; DROP TRIGGER audit_head;"

static void
add_row(struct store *s, const struct audit_row *row)
{
	assert_int_equal(store_begin(s), RG_OK);
	assert_int_equal(store_audit_add(s, row), RG_OK);
	assert_int_equal(store_commit(s), RG_OK);
}

static void
add(struct store *s, const char *event, int64_t time, const char *subject)
{
	struct audit_row row = store_event(event, time);

	row.subject = subject;
	add_row(s, &row);
}

/* Ten rows at times 101 to 110. */
static void
add_ten(struct store *s)
{
	int64_t i;

	for (i = 1; i <= 10; i++)
		add(s, i % 2 == 0 ? "sign_in.ok" : "mapping.add", 100 + i, "s");
}

/* The chain must be good, with so many rows. */
static void
assert_good(struct store *s, int64_t rows)
{
	struct err e = {RG_OK, ""};
	int64_t count = -1;

	assert_int_equal(store_audit_verify(s, NULL, &count, &e), RG_OK);
	assert_int_equal(count, rows);
}

/* The chain must be bad after `good` rows, and the reason must name `bad`. */
static void
assert_bad(struct store *s, int64_t good, const char *bad)
{
	struct err e = {RG_OK, ""};
	int64_t count = -1;

	assert_int_equal(
	    store_audit_verify(s, NULL, &count, &e), RG_E_AUDIT_CHAIN);
	assert_int_equal(e.code, RG_E_AUDIT_CHAIN);
	assert_int_equal(count, good);
	if (strncmp(e.detail, bad, strlen(bad)) != 0)
		fail_msg("\"%s\" does not begin with \"%s\"", e.detail, bad);
}

static enum rg_err
print(void *ctx, const struct audit_row *row)
{
	buf_printf(ctx, "%lld|%lld|%s|%s|%s|%s|%s|%s|%s|%s\n",
	    (long long)row->seq, (long long)row->time, row->event, row->actor,
	    row->subject, row->client, row->request_id, row->detail,
	    row->prev_hash, row->hash);
	return RG_OK;
}

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define FIRST "693ebe14610cfa2d975eff676612e947fbfb7a0909b357ae220b17e9c06ed090"
#define SECOND                                                                 \
	"0831b2f800ceebd6bf0e9dbd049ebbcffb71f1ead0aac1076b2ff7ab879b394f"

/*
 * The hashes were computed from the description in audit.h by a few lines of
 * Python that share no code with rolegate.
 */
static void
test_encoding(void **state)
{
	struct fixture *f = *state;
	struct audit_row one = {.seq = 77,
	    .time = 1700000000,
	    .event = "sign_in.ok",
	    .actor = "entra:t:1",
	    .subject = "entra:t:1",
	    .client = "192.0.2.1",
	    .request_id = "r1",
	    .detail = "{\"roles\":[\"analyst\"]}",
	    .hash = "what the caller says is ignored"};
	struct audit_row two = {.time = 1700000001,
	    .event = "mapping.add",
	    .actor = "cli:root",
	    .subject = "mapping:1",
	    .detail = "{\"label\":\"Zo\xc3\xab\"}"};
	const struct audit_filter all = {0};
	struct audit_head head;
	struct buf out = BUF_INIT;

	assert_int_equal(store_audit_head(f->s, &head), RG_OK);
	assert_int_equal(head.seq, 0);
	assert_string_equal(head.hash, ZEROS);
	assert_good(f->s, 0);
	add_row(f->s, &one);
	add_row(f->s, &two);
	assert_int_equal(store_audit_each(f->s, &all, print, &out), RG_OK);
	assert_string_equal(buf_str(&out),
	    "1|1700000000|sign_in.ok|entra:t:1|entra:t:1|192.0.2.1|r1|"
	    "{\"roles\":[\"analyst\"]}|" ZEROS "|" FIRST "\n"
	    "2|1700000001|mapping.add|cli:root|mapping:1|||"
	    "{\"label\":\"Zo\xc3\xab\"}|" FIRST "|" SECOND "\n");
	assert_int_equal(store_audit_head(f->s, &head), RG_OK);
	assert_int_equal(head.seq, 2);
	assert_string_equal(head.hash, SECOND);
	assert_good(f->s, 2);
	buf_clear(&out);
}

/* Moving bytes from one field to the next must show. */
static void
test_fields_are_separate(void **state)
{
	struct fixture *f = *state;

	add_ten(f->s);
	store_raw(f->path,
	    NO_GUARDS "UPDATE audit SET actor = 'acto', subject = 'rs'"
		      " WHERE seq = 4");
	assert_bad(f->s, 3, "row 4 was changed");
}

static void
test_add_refused(void **state)
{
	struct fixture *f = *state;
	struct audit_row row = store_event("a.b", 1);

	/* alone: what it is about might still not happen */
	assert_int_equal(store_audit_add(f->s, &row), RG_E_INTERNAL);
	assert_int_equal(store_begin(f->s), RG_OK);
	row.event = "";
	assert_int_equal(store_audit_add(f->s, &row), RG_E_INVALID);
	row = store_event("a.b", -1);
	assert_int_equal(store_audit_add(f->s, &row), RG_E_INVALID);
	row = store_event("a.b", 1);
	row.detail = "";
	assert_int_equal(store_audit_add(f->s, &row), RG_E_INVALID);
	assert_int_equal(store_commit(f->s), RG_OK);
	assert_good(f->s, 0);
}

static void
test_append_only(void **state)
{
	struct fixture *f = *state;
	static const char *const edits[] = {
	    "UPDATE audit SET detail = '{}' WHERE seq = 3",
	    "UPDATE audit SET seq = 30 WHERE seq = 3",
	    "DELETE FROM audit WHERE seq = 10",
	    "DELETE FROM audit",
	    "INSERT OR REPLACE INTO audit SELECT seq, time, 'x', actor,"
	    " subject, client, request_id, detail, prev_hash, hash FROM audit"
	    " WHERE seq = 10",
	    "INSERT INTO audit SELECT 12, time, event, actor, subject, client,"
	    " request_id, detail, hash, hash FROM audit WHERE seq = 10",
	    "INSERT INTO audit SELECT 11, time, event, actor, subject, client,"
	    " request_id, detail, prev_hash, hash FROM audit WHERE seq = 10",
	};
	size_t i;

	add_ten(f->s);
	for (i = 0; i < sizeof(edits) / sizeof(edits[0]); i++)
		assert_int_equal(
		    store_raw_code(f->path, edits[i]), SQLITE_CONSTRAINT);
	assert_good(f->s, 10);
}

static void
test_changed_field(void **state)
{
	struct fixture *f = *state;
	static const char *const fields[] = {"time = time + 1", "event = 'x'",
	    "actor = 'x'", "subject = 'x'", "client = 'x'", "request_id = 'x'",
	    "detail = '{ }'", "hash = '1' || substr(hash, 2, 62) || 'g'",
	    "actor = actor || ' '"};
	struct buf sql = BUF_INIT;
	size_t i;

	add_ten(f->s);
	store_raw(
	    f->path, NO_GUARDS "CREATE TABLE kept AS SELECT * FROM audit");
	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		buf_reset(&sql);
		buf_printf(
		    &sql, "UPDATE audit SET %s WHERE seq = 5", fields[i]);
		store_raw(f->path, buf_str(&sql));
		assert_bad(f->s, 4, "row 5 was changed");
		store_raw(f->path, "DELETE FROM audit;"
				   "INSERT INTO audit SELECT * FROM kept");
		assert_good(f->s, 10);
	}
	store_raw(f->path, "UPDATE audit SET prev_hash = hash WHERE seq = 5");
	assert_bad(f->s, 4, "row 5 does not follow");
	buf_clear(&sql);
}

static void
test_deleted(void **state)
{
	struct fixture *f = *state;

	add_ten(f->s);
	store_raw(f->path, NO_GUARDS "DELETE FROM audit WHERE seq = 6");
	assert_bad(f->s, 5, "row 6 is missing");
	store_raw(f->path, "DELETE FROM audit WHERE seq <= 6");
	assert_bad(f->s, 0, "row 1 is missing");
	store_raw(f->path, "DELETE FROM audit");
	assert_bad(f->s, 0, "row 1 is missing: the end was cut off");
}

/* Closing the gap by renumbering does not help. */
static void
test_deleted_and_renumbered(void **state)
{
	struct fixture *f = *state;

	add_ten(f->s);
	store_raw(f->path,
	    NO_GUARDS "DELETE FROM audit WHERE seq = 6;"
		      "UPDATE audit SET seq = seq - 1 WHERE seq = 7");
	assert_bad(f->s, 5, "row 6 does not follow");
}

static void
test_cut_off(void **state)
{
	struct fixture *f = *state;
	struct audit_row row = store_event("a.b", 200);

	add_ten(f->s);
	store_raw(f->path, NO_GUARDS "DELETE FROM audit WHERE seq > 8");
	assert_bad(f->s, 8, "row 9 is missing: the end was cut off");
	/* life going on does not cover it up */
	store_raw(f->path,
	    "CREATE TRIGGER audit_head AFTER INSERT ON audit BEGIN UPDATE meta"
	    " SET audit_seq = NEW.seq, audit_hash = NEW.hash; END");
	add_row(f->s, &row);
	assert_bad(f->s, 8, "row 9 is missing");
}

/* Whoever also sets back meta is found by a head noted elsewhere only. */
static void
test_expected_head(void **state)
{
	struct fixture *f = *state;
	struct audit_head noted, wrong;
	struct err e = {RG_OK, ""};
	int64_t count;

	add_ten(f->s);
	assert_int_equal(store_audit_head(f->s, &noted), RG_OK);
	wrong = noted;
	wrong.hash[3] = wrong.hash[3] == 'a' ? 'b' : 'a';
	assert_int_equal(store_audit_verify(f->s, &noted, &count, &e), RG_OK);
	assert_int_equal(
	    store_audit_verify(f->s, &wrong, &count, &e), RG_E_AUDIT_CHAIN);
	assert_int_equal(count, 9);
	wrong.seq = 0;
	assert_int_equal(
	    store_audit_verify(f->s, &wrong, &count, &e), RG_E_AUDIT_CHAIN);
	add(f->s, "a.b", 200, "s"); /* an older head stays in the chain */
	assert_int_equal(store_audit_verify(f->s, &noted, &count, &e), RG_OK);
	assert_int_equal(count, 11);
	store_raw(f->path,
	    NO_GUARDS "DELETE FROM audit WHERE seq > 8;"
		      "UPDATE meta SET audit_seq = 8,"
		      " audit_hash = (SELECT hash FROM audit WHERE seq = 8)");
	assert_good(f->s, 8);
	assert_int_equal(
	    store_audit_verify(f->s, &noted, &count, &e), RG_E_AUDIT_CHAIN);
	assert_int_equal(count, 8);
	assert_non_null(strstr(e.detail, "row 9 is missing"));
}

/* From row 0 in steps, until the end or the first error. */
static enum rg_err
verify_in_steps(
    struct store *s, int64_t limit, int *steps, int64_t *last, struct err *e)
{
	struct audit_chain c;
	struct audit_head head;
	bool end = false;
	enum rg_err r = RG_OK;

	store_audit_chain_begin(&c, NULL);
	for (*steps = 0; r == RG_OK && !end; (*steps)++)
		r = store_audit_chain_step(s, &c, limit, &head, &end, e);
	*last = c.at.seq;
	if (r == RG_OK)
		assert_int_equal(head.seq, c.at.seq);
	return r;
}

static void
test_steps(void **state)
{
	struct fixture *f = *state;
	struct err e = {RG_OK, ""};
	int64_t limit, last;
	int steps;

	add_ten(f->s);
	for (limit = 1; limit <= 12; limit++) {
		assert_int_equal(
		    verify_in_steps(f->s, limit, &steps, &last, &e), RG_OK);
		assert_int_equal(last, 10);
		/* A step that is full does not know that it was the last. */
		assert_int_equal(steps, 10 / limit + 1);
	}
	store_raw(
	    f->path, NO_GUARDS "UPDATE audit SET actor = 'x' WHERE seq = 7");
	assert_int_equal(
	    verify_in_steps(f->s, 3, &steps, &last, &e), RG_E_AUDIT_CHAIN);
	assert_string_equal(e.detail, "row 7 was changed");
	assert_int_equal(steps, 3);
	store_raw(f->path, "DELETE FROM audit WHERE seq > 6");
	assert_int_equal(
	    verify_in_steps(f->s, 3, &steps, &last, &e), RG_E_AUDIT_CHAIN);
	assert_non_null(strstr(e.detail, "the end was cut off"));
}

static void
test_inserted(void **state)
{
	struct fixture *f = *state;

	add_ten(f->s);
	store_raw(f->path, NO_GUARDS
	    "CREATE TABLE kept AS SELECT * FROM audit;"
	    "INSERT INTO audit SELECT 11, time, event, actor, subject, client,"
	    " request_id, detail, hash, hash FROM kept WHERE seq = 10");
	/* behind the end, with a hash that does not fit */
	assert_bad(f->s, 10, "row 11 was changed");
	/* in the middle, the rest moved up */
	store_raw(f->path,
	    "DELETE FROM audit WHERE seq >= 5;"
	    "INSERT INTO audit SELECT seq + (seq > 5), time, event, actor,"
	    " subject, client, request_id, detail, prev_hash, hash FROM kept"
	    " WHERE seq >= 5;"
	    "INSERT INTO audit SELECT 6, time, event, 'other', subject, client,"
	    " request_id, detail, hash, hash FROM kept WHERE seq = 5");
	assert_bad(f->s, 5, "row 6 was changed");
}

/* A whole row that fits, but that meta does not know of. */
static void
test_inserted_behind_the_end(void **state)
{
	struct fixture *f = *state;

	add_ten(f->s);
	store_raw(f->path,
	    "UPDATE meta SET audit_seq = 9,"
	    " audit_hash = (SELECT hash FROM audit WHERE seq = 9)");
	assert_bad(f->s, 10, "row 10 was added behind the end");
	store_raw(f->path, "UPDATE meta SET audit_seq = 10");
	assert_bad(f->s, 10, "row 10 is not the one that was added last");
}

static void
test_swapped(void **state)
{
	struct fixture *f = *state;

	add_ten(f->s);
	store_raw(f->path,
	    NO_GUARDS "UPDATE audit SET seq = 100 WHERE seq = 4;"
		      "UPDATE audit SET seq = 4 WHERE seq = 7;"
		      "UPDATE audit SET seq = 7 WHERE seq = 100");
	assert_bad(f->s, 3, "row 4 does not follow");
	/* with the links put right, too */
	store_raw(f->path,
	    "UPDATE audit SET prev_hash = (SELECT hash FROM audit WHERE"
	    " seq = 3) WHERE seq = 4");
	assert_bad(f->s, 3, "row 4 was changed");
}

static int
add_25(void *ctx)
{
	struct fixture *f = ctx;
	struct audit_row row = store_event("race.row", 1);
	struct store *s = NULL;
	int i;

	if (store_open(f->path, 20000, &s, NULL) != RG_OK)
		return 1;
	for (i = 0; i < 25; i++)
		if (store_begin(s) != RG_OK ||
		    store_audit_add(s, &row) != RG_OK ||
		    store_commit(s) != RG_OK)
			return 2;
	store_free(&s);
	return 0;
}

static void
test_four_processes(void **state)
{
	struct fixture *f = *state;
	int total[256];

	util_race(4, add_25, f, total);
	assert_int_equal(total[0], 4);
	assert_good(f->s, 100);
}

/* Rows that come in meanwhile are no breach. */
static void
test_verify_while_others_write(void **state)
{
	struct fixture *f = *state;
	pid_t pids[2];
	struct err e;
	int64_t count, last = 0;
	int i, tries;

	for (i = 0; i < 2; i++)
		pids[i] = util_start(add_25, f);
	for (tries = 0; last < 50 && tries < 20000; tries++) {
		assert_int_equal(
		    store_audit_verify(f->s, NULL, &count, &e), RG_OK);
		assert_true(count >= last);
		last = count;
		(void)usleep(500);
	}
	for (i = 0; i < 2; i++)
		assert_int_equal(util_end(pids[i]), 0);
	assert_int_equal(last, 50);
	/* not in a transaction of the caller, which it would end */
	assert_int_equal(store_begin(f->s), RG_OK);
	assert_int_equal(
	    store_audit_verify(f->s, NULL, &count, &e), RG_E_INTERNAL);
	assert_int_equal(store_commit(f->s), RG_OK);
}

static enum rg_err
mark(void *ctx, const struct audit_row *row)
{
	buf_printf(ctx, "%lld ", (long long)row->seq);
	return RG_OK;
}

static void
assert_list(struct store *s, struct audit_filter filter, const char *want)
{
	struct buf out = BUF_INIT;

	assert_int_equal(store_audit_each(s, &filter, mark, &out), RG_OK);
	assert_string_equal(buf_str(&out), want);
	buf_clear(&out);
}

static void
test_filter(void **state)
{
	struct fixture *f = *state;
	struct audit_filter x = {0};

	add(f->s, "sign_in.ok", 100, "dana");
	add(f->s, "sign_in.refused", 101, "");
	add(f->s, "sign_in", 102, "dana");
	add(f->s, "sign_inx.ok", 103, "dana");
	add(f->s, "sign_out", 104, "erin");
	add(f->s, "sign_in.ok", 105, "erin");
	add(f->s, "mapping.add", 105, "mapping:1");
	assert_list(f->s, x, "1 2 3 4 5 6 7 ");
	x.limit = 2;
	assert_list(f->s, x, "6 7 ");
	x.since = 104;
	assert_list(f->s, x, "6 7 ");
	x.limit = 100;
	assert_list(f->s, x, "5 6 7 ");
	x.since = 106;
	assert_list(f->s, x, "");
	x = (struct audit_filter){.event = "sign_in.ok"};
	assert_list(f->s, x, "1 6 ");
	x.event = "sign_in";
	assert_list(f->s, x, "3 ");
	x.event = "sign_in."; /* a prefix */
	assert_list(f->s, x, "1 2 6 ");
	x.since = 101;
	assert_list(f->s, x, "2 6 ");
	x.limit = 1;
	assert_list(f->s, x, "6 ");
	x = (struct audit_filter){.event = ""};
	assert_list(f->s, x, "");
	x = (struct audit_filter){.subject = "dana"};
	assert_list(f->s, x, "1 3 4 ");
	x.event = "sign_in.";
	assert_list(f->s, x, "1 ");
	x = (struct audit_filter){.subject = ""}; /* nobody known */
	assert_list(f->s, x, "2 ");
	x.subject = "' OR 1 --";
	assert_list(f->s, x, "");
}

/* ---- pages -----------------------------------------------------------------
 */

#define ROWS 300

static const char *const page_events[] = {
    "sign_in.ok", "sign_in.refused", "sign_in", "sign_out", "role.add"};
static const char *const page_people[] = {"", "dana", "erin", "frank"};
static const char *const page_requests[] = {"", "r1", "r2"};

struct page_row {
	int64_t seq;
	int64_t time;
	const char *event, *actor, *subject, *request_id;
};

#define PICK(list, n) (list)[(size_t)(n) % (sizeof(list) / sizeof((list)[0]))]

static bool
fits(const struct page_row *r, const struct audit_filter *f)
{
	size_t n = f->event == NULL ? 0 : strlen(f->event);

	if (r->time < f->since || (f->until > 0 && r->time > f->until))
		return false;
	if (n > 0 && f->event[n - 1] == '.' &&
	    strncmp(r->event, f->event, n) != 0)
		return false;
	if (n > 0 && f->event[n - 1] != '.' && strcmp(r->event, f->event) != 0)
		return false;
	return (f->actor == NULL || strcmp(r->actor, f->actor) == 0) &&
	       (f->subject == NULL || strcmp(r->subject, f->subject) == 0) &&
	       (f->request_id == NULL ||
		   strcmp(r->request_id, f->request_id) == 0);
}

static int
newest_first(const void *a, const void *b)
{
	const struct page_row *x = a, *y = b;

	if (x->time != y->time)
		return x->time > y->time ? -1 : 1;
	return x->seq > y->seq ? -1 : 1;
}

static void
fill_pages(struct fixture *f, struct page_row rows[static ROWS])
{
	struct audit_row row = store_event("x", 1);
	unsigned n = 12345;
	size_t i;

	assert_int_equal(store_begin(f->s), RG_OK);
	for (i = 0; i < ROWS; i++) {
		struct page_row *r = &rows[i];

		n = n * 1103515245U + 12345U;
		r->seq = (int64_t)i + 1;
		/* the clock stands, and is set back now and then */
		r->time = 1000 + (int64_t)(i / 7) - (n >> 16) % 5 * 3;
		r->event = PICK(page_events, n >> 8);
		r->actor = PICK(page_people, n >> 12);
		r->subject = PICK(page_people, n >> 20);
		r->request_id = PICK(page_requests, n >> 24);
		row.time = r->time;
		row.event = r->event;
		row.actor = r->actor;
		row.subject = r->subject;
		row.request_id = r->request_id;
		assert_int_equal(store_audit_add(f->s, &row), RG_OK);
	}
	assert_int_equal(store_commit(f->s), RG_OK);
	qsort(rows, ROWS, sizeof(rows[0]), newest_first);
}

struct paged {
	int64_t seqs[ROWS];
	size_t count;
};

static enum rg_err
collect(void *ctx, const struct audit_row *row)
{
	struct paged *p = ctx;

	assert_true(p->count < ROWS);
	p->seqs[p->count++] = row->seq;
	return RG_OK;
}

/* All pages of a filter, one after the other, are what a plain search finds. */
static void
assert_pages(struct store *s, const struct page_row *rows,
    const struct audit_filter *filter, int limit)
{
	struct paged p = {.count = 0};
	size_t i, had = 0, n = 0;

	do {
		had = p.count;
		assert_int_equal(
		    store_audit_page(s, filter, had == 0 ? 0 : p.seqs[had - 1],
			limit, collect, &p),
		    RG_OK);
		assert_true(p.count - had <= (size_t)limit);
	} while (p.count - had == (size_t)limit);
	for (i = 0; i < ROWS; i++) {
		if (!fits(&rows[i], filter))
			continue;
		assert_true(n < p.count);
		assert_int_equal(p.seqs[n], rows[i].seq);
		n++;
	}
	assert_int_equal(n, p.count);
}

static void
test_pages(void **state)
{
	struct fixture *f = *state;
	struct page_row rows[ROWS];
	static const char *const events[] = {
	    NULL, "sign_in.ok", "sign_in.", "sign_in", "nothing.", "role."};
	static const char *const people[] = {NULL, "dana", "", "nobody"};
	struct audit_filter x = {0};
	unsigned n;

	fill_pages(f, rows);
	for (n = 0; n < 6 * 4 * 4 * 3 * 4; n++) {
		x.event = PICK(events, n);
		x.actor = PICK(people, n / 6);
		x.subject = PICK(people, n / 24);
		x.request_id =
		    n / 96 % 3 == 2 ? NULL : PICK(page_requests, n / 96);
		x.since = n / 288 % 2 == 1 ? 1010 : 0;
		x.until = n / 576 % 2 == 1 ? 1025 : 0;
		assert_pages(f->s, rows, &x, 1 + (int)(n % 7) * 5);
	}
	assert_int_equal(store_audit_page(f->s, &x, ROWS + 1, 10, collect,
			     &(struct paged){.count = 0}),
	    RG_E_NOT_FOUND);
}

/* Rows that come in meanwhile move no page. */
static void
test_pages_while_rows_come(void **state)
{
	struct fixture *f = *state;
	struct paged p = {.count = 0};
	const struct audit_filter all = {0};

	add_ten(f->s);
	assert_int_equal(
	    store_audit_page(f->s, &all, 0, 4, collect, &p), RG_OK);
	add(f->s, "a.b", 200, "s");
	assert_int_equal(
	    store_audit_page(f->s, &all, p.seqs[3], 4, collect, &p), RG_OK);
	assert_int_equal(p.count, 8);
	assert_int_equal(p.seqs[3], 7);
	assert_int_equal(p.seqs[4], 6);
	assert_int_equal(p.seqs[7], 3);
}

static enum rg_err
stop(void *ctx, const struct audit_row *row)
{
	(void)row;
	++*(int *)ctx;
	return RG_E_EXISTS;
}

static void
test_stop_and_count(void **state)
{
	struct fixture *f = *state;
	const struct audit_filter all = {0};
	int64_t count = -1;
	int calls = 0;

	add_ten(f->s);
	assert_int_equal(
	    store_audit_each(f->s, &all, stop, &calls), RG_E_EXISTS);
	assert_int_equal(calls, 1);
	assert_int_equal(
	    store_audit_count(f->s, "sign_in.ok", 0, INT64_MAX, &count), RG_OK);
	assert_int_equal(count, 5);
	assert_int_equal(
	    store_audit_count(f->s, "sign_in.ok", 108, INT64_MAX, &count),
	    RG_OK);
	assert_int_equal(count, 2);
	/* rows from before the clock was set back don't count as of now */
	assert_int_equal(
	    store_audit_count(f->s, "sign_in.ok", 0, 104, &count), RG_OK);
	assert_int_equal(count, 2);
	assert_int_equal(
	    store_audit_count(f->s, "sign_in.", 0, INT64_MAX, &count), RG_OK);
	assert_int_equal(count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    store_test(test_encoding),
	    store_test(test_fields_are_separate),
	    store_test(test_add_refused),
	    store_test(test_append_only),
	    store_test(test_changed_field),
	    store_test(test_deleted),
	    store_test(test_deleted_and_renumbered),
	    store_test(test_cut_off),
	    store_test(test_expected_head),
	    store_test(test_steps),
	    store_test(test_inserted),
	    store_test(test_inserted_behind_the_end),
	    store_test(test_swapped),
	    store_test(test_four_processes),
	    store_test(test_verify_while_others_write),
	    store_test(test_filter),
	    store_test(test_pages),
	    store_test(test_pages_while_rows_come),
	    store_test(test_stop_and_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
