/* SPDX-License-Identifier: ISC */
#include "cgi/problem.h"

#include <stddef.h>

#define AGAIN "Please sign in again."
#define ASK                                                                    \
	"Try again. If it happens again, tell your administrator the "         \
	"reference below."
#define LATER "Please try again in a minute."
#define SETUP                                                                  \
	"Trying again does not help: tell your administrator the reference "   \
	"below."

static const struct problem internal = {500, "internal",
    "Something went wrong here", "The server could not complete the request.",
    ASK};
static const struct problem bad_request = {400, "bad_request",
    "This request can't be understood",
    "Something about the address or the form is not as expected.",
    "Go back to where you came from and try again."};
static const struct problem not_found = {404, "not_found", "No such page",
    "There is nothing at this address.", "Check the address."};
static const struct problem method = {405, "method_not_allowed", "Not this way",
    "This address does not take that kind of request.",
    "Go back to where you came from and try again."};
static const struct problem return_to = {400, "bad_return_to",
    "This link leads astray",
    "The link that brought you here asks to be sent to another site after "
    "sign-in, which is never done.",
    "Open the application itself and sign in from there."};
static const struct problem cross_site = {403, "cross_site",
    "Not as a part of another page",
    "Another site's page asked for this, and not by a link that was followed.",
    "Open the application itself and sign in from there."};
static const struct problem provider_unknown = {400, "unknown_provider",
    "No such way to sign in",
    "The link names a sign-in provider that is not set up here.",
    "Open the application itself and sign in from there."};
static const struct problem not_started = {400, "sign_in_not_started",
    "This sign-in was not started here",
    "Your browser has no sign-in under way that belongs to this answer. "
    "Perhaps cookies are blocked, or the link comes from another browser.",
    "Allow cookies for this site and sign in again."};
static const struct problem expired = {400, "sign_in_expired",
    "The sign-in took too long",
    "Between the beginning and the end of this sign-in more time passed than "
    "is allowed.",
    AGAIN};
static const struct problem replayed = {400, "sign_in_replayed",
    "This sign-in was already completed",
    "The same answer of the sign-in provider was used before. That happens "
    "when a page is reloaded or opened from the history.",
    "Open the application; you may be signed in already."};
static const struct problem provider_refused = {403, "provider_refused",
    "The sign-in provider said no",
    "You were not signed in: the provider refused, or you cancelled.",
    "Try again. If it refuses again, your administrator can see why under "
    "the reference below."};
static const struct problem token_refused = {403, "sign_in_refused",
    "You could not be signed in",
    "The answer of the sign-in provider did not pass the security checks.",
    ASK};
static const struct problem provider_down = {503, "provider_unavailable",
    "The sign-in provider can't be reached",
    "The sign-in service did not answer as it should. Nothing is wrong with "
    "your account.",
    LATER};
static const struct problem provider_busy = {503, "provider_busy",
    "The sign-in provider asks for a moment",
    "It can't sign anybody in just now. Nothing is wrong with your account.",
    LATER};
static const struct problem not_assigned = {403, "not_assigned",
    "You have not been let in yet",
    "Your account is fine, but nobody has assigned it to this application.",
    "Ask that your account, or a group you are in, be assigned to it."};
static const struct problem consent = {403, "consent_required",
    "This application is not approved yet",
    "Before anybody can sign in here, an administrator of your organisation "
    "has to approve this application.",
    "Ask for the approval, then try again."};
static const struct problem wrong_account = {403, "wrong_account",
    "This account can't be used here",
    "The account that you chose does not belong to an organisation that may "
    "sign in here.",
    "Use your account of this organisation, or ask to be invited as a guest."};
static const struct problem setup = {500, "sign_in_misconfigured",
    "Sign-in is not set up right",
    "The sign-in provider does not accept this application as it is "
    "registered there. Nothing is wrong with your account.",
    SETUP};
static const struct problem mfa = {403, "second_factor_required",
    "One more step is needed",
    "Your organisation wants a second proof that it is you, and did not get "
    "it.",
    "Try again and complete each step that you are asked for. If you have no "
    "second method to sign in, ask for one."};
static const struct problem blocked = {403, "blocked_by_policy",
    "Your organisation blocked this sign-in",
    "A rule of your organisation about the device, the place or the app was "
    "not met.",
    "Use a device that your organisation manages, or ask which rule it is."};
static const struct problem declined = {403, "declined",
    "The sign-in was cancelled",
    "You cancelled, or did not agree to what was asked, so you are not signed "
    "in.",
    "If that was a mistake, try again."};
static const struct problem account = {403, "account_refused",
    "The sign-in provider did not accept the account",
    "The password was wrong or has expired, or the account is locked or "
    "switched off.",
    "Try again. If it goes on, ask about your account."};
static const struct problem interaction = {403, "interaction_required",
    "You need to sign in",
    "You could not be signed in without being asked anything.",
    "Go on to the sign-in page."};
static const struct problem loop = {403, "sign_in_loop",
    "Signed in too often in a row",
    "Your browser was sent to sign in again and again within a short time.",
    "Close this tab, wait a minute, and open the application anew. If it goes "
    "on, allow cookies for this site."};
static const struct problem too_old = {403, "sign_in_too_old",
    "A fresh sign-in is needed",
    "This application wants you to have proved recently who you are, and the "
    "sign-in provider remembered you from longer ago.",
    "Sign in again. If you are not asked for anything, sign out at your "
    "organisation first."};
static const struct problem step_up = {403, "step_up_failed",
    "The extra proof is missing",
    "This needs a stronger sign-in, and the sign-in provider did not confirm "
    "one.",
    "Sign in again and complete each step that you are asked for."};
static const struct problem insufficient_auth = {403,
    "insufficient_authentication", "This needs a stronger sign-in",
    "You are signed in, but not with the extra proof that this needs.",
    "Sign in again with the extra step."};
static const struct problem server_refused = {403, "forbidden",
    "This page is not shown",
    "Your roles would do, but this server does not show the page.",
    "Go back to where you came from. If you need this page, ask its "
    "administrator."};
static const struct problem limited = {429, "too_many_requests",
    "Too many sign-ins",
    "From your network more sign-ins were begun, or failed, than are allowed "
    "in "
    "so short a time.",
    LATER};
static const struct problem overloaded = {503, "overloaded",
    "Many people are signing in just now",
    "Too many sign-ins wait for the provider at this moment.", LATER};
static const struct problem storage = {503, "storage_unavailable",
    "The sign-in service is not working",
    "It can't use its storage at the moment, so nobody can be signed in.",
    "Please try again in a few minutes. Your administrator can find the cause "
    "under the reference below."};
static const struct problem unauthenticated = {401, "unauthenticated",
    "You are not signed in", "There is no valid session.", AGAIN};
static const struct problem invalid_token = {401, "invalid_token",
    "This token is not accepted", "The bearer token can't be used here.",
    "Get a new one that is meant for this service."};
static const struct problem bearer_form = {400, "invalid_request",
    "This token was sent in the wrong way",
    "A bearer token comes as \"Authorization: Bearer\", whole and once, and "
    "nowhere else.",
    ASK};
static const struct problem scope = {403, "insufficient_scope",
    "This token may not be used for this", "The token lacks a required scope.",
    "Ask the provider for a token with the scopes of the challenge."};
static const struct problem no_role = {403, "no_role",
    "You are signed in, but have no access yet",
    "None of your groups or roles is mapped to a role of this application.",
    "Ask the administrator to map one of your groups."};
static const struct problem denied = {403, "denied",
    "You have no access to this application",
    "You are signed in, but access is refused to one of your groups or roles.",
    "If you think that this is wrong, ask the administrator."};
static const struct problem insufficient = {403, "insufficient_role",
    "You may not do this",
    "You are signed in, but the role that this needs is not yours.",
    "Ask the administrator for the role."};
static const struct problem disabled = {403, "disabled",
    "Your access has been switched off",
    "An administrator has disabled your account in this application.",
    "Ask the administrator, and send along the reference below."};
static const struct problem groups_unknown = {403, "groups_unknown",
    "Your groups are not known",
    "The provider did not say which groups you belong to, so no role could "
    "be given.",
    ASK};

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
		return "Sign in";
	case RG_E_NOT_ASSIGNED:
	case RG_E_WRONG_ACCOUNT:
		/* The provider would take the same account again. */
		*prompt = "select_account";
		return "Use another account";
	default:
		return "Try again";
	}
}
