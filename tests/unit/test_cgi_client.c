/* SPDX-License-Identifier: ISC */
/* Whose request it is: the word of a proxy that was named, and of no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cgi/client.h"

#define HEADER "HTTP_X_FORWARDED_FOR="

static void
is(const char *from, const char *forwarded, const char *client)
{
	static char four[] = "10.0.0.1", six[] = "2001:db8::7";
	char *proxies[] = {four, six}, header[256];
	char *params[] = {header, NULL};
	struct settings s = {.proxies = proxies, .proxy_count = 2};
	struct request q = {.client = strdup(from)};

	assert_non_null(q.client);
	(void)snprintf(header, sizeof(header), HEADER "%s", forwarded);
	client_behind_proxy(&q, params, &s);
	if (strcmp(q.client, client) != 0)
		fail_msg("%s says \"%s\": %s instead of %s", from, forwarded,
		    q.client, client);
	free(q.client);
}

static void
test_who_is_believed(void **state)
{
	(void)state;
	is("10.0.0.1", "192.0.2.9", "192.0.2.9");
	is("2001:DB8:0::7", "192.0.2.9", "192.0.2.9");
	/* A server with one socket for IPv4 and IPv6 says it like this. */
	is("::ffff:10.0.0.1", "192.0.2.9", "192.0.2.9");
	is("10.0.0.2", "192.0.2.9", "10.0.0.2");
	is("a00:1::", "192.0.2.9", "a00:1::");
	is("", "192.0.2.9", "");
}

static void
test_last_one(void **state)
{
	static const struct {
		const char *forwarded, *client;
	} table[] = {
	    {"192.0.2.1, 192.0.2.9", "192.0.2.9"},
	    {"192.0.2.1,\t2001:db8::9", "2001:db8::9"},
	    /* with a port */
	    {"192.0.2.1, 192.0.2.9:50123", "192.0.2.9"},
	    {"192.0.2.9:", "192.0.2.9"},
	    {"[2001:db8::9]:50123", "2001:db8::9"},
	    {"[2001:db8::9]", "2001:db8::9"},
	    /* nothing that can be an address */
	    {"", "10.0.0.1"},
	    {"192.0.2.9,", "10.0.0.1"},
	    {"unknown", "10.0.0.1"},
	    {"192.0.2.9:http", "10.0.0.1"},
	    {"192.0.2.9:80:80", "10.0.0.1"},
	    {"[2001:db8::9", "10.0.0.1"},
	    {"[2001:db8::9]x", "10.0.0.1"},
	    {"[2001:db8::9]:8x", "10.0.0.1"},
	    {"2001:db8::9]:80", "10.0.0.1"},
	    {"\"192.0.2.9\"", "10.0.0.1"},
	    {"192.0.2.9 ", "10.0.0.1"},
	    {"1111111111111111111111111111111111111111111111111", "10.0.0.1"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		is("10.0.0.1", table[i].forwarded, table[i].client);
}

/* Of two headers nobody knows which is the proxy's. */
static void
test_twice(void **state)
{
	static char proxy[] = "10.0.0.1", a[] = HEADER "192.0.2.1",
		    b[] = HEADER "192.0.2.9";
	char *proxies[] = {proxy}, *params[] = {a, b, NULL};
	struct settings s = {.proxies = proxies, .proxy_count = 1};
	struct request q = {.client = strdup(proxy)};

	(void)state;
	assert_non_null(q.client);
	client_behind_proxy(&q, params, &s);
	assert_string_equal(q.client, proxy);
	free(q.client);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_who_is_believed),
	    cmocka_unit_test(test_last_one),
	    cmocka_unit_test(test_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
