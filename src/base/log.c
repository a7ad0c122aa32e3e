/* SPDX-License-Identifier: ISC */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

static const char *const level_names[] = {"error", "warn", "info", "debug"};
static enum log_level threshold = LOG_INFO;
static char request[32];

void
log_set_level(enum log_level level)
{
	threshold = level;
}

int
log_level_parse(const char *name)
{
	int i;

	for (i = 0; i <= LOG_DEBUG; i++)
		if (strcmp(name, level_names[i]) == 0)
			return i;
	return -1;
}

void
log_set_request(const char *request_id)
{
	(void)snprintf(request, sizeof(request), "%s",
	    request_id == NULL ? "" : request_id);
}

/* Appends `s` to out, with control and non-ASCII bytes as \xNN. */
static size_t
escape(char *out, size_t cap, size_t at, const char *s)
{
	for (; *s != '\0' && at + 5 < cap; s++) {
		unsigned char c = (unsigned char)*s;

		if (c >= 0x20 && c < 0x7f && c != '\\')
			out[at++] = (char)c;
		else
			at +=
			    (size_t)snprintf(out + at, cap - at, "\\x%02x", c);
	}
	out[at] = '\0';
	return at;
}

const char *
log_quote(const char *s)
{
	static char ring[4][300];
	static unsigned next;
	char *out = ring[next++ % 4];
	size_t n = 0;

	out[n++] = '"';
	for (; *s != '\0' && n < sizeof(ring[0]) - 2; s++)
		out[n++] = *s == '"' ? '\'' : *s;
	out[n++] = '"';
	out[n] = '\0';
	return out;
}

static void write_line(enum log_level level, const char *event, const char *fmt,
    va_list ap) __attribute__((format(printf, 3, 0)));

static void
write_line(enum log_level level, const char *event, const char *fmt, va_list ap)
{
	char when[32], text[1024], line[2048];
	size_t at;

	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		text[0] = '\0';
	clock_format(clock_now(), when);
	at = (size_t)snprintf(line, sizeof(line), "%s %s %s ", when,
	    level_names[level], request[0] == '\0' ? "-" : request);
	at = escape(line, sizeof(line) - 1, at, event);
	if (text[0] != '\0') {
		line[at++] = ' ';
		at = escape(line, sizeof(line) - 1, at, text);
	}
	line[at++] = '\n';
	/* One write per line: lines of several workers do not mix. */
	if (write(STDERR_FILENO, line, at) < 0)
		return; /* nowhere left to say it */
}

void
log_event(enum log_level level, const char *event, const char *fmt, ...)
{
	va_list ap;

	if (level > threshold)
		return;
	va_start(ap, fmt);
	write_line(level, event, fmt, ap);
	va_end(ap);
}
