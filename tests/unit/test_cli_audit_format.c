/* SPDX-License-Identifier: ISC */
#include "cli/audit_format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store/audit_json.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define ONES "1111111111111111111111111111111111111111111111111111111111111111"

static struct audit_row
hostile(void)
{
	struct audit_row row = {.seq = 7,
	    .time = 1700000000,
	    .event = "role.add|x\\",
	    .actor = "=HYPERLINK(\"http://evil\")",
	    .subject = "@SUM(1,2)",
	    .client = "192.0.2.1",
	    .request_id = "-1+1",
	    .detail = "{\"a\":\"b=c\\\\d|e\"}\r\nCEF:0|forged",
	    .prev_hash = ZEROS,
	    .hash = ONES};

	return row;
}

static void
assert_put(const char *format, const struct audit_row *row, const char *want)
{
	const struct audit_format *f = audit_format_find(format);
	struct buf out = BUF_INIT;

	assert_non_null(f);
	assert_int_equal(f->put(&out, row), RG_OK);
	assert_string_equal(buf_str(&out), want);
	buf_clear(&out);
}

/* No field is a formula, and none ends before its quote. */
static void
test_csv(void **state)
{
	struct audit_row row = hostile();

	(void)state;
	assert_put("csv", &row,
	    "7,1700000000,\"2023-11-14T22:13:20Z\",\"role.add|x\\\","
	    "\"'=HYPERLINK(\"\"http://evil\"\")\",\"'@SUM(1,2)\","
	    "\"192.0.2.1\",\"'-1+1\","
	    "\"{\"\"a\"\":\"\"b=c\\\\d|e\"\"}\r\nCEF:0|forged\",\"" ZEROS
	    "\",\"" ONES "\"\r\n");
	row.client = "\xef\xbc\x9d"
		     "1+1"; /* = in full width */
	row.detail = "\tx";
	row.actor = row.subject = row.request_id = "";
	assert_put("csv", &row,
	    "7,1700000000,\"2023-11-14T22:13:20Z\",\"role.add|x\\\",\"\",\"\","
	    "\"'\xef\xbc\x9d"
	    "1+1\",\"\",\"'\tx\",\"" ZEROS "\",\"" ONES "\"\r\n");
}

/* One line, whatever is in it; no field makes another. */
static void
test_cef(void **state)
{
	struct audit_row row = hostile();
	const struct audit_format *f = audit_format_find("cef");
	struct buf out = BUF_INIT;
	const char *p;

	(void)state;
	assert_int_equal(f->put(&out, &row), RG_OK);
	p = strchr(buf_str(&out), '\n');
	assert_ptr_equal(p, out.p + out.len - 1);
	assert_non_null(
	    strstr(out.p, "|role.add\\|x\\\\|role.add\\|x\\\\|3|rt="));
	assert_non_null(strstr(out.p, " suser=\\=HYPERLINK("));
	assert_non_null(strstr(out.p, " src=192.0.2.1 cs1Label="));
	assert_non_null(strstr(
	    out.p, " msg={\"a\":\"b\\=c\\\\\\\\d|e\"}\\r\\nCEF:0|forged\n"));
	buf_reset(&out);
	row.client = "2001:db8::1";
	assert_int_equal(f->put(&out, &row), RG_OK);
	assert_non_null(
	    strstr(out.p, " c6a2Label=Source IPv6 Address c6a2=2001:db8::1 "));
	buf_reset(&out);
	row.client = "hash:0123";
	assert_int_equal(f->put(&out, &row), RG_OK);
	assert_non_null(strstr(out.p, " cs3Label=client cs3=hash:0123 "));
	buf_clear(&out);
}

static void
test_json_there_and_back(void **state)
{
	struct audit_row row = hostile(), back;
	struct buf out = BUF_INIT;
	json_t *line = NULL;

	(void)state;
	assert_int_equal(audit_json_put(&out, &row), RG_OK);
	assert_ptr_equal(strchr(out.p, '\n'), out.p + out.len - 1);
	assert_int_equal(
	    audit_json_parse(out.p, out.len - 1, &line, &back), RG_OK);
	assert_int_equal(back.seq, row.seq);
	assert_int_equal(back.time, row.time);
	assert_string_equal(back.event, row.event);
	assert_string_equal(back.actor, row.actor);
	assert_string_equal(back.subject, row.subject);
	assert_string_equal(back.detail, row.detail);
	assert_string_equal(back.hash, row.hash);
	json_decref(line);
	/* what is no row */
	assert_int_equal(audit_json_parse("{}", 2, &line, &back), RG_E_JSON);
	assert_null(line);
	assert_int_equal(
	    audit_json_parse(out.p, out.len - 2, &line, &back), RG_E_JSON);
	buf_reset(&out);
	row.actor = "\xff";
	assert_int_equal(audit_json_put(&out, &row), RG_E_INVALID);
	buf_clear(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_csv),
	    cmocka_unit_test(test_cef),
	    cmocka_unit_test(test_json_there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
