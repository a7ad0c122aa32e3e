/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "cli/cli.h"
#include "jose/jws.h"

#define JWK_FILE_MAX (64 * 1024)

/* On stderr only the name, for scripts to branch on. */
static int
refuse(enum rg_err r)
{
	(void)fprintf(stderr, "%s\n", err_name(r));
	return CLI_FAILED;
}

int
cmd_jws_verify(struct cli *cli)
{
	const char *file = cli_option(cli, "jwk");
	const char *alg = cli_option(cli, "alg");
	struct buf text = BUF_INIT, token = BUF_INIT, payload = BUF_INIT;
	struct err e = {RG_OK, ""};
	struct jwk *key = NULL;
	json_t *obj = NULL;
	enum rg_err r;
	int pin = -1, status = CLI_FAILED;

	if (file == NULL)
		return cli_usage("jws verify needs --jwk FILE");
	if (alg != NULL && (pin = jose_alg_parse(alg)) < 0)
		return cli_usage("--alg: %s is not accepted", alg);
	if ((r = file_read(file, JWK_FILE_MAX, &text, &e)) != RG_OK ||
	    (r = cli_read_stdin(&token, &e)) != RG_OK) {
		status = cli_fail(r, &e);
		goto out;
	}
	if ((r = json_load_strict(text.p, text.len, &obj)) != RG_OK)
		r = RG_E_JWK_FORMAT;
	else if ((r = jwk_parse(obj, pin, JOSE_RS256, &key)) == RG_OK)
		r = jws_verify_raw(buf_str(&token), token.len, key, &payload);
	if (r != RG_OK)
		status = refuse(r);
	else if (fwrite(payload.p, 1, payload.len, stdout) == payload.len)
		status = CLI_OK;
out:
	json_decref(obj);
	jwk_free(&key);
	buf_clear(&text);
	buf_clear(&token);
	buf_clear(&payload);
	return status;
}

int
cmd_token_check(struct cli *cli)
{
	const char *name = cli_option(cli, "provider");
	const struct provider *p;
	struct buf token = BUF_INIT;
	struct err e = {RG_OK, ""};
	json_t *claims = NULL;
	enum rg_err r;
	int status;

	if ((status = cli_open(cli)) != CLI_OK)
		return status;
	if (name == NULL && cli->settings->provider_count > 1)
		return cli_usage("several providers: say --provider");
	p = name == NULL ? &cli->settings->providers[0]
			 : settings_provider(cli->settings, name);
	if (p == NULL)
		return cli_usage("no provider %s", name);
	if ((r = cli_read_stdin(&token, &e)) != RG_OK)
		status = cli_fail(r, &e);
	else if ((r = gate_token_check(cli->gate, p, buf_str(&token), token.len,
		      cli_option(cli, "nonce"), cli->ctx.now, &claims, &e)) !=
		 RG_OK)
		status = refuse(r);
	else
		status = cli_print_json_own(claims);
	buf_clear(&token);
	return status;
}
