/* SPDX-License-Identifier: ISC */
/*
 * What a provider section proves rolegate with. A key that names files names
 * one, or several separated by blanks, so that an old and a new one can be
 * there at once.
 */
#include "settings_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"

#define SECRET_MAX 4096
#define KID_MAX 128

/* The words of a value. */
struct words {
	char *mem;
	char *at[PROVIDER_MAX_CREDENTIALS];
	size_t n;
};

static void
words_clear(struct words *w)
{
	free(w->mem);
	memset(w, 0, sizeof(*w));
}

/* False, and a failure of the key, when there are too many. */
static bool
split(struct conf *c, const char *section, const char *key, const char *value,
    struct words *w)
{
	char *p;
	size_t len;

	memset(w, 0, sizeof(*w));
	if (value == NULL)
		return true;
	w->mem = settings_dup(value);
	for (p = w->mem + strspn(w->mem, " \t"); *p != '\0';) {
		if (w->n == PROVIDER_MAX_CREDENTIALS) {
			conf_fail(c, section, key, "more than %d",
			    PROVIDER_MAX_CREDENTIALS);
			return false;
		}
		w->at[w->n++] = p;
		len = strcspn(p, " \t");
		p += len;
		if (*p != '\0')
			*p++ = '\0';
		p += strspn(p, " \t");
	}
	return true;
}

/* The next free one, or NULL and a failure of the key. */
static struct credential *
next_credential(struct conf *c, const char *section, const char *key,
    struct provider *p, enum credential_kind kind, const char *source)
{
	struct credential *cred;

	if (p->credential_count == PROVIDER_MAX_CREDENTIALS) {
		conf_fail(c, section, key, "more than %d credentials",
		    PROVIDER_MAX_CREDENTIALS);
		return NULL;
	}
	cred = &p->credentials[p->credential_count++];
	cred->kind = kind;
	cred->source = settings_dup(source);
	return cred;
}

static void
take_secret(struct conf *c, const char *section, const char *key,
    struct provider *p, const char *source, const char *value)
{
	struct credential *cred;

	if (value[0] == '\0' || !text_is_line(value, SECRET_MAX)) {
		conf_fail(c, section, key,
		    "the secret is empty or has control characters");
		return;
	}
	cred = next_credential(c, section, key, p, CREDENTIAL_SECRET, source);
	if (cred != NULL)
		cred->secret = settings_dup(value);
}

static void
read_secret_files(struct conf *c, const char *section, struct provider *p,
    const struct words *files)
{
	static const char key[] = "client_secret_file";
	struct buf text = BUF_INIT;
	struct err e = {RG_OK, ""};
	size_t i;

	for (i = 0; i < files->n; i++) {
		if (file_read_secret(files->at[i], SECRET_MAX, &text, &e) !=
		    RG_OK)
			conf_fail(c, section, key, "%s", e.detail);
		else
			take_secret(
			    c, section, key, p, files->at[i], buf_str(&text));
		buf_clear(&text);
	}
}

/* The secrets, from files or from an environment variable. */
static void
read_secrets(struct conf *c, const char *section, struct provider *p)
{
	static const char *const auths[] = {"basic", "post", NULL};
	const char *file = conf_str(c, section, "client_secret_file", NULL);
	const char *env = conf_str(c, section, "client_secret_env", NULL);
	struct words files = {0};
	const char *value;

	p->client_auth =
	    (enum client_auth)conf_choice(c, section, "client_auth", auths, 0);
	if (file != NULL && env != NULL) {
		conf_fail(c, section, "client_secret_file",
		    "give either client_secret_file or client_secret_env");
	} else if (env != NULL) {
		if ((value = getenv(env)) == NULL)
			conf_fail(c, section, "client_secret_env",
			    "the environment has no %s", env);
		else
			take_secret(
			    c, section, "client_secret_env", p, env, value);
	} else if (file != NULL) {
		if (split(c, section, "client_secret_file", file, &files))
			read_secret_files(c, section, p, &files);
	} else if (conf_has(c, section, "client_auth")) {
		conf_fail(c, section, "client_auth",
		    "has no effect without a client secret");
	}
	words_clear(&files);
}

/* The name of the key in the assertion's header: NULL is none. */
static void
name_key(struct conf *c, const char *section, const char *word,
    struct credential *cred)
{
	char digest[JOSE_THUMBPRINT_LEN + 1];
	enum rg_err r = RG_OK;

	if (word == NULL)
		return;
	if (strcmp(word, "thumbprint") == 0)
		r = jose_key_thumbprint(cred->key, digest);
	else if (strcmp(word, "spki") == 0)
		r = jose_key_spki_digest(cred->key, digest);
	else if (strlen(word) <= KID_MAX && text_is_line(word, KID_MAX)) {
		cred->kid = settings_dup(word);
		return;
	} else
		r = RG_E_INVALID;
	if (r == RG_OK)
		cred->kid = settings_dup(digest);
	else
		conf_fail(c, section, "client_assertion_kid", "%s",
		    r == RG_E_INVALID ? "too long or with control characters"
				      : err_text(r));
}

/* One certificate and its key, which is in `key_file` or (NULL) beside it. */
static void
read_certificate(struct conf *c, const char *section, struct provider *p,
    const char *cert_file, const char *key_file, int alg, const char *kid)
{
	const char *key_name =
	    key_file == NULL ? "client_certificate_file" : "client_key_file";
	struct buf cert = BUF_INIT, key = BUF_INIT;
	struct err e = {RG_OK, ""};
	struct credential *cred;

	cred = next_credential(c, section, "client_certificate_file", p,
	    CREDENTIAL_CERTIFICATE, cert_file);
	if (cred == NULL)
		goto out;
	if (file_read(cert_file, JOSE_KEY_MAX_PEM, &cert, &e) != RG_OK) {
		conf_fail(
		    c, section, "client_certificate_file", "%s", e.detail);
		goto out;
	}
	if (key_file == NULL &&
	    strstr(buf_str(&cert), "PRIVATE KEY-----") == NULL) {
		conf_fail(c, section, key_name,
		    "%s has no private key in it: name that file with "
		    "client_key_file",
		    cert_file);
		goto out;
	}
	if (file_read_secret(key_file == NULL ? cert_file : key_file,
		JOSE_KEY_MAX_PEM, &key, &e) != RG_OK) {
		conf_fail(c, section, key_name, "%s", e.detail);
		goto out;
	}
	if (jose_key_parse(buf_str(&key), key.len, alg, &cred->key, &e) !=
	    RG_OK) {
		conf_fail(c, section, key_name, "%s: %s",
		    key_file == NULL ? cert_file : key_file, e.detail);
		goto out;
	}
	if (p->type == PROVIDER_ENTRA &&
	    jose_key_alg(cred->key) == JOSE_ES256) {
		conf_fail(c, section, key_name,
		    "%s: Entra ID takes RSA keys only", cert_file);
		goto out;
	}
	if (cert_parse(buf_str(&cert), cert.len, cred->key, &cred->cert, &e) !=
	    RG_OK) {
		conf_fail(c, section, "client_certificate_file", "%s: %s",
		    cert_file, e.detail);
		goto out;
	}
	name_key(c, section, kid, cred);
out:
	buf_clear(&cert);
	buf_clear(&key);
}

static int
later_first(const void *a, const void *b)
{
	int64_t x = ((const struct credential *)a)->cert.not_before;
	int64_t y = ((const struct credential *)b)->cert.not_before;

	return (x < y) - (x > y);
}

/* -1 when the keys decide. */
static int
read_alg(struct conf *c, const char *section)
{
	static const char *const names[] = {"PS256", "RS256", "ES256", NULL};
	static const enum jose_alg algs[] = {
	    JOSE_PS256, JOSE_RS256, JOSE_ES256};
	int i = conf_choice(c, section, "client_assertion_alg", names, -1);

	return i < 0 ? -1 : (int)algs[i];
}

static void
read_certificates(struct conf *c, const char *section, struct provider *p)
{
	const char *cert =
	    conf_str(c, section, "client_certificate_file", NULL);
	const char *key = conf_str(c, section, "client_key_file", NULL);
	const char *kid = conf_str(c, section, "client_assertion_kid", NULL);
	int alg = read_alg(c, section);
	struct words certs, keys = {0}, kids = {0};
	size_t i, first = p->credential_count;

	if (cert == NULL && (key != NULL || kid != NULL || alg >= 0))
		conf_fail(c, section,
		    key != NULL	  ? "client_key_file"
		    : kid != NULL ? "client_assertion_kid"
				  : "client_assertion_alg",
		    "has no effect without client_certificate_file");
	if (!split(c, section, "client_certificate_file", cert, &certs) ||
	    !split(c, section, "client_key_file", key, &keys) ||
	    !split(c, section, "client_assertion_kid", kid, &kids))
		goto out;
	if (keys.n > 0 && keys.n != certs.n)
		conf_fail(c, section, "client_key_file",
		    "name one key for each certificate, in the same order");
	else if (kids.n > 1 && kids.n != certs.n)
		conf_fail(c, section, "client_assertion_kid",
		    "give one word, or one for each certificate");
	else
		for (i = 0; i < certs.n; i++)
			read_certificate(c, section, p, certs.at[i],
			    keys.n > 0 ? keys.at[i] : NULL, alg,
			    kids.n > 1 ? kids.at[i] : kids.at[0]);
	qsort(&p->credentials[first], p->credential_count - first,
	    sizeof(p->credentials[0]), later_first);
out:
	words_clear(&certs);
	words_clear(&keys);
	words_clear(&kids);
}

void
settings_read_credentials(
    struct conf *c, const char *section, struct provider *p)
{
	const char *file = conf_str(c, section, "client_assertion_file", NULL);

	if (file != NULL)
		(void)next_credential(c, section, "client_assertion_file", p,
		    CREDENTIAL_ASSERTION_FILE, file);
	read_certificates(c, section, p);
	read_secrets(c, section, p);
	if (p->credential_count == 0)
		conf_fail(c, section, "client_secret_file",
		    "nothing proves who rolegate is: give either "
		    "client_secret_file, client_secret_env, "
		    "client_certificate_file or client_assertion_file");
}
