/* SPDX-License-Identifier: ISC */
/*
 * CGI variables, a line each, and behind an empty line the body: a request that
 * is taken has all that the endpoints rely on.
 */
#include "cgi/request.h"
#include "fuzz.h"

#define PARAMS_MAX 64

struct body {
	const char *p;
	size_t left;
};

static long
read_body(void *ctx, char *out, size_t size)
{
	struct body *b = ctx;
	size_t n = b->left < size ? b->left : size;

	memcpy(out, b->p, n);
	b->p += n;
	b->left -= n;
	return (long)n;
}

static bool
form_has_any(const struct form *form)
{
	static const char *const none[] = {NULL};

	return !form_has_only(form, none);
}

static void
check(const struct request *q, enum rg_err r)
{
	FUZZ_CHECK(strlen(q->id) == REQUEST_ID_LEN && q->path != NULL);
	if (r != RG_OK)
		return;
	FUZZ_CHECK(q->client != NULL && q->uri != NULL);
	FUZZ_CHECK(q->query != NULL && q->body != NULL);
	FUZZ_CHECK(q->role == ROLE_AUTHORIZER || q->path[0] == '/');
	FUZZ_CHECK(strlen(q->uri) <= REQUEST_MAX_URI);
	FUZZ_CHECK(q->cookie_count <= REQUEST_MAX_COOKIE_COUNT);
	FUZZ_CHECK(q->json.len <= REQUEST_MAX_JSON);
	if (q->role == ROLE_AUTHORIZER)
		FUZZ_CHECK(q->json.len == 0 && !form_has_any(q->query));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *line = text, *end;
	char *params[PARAMS_MAX + 1] = {NULL};
	struct body body = {"", 0}, again;
	struct request *q;
	size_t n = 0;
	int role;
	enum rg_err r;

	while (n < PARAMS_MAX && (end = strchr(line, '\n')) != NULL) {
		if (end == line) {
			body.p = end + 1;
			body.left = size - (size_t)(body.p - text);
			break;
		}
		*end = '\0';
		params[n++] = line;
		line = end + 1;
	}
	for (role = ROLE_RESPONDER; role <= ROLE_AUTHORIZER; role++) {
		again = body;
		q = NULL;
		r = request_read(
		    params, (enum fcgi_role)role, read_body, &again, &q);
		FUZZ_CHECK(q != NULL);
		check(q, r);
		request_free(&q);
		FUZZ_CHECK(q == NULL);
	}
	free(text);
	return 0;
}
