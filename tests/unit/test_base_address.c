/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/address.h"

static void
test_network(void **state)
{
	static const struct {
		const char *text, *network;
		bool loopback;
	} table[] = {
	    {"192.0.2.7", "192.0.2.7", false},
	    {"::ffff:192.0.2.7", "192.0.2.7", false},
	    {"::FFFF:c000:0207", "192.0.2.7", false},
	    {"127.0.0.1", "127.0.0.1", true},
	    {"127.255.0.9", "127.255.0.9", true},
	    {"::ffff:127.0.0.1", "127.0.0.1", true},
	    {"::1", "::", true},
	    {"::2", "::", false},
	    {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::", false},
	    {"2001:DB8:1:2::", "2001:db8:1:2::", false},
	    {"fe80::1", "fe80::", false},
	};
	char network[ADDRESS_TEXT_MAX];
	struct address a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_true(address_parse(table[i].text, &a));
		address_network(&a, network);
		assert_string_equal(network, table[i].network);
		assert_int_equal(address_is_loopback(&a), table[i].loopback);
	}
}

static void
test_no_address(void **state)
{
	static const char *const table[] = {"", "unknown", "1.2.3", "1.2.3.4.5",
	    "1.2.3.4 ", "01.2.3.4:80", "[::1]", "fe80::1%eth0", "::ffff:1.2.3",
	    "1.2.3.4\n"};
	struct address a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_false(address_parse(table[i], &a));
}

static void
test_equal(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} table[] = {
	    {"10.0.0.1", "10.0.0.1", true},
	    {"10.0.0.1", "::ffff:10.0.0.1", true},
	    {"10.0.0.1", "10.0.0.2", false},
	    {"10.0.0.1", "a00:1::", false}, /* the same bytes */
	    {"2001:db8::7", "2001:DB8:0:0::7", true},
	    {"2001:db8::7", "2001:db8::8", false},
	};
	struct address a, b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_true(address_parse(table[i].a, &a));
		assert_true(address_parse(table[i].b, &b));
		assert_int_equal(address_equal(&a, &b), table[i].equal);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_network),
	    cmocka_unit_test(test_no_address),
	    cmocka_unit_test(test_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
