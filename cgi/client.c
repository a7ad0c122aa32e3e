/* SPDX-License-Identifier: ISC */
#include "cgi/client.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Equal addresses, however they are written. */
static bool
same(const char *a, const char *b)
{
	unsigned char x[16] = {0}, y[16] = {0};

	if (inet_pton(AF_INET, a, x) == 1)
		return inet_pton(AF_INET, b, y) == 1 && memcmp(x, y, 4) == 0;
	return inet_pton(AF_INET6, a, x) == 1 &&
	       inet_pton(AF_INET6, b, y) == 1 && memcmp(x, y, 16) == 0;
}

/* The header's value, NULL when it is absent or there twice. */
static const char *
forwarded(char *const *params)
{
	static const char name[] = "HTTP_X_FORWARDED_FOR=";
	const char *found = NULL;

	for (; *params != NULL; params++) {
		if (strncmp(*params, name, sizeof(name) - 1) != 0)
			continue;
		if (found != NULL)
			return NULL;
		found = *params + sizeof(name) - 1;
	}
	return found;
}

void
client_behind_proxy(
    struct request *q, char *const *params, const struct settings *s)
{
	const char *value, *comma;
	unsigned char raw[sizeof(struct in6_addr)];
	char *client;
	size_t i;

	for (i = 0; q->client != NULL && i < s->proxy_count; i++)
		if (same(q->client, s->proxies[i]))
			break;
	if (q->client == NULL || i == s->proxy_count ||
	    (value = forwarded(params)) == NULL)
		return;
	if ((comma = strrchr(value, ',')) != NULL)
		value = comma + 1;
	value += strspn(value, " \t");
	if (inet_pton(AF_INET, value, raw) != 1 &&
	    inet_pton(AF_INET6, value, raw) != 1)
		return;
	if ((client = strdup(value)) == NULL)
		return;
	free(q->client);
	q->client = client;
}
