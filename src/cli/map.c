/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/cli.h"

static const char *
or_empty(const char *s)
{
	return s == NULL ? "" : s;
}

int
cmd_map_add(struct cli *cli)
{
	static const char *const needed[] = {"provider", "kind", "value"};
	bool deny = cli_option(cli, "deny") != NULL;
	struct err e = {RG_OK, ""};
	struct mapping_row m = {0};
	struct gate_edit edit;
	enum rg_err r;
	int64_t id = 0;
	size_t i;
	int status;

	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (cli_option(cli, needed[i]) == NULL)
			return cli_usage("map add needs --%s", needed[i]);
	if (deny == (cli_option(cli, "role") != NULL))
		return cli_usage("map add needs either --role or --deny");
	if ((status = cli_expiry(cli, &m.expires_at)) != CLI_OK ||
	    (status = cli_open(cli)) != CLI_OK)
		return status;
	m.provider = cli_option(cli, "provider");
	m.kind = cli_option(cli, "kind");
	m.claim = cli_option(cli, "claim");
	m.value = cli_option(cli, "value");
	m.role = cli_option(cli, "role");
	m.tenant = cli_option(cli, "tenant");
	m.label = or_empty(cli_option(cli, "label"));
	m.note = or_empty(cli_option(cli, "note"));
	m.enabled = true;
	edit = cli_edit(cli);
	r = gate_mapping_add(cli->gate, &m, &edit, &id, &e);
	if (r != RG_OK)
		return cli_fail(r, &e);
	if (cli->json)
		return cli_print_json_own(
		    json_pack("{s:I}", "id", (json_int_t)id));
	(void)printf("mapping %lld added\n", (long long)id);
	return CLI_OK;
}

static enum rg_err
collect(void *ctx, const struct mapping_row *m)
{
	return json_array_append_new(ctx, gate_mapping_json(m)) == 0
		   ? RG_OK
		   : RG_E_NOMEM;
}

static enum rg_err
print(void *ctx, const struct mapping_row *m)
{
	const struct cli *cli = ctx;
	char when[32];

	(void)printf("%4lld  %s %s ", (long long)m->id, m->provider, m->kind);
	if (m->claim != NULL) {
		cli_print(m->claim);
		(void)putchar('=');
	}
	cli_print(m->value);
	(void)printf(" -> %s", m->role == NULL ? "DENY" : m->role);
	if (m->tenant != NULL)
		(void)printf("  tenant %s", m->tenant);
	if (!m->enabled)
		(void)fputs("  DISABLED", stdout);
	if (m->expires_at != 0) {
		clock_format(m->expires_at, when);
		(void)printf("  %s %s",
		    m->expires_at <= cli->ctx.now ? "EXPIRED" : "until", when);
	}
	if (m->label[0] != '\0') {
		(void)fputs("  # ", stdout);
		cli_print(m->label);
	}
	(void)putchar('\n');
	return RG_OK;
}

int
cmd_map_list(struct cli *cli)
{
	json_t *list = NULL;
	enum rg_err r;
	int status;

	if ((status = cli_open(cli)) != CLI_OK)
		return status;
	if (cli->json)
		list = json_array();
	r = store_each_mapping(gate_store(cli->gate),
	    cli->json ? collect : print, cli->json ? (void *)list : cli);
	return cli_end_list_own(r, list);
}

int
cmd_map_remove(struct cli *cli)
{
	struct err e = {RG_OK, ""};
	struct gate_edit edit;
	enum rg_err r;
	int64_t id;
	int status;

	if ((status = cli_number(cli, "map", &id)) != CLI_OK ||
	    (status = cli_open(cli)) != CLI_OK)
		return status;
	edit = cli_edit(cli);
	if ((r = gate_mapping_remove(cli->gate, id, &edit, &e)) != RG_OK)
		return cli_fail(r, &e);
	if (cli->json)
		return cli_print_json_own(
		    json_pack("{s:I}", "removed", (json_int_t)id));
	(void)printf("mapping %lld removed\n", (long long)id);
	return CLI_OK;
}

/* --enable and --disable; -1 without either. */
static int
wanted_state(const struct cli *cli)
{
	if (cli_option(cli, "enable") != NULL)
		return 1;
	return cli_option(cli, "disable") != NULL ? 0 : -1;
}

int
cmd_map_set(struct cli *cli)
{
	struct gate_mapping_change change = {.role = cli_option(cli, "role"),
	    .label = cli_option(cli, "label"),
	    .note = cli_option(cli, "note"),
	    .enabled = wanted_state(cli),
	    .expires_at = -1};
	struct err e = {RG_OK, ""};
	struct gate_edit edit;
	int64_t id;
	enum rg_err r;
	int status;

	if ((status = cli_number(cli, "map", &id)) != CLI_OK)
		return status;
	if ((status = cli_new_expiry(cli, &change.expires_at)) != CLI_OK)
		return status;
	if (cli->option_count == 0)
		return cli_usage("map set: say what is to be changed");
	if ((status = cli_open(cli)) != CLI_OK)
		return status;
	edit = cli_edit(cli);
	r = gate_mapping_set(cli->gate, id, &change, &edit, &e);
	if (r != RG_OK)
		return cli_fail(r, &e);
	if (cli->json)
		return cli_print_json_own(
		    json_pack("{s:I}", "changed", (json_int_t)id));
	(void)printf("mapping %lld changed\n", (long long)id);
	return CLI_OK;
}
