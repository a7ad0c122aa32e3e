/* SPDX-License-Identifier: ISC */
#include "oidc/userinfo.h"

#include <string.h>

#include "base/json.h"

enum rg_err
userinfo_apply(const char *text, size_t len, json_t *claims, struct err *e)
{
	static const char *const shown[] = {
	    "name", "preferred_username", "email", "given_name", "family_name"};
	enum rg_err r = RG_E_INTERNAL;
	json_t *doc = NULL, *v;
	const char *sub, *ours = json_str(claims, "sub");
	size_t i;

	if (len > USERINFO_MAX_TEXT ||
	    json_load_strict(text, len, &doc) != RG_OK) {
		r = err_set(e, RG_E_USERINFO, "not a strict JSON object");
		goto out;
	}
	sub = json_str(doc, "sub");
	if (sub == NULL || ours == NULL || strcmp(sub, ours) != 0) {
		r = err_set(e, RG_E_USERINFO_SUB, "%s",
		    sub == NULL ? "no sub" : "another sub");
		goto out;
	}
	for (i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		v = json_object_get(doc, shown[i]);
		if (!json_is_string(v) ||
		    json_object_get(claims, shown[i]) != NULL)
			continue;
		if (json_object_set(claims, shown[i], v) != 0) {
			r = err_set(e, RG_E_NOMEM, "userinfo");
			goto out;
		}
	}
	r = RG_OK;
out:
	json_decref(doc);
	return r;
}

enum rg_err
userinfo_fetch(struct fetch *net, const char *endpoint,
    const struct provider *p, const char *access_token, json_t *claims,
    struct err *e)
{
	enum rg_err r = RG_E_INTERNAL;
	struct fetch_response res = {0};
	struct err why = {0};

	if (endpoint == NULL) {
		r = err_set(
		    e, RG_E_USERINFO, "the provider has no userinfo_endpoint");
		goto out;
	}
	r = fetch(net,
	    &(struct fetch_request){
		.url = endpoint,
		.bearer = access_token,
		.ca_file = p->ca_file,
		.max_bytes = USERINFO_MAX_TEXT,
		.timeout_ms = p->timeout_ms,
		.allow_loopback_http = p->allow_loopback_http,
	    },
	    &res, &why);
	if (r != RG_OK) {
		r = err_set(
		    e, RG_E_USERINFO, "%s: %s", err_name(r), why.detail);
		goto out;
	}
	if (res.status != 200) {
		r = err_set(e, RG_E_USERINFO, "status %ld", res.status);
		goto out;
	}
	r = userinfo_apply(buf_str(&res.body), res.body.len, claims, e);
	if (r != RG_OK)
		goto out;
	r = RG_OK;
out:
	fetch_response_clear(&res);
	return r;
}
