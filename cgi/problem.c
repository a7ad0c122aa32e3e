/* SPDX-License-Identifier: ISC */
#include "cgi/problem.h"

#include <stddef.h>

static const struct problem internal = {500, "internal"};
static const struct problem bad_request = {400, "bad_request"};
static const struct problem not_found = {404, "not_found"};
static const struct problem method = {405, "method_not_allowed"};
static const struct problem return_to = {400, "bad_return_to"};
static const struct problem cross_site = {403, "cross_site"};
static const struct problem provider_unknown = {400, "unknown_provider"};
static const struct problem not_started = {400, "sign_in_not_started"};
static const struct problem expired = {400, "sign_in_expired"};
static const struct problem replayed = {400, "sign_in_replayed"};
static const struct problem provider_refused = {403, "provider_refused"};
static const struct problem token_refused = {403, "sign_in_refused"};
static const struct problem provider_down = {503, "provider_unavailable"};
static const struct problem provider_busy = {503, "provider_busy"};
static const struct problem not_assigned = {403, "not_assigned"};
static const struct problem consent = {403, "consent_required"};
static const struct problem wrong_account = {403, "wrong_account"};
static const struct problem setup = {500, "sign_in_misconfigured"};
static const struct problem mfa = {403, "second_factor_required"};
static const struct problem blocked = {403, "blocked_by_policy"};
static const struct problem declined = {403, "declined"};
static const struct problem account = {403, "account_refused"};
static const struct problem interaction = {403, "interaction_required"};
static const struct problem loop = {403, "sign_in_loop"};
static const struct problem too_old = {403, "sign_in_too_old"};
static const struct problem step_up = {403, "step_up_failed"};
static const struct problem insufficient_auth = {
    403, "insufficient_authentication"};
static const struct problem limited = {429, "too_many_requests"};
static const struct problem overloaded = {503, "overloaded"};
static const struct problem storage = {503, "storage_unavailable"};
static const struct problem unauthenticated = {401, "unauthenticated"};
static const struct problem invalid_token = {401, "invalid_token"};
static const struct problem bearer_form = {400, "invalid_request"};
static const struct problem scope = {403, "insufficient_scope"};
static const struct problem no_role = {403, "no_role"};
static const struct problem denied = {403, "denied"};
static const struct problem insufficient = {403, "insufficient_role"};
static const struct problem server_refused = {403, "forbidden"};
static const struct problem disabled = {403, "disabled"};
static const struct problem groups_unknown = {403, "groups_unknown"};

/* What is not here is our own fault: "internal". */
static const struct problem *const problems[RG__MAX] = {
    [RG_E_REQ_MALFORMED] = &bad_request,
    [RG_E_REQ_TOO_LARGE] = &bad_request,
    [RG_E_REQ_DUPLICATE] = &bad_request,
    [RG_E_REQ_TYPE] = &bad_request,
    [RG_E_CODE_MISSING] = &bad_request,
    [RG_E_STATE_MISSING] = &bad_request,
    [RG_E_INVALID] = &bad_request,
    [RG_E_REQ_ROUTE] = &not_found,
    [RG_E_REQ_METHOD] = &method,
    [RG_E_RETURN_TO] = &return_to,
    [RG_E_CROSS_SITE] = &cross_site,
    [RG_E_PROVIDER_UNKNOWN] = &provider_unknown,
    [RG_E_STATE_UNKNOWN] = &not_started,
    [RG_E_SEAL] = &not_started,
    [RG_E_LOGIN_EXPIRED] = &expired,
    [RG_E_LOGIN_REPLAYED] = &replayed,
    [RG_E_PROVIDER_ERROR] = &provider_refused,
    [RG_E_GRANT] = &provider_refused,
    [RG_E_PROVIDER_BUSY] = &provider_busy,
    [RG_E_NOT_ASSIGNED] = &not_assigned,
    [RG_E_CONSENT] = &consent,
    [RG_E_WRONG_ACCOUNT] = &wrong_account,
    [RG_E_REGISTRATION] = &setup,
    [RG_E_MFA] = &mfa,
    [RG_E_CONDITIONAL_ACCESS] = &blocked,
    [RG_E_DECLINED] = &declined,
    [RG_E_ACCOUNT] = &account,
    [RG_E_INTERACTION] = &interaction,
    [RG_E_SIGN_IN_LOOP] = &loop,
    [RG_E_JTI_MISSING] = &token_refused,
    [RG_E_LOGOUT_EVENT] = &token_refused,
    [RG_E_LOGOUT_REPLAYED] = &token_refused,
    [RG_E_AUTH_TIME_MISSING] = &setup,
    [RG_E_AUTH_TIME_FUTURE] = &token_refused,
    [RG_E_AUTH_TIME_OLD] = &too_old,
    [RG_E_STEP_UP] = &step_up,
    [RG_E_INSUFFICIENT_AUTH] = &insufficient_auth,
    [RG_E_TOKEN_SIZE] = &token_refused,
    [RG_E_TOKEN_PARTS] = &token_refused,
    [RG_E_TOKEN_BASE64] = &token_refused,
    [RG_E_HEADER_JSON] = &token_refused,
    [RG_E_PAYLOAD_JSON] = &token_refused,
    [RG_E_ALG_MISSING] = &token_refused,
    [RG_E_ALG_NONE] = &token_refused,
    [RG_E_ALG_UNSUPPORTED] = &token_refused,
    [RG_E_ALG_MISMATCH] = &token_refused,
    [RG_E_CRIT] = &token_refused,
    [RG_E_TYP] = &token_refused,
    [RG_E_KID_TYPE] = &token_refused,
    [RG_E_KID_MISSING] = &token_refused,
    [RG_E_KID_UNKNOWN] = &token_refused,
    [RG_E_SIGNATURE] = &token_refused,
    [RG_E_ISS] = &token_refused,
    [RG_E_AUD] = &token_refused,
    [RG_E_AZP] = &token_refused,
    [RG_E_SUB] = &token_refused,
    [RG_E_TIME_TYPE] = &token_refused,
    [RG_E_EXP_MISSING] = &token_refused,
    [RG_E_EXPIRED] = &token_refused,
    [RG_E_NOT_YET] = &token_refused,
    [RG_E_IAT_MISSING] = &token_refused,
    [RG_E_IAT_FUTURE] = &token_refused,
    [RG_E_NONCE] = &token_refused,
    [RG_E_AT_HASH] = &token_refused,
    [RG_E_TID] = &token_refused,
    [RG_E_OID] = &token_refused,
    [RG_E_TID_DUPLICATE] = &token_refused,
    [RG_E_TENANT_TEMPLATE] = &token_refused,
    [RG_E_GUEST_UNKNOWN] = &token_refused,
    [RG_E_APP_ONLY] = &token_refused,
    [RG_E_ISS_USERINFO] = &token_refused,
    [RG_E_ISS_CLOUD] = &token_refused,
    [RG_E_ISS_TENANT] = &token_refused,
    [RG_E_TOKEN_VERSION] = &token_refused,
    [RG_E_KEY_ISSUER] = &token_refused,
    [RG_E_KEY_CLOUD] = &token_refused,
    [RG_E_TENANT] = &wrong_account,
    [RG_E_TENANT_PERSONAL] = &wrong_account,
    [RG_E_GUEST] = &wrong_account,
    [RG_E_CLAIMS_SIZE] = &token_refused,
    [RG_E_USERINFO_SUB] = &token_refused,
    [RG_E_ISS_PARAM] = &token_refused,
    [RG_E_ID_TOKEN_MISSING] = &token_refused,
    [RG_E_NET_URL] = &provider_down,
    [RG_E_NET_CONNECT] = &provider_down,
    [RG_E_NET_TLS] = &provider_down,
    [RG_E_NET_TIMEOUT] = &provider_down,
    [RG_E_NET_SIZE] = &provider_down,
    [RG_E_NET_STATUS] = &provider_down,
    [RG_E_NET] = &provider_down,
    [RG_E_DISCOVERY] = &provider_down,
    [RG_E_DISCOVERY_ISSUER] = &provider_down,
    [RG_E_DISCOVERY_CLOUD] = &provider_down,
    [RG_E_TOKEN_RESPONSE] = &provider_down,
    [RG_E_CLIENT_AUTH] = &setup,
    [RG_E_CLIENT_ASSERTION] = &setup,
    [RG_E_CERT_EXPIRED] = &setup,
    [RG_E_CERT_NOT_YET] = &setup,
    [RG_E_USERINFO] = &provider_down,
    [RG_E_JSON] = &provider_down, /* a key set that is none */
    [RG_E_JWK_FORMAT] = &provider_down,
    [RG_E_JWK_TYPE] = &provider_down,
    [RG_E_JWK_WEAK] = &provider_down,
    [RG_E_JWK_USE] = &provider_down,
    [RG_E_JWK_ALG] = &provider_down,
    [RG_E_JWK_PRIVATE] = &provider_down,
    [RG_E_JWK_DUPLICATE] = &provider_down,
    [RG_E_JWKS_EMPTY] = &provider_down,
    [RG_E_OVERLOADED] = &overloaded,
    [RG_E_LIMITED] = &limited,
    [RG_E_STORE] = &storage,
    [RG_E_STORE_OPEN] = &storage,
    [RG_E_STORE_BUSY] = &storage,
    [RG_E_STORE_FULL] = &storage,
    [RG_E_STORE_READONLY] = &storage,
    [RG_E_STORE_CORRUPT] = &storage,
    [RG_E_STORE_SCHEMA] = &storage,
    [RG_E_STORE_OLD] = &storage,
    [RG_E_SESSION_NONE] = &unauthenticated,
    [RG_E_SESSION_EXPIRED] = &unauthenticated,
    [RG_E_TOKEN_REFUSED] = &invalid_token,
    [RG_E_BEARER_FORM] = &bearer_form,
    [RG_E_SCOPE] = &scope,
    [RG_E_NO_ROLE] = &no_role,
    [RG_E_DENIED] = &denied,
    [RG_E_DISABLED] = &disabled,
    [RG_E_SERVER_REFUSED] = &server_refused,
    [RG_E_INSUFFICIENT_ROLE] = &insufficient,
    [RG_E_GROUPS_UNKNOWN] = &groups_unknown,
};

const struct problem *
problem_of(enum rg_err code)
{
	if ((unsigned)code >= RG__MAX || problems[code] == NULL)
		return &internal;
	return problems[code];
}

const char *
problem_next(enum rg_err code, const char **prompt)
{
	*prompt = NULL;
	switch (code) {
	case RG_E_INTERACTION:
		return "next_sign_in";
	case RG_E_NOT_ASSIGNED:
	case RG_E_WRONG_ACCOUNT:
		/* The provider would take the same account again. */
		*prompt = "select_account";
		return "next_account";
	default:
		return "next_again";
	}
}
