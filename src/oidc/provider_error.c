/* SPDX-License-Identifier: ISC */
#include "oidc/provider_error.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "entra/aadsts.h"

#define ERROR_CODE_MAX 64

static const struct {
	const char *error;
	enum rg_err code;
} codes[] = {
    {"invalid_grant", RG_E_GRANT},
    {"invalid_client", RG_E_CLIENT_AUTH},
    {"unauthorized_client", RG_E_REGISTRATION},
    {"unsupported_response_type", RG_E_REGISTRATION},
    {"invalid_scope", RG_E_REGISTRATION},
    {"login_required", RG_E_INTERACTION},
    {"interaction_required", RG_E_INTERACTION},
    {"account_selection_required", RG_E_INTERACTION},
    {"consent_required", RG_E_CONSENT},
    {"server_error", RG_E_PROVIDER_BUSY},
    {"temporarily_unavailable", RG_E_PROVIDER_BUSY},
};

/* Entra's number says most, then what the person did, then the code. */
static enum rg_err
cause(const struct provider_error *p, const struct aadsts *known)
{
	size_t i;

	/* RFC 6749 section 5.2: errors come with 400, or 401 for the client. */
	if (p->status != 0 && p->status != 400 && p->status != 401)
		return RG_E_NET_STATUS;
	if (known != NULL)
		return known->code;
	if (p->subcode != NULL && strcmp(p->subcode, "cancel") == 0)
		return RG_E_DECLINED;
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(p->error, codes[i].error) == 0)
			return codes[i].code;
	return p->fallback;
}

enum rg_err
provider_error(const struct provider_error *p, struct err *e)
{
	const struct aadsts *known = aadsts_find(p->number);
	enum rg_err r = cause(p, known);
	char status[32] = "", number[32] = "";

	if (p->status > 0)
		(void)snprintf(
		    status, sizeof(status), "status %ld: ", p->status);
	if (p->number > 0)
		(void)snprintf(number, sizeof(number), " AADSTS%lld",
		    (long long)p->number);
	return err_set(e, r, "%s%s%s%s%s", status,
	    text_is_name(p->error, "_-.", ERROR_CODE_MAX) ? p->error : "?",
	    number, known == NULL ? "" : ": ",
	    known == NULL ? "" : known->advice);
}
