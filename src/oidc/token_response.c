/* SPDX-License-Identifier: ISC */
#include "oidc/token_response.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "base/json.h"
#include "base/text.h"
#include "oidc/claims_request.h"
#include "oidc/provider_error.h"

#define ERROR_CODE_MAX 64

void
token_response_free(struct token_response **t)
{
	if (*t == NULL)
		return;
	if ((*t)->id_token != NULL)
		explicit_bzero((*t)->id_token, strlen((*t)->id_token));
	if ((*t)->access_token != NULL)
		explicit_bzero((*t)->access_token, strlen((*t)->access_token));
	if ((*t)->refresh_token != NULL)
		explicit_bzero(
		    (*t)->refresh_token, strlen((*t)->refresh_token));
	free((*t)->refresh_token);
	free((*t)->id_token);
	free((*t)->access_token);
	free(*t);
	*t = NULL;
}

/* jansson gives memory back as it is; the document is ours, so wipe it. */
static void
wipe_strings(json_t *doc)
{
	const char *name;
	json_t *v;

	json_object_foreach(doc, name, v)
	{
		if (json_is_string(v))
			explicit_bzero((void *)(uintptr_t)json_string_value(v),
			    json_string_length(v));
	}
}

/* Non-empty and visible ASCII: RFC 6749 appendix A.12 without the space. */
static bool
is_token(const char *s)
{
	if (s == NULL || *s == '\0')
		return false;
	for (; *s != '\0'; s++)
		if (*s <= 0x20 || *s >= 0x7f)
			return false;
	return true;
}

/* A copy of member `name`, or NULL. */
static char *
copy(const json_t *doc, const char *name)
{
	const char *s = json_str(doc, name);

	return s == NULL ? NULL : strdup(s);
}

static enum rg_err
parse(const char *text, size_t len, bool id_token, struct token_response **out,
    struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct token_response *t = NULL;
	const char *type;
	json_t *doc = NULL;

	*out = NULL;
	if (len > TOKEN_RESPONSE_MAX_TEXT ||
	    json_load_strict(text, len, &doc) != RG_OK) {
		r = err_set(e, RG_E_TOKEN_RESPONSE, "not a strict JSON object");
		goto out;
	}
	/* RFC 6749 section 5.1: the type is compared without regard to case. */
	type = json_str(doc, "token_type");
	if (type == NULL || strcasecmp(type, "Bearer") != 0) {
		r = err_set(e, RG_E_TOKEN_RESPONSE, "token_type is not Bearer");
		goto out;
	}
	if (!is_token(json_str(doc, "access_token"))) {
		r = err_set(e, RG_E_TOKEN_RESPONSE, "no access_token");
		goto out;
	}
	if (id_token && !is_token(json_str(doc, "id_token"))) {
		r = err_set(e, RG_E_ID_TOKEN_MISSING,
		    "is \"openid\" among the scopes?");
		goto out;
	}
	t = calloc(1, sizeof(*t));
	if (t != NULL) {
		t->id_token = id_token ? copy(doc, "id_token") : NULL;
		t->access_token = copy(doc, "access_token");
		if (is_token(json_str(doc, "refresh_token")))
			t->refresh_token = copy(doc, "refresh_token");
	}
	if (t == NULL || (id_token && t->id_token == NULL) ||
	    t->access_token == NULL) {
		r = err_set(e, RG_E_NOMEM, "token response");
		goto out;
	}
	if (!json_int(doc, "expires_in", &t->expires_in) || t->expires_in < 0)
		t->expires_in = 0;
	*out = t;
	t = NULL;
	r = RG_OK;
out:
	wipe_strings(doc);
	json_decref(doc);
	token_response_free(&t);
	return r;
}

enum rg_err
token_response_parse(
    const char *text, size_t len, struct token_response **out, struct err *e)
{
	return parse(text, len, true, out, e);
}

enum rg_err
token_response_parse_app(
    const char *text, size_t len, struct token_response **out, struct err *e)
{
	return parse(text, len, false, out, e);
}

/* Entra: "error_codes":[54005]; people know it as AADSTS54005. */
static int64_t
first_number(const json_t *doc)
{
	int64_t n = json_integer_value(
	    json_array_get(json_object_get(doc, "error_codes"), 0));

	return n > 0 && n <= 999999999 ? n : 0;
}

enum rg_err
token_response_error(long status, const char *text, size_t len, struct err *e)
{
	enum rg_err r = RG_E_NET_STATUS;
	const char *code = NULL;
	json_t *doc = NULL;

	if (len <= TOKEN_RESPONSE_MAX_TEXT &&
	    json_load_strict(text, len, &doc) == RG_OK)
		code = json_str(doc, "error");
	if (!text_is_name(code == NULL ? "" : code, "_-.", ERROR_CODE_MAX)) {
		r = err_set(e, RG_E_NET_STATUS, "status %ld", status);
		goto out;
	}
	r = provider_error(
	    &(struct provider_error){
		.error = code,
		.number = first_number(doc),
		.fallback = RG_E_PROVIDER_ERROR,
		.status = status,
	    },
	    e);
out:
	json_decref(doc);
	return r;
}

bool
token_response_is_invalid_client(long status, const char *text, size_t len)
{
	const char *code;
	json_t *doc = NULL;
	bool yes = false;

	if ((status == 400 || status == 401) &&
	    len <= TOKEN_RESPONSE_MAX_TEXT &&
	    json_load_strict(text, len, &doc) == RG_OK) {
		code = json_str(doc, "error");
		yes = code != NULL && strcmp(code, "invalid_client") == 0;
	}
	json_decref(doc);
	return yes;
}

void
token_response_challenge(const char *text, size_t len, struct buf *out)
{
	const char *error, *claims;
	json_t *doc = NULL, *object = NULL;

	if (len > TOKEN_RESPONSE_MAX_TEXT ||
	    json_load_strict(text, len, &doc) != RG_OK)
		return;
	error = json_str(doc, "error");
	claims = json_str(doc, "claims");
	if (error != NULL && strcmp(error, "interaction_required") == 0 &&
	    claims != NULL && strlen(claims) <= CLAIMS_CHALLENGE_MAX &&
	    json_load_strict(claims, strlen(claims), &object) == RG_OK)
		buf_puts(out, claims);
	json_decref(object);
	json_decref(doc);
}
