/* SPDX-License-Identifier: ISC */
/* audit key, checkpoint and archive: what is signed. */
#include <stdio.h>

#include "base/keypair.h"
#include "cli/cli.h"

int
cmd_audit_key(struct cli *cli)
{
	struct keypair *key = NULL;
	struct buf pem = BUF_INIT;
	struct err e = {RG_OK, ""};
	enum rg_err r;
	int status;

	if ((status = cli_load(cli)) != CLI_OK)
		return status;
	if (cli->settings->audit_key_file == NULL)
		return cli_fail(RG_E_CONF,
		    &(struct err){RG_E_CONF, "audit_key_file is not set"});
	r = keypair_load(cli->settings->audit_key_file, &key, &e);
	if (r != RG_OK)
		return cli_fail(r, &e);
	keypair_put_public(key, &pem);
	if (!buf_ok(&pem))
		status = cli_fail(RG_E_NOMEM, NULL);
	else if (cli->json)
		status = cli_print_json_own(json_pack("{s:s, s:s}", "id",
		    keypair_id(key), "public_key", buf_str(&pem)));
	else
		(void)fputs(buf_str(&pem), stdout);
	keypair_free(&key);
	buf_clear(&pem);
	return status;
}

int
cmd_audit_checkpoint(struct cli *cli)
{
	struct buf text = BUF_INIT;
	struct err e = {RG_OK, ""};
	enum rg_err r;
	int status;

	if ((status = cli_open(cli)) != CLI_OK)
		return status;
	r = gate_audit_checkpoint(cli->gate, cli->ctx.now, &text, &e);
	if (r != RG_OK)
		status = cli_fail(r, &e);
	else
		(void)fputs(buf_str(&text), stdout);
	buf_clear(&text);
	return status;
}

struct printed {
	const struct cli *cli;
	size_t segments;
};

static void
print_segment(void *ctx, const char *file, int64_t first, int64_t last)
{
	struct printed *p = ctx;

	p->segments++;
	if (p->cli->json)
		(void)cli_print_json_own(
		    json_pack("{s:s, s:I, s:I}", "file", file, "first_seq",
			(json_int_t)first, "last_seq", (json_int_t)last));
	else
		(void)printf("%s: rows %lld to %lld\n", file, (long long)first,
		    (long long)last);
}

int
cmd_audit_archive(struct cli *cli)
{
	struct gate_archive a = {0};
	struct printed p = {.cli = cli};
	struct err e = {RG_OK, ""};
	const char *before = cli_option(cli, "before");
	enum rg_err r;
	int status;

	a.folder = cli_option(cli, "to");
	if (before == NULL || a.folder == NULL)
		return cli_usage("audit archive needs --before and --to");
	if (!cli_parse_when(before, cli->ctx.now, -1, &a.before))
		return cli_usage("--before: expected a time such as "
				 "2026-01-01 or 365d");
	if ((status = cli_open(cli)) != CLI_OK)
		return status;
	r = gate_audit_archive(cli->gate, &cli->ctx, &a, print_segment, &p, &e);
	if (r != RG_OK)
		return cli_fail(r, &e);
	if (p.segments == 0 && !cli->json)
		(void)printf("nothing to archive before %s\n", before);
	return CLI_OK;
}
