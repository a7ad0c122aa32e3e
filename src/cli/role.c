/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "cli/cli.h"

/* As many as there can be options. */
static size_t
get_permissions(const struct cli *cli, const char *out[CLI_MAX_OPTIONS])
{
	size_t n = 0;

	while (n < CLI_MAX_OPTIONS &&
	       (out[n] = cli_option_nth(cli, "permission", n)) != NULL)
		n++;
	return n;
}

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
	row.permission_count = get_permissions(cli, permissions);
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

int
cmd_role_set(struct cli *cli)
{
	struct gate_role_change change = {.is_admin = -1};
	const char *permissions[CLI_MAX_OPTIONS];
	struct err e = {RG_OK, ""};
	struct gate_edit edit;
	enum rg_err r;
	int status;

	if (cli->option_count == 0)
		return cli_usage("role set: say what is to be changed");
	change.description = cli_option(cli, "description");
	change.permission_count = get_permissions(cli, permissions);
	if (change.permission_count > 0 ||
	    cli_option(cli, "no-permissions") != NULL)
		change.permissions = permissions;
	if (cli_option(cli, "admin") != NULL)
		change.is_admin = 1;
	else if (cli_option(cli, "no-admin") != NULL)
		change.is_admin = 0;
	if ((status = cli_open(cli)) != CLI_OK)
		return status;
	edit = cli_edit(cli);
	r = gate_role_set(cli->gate, cli->args[0], &change, &edit, &e);
	if (r != RG_OK)
		return cli_fail(r, &e);
	if (cli->json)
		return cli_print_json_own(
		    json_pack("{s:s}", "changed", cli->args[0]));
	(void)printf("role %s changed\n", cli->args[0]);
	return CLI_OK;
}
