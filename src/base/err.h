/* SPDX-License-Identifier: ISC */
/*
 * Every way in which something can be refused or fail, each with a name of its
 * own. The name is what the audit and the log record, so a row leads back to
 * the line that produced it; a client only ever sees a short public code and
 * the request id.
 */
#ifndef RG_BASE_ERR_H
#define RG_BASE_ERR_H

/* clang-format off */
#define RG_ERRORS(X) \
	/* general */ \
	X(RG_OK, "success") \
	X(RG_E_INTERNAL, "an invariant of rolegate itself did not hold") \
	X(RG_E_NOMEM, "out of memory") \
	X(RG_E_USAGE, "wrong arguments") \
	X(RG_E_NOT_FOUND, "no such thing") \
	X(RG_E_EXISTS, "it exists already") \
	X(RG_E_INVALID, "a value is malformed or out of range") \
	X(RG_E_CONF, "the configuration is refused") \
	X(RG_E_FILE, "a file can't be opened, read or written") \
	X(RG_E_FILE_MODE, "a file can be read or changed by others") \
	X(RG_E_JSON, "not the strict JSON object that was expected") \
	X(RG_E_TOO_LARGE, "over a size limit") \
	X(RG_E_SEAL, "a sealed value was not made by one of our keys") \
	/* the HTTP request */ \
	X(RG_E_REQ_MALFORMED, "the request can't be parsed") \
	X(RG_E_REQ_TOO_LARGE, "the request is over a size limit") \
	X(RG_E_REQ_DUPLICATE, "a protocol parameter was sent more than once") \
	X(RG_E_REQ_TYPE, "the request body is of another type") \
	X(RG_E_REQ_ROUTE, "no such endpoint") \
	X(RG_E_REQ_METHOD, "the endpoint has no such method") \
	X(RG_E_RETURN_TO, "return_to is not a path on this site") \
	X(RG_E_OVERLOADED, "too many sign-ins wait for a provider") \
	X(RG_E_LIMITED, "too many sign-ins from this address") \
	/* compact JWS, RFC 7515 */ \
	X(RG_E_TOKEN_SIZE, "the token is over the size limit") \
	X(RG_E_TOKEN_PARTS, "the token is not three non-empty parts") \
	X(RG_E_TOKEN_BASE64, "a part is not canonical base64url") \
	X(RG_E_HEADER_JSON, "the token header is not a strict JSON object") \
	X(RG_E_PAYLOAD_JSON, "the payload is not a strict JSON object") \
	X(RG_E_ALG_MISSING, "the header has no alg string") \
	X(RG_E_ALG_NONE, "an unsigned token (alg none)") \
	X(RG_E_ALG_UNSUPPORTED, "an algorithm that rolegate does not accept") \
	X(RG_E_ALG_MISMATCH, "alg is not the algorithm of the key") \
	X(RG_E_CRIT, "the header has a crit or b64 member") \
	X(RG_E_TYP, "the header's typ is of another kind of token") \
	X(RG_E_KID_TYPE, "kid is not a short printable string") \
	X(RG_E_KID_MISSING, "no kid, and more than one key could fit") \
	X(RG_E_KID_UNKNOWN, "no key of the issuer has this kid") \
	X(RG_E_SIGNATURE, "the signature does not match") \
	/* JWK and JWK sets, RFC 7517 */ \
	X(RG_E_JWK_FORMAT, "a key is malformed") \
	X(RG_E_JWK_TYPE, "a key type that rolegate does not accept") \
	X(RG_E_JWK_WEAK, "a key is too weak") \
	X(RG_E_JWK_USE, "a key is not meant for verifying signatures") \
	X(RG_E_JWK_ALG, "a key's alg does not fit its type or curve") \
	X(RG_E_JWK_PRIVATE, "a published key contains private material") \
	X(RG_E_JWK_DUPLICATE, "two keys share one kid") \
	X(RG_E_JWKS_EMPTY, "the key set has no usable key") \
	/* claims, RFC 7519 and OpenID Connect Core 3.1.3.7 */ \
	X(RG_E_ISS, "iss is not the configured issuer") \
	X(RG_E_AUD, "aud does not name this client, or names others too") \
	X(RG_E_AZP, "azp is not this client") \
	X(RG_E_SUB, "sub is missing or malformed") \
	X(RG_E_TIME_TYPE, "exp, nbf, iat or auth_time is not an integer") \
	X(RG_E_EXP_MISSING, "no exp") \
	X(RG_E_EXPIRED, "the token has expired") \
	X(RG_E_NOT_YET, "the token is not valid yet (nbf)") \
	X(RG_E_IAT_MISSING, "no iat") \
	X(RG_E_IAT_FUTURE, "iat lies in the future") \
	X(RG_E_NONCE, "the nonce is not the one of this sign-in") \
	X(RG_E_AT_HASH, "at_hash does not fit the access token") \
	X(RG_E_TID, "tid is missing or not a GUID") \
	X(RG_E_OID, "oid is missing or not a GUID") \
	X(RG_E_CLAIMS_SIZE, "the claims are over the size limit") \
	/* tenants and clouds of Entra */ \
	X(RG_E_TID_DUPLICATE, "two claims are named tid, but for case") \
	X(RG_E_TENANT_TEMPLATE, "a placeholder in the place of a tenant") \
	X(RG_E_TENANT, "this tenant may not sign in") \
	X(RG_E_TENANT_PERSONAL, "personal accounts may not sign in") \
	X(RG_E_GUEST, "guests may not sign in") \
	X(RG_E_GUEST_UNKNOWN, "the token does not tell guest from member") \
	X(RG_E_APP_ONLY, "the token of an application, not of a person") \
	X(RG_E_ISS_USERINFO, "iss has user info in front of its host") \
	X(RG_E_ISS_CLOUD, "iss is of another Microsoft cloud") \
	X(RG_E_ISS_TENANT, "iss and tid are of different tenants") \
	X(RG_E_TOKEN_VERSION, "ver does not fit, or is not taken here") \
	X(RG_E_KEY_ISSUER, "the signing key belongs to another issuer") \
	X(RG_E_KEY_CLOUD, "the signing key belongs to another cloud") \
	/* outbound calls */ \
	X(RG_E_NET_URL, "a URL that rolegate does not call") \
	X(RG_E_NET_CONNECT, "no connection") \
	X(RG_E_NET_TLS, "TLS failed") \
	X(RG_E_NET_TIMEOUT, "no answer in time") \
	X(RG_E_NET_SIZE, "the answer is over the size limit") \
	X(RG_E_NET_STATUS, "an answer with an unexpected HTTP status") \
	X(RG_E_NET, "the call failed") \
	/* OpenID */ \
	X(RG_E_DISCOVERY, "the discovery document is unusable") \
	X(RG_E_DISCOVERY_ISSUER, "discovery names another issuer") \
	X(RG_E_DISCOVERY_CLOUD, "discovery is of another Microsoft cloud") \
	X(RG_E_TOKEN_RESPONSE, "the token response is unusable") \
	X(RG_E_ID_TOKEN_MISSING, "the token response has no id_token") \
	X(RG_E_GRANT, "the provider refused the code") \
	X(RG_E_CLIENT_AUTH, "the provider refused this client") \
	X(RG_E_CLIENT_ASSERTION, "the client assertion's file is unusable") \
	X(RG_E_USERINFO, "the userinfo response is unusable") \
	X(RG_E_USERINFO_SUB, "userinfo is about somebody else") \
	X(RG_E_PROVIDER_ERROR, "the provider reported an error") \
	X(RG_E_JTI_MISSING, "no jti") \
	X(RG_E_LOGOUT_EVENT, "not a logout token: its event is missing") \
	X(RG_E_LOGOUT_REPLAYED, "this logout token was used before") \
	X(RG_E_PROVIDER_BUSY, "the provider can't do it now") \
	X(RG_E_NOT_ASSIGNED, "the person is not assigned to the application") \
	X(RG_E_CONSENT, "an administrator's or the person's consent is missing") \
	X(RG_E_WRONG_ACCOUNT, "the account is not of a tenant that may sign in") \
	X(RG_E_REGISTRATION, "the application is registered otherwise there") \
	X(RG_E_MFA, "the provider wants a second factor") \
	X(RG_E_CONDITIONAL_ACCESS, "a policy of the provider blocks the sign-in") \
	X(RG_E_DECLINED, "the person cancelled or declined") \
	X(RG_E_ACCOUNT, "the password or the account is not accepted there") \
	X(RG_E_INTERACTION, "the provider has to ask the person something") \
	X(RG_E_AUTH_TIME_MISSING, "max_age was asked for, but no auth_time") \
	X(RG_E_AUTH_TIME_FUTURE, "auth_time lies in the future") \
	X(RG_E_AUTH_TIME_OLD, "the person proved who they are too long ago") \
	X(RG_E_STEP_UP, "the authentication context asked for is not there") \
	X(RG_E_SIGN_IN_LOOP, "the provider saw the same sign-in again and again") \
	X(RG_E_PROVIDER_UNKNOWN, "no such provider is configured") \
	X(RG_E_ISS_PARAM, "the iss parameter is missing or wrong (RFC 9207)") \
	X(RG_E_STATE_MISSING, "no state parameter") \
	X(RG_E_STATE_UNKNOWN, "this browser did not start this sign-in") \
	X(RG_E_LOGIN_EXPIRED, "the sign-in took too long") \
	X(RG_E_LOGIN_REPLAYED, "this sign-in was already completed") \
	X(RG_E_CODE_MISSING, "neither code nor error") \
	/* our own keys and certificates */ \
	X(RG_E_KEY_ENCRYPTED, "a private key has a passphrase") \
	X(RG_E_CERT_FORMAT, "a certificate can't be read") \
	X(RG_E_CERT_KEY, "a certificate does not belong to its key") \
	X(RG_E_CERT_EXPIRED, "the client certificate has expired") \
	X(RG_E_CERT_NOT_YET, "the client certificate is not valid yet") \
	/* Microsoft Graph */ \
	X(RG_E_GRAPH_REFUSED, "Graph refused: consent or permission missing") \
	X(RG_E_GRAPH_BUSY, "Graph asks for more time than there is") \
	X(RG_E_GRAPH_ERROR, "Graph answered with an error") \
	X(RG_E_GRAPH_JSON, "Graph's answer is not a strict JSON object") \
	X(RG_E_GRAPH_TYPE, "Graph's answer has members of the wrong type") \
	X(RG_E_GRAPH_ID, "Graph named an id that is none, or not asked about") \
	X(RG_E_GRAPH_LINK, "a next link of Graph leads elsewhere") \
	X(RG_E_GRAPH_LOOP, "a next link of Graph leads back") \
	X(RG_E_GRAPH_TOO_LARGE, "Graph's answer is over a limit") \
	/* a ContextForge gateway */ \
	X(RG_E_CF_AUTH, "the gateway does not take our token") \
	X(RG_E_CF_REFUSED, "the gateway refused what was asked of it") \
	X(RG_E_CF_UNAVAILABLE, "the gateway can't answer now") \
	X(RG_E_CF_ANSWER, "the gateway gave an answer we can't read") \
	X(RG_E_CF_RULE, "a rule for the gateway that can't be enforced there") \
	/* storage */ \
	X(RG_E_STORE, "the database failed") \
	X(RG_E_STORE_OPEN, "the database can't be opened") \
	X(RG_E_STORE_BUSY, "the database stayed locked") \
	X(RG_E_STORE_FULL, "no space left for the database") \
	X(RG_E_STORE_READONLY, "the database is read-only") \
	X(RG_E_STORE_CORRUPT, "the database is damaged") \
	X(RG_E_STORE_SCHEMA, "the database has another schema version") \
	X(RG_E_STORE_OLD, "the database has an older schema version") \
	X(RG_E_AUDIT_CHAIN, "the audit chain is broken") \
	/* bearer tokens, RFC 6750 */ \
	X(RG_E_BEARER_FORM, "not a bearer token in an Authorization header") \
	X(RG_E_BEARER_OFF, "the provider has no audiences configured") \
	X(RG_E_BEARER_ID_TOKEN, "an ID token was sent as a bearer token") \
	X(RG_E_BEARER_GRAPH, "a Microsoft Graph token was sent") \
	X(RG_E_BEARER_KIND, "neither a person's nor an application's token") \
	X(RG_E_SCOPE, "the token lacks a required scope") \
	/* sessions and access */ \
	X(RG_E_REFRESH_OTHER, "a refreshed token is about somebody else") \
	X(RG_E_SESSION_NONE, "no session") \
	X(RG_E_SESSION_EXPIRED, "the session has expired") \
	X(RG_E_NO_ROLE, "signed in, but no mapping gives a role") \
	X(RG_E_DENIED, "a mapping denies this person access") \
	X(RG_E_GROUPS_UNKNOWN, "no role, and the groups are not known") \
	X(RG_E_TOKEN_REFUSED, "a bearer token that is not accepted") \
	X(RG_E_INSUFFICIENT_AUTH, "the required authentication context is not there") \
	X(RG_E_INSUFFICIENT_ROLE, "the required role or permission is missing") \
	X(RG_E_SERVER_REFUSED, "the web server refused what rolegate allows") \
	X(RG_E_DISABLED, "an administrator has disabled this person") \
	/* administration */ \
	X(RG_E_CROSS_SITE, "what no page of ours has sent, nor a person opened") \
	X(RG_E_PRECONDITION, "it was changed meanwhile") \
	X(RG_E_PRECONDITION_MISSING, "the edit names no version (If-Match)") \
	X(RG_E_AUTHORITY, "nobody may give or take what is not theirs") \
	X(RG_E_LAST_ADMIN, "nobody would be left who can be admin")
/* clang-format on */

enum rg_err {
#define X(name, text) name,
	RG_ERRORS(X)
#undef X
	RG__MAX
};

/*
 * A cause with its detail. The detail is for the operator (log, audit, CLI);
 * it may quote what a peer sent, so printers must escape it, and callers must
 * never put a secret, token, code or cookie into it.
 */
struct err {
	enum rg_err code;
	char detail[232];
};

/* The symbol's own name, "RG_E_AUD"; never NULL. */
const char *err_name(enum rg_err);

/* One line in plain words; never NULL. */
const char *err_text(enum rg_err);

/*
 * Records code and detail in `e` (which may be NULL) and returns code, so that
 * failing branches read `r = err_set(e, RG_E_X, "...")`.
 */
#define err_set(e, code, ...)                                                  \
	(err_put((e), (code), __VA_ARGS__), (enum rg_err)(code))

/* A macro, so that analyzers, which see one file at a time, know the result. */
void err_put(struct err *e, enum rg_err code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Forgets what `e` holds; NULL is allowed. */
void err_clear(struct err *e);

#endif
