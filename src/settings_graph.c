/* SPDX-License-Identifier: ISC */
/* What a [provider.NAME] section says of groups that are not in the token. */
#include "settings_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/url.h"

#define HOUR 3600

/* The n bytes at `s` are the string `want`. */
static bool
is(const char *s, size_t n, const char *want)
{
	return strlen(want) == n && strncmp(s, want, n) == 0;
}

/* What delegated Graph needs, however it is written; others are no scopes of
 * Graph. */
static bool
is_enough(const char *s, size_t n, const char *base)
{
	size_t len = strlen(base);

	if (is(s, n, "User.Read"))
		return true;
	return n > len && strncmp(s, base, len) == 0 &&
	       (is(s + len, n - len, "/User.Read") ||
		   is(s + len, n - len, "/.default"));
}

/*
 * The code is redeemed for the access token of one resource: it must be Graph.
 * Without a scope of the administrator's own, what is needed is added.
 */
static void
check_scope(
    struct conf *c, const char *section, struct provider *p, bool own_scope)
{
	size_t n, len = strlen(p->graph_url);
	struct buf scope = BUF_INIT;
	bool enough = false;
	const char *s = p->scope;

	while (*(s += strspn(s, " ")) != '\0') {
		n = strcspn(s, " ");
		enough |= is_enough(s, n, p->graph_url);
		if (memmem(s, n, "://", 3) != NULL &&
		    (n <= len || strncmp(s, p->graph_url, len) != 0 ||
			s[len] != '/'))
			conf_fail(c, section, "scope",
			    "%.*s is of another resource than Graph, and an "
			    "access token is for one: leave it out, or set "
			    "graph = app or graph = off",
			    (int)n, s);
		s += n;
	}
	if (enough)
		return;
	if (own_scope) {
		conf_fail(c, section, "scope",
		    "must contain %s/User.Read for graph = delegated",
		    p->graph_url);
		return;
	}
	buf_printf(&scope, "%s %s/User.Read", p->scope, p->graph_url);
	free(p->scope);
	p->scope = settings_dup(buf_str(&scope));
	buf_clear(&scope);
}

/* https, without query and "/" at the end; http where the provider's may be. */
static void
check_url(struct conf *c, const char *section, struct provider *p)
{
	struct url u;
	size_t n = strlen(p->graph_url);

	if (url_parse(p->graph_url, &u) != RG_OK || u.has_query ||
	    p->graph_url[n - 1] == '/' ||
	    (!u.https && !(p->allow_loopback_http && url_is_loopback(&u))))
		conf_fail(c, section, "graph_url",
		    "expected an https URL without query and without a slash "
		    "at the end, such as https://graph.microsoft.com");
}

static void
read_graph(struct conf *c, const char *section, struct provider *p,
    const char *cloud_url)
{
	static const char *const modes[] = {"off", "delegated", "app", NULL};
	const char *url = conf_str(c, section, "graph_url", cloud_url);

	/* A loopback provider has no Graph, unless it is said where. */
	p->graph = (enum graph_mode)conf_choice(c, section, "graph", modes,
	    url == NULL ? GRAPH_OFF : GRAPH_DELEGATED);
	p->graph_time_ms =
	    (long)conf_seconds(c, section, "graph_time", 8, 1, 30) * 1000;
	if (p->graph == GRAPH_OFF)
		return;
	if (url == NULL) {
		conf_fail(c, section, "graph",
		    "needs graph_url where the issuer is not Microsoft's");
		return;
	}
	p->graph_url = settings_dup(url);
	check_url(c, section, p);
	if (p->graph == GRAPH_APP && p->tenant == NULL)
		conf_fail(c, section, "graph",
		    "app needs tenant to be one tenant: its token is good for "
		    "no other");
	if (p->graph == GRAPH_DELEGATED)
		check_scope(c, section, p, conf_has(c, section, "scope"));
}

void
settings_read_graph(struct conf *c, const char *section, struct provider *p,
    const char *cloud_url)
{
	static const char *const choices[] = {"deny", "last_known", NULL};

	p->last_known =
	    conf_choice(c, section, "on_unknown_groups", choices, 1) == 1;
	p->last_known_max_age = conf_seconds(
	    c, section, "last_known_max_age", 8 * HOUR, 60, 30L * 24 * HOUR);
	if (!p->last_known && conf_has(c, section, "last_known_max_age"))
		conf_fail(c, section, "last_known_max_age",
		    "has no effect with on_unknown_groups = deny");
	/* Of others the keys are unknown. */
	if (p->type == PROVIDER_ENTRA)
		read_graph(c, section, p, cloud_url);
}
