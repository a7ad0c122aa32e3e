/* SPDX-License-Identifier: ISC */
/* Each line of a configuration that is refused, and why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "settings.h"

#define TID "11111111-2222-4333-8444-555555555555"

static char dir[] = "/tmp/rolegate-settings-XXXXXX";
static char path[64], secret[64];

static void
write_file(const char *name, const char *text, mode_t mode)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(name, mode), 0);
}

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/rolegate.conf", dir);
	(void)snprintf(secret, sizeof(secret), "%s/secret", dir);
	write_file(secret, "s3cret\n", 0600);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	(void)unlink(path);
	(void)unlink(secret);
	return rmdir(dir);
}

/* A good file with room for more in each section. */
static void
write_conf(const char *main_more, const char *session, const char *provider)
{
	char text[4096];

	(void)snprintf(text, sizeof(text),
	    "[rolegate]\npublic_url = https://app.example.com/auth\n"
	    "database = /nowhere/db\nkey_file = /nowhere/key\n%s"
	    "[session]\n%s"
	    "[provider.entra]\ntype = entra\ntenant = " TID "\n"
	    "client_id = cid\nclient_secret_file = %s\n%s",
	    main_more, session, secret, provider);
	write_file(path, text, 0644);
}

static void
refused(const char *main_more, const char *session, const char *provider,
    const char *why)
{
	struct settings *s = NULL;
	struct err e = {RG_OK, ""};

	write_conf(main_more, session, provider);
	assert_int_equal(settings_load(path, &s, &e), RG_E_CONF);
	assert_null(s);
	if (strstr(e.detail, why) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", e.detail, why);
}

static void
test_good_file(void **state)
{
	struct settings *s = NULL;
	struct err e = {RG_OK, ""};
	const struct provider *p;

	(void)state;
	write_conf("workers = 3\n", "idle = 15m\n", "label = Contoso\n");
	assert_int_equal(settings_load(path, &s, &e), RG_OK);
	assert_string_equal(s->prefix, "/auth");
	assert_true(s->secure);
	assert_int_equal(s->workers, 3);
	assert_int_equal(s->session_idle, 900);
	assert_int_equal(s->clock_skew, 60);
	p = settings_provider(s, "entra");
	assert_non_null(p);
	assert_string_equal(
	    p->issuer, "https://login.microsoftonline.com/" TID "/v2.0");
	assert_string_equal(p->credentials[0].secret, "s3cret");
	assert_string_equal(p->label, "Contoso");
	assert_int_equal(p->alg, JOSE_RS256);
	assert_false(p->allow_loopback_http);
	assert_null(settings_provider(s, "other"));
	settings_free(&s);
	assert_null(s);
}

static void
test_line_and_key_are_named(void **state)
{
	(void)state;
	refused("wrokers = 3\n", "", "", "rolegate.conf:5: unknown key");
	refused("wrokers = 3\n", "", "", "wrokers");
	refused("workers = 3\nworkers = 4\n", "", "", ":6: [rolegate] workers");
	refused("workers = three\n", "", "", ":5: [rolegate] workers");
	refused("workers = 3x\n", "", "", "workers");
	refused("workers = 0\n", "", "", "from 1 to 256");
	refused("workers = -1\n", "", "", "workers");
	refused("workers = 99999999999999999999\n", "", "", "workers");
	refused("workers =\n", "", "", "has no value");
	refused("just words\n", "", "", ":5: neither");
	refused(" workers = 3\n", "", "", ":5: a line must not start");
	refused("", "", "[provider.entra]\nlabel = x\nlabel = y\n", "twice");
	refused("", "", "[mystery]\nkey = 1\n", "unknown key [mystery] key");
}

static void
test_what_would_not_hold(void **state)
{
	(void)state;
	refused("workers = 4\nsign_in_workers = 4\n", "", "",
	    "must be below workers");
	refused("audit_client = some\n", "", "", "audit_client");
	refused("audit_email = some\n", "", "", "audit_email");
	refused("metrics_token_file = /nonexistent\n", "", "",
	    "metrics_token_file");
	refused("audit_refusals = 50\naudit_refusals_day = 49\n", "", "",
	    "is below audit_refusals");
}

static void
test_times(void **state)
{
	(void)state;
	refused("", "idle = 0\n", "", "idle");
	refused("", "idle = 1y\n", "", "idle");
	refused("", "idle = 1 h\n", "", "idle");
	refused("", "idle = 9223372036854775807d\n", "", "idle");
	refused("", "idle = 2h\nlifetime = 1h\n", "", "no effect");
	refused("clock_skew = 301\n", "", "", "clock_skew");
	refused("clock_skew = 6m\n", "", "", "clock_skew");
}

static void
with_url(const char *url, const char *why)
{
	struct settings *s = NULL;
	struct err e = {RG_OK, ""};
	char text[1024];

	(void)snprintf(text, sizeof(text),
	    "[rolegate]\npublic_url = %s\ndatabase = /d\nkey_file = /k\n"
	    "[provider.x]\ntype = oidc\nissuer = https://id.example.com\n"
	    "client_id = c\nclient_secret_file = %s\n",
	    url, secret);
	write_file(path, text, 0644);
	if (why == NULL) {
		assert_int_equal(settings_load(path, &s, &e), RG_OK);
		settings_free(&s);
		return;
	}
	assert_int_equal(settings_load(path, &s, &e), RG_E_CONF);
	if (strstr(e.detail, why) == NULL)
		fail_msg("%s: \"%s\" does not say \"%s\"", url, e.detail, why);
}

static void
test_public_url(void **state)
{
	(void)state;
	with_url("https://app.example.com", NULL);
	with_url("https://app.example.com/a/b/", NULL);
	with_url("http://127.0.0.1:8080/auth", NULL);
	with_url("http://localhost:8080", NULL);
	with_url("http://[::1]:8080", NULL);
	with_url("http://app.example.com", "loopback only");
	with_url("http://127.evil.example.com", "loopback only");
	with_url("http://127.0.0.1.evil.example.com", "loopback only");
	with_url("https://app.example.com/?x=1", "without query");
	with_url("https://user@app.example.com/", "public_url");
	with_url("https://app.example.com//x", "public_url");
	with_url("ftp://app.example.com", "public_url");
	with_url("//app.example.com", "public_url");
	with_url("https://", "public_url");
}

static void
test_provider(void **state)
{
	(void)state;
	refused("", "", "client_auth = none\n", "client_auth");
	refused("", "", "id_token_alg = HS256\n", "HS256");
	refused("", "", "id_token_alg = none\n", "none");
	refused("", "", "id_token_alg = rs256\n", "rs256");
	refused("", "", "scope = profile email\n", "must contain openid");
	refused("", "", "scope = openidx profile\n", "must contain openid");
	refused("", "", "userinfo = maybe\n", "userinfo");
	/* Entra's has no groups. */
	refused("", "", "claims_from = userinfo\n", "claims_from");
	refused("", "", "client_secret_env = ROLEGATE_X\n", "either");
	refused("", "", "ca_file = /nowhere/ca.pem\n", "/nowhere/ca.pem");
	refused("", "", "timeout = 0\n", "timeout");
	refused("", "",
	    "issuer = https://login.microsoftonline.com/common/v2.0\n",
	    "is not the v2.0 issuer of tenant");
	refused("", "",
	    "issuer = https://login.microsoftonline.us/" TID "/v2.0\n",
	    "set cloud");
	refused("", "", "issuer = http://127.0.0.1:9/" TID "/v2.0\n",
	    "loopback only");
	refused("", "",
	    "[provider.b_d]\ntype = oidc\nissuer = https://x.example\n"
	    "client_id = c\nclient_secret_env = HOME\n",
	    "name has");
	refused("", "",
	    "[provider.kc]\ntype = oidc\nissuer = https://x.example\n"
	    "tenant = " TID "\nclient_id = c\nclient_secret_env = HOME\n",
	    "unknown key [provider.kc] tenant");
	refused("", "",
	    "[provider.kc]\ntype = oidc\nissuer = http://x.example\n"
	    "client_id = c\nclient_secret_env = HOME\n",
	    "loopback only");
	refused("", "",
	    "[provider.kc]\ntype = oidc\nissuer = https://x.example\n"
	    "client_id = c\nclient_secret_env = NO_SUCH_VARIABLE_HERE\n",
	    "NO_SUCH_VARIABLE_HERE");
	refused("", "", "[provider.kc]\nlabel = x\n", "type");
}

/* A section of type entra with these lines; `why` NULL: it is good. */
static void
with_entra(const char *lines, const char *why, struct settings **out)
{
	struct settings *s = NULL;
	struct err e = {RG_OK, ""};
	char text[2048];

	(void)snprintf(text, sizeof(text),
	    "[rolegate]\npublic_url = https://app.example.com\n"
	    "database = /d\nkey_file = /k\n[provider.entra]\n"
	    "type = entra\nclient_id = c\nclient_secret_file = %s\n%s",
	    secret, lines);
	write_file(path, text, 0644);
	if (why == NULL) {
		if (settings_load(path, &s, &e) != RG_OK)
			fail_msg("%s: %s", lines, e.detail);
	} else {
		assert_int_equal(settings_load(path, &s, &e), RG_E_CONF);
		if (strstr(e.detail, why) == NULL)
			fail_msg("%s: \"%s\" does not say \"%s\"", lines,
			    e.detail, why);
	}
	if (out != NULL)
		*out = s;
	else
		settings_free(&s);
}

#define OTHER "99999999-8888-4777-8666-AAAAAAAAAAAA"
#define PERSONAL "9188040d-6c67-4c5b-b112-36a304b66dad"

static void
test_tenants_refused(void **state)
{
	(void)state;
	with_entra("", "tenant: is required", NULL);
	with_entra("tenant = contoso.com\n", "a GUID", NULL);
	with_entra("tenant = Organizations\n", "a GUID", NULL);
	/* Nobody is let in for want of a word. */
	with_entra("tenant = organizations\n", "is required", NULL);
	with_entra("tenant = common\n", "is required", NULL);
	with_entra(
	    "tenant = " TID "\nallowed_tenants = *\n", "goes with", NULL);
	with_entra(
	    "tenant = consumers\nallowed_tenants = *\n", "goes with", NULL);
	with_entra("tenant = organizations\nallowed_tenants = " TID ", " OTHER
		   "\n",
	    "separated by blanks", NULL);
	with_entra("tenant = organizations\nallowed_tenants = contoso.com\n",
	    "GUIDs", NULL);
	with_entra("tenant = organizations\nallowed_tenants = " PERSONAL "\n",
	    "personal accounts", NULL);
	with_entra("tenant = " TID "\ncloud = germany\n", "cloud", NULL);
	with_entra("tenant = " TID "\nguests = maybe\n", "guests", NULL);
	with_entra("tenant = " TID "\nsts = https://sts.example.com\n",
	    "is known for this cloud", NULL);
	with_entra("tenant = " TID "\ncloud = china\nsts = http://a.example\n",
	    "sts", NULL);
	with_entra("tenant = " TID
		   "\ncloud = china\nsts = https://a.example/\n",
	    "sts", NULL);
	with_entra(
	    "tenant = " TID "\ngroup_names_claim = names\n", "no effect", NULL);
	with_entra("tenant = organizations\nallowed_tenants = *\n"
		   "issuer = https://login.microsoftonline.com/common/v2.0\n",
	    "is not the v2.0 issuer", NULL);
}

static void
test_tenants(void **state)
{
	static const char *const clouds[] = {
	    "global", "usgov", "usgov-dod", "china"};
	static const char *const authorities[] = {
	    "https://login.microsoftonline.com",
	    "https://login.microsoftonline.us",
	    "https://login.microsoftonline.us",
	    "https://login.partner.microsoftonline.cn"};
	static const char *const modes[] = {
	    TID, "organizations", "common", "consumers"};
	struct settings *s;
	const struct provider *p;
	char lines[256], want[128];
	size_t c, m;

	(void)state;
	for (c = 0; c < 4; c++) {
		for (m = 0; m < 4; m++) {
			(void)snprintf(lines, sizeof(lines),
			    "cloud = %s\ntenant = %s\n%s", clouds[c], modes[m],
			    m == 1 || m == 2 ? "allowed_tenants = " TID "\n"
					     : "");
			with_entra(lines, NULL, &s);
			p = settings_provider(s, "entra");
			(void)snprintf(want, sizeof(want), "%s/%s/v2.0",
			    authorities[c], modes[m]);
			assert_string_equal(p->issuer, want);
			assert_string_equal(
			    p->entra->authority, authorities[c]);
			assert_int_equal(
			    p->entra->authority_v1 != NULL, c == 0);
			assert_false(p->entra->own_authority);
			assert_true(p->entra->guests);
			assert_null(p->group_names_claim);
			if (m == 0)
				assert_string_equal(p->tenant, TID);
			else if (m == 3)
				assert_string_equal(p->tenant, PERSONAL);
			else
				assert_null(p->tenant);
			settings_free(&s);
		}
	}
	with_entra("tenant = common\nallowed_tenants = * " OTHER " " PERSONAL
		   "\nguests = no\ncloud = china\n"
		   "sts = https://sts.example.com\ngroup_names = yes\n",
	    NULL, &s);
	p = settings_provider(s, "entra");
	assert_true(p->entra->any_organization);
	assert_int_equal(p->entra->allowed_count, 2);
	assert_string_equal(
	    p->entra->allowed[0], "99999999-8888-4777-8666-aaaaaaaaaaaa");
	assert_false(p->entra->guests);
	assert_string_equal(p->entra->authority_v1, "https://sts.example.com");
	assert_string_equal(p->group_names_claim, "groups");
	settings_free(&s);
}

static void
test_secret_must_be_private(void **state)
{
	(void)state;
	assert_int_equal(chmod(secret, 0644), 0);
	refused("", "", "", "others must not read it");
	assert_int_equal(chmod(secret, 0620), 0);
	refused("", "", "", "others must not read it");
	write_file(secret, "", 0600);
	refused("", "", "", "empty");
	write_file(secret, "two\nlines\n", 0600);
	refused("", "", "", "control characters");
	write_file(secret, "s3cret\n", 0600);
}

static void
test_socket_mode(void **state)
{
	(void)state;
	refused("socket_mode = 0666\n", "", "", "everybody");
	refused("socket_mode = 660\n", "", "", "octal");
	refused("socket_mode = 0999\n", "", "", "octal");
	refused("socket_mode = 0440\n", "", "", "octal");
}

/* More after the provider, which has audiences. */
#define API "audiences = api://x\n"

static void
test_bearer(void **state)
{
	struct settings *s = NULL;
	struct err e = {RG_OK, ""};
	const struct provider *p;
	char self[256];

	(void)state;
	write_conf("", "",
	    "audiences = cid api://cid  https://gw/mcp\n"
	    "required_scopes = mcp.read\n"
	    "[resource.mcp]\nurl = https://gw/mcp\nname = GW\n"
	    "scopes = api://cid/mcp.read\n"
	    "[resource.root]\nurl = https://gw\n"
	    "[role_token]\naudience = gw\n");
	assert_int_equal(settings_load(path, &s, &e), RG_OK);
	p = settings_provider(s, "entra");
	assert_int_equal(p->audience_count, 3);
	assert_string_equal(p->audiences[2], "https://gw/mcp");
	assert_int_equal(p->required_scope_count, 1);
	assert_int_equal(s->resource_count, 2);
	assert_string_equal(s->resources[0].path, "/mcp");
	assert_string_equal(s->resources[1].path, "");
	assert_string_equal(s->role_token_audience, "gw");
	assert_int_equal(s->role_token_lifetime, 300);
	assert_false(s->role_token_always);
	settings_free(&s);

	refused("", "", "audiences = a a\n", "there twice");
	refused("", "", "audiences = a,b\n", "words with blanks");
	refused("", "", "audiences = 00000003-0000-0000-c000-000000000000\n",
	    "Graph alone");
	refused(
	    "", "", "audiences = https://graph.microsoft.com\n", "Graph alone");
	refused("", "", "required_scopes = x\n", "without audiences");
	refused("", "", "[resource.x]\nurl = https://x\n", "no provider has");
	refused("", "", API "[resource.x]\nurl = http://x\n", "https URL");
	refused("", "", API "[resource.x]\nurl = https://x/?y\n", "https URL");
	refused("", "", API "[resource.x]\nurl = https://x/y/\n", "slash");
	refused("", "", API "[resource.x]\nurl = https://x/%61\n", "https URL");
	refused("", "", API "[resource.x]\nname = y\n", "url");
	refused("", "",
	    API "[resource.x]\nurl = https://x/y\n"
		"[resource.z]\nurl = https://z/y\n",
	    "path of [resource.x]");
	refused("", "", "[role_token]\nlifetime = 1m\n", "audience");
	refused(
	    "", "", "[role_token]\naudience = x\nlifetime = 2h\n", "lifetime");
	/* Whoever is a provider can't be who signs role tokens. */
	(void)snprintf(self, sizeof(self),
	    "[provider.self]\ntype = oidc\nclient_id = x\n"
	    "client_secret_file = %s\nissuer = https://app.example.com/auth\n",
	    secret);
	refused("", "", self, "is the issuer of provider self");
}

static void
test_missing_file(void **state)
{
	struct settings *s = NULL;
	struct err e = {RG_OK, ""};

	(void)state;
	assert_int_equal(
	    settings_load("/nowhere/rolegate.conf", &s, &e), RG_E_FILE);
	assert_non_null(strstr(e.detail, "/nowhere/rolegate.conf"));
}

/* A key of the example that is commented out: where it begins, else NULL. */
static const char *
commented(const char *line)
{
	static const char *const apart[] = {"ca_file", "metrics_token_file",
	    "client_secret", "client_certificate_file", "client_key_file",
	    "client_assertion", "tenant", "allowed_tenants", "sts",
	    "group_names_claim"};
	const char *p = line[0] == ';'		      ? line + 1
			: strncmp(line, "# ", 2) == 0 ? line + 2
						      : line;
	size_t i, n = strspn(p, "abcdefghijklmnopqrstuvwxyz_");

	if (p == line || n == 0 || strncmp(p + n, " = ", 3) != 0)
		return NULL;
	for (i = 0; i < sizeof(apart) / sizeof(apart[0]); i++)
		if (strncmp(p, apart[i], strlen(apart[i])) == 0)
			return NULL;
	return p;
}

/*
 * Copies the example to `path` with a secret that exists; `all` uncomments each
 * key that can stand beside the others, up to the first [section] that is
 * commented out.
 */
static void
copy_example(bool all)
{
	FILE *in = fopen("cgi/rolegate.conf.example", "r");
	char line[256], text[16384];
	size_t at = 0;

	assert_non_null(in);
	while (fgets(line, sizeof(line), in) != NULL) {
		const char *p = line;

		if (strncmp(p, "client_secret_file", 18) == 0) {
			at += (size_t)snprintf(text + at, sizeof(text) - at,
			    "client_secret_file = %s\n", secret);
			continue;
		}
		all = all && strncmp(p, "# [", 3) != 0;
		if (all && strcmp(p, ";refresh = off\n") == 0)
			p = "refresh = on\n"; /* claims_max_age goes with it */
		else if (all && commented(p) != NULL)
			p = commented(p);
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s", p);
		assert_true(at < sizeof(text));
	}
	assert_int_equal(fclose(in), 0);
	write_file(path, text, 0644);
}

#define GRAPH "https://graph.microsoft.com"

/* What is read from a provider section with this in it. */
static void
graph_is(const char *provider, enum graph_mode mode, const char *url,
    const char *scope)
{
	struct settings *s = NULL;
	struct err e = {RG_OK, ""};
	const struct provider *p;

	write_conf("", "", provider);
	if (settings_load(path, &s, &e) != RG_OK)
		fail_msg("%s", e.detail);
	p = settings_provider(s, "entra");
	assert_int_equal(p->graph, mode);
	if (url == NULL)
		assert_null(p->graph_url);
	else
		assert_string_equal(p->graph_url, url);
	assert_string_equal(p->scope, scope);
	assert_int_equal(p->graph_time_ms, 8000);
	assert_true(p->last_known);
	assert_int_equal(p->last_known_max_age, 8 * 3600);
	settings_free(&s);
}

static void
test_graph(void **state)
{
	(void)state;
	graph_is("", GRAPH_DELEGATED, GRAPH,
	    "openid profile email " GRAPH "/User.Read");
	graph_is("graph = off\n", GRAPH_OFF, NULL, "openid profile email");
	graph_is("graph = app\n", GRAPH_APP, GRAPH, "openid profile email");
	graph_is("graph_url = https://g.example/x\n", GRAPH_DELEGATED,
	    "https://g.example/x",
	    "openid profile email https://g.example/x/User.Read");
	graph_is("scope = User.Read openid\n", GRAPH_DELEGATED, GRAPH,
	    "User.Read openid");
	graph_is("scope = openid " GRAPH "/User.Read\n", GRAPH_DELEGATED, GRAPH,
	    "openid " GRAPH "/User.Read");
	graph_is("graph = off\nscope = openid api://x/y\n", GRAPH_OFF, NULL,
	    "openid api://x/y");
	refused("", "", "scope = openid profile\n", "must contain " GRAPH);
	refused("", "", "scope = openid User.ReadBasic.All\n", "must contain");
	refused("", "", "scope = openid " GRAPH ".evil.example/User.Read\n",
	    "another resource");
	refused(
	    "", "", "scope = openid User.Read api://x/y\n", "another resource");
	refused("", "", "graph = maybe\n", "graph");
	refused("", "", "graph_url = http://g.example\n", "graph_url");
	refused("", "", "graph_url = http://127.0.0.1:1\n", "graph_url");
	refused("", "", "graph_url = https://g.example/\n", "graph_url");
	refused("", "", "graph_url = https://g.example?x\n", "graph_url");
	refused("", "", "graph_url = https://u@g.example\n", "graph_url");
	refused("", "", "graph_time = 31s\n", "graph_time");
	refused("", "", "on_unknown_groups = allow\n", "on_unknown_groups");
	refused("", "", "last_known_max_age = 59s\n", "last_known_max_age");
	refused("", "", "last_known_max_age = 31d\n", "last_known_max_age");
	refused("", "", "on_unknown_groups = deny\nlast_known_max_age = 1h\n",
	    "no effect");
}

static void
test_refresh(void **state)
{
	struct settings *s = NULL;
	struct err e = {RG_OK, ""};
	const struct provider *p;

	(void)state;
	write_conf("", "", "graph = off\nrefresh = on\n");
	assert_int_equal(settings_load(path, &s, &e), RG_OK);
	p = settings_provider(s, "entra");
	assert_true(p->refresh);
	assert_int_equal(p->claims_max_age, 3600);
	assert_string_equal(p->scope, "openid profile email offline_access");
	settings_free(&s);
	write_conf("", "",
	    "graph = off\nrefresh = on\nscope = offline_access openid\n");
	assert_int_equal(settings_load(path, &s, &e), RG_OK);
	p = settings_provider(s, "entra");
	assert_string_equal(p->scope, "offline_access openid");
	settings_free(&s);
	refused("", "", "refresh = yes\n", "refresh");
	refused("", "", "claims_max_age = 1h\n", "no effect");
	refused(
	    "", "", "refresh = on\nclaims_max_age = 59\n", "claims_max_age");
	refused(
	    "", "", "refresh = on\nclaims_max_age = 25h\n", "claims_max_age");
}

/* Who copies the example gets what it says, and the defaults are as shown. */
static void
test_example(void **state)
{
	struct settings *few = NULL, *all = NULL;
	struct err e = {RG_OK, ""};
	const struct provider *p, *q;

	(void)state;
	copy_example(false);
	if (settings_load(path, &few, &e) != RG_OK)
		fail_msg("%s", e.detail);
	copy_example(true);
	if (settings_load(path, &all, &e) != RG_OK)
		fail_msg("%s", e.detail);
	assert_null(few->listen);
	assert_string_equal(all->listen, "unix:/run/rolegate/rolegate.sock");
	assert_int_equal(few->socket_mode, all->socket_mode);
	assert_int_equal(few->workers, all->workers);
	assert_int_equal(few->sign_in_workers, all->sign_in_workers);
	assert_int_equal(few->read_timeout_ms, all->read_timeout_ms);
	assert_int_equal(few->idle_timeout_ms, all->idle_timeout_ms);
	assert_int_equal(few->database_timeout_ms, all->database_timeout_ms);
	assert_int_equal(few->audit_refusals, all->audit_refusals);
	assert_int_equal(few->audit_refusals_day, all->audit_refusals_day);
	assert_int_equal(few->audit_client, all->audit_client);
	assert_int_equal(few->audit_email, all->audit_email);
	assert_null(few->audit_key_file);
	assert_int_equal(few->clock_skew, all->clock_skew);
	assert_int_equal(few->log_level, all->log_level);
	assert_int_equal(few->session_idle, all->session_idle);
	assert_int_equal(few->session_lifetime, all->session_lifetime);
	assert_int_equal(few->sign_in_time, all->sign_in_time);
	p = settings_provider(few, "entra");
	q = settings_provider(all, "entra");
	assert_string_equal(p->issuer, q->issuer);
	assert_int_equal(p->client_auth, q->client_auth);
	assert_int_equal(p->response_mode, q->response_mode);
	assert_string_equal(
	    p->scope, "openid profile email " GRAPH "/User.Read");
	assert_string_equal(q->scope,
	    "openid profile email " GRAPH "/User.Read offline_access");
	assert_int_equal(p->alg, q->alg);
	assert_int_equal(p->userinfo, q->userinfo);
	assert_string_equal(p->groups_claim, q->groups_claim);
	assert_string_equal(p->roles_claim, q->roles_claim);
	assert_null(p->default_role);
	assert_int_equal(p->timeout_ms, q->timeout_ms);
	assert_int_equal(p->graph, q->graph);
	assert_string_equal(p->graph_url, q->graph_url);
	assert_int_equal(p->graph_time_ms, q->graph_time_ms);
	assert_int_equal(p->last_known, q->last_known);
	assert_int_equal(p->last_known_max_age, q->last_known_max_age);
	settings_free(&few);
	settings_free(&all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_good_file),
	    cmocka_unit_test(test_line_and_key_are_named),
	    cmocka_unit_test(test_what_would_not_hold),
	    cmocka_unit_test(test_times), cmocka_unit_test(test_public_url),
	    cmocka_unit_test(test_provider),
	    cmocka_unit_test(test_tenants_refused),
	    cmocka_unit_test(test_tenants),
	    cmocka_unit_test(test_secret_must_be_private),
	    cmocka_unit_test(test_socket_mode), cmocka_unit_test(test_bearer),
	    cmocka_unit_test(test_missing_file), cmocka_unit_test(test_graph),
	    cmocka_unit_test(test_refresh), cmocka_unit_test(test_example)};

	return cmocka_run_group_tests(tests, setup, teardown);
}
