/* SPDX-License-Identifier: ISC */
/* What is recorded, and who may read the metrics. */
#include "settings_internal.h"

#include <string.h>

#include "base/file.h"
#include "base/text.h"

#define MAIN "rolegate"
#define TOKEN_MIN 22 /* 128 bits in base64url */
#define TOKEN_MAX 512

static void
read_metrics(struct conf *c, struct settings *s)
{
	const char *path = conf_str(c, MAIN, "metrics_token_file", NULL);
	struct buf text = BUF_INIT;
	struct err e = {RG_OK, ""};

	if (path == NULL)
		return;
	if (file_read_secret(path, TOKEN_MAX, &text, &e) != RG_OK)
		conf_fail(c, MAIN, "metrics_token_file", "%s", e.detail);
	else if (text.len < TOKEN_MIN ||
		 !text_is_name(buf_str(&text), "-._~+/=", TOKEN_MAX))
		conf_fail(c, MAIN, "metrics_token_file",
		    "expected %d to %d characters that a bearer token may "
		    "have (openssl rand -hex 32)",
		    TOKEN_MIN, TOKEN_MAX);
	else
		s->metrics_token = settings_dup(buf_str(&text));
	buf_clear(&text);
}

void
settings_read_audit(struct conf *c, struct settings *s)
{
	static const char *const personal[] = {"full", "hash", "off", NULL};

	s->audit_refusals = conf_int(c, MAIN, "audit_refusals", 120, 1, 100000);
	s->audit_refusals_day = conf_int(c, MAIN, "audit_refusals_day",
	    20 * (long)s->audit_refusals, 1, 10000000);
	if (s->audit_refusals_day < s->audit_refusals)
		conf_fail(c, MAIN, "audit_refusals_day",
		    "is below audit_refusals, which would have no effect");
	s->audit_client = (enum settings_personal)conf_choice(
	    c, MAIN, "audit_client", personal, PERSONAL_FULL);
	s->audit_email = (enum settings_personal)conf_choice(
	    c, MAIN, "audit_email", personal, PERSONAL_HASH);
	s->audit_key_file = conf_copy_opt(c, MAIN, "audit_key_file");
	read_metrics(c, s);
}
