/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "cli/cli.h"

int
cmd_role_add(struct cli *cli)
{
	struct err e = {RG_OK, ""};
	const char *permissions[CLI_MAX_OPTIONS];
	struct role_row row = {0};
	struct gate_edit edit;
	enum rg_err r;
	int status;

	if ((status = cli_open(cli)) != CLI_OK)
		return status;
	row.name = cli->args[0];
	row.description = cli_option(cli, "description");
	if (row.description == NULL)
		row.description = "";
	row.is_admin = cli_option(cli, "admin") != NULL;
	row.permissions = permissions;
	while ((permissions[row.permission_count] = cli_option_nth(
		    cli, "permission", row.permission_count)) != NULL)
		if (++row.permission_count == CLI_MAX_OPTIONS)
			return cli_usage("too many permissions");
	edit = cli_edit(cli);
	if ((r = gate_role_add(cli->gate, &row, &edit, &e)) != RG_OK)
		return cli_fail(r, &e);
	if (cli->json)
		return cli_print_json_own(
		    json_pack("{s:s}", "added", row.name));
	(void)printf("role %s added\n", row.name);
	return CLI_OK;
}

static enum rg_err
collect(void *ctx, const struct role_row *row)
{
	return json_array_append_new(ctx, gate_role_json(row)) == 0
		   ? RG_OK
		   : RG_E_NOMEM;
}

static enum rg_err
print(void *ctx, const struct role_row *row)
{
	size_t i;

	(void)ctx;
	(void)printf("%-20s %-6s ", row->name, row->is_admin ? "admin" : "");
	for (i = 0; i < row->permission_count; i++)
		(void)printf("%s%s", i > 0 ? " " : "", row->permissions[i]);
	if (row->description[0] != '\0') {
		(void)fputs("  # ", stdout);
		cli_print(row->description);
	}
	(void)putchar('\n');
	return RG_OK;
}

int
cmd_role_list(struct cli *cli)
{
	json_t *list = NULL;
	enum rg_err r;
	int status;

	if ((status = cli_open(cli)) != CLI_OK)
		return status;
	if (cli->json)
		list = json_array();
	r = store_each_role(gate_store(cli->gate), cli->json ? collect : print,
	    cli->json ? (void *)list : cli);
	return cli_end_list_own(r, list);
}

int
cmd_role_remove(struct cli *cli)
{
	struct err e = {RG_OK, ""};
	struct gate_edit edit;
	enum rg_err r;
	int status;

	if ((status = cli_open(cli)) != CLI_OK)
		return status;
	edit = cli_edit(cli);
	r = gate_role_remove(cli->gate, cli->args[0], &edit, &e);
	if (r != RG_OK)
		return cli_fail(r, &e);
	if (cli->json)
		return cli_print_json_own(
		    json_pack("{s:s}", "removed", cli->args[0]));
	(void)printf("role %s removed\n", cli->args[0]);
	return CLI_OK;
}
