/* SPDX-License-Identifier: ISC */
#include "oidc/logout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static char client_id[] = "id&x=y";
static const struct provider provider = {.client_id = client_id};

static void
test_all(void **state)
{
	struct buf url = BUF_INIT;

	(void)state;
	assert_int_equal(logout_url(&url, "https://op.example/logout",
			     &provider, "https://app.example/", "O.C+1&z"),
	    RG_OK);
	assert_string_equal(buf_str(&url),
	    "https://op.example/logout?client_id=id%26x%3Dy"
	    "&post_logout_redirect_uri=https%3A%2F%2Fapp.example%2F"
	    "&logout_hint=O.C%2B1%26z");
	buf_clear(&url);
}

static void
test_least(void **state)
{
	struct buf url = BUF_INIT;

	(void)state;
	assert_int_equal(logout_url(&url, "https://op.example/logout?p=1",
			     &provider, NULL, NULL),
	    RG_OK);
	assert_string_equal(buf_str(&url),
	    "https://op.example/logout?p=1&client_id=id%26x%3Dy");
	buf_clear(&url);
}

static void
test_no_room(void **state)
{
	struct buf url = BUF_LIMITED(20);

	(void)state;
	assert_int_equal(logout_url(&url, "https://op.example/logout",
			     &provider, NULL, NULL),
	    RG_E_NOMEM);
	buf_clear(&url);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all),
	    cmocka_unit_test(test_least),
	    cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
