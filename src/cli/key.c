/* SPDX-License-Identifier: ISC */
/* The keys of role tokens, and those of the key file. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "store/role_key.h"

/* Twice what /jwks.json may be kept for. */
#define LEAD 600

int
cmd_key_rotate(struct cli *cli)
{
	struct err e = {RG_OK, ""};
	char *kid = NULL, when[32];
	int64_t lead = cli_option(cli, "now") != NULL ? 0 : LEAD;
	enum rg_err r;
	int status;

	if ((status = cli_open(cli)) != CLI_OK)
		return status;
	r = gate_key_rotate(cli->gate, lead, &cli->ctx, &kid, &e);
	if (r != RG_OK)
		return cli_fail(r, &e);
	clock_format(cli->ctx.now + lead, when);
	if (cli->json)
		status = cli_print_json_own(json_pack("{s:s, s:I}", "kid", kid,
		    "signs_from", (json_int_t)cli->ctx.now + lead));
	else
		(void)printf("key %s signs from %s\n", kid, when);
	free(kid);
	return status;
}

static enum rg_err
collect(void *ctx, const struct role_key_row *k)
{
	json_t *item = json_pack("{s:s, s:I, s:I, s:I}", "kid", k->kid,
	    "created_at", (json_int_t)k->created_at, "signs_from",
	    (json_int_t)k->signs_from, "signs_until",
	    (json_int_t)k->signs_until);

	return json_array_append_new(ctx, item) == 0 ? RG_OK : RG_E_NOMEM;
}

static enum rg_err
print(void *ctx, const struct role_key_row *k)
{
	char from[32], until[32];

	(void)ctx;
	clock_format(k->signs_from, from);
	clock_format(k->signs_until, until);
	(void)printf("%s  signs from %s%s%s\n", k->kid, from,
	    k->signs_until == 0 ? "" : "  until ",
	    k->signs_until == 0 ? "" : until);
	return RG_OK;
}

int
cmd_key_list(struct cli *cli)
{
	json_t *list = NULL;
	enum rg_err r;
	int status;

	if ((status = cli_open(cli)) != CLI_OK)
		return status;
	if (cli->json)
		list = json_array();
	r = store_each_role_key(gate_store(cli->gate),
	    cli->json ? collect : print, cli->json ? (void *)list : cli);
	return cli_end_list_own(r, list);
}

int
cmd_key_file_rotate(struct cli *cli)
{
	struct err e = {RG_OK, ""};
	struct gate_keys_replaced done;
	char when[32];
	enum rg_err r;
	int status;

	if ((status = cli_open(cli)) != CLI_OK)
		return status;
	r = gate_keys_replace(
	    cli->gate, cli_option(cli, "now") != NULL, &cli->ctx, &done, &e);
	if (r != RG_OK)
		return cli_fail(r, &e);
	if (cli->json)
		return cli_print_json_own(json_pack("{s:s, s:I, s:I, s:I, s:I}",
		    "key_file", cli->settings->key_file, "role_keys",
		    (json_int_t)done.role_keys, "refresh_tokens",
		    (json_int_t)done.refresh_tokens, "unopened",
		    (json_int_t)done.unopened, "old_until",
		    (json_int_t)done.until));
	clock_format(done.until, when);
	(void)printf("%s: a new key seals; sealed anew: %lld role keys, %lld "
		     "refresh tokens",
	    cli->settings->key_file, (long long)done.role_keys,
	    (long long)done.refresh_tokens);
	if (done.unopened > 0)
		(void)printf("; left, since no key opens them: %lld",
		    (long long)done.unopened);
	(void)printf("; old keys open %s%s\n",
	    done.until == 0 ? "no more" : "until ",
	    done.until == 0 ? "" : when);
	return CLI_OK;
}
