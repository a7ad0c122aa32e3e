/* SPDX-License-Identifier: ISC */
#include "cgi/request_cookie.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define VARIABLE "HTTP_COOKIE="
#define OURS "rolegate" /* cookie_name() puts __Host- before it */
#define HOST "__Host-"
#define MAX_OF_KIND (REQUEST_MAX_COOKIE_COUNT / 2)

struct counts {
	size_t host;
	size_t plain; /* may be more than are kept */
};

/* Bytes of all Cookie headers with a NUL each; SIZE_MAX if over the cap. */
static size_t
measure(char *const *params)
{
	size_t i, n, total = 0;

	for (i = 0; params[i] != NULL; i++) {
		if (strncmp(params[i], VARIABLE, sizeof(VARIABLE) - 1) != 0)
			continue;
		n = strnlen(
		    params[i] + sizeof(VARIABLE) - 1, REQUEST_MAX_COOKIES + 1);
		total += n + 1;
		if (n > REQUEST_MAX_COOKIES || total > REQUEST_MAX_COOKIES + 1)
			return SIZE_MAX;
	}
	return total;
}

/* RFC 9110 section 5.6.2 */
static bool
is_token(const char *s)
{
	size_t n = strspn(s, "!#$%&'*+-.^_`|~0123456789"
			     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "abcdefghijklmnopqrstuvwxyz");

	return n > 0 && s[n] == '\0';
}

static bool
begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

static char *
trim(char *s)
{
	size_t n;

	s += strspn(s, " \t");
	n = strlen(s);
	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		n--;
	s[n] = '\0';
	return s;
}

/*
 * Splits one header in place. Only ";" separates. Apache joins two Cookie
 * headers with ", ", but browsers send one (RFC 6265 section 5.4), and they
 * let a value hold ", ": were that a separator, a cookie of another host of
 * the domain with the value "x, __Host-rolegate=..." would become ours.
 */
static enum rg_err
split(struct request *q, char *text, struct counts *counts)
{
	char *p, *next, *eq, *name;
	bool is_host;

	for (p = text; p != NULL; p = next) {
		next = strchr(p, ';');
		if (next != NULL)
			*next++ = '\0';
		eq = strchr(p, '=');
		if (eq == NULL)
			continue;
		*eq++ = '\0';
		name = trim(p);
		is_host = begins(name, HOST OURS);
		if ((!is_host && !begins(name, OURS)) || !is_token(name))
			continue;
		if (is_host && counts->host++ == MAX_OF_KIND)
			return RG_E_REQ_TOO_LARGE;
		if (!is_host && counts->plain++ >= MAX_OF_KIND)
			continue;
		q->cookies[q->cookie_count].name = name;
		q->cookies[q->cookie_count].value = trim(eq);
		q->cookie_count++;
	}
	return RG_OK;
}

/* Which of them would be left out must not be somebody else's choice. */
static void
drop_plain(struct request *q)
{
	size_t i, n = 0;

	for (i = 0; i < q->cookie_count; i++)
		if (begins(q->cookies[i].name, HOST))
			q->cookies[n++] = q->cookies[i];
	q->cookie_count = n;
}

enum rg_err
request_cookies_read(struct request *q, char *const *params)
{
	enum rg_err r = RG_E_INTERNAL;
	size_t i, n, total = measure(params);
	struct counts counts = {0, 0};
	char *at;

	if (total == 0)
		return RG_OK;
	if (total == SIZE_MAX)
		return RG_E_REQ_TOO_LARGE;
	q->cookie_text = calloc(1, total + 1);
	q->cookies = calloc(REQUEST_MAX_COOKIE_COUNT, sizeof(*q->cookies));
	if (q->cookie_text == NULL || q->cookies == NULL) {
		r = RG_E_NOMEM;
		goto out;
	}
	q->cookie_size = total;
	at = q->cookie_text;
	for (i = 0; params[i] != NULL; i++) {
		if (strncmp(params[i], VARIABLE, sizeof(VARIABLE) - 1) != 0)
			continue;
		n = strlen(params[i] + sizeof(VARIABLE) - 1);
		memcpy(at, params[i] + sizeof(VARIABLE) - 1, n);
		if ((r = split(q, at, &counts)) != RG_OK)
			goto out;
		at += n + 1;
	}
	if (counts.plain > MAX_OF_KIND)
		drop_plain(q);
	r = RG_OK;
out:
	if (r != RG_OK)
		request_cookies_free(q);
	return r;
}

void
request_cookies_free(struct request *q)
{
	if (q->cookie_text != NULL)
		explicit_bzero(q->cookie_text, q->cookie_size);
	free(q->cookie_text);
	free(q->cookies);
	q->cookie_text = NULL;
	q->cookies = NULL;
	q->cookie_count = q->cookie_size = 0;
}

const char *
request_cookie(const struct request *q, const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < q->cookie_count; i++)
		if (strcmp(q->cookies[i].name, name) == 0 && n-- == 0)
			return q->cookies[i].value;
	return NULL;
}
