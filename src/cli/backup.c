/* SPDX-License-Identifier: ISC */
/* backup and restore. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "gate_backup.h"

int
cmd_backup(struct cli *cli)
{
	struct err e = {RG_OK, ""};
	struct audit_chain chain;
	enum rg_err r;
	int status;

	if ((status = cli_open(cli)) != CLI_OK)
		return status;
	r = gate_backup(cli->gate, cli->args[0], &cli->ctx, &chain, &e);
	if (r != RG_OK)
		return cli_fail(r, &e);
	if (cli->json)
		return cli_print_json_own(
		    json_pack("{s:s, s:I, s:s}", "file", cli->args[0], "seq",
			(json_int_t)chain.at.seq, "hash", chain.at.hash));
	(void)printf("%s: audit head %lld:%s\nNot in it: the key file %s\n",
	    cli->args[0], (long long)chain.at.seq, chain.at.hash,
	    cli->settings->key_file);
	return CLI_OK;
}

int
cmd_restore(struct cli *cli)
{
	struct err e = {RG_OK, ""};
	struct gate_restored x;
	enum rg_err r;
	int status;

	if ((status = cli_load(cli)) != CLI_OK)
		return status;
	cli_find_actor(cli);
	r = gate_restore(cli->settings, cli->args[0],
	    cli_option(cli, "force") != NULL, &cli->ctx, &x, &e);
	if (r != RG_OK)
		return cli_fail(r, &e);
	if (cli->json)
		return cli_print_json_own(json_pack("{s:s, s:I, s:s, s:I, s:s}",
		    "database", cli->settings->database, "seq",
		    (json_int_t)x.head.seq, "hash", x.head.hash, "replaced_seq",
		    (json_int_t)x.replaced.seq, "replaced_hash",
		    x.replaced.hash));
	(void)printf("%s is what it was at audit head %lld:%s; all sessions "
		     "have ended\n",
	    cli->settings->database, (long long)x.head.seq, x.head.hash);
	if (x.replaced.seq > 0)
		(void)printf("before: audit head %lld:%s\n",
		    (long long)x.replaced.seq, x.replaced.hash);
	return CLI_OK;
}
