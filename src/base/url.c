/* SPDX-License-Identifier: ISC */
#include "base/url.h"

#include <arpa/inet.h>
#include <string.h>

static bool
is_host_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '.' || c == '-';
}

static bool
is_ipv6_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	       (c >= 'A' && c <= 'F') || c == ':' || c == '.';
}

/* The length of the host at the start of `s`; 0 if there is none. */
static size_t
host_length(const char *s)
{
	size_t n = 0;

	if (*s == '[') {
		for (n = 1; is_ipv6_char(s[n]); n++)
			continue;
		return s[n] == ']' && n > 3 ? n + 1 : 0;
	}
	while (is_host_char(s[n]))
		n++;
	return n > 0 && s[0] != '.' && s[0] != '-' ? n : 0;
}

static bool
parse_port(const char **s, unsigned *port)
{
	unsigned v = 0;
	const char *p = *s;

	if (*p != ':')
		return true;
	for (p++; *p >= '0' && *p <= '9'; p++) {
		v = v * 10 + (unsigned)(*p - '0');
		if (v > 65535)
			return false;
	}
	if (p == *s + 1 || v == 0)
		return false;
	*port = v;
	*s = p;
	return true;
}

static bool
all_visible(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s <= 0x20 || *s >= 0x7f || *s == '\\')
			return false;
	return true;
}

enum rg_err
url_parse(const char *s, struct url *out)
{
	size_t n, i;

	memset(out, 0, sizeof(*out));
	if (strnlen(s, URL_MAX + 1) > URL_MAX || !all_visible(s) ||
	    strchr(s, '#') != NULL)
		return RG_E_NET_URL;
	if (strncmp(s, "https://", 8) == 0) {
		out->https = true;
		out->port = 443;
		s += 8;
	} else if (strncmp(s, "http://", 7) == 0) {
		out->port = 80;
		s += 7;
	} else {
		return RG_E_NET_URL;
	}
	n = host_length(s);
	if (n == 0 || n > URL_HOST_MAX)
		return RG_E_NET_URL;
	for (i = 0; i < n; i++)
		out->host[i] = s[i] >= 'A' && s[i] <= 'Z'
				   ? (char)(s[i] - 'A' + 'a')
				   : s[i];
	s += n;
	if (!parse_port(&s, &out->port))
		return RG_E_NET_URL;
	if (*s != '\0' && *s != '/' && *s != '?')
		return RG_E_NET_URL; /* "@evil.example", for one */
	n = strcspn(s, "?");
	memcpy(out->path, s, n);
	out->has_query = s[n] == '?';
	return RG_OK;
}

bool
url_is_loopback(const struct url *u)
{
	struct in_addr a;

	if (strcmp(u->host, "localhost") == 0 || strcmp(u->host, "[::1]") == 0)
		return true;
	/* A dotted quad only: 127.evil.example is somebody's name. */
	return inet_pton(AF_INET, u->host, &a) == 1 &&
	       ntohl(a.s_addr) >> 24 == 127;
}

bool
url_same_origin(const struct url *a, const struct url *b)
{
	return a->https == b->https && a->port == b->port &&
	       strcmp(a->host, b->host) == 0;
}

void
url_encode(struct buf *out, const char *s)
{
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || strchr("-._~", c) != NULL)
			buf_putc(out, (char)c);
		else
			buf_printf(out, "%%%02X", c);
	}
}

bool
url_is_local_path(const char *s)
{
	return s[0] == '/' && s[1] != '/' && s[1] != '\\' &&
	       strnlen(s, URL_MAX + 1) <= URL_MAX && all_visible(s);
}
