/* SPDX-License-Identifier: ISC */
/*
 * One line per event on stderr, which the supervisor, the web server or the
 * journal collects:
 *
 *     2026-01-31T12:00:00Z info 8f3kq2 sign_in.refused error=RG_E_NONCE
 *
 * Control characters in the arguments are escaped, so that a peer can't forge
 * lines. Secrets have no printer: never pass a token, code, cookie or key.
 */
#ifndef RG_BASE_LOG_H
#define RG_BASE_LOG_H

#include <stddef.h>

enum log_level {
	LOG_ERROR,
	LOG_WARN,
	LOG_INFO,
	LOG_DEBUG
};

/* Events above `level` are dropped; the default is LOG_INFO. Process-wide. */
void log_set_level(enum log_level level);

/* "error", "warn", "info" or "debug"; -1 for anything else. */
int log_level_parse(const char *name);

/* The id that the following lines carry; NULL or "" for none. Copied. */
void log_set_request(const char *request_id);

/* `fmt` makes the "key=value key=value" part; an empty one is left out. */
void log_event(enum log_level level, const char *event, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * The text of others in quotes, without quotes inside: it can't look like
 * another key=value. Valid until the fourth call after this one.
 */
const char *log_quote(const char *s);

#define log_error(...) log_event(LOG_ERROR, __VA_ARGS__)
#define log_warn(...) log_event(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_event(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_event(LOG_DEBUG, __VA_ARGS__)

#endif
