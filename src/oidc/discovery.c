/* SPDX-License-Identifier: ISC */
#include "oidc/discovery.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/json.h"
#include "base/url.h"

void
discovery_url(struct buf *out, const char *issuer)
{
	size_t len = strlen(issuer);

	if (len > 0 && issuer[len - 1] == '/')
		len--;
	buf_put(out, issuer, len);
	buf_puts(out, "/.well-known/openid-configuration");
}

void
discovery_free(struct discovery **d)
{
	if (*d == NULL)
		return;
	free((*d)->authorization_endpoint);
	free((*d)->token_endpoint);
	free((*d)->jwks_uri);
	free((*d)->userinfo_endpoint);
	free((*d)->end_session_endpoint);
	free((*d)->cloud);
	free(*d);
	*d = NULL;
}

static enum rg_err
read_url(const json_t *doc, const char *name, bool required, bool http_ok,
    char **out, struct err *e)
{
	const json_t *v = json_object_get(doc, name);
	struct url u;

	/* Entra writes null for what does not apply. */
	if (v == NULL || json_is_null(v)) {
		if (!required)
			return RG_OK;
		return err_set(e, RG_E_DISCOVERY, "no %s", name);
	}
	if (!json_is_string(v) || url_parse(json_string_value(v), &u) != RG_OK)
		return err_set(e, RG_E_DISCOVERY, "%s is not a URL", name);
	if (!u.https && !(http_ok && url_is_loopback(&u)))
		return err_set(e, RG_E_DISCOVERY, "%s is not https", name);
	*out = strdup(json_string_value(v));
	if (*out == NULL)
		return err_set(e, RG_E_NOMEM, "%s", name);
	return RG_OK;
}

static enum rg_err
read_members(
    const json_t *doc, bool http_ok, struct discovery *d, struct err *e)
{
	const struct {
		const char *name;
		bool required;
		char **out;
	} urls[] = {
	    {"authorization_endpoint", true, &d->authorization_endpoint},
	    {"token_endpoint", true, &d->token_endpoint},
	    {"jwks_uri", true, &d->jwks_uri},
	    {"userinfo_endpoint", false, &d->userinfo_endpoint},
	    {"end_session_endpoint", false, &d->end_session_endpoint},
	};
	const json_t *flag;
	const char *cloud = json_str(doc, "cloud_instance_name");
	enum rg_err r;
	size_t i;

	for (i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		r = read_url(doc, urls[i].name, urls[i].required, http_ok,
		    urls[i].out, e);
		if (r != RG_OK)
			return r;
	}
	/* RFC 9207 section 3: a boolean, false when absent. */
	flag = json_object_get(
	    doc, "authorization_response_iss_parameter_supported");
	if (flag != NULL && !json_is_null(flag) && !json_is_boolean(flag))
		return err_set(e, RG_E_DISCOVERY,
		    "authorization_response_iss_parameter_supported is not a "
		    "boolean");
	d->iss_parameter = json_is_true(flag);
	if (cloud != NULL && (d->cloud = strdup(cloud)) == NULL)
		return err_set(e, RG_E_NOMEM, "discovery");
	return RG_OK;
}

static enum rg_err
check_issuer(const json_t *doc, const char *issuer, struct err *e)
{
	const char *theirs = json_str(doc, "issuer");

	if (theirs == NULL)
		return err_set(e, RG_E_DISCOVERY_ISSUER, "no issuer");
	if (strcmp(theirs, issuer) != 0)
		return err_set(e, RG_E_DISCOVERY_ISSUER,
		    "it says \"%.90s\", configured is \"%.90s\"", theirs,
		    issuer);
	return RG_OK;
}

enum rg_err
discovery_parse(const char *text, size_t len, const char *issuer,
    const struct entra_tenancy *entra, bool allow_loopback_http,
    struct discovery **out, struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct discovery *d = NULL;
	json_t *doc = NULL;

	*out = NULL;
	if (len > DISCOVERY_MAX_TEXT) {
		r = err_set(e, RG_E_DISCOVERY, "over %zu bytes",
		    (size_t)DISCOVERY_MAX_TEXT);
		goto out;
	}
	if (json_load_strict(text, len, &doc) != RG_OK) {
		r = err_set(e, RG_E_DISCOVERY, "not a strict JSON object");
		goto out;
	}
	r = entra != NULL ? entra_check_metadata(entra, doc, e)
			  : check_issuer(doc, issuer, e);
	if (r != RG_OK)
		goto out;
	d = calloc(1, sizeof(*d));
	if (d == NULL) {
		r = err_set(e, RG_E_NOMEM, "discovery");
		goto out;
	}
	r = read_members(doc, allow_loopback_http, d, e);
	if (r != RG_OK)
		goto out;
	*out = d;
	d = NULL;
	r = RG_OK;
out:
	json_decref(doc);
	discovery_free(&d);
	return r;
}
