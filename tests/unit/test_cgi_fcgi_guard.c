/* SPDX-License-Identifier: ISC */
/* cgi/fcgi_guard.c alone: what goes in, and what libfcgi would get of it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "cgi/fcgi_guard.h"

#define BEGIN 1
#define ABORT 2
#define PARAMS 4
#define STDIN 5
#define DATA 8
#define GET_VALUES 9
#define ID 7

static int ours, theirs;
static struct buf sent = BUF_INIT, got = BUF_INIT;

static int
setup(void **state)
{
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ours = pair[0];
	theirs = pair[1];
	assert_int_equal(fcntl(ours, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(fcntl(theirs, F_SETFL, O_NONBLOCK), 0);
	buf_reset(&sent);
	buf_reset(&got);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	fcgi_guard_end();
	(void)close(ours);
	(void)close(theirs);
	buf_clear(&sent);
	buf_clear(&got);
	return 0;
}

static void
put_header(int version, int type, unsigned id, size_t len, size_t padding)
{
	const unsigned char h[8] = {(unsigned char)version, (unsigned char)type,
	    (unsigned char)(id >> 8), (unsigned char)id,
	    (unsigned char)(len >> 8), (unsigned char)len,
	    (unsigned char)padding, 0};

	buf_put(&sent, h, sizeof(h));
}

static void
put_padded(int type, const void *data, size_t len, size_t padding)
{
	put_header(1, type, ID, len, padding);
	buf_put(&sent, data, len);
	/* What must not be taken for anything: it looks like a record. */
	while (padding-- > 0)
		buf_putc(&sent, "\1\11\0\0\0\0\0\0"[padding % 8]);
}

static void
put(int type, const void *data, size_t len)
{
	put_padded(type, data, len, 0);
}

static void
put_begin(int role)
{
	const unsigned char body[8] = {0, (unsigned char)role, 1};

	put(BEGIN, body, sizeof(body));
}

/* Sends what was put together, and reads as libfcgi does; -1 if refused. */
static int
pass(size_t chunk)
{
	char out[8192];
	size_t at = 0;
	ssize_t k;
	int n;

	fcgi_guard_begin(ours);
	do {
		/* As much as the socket takes: all, but of the largest. */
		k = write(theirs, buf_str(&sent) + at, sent.len - at);
		assert_true(k >= 0);
		at += (size_t)k;
		if (at == sent.len)
			assert_int_equal(shutdown(theirs, SHUT_WR), 0);
		while ((n = OS_Read(ours, out, chunk)) > 0)
			buf_put(&got, out, (size_t)n);
	} while (n < 0 && errno == EAGAIN);
	if (n < 0)
		assert_int_equal(errno, EPROTO);
	return fcgi_guard_refusal() == NULL ? 0 : -1;
}

static void
assert_refused(const char *why)
{
	assert_int_equal(pass(8192), -1);
	assert_string_equal(fcgi_guard_refusal(), why);
	(void)teardown(NULL);
	(void)setup(NULL);
}

static void
assert_passes_unchanged(void)
{
	assert_int_equal(pass(8192), 0);
	assert_int_equal(got.len, sent.len);
	assert_memory_equal(got.p, sent.p, sent.len);
	assert_false(fcgi_guard_has_more());
}

static void
put_request(size_t padding)
{
	static const char pairs[] = "\1\0a\0\1b\3\2xyz12";
	char name[200];

	memset(name, 'n', sizeof(name));
	put_begin(1);
	/* Both kinds of lengths, and a pair that is spread over records. */
	put_padded(PARAMS, pairs, sizeof(pairs) - 1, padding);
	put_padded(PARAMS, "\x80\0", 2, padding);
	put_padded(PARAMS, "\0\x96\2", 3, padding);
	put_padded(PARAMS, name, 150, padding);
	put_padded(PARAMS, "vv", 2, padding);
	put_padded(PARAMS, "", 0, padding);
	put_padded(STDIN, name, sizeof(name), padding);
	put_padded(STDIN, "", 0, padding);
}

static void
test_whole_request(void **state)
{
	(void)state;
	put_request(0);
	assert_passes_unchanged();
}

/* However the bytes come, and in whatever portions they are asked for. */
static void
test_split_anywhere(void **state)
{
	static const size_t paddings[] = {0, 1, 8, 255};
	char out[64];
	struct buf want = BUF_INIT;
	size_t i, at, size;
	int n;

	(void)state;
	put_request(0);
	buf_put(&want, sent.p, sent.len);
	for (i = 0; i < 4; i++) {
		for (size = 1; size < 40; size += 7) {
			buf_reset(&sent);
			buf_reset(&got);
			put_request(paddings[i]);
			fcgi_guard_begin(ours);
			for (at = 0; at < sent.len; at++) {
				assert_int_equal(
				    write(theirs, sent.p + at, 1), 1);
				while ((n = OS_Read(ours, out, size)) > 0)
					buf_put(&got, out, (size_t)n);
				assert_int_equal(n, -1);
				assert_null(fcgi_guard_refusal());
			}
			assert_int_equal(got.len, want.len);
			assert_memory_equal(got.p, want.p, want.len);
			assert_false(fcgi_guard_has_more());
		}
	}
	buf_clear(&want);
}

/* libfcgi takes what pads an empty PARAMS record for the next record. */
static void
test_padding_is_not_passed_on(void **state)
{
	struct buf want = BUF_INIT;

	(void)state;
	put_request(0);
	buf_put(&want, sent.p, sent.len);
	buf_reset(&sent);
	put_request(240);
	assert_int_equal(pass(8192), 0);
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.p, want.p, want.len);
	buf_clear(&want);
}

/* libfcgi reads no further than the header that ends the request. */
static void
test_padding_of_the_end_comes_first(void **state)
{
	char out[8192];
	size_t end, held;
	int n;

	(void)state;
	put_request(200);
	end = sent.len;
	assert_int_equal(write(theirs, sent.p, end - 1), (ssize_t)end - 1);
	fcgi_guard_begin(ours);
	while ((n = OS_Read(ours, out, sizeof(out))) > 0)
		buf_put(&got, out, (size_t)n);
	assert_int_equal(n, -1);
	assert_int_equal(errno, EAGAIN);
	held = got.len;
	assert_int_equal(write(theirs, sent.p + end - 1, 1), 1);
	assert_int_equal(OS_Read(ours, out, sizeof(out)), 8);
	assert_int_equal(held, 442);
	assert_int_equal(out[1], STDIN);
}

static void
test_headers(void **state)
{
	static const char body[8] = {0, 1};

	(void)state;
	put_header(0, BEGIN, ID, 8, 0);
	assert_refused("version");
	put_header(2, BEGIN, ID, 8, 0);
	assert_refused("version");
	put_header(1, GET_VALUES, 0, 0, 0);
	assert_refused("management record");
	put_header(1, BEGIN, 0, 8, 0);
	assert_refused("management record");
	put_header(1, BEGIN, ID, 7, 0);
	assert_refused("length of the begin record");
	put_header(1, BEGIN, ID, 16, 0);
	assert_refused("length of the begin record");
	put_header(1, PARAMS, ID, 0, 0);
	assert_refused("record out of order");
	put(BEGIN, body, 8);
	put(BEGIN, body, 8);
	assert_refused("record out of order");
	put(BEGIN, body, 8);
	put(STDIN, "", 0);
	assert_refused("record out of order");
	put(BEGIN, body, 8);
	put_header(1, PARAMS, ID + 1, 0, 0);
	assert_refused("another request");
	put(BEGIN, body, 8);
	put_header(1, PARAMS, ID + 256, 0, 0);
	assert_refused("another request");
}

/* Wherever a record comes that is none of a request, it is not passed on. */
static void
test_foreign_records_anywhere(void **state)
{
	static const unsigned char types[] = {
	    0, BEGIN, ABORT, 3, 6, 7, DATA, GET_VALUES, 10, 11, 255};
	/* Where the records of put_request() begin. */
	static const size_t at[] = {16, 37, 47, 58, 216, 226, 234, 442};
	struct buf whole = BUF_INIT;
	size_t i, k;
	unsigned id;

	(void)state;
	put_request(0);
	buf_put(&whole, sent.p, sent.len);
	assert_int_equal(whole.len, 450);
	for (i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		for (k = 0; k < sizeof(types); k++) {
			for (id = 0; id <= ID; id += ID) {
				buf_reset(&sent);
				buf_put(&sent, whole.p, at[i]);
				put_header(1, types[k], id, 0, 0);
				assert_refused(id == 0 ? "management record"
						       : "record out of order");
			}
		}
	}
	buf_clear(&whole);
}

/* Of what is refused, nothing that came with it is passed on either. */
static void
test_nothing_beside_a_refused_record(void **state)
{
	(void)state;
	put_begin(1);
	put(PARAMS, "\1\1ab", 4);
	put_header(1, GET_VALUES, 0, 0, 0);
	assert_int_equal(pass(8192), -1);
	assert_int_equal(got.len, 0);
	/* And it stays that way. */
	assert_int_equal(OS_Read(ours, (char *)(char[8]){0}, 8), -1);
}

static void
test_announced_lengths(void **state)
{
	(void)state;
	/* Together more than an int holds */
	put_begin(1);
	put(PARAMS, "\xff\xff\xff\xfe\xff\xff\xff\xfe", 8);
	assert_refused("announced length");
	put_begin(1);
	put(PARAMS, "\xc0\0\0\0\1", 5);
	assert_refused("announced length");
	put_begin(1);
	put(PARAMS, "\1\xc0\0\0\0a", 6);
	assert_refused("announced length");
	/* One byte more than may still come, and exactly what may */
	put_begin(1);
	put(PARAMS, "\0\x80\4\0\0", 5);
	assert_refused("announced length");
	put_begin(1);
	put(PARAMS, "\0\x80\3\xff\xfc", 5);
	assert_refused("announced length");
	put_begin(1);
	put(PARAMS, "\0\x80\3\xff\xfb", 5);
	assert_int_equal(pass(8192), 0);
}

static void
test_variables_limit(void **state)
{
	char block[32768] = "";
	int i, k;

	(void)state;
	for (i = 0; i < 2; i++) {
		put_begin(1);
		/* Pairs without name and value: two bytes each */
		for (k = 0; k < 7; k++)
			put(PARAMS, block, sizeof(block));
		put(PARAMS, block, sizeof(block) - (i == 0 ? 2 : 0));
		if (i == 0)
			put(PARAMS, block, 4);
		else
			put(PARAMS, "", 0);
		if (i == 0)
			assert_refused("variables too large");
		else
			assert_passes_unchanged();
	}
}

static void
test_cut_pairs(void **state)
{
	static const struct {
		const char *text;
		size_t len;
	} cut[] = {{"\1", 1}, {"\1\1", 2}, {"\1\1a", 3}, {"\x80", 1},
	    {"\x80\0\0\1", 4}, {"\0\x80\0", 3}, {"\1\1ab\1", 5}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
		put_begin(1);
		put(PARAMS, cut[i].text, cut[i].len);
		put(PARAMS, "", 0);
		assert_refused("variables cut short");
	}
}

/* An authorizer's request ends with its variables. */
static void
test_end_by_role(void **state)
{
	size_t end;

	(void)state;
	put_begin(2);
	put(PARAMS, "\1\1ab", 4);
	put(PARAMS, "", 0);
	end = sent.len;
	put(STDIN, "", 0);
	assert_int_equal(pass(8192), 0);
	assert_int_equal(got.len, end);
	assert_true(fcgi_guard_has_more());
	(void)teardown(NULL);
	(void)setup(NULL);
	/* 0x0201 is no responder. */
	put(BEGIN, "\2\1\0\0\0\0\0\0", 8);
	put(PARAMS, "", 0);
	put(STDIN, "", 0);
	assert_int_equal(pass(8192), 0);
	assert_true(fcgi_guard_has_more());
}

/* libfcgi forgets what it has read beyond the end: it must not have any. */
static void
test_next_request_is_kept_back(void **state)
{
	size_t end;

	(void)state;
	put_request(0);
	end = sent.len;
	put_begin(1);
	put_header(1, GET_VALUES, 0, 0, 0);
	assert_int_equal(pass(8192), 0);
	assert_int_equal(got.len, end);
	assert_true(fcgi_guard_has_more());
}

static void
test_next_request_begins_anew(void **state)
{
	char out[8192];
	int i, n;

	(void)state;
	for (i = 0; i < 3; i++) {
		buf_reset(&sent);
		buf_reset(&got);
		put_request(3);
		assert_int_equal(
		    write(theirs, buf_str(&sent), sent.len), (ssize_t)sent.len);
		fcgi_guard_begin(ours);
		while ((n = OS_Read(ours, out, sizeof(out))) > 0)
			buf_put(&got, out, (size_t)n);
		assert_int_equal(n, -1);
		assert_null(fcgi_guard_refusal());
		assert_false(fcgi_guard_has_more());
		assert_int_equal(got.len, 450);
	}
	/* What was refused is over, too. */
	buf_reset(&sent);
	put_header(1, GET_VALUES, 0, 0, 0);
	assert_int_equal(pass(8192), -1);
	fcgi_guard_begin(ours);
	assert_null(fcgi_guard_refusal());
	assert_false(fcgi_guard_was_asked());
}

static void
test_only_the_one_descriptor(void **state)
{
	char out[8];

	(void)state;
	put_request(0);
	assert_int_equal(write(theirs, buf_str(&sent), 8), 8);
	assert_int_equal(OS_Read(ours, out, 8), -1);
	assert_int_equal(OS_Read(-1, out, 8), -1);
	fcgi_guard_begin(theirs);
	assert_int_equal(OS_Read(ours, out, 8), -1);
	fcgi_guard_begin(ours);
	assert_int_equal(OS_Read(ours, out, 8), 8);
	fcgi_guard_end();
	assert_int_equal(OS_Read(ours, out, 8), -1);
}

static void
test_end_of_connection(void **state)
{
	char out[8];

	(void)state;
	fcgi_guard_begin(ours);
	assert_int_equal(shutdown(theirs, SHUT_WR), 0);
	assert_int_equal(OS_Read(ours, out, 8), 0);
	assert_null(fcgi_guard_refusal());
	assert_true(fcgi_guard_was_asked());
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_whole_request),
	    T(test_split_anywhere),
	    T(test_padding_is_not_passed_on),
	    T(test_padding_of_the_end_comes_first),
	    T(test_headers),
	    T(test_foreign_records_anywhere),
	    T(test_nothing_beside_a_refused_record),
	    T(test_announced_lengths),
	    T(test_variables_limit),
	    T(test_cut_pairs),
	    T(test_end_by_role),
	    T(test_next_request_is_kept_back),
	    T(test_next_request_begins_anew),
	    T(test_only_the_one_descriptor),
	    T(test_end_of_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
