/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cli/cli.h"

static enum rg_err
collect(void *ctx, const struct session_row *s)
{
	const struct principal_row *p = &s->principal;
	json_t *item = json_pack(
	    "{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I}", "id", s->public_id,
	    "provider", p->provider, "tenant", p->tenant, "subject", p->subject,
	    "name", p->name, "username", p->username, "issued_at",
	    (json_int_t)s->issued_at, "last_used", (json_int_t)s->last_used,
	    "expires_at", (json_int_t)s->expires_at);

	return json_array_append_new(ctx, item) == 0 ? RG_OK : RG_E_NOMEM;
}

static enum rg_err
print(void *ctx, const struct session_row *s)
{
	const struct principal_row *p = &s->principal;
	char used[32], until[32], *id = gate_subject_id(p);

	(void)ctx;
	if (id == NULL)
		return RG_E_NOMEM;
	clock_format(s->last_used, used);
	clock_format(s->expires_at, until);
	(void)printf("%s  ", s->public_id);
	cli_print(id);
	(void)fputs("  ", stdout);
	cli_print(p->username[0] != '\0' ? p->username : p->name);
	(void)printf("  used %s  until %s\n", used, until);
	free(id);
	return RG_OK;
}

int
cmd_session_list(struct cli *cli)
{
	json_t *list = NULL;
	enum rg_err r;
	int status;

	if ((status = cli_open(cli)) != CLI_OK)
		return status;
	if (cli->json)
		list = json_array();
	r = store_each_session(gate_store(cli->gate), cli->ctx.now,
	    cli->json ? collect : print, cli->json ? (void *)list : cli);
	return cli_end_list_own(r, list);
}

int
cmd_session_revoke(struct cli *cli)
{
	struct err e = {RG_OK, ""};
	const char *subject = cli_option(cli, "subject");
	bool all = cli_option(cli, "all") != NULL;
	int64_t count = 1, id;
	enum rg_err r;
	int status;

	if (cli->arg_count + (subject != NULL) + all != 1)
		return cli_usage("session revoke takes either an ID, --subject "
				 "or --all");
	if ((status = cli_open(cli)) != CLI_OK)
		return status;
	if (all)
		r = gate_sessions_revoke(cli->gate, &cli->ctx, &count, &e);
	else if (subject == NULL)
		r = gate_session_revoke(
		    cli->gate, cli->args[0], 0, &cli->ctx, &e);
	else if ((r = gate_principal_find(cli->gate, subject, &id, &e)) ==
		 RG_OK)
		r = gate_principal_revoke(cli->gate, id, &cli->ctx, &count, &e);
	if (r != RG_OK)
		return cli_fail(r, &e);
	if (cli->json)
		return cli_print_json_own(
		    json_pack("{s:I}", "revoked", (json_int_t)count));
	(void)printf("sessions revoked: %lld\n", (long long)count);
	return CLI_OK;
}
