/* SPDX-License-Identifier: ISC */
#include "cgi/plain.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

static const char failed[] = "Status: 500 Internal Server Error\r\n"
			     "Cache-Control: no-store\r\n"
			     "Content-Type: text/plain\r\n\r\n"
			     "Internal error.\n";

struct input {
	size_t left;   /* of CONTENT_LENGTH */
	int64_t until; /* clock_mono_ms() */
};

bool
plain_is_cgi(void)
{
	return getenv("GATEWAY_INTERFACE") != NULL &&
	       getenv("REQUEST_METHOD") != NULL;
}

/*
 * RFC 3875 section 4.2: a server need not end stdin after CONTENT_LENGTH
 * bytes, so that reading on could wait for ever; without one there is no body.
 */
static size_t
content_length(void)
{
	const char *s = getenv("CONTENT_LENGTH");
	size_t n = 0;

	if (s == NULL || *s == '\0' || strspn(s, "0123456789") != strlen(s))
		return 0;
	for (; *s != '\0' && n <= REQUEST_MAX_JSON; s++)
		n = n * 10 + (size_t)(*s - '0');
	return n;
}

static long
read_stdin(void *ctx, char *out, size_t size)
{
	struct input *in = ctx;
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
	int64_t left = in->until - clock_mono_ms();
	ssize_t n;

	if (in->left == 0)
		return 0;
	if (left <= 0 || poll(&p, 1, (int)left) != 1)
		return -1;
	n = read(STDIN_FILENO, out, size < in->left ? size : in->left);
	if (n > 0)
		in->left -= (size_t)n;
	return (long)n;
}

int
plain_serve(const struct server_options *o, const struct server_app *app)
{
	struct input in = {
	    content_length(), clock_mono_ms() + o->read_timeout_ms};
	struct buf out = BUF_INIT;
	void *state;
	bool ok;

	(void)signal(SIGPIPE, SIG_IGN);
	if ((state = app->open(app->ctx)) == NULL) {
		(void)file_write_all(STDOUT_FILENO, failed, sizeof(failed) - 1);
		return 1;
	}
	app->serve(state, environ, ROLE_RESPONDER, read_stdin, &in, &out);
	if (buf_ok(&out) && out.len > 0)
		ok = file_write_all(STDOUT_FILENO, buf_str(&out), out.len);
	else
		ok = file_write_all(STDOUT_FILENO, failed, sizeof(failed) - 1);
	if (ok && app->idle != NULL)
		(void)app->idle(state);
	app->close(state);
	buf_clear(&out);
	return ok ? 0 : 1;
}
