/* SPDX-License-Identifier: ISC */
/* The [contextforge] section, and [contextforge.NAME] for each rule. */
#include "settings_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"
#include "base/url.h"
#include "jose/sign.h"

#define MAIN "contextforge"
#define TOKEN_MAX 8192
#define EMAIL_MAX 254 /* RFC 5321: of a path, without the brackets */

static void
read_url(struct conf *c, struct cf_config *f)
{
	struct url u;
	size_t n;

	f->url = conf_copy_opt(c, MAIN, "url");
	if (f->url == NULL)
		return;
	n = strlen(f->url);
	if (n > 0 && f->url[n - 1] == '/')
		f->url[n - 1] = '\0';
	if (url_parse(f->url, &u) != RG_OK || u.has_query) {
		conf_fail(c, MAIN, "url",
		    "expected an https URL without query, such as "
		    "https://gateway.example.com");
		return;
	}
	if (u.https)
		return;
	/* The token gives everything there: never in clear over a network. */
	f->allow_loopback_http = url_is_loopback(&u);
	if (!f->allow_loopback_http)
		conf_fail(c, MAIN, "url",
		    "http is for a gateway on this machine only; use https");
}

static bool
is_text(const char *s)
{
	return s[0] != '\0' && text_is_line(s, 256);
}

/* The one line of a file that only we may read; NULL after a failure. */
static char *
read_secret(struct conf *c, const char *key, const char *file)
{
	struct buf text = BUF_INIT;
	struct err e = {RG_OK, ""};
	char *secret = NULL;
	const char *p;

	if (file_read_secret(file, TOKEN_MAX, &text, &e) != RG_OK) {
		conf_fail(c, MAIN, key, "%s", e.detail);
		goto out;
	}
	p = buf_str(&text);
	if (p[0] == '\0' || !text_is_line(p, TOKEN_MAX) ||
	    strchr(p, ' ') != NULL) {
		conf_fail(c, MAIN, key,
		    "is empty or has blanks or control characters");
		goto out;
	}
	secret = settings_dup(p);
out:
	buf_clear(&text);
	return secret;
}

static void
read_token(struct conf *c, struct cf_config *f)
{
	const char *file = conf_need(c, MAIN, "token_file");

	if (file[0] != '\0')
		f->token = read_secret(c, "token_file", file);
}

/* What `rolegatectl contextforge token` needs; with or without a url. */
static void
read_jwt(struct conf *c, struct cf_config *f)
{
	char *file = conf_copy_opt(c, MAIN, "jwt_secret_file");

	if (file == NULL) /* the other keys are unknown then */
		return;
	f->jwt_secret = read_secret(c, "jwt_secret_file", file);
	free(file);
	/* Whoever has a token can try keys on it at leisure. */
	if (f->jwt_secret != NULL && strlen(f->jwt_secret) < JOSE_HS256_MIN)
		conf_fail(c, MAIN, "jwt_secret_file",
		    "has less than %d bytes, which HS256 needs (RFC 7518)",
		    JOSE_HS256_MIN);
	f->jwt_issuer = conf_copy(c, MAIN, "jwt_issuer", "mcpgateway");
	f->jwt_audience = conf_copy(c, MAIN, "jwt_audience", "mcpgateway-api");
	f->token_lifetime =
	    conf_seconds(c, MAIN, "token_lifetime", 600, 10, 3600);
	if (!is_text(f->jwt_issuer))
		conf_fail(c, MAIN, "jwt_issuer", "is not a line of text");
	if (!is_text(f->jwt_audience))
		conf_fail(c, MAIN, "jwt_audience", "is not a line of text");
}

static void
read_rule(struct conf *c, const char *section, struct cf_rule *u)
{
	static const char *const scopes[] = {
	    "global", "team", "personal", NULL};

	u->role = conf_copy_need(c, section, "role");
	u->gateway_role = conf_copy_need(c, section, "gateway_role");
	(void)conf_need(c, section, "scope");
	u->scope = (enum cf_scope)conf_choice(c, section, "scope", scopes, 0);
	u->scope_id = conf_copy(c, section, "scope_id", "");
	if (!is_text(u->role))
		conf_fail(c, section, "role", "is not the name of a role");
	if (!is_text(u->gateway_role))
		conf_fail(
		    c, section, "gateway_role", "is not the name of a role");
	if (u->scope == CF_TEAM && !is_text(u->scope_id))
		conf_fail(c, section, "scope_id",
		    "a role of scope team needs the id of the team: the "
		    "gateway refuses it otherwise");
	if (u->scope != CF_TEAM && u->scope_id[0] != '\0')
		conf_fail(c, section, "scope_id",
		    "goes with scope team only: the gateway refuses it "
		    "otherwise");
}

/* Two sections that lead to the same assignment would be one and the same. */
static bool
same_rule(const struct cf_rule *a, const struct cf_rule *b)
{
	return strcmp(a->role, b->role) == 0 &&
	       strcmp(a->gateway_role, b->gateway_role) == 0 &&
	       a->scope == b->scope && strcmp(a->scope_id, b->scope_id) == 0;
}

static void
read_rules(struct conf *c, struct cf_config *f)
{
	const char *section;
	size_t i, k;

	for (i = 0; (section = conf_section(c, MAIN ".", i)) != NULL; i++) {
		if (i == CF_MAX_GRANTS) {
			conf_fail(c, section, "role", "more than %d rules",
			    CF_MAX_GRANTS);
			return;
		}
		read_rule(c, section, &f->rules[i]);
		f->rule_count = i + 1;
		for (k = 0; k < i; k++)
			if (same_rule(&f->rules[k], &f->rules[i]))
				conf_fail(c, section, "role",
				    "says what another section says already");
		if (f->url == NULL)
			conf_fail(c, section, "role",
			    "without url in [contextforge] nothing is given");
	}
	if (f->url != NULL && f->rule_count == 0)
		conf_fail(c, MAIN, "url",
		    "no [contextforge.NAME] section: nothing would be given");
}

static void
check_people(struct conf *c, const struct settings *s, struct cf_config *f)
{
	if (f->provider != NULL && settings_provider(s, f->provider) == NULL)
		conf_fail(c, MAIN, "provider", "there is no [provider.%s]",
		    f->provider);
	/* An address is believed to be its owner's whoever says so. */
	if (f->provider == NULL && s->provider_count > 1)
		conf_fail(c, MAIN, "provider",
		    "name the one whose addresses the gateway may believe: "
		    "anybody could have another's at another provider");
	if (f->platform_admin_email == NULL)
		return;
	text_lower(f->platform_admin_email);
	if (strchr(f->platform_admin_email, '@') == NULL ||
	    !text_is_line(f->platform_admin_email, EMAIL_MAX))
		conf_fail(c, MAIN, "platform_admin_email",
		    "expected an address, as PLATFORM_ADMIN_EMAIL of the "
		    "gateway has it");
}

void
settings_read_contextforge(struct conf *c, struct settings *s)
{
	static const char *const addresses[] = {"email", "username", NULL};
	static const char *const ends[] = {"never", "session", NULL};
	struct cf_config *f;
	const char *first = conf_section(c, MAIN, 0);

	if (first == NULL)
		return;
	if ((f = calloc(1, sizeof(*f))) == NULL)
		abort(); /* as settings_dup() */
	s->contextforge = f;
	read_url(c, f);
	f->provider = conf_copy_opt(c, MAIN, "provider");
	f->platform_admin_email =
	    conf_copy_opt(c, MAIN, "platform_admin_email");
	f->address =
	    (enum cf_address)conf_choice(c, MAIN, "address", addresses, 0);
	check_people(c, s, f);
	read_rules(c, f);
	read_jwt(c, f);
	if (f->url == NULL) /* the header only; other keys are unknown then */
		return;
	read_token(c, f);
	f->ca_file = conf_copy_opt(c, MAIN, "ca_file");
	f->expire = (enum cf_expire)conf_choice(c, MAIN, "expire", ends, 0);
	f->create_users = conf_bool(c, MAIN, "create_users", false);
	f->at_sign_in = conf_bool(c, MAIN, "at_sign_in", false);
	f->timeout_ms = (int)conf_seconds(c, MAIN, "timeout", 5, 1, 30) * 1000;
	f->sign_in_timeout_ms =
	    (int)conf_seconds(c, MAIN, "sign_in_timeout", 2, 1, 5) * 1000;
}

void
settings_contextforge_free(struct cf_config **fp)
{
	struct cf_config *f = *fp;
	size_t i;

	if (f == NULL)
		return;
	if (f->token != NULL)
		explicit_bzero(f->token, strlen(f->token));
	if (f->jwt_secret != NULL)
		explicit_bzero(f->jwt_secret, strlen(f->jwt_secret));
	for (i = 0; i < CF_MAX_GRANTS; i++) {
		free(f->rules[i].role);
		free(f->rules[i].gateway_role);
		free(f->rules[i].scope_id);
	}
	free(f->url);
	free(f->token);
	free(f->jwt_secret);
	free(f->jwt_issuer);
	free(f->jwt_audience);
	free(f->ca_file);
	free(f->provider);
	free(f->platform_admin_email);
	free(f);
	*fp = NULL;
}
