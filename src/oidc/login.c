/* SPDX-License-Identifier: ISC */
#include "oidc/login.h"

#include <stdio.h>
#include <string.h>

#include "base/b64url.h"
#include "base/hash.h"

#define PURPOSE "login"
#define FIXED (32 + 8 + HASH_LEN + 8 + 1)

_Static_assert(
    FIXED + LOGIN_PROVIDER_MAX + LOGIN_RETURN_MAX + LOGIN_STEP_UP_MAX + 3 <
	SEAL_MAX_PLAIN,
    "a login fits in a sealed value");

enum rg_err
login_new(struct login *l, const char *provider, const char *return_to,
    const char *session, int64_t now)
{
	enum rg_err r;

	memset(l, 0, sizeof(*l));
	if (strlen(provider) > LOGIN_PROVIDER_MAX ||
	    strlen(return_to) > LOGIN_RETURN_MAX)
		return RG_E_TOO_LARGE;
	random_bytes(l->secret, sizeof(l->secret));
	l->created = now;
	l->max_age = PROVIDER_NO_MAX_AGE;
	if (session != NULL &&
	    (r = hash_sha256(session, strlen(session), l->session)) != RG_OK)
		return r;
	(void)snprintf(l->provider, sizeof(l->provider), "%s", provider);
	(void)snprintf(l->return_to, sizeof(l->return_to), "%s", return_to);
	return RG_OK;
}

enum rg_err
login_set_step_up(struct login *l, const char *value)
{
	if (strlen(value) > LOGIN_STEP_UP_MAX)
		return RG_E_TOO_LARGE;
	(void)snprintf(l->step_up, sizeof(l->step_up), "%s", value);
	return RG_OK;
}

enum rg_err
login_derive(const struct login *l, enum login_value which,
    char out[static RANDOM_TOKEN_LEN + 1])
{
	/* Labels of equal length: no two inputs are alike. */
	static const char labels[3][9] = {"state---", "nonce---", "verifier"};
	uint8_t in[8 + sizeof(l->secret)], digest[HASH_LEN];
	enum rg_err r;

	out[0] = '\0';
	memcpy(in, labels[which], 8);
	memcpy(in + 8, l->secret, sizeof(l->secret));
	if ((r = hash_sha256(in, sizeof(in), digest)) == RG_OK)
		b64url_encode(digest, sizeof(digest), out);
	explicit_bzero(in, sizeof(in));
	explicit_bzero(digest, sizeof(digest));
	return r;
}

static void
put_number(struct buf *out, int64_t value)
{
	int i;

	for (i = 56; i >= 0; i -= 8)
		buf_putc(out, (char)(uint8_t)((uint64_t)value >> i));
}

static int64_t
get_number(const char *p)
{
	uint64_t value = 0;
	int i;

	for (i = 0; i < 8; i++)
		value = value << 8 | (uint8_t)p[i];
	return (int64_t)value;
}

enum rg_err
login_seal(const struct login *l, const struct seal_keys *keys, struct buf *out)
{
	enum rg_err r;
	struct buf plain = BUF_INIT;

	buf_put(&plain, l->secret, sizeof(l->secret));
	put_number(&plain, l->created);
	buf_put(&plain, l->session, sizeof(l->session));
	put_number(&plain, l->max_age);
	buf_putc(&plain, l->again ? 1 : 0);
	buf_put(&plain, l->provider, strlen(l->provider) + 1);
	buf_put(&plain, l->return_to, strlen(l->return_to) + 1);
	buf_put(&plain, l->step_up, strlen(l->step_up) + 1);
	if (!buf_ok(&plain))
		r = RG_E_NOMEM;
	else
		r = seal(keys, PURPOSE, plain.p, plain.len, out);
	buf_clear(&plain);
	return r;
}

/* Copies one NUL-terminated string; false when it is not all there. */
static bool
take(const char **p, size_t *left, char *out, size_t size)
{
	size_t n = strnlen(*p, *left);

	if (n == *left || n >= size)
		return false;
	memcpy(out, *p, n + 1);
	*p += n + 1;
	*left -= n + 1;
	return true;
}

enum rg_err
login_open(const char *text, const struct seal_keys *keys, struct login *out)
{
	enum rg_err r = RG_E_INTERNAL;
	struct buf plain = BUF_INIT;
	const char *p;
	size_t left;

	memset(out, 0, sizeof(*out));
	r = seal_open(keys, PURPOSE, text, strlen(text), &plain);
	if (r != RG_OK)
		goto out;
	if (plain.len <= FIXED) {
		r = RG_E_SEAL;
		goto out;
	}
	memcpy(out->secret, plain.p, sizeof(out->secret));
	out->created = get_number(plain.p + 32);
	memcpy(out->session, plain.p + 40, sizeof(out->session));
	out->max_age = get_number(plain.p + 40 + HASH_LEN);
	out->again = plain.p[FIXED - 1] != 0;
	p = plain.p + FIXED;
	left = plain.len - FIXED;
	if (!take(&p, &left, out->provider, sizeof(out->provider)) ||
	    !take(&p, &left, out->return_to, sizeof(out->return_to)) ||
	    !take(&p, &left, out->step_up, sizeof(out->step_up)) || left != 0) {
		r = RG_E_SEAL;
		goto out;
	}
	r = RG_OK;
out:
	if (r != RG_OK)
		login_clear(out);
	buf_clear(&plain);
	return r;
}

void
login_clear(struct login *l)
{
	explicit_bzero(l, sizeof(*l));
}
