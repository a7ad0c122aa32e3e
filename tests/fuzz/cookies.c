/* SPDX-License-Identifier: ISC */
/* Cookie headers, a line each: only names that may be ours are kept. */
#include "cgi/request_cookie.h"
#include "fuzz.h"

#define HEADERS_MAX 16

static void
check(const struct cookie *c)
{
	size_t n = strlen(c->value);

	FUZZ_CHECK(strncmp(c->name, "rolegate", 8) == 0 ||
		   strncmp(c->name, "__Host-rolegate", 15) == 0);
	FUZZ_CHECK(strpbrk(c->name, "= ;") == NULL);
	FUZZ_CHECK(strchr(c->value, ';') == NULL);
	FUZZ_CHECK(n == 0 || strchr(" \t", c->value[0]) == NULL);
	FUZZ_CHECK(n == 0 || strchr(" \t", c->value[n - 1]) == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *line, *next;
	char *params[HEADERS_MAX + 1] = {NULL};
	struct request q = {0};
	size_t i, n = 0;
	enum rg_err r;

	for (line = text; line != NULL && n < HEADERS_MAX; line = next) {
		if ((next = strchr(line, '\n')) != NULL)
			*next++ = '\0';
		params[n] = malloc(strlen(line) + sizeof("HTTP_COOKIE="));
		FUZZ_CHECK(params[n] != NULL);
		memcpy(params[n], "HTTP_COOKIE=", sizeof("HTTP_COOKIE="));
		memcpy(params[n] + 12, line, strlen(line) + 1);
		n++;
	}
	r = request_cookies_read(&q, params);
	FUZZ_CHECK(r == RG_OK || r == RG_E_REQ_TOO_LARGE);
	FUZZ_CHECK(r == RG_OK || q.cookie_count == 0);
	FUZZ_CHECK(q.cookie_count <= REQUEST_MAX_COOKIE_COUNT);
	for (i = 0; i < q.cookie_count; i++)
		check(&q.cookies[i]);
	request_cookies_free(&q);
	for (i = 0; i < n; i++)
		free(params[i]);
	free(text);
	return 0;
}
