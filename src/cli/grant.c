/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "cli/cli.h"

int
cmd_grant_add(struct cli *cli)
{
	const char *reason = cli_option(cli, "reason");
	const char *role = cli_option(cli, "role");
	struct err e = {RG_OK, ""};
	struct grant_row row = {0};
	struct gate_edit edit;
	int64_t id = 0;
	enum rg_err r;
	int status;

	if (role == NULL)
		return cli_usage("grant add needs --role");
	if ((status = cli_expiry(cli, &row.expires_at)) != CLI_OK ||
	    (status = cli_open(cli)) != CLI_OK)
		return status;
	row.role = role;
	row.reason = reason == NULL ? "" : reason;
	edit = cli_edit(cli);
	if ((r = gate_principal_find(
		 cli->gate, cli->args[0], &row.principal, &e)) != RG_OK ||
	    (r = gate_grant_add(cli->gate, &row, &edit, &id, &e)) != RG_OK)
		return cli_fail(r, &e);
	if (cli->json)
		return cli_print_json_own(
		    json_pack("{s:I}", "id", (json_int_t)id));
	(void)printf("grant %lld added\n", (long long)id);
	return CLI_OK;
}

static void
print(const struct cli *cli, const json_t *g)
{
	int64_t id = 0, expires = 0;
	char when[32];

	(void)json_int(g, "id", &id);
	(void)json_int(g, "expires_at", &expires);
	(void)printf("%4lld  ", (long long)id);
	cli_print(json_str(g, "subject"));
	(void)printf(" -> %s", json_str(g, "role"));
	if (expires != 0) {
		clock_format(expires, when);
		(void)printf("  %s %s",
		    expires <= cli->ctx.now ? "EXPIRED" : "until", when);
	}
	(void)fputs("  by ", stdout);
	cli_print(json_str(g, "created_by"));
	if (json_str(g, "reason")[0] != '\0') {
		(void)fputs("  # ", stdout);
		cli_print(json_str(g, "reason"));
	}
	(void)putchar('\n');
}

int
cmd_grant_list(struct cli *cli)
{
	struct gate_page page = {.after = "", .limit = GATE_PAGE_MAX};
	const char *subject = cli_option(cli, "subject");
	json_t *all = cli->json ? json_array() : NULL;
	char after[GATE_CURSOR_MAX] = "";
	struct err e = {RG_OK, ""};
	int64_t principal = 0;
	enum rg_err r = RG_OK;
	int status;
	size_t i;

	if ((status = cli_open(cli)) != CLI_OK)
		goto out;
	if (subject != NULL)
		r = gate_principal_find(cli->gate, subject, &principal, &e);
	while (r == RG_OK) {
		page.after = after;
		r = gate_grant_list(
		    cli->gate, principal, cli_option(cli, "role"), &page, &e);
		for (i = 0; r == RG_OK && i < json_array_size(page.items); i++)
			if (!cli->json)
				print(cli, json_array_get(page.items, i));
		if (cli->json && r == RG_OK)
			(void)json_array_extend(all, page.items);
		json_decref(page.items);
		if (page.next[0] == '\0')
			break;
		(void)snprintf(after, sizeof(after), "%s", page.next);
	}
	if (r != RG_OK)
		status = cli_fail(r, &e);
	else if (cli->json)
		status = cli_print_json_own(json_incref(all));
out:
	json_decref(all);
	return status;
}

int
cmd_grant_set(struct cli *cli)
{
	struct gate_grant_change change = {
	    .reason = cli_option(cli, "reason"), .expires_at = -1};
	struct err e = {RG_OK, ""};
	struct gate_edit edit;
	int64_t id;
	enum rg_err r;
	int status;

	if ((status = cli_number(cli, "grant", &id)) != CLI_OK ||
	    (status = cli_new_expiry(cli, &change.expires_at)) != CLI_OK)
		return status;
	if (change.reason == NULL && change.expires_at < 0)
		return cli_usage("grant set: say what is to be changed");
	if ((status = cli_open(cli)) != CLI_OK)
		return status;
	edit = cli_edit(cli);
	if ((r = gate_grant_set(cli->gate, id, &change, &edit, &e)) != RG_OK)
		return cli_fail(r, &e);
	if (cli->json)
		return cli_print_json_own(
		    json_pack("{s:I}", "changed", (json_int_t)id));
	(void)printf("grant %lld changed\n", (long long)id);
	return CLI_OK;
}

int
cmd_grant_remove(struct cli *cli)
{
	struct err e = {RG_OK, ""};
	struct gate_edit edit;
	int64_t id;
	enum rg_err r;
	int status;

	if ((status = cli_number(cli, "grant", &id)) != CLI_OK ||
	    (status = cli_open(cli)) != CLI_OK)
		return status;
	edit = cli_edit(cli);
	if ((r = gate_grant_remove(cli->gate, id, &edit, &e)) != RG_OK)
		return cli_fail(r, &e);
	if (cli->json)
		return cli_print_json_own(
		    json_pack("{s:I}", "removed", (json_int_t)id));
	(void)printf("grant %lld removed\n", (long long)id);
	return CLI_OK;
}
