/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <unistd.h>

#include "base/seal.h"
#include "cli/cli.h"
#include "store/store.h"

/* What the messages call the state of a file. */
static int
report(const struct cli *cli, const char *database, const char *key_file)
{
	if (cli->json)
		return cli_print_json_own(json_pack(
		    "{s:s, s:s}", "database", database, "key_file", key_file));
	(void)printf("database %s: %s\nkey file %s: %s\n",
	    cli->settings->database, database, cli->settings->key_file,
	    key_file);
	return CLI_OK;
}

int
cmd_init(struct cli *cli)
{
	struct err e = {RG_OK, ""};
	const char *database, *key = "created";
	enum rg_err r;
	int status;

	if ((status = cli_load(cli)) != CLI_OK)
		return status;
	database =
	    access(cli->settings->database, F_OK) == 0 ? "ready" : "created";
	if ((r = store_init(cli->settings->database, &e)) != RG_OK)
		return cli_fail(r, &e);
	r = seal_keys_create(cli->settings->key_file, &e);
	if (r == RG_E_EXISTS) {
		struct seal_keys *keys = NULL;

		/* An existing one is kept, but it must be usable. */
		key = "ready";
		r = seal_keys_load(cli->settings->key_file, &keys, &e);
		seal_keys_free(&keys);
	}
	if (r != RG_OK)
		return cli_fail(r, &e);
	return report(cli, database, key);
}

int
cmd_config_check(struct cli *cli)
{
	struct err e = {RG_OK, ""};
	enum rg_err r;
	int status;

	if ((status = cli_open(cli)) != CLI_OK)
		return status;
	if ((r = store_check(gate_store(cli->gate), &e)) != RG_OK)
		return cli_fail(r, &e);
	if (cli->json)
		return cli_print_json_own(json_pack(
		    "{s:s, s:s}", "status", "ok", "config", cli->config));
	(void)printf("%s: ok\n", cli->config);
	return CLI_OK;
}
