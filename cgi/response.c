/* SPDX-License-Identifier: ISC */
#include "cgi/response.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

/*
 * Apache's modules answer 500 of their own for a header line over about 8 KB;
 * a complete 500 of ours says more.
 */
#define HEADER_LINE_MAX 7900

/*
 * On everything. No script runs on our pages, on the console only our own
 * files, and nobody frames them; COOP and CORP keep other sites from looking
 * in.
 */
#define POLICY(scripts)                                                        \
	"Content-Security-Policy: default-src 'none'; " scripts                \
	"style-src 'self'; img-src 'self' data:; form-action 'self'; "         \
	"base-uri 'none'; frame-ancestors 'none'\r\n"

static const char no_scripts[] = POLICY("");
static const char own_scripts[] =
    POLICY("script-src 'self'; connect-src 'self'; "
	   "require-trusted-types-for 'script'; trusted-types 'none'; ");

static const char security_headers[] =
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Permissions-Policy: camera=(), geolocation=(), microphone=()\r\n";

/* Whatever is not to be had now: ask again in a moment. */
static const char retry_after[] = "Retry-After: 10\r\n";

static const char no_store[] = "Cache-Control: no-store\r\n";

static const char internal_body[] = "Internal error.\n";

static const struct {
	int status;
	const char *reason;
} reasons[] = {{200, "OK"}, {201, "Created"}, {204, "No Content"},
    {302, "Found"}, {303, "See Other"}, {304, "Not Modified"},
    {400, "Bad Request"}, {401, "Unauthorized"}, {403, "Forbidden"},
    {404, "Not Found"}, {405, "Method Not Allowed"}, {409, "Conflict"},
    {410, "Gone"}, {412, "Precondition Failed"}, {413, "Content Too Large"},
    {414, "URI Too Long"}, {415, "Unsupported Media Type"},
    {422, "Unprocessable Content"}, {428, "Precondition Required"},
    {429, "Too Many Requests"}, {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"}, {502, "Bad Gateway"},
    {503, "Service Unavailable"}};

/* Never NULL: the reason phrase may be empty (RFC 9112 section 4). */
static const char *
reason_of(int status)
{
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "";
}

/* RFC 9110 section 5.6.2, "token", as far as our own names need it */
static bool
is_field_name(const char *s)
{
	const char *p = s;

	while ((*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') ||
	       (*p >= '0' && *p <= '9') || *p == '-' || *p == '_')
		p++;
	return p > s && *p == '\0';
}

/* No control characters: CR or LF would begin another header or the body. */
static bool
is_field_value(const char *s)
{
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < 0x20 || c == 0x7f)
			return false;
	}
	return true;
}

/* Where the value begins, behind the name. */
static size_t
begin_header(struct buf *b, const char *name)
{
	if (!is_field_name(name))
		b->failed = true;
	buf_puts(b, name);
	buf_put(b, ": ", 2);
	return b->len;
}

/* The line from `line` on, of which the value is at `value`, is complete. */
static void
end_header(struct buf *b, size_t line, size_t value)
{
	if (buf_ok(b) &&
	    (b->len - line > HEADER_LINE_MAX || !is_field_value(b->p + value)))
		b->failed = true;
	buf_put(b, "\r\n", 2);
}

void
response_header(struct response *s, const char *name, const char *fmt, ...)
{
	const size_t line = s->headers.len;
	const size_t value = begin_header(&s->headers, name);
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&s->headers, fmt, ap);
	va_end(ap);
	end_header(&s->headers, line, value);
}

void
response_header_text(struct response *s, const char *name, const char *text)
{
	const size_t line = s->headers.len;
	const size_t value = begin_header(&s->headers, name);

	buf_puts(&s->headers, text);
	end_header(&s->headers, line, value);
}

void
response_reset(struct response *s, int status)
{
	buf_reset(&s->headers);
	buf_reset(&s->body);
	s->status = status;
	s->cacheable = false;
	s->scripted = false;
	s->bare = false;
	s->repeatable = false;
}

void
response_redirect(struct response *s, const char *location)
{
	s->status = 303;
	buf_reset(&s->body);
	response_header_text(s, "Location", location);
}

void
response_json_own(struct response *s, int status, json_t *body)
{
	s->status = status;
	buf_reset(&s->body);
	response_header_text(s, "Content-Type", "application/json");
	if (body == NULL || !json_put(&s->body, body))
		s->body.failed = true;
	buf_putc(&s->body, '\n');
	json_decref(body);
}

void
response_error(struct response *s, int status, const char *error,
    const char *message, const char *request_id)
{
	response_reset(s, status);
	response_json_own(s, status,
	    json_pack("{s:s, s:s, s:s}", "error", error, "message", message,
		"request_id", request_id));
}

/* What is left to say when the answer itself can't be told. */
static void
write_internal(bool head_only, struct buf *out)
{
	buf_reset(out);
	buf_puts(out, "Status: 500 Internal Server Error\r\n");
	buf_puts(out, no_scripts);
	buf_puts(out, security_headers);
	buf_puts(out, no_store);
	buf_puts(out, "Content-Type: text/plain; charset=utf-8\r\n");
	buf_printf(
	    out, "Content-Length: %zu\r\n\r\n", sizeof(internal_body) - 1);
	if (!head_only)
		buf_puts(out, internal_body);
}

void
response_write(struct response *s, bool head_only, struct buf *out)
{
	bool bodyless = s->bare || s->status == 204 || s->status == 304;

	if (!buf_ok(&s->headers) || !buf_ok(&s->body) || s->status < 200 ||
	    s->status > 599) {
		s->repeatable = false;
		write_internal(head_only, out);
		return;
	}
	buf_printf(out, "Status: %d %s\r\n", s->status, reason_of(s->status));
	if (!s->bare) {
		buf_puts(out, s->scripted ? own_scripts : no_scripts);
		buf_puts(out, security_headers);
	}
	if (!s->bare && !s->cacheable)
		buf_puts(out, no_store);
	if (s->status == 503 || s->status == 429)
		buf_puts(out, retry_after);
	buf_put(out, buf_str(&s->headers), s->headers.len);
	if (!bodyless)
		buf_printf(out, "Content-Length: %zu\r\n", s->body.len);
	buf_puts(out, "\r\n");
	if (!head_only && !bodyless)
		buf_put(out, buf_str(&s->body), s->body.len);
	if (!buf_ok(out)) {
		s->repeatable = false;
		write_internal(head_only, out);
	}
}

void
response_clear(struct response *s)
{
	buf_clear(&s->headers);
	buf_clear(&s->body);
	s->status = 200;
	s->cacheable = false;
	s->scripted = false;
	s->bare = false;
	s->repeatable = false;
}
