/* SPDX-License-Identifier: ISC */
#include "base/statement.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/text.h"

#define BASE64_LEN 88 /* of 64 bytes, "==" at the end included */
#define SIGNATURE "\nsignature: "

void
statement_put(struct buf *text, const char *name, const char *value)
{
	if (!text_is_line(value, STATEMENT_MAX))
		text->failed = true;
	buf_printf(text, "%s: %s\n", name, value);
}

enum rg_err
statement_sign(const struct keypair *k, struct buf *text)
{
	enum rg_err r;
	uint8_t signature[KEYPAIR_SIGNATURE_LEN];
	unsigned char base64[BASE64_LEN + 1];

	statement_put(text, "key", keypair_id(k));
	if (!buf_ok(text))
		return RG_E_INVALID;
	if ((r = keypair_sign(k, buf_str(text), text->len, signature)) != RG_OK)
		return r;
	(void)EVP_EncodeBlock(base64, signature, sizeof(signature));
	buf_printf(text, SIGNATURE "%s\n", (const char *)base64);
	return buf_ok(text) ? RG_OK : RG_E_NOMEM;
}

/* Where the empty line is, and the signature behind it; NULL: no such form. */
static const char *
split(const struct buf *text, uint8_t signature[static KEYPAIR_SIGNATURE_LEN])
{
	const size_t tail = strlen(SIGNATURE) + BASE64_LEN + 1;
	unsigned char raw[BASE64_LEN];
	const char *p, *end;

	if (text->len <= tail || strlen(buf_str(text)) != text->len)
		return NULL;
	p = text->p + text->len - tail;
	end = strstr(text->p, "\n\n");
	if (end == NULL || end + 1 != p ||
	    strncmp(p, SIGNATURE, strlen(SIGNATURE)) != 0 ||
	    text->p[text->len - 1] != '\n' ||
	    memcmp(text->p + text->len - 3, "==", 2) != 0)
		return NULL;
	/* Three bytes for each four characters: the last two are padding. */
	if (EVP_DecodeBlock(raw, (const unsigned char *)p + strlen(SIGNATURE),
		BASE64_LEN) != KEYPAIR_SIGNATURE_LEN + 2)
		return NULL;
	memcpy(signature, raw, KEYPAIR_SIGNATURE_LEN);
	return p;
}

enum rg_err
statement_verify(const struct keypair *k, const char *kind,
    const struct buf *text, struct err *e)
{
	uint8_t signature[KEYPAIR_SIGNATURE_LEN];
	const char *end = split(text, signature);
	size_t n = strlen(kind);

	if (end == NULL || strncmp(text->p, kind, n) != 0 || text->p[n] != '\n')
		return err_set(e, RG_E_INVALID, "it is no %s", kind);
	if (!keypair_verify(k, text->p, (size_t)(end - text->p), signature))
		return err_set(e, RG_E_SIGNATURE,
		    "it was not signed by key %s, or was changed",
		    keypair_id(k));
	return RG_OK;
}

char *
statement_get(const struct buf *text, const char *name)
{
	size_t n = strlen(name);
	const char *p = buf_str(text), *value;

	while ((p = strchr(p, '\n')) != NULL && *++p != '\n' && *p != '\0') {
		if (strncmp(p, name, n) != 0 || p[n] != ':' || p[n + 1] != ' ')
			continue;
		value = p + n + 2;
		return strndup(value, strcspn(value, "\n"));
	}
	return NULL;
}
