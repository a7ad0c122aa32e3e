/* SPDX-License-Identifier: ISC */
#include <stdio.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "store/counter.h"

static enum rg_err
print_json(void *ctx, const struct counter_row *c)
{
	char when[32] = "";
	int status;

	(void)ctx;
	if (c->minute > 0)
		clock_format(c->minute, when);
	status = cli_print_json_own(json_pack("{s:s*, s:s, s:s, s:I}", "minute",
	    when[0] == '\0' ? NULL : when, "name", c->name, "reason", c->reason,
	    "count", (json_int_t)c->count));
	return status == CLI_OK ? RG_OK : RG_E_NOMEM;
}

static enum rg_err
print(void *ctx, const struct counter_row *c)
{
	char when[32];

	(void)ctx;
	if (c->minute > 0) {
		clock_format(c->minute, when);
		(void)printf("%s  ", when);
	}
	(void)printf(
	    "%10lld  %s  %s\n", (long long)c->count, c->name, c->reason);
	return RG_OK;
}

int
cmd_counters(struct cli *cli)
{
	const char *since = cli_option(cli, "since");
	counter_fn *fn = cli->json ? print_json : print;
	int64_t from = 0;
	int status;

	if (since != NULL && !cli_parse_when(since, cli->ctx.now, -1, &from))
		return cli_usage("--since: expected a time such as "
				 "2026-12-31T00:00:00Z or 1h");
	if ((status = cli_open(cli)) != CLI_OK)
		return status;
	if (since == NULL)
		return cli_end_list_own(
		    store_each_total(gate_store(cli->gate), fn, NULL), NULL);
	return cli_end_list_own(store_each_counter(gate_store(cli->gate),
				    from - from % 60, fn, NULL),
	    NULL);
}
