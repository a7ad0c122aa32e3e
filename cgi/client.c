/* SPDX-License-Identifier: ISC */
#include "cgi/client.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"

static bool
is_trusted(const char *client, const struct settings *s)
{
	struct address a;

	return client != NULL && address_parse(client, &a) &&
	       settings_trusts_proxy(s, &a);
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

/*
 * The address alone. Some proxies add a port, Azure's Application Gateway for
 * one: "192.0.2.7:50123", "[2001:db8::7]:50123"
 * (learn.microsoft.com/azure/application-gateway/how-application-gateway-works).
 */
static bool
without_port(const char *value, char out[static ADDRESS_TEXT_MAX])
{
	bool bracket = *value == '[';
	const char *end, *colon = strchr(value, ':');
	struct address a;

	value += bracket;
	end = value + strlen(value);
	if (bracket)
		end = strchr(value, ']');
	else if (colon != NULL && strchr(colon + 1, ':') == NULL)
		end = colon;
	if (end == NULL || (size_t)(end - value) >= ADDRESS_TEXT_MAX)
		return false;
	memcpy(out, value, (size_t)(end - value));
	out[end - value] = '\0';
	end += bracket;
	if (*end == ':' && strspn(end + 1, "0123456789") == strlen(end + 1))
		end += strlen(end);
	return *end == '\0' && address_parse(out, &a);
}

void
client_behind_proxy(
    struct request *q, char *const *params, const struct settings *s)
{
	char address[ADDRESS_TEXT_MAX], *client;
	const char *value, *comma;

	if (!is_trusted(q->client, s) || (value = forwarded(params)) == NULL)
		return;
	if ((comma = strrchr(value, ',')) != NULL)
		value = comma + 1;
	value += strspn(value, " \t");
	if (!without_port(value, address) || (client = strdup(address)) == NULL)
		return;
	free(q->client);
	q->client = client;
}
