/* SPDX-License-Identifier: ISC */
#include "jose/claims.h"

#include <string.h>
#include <strings.h>

#include <openssl/evp.h>

#include "base/b64url.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "jose/internal.h"

#define SUB_MAX 255		    /* OpenID Connect Core section 2 */
#define TIME_MAX ((int64_t)1 << 53) /* all integers up to it are exact */
#define DIGEST_MAX 64

/*
 * A second claim that differs from one of these in case only is meant for a
 * reader that folds case; which of the two counts must not be a question.
 */
static enum rg_err
check_names(const json_t *claims, struct err *e)
{
	static const char *const names[] = {"iss", "aud", "azp", "exp", "nbf",
	    "iat", "sub", "nonce", "tid", "oid", "idtyp", "scp", "scope",
	    "appid"};
	bool seen[sizeof(names) / sizeof(names[0])] = {false};
	const char *key;
	const json_t *value;
	size_t i;

	/* jansson's iterator takes no const object. */
	json_object_foreach((json_t *)(uintptr_t)claims, key, value)
	{
		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			/* Most are told apart by the first letter. */
			if ((key[0] | 0x20) != names[i][0] ||
			    strcasecmp(key, names[i]) != 0)
				continue;
			if (seen[i])
				return err_set(e, RG_E_PAYLOAD_JSON,
				    "two claims are named %s, but for case",
				    names[i]);
			seen[i] = true;
		}
	}
	return RG_OK;
}

static enum rg_err
check_issuer(const json_t *claims, const char *want, struct err *e)
{
	const char *iss = json_str(claims, "iss");

	if (iss == NULL || strcmp(iss, want) != 0)
		return err_set(e, RG_E_ISS, "iss is \"%s\", expected \"%s\"",
		    iss == NULL ? "" : iss, want);
	return RG_OK;
}

/*
 * Section 3.1.3.7 step 3: an audience that is not trusted refuses the token,
 * and no other client is.
 */
static enum rg_err
check_audience(const json_t *claims, const char *want, struct err *e)
{
	const json_t *aud = json_object_get(claims, "aud");
	const json_t *one;
	size_t i, n = json_is_array(aud) ? json_array_size(aud) : 1;

	for (i = 0; i < n; i++) {
		one = json_is_array(aud) ? json_array_get(aud, i) : aud;
		if (!json_is_string(one) ||
		    strcmp(json_string_value(one), want) != 0)
			return err_set(
			    e, RG_E_AUD, "aud is not \"%s\" alone", want);
	}
	if (n == 0)
		return err_set(e, RG_E_AUD, "aud is empty");
	one = json_object_get(claims, "azp");
	if (one != NULL &&
	    (!json_is_string(one) || strcmp(json_string_value(one), want) != 0))
		return err_set(e, RG_E_AZP, "azp is not \"%s\"", want);
	return RG_OK;
}

static enum rg_err
check_subject(const json_t *claims, struct err *e)
{
	const char *sub = json_str(claims, "sub");

	if (sub == NULL || !jose_printable(sub, SUB_MAX))
		return err_set(e, RG_E_SUB,
		    "sub must be 1 to %d printable ASCII characters", SUB_MAX);
	return RG_OK;
}

/* `absent` (which may be RG_OK) when there is none; RG_E_TIME_TYPE. */
static enum rg_err
get_time(const json_t *claims, const char *name, enum rg_err absent,
    int64_t *out, struct err *e)
{
	if (json_object_get(claims, name) == NULL)
		return absent == RG_OK ? RG_OK
				       : err_set(e, absent, "no %s", name);
	if (!json_int(claims, name, out) || *out < 0 || *out > TIME_MAX)
		return err_set(e, RG_E_TIME_TYPE,
		    "%s is not an integer from 0 to 2^53", name);
	return RG_OK;
}

static enum rg_err
check_times(const json_t *claims, int64_t now, int64_t skew, struct err *e)
{
	const int64_t latest = clock_add(now, skew);
	int64_t exp = 0, nbf = 0, iat = 0, auth_time = 0;
	enum rg_err r;

	r = get_time(claims, "exp", RG_E_EXP_MISSING, &exp, e);
	if (r != RG_OK)
		return r;
	if (clock_add(exp, skew) <= now)
		return err_set(e, RG_E_EXPIRED, "exp %lld, now %lld",
		    (long long)exp, (long long)now);
	r = get_time(claims, "iat", RG_E_IAT_MISSING, &iat, e);
	if (r != RG_OK)
		return r;
	if (iat > latest)
		return err_set(e, RG_E_IAT_FUTURE, "iat %lld, now %lld",
		    (long long)iat, (long long)now);
	r = get_time(claims, "nbf", RG_OK, &nbf, e);
	if (r != RG_OK)
		return r;
	if (nbf > latest)
		return err_set(e, RG_E_NOT_YET, "nbf %lld, now %lld",
		    (long long)nbf, (long long)now);
	return get_time(claims, "auth_time", RG_OK, &auth_time, e);
}

static enum rg_err
check_nonce(const json_t *claims, const char *want, struct err *e)
{
	const char *nonce = json_str(claims, "nonce");

	if (want != NULL && (nonce == NULL || !hash_equal_str(nonce, want)))
		return err_set(e, RG_E_NONCE, "nonce is %s",
		    nonce == NULL ? "missing" : "another one");
	return RG_OK;
}

/*
 * Section 3.1.3.6: the left half of the hash that the signature uses. Ed25519
 * hashes with SHA-512 inside.
 */
static enum rg_err
check_at_hash(
    const json_t *claims, const struct claims_expect *x, struct err *e)
{
	const json_t *v = json_object_get(claims, "at_hash");
	const char *name = alg_info(x->alg)->digest;
	uint8_t digest[DIGEST_MAX];
	char text[B64URL_ENC_LEN(DIGEST_MAX / 2) + 1];
	size_t len = 0;

	if (v == NULL || x->access_token == NULL)
		return RG_OK;
	if (EVP_Q_digest(NULL, name == NULL ? "SHA512" : name, NULL,
		x->access_token, strlen(x->access_token), digest, &len) != 1)
		return err_set(e, RG_E_INTERNAL, "hashing the access token");
	b64url_encode(digest, len / 2, text);
	if (!json_is_string(v) || !hash_equal_str(json_string_value(v), text))
		return err_set(e, RG_E_AT_HASH, "at_hash is of another token");
	return RG_OK;
}

enum rg_err
claims_check_id_token(
    const json_t *claims, const struct claims_expect *x, struct err *e)
{
	enum rg_err r;

	/* An empty expectation would be met by an empty claim. */
	if (!json_is_object(claims) || x->issuer == NULL ||
	    x->issuer[0] == '\0' || x->audience == NULL ||
	    x->audience[0] == '\0' ||
	    (x->nonce != NULL && x->nonce[0] == '\0') ||
	    (unsigned)x->alg >= JOSE__MAX || x->skew < 0 ||
	    x->skew > CLAIMS_SKEW_MAX)
		return err_set(e, RG_E_INTERNAL, "incomplete expectations");
	if ((r = check_names(claims, e)) != RG_OK)
		return r;
	if ((r = check_issuer(claims, x->issuer, e)) != RG_OK)
		return r;
	if ((r = check_audience(claims, x->audience, e)) != RG_OK)
		return r;
	if ((r = check_subject(claims, e)) != RG_OK)
		return r;
	if ((r = check_times(claims, x->now, x->skew, e)) != RG_OK)
		return r;
	if ((r = check_nonce(claims, x->nonce, e)) != RG_OK)
		return r;
	return check_at_hash(claims, x, e);
}

bool
claims_has_audience(const json_t *claims, const char *who)
{
	const json_t *aud = json_object_get(claims, "aud");
	const json_t *one;
	size_t i, n = json_is_array(aud) ? json_array_size(aud) : 1;
	bool found = false;

	for (i = 0; i < n; i++) {
		one = json_is_array(aud) ? json_array_get(aud, i) : aud;
		if (!json_is_string(one))
			return false;
		found |= strcmp(json_string_value(one), who) == 0;
	}
	return found;
}

enum rg_err
claims_check_access_token(
    const json_t *claims, const struct claims_access *x, struct err *e)
{
	enum rg_err r;
	size_t i;

	if (!json_is_object(claims) || x->issuer == NULL ||
	    x->issuer[0] == '\0' || x->skew < 0 || x->skew > CLAIMS_SKEW_MAX)
		return err_set(e, RG_E_INTERNAL, "incomplete expectations");
	if ((r = check_names(claims, e)) != RG_OK ||
	    (r = check_issuer(claims, x->issuer, e)) != RG_OK)
		return r;
	for (i = 0; i < x->audience_count; i++)
		if (claims_has_audience(claims, x->audiences[i]))
			break;
	if (i == x->audience_count)
		return err_set(e, RG_E_AUD, "aud names no audience of ours");
	if ((r = check_subject(claims, e)) != RG_OK)
		return r;
	return check_times(claims, x->now, x->skew, e);
}
