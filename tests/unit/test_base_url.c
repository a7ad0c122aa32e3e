/* SPDX-License-Identifier: ISC */
#include "base/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
test_parse_refused(void **state)
{
	static const char *const bad[] = {"", "/", "//host/", "host",
	    "https:", "https:/host", "https://", "https:///path",
	    "https://:443/", "HTTPS://host/", "Https://host/", "ftp://host/",
	    "file:///etc", "javascript:alert(1)", " https://host/",
	    "https://host/ ", "https://ho st/", "https://host/\t",
	    "https://host/\n", "https://host/\x7f", "https://host/\xc3\xa4",
	    "https://h\xc3\xa4/",
	    /* user info: the host is not what one reads first */
	    "https://user@host/", "https://user:pw@host/",
	    "https://login.microsoftonline.com@evil.example/",
	    "https://login.microsoftonline.com:443@evil.example/",
	    "https://@host/",
	    /* fragments never reach a server */
	    "https://host/#x", "https://host#@evil.example/",
	    /* browsers take "\" for "/" */
	    "https://host\\@evil.example/", "https://host/\\",
	    "https:\\\\host/",
	    /* hosts */
	    "https://.host/", "https://-host/", "https://ho_st/",
	    "https://ho%73t/", "https://host,evil/", "https://[::1/",
	    "https://::1/", "https://[]/", "https://[::g]/", "https://[::1]x/",
	    "https://[fe80::1%25eth0]/", "https://[host]/",
	    /* ports */
	    "https://host:/", "https://host:0/", "https://host:65536/",
	    "https://host:99999999999/", "https://host:4x/", "https://host:-1/",
	    "https://host:+1/", "https://host: 1/", "https://host:443:1/"};
	struct url u;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (url_parse(bad[i], &u) != RG_E_NET_URL)
			fail_msg("accepted \"%s\"", bad[i]);
}

static void
test_parse_length(void **state)
{
	char s[URL_MAX + 2];
	struct url u;

	(void)state;
	memset(s, 'a', sizeof(s));
	memcpy(s, "https://host/", 13);
	s[URL_MAX] = '\0';
	assert_int_equal(url_parse(s, &u), RG_OK);
	assert_int_equal(strlen(u.path), URL_MAX - strlen("https://host"));
	s[URL_MAX] = 'a';
	s[URL_MAX + 1] = '\0';
	assert_int_equal(url_parse(s, &u), RG_E_NET_URL);
	s[12] = 'a'; /* one long host name */
	s[8 + URL_HOST_MAX] = '\0';
	assert_int_equal(url_parse(s, &u), RG_OK);
	s[8 + URL_HOST_MAX] = 'a';
	s[8 + URL_HOST_MAX + 1] = '\0';
	assert_int_equal(url_parse(s, &u), RG_E_NET_URL);
}

static void
test_parse(void **state)
{
	struct url u;

	(void)state;
	assert_int_equal(
	    url_parse("https://Login.Example.COM/a/b?c=d", &u), RG_OK);
	assert_true(u.https);
	assert_string_equal(u.host, "login.example.com");
	assert_int_equal(u.port, 443);
	assert_string_equal(u.path, "/a/b");
	assert_true(u.has_query);
	assert_int_equal(url_parse("http://127.0.0.1:8080", &u), RG_OK);
	assert_false(u.https);
	assert_int_equal(u.port, 8080);
	assert_string_equal(u.path, "");
	assert_false(u.has_query);
	assert_int_equal(url_parse("https://[2001:DB8::1]:65535?", &u), RG_OK);
	assert_string_equal(u.host, "[2001:db8::1]");
	assert_int_equal(u.port, 65535);
	assert_true(u.has_query);
	assert_int_equal(url_parse("http://host", &u), RG_OK);
	assert_int_equal(u.port, 80);
}

static bool
loopback(const char *s)
{
	struct url u;

	assert_int_equal(url_parse(s, &u), RG_OK);
	return url_is_loopback(&u);
}

static void
test_loopback(void **state)
{
	(void)state;
	assert_false(loopback("http://127.0.0.1.evil.example/"));
	assert_false(loopback("http://127.evil.example/"));
	assert_false(loopback("http://localhost.evil.example/"));
	assert_false(loopback("http://evil-localhost/"));
	assert_false(loopback("http://128.0.0.1/"));
	assert_false(loopback("http://1.127.0.0/"));
	assert_false(loopback("http://0.0.0.0/"));
	/* not four numbers: for some a name, for others an address */
	assert_false(loopback("http://127.0.0.1./"));
	assert_false(loopback("http://127.999.0.1/"));
	assert_false(loopback("http://127...0.0.1/"));
	assert_false(loopback("http://127.1/"));
	assert_false(loopback("http://127.0.0.0.1/"));
	assert_false(loopback("http://[::2]/"));
	assert_false(loopback("http://[::ffff:1.2.3.4]/"));
	assert_true(loopback("http://127.0.0.1:1/"));
	assert_true(loopback("http://127.255.255.254/"));
	assert_true(loopback("http://LOCALHOST/"));
	assert_true(loopback("http://[::1]/"));
}

static bool
same(const char *a, const char *b)
{
	struct url x, y;

	assert_int_equal(url_parse(a, &x), RG_OK);
	assert_int_equal(url_parse(b, &y), RG_OK);
	return url_same_origin(&x, &y);
}

static void
test_same_origin(void **state)
{
	(void)state;
	assert_false(same("https://a/", "http://a/"));
	assert_false(same("https://a:80/", "http://a/"));
	assert_false(same("https://a/", "https://a:444/"));
	assert_false(same("https://a/", "https://b/"));
	assert_false(same("https://a/", "https://a.b/"));
	assert_true(same("https://a/x?y", "https://A:443"));
}

static void
test_encode(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	url_encode(&b, "aZ09-._~");
	assert_string_equal(buf_str(&b), "aZ09-._~");
	buf_reset(&b);
	url_encode(&b, " +&=?#/%\"'\r\n\x7f\xc3\xa4");
	assert_string_equal(
	    buf_str(&b), "%20%2B%26%3D%3F%23%2F%25%22%27%0D%0A%7F%C3%A4");
	buf_clear(&b);
}

/* What could lead a browser away after signing in. */
static void
test_local_path(void **state)
{
	static const char *const bad[] = {"", "x", "x/y", "//", "//evil",
	    "//evil.example/", "///evil", "/\\evil", "\\/evil", "/\\/evil",
	    "https://evil", "https:evil", "javascript:alert(1)", " /", "/ ",
	    "/\t/evil", "/\n/evil", "/\r\nSet-Cookie: a=b", "/a\\b", "/\x01",
	    "/\x7f", "/\xc3\xa4", "?a", "#a", "."};
	char s[URL_MAX + 2];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (url_is_local_path(bad[i]))
			fail_msg("accepted \"%s\"", bad[i]);
	memset(s, 'a', sizeof(s));
	s[0] = '/';
	s[URL_MAX + 1] = '\0';
	assert_false(url_is_local_path(s));
	s[URL_MAX] = '\0';
	assert_true(url_is_local_path(s));
	assert_true(url_is_local_path("/"));
	assert_true(url_is_local_path("/a//b?c=//d&e=https://f#g"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse_refused),
	    cmocka_unit_test(test_parse_length),
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_loopback),
	    cmocka_unit_test(test_same_origin),
	    cmocka_unit_test(test_encode),
	    cmocka_unit_test(test_local_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
