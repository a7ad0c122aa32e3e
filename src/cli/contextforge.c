/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/cli.h"

static void
print_step(void *ctx, const json_t *step)
{
	const struct cli *cli = ctx;
	const char *role = json_str(step, "role"),
		   *id = json_str(step, "scope_id"),
		   *why = json_str(step, "reason"),
		   *email = json_str(step, "email");

	if (cli->json) {
		(void)cli_print_json_own(
		    json_incref((json_t *)(uintptr_t)step));
		return;
	}
	(void)printf("%-7s ", json_str(step, "do"));
	cli_print(email[0] == '\0' ? json_str(step, "subject") : email);
	if (role != NULL) {
		(void)putchar(' ');
		cli_print(role);
		(void)printf(
		    " %s%s", json_str(step, "scope"), id[0] == '\0' ? "" : ":");
		cli_print(id);
	}
	if (why != NULL)
		(void)printf("  (%s)", why);
	(void)putchar('\n');
}

int
cmd_contextforge_sync(struct cli *cli)
{
	struct err e = {RG_OK, ""};
	struct gate_cf_options o = {.subject = cli_option(cli, "subject"),
	    .dry_run = cli_option(cli, "dry-run") != NULL,
	    .fn = print_step,
	    .ctx = cli};
	enum rg_err r;
	int status;

	if ((status = cli_open(cli)) != CLI_OK)
		return status;
	if (cli->settings->contextforge == NULL ||
	    cli->settings->contextforge->url == NULL) {
		(void)err_set(&e, RG_E_CONF,
		    "%s: no url in [contextforge]: there is no gateway",
		    cli->config);
		return cli_fail(RG_E_CONF, &e);
	}
	r = gate_cf_sync(cli->gate, &cli->ctx, &o, &e);
	return r == RG_OK ? CLI_OK : cli_fail(r, &e);
}

int
cmd_contextforge_token(struct cli *cli)
{
	struct err e = {RG_OK, ""};
	struct buf token = BUF_INIT;
	enum rg_err r;
	int status;

	if ((status = cli_open(cli)) != CLI_OK)
		return status;
	r = gate_cf_token(cli->gate, cli->args[0], &cli->ctx, &token, &e);
	if (r != RG_OK)
		status = cli_fail(r, &e);
	else if (cli->json)
		status = cli_print_json_own(
		    json_pack("{s:s}", "token", buf_str(&token)));
	else
		(void)puts(buf_str(&token));
	buf_clear(&token);
	return status;
}
