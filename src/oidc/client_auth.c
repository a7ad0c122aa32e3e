/* SPDX-License-Identifier: ISC */
#include "oidc/client_auth.h"

#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/form.h"
#include "base/random.h"
#include "base/url.h"

#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

void
client_auth_basic_clear(struct client_auth_basic *b)
{
	buf_clear(&b->user);
	buf_clear(&b->pass);
}

static void
add_secret(const struct provider *p, const char *secret, struct buf *form,
    struct client_auth_basic *basic)
{
	if (p->client_auth == CLIENT_SECRET_POST) {
		form_put(form, "client_id", p->client_id);
		form_put(form, "client_secret", secret);
		return;
	}
	/* RFC 6749 section 2.3.1: encoded first, so ":" can't be taken wrong */
	url_encode(&basic->user, p->client_id);
	url_encode(&basic->pass, secret);
}

static void
add_assertion(const struct provider *p, const char *jwt, struct buf *form)
{
	form_put(form, "client_id", p->client_id);
	form_put(form, "client_assertion_type", ASSERTION_TYPE);
	form_put(form, "client_assertion", jwt);
}

/*
 * The header by which the provider finds the certificate. Entra ID wants PS256
 * with x5t#S256; x5t with RS256 is what it took before, and what AD FS takes.
 * https://learn.microsoft.com/entra/identity-platform/certificate-credentials
 */
static json_t *
assertion_header(const struct credential *c)
{
	bool old = jose_key_alg(c->key) == JOSE_RS256;

	return json_pack("{s:s, s:s*}", old ? "x5t" : "x5t#S256",
	    old ? c->cert.x5t : c->cert.x5t_s256, "kid", c->kid);
}

/* RFC 7523 section 3, and OpenID Connect Core section 9, which wants a jti. */
static json_t *
assertion_claims(const struct provider *p, const char *endpoint, int64_t now)
{
	char jti[RANDOM_TOKEN_LEN + 1];

	random_token(jti);
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I}", "iss",
	    p->client_id, "sub", p->client_id, "aud", endpoint, "jti", jti,
	    "iat", (json_int_t)now, "nbf", (json_int_t)now, "exp",
	    (json_int_t)clock_add(now, CLIENT_ASSERTION_LIFE));
}

static enum rg_err
add_signed(const struct provider *p, const struct credential *c,
    const char *endpoint, int64_t now, struct buf *form, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	json_t *header = NULL, *claims = NULL;
	struct buf jwt = BUF_INIT;
	char when[32];

	switch (cert_state(&c->cert, now)) {
	case CERT_EXPIRED:
		clock_format(c->cert.not_after, when);
		r = err_set(
		    e, RG_E_CERT_EXPIRED, "%.120s: on %s", c->source, when);
		goto out;
	case CERT_NOT_YET:
		clock_format(c->cert.not_before, when);
		r = err_set(e, RG_E_CERT_NOT_YET, "%.120s: from %s on",
		    c->source, when);
		goto out;
	case CERT_GOOD:
	case CERT_ENDS_SOON:
	case CERT_URGENT:
		break;
	}
	header = assertion_header(c);
	claims = assertion_claims(p, endpoint, now);
	if (header == NULL || claims == NULL) {
		r = err_set(e, RG_E_NOMEM, "client assertion");
		goto out;
	}
	if ((r = jose_sign(c->key, header, claims, &jwt)) != RG_OK) {
		(void)err_set(
		    e, r, "signing with the key of %.120s", c->source);
		goto out;
	}
	add_assertion(p, buf_str(&jwt), form);
	r = RG_OK;
out:
	json_decref(header);
	json_decref(claims);
	buf_clear(&jwt);
	return r;
}

/* Three parts of base64url characters; what is in them is for the provider. */
static bool
looks_like_jwt(const char *s)
{
	size_t n, parts = 0;

	for (;; s += n + 1) {
		n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "abcdefghijklmnopqrstuvwxyz0123456789-_");
		if (n == 0)
			return false;
		parts++;
		if (s[n] == '\0')
			return parts == 3;
		if (s[n] != '.' || parts == 3)
			return false;
	}
}

enum rg_err
client_auth_read(const struct credential *c, struct buf *jwt, struct err *e)
{
	enum rg_err r;

	r = file_read_trusted(c->source, CLIENT_ASSERTION_MAX, jwt, e);
	if (r != RG_OK)
		return r;
	while (jwt->len > 0 && strchr(" \t\r\n", jwt->p[jwt->len - 1]) != NULL)
		jwt->p[--jwt->len] = '\0';
	if (strlen(buf_str(jwt)) != jwt->len || !looks_like_jwt(buf_str(jwt)))
		return err_set(
		    e, RG_E_CLIENT_ASSERTION, "%.120s: not a JWT", c->source);
	return RG_OK;
}

/* Read every time: whoever writes the file replaces it long before it ends. */
static enum rg_err
add_from_file(const struct provider *p, const struct credential *c,
    struct buf *form, struct err *e)
{
	struct buf jwt = BUF_INIT;
	enum rg_err r = client_auth_read(c, &jwt, e);

	if (r == RG_OK)
		add_assertion(p, buf_str(&jwt), form);
	buf_clear(&jwt);
	return r;
}

enum rg_err
client_auth_add(const struct provider *p, const struct credential *c,
    const char *endpoint, int64_t now, struct buf *form,
    struct client_auth_basic *basic, struct err *e)
{
	enum rg_err r = RG_OK;

	switch (c->kind) {
	case CREDENTIAL_SECRET:
		add_secret(p, c->secret, form, basic);
		break;
	case CREDENTIAL_CERTIFICATE:
		r = add_signed(p, c, endpoint, now, form, e);
		break;
	case CREDENTIAL_ASSERTION_FILE:
		r = add_from_file(p, c, form, e);
		break;
	}
	if (r == RG_OK &&
	    (!buf_ok(form) || !buf_ok(&basic->user) || !buf_ok(&basic->pass)))
		r = err_set(e, RG_E_NOMEM, "client authentication");
	return r;
}
