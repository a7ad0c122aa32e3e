/* SPDX-License-Identifier: ISC */
#include "cgi/problem.h"

#include <stddef.h>

#define AGAIN "Please sign in again."
#define ASK                                                                    \
	"Try again. If it happens again, tell your administrator the "         \
	"reference below."
#define LATER "Please try again in a minute."

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
    "Use a browser session."};
static const struct problem no_role = {403, "no_role",
    "You are signed in, but have no access yet",
    "None of your groups or roles is mapped to a role of this application.",
    "Ask the administrator to map one of your groups."};
static const struct problem insufficient = {403, "insufficient_role",
    "You may not do this",
    "You are signed in, but the role that this needs is not yours.",
    "Ask the administrator for the role."};
static const struct problem groups_unknown = {403, "groups_unknown",
    "Your groups are not known",
    "The provider did not say which groups you belong to, so no role could "
    "be given.",
    ASK};

const struct problem *
problem_of(enum rg_err code)
{
	switch (code) {
	case RG_E_REQ_MALFORMED:
	case RG_E_REQ_TOO_LARGE:
	case RG_E_REQ_DUPLICATE:
	case RG_E_REQ_TYPE:
	case RG_E_CODE_MISSING:
	case RG_E_STATE_MISSING:
	case RG_E_INVALID:
		return &bad_request;
	case RG_E_REQ_ROUTE:
		return &not_found;
	case RG_E_REQ_METHOD:
		return &method;
	case RG_E_RETURN_TO:
		return &return_to;
	case RG_E_PROVIDER_UNKNOWN:
		return &provider_unknown;
	case RG_E_STATE_UNKNOWN:
	case RG_E_SEAL:
		return &not_started;
	case RG_E_LOGIN_EXPIRED:
		return &expired;
	case RG_E_LOGIN_REPLAYED:
		return &replayed;
	case RG_E_PROVIDER_ERROR:
	case RG_E_GRANT:
		return &provider_refused;
	case RG_E_TOKEN_SIZE:
	case RG_E_TOKEN_PARTS:
	case RG_E_TOKEN_BASE64:
	case RG_E_HEADER_JSON:
	case RG_E_PAYLOAD_JSON:
	case RG_E_ALG_MISSING:
	case RG_E_ALG_NONE:
	case RG_E_ALG_UNSUPPORTED:
	case RG_E_ALG_MISMATCH:
	case RG_E_CRIT:
	case RG_E_TYP:
	case RG_E_KID_TYPE:
	case RG_E_KID_MISSING:
	case RG_E_KID_UNKNOWN:
	case RG_E_SIGNATURE:
	case RG_E_ISS:
	case RG_E_AUD:
	case RG_E_AZP:
	case RG_E_SUB:
	case RG_E_TIME_TYPE:
	case RG_E_EXP_MISSING:
	case RG_E_EXPIRED:
	case RG_E_NOT_YET:
	case RG_E_IAT_MISSING:
	case RG_E_IAT_FUTURE:
	case RG_E_NONCE:
	case RG_E_AT_HASH:
	case RG_E_TID:
	case RG_E_OID:
	case RG_E_CLAIMS_SIZE:
	case RG_E_USERINFO_SUB:
	case RG_E_ISS_PARAM:
	case RG_E_ID_TOKEN_MISSING:
		return &token_refused;
	case RG_E_NET_URL:
	case RG_E_NET_CONNECT:
	case RG_E_NET_TLS:
	case RG_E_NET_TIMEOUT:
	case RG_E_NET_SIZE:
	case RG_E_NET_STATUS:
	case RG_E_NET:
	case RG_E_DISCOVERY:
	case RG_E_DISCOVERY_ISSUER:
	case RG_E_TOKEN_RESPONSE:
	case RG_E_CLIENT_AUTH:
	case RG_E_USERINFO:
	case RG_E_JWK_FORMAT:
	case RG_E_JWK_TYPE:
	case RG_E_JWK_WEAK:
	case RG_E_JWK_USE:
	case RG_E_JWK_ALG:
	case RG_E_JWK_PRIVATE:
	case RG_E_JWK_DUPLICATE:
	case RG_E_JWKS_EMPTY:
		return &provider_down;
	case RG_E_OVERLOADED:
		return &overloaded;
	case RG_E_STORE:
	case RG_E_STORE_OPEN:
	case RG_E_STORE_BUSY:
	case RG_E_STORE_FULL:
	case RG_E_STORE_READONLY:
	case RG_E_STORE_CORRUPT:
	case RG_E_STORE_SCHEMA:
		return &storage;
	case RG_E_SESSION_NONE:
	case RG_E_SESSION_EXPIRED:
		return &unauthenticated;
	case RG_E_TOKEN_REFUSED:
		return &invalid_token;
	case RG_E_NO_ROLE:
		return &no_role;
	case RG_E_INSUFFICIENT_ROLE:
		return &insufficient;
	case RG_E_GROUPS_UNKNOWN:
		return &groups_unknown;
	default:
		return &internal;
	}
}
