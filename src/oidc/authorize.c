/* SPDX-License-Identifier: ISC */
#include "oidc/authorize.h"

#include <stdbool.h>
#include <string.h>

#include "base/b64url.h"
#include "base/hash.h"
#include "base/url.h"
#include "oidc/claims_request.h"

/* 256 bits in base64url; the limits are those of RFC 7636 section 4.1. */
#define SECRET_MIN 43
#define SECRET_MAX 128

static bool
is_secret(const char *s)
{
	size_t n;

	if (s == NULL)
		return false;
	n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		      "abcdefghijklmnopqrstuvwxyz0123456789-_");
	return s[n] == '\0' && n >= SECRET_MIN && n <= SECRET_MAX;
}

static void
put(struct buf *out, const char *name, const char *value)
{
	if (value == NULL)
		return;
	buf_printf(out, "&%s=", name);
	url_encode(out, value);
}

/* How and how recently the person is to prove who they are. */
static enum rg_err
put_authn(struct buf *out, const struct provider *p, const struct oidc_begin *b)
{
	bool entra = p->type == PROVIDER_ENTRA;
	const char *acrs = entra ? b->step_up : NULL;
	struct buf claims = BUF_INIT;
	enum rg_err r = RG_OK;

	if (acrs != NULL || b->claims_challenge != NULL) {
		r = claims_request(&claims, acrs, b->claims_challenge);
		if (r == RG_OK)
			put(out, "claims", buf_str(&claims));
	}
	if (!entra)
		put(out, "acr_values", b->step_up);
	if (b->max_age != NULL)
		buf_printf(out, "&max_age=%lld", (long long)*b->max_age);
	buf_clear(&claims);
	return r;
}

enum rg_err
authorize_url(struct buf *out, const char *endpoint, const struct provider *p,
    const struct oidc_begin *b, struct err *e)
{
	char challenge[B64URL_ENC_LEN(HASH_LEN) + 1];
	uint8_t digest[HASH_LEN];
	enum rg_err r;

	if (!is_secret(b->state) || !is_secret(b->nonce) ||
	    !is_secret(b->code_verifier) || b->redirect_uri == NULL)
		return err_set(
		    e, RG_E_USAGE, "state, nonce, verifier or redirect URI");
	/* RFC 7636 section 4.2: BASE64URL(SHA256(ASCII(code_verifier))) */
	if ((r = hash_sha256(
		 b->code_verifier, strlen(b->code_verifier), digest)) != RG_OK)
		return err_set(e, r, "the code challenge");
	b64url_encode(digest, sizeof(digest), challenge);

	/* RFC 6749 section 3.1: a query of the endpoint is kept. */
	buf_puts(out, endpoint);
	buf_putc(out, strchr(endpoint, '?') != NULL ? '&' : '?');
	buf_puts(out, "response_type=code");
	put(out, "client_id", p->client_id);
	put(out, "redirect_uri", b->redirect_uri);
	put(out, "scope", p->scope);
	put(out, "response_mode",
	    p->response_mode == RESPONSE_FORM_POST ? "form_post" : "query");
	put(out, "state", b->state);
	put(out, "nonce", b->nonce);
	put(out, "code_challenge", challenge);
	put(out, "code_challenge_method", "S256");
	/* Entra refuses a hint for what the person is to choose. */
	if (b->prompt == NULL || strcmp(b->prompt, "select_account") != 0)
		put(out, "login_hint", b->login_hint);
	put(out, "domain_hint", b->domain_hint);
	put(out, "prompt", b->prompt);
	if ((r = put_authn(out, p, b)) != RG_OK)
		return err_set(e, r, "the claims parameter");
	if (!buf_ok(out))
		return err_set(e, RG_E_NOMEM, "authorization URL");
	return RG_OK;
}
